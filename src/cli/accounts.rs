//! `attendant accounts`: who signs in to the admin center.

use super::desk::Consent;
use super::exit::{Exit, Trouble};
use super::head::Head;
use super::screen::Screen;
use crate::admin::act::{Act, UserName};
use crate::admin::actor::Role;

const EXAMPLES: &str = "\
Examples:
  attendant accounts give amos.marble@contoso.com        # sees his own coordinates, and nothing else
  attendant accounts give kim@contoso.com --administrator
  attendant accounts list
  attendant accounts remove kim@contoso.com --yes

A one-time password is printed once, alone on standard output; only a keyed hash of it is kept, and it must be changed
when its owner signs in first. Whoever has lost theirs is given another with the same command.";

/// The command's arguments.
pub(super) type Accounts = Head<What>;

#[derive(Debug, clap::Subcommand)]
#[command(after_help = EXAMPLES)]
pub(super) enum What {
    /// Let somebody sign in, and print their one-time password; one who may already is given another
    Give {
        /// Who: a user principal name
        #[arg(value_name = "USER", add = super::completions::users())]
        user: String,
        /// Let them do everything that administrators do
        #[arg(long)]
        administrator: bool,
    },
    /// Print every account
    List,
    /// Let somebody sign in no longer; who is signed in is not any more
    Remove {
        /// Who
        #[arg(value_name = "USER")]
        user: String,
        #[command(flatten)]
        consent: Consent,
    },
}

impl Accounts {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, Trouble> {
        let act = match &self.what {
            What::Give { user, administrator } => Act::GiveAccount {
                user: UserName(user.clone()),
                role: if *administrator { Role::Administrator } else { Role::User },
            },
            What::List => Act::ListAccounts,
            What::Remove { user, consent } => {
                consent.ask(&format!("Removing the account {user}"))?;
                Act::RemoveAccount(UserName(user.clone()))
            }
        };
        self.perform(&act, screen)
    }
}
