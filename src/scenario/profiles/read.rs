//! Reads a profile file: YAML with places, as scenarios are read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{built_in, file_of};
use crate::control::policy::{FormerSetting, Group, Policy, Profile, Quote, Source};
use crate::scenario::compile::flattened;
use crate::scenario::file::File;
use crate::scenario::nodes::NodeReader;
use crate::scenario::params::{expand, is_name};
use crate::scenario::problem::{Problem, Problems, suggest};
use crate::scenario::source::{Sources, resolve};
use crate::scenario::span::Span;
use crate::scenario::tree::{self, Entry, Node, Value};

/// The keys of a profile file, with what each is for.
pub const KEYS: [(&str, &str); 8] = [
    ("profile", "The profile's name."),
    ("imitates", "Whose bridge it imitates, in a few words."),
    ("description", "Anything else a reader should know."),
    ("base", "The profile that it changes: a built-in one, or a file; the default settings if not given."),
    ("settings", "The settings in which it differs, each with its value, and with the source that says so."),
    ("sources", "Pages and files, by the words that settings and quotes refer to them with."),
    ("quotes", "Passages of the sources, also where they contradict each other."),
    ("left_out", "What is known of the imitated bridge and not imitated."),
];

/// The keys of a setting that is not a value alone.
pub(super) const SETTING_KEYS: [(&str, &str); 3] = [
    ("value", "The value."),
    ("source", "A word of `sources`."),
    ("at", "Where in that source, or what of it."),
];

/// The keys of a source that is not a title alone.
pub(super) const SOURCE_KEYS: [(&str, &str); 2] = [
    ("title", "What the page or file is called, and where it is."),
    ("verified", "Whether somebody has read it for this profile: true if not given."),
];

/// The keys of a quote.
pub(super) const QUOTE_KEYS: [(&str, &str); 4] = [
    ("words", "The words of the source."),
    ("source", "A word of `sources`."),
    ("at", "Where in that source."),
    ("here", "What follows for the profile."),
];

/// How many profiles may be based on one another.
const BASES_MAX: usize = 8;

/// Reads a profile file.
///
/// # Errors
/// Everything that is wrong with it, up to the limit of problems.
pub fn read(path: &str, sources: &mut Sources<'_>) -> Result<Arc<Profile>, Vec<Problem>> {
    let mut problems = Problems::default();
    match read_at(path, Span::default(), sources, &mut problems) {
        Some(profile) if !problems.any_error() => Ok(profile),
        Some(_) | None => Err(problems.into_sorted()),
    }
}

/// Reads a profile file and returns its errors and warnings.
#[must_use]
pub fn lint(path: &str, sources: &mut Sources<'_>) -> Vec<Problem> {
    let mut problems = Problems::default();
    read_at(path, Span::default(), sources, &mut problems);
    problems.into_sorted()
}

/// Reads the file that is named there.
fn read_at(path: &str, at: Span, sources: &mut Sources<'_>, problems: &mut Problems) -> Option<Arc<Profile>> {
    let is_ours = false;
    Reader { problems, sources, known: built_in(), is_ours, chain: Vec::new() }.file(path, at)
}

/// Reads a built-in profile, whose base is one of these.
pub(super) fn read_on(
    name: &str,
    known: &[Arc<Profile>],
    sources: &mut Sources<'_>,
    problems: &mut Problems,
) -> Option<Arc<Profile>> {
    Reader { problems, sources, known, is_ours: true, chain: Vec::new() }.file(name, Span::default())
}

/// The profiles that the cases of a scenario name by their files, each read once.
#[derive(Debug, Default)]
pub(in crate::scenario) struct ProfileFiles {
    /// By the number of the text that names it, and as it is named there.
    read: BTreeMap<(u16, String), Option<Arc<Profile>>>,
}

