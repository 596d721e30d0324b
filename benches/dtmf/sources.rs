//! Speech and music: the sounds of this program, and any folder of WAV files.

use std::path::{Path, PathBuf};
use std::{fs, io};

use attendant::media::impair::line::Gain;
use attendant::media::manifest::Manifest;
use attendant::media::rate::SAMPLES_PER_SECOND;
use rand::RngExt;
use rand::rngs::ChaCha8Rng;

use crate::signal::{active_level, at_speed, between};

/// The level that speech and music are brought to, active parts in dBm0: what a telephone network expects.
const USUAL_DBM0: f64 = -18.0;

/// Recordings to take passages from.
pub(crate) struct Sources {
    pub(crate) prompts: Vec<Vec<i16>>,
    pub(crate) music: Vec<i16>,
}

impl Sources {
    /// The prompts of all languages and the music on hold.
    pub(crate) fn read() -> Self {
        let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
        let manifest = Manifest::built_in();
        let entries = manifest.languages().flat_map(|language| manifest.prompts(language));
        let files = entries.map(|(_, entry)| assets.join(&entry.file));
        let read = |path: &Path| {
            let sound = wav(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            leveled(sound)
        };
        Self {
            prompts: files.map(|path| read(&path)).collect(),
            music: read(&assets.join(&manifest.hold_music().file)),
        }
    }

    /// Somebody who talks: prompts one after the other, each in a voice of its own.
    pub(crate) fn speech(&self, rng: &mut ChaCha8Rng, samples: usize) -> Vec<i16> {
        let mut speech = Vec::with_capacity(samples);
        while speech.len() < samples {
            let prompt = &self.prompts[rng.random_range(0..self.prompts.len())];
            speech.extend(at_speed(prompt, between(rng, 0.75, 1.3)));
        }
        speech.truncate(samples);
        speech
    }

    /// A passage of music at some speed.
    pub(crate) fn music(&self, rng: &mut ChaCha8Rng, samples: usize) -> Vec<i16> {
        let speed = between(rng, 0.6, 1.6);
        let needed = (samples as f64 * speed) as usize + 4;
        let from = rng.random_range(0..self.music.len());
        let passage: Vec<i16> = self.music.iter().cycle().skip(from).take(needed).copied().collect();
        let mut music = at_speed(&passage, speed);
        music.truncate(samples);
        music
    }
}

fn leveled(mut sound: Vec<i16>) -> Vec<i16> {
    let level = active_level(&sound);
    if level.is_finite() {
        Gain::new(USUAL_DBM0 - level).apply(&mut sound);
    }
    sound
}

/// Every WAV file below a folder, in order, with its samples; the first channel of several, at 8,000 samples a second
/// whatever the file has.
pub(crate) fn wavs_below(folder: &Path) -> io::Result<Vec<(PathBuf, Vec<i16>)>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("wav")) {
                found.push(path);
            }
        }
    }
    found.sort();
    let read = |path: PathBuf| {
        let sound = wav(&path).map_err(|error| io::Error::other(format!("{}: {error}", path.display())))?;
        Ok((path, sound))
    };
    found.into_iter().map(read).collect()
}

fn wav(path: &Path) -> Result<Vec<i16>, hound::Error> {
    let mut reader = hound::WavReader::open(path)?;
    let spec = reader.spec();
    let every = usize::from(spec.channels);
    let sound: Vec<i16> = match spec.sample_format {
        hound::SampleFormat::Int => {
            let all: Result<Vec<i32>, _> = reader.samples::<i32>().step_by(every).collect();
            let narrow = |value: i32| {
                let value = i64::from(value) << 16 >> spec.bits_per_sample;
                i16::try_from(value).expect("as many bits as the file says")
            };
            all?.into_iter().map(narrow).collect()
        }
        hound::SampleFormat::Float => {
            let all: Result<Vec<f32>, _> = reader.samples::<f32>().step_by(every).collect();
            all?.into_iter()
                .map(|value| attendant::media::level::sample(f64::from(value) * 32768.0))
                .collect()
        }
    };
    let speed = f64::from(spec.sample_rate) / f64::from(SAMPLES_PER_SECOND);
    if spec.sample_rate == SAMPLES_PER_SECOND {
        return Ok(sound);
    }
    // A mean over the step keeps most of what is above the new band from being folded into it.
    let step = (speed.ceil() as usize).max(1);
    let mean = |window: &[i16]| {
        let sum: i32 = window.iter().map(|value| i32::from(*value)).sum();
        attendant::media::level::sample(f64::from(sum) / step as f64)
    };
    let smooth: Vec<i16> = sound.windows(step).map(mean).collect();
    Ok(at_speed(&smooth, speed))
}
