//! `attendant completions`: what a shell needs to complete the command line.

use std::io::Write as _;

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::exit::{Exit, Trouble};
use super::screen::Screen;

const EXAMPLES: &str = "\
Examples:
  attendant completions bash > ~/.local/share/bash-completion/completions/attendant
  attendant completions fish > ~/.config/fish/completions/attendant.fish";

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Completions {
    /// For which shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, Trouble> {
        // The generator panics where it cannot write: let it write to memory.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::Args::command(), "attendant", &mut script);
        let mut out = screen.out();
        out.write_all(&script)?;
        out.flush()?;
        Ok(Exit::Well)
    }
}
