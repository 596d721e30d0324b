//! Looks for every sound at every place at once. A sound that is heard agrees with its recording along a diagonal: frame by
//! frame both go on. The sum of differing bits along each diagonal is kept over 300 ms.

use std::collections::VecDeque;

use super::SOUNDING;
use super::fingerprint::{BITS, HOP, Print};
use super::lexicon::{Lexicon, Word};

/// The frames of a sum: 300 ms.
pub(super) const WINDOW: usize = 30;

/// The share of bits that must be the same. Two sounds agree by 0.5 on average, and over 300 ms hardly ever by this.
pub(super) const SAME: f64 = 0.72;

/// By so much the best must be ahead of every other sound.
const AHEAD: f64 = 0.06;

/// The bits by which a frame differs that was not heard: as noise would.
const UNHEARD: u16 = BITS as u16 / 2;

/// So many frames in a row must have the same diagonal as the best.
const IN_A_ROW: u32 = 4;

/// A sound, and the frame with which it began.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Candidate {
    pub(super) word: Word,
    pub(super) begun: i64,
}

impl Candidate {
    /// The sample with which it began.
    pub(super) fn at(self) -> i64 {
        self.begun * HOP as i64
    }
}

/// The sums of all diagonals.
pub(super) struct Scan {
    /// By sound: for each frame of it that may be heard now, the differing bits of the frames up to there.
    sums: Vec<Vec<u16>>,
    /// By sound: for each frame, how many of the frames up to there have sound.
    sounding: Vec<Vec<u16>>,
    heard: VecDeque<Print>,
    best: Option<(Candidate, u32)>,
}

impl Scan {
    /// Has heard nothing.
    pub(super) fn new(lexicon: &Lexicon) -> Self {
        let counted = |(_, masks): (&[Print], &[u32])| {
            let count = |at: usize| {
                masks[(at + 1).saturating_sub(WINDOW)..=at].iter().filter(|mask| **mask != 0).count()
            };
            (0..masks.len()).map(|at| count(at) as u16).collect()
        };
        let sounding: Vec<Vec<u16>> = lexicon.entries().map(counted).collect();
        Self {
            sums: sounding
                .iter()
                .map(|counts| counts.iter().map(|count| count * UNHEARD).collect())
                .collect(),
            sounding,
            heard: VecDeque::with_capacity(WINDOW + 1),
            best: None,
        }
    }

    /// Takes the next frame, the call's `frame`-th; returns the sound that is heard, once it is sure enough.
    pub(super) fn step(&mut self, lexicon: &Lexicon, print: Print, frame: i64) -> Option<Candidate> {
        self.heard.push_back(print);
        let left = if self.heard.len() > WINDOW { self.heard.pop_front() } else { None };
        let (mut best, mut second) = ((0.0, None), 0.0);
        for (number, ((prints, masks), (sums, sounding))) in
            lexicon.entries().zip(self.sums.iter_mut().zip(&self.sounding)).enumerate()
        {
            let (same, at) = diagonals(prints, masks, sums, sounding, print, left);
            if same > best.0 {
                second = best.0;
                best = (same, Some(Candidate { word: Word(number), begun: frame - at as i64 }));
            } else if same > second {
                second = same;
            }
        }
        let (same, Some(candidate)) = best else { return None };
        if same < SAME || same - second < AHEAD {
            self.best = None;
            return None;
        }
        let row = match self.best {
            Some((before, row)) if before == candidate => row + 1,
            Some(_) | None => 1,
        };
        self.best = Some((candidate, row));
        (row >= IN_A_ROW).then_some(candidate)
    }
}

/// Moves every sum of a sound on by a frame; returns the best share of same bits, and the frame of the sound at which.
fn diagonals(
    prints: &[Print],
    masks: &[u32],
    sums: &mut [u16],
    sounding: &[u16],
    print: Print,
    left: Option<Print>,
) -> (f64, usize) {
    let differing =
        |at: usize, heard: Print| ((prints[at].bits ^ heard.bits) & masks[at]).count_ones() as u16;
    for at in (1..sums.len()).rev() {
        sums[at] = sums[at - 1] + differing(at, print);
    }
    if let Some(first) = sums.first_mut() {
        *first = differing(0, print);
    }
    for (before, sum) in sums.iter_mut().skip(WINDOW).enumerate() {
        *sum -= match left {
            Some(left) => differing(before, left),
            None => UNHEARD & masks[before] as u16,
        };
    }
    let enough = (SOUNDING * WINDOW as f64) as u16;
    let (mut most, mut place) = (0.0, 0);
    for (at, (sum, frames)) in sums.iter().zip(sounding).enumerate() {
        if *frames >= enough {
            let same = 1.0 - f64::from(*sum) / (BITS as f64 * f64::from(*frames));
            if same > most {
                (most, place) = (same, at);
            }
        }
    }
    (most, place)
}
