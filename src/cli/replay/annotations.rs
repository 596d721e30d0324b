//! Failures marked at their lines, as the service that runs the program wants it: commands on standard error for GitHub, a
//! file for GitLab.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::PathBuf;

use super::reports::{ReportTo, Reports};
use crate::cli::screen::Screen;
use crate::report::CodeQuality;
use crate::report::RunInfo;
use crate::report::github::Github;

/// The file that a job on GitLab names under `artifacts:reports:codequality`.
const GITLAB_FILE: &str = "gl-code-quality-report.json";

/// The kind of report that GitLab reads.
const GITLAB_KIND: &str = "codequality";

/// The service that marks failures.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub(super) enum Annotations {
    /// The one that runs this, if any
    #[default]
    Auto,
    /// Workflow commands on standard error
    Github,
    /// gl-code-quality-report.json in the current folder
    Gitlab,
    /// None
    Off,
}

impl Annotations {
    /// What is meant, by the variables that each service sets.
    fn resolved(self) -> Self {
        let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| value == "true");
        match self {
            Self::Auto if is_set("GITHUB_ACTIONS") => Self::Github,
            Self::Auto if is_set("GITLAB_CI") => Self::Gitlab,
            Self::Auto => Self::Off,
            Self::Github | Self::Gitlab | Self::Off => self,
        }
    }

    /// The root of the repository that the service has checked out.
    pub(super) fn root(self) -> Option<PathBuf> {
        let variable = match self.resolved() {
            Self::Github => "GITHUB_WORKSPACE",
            Self::Gitlab => "CI_PROJECT_DIR",
            Self::Off | Self::Auto => return None,
        };
        std::env::var_os(variable).map(PathBuf::from)
    }

    /// Adds what the service reads to the reports. A file that cannot be written does not cost the run.
    pub(super) fn add_to(self, reports: &mut Reports, wanted: &[ReportTo], run: &RunInfo, screen: &Screen) {
        match self.resolved() {
            Self::Github => reports.add(None, Box::new(Github::new(io::stderr(), run.clone()))),
            Self::Gitlab if wanted.iter().all(|report| report.kind.name != GITLAB_KIND) => {
                match File::create(GITLAB_FILE) {
                    Ok(file) => reports.add(
                        Some(GITLAB_FILE.to_owned()),
                        Box::new(CodeQuality::new(BufWriter::new(file), run.clone())),
                    ),
                    Err(error) => screen.say(&format!("warning: {GITLAB_FILE} cannot be written: {error}")),
                }
            }
            Self::Gitlab | Self::Off | Self::Auto => {}
        }
    }
}
