//! The detector that ours is measured against side by side: the classic design of blocks of 12.75 ms, eight Goertzel
//! filters, and a key that counts when two blocks in a row agree, as many open detectors have it.

use attendant::media::dtmf::{HIGH_GROUP, LOW_GROUP, Press, key_at};
use attendant::media::level::{level_of_power, power};
use attendant::media::rate::SAMPLES_PER_SECOND;

/// 102 samples: the Goertzel filters are about 80 Hz wide, as far as the tones are apart.
const BLOCK: usize = 102;

/// The weakest tone, in dBm0.
const QUIETEST: f64 = -38.0;

/// By how many dB a tone must stand out from the others of its group.
const STANDS_OUT_DB: f64 = 8.0;

/// How much stronger the low tone may be, and the high one, in dB.
const TWIST_DB: [f64; 2] = [8.0, 4.0];

/// What part of the block's power the two tones must have, at the least.
const PURITY: f64 = 0.66;

/// What a block holds: row, column, and the levels of both tones.
type Found = Option<(usize, usize, [f64; 2])>;

pub(crate) fn decode(samples: &[i16]) -> Vec<Press> {
    let mut presses: Vec<Press> = Vec::new();
    let mut last: Found = None;
    let mut pressed: Option<(usize, usize)> = None;
    for (number, block) in samples.chunks_exact(BLOCK).enumerate() {
        let (from, to) = ((number * BLOCK) as u64, ((number + 1) * BLOCK) as u64);
        let found = key_in(block);
        let place = |found: Found| found.map(|(row, column, _)| (row, column));
        // A key begins when two blocks agree, and ends when two blocks do not have it.
        if place(found) == place(last) && place(found) != pressed {
            pressed = place(found);
            if let Some((row, column, [low, high])) = found {
                presses.push(Press {
                    digit: key_at(row, column).expect("a place of the keypad"),
                    start: from - BLOCK as u64,
                    end: to,
                    detected: to,
                    level_dbm0: ((low + high) / 2.0) as f32,
                    twist_db: (high - low) as f32,
                });
            }
        }
        if let Some(press) = presses.last_mut().filter(|_| pressed.is_some() && place(found) == pressed) {
            press.end = to;
        }
        last = found;
    }
    presses
}

fn key_in(block: &[i16]) -> Found {
    let all: f64 = block.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>() / BLOCK as f64;
    if all < power(QUIETEST) {
        return None;
    }
    let (row, low) = strongest(LOW_GROUP.map(|hz| tone_power(block, hz)))?;
    let (column, high) = strongest(HIGH_GROUP.map(|hz| tone_power(block, hz)))?;
    let levels = [low, high].map(level_of_power);
    let twist = levels[1] - levels[0];
    let fits = levels.iter().all(|level| *level >= QUIETEST)
        && (-TWIST_DB[0]..=TWIST_DB[1]).contains(&twist)
        && low + high >= PURITY * all;
    fits.then_some((row, column, levels))
}

/// The strongest of a group, if it stands out from all others.
fn strongest(powers: [f64; 4]) -> Option<(usize, f64)> {
    let (at, most) = powers.into_iter().enumerate().max_by(|one, other| one.1.total_cmp(&other.1))?;
    let next = powers.into_iter().enumerate().filter(|(other, _)| *other != at).map(|(_, power)| power);
    let margin = 10f64.powf(STANDS_OUT_DB / 10.0);
    (next.fold(0.0, f64::max) * margin <= most).then_some((at, most))
}

/// The mean square of the sine at this frequency, by Goertzel's recurrence.
fn tone_power(block: &[i16], hz: f64) -> f64 {
    let double_cosine = 2.0 * (std::f64::consts::TAU * hz / f64::from(SAMPLES_PER_SECOND)).cos();
    let (mut last, mut before) = (0.0, 0.0);
    for sample in block {
        (last, before) = (f64::from(*sample) + double_cosine * last - before, last);
    }
    let square = last * last + before * before - double_cosine * last * before;
    2.0 * square / (BLOCK * BLOCK) as f64
}

/// What this detector keeps between blocks, in bytes, were it streaming.
pub(crate) const STATE: usize = size_of::<[f64; 17]>();
