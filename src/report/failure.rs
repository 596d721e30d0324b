//! A failed case on one screen: what was expected, what was heard instead, the line of the file, what happened last,
//! and the command that plays it again.

use std::fmt::Write as _;

use super::cause::causes;
use super::event_text::EventText;
use super::rate::rate_of_seeds;
use super::timeline::{Moved, around, counted_by, last_of};
use super::waiting::Waits;
use super::why::why;
use super::{CaseResult, Paint, seconds};
use crate::control::call::{Announcement, LegId};
use crate::control::caller::{Expectation, FailureCause, Line, Op, StepFailure, StepId};
use crate::control::presence::Presence;
use crate::control::time::{Instant, show_duration};
use crate::leg::log::Entry;
use crate::play::stored::Store;
use crate::play::{Bridge, CaseRun, Failure, Lateness, Outcome};
use crate::scenario::problem::Problem;
use crate::scenario::span::Span;
use crate::scenario::story::{Act, Story};

/// Lines of the timeline unless the command line says otherwise: with all else they fit 24.
const LINES_MAX: usize = 9;

/// Steps that are told which the script had done before it failed.
const STEPS_BEFORE: usize = 2;

/// Facts and further failures beside which so many lines fit; each more takes the place of a line.
const FACTS_BESIDE: usize = 4;

/// Lines of the timeline that are shown at least.
const LINES_MIN: usize = 3;

/// Further failures that are told.
const ALSO_MAX: usize = 6;

/// Scripts whose standing is told when the time is up.
const STANDING_MAX: usize = 6;

/// All of it; nothing for a case that did not fail.
#[must_use]
pub fn screen(result: &CaseResult<'_>, paint: Paint) -> String {
    match result.outcome {
        Outcome::Played(run) if result.outcome.failed() => {
            let screen = Screen::new(result, run);
            let command = screen.command();
            screen.write(&[], paint) + &format!("{} {command}\n", paint.strong("     rerun"))
        }
        Outcome::Played(_) | Outcome::NotBuilt | Outcome::Skipped(_) | Outcome::Unreachable(_) => {
            String::new()
        }
    }
}

/// The same of a run in another order, which no command plays again as it was, with what happened around that which
/// was put off.
#[must_use]
pub fn screen_of_run(result: &CaseResult<'_>, delays: &[Moved], paint: Paint) -> String {
    match result.outcome {
        Outcome::Played(run) => Screen::new(result, run).write(delays, paint),
        Outcome::NotBuilt | Outcome::Skipped(_) | Outcome::Unreachable(_) => String::new(),
    }
}

/// Returns the first failure, in one line.
#[must_use]
pub(super) fn headline(result: &CaseResult<'_>, run: &CaseRun) -> String {
    let screen = Screen::new(result, run);
    match (run.played.failures.first(), &run.unlike) {
        (Some(wrong), _) => {
            let told_fact = screen.facts(wrong).first().map(|(name, fact)| format!("; {name}: {fact}"));
            screen.problem(wrong).message(&result.file().sources) + &told_fact.unwrap_or_default()
        }
        (None, Some(unlike)) => unlike.clone(),
        (None, None) => wrong_pass(run).unwrap_or_default(),
    }
}

/// Everything else that failed, in one line each.
#[must_use]
pub(super) fn further(result: &CaseResult<'_>, run: &CaseRun) -> Vec<String> {
    let (screen, sources) = (Screen::new(result, run), &result.file().sources);
    let wrong = run.played.failures.iter().skip(1).map(|wrong| screen.problem(wrong).message(sources));
    wrong.chain(run.unlike.clone().filter(|_| !run.played.failures.is_empty())).collect()
}

/// A failure of a case, in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FailureText {
    /// The caller whose step failed: a place in the cast.
    pub role: Option<u32>,
    /// What failed, in one line.
    pub words: String,
    /// The actual values, each under its name.
    pub facts: Vec<(&'static str, String)>,
    /// Its place in the scenario.
    pub span: Option<Span>,
}

