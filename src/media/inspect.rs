//! Finds faults of a recording by measuring it: level, clipping, silence at its ends, DC, keys heard in it, and
//! for a loop the seam.

use std::fmt;
use std::time::Duration;

use super::dtmf::detector::decode;
use super::level::{decibels, level, level_of_power};
use super::rate::SAMPLES_PER_SECOND;
use super::speech_level::{SpeechLevel, dbm0, measure};

/// The active speech level of the built-in prompts, in dBov; others may be [`LEVEL_TOLERANCE`] away.
pub const PROMPT_LEVEL: f64 = -23.0;
/// The level of the built-in music, in dBov: 3 dB below the prompts, so that a prompt stands out.
pub const MUSIC_LEVEL: f64 = -26.0;
/// Maximum deviation from those levels, in dB. Beyond it, callers adjust the volume.
pub const LEVEL_TOLERANCE: f64 = 6.0;
/// Maximum deviation of a prompt's level from the others of its language, in dB: twice the just noticeable difference
/// for speech.
pub const UNEVEN: f64 = 3.0;
/// The longest silence before a prompt: the caller takes it for a bridge that does not react.
pub const SILENCE_BEFORE: Duration = Duration::from_millis(300);
/// The longest silence after a prompt.
pub const SILENCE_AFTER: Duration = Duration::from_millis(600);
/// The largest DC part, in dBm0: a hundredth of full scale, which does not click where a recording begins or ends.
const DC_MAX: f64 = -34.0;
/// The longest gap in a loop's seam: what BEHAVIOUR 6.5 allows music to be cut.
const GAP_MAX: Duration = Duration::from_millis(40);
/// Maximum excess of a bend at a loop's seam over the music around it, in dB: the sharpest beat within the
/// built-in music stands out by 14 dB.
const CLICK_MAX: f64 = 15.0;

/// The step in which silence is measured: 10 ms.
const WINDOW: usize = SAMPLES_PER_SECOND as usize / 100;
/// The level below the active level that counts as silence, in dB.
const SILENCE_BELOW: f64 = 35.0;
/// The surroundings of a seam: 50 ms on each side.
const AROUND: usize = SAMPLES_PER_SECOND as usize / 20;

/// The measurements of a recording.
#[derive(Clone, PartialEq, Debug)]
pub struct Inspection {
    /// How long it is.
    pub length: Duration,
    /// How loud it is while somebody speaks; `None` if nobody does.
    pub level: Option<SpeechLevel>,
    /// The highest sample in dB of full scale.
    pub peak_dbfs: f64,
    /// Silence before the first sound and after the last.
    pub silence: [Duration; 2],
    /// How a loop joins; `None` if it is not a loop.
    pub seam: Option<Seam>,
    /// The faults.
    pub faults: Vec<Fault>,
}

/// The transition from the end of a loop to its beginning.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Seam {
    /// How far the sharpest bend within three samples of the seam stands out of the 50 ms on each side, in dB.
    pub click_db: f64,
    /// Silence on both sides together.
    pub gap: Duration,
}

/// Something that a caller would complain of.
#[derive(Clone, PartialEq, Debug)]
pub enum Fault {
    /// Nobody speaks in it.
    Silent,
    /// This much louder than is right, in dB.
    Loud(f64),
    /// This much softer than is right, in dB.
    Soft(f64),
    /// This much louder than the other prompts, or softer if negative, in dB.
    Uneven(f64),
    /// So many samples in a row at full scale.
    Clipped(usize),
    /// So much silence before the first sound.
    Before(Duration),
    /// So much silence after the last.
    After(Duration),
    /// A DC part of so many dBm0.
    Dc(f64),
    /// These keys are heard in it: a bridge would take them for the caller's.
    Keys(String),
    /// The loop clicks where it joins: so many dB over the sound around.
    Click(f64),
    /// The loop has a gap where it joins.
    Gap(Duration),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |duration: &Duration| duration.as_millis();
        match self {
            Self::Silent => f.write_str("it is silent"),
            Self::Loud(db) => write!(f, "too loud by {db:.1} dB"),
            Self::Soft(db) => write!(f, "too soft by {db:.1} dB"),
            Self::Uneven(db) if *db < 0.0 => write!(f, "{:.1} dB softer than the other prompts", -db),
            Self::Uneven(db) => write!(f, "{db:.1} dB louder than the other prompts"),
            Self::Clipped(samples) => write!(f, "clipped: {samples} samples in a row at full scale"),
            Self::Before(silence) => {
                write!(f, "{} ms of silence before it, at most {}", ms(silence), ms(&SILENCE_BEFORE))
            }
            Self::After(silence) => {
                write!(f, "{} ms of silence after it, at most {}", ms(silence), ms(&SILENCE_AFTER))
            }
            Self::Dc(dbm0) => write!(f, "a DC offset of {dbm0:.0} dBm0: high-pass it at 100 Hz or more"),
            Self::Keys(keys) => write!(f, "the detector hears the keys {keys} in it"),
            Self::Click(db) => write!(f, "clicks where the loop joins, {db:.0} dB above the music around it"),
            Self::Gap(gap) => {
                write!(f, "a gap of {} ms where the loop joins, at most {}", ms(gap), ms(&GAP_MAX))
            }
        }
    }
}