impl ProfileFiles {
    /// Reads the profile that a case names, if it names a file.
    pub(in crate::scenario) fn read_for(
        &mut self,
        (file, case): (&File, usize),
        sources: &mut Sources<'_>,
        problems: &mut Problems,
    ) {
        let Some(Node { value: Value::Map(given), .. }) = file.get("given") else { return };
        let Some(node) = given.iter().find(|entry| entry.key == "profile").map(|entry| &entry.node) else {
            return;
        };
        let Value::Scalar(text) = &node.value else { return };
        let Ok(name) = expand(text, &file.params.case(case).0).map(std::borrow::Cow::into_owned) else {
            return;
        };
        let key = (node.span.source, name);
        if !Profile::is_path(&key.1) || self.read.contains_key(&key) {
            return;
        }
        let path = |number: u16| sources.text(number).map_or("", |text| text.path.as_str());
        let profile = match resolve(path(0), path(node.span.source), &key.1) {
            Ok(path) => read_at(&path, node.span, sources, problems),
            Err(_far) => {
                problems.push(Problem::error(node.span, TOO_FAR).help("write it as `./our-bridge.yaml`"));
                None
            }
        };
        self.read.insert(key, profile);
    }

    /// Returns the profile that the text of this number names; the inner `None` if it has errors, which were told.
    pub(in crate::scenario) fn get(&self, source: u16, name: &str) -> Option<Option<Arc<Profile>>> {
        self.read.get(&(source, name.to_owned())).cloned()
    }
}

/// What is said of a profile that lies elsewhere.
const TOO_FAR: &str = "this profile cannot be read: it needs a relative path, to a file near the scenario";

struct Reader<'r, 's> {
    problems: &'r mut Problems,
    sources: &'r mut Sources<'s>,
    /// The built-in profiles.
    known: &'r [Arc<Profile>],
    /// Whether it is one of them.
    is_ours: bool,
    /// The files down to the one that is read, each the base of the one before it.
    chain: Vec<String>,
}

impl NodeReader for Reader<'_, '_> {
    fn problems(&mut self) -> &mut Problems {
        self.problems
    }
}

impl Reader<'_, '_> {
    fn file(&mut self, path: &str, at: Span) -> Option<Arc<Profile>> {
        if let Some(first) = self.chain.iter().position(|file| file == path) {
            let circle: Vec<&str> = self.chain[first..].iter().map(String::as_str).chain([path]).collect();
            let message = format!("these profiles are based on one another: {}", circle.join(" → "));
            return self.refuse(Problem::error(at, message));
        }
        if self.chain.len() >= BASES_MAX {
            let message = format!("at most {BASES_MAX} profiles may be based on one another");
            return self.refuse(Problem::error(at, message));
        }
        let source = match self.sources.fetch(path) {
            Ok(source) => source,
            Err(why) => return self.refuse(Problem::error(at, format!("{path} {why}"))),
        };
        self.chain.push(path.to_owned());
        let profile = match tree::parse(self.sources, source, &mut 0) {
            Ok(root) => self.profile(&root, path),
            Err(problem) => self.refuse(problem),
        };
        self.chain.pop();
        profile.map(Arc::new)
    }

    fn profile(&mut self, root: &Node, path: &str) -> Option<Profile> {
        let entries = self.entries(root, "a profile")?;
        self.known(entries, "a profile", &KEYS.map(|(key, _)| key));
        let get = |key: &str| entries.iter().find(|entry| entry.key == key).map(|entry| &entry.node);
        let Some(name) = get("profile") else {
            let problem =
                Problem::error(Span { end: root.span.start, ..root.span }, "a profile needs a name");
            return self.refuse(problem.help("begin with `profile: NAME`"));
        };
        let name = self.name(name);
        let base = match get("base") {
            Some(node) => Some(self.base(node, path)?),
            None => None,
        };
        let mut profile = Profile::new(name?, base.as_deref());
        profile.path = (!self.is_ours).then(|| path.to_owned());
        for key in ["imitates", "description"] {
            let text = get(key).and_then(|node| self.text(node, key));
            if key == "imitates" {
                profile.imitates = text.map(|text| text.trim().to_owned()).unwrap_or_default();
            }
        }
        let mut sources = Cited::default();
        if let Some(node) = get("sources") {
            sources.known = self.sources(node);
        }
        if let Some(node) = get("settings") {
            self.settings(node, &mut sources, &mut profile);
        }
        profile.quotes = get("quotes").map(|node| self.quotes(node, &mut sources)).unwrap_or_default();
        if let Some(list) = get("left_out").and_then(|node| self.list(node, "`left_out`")) {
            let left_out = list.iter().filter_map(|node| self.text(node, "left_out"));
            profile.left_out = left_out.map(|text| text.trim().to_owned()).collect();
        }
        for (word, (span, _)) in sources.known.iter().filter(|(word, _)| !sources.used.contains(*word)) {
            self.problems.push(Problem::warning(*span, format!("unused source `{word}`")));
        }
        Some(profile)
    }

