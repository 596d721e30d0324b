//! Our calls against our own bridge's side, back to back over a network that loses, doubles and delays.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::control::call::Digit;
use crate::media::g711::Law;
use crate::sip::digest::Secret;
use crate::sip::guard::{self, Verdict};
use crate::sip::offer::LocalAddress;
use crate::sip::session::HangUp;
use crate::sip::shard::{self, Command, LineId, Peer, Rows, Settings, Shard, Socket};

/// What the network does to a message.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Lost,
    Late(u64),
    Twice(u64, u64),
}

/// What the bridge does with the call, in milliseconds after it came in.
#[derive(Clone, Copy, Debug)]
struct Bridge {
    ring: Option<u64>,
    answer: u64,
    refusal: Option<u16>,
    hang_up: Option<u64>,
}

const TAKES: Bridge = Bridge { ring: None, answer: 20, refusal: None, hang_up: None };

/// What the caller does, in milliseconds after the INVITE.
#[derive(Clone, Copy, Debug)]
enum Act {
    Key(char),
    HangUp,
}

struct World {
    now: Instant,
    uac: Uac,
    shard: Shard,
    bridge: Bridge,
    fates: std::vec::IntoIter<Fate>,
    wire: BTreeMap<(Instant, u64), (bool, Bytes)>,
    sent: u64,
    acts: VecDeque<(Instant, Act)>,
    commands: Vec<(Instant, LineId, Command)>,
    /// What came out of the call, as short words.
    told: Vec<String>,
    /// What the bridge saw.
    keys: String,
    dialled: Vec<String>,
    ended: usize,
    /// What went to the bridge.
    requests: Vec<String>,
}

fn at(port: u16) -> SocketAddr {
    SocketAddr::new("127.0.0.1".parse().unwrap(), port)
}

const BRIDGE: u16 = 5060;
const HOME: u16 = 5070;

fn setup() -> Setup {
    Setup {
        target: Uri::parse("sip:+14255550100@127.0.0.1:5060").unwrap(),
        from: NameAddr::parse("\"Ann\" <sip:+14255550199@127.0.0.1:5070>").unwrap(),
        token: "7f3a".to_owned(),
        home: HostPort::from(at(HOME)),
        transport: Transport::Udp,
        login: None,
        media: LocalAddress { rtp: at(40_000), rtcp: at(40_001) },
        description_id: 7,
        offers_events: true,
        is_withheld: false,
        codecs: Law::ALL.to_vec(),
    }
}

fn settings() -> Settings {
    let socket =
        Socket { transport: Transport::Udp, advertised: HostPort::from(at(BRIDGE)), media: at(0).ip() };
    Settings {
        sockets: vec![socket],
        trusted: Vec::new(),
        realm: "bridge.example".to_owned(),
        users: BTreeMap::new(),
        is_open: true,
    }
}

impl World {
    fn new(setup: Setup, settings: Settings, bridge: Bridge, acts: &[(u64, Act)], fates: Vec<Fate>) -> Self {
        Self {
            now: Instant::ZERO,
            uac: Uac::invite(Instant::ZERO, setup),
            shard: Shard::new(settings, [7; 32]),
            bridge,
            fates: fates.into_iter(),
            wire: BTreeMap::new(),
            sent: 0,
            acts: acts.iter().map(|(millis, act)| (Instant::from_millis(*millis), *act)).collect(),
            commands: Vec::new(),
            told: Vec::new(),
            keys: String::new(),
            dialled: Vec::new(),
            ended: 0,
            requests: Vec::new(),
        }
    }

    /// Plays until nothing is on its way and nothing is due.
    fn play(mut self) -> Self {
        self.drain();
        while let Some(next) = self.next() {
            assert!(next < Instant::from_secs(4 * 3_600), "the call does not end: {:?}", self.told);
            self.now = next;
            self.step();
            self.drain();
        }
        assert!(self.uac.is_over(), "{:?}", self.uac);
        assert_eq!(self.shard.rows(), Rows::default());
        let ends = self.told.iter().filter(|told| told.starts_with("ended")).count();
        assert_eq!(ends, 1, "{:?}", self.told);
        assert!(self.dialled.len() <= 1 && self.ended == self.dialled.len(), "one INVITE is one call");
        self
    }

