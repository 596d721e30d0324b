//! Profiles as text, and as JSON.

use std::fmt::Write as _;
use std::sync::Arc;

use serde::Serialize;

use crate::control::policy::{Difference, Policy, Profile, SettingInfo, Source};
use crate::report::Paint;
use crate::report::wrap::wrapped;

/// Columns by which what belongs to a line above it stands further right.
const INDENT: usize = 2;

/// Columns between a word and what stands beside it.
const GAP: usize = 2;

/// The paint of headings, and the width of the terminal if it is known.
pub(super) type Form = (Paint, Option<usize>);

/// A line of `--json`.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'p> {
    Profile {
        v: u32,
        name: &'p str,
        imitates: &'p str,
        base: Option<&'p str>,
        settings: usize,
    },
    Setting {
        v: u32,
        name: &'p str,
        #[serde(flatten)]
        is: Side<'p>,
        default: String,
        /// The profile that sets it; none for a default.
        set_by: Option<&'p str>,
    },
    Quote {
        v: u32,
        words: &'p str,
        source: &'p str,
        verified: bool,
        here: &'p str,
    },
    LeftOut {
        v: u32,
        what: &'p str,
    },
    Difference {
        v: u32,
        setting: &'p str,
        values: [Side<'p>; 2],
    },
}

/// A profile's value.
#[derive(Serialize)]
struct Side<'p> {
    profile: &'p str,
    value: String,
    source: Option<&'p str>,
    verified: Option<bool>,
}

fn json(line: &Line<'_>) -> String {
    let mut text = serde_json::to_string(line).expect("a line is made of texts and numbers");
    text.push('\n');
    text
}

fn head(profile: &Profile) -> Line<'_> {
    let (name, imitates, base) = (&profile.name, &profile.imitates, profile.base.as_deref());
    Line::Profile { v: 1, name, imitates, base, settings: profile.differences().len() }
}

/// Returns a line for each profile.
pub(super) fn list(profiles: &[Arc<Profile>], as_json: bool, form: Form) -> String {
    if as_json {
        return profiles.iter().map(|profile| json(&head(profile))).collect();
    }
    let column = profiles.iter().map(|profile| profile.name.len()).max().unwrap_or(0);
    let mut text = Paragraphs::new(form);
    for profile in profiles {
        let settings = match profile.differences().len() {
            0 => "the default".to_owned(),
            1 => "1 setting".to_owned(),
            settings => format!("{settings} settings"),
        };
        text.beside((0, &profile.name, column), &format!("{} ({settings})", profile.imitates));
    }
    text.text
}

/// Returns the settings in which two profiles differ.
pub(super) fn diff(profiles: [&Profile; 2], as_json: bool, form: Form) -> String {
    let [one, other] = profiles;
    let differs = |setting: &&SettingInfo| value(one, setting) != value(other, setting);
    let differing: Vec<&SettingInfo> = Policy::SETTINGS.iter().filter(differs).collect();
    if as_json {
        let sides = |setting: &SettingInfo| profiles.map(|profile| Side::of(profile, setting));
        let line =
            |setting: &SettingInfo| Line::Difference { v: 1, setting: setting.name, values: sides(setting) };
        return differing.into_iter().map(|setting| json(&line(setting))).collect();
    }
    if differing.is_empty() {
        return format!("{} and {} have the same settings\n", one.name, other.name);
    }
    let column = one.name.len().max(other.name.len());
    let mut text = Paragraphs::new(form);
    for setting in differing {
        text.line(0, &form.0.strong(setting.name));
        for profile in profiles {
            text.beside((INDENT, &profile.name, column), &value(profile, setting));
            let source = profile.difference(setting.name).and_then(|found| found.source.as_ref());
            if let Some(source) = source {
                text.line(INDENT + column + GAP, &marked(source));
            }
        }
    }
    text.text
}

/// Returns what a profile sets and why, what its sources say, and what is left out.
pub(super) fn profile(profile: &Profile, as_json: bool, form: Form) -> String {
    if as_json {
        let lines =
            [head(profile)].into_iter().chain(profile.differences().iter().map(|found| Line::Setting {
                v: 1,
                name: found.setting,
                is: Side::of_difference(profile, found),
                default: default(found.setting),
                set_by: Some(&found.set_by),
            }));
        let quotes = profile.quotes.iter().map(|quote| Line::Quote {
            v: 1,
            words: &quote.words,
            source: &quote.source.title,
            verified: quote.source.verified,
            here: &quote.here,
        });
        let left_out = profile.left_out.iter().map(|what| Line::LeftOut { v: 1, what });
        return lines.chain(quotes).chain(left_out).map(|line| json(&line)).collect();
    }
    let (mut text, paint) = (Paragraphs::new(form), form.0);
    let imitates = if profile.imitates.is_empty() { "" } else { ": " };
    text.line(0, &format!("{}{imitates}{}", paint.strong(&profile.name), profile.imitates));
    if let Some(base) = &profile.base {
        text.line(0, &format!("It changes {base}."));
    }
    if profile.differences().is_empty() {
        text.line(0, "It has the default settings.");
    }
    for found in profile.differences() {
        text.gap();
        text.difference(profile, found, paint);
    }
    if !profile.quotes.is_empty() {
        text.heading("What the sources say", paint);
    }
    for quote in &profile.quotes {
        text.line(INDENT, &format!("\"{}\"", quote.words));
        text.line(2 * INDENT, &marked(&quote.source));
        text.line(2 * INDENT, &format!("here: {}", quote.here));
    }
    if !profile.left_out.is_empty() {
        text.heading("Not imitated, or unknown", paint);
    }
    profile.left_out.iter().for_each(|what| text.line(INDENT, what));
    text.text
}

