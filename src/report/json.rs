//! JSON lines: each case, its events, its verdict, and at the end the summary. `docs/report.schema.json` is made of
//! these types. Real time stands in none of them, so that two runs give the same bytes.

use std::io::{self, Write};

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;

use super::details::Details;
use super::event_text::{EventText, margin};
use super::failure::{command, headline, place};
use super::given::GivenLine;
use super::{CaseResult, Report, Totals};
use crate::control::event::{CallEvent, Event};
use crate::control::time::Instant;
use crate::leg::log::{Entry, LineFault, Log};
use crate::play::{Failure, Lateness, Outcome};
use crate::scenario::collection::{Case, Suite};
use crate::scenario::story::Story;

/// The version of the format: it changes when a reader of the old lines would misread the new ones.
pub const VERSION: u8 = 2;

/// One line of the report.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schemars(title = "A line of attendant's JSON report")]
pub enum Line<'a> {
    /// A case begins; its events follow.
    Case(CaseLine<'a>),
    /// Something happened in the case that began last.
    Event(Box<EventLine<'a>>),
    /// What was told of the case that began last is of an attempt that failed: it was played again.
    Attempt(AttemptLine<'a>),
    /// The case that began last is over.
    Verdict(VerdictLine<'a>),
    /// The run is over.
    Summary(SummaryLine),
}

/// A case.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CaseLine<'a> {
    /// The version of the format.
    #[schemars(range(min = 2, max = 2))]
    pub v: u8,
    /// The case's name.
    pub name: &'a str,
    /// The path of its file.
    pub file: &'a str,
    /// Its tags.
    pub tags: &'a [String],
    /// What it is given; absent if it was not played.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given: Option<GivenLine>,
}

/// An attempt at a case that failed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AttemptLine<'a> {
    /// The version of the format.
    #[schemars(range(min = 2, max = 2))]
    pub v: u8,
    /// The case's name.
    pub name: &'a str,
    /// Which attempt, from 1.
    pub number: usize,
}

/// Something that happened.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct EventLine<'a> {
    /// The version of the format.
    #[schemars(range(min = 2, max = 2))]
    pub v: u8,
    /// When, in microseconds of virtual time.
    pub at_us: u64,
    /// The event.
    pub event: &'static str,
    /// In plain words.
    pub text: String,
    /// The caller whom it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller: Option<&'a str>,
    /// The number of the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<u64>,
    /// The organizer whose meeting, PIN or account it concerns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organizer: Option<&'a str>,
    /// Its details.
    #[serde(flatten)]
    pub details: Details,
    /// The conference ID that was keyed, if it names a meeting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conference_id: Option<String>,
    /// The step of the script, in the file's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<&'a str>,
    /// How much of its time an expectation took, in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub took_us: Option<u64>,
    /// How much time it had, in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_us: Option<u64>,
}

/// The verdict of a case.
#[derive(Debug, Serialize, JsonSchema)]
pub struct VerdictLine<'a> {
    /// The version of the format.
    #[schemars(range(min = 2, max = 2))]
    pub v: u8,
    /// The case's name.
    pub name: &'a str,
    /// Whether it holds.
    pub verdict: VerdictWord,
    /// The seed that it was played with; of several, the first that failed or the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// How many seeds were tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seeds: Option<usize>,
    /// With how many of them it failed; absent if it was enough to find one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failing_seeds: Option<usize>,
    /// How long it took, in microseconds of virtual time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub took_us: Option<u64>,
    /// Why its file expects it to fail, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_to_fail: Option<&'a str>,
    /// The first failure, why it was skipped, or what is not implemented, in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The kind of the first failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureWord>,
    /// Where that stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<PlaceLine>,
    /// How long after its deadline the expected came, in microseconds; absent if it never came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late_us: Option<u64>,
    /// The smallest faults with which it fails, where they were searched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smallest_faults: Option<&'a [String]>,
    /// What of it was not judged, and why: at a bridge elsewhere callers cannot tell everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_judged: Option<&'a [String]>,
    /// The command that plays a case that failed again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rerun: Option<String>,
}

impl<'a> VerdictLine<'a> {
    fn new(name: &'a str, verdict: VerdictWord) -> Self {
        Self {
            v: VERSION,
            name,
            verdict,
            seed: None,
            seeds: None,
            failing_seeds: None,
            took_us: None,
            expected_to_fail: None,
            message: None,
            failure: None,
            at: None,
            late_us: None,
            smallest_faults: None,
            not_judged: None,
            rerun: None,
        }
    }
}

/// A verdict.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VerdictWord {
    /// All that must hold does.
    Passed,
    /// Something does not.
    Failed,
    /// Something did not, and all did when it was played again.
    Flaky,
    /// Something does not, as its file expects.
    ExpectedFailure,
    /// It was not to be played, for a reason that its file or the bridge gives.
    Skipped,
    /// What was to carry its calls could not be opened or reached.
    Unreachable,
    /// It asks for something that is not implemented yet, and was not played.
    NotBuilt,
    /// It was selected, but the run ended before its turn.
    NotRun,
}

