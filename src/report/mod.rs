//! What a run tells: every report is a reader of the cases as they come to their verdicts.

mod details;
mod event_text;
mod explain;
mod failure;
mod faults;
pub mod json;
mod junit;
mod paint;
pub mod recording;
mod tap;
mod text;
mod timeline;
mod traced;

use std::io::{self, Write};
use std::str::FromStr;

pub use details::Details;
pub use event_text::{EventText, seconds};
pub use explain::explain;
pub use failure::{screen, screen_of_run};
pub use faults::describe_faults;
pub use json::Json;
pub use junit::Junit;
pub use paint::Paint;
pub use tap::Tap;
pub use text::{Detail, Text};
pub use timeline::{Moment, Moved, moments, timeline};
pub use traced::{Traced, TracedSink};

use crate::play::Outcome;
use crate::scenario::collection::{Case, File, Suite};
use crate::scenario::story::Story;

/// A case that has come to its verdict.
#[derive(Clone, Copy, Debug)]
pub struct CaseResult<'a> {
    /// The suite that it belongs to.
    pub suite: &'a Suite,
    /// The case.
    pub case: &'a Case,
    /// What became of it.
    pub outcome: &'a Outcome,
}

impl<'a> CaseResult<'a> {
    /// Its file.
    #[must_use]
    pub fn file(&self) -> &'a File {
        self.suite.file_of(self.case)
    }

    /// Its story.
    #[must_use]
    pub fn story(&self) -> &'a Story {
        &self.case.story
    }

    /// Why it is not built yet, in one line.
    #[must_use]
    pub fn not_built(&self) -> String {
        let mut reasons: Vec<&str> =
            self.story().not_implemented.iter().map(|missing| missing.why.as_str()).collect();
        reasons.dedup();
        reasons.join("; ")
    }
}

/// What a whole run came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Totals {
    /// Cases that were selected.
    pub cases: usize,
    /// Files that these belong to.
    pub files: usize,
    /// How many hold.
    pub passed: usize,
    /// How many do not.
    pub failed: usize,
    /// How many ask for what is not built.
    pub not_built: usize,
    /// Whether somebody broke the run off.
    pub interrupted: bool,
}

impl Totals {
    /// Counts one more case.
    pub fn count(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::NotBuilt => self.not_built += 1,
            Outcome::Played(_) if outcome.failed() => self.failed += 1,
            Outcome::Played(_) => self.passed += 1,
        }
    }

    /// Cases that were selected and did not come to their turn.
    #[must_use]
    pub fn not_run(&self) -> usize {
        self.cases - self.passed - self.failed - self.not_built
    }

    /// The summary: `173 cases in 48 files: 172 passed, 1 failed`.
    #[must_use]
    pub fn line(&self) -> String {
        let count = |number: usize, one: &str| match number {
            1 => format!("1 {one}"),
            _ => format!("{number} {one}s"),
        };
        let mut line = format!(
            "{} in {}: {} passed, {} failed",
            count(self.cases, "case"),
            count(self.files, "file"),
            self.passed,
            self.failed
        );
        for (number, what) in [(self.not_built, "not built yet"), (self.not_run(), "not run")] {
            if number > 0 {
                line += &format!(", {number} {what}");
            }
        }
        line
    }
}

/// Takes every case as it comes to its verdict.
pub trait Report {
    /// One more case.
    ///
    /// # Errors
    /// It could not be written.
    fn case(&mut self, result: &CaseResult<'_>) -> io::Result<()>;

    /// The run is over.
    ///
    /// # Errors
    /// It could not be written.
    fn end(&mut self, totals: &Totals) -> io::Result<()>;
}

/// A kind of report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// XML that build servers read.
    Junit,
    /// JSON lines, with every event.
    Json,
    /// The Test Anything Protocol, version 14.
    Tap,
    /// What the terminal shows.
    Text,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Junit, Self::Json, Self::Tap, Self::Text];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Junit => "junit",
            Self::Json => "json",
            Self::Tap => "tap",
            Self::Text => "text",
        }
    }

    /// A report of this kind, to be written there.
    #[must_use]
    pub fn open<'w>(self, out: impl Write + 'w) -> Box<dyn Report + 'w> {
        match self {
            Self::Junit => Box::new(Junit::new(out)),
            Self::Json => Box::new(Json::new(out)),
            Self::Tap => Box::new(Tap::new(out)),
            Self::Text => Box::new(Text::new(out, Paint::PLAIN, Detail::Cases)),
        }
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| format!("unknown report `{text}`: expected junit, json, tap or text"))
    }
}
