//! Very many calls: those of load runs. A thread carries the calls of one lane, signalling and sound, in turns of a millisecond;
//! no call has a task, and only the few that hear what no codes tell have an ear.
//!
//! ```text
//!  scripts of a lane ── dial, press, hang up ──▶ THREAD ── sip/uac, mouth ──▶ UDP
//!  scripts of a lane ◀─ answered, has heard … ── THREAD ◀─ stream ◀── each packet ── UDP
//!  figures ◀── what is concluded from that ───── THREAD
//! ```

mod calls;
mod figures;
mod meetings;
mod row;
mod sockets;
mod stream;
mod thread;

use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use super::{Destination, Handset, Way};
use crate::clock::Clock;
use crate::leg::log::Sink;
use crate::media::g711::Law;
use crate::media::hear::{CodeBook, Sounds};
use crate::media::library::Sound;
use crate::sip::digest::Login;
use crate::sip::message::Uri;

pub use figures::{ByMillis, StreamFigures};
use thread::Thread;

/// A caller who is named beforehand.
#[derive(Clone, Debug, Default)]
pub struct Named {
    /// The user of the URI in `From`.
    pub user: Option<Arc<str>>,
    /// What 401 and 407 are answered with.
    pub login: Option<Login>,
}

/// Where a crowd calls, and how.
#[derive(Clone)]
pub struct Settings {
    /// The clock of the scripts.
    pub clock: Clock,
    /// The bridge.
    pub destination: Destination,
    /// Our own addresses, which calls take in turn; at least one.
    pub addresses: Vec<IpAddr>,
    /// What each service number of the story dials; the first also for those without one here.
    pub numbers: Vec<Uri>,
    /// What a number dials that nobody has.
    pub unknown: Uri,
    /// The telephone of a part of the cast.
    pub handset: Arc<dyn Fn(u32) -> Handset + Send + Sync>,
    /// The recordings that a part of the cast plays, by their places.
    pub recording: Arc<dyn Fn(u32, u16) -> Option<Sound> + Send + Sync>,
    /// Callers who take turns; none if each is named by its script.
    pub named: Arc<[Named]>,
    /// The codes of known sounds, by law.
    pub books: [Arc<CodeBook>; Law::ALL.len()],
    /// The same sounds for ears.
    pub sounds: Arc<Sounds>,
    /// Of so many calls in ten thousand an ear hears all.
    pub listened: u32,
    /// Wrong PINs that a call may give.
    pub pin_tries: u8,
    /// What nobody may guess follows from this: to be drawn for each run.
    pub secret: u64,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings").field("destination", &self.destination).finish_non_exhaustive()
    }
}

/// What a thread and those who look at it share.
#[derive(Debug, Default)]
struct Shared {
    figures: Mutex<StreamFigures>,
    stop: AtomicBool,
}

/// The calls of one lane.
#[derive(Debug)]
pub struct Crowd {
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
}

impl Crowd {
    /// Carries the calls of a lane, the one with this number. What is concluded about the bridge goes to `sink`, as the events of
    /// a bridge do.
    ///
    /// # Errors
    /// There are no sockets, or no thread.
    pub fn start(
        lane: usize,
        settings: Settings,
        way: Way,
        sink: impl Sink + Send + 'static,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let thread = Thread::new(lane, settings, way, sink, Arc::clone(&shared))?;
        let thread =
            std::thread::Builder::new().name(format!("callers {lane}")).spawn(move || thread.run())?;
        Ok(Self { shared, thread })
    }

    /// Takes what was counted since the last time.
    #[must_use]
    pub fn take_figures(&self) -> StreamFigures {
        std::mem::take(&mut self.shared.figures.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Hangs all calls up, and waits until the bridge has been told.
    pub fn stop(self) -> StreamFigures {
        self.shared.stop.store(true, Ordering::Relaxed);
        // A thread that panicked has told so on standard error.
        let _ended = self.thread.join();
        std::mem::take(&mut self.shared.figures.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
