//! JUnit's XML, as build servers read it: a suite for each file.
//!
//! There is no one JUnit format. GitLab, GitHub and most readers take `file` and `line` of a case and its properties; the xUnit
//! plugin of Jenkins checks a schema that has none of these, and refuses the whole report. So there are two dialects.
//!
//! `time` is the case's own clock, which is virtual unless it is played live: real time is in no report, since two runs must
//! give the same bytes.

use std::io::{self, Write};

use super::failure::headline;
use super::json::failure_of;
use super::ladder::escape;
use super::{CaseResult, Paint, Report, Totals, screen};
use crate::play::Outcome;
use crate::scenario::collection::{Case, Suite};

/// The suite of what is no case: that a run was interrupted.
const OF_THE_RUN: &str = "attendant";

/// Who reads the report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// GitLab, GitHub, CircleCI and others: each case has its file and line, and its seed as a property.
    Common,
    /// Jenkins' xUnit plugin: only what its schema has (`junit-10.xsd`).
    XUnit,
}

/// Writes JUnit's XML once the run is over.
#[derive(Debug)]
pub struct Junit<W> {
    out: W,
    dialect: Dialect,
    suites: Vec<TestSuite>,
}

/// The cases of a file.
#[derive(Debug, Default)]
struct TestSuite {
    path: String,
    counts: Counts,
    /// Its cases as XML.
    cases: String,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
    millis: u64,
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.tests += other.tests;
        self.failures += other.failures;
        self.errors += other.errors;
        self.skipped += other.skipped;
        self.millis = self.millis.saturating_add(other.millis);
    }

    /// As attributes; the schema of the xUnit plugin does not know how many of all suites were skipped.
    fn attributes(self, with_skipped: bool) -> String {
        let Self { tests, failures, errors, skipped, millis } = self;
        let skipped = if with_skipped { format!(" skipped=\"{skipped}\"") } else { String::new() };
        let time = seconds(millis);
        format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\"{skipped} time=\"{time}\"")
    }
}

impl<W: Write> Junit<W> {
    /// A report to there.
    pub fn new(out: W, dialect: Dialect) -> Self {
        Self { out, dialect, suites: Vec::new() }
    }

    /// Adds a case with what is inside of it.
    fn add(&mut self, suite: &Suite, case: &Case, counts: Counts, inside: &str) {
        let path = suite.file_of(case).path.as_str();
        let mut attributes =
            format!("classname=\"{}\" name=\"{}\"", escape(&class_name(path)), escape(&case.story.name));
        if self.dialect == Dialect::Common {
            attributes += &format!(" file=\"{}\" line=\"{}\"", escape(path), suite.line_of(case));
        }
        self.add_to(path, &attributes, counts, inside);
    }

    fn add_to(&mut self, path: &str, attributes: &str, counts: Counts, inside: &str) {
        if self.suites.last().is_none_or(|suite| suite.path != path) {
            self.suites.push(TestSuite { path: path.to_owned(), ..TestSuite::default() });
        }
        if let Some(suite) = self.suites.last_mut() {
            suite.counts.add(Counts { tests: 1, ..counts });
            let time = seconds(counts.millis);
            suite.cases += &match inside {
                "" => format!("    <testcase {attributes} time=\"{time}\"/>\n"),
                _ => format!("    <testcase {attributes} time=\"{time}\">\n{inside}    </testcase>\n"),
            };
        }
    }

    fn properties(&self, seed: u64) -> String {
        match self.dialect {
            Dialect::Common => {
                format!("      <properties><property name=\"seed\" value=\"{seed}\"/></properties>\n")
            }
            Dialect::XUnit => String::new(),
        }
    }
}

