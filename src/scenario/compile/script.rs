//! A script: its steps written out, one operation each, in the form that a scripted caller runs.

use std::time::Duration;

use crate::control::call::Speech;
use crate::control::caller::{
    ActId, BRANCHES_MAX, Expectation, Op, OrganizerRef, Program, Sound, StepId, Target,
};

use super::cx::Cx;
use super::values::{Fields, short};
use crate::leg::cast::Recording;
use crate::scenario::limits::{ACTS_MAX, RECORDINGS_MAX, REPEAT_MAX, STRUCTURE_DEPTH_MAX};
use crate::scenario::params::{bad_name, is_name};
use crate::scenario::problem::{Problem, suggest};
use crate::scenario::source::grouped;
use crate::scenario::span::Span;
use crate::scenario::story::{Act, StepText};
use crate::scenario::tree::{Entry, Node, Value};
use crate::scenario::verbs::{VERBS, Verb, VerbInfo, VerbScope, verb_named};
use crate::scenario::vocabulary::{STATES, find};

/// A script while it is compiled.
pub(super) struct Script<'s, 'f, 'm> {
    pub(super) cx: &'s mut Cx<'f, 'm>,
    /// The caller.
    pub(super) caller: usize,
    /// The number of the caller among those of its name, if it has a script of its own.
    pub(super) one: Option<u32>,
    ops: Vec<(StepId, Op)>,
    forks: Vec<Fork<'f>>,
    /// The sound of the last `hears`, if only waits and marks came after it.
    heard: Option<Sound>,
    /// Where the script runs the procedure that it is in.
    run_at: Option<Span>,
    /// A call was made, or may have been.
    dialled: bool,
    /// The organizer whose own client this is, once it was dialled.
    client_of: Option<OrganizerRef>,
    /// How many keys it presses, as far as the file tells.
    pub(super) keys: u32,
}

/// How long a tone is of which nothing is said.
const TONE: Duration = Duration::from_secs(1);

/// The operation of a verb that stands alone.
fn bare(verb: Verb) -> Op {
    if matches!(verb, Verb::Tone) {
        Op::Say(Speech::Tone, TONE)
    } else if matches!(verb, Verb::Drop) {
        Op::Drop
    } else {
        Op::HangUp
    }
}

/// A fork, whose branches follow the stretch that it is in.
struct Fork<'f> {
    at: usize,
    branches: Vec<&'f Node>,
    inside: Inside<'f>,
    ranges: Vec<(u32, u32)>,
}

/// Procedures that are being run, and how deep the structure is.
#[derive(Clone, Default)]
struct Inside<'f> {
    running: Vec<&'f str>,
    /// Where the first of them is run.
    run_at: Option<Span>,
    depth: usize,
}

/// Compiles a script; the program, and how many keys it presses.
pub(super) fn compile<'f>(
    cx: &mut Cx<'f, '_>,
    caller: usize,
    one: Option<u32>,
    script: &'f Node,
) -> (Program, u32) {
    let mut compiler = Script {
        cx,
        caller,
        one,
        ops: Vec::new(),
        forks: Vec::new(),
        heard: None,
        run_at: None,
        dialled: false,
        client_of: None,
        keys: 0,
    };
    compiler.steps(script, "a script", &Inside::default());
    let end = compiler.here();
    let mut next = 0;
    while let Some(fork) = compiler.forks.get_mut(next) {
        let (branches, inside) = (std::mem::take(&mut fork.branches), fork.inside.clone());
        for branch in branches {
            let start = compiler.here();
            (compiler.heard, compiler.dialled) = (None, true);
            match branch.value {
                Value::Seq(_) => compiler.steps(branch, "a branch of `parallel`", &inside),
                Value::Null | Value::Scalar(_) | Value::Map(_) => compiler.step(branch, &inside),
            }
            let range = (start, compiler.here());
            compiler.forks[next].ranges.push(range);
        }
        next += 1;
    }
    compiler.finish_forks(script);
    let keys = compiler.keys;
    let ops = compiler.ops;
    (Program { ops, end, languages: cx.languages() }, keys)
}

impl<'f> Script<'_, 'f, '_> {
    fn here(&self) -> u32 {
        u32::try_from(self.ops.len()).expect("a story has at most STEPS_MAX steps")
    }

