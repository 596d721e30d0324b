//! The program's log: to standard error, and nothing unless it is asked for.

use std::io;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// Never logged, whatever is asked for: the line editor logs every key, and keys may be a PIN's.
const NEVER: &str = "rustyline=off";

/// Logged by a permanent program without being asked: that its directory does not answer, and that it answers again.
const ALWAYS: &str = "attendant::store::sql=warn";

/// Starts telling. `RUST_LOG` says what; without it the number of `-v` does, and none is silence, but for what an
/// operator must know of a program that `stays`.
pub fn start(verbosity: u8, stays: bool) {
    let level = match verbosity {
        0 => LevelFilter::OFF,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        3.. => LevelFilter::TRACE,
    };
    let mut filter = EnvFilter::builder().with_default_directive(level.into()).from_env_lossy();
    let always =
        (stays && verbosity == 0 && std::env::var_os(EnvFilter::DEFAULT_ENV).is_none()).then_some(ALWAYS);
    for directive in always.into_iter().chain([NEVER]) {
        filter = filter.add_directive(directive.parse().expect("it is written as directives are"));
    }
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).without_time();
    // A second start, as in a test, finds the first one's subscriber and is content with it.
    let _started_before = subscriber.try_init().is_err();
}
