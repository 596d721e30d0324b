//! Impairments of a packet network: packets that are lost, duplicated or late, and clocks that
//! run apart.

use rand::Rng;
use rand::rngs::ChaCha8Rng;

use super::noise::unit;
use crate::media::level::sample;
use crate::media::rate::FRAME;

/// The sound that a receiver plays in place of a missing packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Concealment {
    /// Nothing.
    Silence,
    /// The last packet, repeated.
    Repeat,
    /// The last packet, faded out within 60 ms (ITU-T G.711, appendix I, has the
    /// same time; it also uses the pitch, which this does not).
    Fade,
}

/// Conceals missing packets.
#[derive(Clone, Debug)]
struct Concealer {
    how: Concealment,
    last: [i16; FRAME],
    /// Number of consecutive missing packets.
    missing: usize,
}

impl Concealer {
    /// Number of packets that a fade takes.
    const FADED: usize = 3;

    fn new(how: Concealment) -> Self {
        Self { how, last: [0; FRAME], missing: 0 }
    }

    /// At most a frame of samples.
    fn came(&mut self, frame: &[i16]) {
        self.last[..frame.len()].copy_from_slice(frame);
        self.missing = 0;
    }

    fn conceal(&mut self, frame: &mut [i16]) {
        match self.how {
            Concealment::Silence => frame.fill(0),
            Concealment::Repeat => frame.copy_from_slice(&self.last[..frame.len()]),
            Concealment::Fade => {
                let length = (Self::FADED * FRAME) as f64;
                let before = self.missing.min(Self::FADED) * FRAME;
                for (at, (out, last)) in frame.iter_mut().zip(self.last).enumerate() {
                    let left = (1.0 - (before + at) as f64 / length).max(0.0);
                    *out = sample(f64::from(last) * left);
                }
            }
        }
        self.missing = self.missing.saturating_add(1);
    }
}

/// Loses packets, singly or in bursts, by Gilbert's model: a good state loses none, a bad
/// state loses all, and the state changes at random.
#[derive(Debug)]
pub struct Loss {
    rng: ChaCha8Rng,
    begins: f64,
    goes_on: f64,
    losing: bool,
    concealer: Concealer,
}

impl Loss {
    /// Creates independent losses of this fraction of all packets.
    #[must_use]
    pub fn random(part: f64, how: Concealment, rng: ChaCha8Rng) -> Self {
        Self { rng, begins: part, goes_on: part, losing: false, concealer: Concealer::new(how) }
    }

    /// Creates losses of this fraction of all packets, in bursts of this average length.
    #[must_use]
    pub fn bursts(part: f64, mean_length: f64, how: Concealment, rng: ChaCha8Rng) -> Self {
        let ends = 1.0 / mean_length;
        let begins = part / (1.0 - part) * ends;
        Self { rng, begins, goes_on: 1.0 - ends, losing: false, concealer: Concealer::new(how) }
    }

    /// Loses some of these packets in place.
    pub fn apply(&mut self, samples: &mut [i16]) {
        for frame in samples.chunks_mut(FRAME) {
            let chance = if self.losing { self.goes_on } else { self.begins };
            self.losing = unit(self.rng.next_u64()) < chance;
            if self.losing {
                self.concealer.conceal(frame);
            } else {
                self.concealer.came(frame);
            }
        }
    }
}

/// Plays a packet twice, in place of the next one.
#[derive(Debug)]
pub struct Repeats {
    rng: ChaCha8Rng,
    part: f64,
    last: [i16; FRAME],
}

impl Repeats {
    /// Creates repeats of this fraction of all packets.
    #[must_use]
    pub fn new(part: f64, rng: ChaCha8Rng) -> Self {
        Self { rng, part, last: [0; FRAME] }
    }

    /// Repeats some of these packets in place.
    pub fn apply(&mut self, samples: &mut [i16]) {
        for frame in samples.chunks_mut(FRAME) {
            let last = &mut self.last[..frame.len()];
            if unit(self.rng.next_u64()) < self.part {
                frame.copy_from_slice(last);
            } else {
                last.copy_from_slice(frame);
            }
        }
    }
}

/// A delay line of packets.
#[derive(Clone, Debug)]
struct Delay {
    frames: [[i16; FRAME]; Self::PACKETS],
    newest: usize,
}

impl Delay {
    /// Number of packets kept: 640 ms.
    const PACKETS: usize = 32;

    fn new() -> Self {
        Self { frames: [[0; FRAME]; Self::PACKETS], newest: 0 }
    }

    fn push(&mut self, frame: &[i16]) {
        self.newest = (self.newest + 1) % Self::PACKETS;
        self.frames[self.newest] = [0; FRAME];
        self.frames[self.newest][..frame.len()].copy_from_slice(frame);
    }

    /// Returns the packet that arrived this many packets ago.
    fn ago(&self, packets: usize) -> &[i16; FRAME] {
        &self.frames[(self.newest + Self::PACKETS - packets) % Self::PACKETS]
    }
}

