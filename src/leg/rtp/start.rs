//! Starts the media threads, and ends them.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::sync::mpsc;

use super::line_side::{LineSide, Way};
use super::orders::{ORDERS, REPORTS, Report};
use super::replies::Replies;
use super::shared::{Limits, Shared};
use super::sink::MeetingSink;
use super::sockets::bind;
use super::stats::{MediaFigures, ThreadStats};
use super::thread::{MediaThread, Parts, ToThread};
use crate::clock::{self, Clock};
use crate::media::library::Library;
use crate::rtp::encoded::EncodedLibrary;
use crate::rtp::ports::Ports;
use crate::rtp::rtcp::ntp::NtpTime;
use crate::telemetry::LimitCounter;

/// The settings of the media threads.
#[derive(Debug)]
pub struct Settings {
    /// The address that all sockets are bound to.
    pub bind: IpAddr,
    /// The ports of calls: an even one for each, and for each thread an odd one for the reports of telephones that do not
    /// multiplex.
    pub ports: RangeInclusive<u16>,
    /// How many threads; one for each core is of use.
    pub threads: NonZeroUsize,
    /// How many shards of signalling share the ports.
    pub sides: NonZeroUsize,
    /// The sounds.
    pub library: Arc<Library>,
    /// How long nothing may come of a caller before [`Report::Silent`]; for ever without.
    pub media_gone: Option<Duration>,
    /// The clock of the bridge, at the speed of real time: telephones play no faster.
    pub clock: Clock,
    /// What is drawn by chance follows from this: the order of ports, synchronization sources, first sequence numbers and
    /// timestamps. To be drawn for each start.
    pub seed: u64,
}

/// The media threads.
#[derive(Debug)]
pub struct Media {
    threads: Vec<JoinHandle<()>>,
    ways: Vec<Way>,
    stats: Vec<Arc<ThreadStats>>,
    shared: Arc<Shared>,
}

/// A shard's side, and where its reports come out.
type Side = (LineSide, mpsc::Receiver<Report>);

impl Media {
    /// Starts the threads, and gives a side for each shard of signalling. Encodes the sounds: some tens of milliseconds of
    /// work.
    ///
    /// # Errors
    /// The address is not this machine's, no odd port of the range is free for reports, or the system gives no threads.
    pub fn start(settings: Settings) -> Result<(Self, Vec<Side>), StartError> {
        let Settings { bind, ports, threads, sides, library, media_gone, clock, seed } = settings;
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let encoded = encoded(&library);
        let shared = Arc::new(Shared::default());
        let (reports, reported): (Vec<_>, Vec<_>) = (0..sides.get()).map(|_| mpsc::channel(REPORTS)).unzip();
        let cname = format!("{:016x}", chance.random::<u64>());
        let origin = origin_of(clock);
        let mut media = Self { threads: Vec::new(), ways: Vec::new(), stats: Vec::new(), shared };
        let mut odd = ports.clone().rev().filter(|port| !port.is_multiple_of(2));
        for number in 0..threads.get() {
            let (rtcp, address) = bind_for_reports(bind, &mut odd, &ports)?;
            let (orders, messages) = sync_channel(ORDERS);
            let stats = Arc::new(ThreadStats::new());
            media.stats.push(Arc::clone(&stats));
            let thread = MediaThread::new(Parts {
                clock,
                media_gone,
                library: Arc::clone(&library),
                encoded: Arc::clone(&encoded),
                messages,
                replies: reports.iter().cloned().map(Replies::new).collect(),
                shared: Arc::clone(&media.shared),
                stats,
                rtcp,
                cname: cname.clone(),
                origin,
                seed: chance.random(),
            })?;
            let name = format!("media-{number}");
            media.threads.push(std::thread::Builder::new().name(name).spawn(|| thread.run())?);
            media.ways.push(Way { orders, rtcp: address });
        }
        let ports = Ports::split(ports, sides, chance.random());
        let sides = (0..).zip(ports).zip(reported);
        let sides = sides.map(|((number, ports), reported)| {
            (LineSide::new(number, bind, ports, media.ways.clone()), reported)
        });
        let sides = sides.collect();
        Ok((media, sides))
    }

