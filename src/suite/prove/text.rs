//! The matrix for a terminal.

use std::fmt::Write as _;

use super::{Matrix, Row};
use crate::report::Paint;
use crate::report::wrap::wrapped;
use crate::scenario::collection::Suite;

/// How much is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Detail {
    /// What no case catches.
    Quiet,
    /// Of each fault, the first files that catch it.
    Some,
    /// All of them.
    All,
}

/// So many files are named for each fault.
const FILES_NAMED: usize = 3;

/// The columns of a page.
const COLUMNS: usize = 80;

/// Writes which files catch each fault, then the faults that none catches.
#[must_use]
pub fn text(matrix: &Matrix, suite: &Suite, detail: Detail, paint: Paint) -> String {
    let mut page = String::new();
    for row in matrix.rows.iter().filter(|row| !row.caught_by.is_empty() && detail != Detail::Quiet) {
        let _infallible = writeln!(page, "{}  {}", paint.good("caught"), row.fault.name);
        for line in wrapped(&caught_by(row, suite, detail), COLUMNS - 8) {
            let _infallible = writeln!(page, "        {}", paint.faint(&line));
        }
    }
    for fault in matrix.missed() {
        let _infallible = writeln!(page, "{}  {}", paint.bad("MISSED"), fault.name);
        for line in wrapped(fault.wrong, COLUMNS - 8) {
            let _infallible = writeln!(page, "        {line}");
        }
    }
    for place in &matrix.failing {
        let case = &suite.cases[*place];
        let told = format!("FAIL    {} fails without any fault, and proves nothing", case.story.name);
        let _infallible = writeln!(page, "{}", paint.bad(&told));
    }
    let count = |number: usize, what: &str| {
        if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
    };
    let missed = matrix.missed().count();
    let _infallible = writeln!(
        page,
        "{}: {} caught by {}, {missed} missed",
        count(matrix.rows.len(), "faulty bridge"),
        matrix.rows.len() - missed,
        count(matrix.cases.len(), "case")
    );
    page
}

/// `2 cases in scenarios/pin/a.yaml, scenarios/pin/b.yaml`.
fn caught_by(row: &Row, suite: &Suite, detail: Detail) -> String {
    let files = row.files(suite);
    let named = if detail == Detail::All { files.len() } else { FILES_NAMED.min(files.len()) };
    let more = match files.len() - named {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let cases =
        if row.caught_by.len() == 1 { "1 case".to_owned() } else { format!("{} cases", row.caught_by.len()) };
    format!("{cases} in {}{more}", files[..named].join(", "))
}
