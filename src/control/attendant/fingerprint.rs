//! Hashes the part of an attendant's state that decides what it does next, so that searches visit each state once.

use std::hash::{Hash, Hasher};
use std::mem::discriminant;

use super::{Attendant, State};
use crate::control::time::Instant;

impl Attendant {
    /// Hashes everything that decides what this attendant does from `now` on: moments as they lie from `now`. Numbers
    /// that only have to differ (legs, playbacks, questions) and the settings that all calls of a search share are left out.
    pub fn fingerprint(&self, now: Instant, hasher: &mut impl Hasher) {
        // Taken apart, so that a new field cannot be forgotten here.
        let Self {
            leg: _,
            policy,
            caller,
            language,
            state,
            meeting,
            tries,
            pin_tries_left,
            next_field,
            ended_by_length,
            passcode_tries,
            asks_passcode,
            asks_organizer,
            name_millis,
            number,
            pound_bounces_until,
            type_ahead,
            playlist,
            playing,
            music,
            is_recorded,
            says_still_waiting,
            next_playback: _,
            next_question: _,
            timers,
            outputs: _,
        } = self;
        (discriminant(caller), language, meeting, tries, pin_tries_left).hash(hasher);
        (pound_bounces_until.since(now), type_ahead, playlist, playing.is_some()).hash(hasher);
        (says_still_waiting, is_recorded, next_field, asks_organizer, name_millis, number).hash(hasher);
        (passcode_tries, asks_passcode).hash(hasher);
        ended_by_length.map(|(key, until)| (key, until.since(now))).hash(hasher);
        timers.all().for_each(|(at, timer)| (at.since(now), timer).hash(hasher));
        music.fingerprint(now, policy.meeting.music_policy, hasher);
        discriminant(state).hash(hasher);
        match state {
            State::ConferenceId { entry, star } => (entry, star).hash(hasher),
            State::Finding { question: _, key, asked_again } => (key, asked_again).hash(hasher),
            State::Pin { entry, in_lobby } => (entry, in_lobby).hash(hasher),
            State::PinChecking { in_lobby } => in_lobby.hash(hasher),
            State::Passcode { entry } => entry.hash(hasher),
            State::Confirming { digits } => digits.hash(hasher),
            State::Name { recording } => recording.map(|since| now.since(since)).hash(hasher),
            State::Joined { keyed } => keyed.hash(hasher),
            State::AdmitOrDeny { leg, name_millis, asked_again } => {
                (leg, name_millis, asked_again).hash(hasher);
            }
            State::Leaving { outcome } => outcome.hash(hasher),
            State::Arriving
            | State::Arrived
            | State::PasscodeChecking
            | State::OrganizerQuestion
            | State::GoingIn
            | State::Entering
            | State::Lobby
            | State::Over => {}
        }
    }

    /// Hashes what of that a reader would tell apart, without moments and counts of keys: so few values that a search can
    /// visit all of them.
    pub fn shape(&self, hasher: &mut impl Hasher) {
        (self.state(), discriminant(&self.caller), self.meeting, self.tries, self.pin_tries_left)
            .hash(hasher);
        (self.passcode_tries, self.asks_passcode, self.asks_organizer).hash(hasher);
        (self.playlist.is_empty(), self.playing.is_some(), self.timers.next().is_some()).hash(hasher);
        self.ended_by_length.is_some().hash(hasher);
        match self.state {
            State::ConferenceId { entry, .. } | State::Pin { entry, .. } | State::Passcode { entry } => {
                entry.is_empty().hash(hasher);
            }
            State::Finding { asked_again, .. } => asked_again.hash(hasher),
            State::Name { recording } => recording.is_some().hash(hasher),
            State::Joined { keyed } => keyed.hash(hasher),
            State::AdmitOrDeny { asked_again, .. } => asked_again.hash(hasher),
            State::Arriving
            | State::Confirming { .. }
            | State::Arrived
            | State::OrganizerQuestion
            | State::PinChecking { .. }
            | State::PasscodeChecking
            | State::GoingIn
            | State::Entering
            | State::Lobby
            | State::Leaving { .. }
            | State::Over => {}
        }
    }
}
