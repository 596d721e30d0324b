//! Signals from the system to a program that owns a terminal: terminate or suspend.

use std::io;

use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

/// The request of a signal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signal {
    /// To end: ctrl-C, a request, or a terminal that was closed.
    End,
    /// To stop until somebody says to go on.
    Suspend,
}

/// The signals of this process.
#[derive(Debug)]
pub struct Signals {
    interrupt: Stream,
    terminate: Stream,
    closed: Stream,
    suspend: Stream,
}

impl Signals {
    /// Takes them, so that none ends the process by itself.
    ///
    /// # Errors
    /// The system refuses.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn take() -> io::Result<Self> {
        let suspend = SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw());
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            closed: signal(SignalKind::hangup())?,
            suspend: signal(suspend)?,
        })
    }

    /// The next signal.
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            biased;
            _ = self.interrupt.recv() => Signal::End,
            _ = self.terminate.recv() => Signal::End,
            _ = self.closed.recv() => Signal::End,
            _ = self.suspend.recv() => Signal::Suspend,
        }
    }
}