/// Returns everything that is wrong with a case that failed, the first first.
#[must_use]
pub fn failures(result: &CaseResult<'_>, run: &CaseRun) -> Vec<FailureText> {
    let (screen, sources) = (Screen::new(result, run), &result.file().sources);
    let failures = run.played.failures.iter().map(|wrong| FailureText {
        role: if let Failure::Step { role, .. } = wrong { Some(*role) } else { None },
        words: screen.problem(wrong).message(sources),
        facts: screen.facts(wrong),
        span: span_of(result.story(), wrong),
    });
    let others = run.unlike.clone().into_iter().chain(wrong_pass(run));
    let others = others.map(|words| FailureText { role: None, words, facts: Vec::new(), span: None });
    failures.chain(others).collect()
}

/// The one command that plays exactly this case.
#[must_use]
pub fn command(result: &CaseResult<'_>, run: &CaseRun) -> String {
    Screen::new(result, run).command()
}

/// Where what went wrong first stands in the file.
#[must_use]
pub(super) fn place(result: &CaseResult<'_>, wrong: &Failure) -> Option<(String, usize, usize)> {
    let span = span_of(result.story(), wrong)?;
    let sources = &result.file().sources;
    let (line, column) = sources.line_and_column(span);
    Some((sources.text(span.source)?.path.clone(), line, column))
}

/// The line that a service marks for a case: that of what went wrong first, or that which names the case.
#[must_use]
pub(super) fn marked(result: &CaseResult<'_>, run: &CaseRun) -> (String, usize, usize) {
    let wrong = run.played.failures.first().and_then(|wrong| place(result, wrong));
    wrong.unwrap_or_else(|| (result.file().path.clone(), result.suite.line_of(result.case), 1))
}

/// Returns the place of what went wrong.
pub(super) fn span_of(story: &Story, wrong: &Failure) -> Option<Span> {
    let step = |step: StepId| story.steps.get(step.0 as usize).map(|step| step.span);
    match wrong {
        Failure::Step { failure, .. } => step(failure.step),
        Failure::TimedOut { standing } => standing.first().and_then(|(_, at, _)| step(*at)),
        Failure::Check { check, .. } => story.checks.get(*check).map(|check| check.span),
        Failure::Invariant(_) => None,
        Failure::Order { entry } => story.order.as_ref()?.get(*entry).map(|delayed| delayed.span),
    }
}

struct Screen<'a> {
    result: &'a CaseResult<'a>,
    run: &'a CaseRun,
    event_text: EventText<'a>,
}

impl<'a> Screen<'a> {
    fn new(result: &'a CaseResult<'a>, run: &'a CaseRun) -> Self {
        Self { result, run, event_text: EventText::new(result.story(), &run.played.log) }
    }

