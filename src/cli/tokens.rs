//! `attendant tokens`: by what programs sign in.

use super::exit::{Exit, Trouble};
use super::head::Head;
use super::screen::Screen;
use crate::admin::act::{Act, NewToken, UserName};
use crate::admin::actor::Role;

const EXAMPLES: &str = "\
Examples:
  attendant tokens issue amos.marble@contoso.com --label 'the app on his laptop'
  attendant tokens issue kim@contoso.com --administrator --days 7
  attendant tokens list
  attendant tokens revoke 3f09a1c25b7e4d68

A token is printed once, alone on standard output; only a keyed hash of it is kept. Whoever has it acts as its user: sees
their own coordinates, or, with --administrator, does everything.";

/// The longest that a token is good: ten years.
const DAYS_MAX: i64 = 3_650;

/// The command's arguments.
pub(super) type Tokens = Head<What>;

#[derive(Debug, clap::Subcommand)]
#[command(after_help = EXAMPLES)]
pub(super) enum What {
    /// Issue a token, and print it once
    Issue {
        /// Who signs in with it: the user principal name
        #[arg(value_name = "USER", add = super::completions::users())]
        user: String,
        /// Let it do everything that administrators do
        #[arg(long)]
        administrator: bool,
        /// For how many days it is good
        #[arg(long, value_name = "N", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=DAYS_MAX))]
        days: u32,
        /// What it is for
        #[arg(long, value_name = "TEXT", default_value = "")]
        label: String,
    },
    /// Print every token, without what is secret of it
    List {
        /// Only those of this user
        #[arg(value_name = "USER", add = super::completions::users())]
        user: Option<String>,
    },
    /// Let a token be good no longer
    Revoke {
        /// Its name, as `list` prints it
        #[arg(value_name = "TOKEN")]
        id: String,
    },
}

impl Tokens {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, Trouble> {
        let act = match &self.what {
            What::Issue { user, administrator, days, label } => Act::IssueToken(NewToken {
                user: UserName(user.clone()),
                role: if *administrator { Role::Administrator } else { Role::User },
                label: label.clone(),
                days: *days,
            }),
            What::List { user } => Act::ListTokens(user.clone().map(UserName)),
            What::Revoke { id } => Act::RevokeToken(id.clone()),
        };
        self.perform(&act, screen)
    }
}