/// A kind of failure.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureWord {
    /// A step of a script.
    Step,
    /// Scripts had not ended when the time was up.
    TimedOut,
    /// Something under `then`.
    Check,
    /// An invariant of the bridge.
    Invariant,
    /// Something under `order` that has no effect.
    Order,
    /// A second run with the same seed differed.
    Repeat,
    /// Nothing, although its file expects it to fail.
    UnexpectedPass,
    /// Nothing, although it failed before.
    Flaky,
}

impl FailureWord {
    /// The word in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Step => "step",
            Self::TimedOut => "timed_out",
            Self::Check => "check",
            Self::Invariant => "invariant",
            Self::Order => "order",
            Self::Repeat => "repeat",
            Self::UnexpectedPass => "unexpected_pass",
            Self::Flaky => "flaky",
        }
    }
}

/// Returns the kind of the first failure of a case that fails the run.
pub(super) fn failure_of(outcome: &Outcome) -> Option<FailureWord> {
    match outcome {
        Outcome::Played(run) if outcome.failed() => {
            let other = if run.unlike.is_some() {
                FailureWord::Repeat
            } else if run.is_flaky() {
                FailureWord::Flaky
            } else {
                FailureWord::UnexpectedPass
            };
            Some(run.played.failures.first().map_or(other, kind_of))
        }
        Outcome::Played(_) | Outcome::NotBuilt | Outcome::Skipped(_) | Outcome::Unreachable(_) => None,
    }
}

/// A place in a file.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PlaceLine {
    /// Its path.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
}

/// A whole run.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SummaryLine {
    /// The version of the format.
    #[schemars(range(min = 2, max = 2))]
    pub v: u8,
    /// Cases that were selected.
    pub cases: usize,
    /// Files that they belong to.
    pub files: usize,
    /// How many hold.
    pub passed: usize,
    /// How many do not.
    pub failed: usize,
    /// How many fail as their files expect.
    pub expected_failures: usize,
    /// How many were not to be played.
    pub skipped: usize,
    /// How many ask for what is not implemented.
    pub not_built: usize,
    /// How many could not be played, as what was to carry their calls was not reached.
    pub unreachable: usize,
    /// How many did not come to their turn.
    pub not_run: usize,
    /// Whether somebody broke the run off.
    pub interrupted: bool,
}

/// The JSON Schema of a line.
#[must_use]
pub fn schema() -> String {
    let schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<Line<'_>>();
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

/// Writes JSON lines.
#[derive(Debug)]
pub struct Json<W> {
    out: W,
}

impl<W: Write> Json<W> {
    /// A report to there.
    pub fn new(out: W) -> Self {
        Self { out }
    }
}

impl<W: Write> Report for Json<W> {
    fn case(&mut self, result: &CaseResult<'_>) -> io::Result<()> {
        let (story, file) = (result.story(), result.file());
        let given = matches!(result.outcome, Outcome::Played(_)).then(|| GivenLine::of(&story.given));
        let case = CaseLine { v: VERSION, name: &story.name, file: &file.path, tags: &story.tags, given };
        write_line(&mut self.out, &Line::Case(case))?;
        let mut verdict = VerdictLine::new(&story.name, VerdictWord::NotBuilt);
        match result.outcome {
            Outcome::NotBuilt => verdict.message = Some(result.not_built()),
            Outcome::Skipped(reason) => {
                verdict.verdict = VerdictWord::Skipped;
                verdict.message = Some(reason.clone());
            }
            Outcome::Unreachable(reason) => {
                verdict.verdict = VerdictWord::Unreachable;
                verdict.message = Some(reason.clone());
            }
            Outcome::Played(run) => {
                for (number, attempt) in (1..).zip(&run.attempts) {
                    write_events(&mut self.out, story, &attempt.log)?;
                    let failed = AttemptLine { v: VERSION, name: &story.name, number };
                    write_line(&mut self.out, &Line::Attempt(failed))?;
                }
                write_events(&mut self.out, story, &run.played.log)?;
                let failed = result.outcome.failed();
                let wrong = run.played.failures.first();
                verdict.verdict = match (failed, result.outcome.failed_as_expected()) {
                    (true, _) => VerdictWord::Failed,
                    (false, Some(_)) => VerdictWord::ExpectedFailure,
                    (false, None) if run.is_flaky() => VerdictWord::Flaky,
                    (false, None) => VerdictWord::Passed,
                };
                verdict.expected_to_fail = run.expected_to_fail.as_deref();
                verdict.seed = Some(run.played.seed);
                verdict.seeds = Some(run.seeds);
                verdict.failing_seeds = run.failing_seeds;
                verdict.took_us = Some(run.played.took.micros());
                verdict.message = (failed || run.has_failures()).then(|| headline(result, run));
                verdict.failure = wrong.map(kind_of).or(failure_of(result.outcome));
                let place = wrong.and_then(|wrong| place(result, wrong));
                verdict.at = place.map(|(file, line, column)| PlaceLine { file, line, column });
                verdict.late_us = match run.lateness {
                    Some(Lateness::Late(by)) => u64::try_from(by.as_micros()).ok(),
                    Some(Lateness::Never) | None => None,
                };
                verdict.smallest_faults = run.smallest.as_deref();
                verdict.not_judged = Some(&run.not_judged[..]).filter(|reasons| !reasons.is_empty());
                verdict.rerun = failed.then(|| command(result, run));
            }
        }
        write_line(&mut self.out, &Line::Verdict(verdict))
    }

    fn not_run(&mut self, suite: &Suite, case: &Case) -> io::Result<()> {
        let (story, path) = (&case.story, &suite.file_of(case).path);
        let (name, tags) = (&story.name, &story.tags);
        let begun = CaseLine { v: VERSION, name, file: path, tags, given: None };
        write_line(&mut self.out, &Line::Case(begun))?;
        write_line(&mut self.out, &Line::Verdict(VerdictLine::new(&story.name, VerdictWord::NotRun)))
    }

    fn end(&mut self, totals: &Totals) -> io::Result<()> {
        let summary = SummaryLine {
            v: VERSION,
            cases: totals.cases,
            files: totals.files,
            passed: totals.passed,
            failed: totals.failed,
            expected_failures: totals.expected_failures,
            skipped: totals.skipped,
            not_built: totals.not_built,
            unreachable: totals.unreachable,
            not_run: totals.not_run(),
            interrupted: totals.interrupted,
        };
        write_line(&mut self.out, &Line::Summary(summary))?;
        self.out.flush()
    }
}

/// The bytes of all event lines of a run.
#[must_use]
pub fn events(story: &Story, log: &Log) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_events(&mut bytes, story, log).expect("memory takes what is written to it");
    bytes
}

