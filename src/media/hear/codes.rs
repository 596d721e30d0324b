//! Known sounds by their codes. Where nobody transcodes, what a packet holds is a slice of the sound that is played, byte for
//! byte: a comparison tells what is heard, from the first packet on, at a hundredth of what a fingerprint costs.

use std::sync::Arc;

use super::sounds::Known;
use crate::media::g711::Law;

/// Codes that are looked up together.
const WINDOW: usize = 16;

/// From one window that can be looked up to the next, in samples: any stretch of so many and a window holds one.
const STRIDE: usize = 32;

/// Different codes that a window has at least: silence and hum are the same everywhere.
const DIFFERENT: usize = 6;

/// Bits of the filter that most windows do not pass which are in no sound, as a power of two: 128 KiB.
const FILTER: u32 = 20;

/// A place within a sound.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Place {
    sound: usize,
    at: usize,
}

/// One sound among the codes.
#[derive(Clone, Debug)]
struct Coded {
    known: Known,
    start: usize,
    length: usize,
    is_loop: bool,
}

/// Sounds in one law.
#[derive(Clone)]
pub struct CodeBook {
    silence: u8,
    codes: Vec<u8>,
    sounds: Vec<Coded>,
    /// Windows by their hashes, those of one hash in the order of their places.
    windows: Vec<(u64, u32)>,
    filter: Vec<u64>,
}

impl std::fmt::Debug for CodeBook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CodeBook").field("sounds", &self.sounds.len()).finish_non_exhaustive()
    }
}

impl CodeBook {
    /// Encodes these sounds; what is a loop goes on from its start where it ends. Of sounds that begin alike, the earlier is
    /// taken for heard until they differ.
    #[must_use]
    pub fn new<S: Iterator<Item = i16>>(
        law: Law,
        sounds: impl IntoIterator<Item = (Known, S, bool)>,
    ) -> Self {
        let mut book = Self {
            silence: law.silence(),
            codes: Vec::new(),
            sounds: Vec::new(),
            windows: Vec::new(),
            filter: vec![0; (1 << FILTER) / 64],
        };
        for (known, samples, is_loop) in sounds {
            let start = book.codes.len();
            book.codes.extend(samples.map(|sample| law.encode_sample(sample)));
            let length = book.codes.len() - start;
            book.sounds.push(Coded { known, start, length, is_loop });
            for from in (start..).step_by(STRIDE).take_while(|from| from + WINDOW <= start + length) {
                let window = &book.codes[from..from + WINDOW];
                if is_distinct(window) {
                    book.windows.push((hash(window), u32::try_from(from).unwrap_or(u32::MAX)));
                }
            }
        }
        book.windows.sort_unstable();
        for (hash, _) in &book.windows {
            let (word, bit) = filter_place(*hash);
            book.filter[word] |= bit;
        }
        book
    }

    fn code(&self, Place { sound, at }: Place) -> u8 {
        let Coded { start, length, is_loop, .. } = self.sounds[sound];
        match at {
            at if at < length => self.codes[start + at],
            at if is_loop && length > 0 => self.codes[start + at % length],
            _ => self.silence,
        }
    }

    /// How many codes are those that are heard from this place on.
    fn same(&self, place: Place, codes: &[u8]) -> usize {
        let Coded { start, length, .. } = self.sounds[place.sound];
        // The plain case: the slice lies within the sound.
        if place.at + codes.len() <= length && self.codes[start + place.at..][..codes.len()] == *codes {
            return codes.len();
        }
        let heard = (place.at..).map(|at| self.code(Place { at, ..place }));
        codes.iter().zip(heard).take_while(|(code, heard)| **code == *heard).count()
    }

    /// The first place among these codes from which on a known sound is heard to their end: how many codes are before it.
    fn find(&self, codes: &[u8]) -> Option<(usize, Place)> {
        codes.windows(WINDOW).enumerate().find_map(|(offset, window)| {
            let hash = hash(window);
            let (word, bit) = filter_place(hash);
            if self.filter[word] & bit == 0 {
                return None;
            }
            let first = self.windows.partition_point(|(known, _)| *known < hash);
            let alike = self.windows[first..].iter().take_while(|(known, _)| *known == hash);
            alike.filter_map(|(_, from)| self.extended(codes, offset, *from as usize)).next()
        })
    }

