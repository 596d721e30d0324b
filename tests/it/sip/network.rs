//! Two ends of transactions over a network that loses, doubles, delays and so reorders, in virtual time. Every packet is
//! printed, judged by the guard and matched by its key, as it would be on the wire.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use attendant::control::time::Instant;
use attendant::sip::guard::{self, Verdict};
use attendant::sip::message::{CSeq, HeaderName, HostPort, Message, Method, Request, Response, Uri, Via};
use attendant::sip::transaction::{
    Client, ClientInput, ClientKey, ClientOutput, InviteClient, InviteServer, Server, ServerInput, ServerKey,
    ServerOutput,
};
use attendant::sip::transport::Transport;
use bytes::Bytes;
use proptest::prelude::*;

/// What the network does to a packet.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Lost,
    /// It arrives after so many milliseconds.
    Late(u64),
    /// It arrives twice.
    Twice(u64, u64),
}

/// How the callee answers.
#[derive(Clone, Copy, Debug)]
struct Answer {
    /// Rings after so many milliseconds, or not at all.
    rings: Option<u64>,
    /// Its final response, so many milliseconds after the request.
    code: u16,
    after: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum End {
    Caller,
    Callee,
}

/// One request, its transactions at both ends, and the users of these.
struct World {
    now: u64,
    fates: std::vec::IntoIter<Fate>,
    /// Packets on their way, by arrival and number.
    wire: BTreeMap<(u64, u64), (End, Bytes)>,
    sent: u64,
    request: Request,
    answer: Answer,
    invite_client: Option<InviteClient>,
    client: Option<Client>,
    invite_servers: BTreeMap<ServerKey, InviteServer>,
    servers: BTreeMap<ServerKey, Server>,
    /// What the callee's user will say, and when.
    plan: BTreeMap<(u64, u64), (ServerKey, Response)>,
    /// What came of it.
    requests_heard: usize,
    acks_heard: usize,
    finals_heard: Vec<u16>,
    rings: bool,
    timeouts: usize,
    unacknowledged: usize,
}

fn address() -> SocketAddr {
    "192.0.2.1:5060".parse().unwrap()
}

impl World {
    fn play(method: Method, answer: Answer, fates: Vec<Fate>) -> Self {
        let mut request = Request::new(method.clone(), Uri::parse("sip:4711@bridge.example").unwrap());
        request.headers.push(HeaderName::Via, Via::new("UDP", HostPort::from(address()), "z9hG4bK1"));
        request.headers.push(HeaderName::From, "<sip:a@a.example>;tag=f");
        request.headers.push(HeaderName::To, "<sip:4711@bridge.example>");
        request.headers.push(HeaderName::CallId, "c@a");
        request.headers.push(HeaderName::CSeq, CSeq { number: 1, method: method.clone() });
        let (now, is_invite) = (Instant::ZERO, method == Method::Invite);
        let mut world = Self {
            now: 0,
            fates: fates.into_iter(),
            wire: BTreeMap::new(),
            sent: 0,
            answer,
            invite_client: is_invite.then(|| InviteClient::new(now, request.clone(), Transport::Udp)),
            client: (!is_invite).then(|| Client::new(now, &request, Transport::Udp)),
            request,
            invite_servers: BTreeMap::new(),
            servers: BTreeMap::new(),
            plan: BTreeMap::new(),
            requests_heard: 0,
            acks_heard: 0,
            finals_heard: Vec::new(),
            rings: false,
            timeouts: 0,
            unacknowledged: 0,
        };
        world.drain();
        while world.step() {}
        world
    }

    /// Does what is next; false if nothing is.
    fn step(&mut self) -> bool {
        let deadlines = [
            self.wire.keys().next().map(|(at, _)| *at),
            self.plan.keys().next().map(|(at, _)| *at),
            self.deadlines().min().map(Instant::millis),
        ];
        let Some(at) = deadlines.into_iter().flatten().min() else { return false };
        assert!(at >= self.now && at < 200_000, "at {at} something is still to be done");
        self.now = at;
        if let Some(packet) = self.wire.first_entry().filter(|packet| packet.key().0 == at) {
            let (end, bytes) = packet.remove();
            self.arrives(end, &bytes);
        } else if let Some(planned) = self.plan.first_entry().filter(|planned| planned.key().0 == at) {
            let (key, response) = planned.remove();
            self.responds(&key, &response);
        } else {
            self.times_out();
        }
        self.drain();
        true
    }

