//! `attendant words`: the vocabulary of scenarios.

use std::io::Write as _;

use super::exit::{CliError, Exit};
use super::screen::Screen;
use crate::report::Paint;
use crate::report::wrap::wrapped;
use crate::scenario::catalogue::{Group, Word, groups, matching, suggestion};

const EXAMPLES: &str = "\
Examples:
  attendant words                 # every word, by group
  attendant words settings        # one group
  attendant words lobby           # every word that has to do with it

Exit code 4 if there is no such word; the closest one is suggested.";

/// The widest column of words on a terminal; a longer word has a line of its own.
const COLUMN_MAX: usize = 26;

/// The widest value that shares a line with its meaning.
const BESIDE_MAX: usize = 16;

/// The narrowest column of meanings, however narrow the terminal is.
const MEANING_MIN: usize = 20;

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct WordsArgs {
    /// A word, a part of one, or a group; all words if not given
    query: Vec<String>,
}

impl WordsArgs {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let query = self.query.join(" ");
        let found = if query.is_empty() { groups() } else { matching(&query) };
        if found.is_empty() {
            return Err(CliError::Message(Exit::Nothing, unknown(&query)));
        }
        let (mut out, paint, width) = (screen.out(), screen.paint(), screen.width());
        for (number, group) in found.iter().enumerate() {
            let gap = if number == 0 { "" } else { "\n" };
            write!(out, "{gap}{}", written(group, paint, width))?;
        }
        out.flush()?;
        Ok(Exit::Success)
    }
}

fn unknown(query: &str) -> String {
    let help = suggestion(query).unwrap_or_else(|| "`attendant words` prints all words".to_owned());
    format!("error: unknown word `{query}`\n  help: {help}")
}

/// A group as lines of at most `width` columns; without a width each word shares one line with its meaning.
fn written(group: &Group, paint: Paint, width: Option<usize>) -> String {
    let widest = |of: fn(&Word) -> &str| group.words.iter().map(|word| of(word).chars().count()).max();
    let column = widest(|word| &word.word).unwrap_or(0).min(width.map_or(usize::MAX, |_| COLUMN_MAX));
    let beside = widest(|word| &word.beside).unwrap_or(0).min(width.map_or(usize::MAX, |_| BESIDE_MAX));
    let indent = 2 + column + 2 + if beside == 0 { 0 } else { beside + 2 };
    let room = width.map_or(usize::MAX, |width| width.saturating_sub(indent).max(MEANING_MIN));
    let mut text = format!("{}\n", paint.strong(group.name));
    for part in
        wrapped(&group.place.replace('`', ""), width.map_or(usize::MAX, |width| width.saturating_sub(2)))
    {
        text += &format!("  {}\n", paint.faint(&part));
    }
    for Word { word, beside: value, meaning } in &group.words {
        let mut line = format!("  {word:column$}");
        if word.chars().count() > column {
            text += &format!("{line}\n");
            line = " ".repeat(2 + column);
        }
        if value.chars().count() > beside {
            text += &format!("{line}  {value}\n");
            line = " ".repeat(indent - 2);
        } else if beside > 0 {
            line += &format!("  {value:beside$}");
        }
        for (number, part) in wrapped(&meaning.replace('`', ""), room).iter().enumerate() {
            let start = if number == 0 { format!("{line}  ") } else { " ".repeat(indent) };
            text += &format!("{start}{part}\n");
        }
    }
    text
}