    /// A window was found: how far the sound reaches back before it, if it is heard to the end.
    fn extended(&self, codes: &[u8], offset: usize, from: usize) -> Option<(usize, Place)> {
        let sound = self.sounds.partition_point(|sound| sound.start <= from) - 1;
        let place = Place { sound, at: from - self.sounds[sound].start };
        if self.same(place, &codes[offset..]) < codes.len() - offset {
            return None;
        }
        let back = (1..=offset.min(place.at))
            .take_while(|back| self.code(Place { at: place.at - back, ..place }) == codes[offset - back])
            .count();
        Some((offset - back, Place { at: place.at - back, ..place }))
    }

    fn is_silent(&self, codes: &[u8]) -> bool {
        codes.iter().all(|code| *code == self.silence)
    }
}

fn is_distinct(window: &[u8]) -> bool {
    let mut seen = [0_u64; 4];
    window.iter().for_each(|code| seen[usize::from(*code >> 6)] |= 1 << (code & 63));
    seen.iter().map(|word| word.count_ones() as usize).sum::<usize>() >= DIFFERENT
}

/// Mixes a window into a number: two multiplications (constants of splitmix64).
fn hash(window: &[u8]) -> u64 {
    let (first, second) = window.split_at(8);
    let word = |bytes: &[u8]| bytes.iter().fold(0_u64, |word, byte| word << 8 | u64::from(*byte));
    let mixed = word(first).wrapping_mul(0xBF58_476D_1CE4_E5B9) ^ word(second).rotate_left(31);
    let mixed = (mixed ^ mixed >> 29).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ mixed >> 32
}

fn filter_place(hash: u64) -> (usize, u64) {
    let bit = (hash & ((1 << FILTER) - 1)) as usize;
    (bit / 64, 1 << (bit % 64))
}

/// What a packet is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Slice {
    /// The slice of the sound that was to be expected.
    Equal,
    /// Silence.
    Silent,
    /// A sound ends in it, or another begins.
    Changes,
    /// Of no known sound, nor silence.
    Unknown,
}

/// What begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Beginning {
    /// This sound, whose first sample was, or would have been, the one with this number.
    Known(Known, i64),
    /// Silence.
    Silence,
}

/// Silence counts as such after so many samples: 200 ms. Sounds begin with up to 120 ms of it.
const QUIET: i64 = 1_600;

/// Packets of no known sound after which what was heard before them is over.
const UNKNOWN_MAX: u32 = 3;

/// The sound that is heard.
#[derive(Clone, Copy, Debug)]
struct Playing {
    sound: usize,
    /// The number of its first sample.
    begun: i64,
}

/// Follows one call by the codes that come.
#[derive(Clone, Debug)]
pub struct CodeTracker {
    book: Arc<CodeBook>,
    playing: Option<Playing>,
    quiet_since: Option<i64>,
    /// Silence was told, and nothing else since.
    is_silent: bool,
    unknown: u32,
    /// The codes of these packets, and the number of the first: what comes next may explain them.
    doubtful: Vec<u8>,
    doubtful_at: i64,
    /// Packets that were unknown, and have been explained since this was asked last.
    explained: u32,
    /// Where a sound went on elsewhere than where it was to.
    jumps: u32,
}

impl CodeTracker {
    /// Has heard nothing.
    #[must_use]
    pub const fn new(book: Arc<CodeBook>) -> Self {
        Self {
            book,
            playing: None,
            quiet_since: None,
            is_silent: true,
            unknown: 0,
            doubtful: Vec::new(),
            doubtful_at: 0,
            explained: 0,
            jumps: 0,
        }
    }

    /// Takes how many packets were unknown and turned out to be of the sound that has begun.
    pub const fn take_explained(&mut self) -> u32 {
        std::mem::replace(&mut self.explained, 0)
    }

    /// Returns how often a sound went on elsewhere than where it was to.
    #[must_use]
    pub const fn jumps(&self) -> u32 {
        self.jumps
    }

    /// Packets in a row that are of no known sound.
    #[must_use]
    pub const fn unknown(&self) -> u32 {
        self.unknown
    }

