//! What callers hear, proved on samples: each participant speaks with a tone of their own, and every recording holds
//! exactly the tones that should be there (BEHAVIOUR, invariants 3 and 5).

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use attendant::control::call::{Language, LegId, Prompt, Source};
use attendant::control::event::{CallEvent, Event, MeetingEvent, MeetingId, Place};
use attendant::control::time::Instant;
use attendant::leg::log::Log;
use attendant::media::dtmf::detector::decode;
use attendant::media::library::Library;
use attendant::media::speaker::Speaker;
use attendant::media::wav;
use attendant::play::play;
use attendant::report::recording::{Call, Recorder};
use attendant::scenario::story::{Params, Story};
use attendant::suite::read_suite;

use crate::stage::{Stage, story};

/// Samples in a millisecond.
const MS: usize = 8;

/// No change of what is heard or said is this near to what is listened to: a frame, and a syllable's edges.
const EDGE_MS: u64 = 60;

/// A stretch that is listened to has at least a whole syllable and its pause.
const LEAST_MS: u64 = 400;

/// The most that is listened to of one stretch, and of one run.
const MOST_MS: u64 = 2_000;
const RUN_MS: u64 = 120_000;

/// A run as it was heard: each call with its samples.
struct Heard {
    calls: Vec<(Call, Vec<i16>)>,
    log: Log,
    library: Arc<Library>,
}

fn stories(path: &str) -> Vec<Arc<Story>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(path);
    let suite = read_suite(&[path], &Params::new(), 1.try_into().unwrap()).expect("the library is sound");
    suite.cases.iter().map(|case| Arc::clone(&case.story)).collect()
}

fn record(story: &Arc<Story>) -> Heard {
    let played = play(story, 1);
    let library = Arc::clone(&story.given.library);
    let mut recorder = Recorder::new(&played.log, &library, &story.cast.recordings);
    let mut calls: Vec<_> = recorder.calls().iter().map(|call| (*call, Vec::new())).collect();
    let until = recorder.now() + std::time::Duration::from_millis(RUN_MS);
    while recorder.tick(|place, frame| calls[place].1.extend(frame)) && recorder.now() < until {}
    Heard { calls, log: played.log, library }
}

impl Heard {
    fn events(&self) -> impl Iterator<Item = (Instant, Event)> + '_ {
        self.log.records().map(|record| (record.at, record.event))
    }

    /// Stretches in which nothing changes anywhere: from, until, and each leg's source and meeting.
    fn stretches(&self) -> Vec<(Instant, Instant, BTreeMap<LegId, Source>, Roster)> {
        let (mut stretches, mut began) = (Vec::new(), Instant::ZERO);
        let (mut sources, mut roster) = (BTreeMap::new(), Roster::default());
        for (at, event) in self.events() {
            if !roster.changes(&event)
                && !matches!(
                    event,
                    Event::Call(CallEvent::Hears { .. }) | Event::Call(CallEvent::Finished { .. })
                )
            {
                continue;
            }
            if at.millis() >= began.millis() + LEAST_MS + 2 * EDGE_MS {
                stretches.push((began, at, sources.clone(), roster.clone()));
            }
            if let Event::Call(CallEvent::Hears { leg, source }) = event {
                sources.insert(leg, source);
            } else if let Event::Call(CallEvent::Finished { leg, .. }) = event {
                sources.remove(&leg);
            } else {
                roster.follow(&event);
            }
            began = at;
        }
        stretches
    }

    fn call(&self, leg: LegId) -> &(Call, Vec<i16>) {
        self.calls.iter().find(|(call, _)| call.leg == leg).expect("every leg was dialled")
    }

    /// The voices that somebody in a meeting must hear: a caller who calls again speaks as before.
    fn others(&self, roster: &Roster, leg: LegId) -> BTreeSet<u32> {
        roster.others(leg).into_iter().map(|other| self.call(other).0.voice).collect()
    }

    /// What was heard on a call between two moments, as far as it was recorded.
    fn samples(&self, leg: LegId, from: Instant, until: Instant) -> Option<&[i16]> {
        let first_call = self.calls[0].0.began.millis();
        let (call, samples) = self.call(leg);
        // Frames follow each other from the first call on: the first of another call may begin before it.
        let began = first_call + (call.began.millis() - first_call) / 20 * 20;
        let at = |moment: Instant| (moment.millis() - began) as usize * MS;
        samples.get(at(from)..at(until))
    }
}

