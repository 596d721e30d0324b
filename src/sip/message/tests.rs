//! A message as read, as built, as printed.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const INVITE: &str = "INVITE sip:4711@bridge.example SIP/2.0\r\n\
    v: SIP/2.0/UDP a.example;branch=z9hG4bK2, SIP/2.0/TCP b.example:5061;branch=z9hG4bK1\r\n\
    From: \"A \\\"B\\\" C\" <sip:abc@a.example;user=phone>;tag=f1\r\n\
    t: <sip:4711@bridge.example>\r\n\
    Call-ID: x@a\r\n\
    CSeq: 7 INVITE\r\n\
    Max-Forwards: 70\r\n\
    Record-Route: <sip:p2;lr>,\r\n \t<sip:p1;lr>\r\n\
    Supported: timer, 100rel\r\n\
    c: Application/SDP ; charset=utf-8\r\n\
    l: 4\r\n\
    \r\n\
    v=0\nand more";

fn invite() -> Request {
    request(INVITE)
}

#[track_caller]
fn request(text: &str) -> Request {
    match Message::parse(text.as_bytes()).unwrap() {
        Message::Request(request) => request,
        Message::Response(response) => panic!("a response: {response:?}"),
    }
}

#[track_caller]
fn defect(text: &str) -> Defect {
    Message::parse(text.as_bytes()).unwrap_err().defect
}

#[test]
fn a_request_is_read_with_all_its_parts() {
    let request = invite();
    assert_eq!((&request.method, request.uri.as_str()), (&Method::Invite, "sip:4711@bridge.example"));
    let headers = &request.headers;
    let via = headers.top_via().unwrap();
    assert_eq!((&*via.transport, via.branch().as_deref()), ("UDP", Some("z9hG4bK2")));
    assert_eq!(headers.vias().unwrap()[1].sent_by.port, Some(5061));
    let from = headers.from().unwrap();
    assert_eq!((from.display.as_deref(), from.tag().as_deref()), (Some("A \"B\" C"), Some("f1")));
    assert_eq!(from.uri.param("USER"), Some("phone"));
    assert_eq!(headers.to().unwrap().tag(), None);
    assert_eq!(headers.call_id(), Ok("x@a"));
    assert_eq!(headers.cseq(), Ok(CSeq { number: 7, method: Method::Invite }));
    assert_eq!(headers.max_forwards(), Ok(Some(70)));
    let hops: Vec<String> = headers.record_route().unwrap().iter().map(|hop| hop.uri.to_string()).collect();
    assert_eq!(hops, ["sip:p2;lr", "sip:p1;lr"]);
    assert!(headers.lists(&HeaderName::Supported, "100rel"));
    assert_eq!(headers.media_type().as_deref(), Some("application/sdp"));
    assert_eq!(&request.body[..], b"v=0\n");
}

#[test]
fn a_method_is_another_if_it_is_longer_or_in_small_letters() {
    for name in ["INVITED", "invite", "INFORM"] {
        assert_eq!(Method::parse(name), Some(Method::Extension(name.into())));
    }
}

#[test]
fn a_telephone_number_is_an_address() {
    let from = NameAddr::parse("Bob <tel:+15551234567;ext=9>;tag=a").unwrap();
    assert_eq!((from.display.as_deref(), from.tag().as_deref()), (Some("Bob"), Some("a")));
    assert_eq!(from.uri.user().as_deref(), Some("+15551234567;ext=9"));
    assert_eq!(from.uri.param("ext"), Some("9"));
}

#[test]
fn without_brackets_parameters_belong_to_the_header() {
    let from = NameAddr::parse("sip:a@b;tag=1").unwrap();
    assert_eq!((from.uri.as_str(), from.tag().as_deref()), ("sip:a@b", Some("1")));
}

#[test]
fn a_uri_keeps_what_it_does_not_understand() {
    let text = "sip:a%2541;x=1:pw@my_host:5070;VSF=AA==;lr?h=v";
    let uri = Uri::parse(text).unwrap();
    assert_eq!(uri.as_str(), text);
    assert_eq!(uri.user().as_deref(), Some("a%41;x=1"));
    assert_eq!(uri.host_port().unwrap().to_string(), "my_host:5070");
    assert_eq!((uri.param("vsf"), uri.param("lr"), uri.param("h")), (Some("AA=="), Some(""), None));
    assert!(uri.has_headers());
}

