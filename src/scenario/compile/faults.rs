//! `faults`: what goes wrong on lines, with the directory and with the receiver of webhooks.

use std::collections::BTreeMap;

use super::cx::Cx;
use super::values::{Fields, short};
use crate::bridge::faults::{DirectoryFault, Fault};
use crate::leg::cast::{LineFaults, Which};
use crate::scenario::problem::{Problem, suggest};
use crate::scenario::story::WebhookFault;
use crate::scenario::tree::{Entry, Node, Value};
use crate::scenario::vocabulary::{
    DIRECTORY_FAULTS, FaultWord, LINE_FAULTS, QUESTIONS, WEBHOOK_FAULTS, find, names,
};

/// The name under which faults of the directory are listed.
pub(in crate::scenario) const DIRECTORY: &str = "directory";

/// The name under which faults of the receiver of webhooks are listed.
pub(in crate::scenario) const WEBHOOK: &str = "webhook";

/// The most questions that a fault hits by number.
const TIMES_MAX: u32 = 1_000_000;

/// The faults of a story.
#[derive(Debug, Default)]
pub(super) struct Faults {
    /// Of lines, by the caller's place.
    pub(super) lines: BTreeMap<usize, LineFaults>,
    pub(super) directory: Vec<DirectoryFault>,
    pub(super) webhook: Option<WebhookFault>,
}

