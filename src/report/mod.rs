//! Reports of a run: every report reads the cases as their verdicts arrive.

mod cause;
mod code_quality;
mod counted;
mod details;
mod event_text;
mod explain;
mod failure;
mod faults;
pub mod github;
pub mod given;
mod html;
pub mod json;
mod junit;
mod kind;
pub mod ladder;
mod listing;
mod markdown;
mod paint;
mod rate;
pub mod recording;
pub mod records;
pub mod saved;
mod tap;
mod text;
mod timeline;
mod traced;
pub mod typefaces;
mod waiting;
pub mod why;
pub mod wrap;

use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

pub use code_quality::CodeQuality;
pub use details::Details;
pub use event_text::{EventText, seconds};
pub(crate) use event_text::{until_unlocked, wait};
pub use explain::explain;
pub use failure::{FailureText, command as rerun_command, failures, quoted, screen, screen_of_run};
pub use faults::describe_faults;
pub use html::{Html, Sheet};
pub use json::Json;
pub use junit::{Dialect, Junit};
pub use kind::{Kind, described, named};
pub use ladder::{dot, lasting};
pub use listing::{listed_as_json, listed_as_text};
pub use markdown::Markdown;
pub use paint::Paint;
pub use rate::rate_of_seeds;
use records::RecordsReport;
pub use tap::Tap;
pub use text::{Detail, Text};
pub use timeline::{Moment, Moved, entry_lines, moments, timeline};
pub use traced::{Traced, TracedReader, TracedSink, traced};

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
    /// The outcome.
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

    /// Why it is not implemented yet, in one line.
    #[must_use]
    pub fn not_built(&self) -> String {
        let mut reasons: Vec<&str> =
            self.story().not_implemented.iter().map(|missing| missing.why.as_str()).collect();
        reasons.dedup();
        reasons.join("; ")
    }
}

/// The totals of a run.
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
    /// How many fail as their files expect.
    pub expected_failures: usize,
    /// How many are not played, for a reason that their files or the bridge give.
    pub skipped: usize,
    /// How many ask for what is not implemented.
    pub not_built: usize,
    /// How many could not be played, because what was to carry their calls was not reached.
    pub unreachable: usize,
    /// Whether somebody broke the run off.
    pub interrupted: bool,
}

