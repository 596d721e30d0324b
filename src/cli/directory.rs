//! `attendant directory`: where users are kept, and the keys of their PINs.

use std::io::Write as _;

use serde::Serialize;

use super::configured::Configured;
use super::desk::Manner;
use super::exit::{Exit, Trouble};
use super::screen::Screen;
use super::shown::line;
use crate::store::keyring::Keyring;
use crate::store::sql::Location;

const EXAMPLES: &str = "\
Examples:
  attendant directory where
  attendant directory rotate-key

After a rotation new PINs are hashed with the new key, and others when they are next keyed rightly. The old keys stay in
the keyring. Keep a copy of it apart from the directory: without it no PIN can be checked.";

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Directory {
    #[command(flatten)]
    place: Configured,

    #[command(flatten)]
    manner: Manner,

    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Print where the directory and its keyring are
    Where,
    /// Add a key to the keyring, and use it from now on
    RotateKey,
}

/// A line of `--json`.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line {
    Where { v: u8, directory: String, keyring: String },
    Rotated { v: u8, keyring: String, key: String },
}

impl Directory {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, Trouble> {
        let directory = self.place.load(screen)?.directory;
        let place: Location = directory.place.parse().map_err(|why| Trouble::bad(format!("error: {why}")))?;
        let (path, keyring) = (&directory.keyring, directory.keyring.display().to_string());
        let shown = match self.what {
            What::Where => Line::Where { v: 1, directory: place.to_string(), keyring },
            What::RotateKey => {
                let key = Keyring::rotate(path)
                    .map_err(|error| Trouble::Told(Exit::Failed, format!("error: {error}")))?;
                Line::Rotated { v: 1, keyring, key }
            }
        };
        let mut out = screen.out();
        match &shown {
            shown if self.manner.json => line(&mut out, shown)?,
            Line::Where { directory, keyring, .. } => {
                writeln!(out, "directory  {directory}\nkeyring    {keyring}")?;
            }
            Line::Rotated { keyring, key, .. } => writeln!(out, "{key} is used from now on ({keyring})")?,
        }
        out.flush()?;
        Ok(Exit::Well)
    }
}
