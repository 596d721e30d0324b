//! Somebody waits in the lobby of the running meeting: those who may admit are told, and answer by key.

use smallvec::SmallVec;

use super::{Admission, Meeting, MeetingEvent, Notice, Place, Timer};
use crate::control::call::LegId;
use crate::control::policy::LobbyNotice;
use crate::control::time::Instant;

impl Meeting {
    /// Tells those who may admit of whoever has come into the lobby since they were told last; not too often.
    pub(super) fn tell_of_lobby(&mut self, now: Instant) {
        let policy = &self.terms.policy.meeting;
        let (kind, every) = (policy.lobby_notice, policy.lobby_notice_every.0.unwrap_or_default());
        let Some(running) = self.running() else { return self.timers.clear(Timer::LobbyNotice) };
        let keeps_quiet = running.locked && !policy.lobby_notice_when_locked;
        if kind == LobbyNotice::Nothing || keeps_quiet {
            return self.lobby_is_told(None);
        }
        let new: SmallVec<[LegId; 2]> = self.roster.lobby_since(running.told_of).take(2).collect();
        let Some(first) = new.first().copied().filter(|_| self.roster.authenticated_joined() > 0) else {
            return self.timers.clear(Timer::LobbyNotice);
        };
        if let Some(next) = running.lobby_told.map(|told| told + every).filter(|next| *next > now) {
            return self.timers.set(Timer::LobbyNotice, next);
        }
        let may_admit = |leg: &LegId| self.may_admit(*leg);
        let to: Vec<LegId> = self.roster.at(Place::Joined).into_iter().filter(may_admit).collect();
        if to.is_empty() {
            return self.timers.clear(Timer::LobbyNotice);
        }
        let name = Some((first, self.name_of(first))).filter(|(_, millis)| new.len() == 1 && *millis > 0);
        for to in to {
            let waiting = self.lobby_size();
            self.record(MeetingEvent::LobbyNotice { meeting: self.id, to, waiting });
            self.notify(to, Notice::SomebodyWaits { words: kind == LobbyNotice::Words, name });
        }
        self.lobby_is_told(Some(now));
    }

    /// Nobody is told any more of those who wait by now.
    fn lobby_is_told(&mut self, told: Option<Instant>) {
        self.timers.clear(Timer::LobbyNotice);
        let next = self.roster.next_ticket();
        if let Some(running) = self.running_mut() {
            running.told_of = next;
            running.lobby_told = told.or(running.lobby_told);
        }
    }

    /// Returns whether somebody may let callers in.
    fn may_admit(&self, leg: LegId) -> bool {
        self.roster.get(leg).is_some_and(|person| person.place == Place::Joined && person.organizer)
    }

    fn name_of(&self, leg: LegId) -> u16 {
        self.roster.get(leg).map_or(0, |person| person.name_millis)
    }

    fn lobby_size(&self) -> u32 {
        u32::try_from(self.roster.waiting()).unwrap_or(u32::MAX)
    }

    pub(super) fn count_lobby(&mut self, organizer: LegId) {
        self.notify(organizer, Notice::LobbyCount { waiting: self.lobby_size() });
    }

    /// Asks whether to admit whoever has waited longest.
    pub(super) fn ask_about_next(&mut self, organizer: LegId) {
        match self.roster.longest_waiting() {
            Some((leg, _)) => {
                let name_millis = self.name_of(leg);
                self.notify(organizer, Notice::AdmitOrDeny { leg, name_millis });
            }
            None => self.count_lobby(organizer),
        }
    }

    /// The answer. A caller who does not wait any more is beyond it.
    pub(super) fn decide(&mut self, now: Instant, by: LegId, leg: LegId, admit: bool) {
        if !self.is_at(by, Place::Joined) {
            return;
        }
        if !self.may_admit(by) || !self.is_at(leg, Place::Lobby) {
            return self.notify(by, Notice::Denied);
        }
        self.notify(by, Notice::Done);
        if admit {
            self.admit(now, leg);
        } else {
            self.refuse(now, leg);
        }
    }

    /// An authorised person lets in somebody who waits.
    pub(super) fn admit(&mut self, now: Instant, leg: LegId) {
        if self.is_at(leg, Place::Lobby) && self.is_running() {
            self.arrive_in_running(now, leg, Admission::Admitted);
        }
    }
}
