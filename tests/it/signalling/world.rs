//! A shard, telephones and a network between them, in virtual time. Whatever the network does, the rules of [`World::check`]
//! hold at every moment, and [`World::check_end`] when nothing goes on any more.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use attendant::control::time::Instant;
use attendant::sip::guard::{self, Verdict};
use attendant::sip::message::HostPort;
use attendant::sip::offer::LocalAddress;
use attendant::sip::session::{End, HangUp};
use attendant::sip::shard::{Command, LineId, Output, Peer, Rows, Settings, Shard, Socket};
use attendant::sip::transport::Transport;

use super::phone::{Phone, State};

/// What the bridge does with each call, in milliseconds after it came in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Bridge {
    pub(super) ring: Option<u64>,
    /// Taken then, or refused with this code.
    pub(super) answer: (u64, Option<u16>),
    /// Hangs up then, counted from the INVITE.
    pub(super) hang_up: Option<u64>,
}

impl Default for Bridge {
    fn default() -> Self {
        Self { ring: None, answer: (20, None), hang_up: None }
    }
}

/// A message on its way.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Letter {
    /// The telephone that it is to, or from.
    pub(super) phone: usize,
    pub(super) is_to_bridge: bool,
    pub(super) bytes: Vec<u8>,
}

/// What was seen of one call at the bridge.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Seen {
    pub(super) keys: String,
    pub(super) direction: Option<String>,
    pub(super) flows_opened: u32,
    pub(super) flows_closed: u32,
    pub(super) end: Option<End>,
}

#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) now: Instant,
    pub(super) shard: Shard,
    pub(super) phones: Vec<Phone>,
    pub(super) bridge: Bridge,
    /// What the bridge will want.
    commands: VecDeque<(Instant, LineId, Command)>,
    pub(super) lines: BTreeMap<LineId, (usize, Seen)>,
    /// What was sent since it was last fetched.
    pub(super) letters: Vec<Letter>,
}

pub(super) fn local() -> LocalAddress {
    let [rtp, rtcp] = ["192.0.2.1:40000", "192.0.2.1:39999"].map(|address| address.parse().unwrap());
    LocalAddress { rtp, rtcp }
}

pub(super) fn settings() -> Settings {
    let at: SocketAddr = "192.0.2.1:5060".parse().unwrap();
    let socket = Socket { transport: Transport::Udp, advertised: HostPort::from(at), media: at.ip() };
    Settings {
        sockets: vec![socket],
        // The telephones call faster than a source may.
        trusted: vec!["198.51.100.7".parse().unwrap()],
        realm: "bridge.example".to_owned(),
        users: BTreeMap::new(),
        is_open: true,
    }
}

/// Where a telephone is: its port tells which.
fn peer(phone: usize) -> Peer {
    let port = 10_000 + u16::try_from(phone).unwrap();
    Peer { socket: 0, address: SocketAddr::new("198.51.100.7".parse().unwrap(), port) }
}

impl World {
    pub(super) fn new(bridge: Bridge, phones: Vec<Phone>) -> Self {
        let shard = Shard::new(settings(), [7; 32]);
        let (commands, lines, letters) = (VecDeque::new(), BTreeMap::new(), Vec::new());
        Self { now: Instant::ZERO, shard, phones, bridge, commands, lines, letters }
    }

    /// A telephone places its call.
    pub(super) fn dial(&mut self, phone: usize) {
        self.phones[phone].dial(self.now);
        self.drain();
    }

    /// A message arrives.
    pub(super) fn deliver(&mut self, letter: &Letter) {
        if !letter.is_to_bridge {
            self.phones[letter.phone].receive(self.now, &letter.bytes);
            return self.drain_checked(letter.phone);
        }
        let at = peer(letter.phone);
        let Verdict::Pass(message) = guard::datagram(&letter.bytes, at.address) else {
            panic!("the guard did not let pass {letter:?}")
        };
        self.shard.handle_message(self.now, at, *message, Duration::ZERO);
        self.drain();
    }

    /// A telephone that was just told a direction sees the bridge's.
    fn drain_checked(&mut self, phone: usize) {
        if let Some(direction) = self.phones[phone].direction.take() {
            let seen = self.lines.values().find(|(other, seen)| *other == phone && seen.end.is_none());
            if let Some((_, seen)) = seen {
                assert_eq!(seen.direction.as_ref(), Some(&direction), "both ends agree on the direction");
            }
        }
        self.drain();
    }

    pub(super) fn next_due(&self) -> Option<Instant> {
        let phones = self.phones.iter().filter_map(Phone::poll_timeout);
        let commands = self.commands.iter().map(|(due, ..)| *due);
        phones.chain(commands).chain(self.shard.poll_timeout()).min()
    }

