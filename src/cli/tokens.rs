//! `attendant tokens`: by what programs sign in.

use super::admin_args::AdminArgs;
use super::exit::{CliError, Exit};
use super::screen::Screen;
use crate::admin::act::{Act, NewToken, UserName};
use crate::admin::actor::Role;

const EXAMPLES: &str = "\
Examples:
  attendant tokens issue amos.marble@contoso.com --label 'the app on his laptop'
  attendant tokens issue kim@contoso.com --administrator --days 7
  attendant tokens list
  attendant tokens revoke 3f09a1c25b7e4d68

A token is printed once, alone on standard output; only a keyed hash of it is stored. It lets a program act as its \
user: see that user's coordinates or, with --administrator, do everything.";

/// The longest that a token is good: ten years.
const DAYS_MAX: i64 = 3_650;

/// The command's arguments.
pub(super) type Tokens = AdminArgs<TokensCommand>;

#[derive(Debug, clap::Subcommand)]
#[command(after_help = EXAMPLES)]
pub(super) enum TokensCommand {
    /// Issue a token and print it, once
    Issue {
        /// The user that the token acts as
        #[arg(value_name = "USER", add = super::completions::users())]
        user: String,
        /// Give the token all rights of an administrator
        #[arg(long)]
        administrator: bool,
        /// How many days the token is valid
        #[arg(long, value_name = "N", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=DAYS_MAX))]
        days: u32,
        /// A label that says what the token is for
        #[arg(long, value_name = "TEXT", default_value = "")]
        label: String,
    },
    /// Print all tokens, without their secrets
    List {
        /// Only tokens of this user
        #[arg(value_name = "USER", add = super::completions::users())]
        user: Option<String>,
    },
    /// Revoke a token
    Revoke {
        /// The token's name, from `attendant tokens list`
        #[arg(value_name = "TOKEN")]
        id: String,
    },
}

impl Tokens {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let act = match &self.command {
            TokensCommand::Issue { user, administrator, days, label } => Act::IssueToken(NewToken {
                user: UserName(user.clone()),
                role: if *administrator { Role::Administrator } else { Role::User },
                label: label.clone(),
                days: *days,
            }),
            TokensCommand::List { user } => Act::ListTokens(user.clone().map(UserName)),
            TokensCommand::Revoke { id } => Act::RevokeToken(id.clone()),
        };
        self.perform(&act, screen)
    }
}
