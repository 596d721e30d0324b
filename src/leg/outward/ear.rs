//! What a caller hears, found out from samples: known prompts and music by their fingerprints, tones, names that are spoken
//! in a voice of [`crate::media::speaker`], silence.

use std::sync::Arc;

use super::tone::{FRAME, IN_A_ROW, IN_A_ROW_WITHIN, Pure, pure};
use crate::control::call::{Language, Prompt};
use crate::control::caller::CallState;
use crate::media::hear::{Finding, Known, Recognizer, Sounds, Word};

/// Quieter than this mean square is silence: -58 dB relative to full scale.
const SILENT: f32 = 1_702.0;

/// So long it must be quiet before silence is what is heard, in samples: 200 ms. Prompts begin with up to 120 ms of it.
const QUIET: i64 = 1_600;

/// So long it must be quiet before what comes then is taken for the beginning of something, in samples: 60 ms.
const PAUSE: i64 = 480;

/// A prompt of which the beginning moves by less is the same one, in samples: 100 ms.
const SAME: i64 = 800;

/// How far back the beginning of music is looked for that was found in its middle, in samples: 2 s.
const MUSIC_BACK: i64 = 16_000;

/// What goes on for so long is music, where any music is, in samples: 3 s. Between words there are pauses.
const STEADY: i64 = 24_000;

/// Music whose first sample lies within so many of where music broke off has started again: 500 ms. Its chords last, and do
/// not tell at once that it did.
const MUSIC_BREAK: i64 = 4_000;

/// What is heard from a sample on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Heard {
    /// Nothing.
    Silence,
    /// Nothing, of somebody who was told that they join: a conference in which nobody speaks.
    Conference,
    /// This prompt.
    Prompt(Prompt, Language),
    /// A recorded name, in this voice.
    Name(u32),
    /// Music, whose first sample was, or would have been, this one.
    HoldMusic {
        /// The place of its first sample.
        begun: i64,
    },
}

/// Listens to one call.
#[derive(Debug)]
pub(super) struct Ear {
    sounds: Arc<Sounds>,
    recognizer: Recognizer,
    /// Samples that do not fill a frame yet.
    waiting: Vec<i16>,
    /// The first sample of the frame that is heard.
    at: i64,
    /// What was told last, and from when on; nothing, if that was withdrawn.
    told: Option<(Heard, i64)>,
    /// What was withdrawn, of which nothing else was told since.
    doubted: Option<(Heard, i64)>,
    /// The first sample of what was told last.
    last: i64,
    /// The sound that is followed, certain or not.
    followed: Option<Word>,
    /// Where the last known sound ended, of which nothing else was told since.
    ended: Option<i64>,
    quiet_since: Option<i64>,
    loud_since: Option<i64>,
    /// A tone, its first sample, its frames.
    tone: Option<(Pure, i64, u32)>,
    /// The caller was told that they join.
    has_joined: bool,
}

impl Ear {
    pub(super) fn new(sounds: Arc<Sounds>) -> Self {
        Self {
            recognizer: Recognizer::new(Arc::clone(sounds.lexicon())),
            sounds,
            waiting: Vec::new(),
            at: 0,
            told: Some((Heard::Silence, 0)),
            doubted: None,
            last: 0,
            followed: None,
            ended: None,
            quiet_since: Some(0),
            loud_since: None,
            tone: None,
            has_joined: false,
        }
    }

    /// Takes what is heard next. Tells what begins, with the number of its first sample: in the order of these.
    pub(super) fn hear(&mut self, samples: &[i16], mut tell: impl FnMut(i64, Heard)) {
        self.waiting.extend_from_slice(samples);
        let waiting = std::mem::take(&mut self.waiting);
        let mut frames = waiting.chunks_exact(FRAME);
        for frame in frames.by_ref() {
            self.frame(frame, &mut tell);
        }
        self.waiting = frames.remainder().to_vec();
    }

    fn frame(&mut self, frame: &[i16], tell: &mut impl FnMut(i64, Heard)) {
        let samples: Vec<f32> = frame.iter().map(|sample| f32::from(*sample)).collect();
        let power = samples.iter().map(|sample| sample * sample).sum::<f32>() / FRAME as f32;
        let end = self.at + FRAME as i64;
        if power < SILENT {
            let since = *self.quiet_since.get_or_insert(self.at);
            if end - since >= PAUSE {
                self.loud_since = None;
            }
            self.listen_for_tone(None, tell);
        } else {
            self.quiet_since = None;
            self.loud_since.get_or_insert(self.at);
            let found = if self.sounds.has_tones() { pure(&samples) } else { None };
            self.listen_for_tone(found, tell);
        }
        self.recognizer.handle_input(frame);
        while let Some(finding) = self.recognizer.poll_output() {
            self.found(finding, tell);
        }
        self.at = end;
        self.listen_for_music(tell);
        self.listen_for_silence(tell);
    }

