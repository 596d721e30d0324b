//! The mix for each participant, compared with the plain sum, and traced on recordings by a tone for each.

use std::collections::{BTreeMap, BTreeSet};
use std::f64::consts::PI;

use proptest::prelude::*;

use super::*;
use crate::media::rate::SAMPLES_PER_SECOND;

fn leg(number: usize) -> LegId {
    LegId::new(u64::try_from(number).unwrap())
}

fn meeting(size: usize) -> Mixer {
    let mut mixer = Mixer::default();
    (0..size).for_each(|number| mixer.join(leg(number)));
    mixer
}

/// A frame of one sample throughout, loud enough for a voice.
const fn level(sample: i16) -> Frame {
    [sample; FRAME]
}

fn mix(mixer: &mut Mixer, frames: &[(usize, Frame)]) {
    mixer.mix(frames.iter().map(|(number, frame)| (leg(*number), frame)), None);
}

/// The first sample that each hears: the frames of these tests are levels.
fn hear(mixer: &Mixer, size: usize) -> Vec<i16> {
    (0..size).map(|number| mixer.heard(leg(number)).unwrap().frame()[0]).collect()
}

fn changes(mixer: &mut Mixer) -> Vec<Output> {
    std::iter::from_fn(|| mixer.poll_output()).collect()
}

#[test]
fn each_hears_all_others_and_nobody_themselves() {
    let mut mixer = meeting(4);
    mix(&mut mixer, &[(0, level(1_000)), (1, level(2_000)), (2, level(-4_000))]);
    assert_eq!(hear(&mixer, 4), [-2_000, -3_000, 3_000, -1_000]);
}

#[test]
fn all_who_do_not_talk_share_one_frame() {
    let mut mixer = meeting(250);
    mix(&mut mixer, &[(7, level(1_000)), (8, level(500)), (9, level(0))]);
    let everyone = Heard::Everyone(&level(1_500));
    let heard = |number| mixer.heard(leg(number)).unwrap();
    assert_eq!((0..250).filter(|number| heard(*number) == everyone).count(), 248);
    assert_eq!(heard(7), Heard::Own(&level(500)));
    assert_eq!(heard(8), Heard::Own(&level(1_000)));
}

#[test]
fn silence_is_told_as_such() {
    let mut mixer = meeting(2);
    assert_eq!(mixer.heard(leg(0)), Some(Heard::Silence));
    mix(&mut mixer, &[]);
    assert_eq!(mixer.heard(leg(0)), Some(Heard::Silence));
    mix(&mut mixer, &[(0, level(1_000))]);
    assert_eq!(mixer.heard(leg(0)), Some(Heard::Silence), "the only talker hears nobody");
    assert_eq!(mixer.heard(leg(1)), Some(Heard::Everyone(&level(1_000))));
    assert_eq!(Heard::Silence.frame(), &QUIET);
}

#[test]
fn the_limiter_applies_before_ones_own_voice_is_removed() {
    for sign in [1_i16, -1] {
        let mut mixer = meeting(4);
        let sent = [30_000, 30_000, -20_000].map(|sample| level(sign * sample));
        mix(&mut mixer, &[(0, sent[0]), (1, sent[1]), (2, sent[2])]);
        let heard: Vec<i32> =
            hear(&mixer, 4).into_iter().map(|sample| i32::from(sign) * i32::from(sample)).collect();
        assert_eq!(heard[..2], [10_000, 10_000]);
        assert!(heard[2..].iter().all(|sample| *sample >= 32_766), "{heard:?}");
    }
}

#[test]
fn who_begins_to_talk_hears_the_others_as_loud_as_before() {
    let mut mixer = meeting(4);
    mix(&mut mixer, &[(0, level(20_000)), (1, level(20_000)), (2, level(20_000))]);
    let soft = [0, 1, 2].map(|who| (who, level(1_000)));
    mix(&mut mixer, &soft);
    let before = hear(&mixer, 4)[3];
    assert!((1_600..1_800).contains(&before), "{before} of 3,000");
    mix(&mut mixer, &[soft[0], soft[1], soft[2], (3, level(1_000))]);
    assert!((before..before + 40).contains(&hear(&mixer, 4)[3]));
}

#[test]
fn who_is_muted_is_heard_by_nobody_and_hears_all() {
    let mut mixer = meeting(3);
    mixer.set_muted(leg(1), true);
    let talk = [(0, level(1_000)), (1, level(2_000))];
    mix(&mut mixer, &talk);
    assert_eq!(hear(&mixer, 3), [0, 1_000, 1_000]);
    mixer.set_muted(leg(1), false);
    mix(&mut mixer, &talk);
    assert_eq!(hear(&mixer, 3), [2_000, 1_000, 3_000]);
    mixer.set_muted(leg(1), true);
    mix(&mut mixer, &talk);
    assert_eq!(hear(&mixer, 3), [0, 1_000, 1_000]);
}

