//! Keys as telephone-events: coded, lost and delayed as the network does, and decoded, packet by packet.

use std::time::Duration;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};

use crate::control::call::Digit;
use crate::control::time::Instant;
use crate::media::amount::Part;
use crate::media::impair::conditions::Conditions;
use crate::media::rate::samples_of;
use crate::media::telephone_event::Volume;
use crate::media::telephone_event::decoder::{self, Decoder};
use crate::media::telephone_event::encoder::{self, Encoder};

/// The volume in a telephone's events.
const VOLUME: Volume = Volume::below_0_dbm0(8);

/// A stream of telephone-events with keys on their way.
#[derive(Debug)]
pub(super) struct Events {
    encoder: Encoder,
    decoder: Decoder,
    /// When the key that is down goes up.
    up: Option<Instant>,
    sequence: u16,
    /// Packets under way, with the moment at which each comes.
    under_way: Vec<(Instant, decoder::Packet)>,
    loss: Part,
    repeated: Part,
    jitter: Duration,
    chance: ChaCha8Rng,
}

impl Events {
    pub(super) fn new(faults: &Conditions, chance: &mut ChaCha8Rng) -> Self {
        Self {
            encoder: Encoder::default(),
            decoder: Decoder::default(),
            up: None,
            sequence: 0,
            under_way: Vec::new(),
            loss: faults.loss,
            repeated: faults.repeated,
            jitter: faults.jitter,
            chance: ChaCha8Rng::seed_from_u64(chance.random()),
        }
    }

    pub(super) fn press(&mut self, now: Instant, digit: Digit, hold: Duration) {
        // The stream's clock may start anywhere (RFC 3550, section 5.1): here with virtual time.
        let timestamp = samples_of(now.since(Instant::ZERO));
        self.encoder.handle_input(now, encoder::Input::Press { digit, volume: VOLUME, timestamp });
        self.send(now);
        self.up = Some(now + hold);
    }

    pub(super) fn due(&self) -> Option<Instant> {
        let comes = self.under_way.iter().map(|(comes, _)| *comes).min();
        let machines = [self.encoder.poll_timeout(), self.decoder.poll_timeout()];
        machines.into_iter().chain([self.up, comes]).flatten().min()
    }

    /// Does what is due. Tells which keys the bridge hears, and whether nothing more is to come.
    pub(super) fn handle_timeout(&mut self, now: Instant, mut heard: impl FnMut(Digit)) -> bool {
        if self.up.is_some_and(|up| up <= now) {
            self.up = None;
            self.encoder.handle_input(now, encoder::Input::Release);
            self.send(now);
        }
        if self.encoder.poll_timeout().is_some_and(|due| due <= now) {
            self.encoder.handle_timeout(now);
            self.send(now);
        }
        while let Some(place) = self.under_way.iter().position(|(comes, _)| *comes <= now) {
            let (_, packet) = self.under_way.remove(place);
            self.decoder.handle_input(now, packet);
            self.hear(&mut heard);
        }
        if self.decoder.poll_timeout().is_some_and(|due| due <= now) {
            self.decoder.handle_timeout(now);
            self.hear(&mut heard);
        }
        self.due().is_none()
    }

    fn send(&mut self, now: Instant) {
        while let Some(packet) = self.encoder.poll_output() {
            let sequence = self.sequence;
            self.sequence = sequence.wrapping_add(1);
            if self.loss.hits(&mut self.chance) {
                continue;
            }
            let copies = 1 + usize::from(self.repeated.hits(&mut self.chance));
            for _ in 0..copies {
                let late =
                    Duration::from_millis(self.chance.random_range(0..=self.jitter.as_millis() as u64));
                let (timestamp, event) = (packet.timestamp, packet.event);
                self.under_way.push((now + late, decoder::Packet { sequence, timestamp, event }));
            }
        }
    }

    fn hear(&mut self, heard: &mut impl FnMut(Digit)) {
        while let Some(output) = self.decoder.poll_output() {
            match output {
                decoder::Output::Pressed(digit) => heard(digit),
                decoder::Output::Released { .. } => {}
            }
        }
    }
}
