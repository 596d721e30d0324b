//! The `attendant` command.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use attendant::cli;

/// Set if standard output was closed when the program started. Rust's own start opens the null device in its place.
static OUTPUT_WAS_CLOSED: AtomicBool = AtomicBool::new(false);

/// Called by the system before Rust's own start.
#[cfg(target_os = "linux")]
#[expect(
    unsafe_code,
    reason = "the section names a function that asks the system one question and sets a flag"
)]
#[used]
#[unsafe(link_section = ".init_array")]
static BEFORE_START: extern "C" fn() = look_at_output;

#[cfg(target_os = "linux")]
extern "C" fn look_at_output() {
    let is_closed = rustix::io::fcntl_getfd(rustix::stdio::stdout()).is_err();
    OUTPUT_WAS_CLOSED.store(is_closed, Ordering::Relaxed);
}

fn main() -> ExitCode {
    cli::run(cli::parse(), OUTPUT_WAS_CLOSED.load(Ordering::Relaxed)).into()
}
