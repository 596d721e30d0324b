//! The certificates of a service that runs, which can be read again.

use std::sync::Arc;

use axum_server::tls_rustls::RustlsConfig;
use rustls::ServerConfig;
use tokio::sync::watch;

use super::tls::Tls;
use crate::clock;

/// The part of the program that its lines in the log are of.
const LOG: &str = "attendant::service";

/// The certificates of a service that runs.
#[derive(Clone, Debug, Default)]
pub struct Certificates {
    pub(super) web: Option<(Tls, RustlsConfig)>,
    pub(super) sip: Option<(Tls, watch::Sender<Arc<ServerConfig>>)>,
}

impl Certificates {
    /// Reads all of them again, with their keys. Connections from now on get the new ones; one that cannot be used leaves the
    /// old one in its place, and the log says why.
    pub async fn reread(&self) {
        if let Some((tls, config)) = &self.web
            && let Some(new) = read_again(tls).await
        {
            config.reload_from_config(new.get_inner());
        }
        if let Some((tls, config)) = &self.sip
            && let Some(new) = read_again(tls).await
        {
            config.send_replace(for_telephones(&new));
        }
        if self.web.is_none() && self.sip.is_none() {
            tracing::warn!(target: LOG, "SIGHUP reads certificates again, and there are none; restart to read other settings");
        }
    }
}

async fn read_again(tls: &Tls) -> Option<RustlsConfig> {
    let certificate = tls.certificate.display();
    match tls.read().await {
        Ok(new) => {
            tracing::info!(target: LOG, %certificate, "a certificate was read again");
            if let Some(note) = tls.note(clock::epoch_ms()) {
                tracing::warn!(target: LOG, "{note}");
            }
            Some(new)
        }
        Err(error) => {
            tracing::error!(target: LOG, %error, "a certificate was not read again, and the one before stays in use");
            None
        }
    }
}

/// What the web negotiates by ALPN (RFC 7301) is not for telephones: they ask for no protocol, or for one of their own.
pub(super) fn for_telephones(read: &RustlsConfig) -> Arc<ServerConfig> {
    let mut config = (*read.get_inner()).clone();
    config.alpn_protocols.clear();
    Arc::new(config)
}
