//! The meeting's terms, and the question about the current ones: nobody starts it without a PIN, or as one who signed
//! in long ago, by what the directory said some time ago. Who waited for an answer that does not come waits for the
//! organizer.

use super::{
    Admission, CallEvent, Meeting, Notice, Output, Parking, Person, Phase, Place, StartRight, TermsId, Timer,
};
use super::{LegId, Unavailable};
use crate::control::policy::Terms;
use crate::control::time::Instant;

/// Somebody who may start the meeting if the directory says so now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asking {
    pub(super) id: TermsId,
    pub(super) leg: LegId,
    pub(super) action: PendingAction,
    pub(super) asked_again: bool,
}

/// An action that waits for the answer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum PendingAction {
    /// The caller in screening wants to join.
    Enter,
    /// The meeting before is over, and those in the lobby may start the next.
    Next,
}

impl Meeting {
    /// Applies an administrator's change at once, also to callers who wait or are being asked. Terms that are
    /// older than the known ones change nothing.
    pub(super) fn new_terms(&mut self, now: Instant, terms: Terms) {
        if terms.version < self.terms.version {
            return;
        }
        let changed = self.terms != terms;
        self.terms = terms;
        if changed {
            self.arm_end(now);
        }
    }

    pub(super) fn ask_terms(&mut self, now: Instant, leg: LegId, action: PendingAction) {
        let id = TermsId { epoch: self.epoch, number: self.next_question };
        self.next_question += 1;
        self.askings.push(Asking { id, leg, action, asked_again: false });
        self.put_terms_question(now, id, leg);
    }

    fn put_terms_question(&mut self, now: Instant, question: TermsId, leg: LegId) {
        self.timers.set(Timer::Terms(question, leg), now + self.terms.policy.dialog.directory_timeout);
        self.put(Output::AskTerms { question, leg, organizer: self.terms.organizer });
    }

    pub(super) fn terms_found(
        &mut self,
        now: Instant,
        question: TermsId,
        leg: LegId,
        result: Result<Terms, Unavailable>,
    ) {
        let Some(at) = self.askings.iter().position(|open| (open.id, open.leg) == (question, leg)) else {
            return;
        };
        self.timers.clear(Timer::Terms(question, leg));
        let Asking { action, asked_again, .. } = self.askings[at];
        if result.is_err() && !asked_again {
            self.record(CallEvent::DirectoryFailed { leg, again: true });
            self.askings[at].asked_again = true;
            return self.put_terms_question(now, question, leg);
        }
        self.askings.remove(at);
        let known = result.is_ok();
        match result {
            Ok(terms) => self.new_terms(now, terms),
            Err(Unavailable) => self.record(CallEvent::DirectoryFailed { leg, again: false }),
        }
        match action {
            PendingAction::Enter if self.is_at(leg, Place::Screening) => self.enter_by_terms(now, leg, known),
            PendingAction::Next if known && !self.is_running() => self.start_next(now),
            PendingAction::Enter | PendingAction::Next => {}
        }
    }

    /// A caller in screening joins by the current terms; who asked in vain starts nothing.
    fn enter_by_terms(&mut self, now: Instant, leg: LegId, known: bool) {
        if self.owes_passcode(leg) {
            return self.ask_passcode(leg);
        }
        if !self.has_free_place() {
            self.roster.remove(leg);
            return self.notify(leg, Notice::Full);
        }
        match self.phase {
            Phase::Waiting if known && self.terms.anonymous_start => {
                self.start_with_others(now, leg, StartRight::Anonymous, Admission::Direct);
            }
            Phase::Waiting => self.park_newcomer(now, leg, Parking::ForOrganizer),
            Phase::Started(_) => self.enter_running(now, leg),
        }
    }

    /// A caller who was kept waiting by a meeting that has ended, and may start one, starts the next.
    pub(super) fn start_by_waiting(&mut self, now: Instant) {
        if let Some((leg, _)) = self.next_starter() {
            self.ask_terms(now, leg, PendingAction::Next);
        }
    }

    fn start_next(&mut self, now: Instant) {
        match self.next_starter() {
            Some((client, StartRight::SignedIn)) => {
                self.start(now, client, StartRight::SignedIn, Admission::Client);
            }
            Some((first, right)) => self.start(now, first, right, Admission::Direct),
            None => {}
        }
    }

    /// Returns the caller in the lobby who may start the meeting, with the right to do so.
    fn next_starter(&self) -> Option<(LegId, StartRight)> {
        let waiting = self.roster.lobby();
        if !self.is_enough(waiting.len()) {
            return None;
        }
        let enabled = |_: &&LegId| self.terms.enabled;
        let is = |leg: &LegId, what: fn(&Person) -> bool| self.roster.get(*leg).is_some_and(what);
        let client = waiting.iter().find(|leg| is(leg, |person| !person.phone)).filter(enabled);
        // Gave the PIN, and waits for others.
        let organizer = waiting.iter().find(|leg| is(leg, |person| person.organizer)).filter(enabled);
        let first = waiting.first().filter(|_| self.terms.anonymous_start);
        let rights =
            [(client, StartRight::SignedIn), (organizer, StartRight::Pin), (first, StartRight::Anonymous)];
        rights.into_iter().find_map(|(leg, right)| Some((*leg?, right)))
    }

    /// Nobody waits for an answer to this leg any more. Another caller who may start the next meeting asks in its
    /// place.
    pub(super) fn forget_askings(&mut self, leg: LegId) -> bool {
        let (gone, open) =
            std::mem::take(&mut self.askings).into_iter().partition(|asking| asking.leg == leg);
        self.askings = open;
        let gone: Vec<Asking> = gone;
        for asking in &gone {
            self.timers.clear(Timer::Terms(asking.id, leg));
        }
        gone.iter().any(|asking| asking.action == PendingAction::Next) && !self.is_running()
    }
}
