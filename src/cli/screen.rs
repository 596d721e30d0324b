//! The terminal, or its replacement: colours, standard output and standard error.

use std::io::{self, BufWriter, IsTerminal as _, Write};

use clap::ValueEnum;
use rustix::fs::{OFlags, fcntl_getfl};

use super::exit::{CliError, Exit};
use crate::report::Paint;

/// When there are colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The outputs of a command.
#[derive(Debug)]
pub(super) struct Screen {
    choice: ColorChoice,
    closed: bool,
}

impl Screen {
    /// `closed` tells whether standard output was closed when the program began.
    pub(super) fn new(choice: ColorChoice, closed: bool) -> Self {
        Self { choice, closed }
    }

    /// Returns whether standard output is a terminal.
    pub(super) fn is_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// The terminal's columns; nothing where standard output is not a terminal.
    pub(super) fn width(&self) -> Option<usize> {
        let (columns, _) = self.is_terminal().then(crossterm::terminal::size)?.ok()?;
        Some(usize::from(columns))
    }

    /// The colours of standard output.
    pub(super) fn paint(&self) -> Paint {
        self.paint_on(self.is_terminal())
    }

    fn paint_on(&self, terminal: bool) -> Paint {
        // https://no-color.org: set and not empty, whatever its value.
        let unwanted = || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let coloured = match self.choice {
            ColorChoice::Auto => terminal && !unwanted(),
            ColorChoice::Always => true,
            ColorChoice::Never => false,
        };
        Paint { coloured }
    }

    /// Returns whether messages on standard error are coloured.
    pub(super) fn paint_messages(&self) -> Paint {
        self.paint_on(io::stderr().is_terminal())
    }

    /// Standard output: line by line on a terminal, in larger pieces otherwise.
    pub(super) fn out(&self) -> Box<dyn Write> {
        let stdout = io::stdout();
        if self.is_terminal() { Box::new(stdout) } else { Box::new(BufWriter::new(stdout)) }
    }

    /// Refuses an output that takes nothing: a command would do what it shall, and nobody would see the PIN or the token that it
    /// shows once. A full disk behind it is seen when something is written.
    pub(super) fn can_be_written(&self) -> io::Result<()> {
        let is_read_only =
            || Ok::<_, io::Error>(fcntl_getfl(io::stdout())? & OFlags::RWMODE == OFlags::RDONLY);
        if self.closed || is_read_only()? {
            return Err(io::Error::other("it is closed; use `>/dev/null` to discard the output"));
        }
        Ok(())
    }

    /// Says something beside the output. Where standard error is gone, there is nobody to tell.
    pub(super) fn say(&self, message: &str) {
        let _nobody_to_tell = writeln!(io::stderr(), "{message}");
    }

    /// Prints why a command could not be carried out, and returns the exit code.
    pub(super) fn tell(&self, failure: &CliError) -> Exit {
        let exit = match failure {
            CliError::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => return Exit::BrokenPipe,
            CliError::Output(_) => Exit::Bad,
            CliError::Message(exit, _) => *exit,
        };
        self.say(&failure.to_string());
        exit
    }
}
