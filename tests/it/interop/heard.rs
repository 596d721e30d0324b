//! What was heard, compared with what should have been: by the sample where it is a sound of the library, by its tone
//! where it is somebody's voice.

use std::f64::consts::TAU;

use attendant::control::call::{Language, Prompt};
use attendant::media::g711::Law;
use attendant::media::library::Library;
use attendant::media::rate::FRAME;
use attendant::media::speaker::Speaker;

/// How many packets one gap may have: a bridge that gets no processor lets packets pass that are late.
const GAP_MAX: usize = 100;

/// A sound of the library as a codec carries it.
pub(super) fn codes(law: Law, prompt: Prompt) -> Vec<u8> {
    let sound = Library::built_in().prompt(prompt, Language::EnUs).unwrap();
    encoded(law, sound.samples())
}

/// The same of the hold music.
pub(super) fn music(law: Law) -> Vec<u8> {
    encoded(law, Library::built_in().hold_music().samples())
}

fn encoded(law: Law, samples: impl Iterator<Item = i16>) -> Vec<u8> {
    let mut codes = Vec::new();
    law.encode(&samples.collect::<Vec<_>>(), &mut codes);
    codes
}

/// What codes of PCMU sound like.
pub(super) fn samples(codes: &[u8]) -> Vec<i16> {
    let mut samples = Vec::new();
    Law::Pcmu.decode(codes, &mut samples);
    samples
}

/// Part of what was heard that is a sound, sample by sample.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    /// Where it begins and ends in what was heard.
    pub(super) begins: usize,
    pub(super) ends: usize,
    /// How many samples of the sound before its end were never sent, by whole packets.
    missing: usize,
    /// How many samples of the sound are in it.
    pub(super) heard: usize,
}

impl Part {
    /// The longest part that is this sound from its beginning on.
    pub(super) fn of<T: PartialEq>(sound: &[T], heard: &[T]) -> Option<Self> {
        // Any packet near the beginning may be one that was not sent, or as silent as many others.
        let starts = (0..GAP_MAX * FRAME).step_by(10 * FRAME);
        starts.filter_map(|from| Self::around(sound, heard, from)).max_by_key(|part| part.heard)
    }

    /// The part in which the packet from this place of the sound on is the first that was heard whole.
    fn around<T: PartialEq>(sound: &[T], heard: &[T], from: usize) -> Option<Self> {
        let start = sound.get(from..from + FRAME)?;
        let at = heard.windows(FRAME).position(|heard| heard == start)?;
        let back = heard[..at].iter().rev().zip(sound[..from].iter().rev());
        let back = back.take_while(|(heard, sound)| heard == sound).count();
        let mut part = Self { begins: at - back, ends: at, missing: from - back, heard: back };
        let mut place = from;
        loop {
            let same =
                heard[part.ends..].iter().zip(&sound[place..]).take_while(|(heard, sound)| heard == sound);
            let same = same.count();
            (part.ends, part.heard, place) = (part.ends + same, part.heard + same, place + same);
            let next = heard[part.ends..].get(..FRAME / 2);
            let gap = next.and_then(|next| {
                (1..=GAP_MAX).map(|packets| packets * FRAME).find(|gap| {
                    sound.get(place + gap..place + gap + next.len()).is_some_and(|sound| sound == next)
                })
            });
            let Some(gap) = gap else { return Some(part) };
            (part.missing, place) = (part.missing + gap, place + gap);
        }
    }

    /// The part that is this sound from its first to its last sample, without the packets that were never sent.
    #[track_caller]
    pub(super) fn whole<T: PartialEq>(sound: &[T], heard: &[T], name: &str) -> Self {
        let part = Self::of(sound, heard).unwrap_or_else(|| panic!("{name} was not heard"));
        // Those at its end do not show as a gap.
        assert!(part.heard * 5 > sound.len() * 4, "{name}: {part:?} of {} samples", sound.len());
        part
    }
}

/// Which of these voices are in it.
pub(super) fn voices(heard: &[i16], of: &[u32]) -> Vec<u32> {
    // Between two voices there is none: what is there is the noise of the others.
    let is_there = |number: &u32| {
        let frequency = Speaker::frequency(*number);
        level(heard, frequency) > 100.0 && level(heard, frequency) > 4.0 * level(heard, frequency + 23.0)
    };
    of.iter().copied().filter(is_there).collect()
}

/// The amplitude of a frequency (Goertzel).
fn level(samples: &[i16], frequency: f64) -> f64 {
    let step = TAU * frequency / 8_000.0;
    let (mut before, mut last) = (0.0, 0.0);
    for sample in samples {
        (before, last) = (last, f64::from(*sample) + 2.0 * step.cos() * last - before);
    }
    let power = last * last + before * before - 2.0 * step.cos() * last * before;
    2.0 * power.max(0.0).sqrt() / samples.len().max(1) as f64
}

#[test]
fn a_sound_is_found_over_packets_that_were_never_sent() {
    let sound: Vec<u32> = (0..4_000).map(|at| at * at / 7 % 251).collect();
    let mut heard = vec![7; 300];
    heard.extend(&sound[..1_000]);
    heard.extend(&sound[1_320..]);
    let whole = heard.clone();
    heard.extend([7; 300]);
    let part = Part::whole(&sound, &heard, "the sound");
    assert_eq!((part.begins, part.ends, part.heard, part.missing), (300, whole.len(), 3_680, 320));
    heard[2_000] += 1;
    assert_eq!(Part::of(&sound, &heard).unwrap().ends, 2_000, "a sample that differs");
}
