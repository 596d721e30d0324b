//! The torture messages of RFC 4475 and RFC 5118: each is answered as its RFC says, as a datagram and on a stream that is
//! split anywhere, and what comes next is heard all the same.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use attendant::control::time::Instant;
use attendant::sip::framer::{Frame, Framer};
use attendant::sip::guard::{self, Verdict};
use attendant::sip::inspection::inspect;
use attendant::sip::message::{Message, Response};
use attendant::sip::refusal::Refusal;

/// What becomes of each message before any call knows of it: `pass`, the code that it is answered with, or `drop`. Where an
/// RFC leaves the choice between strict and liberal, the choice is here.
const ANSWERS: &[(&str, &str)] = &[
    // RFC 4475 section 3.1.1: valid.
    ("wsinv", "pass"),
    ("intmeth", "501"),
    ("esc01", "pass"),
    ("escnull", "405"),
    ("esc02", "501"),
    ("lwsdisp", "pass"),
    ("longreq", "pass"),
    ("dblreq", "405"),
    ("semiuri", "pass"),
    ("transports", "pass"),
    ("mpart01", "501"),
    ("unreason", "pass"),
    ("noreason", "pass"),
    // Section 3.1.2: invalid.
    ("badinv01", "400"),
    ("clerr", "400"),
    ("ncl", "400"),
    ("scalar02", "400"),
    ("scalarlg", "drop"),
    ("quotbal", "400"),
    ("ltgtruri", "400"),
    ("lwsruri", "400"),
    ("lwsstart", "400"),
    ("trws", "pass"),
    ("escruri", "400"),
    ("baddate", "pass"),
    ("regbadct", "400"),
    ("badaspec", "400"),
    ("baddn-crlf", "pass"),
    // The same without the empty line at its end.
    ("baddn", "400"),
    ("badvers", "505"),
    ("mismatch01", "400"),
    ("mismatch02", "400"),
    ("bigcode", "drop"),
    // Section 3.2.1: a branch without an identifier, matched as RFC 2543 did.
    ("badbranch", "pass"),
    // Section 3.3: what the application answers.
    ("insuf", "400"),
    ("unkscm", "416"),
    ("novelsc", "416"),
    ("unksm2", "405"),
    ("bext01", "420"),
    ("invut", "415"),
    ("regaut01", "405"),
    ("multi01", "400"),
    ("mcl01", "400"),
    ("bcast", "drop"),
    ("zeromf", "pass"),
    ("cparam01", "405"),
    ("cparam02", "405"),
    ("regescrt", "405"),
    ("sdp01", "406"),
    // Section 3.4.
    ("inv2543", "pass"),
    // RFC 5118 section 4, in its order.
    ("ipv6-good", "405"),
    ("ipv6-bad", "400"),
    ("port-ambiguous", "405"),
    ("port-unambiguous", "405"),
    ("via-received-param-with-delim", "pass"),
    ("via-received-param-no-delim", "pass"),
    ("ipv6-in-sdp", "pass"),
    ("mult-ip-in-header", "pass"),
    ("mult-ip-in-sdp", "pass"),
    ("ipv4-mapped-ipv6", "pass"),
    ("ipv6-bug-abnf-3-colons", "pass"),
    ("ipv6-correct-abnf-2-colons", "pass"),
];

/// What a stream says instead, where its answer differs: what follows cannot be told apart.
const ON_A_STREAM: &[(&str, &[&str])] = &[
    // It promises more than a body may have, and takes what follows for it.
    ("clerr", &["413"]),
    ("ncl", &["400", "close malformed"]),
    ("mcl01", &["400", "close malformed"]),
    // RFC 2543 did not demand a length; on a stream nothing can be done without.
    ("inv2543", &["400", "close malformed"]),
    // Its head goes on into the next message's, and has two lengths.
    ("baddn", &["400", "close malformed"]),
    // Here its second message counts. That is longer than it says, and its rest is the next message's start line.
    ("dblreq", &["405", "pass", "drop", "close malformed"]),
    // So are these: their lengths count line ends as one byte.
    ("ipv6-in-sdp", &["pass", "drop"]),
    ("mult-ip-in-sdp", &["pass", "drop"]),
    ("ipv4-mapped-ipv6", &["pass", "drop"]),
];

/// What is sent after each.
const OPTIONS: &str = "OPTIONS sip:bridge.example SIP/2.0\r\n\
    Via: SIP/2.0/TCP a.example;branch=z9hG4bKafter\r\n\
    From: <sip:a@a.example>;tag=after\r\n\
    To: <sip:bridge.example>\r\n\
    Call-ID: after@a\r\n\
    CSeq: 1 OPTIONS\r\n\
    Content-Length: 0\r\n\
    \r\n";

fn messages() -> BTreeMap<String, Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/torture");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap()))
        .collect()
}

fn source() -> SocketAddr {
    "[2001:db8::9:1]:5070".parse().unwrap()
}

/// What becomes of a message; an answer must be a message that its sender can read.
fn word(verdict: Verdict) -> String {
    match verdict {
        Verdict::Pass(message) => match *message {
            Message::Request(request) => inspect(&request).map_or("pass".into(), |response| code(&response)),
            Message::Response(_) => "pass".into(),
        },
        Verdict::Answer(_, response) => code(&response),
        Verdict::Drop(_) => "drop".into(),
        Verdict::KeepAlive => "keep-alive".into(),
    }
}

