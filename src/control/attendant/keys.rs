//! The effect of each key, and of silence.

use std::time::Duration;

use super::{Attendant, Caller, Found, MeetingKey, Output, QuestionId, State, Timer};
use crate::control::call::{DIGITS_MAX, Digit, Digits, Prompt, Source, Tone};
use crate::control::collect::{Collect, Collected};
use crate::control::event::{CallEvent, Outcome, Refusal};
use crate::control::meeting::{self, CallerKind, Unavailable};
use crate::control::pin::PinEntry;
use crate::control::policy::{AfterLastPin, DialogField};
use crate::control::time::Instant;

/// Two equal keys nearer to each other than this are one key that bounced: a tone and the pause behind it take 80 ms
/// at least (ITU-T Q.24, table A-1, the shortest that is accepted), a finger twice as long.
const BOUNCE: Duration = Duration::from_millis(100);

impl Attendant {
    /// A key as it arrives.
    pub(super) fn key(&mut self, now: Instant, key: Digit) {
        let is_pound = key == Digit::POUND;
        if is_pound && now < self.pound_bounces_until {
            return self.ignore(1);
        }
        self.pound_bounces_until = if is_pound { now + BOUNCE } else { Instant::ZERO };
        self.take(now, key);
    }

    /// A key for the current state, as it arrives or after it was buffered.
    pub(super) fn take(&mut self, now: Instant, key: Digit) {
        if self.is_star_again(key) || self.is_end_of_what_has_ended(now, key) {
            return self.ignore(1);
        }
        match self.state {
            State::ConferenceId { entry, star } => self.conference_id_key(now, entry, star, key),
            State::Confirming { digits } => self.confirmation_key(now, digits, key),
            State::OrganizerQuestion => {
                self.timers.clear(Timer::Question);
                self.barge_in(now);
                if key == Digit::STAR {
                    self.ask_pin(now, &[], false);
                } else {
                    self.go_on(now, &[]);
                }
            }
            State::Pin { entry, in_lobby } => self.pin_key(now, entry, in_lobby, key),
            State::Passcode { entry } => self.passcode_key(now, entry, key),
            State::Name { .. } if key == Digit::POUND => self.name_recorded(now, true),
            State::Lobby if key == Digit::STAR && self.is_on_the_phone() => self.star_in_lobby(now),
            State::Joined { keyed } => self.key_in_meeting(now, keyed, key),
            State::AdmitOrDeny { leg, .. } => self.admission_key(now, leg, key),
            State::Finding { .. } | State::Arrived | State::PinChecking { .. } => self.buffer_key(key),
            State::Entering | State::PasscodeChecking => self.buffer_key(key),
            State::GoingIn => {
                self.buffer_key(key);
                if self.stop_playback() {
                    self.playlist_finished(now);
                }
            }
            State::Arriving | State::Name { .. } | State::Lobby | State::Leaving { .. } | State::Over => {
                self.ignore(1);
            }
        }
    }

    /// Buffers a key for the next state that takes keys.
    fn buffer_key(&mut self, key: Digit) {
        if self.type_ahead.len() == DIGITS_MAX || !self.type_ahead.push(key) {
            self.ignore(1);
        }
    }

    pub(super) fn ignore(&mut self, count: u8) {
        self.record(CallEvent::KeysIgnored { leg: self.leg, count });
    }

    /// Says what is queued, unless keys are already waiting: those cut it short before it begins.
    pub(super) fn prompt(&mut self, now: Instant) {
        // Keys that mean nothing cut nothing short.
        while let Some(key) = self.next_ahead()
            && (self.is_star_again(key) || self.is_end_of_what_has_ended(now, key))
        {
            self.type_ahead.pop_front();
            self.ignore(1);
        }
        if self.type_ahead.is_empty() {
            self.play_queue(now);
        } else {
            self.stop_playback();
            self.hear(now, Source::Silence);
            self.replay_type_ahead(now);
        }
    }

    fn next_ahead(&self) -> Option<Digit> {
        self.type_ahead.iter().next()
    }

