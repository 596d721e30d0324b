//! What RFC 3261 section 17 and RFC 6026 have a transaction say, as timetables: each event writes down all that follows if
//! nothing else happens, and strikes out what was to follow before.

/// The four transactions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    InviteServer,
    Server,
    InviteClient,
    Client,
}

impl Kind {
    pub(super) fn is_server(self) -> bool {
        matches!(self, Self::InviteServer | Self::Server)
    }
}

/// What happens to a transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Event {
    /// This many milliseconds pass.
    Wait(u64),
    /// A server gets its request again.
    Again,
    /// A server gets an ACK.
    Ack,
    /// A server's user responds, or a client hears a response, with this code.
    Response(u16),
    /// The transport could not send.
    Broken,
}

/// What a transaction says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Word {
    /// A server sends the response of this code.
    Sends(u16),
    /// A client sends its request.
    Asks,
    /// A client acknowledges a refusal.
    Acknowledges,
    /// A client's user hears of this response; a server's user of an ACK.
    Tells(u16),
    TellsAck,
    TimedOut,
    Failed,
    Over,
}

/// A word and the millisecond in which it is said.
pub(super) type Said = (u64, Word);

/// When an INVITE goes out: at once, then after twice as long each time (timer A), until timer B.
const INVITE_AT: [u64; 7] = [0, 500, 1_500, 3_500, 7_500, 15_500, 31_500];
/// When another request goes out: after twice as long each time up to 4 s (timer E), until timer F; and likewise a refusal of an
/// INVITE (timer G), until timer H.
const CAPPED_AT: [u64; 11] = [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];

/// One transaction as the RFCs have it.
#[derive(Clone)]
pub(super) struct Model {
    pub(super) kind: Kind,
    pub(super) reliable: bool,
    pub(super) now: u64,
    /// All that will be said if nothing else happens, in order.
    plan: Vec<Said>,
    pub(super) said: Vec<Said>,
    heard: Heard,
}

/// How far it got.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Heard {
    Nothing,
    Provisional(u16),
    Success,
    Refusal(u16),
    Acknowledged,
    End,
}

impl Model {
    pub(super) fn new(kind: Kind, reliable: bool) -> Self {
        let mut model =
            Self { kind, reliable, now: 0, plan: Vec::new(), said: Vec::new(), heard: Heard::Nothing };
        match kind {
            Kind::InviteServer => model.then(&[(200, Word::Sends(100))]),
            Kind::Server => {}
            Kind::InviteClient => model.repeat(&INVITE_AT, Word::Asks),
            Kind::Client => model.repeat(&CAPPED_AT, Word::Asks),
        }
        model.wait(0);
        model
    }

    /// Whether it says nothing more unless something happens.
    pub(super) fn is_silent(&self) -> bool {
        self.plan.is_empty()
    }

    pub(super) fn happens(&mut self, event: Event) {
        match (event, self.kind) {
            _ if self.heard == Heard::End && !matches!(event, Event::Wait(_)) => {}
            (Event::Wait(millis), _) => self.wait(millis),
            (Event::Again, Kind::InviteServer) => match self.heard {
                Heard::Nothing => {
                    self.plan.clear();
                    self.say(Word::Sends(100));
                }
                Heard::Provisional(code) | Heard::Refusal(code) => self.say(Word::Sends(code)),
                Heard::Success | Heard::Acknowledged | Heard::End => {}
            },
            (Event::Again, _) => match self.heard {
                Heard::Provisional(code) | Heard::Refusal(code) => self.say(Word::Sends(code)),
                // A 2xx to a request other than INVITE is repeated as any other: see `final_response`.
                Heard::Nothing | Heard::Success | Heard::Acknowledged | Heard::End => {}
            },
            (Event::Ack, Kind::InviteServer) => match self.heard {
                Heard::Refusal(_) => {
                    self.heard = Heard::Acknowledged;
                    self.plan.clear();
                    self.over_after(if self.reliable { 0 } else { 5_000 });
                }
                Heard::Success => self.say(Word::TellsAck),
                Heard::Nothing | Heard::Provisional(_) | Heard::Acknowledged | Heard::End => {}
            },
            (Event::Ack, _) => {}
            (Event::Response(code), Kind::InviteServer) => self.invite_is_answered(code, Word::Sends(code)),
            (Event::Response(code), Kind::InviteClient) => self.invite_is_answered(code, Word::Tells(code)),
            (Event::Response(code), Kind::Server | Kind::Client) => self.request_is_answered(code),
            (Event::Broken, kind) => self.breaks(kind),
        }
        self.wait(0);
    }

