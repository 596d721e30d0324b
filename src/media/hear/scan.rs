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

/// By so much the best must be ahead of every sound that says something else.
const AHEAD: f64 = 0.06;

/// What agrees by less is neither taken for a sound nor in the way of another.
pub(super) const NEAR: f64 = SAME - AHEAD;

/// What a differing bit counts: bits that cannot be compared make the others count more.
const BIT: u16 = 16;

/// What a frame counts that was not heard: as noise would.
const UNHEARD: u16 = BITS as u16 / 2 * BIT;

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

/// A sound as what is heard is compared with it, made once for all calls.
#[derive(Clone, Debug)]
pub(super) struct Template {
    /// The bits of each frame, after a window of nothing.
    bits: Vec<u32>,
    /// Of each of these [`u32::MAX`] if there is sound, and 0 if not.
    masks: Vec<u32>,
    /// By frame: how many of the frames up to there have sound.
    sounding: Vec<u16>,
    /// By frame: a sum from which on nothing up to there is near.
    limits: Vec<u16>,
}

impl Template {
    /// A sound of these frames, of which `masks` says which have sound.
    pub(super) fn new(prints: &[Print], masks: &[u32]) -> Self {
        let nothing = [0; WINDOW];
        let count =
            |at: usize| masks[(at + 1).saturating_sub(WINDOW)..=at].iter().filter(|mask| **mask != 0).count();
        let sounding: Vec<u16> = (0..masks.len()).map(|at| count(at) as u16).collect();
        let near = (1.0 - NEAR) * f64::from(BIT) * BITS as f64;
        let limit = |frames: &u16| {
            let enough = f64::from(*frames) >= SOUNDING * WINDOW as f64;
            if enough { (near * f64::from(*frames)) as u16 + 1 } else { 0 }
        };
        Self {
            bits: nothing.into_iter().chain(prints.iter().map(|print| print.bits)).collect(),
            masks: nothing.into_iter().chain(masks.iter().copied()).collect(),
            limits: sounding.iter().map(limit).collect(),
            sounding,
        }
    }

    fn frames(&self) -> usize {
        self.sounding.len()
    }
}

/// The sums of all diagonals.
pub(super) struct Scan {
    /// By sound: for each frame of it that may be heard now, the differing bits of the frames up to there. A diagonal stays
    /// at its place, and the frames move along.
    sums: Vec<Vec<u16>>,
    /// Frames so far.
    turns: usize,
    heard: VecDeque<Print>,
    best: Option<(Candidate, u32)>,
}

impl Scan {
    /// Has heard nothing.
    pub(super) fn new(lexicon: &Lexicon) -> Self {
        let unheard = |template: &Template| template.sounding.iter().map(|count| count * UNHEARD).collect();
        Self {
            sums: lexicon.templates().map(unheard).collect(),
            turns: 0,
            heard: VecDeque::with_capacity(WINDOW + 1),
            best: None,
        }
    }

    /// Whether it has heard nothing.
    pub(super) fn is_new(&self) -> bool {
        self.turns == 0
    }

    /// Takes the next frame, the call's `frame`-th; returns the sound that is heard, once it is sure enough.
    pub(super) fn step(&mut self, lexicon: &Lexicon, print: Print, frame: i64) -> Option<Candidate> {
        self.heard.push_back(print);
        let left = if self.heard.len() > WINDOW { self.heard.pop_front() } else { None };
        self.turns += 1;
        let (mut best, mut second) = ((0.0, None), 0.0);
        for (number, (template, sums)) in lexicon.templates().zip(&mut self.sums).enumerate() {
            let Some((same, at)) = diagonals(template, sums, self.turns, print, left) else { continue };
            let candidate = Candidate { word: Word(number), begun: frame - at as i64 };
            let is_alike =
                best.1.is_some_and(|best: Candidate| lexicon.means_same(best.word, candidate.word));
            if same > best.0 {
                second = if is_alike { second } else { best.0 };
                best = (same, Some(candidate));
            } else if same > second && !is_alike {
                second = same;
            }
        }
        let found = match best {
            (same, Some(candidate)) if same >= SAME && same - second >= AHEAD => candidate,
            (_, _) => {
                self.best = None;
                return None;
            }
        };
        let row = match self.best {
            Some((before, row)) if before == found => row + 1,
            // The same in another recording.
            Some((before, row))
                if before.word != found.word && lexicon.means_same(before.word, found.word) =>
            {
                row + 1
            }
            Some(_) | None => 1,
        };
        self.best = Some((found, row));
        (row >= IN_A_ROW).then_some(found)
    }
}

