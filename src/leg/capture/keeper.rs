//! The thread that keeps what was tapped: it takes the keys out, puts everything in the order of its time, and hands it to a
//! file and to a collector. Nothing that was tapped reaches either by another way.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::BufWriter;
use std::sync::Arc;
use std::time::Duration;

use rustc_hash::FxBuildHasher;

use super::frames::{Ends, Streams, datagram};
use super::hep::{self, Captured, Content, Sender};
use super::notes::Notes;
use super::pcapng::{Frame, Interface, WriteError, Writer};
use super::tap::{Media, Moment, Queue, Record, WIRE_MAX, Way, What};
use super::wire::{Wire, WireKeeper};
use crate::rtp::mask::{ToneMask, mask_packet};
use crate::rtp::packet::Kind;
use crate::sip::mask::{Mask, masked};
use crate::sip::transport::Transport;

/// How often the thread looks.
const EVERY: Duration = Duration::from_millis(20);

/// How long something waits for what passed before it and is held back, in microseconds: longer than a stream that pauses.
const ORDERED_WITHIN: u64 = 500_000;

/// After this time without a packet a stream pauses, in microseconds.
const PAUSE: u64 = 200_000;

/// What is kept back is handed to the system once in so many microseconds, so that the file can be read meanwhile.
const FLUSHED_EVERY: u64 = 1_000_000;

/// Streams of one way of a call whose keys are looked for; sound of more than so many sources has no content.
const SOURCES_MAX: usize = 4;

/// What passed, without keys.
#[derive(Debug)]
struct Ready {
    ends: Ends,
    missing: u64,
    what: Passed,
    note: Note,
}

/// What the caller was at whose call it is, if that is known.
type Note = Option<Arc<str>>;

#[derive(Debug)]
enum Passed {
    Message(Transport, Way, Vec<u8>),
    Closed(Transport),
    Media(Way, Vec<u8>),
    Reports(Way, Vec<u8>, Arc<str>),
}

/// A stream of sound: the flow, the way, and the source.
type StreamKey = (u64, Way, u32);

#[derive(Debug)]
struct Stream {
    mask: ToneMask<(Moment, Ends, Note)>,
    /// When its last packet passed, in microseconds.
    last: u64,
    is_paused: bool,
}

/// The thread's work.
#[derive(Debug)]
pub(super) struct Keeper {
    queue: Arc<Queue>,
    file: Option<Writer<BufWriter<File>>>,
    collector: Option<Sender>,
    notes: Notes,
    wire: Option<WireKeeper>,
    sounds: HashMap<StreamKey, Stream, FxBuildHasher>,
    segments: Streams,
    waiting: BTreeMap<Moment, Ready>,
    /// Records that found no room in the queue, as far as told in the file.
    told: u64,
    outcome: Outcome,
    flushed: u64,
}

/// What became of a capture.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Outcome {
    /// Frames in the file.
    pub(super) frames: u64,
    /// Records that are missing.
    pub(super) dropped: u64,
    /// The file was full.
    is_full: bool,
    has_failed: bool,
    /// What is kept for a report.
    pub(super) wire: Wire,
}

impl Keeper {
    pub(super) fn new(
        queue: Arc<Queue>,
        file: Option<Writer<BufWriter<File>>>,
        collector: Option<Sender>,
        (notes, keeps_wire): (Notes, bool),
    ) -> Self {
        Self {
            queue,
            file,
            collector,
            wire: keeps_wire.then(|| WireKeeper::new(notes.clone())),
            notes,
            sounds: HashMap::default(),
            segments: Streams::default(),
            waiting: BTreeMap::new(),
            told: 0,
            outcome: Outcome::default(),
            flushed: 0,
        }
    }

    /// Runs until the queue is stopped; returns what became of it.
    pub(super) fn run(mut self) -> Outcome {
        loop {
            // What is tapped before the end is kept.
            let is_last = self.queue.is_stopping();
            for record in self.queue.take() {
                self.take(record);
            }
            let now = self.queue.now();
            self.pause(now, is_last);
            self.hand_over(if is_last { u64::MAX } else { now.saturating_sub(ORDERED_WITHIN) });
            if is_last {
                return self.finish(now);
            }
            if now >= self.flushed + FLUSHED_EVERY {
                self.flushed = now;
                let flushed = self.file.as_mut().map_or(Ok(()), Writer::flush);
                flushed.unwrap_or_else(|error| self.fail(&error));
            }
            std::thread::park_timeout(EVERY);
        }
    }

