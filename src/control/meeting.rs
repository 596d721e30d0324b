//! One meeting: who is in screening, who waits, who may start it, the release, and its end. It knows people and
//! rights; keys and prompts are the attendant's.

mod announce;
mod commands;
mod deadlines;
mod fingerprint;
mod interface;
mod leaving;
mod limits;
mod lobby;
mod mute;
mod passcode;
mod recording;
mod release;
mod roster;
mod running;
mod starting;
mod terms;

use super::call::{LegId, Prompt};
use super::event::{Admission, CallEvent, EndReason, Event, MeetingEvent, MeetingId, Place, StartRight};
use super::outputs::Outputs;
use super::pin::{PinEntry, Secret};
use super::policy::{AsksForOrganizer, DialogField, LockedNewcomers, MusicPolicy, Terms};
use super::time::{Instant, Timers};
use deadlines::Timer;
use release::{Decided, Telling};
use roster::{Person, Roster};
use running::Running;
use terms::{Asking, PendingAction};

pub use announce::ANNOUNCEMENTS_MAX;
pub use deadlines::MeetingTimer;
pub use interface::{
    AnnouncementId, CallerAct, CallerKind, CheckId, Epoch, Input, Notice, Output, Parking, PinVerdict,
    TermsId, Unavailable,
};

/// How a meeting stands.
#[derive(Clone, Debug)]
enum Phase {
    /// Nobody has started it: all wait.
    Waiting,
    /// It runs.
    Started(Running),
}

/// A PIN that the directory has been asked about.
#[derive(Clone, Copy, Debug)]
struct Check {
    id: CheckId,
    leg: LegId,
    secret: Secret,
    entry: PinEntry,
    /// Of those for the passcode, if it is wrong.
    tries_left: u8,
    asked_again: bool,
}

/// One organizer's meeting. It lives as long as anybody is on its roster, and may start and end many times.
///
/// The contract of every machine: a `handle_*` call is one change; drain [`Meeting::poll_output`] completely before
/// the next. [`Meeting::poll_timeout`] says when [`Meeting::handle_timeout`] is due. Inputs about legs that are not
/// on the roster (late answers, keys of a caller who has gone) change nothing.
#[derive(Clone, Debug)]
pub struct Meeting {
    id: MeetingId,
    epoch: Epoch,
    terms: Terms,
    phase: Phase,
    roster: Roster,
    checks: Vec<Check>,
    next_check: u64,
    askings: Vec<Asking>,
    next_question: u64,
    next_announcement: u64,
    timers: Timers<Timer>,
    outputs: Outputs<Decided>,
    /// The release that is being told.
    telling: Option<Box<Telling>>,
}

impl Meeting {
    /// A meeting that nobody has named yet. No other machine of the bridge has or had the same epoch.
    #[must_use]
    pub fn new(id: MeetingId, epoch: Epoch, terms: Terms) -> Self {
        Self {
            id,
            epoch,
            terms,
            phase: Phase::Waiting,
            roster: Roster::default(),
            checks: Vec::new(),
            next_check: 0,
            askings: Vec::new(),
            next_question: 0,
            next_announcement: 0,
            timers: Timers::default(),
            outputs: Outputs::default(),
            telling: None,
        }
    }

