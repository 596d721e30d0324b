//! A telephone's media: it sends 20 ms for each 20 ms that it gets, and keeps what it hears.

use std::net::UdpSocket;

use attendant::control::call::{Digit, LegId};
use attendant::leg::rtp::FlowId;
use attendant::media::dtmf::generator::{Generator, Settings};
use attendant::media::g711::Law;
use attendant::media::speaker::Speaker;
use attendant::media::telephone_event::{TelephoneEvent, Volume};
use attendant::rtp::packet::{Header, Kind, Packet};
use attendant::sip::offer::{Agreed, LocalAddress};

use super::office::EVENTS;
use crate::bounded::LIMIT;

pub(super) const FRAME: usize = 160;

/// A packet that came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Came {
    pub(super) header: Header,
    pub(super) payload: Vec<u8>,
}

pub(super) struct Phone {
    pub(super) socket: UdpSocket,
    pub(super) local: LocalAddress,
    pub(super) flow: FlowId,
    pub(super) leg: LegId,
    pub(super) agreed: Agreed,
    pub(super) came: Vec<Came>,
    /// Reports that came with the packets.
    pub(super) reports: Vec<Vec<u8>>,
    speaker: Option<Speaker>,
    tones: Generator,
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
}

impl Phone {
    pub(super) fn new(
        socket: UdpSocket,
        local: LocalAddress,
        (flow, leg): (FlowId, LegId),
        agreed: Agreed,
    ) -> Self {
        socket.set_read_timeout(Some(LIMIT)).unwrap();
        Self {
            socket,
            local,
            flow,
            leg,
            agreed,
            came: Vec::new(),
            reports: Vec::new(),
            speaker: None,
            tones: Generator::default(),
            ssrc: 77_000 + flow.0,
            sequence: 65_530,
            timestamp: 4_000_000_000,
        }
    }

    /// Speaks with this voice from now on.
    pub(super) fn speak(&mut self, voice: u32) {
        self.speaker = Some(Speaker::new(voice));
    }

    /// Waits for so many packets, and sends as many.
    pub(super) fn exchange(&mut self, packets: usize) {
        for _ in 0..packets {
            self.receive();
            self.send_sound();
        }
    }

    /// Waits for a packet.
    pub(super) fn receive(&mut self) -> &Came {
        loop {
            let mut datagram = [0; 2_048];
            let (length, from) = self.socket.recv_from(&mut datagram).expect("a packet in time");
            let datagram = &datagram[..length];
            match Kind::of(datagram) {
                Kind::Rtp => {
                    assert_eq!(from, self.local.rtp);
                    let packet = Packet::parse(datagram).unwrap();
                    self.came.push(Came { header: packet.header, payload: packet.payload.to_vec() });
                    return self.came.last().unwrap();
                }
                Kind::Rtcp => self.reports.push(datagram.to_vec()),
                Kind::Stun | Kind::Unknown => panic!("{datagram:?}"),
            }
        }
    }

    /// What has come and was not waited for.
    pub(super) fn pending(&mut self) -> usize {
        self.socket.set_nonblocking(true).unwrap();
        let mut datagram = [0; 2_048];
        let mut packets = 0;
        while let Ok(length) = self.socket.recv(&mut datagram) {
            packets += usize::from(Kind::of(&datagram[..length]) == Kind::Rtp);
        }
        self.socket.set_nonblocking(false).unwrap();
        packets
    }

    pub(super) fn send_sound(&mut self) {
        let mut frame = [0; FRAME];
        if let Some(speaker) = &mut self.speaker {
            speaker.speak(&mut frame);
        }
        let mut tone = [0; FRAME];
        if self.tones.render(&mut tone) > 0 {
            frame = tone;
        }
        let mut codes = Vec::new();
        self.agreed.codec.encode(&frame, &mut codes);
        self.send(self.agreed.payload_type, self.timestamp, &codes);
        self.timestamp = self.timestamp.wrapping_add(FRAME as u32);
    }

    /// Begins to play the tones of a key, instead of its voice.
    pub(super) fn play_key(&mut self, digit: Digit) {
        self.tones.press(digit, &Settings::default());
    }

