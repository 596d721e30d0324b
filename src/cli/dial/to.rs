//! Another bridge than the one in this program: its address, and how it is called.

use std::sync::Arc;

use crate::cli::calling::{Keys, destination};
use crate::cli::exit::CliError;
use crate::clock::{Clock, Pace};
use crate::control::call::Language;
use crate::leg::capture::Notes;
use crate::leg::cast::KeyPath;
use crate::leg::outward::{self, Handset, SipAddress};
use crate::media::hear::Sounds;
use crate::media::impair::conditions::Conditions;
use crate::scenario::story::Story;
use crate::store::entropy;

/// Who calls where nobody is named.
const CALLER: &str = "attendant";

/// The options for another bridge.
#[derive(Debug, clap::Args)]
pub(super) struct Remote {
    /// Call this bridge by SIP instead of the one in this program: sip:HOST, sip:NUMBER@HOST:PORT
    #[arg(long, value_name = "URI", conflicts_with = "seed")]
    pub(super) to: Option<SipAddress>,

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
    /// How this bridge is called.
    ///
    /// # Errors
    /// Its address cannot be resolved or called, or there is no password.
    pub(super) fn settings(
        &self,
        address: &SipAddress,
        story: &Story,
    ) -> Result<outward::Settings, CliError> {
        let to = destination(address, &self.from, self.user.as_deref(), self.keys)?;
        let keys = to.key_path(KeyPath::Direct);
        Ok(outward::Settings {
            clock: Clock::start(1, Pace::Realtime),
            to,
            numbers: vec![address.uri().clone()],
            unknown: address.uri().clone(),
            handsets: vec![Handset { keys, faults: Conditions::default() }],
            sounds: Arc::new(Sounds::of(&story.given.library, &Language::ALL)),
            seed: entropy::draw(),
            secret: entropy::draw(),
            person: None,
            notes: Notes::default(),
        })
    }
}
