//! `attendant accounts`: who signs in to the admin center.

use super::admin_args::AdminArgs;
use super::admin_session::{Consent, refused};
use super::exit::{CliError, Exit};
use super::screen::Screen;
use super::shown::show;
use crate::admin::act::{Act, UserName};
use crate::admin::actor::Role;
use crate::admin::refusal::Refusal;

const EXAMPLES: &str = "\
Examples:
  attendant accounts give amos.marble@contoso.com   # sees only his own page
  attendant accounts give kim@contoso.com --administrator
  attendant accounts list
  attendant accounts remove kim@contoso.com --yes

A one-time password is printed once, alone on standard output; only a keyed hash of it is stored, and its owner must \
change it at the first sign-in. Run the same command again for anyone who has lost theirs.";

/// The command's arguments.
pub(super) type Accounts = AdminArgs<AccountsCommand>;

#[derive(Debug, clap::Subcommand)]
#[command(after_help = EXAMPLES)]
pub(super) enum AccountsCommand {
    /// Give a user an account, or a new password, and print the one-time password
    Give {
        /// The user principal name
        #[arg(value_name = "USER", add = super::completions::users())]
        user: String,
        /// Make the user an administrator
        #[arg(long)]
        administrator: bool,
    },
    /// Print every account
    List,
    /// Remove an account and end its sessions
    Remove {
        /// The user principal name
        #[arg(value_name = "USER")]
        user: String,
        #[command(flatten)]
        consent: Consent,
    },
}

impl Accounts {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let act = match &self.command {
            AccountsCommand::Give { user, administrator } => Act::GiveAccount {
                user: UserName(user.clone()),
                role: if *administrator { Role::Administrator } else { Role::User },
            },
            AccountsCommand::List => Act::ListAccounts,
            AccountsCommand::Remove { user, consent } => {
                consent.ask(&format!("Removing the account {user}"))?;
                Act::RemoveAccount(UserName(user.clone()))
            }
        };
        if !matches!(act, Act::GiveAccount { role: Role::User, .. }) {
            return self.perform(&act, screen);
        }
        let session = self.place.open_existing("cli", screen)?;
        match session.carry_out(&act, screen) {
            Ok(answer) => show(screen, &answer, self.manner.json),
            Err(refusal @ Refusal::UnknownUser(_)) => Err(CliError::bad(format!(
                "error: {refusal}; an administrator need not be one of the users, and gets an account with --administrator"
            ))),
            Err(refusal) => Err(refused(&refusal)),
        }
    }
}
