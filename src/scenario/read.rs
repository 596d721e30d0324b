//! Reads a scenario file and the files it includes, expands parameters and compiles each case.

use std::collections::BTreeMap;

use super::compile::{self, Compiled};
use super::file::File;
use super::limits::{INCLUDE_DEPTH_MAX, INCLUDES_MAX};
use super::lint;
use super::merge::merge;
use super::params::{AllParams, bad_name, is_name};
use super::problem::{Problem, Problems, suggest};
use super::profiles::ProfileFiles;
use super::source::{Sources, resolve};
use super::span::Span;
use super::story::{Params, Story};
use super::tree::{self, Entry, Node, Value};

/// The keys at the top of a scenario file.
pub(super) const TOP_KEYS: [&str; 19] = [
    "scenario",
    "description",
    "tags",
    "include",
    "timeout",
    "seed",
    "runs_on",
    "skip",
    "expected_to_fail",
    "params",
    "matrix",
    "given",
    "procedures",
    "callers",
    "admin",
    "faults",
    "order",
    "then",
    "load",
];

/// The keys that included files bring.
const SHARED_KEYS: [&str; 4] = ["given", "params", "procedures", "callers"];

/// The keys of an included file.
pub(super) const INCLUDED_KEYS: [&str; 5] = ["include", "given", "params", "procedures", "callers"];

/// What was read of a file, with the parameters that it has.
#[derive(Debug)]
pub struct FileRead<T> {
    /// What was read.
    pub result: T,
    /// Those of the given parameters that the file has.
    pub set: Params,
    /// The names of all its parameters.
    pub has: Vec<String>,
}

/// Reads a scenario file and returns its cases, in order.
///
/// # Errors
/// At most the first 20 errors. A file with an error is not compiled, nor is one that lacks a parameter of `set`.
pub fn read(main: &str, sources: &mut Sources<'_>, set: &Params) -> Result<Vec<Story>, Vec<Problem>> {
    let mut problems = Problems::default();
    let mut file = load(main, sources, &mut problems);
    if let Some(file) = &mut file {
        set_all(file, set, &mut problems);
    }
    stories(file, sources, problems)
}

/// The same with those of the given parameters that the file has.
#[must_use]
pub fn read_with(
    main: &str,
    sources: &mut Sources<'_>,
    set: &Params,
) -> FileRead<Result<Vec<Story>, Vec<Problem>>> {
    let mut problems = Problems::default();
    let mut file = load(main, sources, &mut problems);
    let (set, has) = set_some(file.as_mut(), set);
    FileRead { result: stories(file, sources, problems), set, has }
}

fn stories(
    file: Option<File>,
    sources: &mut Sources<'_>,
    mut problems: Problems,
) -> Result<Vec<Story>, Vec<Problem>> {
    let file = file.filter(|_| !problems.any_error());
    let compiled = file.map(|file| compile_cases(&file, sources, &mut problems)).unwrap_or_default();
    if problems.any_error() {
        return Err(problems.into_sorted());
    }
    Ok(compiled.into_iter().map(|compiled| compiled.story).collect())
}

/// Reads a scenario file and returns its errors and warnings. A parameter of `set` that it lacks is an error.
#[must_use]
pub fn lint(main: &str, sources: &mut Sources<'_>, set: &Params) -> Vec<Problem> {
    let mut problems = Problems::default();
    let mut file = load(main, sources, &mut problems);
    if let Some(file) = &mut file {
        set_all(file, set, &mut problems);
    }
    linted(file, sources, problems)
}

/// The same with those of the given parameters that the file has.
#[must_use]
pub fn lint_with(main: &str, sources: &mut Sources<'_>, set: &Params) -> FileRead<Vec<Problem>> {
    let mut problems = Problems::default();
    let mut file = load(main, sources, &mut problems);
    let (set, has) = set_some(file.as_mut(), set);
    FileRead { result: linted(file, sources, problems), set, has }
}

fn linted(file: Option<File>, sources: &mut Sources<'_>, mut problems: Problems) -> Vec<Problem> {
    let Some(file) = file.filter(|_| !problems.any_error()) else {
        return problems.into_sorted();
    };
    let compiled = compile_cases(&file, sources, &mut problems);
    if !problems.any_error() {
        lint::lint(&file, &compiled, sources, &mut problems);
    }
    problems.into_sorted()
}

/// Gives a file all of these values.
fn set_all(file: &mut File, set: &Params, problems: &mut Problems) {
    let taken = file.params.set(set);
    for name in set.keys().filter(|name| !taken.contains_key(*name)) {
        let help = suggest(name, file.params.names().map(String::as_str));
        let message = format!("--set: unknown parameter `{name}`");
        problems.push(Problem::error(file.span, message).maybe_help(help));
    }
}

