//! A shard and what it answers, message by message.

use super::*;
use crate::sip::digest::Secret;
use crate::sip::guard::{self, Verdict};
use crate::sip::message::{HeaderName, Response};

struct Bench {
    shard: Shard,
    now: Instant,
    outputs: Vec<Output>,
}

fn settings() -> Settings {
    let at: SocketAddr = "192.0.2.1:5060".parse().unwrap();
    let socket = |transport| Socket { transport, advertised: HostPort::from(at), media: at.ip() };
    Settings {
        sockets: vec![socket(Transport::Udp), socket(Transport::Tcp)],
        trusted: Vec::new(),
        realm: "bridge.example".to_owned(),
        users: BTreeMap::new(),
        is_open: true,
    }
}

fn phone(port: u16) -> Peer {
    Peer { socket: 0, address: SocketAddr::new("198.51.100.7".parse().unwrap(), port) }
}

const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";

/// A message of a telephone. `fields` end in a line break each.
fn text(method: &str, number: u32, to_tag: &str, fields: &str) -> String {
    let (content, body) = match method {
        "INVITE" => ("Content-Type: application/sdp\n", OFFER),
        _ => ("", ""),
    };
    let head = format!(
        "{method} sip:+14255550100@192.0.2.1 SIP/2.0
Via: SIP/2.0/UDP 198.51.100.7;rport;branch=z9hG4bK{number}
From: \"Ann\" <sip:+14255550199@example.com>;tag=a1
To: <sip:bridge@example.com>{to_tag}
Call-ID: c1
CSeq: {number} {method}
Contact: <sip:ann@10.0.0.9>
{content}{fields}
"
    );
    head.replace('\n', "\r\n") + body
}

impl Bench {
    fn new(settings: Settings) -> Self {
        Self { shard: Shard::new(settings, [7; 32]), now: Instant::ZERO, outputs: Vec::new() }
    }

    /// Takes a message from a telephone at this port; returns what was sent, as status codes or methods with the port.
    fn receives(&mut self, port: u16, text: &str) -> Vec<String> {
        let Verdict::Pass(message) = guard::datagram(text.as_bytes(), phone(port).address) else {
            panic!("the guard refuses {text}");
        };
        self.shard.handle_message(self.now, phone(port), *message, Duration::ZERO);
        self.drain()
    }

    fn wants(&mut self, line: LineId, command: Command) -> Vec<String> {
        self.shard.handle_command(self.now, line, command);
        self.drain()
    }

    fn drain(&mut self) -> Vec<String> {
        self.outputs = std::iter::from_fn(|| self.shard.poll_output()).collect();
        let sent = |output: &Output| match output {
            Output::Send(peer, bytes) => {
                let text = String::from_utf8_lossy(bytes);
                let mut words = text.split(' ');
                let first = words.next().unwrap().to_owned();
                let what = if first == "SIP/2.0" { words.next().unwrap().to_owned() } else { first };
                Some(format!("{what} to {}", peer.address.port()))
            }
            Output::Dial { .. }
            | Output::Key(..)
            | Output::OpenFlow(..)
            | Output::ChangeFlow(..)
            | Output::CloseFlow(_)
            | Output::Ended(..) => None,
        };
        self.outputs.iter().filter_map(sent).collect()
    }

    /// The response that was sent last.
    fn response(&self) -> Response {
        let bytes = self.outputs.iter().rev().find_map(|output| match output {
            Output::Send(_, bytes) => Some(bytes),
            Output::Dial { .. }
            | Output::Key(..)
            | Output::OpenFlow(..)
            | Output::ChangeFlow(..)
            | Output::CloseFlow(_)
            | Output::Ended(..) => None,
        });
        match Message::parse(bytes.expect("something was sent")).unwrap() {
            Message::Response(response) => response,
            Message::Request(request) => panic!("{request:?}"),
        }
    }

    /// The call that came in.
    fn dialled(&self) -> (LineId, Dialled, Caller) {
        match &self.outputs[..] {
            [Output::Dial { line, dialled, caller }] => (*line, dialled.clone(), caller.clone()),
            other => panic!("no call came in: {other:?}"),
        }
    }

