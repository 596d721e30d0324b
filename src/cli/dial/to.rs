//! Another bridge than the one in this program: its address, and how it is called.

use std::path::PathBuf;
use std::sync::Arc;

use crate::cli::calling::{Keys, destination};
use crate::cli::exit::CliError;
use crate::cli::screen::Screen;
use crate::cli::targets::read_target;
use crate::clock::{Clock, Pace};
use crate::control::call::Language;
use crate::leg::capture::Notes;
use crate::leg::cast::KeyPath;
use crate::leg::outward::{self, Handset, SipAddress};
use crate::media::hear::Sounds;
use crate::media::impair::conditions::Conditions;
use crate::scenario::story::Story;
use crate::scenario::targets::Target;
use crate::store::entropy;

/// Who calls where nobody is named.
const CALLER: &str = "attendant";

/// The options for another bridge.
#[derive(Debug, clap::Args)]
pub(super) struct Remote {
    /// Call this bridge by SIP instead of the one in this program: sip:HOST, sip:NUMBER@HOST:PORT
    #[arg(long, value_name = "URI", conflicts_with = "seed")]
    pub(super) to: Option<SipAddress>,

    /// That bridge is somebody else's, described by this target file: who calls, its sounds, how keys are sent
    #[arg(long, value_name = "FILE", requires = "to", conflicts_with_all = ["from", "user", "keys"])]
    pub(super) target: Option<PathBuf>,

    /// The number to call from
    #[arg(long, value_name = "NUMBER", requires = "to", default_value = CALLER, hide_default_value = true)]
    from: String,

    /// The user name, where the bridge asks for one; the password is read from ATTENDANT_SIP_PASSWORD
    #[arg(long, value_name = "NAME", requires = "to")]
    user: Option<String>,

    /// How keys are sent; as telephone-events if not given
    #[arg(long, value_name = "WAY", requires = "to")]
    keys: Option<Keys>,
}

impl Remote {
    /// Reads the target file, if there is one.
    ///
    /// # Errors
    /// It cannot be read, or is wrong.
    pub(super) fn target(&self, screen: &Screen) -> Result<Option<Target>, CliError> {
        self.target.as_deref().map(|file| read_target(file, screen)).transpose()
    }

    /// How this bridge is called.
    ///
    /// # Errors
    /// Its address cannot be resolved or called, or there is no password.
    pub(super) fn settings(
        &self,
        address: &SipAddress,
        target: Option<&Target>,
        story: &Story,
    ) -> Result<outward::Settings, CliError> {
        let to = match target {
            Some(target) => {
                let hop = address.resolve().map_err(|error| CliError::bad(format!("error: {error}")))?;
                target.destination(hop)
            }
            None => destination(address, &self.from, self.user.as_deref(), self.keys)?,
        };
        let number = target.and_then(|target| target.number("bridge", address));
        let number = number.unwrap_or_else(|| address.uri().clone());
        let sounds = match target {
            Some(target) => target.ears(),
            None => Sounds::of(&story.given.library, &Language::ALL),
        };
        let keys = to.key_path(KeyPath::Direct);
        Ok(outward::Settings {
            clock: Clock::start(1, Pace::Realtime),
            to,
            unknown: number.clone(),
            numbers: vec![number],
            handsets: vec![Handset { keys, faults: Conditions::default() }],
            sounds: Arc::new(sounds),
            seed: entropy::draw(),
            secret: entropy::draw(),
            person: None,
            recordings: Vec::new(),
            notes: Notes::default(),
        })
    }
}
