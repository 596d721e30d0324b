//! What a run amounts to, read off its log: the facts that a scenario's `then` asks about.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::control::call::{LegId, Source};
use crate::control::caller::SignalId;
use crate::control::event::{
    AccountEvent, Admission, CallEvent, EndReason, Event, MeetingEvent, MeetingId, Outcome, Place,
};
use crate::control::policy::OrganizerId;
use crate::control::time::Instant;
use crate::leg::log::{Entry, Log};
use crate::scenario::check::{CallFact, MeetingFact, OrganizerFact};

#[derive(Clone, Debug, Default)]
struct MeetingFacts {
    started_by: Option<LegId>,
    starts: u32,
    lobby: u32,
    lobby_peak: u32,
    joined: u32,
    joined_peak: u32,
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
    admissions: u32,
    pins_refused: u32,
    keys: u32,
    /// Where the call is, so that leaving is counted once.
    place: Option<Place>,
    /// The meeting that the call was in last.
    meeting: Option<MeetingId>,
}

/// The facts of one story that was played alone.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    meetings: BTreeMap<MeetingId, MeetingFacts>,
    calls: BTreeMap<LegId, CallFacts>,
    /// The last call of each part, and whose each leg is.
    last_call: BTreeMap<u32, LegId>,
    parts: BTreeMap<LegId, u32>,
    lockouts: BTreeMap<OrganizerId, u32>,
    signals: BTreeMap<SignalId, Instant>,
    /// Whose music began or stopped in this moment.
    moved: Vec<LegId>,
    /// In whose lobby.
    counted: BTreeSet<MeetingId>,
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

    /// Which part dialled this leg.
    #[must_use]
    pub fn part_of(&self, leg: LegId) -> Option<u32> {
        self.parts.get(&leg).copied()
    }

    /// When a signal was given.
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
            MeetingFact::Lobby => facts.lobby.to_string(),
            MeetingFact::LobbyPeak => facts.lobby_peak.to_string(),
            MeetingFact::Joined => facts.joined.to_string(),
            MeetingFact::JoinedPeak => facts.joined_peak.to_string(),
            MeetingFact::Released => facts.released.to_string(),
            MeetingFact::Admitted => facts.admitted.to_string(),
            MeetingFact::MusicPositions => facts.music_positions.to_string(),
            MeetingFact::EndedBy => facts.ended_by.map_or("not_ended", EndReason::name).to_owned(),
        }
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

    /// How often PIN entry was locked for an organizer; the other facts of organizers are the directory's.
    #[must_use]
    pub fn organizer(&self, organizer: OrganizerId, fact: OrganizerFact) -> Option<String> {
        match fact {
            OrganizerFact::Lockouts => Some(self.lockouts.get(&organizer).copied().unwrap_or(0).to_string()),
            OrganizerFact::LockedOut | OrganizerFact::WrongPins | OrganizerFact::PinDigits => None,
        }
    }

    /// Where the music is for whom counts at the end of a moment, once all have been told.
    fn moment_is_over(&mut self) {
        for leg in std::mem::take(&mut self.moved) {
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
                call.music_starts += 1;
                call.music_restarts += u32::from(at.since(begun) < call.music_heard);
                Some(begun)
            }
            Source::Silence | Source::Prompt { .. } | Source::Conference => None,
        };
        self.moved.push(leg);
    }

    fn take(&mut self, at: Instant, event: Event) {
        match event {
            Event::Call(CallEvent::Called { leg }) => {
                self.calls.insert(leg, CallFacts::default());
            }
            Event::Call(CallEvent::Hears { leg, source }) => self.hears(at, leg, source),
            Event::Call(CallEvent::Key { leg }) => self.call_mut(leg).keys += 1,
            Event::Meeting(MeetingEvent::PinRefused { leg, .. }) => self.call_mut(leg).pins_refused += 1,
            Event::Call(CallEvent::Finished { leg, outcome, .. }) => {
                self.call_mut(leg).outcome = Some(outcome)
            }
            Event::Meeting(MeetingEvent::Parked { meeting, leg }) => {
                self.move_to(meeting, leg, Some(Place::Lobby))
            }
            Event::Meeting(MeetingEvent::Left { meeting, leg, .. }) => {
                self.move_to(meeting, leg, None);
                self.call_mut(leg).music = None;
                self.moved.push(leg);
            }
            Event::Meeting(MeetingEvent::Joined { meeting, leg, admission }) => {
                self.move_to(meeting, leg, Some(Place::Joined));
                let facts = self.meeting_mut(meeting);
                match admission {
                    Admission::Released => facts.released += 1,
                    Admission::Admitted => facts.admitted += 1,
                    Admission::Pin | Admission::Door | Admission::Client => return,
                }
                self.call_mut(leg).admissions += 1;
            }
            Event::Meeting(MeetingEvent::Started { meeting, by, .. }) => {
                let facts = self.meeting_mut(meeting);
                facts.starts += 1;
                facts.started_by = Some(by);
            }
            Event::Meeting(MeetingEvent::Ended { meeting, reason }) => {
                self.meeting_mut(meeting).ended_by = Some(reason)
            }
            Event::Account(AccountEvent::LockedOut { organizer, .. }) => {
                *self.lockouts.entry(organizer).or_default() += 1
            }
            Event::Call(CallEvent::Answered { .. })
            | Event::Call(CallEvent::KeysIgnored { .. })
            | Event::Call(CallEvent::ConferenceIdKeyed { .. })
            | Event::Call(CallEvent::DirectoryFailed { .. })
            | Event::Meeting(MeetingEvent::PinAccepted { .. })
            | Event::Meeting(MeetingEvent::Promoted { .. })
            | Event::Meeting(MeetingEvent::Commanded { .. })
            | Event::Meeting(MeetingEvent::Hand { .. })
            | Event::Meeting(MeetingEvent::Muted { .. })
            | Event::Meeting(MeetingEvent::Locked { .. })
            | Event::Meeting(MeetingEvent::Announced { .. })
            | Event::Meeting(MeetingEvent::AnnouncementDropped { .. })
            | Event::Account(AccountEvent::PinChecked { .. })
            | Event::Account(AccountEvent::Administered { .. }) => {}
        }
    }

    fn move_to(&mut self, meeting: MeetingId, leg: LegId, place: Option<Place>) {
        let call = self.call_mut(leg);
        let before = std::mem::replace(&mut call.place, place);
        call.meeting = Some(meeting);
        let facts = self.meeting_mut(meeting);
        match before {
            Some(Place::Lobby) => facts.lobby -= 1,
            Some(Place::Joined) => facts.joined -= 1,
            Some(Place::Screening) | None => {}
        }
        match place {
            Some(Place::Lobby) => facts.lobby += 1,
            Some(Place::Joined) => facts.joined += 1,
            Some(Place::Screening) | None => {}
        }
        facts.lobby_peak = facts.lobby_peak.max(facts.lobby);
        facts.joined_peak = facts.joined_peak.max(facts.joined);
    }

    fn call_mut(&mut self, leg: LegId) -> &mut CallFacts {
        self.calls.entry(leg).or_default()
    }

    fn meeting_mut(&mut self, meeting: MeetingId) -> &mut MeetingFacts {
        self.meetings.entry(meeting).or_default()
    }
}
