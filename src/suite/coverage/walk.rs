//! Walks through the machines: a call's dialog, its meeting and a few others there, with every input that may come next,
//! until nothing new is found. What can happen is what the machines do, so that no list of transitions can drift from them.

use std::collections::{BTreeSet, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::Duration;

use super::seen::Seen;
use crate::control::attendant::{Attendant, Dialled, DialogState, Found, Input, Output, QuestionId};
use crate::control::call::{
    Digit, Digits, HangupCause, Language, LegCommand, LegEvent, LegId, PlaybackId, Source,
};
use crate::control::event::{CallEvent, MeetingId, Place};
use crate::control::meeting::{
    self, CallerAct, CallerKind, CheckId, Epoch, Meeting, MeetingTimer, Notice, PinVerdict, TermsId,
    Unavailable,
};
use crate::control::pin::Secret;
use crate::control::policy::{OrganizerId, Policy, ServiceNumber, Terms};
use crate::control::presence::Presence;
use crate::control::time::Instant;

/// The call that is walked.
const CALL: LegId = LegId::new(0);
/// The organizer's app, which comes and goes.
const ORGANIZER: LegId = LegId::new(1);
/// Somebody else on the telephone, who comes and goes.
const OTHER: LegId = LegId::new(2);
const MEETING: MeetingId = MeetingId(0);

/// How long after everything else a key is pressed.
const KEYS_APART: Duration = Duration::from_millis(200);

/// What is special about a meeting that is walked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Special {
    Nothing,
    Passcode,
    RefusesTollFree,
}

