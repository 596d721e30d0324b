//! Reads `load`: the story as a unit of load.

use std::ops::Range;
use std::time::Duration;

use super::cx::Cx;
use super::values::{Fields, short};
use crate::scenario::load::{FAILED, Level, Load, MODELS, Metric, Model, Often, Share, Stage, Threshold};
use crate::scenario::params::is_name;
use crate::scenario::problem::{Problem, suggest};
use crate::scenario::story::Params;
use crate::scenario::tree::{Entry, Node, Value};

/// The default for `max_in_flight`: some gigabytes of memory.
const MAX_IN_FLIGHT: u32 = 1_000_000;

/// The most stages, and stories of a mix.
const ENTRIES_MAX: usize = 100;

impl<'f> Cx<'f, '_> {
    pub(super) fn load(&mut self) -> Option<Load> {
        let node = self.file.get("load")?;
        let known = ["model", "stages", "max_in_flight", "spread", "mix", "thresholds"];
        let fields = self.fields(node, "`load`", &known)?;
        let model = fields.get("model").and_then(|node| self.word(node, "model", MODELS));
        let model = model.unwrap_or(Model::Arrivals);
        let stages: Vec<Stage> = match fields.get("stages") {
            Some(node) => {
                let stages = self.few(node, "`stages`");
                if stages.is_empty() {
                    self.error(node.span, "`load` needs at least one stage");
                }
                stages.iter().filter_map(|node| self.load_stage(node, model)).collect()
            }
            None => {
                let problem = Problem::error(node.span, "`load` needs `stages`");
                self.problem(problem.help("write stages: [{ to: 10/s, over: 1m }]"));
                return None;
            }
        };
        let most =
            fields.get("max_in_flight").and_then(|node| self.count(node, "max_in_flight", 1, 10_000_000));
        let spread = fields.get("spread").map(|node| self.spread(node)).unwrap_or_default();
        let mix = match fields.get("mix") {
            Some(node) => self.few(node, "`mix`").iter().filter_map(|node| self.share(node)).collect(),
            None => Vec::new(),
        };
        let thresholds = fields.get("thresholds").map(|node| self.thresholds(node)).unwrap_or_default();
        Some(Load { model, stages, max_in_flight: most.unwrap_or(MAX_IN_FLIGHT), spread, mix, thresholds })
    }

    fn few(&mut self, node: &'f Node, what: &str) -> &'f [Node] {
        let list = self.list(node, what).unwrap_or_default();
        if list.len() > ENTRIES_MAX {
            self.error(node.span, format!("{what} may have at most {ENTRIES_MAX} entries"));
        }
        &list[..list.len().min(ENTRIES_MAX)]
    }

    fn load_stage(&mut self, node: &'f Node, model: Model) -> Option<Stage> {
        let fields = self.fields(node, "a stage", &["to", "over"])?;
        let to = self.needed(fields, "a stage", "to")?;
        let text = self.text(to, "to")?;
        let level = Level::parse(&text, model);
        if level.is_none() {
            let (what, right) = match model {
                Model::Arrivals => (
                    "how many stories start per unit of time",
                    "write 50/s, 2.5/s, 600/m or 100/h; at most 100000/s",
                ),
                Model::Concurrency => ("how many stories run at once", "write a whole number"),
            };
            self.problem(
                Problem::error(to.span, format!("`to` must say {what}, not `{}`", short(&text))).help(right),
            );
        }
        let over = self.needed(fields, "a stage", "over")?;
        Some(Stage { over: self.duration(over, "over")?, to: level? })
    }

    fn needed(&mut self, fields: Fields<'f>, what: &str, key: &str) -> Option<&'f Node> {
        let node = fields.get(key);
        if node.is_none() {
            self.error(fields.span, format!("{what} needs `{key}`"));
        }
        node
    }

    fn spread(&mut self, node: &'f Node) -> Vec<(Range<u32>, Duration)> {
        let entries = self.entries(node, "`spread`").unwrap_or_default();
        let mut spread = Vec::new();
        for entry in entries {
            let Some(over) = self.duration(&entry.node, &entry.key) else { continue };
            match self.people.places.callers.get(entry.key.as_str()).map(|place| &self.people.callers[*place])
            {
                Some(caller) => spread.push((caller.first_role..caller.first_role + caller.count, over)),
                None => {
                    let names: Vec<&str> = self.people.callers.iter().map(|caller| caller.name).collect();
                    let help = suggest(&entry.key, names.iter().copied())
                        .unwrap_or_else(|| format!("expected one of: {}", names.join(", ")));
                    let message = format!("unknown caller `{}`", short(&entry.key));
                    self.problem(Problem::error(entry.span, message).help(help));
                }
            }
        }
        spread
    }

    fn share(&mut self, node: &'f Node) -> Option<Share> {
        let fields = self.fields(node, "a story of the mix", &["set", "share", "times"])?;
        let mut set = Params::new();
        let entries = fields.get("set").and_then(|node| self.entries(node, "`set`")).unwrap_or_default();
        for entry in entries {
            set.extend(self.assignment(entry));
        }
        let often = match (fields.get("share"), fields.get("times")) {
            (Some(node), None) => Often::Share(self.count(node, "share", 1, 1_000_000)?),
            (None, Some(node)) => Often::Times(self.count(node, "times", 1, 1_000_000)?),
            (Some(_), Some(_)) | (None, None) => {
                self.error(node.span, "a story of the mix needs either `share` or `times`, not both");
                return None;
            }
        };
        Some(Share { set, often })
    }

    fn assignment(&mut self, entry: &'f Entry) -> Option<(String, String)> {
        let value = self.text(&entry.node, &entry.key)?.into_owned();
        if !is_name(&entry.key) || !self.params.contains_key(&entry.key) {
            let help = suggest(&entry.key, self.params.keys().map(String::as_str));
            let message = format!("unknown parameter `{}`", short(&entry.key));
            self.problem(Problem::error(entry.span, message).maybe_help(help));
        }
        Some((entry.key.clone(), value))
    }

    fn thresholds(&mut self, node: &'f Node) -> Vec<Threshold> {
        let mut thresholds = Vec::new();
        for entry in self.entries(node, "`thresholds`").unwrap_or_default() {
            if entry.key != FAILED && Metric::from_name(&entry.key).is_none() {
                let known: Vec<&str> =
                    Metric::ALL.iter().map(|metric| metric.name()).chain([FAILED]).collect();
                self.unknown_key(entry, "`thresholds`", &known);
                continue;
            }
            let several = match &entry.node.value {
                Value::Seq(list) => list.as_slice(),
                Value::Null | Value::Scalar(_) | Value::Map(_) => std::slice::from_ref(&entry.node),
            };
            for node in several {
                let Some(text) = self.text(node, &entry.key) else { continue };
                let threshold = Threshold::parse(&entry.key, &text);
                if threshold.is_none() {
                    let right = if entry.key == FAILED {
                        "< 1%"
                    } else {
                        "p(99) < 2ms, mean < 1ms or max < 50ms; 100 microseconds are 0.1ms"
                    };
                    let message = format!("`{}` is not a threshold for `{}`", short(&text), entry.key);
                    self.problem(Problem::error(node.span, message).help(format!("write {right}")));
                }
                thresholds.extend(threshold);
            }
        }
        thresholds
    }
}
