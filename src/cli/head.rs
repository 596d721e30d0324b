//! The head that the commands of administrators share.

use super::configured::Configured;
use super::desk::Manner;
use super::exit::{CliError, Exit};
use super::screen::Screen;
use super::shown::show;
use crate::admin::act::Act;

/// The directory, the form of the answer, and the command.
#[derive(Debug, clap::Args)]
pub(super) struct Head<W: clap::Subcommand> {
    #[command(flatten)]
    pub(super) place: Configured,

    #[command(flatten)]
    pub(super) manner: Manner,

    #[command(subcommand)]
    pub(super) what: W,
}

impl<W: clap::Subcommand> Head<W> {
    /// Carries out an act, and shows what is answered.
    pub(super) fn perform(&self, act: &Act, screen: &Screen) -> Result<Exit, CliError> {
        let desk = self.place.open("cli", screen)?;
        show(screen, &desk.perform(act, screen)?, self.manner.json)
    }
}