    /// Returns a reader of the event stream, for the sink of each lane.
    #[must_use]
    pub fn meeting_sink(&self) -> MeetingSink {
        let threads = self.ways.iter().map(|way| way.orders.clone()).collect();
        MeetingSink::new(threads, Arc::clone(&self.shared))
    }

    /// Returns what the threads have done, and carry now: as of their last millisecond.
    #[must_use]
    pub fn figures(&self) -> MediaFigures {
        let mut figures = MediaFigures::of(&self.stats);
        let Limits { events, keys, frames } = self.shared.limits();
        figures.events_lost = events.total();
        figures.keys_lost = keys.total();
        figures.frames_lost = frames.total();
        figures.notes = self.shared.voices().len() + self.shared.seats().len();
        figures
    }

    /// Returns the limits of what waits between threads, for metrics.
    #[must_use]
    pub fn limits(&self) -> [Arc<LimitCounter>; 3] {
        let Limits { events, keys, frames } = self.shared.limits();
        [events, keys, frames].map(Arc::clone)
    }

    /// Ends the threads: they say goodbye in every flow that is open, and close all sockets. Takes some milliseconds.
    pub fn stop(mut self) {
        self.end();
        for thread in self.threads.drain(..) {
            // One that panicked has said so on standard error.
            let _panicked = thread.join();
        }
    }

    fn end(&self) {
        self.shared.stop();
        for way in &self.ways {
            // A thread that is not idle looks each millisecond.
            let _is_not_idle = way.orders.try_send(ToThread::Stop);
        }
    }
}

impl Drop for Media {
    fn drop(&mut self) {
        self.end();
    }
}

/// The sounds as they are sent. Those of the program's own library are encoded once.
fn encoded(library: &Arc<Library>) -> Arc<EncodedLibrary> {
    static BUILT_IN: OnceLock<Arc<EncodedLibrary>> = OnceLock::new();
    if Arc::ptr_eq(library, Library::built_in()) {
        Arc::clone(BUILT_IN.get_or_init(|| Arc::new(EncodedLibrary::new(library))))
    } else {
        Arc::new(EncodedLibrary::new(library))
    }
}

/// The time of a clock's zero, as reports tell it: in seconds since 1900 (RFC 3550, section 4).
fn origin_of(clock: Clock) -> NtpTime {
    const FROM_1900_TO_1970: u64 = 2_208_988_800;
    let zero = u64::try_from(clock::epoch_ms()).unwrap_or_default().saturating_sub(clock.now().millis());
    let (secs, millis) = (zero / 1_000 + FROM_1900_TO_1970, zero % 1_000);
    NtpTime::from_bits((secs << 32) + (millis << 32) / 1_000)
}

/// A socket on the highest odd port that is free.
fn bind_for_reports(
    address: IpAddr,
    odd: &mut impl Iterator<Item = u16>,
    ports: &RangeInclusive<u16>,
) -> Result<(UdpSocket, SocketAddr), StartError> {
    for port in odd {
        let address = SocketAddr::new(address, port);
        match bind(address) {
            Ok(socket) => return Ok((socket, address)),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            Err(error) => return Err(StartError::Bind(address, error)),
        }
    }
    Err(StartError::NoPort(ports.clone()))
}

/// Why the media threads did not start.
#[derive(Debug)]
pub enum StartError {
    /// A socket cannot be bound there.
    Bind(SocketAddr, io::Error),
    /// No odd port of the range is free.
    NoPort(RangeInclusive<u16>),
    /// The system gives no thread, or nothing to wait on.
    System(io::Error),
}

impl From<io::Error> for StartError {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bind(address, error) => {
                write!(
                    f,
                    "cannot receive media on {address}: {error}; bind them to an address of this machine"
                )
            }
            Self::NoPort(ports) => write!(
                f,
                "no odd port from {} to {} is free, and each media thread needs one; use a wider range",
                ports.start(),
                ports.end()
            ),
            Self::System(error) => write!(f, "cannot start a media thread: {error}"),
        }
    }
}

impl Error for StartError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Bind(_, error) | Self::System(error) => Some(error),
            Self::NoPort(_) => None,
        }
    }
}