    pub(super) fn is_admin(&self) -> bool {
        self.cx.people.callers[self.caller].is_admin
    }

    fn finish_forks(&mut self, script: &Node) {
        // Forks stand in the order of their operations, and those inside a branch behind the one around them.
        let mut widths = vec![0_usize; self.forks.len()];
        for at in (0..self.forks.len()).rev() {
            let fork = &self.forks[at];
            widths[at] = fork.ranges.iter().fold(0_usize, |sum, &(start, end)| {
                let first = self.forks.partition_point(|inner| inner.at < start as usize);
                let last = self.forks.partition_point(|inner| inner.at < end as usize);
                let inner = widths[first..last.max(first)].iter().copied().max().unwrap_or(0);
                sum.saturating_add(1 + inner)
            });
        }
        if widths.iter().any(|width| width + 1 > BRANCHES_MAX) {
            let message = format!("one script may run at most {} branches at once", BRANCHES_MAX - 1);
            self.cx.error(script.span, message);
        }
        for fork in &mut self.forks {
            let (_, op) = &mut self.ops[fork.at];
            *op = Op::Fork {
                branches: std::mem::take(&mut fork.ranges).into(),
                resume: u32::try_from(fork.at + 1).expect("a story has at most STEPS_MAX steps"),
            };
        }
    }

    fn steps(&mut self, node: &'f Node, what: &str, inside: &Inside<'f>) {
        let Some(list) = self.cx.list(node, what) else {
            return;
        };
        for step in list {
            self.step(step, inside);
            if self.cx.gives_up() {
                return;
            }
        }
    }

    fn step(&mut self, node: &'f Node, inside: &Inside<'f>) {
        if !self.cx.spend(node.span) || self.cx.failed.contains(&node.span) {
            return;
        }
        let pushed = self.cx.problems.pushed;
        self.run_at = inside.run_at;
        self.step_once(node, inside);
        if self.cx.problems.pushed > pushed {
            self.cx.failed.insert(node.span);
        }
    }

    fn step_once(&mut self, node: &'f Node, inside: &Inside<'f>) {
        match &node.value {
            Value::Scalar(word) => match verb_named(word) {
                Some(info) if matches!(info.verb, Verb::HangUp | Verb::Drop | Verb::Tone) => {
                    if self.may(info, node.span) {
                        self.emit(node, bare(info.verb));
                    }
                }
                Some(info) => {
                    let problem = Problem::error(node.span, format!("`{}` needs a value", info.name));
                    self.cx.problem(problem.help(format!("write `{}: …`", info.name)));
                }
                None => {
                    let help = suggest(word, ["hang_up", "drop"]);
                    let problem = Problem::error(node.span, format!("unknown step `{}`", short(word)));
                    self.cx.problem(problem.maybe_help(help));
                }
            },
            Value::Map(entries) => self.mapping(node, entries, inside),
            Value::Null | Value::Seq(_) => {
                let problem = Problem::error(
                    node.span,
                    format!("a step must be a mapping with one verb, not {}", node.kind()),
                );
                self.cx.problem(problem.help("for example `- dial: bridge`"));
            }
        }
    }

    fn mapping(&mut self, node: &'f Node, entries: &'f [Entry], inside: &Inside<'f>) {
        let mut verbs = entries.iter().filter_map(|entry| Some((verb_named(&entry.key)?, entry)));
        let Some((info, entry)) = verbs.next() else {
            let first = entries.first();
            let (span, key) = first.map_or((node.span, ""), |entry| (entry.span, entry.key.as_str()));
            let known = VERBS.iter().filter(|info| self.has(info)).map(|info| info.name);
            let help = suggest(key, known.clone())
                .unwrap_or_else(|| format!("expected one of: {}", known.collect::<Vec<_>>().join(", ")));
            let message = match first {
                Some(_) => format!("unknown step `{}`", short(key)),
                None => "this step has no verb".to_owned(),
            };
            return self.cx.problem(Problem::error(span, message).help(help));
        };
        if let Some((other, second)) = verbs.next() {
            let problem = Problem::error(
                second.span,
                format!("a step has one verb, not both `{}` and `{}`", info.name, other.name),
            );
            return self.cx.problem(problem.also(entry.span, "the first").help("write two steps"));
        }
        for other in entries
            .iter()
            .filter(|other| other.key != info.name && !info.modifiers.contains(&other.key.as_str()))
        {
            self.cx.unknown_key(other, &format!("`{}`", info.name), info.modifiers);
        }
        if self.may(info, entry.span) {
            self.verb(info, node, &entry.node, Fields { span: node.span, entries }, inside);
        }
    }

