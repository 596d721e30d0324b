//! What a caller sends: a packet every 20 ms, of silence, a voice or tones, or a report of the key that is down. What the
//! line does to them is done here.

use std::collections::VecDeque;
use std::time::Duration;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};

use super::Handset;
use super::person::{Said, Speech};
use crate::control::call::{self, Digit};
use crate::control::time::Instant;
use crate::leg::cast::KeyPath;
use crate::media::amount::Part;
use crate::media::dtmf::generator::{self, Generator};
use crate::media::impair::conditions::{Conditions, Line};
use crate::media::library::Sound;
use crate::media::rate::{FRAME, FRAME_TIME, samples_of};
use crate::media::speaker::Speaker;
use crate::media::telephone_event::Volume;
use crate::media::telephone_event::encoder::{Encoder, Input};
use crate::rtp::packet::Header;
use crate::sip::offer::Agreed;

/// How loud our events say that they are.
const VOLUME: Volume = Volume::below_0_dbm0(8);

/// The shortest pause after a key, where a fault presses one twice.
const GAP: Duration = Duration::from_millis(20);

/// Frames after a tone that the line still changes: 200 ms.
const TAIL: u32 = 10;

/// Keys that wait for the one before.
const KEYS_MAX: usize = 64;

/// What a caller says.
#[derive(Clone, Debug)]
pub(super) enum Saying {
    /// Syllables in the caller's voice.
    Talk,
    /// A steady tone, as high as that.
    Tone,
    /// A recording, from this sample on.
    Recording(Sound, usize),
}

impl Saying {
    /// What is said; a recording is looked up by its place.
    pub(super) fn of(speech: call::Speech, recording: impl FnOnce(u16) -> Option<Sound>) -> Option<Self> {
        match speech {
            call::Speech::Talk => Some(Self::Talk),
            call::Speech::Tone => Some(Self::Tone),
            call::Speech::Recording(place) => Some(Self::Recording(recording(place)?, 0)),
        }
    }
}

/// The stream of one caller.
#[derive(Debug)]
pub(super) struct Mouth {
    agreed: Agreed,
    sends_tones: bool,
    began: Instant,
    frames: u32,
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    keys: VecDeque<(Digit, Duration)>,
    /// When the key that is down goes up, and when the next may go down.
    up: Option<Instant>,
    free: Instant,
    /// The shortest pause after a key.
    gap: Duration,
    encoder: Encoder,
    generator: Generator,
    settings: generator::Settings,
    line: Line,
    /// Frames for which it is still heard what the line does to a key.
    tail: u32,
    loss: Part,
    repeated: Part,
    jitter: Duration,
    chance: ChaCha8Rng,
    voice: Speaker,
    /// The caller says a name.
    pub(super) speaks: bool,
    /// What the caller says else.
    says: Option<Saying>,
    /// What somebody says at this telephone.
    speech: Option<Speech>,
    /// Packets that the line delays.
    late: Vec<(Instant, Vec<u8>)>,
}

impl Mouth {
    /// The stream of this telephone, of which `voice` numbers the voice; `media` draws its numbers, and `chance` what the line
    /// loses.
    pub(super) fn new(
        now: Instant,
        agreed: Agreed,
        handset: &Handset,
        voice: u32,
        media: u64,
        mut chance: ChaCha8Rng,
    ) -> Self {
        let Handset { keys, faults } = handset;
        // What happens to packets happens to them here, not to the sound in them.
        let of_sound = Conditions {
            loss: Part::default(),
            repeated: Part::default(),
            jitter: Duration::ZERO,
            ..faults.clone()
        };
        let line = Line::new(&of_sound, &mut ChaCha8Rng::seed_from_u64(chance.random()));
        let [a, b, c, d, e, f, g, h] = media.to_be_bytes();
        Self {
            agreed,
            sends_tones: matches!(keys, KeyPath::Inband | KeyPath::Both) || agreed.events.is_none(),
            began: now,
            frames: 0,
            ssrc: u32::from_be_bytes([a, b, c, d]),
            sequence: u16::from_be_bytes([e, f]),
            timestamp: u32::from_be_bytes([g, h, a, b]),
            keys: VecDeque::new(),
            up: None,
            free: now,
            gap: GAP,
            encoder: Encoder::default(),
            generator: Generator::default(),
            settings: faults.keys(),
            line,
            tail: 0,
            loss: faults.loss,
            repeated: faults.repeated,
            jitter: faults.jitter,
            chance,
            voice: Speaker::new(voice),
            speaks: false,
            says: None,
            speech: None,
            late: Vec::new(),
        }
    }

