//! Cases that are not played, or that are expected to fail, each with its reason; and where a story can run.

use super::cx::Cx;
use super::values::short;
use crate::scenario::problem::{Problem, suggest};
use crate::scenario::story::RunsOn;
use crate::scenario::tree::{Node, Value};
use crate::scenario::vocabulary::RUNS_ON;

impl<'f> Cx<'f, '_> {
    /// Reads `skip` or `expected_to_fail`: a reason for the whole file, or a list of cases of the matrix with a
    /// reason each. Returns the reason that applies to the case with these values of the matrix.
    pub(super) fn exemption(&mut self, key: &'static str, picks: &[(String, String)]) -> Option<String> {
        let node = self.file.get(key)?;
        let Value::Seq(list) = &node.value else { return self.reason(node, key) };
        let mut applies = None;
        for entry in list {
            let Some(fields) = self.fields(entry, &format!("`{key}`"), &["case", "reason"]) else { continue };
            let (Some(case), Some(reason)) = (fields.get("case"), fields.get("reason")) else {
                let problem = Problem::error(entry.span, format!("`{key}` needs `case` and `reason`"));
                self.problem(problem.help("write `- { case: { length: 4 }, reason: … }`"));
                continue;
            };
            let is_this = self.is_case(case, picks);
            let reason = self.reason(reason, "reason");
            match is_this {
                Some(true) => applies = applies.or(reason),
                Some(false) => self.idle_exemptions.push((key.to_owned(), entry.span)),
                None => {}
            }
        }
        applies
    }

    fn reason(&mut self, node: &'f Node, key: &str) -> Option<String> {
        let text = self.text(node, key)?;
        if text.trim().is_empty() || text.contains(char::is_control) {
            let problem = Problem::error(node.span, format!("`{key}` needs a reason, in one line"));
            self.problem(problem.help("reports show it"));
            return None;
        }
        Some(self.secrets.mask_message(&text))
    }

    /// Returns whether the values of the matrix that are written here are those of this case.
    fn is_case(&mut self, node: &'f Node, picks: &[(String, String)]) -> Option<bool> {
        let mut is_this = true;
        for entry in self.entries(node, "`case`")? {
            let value = self.text(&entry.node, &entry.key)?;
            let Some((_, picked)) = picks.iter().find(|(name, _)| *name == entry.key) else {
                let help = suggest(&entry.key, picks.iter().map(|(name, _)| name.as_str()));
                let message = format!("`{}` is not a name of the matrix", short(&entry.key));
                self.problem(Problem::error(entry.span, message).maybe_help(help));
                return None;
            };
            is_this &= *picked == value;
        }
        Some(is_this)
    }

    /// Reads `runs_on`: where the story can run.
    pub(super) fn runs_on(&mut self) -> Vec<RunsOn> {
        let Some(node) = self.file.get("runs_on") else {
            return RunsOn::ALL.to_vec();
        };
        let list = self.list(node, "`runs_on`").unwrap_or_default();
        if list.is_empty() {
            self.error(node.span, "`runs_on` needs at least one of sim, live and sip");
        }
        list.iter().filter_map(|node| self.word(node, "runs_on", RUNS_ON)).collect()
    }
}