/// Moves every sum of a sound on by a frame; returns the best share of same bits, and the frame of the sound at which, if
/// any is near.
fn diagonals(
    template: &Template,
    sums: &mut [u16],
    turns: usize,
    print: Print,
    left: Option<Print>,
) -> Option<(f64, usize)> {
    let frames = template.frames();
    if frames == 0 {
        return None;
    }
    // The place of the diagonal that begins now.
    let first = frames - 1 - (turns - 1) % frames;
    sums[first] = 0;
    let (later, sooner) = sums.split_at_mut(first);
    let (comes, goes) = (Weighed::of(Some(print)), Weighed::of(left));
    // One after the other: each has something to move.
    let is_near =
        [move_on(template, 0, sooner, comes, goes), move_on(template, frames - first, later, comes, goes)];
    if is_near == [false; 2] {
        return None;
    }
    let (mut most, mut place) = (0.0, 0);
    let in_order = sums[first..].iter().chain(&sums[..first]);
    for (at, (sum, (frames, limit))) in
        in_order.zip(template.sounding.iter().zip(&template.limits)).enumerate()
    {
        if sum < limit {
            let same = 1.0 - f64::from(*sum) / (f64::from(BIT) * BITS as f64 * f64::from(*frames));
            if same > most {
                (most, place) = (same, at);
            }
        }
    }
    Some((most, place))
}

/// A frame as it counts in sums.
#[derive(Clone, Copy)]
struct Weighed {
    bits: u32,
    /// The bits that are compared.
    known: u32,
    /// What each of them counts if it differs.
    bit: u16,
    /// What it counts anyway, where there is sound.
    anyway: u16,
}

impl Weighed {
    fn of(heard: Option<Print>) -> Self {
        let unheard = Self { bits: 0, known: 0, bit: 0, anyway: UNHEARD };
        let compared = |print: Print| {
            let bit = BITS as u16 * BIT / print.compared()? as u16;
            Some(Self { bits: print.bits, known: print.known, bit, anyway: 0 })
        };
        heard.and_then(compared).unwrap_or(unheard)
    }

    fn differing(self, bits: u32, mask: u32) -> u16 {
        ((bits ^ self.bits) & self.known & mask).count_ones() as u16 * self.bit + (self.anyway & mask as u16)
    }
}

/// Moves the sums on of the frames from this one on, one frame each; returns whether any of them is near.
fn move_on(template: &Template, from: usize, sums: &mut [u16], comes: Weighed, goes: Weighed) -> bool {
    let to = from + sums.len();
    let (bits, masks) =
        (&template.bits[from + WINDOW..to + WINDOW], &template.masks[from + WINDOW..to + WINDOW]);
    let (old_bits, old_masks) = (&template.bits[from..to], &template.masks[from..to]);
    let limits = &template.limits[from..to];
    let comes = bits.iter().zip(masks).map(|(bits, mask)| comes.differing(*bits, *mask));
    let goes = old_bits.iter().zip(old_masks).map(|(bits, mask)| goes.differing(*bits, *mask));
    let mut near = 0;
    for ((sum, limit), (comes, goes)) in sums.iter_mut().zip(limits).zip(comes.zip(goes)) {
        *sum = sum.wrapping_add(comes).wrapping_sub(goes);
        near |= u16::from(*sum < *limit);
    }
    near != 0
}
