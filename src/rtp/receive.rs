//! What comes from one caller, once the latch believes it: keys are read, and sound is thrown away undecoded unless
//! somebody listens.

use std::time::Duration;

use smallvec::SmallVec;

use super::jitter::{JitterBuffer, JitterFigures};
use super::latch::SSRCS;
use super::packet::{Header, Packet};
use super::refusal::Refusal;
use super::rtcp::ReportBlock;
use super::rtcp::ntp::fraction_of;
use super::rtcp::reception::{Order, Reception};
use crate::control::call::Digit;
use crate::control::outputs::Outputs;
use crate::control::time::Instant;
use crate::media::dtmf::detector::{Detector, Heard};
use crate::media::g711::Law;
use crate::media::mixer::Frame;
use crate::media::rate::SAMPLES_PER_SECOND;
use crate::media::telephone_event::TelephoneEvent;
use crate::media::telephone_event::decoder::{self, Decoder};

/// A press that begins so soon after the last one of its key, on the other stream of the caller, is the same press.
pub const SAME_PRESS: Duration = Duration::from_millis(100);

/// The sound of a second stream is heard once the first has been silent for so long.
pub const TAKEOVER: Duration = Duration::from_millis(100);

/// How long a sample lasts.
const MICROSECONDS: u64 = 1_000_000 / SAMPLES_PER_SECOND as u64;

/// The payload types that were agreed upon.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Formats {
    /// Those of the two laws, in the order of [`Law::ALL`].
    pub laws: [Option<u8>; Law::ALL.len()],
    /// That of telephone events at the rate of G.711 (RFC 4733). Without, keys are heard in the sound.
    pub events: Option<u8>,
}

/// What a payload is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Sound.
    Sound(Law),
    /// Telephone events.
    Events,
}

impl Formats {
    /// What was agreed upon for this payload type.
    #[must_use]
    pub fn of(&self, payload_type: u8) -> Option<Format> {
        if self.events == Some(payload_type) {
            return Some(Format::Events);
        }
        let mut laws = Law::ALL.into_iter().zip(self.laws);
        laws.find(|(_, known)| *known == Some(payload_type)).map(|(law, _)| Format::Sound(law))
    }
}

/// How a key was told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyWay {
    /// As a telephone event (RFC 4733).
    Event,
    /// As two tones in the sound (ITU-T Q.23).
    Tones,
}

/// A key went down. Each press is told once, however many packets and streams tell of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pressed {
    /// Which key.
    pub digit: Digit,
    /// How it was told.
    pub way: KeyWay,
}

/// The streams of one caller, as many as the [latch](super::latch) believes.
///
/// The contract of every machine: a `handle_*` call is one change; drain [`Receiver::poll_output`] completely before the
/// next. [`Receiver::poll_timeout`] says when [`Receiver::handle_timeout`] is due.
#[derive(Clone, Debug)]
pub struct Receiver {
    formats: Formats,
    streams: SmallVec<[Stream; 1]>,
    last_press: Option<LastPress>,
    listens: bool,
    /// What comes is taken in, and not only counted.
    hears: bool,
    /// There while somebody listens, or keys are heard in the sound.
    decoding: Option<Box<Decoding>>,
    /// Of streams that are gone.
    lost_before: i64,
    received: u64,
    figures: JitterFigures,
    outputs: Outputs<Pressed>,
}

/// One stream (one SSRC).
#[derive(Clone, Debug)]
struct Stream {
    ssrc: u32,
    reception: Reception,
    /// The middle of the time in its last sender report, and when that came.
    last_report: Option<(u32, Instant)>,
    keys: Decoder,
}

#[derive(Clone, Copy, Debug)]
struct LastPress {
    ssrc: u32,
    digit: Digit,
    released: Option<Instant>,
}

#[derive(Clone, Debug)]
struct Decoding {
    buffer: JitterBuffer,
    /// The stream that is decoded, and when its last sound came.
    stream: Option<(u32, Instant)>,
    tones: Option<Detector>,
}

impl Stream {
    fn new(header: &Header) -> Self {
        let reception = Reception::new(header.sequence);
        Self { ssrc: header.ssrc, reception, last_report: None, keys: Decoder::default() }
    }

    fn report(&mut self, now: Instant) -> ReportBlock {
        let (last_sender_report, delay_since) = match self.last_report {
            Some((middle, came)) => (middle, fraction_of(now.since(came))),
            None => (0, 0),
        };
        ReportBlock {
            ssrc: self.ssrc,
            fraction_lost: self.reception.take_fraction_lost(),
            lost: self.reception.lost(),
            highest_sequence: self.reception.highest_sequence(),
            jitter: self.reception.jitter(),
            last_sender_report,
            delay_since,
        }
    }
}

