//! The address of the client.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::HeaderMap;
use axum::http::request::Parts;

/// In which a proxy says for whom it asks, each one behind those before it.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// The address of the sender of a request: what the proxy says, if it comes from the proxy. Anyone else's header is
/// ignored.
pub(super) fn address(parts: &Parts, proxy: Option<IpAddr>) -> Option<IpAddr> {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip().to_canonical();
    let told = if proxy == Some(peer) { forwarded_for(&parts.headers) } else { None };
    Some(told.unwrap_or(peer))
}

/// The last address, which the proxy itself has seen: those before it are hearsay.
fn forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all(FORWARDED_FOR).into_iter().next_back()?.to_str().ok()?;
    let address: IpAddr = last.rsplit(',').next()?.trim().parse().ok()?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    #[test]
    fn only_the_last_address_from_the_proxy_is_trusted() {
        let from = |peer: &str, lines: &[&str]| {
            let mut request = Request::builder();
            for line in lines {
                request = request.header(FORWARDED_FOR, *line);
            }
            let (mut parts, ()) = request.body(()).unwrap().into_parts();
            parts.extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 9)));
            address(&parts, Some("10.0.0.5".parse().unwrap())).unwrap().to_string()
        };
        assert_eq!(from("10.0.0.5", &["192.0.2.7"]), "192.0.2.7");
        assert_eq!(from("::ffff:10.0.0.5", &["203.0.113.1, 192.0.2.7"]), "192.0.2.7");
        assert_eq!(from("10.0.0.5", &["203.0.113.1", "2001:db8::7"]), "2001:db8::7");
        assert_eq!(from("10.0.0.6", &["192.0.2.7"]), "10.0.0.6");
        for nothing in [&[][..], &["unknown"], &["192.0.2.7, "]] {
            assert_eq!(from("10.0.0.5", nothing), "10.0.0.5", "{nothing:?}");
        }
    }
}