    fn next(&self) -> Option<Instant> {
        let wire = self.wire.keys().next().map(|(at, _)| *at);
        let acts = self.acts.front().map(|(at, _)| *at);
        let commands = self.commands.iter().map(|(at, ..)| *at).min();
        [wire, acts, commands, self.uac.poll_timeout(), self.shard.poll_timeout()].into_iter().flatten().min()
    }

    fn step(&mut self) {
        let now = self.now;
        if let Some(packet) = self.wire.first_entry().filter(|packet| packet.key().0 <= now) {
            let (is_to_bridge, bytes) = packet.remove();
            let from = at(if is_to_bridge { HOME } else { BRIDGE });
            let Verdict::Pass(message) = guard::datagram(&bytes, from) else { panic!("refused: {bytes:?}") };
            if is_to_bridge {
                self.shard.handle_message(now, Peer { socket: 0, address: from }, *message, Duration::ZERO);
            } else {
                self.uac.handle_message(now, *message);
            }
        } else if self.acts.front().is_some_and(|(at, _)| *at <= now) {
            match self.acts.pop_front().unwrap().1 {
                Act::Key(symbol) => {
                    let digit = Digit::from_symbol(symbol).unwrap();
                    self.uac.press(now, InfoKey { digit, duration: Duration::from_millis(100) });
                }
                Act::HangUp => self.uac.hang_up(now),
            }
        } else if let Some(place) = self.commands.iter().position(|(at, ..)| *at <= now) {
            let (_, line, command) = self.commands.remove(place);
            self.shard.handle_command(now, line, command);
        } else if self.shard.poll_timeout().is_some_and(|due| due <= now) {
            self.shard.handle_timeout(now);
        } else {
            self.uac.handle_timeout(now);
        }
    }

    fn drain(&mut self) {
        while let Some(output) = self.uac.poll_output() {
            let told = match output {
                Output::Send(bytes) => {
                    let line = String::from_utf8_lossy(&bytes).lines().next().unwrap().to_owned();
                    self.requests.push(line.split(' ').next().unwrap().to_owned());
                    self.send(true, bytes);
                    continue;
                }
                Output::Open(agreed) => format!("open {} {:?}", agreed.codec.name(), agreed.events),
                Output::Ended(end) => format!("ended {end:?}"),
                Output::Ringing | Output::EarlyMedia(_) | Output::Answered | Output::Change(_) => {
                    word(&output)
                }
            };
            self.told.push(told);
        }
        while let Some(output) = self.shard.poll_output() {
            match output {
                shard::Output::Send(peer, bytes) => {
                    assert_eq!(peer.address, at(HOME));
                    self.send(false, bytes);
                }
                shard::Output::Dial { line, caller, .. } => {
                    self.dialled
                        .push(format!("{:?} {:?} {}", caller.number, caller.name, caller.is_withheld));
                    self.plan(line);
                }
                shard::Output::Key(_, key) => self.keys.push(key.digit.symbol()),
                shard::Output::Ended(..) => self.ended += 1,
                shard::Output::OpenFlow(..) | shard::Output::ChangeFlow(..) | shard::Output::CloseFlow(_) => {
                }
            }
        }
    }

    fn plan(&mut self, line: LineId) {
        let Bridge { ring, answer, refusal, hang_up } = self.bridge;
        let local = LocalAddress { rtp: at(50_000), rtcp: at(50_001) };
        let answer_with = refusal.map_or(Command::Answer(local), |code| Command::Refuse(code, None));
        let ring = ring.map(|millis| (millis, Command::Ring));
        let hang_up = hang_up.map(|millis| (millis, Command::HangUp(HangUp::Normal)));
        let all = ring.into_iter().chain([(answer, answer_with)]).chain(hang_up);
        self.commands
            .extend(all.map(|(millis, command)| (self.now + Duration::from_millis(millis), line, command)));
    }

    fn send(&mut self, is_to_bridge: bool, bytes: Bytes) {
        let arrivals = match self.fates.next() {
            Some(Fate::Lost) => vec![],
            Some(Fate::Late(millis)) => vec![millis],
            Some(Fate::Twice(first, second)) => vec![first, second],
            None => vec![10],
        };
        for millis in arrivals {
            self.sent += 1;
            let due = self.now + Duration::from_millis(millis);
            self.wire.insert((due, self.sent), (is_to_bridge, bytes.clone()));
        }
    }
}

