//! What speaks for a press: the moments up to now, looked back through for one key.

use std::f32::consts::TAU;

use super::spectrum::{HOP, LAG, Moment, WINDOW};
use super::{HIGH_GROUP, LOW_GROUP};
use crate::media::rate::SAMPLES_PER_SECOND;

/// Moments that are kept: 128 ms.
const KEPT: usize = 64;

/// Moments that a press is looked for in: 72 ms, so that one of 40 ms with a break of 20 ms is seen whole.
const LOOK_BACK: u64 = 36;

/// Moments over which sound below the band is asked whether it is steady: 96 ms.
const STEADY: u64 = 48;

/// Samples of a millisecond.
const MS: f32 = SAMPLES_PER_SECOND as f32 / 1000.0;

/// A tone begins and ends where it has this part of its amplitude.
pub(super) const EDGE: f32 = 0.5;

/// The longest break that is still part of one press, in samples: between the 20 ms that a lost frame takes and the
/// 30 ms that set two presses of a key apart.
pub(super) const BREAK: f32 = 24.5 * MS;

/// How long a press must have lasted to be one, in samples: between a burst of 23 ms, which is none, and a tone of
/// 35 ms. Half of a break inside it counts, since a press of 50 ms that lost a frame has but 30 ms left.
const ENOUGH: f32 = 28.5 * MS;

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

/// A press as it looks by now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Evidence {
    /// The sample where it began.
    pub(super) start: u64,
    /// The amplitude of both tones together.
    pub(super) amplitude: f32,
    /// The powers of the tones.
    pub(super) powers: [f32; 2],
    /// How much speaks against it: a key has less than 1.
    pub(super) against: f32,
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

    /// How much of the band is a key's two tones, from 0 to about 1.
    pub(super) fn purity(&self, number: u64, pair: Pair) -> f32 {
        let moment = self.at(number);
        (moment.power(pair.low) + moment.power(pair.high)) / moment.band.max(f32::MIN_POSITIVE)
    }

    /// The sample that is `ago` samples before the middle of that moment.
    pub(super) fn sample(number: u64, ago: f32) -> u64 {
        let middle = number * HOP as u64;
        middle.saturating_sub((ago + WINDOW as f32 / 2.0).round().max(0.0) as u64)
    }

    /// What speaks for a press of this key that goes on now, in moments after the number `after`; nothing if it has
    /// not lasted long enough, or its tones are too far off.
    pub(super) fn look_for(&self, pair: Pair, after: u64) -> Option<Evidence> {
        let oldest = (after + 1).max(self.now.saturating_sub(LOOK_BACK)).max(1);
        if oldest > self.now {
            return None;
        }
        let loudest = (oldest..=self.now).map(|n| self.amplitude(n, pair)).fold(0.0, f32::max);
        let run = self.run(pair, oldest, loudest * EDGE)?;
        if run.on + run.breaks / 2.0 < ENOUGH {
            return None;
        }
        let traits = self.traits(pair, &run, loudest)?;
        Some(Evidence {
            start: Self::sample(self.now, run.start_ago),
            amplitude: loudest,
            powers: traits.powers,
            against: traits.against(),
        })
    }

    /// Walks back from now to where the tones began.
    fn run(&self, pair: Pair, oldest: u64, edge: f32) -> Option<Run> {
        let mut later = self.amplitude(self.now, pair);
        if later < edge {
            return None;
        }
        let mut run = Run { from: self.now, start_ago: 0.0, on: 0.0, breaks: 0.0 };
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
        }
        Some(run)
    }

    fn traits(&self, pair: Pair, run: &Run, loudest: f32) -> Option<Traits> {
        let mut sums = Sums::default();
        for number in run.from..=self.now {
            let amplitude = self.amplitude(number, pair);
            if amplitude < loudest * EDGE {
                continue;
            }
            let moment = self.at(number);
            let purity = self.purity(number, pair);
            sums.moments += 1.0;
            sums.purity += purity.min(1.0);
            sums.below += moment.below;
            sums.band += moment.band;
            if amplitude > 0.8 * loudest {
                sums.full += 1.0;
                for (tone, sum) in [pair.low, pair.high].into_iter().zip(&mut sums.tones) {
                    sum.power += moment.power(tone);
                    sum.amplitude += moment.power(tone).sqrt();
                }
            }
            let lag = LAG as u64;
            if number > lag && self.amplitude(number - lag, pair) >= loudest * EDGE {
                for (tone, sum) in [pair.low, pair.high].into_iter().zip(&mut sums.tones) {
                    let [re, im] = moment.turned(self.at(number - lag), tone);
                    sum.turned[0] += re;
                    sum.turned[1] += im;
                    sum.turns += re.hypot(im);
                }
            }
        }
        if sums.full < FULL_MOMENTS {
            return None;
        }
        let [low, high] = [(0, LOW_GROUP[pair.low]), (1, HIGH_GROUP[pair.high - 4])]
            .map(|(group, frequency)| sums.tones[group].measured(frequency as f32, sums.full));
        let nominal = |off: f32, frequency: f64| {
            off <= (FARTHEST_PART * frequency + FARTHEST_HZ) as f32 / frequency as f32
        };
        if !nominal(low.off, LOW_GROUP[pair.low]) || !nominal(high.off, HIGH_GROUP[pair.high - 4]) {
            return None;
        }
        if sums.purity < PURE_ENOUGH * sums.moments {
            return None;
        }
        let before = run.from.saturating_sub(1).max(1);
        Some(Traits {
            purity: sums.purity / sums.moments,
            low,
            high,
            below: sums.below / sums.band.max(f32::MIN_POSITIVE),
            unsteady: self.unsteadiness_below(),
            before: self.at(before).band * sums.moments / sums.band.max(f32::MIN_POSITIVE),
            powers: sums.tones.map(|tone| tone.power / sums.full),
        })
    }

    /// How much the power below the band varies of late, as a part of its mean.
    fn unsteadiness_below(&self) -> f32 {
        let numbers = self.now.saturating_sub(STEADY).max(1)..=self.now;
        let count = numbers.clone().count() as f32;
        let mean = numbers.clone().map(|number| self.at(number).below).sum::<f32>() / count;
        let square = numbers.map(|number| (self.at(number).below - mean).powi(2)).sum::<f32>() / count;
        square.sqrt() / mean.max(f32::MIN_POSITIVE)
    }
}