    fn write(&self, delays: &[Moved], paint: Paint) -> String {
        let mut text = String::new();
        let sources = &self.result.file().sources;
        let mut wrong = self.run.played.failures.iter();
        let first = wrong.next();
        let facts = first.map(|first| self.facts(first)).unwrap_or_default();
        if let Some(first) = first {
            text += &self.problem(first).render(sources, paint.coloured);
            text.push('\n');
            for (name, fact) in &facts {
                let _infallible = writeln!(text, "{} {fact}", paint.strong(&format!("{name:>10}")));
            }
        }
        let others: Vec<String> = wrong.map(|wrong| self.problem(wrong).message(sources)).collect();
        let more = others.len().saturating_sub(ALSO_MAX);
        let more = (more > 0).then(|| format!("{more} more failures at the same moment"));
        let also = others.into_iter().take(ALSO_MAX).chain(more).chain(self.run.unlike.clone());
        let also: Vec<String> = also.chain(wrong_pass(self.run)).collect();
        let beyond = (facts.len() + also.len()).saturating_sub(FACTS_BESIDE);
        for line in also {
            let name = if first.is_some() { "also" } else { "error" };
            let _infallible = writeln!(text, "{} {line}", paint.strong(&format!("{name:>10}")));
        }
        text.push('\n');
        let part = match first {
            Some(Failure::Step { role, .. }) => Some(*role),
            Some(
                Failure::TimedOut { .. }
                | Failure::Check { .. }
                | Failure::Invariant(_)
                | Failure::Order { .. },
            )
            | None => None,
        };
        let log = &self.run.played.log;
        let lines = LINES_MAX.saturating_sub(beyond).max(LINES_MIN);
        let most = self.result.suite.context.unwrap_or(lines);
        let counted = match first {
            Some(Failure::Check { check, .. }) => self.result.story().checks.get(*check),
            Some(_) | None => None,
        };
        let lines = match (delays, counted) {
            ([], Some(check)) => counted_by(&self.event_text, log, check, most),
            ([], None) => last_of(&self.event_text, log, part, most),
            (delays, _) => around(&self.event_text, log, part, delays, most),
        };
        for (at, line) in lines {
            let at = format!("{:>8} s", at.to_string());
            let _infallible = writeln!(text, "{} {line}", paint.faint(&at));
        }
        text.push('\n');
        if let Some(failing) = self.run.failing_seeds.filter(|_| self.run.seeds > 1) {
            let rate = rate_of_seeds(failing, self.run.seeds);
            let _infallible = writeln!(text, "{} {rate}", paint.strong("      rate"));
        }
        if let Some(smallest) = &self.run.smallest {
            let faults =
                if smallest.is_empty() { "fails without any".to_owned() } else { smallest.join("; ") };
            let _infallible = writeln!(text, "{} {faults}", paint.strong("    faults"));
        }
        text
    }

    fn problem(&self, wrong: &Failure) -> Problem {
        let story = self.result.story();
        let span = span_of(story, wrong).unwrap_or(Span { source: u16::MAX, ..Span::default() });
        match wrong {
            Failure::Step { role, failure, .. } => {
                let (name, step) = (self.event_text.role(*role), self.event_text.step(failure.step));
                Problem::error(span, format!("{name}: `{step}` {}", verdict(failure.why)))
            }
            Failure::TimedOut { standing } => {
                let scripts = match standing.len() {
                    1 => "one script".to_owned(),
                    many => format!("{many} scripts"),
                };
                let time = show_duration(story.timeout);
                Problem::error(span, format!("timeout after {time}: {scripts} did not end"))
            }
            Failure::Check { check, .. } => {
                let text = story.checks.get(*check).map_or("", |check| check.text.as_str());
                Problem::error(span, format!("`{text}` failed at the end"))
            }
            Failure::Invariant(violation) => Problem::error(span, violation.to_string()),
            Failure::Order { .. } => Problem::error(span, "this question is never asked"),
        }
    }

    /// Returns the actual values, each under its name.
    fn facts(&self, wrong: &Failure) -> Vec<(&'static str, String)> {
        match wrong {
            Failure::Step { role, failure, at } => {
                let mut facts = Vec::new();
                if failure.why != FailureCause::NotThere {
                    facts.push(("heard", self.heard(failure)));
                }
                if let Some((language, at)) = failure.chosen {
                    facts.push(("language", format!("{}, chosen by key at {at} s", language.tag())));
                }
                facts.extend(self.timing(*role, failure, *at));
                facts.extend(self.run_at(failure.step).map(|place| ("run at", place)));
                let before = self.steps_before(*role, failure).into_iter();
                facts.extend(["after", ""].into_iter().zip(before));
                let causes = causes(&self.event_text, &self.run.played.log, *role);
                facts.extend(causes.into_iter().map(|cause| ("because", cause)));
                facts.extend(self.decided(*role, failure).map(|reason| ("decided", reason)));
                facts
            }
            Failure::TimedOut { standing } => {
                let waits = Waits::new(self.result.story(), &self.run.played.log, standing);
                let mut facts: Vec<_> = standing
                    .iter()
                    .take(STANDING_MAX)
                    .map(|here| {
                        let (part, step, since) = here;
                        let place = self.result.story().steps.get(step.0 as usize);
                        let place = place.map(|step| self.shown_place(step.run_at.unwrap_or(step.span)));
                        let place = place.map_or_else(String::new, |place| format!(" ({place})"));
                        let (name, step) = (self.event_text.role(*part), self.event_text.step(*step));
                        let whom = waits.for_whom(&self.event_text, here);
                        let whom = whom.map_or_else(String::new, |whom| format!(", for {whom}"));
                        ("waits", format!("{name} at `{step}` since {since} s{whom}{place}"))
                    })
                    .collect();
                facts.extend(waits.circle(&self.event_text).map(|circle| ("deadlock", circle)));
                if standing.len() > STANDING_MAX {
                    facts.push(("", format!("and {} more", standing.len() - STANDING_MAX)));
                }
                facts
            }
            Failure::Check { found, .. } => vec![("found", found.clone())],
            Failure::Order { .. } => {
                let asked = match self.run.played.questions.len() {
                    1 => "1 question in the whole run".to_owned(),
                    many => format!("{many} questions in the whole run"),
                };
                vec![("asked", asked)]
            }
            Failure::Invariant(violation) => {
                let is_meant = |leg: &LegId| violation.what.starts_with(&format!("call {} ", leg.number()));
                let meant = self.event_text.legs().find(is_meant);
                meant
                    .map(|leg| {
                        ("call", format!("{} is the call of {}", leg.number(), self.event_text.caller(leg)))
                    })
                    .into_iter()
                    .collect()
            }
        }
    }

