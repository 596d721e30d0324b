//! The table as text: for the screen, for a page, for a spreadsheet.

use std::sync::Arc;

use super::{Answer, Row, Situation};
use crate::control::policy::Profile;
use crate::report::Paint;

/// The format of a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Columns of equal width, its heading in this paint; where that is wider than so many columns, each row as a
    /// paragraph.
    Table(Paint, Option<usize>),
    /// A table of Markdown.
    Markdown,
    /// Comma-separated values (RFC 4180, with line feeds).
    Csv,
}

const SITUATION: [&str; 4] = ["meeting", "anonymous start", "passcode", "caller"];
const ANSWER: [&str; 4] = ["asked for", "gets", "hears finally", "participants hear"];

/// The rows with these words, next to each other in one column of their combination and in any case; `None` if there
/// is none.
#[must_use]
pub fn table(rows: &[Row], format: Format, filter: &str) -> Option<String> {
    let heading = SITUATION.iter().chain(&ANSWER).map(|cell| (*cell).to_owned()).collect();
    let row = |row: &Row| situation(row.situation).into_iter().chain(answer(&row.answer)).collect();
    let rows: Vec<Vec<String>> = rows.iter().filter(|row| has(row.situation, filter)).map(row).collect();
    (!rows.is_empty()).then(|| write(heading, rows, format))
}

/// The rows with these words in which two profiles part, and what each of them answers there; `None` if they do
/// nowhere.
#[must_use]
pub fn diff(profiles: [&Arc<Profile>; 2], format: Format, filter: &str) -> Option<String> {
    let rows = parted_rows(profiles.map(super::rows), filter);
    (!rows.is_empty()).then(|| write(diff_heading(profiles), rows, format))
}

/// The same for a page, with the rows of the first: combinations that part in the same way share a row.
pub(super) fn short_diff(profiles: [&Arc<Profile>; 2], first: &[Row]) -> Option<String> {
    const ANONYMOUS_START: usize = 1;
    const PASSCODE: usize = 2;
    const CALLER: usize = 3;
    let rows = shared(parted_rows([first.to_vec(), super::rows(profiles[1])], ""), CALLER, "; ");
    let rows = shared(rows, PASSCODE, " or ");
    let rows = shared(rows, ANONYMOUS_START, " or ");
    (!rows.is_empty()).then(|| write(diff_heading(profiles), rows, Format::Markdown))
}

/// Rows that differ in one column only, as one row at the place of the first.
fn shared(rows: Vec<Vec<String>>, column: usize, between: &str) -> Vec<Vec<String>> {
    let mut shared: Vec<Vec<String>> = Vec::new();
    for row in rows {
        let is_like = |other: &Vec<String>| (0..row.len()).all(|at| at == column || other[at] == row[at]);
        match shared.iter_mut().find(|other| is_like(other)) {
            Some(other) => other[column] = format!("{}{between}{}", other[column], row[column]),
            None => shared.push(row),
        }
    }
    shared
}

fn diff_heading(profiles: [&Arc<Profile>; 2]) -> Vec<String> {
    SITUATION
        .iter()
        .copied()
        .chain(profiles.map(|profile| profile.name.as_str()))
        .map(str::to_owned)
        .collect()
}

fn parted_rows([first, second]: [Vec<Row>; 2], filter: &str) -> Vec<Vec<String>> {
    let parted = first
        .iter()
        .zip(&second)
        .filter(|(one, other)| has(one.situation, filter) && one.answer != other.answer);
    parted
        .map(|(one, other)| {
            let both = [answer(&one.answer), answer(&other.answer)];
            let sides = [0, 1].map(|side: usize| parting(&both[side], &both[1 - side]));
            situation(one.situation).into_iter().chain(sides).collect()
        })
        .collect()
}

/// Returns a caller's answer, with everything that differs on the other side.
fn parting(one: &[String; 4], other: &[String; 4]) -> String {
    let [asked, gets, hears, told] = one;
    let mut parts = vec![gets.clone()];
    if one[0] != other[0] {
        parts.push(format!("asked for {asked}"));
    }
    if one[2] != other[2] {
        parts.push(format!("hears {hears}"));
    }
    if one[3] != other[3] {
        parts.push(format!("participants hear {told}"));
    }
    parts.join("; ")
}

/// Whole words: what is `on` is not the caller's phone.
fn has(combination: Situation, filter: &str) -> bool {
    let wanted = words(filter);
    let has = |cell: &String| words(cell).windows(wanted.len().max(1)).any(|words| words == wanted);
    filter.is_empty() || situation(combination).iter().any(has)
}

fn words(text: &str) -> Vec<String> {
    let ends = |c: char| !c.is_alphanumeric() && c != '\'';
    text.split(ends).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

fn situation(situation: Situation) -> [String; 4] {
    let anonymous_start = if situation.anonymous_start { "on" } else { "off" };
    let Situation { meeting, passcode, who, .. } = situation;
    [meeting.to_string(), anonymous_start.to_owned(), passcode.to_string(), who.to_string()]
}

fn answer(answer: &Answer) -> [String; 4] {
    let or_nothing = |text: String| if text.is_empty() { "nothing".to_owned() } else { text };
    let asked: Vec<String> = answer.asked.iter().map(ToString::to_string).collect();
    let (asked, told) = (or_nothing(asked.join(", ")), or_nothing(answer.told.join(", ")));
    [asked, answer.gets.to_string(), answer.hears.to_owned(), told]
}

pub(super) fn write(heading: Vec<String>, rows: Vec<Vec<String>>, format: Format) -> String {
    let marked = |cells: &[String]| format!("| {} |", cells.join(" | "));
    let separated = |cells: &[String]| cells.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",");
    let mut lines = Vec::new();
    match format {
        Format::Table(paint, most) => {
            let width = |column: usize| {
                let cells = rows.iter().chain([&heading]).filter_map(|row| row.get(column));
                cells.map(String::len).max().unwrap_or(0)
            };
            let widths: Vec<usize> = (0..heading.len()).map(width).collect();
            let padded = |cells: &[String]| {
                let cells = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
                cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
            };
            if most.is_some_and(|most| rows.iter().any(|row| padded(row).chars().count() > most)) {
                lines.extend(rows.iter().map(|row| paragraph(&heading, row, paint)));
            } else {
                lines.push(paint.strong(&padded(&heading)));
                lines.extend(rows.iter().map(|row| padded(row)));
            }
        }
        Format::Markdown => {
            lines.push(marked(&heading));
            lines.push(format!("|{}", " --- |".repeat(heading.len())));
            lines.extend(rows.iter().map(|row| marked(row)));
        }
        Format::Csv => {
            lines.push(separated(&heading));
            lines.extend(rows.iter().map(|row| separated(row)));
        }
    }
    lines.join("\n") + "\n"
}

/// A row in lines: its combination, then each answer after its heading.
fn paragraph(heading: &[String], row: &[String], paint: Paint) -> String {
    let (combination, answers) = row.split_at(SITUATION.len());
    let [meeting, anonymous_start, caller] = combination else { return row.join("  ") };
    let combination = format!("{meeting}, {} {anonymous_start}; {caller}", SITUATION[1]);
    let headings = &heading[SITUATION.len()..];
    let width = headings.iter().map(String::len).max().unwrap_or(0);
    let answers = headings.iter().zip(answers).map(|(word, answer)| format!("\n  {word:width$}  {answer}"));
    paint.strong(&combination) + &answers.collect::<String>()
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}