    fn deadlines(&self) -> impl Iterator<Item = Instant> {
        let clients = self.invite_client.iter().map(InviteClient::poll_timeout);
        let clients = clients.chain(self.client.iter().map(Client::poll_timeout));
        let servers = self.invite_servers.values().map(InviteServer::poll_timeout);
        clients.chain(servers).chain(self.servers.values().map(Server::poll_timeout)).flatten()
    }

    fn times_out(&mut self) {
        let now = Instant::from_millis(self.now);
        self.invite_client.iter_mut().for_each(|row| row.handle_timeout(now));
        self.client.iter_mut().for_each(|row| row.handle_timeout(now));
        self.invite_servers.values_mut().for_each(|row| row.handle_timeout(now));
        self.servers.values_mut().for_each(|row| row.handle_timeout(now));
    }

    fn send(&mut self, to: End, bytes: &Bytes) {
        let arrivals = match self.fates.next() {
            Some(Fate::Lost) => vec![],
            Some(Fate::Late(millis)) => vec![millis],
            Some(Fate::Twice(first, second)) => vec![first, second],
            None => vec![20],
        };
        for millis in arrivals {
            self.sent += 1;
            self.wire.insert((self.now + millis, self.sent), (to, bytes.clone()));
        }
    }

    fn arrives(&mut self, end: End, bytes: &Bytes) {
        let Verdict::Pass(message) = guard::datagram(bytes, address()) else { panic!("refused: {bytes:?}") };
        match (*message, end) {
            (Message::Request(request), End::Callee) => self.callee_hears(&request),
            (Message::Response(response), End::Caller) => self.caller_hears(response),
            (message, end) => panic!("{end:?} hears {message:?}"),
        }
    }

    fn callee_hears(&mut self, request: &Request) {
        let (now, key) = (Instant::from_millis(self.now), ServerKey::of(request).unwrap());
        let input =
            if request.method == Method::Ack { ServerInput::Ack } else { ServerInput::Retransmission };
        if let Some(row) = self.invite_servers.get_mut(&key) {
            row.handle_input(now, input);
        } else if let Some(row) = self.servers.get_mut(&key) {
            row.handle_input(now, input);
        } else if request.method == Method::Ack {
            // That of a 2xx: its user's, who repeats nothing any more.
            self.acks_heard += 1;
            self.plan.clear();
        } else {
            self.requests_heard += 1;
            if request.method == Method::Invite {
                self.invite_servers.insert(key.clone(), InviteServer::new(now, request, Transport::Udp));
            } else {
                self.servers.insert(key.clone(), Server::new(Transport::Udp));
            }
            self.plan_answer(&key, request);
        }
    }

    /// Rings and answers; a 2xx to an INVITE is repeated until its ACK (RFC 3261 section 13.3.1.4).
    fn plan_answer(&mut self, key: &ServerKey, request: &Request) {
        let mut at = vec![self.answer.after];
        if request.method == Method::Invite && (200..300).contains(&self.answer.code) {
            at.extend(
                [500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500].map(|later| self.answer.after + later),
            );
        }
        let ringing = self.answer.rings.filter(|after| *after < self.answer.after).map(|after| (after, 180));
        for (number, (after, code)) in
            ringing.into_iter().chain(at.into_iter().map(|at| (at, self.answer.code))).enumerate()
        {
            let planned = (key.clone(), request.respond(code, "t"));
            self.plan.insert((self.now + after, number as u64), planned);
        }
    }

    fn responds(&mut self, key: &ServerKey, response: &Response) {
        let (now, input) =
            (Instant::from_millis(self.now), ServerInput::Respond(response.code, response.print()));
        match (self.invite_servers.get_mut(key), self.servers.get_mut(key)) {
            (Some(row), _) => row.handle_input(now, input),
            (_, Some(row)) => row.handle_input(now, input),
            (None, None) => {}
        }
    }

    fn caller_hears(&mut self, response: Response) {
        assert_eq!(ClientKey::answered_by(&response), ClientKey::of(&self.request));
        let (now, input) = (Instant::from_millis(self.now), ClientInput::Response(Box::new(response)));
        match (&mut self.invite_client, &mut self.client) {
            (Some(row), _) => row.handle_input(now, input),
            (_, Some(row)) => row.handle_input(now, input),
            (None, None) => {}
        }
    }

