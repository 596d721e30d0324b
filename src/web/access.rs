//! Who may come in: sessions, limits on signing in, and how connections are protected.

use std::net::IpAddr;

use super::limits::SignInLimits;
use super::session::Sessions;

/// Who may come in.
#[derive(Debug)]
pub(crate) struct Access {
    pub(crate) sessions: Sessions,
    pub(crate) limits: SignInLimits,
    /// Whether connections are encrypted, here or by the proxy.
    pub(crate) secure: bool,
    /// The proxy in front of the service.
    pub(crate) proxy: Option<IpAddr>,
}

impl Access {
    pub(crate) fn new(secure: bool, proxy: Option<IpAddr>) -> Self {
        Self { sessions: Sessions::default(), limits: SignInLimits::new(), secure, proxy }
    }
}

/// Where somebody acts from, as the audit log says it.
pub(crate) fn origin(way: &str, address: IpAddr) -> String {
    format!("{way} {address}")
}
