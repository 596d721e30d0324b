//! The sound of legs, compared with plain sums and with a mixer driven by hand.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use proptest::prelude::*;

use super::*;
use crate::control::call::{HangupCause, Tone};
use crate::control::event::{Admission, CallEvent, EndReason, Event, MeetingEvent, MutedBy, Outcome, Place};
use crate::media::level::level as level_of;
use crate::media::rate::FRAME_TIME;
use crate::media::speaker::Speaker;

const ONE: MeetingId = MeetingId(1);
const TWO: MeetingId = MeetingId(2);
const A: LegId = LegId::new(0);
const B: LegId = LegId::new(1);
const C: LegId = LegId::new(2);

/// No test sends or plays this sample: what is left of it was not written.
const UNWRITTEN: i16 = i16::MIN;

const HIGH: (Prompt, Language) = (Prompt::Tone(Tone::High), Language::EnUs);

fn millis(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn library() -> &'static Library {
    Library::built_in()
}

fn prompt((prompt, language): (Prompt, Language)) -> Source {
    Source::Prompt { playback: PlaybackId::default(), prompt, language }
}

fn high_tone() -> Vec<i16> {
    library().prompt(HIGH.0, HIGH.1).unwrap().samples().collect()
}

/// A frame that is loud enough for a voice.
const fn constant(sample: i16) -> Frame {
    [sample; FRAME]
}

/// The machine with its time, and the numbers of what legs send.
#[derive(Default)]
struct Bridge {
    audio: ConferenceAudio,
    now: Instant,
    sent: BTreeMap<LegId, u64>,
}

impl Bridge {
    /// These legs are in the first conference, and hear it.
    fn with(legs: impl IntoIterator<Item = LegId>) -> Self {
        let mut bridge = Self::default();
        legs.into_iter().for_each(|leg| bridge.enter(ONE, leg));
        bridge.tick();
        bridge
    }

    fn enter(&mut self, conference: MeetingId, leg: LegId) {
        self.audio.open(self.now, leg);
        self.audio.hear(self.now, leg, Source::Conference, None);
        self.audio.join(conference, leg);
    }

    fn send(&mut self, leg: LegId, frame: &Frame) {
        let number = self.sent.entry(leg).or_default();
        self.audio.receive(leg, *number, frame);
        *number += 1;
    }

    fn tick(&mut self) {
        self.audio.tick(self.now, library());
        self.now = self.now + FRAME_TIME;
    }

    /// A tick in which these legs send constant frames.
    fn tick_with(&mut self, sent: &[(LegId, i16)]) {
        sent.iter().for_each(|(leg, sample)| self.send(*leg, &constant(*sample)));
        self.tick();
    }

    fn heard(&self, leg: LegId) -> Option<Frame> {
        let mut own = [UNWRITTEN; FRAME];
        self.audio.heard(leg, library(), &mut own).map(|heard| *heard.frame())
    }

    /// Checks that these legs hear one and the same sample in all of it.
    #[track_caller]
    fn hear(&self, expected: &[(LegId, i16)]) {
        for (leg, sample) in expected {
            assert_eq!(self.heard(*leg), Some(constant(*sample)), "{leg:?}");
        }
    }

    /// Returns what a leg hears in this many frames.
    fn record(&mut self, leg: LegId, frames: usize) -> Vec<i16> {
        let heard = std::iter::repeat_with(|| {
            self.tick();
            self.heard(leg).unwrap()
        });
        heard.take(frames).flatten().collect()
    }
}

#[test]
fn each_hears_all_others_and_nobody_themselves() {
    let mut bridge = Bridge::with([A, B, C]);
    bridge.tick_with(&[(A, 1_000), (B, 2_000), (C, 4_000)]);
    bridge.hear(&[(A, 6_000), (B, 5_000), (C, 3_000)]);
}

