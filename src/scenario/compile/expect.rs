//! Compiles the expectations of steps and their time limits.

use std::time::Duration;

use crate::control::call::{Language, Prompt};
use crate::control::caller::{Expectation, Op, SignalId, Sound, Timing};

use super::script::Script;
use super::signals::Reference;
use super::values::{Fields, short};
use crate::scenario::problem::{Problem, suggest};
use crate::scenario::tree::{Entry, Node};
use crate::scenario::vocabulary::{STATES, find, names, sound, sound_words};

/// By when what is expected must hold unless a step says otherwise.
pub(in crate::scenario) const DEADLINE: Duration = Duration::from_secs(2);

impl<'f> Script<'_, 'f, '_> {
    /// The sound of `hears` or `still`, in the language that stands beside it, or by whom.
    pub(super) fn sound(&mut self, verb: &str, node: &'f Node, fields: Fields<'f>) -> Option<Sound> {
        let sound = self.sound_word(verb, node)?;
        let sound = self.by_whom(sound, fields)?;
        match fields.entry("language") {
            Some(entry) => self.in_language(sound, entry),
            None => Some(sound),
        }
    }

    /// The same of the caller who stands beside it.
    fn by_whom(&mut self, sound: Sound, fields: Fields<'f>) -> Option<Sound> {
        let Some(entry) = fields.entry("by") else { return Some(sound) };
        let said: fn(Option<u32>) -> Sound = match sound {
            Sound::Talk(_) => Sound::Talk,
            Sound::Tone(_) => Sound::Tone,
            Sound::Prompt(_) | Sound::PromptIn(..) | Sound::RecordedName => return self.is_nobodys(entry),
            Sound::HoldMusic | Sound::Silence => return self.is_nobodys(entry),
        };
        let text = self.cx.text(&entry.node, "by")?;
        let span = entry.node.span;
        let Reference { caller, one, .. } = self.cx.reference(&format!("{text}.says"), span)?;
        let info = &self.cx.people.callers[caller];
        if info.is_admin {
            self.cx.error(span, "an administrator has no telephone, and is not heard");
            return None;
        }
        if info.count > 1 && one.is_none() {
            let (name, count) = (info.name, info.count);
            let problem = Problem::error(span, format!("`by` needs one of the {count} callers {name}"));
            self.cx.problem(problem.help(format!("write {name}.1, or leave `by` out for anybody")));
            return None;
        }
        Some(said(Some(info.first_role + one.map_or(0, |number| number - 1))))
    }

    fn is_nobodys(&mut self, entry: &'f Entry) -> Option<Sound> {
        let problem = Problem::error(entry.span, "only `talk` and `tone` are heard by somebody's voice");
        self.cx.problem(problem.help("leave `by` out"));
        None
    }

    fn in_language(&mut self, sound: Sound, entry: &'f Entry) -> Option<Sound> {
        let tag = self.cx.text(&entry.node, "language")?;
        let Sound::Prompt(prompt) = sound else { return self.has_no_language(entry) };
        if matches!(prompt, Prompt::Tone(_)) {
            return self.has_no_language(entry);
        }
        let language = Language::ALL.into_iter().find(|language| language.tag() == tag);
        if language.is_none() {
            self.cx.not_one_of(entry.node.span, "language", &tag, &Language::TAGS);
        }
        language.map(|language| Sound::PromptIn(prompt, language))
    }

    fn has_no_language(&mut self, entry: &'f Entry) -> Option<Sound> {
        let problem = Problem::error(entry.span, "only prompts have a language");
        self.cx.problem(problem.help("music, silence, tones and recorded names sound the same in all"));
        None
    }

    /// `still`: the sound must be on now, and as long as `for` says.
    pub(super) fn still(&mut self, node: &'f Node, value: &'f Node, fields: Fields<'f>) {
        self.cx.used.expectations += 1;
        let sound = self.sound("still", value, fields);
        let hold = match fields.get("for") {
            Some(node) => self.cx.duration(node, "for").map(Some),
            None => Some(None),
        };
        if let (Some(sound), Some(hold)) = (sound, hold) {
            self.emit(node, Op::Still(sound, hold));
        }
    }

    fn sound_word(&mut self, verb: &str, node: &'f Node) -> Option<Sound> {
        let word = self.cx.text(node, verb)?;
        match sound(&word) {
            Some(sound) => Some(sound),
            None => {
                let problem =
                    Problem::error(node.span, format!("unknown prompt or sound `{}`", short(&word)));
                let help = if find(STATES, &word).is_some() {
                    Some(format!("`{word}` is a call state: write `expect: {word}`"))
                } else {
                    suggest(&word, sound_words())
                };
                let known = "expected a prompt's name, hold_music, silence, talk, tone, recorded-name, \
                             low-tone or high-tone";
                self.cx.problem(problem.help(known).maybe_help(help));
                None
            }
        }
    }

    pub(super) fn state(&mut self, node: &'f Node) -> Option<Expectation> {
        let word = self.cx.text(node, "expect")?;
        if let Some(state) = find(STATES, &word) {
            return Some(Expectation::State(state));
        }
        let known: Vec<&str> = names(STATES).collect();
        let name = self.cx.people.callers[self.caller].name;
        let message =
            format!("unknown state or mark `{}` of {name} (known: {})", short(&word), known.join(", "));
        let help = match sound(&word) {
            Some(_) => Some(format!("`{word}` is a sound: write `hears: {word}`")),
            None => suggest(&word, known.iter().copied()),
        };
        self.cx.problem(Problem::error(node.span, message).maybe_help(help));
        None
    }

    pub(super) fn timing(&mut self, fields: Fields<'f>) -> Option<Timing> {
        let within = match fields.get("within") {
            Some(node) => self.cx.duration(node, "within")?,
            None => DEADLINE,
        };
        let of = match fields.get("of") {
            Some(node) => Some(self.cx.text(node, "of").and_then(|text| self.signal(&text, node))?),
            None => None,
        };
        let hold = match fields.get("for") {
            Some(node) => Some(self.cx.duration(node, "for")?),
            None => None,
        };
        Some(Timing { within, of, hold })
    }

    pub(super) fn never(&mut self, node: &'f Node, value: &'f Node, fields: Fields<'f>) {
        self.cx.used.expectations += 1;
        let Some(window) = fields.get("for") else {
            let problem =
                Problem::error(node.span, "`never` needs `for`, the time in which this must not happen");
            return self.cx.problem(problem.help("write `{ never: joined, for: 30s }`"));
        };
        let window = self.cx.duration(window, "for");
        let Some(word) = self.cx.text(value, "never") else {
            return;
        };
        let sight = match (find(STATES, &word), sound(&word)) {
            (Some(state), _) => match fields.entry("by") {
                Some(entry) => {
                    self.is_nobodys(entry);
                    return;
                }
                None => Expectation::State(state),
            },
            (None, Some(sound)) => match self.by_whom(sound, fields) {
                Some(sound) => Expectation::Hears(sound),
                None => return,
            },
            (None, None) => {
                let known: Vec<&str> = names(STATES).chain(sound_words()).collect();
                let help = suggest(&word, known);
                let message = format!("unknown state, prompt or sound `{}`", short(&word));
                return self.cx.problem(Problem::error(value.span, message).maybe_help(help));
            }
        };
        if let Some(window) = window {
            self.emit(node, Op::Never(sight, window));
        }
    }

    /// The signal that this script waits for.
    pub(super) fn signal(&mut self, text: &str, node: &'f Node) -> Option<SignalId> {
        self.cx.signal(text, node.span, Some((self.caller, self.one)))
    }
}
