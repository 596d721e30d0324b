//! `attendant target`: the files that describe bridges of others.

mod check;
mod learn;

use std::path::Path;

use super::exit::{CliError, Exit};
use super::screen::Screen;
use crate::config;
use crate::scenario::source::Sources;
use crate::scenario::targets::{self, Target};
use check::Check;
use learn::Learn;

const EXAMPLES: &str = "\
Examples:
  attendant target learn --to sip:600@pbx.example --keys ' 4711#' --out bridge
  attendant target check docs/targets/asterisk-confbridge.yaml
  attendant replay scenarios --via sip:pbx.example \\
      --target docs/targets/asterisk-confbridge.yaml";

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct TargetArgs {
    #[command(subcommand)]
    command: TargetCommand,
}

#[derive(Debug, clap::Subcommand)]
enum TargetCommand {
    /// Check a target file, and report which of its sounds callers cannot tell apart, and up to where
    Check(Check),
    /// Call a bridge once, cut what is heard at its pauses, and write a target file with words to fill in
    Learn(Learn),
}

impl TargetArgs {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        match &self.command {
            TargetCommand::Check(check) => check.run(screen),
            TargetCommand::Learn(learn) => learn.run(screen),
        }
    }
}

/// Reads a target file with the secrets and sounds that it names.
pub(super) fn read_target(file: &Path, screen: &Screen) -> Result<Target, CliError> {
    let path = file.to_string_lossy();
    let folder = file.parent().unwrap_or(Path::new(""));
    let mut sources = Sources::from_files();
    let mut secret = |place: &str| config::secret(place, folder);
    targets::read(&path, &mut sources, &mut secret).map_err(|problems| {
        let coloured = screen.paint_messages().coloured;
        let told: Vec<String> = problems.iter().map(|problem| problem.render(&sources, coloured)).collect();
        CliError::bad(told.join("\n\n"))
    })
}
