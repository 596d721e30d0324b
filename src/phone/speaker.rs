//! The loudspeaker: frames of 20 ms, mixed by rodio, to the machine's sound device, where there is one.

#[cfg(target_os = "linux")]
pub(super) mod alsa;
#[cfg_attr(target_os = "linux", path = "speaker/linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "speaker/elsewhere.rs")]
mod device;

use std::num::NonZero;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use rodio::Source;

use self::device::Device;
use crate::media::mixer::Frame;
use crate::media::rate::{FRAME, SAMPLES_PER_SECOND};

/// Frames that wait for the device: how far its clock and ours may be apart before a frame is left out.
const FRAMES_MAX: usize = 4;

/// Why nothing is heard: for one line of text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Silent(pub String);

/// A sound device that is open.
#[derive(Debug)]
pub struct Speaker {
    frames: SyncSender<Frame>,
    device: Device,
}

impl Speaker {
    /// Opens the machine's default device.
    ///
    /// # Errors
    /// There is none, it is taken, or the system's sound library is not installed.
    pub fn open() -> Result<Self, Silent> {
        let (frames, taken) = sync_channel(FRAMES_MAX);
        let device = Device::open(Frames { taken, frame: [0; FRAME], at: FRAME })?;
        Ok(Self { frames, device })
    }

    /// Plays 20 ms. Where the device is slower than the caller, a frame is left out rather than late.
    pub fn play(&self, frame: &Frame) {
        let _left_out = self.frames.try_send(*frame);
    }

    /// Plays what waits, and closes the device.
    ///
    /// # Errors
    /// The device stopped before.
    pub async fn close(self) -> Result<(), Silent> {
        drop(self.frames);
        self.device.close().await
    }
}

/// Frames as rodio takes them: one sample after the other.
struct Frames {
    taken: Receiver<Frame>,
    frame: Frame,
    at: usize,
}

impl Iterator for Frames {
    type Item = f32;

    fn next(&mut self) -> Option<f32> {
        if self.at == FRAME {
            self.frame = device::next_frame(&self.taken)?;
            self.at = 0;
        }
        let sample = self.frame[self.at];
        self.at += 1;
        Some(f32::from(sample) / 32_768.0)
    }
}

impl Source for Frames {
    fn current_span_len(&self) -> Option<usize> {
        None
    }

    fn channels(&self) -> rodio::ChannelCount {
        NonZero::<u16>::MIN
    }

    fn sample_rate(&self) -> rodio::SampleRate {
        NonZero::new(SAMPLES_PER_SECOND).expect("a second has samples")
    }

    fn total_duration(&self) -> Option<Duration> {
        None
    }
}
