//! The fields of a form.

use std::collections::BTreeMap;

/// The fields of a form; one that comes several times has several values.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields(BTreeMap<String, Vec<String>>);

impl Fields {
    pub(crate) fn new(pairs: Vec<(String, String)>) -> Self {
        let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in pairs {
            fields.entry(name).or_default().push(value);
        }
        Self(fields)
    }

    /// A field as it was sent; empty if it was not.
    pub(crate) fn raw(&self, name: &str) -> &str {
        self.0.get(name).and_then(|values| values.last()).map_or("", String::as_str)
    }

    /// A field without blanks around it; nothing where nothing else is in it.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        Some(self.raw(name).trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// Returns whether a box is ticked.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.raw(name) == "true"
    }

    /// Every value of a field.
    pub(crate) fn all(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }
}