#[test]
fn conferences_do_not_hear_each_other() {
    let mut bridge = Bridge::with([A, B]);
    bridge.enter(TWO, C);
    bridge.tick();
    bridge.tick_with(&[(A, 1_000), (C, 4_000)]);
    bridge.hear(&[(A, 0), (B, 1_000), (C, 0)]);
    // Who goes over is heard there only.
    bridge.enter(TWO, A);
    bridge.tick();
    bridge.tick_with(&[(A, 1_000), (C, 4_000)]);
    bridge.hear(&[(A, 4_000), (B, 0), (C, 1_000)]);
}

#[test]
fn all_who_do_not_talk_share_one_frame() {
    let legs = (0..1_000).map(LegId::new);
    let mut bridge = Bridge::with(legs.clone());
    bridge.tick_with(&[(A, 1_000), (B, 2_000), (C, 4_000)]);
    let mut own = [UNWRITTEN; FRAME];
    let everyone = Heard::Everyone(&constant(7_000));
    let share = legs.filter(|leg| bridge.audio.heard(*leg, library(), &mut own) == Some(everyone));
    assert_eq!(share.count(), 997);
}

#[test]
fn who_is_muted_sends_nothing_and_hears_all() {
    let mut bridge = Bridge::with([A, B]);
    bridge.audio.set_muted(A, true);
    bridge.tick_with(&[(A, 1_000), (B, 2_000)]);
    bridge.hear(&[(A, 2_000), (B, 0)]);
    bridge.audio.set_muted(A, false);
    bridge.tick_with(&[(A, 1_000)]);
    bridge.hear(&[(B, 1_000)]);
}

#[test]
fn muting_before_the_first_tick_works() {
    let mut bridge = Bridge::with([B]);
    bridge.enter(ONE, A);
    bridge.audio.set_muted(A, true);
    bridge.tick();
    bridge.tick_with(&[(A, 1_000)]);
    bridge.hear(&[(B, 0)]);
}

#[test]
fn nothing_is_taken_from_who_is_in_no_conference() {
    let mut bridge = Bridge::with([B]);
    bridge.audio.open(bridge.now, A);
    bridge.send(A, &constant(1_000));
    bridge.enter(ONE, A);
    bridge.tick();
    bridge.tick();
    bridge.hear(&[(B, 0)]);
    // Neither is what was sent and had not been mixed when they left.
    bridge.tick_with(&[(A, 1_000)]);
    bridge.hear(&[(B, 1_000)]);
    bridge.send(A, &constant(1_000));
    bridge.audio.leave(A);
    bridge.tick();
    bridge.hear(&[(B, 0)]);
}

#[test]
fn twenty_who_talk_at_once_are_not_clipped() {
    let legs: Vec<LegId> = (0..20).map(LegId::new).collect();
    let mut bridge = Bridge::with(legs.clone());
    let mut speakers: Vec<Speaker> = (0..20).map(Speaker::new).collect();
    let (mut heard, mut sum) = (Vec::new(), Vec::new());
    for _ in 0..150 {
        let mut plain = [0.0; FRAME];
        for (leg, speaker) in legs.iter().zip(&mut speakers) {
            let mut frame = [0; FRAME];
            speaker.speak(&mut frame);
            bridge.send(*leg, &frame);
            if *leg != A {
                plain.iter_mut().zip(frame).for_each(|(sum, sample)| *sum += f64::from(sample));
            }
        }
        bridge.tick();
        heard.extend(bridge.heard(A).unwrap());
        sum.extend(plain);
    }
    let at_full_scale = |samples: &[i16]| {
        samples
            .windows(3)
            .filter(|samples| samples.iter().all(|sample| sample.unsigned_abs() >= 32_767))
            .count()
    };
    assert_eq!(at_full_scale(&heard), 0);
    // The plain sum would have been clipped often; what is heard is not much softer.
    let cut: Vec<i16> = sum.iter().map(|sample| crate::media::level::sample(*sample)).collect();
    assert!(at_full_scale(&cut) > 100, "{}", at_full_scale(&cut));
    let softer = level_of(&cut) - level_of(&heard);
    assert!((0.0..6.0).contains(&softer), "{softer} dB");
}

