//! Why a caller waits, was let in or turned away: what the bridge decided about one caller, with the settings that decided it and
//! the section of docs/behaviour.md that says so.

use std::fmt;

use crate::control::call::{HangupCause, LegId, Prompt, Source};
use crate::control::event::{
    AccountEvent, AdminEvent, Admission, CallEvent, EndReason, Event, MeetingEvent, MeetingId, Outcome,
    Refusal, StartRight,
};
use crate::control::pin::LockState;
use crate::control::policy::{OrganizerId, Policy};
use crate::control::presence::Presence;
use crate::control::time::Instant;
use crate::leg::log::{Entry, Log};
use crate::scenario::story::Story;

use super::event_text::EventText;

/// A decision about a caller.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reason {
    /// When.
    pub at: Instant,
    /// What was decided, and why, in a sentence without its subject.
    pub decided: String,
    /// The settings that decided it, as they stood.
    pub settings: Vec<(&'static str, String)>,
    /// The section of BEHAVIOUR.
    pub section: &'static str,
}

impl fmt::Display for Reason {
    /// `waits in the lobby: … (BEHAVIOUR 2.6; release_on_start is true)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (BEHAVIOUR {}", self.decided, self.section)?;
        for (name, value) in &self.settings {
            write!(f, "; {name} is {value}")?;
        }
        f.write_str(")")
    }
}

/// What the bridge goes by, as far as its events do not tell it.
#[derive(Clone, Copy)]
pub struct Grounds<'g> {
    /// The settings.
    pub policy: &'g Policy,
    /// Gives the name of a meeting's organizer.
    pub organizer: &'g dyn Fn(MeetingId) -> String,
    /// Returns whether a meeting starts without a PIN, if that is known.
    pub anonymous_start: &'g dyn Fn(MeetingId) -> Option<bool>,
}

impl fmt::Debug for Grounds<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grounds").field("policy", self.policy).finish_non_exhaustive()
    }
}

/// What was decided about a part of the cast in a run, in order, all its calls.
#[must_use]
pub fn why(story: &Story, log: &Log, part: u32) -> Vec<Reason> {
    let (event_text, given) = (EventText::new(story, log), &story.given);
    let organizer = |meeting| event_text.organizer_of(meeting).to_owned();
    let anonymous_start = |meeting: MeetingId| {
        let own = given.organizers.get(meeting.0 as usize)?.allow_anonymous_start;
        Some(own.unwrap_or(given.policy.tenant.allow_anonymous_start_by_default))
    };
    let grounds = Grounds { policy: &given.policy, organizer: &organizer, anonymous_start: &anonymous_start };
    let mut watch = Watch::new(grounds);
    for (at, entry) in &log.entries {
        match entry {
            Entry::Dials { part: dials, leg } if *dials == part => watch.leg = Some(*leg),
            Entry::Event(event) => watch.take(*at, *event),
            Entry::Dials { .. } | Entry::LineFault { .. } | Entry::Step { .. } | Entry::Failed { .. } => {}
            Entry::Signal { .. } | Entry::Act { .. } | Entry::Finished { .. } => {}
        }
    }
    watch.reasons
}

/// What was decided about a call, from the events of all calls of its meeting, in order.
pub fn why_of_call(
    grounds: Grounds<'_>,
    leg: LegId,
    events: impl IntoIterator<Item = (Instant, Event)>,
) -> Vec<Reason> {
    let mut watch = Watch { leg: Some(leg), ..Watch::new(grounds) };
    for (at, event) in events {
        watch.take(at, event);
    }
    watch.reasons
}

/// The organizer's own setting, which no policy has.
const ANONYMOUS_START: &str = "allow_anonymous_start";

/// One caller, watched through a run.
struct Watch<'g> {
    grounds: Grounds<'g>,
    leg: Option<LegId>,
    presence: Presence,
    /// The organizer whose PIN entry is locked, and how.
    lock: Option<(OrganizerId, LockState)>,
    /// Why the meeting that ended last did.
    end: Option<EndReason>,
    reasons: Vec<Reason>,
}

