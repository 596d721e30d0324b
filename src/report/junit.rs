//! JUnit's XML, as build servers read it: a suite for each file.
//!
//! Real time is in no report, since two runs must give the same bytes: `time` is left out, and the virtual time
//! stands in the property `virtual_seconds`.

use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::failure::headline;
use super::{CaseResult, Paint, Report, Totals, screen};
use crate::play::Outcome;

/// Writes JUnit's XML once the run is over.
#[derive(Debug)]
pub struct Junit<W> {
    out: W,
    suites: Vec<TestSuite>,
}

impl<W: Write> Junit<W> {
    /// A report to there.
    pub fn new(out: W) -> Self {
        Self { out, suites: Vec::new() }
    }
}

impl<W: Write> Report for Junit<W> {
    fn case(&mut self, result: &CaseResult<'_>) -> io::Result<()> {
        let path = result.file().path.as_str();
        let status = match result.outcome {
            Outcome::NotBuilt => {
                let mut status = TestCaseStatus::skipped();
                status.set_message(format!("not implemented: {}", result.not_built()));
                status
            }
            Outcome::Skipped(reason) => {
                let mut status = TestCaseStatus::skipped();
                status.set_message(reason.as_str());
                status
            }
            Outcome::Played(run) if result.outcome.failed() => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_message(headline(result, run)).set_description(screen(result, Paint::PLAIN));
                status
            }
            Outcome::Played(_) => match result.outcome.failed_as_expected() {
                Some(why) => {
                    let mut status = TestCaseStatus::skipped();
                    status.set_message(format!("fails as expected: {why}"));
                    status
                }
                None => TestCaseStatus::success(),
            },
        };
        let mut case = TestCase::new(result.story().name.as_str(), status);
        case.set_classname(path);
        if let Outcome::Played(run) = result.outcome {
            case.add_property(("seed", run.played.seed.to_string().as_str()));
            case.add_property(("virtual_seconds", run.played.took.to_string().as_str()));
        }
        if self.suites.last().is_none_or(|suite| suite.name.as_str() != path) {
            self.suites.push(TestSuite::new(path));
        }
        if let Some(suite) = self.suites.last_mut() {
            suite.add_test_case(case);
        }
        Ok(())
    }

    fn end(&mut self, _totals: &Totals) -> io::Result<()> {
        let mut document = Document::new("attendant");
        document.add_test_suites(std::mem::take(&mut self.suites));
        let text = document.to_string().map_err(io::Error::other)?;
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }
}
