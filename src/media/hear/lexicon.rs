//! The sounds that may be heard, as fingerprints.

use super::SOUNDING;
use super::fingerprint::{BITS, HOP, Print, prints_of};
use super::scan::{Candidate, NEAR, Template, WINDOW};

/// A sound of a [`Lexicon`], by its place there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Word(pub usize);

/// Quieter by so much than the loudest moment is silence within a recording, as a share of power: 45 dB.
const SILENT: f32 = 3.2e-5;

/// By so many frames the same opening may begin sooner in one recording than in another.
const OFFSET: i64 = 4;

/// The sounds that may be heard.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    entries: Vec<Entry>,
}

/// One sound.
#[derive(Clone, Debug)]
struct Entry {
    /// The first sound that says the same.
    says: usize,
    samples: usize,
    is_loop: bool,
    prints: Vec<Print>,
    /// Of each print [`u32::MAX`] if there is sound, and 0 if not.
    sounding: Vec<u32>,
    template: Template,
}

impl Lexicon {
    /// Adds a sound; words are numbered in the order in which they are added. What is a loop goes on from its start
    /// where it ends.
    pub fn add(&mut self, samples: impl ExactSizeIterator<Item = i16>, is_loop: bool) -> Word {
        let length = samples.len();
        let prints = prints_of(samples);
        let loudest = prints.iter().map(|print| print.power).fold(0.0, f32::max);
        let floor = (loudest * SILENT).max(1.0);
        let sounding: Vec<u32> =
            prints.iter().map(|print| if print.power > floor { u32::MAX } else { 0 }).collect();
        let template = Template::new(&prints, &sounding);
        let says = self.entries.len();
        self.entries.push(Entry { says, samples: length, is_loop, prints, sounding, template });
        Word(says)
    }

    /// Two sounds say the same: neither is in the way of the other, and which of them is heard does not matter.
    pub fn same_meaning(&mut self, one: Word, other: Word) {
        self.entries[one.0].says = self.entries[other.0].says;
    }

    /// Whether two sounds say the same.
    pub(super) fn means_same(&self, one: Word, other: Word) -> bool {
        self.entries[one.0].says == self.entries[other.0].says
    }

    /// Returns a number that follows from the fingerprints of a sound (32-bit FNV-1a).
    pub(super) fn fingerprint(samples: &[i16]) -> u32 {
        let bytes = prints_of(samples.iter().copied()).into_iter().flat_map(|print| print.bits.to_be_bytes());
        bytes.fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
    }

    /// How much longer than others each sound has to be heard before it is known, in samples: while it is like another that
    /// begins the same way.
    #[must_use]
    pub fn shared_openings(&self) -> Vec<usize> {
        let mut longest = vec![0; self.entries.len()];
        for (number, one) in self.entries.iter().enumerate() {
            let others = self.entries.iter().enumerate().take(number);
            for (other_number, other) in others.filter(|(_, other)| other.says != one.says) {
                let shared = shared_opening(one, other) * HOP;
                longest[number] = longest[number].max(shared);
                longest[other_number] = longest[other_number].max(shared);
            }
        }
        longest
    }

    /// What a scan compares each sound with.
    pub(super) fn templates(&self) -> impl Iterator<Item = &Template> {
        self.entries.iter().map(|entry| &entry.template)
    }

    /// The print of a sound at this frame from its start; `None` where it is silent or over.
    pub(super) fn print(&self, word: Word, frame: i64) -> Option<Print> {
        let entry = &self.entries[word.0];
        let frame = if entry.is_loop {
            (frame * HOP as i64).rem_euclid(entry.samples as i64) / HOP as i64
        } else {
            frame
        };
        let at = usize::try_from(frame).ok()?;
        (*entry.sounding.get(at)? != 0).then(|| entry.prints[at])
    }

    /// The length of a sound in samples.
    pub(super) fn samples(&self, word: Word) -> i64 {
        self.entries[word.0].samples as i64
    }

    /// Whether a sound goes on from its start where it ends.
    pub(super) fn is_loop(&self, word: Word) -> bool {
        self.entries[word.0].is_loop
    }

    /// The frame after the last of a sound that began at this one; a loop has none.
    pub(super) fn end(&self, word: Word, begun: i64) -> Option<i64> {
        let entry = &self.entries[word.0];
        (!entry.is_loop).then_some(begun + entry.prints.len() as i64)
    }

    /// The share of bits that are the same over the latest frames that a candidate explains, `window` at most; `None`
    /// while too few of them have sound.
    pub(super) fn same(
        &self,
        candidate: Candidate,
        heard: impl Iterator<Item = (Print, i64)>,
        window: usize,
    ) -> Option<f64> {
        let (mut frames, mut differing) = (0, 0.0);
        for (print, frame) in heard {
            let own = self.print(candidate.word, frame - candidate.begun);
            if let Some(bits) = own.and_then(|own| own.differing(print)) {
                frames += 1;
                differing += bits;
            }
        }
        let enough = f64::from(frames) >= SOUNDING * window as f64;
        enough.then(|| 1.0 - differing / (f64::from(frames) * BITS as f64))
    }
}

/// The frames after a first window for which two sounds go on to be alike.
fn shared_opening(one: &Entry, other: &Entry) -> usize {
    let first = one.sounding.iter().position(|mask| *mask != 0).unwrap_or(0);
    let starts = first..one.prints.len().saturating_sub(WINDOW);
    let alike = |shift: i64| starts.clone().take_while(|start| are_alike(one, other, *start, shift)).count();
    let longest = (-OFFSET..=OFFSET).map(alike).max().unwrap_or(0);
    // The first window is what every sound needs.
    longest.saturating_sub(1)
}

/// Whether two sounds are as near in a window as a scan finds them.
fn are_alike(one: &Entry, other: &Entry, start: usize, shift: i64) -> bool {
    let same = (start..start + WINDOW).filter_map(|at| {
        let there = usize::try_from(at as i64 + shift).ok()?;
        let both = one.sounding[at] & other.sounding.get(there).copied()?;
        let differing = (one.prints[at].bits ^ other.prints[there].bits).count_ones();
        (both != 0).then(|| BITS as u32 - differing)
    });
    let (frames, bits) = same.fold((0, 0), |(frames, sum), bits| (frames + 1, sum + bits));
    let is_enough = f64::from(frames) >= SOUNDING * WINDOW as f64;
    is_enough && f64::from(bits) >= NEAR * f64::from(frames * BITS as u32)
}
