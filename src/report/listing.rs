//! The cases of a suite that are selected, without playing them: for people, and as JSON for other programs.

use serde::Serialize;

use super::{CaseResult, Paint};
use crate::play::Outcome;
use crate::scenario::collection::{Case, Suite};

/// A case as JSON.
#[derive(Debug, Serialize)]
struct ListedCase<'a> {
    name: &'a str,
    /// The path of its file.
    file: &'a str,
    /// The line that names it, counted from 1.
    line: usize,
    tags: &'a [String],
    /// Where it can run.
    runs_on: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skip: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected_to_fail: Option<&'a str>,
    /// What of it is not implemented yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_built: Option<String>,
}

/// Returns why a case is not built, if it is not.
fn not_built(suite: &Suite, case: &Case) -> Option<String> {
    let result = CaseResult { suite, case, outcome: &Outcome::NotBuilt };
    (!case.story.not_implemented.is_empty()).then(|| result.not_built())
}

/// Returns a case as a JSON object in one line.
#[must_use]
pub fn listed_as_json(suite: &Suite, case: &Case) -> String {
    let story = &case.story;
    let listed = ListedCase {
        name: &story.name,
        file: &suite.file_of(case).path,
        line: suite.line_of(case),
        tags: &story.tags,
        runs_on: story.runs_on.iter().map(|place| place.name()).collect(),
        seed: story.seed,
        skip: story.skip.as_deref(),
        expected_to_fail: story.expected_to_fail.as_deref(),
        not_built: not_built(suite, case),
    };
    serde_json::to_string(&listed).unwrap_or_default()
}

/// Returns a case in one line for people.
#[must_use]
pub fn listed_as_text(suite: &Suite, case: &Case, paint: Paint) -> String {
    let story = &case.story;
    let mut line = story.name.clone();
    if !story.tags.is_empty() {
        line += &paint.faint(&format!("  ({})", story.tags.join(", ")));
    }
    if let Some(reason) = &story.skip {
        line += &paint.open(&format!("  skipped: {reason}"));
    } else if let Some(reason) = &story.expected_to_fail {
        line += &paint.open(&format!("  expected to fail: {reason}"));
    } else if let Some(why) = not_built(suite, case) {
        line += &paint.open(&format!("  not implemented: {why}"));
    }
    line
}
