//! The matrix as JSON.

use serde::Serialize;

use super::{CHAPTERS, Matrix, Row};
use crate::scenario::collection::Suite;

/// The number of the format; it changes when an older reader would not understand the file.
const FORMAT: u32 = 1;

#[derive(Serialize)]
struct Record<'a> {
    prove: u32,
    attendant: &'static str,
    faults: Vec<FaultRecord<'a>>,
    cases: Vec<CaseRecord<'a>>,
    failing: Vec<CaseRecord<'a>>,
}

#[derive(Serialize)]
struct FaultRecord<'a> {
    name: &'static str,
    chapter: &'static str,
    wrong: &'static str,
    caught_by: Vec<CaseRecord<'a>>,
}

#[derive(Serialize)]
struct CaseRecord<'a> {
    file: &'a str,
    name: &'a str,
}

/// Returns a matrix as JSON, with a line break at its end.
#[must_use]
pub fn to_json(matrix: &Matrix, suite: &Suite) -> String {
    let record = Record {
        prove: FORMAT,
        attendant: env!("CARGO_PKG_VERSION"),
        faults: matrix.rows.iter().map(|row| fault(row, suite)).collect(),
        cases: cases(&matrix.cases, suite),
        failing: cases(&matrix.failing, suite),
    };
    serde_json::to_string_pretty(&record).expect("names can be written") + "\n"
}

fn fault<'a>(row: &Row, suite: &'a Suite) -> FaultRecord<'a> {
    let is_its = |(_, faults): &&(&'static str, &[super::Fault])| {
        faults.iter().any(|fault| fault.name == row.fault.name)
    };
    FaultRecord {
        name: row.fault.name,
        chapter: CHAPTERS.iter().find(is_its).map_or("", |(title, _)| title),
        wrong: row.fault.wrong,
        caught_by: cases(&row.caught_by, suite),
    }
}

fn cases<'a>(places: &[usize], suite: &'a Suite) -> Vec<CaseRecord<'a>> {
    let case = |place: &usize| {
        let case = &suite.cases[*place];
        CaseRecord { file: &suite.file_of(case).path, name: &case.story.name }
    };
    places.iter().map(case).collect()
}
