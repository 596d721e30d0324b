//! From a file's tree to a [`Story`]: one case at a time.

mod checks;
mod cmdlet;
mod cx;
mod exempt;
mod expect;
mod faults;
mod given;
mod line;
mod load;
mod order;
mod press;
mod script;
mod signals;
mod sound;
mod values;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub(super) use cx::{CallerInfo, Cx, SoundReader, Used, Weight};
pub(super) use given::{ORGANIZER_KEYS, flattened};
pub(super) use press::RUNTIME_NAMES;
pub(super) use sound::CODECS_MAX;

use crate::control::caller::Program;
use crate::control::numbers::e164;
use crate::media::library::Library;

use faults::{DIRECTORY, WEBHOOK};
use signals::GivenStates;

use super::file::File;
use super::limits::{CALLER_NAMES_MAX, CALLERS_MAX, SCENARIO_LINE_MAX};
use super::mask::Secrets;
use super::order::Later;
use super::params::{Axis, bad_name, expand, is_name};
use super::problem::Problems;
use super::profiles::ProfileFiles;
use super::source::grouped;
use super::span::Span;
use super::story::{Given, Story};
use super::tree::{Entry, Node, Value};
use crate::leg::cast::{Cast, KeyPath, LineFaults, Role};

/// The longest that a story takes unless it says otherwise.
pub(super) const TIMEOUT: Duration = Duration::from_secs(2 * 3600);

/// The administrator's name.
const ADMIN: &str = "admin";

/// Names that no caller can have.
const TAKEN_NAMES: [&str; 4] = [ADMIN, DIRECTORY, WEBHOOK, "bridge"];

/// The result of one case.
pub(super) struct Compiled {
    pub(super) story: Story,
    pub(super) used: Used,
    pub(super) idle_marks: Vec<(String, Span)>,
    pub(super) idle_organizers: Vec<(String, Span)>,
    /// Cases under `skip` or `expected_to_fail` that are not this one.
    pub(super) idle_exemptions: Vec<(String, Span)>,
    pub(super) has_checks: bool,
}

/// Compiles one case; what is wrong goes to `problems`, and the story is only good if nothing did.
pub(super) fn compile(
    file: &File,
    case: usize,
    problems: &mut Problems,
    secrets: &mut Secrets,
    sounds: &mut SoundReader<'_>,
    profiles: &ProfileFiles,
    weight: &mut Weight,
) -> Compiled {
    let (params, picks) = file.params.case(case);
    let mut cx = Cx::new(file, params, (problems, secrets), sounds, weight);
    let line = cx.scenario_line();
    let profile = cx.given(file.get("given"), profiles);
    cx.callers();
    cx.foresee_all();
    let programs = cx.programs();
    let keys: Vec<u32> = programs.iter().map(|program| program.keys).collect();
    let faults = match file.get("faults") {
        Some(node) => cx.faults(node, &keys),
        None => Default::default(),
    };
    let checks = file.get("then").map(|node| cx.checks(node)).unwrap_or_default();
    let tags = cx.texts("tags");
    let timeout = file.get("timeout").and_then(|node| cx.duration(node, "timeout")).unwrap_or(TIMEOUT);
    let seed = cx.seed();
    let runs_on = cx.runs_on();
    let picked = values_of(&file.params.axes, &picks);
    let skip = cx.exemption("skip", &picked);
    let expected_to_fail = cx.exemption("expected_to_fail", &picked);
    cx.described();
    let load = cx.load();
    cx.check_marks();
    let (signals, states) = cx.finish_signals(file.span);
    let roles = cx.roles(programs, &states, &faults.lines);
    let order = file.get("order").map(|node| cx.order(node, &roles));
    let numbers = cx.people.numbers.iter().map(|(_, number)| Arc::new(number.clone())).collect();
    let recordings = std::mem::take(&mut cx.recordings);
    let cast = Arc::new(Cast { roles, signals, numbers, recordings });
    let later: Vec<Later> = order.iter().flatten().map(|entry| entry.later).collect();
    let idle_organizers = cx.idle_organizers();
    let story = Story {
        name: cx.case_name(&line, &picks),
        span: file.get("scenario").map_or(file.span, |node| node.span),
        picks: picked,
        tags,
        runs_on,
        skip,
        expected_to_fail,
        given: Given {
            profile,
            policy: cx.policy.clone(),
            library: Arc::clone(Library::built_in()),
            organizers: std::mem::take(&mut cx.people.organizers),
            users: std::mem::take(&mut cx.people.users),
            numbers: std::mem::take(&mut cx.people.numbers),
        },
        cast,
        acts: std::mem::take(&mut cx.acts),
        steps: std::mem::take(&mut cx.steps),
        checks,
        directory_faults: faults.directory,
        webhook_fault: faults.webhook,
        late_questions: Vec::new(),
        order,
        timeout,
        has_timeout: file.get("timeout").is_some(),
        seed,
        load,
        not_implemented: std::mem::take(&mut cx.unbuilt.features),
    };
    let story = if later.is_empty() { story } else { story.in_order(&later) };
    Compiled {
        idle_marks: cx.idle_marks(),
        idle_organizers,
        idle_exemptions: std::mem::take(&mut cx.idle_exemptions),
        has_checks: !story.checks.is_empty(),
        story,
        used: cx.used,
    }
}

