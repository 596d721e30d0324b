//! The samples of a report: each sound once, in µ-law, as far as anybody hears it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::control::call::{Language, Prompt};
use crate::media::g711::Law;
use crate::media::library::{Library, Sound};
use crate::media::rate::SAMPLES_PER_SECOND;
use crate::media::speaker::{Speaker, VOICES};

/// Samples of a simulated voice: one syllable and its pause, which repeat.
const VOICE: usize = SAMPLES_PER_SECOND as usize * 35 / 100;

/// Samples of a simulated tone, a second, which repeats.
const TONE: usize = SAMPLES_PER_SECOND as usize;

/// A sound of the report.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum SoundKey {
    Prompt(Prompt, Language),
    HoldMusic,
    Voice(u32),
    Tone(u32),
    /// A recording that a caller plays.
    Recording(usize),
}

/// All sounds, each with its number and as many samples as are heard.
#[derive(Debug, Default)]
pub(super) struct Sounds {
    known: BTreeMap<SoundKey, Kept>,
    /// What callers play, each once.
    recordings: Vec<Sound>,
}

#[derive(Debug)]
struct Kept {
    number: usize,
    sound: Sound,
    /// How many samples are heard.
    heard: usize,
}

impl Sounds {
    /// The key of a recording that a caller plays.
    pub(super) fn recording(&mut self, sound: &Sound) -> SoundKey {
        let known = self.recordings.iter().position(|known| known == sound);
        SoundKey::Recording(known.unwrap_or_else(|| {
            self.recordings.push(sound.clone());
            self.recordings.len() - 1
        }))
    }

    /// The number of a sound that is heard up to this sample.
    pub(super) fn number(&mut self, key: SoundKey, until: u32, library: &Library) -> Option<usize> {
        let next = self.known.len() + 1;
        if let Entry::Vacant(vacant) = self.known.entry(key) {
            let sound = match key {
                SoundKey::Prompt(prompt, language) => library.prompt(prompt, language)?.clone(),
                SoundKey::HoldMusic => library.hold_music().clone(),
                SoundKey::Voice(number) => {
                    let mut syllable = vec![0; VOICE];
                    Speaker::new(number % VOICES).speak(&mut syllable);
                    Sound::new(&syllable)
                }
                SoundKey::Tone(number) => {
                    let mut tone = vec![0; TONE];
                    Speaker::new(number % VOICES).hum(&mut tone);
                    Sound::new(&tone)
                }
                SoundKey::Recording(place) => self.recordings.get(place)?.clone(),
            };
            vacant.insert(Kept { number: next, sound, heard: 0 });
        }
        let kept = self.known.get_mut(&key)?;
        let until = usize::try_from(until).unwrap_or(usize::MAX).min(kept.sound.len());
        kept.heard = kept.heard.max(until);
        Some(kept.number)
    }

    /// Writes all of them.
    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        for kept in self.known.values() {
            let codes = kept.sound.samples().take(kept.heard).map(|sample| Law::Pcmu.encode_sample(sample));
            let text = STANDARD.encode(codes.collect::<Vec<u8>>());
            writeln!(out, "<script type=\"text/plain\" id=\"sound-{}\">{text}</script>", kept.number)?;
        }
        Ok(())
    }
}
