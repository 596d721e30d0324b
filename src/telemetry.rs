//! The program's log: to standard error, and nothing unless it is asked for.

use std::io;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// Never logged, whatever is asked for: the line editor logs every key, and keys may be a PIN's.
const NEVER: &str = "rustyline=off";

/// What a program that stays tells without being asked: that its directory does not answer, and that it answers again; that
/// one of its limits is reached.
const ALWAYS: [&str; 2] = ["attendant::store::sql=warn", "attendant::exchange::switch=warn"];

/// Starts telling. `RUST_LOG` says what; without it the number of `-v` does, and none is silence, but for what an
/// operator must know of a program that `stays`. A terminal may get colours, a file or a pipe never does.
pub fn start(verbosity: u8, stays: bool, coloured: bool) {
    let level = match verbosity {
        0 => LevelFilter::OFF,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        3.. => LevelFilter::TRACE,
    };
    let mut filter = EnvFilter::builder().with_default_directive(level.into()).from_env_lossy();
    let is_asked = verbosity > 0 || std::env::var_os(EnvFilter::DEFAULT_ENV).is_some();
    let always = (stays && !is_asked).then_some(ALWAYS);
    for directive in always.into_iter().flatten().chain([NEVER]) {
        filter = filter.add_directive(directive.parse().expect("it is written as directives are"));
    }
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    let subscriber = subscriber.without_time().with_ansi(coloured);
    // A second start, as in a test, finds the first one's subscriber and is content with it.
    let _started_before = subscriber.try_init().is_err();
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is written to the log meanwhile, at every level.
    pub(crate) fn logged(work: impl FnOnce()) -> String {
        let written = Written::default();
        let writer = written.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(LevelFilter::TRACE)
            .with_ansi(false)
            .without_time()
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, work);
        let written = written.0.lock().unwrap();
        String::from_utf8(written.clone()).unwrap()
    }
}
