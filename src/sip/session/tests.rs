//! A session without transactions: each input, and what comes out.

mod refresh;

use super::*;
use crate::sip::keys::InfoFormat;
use crate::sip::message::{Message, Method};
use crate::sip::offer::LocalAddress;

const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n";

/// A telephone's view of one call: it makes requests and sees what the session does, as short lines.
struct Call {
    session: Session,
    now: Instant,
    number: u32,
    last: Vec<Output>,
}

fn request(method: &str, number: u32, to_tag: &str, fields: &str, body: &str) -> Request {
    let content = if body.is_empty() || fields.contains("Content-Type") {
        String::new()
    } else {
        "Content-Type: application/sdp\n".to_owned()
    };
    let head = format!(
        "{method} sip:bridge@192.0.2.1 SIP/2.0
Via: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK{number}
From: <sip:ann@example.com>;tag=a1
To: <sip:bridge@example.com>{to_tag}
Call-ID: c1
CSeq: {number} {method}
Contact: <sip:ann@198.51.100.7>
{content}{fields}
"
    );
    let text = head.replace('\n', "\r\n") + body;
    match Message::parse(text.as_bytes()).unwrap() {
        Message::Request(request) => request,
        Message::Response(_) => unreachable!(),
    }
}

fn setup() -> Setup {
    Setup { tag: "b1".into(), contact: "<sip:192.0.2.1:5060>".into(), media: "192.0.2.1".parse().unwrap() }
}

fn take() -> Input<'static> {
    let [rtp, rtcp] = ["192.0.2.1:40000", "192.0.2.1:39999"].map(|address| address.parse().unwrap());
    Input::Answer { local: LocalAddress { rtp, rtcp }, description_id: 7 }
}

fn refused(fields: &str, body: &str) -> Response {
    *Session::invited(TransactionId(1), &request("INVITE", 1, "", fields, body), setup()).unwrap_err()
}

impl Call {
    /// An INVITE with these fields and this body, which the session took.
    fn invited(fields: &str, body: &str) -> Self {
        let invite = request("INVITE", 1, "", fields, body);
        let session = Session::invited(TransactionId(1), &invite, setup()).unwrap();
        Self { session, now: Instant::ZERO, number: 1, last: Vec::new() }
    }

    /// The same, answered and acknowledged.
    fn up(fields: &str) -> Self {
        let mut call = Self::invited(fields, OFFER);
        call.play(take());
        call.ack(1, "");
        call
    }

    fn play(&mut self, input: Input<'_>) -> Vec<String> {
        self.session.handle_input(self.now, input);
        self.drain()
    }

    fn asks(&mut self, method: &str, fields: &str, body: &str) -> Vec<String> {
        self.number += 1;
        let request = request(method, self.number, ";tag=b1", fields, body);
        self.play(Input::Request(TransactionId(self.number), &request))
    }

    fn ack(&mut self, number: u32, body: &str) -> Vec<String> {
        self.play(Input::Ack(&request("ACK", number, ";tag=b1", "", body)))
    }

    /// The telephone answers our last request.
    fn responds(&mut self, code: u16, fields: &[(HeaderName, &str)], body: &str) -> Vec<String> {
        let ours = self.last.iter().rev().find_map(|output| match output {
            Output::Request { ours, request } => Some((*ours, request)),
            Output::Respond(..)
            | Output::Acknowledge(_)
            | Output::OpenMedia(_)
            | Output::ChangeMedia(_)
            | Output::Key(_)
            | Output::Ended(_) => None,
        });
        let (ours, request) = ours.expect("there is a request of ours");
        let mut response = request.respond(code, "a1");
        for (name, value) in fields {
            response.headers.push(name.clone(), value);
        }
        if !body.is_empty() {
            response.set_body(ACCEPT, body.to_owned());
        }
        self.play(Input::Response(ours, &response))
    }