/// A walk: whether anybody may start the meeting, whether somebody else calls too, what is special about it, and the
/// settings beside those that make all walks short.
type Walk = (bool, bool, Special, &'static [(&'static str, &'static str)]);

/// The walks; each explores what the others cannot meet.
const WALKS: &[Walk] = &[
    (false, false, Special::Nothing, &[("still_waiting_every", "1m")]),
    (true, false, Special::Nothing, &[("name_recording", "false")]),
    (
        false,
        false,
        Special::Nothing,
        &[("name_recording", "false"), ("after_last_pin", "hang_up"), ("locked_newcomers", "refused")],
    ),
    (
        false,
        false,
        Special::Nothing,
        &[("name_recording", "false"), ("phone_callers_bypass_lobby", "false"), ("music_policy", "restart")],
    ),
    (
        false,
        false,
        Special::Nothing,
        &[
            ("name_recording", "false"),
            ("keys.hand", "*21"),
            ("keys.help", "55"),
            ("keys.hang_up", "**"),
            ("keys.roll_call", "##"),
        ],
    ),
    (false, true, Special::Nothing, &[("name_recording", "false"), ("after_organizer_leaves", "lobby")]),
    (false, true, Special::Nothing, &[("name_recording", "false"), ("after_organizer_leaves", "end")]),
    (false, true, Special::Nothing, &[("name_recording", "false"), ("start_needs_participants", "2")]),
    (false, true, Special::Nothing, &[("asks_for_organizer", "always"), ("capacity", "1")]),
    (
        true,
        true,
        Special::Nothing,
        &[("name_recording", "false"), ("asks_for_organizer", "always"), ("capacity", "2")],
    ),
    (true, false, Special::Nothing, &[("name_recording", "false"), ("release_on_start", "false")]),
    (
        false,
        true,
        Special::Nothing,
        &[("name_recording", "false"), ("phone_callers_bypass_lobby", "false"), ("keys.admit_next", "=5")],
    ),
    (false, false, Special::Passcode, &[("name_recording", "false")]),
    (true, false, Special::Passcode, &[("asks_for_organizer", "always")]),
    (true, false, Special::Passcode, &[("name_recording", "false"), ("one_prompt", "true")]),
    (
        false,
        false,
        Special::RefusesTollFree,
        &[("confirm_conference_id", "true"), ("name_recording", "false")],
    ),
    (false, false, Special::Nothing, &[("fields", "conference_id, name, organizer")]),
    (
        false,
        false,
        Special::Passcode,
        &[
            ("conference_id_exact_digits", "1"),
            ("passcode_exact_digits", "1"),
            ("pin_exact_digits", "1"),
            ("name_recording", "false"),
        ],
    ),
    (
        false,
        false,
        Special::Passcode,
        &[
            ("conference_id_terminator", "star"),
            ("passcode_terminator", "star"),
            ("pin_terminator", "star"),
            ("name_recording", "false"),
        ],
    ),
];

/// Few tries, so that the last one comes soon.
const SHORT: &[(&str, &str)] = &[("conference_id_tries", "2"), ("pin_tries", "2"), ("passcode_tries", "2")];

/// Everything that the machines were seen to do.
pub(super) fn walk() -> Seen {
    let mut seen = Seen::default();
    for (anonymous_start, others, special, settings) in WALKS {
        let mut policy = Policy::default();
        for (name, value) in SHORT.iter().chain(*settings) {
            policy.set(name, value).expect("a walk names settings that exist");
        }
        let begin = Stand::new(&Arc::new(policy), *anonymous_start, *others, *special);
        walk_from(&begin, &mut seen);
    }
    seen
}

fn walk_from(begin: &Stand, seen: &mut Seen) {
    let number =
        ServiceNumber { toll_free: true, secondary: vec![Language::DeDe], ..ServiceNumber::default() };
    let app = |own| Dialled::App { organizer: OrganizerId(0), own };
    let dialled =
        [Dialled::Number(number.into()), Dialled::UnknownNumber, Dialled::Congestion, app(true), app(false)];
    let dialled = dialled.into_iter().chain([Dialled::Blocked]);
    let mut known = BTreeSet::new();
    let mut open: VecDeque<Stand> = dialled
        .into_iter()
        .map(|dialled| {
            let mut stand = begin.clone();
            stand.tell(Input::Arrived(dialled), seen);
            stand
        })
        .collect();
    while let Some(stand) = open.pop_front() {
        for step in stand.steps() {
            let mut next = stand.clone();
            next.take(step, seen);
            if known.insert(next.shape()) {
                open.push_back(next);
            }
        }
    }
}

/// Something that may come next.
#[derive(Clone, Copy, Debug)]
enum Step {
    Key(char),
    PromptEnds(PlaybackId),
    HangUp(HangupCause),
    Shutdown,
    Meeting(QuestionId, Option<bool>),
    Verdict(CheckId, Option<PinVerdict>),
    Terms(TermsId, Option<bool>),
    /// Somebody else comes.
    Comes(LegId),
    /// And goes.
    Goes(LegId),
    Act(CallerAct),
    SetLocked(bool),
    End,
    /// The dialog's next deadline is reached.
    DialogDeadline,
    /// The meeting's is, however often the dialog's was put off by then.
    MeetingDeadline,
}

/// A call, its meeting, and what they wait for.
#[derive(Clone, Debug)]
struct Stand {
    now: Instant,
    terms: Terms,
    /// Whether somebody else calls too.
    others: bool,
    attendant: Attendant,
    meeting: Meeting,
    presence: Presence,
    playing: Option<PlaybackId>,
    question: Option<QuestionId>,
    check: Option<CheckId>,
    secret: Secret,
    terms_question: Option<(TermsId, LegId)>,
    /// The directory has not answered the last question of the meeting.
    unanswered: bool,
}

impl Stand {
    fn new(policy: &Arc<Policy>, anonymous_start: bool, others: bool, special: Special) -> Self {
        let terms = Terms {
            organizer: OrganizerId(0),
            version: 0,
            enabled: true,
            anonymous_start,
            passcode: special == Special::Passcode,
            refuses_toll_free: special == Special::RefusesTollFree,
            language: Language::EnUs,
            policy: Arc::clone(policy),
        };
        Self {
            now: Instant::ZERO,
            attendant: Attendant::new(CALL, Arc::clone(policy)),
            meeting: Meeting::new(MEETING, Epoch(0), terms.clone()),
            terms,
            others,
            presence: Presence::default(),
            playing: None,
            question: None,
            check: None,
            secret: Secret::Pin,
            terms_question: None,
            unanswered: false,
        }
    }

    /// Everything that may come next. A call that is over goes nowhere; what is left of its meeting is like the beginning.
    fn steps(&self) -> Vec<Step> {
        let state = self.attendant.state();
        if state == DialogState::Over {
            return Vec::new();
        }
        let keys = if state == DialogState::Command {
            "0123456789*#"
        } else if state == DialogState::Language {
            "19*#"
        } else if matches!(state, DialogState::Confirmation | DialogState::AdmitOrDeny) {
            "125*#"
        } else {
            "5*#"
        };
        let mut steps: Vec<Step> = keys.chars().map(Step::Key).collect();
        steps.extend([HangupCause::Caller, HangupCause::Lost].map(Step::HangUp));
        steps.push(Step::Shutdown);
        steps.extend(self.playing.map(Step::PromptEnds));
        let answers = [Some(true), Some(false), None];
        steps
            .extend(self.question.iter().flat_map(|open| answers.map(|answer| Step::Meeting(*open, answer))));
        let verdicts = [PinVerdict::Right, PinVerdict::Passcode, PinVerdict::Wrong].map(Some);
        let verdicts = verdicts.into_iter().chain([None]).filter(|verdict| {
            let is_asked = |verdict: &PinVerdict| match (verdict, self.secret) {
                (PinVerdict::Right, secret) => secret.may_be_pin(),
                (PinVerdict::Passcode, secret) => secret.may_be_passcode(),
                (PinVerdict::Wrong, _) => true,
            };
            verdict.as_ref().is_none_or(is_asked)
        });
        let checks = self.check.iter();
        steps.extend(checks.flat_map(|open| verdicts.clone().map(|verdict| Step::Verdict(*open, verdict))));
        let terms = self.terms_question.iter();
        steps.extend(terms.flat_map(|(open, _)| answers.map(|answer| Step::Terms(*open, answer))));
        let others: &[LegId] = if self.others { &[ORGANIZER, OTHER] } else { &[ORGANIZER] };
        for leg in others.iter().copied() {
            let is_there = self.meeting.place(leg).is_some();
            steps.push(if is_there { Step::Goes(leg) } else { Step::Comes(leg) });
        }
        if let Some(place) = self.meeting.place(CALL) {
            steps.extend(CallerAct::ALL.into_iter().filter(|act| act.place() == place).map(Step::Act));
        }
        if self.meeting.is_running() {
            steps.extend([Step::SetLocked(!self.is_locked()), Step::End]);
        }
        steps.extend([Step::DialogDeadline, Step::MeetingDeadline]);
        steps
    }

    fn take(&mut self, step: Step, seen: &mut Seen) {
        let leg_event = |event| Input::Leg(event);
        match step {
            Step::Key(key) => {
                // Nearer to the one before, a pound key has bounced.
                self.now = self.now + KEYS_APART;
                let key = Digit::from_symbol(key).expect("the walk presses keys");
                self.tell(leg_event(LegEvent::Digit(key)), seen);
            }
            Step::PromptEnds(playback) => self.tell(leg_event(LegEvent::PlaybackFinished(playback)), seen),
            Step::HangUp(cause) => self.tell(leg_event(LegEvent::HungUp(cause)), seen),
            Step::Shutdown => self.tell(Input::Shutdown, seen),
            Step::Meeting(question, found) => {
                let found = found
                    .ok_or(Unavailable)
                    .map(|is_found| is_found.then(|| Found { meeting: MEETING, terms: self.terms.clone() }));
                self.tell(Input::MeetingFound { question, result: found }, seen);
            }
            Step::Verdict(check, verdict) => {
                let result = verdict.ok_or(Unavailable);
                self.unanswered = result.is_err();
                self.tell_meeting(meeting::Input::PinChecked { check, leg: CALL, result }, seen);
            }
            Step::Terms(question, allowed) => {
                let Some((_, leg)) = self.terms_question.take() else { return };
                if let Some(allowed) = allowed {
                    self.terms.version += 1;
                    self.terms.anonymous_start = allowed;
                }
                let result = allowed.map(|_| self.terms.clone()).ok_or(Unavailable);
                self.unanswered = result.is_err();
                self.tell_meeting(meeting::Input::TermsFound { question, leg, result }, seen);
            }
            Step::Comes(leg) => {
                let organizer = leg == ORGANIZER;
                let who = if organizer { CallerKind::SignedIn { organizer } } else { CallerKind::Phone };
                if !organizer {
                    let (digits, meeting) = (Digits::default(), Some(MEETING));
                    let keyed = CallEvent::ConferenceIdKeyed { leg, digits, meeting };
                    seen.moved_by(self.now, keyed.into(), &mut self.presence);
                }
                self.tell_meeting(
                    meeting::Input::Arrive { leg, who, number: None, terms: self.terms.clone() },
                    seen,
                );
                if self.meeting.place(leg) == Some(Place::Screening) {
                    self.tell_meeting(meeting::Input::Enter { leg, name_millis: 0 }, seen);
                }
            }
            Step::Goes(leg) => self.tell_meeting(meeting::Input::Leave { leg }, seen),
            Step::Act(act) => self.tell_meeting(act.input(CALL), seen),
            Step::SetLocked(locked) => self.tell_meeting(meeting::Input::SetLocked { locked }, seen),
            Step::End => self.tell_meeting(meeting::Input::End, seen),
            Step::DialogDeadline => {
                let Some(due) = self.attendant.poll_timeout() else { return };
                self.now = self.now.max(due);
                self.attendant.steps_due(self.now).into_iter().for_each(|step| seen.step(step));
                self.attendant.handle_timeout(self.now);
                self.drain_attendant(seen);
            }
            Step::MeetingDeadline => {
                let before = self.shape();
                // A warning changes nothing: the end comes after it.
                for _ in MeetingTimer::ALL {
                    let Some(due) = self.meeting.poll_timeout().filter(|_| self.shape() == before) else {
                        return;
                    };
                    self.now = self.now.max(due);
                    self.meeting.handle_timeout(self.now);
                    self.drain_meeting(seen);
                }
            }
        }
    }

    fn tell(&mut self, input: Input, seen: &mut Seen) {
        self.attendant.steps(self.now, &input).into_iter().for_each(|step| seen.step(step));
        self.attendant.handle_input(self.now, input);
        self.drain_attendant(seen);
    }

    fn tell_meeting(&mut self, input: meeting::Input, seen: &mut Seen) {
        self.meeting.handle_input(self.now, input);
        self.drain_meeting(seen);
    }

    fn drain_attendant(&mut self, seen: &mut Seen) {
        let mut told = Vec::new();
        while let Some(output) = self.attendant.poll_output() {
            match output {
                Output::Leg(LegCommand::Hear(Source::Prompt { playback, .. })) => {
                    self.playing = Some(playback);
                }
                Output::Leg(LegCommand::Hear(_) | LegCommand::HangUp(_)) => self.playing = None,
                Output::Leg(LegCommand::Answer) => {}
                Output::FindMeeting { question, .. } => self.question = Some(question),
                Output::Tell(_, input) => told.push(*input),
                Output::Record(event) => seen.moved_by(self.now, event, &mut self.presence),
            }
        }
        if self.attendant.state() != DialogState::Finding {
            self.question = None;
        }
        told.into_iter().for_each(|input| self.tell_meeting(input, seen));
    }

    fn drain_meeting(&mut self, seen: &mut Seen) {
        let mut told: Vec<Notice> = Vec::new();
        while let Some(output) = self.meeting.poll_output() {
            match output {
                meeting::Output::CheckPin { check, secret, .. } => {
                    (self.check, self.secret) = (Some(check), secret);
                }
                meeting::Output::AskTerms { question, leg, .. } => {
                    self.terms_question = Some((question, leg));
                }
                meeting::Output::Notify { leg: CALL, notice } => told.push(notice),
                meeting::Output::Notify { .. } => {}
                meeting::Output::Announce { .. } | meeting::Output::StopAnnouncing => {}
                meeting::Output::Record(event) => seen.moved_by(self.now, event, &mut self.presence),
            }
        }
        told.into_iter().for_each(|notice| self.tell(Input::Notice(notice), seen));
    }

    /// What is told apart of a stand: not its moments.
    fn shape(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.attendant.shape(&mut hasher);
        let meeting = &self.meeting;
        let places = [CALL, ORGANIZER, OTHER].map(|leg| meeting.place(leg));
        (meeting.is_running(), meeting.holds_newcomers(), places).hash(&mut hasher);
        (self.question.is_some(), self.check.is_some(), self.secret).hash(&mut hasher);
        (self.terms_question.map(|(_, leg)| leg), self.terms.anonymous_start).hash(&mut hasher);
        (self.is_locked(), self.unanswered).hash(&mut hasher);
        hasher.finish()
    }

    fn is_locked(&self) -> bool {
        self.presence.meeting(MEETING).is_some_and(|meeting| meeting.locked)
    }
}