    fn found(&mut self, finding: Finding, tell: &mut impl FnMut(i64, Heard)) {
        match finding {
            Finding::Begins { word, at, .. } => {
                self.followed = Some(word);
                let at = at - self.sounds.lead(word);
                let heard = match self.sounds.known(word) {
                    Known::Prompt(prompt, language) => Heard::Prompt(prompt, language),
                    Known::HoldMusic => Heard::HoldMusic { begun: at },
                };
                // Music repeats its bars, and is found at one or another. What begins after it began is another.
                let starts_again = |since: i64| {
                    at > since + SAME && self.ended.is_some_and(|ended| (at - ended).abs() < MUSIC_BREAK)
                };
                let (is_same, starts_again) = match (heard, self.told.or(self.doubted)) {
                    (Heard::HoldMusic { .. }, Some((Heard::HoldMusic { .. }, since))) => {
                        (!starts_again(since), starts_again(since))
                    }
                    (_, Some((told, since))) => (told == heard && (since - at).abs() < SAME, false),
                    (_, None) => (false, false),
                };
                if is_same {
                    self.told = self.told.or(self.doubted.take());
                    self.ended = None;
                } else {
                    let since = match heard {
                        Heard::HoldMusic { .. } if !starts_again => {
                            self.ended.or(self.loud_since).unwrap_or(at)
                        }
                        Heard::HoldMusic { .. } => at,
                        Heard::Prompt(..) | Heard::Name(_) | Heard::Silence | Heard::Conference => at,
                    };
                    self.tell(since.max(self.at - MUSIC_BACK), heard, tell);
                }
            }
            // What was told stands until something else is known.
            Finding::Withdrawn { .. } => {
                self.followed = None;
                self.doubted = self.told.take().or(self.doubted);
            }
            Finding::Ends { at, .. } => {
                self.followed = None;
                self.ended = Some(at);
            }
            // Who speaks is known sooner, from their tones alone.
            Finding::Voices { .. } => {}
        }
    }

    /// A tone that answers a key, which breaks off what was heard before; or a voice, while no known sound is followed.
    fn listen_for_tone(&mut self, found: Option<Pure>, tell: &mut impl FnMut(i64, Heard)) {
        if let Some((tone, ..)) = self.tone
            && found != Some(tone)
            && self.told.is_some_and(|(told, _)| told == heard_of(tone))
        {
            self.ended = Some(self.at);
        }
        self.tone = found.map(|found| match self.tone {
            Some((known, from, frames)) if known == found => (known, from, frames + 1),
            Some(_) | None => (found, self.at, 1),
        });
        let Some((tone, from, frames)) = self.tone else { return };
        let needed = match (tone, self.followed) {
            (Pure::Bridge(_) | Pure::Voice(_), None) => IN_A_ROW,
            (Pure::Bridge(_), Some(_)) => IN_A_ROW_WITHIN,
            // The notes of music are like voices.
            (Pure::Voice(_), Some(_)) => return,
        };
        // A name has many syllables, a tone is one sound.
        let heard = heard_of(tone);
        let is_another = |ended| matches!(tone, Pure::Bridge(_)) && from - ended >= PAUSE;
        let is_news = self.told.is_none_or(|(told, _)| told != heard) || self.ended.is_some_and(is_another);
        if frames >= needed && is_news {
            self.followed = None;
            self.recognizer.forget();
            self.tell(from, heard, tell);
        }
    }

    /// What goes on and is no known sound, where any music is music.
    fn listen_for_music(&mut self, tell: &mut impl FnMut(i64, Heard)) {
        let is_music = matches!(self.told, Some((Heard::HoldMusic { .. }, _)));
        if !self.sounds.takes_any_music() || self.followed.is_some() || is_music {
            return;
        }
        let since = self.loud_since.map(|since| self.ended.map_or(since, |ended| ended.max(since)));
        if let Some(since) = since.filter(|since| self.at - since >= STEADY) {
            self.tell(since, Heard::HoldMusic { begun: since }, tell);
        }
    }

    fn listen_for_silence(&mut self, tell: &mut impl FnMut(i64, Heard)) {
        // A recording goes on in silence to its end, and the next begins in silence.
        let since = self.quiet_since.map(|since| self.ended.map_or(since, |ended| ended.max(since)));
        let Some(since) = since.filter(|since| self.at - since >= QUIET) else { return };
        let is_silent = matches!(self.told, Some((Heard::Silence | Heard::Conference, _)));
        if self.followed.is_some() || is_silent {
            return;
        }
        let heard = if self.has_joined { Heard::Conference } else { Heard::Silence };
        self.tell(since, heard, tell);
    }

