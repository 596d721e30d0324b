//! The report of a replay: the records of all its cases.

use std::io::{self, Write};

use serde::Serialize;

use super::{CallRecord, Caller, Names, RecordLine, Records, WallClock};
use crate::control::event::MeetingId;
use crate::leg::log::Entry;
use crate::play::Outcome;
use crate::report::{CaseResult, EventText, Report, Totals};

/// Writes the records of calls and meetings as JSON lines, each case after the other.
#[derive(Debug)]
pub struct RecordsReport<W> {
    out: W,
}

impl<W: Write> RecordsReport<W> {
    /// A report to there.
    pub fn new(out: W) -> Self {
        Self { out }
    }
}

/// A record, and the case that it is of: calls are numbered anew in each.
#[derive(Serialize)]
struct OfCase<'r> {
    file: &'r str,
    case: &'r str,
    seed: u64,
    #[serde(flatten)]
    record: RecordLine,
}

impl<W: Write> Report for RecordsReport<W> {
    fn case(&mut self, result: &CaseResult<'_>) -> io::Result<()> {
        let Outcome::Played(run) = result.outcome else { return Ok(()) };
        let names = NamesOf { event_text: EventText::new(result.story(), &run.played.log), result };
        let mut records = Records::default();
        for (at, entry) in &run.played.log.entries {
            if let Entry::Event(event) = entry
                && let Some(record) = records.take(*at, *event)
            {
                let line = OfCase {
                    file: &result.file().path,
                    case: &result.story().name,
                    seed: run.played.seed,
                    record: RecordLine::of(&record, &WallClock::default(), &names),
                };
                serde_json::to_writer(&mut self.out, &line)?;
                writeln!(self.out)?;
            }
        }
        Ok(())
    }

    fn end(&mut self, _totals: &Totals) -> io::Result<()> {
        self.out.flush()
    }
}

struct NamesOf<'r> {
    event_text: EventText<'r>,
    result: &'r CaseResult<'r>,
}

impl Names for NamesOf<'_> {
    fn caller(&self, record: &CallRecord) -> Caller {
        let role = self.event_text.part(record.leg).and_then(|part| {
            let roles = &self.result.story().cast.roles;
            roles.get(part as usize)
        });
        let from = role.and_then(|role| role.from.as_deref()).map(str::to_owned);
        Caller { from, to: None, name: role.map(|role| role.name.clone()) }
    }

    fn organizer(&self, meeting: MeetingId) -> String {
        self.event_text.organizer_of(meeting).to_owned()
    }
}