    /// Carries what all machines want, and takes away those that are over.
    fn drain(&mut self) {
        let client = || {
            let invite = self.invite_client.as_mut().and_then(InviteClient::poll_output);
            invite.or_else(|| self.client.as_mut().and_then(Client::poll_output))
        };
        for output in std::iter::from_fn(client).collect::<Vec<_>>() {
            match output {
                ClientOutput::Send(bytes) => self.send(End::Callee, &bytes),
                ClientOutput::Response(response) if response.is_provisional() => self.rings = true,
                ClientOutput::Response(response) => {
                    self.finals_heard.push(response.code);
                    if self.request.method == Method::Invite && response.is_success() {
                        let mut ack = self.request.ack(&response);
                        ack.headers.set_top_via(&Via::new("UDP", HostPort::from(address()), "z9hG4bK2"));
                        self.send(End::Callee, &ack.print());
                    }
                }
                ClientOutput::Timeout => self.timeouts += 1,
                ClientOutput::TransportError => panic!("nothing told it so"),
                ClientOutput::Terminated => (self.invite_client, self.client) = (None, None),
            }
        }
        let mut outputs = Vec::new();
        for (key, row) in &mut self.invite_servers {
            outputs.extend(std::iter::from_fn(|| row.poll_output()).map(|output| (key.clone(), output)));
        }
        for (key, row) in &mut self.servers {
            outputs.extend(std::iter::from_fn(|| row.poll_output()).map(|output| (key.clone(), output)));
        }
        for (key, output) in outputs {
            match output {
                ServerOutput::Send(bytes) => self.send(End::Caller, &bytes),
                ServerOutput::Ack => panic!("the ACK of a 2xx has a branch of its own"),
                ServerOutput::Timeout => self.unacknowledged += 1,
                ServerOutput::TransportError => panic!("nothing told it so"),
                ServerOutput::Terminated => {
                    self.invite_servers.remove(&key);
                    self.servers.remove(&key);
                }
            }
        }
    }

    fn rows(&self) -> usize {
        let clients = usize::from(self.invite_client.is_some()) + usize::from(self.client.is_some());
        clients + self.invite_servers.len() + self.servers.len()
    }
}

/// At most four packets are lost: too few for anybody to give up.
fn fates() -> impl Strategy<Value = Vec<Fate>> {
    // Beyond T4 no packet is in the network.
    let late = || prop_oneof![3 => 1..600_u64, 1 => 600..5_000_u64];
    let fate = prop_oneof![
        2 => Just(Fate::Lost),
        3 => late().prop_map(Fate::Late),
        2 => (late(), late()).prop_map(|(first, second)| Fate::Twice(first, second)),
    ];
    proptest::collection::vec(fate, 0..16).prop_map(|mut fates| {
        let mut lost = 0;
        fates.retain(|fate| {
            lost += usize::from(matches!(fate, Fate::Lost));
            !matches!(fate, Fate::Lost) || lost <= 4
        });
        fates
    })
}

fn answers() -> impl Strategy<Value = Answer> {
    let code = prop_oneof![Just(200), Just(404), Just(486)];
    (proptest::option::of(0..3_000_u64), code, 0..6_000_u64).prop_map(|(rings, code, after)| Answer {
        rings,
        code,
        after,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_invite_is_one_call_whatever_the_network_does(answer in answers(), fates in fates()) {
        let world = World::play(Method::Invite, answer, fates);
        prop_assert_eq!(world.requests_heard, 1);
        prop_assert!(!world.finals_heard.is_empty() && world.finals_heard.iter().all(|code| *code == answer.code));
        if answer.code == 200 {
            prop_assert!(world.acks_heard >= 1);
        } else {
            prop_assert_eq!(world.finals_heard.len(), 1, "a refusal is told twice");
        }
        prop_assert_eq!((world.timeouts, world.unacknowledged, world.rows()), (0, 0, 0));
    }

    #[test]
    fn a_request_is_served_and_answered_once(answer in answers(), fates in fates()) {
        let world = World::play(Method::Options, answer, fates);
        prop_assert_eq!((world.requests_heard, &world.finals_heard[..]), (1, &[answer.code][..]));
        prop_assert_eq!((world.timeouts, world.rows()), (0, 0));
    }

    #[test]
    fn a_network_that_dies_leaves_no_row(answer in answers(), mut fates in fates(), invites in any::<bool>()) {
        fates.extend([Fate::Lost; 100]);
        let method = if invites { Method::Invite } else { Method::Options };
        let world = World::play(method, answer, fates);
        // A caller who has heard it ring waits until its user gives up.
        let waits = invites && world.rings && world.finals_heard.is_empty();
        prop_assert_eq!(world.rows(), usize::from(waits));
        prop_assert_eq!(world.timeouts, usize::from(!waits && world.finals_heard.is_empty()));
        prop_assert!(world.unacknowledged <= 1);
    }
}