/// A meeting that runs.
struct Running {
    is_locked: bool,
}

impl<'g> Watch<'g> {
    fn new(grounds: Grounds<'g>) -> Self {
        let (presence, reasons) = (Presence::default(), Vec::new());
        Self { grounds, leg: None, presence, lock: None, end: None, reasons }
    }

    fn take(&mut self, at: Instant, event: Event) {
        self.event(at, event);
        self.presence.take(at, event);
    }

    fn event(&mut self, at: Instant, event: Event) {
        match event {
            Event::Account(AccountEvent::LockedOut { organizer, state }) => {
                self.lock = Some((organizer, state));
            }
            Event::Account(AccountEvent::Administered { organizer, act: AdminEvent::Locked }) => {
                self.lock = Some((organizer, LockState::LockedForGood));
            }
            Event::Account(AccountEvent::Administered { act: AdminEvent::Unlocked, .. }) => self.lock = None,
            Event::Meeting(MeetingEvent::Ended { reason, .. }) => self.end = Some(reason),
            _ if event.leg().is_none() || event.leg() != self.leg => {}
            Event::Call(event) => self.call(at, event),
            Event::Meeting(event) => self.meeting(at, event),
            Event::Account(_) => {}
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "most events decide nothing about a caller")]
    fn call(&mut self, at: Instant, event: CallEvent) {
        match event {
            CallEvent::ConferenceIdKeyed { meeting: None, .. } => {
                // It may be somebody's PIN, keyed too early.
                let decided = "asked again: what was keyed names no meeting".to_owned();
                self.because(at, decided, &["conference_id_tries"], "2.3");
            }
            CallEvent::ConferenceIdKeyed { digits, meeting: Some(meeting), .. } => {
                let (whose, stands) = (self.organizer(meeting), self.stands(meeting));
                let decided = format!(
                    "the conference ID {} names the meeting of {whose}, which {stands}",
                    digits.reveal()
                );
                self.because(at, decided, &[], "2.2");
            }
            CallEvent::Hears {
                source: Source::Prompt { prompt: Prompt::PressStarIfOrganizer, .. }, ..
            } => {
                let decided = "asked for the organizer: whoever keys the PIN starts the meeting".to_owned();
                self.because(at, decided, &["asks_for_organizer", ANONYMOUS_START], "2.4");
            }
            CallEvent::DirectoryFailed { again, .. } => {
                let then = if again { "it is asked once more" } else { "the caller is told so" };
                let decided = format!("the directory did not answer in time; {then}");
                self.because(at, decided, &["directory_timeout"], "The directory");
            }
            CallEvent::Finished { outcome, cause, .. } => self.finished(at, outcome, cause),
            _ => {}
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "most events decide nothing about a caller")]
    fn meeting(&mut self, at: Instant, event: MeetingEvent) {
        match event {
            MeetingEvent::PinAccepted { meeting, .. } => {
                let decided = format!(
                    "the PIN is {}'s: the caller has the organizer's rights",
                    self.organizer(meeting)
                );
                self.because(at, decided, &[], "2.5");
            }
            MeetingEvent::PinRefused { meeting, tries_left, .. } => self.pin_refused(at, meeting, tries_left),
            MeetingEvent::PasscodeAccepted { .. } => {
                self.because(at, "the passcode is right".to_owned(), &["fields"], "The passcode");
            }
            MeetingEvent::PasscodeRefused { tries_left, .. } => {
                let tries = if tries_left == 1 { "try is" } else { "tries are" };
                let decided = format!("the passcode is wrong; {tries_left} {tries} left in this call");
                self.because(at, decided, &["passcode_tries"], "The passcode");
            }
            MeetingEvent::Parked { meeting, .. } => self.parked(at, meeting),
            MeetingEvent::Started { meeting, right, .. } => {
                let whose = self.organizer(meeting);
                let right = match right {
                    StartRight::Pin => "the PIN was right".to_owned(),
                    StartRight::SignedIn => "a signed-in user may".to_owned(),
                    StartRight::Anonymous => format!("{whose} allows anonymous start"),
                };
                self.because(at, format!("starts the meeting of {whose}: {right}"), &[], "2.4");
            }
            MeetingEvent::Joined { meeting, admission, .. } => self.joined(at, meeting, admission),
            MeetingEvent::Commanded { command, allowed: false, .. } => {
                let decided = format!("refused: {} is for organizers only", command.name());
                self.because(at, decided, &[], "3");
            }
            _ => {}
        }
    }

