//! What passed between telephones and bridge, in a ladder: messages as arrows, streams as bars. Keys in INFO requests are
//! one arrow, and that each was answered is in the table of events alone.

use std::collections::BTreeMap;
use std::time::Duration;

use super::build::Builder;
use super::words::lasting;
use super::{EventLine, Item, LaneKind, Stream, What};
use crate::control::time::Instant;
use crate::leg::capture::{Wire, WireMessage, WireStart, WireStream};

/// The method that keys are sent by (RFC 6086).
const INFO: &str = "INFO";

/// Requests with keys that come so soon one after the other are one arrow.
const OF_ONE_PRESS: Duration = Duration::from_secs(1);

/// An arrow of a caller, how many requests with keys it stands for, and when the last of them passed.
struct Keys {
    place: usize,
    count: u32,
    last: Instant,
}

/// Streams that begin within this time of each other are of one call, in microseconds.
const OF_ONE_CALL: u64 = 1_000_000;

impl Builder<'_> {
    /// Adds what passed until then to the items and events.
    pub(super) fn wire(&mut self, wire: &Wire, until: Instant) {
        let mut keys = BTreeMap::new();
        for message in wire.messages.iter().filter(|message| message.at <= until) {
            self.message(message, &mut keys);
        }
        let mut streams: Vec<&WireStream> =
            wire.streams.iter().filter(|stream| stream.from < until).collect();
        streams.sort_by_key(|stream| (stream.part, stream.from));
        let of_one_call = |one: &&WireStream, other: &&WireStream| {
            one.part == other.part && other.from.since(one.from).as_micros() < u128::from(OF_ONE_CALL)
        };
        for call in streams.chunk_by(of_one_call) {
            self.streams(call, until);
        }
    }

    fn message(&mut self, message: &WireMessage, keys: &mut BTreeMap<u32, Keys>) {
        let (Some(caller), Some(attendant)) =
            (self.lane(LaneKind::Caller(message.part)), self.lane(LaneKind::Attendant))
        else {
            return;
        };
        let (words, refuses) = said(&message.says);
        let text = self.messages.len();
        self.messages.push(message.text.clone());
        let (lane, to) = if message.from_caller { (caller, attendant) } else { (attendant, caller) };
        let (at, who) = (message.at, self.lanes[caller].name.clone());
        let verb = if message.from_caller { "Sends" } else { "Gets" };
        let line = EventLine {
            at,
            word: "sip",
            dot: if refuses { "fail" } else { "sip" },
            who,
            words: format!("{verb} {words}"),
            message: Some(text),
        };
        self.tell_line(line);
        let has_key = match &message.says {
            WireStart::Response { code: 200, method, .. } if method == INFO => return,
            WireStart::Request { method, .. } => method == INFO,
            WireStart::Response { .. } => false,
        };
        if let Some(row) =
            keys.get_mut(&message.part).filter(|row| has_key && at.since(row.last) < OF_ONE_PRESS)
        {
            (row.count, row.last) = (row.count + 1, at);
            return self.reword(row.place, format!("{INFO} × {}", row.count));
        }
        let place = self.put_at(at, Item { at, lane, what: What::Message { to, words, refuses, text } });
        if has_key {
            keys.insert(message.part, Keys { place, count: 1, last: at });
        } else {
            keys.remove(&message.part);
        }
    }

    fn streams(&mut self, call: &[&WireStream], until: Instant) {
        let Some(lane) = call.first().and_then(|stream| self.lane(LaneKind::Caller(stream.part))) else {
            return;
        };
        let mut words = Vec::new();
        let (sent, received) =
            call.iter().copied().partition::<Vec<&WireStream>, _>(|stream| stream.from_caller);
        for stream in sent.into_iter().chain(received) {
            let counted = counted(stream);
            let arrow = if stream.from_caller { "↑" } else { "↓" };
            words.push(format!("{arrow} {counted}"));
            let way = if stream.from_caller { "RTP sent" } else { "RTP received" };
            self.streams.push(Stream {
                lane,
                is_sent: stream.from_caller,
                from: stream.from,
                until: stream.until.min(until),
                losses: stream.losses.iter().copied().filter(|at| *at <= until).collect(),
                words: format!("{way}: {counted}"),
            });
        }
        let at = call.iter().map(|stream| stream.until).max().map_or(until, |at| at.min(until));
        let (lost, words) = (call.iter().any(|stream| stream.lost > 0), format!("RTP {}", words.join(", ")));
        self.tell_line(EventLine {
            at,
            word: "rtp",
            dot: if lost { "fail" } else { "sip" },
            who: self.lanes[lane].name.clone(),
            words: words.clone(),
            message: None,
        });
        self.put_at(at, Item { at, lane, what: What::Packets { words, lost } });
    }
}

/// A first line in words, and whether it refuses something.
fn said(says: &WireStart) -> (String, bool) {
    match says {
        WireStart::Request { method, again: false } => (method.clone(), false),
        WireStart::Request { method, again: true } => (format!("{method} again"), false),
        WireStart::Response { code, reason, method, after } => {
            let after = match after {
                None => String::new(),
                Some(after) if after.as_millis() == 0 => ", under 1 ms".to_owned(),
                Some(after) if after.as_secs() == 0 => format!(", {} ms", after.as_millis()),
                Some(after) => format!(", {}", lasting(*after)),
            };
            (format!("{code} {reason} to {method}{after}"), *code >= 400)
        }
    }
}

/// `812 packets`, `812 packets, 3 lost (0.4 %)`.
fn counted(stream: &WireStream) -> String {
    let WireStream { packets, lost, .. } = *stream;
    if lost == 0 {
        return format!("{packets} packets");
    }
    let tenths = 1_000 * lost / (packets + lost).max(1);
    format!("{packets} packets, {lost} lost ({}.{} %)", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_said_by_their_first_line() {
        let request = |again| said(&WireStart::Request { method: "INVITE".into(), again }).0;
        assert_eq!((request(false).as_str(), request(true).as_str()), ("INVITE", "INVITE again"));
        let response = |code, reason: &str, after| {
            let after = Option::map(after, Duration::from_millis);
            said(&WireStart::Response { code, reason: reason.into(), method: "BYE".into(), after })
        };
        assert_eq!(response(200, "OK", Some(12)), ("200 OK to BYE, 12 ms".to_owned(), false));
        assert_eq!(response(200, "OK", Some(1_500)).0, "200 OK to BYE, 1.5 s");
        assert_eq!(response(404, "Not Found", None), ("404 Not Found to BYE".to_owned(), true));
    }

    #[test]
    fn losses_are_a_share_of_what_was_sent() {
        let stream = |packets, lost| WireStream {
            part: 0,
            from_caller: true,
            from: Instant::ZERO,
            until: Instant::ZERO,
            packets,
            lost,
            losses: Vec::new(),
        };
        assert_eq!(counted(&stream(812, 0)), "812 packets");
        assert_eq!(counted(&stream(997, 3)), "997 packets, 3 lost (0.3 %)");
    }
}