    fn name(&mut self, node: &Node) -> Option<String> {
        let name = self.text(node, "profile")?.into_owned();
        if !is_name(&name) {
            let problem =
                Problem::error(node.span, "a profile's name is made of letters, digits, `-` and `_`");
            return self.refuse(problem);
        }
        if !self.is_ours
            && file_of(&name)
                .is_some_and(|text| self.sources.text(node.span.source).is_none_or(|file| file.text != text))
        {
            let problem = Problem::error(node.span, format!("`{name}` is the name of a built-in profile"));
            let help = format!("give it a name of its own, and write `base: {name}` to change that one");
            return self.refuse(problem.help(help));
        }
        Some(name)
    }

    fn base(&mut self, node: &Node, path: &str) -> Option<Arc<Profile>> {
        let name = self.text(node, "base")?;
        if !Profile::is_path(&name) {
            let known: Vec<&str> = self.known.iter().map(|profile| profile.name.as_str()).collect();
            let found = self.known.iter().find(|profile| profile.name == *name).cloned();
            if found.is_none() {
                self.not_one_of(node.span, "base", &name, &known);
            }
            return found;
        }
        let main = self.chain.first().map_or(path, String::as_str);
        match resolve(main, path, &name) {
            Ok(path) => self.file(&path, node.span),
            Err(_far) => self.refuse(Problem::error(node.span, TOO_FAR)),
        }
    }

    fn sources(&mut self, node: &Node) -> BTreeMap<String, (Span, Source)> {
        let mut known = BTreeMap::new();
        for Entry { key, span, node } in self.entries(node, "`sources`").unwrap_or_default() {
            let (title, verified) = match &node.value {
                Value::Map(fields) => {
                    self.known(fields, "a source", &SOURCE_KEYS.map(|(key, _)| key));
                    (field(fields, "title"), field(fields, "verified"))
                }
                Value::Null | Value::Scalar(_) | Value::Seq(_) => (Some(node), None),
            };
            let Some(title) = title else {
                self.problems.push(Problem::error(node.span, format!("the source `{key}` has no `title`")));
                continue;
            };
            let verified = verified.and_then(|node| self.flag(node, "verified")).unwrap_or(true);
            let Some(title) = self.text(title, key) else { continue };
            known.insert(key.clone(), (*span, Source { title: title.trim().to_owned(), verified }));
        }
        known
    }

    fn flag(&mut self, node: &Node, what: &str) -> Option<bool> {
        let text = self.text(node, what)?;
        let flag = text.parse().ok();
        if flag.is_none() {
            self.not_one_of(node.span, what, &text, &["true", "false"]);
        }
        flag
    }

    fn settings(&mut self, node: &Node, sources: &mut Cited, profile: &mut Profile) {
        for (name, entry) in flattened(self.entries(node, "`settings`").unwrap_or_default()) {
            let former = FormerSetting::named(&name);
            if former.is_none() && !Policy::SETTINGS.iter().any(|setting| setting.name == name) {
                self.unknown_setting(&name, entry.span);
                continue;
            }
            let (value, source) = match &entry.node.value {
                Value::Map(fields) => {
                    self.known(fields, "a setting", &SETTING_KEYS.map(|(key, _)| key));
                    (field(fields, "value"), self.cited(fields, sources))
                }
                Value::Null | Value::Scalar(_) | Value::Seq(_) => (Some(&entry.node), None),
            };
            let Some(value) = value else {
                let problem = Problem::error(entry.node.span, format!("`{name}` has no value"));
                self.problems.push(
                    problem.help(format!(
                        "write `{name}: VALUE`, or `{name}: {{ value: VALUE, source: WORD }}`"
                    )),
                );
                continue;
            };
            let Some(text) = self.text(value, &name) else { continue };
            match profile.set(&name, &text, source) {
                Ok(is_new) => self.remark(entry.span, &name, &text, is_new),
                Err(error) => self.problems.push(Problem::error(value.span, error.to_string())),
            }
        }
        if let Some(keys) = profile.policy().meeting.keys.shared_keys() {
            let problem = Problem::error(node.span, format!("two commands have the same keys, {keys}"));
            self.problems
                .push(problem.help("give each command of `keys` and `organizer_keys` keys of its own"));
        }
    }

