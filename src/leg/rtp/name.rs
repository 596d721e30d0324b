//! Records the name that a caller says when asked for it.

use std::time::Duration;

use crate::control::call::{Prompt, Source, Tone};
use crate::media::library::Sound;
use crate::media::mixer::Frame;
use crate::media::rate::samples_of;

/// The longest name that is kept; what is said after it is not heard.
pub(super) const NAME_MAX: Duration = Duration::from_secs(10);

/// Follows what a caller hears. After the question and its tone there is silence, and what is said in it is the name;
/// whatever is heard next ends it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) enum NameRecorder {
    /// Nobody has asked.
    #[default]
    Off,
    /// The caller is being asked.
    Asking,
    /// What was said so far.
    Recording(Vec<i16>),
}

impl NameRecorder {
    /// The caller hears this from now on. Returns the name if that ends one.
    pub(super) fn hear(&mut self, source: Source) -> Option<Sound> {
        let next = match (&*self, source) {
            (_, Source::Prompt { prompt: Prompt::SayYourName, .. })
            | (Self::Asking, Source::Prompt { prompt: Prompt::Tone(Tone::High), .. }) => Self::Asking,
            (Self::Asking, Source::Silence) => Self::Recording(Vec::new()),
            (_, _) => Self::Off,
        };
        match std::mem::replace(self, next) {
            Self::Recording(said) if !said.is_empty() => Some(Sound::new(&said)),
            Self::Recording(_) | Self::Off | Self::Asking => None,
        }
    }

    /// Whether the caller is to be listened to.
    pub(super) fn listens(&self) -> bool {
        *self != Self::Off
    }

    /// Takes the next 20 ms of what the caller says.
    pub(super) fn take(&mut self, frame: &Frame) {
        if let Self::Recording(said) = self {
            let room = (samples_of(NAME_MAX) as usize).saturating_sub(said.len());
            said.extend(&frame[..frame.len().min(room)]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::call::{Language, PlaybackId};
    use crate::media::rate::FRAME;

    fn prompt(prompt: Prompt) -> Source {
        Source::Prompt { playback: PlaybackId(0), prompt, language: Language::EnUs }
    }

    #[test]
    fn what_is_said_after_the_tone_is_the_name() {
        let mut recorder = NameRecorder::default();
        for (source, sample) in [
            (prompt(Prompt::Welcome), 1),
            (Source::Silence, 2),
            (prompt(Prompt::SayYourName), 3),
            (prompt(Prompt::Tone(Tone::High)), 4),
            (Source::Silence, 5),
        ] {
            assert_eq!(recorder.hear(source), None);
            assert_eq!(recorder.listens(), sample >= 3);
            recorder.take(&[sample; FRAME]);
        }
        recorder.take(&[6; FRAME]);
        let name = recorder.hear(prompt(Prompt::HoldForOrganizer)).unwrap();
        assert_eq!(name.samples().collect::<Vec<_>>(), [[5; FRAME], [6; FRAME]].concat());
        assert!(!recorder.listens());
    }

    #[test]
    fn a_name_is_cut_after_ten_seconds() {
        let mut recorder = NameRecorder::Recording(Vec::new());
        (0..600).for_each(|_| recorder.take(&[7; FRAME]));
        assert_eq!(recorder.hear(Source::Silence).map(|name| name.len()), Some(80_000));
    }

    #[test]
    fn a_caller_who_is_not_asked_is_not_recorded() {
        let mut recorder = NameRecorder::default();
        recorder.hear(Source::Silence);
        recorder.take(&[7; FRAME]);
        assert_eq!(recorder.hear(Source::Conference), None);
    }
}
