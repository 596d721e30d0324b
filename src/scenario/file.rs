//! A scenario file, read but not compiled.

use std::collections::BTreeMap;

use super::params::AllParams;
use super::span::Span;
use super::tree::{Entry, Node};

/// A scenario file, read but not compiled.
pub(super) struct File {
    /// The entries at the top, except those in the fields below.
    pub(super) fields: Vec<Entry>,
    /// The file's first line.
    pub(super) span: Span,
    /// Procedures, including those of included files.
    pub(super) procedures: BTreeMap<String, Entry>,
    pub(super) params: AllParams,
}

impl File {
    /// Returns the value of a key at the top.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.fields.iter().find(|entry| entry.key == key).map(|entry| &entry.node)
    }
}
