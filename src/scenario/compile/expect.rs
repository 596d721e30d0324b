//! Compiles the expectations of steps and their time limits.

use std::time::Duration;

use crate::control::caller::{Expectation, Op, SignalId, Timing};

use super::script::Script;
use super::values::{Fields, short};
use crate::scenario::problem::{Problem, suggest};
use crate::scenario::tree::Node;
use crate::scenario::vocabulary::{STATES, find, names, sound, sound_words};

/// By when what is expected must hold unless a step says otherwise.
pub(in crate::scenario) const DEADLINE: Duration = Duration::from_secs(2);

impl<'f> Script<'_, 'f, '_> {
    pub(super) fn hears(&mut self, node: &'f Node) -> Option<Expectation> {
        let word = self.cx.text(node, "hears")?;
        match sound(&word) {
            Some(Some(sound)) => Some(Expectation::Hears(sound)),
            Some(None) => {
                self.cx.not_implemented(
                    node.span,
                    format!("`hears: {word}` needs speech, which callers do not have yet"),
                );
                None
            }
            None => {
                let problem =
                    Problem::error(node.span, format!("unknown prompt or sound `{}`", short(&word)));
                let help = if find(STATES, &word).is_some() {
                    Some(format!("`{word}` is a call state: write `expect: {word}`"))
                } else {
                    suggest(&word, sound_words())
                };
                self.cx.problem(
                    problem
                        .help(
                            "expected a prompt's name, hold_music, silence, \
                                              recorded-name, low-tone or high-tone",
                        )
                        .maybe_help(help),
                );
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
            (Some(state), _) => Expectation::State(state),
            (None, Some(Some(sound))) => Expectation::Hears(sound),
            (None, Some(None)) => {
                return self.cx.not_implemented(
                    value.span,
                    format!("`never: {word}` needs speech, which callers do not have yet"),
                );
            }
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
