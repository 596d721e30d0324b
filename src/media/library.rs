//! The sounds of a bridge: every prompt in every language, hold music and tones. Shared by all who play them; the
//! built-in ones are part of the program and are played from where they lie in it.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use include_dir::{Dir, include_dir};

use super::manifest::Manifest;
use super::rate::SAMPLES_PER_SECOND;
use super::{tone, wav};
use crate::control::call::{Language, Prompt, Tone};

static PROMPTS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../assets/prompts");
static MUSIC: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../assets/music");

/// Numbers that are spoken as one prompt, from 0.
pub const NUMBERS: u8 = 21;

/// Samples in a millisecond.
const PER_MILLISECOND: usize = SAMPLES_PER_SECOND as usize / 1000;

/// Samples at [`SAMPLES_PER_SECOND`], mono. A clone shares them.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Sound {
    /// 16 bit each, little-endian, as a WAV file has them.
    bytes: Bytes,
}

impl Sound {
    /// The sound with these samples.
    #[must_use]
    pub fn new(samples: &[i16]) -> Self {
        Self { bytes: samples.iter().flat_map(|sample| sample.to_le_bytes()).collect() }
    }

    /// Returns the number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len() / 2
    }

    /// Returns whether there are not one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Returns the duration in whole milliseconds, rounded up: a listener who waits that long has heard all of it.
    #[must_use]
    pub fn duration(&self) -> Duration {
        Duration::from_millis(self.len().div_ceil(PER_MILLISECOND) as u64)
    }

    /// All samples.
    pub fn samples(&self) -> impl ExactSizeIterator<Item = i16> + '_ {
        self.bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
    }

    /// Copies the samples from this place on, as far as both reach. How many were copied.
    pub(super) fn copy(&self, from: usize, out: &mut [i16]) -> usize {
        let there = self.bytes.get(2 * from..).unwrap_or_default();
        let pairs = there.chunks_exact(2);
        let count = pairs.len().min(out.len());
        for (sample, pair) in out.iter_mut().zip(pairs) {
            *sample = i16::from_le_bytes([pair[0], pair[1]]);
        }
        count
    }
}

impl fmt::Debug for Sound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sound({} samples)", self.len())
    }
}

/// All sounds of a bridge.
#[derive(Clone)]
pub struct Library {
    /// By language, then by place: those of [`Prompt::NAMED`], then the numbers.
    prompts: Vec<Vec<Sound>>,
    low: Sound,
    high: Sound,
    hold_music: Sound,
}

impl Library {
    /// The sounds that this program was built with.
    #[must_use]
    pub fn built_in() -> &'static Arc<Self> {
        static BUILT_IN: OnceLock<Arc<Library>> = OnceLock::new();
        BUILT_IN.get_or_init(|| {
            let manifest = Manifest::built_in();
            let sound = |language: Language, prompt: Prompt| {
                let entry = manifest.prompt(language.tag(), prompt.name());
                let file = entry.and_then(|entry| PROMPTS.get_file(entry.file.strip_prefix("prompts/")?));
                stored(file).expect("every prompt is in the program, as a test of the assets looks")
            };
            let prompts = Language::ALL
                .map(|language| Self::recordings().map(|prompt| sound(language, prompt)).collect());
            let music =
                manifest.hold_music().file.strip_prefix("music/").and_then(|file| MUSIC.get_file(file));
            Arc::new(Self {
                prompts: prompts.into(),
                low: Sound::new(&tone::samples(Tone::Low)),
                high: Sound::new(&tone::samples(Tone::High)),
                hold_music: stored(music)
                    .expect("the music is in the program, as a test of the assets looks"),
            })
        })
    }

    /// A prompt's sound; `None` for a recorded name, which belongs to its caller.
    #[must_use]
    pub fn prompt(&self, prompt: Prompt, language: Language) -> Option<&Sound> {
        match (prompt, place(prompt)) {
            (Prompt::Tone(Tone::Low), _) => Some(&self.low),
            (Prompt::Tone(Tone::High), _) => Some(&self.high),
            (_, place) => Some(&self.prompts[language as usize][place?]),
        }
    }

    /// Returns the duration of a prompt, in whole milliseconds.
    #[must_use]
    pub fn duration(&self, prompt: Prompt, language: Language) -> Duration {
        match (prompt, self.prompt(prompt, language)) {
            (Prompt::RecordedName { millis, .. }, _) => Duration::from_millis(millis.into()),
            (_, sound) => sound.map(Sound::duration).unwrap_or_default(),
        }
    }

    /// The music on hold: a loop.
    #[must_use]
    pub fn hold_music(&self) -> &Sound {
        &self.hold_music
    }

    /// Takes another recording of a prompt. Nothing changes for tones and recorded names.
    pub fn set_prompt(&mut self, prompt: Prompt, language: Language, sound: Sound) {
        if let Some(place) = place(prompt) {
            self.prompts[language as usize][place] = sound;
        }
    }

    /// Takes other music.
    pub fn set_hold_music(&mut self, music: Sound) {
        self.hold_music = music;
    }

    /// Every prompt that is one recording for each language.
    pub fn recordings() -> impl Iterator<Item = Prompt> {
        Prompt::NAMED.iter().copied().chain((0..NUMBERS).map(Prompt::Number))
    }
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Library").field("hold_music", &self.hold_music).finish_non_exhaustive()
    }
}

/// The place of a prompt in the order of [`Library::recordings`].
fn place(prompt: Prompt) -> Option<usize> {
    match (prompt, prompt.place()) {
        (Prompt::Number(number), _) => Some(Prompt::NAMED.len() + usize::from(number.min(NUMBERS - 1))),
        (_, place) => place,
    }
}

/// The samples of a built-in file, where they lie.
fn stored(file: Option<&'static include_dir::File<'static>>) -> Option<Sound> {
    let bytes = file?.contents();
    let samples = wav::samples_as_stored(bytes)?;
    Some(Sound { bytes: Bytes::from_static(&bytes[samples]) })
}