#[test]
fn late_lost_and_doubled_frames_are_heard_once_or_counted() {
    let mut bridge = Bridge::with([A, B]);
    let mut heard = Vec::new();
    // Each of these comes before one tick: the fourth twice, the fifth never, the sixth with the seventh.
    for numbers in [&[1, 2][..], &[3], &[4, 4], &[], &[6, 7], &[], &[]] {
        for number in numbers {
            bridge.audio.receive(A, *number, &constant(1_000 + *number as i16));
        }
        bridge.tick();
        heard.push(bridge.heard(B).unwrap()[0]);
    }
    assert_eq!(heard, [1_001, 1_002, 1_003, 1_004, 0, 1_006, 1_007]);
    assert_eq!(bridge.audio.reception(), Reception { missing: 1, stale: 1, overflowed: 0 });
    for number in 8..8 + QUEUE_MAX as u64 + 5 {
        bridge.audio.receive(A, number, &constant(1_000));
    }
    assert_eq!(bridge.audio.reception().overflowed, 5);
}

#[test]
fn prompts_and_music_are_exact_to_the_sample() {
    let mut bridge = Bridge::default();
    bridge.audio.open(millis(0), A);
    bridge.audio.hear(millis(7), A, prompt(HIGH), None);
    bridge.audio.hear(millis(167), A, Source::HoldMusic { begun: millis(100) }, None);
    let heard = bridge.record(A, 20);
    assert_eq!(heard[..56], [0; 56]);
    assert_eq!(heard[56..1_336], high_tone()[..1_280]);
    let music: Vec<i16> = library().hold_music().samples().skip(67 * 8).take(3_200 - 1_336).collect();
    assert_eq!(heard[1_336..], music);
}

#[test]
fn a_sound_that_begins_within_a_sample_repeats_none() {
    let mut bridge = Bridge::default();
    bridge.audio.open(bridge.now, A);
    // 40.3 samples into the first frame.
    bridge.audio.hear(Instant::from_micros(5_040), A, prompt(HIGH), None);
    let heard = bridge.record(A, 14);
    let tone = high_tone();
    assert_eq!(heard, [vec![0; 41], tone.clone(), vec![0; 14 * FRAME - 41 - tone.len()]].concat());
}

#[test]
fn lobby_and_conference_do_not_hear_each_other() {
    let mut bridge = Bridge::with([A, B]);
    let begun = bridge.now;
    bridge.audio.open(begun, C);
    bridge.audio.hear(begun, C, Source::HoldMusic { begun }, None);
    bridge.tick_with(&[(A, 1_000), (C, 4_000)]);
    bridge.hear(&[(A, 0), (B, 1_000)]);
    let music: Vec<i16> = library().hold_music().samples().take(FRAME).collect();
    assert_eq!(bridge.heard(C).unwrap().to_vec(), music);
}

#[test]
fn who_joins_is_heard_and_hears_from_the_next_frame_on() {
    let mut bridge = Bridge::with([A]);
    bridge.enter(ONE, B);
    bridge.tick_with(&[(A, 1_000), (B, 2_000)]);
    bridge.hear(&[(A, 0), (B, 0)]);
    bridge.tick_with(&[(A, 1_000), (B, 2_000)]);
    bridge.hear(&[(A, 2_000), (B, 1_000)]);
}

#[test]
fn a_private_prompt_does_not_mute_its_participant() {
    let mut bridge = Bridge::with([A, B]);
    bridge.audio.hear(bridge.now, A, prompt(HIGH), None);
    bridge.tick_with(&[(A, 1_000), (B, 2_000)]);
    assert_eq!(bridge.heard(A).unwrap()[..], high_tone()[..FRAME]);
    bridge.hear(&[(B, 1_000)]);
}

#[test]
fn who_hears_silence_hears_nothing_of_their_conference() {
    let mut bridge = Bridge::with([A, B]);
    bridge.audio.hear(bridge.now, B, Source::Silence, None);
    bridge.tick_with(&[(A, 1_000)]);
    bridge.hear(&[(B, 0)]);
}

