//! What GitLab marks in the lines of a merge request: its Code Quality report
//! (<https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>).

use std::io::{self, Write};

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::failure::{headline, marked};
use super::json::failure_of;
use super::{CaseResult, Report, RunInfo, Totals};
use crate::play::Outcome;

/// Writes a JSON array once the run is over.
#[derive(Debug)]
pub struct CodeQuality<W> {
    out: W,
    run: RunInfo,
    violations: Vec<Violation>,
}

/// A failure.
#[derive(Debug, Serialize)]
struct Violation {
    description: String,
    check_name: String,
    /// The same as long as the same case fails in the same way, wherever its lines stand.
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Debug, Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Debug, Serialize)]
struct Lines {
    begin: usize,
}

impl<W: Write> CodeQuality<W> {
    /// A report to there.
    pub fn new(out: W, run: RunInfo) -> Self {
        Self { out, run, violations: Vec::new() }
    }
}

impl<W: Write> Report for CodeQuality<W> {
    fn case(&mut self, result: &CaseResult<'_>) -> io::Result<()> {
        let (Outcome::Played(run), Some(word)) = (result.outcome, failure_of(result.outcome)) else {
            return Ok(());
        };
        let (name, path) = (&result.story().name, self.run.in_repository(&result.file().path));
        let (file, line, _) = marked(result, run);
        let digest = Sha256::digest(format!("{path}\n{name}\n{}", word.name()));
        self.violations.push(Violation {
            description: format!("{name}: {}", headline(result, run)),
            check_name: format!("attendant/{}", word.name()),
            fingerprint: digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect(),
            severity: "major",
            location: Location { path: self.run.in_repository(&file), lines: Lines { begin: line } },
        });
        Ok(())
    }

    fn end(&mut self, _: &Totals) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut self.out, &self.violations)?;
        writeln!(self.out)?;
        self.out.flush()
    }
}
