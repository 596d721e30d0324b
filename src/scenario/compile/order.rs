//! `order`: which actions and questions come a little later.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::cx::Cx;
use super::faults::DIRECTORY;
use super::values::{Fields, short};
use crate::leg::cast::Role;
use crate::scenario::limits::{QUESTIONS_MAX, STEPS_MAX};
use crate::scenario::order::{Later, actions};
use crate::scenario::problem::{Problem, suggest};
use crate::scenario::story::OrderEntry;
use crate::scenario::tree::Node;

/// The cast by name, and how often each acts.
struct Acting<'r> {
    roles: &'r [Role],
    by_name: BTreeMap<&'r str, u32>,
    actions: BTreeMap<u32, usize>,
}

impl<'f> Cx<'f, '_> {
    /// Reads `order`, given the cast as it was compiled.
    pub(super) fn order(&mut self, node: &'f Node, roles: &[Role]) -> Vec<OrderEntry> {
        let (mut order, mut given) = (Vec::new(), BTreeSet::new());
        let mut acting = Acting { roles, by_name: BTreeMap::new(), actions: BTreeMap::new() };
        acting.by_name.extend(roles.iter().map(|role| role.name.as_str()).zip(0..));
        for node in self.list(node, "`order`").unwrap_or_default() {
            if self.gives_up() || !self.spend(node.span) {
                break;
            }
            let known = ["on", "action", "question", "later"];
            let Some(fields) = self.fields(node, "a part of the order", &known) else { continue };
            let Some(later) = self.later(fields, &mut acting) else { continue };
            if given.insert(later.with_by(Duration::ZERO)) {
                order.push(OrderEntry { span: fields.span, later });
            } else {
                self.error(fields.span, "this is delayed twice: write one entry for it");
            }
        }
        order
    }

    fn later(&mut self, fields: Fields<'f>, acting: &mut Acting<'_>) -> Option<Later> {
        let (Some(on), Some(later)) = (fields.get("on"), fields.get("later")) else {
            let help = "write `{ on: pat, action: 2, later: 40ms }`, or `{ on: directory, question: 1, \
                        later: 40ms }`";
            self.problem(
                Problem::error(fields.span, "an entry of `order` needs `on` and `later`").help(help),
            );
            return None;
        };
        let name = self.text(on, "on")?;
        let by = self.duration(later, "later")?;
        if by.is_zero() {
            self.error(later.span, "`later` must be 1ms or more");
            return None;
        }
        let (which, most) = if name == DIRECTORY {
            ("question", QUESTIONS_MAX)
        } else {
            ("action", u32::try_from(STEPS_MAX).unwrap_or(u32::MAX))
        };
        if let Some(entry) = fields.entry(if which == "action" { "question" } else { "action" }) {
            self.error(entry.span, format!("`{}` does not apply to {name}: write `{which}`", entry.key));
            return None;
        }
        let Some(number) = fields.get(which) else {
            self.error(
                fields.span,
                format!("an entry of `order` needs `{which}`: write `{which}: 1` for the first"),
            );
            return None;
        };
        let span = number.span;
        let number = self.count(number, which, 1, most)?;
        if name == DIRECTORY {
            return Some(Later::Question { number, by });
        }
        let Some(role) = acting.by_name.get(name.as_ref()).copied() else {
            let of_that_name = format!("{name}.1");
            let one_of = acting.by_name.contains_key(of_that_name.as_str());
            let one_of = one_of.then(|| format!("write one of them: {of_that_name}, …"));
            let help = one_of.or_else(|| suggest(&name, acting.by_name.keys().copied().chain([DIRECTORY])));
            self.problem(
                Problem::error(on.span, format!("unknown caller `{}`", short(&name))).maybe_help(help),
            );
            return None;
        };
        let program = &acting.roles[role as usize].program;
        let acts = *acting.actions.entry(role).or_insert_with(|| actions(program).len());
        if number as usize > acts {
            let problem = Problem::error(span, format!("{name} has fewer actions"));
            self.problem(problem.label(format!("there are {acts}")));
            return None;
        }
        Some(Later::Action { role, action: number, by })
    }
}
