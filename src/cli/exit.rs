//! How the program ends.

use std::io;
use std::process::ExitCode;

/// The exit codes; they are part of the interface.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// All hold.
    Well = 0,
    /// A scenario failed, a recording has a fault, the directory does not answer or was tampered with.
    Failed = 1,
    /// A bad file or bad arguments.
    Bad = 2,
    /// A threshold of a load run did not hold.
    Threshold = 3,
    /// Nothing was selected, or what was asked for was not confirmed.
    Nothing = 4,
    /// Something is not built yet.
    NotBuilt = 5,
    /// The load generator was late: the figures say nothing about the bridge.
    Void = 6,
    /// Interrupted by ctrl-C.
    Interrupted = 130,
    /// Nobody reads standard output any more: the code of a program that SIGPIPE ended, so that a pipeline that
    /// was cut off does not pass for one in which all held.
    Unheard = 141,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command could not be carried out.
#[derive(Debug)]
pub(super) enum Trouble {
    /// To be told, with this exit code.
    Told(Exit, String),
    /// Standard output takes no more.
    Output(io::Error),
}

impl Trouble {
    /// Bad arguments or files.
    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self::Told(Exit::Bad, message.into())
    }
}

/// What commands write is standard output; whatever else they read or write they tell by its name.
impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}
