//! `attendant truth-table`: what a caller gets in every combination, played on the spot.

use std::io::Write as _;

use clap::ValueEnum;

use super::exit::{CliError, Exit};
use super::profile::{find, named_or_path, profile_names};
use super::screen::Screen;
use crate::control::policy::Profile;
use crate::suite::truth_table::{self, LEFT_OUT};

const EXAMPLES: &str = "\
Examples:
  attendant truth-table
  attendant truth-table --profile teams-2021 --format csv > teams.csv
  attendant truth-table --diff sfbo-2017 confbridge --filter 'has left'
  attendant truth-table --profile ./our-bridge.yaml --filter locked
  attendant truth-table --profiles > docs/profiles.md
  attendant truth-table --profiles our-bridge.yaml > our-bridge.md

Each row is played as a story: the meeting is brought into its state, the caller dials, keys the conference ID, and \
gives the PIN as soon as possible. Impossible combinations are left out: a client app that gives a PIN, a locked \
meeting that has not started.";

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct TruthTable {
    /// The behaviour profile: a built-in one, or a file
    #[arg(long, value_name = "PROFILE", default_value = Profile::DEFAULT, value_parser = named_or_path, add = profile_names())]
    profile: String,

    /// Only the rows in which these two profiles differ, with both answers
    #[arg(long, num_args = 2, value_names = ["PROFILE", "PROFILE"], value_parser = named_or_path, add = profile_names(), conflicts_with = "profile")]
    diff: Option<Vec<String>>,

    /// Only rows with this text in one of the first four columns
    #[arg(long, short, value_name = "WORDS", default_value = "", hide_default_value = true)]
    filter: String,

    /// The output format
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,

    /// Print the page about all built-in profiles, or about these, in Markdown: settings, sources, and differences from the
    /// default
    #[arg(long, value_name = "PROFILE", num_args = 0.., value_parser = named_or_path, add = profile_names(), conflicts_with_all = ["profile", "diff", "format", "filter"])]
    profiles: Option<Vec<String>>,
}

/// How a table is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Format {
    /// Aligned columns
    Table,
    /// A Markdown table
    Markdown,
    /// Comma-separated values
    Csv,
}

impl TruthTable {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let format = match self.format {
            Format::Table => truth_table::Format::Table(screen.paint(), screen.width()),
            Format::Markdown => truth_table::Format::Markdown,
            Format::Csv => truth_table::Format::Csv,
        };
        let (text, is_table) = match self.diff.as_deref() {
            _ if self.profiles.is_some() => {
                let own = self.profiles.iter().flatten().map(|name| find(name, screen));
                (truth_table::page(&own.collect::<Result<Vec<_>, _>>()?), false)
            }
            Some([first, second]) => {
                let (first, second) = (find(first, screen)?, find(second, screen)?);
                match truth_table::diff([&first, &second], format, &self.filter) {
                    Some(text) => (text, true),
                    None if !self.filter.is_empty() => {
                        let row = format!(
                            "error: {} and {} do not differ in any row with",
                            first.name, second.name
                        );
                        return Err(CliError::Message(Exit::Nothing, format!("{row} {}", self.words())));
                    }
                    None => (format!("{} and {} do not differ\n", first.name, second.name), false),
                }
            }
            Some(_) => return Err(CliError::bad("error: --diff takes two profiles")),
            None => {
                let rows = truth_table::rows(&find(&self.profile, screen)?);
                let no_row = || format!("error: no row matches {}", self.words());
                let text = truth_table::table(&rows, format, &self.filter);
                (text.ok_or_else(|| CliError::Message(Exit::Nothing, no_row()))?, true)
            }
        };
        let mut out = screen.page_unless(self.format != Format::Table || !is_table);
        out.write_all(text.as_bytes())?;
        if self.format == Format::Table && is_table {
            writeln!(out, "\n{}", screen.paint().faint(LEFT_OUT))?;
        }
        out.flush()?;
        Ok(Exit::Success)
    }

    fn words(&self) -> String {
        format!("the words `{}` in its first four columns", self.filter)
    }
}
