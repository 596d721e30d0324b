//! What failed first: in one sentence, with what was expected and found, and as marks in the ladder.

use super::build::Builder;
use super::words::{display, lasting};
use super::{Failed, Item, LaneKind, What};
use crate::control::caller::{Expectation, FailureCause, Line, Op, Sound as Expected, StepFailure};
use crate::control::event::MeetingId;
use crate::control::time::{Instant, show_duration};
use crate::play::{CaseRun, Failure, Lateness};
use crate::report::{CaseResult, failure};
use crate::scenario::check::{Check, MeetingFact, Subject};

/// Scripts that are named when the time was up.
const STANDING_MAX: usize = 3;

/// What failed, and its marks.
#[derive(Default)]
pub(super) struct Marks {
    pub(super) failed: Option<Failed>,
    pub(super) marks: Vec<Item>,
}

/// A piece of evidence: its name, the fact, and more about it.
type Evidence = (&'static str, String, String);

/// Reads off what failed.
pub(super) fn marks(builder: &Builder<'_>, result: &CaseResult<'_>, run: &CaseRun) -> Marks {
    let also = failure::further(result, run);
    let mut found = match run.played.failures.first() {
        None => match &run.unlike {
            Some(unlike) => at_the_end(builder, run, display(unlike), Vec::new()),
            None => return Marks::default(),
        },
        Some(Failure::Step { role, failure, at }) => step(builder, run, *role, failure, *at),
        Some(Failure::TimedOut { standing }) => {
            let name = |part: u32| display(builder.text.role(part));
            let waits = standing.iter().take(STANDING_MAX).map(|(part, at, since)| {
                let step = format!("since {since} s, at {}", builder.text.step(*at));
                ("Waits", name(*part), step)
            });
            let time = show_duration(result.story().timeout);
            let headline = match standing.as_slice() {
                [(part, ..)] => {
                    format!("{} was still waiting when the time was up, after {time}", name(*part))
                }
                _ => format!(
                    "{} callers were still waiting when the time was up, after {time}",
                    standing.len()
                ),
            };
            at_the_end(builder, run, headline, waits.collect())
        }
        Some(Failure::Check { check, found }) => {
            let Some(asked) = result.story().checks.get(*check) else { return Marks::default() };
            check_failed(builder, run, asked, found)
        }
        Some(Failure::Invariant(violation)) => {
            let headline = format!("The bridge broke a rule of its own: {violation}");
            at_the_end(builder, run, headline, Vec::new())
        }
        Some(Failure::Order { .. }) => {
            let asked = run.played.questions.len();
            let found = ("Asked", format!("{asked} in the whole run"), String::new());
            at_the_end(
                builder,
                run,
                "The question that `order` delays is never asked".to_owned(),
                vec![found],
            )
        }
    };
    if let Some(failed) = &mut found.failed {
        failed.also = also;
    }
    found
}

fn step(builder: &Builder<'_>, run: &CaseRun, part: u32, failure: &StepFailure, at: Instant) -> Marks {
    let who = display(builder.text.role(part));
    let lane = builder.lane(LaneKind::Caller(part)).or_else(|| builder.lane(LaneKind::Administrator));
    let op = builder.op(part, failure);
    let wanted =
        op.map_or_else(|| format!("`{}`", builder.text.step(failure.step)), |op| expected(builder, op));
    let deadline = match failure.why {
        FailureCause::TooLate { deadline } | FailureCause::NotRestarted { deadline, .. } => Some(deadline),
        FailureCause::TooEarly { .. }
        | FailureCause::Broken { .. }
        | FailureCause::NotOn
        | FailureCause::Forbidden
        | FailureCause::NoCall
        | FailureCause::NotThere
        | FailureCause::AlreadyOnCall
        | FailureCause::Unknown => None,
    };
    let is_sound = matches!(
        op,
        Some(Op::Expect(Expectation::Hears(_), _) | Op::Still(..) | Op::Never(Expectation::Hears(_), _))
    );
    let verb = if is_sound { "hear" } else { "get to" };
    let headline = match failure.why {
        FailureCause::TooLate { .. } if op.is_some() => format!("{who} did not {verb} {wanted} in time"),
        FailureCause::TooLate { .. } => format!("{who}: {wanted} timed out"),
        FailureCause::NotRestarted { .. } => format!("{wanted} did not start again for {who} in time"),
        FailureCause::TooEarly { .. } => format!("{wanted} came too early for {who}"),
        FailureCause::Broken { .. } => format!("{wanted} did not last long enough for {who}"),
        FailureCause::NotOn => format!("{who} does not {verb} {wanted}"),
        FailureCause::Forbidden => format!("{who} must not {verb} {wanted}, but did"),
        FailureCause::NotThere => format!("{wanted} needs the caller in another place"),
        FailureCause::NoCall => format!("{who} has no call: {wanted} needs one"),
        FailureCause::AlreadyOnCall => format!("{who} is on a call already: {wanted} needs a free line"),
        FailureCause::Unknown => format!("{who} does not know the digits of {wanted}"),
    };
    let heard = heard(builder, failure);
    let mut evidence: Vec<Evidence> = Vec::new();
    match failure.why {
        FailureCause::TooLate { deadline } => {
            let time = lasting(deadline.since(failure.began));
            let began = format!("{time} after the step began at {} s", failure.began);
            evidence.push(("Expected", format!("{wanted} by {deadline} s"), began));
        }
        FailureCause::NotRestarted { since, deadline } => {
            let on = format!("it plays since {since} s, before the step before this one");
            evidence.push(("Expected", format!("{wanted} again by {deadline} s"), on));
        }
        FailureCause::TooEarly { since } => {
            evidence.push(("Expected", format!("{wanted} later"), format!("it was so since {since} s")));
        }
        FailureCause::Broken { since } => {
            let lasted = format!("it lasted {}, from {since} s to {at} s", lasting(at.since(since)));
            evidence.push(("Expected", format!("{wanted} for longer"), lasted));
        }
        FailureCause::Forbidden => {
            evidence.push(("Forbidden", wanted.clone(), format!("it happened at {at} s")));
        }
        FailureCause::NotOn => {
            evidence.push(("Expected", format!("{wanted} still"), format!("at {at} s")));
        }
        FailureCause::NotThere
        | FailureCause::NoCall
        | FailureCause::AlreadyOnCall
        | FailureCause::Unknown => {
            evidence.push(("Step", builder.text.step(failure.step).to_owned(), format!("at {at} s")));
        }
    }
    evidence.push(("Heard", heard.clone(), format!("since {} s", failure.heard_since)));
    let came = match (run.lateness, deadline) {
        (Some(Lateness::Late(by)), Some(deadline)) => Some((deadline + by, by)),
        (Some(Lateness::Late(_) | Lateness::Never) | None, _) => None,
    };
    match (came, run.lateness) {
        (Some((came, by)), _) => {
            evidence.push(("It came", format!("{came} s"), format!("{} too late", lasting(by))));
        }
        (None, Some(Lateness::Never)) => {
            evidence.push((
                "It came",
                "never".to_owned(),
                "not in all the time that the case may take".to_owned(),
            ));
        }
        (None, Some(Lateness::Late(_)) | None) => {}
    }
    let words = match deadline {
        Some(deadline) => format!("Expected {wanted} by {deadline} s, heard {heard}"),
        None => headline.clone(),
    };
    let mut marks = Vec::new();
    if let Some(lane) = lane {
        marks.push(Item { at, lane, what: What::Fails { since: failure.began.min(at), words } });
        if let Some((came, by)) = came {
            let words = format!("{} came here, {} too late", display(&wanted), lasting(by));
            marks.push(Item { at: came, lane, what: What::Late { words } });
        }
    }
    let came = came.map(|(came, _)| came);
    let headline = display(&headline);
    let waited = Some((failure.began.min(at), at));
    Marks { failed: Some(Failed { lane, headline, evidence, also: Vec::new(), waited, came }), marks }
}

/// What a step expects, in words: `hold music`, `the state joined`.
fn expected(builder: &Builder<'_>, op: &Op) -> String {
    match op {
        Op::Expect(Expectation::Hears(sound), _)
        | Op::Never(Expectation::Hears(sound), _)
        | Op::Still(sound, _) => match sound {
            Expected::Prompt(prompt) => builder.text.prompt(*prompt),
            Expected::PromptIn(prompt, language) => {
                format!("{} ({})", builder.text.prompt(*prompt), language.tag())
            }
            Expected::RecordedName => "a recorded name".to_owned(),
            Expected::HoldMusic => "hold music".to_owned(),
            Expected::Silence => "silence".to_owned(),
            Expected::Talk(by) => builder.voice("talk", *by),
            Expected::Tone(by) => builder.voice("a tone", *by),
        },
        Op::Expect(Expectation::State(state), _) | Op::Never(Expectation::State(state), _) => {
            format!("the state {}", state.name())
        }
        Op::Dial(_) | Op::Press { .. } | Op::When(_) | Op::Wait(_) | Op::Mark(_) => String::new(),
        Op::Say(..) | Op::HangUp | Op::Drop | Op::Act(_) | Op::ActOn(_) | Op::Fork { .. } => String::new(),
    }
}

fn heard(builder: &Builder<'_>, failure: &StepFailure) -> String {
    match (failure.line, failure.announced) {
        (Line::Idle, _) => "nothing, no call was made".to_owned(),
        (Line::Calling, _) => "nothing, the call is not answered yet".to_owned(),
        (Line::Ended, _) => "nothing, the call is over".to_owned(),
        (Line::Up, Some(announced)) => {
            format!("{} in the meeting", builder.text.prompt(announced.prompt))
        }
        (Line::Up, None) => match failure.voice {
            Some(voice) => builder.voice("talk", Some(voice)),
            None => builder.sound(failure.heard).name().to_owned(),
        },
    }
}

fn at_the_end(builder: &Builder<'_>, run: &CaseRun, headline: String, evidence: Vec<Evidence>) -> Marks {
    let (at, lane) = (run.played.took, builder.lane(LaneKind::Attendant).unwrap_or_default());
    let verdict = Item { at, lane, what: What::Verdict { words: headline.clone() } };
    let failed = Failed { lane: None, headline, evidence, also: Vec::new(), waited: None, came: None };
    Marks { failed: Some(failed), marks: vec![verdict] }
}

fn check_failed(builder: &Builder<'_>, run: &CaseRun, asked: &Check, found: &str) -> Marks {
    // As it is written: `that: meeting(amos).released, is: 2`.
    let (subject, wanted) = asked.text.split_once(", ").unwrap_or(("", &asked.text));
    let subject = subject.trim_start_matches("that: ");
    let headline = match wanted.strip_prefix("is: ") {
        Some(value) if !subject.is_empty() => format!("Expected {subject} to be {value}, found {found}"),
        Some(_) | None => format!("`{}` failed: {found}", asked.text),
    };
    let wanted = wanted.trim_start_matches("is: ").to_owned();
    let mut evidence: Vec<Evidence> = vec![
        (
            "Expected",
            wanted.clone(),
            if subject.is_empty() { String::new() } else { format!("of {subject}") },
        ),
        ("Found", found.to_owned(), "checked when the case had ended".to_owned()),
    ];
    let fewer = match (wanted.parse::<u32>(), found.parse::<u32>()) {
        (Ok(wanted), Ok(found)) => found < wanted,
        (Ok(_) | Err(_), _) => false,
    };
    let mut missing = match &asked.subject {
        Subject::Meeting(
            organizer,
            MeetingFact::Released | MeetingFact::Joined | MeetingFact::JoinedPeak,
        ) if fewer => builder.gone_from_the_lobby(MeetingId(u32::from(organizer.0))),
        Subject::Meeting(..)
        | Subject::Call(..)
        | Subject::When(_)
        | Subject::Organizer(..)
        | Subject::Webhook(..)
        | Subject::Calls => Vec::new(),
    };
    evidence.extend(missing.iter().map(|gone| gone.evidence.clone()));
    let mut marks = at_the_end(builder, run, headline, evidence);
    marks.marks.extend(missing.drain(..).map(|gone| gone.mark));
    marks
}

/// Somebody who waited and was not there any more.
pub(super) struct Gone {
    evidence: Evidence,
    mark: Item,
}

impl Builder<'_> {
    /// What somebody's voice says, in words.
    fn voice(&self, what: &str, by: Option<u32>) -> String {
        match by {
            Some(by) => format!("{what} by {}", display(self.text.role(by))),
            None => what.to_owned(),
        }
    }

    /// What the failing step does.
    fn op(&self, part: u32, failure: &StepFailure) -> Option<&Op> {
        let ops = self.ops(part);
        ops.iter()
            .find(|(step, op)| *step == failure.step && matches!(op, Op::Expect(..) | Op::Never(..)))
            .map(|(_, op)| op)
    }

    /// Callers who left the lobby before the meeting took them in.
    fn gone_from_the_lobby(&self, meeting: MeetingId) -> Vec<Gone> {
        let (Some(lobby), Some(room)) =
            (self.lane(LaneKind::Lobby(meeting)), self.lane(LaneKind::Meeting(meeting)))
        else {
            return Vec::new();
        };
        let leaves = |item: &Item| {
            let What::Arrow { to, leaves: true, .. } = &item.what else { return None };
            (item.lane == lobby).then_some((*to, item.at))
        };
        let started = |after: Instant| {
            let begins = |item: &&Item| {
                item.lane == room && item.at >= after && matches!(item.what, What::Note { .. })
            };
            self.items().find(begins).map(|item| item.at)
        };
        let gone = self.items().filter_map(leaves).filter_map(|(lane, at)| {
            let started = started(at)?;
            let who = self.lanes.get(lane)?.name.clone();
            let before = lasting(started.since(at));
            let why = format!("left the lobby at {at} s, {before} before the meeting started");
            let evidence = ("Why", format!("{who} was gone"), why);
            let words = format!("{who} was expected here");
            let mark = Item { at: started, lane: room, what: What::Missing { from: lane, words } };
            Some(Gone { evidence, mark })
        });
        gone.take(STANDING_MAX).collect()
    }
}
