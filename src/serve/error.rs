//! Why the service was not opened.

use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::{fmt, io};

use crate::admin::refusal::Refusal;
use crate::leg::capture::CaptureError;
use crate::leg::rtp::StartError;
use crate::leg::sip::BindError;
use crate::store::sql::LeaseError;

/// Why the service was not opened.
#[derive(Debug)]
pub enum OpenError {
    /// The address cannot be listened at.
    Listen(SocketAddr, io::Error),
    /// The certificate or its key cannot be used.
    Tls(PathBuf, io::Error),
    /// Telephones cannot call there.
    Telephones(BindError),
    /// Their sound cannot be sent.
    Media(StartError),
    /// What passes cannot be taken down.
    Capture(CaptureError),
    /// Another bridge serves the directory, or the directory does not say.
    Lease(LeaseError),
    /// The first administrator could not be given an account.
    Account(Refusal),
    /// The one-time password of the first administrator cannot be shown.
    NotShown(io::Error),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen(address, error) => write!(f, "cannot listen at {address}: {error}"),
            Self::Tls(path, error) => write!(f, "the certificate {}: {error}", path.display()),
            Self::Telephones(error) => error.fmt(f),
            Self::Media(error) => error.fmt(f),
            Self::Capture(error) => error.fmt(f),
            Self::Lease(error) => error.fmt(f),
            Self::Account(refusal) => refusal.fmt(f),
            Self::NotShown(error) => {
                write!(
                    f,
                    "the one-time password of the first account cannot be shown, so none is made: {error}"
                )
            }
        }
    }
}

impl Error for OpenError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Listen(_, error) | Self::Tls(_, error) | Self::NotShown(error) => Some(error),
            Self::Telephones(error) => Some(error),
            Self::Media(error) => Some(error),
            Self::Capture(error) => Some(error),
            Self::Lease(error) => Some(error),
            Self::Account(refusal) => Some(refusal),
        }
    }
}

impl From<Refusal> for OpenError {
    fn from(refusal: Refusal) -> Self {
        Self::Account(refusal)
    }
}
