//! `attendant users`: who may hold meetings with dial-in, and their conference IDs and PINs.

mod files;

use super::admin_args::AdminArgs;
use super::admin_session::Consent;
use super::exit::{CliError, Exit};
use super::screen::Screen;
use super::shown::show;
use crate::admin::act::{
    Act, Change, ConferenceIdChange, Description, Enable, Listing, MailRequest, PasscodeChange, Sender,
    UserName,
};
use crate::control::call::{Digits, Language};
use crate::control::numbers;

const EXAMPLES: &str = "\
Examples:
  attendant users enable amos.marble@contoso.com   # prints the PIN, once
  attendant users reset-pin amos.marble@contoso.com --yes | wl-copy
  attendant users reset-pin amos.marble@contoso.com \\
      --send-mail --to desk@contoso.com
  attendant users set amos.marble@contoso.com \\
      --allow-anonymous-start true --number +14255550100
  attendant users list --json | jq -r 'select(.enabled) | .name'
  attendant users import users.csv
  attendant users export > users.csv

A PIN is printed alone on standard output, everything else on standard error. Everywhere else it is *******.";

/// The command's arguments.
pub(super) type Users = AdminArgs<UsersCommand>;

#[derive(Debug, clap::Subcommand)]
#[command(after_help = EXAMPLES)]
pub(super) enum UsersCommand {
    /// Print all users
    List(List),
    /// Print one user, with the state of PIN entry
    Show(Named),
    /// Enable a user for dial-in conferencing, with a conference ID, a PIN and a mail; a new user is added
    Enable(EnableArgs),
    /// Disable a user and remove the conference ID and PIN
    Disable(Disable),
    /// Change a user
    Set(Set),
    /// Reset a user's PIN and print the new one, once
    ResetPin(Reset),
    /// Reset a user's conference ID
    ResetConferenceId(Reset),
    /// Lock a user's PIN entry
    Lock(Named),
    /// Unlock a user's PIN entry and clear the count of wrong PINs
    Unlock(Named),
    /// Add the users of a CSV file
    Import(files::Import),
    /// Print all users as CSV, in the format of import
    Export(files::Export),
}

#[derive(Debug, clap::Args)]
pub(super) struct List {
    /// The largest number to print
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Named {
    /// The user principal name, amos.marble@contoso.com
    #[arg(value_name = "USER", add = super::completions::users())]
    user: String,
}

/// A mail that is asked for by name.
#[derive(Debug, clap::Args)]
struct MailArgs {
    /// Send a mail even if automatic mail is off; it replaces the automatic one
    #[arg(long)]
    send_mail: bool,

    /// Send it to this address instead of the user's
    #[arg(long, value_name = "ADDRESS", requires = "send_mail")]
    to: Option<String>,

    /// The sender's address
    #[arg(long, value_name = "ADDRESS", requires_all = ["send_mail", "from_name"])]
    from: Option<String>,

    /// The sender's name
    #[arg(long, value_name = "NAME", requires_all = ["send_mail", "from"])]
    from_name: Option<String>,
}

impl MailArgs {
    fn request(&self) -> Option<MailRequest> {
        let from = self.from.clone().zip(self.from_name.clone());
        let from = from.map(|(address, name)| Sender { address, name });
        self.send_mail.then(|| MailRequest { to: self.to.clone(), from })
    }
}

/// The options that describe a user.
#[derive(Debug, clap::Args)]
struct Person {
    /// The display name in mails
    #[arg(long, value_name = "NAME")]
    display_name: Option<String>,

    /// The mail address; empty for none
    #[arg(long, value_name = "ADDRESS")]
    mail: Option<String>,

    /// The user's own telephone number; no PIN may be part of it
    #[arg(long, value_name = "NUMBER")]
    phone: Option<String>,

