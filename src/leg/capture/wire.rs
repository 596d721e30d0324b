//! What passes between a bridge and the callers of a case, kept for its report: messages without keys, and each stream of
//! sound by its packets.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::notes::Notes;
use super::tap::Way;
use crate::control::time::Instant;
use crate::rtp::packet::{Kind, Packet};
use crate::rtp::rtcp::reception::{Order, Reception};
use crate::sip::message::Message;

/// The most messages that are kept of a case: a caller's call has about ten.
pub const MESSAGES_MAX: usize = 2_000;

/// The most streams that are kept of a case: a call has two.
pub const STREAMS_MAX: usize = 512;

/// The most losses of a stream whose moments are kept; all are counted.
pub const LOSSES_MAX: usize = 64;

/// What passed in a case.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Wire {
    /// Messages of SIP, in order.
    pub messages: Vec<WireMessage>,
    /// Streams of RTP, by their beginnings.
    pub streams: Vec<WireStream>,
    /// Messages and streams beyond what is kept.
    pub left_out: usize,
}

/// A message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WireMessage {
    /// When it passed, by the clock of the case.
    pub at: Instant,
    /// Whose call it belongs to: a part of the cast.
    pub part: u32,
    /// The caller sent it, not the bridge.
    pub from_caller: bool,
    /// Its first line, read.
    pub says: WireStart,
    /// All of it, keys masked.
    pub text: Arc<str>,
}

/// The first line of a message, with what came before it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WireStart {
    /// A request.
    Request {
        /// Its method.
        method: String,
        /// It was sent before.
        again: bool,
    },
    /// A response.
    Response {
        /// The status code.
        code: u16,
        /// The reason phrase.
        reason: Box<str>,
        /// The method of the request.
        method: String,
        /// The time since the request passed for the first time.
        after: Option<Duration>,
    },
}

/// The packets of one source, one way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WireStream {
    /// Whose call it belongs to: a part of the cast.
    pub part: u32,
    /// The caller sent it, not the bridge.
    pub from_caller: bool,
    /// When the first packet passed.
    pub from: Instant,
    /// When the last packet passed.
    pub until: Instant,
    /// How many came.
    pub packets: u64,
    /// How many are missing by their sequence numbers.
    pub lost: u64,
    /// When it was noticed that packets are missing, as far as that is kept.
    pub losses: Vec<Instant>,
}

/// Keeps it.
#[derive(Debug)]
pub(super) struct WireKeeper {
    notes: Notes,
    wire: Wire,
    /// When each request passed first, by its call, way, number and method.
    asked: BTreeMap<(String, Way, u32, String), Instant>,
    /// By flow, way and source.
    streams: BTreeMap<(u64, Way, u32), (Reception, WireStream)>,
}

impl WireKeeper {
    pub(super) fn new(notes: Notes) -> Self {
        Self { notes, wire: Wire::default(), asked: BTreeMap::new(), streams: BTreeMap::new() }
    }

    /// A message passed, whose keys are masked.
    pub(super) fn message(&mut self, at: Instant, way: Way, bytes: &[u8]) {
        let Ok(message) = Message::parse(bytes) else { return };
        let headers = message.headers();
        let (Ok(call_id), Ok(cseq)) = (headers.call_id(), headers.cseq()) else { return };
        let Some(part) = self.notes.part(call_id) else { return };
        if self.wire.messages.len() >= MESSAGES_MAX {
            self.wire.left_out += 1;
            return;
        }
        let method = cseq.method.as_str().to_owned();
        let asked = |way| (call_id.to_owned(), way, cseq.number, method.clone());
        let says = match &message {
            Message::Request(_) => {
                let before = *self.asked.entry(asked(way)).or_insert(at);
                WireStart::Request { again: before < at, method }
            }
            Message::Response(response) => {
                let after = self.asked.get(&asked(way.back())).map(|asked| at.since(*asked));
                WireStart::Response { code: response.code, reason: response.reason.clone(), after, method }
            }
        };
        let text = String::from_utf8_lossy(bytes).into();
        self.wire.messages.push(WireMessage { at, part, from_caller: way == Way::In, says, text });
    }

