//! A telephone that follows a plan: a client of its own, which shares with the bridge only the reader of messages. It repeats
//! what it sends, acknowledges each 2xx, answers what it is asked, and writes down what became of everything.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use attendant::control::time::Instant;
use attendant::sip::message::{HeaderName, Message, Method, Request, Response};

const T1: Duration = Duration::from_millis(500);
const T2: Duration = Duration::from_secs(4);
const TIMEOUT: Duration = Duration::from_secs(32);

/// What a telephone does once its call is up, each after the one before is done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// Re-INVITE with this direction.
    Invite(&'static str),
    /// Re-INVITE without a description.
    Offerless,
    /// UPDATE with this direction.
    Update(&'static str),
    /// INFO with this key.
    Key(char),
    /// OPTIONS.
    Options,
    /// BYE.
    Bye,
    /// Says and hears nothing any more.
    Vanish,
}

/// How a telephone places and ends its call.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Plan {
    /// The INVITE has no description.
    pub(super) is_offerless: bool,
    /// More fields of the INVITE.
    pub(super) fields: &'static str,
    /// CANCEL, so many milliseconds after the INVITE.
    pub(super) cancel_after: Option<u64>,
    /// BYE as soon as the call is answered, before its ACK.
    pub(super) hangs_up_before_ack: bool,
    /// Milliseconds before each step, and the step.
    pub(super) steps: Vec<(u64, Step)>,
}

/// Where a call is, as its telephone sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    Calling,
    Up,
    /// With the status code that ended it, 200 after a BYE, 408 if nothing came.
    Ended(u16),
}

/// A request that is repeated until it is answered.
#[derive(Clone, Debug)]
struct Sent {
    method: Method,
    number: u32,
    bytes: Vec<u8>,
    interval: Duration,
    repeat: Instant,
    give_up: Instant,
}

/// One telephone, with one call.
#[derive(Clone, Debug)]
pub(super) struct Phone {
    name: usize,
    plan: Plan,
    steps: VecDeque<(u64, Step)>,
    next_step: Option<Instant>,
    pub(super) state: State,
    is_gone: bool,
    number: u32,
    to_tag: String,
    target: String,
    has_provisional: bool,
    wants_cancel: Option<Instant>,
    /// The INVITE that began the call, the request that runs, a CANCEL.
    sent: Vec<Sent>,
    /// The ACK of each INVITE that was accepted, for a 2xx that comes again.
    acks: BTreeMap<u32, Vec<u8>>,
    /// What was answered to a request, for one that comes again.
    answered: BTreeMap<String, Vec<u8>>,
    /// The status codes of the requests that were answered, as `INFO 200`.
    pub(super) finals: Vec<String>,
    /// The direction in the last description that came in.
    pub(super) direction: Option<String>,
    pub(super) outbox: Vec<Vec<u8>>,
}

impl Phone {
    pub(super) fn new(name: usize, plan: Plan) -> Self {
        let steps = plan.steps.iter().copied().collect();
        Self {
            name,
            plan,
            steps,
            next_step: None,
            state: State::Calling,
            is_gone: false,
            number: 0,
            to_tag: String::new(),
            target: "sip:+14255550100@192.0.2.1".to_owned(),
            has_provisional: false,
            wants_cancel: None,
            sent: Vec::new(),
            acks: BTreeMap::new(),
            answered: BTreeMap::new(),
            finals: Vec::new(),
            direction: None,
            outbox: Vec::new(),
        }
    }

    pub(super) fn dial(&mut self, now: Instant) {
        let body = if self.plan.is_offerless { String::new() } else { self.description("sendrecv") };
        let fields = self.plan.fields;
        self.wants_cancel = self.plan.cancel_after.map(|millis| now + Duration::from_millis(millis));
        self.send(now, Method::Invite, fields, &body);
    }

    /// The keys of its plan, in order.
    pub(super) fn keys(&self) -> String {
        let key = |(_, step): &(u64, Step)| if let Step::Key(key) = step { Some(*key) } else { None };
        self.plan.steps.iter().filter_map(key).collect()
    }

    /// How many of them were answered with 200.
    pub(super) fn keys_answered(&self) -> usize {
        self.finals.iter().filter(|line| *line == "INFO 200").count()
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        if self.is_gone {
            return None;
        }
        let repeats = self.sent.iter().flat_map(|sent| [sent.repeat, sent.give_up]);
        let cancel = self.wants_cancel.filter(|_| self.has_provisional);
        repeats.chain(self.next_step).chain(cancel).filter(|due| *due < Instant::NEVER).min()
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        if self.wants_cancel.is_some_and(|due| due <= now) && self.has_provisional {
            self.wants_cancel = None;
            if self.state == State::Calling {
                self.cancel(now);
            }
        }
        for at in (0..self.sent.len()).rev() {
            if self.sent[at].give_up <= now {
                let sent = self.sent.remove(at);
                self.gave_up(now, &sent);
            } else if self.sent[at].repeat <= now {
                let sent = &mut self.sent[at];
                self.outbox.push(sent.bytes.clone());
                sent.interval *= 2;
                if sent.method != Method::Invite {
                    sent.interval = sent.interval.min(T2);
                }
                sent.repeat = now + sent.interval;
            }
        }
        if self.next_step.is_some_and(|due| due <= now) {
            self.next_step = None;
            self.step(now);
        }
    }

