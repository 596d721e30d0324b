//! One caller's dialog, from answer to hang-up: keys and prompts. People and rights are the meeting's.

mod admission;
mod commands;
mod fields;
mod fingerprint;
mod interface;
mod keys;
mod music;
mod notices;
mod play;
mod watch;

use std::sync::Arc;

use smallvec::SmallVec;

use super::call::{Digit, Digits, HangupCause, Language, LegCommand, LegEvent, LegId, PlaybackId, Prompt};
use super::collect::Collect;
use super::event::{CallEvent, MeetingId, Outcome, Place, Refusal};
use super::numbers::NumberEnd;
use super::outputs::Outputs;
use super::policy::{Announcements, Policy, ServiceNumber};
use super::time::{Instant, Timers};

use music::Music;
use watch::DialogTimer as Timer;

pub use interface::{Dialled, Found, Input, MeetingKey, Output, QuestionId};
pub use watch::{DialogState, DialogStep, DialogTimer, KeyKind, Trigger};

/// The state of the dialog.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Not answered yet.
    Arriving,
    /// Asks for the conference ID. `star` waits for the digit that switches the language.
    ConferenceId { entry: Collect, star: bool },
    /// Reads the conference ID back, to be confirmed.
    Confirming { digits: Digits },
    /// The directory is asked which meeting this is.
    Finding { question: QuestionId, key: MeetingKey, asked_again: bool },
    /// The meeting is asked what to do with this caller.
    Arrived,
    /// Asks for the meeting's passcode.
    Passcode { entry: Collect },
    /// The meeting has the passcode checked.
    PasscodeChecking,
    /// Asks whether this is the organizer.
    OrganizerQuestion,
    /// Asks for the PIN, in front of the lobby or in it.
    Pin { entry: Collect, in_lobby: bool },
    /// The meeting has the PIN checked.
    PinChecking { in_lobby: bool },
    /// Asks for the name; recording since then.
    Name { recording: Option<Instant> },
    /// Says what there is still to say, then enters.
    GoingIn,
    /// The meeting is asked to let the caller in.
    Entering,
    /// Waits, with music.
    Lobby,
    /// In the meeting. `keyed` are keys that began a command and wait for the next.
    Joined { keyed: Digits },
    /// In the meeting, and asked whether to admit this caller, whose name has this length.
    AdmitOrDeny { leg: LegId, name_millis: u16, asked_again: bool },
    /// Says goodbye, then hangs up.
    Leaving { outcome: Outcome },
    /// Has ended.
    Over,
}

/// The caller.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Caller {
    /// Somebody who dialled this number.
    Phone(Arc<ServiceNumber>),
    /// A user with the client app, which hears no prompts.
    Client {
        /// Whether the meeting is this user's own.
        own: bool,
    },
}

/// One caller's attendant.
///
/// The contract of every machine: a `handle_*` call is one change; drain [`Attendant::poll_output`] completely before
/// the next. [`Attendant::poll_timeout`] says when [`Attendant::handle_timeout`] is due. What comes too late (the end
/// of a prompt that was cut, an answer to a question that was given up) changes nothing.
#[derive(Clone, Debug)]
pub struct Attendant {
    leg: LegId,
    policy: Arc<Policy>,
    caller: Caller,
    language: Language,
    state: State,
    meeting: Option<MeetingId>,
    /// Conference IDs asked for in vain.
    tries: u8,
    pin_tries_left: u8,
    /// The place in the list of fields of the next that is asked for.
    next_field: u8,
    /// Passcodes asked for in vain.
    passcode_tries: u8,
    /// Whether the meeting wants to know its passcode.
    asks_passcode: bool,
    /// Whether the meeting wants to know if this is its organizer.
    asks_organizer: bool,
    /// Length of the recorded name in milliseconds; zero for none.
    name_millis: u16,
    /// The end of the caller's number, where announcements may read it out.
    number: Option<NumberEnd>,
    /// An entry has ended by its length: until then, or until a prompt has been heard, the key that would have ended it is
    /// dropped.
    ended_by_length: Option<(Digit, Instant)>,
    /// Until when another pound key is the last one, which bounced; long past if another key came.
    pound_bounces_until: Instant,
    /// Keys that arrived while nothing took them.
    type_ahead: Digits,
    /// What is still to be said: most often one prompt, and nothing for those who wait.
    playlist: SmallVec<[(Prompt, Language); 1]>,
    playing: Option<PlaybackId>,
    music: Music,
    /// The meeting that the caller is about to join is recorded, which is said first.
    is_recorded: bool,
    /// The prompt that plays tells a caller who heard music that the wait goes on.
    says_still_waiting: bool,
    next_playback: u32,
    next_question: u32,
    timers: Timers<Timer>,
    outputs: Outputs<Output>,
}

