//! The recent moments, and where in them a key's tones were on.

use super::spectrum::{HOP, Moment, WINDOW};
use crate::media::rate::SAMPLES_PER_SECOND;

/// Moments that are kept: 128 ms.
const KEPT: usize = 64;

/// Moments over which sound below the band is asked whether it is steady: 96 ms.
const STEADY: u64 = 48;

/// Moments of which the mean is taken before: 20 ms, in which hum and the beats of dial tones even out.
const SMOOTH: u64 = 10;

/// Samples of a millisecond.
pub(super) const MS: f32 = SAMPLES_PER_SECOND as f32 / 1000.0;

/// A tone begins and ends where it has this part of its amplitude.
pub(super) const EDGE: f32 = 0.5;

/// The longest break that is still part of one press, in samples: between the 20 ms that a lost frame takes and the
/// 30 ms that set two presses of a key apart.
pub(super) const BREAK: f32 = 24.5 * MS;

/// The moments up to now.
#[derive(Clone, Debug)]
pub(super) struct History {
    moments: [Moment; KEPT],
    /// Moments that came.
    now: u64,
}

/// A key's two tones: their places in a moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Pair {
    pub(super) low: usize,
    pub(super) high: usize,
}

/// A stretch during which the tones of a key were on. Times in samples, those "ago" from the middle of the newest
/// moment.
pub(super) struct Run {
    /// The first moment of it.
    pub(super) from: u64,
    pub(super) start_ago: f32,
    /// Whether what was before it is among the moments that were looked through.
    pub(super) start_seen: bool,
    pub(super) on: f32,
    pub(super) breaks: f32,
}

impl History {
    pub(super) fn new() -> Self {
        Self { moments: [Moment::default(); KEPT], now: 0 }
    }

    pub(super) fn push(&mut self, moment: Moment) {
        self.now += 1;
        self.moments[self.now as usize % KEPT] = moment;
    }

    /// The number of the newest moment, counted from 1.
    pub(super) fn now(&self) -> u64 {
        self.now
    }

    /// The moment of that number: one of the last [`KEPT`].
    pub(super) fn at(&self, number: u64) -> &Moment {
        &self.moments[number as usize % KEPT]
    }

    /// The amplitude of a key's two tones together.
    pub(super) fn amplitude(&self, number: u64, pair: Pair) -> f32 {
        let moment = self.at(number);
        (moment.power(pair.low) + moment.power(pair.high)).sqrt()
    }

    /// Returns the share of the band's power that is in a key's two tones, from 0 to about 1.
    pub(super) fn purity(&self, number: u64, pair: Pair) -> f32 {
        let moment = self.at(number);
        (moment.power(pair.low) + moment.power(pair.high)) / moment.band.max(f32::MIN_POSITIVE)
    }

    /// The sample that is `ago` samples before the middle of that moment.
    pub(super) fn sample(number: u64, ago: f32) -> u64 {
        let middle = number * HOP as u64;
        middle.saturating_sub((ago + WINDOW as f32 / 2.0).round().max(0.0) as u64)
    }

    /// Walks back from now, as far as the moment `oldest`, to where the tones began that are there now.
    pub(super) fn run(&self, pair: Pair, oldest: u64, edge: f32) -> Option<Run> {
        let mut later = self.amplitude(self.now, pair);
        if later < edge {
            return None;
        }
        let mut run = Run { from: self.now, start_ago: 0.0, start_seen: true, on: 0.0, breaks: 0.0 };
        // Where the tones were last seen to end, going back; nothing while they are on.
        let mut ended_ago = None;
        let mut on_since_ago = 0.0;
        for number in (oldest..self.now).rev() {
            let earlier = self.amplitude(number, pair);
            let ago = ((self.now - number) as usize * HOP) as f32;
            let crossing = ago - HOP as f32 * (edge - earlier) / (later - earlier);
            match (earlier >= edge, later >= edge) {
                (false, true) => {
                    run.on += crossing - on_since_ago;
                    run.start_ago = crossing;
                    run.from = number + 1;
                    ended_ago = Some(crossing);
                }
                (true, false) => {
                    if let Some(ended) = ended_ago.take() {
                        run.breaks += crossing - ended;
                    }
                    on_since_ago = crossing;
                }
                (true, true) | (false, false) => {}
            }
            if ended_ago.is_some_and(|ended| ago - ended > BREAK) {
                return Some(run);
            }
            later = earlier;
        }
        if ended_ago.is_none() {
            let ago = ((self.now - oldest) as usize * HOP) as f32;
            run.on += ago - on_since_ago;
            run.start_ago = ago;
            run.from = oldest;
            run.start_seen = false;
        }
        Some(run)
    }

    /// Returns how long an amplitude took to rise from a quarter of `loudest` to 0.7 of it, in moments, if it did so
    /// after the moment `from`. It rose from where it was least just before, if that was more: from an echo, or a
    /// noise.
    pub(super) fn rise(&self, from: u64, pair: Pair, loudest: f32) -> f32 {
        let (low, high) = (0.25 * loudest, 0.7 * loudest);
        let mut risen = None;
        for number in from + 1..=self.now {
            let (earlier, later) = (self.amplitude(number - 1, pair), self.amplitude(number, pair));
            if later >= high {
                let back = if earlier < high { (later - high) / (later - earlier) } else { 1.0 };
                risen = Some((number, number as f32 - back));
                break;
            }
        }
        let Some((mut number, risen)) = risen else { return (self.now - from) as f32 };
        while number > from {
            let (earlier, later) = (self.amplitude(number - 1, pair), self.amplitude(number, pair));
            if earlier >= later {
                break;
            }
            if earlier < low {
                return risen - (number as f32 - (later - low) / (later - earlier));
            }
            number -= 1;
        }
        risen - number as f32
    }

    /// Returns how much the power below the band varied recently, relative to its mean.
    pub(super) fn unsteadiness_below(&self) -> f32 {
        let (mut sum, mut squares, mut count, mut smooth) = (0.0, 0.0, 0.0, 0.0);
        let oldest = self.now.saturating_sub(STEADY).max(1);
        for number in oldest..=self.now {
            smooth += self.at(number).below;
            if number + 1 < oldest + SMOOTH {
                continue;
            }
            sum += smooth;
            squares += smooth * smooth;
            count += 1.0;
            smooth -= self.at(number + 1 - SMOOTH).below;
        }
        let mean = sum / f32::max(count, 1.0);
        (squares / f32::max(count, 1.0) - mean * mean).max(0.0).sqrt() / mean.max(f32::MIN_POSITIVE)
    }
}
