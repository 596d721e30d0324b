//! A scripted caller: the mirror image of a leg. It hears, keys, waits and judges; a script of the
//! administrator's is a caller that never dials.

mod doubts;
mod language;
mod program;
mod steps;
mod voices;

use std::sync::Arc;
use std::time::Duration;

use smallvec::SmallVec;

pub use doubts::Lateness;
pub use program::{
    ActId, CallState, Expectation, KeyPart, Named, Op, OrganizerRef, Program, SignalId, Sound, StepId,
    Target, Timing,
};

use doubts::{Claim, Late};
use language::LanguageChoice;
use voices::{NOBODY, Voices};

use super::call::{Announcement, Digit, Digits, HangupCause, Language, Prompt, Source, Speech};
use super::outputs::Outputs;
use super::time::{Instant, Timers};

/// The most stretches of one script that run at once.
pub const BRANCHES_MAX: usize = 16;

/// An input of a scripted caller.
#[derive(Clone, Copy, Debug)]
pub enum Input {
    /// Begin the script.
    Go,
    /// The bridge took the call.
    Answered,
    /// This is heard from now on.
    Hears(Source),
    /// This has been heard since then, as is known only now; see [`Lateness`]. In the order of their beginnings.
    HasHeard(Source, Instant),
    /// The meeting's mix carries this announcement from now on, or none.
    Announced(Option<Announcement>),
    /// Of this voice this is heard from now on, or nothing.
    Voice(u32, Option<Speech>),
    /// Of this voice this has been heard since then, or nothing, as is known only now.
    HasHeardVoice(u32, Option<Speech>, Instant),
    /// The call has ended.
    Ended(HangupCause),
    /// The answer to [`Output::Spell`]; `None` if it is unknown.
    Spelled(Option<Digits>),
    /// The signal was given, at this moment.
    Signal(SignalId, Instant),
    /// The answer to the [`Output::Act`] of an [`Op::ActOn`]: whether the caller was there on whom it acts.
    Acted {
        /// The act.
        act: ActId,
        /// It was done.
        done: bool,
    },
    /// All scripts have ended: hang up.
    Leave,
    /// Another script of the story has failed, and it is of no use to go on: end the script, and hang up.
    GiveUp,
}

/// An output of a scripted caller.
#[derive(Clone, PartialEq, Debug)]
pub enum Output {
    /// Place a call.
    Dial(Target),
    /// A key goes down.
    Key {
        /// The key.
        digit: Digit,
        /// How long it is held.
        hold: Duration,
    },
    /// Say this from now on, or nothing any more.
    Say(Option<Speech>),
    /// End the call in good order.
    HangUp,
    /// Vanish.
    Drop,
    /// Asks which digits these are; answered at once by [`Input::Spelled`].
    Spell(Named),
    /// An administrator's act.
    Act(ActId),
    /// The call reached this state for the first time, at this moment.
    Reached(CallState, Instant),
    /// Gives a signal, as of this moment.
    Signal(SignalId, Instant),
    /// A step is done. On the heap, because a caller keeps room for one output.
    Done(Box<StepDone>),
    /// A step failed; the script ends here.
    Failed(Box<StepFailure>),
    /// The script has ended.
    Finished,
}

/// A step that was done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StepDone {
    /// The step.
    pub step: StepId,
    /// When it began.
    pub began: Instant,
    /// When what it expected began, which may be before the step did; its end otherwise.
    pub at: Instant,
    /// For an expectation: until when it could have been met, and from when that was counted.
    pub deadline: Option<(Instant, Instant)>,
}

/// A step that failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StepFailure {
    /// The step.
    pub step: StepId,
    /// When it began.
    pub began: Instant,
    /// In which way.
    pub why: FailureCause,
    /// The sound that was heard when it failed.
    pub heard: Source,
    /// The announcement over it.
    pub announced: Option<Announcement>,
    /// Since when that was heard.
    pub heard_since: Instant,
    /// The first voice that was heard then: a role's place in the cast.
    pub voice: Option<u32>,
    /// How the line stood.
    pub line: Line,
    /// The language that the caller had chosen by key, and when: private prompts must be in it.
    pub chosen: Option<(Language, Instant)>,
}