    /// A call that is up; returns it and our tag.
    fn up(&mut self) -> (LineId, String) {
        self.receives(1, &text("INVITE", 1, "", ""));
        let (line, ..) = self.dialled();
        assert_eq!(self.wants(line, Command::Answer(local())), ["200 to 1"]);
        let tag = format!(";tag={}", self.response().headers.to().unwrap().tag().unwrap());
        // The ACK of a 2xx has a branch of its own.
        self.receives(1, &text("ACK", 1, &tag, "").replace("z9hG4bK1", "z9hG4bKa"));
        (line, tag)
    }
}

fn local() -> LocalAddress {
    let [rtp, rtcp] = ["192.0.2.1:40000", "192.0.2.1:39999"].map(|address| address.parse().unwrap());
    LocalAddress { rtp, rtcp }
}

const NOTHING: [&str; 0] = [];

#[test]
fn an_invite_asks_the_bridge_who_calls_whom() {
    let mut bench = Bench::new(settings());
    assert_eq!(bench.receives(1, &text("INVITE", 1, "", "P-Asserted-Identity: <tel:+1999>\n")), NOTHING);
    let (_, dialled, caller) = bench.dialled();
    assert_eq!(dialled.number, "+14255550100");
    assert_eq!((caller.number.as_deref(), caller.name.as_deref()), (Some("+14255550199"), Some("Ann")));
}

#[test]
fn an_identity_is_believed_of_a_trusted_peer() {
    let mut bench =
        Bench::new(Settings { trusted: vec![Network::host(phone(1).address.ip())], ..settings() });
    bench.receives(1, &text("INVITE", 1, "", "P-Asserted-Identity: <tel:+14255550122>\n"));
    assert_eq!(bench.dialled().2.number.as_deref(), Some("+14255550122"));
}

#[test]
fn an_invite_that_comes_again_is_no_second_call() {
    let mut bench = Bench::new(settings());
    let (line, _) = bench.up();
    assert_eq!(bench.receives(1, &text("INVITE", 1, "", "")), NOTHING);
    bench.wants(line, Command::HangUp(HangUp::Normal));
    assert_eq!(bench.receives(1, &text("INVITE", 1, "", "")), NOTHING);
    assert_eq!(bench.outputs, []);
}

#[test]
fn the_same_invite_by_another_way_is_refused() {
    let mut bench = Bench::new(settings());
    bench.receives(1, &text("INVITE", 1, "", ""));
    let other_way = text("INVITE", 1, "", "").replace("z9hG4bK1", "z9hG4bK-other");
    assert_eq!(bench.receives(2, &other_way), ["482 to 2"]);
    assert_eq!(bench.shard.rows().lines, 1);
    let next = text("INVITE", 2, "", "");
    assert_eq!(bench.receives(1, &next), NOTHING);
}

#[test]
fn requests_of_no_call_leave_no_row() {
    let mut bench = Bench::new(settings());
    for (message, code) in [
        (text("OPTIONS", 1, "", ""), "200"),
        (text("BYE", 2, "", ""), "481"),
        (text("BYE", 3, ";tag=0.0123456789abcdef", ""), "481"),
        (text("INFO", 4, ";tag=zz", ""), "481"),
        (text("INVITE", 5, ";tag=unknown", ""), "481"),
        (text("CANCEL", 6, "", ""), "481"),
        (text("REGISTER", 7, "", ""), "405"),
        (text("PUBLISH", 8, "", ""), "501"),
        (text("INVITE", 9, "", "Require: outbound\n"), "420"),
        (text("INVITE", 10, "", "").replacen("sip:+14255550100@", "sip:", 1), "404"),
        (text("INVITE", 11, "", "").replacen("sip:+14255550100@192.0.2.1", "http://x", 1), "416"),
    ] {
        assert_eq!(bench.receives(1, &message), [format!("{code} to 1")], "{message}");
    }
    assert_eq!(bench.receives(1, &text("ACK", 12, ";tag=unknown", "")), NOTHING);
    assert_eq!(bench.shard.rows(), Rows::default());
    assert_eq!(bench.shard.poll_timeout(), None);
}

