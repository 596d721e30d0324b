//! The evidence for a press: the moments up to now, searched backwards for one key.

use std::f32::consts::TAU;

use super::history::{EDGE, History, MS, Pair, Run};
use super::overtones::{Overtones, Recent};
use super::spectrum::{HOP, LAG, seen_of};
use super::{HIGH_GROUP, LOW_GROUP};
use crate::media::rate::SAMPLES_PER_SECOND;

/// Moments that a press is looked for in: 72 ms, so that one of 40 ms with a break of 20 ms is seen whole.
const LOOK_BACK: u64 = 36;

/// Minimum length of a press, in samples: between a burst of 23 ms, which is not a press, and a tone of
/// 35 ms. Half of a break inside it counts, since a press of 50 ms that lost a frame has but 30 ms left.
const ENOUGH: f32 = 28.5 * MS;

/// The highest accepted evidence against a press: a logistic regression with its bound at 1; slightly below it there is
/// less music, and no fewer keys.
pub(super) const MOST_AGAINST: f32 = 0.97;

/// The current evidence for a press.
#[derive(Clone, Copy, Debug)]
pub(super) struct Evidence {
    /// The sample where it began.
    pub(super) start: u64,
    /// The amplitude of both tones together.
    pub(super) amplitude: f32,
    /// The powers of the tones.
    pub(super) powers: [f32; 2],
    /// The evidence against it: a key has less than [`MOST_AGAINST`].
    pub(super) against: f32,
}

impl Evidence {
    /// Returns the evidence for a press of this key that is still going on, in moments after the number `after`; `None`
    /// if it has not lasted long enough, or its tones are too far off.
    pub(super) fn of(history: &History, recent: &Recent, pair: Pair, after: u64) -> Option<Self> {
        let oldest = (after + 1).max(history.now().saturating_sub(LOOK_BACK)).max(1);
        if oldest > history.now() {
            return None;
        }
        let amplitudes = (oldest..=history.now()).map(|number| history.amplitude(number, pair));
        let loudest = amplitudes.fold(0.0, f32::max);
        let run = history.run(pair, oldest, loudest * EDGE)?;
        if run.on + run.breaks / 2.0 < ENOUGH {
            return None;
        }
        let traits = Traits::of(history, pair, &run, loudest)?;
        let start = History::sample(history.now(), run.start_ago);
        let mut against = traits.against();
        if against < MOST_AGAINST {
            let beside = recent.beside([traits.low.hertz, traits.high.hertz], start);
            if beside.third > THIRD_TONE {
                return None;
            }
            against += against_overtones(&beside);
        }
        Some(Self { start, amplitude: loudest, powers: traits.powers, against })
    }
}

/// Maximum deviation of a tone's frequency, half way between 1.5 % and 2 Hz, which is still a key (ITU-T Q.24), and 3.5
/// %, which is none: this part of its frequency ...
const FARTHEST_PART: f32 = 0.025;

/// ... and as many Hz.
const FARTHEST_HZ: f32 = 1.0;

/// Tones whose frequencies are as 2 to 1, less this, are a note and its overtone: those of the keys that come nearest are
/// as 1.984 to 1, each as far off as a key's may be.
const OCTAVE: f32 = 0.013;

/// The least part of the band that a key's tones are, on the average: three tones as loud as each other are not one.
const PURE_ENOUGH: f32 = 0.74;

/// The least power of the high tone against that of the low one, over the whole press: -10.8 dB. Lines damp high tones by 10
/// dB at most (Q.24: 6 to 10 dB); a note of music whose overtone is that much weaker is not far from it.
const HIGH_WEAKER: f32 = 0.0832;

/// Moments at full amplitude that a press must have.
const FULL_MOMENTS: f32 = 4.0;

/// Moments before the one in which tones count as begun in which their rise is looked for: as long as the slowest
/// that is told apart.
const RISE: u64 = 6;

/// The traits that distinguish a press from speech and music.
#[derive(Clone, Copy, Debug)]
struct Traits {
    /// How much of the band is the two tones: the mean.
    purity: f32,
    low: Measured,
    high: Measured,
    /// How long both tones together took from a quarter of their amplitude to 0.7 of it, in ms.
    rise: f32,
    /// The power below the band against that in it.
    below: f32,
    /// How much that power varies, as a part of it.
    unsteady: f32,
    powers: [f32; 2],
}

/// One tone of a press.
#[derive(Clone, Copy, Debug)]
struct Measured {
    hertz: f32,
    /// How far its frequency is off, as a part of it.
    off: f32,
    /// How far its frequency moved from the first half of the press to the second, as a part of it.
    drift: f32,
    /// How much its amplitude varies, as a part of it.
    uneven: f32,
    power: f32,
    /// Its part of the band.
    share: f32,
}

