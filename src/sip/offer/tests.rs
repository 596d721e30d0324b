//! Offers of telephones, our answers, and our own offers, by the lines that a telephone would write.

use proptest::prelude::*;

use super::*;

const LOCAL: &str = "192.0.2.1:40000";

fn local_at(rtp: &str) -> LocalAddress {
    let rtp: SocketAddr = rtp.parse().unwrap();
    LocalAddress { rtp, rtcp: SocketAddr::new(rtp.ip(), 39_999) }
}

fn local() -> LocalAddress {
    local_at(LOCAL)
}

/// A description of a telephone at 198.51.100.7 with these lines after `t=`, each ended by a semicolon.
fn theirs(lines: &str) -> Vec<u8> {
    let lines: String = lines.split(';').map(|line| format!("{}\r\n", line.trim())).collect();
    format!("v=0\r\no=- 1 1 IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\n{lines}")
        .into_bytes()
}

fn answer(lines: &str) -> Result<(String, Agreed), OfferError> {
    let mut negotiation = Negotiation::new(7, local());
    let answer = negotiation.answer(&theirs(lines))?;
    Ok((answer, *negotiation.agreed().unwrap()))
}

#[test]
fn an_answer_is_written_line_by_line() {
    let (answer, agreed) = answer(
            "m=audio 4000 RTP/AVP 8 0 96 97; a=rtpmap:96 telephone-event/8000; a=rtpmap:97 opus/48000/2; a=ptime:30",
        )
        .unwrap();
    assert_eq!(
        answer.replace("\r\n", "\n"),
        "v=0
o=- 7 1 IN IP4 192.0.2.1
s=-
c=IN IP4 192.0.2.1
t=0 0
m=audio 40000 RTP/AVP 8 96
a=rtpmap:8 PCMA/8000
a=rtpmap:96 telephone-event/8000
a=fmtp:96 0-15
a=ptime:20
a=rtcp:39999 IN IP4 192.0.2.1
a=sendrecv
"
    );
    assert_eq!(
        agreed,
        Agreed {
            remote: "198.51.100.7:4000".parse().unwrap(),
            rtcp: RemoteRtcp::At("198.51.100.7:4001".parse().unwrap()),
            codec: Law::Pcma,
            payload_type: 8,
            events: Some(96),
            direction: Direction::SendRecv,
        }
    );
}

#[test]
fn hold_is_answered_by_direction() {
    for (lines, expected) in [
        ("m=audio 4000 RTP/AVP 0", Direction::SendRecv),
        ("m=audio 4000 RTP/AVP 0; a=sendrecv", Direction::SendRecv),
        ("m=audio 4000 RTP/AVP 0; a=sendonly", Direction::RecvOnly),
        ("m=audio 4000 RTP/AVP 0; a=recvonly", Direction::SendOnly),
        ("m=audio 4000 RTP/AVP 0; a=inactive", Direction::Inactive),
        ("a=sendonly; m=audio 4000 RTP/AVP 0", Direction::RecvOnly),
        ("a=sendonly; m=audio 4000 RTP/AVP 0; a=recvonly", Direction::SendOnly),
        ("m=audio 4000 RTP/AVP 0; c=IN IP4 0.0.0.0", Direction::RecvOnly),
        ("m=audio 4000 RTP/AVP 0; c=IN IP4 0.0.0.0; a=recvonly", Direction::Inactive),
    ] {
        let (answer, agreed) = answer(lines).unwrap();
        assert_eq!(agreed.direction, expected, "{lines}");
        assert!(answer.ends_with(&format!("a={}\r\n", expected.name())), "{answer}");
    }
}

#[test]
fn a_call_goes_on_hold_and_comes_back() {
    let mut negotiation = Negotiation::new(7, local());
    let mut play = |lines: &str| {
        let answer = negotiation.answer(&theirs(lines)).unwrap();
        let version = answer.split(' ').nth(2).unwrap().to_owned();
        (version, negotiation.agreed().unwrap().direction)
    };
    assert_eq!(play("m=audio 4000 RTP/AVP 0"), ("1".to_owned(), Direction::SendRecv));
    assert_eq!(play("m=audio 4000 RTP/AVP 0; a=sendonly"), ("2".to_owned(), Direction::RecvOnly));
    assert_eq!(play("m=audio 4000 RTP/AVP 0; a=sendonly"), ("2".to_owned(), Direction::RecvOnly));
    assert_eq!(play("m=audio 4000 RTP/AVP 0"), ("3".to_owned(), Direction::SendRecv));
}