    fn tell(&mut self, since: i64, heard: Heard, tell: &mut impl FnMut(i64, Heard)) {
        match heard {
            Heard::Prompt(prompt, _) => self.take_note(prompt),
            Heard::HoldMusic { .. } => self.has_joined = false,
            Heard::Name(_) | Heard::Silence | Heard::Conference => {}
        }
        let since = since.max(self.last);
        (self.told, self.doubted, self.last) = (Some((heard, since)), None, since);
        self.ended = None;
        tell(since, heard);
    }

    fn take_note(&mut self, prompt: Prompt) {
        if let Some(state) = CallState::told_by(prompt) {
            self.has_joined = state == CallState::Joined;
        }
    }
}

fn heard_of(tone: Pure) -> Heard {
    match tone {
        Pure::Bridge(tone) => Heard::Prompt(Prompt::Tone(tone), Language::default()),
        Pure::Voice(voice) => Heard::Name(voice),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::call::Tone;
    use crate::media::g711::Law;
    use crate::media::hear::Recording;
    use crate::media::library::Library;
    use crate::media::rate::SAMPLES_PER_SECOND;
    use crate::media::speaker::Speaker;

    /// Hears these sounds one after the other, and two seconds of nothing; what is told, with the place in milliseconds.
    fn heard(parts: &[Vec<i16>]) -> Vec<(i64, String)> {
        heard_by(Sounds::of(Library::built_in(), &[Language::EnUs]), parts)
    }

    /// The same by somebody who knows these.
    fn heard_by(sounds: Sounds, parts: &[Vec<i16>]) -> Vec<(i64, String)> {
        let mut ear = Ear::new(Arc::new(sounds));
        let mut told = Vec::new();
        let silence = vec![0; 16_000];
        let samples: Vec<i16> = parts.iter().chain([&silence]).flatten().copied().collect();
        let coded: Vec<i16> =
            samples.iter().map(|sample| Law::Pcmu.decode_sample(Law::Pcmu.encode_sample(*sample))).collect();
        // In packets of another length than its frames.
        for packet in coded.chunks(200) {
            ear.hear(packet, |at, heard| {
                let name = match heard {
                    Heard::Prompt(prompt, _) => prompt.name().to_owned(),
                    Heard::Name(voice) => format!("name in voice {voice}"),
                    Heard::HoldMusic { .. } => "music".to_owned(),
                    Heard::Silence => "silence".to_owned(),
                    Heard::Conference => "conference".to_owned(),
                };
                told.push((at * 1_000 / i64::from(SAMPLES_PER_SECOND), name));
            });
        }
        told
    }

    fn prompt(prompt: Prompt) -> Vec<i16> {
        Library::built_in().prompt(prompt, Language::EnUs).unwrap().samples().collect()
    }

    fn silence(millis: usize) -> Vec<i16> {
        vec![0; 8 * millis]
    }

    fn names(told: &[(i64, String)]) -> Vec<&str> {
        told.iter().map(|(_, name)| &**name).collect()
    }

    #[test]
    fn prompts_in_a_row_have_no_silence_between_them() {
        let (first, second) = (prompt(Prompt::Welcome), prompt(Prompt::EnterConferenceId));
        let (length, whole) = (first.len() as i64 / 8, (first.len() + second.len()) as i64 / 8);
        let told = heard(&[silence(500), first, second]);
        assert_eq!(names(&told), ["welcome", "enter-conference-id", "silence"]);
        for ((at, _), expected) in told.iter().zip([500, 500 + length, 500 + whole]) {
            assert!((at - expected).abs() <= 30, "{told:?}");
        }
    }

    #[test]
    fn music_begins_where_the_sound_before_it_ended() {
        let waits = prompt(Prompt::HoldForOrganizer);
        let length = waits.len() as i64 / 8;
        let loop_ = Library::built_in().hold_music();
        // As somebody hears it for whom it began long ago.
        let music: Vec<i16> = loop_.samples().skip(80_000).take(40_000).collect();
        let told = heard(&[waits, music, prompt(Prompt::MeetingStarted), silence(400)]);
        assert_eq!(names(&told), ["hold-for-organizer", "music", "meeting-started", "conference"]);
        assert!((told[1].0 - length).abs() <= 60, "{told:?}");
        assert!((told[2].0 - length - 5_000).abs() <= 60, "{told:?}");
    }

    #[test]
    fn where_any_music_is_music_what_goes_on_is_told_from_its_beginning() {
        let pin = prompt(Prompt::EnterPin);
        let known =
            Recording { known: Known::Prompt(Prompt::EnterPin, Language::EnUs), samples: &pin, from: 4_800 };
        let music: Vec<i16> = Library::built_in().hold_music().samples().skip(80_000).take(48_000).collect();
        let parts = [silence(500), music, pin.clone(), prompt(Prompt::HelpMenu)];
        let told = heard_by(Sounds::of_recordings(&[known], true), &parts);
        assert_eq!(names(&told)[..2], ["music", "enter-pin"], "{told:?}");
        assert!((told[0].0 - 500).abs() <= 100, "{told:?}");
        // Its first 600 ms are others' too; it began with them.
        assert!((told[1].0 - 6_500).abs() <= 40, "{told:?}");
        assert!(!names(&told)[2..].contains(&"music"), "speech has pauses: {told:?}");
        let told = heard_by(Sounds::of_recordings(&[known], false), &parts);
        assert_eq!(names(&told)[..1], ["enter-pin"], "{told:?}");
    }

    #[test]
    fn music_that_starts_again_is_told_again() {
        let loop_ = Library::built_in().hold_music();
        let music = |from, length| loop_.samples().skip(from).take(length).collect::<Vec<i16>>();
        let told = heard(&[music(80_000, 40_000), music(0, 40_000)]);
        assert_eq!(names(&told), ["music", "music", "silence"]);
        assert!((told[1].0 - 5_000).abs() <= 60, "{told:?}");
        let resumed = heard(&[music(80_000, 40_000), music(240_000, 40_000)]);
        assert_eq!(names(&resumed), ["music", "silence"]);
    }

    #[test]
    fn a_tone_after_the_same_tone_is_told_again() {
        let mut cut = prompt(Prompt::Tone(Tone::Low));
        cut.truncate(1_600);
        let told = heard(&[silence(300), cut, silence(150), prompt(Prompt::Tone(Tone::Low))]);
        assert_eq!(names(&told), ["low-tone", "low-tone", "silence"]);
        assert!((told[1].0 - 650).abs() <= 40, "{told:?}");
    }

    #[test]
    fn tones_are_told_apart() {
        let told = heard(&[
            silence(300),
            prompt(Prompt::Tone(Tone::Low)),
            silence(700),
            prompt(Prompt::Tone(Tone::High)),
        ]);
        assert_eq!(names(&told), ["low-tone", "silence", "high-tone", "silence"]);
        assert!((told[0].0 - 300).abs() <= 40 && (told[2].0 - 1_250).abs() <= 40, "{told:?}");
    }

    fn name(voice: u32) -> Vec<i16> {
        let mut name = vec![0; 8_000];
        Speaker::new(voice).speak(&mut name);
        name
    }

    #[test]
    fn names_in_a_row_are_told_apart_by_their_voices() {
        let told = heard(&[silence(300), name(9), name(50), prompt(Prompt::HasJoined)]);
        assert_eq!(names(&told), ["name in voice 9", "name in voice 50", "has-joined", "silence"]);
        assert!((told[0].0 - 300).abs() <= 60 && (told[1].0 - 1_300).abs() <= 60, "{told:?}");
    }

    #[test]
    fn a_tone_breaks_off_what_was_heard() {
        let music: Vec<i16> = Library::built_in().hold_music().samples().take(40_000).collect();
        let mut cut = prompt(Prompt::PinAccepted);
        cut.truncate(6_400);
        let low = prompt(Prompt::Tone(Tone::Low));
        let length = low.len() as i64 / 8;
        let told = heard(&[
            cut,
            silence(40),
            prompt(Prompt::Tone(Tone::High)),
            silence(900),
            music.clone(),
            low,
            music,
        ]);
        let expected = ["pin-accepted", "high-tone", "conference", "music", "low-tone", "music", "silence"];
        assert_eq!(names(&told), expected);
        assert!((told[1].0 - 840).abs() <= 40, "{told:?}");
        assert!((told[5].0 - told[4].0 - length).abs() <= 60, "{told:?}");
    }

    #[test]
    fn a_prompt_that_breaks_off_is_followed_by_the_next() {
        let mut cut = prompt(Prompt::HoldTimeout);
        cut.truncate(16_000);
        let told = heard(&[cut, prompt(Prompt::EnterPin)]);
        assert_eq!(names(&told), ["hold-timeout", "enter-pin", "silence"]);
        assert!((told[1].0 - 2_000).abs() <= 40, "{told:?}");
    }

    #[test]
    fn the_same_prompt_again_is_told_again() {
        let told = heard(&[prompt(Prompt::InvalidPin), prompt(Prompt::InvalidPin)]);
        assert_eq!(names(&told), ["invalid-pin", "invalid-pin", "silence"]);
    }
}
