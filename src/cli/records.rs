//! `attendant records`: what became of calls and meetings.

use std::io::Write as _;
use std::time::Duration;

use serde_json::Value;

use super::configured::Configured;
use super::exit::{CliError, Exit};
use super::listing::Listing;
use super::opened::unavailable;
use super::screen::Screen;
use crate::clock;
use crate::config::Rates;
use crate::control::time::show_duration;
use crate::report;
use crate::report::records::format::{FORMATS, Format, FormatError, Writer};
use crate::report::records::{RecordLine, moment};
use crate::store::sql::{KeptRecord, RecordPage};

const EXAMPLES: &str = "\
Examples:
  attendant records --from 2026-11-30
  attendant records --format teams-csv >calls.csv
  attendant records --json \\
      | jq 'select(.record == \"call\" and .outcome != \"joined\")'

`attendant serve` keeps a record of each call and each meeting when it is over, for 90 days. A record never contains a \
PIN, and of a caller's number the last digits are masked.";

/// How many records are loaded at a time.
const PAGE: u32 = 1_000;

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct RecordsArgs {
    #[command(flatten)]
    configured: Configured,

    /// Only what ended at this time or later, such as 2026-11-30 or 2026-11-30T08:00:00Z
    #[arg(long, value_name = "TIME", value_parser = moment)]
    from: Option<i64>,

    /// Only what ended before this time
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<i64>,

    /// Print JSON lines, one for each record: the native format
    #[arg(long)]
    json: bool,

    #[arg(long, value_name = "FORMAT", value_parser = format, conflicts_with = "json", help = format_help())]
    format: Option<&'static Format>,
}

impl RecordsArgs {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let session = self.configured.open_to_read(screen)?;
        let store = session.administration.directory();
        let mut writer = self.writer(&session.opened.config.rates);
        let mut out = screen.page_unless(writer.is_some());
        let mut left_out = 0_u64;
        let mut table = Listing::new(&["ended", "what", "who", "meeting", "waited", "inside", "outcome"]);
        let until = self.until.unwrap_or_else(clock::epoch_ms);
        let mut page = RecordPage { from: self.from.unwrap_or(0), until, after: 0, limit: PAGE };
        loop {
            let records = session.wait(store.records(page)).map_err(unavailable)?;
            let Some(last) = records.last() else { break };
            page.after = last.id;
            for record in &records {
                match &mut writer {
                    Some(writer) => left_out += u64::from(!writer.record(&mut out, &read(record)?)?),
                    None => table.add_row(row(record)),
                }
            }
        }
        match &mut writer {
            Some(writer) => writer.end(&mut out)?,
            None => write!(out, "{}", table)?,
        }
        out.flush()?;
        if let (Some(format), 1..) = (self.format, left_out) {
            let has = if left_out == 1 { "record has" } else { "records have" };
            screen.say(&format!("{left_out} {has} no place in {}; --json prints all", format.name));
        }
        Ok(Exit::Success)
    }

    fn writer(&self, rates: &Rates) -> Option<Box<dyn Writer>> {
        let kind = self.format.or_else(|| self.json.then_some(&FORMATS[0]))?;
        Some((kind.writer)(rates))
    }
}

fn format(name: &str) -> Result<&'static Format, String> {
    report::named(FORMATS, "format", name)
}

fn format_help() -> String {
    format!("Print the records for another program: {}", report::described(FORMATS))
}

/// A record as it was kept.
fn read(record: &KeptRecord) -> Result<RecordLine, CliError> {
    serde_json::from_str(&record.line).map_err(|error| {
        CliError::Message(
            Exit::Failed,
            format!("error: record {} in the directory is damaged: {error}", record.id),
        )
    })
}

impl From<FormatError> for CliError {
    fn from(error: FormatError) -> Self {
        match error {
            FormatError::Output(error) => Self::Output(error),
            FormatError::TooMany => Self::bad(format!("error: {error}")),
        }
    }
}

/// The fields of a record that people look for first.
fn row(record: &KeptRecord) -> [String; 7] {
    let record: Value = serde_json::from_str(&record.line).unwrap_or_default();
    let text = |field: &str| record[field].as_str().unwrap_or_default().to_owned();
    // Tenths of a second are enough to look for something; `--json` has all.
    let time = |field: &str| {
        let tenths = record[field].as_u64().map(|millis| millis.saturating_add(50) / 100);
        tenths.map_or_else(String::new, |tenths| show_duration(Duration::from_millis(tenths * 100)))
    };
    let who = match (record["name"].as_str(), record["from"].as_str()) {
        (Some(name), Some(number)) => format!("{name} ({number})"),
        (Some(known), None) | (None, Some(known)) => known.to_owned(),
        (None, None) => record["call"].as_u64().map_or_else(String::new, |call| format!("#{call}")),
    };
    if record["record"] == "meeting" {
        let callers = record["callers"].as_u64().unwrap_or(0);
        let who = format!("{callers} callers");
        return [
            text("ended_at"),
            text("record"),
            who,
            text("organizer"),
            String::new(),
            String::new(),
            format!("ended: {}", text("ended_by")),
        ];
    }
    [
        text("ended_at"),
        text("record"),
        who,
        text("organizer"),
        time("waited_ms"),
        time("attended_ms"),
        text("outcome"),
    ]
}