#[test]
fn a_user_is_escaped_where_a_uri_needs_it() {
    let host = HostPort::parse("[::1]:5060").unwrap();
    let uri = Uri::sip(Some("a b@c"), &host).with_param("transport", "tcp");
    assert_eq!(uri.as_str(), "sip:a%20b%40c@[::1]:5060;transport=tcp");
    assert_eq!(Uri::parse(uri.as_str()).unwrap().user().as_deref(), Some("a b@c"));
}

#[test]
fn what_is_not_a_uri_is_refused() {
    for text in [
        "",
        "sip",
        "sip:",
        ":a",
        "1:a",
        "sip:a b@c",
        "<sip:a@b>",
        "sip:a@",
        "sip:2001:db8::1",
        "sip:a@b:99999",
        "sip:a@b:x",
        "sip:[::1",
        "sip:[::g]",
        "sip:a@-b",
        "sip:a@b\u{0}",
    ] {
        assert_eq!(Uri::parse(text), None, "{text}");
    }
}

#[test]
fn malformed_values_are_refused_whole() {
    for via in ["SIP/2.0/UDP h;;,;,,", "SIP/2.0/UDP", "SIP/3.0/UDP h", "SIP/2.0/UDP h x", "SIP/2.0/U P h;a"] {
        assert_eq!(Via::parse(via), None, "{via}");
    }
    for cseq in ["7", "INVITE", "-1 INVITE", "2147483648 INVITE", "7 INVITE junk", "7 IN(VITE"] {
        assert_eq!(CSeq::parse(cseq), None, "{cseq}");
    }
    for address in ["\"a <sip:a@b>", "<sip:a@b", "<sip:a@b> junk", "sip:a@b,x", "*", "<sip:a@b>;=x", "<a>"] {
        assert_eq!(NameAddr::parse(address), None, "{address}");
    }
}

#[test]
fn a_list_with_one_malformed_item_is_malformed() {
    let mut headers = Headers::default();
    headers.push(HeaderName::RecordRoute, "<sip:a>, junk, <sip:b>");
    assert_eq!(headers.record_route(), Err(HeaderError::Malformed(HeaderName::RecordRoute)));
}

#[test]
fn a_field_that_stands_twice_is_malformed() {
    let text = INVITE.replace("CSeq: 7 INVITE\r\n", "CSeq: 7 INVITE\r\nCSeq: 7 INVITE\r\n");
    assert_eq!(request(&text).headers.cseq(), Err(HeaderError::Malformed(HeaderName::CSeq)));
}

#[test]
fn quotes_and_brackets_keep_their_signs() {
    let address = NameAddr::parse("\"x, <y>; \\\"z\" <sip:a,c@b>;p=\"1, 2; 3\";tag=t").unwrap();
    assert_eq!(address.display.as_deref(), Some("x, <y>; \"z"));
    assert_eq!(address.params.get("P").as_deref(), Some("1, 2; 3"));
    let mut headers = Headers::default();
    headers.push(HeaderName::Contact, format_args!("{address}, <sip:second>"));
    assert_eq!(headers.list(&HeaderName::Contact).count(), 2);
    assert_eq!(headers.contact(), Ok(address));
}

#[test]
fn what_cannot_be_read_is_told() {
    assert_eq!(defect(&INVITE.replace("l: 4", "l: 4000")), Defect::ContentLength);
    assert_eq!(defect(&INVITE.replace("l: 4", "l: -4")), Defect::ContentLength);
    assert_eq!(defect(&INVITE.replace("l: 4", "l: 4\r\nl: 4")), Defect::ContentLength);
    assert_eq!(defect(&INVITE.replace("\r\n\r\n", "\r\n")), Defect::NoEnd);
    assert_eq!(defect(&INVITE.replace("SIP/2.0\r\n", "SIP/7.0\r\n")), Defect::Version);
    assert_eq!(
        defect(&INVITE.replace("sip:4711@bridge.example SIP", "<sip:4711@b> SIP")),
        Defect::RequestUri
    );
    assert_eq!(defect(&INVITE.replace("INVITE sip", "INVITE  sip")), Defect::RequestUri);
    assert_eq!(defect(&INVITE.replace("Call-ID:", "Call ID:")), Defect::HeaderLine);
    assert_eq!(defect(&INVITE.replace("Call-ID: x", "Call-ID: x\rRoute: <sip:evil>")), Defect::HeaderLine);
    assert_eq!(defect("SIP/2.0 200 O\rK\r\n\r\n"), Defect::StartLine);
    assert_eq!(defect("SIP/2.0 4294967301 no\r\n\r\n"), Defect::StartLine);
    assert_eq!(defect(""), Defect::StartLine);
    let bytes = [INVITE.as_bytes().split_at(60).0, b"\xff", INVITE.as_bytes().split_at(60).1].concat();
    assert_eq!(Message::parse(&bytes).unwrap_err().defect, Defect::NotUtf8);
}

