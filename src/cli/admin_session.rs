//! An administrator at the command line: which directory, who acts, and what is asked before what cannot be undone.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::sync::Arc;

use super::configured::Configured;
use super::counted;
use super::exit::{CliError, Exit};
use super::opened::Opened;
use super::screen::Screen;
use crate::admin::act::Act;
use crate::admin::actor::{Actor, Role};
use crate::admin::administration::Administration;
use crate::admin::answer::Answer;
use crate::admin::refusal::Refusal;
use crate::clock;
use crate::config::Transport;
use crate::mail::worker::Delivered;
use crate::store::Outbox as _;
use crate::store::mail::{MailId, MailRecord, MailState};
use crate::store::pin_hash::{Cost, PinHasher};
use crate::store::sql::Sql;

/// How many of the newest mails are searched for the one just put in, since other commands may add some at the same
/// time.
const LATEST: u32 = 100;

/// How answers are printed, and whether to ask for confirmation.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct Manner {
    /// Print JSON lines
    #[arg(long, global = true)]
    pub(super) json: bool,
}

/// The option to confirm what cannot be undone.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct Consent {
    /// Do not ask for confirmation
    #[arg(long, short)]
    yes: bool,
}

/// An open directory, with the acting administrator.
pub(super) struct AdminSession {
    pub(super) opened: Opened,
    pub(super) administration: Administration<Sql>,
    pub(super) actor: Actor,
}

impl Configured {
    /// Opens the directory, or creates it. `origin` is recorded in the audit log.
    pub(super) fn open(&self, origin: &str, screen: &Screen) -> Result<AdminSession, CliError> {
        Ok(AdminSession::of(Opened::new(self.load(screen)?, screen)?, origin))
    }

    /// Opens an existing directory, for what has nothing to do in an empty one.
    pub(super) fn open_existing(&self, origin: &str, screen: &Screen) -> Result<AdminSession, CliError> {
        Ok(AdminSession::of(Opened::to_change(self.load(screen)?)?, origin))
    }

    /// Opens the directory for these acts: one that is there, unless one of them adds something; read-only, if they only
    /// read.
    pub(super) fn open_for(
        &self,
        acts: &[Act],
        origin: &str,
        screen: &Screen,
    ) -> Result<AdminSession, CliError> {
        if acts.iter().all(Act::reads) {
            return Ok(AdminSession::of(Opened::to_read(self.load(screen)?)?, origin));
        }
        if acts.iter().any(Act::may_come_first) {
            return self.open(origin, screen);
        }
        self.open_existing(origin, screen)
    }

    /// Opens an existing directory, read-only.
    pub(super) fn open_to_read(&self, screen: &Screen) -> Result<AdminSession, CliError> {
        Ok(AdminSession::of(Opened::to_read(self.load(screen)?)?, "cli"))
    }

    /// The same for commands that look for what others may have done there.
    pub(super) fn open_to_inspect(&self, screen: &Screen) -> Result<AdminSession, CliError> {
        Ok(AdminSession::of(Opened::to_inspect(self.load(screen)?)?, "cli"))
    }
}

impl AdminSession {
    /// Returns the user of this machine, who administers the directory.
    pub(super) fn of(opened: Opened, origin: &str) -> Self {
        let hasher = PinHasher::new(Arc::clone(&opened.keyring), Cost::DEFAULT);
        let administration =
            Administration::new(Arc::clone(&opened.store), hasher, opened.config.policy.clone());
        let name = whoami::username().unwrap_or_else(|_| "unknown".to_owned());
        let actor = Actor { name, role: Role::Administrator, origin: origin.to_owned() };
        Self { opened, administration, actor }
    }

    /// Carries out an act and sends its mail. A mail that cannot be sent now stays in the outbox.
    pub(super) fn perform(&self, act: &Act, screen: &Screen) -> Result<Answer, CliError> {
        self.carry_out(act, screen).map_err(|refusal| refused(&refusal))
    }

    /// The same, but returns the refusal for the caller to report.
    pub(super) fn carry_out(&self, act: &Act, screen: &Screen) -> Result<Answer, Refusal> {
        let answer = self.wait(self.administration.perform(clock::epoch_ms(), &self.actor, act))?;
        if let Answer::Done(done) = &answer {
            self.deliver(&done.mailed_to, screen);
        }
        Ok(answer)
    }