    fn take(&mut self, Record { at, ends, what }: Record) {
        match what {
            What::Message(transport, way, bytes) => {
                let bytes = masked(&bytes, Mask::Zero);
                let note = call_id(&bytes).and_then(|call_id| self.notes.at(call_id));
                self.keep(at, ends, Passed::Message(transport, way, bytes), note);
            }
            What::Closed(transport) => self.keep(at, ends, Passed::Closed(transport), None),
            What::Media(media) => self.take_media(at, ends, media),
            What::FlowEnded(flow) => {
                let ended: Vec<StreamKey> =
                    self.sounds.keys().filter(|(of, ..)| *of == flow).copied().collect();
                for key in ended {
                    if let Some(mut stream) = self.sounds.remove(&key) {
                        stream.mask.pause();
                        self.drain(key.1, &mut stream.mask);
                    }
                }
            }
        }
    }

    fn take_media(&mut self, at: Moment, ends: Ends, media: Media) {
        let Media { flow, call_id, way, formats, has_callers, datagram } = media;
        let mut datagram = Vec::from(datagram);
        let note = self.notes.at(&call_id);
        if let Some(wire) = &mut self.wire {
            wire.packet(self.queue.instant(at.micros), &call_id, (flow, way), &datagram);
        }
        if Kind::of(&datagram) == Kind::Rtcp {
            return self.keep(at, ends, Passed::Reports(way, datagram, call_id), note);
        }
        if self.file.is_none() {
            return;
        }
        let Some((law, codes)) = mask_packet(formats, &mut datagram).filter(|_| has_callers) else {
            return self.keep(at, ends, Passed::Media(way, datagram), note);
        };
        let source =
            datagram.get(8..12).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_be_bytes);
        let key = (flow, way, source);
        let others = || self.sounds.keys().filter(|(of, along, _)| (*of, *along) == (flow, way)).count();
        if !self.sounds.contains_key(&key) && others() >= SOURCES_MAX {
            datagram[codes].fill(law.silence());
            return self.keep(at, ends, Passed::Media(way, datagram), note);
        }
        let fresh = || Stream { mask: ToneMask::default(), last: at.micros, is_paused: false };
        let mut stream = self.sounds.remove(&key).unwrap_or_else(fresh);
        (stream.last, stream.is_paused) = (at.micros, false);
        stream.mask.take((at, ends, note), datagram, law, codes);
        self.drain(way, &mut stream.mask);
        self.sounds.insert(key, stream);
    }

    /// Keeps what the mask of a stream holds back no longer.
    fn drain(&mut self, way: Way, mask: &mut ToneMask<(Moment, Ends, Note)>) {
        while let Some(((at, ends, note), datagram)) = mask.poll_output() {
            self.keep(at, ends, Passed::Media(way, datagram), note);
        }
    }

    fn keep(&mut self, at: Moment, ends: Ends, what: Passed, note: Note) {
        let dropped = self.queue.dropped();
        let missing = dropped - self.told;
        self.told = dropped;
        self.waiting.insert(at, Ready { ends, missing, what, note });
    }

    /// Lets go of what streams hold back that have paused; at the end of all.
    fn pause(&mut self, now: u64, is_last: bool) {
        let is_silent = |stream: &Stream| !stream.is_paused && (is_last || stream.last + PAUSE <= now);
        let silent = self.sounds.iter().filter(|(_, stream)| is_silent(stream)).map(|(key, _)| *key);
        for key in silent.collect::<Vec<_>>() {
            if let Some(mut stream) = self.sounds.remove(&key) {
                stream.is_paused = true;
                stream.mask.pause();
                self.drain(key.1, &mut stream.mask);
                self.sounds.insert(key, stream);
            }
        }
    }

    /// Hands over what passed until then, and what there is no room to wait for.
    fn hand_over(&mut self, until: u64) {
        loop {
            let is_too_much = self.waiting.len() > WIRE_MAX;
            let Some(first) = self.waiting.first_entry() else { return };
            if first.key().micros > until && !is_too_much {
                return;
            }
            let (Moment { micros, .. }, ready) = first.remove_entry();
            self.report(micros, &ready);
            if let (Some(wire), Passed::Message(_, way, bytes)) = (&mut self.wire, &ready.what) {
                wire.message(self.queue.instant(micros), *way, bytes);
            }
            self.write(micros, ready);
        }
    }

    fn report(&self, micros: u64, ready: &Ready) {
        let Some(collector) = &self.collector else { return };
        let captured = |way, transport, content, call_id, payload| {
            let ends = ready.ends;
            collector.send(&Captured { ends, way, transport, micros, content, call_id, payload });
        };
        match &ready.what {
            Passed::Message(transport, way, bytes) => {
                // What only keeps a connection open is not of any call.
                if let Some(call_id) = call_id(bytes) {
                    captured(*way, *transport, Content::Sip, call_id, bytes);
                }
            }
            Passed::Reports(way, datagram, call_id) => {
                if let Some(json) = hep::reports(datagram) {
                    captured(*way, Transport::Udp, Content::Rtcp, call_id, &json);
                }
            }
            Passed::Closed(_) | Passed::Media(..) => {}
        }
    }

    fn write(&mut self, micros: u64, Ready { ends, missing, what, note }: Ready) {
        let interface = match what {
            Passed::Message(Transport::Tls, ..) | Passed::Closed(Transport::Tls) => Interface::Decrypted,
            Passed::Message(..) | Passed::Closed(_) | Passed::Media(..) | Passed::Reports(..) => {
                Interface::Plain
            }
        };
        let (way, frames) = match what {
            Passed::Message(Transport::Udp, way, bytes)
            | Passed::Media(way, bytes)
            | Passed::Reports(way, bytes, _) => (way, vec![datagram(ends, way, &bytes)]),
            Passed::Message(transport, way, bytes) => {
                (way, self.segments.message(transport, ends, way, &bytes))
            }
            Passed::Closed(transport) => (Way::In, self.segments.close(transport, ends)),
        };
        let Some(file) = &mut self.file else { return };
        let mut missing = missing;
        for bytes in &frames {
            let comment = note.as_deref();
            match file.frame(Frame { interface, micros, way, missing, comment, bytes }) {
                Ok(()) => missing = 0,
                Err(error) => {
                    self.outcome.dropped += 1;
                    return match error {
                        WriteError::Full => self.fill(),
                        WriteError::Io(error) => self.fail(&error),
                    };
                }
            }
        }
    }

    fn fill(&mut self) {
        if !std::mem::replace(&mut self.outcome.is_full, true) {
            tracing::warn!(target: "attendant::sip", "the capture is full: nothing more is written");
        }
    }

    /// A file that cannot be written is left as it is.
    fn fail(&mut self, error: &std::io::Error) {
        tracing::error!(target: "attendant::sip", %error, "the capture cannot be written any more");
        self.outcome.has_failed = true;
        self.outcome.frames = self.file.take().map_or(0, |file| file.packets());
    }

    fn finish(mut self, now: u64) -> Outcome {
        self.outcome.wire = self.wire.take().map(WireKeeper::finish).unwrap_or_default();
        self.outcome.dropped += self.queue.dropped();
        if let Some(file) = self.file.take() {
            self.outcome.frames = file.packets();
            let Outcome { dropped, is_full, .. } = self.outcome;
            let comment = match (dropped, is_full) {
                (0, _) => None,
                (_, true) => Some(format!("{dropped} records are missing: the file was full")),
                (_, false) => {
                    Some(format!("{dropped} records are missing: they came faster than they were kept"))
                }
            };
            if let Err(error) = file.finish(now, dropped, comment.as_deref()) {
                self.fail(&error);
            }
        }
        self.outcome
    }
}

/// The Call-ID of a message (RFC 3261, section 20.8).
fn call_id(message: &[u8]) -> Option<&str> {
    let text = message.utf8_chunks().next()?.valid();
    let head = text.lines().take_while(|line| !line.is_empty());
    let mut fields = head.filter_map(|line| line.split_once(':'));
    let is_call_id =
        |name: &str| ["call-id", "i"].iter().any(|known| name.trim().eq_ignore_ascii_case(known));
    fields.find(|(name, _)| is_call_id(name)).map(|(_, value)| value.trim())
}