    /// Presses a key, told by telephone events: as often as a telephone does that repeats the end.
    pub(super) fn press(&mut self, digit: Digit) {
        let timestamp = self.timestamp;
        for (end, duration) in [(false, 160), (false, 320), (true, 480), (true, 480), (true, 480)] {
            let volume = Volume::below_0_dbm0(10);
            let event = TelephoneEvent { code: digit.event_code(), end, volume, duration };
            self.send(EVENTS, timestamp, &event.to_bytes());
        }
        self.timestamp = self.timestamp.wrapping_add(480);
    }

    fn send(&mut self, payload_type: u8, timestamp: u32, payload: &[u8]) {
        let header =
            Header { marker: false, payload_type, sequence: self.sequence, timestamp, ssrc: self.ssrc };
        self.sequence = self.sequence.wrapping_add(1);
        let datagram = [&header.to_bytes()[..], payload].concat();
        self.socket.send_to(&datagram, self.local.rtp).unwrap();
    }

    /// Whether these codes were heard, each at its time from some moment on, and silence before. A machine that does other
    /// things too may let packets pass, but never more than one in ten.
    pub(super) fn has_heard(&self, codes: &[u8]) -> bool {
        let first = self.came[0].header.timestamp;
        let silence = self.agreed.codec.silence();
        (0..50 * FRAME).any(|start| {
            let mut matching = 0;
            let all = self.came.iter().all(|came| {
                let at = came.header.timestamp.wrapping_sub(first) as usize;
                (at..).zip(&came.payload).all(|(at, code)| match at.checked_sub(start) {
                    None => *code == silence,
                    Some(at) => codes.get(at).is_none_or(|expected| {
                        matching += 1;
                        code == expected
                    }),
                })
            });
            all && matching * 10 >= codes.len() * 9
        })
    }

    /// The samples of the last so many packets.
    pub(super) fn heard(&self, packets: usize) -> Vec<i16> {
        let mut samples = Vec::new();
        for came in &self.came[self.came.len().saturating_sub(packets)..] {
            self.agreed.codec.decode(&came.payload, &mut samples);
        }
        samples
    }

    /// Checks that all packets are one stream: one source, each sequence number, a time of whole packets; and a marker where
    /// it begins, and after packets that a busy machine has let pass, which are few.
    #[track_caller]
    pub(super) fn assert_one_stream(&self) {
        let first = self.came[0].header;
        assert!(first.marker);
        for (at, pair) in self.came.windows(2).enumerate() {
            let [before, after] = [pair[0].header, pair[1].header];
            let passed = after.timestamp.wrapping_sub(before.timestamp);
            let sequence = before.sequence.wrapping_add(1);
            let marker = passed != FRAME as u32;
            assert_eq!(
                after,
                Header { marker, sequence, timestamp: after.timestamp, ..first },
                "packet {at}"
            );
            assert!(passed % FRAME as u32 == 0 && pair[1].payload.len() == FRAME, "packet {at}");
        }
        let gaps = self.came.iter().filter(|came| came.header.marker).count() - 1;
        assert!(gaps * 10 <= self.came.len(), "{gaps} of {}", self.came.len());
    }
}

/// Lets telephones talk and listen side by side for so many packets.
pub(super) fn exchange(phones: &mut [&mut Phone], packets: usize) {
    for _ in 0..packets {
        phones.iter_mut().for_each(|phone| phone.exchange(1));
    }
}

/// The voices of these that are in the sound, by Goertzel's recurrence over all of it: those within 26 dB of a voice that
/// speaks in syllables all the time.
pub(super) fn voices_in(samples: &[i16], voices: &[u32]) -> Vec<u32> {
    let is_heard = |voice: &u32| {
        let turns = Speaker::frequency(*voice) / 8_000.0;
        let step = 2.0 * (std::f64::consts::TAU * turns).cos();
        let (mut last, mut before) = (0.0, 0.0);
        for sample in samples {
            (last, before) = (f64::from(*sample) + step * last - before, last);
        }
        let power: f64 = last * last + before * before - step * last * before;
        2.0 * power.max(0.0).sqrt() / samples.len() as f64 > 100.0
    };
    voices.iter().copied().filter(is_heard).collect()
}

/// The codes of samples.
pub(super) fn codes(law: Law, samples: impl IntoIterator<Item = i16>) -> Vec<u8> {
    samples.into_iter().map(|sample| law.encode_sample(sample)).collect()
}
