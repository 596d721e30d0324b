//! The arguments that the commands of administrators share.

use super::admin_session::Manner;
use super::configured::Configured;
use super::exit::{CliError, Exit};
use super::screen::Screen;
use super::shown::show;
use crate::admin::act::Act;

/// The directory, the form of the answer, and the command.
#[derive(Debug, clap::Args)]
pub(super) struct AdminArgs<C: clap::Subcommand> {
    #[command(flatten)]
    pub(super) place: Configured,

    #[command(flatten)]
    pub(super) manner: Manner,

    #[command(subcommand)]
    pub(super) command: C,
}

impl<C: clap::Subcommand> AdminArgs<C> {
    /// Carries out an act, and shows what is answered.
    pub(super) fn perform(&self, act: &Act, screen: &Screen) -> Result<Exit, CliError> {
        let session = self.place.open_for(std::slice::from_ref(act), "cli", screen)?;
        show(screen, &session.perform(act, screen)?, self.manner.json)
    }
}