/// Why a step failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FailureCause {
    /// It did not hold by this deadline.
    TooLate {
        /// The deadline.
        deadline: Instant,
    },
    /// It had been on since before the previous step began, and did not start again by the deadline.
    NotRestarted {
        /// Since when it has been on.
        since: Instant,
        /// The deadline.
        deadline: Instant,
    },
    /// It held before the signal from which its deadline counts.
    TooEarly {
        /// Since when it held.
        since: Instant,
    },
    /// It stopped, or started again.
    Broken {
        /// Since when it had held.
        since: Instant,
    },
    /// It was not on.
    NotOn,
    /// It must not happen, and did.
    Forbidden,
    /// There was no call to act on.
    NoCall,
    /// The caller on whom an administrator acts was not in the place for it.
    NotThere,
    /// There was already a call.
    AlreadyOnCall,
    /// Nobody knows the digits that it names.
    Unknown,
}

/// The state of a caller's line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Line {
    /// No call was made yet.
    Idle,
    /// A call was placed and is not answered.
    Calling,
    /// The call is up.
    Up,
    /// The last call is over.
    Ended,
}

/// A stretch of the script that is being run.
#[derive(Clone, Debug)]
struct Thread {
    at: u32,
    end: u32,
    /// The thread whose fork this one is a branch of.
    parent: Option<u8>,
    began: Instant,
    /// When the step before was over: from then the next one waits.
    resumes: Instant,
    /// When the last step that counts began, or what it was met by: what is expected must not have begun before.
    floor: Instant,
    doing: Doing,
}

#[derive(Clone, Debug)]
enum Doing {
    /// The step at `at` is to be begun.
    Next,
    /// Waits for what it expects.
    Expecting,
    /// The expectation has been met since then, and must stay so.
    Holding { since: Instant },
    /// What must be on is looked at once everything of the moment at which the step began has happened.
    Judging,
    /// Sees to it that something does not happen.
    Guarding,
    /// Waits for a signal.
    Listening,
    /// Waits to hear whether an act was possible.
    Acting,
    /// Waits for the clock.
    Waiting,
    /// Presses the keys from this part on; `spelled` are those left of a named part.
    Pressing { part: u16, spelled: Digits },
    /// Waits for this many branches.
    Joining { branches: u8 },
    /// Has ended.
    Over,
}

/// A scripted caller.
///
/// `handle_*` is one change; drain [`Caller::poll_output`] completely before the next. [`Caller::poll_timeout`]
/// says when [`Caller::handle_timeout`] is due.
#[derive(Debug)]
pub struct Caller {
    program: Arc<Program>,
    threads: SmallVec<[Thread; 1]>,
    timers: Timers<u8>,
    outputs: Outputs<Output>,
    signals: SmallVec<[(SignalId, Instant); 1]>,
    /// Signals that this caller gave: each is given once.
    given: SmallVec<[SignalId; 4]>,
    line: Line,
    heard: Source,
    heard_since: Instant,
    announced: Option<(Announcement, Instant)>,
    /// Whom this caller has heard, if anybody.
    voices: Option<Box<Voices>>,
    /// What the caller says.
    says: Option<Speech>,
    /// Of one who learns late what it hears.
    late: Option<Box<Late>>,
    /// When what came in last happened.
    changed: Instant,
    /// Since when each state of [`CallState::ALL`] holds.
    states: [Option<Instant>; CallState::ALL.len()],
    reached: u8,
    refusal_heard: bool,
    language: LanguageChoice,
    /// No key may go down before.
    keys_free: Instant,
    /// The script has ended before its end.
    failed: bool,
}

impl Caller {
    /// A caller with this script, who has not begun.
    #[must_use]
    pub fn new(program: Arc<Program>) -> Self {
        Self {
            program,
            threads: SmallVec::new(),
            timers: Timers::default(),
            outputs: Outputs::default(),
            signals: SmallVec::new(),
            given: SmallVec::new(),
            line: Line::Idle,
            heard: Source::Silence,
            heard_since: Instant::ZERO,
            announced: None,
            voices: None,
            says: None,
            late: None,
            changed: Instant::ZERO,
            states: [None; CallState::ALL.len()],
            reached: 0,
            refusal_heard: false,
            language: LanguageChoice::default(),
            keys_free: Instant::ZERO,
            failed: false,
        }
    }