    /// The act is done and its mail is safe in the outbox, so a delay in sending is not a failure.
    fn deliver(&self, mailed_to: &[String], screen: &Screen) {
        if mailed_to.is_empty() {
            return;
        }
        let trouble = match self.opened.deliver_due() {
            Ok(_) => None,
            Err(CliError::Message(_, why)) => Some(why),
            Err(CliError::Output(why)) => Some(why.to_string()),
        };
        for to in mailed_to {
            let became = match (&trouble, self.latest_to(to)) {
                (Some(why), _) => format!("waits in the outbox: {why}"),
                (None, Some(mail)) => self.became(&mail),
                (None, None) => "is being sent".to_owned(),
            };
            screen.say(&format!("the mail to {to} {became}"));
        }
    }

    /// Returns the newest mail to an address, if it is among the newest of all.
    fn latest_to(&self, to: &str) -> Option<MailRecord> {
        let newest = self.wait(self.opened.store.mails_before(MailId::MAX, None, LATEST));
        newest.unwrap_or_default().into_iter().find(|mail| mail.mail.to == to)
    }

    /// Describes what happened to a mail.
    fn became(&self, mail: &MailRecord) -> String {
        let cause = mail.last_error.as_deref().unwrap_or("unknown cause");
        match mail.state {
            MailState::Sent => match &self.opened.config.mail.transport {
                Transport::Maildir(folder) => format!("is in {}", folder.display()),
                Transport::Smtp(server) => format!("was accepted by {}", server.host),
            },
            MailState::Dead => {
                let id = mail.id;
                format!("is dead: {cause}; once that is fixed, `attendant mail resend {id}` sends it again")
            }
            MailState::Superseded => "was not sent, because its PIN has been replaced".to_owned(),
            MailState::Waiting if mail.last_error.is_some() => format!("has not been sent yet: {cause}"),
            // Another worker may be sending this mail or an earlier one.
            MailState::Waiting => "is being sent".to_owned(),
        }
    }

    /// Sends the mails that are due, after many acts.
    pub(super) fn deliver_all(&self, screen: &Screen) {
        match self.opened.deliver_due() {
            Ok(Delivered { sent, deferred, dead }) if deferred + dead > 0 => {
                let sent = counted(sent, "mail");
                screen.say(&format!(
                    "note: {sent} sent, {deferred} deferred, {dead} dead; see `attendant mail list` \
                     for the reasons"
                ));
            }
            Ok(delivered) => {
                screen.say(&format!("{} sent", counted(delivered.sent, "mail")));
            }
            Err(CliError::Message(_, why)) => screen.say(&format!("note: mail waits in the outbox: {why}")),
            Err(CliError::Output(why)) => screen.say(&format!("note: mail waits in the outbox: {why}")),
        }
    }

    /// Waits for an operation of the store.
    pub(super) fn wait<F: Future>(&self, something: F) -> F::Output {
        self.opened.runtime.block_on(something)
    }
}

impl Drop for AdminSession {
    /// Writes pending changes.
    fn drop(&mut self) {
        self.wait(self.opened.store.close());
    }
}

/// Turns a refusal into an error of the command.
pub(super) fn refused(refusal: &Refusal) -> CliError {
    CliError::Message(exit_of(refusal), format!("error: {refusal}"))
}

/// Returns the exit code for a refusal.
pub(super) fn exit_of(refusal: &Refusal) -> Exit {
    match refusal {
        Refusal::Store(_) | Refusal::Hash(_) | Refusal::NoFreeConferenceId => Exit::Failed,
        Refusal::Forbidden(_)
        | Refusal::UnknownUser(_)
        | Refusal::AmbiguousUser(..)
        | Refusal::PinInside(_)
        | Refusal::UnknownToken(_)
        | Refusal::UnknownAccount(_)
        | Refusal::NotAdministrators(_)
        | Refusal::LastAdministrator(_)
        | Refusal::BadPassword(_)
        | Refusal::Changed
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
    }
}

impl Consent {
    /// Asks for confirmation on the terminal. Without a terminal, `--yes` is required.
    pub(super) fn ask(self, what: &str) -> Result<(), CliError> {
        if self.yes {
            return Ok(());
        }
        if !io::stdin().is_terminal() {
            return Err(CliError::bad(format!("error: {what} cannot be undone; add --yes to confirm")));
        }
        confirm(&format!("{what}? This cannot be undone."))
    }
}

/// Asks on the terminal.
pub(super) fn confirm(question: &str) -> Result<(), CliError> {
    let mut stderr = io::stderr();
    let _nobody_to_ask = write!(stderr, "{question} [y/N] ").and_then(|()| stderr.flush());
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    if read.is_ok() && ["y", "yes"].contains(&answer.trim().to_lowercase().as_str()) {
        return Ok(());
    }
    Err(CliError::Message(Exit::Nothing, "nothing changed".to_owned()))
}