#[test]
fn an_announcement_is_heard_by_all_talkers_too() {
    let mut mixer = meeting(3);
    mixer.mix([(leg(0), &level(1_000))], Some(&level(300)));
    assert_eq!(hear(&mixer, 3), [300, 1_300, 1_300]);
    mixer.mix([], Some(&level(1)));
    assert_eq!(hear(&mixer, 3), [1, 1, 1], "however soft");
    mix(&mut mixer, &[]);
    assert_eq!(mixer.heard(leg(0)), Some(Heard::Silence));
}

#[test]
fn who_is_not_in_is_not_heard_and_hears_nothing() {
    let mut mixer = meeting(2);
    mix(&mut mixer, &[(0, level(1_000)), (5, level(2_000))]);
    assert_eq!(hear(&mixer, 2), [0, 1_000]);
    assert_eq!(mixer.heard(leg(5)), None);
    mixer.leave(leg(0));
    assert_eq!(mixer.heard(leg(0)), None);
    mix(&mut mixer, &[(0, level(1_000))]);
    assert_eq!(mixer.heard(leg(1)), Some(Heard::Silence));
}

#[test]
fn a_new_participant_hears_nothing_from_before() {
    let mut mixer = meeting(2);
    mix(&mut mixer, &[(0, level(1_000))]);
    mixer.join(leg(2));
    mixer.leave(leg(0));
    mixer.join(leg(0));
    assert_eq!(hear(&mixer, 3), [0, 1_000, 0]);
    mix(&mut mixer, &[(1, level(500))]);
    assert_eq!(hear(&mixer, 3), [500, 0, 500]);
}

#[test]
fn joining_twice_changes_nothing() {
    let mut mixer = meeting(2);
    mixer.set_muted(leg(0), true);
    mixer.join(leg(0));
    mix(&mut mixer, &[(0, level(1_000))]);
    assert_eq!(hear(&mixer, 2), [0, 0]);
}

#[test]
fn a_second_frame_of_one_leg_in_a_tick_is_not_mixed() {
    let mut mixer = meeting(2);
    mix(&mut mixer, &[(0, level(1_000)), (0, level(500))]);
    assert_eq!(hear(&mixer, 2), [0, 1_000]);
}

#[test]
fn soft_ends_are_heard_for_the_hang_over_and_line_noise_is_not() {
    let mut mixer = meeting(2);
    let (voice, soft) = (level(1_000), level(50));
    mix(&mut mixer, &[(0, soft)]);
    assert_eq!(hear(&mixer, 2), [0, 0]);
    mix(&mut mixer, &[(0, voice)]);
    for _ in 0..HANG_OVER {
        mix(&mut mixer, &[(0, soft)]);
        assert_eq!(hear(&mixer, 2), [0, 50]);
    }
    mix(&mut mixer, &[(0, soft)]);
    assert_eq!(hear(&mixer, 2), [0, 0]);
}

#[test]
fn who_talks_is_told_when_it_changes() {
    let mut mixer = meeting(3);
    mix(&mut mixer, &[(1, level(1_000)), (0, level(0))]);
    assert_eq!(changes(&mut mixer), [Output::Talks(leg(1))]);
    mix(&mut mixer, &[(1, level(1_000)), (0, level(1_000))]);
    assert_eq!(changes(&mut mixer), [Output::Talks(leg(0))]);
    assert_eq!(mixer.talking(), [leg(1), leg(0)]);
    for _ in 1..HANG_OVER {
        mix(&mut mixer, &[(0, level(1_000))]);
        assert_eq!(changes(&mut mixer), []);
    }
    mix(&mut mixer, &[(0, level(1_000))]);
    assert_eq!(changes(&mut mixer), [Output::Quiet(leg(1))], "no frame counts as silence");
    assert_eq!(mixer.talking(), [leg(0)]);
}

#[test]
fn who_is_muted_or_leaves_ceases_to_talk() {
    let mut mixer = meeting(3);
    mix(&mut mixer, &[(0, level(1_000)), (1, level(1_000))]);
    changes(&mut mixer);
    mixer.set_muted(leg(2), true);
    mixer.set_muted(leg(0), true);
    mixer.set_muted(leg(0), true);
    mixer.leave(leg(1));
    mixer.leave(leg(1));
    assert_eq!(changes(&mut mixer), [Output::Quiet(leg(0)), Output::Quiet(leg(1))]);
    mix(&mut mixer, &[(0, level(1_000)), (1, level(1_000))]);
    assert_eq!((changes(&mut mixer), mixer.talking()), (vec![], &[][..]));
    mixer.set_muted(leg(0), false);
    mix(&mut mixer, &[(0, level(1_000))]);
    assert_eq!(changes(&mut mixer), [Output::Talks(leg(0))]);
}

