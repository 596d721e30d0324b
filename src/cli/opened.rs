//! The directory that the configuration names, opened, and what is done with it at a shell.

use std::sync::Arc;
use std::time::Duration;

use rustix::process::Signal;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};

use super::exit::{CliError, Exit};
use super::screen::Screen;
use crate::clock;
use crate::config::Config;
use crate::mail::courier::Courier;
use crate::mail::worker::{Delivered, Worker};
use crate::store::entropy;
use crate::store::keyring::Keyring;
use crate::store::sql::{Location, OpenError, Sql};
use crate::store::{Directory as _, StoreError};

/// How long a completion waits for the directory.
const GLANCE: Duration = Duration::from_secs(2);

/// An open directory.
pub(super) struct Opened {
    pub(super) runtime: Runtime,
    pub(super) store: Arc<Sql>,
    pub(super) keyring: Arc<Keyring>,
    pub(super) config: Config,
}

impl Opened {
    /// Opens the directory; creates it and its keyring if neither exists, and says so.
    pub(super) fn new(config: Config, screen: &Screen) -> Result<Self, CliError> {
        let (opened, made) = Self::or_made(config)?;
        if let Some(place) = made {
            screen.say(&format!("note: a new directory was made at {place}"));
        }
        Ok(opened)
    }

    /// The same, but answers where it was created.
    pub(super) fn or_made(config: Config) -> Result<(Self, Option<Location>), CliError> {
        let (runtime, location) = (runtime()?, location(&config)?);
        let is_new = runtime.block_on(Sql::is_absent(&location)).map_err(failed)?;
        let opened = runtime.block_on(Sql::open_with(&location, &config.directory.keyring));
        let (store, keyring) = opened.map_err(failed)?;
        let made = is_new.then_some(location);
        Ok((Self { runtime, store: Arc::new(store), keyring, config }, made))
    }

    /// Opens an existing directory, for what has nothing to do in an empty one.
    pub(super) fn to_change(config: Config) -> Result<Self, CliError> {
        refuse_missing(&config)?;
        Ok(Self::or_made(config)?.0)
    }

    /// Opens an existing directory, read-only.
    pub(super) fn to_read(config: Config) -> Result<Self, CliError> {
        let (runtime, location) = (runtime()?, location(&config)?);
        let looked = runtime.block_on(Sql::look_with(&location, &config.directory.keyring));
        let (store, keyring) = looked.map_err(|error| not_there(&runtime, &error, &location, &config))?;
        Ok(Self { runtime, store: Arc::new(store), keyring, config })
    }

    /// The same for commands that look for what others may have done there.
    pub(super) fn to_inspect(config: Config) -> Result<Self, CliError> {
        let (runtime, location) = (runtime()?, location(&config)?);
        let looked = runtime.block_on(Sql::inspect_with(&location, &config.directory.keyring));
        let (store, keyring) = looked.map_err(|error| not_there(&runtime, &error, &location, &config))?;
        Ok(Self { runtime, store: Arc::new(store), keyring, config })
    }

    /// Opens an existing directory briefly; `None` if there is none or it does not answer in time.
    pub(super) fn existing(config: Config) -> Option<Self> {
        let (runtime, location) = (runtime().ok()?, location(&config).ok()?);
        let looked = Sql::look_with(&location, &config.directory.keyring);
        let looked = runtime.block_on(async { tokio::time::timeout(GLANCE, looked).await });
        let (store, keyring) = looked.ok()?.ok()?;
        Some(Self { store: Arc::new(store), runtime, keyring, config })
    }

    /// Returns users whose names start with this, for completion; none if the directory does not answer.
    pub(super) fn users_beginning(&self, begun: &str, most: usize) -> Vec<String> {
        let limit = u32::try_from(most).unwrap_or(u32::MAX);
        let found = self.runtime.block_on(self.store.users_after(begun, limit)).unwrap_or_default();
        let begun = begun.to_lowercase();
        let names = found.into_iter().map(|user| user.name);
        names.take_while(|name| name.to_lowercase().starts_with(&begun)).collect()
    }

    /// The mailer.
    pub(super) fn courier(&self) -> Result<Courier, CliError> {
        courier(&self.config)
    }

    /// Returns the worker that empties the outbox.
    pub(super) fn worker(&self) -> Result<Worker<Sql>, CliError> {
        let (store, keyring) = (Arc::clone(&self.store), Arc::clone(&self.keyring));
        Ok(Worker::new(store, keyring, self.courier()?, Arc::new(clock::epoch_ms), entropy::draw))
    }

    /// Sends the mails that are due.
    pub(super) fn deliver_due(&self) -> Result<Delivered, CliError> {
        let worker = self.worker()?;
        self.runtime.block_on(worker.deliver_due()).map_err(unavailable)
    }
}

/// Creates the async runtime for stores and servers.
pub(super) fn runtime() -> Result<Runtime, CliError> {
    let built = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime =
        built.map_err(|error| CliError::bad(format!("error: no threads can be started: {error}")))?;
    // A limit on the size of files makes a write fail, and does not end the program in the middle of it.
    let handled = runtime.block_on(async { signal(SignalKind::from_raw(Signal::XFSZ.as_raw())) });
    if let Err(error) = handled {
        tracing::warn!(target: "attendant::service", %error, "a limit on the size of files ends the program");
    }
    Ok(runtime)
}

/// Returns the location of the directory.
pub(super) fn location(config: &Config) -> Result<Location, CliError> {
    config.directory.place.parse().map_err(bad)
}

/// Refuses a directory that is not there: nothing is made.
pub(super) fn refuse_missing(config: &Config) -> Result<(), CliError> {
    let (runtime, location) = (runtime()?, location(config)?);
    if !runtime.block_on(Sql::is_absent(&location)).map_err(failed)? {
        return Ok(());
    }
    // Its keyring may know more of it.
    let looked = runtime.block_on(Sql::look_with(&location, &config.directory.keyring));
    looked.map(drop).map_err(|error| not_there(&runtime, &error, &location, config))
}

/// Turns why a directory cannot be read into an error of the command: most often another one was meant.
fn not_there(runtime: &Runtime, error: &OpenError, location: &Location, config: &Config) -> CliError {
    let is_lost = matches!(error, OpenError::Lost(_));
    // What cannot be looked at is told by the error.
    if is_lost || !runtime.block_on(Sql::is_absent(location)).unwrap_or(false) {
        return failed(error);
    }
    let place = match location {
        Location::File(_) => format!("there is no directory at {location}"),
        Location::Postgres(_) => format!("there is no directory in the database {location}, which is empty"),
    };
    let mut message =
        format!("error: {place}; `attendant serve` and commands that add something make one there");
    if config.has_default_place() {
        message += "\nhelp: did you mean another one? --config FILE names its settings, --directory PATH the directory";
    }
    CliError::bad(message)
}

/// Creates the mailer of the configuration.
pub(super) fn courier(config: &Config) -> Result<Courier, CliError> {
    Courier::new(&config.mail).map_err(bad)
}

/// Turns an error of the store into an error of the command.
pub(super) fn unavailable(error: StoreError) -> CliError {
    failed(error)
}

/// Turns a failed operation into an error of the command.
pub(super) fn failed(error: impl std::fmt::Display) -> CliError {
    CliError::Message(Exit::Failed, format!("error: {error}"))
}

fn bad(error: impl std::fmt::Display) -> CliError {
    CliError::bad(format!("error: {error}"))
}
