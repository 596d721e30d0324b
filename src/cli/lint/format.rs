//! Problems of scenario files in the forms that other programs read.

use serde::Serialize;

use crate::report::github::{Level, annotation};
use crate::scenario::problem::{Problem, Severity};
use crate::scenario::source::Sources;

/// The form in which problems are printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub(super) enum Format {
    /// For people: the line with a caret, and what to do
    #[default]
    Text,
    /// A JSON object for each problem, one a line
    Json,
    /// Annotations of a workflow on GitHub
    Github,
}

/// A problem as a JSON object.
#[derive(Serialize)]
struct Line<'a> {
    severity: &'static str,
    file: &'a str,
    line: usize,
    column: usize,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
}

impl Format {
    /// Returns one problem, without the line break at its end.
    pub(super) fn problem(self, problem: &Problem, sources: &Sources<'_>, coloured: bool) -> String {
        let (line, column) = sources.line_and_column(problem.span);
        let file = sources.text(problem.span.source).map_or("", |source| source.path.as_str());
        let (message, help) = (problem.message(sources), problem.help_text(sources));
        match self {
            Self::Text => problem.render(sources, coloured) + "\n",
            Self::Json => {
                let severity = word(problem.severity);
                let line = Line { severity, file, line, column, message, help };
                serde_json::to_string(&line).unwrap_or_default()
            }
            Self::Github => {
                let level = match problem.severity {
                    Severity::Error => Level::Error,
                    Severity::Warning => Level::Warning,
                    Severity::Info => Level::Notice,
                };
                let text = help.map_or_else(|| message.clone(), |help| format!("{message}\n{help}"));
                annotation(level, (file, line, column), None, &text)
            }
        }
    }
}

const fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}
