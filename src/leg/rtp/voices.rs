//! What is known of the sound of legs beyond their packets: the voices of simulated participants, and recorded names.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::control::call::LegId;
use crate::control::time::Instant;
use crate::media::library::Sound;
use crate::media::rate::samples_of;
use crate::media::speaker::Speaker;
use crate::rtp::encoded::EncodedName;

/// How long a name is kept after its caller hung up: an announcement that they left may wait for others.
pub(super) const NAMES_KEPT: Duration = Duration::from_secs(60);

/// A name as it was recorded.
#[derive(Clone, Debug)]
pub(super) struct RecordedName {
    /// For a mix.
    pub(super) sound: Sound,
    /// For a caller's own stream.
    pub(super) encoded: Arc<EncodedName>,
}

impl RecordedName {
    pub(super) fn new(sound: Sound) -> Self {
        let encoded = Arc::new(EncodedName::new(&sound));
        Self { sound, encoded }
    }
}

/// By leg, until [`NAMES_KEPT`] after each call.
#[derive(Debug, Default)]
pub(super) struct Voices {
    parts: BTreeMap<LegId, u32>,
    names: BTreeMap<LegId, RecordedName>,
    /// Those whose call is over, in order of time.
    ended: VecDeque<(Instant, LegId)>,
}

impl Voices {
    /// A scripted participant dials.
    pub(super) fn begin(&mut self, leg: LegId, part: u32) {
        self.parts.insert(leg, part);
    }

    /// A call is over.
    pub(super) fn end(&mut self, at: Instant, leg: LegId) {
        while let Some((_, leg)) = self.ended.pop_front_if(|(ended, _)| *ended + NAMES_KEPT <= at) {
            self.parts.remove(&leg);
            self.names.remove(&leg);
        }
        if self.parts.contains_key(&leg) || self.names.contains_key(&leg) {
            self.ended.push_back((at, leg));
        }
    }

    /// The number of a scripted participant's voice.
    pub(super) fn part(&self, leg: LegId) -> Option<u32> {
        self.parts.get(&leg).copied()
    }

    /// Keeps what a caller said when asked for a name.
    pub(super) fn record(&mut self, leg: LegId, name: Sound) {
        self.names.insert(leg, RecordedName::new(name));
    }

    /// How the name sounds that was recorded on a leg, this many milliseconds long: as it was said, or in the voice of a
    /// scripted participant.
    pub(super) fn name(&self, leg: LegId, millis: u16) -> Option<RecordedName> {
        if let Some(name) = self.names.get(&leg) {
            return Some(name.clone());
        }
        let mut said = vec![0; samples_of(Duration::from_millis(millis.into())) as usize];
        Speaker::new(self.part(leg)?).speak(&mut said);
        Some(RecordedName::new(Sound::new(&said)))
    }

    /// Legs of which anything is kept.
    pub(super) fn len(&self) -> usize {
        self.parts.len() + self.names.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_voices_are_forgotten_a_minute_after_the_call() {
        let mut voices = Voices::default();
        let at = |secs| Instant::from_secs(secs);
        voices.begin(LegId::new(1), 7);
        voices.record(LegId::new(2), Sound::new(&[5; 80]));
        assert_eq!(voices.name(LegId::new(1), 100).unwrap().sound.len(), 800);
        assert_eq!(voices.name(LegId::new(2), 100).unwrap().sound.len(), 80);
        assert!(voices.name(LegId::new(3), 100).is_none());
        voices.end(at(1), LegId::new(1));
        voices.end(at(2), LegId::new(2));
        voices.end(at(60), LegId::new(3));
        assert_eq!(voices.len(), 2);
        voices.end(at(61), LegId::new(3));
        assert_eq!((voices.part(LegId::new(1)), voices.len()), (None, 1));
        voices.end(at(62), LegId::new(3));
        assert_eq!(voices.len(), 0);
    }
}