    /// Returns whether this is the star that asked for the PIN once more. It stops no prompt.
    fn is_star_again(&self, key: Digit) -> bool {
        let is_empty = match self.state {
            State::Pin { entry, .. } | State::Passcode { entry } => entry.is_empty(),
            State::Arriving | State::ConferenceId { .. } | State::Confirming { .. } => false,
            State::Finding { .. } | State::Arrived => false,
            State::OrganizerQuestion | State::PinChecking { .. } | State::PasscodeChecking => false,
            State::Name { .. } | State::GoingIn | State::Entering | State::Lobby => false,
            State::Joined { .. } | State::AdmitOrDeny { .. } | State::Leaving { .. } | State::Over => false,
        };
        let ends_an_entry = || self.open_field().is_some_and(|field| field.termchar == Some(key));
        key == Digit::STAR && is_empty && !ends_an_entry()
    }

    /// Replays the buffered keys in the current state.
    pub(super) fn replay_type_ahead(&mut self, now: Instant) {
        while self.takes_keys()
            && let Some(key) = self.type_ahead.pop_front()
        {
            self.take(now, key);
        }
    }

    pub(super) fn takes_keys(&self) -> bool {
        match self.state {
            State::ConferenceId { .. }
            | State::Confirming { .. }
            | State::OrganizerQuestion
            | State::Pin { .. }
            | State::Passcode { .. }
            | State::Name { .. } => true,
            State::Lobby | State::Joined { .. } | State::AdmitOrDeny { .. } | State::Leaving { .. } => true,
            State::Arriving | State::Finding { .. } | State::Arrived | State::PinChecking { .. } => false,
            State::GoingIn | State::Entering | State::PasscodeChecking | State::Over => false,
        }
    }

    pub(super) fn ask_conference_id(&mut self, now: Instant, first: &[Prompt]) {
        self.queue(first);
        self.queue(&[Prompt::EnterConferenceId]);
        self.state = State::ConferenceId { entry: Collect::default(), star: false };
        self.prompt(now);
    }

    fn conference_id_key(&mut self, now: Instant, mut entry: Collect, star: bool, key: Digit) {
        self.barge_in(now);
        let field = self.conference_id_field();
        if star && key != Digit::POUND && key != Digit::STAR {
            return self.switch_language(now, entry, key);
        }
        if key == Digit::STAR && field.termchar != Some(key) {
            self.state = State::ConferenceId { entry, star: true };
        } else if let Some(collected) = self.collect(now, &mut entry, &field, key) {
            return self.conference_id_collected(now, collected);
        } else {
            self.state = State::ConferenceId { entry, star };
        }
        self.timers.set(Timer::Key, now + self.policy.dialog.interdigit_timeout);
    }

    /// `*1` to `*4`: the secondary languages of the number, in their order.
    fn switch_language(&mut self, now: Instant, entry: Collect, key: Digit) {
        let chosen = match (&self.caller, key.number()) {
            (Caller::Phone(number), Some(place @ 1..)) => {
                number.secondary.get(usize::from(place) - 1).copied()
            }
            (Caller::Phone(_) | Caller::Client { .. }, _) => None,
        };
        match chosen {
            Some(language) => {
                self.timers.clear(Timer::Key);
                self.language = language;
                self.ask_conference_id(now, &[]);
            }
            None => {
                self.ignore(2);
                self.state = State::ConferenceId { entry, star: false };
                self.timers.set(Timer::Key, now + entry.next_timeout(&self.conference_id_field()));
            }
        }
    }

    /// The inter-digit timeout ends an entry as `#` does; the first-digit timeout ends an empty one.
    pub(super) fn no_more_keys(&mut self, now: Instant) {
        match self.state {
            State::ConferenceId { entry, .. } => {
                self.conference_id_collected(now, entry.end(&self.conference_id_field()));
            }
            State::Pin { entry, in_lobby } => {
                self.pin_collected(now, entry.end(&self.pin_field()), in_lobby);
            }
            State::Confirming { .. } => self.conference_id_failed(now, &[Prompt::NoInput]),
            State::Passcode { entry } => {
                self.passcode_collected(now, entry.end(&self.passcode_field()));
            }
            State::Joined { keyed } if !keyed.is_empty() => self.command_timeout(now, keyed),
            State::Arriving
            | State::Finding { .. }
            | State::Arrived
            | State::OrganizerQuestion
            | State::PinChecking { .. }
            | State::PasscodeChecking
            | State::Name { .. }
            | State::GoingIn
            | State::Entering
            | State::Lobby
            | State::Joined { .. }
            | State::AdmitOrDeny { .. }
            | State::Leaving { .. }
            | State::Over => {}
        }
    }