#[test]
fn an_invite_that_nobody_could_hear_has_only_a_transaction() {
    let mut bench = Bench::new(settings());
    let deaf = text("INVITE", 1, "", "").replace("AVP 0", "AVP 9");
    assert_eq!(bench.receives(1, &deaf), ["488 to 1"]);
    assert_eq!((bench.shard.rows().lines, bench.shard.rows().server_transactions), (0, 1));
    assert_eq!(bench.receives(1, &deaf), ["488 to 1"]);
}

#[test]
fn our_tag_cannot_be_guessed() {
    let mut bench = Bench::new(settings());
    let (_, tag) = bench.up();
    let (slot, _) = tag.split_once('.').unwrap();
    assert_eq!(bench.receives(1, &text("BYE", 2, &format!("{slot}.0000000000000001"), "")), ["481 to 1"]);
    assert_eq!(bench.receives(1, &text("BYE", 3, &tag, "").replace("tag=a1", "tag=a2")), ["481 to 1"]);
    assert_eq!(bench.receives(1, &text("BYE", 4, &tag, "")), ["200 to 1"]);
}

#[test]
fn a_cancel_is_answered_for_what_it_finds() {
    let mut bench = Bench::new(settings());
    bench.receives(1, &text("INVITE", 1, "", ""));
    let cancel = text("CANCEL", 1, "", "");
    assert_eq!(bench.receives(1, &cancel), ["200 to 1", "487 to 1"]);
    assert_eq!(bench.receives(1, &cancel), ["200 to 1"]);
    assert_eq!(bench.receives(1, &text("ACK", 1, "", "")), NOTHING);
    assert_eq!(bench.shard.rows().lines, 0);
}

#[test]
fn our_requests_go_where_the_last_of_theirs_came_from() {
    let mut bench = Bench::new(settings());
    let (line, tag) = bench.up();
    assert_eq!(bench.receives(77, &text("OPTIONS", 2, &tag, "")), ["200 to 77"]);
    assert_eq!(bench.wants(line, Command::HangUp(HangUp::Normal)), ["BYE to 77"]);
}

#[test]
fn a_response_finds_its_request_by_its_branch_alone() {
    let mut bench = Bench::new(settings());
    let (line, _) = bench.up();
    bench.wants(line, Command::HangUp(HangUp::Normal));
    let Some(Output::Send(_, bytes)) = bench.outputs.iter().find(|output| matches!(output, Output::Send(..)))
    else {
        panic!("no BYE: {:?}", bench.outputs)
    };
    let Ok(Message::Request(bye)) = Message::parse(bytes) else { panic!("{bytes:?}") };
    let ok = String::from_utf8(bye.respond(200, "").print().to_vec()).unwrap();
    let branch = bye.headers.top_via().unwrap().branch().unwrap().into_owned();
    for wrong in [ok.replace(&branch, "z9hG4bK0.0000000000000001"), ok.replace("1 BYE", "1 INFO")] {
        bench.receives(1, &wrong);
        assert_eq!(bench.shard.rows().lines, 1);
    }
    bench.receives(1, &ok);
    assert_eq!(bench.shard.rows().lines, 0);
}

#[test]
fn a_command_to_a_call_that_is_over_does_nothing() {
    let mut bench = Bench::new(settings());
    let (line, tag) = bench.up();
    bench.receives(1, &text("BYE", 2, &tag, ""));
    bench.receives(1, &text("INVITE", 3, "", ""));
    assert_ne!(bench.dialled().0, line);
    assert_eq!(bench.wants(line, Command::HangUp(HangUp::Normal)), NOTHING);
    assert_eq!(bench.shard.rows().lines, 1);
}

#[test]
fn a_dead_connection_ends_what_waits_for_it() {
    let mut bench = Bench::new(settings());
    let (line, _) = bench.up();
    bench.wants(line, Command::HangUp(HangUp::Normal));
    bench.shard.handle_transport_error(bench.now, phone(2));
    assert_eq!(bench.shard.rows().lines, 1);
    bench.shard.handle_transport_error(bench.now, phone(1));
    assert_eq!((bench.shard.rows().lines, bench.shard.rows().client_transactions), (0, 0));
}