    /// Warns of a setting by an earlier name, and of one that changes nothing.
    fn remark(&mut self, span: Span, name: &str, value: &str, is_new: bool) {
        if let Some(former) = FormerSetting::named(name) {
            let now = former.value(value).unwrap_or_default();
            let problem = Problem::warning(span, format!("`{name}` is now called `{}`", former.now));
            self.problems.push(problem.help(format!("write `{}: {now}`", former.now)));
        }
        if !is_new {
            self.problems.push(Problem::warning(span, format!("`{name}` is {value} without this line too")));
        }
    }

    fn unknown_setting(&mut self, name: &str, span: Span) {
        let shown: String = name.chars().take(60).collect();
        let help = match Group::ALL.iter().find(|group| group.name() == name) {
            Some(_) => "write the settings themselves here, without their group".to_owned(),
            None => suggest(name, Policy::SETTINGS.iter().map(|setting| setting.name))
                .unwrap_or_else(|| "`attendant words settings` lists them".to_owned()),
        };
        self.problems.push(Problem::error(span, format!("unknown setting `{shown}`")).help(help));
    }

    fn quotes(&mut self, node: &Node, sources: &mut Cited) -> Vec<Quote> {
        let mut quotes = Vec::new();
        for node in self.list(node, "`quotes`").unwrap_or_default() {
            let Some(fields) = self.entries(node, "a quote") else { continue };
            self.known(fields, "a quote", &QUOTE_KEYS.map(|(key, _)| key));
            let missing = ["words", "source", "here"].into_iter().find(|key| field(fields, key).is_none());
            if let Some(key) = missing {
                self.problems.push(Problem::error(node.span, format!("a quote needs `{key}`")));
                continue;
            }
            let source = self.cited(fields, sources);
            let mut line = |key: &str| {
                let text = self.text(field(fields, key)?, key)?;
                Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
            };
            if let (Some(words), Some(source), Some(here)) = (line("words"), source, line("here")) {
                quotes.push(Quote { words, source, here });
            }
        }
        quotes
    }

    /// Returns the source that a setting or a quote names.
    fn cited(&mut self, fields: &[Entry], sources: &mut Cited) -> Option<Source> {
        let node = field(fields, "source")?;
        let word = self.text(node, "source")?;
        let Some((_, source)) = sources.known.get(&*word) else {
            let problem = Problem::error(node.span, format!("unknown source `{word}`"));
            let help = suggest(&word, sources.known.keys().map(String::as_str));
            return self.refuse(problem.help(help.unwrap_or_else(|| "list it under `sources`".to_owned())));
        };
        sources.used.insert(word.into_owned());
        let source = source.clone();
        let Some(place) = field(fields, "at").and_then(|node| self.text(node, "at")) else {
            return Some(source);
        };
        Some(Source { title: format!("{}, {}", place.trim(), source.title), ..source })
    }
}

/// The sources of a profile, and those of them that something refers to.
#[derive(Default)]
struct Cited {
    known: BTreeMap<String, (Span, Source)>,
    used: BTreeSet<String>,
}

