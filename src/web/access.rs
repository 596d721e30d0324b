//! Who may come in: sessions, limits on signing in, by which names, and how connections are protected.

use std::net::IpAddr;

use super::hosts::Hosts;
use super::limits::SignInLimits;
use super::session::Sessions;
use crate::config::Secret;
use crate::telemetry::LogLimit;

/// The state of access control.
#[derive(Debug)]
pub(crate) struct Access {
    pub(crate) sessions: Sessions,
    pub(crate) limits: SignInLimits,
    /// Requests whose token was not accepted, for the log.
    pub(crate) bad_tokens: LogLimit,
    /// Whether connections are encrypted, here or by the proxy.
    pub(crate) secure: bool,
    /// The proxy in front of the service.
    pub(crate) proxy: Option<IpAddr>,
    /// The names of the service.
    pub(crate) hosts: Hosts,
    /// The token that reads the figures, and nothing else.
    pub(crate) scrape_token: Option<Secret>,
}

impl Access {
    pub(crate) fn new(
        secure: bool,
        proxy: Option<IpAddr>,
        hosts: Hosts,
        scrape_token: Option<Secret>,
    ) -> Self {
        Self {
            sessions: Sessions::default(),
            limits: SignInLimits::new(),
            bad_tokens: LogLimit::default(),
            secure,
            proxy,
            hosts,
            scrape_token,
        }
    }
}

/// Returns the origin of an act for the audit log.
pub(crate) fn origin(way: &str, address: IpAddr) -> String {
    format!("{way} {address}")
}