    /// The language of the user's mails
    #[arg(long, value_name = "TAG", value_parser = super::language)]
    language: Option<Language>,
}

impl Person {
    fn describe(&self, user: UserName) -> Option<Box<Description>> {
        let Self { display_name, mail, phone, language } = self;
        let said = display_name.is_some() || mail.is_some() || phone.is_some() || language.is_some();
        said.then(|| {
            Box::new(Description {
                user,
                display_name: display_name.clone(),
                mail: mail.clone(),
                phone: phone.clone(),
                language: *language,
            })
        })
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct EnableArgs {
    #[command(flatten)]
    named: Named,

    /// The conference ID; a free one is generated if not given
    #[arg(long, value_name = "DIGITS", value_parser = conference_id)]
    conference_id: Option<Digits>,

    /// The service number in the invitation; the first one if not given
    #[arg(long, value_name = "NUMBER")]
    number: Option<String>,

    /// The toll-free service number in the invitation
    #[arg(long, value_name = "NUMBER")]
    toll_free_number: Option<String>,

    #[command(flatten)]
    person: Person,

    #[command(flatten)]
    mail: MailArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct Disable {
    #[command(flatten)]
    named: Named,

    #[command(flatten)]
    mail: MailArgs,

    #[command(flatten)]
    consent: Consent,
}

#[derive(Debug, clap::Args)]
pub(super) struct Set {
    #[command(flatten)]
    named: Named,

    /// This conference ID
    #[arg(long, value_name = "DIGITS", value_parser = conference_id)]
    conference_id: Option<Digits>,

    /// Whether their meetings start without a PIN
    #[arg(long, value_name = "BOOL")]
    allow_anonymous_start: Option<bool>,

    /// The service number in their invitations
    #[arg(long, value_name = "NUMBER")]
    number: Option<String>,

    /// The toll-free service number in their invitations
    #[arg(long, value_name = "NUMBER")]
    toll_free_number: Option<String>,

    /// Whether their meetings take calls to toll-free numbers
    #[arg(long, value_name = "BOOL")]
    allow_toll_free: Option<bool>,

    /// The passcode of their meetings, which callers on the phone are asked for: 4 to 10 digits, or none
    #[arg(long, value_name = "DIGITS", value_parser = passcode)]
    passcode: Option<PasscodeChange>,

    #[command(flatten)]
    person: Person,

    #[command(flatten)]
    mail: MailArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct Reset {
    #[command(flatten)]
    named: Named,

    #[command(flatten)]
    mail: MailArgs,

    #[command(flatten)]
    consent: Consent,
}

fn conference_id(text: &str) -> Result<Digits, String> {
    numbers::conference_id(text)
        .ok_or_else(|| "expected 1 to 12 digits, grouped or not, such as 314 1592".to_owned())
}

fn passcode(text: &str) -> Result<PasscodeChange, String> {
    PasscodeChange::from_text(text).ok_or_else(|| "expected 4 to 10 digits, or none".to_owned())
}

impl Users {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let acts = match &self.command {
            UsersCommand::List(list) => {
                vec![Act::ListUsers(Listing { limit: list.limit, ..Listing::default() })]
            }
            UsersCommand::Show(named) => vec![Act::ShowUser(named.name()), Act::ShowPin(named.name())],
            UsersCommand::Enable(enable) => vec![enable.act()],
            UsersCommand::Disable(disable) => {
                disable.consent.ask(&format!("Disabling {}", disable.named.user))?;
                vec![Act::Disable { user: disable.named.name(), mail: disable.mail.request() }]
            }
            UsersCommand::Set(set) => vec![set.act()?],
            UsersCommand::ResetPin(reset) => {
                reset.consent.ask(&format!("Resetting the PIN of {}", reset.named.user))?;
                let change = reset.change();
                vec![Act::Change(Change { reset_pin: true, ..change })]
            }
            UsersCommand::ResetConferenceId(reset) => {
                reset.consent.ask(&format!("Resetting the conference ID of {}", reset.named.user))?;
                let conference_id = Some(ConferenceIdChange::Reset);
                vec![Act::Change(Change { conference_id, ..reset.change() })]
            }
            UsersCommand::Lock(named) => vec![Act::LockPin(named.name())],
            UsersCommand::Unlock(named) => vec![Act::UnlockPin(named.name())],
            UsersCommand::Import(import) => return import.run(screen, &self.place, self.manner),
            UsersCommand::Export(export) => return export.run(screen, &self.place),
        };
        let session = self.place.open_for(&acts, "cli", screen)?;
        let mut exit = Exit::Success;
        for act in acts {
            let answer = session.perform(&act, screen)?;
            exit = show(screen, &answer, self.manner.json)?;
        }
        Ok(exit)
    }
}

impl Named {
    fn name(&self) -> UserName {
        UserName(self.user.clone())
    }
}

impl EnableArgs {
    fn act(&self) -> Act {
        Act::Enable(Enable {
            conference_id: self.conference_id,
            number: self.number.clone(),
            toll_free_number: self.toll_free_number.clone(),
            mail: self.mail.request(),
            description: self.person.describe(self.named.name()),
            ..Enable::of(self.named.name())
        })
    }
}

impl Set {
    /// One act, so that all of it is done, or nothing.
    fn act(&self) -> Result<Act, CliError> {
        let change = Change {
            reset_pin: false,
            conference_id: self.conference_id.map(ConferenceIdChange::Set),
            allow_anonymous_start: self.allow_anonymous_start,
            number: self.number.clone(),
            toll_free_number: self.toll_free_number.clone(),
            allow_toll_free: self.allow_toll_free,
            passcode: self.passcode,
            mail: self.mail.request(),
            user: self.named.name(),
        };
        let changes = change != Change::of(self.named.name());
        match (self.person.describe(self.named.name()), changes) {
            (Some(description), true) => Ok(Act::Edit(description, Box::new(change))),
            (Some(description), false) => Ok(Act::Describe(*description)),
            (None, true) => Ok(Act::Change(change)),
            (None, false) => {
                let right = "see `attendant users set --help`";
                Err(CliError::bad(format!("error: nothing to set; {right}")))
            }
        }
    }
}

impl Reset {
    fn change(&self) -> Change {
        Change { mail: self.mail.request(), ..Change::of(self.named.name()) }
    }
}