impl<W: Write> Report for Junit<W> {
    fn case(&mut self, result: &CaseResult<'_>) -> io::Result<()> {
        let skipped_case = Counts { skipped: 1, ..Counts::default() };
        let (counts, inside) = match result.outcome {
            Outcome::NotBuilt => (skipped_case, skipped(&format!("not implemented: {}", result.not_built()))),
            Outcome::Skipped(reason) => (skipped_case, skipped(reason)),
            Outcome::Unreachable(reason) => {
                let inside = format!("      <error type=\"unreachable\" message=\"{}\"/>\n", escape(reason));
                (Counts { errors: 1, ..Counts::default() }, inside)
            }
            Outcome::Played(run) => {
                let mut counts = Counts { millis: run.played.took.millis(), ..Counts::default() };
                let mut inside = self.properties(run.played.seed);
                if let Some(word) = failure_of(result.outcome) {
                    counts.failures = 1;
                    inside += &format!(
                        "      <failure type=\"{}\" message=\"{}\">{}</failure>\n",
                        word.name(),
                        escape(&headline(result, run)),
                        escape(&screen(result, Paint::PLAIN))
                    );
                } else if let Some(why) = result.outcome.failed_as_expected() {
                    counts.skipped = 1;
                    inside += &skipped(&format!("fails as expected: {why}"));
                }
                if self.dialect == Dialect::Common && run.is_flaky() && !result.outcome.failed() {
                    inside += &"      <flakyFailure type=\"attempt\" message=\"failed, and passed then\"/>\n"
                        .repeat(run.attempts.len());
                }
                (counts, inside)
            }
        };
        self.add(result.suite, result.case, counts, &inside);
        Ok(())
    }

    fn not_run(&mut self, suite: &Suite, case: &Case) -> io::Result<()> {
        let inside = skipped("not run: the run ended before its turn");
        self.add(suite, case, Counts { skipped: 1, ..Counts::default() }, &inside);
        Ok(())
    }

    fn end(&mut self, totals: &Totals) -> io::Result<()> {
        if totals.interrupted {
            let what = format!("{} of {} cases were not run", totals.not_run(), totals.cases);
            let inside = format!("      <error type=\"interrupted\" message=\"{what}\">{what}</error>\n");
            let attributes = format!("classname=\"{OF_THE_RUN}\" name=\"The run was interrupted\"");
            self.add_to(OF_THE_RUN, &attributes, Counts { errors: 1, ..Counts::default() }, &inside);
        }
        let mut all = Counts::default();
        self.suites.iter().for_each(|suite| all.add(suite.counts));
        let of_all = all.attributes(self.dialect == Dialect::Common);
        writeln!(self.out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
        writeln!(self.out, "<testsuites name=\"attendant\" {of_all}>")?;
        for TestSuite { path, counts, cases } in &self.suites {
            let (path, of_suite) = (escape(path), counts.attributes(true));
            writeln!(self.out, "  <testsuite name=\"{path}\" {of_suite}>\n{cases}  </testsuite>")?;
        }
        writeln!(self.out, "</testsuites>")?;
        self.out.flush()
    }
}

fn skipped(why: &str) -> String {
    format!("      <skipped message=\"{}\"/>\n", escape(why))
}

fn seconds(millis: u64) -> String {
    format!("{}.{:03}", millis / 1_000, millis % 1_000)
}

/// A path as the name of a class. Jenkins takes what is before the last dot for the package: the folders.
fn class_name(path: &str) -> String {
    let stem = [".yaml", ".yml"].iter().find_map(|ending| path.strip_suffix(ending)).unwrap_or(path);
    let parts = stem.split(['/', '\\']).filter(|part| !matches!(*part, "" | "." | ".."));
    parts.map(|part| part.replace('.', "_")).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_the_package_and_the_file_is_the_class() {
        for (path, class) in [
            ("scenarios/pin/wrong-then-right.yaml", "scenarios.pin.wrong-then-right"),
            ("story.yml", "story"),
            ("../v1.2/a.b.yaml", "v1_2.a_b"),
            ("/srv/s/x.yaml", "srv.s.x"),
        ] {
            assert_eq!(class_name(path), class);
        }
    }
}
