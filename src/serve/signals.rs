//! The signals that end the program.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Returns what completes with ctrl-C, or when the system ends the program. The second signal calls `at_once`.
///
/// # Errors
/// The system does not let signals be caught.
///
/// # Panics
/// Outside of a tokio runtime.
pub fn stop_signal(at_once: impl FnOnce() + Send + 'static) -> io::Result<impl Future<Output = ()> + Send> {
    let (mut interrupted, mut terminated) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        either(&mut interrupted, &mut terminated).await;
        tokio::spawn(async move {
            either(&mut interrupted, &mut terminated).await;
            at_once();
        });
    })
}

async fn either(one: &mut Signal, other: &mut Signal) {
    tokio::select! {
        _first = one.recv() => {}
        _first = other.recv() => {}
    }
}
