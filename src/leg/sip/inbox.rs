//! What came in, on its way to the shard of its Call-ID: messages of calls that are under way before new calls, and both with
//! a limit. What is refused on the way is counted here, and said once a second.

use std::hash::{Hash as _, Hasher as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use rustc_hash::FxHasher;
use tokio::sync::mpsc;

use super::gauges::Gauges;
use crate::clock::Clock;
use crate::control::time::Instant;
use crate::sip::admission::{Class, Tally, come_back};
use crate::sip::guard::Verdict;
use crate::sip::message::{HeaderName, Headers, Message, Method};
use crate::sip::refusal::Refusal;
use crate::sip::shard::Peer;

/// Messages of calls that are up and wait for a shard. Beyond them one is dropped and comes again, or its stream is not read
/// for a while.
pub const INBOX: usize = 8_192;

/// New calls that wait for a shard: as many as it takes in while they are not too old
/// ([`QUEUE_AGE_MAX`](crate::sip::admission::QUEUE_AGE_MAX)), at 2,500 calls a second. Beyond them one is answered with 503,
/// without costing the shard anything.
pub const NEW_CALLS: usize = 512;

/// A message that the guard let pass.
#[derive(Debug)]
pub(super) struct Arrived {
    pub(super) at: Instant,
    pub(super) peer: Peer,
    pub(super) message: Box<Message>,
}

/// The way to one shard.
#[derive(Clone, Debug)]
struct Inbox {
    underway: mpsc::Sender<Arrived>,
    new_calls: mpsc::Sender<Arrived>,
    closed: mpsc::Sender<Peer>,
}

impl Inbox {
    /// The queue for a message. A CANCEL does not overtake its INVITE.
    fn way(&self, message: &Message) -> &mpsc::Sender<Arrived> {
        let cancels = matches!(message, Message::Request(request) if request.method == Method::Cancel);
        match Class::of(message) {
            Class::Underway if !cancels => &self.underway,
            Class::Underway | Class::NewCall | Class::Ping => &self.new_calls,
        }
    }
}

/// What a shard reads.
#[derive(Debug)]
pub(super) struct Outlet {
    pub(super) underway: mpsc::Receiver<Arrived>,
    pub(super) new_calls: mpsc::Receiver<Arrived>,
    /// Peers whose stream has closed.
    pub(super) closed: mpsc::Receiver<Peer>,
}

/// The ways to all shards.
#[derive(Debug)]
pub(super) struct Inboxes {
    shards: Box<[Inbox]>,
    tally: Mutex<Tally>,
    gauges: Gauges,
    clock: Clock,
}

impl Inboxes {
    pub(super) fn new(shards: usize, gauges: Gauges, clock: Clock) -> (Self, Vec<Outlet>) {
        let made = (0..shards.max(1)).map(|_| {
            let (underway, underway_out) = mpsc::channel(INBOX);
            let (new_calls, new_calls_out) = mpsc::channel(NEW_CALLS);
            let (closed, closed_out) = mpsc::channel(INBOX);
            let outlet = Outlet { underway: underway_out, new_calls: new_calls_out, closed: closed_out };
            (Inbox { underway, new_calls, closed }, outlet)
        });
        let (shards, outlets): (Vec<_>, Vec<_>) = made.unzip();
        (Self { shards: shards.into(), tally: Mutex::default(), gauges, clock }, outlets)
    }

    pub(super) fn clock(&self) -> Clock {
        self.clock
    }

    /// Passes a datagram on, as the guard has judged it; returns what is to be answered at once.
    pub(super) fn datagram(&self, peer: Peer, verdict: Verdict) -> Option<Bytes> {
        match verdict {
            Verdict::Pass(message) => self.pass(peer, message).err().and_then(|full| self.refuse(&full)),
            Verdict::Answer(..) | Verdict::Drop(_) | Verdict::KeepAlive => self.answer(verdict),
        }
    }

    /// The same for a message of a stream, which waits for room if it belongs to a call.
    pub(super) async fn of_stream(&self, peer: Peer, verdict: Verdict) -> Option<Bytes> {
        let Verdict::Pass(message) = verdict else { return self.answer(verdict) };
        let full = self.pass(peer, message).err()?;
        if Class::of(&full.message) != Class::Underway {
            return self.refuse(&full);
        }
        // A shard that has ended reads no more.
        let _ended = self.shard(full.message.headers()).way(&full.message).send(full).await;
        None
    }

    /// Tells every shard that a peer's stream has closed.
    pub(super) async fn closed(&self, peer: Peer) {
        for shard in &self.shards {
            let _ended = shard.closed.send(peer).await;
        }
    }

    pub(super) fn count(&self, refusal: Refusal) {
        self.tally().count(self.clock.now(), refusal);
    }

    /// Says which refusals there were, if a summary is due.
    pub(super) fn tell(&self) {
        tell(&mut self.tally(), &self.gauges, self.clock.now());
    }

    fn pass(&self, peer: Peer, message: Box<Message>) -> Result<(), Arrived> {
        let way = self.shard(message.headers()).way(&message);
        let arrived = Arrived { at: self.clock.now(), peer, message };
        way.try_send(arrived).map_err(mpsc::error::TrySendError::into_inner)
    }

    /// What found no room.
    fn refuse(&self, full: &Arrived) -> Option<Bytes> {
        self.count(Refusal::Overload);
        match (&*full.message, Class::of(&full.message)) {
            (Message::Request(request), Class::NewCall) => Some(come_back(request).print()),
            (Message::Request(_) | Message::Response(_), _) => None,
        }
    }

    fn answer(&self, verdict: Verdict) -> Option<Bytes> {
        match verdict {
            Verdict::Answer(refusal, response) => {
                self.count(refusal);
                Some(response.print())
            }
            Verdict::Drop(refusal) => {
                self.count(refusal);
                None
            }
            Verdict::Pass(_) | Verdict::KeepAlive => None,
        }
    }

    fn shard(&self, headers: &Headers) -> &Inbox {
        let mut hasher = FxHasher::default();
        headers.get(&HeaderName::CallId).hash(&mut hasher);
        // The upper half: the lower bits of this hash say little.
        let number = hasher.finish() >> 32;
        &self.shards[usize::try_from(number).unwrap_or(0) % self.shards.len()]
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes a summary of refusals into the log and adds it to the figures, if one is due.
pub(super) fn tell(tally: &mut Tally, gauges: &Gauges, now: Instant) {
    let summary = tally.summary(now);
    if summary.is_empty() {
        return;
    }
    gauges.add_refused(&summary);
    let words: Vec<String> = summary.iter().map(|(refusal, count)| format!("{refusal} {count}")).collect();
    tracing::warn!(target: "attendant::sip", refused = words.join(", "), "SIP messages were not let in");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Pace;
    use crate::sip::guard::datagram;
    use crate::telemetry::tests::logged;

    fn peer() -> Peer {
        Peer { socket: 0, address: ([192, 0, 2, 7], 5060).into() }
    }

    fn message(method: &str, to_tag: &str) -> Verdict {
        let text = format!(
            "{method} sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\n\
             To: <sip:b@h>{to_tag}\r\nCall-ID: c\r\nCSeq: 1 {method}\r\nContent-Length: 0\r\n\r\n"
        );
        datagram(text.as_bytes(), peer().address)
    }

    fn inboxes() -> (Inboxes, Outlet) {
        let (inboxes, mut outlets) = Inboxes::new(1, Gauges::default(), Clock::start(1, Pace::Realtime));
        (inboxes, outlets.remove(0))
    }

    fn read(from: &mut mpsc::Receiver<Arrived>) -> Vec<String> {
        let method = |arrived: Arrived| match *arrived.message {
            Message::Request(request) => request.method.to_string(),
            Message::Response(_) => "response".to_owned(),
        };
        std::iter::from_fn(|| from.try_recv().ok().map(method)).collect()
    }

    #[test]
    fn calls_that_are_up_do_not_wait_behind_new_ones() {
        let (inboxes, mut outlet) = inboxes();
        for (method, to_tag) in [("INVITE", ""), ("BYE", ";tag=2"), ("OPTIONS", ""), ("INFO", ";tag=2")] {
            assert_eq!(inboxes.datagram(peer(), message(method, to_tag)), None);
        }
        assert_eq!(read(&mut outlet.underway), ["BYE", "INFO"]);
        assert_eq!(read(&mut outlet.new_calls), ["INVITE", "OPTIONS"]);
    }

    #[test]
    fn a_cancel_does_not_overtake_its_invite() {
        let (inboxes, mut outlet) = inboxes();
        for method in ["INVITE", "CANCEL"] {
            assert_eq!(inboxes.datagram(peer(), message(method, "")), None);
        }
        assert_eq!(read(&mut outlet.new_calls), ["INVITE", "CANCEL"]);
    }

    #[test]
    fn new_calls_beyond_the_limit_are_told_to_come_back() {
        let (inboxes, _outlet) = inboxes();
        for _ in 0..NEW_CALLS {
            assert_eq!(inboxes.datagram(peer(), message("INVITE", "")), None);
        }
        let refused = inboxes.datagram(peer(), message("INVITE", "")).unwrap();
        assert!(
            refused.starts_with(b"SIP/2.0 503 ")
                && inboxes.datagram(peer(), message("BYE", ";tag=2")).is_none()
        );
        let due = inboxes.tally().poll_timeout().unwrap();
        let text = logged(|| tell(&mut inboxes.tally(), &inboxes.gauges, due));
        assert!(text.contains("overload 1"), "{text}");
        assert_eq!(inboxes.gauges.refused_for(Refusal::Overload), 1, "and the figures have it");
    }
}