    fn pin_refused(&mut self, at: Instant, meeting: MeetingId, tries_left: u8) {
        let whose = self.organizer(meeting);
        let locked = self.lock.filter(|(organizer, _)| organizer.0 == meeting.0).map(|(_, state)| state);
        let (decided, section) = match locked {
            Some(LockState::LockedUntil(until)) if until > at => {
                (format!("the PIN is refused unseen: PIN entry of {whose} is locked until {until} s"), "4")
            }
            Some(LockState::LockedForGood) => (
                format!(
                    "the PIN is refused unseen: PIN entry of {whose} is locked until an administrator unlocks it"
                ),
                "4",
            ),
            Some(LockState::LockedUntil(_) | LockState::Open) | None => {
                let tries = if tries_left == 1 { "try is" } else { "tries are" };
                (format!("the PIN is not {whose}'s; {tries_left} {tries} left in this call"), "2.5")
            }
        };
        self.because(at, decided, &["pin_tries"], section);
    }

    fn parked(&mut self, at: Instant, meeting: MeetingId) {
        let whose = self.organizer(meeting);
        match self.running(meeting) {
            None if self.grounds.policy.meeting.start_needs_participants > 1 => {
                let decided =
                    format!("waits in the lobby: too few are there for the meeting of {whose} to start");
                self.because(
                    at,
                    decided,
                    &["start_needs_participants", ANONYMOUS_START],
                    "When the organizer leaves",
                );
            }
            None => {
                let decided = format!(
                    "waits in the lobby: the meeting of {whose} has not started, and no PIN was given"
                );
                self.because(at, decided, &[ANONYMOUS_START], "2.6");
            }
            Some(Running { is_locked: true }) => {
                let decided = "waits in the lobby: the meeting is locked".to_owned();
                self.because(at, decided, &["locked_newcomers"], "A locked meeting");
            }
            Some(Running { is_locked: false }) => {
                let decided =
                    "waits in the lobby of the running meeting, until somebody admits the caller".to_owned();
                self.because(at, decided, &["phone_callers_bypass_lobby"], "2.6");
            }
        }
    }

    fn joined(&mut self, at: Instant, meeting: MeetingId, admission: Admission) {
        let whose = self.organizer(meeting);
        let (decided, settings, section): (String, &[&str], _) = match admission {
            Admission::Pin => (format!("joins the meeting of {whose}: the PIN was right"), &[], "2.5"),
            Admission::Released => {
                let decided =
                    "joins: the meeting started, and everybody in its lobby joins at that moment".to_owned();
                (decided, &["release_on_start"], "2.8")
            }
            Admission::Admitted => {
                ("joins: somebody with the right to do so admitted the caller".to_owned(), &[], "3")
            }
            Admission::Direct => {
                let decided = "joins without waiting: the meeting is running, and not locked".to_owned();
                (decided, &["phone_callers_bypass_lobby"], "2.4")
            }
            Admission::Client => (format!("joins the meeting of {whose} with the app"), &[], "2.4"),
        };
        self.because(at, decided, settings, section);
    }

    fn finished(&mut self, at: Instant, outcome: Outcome, cause: HangupCause) {
        let (decided, settings, section): (String, &[&str], _) = match outcome {
            Outcome::Joined => ("hangs up in the meeting".to_owned(), &[], "2.9"),
            Outcome::LobbyHangup => ("hangs up in the lobby".to_owned(), &[], "2.9"),
            Outcome::Abandoned => ("hangs up before the lobby".to_owned(), &[], "2.9"),
            Outcome::LobbyTimeout => (
                "the bridge ends the call: the longest wait is over".to_owned(),
                &["lobby_time_limit"],
                "Time limits",
            ),
            Outcome::Ended | Outcome::OrganizerLeft => self.meeting_ended(),
            Outcome::Removed => ("an authorised person removes the caller".to_owned(), &[], "3"),
            Outcome::Refused(refusal) => self.refused(refusal),
            Outcome::Failed(_) => (format!("the call fails: {}", cause.name()), &[], "2.9"),
        };
        self.because(at, decided, settings, section);
    }

