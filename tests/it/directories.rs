//! One set of rules for accounts: what scenarios prove on records in memory holds for the store that administrators use.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use attendant::play::play;
use attendant::play::stored::{Store, play_stored};
use attendant::scenario::story::{Params, Story};
use attendant::suite::{in_order, read_suite};

fn library() -> Vec<Arc<Story>> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let suite = read_suite(&[root], &Params::new(), NonZeroUsize::MIN).expect("the library is sound");
    suite.cases.into_iter().map(|case| case.story).collect()
}

/// The first thing that differs between a case on plain records and on this store.
fn difference(story: &Arc<Story>, store: &Store, number: usize) -> Option<String> {
    let seed = story.seed.unwrap_or(1);
    let records = play(story, seed);
    let stored = play_stored(story, seed, store, number).unwrap();
    let (ours, theirs) = (&records.log.entries, &stored.log.entries);
    let same = ours.iter().zip(theirs).take_while(|(one, other)| one == other).count();
    let differs = ours.len() != theirs.len() || same < ours.len() || records.failures != stored.failures;
    differs.then(|| {
        format!(
            "{}: entry {same}\n  records: {:?}\n  stored:  {:?}\n  wrong {:?}\n  stored wrong {:?}",
            story.name,
            ours.get(same),
            theirs.get(same),
            records.failures,
            stored.failures
        )
    })
}

#[track_caller]
fn every_case_is_the_same_on(store: &Store) {
    let stories = library();
    let jobs = std::thread::available_parallelism().unwrap();
    let mut differences = Vec::new();
    let work = |number: usize| difference(&stories[number], store, number);
    let played = in_order(jobs, stories.len(), &AtomicBool::new(false), work, |_, found| {
        differences.extend(found);
        ControlFlow::Continue(())
    });
    assert_eq!(played, stories.len());
    assert!(differences.is_empty(), "{} cases differ:\n{}", differences.len(), differences.join("\n"));
}

#[test]
fn every_case_leaves_the_same_log_on_a_store_in_memory() {
    every_case_is_the_same_on(&Store::Memory);
}

#[test]
fn every_case_leaves_the_same_log_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    every_case_is_the_same_on(&Store::Sqlite(folder.path().into()));
    assert_eq!(left_in(folder.path()), 0, "each case removes its folder");
}

fn left_in(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}
