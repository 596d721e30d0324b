//! Lines that are typed at a terminal.
//!
//! The history keeps a line only after every row of digits in it was masked that could be a PIN: in the file, and in
//! what the arrow keys bring back.

use std::fs;
use std::path::PathBuf;

use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Config, Context, Editor, Helper};

use super::super::admin_session::AdminSession;
use super::super::exit::CliError;
use super::super::screen::Screen;
use super::Lines;
use crate::admin::cmdlet::complete::complete;
use crate::admin::cmdlet::goes_on;
use crate::admin::cmdlet::mask::mask;
use crate::config::Folders;

/// The name of the history in the folder of what the program keeps.
const HISTORY: &str = "shell-history";

/// Lines that are kept.
const HISTORY_LINES: usize = 1_000;

/// How many users are offered.
const USERS_MAX: usize = 50;

const PROMPT: &str = "attendant> ";

/// A terminal at which somebody types.
pub(super) struct Typing<'d> {
    editor: Editor<Helped<'d>, FileHistory>,
    history: PathBuf,
    screen: &'d Screen,
}

impl<'d> Typing<'d> {
    pub(super) fn new(session: &'d AdminSession, screen: &'d Screen) -> Result<Self, CliError> {
        let config = Config::builder()
            .completion_type(CompletionType::List)
            .auto_add_history(false)
            .max_history_size(HISTORY_LINES)
            .map_err(unusable)?
            .build();
        let mut editor = Editor::with_config(config).map_err(unusable)?;
        editor.set_helper(Some(Helped { session }));
        let history = Folders::of_this_user().data.join(HISTORY);
        // The first shell of a user finds none.
        let _none_yet = editor.load_history(&history);
        Ok(Self { editor, history, screen })
    }

    /// Saves a line to the history, masked. If that fails, a note is printed and the line is run all the same.
    fn keep(&mut self, line: &str) {
        let kept = mask(line);
        let folder = self.history.parent().map_or(Ok(()), fs::create_dir_all);
        let written = folder.map_err(ReadlineError::from).and_then(|()| {
            if self.editor.add_history_entry(kept)? {
                self.editor.append_history(&self.history)
            } else {
                Ok(())
            }
        });
        if let Err(error) = written {
            self.screen.say(&format!("note: the history was not saved: {}: {error}", self.history.display()));
        }
    }
}

impl Lines for Typing<'_> {
    fn next_command(&mut self) -> Result<Option<String>, CliError> {
        loop {
            match self.editor.readline(PROMPT) {
                Ok(line) if line.trim().is_empty() => {}
                Ok(line) => {
                    self.keep(&line);
                    return Ok(Some(line));
                }
                // Ctrl-C gives the line up, and not the shell.
                Err(ReadlineError::Interrupted) => {}
                Err(ReadlineError::Eof) => return Ok(None),
                Err(error) => return Err(unusable(error)),
            }
        }
    }
}

fn unusable(error: ReadlineError) -> CliError {
    CliError::bad(format!("error: the terminal cannot be read: {error}"))
}

/// Completion and history while a line is typed.
struct Helped<'d> {
    session: &'d AdminSession,
}

impl Completer for Helped<'_> {
    type Candidate = String;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        let before = line.get(..at).unwrap_or(line);
        let found = complete(before, |begun| self.session.opened.users_beginning(begun, USERS_MAX));
        Ok((found.start, found.candidates))
    }
}

impl Validator for Helped<'_> {
    /// A backtick at the end, or an open quote, goes on in the next line.
    fn validate(&self, typed: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let more = goes_on(typed.input());
        Ok(if more { ValidationResult::Incomplete } else { ValidationResult::Valid(None) })
    }
}

impl Hinter for Helped<'_> {
    type Hint = String;
}

impl Highlighter for Helped<'_> {}

impl Helper for Helped<'_> {}