    /// Lets the time pass until a moment, and tells what came out when, in milliseconds.
    fn until(&mut self, millis: u64) -> Vec<String> {
        let mut told = Vec::new();
        while let Some(due) = self.session.poll_timeout().filter(|due| due.millis() <= millis) {
            self.now = due;
            self.session.handle_timeout(due);
            told.extend(self.drain().into_iter().map(|line| format!("{} {line}", due.millis())));
        }
        self.now = Instant::from_millis(millis);
        told
    }

    fn drain(&mut self) -> Vec<String> {
        let drained: Vec<Output> = std::iter::from_fn(|| self.session.poll_output()).collect();
        let lines = drained.iter().map(line).collect();
        if !drained.is_empty() {
            self.last = drained;
        }
        lines
    }

    /// A field of the last response or request that came out.
    fn field(&self, name: HeaderName) -> String {
        let message = self.last.iter().rev().find_map(message).expect("a message came out");
        message.headers().all(&name).collect::<Vec<_>>().join(", ")
    }
}

fn message(output: &Output) -> Option<Message> {
    match output {
        Output::Respond(_, _, bytes) => Some(Message::parse(bytes).unwrap()),
        Output::Request { request, .. } | Output::Acknowledge(request) => {
            Some(Message::Request((**request).clone()))
        }
        Output::OpenMedia(_) | Output::ChangeMedia(_) | Output::Key(_) | Output::Ended(_) => None,
    }
}

fn line(output: &Output) -> String {
    match output {
        Output::Respond(TransactionId(id), code, bytes) => {
            let Message::Response(response) = Message::parse(bytes).unwrap() else { unreachable!() };
            assert_eq!(response.code, *code);
            format!("{id}: {code} {}", response.headers.cseq().unwrap().method)
        }
        Output::Request { request, .. } => format!("send {}", request.headers.cseq().unwrap()),
        Output::Acknowledge(request) => format!("send {}", request.headers.cseq().unwrap()),
        Output::OpenMedia(agreed) => format!("open {} {}", agreed.remote, agreed.direction.name()),
        Output::ChangeMedia(agreed) => format!("change {} {}", agreed.remote, agreed.direction.name()),
        Output::Key(key) => format!("key {}", key.digit.symbol()),
        Output::Ended(end) => format!("ended {end:?}"),
    }
}

const NOTHING: [&str; 0] = [];
const HUNG_UP: &str = "ended Bridge(Normal)";

fn hold(attribute: &str) -> String {
    format!("{OFFER}a={attribute}\r\n")
}

// --- The INVITE ---

#[test]
fn an_invite_is_answered_and_acknowledged() {
    let mut call = Call::invited("Record-Route: <sip:proxy;lr>\n", OFFER);
    assert_eq!(call.play(take()), ["1: 200 INVITE", "open 198.51.100.7:4000 sendrecv"]);
    assert_eq!(call.field(HeaderName::Contact), "<sip:192.0.2.1:5060>");
    assert_eq!(call.field(HeaderName::To), "<sip:bridge@example.com>;tag=b1");
    assert_eq!(call.field(HeaderName::RecordRoute), "<sip:proxy;lr>");
    assert_eq!(call.field(HeaderName::Allow), ALLOW);
    assert_eq!(call.ack(1, ""), NOTHING);
    assert_eq!(call.until(800_000), NOTHING);
}

#[test]
fn an_answer_is_repeated_more_slowly_until_its_ack() {
    let mut call = Call::invited("", OFFER);
    call.play(take());
    let repeats = ["500 1: 200 INVITE", "1500 1: 200 INVITE", "3500 1: 200 INVITE", "7500 1: 200 INVITE"];
    assert_eq!(call.until(8_000), repeats);
    assert_eq!(call.until(12_000), ["11500 1: 200 INVITE"]);
    call.ack(1, "");
    assert_eq!(call.until(60_000), NOTHING);
}

#[test]
fn without_an_ack_the_call_ends_with_a_bye() {
    let mut call = Call::invited("", OFFER);
    call.play(take());
    let told = call.until(60_000);
    assert_eq!(told[told.len() - 2..], ["32000 ended NoAck", "32000 send 1 BYE"]);
    assert_eq!(call.field(HeaderName::Reason), "SIP;cause=408;text=\"No ACK\"");
    assert_eq!(told.iter().filter(|line| line.ends_with("200 INVITE")).count(), 10);
    assert_eq!(call.responds(481, &[], ""), NOTHING);
    assert!(call.session.is_over());
}

