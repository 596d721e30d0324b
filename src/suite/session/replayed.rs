//! Replays a session that was written as a scenario.

use std::sync::Arc;

use crate::play::{Bridge, CaseRun, Outcome, play};
use crate::report::{CaseResult, failures};
use crate::scenario::collection::{File, Suite};
use crate::scenario::read::read;
use crate::scenario::source::Sources;
use crate::scenario::story::Params;

/// Seeds with which a session is replayed to check that it passes: the seed orders simultaneous events.
const SEEDS: u64 = 3;

/// The name that messages give the file.
const NAME: &str = "session.yaml";

/// Replays a scenario. Returns what fails first, in one line with its place in the file; nothing if it passes.
pub(super) fn where_it_parts(text: &str) -> Option<String> {
    let mut sources = Sources::from_files_but(NAME.to_owned(), text.to_owned());
    let stories = match read(NAME, &mut sources, &Params::new()) {
        Ok(stories) => stories,
        Err(problems) => return problems.first().map(|problem| problem.message(&sources)),
    };
    let mut suite = Suite::new(Params::new());
    let (set, params) = (Params::new(), Vec::new());
    let file = File { path: NAME.to_owned(), sources, cases: stories.len(), set, params };
    suite.add(file, stories.into_iter().map(Arc::new));
    suite.cases.iter().find_map(|case| {
        (1..=SEEDS).find_map(|seed| {
            let played = play(&case.story, seed);
            if played.failures.is_empty() {
                return None;
            }
            let outcome = Outcome::Played(Box::new(CaseRun::once(played, Bridge::default())));
            let Outcome::Played(run) = &outcome else { return None };
            let result = CaseResult { suite: &suite, case, outcome: &outcome };
            let first = failures(&result, run).into_iter().next()?;
            let facts = first.facts.first().map(|(name, fact)| format!("; {name}: {fact}"));
            Some(first.words + &facts.unwrap_or_default())
        })
    })
}
