//! The sounds of a library as telephones get them: encoded once, in both laws, one byte string each, so that the payload
//! of any packet is a slice of it. G.711 has no memory, so a caller may begin at any sample.

use std::collections::BTreeMap;
use std::fmt;

use crate::control::call::{Language, Prompt, Tone};
use crate::media::g711::Law;
use crate::media::library::{Library, NUMBERS, Sound};
use crate::media::rate::FRAME;

/// The codes of one packet of 20 ms.
pub type Payload = [u8; FRAME];

/// Where a sound lies among the codes, which is the same in both laws.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Clip {
    start: u32,
    /// In samples, without the codes that follow for the sake of its last packet.
    length: u32,
}

/// Codes in both laws. Behind each sound stands what is heard after it for one packet's time: silence, or the beginning
/// of a loop; so a packet that its end falls into is a slice too.
struct Codes {
    by_law: [Vec<u8>; Law::ALL.len()],
}

impl Codes {
    /// Begins with a packet of silence.
    fn new() -> Self {
        Self { by_law: Law::ALL.map(|law| vec![law.silence(); FRAME]) }
    }

    fn add(&mut self, sound: &Sound, is_loop: bool) -> Clip {
        let samples: Vec<i16> = sound.samples().collect();
        let start = self.by_law[0].len();
        for (law, codes) in Law::ALL.into_iter().zip(&mut self.by_law) {
            law.encode(&samples, codes);
            if is_loop && !samples.is_empty() {
                (0..FRAME).for_each(|at| codes.push(codes[start + at]));
            } else {
                codes.extend([law.silence(); FRAME]);
            }
        }
        let fits = "sounds of less than six days";
        Clip { start: u32::try_from(start).expect(fits), length: u32::try_from(samples.len()).expect(fits) }
    }

    fn packet(&self, law: Law, from: usize) -> &Payload {
        let codes = &self.by_law[law as usize][from..];
        codes.first_chunk().expect("a packet's codes follow each sound")
    }

    fn silence(&self, law: Law) -> &Payload {
        self.packet(law, 0)
    }

    fn once(&self, law: Law, clip: Clip, from: u64) -> &Payload {
        match u32::try_from(from).ok().filter(|from| *from < clip.length) {
            Some(from) => self.packet(law, (clip.start + from) as usize),
            None => self.silence(law),
        }
    }

    fn looped(&self, law: Law, clip: Clip, from: u64) -> &Payload {
        match from.checked_rem(clip.length.into()) {
            Some(from) => self.packet(law, clip.start as usize + from as usize),
            None => self.silence(law),
        }
    }
}

/// Every sound of a library. Shared by all who play them.
pub struct EncodedLibrary {
    codes: Codes,
    prompts: BTreeMap<(Prompt, Language), Clip>,
    hold_music: Clip,
}

impl EncodedLibrary {
    /// Encodes all sounds of a library: some tens of milliseconds of work, and two bytes a sample.
    #[must_use]
    pub fn new(library: &Library) -> Self {
        let mut codes = Codes::new();
        let tones = [Tone::Low, Tone::High].map(Prompt::Tone);
        let mut prompts = BTreeMap::new();
        for prompt in Library::recordings().chain(tones) {
            for language in Language::ALL {
                if let Some(sound) = library.prompt(prompt, language) {
                    prompts.insert((prompt, language), codes.add(sound, false));
                }
            }
        }
        let hold_music = codes.add(library.hold_music(), true);
        Self { codes, prompts, hold_music }
    }

    /// A prompt's sound; `None` for a recorded name, which belongs to its caller.
    #[must_use]
    pub fn prompt(&self, prompt: Prompt, language: Language) -> Option<Clip> {
        let known = if let Prompt::Number(number) = prompt {
            Prompt::Number(number.min(NUMBERS - 1))
        } else {
            prompt
        };
        self.prompts.get(&(known, language)).copied()
    }

    /// Silence, for one packet.
    pub(super) fn silence(&self, law: Law) -> &Payload {
        self.codes.silence(law)
    }

    /// What is heard of a sound that is played once, from this sample on.
    pub(super) fn once(&self, law: Law, clip: Clip, from: u64) -> &Payload {
        self.codes.once(law, clip, from)
    }

    /// What is heard of the music on hold, from this sample of its endless loop on.
    pub(super) fn hold_music(&self, law: Law, from: u64) -> &Payload {
        self.codes.looped(law, self.hold_music, from)
    }
}

impl fmt::Debug for EncodedLibrary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncodedLibrary").field("hold_music", &self.hold_music).finish_non_exhaustive()
    }
}

/// A sound that is not in the library: the name that a caller recorded.
pub struct EncodedName {
    codes: Codes,
    clip: Clip,
}

impl EncodedName {
    /// Encodes a recording.
    #[must_use]
    pub fn new(sound: &Sound) -> Self {
        let mut codes = Codes::new();
        let clip = codes.add(sound, false);
        Self { codes, clip }
    }

    /// What is heard of it from this sample on.
    pub(super) fn once(&self, law: Law, from: u64) -> &Payload {
        self.codes.once(law, self.clip, from)
    }
}

impl fmt::Debug for EncodedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncodedName").field("clip", &self.clip).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(law: Law, samples: &[i16]) -> Vec<u8> {
        samples.iter().map(|sample| law.encode_sample(*sample)).collect()
    }

    #[test]
    fn every_sound_of_the_library_is_encoded_in_both_laws() {
        let library = Library::built_in();
        let encoded = EncodedLibrary::new(library);
        let tones = [Tone::Low, Tone::High].map(Prompt::Tone);
        let beyond = [NUMBERS, u8::MAX].map(Prompt::Number);
        for prompt in Library::recordings().chain(tones).chain(beyond) {
            for language in Language::ALL {
                let clip = encoded.prompt(prompt, language).unwrap();
                let sound = library.prompt(prompt, language).unwrap();
                assert_eq!(clip.length as usize, sound.len(), "{prompt:?}");
                let first: Vec<i16> = sound.samples().take(FRAME).collect();
                for law in Law::ALL {
                    assert_eq!(encoded.once(law, clip, 0)[..], codes(law, &first), "{prompt:?} {law:?}");
                }
            }
        }
        let name = Prompt::RecordedName { leg: crate::control::call::LegId::new(1), millis: 900 };
        assert_eq!(encoded.prompt(name, Language::EnUs), None);
    }

    #[test]
    fn a_loop_shorter_than_a_packet_goes_round_within_it() {
        let mut library = Library::clone(Library::built_in());
        library.set_hold_music(Sound::new(&[100, 2_000, -3_000]));
        let encoded = EncodedLibrary::new(&library);
        for law in Law::ALL {
            let round = codes(law, &[2_000, -3_000, 100]).repeat(54);
            assert_eq!(encoded.hold_music(law, 3_000_000_001)[..], round[..FRAME]);
        }
        library.set_hold_music(Sound::default());
        let silent = EncodedLibrary::new(&library);
        assert_eq!(silent.hold_music(Law::Pcma, 7), silent.silence(Law::Pcma));
    }

    #[test]
    fn a_sound_ends_in_silence() {
        let name = EncodedName::new(&Sound::new(&[9_000; 200]));
        for law in Law::ALL {
            let expected = [codes(law, &[9_000; 40]), vec![law.silence(); 120]].concat();
            assert_eq!(name.once(law, 160)[..], expected);
            for beyond in [200, 201, u64::MAX] {
                assert_eq!(name.once(law, beyond), &[law.silence(); FRAME]);
            }
        }
    }
}