    /// Takes the codes of a packet, of which the first has this number. Tells what begins, and with which sample; later samples
    /// than those of packets before, and in their order.
    pub fn take(&mut self, at: i64, codes: &[u8], tell: impl FnOnce(i64, Beginning)) -> Slice {
        let slice = self.follow(at, codes, tell);
        if slice == Slice::Unknown {
            if self.unknown == 0 {
                self.doubtful_at = at;
            }
            self.unknown += 1;
            self.doubtful.extend_from_slice(codes);
        } else {
            self.explain(slice);
        }
        if self.unknown >= UNKNOWN_MAX {
            (self.playing, self.quiet_since, self.is_silent) = (None, None, false);
            self.doubtful = Vec::new();
        }
        slice
    }

    /// Looks whether the packets before this one, which were unknown, are of the sound that has begun: few codes, and hum, tell
    /// no sound by themselves.
    fn explain(&mut self, slice: Slice) {
        let unknown = std::mem::replace(&mut self.unknown, 0);
        let codes = std::mem::take(&mut self.doubtful);
        if let (Slice::Changes | Slice::Equal, Some(Playing { sound, begun })) = (slice, self.playing)
            && !codes.is_empty()
        {
            // What stands before its beginning is of the sound before it.
            let from = usize::try_from(begun - self.doubtful_at).unwrap_or(0).min(codes.len());
            let at = usize::try_from(self.doubtful_at - begun).unwrap_or(0);
            let rest = &codes[from..];
            if self.book.same(Place { sound, at }, rest) == rest.len() {
                self.explained += unknown;
            }
        }
    }