    pub(super) fn receive(&mut self, now: Instant, bytes: &[u8]) {
        if self.is_gone {
            return;
        }
        match Message::parse(bytes).expect("the bridge sends messages") {
            Message::Request(request) => self.asked(&request),
            Message::Response(response) => self.answered_by(now, &response),
        }
    }

    fn asked(&mut self, request: &Request) {
        if request.method == Method::Ack {
            return;
        }
        let key = request.headers.top_via().unwrap().branch().unwrap().into_owned();
        if let Some(bytes) = self.answered.get(&key) {
            return self.outbox.push(bytes.clone());
        }
        let is_ours = request.headers.from().unwrap().tag().as_deref() == Some(&*self.to_tag);
        let mut response =
            request.respond(if is_ours && self.state == State::Up { 200 } else { 481 }, "late");
        match (&request.method, response.code) {
            (Method::Bye, 200) => self.ended(200),
            (Method::Invite, 200) => response.set_body("application/sdp", self.description("sendrecv")),
            _ => {}
        }
        response.headers.push(HeaderName::Contact, self.contact());
        self.answered.insert(key, response.print().to_vec());
        self.outbox.push(response.print().to_vec());
    }

    fn answered_by(&mut self, now: Instant, response: &Response) {
        let cseq = response.headers.cseq().unwrap();
        if cseq.method == Method::Invite && response.is_success() {
            return self.accepted(now, cseq.number, response);
        }
        let at = self.sent.iter().position(|sent| (&sent.method, sent.number) == (&cseq.method, cseq.number));
        if cseq.method == Method::Invite && !response.is_provisional() {
            // The ACK of a refusal is of the INVITE's own transaction.
            let to = response.headers.get(&HeaderName::To).unwrap_or_default().to_owned();
            let ack = self.message(Method::Ack, cseq.number, &branch(self.name, cseq.number), &to, "", "");
            self.outbox.push(ack);
        }
        let Some(at) = at else { return };
        if response.is_provisional() {
            self.has_provisional = true;
            self.sent[at].repeat = Instant::NEVER;
            return;
        }
        let sent = self.sent.remove(at);
        if sent.method == Method::Cancel {
            return;
        }
        self.finals.push(format!("{} {}", sent.method, response.code));
        if self.state == State::Calling && sent.method == Method::Invite {
            return self.ended(response.code);
        }
        if response.is_success() && !response.body.is_empty() {
            self.direction = Some(direction(response));
        }
        if sent.method == Method::Bye {
            self.ended(200);
        } else {
            self.wait_for_step(now);
        }
    }

    /// A 2xx to an INVITE, the first time or again.
    fn accepted(&mut self, now: Instant, number: u32, response: &Response) {
        if let Some(ack) = self.acks.get(&number) {
            return self.outbox.push(ack.clone());
        }
        let is_first = self.to_tag.is_empty();
        if is_first {
            self.to_tag = response.headers.to().unwrap().tag().unwrap().into_owned();
            self.target = response.headers.contact().unwrap().uri.to_string();
        }
        self.sent.retain(|sent| (&sent.method, sent.number) != (&Method::Invite, number));
        self.finals.push(format!("INVITE {}", response.code));
        let has_offered = !self.is_offerless(number);
        self.direction = Some(direction(response)).filter(|_| has_offered);
        let body = if has_offered { String::new() } else { self.description("sendrecv") };
        let to = self.to();
        let ack =
            self.message(Method::Ack, number, &format!("{}-ack", branch(self.name, number)), &to, "", &body);
        self.acks.insert(number, ack.clone());
        if self.state != State::Calling {
            self.outbox.push(ack);
            return self.wait_for_step(now);
        }
        self.state = State::Up;
        let was_cancelled = self.wants_cancel.take().is_some()
            || self.sent.iter().any(|sent| sent.method == Method::Cancel)
            || self.plan.cancel_after.is_some();
        if self.plan.hangs_up_before_ack {
            self.steps.clear();
            self.send(now, Method::Bye, "", "");
            self.outbox.push(ack);
        } else if was_cancelled {
            self.steps.clear();
            self.outbox.push(ack);
            self.send(now, Method::Bye, "", "");
        } else {
            self.outbox.push(ack);
            self.wait_for_step(now);
        }
    }

    fn is_offerless(&self, number: u32) -> bool {
        number == 1 && self.plan.is_offerless || self.offerless_numbers().contains(&number)
    }

    /// The numbers of the re-INVITEs without an offer: each step is one request.
    fn offerless_numbers(&self) -> Vec<u32> {
        let steps = (2..).zip(&self.plan.steps);
        steps.filter(|(_, (_, step))| *step == Step::Offerless).map(|(number, _)| number).collect()
    }

