//! Lines of a terminal's width.

use std::io::{self, Write};

/// Breaks lines that are longer than a terminal is wide between words, so that the terminal breaks none within one.
#[derive(Debug)]
pub(super) struct Wrapping<W: Write> {
    out: W,
    width: usize,
    /// The line that is not complete.
    line: Vec<u8>,
}

impl<W: Write> Wrapping<W> {
    /// Writes lines of at most so many columns.
    pub(super) fn new(out: W, width: usize) -> Self {
        Self { out, width, line: Vec::new() }
    }
}

impl<W: Write> Write for Wrapping<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.line.extend_from_slice(bytes);
        let Some(end) = self.line.iter().rposition(|byte| *byte == b'\n') else { return Ok(bytes.len()) };
        let rest = self.line.split_off(end + 1);
        let complete = std::mem::replace(&mut self.line, rest);
        for line in String::from_utf8_lossy(&complete).lines() {
            writeln!(self.out, "{}", folded(line, self.width))?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let rest = std::mem::take(&mut self.line);
        self.out.write_all(folded(&String::from_utf8_lossy(&rest), self.width).as_bytes())?;
        self.out.flush()
    }
}

impl<W: Write> Drop for Wrapping<W> {
    fn drop(&mut self) {
        // What matters was flushed, with its errors.
        let _unflushed = self.flush();
    }
}

/// A line in lines of at most so many columns. Those behind the first begin below its last column, if that has room.
pub(super) fn folded(line: &str, width: usize) -> String {
    if columns(line) <= width {
        return line.to_owned();
    }
    let indent = indent(line, width);
    let (mut folded, mut column, mut is_first) = (String::new(), 0, true);
    for (gap, word) in words(line) {
        let needed = columns(word);
        if !is_first && column + gap.len() + needed > width {
            // A word that has room further left stands there.
            column = indent.min(width.saturating_sub(needed));
            folded.push('\n');
            folded.push_str(&" ".repeat(column));
        } else {
            folded.push_str(gap);
            column += gap.len();
        }
        folded.push_str(word);
        column += needed;
        is_first = false;
    }
    folded
}

/// Words with the blanks before each.
fn words(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = line;
    std::iter::from_fn(move || {
        let word = rest.find(|c: char| c != ' ')?;
        let end = rest[word..].find(' ').map_or(rest.len(), |length| word + length);
        let (all, behind) = rest.split_at(end);
        rest = behind;
        Some(all.split_at(word))
    })
}

/// Where lines behind the first begin: below the last column of the first half, or two blanks in.
fn indent(line: &str, width: usize) -> usize {
    let (mut column, mut indent) = (0, None);
    for (gap, word) in words(line) {
        column += gap.len();
        if gap.len() > 1 && column > gap.len() && column <= width / 2 {
            indent = Some(column);
        }
        column += columns(word);
    }
    let leading = line.len() - line.trim_start_matches(' ').len();
    indent.unwrap_or((leading + 2).min(width / 2))
}

/// The width of a text on a terminal: colours take no room.
pub(super) fn columns(text: &str) -> usize {
    let (mut columns, mut in_colour) = (0, false);
    for c in text.chars() {
        match c {
            '\x1b' => in_colour = true,
            'm' if in_colour => in_colour = false,
            _ if in_colour => {}
            _ => columns += 1,
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_goes_on_below_its_last_column() {
        assert_eq!(
            folded("many-small    Small meetings start all the time", 32),
            "many-small    Small meetings\n              start all the time"
        );
        assert_eq!(folded("ok    short", 30), "ok    short");
        assert_eq!(folded("  error: all of it is wrong", 16), "  error: all of\n    it is wrong");
    }

    #[test]
    fn no_word_is_broken_and_colours_take_no_room() {
        assert_eq!(folded("a   b c-word-of-sixteen", 16), "a   b\nc-word-of-sixteen");
        assert_eq!(
            folded("see /a/very/long/path/of/a/file now", 10),
            "see\n/a/very/long/path/of/a/file\n  now"
        );
        assert_eq!(folded("\x1b[32mok\x1b[0m  twelve letter", 18), "\x1b[32mok\x1b[0m  twelve letter");
        assert_eq!(folded("\x1b[32mok\x1b[0m  twelve letters", 16), "\x1b[32mok\x1b[0m  twelve\n    letters");
    }

    #[test]
    fn lines_are_folded_however_they_are_written() {
        let mut out = Vec::new();
        let mut wrapping = Wrapping::new(&mut out, 12);
        for piece in ["one two", " three four\nfi", "ve\n", "six seven eight"] {
            wrapping.write_all(piece.as_bytes()).unwrap();
        }
        drop(wrapping);
        assert_eq!(String::from_utf8(out).unwrap(), "one two\n  three four\nfive\nsix seven\n  eight");
    }
}
