//! The configuration file: TOML, read into single values with their places.

use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::problem::{At, Problem};
use super::setting::Setting;
use crate::files::{self, FileError};
use crate::suggest::suggest;

/// The largest file that is read, in bytes: every setting with its explanation takes a tenth of it.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// A configuration file as read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigFile {
    /// Where it is.
    pub path: PathBuf,
    /// The text.
    pub(super) text: String,
}

/// An entry of the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) scalar: Scalar,
    pub(super) key: Range<usize>,
    pub(super) value: Range<usize>,
    /// Counted from 1.
    pub(super) line: usize,
}

/// A TOML value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Scalar {
    Text(String),
    Integer(String),
    Flag(bool),
    /// Any type that no setting has, by its name.
    Other(&'static str),
}

impl ConfigFile {
    /// Reads a file; `None` if it does not exist.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, Problem> {
        let help = |error: &FileError| match error {
            FileError::NotUtf8(_) => Some("save it as UTF-8".to_owned()),
            FileError::Io(_) | FileError::Kind(_) | FileError::TooLarge(_) => None,
        };
        match files::read_text(path, FILE_BYTES_MAX) {
            Ok(text) => Ok(Some(Self { path: path.to_owned(), text })),
            Err(FileError::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => {
                let at = At::Named(path.display().to_string());
                Err(Problem::new(at, error.to_string(), help(&error)))
            }
        }
    }

    /// Returns its entries, and the problems of the file itself.
    pub(super) fn entries(&self, known: &[Setting]) -> (Vec<Entry>, Vec<Problem>) {
        let (table, errors) = DeTable::parse_recoverable(&self.text);
        let mut reading = Reading { text: &self.text, known, entries: Vec::new(), wrong: Vec::new() };
        for error in &errors {
            let at = error.span().map_or_else(|| At::Named(self.path.display().to_string()), At::Bytes);
            reading.wrong.push(Problem::new(at, error.message(), None));
        }
        if errors.is_empty() {
            reading.table(table.get_ref(), "");
        }
        (reading.entries, reading.wrong)
    }
}

struct Reading<'f> {
    text: &'f str,
    known: &'f [Setting],
    entries: Vec<Entry>,
    wrong: Vec<Problem>,
}

impl Reading<'_> {
    fn table(&mut self, table: &DeTable<'_>, above: &str) {
        for (key, value) in table {
            let name = if above.is_empty() {
                key.get_ref().to_string()
            } else {
                format!("{above}.{}", key.get_ref())
            };
            let below = format!("{name}.");
            let is_setting = self.known.iter().any(|setting| setting.name == name);
            let is_table = self.known.iter().any(|setting| setting.name.starts_with(&below));
            if let (true, Some(inner)) = (is_table, value.get_ref().as_table()) {
                self.table(inner, &name);
            } else if is_setting {
                let before = self.text.get(..key.span().start).unwrap_or_default();
                self.entries.push(Entry {
                    name,
                    scalar: scalar_of(value.get_ref()),
                    key: key.span(),
                    value: value.span(),
                    line: before.matches('\n').count() + 1,
                });
            } else {
                let (message, help) = self.unknown(&name, is_table, value.get_ref().type_str());
                self.wrong.push(Problem::new(At::Bytes(key.span()), message, help));
            }
        }
    }

    /// Returns the message for an unknown key.
    fn unknown(&self, name: &str, is_table: bool, found: &str) -> (String, Option<String>) {
        if is_table {
            return (format!("`{name}` must be a table, not {}", a(found)), Some(format!("write [{name}]")));
        }
        if name == "tenant" || name.starts_with("tenant.") {
            let help = "set them with `attendant tenant set NAME=VALUE`";
            return (
                "the tenant's settings are stored in the directory, not here".to_owned(),
                Some(help.to_owned()),
            );
        }
        let last = name.rsplit('.').next().unwrap_or(name);
        let names = || self.known.iter().map(|setting| setting.name.as_str());
        let elsewhere = || {
            names()
                .find(|known| known.rsplit('.').next() == Some(last))
                .map(|known| format!("did you mean `{known}`?"))
        };
        let by_key = || {
            let keys = self
                .known
                .iter()
                .map(|setting| setting.table_and_key())
                .filter(|(table, _)| name.rsplit_once('.').is_some_and(|(above, _)| above == *table));
            suggest(last, keys.map(|(_, key)| key))
        };
        let table = || {
            let mut tables = self.known.iter().map(|setting| setting.table_and_key().0);
            tables
                .find(|table| table.rsplit('.').next() == Some(last))
                .map(|table| format!("did you mean [{table}]?"))
        };
        let listed = || "`attendant config example` lists all settings".to_owned();
        let help = by_key()
            .or_else(elsewhere)
            .or_else(table)
            .or_else(|| suggest(name, names()))
            .unwrap_or_else(listed);
        (format!("unknown setting `{name}`"), Some(help))
    }
}

fn scalar_of(value: &DeValue<'_>) -> Scalar {
    match value {
        DeValue::String(text) => Scalar::Text(text.to_string()),
        // TOML has other ways to write a whole number; a setting is a count, and takes decimal digits.
        DeValue::Integer(number) if number.radix() == 10 => Scalar::Integer(number.as_str().replace('_', "")),
        DeValue::Boolean(flag) => Scalar::Flag(*flag),
        DeValue::Integer(_) => Scalar::Other("number that is not decimal"),
        DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => {
            Scalar::Other(value.type_str())
        }
    }
}

/// Returns a noun with its article, for messages.
pub(super) fn a(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {noun}")
}
