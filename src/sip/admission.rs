//! What is taken, shed or slowed before it costs anything. Calls that are under way come first; new ones are shed when they
//! wait too long to be answered in time, so that a flood slows nobody who is in.
//!
//! All of it is arithmetic on what it is told: the time, the load, the source. Every refusal is counted by its reason, and a
//! summary is due once a second: a limiter that is silent is taken for a hang.

mod buckets;
mod tally;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::control::time::Instant;

use super::guard::stateless_tag;
use super::message::{HeaderName, Headers, Message, Method, Request, Response};
use super::network::Network;
use super::refusal::Refusal;

use buckets::Buckets;
pub use buckets::SOURCES_MAX;
pub use tally::Tally;

/// How long the oldest unread message may wait before new calls are shed. An INVITE that is answered within T1 = 500 ms is
/// never repeated (RFC 3261 section 17.1.1.2), so a queue this long still grows no storm.
pub const QUEUE_AGE_MAX: Duration = Duration::from_millis(200);
/// The most calls of a shard.
pub const CALLS: usize = 100_000;
/// The most calls of a shard that are not answered yet.
pub const EARLY_CALLS: usize = 10_000;
/// The most transactions of a shard.
pub const TRANSACTIONS: usize = 200_000;
/// How many INVITEs a second one source may send.
pub const INVITES_A_SOURCE: u32 = 50;
/// How many at once.
pub const INVITES_BURST: u32 = 200;
/// How many other requests outside of a call a second one source may send: OPTIONS, REGISTER.
pub const PINGS_A_SOURCE: u32 = 10;
/// The seconds after which a shed caller may come back: spread by Call-ID, so that they do not come back together.
pub const RETRY_AFTER: std::ops::RangeInclusive<u64> = 2..=8;

/// What a message asks for, as far as admission goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// Belongs to a call or a transaction that is under way: always taken, and first.
    Underway,
    /// Would begin a call.
    NewCall,
    /// Asks something outside of a call.
    Ping,
}

impl Class {
    /// Returns the class of a message.
    #[must_use]
    pub fn of(message: &Message) -> Self {
        let Message::Request(request) = message else { return Self::Underway };
        let in_dialog = request.headers.to().is_ok_and(|to| to.tag().is_some());
        match request.method {
            _ if in_dialog => Self::Underway,
            Method::Invite => Self::NewCall,
            Method::Ack | Method::Bye | Method::Cancel | Method::Prack => Self::Underway,
            Method::Options | Method::Register | Method::Update | Method::Info | Method::Extension(_) => {
                Self::Ping
            }
        }
    }
}

/// How a shard stands when a message comes in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Load {
    /// How long its oldest unread message has waited.
    pub queue_age: Duration,
    /// Calls.
    pub calls: usize,
    /// Calls that are not answered yet.
    pub early_calls: usize,
    /// Transactions.
    pub transactions: usize,
    /// Whether it takes no new calls because the service ends, or begins.
    pub draining: bool,
}

/// What to do with a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Decision {
    /// It goes on.
    Take,
    /// It is answered with this, without state.
    Answer(Refusal, Box<Response>),
    /// It is neither answered nor heard.
    Silence(Refusal),
}

/// Decides what is let in. One for each receiver.
#[derive(Clone, Debug)]
pub struct Admission {
    /// Sources that no bucket counts: peers by agreement.
    trusted: Vec<Network>,
    invites: Buckets,
    pings: Buckets,
    /// The one 503 a second for each source beyond its INVITEs.
    excuses: Buckets,
}

impl Admission {
    /// Admission that counts neither these sources nor loopback.
    #[must_use]
    pub fn new(trusted: Vec<Network>) -> Self {
        Self {
            trusted,
            invites: Buckets::new(INVITES_A_SOURCE, INVITES_BURST),
            pings: Buckets::new(PINGS_A_SOURCE, PINGS_A_SOURCE),
            excuses: Buckets::new(1, 1),
        }
    }

    /// Decides about a message.
    pub fn decide(&mut self, now: Instant, message: &Message, source: SocketAddr, load: &Load) -> Decision {
        let Message::Request(request) = message else { return Decision::Take };
        match Class::of(message) {
            Class::Underway => Decision::Take,
            Class::NewCall => self.new_call(now, request, source.ip(), load),
            Class::Ping if self.may(now, source.ip(), |this| &mut this.pings) => Decision::Take,
            Class::Ping => Decision::Silence(Refusal::TooManyPings),
        }
    }

    fn new_call(&mut self, now: Instant, invite: &Request, source: IpAddr, load: &Load) -> Decision {
        if !self.may(now, source, |this| &mut this.invites) {
            return match self.may(now, source, |this| &mut this.excuses) {
                true => unavailable(Refusal::TooManyInvites, invite),
                false => Decision::Silence(Refusal::TooManyInvites),
            };
        }
        let is_full =
            load.calls >= CALLS || load.early_calls >= EARLY_CALLS || load.transactions >= TRANSACTIONS;
        if load.draining {
            unavailable(Refusal::Draining, invite)
        } else if is_full {
            unavailable(Refusal::Full, invite)
        } else if load.queue_age >= QUEUE_AGE_MAX {
            unavailable(Refusal::Overload, invite)
        } else {
            Decision::Take
        }
    }

    /// Takes one from a source's bucket; always, where none counts.
    fn may(&mut self, now: Instant, source: IpAddr, buckets: impl Fn(&mut Self) -> &mut Buckets) -> bool {
        let source = source.to_canonical();
        source.is_loopback()
            || self.trusted.iter().any(|network| network.contains(source))
            || buckets(self).take(now, source)
    }
}

fn unavailable(refusal: Refusal, request: &Request) -> Decision {
    Decision::Answer(refusal, Box::new(come_back(request)))
}

/// Returns the 503 that says when to come back (RFC 3261 section 21.5.4).
#[must_use]
pub fn come_back(request: &Request) -> Response {
    let mut response = request.respond(503, &stateless_tag(&request.headers));
    response.headers.push(HeaderName::RetryAfter, retry_after(&request.headers));
    response
}

/// Returns the seconds after which a caller may come back, within [`RETRY_AFTER`].
#[must_use]
pub fn retry_after(headers: &Headers) -> u64 {
    let call_id = headers.get(&HeaderName::CallId).unwrap_or_default();
    let sum = call_id.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    RETRY_AFTER.start() + sum % (RETRY_AFTER.end() - RETRY_AFTER.start() + 1)
}

#[cfg(test)]
mod tests;