    /// What the bridge decided last about a caller who should have been somewhere else.
    fn decided(&self, role: u32, failure: &StepFailure) -> Option<String> {
        let story = self.result.story();
        let mut ops = story.cast.roles.get(role as usize)?.program.ops.iter();
        let (_, op) = ops.find(|(step, _)| *step == failure.step)?;
        let (Op::Expect(Expectation::State(_), _) | Op::Never(Expectation::State(_), _)) = op else {
            return None;
        };
        why(story, &self.run.played.log, role).pop().map(|reason| reason.to_string())
    }

    /// From which event a deadline is counted, when it happened, and where a script marks it.
    fn counted_from(&self, role: u32, failure: &StepFailure) -> Option<String> {
        let story = self.result.story();
        let mut ops = story.cast.roles.get(role as usize)?.program.ops.iter();
        let signal = ops.find_map(|(step, op)| {
            let Op::Expect(_, timing) = op else { return None };
            timing.of.filter(|_| *step == failure.step)
        })?;
        let at = self.run.played.log.entries.iter().find_map(|(at, entry)| {
            let Entry::Signal { signal: given, .. } = entry else { return None };
            (*given == signal).then_some(at)
        })?;
        let mut ops = story.cast.roles.iter().flat_map(|role| &role.program.ops);
        let mark = ops.find(|(_, op)| *op == Op::Mark(signal)).map(|(step, _)| *step);
        let place = mark.and_then(|step| story.steps.get(step.0 as usize));
        let place = place.map_or_else(String::new, |step| format!(" ({})", self.shown_place(step.span)));
        Some(format!("counted from {} at {at} s{place}", self.event_text.signal(signal)))
    }

    /// Where the script runs the procedure that a step is in.
    fn run_at(&self, step: StepId) -> Option<String> {
        let step = self.result.story().steps.get(step.0 as usize)?;
        Some(self.shown_place(step.run_at?))
    }

    /// The steps that the script had done before, the last first, each with its place: that in the script itself, unless it is
    /// in the procedure of the step that failed.
    fn steps_before(&self, role: u32, failure: &StepFailure) -> Vec<String> {
        let entries = &self.run.played.log.entries;
        let end = entries.iter().position(|(_, entry)| {
            matches!(entry, Entry::Failed { part, failure: other } if *part == role && other.step == failure.step)
        });
        let steps = &self.result.story().steps;
        let run_at = steps.get(failure.step.0 as usize).and_then(|step| step.run_at);
        let done = entries[..end.unwrap_or(0)].iter().rev().filter_map(|(at, entry)| match entry {
            Entry::Step { part, done } if *part == role => Some((at, steps.get(done.step.0 as usize)?)),
            Entry::Step { .. } | Entry::Event(_) | Entry::Dials { .. } | Entry::Failed { .. } => None,
            Entry::Signal { .. } | Entry::LineFault { .. } | Entry::Act { .. } | Entry::Finished { .. } => {
                None
            }
        });
        let told = done.map(|(at, step)| {
            let place = step.run_at.filter(|_| step.run_at != run_at).unwrap_or(step.span);
            format!("`{}`, done at {at} s ({})", step.text, self.shown_place(place))
        });
        told.take(STEPS_BEFORE).collect()
    }

