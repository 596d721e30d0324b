//! Records in the formats of other systems, for the programs that read those: each line as it comes, in the order in which
//! calls and meetings ended.

use std::error::Error;
use std::fmt;
use std::io::{self, Write};

use super::asterisk::{Cdr, Cel};
use super::freeswitch::Freeswitch;
use super::teams::{GraphJson, TeamsCsv};
use super::twilio::TwilioJson;
use super::{CallLine, MeetingLine, RecordLine, moment};
use crate::config::Rates;
use crate::report::kind::Kind;

/// Why records cannot be written.
#[derive(Debug)]
pub enum FormatError {
    /// What takes them does not.
    Output(io::Error),
    /// The format needs all of them before it can write the first, and there are too many.
    TooMany,
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Output(error) => write!(f, "records cannot be written: {error}"),
            Self::TooMany => {
                write!(
                    f,
                    "more than {HELD_MAX} calls in this format: expected a shorter time from the first to the last"
                )
            }
        }
    }
}

impl Error for FormatError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Output(error) => Some(error),
            Self::TooMany => None,
        }
    }
}

impl From<io::Error> for FormatError {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<serde_json::Error> for FormatError {
    fn from(error: serde_json::Error) -> Self {
        Self::Output(error.into())
    }
}

/// The most calls that a format keeps until it can write them.
const HELD_MAX: usize = 1_000_000;

/// Calls and meetings of a format that is written at the end: a call may end after its meeting.
#[derive(Default)]
pub(super) struct Held {
    pub(super) meetings: Vec<MeetingLine>,
    pub(super) calls: Vec<CallLine>,
}

impl Held {
    /// Keeps a meeting, or a call that belongs to one as this says; returns whether it does.
    pub(super) fn keep(
        &mut self,
        record: &RecordLine,
        belongs: impl FnOnce(&CallLine) -> bool,
    ) -> Result<bool, FormatError> {
        match record {
            RecordLine::Meeting(meeting) => self.meetings.push(meeting.clone()),
            RecordLine::Call(call) if belongs(call) => {
                if self.calls.len() == HELD_MAX {
                    return Err(FormatError::TooMany);
                }
                self.calls.push(call.clone());
            }
            RecordLine::Call(_) => return Ok(false),
        }
        Ok(true)
    }
}

/// Writes records in one format.
pub trait Writer: Send {
    /// Writes a record, or keeps it until the end. Returns whether the format has a place for it.
    ///
    /// # Errors
    /// It could not be written, or there are more than the format can hold.
    fn record(&mut self, out: &mut dyn Write, record: &RecordLine) -> Result<bool, FormatError>;

    /// Writes what comes after the last record.
    ///
    /// # Errors
    /// It could not be written.
    fn end(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

/// A format, and what makes a writer of it; some tell what calls cost.
pub type Format = Kind<fn(&Rates) -> Box<dyn Writer>>;

/// Every format, ours first.
pub const FORMATS: &[Format] = &[
    Kind {
        name: "native",
        ending: "jsonl",
        doc: "JSON lines, with all there is",
        writer: |_| Box::new(Native),
    },
    Kind {
        name: "teams-csv",
        ending: "csv",
        doc: "the PSTN usage report of Teams",
        writer: |rates| Box::new(TeamsCsv::new(rates.clone())),
    },
    Kind {
        name: "graph-json",
        ending: "json",
        doc: "the same as Microsoft Graph tells it, `getPstnCalls`",
        writer: |rates| Box::new(GraphJson::new(rates.clone())),
    },
    Kind {
        name: "twilio-json",
        ending: "json",
        doc: "conference and participant summaries of Twilio",
        writer: |_| Box::new(TwilioJson::default()),
    },
    Kind {
        name: "freeswitch-xml",
        ending: "xml",
        doc: "conference CDRs of FreeSWITCH",
        writer: |_| Box::new(Freeswitch::default()),
    },
    Kind {
        name: "asterisk-csv",
        ending: "csv",
        doc: "CDRs of Asterisk, as cdr_csv writes them",
        writer: |_| Box::new(Cdr),
    },
    Kind {
        name: "asterisk-cel",
        ending: "csv",
        doc: "channel events of Asterisk, as cel_custom writes them",
        writer: |_| Box::new(Cel),
    },
];

struct Native;

impl Writer for Native {
    fn record(&mut self, out: &mut dyn Write, record: &RecordLine) -> Result<bool, FormatError> {
        serde_json::to_writer(&mut *out, record)?;
        writeln!(out)?;
        Ok(true)
    }
}

impl CallLine {
    /// Whether it came by telephone: signed-in users are in no record of a telephone system.
    pub(super) fn is_telephone(&self) -> bool {
        self.joined_by.as_deref() != Some("client") && self.outcome != "refused(no-meeting)"
    }

    /// When it was answered, if it was, in milliseconds since the Unix epoch.
    pub(super) fn answered(&self) -> Option<i64> {
        Some(moment::read(&self.called_at).saturating_add_unsigned(self.ringing_ms?))
    }

    /// Its length from the answer, rounded to whole seconds.
    pub(super) fn seconds(&self) -> i64 {
        self.answered().map_or(0, |answered| seconds_between(answered, moment::read(&self.ended_at)))
    }

    /// A name that no other call has, whichever run of the bridge carried it: a UUID of the free form (RFC 9562, section 5.8),
    /// made of the moment it came in and its number.
    pub(super) fn uuid(&self) -> String {
        let came = moment::read(&self.called_at).unsigned_abs() & 0xffff_ffff_ffff;
        let call = self.call & 0xffff_ffff_ffff;
        format!("{:08x}-{:04x}-8000-8000-{call:012x}", came >> 16, came & 0xffff)
    }
}

/// Whole seconds from one moment to another, both in milliseconds, rounded.
pub(super) fn seconds_between(from: i64, until: i64) -> i64 {
    (until - from + 500).div_euclid(1_000)
}

#[cfg(test)]
mod tests;
