//! The facts of a run that a scenario's `then` checks, read from its log.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::control::call::{LegId, Prompt, Source};
use crate::control::caller::SignalId;
use crate::control::event::{
    AccountEvent, Admission, CallEvent, EndReason, Event, MeetingEvent, MeetingId, Outcome, Place,
    WebhookEvent,
};
use crate::control::policy::OrganizerId;
use crate::control::presence::Presence;
use crate::control::time::Instant;
use crate::leg::log::{Entry, Log};
use crate::scenario::check::{CallFact, MeetingFact, OrganizerFact};

#[derive(Clone, Debug, Default)]
struct MeetingFacts {
    started_by: Option<LegId>,
    starts: u32,
    lobby_peak: usize,
    joined_peak: usize,
    released: u32,
    admitted: u32,
    /// Where those in the lobby hear the music: since when its loop runs for each.
    music: BTreeMap<LegId, Instant>,
    music_positions: usize,
    ended_by: Option<EndReason>,
}

#[derive(Clone, Debug, Default)]
struct CallFacts {
    outcome: Option<Outcome>,
    music_starts: u32,
    music_restarts: u32,
    /// Since when the loop runs that is heard now.
    music: Option<Instant>,
    /// How far into the loop the caller ever was.
    music_heard: Duration,
    /// The music was interrupted to say that the wait goes on.
    still_waiting: bool,
    admissions: u32,
    pins_refused: u32,
    keys: u32,
    /// The meeting that the call was in last.
    meeting: Option<MeetingId>,
}

/// The facts of one story that was played alone.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    presence: Presence,
    meetings: BTreeMap<MeetingId, MeetingFacts>,
    calls: BTreeMap<LegId, CallFacts>,
    /// The last call of each part, and whose each leg is.
    last_call: BTreeMap<u32, LegId>,
    parts: BTreeMap<LegId, u32>,
    lockouts: BTreeMap<OrganizerId, u32>,
    signals: BTreeMap<SignalId, Instant>,
    /// Callers whose music started or stopped at this moment.
    music_moved: Vec<LegId>,
    /// In whose lobby.
    counted: BTreeSet<MeetingId>,
    /// What a receiver of webhooks is told.
    webhooks: Vec<(Instant, MeetingId, WebhookEvent)>,
}

impl Facts {
    /// Reads a log from beginning to end.
    #[must_use]
    pub fn of(log: &Log) -> Self {
        let mut facts = Self::default();
        let mut moment = Instant::ZERO;
        for (at, entry) in &log.entries {
            if *at > moment {
                facts.moment_is_over();
                moment = *at;
            }
            match entry {
                Entry::Event(event) => facts.take(*at, *event),
                Entry::Dials { part, leg } => {
                    facts.last_call.insert(*part, *leg);
                    facts.parts.insert(*leg, *part);
                }
                Entry::Signal { signal, .. } => {
                    facts.signals.insert(*signal, *at);
                }
                Entry::Step { .. } | Entry::Failed { .. } | Entry::LineFault { .. } => {}
                Entry::Act { .. } | Entry::Finished { .. } => {}
            }
        }
        facts.moment_is_over();
        facts
    }

    /// Returns the part that dialled this leg.
    #[must_use]
    pub fn part_of(&self, leg: LegId) -> Option<u32> {
        self.parts.get(&leg).copied()
    }

    /// Returns when a signal was given.
    #[must_use]
    pub fn signal(&self, signal: SignalId) -> Option<Instant> {
        self.signals.get(&signal).copied()
    }

    /// Calls that have no outcome yet.
    #[must_use]
    pub fn open_calls(&self) -> usize {
        self.calls.values().filter(|call| call.outcome.is_none()).count()
    }

    /// A meeting's fact as a scenario writes it; `name` tells the name of a part.
    #[must_use]
    pub fn meeting(&self, meeting: MeetingId, fact: MeetingFact, name: impl Fn(u32) -> String) -> String {
        let none = MeetingFacts::default();
        let facts = self.meetings.get(&meeting).unwrap_or(&none);
        match fact {
            MeetingFact::StartedBy => {
                let starter = facts.started_by.and_then(|leg| self.part_of(leg));
                starter.map_or_else(|| "nobody".to_owned(), name)
            }
            MeetingFact::Starts => facts.starts.to_string(),
            MeetingFact::Lobby => self.there(meeting, Place::Lobby).to_string(),
            MeetingFact::LobbyPeak => facts.lobby_peak.to_string(),
            MeetingFact::Joined => self.there(meeting, Place::Joined).to_string(),
            MeetingFact::JoinedPeak => facts.joined_peak.to_string(),
            MeetingFact::Released => facts.released.to_string(),
            MeetingFact::Admitted => facts.admitted.to_string(),
            MeetingFact::MusicPositions => facts.music_positions.to_string(),
            MeetingFact::EndedBy => facts.ended_by.map_or("not_ended", EndReason::name).to_owned(),
        }
    }

    /// Returns the number of callers in a place of a meeting.
    fn there(&self, meeting: MeetingId, place: Place) -> usize {
        self.presence.meeting(meeting).map_or(0, |attendance| attendance.count(place))
    }

    /// A fact of a part's last call as a scenario writes it; `no_call` if the part never dialled.
    #[must_use]
    pub fn call(&self, part: u32, fact: CallFact) -> String {
        let Some(call) = self.last_call.get(&part).and_then(|leg| self.calls.get(leg)) else {
            return "no_call".to_owned();
        };
        match fact {
            CallFact::Outcome => call.outcome.map_or("still_up", |outcome| outcome.name()).to_owned(),
            CallFact::MusicStarts => call.music_starts.to_string(),
            CallFact::MusicRestarts => call.music_restarts.to_string(),
            CallFact::Admissions => call.admissions.to_string(),
            CallFact::PinsRefused => call.pins_refused.to_string(),
            CallFact::Keys => call.keys.to_string(),
        }
    }

