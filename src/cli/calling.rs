//! How a bridge is called by SIP, as options say it.

use std::net::SocketAddr;

use super::exit::{CliError, Exit};
use crate::config::TOKEN_VARIABLE;
use crate::leg::cast::KeyPath;
use crate::leg::outward::{Destination, Identity, SipAddress};
use crate::play::via::ViaError;
use crate::sip::digest::Login;
use crate::sip::message::HostPort;

/// Where the password of `--user` is read from.
const PASSWORD: &str = "ATTENDANT_SIP_PASSWORD";

/// How keys are sent, in the words of scenarios.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(super) enum Keys {
    /// As telephone-events
    Rfc4733,
    /// In INFO requests
    #[value(name = "sip_info")]
    SipInfo,
    /// As tones in the sound
    Inband,
}

/// Returns how the bridge at this address is called: by whom, with the password of which user, and how keys are sent.
///
/// # Errors
/// The address cannot be resolved or called, or there is no password.
pub(super) fn destination(
    address: &SipAddress,
    from: &str,
    user: Option<&str>,
    keys: Option<Keys>,
) -> Result<Destination, CliError> {
    let hop = address.resolve().map_err(|error| CliError::bad(format!("error: {error}")))?;
    let login = user.map(login).transpose()?;
    let keys = keys.map(|keys| match keys {
        Keys::Rfc4733 => KeyPath::TelephoneEvents,
        Keys::SipInfo => KeyPath::Info,
        Keys::Inband => KeyPath::Inband,
    });
    // `{n}` stays as it is: it stands for a number.
    let host = HostPort::from(SocketAddr::new(hop.home, 0));
    let from = format!("sip:{from}@{}", HostPort { port: None, ..host });
    Ok(Destination { login, keys, ..Destination::new(hop, Identity::Pattern(from.into())) })
}

/// Returns the administrator's token for the REST API of a bridge.
///
/// # Errors
/// There is none.
pub(super) fn api_token() -> Result<String, CliError> {
    let set = std::env::var(TOKEN_VARIABLE).ok().filter(|token| !token.is_empty());
    set.ok_or_else(|| {
        let help = "`attendant tokens issue NAME --administrator` issues one";
        CliError::bad(format!("error: --api needs an administrator's token in {TOKEN_VARIABLE}; {help}"))
    })
}

/// Says why a bridge that runs elsewhere is not called.
pub(super) fn unreachable(error: ViaError) -> CliError {
    let exit = if matches!(error, ViaError::Url) { Exit::Bad } else { Exit::NotBuilt };
    CliError::Message(exit, format!("error: {error}"))
}

fn login(user: &str) -> Result<Login, CliError> {
    let password = std::env::var(PASSWORD);
    let password = password
        .map_err(|_| CliError::bad(format!("error: --user needs the password in the variable {PASSWORD}")))?;
    Ok(Login::new(user, password))
}