impl Traits {
    /// The traits of the tones in a run whose loudest moment has this amplitude; nothing if they cannot be a key's.
    fn of(history: &History, pair: Pair, run: &Run, loudest: f32) -> Option<Self> {
        let tones = [pair.low, pair.high];
        let (lag, half) = (LAG as u64, run.from.midpoint(history.now()));
        let mut sums = Sums::default();
        for number in run.from..=history.now() {
            let amplitude = history.amplitude(number, pair);
            if amplitude < loudest * EDGE {
                continue;
            }
            let moment = history.at(number);
            sums.moments += 1.0;
            for (tone, sum) in tones.into_iter().zip(&mut sums.tones) {
                sum.share += moment.power(tone) / moment.band.max(f32::MIN_POSITIVE);
            }
            sums.below += moment.below;
            sums.band += moment.band;
            if amplitude > 0.8 * loudest {
                sums.full += 1.0;
                for (tone, sum) in tones.into_iter().zip(&mut sums.tones) {
                    sum.power += moment.power(tone);
                    sum.amplitude += moment.power(tone).sqrt();
                }
            }
            if number > lag && history.amplitude(number - lag, pair) >= loudest * EDGE {
                for (tone, sum) in tones.into_iter().zip(&mut sums.tones) {
                    let [re, im] = moment.turned(history.at(number - lag), tone);
                    let turned = &mut sum.turned[usize::from(number > half)];
                    turned[0] += re;
                    turned[1] += im;
                }
            }
        }
        if sums.full < FULL_MOMENTS {
            return None;
        }
        let low = sums.tones[0].measured(LOW_GROUP[pair.low] as f32, &sums)?;
        let high = sums.tones[1].measured(HIGH_GROUP[pair.high - 4] as f32, &sums)?;
        if (high.hertz / low.hertz - 2.0).abs() < OCTAVE {
            return None;
        }
        let purity = low.share + high.share;
        if purity < PURE_ENOUGH || high.power < low.power * HIGH_WEAKER {
            return None;
        }

        let rise = if run.start_seen {
            let from = run.from.saturating_sub(RISE).max(1);
            history.rise(from, pair, loudest) * HOP as f32 / MS
        } else {
            RISE_UNSEEN_MS
        };
        Some(Self {
            purity: purity.min(1.0),
            low,
            high,
            rise,
            below: sums.below / sums.band.max(f32::MIN_POSITIVE),
            unsteady: history.unsteadiness_below(),
            powers: [low.power, high.power],
        })
    }

    /// Returns the evidence against a press: each trait's deviation from a key's, times its weight.
    ///
    /// The weights are a logistic regression over the bench's keys against its speech, music, voices, flutes and
    /// whistles, and over 13 hours of other music, 15 of synthetic voices and 9 of spoken prompts. That of the rise is
    /// less than it found: coders of telephones (GSM, AMR, Speex) let tones rise in 10 to 17 ms, flutes in 20 and more.
    fn against(&self) -> f32 {
        let twist = 10.0 * (self.powers[1] / self.powers[0]).log10();
        let below = (self.below - BELOW_ALLOWED).max(0.0).ln_1p();
        let sways = ((self.unsteady - 0.2) / 0.2).clamp(0.0, 1.0);
        let weighed = [
            (1.0 - self.purity) * 2.43,
            self.low.off * 17.4,
            self.high.off * 15.9,
            (self.low.drift + self.high.drift).min(DRIFT_COUNTED) * 52.0,
            self.high.uneven * 1.42,
            (self.rise - RISE_ALLOWED_MS).clamp(0.0, RISE_COUNTED_MS) * 0.04,
            below * sways * 0.49,
            (-twist - 5.0).max(0.0) * 0.055,
        ];
        weighed.iter().sum()
    }
}

/// Returns the evidence from overtones against a press: a telephone generates sines, an instrument or a voice does not.
fn against_overtones(overtones: &Overtones) -> f32 {
    let octaves = (overtones.octaves - OCTAVES_ALLOWED).clamp(0.0, OVERTONES_COUNTED);
    octaves * 40.0 + overtones.new.min(OVERTONES_COUNTED) * 1.25
}

/// A sound that began with the tones and has this part of their power is a third tone, of a second key that is pressed
/// with the first: as loud as each it has half.
const THIRD_TONE: f32 = 0.3;

/// Maximum rise time of a tone, as measured through the window: 7 ms, which ETSI ES 201 235-2 allows, are 5 from a
/// quarter to 0.7.
const RISE_ALLOWED_MS: f32 = 5.0;

/// The assumed rise time of tones that began before the searched moments: not a key's, as a rule,
/// which would have been heard by then.
const RISE_UNSEEN_MS: f32 = 20.0;

/// The power below the band, against that in it, that tells nothing: what a filter leaves, and speech 9 dB down.
const BELOW_ALLOWED: f32 = 0.15;

/// The power at the octaves of both tones, against that of the tones, that tells nothing: noise 12 dB down has as much.
const OCTAVES_ALLOWED: f32 = 0.003;

// Beyond these all is the same.
const DRIFT_COUNTED: f32 = 0.012;
const RISE_COUNTED_MS: f32 = 14.0;
const OVERTONES_COUNTED: f32 = 0.1;

#[derive(Default)]
struct Sums {
    moments: f32,
    below: f32,
    band: f32,
    /// Moments at full amplitude.
    full: f32,
    tones: [ToneSums; 2],
}

#[derive(Clone, Copy, Default)]
struct ToneSums {
    /// Its part of the band.
    share: f32,
    /// The same two of moments at full amplitude.
    power: f32,
    amplitude: f32,
    /// How its phasor turned, in each half of the run.
    turned: [[f32; 2]; 2],
}

impl ToneSums {
    /// The tone as these sums tell it; nothing if it is too far off.
    fn measured(&self, frequency: f32, sums: &Sums) -> Option<Measured> {
        let hertz = |[re, im]: [f32; 2]| im.atan2(re) / TAU * SAMPLES_PER_SECOND as f32 / (LAG * HOP) as f32;
        let [first, second] = self.turned;
        let off = hertz([first[0] + second[0], first[1] + second[1]]);
        if off.abs() > FARTHEST_PART * frequency + FARTHEST_HZ {
            return None;
        }
        let (mean, seen) = (self.amplitude / sums.full, seen_of(off));
        Some(Measured {
            hertz: frequency + off,
            off: off.abs() / frequency,
            drift: (hertz(second) - hertz(first)).abs() / frequency,
            uneven: (self.power / sums.full - mean * mean).max(0.0).sqrt() / mean.max(f32::MIN_POSITIVE),
            power: self.power / sums.full / seen,
            share: self.share / sums.moments / seen,
        })
    }
}
