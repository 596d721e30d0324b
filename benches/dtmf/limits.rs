//! How far each trouble may go before more than 1 % of the keys are wrong.

use std::sync::Arc;

use attendant::media::dtmf::generator::Settings;
use attendant::media::impair::line::Gain;
use rand::rngs::ChaCha8Rng;

use crate::accept::{full_scale_pair, interrupt, noise};
use crate::corpus::{KEYS, Make};
use crate::lines::{DIAL_TONES, THIRD_TONES, steady};
use crate::run::{Both, Decode, accepted, in_parallel};
use crate::signal::{
    Recording, active_level, any_digit, between, digits, keyed, mix, one_of, pair_level, plain, twisted,
};
use crate::sources::Sources;

const USUAL: f64 = -10.0;

/// A trouble that gets worse by steps.
pub(crate) struct Limit {
    what: &'static str,
    unit: &'static str,
    /// What is to be reached, and what the best open detectors reach.
    goal: &'static str,
    /// From the value at which every detector does well to one at which none can.
    steps: Vec<f64>,
    until: Until,
    make: fn(Arc<Sources>, f64) -> Make,
}

/// What ends the search for a limit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    /// More than 1 % of the keys are wrong.
    TooManyErrors,
    /// Any is heard at all.
    AnyIsHeard,
}

/// The last value that each detector masters, all before it included.
pub(crate) struct Reached {
    pub(crate) what: &'static str,
    pub(crate) goal: &'static str,
    pub(crate) reached: Both<String>,
}

pub(crate) fn all(sources: &Arc<Sources>, decode: Both<Decode>, sequences: usize) -> Vec<Reached> {
    let limits = limits();
    in_parallel(limits.len(), |at| search(&limits[at], sources, decode, sequences))
}

fn search(limit: &Limit, sources: &Arc<Sources>, decode: Both<Decode>, sequences: usize) -> Reached {
    let mut reached: Both<Option<f64>> = [None; 2];
    let mut going = [true; 2];
    for step in limit.steps.iter().copied() {
        let make = (limit.make)(sources.clone(), step);
        let scores = accepted(&make, sequences, limit.what, decode);
        for ((score, reached), going) in scores.iter().zip(&mut reached).zip(&mut going) {
            *going &= match limit.until {
                Until::TooManyErrors => score.error_percent() <= 1.0,
                Until::AnyIsHeard => score.heard == 0,
            };
            if *going {
                *reached = Some(step);
            }
        }
        if going == [false; 2] {
            break;
        }
    }
    let text = |reached: Option<f64>| match reached {
        Some(value) => format!("{value} {}", limit.unit),
        None => format!("worse than {} {}", limit.steps[0], limit.unit),
    };
    Reached { what: limit.what, goal: limit.goal, reached: reached.map(text) }
}