/// Inspects a prompt: samples at [`SAMPLES_PER_SECOND`], and how many in a row were at full scale in its file.
#[must_use]
pub fn prompt(samples: &[i16], clipped: usize) -> Inspection {
    let mut inspection = inspect(samples, clipped, PROMPT_LEVEL);
    let [before, after] = inspection.silence;
    if inspection.level.is_some() && before > SILENCE_BEFORE {
        inspection.faults.push(Fault::Before(before));
    }
    if inspection.level.is_some() && after > SILENCE_AFTER {
        inspection.faults.push(Fault::After(after));
    }
    inspection
}

/// Inspects hold music, likewise: a loop.
#[must_use]
pub fn hold_music(samples: &[i16], clipped: usize) -> Inspection {
    let mut inspection = inspect(samples, clipped, MUSIC_LEVEL);
    if inspection.level.is_some() {
        let seam = Seam { click_db: click(samples), gap: inspection.silence.iter().sum() };
        if seam.click_db > CLICK_MAX {
            inspection.faults.push(Fault::Click(seam.click_db));
        }
        if seam.gap > GAP_MAX {
            inspection.faults.push(Fault::Gap(seam.gap));
        }
        inspection.seam = Some(seam);
    }
    inspection
}

fn inspect(samples: &[i16], clipped: usize, wanted: f64) -> Inspection {
    let level = measure(samples);
    let mut faults = Vec::new();
    match level.map(|level| level.active_dbov - wanted) {
        None => faults.push(Fault::Silent),
        Some(over) if over > LEVEL_TOLERANCE => faults.push(Fault::Loud(over)),
        Some(over) if over < -LEVEL_TOLERANCE => faults.push(Fault::Soft(-over)),
        Some(_) => {}
    }
    if clipped >= CLIPPED_RUN {
        faults.push(Fault::Clipped(clipped));
    }
    let mean = samples.iter().map(|sample| f64::from(*sample)).sum::<f64>() / samples.len().max(1) as f64;
    let dc = level_of_power(mean * mean);
    if dc > DC_MAX {
        faults.push(Fault::Dc(dc));
    }
    let keys: String = decode(samples).iter().map(|press| press.digit.symbol()).collect();
    if !keys.is_empty() {
        faults.push(Fault::Keys(keys));
    }
    let peak = samples.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or(0);
    Inspection {
        length: Duration::from_millis(samples.len() as u64 * 1000 / u64::from(SAMPLES_PER_SECOND)),
        level,
        peak_dbfs: decibels(f64::from(peak) / 32_768.0),
        silence: level.map_or([Duration::ZERO; 2], |level| silence(samples, &level)),
        seam: None,
        faults,
    }
}

/// So many equal samples in a row at full scale are a flat top: a sine has two at most.
const CLIPPED_RUN: usize = 3;

/// Silence before the first and after the last sound.
fn silence(samples: &[i16], level_of_speech: &SpeechLevel) -> [Duration; 2] {
    let threshold = dbm0(level_of_speech.active_dbov) - SILENCE_BELOW;
    let is_quiet = |window: &&[i16]| level(window) < threshold;
    let before = samples.chunks(WINDOW).take_while(is_quiet).count();
    let after = samples.rchunks(WINDOW).take_while(is_quiet).count();
    [before, after].map(|windows| Duration::from_millis(10 * windows as u64))
}

