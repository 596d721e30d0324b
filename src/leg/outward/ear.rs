//! What a caller hears, found out from samples: known prompts and music by their fingerprints, tones, names that are spoken
//! in a voice of [`crate::media::speaker`], silence.

use std::sync::Arc;

use smallvec::SmallVec;

use super::tone::{FRAME, IN_A_ROW, IN_A_ROW_WITHIN, Pure, pure};
use crate::control::call::{Language, Prompt, Speech};
use crate::control::caller::CallState;
use crate::media::hear::{Certainty, Finding, Known, Recognizer, Sounds, VoiceSet, Word};

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

/// Music whose first sample lies within so many of where music broke off has started again: 1.5 s. Its chords last and its
/// bars come again, which does not tell at once that it did.
const MUSIC_BREAK: i64 = 12_000;

/// Frames in a row that hold the tone of a voice, of somebody who does not talk: 400 ms. A syllable has 250.
const HUM: u32 = 20;

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
    /// This voice talks, or sounds a tone; or it is over. What is heard else goes on.
    Voice(u32, Option<Speech>),
    /// A caller plays the recording of this place; or that is over.
    Recording(u16, bool),
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
    /// Who talks, and since when somebody does.
    voices: VoiceSet,
    talk_since: i64,
    /// Who sounds a steady tone.
    hums: Option<u32>,
    /// The callers' recordings that are heard.
    playing: SmallVec<[u16; 2]>,
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
            voices: VoiceSet::default(),
            talk_since: 0,
            hums: None,
            playing: SmallVec::new(),
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
            let is_wanted = self.sounds.has_tones() || self.sounds.has_talk();
            let found = if is_wanted { pure(&samples) } else { None };
            self.listen_for_tone(found, tell);
        }
        self.recognizer.handle_input(frame);
        while let Some(finding) = self.recognizer.poll_output() {
            self.found(finding, tell);
        }
        self.at = end;
        self.listen_for_conference(tell);
        self.listen_for_music(tell);
        self.listen_for_silence(tell);
    }

    fn found(&mut self, finding: Finding, tell: &mut impl FnMut(i64, Heard)) {
        match finding {
            Finding::Begins { word, at, certainty } => {
                self.followed = Some(word);
                let at = at - self.sounds.lead(word);
                let heard = match self.sounds.known(word) {
                    Known::Recording(place) => return self.plays(place, at, tell),
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
                    self.ended = self.ended.filter(|_| certainty == Certainty::Provisional);
                } else {
                    let since = match heard {
                        Heard::HoldMusic { .. } if !starts_again => {
                            self.ended.or(self.loud_since).unwrap_or(at)
                        }
                        Heard::HoldMusic { .. } => at,
                        Heard::Prompt(..) | Heard::Name(_) | Heard::Silence | Heard::Conference => at,
                        Heard::Voice(..) | Heard::Recording(..) => at,
                    };
                    self.tell(since.max(self.at - MUSIC_BACK), heard, tell);
                }
            }
            Finding::Withdrawn { word } if self.is_recording(word) => self.plays_no_more(word, self.at, tell),
            // What was told stands until something else is known.
            Finding::Withdrawn { .. } => {
                self.followed = None;
                self.doubted = self.told.take().or(self.doubted);
            }
            Finding::Ends { word, at } if self.is_recording(word) => self.plays_no_more(word, at, tell),
            Finding::Ends { at, .. } => {
                self.followed = None;
                self.ended = Some(at);
            }
            Finding::Voices { voices, at } if self.sounds.has_talk() => self.talk(voices, at, tell),
            // Whose name it is is known sooner, from the tone alone.
            Finding::Voices { .. } => {}
        }
    }

    fn is_recording(&self, word: Word) -> bool {
        matches!(self.sounds.known(word), Known::Recording(_))
    }

    /// A recording of a caller's is heard in a conference.
    fn plays(&mut self, place: u16, at: i64, tell: &mut impl FnMut(i64, Heard)) {
        // The recogniser follows it anew where it was in doubt.
        if self.playing.contains(&place) {
            return;
        }
        self.playing.push(place);
        let is_conference = matches!(self.told, Some((Heard::Conference, _)));
        if self.has_joined && !is_conference {
            self.tell(self.ended.unwrap_or(at), Heard::Conference, tell);
        }
        tell(at, Heard::Recording(place, true));
    }

    fn plays_no_more(&mut self, word: Word, at: i64, tell: &mut impl FnMut(i64, Heard)) {
        self.followed = None;
        if let Known::Recording(place) = self.sounds.known(word)
            && self.playing.contains(&place)
        {
            self.playing.retain(|playing| *playing != place);
            tell(at, Heard::Recording(place, false));
        }
    }

    /// Others talk than before, since this sample.
    fn talk(&mut self, voices: VoiceSet, at: i64, tell: &mut impl FnMut(i64, Heard)) {
        // What was followed is over before anybody talks.
        let at = self.ended.map_or(at, |ended| ended.max(at));
        let before = std::mem::replace(&mut self.voices, voices);
        if before.is_empty() {
            self.talk_since = at;
        }
        for voice in before.numbers().filter(|voice| !voices.contains(*voice)) {
            tell(at, Heard::Voice(voice, None));
        }
        for voice in voices.numbers().filter(|voice| !before.contains(*voice)) {
            tell(at, Heard::Voice(voice, Some(Speech::Talk)));
        }
    }

    /// Where others are heard and nothing else is, somebody who was told that they join hears the conference.
    fn listen_for_conference(&mut self, tell: &mut impl FnMut(i64, Heard)) {
        let is_conference = matches!(self.told, Some((Heard::Conference, _)));
        let is_heard = !self.voices.is_empty() || self.hums.is_some();
        if is_heard && self.has_joined && self.followed.is_none() && !is_conference {
            self.tell(self.ended.unwrap_or(self.talk_since), Heard::Conference, tell);
        }
    }

    /// A steady tone in somebody's voice, while callers talk.
    fn listen_for_hum(&mut self, found: Option<(u32, i64, u32)>, tell: &mut impl FnMut(i64, Heard)) {
        let hums = found.filter(|(.., frames)| *frames >= HUM).map(|(voice, since, _)| (voice, since));
        match (self.hums, hums) {
            (Some(before), Some((voice, _))) if before == voice => {}
            (None, None) => {}
            (before, now) => {
                if let Some(before) = before {
                    tell(self.at, Heard::Voice(before, None));
                }
                if let Some((voice, since)) = now {
                    self.talk_since = since;
                    tell(since, Heard::Voice(voice, Some(Speech::Tone)));
                }
                self.hums = now.map(|(voice, _)| voice);
            }
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
        if self.sounds.has_talk() {
            let voice = self.tone.and_then(|(tone, from, frames)| match tone {
                Pure::Voice(voice) => Some((voice, from, frames)),
                Pure::Bridge(_) => None,
            });
            self.listen_for_hum(voice, tell);
        }
        let Some((tone, from, frames)) = self.tone else { return };
        let needed = match (tone, self.followed) {
            (Pure::Voice(_), _) if self.sounds.has_talk() => return,
            (Pure::Bridge(_), _) if !self.sounds.has_tones() => return,
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
            Heard::Voice(..) | Heard::Recording(..) => {}
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
                    Heard::Voice(voice, speech) => {
                        format!("{} of {voice}", speech.map_or("end", Speech::name))
                    }
                    Heard::Recording(place, is_on) => format!("recording {place} {is_on}"),
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
        // Here its bars are for a while as at its beginning.
        for from in [93_024, 136_000] {
            let told = heard(&[music(from, 80_000), music(0, 40_000)]);
            assert_eq!(names(&told), ["music", "music", "silence"], "from {from}");
            assert!((told[1].0 - 10_000).abs() <= 60, "{told:?}");
        }
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

    #[test]
    fn recordings_that_say_the_same_are_not_in_the_way_of_each_other() {
        let (pin, menu) = (prompt(Prompt::EnterPin), prompt(Prompt::HelpMenu));
        // Another take of it, which parts from the first after a second, and a copy.
        let other = [&pin[..8_000], &menu[..12_000]].concat();
        let known =
            |samples| Recording { known: Known::Prompt(Prompt::EnterPin, Language::EnUs), samples, from: 0 };
        let invalid = prompt(Prompt::InvalidPin);
        let refused = Recording {
            known: Known::Prompt(Prompt::InvalidPin, Language::EnUs),
            samples: &invalid,
            from: 0,
        };
        let sounds = || Sounds::of_recordings(&[known(&pin), known(&other), known(&pin), refused], false);
        assert_eq!(sounds().longest_shared_opening().as_millis(), 0, "none is to be told from the others");
        for played in [&pin, &other] {
            let told = heard_by(sounds(), &[silence(500), played.clone(), silence(300), invalid.clone()]);
            let mut names = names(&told);
            names.retain(|name| *name != "silence");
            assert_eq!(names, ["enter-pin", "invalid-pin"], "{told:?}");
            assert!((told[0].0 - 500).abs() <= 40, "{told:?}");
        }
    }

    fn talk(voice: u32, millis: usize) -> Vec<i16> {
        let mut talk = vec![0; 8 * millis];
        Speaker::new(voice).speak(&mut talk);
        talk
    }

    #[test]
    fn where_callers_talk_a_voice_is_no_name_and_both_are_told_with_their_ends() {
        let sounds = || Sounds::of(Library::built_in(), &[Language::EnUs]);
        let parts = [prompt(Prompt::Joining), talk(9, 2_000), silence(900), talk(50, 2_000)];
        let told = heard_by(sounds().with_talk([]), &parts);
        let expected = ["joining", "talk of 9", "conference", "end of 9", "talk of 50", "end of 50"];
        let mut names = names(&told);
        names.retain(|name| *name != "silence");
        assert_eq!(names, expected, "{told:?}");
        let joined = prompt(Prompt::Joining).len() as i64 / 8;
        let at = |name: &str| told.iter().find(|(_, told)| told == name).unwrap().0 - joined;
        for (name, expected) in
            [("talk of 9", 0), ("end of 9", 1_950), ("talk of 50", 2_900), ("end of 50", 4_850)]
        {
            assert!((at(name) - expected).abs() <= 110, "{name}: {told:?}");
        }
    }

    #[test]
    fn a_steady_tone_is_no_talk_and_a_recording_is_told_by_its_place() {
        let mut tone = vec![0; 8_000];
        Speaker::new(9).hum(&mut tone);
        let recording = prompt(Prompt::HelpMenu)[..24_000].to_vec();
        let said = crate::media::library::Sound::new(&recording);
        let sounds = Sounds::of_recordings(&[], false).with_talk([said]);
        let told = heard_by(sounds, &[silence(500), tone, silence(500), recording, silence(500)]);
        let names = names(&told);
        assert_eq!(names, ["tone of 9", "end of 9", "recording 0 true", "recording 0 false"], "{told:?}");
        for ((at, name), expected) in told.iter().zip([500, 1_500, 2_000, 5_000]) {
            assert!((at - expected).abs() <= 60, "{name}: {told:?}");
        }
    }
}