/// How far a tone may be off, half way between 1.5 % and 2 Hz, which is still a key (ITU-T Q.24), and 3.5 %, which is
/// none: this part of its frequency ...
const FARTHEST_PART: f64 = 0.025;

/// ... and as many Hz.
const FARTHEST_HZ: f64 = 1.0;

/// The least part of the band that a key's tones are, on the average: three tones as loud as each other are none.
const PURE_ENOUGH: f32 = 0.74;

/// Moments at full amplitude that a press must have.
const FULL_MOMENTS: f32 = 4.0;

/// Where the tones of a key were on. Times in samples, those "ago" from the middle of the newest moment.
struct Run {
    /// The first moment of it.
    from: u64,
    start_ago: f32,
    on: f32,
    breaks: f32,
}

#[derive(Default)]
struct Sums {
    moments: f32,
    purity: f32,
    below: f32,
    band: f32,
    /// Moments at full amplitude.
    full: f32,
    tones: [ToneSums; 2],
}

#[derive(Clone, Copy, Default)]
struct ToneSums {
    power: f32,
    amplitude: f32,
    turned: [f32; 2],
    turns: f32,
}

impl ToneSums {
    fn measured(&self, frequency: f32, full: f32) -> Measured {
        let [re, im] = self.turned;
        let hertz = im.atan2(re) / TAU * SAMPLES_PER_SECOND as f32 / (LAG * HOP) as f32;
        let mean = self.amplitude / full;
        Measured {
            off: (hertz / frequency).abs(),
            wavering: 1.0 - re.hypot(im) / self.turns.max(f32::MIN_POSITIVE),
            uneven: (self.power / full - mean * mean).max(0.0).sqrt() / mean.max(f32::MIN_POSITIVE),
        }
    }
}

/// One tone of a press.
#[derive(Clone, Copy, Debug)]
struct Measured {
    /// How far its frequency is off, as a part of it.
    off: f32,
    /// How little the frequency stays the same: 0 for a pure tone.
    wavering: f32,
    /// How much its amplitude varies, as a part of it.
    uneven: f32,
}

/// What sets a press apart from speech and music.
#[derive(Clone, Copy, Debug)]
struct Traits {
    /// How much of the band is the two tones: the mean.
    purity: f32,
    low: Measured,
    high: Measured,
    /// The power below the band against that in it.
    below: f32,
    unsteady: f32,
    /// The power in the band just before, against that during the press.
    before: f32,
    powers: [f32; 2],
}

impl Traits {
    /// How much speaks against a press: each trait as far as it is unlike a key's, by its weight.
    ///
    /// The weights are a logistic regression over presses on bad lines against 2.7 hours of the prompts and music of
    /// Debian's asterisk packages, played at five speeds, and were then made stricter by a quarter, until the bench's
    /// reject classes were empty; the second one of what sways is set by hand.
    fn against(&self) -> f32 {
        let twist = 10.0 * (self.powers[1] / self.powers[0]).log10();
        let below = (self.below - BELOW_ALLOWED).max(0.0).ln_1p();
        let sways = ((self.unsteady - 0.2) / 0.2).clamp(0.0, 1.0);
        let weighed = [
            (1.0 - self.purity) * 2.58,
            self.low.off * 12.71,
            self.high.off * 2.38,
            self.high.wavering.min(WAVERING_COUNTED) * 1.04,
            self.low.uneven * 0.92,
            self.high.uneven * 3.43,
            below * 0.23,
            below * sways * 0.67,
            (self.below - SWAY_ALLOWED).clamp(0.0, 0.1) * sways * 1.90,
            self.before.min(1.0) * 0.25,
            (-twist - 5.0).max(0.0) * 0.078,
            (twist - 3.0).max(0.0) * 0.028,
        ];
        weighed.iter().sum()
    }
}

/// The power below the band, against that in it, that tells nothing: what a filter leaves, and speech 9 dB down.
const BELOW_ALLOWED: f32 = 0.15;

/// The same where the sound below sways: of a speaker who just begins there may be no more yet.
const SWAY_ALLOWED: f32 = 0.06;

/// The most of a tone's wavering that counts: beyond it is all the same.
const WAVERING_COUNTED: f32 = 0.3;