    /// The same, with so long a pause after each key.
    pub(super) fn with_gap(self, gap: Duration) -> Self {
        Self { gap: gap.max(GAP), ..self }
    }

    /// The same, at which somebody speaks.
    pub(super) fn of_person(self, speech: Option<Speech>) -> Self {
        Self { speech, ..self }
    }

    /// Says this from now on, or nothing any more.
    pub(super) fn say(&mut self, says: Option<Saying>) {
        self.says = says;
    }

    /// Goes on as it was agreed on again.
    pub(super) const fn agree(&mut self, agreed: Agreed) {
        self.agreed = agreed;
    }

    /// Presses a key, once those before it have gone up.
    pub(super) fn press(&mut self, digit: Digit, hold: Duration) {
        if self.keys.len() < KEYS_MAX {
            self.keys.push_back((digit, hold));
        }
    }

    /// Returns when [`Mouth::handle_timeout`] is due.
    pub(super) fn poll_timeout(&self) -> Instant {
        self.poll_keys().min(self.frame_due())
    }

    /// Returns when it is due for the sake of keys, or of packets that the line delays.
    pub(super) fn poll_keys(&self) -> Instant {
        let late = self.late.iter().map(|(due, _)| *due).min().unwrap_or(Instant::NEVER);
        let next = if self.keys.is_empty() { Instant::NEVER } else { self.free };
        let encoder = self.encoder.poll_timeout().unwrap_or(Instant::NEVER);
        [self.up.unwrap_or(Instant::NEVER), late, encoder].into_iter().fold(next, Instant::min)
    }

    /// Sends what is due.
    pub(super) fn handle_timeout(&mut self, now: Instant, mut send: impl FnMut(&[u8])) {
        let mut ready = Vec::new();
        if self.up.is_some_and(|up| up <= now) {
            self.up = None;
            self.encoder.handle_input(now, Input::Release);
            self.report(&mut ready);
        }
        if self.free <= now
            && let Some((digit, hold)) = self.keys.pop_front()
        {
            self.go_down(now, digit, hold);
            self.report(&mut ready);
        }
        self.encoder.handle_timeout(now);
        self.report(&mut ready);
        while self.frame_due() <= now {
            self.frame(&mut ready);
        }
        for (packet, is_of_key) in ready {
            self.pass(now, packet, is_of_key);
        }
        self.late.sort_by_key(|(due, _)| *due);
        let due = self.late.iter().take_while(|(due, _)| *due <= now).count();
        self.late.drain(..due).for_each(|(_, packet)| send(&packet));
    }

    fn frame_due(&self) -> Instant {
        self.began + FRAME_TIME * (self.frames + 1)
    }

    fn go_down(&mut self, now: Instant, digit: Digit, hold: Duration) {
        self.free = now + hold + self.gap;
        if self.sends_tones {
            let settings = generator::Settings { on: samples_of(hold), ..self.settings };
            self.generator.press(digit, &settings);
        }
        if self.agreed.events.is_some() {
            self.up = Some(now + hold);
            let timestamp = self.timestamp.wrapping_add(samples_of(now.since(self.began)));
            self.encoder.handle_input(now, Input::Press { digit, volume: VOLUME, timestamp });
        }
    }

    /// Packets of the key that is down, or was.
    fn report(&mut self, ready: &mut Vec<(Vec<u8>, bool)>) {
        while let Some(packet) = self.encoder.poll_output() {
            let Some(payload_type) = self.agreed.events else { continue };
            let header = self.header(packet.marker, payload_type, packet.timestamp);
            ready.push(([&header[..], &packet.event.to_bytes()].concat(), true));
        }
    }

