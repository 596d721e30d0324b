//! The signals that end the program.

use std::future::pending;
use std::{fs, io};

use rustix::process::Signal as Number;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Returns what completes with ctrl-C, when the terminal goes, or when the system ends the program. The second signal calls
/// `at_once`.
///
/// # Errors
/// The system does not let signals be caught.
///
/// # Panics
/// Outside of a tokio runtime.
pub fn stop_signal(at_once: impl FnOnce() + Send + 'static) -> io::Result<impl Future<Output = ()> + Send> {
    let mut signals = Signals {
        interrupted: signal(SignalKind::interrupt())?,
        terminated: signal(SignalKind::terminate())?,
        hung_up: if is_hangup_ignored() { None } else { Some(signal(SignalKind::hangup())?) },
    };
    Ok(async move {
        signals.next().await;
        tokio::spawn(async move {
            signals.next().await;
            at_once();
        });
    })
}

struct Signals {
    interrupted: Signal,
    terminated: Signal,
    /// Nothing for a program that outlives its terminal.
    hung_up: Option<Signal>,
}

impl Signals {
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

/// Returns whether the program was started to outlive its terminal, as by nohup.
fn is_hangup_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // The lowest bit is for the first signal.
    ignored.is_some_and(|mask| mask >> (Number::HUP.as_raw() - 1) & 1 == 1)
}
