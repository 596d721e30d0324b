//! Cases as a JSON report has them, read back one by one.

use std::io::{self, BufRead};

use serde::Deserialize;
use serde_json::{Map, Value};

/// The most bytes of a line: an event has a thousandth of it.
const LINE_BYTES_MAX: u64 = 1 << 20;

/// What of an event says when it was, and not what.
const TIMES: [&str; 6] = ["v", "at_us", "text", "took_us", "allowed_us", "begun_us"];

/// A case of a report.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordedCase {
    /// Its file, a tab, its name.
    pub label: String,
    /// Its events, the first first.
    pub events: Vec<RecordedEvent>,
    /// The word of its verdict.
    pub verdict: String,
    /// What failed, or why it was not played.
    pub message: Option<String>,
    /// How long it took by its own clock, in microseconds.
    pub took_us: Option<u64>,
}

/// An event of a report.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordedEvent {
    /// When, in microseconds.
    pub at_us: u64,
    /// In plain words.
    pub text: String,
    /// Everything else, times left out.
    pub what: String,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line {
    Case {
        name: String,
        file: String,
    },
    Event {
        at_us: u64,
        text: String,
        #[serde(flatten)]
        rest: Map<String, Value>,
    },
    Verdict {
        verdict: String,
        message: Option<String>,
        took_us: Option<u64>,
    },
    Summary {},
}

/// Reads a JSON report, and hands out each case.
///
/// # Errors
/// It cannot be read, or is none.
pub fn read_report(mut report: impl BufRead, mut take: impl FnMut(RecordedCase)) -> Result<(), String> {
    let mut open: Option<RecordedCase> = None;
    let mut text = Vec::new();
    for number in 1_u64.. {
        text.clear();
        let mut line = io::Read::take(&mut report, LINE_BYTES_MAX);
        if line.read_until(b'\n', &mut text).map_err(|error| error.to_string())? == 0 {
            break;
        }
        let wrong = || format!("line {number} is not of a report `json`");
        match serde_json::from_slice(&text).map_err(|_| wrong())? {
            Line::Case { name, file } => {
                open = Some(RecordedCase {
                    label: format!("{file}\t{name}"),
                    events: Vec::new(),
                    verdict: String::new(),
                    message: None,
                    took_us: None,
                });
            }
            Line::Event { at_us, text, mut rest } => {
                TIMES.iter().for_each(|time| drop(rest.remove(*time)));
                let what = Value::Object(rest).to_string();
                open.as_mut().ok_or_else(wrong)?.events.push(RecordedEvent { at_us, text, what });
            }
            Line::Verdict { verdict, message, took_us } => {
                let case = open.take().ok_or_else(wrong)?;
                take(RecordedCase { verdict, message, took_us, ..case });
            }
            Line::Summary {} => {}
        }
    }
    Ok(())
}
