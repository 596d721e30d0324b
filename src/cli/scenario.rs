//! `attendant scenario`: scenarios made of what has happened.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use super::exit::{CliError, Exit};
use super::screen::Screen;
use super::step::{saved_case, saved_run};
use crate::suite::session::Recorded;

const EXAMPLES: &str = "\
Examples:
  attendant replay scenarios --report json=run.jsonl
  attendant scenario from-events run.jsonl --case music
  attendant scenario from-events run.jsonl --case music --output again.yaml";

/// The command's arguments.
#[derive(Debug, clap::Args)]
pub(super) struct ScenarioArgs {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, clap::Subcommand)]
enum Act {
    /// Write the calls of a saved run as a scenario, and replay it
    FromEvents(FromEvents),
}

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
struct FromEvents {
    /// A run that `replay --report json=FILE` saved, or the events.jsonl of a folder of `replay --output-dir`
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The case with this text in its name
    #[arg(long, short, value_name = "NAME")]
    case: Option<String>,

    /// Write the scenario to this file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl ScenarioArgs {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        match &self.act {
            Act::FromEvents(from_events) => from_events.run(screen),
        }
    }
}

impl FromEvents {
    fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let shown = self.file.display();
        let wrong = |what: &str| CliError::bad(format!("error: {shown}: {what}"));
        if let Err(error) = fs::File::open(&self.file) {
            return Err(wrong(&format!("cannot be read: {error}")));
        }
        let cases = saved_run(&self.file)?
            .ok_or_else(|| wrong("expected a run that `replay --report json=FILE` saved"))?;
        let case = saved_case(&cases, self.case.as_deref())?;
        let recorded = Recorded::of(case).map_err(|why| wrong(&why))?;
        let scenario = recorded.scenario();
        match &self.output {
            Some(path) => fs::write(path, &scenario.text).map_err(|error| {
                CliError::bad(format!("error: {} cannot be written: {error}", path.display()))
            })?,
            None => {
                let mut out = screen.out();
                out.write_all(scenario.text.as_bytes())?;
                out.flush()?;
            }
        }
        Ok(match &scenario.parts {
            None => {
                screen.say("the scenario passes when it is replayed");
                Exit::Success
            }
            Some(parts) => {
                screen.say(&format!("the scenario fails when it is replayed: {parts}"));
                Exit::Failed
            }
        })
    }
}