    fn has(&self, info: &VerbInfo) -> bool {
        match info.scope {
            VerbScope::Both => true,
            VerbScope::Callers => !self.is_admin(),
            VerbScope::Admin => self.is_admin(),
        }
    }

    fn may(&mut self, info: &VerbInfo, span: Span) -> bool {
        if self.has(info) {
            return true;
        }
        let message = if self.is_admin() {
            format!("`{}` is a step for callers: an administrator has no telephone", info.name)
        } else {
            format!("`{}` is a step for the administrator: write it under `admin`", info.name)
        };
        self.cx.error(span, message);
        false
    }

    /// Adds an operation for this step.
    pub(super) fn emit(&mut self, node: &'f Node, op: Op) {
        let heard = match &op {
            Op::Expect(Expectation::Hears(sound), _) => Some(*sound),
            Op::Wait(_) => self.heard,
            Op::Expect(Expectation::State(_), _) | Op::Still(..) | Op::Never(..) | Op::When(_) => None,
            Op::Dial(_) | Op::Press { .. } | Op::Say(..) | Op::HangUp | Op::Drop | Op::Fork { .. } => None,
            Op::Mark(_) | Op::Act(_) | Op::ActOn(_) => self.heard,
        };
        let before = std::mem::replace(&mut self.heard, heard);
        if matches!(op, Op::Expect(..)) && before.is_some() && before == heard {
            self.cx.used.heard_again.insert(node.span);
        }
        self.dialled |= matches!(op, Op::Dial(_) | Op::Fork { .. });
        if matches!(op, Op::Press { .. } | Op::Say(..)) && !self.dialled {
            self.cx.used.early_presses.insert(node.span);
        }
        let step = self.note(node);
        self.ops.push((step, op));
    }

    fn note(&mut self, node: &'f Node) -> StepId {
        let step = StepId(u32::try_from(self.cx.steps.len()).expect("a story has at most STEPS_MAX steps"));
        let text = StepText {
            span: node.span,
            run_at: self.run_at,
            role: self.cx.people.callers[self.caller].name.to_owned(),
            text: self.cx.line(node),
        };
        self.cx.steps.push(text);
        step
    }

    fn verb(
        &mut self,
        info: &VerbInfo,
        node: &'f Node,
        value: &'f Node,
        fields: Fields<'f>,
        inside: &Inside<'f>,
    ) {
        match info.verb {
            Verb::Dial => {
                if let Some(target) = self.target(value, fields.get("as")) {
                    self.client_of = match target {
                        Target::App { organizer, user } => (user == organizer.0).then_some(organizer),
                        Target::Number(_) => None,
                    };
                    self.emit(node, Op::Dial(target));
                }
            }
            Verb::Press => {
                if let Some(op) = self.press(value, fields) {
                    self.emit(node, op);
                }
            }
            Verb::Talk => {
                if let Some(duration) = self.cx.duration(value, "talk") {
                    self.emit(node, Op::Say(Speech::Talk, duration));
                }
            }
            Verb::Tone if matches!(value.value, Value::Null) => self.emit(node, bare(info.verb)),
            Verb::Tone => {
                if let Some(duration) = self.cx.duration(value, "tone") {
                    self.emit(node, Op::Say(Speech::Tone, duration));
                }
            }
            Verb::Say => {
                if let Some(op) = self.say(value) {
                    self.emit(node, op);
                }
            }
            Verb::Hears | Verb::Expect => {
                self.cx.used.expectations += 1;
                let sight = if matches!(info.verb, Verb::Hears) {
                    self.sound("hears", value, fields).map(Expectation::Hears)
                } else {
                    self.state(value)
                };
                let timing = self.timing(fields);
                if let (Some(sight), Some(timing)) = (sight, timing) {
                    self.emit(node, Op::Expect(sight, timing));
                }
            }
            Verb::Still => self.still(node, value, fields),
            Verb::Never => self.never(node, value, fields),
            Verb::When => {
                let signal = self.cx.text(value, "when").and_then(|text| self.signal(&text, value));
                if let Some(signal) = signal {
                    self.emit(node, Op::When(signal));
                }
            }
            Verb::Wait => {
                self.cx.used.waits.insert(node.span);
                if let Some(duration) = self.cx.duration(value, "wait") {
                    self.emit(node, Op::Wait(duration));
                }
            }
            Verb::Mark => self.mark(node, value),
            Verb::Run => self.run(value, inside),
            Verb::Repeat => self.repeat(value, inside),
            Verb::Parallel => self.parallel(node, value, inside),
            Verb::HangUp | Verb::Drop => {
                if !matches!(value.value, Value::Null) {
                    self.cx.error(value.span, format!("`{}` takes no value", info.name));
                }
                self.emit(node, bare(info.verb));
            }
            Verb::Cmdlet => {
                let acts = self.cmdlet(value);
                self.act(node, acts);
            }
            Verb::Set => {
                let acts = self.set(value);
                self.act(node, acts);
            }
            Verb::Record => {
                let acts = self.record(value);
                self.act(node, acts);
            }
            Verb::OnCaller(act) => {
                let acts = self.on_caller(act, value);
                self.act(node, acts);
            }
            Verb::OnOrganizer(act) => {
                let acts = self.cx.organizer(value, info.name).map(act).into_iter().collect();
                self.act(node, acts);
            }
        }
    }

