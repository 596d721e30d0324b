//! The signals that end the service, and the one that has it read its certificates again.

use std::fs;
use std::future::pending;
use std::io::{self, IsTerminal as _};

use rustix::process::Signal as Number;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals of a service, caught from the time that it is made.
#[derive(Debug)]
pub struct Signals {
    interrupted: Signal,
    terminated: Signal,
    hung_up: Option<Signal>,
    hangup: Hangup,
}

/// What SIGHUP asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Hangup {
    /// Nothing: the program was started to outlive its terminal, as by nohup.
    Nothing,
    /// To end: the terminal goes.
    End,
    /// To read files again: there is no terminal, so that somebody sent it.
    Reread,
}

impl Signals {
    /// Catches ctrl-C, SIGTERM and SIGHUP from now on.
    ///
    /// # Errors
    /// The system does not let signals be caught.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn catch() -> io::Result<Self> {
        let hangup = Hangup::of(is_hangup_ignored(), has_terminal());
        Ok(Self {
            interrupted: signal(SignalKind::interrupt())?,
            terminated: signal(SignalKind::terminate())?,
            hung_up: if hangup == Hangup::Nothing { None } else { Some(signal(SignalKind::hangup())?) },
            hangup,
        })
    }

    /// Returns the signals that ask to read files again, where SIGHUP is one. It ends nothing then.
    pub fn rereads(&mut self) -> Option<Signal> {
        self.hung_up.take_if(|_| self.hangup == Hangup::Reread)
    }

    /// Completes with ctrl-C, when the terminal goes, or when the system ends the program. From then on the second signal
    /// has `at_once` done.
    pub async fn stop(mut self, at_once: impl Future<Output = ()> + Send + 'static) {
        self.next().await;
        tokio::spawn(async move {
            self.next().await;
            at_once.await;
        });
    }

    async fn next(&mut self) {
        let hung_up = async {
            match &mut self.hung_up {
                Some(hung_up) => hung_up.recv().await,
                None => pending().await,
            }
        };
        tokio::select! {
            _sent = self.interrupted.recv() => {}
            _sent = self.terminated.recv() => {}
            _sent = hung_up => {}
        }
    }
}

impl Hangup {
    const fn of(is_ignored: bool, has_terminal: bool) -> Self {
        match (is_ignored, has_terminal) {
            (true, _) => Self::Nothing,
            (false, true) => Self::End,
            (false, false) => Self::Reread,
        }
    }
}

/// Returns whether somebody started the program at a terminal, which may go.
fn has_terminal() -> bool {
    io::stdin().is_terminal() || io::stdout().is_terminal() || io::stderr().is_terminal()
}

/// Returns whether the program was started to outlive its terminal, as by nohup.
fn is_hangup_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // The lowest bit is for the first signal.
    ignored.is_some_and(|mask| mask >> (Number::HUP.as_raw() - 1) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hangup_ends_only_what_a_terminal_started() {
        assert_eq!(Hangup::of(false, true), Hangup::End);
        assert_eq!(Hangup::of(false, false), Hangup::Reread, "a service");
        assert_eq!(Hangup::of(true, true), Hangup::Nothing, "nohup");
    }
}
