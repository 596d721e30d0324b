//! Steps and checks on one line, as reports show them.

use std::borrow::Cow;

use super::cx::Cx;
use crate::scenario::params;
use crate::scenario::tree::{Entry, Node, Value};

/// Characters of a step's line in reports: what fits on a screen beside times and names.
const LINE_MAX: usize = 120;

impl Cx<'_, '_> {
    /// A step or a check on one line, in the file's words, parameters put in and PINs masked.
    pub(super) fn line(&self, node: &Node) -> String {
        let mut line = String::new();
        match &node.value {
            Value::Map(entries) => self.write_entries(entries, &mut line),
            Value::Null | Value::Scalar(_) | Value::Seq(_) => self.write(node, false, &mut line),
        }
        let line = self.secrets.mask_message(&line);
        match line.char_indices().nth(LINE_MAX) {
            Some((at, _)) => format!("{}…", &line[..at]),
            None => line,
        }
    }

    fn write_entries(&self, entries: &[Entry], line: &mut String) {
        for (at, entry) in entries.iter().enumerate() {
            if line.len() > 4 * LINE_MAX {
                return;
            }
            line.push_str(if at > 0 { ", " } else { "" });
            line.push_str(&entry.key);
            if !matches!(entry.node.value, Value::Null) {
                line.push_str(": ");
                self.write(&entry.node, matches!(entry.key.as_str(), "press" | "pin"), line);
            }
        }
    }

    fn write(&self, node: &Node, keyed: bool, line: &mut String) {
        match &node.value {
            Value::Null => line.push('~'),
            Value::Scalar(text) => {
                let text = params::expand(text, &self.params).unwrap_or(Cow::Borrowed(text));
                let text = if keyed { Cow::Owned(self.secrets.mask_keys(&text)) } else { text };
                line.extend(text.chars().map(|c| if c.is_control() { ' ' } else { c }));
            }
            Value::Seq(list) => {
                line.push('[');
                for (at, node) in list.iter().enumerate().take_while(|(at, _)| *at < LINE_MAX) {
                    line.push_str(if at > 0 { ", " } else { "" });
                    self.write(node, keyed, line);
                }
                line.push(']');
            }
            Value::Map(entries) => {
                line.push('{');
                self.write_entries(entries, line);
                line.push('}');
            }
        }
    }
}
