//! How the program ends.

use std::error::Error;
use std::fmt;
use std::io;
use std::process::ExitCode;

/// The exit codes; they are part of the interface.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// Success.
    Success = 0,
    /// A scenario failed, a faulty bridge was not caught, a recording is faulty, the directory does not answer or was tampered with.
    Failed = 1,
    /// Invalid file or arguments.
    Bad = 2,
    /// A threshold of a load run failed, or less was covered than asked for.
    Threshold = 3,
    /// Nothing was selected, or a confirmation was refused.
    Nothing = 4,
    /// A feature is not implemented yet.
    NotBuilt = 5,
    /// The load generator was too slow: the run is void.
    Void = 6,
    /// Interrupted by ctrl-C.
    Interrupted = 130,
    /// Standard output was closed: the exit code of a program that SIGPIPE ended, so that a pipeline that was cut
    /// off does not look like a success.
    BrokenPipe = 141,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command could not be carried out.
#[derive(Debug)]
pub(super) enum CliError {
    /// A message for standard error, with this exit code.
    Message(Exit, String),
    /// Standard output cannot be written.
    Output(io::Error),
}

impl CliError {
    /// Bad arguments or files.
    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self::Message(Exit::Bad, message.into())
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(_, message) => f.write_str(message),
            Self::Output(error) => write!(f, "error: standard output cannot be written: {error}"),
        }
    }
}

impl Error for CliError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Message(..) => None,
            Self::Output(error) => Some(error),
        }
    }
}

/// Commands write to standard output; errors of other files become messages with the file's name.
impl From<io::Error> for CliError {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}