    fn conference_id_collected(&mut self, now: Instant, collected: Collected) {
        match collected {
            Collected::Filled(digits) if self.policy.dialog.confirm_conference_id => {
                self.confirm(now, digits);
            }
            Collected::Filled(digits) => self.find(now, MeetingKey::ConferenceId(digits)),
            Collected::NoInput => self.conference_id_failed(now, &[Prompt::NoInput]),
            Collected::NoMatch(digits) => self.unknown_conference_id(now, digits),
        }
    }

    fn unknown_conference_id(&mut self, now: Instant, digits: Digits) {
        self.record(CallEvent::ConferenceIdKeyed { leg: self.leg, digits, meeting: None });
        self.conference_id_failed(now, &[Prompt::InvalidConferenceId, Prompt::PleaseTryAgain]);
    }

    pub(super) fn conference_id_failed(&mut self, now: Instant, said: &[Prompt]) {
        self.tries += 1;
        if self.tries < self.policy.dialog.conference_id.tries.get() {
            return self.ask_conference_id(now, said);
        }
        let said = said.first().copied().into_iter();
        let prompts: Vec<Prompt> = said.chain([Prompt::TooManyAttempts, Prompt::Goodbye]).collect();
        self.say_goodbye(now, Outcome::Refused(Refusal::TooManyAttempts), &prompts);
    }

    pub(super) fn find(&mut self, now: Instant, key: MeetingKey) {
        self.ask_directory(now, key, false);
    }

    fn ask_directory(&mut self, now: Instant, key: MeetingKey, asked_again: bool) {
        let question = QuestionId(self.next_question);
        self.next_question = self.next_question.wrapping_add(1);
        self.state = State::Finding { question, key, asked_again };
        self.timers.set(Timer::Directory, now + self.policy.dialog.directory_timeout);
        self.outputs.push(Output::FindMeeting { question, key });
    }

    pub(super) fn directory_failed(&mut self, now: Instant) {
        let State::Finding { key, asked_again, .. } = self.state else {
            return;
        };
        self.record(CallEvent::DirectoryFailed { leg: self.leg, again: !asked_again });
        self.timers.clear(Timer::Directory);
        match (asked_again, key) {
            (false, _) => self.ask_directory(now, key, true),
            (true, MeetingKey::ConferenceId(_)) => self.ask_conference_id(now, &[Prompt::TechnicalError]),
            (true, MeetingKey::Organizer(_)) => self.no_meeting_for_client(now),
        }
    }

    /// The app has nobody to ask again: the call ends.
    fn no_meeting_for_client(&mut self, now: Instant) {
        self.say_goodbye(now, Outcome::Refused(Refusal::NoMeeting), &[]);
    }

    pub(super) fn meeting_found(
        &mut self,
        now: Instant,
        answered: QuestionId,
        result: Result<Option<Found>, Unavailable>,
    ) {
        let State::Finding { question, key, .. } = self.state else {
            return;
        };
        if question != answered {
            return;
        }
        let Ok(found) = result else {
            return self.directory_failed(now);
        };
        self.timers.clear(Timer::Directory);
        match (found, key) {
            (Some(found), _) => {
                if let MeetingKey::ConferenceId(digits) = key {
                    let meeting = Some(found.meeting);
                    self.record(CallEvent::ConferenceIdKeyed { leg: self.leg, digits, meeting });
                }
                if found.terms.refuses_toll_free && self.is_toll_free() {
                    let outcome = Outcome::Refused(Refusal::TollFree);
                    return self.say_goodbye(now, outcome, &[Prompt::NumberNotAllowed, Prompt::Goodbye]);
                }
                self.arrive(found);
            }
            (None, MeetingKey::ConferenceId(digits)) => self.unknown_conference_id(now, digits),
            (None, MeetingKey::Organizer(_)) => self.no_meeting_for_client(now),
        }
    }