#[test]
fn only_the_ack_of_this_invite_counts() {
    let mut call = Call::invited("", OFFER);
    call.play(take());
    call.ack(9, "");
    call.play(Input::Ack(&request("ACK", 1, ";tag=b2", "", "")));
    assert_eq!(call.until(600), ["500 1: 200 INVITE"]);
}

#[test]
fn an_invite_without_an_offer_gets_ours() {
    let mut call = Call::invited("", "");
    assert_eq!(call.play(take()), ["1: 200 INVITE"]);
    assert_eq!(call.ack(1, OFFER), ["open 198.51.100.7:4000 sendrecv"]);
}

#[test]
fn a_bad_answer_to_our_offer_ends_the_call() {
    for (answer, end) in [
        ("", "ended NoMedia(Malformed)"),
        ("nonsense", "ended NoMedia(Malformed)"),
        (&OFFER.replace("0 101", "18"), "ended NoMedia(NoCodec)"),
    ] {
        let mut call = Call::invited("", "");
        call.play(take());
        assert_eq!(call.ack(1, answer), [end, "send 1 BYE"]);
        assert!(call.field(HeaderName::Reason).starts_with("SIP;cause=4"));
    }
}

#[test]
fn an_invite_is_refused_for_what_it_is() {
    for (fields, body, code, name, value) in [
        ("Supported: timer\nSession-Expires: 60\n", OFFER, 422, HeaderName::MinSe, "90"),
        ("Session-Expires: soon\n", OFFER, 400, HeaderName::MinSe, ""),
        ("", "nonsense", 400, HeaderName::Warning, "399 attendant \"malformed session description\""),
    ] {
        let response = refused(fields, body);
        assert_eq!(response.code, code, "{fields}{body}");
        assert_eq!(response.headers.get(&name).unwrap_or_default(), value);
        assert_eq!(response.headers.to().unwrap().tag().as_deref(), Some("b1"));
    }
    let encrypted = refused("", &OFFER.replace("RTP/AVP", "RTP/SAVP"));
    assert_eq!(
        (encrypted.code, encrypted.headers.get(&HeaderName::Warning).unwrap().get(..3)),
        (488, Some("302"))
    );
}

#[test]
fn the_bridge_may_refuse() {
    let mut call = Call::invited("", OFFER);
    assert_eq!(call.play(Input::Refuse(503, Some(4))), ["1: 503 INVITE", "ended Refused(503)"]);
    assert_eq!(call.field(HeaderName::RetryAfter), "4");
    assert!(call.session.is_over());
    assert_eq!(call.play(take()), NOTHING);
}

#[test]
fn the_bridge_may_hang_up_before_it_answered() {
    for (why, code) in [(HangUp::Normal, 480), (HangUp::TemporaryFailure, 503)] {
        let mut call = Call::invited("", OFFER);
        let expected = [format!("1: {code} INVITE"), format!("ended Bridge({why:?})")];
        assert_eq!(call.play(Input::HangUp(why)), expected);
    }
}

// --- Ringing ---

#[test]
fn ringing_is_said_once() {
    let mut call = Call::invited("", OFFER);
    assert_eq!(call.play(Input::Ring), ["1: 180 INVITE"]);
    assert_eq!(call.field(HeaderName::To), "<sip:bridge@example.com>;tag=b1");
    assert_eq!(call.play(Input::Ring), NOTHING);
    assert_eq!(call.until(60_000), NOTHING);
}