/// Who is in which meeting, and who is muted.
#[derive(Clone, Default)]
struct Roster {
    inside: BTreeSet<(MeetingId, LegId)>,
    muted: BTreeSet<LegId>,
    announced: bool,
}

impl Roster {
    fn changes(&self, event: &Event) -> bool {
        matches!(
            event,
            Event::Meeting(MeetingEvent::Joined { .. })
                | Event::Meeting(MeetingEvent::Left { .. })
                | Event::Meeting(MeetingEvent::Muted { .. })
                | Event::Meeting(MeetingEvent::Announced { .. })
        )
    }

    fn follow(&mut self, event: &Event) {
        if let Event::Meeting(MeetingEvent::Joined { meeting, leg, .. }) = *event {
            self.inside.insert((meeting, leg));
        } else if let Event::Meeting(MeetingEvent::Left { meeting, leg, place }) = *event {
            assert!(place != Place::Joined || self.inside.contains(&(meeting, leg)));
            self.inside.remove(&(meeting, leg));
            self.muted.remove(&leg);
        } else if let Event::Meeting(MeetingEvent::Muted { leg, muted, .. }) = *event {
            if muted {
                self.muted.insert(leg)
            } else {
                self.muted.remove(&leg)
            };
        }
        // When an announcement ends is not told: from the first on, more may be heard than voices.
        self.announced |= matches!(event, Event::Meeting(MeetingEvent::Announced { .. }));
    }

    /// Whom somebody in this meeting must hear.
    fn others(&self, leg: LegId) -> BTreeSet<LegId> {
        let meeting = self.inside.iter().find(|(_, inside)| *inside == leg).map(|(meeting, _)| *meeting);
        let others = self.inside.iter().filter(|(of, other)| Some(*of) == meeting && *other != leg);
        others.map(|(_, other)| *other).filter(|other| !self.muted.contains(other)).collect()
    }
}

/// The power of one frequency, as a part of what a voice at full level has.
fn share(samples: &[i16], hz: f64) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (at, sample) in samples.iter().enumerate() {
        let angle = std::f64::consts::TAU * hz * at as f64 / 8_000.0;
        // A Hann window: voices are 47 Hz apart, and its side lobes fall fast.
        let window = 1.0 - (std::f64::consts::TAU * at as f64 / samples.len() as f64).cos();
        re += f64::from(*sample) * angle.cos() * window;
        im += f64::from(*sample) * angle.sin() * window;
    }
    let amplitude = 2.0 * re.hypot(im) / samples.len() as f64;
    amplitude / 3_300.0
}

/// The voices in these samples.
fn voices(samples: &[i16], calls: &[(Call, Vec<i16>)]) -> BTreeSet<u32> {
    let all = calls.iter().map(|(call, _)| call.voice);
    all.filter(|voice| share(samples, Speaker::frequency(*voice)) > 0.1).collect()
}

/// Listens to every stretch of a run; how many stretches in lobbies and in meetings there were.
fn listen(story: &Arc<Story>) -> (u32, u32) {
    let heard = record(story);
    let (mut in_lobby, mut in_meeting) = (0, 0);
    for (began, ended, sources, roster) in heard.stretches() {
        let inside = Instant::from_millis(began.millis() + EDGE_MS);
        let most = Instant::from_millis(inside.millis() + MOST_MS);
        let inside_until = Instant::from_millis(ended.millis() - EDGE_MS).min(most);
        for (leg, source) in sources {
            let name = &story.name;
            // Silence and music are listened to from edge to edge, to the sample.
            let (from, until) = match source {
                Source::Silence | Source::HoldMusic { .. } => (began, ended.min(most)),
                Source::Conference | Source::Prompt { .. } => (inside, inside_until),
            };
            let Some(samples) = heard.samples(leg, from, until) else { continue };
            match source {
                Source::Silence => {
                    assert!(samples.iter().all(|sample| *sample == 0), "{name}: {leg:?} at {from}");
                }
                Source::HoldMusic { begun } => {
                    in_lobby += 1;
                    let loop_ = heard.library.hold_music();
                    let at = (from.millis() - begun.millis()) as usize * MS % loop_.len();
                    let music: Vec<i16> = loop_.samples().cycle_from(at).take(samples.len()).collect();
                    assert!(samples == music, "{name}: {leg:?} hears more or less than music at {from}");
                }
                Source::Conference if !roster.announced => {
                    in_meeting += 1;
                    assert_eq!(
                        voices(samples, &heard.calls),
                        heard.others(&roster, leg),
                        "{name}: {leg:?} at {from}"
                    );
                }
                Source::Conference => {
                    let others = heard.others(&roster, leg);
                    let own = Speaker::frequency(heard.call(leg).0.voice);
                    assert!(others.is_subset(&voices(samples, &heard.calls)), "{name}: {leg:?} at {from}");
                    assert!(share(samples, own) < 0.1, "{name}: {leg:?} hears itself at {from}");
                }
                Source::Prompt { .. } => {
                    assert_eq!(voices(samples, &heard.calls), BTreeSet::new(), "{name}: {leg:?} at {from}");
                }
            }
        }
    }
    for (_, samples) in &heard.calls {
        assert_eq!(decode(samples), [], "{}: a key in what the bridge plays", story.name);
    }
    (in_lobby, in_meeting)
}

