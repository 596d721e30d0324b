//! The device of other systems: rodio's, by cpal, which asks for samples at its own pace.

use std::future::{Ready, ready};
use std::sync::mpsc::Receiver;

use rodio::cpal::BufferSize;
use rodio::{DeviceSinkBuilder, MixerDeviceSink};

use super::{Frames, Silent};
use crate::media::mixer::Frame;
use crate::media::rate::FRAME;

/// Samples that the device takes at once, at its own rate: 10 ms at 48,000 a second.
const DEVICE_BUFFER: u32 = 480;

/// Returns the next frame, or silence where none has come.
pub(super) fn next_frame(taken: &Receiver<Frame>) -> Option<Frame> {
    Some(taken.try_recv().unwrap_or([0; FRAME]))
}

/// It plays as long as this lives.
pub(super) struct Device(MixerDeviceSink);

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Device")
    }
}

impl Device {
    pub(super) fn open(frames: Frames) -> Result<Self, Silent> {
        let silent = |error: &dyn std::fmt::Display| Silent(format!("no sound device: {error}"));
        let builder = DeviceSinkBuilder::from_default_device().map_err(|error| silent(&error))?;
        // What goes wrong later is silence; a line about it would tear the screen.
        let small = builder.with_buffer_size(BufferSize::Fixed(DEVICE_BUFFER)).with_error_callback(|_| {});
        let mut device = small.open_sink_or_fallback().map_err(|error| silent(&error))?;
        device.log_on_drop(false);
        device.mixer().add(frames);
        Ok(Self(device))
    }

    pub(super) fn close(self) -> Ready<Result<(), Silent>> {
        drop(self.0);
        ready(Ok(()))
    }
}
