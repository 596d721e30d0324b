//! `attendant schema`: the JSON Schemas of what the program reads and writes.

use std::io::Write as _;

use clap::ValueEnum;

use super::exit::{CliError, Exit};
use super::screen::Screen;
use crate::report::json;

const EXAMPLES: &str = "\
Examples:
  attendant schema > scenarios/schema.json
  attendant schema report > docs/report.schema.json
  attendant schema target > docs/targets/schema.json
  attendant schema profile > docs/profiles/schema.json

An editor with a YAML language server finds it by the first line of a scenario file:
  # yaml-language-server: $schema=schema.json";

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct SchemaArgs {
    /// The files that the schema is for
    #[arg(default_value = "scenario")]
    of: Of,
}

/// The files that a schema is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Of {
    /// Scenario files
    Scenario,
    /// Each line of `replay --report json=FILE`
    Report,
    /// Target files
    Target,
    /// Profile files
    Profile,
}

impl SchemaArgs {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let text = match self.of {
            Of::Scenario => crate::scenario::schema::schema(),
            Of::Report => json::schema(),
            Of::Target => crate::scenario::targets::schema(),
            Of::Profile => crate::scenario::profiles::schema(),
        };
        let mut out = screen.out();
        out.write_all(text.as_bytes())?;
        out.flush()?;
        Ok(Exit::Success)
    }
}
