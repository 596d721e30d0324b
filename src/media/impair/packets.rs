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
    /// The last packet that came, as often as one is missing.
    Repeat,
    /// The last packet that came, weaker and weaker: nothing is left after 60 ms (ITU-T G.711, appendix I, has the
    /// same time; it also looks for the pitch, which this does not).
    Fade,
}

/// Plays something in place of what is missing.
#[derive(Clone, Debug)]
struct Concealer {
    how: Concealment,
    last: [i16; FRAME],
    /// Packets missing in a row so far.
    missing: usize,
}

impl Concealer {
    /// Packets after which a fade has come to its end.
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

/// Loses packets, one by one or in bursts, after the model of Gilbert: a line that is well loses none, one that is
/// not loses all, and it changes by chance.
#[derive(Debug)]
pub struct Loss {
    rng: ChaCha8Rng,
    begins: f64,
    goes_on: f64,
    losing: bool,
    concealer: Concealer,
}

impl Loss {
    /// Loses this part of all packets, each by its own chance.
    #[must_use]
    pub fn random(part: f64, how: Concealment, rng: ChaCha8Rng) -> Self {
        Self { rng, begins: part, goes_on: part, losing: false, concealer: Concealer::new(how) }
    }

    /// Loses this part of all packets, on the average so many in a row.
    #[must_use]
    pub fn bursts(part: f64, mean_length: f64, how: Concealment, rng: ChaCha8Rng) -> Self {
        let ends = 1.0 / mean_length;
        let begins = part / (1.0 - part) * ends;
        Self { rng, begins, goes_on: 1.0 - ends, losing: false, concealer: Concealer::new(how) }
    }

    /// Loses some of these packets.
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

/// Plays a packet again in place of the next one.
#[derive(Debug)]
pub struct Repeats {
    rng: ChaCha8Rng,
    part: f64,
    last: [i16; FRAME],
}

impl Repeats {
    /// Does so with this part of all packets.
    #[must_use]
    pub fn new(part: f64, rng: ChaCha8Rng) -> Self {
        Self { rng, part, last: [0; FRAME] }
    }

    /// Repeats some of these packets.
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

/// The last packets of a stream, to be played some packets later.
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

    /// The packet that came so many packets ago.
    fn ago(&self, packets: usize) -> &[i16; FRAME] {
        &self.frames[(self.newest + Self::PACKETS - packets) % Self::PACKETS]
    }
}

/// Clocks that run apart: now and then a packet is left out or played twice, with equal chance, and all that follows
/// comes earlier or later by one packet.
///
/// The stream is late by [`Slips::DELAY`] packets to begin with, so that there is something to leave out; it is never
/// later than twice that.
#[derive(Debug)]
pub struct Slips {
    rng: ChaCha8Rng,
    part: f64,
    delay: Delay,
    late: usize,
}

impl Slips {
    /// By how many packets of 20 ms the stream is late to begin with.
    pub const DELAY: usize = 4;

    /// Slips at this part of all packets.
    #[must_use]
    pub fn new(part: f64, rng: ChaCha8Rng) -> Self {
        Self { rng, part, delay: Delay::new(), late: Self::DELAY }
    }

    /// Delays these packets, leaves some out and plays some twice.
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
    /// Conceals it and throws it away when it comes.
    Lost(Concealment),
    /// Waits for it, a whole packet at a time, and fades out what came last meanwhile. All that follows is later, until
    /// a second has passed in which no packet was late: then one is left out.
    Waited,
}

/// Packets that are under way for longer or shorter, and a receiver that plays each a fixed time after it was sent.
///
/// Each packet takes from nothing to the most, evenly, and longer than that if the one before has not come yet:
/// networks seldom turn packets round.
#[derive(Debug)]
pub struct Jitter {
    rng: ChaCha8Rng,
    most_ms: f64,
    /// Packets between the sending and the playing of a packet, as things stand.
    wait: usize,
    shortest_wait: usize,
    late: Late,
    concealer: Concealer,
    delay: Delay,
    /// When each packet of `delay` comes, in ms after it was sent.
    transit: [f64; Delay::PACKETS],
    packets_in_time: u32,
}

impl Jitter {
    /// Packets in time after which a receiver that waits is content to wait less: a second.
    const CONTENT: u32 = 50;

    /// Packets take up to `most_ms`, and are played `buffer_ms` after they were sent, rounded up to whole packets; the
    /// buffer holds at most 600 ms, waiting included.
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

    /// Brings these packets as a receiver plays them.
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
                // The next packet to be played is the one behind the next.
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
