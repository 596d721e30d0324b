//! The passcode of the meeting: who has still to give it, and what follows when it is right or wrong. Nobody on the phone
//! comes to the lobby or into the meeting without it, but for those who gave the organizer's PIN.

use super::roster::Person;
use super::{AsksForOrganizer, Check, DialogField, LegId, Meeting, MeetingEvent, Notice, Place};
use crate::control::pin::{PinEntry, Secret};
use crate::control::time::Instant;

impl Meeting {
    /// Returns whether somebody on the phone is asked now whether they are the organizer.
    pub(super) fn asks_for_organizer(&self) -> bool {
        let dialog = &self.terms.policy.dialog;
        dialog.fields.has(DialogField::Organizer)
            && match dialog.asks_for_organizer {
                AsksForOrganizer::UntilStarted => !self.is_running() && !self.terms.anonymous_start,
                AsksForOrganizer::Always => true,
            }
    }

    /// Returns whether callers on the phone are asked for a passcode.
    pub(super) fn asks_for_passcode(&self) -> bool {
        self.terms.passcode && self.terms.policy.dialog.asks_for_passcode()
    }

    /// Returns whether this caller has still to give the passcode.
    pub(super) fn owes_passcode(&self, leg: LegId) -> bool {
        let owes = |person: &Person| person.phone && !person.passcode && !person.authenticated;
        self.asks_for_passcode() && self.roster.get(leg).is_some_and(owes)
    }

    /// Returns whether those who are asked for the passcode are asked whether they are the organizer too.
    pub(super) fn asks_for_organizer_too(&self) -> bool {
        self.asks_for_organizer() && !self.terms.policy.dialog.one_prompt
    }

    pub(super) fn ask_passcode(&mut self, leg: LegId) {
        let asks_organizer = self.asks_for_organizer_too();
        self.notify(leg, Notice::AskPasscode { asks_organizer });
    }

    pub(super) fn passcode_entered(&mut self, now: Instant, leg: LegId, entry: PinEntry, tries_left: u8) {
        if self.is_at(leg, Place::Screening) {
            let takes_pin = self.terms.policy.dialog.takes_pin_for_passcode();
            let secret = if takes_pin { Secret::Either } else { Secret::Passcode };
            self.check(now, leg, secret, entry, tries_left);
        }
    }

    pub(super) fn passcode_right(&mut self, leg: LegId) {
        if !self.is_at(leg, Place::Screening) {
            return;
        }
        self.roster.note(leg, |person| person.passcode = true);
        self.record(MeetingEvent::PasscodeAccepted { meeting: self.id, leg });
        let asks_organizer = self.asks_for_organizer_too();
        self.notify(leg, Notice::PasscodeAccepted { asks_organizer });
    }

    fn passcode_wrong(&mut self, leg: LegId, tries_left: u8) {
        if self.is_at(leg, Place::Screening) {
            self.record(MeetingEvent::PasscodeRefused { meeting: self.id, leg, tries_left });
            self.notify(leg, Notice::PasscodeRejected { tries_left });
        }
    }

    /// What was keyed is nothing that was asked for.
    pub(super) fn secret_wrong(&mut self, Check { leg, secret, tries_left, .. }: Check) {
        match secret {
            Secret::Pin => self.pin_wrong(leg),
            Secret::Passcode | Secret::Either => self.passcode_wrong(leg, tries_left),
        }
    }
}