#[test]
fn no_meeting_is_too_large_for_the_sum() {
    let size = TALKERS_MAX + 2;
    let mut mixer = meeting(size);
    for sample in [i16::MIN, i16::MAX] {
        let frame = level(sample);
        mixer.mix((0..size).map(|number| (leg(number), &frame)), Some(&frame));
        for number in [0, 1, TALKERS_MAX, size - 1] {
            let heard = mixer.heard(leg(number)).unwrap();
            assert!(heard.frame().iter().all(|heard| heard.abs_diff(sample) < 10), "{}", heard.frame()[0]);
        }
        assert!(matches!(mixer.heard(leg(TALKERS_MAX - 1)), Some(Heard::Own(_))));
        assert!(matches!(mixer.heard(leg(TALKERS_MAX)), Some(Heard::Everyone(_))), "not mixed in");
    }
}

/// The changes before a tick, and its frames.
#[derive(Clone, Debug)]
struct Tick {
    joins: Vec<usize>,
    leaves: Vec<usize>,
    mutes: Vec<(usize, bool)>,
    frames: BTreeMap<usize, Frame>,
    announcement: Option<Frame>,
}

const PEOPLE: usize = 8;

/// A sample that even all of them and an announcement may have together.
const FITS: i16 = i16::MAX / (PEOPLE as i16 + 1);

fn frame(loudest: i16) -> impl Strategy<Value = Frame> {
    let samples = |most: i16| prop::collection::vec(-most..=most, FRAME);
    let held = prop_oneof![Just(-loudest), Just(loudest)].prop_map(|sample| vec![sample; FRAME]);
    prop_oneof![3 => samples(loudest), 2 => samples(200), 1 => samples(20), 1 => held, 1 => Just(vec![0; FRAME])]
        .prop_map(|samples| samples.try_into().unwrap())
}

fn tick(loudest: i16) -> impl Strategy<Value = Tick> {
    let who = || 0..PEOPLE;
    (
        prop::collection::vec(who(), 0..4),
        prop::collection::vec(who(), 0..2),
        prop::collection::vec((who(), any::<bool>()), 0..3),
        prop::collection::btree_map(who(), frame(loudest), 0..PEOPLE),
        prop::option::weighted(0.2, frame(loudest)),
    )
        .prop_map(|(joins, leaves, mutes, frames, announcement)| Tick {
            joins,
            leaves,
            mutes,
            frames,
            announcement,
        })
}

proptest! {
    #[test]
    fn everyone_hears_the_sum_of_all_others_who_talk(
        (loudest, ticks) in prop_oneof![Just(FITS), Just(i16::MAX)]
            .prop_flat_map(|loudest| (Just(loudest), prop::collection::vec(tick(loudest), 1..20))),
    ) {
        let mut mixer = Mixer::default();
        let (mut inside, mut muted, mut told) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for Tick { joins, leaves, mutes, frames, announcement } in &ticks {
            for who in joins {
                mixer.join(leg(*who));
                inside.insert(*who);
            }
            for who in leaves {
                mixer.leave(leg(*who));
                inside.remove(who);
                muted.remove(who);
            }
            for (who, mute) in mutes {
                mixer.set_muted(leg(*who), *mute);
                if *mute && inside.contains(who) { muted.insert(*who); } else { muted.remove(who); }
            }
            let before: BTreeSet<LegId> = mixer.talking().iter().copied().collect();
            mixer.mix(frames.iter().map(|(who, frame)| (leg(*who), frame)), announcement.as_ref());
            let mut talk = before;
            for change in changes(&mut mixer) {
                let right = match change {
                    Output::Talks(leg) => { talk.insert(leg); told.insert(leg) }
                    Output::Quiet(leg) => told.remove(&leg),
                };
                prop_assert!(right, "told twice: {change:?}");
            }
            prop_assert_eq!(&told, &mixer.talking().iter().copied().collect());
            prop_assert!(muted.iter().all(|who| !told.contains(&leg(*who))));
            prop_assert!(told.iter().all(|who| inside.contains(&(who.number() as usize))));

            for who in 0..PEOPLE {
                let heard = mixer.heard(leg(who)).map(|heard| *heard.frame());
                let mut sum = announcement.map_or([0; FRAME], |frame| frame.map(i64::from));
                for (_, frame) in frames.iter().filter(|(other, _)| **other != who && talk.contains(&leg(**other))) {
                    sum.iter_mut().zip(frame).for_each(|(sum, sample)| *sum += i64::from(*sample));
                }
                prop_assert_eq!(heard.is_some(), inside.contains(&who));
                for (heard, sum) in heard.into_iter().flatten().zip(sum) {
                    let heard = i64::from(heard);
                    // What is too loud becomes softer, and is rounded down.
                    let right = heard == sum || loudest > FITS && heard.abs() <= sum.abs() && heard * sum >= 0;
                    prop_assert!(right, "{who} hears {heard} of {sum}");
                }
            }
        }
    }
}