    fn follow(&mut self, at: i64, codes: &[u8], tell: impl FnOnce(i64, Beginning)) -> Slice {
        let book = Arc::clone(&self.book);
        let end = at + codes.len() as i64;
        let (mut known, mut over) = (0, i64::MAX);
        if let Some(Playing { sound, begun }) = self.playing {
            let length = book.sounds[sound].length as i64;
            let place = Place { sound, at: usize::try_from(at - begun).unwrap_or(0) };
            known = book.same(place, codes);
            if !book.sounds[sound].is_loop {
                over = begun + length;
            }
            if over <= at {
                // What follows is looked at for itself.
                (self.playing, known) = (None, 0);
                self.quiet_since.get_or_insert(over);
            } else if known == codes.len() {
                self.quiet_since = None;
                return Slice::Equal;
            }
        }
        let (from, rest) = (at + known as i64, &codes[known..]);
        // Silence after its end is the same as before the next.
        let boundary = from.min(over);
        if book.is_silent(rest) {
            self.playing = None;
            let since = *self.quiet_since.get_or_insert(boundary);
            if !self.is_silent && end - since >= QUIET {
                self.is_silent = true;
                tell(since, Beginning::Silence);
            }
            return if known == 0 { Slice::Silent } else { Slice::Changes };
        }
        let Some((before, place)) = book.find(rest) else { return Slice::Unknown };
        let begun = from + before as i64 - place.at as i64;
        let found = &book.sounds[place.sound];
        let is_same = self.playing.is_some_and(|playing| playing.sound == place.sound) && found.is_loop;
        self.playing = Some(Playing { sound: place.sound, begun });
        let quiet = self.quiet_since.take();
        if is_same {
            self.jumps += 1;
            return Slice::Changes;
        }
        self.is_silent = false;
        // One that began long ago goes on where the one before it ended.
        let since = quiet.unwrap_or(boundary);
        tell(begun.max(since), Beginning::Known(found.known, begun));
        Slice::Changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::call::{Language, Prompt};
    use crate::media::library::Library;
    use crate::media::rate::FRAME;

    fn book() -> Arc<CodeBook> {
        let library = Library::built_in();
        let prompts = Library::recordings().filter_map(|prompt| {
            let sound = library.prompt(prompt, Language::EnUs)?;
            Some((Known::Prompt(prompt, Language::EnUs), samples(sound.samples()), false))
        });
        let music = (Known::HoldMusic, samples(library.hold_music().samples()), true);
        Arc::new(CodeBook::new(Law::Pcmu, prompts.chain([music])))
    }

    fn samples(samples: impl Iterator<Item = i16>) -> std::vec::IntoIter<i16> {
        samples.collect::<Vec<_>>().into_iter()
    }

    fn codes(parts: &[&[i16]]) -> Vec<u8> {
        parts.concat().iter().map(|sample| Law::Pcmu.encode_sample(*sample)).collect()
    }

    fn prompt(prompt: Prompt) -> Vec<i16> {
        Library::built_in().prompt(prompt, Language::EnUs).unwrap().samples().collect()
    }

    fn name(beginning: Beginning) -> String {
        match beginning {
            Beginning::Known(Known::Prompt(prompt, _), _) => prompt.name().to_owned(),
            Beginning::Known(Known::HoldMusic, _) => "music".to_owned(),
            Beginning::Known(Known::Recording(place), _) => format!("recording {place}"),
            Beginning::Silence => "silence".to_owned(),
        }
    }

    /// What is told of codes that come in packets; those with these numbers are lost.
    fn told(codes: &[u8], lost: &[usize]) -> (Vec<(i64, String)>, Vec<Slice>, usize) {
        let mut tracker = CodeTracker::new(book());
        let (mut told, mut slices) = (Vec::new(), Vec::new());
        for (number, packet) in codes.chunks_exact(FRAME).enumerate() {
            if !lost.contains(&number) {
                let at = (number * FRAME) as i64;
                slices.push(tracker.take(at, packet, |at, beginning| told.push((at, name(beginning)))));
            }
        }
        (told, slices, tracker.take_explained() as usize)
    }

    #[test]
    fn every_prompt_is_known_to_the_sample_wherever_it_begins() {
        for (number, known) in Prompt::NAMED.iter().enumerate() {
            let offset = 160 + 37 * number;
            let (told, slices, explained) =
                told(&codes(&[&vec![0; offset], &prompt(*known), &[0; 4_000]]), &[]);
            let expected = [(offset as i64, known.name().to_owned())];
            let (first, last) = told.split_at(1);
            // It begins with silence, of which nobody can say where it begins.
            assert!(
                first[0].1 == known.name() && (first[0].0 - expected[0].0).abs() < 1,
                "{known:?}: {told:?}"
            );
            assert_eq!(last.len(), 1, "{told:?}");
            let unknown = slices.iter().filter(|slice| **slice == Slice::Unknown).count();
            assert_eq!(unknown, explained, "{known:?}");
        }
    }

    #[test]
    fn music_is_known_from_its_middle_and_goes_on_through_losses() {
        let music: Vec<i16> = Library::built_in().hold_music().samples().collect();
        let around: Vec<i16> = music[570_000..].iter().chain(&music[..40_000]).copied().collect();
        let (waits, starts) = (prompt(Prompt::HoldForOrganizer), prompt(Prompt::MeetingStarted));
        let heard = codes(&[&waits, &around, &starts, &[0; 4_000]]);
        let (told, slices, _) = told(&heard, &[40, 60, 61, 62, 200]);
        let names: Vec<&str> = told.iter().map(|(_, name)| &**name).collect();
        assert_eq!(names, ["hold-for-organizer", "music", "meeting-started", "silence"]);
        assert_eq!(told[1].0, waits.len() as i64);
        assert_eq!(told[2].0, (waits.len() + around.len()) as i64);
        let changed = slices.iter().filter(|slice| **slice == Slice::Changes).count();
        assert!(changed <= 4, "{changed}");
    }

    #[test]
    fn a_prompt_that_breaks_off_is_followed_by_the_next() {
        let (cut, next) = (prompt(Prompt::HelpMenu), prompt(Prompt::EnterPin));
        let (told, ..) = told(&codes(&[&cut[..16_050], &next, &[0; 4_000]]), &[]);
        let names: Vec<&str> = told.iter().map(|(_, name)| &**name).collect();
        assert_eq!(names, ["help-menu", "enter-pin", "silence"]);
        assert_eq!(told[1].0, 16_050);
    }

    #[test]
    fn what_somebody_changed_on_the_way_is_unknown() {
        let mut quieter = prompt(Prompt::Welcome);
        quieter.iter_mut().for_each(|sample| *sample -= *sample / 10);
        let (told, slices, _) = told(&codes(&[&quieter, &[0; 4_000]]), &[]);
        assert!(told.iter().all(|(_, name)| name == "silence"), "{told:?}");
        assert!(slices.iter().filter(|slice| **slice == Slice::Unknown).count() > 30);
    }
}
