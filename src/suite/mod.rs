//! Many scenario files as one suite: reading them, choosing cases, and playing those on all cores with results in
//! the order of the files, whatever the threads do.

mod collect;
pub mod explore;
mod order;
mod run;
mod select;
pub mod session;
mod shrink;
mod tags;
pub mod truth_table;
mod watch;

use std::fmt;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub use collect::scenario_files;
pub use order::in_order;
pub use run::{Plan, SEED, Seeds, run};
pub use select::{Selection, Shard};
pub use tags::TagExpression;
pub use watch::{Touched, Watched};

use crate::scenario::collection::{Case, File, Suite};
use crate::scenario::problem::Problem;
use crate::scenario::read::read;
use crate::scenario::source::Sources;
use crate::scenario::story::{Params, Story};

/// The error of one file.
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

/// Why scenario files could not be read.
#[derive(Debug)]
pub enum ReadError {
    /// Paths that cannot be read, each with the reason.
    Paths(Vec<String>),
    /// Files with errors.
    Files(Vec<BadFile>),
}

impl ReadError {
    /// Returns all of it for a screen.
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

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for ReadError {}

/// Reads one scenario file, with what it includes, through these sources.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read_file(
    path: &str,
    mut sources: Sources<'static>,
    set: &Params,
) -> Result<(File, Vec<Arc<Story>>), Box<BadFile>> {
    match read(path, &mut sources, set) {
        Ok(stories) => {
            tracing::info!(file = path, cases = stories.len(), "read");
            let file = File { path: path.to_owned(), sources, cases: stories.len() };
            Ok((file, stories.into_iter().map(Arc::new).collect()))
        }
        Err(problems) => Err(Box::new(BadFile { sources, problems })),
    }
}

/// Reads all scenario files at these paths.
///
/// # Errors
/// Every path that cannot be read, or else every file with an error.
pub fn read_suite(paths: &[PathBuf], set: &Params, jobs: NonZeroUsize) -> Result<Suite, ReadError> {
    let paths = scenario_files(paths).map_err(ReadError::Paths)?;
    let mut suite = Suite::new(set.clone());
    let mut bad = Vec::new();
    let read_one = |number: usize| read_file(&paths[number], Sources::from_files(), set);
    in_order(jobs, paths.len(), &AtomicBool::new(false), read_one, |_, read| {
        match read {
            Ok((file, stories)) => suite.add(file, stories),
            Err(file) => bad.push(*file),
        }
        ControlFlow::Continue(())
    });
    if bad.is_empty() { Ok(suite) } else { Err(ReadError::Files(bad)) }
}
