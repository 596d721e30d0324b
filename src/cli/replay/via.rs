//! `--via`: cases as real calls to a bridge that runs elsewhere.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::REAL_CALLS;
use crate::cli::calling::{api_token, unreachable};
use crate::cli::exit::CliError;
use crate::cli::screen::Screen;
use crate::cli::targets::read_target;
use crate::leg::outward::SipAddress;
use crate::play::via::{Via, ViaError};

/// The bridge that is called.
#[derive(Debug, clap::Args)]
pub(super) struct ViaArgs {
    /// Play as real calls to a bridge that runs elsewhere: sip:HOST, sip:HOST:PORT or sip:NUMBER@HOST
    #[arg(long, value_name = "ADDRESS", group = REAL_CALLS, requires = FAR, help_heading = "How",
        conflicts_with_all = ["seeds", "check_determinism", "directory", "live", "watch"])]
    via: Option<SipAddress>,

    /// That bridge is an `attendant serve` with its REST API here; ATTENDANT_TOKEN holds an administrator's token
    #[arg(long, value_name = "URL", group = FAR, requires = "via", help_heading = "How")]
    api: Option<String>,

    /// That bridge is somebody else's, described by this target file
    #[arg(long, value_name = "FILE", group = FAR, requires = "via", help_heading = "How")]
    target: Option<PathBuf>,
}

/// The options that say whose bridge it is.
const FAR: &str = "far";

impl ViaArgs {
    /// Whether cases are played with a bridge elsewhere.
    pub(super) const fn is_given(&self) -> bool {
        self.via.is_some()
    }

    /// Looks at the bridge, if there is one elsewhere.
    pub(super) fn open(&self, screen: &Screen) -> Result<Option<Arc<Via>>, CliError> {
        let Some(address) = &self.via else { return Ok(None) };
        let opened = match (&self.api, &self.target) {
            (Some(url), _) => Via::server(address.clone(), url, &api_token()?),
            (None, file) => foreign(address, file.as_deref().unwrap_or(Path::new("")), screen)?,
        };
        Ok(Some(Arc::new(opened.map_err(unreachable)?)))
    }
}

fn foreign(address: &SipAddress, file: &Path, screen: &Screen) -> Result<Result<Via, ViaError>, CliError> {
    let target = read_target(file, screen)?;
    Ok(Via::foreign(address.clone(), target, &file.display().to_string()))
}

/// Says what could not be taken back at the bridge.
pub(super) fn say_what_is_left(via: Option<&Arc<Via>>, screen: &Screen) {
    for left in via.into_iter().flat_map(|via| via.left()) {
        screen.say(&format!("warning: {left}"));
    }
}