fn values_of(axes: &[Axis], picks: &[usize]) -> Vec<(String, String)> {
    let value = |(axis, pick): (&Axis, &usize)| Some((axis.name.clone(), axis.values.get(*pick)?.clone()));
    axes.iter().zip(picks).filter_map(value).collect()
}

/// The programs of one caller.
struct Programs {
    shared: Program,
    /// Those of several callers of one name that others wait for by number.
    own: BTreeMap<u32, Arc<Program>>,
    keys: u32,
}

impl<'f> Cx<'f, '_> {
    /// Every caller with its script, its states and the faults of its line, each by the caller's place.
    fn roles(
        &self,
        programs: Vec<Programs>,
        states: &[GivenStates],
        faults: &BTreeMap<usize, LineFaults>,
    ) -> Vec<Role> {
        let mut roles = Vec::new();
        for (place, (info, programs)) in self.people.callers.iter().zip(programs).enumerate() {
            let shared = Arc::new(programs.shared);
            for number in 1..=info.count {
                let own = programs.own.get(&number);
                let given =
                    [None, Some(number)].into_iter().filter_map(|one| states[place].get(&one)).flatten();
                roles.push(Role {
                    name: if info.count > 1 {
                        format!("{}.{number}", info.name)
                    } else {
                        info.name.to_owned()
                    },
                    program: Arc::clone(own.unwrap_or(&shared)),
                    from: info.from.as_deref().map(Arc::from),
                    states: given.copied().collect(),
                    key_path: info.key_path,
                    faults: faults.get(&place).cloned().unwrap_or_default(),
                });
            }
        }
        roles
    }

    fn scenario_line(&mut self) -> String {
        let Some(node) = self.file.get("scenario") else {
            self.error(self.file.span, "a scenario needs `scenario: …`, one line that says what must hold");
            return String::new();
        };
        let line = self.text(node, "scenario").unwrap_or_default().into_owned();
        if line.chars().count() > SCENARIO_LINE_MAX {
            self.error(node.span, format!("`scenario` may have at most {SCENARIO_LINE_MAX} characters"));
        } else if line.chars().any(char::is_control) {
            self.error(node.span, "`scenario` must be one line");
        }
        line
    }

    fn case_name(&self, line: &str, picks: &[usize]) -> String {
        let line = self.secrets.mask_message(line);
        let mut shown = Vec::new();
        for (axis, pick) in self.file.params.axes.iter().zip(picks) {
            let value = axis.values.get(*pick).map_or("", String::as_str);
            let secret =
                self.used.secret_params.contains(&axis.name) && self.secrets.mask_keys(value) != value;
            let plain =
                value.chars().all(|c| !c.is_control() && !c.is_whitespace()) && value.chars().count() <= 40;
            if secret || !plain || self.secrets.mask_message(value) != value {
                shown.push(format!("{}=#{}", axis.name, pick + 1));
            } else {
                shown.push(format!("{}={value}", axis.name));
            }
        }
        if shown.is_empty() { line } else { format!("{line} [{}]", shown.join(" ")) }
    }

    fn callers(&mut self) {
        let file = self.file;
        let mut role = 0_u32;
        let entries = match file.get("callers") {
            Some(node) => self.entries(node, "`callers`").unwrap_or_default(),
            None => &[],
        };
        if entries.is_empty() && file.get("admin").is_none() {
            self.error(file.span, "a scenario needs `callers`");
        }
        for entry in entries.iter().take(CALLER_NAMES_MAX + 1) {
            if self.gives_up() {
                break;
            }
            if let Some(info) = self.caller(entry, role) {
                role = role.saturating_add(info.count);
                self.weigh(info.count as usize, entry.span);
                self.add_caller(info);
            }
        }
        if entries.len() > CALLER_NAMES_MAX || role > CALLERS_MAX {
            let message = format!(
                "a scenario may have at most {} callers under {} names",
                grouped(CALLERS_MAX as usize),
                grouped(CALLER_NAMES_MAX)
            );
            self.error(file.get("callers").map_or(file.span, |node| node.span), message);
            self.people.callers.iter_mut().for_each(|caller| caller.count = 1);
        }
        if let Some(script) = file.get("admin") {
            self.add_caller(CallerInfo {
                name: ADMIN,
                count: 1,
                first_role: role,
                script: Some(script),
                from: None,
                signed_in: None,
                key_path: KeyPath::Direct,
                is_admin: true,
            });
        }
    }

    /// A caller of the file, whose first role this is.
    fn caller(&mut self, entry: &'f Entry, first_role: u32) -> Option<CallerInfo<'f>> {
        if TAKEN_NAMES.contains(&entry.key.as_str()) {
            self.error(entry.span, format!("a caller cannot be named `{}`", entry.key));
        } else if !is_name(&entry.key) {
            self.problem(bad_name(&entry.key, entry.span));
        }
        let known = ["from", "count", "dtmf", "signed_in", "script"];
        let fields = self.fields(&entry.node, "a caller", &known)?;
        let count =
            fields.get("count").and_then(|node| self.count(node, "count", 1, CALLERS_MAX)).unwrap_or(1);
        let from =
            fields.get("from").and_then(|node| self.text(node, "from")).map(std::borrow::Cow::into_owned);
        // Who is not called by a number, as `anonymous`, is shown as written.
        let from = from.map(|from| e164(&from).unwrap_or(from));
        let user = fields.get("signed_in").and_then(|node| Some((self.text(node, "signed_in")?, node.span)));
        let signed_in = user.and_then(|(name, span)| self.user_named(&name, span));
        let key_path = fields.get("dtmf").map(|node| self.key_path(node)).unwrap_or_default();
        if fields.get("script").is_none() {
            self.error(entry.span, format!("{} has no script", entry.key));
        }
        Some(CallerInfo {
            name: &entry.key,
            count,
            first_role,
            script: fields.get("script"),
            from,
            signed_in,
            key_path,
            is_admin: false,
        })
    }

    fn add_caller(&mut self, info: CallerInfo<'f>) {
        self.people.places.callers.insert(info.name, self.people.callers.len());
        self.people.callers.push(info);
    }

    /// Organizers whom no step and no check names, and whose conference ID nobody keys.
    fn idle_organizers(&self) -> Vec<(String, Span)> {
        let all = self.people.organizers.iter().zip(&self.people.organizer_spans).zip(0_u16..);
        let idle = all.filter(|(_, place)| !self.used.organizers.contains(place));
        idle.map(|((organizer, span), _)| (organizer.name.clone(), *span)).collect()
    }

    /// Looks for references to one of several callers, which need a script of their own.
    fn foresee_all(&mut self) {
        if self.people.callers.iter().all(|caller| caller.count == 1) {
            return;
        }
        let file = self.file;
        let nodes = file.fields.iter().chain(file.procedures.values()).map(|entry| &entry.node);
        let mut left: Vec<&Node> = nodes.collect();
        while let Some(node) = left.pop() {
            match &node.value {
                Value::Null | Value::Scalar(_) => {}
                Value::Seq(list) => left.extend(list),
                Value::Map(entries) => {
                    for entry in entries {
                        match &entry.node.value {
                            Value::Scalar(text)
                                if matches!(entry.key.as_str(), "when" | "of" | "that" | "before") =>
                            {
                                if let Ok(text) = expand(text, &self.params) {
                                    self.foresee(&text);
                                }
                            }
                            Value::Null | Value::Scalar(_) | Value::Seq(_) | Value::Map(_) => {
                                left.push(&entry.node);
                            }
                        }
                    }
                }
            }
        }
    }

    fn programs(&mut self) -> Vec<Programs> {
        let mut all = Vec::new();
        for caller in 0..self.people.callers.len() {
            let mut programs = Programs { shared: Program::default(), own: BTreeMap::new(), keys: 0 };
            let info = &self.people.callers[caller];
            let (script, count) = (info.script, info.count);
            if let Some(script) = script.filter(|_| !self.problems.is_full() && !self.budget.exhausted) {
                let single = self.singled_out(caller);
                // A script that only single callers of that name run need not be compiled for the rest.
                let shared_by_some = u32::try_from(single.len()).is_ok_and(|single| single < count);
                if shared_by_some || single.is_empty() {
                    (programs.shared, programs.keys) = script::compile(self, caller, None, script);
                }
                for number in single.into_iter().filter(|number| (1..=count).contains(number)) {
                    let (program, keys) = script::compile(self, caller, Some(number), script);
                    programs.own.insert(number, Arc::new(program));
                    programs.keys = keys;
                }
            }
            all.push(programs);
        }
        all
    }

    fn texts(&mut self, key: &str) -> Vec<String> {
        let Some(node) = self.file.get(key) else {
            return Vec::new();
        };
        let list = self.list(node, &format!("`{key}`")).unwrap_or_default();
        list.iter().filter_map(|node| self.text(node, key)).map(std::borrow::Cow::into_owned).collect()
    }

    fn seed(&mut self) -> Option<u64> {
        let node = self.file.get("seed")?;
        let text = self.text(node, "seed")?;
        let seed = text.parse().ok();
        if seed.is_none() {
            self.error(node.span, "a seed must be a whole number from 0 to 2^64 - 1");
        }
        seed
    }

    fn described(&mut self) {
        if let Some(node) = self.file.get("description") {
            self.text(node, "description");
        }
    }
}