#[test]
fn the_conference_goes_on_where_it_is_after_a_prompt() {
    let mut bridge = Bridge::with([A, B]);
    bridge.audio.hear(bridge.now, B, prompt(HIGH), None);
    bridge.audio.hear(bridge.now + FRAME_TIME / 2, B, Source::Conference, None);
    let ramp = std::array::from_fn(|at| 1_000 + at as i16);
    bridge.send(A, &ramp);
    bridge.tick();
    assert_eq!(bridge.heard(B).unwrap().to_vec(), [&high_tone()[..80], &ramp[80..]].concat());
}

#[test]
fn who_no_longer_sends_costs_no_tick_anything() {
    let mut bridge = Bridge::with([A, B]);
    bridge.tick_with(&[(A, 1_000)]);
    assert_eq!(bridge.audio.rows().notes, 1);
    bridge.tick();
    assert_eq!(bridge.audio.rows().notes, 0);
}

#[test]
fn an_announcement_is_in_the_mix_of_all() {
    let mut bridge = Bridge::with([A, B]);
    bridge.audio.announce(bridge.now, ONE, HIGH, None);
    bridge.tick_with(&[(A, 1_000)]);
    let tone = high_tone();
    assert_eq!(bridge.heard(A).unwrap()[..], tone[..FRAME]);
    assert_eq!(bridge.heard(B).unwrap(), std::array::from_fn(|at| tone[at] + 1_000));
    bridge.audio.stop_announcing(ONE);
    bridge.tick();
    bridge.hear(&[(A, 0)]);
}

#[test]
fn an_announcement_may_start_in_the_middle_of_a_frame() {
    let mut bridge = Bridge::with([A]);
    let begun = bridge.now;
    bridge.audio.announce(begun, ONE, HIGH, None);
    bridge.audio.announce(begun + FRAME_TIME * 3 / 2, ONE, HIGH, None);
    let heard = bridge.record(A, 20);
    let tone = high_tone();
    assert_eq!(heard[..240], tone[..240]);
    assert_eq!(heard[240..240 + tone.len()], tone);
    assert!(heard[240 + tone.len()..].iter().all(|sample| *sample == 0));
    let mut own = constant(UNWRITTEN);
    assert_eq!(bridge.audio.heard(A, library(), &mut own), Some(Heard::Silence), "it is over");
}

#[test]
fn a_recorded_name_is_heard_as_it_was_recorded() {
    let name = Prompt::RecordedName { leg: C, millis: 20 };
    let sound = || Some(Sound::new(&constant(500)));
    let mut bridge = Bridge::with([A, B]);
    bridge.audio.announce(bridge.now, ONE, (name, Language::EnUs), sound());
    bridge.audio.hear(bridge.now, B, prompt((name, Language::EnUs)), sound());
    bridge.tick();
    bridge.hear(&[(A, 500), (B, 500)]);
    bridge.tick();
    bridge.hear(&[(A, 0), (B, 0)]);
}

