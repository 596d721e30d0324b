//! What holds for every answer and every request, no matter who asks: headers that tell browsers what they may do with a page,
//! that requests name this place, and that what changes anything comes from a page of it.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use percent_encoding::percent_decode_str;

use super::app::Shared;
use super::page::frame::failed;
use super::problem::Problem;
use super::translation;

/// The resources that a page may load: its own style, script and icon, and nothing inline (OWASP ASVS 14.4.3).
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 8] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    (HeaderName::from_static("x-permitted-cross-domain-policies"), "none"),
];

/// Two years, in seconds, what the preload list of browsers asks for at least one of.
const HSTS: &str = "max-age=63072000";

/// Puts the headers on an answer. Nothing is kept by browsers and proxies, unless it says so itself.
pub(crate) async fn headers(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if app.access.secure {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
    response
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

/// Bytes of a request: the longest has a few addresses.
pub(crate) const BODY_BYTES_MAX: usize = 64 * 1024;

/// Time limit for a client to send it.
const BODY_WITHIN: Duration = Duration::from_secs(30);

/// Reads a request to its end before anybody answers it: a client that is refused is still writing, and would be cut off in place
/// of being told why.
pub(crate) async fn whole(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match tokio::time::timeout(BODY_WITHIN, to_bytes(body, BODY_BYTES_MAX)).await {
        Ok(Ok(body)) => next.run(Request::from_parts(parts, Body::from(body))).await,
        Err(_) => {
            let detail = "the body was not received within 30 seconds";
            Problem::new(StatusCode::REQUEST_TIMEOUT, "too-slow", detail).into_response()
        }
        Ok(Err(_)) => {
            let detail = "the body is too large";
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail).into_response()
        }
    }
}

/// Refuses an address that is not UTF-8: names have no control characters, and a NUL is more than some databases take.
pub(crate) async fn readable(request: Request, next: Next) -> Response {
    let path = percent_decode_str(request.uri().path()).decode_utf8();
    let query = percent_decode_str(request.uri().query().unwrap_or_default()).decode_utf8();
    let fits = path.is_ok_and(|path| !path.chars().any(char::is_control))
        && query.is_ok_and(|query| !query.contains('\0'));
    if fits {
        return next.run(request).await;
    }
    Problem::bad("the address is not UTF-8, or has control characters").into_response()
}

/// Refuses what another site's page lets a browser send, before anybody looks who is signed in.
pub(crate) async fn same_site(request: Request, next: Next) -> Response {
    let reads = [Method::GET, Method::HEAD].contains(request.method());
    if reads || is_of_this_site(request.headers()) {
        return next.run(request).await;
    }
    let t = translation::of(request.headers());
    failed(t, StatusCode::FORBIDDEN, t.forged)
}

/// By what browsers say themselves (Fetch Metadata, and the origin for those without it); programs say neither.
fn is_of_this_site(headers: &HeaderMap) -> bool {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text(&HeaderName::from_static("sec-fetch-site")) {
        return ["same-origin", "none"].contains(&site);
    }
    let Some(origin) = text(&header::ORIGIN) else { return true };
    let host = origin.split_once("://").map(|(_, host)| host);
    host.is_some() && host == text(&header::HOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_of_another_site_is_known_by_what_the_browser_says() {
        for (lines, fine) in [
            (&[("sec-fetch-site", "same-origin")][..], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "cross-site"), ("host", "a"), ("origin", "http://a")], false),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("host", "a:80"), ("origin", "http://a:80")], true),
            (&[("host", "a:80"), ("origin", "http://b")], false),
            (&[("host", "a:80"), ("origin", "null")], false),
            (&[("host", "a:80")], true),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            assert_eq!(is_of_this_site(&headers), fine, "{lines:?}");
        }
    }
}
