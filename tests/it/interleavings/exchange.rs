//! One meeting, its callers and its directory as an exchange runs them: every machine by itself, values between them on
//! their way for as long as it takes, in order on each line only. Whatever may happen next is a [`Step`].

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use ::attendant::control::account::AccountAct;
use ::attendant::control::attendant::{self, Attendant, Dialled};
use ::attendant::control::call::{
    Digit, Digits, HangupCause, LegCommand, LegEvent, LegId, PlaybackId, Source,
};
use ::attendant::control::directory::{Directory, NewOrganizer, Shown, StoryDirectory as _};
use ::attendant::control::event::{CallEvent, Event, MeetingEvent, MeetingId, Outcome};
use ::attendant::control::meeting::{
    self, CheckId, Epoch, Meeting, Notice, PinVerdict, TermsId, Unavailable,
};
use ::attendant::control::pin::{Pin, PinEntry, Secret};
use ::attendant::control::policy::{OrganizerId, Policy, ServiceNumber, Terms};
use ::attendant::control::time::Instant;

/// What a caller does; each at any moment, but in this order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Move {
    /// Dials and keys the conference ID.
    Join,
    /// Joins with the client app, as the organizer or as another user of the tenant.
    Client { own: bool },
    /// Keys the PIN that is the organizer's at that moment.
    Pin,
    /// Keys a PIN that is nobody's.
    WrongPin,
    /// These keys.
    Keys(&'static str),
}

/// What an administrator does; at any moment, but in this order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Act {
    ResetPin,
    Lock,
    Unlock,
    EndMeeting,
    AllowAnonymousStart(bool),
    /// The same by another process: the directory knows, and the meeting is not told.
    AllowElsewhere(bool),
    Disable,
}

/// Who is there and what they may do.
#[derive(Debug)]
pub(crate) struct Cast {
    pub(crate) name: &'static str,
    pub(crate) settings: &'static [(&'static str, &'static str)],
    pub(crate) callers: Vec<&'static [Move]>,
    pub(crate) acts: &'static [Act],
    /// Callers who may hang up whenever they like; all others stay until they are sent away.
    pub(crate) may_hang_up: usize,
    /// What callers on the phone are asked for.
    pub(crate) passcode: Option<&'static str>,
    /// Answers of the directory that may fail.
    pub(crate) failures: u8,
    /// Moments that pass while nothing is due, so that two timers set one after the other part.
    pub(crate) pauses: u8,
    /// Whether values take their time; otherwise each is handed over at once, as World does.
    pub(crate) slow_lines: bool,
    /// Whether prompts take their time; otherwise each is over at once.
    pub(crate) prompts: bool,
    /// Whether it does not matter which of several callers with one script is which, so that a state is looked at once
    /// for all of them.
    pub(crate) interchangeable: bool,
    /// A fault of this exchange: it forgets to tell the last of those who are let in together.
    pub(crate) forgets_the_last: bool,
}

impl Cast {
    /// The first caller of the same kind as this one.
    pub(crate) fn kind(&self, at: usize) -> usize {
        let is_alike = |other: &usize| {
            self.callers[*other] == self.callers[at] && (*other < self.may_hang_up) == (at < self.may_hang_up)
        };
        (0..at).find(is_alike).unwrap_or(at)
    }
}

/// Something that may happen next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// The caller makes the next move.
    Move(usize),
    HangUp(usize),
    /// What the caller hears comes to its end.
    PlaybackOver(usize),
    /// The meeting takes what this call told it first.
    TellMeeting(usize),
    /// The call takes what it was told first.
    TellCall(usize),
    /// The directory looks at an open question.
    Look(usize),
    /// The directory cannot answer an open question.
    Fail(usize),
    /// An answer of the directory arrives.
    Answer(usize),
    Act,
    /// The call's timer that is due next, and no other machine's is due before it.
    CallTimer(usize),
    MeetingTimer,
    /// Everybody has left the meeting, and it goes: the next who comes opens it again.
    Forget,
    Pause,
}

const PAUSE: Duration = Duration::from_secs(1);
const ORGANIZER: OrganizerId = OrganizerId(0);
const CONFERENCE_ID: &str = "3141592";

