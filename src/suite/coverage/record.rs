//! Coverage as a file, which other runs are added to.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Coverage, Group, Item, Reached, all, hint};

/// The number of the format; it changes when an older reader would not understand the file.
const FORMAT: u32 = 1;

/// A run's coverage as it is written.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    coverage: u32,
    attendant: String,
    cases: u64,
    reached: usize,
    reachable: usize,
    groups: Vec<GroupRecord>,
}

#[derive(Debug, Serialize, Deserialize)]
struct GroupRecord {
    name: String,
    reached: usize,
    reachable: usize,
    items: Vec<ItemRecord>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ItemRecord {
    name: String,
    cases: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unreachable: Option<String>,
}

/// Why a file is not a run's coverage.
#[derive(Debug)]
pub enum ReadError {
    /// It is not JSON of that form.
    Form(serde_json::Error),
    /// It is of another format.
    Format(u32),
    /// It counts what this program does not know: another version wrote it.
    Unknown(String),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(error) => write!(f, "is not what `attendant coverage --json` writes: {error}"),
            Self::Format(format) => write!(f, "has the format {format}; this version reads {FORMAT}"),
            Self::Unknown(item) => {
                write!(f, "was written by another version of Attendant: it counts `{item}`")
            }
        }
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Form(error) => Some(error),
            Self::Format(_) | Self::Unknown(_) => None,
        }
    }
}

impl Coverage {
    /// Returns it as JSON, with a line break at its end.
    #[must_use]
    pub fn to_json(&self) -> String {
        let group = |group: Group| {
            let count = self.count(group);
            let items = self.items().filter(|(item, _)| item.group == group);
            GroupRecord {
                name: group.name().to_owned(),
                reached: count.reached,
                reachable: count.reachable,
                items: items.map(|(item, reached)| ItemRecord::of(item, reached)).collect(),
            }
        };
        let total = self.total();
        let record = Record {
            coverage: FORMAT,
            attendant: env!("CARGO_PKG_VERSION").to_owned(),
            cases: self.cases,
            reached: total.reached,
            reachable: total.reachable,
            groups: Group::ALL.map(group).into(),
        };
        let json = serde_json::to_string_pretty(&record).expect("names and numbers can be written");
        json + "\n"
    }

    /// Reads what [`Coverage::to_json`] wrote.
    ///
    /// # Errors
    /// It is something else, or another version wrote it.
    pub fn from_json(text: &str) -> Result<Self, ReadError> {
        let record: Record = serde_json::from_str(text).map_err(ReadError::Form)?;
        if record.coverage != FORMAT {
            return Err(ReadError::Format(record.coverage));
        }
        let mut read = Self { cases: record.cases, ..Self::new() };
        for GroupRecord { name, items, .. } in record.groups {
            let Some(group) = Group::ALL.into_iter().find(|group| group.name() == name) else {
                return Err(ReadError::Unknown(name));
            };
            for ItemRecord { name, cases, .. } in items {
                let item = Item { group, name };
                if !all().contains(&item) {
                    return Err(ReadError::Unknown(item.name));
                }
                read.reached.insert(item, cases);
            }
        }
        Ok(read)
    }
}

impl ItemRecord {
    fn of(item: &Item, reached: Reached) -> Self {
        let name = item.name.clone();
        match reached {
            Reached::By(cases) => Self { name, cases, hint: None, unreachable: None },
            Reached::Not => Self { name, cases: 0, hint: Some(hint(item)), unreachable: None },
            Reached::Unreachable(why) => {
                Self { name, cases: 0, hint: None, unreachable: Some(why.to_owned()) }
            }
        }
    }
}