    fn frame(&mut self, ready: &mut Vec<(Vec<u8>, bool)>) {
        let timestamp = self.timestamp.wrapping_add(self.frames.wrapping_mul(FRAME as u32));
        let is_first = self.frames == 0;
        self.frames += 1;
        let mut frame = [0; FRAME];
        match self.speech.as_ref().map_or(Said::Nothing, |speech| speech.next(&mut frame)) {
            Said::Frame => {}
            Said::Tone => self.voice.speak(&mut frame),
            Said::Nothing if self.speaks => self.voice.speak(&mut frame),
            Said::Nothing => match &mut self.says {
                Some(Saying::Talk) => self.voice.speak(&mut frame),
                Some(Saying::Tone) => self.voice.hum(&mut frame),
                Some(Saying::Recording(sound, at)) => {
                    let samples = sound.samples().skip(*at);
                    frame.iter_mut().zip(samples).for_each(|(out, sample)| *out = sample);
                    *at += FRAME;
                }
                None => {}
            },
        }
        if self.generator.render(&mut frame) > 0 {
            self.tail = TAIL;
        }
        let is_of_key = self.tail > 0;
        if is_of_key {
            self.tail -= 1;
            self.line.apply(&mut frame);
        }
        // Events take the place of the sound that they tell of (RFC 4733 section 2.5.1.2), unless tones tell it too.
        let tells_keys = self.encoder.poll_timeout().is_some() && !self.sends_tones;
        if tells_keys || !self.agreed.direction.sends() {
            return;
        }
        let mut packet = self.header(is_first, self.agreed.payload_type, timestamp).to_vec();
        self.agreed.codec.encode(&frame, &mut packet);
        ready.push((packet, is_of_key));
    }

    fn header(&mut self, marker: bool, payload_type: u8, timestamp: u32) -> [u8; 12] {
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        Header { marker, payload_type, sequence, timestamp, ssrc: self.ssrc }.to_bytes()
    }

