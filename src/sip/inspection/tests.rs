//! What is refused before its method does anything.

use super::*;
use crate::sip::message::{Uri, reason_phrase};

fn request(method: &str, uri: &str, fields: &[(HeaderName, &str)], body: &str) -> Request {
    let mut request = Request::new(Method::parse(method).unwrap(), Uri::parse(uri).unwrap());
    request.headers.push(HeaderName::To, "<sip:bridge.example>");
    fields.iter().for_each(|(name, value)| request.headers.push(name.clone(), value));
    request.body = body.to_owned().into();
    request
}

#[track_caller]
fn assert_refused(request: &Request, code: u16, name: &HeaderName, value: Option<&str>) {
    let response = inspect(request).unwrap();
    assert_eq!((response.code, &*response.reason), (code, reason_phrase(code)));
    assert_eq!(response.headers.get(name), value);
    assert!(response.headers.to().unwrap().tag().is_some());
}

#[test]
fn a_call_with_a_session_description_goes_on() {
    let sdp = [(HeaderName::ContentType, "application/SDP"), (HeaderName::Require, "100rel, timer")];
    assert_eq!(inspect(&request("INVITE", "sip:a@b", &sdp, "v=0")), None);
    assert_eq!(inspect(&request("INVITE", "tel:+1555", &[], "")), None);
}

#[test]
fn methods_that_are_not_served_are_told_which_are() {
    assert_refused(&request("REGISTER", "sip:b", &[], ""), 405, &HeaderName::Allow, Some(ALLOW));
    assert_refused(&request("invite", "sip:b", &[], ""), 501, &HeaderName::Allow, Some(ALLOW));
}

#[test]
fn a_scheme_that_nobody_can_be_called_by_is_refused() {
    assert_refused(&request("OPTIONS", "im:a@b", &[], ""), 416, &HeaderName::Allow, None);
}

#[test]
fn required_extensions_that_are_unknown_are_listed() {
    let fields = [(HeaderName::Require, "timer, path"), (HeaderName::Require, "sec-agree")];
    assert_refused(
        &request("INVITE", "sip:b", &fields, ""),
        420,
        &HeaderName::Unsupported,
        Some("path, sec-agree"),
    );
    assert_eq!(inspect(&request("CANCEL", "sip:b", &fields, "")), None);
}

#[test]
fn bodies_that_cannot_be_read_are_refused_with_what_can() {
    let unknown = [(HeaderName::ContentType, "application/unknown")];
    assert_refused(&request("INVITE", "sip:b", &unknown, "x"), 415, &HeaderName::Accept, Some(ACCEPT));
    assert_refused(&request("UPDATE", "sip:b", &[], "x"), 415, &HeaderName::Accept, Some(ACCEPT));
    assert_eq!(inspect(&request("INFO", "sip:b", &unknown, "x")), None);
    assert_eq!(inspect(&request("INVITE", "sip:b", &unknown, "")), None);
    let packed = [(HeaderName::ContentType, ACCEPT), (HeaderName::ContentEncoding, "gzip")];
    assert_refused(
        &request("INVITE", "sip:b", &packed, "x"),
        415,
        &HeaderName::AcceptEncoding,
        Some("identity"),
    );
}

#[test]
fn a_caller_who_takes_no_session_description_gets_none() {
    let accept = |value| [(HeaderName::Accept, value)];
    assert_refused(&request("INVITE", "sip:b", &accept("text/plain"), ""), 406, &HeaderName::Accept, None);
    for value in ["text/plain, application/sdp;q=0.5", "*/*", "Application/*"] {
        assert_eq!(inspect(&request("INVITE", "sip:b", &accept(value), "")), None, "{value}");
    }
    assert_eq!(inspect(&request("OPTIONS", "sip:b", &accept("text/plain"), "")), None);
}

#[test]
fn an_ack_is_never_refused() {
    assert_eq!(inspect(&request("ACK", "im:b", &[(HeaderName::Require, "path")], "x")), None);
}