#[test]
fn a_malformed_request_hands_over_what_could_be_read() {
    let malformed = Message::parse(INVITE.replace("l: 4", "l: -4").as_bytes()).unwrap_err();
    assert_eq!(malformed.method, Some(Method::Invite));
    assert_eq!(malformed.headers.call_id(), Ok("x@a"));
}

#[test]
fn a_body_without_a_length_goes_to_the_end_of_the_datagram() {
    assert_eq!(&request(&INVITE.replace("l: 4\r\n", "")).body[..], b"v=0\nand more");
}

#[test]
fn a_response_copies_what_it_must_and_tags_the_to() {
    let response = invite().respond(486, "t9");
    let printed = String::from_utf8(response.print().to_vec()).unwrap();
    assert_eq!(
        printed,
        "SIP/2.0 486 Busy Here\r\n\
         Via: SIP/2.0/UDP a.example;branch=z9hG4bK2, SIP/2.0/TCP b.example:5061;branch=z9hG4bK1\r\n\
         From: \"A \\\"B\\\" C\" <sip:abc@a.example;user=phone>;tag=f1\r\n\
         To: <sip:4711@bridge.example>;tag=t9\r\n\
         Call-ID: x@a\r\n\
         CSeq: 7 INVITE\r\n\
         Content-Length: 0\r\n\
         \r\n"
    );
    assert_eq!(invite().respond(100, "t9").headers.to().unwrap().tag(), None);
}

#[test]
fn the_source_is_written_into_the_topmost_via_only() {
    let mut request = request(&INVITE.replace("branch=z9hG4bK2", "branch=z9hG4bK2;rport;received=1.1.1.1"));
    let mut via = request.headers.top_via().unwrap();
    via.stamp_source("192.0.2.7:4444".parse().unwrap());
    request.headers.set_top_via(&via);
    assert_eq!(
        request.headers.get(&HeaderName::Via),
        Some(
            "SIP/2.0/UDP a.example;branch=z9hG4bK2;rport=4444;received=192.0.2.7, \
             SIP/2.0/TCP b.example:5061;branch=z9hG4bK1"
        )
    );
}

#[test]
fn the_topmost_via_is_the_first_that_is_not_empty() {
    let mut headers = Headers::default();
    headers.push(HeaderName::Via, "");
    headers.push(HeaderName::Via, ", SIP/2.0/UDP a;branch=z9hG4bK1, ,SIP/2.0/UDP b,");
    let mut via = headers.top_via().unwrap();
    via.params.set("received", "192.0.2.7");
    headers.set_top_via(&via);
    let vias: Vec<&str> = headers.all(&HeaderName::Via).collect();
    assert_eq!(vias, ["", "SIP/2.0/UDP a;branch=z9hG4bK1;received=192.0.2.7, SIP/2.0/UDP b"]);
}

#[test]
fn an_ack_and_a_cancel_go_by_the_same_hop() {
    let mut sent = invite();
    sent.headers.push(HeaderName::Route, "<sip:p;lr>");
    let ack = sent.ack(&sent.respond(404, "t"));
    let cancel = sent.cancel();
    for (request, cseq) in [(&ack, "7 ACK"), (&cancel, "7 CANCEL")] {
        assert_eq!(request.uri, sent.uri);
        assert_eq!(request.headers.vias().unwrap(), [sent.headers.top_via().unwrap()]);
        assert_eq!(request.headers.get(&HeaderName::Route), Some("<sip:p;lr>"));
        assert_eq!(request.headers.get(&HeaderName::CSeq), Some(cseq));
    }
    assert_eq!(ack.headers.to().unwrap().tag().as_deref(), Some("t"));
    assert_eq!(cancel.headers.to().unwrap().tag(), None);
}

#[test]
fn no_value_can_begin_another_field() {
    let mut request = invite();
    request.headers.push(HeaderName::Reason, "x\r\nRoute: <sip:evil>\r\n\r\n");
    request.headers.set(
        HeaderName::From,
        NameAddr { display: Some("a\r\nb: c".into()), ..request.headers.from().unwrap() },
    );
    let read = Message::parse(&request.print()).unwrap();
    assert_eq!(read.headers().get(&HeaderName::Route), None);
    assert_eq!(read.headers().len(), request.headers.len());
}