#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) attendant: Attendant,
    pub(crate) hears: Source,
    playing: Option<PlaybackId>,
    /// On its way to the meeting, and from it.
    up: VecDeque<meeting::Input>,
    down: VecDeque<Notice>,
    moves: usize,
    /// Gave the passcode or the PIN.
    pub(crate) passed: bool,
    pub(crate) outcome: Option<Outcome>,
}

#[derive(Clone, Debug)]
struct Question {
    leg: LegId,
    asked: Asked,
}

#[derive(Clone, Copy, Debug)]
enum Asked {
    Pin(CheckId, Secret, PinEntry),
    Terms(TermsId),
}

impl Asked {
    /// The answer that there is none.
    fn failed(self, leg: LegId) -> meeting::Input {
        match self {
            Self::Pin(check, ..) => meeting::Input::PinChecked { check, leg, result: Err(Unavailable) },
            Self::Terms(question) => meeting::Input::TermsFound { question, leg, result: Err(Unavailable) },
        }
    }
}

/// What one step brought about, for the rules to look at.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) events: Vec<Event>,
    /// Callers who were told that they are in.
    pub(crate) admitted: Vec<LegId>,
    /// A PIN that the directory found right though it is not the organizer's now.
    pub(crate) stale_pin: bool,
    /// How much the machines put out.
    pub(crate) outputs: usize,
}

/// The state of everything.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) cast: Rc<Cast>,
    now: Instant,
    pub(crate) meeting: Rc<Meeting>,
    /// Which opening of the meeting it is, and whether anybody has come to it.
    epoch: Epoch,
    opened: bool,
    directory: Rc<Directory>,
    pin: Pin,
    pub(crate) calls: Vec<Rc<Call>>,
    questions: Vec<Question>,
    answers: Vec<(LegId, meeting::Input)>,
    /// The newest terms that the meeting was told.
    told_version: u64,
    pub(crate) told_enabled: bool,
    acts: usize,
    failures: u8,
    pauses: u8,
    resets: u8,
}

impl Exchange {
    pub(crate) fn new(cast: Cast) -> Self {
        let mut policy = Policy::default();
        cast.settings.iter().for_each(|(name, value)| policy.set(name, value).unwrap());
        let mut directory = Directory::new(policy);
        let conference_id = Digits::from_symbols(CONFERENCE_ID);
        let passcode = cast.passcode.and_then(Pin::from_symbols);
        let new = NewOrganizer { conference_id, passcode, ..NewOrganizer::default() };
        let pin = directory.add(&new, &mut entropy(0)).unwrap().pin;
        let call = |leg: u32| Call {
            attendant: Attendant::new(LegId::new(leg.into()), directory.policy().clone()),
            hears: Source::Silence,
            playing: None,
            up: VecDeque::new(),
            down: VecDeque::new(),
            moves: 0,
            passed: false,
            outcome: None,
        };
        let legs = 0..u32::try_from(cast.callers.len()).unwrap();
        Self {
            now: Instant::ZERO,
            meeting: Rc::new(Meeting::new(MeetingId(0), Epoch(0), directory.terms(ORGANIZER).unwrap())),
            epoch: Epoch(0),
            opened: false,
            pin,
            calls: legs.map(|leg| Rc::new(call(leg))).collect(),
            directory: Rc::new(directory),
            questions: Vec::new(),
            answers: Vec::new(),
            told_version: 0,
            told_enabled: true,
            acts: 0,
            failures: 0,
            pauses: 0,
            resets: 0,
            cast: Rc::new(cast),
        }
    }

