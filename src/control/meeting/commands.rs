//! Commands: participants' keys, and administrators' orders.

use super::{Admission, EndReason, Meeting, MeetingEvent, Notice, Place};
use crate::control::call::{LegId, Prompt};
use crate::control::policy::KeyCommand;
use crate::control::time::Instant;

impl Meeting {
    pub(super) fn command(&mut self, now: Instant, leg: LegId, command: KeyCommand, organizers_keys: bool) {
        let Some(person) = self.roster.get(leg).copied() else {
            return;
        };
        let allowed = person.organizer || !(organizers_keys || command.is_organizers());
        self.record(MeetingEvent::Commanded { meeting: self.id, leg, command, allowed });
        if !allowed {
            return self.notify(leg, Notice::Denied);
        }
        match command {
            KeyCommand::Help => self.notify(leg, Notice::Menu),
            KeyCommand::RollCall => {
                let others = self.roster.joined() - 1;
                let names = self.names_beside(leg);
                self.notify(leg, Notice::RollCall { others, names });
            }
            KeyCommand::Hand => self.raise_hand(leg, !person.hand_raised),
            KeyCommand::Mute => self.mute_oneself(leg, person),
            KeyCommand::MuteAll => self.mute_all(leg),
            KeyCommand::Lock => {
                self.set_locked(!self.running().is_some_and(|running| running.locked));
                self.notify(leg, Notice::Done);
            }
            KeyCommand::AdmitAll => self.admit_all(now, leg),
            KeyCommand::Announcements => {
                if let Some(running) = self.running_mut() {
                    running.announces = !running.announces;
                }
                self.notify(leg, Notice::Done);
            }
            KeyCommand::End => self.end(EndReason::Person),
            KeyCommand::RemoveLast => self.remove_last(now, leg),
            KeyCommand::LobbyCount => self.count_lobby(leg),
            KeyCommand::AdmitNext | KeyCommand::DenyNext => self.ask_about_next(leg),
            KeyCommand::Record => self.toggle_recording(leg),
            KeyCommand::HangUp => self.notify(leg, Notice::HangsUp),
        }
    }

    /// Removes whoever joined last, the organizer excepted. Nobody else there: there is nothing to do.
    fn remove_last(&mut self, now: Instant, organizer: LegId) {
        match self.roster.joined_last() {
            Some(last) => {
                self.remove(now, last);
                self.notify(organizer, Notice::Done);
            }
            None => self.notify(organizer, Notice::Denied),
        }
    }

    /// An authorised person removes a participant, who leaves as anybody does.
    pub(super) fn remove(&mut self, now: Instant, leg: LegId) {
        if self.is_at(leg, Place::Joined) {
            self.leave(now, leg);
            self.notify(leg, Notice::Removed);
        }
    }

    /// An authorised person turns away somebody who waits.
    pub(super) fn refuse(&mut self, now: Instant, leg: LegId) {
        if self.is_at(leg, Place::Lobby) {
            self.leave(now, leg);
            self.notify(leg, Notice::Refused);
        }
    }

    fn admit_all(&mut self, now: Instant, organizer: LegId) {
        if let Some(running) = self.running_mut() {
            running.admits_all = true;
        }
        self.notify(organizer, Notice::Done);
        for leg in self.roster.lobby() {
            self.arrive_in_running(now, leg, Admission::Admitted);
        }
    }

    /// The meeting has run for the time after which it locks itself.
    pub(super) fn auto_lock(&mut self) {
        if self.running().is_some_and(|running| !running.locked) {
            self.set_locked(true);
            self.announce_first(Prompt::MeetingWillLock);
        }
    }

    pub(super) fn set_locked(&mut self, locked: bool) {
        if let Some(running) = self.running_mut().filter(|running| running.locked != locked) {
            running.locked = locked;
            running.admits_all = false;
            self.record(MeetingEvent::Locked { meeting: self.id, locked });
        }
    }
}