/// A loop, from anywhere on.
trait CycleFrom: Iterator<Item = i16> + Sized {
    fn cycle_from(self, at: usize) -> impl Iterator<Item = i16> {
        let all: Vec<i16> = self.collect();
        (0..).map(move |n| all[(at + n) % all.len()])
    }
}

impl<I: Iterator<Item = i16>> CycleFrom for I {}

#[test]
fn recordings_match_lobby_and_meeting_membership() {
    let (mut in_lobby, mut in_meeting) = (0, 0);
    for path in [
        "start/participants-first.yaml",
        "lock/admitted-with-star-eight.yaml",
        "keys/mute-all.yaml",
        "keys/mute.yaml",
        // Where participants leave a meeting that goes on, and where it lets go of them.
        "announcements/off.yaml",
        "keys/roll-call-small.yaml",
        "profiles/confbridge-back-to-the-lobby.yaml",
    ] {
        let stories = stories(path);
        assert!(!stories.is_empty());
        for story in &stories {
            let (lobby, meeting) = listen(story);
            (in_lobby, in_meeting) = (in_lobby + lobby, in_meeting + meeting);
        }
    }
    assert!(in_lobby > 10 && in_meeting > 10, "{in_lobby} and {in_meeting} stretches say little");
}

#[test]
fn replay_records_each_caller_or_says_why_not() {
    let stage = Stage::with(&[(
        "s.yaml",
        &story("A caller is greeted", "dial: bridge\n{ hears: welcome }\nwait: 3s"),
    )]);
    let ended = stage.attendant("replay s.yaml --record heard --quiet");
    assert_eq!(ended.code, 0, "{ended:?}");
    let file = std::fs::read(stage.path().join("heard/001-a-caller-is-greeted/pat.wav")).unwrap();
    let samples = wav::read(&file).unwrap();
    // Three seconds, in whole frames.
    assert!((24_000..24_320).contains(&samples.len()), "{} samples", samples.len());
    let library = Library::built_in();
    let welcome: Vec<i16> = library.prompt(Prompt::Welcome, Language::EnUs).unwrap().samples().collect();
    assert_eq!(samples[..welcome.len()], welcome);

    let ended = stage.attendant("replay s.yaml --record s.yaml --quiet");
    assert_eq!(ended.code, 2);
    assert!(ended.err.contains("recording to s.yaml"), "{}", ended.err);
}

#[test]
fn a_recording_of_a_call_is_told_sound_by_sound() {
    let script = "dial: bridge\n{ hears: welcome }\n{ hears: enter-conference-id, within: 10s }\nwait: 2s";
    let stage = Stage::with(&[("s.yaml", &story("It is asked for an ID", script))]);
    let ended = stage.attendant("replay s.yaml --record heard");
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert!(ended.err.contains("wrote heard: what each caller heard\n"), "{}", ended.err);
    let ended = stage.attendant("prompts hear heard/001-it-is-asked-for-an-id/pat.wav --json");
    assert_eq!(ended.code, 0, "{}", ended.err);
    let told: Vec<serde_json::Value> =
        ended.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let known: Vec<&str> = told
        .iter()
        .filter(|line| line["language"] == "en-US")
        .filter_map(|line| line["sound"].as_str())
        .collect();
    assert_eq!(known, ["welcome", "enter-conference-id"], "{}", ended.out);
    assert!(!ended.out.contains("unknown"), "{}", ended.out);
}