impl Totals {
    /// Counts one more case.
    pub fn count(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::NotBuilt => self.not_built += 1,
            Outcome::Skipped(_) => self.skipped += 1,
            Outcome::Unreachable(_) => self.unreachable += 1,
            Outcome::Played(_) if outcome.failed() => self.failed += 1,
            Outcome::Played(_) if outcome.failed_as_expected().is_some() => self.expected_failures += 1,
            Outcome::Played(_) => self.passed += 1,
        }
    }

    /// Adds the cases of another run; files are not counted again.
    pub fn add(&mut self, other: &Self) {
        let Self { cases, files: _, passed, failed, expected_failures, skipped, not_built, .. } = other;
        let Self { unreachable, interrupted, .. } = other;
        self.cases += cases;
        self.passed += passed;
        self.failed += failed;
        self.expected_failures += expected_failures;
        self.skipped += skipped;
        self.not_built += not_built;
        self.unreachable += unreachable;
        self.interrupted |= interrupted;
    }

    /// Cases that were selected and did not come to their turn.
    #[must_use]
    pub fn not_run(&self) -> usize {
        let played = self.passed + self.failed + self.expected_failures;
        self.cases - played - self.skipped - self.not_built - self.unreachable
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
        for (number, what) in [
            (self.expected_failures, "failed as expected"),
            (self.skipped, "skipped"),
            (self.not_built, "not implemented yet"),
            (self.unreachable, "unreachable"),
            (self.not_run(), "not run"),
        ] {
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

    /// One more case that was selected, but did not come to its turn. Most reports only count those.
    ///
    /// # Errors
    /// It could not be written.
    fn not_run(&mut self, _suite: &Suite, _case: &Case) -> io::Result<()> {
        Ok(())
    }

    /// The run is over.
    ///
    /// # Errors
    /// It could not be written.
    fn end(&mut self, totals: &Totals) -> io::Result<()>;
}

/// What a report may say of the run besides its cases.
#[derive(Clone, Debug, Default)]
pub struct RunInfo {
    /// The command that plays all of it again, PINs masked.
    pub command: String,
    /// Whether the sound of every case is kept, and not only that of failures.
    pub all_sound: bool,
    /// The folder in which it runs.
    pub here: PathBuf,
    /// The root of the repository, where a service gives one that marks lines of its files.
    pub root: Option<PathBuf>,
}

impl RunInfo {
    /// Returns a path as the repository has it: from its root, with slashes.
    #[must_use]
    pub fn in_repository(&self, path: &str) -> String {
        let Some(root) = &self.root else { return path.to_owned() };
        let mut whole = PathBuf::new();
        for part in self.here.join(path).components() {
            match part {
                Component::CurDir => {}
                Component::ParentDir => {
                    whole.pop();
                }
                Component::Normal(_) | Component::RootDir | Component::Prefix(_) => whole.push(part),
            }
        }
        let inside = whole.strip_prefix(root).ok().and_then(Path::to_str);
        inside.map_or_else(|| path.to_owned(), |inside| inside.replace('\\', "/"))
    }
}

/// Makes a report of this run that is written there.
pub type Writer = fn(Box<dyn Write>, &RunInfo) -> Box<dyn Report>;

/// Every kind of report of a replay.
pub const KINDS: &[Kind<Writer>] = &[
    Kind {
        name: "junit",
        ending: "xml",
        doc: "XML for build servers",
        writer: |out, _| Box::new(Junit::new(out, Dialect::Common)),
    },
    Kind {
        name: "xunit",
        ending: "xml",
        doc: "the same by the schema of Jenkins' xUnit plugin",
        writer: |out, _| Box::new(Junit::new(out, Dialect::XUnit)),
    },
    Kind {
        name: "json",
        ending: "jsonl",
        doc: "a line for each event, with the schema of `attendant schema report`",
        writer: |out, _| Box::new(Json::new(out)),
    },
    Kind {
        name: "tap",
        ending: "tap",
        doc: "the Test Anything Protocol, version 13",
        writer: |out, _| Box::new(Tap::new(out)),
    },
    Kind {
        name: "records",
        ending: "jsonl",
        doc: "a line for each call and meeting, as `attendant records --json` prints them",
        writer: |out, _| Box::new(RecordsReport::new(out)),
    },
    Kind {
        name: "text",
        ending: "txt",
        doc: "what the terminal shows",
        writer: |out, _| Box::new(Text::new(out, Paint::PLAIN, Detail::Cases)),
    },
    Kind {
        name: "failures",
        ending: "md",
        doc: "what failed, as Markdown to paste",
        writer: |out, _| Box::new(Markdown::new(out)),
    },
    Kind {
        name: "codequality",
        ending: "json",
        doc: "what GitLab marks in a merge request",
        writer: |out, run| Box::new(CodeQuality::new(out, run.clone())),
    },
    Kind {
        name: "html",
        ending: "html",
        doc: "one page for people, with the ladder and the sound of each failure",
        writer: |out, run| Box::new(Html::new(out, run.clone())),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_from_the_root_of_the_repository() {
        let told = |root: Option<&str>, path: &str| {
            RunInfo { here: "/w/repo/tests".into(), root: root.map(PathBuf::from), ..RunInfo::default() }
                .in_repository(path)
        };
        for (path, inside) in [
            ("s/a.yaml", "tests/s/a.yaml"),
            ("./s/a.yaml", "tests/s/a.yaml"),
            ("../s/a.yaml", "s/a.yaml"),
            ("/w/repo/a.yaml", "a.yaml"),
            ("/elsewhere/a.yaml", "/elsewhere/a.yaml"),
            ("../../x/a.yaml", "../../x/a.yaml"),
        ] {
            assert_eq!(told(Some("/w/repo"), path), inside);
            assert_eq!(told(None, path), path);
        }
    }
}
