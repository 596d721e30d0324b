//! What comes by RTP, as samples in a row, with the moment of each.

use std::time::Duration;

use crate::control::time::Instant;
use crate::media::g711::Law;
use crate::media::rate::{FRAME_TIME, SAMPLES_PER_SECOND};
use crate::rtp::packet::{Kind, Packet};

/// The longest gap that is filled with silence, in samples: 2 s. After a longer one the stream counts as another.
const GAP_MAX: i32 = 2 * SAMPLES_PER_SECOND as i32;

/// The time of a sample, in microseconds.
const MICROSECONDS: i64 = 1_000_000 / SAMPLES_PER_SECOND as i64;

/// The stream that a caller hears. On one machine nothing has to be waited for: what was lost is silent, and what comes too
/// late is not heard.
#[derive(Debug)]
pub(super) struct Line {
    law: Law,
    payload_type: u8,
    /// The timestamp of the next sample.
    next: Option<u32>,
    /// Samples so far.
    heard: i64,
    /// The moment of the first sample, as the packet tells it that was the least delayed, in microseconds.
    origin: i64,
}

impl Line {
    pub(super) const fn new(law: Law, payload_type: u8) -> Self {
        Self { law, payload_type, next: None, heard: 0, origin: i64::MAX }
    }

    /// Goes on in another way.
    pub(super) const fn agree(&mut self, law: Law, payload_type: u8) {
        (self.law, self.payload_type) = (law, payload_type);
    }

    /// Takes a datagram; appends the samples that are heard.
    pub(super) fn take(&mut self, now: Instant, datagram: &[u8], samples: &mut Vec<i16>) {
        if Kind::of(datagram) != Kind::Rtp {
            return;
        }
        let Ok(packet) = Packet::parse(datagram) else { return };
        if packet.header.payload_type != self.payload_type || packet.payload.is_empty() {
            return;
        }
        let ahead = self.next.map_or(0, |next| packet.header.timestamp.wrapping_sub(next) as i32);
        match ahead {
            0 => {}
            1..=GAP_MAX => samples.resize(samples.len() + ahead as usize, 0),
            // What was heard already, or another stream in the place of this one: that goes on from here.
            _ if ahead > -GAP_MAX && ahead < 0 => return,
            _ => {}
        }
        if (1..=GAP_MAX).contains(&ahead) {
            self.heard += i64::from(ahead);
        }
        self.law.decode(packet.payload, samples);
        let length = packet.payload.len();
        // A packet holds what was heard before it was sent.
        let sent = i64::try_from((now - FRAME_TIME).micros()).unwrap_or(i64::MAX);
        self.origin = self.origin.min(sent - self.heard * MICROSECONDS);
        self.heard += length as i64;
        self.next = Some(packet.header.timestamp.wrapping_add(length as u32));
    }

    /// The moment at which a sample was heard, by its number from the first; not before the stream began.
    pub(super) fn moment(&self, sample: i64) -> Instant {
        let micros = self.origin.saturating_add(sample * MICROSECONDS).max(0);
        Instant::ZERO + Duration::from_micros(micros.unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rtp::packet::Header;

    fn packet(timestamp: u32, payload: &[u8]) -> Vec<u8> {
        let header = Header { marker: false, payload_type: 0, sequence: 0, timestamp, ssrc: 1 };
        [&header.to_bytes()[..], payload].concat()
    }

    #[test]
    fn lost_packets_are_silent_and_late_ones_are_not_heard() {
        let mut line = Line::new(Law::Pcmu, 0);
        let mut heard = |timestamp, millis| {
            let mut samples = Vec::new();
            line.take(Instant::from_millis(millis), &packet(timestamp, &[0x80; 160]), &mut samples);
            (samples.len(), samples.first() == Some(&0))
        };
        let first = u32::MAX - 100;
        assert_eq!(heard(first, 100), (160, false));
        assert_eq!(heard(first.wrapping_add(480), 160), (480, true));
        assert_eq!(heard(first.wrapping_add(160), 161), (0, false));
        assert_eq!(heard(first.wrapping_add(640), 180), (160, false));
    }

    #[test]
    fn moments_go_by_the_packet_that_was_least_delayed() {
        let mut line = Line::new(Law::Pcmu, 0);
        let mut samples = Vec::new();
        for (number, millis) in [(0, 130), (1, 140), (2, 175), (3, 180)] {
            line.take(Instant::from_millis(millis), &packet(160 * number, &[0xff; 160]), &mut samples);
        }
        assert_eq!(line.moment(0), Instant::from_millis(100));
        assert_eq!(line.moment(160), Instant::from_millis(120));
        assert_eq!(line.moment(-8_000_000), Instant::ZERO);
    }

    #[test]
    fn reports_and_events_are_not_sound() {
        let mut line = Line::new(Law::Pcmu, 8);
        let mut samples = Vec::new();
        for datagram in [&packet(0, &[0; 4])[..], &[0x80, 200, 0, 0], b"x", &[]] {
            line.take(Instant::ZERO, datagram, &mut samples);
        }
        assert!(samples.is_empty(), "{samples:?}");
    }
}