fn code(response: &Response) -> String {
    let Ok(Message::Response(read)) = Message::parse(&response.print()) else {
        panic!("unreadable: {response:?}")
    };
    assert_eq!(&read, response);
    response.code.to_string()
}

/// What a stream says of these pieces, keep-alives aside.
fn on_a_stream(pieces: &[&[u8]]) -> Vec<String> {
    let mut framer = Framer::new(Instant::ZERO, source());
    let mut words = Vec::new();
    for piece in pieces {
        framer.handle_input(Instant::ZERO, piece);
        while let Some(frame) = framer.poll_output() {
            match frame {
                Frame::Message(verdict) => words.push(word(verdict)),
                Frame::Ping => {}
                Frame::Close(refusal) => words.push(format!("close {refusal}")),
            }
        }
    }
    words
}

#[test]
fn all_sixty_two_messages_are_here() {
    let mut known: Vec<&str> = ANSWERS.iter().map(|(name, _)| *name).collect();
    known.sort_unstable();
    assert_eq!(messages().keys().collect::<Vec<_>>(), known);
    assert_eq!(known.len(), 62);
}

#[test]
fn as_a_datagram_each_is_answered_as_its_rfc_says() {
    let messages = messages();
    let said: Vec<(&str, String)> =
        ANSWERS.iter().map(|(name, _)| (*name, word(guard::datagram(&messages[*name], source())))).collect();
    let expected: Vec<(&str, String)> =
        ANSWERS.iter().map(|(name, word)| (*name, (*word).to_owned())).collect();
    assert_eq!(said, expected);
}

#[test]
fn on_a_stream_each_is_answered_and_the_next_is_heard() {
    let messages = messages();
    for (name, answer) in ANSWERS {
        let stream = [&messages[*name], OPTIONS.as_bytes()].concat();
        let said = on_a_stream(&[&stream]);
        match ON_A_STREAM.iter().find(|(known, _)| known == name) {
            Some((_, expected)) => assert_eq!(said, *expected, "{name}"),
            None => assert_eq!(said, [answer, "pass"], "{name}"),
        }
    }
}

#[test]
fn split_at_every_byte_a_stream_says_the_same() {
    for (name, message) in messages() {
        let whole = on_a_stream(&[&message]);
        // In two pieces, and in as many as there are bytes; the longest, of 3.5 kB, only in the latter.
        for at in (0..message.len()).filter(|_| message.len() < 1_500) {
            let (first, second) = message.split_at(at);
            assert_eq!(on_a_stream(&[first, second]), whole, "{name} at {at}");
        }
        let stream = [&message, OPTIONS.as_bytes()].concat();
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(on_a_stream(&bytes), on_a_stream(&[&stream]), "{name} byte by byte");
    }
}

#[test]
fn a_body_that_never_comes_closes_the_stream() {
    let mut framer = Framer::new(Instant::ZERO, source());
    framer.handle_input(Instant::ZERO, &messages()["clerr"]);
    let due = framer.poll_timeout().unwrap();
    framer.handle_timeout(due);
    let last = std::iter::from_fn(|| framer.poll_output()).last();
    assert_eq!(last, Some(Frame::Close(Refusal::Slow)));
}

#[test]
fn the_tortuous_invite_is_understood_in_every_part() {
    let Verdict::Pass(message) = guard::datagram(&messages()["wsinv"], source()) else { panic!("refused") };
    let headers = message.headers();
    assert_eq!(headers.to().unwrap().tag().as_deref(), Some("1918181833n"));
    let from = headers.from().unwrap();
    assert_eq!((from.display.as_deref(), from.tag().as_deref()), (Some("J Rosenberg \\\""), Some("98asjd8")));
    assert_eq!(headers.max_forwards(), Ok(Some(68)));
    assert_eq!(headers.cseq().unwrap().number, 9);
    let hops: Vec<String> = headers.vias().unwrap().iter().skip(1).map(ToString::to_string).collect();
    assert_eq!(
        hops,
        [
            "SIP/2.0/TCP spindle.example.com;branch=z9hG4bK9ikj8",
            "SIP/2.0/UDP 192.168.255.111;branch=z9hG4bK30239"
        ]
    );
    let contact = headers.contact().unwrap();
    assert_eq!(contact.display.as_deref(), Some("Quoted string \"\""));
    assert_eq!(contact.params.get("newparam").as_deref(), Some("newvalue"));
    assert_eq!(contact.params.get("q").as_deref(), Some("0.33"));
}

#[test]
fn what_messages_say_of_ipv6_is_understood() {
    let messages = messages();
    let pass = |name: &str| {
        let verdict = guard::datagram(&messages[name], source());
        let Verdict::Pass(message) = verdict else { panic!("{name}: {verdict:?}") };
        *message
    };
    let Message::Request(ambiguous) = pass("port-ambiguous") else { panic!("a response") };
    assert_eq!(ambiguous.uri.host_port().unwrap().to_string(), "[2001:db8::10:5070]");
    assert_eq!(ambiguous.uri.host_port().unwrap().port, None);
    let Message::Request(unambiguous) = pass("port-unambiguous") else { panic!("a response") };
    assert_eq!(unambiguous.uri.host_port().unwrap().port, Some(5070));
    for name in ["ipv6-bug-abnf-3-colons", "ipv6-correct-abnf-2-colons"] {
        let Message::Request(request) = pass(name) else { panic!("a response") };
        assert_eq!(request.uri.host_port().unwrap().ip(), Some("2001:db8::192.0.2.1".parse().unwrap()));
    }
}