    /// Lets the line carry a packet; what it loses, doubles and delays are those of keys, as in virtual time.
    fn pass(&mut self, now: Instant, packet: Vec<u8>, is_of_key: bool) {
        if !is_of_key {
            return self.late.push((now, packet));
        }
        if self.loss.hits(&mut self.chance) {
            return;
        }
        let copies = 1 + usize::from(self.repeated.hits(&mut self.chance));
        for _ in 0..copies {
            let most = u64::try_from(self.jitter.as_millis()).unwrap_or(u64::MAX);
            let by = if most == 0 { 0 } else { self.chance.random_range(0..=most) };
            self.late.push((now + Duration::from_millis(by), packet.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::dtmf::detector::decode;
    use crate::media::g711::Law;
    use crate::media::telephone_event::TelephoneEvent;
    use crate::media::telephone_event::decoder::{self, Decoder};
    use crate::rtp::packet::Packet;
    use crate::sip::offer::{Direction, RemoteRtcp};

    fn agreed(events: Option<u8>) -> Agreed {
        Agreed {
            remote: "127.0.0.1:4000".parse().unwrap(),
            rtcp: RemoteRtcp::Muxed,
            codec: Law::Pcmu,
            payload_type: 0,
            events,
            direction: Direction::SendRecv,
        }
    }

    fn mouth(keys: KeyPath, faults: Conditions, events: Option<u8>) -> Mouth {
        let chance = ChaCha8Rng::seed_from_u64(5);
        Mouth::new(Instant::ZERO, agreed(events), &Handset { keys, faults }, 3, 77, chance)
    }

    /// What is sent until then, with its moment in milliseconds.
    fn sent(mouth: &mut Mouth, until: u64) -> Vec<(u64, Vec<u8>)> {
        let mut sent = Vec::new();
        loop {
            let now = mouth.poll_timeout();
            if now > Instant::from_millis(until) {
                return sent;
            }
            mouth.handle_timeout(now, |packet| sent.push((now.millis(), packet.to_vec())));
        }
    }

    /// The keys that events tell, and the samples of the sound.
    fn told(sent: &[(u64, Vec<u8>)]) -> (String, Vec<i16>) {
        let (mut keys, mut samples, mut decoder) = (String::new(), Vec::new(), Decoder::default());
        for (at, datagram) in sent {
            let packet = Packet::parse(datagram).unwrap();
            let header = packet.header;
            if header.payload_type == 101 {
                let event = TelephoneEvent::parse(packet.payload).unwrap();
                let told = decoder::Packet { sequence: header.sequence, timestamp: header.timestamp, event };
                decoder.handle_input(Instant::from_millis(*at), told);
            } else {
                Law::Pcmu.decode(packet.payload, &mut samples);
            }
            while let Some(output) = decoder.poll_output() {
                if let decoder::Output::Pressed(digit) = output {
                    keys.push(digit.symbol());
                }
            }
        }
        (keys, samples)
    }

    const HOLD: Duration = Duration::from_millis(100);

    fn press(mouth: &mut Mouth, keys: &str) {
        keys.chars().for_each(|key| mouth.press(Digit::from_symbol(key).unwrap(), HOLD));
    }

    #[test]
    fn silence_goes_out_every_20_ms() {
        let sent = sent(&mut mouth(KeyPath::Direct, Conditions::default(), Some(101)), 200);
        let moments: Vec<u64> = sent.iter().map(|(at, _)| *at).collect();
        assert_eq!(moments, (1..=10).map(|number| 20 * number).collect::<Vec<_>>());
        let headers: Vec<Header> =
            sent.iter().map(|(_, packet)| Packet::parse(packet).unwrap().header).collect();
        assert!(headers.windows(2).all(|pair| {
            pair[1].sequence == pair[0].sequence.wrapping_add(1)
                && pair[1].timestamp == pair[0].timestamp.wrapping_add(160)
        }));
        assert!(told(&sent).1.iter().all(|sample| *sample == 0));
    }

    #[test]
    fn keys_go_as_events_each_once() {
        let mut mouth = mouth(KeyPath::Direct, Conditions::default(), Some(101));
        press(&mut mouth, "44#");
        let (keys, samples) = told(&sent(&mut mouth, 1_000));
        assert_eq!((keys.as_str(), decode(&samples).len()), ("44#", 0));
    }

    #[test]
    fn keys_go_as_tones_or_as_both() {
        for (path, events, expected) in
            [(KeyPath::Inband, None, ""), (KeyPath::Both, Some(101), "719"), (KeyPath::Direct, None, "")]
        {
            let mut mouth = mouth(path, Conditions::default(), events);
            press(&mut mouth, "719");
            let (keys, samples) = told(&sent(&mut mouth, 1_000));
            assert_eq!(keys, expected, "{path:?}");
            let found: String = decode(&samples).iter().map(|found| found.digit.symbol()).collect();
            assert_eq!(found, "719", "{path:?}");
        }
    }

    #[test]
    fn a_line_loses_doubles_and_delays_packets_of_keys_alone() {
        let part = |text: &str| Part::parse(text).unwrap();
        let events = |faults: Conditions| {
            let mut mouth = mouth(KeyPath::Direct, faults, Some(101));
            press(&mut mouth, &"5".repeat(50));
            let sent = sent(&mut mouth, 10_000);
            let is_event = |(_, packet): &&(u64, Vec<u8>)| packet[1] & 127 == 101;
            let events: Vec<u64> = sent.iter().filter(is_event).map(|(at, _)| *at).collect();
            (events, sent.len())
        };
        let (all, packets) = events(Conditions::default());
        let count = |faults| {
            let (events, others) = events(faults);
            assert_eq!(others - events.len(), packets - all.len(), "silence comes whole");
            events.len() * 100 / all.len()
        };
        let lost = count(Conditions { loss: part("20%"), ..Conditions::default() });
        assert!((70..90).contains(&lost), "{lost} %");
        let doubled = count(Conditions { repeated: part("20%"), ..Conditions::default() });
        assert!((110..130).contains(&doubled), "{doubled} %");
        let (late, _) = events(Conditions { jitter: Duration::from_millis(50), ..Conditions::default() });
        assert!(late.len() == all.len() && late != all);
    }
}
