//! `attendant why`: why a caller waited, was let in or turned away.

use std::io::Write as _;
use std::path::PathBuf;

use super::exit::{CliError, Exit};
use super::one_case::{Given, file_and_line, play};
use super::screen::Screen;
use crate::play::{CaseRun, Outcome};
use crate::report::why::why;
use crate::report::{CaseResult, Paint};
use crate::suggest::suggest;

const EXAMPLES: &str = "\
Examples:
  attendant why scenarios/pin/wrong-then-right.yaml
  attendant why scenarios/pin/doubled-star.yaml pat
  attendant why scenarios/pin/generated-lengths.yaml amos --case length=6";

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Why {
    /// A scenario file
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Only this caller; all of them if none is named
    #[arg(value_name = "CALLER")]
    caller: Option<String>,

    /// The case with this text in its name
    #[arg(long, short, value_name = "NAME")]
    case: Option<String>,

    /// The seed; if not given, the file's, or 1
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    #[command(flatten)]
    given: Given,
}

impl Why {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let (file, _) = file_and_line(&self.file);
        let (suite, place) = self.given.one_case(&file, self.case.as_deref(), screen)?;
        let outcome = play(&suite, place, self.seed);
        let result = CaseResult { suite: &suite, case: &suite.cases[place], outcome: &outcome };
        let run = match &outcome {
            Outcome::Played(run) => run,
            Outcome::NotBuilt => {
                let told = format!("not implemented: {}", result.not_built());
                return Err(CliError::Message(Exit::NotBuilt, told));
            }
            Outcome::Skipped(why) => return Err(CliError::Message(Exit::Nothing, format!("skipped: {why}"))),
            Outcome::Unreachable(why) => {
                return Err(CliError::Message(Exit::NotBuilt, format!("error: {why}")));
            }
        };
        let told = self.told(&result, run, screen.paint())?;
        let mut out = screen.page();
        out.write_all(told.as_bytes())?;
        out.flush()?;
        Ok(if outcome.failed() { Exit::Failed } else { Exit::Success })
    }

    fn told(&self, result: &CaseResult<'_>, run: &CaseRun, paint: Paint) -> Result<String, CliError> {
        let story = result.story();
        let names = || story.cast.roles.iter().map(|role| role.name.as_str());
        if let Some(wanted) = &self.caller
            && !names().any(|name| name == wanted)
        {
            let hint = suggest(wanted, names())
                .unwrap_or_else(|| format!("there are {}", names().collect::<Vec<_>>().join(", ")));
            return Err(CliError::bad(format!("error: no caller is called `{wanted}`: {hint}")));
        }
        let mut text = format!("{}\n", paint.strong(&story.name));
        let roles = (0..).zip(names());
        for (part, name) in
            roles.filter(|(_, name)| self.caller.as_deref().is_none_or(|wanted| wanted == *name))
        {
            let reasons = why(story, &run.played.log, part);
            if reasons.is_empty() && self.caller.is_none() {
                continue;
            }
            text += &format!("\n{}\n", paint.strong(name));
            if reasons.is_empty() {
                text += "  the bridge decided nothing about this caller\n";
            }
            for reason in reasons {
                text += &format!("{:>9} s  {reason}\n", reason.at.to_string());
            }
        }
        Ok(text)
    }
}
