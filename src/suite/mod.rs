//! Many scenario files as one suite: reading them, choosing cases, and playing those on all cores with results in
//! the order of the files, whatever the threads do.

mod collect;
pub mod coverage;
pub mod diff;
pub mod explore;
mod glob;
mod order;
pub mod prove;
pub mod recorded;
mod run;
mod select;
pub mod session;
mod shrink;
mod tags;
mod times;
pub mod truth_table;
mod watch;

use std::collections::BTreeSet;
use std::fmt;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub use collect::{file_and_line, is_profile_file, scenario_and_profile_files, scenario_files};
pub use order::in_order;
pub use run::{Plan, SEED, Seeds, run};
pub use select::{Selection, Shard};
pub use tags::TagExpression;
pub use times::{CaseTimes, Measure};
pub use watch::{Touched, Watched};

use crate::scenario::collection::{Case, File, Suite};
use crate::scenario::problem::Problem;
use crate::scenario::read::read_with;
use crate::scenario::source::Sources;
use crate::scenario::story::{Params, Story};
use crate::suggest::suggest;

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
    /// Parameters that were given and that no file has, each with the reason.
    Params(Vec<String>),
}

impl ReadError {
    /// Returns all of it for a screen.
    #[must_use]
    pub fn render(&self, coloured: bool) -> String {
        match self {
            Self::Paths(wrong) | Self::Params(wrong) => {
                wrong.iter().map(|wrong| format!("error: {wrong}")).collect::<Vec<_>>().join("\n")
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

/// Reads one scenario file, with what it includes, through these sources. The values of `set` for which it has no parameter are
/// left out.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read_file(
    path: &str,
    mut sources: Sources<'static>,
    set: &Params,
) -> Result<(File, Vec<Arc<Story>>), Box<BadFile>> {
    let read = read_with(path, &mut sources, set);
    match read.result {
        Ok(stories) => {
            tracing::info!(target: "attendant::replay", file = path, cases = stories.len(), "read");
            let (path, cases) = (path.to_owned(), stories.len());
            let file = File { path, sources, cases, set: read.set, params: read.has };
            Ok((file, stories.into_iter().map(Arc::new).collect()))
        }
        Err(problems) => Err(Box::new(BadFile { sources, problems })),
    }
}

/// The parameters that files have, against those that the command line gives.
#[derive(Debug, Default)]
pub struct KnownParams {
    has: BTreeSet<String>,
}

impl KnownParams {
    /// Takes in the parameters of one file.
    pub fn note(&mut self, has: impl IntoIterator<Item = String>) {
        self.has.extend(has);
    }

    /// Returns what is wrong with each that no file has.
    #[must_use]
    pub fn unknown(&self, set: &Params) -> Vec<String> {
        let unknown = set.keys().filter(|name| !self.has.contains(*name));
        let told = unknown.map(|name| {
            let help = suggest(name, self.has.iter().map(String::as_str));
            let help = help.map_or_else(String::new, |help| format!("; {help}"));
            format!("--set: unknown parameter `{name}`: no file has it{help}")
        });
        told.collect()
    }
}

/// Reads all scenario files at these paths. The values of `set` go to the files that have such a parameter.
///
/// # Errors
/// Every path that cannot be read, or else every file with an error, or else every parameter that no file has.
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
    let mut known = KnownParams::default();
    suite.files.iter().for_each(|file| known.note(file.params.iter().cloned()));
    let unknown = known.unknown(set);
    match (bad.is_empty(), unknown.is_empty()) {
        (true, true) => Ok(suite),
        (true, false) => Err(ReadError::Params(unknown)),
        (false, _) => Err(ReadError::Files(bad)),
    }
}