/// The word for what came out.
fn word(output: &Output) -> String {
    format!("{output:?}").split('(').next().unwrap().to_lowercase()
}

fn calm(bridge: Bridge, acts: &[(u64, Act)]) -> World {
    World::new(setup(), settings(), bridge, acts, Vec::new()).play()
}

/// A call to a peer that is not ours: it answers what these texts say.
fn told_by(answers: &[&str]) -> (Vec<String>, Vec<String>) {
    let mut uac = Uac::invite(Instant::ZERO, setup());
    let (mut told, mut sent, mut answers) = (Vec::new(), Vec::new(), answers.iter());
    let mut now = Instant::ZERO;
    loop {
        while let Some(output) = uac.poll_output() {
            let Output::Send(bytes) = output else {
                told.push(word(&output));
                continue;
            };
            let Ok(Message::Request(request)) = Message::parse(&bytes) else { panic!("{bytes:?}") };
            sent.push(request);
        }
        let Some(answer) = answers.next() else { break };
        now = now + Duration::from_millis(10);
        let (code, rest) = answer.split_once('|').unwrap_or((answer, ""));
        let (of, code) = code.split_once(' ').unwrap();
        let request = sent.iter().rev().find(|request| request.method.as_str() == of).unwrap();
        let mut response = request.respond(code.parse().unwrap(), "b1");
        let (fields, body) = rest.split_once("||").unwrap_or((rest, ""));
        for field in fields.split('|').filter(|field| !field.is_empty()) {
            let (name, value) = field.split_once(": ").unwrap();
            response.headers.set(HeaderName::parse(name).unwrap(), value);
        }
        if !body.is_empty() {
            response.set_body(
                ACCEPT,
                body.replace('/', "\r\n").replace("RTP\r\nAVP", "RTP/AVP").replace("\r\n8000", "/8000"),
            );
        }
        uac.handle_message(now, response.into());
    }
    (
        told,
        sent.iter()
            .map(|request| format!("{} {}", request.method, request.headers.cseq().unwrap().number))
            .collect(),
    )
}

const ANSWER: &str = "Contact: <sip:127.0.0.1:5060>||v=0/o=- 1 1 IN IP4 127.0.0.1/s=-/c=IN IP4 127.0.0.1/t=0 0/m=audio 9000 RTP/AVP 0/a=rtpmap:0 PCMU/8000/";