/// Returns how far the sharpest bend at the seam stands out. A bend is the third difference: what a smooth sound has
/// little of, and a step, a kink or a missing sample much.
fn click(samples: &[i16]) -> f64 {
    let count = samples.len();
    let at = |place: usize| f64::from(samples[place % count]);
    // Those whose four samples lie on both sides of the seam, and their neighbours.
    let bend = |last: usize| at(last) - 3.0 * at(last - 1) + 3.0 * at(last - 2) - at(last - 3);
    let around = AROUND.min(count / 4);
    let (mut sharpest, mut sum, mut others) = (0.0_f64, 0.0, 0_u32);
    for last in 2 * count - around..2 * count + around {
        let bend = bend(last);
        if (2 * count..2 * count + 3).contains(&last) {
            sharpest = sharpest.max(bend.abs());
        } else {
            sum += bend * bend;
            others += 1;
        }
    }
    let usual = (sum / f64::from(others.max(1))).sqrt();
    decibels(sharpest / usual.max(1.0))
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;
    use crate::media::dtmf::generator::{Settings, dial, keys};

    /// A sound of many tones, 2 s long and as loud as a prompt, that runs into itself.
    fn chord(dbov: f64) -> Vec<i16> {
        let tones = [300.0, 437.5, 611.0, 893.5, 1_290.0];
        let peak = 10_f64.powf(dbov / 20.0) * 2_f64.sqrt() * 32_768.0 / 5_f64.sqrt();
        let sample = |at: usize| {
            let phase = TAU * at as f64 / 8_000.0;
            tones.iter().map(|hertz| peak * (hertz * phase).sin()).sum::<f64>().round() as i16
        };
        (0..16_000).map(sample).collect()
    }

    fn faults(samples: &[i16]) -> Vec<Fault> {
        prompt(samples, 0).faults
    }

    #[test]
    fn a_sound_recording_has_no_fault() {
        let inspection = prompt(&chord(PROMPT_LEVEL), 2);
        assert_eq!(inspection.faults, []);
        assert_eq!(inspection.length, Duration::from_secs(2));
        let music = hold_music(&chord(MUSIC_LEVEL), 0);
        assert_eq!(music.faults, [], "{music:?}");
    }

    #[test]
    fn too_loud_too_soft_and_silent_are_told_by_how_much() {
        assert!(matches!(faults(&chord(-13.0))[..], [Fault::Loud(db)] if (db - 10.0).abs() < 0.2));
        assert!(matches!(faults(&chord(-35.0))[..], [Fault::Soft(db)] if (db - 12.0).abs() < 0.2));
        assert_eq!(faults(&[0; 8_000]), [Fault::Silent]);
        assert_eq!(faults(&[]), [Fault::Silent]);
    }

    #[test]
    fn flat_tops_are_clipping() {
        assert_eq!(prompt(&chord(PROMPT_LEVEL), 3).faults, [Fault::Clipped(3)]);
    }

    #[test]
    fn silence_at_the_ends_is_measured() {
        let sound = chord(PROMPT_LEVEL);
        let padded = [&[0; 4_000][..], &sound, &[0; 5_600]].concat();
        let [before, after] = [500, 700].map(Duration::from_millis);
        assert_eq!(faults(&padded), [Fault::Before(before), Fault::After(after)]);
        assert_eq!(prompt(&padded, 0).silence, [before, after]);
    }

    #[test]
    fn dc_is_found() {
        let shifted: Vec<i16> = chord(PROMPT_LEVEL).iter().map(|sample| sample + 700).collect();
        assert!(
            matches!(faults(&shifted)[..], [Fault::Dc(dbm0)] if (dbm0 + 27.3).abs() < 0.5),
            "{:?}",
            faults(&shifted)
        );
    }

    #[test]
    fn keys_in_a_recording_are_found() {
        let keys = dial(&keys("5#").unwrap(), &Settings::default());
        let samples = [chord(PROMPT_LEVEL), keys].concat();
        assert!(faults(&samples).contains(&Fault::Keys("5#".to_owned())), "{:?}", faults(&samples));
    }

    #[test]
    fn a_loop_that_steps_or_pauses_where_it_joins_is_found() {
        let music = chord(MUSIC_LEVEL);
        // Cut where it stands high: the sound jumps back to its beginning.
        let peak = (14_000..16_000).max_by_key(|at| music[*at]).unwrap();
        assert!(matches!(hold_music(&music[..peak], 0).faults[..], [Fault::Click(_)]));
        let paused = [&music[..], &[0; 480]].concat();
        assert!(hold_music(&paused, 0).faults.contains(&Fault::Gap(Duration::from_millis(60))));
    }
}