    /// Plays a recording, in the voice of whoever the script is first of.
    fn say(&mut self, value: &'f Node) -> Option<Op> {
        let path = self.cx.text(value, "say")?.into_owned();
        let by = self.cx.people.callers[self.caller].first_role + self.one.map_or(0, |number| number - 1);
        let recordings = &self.cx.recordings;
        let known = recordings.iter().position(|known| (known.path.as_str(), known.by) == (&*path, by));
        let place = match known {
            Some(place) => place,
            None => {
                let sound = match (self.cx.sounds)(value.span.source, &path) {
                    Ok(sound) => sound,
                    Err(why) => {
                        let problem =
                            Problem::error(value.span, format!("the recording `{}` {why}", short(&path)));
                        let help = "write the path of a WAV file, relative to this file";
                        self.cx.problem(problem.help(help));
                        return None;
                    }
                };
                if self.cx.recordings.len() >= RECORDINGS_MAX {
                    let message = format!("a scenario may play at most {RECORDINGS_MAX} recordings");
                    self.cx.error(value.span, message);
                    return None;
                }
                self.cx.recordings.push(Recording { path, sound, by });
                self.cx.recordings.len() - 1
            }
        };
        let duration = self.cx.recordings[place].sound.duration();
        Some(Op::Say(Speech::Recording(u16::try_from(place).ok()?), duration))
    }

    fn act(&mut self, node: &'f Node, acts: Vec<Act>) {
        if acts.is_empty() {
            return;
        }
        let step = self.note(node);
        self.cx.weigh(acts.len(), node.span);
        for act in acts {
            let place = self.cx.acts.len();
            let Some(id) = u16::try_from(place).ok().filter(|_| place < ACTS_MAX) else {
                return self.cx.error(
                    node.span,
                    format!("a scenario may have at most {} steps of an administrator", grouped(ACTS_MAX)),
                );
            };
            let op = if matches!(act, Act::OnCaller(..)) { Op::ActOn } else { Op::Act };
            self.cx.acts.push(act);
            self.ops.push((step, op(ActId(id))));
        }
    }

    /// Only the client that is the organizer's own records.
    fn record(&mut self, value: &'f Node) -> Vec<Act> {
        let on = match self.cx.text(value, "record").as_deref() {
            Some("on") => true,
            Some("off") => false,
            Some(other) => {
                let message = format!("`{}` is neither on nor off", short(other));
                self.cx.error(value.span, message);
                return Vec::new();
            }
            None => return Vec::new(),
        };
        match self.client_of {
            Some(whose) => vec![Act::Record { whose, on, client: true }],
            None => {
                let problem = Problem::error(value.span, "only the organizer's client records a meeting");
                let help = "dial it before, as the organizer: `{ dial: app:amos, as: amos }`; or write \
                            `start_recording: amos` for the administrator";
                self.cx.problem(problem.help(help));
                Vec::new()
            }
        }
    }

