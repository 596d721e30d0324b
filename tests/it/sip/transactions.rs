//! Each transaction against the timetables of the RFCs, in virtual time: whatever happens in whatever order, it says the same
//! words in the same milliseconds.

mod model;

use std::fmt;

use attendant::control::time::Instant;
use attendant::sip::message::{CSeq, HeaderName, HostPort, Method, Request, Uri, Via};
use attendant::sip::transaction::{
    Client, ClientInput, ClientOutput, InviteClient, InviteServer, Server, ServerInput, ServerOutput,
};
use attendant::sip::transport::Transport;
use bytes::Bytes;
use proptest::prelude::*;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};

use model::{Event, Kind, Model, Said, Word};

/// Short, since a failure prints the one that the events begin with.
impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, {}", self.kind, if self.reliable { "TCP" } else { "UDP" })
    }
}

impl ReferenceStateMachine for Model {
    type State = Self;
    type Transition = Event;

    fn init_state() -> BoxedStrategy<Self> {
        let kind = prop_oneof![
            Just(Kind::InviteServer),
            Just(Kind::Server),
            Just(Kind::InviteClient),
            Just(Kind::Client)
        ];
        (kind, any::<bool>()).prop_map(|(kind, reliable)| Self::new(kind, reliable)).boxed()
    }

    fn transitions(model: &Self) -> BoxedStrategy<Event> {
        let wait = prop_oneof![3 => 1..600_u64, 3 => 600..6_000_u64, 1 => 6_000..40_000_u64];
        // Moments at which something is due, so that inputs meet timers.
        let due = prop_oneof![Just(200), Just(500), Just(1_000), Just(4_000), Just(5_000), Just(32_000)];
        // Provisional ones more often, for they leave most to come.
        let code = prop_oneof![
            6 => prop_oneof![Just(100), Just(180)],
            4 => prop_oneof![Just(200), Just(204), Just(301), Just(404), Just(603)],
        ];
        let input = if model.kind.is_server() {
            prop_oneof![
                2 => Just(Event::Again),
                1 => Just(Event::Ack),
                2 => code.prop_map(Event::Response),
                1 => Just(Event::Broken)
            ]
            .boxed()
        } else {
            prop_oneof![12 => code.prop_map(Event::Response), 1 => Just(Event::Broken)].boxed()
        };
        prop_oneof![2 => wait.prop_map(Event::Wait), 1 => due.prop_map(Event::Wait), 3 => input].boxed()
    }

    fn apply(mut model: Self, event: &Event) -> Self {
        model.happens(*event);
        model
    }
}

/// The machine itself.
enum Machine {
    InviteServer(InviteServer),
    Server(Server),
    InviteClient(InviteClient),
    Client(Client),
}

struct Bench {
    machine: Machine,
    request: Request,
    now: u64,
    said: Vec<Said>,
}

fn request(method: Method) -> Request {
    let mut request = Request::new(method.clone(), Uri::parse("sip:4711@bridge.example").unwrap());
    let here = HostPort::parse("a.example").unwrap();
    request.headers.push(HeaderName::Via, Via::new("UDP", here, "z9hG4bK1"));
    request.headers.push(HeaderName::From, "<sip:a@a.example>;tag=f");
    request.headers.push(HeaderName::To, "<sip:4711@bridge.example>");
    request.headers.push(HeaderName::CallId, "c@a");
    request.headers.push(HeaderName::CSeq, CSeq { number: 1, method });
    request
}