fn limits() -> Vec<Limit> {
    use Until::{AnyIsHeard, TooManyErrors};
    let up = |from: i32, to: i32| (from..=to).map(f64::from).collect::<Vec<_>>();
    let down = |from: i32, to: i32| (to..=from).rev().map(f64::from).collect::<Vec<_>>();
    let limit = |what, unit, goal, steps, until, make| Limit { what, unit, goal, steps, until, make };
    vec![
        limit("lowest SNR, 50/50 ms", "dB", "8 (spandsp 10)", down(20, 0), TooManyErrors, |_, snr| {
            over_noise(snr, 50.0)
        }),
        limit("lowest SNR, 100/100 ms", "dB", "6 (spandsp 8)", down(20, -2), TooManyErrors, |_, snr| {
            over_noise(snr, 100.0)
        }),
        limit("shortest tone heard", "ms", "35", down(60, 15), TooManyErrors, |_, on| {
            row(move |rng| plain(between(rng, -18.0, -6.0), on, 70.0))
        }),
        limit("longest tone never heard", "ms", "23", up(5, 45), AnyIsHeard, |_, on| {
            row(move |rng| plain(between(rng, -18.0, -6.0), on, 70.0))
        }),
        limit("shortest pause between equal keys", "ms", "30", down(60, 5), TooManyErrors, |_, off| {
            Box::new(move |rng| {
                let digit = any_digit(rng);
                keyed(rng, &[digit; KEYS], |rng, _| plain(between(rng, -18.0, -6.0), 80.0, off))
            })
        }),
        limit(
            "longest break bridged",
            "ms",
            "20 (spandsp 3, asterisk 15)",
            up(1, 40),
            TooManyErrors,
            |_, length| {
                with(
                    |rng| plain(between(rng, -18.0, -6.0), 150.0, 100.0),
                    move |rng, recording| {
                        interrupt(rng, recording, length);
                    },
                )
            },
        ),
        limit("quietest key heard", "dBm0 a tone", "-38", down(-20, -70), TooManyErrors, |_, level| {
            row(move |_| plain(level, 80.0, 80.0))
        }),
        limit("loudest key never heard", "dBm0 a tone", "-55", up(-70, -30), AnyIsHeard, |_, level| {
            row(move |_| plain(level, 80.0, 80.0))
        }),
        limit("low tone stronger", "dB", "10 (spandsp 6)", up(0, 25), TooManyErrors, |_, twist| {
            row(move |_| twisted(USUAL, -twist, 60.0, 60.0))
        }),
        limit("high tone stronger", "dB", "6 (spandsp 3)", up(0, 25), TooManyErrors, |_, twist| {
            row(move |_| twisted(USUAL, twist, 60.0, 60.0))
        }),
        limit("dial tone over both tones", "dB", "5", up(-15, 25), TooManyErrors, |_, over| {
            with(
                |_| plain(-15.0, 80.0, 80.0),
                move |rng, recording| {
                    let pair = pair_level(&plain(-15.0, 80.0, 80.0));
                    steady(recording, one_of(rng, &DIAL_TONES), pair + over);
                },
            )
        }),
        limit("third tone over each tone", "dB", "-6", up(-25, 5), TooManyErrors, |_, over| {
            with(
                |_| plain(-12.0, 80.0, 80.0),
                move |rng, recording| {
                    let band = one_of(rng, &THIRD_TONES);
                    steady(recording, &[between(rng, band.0, band.1)], -12.0 + over);
                },
            )
        }),
        limit("overdriven", "dB over full scale", "10", up(0, 40), TooManyErrors, |_, over| {
            with(
                |_| plain(USUAL, 80.0, 80.0),
                move |_, recording| {
                    Gain::new(full_scale_pair() - USUAL + over).apply(&mut recording.samples);
                },
            )
        }),
        limit("over music", "dB", "9 (spandsp 12)", down(25, 0), TooManyErrors, |sources, above| {
            over_sound(move |rng, length| sources.music(rng, length), above)
        }),
        limit("over speech", "dB", "9 (spandsp 15)", down(25, 0), TooManyErrors, |sources, above| {
            over_sound(move |rng, length| sources.speech(rng, length), above)
        }),
    ]
}

fn row(each: impl Fn(&mut ChaCha8Rng) -> Settings + Send + Sync + 'static) -> Make {
    with(each, |_, _| {})
}

fn with(
    each: impl Fn(&mut ChaCha8Rng) -> Settings + Send + Sync + 'static,
    line: impl Fn(&mut ChaCha8Rng, &mut Recording) + Send + Sync + 'static,
) -> Make {
    Box::new(move |rng| {
        let keys = digits(rng, KEYS);
        let mut recording = keyed(rng, &keys, |rng, _| each(rng));
        line(rng, &mut recording);
        recording
    })
}

fn over_noise(snr: f64, ms: f64) -> Make {
    with(
        move |_| plain(USUAL, ms, ms),
        move |rng, recording| {
            noise(rng, recording, pair_level(&plain(USUAL, ms, ms)) - snr);
        },
    )
}

fn over_sound(
    sound: impl Fn(&mut ChaCha8Rng, usize) -> Vec<i16> + Send + Sync + 'static,
    above: f64,
) -> Make {
    with(
        |_| plain(USUAL, 80.0, 80.0),
        move |rng, recording| {
            let sound = sound(rng, recording.samples.len());
            let gain = pair_level(&plain(USUAL, 80.0, 80.0)) - above - active_level(&sound);
            mix(&mut recording.samples, &sound, gain);
        },
    )
}
