//! The program's log, as text or as JSON, to standard error.

pub mod histogram;
mod levels;
mod log_limit;
mod queue;

use std::io;
use std::sync::atomic::Ordering;

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt as _;

pub use levels::{Verbosity, check_levels, directives};
pub use log_limit::{LimitCounter, LogLimit};
pub use queue::Flush;

/// Never logged, whatever is asked for: the line editor logs every key, and keys may be a PIN's.
const NEVER: &str = "rustyline=off";

/// How a line of the log is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum LogFormat {
    /// For people: time, level, spans, part of the program, message, fields.
    #[default]
    Text,
    /// For programs: one JSON object a line, its fields on the top level.
    Json,
}

impl LogFormat {
    /// All of them, by their words in options and settings.
    pub const ALL: [(&str, Self); 2] = [("text", Self::Text), ("json", Self::Json)];

    /// Returns the format of this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == word).map(|(_, format)| format)
    }
}

/// What is logged, and how.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LogSettings {
    /// Levels by part of the program, as [`check_levels`] takes them. `RUST_LOG`, where it is set, overrides them.
    pub levels: String,
    /// The format of each line.
    pub format: LogFormat,
    /// Whether text has colours: on terminals only.
    pub coloured: bool,
}

/// Starts logging, for a command that ends by itself: a line is written when the call that logs it returns.
pub fn start(settings: &LogSettings) {
    install(settings, io::stderr);
}

/// Starts logging, for a program that stays: lines wait in a queue, so that standard error, when nobody reads it, holds up
/// nothing. What is returned writes the last of them when it is dropped.
///
/// # Errors
/// The system gives no thread to write them.
pub fn start_queued(settings: &LogSettings) -> io::Result<Flush> {
    let (lines, flush) = queue::open(io::stderr())?;
    install(settings, lines);
    Ok(flush)
}

/// Returns how many lines found the queue full and were dropped.
#[must_use]
pub fn lines_dropped() -> u64 {
    queue::DROPPED.load(Ordering::Relaxed)
}

fn install(settings: &LogSettings, writer: impl for<'w> MakeWriter<'w> + Send + Sync + 'static) {
    let filter = std::env::var(EnvFilter::DEFAULT_ENV).ok().filter(|levels| !levels.is_empty());
    let filter = filter.unwrap_or_else(|| settings.levels.clone());
    // A second start, as in a test, finds the first one's subscriber and is content with it.
    let _started_before = subscriber(settings, &filter, writer).try_init().is_err();
}

fn subscriber(
    settings: &LogSettings,
    levels: &str,
    writer: impl for<'w> MakeWriter<'w> + Send + Sync + 'static,
) -> Box<dyn Subscriber + Send + Sync> {
    let never = NEVER.parse().expect("it is written as directives are");
    let filter = EnvFilter::builder().parse_lossy(levels).add_directive(never);
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    match settings.format {
        LogFormat::Text => Box::new(lines.with_ansi(settings.coloured).finish()),
        LogFormat::Json => {
            let lines = lines.json().flatten_event(true).with_current_span(true).with_span_list(false);
            Box::new(lines.finish())
        }
    }
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

    /// What is written to the log meanwhile, at every level, without times.
    pub(crate) fn logged(work: impl FnOnce()) -> String {
        let text = logged_as(LogFormat::Text, work);
        let without_time = |line: &str| line.split_once(' ').map(|(_, rest)| rest.trim_start().to_owned());
        text.lines().filter_map(without_time).map(|line| line + "\n").collect()
    }

    /// The same in this format, as it is.
    pub(crate) fn logged_as(format: LogFormat, work: impl FnOnce()) -> String {
        let written = Written::default();
        let writer = written.clone();
        let settings = LogSettings { format, ..LogSettings::default() };
        let subscriber = subscriber(&settings, "trace", move || writer.clone());
        tracing::subscriber::with_default(subscriber, work);
        let written = written.0.lock().unwrap();
        String::from_utf8(written.clone()).unwrap()
    }

    fn a_line() {
        tracing::info_span!("call", number = 7)
            .in_scope(|| tracing::info!(target: "attendant::calls", call = 7, "answered"));
    }

    #[test]
    fn a_line_of_text_begins_with_its_time_in_utc() {
        let line = logged_as(LogFormat::Text, a_line);
        let (time, rest) = line.split_once(' ').unwrap();
        assert_eq!(rest.trim_start(), "INFO call{number=7}: attendant::calls: answered call=7\n");
        time.parse::<jiff::Timestamp>().unwrap();
        assert!(time.ends_with('Z'), "{time}");
    }

    #[test]
    fn a_line_of_json_is_an_object_with_the_fields_on_top() {
        let line = logged_as(LogFormat::Json, a_line);
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(
            (&line["level"], &line["target"]),
            (&serde_json::json!("INFO"), &serde_json::json!("attendant::calls"))
        );
        assert_eq!((line["message"].as_str(), line["call"].as_u64()), (Some("answered"), Some(7)));
        assert_eq!(line["span"], serde_json::json!({ "name": "call", "number": 7 }));
        line["timestamp"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    }

    #[test]
    fn keys_of_the_line_editor_are_never_logged() {
        let text = logged(|| tracing::error!(target: "rustyline", "key: 4"));
        assert_eq!(text, "");
    }
}
