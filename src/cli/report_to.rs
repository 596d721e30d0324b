//! A report to be written, as every command takes one: `junit=out.xml`.

use crate::report::{Kind, described, named};

/// A kind of report with the file that takes it.
#[derive(Clone, Debug)]
pub(super) struct ReportTo<W: 'static> {
    pub(super) kind: &'static Kind<W>,
    /// `None` for standard output.
    pub(super) path: Option<String>,
}

impl<W> ReportTo<W> {
    /// Reads an argument, of one of these kinds.
    pub(super) fn parse(text: &str, kinds: &'static [Kind<W>]) -> Result<Self, String> {
        let (name, path) = text.split_once('=').ok_or_else(|| {
            let example = kinds.first().map_or_else(String::new, example);
            format!("expected KIND=FILE, such as {example}")
        })?;
        let kind = named(kinds, "report", name)?;
        if path.is_empty() {
            return Err(format!("the file is missing: {}, or {name}=- for standard output", example(kind)));
        }
        Ok(Self { kind, path: (path != "-").then(|| path.to_owned()) })
    }
}

fn example<W>(kind: &Kind<W>) -> String {
    format!("{}=out.{}", kind.name, kind.ending)
}

/// Returns the help of the argument.
pub(super) fn help<W>(kinds: &[Kind<W>]) -> String {
    format!("Write a report to a file, or to standard output with `-`: {}", described(kinds))
}