    /// A datagram of a flow passed.
    pub(super) fn packet(&mut self, at: Instant, call_id: &str, (flow, way): (u64, Way), datagram: &[u8]) {
        let Some(packet) = Packet::parse(datagram).ok().filter(|_| Kind::of(datagram) == Kind::Rtp) else {
            return;
        };
        let (header, key) = (packet.header, (flow, way, packet.header.ssrc));
        if !self.streams.contains_key(&key) {
            let Some(part) = self.notes.part(call_id) else { return };
            if self.streams.len() >= STREAMS_MAX {
                self.wire.left_out += 1;
                return;
            }
            let from_caller = way == Way::In;
            let stream = WireStream {
                part,
                from_caller,
                from: at,
                until: at,
                packets: 0,
                lost: 0,
                losses: Vec::new(),
            };
            self.streams.insert(key, (Reception::new(header.sequence), stream));
        }
        let Some((reception, stream)) = self.streams.get_mut(&key) else { return };
        let before = reception.all_lost();
        if reception.count(header.sequence) != Order::Astray {
            (stream.until, stream.packets) = (at, stream.packets + 1);
        }
        if reception.all_lost() > before && stream.losses.len() < LOSSES_MAX {
            stream.losses.push(at);
        }
    }

    /// All that was kept.
    pub(super) fn finish(self) -> Wire {
        let Self { mut wire, streams, .. } = self;
        let counted = |(reception, stream): (Reception, WireStream)| WireStream {
            lost: u64::try_from(reception.all_lost()).unwrap_or_default(),
            ..stream
        };
        wire.streams = streams.into_values().map(counted).collect();
        wire.streams.sort_by_key(|stream| (stream.from, stream.part));
        wire
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtp::packet::Header;

    fn at(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    fn keeper() -> WireKeeper {
        let notes = Notes::default();
        notes.call("c@h", 2);
        WireKeeper::new(notes)
    }

    fn message(first: &str, cseq: &str, call_id: &str) -> Vec<u8> {
        format!("{first}\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKa\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: {call_id}\r\n\
                 CSeq: {cseq}\r\nContent-Length: 0\r\n\r\n")
        .into_bytes()
    }

    #[test]
    fn a_response_tells_how_long_its_request_waited() {
        let mut keeper = keeper();
        let invite = message("INVITE sip:b@h SIP/2.0", "7 INVITE", "c@h");
        keeper.message(at(10), Way::In, &invite);
        keeper.message(at(510), Way::In, &invite);
        keeper.message(at(522), Way::Out, &message("SIP/2.0 200 OK", "7 INVITE", "c@h"));
        keeper.message(at(523), Way::Out, &message("SIP/2.0 200 OK", "8 BYE", "c@h"));
        keeper.message(at(524), Way::In, &message("BYE sip:b@h SIP/2.0", "8 BYE", "another@h"));
        let wire = keeper.finish();
        let says: Vec<&WireStart> = wire.messages.iter().map(|message| &message.says).collect();
        let request = |again| WireStart::Request { method: "INVITE".into(), again };
        let ok = |method: &str, after| WireStart::Response {
            code: 200,
            reason: "OK".into(),
            method: method.into(),
            after,
        };
        let waited = Some(Duration::from_millis(512));
        assert_eq!(says, [&request(false), &request(true), &ok("INVITE", waited), &ok("BYE", None)]);
        assert!(wire.messages.iter().all(|message| message.part == 2), "of nobody's call nothing is kept");
        assert_eq!(wire.messages.iter().filter(|message| message.from_caller).count(), 2);
    }

    #[test]
    fn streams_count_what_came_and_what_is_missing() {
        let mut keeper = keeper();
        for (number, sequence) in (0..).zip([9, 10, 12, 13, 11, 20_u16]) {
            let header = Header { marker: false, payload_type: 0, sequence, timestamp: 0, ssrc: 5 };
            keeper.packet(at(20 * number), "c@h", (1, Way::In), &header.to_bytes());
        }
        let wire = keeper.finish();
        let [stream] = &wire.streams[..] else { panic!("{wire:?}") };
        assert_eq!((stream.packets, stream.lost, stream.from_caller), (6, 6, true));
        assert_eq!((stream.from, stream.until, &stream.losses[..]), (at(0), at(100), &[at(40), at(100)][..]));
    }

    #[test]
    fn what_is_too_much_is_counted() {
        let mut keeper = keeper();
        for _ in 0..MESSAGES_MAX + 3 {
            keeper.message(at(0), Way::In, &message("INFO sip:b@h SIP/2.0", "1 INFO", "c@h"));
        }
        let wire = keeper.finish();
        assert_eq!((wire.messages.len(), wire.left_out), (MESSAGES_MAX, 3));
    }
}
