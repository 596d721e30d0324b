//! The terminal, or its replacement: colours, standard output and standard error.

use std::ffi::OsString;
use std::io::{self, BufWriter, IsTerminal, Write};

use clap::ValueEnum;
use rustix::fs::{OFlags, fcntl_getfl, fstat};

use super::exit::{CliError, Exit};
use super::fold::{Wrapping, folded};
use crate::report::Paint;

/// When there are colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum ColorChoice {
    /// On a terminal, unless variables say otherwise
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Returns whether colours are wanted or not, whatever the output; `None` where a terminal gets them. `NO_COLOR`
/// (<https://no-color.org>) is stronger than `FORCE_COLOR` (<https://force-color.org>) and `CLICOLOR_FORCE`
/// (<https://bixense.com/clicolors>), these than `CLICOLOR=0` and a terminal that has none.
fn wanted(choice: ColorChoice, variable: impl Fn(&str) -> Option<OsString>) -> Option<bool> {
    let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
    let is = |name, expected: &str| variable(name).is_some_and(|value| value == expected);
    match choice {
        ColorChoice::Always => Some(true),
        ColorChoice::Never => Some(false),
        ColorChoice::Auto if is_set("NO_COLOR") => Some(false),
        ColorChoice::Auto if is_set("FORCE_COLOR") && !is("FORCE_COLOR", "0") => Some(true),
        ColorChoice::Auto if is_set("CLICOLOR_FORCE") && !is("CLICOLOR_FORCE", "0") => Some(true),
        ColorChoice::Auto if is("CLICOLOR", "0") || is("TERM", "dumb") => Some(false),
        ColorChoice::Auto => None,
    }
}

/// Returns when help and errors of arguments have colours: `--color` is looked for where it was not read yet.
pub(super) fn colours_of_clap() -> clap::ColorChoice {
    let words: Vec<_> = std::env::args_os().filter_map(|word| word.into_string().ok()).collect();
    let after = words
        .iter()
        .zip(words.iter().skip(1))
        .find(|(word, _)| *word == "--color")
        .map(|(_, value)| value.as_str());
    let value = words.iter().find_map(|word| word.strip_prefix("--color=")).or(after);
    let choice =
        value.and_then(|value| ColorChoice::from_str(value, false).ok()).unwrap_or(ColorChoice::Auto);
    match wanted(choice, |name| std::env::var_os(name)) {
        Some(true) => clap::ColorChoice::Always,
        Some(false) => clap::ColorChoice::Never,
        None => clap::ColorChoice::Auto,
    }
}

/// The outputs of a command.
#[derive(Debug)]
pub(super) struct Screen {
    choice: ColorChoice,
    closed: bool,
}

/// A terminal's columns; nothing where this is none, or one that does not know its size and says 0.
fn width_of(stream: &impl IsTerminal) -> Option<usize> {
    let (columns, _) = stream.is_terminal().then(crossterm::terminal::size)?.ok()?;
    (columns > 0).then_some(usize::from(columns))
}

/// The columns of the terminal that is standard output; nothing where that is none.
pub(super) fn width() -> Option<usize> {
    width_of(&io::stdout())
}

/// Returns whether a message quotes a file, with a caret below what it is about: its lines stay as they are.
fn quotes(message: &str) -> bool {
    message
        .lines()
        .any(|line| line.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit()).starts_with('|'))
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
        width()
    }

    /// The colours of standard output.
    pub(super) fn paint(&self) -> Paint {
        self.paint_on(self.is_terminal())
    }

    fn paint_on(&self, terminal: bool) -> Paint {
        let wanted = wanted(self.choice, |name| std::env::var_os(name));
        Paint { coloured: wanted.unwrap_or(terminal) }
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

    /// Standard output for people: on a terminal, lines that are too wide are broken between words.
    pub(super) fn page(&self) -> Box<dyn Write> {
        match self.width() {
            Some(width) => Box::new(Wrapping::new(io::stdout(), width)),
            None => self.out(),
        }
    }

    /// The same, unless programs read it.
    pub(super) fn page_unless(&self, json: bool) -> Box<dyn Write> {
        if json { self.out() } else { self.page() }
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

    /// Returns whether standard output goes to systemd's journal, which keeps it for all who may read the journal
    /// (systemd.exec(5), `JOURNAL_STREAM`: device and inode of the stream).
    pub(super) fn is_kept_in_journal(&self) -> bool {
        let Ok(journal) = std::env::var("JOURNAL_STREAM") else { return false };
        fstat(io::stdout()).is_ok_and(|output| journal == format!("{}:{}", output.st_dev, output.st_ino))
    }

    /// Says something beside the output. Where standard error is gone, there is nobody to tell. A message of several lines
    /// has its own form.
    pub(super) fn say(&self, message: &str) {
        let message = match width_of(&io::stderr()) {
            Some(columns) if !quotes(message) => {
                message.lines().map(|line| folded(line, columns)).collect::<Vec<_>>().join("\n")
            }
            Some(_) | None => message.to_owned(),
        };
        let _nobody_to_tell = writeln!(io::stderr(), "{message}");
    }

    /// Says that a file was written.
    pub(super) fn wrote(&self, path: impl std::fmt::Display) {
        self.say(&format!("wrote {path}"));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_and_the_option_decide_on_colours() {
        use ColorChoice::{Always, Auto, Never};
        for (choice, variables, expected) in [
            (Auto, &[][..], None),
            (Auto, &[("NO_COLOR", "1")], Some(false)),
            (Auto, &[("NO_COLOR", "")], None),
            (Auto, &[("FORCE_COLOR", "1")], Some(true)),
            (Auto, &[("FORCE_COLOR", "0")], None),
            (Auto, &[("CLICOLOR_FORCE", "1"), ("TERM", "dumb")], Some(true)),
            (Auto, &[("CLICOLOR_FORCE", "0")], None),
            (Auto, &[("NO_COLOR", "1"), ("FORCE_COLOR", "1"), ("CLICOLOR_FORCE", "1")], Some(false)),
            (Auto, &[("CLICOLOR", "0")], Some(false)),
            (Auto, &[("TERM", "dumb")], Some(false)),
            (Always, &[("NO_COLOR", "1")], Some(true)),
            (Never, &[("FORCE_COLOR", "1")], Some(false)),
        ] {
            let value = |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| OsString::from(value))
            };
            assert_eq!(wanted(choice, value), expected, "{choice:?} {variables:?}");
        }
    }
}