    /// Lets the time come to `now`, which is not later than what is due next.
    pub(super) fn pass(&mut self, now: Instant) {
        self.now = now;
        while let Some(at) = self.commands.iter().position(|(due, ..)| *due <= now) {
            let (_, line, command) = self.commands.remove(at).unwrap();
            self.shard.handle_command(now, line, command);
            self.drain();
        }
        self.shard.handle_timeout(now);
        self.drain();
        for phone in 0..self.phones.len() {
            if self.phones[phone].poll_timeout().is_some_and(|due| due <= now) {
                self.phones[phone].handle_timeout(now);
            }
        }
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.shard.poll_output() {
            self.see(output);
        }
        for (phone, bytes) in self
            .phones
            .iter_mut()
            .enumerate()
            .flat_map(|(at, phone)| phone.outbox.drain(..).map(move |bytes| (at, bytes)))
        {
            self.letters.push(Letter { phone, is_to_bridge: true, bytes });
        }
    }

    fn see(&mut self, output: Output) {
        let line = match output {
            Output::Send(to, bytes) => {
                let phone = usize::from(to.address.port() - 10_000);
                return self.letters.push(Letter { phone, is_to_bridge: false, bytes: bytes.to_vec() });
            }
            Output::Dial { line, dialled, caller } => {
                assert_eq!(dialled.number, "+14255550100");
                let phone: usize = caller.number.unwrap().strip_prefix("phone").unwrap().parse().unwrap();
                let is_new = !self.lines.values().any(|(other, _)| *other == phone);
                assert!(is_new, "one INVITE is one call");
                self.lines.insert(line, (phone, Seen::default()));
                return self.plan(line);
            }
            Output::Key(line, _)
            | Output::OpenFlow(line, _)
            | Output::ChangeFlow(line, _)
            | Output::CloseFlow(line)
            | Output::Ended(line, _) => line,
        };
        let (_, seen) = self.lines.get_mut(&line).expect("a line is dialled before anything else");
        assert_eq!(seen.end, None, "nothing comes out after the end");
        match output {
            Output::Key(_, key) => seen.keys.push(key.digit.symbol()),
            Output::OpenFlow(_, agreed) => {
                seen.flows_opened += 1;
                seen.direction = Some(agreed.direction.name().to_owned());
            }
            Output::ChangeFlow(_, agreed) => {
                assert_eq!((seen.flows_opened, seen.flows_closed), (1, 0), "what changes is open");
                seen.direction = Some(agreed.direction.name().to_owned());
            }
            Output::CloseFlow(_) => seen.flows_closed += 1,
            Output::Ended(_, end) => {
                assert_eq!(seen.flows_opened, seen.flows_closed, "what was opened is closed");
                assert!(seen.flows_opened <= 1, "a call has one flow");
                seen.end = Some(end);
            }
            Output::Send(..) | Output::Dial { .. } => {}
        }
    }

    fn plan(&mut self, line: LineId) {
        let at = |millis| self.now + Duration::from_millis(millis);
        let (answer, refusal) = self.bridge.answer;
        let answer_with = refusal.map_or(Command::Answer(local()), |code| Command::Refuse(code, None));
        let ring = self.bridge.ring.map(|millis| (at(millis), line, Command::Ring));
        let hang_up = self.bridge.hang_up.map(|millis| (at(millis), line, Command::HangUp(HangUp::Normal)));
        self.commands.extend(ring);
        self.commands.push_back((at(answer), line, answer_with));
        self.commands.extend(hang_up);
    }

    /// What holds when nothing is on its way and nothing is due: nobody is in a call, and nothing is left of any.
    pub(super) fn check_end(&self) {
        assert_eq!(self.shard.rows(), Rows::default(), "every row is free");
        for phone in &self.phones {
            assert!(matches!(phone.state, State::Ended(_)), "a telephone hangs: {phone:?}");
        }
        for (phone, seen) in self.lines.values() {
            assert!(seen.end.is_some(), "a call hangs: {phone} {seen:?}");
            let wanted = self.phones[*phone].keys();
            let told = self.phones[*phone].keys_answered();
            assert!(is_part_of(&seen.keys, &wanted), "keys come once, in order: {wanted} {}", seen.keys);
            assert!(seen.keys.len() >= told, "a key that was answered with 200 was heard");
        }
    }

    /// What was seen of the only call.
    pub(super) fn seen(&self) -> &Seen {
        assert_eq!(self.lines.len(), 1);
        &self.lines.values().next().unwrap().1
    }
}

/// Whether a text is another with nothing but gaps.
fn is_part_of(part: &str, whole: &str) -> bool {
    let mut rest = whole.chars();
    part.chars().all(|wanted| rest.any(|found| found == wanted))
}