#[test]
fn reliable_ringing_is_repeated_until_its_prack() {
    let mut call = Call::invited("Require: 100rel\n", OFFER);
    call.play(Input::Ring);
    assert_eq!(
        (call.field(HeaderName::RSeq), call.field(HeaderName::Require)),
        ("1".into(), "100rel".into())
    );
    assert_eq!(call.until(2_000), ["500 1: 180 INVITE", "1500 1: 180 INVITE"]);
    assert_eq!(call.asks("PRACK", "RAck: 2 1 INVITE\n", ""), ["2: 481 PRACK"]);
    assert_eq!(call.asks("PRACK", "RAck: 1 1 INVITE\n", ""), ["3: 200 PRACK"]);
    assert_eq!(call.asks("PRACK", "RAck: 1 1 INVITE\n", ""), ["4: 481 PRACK"]);
    assert_eq!(call.until(60_000), NOTHING);
    assert_eq!(call.play(take())[0], "1: 200 INVITE");
}

#[test]
fn reliable_ringing_without_a_prack_ends_the_invite() {
    let mut call = Call::invited("Require: 100rel\n", OFFER);
    call.play(Input::Ring);
    let told = call.until(60_000);
    assert_eq!(told.last().unwrap(), "32000 ended NoAck");
    assert_eq!(told[told.len() - 2], "32000 1: 504 INVITE");
}

#[test]
fn a_prack_may_come_after_the_answer() {
    let mut call = Call::invited("Require: 100rel\n", OFFER);
    call.play(Input::Ring);
    call.play(take());
    assert_eq!(call.asks("PRACK", "RAck: 1 1 INVITE\n", ""), ["2: 200 PRACK"]);
    assert_eq!(call.until(500), ["500 1: 200 INVITE"]);
}

#[test]
fn reliable_ringing_makes_no_offer() {
    let mut call = Call::invited("Require: 100rel\n", "");
    assert_eq!(call.play(Input::Ring), NOTHING);
}

// --- Ends ---

#[test]
fn a_cancel_ends_what_is_not_answered() {
    let mut call = Call::invited("", OFFER);
    assert_eq!(call.play(Input::Cancelled), ["1: 487 INVITE", "ended Cancelled"]);
    assert!(call.session.is_over());
}

#[test]
fn a_cancel_after_the_answer_changes_nothing() {
    let mut call = Call::invited("", OFFER);
    call.play(take());
    assert_eq!(call.play(Input::Cancelled), NOTHING);
    assert_eq!(call.until(500), ["500 1: 200 INVITE"]);
}

#[test]
fn the_caller_hangs_up() {
    let mut call = Call::up("");
    assert_eq!(call.asks("BYE", "", ""), ["2: 200 BYE", "ended Caller"]);
    assert!(call.session.is_over());
}

#[test]
fn a_bye_before_the_ack_ends_the_call() {
    let mut call = Call::invited("", OFFER);
    call.play(take());
    assert_eq!(call.asks("BYE", "", ""), ["2: 200 BYE", "ended Caller"]);
    assert_eq!(call.until(60_000), NOTHING);
}

#[test]
fn a_bye_before_the_answer_ends_the_invite() {
    let mut call = Call::invited("", OFFER);
    call.play(Input::Ring);
    assert_eq!(call.asks("BYE", "", ""), ["2: 200 BYE", "1: 487 INVITE", "ended Cancelled"]);
}

#[test]
fn the_bridge_hangs_up() {
    let mut call = Call::up("");
    assert_eq!(call.play(Input::HangUp(HangUp::Normal)), [HUNG_UP, "send 1 BYE"]);
    assert_eq!(call.field(HeaderName::Reason), "Q.850;cause=16");
    assert!(!call.session.is_over());
    assert_eq!(call.responds(200, &[], ""), NOTHING);
    assert!(call.session.is_over());
}

#[test]
fn a_bye_that_nobody_answers_ends_too() {
    let mut call = Call::up("");
    call.play(Input::HangUp(HangUp::TemporaryFailure));
    assert_eq!(call.field(HeaderName::Reason), "Q.850;cause=41");
    assert_eq!(call.play(Input::Failed(OurRequest::Bye)), NOTHING);
    assert!(call.session.is_over());
}

#[test]
fn a_bye_of_ours_waits_for_the_ack() {
    let mut call = Call::invited("", OFFER);
    call.play(take());
    assert_eq!(call.play(Input::HangUp(HangUp::Normal)), [HUNG_UP]);
    assert_eq!(call.until(500), ["500 1: 200 INVITE"]);
    assert_eq!(call.ack(1, ""), ["send 1 BYE"]);
}