#[test]
fn events_are_chosen_by_clock_rate_at_any_payload_type() {
    let map = |types: &str| format!("m=audio 4000 RTP/AVP 0 {types}");
    for (lines, expected) in [
        (map("101; a=rtpmap:101 telephone-event/8000; a=fmtp:101 0-16"), Some(101)),
        (map("127; a=rtpmap:127 TELEPHONE-EVENT/8000/1"), Some(127)),
        (map("98; a=rtpmap:98 telephone-event/48000"), None),
        (map("98 99; a=rtpmap:98 telephone-event/48000; a=rtpmap:99 telephone-event/8000"), Some(99)),
        (map("101"), None),
        (map("8; a=rtpmap:101 telephone-event/8000"), None),
        (map("128; a=rtpmap:128 telephone-event/8000"), None),
    ] {
        assert_eq!(answer(&lines).unwrap().1.events, expected, "{lines}");
    }
}

#[test]
fn the_offered_order_decides_the_codec() {
    for (lines, codec, payload_type) in [
        ("m=audio 4000 RTP/AVP 0 8", Law::Pcmu, 0),
        ("m=audio 4000 RTP/AVP 18 8 0", Law::Pcma, 8),
        ("m=audio 4000 RTP/AVP 96 0; a=rtpmap:96 pcma/8000/1", Law::Pcma, 96),
        ("m=audio 4000 RTP/AVP 96 8; a=rtpmap:96 PCMU/16000", Law::Pcma, 8),
        ("m=audio 4000 RTP/AVP 0 8; a=rtpmap:0 G726-32/8000", Law::Pcma, 8),
    ] {
        let agreed = answer(lines).unwrap().1;
        assert_eq!((agreed.codec, agreed.payload_type), (codec, payload_type), "{lines}");
    }
}

#[test]
fn rejected_media_lines_keep_their_places() {
    let offer =
        "m=video 5000 RTP/AVP 31 32; m=audio 4000 RTP/AVP 18; m=audio 4002 RTP/AVP 0; m=text 0 RTP/AVP 98";
    let mut negotiation = Negotiation::new(7, local());
    let answer = negotiation.answer(&theirs(offer)).unwrap();
    let media = |body: &str| {
        body.lines().filter(|line| line.starts_with("m=")).map(str::to_owned).collect::<Vec<_>>()
    };
    let expected =
        ["m=video 0 RTP/AVP 31", "m=audio 0 RTP/AVP 18", "m=audio 40000 RTP/AVP 0", "m=text 0 RTP/AVP 98"];
    assert_eq!(media(&answer), expected);
    let later = negotiation.offer();
    assert_eq!(media(&later)[2], "m=audio 40000 RTP/AVP 0 8 101");
    assert_eq!((&media(&later)[..2], media(&later).len()), (&expected.map(str::to_owned)[..2], 4));
    negotiation.take_answer(answer.replace("192.0.2.1", "198.51.100.7").as_bytes()).unwrap();
    assert_eq!(negotiation.agreed().unwrap().remote, "198.51.100.7:40000".parse().unwrap());
}

#[test]
fn media_lines_beyond_the_limit_are_rejected() {
    let before = "m=video 5000 RTP/AVP 31;".repeat(MEDIA_LINES_MAX - 1);
    assert!(answer(&format!("{before}m=audio 4000 RTP/AVP 0")).is_ok());
    let refused = answer(&format!("m=video 5000 RTP/AVP 31;{before}m=audio 4000 RTP/AVP 0"));
    assert_eq!(refused, Err(OfferError::NoAudio));
}

#[test]
fn formats_beyond_the_limit_are_not_looked_at() {
    let unknown = "18 ".repeat(FORMATS_MAX - 1);
    assert!(answer(&format!("m=audio 4000 RTP/AVP {unknown}0")).is_ok());
    assert_eq!(answer(&format!("m=audio 4000 RTP/AVP 18 {unknown}0")), Err(OfferError::NoCodec));
}

#[test]
fn rtcp_goes_where_it_is_asked_for() {
    for (attributes, expected) in [
        ("a=rtcp:5001", Some("198.51.100.7:5001")),
        ("a=rtcp:5001 IN IP4 203.0.113.9", Some("203.0.113.9:5001")),
        ("a=rtcp:5001; a=rtcp-mux", None),
    ] {
        let (answer, agreed) = answer(&format!("m=audio 4000 RTP/AVP 0; {attributes}")).unwrap();
        let at = expected.map_or(RemoteRtcp::Muxed, |at| RemoteRtcp::At(at.parse().unwrap()));
        assert_eq!(agreed.rtcp, at, "{attributes}");
        assert_eq!(answer.contains("a=rtcp-mux"), expected.is_none(), "{answer}");
        assert_eq!(answer.contains("a=rtcp:39999"), expected.is_some(), "{answer}");
    }
}