/// Gives a file those of these values for which it has a parameter; returns them, and the names of all that it has.
fn set_some(file: Option<&mut File>, set: &Params) -> (Params, Vec<String>) {
    let Some(file) = file else { return (Params::new(), Vec::new()) };
    let taken = file.params.set(set);
    (taken, file.params.names().cloned().collect())
}

fn compile_cases(file: &File, sources: &mut Sources<'_>, problems: &mut Problems) -> Vec<Compiled> {
    let mut compiled = Vec::new();
    let mut weight = compile::Weight::default();
    let mut profiles = ProfileFiles::default();
    for case in 0..file.params.cases() {
        profiles.read_for((file, case), sources, problems);
        let (secrets, mut sounds) = sources.secrets_and_sounds();
        let mut read = |source, path: &str| sounds.read(source, path);
        compiled.push(compile::compile(file, case, problems, secrets, &mut read, &profiles, &mut weight));
        if problems.any_error() {
            break;
        }
    }
    compiled
}

fn load(main: &str, sources: &mut Sources<'_>, problems: &mut Problems) -> Option<File> {
    let mut loader = Loader {
        main,
        nodes: 0,
        files: Vec::new(),
        chain: Vec::new(),
        shared: Vec::new(),
        params: AllParams::default(),
        procedures: BTreeMap::new(),
    };
    let file = loader.main_file(sources, problems);
    (!problems.any_error()).then_some(file).flatten()
}

struct Loader<'p> {
    main: &'p str,
    nodes: usize,
    /// The files read so far.
    files: Vec<String>,
    /// The chain of includes down to the file being read.
    chain: Vec<String>,
    /// What the files bring, the later on top of the earlier, and an including file on top of what it includes.
    shared: Vec<Entry>,
    params: AllParams,
    procedures: BTreeMap<String, Entry>,
}

