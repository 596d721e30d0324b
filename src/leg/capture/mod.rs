//! What passes between telephones and this program, for those who look for the reason of something: as a file that Wireshark
//! opens, and to a collector (HEP3).
//!
//! ```text
//!  SIP, above TLS ──┐
//!  RTP, RTCP ───────┴─▶ tap ─▶ queue ─▶ keeper: keys are masked, order of time ─┬─▶ file (pcapng)
//!                                                                               ├─▶ collector (HEP3)
//!                                                                               └─▶ wire: for the report of a case
//! ```
//!
//! Who taps never waits, and copies; one thread does the rest. Of every key only that it was pressed, when and for how long
//! is kept, whatever way told it: with keys that are dialled ahead nobody knows which of them are a PIN's.

mod frames;
mod hep;
mod keeper;
mod notes;
mod pcapng;
mod tap;
mod wire;

use std::error::Error;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter};
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use crate::clock::Clock;
use crate::telemetry::LimitCounter;
use hep::Sender;
use keeper::{Keeper, Outcome};
use pcapng::{FILE_MAX, Writer};
use tap::Queue;

pub use notes::Notes;
pub(crate) use tap::Way;
pub use tap::{FlowTap, Tap, WIRE_MAX};
pub use wire::{LOSSES_MAX, MESSAGES_MAX, STREAMS_MAX, Wire, WireMessage, WireStart, WireStream};

/// What a file says of itself.
const COMMENT: &str = "Keys are masked: telephone-events have code 0 and volume 63, INFO tells 0, sound is silent from 30 ms \
                       before a key to 30 ms after it, and so is what is dialled after a number in a URI. Frames and TCP \
                       segments are made up around what passed; TLS is decrypted.";

/// Where what passes is kept.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// In a file.
    pub file: Option<PathBuf>,
    /// At a collector: its host and port.
    pub collector: Option<String>,
    /// For the report of a case.
    pub keeps_wire: bool,
    /// What the file says of itself beside how it was made.
    pub about: String,
    /// Whose calls pass.
    pub notes: Notes,
}

/// A capture that goes on.
#[derive(Debug)]
pub struct Capture {
    queue: Arc<Queue>,
    keeper: JoinHandle<Outcome>,
    file: Option<PathBuf>,
}

impl Capture {
    /// Begins; the tap is for all legs. `None` if nothing is to be kept. Looks the collector's name up, which may take
    /// seconds.
    ///
    /// # Errors
    /// The file cannot be created, or the collector is not known.
    pub fn start(settings: Settings, clock: Clock) -> Result<Option<(Self, Tap)>, CaptureError> {
        let Settings { file, collector, keeps_wire, about, notes } = settings;
        if file.is_none() && collector.is_none() && !keeps_wire {
            return Ok(None);
        }
        let queue = Arc::new(Queue::new(clock, file.is_some() || keeps_wire));
        let open = |path: &Path| create(path).and_then(|created| begin(created, queue.now(), &about));
        let opened = file
            .as_deref()
            .map(|path| open(path).map_err(|error| CaptureError::File(path.to_path_buf(), error)));
        let collector =
            collector.map(|name| sender(&name).map_err(|error| CaptureError::Collector(name, error)));
        let (opened, collector) = (opened.transpose()?, collector.transpose()?);
        let keeper = Keeper::new(Arc::clone(&queue), opened, collector, (notes, keeps_wire));
        let keeper = std::thread::Builder::new().name("capture".to_owned()).spawn(|| keeper.run());
        let keeper = keeper.map_err(CaptureError::Thread)?;
        let tap = Tap::new(Arc::clone(&queue));
        Ok(Some((Self { queue, keeper, file }, tap)))
    }

    /// Returns the limit of what waits to be kept, for metrics.
    #[must_use]
    pub fn limit(&self) -> Arc<LimitCounter> {
        self.queue.limit()
    }

    /// Ends: what was tapped so far is kept, and the log says what is in the file. Waits until it is written; returns what
    /// was kept for a report, if that was asked for.
    pub fn finish(self) -> Wire {
        self.queue.stop();
        self.keeper.thread().unpark();
        // A thread that panicked has said so on standard error.
        let Ok(Outcome { frames, dropped, wire, .. }) = self.keeper.join() else { return Wire::default() };
        if let Some(file) = &self.file {
            let file = file.display();
            tracing::info!(target: "attendant::sip", %file, frames, missing = dropped, "the capture is written");
        }
        wire
    }
}

/// Creates a file that only its owner reads: people talk in it.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn begin(file: File, now: u64, about: &str) -> io::Result<Writer<BufWriter<File>>> {
    let application = concat!("attendant ", env!("CARGO_PKG_VERSION"));
    let comment = format!("{about}{}{COMMENT}", if about.is_empty() { "" } else { " " });
    Writer::new(BufWriter::new(file), FILE_MAX, now, application, &comment)
}

fn sender(name: &str) -> io::Result<Sender> {
    let address: SocketAddr = name.to_socket_addrs()?.next().ok_or(io::ErrorKind::NotFound)?;
    Sender::new(address)
}

/// Why a capture did not begin.
#[derive(Debug)]
pub enum CaptureError {
    /// The file cannot be created.
    File(PathBuf, io::Error),
    /// The collector's address cannot be found out, or nothing can be sent there.
    Collector(String, io::Error),
    /// The system gives no thread.
    Thread(io::Error),
}

impl fmt::Display for CaptureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, error) => write!(f, "cannot write a capture to {}: {error}", path.display()),
            Self::Collector(name, error) => {
                write!(f, "cannot send to the HEP collector `{name}`: {error}; expected a host and a port")
            }
            Self::Thread(error) => write!(f, "cannot start the thread of the capture: {error}"),
        }
    }
}

impl Error for CaptureError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::File(_, error) | Self::Collector(_, error) | Self::Thread(error) => Some(error),
        }
    }
}

#[cfg(test)]
mod tests;