#[test]
fn what_cannot_be_agreed_on_is_refused_with_its_reason() {
    for (lines, error, codes) in [
        ("m=audio 4000 RTP/SAVP 0", OfferError::Transport, (488, 302)),
        ("m=audio 4000 UDP/TLS/RTP/SAVPF 0", OfferError::Transport, (488, 302)),
        ("m=audio 4000 RTP/AVP 18 9", OfferError::NoCodec, (488, 305)),
        ("m=audio 0 RTP/AVP 0", OfferError::NoAudio, (488, 304)),
        ("m=video 4000 RTP/AVP 31", OfferError::NoAudio, (488, 304)),
        ("m=image 4000 udptl t38; m=audio 0 RTP/AVP 0", OfferError::NoAudio, (488, 304)),
        ("m=audio 4000 RTP/AVP 0; c=IN IP6 2001:db8::7", OfferError::Address, (488, 301)),
        ("m=audio 4000 RTP/AVP 0; c=IN IP4 224.2.36.42/127", OfferError::Address, (488, 301)),
        ("m=audio 4000 RTP/AVP 0; c=IN IP4 phone.example", OfferError::Address, (488, 301)),
        ("m=audio 65535 RTP/AVP 0", OfferError::Malformed, (400, 399)),
        ("m=audio 70000 RTP/AVP 0", OfferError::Malformed, (400, 399)),
        ("m=audio", OfferError::Malformed, (400, 399)),
    ] {
        assert_eq!(answer(lines), Err(error), "{lines}");
        assert_eq!((error.status(), error.warn_code()), codes, "{lines}");
    }
}

#[test]
fn plain_audio_is_taken_beside_encrypted() {
    let (answer, _) = answer("m=audio 4000 RTP/SAVP 0; m=audio 4002 RTP/AVPF 0").unwrap();
    assert!(answer.contains("m=audio 0 RTP/SAVP 0\r\nm=audio 40000 RTP/AVPF 0\r\n"), "{answer}");
}

#[test]
fn a_description_may_be_ipv6() {
    let offer =
        b"v=0\no=- 1 1 IN IP6 2001:db8::7\ns=-\nc=IN IP6 2001:db8::7\nt=0 0\nm=audio 4000 RTP/AVP 0\n";
    let mut negotiation = Negotiation::new(7, local());
    assert_eq!(negotiation.answer(offer), Err(OfferError::Address));
    let mut negotiation = Negotiation::new(7, local_at("[2001:db8::1]:40000"));
    let answer = negotiation.answer(offer).unwrap();
    assert!(answer.contains("c=IN IP6 2001:db8::1\r\n"), "{answer}");
    assert_eq!(negotiation.agreed().unwrap().remote, "[2001:db8::7]:4000".parse().unwrap());
}

#[test]
fn a_refused_offer_changes_nothing() {
    let mut negotiation = Negotiation::new(7, local());
    negotiation.answer(&theirs("m=audio 4000 RTP/AVP 0")).unwrap();
    let before = *negotiation.agreed().unwrap();
    negotiation.answer(&theirs("m=audio 4000 RTP/AVP 18")).unwrap_err();
    assert_eq!(negotiation.agreed(), Some(&before));
    let again = negotiation.answer(&theirs("m=audio 4000 RTP/AVP 0")).unwrap();
    assert!(again.contains("o=- 7 1 "), "{again}");
}

#[test]
fn offers_and_answers_take_turns() {
    let mut negotiation = Negotiation::new(7, local());
    let answer = theirs("m=audio 4000 RTP/AVP 0");
    assert_eq!(negotiation.take_answer(&answer), Err(OfferError::OutOfTurn));
    negotiation.offer();
    assert_eq!(negotiation.answer(&answer), Err(OfferError::OutOfTurn));
    assert_eq!(OfferError::OutOfTurn.status(), 491);
    negotiation.take_answer(&answer).unwrap();
    negotiation.offer();
    negotiation.withdraw();
    assert!(negotiation.answer(&answer).is_ok());
}

#[test]
fn an_answer_that_does_not_fit_the_offer_is_refused() {
    for (lines, error) in [
        ("m=audio 4000 RTP/AVP 0; m=video 5000 RTP/AVP 31", OfferError::Malformed),
        ("m=audio 0 RTP/AVP 0", OfferError::NoAudio),
        ("m=audio 4000 RTP/AVP 18", OfferError::NoCodec),
        ("a=x", OfferError::Malformed),
    ] {
        let mut negotiation = Negotiation::new(7, local());
        negotiation.offer();
        assert_eq!(negotiation.take_answer(&theirs(lines)), Err(error), "{lines}");
        assert!(!negotiation.is_offering());
    }
}