    /// The same caller, who learns late what it hears.
    #[must_use]
    pub fn hearing_late(mut self, lateness: Lateness) -> Self {
        self.late = Some(Box::new(Late::new(lateness)));
        self
    }

    /// Returns the steps at which this caller waits now, with the start of the wait.
    pub fn standing_at(&self) -> impl Iterator<Item = (StepId, Instant)> + '_ {
        self.threads
            .iter()
            .filter(|thread| !matches!(thread.doing, Doing::Over | Doing::Joining { .. }))
            .filter_map(|thread| Some((self.program.ops.get(thread.at as usize)?.0, thread.began)))
    }

    /// Returns the sound that is heard now, the announcement over it, and its start.
    #[must_use]
    pub fn hearing(&self) -> (Source, Option<Announcement>, Instant) {
        match self.announced {
            Some((announced, since)) if self.heard == Source::Conference => {
                (self.heard, Some(announced), since)
            }
            _ => (self.heard, None, self.heard_since),
        }
    }

    /// Takes in what happened.
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        self.judge_before(now);
        self.changed = now;
        match input {
            Input::Go => {
                self.threads.push(Thread {
                    at: 0,
                    end: self.program.end,
                    parent: None,
                    began: now,
                    resumes: now,
                    floor: now,
                    doing: Doing::Next,
                });
            }
            Input::Answered => {
                self.line = Line::Up;
                self.reach(CallState::Answered, now);
                // What was heard before tells a state only now.
                self.infer(self.heard, now);
            }
            Input::Hears(source) => self.hear(now, source),
            Input::HasHeard(source, since) => {
                self.changed = since;
                self.hear(since, source);
                self.reconsider(now);
            }
            Input::Announced(announced) => {
                self.announced = announced.map(|announced| (announced, now));
                if announced.is_none() && self.heard == Source::Conference {
                    self.heard_since = now;
                }
            }
            Input::Voice(voice, speech) => self.hear_voice(now, voice, speech),
            Input::HasHeardVoice(voice, speech, since) => {
                self.changed = since;
                self.hear_voice(since, voice, speech);
                self.reconsider(now);
            }
            Input::Ended(cause) => self.line_ended(now, cause),
            Input::Spelled(digits) => self.spelled(now, digits),
            Input::Signal(signal, at) => self.signals.push((signal, at)),
            Input::Acted { act, done } => self.acted(now, act, done),
            Input::Leave => self.end_call(now),
            Input::GiveUp => {
                if !self.failed && !self.is_over() {
                    self.outputs.push(Output::Finished);
                    self.failed = true;
                    self.timers.clear_all();
                }
                self.end_call(now);
            }
        }
        self.settle(now);
    }

    /// Handles what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.judge_before(now);
        while let Some(thread) = self.timers.pop_due(now) {
            self.thread_due(usize::from(thread), now);
        }
        self.settle(now);
    }

    /// The next output; drain it before the next `handle_*`.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.poll()
    }

    /// Returns when [`Caller::handle_timeout`] is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    fn voices(&self) -> &Voices {
        self.voices.as_deref().unwrap_or(&NOBODY)
    }

    fn hear(&mut self, now: Instant, source: Source) {
        if let Some(late) = &mut self.late {
            late.heard_before = (self.heard, self.heard_since);
        }
        self.heard = source;
        self.heard_since = now;
        self.announced = None;
        self.language.hear(source);
        // A bridge may play something before it answers: that is heard, and says nothing of where the caller is.
        if self.line != Line::Calling {
            self.infer(source, now);
        }
    }

    fn infer(&mut self, source: Source, now: Instant) {
        match source {
            Source::Prompt { prompt, .. } => self.infer_from(prompt, now),
            Source::HoldMusic { .. } => self.reach_lobby(now),
            Source::Conference => self.reach_joined(now),
            Source::Silence => {}
        }
    }

    /// A conference is silent again once nobody is heard in it.
    fn hear_voice(&mut self, at: Instant, voice: u32, speech: Option<Speech>) {
        if self.line != Line::Up {
            return;
        }
        let voices = self.voices.get_or_insert_default();
        let was_quiet = voices.is_quiet();
        voices.hear(at, voice, speech);
        if voices.is_quiet() && !was_quiet && self.heard == Source::Conference {
            self.heard_since = at.max(self.heard_since);
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "only the prompts that tell a state matter")]
    fn infer_from(&mut self, prompt: Prompt, now: Instant) {
        match CallState::told_by(prompt) {
            Some(CallState::Joined) => self.reach_joined(now),
            Some(CallState::Lobby) => self.reach_lobby(now),
            _ => {}
        }
        match prompt {
            Prompt::TooManyAttempts | Prompt::MeetingFull | Prompt::LobbyDenied | Prompt::MeetingLocked => {
                self.refusal_heard = true;
            }
            Prompt::NumberNotAllowed => self.refusal_heard = true,
            _ => {}
        }
    }

    fn reach_lobby(&mut self, now: Instant) {
        self.states[CallState::Joined as usize] = None;
        self.reach(CallState::Lobby, now);
    }

    fn reach_joined(&mut self, now: Instant) {
        self.states[CallState::Lobby as usize] = None;
        self.reach(CallState::Joined, now);
    }

    fn reach(&mut self, state: CallState, now: Instant) {
        let since = &mut self.states[state as usize];
        if since.is_none() {
            *since = Some(now);
        }
        let bit = 1 << state as u8;
        if self.reached & bit == 0 {
            self.reached |= bit;
            self.outputs.push(Output::Reached(state, now));
        }
    }

    fn line_ended(&mut self, now: Instant, cause: HangupCause) {
        let was_joined = self.states[CallState::Joined as usize].is_some();
        self.forget_call(now);
        match cause {
            HangupCause::UnknownNumber | HangupCause::Congestion | HangupCause::Declined => {
                self.reach(CallState::Busy, now);
            }
            HangupCause::Bridge => {
                if self.refusal_heard {
                    self.reach(CallState::Refused, now);
                }
                if was_joined {
                    self.reach(CallState::Ended, now);
                }
                self.reach(CallState::HungUp, now);
            }
            HangupCause::Caller
            | HangupCause::Cancelled
            | HangupCause::Lost
            | HangupCause::NoAck
            | HangupCause::NoMedia
            | HangupCause::MediaGone
            | HangupCause::SessionExpired => {}
        }
    }

    fn forget_call(&mut self, now: Instant) {
        self.line = Line::Ended;
        self.heard = Source::Silence;
        self.heard_since = now;
        self.announced = None;
        self.voices = None;
        self.says = None;
        self.states = [None; CallState::ALL.len()];
    }

    fn end_call(&mut self, now: Instant) {
        if matches!(self.line, Line::Calling | Line::Up) {
            self.hang_up(now, Output::HangUp);
        }
    }

    /// Returns whether the script has run to its end.
    fn is_over(&self) -> bool {
        self.threads.first().is_some_and(|whole| matches!(whole.doing, Doing::Over))
    }

    fn hang_up(&mut self, now: Instant, how: Output) {
        self.outputs.push(how);
        self.forget_call(now);
    }

    /// Runs every stretch until it waits for something.
    fn settle(&mut self, now: Instant) {
        let mut index = 0;
        while index < self.threads.len() && !self.failed {
            if self.advance(index, now) {
                // What one stretch did may be what another waits for, and an ended branch wakes its fork.
                index = 0;
            } else {
                index += 1;
            }
        }
    }

    /// Moves one stretch on by a step at most; true if it may move again at once.
    fn advance(&mut self, index: usize, now: Instant) -> bool {
        let thread = &self.threads[index];
        match thread.doing {
            Doing::Over | Doing::Waiting | Doing::Acting | Doing::Judging => return false,
            Doing::Pressing { .. } => return false,
            Doing::Next if thread.at == thread.end => {
                self.stretch_over(index);
                return true;
            }
            Doing::Next if self.line == Line::Calling && self.needs_answer(index) => return false,
            Doing::Next => self.begin(index, now),
            Doing::Expecting | Doing::Holding { .. } | Doing::Guarding | Doing::Listening => {
                self.look(index, now);
            }
            Doing::Joining { branches: 0 } => self.done(index, now, None),
            Doing::Joining { .. } => return false,
        }
        matches!(self.threads[index].doing, Doing::Next | Doing::Joining { .. })
    }
}

#[cfg(test)]
mod tests;
