//! `attendant numbers`: the numbers that callers dial, and their languages.

use super::admin_args::AdminArgs;
use super::admin_session::Consent;
use super::exit::{CliError, Exit};
use super::screen::Screen;
use super::shown::show;
use crate::admin::act::{Act, NewNumber};
use crate::admin::answer::{Answer, Done};
use crate::control::call::Language;

const EXAMPLES: &str = "\
Examples:
  attendant numbers add +14255550100 --secondary es-ES,fr-FR
  attendant numbers add +18005550199 --toll-free
  attendant numbers set +14255550100 --primary de-DE
  attendant numbers remove +18005550199 --yes";

/// The command's arguments.
pub(super) type Numbers = AdminArgs<NumbersCommand>;

#[derive(Debug, clap::Subcommand)]
#[command(after_help = EXAMPLES)]
pub(super) enum NumbersCommand {
    /// Print all service numbers
    List,
    /// Add a service number
    Add {
        /// The number with its country code, in any common format: +14255550100
        number: String,
        /// The number is toll-free
        #[arg(long)]
        toll_free: bool,
        /// The language that callers hear first
        #[arg(long, value_name = "TAG", default_value = Language::EnUs.tag(), value_parser = super::language)]
        primary: Language,
        /// The other languages, reached with *1 to *4
        #[arg(long, value_name = "TAG,…", value_delimiter = ',', value_parser = super::language)]
        secondary: Vec<Language>,
    },
    /// Change a service number's languages
    Set {
        /// The service number
        number: String,
        /// The language that callers hear first
        #[arg(long, value_name = "TAG", value_parser = super::language, required_unless_present = "secondary")]
        primary: Option<Language>,
        /// The other languages, reached with *1 to *4; replaces the current ones
        #[arg(long, value_name = "TAG,…", value_delimiter = ',', value_parser = super::language)]
        secondary: Option<Vec<Language>>,
    },
    /// Remove a service number that no user's invitation has
    Remove {
        /// The service number
        number: String,
        #[command(flatten)]
        consent: Consent,
    },
}

impl Numbers {
    /// The number that was typed.
    fn typed(&self) -> Option<&String> {
        match &self.command {
            NumbersCommand::List => None,
            NumbersCommand::Add { number, .. }
            | NumbersCommand::Set { number, .. }
            | NumbersCommand::Remove { number, .. } => Some(number),
        }
    }

    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let act = match &self.command {
            NumbersCommand::List => Act::ShowNumbers(None),
            NumbersCommand::Add { number, toll_free, primary, secondary } => Act::AddNumber(NewNumber {
                number: number.clone(),
                toll_free: *toll_free,
                primary: *primary,
                secondary: secondary.clone(),
            }),
            NumbersCommand::Set { number, primary, secondary } => {
                Act::SetNumber { number: number.clone(), primary: *primary, secondary: secondary.clone() }
            }
            NumbersCommand::Remove { number, consent } => {
                consent.ask(&format!("Removing {number}"))?;
                Act::RemoveNumber(number.clone())
            }
        };
        let session = self.place.open_for(std::slice::from_ref(&act), "cli", screen)?;
        let answer = session.perform(&act, screen)?;
        if let (Some(typed), Answer::Done(Done { number: Some(kept), .. })) = (self.typed(), &answer)
            && *typed != kept.number
        {
            screen.say(&format!("note: {typed} is stored as {}", kept.number));
        }
        show(screen, &answer, self.manner.json)
    }
}
