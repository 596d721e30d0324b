//! `attendant shell`: cmdlets one after the other, at a terminal with editing, completion and a history, or from a
//! file.

mod typing;

use std::io::{self, BufRead, BufReader, IsTerminal as _, Read as _};

use super::admin_session::{AdminSession, Manner};
use super::cmdlet::{carry_out, ordered};
use super::configured::Configured;
use super::exit::{CliError, Exit};
use super::screen::Screen;
use crate::admin::cmdlet::{COMMAND_MAX, goes_on};
use typing::Typing;

const EXAMPLES: &str = "\
Examples:
  attendant shell
  attendant shell < cmdlets.txt

At a terminal, Tab completes cmdlets, parameters, values and users; the history is saved with every digit string masked \
that could be a PIN. `Get-Command` lists the cmdlets, `Get-Help NAME` explains one, `exit` or ctrl-D quits. In a file, \
each line is a cmdlet; end a line with a backtick to continue it. After an error the next cmdlet is run, and the exit \
code is that of the first that failed.";

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Shell {
    #[command(flatten)]
    place: Configured,

    #[command(flatten)]
    manner: Manner,
}

/// Where lines come from.
trait Lines {
    /// Returns the next cmdlet, joined from continued lines; `None` at the end.
    fn next_command(&mut self) -> Result<Option<String>, CliError>;
}

impl Shell {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let session = self.place.open("shell", screen)?;
        if io::stdin().is_terminal() {
            screen.say("Cmdlets, one per line. `Get-Command` lists them, Tab completes, `exit` quits.");
            self.each(&mut Typing::new(&session, screen)?, &session, screen)?;
            return Ok(Exit::Success);
        }
        self.each(&mut Piped(BufReader::new(io::stdin())), &session, screen)
    }

    /// Runs each cmdlet and returns the exit code of the first that failed.
    fn each(
        &self,
        lines: &mut impl Lines,
        session: &AdminSession,
        screen: &Screen,
    ) -> Result<Exit, CliError> {
        let mut exit = Exit::Success;
        while let Some(text) = lines.next_command()? {
            if is_end(&text) {
                break;
            }
            let done = ordered(&text).and_then(|order| match order {
                Some(order) => carry_out(session, &order, self.manner.json, screen),
                None => Ok(Exit::Success),
            });
            match done {
                Ok(_) => {}
                Err(CliError::Output(error)) => return Err(CliError::Output(error)),
                Err(error @ CliError::Message(..)) => {
                    let failed = screen.tell(&error);
                    exit = if exit == Exit::Success { failed } else { exit };
                }
            }
        }
        Ok(exit)
    }
}

/// Returns whether a line ends the shell; a byte order mark and a `;` around the word are ignored.
fn is_end(line: &str) -> bool {
    let word = line.trim_start_matches('\u{feff}').trim().trim_end_matches(';').trim_end();
    word.eq_ignore_ascii_case("exit") || word.eq_ignore_ascii_case("quit")
}

/// Lines of a file or a pipe.
struct Piped<R>(BufReader<R>);

impl<R: io::Read> Lines for Piped<R> {
    fn next_command(&mut self) -> Result<Option<String>, CliError> {
        let mut text = String::new();
        loop {
            // One byte more than a cmdlet may have, so that it is refused and nothing is cut.
            let most = (COMMAND_MAX + 1).saturating_sub(text.len()) as u64;
            let read = (&mut self.0).take(most).read_line(&mut text);
            let read = read.map_err(|error| CliError::bad(format!("error: standard input: {error}")))?;
            if read == 0 || text.len() > COMMAND_MAX || !goes_on(text.trim_end_matches(['\n', '\r'])) {
                return Ok((!text.is_empty()).then_some(text));
            }
        }
    }
}