impl Attendant {
    /// The attendant for a leg that has not been answered.
    #[must_use]
    pub fn new(leg: LegId, policy: Arc<Policy>) -> Self {
        Self {
            leg,
            pin_tries_left: policy.dialog.pin.tries.get(),
            policy,
            caller: Caller::Client { own: false },
            language: Language::default(),
            state: State::Arriving,
            meeting: None,
            tries: 0,
            next_field: 0,
            passcode_tries: 0,
            asks_passcode: false,
            asks_organizer: false,
            name_millis: 0,
            number: None,
            ended_by_length: None,
            pound_bounces_until: Instant::ZERO,
            type_ahead: Digits::default(),
            playlist: SmallVec::new(),
            playing: None,
            music: Music::default(),
            is_recorded: false,
            says_still_waiting: false,
            next_playback: 0,
            next_question: 0,
            timers: Timers::default(),
            outputs: Outputs::default(),
        }
    }

    /// The same for a caller whose number the network tells.
    #[must_use]
    pub fn called_from(mut self, number: Option<&str>) -> Self {
        if self.policy.tenant.entry_exit_announcements == Announcements::NamesOrNumbers {
            let digits = self.policy.meeting.announced_digits.get();
            self.number = number.and_then(|number| NumberEnd::of(number, digits));
        }
        self
    }

    /// Takes in what happened.
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        if self.state == State::Over {
            return;
        }
        match input {
            Input::Arrived(dialled) => self.arrived(now, dialled),
            Input::Leg(LegEvent::Digit(digit)) => self.key(now, digit),
            Input::Leg(LegEvent::PlaybackFinished(playback)) => self.playback_finished(now, playback),
            Input::Leg(LegEvent::HungUp(cause)) => self.hung_up(cause),
            Input::MeetingFound { question, result } => self.meeting_found(now, question, result),
            Input::Notice(notice) => self.notice(now, notice),
            Input::Shutdown => self.finish(Outcome::Failed(HangupCause::Bridge), HangupCause::Bridge),
        }
    }

    /// Handles what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(timer) = self.timers.pop_due(now) {
            self.timeout(now, timer);
        }
    }

    fn timeout(&mut self, now: Instant, timer: Timer) {
        match timer {
            Timer::Key => self.no_more_keys(now),
            Timer::Question => self.go_on(now, &[]),
            Timer::Name => self.name_recorded(now, false),
            Timer::Directory => self.directory_failed(now),
            Timer::StillWaiting => self.still_waiting(now),
            Timer::Admission => self.admission_unanswered(now),
        }
    }

    /// The next output; drain it before the next `handle_*`.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.poll()
    }

    /// Returns when [`Attendant::handle_timeout`] is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// Returns whether the call is over and nothing more will come of this machine.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.state == State::Over
    }

    /// Returns the meeting that the caller has named, and where the caller is in it, as far as the meeting has told.
    #[must_use]
    pub fn place(&self) -> Option<(MeetingId, Place)> {
        let place = match self.state {
            State::Lobby | State::Pin { in_lobby: true, .. } | State::PinChecking { in_lobby: true } => {
                Place::Lobby
            }
            State::Joined { .. } | State::AdmitOrDeny { .. } => Place::Joined,
            State::Arriving
            | State::ConferenceId { .. }
            | State::Confirming { .. }
            | State::Finding { .. }
            | State::Arrived
            | State::Passcode { .. }
            | State::PasscodeChecking
            | State::OrganizerQuestion
            | State::Pin { in_lobby: false, .. }
            | State::PinChecking { in_lobby: false }
            | State::Name { .. }
            | State::GoingIn
            | State::Entering
            | State::Leaving { .. }
            | State::Over => Place::Screening,
        };
        Some((self.meeting?, place))
    }

    fn arrived(&mut self, now: Instant, dialled: Dialled) {
        self.record(CallEvent::Called { leg: self.leg });
        match dialled {
            Dialled::UnknownNumber => {
                self.finish(Outcome::Refused(Refusal::UnknownNumber), HangupCause::UnknownNumber);
            }
            Dialled::Congestion => {
                self.finish(Outcome::Refused(Refusal::Congestion), HangupCause::Congestion);
            }
            Dialled::Blocked => {
                self.finish(Outcome::Refused(Refusal::Blocked), HangupCause::Declined);
            }
            Dialled::Number(number) => {
                self.answer();
                self.caller = Caller::Phone(Arc::clone(&number));
                for language in [number.primary].iter().chain(&number.secondary) {
                    self.language = *language;
                    self.queue(&[Prompt::Welcome]);
                }
                self.language = number.primary;
                self.ask_conference_id(now, &[]);
            }
            Dialled::App { organizer, own } => {
                self.answer();
                self.caller = Caller::Client { own };
                self.find(now, MeetingKey::Organizer(organizer));
            }
        }
    }

    fn answer(&mut self) {
        self.outputs.push(Output::Leg(LegCommand::Answer));
        self.record(CallEvent::Answered { leg: self.leg });
    }
}

#[cfg(test)]
mod tests;
