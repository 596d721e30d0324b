//! A scenario file, read but not compiled.

use std::collections::BTreeMap;

use super::params::AllParams;
use super::span::Span;
use super::tree::{Entry, Node};

/// A scenario file, read but not compiled.
pub(super) struct File {
    /// What stands at the top, but for what is taken out below.
    pub(super) fields: Vec<Entry>,
    /// Its first line.
    pub(super) span: Span,
    /// Procedures, those of included files too.
    pub(super) procedures: BTreeMap<String, Entry>,
    pub(super) params: AllParams,
}

impl File {
    /// What stands at the top under this key.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.fields.iter().find(|entry| entry.key == key).map(|entry| &entry.node)
    }
}
