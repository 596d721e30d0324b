//! An administrator at the command line: which directory, who acts, and what is asked before what cannot be undone.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use tokio::runtime::Runtime;

use super::exit::{Exit, Trouble};
use crate::admin::act::Act;
use crate::admin::administration::{Actor, Administration, Role};
use crate::admin::answer::Answer;
use crate::admin::refusal::Refusal;
use crate::clock;
use crate::control::policy::Policy;
use crate::store::keyring::Keyring;
use crate::store::pin_hash::{Cost, PinHasher};
use crate::store::sql::{Location, Sql};

/// Which directory: the same for every command that needs one.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Place {
    /// The directory: a file of SQLite, or postgres://USER@HOST/DATABASE; a file in the platform's data folder if not
    /// given
    #[arg(long, value_name = "PATH|URL", env = "ATTENDANT_DIRECTORY", hide_env_values = true, global = true)]
    directory: Option<Location>,

    /// The file with the keys of its PINs; in the platform's data folder if not given
    #[arg(
        long,
        value_name = "FILE",
        env = "ATTENDANT_DIRECTORY_KEYRING",
        hide_env_values = true,
        global = true
    )]
    keyring: Option<PathBuf>,
}

/// How an answer is written, and whether anything is asked.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct Manner {
    /// Print JSON lines
    #[arg(long, global = true)]
    pub(super) json: bool,
}

/// For what cannot be undone.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct Consent {
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

/// A directory that is open, with whoever acts.
#[derive(Debug)]
pub(super) struct Desk {
    runtime: Runtime,
    pub(super) administration: Administration<Sql>,
    pub(super) keyring: Arc<Keyring>,
    pub(super) actor: Actor,
}

impl Place {
    pub(super) fn location(&self) -> Location {
        self.directory.clone().unwrap_or_else(Location::default_file)
    }

    pub(super) fn keyring(&self) -> PathBuf {
        self.keyring.clone().unwrap_or_else(Location::default_keyring)
    }

    /// Opens the directory; it is made if it is not there. `origin` is what the audit log tells.
    pub(super) fn open(&self, origin: &str) -> Result<Desk, Trouble> {
        let failed = |what: &dyn std::fmt::Display| Trouble::Told(Exit::Failed, format!("error: {what}"));
        let keyring = Arc::new(Keyring::at(&self.keyring()).map_err(|error| failed(&error))?);
        let runtime = Runtime::new().map_err(|error| failed(&error))?;
        let store = runtime.block_on(Sql::open(&self.location(), Arc::clone(&keyring)));
        let store = Arc::new(store.map_err(|error| failed(&error))?);
        let hasher = PinHasher::new(Arc::clone(&keyring), Cost::DEFAULT);
        let administration = Administration::new(store, hasher, Policy::default());
        let name = whoami::username().unwrap_or_else(|_| "unknown".to_owned());
        let actor = Actor { name, role: Role::Administrator, origin: origin.to_owned() };
        Ok(Desk { runtime, administration, keyring, actor })
    }
}

impl Desk {
    /// Carries out an act.
    pub(super) fn perform(&self, act: &Act) -> Result<Answer, Trouble> {
        let performed = self.administration.perform(clock::epoch_ms(), &self.actor, act);
        self.runtime.block_on(performed).map_err(|refusal| refused(&refusal))
    }

    /// Waits for something of the store.
    pub(super) fn wait<F: Future>(&self, something: F) -> F::Output {
        self.runtime.block_on(something)
    }
}

impl Drop for Desk {
    /// Writes back what waits.
    fn drop(&mut self) {
        let store = Arc::clone(self.administration.directory());
        self.runtime.block_on(store.close());
    }
}

/// What was wrong with the arguments, or with the directory.
pub(super) fn refused(refusal: &Refusal) -> Trouble {
    let exit = match refusal {
        Refusal::Store(_) | Refusal::Hash(_) | Refusal::NoFreeConferenceId => Exit::Failed,
        Refusal::Forbidden(_)
        | Refusal::UnknownUser(_)
        | Refusal::NotEnabled(_)
        | Refusal::BadName(_)
        | Refusal::BadAddress(_)
        | Refusal::BadText(_)
        | Refusal::BadConferenceId
        | Refusal::ConferenceIdTaken(_)
        | Refusal::BadNumber(_)
        | Refusal::UnknownNumber(..)
        | Refusal::WrongKindOfNumber { .. }
        | Refusal::NumberThere(_)
        | Refusal::NumberInUse(..)
        | Refusal::BadLanguages
        | Refusal::Setting(..)
        | Refusal::SenderIncomplete
        | Refusal::File(..) => Exit::Bad,
    };
    Trouble::Told(exit, format!("error: {refusal}"))
}

impl Consent {
    /// Asks on the terminal whether this is meant. Without a terminal `--yes` must say so.
    pub(super) fn ask(self, what: &str) -> Result<(), Trouble> {
        if self.yes {
            return Ok(());
        }
        if !io::stdin().is_terminal() {
            return Err(Trouble::bad(format!(
                "error: {what} cannot be undone; `--yes` says that it is meant"
            )));
        }
        let mut stderr = io::stderr();
        let _nobody_to_ask =
            write!(stderr, "{what}? This cannot be undone. [y/N] ").and_then(|()| stderr.flush());
        let mut answer = String::new();
        let read = io::stdin().lock().read_line(&mut answer);
        if read.is_ok() && ["y", "yes"].contains(&answer.trim().to_lowercase().as_str()) {
            return Ok(());
        }
        Err(Trouble::Told(Exit::Nothing, "nothing was changed".to_owned()))
    }
}