#[test]
fn events_say_all_that_is_heard() {
    let mut bridge = Bridge::default();
    let name = Prompt::RecordedName { leg: B, millis: 20 };
    let mut tick = |events: &[Event]| {
        for event in events {
            let sound = |leg, millis| (leg == B && millis == 20).then(|| Sound::new(&constant(500)));
            bridge.audio.follow(bridge.now, event, sound);
        }
        bridge.tick_with(&[(A, 1_000)]);
        [A, B].map(|leg| bridge.heard(leg).map(|frame| frame[0]))
    };
    let (leg, meeting) = (A, ONE);
    let source = Source::Conference;
    let joined = |leg| Event::Meeting(MeetingEvent::Joined { meeting, leg, admission: Admission::Direct });
    assert_eq!(
        tick(&[Event::Call(CallEvent::Called { leg }), Event::Call(CallEvent::Called { leg: B })]),
        [Some(0), Some(0)]
    );
    tick(&[
        Event::Call(CallEvent::Hears { leg, source }),
        Event::Call(CallEvent::Hears { leg: B, source }),
        joined(A),
        joined(B),
    ]);
    assert_eq!(tick(&[]), [Some(0), Some(1_000)]);
    assert_eq!(
        tick(&[Event::Meeting(MeetingEvent::Muted {
            meeting,
            leg,
            muted: true,
            by: MutedBy::Oneself,
            hard: false
        })]),
        [Some(0), Some(0)]
    );
    let announced =
        Event::Meeting(MeetingEvent::Announced { meeting, prompt: name, language: Language::EnUs });
    assert_eq!(tick(&[announced]), [Some(500), Some(500)]);
    let ended = Event::Meeting(MeetingEvent::Ended { meeting, reason: EndReason::Person });
    assert_eq!(tick(&[announced, ended]), [Some(0), Some(0)]);
    assert_eq!(
        tick(&[Event::Meeting(MeetingEvent::Muted {
            meeting,
            leg,
            muted: false,
            by: MutedBy::Oneself,
            hard: false
        })]),
        [Some(0), Some(1_000)]
    );
    assert_eq!(
        tick(&[Event::Meeting(MeetingEvent::Left { meeting, leg, place: Place::Joined })]),
        [Some(0), Some(0)]
    );
    let finished =
        Event::Call(CallEvent::Finished { leg, outcome: Outcome::Joined, cause: HangupCause::Caller });
    assert_eq!(tick(&[finished]), [None, Some(0)]);
}

#[test]
fn a_hundred_thousand_calls_leave_nothing_behind() {
    let mut bridge = Bridge::with([A, B]);
    let before = bridge.audio.rows();
    assert_eq!(before, Rows { legs: 2, conferences: 1, notes: 0 });
    for call in 0..100_000_u32 {
        let (leg, conference) = (LegId::new((10 + call).into()), MeetingId(1 + call % 3));
        bridge.enter(conference, leg);
        bridge.audio.announce(bridge.now, conference, HIGH, None);
        bridge.audio.receive(leg, 0, &constant(1_000));
        if call % 7 == 0 {
            bridge.tick();
            bridge.audio.receive(leg, 1, &constant(1_000));
            bridge.audio.announce(bridge.now, MeetingId(9), HIGH, None);
        }
        // Some hang up without a word, some in the middle of a change.
        bridge.audio.hear(bridge.now, leg, Source::Silence, None);
        if call % 2 == 0 {
            bridge.audio.leave(leg);
        }
        bridge.audio.close(leg);
    }
    bridge.tick();
    assert_eq!(bridge.audio.rows(), before);
    bridge.audio.close(A);
    bridge.audio.close(B);
    bridge.tick();
    assert_eq!(bridge.audio.rows(), Rows::default());
}

/// An action between two ticks.
#[derive(Clone, Debug)]
enum Act {
    Enter(MeetingId, LegId),
    Leave(LegId),
    Mute(LegId, bool),
    Close(LegId),
    Play(LegId),
    Send(LegId, i16),
}

const PEOPLE: u64 = 6;

fn act() -> impl Strategy<Value = Act> {
    let who = || (0..PEOPLE).prop_map(LegId::new);
    prop_oneof![
        3 => (prop_oneof![Just(ONE), Just(TWO)], who()).prop_map(|(conference, who)| Act::Enter(conference, who)),
        1 => who().prop_map(Act::Leave),
        1 => (who(), any::<bool>()).prop_map(|(who, mute)| Act::Mute(who, mute)),
        1 => who().prop_map(Act::Close),
        1 => who().prop_map(Act::Play),
        8 => (who(), 1_000_i16..5_000).prop_map(|(who, sample)| Act::Send(who, sample)),
    ]
}

/// A participant as the test keeps them.
#[derive(Clone, Copy, Debug)]
struct Member {
    conference: MeetingId,
    muted: bool,
    is_in: bool,
}