    /// Everything that may happen next.
    pub(crate) fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        let due = self.next_deadline();
        for (at, call) in self.calls.iter().enumerate() {
            let is_up = call.is_up();
            if call.moves < self.cast.callers[at].len() && (is_up || call.moves == 0) {
                steps.push(Step::Move(at));
            }
            if is_up && at < self.cast.may_hang_up {
                steps.push(Step::HangUp(at));
            }
            if call.playing.is_some() {
                steps.push(Step::PlaybackOver(at));
            }
            if !call.up.is_empty() {
                steps.push(Step::TellMeeting(at));
            }
            if !call.down.is_empty() {
                steps.push(Step::TellCall(at));
            }
            if due.is_some() && call.attendant.poll_timeout() == due {
                steps.push(Step::CallTimer(at));
            }
        }
        steps.extend((0..self.questions.len()).map(Step::Look));
        if self.failures < self.cast.failures {
            steps.extend((0..self.questions.len()).map(Step::Fail));
        }
        steps.extend((0..self.answers.len()).map(Step::Answer));
        if self.acts < self.cast.acts.len() {
            steps.push(Step::Act);
        }
        if due.is_some() && self.meeting.poll_timeout() == due {
            steps.push(Step::MeetingTimer);
        }
        if self.opened && self.meeting.is_idle() {
            steps.push(Step::Forget);
        }
        if self.pauses < self.cast.pauses && due.is_some_and(|due| self.now + PAUSE < due) {
            steps.push(Step::Pause);
        }
        steps
    }

    /// The state after one of its [`Exchange::steps`], and what could be seen of it; `None` where it is none of them.
    pub(crate) fn after(&self, step: Step) -> Option<(Self, Seen)> {
        let (mut next, mut seen) = (self.clone(), Seen::default());
        match step {
            Step::Move(at) => next.make_move(at, &mut seen),
            Step::HangUp(at) => {
                next.tell_attendant(
                    at,
                    attendant::Input::Leg(LegEvent::HungUp(HangupCause::Caller)),
                    &mut seen,
                );
            }
            Step::PlaybackOver(at) => next.playback_over(at, &mut seen),
            Step::TellMeeting(at) => {
                let input = next.call(at).up.pop_front()?;
                next.tell_meeting(input, &mut seen);
            }
            Step::TellCall(at) => {
                let notice = next.call(at).down.pop_front()?;
                next.tell_attendant(at, attendant::Input::Notice(notice), &mut seen);
            }
            Step::Look(at) => next.look(at, &mut seen),
            Step::Fail(at) => {
                next.failures += 1;
                let Question { leg, asked } = next.questions.remove(at);
                next.answers.push((leg, asked.failed(leg)));
            }
            Step::Answer(at) => {
                let (_, answer) = next.answers.remove(at);
                next.tell_meeting(answer, &mut seen);
            }
            Step::Act => next.act(&mut seen),
            Step::CallTimer(at) => {
                next.now = next.now.max(next.next_deadline()?);
                let now = next.now;
                next.call(at).attendant.handle_timeout(now);
                next.drain_attendant(at, &mut seen);
            }
            Step::MeetingTimer => {
                next.now = next.now.max(next.next_deadline()?);
                Rc::make_mut(&mut next.meeting).handle_timeout(next.now);
                next.drain_meeting(&mut seen);
            }
            Step::Forget => next.forget(),
            Step::Pause => {
                next.pauses += 1;
                next.now = next.now + PAUSE;
            }
        }
        if !next.cast.slow_lines || !next.cast.prompts {
            next.settle(&mut seen);
        }
        Some((next, seen))
    }

    /// Whether nothing is on its way to or from this call, and nothing is being said to it.
    pub(crate) fn is_settled(&self, at: usize) -> bool {
        let call = &self.calls[at];
        let leg = LegId::new(u64::try_from(at).unwrap());
        call.up.is_empty()
            && call.down.is_empty()
            && call.playing.is_none()
            && !self.questions.iter().any(|question| question.leg == leg)
            && !self.answers.iter().any(|(of, _)| *of == leg)
    }

    /// What tells this state from all others, but for which of several interchangeable callers is which.
    ///
    /// Everything about a caller is hashed under that caller, with its place in every queue, and callers of one kind in
    /// any order. So two states with one fingerprint differ by an exchange of callers who do the same, and whatever may
    /// happen after one may happen after the other, to the caller in that place: the machines know calls by number, but
    /// no rule of theirs asks which number is lower. Where they go through calls by number, those who are let in or sent
    /// away together, it is in one step, and each call is told on its own line.
    pub(crate) fn fingerprint(&self) -> u64 {
        self.fingerprint_by(|at| if self.cast.interchangeable { self.cast.kind(at) } else { at })
    }

    /// The same where callers of one kind can be told apart by nothing else.
    pub(crate) fn fingerprint_by(&self, kind: impl Fn(usize) -> usize) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.meeting.fingerprint(self.now, &mut hasher);
        self.opened.hash(&mut hasher);
        let mut calls: Vec<(usize, u64)> =
            (0..self.calls.len()).map(|at| (kind(at), self.fingerprint_of(at))).collect();
        calls.sort_unstable();
        calls.hash(&mut hasher);
        (self.questions.len(), self.answers.len()).hash(&mut hasher);
        let wrong_pins = self.directory.pin_info(self.now, ORGANIZER).wrong_in_all;
        (self.acts, self.failures, self.pauses, self.resets, wrong_pins).hash(&mut hasher);
        hasher.finish()
    }

    fn fingerprint_of(&self, at: usize) -> u64 {
        let mut hasher = DefaultHasher::new();
        let (call, leg) = (&self.calls[at], LegId::new(u64::try_from(at).unwrap()));
        self.meeting.fingerprint_of(leg, self.now, &mut hasher);
        call.attendant.fingerprint(self.now, &mut hasher);
        let source = match call.hears {
            Source::Silence => (0, None),
            Source::Prompt { prompt, .. } => (1, Some(prompt)),
            Source::HoldMusic { .. } => (2, None),
            Source::Conference => (3, None),
        };
        (source, call.moves, call.outcome, call.up.len(), call.down.len()).hash(&mut hasher);
        for input in &call.up {
            hash_input(input, &mut hasher);
            terms_in(input).map(|terms| terms.version.cmp(&self.told_version)).hash(&mut hasher);
        }
        call.down.hash(&mut hasher);
        // What the directory remembers of a question is asked again by the same leg: the leg tells them apart.
        for (place, Question { asked, .. }) in
            self.questions.iter().enumerate().filter(|(_, question)| question.leg == leg)
        {
            match asked {
                Asked::Pin(check, secret, entry) => {
                    (0, place, check.epoch == self.epoch, secret, entry).hash(&mut hasher);
                }
                Asked::Terms(question) => (1, place, question.epoch == self.epoch).hash(&mut hasher),
            }
        }
        for (place, (_, answer)) in self.answers.iter().enumerate().filter(|(_, (of, _))| *of == leg) {
            place.hash(&mut hasher);
            self.hash_answer(answer, &mut hasher);
        }
        hasher.finish()
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the directory gives no others")]
    fn hash_answer(&self, answer: &meeting::Input, hasher: &mut DefaultHasher) {
        match answer {
            meeting::Input::PinChecked { check, result, .. } => {
                let verdict = result.ok().map(|verdict| verdict as u8);
                (2, check.epoch == self.epoch, verdict).hash(hasher);
            }
            meeting::Input::TermsFound { question, result, .. } => {
                // Whether it is newer than what the meeting knows decides what becomes of it.
                let terms = result.as_ref().ok();
                let said = terms.map(|terms| {
                    (terms.enabled, terms.anonymous_start, terms.version.cmp(&self.told_version))
                });
                (3, question.epoch == self.epoch, said).hash(hasher);
            }
            other => unreachable!("the directory never answers {other:?}"),
        }
    }

    fn answer(&self, step: Step) -> Option<&(LegId, meeting::Input)> {
        if let Step::Answer(at) = step { self.answers.get(at) } else { None }
    }

    /// The leg whose PIN this step tells the meeting to be right.
    pub(crate) fn right_answer(&self, step: Step) -> Option<LegId> {
        self.answered(step, PinVerdict::Right)
    }

    /// The leg of which this step tells the meeting this.
    pub(crate) fn answered(&self, step: Step, verdict: PinVerdict) -> Option<LegId> {
        let right = |answer: &meeting::Input| matches!(answer, meeting::Input::PinChecked { result: Ok(told), .. } if *told == verdict);
        self.answer(step).filter(|(_, answer)| right(answer)).map(|(leg, _)| *leg)
    }

    /// Whether this step tells the meeting, which has asked for it, that it starts without a PIN.
    pub(crate) fn allows_anonymous_start(&self, step: Step) -> bool {
        match self.answer(step) {
            Some((_, meeting::Input::TermsFound { result: Ok(terms), .. })) => {
                terms.anonymous_start || self.directory.terms(ORGANIZER).unwrap().anonymous_start
            }
            _ => false,
        }
    }

    pub(crate) fn moment(&self) -> String {
        format!("{:>8} s", self.now.to_string())
    }

    /// A step in words.
    pub(crate) fn tell(&self, step: Step) -> String {
        match step {
            Step::Move(at) => format!("call {at}: {:?}", self.cast.callers[at][self.calls[at].moves]),
            Step::HangUp(at) => format!("call {at} hangs up"),
            Step::PlaybackOver(at) => format!("call {at} has heard {:?}", self.calls[at].hears),
            Step::TellMeeting(at) => format!("the meeting takes {:?}", self.calls[at].up.front()),
            Step::TellCall(at) => format!("call {at} takes {:?}", self.calls[at].down.front()),
            Step::Look(at) => format!("the directory looks at question {at} of {:?}", self.questions),
            Step::Fail(at) => format!("the directory fails at question {at} of {:?}", self.questions),
            Step::Answer(at) => format!("the meeting takes answer {at} of {:?}", self.answers),
            Step::Act => format!("the administrator: {:?}", self.cast.acts[self.acts]),
            Step::CallTimer(at) => format!("a timer of call {at} is due"),
            Step::MeetingTimer => "a timer of the meeting is due".to_owned(),
            Step::Forget => "nobody is left, and the meeting goes".to_owned(),
            Step::Pause => "a second passes".to_owned(),
        }
    }

    fn next_deadline(&self) -> Option<Instant> {
        let calls = self.calls.iter().filter_map(|call| call.attendant.poll_timeout());
        calls.chain(self.meeting.poll_timeout()).min()
    }

    fn call(&mut self, at: usize) -> &mut Call {
        Rc::make_mut(&mut self.calls[at])
    }

    fn make_move(&mut self, at: usize, seen: &mut Seen) {
        let made = self.cast.callers[at][self.calls[at].moves];
        self.call(at).moves += 1;
        match made {
            Move::Join => {
                let number = Dialled::Number(Arc::new(ServiceNumber::default()));
                self.tell_attendant(at, attendant::Input::Arrived(number), seen);
                self.key(at, CONFERENCE_ID, seen);
                self.key(at, "#", seen);
            }
            Move::Client { own } => {
                let app = Dialled::App { organizer: ORGANIZER, own };
                self.tell_attendant(at, attendant::Input::Arrived(app), seen);
            }
            Move::Pin => {
                let pin = self.pin.reveal();
                self.key(at, &pin.reveal(), seen);
                self.key(at, "#", seen);
            }
            Move::WrongPin => self.key(at, "00#", seen),
            Move::Keys(keys) => self.key(at, keys, seen),
        }
    }

    fn key(&mut self, at: usize, keys: &str, seen: &mut Seen) {
        for digit in keys.chars().filter_map(Digit::from_symbol) {
            self.tell_attendant(at, attendant::Input::Leg(LegEvent::Digit(digit)), seen);
        }
    }

    fn playback_over(&mut self, at: usize, seen: &mut Seen) {
        if let Some(playback) = self.call(at).playing.take() {
            let over = LegEvent::PlaybackFinished(playback);
            self.tell_attendant(at, attendant::Input::Leg(over), seen);
        }
    }

    fn look(&mut self, at: usize, seen: &mut Seen) {
        let Question { leg, asked } = self.questions.remove(at);
        let directory = Rc::make_mut(&mut self.directory);
        let (check, secret, entry) = match asked {
            Asked::Pin(check, secret, entry) => (check, secret, entry),
            Asked::Terms(question) => {
                let result = directory.terms(ORGANIZER);
                return self.answers.push((leg, meeting::Input::TermsFound { question, leg, result }));
            }
        };
        let result = directory.check_pin(self.now, ORGANIZER, (leg, check), secret, &entry);
        while directory.poll_record().is_some() {}
        seen.stale_pin |= result == Ok(PinVerdict::Right) && !self.pin.matches(&entry);
        self.answers.push((leg, meeting::Input::PinChecked { check, leg, result }));
    }

    fn act(&mut self, seen: &mut Seen) {
        let act = self.cast.acts[self.acts];
        self.acts += 1;
        match act {
            Act::ResetPin => {
                self.resets += 1;
                self.pin = self.administer(AccountAct::ResetPin).pin.unwrap();
            }
            Act::Lock => self.tell_meeting(meeting::Input::SetLocked { locked: true }, seen),
            Act::Unlock => self.tell_meeting(meeting::Input::SetLocked { locked: false }, seen),
            Act::EndMeeting => self.tell_meeting(meeting::Input::End, seen),
            Act::AllowAnonymousStart(allow) => {
                self.administer(AccountAct::AllowAnonymousStart(allow));
                self.tell_terms(seen);
            }
            Act::AllowElsewhere(allow) => {
                self.administer(AccountAct::AllowAnonymousStart(allow));
            }
            Act::Disable => {
                self.administer(AccountAct::Disable);
                self.tell_terms(seen);
            }
        }
    }

    fn tell_terms(&mut self, seen: &mut Seen) {
        let terms = self.directory.terms(ORGANIZER).unwrap();
        self.tell_meeting(meeting::Input::NewTerms { terms }, seen);
    }

    fn administer(&mut self, act: AccountAct) -> Shown {
        let directory = Rc::make_mut(&mut self.directory);
        let shown = directory.administer(self.now, ORGANIZER, act, &mut entropy(self.resets.into()));
        while directory.poll_record().is_some() {}
        shown.unwrap()
    }

    fn tell_attendant(&mut self, at: usize, input: attendant::Input, seen: &mut Seen) {
        let now = self.now;
        self.call(at).attendant.handle_input(now, input);
        self.drain_attendant(at, seen);
    }

    fn drain_attendant(&mut self, at: usize, seen: &mut Seen) {
        while let Some(output) = self.call(at).attendant.poll_output() {
            seen.outputs += 1;
            match output {
                attendant::Output::Leg(LegCommand::Hear(source)) => {
                    let call = self.call(at);
                    call.hears = source;
                    call.playing = match source {
                        Source::Prompt { playback, .. } => Some(playback),
                        Source::Silence | Source::HoldMusic { .. } | Source::Conference => None,
                    };
                }
                attendant::Output::Leg(LegCommand::Answer | LegCommand::HangUp(_)) => {}
                attendant::Output::FindMeeting { question, key } => {
                    let result = self.directory.find(key);
                    let found = attendant::Input::MeetingFound { question, result };
                    let now = self.now;
                    self.call(at).attendant.handle_input(now, found);
                }
                attendant::Output::Tell(_, input) => self.call(at).up.push_back(*input),
                attendant::Output::Record(event) => {
                    if let Event::Call(CallEvent::Finished { outcome, .. }) = event {
                        let call = self.call(at);
                        call.outcome = Some(outcome);
                        call.playing = None;
                    }
                    seen.events.push(event);
                }
            }
        }
    }

    /// What comes to a meeting that is not there changes nothing, as with one that nobody has come to.
    fn forget(&mut self) {
        self.epoch = Epoch(self.epoch.0 + 1);
        self.opened = false;
        let terms = self.directory.terms(ORGANIZER).unwrap();
        (self.told_version, self.told_enabled) = (terms.version, terms.enabled);
        self.meeting = Rc::new(Meeting::new(MeetingId(0), self.epoch, terms));
    }

    fn tell_meeting(&mut self, input: meeting::Input, seen: &mut Seen) {
        self.opened |= matches!(input, meeting::Input::Arrive { .. });
        if let Some(terms) = terms_in(&input).filter(|terms| terms.version >= self.told_version) {
            (self.told_version, self.told_enabled) = (terms.version, terms.enabled);
        }
        Rc::make_mut(&mut self.meeting).handle_input(self.now, input);
        self.drain_meeting(seen);
    }

    fn drain_meeting(&mut self, seen: &mut Seen) {
        let mut announced = None;
        while let Some(output) = Rc::make_mut(&mut self.meeting).poll_output() {
            seen.outputs += 1;
            match output {
                meeting::Output::CheckPin { check, leg, secret, entry, .. } => {
                    self.questions.push(Question { leg, asked: Asked::Pin(check, secret, entry) });
                }
                meeting::Output::AskTerms { question, leg, .. } => {
                    self.questions.push(Question { leg, asked: Asked::Terms(question) });
                }
                meeting::Output::Notify { leg, notice } => {
                    if let Notice::Admitted(_) = notice {
                        seen.admitted.push(leg);
                    }
                    self.call(leg.number() as usize).down.push_back(notice);
                }
                // Announcements move nobody, and are over at once.
                meeting::Output::Announce { announcement, .. } => announced = Some(announcement),
                meeting::Output::StopAnnouncing => announced = None,
                meeting::Output::Record(event) => {
                    if let Event::Meeting(
                        MeetingEvent::PasscodeAccepted { leg, .. } | MeetingEvent::PinAccepted { leg, .. },
                    ) = event
                    {
                        self.call(leg.number() as usize).passed = true;
                    }
                    seen.events.push(event);
                }
            }
        }
        if self.cast.forgets_the_last && seen.admitted.len() > 1 {
            let last = seen.admitted.pop().expect("there are two");
            self.call(last.number() as usize).down.pop_back();
        }
        if let Some(announcement) = announced {
            self.tell_meeting(meeting::Input::AnnouncementFinished { announcement }, seen);
        }
    }

    /// Hands over at once what does not take its time here.
    fn settle(&mut self, seen: &mut Seen) {
        loop {
            let busy = |call: &Rc<Call>, cast: &Cast| {
                (!cast.slow_lines && call.up.len() + call.down.len() > 0)
                    || (!cast.prompts && call.playing.is_some())
            };
            let Some(at) = self.calls.iter().position(|call| busy(call, &self.cast)) else { return };
            if !self.cast.prompts && self.calls[at].playing.is_some() {
                self.playback_over(at, seen);
            } else if let Some(input) = self.call(at).up.pop_front() {
                self.tell_meeting(input, seen);
            } else if let Some(notice) = self.call(at).down.pop_front() {
                self.tell_attendant(at, attendant::Input::Notice(notice), seen);
            }
        }
    }
}

