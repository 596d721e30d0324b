//! The sounds that may be heard, as fingerprints.

use super::SOUNDING;
use super::fingerprint::{BITS, HOP, Print, prints_of};
use super::scan::Candidate;

/// A sound of a [`Lexicon`], by its place there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Word(pub usize);

/// Quieter by so much than the loudest moment is silence within a recording, as a share of power: 45 dB.
const SILENT: f32 = 3.2e-5;

/// The sounds that may be heard.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    entries: Vec<Entry>,
}

/// One sound.
#[derive(Clone, Debug)]
struct Entry {
    samples: usize,
    is_loop: bool,
    prints: Vec<Print>,
    /// Of each print [`u32::MAX`] if there is sound, and 0 if not.
    sounding: Vec<u32>,
}

impl Lexicon {
    /// Adds a sound; words are numbered in the order in which they are added. What is a loop goes on from its start
    /// where it ends.
    pub fn add(&mut self, samples: impl ExactSizeIterator<Item = i16>, is_loop: bool) -> Word {
        let length = samples.len();
        let prints = prints_of(samples);
        let loudest = prints.iter().map(|print| print.power).fold(0.0, f32::max);
        let floor = (loudest * SILENT).max(1.0);
        let sounding = prints.iter().map(|print| if print.power > floor { u32::MAX } else { 0 }).collect();
        self.entries.push(Entry { samples: length, is_loop, prints, sounding });
        Word(self.entries.len() - 1)
    }

    /// Returns a number that follows from the fingerprints of a sound (32-bit FNV-1a).
    pub(super) fn fingerprint(samples: &[i16]) -> u32 {
        let bytes = prints_of(samples.iter().copied()).into_iter().flat_map(|print| print.bits.to_be_bytes());
        bytes.fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
    }

    /// Of each sound its prints, with their masks.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&[Print], &[u32])> {
        self.entries.iter().map(|entry| (&*entry.prints, &*entry.sounding))
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
        let (mut frames, mut differing) = (0, 0);
        for (print, frame) in heard {
            if let Some(own) = self.print(candidate.word, frame - candidate.begun) {
                frames += 1;
                differing += own.differing(print);
            }
        }
        let enough = frames as f64 >= SOUNDING * window as f64;
        enough.then(|| 1.0 - f64::from(differing) / (frames * BITS) as f64)
    }
}
