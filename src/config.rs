//! The configuration: one file, the environment and the command line, each overriding the one before it.
//!
//! [`Setting::all`] is the table of everything that can be set. [`Config::load`] reads the sources, checks each value
//! against the table and all of them against each other, and reports all problems together, each with its line.

mod bridge;
mod environment;
mod example;
mod file;
mod folders;
mod layers;
mod problem;
mod rates;
mod secrets;
mod setting;
mod sip;
mod value;
mod webhooks;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

pub use example::{example, reference};
pub use file::ConfigFile;
pub use folders::Folders;
pub use layers::{CommandLine, ConfigError, TOKEN_VARIABLE, Valued};
pub use problem::{MASK, Origin, Problem};
pub use rates::{Charge, Rates};
pub use secrets::secret;
pub use setting::{Kind, Setting};
pub use sip::{SipConfig, SipTls};
pub use webhooks::{WebhookConfig, WebhookFormat};

use crate::control::policy::Policy;
use crate::telemetry::LogFormat;

/// Everything that is set, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where users, settings and waiting mail are kept.
    pub directory: DirectoryConfig,
    /// How mail leaves.
    pub mail: MailConfig,
    /// Where the admin center listens, and how.
    pub web: WebConfig,
    /// What `attendant serve` logs, and how.
    pub log: LogConfig,
    /// Where telephones call, and who may; `None` if they do not.
    pub sip: Option<SipConfig>,
    /// Whom to tell of what happens in meetings.
    pub webhooks: Vec<WebhookConfig>,
    /// What calls cost, for records in the formats that tell it.
    pub rates: Rates,
    /// Dialog, meeting and lockout settings; the tenant's are in the directory, and here their defaults.
    pub policy: Policy,
    /// The behaviour profile: a name, or the path of a file. It is for the caller to find it, and to [`Config::follow`] it.
    pub profile: String,
    /// Every setting with its value and where that came from, in the order of [`Setting::all`].
    pub values: Vec<Valued>,
    /// The file that was read, if there was one.
    pub file: Option<ConfigFile>,
    /// Warnings.
    pub notes: Vec<String>,
}

impl Config {
    /// Returns whether nothing says where the directory is, so that it is in the platform's folder.
    #[must_use]
    pub fn has_default_place(&self) -> bool {
        let place = self.values.iter().find(|valued| valued.setting.name == setting::DIRECTORY);
        place.is_some_and(|valued| valued.origin == Origin::Default)
    }
}

/// Where the directory is.
#[derive(Clone, PartialEq, Eq)]
pub struct DirectoryConfig {
    /// A path, or a URL of a database, which may hold a password.
    pub place: String,
    /// The file with the keys of the PINs.
    pub keyring: PathBuf,
}

impl fmt::Debug for DirectoryConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, keyring } = self;
        let place = layers::without_password(place);
        f.debug_struct("DirectoryConfig").field("place", &place).field("keyring", keyring).finish()
    }
}

/// The addresses and certificate of the admin center.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WebConfig {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The certificate and its key, where connections are encrypted.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// The proxy that encrypts in its place.
    pub proxy: Option<IpAddr>,
    /// The names by which browsers find it, in lower case.
    pub names: Vec<String>,
    /// The token that reads the figures.
    pub scrape_token: Option<Secret>,
}

/// What is logged, and how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogConfig {
    /// Levels by part of the program, checked.
    pub levels: String,
    /// The format of a line.
    pub format: LogFormat,
}

/// How mail is sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MailConfig {
    /// By which way.
    pub transport: Transport,
    /// The sender's address, where the tenant has no other.
    pub sender_address: String,
    /// The sender's name.
    pub sender_name: String,
    /// The signature; empty for the sender's name.
    pub organization: String,
    /// Where users find help, if anywhere.
    pub help_link: Option<String>,
    /// When a mail that could not be sent is tried again.
    pub retry: Retry,
}

/// The ways of mail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Transport {
    /// Files in this folder.
    Maildir(PathBuf),
    /// To a server.
    Smtp(Smtp),
}

/// A server that takes mail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Smtp {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted.
    pub security: Security,
    /// How to sign in, if it must be.
    pub login: Option<Login>,
    /// Certificates that are trusted beside the public ones.
    pub ca_file: Option<PathBuf>,
    /// The longest that handing over one mail may take.
    pub timeout: Duration,
}

/// How a connection is encrypted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Security {
    /// After a greeting in the clear (RFC 3207); never without it.
    StartTls,
    /// From the start (RFC 8314).
    Tls,
    /// Not at all.
    None,
}

/// A name and a password.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Login {
    /// The name.
    pub user: String,
    /// The password.
    pub password: Secret,
}

/// A value that is never shown: it prints as [`MASK`].
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Returns the secret itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

/// When a mail is tried again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Retry {
    /// The wait after the first failure; it doubles from then on.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
    /// After this many attempts a mail is dead.
    pub attempts: u32,
}
