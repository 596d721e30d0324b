//! `attendant init`: a folder in which a team keeps its scenarios.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::exit::{CliError, Exit};
use super::screen::Screen;
use crate::scenario::schema::schema;

const EXAMPLES: &str = "\
Examples:
  attendant init my-tests
  attendant init . --ci gitlab      # in a repository that exists

One of the two scenarios fails on purpose, to show a report. Existing files are never overwritten.";

/// The files that are the same everywhere.
const FILES: &[(&str, &str)] = &[
    ("README.md", include_str!("../../docs/team/README.md")),
    ("scenarios.toml", include_str!("../../docs/team/scenarios.toml")),
    (
        "scenarios/released-by-the-pin.yaml",
        include_str!("../../docs/team/scenarios/released-by-the-pin.yaml"),
    ),
    ("scenarios/fails-on-purpose.yaml", include_str!("../../docs/team/scenarios/fails-on-purpose.yaml")),
    (".vscode/settings.json", include_str!("../../docs/team/vscode.json")),
    (".gitignore", "/.attendant/\n/junit.xml\n/gl-code-quality-report.json\n"),
];

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Init {
    /// The folder; it is created if it does not exist
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// Which service runs the scenarios for each change
    #[arg(long, value_name = "SERVICE", default_value = "github")]
    ci: Ci,
}

/// A service for continuous integration.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Ci {
    /// GitHub Actions
    Github,
    /// GitLab CI/CD
    Gitlab,
}

impl Ci {
    fn file(self) -> (&'static str, &'static str) {
        match self {
            Self::Github => {
                (".github/workflows/scenarios.yml", include_str!("../../docs/ci/github-action.yml"))
            }
            Self::Gitlab => (".gitlab-ci.yml", include_str!("../../docs/ci/gitlab-ci.yml")),
        }
    }
}

impl Init {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let schema = schema();
        let mut files = FILES.to_vec();
        files.extend([("scenarios/schema.json", schema.as_str()), self.ci.file()]);
        self.refuse_existing(&files)?;
        let mut out = screen.out();
        for (name, text) in files {
            let path = self.folder.join(name);
            create(&path, text)
                .map_err(|error| CliError::bad(format!("error: {}: {error}", path.display())))?;
            writeln!(out, "{}", path.display())?;
        }
        writeln!(
            out,
            "\nNext: cd {} && attendant replay scenarios (one fails on purpose: remove it before CI runs)",
            self.folder.display()
        )?;
        out.flush()?;
        Ok(Exit::Success)
    }

    /// Looks at every file before the first is written, so that nothing is done by halves.
    fn refuse_existing(&self, files: &[(&str, &str)]) -> Result<(), CliError> {
        let paths = files.iter().map(|(name, _)| self.folder.join(name));
        let existing: Vec<String> = paths
            .filter(|path| path.symlink_metadata().is_ok())
            .map(|path| format!("error: {} exists and is not overwritten", path.display()))
            .collect();
        if existing.is_empty() { Ok(()) } else { Err(CliError::bad(existing.join("\n"))) }
    }
}

fn create(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    File::create_new(path)?.write_all(text.as_bytes())
}