    /// A place as `file:line`.
    fn shown_place(&self, span: Span) -> String {
        let sources = &self.result.file().sources;
        let path = sources.text(span.source).map_or("", |source| source.path.as_str());
        format!("{path}:{}", sources.line_and_column(span).0)
    }

    fn heard(&self, failure: &StepFailure) -> String {
        let since = failure.heard_since;
        match (failure.line, failure.announced) {
            (Line::Idle, _) => "nothing: no call was made".to_owned(),
            (Line::Calling, _) => "nothing: the call is not answered yet".to_owned(),
            (Line::Ended, _) => format!("nothing: the call ended at {since} s"),
            (Line::Up, Some(Announcement { prompt, language })) => {
                let heard = self.event_text.spoken(prompt, language);
                format!("{heard} in the meeting, since {since} s")
            }
            (Line::Up, None) => match failure.voice {
                Some(voice) => format!("{} talking", self.event_text.role(voice)),
                None => format!("{}, since {since} s", self.event_text.source(failure.heard)),
            },
        }
    }

    /// Where the caller was on whom the administrator's step acted.
    fn place_of_caller(&self, step: StepId, at: Instant) -> String {
        let story = self.result.story();
        let program = story.cast.roles.last().map(|admin| &admin.program.ops);
        let acts = program.into_iter().flatten().filter(|(id, _)| *id == step);
        let mut presence = Presence::default();
        for (when, entry) in self.run.played.log.entries.iter().filter(|(when, _)| *when <= at) {
            if let Entry::Event(event) = entry {
                presence.take(*when, *event);
            }
        }
        let mut elsewhere = acts.filter_map(|(_, op)| {
            let Op::ActOn(act) = op else { return None };
            let Act::OnCaller(act, role) = story.acts.get(usize::from(act.0))? else { return None };
            let leg = self.event_text.legs().filter(|leg| self.event_text.part(*leg) == Some(*role)).last();
            let place = leg.and_then(|leg| presence.place(leg)).map(|(_, place)| place);
            let is_at = place.map_or("in no meeting".to_owned(), |place| format!("in the {}", place.name()));
            let name = self.event_text.role(*role);
            (place != Some(act.place()))
                .then(|| format!("{name} is {is_at}, not in the {}", act.place().name()))
        });
        elsewhere.next().unwrap_or_else(|| format!("elsewhere at {at} s"))
    }

    fn timing(&self, role: u32, failure: &StepFailure, at: Instant) -> Option<(&'static str, String)> {
        match failure.why {
            FailureCause::TooLate { deadline } => {
                let missed = match self.run.lateness {
                    Some(Lateness::Late(by)) => format!("; it came {} too late", seconds(by)),
                    Some(Lateness::Never) => "; it never came".to_owned(),
                    None => String::new(),
                };
                let from = self.counted_from(role, failure);
                let from = from.unwrap_or_else(|| format!("the step started at {} s", failure.began));
                Some(("deadline", format!("{deadline} s, {from}{missed}")))
            }
            FailureCause::NotRestarted { since, deadline } => {
                let on = format!(
                    "playing since {since} s, before the previous step started; not started again by \
                     {deadline} s"
                );
                Some(("too old", on))
            }
            FailureCause::TooEarly { since } => {
                Some(("too early", format!("it was so since {since} s, before the event that `of` names")))
            }
            FailureCause::Broken { since } => {
                Some(("broken", format!("it lasted from {since} s to {at} s, {}", seconds(at.since(since)))))
            }
            FailureCause::Forbidden => Some(("forbidden", format!("it happened at {at} s"))),
            FailureCause::NotThere => Some(("caller", self.place_of_caller(failure.step, at))),
            FailureCause::NotOn
            | FailureCause::NoCall
            | FailureCause::AlreadyOnCall
            | FailureCause::Unknown => Some(("at", format!("{at} s"))),
        }
    }

