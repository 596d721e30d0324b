//! What the page's script plays and follows: as data, since it draws nothing itself.

use serde::Serialize;

use super::sounds::{SoundKey, Sounds};
use crate::control::call::{Prompt, Speech};
use crate::control::time::Instant;
use crate::media::rate::samples_of;
use crate::report::ladder::{Interval, Ladder, Sound, Track, Voice};
use crate::scenario::story::Story;

/// A case for the player. Times are in microseconds.
#[derive(Debug, Serialize)]
pub(super) struct Play {
    /// The end.
    took: u64,
    /// Where it stands when it is opened: at the failure, or at the beginning.
    at: u64,
    /// Whose ears it begins with: a place in [`Play::ears`].
    ear: usize,
    ears: Vec<Ear>,
    /// Whether the sounds are there.
    sound: bool,
    /// Moments with their places in the ladder, and along the strips.
    pub(super) rows: Vec<(u64, i32)>,
    pub(super) points: Vec<(u64, i32)>,
    /// Messages of SIP, keys masked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    messages: Vec<String>,
}

/// What one caller heard.
#[derive(Debug, Serialize)]
struct Ear {
    name: String,
    /// From, until, what it is, and in words.
    captions: Vec<(u64, u64, &'static str, String)>,
    /// From, until, the number of the sound, the sample it begins with, and whether it repeats.
    plays: Vec<(u64, u64, usize, u32, bool)>,
}

/// Describes what is played of a case, and keeps the sounds of it, if they are wanted.
pub(super) fn data(ladder: &Ladder, mut sounds: Option<(&mut Sounds, &Story)>) -> Play {
    let failing = ladder.failed.as_ref().and_then(|failed| failed.lane);
    let ear = ladder.tracks.iter().position(|track| Some(track.lane) == failing).unwrap_or_default();
    let is_kept = sounds.is_some();
    let ears = ladder.tracks.iter().map(|track| {
        let plays = match &mut sounds {
            Some((sounds, story)) => plays(ladder, track, sounds, story),
            None => Vec::new(),
        };
        Ear { name: track.name.clone(), captions: captions(track), plays }
    });
    let ears = ears.collect();
    let took = ladder.took.micros();
    let at = if ladder.failed.is_some() { took } else { 0 };
    let messages = ladder.messages.iter().map(|message| message.to_string()).collect();
    let (rows, points) = (Vec::new(), Vec::new());
    Play { took, at, ear, ears, sound: is_kept, rows, points, messages }
}

fn captions(track: &Track) -> Vec<(u64, u64, &'static str, String)> {
    let caption = |heard: &Interval| {
        let words = match &heard.sound {
            Sound::Prompt { wording, .. } if !wording.is_empty() => format!("“{wording}”"),
            Sound::Silence => "Silence".to_owned(),
            Sound::HoldMusic { .. } => "Hold music".to_owned(),
            Sound::Meeting => "The meeting".to_owned(),
            Sound::Prompt { name, .. } => name.clone(),
        };
        (heard.from.micros(), heard.until.micros(), heard.sound.colour(), words)
    };
    track.heard.iter().chain(&track.announced).map(caption).collect()
}

fn plays(
    ladder: &Ladder,
    track: &Track,
    sounds: &mut Sounds,
    story: &Story,
) -> Vec<(u64, u64, usize, u32, bool)> {
    let mut plays = Vec::new();
    let recordings = story.cast.recordings.iter().map(|recording| sounds.recording(&recording.sound));
    let recordings: Vec<SoundKey> = recordings.collect();
    let mut play = |key: SoundKey, from: Instant, until: Instant, begun: Instant, repeats: bool| {
        let (first, last) = (samples_of(from.since(begun)), samples_of(until.since(begun)));
        if let Some(number) = sounds.number(key, last, &story.given.library) {
            plays.push((from.micros(), until.micros(), number, first, repeats));
        }
    };
    for heard in track.heard.iter().chain(&track.announced) {
        let Interval { from, until, sound, .. } = heard;
        match sound {
            Sound::Silence | Sound::Meeting => {}
            Sound::HoldMusic { begun } => play(SoundKey::HoldMusic, *from, *until, *begun, true),
            Sound::Prompt { prompt: Prompt::RecordedName { leg, .. }, .. } => {
                if let Some((_, voice)) = ladder.legs.iter().find(|(one, _)| one == leg) {
                    play(SoundKey::Voice(*voice), *from, *until, *from, true);
                }
            }
            Sound::Prompt { prompt, language, .. } => {
                play(SoundKey::Prompt(*prompt, *language), *from, *until, *from, false);
            }
        }
    }
    for Voice { from, until, voice, speech, begun } in track.voices.iter().copied() {
        match speech {
            Speech::Talk => play(SoundKey::Voice(voice), from, until, from, true),
            Speech::Tone => play(SoundKey::Tone(voice), from, until, from, true),
            Speech::Recording(place) => {
                if let Some(recording) = recordings.get(usize::from(place)) {
                    play(*recording, from, until, begun, false);
                }
            }
        }
    }
    plays
}
