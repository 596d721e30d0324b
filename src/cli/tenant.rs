//! `attendant tenant`: what holds for every user.

use super::configured::Configured;
use super::desk::{Consent, Manner};
use super::exit::{Exit, Trouble};
use super::screen::Screen;
use super::shown::show;
use crate::admin::act::Act;

const EXAMPLES: &str = "\
Examples:
  attendant tenant show
  attendant tenant set pin_length=8
  attendant tenant set mail_from_override=true mail_from_address=help@contoso.com 'mail_from_name=Help desk'
  attendant tenant reset --yes";

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Tenant {
    #[command(flatten)]
    place: Configured,

    #[command(flatten)]
    manner: Manner,

    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Print every setting
    Show,
    /// Change settings; all of them, or none if one is wrong
    Set {
        /// Names with their new values
        #[arg(required = true, value_name = "NAME=VALUE", value_parser = super::parameter)]
        settings: Vec<(String, String)>,
    },
    /// Give every setting its default again
    Reset {
        #[command(flatten)]
        consent: Consent,
    },
}

impl Tenant {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, Trouble> {
        let act = match &self.what {
            What::Show => Act::ShowTenant,
            What::Set { settings } => Act::SetTenant(settings.clone()),
            What::Reset { consent } => {
                consent.ask("Giving every setting its default")?;
                Act::ResetTenant
            }
        };
        let desk = self.place.open("cli", screen)?;
        show(screen, &desk.perform(&act, screen)?, self.manner.json)
    }
}