fn field<'n>(fields: &'n [Entry], key: &str) -> Option<&'n Node> {
    fields.iter().find(|entry| entry.key == key).map(|entry| &entry.node)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of a profile, without its places.
    fn told(files: &[(&str, &str)]) -> Vec<String> {
        let files: BTreeMap<String, String> =
            files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        let read = move |path: &str| {
            files.get(path).map(|text| text.clone().into_bytes()).ok_or("is missing".to_owned())
        };
        let mut sources = Sources::new(read);
        let problems = lint("a.yaml", &mut sources);
        problems
            .iter()
            .map(|problem| {
                let (line, column) = sources.line_and_column(problem.span);
                format!("{line}:{column} {}", problem.message(&sources))
            })
            .collect()
    }

    fn profile(files: &[(&str, &str)]) -> Profile {
        let files: BTreeMap<String, String> =
            files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        let mut sources = Sources::new(|path| Ok(files[path].clone().into_bytes()));
        (*read("a.yaml", &mut sources).unwrap()).clone()
    }

    #[test]
    fn a_profile_has_the_settings_sources_and_quotes_of_its_file() {
        let read = profile(&[(
            "a.yaml",
            "profile: ours\nimitates: Our bridge\nbase: teams-2021\nsettings:\n  capacity: 5\n  keys:\n    mute: { value: \"*66\", \
             source: manual, at: page 3 }\nsources:\n  manual: { title: The manual, verified: false }\nquotes:\n  - { words: Press \
             star, source: manual, here: keys }\nleft_out: [the rest]\n",
        )]);
        assert_eq!(
            (read.name.as_str(), read.imitates.as_str(), read.base.as_deref()),
            ("ours", "Our bridge", Some("teams-2021"))
        );
        assert_eq!(read.policy().meeting.capacity, 5);
        let muted = read.difference("keys.mute").unwrap();
        let source = Source { title: "page 3, The manual".to_owned(), verified: false };
        assert_eq!(
            (muted.value.as_str(), muted.source.as_ref(), muted.set_by.as_str()),
            ("*66", Some(&source), "ours")
        );
        assert_eq!(read.difference("keys.admit_all").map(|found| found.set_by.as_str()), Some("teams-2021"));
        assert_eq!((read.quotes.len(), read.left_out.len(), read.path.as_deref()), (1, 1, Some("a.yaml")));
    }

    #[test]
    fn a_base_may_be_a_file_in_another_folder() {
        let read = profile(&[
            ("a.yaml", "profile: a\nbase: below/b.yaml\n"),
            ("below/b.yaml", "profile: b\nbase: ../c.yaml\nsettings: { capacity: 7 }\n"),
            ("c.yaml", "profile: c\nsettings: { capacity: 9, name_recording: false }\n"),
        ]);
        let set_by: Vec<&str> = read.differences().iter().map(|found| found.set_by.as_str()).collect();
        assert_eq!((set_by, read.policy().meeting.capacity), (vec!["c", "b"], 7));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (text, expected) in [
            ("settings: {}\n", "1:1 a profile needs a name"),
            ("profile: ours\nsetings: {}\n", "2:1 unknown key `setings` in a profile"),
            ("profile: teams-2021\n", "1:10 `teams-2021` is the name of a built-in profile"),
            ("profile: our bridge\n", "1:10 a profile's name is made of letters, digits, `-` and `_`"),
            ("profile: ours\nbase: teams-2022\n", "2:7 unknown value `teams-2022` for `base`"),
            ("profile: ours\nbase: ./none.yaml\n", "2:7 none.yaml is missing"),
            (
                "profile: ours\nbase: ./a.yaml\n",
                "2:7 these profiles are based on one another: a.yaml → a.yaml",
            ),
            ("profile: ours\nsettings: { capacty: 5 }\n", "2:13 unknown setting `capacty`"),
            ("profile: ours\nsettings: { meeting: { capacity: 5 } }\n", "2:13 unknown setting `meeting`"),
            (
                "profile: ours\nsettings: { capacity: many }\n",
                "2:23 `many` is not a whole number from 1 to 1000000",
            ),
            ("profile: ours\nsettings: { capacity: { value: 5, source: x } }\n", "2:43 unknown source `x`"),
            (
                "profile: ours\nsettings: { keys: { mute: \"*7\" } }\n",
                "2:11 two commands have the same keys, *7",
            ),
            ("profile: ours\nquotes: [{ words: x }]\n", "2:10 a quote needs `source`"),
            ("profile: ours\nleft_out: nothing\n", "2:11 `left_out` must be a list, not a single value"),
            ("profile: ours\nsources: { x: A page }\n", "2:12 unused source `x`"),
            ("profile: ours\nsettings: { capacity: 250 }\n", "2:13 `capacity` is 250 without this line too"),
            (
                "profile: ours\nsettings: { back_to_lobby_when_organizer_leaves: true }\n",
                "2:13 `back_to_lobby_when_organizer_leaves` is now called `after_organizer_leaves`",
            ),
        ] {
            assert_eq!(told(&[("a.yaml", text)]).first().map(String::as_str), Some(expected), "{text}");
        }
    }
}