    fn mark(&mut self, node: &'f Node, value: &'f Node) {
        let Some(name) = self.cx.text(value, "mark") else {
            return;
        };
        if !is_name(&name) {
            return self.cx.problem(bad_name(&name, value.span));
        }
        if find(STATES, &name).is_some() {
            let problem =
                Problem::error(value.span, format!("a mark cannot be named `{name}`, which is a call state"));
            return self.cx.problem(problem.help("give the mark another name"));
        }
        let step = self.note(node);
        for signal in self.cx.marked(self.caller, self.one, &name, value.span) {
            self.ops.push((step, Op::Mark(signal)));
        }
    }

    fn run(&mut self, value: &'f Node, inside: &Inside<'f>) {
        let Some(name) = self.cx.text(value, "run") else {
            return;
        };
        let file = self.cx.file;
        let Some((key, procedure)) = file.procedures.get_key_value(name.as_ref()) else {
            let help = suggest(&name, file.procedures.keys().map(String::as_str));
            let problem = Problem::error(value.span, format!("unknown procedure `{}`", short(&name)));
            return self.cx.problem(
                problem.help(help.unwrap_or_else(|| "procedures are listed under `procedures`".to_owned())),
            );
        };
        if !self.cx.used.procedures.contains(key) {
            self.cx.used.procedures.insert(key.clone());
        }
        if let Some(at) = inside.running.iter().position(|running| running == key) {
            let chain: Vec<&str> = inside.running[at..].iter().copied().chain([key.as_str()]).collect();
            return self.cx.error(value.span, format!("this procedure runs itself: {}", chain.join(" → ")));
        }
        let Some(mut deeper) = self.deeper(value, inside) else {
            return;
        };
        deeper.running.push(key);
        deeper.run_at = deeper.run_at.or(Some(value.span));
        self.steps(&procedure.node, "a procedure", &deeper);
    }

    fn repeat(&mut self, value: &'f Node, inside: &Inside<'f>) {
        let Some(fields) = self.cx.fields(value, "`repeat`", &["times", "steps"]) else {
            return;
        };
        let (Some(times), Some(steps)) = (fields.get("times"), fields.get("steps")) else {
            let problem = Problem::error(value.span, "`repeat` needs `times` and `steps`");
            return self.cx.problem(problem.help("write `repeat: { times: 3, steps: [ … ] }`"));
        };
        let Some(times) = self.cx.count(times, "times", 1, REPEAT_MAX) else {
            return;
        };
        let Some(deeper) = self.deeper(value, inside) else {
            return;
        };
        for _ in 0..times {
            if !self.cx.spend(value.span) || self.cx.problems.is_full() {
                return;
            }
            self.steps(steps, "`steps`", &deeper);
        }
    }

    fn parallel(&mut self, node: &'f Node, value: &'f Node, inside: &Inside<'f>) {
        let Some(branches) = self.cx.list(value, "`parallel`") else {
            return;
        };
        if branches.is_empty() || branches.len() >= BRANCHES_MAX {
            let message = format!("`parallel` needs 1 to {} branches", BRANCHES_MAX - 1);
            return self.cx.error(value.span, message);
        }
        let Some(inside) = self.deeper(value, inside) else {
            return;
        };
        let at = self.ops.len();
        let step = self.note(node);
        if let Some(text) = self.cx.steps.last_mut() {
            text.text = format!("parallel: {} branches", branches.len());
        }
        (self.heard, self.dialled) = (None, true);
        // Stands for the fork until its branches are written.
        self.ops.push((step, Op::Wait(Duration::ZERO)));
        self.forks.push(Fork { at, branches: branches.iter().collect(), inside, ranges: Vec::new() });
    }

    fn deeper(&mut self, value: &Node, inside: &Inside<'f>) -> Option<Inside<'f>> {
        if inside.depth >= STRUCTURE_DEPTH_MAX {
            let message =
                format!("`run`, `repeat` and `parallel` may be nested at most {STRUCTURE_DEPTH_MAX} deep");
            self.cx.error(value.span, message);
            return None;
        }
        let mut deeper = inside.clone();
        deeper.depth += 1;
        Some(deeper)
    }
}