    fn meeting_ended(&self) -> (String, &'static [&'static str], &'static str) {
        let (why, settings, section): (_, &[&str], _) = match self.end {
            Some(EndReason::Person) => ("a person ended it", &[], "Time limits"),
            Some(EndReason::Limit) => {
                let settings = &["max_length", "max_length_counts_from", "max_length_unauthenticated"];
                ("it was as long as it may be", settings, "Time limits")
            }
            Some(EndReason::Grace) => (
                "the time after the last authenticated participant is over",
                &["grace_after_last_authenticated", "grace_applies"],
                "Time limits",
            ),
            Some(EndReason::OrganizerLeft) => (
                "its organizer left",
                &["after_organizer_leaves", "organizer_leaves_when", "end_after"],
                "When the organizer leaves",
            ),
            Some(EndReason::Empty) | None => ("nobody was left", &[], "Time limits"),
        };
        (format!("the bridge ends the call with the meeting: {why}"), settings, section)
    }

    fn refused(&self, refusal: Refusal) -> (String, &'static [&'static str], &'static str) {
        let (why, settings, section): (_, &[&str], _) = match refusal {
            Refusal::TooManyAttempts => ("no conference ID in all tries", &["conference_id_tries"], "2.3"),
            Refusal::TooManyPins => {
                ("the last wrong PIN ends the call", &["pin_tries", "after_last_pin"], "2.5")
            }
            Refusal::Full => {
                ("all places are taken, or the last is the organizer's", &["capacity"], "Capacity")
            }
            Refusal::Locked => ("the meeting is locked", &["locked_newcomers"], "A locked meeting"),
            Refusal::Denied => ("an authorised person turned the caller away", &[], "3"),
            Refusal::Passcode => ("no passcode in all tries", &["passcode_tries"], "The passcode"),
            Refusal::TollFree => {
                ("the organizer does not allow calls to toll-free numbers", &[], "Toll-free numbers")
            }
            Refusal::Blocked => ("the number is blocked", &["blocked_callers"], "Blocked callers"),
            Refusal::UnknownNumber => ("nobody answers at that number", &[], "2.1"),
            Refusal::Congestion => ("the bridge carries all the calls that it may", &[], "2.1"),
            Refusal::NoMeeting => ("the user named has no meetings", &[], "2.4"),
        };
        (format!("turned away: {why}"), settings, section)
    }

    fn organizer(&self, meeting: MeetingId) -> String {
        (self.grounds.organizer)(meeting)
    }

    /// How a meeting stands, after `which`.
    fn stands(&self, meeting: MeetingId) -> &'static str {
        match self.running(meeting) {
            None => "has not started",
            Some(Running { is_locked: true }) => "is running and locked",
            Some(Running { is_locked: false }) => "is running",
        }
    }

    fn running(&self, meeting: MeetingId) -> Option<Running> {
        let attendance = self.presence.meeting(meeting)?;
        attendance.started.map(|_| Running { is_locked: attendance.locked })
    }

    /// A setting as it stands, that of the caller's meeting where organizers have their own.
    fn setting(&self, name: &str) -> Option<String> {
        if name != ANONYMOUS_START {
            return self.grounds.policy.show(name);
        }
        let (meeting, _) = self.presence.place(self.leg?)?;
        (self.grounds.anonymous_start)(meeting).map(|allowed| allowed.to_string())
    }

    fn because(&mut self, at: Instant, decided: String, settings: &[&'static str], section: &'static str) {
        let shown = |name: &&'static str| Some((*name, self.setting(name)?));
        self.reasons.push(Reason {
            at,
            decided,
            settings: settings.iter().filter_map(shown).collect(),
            section,
        });
    }
}