    fn arrive(&mut self, found: Found) {
        let who = match self.caller {
            Caller::Phone(_) => CallerKind::Phone,
            Caller::Client { own } => CallerKind::SignedIn { organizer: own },
        };
        self.state = State::Arrived;
        self.meeting = Some(found.meeting);
        let (leg, number, terms) = (self.leg, self.number, found.terms);
        let arrives = meeting::Input::Arrive { leg, who, number, terms };
        self.tell(found.meeting, arrives);
    }

    pub(super) fn ask_pin(&mut self, now: Instant, first: &[Prompt], in_lobby: bool) {
        self.queue(first);
        self.queue(&[Prompt::EnterPin]);
        self.state = State::Pin { entry: Collect::default(), in_lobby };
        self.prompt(now);
    }

    fn pin_key(&mut self, now: Instant, entry: Collect, in_lobby: bool, key: Digit) {
        let (entry, collected) = self.secret_key(now, entry, &self.pin_field(), key);
        match collected {
            Some(collected) => self.pin_collected(now, collected, in_lobby),
            None => self.state = State::Pin { entry, in_lobby },
        }
    }

    fn pin_collected(&mut self, now: Instant, collected: Collected, in_lobby: bool) {
        match collected {
            Collected::NoInput if in_lobby => self.back_to_music(now, &[]),
            Collected::NoInput => self.go_on(now, &[Prompt::NoInput]),
            Collected::Filled(keys) | Collected::NoMatch(keys) => {
                let Some(meeting) = self.meeting else { return };
                self.state = State::PinChecking { in_lobby };
                let entry = PinEntry::new(keys);
                self.tell(meeting, meeting::Input::PinEntered { leg: self.leg, entry });
            }
        }
    }

    pub(super) fn pin_rejected(&mut self, now: Instant, tries_left: u8) {
        let State::PinChecking { in_lobby } = self.state else {
            return;
        };
        self.pin_tries_left = tries_left;
        match (tries_left, self.policy.dialog.after_last_pin) {
            (1.., _) => self.ask_pin(now, &[Prompt::InvalidPin], in_lobby),
            (0, AfterLastPin::Lobby) if in_lobby => self.back_to_music(now, &[Prompt::InvalidPin]),
            (0, AfterLastPin::Lobby) => self.go_on(now, &[Prompt::InvalidPin]),
            (0, AfterLastPin::HangUp) => self.say_goodbye(
                now,
                Outcome::Refused(Refusal::TooManyPins),
                &[Prompt::InvalidPin, Prompt::TooManyAttempts, Prompt::Goodbye],
            ),
        }
    }

    fn back_to_music(&mut self, now: Instant, first: &[Prompt]) {
        self.state = State::Lobby;
        self.queue(first);
        self.play_queue(now);
        self.replay_type_ahead(now);
    }

    /// The client app is signed in: it is asked for no PIN and hears no prompts.
    pub(super) fn is_on_the_phone(&self) -> bool {
        matches!(self.caller, Caller::Phone(_))
    }

    fn star_in_lobby(&mut self, now: Instant) {
        self.stop_playback();
        if self.pin_tries_left > 0 && self.policy.dialog.fields.has(DialogField::Organizer) {
            self.ask_pin(now, &[], true);
        } else {
            self.back_to_music(now, &[Prompt::Tone(Tone::Low)]);
        }
    }

    /// The name is over. Only one that the caller ended with `#` counts: silence is not a name.
    pub(super) fn name_recorded(&mut self, now: Instant, ended_by_key: bool) {
        let State::Name { recording } = self.state else {
            return;
        };
        self.timers.clear(Timer::Name);
        self.barge_in(now);
        let length = recording.filter(|_| ended_by_key).map(|since| now.since(since).as_millis());
        self.name_millis = u16::try_from(length.unwrap_or(0)).unwrap_or(u16::MAX);
        self.go_on(now, &[]);
    }

    pub(super) fn enter(&mut self) {
        let Some(meeting) = self.meeting else { return };
        self.state = State::Entering;
        let name_millis = self.name_millis;
        self.tell(meeting, meeting::Input::Enter { leg: self.leg, name_millis });
    }
}
