//! An administrator at the command line: which directory, who acts, and what is asked before what cannot be undone.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::sync::Arc;

use super::configured::Configured;
use super::exit::{Exit, Trouble};
use super::opened::Opened;
use super::screen::Screen;
use crate::admin::act::Act;
use crate::admin::administration::{Actor, Administration, Role};
use crate::admin::answer::Answer;
use crate::admin::refusal::Refusal;
use crate::clock;
use crate::store::pin_hash::{Cost, PinHasher};
use crate::store::sql::Sql;

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
pub(super) struct Desk {
    pub(super) opened: Opened,
    pub(super) administration: Administration<Sql>,
    pub(super) actor: Actor,
}

impl Configured {
    /// Opens the directory; it is made if it is not there. `origin` is what the audit log tells.
    pub(super) fn open(&self, origin: &str, screen: &Screen) -> Result<Desk, Trouble> {
        let opened = Opened::new(self.load(screen)?)?;
        let hasher = PinHasher::new(Arc::clone(&opened.keyring), Cost::DEFAULT);
        let administration =
            Administration::new(Arc::clone(&opened.store), hasher, opened.config.policy.clone());
        let name = whoami::username().unwrap_or_else(|_| "unknown".to_owned());
        let actor = Actor { name, role: Role::Administrator, origin: origin.to_owned() };
        Ok(Desk { opened, administration, actor })
    }
}

impl Desk {
    /// Carries out an act, and sends the mail that it put into the outbox. What cannot be sent now waits there.
    pub(super) fn perform(&self, act: &Act, screen: &Screen) -> Result<Answer, Trouble> {
        let performed = self.administration.perform(clock::epoch_ms(), &self.actor, act);
        let answer = self.wait(performed).map_err(|refusal| refused(&refusal))?;
        if matches!(&answer, Answer::Done(done) if !done.mailed_to.is_empty()) {
            self.deliver(screen);
        }
        Ok(answer)
    }

    /// The act is done, and the mail is safe in the outbox: that it is not sent yet is no failure.
    fn deliver(&self, screen: &Screen) {
        match self.opened.deliver_due() {
            Ok(delivered) if delivered.put_off + delivered.dead == 0 => {}
            Ok(_) => screen.say("note: a mail was not sent; `attendant mail list` tells why"),
            Err(Trouble::Told(_, why)) => screen.say(&format!("note: the mail waits in the outbox: {why}")),
            Err(Trouble::Output(why)) => screen.say(&format!("note: the mail waits in the outbox: {why}")),
        }
    }

    /// Waits for something of the store.
    pub(super) fn wait<F: Future>(&self, something: F) -> F::Output {
        self.opened.runtime.block_on(something)
    }
}

impl Drop for Desk {
    /// Writes back what waits.
    fn drop(&mut self) {
        self.wait(self.opened.store.close());
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
