//! `attendant lint`: what is wrong and what is doubtful about scenario files and profiles.

mod format;

use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use clap::ValueEnum;

use super::exit::{CliError, Exit};
use super::screen::Screen;
use super::{Reading, counted};
use crate::scenario::problem::Severity;
use crate::scenario::profiles;
use crate::scenario::read::lint_with;
use crate::scenario::source::Sources;
use crate::suite::{KnownParams, in_order, is_profile_file, scenario_and_profile_files};
use format::Format;

const EXAMPLES: &str = "\
Examples:
  attendant lint scenarios
  attendant lint scenarios/lobby --deny warnings
  attendant lint our-bridge.yaml
  attendant lint scenarios --format github";

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Lint {
    #[command(flatten)]
    reading: Reading,

    /// Treat these as errors too
    #[arg(long, value_name = "WHAT")]
    deny: Option<Deny>,

    /// The form of the output
    #[arg(long, value_name = "FORM", value_enum, default_value_t)]
    format: Format,
}

/// Treat these as errors too.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Deny {
    /// All warnings
    Warnings,
}

impl Lint {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let paths = scenario_and_profile_files(self.reading.paths()?).map_err(|wrong| {
            CliError::bad(wrong.iter().map(|path| format!("error: {path}")).collect::<Vec<_>>().join("\n"))
        })?;
        if paths.is_empty() {
            return Err(CliError::Message(
                Exit::Nothing,
                "error: no scenarios found at these paths".to_owned(),
            ));
        }
        let (mut out, paint, params) = (screen.page(), screen.paint(), self.reading.params());
        let lint_one = |number: usize| {
            let mut sources = Sources::from_files();
            let (problems, has) = if is_profile_file(Path::new(&paths[number])) {
                (profiles::lint(&paths[number], &mut sources), Vec::new())
            } else {
                let linted = lint_with(&paths[number], &mut sources, &params);
                (linted.result, linted.has)
            };
            let rendered: Vec<String> = problems
                .iter()
                .map(|problem| self.format.problem(problem, &sources, paint.coloured))
                .collect();
            let severities: Vec<Severity> = problems.iter().map(|problem| problem.severity).collect();
            (rendered, severities, has)
        };
        let (mut errors, mut warnings) = (0, 0);
        let (mut written, mut known) = (Ok(()), KnownParams::default());
        in_order(
            self.reading.jobs(),
            paths.len(),
            &AtomicBool::new(false),
            lint_one,
            |_, (texts, found, has)| {
                known.note(has);
                errors += found.iter().filter(|severity| **severity == Severity::Error).count();
                warnings += found.iter().filter(|severity| **severity == Severity::Warning).count();
                written = texts.iter().try_for_each(|text| writeln!(out, "{text}"));
                if written.is_err() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            },
        );
        written?;
        let unknown = known.unknown(&params);
        if errors == 0 && !unknown.is_empty() {
            out.flush()?;
            return Err(CliError::bad(
                unknown.iter().map(|why| format!("error: {why}")).collect::<Vec<_>>().join("\n"),
            ));
        }
        let bad = errors > 0 || (self.deny == Some(Deny::Warnings) && warnings > 0);
        let files = counted(paths.len(), "file");
        let line = format!("{files}: {}, {}", counted(errors, "error"), counted(warnings, "warning"));
        if self.format == Format::Text {
            writeln!(out, "{}", if bad { paint.bad(&line) } else { paint.good(&line) })?;
        }
        out.flush()?;
        Ok(if bad { Exit::Bad } else { Exit::Success })
    }
}
