//! `attendant completions`: what a shell needs to complete the command line. The shell asks the program itself, so that
//! users are completed too.

use std::ffi::{OsStr, OsString};
use std::io::Write as _;

use clap::CommandFactory as _;
use clap_complete::Shell;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::{CompleteEnv, Shells};

use super::configured::Configured;
use super::exit::{CliError, Exit};
use super::opened::Opened;
use super::screen::{ColorChoice, Screen};

const EXAMPLES: &str = "\
Examples:
  attendant completions bash \\
      > ~/.local/share/bash-completion/completions/attendant
  attendant completions fish > ~/.config/fish/completions/attendant.fish

User names are completed too, from the directory of the command line or the configuration, if it exists.";

/// The environment variable with which a shell requests completions.
const ASKS: &str = "ATTENDANT_COMPLETE";

/// How many users are offered.
const USERS_MAX: usize = 100;

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let shells = Shells::builtins();
        let name = self.shell.to_string();
        let unknown = || CliError::bad(format!("error: completions are not available for {name}"));
        let shell = shells.completer(&name).ok_or_else(unknown)?;
        let mut script = Vec::new();
        shell.write_registration(ASKS, "attendant", "attendant", "attendant", &mut script)?;
        let mut out = screen.out();
        out.write_all(&script)?;
        out.flush()?;
        Ok(Exit::Success)
    }
}

/// Answers a shell's request for completions and ends the program; does nothing if there is none.
pub(super) fn answer() {
    CompleteEnv::with_factory(super::Args::command).var(ASKS).complete();
}

/// Completes an argument with the names of users.
pub(super) fn users() -> ArgValueCompleter {
    ArgValueCompleter::new(|begun: &OsStr| {
        let begun = begun.to_str().unwrap_or_default();
        found(begun).unwrap_or_default().into_iter().map(CompletionCandidate::new).collect()
    })
}

/// Returns the users whose names start with this, from the directory that the words typed so far name; none if it does
/// not exist.
fn found(begun: &str) -> Option<Vec<String>> {
    let words: Vec<OsString> = std::env::args_os().collect();
    let place = Configured::of_words(&words);
    let config = place.look(&Screen::new(ColorChoice::Never, false)).ok()?;
    Some(Opened::existing(config)?.users_beginning(begun, USERS_MAX))
}
