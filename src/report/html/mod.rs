//! The HTML report: one file that opens from disk, with a list of all cases and, for each, its ladder, what each caller
//! heard, its events and its scenario.
//!
//! Cases are written as they arrive, some together deflated, so that a report of many thousands needs no more memory than
//! their names; the page inflates those among which it looks at one. Cases are alike: together they take a third. Samples of a sound are in the file once, however many callers hear
//! it. Nothing is loaded from anywhere: style and script are named by their hashes in the page's own policy.

mod case;
mod page;
mod player;
mod row;
mod scenario;
mod sheet;
mod sounds;

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::failure::place;
use super::ladder::Ladder;
use super::{CaseResult, Report, RunInfo, Totals};
use crate::play::{CaseRun, Outcome};
use case::Chunk;
use row::{Row, Status};
use scenario::Source;
use sounds::Sounds;

pub use sheet::Sheet;

/// Writes the page.
#[derive(Debug)]
pub struct Html<W> {
    out: W,
    run: RunInfo,
    rows: Vec<Row>,
    /// Cases that are not written yet.
    chunks: Vec<Chunk>,
    sounds: Sounds,
    /// The number of each scenario file that was written.
    files: BTreeMap<String, usize>,
}

impl<W: Write> Html<W> {
    /// A report to there.
    pub fn new(out: W, run: RunInfo) -> Self {
        Self {
            out,
            run,
            rows: Vec::new(),
            chunks: Vec::new(),
            sounds: Sounds::default(),
            files: BTreeMap::new(),
        }
    }

    fn begin(&mut self) -> io::Result<()> {
        if self.rows.is_empty() { self.out.write_all(page::begin().as_bytes()) } else { Ok(()) }
    }

    /// Writes the cases that are not written yet.
    fn write_chunks(&mut self) -> io::Result<()> {
        let number = self.rows.len().div_ceil(page::TOGETHER);
        page::deflated(&mut self.out, &format!("chunk-{number}"), &std::mem::take(&mut self.chunks))
    }

    /// The file of a case with its number; it is written when the first of its cases comes.
    fn source(&mut self, result: &CaseResult<'_>, run: Option<&CaseRun>) -> io::Result<(Source, usize)> {
        let source = Source::of(result, run);
        let next = self.files.len() + 1;
        let number = *self.files.entry(source.path.clone()).or_insert(next);
        if number == next {
            page::deflated(&mut self.out, &format!("file-{number}"), &source.whole())?;
        }
        Ok((source, number))
    }
}

impl<W: Write> Report for Html<W> {
    fn case(&mut self, result: &CaseResult<'_>) -> io::Result<()> {
        self.begin()?;
        let mut row = Row::of(result);
        let chunk = match result.outcome {
            Outcome::NotBuilt => {
                let source = self.source(result, None)?;
                case::not_played(&result.not_built(), &row, (&source.0, source.1))
            }
            Outcome::Skipped(why) | Outcome::Unreachable(why) => {
                let source = self.source(result, None)?;
                case::not_played(why, &row, (&source.0, source.1))
            }
            Outcome::Played(run) => {
                let mut ladder = Ladder::of(result, run);
                let keeps_sound = result.outcome.failed() || self.run.all_sound;
                if result.outcome.failed() {
                    row.status = Status::Failed;
                    row.headline =
                        ladder.failed.as_ref().map(|failed| failed.headline.clone()).unwrap_or_default();
                    let at = run.played.failures.first().and_then(|wrong| place(result, wrong));
                    row.at = at.map(|(file, line, _)| (file, line));
                }
                let sounds = keeps_sound.then_some((&mut self.sounds, result.story()));
                let play = player::data(&ladder, sounds);
                let source = self.source(result, Some(run))?;
                case::played(result, run, &mut ladder, &row, (&source.0, source.1), play)
            }
        };
        self.rows.push(row);
        self.chunks.push(chunk);
        if self.chunks.len() == page::TOGETHER { self.write_chunks() } else { Ok(()) }
    }

    fn end(&mut self, totals: &Totals) -> io::Result<()> {
        self.begin()?;
        if !self.chunks.is_empty() {
            self.write_chunks()?;
        }
        self.sounds.write(&mut self.out)?;
        page::body(&mut self.out, &self.run, &self.rows, totals)?;
        self.out.flush()
    }
}
