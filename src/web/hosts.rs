//! By which names browsers reach the admin center. A page of another site can let its own name resolve to this machine
//! (DNS rebinding), and would be of the same origin then: what it asks for is known by the name that it asks for.

use std::net::IpAddr;

use axum::http::uri::Authority;

/// The names that requests may be for.
#[derive(Debug)]
pub(crate) enum Hosts {
    /// Any: the certificate proves the name, and nobody has one for another.
    Certified,
    /// Addresses, which resolve to nothing else; `localhost`; and these, in lower case.
    Named(Vec<String>),
}

impl Hosts {
    /// Whether it is one of them, a port beside it or not.
    pub(super) fn include(&self, authority: &str) -> bool {
        let Self::Named(names) = self else { return true };
        let Ok(authority) = authority.parse::<Authority>() else { return false };
        let host = authority.host().to_ascii_lowercase();
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        address.is_ok() || host == "localhost" || names.contains(&host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_another_site_can_have_is_not_ours() {
        let hosts = Hosts::Named(vec!["dialin.contoso.com".to_owned()]);
        for (host, ours) in [
            ("127.0.0.1:8080", true),
            ("[::1]:8080", true),
            ("10.0.0.5", true),
            ("LocalHost:8080", true),
            ("Dialin.Contoso.com:443", true),
            ("evil.example:8080", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("dialin.contoso.com.evil.example", false),
            ("", false),
            ("a b", false),
        ] {
            assert_eq!(hosts.include(host), ours, "{host}");
        }
        assert!(Hosts::Certified.include("anything.example"));
    }
}