/// Returns what a profile sets one setting to, and why.
pub(super) fn setting(profile: &Profile, info: &SettingInfo, as_json: bool, form: Form) -> String {
    let found = profile.difference(info.name);
    if as_json {
        let set_by = found.map(|found| found.set_by.as_str());
        return json(&Line::Setting {
            v: 1,
            name: info.name,
            is: Side::of(profile, info),
            default: default(info.name),
            set_by,
        });
    }
    let (mut text, paint) = (Paragraphs::new(form), form.0);
    match found {
        Some(found) => text.difference(profile, found, paint),
        None => text.line(0, &format!("{} {} (the default)", paint.strong(info.name), value(profile, info))),
    }
    text.line(INDENT, info.doc);
    let is_about = |words: &str| {
        words
            .split(|letter: char| !letter.is_alphanumeric() && !"._".contains(letter))
            .any(|word| word == info.name)
    };
    for quote in profile.quotes.iter().filter(|quote| is_about(&quote.here)) {
        text.line(INDENT, &format!("\"{}\"", quote.words));
        text.line(2 * INDENT, &marked(&quote.source));
    }
    profile
        .left_out
        .iter()
        .filter(|what| is_about(what))
        .for_each(|what| text.line(INDENT, &format!("left out: {what}")));
    text.text
}

fn value(profile: &Profile, setting: &SettingInfo) -> String {
    profile.policy().show(setting.name).unwrap_or_default()
}

fn default(setting: &str) -> String {
    Policy::default().show(setting).unwrap_or_default()
}

/// A source, with a mark if nobody has read it.
fn marked(source: &Source) -> String {
    let mark = if source.verified { "" } else { " (not verified)" };
    format!("{}{mark}", source.title)
}

impl<'p> Side<'p> {
    fn of(profile: &'p Profile, setting: &SettingInfo) -> Self {
        match profile.difference(setting.name) {
            Some(found) => Self::of_difference(profile, found),
            None => {
                Self { profile: &profile.name, value: value(profile, setting), source: None, verified: None }
            }
        }
    }

    fn of_difference(profile: &'p Profile, found: &'p Difference) -> Self {
        let (source, verified) = match &found.source {
            Some(source) => (Some(source.title.as_str()), Some(source.verified)),
            None => (None, None),
        };
        Self { profile: &profile.name, value: found.value.clone(), source, verified }
    }
}

/// Text in lines that are no wider than the terminal.
struct Paragraphs {
    text: String,
    width: Option<usize>,
}

impl Paragraphs {
    fn new(form: Form) -> Self {
        Self { text: String::new(), width: form.1 }
    }

    /// A word in a column so many wide, and a text beside it.
    fn beside(&mut self, (indent, word, column): (usize, &str, usize), text: &str) {
        let room = self.width.map_or(usize::MAX, |width| width.saturating_sub(indent + column + GAP));
        let mut word = word;
        for part in wrapped(text, room) {
            let _infallible = writeln!(self.text, "{:indent$}{word:column$}{:GAP$}{part}", "", "");
            word = "";
        }
    }

    fn line(&mut self, indent: usize, line: &str) {
        let room = self.width.map_or(usize::MAX, |width| width.saturating_sub(indent));
        for part in wrapped(line, room) {
            let _infallible = writeln!(self.text, "{:indent$}{part}", "");
        }
    }

    fn gap(&mut self) {
        self.text.push('\n');
    }

    fn heading(&mut self, heading: &str, paint: Paint) {
        self.gap();
        self.line(0, &paint.strong(heading));
    }

    /// A setting with its value, and who says so.
    fn difference(&mut self, profile: &Profile, found: &Difference, paint: Paint) {
        let Difference { setting, value, source, set_by } = found;
        let by = if *set_by == profile.name { String::new() } else { format!("; set by {set_by}") };
        self.line(0, &format!("{} {value} (default: {}{by})", paint.strong(setting), default(setting)));
        if let Some(source) = source {
            self.line(INDENT, &marked(source));
        }
    }
}
