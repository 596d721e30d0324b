//! What callers hear in the lobby, on samples: the music of each is rendered and compared with the loop.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use attendant::control::call::{LegId, Source};
use attendant::control::event::{CallEvent, Event};
use attendant::control::time::Instant;
use attendant::leg::log::{Entry, Log};
use attendant::media::library::Library;
use attendant::media::playout::Playout;
use attendant::play::play;
use attendant::scenario::story::{Params, Story};
use attendant::suite::read_suite;

/// Samples that are rendered at once: 20 ms.
const FRAME: usize = 160;

fn stories(path: &str) -> Vec<Arc<Story>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(path);
    let suite = read_suite(&[path], &Params::new(), NonZeroUsize::MIN).unwrap();
    suite.cases.into_iter().map(|case| case.story).collect()
}

/// What each call heard, and from when on.
fn heard(log: &Log) -> BTreeMap<LegId, Vec<(Instant, Source)>> {
    let mut calls: BTreeMap<LegId, Vec<(Instant, Source)>> = BTreeMap::new();
    for (at, entry) in &log.entries {
        if let Entry::Event(Event::Call(CallEvent::Hears { leg, source })) = entry {
            calls.entry(*leg).or_default().push((*at, *source));
        } else if let Entry::Event(Event::Call(CallEvent::Finished { leg, .. })) = entry {
            // The call is over: nothing is heard any more.
            calls.entry(*leg).or_default().push((*at, Source::Silence));
        }
    }
    calls
}

/// Every stretch of time in which a call heard nothing but music, as the samples in its ear.
fn stretches_of_music(changes: &[(Instant, Source)]) -> Vec<Vec<i16>> {
    let mut stretches = Vec::new();
    let mut goes_on = false;
    for pair in changes.windows(2) {
        let [(since, source), (until, _)] = [pair[0], pair[1]];
        let is_music = matches!(source, Source::HoldMusic { .. });
        if is_music && !goes_on {
            stretches.push(Vec::new());
        }
        if let (true, Some(samples)) = (is_music, stretches.last_mut()) {
            render(since, source, until, samples);
        }
        goes_on = is_music;
    }
    stretches.retain(|samples| !samples.is_empty());
    stretches
}

/// In frames of 20 ms, as a stream of packets would carry it.
fn render(since: Instant, source: Source, until: Instant, samples: &mut Vec<i16>) {
    let mut playout = Playout::new(Instant::ZERO);
    playout.hear(since, source);
    let mut left = usize::try_from(until.since(since).as_micros() / 125).unwrap();
    let mut at = since.micros();
    while left > 0 {
        let mut frame = [0; FRAME];
        let count = left.min(FRAME);
        playout.render(Library::built_in(), Instant::from_micros(at), &[], &mut frame[..count]);
        samples.extend(&frame[..count]);
        at += 125 * count as u64;
        left -= count;
    }
}

/// Where in the loop these samples are, each place by itself: a jump begins a new one.
fn jumps(samples: &[i16], music: &[i16]) -> usize {
    let mut jumps = 0;
    let mut rest = samples;
    while let Some(place) = place(rest, music) {
        let goes_on = rest.iter().zip(music.iter().cycle().skip(place));
        let same = goes_on.take_while(|(heard, loops)| heard == loops).count();
        rest = &rest[same..];
        jumps += usize::from(!rest.is_empty());
    }
    assert!(rest.is_empty(), "{} samples are not of the music", rest.len());
    jumps
}

/// Where in the loop samples begin.
fn place(samples: &[i16], music: &[i16]) -> Option<usize> {
    let start = &samples[..samples.len().min(FRAME)];
    let is_there =
        |place: &usize| start.iter().zip(music.iter().cycle().skip(*place)).all(|(one, other)| one == other);
    (!samples.is_empty()).then(|| (0..music.len()).find(is_there)).flatten()
}

/// How often the music jumped in each stretch, of every call, in the order of the calls.
fn jumps_of(story: &Arc<Story>) -> Vec<Vec<usize>> {
    let music: Vec<i16> = Library::built_in().hold_music().samples().collect();
    let played = play(story, 1);
    assert_eq!(played.failures, [], "{}", story.name);
    let calls = heard(&played.log).into_values();
    calls
        .map(|changes| stretches_of_music(&changes).iter().map(|samples| jumps(samples, &music)).collect())
        .filter(|jumps: &Vec<usize>| !jumps.is_empty())
        .collect()
}

#[test]
fn hold_music_has_no_gap_while_others_come_and_go() {
    for story in stories("lobby/music-goes-on.yaml") {
        let jumps = jumps_of(&story);
        // Pat, and each of the others five times.
        assert!(jumps.len() >= 6, "{jumps:?}");
        assert!(jumps.iter().flatten().all(|jumps| *jumps == 0), "{}: {jumps:?}", story.name);
    }
}

#[test]
fn no_policy_but_restart_cuts_the_music_of_others() {
    // The stretches of Pat, who keys * in between, and those of Kim.
    for (policy, stretches) in [("from-zero", [2, 1]), ("shared", [2, 1]), ("resume", [3, 1])] {
        let jumps = jumps_of(&stories(&format!("music/{policy}.yaml"))[0]);
        let without = stretches.map(|count| vec![0; count]);
        assert_eq!(jumps, without, "{policy}");
    }
}

#[test]
fn with_restart_the_samples_jump_when_somebody_comes() {
    // Pat's first stretch is cut by Kim; Lou comes while Pat keys, and cuts Kim's only one.
    assert_eq!(jumps_of(&stories("music/restart.yaml")[0]), [vec![1, 0, 0], vec![1], vec![0]]);
}

#[test]
fn each_policy_has_its_own_places_in_the_loop() {
    let music: Vec<i16> = Library::built_in().hold_music().samples().collect();
    // Seconds into the loop at which Pat's stretches begin, and how long the stretch before was.
    let begins = |policy: &str| -> Vec<(usize, usize)> {
        let played = play(&stories(&format!("music/{policy}.yaml"))[0], 1);
        let pat = heard(&played.log).into_values().next().unwrap();
        let stretches = stretches_of_music(&pat);
        stretches.iter().map(|samples| (place(samples, &music).unwrap(), samples.len())).collect()
    };
    let [first, again] = begins("from-zero")[..] else { panic!("two stretches") };
    assert_eq!((first.0, again.0), (0, 0));
    let [first, second, third] = begins("resume")[..] else { panic!("three stretches") };
    assert_eq!((first.0, second.0), (0, first.1 % music.len()));
    assert_eq!(third.0, (second.0 + second.1) % music.len());
    let [first, again] = begins("shared")[..] else { panic!("two stretches") };
    assert_ne!(again.0, (first.0 + first.1) % music.len(), "the music went on while Pat keyed");
}
