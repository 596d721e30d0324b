//! The certificates that the settings name: only `attendant serve` reads them.

use super::exit::CliError;
use super::opened::runtime;
use crate::clock;
use crate::config::{Config, SipTls};
use crate::serve::Tls;

/// Checks that each can be used with its key, and returns what is to be said of those that have expired or soon do.
pub(super) fn check_certificates(config: &Config) -> Result<Vec<String>, CliError> {
    let web = config.web.tls.clone().map(|(certificate, key)| Tls { certificate, key });
    let sip = config.sip.as_ref().and_then(|sip| sip.tls.clone());
    let sip = sip.map(|SipTls { certificate, key, .. }| Tls { certificate, key });
    // Telephones may be given that of the admin center.
    let sip = sip.filter(|sip| web.as_ref() != Some(sip));
    let named: Vec<Tls> = web.into_iter().chain(sip).collect();
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let runtime = runtime()?;
    let checked = named.iter().filter_map(|tls| {
        let note = runtime.block_on(tls.check(clock::epoch_ms()));
        note.map_err(|error| CliError::bad(format!("error: {error}"))).transpose()
    });
    checked.collect()
}