impl Receiver {
    /// A receiver that nothing has come to, and that nobody listens to.
    #[must_use]
    pub fn new(formats: Formats) -> Self {
        let mut receiver = Self {
            formats,
            streams: SmallVec::new(),
            last_press: None,
            listens: false,
            hears: true,
            decoding: None,
            lost_before: 0,
            received: 0,
            figures: JitterFigures::default(),
            outputs: Outputs::default(),
        };
        receiver.decode_if_needed();
        receiver
    }

    /// What was agreed upon.
    #[must_use]
    pub fn formats(&self) -> Formats {
        self.formats
    }

    /// Takes a new agreement. Where it has telephone events, keys are not heard in the sound any more.
    pub fn set_formats(&mut self, formats: Formats) {
        self.formats = formats;
        self.decode_if_needed();
    }

    /// Takes in what comes from now on, or only counts it: nothing is heard then, and no key.
    pub fn set_hears(&mut self, hears: bool) {
        self.hears = hears;
    }

    /// Listens to the sound from now on, or does not any more.
    pub fn listen(&mut self, listens: bool) {
        self.listens = listens;
        self.decode_if_needed();
    }

    /// Whether sound is decoded, so that [`Receiver::pull`] is to be called every 20 ms.
    #[must_use]
    pub fn is_decoding(&self) -> bool {
        self.decoding.is_some()
    }

    /// Forgets all streams but this one.
    pub fn begin(&mut self, now: Instant, header: &Header) {
        while let Some(other) = self.streams.iter().find(|stream| stream.ssrc != header.ssrc) {
            self.forget(now, other.ssrc);
        }
        if self.streams.is_empty() {
            self.streams.push(Stream::new(header));
        }
    }

    /// Takes another stream, in place of the one with this source.
    pub fn begin_another(&mut self, now: Instant, header: &Header, replaces: Option<u32>) {
        if let Some(ssrc) = replaces {
            self.forget(now, ssrc);
        }
        self.streams.push(Stream::new(header));
    }

    /// Takes a packet of a stream that has begun.
    ///
    /// # Errors
    /// It is not what was agreed upon, or not of the stream.
    pub fn handle_packet(&mut self, now: Instant, packet: &Packet<'_>) -> Result<(), Refusal> {
        let header = packet.header;
        let format = self.formats.of(header.payload_type);
        let stream = self.stream_mut(header.ssrc).ok_or(Refusal::Astray)?;
        let order = stream.reception.count(header.sequence);
        if order == Order::Astray {
            return Err(Refusal::Astray);
        }
        let format = format.ok_or(Refusal::PayloadType);
        if let (Ok(Format::Sound(_)), Order::Newer | Order::Late) = (format, order) {
            stream.reception.measure((now.micros() / MICROSECONDS) as u32, header.timestamp);
        }
        self.received += 1;
        if !self.hears {
            return Err(Refusal::OnHold);
        }
        match format? {
            Format::Events => {
                let event = TelephoneEvent::parse(packet.payload).map_err(|_| Refusal::Malformed)?;
                let Header { sequence, timestamp, ssrc, .. } = header;
                self.handle_event(now, ssrc, decoder::Packet { sequence, timestamp, event });
            }
            Format::Sound(law) => {
                if let Some(decoding) = self.decoding.as_mut().filter(|_| order != Order::Duplicate) {
                    decoding.take(now, law, order == Order::Newer, packet);
                }
            }
        }
        Ok(())
    }

    /// Takes a telephone event of the stream with this source.
    pub fn handle_event(&mut self, now: Instant, ssrc: u32, packet: decoder::Packet) {
        if self.hears
            && let Some(stream) = self.stream_mut(ssrc)
        {
            stream.keys.handle_input(now, packet);
            self.take_keys(now);
        }
    }

    /// Does what falls due.
    pub fn handle_timeout(&mut self, now: Instant) {
        for stream in &mut self.streams {
            stream.keys.handle_timeout(now);
        }
        self.take_keys(now);
    }

    /// The next key that went down.
    pub fn poll_output(&mut self) -> Option<Pressed> {
        self.outputs.poll()
    }

