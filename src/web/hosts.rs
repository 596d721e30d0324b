//! By which names browsers reach the admin center. A page of another site can let its own name resolve to this machine
//! (DNS rebinding), and would be of the same origin then: what it asks for is known by the name that it asks for.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::app::Shared;
use super::problem::Problem;

/// The names that requests may be for.
#[derive(Debug)]
pub(crate) enum Hosts {
    /// Any: the certificate proves the name, and nobody has one for another.
    Certified,
    /// Addresses, which resolve to nothing else; `localhost`; and these, in lower case.
    Named(Vec<String>),
}

impl Hosts {
    fn include(&self, authority: &str) -> bool {
        let Self::Named(names) = self else { return true };
        let Ok(authority) = authority.parse::<Authority>() else { return false };
        let host = authority.host().to_ascii_lowercase();
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        address.is_ok() || host == "localhost" || names.contains(&host)
    }
}

/// Refuses a request for a name that is not the admin center's. Browsers always say the name (RFC 9110, section 7.2).
pub(crate) async fn known_host(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let target = request.uri().authority().map(Authority::as_str);
    let host = request.headers().get(header::HOST).map(|host| host.to_str().unwrap_or_default());
    if target.or(host).is_none_or(|host| app.access.hosts.include(host)) {
        return next.run(request).await;
    }
    let detail = "this is not a name of the admin center: use its address, or add the name to web.names";
    Problem::new(StatusCode::MISDIRECTED_REQUEST, "unknown-host", detail).into_response()
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