    fn wait_for_step(&mut self, now: Instant) {
        if let (State::Up, Some((millis, _))) = (self.state, self.steps.front()) {
            self.next_step = Some(now + Duration::from_millis(*millis));
        }
    }

    fn step(&mut self, now: Instant) {
        if self.state != State::Up {
            return;
        }
        let Some((_, step)) = self.steps.pop_front() else { return };
        let relay = "Content-Type: application/dtmf-relay\r\n";
        match step {
            Step::Invite(direction) => {
                let body = self.description(direction);
                self.send(now, Method::Invite, "", &body);
            }
            Step::Offerless => self.send(now, Method::Invite, "", ""),
            Step::Update(direction) => {
                let body = self.description(direction);
                self.send(now, Method::Update, "", &body);
            }
            Step::Key(key) => {
                self.send(now, Method::Info, relay, &format!("Signal={key}\r\nDuration=160\r\n"));
            }
            Step::Options => self.send(now, Method::Options, "", ""),
            Step::Bye => self.send(now, Method::Bye, "", ""),
            Step::Vanish => {
                self.is_gone = true;
                self.ended(0);
            }
        }
    }

    fn gave_up(&mut self, now: Instant, sent: &Sent) {
        self.finals.push(format!("{} 408", sent.method));
        match (&sent.method, self.state) {
            (Method::Invite, State::Calling) => self.ended(408),
            (Method::Bye, _) => self.ended(408),
            (Method::Cancel, _) => {}
            _ => {
                // The other end is gone (RFC 3261 section 12.2.1.2).
                self.steps.clear();
                self.next_step = None;
                self.send(now, Method::Bye, "", "");
            }
        }
    }

    fn ended(&mut self, code: u16) {
        self.state = State::Ended(code);
        self.steps.clear();
        self.next_step = None;
        self.wants_cancel = None;
        self.sent.clear();
    }

    fn cancel(&mut self, now: Instant) {
        let bytes = self.message(Method::Cancel, 1, &branch(self.name, 1), &self.to(), "", "");
        self.outbox.push(bytes.clone());
        let give_up = now + TIMEOUT;
        self.sent.push(Sent {
            method: Method::Cancel,
            number: 1,
            bytes,
            interval: T1,
            repeat: now + T1,
            give_up,
        });
    }

    fn send(&mut self, now: Instant, method: Method, fields: &str, body: &str) {
        self.number += 1;
        let bytes = self.message(
            method.clone(),
            self.number,
            &branch(self.name, self.number),
            &self.to(),
            fields,
            body,
        );
        self.outbox.push(bytes.clone());
        // An INVITE that got a provisional response is waited for longer.
        let give_up = now + if method == Method::Invite { TIMEOUT * 3 } else { TIMEOUT };
        self.sent.push(Sent { method, number: self.number, bytes, interval: T1, repeat: now + T1, give_up });
    }

    fn to(&self) -> String {
        let tag = if self.to_tag.is_empty() { String::new() } else { format!(";tag={}", self.to_tag) };
        format!("<sip:+14255550100@bridge.example>{tag}")
    }

    fn contact(&self) -> String {
        format!("<sip:phone{}@198.51.100.7:5060>", self.name)
    }

    fn message(
        &self,
        method: Method,
        number: u32,
        branch: &str,
        to: &str,
        fields: &str,
        body: &str,
    ) -> Vec<u8> {
        let (name, contact, target) = (self.name, self.contact(), &self.target);
        let content = match body {
            "" => "",
            _ if fields.contains("Content-Type") => "",
            _ => "Content-Type: application/sdp\r\n",
        };
        let length = body.len();
        format!(
            "{method} {target} SIP/2.0\r\nVia: SIP/2.0/UDP 198.51.100.7:5060;branch={branch}\r\nMax-Forwards: 70\r\n\
             From: <sip:phone{name}@example.com>;tag=p{name}\r\nTo: {to}\r\nCall-ID: call-{name}\r\n\
             CSeq: {number} {method}\r\nContact: {contact}\r\nAllow: INVITE, ACK, BYE, CANCEL, UPDATE\r\n\
             {content}{fields}Content-Length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    }

    fn description(&self, direction: &str) -> String {
        let port = 20_000 + 2 * self.name;
        format!(
            "v=0\r\no=- 1 {} IN IP4 198.51.100.7\r\ns=-\r\nc=IN IP4 198.51.100.7\r\nt=0 0\r\n\
             m=audio {port} RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na={direction}\r\n",
            self.number + 1
        )
    }
}

fn branch(name: usize, number: u32) -> String {
    format!("z9hG4bK-{name}-{number}")
}

fn direction(response: &Response) -> String {
    let body = String::from_utf8_lossy(&response.body);
    let directions = ["sendrecv", "sendonly", "recvonly", "inactive"];
    let found = directions.into_iter().find(|direction| body.contains(&format!("a={direction}")));
    found.unwrap_or("none").to_owned()
}