proptest! {
    /// Everybody sends at most one frame a tick here, so that each is mixed in its tick.
    #[test]
    fn whatever_comes_and_goes_each_hears_the_sum_of_the_others(
        ticks in prop::collection::vec(prop::collection::vec(act(), 0..12), 1..30),
    ) {
        let mut bridge = Bridge::default();
        let mut open: BTreeMap<LegId, bool> = BTreeMap::new();
        let mut members: BTreeMap<LegId, Member> = BTreeMap::new();
        let mut mixers = BTreeMap::from([(ONE, Mixer::default()), (TWO, Mixer::default())]);
        let mut own = constant(UNWRITTEN);
        for acts in ticks {
            let mut sent: BTreeMap<LegId, Frame> = BTreeMap::new();
            let leave = |mixers: &mut BTreeMap<MeetingId, Mixer>, leg| mixers.values_mut().for_each(|mixer| mixer.leave(leg));
            for act in acts {
                match act {
                    Act::Enter(conference, who) => {
                        bridge.enter(conference, who);
                        leave(&mut mixers, who);
                        sent.remove(&who);
                        members.insert(who, Member { conference, muted: false, is_in: false });
                        open.insert(who, true);
                    }
                    Act::Leave(who) => {
                        bridge.audio.leave(who);
                        leave(&mut mixers, who);
                        sent.remove(&who);
                        members.remove(&who);
                    }
                    Act::Close(who) => {
                        bridge.audio.close(who);
                        leave(&mut mixers, who);
                        sent.remove(&who);
                        members.remove(&who);
                        open.remove(&who);
                    }
                    Act::Mute(who, mute) => {
                        bridge.audio.set_muted(who, mute);
                        if let Some(member) = members.get_mut(&who) {
                            member.muted = mute;
                            if member.is_in {
                                mixers.get_mut(&member.conference).unwrap().set_muted(who, mute);
                            }
                        }
                    }
                    Act::Play(who) => {
                        bridge.audio.hear(bridge.now, who, prompt(HIGH), None);
                        open.entry(who).and_modify(|hears_the_conference| *hears_the_conference = false);
                    }
                    Act::Send(who, sample) => {
                        if let Entry::Vacant(sent) = sent.entry(who) {
                            bridge.send(who, &constant(sample));
                            if members.get(&who).is_some_and(|member| member.is_in) {
                                sent.insert(constant(sample));
                            }
                        }
                    }
                }
            }
            bridge.tick();
            for (conference, mixer) in &mut mixers {
                let here = |leg: &LegId| members.get(leg).is_some_and(|member| member.conference == *conference);
                mixer.mix(sent.iter().filter(|(leg, _)| here(leg)).map(|(leg, frame)| (*leg, frame)), None);
                while mixer.poll_output().is_some() {}
            }
            for leg in (0..PEOPLE).map(LegId::new) {
                let heard = bridge.audio.heard(leg, library(), &mut own).map(|heard| *heard.frame());
                prop_assert_eq!(heard.is_some(), open.contains_key(&leg));
                let Some(heard) = heard else { continue };
                prop_assert!(!heard.contains(&UNWRITTEN));
                if open.get(&leg) != Some(&true) {
                    continue;
                }
                let member = members.get(&leg).filter(|member| member.is_in);
                let others = sent.iter().filter(|(other, _)| {
                    let talks = members.get(other).filter(|other| !other.muted);
                    **other != leg && member.is_some() && talks.map(|other| other.conference) == member.map(|member| member.conference)
                });
                let sum: i16 = others.map(|(_, frame)| frame[0]).sum();
                prop_assert_eq!(heard, constant(sum), "{:?}", leg);
                let reference = member.and_then(|member| mixers[&member.conference].heard(leg));
                prop_assert_eq!(heard, *reference.unwrap_or(Heard::Silence).frame(), "{:?}", leg);
            }
            for (leg, member) in &mut members {
                if !member.is_in {
                    member.is_in = true;
                    let mixer = mixers.get_mut(&member.conference).unwrap();
                    mixer.join(*leg);
                    mixer.set_muted(*leg, member.muted);
                }
            }
        }
    }
}