    fn command(&self) -> String {
        let file = self.result.file();
        let mut words = vec!["attendant".to_owned(), "replay".to_owned(), quoted(&file.path)];
        if file.cases > 1 {
            // All cases of a file have its line in common: what tells them apart is the combination behind it.
            let name = &self.result.story().name;
            let combination = name.rfind(" [").map_or(name.as_str(), |at| &name[at + 1..]);
            words.extend(["--filter".to_owned(), quoted(combination)]);
        }
        words.extend(["--seed".to_owned(), self.run.played.seed.to_string()]);
        for (name, value) in &file.set {
            words.extend(["--set".to_owned(), quoted(&format!("{name}={}", file.sources.masked(value)))]);
        }
        if let Some(folder) = &self.result.suite.assets {
            words.extend(["--assets".to_owned(), quoted(&folder.display().to_string())]);
        }
        match &self.run.bridge {
            Bridge::Virtual(Store::Records) => {}
            Bridge::Virtual(store) => words.extend(["--directory".to_owned(), store.name().to_owned()]),
            Bridge::Live { speed } => words.extend([format!("--live --speed {speed}")]),
            Bridge::OverSip(_) => words.push("--over-sip".to_owned()),
            Bridge::Via(via, _) => {
                for (option, value) in via.options() {
                    words.extend([option.to_owned(), quoted(value)]);
                }
            }
        }
        if self.run.unlike.is_some() {
            words.push("--check-determinism".to_owned());
        }
        words.join(" ")
    }
}

/// What is wrong with a case that passes: its file expects it to fail, or it failed before.
fn wrong_pass(run: &CaseRun) -> Option<String> {
    if run.is_flaky() {
        let times =
            if run.attempts.len() == 1 { "once".to_owned() } else { format!("{} times", run.attempts.len()) };
        return Some(format!("flaky: failed {times}, and passed when it was played again"));
    }
    let why = run.expected_to_fail.as_ref().filter(|_| !run.has_failures())?;
    Some(format!("passes, but is expected to fail: {why}"))
}

fn verdict(why: FailureCause) -> &'static str {
    match why {
        FailureCause::TooLate { .. } => "timed out",
        FailureCause::NotRestarted { .. } => "did not start again in time",
        FailureCause::TooEarly { .. } => "happened too early",
        FailureCause::Broken { .. } => "did not last long enough",
        FailureCause::NotOn => "is not playing",
        FailureCause::Forbidden => "must not happen, but did",
        FailureCause::NoCall => "needs a call, but there is none",
        FailureCause::NotThere => "needs the caller in another place",
        FailureCause::AlreadyOnCall => "needs a free line, but there is a call",
        FailureCause::Unknown => "uses digits that are not known",
    }
}

/// An argument as a POSIX shell takes it.
#[must_use]
pub fn quoted(argument: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    if !argument.is_empty() && argument.chars().all(is_plain) {
        return argument.to_owned();
    }
    format!("'{}'", argument.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::source::Sources;

    #[test]
    fn arguments_reach_a_shell_as_they_are() {
        for (argument, shown) in [
            ("scenarios/lobby.yaml", "scenarios/lobby.yaml"),
            ("", "''"),
            ("two words", "'two words'"),
            ("it's", r"'it'\''s'"),
            ("$(reboot)", "'$(reboot)'"),
            ("[length=4]", "'[length=4]'"),
        ] {
            assert_eq!(quoted(argument), shown);
        }
    }

    #[test]
    fn values_that_may_be_pins_are_masked() {
        let sources = Sources::new(|_| Err(String::new()));
        assert_eq!(sources.masked("271828"), "*******");
        assert_eq!(sources.masked("5"), "5");
        assert_eq!(sources.masked("1500ms"), "1500ms");
    }
}