#[test]
fn a_bye_of_ours_goes_out_when_no_ack_comes() {
    let mut call = Call::invited("", OFFER);
    call.play(take());
    call.play(Input::HangUp(HangUp::Normal));
    assert_eq!(call.until(60_000).last().unwrap(), "32000 send 1 BYE");
}

#[test]
fn crossed_byes_are_both_answered() {
    let mut call = Call::up("");
    call.play(Input::HangUp(HangUp::Normal));
    assert_eq!(call.asks("BYE", "", ""), ["2: 200 BYE"]);
    assert!(call.session.is_over());
}

#[test]
fn a_call_that_ends_takes_nothing_else() {
    let mut call = Call::up("");
    call.play(Input::HangUp(HangUp::Normal));
    for method in ["INVITE", "UPDATE", "INFO", "OPTIONS"] {
        let told = call.asks(method, "", "");
        assert!(told.len() == 1 && told[0].contains(": 481 "), "{told:?}");
    }
}

// --- Media ---

#[test]
fn hold_and_resume_by_invite_and_by_update() {
    for method in ["INVITE", "UPDATE"] {
        let mut call = Call::up("");
        for (body, expected) in [
            (hold("sendonly"), "change 198.51.100.7:4000 recvonly"),
            (hold("inactive"), "change 198.51.100.7:4000 inactive"),
            (OFFER.replace("c=IN IP4 198.51.100.7", "c=IN IP4 0.0.0.0"), "change 0.0.0.0:4000 recvonly"),
            (OFFER.to_owned(), "change 198.51.100.7:4000 sendrecv"),
        ] {
            let told = call.asks(method, "", &body);
            assert_eq!(told, [format!("{}: 200 {method}", call.number), expected.to_owned()]);
            call.ack(call.number, "");
        }
        assert_eq!(call.until(60_000), NOTHING);
    }
}

#[test]
fn a_later_invite_without_an_offer_gets_ours() {
    let mut call = Call::up("");
    assert_eq!(call.asks("INVITE", "", ""), ["2: 200 INVITE"]);
    assert_eq!(call.ack(2, &hold("sendonly")), ["change 198.51.100.7:4000 recvonly"]);
}

#[test]
fn a_later_invite_that_changes_nothing_tells_nothing() {
    let mut call = Call::up("");
    assert_eq!(call.asks("INVITE", "", OFFER), ["2: 200 INVITE"]);
}

#[test]
fn a_later_invite_is_repeated_and_given_up_like_the_first() {
    let mut call = Call::up("");
    call.asks("INVITE", "", &hold("sendonly"));
    assert_eq!(call.until(600), ["500 2: 200 INVITE"]);
    let told = call.until(60_000);
    assert_eq!(told[told.len() - 2..], ["32000 ended NoAck", "32000 send 1 BYE"]);
}

#[test]
fn a_refused_offer_leaves_the_call_as_it_is() {
    let mut call = Call::up("");
    assert_eq!(call.asks("INVITE", "", &OFFER.replace("0 101", "18")), ["2: 488 INVITE"]);
    assert_eq!(call.asks("UPDATE", "", "nonsense"), ["3: 400 UPDATE"]);
    assert_eq!(call.asks("INFO", "", ""), ["4: 200 INFO"]);
}

#[test]
fn offers_that_cross_are_refused() {
    let mut call = Call::invited("", "");
    call.play(take());
    assert_eq!(call.asks("INVITE", "", OFFER), ["2: 491 INVITE"]);
    assert_eq!(call.asks("UPDATE", "", OFFER), ["3: 491 UPDATE"]);
    assert_eq!(call.ack(1, OFFER), ["open 198.51.100.7:4000 sendrecv"]);
}

