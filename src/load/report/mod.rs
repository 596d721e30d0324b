//! Reports of load runs, each made of the run alone: the same from a run that has just ended and from a run file.

mod html;
mod json;
mod odds;
mod plot;
mod text;

use super::run::Run;
use crate::report::Kind;

pub use text::{took, write as text};

/// Makes a report of a run, or says why it could not be made.
pub type Writer = fn(&Run) -> Result<String, String>;

/// Every kind of report of a load run.
pub const KINDS: &[Kind<Writer>] = &[
    Kind {
        name: "run",
        ending: "run",
        doc: "all data, for `attendant report` and `attendant compare`",
        writer: |run| run.write().map_err(|error| error.to_string()),
    },
    Kind {
        name: "json",
        ending: "json",
        doc: "the figures, for programs",
        writer: |run| Ok(json::write(run)),
    },
    Kind {
        name: "html",
        ending: "html",
        doc: "the figures and their curves, as one page",
        writer: |run| html::write(run, false),
    },
    Kind {
        name: "text",
        ending: "txt",
        doc: "what the terminal shows",
        writer: |run| Ok(text::write(run, false)),
    },
];

/// The page of a run that goes on: as the report, as far as it is.
///
/// # Errors
/// It could not be made; the text says why.
pub fn wall(run: &Run) -> Result<String, String> {
    html::write(run, true)
}