/// Clocks that drift: occasionally a packet is skipped or played twice, with equal probability, and everything after it
/// is earlier or later by one packet.
///
/// The stream starts with a delay of [`Slips::DELAY`] packets, so that there is a packet to skip; it is never
/// later than twice that.
#[derive(Debug)]
pub struct Slips {
    rng: ChaCha8Rng,
    part: f64,
    delay: Delay,
    late: usize,
}

impl Slips {
    /// The initial delay, in packets of 20 ms.
    pub const DELAY: usize = 4;

    /// Creates slips at this fraction of all packets.
    #[must_use]
    pub fn new(part: f64, rng: ChaCha8Rng) -> Self {
        Self { rng, part, delay: Delay::new(), late: Self::DELAY }
    }

    /// Delays these packets, skips some and plays some twice, in place.
    pub fn apply(&mut self, samples: &mut [i16]) {
        for frame in samples.chunks_mut(FRAME) {
            self.delay.push(frame);
            let word = self.rng.next_u64();
            if unit(word) < self.part {
                // The lowest bit, which the draw above does not look at.
                let twice = if word & 1 == 0 { self.late < 2 * Self::DELAY } else { self.late == 0 };
                self.late = if twice { self.late + 1 } else { self.late - 1 };
            }
            frame.copy_from_slice(&self.delay.ago(self.late)[..frame.len()]);
        }
    }
}

/// The receiver's reaction to a packet that is late.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Late {
    /// Conceals it and discards it when it arrives.
    Lost(Concealment),
    /// Waits for it, a whole packet at a time, and fades out the last packet meanwhile. Everything after it is later,
    /// until a second has passed without a late packet: then one is skipped.
    Waited,
}

/// Packets with varying delays, and a receiver that plays each a fixed time after it was sent.
///
/// Each delay is uniform between zero and the maximum, and longer if the previous packet has not arrived yet:
/// networks seldom reorder packets.
#[derive(Debug)]
pub struct Jitter {
    rng: ChaCha8Rng,
    most_ms: f64,
    /// The current number of packets between sending and playing.
    wait: usize,
    shortest_wait: usize,
    late: Late,
    concealer: Concealer,
    delay: Delay,
    /// The delay of each packet in `delay`, in ms after it was sent.
    transit: [f64; Delay::PACKETS],
    packets_in_time: u32,
}

impl Jitter {
    /// Number of packets in time after which a waiting receiver shortens its wait: a second.
    const CONTENT: u32 = 50;

    /// Creates delays of up to `most_ms`; packets are played `buffer_ms` after they were sent, rounded up to whole
    /// packets; the buffer holds at most 600 ms, waiting included.
    #[must_use]
    pub fn new(most_ms: f64, buffer_ms: f64, late: Late, rng: ChaCha8Rng) -> Self {
        let wait = ((buffer_ms / Self::PACKET_MS).ceil() as usize).min(Self::LONGEST_WAIT);
        let how = match late {
            Late::Lost(how) => how,
            Late::Waited => Concealment::Fade,
        };
        Self {
            rng,
            most_ms,
            wait,
            shortest_wait: wait,
            late,
            concealer: Concealer::new(how),
            delay: Delay::new(),
            transit: [0.0; Delay::PACKETS],
            packets_in_time: 0,
        }
    }

    const PACKET_MS: f64 = 20.0;
    const LONGEST_WAIT: usize = Delay::PACKETS - 2;

    /// Replaces these packets by what a receiver plays.
    pub fn apply(&mut self, samples: &mut [i16]) {
        for frame in samples.chunks_mut(FRAME) {
            let before = self.transit[self.delay.newest];
            self.delay.push(frame);
            let own = unit(self.rng.next_u64()) * self.most_ms;
            self.transit[self.delay.newest] = own.max(before - Self::PACKET_MS);
            self.play(frame);
        }
    }

    fn play(&mut self, frame: &mut [i16]) {
        let due = (self.delay.newest + Delay::PACKETS - self.wait) % Delay::PACKETS;
        if self.transit[due] <= self.wait as f64 * Self::PACKET_MS {
            self.packets_in_time += 1;
            let came = &self.delay.ago(self.wait)[..frame.len()];
            frame.copy_from_slice(came);
            self.concealer.came(came);
            if self.packets_in_time >= Self::CONTENT {
                self.packets_in_time = 0;
                // The next packet to be played is the one after the next.
                self.wait = self.wait.saturating_sub(1).max(self.shortest_wait);
            }
            return;
        }
        self.packets_in_time = 0;
        self.concealer.conceal(frame);
        match self.late {
            Late::Lost(_) => {}
            Late::Waited => self.wait = (self.wait + 1).min(Self::LONGEST_WAIT),
        }
    }
}

#[cfg(test)]
mod tests;