    /// Whether somebody has started it, and it has not ended.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.running().is_some()
    }

    /// Returns the number of callers in the lobby.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.roster.waiting()
    }

    /// Returns the place of this leg, if it has named the meeting and is still there.
    #[must_use]
    pub fn place(&self, leg: LegId) -> Option<Place> {
        self.roster.get(leg).map(|person| person.place)
    }

    /// Returns whether others hear what this leg sends: it has joined, and is not muted.
    #[must_use]
    pub fn is_heard(&self, leg: LegId) -> bool {
        self.roster.get(leg).is_some_and(|person| person.place == Place::Joined && person.muted.is_none())
    }

    /// Returns all legs with their places, in the order of their numbers.
    pub fn people(&self) -> impl Iterator<Item = (LegId, Place)> {
        self.roster.people().map(|(leg, person)| (leg, person.place))
    }

    /// Returns whether newcomers on the phone wait though it runs.
    #[must_use]
    pub fn holds_newcomers(&self) -> bool {
        self.running().is_some_and(|running| running.holds(true))
    }

    /// Returns the number of participants who have joined.
    #[must_use]
    pub fn joined(&self) -> u32 {
        self.roster.joined()
    }

    /// Returns whether nobody is left, not even in screening, and nothing is due.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        let asks_nothing = self.checks.is_empty() && self.askings.is_empty();
        self.roster.is_empty() && asks_nothing && self.timers.next().is_none()
    }

    /// Takes in what happened.
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        match input {
            Input::Arrive { leg, who, number, terms } => {
                self.arrive(now, leg, who, terms);
                self.roster.note(leg, |person| person.number = number);
            }
            Input::NewTerms { terms } => self.new_terms(now, terms),
            Input::TermsFound { question, leg, result } => self.terms_found(now, question, leg, result),
            Input::Enter { leg, name_millis } => {
                let enters = self.askings.iter().any(|asking| asking.leg == leg);
                if self.is_at(leg, Place::Screening) && !enters {
                    self.roster.note(leg, |person| person.name_millis = name_millis);
                    self.enter(now, leg);
                }
            }
            Input::PinEntered { leg, entry } => self.pin_entered(now, leg, entry),
            Input::PasscodeEntered { leg, entry, tries_left } => {
                self.passcode_entered(now, leg, entry, tries_left);
            }
            Input::PinChecked { check, leg, result } => self.pin_checked(now, check, leg, result),
            Input::Command { leg, command, organizers_keys } => {
                if self.is_at(leg, Place::Joined) {
                    self.command(now, leg, command, organizers_keys);
                }
            }
            Input::Leave { leg } => self.leave(now, leg),
            Input::AnnouncementFinished { announcement } => self.announcement_finished(announcement),
            Input::Admit { leg } => self.admit(now, leg),
            Input::Decide { by, leg, admit } => self.decide(now, by, leg, admit),
            Input::Remove { leg } => self.remove(now, leg),
            Input::Refuse { leg } => self.refuse(now, leg),
            Input::SetMuted { leg, muted } => self.set_muted(leg, muted),
            Input::SetLocked { locked } => self.set_locked(locked),
            Input::SetRecording { on } => self.set_recording(on),
            Input::End => {
                if self.is_running() {
                    self.end(EndReason::Person);
                }
            }
        }
        self.arm_lobby();
        self.tell_of_lobby(now);
    }

    /// Handles what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(timer) = self.timers.pop_due(now) {
            match timer {
                Timer::Check(check, leg) => self.pin_checked(now, check, leg, Err(Unavailable)),
                Timer::Terms(question, leg) => self.terms_found(now, question, leg, Err(Unavailable)),
                Timer::Lobby => self.lobby_time_over(now),
                // Told below.
                Timer::LobbyNotice => {}
                Timer::AutoLock => self.auto_lock(),
                Timer::EndingSoon => self.announce_first(Prompt::EndingSoon),
                Timer::End => self.end(self.end_reason()),
            }
            self.arm_lobby();
            self.tell_of_lobby(now);
        }
    }

    /// The next output; drain it before the next `handle_*`.
    pub fn poll_output(&mut self) -> Option<Output> {
        loop {
            if let Some(output) = self.tell_release() {
                return Some(output);
            }
            match self.outputs.poll()? {
                Decided::Output(output) => return Some(output),
                Decided::Released(telling) => self.telling = Some(telling),
            }
        }
    }

    /// Returns when [`Meeting::handle_timeout`] is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    fn arrive(&mut self, now: Instant, leg: LegId, who: CallerKind, terms: Terms) {
        self.new_terms(now, terms);
        match who {
            CallerKind::SignedIn { organizer } => self.client_arrives(now, leg, organizer),
            CallerKind::Phone if !self.has_place() => self.notify(leg, Notice::Full),
            CallerKind::Phone => {
                let (asks, passcode) = (self.asks_for_organizer(), self.asks_for_passcode());
                let takes_pin = passcode && self.terms.policy.dialog.takes_pin_for_passcode();
                if !asks && !takes_pin && !self.has_free_place() {
                    return self.notify(leg, Notice::Full);
                }
                self.roster.insert(leg, Person::at_the_door(true));
                if passcode {
                    return self.ask_passcode(leg);
                }
                self.notify(leg, if asks { Notice::AskOrganizer } else { Notice::Proceed });
            }
        }
    }

    fn client_arrives(&mut self, now: Instant, leg: LegId, organizer: bool) {
        self.roster.insert(leg, Person::at_the_door(false));
        match self.running() {
            Some(running) if running.holds(false) && !organizer => self.hold(now, leg),
            Some(_) => {
                self.authenticate(now, leg, organizer);
                self.arrive_in_running(now, leg, Admission::Client);
            }
            None if self.terms.enabled => {
                self.authenticate(now, leg, organizer);
                self.start_with_others(now, leg, StartRight::SignedIn, Admission::Client);
            }
            // Found a moment ago, and disabled since.
            None => self.park_newcomer(now, leg, Parking::ForOrganizer),
        }
    }

    /// A caller in screening wants to join as an ordinary participant.
    fn enter(&mut self, now: Instant, leg: LegId) {
        if self.owes_passcode(leg) {
            return self.ask_passcode(leg);
        }
        if !self.has_free_place() {
            self.roster.remove(leg);
            return self.notify(leg, Notice::Full);
        }
        match self.phase {
            Phase::Waiting if self.terms.anonymous_start => self.ask_terms(now, leg, PendingAction::Enter),
            Phase::Waiting => self.park_newcomer(now, leg, Parking::ForOrganizer),
            Phase::Started(_) => self.enter_running(now, leg),
        }
    }

    fn enter_running(&mut self, now: Instant, leg: LegId) {
        if self.holds_newcomers() {
            self.hold(now, leg);
        } else {
            self.arrive_in_running(now, leg, Admission::Direct);
        }
    }

    /// A newcomer may not come straight into the running meeting.
    fn hold(&mut self, now: Instant, leg: LegId) {
        match self.terms.policy.meeting.locked_newcomers {
            LockedNewcomers::Refused if self.running().is_some_and(|running| running.locked) => {
                self.roster.remove(leg);
                self.notify(leg, Notice::Locked);
            }
            LockedNewcomers::Refused | LockedNewcomers::Wait => {
                self.park_newcomer(now, leg, Parking::ForAdmission);
            }
        }
    }

    /// Returns whether one more phone fits at all, the organizer's included.
    fn has_place(&self) -> bool {
        self.roster.phones_inside() < self.terms.policy.meeting.capacity
    }

    /// Returns whether one more phone fits beside the place that is kept until an organizer is authenticated.
    fn has_free_place(&self) -> bool {
        let kept = u32::from(!self.running().is_some_and(|running| running.organizer_authenticated));
        self.roster.phones_inside() + kept < self.terms.policy.meeting.capacity
    }

    /// A newcomer waits in the lobby.
    fn park_newcomer(&mut self, now: Instant, leg: LegId, parking: Parking) {
        self.restart_music();
        self.park(now, leg, parking);
        self.start_with_enough(now);
    }

    /// Somebody is about to come into the lobby: where its music is one for all, it begins again.
    fn restart_music(&mut self) {
        if self.terms.policy.meeting.music_policy == MusicPolicy::Restart {
            for leg in self.roster.lobby() {
                self.notify(leg, Notice::MusicRestarts);
            }
        }
    }

    fn park(&mut self, now: Instant, leg: LegId, parking: Parking) {
        self.roster.park(leg, now);
        self.record(MeetingEvent::Parked { meeting: self.id, leg });
        self.notify(leg, Notice::Parked(parking));
    }

    fn join(&mut self, now: Instant, leg: LegId, admission: Admission) {
        if self.roster.get(leg).is_some_and(|person| !person.phone && !person.authenticated) {
            self.authenticate(now, leg, false);
        }
        self.roster.join(leg);
        self.app_arrives(leg);
        self.record(MeetingEvent::Joined { meeting: self.id, leg, admission });
        self.tell_of_recording(leg);
        self.notify(leg, Notice::Admitted(admission));
        self.tell_count(leg);
        self.mute_newcomer(leg);
    }

    fn arrive_in_running(&mut self, now: Instant, leg: LegId, admission: Admission) {
        self.announce_arrival(now, leg);
        self.join(now, leg, admission);
        self.tell_own_tone(leg);
        self.roster_changed(now);
    }

    fn authenticate(&mut self, now: Instant, leg: LegId, organizer: bool) {
        self.roster.authenticate(leg, organizer);
        if let Some(running) = self.running_mut() {
            running.authenticated(organizer);
        }
        self.roster_changed(now);
    }

    /// Starts the meeting: the starter first, then everyone in the lobby in one step and in order, then those in
    /// screening, who need not wait any more unless they have still to give the passcode. Where the lobby keeps phone callers, those who waited for the start now
    /// wait to be admitted, and those in screening will.
    fn start(&mut self, now: Instant, by: LegId, right: StartRight, admission: Admission) {
        let mut running = Running::new(now, &self.terms.policy);
        if let Some(starter) = self.roster.get(by).filter(|person| person.authenticated) {
            running.authenticated(starter.organizer);
        }
        let (released, phones_bypass) = (running.released, running.phones_bypass);
        let releases = released && phones_bypass;
        self.phase = Phase::Started(running);
        self.record(MeetingEvent::Started { meeting: self.id, by, right, releases });
        if let Some(after) = self.terms.policy.meeting.auto_lock_after.0 {
            self.timers.set(Timer::AutoLock, now + after);
        }
        self.join(now, by, admission);
        if !releases {
            self.join_organizers(now);
        }
        if released && !phones_bypass {
            for leg in self.roster.lobby() {
                if self.roster.get(leg).is_some_and(|person| person.phone) {
                    self.park(now, leg, Parking::ForAdmission);
                } else {
                    self.join(now, leg, Admission::Client);
                }
            }
        }
        if releases {
            self.release();
            for leg in self.roster.at(Place::Screening) {
                if self.owes_passcode(leg) {
                    continue;
                }
                if self.has_free_place() {
                    self.join(now, leg, Admission::Direct);
                } else {
                    self.roster.remove(leg);
                    self.notify(leg, Notice::Full);
                }
            }
        }
        self.roster_changed(now);
    }

    fn pin_entered(&mut self, now: Instant, leg: LegId, entry: PinEntry) {
        if !self.roster.get(leg).is_some_and(|person| matches!(person.place, Place::Screening | Place::Lobby))
        {
            return;
        }
        self.check(now, leg, Secret::Pin, entry, 0);
    }

    fn check(&mut self, now: Instant, leg: LegId, secret: Secret, entry: PinEntry, tries_left: u8) {
        let id = CheckId { epoch: self.epoch, number: self.next_check };
        self.next_check += 1;
        let check = Check { id, leg, secret, entry, tries_left, asked_again: false };
        self.checks.push(check);
        self.ask(now, check);
    }

    fn ask(&mut self, now: Instant, Check { id: check, leg, secret, entry, .. }: Check) {
        self.timers.set(Timer::Check(check, leg), now + self.terms.policy.dialog.directory_timeout);
        self.put(Output::CheckPin { check, leg, organizer: self.terms.organizer, secret, entry });
    }

    fn pin_checked(
        &mut self,
        now: Instant,
        check: CheckId,
        leg: LegId,
        result: Result<PinVerdict, Unavailable>,
    ) {
        let Some(at) = self.checks.iter().position(|open| (open.id, open.leg) == (check, leg)) else {
            return;
        };
        self.timers.clear(Timer::Check(check, leg));
        let open = self.checks[at];
        if result.is_err() && !open.asked_again {
            self.record(CallEvent::DirectoryFailed { leg, again: true });
            self.checks[at].asked_again = true;
            return self.ask(now, open);
        }
        self.checks.remove(at);
        self.checks.shrink_to_fit();
        let (is_enabled, secret) = (self.terms.enabled, open.secret);
        match result {
            Ok(PinVerdict::Right) if is_enabled && secret.may_be_pin() => self.pin_right(now, leg),
            Ok(PinVerdict::Passcode) if is_enabled && secret.may_be_passcode() => self.passcode_right(leg),
            // Found right a moment ago, and the organizer is disabled since: the directory would say so now.
            Ok(PinVerdict::Right | PinVerdict::Passcode | PinVerdict::Wrong) => self.secret_wrong(open),
            Err(Unavailable) => {
                self.record(CallEvent::DirectoryFailed { leg, again: false });
                self.notify(leg, Notice::TryLater);
            }
        }
    }

    fn pin_right(&mut self, now: Instant, leg: LegId) {
        let Some(person) = self.roster.get(leg).copied() else {
            return;
        };
        if person.place == Place::Screening && !self.has_place() {
            self.roster.remove(leg);
            return self.notify(leg, Notice::Full);
        }
        self.record(MeetingEvent::PinAccepted { meeting: self.id, leg });
        self.authenticate(now, leg, true);
        match (person.place, &self.phase) {
            (Place::Joined, _) => {
                self.record(MeetingEvent::Promoted { meeting: self.id, leg });
                self.notify(leg, Notice::Promoted);
            }
            (Place::Screening | Place::Lobby, Phase::Waiting) => {
                self.start_with_others(now, leg, StartRight::Pin, Admission::Pin);
            }
            (Place::Screening | Place::Lobby, Phase::Started(_)) => {
                self.arrive_in_running(now, leg, Admission::Pin);
            }
        }
    }

    fn pin_wrong(&mut self, leg: LegId) {
        let Some(person) = self.roster.get(leg).copied() else {
            return;
        };
        let wrong_pins = person.wrong_pins.saturating_add(1);
        let tries_left = self.terms.policy.dialog.pin.tries.get().saturating_sub(wrong_pins);
        self.roster.note(leg, |person| person.wrong_pins = wrong_pins);
        self.record(MeetingEvent::PinRefused { meeting: self.id, leg, tries_left });
        if person.place != Place::Joined {
            self.notify(leg, Notice::PinRejected { tries_left });
        }
    }

    fn leave(&mut self, now: Instant, leg: LegId) {
        let open: Vec<CheckId> =
            self.checks.iter().filter(|check| check.leg == leg).map(|check| check.id).collect();
        self.checks.retain(|check| check.leg != leg);
        self.checks.shrink_to_fit();
        for check in open {
            self.timers.clear(Timer::Check(check, leg));
        }
        let asked_for_all = self.forget_askings(leg);
        let Some(person) = self.roster.remove(leg) else {
            return;
        };
        self.record(MeetingEvent::Left { meeting: self.id, leg, place: person.place });
        if person.place == Place::Joined {
            self.participant_left(now, leg, person);
        } else if asked_for_all {
            self.start_by_waiting(now);
        }
    }

    /// Ends the meeting for all who are in it or wait for it. Those in screening are being asked, and may wait for
    /// the next one.
    fn end(&mut self, reason: EndReason) {
        let inside: Vec<LegId> = self
            .roster
            .people()
            .filter(|(_, person)| person.place != Place::Screening)
            .map(|(leg, _)| leg)
            .collect();
        for leg in inside {
            if let Some(person) = self.roster.remove(leg) {
                self.record(MeetingEvent::Left { meeting: self.id, leg, place: person.place });
                self.notify(leg, Notice::Ended(reason));
            }
        }
        self.close(reason);
    }

    /// The meeting is over: what comes next begins from the start.
    fn close(&mut self, reason: EndReason) {
        if self.running().is_some_and(|running| running.recording) {
            self.record(MeetingEvent::Recording { meeting: self.id, on: false });
        }
        self.record(MeetingEvent::Ended { meeting: self.id, reason });
        if let Phase::Started(Running { announcing: Some(_), .. }) =
            std::mem::replace(&mut self.phase, Phase::Waiting)
        {
            self.put(Output::StopAnnouncing);
        }
        self.timers.clear(Timer::AutoLock);
        self.timers.clear(Timer::EndingSoon);
        self.timers.clear(Timer::End);
    }

    fn running(&self) -> Option<&Running> {
        match &self.phase {
            Phase::Waiting => None,
            Phase::Started(running) => Some(running),
        }
    }

    fn running_mut(&mut self) -> Option<&mut Running> {
        match &mut self.phase {
            Phase::Waiting => None,
            Phase::Started(running) => Some(running),
        }
    }

    fn is_at(&self, leg: LegId, place: Place) -> bool {
        self.roster.get(leg).is_some_and(|person| person.place == place)
    }

    fn notify(&mut self, leg: LegId, notice: Notice) {
        self.put(Output::Notify { leg, notice });
    }

    fn record(&mut self, event: impl Into<Event>) {
        self.put(Output::Record(event.into()));
    }

    fn put(&mut self, output: Output) {
        self.outputs.push(Decided::Output(output));
    }
}

#[cfg(test)]
mod tests;