#[test]
fn a_call_with_keys_is_answered_and_hung_up() {
    let acts = [(200, Act::Key('4')), (200, Act::Key('*')), (210, Act::Key('#')), (2_000, Act::HangUp)];
    let world = calm(Bridge { ring: Some(5), ..TAKES }, &acts);
    assert_eq!(world.told, ["ringing", "answered", "open PCMU Some(101)", "ended Ours"]);
    assert_eq!(world.keys, "4*#");
    assert_eq!(world.dialled, [r#"Some("+14255550199") Some("Ann") false"#]);
    assert_eq!(world.requests, ["INVITE", "ACK", "INFO", "INFO", "INFO", "BYE"]);
}

#[test]
fn a_withheld_number_is_not_shown() {
    let world =
        World::new(Setup { is_withheld: true, ..setup() }, settings(), TAKES, &[(100, Act::HangUp)], vec![]);
    assert_eq!(world.play().dialled, ["None None true"]);
}

#[test]
fn without_events_the_bridge_agrees_on_none() {
    let world = World::new(
        Setup { offers_events: false, ..setup() },
        settings(),
        TAKES,
        &[(100, Act::HangUp)],
        vec![],
    );
    assert_eq!(world.play().told[1], "open PCMU None");
}

#[test]
fn the_bridge_agrees_on_a_codec_that_is_offered() {
    let setup = Setup { codecs: vec![Law::Pcma], ..setup() };
    let world = World::new(setup, settings(), TAKES, &[(100, Act::HangUp)], vec![]);
    assert_eq!(world.play().told[1], "open PCMA Some(101)");
}

#[test]
fn the_bridge_hangs_up() {
    let world = calm(Bridge { hang_up: Some(900), ..TAKES }, &[]);
    assert_eq!(world.told.last().unwrap(), "ended Peer");
    assert_eq!(world.requests, ["INVITE", "ACK", "SIP/2.0"]);
}

#[test]
fn a_refusal_is_acknowledged_and_told_with_its_code() {
    for code in [404, 486, 503] {
        let world = calm(Bridge { refusal: Some(code), ..TAKES }, &[]);
        assert_eq!(world.told, [format!("ended Refused({code})")]);
        assert_eq!(world.requests, ["INVITE", "ACK"]);
    }
}

#[test]
fn a_call_that_rings_is_cancelled() {
    let world = calm(Bridge { ring: Some(10), answer: 5_000, ..TAKES }, &[(300, Act::HangUp)]);
    assert_eq!(world.told, ["ringing", "ended Cancelled"]);
    assert_eq!(world.requests, ["INVITE", "CANCEL", "ACK"]);
}

#[test]
fn a_cancel_waits_for_the_first_provisional_response() {
    let world = calm(Bridge { answer: 5_000, ..TAKES }, &[(1, Act::HangUp)]);
    assert_eq!(
        (world.told, world.requests),
        (vec!["ended Cancelled".to_owned()], vec!["INVITE".to_owned(), "CANCEL".into(), "ACK".into()])
    );
}

#[test]
fn a_cancel_that_meets_the_answer_becomes_a_bye() {
    let world = calm(Bridge { ring: Some(10), answer: 300, ..TAKES }, &[(305, Act::HangUp)]);
    assert_eq!(world.told, ["ringing", "ended Cancelled"]);
    assert_eq!(world.requests, ["INVITE", "CANCEL", "ACK", "BYE"]);
}

#[test]
fn byes_that_cross_end_the_call_once() {
    // The INVITE takes 10 ms, its answer leaves at 30: both hang up at 500.
    let world = calm(Bridge { hang_up: Some(490), ..TAKES }, &[(500, Act::HangUp)]);
    assert_eq!(world.told.last().unwrap(), "ended Ours");
}

#[test]
fn nobody_answers_in_32_seconds() {
    let world = World::new(setup(), settings(), TAKES, &[], vec![Fate::Lost; 30]).play();
    assert_eq!((world.told, world.now), (vec!["ended NoAnswer".to_owned()], Instant::from_secs(32)));
}

#[test]
fn a_session_is_refreshed_and_outlives_its_interval() {
    let world = calm(TAKES, &[(3_000_000, Act::HangUp)]);
    assert_eq!(world.told.last().unwrap(), "ended Ours");
    assert!(
        world.requests.iter().filter(|request| *request == "UPDATE").count() >= 3,
        "{:?}",
        world.requests
    );
}

#[test]
fn a_password_is_given_when_it_is_asked_for() {
    let secret = Secret::new("ann", "bridge.example", "open sesame");
    let asks = Settings { users: BTreeMap::from([("ann".to_owned(), secret)]), ..settings() };
    let play = |login: Option<Login>| {
        let setup = Setup { login, ..setup() };
        let acts = [(400, Act::Key('1')), (900, Act::HangUp)];
        World::new(setup, asks.clone(), TAKES, &acts, vec![]).play()
    };
    let world = play(Some(Login::new("ann", "open sesame")));
    assert_eq!(world.told, ["answered", "open PCMU Some(101)", "ended Ours"]);
    assert_eq!(world.requests[..4], ["INVITE", "ACK", "INVITE", "ACK"]);
    assert_eq!(world.keys, "1");
    assert_eq!(play(None).told, ["ended Unauthorized"]);
    // Our server says 403 to a wrong one.
    assert_eq!(play(Some(Login::new("ann", "x"))).told, ["ended Refused(403)"]);
}

#[test]
fn a_password_that_is_asked_for_again_was_wrong() {
    let ask = r#"INVITE 407|Proxy-Authenticate: Digest realm="x", nonce="n", qop="auth""#;
    let mut uac = Uac::invite(Instant::ZERO, Setup { login: Some(Login::new("a", "b")), ..setup() });
    let mut ended = Vec::new();
    for number in 1..=2 {
        let mut invite = None;
        while let Some(output) = uac.poll_output() {
            if let Output::Send(bytes) = output
                && let Ok(Message::Request(request)) = Message::parse(&bytes)
                && request.method == Method::Invite
            {
                invite = Some(request);
            }
        }
        let invite = invite.unwrap();
        assert_eq!(invite.headers.cseq().unwrap().number, number);
        assert_eq!(invite.headers.get(&HeaderName::ProxyAuthorization).is_some(), number == 2);
        let mut response = invite.respond(407, "b");
        response.headers.push(HeaderName::ProxyAuthenticate, ask.split_once(": ").unwrap().1);
        uac.handle_message(Instant::ZERO, response.into());
    }
    while let Some(output) = uac.poll_output() {
        ended.extend(if let Output::Ended(end) = output { Some(end) } else { None });
    }
    assert_eq!(ended, [End::Unauthorized]);
}

#[test]
fn a_redirection_is_not_followed() {
    let (told, sent) = told_by(&["INVITE 302|Contact: <sip:else@203.0.113.1>"]);
    assert_eq!((told, sent), (vec!["ended".to_owned()], vec!["INVITE 1".to_owned(), "ACK 1".into()]));
}

#[test]
fn early_media_are_told_before_the_answer() {
    let early = format!("INVITE 183|{ANSWER}");
    let answer = format!("INVITE 200|{ANSWER}");
    let (told, _) = told_by(&[&early, &early, &answer]);
    assert_eq!(told, ["earlymedia", "answered", "open"]);
}

#[test]
fn an_answer_that_comes_again_is_acknowledged_again() {
    let answer = format!("INVITE 200|{ANSWER}");
    let (_, sent) = told_by(&[&answer, &answer, &answer]);
    assert_eq!(sent, ["INVITE 1", "ACK 1", "ACK 1", "ACK 1"]);
}

#[test]
fn a_second_telephone_that_answers_is_hung_up() {
    let first = format!("INVITE 200|{ANSWER}");
    let second = format!("INVITE 200|To: <sip:x@y>;tag=other|{ANSWER}");
    let (told, sent) = told_by(&[&first, &second]);
    assert_eq!(told, ["answered", "open"]);
    assert_eq!(sent, ["INVITE 1", "ACK 1", "ACK 1", "BYE 2"]);
}

#[test]
fn an_answer_without_usable_media_is_acknowledged_and_hung_up() {
    let (told, sent) =
        told_by(&["INVITE 200|Contact: <sip:127.0.0.1:5060>||v=0/o=- 1 1 IN IP4 127.0.0.1/s=-/t=0 0/"]);
    assert_eq!(
        (told, sent),
        (vec!["ended".to_owned()], vec!["INVITE 1".to_owned(), "ACK 1".into(), "BYE 2".into()])
    );
}

#[test]
fn what_cannot_be_sent_ends_the_call() {
    let mut uac = Uac::invite(Instant::ZERO, setup());
    uac.handle_transport_error(Instant::ZERO);
    let last = std::iter::from_fn(|| uac.poll_output()).last();
    assert_eq!(last, Some(Output::Ended(End::Unreachable)));
    assert!(uac.is_over());
}

fn any_fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        2 => Just(Fate::Lost),
        5 => (1u64..600).prop_map(Fate::Late),
        1 => (1u64..400, 1u64..3_000).prop_map(|(first, second)| Fate::Twice(first, second)),
    ]
}

fn any_bridge() -> impl Strategy<Value = Bridge> {
    let refusal = prop::option::weighted(0.15, prop::sample::select(vec![404u16, 486, 503]));
    (prop::option::of(0u64..400), 0u64..2_000, refusal, prop::option::weighted(0.3, 2_000u64..20_000))
        .prop_map(|(ring, answer, refusal, hang_up)| Bridge { ring, answer, refusal, hang_up })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Every call ends at both ends, once; every key that is heard was pressed, in order; the rows are free again.
    #[test]
    fn every_call_ends_whatever_the_network_does(
        bridge in any_bridge(),
        keys in "[0-9*#]{0,5}",
        leaves in 0u64..30_000,
        fates in prop::collection::vec(any_fate(), 0..60),
    ) {
        let mut acts: Vec<_> = keys.chars().zip(1u64..).map(|(key, at)| (leaves / 8 * at, Act::Key(key))).collect();
        acts.push((leaves, Act::HangUp));
        let world = World::new(setup(), settings(), bridge, &acts, fates).play();
        let mut rest = keys.chars();
        prop_assert!(world.keys.chars().all(|heard| rest.any(|key| key == heard)), "{} {keys}", world.keys);
    }
}
