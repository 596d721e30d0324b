//! Reports of load runs, each made of the run alone: the same from a run that has just ended and from a run file.

mod html;
mod json;
mod odds;
mod plot;
mod text;

use std::fmt;
use std::str::FromStr;

use super::run::Run;

pub use text::{took, write as text};

/// A kind of report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Everything that is known of the run: any report can be made of it again.
    Run,
    /// The figures, for programs.
    Json,
    /// The figures and how they came about, as one page.
    Html,
    /// The figures, for people.
    Text,
}

impl Kind {
    const ALL: [(Self, &'static str); 4] =
        [(Self::Run, "run"), (Self::Json, "json"), (Self::Html, "html"), (Self::Text, "text")];

    /// The report.
    ///
    /// # Errors
    /// It could not be made; the text says why.
    pub fn of(self, run: &Run) -> Result<String, String> {
        match self {
            Self::Run => run.write().map_err(|error| error.to_string()),
            Self::Json => Ok(json::write(run)),
            Self::Html => html::write(run, false),
            Self::Text => Ok(text::write(run, false)),
        }
    }
}

/// The page of a run that goes on: as the report, as far as it is.
///
/// # Errors
/// It could not be made; the text says why.
pub fn wall(run: &Run) -> Result<String, String> {
    html::write(run, true)
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|(_, name)| *name == text);
        let names = || Self::ALL.map(|(_, name)| name).join(", ");
        found
            .map(|(kind, _)| kind)
            .ok_or_else(|| format!("unknown report `{text}`: expected one of {}", names()))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ALL.into_iter().find(|(kind, _)| kind == self).map_or("", |(_, name)| name);
        f.write_str(name)
    }
}
