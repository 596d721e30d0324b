//! The conditions of a line as data, and a line that applies them.

use std::time::Duration;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};

use super::line::{Echo, Reflection};
use super::noise::{Colour, Noise};
use super::onset::LateOpening;
use super::packets::{Concealment, Jitter, Late, Loss, Repeats};
use crate::control::time::show_duration;
use crate::media::amount::{Decibels, Part};
use crate::media::dtmf::generator::Settings;
use crate::media::g711::Law;
use crate::media::rate::samples_of;

/// The impairments of a line, for keys and for sound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// The fraction of 20 ms packets that are lost.
    pub loss: Part,
    /// The fraction of packets that are duplicated; in audio, the copy replaces the next packet.
    pub repeated: Part,
    /// The maximum delay of a packet.
    pub jitter: Duration,
    /// The level of white noise, in dBm0.
    pub noise: Option<Decibels>,
    /// The gain of the line.
    pub level: Decibels,
    /// The level of a key's high tone relative to the low one, instead of a telephone's default.
    pub twist: Option<Decibels>,
    /// Whether each key is pressed together with the next of its row.
    pub two_keys: bool,
    /// The level of the line's echo relative to the signal.
    pub echo: Option<Decibels>,
    /// The delay of the echo.
    pub echo_delay: Option<Duration>,
    /// The codecs that the sound passes through, in order.
    pub codecs: Vec<Law>,
    /// The time that is cut off the beginning of each key.
    pub clip: Duration,
}

/// The delay of the bridge's jitter buffer, in ms. Packets that arrive later are lost.
const JITTER_BUFFER_MS: f64 = 60.0;

/// The default delay of a line's echo: that of a call across a continent.
const ECHO_DELAY: Duration = Duration::from_millis(40);

impl Conditions {
    /// Returns the settings with which a telephone generates keys on this line, before the line impairs them.
    #[must_use]
    pub fn keys(&self) -> Settings {
        let usual = Settings::default();
        Settings {
            level_dbm0: usual.level_dbm0 + self.level.as_number(),
            twist_db: self.twist.map_or(usual.twist_db, Decibels::as_number),
            with_neighbor: self.two_keys,
            ..usual
        }
    }

    /// Returns how long parts of a key may still arrive after it was released.
    #[must_use]
    pub fn latest(&self) -> Duration {
        self.jitter + self.echo.map_or(Duration::ZERO, |_| self.echo_delay())
    }

    fn echo_delay(&self) -> Duration {
        self.echo_delay.unwrap_or(ECHO_DELAY)
    }

    /// Describes each condition in words.
    #[must_use]
    pub fn describe(&self) -> Vec<String> {
        let mut words = Vec::new();
        if !self.loss.is_none() {
            words.push(format!("loses {} of the packets", self.loss));
        }
        if !self.repeated.is_none() {
            words.push(format!("repeats {} of the packets", self.repeated));
        }
        if !self.jitter.is_zero() {
            words.push(format!("delays packets by up to {}", show_duration(self.jitter)));
        }
        if let Some(noise) = self.noise {
            words.push(format!("has noise of {noise} dBm0"));
        }
        if self.level != Decibels::default() {
            words.push(format!("is changed in level by {} dB", self.level));
        }
        if let Some(twist) = self.twist {
            words.push(format!("has the high tones {twist} dB above the low"));
        }
        if self.two_keys {
            words.push("has two keys pressed at once".to_owned());
        }
        if let Some(echo) = self.echo {
            let after = self.echo_delay.map(|delay| format!(" after {}", show_duration(delay)));
            words.push(format!("has an echo of {echo} dB{}", after.unwrap_or_default()));
        }
        if !self.codecs.is_empty() {
            let codecs: Vec<&str> = self.codecs.iter().map(|law| law.name()).collect();
            words.push(format!("passes through {}", codecs.join(", then ")));
        }
        if !self.clip.is_zero() {
            words.push(format!("cuts off the first {} of each key", show_duration(self.clip)));
        }
        words
    }
}

/// A line under such conditions: impairs sound frame by frame, in the order of the fields.
#[derive(Debug)]
pub struct Line {
    opening: Option<LateOpening>,
    echo: Option<Echo>,
    noise: Option<Noise>,
    codecs: Vec<Law>,
    loss: Option<Loss>,
    repeats: Option<Repeats>,
    jitter: Option<Jitter>,
}

impl Line {
    /// Creates a line under these conditions; `chance` drives all random impairments.
    #[must_use]
    pub fn new(faults: &Conditions, chance: &mut ChaCha8Rng) -> Self {
        let reflection = |loss_db: f64| Reflection { delay: samples_of(faults.echo_delay()), loss_db };
        let mut draws = || ChaCha8Rng::seed_from_u64(chance.random());
        let [noise, loss, repeats, jitter] = [draws(), draws(), draws(), draws()];
        let some = |part: Part| (!part.is_none()).then(|| part.as_ratio());
        Self {
            opening: (!faults.clip.is_zero()).then(|| LateOpening::new(samples_of(faults.clip))),
            echo: faults.echo.map(|echo| Echo::new(&[reflection(-echo.as_number())])),
            noise: faults.noise.map(|level| Noise::new(Colour::White, level.as_number(), noise)),
            codecs: faults.codecs.clone(),
            loss: some(faults.loss).map(|part| Loss::random(part, Concealment::Fade, loss)),
            repeats: some(faults.repeated).map(|part| Repeats::new(part, repeats)),
            jitter: (!faults.jitter.is_zero()).then(|| {
                let most_ms = faults.jitter.as_secs_f64() * 1_000.0;
                Jitter::new(most_ms, JITTER_BUFFER_MS, Late::Lost(Concealment::Fade), jitter)
            }),
        }
    }

    /// Impairs whole packets in place.
    pub fn apply(&mut self, frame: &mut [i16]) {
        if let Some(opening) = &mut self.opening {
            opening.apply(frame);
        }
        if let Some(echo) = &mut self.echo {
            echo.apply(frame);
        }
        if let Some(noise) = &mut self.noise {
            noise.apply(frame);
        }
        for law in &self.codecs {
            for sample in frame.iter_mut() {
                *sample = law.decode_sample(law.encode_sample(*sample));
            }
        }
        if let Some(loss) = &mut self.loss {
            loss.apply(frame);
        }
        if let Some(repeats) = &mut self.repeats {
            repeats.apply(frame);
        }
        if let Some(jitter) = &mut self.jitter {
            jitter.apply(frame);
        }
    }
}
