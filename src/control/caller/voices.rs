//! The voices that a caller hears: who talks, and since when.

use crate::control::call::Speech;
use crate::control::time::Instant;

/// What an ear can tell of a voice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum VoiceKind {
    Talk,
    Tone,
}

impl VoiceKind {
    const ALL: [Self; 2] = [Self::Talk, Self::Tone];

    const fn of(speech: Speech) -> Self {
        match speech {
            Speech::Talk | Speech::Recording(_) => Self::Talk,
            Speech::Tone => Self::Tone,
        }
    }
}

/// A time in which somebody was heard.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    /// Whose voice; anybody's, if it is nobody's in particular.
    voice: Option<u32>,
    kind: VoiceKind,
    since: Instant,
    /// Its end, once it is over.
    until: Option<Instant>,
}

/// The voices that one caller hears or has heard: of each the last time.
#[derive(Clone, Debug, Default)]
pub(super) struct Voices(Vec<Stretch>);

/// Nobody was heard.
pub(super) static NOBODY: Voices = Voices(Vec::new());

impl Voices {
    /// From this moment on a voice says this, or nothing.
    pub(super) fn hear(&mut self, at: Instant, voice: u32, speech: Option<Speech>) {
        for kind in VoiceKind::ALL {
            self.set(at, Some(voice), kind, speech.map(VoiceKind::of) == Some(kind));
            let is_heard = |other: &Stretch| other.voice.is_some() && other.kind == kind;
            let is_on = self.0.iter().any(|other| is_heard(other) && other.until.is_none());
            self.set(at, None, kind, is_on);
        }
    }

    fn set(&mut self, at: Instant, voice: Option<u32>, kind: VoiceKind, is_on: bool) {
        let known = self.0.iter_mut().find(|known| (known.voice, known.kind) == (voice, kind));
        match known {
            Some(known) if known.until.is_none() == is_on => {}
            Some(known) if is_on => (known.since, known.until) = (at, None),
            Some(known) => known.until = Some(at),
            None if is_on => self.0.push(Stretch { voice, kind, since: at, until: None }),
            None => {}
        }
    }

    /// Whether nobody is heard.
    pub(super) fn is_quiet(&self) -> bool {
        self.0.iter().all(|known| known.until.is_some())
    }

    /// Since when a voice is heard, anybody's if none is named; `None` if it is not.
    pub(super) fn since(&self, voice: Option<u32>, kind: VoiceKind) -> Option<Instant> {
        self.find(voice, kind).filter(|known| known.until.is_none()).map(|known| known.since)
    }

    /// Since when it was heard at this moment.
    pub(super) fn on_at(&self, voice: Option<u32>, kind: VoiceKind, moment: Instant) -> Option<Instant> {
        let known = self.find(voice, kind)?;
        let is_on = known.since <= moment && known.until.is_none_or(|until| until > moment);
        is_on.then_some(known.since)
    }

    /// When it was last over.
    pub(super) fn ended(&self, voice: Option<u32>, kind: VoiceKind) -> Option<Instant> {
        self.find(voice, kind)?.until
    }

    /// When somebody was last heard to begin.
    pub(super) fn began(&self) -> Option<Instant> {
        self.0.iter().map(|known| known.since).max()
    }

    fn find(&self, voice: Option<u32>, kind: VoiceKind) -> Option<&Stretch> {
        self.0.iter().find(|known| (known.voice, known.kind) == (voice, kind))
    }

    /// Returns the voices that are heard, in the order in which they were first heard.
    pub(super) fn heard(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().filter(|known| known.until.is_none()).filter_map(|known| known.voice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    #[test]
    fn anybody_is_heard_from_the_first_to_the_last() {
        let mut voices = Voices::default();
        voices.hear(at(100), 3, Some(Speech::Talk));
        voices.hear(at(200), 5, Some(Speech::Recording(0)));
        voices.hear(at(300), 3, None);
        let talk = |voice| voices.since(voice, VoiceKind::Talk);
        assert_eq!((talk(None), talk(Some(3)), talk(Some(5))), (Some(at(100)), None, Some(at(200))));
        assert_eq!(voices.on_at(Some(3), VoiceKind::Talk, at(250)), Some(at(100)));
        assert_eq!(voices.heard().collect::<Vec<_>>(), [5]);
        voices.hear(at(400), 5, None);
        assert!(voices.is_quiet());
        assert_eq!(voices.ended(None, VoiceKind::Talk), Some(at(400)));
    }

    #[test]
    fn a_tone_is_no_talk_and_one_takes_the_place_of_the_other() {
        let mut voices = Voices::default();
        voices.hear(at(100), 3, Some(Speech::Talk));
        voices.hear(at(200), 3, Some(Speech::Tone));
        assert_eq!(voices.since(Some(3), VoiceKind::Talk), None);
        assert_eq!(voices.since(None, VoiceKind::Tone), Some(at(200)));
        assert_eq!(voices.began(), Some(at(200)));
    }
}