/// A description as telephones write it: media lines of some kind, some codecs, some attributes.
fn descriptions() -> impl Strategy<Value = String> {
    let kind = prop::sample::select(vec!["audio", "audio", "audio", "video", "image"]);
    let transport = prop::sample::select(vec!["RTP/AVP", "RTP/AVP", "RTP/AVPF", "RTP/SAVP", "udptl"]);
    let attribute = prop::sample::select(vec![
        "a=sendonly",
        "a=inactive",
        "a=rtcp:99",
        "a=rtcp-mux",
        "a=rtpmap:96 telephone-event/8000",
        "a=rtpmap:97 PCMA/8000",
        "a=rtpmap:96",
        "c=IN IP4 0.0.0.0",
        "c=IN IP4 10.0.0.1/3",
        "a=fmtp:96 0-15",
    ]);
    let formats = prop::collection::vec(prop::sample::select(vec!["0", "8", "18", "96", "97", "t38"]), 1..6);
    let line = (kind, 0u16..3, transport, formats, prop::collection::vec(attribute, 0..5)).prop_map(
        |(kind, port, transport, formats, attributes)| {
            format!("m={kind} {} {transport} {};{}", port * 2_000, formats.join(" "), attributes.join(";"))
        },
    );
    prop::collection::vec(line, 0..10).prop_map(|lines| lines.join(";"))
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_fail(body in prop::collection::vec(any::<u8>(), 0..400)) {
        let _refused = Negotiation::new(7, local()).answer(&body);
        let mut negotiation = Negotiation::new(7, local());
        negotiation.offer();
        let _refused = negotiation.take_answer(&body);
    }

    #[test]
    fn an_answer_has_a_line_for_each_of_the_offer(lines in descriptions()) {
        let mut negotiation = Negotiation::new(7, local());
        let body = theirs(&lines);
        if let Ok(answer) = negotiation.answer(&body) {
            let offered = sdp_types::Session::parse(&body).unwrap();
            let answered = sdp_types::Session::parse(answer.as_bytes()).unwrap();
            prop_assert_eq!(offered.medias.len(), answered.medias.len());
            let used: Vec<_> = answered.medias.iter().filter(|media| media.port != 0).collect();
            prop_assert_eq!(used.len(), 1);
            for (offered, answered) in offered.medias.iter().zip(&answered.medias) {
                prop_assert_eq!((&offered.media, &offered.proto), (&answered.media, &answered.proto));
                prop_assert!(answered.fmt.split(' ').all(|format| offered.fmt.split(' ').any(|one| one == format)));
            }
            prop_assert_eq!(negotiation.answer(&body), Ok(answer));
        }
    }

    /// Two of us, one offers, the other answers: both agree on the same, seen from either side.
    #[test]
    fn both_sides_agree_on_the_same(
        first in prop::option::of(prop::sample::select(vec!["0 8 96", "8 96", "97 8", "0"])),
        is_v6 in any::<bool>(),
    ) {
        let hosts = if is_v6 { ["[2001:db8::1]:4000", "[2001:db8::2]:6000"] } else { ["192.0.2.1:4000", "192.0.2.2:6000"] };
        let [at_one, at_two] = hosts.map(local_at);
        let (mut one, mut two) = (Negotiation::new(1, at_one), Negotiation::new(2, at_two));
        if let Some(formats) = first.filter(|_| !is_v6) {
            let lines = format!("m=audio 9 RTP/AVP {formats};a=rtpmap:96 telephone-event/8000;a=rtpmap:97 PCMA/8000");
            one.answer(&theirs(&lines)).unwrap();
        }
        let offer = one.offer();
        let answer = two.answer(offer.as_bytes()).unwrap();
        one.take_answer(answer.as_bytes()).unwrap();
        let (seen_by_one, seen_by_two) = (one.agreed().unwrap(), two.agreed().unwrap());
        prop_assert_eq!((seen_by_one.remote, seen_by_two.remote), (at_two.rtp, at_one.rtp));
        prop_assert_eq!((seen_by_one.rtcp, seen_by_two.rtcp), (RemoteRtcp::Muxed, RemoteRtcp::Muxed));
        let coding = |agreed: &Agreed| (agreed.codec, agreed.payload_type, agreed.events);
        prop_assert_eq!(coding(seen_by_one), coding(seen_by_two));
        prop_assert_eq!(seen_by_one.direction, seen_by_two.direction.reversed());
    }
}
