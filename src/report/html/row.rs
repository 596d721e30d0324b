//! A case in the page's list.

use serde::Serialize;

use crate::control::time::Instant;
use crate::play::Outcome;
use crate::report::CaseResult;

/// A case as the list shows it and searches it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Row {
    /// Its name without the combination of its matrix.
    pub(super) name: String,
    /// The combination, value by value.
    pub(super) values: Vec<String>,
    pub(super) file: String,
    pub(super) status: Status,
    /// How long it took, in milliseconds of virtual time.
    pub(super) took: u64,
    pub(super) tags: Vec<String>,
    /// What failed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) headline: String,
    /// Where: a file and a line of it.
    #[serde(skip)]
    pub(super) at: Option<(String, usize)>,
}

/// What became of a case.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    Failed,
    Passed,
    /// It was not to be played.
    Skipped,
    /// It asks for what is not implemented yet.
    Open,
}

impl Row {
    pub(super) fn of(result: &CaseResult<'_>) -> Self {
        let (story, path) = (result.story(), result.file().path.clone());
        let (name, values) = match story.name.rsplit_once(" [") {
            Some((name, values)) if !story.picks.is_empty() => {
                (name, values.trim_end_matches(']').split(", ").map(str::to_owned).collect())
            }
            Some(_) | None => (story.name.as_str(), Vec::new()),
        };
        let (status, took) = match result.outcome {
            Outcome::NotBuilt => (Status::Open, Instant::ZERO),
            Outcome::Skipped(_) => (Status::Skipped, Instant::ZERO),
            Outcome::Unreachable(_) => (Status::Failed, Instant::ZERO),
            Outcome::Played(run) => (Status::Passed, run.played.took),
        };
        Self {
            name: name.to_owned(),
            values,
            file: path,
            status,
            took: took.millis(),
            tags: story.tags.clone(),
            headline: String::new(),
            at: None,
        }
    }
}

impl Status {
    /// What the page calls it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Failed => "Failed",
            Self::Passed => "Passed",
            Self::Skipped => "Skipped",
            Self::Open => "Not implemented",
        }
    }
}