    /// When to call [`Receiver::handle_timeout`].
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.streams.iter().filter_map(|stream| stream.keys.poll_timeout()).min()
    }

    /// Plays the next 20 ms of what the caller says, and hears keys in it where they are told so; drain
    /// [`Receiver::poll_output`] afterwards. Whether there is anything to hear: without, the frame is silent.
    pub fn pull(&mut self, frame: &mut Frame) -> bool {
        let Some(decoding) = &mut self.decoding else {
            frame.fill(0);
            return false;
        };
        let is_there = decoding.buffer.pull(frame);
        if let Some(tones) = &mut decoding.tones {
            tones.feed(frame, |heard| match heard {
                Heard::Pressed { digit, .. } => {
                    self.outputs.push(Pressed { digit, way: KeyWay::Tones });
                }
                Heard::ToneBegan | Heard::ToneEnded | Heard::Released(_) => {}
            });
        }
        is_there
    }

    /// Notes that the sender of a stream reported: the middle of the time that it told.
    pub fn note_report(&mut self, now: Instant, ssrc: u32, middle: u32) {
        if let Some(stream) = self.stream_mut(ssrc) {
            stream.last_report = Some((middle, now));
        }
    }

    /// What is reported of each stream, since the last time.
    pub fn report(&mut self, now: Instant) -> SmallVec<[ReportBlock; SSRCS]> {
        self.streams.iter_mut().map(|stream| stream.report(now)).collect()
    }

    /// The interarrival jitter of the stream that comes least evenly, in timestamp units.
    #[must_use]
    pub fn jitter(&self) -> u32 {
        self.streams.iter().map(|stream| stream.reception.jitter()).max().unwrap_or(0)
    }

    /// Packets that came of all streams.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Packets lost of all streams.
    #[must_use]
    pub fn lost(&self) -> i64 {
        self.lost_before + self.streams.iter().map(|stream| stream.reception.all_lost()).sum::<i64>()
    }

    /// What became of the sound that was decoded.
    #[must_use]
    pub fn figures(&self) -> JitterFigures {
        self.decoding.as_ref().map_or(self.figures, |decoding| decoding.buffer.figures())
    }

    fn stream_mut(&mut self, ssrc: u32) -> Option<&mut Stream> {
        self.streams.iter_mut().find(|stream| stream.ssrc == ssrc)
    }

    fn decode_if_needed(&mut self) {
        let hears_keys = self.formats.events.is_none();
        if !(hears_keys || self.listens) {
            self.figures = self.figures();
            self.decoding = None;
            return;
        }
        let decoding = self.decoding.get_or_insert_with(|| {
            let buffer = JitterBuffer::new(self.figures);
            Box::new(Decoding { buffer, stream: None, tones: None })
        });
        if decoding.tones.is_some() != hears_keys {
            decoding.tones = hears_keys.then(Detector::new);
        }
    }

    fn take_keys(&mut self, now: Instant) {
        for at in 0..self.streams.len() {
            while let Some(output) = self.streams[at].keys.poll_output() {
                let ssrc = self.streams[at].ssrc;
                match output {
                    decoder::Output::Pressed(digit) => self.press(now, ssrc, digit),
                    decoder::Output::Released { .. } => self.release(now, ssrc),
                }
            }
        }
    }

    fn press(&mut self, now: Instant, ssrc: u32, digit: Digit) {
        let is_same = |last: LastPress| {
            let is_on = last.released.is_none_or(|released| now < released + SAME_PRESS);
            last.ssrc != ssrc && last.digit == digit && is_on
        };
        if !self.last_press.is_some_and(is_same) {
            self.last_press = Some(LastPress { ssrc, digit, released: None });
            self.outputs.push(Pressed { digit, way: KeyWay::Event });
        }
    }

    /// The last press is over, if it is one of this stream.
    fn release(&mut self, now: Instant, ssrc: u32) {
        if let Some(last) = self.last_press.as_mut().filter(|last| last.ssrc == ssrc) {
            last.released.get_or_insert(now);
        }
    }

    fn forget(&mut self, now: Instant, ssrc: u32) {
        if let Some(at) = self.streams.iter().position(|stream| stream.ssrc == ssrc) {
            let stream = self.streams.remove(at);
            self.lost_before += stream.reception.all_lost();
            self.release(now, ssrc);
        }
    }
}

impl Decoding {
    fn take(&mut self, now: Instant, law: Law, newer: bool, packet: &Packet<'_>) {
        let Header { ssrc, timestamp, .. } = packet.header;
        match self.stream {
            Some((other, heard)) if other != ssrc && now < heard + TAKEOVER => return,
            Some((other, _)) if other != ssrc => self.buffer.begin_again(),
            Some(_) | None => {}
        }
        self.stream = Some((ssrc, now));
        self.buffer.push(timestamp, newer, law, packet.payload);
    }
}
