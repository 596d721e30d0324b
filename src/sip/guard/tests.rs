//! What passes the guard, what is answered, what is dropped.

use super::*;

const OPTIONS: &str = "OPTIONS sip:bridge.example SIP/2.0\r\n\
    Via: SIP/2.0/UDP a.example;branch=z9hG4bK1;rport\r\n\
    Max-Forwards: 70\r\n\
    From: <sip:a@a.example>;tag=f\r\n\
    To: <sip:bridge.example>\r\n\
    Call-ID: c@a\r\n\
    CSeq: 1 OPTIONS\r\n\
    Content-Length: 0\r\n\
    \r\n";

fn source() -> SocketAddr {
    "192.0.2.9:5070".parse().unwrap()
}

fn judge(text: &str) -> Verdict {
    datagram(text.as_bytes(), source())
}

/// The code and reason phrase of what a message is answered with at once.
#[track_caller]
fn answer_to(text: &str) -> (u16, String) {
    let verdict = judge(text);
    let Verdict::Answer(_, response) = verdict else { panic!("not answered: {verdict:?}") };
    (response.code, response.reason.into())
}

#[test]
fn a_request_passes_with_its_source_in_the_topmost_via() {
    let Verdict::Pass(message) = judge(OPTIONS) else { panic!("refused") };
    let via = message.headers().top_via().unwrap();
    assert_eq!(via.params.get("received").as_deref(), Some("192.0.2.9"));
    assert_eq!(via.params.get("rport").as_deref(), Some("5070"));
}

#[test]
fn a_request_without_what_it_must_have_is_told_what() {
    for name in ["From", "To", "Call-ID", "CSeq"] {
        let text: Vec<&str> =
            OPTIONS.split_inclusive("\r\n").filter(|line| !line.starts_with(name)).collect();
        assert_eq!(answer_to(&text.concat()), (400, format!("Bad Request (no {name} header field)")));
    }
    for (field, broken) in [
        ("Max-Forwards: 70", "Max-Forwards: 256"),
        ("To: <sip:bridge.example>", "To: \"Bridge <sip:bridge.example>"),
        ("rport\r\n", "rport;;\r\n"),
        ("Content-Length: 0", "Contact: <sip:a b@c>"),
        ("Content-Length: 0", "Record-Route: <sip:a>;;, <sip:b>"),
    ] {
        let (code, reason) = answer_to(&OPTIONS.replace(field, broken));
        assert_eq!((code, reason.contains("malformed")), (400, true), "{broken}: {reason}");
    }
    let text = OPTIONS.replace("1 OPTIONS", "1 INVITE");
    assert_eq!(answer_to(&text), (400, "Bad Request (CSeq names another method)".into()));
    let text = OPTIONS.replace("bridge.example SIP", "bridge.example?a=b SIP");
    assert_eq!(answer_to(&text), (400, "Bad Request (header fields in the Request-URI)".into()));
}

#[test]
fn max_forwards_may_be_missing_as_before_rfc_3261() {
    assert!(matches!(judge(&OPTIONS.replace("Max-Forwards: 70\r\n", "")), Verdict::Pass(_)));
}

#[test]
fn another_version_is_told_so() {
    assert_eq!(answer_to(&OPTIONS.replace("SIP/2.0\r\n", "SIP/3.0\r\n")).0, 505);
}

#[test]
fn an_ack_is_never_answered() {
    let ack = OPTIONS.replace("OPTIONS", "ACK").replace("Call-ID: c@a\r\n", "");
    assert_eq!(judge(&ack), Verdict::Drop(Refusal::Malformed));
}

#[test]
fn what_names_no_via_is_not_answered() {
    let text = OPTIONS.replace("Via: SIP/2.0/UDP a.example;branch=z9hG4bK1;rport\r\n", "");
    assert_eq!(judge(&text), Verdict::Drop(Refusal::Malformed));
}