/// A caller of the isolation tests, for one turn: where they are, and whether they speak their tone.
#[derive(Clone, Copy, Debug)]
struct Caller {
    joined: bool,
    muted: bool,
    speaks: bool,
}

/// Samples of a turn. Tones at multiples of 10 Hz do not disturb each other in 100 ms.
const TURN: usize = 800;
const CALLERS_MAX: usize = 250;
const MUSIC: usize = CALLERS_MAX;

fn hz(caller: usize) -> f64 {
    300.0 + 10.0 * caller as f64
}

/// A frame of a caller's own tone. The phases are Schroeder's, with which the sum of all tones has no peaks.
fn tone(caller: usize, amplitude: f64, tick: usize) -> Frame {
    let phase = PI * (caller * caller) as f64 / CALLERS_MAX as f64;
    std::array::from_fn(|at| {
        let time = (tick * FRAME + at) as f64 / f64::from(SAMPLES_PER_SECOND);
        (amplitude * f64::sin(2.0 * PI * hz(caller) * time + phase)).round() as i16
    })
}

/// The amplitude of a caller's tone in a turn of a recording, by Goertzel's algorithm.
fn amplitude(turn: &[i16], caller: usize) -> f64 {
    let step = 2.0 * f64::cos(2.0 * PI * hz(caller) / f64::from(SAMPLES_PER_SECOND));
    let (mut last, mut before) = (0.0, 0.0);
    for sample in turn {
        (last, before) = (f64::from(*sample) + step * last - before, last);
    }
    let power: f64 = last * last + before * before - step * last * before;
    2.0 * power.max(0.0).sqrt() / TURN as f64
}

/// Plays the turns, records what each caller hears, and looks for every tone in every turn of every recording.
fn isolation(turns: &[Vec<Caller>], loudness: f64) -> Result<(), TestCaseError> {
    let callers = turns[0].len();
    let mut mixer = Mixer::default();
    let mut recordings = vec![Vec::new(); callers];
    let ticks = TURN / FRAME;
    for (number, turn) in turns.iter().enumerate() {
        for (who, caller) in turn.iter().enumerate() {
            if caller.joined {
                mixer.join(leg(who));
            } else {
                mixer.leave(leg(who));
            }
            mixer.set_muted(leg(who), caller.muted);
        }
        for tick in number * ticks..(number + 1) * ticks {
            // Those in the lobby speak too: their sound comes to the bridge as everyone's does.
            let spoken: Vec<_> = (0..callers)
                .filter(|who| turn[*who].speaks)
                .map(|who| (leg(who), tone(who, loudness, tick)))
                .collect();
            mixer.mix(spoken.iter().map(|(leg, frame)| (*leg, frame)), None);
            for (who, recording) in recordings.iter_mut().enumerate() {
                match mixer.heard(leg(who)) {
                    Some(heard) => recording.extend_from_slice(heard.frame()),
                    None => recording.extend(tone(MUSIC, loudness, tick)),
                }
            }
        }
    }
    for (who, recording) in recordings.iter().enumerate() {
        for (number, (turn, sound)) in turns.iter().zip(recording.chunks(TURN)).enumerate() {
            let is_in = turn[who].joined;
            for (other, caller) in turn.iter().enumerate() {
                let should = is_in && other != who && caller.joined && caller.speaks && !caller.muted;
                let found = amplitude(sound, other);
                let right = (found - if should { loudness } else { 0.0 }).abs() < loudness * 0.05;
                prop_assert!(
                    right,
                    "turn {number}: {who} hears {other} at {found}: {:?}, {caller:?}",
                    turn[who]
                );
            }
            let found = amplitude(sound, MUSIC);
            let right = (found - if is_in { 0.0 } else { loudness }).abs() < loudness * 0.05;
            prop_assert!(right, "turn {number}: {who} hears music at {found}: {:?}", turn[who]);
        }
    }
    Ok(())
}

#[test]
fn in_a_full_meeting_each_hears_exactly_the_others() {
    let mut turn = vec![Caller { joined: true, muted: false, speaks: true }; CALLERS_MAX];
    turn[3].muted = true;
    turn[4].speaks = false;
    turn[5].joined = false;
    isolation(&[turn], 600.0).unwrap();
}

proptest! {
    #[test]
    fn mixing_separates_lobby_and_meeting(
        turns in prop::collection::vec(
            prop::collection::vec(
                (any::<bool>(), any::<bool>(), prop::bool::weighted(0.7))
                    .prop_map(|(joined, muted, speaks)| Caller { joined, muted, speaks }),
                10,
            ),
            1..5,
        ),
    ) {
        isolation(&turns, 2_000.0)?;
    }
}