fn write_events(out: &mut impl Write, story: &Story, log: &Log) -> io::Result<()> {
    let event_text = EventText::new(story, log);
    log.entries.iter().try_for_each(|(at, entry)| {
        write_line(out, &Line::Event(Box::new(event_line(&event_text, *at, entry))))
    })
}

fn write_line(out: &mut impl Write, line: &Line<'_>) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

fn kind_of(failure: &Failure) -> FailureWord {
    match failure {
        Failure::Step { .. } => FailureWord::Step,
        Failure::TimedOut { .. } => FailureWord::TimedOut,
        Failure::Check { .. } => FailureWord::Check,
        Failure::Invariant(_) => FailureWord::Invariant,
        Failure::Order { .. } => FailureWord::Order,
    }
}

fn event_line<'s>(event_text: &EventText<'s>, at: Instant, entry: &Entry) -> EventLine<'s> {
    let text = event_text.line(entry);
    let mut line = EventLine { v: VERSION, at_us: at.micros(), text, ..EventLine::default() };
    match entry {
        Entry::Event(event) => describe_event(&mut line, event_text, *event),
        Entry::Dials { part, leg } => {
            line.event = "dials";
            (line.caller, line.call) = (Some(event_text.role(*part)), Some(leg.number()));
        }
        Entry::Step { part, done } => {
            line.event = "step_done";
            (line.caller, line.step) = (Some(event_text.role(*part)), Some(event_text.step(done.step)));
            let micros = |duration: std::time::Duration| u64::try_from(duration.as_micros()).ok();
            if let Some((took, allowed)) = margin(done) {
                (line.took_us, line.allowed_us) = (micros(took), micros(allowed));
            }
        }
        Entry::Failed { part, failure } => {
            line.event = "step_failed";
            (line.caller, line.step) = (Some(event_text.role(*part)), Some(event_text.step(failure.step)));
        }
        Entry::Signal { signal, .. } => {
            line.event = "signal";
            line.step = Some(event_text.signal(*signal));
        }
        Entry::LineFault { part, fault } => {
            line.event = "line_fault";
            line.caller = Some(event_text.role(*part));
            line.details.detail = Some(match fault {
                LineFault::KeyLost => "key-lost",
                LineFault::KeyDoubled => "key-doubled",
                LineFault::KeyMisheard => "key-misheard",
                LineFault::Dropped => "dropped",
                LineFault::HungUp => "hung-up",
            });
        }
        Entry::Act { .. } => line.event = "act",
        Entry::Finished { part } => {
            line.event = "script_ended";
            line.caller = Some(event_text.role(*part));
        }
    }
    line
}

fn describe_event<'s>(line: &mut EventLine<'s>, event_text: &EventText<'s>, event: Event) {
    line.event = event.name();
    line.details = Details::of(event);
    (line.caller, line.call) =
        (event.leg().map(|leg| event_text.caller(leg)), event.leg().map(|leg| leg.number()));
    line.organizer = event.meeting().map(|meeting| event_text.organizer_of(meeting));
    if let Event::Call(CallEvent::ConferenceIdKeyed { digits, meeting: Some(_), .. }) = event {
        line.conference_id = Some(digits.reveal());
    }
}