#[test]
fn junk_is_dropped_and_a_keep_alive_is_not_junk() {
    for text in ["hello", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "\u{16}\u{3}\u{1}", "SIP/2.0 999 x\r\n\r\n"] {
        assert!(matches!(judge(text), Verdict::Drop(_)), "{text}");
    }
    for text in ["", "\r\n\r\n", "\0", "\r\n"] {
        assert_eq!(judge(text), Verdict::KeepAlive);
    }
}

#[test]
fn a_malformed_request_is_answered_to_its_source_with_one_tag() {
    let text = OPTIONS.replace("Content-Length: 0", "Content-Length: x");
    let verdict = judge(&text);
    assert_eq!(judge(&text), verdict, "a repetition gets another answer");
    let Verdict::Answer(Refusal::Malformed, response) = verdict else { panic!("{verdict:?}") };
    assert_eq!(response.headers.top_via().unwrap().params.get("rport").as_deref(), Some("5070"));
    assert!(response.headers.to().unwrap().tag().is_some());
    let other = datagram(text.replace("Call-ID: c", "Call-ID: d").as_bytes(), source());
    let Verdict::Answer(_, other) = other else { panic!("{other:?}") };
    assert_ne!(other.headers.to().unwrap().tag(), response.headers.to().unwrap().tag());
}

#[test]
fn a_field_that_stands_twice_is_given_back_once() {
    let text = OPTIONS.replace("CSeq: 1 OPTIONS\r\n", "CSeq: 1 OPTIONS\r\nCSeq: 2 OPTIONS\r\n");
    let Verdict::Answer(_, response) = judge(&text) else { panic!("not answered") };
    assert_eq!(response.headers.all(&HeaderName::CSeq).collect::<Vec<_>>(), ["1 OPTIONS"]);
}

#[test]
fn each_limit_has_its_answer() {
    let with = |fields: String| OPTIONS.replace("Content-Length: 0\r\n", &fields);
    let vias = |count: usize| with("Via: SIP/2.0/UDP b;branch=z9hG4bK2\r\n".repeat(count - 1));
    assert!(matches!(judge(&vias(VIAS_MAX)), Verdict::Pass(_)));
    assert_eq!(answer_to(&vias(VIAS_MAX + 1)), (513, "Message Too Large".into()));
    assert_eq!(answer_to(&with("v: SIP/2.0/UDP b, SIP/2.0/UDP c\r\n".repeat(VIAS_MAX / 2))).0, 513);
    let fields = |count: usize| with("X: y\r\n".repeat(count - 6));
    assert!(matches!(judge(&fields(HEADERS_MAX)), Verdict::Pass(_)));
    assert_eq!(answer_to(&fields(HEADERS_MAX + 1)), (513, "Message Too Large".into()));
    let body = |length: usize| format!("{}{}", with(String::new()), "b".repeat(length));
    assert!(matches!(judge(&body(BODY_MAX)), Verdict::Pass(_)));
    assert_eq!(answer_to(&body(BODY_MAX + 1)), (413, "Request Entity Too Large".into()));
    let head = |length: usize| with(format!("X: {}\r\n", "y".repeat(length - with(String::new()).len() - 5)));
    assert_eq!(head(HEAD_MAX).len(), HEAD_MAX);
    assert!(matches!(judge(&head(HEAD_MAX)), Verdict::Pass(_)));
    assert_eq!(judge(&head(HEAD_MAX + 1)), Verdict::Drop(Refusal::TooLarge));
    assert_eq!(judge(&"x".repeat(MESSAGE_MAX + 1)), Verdict::Drop(Refusal::TooLarge));
}

#[test]
fn a_response_passes_with_one_via_only() {
    let Verdict::Pass(request) = judge(OPTIONS) else { panic!("refused") };
    let Message::Request(request) = *request else { panic!("a response") };
    let mut response = request.respond(200, "t");
    assert!(matches!(datagram(&response.print(), source()), Verdict::Pass(_)));
    response.headers.push(HeaderName::Via, "SIP/2.0/UDP b;branch=z9hG4bK2");
    assert_eq!(datagram(&response.print(), source()), Verdict::Drop(Refusal::StrayResponse));
}