impl<'f> Cx<'f, '_> {
    /// Reads `faults`; `keys` is how many keys each caller's script presses.
    pub(super) fn faults(&mut self, node: &'f Node, keys: &[u32]) -> Faults {
        let mut faults = Faults::default();
        let Some(list) = self.list(node, "`faults`") else {
            return faults;
        };
        for node in list {
            if self.gives_up() || !self.spend(node.span) {
                break;
            }
            let Some(entries) = self.entries(node, "a fault") else {
                continue;
            };
            let fields = Fields { span: node.span, entries };
            let Some(on) = fields.get("on") else {
                let problem = Problem::error(node.span, "this fault has no `on`");
                self.problem(problem.help("write `on: pat`, `on: directory` or `on: webhook`"));
                continue;
            };
            let Some(name) = self.text(on, "on") else { continue };
            if name == DIRECTORY {
                faults.directory.extend(self.directory_fault(fields));
            } else if name == WEBHOOK {
                self.webhook_fault(fields, &mut faults.webhook);
            } else if let Some(place) = self
                .people
                .places
                .callers
                .get(name.as_ref())
                .copied()
                .filter(|place| !self.people.callers[*place].is_admin)
            {
                let faults = faults.lines.entry(place).or_insert_with(LineFaults::default);
                for entry in entries.iter().filter(|entry| entry.key != "on") {
                    self.line_fault(entry, place, keys.get(place).copied().unwrap_or(0), faults);
                }
            } else {
                let known =
                    self.people.callers.iter().filter(|caller| !caller.is_admin).map(|caller| caller.name);
                let help = suggest(&name, known.chain([DIRECTORY, WEBHOOK]));
                self.problem(
                    Problem::error(on.span, format!("unknown caller `{}`", short(&name))).maybe_help(help),
                );
            }
        }
        faults
    }

    /// `fails: true`, or `fails: 2` for two attempts.
    fn webhook_fault(&mut self, fields: Fields<'f>, fault: &mut Option<WebhookFault>) {
        for entry in fields.entries.iter().filter(|entry| entry.key != "on") {
            if find(WEBHOOK_FAULTS, &entry.key).is_none() {
                let known: Vec<&str> = names(WEBHOOK_FAULTS).collect();
                self.unknown_key(entry, "a fault of the receiver of webhooks", &known);
            }
        }
        let Some(entry) = fields.entries.iter().find(|entry| entry.key == "fails") else {
            let problem = Problem::error(fields.span, "this fault does not say what the receiver does wrong");
            return self.problem(problem.help("write `fails: 2` or `fails: true`"));
        };
        if fault.is_some() {
            return self.error(fields.span, "the receiver of webhooks has a fault already");
        }
        let mut times = None;
        if self.how_often(entry, &mut times).is_some() {
            *fault = Some(WebhookFault { times });
        }
    }

    fn line_fault(&mut self, entry: &'f Entry, place: usize, keys: u32, faults: &mut LineFaults) {
        let Some(word) = find(LINE_FAULTS, &entry.key) else {
            let known: Vec<&str> = names(LINE_FAULTS).collect();
            return self.unknown_key(entry, "a line fault", &known);
        };
        match word {
            FaultWord::LoseDigits => self.which(entry, place, keys, &mut faults.lose_digits),
            FaultWord::DoubleDigits => self.which(entry, place, keys, &mut faults.double_digits),
            FaultWord::DropAfter => faults.drop_after = self.duration(&entry.node, &entry.key),
            FaultWord::HangUpAfter => faults.hang_up_after = self.duration(&entry.node, &entry.key),
            FaultWord::Sound(word) => self.sound_fault(entry, word, place, &mut faults.sound),
            FaultWord::Late | FaultWord::Fails | FaultWord::Silent => {}
        }
    }

    fn which(&mut self, entry: &'f Entry, place: usize, keys: u32, which: &mut Which) {
        if *which != Which::None {
            return self.error(entry.span, format!("`{}` is given twice for this caller", entry.key));
        }
        let too_many =
            |span| Problem::error(span, "the script presses fewer keys").label(format!("it presses {keys}"));
        let Value::Seq(list) = &entry.node.value else {
            let Some(count) = self.count(&entry.node, &entry.key, 1, TIMES_MAX) else {
                return;
            };
            if count > keys {
                return self.problem(too_many(entry.node.span));
            }
            *which = Which::Some { count, among: keys };
            return;
        };
        // Every caller of that name keeps the list.
        self.weigh(list.len().saturating_mul(self.people.callers[place].count as usize), entry.span);
        let mut these = Vec::new();
        for node in list {
            let Some(key) = self.count(node, &entry.key, 1, TIMES_MAX) else {
                continue;
            };
            if key > keys {
                self.problem(too_many(node.span));
            }
            these.push(key);
        }
        these.sort_unstable();
        these.dedup();
        *which = Which::These(these);
    }

    fn directory_fault(&mut self, fields: Fields<'f>) -> Option<DirectoryFault> {
        let mut what = None;
        for entry in fields.entries {
            if matches!(entry.key.as_str(), "on" | "question" | "times") {
                continue;
            }
            let Some(word) = find(DIRECTORY_FAULTS, &entry.key) else {
                let known: Vec<&str> = names(DIRECTORY_FAULTS).chain(["question", "times"]).collect();
                self.unknown_key(entry, "a directory fault", &known);
                continue;
            };
            if what.is_some() {
                self.error(entry.span, "a fault does one thing: write two faults");
            }
            what = Some((word, entry));
        }
        let question = match fields.get("question") {
            Some(node) => Some(self.word(node, "question", QUESTIONS)?),
            None => None,
        };
        let mut times = match fields.get("times") {
            Some(node) => Some(self.count(node, "times", 1, TIMES_MAX)?),
            None => None,
        };
        let Some((word, entry)) = what else {
            let problem =
                Problem::error(fields.span, "this fault does not say what the directory does wrong");
            self.problem(problem.help("write `late: 4s`, `fails: true` or `silent: true`"));
            return None;
        };
        let what = match word {
            FaultWord::Late => Fault::Late(self.duration(&entry.node, "late")?),
            FaultWord::Fails => {
                self.how_often(entry, &mut times)?;
                Fault::Fails
            }
            FaultWord::Silent => {
                self.how_often(entry, &mut times)?;
                Fault::Silent
            }
            FaultWord::LoseDigits
            | FaultWord::DoubleDigits
            | FaultWord::DropAfter
            | FaultWord::HangUpAfter
            | FaultWord::Sound(_) => return None,
        };
        Some(DirectoryFault { question, times, what })
    }

    /// `fails: true`, or `fails: 2` for two questions.
    fn how_often(&mut self, entry: &'f Entry, times: &mut Option<u32>) -> Option<()> {
        let text = self.text(&entry.node, &entry.key)?;
        if text == "true" {
            return Some(());
        }
        if times.is_some() {
            self.error(entry.node.span, format!("`{}` must be true when `times` is set", entry.key));
            return None;
        }
        *times = Some(self.count(&entry.node, &entry.key, 1, TIMES_MAX)?);
        Some(())
    }
}