impl Call {
    pub(crate) fn is_up(&self) -> bool {
        self.moves > 0 && self.outcome.is_none()
    }

    pub(crate) fn moves_made(&self) -> usize {
        self.moves
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "all others bring no terms")]
/// The terms that the meeting is told.
fn terms_in(input: &meeting::Input) -> Option<&Terms> {
    match input {
        meeting::Input::Arrive { terms, .. }
        | meeting::Input::NewTerms { terms }
        | meeting::Input::TermsFound { result: Ok(terms), .. } => Some(terms),
        _ => None,
    }
}

fn hash_input(input: &meeting::Input, hasher: &mut DefaultHasher) {
    match input {
        // Terms are the same for all in a search, but for what administrators change there.
        meeting::Input::Arrive { terms, .. } => (0, terms.enabled, terms.anonymous_start).hash(hasher),
        meeting::Input::PinEntered { entry, .. } => (1, entry).hash(hasher),
        meeting::Input::PasscodeEntered { entry, tries_left, .. } => (5, entry, tries_left).hash(hasher),
        meeting::Input::Command { command, organizers_keys, .. } => {
            (2, *command as u8, organizers_keys).hash(hasher);
        }
        meeting::Input::Enter { name_millis, .. } => (3, name_millis).hash(hasher),
        meeting::Input::Leave { .. } => 4.hash(hasher),
        meeting::Input::Decide { leg, admit, .. } => (6, leg, admit).hash(hasher),
        meeting::Input::NewTerms { .. }
        | meeting::Input::TermsFound { .. }
        | meeting::Input::PinChecked { .. }
        | meeting::Input::AnnouncementFinished { .. }
        | meeting::Input::Admit { .. }
        | meeting::Input::Remove { .. }
        | meeting::Input::Refuse { .. }
        | meeting::Input::SetMuted { .. }
        | meeting::Input::SetLocked { .. }
        | meeting::Input::SetRecording { .. }
        | meeting::Input::End => unreachable!("no call tells a meeting this"),
    }
}

/// Bits for PINs: another row for each reset, the same in every search.
fn entropy(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state
    }
}
