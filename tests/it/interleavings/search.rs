//! Walks through every state that the steps of an exchange can lead to, each once.

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use attendant::clock;

use super::exchange::{Exchange, Seen, Step};
use super::rules;

/// What a walk found.
#[derive(Debug)]
pub(crate) struct Walked {
    pub(crate) name: &'static str,
    pub(crate) states: usize,
    pub(crate) steps: u64,
    /// The most steps from the beginning to an end.
    pub(crate) depth: usize,
    /// States in which nothing more can happen.
    pub(crate) ends: usize,
    /// Whether every state was seen; otherwise the walk was broken off.
    pub(crate) complete: bool,
    pub(crate) took: Duration,
}

/// A way to something that must not be.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) what: String,
    pub(crate) steps: Vec<Step>,
    trace: Vec<String>,
}

impl fmt::Display for Walked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, states, steps, depth, ends, complete, took } = self;
        let all = if *complete { "" } else { "   broken off" };
        write!(
            f,
            "{name:<52} {states:>11} {steps:>12} {depth:>6} {ends:>8} {:>8.1} s{all}",
            took.as_secs_f64()
        )
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}, after {} steps:", self.what, self.steps.len())?;
        self.trace.iter().try_for_each(|line| writeln!(f, "  {line}"))
    }
}

struct Frame {
    state: Exchange,
    print: u64,
    steps: Vec<Step>,
    next: usize,
}

impl Frame {
    fn at(state: Exchange) -> Self {
        Self { print: state.fingerprint(), steps: state.steps(), next: 0, state }
    }
}

/// Walks through all states, the first of which is `start`, until something is broken or `states_max` were seen.
///
/// A state that comes again on the way to itself would be a loop without an end: it is refused too. So once a walk is
/// complete, every state leads to an end, whichever way it goes, and every end is a proper one.
pub(crate) fn walk(start: &Exchange, states_max: usize) -> Result<Walked, Box<Broken>> {
    walk_past(start, states_max, |_| {})
}

/// The same, with every state shown to `look` as it is reached.
pub(crate) fn walk_past(
    start: &Exchange,
    states_max: usize,
    mut look: impl FnMut(&Exchange),
) -> Result<Walked, Box<Broken>> {
    look(start);
    let began = clock::now();
    let mut walked = Walked {
        name: start.cast.name,
        states: 1,
        steps: 0,
        depth: 0,
        ends: 0,
        complete: true,
        took: Duration::ZERO,
    };
    let mut stack = vec![Frame::at(start.clone())];
    let mut seen = HashSet::from([stack[0].print]);
    let mut path = HashSet::from([stack[0].print]);
    while let Some(frame) = stack.last_mut() {
        let Some(&step) = frame.steps.get(frame.next) else {
            path.remove(&frame.print);
            stack.pop();
            continue;
        };
        frame.next += 1;
        walked.steps += 1;
        let (after, found) = frame.state.after(step).expect("a listed step is possible");
        let broken = rules::broken_by(&frame.state, step, &found, &after);
        let next = Frame::at(after);
        let broken =
            broken.or_else(|| path.contains(&next.print).then(|| "a loop without an end".to_owned()));
        let broken = broken.or_else(|| {
            walked.ends += usize::from(next.steps.is_empty() && !seen.contains(&next.print));
            next.steps.is_empty().then(|| rules::broken_at_end(&next.state)).flatten()
        });
        if let Some(what) = broken {
            let steps = stack.iter().map(|frame| frame.steps[frame.next - 1]).collect();
            return Err(Box::new(shortest(start, what, steps)));
        }
        if !seen.insert(next.print) {
            continue;
        }
        walked.states += 1;
        look(&next.state);
        path.insert(next.print);
        stack.push(next);
        walked.depth = walked.depth.max(stack.len() - 1);
        if walked.states >= states_max {
            walked.complete = false;
            break;
        }
    }
    walked.took = clock::now().saturating_duration_since(began);
    Ok(walked)
}

/// Leaves out whatever the same fault does not need.
fn shortest(start: &Exchange, what: String, mut steps: Vec<Step>) -> Broken {
    let mut at = 0;
    while at < steps.len() {
        let mut fewer = steps.clone();
        fewer.remove(at);
        match first_broken(start, &fewer) {
            Some((found, length)) if found == what => {
                fewer.truncate(length);
                steps = fewer;
                at = 0;
            }
            Some(_) | None => at += 1,
        }
    }
    Broken { trace: trace(start, &steps), what, steps }
}

/// What these steps break first, and after how many of them; steps that are not possible are passed over.
fn first_broken(start: &Exchange, steps: &[Step]) -> Option<(String, usize)> {
    let mut state = start.clone();
    for (at, step) in steps.iter().enumerate() {
        let Some((after, seen)) = possible(&state, *step) else { continue };
        let broken = rules::broken_by(&state, *step, &seen, &after);
        let at_end = || after.steps().is_empty().then(|| rules::broken_at_end(&after)).flatten();
        if let Some(what) = broken.or_else(at_end) {
            return Some((what, at + 1));
        }
        state = after;
    }
    None
}

fn possible(state: &Exchange, step: Step) -> Option<(Exchange, Seen)> {
    state.steps().contains(&step).then(|| state.after(step)).flatten()
}

fn trace(start: &Exchange, steps: &[Step]) -> Vec<String> {
    let mut state = start.clone();
    let mut lines = Vec::new();
    for step in steps {
        let Some((after, seen)) = possible(&state, *step) else { continue };
        lines.push(format!("{} {}", after.moment(), state.tell(*step)));
        lines.extend(seen.events.iter().map(|event| format!("          {event:?}")));
        state = after;
    }
    lines
}
