//! `attendant tenant`: what holds for every user.

use super::admin_args::AdminArgs;
use super::admin_session::Consent;
use super::exit::{CliError, Exit};
use super::screen::Screen;
use crate::admin::act::Act;

const EXAMPLES: &str = "\
Examples:
  attendant tenant show
  attendant tenant set pin_length=8
  attendant tenant set mail_from_override=true \\
      mail_from_address=help@contoso.com 'mail_from_name=Help desk'
  attendant tenant reset --yes";

/// The command's arguments.
pub(super) type Tenant = AdminArgs<TenantCommand>;

#[derive(Debug, clap::Subcommand)]
#[command(after_help = EXAMPLES)]
pub(super) enum TenantCommand {
    /// Print every setting
    Show,
    /// Change settings; if one is invalid, none is changed
    Set {
        /// The settings to change
        #[arg(required = true, value_name = "NAME=VALUE", value_parser = super::parameter)]
        settings: Vec<(String, String)>,
    },
    /// Reset every setting to its default
    Reset {
        #[command(flatten)]
        consent: Consent,
    },
}

impl Tenant {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let act = match &self.command {
            TenantCommand::Show => Act::ShowTenant,
            TenantCommand::Set { settings } => Act::SetTenant(settings.clone()),
            TenantCommand::Reset { consent } => {
                consent.ask("Resetting every setting to its default")?;
                Act::ResetTenant
            }
        };
        self.perform(&act, screen)
    }
}
