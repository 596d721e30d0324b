//! Who and what has a lane, whose voices are heard, and the colours of events.

use std::collections::{BTreeMap, BTreeSet};

use super::build::Builder;
use super::words::display;
use super::{CALLERS_MAX, Lane, LaneKind, Tone, Voice};
use crate::control::call::{LegId, Source, Speech};
use crate::control::event::{CallEvent, Event, MeetingEvent, MeetingId};
use crate::control::time::Instant;
use crate::leg::log::{Entry, Log};
use crate::play::Failure;
use crate::report::event_text::{EventText, says};

/// The callers with a lane, in the order of the cast: whoever failed is among them. And how many have none.
pub(super) fn callers(log: &Log, failures: &[Failure]) -> (BTreeSet<u32>, usize) {
    let mut all: Vec<u32> = Vec::new();
    for failure in failures {
        if let Failure::Step { role, .. } = failure {
            all.push(*role);
        }
    }
    let dials = log.entries.iter().filter_map(|(_, entry)| match entry {
        Entry::Dials { part, .. } => Some(*part),
        Entry::Event(_) | Entry::Step { .. } | Entry::Failed { .. } | Entry::Signal { .. } => None,
        Entry::LineFault { .. } | Entry::Act { .. } | Entry::Finished { .. } => None,
    });
    all.extend(dials.collect::<BTreeSet<u32>>());
    let mut seen = BTreeSet::new();
    all.retain(|part| seen.insert(*part));
    let more = all.len().saturating_sub(CALLERS_MAX);
    (all.into_iter().take(CALLERS_MAX).collect(), more)
}

/// The lobbies and meetings that somebody was in.
pub(super) fn places(log: &Log, text: &EventText<'_>) -> Vec<Lane> {
    let mut seen: BTreeMap<MeetingId, (bool, bool)> = BTreeMap::new();
    for record in log.records() {
        if let Event::Meeting(event) = record.event {
            let (lobby, room) = seen.entry(event.meeting()).or_default();
            *lobby |= matches!(event, MeetingEvent::Parked { .. });
            *room |= matches!(event, MeetingEvent::Started { .. } | MeetingEvent::Joined { .. });
        }
    }
    let several = seen.values().filter(|(lobby, _)| *lobby).count() > 1;
    let mut lanes = Vec::new();
    for (meeting, (lobby, room)) in seen.into_iter().take(CALLERS_MAX / 2) {
        let organizer = display(text.organizer_of(meeting));
        if lobby {
            let name = if several { format!("{organizer}’s lobby") } else { "Lobby".to_owned() };
            lanes.push(Lane { kind: LaneKind::Lobby(meeting), name });
        }
        if room {
            lanes.push(Lane { kind: LaneKind::Meeting(meeting), name: format!("{organizer}’s meeting") });
        }
    }
    lanes
}

/// Returns the word for the colour of an event's dot: `prompt`, `hold`, `conf`, `fail`, `quiet`.
#[must_use]
pub fn dot(event: Event) -> &'static str {
    match event {
        Event::Call(CallEvent::Hears { source, .. }) => match source {
            Source::Silence => "quiet",
            Source::Prompt { .. } => "prompt",
            Source::HoldMusic { .. } => "hold",
            Source::Conference => "conf",
        },
        Event::Call(CallEvent::ConferenceIdKeyed { meeting: Some(_), .. })
        | Event::Meeting(
            MeetingEvent::PinAccepted { .. }
            | MeetingEvent::PasscodeAccepted { .. }
            | MeetingEvent::Started { .. }
            | MeetingEvent::Joined { .. }
            | MeetingEvent::Promoted { .. },
        ) => "conf",
        Event::Call(
            CallEvent::DirectoryFailed { .. } | CallEvent::ConferenceIdKeyed { meeting: None, .. },
        )
        | Event::Meeting(MeetingEvent::PinRefused { .. } | MeetingEvent::PasscodeRefused { .. }) => "fail",
        Event::Meeting(MeetingEvent::Parked { .. }) => "hold",
        Event::Call(_) | Event::Meeting(_) | Event::Account(_) => "quiet",
    }
}

impl Builder<'_> {
    /// A caller says this from now on, or nothing any more.
    pub(super) fn says(&mut self, leg: LegId, speech: Option<Speech>) {
        if speech.is_some() {
            self.saying.insert(leg, self.now);
        }
        self.note(self.lane_of(leg), says(speech), Tone::Meeting);
        self.talks = true;
    }

    /// A caller hears another from now on, or no more.
    pub(super) fn hears_voice(&mut self, leg: LegId, by: LegId, speech: Option<Speech>) {
        let name = self.name(by);
        let said = speech.map_or("is silent again", |speech| match speech {
            Speech::Talk => "talks",
            Speech::Tone => "sends a tone",
            Speech::Recording(_) => "plays a recording",
        });
        self.note(self.lane_of(leg), format!("hears that {name} {said}"), Tone::Meeting);
        let since = match speech {
            Some(speech) => self.hearing.insert((leg, by), (self.now, speech)),
            None => self.hearing.remove(&(leg, by)),
        };
        if let Some((since, speech)) = since {
            self.heard_voice(leg, by, since, speech);
        }
    }

    /// A caller has heard another until now.
    pub(super) fn heard_voice(&mut self, leg: LegId, by: LegId, from: Instant, speech: Speech) {
        let (part, voice, until) = (self.text.part(leg), self.text.part(by), self.now);
        let begun = self.saying.get(&by).copied().unwrap_or(from);
        if let (Some(track), Some(voice)) = (part.and_then(|part| self.tracks.get_mut(&part)), voice)
            && from < until
        {
            track.voices.push(Voice { from, until, voice, speech, begun });
        }
    }

    /// Who spoke in the meeting while a caller listened to it.
    pub(super) fn voices(&mut self) {
        for own in &self.stays {
            let Some(part) = self.text.part(own.leg) else { continue };
            let mut voices = Vec::new();
            for other in
                self.stays.iter().filter(|other| other.meeting == own.meeting && other.leg != own.leg)
            {
                let Some(voice) = self.text.part(other.leg) else { continue };
                if !self.tracks.contains_key(&voice) {
                    continue;
                }
                let (mut from, until) = (own.from.max(other.from), own.until.min(other.until).min(self.now));
                let mut speaks = true;
                let spoken = |from, until| Voice { from, until, voice, speech: Speech::Talk, begun: from };
                for (at, muted) in self.muted.get(&other.leg).into_iter().flatten() {
                    if speaks && *muted && from < (*at).min(until) {
                        voices.push(spoken(from, (*at).min(until)));
                    }
                    (from, speaks) = (from.max(*at), !muted);
                }
                if speaks && from < until {
                    voices.push(spoken(from, until));
                }
            }
            if let Some(track) = self.tracks.get_mut(&part) {
                track.voices.extend(voices);
            }
        }
    }
}
