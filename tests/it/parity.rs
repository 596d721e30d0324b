//! Two drivers, one core: what happens in virtual time happens on the live exchange too, at the same moments.

mod variants;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use attendant::clock::{Clock, Pace};
use attendant::control::time::Instant;
use attendant::leg::log::{Entry, Log};
use attendant::play::live::play_live;
use attendant::play::{Played, play};
use attendant::scenario::story::{Params, Story};
use attendant::suite::read_suite;

/// Plays on the exchange while tokio's clock stands still.
fn play_paused(story: &Arc<Story>, seed: u64) -> Played {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let played = runtime.unwrap().block_on(async {
        play_live(story, seed, Clock::start(1, Pace::Lockstep), Log::default(), std::future::pending()).await
    });
    played.expect("nobody stops it")
}

/// What each machine told, in its order. Only the order between machines in one moment is left out: on the exchange
/// they are tasks of their own.
fn transcripts(entries: &[(Instant, Entry)]) -> BTreeMap<String, Vec<String>> {
    let mut transcripts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (at, entry) in entries {
        let told = format!("{at} {entry:?}");
        transcripts.entry(event_text(&told)).or_default().push(told);
    }
    transcripts
}

/// A meeting tells what names it; a leg, a scripted caller or a stage the rest.
fn event_text(told: &str) -> String {
    let named = ["meeting: MeetingId(", "leg: LegId(", "part: ", "stage: "];
    let place = named.iter().find_map(|name| told.find(name)).unwrap_or(0);
    let rest = &told[place..];
    let end = rest
        .find([',', ' '])
        .and_then(|colon| rest[colon + 1..].find([',', ' ', ')']).map(|end| colon + end));
    rest[..end.map_or(rest.len(), |end| end + 1)].to_owned()
}

/// The same with what a machine told in one moment sorted: where a key and a late answer of the directory come in one
/// moment, virtual time lets the seed decide, and the exchange which task is first.
fn sorted(transcripts: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let mut sorted: Vec<String> = transcripts.values().flatten().cloned().collect();
    sorted.sort_unstable();
    sorted
}

/// How many cases may differ in the order of one moment: those whose subject it is.
const TIES_MAX: usize = 1;

#[test]
fn every_library_case_has_the_same_transcript_on_both() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let suite = read_suite(&[root], &Params::new(), NonZeroUsize::MIN).expect("the library is sound");
    let mut ties = Vec::new();
    for case in &suite.cases {
        let story = &case.story;
        let seed = story.seed.unwrap_or(1);
        let (virtual_time, live) = (play(story, seed), play_paused(story, seed));
        assert_eq!(live.failures, virtual_time.failures, "{}", story.name);
        let (one, other) = (transcripts(&virtual_time.log.entries), transcripts(&live.log.entries));
        if one != other {
            ties.push(&story.name);
            assert_eq!(sorted(&one), sorted(&other), "{}", story.name);
        }
    }
    assert!(ties.len() <= TIES_MAX, "the order in one moment differs in {ties:#?}");
}
