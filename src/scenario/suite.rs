//! Many scenario files as one suite: reading them, choosing cases, and playing those on all cores with results in
//! the order of the files, whatever the threads do.

mod collect;
mod order;
mod run;
mod select;
mod shrink;

use std::fmt;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub use collect::scenario_files;
pub use order::in_order;
pub use run::{Bridge, CaseRun, Lateness, Outcome, Plan, SEED, Seeds, run};
pub use select::{Selection, Shard};
pub use shrink::describe_faults;

use super::problem::Problem;
use super::read::read;
use super::source::Sources;
use super::story::{Params, Story};

/// A scenario file that was read.
#[derive(Debug)]
pub struct File {
    /// Its path as it was given or found.
    pub path: String,
    /// The texts it was read from, for quoting them.
    pub sources: Sources<'static>,
    /// How many cases it has.
    pub cases: usize,
}

/// One case of a suite.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its file: a place in [`Suite::files`].
    pub file: usize,
    /// What is played.
    pub story: Arc<Story>,
}

/// Scenario files and their cases, in order.
#[derive(Debug)]
pub struct Suite {
    /// All files, in the order of their paths.
    pub files: Vec<File>,
    /// All cases, file by file.
    pub cases: Vec<Case>,
    /// The parameters that the command line gave.
    pub set: Params,
    /// The folder of sounds that the command line gave.
    pub assets: Option<PathBuf>,
}

/// What is wrong with one file.
#[derive(Debug)]
pub struct BadFile {
    sources: Sources<'static>,
    problems: Vec<Problem>,
}

impl BadFile {
    /// All that is wrong, for a screen.
    #[must_use]
    pub fn render(&self, coloured: bool) -> String {
        let rendered: Vec<String> =
            self.problems.iter().map(|problem| problem.render(&self.sources, coloured)).collect();
        rendered.join("\n\n")
    }
}

/// Why there is no suite.
#[derive(Debug)]
pub enum Unread {
    /// Paths that lead nowhere, each with the reason.
    Paths(Vec<String>),
    /// Files that are no sound scenarios.
    Files(Vec<BadFile>),
}

impl Unread {
    /// All of it, for a screen.
    #[must_use]
    pub fn render(&self, coloured: bool) -> String {
        match self {
            Self::Paths(paths) => {
                paths.iter().map(|path| format!("error: {path}")).collect::<Vec<_>>().join("\n")
            }
            Self::Files(files) => {
                files.iter().map(|file| file.render(coloured)).collect::<Vec<_>>().join("\n\n")
            }
        }
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Unread {}

impl Suite {
    /// Reads all scenario files at these paths.
    ///
    /// # Errors
    /// Every path that leads nowhere, or else every file with an error in it.
    pub fn read(paths: &[PathBuf], set: &Params, jobs: NonZeroUsize) -> Result<Self, Unread> {
        let paths = scenario_files(paths).map_err(Unread::Paths)?;
        let mut suite = Self { files: Vec::new(), cases: Vec::new(), set: set.clone(), assets: None };
        let mut bad = Vec::new();
        let read_one = |number: usize| {
            let mut sources = Sources::from_files();
            let stories = read(&paths[number], &mut sources, set);
            (sources, stories)
        };
        in_order(jobs, paths.len(), &AtomicBool::new(false), read_one, |number, (sources, stories)| {
            match stories {
                Ok(stories) => {
                    tracing::info!(file = paths[number], cases = stories.len(), "read");
                    let file = suite.files.len();
                    let cases = stories.len();
                    suite.files.push(File { path: paths[number].clone(), sources, cases });
                    suite
                        .cases
                        .extend(stories.into_iter().map(|story| Case { file, story: Arc::new(story) }));
                }
                Err(problems) => bad.push(BadFile { sources, problems }),
            }
            ControlFlow::Continue(())
        });
        if bad.is_empty() { Ok(suite) } else { Err(Unread::Files(bad)) }
    }

    /// What tells a case from all others: its file, a tab, its name.
    #[must_use]
    pub fn label(&self, case: &Case) -> String {
        format!("{}\t{}", self.file_of(case).path, case.story.name)
    }

    /// The file of a case.
    #[must_use]
    pub fn file_of(&self, case: &Case) -> &File {
        &self.files[case.file]
    }
}
