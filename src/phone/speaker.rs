//! The loudspeaker: frames of 20 ms to the machine's sound device, where there is one and the program was built for it.

#[cfg(feature = "sound")]
pub use with_rodio::Speaker;
#[cfg(not(feature = "sound"))]
pub use without::Speaker;

/// Why nothing is heard: for one line of text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Silent(pub String);

#[cfg(feature = "sound")]
mod with_rodio {
    use std::fs::File;
    use std::num::NonZero;
    use std::os::fd::OwnedFd;
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
    use std::time::Duration;

    use rodio::cpal::BufferSize;
    use rodio::{DeviceSinkBuilder, MixerDeviceSink, Source};
    use rustix::stdio::dup2_stderr;

    use super::Silent;
    use crate::media::mixer::Frame;
    use crate::media::rate::{FRAME, SAMPLES_PER_SECOND};

    /// Frames that wait for the device: what its clock and ours may be apart, before a frame is left out.
    const FRAMES_MAX: usize = 4;

    /// Samples that the device takes at once, at its own rate: 10 ms of 48,000 a second.
    const DEVICE_BUFFER: u32 = 480;

    /// A sound device that is open.
    pub struct Speaker {
        frames: SyncSender<Frame>,
        /// It plays as long as this lives.
        _device: MixerDeviceSink,
    }

    impl std::fmt::Debug for Speaker {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("Speaker")
        }
    }

    impl Speaker {
        /// Opens the machine's default device.
        ///
        /// # Errors
        /// There is none, or it is taken.
        pub fn open() -> Result<Self, Silent> {
            let _quiet = Quiet::begin();
            let silent = |error: &dyn std::fmt::Display| Silent(format!("no sound device: {error}"));
            let builder = DeviceSinkBuilder::from_default_device().map_err(|error| silent(&error))?;
            // What goes wrong later is silence; a line about it would tear the screen.
            let small =
                builder.with_buffer_size(BufferSize::Fixed(DEVICE_BUFFER)).with_error_callback(|_| {});
            let mut device = small.open_sink_or_fallback().map_err(|error| silent(&error))?;
            device.log_on_drop(false);
            let (frames, taken) = sync_channel(FRAMES_MAX);
            device.mixer().add(Frames { taken, frame: [0; FRAME], at: FRAME });
            Ok(Self { frames, _device: device })
        }

        /// Plays 20 ms. Where the device is slower than we, a frame is left out rather than late.
        pub fn play(&self, frame: &Frame) {
            let _left_out = self.frames.try_send(*frame);
        }
    }

    /// While this lives, standard error goes nowhere: ALSA writes a dozen lines there where it finds no device, and one
    /// line of ours says the same.
    struct Quiet(Option<OwnedFd>);

    impl Quiet {
        fn begin() -> Self {
            let nowhere = File::options().write(true).open("/dev/null");
            let kept = rustix::io::dup(std::io::stderr());
            match (nowhere, kept) {
                (Ok(nowhere), Ok(kept)) => Self(dup2_stderr(nowhere).is_ok().then_some(kept)),
                (Ok(_) | Err(_), _) => Self(None),
            }
        }
    }

    impl Drop for Quiet {
        fn drop(&mut self) {
            if let Some(kept) = self.0.take() {
                let _stays_quiet = dup2_stderr(kept);
            }
        }
    }

    /// Frames as rodio takes them: one sample after the other, silence where none has come.
    struct Frames {
        taken: Receiver<Frame>,
        frame: Frame,
        at: usize,
    }

    impl Iterator for Frames {
        type Item = f32;

        fn next(&mut self) -> Option<f32> {
            if self.at == FRAME {
                self.frame = self.taken.try_recv().unwrap_or([0; FRAME]);
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
}

#[cfg(not(feature = "sound"))]
mod without {
    use super::Silent;
    use crate::media::mixer::Frame;

    /// No sound device: the program was built without.
    #[derive(Debug)]
    pub enum Speaker {}

    impl Speaker {
        /// Says that there is no sound.
        ///
        /// # Errors
        /// Always.
        pub fn open() -> Result<Self, Silent> {
            Err(Silent("no sound: this program was built without the feature `sound`".to_owned()))
        }

        /// Plays nothing.
        pub fn play(&self, _frame: &Frame) {
            match *self {}
        }
    }
}