fn token() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9.!%*_+`'~-]{1,12}"
}

fn uri() -> impl Strategy<Value = Uri> {
    let host = prop_oneof![
        any::<std::net::IpAddr>().prop_map(Host::Ip),
        "[a-z0-9]([a-z0-9._-]{0,10})".prop_map(|name| HostPort::parse(&name).unwrap().host),
    ];
    let host = (host, proptest::option::of(any::<u16>())).prop_map(|(host, port)| HostPort { host, port });
    (proptest::option::of(".{1,8}"), host, proptest::option::of((token(), token()))).prop_map(
        |(user, host, param)| {
            let uri = Uri::sip(user.as_deref(), &host);
            param.map_or(uri.clone(), |(name, value)| uri.with_param(&name, &value))
        },
    )
}

fn params() -> impl Strategy<Value = Params> {
    vec((token(), proptest::option::of("[^\u{0}-\u{1f}]{0,10}")), 0..3).prop_map(|set| {
        let mut params = Params::default();
        set.iter().for_each(|(name, value)| match value {
            Some(value) => params.set(name, value),
            None => params.set_flag(name),
        });
        params
    })
}

fn name_addr() -> impl Strategy<Value = NameAddr> {
    (proptest::option::of("[^\u{0}-\u{1f}]{1,12}"), uri(), params())
        .prop_map(|(display, uri, params)| NameAddr { display: display.map(Into::into), uri, params })
}

fn headers() -> impl Strategy<Value = Headers> {
    let via = (token(), uri(), params()).prop_map(|(transport, uri, params)| Via {
        transport: transport.into(),
        sent_by: uri.host_port().unwrap(),
        params,
    });
    (vec(via, 1..3), name_addr(), name_addr(), token(), 0..1_u32 << 31, vec((token(), ".{0,20}"), 0..4))
        .prop_map(|(vias, from, to, call_id, number, others)| {
            let mut headers = Headers::default();
            vias.iter().for_each(|via| headers.push(HeaderName::Via, via));
            headers.push(HeaderName::From, from);
            headers.push(HeaderName::To, to);
            headers.push(HeaderName::CallId, call_id);
            headers.push(HeaderName::CSeq, CSeq { number, method: Method::Invite });
            for (name, value) in others {
                headers.push(HeaderName::parse(&format!("X-{name}")).unwrap(), value);
            }
            headers
        })
}

proptest! {
    #[test]
    fn what_is_built_reads_as_itself(headers in headers(), uri in uri(), body in vec(any::<u8>(), 0..40), code in 100..700_u16) {
        let request = Message::from(Request { method: Method::Invite, uri, headers: headers.clone(), body: body.clone().into() });
        prop_assert_eq!(Message::parse(&request.print()).unwrap(), request);
        let response = Message::from(Response { code, reason: reason_phrase(code).into(), headers, body: body.into() });
        prop_assert_eq!(Message::parse(&response.print()).unwrap(), response);
    }

    #[test]
    fn every_value_reads_as_it_was_built(address in name_addr(), headers in headers()) {
        prop_assert_eq!(NameAddr::parse(&address.to_string()), Some(address));
        prop_assert!(headers.vias().is_ok() && headers.from().is_ok() && headers.to().is_ok());
        let printed: Vec<String> = headers.vias().unwrap().iter().map(Via::to_string).collect();
        prop_assert_eq!(printed.iter().map(|via| Via::parse(via).unwrap()).collect::<Vec<_>>(), headers.vias().unwrap());
    }

    #[test]
    fn no_bytes_panic(bytes in vec(any::<u8>(), 0..200), text in "\\PC{0,60}", cut in 0..400_usize) {
        let _ = Message::parse(&bytes);
        let mut message = INVITE.as_bytes().to_vec();
        message.splice(cut.min(message.len()).., text.bytes().chain(*b"\r\n\r\n"));
        if let Ok(message) = Message::parse(&message) {
            let headers = message.headers();
            let _ = (headers.vias(), headers.from(), headers.to(), headers.cseq(), headers.contact(), headers.route());
            let _ = (headers.rack(), headers.session_expires(), headers.min_se(), headers.media_type());
            prop_assert_eq!(Message::parse(&message.print()).unwrap(), message);
        }
        let _ = (Uri::parse(&text), NameAddr::parse(&text), Via::parse(&text), Params::parse(&text), RAck::parse(&text));
        let _ = (SessionExpires::parse(&text), CSeq::parse(&text), HostPort::parse(&text));
    }
}