    /// Returns how often PIN entry was locked for an organizer; the other facts of organizers are the directory's.
    #[must_use]
    pub fn organizer(&self, organizer: OrganizerId, fact: OrganizerFact) -> Option<String> {
        match fact {
            OrganizerFact::Lockouts => Some(self.lockouts.get(&organizer).copied().unwrap_or(0).to_string()),
            OrganizerFact::LockedOut | OrganizerFact::WrongPins | OrganizerFact::PinDigits => None,
        }
    }

    /// What a receiver of webhooks is told, in order.
    #[must_use]
    pub fn webhooks(&self) -> &[(Instant, MeetingId, WebhookEvent)] {
        &self.webhooks
    }

    /// Ends a moment: positions in the music are compared at its end, once all have been told.
    fn moment_is_over(&mut self) {
        for leg in std::mem::take(&mut self.music_moved) {
            let Some(call) = self.calls.get(&leg) else { continue };
            let (music, meeting) = (call.music, call.meeting);
            let Some(facts) = meeting.and_then(|meeting| self.meetings.get_mut(&meeting)) else { continue };
            match music {
                Some(begun) => facts.music.insert(leg, begun),
                None => facts.music.remove(&leg),
            };
            self.counted.extend(meeting);
        }
        for meeting in std::mem::take(&mut self.counted) {
            let facts = self.meeting_mut(meeting);
            let positions: BTreeSet<Instant> = facts.music.values().copied().collect();
            facts.music_positions = facts.music_positions.max(positions.len());
        }
    }

    fn hears(&mut self, at: Instant, leg: LegId, source: Source) {
        let call = self.call_mut(leg);
        if let Some(begun) = call.music {
            call.music_heard = at.since(begun);
        }
        call.music = match source {
            Source::HoldMusic { begun } => {
                call.music_starts += u32::from(!call.still_waiting);
                call.music_restarts += u32::from(at.since(begun) < call.music_heard);
                Some(begun)
            }
            Source::Silence | Source::Prompt { .. } | Source::Conference => None,
        };
        call.still_waiting = matches!(source, Source::Prompt { prompt: Prompt::StillWaiting, .. });
        self.music_moved.push(leg);
    }

    fn take(&mut self, at: Instant, event: Event) {
        self.presence.take(at, event);
        if let Some(meeting) = event.meeting() {
            self.webhooks.extend(WebhookEvent::of(event).map(|told| (at, meeting, told)));
        }
        match event {
            Event::Call(event) => self.take_call(at, event),
            Event::Meeting(event) => self.take_meeting(event),
            Event::Account(AccountEvent::LockedOut { organizer, .. }) => {
                *self.lockouts.entry(organizer).or_default() += 1;
            }
            Event::Account(AccountEvent::PinChecked { .. } | AccountEvent::Administered { .. }) => {}
            Event::Account(AccountEvent::PasscodeChecked { .. } | AccountEvent::PasscodeLockedOut { .. }) => {
            }
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "other events are asked for by no fact")]
    fn take_call(&mut self, at: Instant, event: CallEvent) {
        match event {
            CallEvent::Called { leg } => {
                self.calls.insert(leg, CallFacts::default());
            }
            CallEvent::Hears { leg, source } => self.hears(at, leg, source),
            CallEvent::Key { leg } => self.call_mut(leg).keys += 1,
            CallEvent::Finished { leg, outcome, .. } => self.call_mut(leg).outcome = Some(outcome),
            _ => {}
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "other events are asked for by no fact")]
    fn take_meeting(&mut self, event: MeetingEvent) {
        match event {
            MeetingEvent::PinRefused { leg, .. } => self.call_mut(leg).pins_refused += 1,
            MeetingEvent::Parked { meeting, leg } => self.moved(meeting, leg),
            MeetingEvent::Left { meeting, leg, .. } => {
                self.moved(meeting, leg);
                self.call_mut(leg).music = None;
                self.music_moved.push(leg);
            }
            MeetingEvent::Joined { meeting, leg, admission } => {
                self.moved(meeting, leg);
                let facts = self.meeting_mut(meeting);
                match admission {
                    Admission::Released => facts.released += 1,
                    Admission::Admitted => facts.admitted += 1,
                    Admission::Pin | Admission::Direct | Admission::Client => return,
                }
                self.call_mut(leg).admissions += 1;
            }
            MeetingEvent::Started { meeting, by, .. } => {
                let facts = self.meeting_mut(meeting);
                facts.starts += 1;
                facts.started_by = Some(by);
            }
            MeetingEvent::Ended { meeting, reason } => self.meeting_mut(meeting).ended_by = Some(reason),
            _ => {}
        }
    }

    /// Somebody came into a place of a meeting, or left it.
    fn moved(&mut self, meeting: MeetingId, leg: LegId) {
        self.call_mut(leg).meeting = Some(meeting);
        let [lobby, joined] = [Place::Lobby, Place::Joined].map(|place| self.there(meeting, place));
        let facts = self.meeting_mut(meeting);
        facts.lobby_peak = facts.lobby_peak.max(lobby);
        facts.joined_peak = facts.joined_peak.max(joined);
    }

    fn call_mut(&mut self, leg: LegId) -> &mut CallFacts {
        self.calls.entry(leg).or_default()
    }

    fn meeting_mut(&mut self, meeting: MeetingId) -> &mut MeetingFacts {
        self.meetings.entry(meeting).or_default()
    }
}