impl Loader<'_> {
    fn main_file(&mut self, sources: &mut Sources<'_>, problems: &mut Problems) -> Option<File> {
        let (source, entries) = self.tree(self.main.to_owned(), None, sources, problems)?;
        let span = Span { source, start: 0, end: first_line(sources, source) };
        let profile = entries.iter().find(|entry| entry.key == "profile");
        if let Some(profile) = profile.filter(|_| entries.iter().all(|entry| entry.key != "scenario")) {
            let help = "write `profile: PATH` under `given` of a scenario; `attendant lint` checks it";
            problems.push(Problem::error(profile.span, "this file is a profile, not a scenario").help(help));
            return None;
        }
        for entry in &entries {
            known_key(entry, "a scenario", &TOP_KEYS, problems);
        }
        let mut fields = Vec::new();
        let mut matrix = None;
        let own = self.take(entries, sources, problems);
        for entry in std::mem::take(&mut self.shared).into_iter().chain(own) {
            match entry.key.as_str() {
                "params" => self.params.add(&entry.node, problems),
                "procedures" => self.add_procedures(entry.node, problems),
                "matrix" => matrix = Some(entry.node),
                _ => fields.push(entry),
            }
        }
        if let Some(matrix) = matrix {
            self.params.add_matrix(&matrix, self.nodes, problems);
        }
        Some(File {
            fields,
            span,
            procedures: std::mem::take(&mut self.procedures),
            params: std::mem::take(&mut self.params),
        })
    }

    /// Reads one file; its number and the entries at its top.
    fn tree(
        &mut self,
        path: String,
        at: Option<Span>,
        sources: &mut Sources<'_>,
        problems: &mut Problems,
    ) -> Option<(u16, Vec<Entry>)> {
        let fetched = sources.fetch(&path);
        let source = match fetched {
            Ok(source) => source,
            Err(why) => {
                problems.push(Problem::error(at.unwrap_or_default(), format!("{path} {why}")));
                return None;
            }
        };
        self.files.push(path.clone());
        self.chain.push(path);
        match tree::parse(sources, source, &mut self.nodes) {
            Ok(Node { value: Value::Map(entries), .. }) => Some((source, entries)),
            Ok(node) => {
                let problem = Problem::error(
                    node.span,
                    format!("a scenario file must be a mapping, not {}", node.kind()),
                );
                problems.push(problem.help("start with `scenario: …`"));
                None
            }
            Err(problem) => {
                problems.push(problem);
                None
            }
        }
    }

    /// Follows `include`, and puts what the file itself brings on top of that. Returns what is left.
    fn take(
        &mut self,
        entries: Vec<Entry>,
        sources: &mut Sources<'_>,
        problems: &mut Problems,
    ) -> Vec<Entry> {
        let (shared, mut left): (Vec<Entry>, Vec<Entry>) =
            entries.into_iter().partition(|entry| SHARED_KEYS.contains(&entry.key.as_str()));
        if let Some(place) = left.iter().position(|entry| entry.key == "include") {
            let includes = left.remove(place);
            self.include(&includes.node, sources, problems);
        }
        merge(&mut self.shared, shared);
        left
    }

    fn add_procedures(&mut self, node: Node, problems: &mut Problems) {
        let Value::Map(entries) = node.value else {
            problems.push(Problem::error(
                node.span,
                format!("`procedures` must be a mapping of names to lists of steps, not {}", node.kind()),
            ));
            return;
        };
        for entry in entries {
            if is_name(&entry.key) {
                self.procedures.insert(entry.key.clone(), entry);
            } else {
                problems.push(bad_name(&entry.key, entry.span));
            }
        }
    }

    fn include(&mut self, node: &Node, sources: &mut Sources<'_>, problems: &mut Problems) {
        let Value::Seq(list) = &node.value else {
            problems.push(Problem::error(
                node.span,
                format!("`include` must be a list of files, not {}", node.kind()),
            ));
            return;
        };
        for node in list {
            if problems.is_full() {
                return;
            }
            let Value::Scalar(name) = &node.value else {
                problems.push(Problem::error(
                    node.span,
                    format!("an included file is given by its path, not by {}", node.kind()),
                ));
                continue;
            };
            let from = self.chain.last().map_or(self.main, String::as_str);
            match resolve(self.main, from, name) {
                Ok(path) => self.include_file(path, node.span, sources, problems),
                Err(why) => {
                    problems.push(Problem::error(node.span, "this file cannot be included").help(why));
                }
            }
        }
    }

    fn include_file(&mut self, path: String, at: Span, sources: &mut Sources<'_>, problems: &mut Problems) {
        if let Some(first) = self.chain.iter().position(|file| same(file, &path)) {
            let chain: Vec<&str> =
                self.chain[first..].iter().map(String::as_str).chain([path.as_str()]).collect();
            problems
                .push(Problem::error(at, format!("these files include one another: {}", chain.join(" → "))));
            return;
        }
        if self.files.iter().any(|file| same(file, &path)) {
            return;
        }
        if self.files.len() > INCLUDES_MAX || self.chain.len() > INCLUDE_DEPTH_MAX {
            problems.push(Problem::error(
                at,
                format!("a scenario may include at most {INCLUDES_MAX} files, {INCLUDE_DEPTH_MAX} deep"),
            ));
            return;
        }
        let depth = self.chain.len();
        if let Some((_, entries)) = self.tree(path, Some(at), sources, problems) {
            for entry in &entries {
                known_key(entry, "an included file", &INCLUDED_KEYS, problems);
            }
            self.take(entries, sources, problems);
        }
        self.chain.truncate(depth);
    }
}

/// Returns whether two paths lead to one file, as far as they tell.
fn same(one: &str, other: &str) -> bool {
    one.trim_start_matches("./") == other.trim_start_matches("./")
}

fn known_key(entry: &Entry, what: &str, known: &[&str], problems: &mut Problems) {
    if known.contains(&entry.key.as_str()) || problems.is_full() {
        return;
    }
    let shown: String = entry.key.chars().take(60).collect();
    let help = suggest(&shown, known.iter().copied())
        .unwrap_or_else(|| format!("expected one of: {}", known.join(", ")));
    problems.push(Problem::error(entry.span, format!("unknown key `{shown}` in {what}")).help(help));
}