impl Bench {
    fn new(model: &Model) -> Self {
        let transport = if model.reliable { Transport::Tls } else { Transport::Udp };
        let method = match model.kind {
            Kind::InviteServer | Kind::InviteClient => Method::Invite,
            Kind::Server | Kind::Client => Method::Options,
        };
        let request = request(method);
        let machine = match model.kind {
            Kind::InviteServer => {
                Machine::InviteServer(InviteServer::new(Instant::ZERO, &request, transport))
            }
            Kind::Server => Machine::Server(Server::new(transport)),
            Kind::InviteClient => {
                Machine::InviteClient(InviteClient::new(Instant::ZERO, request.clone(), transport))
            }
            Kind::Client => Machine::Client(Client::new(Instant::ZERO, &request, transport)),
        };
        let mut bench = Self { machine, request, now: 0, said: Vec::new() };
        bench.drain();
        bench
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Wait(millis) => self.wait(millis),
            Event::Again => self.server(ServerInput::Retransmission),
            Event::Ack => self.server(ServerInput::Ack),
            Event::Response(code) => {
                let response = self.request.respond(code, "t");
                match self.machine {
                    Machine::InviteServer(_) | Machine::Server(_) => {
                        self.server(ServerInput::Respond(code, response.print()));
                    }
                    Machine::InviteClient(_) | Machine::Client(_) => {
                        self.client(ClientInput::Response(Box::new(response)));
                    }
                }
            }
            Event::Broken => match self.machine {
                Machine::InviteServer(_) | Machine::Server(_) => self.server(ServerInput::TransportError),
                Machine::InviteClient(_) | Machine::Client(_) => self.client(ClientInput::TransportError),
            },
        }
        self.drain();
    }

    fn server(&mut self, input: ServerInput) {
        let now = Instant::from_millis(self.now);
        match &mut self.machine {
            Machine::InviteServer(machine) => machine.handle_input(now, input),
            Machine::Server(machine) => machine.handle_input(now, input),
            Machine::InviteClient(_) | Machine::Client(_) => panic!("a client has no such input"),
        }
    }

    fn client(&mut self, input: ClientInput) {
        let now = Instant::from_millis(self.now);
        match &mut self.machine {
            Machine::InviteClient(machine) => machine.handle_input(now, input),
            Machine::Client(machine) => machine.handle_input(now, input),
            Machine::InviteServer(_) | Machine::Server(_) => panic!("a server has no such input"),
        }
    }

    fn wait(&mut self, millis: u64) {
        let end = Instant::from_millis(self.now + millis);
        while let Some(due) = self.poll_timeout().filter(|due| *due <= end) {
            self.now = due.millis();
            match &mut self.machine {
                Machine::InviteServer(machine) => machine.handle_timeout(due),
                Machine::Server(machine) => machine.handle_timeout(due),
                Machine::InviteClient(machine) => machine.handle_timeout(due),
                Machine::Client(machine) => machine.handle_timeout(due),
            }
            self.drain();
        }
        self.now = end.millis();
    }

    fn poll_timeout(&self) -> Option<Instant> {
        match &self.machine {
            Machine::InviteServer(machine) => machine.poll_timeout(),
            Machine::Server(machine) => machine.poll_timeout(),
            Machine::InviteClient(machine) => machine.poll_timeout(),
            Machine::Client(machine) => machine.poll_timeout(),
        }
    }

    fn drain(&mut self) {
        while let Some(word) = self.poll_word() {
            self.said.push((self.now, word));
        }
    }

    fn poll_word(&mut self) -> Option<Word> {
        let output = match &mut self.machine {
            Machine::InviteServer(machine) => machine.poll_output(),
            Machine::Server(machine) => machine.poll_output(),
            Machine::InviteClient(machine) => {
                return machine.poll_output().map(|output| self.client_word(output));
            }
            Machine::Client(machine) => return machine.poll_output().map(|output| self.client_word(output)),
        };
        output.map(|output| match output {
            ServerOutput::Send(bytes) => Word::Sends(code(&bytes)),
            ServerOutput::Ack => Word::TellsAck,
            ServerOutput::Timeout => Word::TimedOut,
            ServerOutput::TransportError => Word::Failed,
            ServerOutput::Terminated => Word::Over,
        })
    }

    fn client_word(&self, output: ClientOutput) -> Word {
        match output {
            ClientOutput::Send(bytes) if bytes == self.request.print() => Word::Asks,
            ClientOutput::Send(bytes) => {
                assert!(bytes.starts_with(b"ACK "), "{bytes:?}");
                Word::Acknowledges
            }
            ClientOutput::Response(response) => Word::Tells(response.code),
            ClientOutput::Timeout => Word::TimedOut,
            ClientOutput::TransportError => Word::Failed,
            ClientOutput::Terminated => Word::Over,
        }
    }
}

/// The status code of a printed response.
fn code(bytes: &Bytes) -> u16 {
    std::str::from_utf8(&bytes[8..11]).unwrap().parse().unwrap()
}

struct Transactions;

impl StateMachineTest for Transactions {
    type SystemUnderTest = Bench;
    type Reference = Model;

    fn init_test(model: &Model) -> Bench {
        Bench::new(model)
    }

    fn apply(mut bench: Bench, _: &Model, event: Event) -> Bench {
        bench.happens(event);
        bench
    }

    fn check_invariants(bench: &Bench, model: &Model) {
        assert_eq!(bench.said, model.said);
        assert_eq!(
            bench.poll_timeout().is_none(),
            model.is_silent(),
            "a deadline without a purpose, or none"
        );
    }
}

prop_state_machine! {
    #![proptest_config(ProptestConfig { cases: 1_024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_transaction_keeps_the_timetables_of_the_rfcs(sequential 1..16 => Transactions);
}
