//! Scenario files that were read, with their cases.

use std::path::PathBuf;
use std::sync::Arc;

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
    /// The parameters that the command line gave, and that it has.
    pub set: Params,
    /// The names of all its parameters.
    pub params: Vec<String>,
}

/// One case of a suite.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its file: a place in [`Suite::files`].
    pub file: usize,
    /// The story.
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
    /// The most events that the screen of a failure shows, if the command line gave it.
    pub context: Option<usize>,
    /// The folder of sounds that the command line gave.
    pub assets: Option<PathBuf>,
}

impl Suite {
    /// No files yet, with the parameters that the command line gave.
    #[must_use]
    pub fn new(set: Params) -> Self {
        Self { files: Vec::new(), cases: Vec::new(), set, context: None, assets: None }
    }

    /// Adds a file with its cases behind those that are there.
    pub fn add(&mut self, file: File, stories: impl IntoIterator<Item = Arc<Story>>) {
        let number = self.files.len();
        self.files.push(file);
        self.cases.extend(stories.into_iter().map(|story| Case { file: number, story }));
    }

    /// Returns the label that identifies a case: its file, a tab, its name.
    #[must_use]
    pub fn label(&self, case: &Case) -> String {
        format!("{}\t{}", self.file_of(case).path, case.story.name)
    }

    /// The line of its file that names a case, counted from 1.
    #[must_use]
    pub fn line_of(&self, case: &Case) -> usize {
        self.file_of(case).sources.line_and_column(case.story.span).0
    }

    /// The file of a case.
    #[must_use]
    pub fn file_of(&self, case: &Case) -> &File {
        &self.files[case.file]
    }
}