#[test]
fn a_call_has_only_so_many_transactions() {
    let mut bench = Bench::new(settings());
    let (_, tag) = bench.up();
    let first = 2..u32::from(TRANSACTIONS_A_LINE) + 1;
    for number in first {
        assert_eq!(bench.receives(1, &text("OPTIONS", number, &tag, "")), ["200 to 1"]);
    }
    assert_eq!(bench.receives(1, &text("OPTIONS", 5_000, &tag, "")), ["503 to 1"]);
    assert_eq!(bench.receives(1, &text("BYE", 5_001, &tag, "")), ["200 to 1"]);
}

#[test]
fn while_it_drains_calls_go_on_and_none_begin() {
    let mut bench = Bench::new(settings());
    let (_, tag) = bench.up();
    bench.shard.set_draining(true);
    assert_eq!(bench.receives(1, &text("INVITE", 20, "", "")), ["503 to 1"]);
    assert!(bench.response().headers.get(&HeaderName::RetryAfter).is_some());
    assert_eq!(bench.receives(1, &text("OPTIONS", 21, "", "")), ["503 to 1"]);
    assert_eq!(bench.receives(1, &text("OPTIONS", 22, &tag, "")), ["200 to 1"]);
    bench.shard.set_draining(false);
    assert_eq!(bench.receives(1, &text("INVITE", 23, "", "")), NOTHING);
}

#[test]
fn an_old_queue_sheds_new_calls_only() {
    let mut bench = Bench::new(settings());
    let (_, tag) = bench.up();
    for (message, expected) in
        [(text("INVITE", 20, "", ""), "503 to 1"), (text("BYE", 21, &tag, ""), "200 to 1")]
    {
        let Verdict::Pass(message) = guard::datagram(message.as_bytes(), phone(1).address) else { panic!() };
        bench.shard.handle_message(bench.now, phone(1), *message, Duration::from_secs(1));
        assert_eq!(bench.drain(), [expected]);
    }
    let counted: u64 = bench.shard.tally().totals().map(|(_, count)| count).sum();
    assert_eq!(counted, 1);
}

#[test]
fn a_caller_with_a_password_is_asked_for_it() {
    let secret = Secret::new("ann", "bridge.example", "open sesame");
    let users = BTreeMap::from([("ann".to_owned(), secret)]);
    let mut bench = Bench::new(Settings { users: users.clone(), ..settings() });
    assert_eq!(bench.receives(1, &text("INVITE", 1, "", "")), ["401 to 1"]);
    let challenges: Vec<_> =
        bench.response().headers.all(&HeaderName::WwwAuthenticate).map(str::to_owned).collect();
    assert!(challenges[0].contains("algorithm=MD5") && challenges[1].contains("algorithm=SHA-256"));
    let wrong = format!(
        "Authorization: {}, username=\"ann\", uri=\"sip:x\", response=\"0\", cnonce=\"1\", nc=1\n",
        challenges[0].replace("qop=\"auth\"", "qop=auth")
    );
    assert_eq!(bench.receives(1, &text("INVITE", 2, "", &wrong)), ["403 to 1"]);
    assert_eq!(bench.receives(1, &text("INVITE", 3, "", "Authorization: Digest x\n")), ["400 to 1"]);
    assert_eq!(bench.shard.rows(), Rows::default());
    let mut bench =
        Bench::new(Settings { users, trusted: vec![Network::host(phone(1).address.ip())], ..settings() });
    assert_eq!(bench.receives(1, &text("INVITE", 1, "", "")), NOTHING);
}

#[test]
fn a_contact_names_the_transport() {
    for (socket, transport) in [(0, ""), (1, ";transport=tcp")] {
        let mut bench = Bench::new(settings());
        let Verdict::Pass(message) = guard::datagram(text("INVITE", 1, "", "").as_bytes(), phone(1).address)
        else {
            panic!()
        };
        bench.shard.handle_message(bench.now, Peer { socket, ..phone(1) }, *message, Duration::ZERO);
        bench.drain();
        let (line, ..) = bench.dialled();
        bench.wants(line, Command::Answer(local()));
        let contact = bench.response().headers.get(&HeaderName::Contact).unwrap().to_owned();
        assert_eq!(contact, format!("<sip:192.0.2.1:5060{transport}>"));
    }
}
