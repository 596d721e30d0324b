//! What is known of the sound of legs beyond their packets: the voices of simulated participants, and recorded names.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::control::call::LegId;
use crate::control::time::Instant;
use crate::media::library::Sound;
use crate::media::mixer::Frame;
use crate::media::rate::samples_of;
use crate::media::speaker::Speaker;
use crate::rtp::encoded::EncodedName;

/// The longest name that is kept; what is said after it is not heard.
pub(super) const NAME_MAX: Duration = Duration::from_secs(10);

/// How long a name is kept after its caller hung up: an announcement that they left may wait for others.
pub(super) const NAMES_KEPT: Duration = Duration::from_secs(60);

/// How a recorded name sounds.
#[derive(Clone, Debug)]
pub(super) struct RecordedName {
    /// For a mix.
    pub(super) sound: Sound,
    /// For a caller's own stream.
    pub(super) encoded: Arc<EncodedName>,
}

/// By leg, until [`NAMES_KEPT`] after each call.
#[derive(Debug, Default)]
pub(super) struct Voices {
    /// The numbers of the voices of scripted participants.
    parts: BTreeMap<LegId, u32>,
    /// What callers said when they were asked for a name.
    said: BTreeMap<LegId, Vec<i16>>,
    /// Names as they were played last, with their length in milliseconds: most are played more than once.
    names: BTreeMap<LegId, (u16, RecordedName)>,
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
            self.said.remove(&leg);
            self.names.remove(&leg);
        }
        if self.parts.contains_key(&leg) || self.said.contains_key(&leg) {
            self.ended.push_back((at, leg));
        }
    }

    /// The number of a scripted participant's voice.
    pub(super) fn part(&self, leg: LegId) -> Option<u32> {
        self.parts.get(&leg).copied()
    }

    /// A caller says a name from now on, in place of one that was said before.
    pub(super) fn begin_name(&mut self, leg: LegId) {
        self.said.insert(leg, Vec::new());
        self.names.remove(&leg);
    }

    /// Takes the next 20 ms of a name.
    pub(super) fn say(&mut self, leg: LegId, frame: &Frame) {
        if let Some(said) = self.said.get_mut(&leg) {
            let room = (samples_of(NAME_MAX) as usize).saturating_sub(said.len());
            said.extend(&frame[..frame.len().min(room)]);
        }
    }

    /// How the name sounds that was recorded on a leg, this many milliseconds long: as it was said, or in the voice of a
    /// scripted participant. It may be asked for a little before the end of it has come through the caller's buffer.
    pub(super) fn name(&mut self, leg: LegId, millis: u16) -> Option<RecordedName> {
        if let Some((_, name)) = self.names.get(&leg).filter(|(length, _)| *length == millis) {
            return Some(name.clone());
        }
        let length = samples_of(Duration::from_millis(millis.into())) as usize;
        let sound = match (self.said.get(&leg), self.part(leg)) {
            (Some(said), _) => Sound::new(&said[..said.len().min(length)]),
            (None, Some(part)) => {
                let mut said = vec![0; length];
                Speaker::new(part).speak(&mut said);
                Sound::new(&said)
            }
            (None, None) => return None,
        };
        let encoded = Arc::new(EncodedName::new(&sound));
        let name = RecordedName { sound, encoded };
        self.names.insert(leg, (millis, name.clone()));
        Some(name)
    }

    /// Legs of which anything is kept, once for each thing.
    pub(super) fn len(&self) -> usize {
        self.parts.len() + self.said.len() + self.names.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::rate::FRAME;

    const A: LegId = LegId::new(1);
    const B: LegId = LegId::new(2);
    const C: LegId = LegId::new(3);

    fn samples(voices: &mut Voices, leg: LegId, millis: u16) -> Option<Vec<i16>> {
        voices.name(leg, millis).map(|name| name.sound.samples().collect())
    }

    #[test]
    fn a_name_is_what_was_said_last_as_long_as_it_is_said_to_be() {
        let mut voices = Voices::default();
        for (sample, frames) in [(5, 3), (6, 600)] {
            voices.begin_name(A);
            (0..frames).for_each(|_| voices.say(A, &[sample; FRAME]));
            assert_eq!(samples(&mut voices, A, 50), Some(vec![sample; 400]));
        }
        assert_eq!(samples(&mut voices, A, 20), Some(vec![6; 160]));
        assert_eq!(samples(&mut voices, A, 20_000).map(|name| name.len()), Some(80_000), "ten seconds");
        voices.say(B, &[7; FRAME]);
        assert_eq!(samples(&mut voices, B, 20), None, "was not asked");
    }

    #[test]
    fn a_scripted_participant_says_a_name_in_its_own_voice() {
        let mut voices = Voices::default();
        voices.begin(A, 7);
        let mut said = vec![0; 800];
        Speaker::new(7).speak(&mut said);
        assert_eq!(samples(&mut voices, A, 100), Some(said));
    }

    #[test]
    fn names_and_voices_are_forgotten_a_minute_after_the_call() {
        let mut voices = Voices::default();
        let at = |secs| Instant::from_secs(secs);
        voices.begin(A, 7);
        voices.begin_name(B);
        voices.name(B, 100);
        voices.end(at(1), A);
        voices.end(at(2), B);
        voices.end(at(60), C);
        assert_eq!(voices.len(), 3);
        voices.end(at(61), C);
        assert_eq!((voices.part(A), voices.len()), (None, 2));
        voices.end(at(62), C);
        assert_eq!(voices.len(), 0);
    }
}
