//! `scenarios.toml`: what belongs to a team's scenarios, wherever in their folder a command is run. It is not part of the
//! program's configuration.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::exit::CliError;
use crate::control::time::parse_duration;
use crate::files;
use crate::scenario::story::Story;

/// The file's name.
pub(super) const FILE: &str = "scenarios.toml";

/// The largest such file that is read, in bytes: a hundred tags take a tenth of it.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// The file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    paths: Vec<String>,
    reports: Vec<String>,
    seed: Option<u64>,
    jobs: Option<NonZeroUsize>,
    timeouts: BTreeMap<String, String>,
}

/// A team's settings; none where there is no file.
#[derive(Debug, Default)]
pub(super) struct Project {
    /// Scenarios, for a command that names none.
    pub(super) paths: Vec<PathBuf>,
    /// Reports as `--report` takes them, for a run that asks for none.
    pub(super) reports: Vec<String>,
    /// The number of threads.
    pub(super) jobs: Option<NonZeroUsize>,
    /// The seed of scenarios that name none.
    seed: Option<u64>,
    /// How long scenarios with a tag may take that do not say so themselves.
    timeouts: BTreeMap<String, Duration>,
}

impl Project {
    /// Looks for the file in the current folder and its parents, and reads the first.
    pub(super) fn find() -> Result<Self, CliError> {
        let here = std::env::current_dir().unwrap_or_default();
        let mut folder = PathBuf::new();
        for _ in here.ancestors() {
            let file = folder.join(FILE);
            if file.is_file() {
                return Self::read(&file, &folder);
            }
            folder.push("..");
        }
        Ok(Self::default())
    }

    fn read(file: &Path, folder: &Path) -> Result<Self, CliError> {
        let wrong = |why: &dyn std::fmt::Display| CliError::bad(format!("error: {}: {why}", file.display()));
        let text = files::read_text(file, FILE_BYTES_MAX).map_err(|error| wrong(&error))?;
        let written: Written = toml::from_str(&text).map_err(|error| wrong(&error))?;
        let mut reports = Vec::new();
        for report in &written.reports {
            let (kind, path) = report
                .split_once('=')
                .ok_or_else(|| wrong(&format!("`{report}` is not a report: write junit=junit.xml")))?;
            // The file may be somebody else's: it names files of its own folder, and no others.
            let stays = Path::new(path)
                .components()
                .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
            if !stays || path == "-" {
                return Err(wrong(&format!("the report `{report}` must be a file in the folder of {FILE}")));
            }
            reports.push(format!("{kind}={}", folder.join(path).display()));
        }
        let mut timeouts = BTreeMap::new();
        for (tag, text) in written.timeouts {
            let timeout =
                parse_duration(&text).map_err(|error| wrong(&format!("timeouts.{tag}: {error}")))?;
            timeouts.insert(tag, timeout);
        }
        Ok(Self {
            paths: written.paths.iter().map(|path| folder.join(path)).collect(),
            reports,
            jobs: written.jobs,
            seed: written.seed,
            timeouts,
        })
    }

    /// Returns whether it changes this story, and how: the longest timeout of its tags, and the seed.
    pub(super) fn changes(&self, story: &Story) -> Option<(Duration, Option<u64>)> {
        let by_tag = story.tags.iter().filter_map(|tag| self.timeouts.get(tag)).max();
        let timeout = by_tag.copied().filter(|_| !story.has_timeout).unwrap_or(story.timeout);
        let seed = story.seed.or(self.seed);
        ((timeout, seed) != (story.timeout, story.seed)).then_some((timeout, seed))
    }
}