fn first_line(sources: &Sources<'_>, source: u16) -> u32 {
    let line = sources.text(source).and_then(|source| source.text.lines().next());
    line.and_then(|line| u32::try_from(line.len()).ok()).unwrap_or(0)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::control::caller::{CallState, Op};

    /// The example of the language's description.
    pub(crate) const EXAMPLE: &str = r#"
scenario: Callers wait in the lobby with music and are all released when the organizer gives the PIN
tags: [smoke, lobby]
given:
  organizers:
    amos: { conference_id: "3141592", pin: "27182" }
procedures:
  enter:
    - dial: bridge
    - { hears: welcome }
    - press: "3141592#"
callers:
  pat:
    script:
      - run: enter
      - { hears: press-star-if-organizer, within: 6s }
      - { hears: hold_music, within: 40s, for: 8s }
      - mark: waiting
      - { expect: joined, within: 200ms, of: amos.joined }
  amos:
    script:
      - when: pat.waiting
      - run: enter
      - { hears: press-star-if-organizer, within: 6s }
      - press: "*"
      - { hears: enter-pin }
      - press: "${amos.pin}#"
      - { expect: joined }
then:
  - { that: meeting(amos).started_by, is: amos }
  - { that: meeting(amos).lobby, is: 0 }
"#;

    fn stories(text: &str) -> Vec<Story> {
        let mut sources = Sources::new(|_| Ok(text.as_bytes().to_vec()));
        match read("story.yaml", &mut sources, &Params::new()) {
            Ok(stories) => stories,
            Err(problems) => {
                let told: Vec<_> = problems.iter().map(|problem| problem.render(&sources, false)).collect();
                panic!("{}", told.join("\n"));
            }
        }
    }

    pub(crate) fn story(text: &str) -> Story {
        stories(text).remove(0)
    }

    /// A story whose only caller has these steps, given one to a line.
    fn script(steps: &str) -> Story {
        story(&format!(
            "scenario: s\ngiven: {{ organizers: {{ amos: {{ conference_id: \"31\", pin: \"27182\" }} }} \
             }}\ncallers:\n  pat:\n    script:\n{}",
            steps.lines().map(|line| format!("      {line}\n")).collect::<String>()
        ))
    }

    #[test]
    fn the_example_of_the_language_compiles() {
        let story = story(EXAMPLE);
        let roles: Vec<&str> = story.cast.roles.iter().map(|role| role.name.as_str()).collect();
        assert_eq!(roles, ["pat", "amos"]);
        assert_eq!(story.tags, ["smoke", "lobby"]);
        assert!(story.not_implemented.is_empty());
        let signals: Vec<_> = story
            .cast
            .signals
            .iter()
            .map(|signal| (signal.name.as_str(), signal.needs, signal.listeners.clone()))
            .collect();
        assert_eq!(signals, [("pat.waiting", 1, vec![1]), ("amos.joined", 1, vec![0])]);
        assert_eq!(
            story.cast.roles[1].states.iter().map(|(state, _)| *state).collect::<Vec<_>>(),
            [CallState::Joined]
        );
        let steps: Vec<&str> = story.steps.iter().map(|step| step.text.as_str()).collect();
        assert_eq!(
            steps[..4],
            [
                "dial: bridge",
                "hears: welcome",
                "press: 3141592#",
                "hears: press-star-if-organizer, within: 6s"
            ]
        );
        assert_eq!(steps[14], "press: ${amos.pin}#");
        assert_eq!(story.checks.len(), 2);
    }

    #[test]
    fn branches_of_a_fork_are_written_behind_the_stretch_around_it() {
        let story = script(
            "- parallel:\n  - [{ wait: 1s }, { parallel: [{ wait: 2s }, { wait: 3s }] }]\n  - { wait: 4s \
             }\n- { wait: 5s }",
        );
        let program = &story.cast.roles[0].program;
        assert_eq!(program.end, 2);
        let Op::Fork { branches, resume } = &program.ops[0].1 else { panic!("{program:?}") };
        assert_eq!((branches.to_vec(), *resume), (vec![(2, 4), (4, 5)], 1));
        let Op::Fork { branches, resume } = &program.ops[3].1 else { panic!("{program:?}") };
        assert_eq!((branches.to_vec(), *resume), (vec![(5, 6), (6, 7)], 4));
    }

    #[test]
    fn a_pin_is_in_no_step_and_in_no_name() {
        let stories = stories(
            "scenario: s\nmatrix: { key: [\"27182\", \"99999\"], n: [1, 2] }\ngiven: { organizers: { amos: \
             { conference_id: \"3141592\", pin: \"27182\" } } }\ncallers: { pat: { script: [ press: \
             \"3141592#${key}#*6\" ] } }",
        );
        let names: Vec<&str> = stories.iter().map(|story| story.name.as_str()).collect();
        assert_eq!(names, ["s [key=#1 n=1]", "s [key=#1 n=2]", "s [key=#2 n=1]", "s [key=#2 n=2]"]);
        assert_eq!(stories[3].steps[0].text, "press: 3141592#*******#*6");
    }

    #[test]
    fn callers_of_one_name_signal_together_and_alone() {
        let story = story(
            "scenario: s\ncallers: { pat: { count: 3, script: [ mark: in ] }, kim: { script: [ when: \
             pat.in, when: pat.2.in, when: pat.joined ] } }",
        );
        let signals: Vec<_> =
            story.cast.signals.iter().map(|signal| (signal.name.as_str(), signal.needs)).collect();
        assert_eq!(signals, [("pat.in", 3), ("pat.2.in", 1), ("pat.joined", 3)]);
        let marks: Vec<usize> = story.cast.roles.iter().map(|role| role.program.ops.len()).collect();
        assert_eq!(marks, [1, 2, 1, 3]);
        assert!(story.cast.roles[..3].iter().all(|role| role.states.len() == 1));
    }
}