    fn invite_is_answered(&mut self, code: u16, word: Word) {
        let is_server = self.kind.is_server();
        match (self.heard, code) {
            (Heard::Nothing | Heard::Provisional(_), 100..200) => {
                self.heard = Heard::Provisional(code);
                self.plan.clear();
                self.say(word);
            }
            (Heard::Nothing | Heard::Provisional(_), 200..300) => {
                self.heard = Heard::Success;
                self.plan.clear();
                self.say(word);
                self.over_after(32_000);
            }
            (Heard::Success, 200..300) => self.say(word),
            (Heard::Nothing | Heard::Provisional(_), _) if is_server => {
                self.heard = Heard::Refusal(code);
                self.plan.clear();
                self.repeat(&CAPPED_AT, word);
            }
            (Heard::Nothing | Heard::Provisional(_), _) => {
                self.heard = Heard::Refusal(code);
                self.plan.clear();
                self.say(Word::Acknowledges);
                self.say(word);
                self.over_after(if self.reliable { 0 } else { 32_000 });
            }
            (Heard::Refusal(_), 300..) if !is_server => self.say(Word::Acknowledges),
            _ => {}
        }
    }

    fn request_is_answered(&mut self, code: u16) {
        if !matches!(self.heard, Heard::Nothing | Heard::Provisional(_)) {
            return;
        }
        let word = if self.kind.is_server() { Word::Sends(code) } else { Word::Tells(code) };
        if code >= 200 {
            self.heard = Heard::Refusal(code);
            self.plan.clear();
            self.say(word);
            let linger = if self.kind.is_server() { 32_000 } else { 5_000 };
            self.over_after(if self.reliable { 0 } else { linger });
            return;
        }
        self.say(word);
        if self.kind == Kind::Client && self.heard == Heard::Nothing && !self.reliable {
            // The next repetition stays where it is; from there on, each comes 4 s after the last.
            let next = self.plan.iter().find(|(_, word)| *word == Word::Asks).map(|(at, _)| *at);
            let end = self.plan.iter().find(|(_, word)| *word == Word::TimedOut).map_or(0, |(at, _)| *at);
            let asks =
                next.into_iter().flat_map(|next| (next..end).step_by(4_000)).map(|at| (at, Word::Asks));
            self.plan.retain(|(_, word)| *word != Word::Asks);
            self.plan = asks.chain(self.plan.iter().copied()).collect();
        }
        self.heard = Heard::Provisional(code);
    }

    fn breaks(&mut self, kind: Kind) {
        let is_heard = match kind {
            Kind::InviteServer => self.heard != Heard::Acknowledged,
            Kind::InviteClient => self.heard != Heard::Success,
            Kind::Server => true,
            Kind::Client => matches!(self.heard, Heard::Nothing | Heard::Provisional(_)),
        };
        if !is_heard {
            return;
        }
        self.say(Word::Failed);
        if kind != Kind::InviteServer {
            self.plan.clear();
            self.over_after(0);
        }
    }

    fn wait(&mut self, millis: u64) {
        self.now += millis;
        let due = self.plan.iter().take_while(|(at, _)| *at <= self.now).count();
        let said: Vec<Said> = self.plan.drain(..due).collect();
        if said.iter().any(|(_, word)| *word == Word::Over) {
            self.heard = Heard::End;
        }
        self.said.extend(said);
    }

    fn say(&mut self, word: Word) {
        self.said.push((self.now, word));
    }

    /// Plans words, each so many milliseconds from now.
    fn then(&mut self, words: &[Said]) {
        self.plan.extend(words.iter().map(|(after, word)| (self.now + after, *word)));
    }

    fn over_after(&mut self, millis: u64) {
        self.then(&[(millis, Word::Over)]);
    }

    /// Plans a word again and again until nobody waits any more; once over a reliable transport.
    fn repeat(&mut self, after: &[u64], word: Word) {
        let count = if self.reliable { 1 } else { after.len() };
        let words: Vec<Said> = after[..count].iter().map(|after| (*after, word)).collect();
        self.then(&words);
        self.then(&[(32_000, Word::TimedOut), (32_000, Word::Over)]);
    }
}