#[test]
fn an_offer_before_our_answer_is_told_to_wait() {
    let mut call = Call::invited("", OFFER);
    call.play(Input::Ring);
    assert_eq!(call.asks("UPDATE", "", OFFER), ["2: 500 UPDATE"]);
    assert_eq!(call.field(HeaderName::RetryAfter), "2");
    assert_eq!(call.asks("INVITE", "", OFFER), ["3: 500 INVITE"]);
    assert_eq!(call.asks("UPDATE", "", ""), ["4: 200 UPDATE"]);
}

#[test]
fn a_later_invite_says_that_the_answer_came() {
    let mut call = Call::invited("", OFFER);
    call.play(take());
    assert_eq!(call.asks("INVITE", "", &hold("sendonly"))[0], "2: 200 INVITE");
    assert_eq!(call.until(600), ["500 2: 200 INVITE"]);
    let mut call = Call::invited("", OFFER);
    call.play(take());
    call.play(Input::HangUp(HangUp::Normal));
    assert_eq!(call.asks("INVITE", "", OFFER), ["send 1 BYE", "2: 487 INVITE"]);
}

#[test]
fn too_many_offers_are_told_to_wait() {
    let mut call = Call::up("");
    for _ in 0..REINVITES {
        assert!(call.asks("UPDATE", "", OFFER)[0].contains("200"));
    }
    assert!(call.asks("UPDATE", "", OFFER)[0].contains("500"));
    call.now = Instant::from_millis(10_000);
    assert!(call.asks("UPDATE", "", OFFER)[0].contains("200"));
}

#[test]
fn a_new_contact_is_where_the_bye_goes() {
    let mut call = Call::up("");
    let mut update = request("UPDATE", 2, ";tag=b1", "", "");
    update.headers.set(HeaderName::Contact, "<sip:ann@203.0.113.5>");
    call.play(Input::Request(TransactionId(2), &update));
    call.play(Input::HangUp(HangUp::Normal));
    let Some(Message::Request(bye)) = call.last.iter().find_map(message) else { panic!("{:?}", call.last) };
    assert_eq!((bye.method, bye.uri.as_str()), (Method::Bye, "sip:ann@203.0.113.5"));
}

// --- Other requests ---

#[test]
fn an_info_tells_a_key() {
    let mut call = Call::up("");
    let relay = "Content-Type: application/dtmf-relay\n";
    assert_eq!(call.asks("INFO", relay, "Signal= 5\r\n\r\nDuration=90\r\n"), ["key 5", "2: 200 INFO"]);
    assert_eq!(call.asks("INFO", "Content-Type: application/dtmf\n", "#"), ["key #", "3: 200 INFO"]);
    assert_eq!(call.asks("INFO", relay, "Signal=16\r\n"), ["4: 400 INFO"]);
    assert_eq!(call.asks("INFO", "Content-Type: application/x\n", "x"), ["5: 415 INFO"]);
    assert_eq!(call.field(HeaderName::Accept), InfoFormat::ACCEPT);
    assert_eq!(call.asks("INFO", "Info-Package: foo\n", ""), ["6: 469 INFO"]);
    assert_eq!(call.asks("INFO", "", ""), ["7: 200 INFO"]);
}

#[test]
fn options_tell_what_the_call_takes() {
    let mut call = Call::up("");
    assert_eq!(call.asks("OPTIONS", "", ""), ["2: 200 OPTIONS"]);
    assert_eq!(call.field(HeaderName::Allow), ALLOW);
}

#[test]
fn other_methods_are_not_allowed() {
    let mut call = Call::up("");
    for method in ["REFER", "REGISTER", "CANCEL"] {
        assert!(call.asks(method, "", "")[0].contains(": 405 "));
        assert_eq!(call.field(HeaderName::Allow), ALLOW);
    }
}

#[test]
fn requests_of_other_dialogs_or_too_late_are_refused() {
    let mut call = Call::up("");
    let foreign = request("BYE", 5, ";tag=b2", "", "");
    assert_eq!(call.play(Input::Request(TransactionId(5), &foreign)), ["5: 481 BYE"]);
    call.asks("INFO", "", "");
    let late = request("BYE", 2, ";tag=b1", "", "");
    assert_eq!(call.play(Input::Request(TransactionId(6), &late)), ["6: 500 BYE"]);
}
