//! Mail: the events that users are told of, written in their language, and brought to a folder or a server.
//!
//! A mail waits in the outbox of the store from the same transaction on as the change that it tells of. [`worker`]
//! claims what is due, opens the sealed PIN, has it written ([`letter`], [`message`]) and sent ([`maildir`], [`smtp`]),
//! and settles it; a failure that may pass is tried again, any other makes a dead letter. A worker that is killed
//! between sending and settling sends again, under the same message ID: what a mail server took but never confirmed
//! cannot be known.

pub mod courier;
pub mod letter;
pub mod maildir;
pub mod message;
pub mod removal;
pub mod retry;
pub mod smtp;
mod wording;
pub mod worker;

use std::fmt;

/// Why a mail was not sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SendError {
    /// Trying again may help: the server puts the mail off, is not there, or is silent.
    Later(String),
    /// Trying again does not help: the mail was refused, or cannot be written.
    Never(String),
}

impl SendError {
    /// Returns the reason.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::Later(reason) | Self::Never(reason) => reason,
        }
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl std::error::Error for SendError {}
