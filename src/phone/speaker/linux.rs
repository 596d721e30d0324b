//! The device of a Linux machine: a thread that waits for frames and writes what rodio mixed of them to ALSA.

use std::sync::mpsc::Receiver;
use std::time::Duration;

use rodio::Source as _;
use rodio::mixer::{MixerSource, mixer};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::alsa::{Direction, LATENCY, Pcm};
use super::{Frames, Silent};
use crate::media::mixer::Frame;
use crate::media::rate::{FRAME, SAMPLES_PER_SECOND};

/// How long a device may take to play what it holds when it is closed. One that hangs is left behind.
const CLOSING_MAX: Duration = Duration::from_secs(1);

/// Returns the next frame once it is there: the device takes what comes, and is not asked for more.
pub(super) fn next_frame(taken: &Receiver<Frame>) -> Option<Frame> {
    taken.recv().ok()
}

/// The thread that writes.
#[derive(Debug)]
pub(super) struct Device {
    ended: oneshot::Receiver<Result<(), Silent>>,
}

impl Device {
    pub(super) fn open(frames: Frames) -> Result<Self, Silent> {
        let pcm = Pcm::open(Direction::Playback, SAMPLES_PER_SECOND, LATENCY)?;
        let (input, mixed) = mixer(frames.channels(), frames.sample_rate());
        input.add(frames);
        let (end, ended) = oneshot::channel();
        let writing = move || {
            let _nobody_asks = end.send(write(pcm, mixed));
        };
        std::thread::Builder::new()
            .name("speaker".to_owned())
            .spawn(writing)
            .map_err(|error| Silent(format!("no sound: {error}")))?;
        Ok(Self { ended })
    }

    pub(super) async fn close(self) -> Result<(), Silent> {
        let ended = timeout(CLOSING_MAX, self.ended).await.map(Result::ok).ok().flatten();
        ended.unwrap_or_else(|| Err(Silent("the sound device did not stop in time".to_owned())))
    }
}

/// Writes until no more frames can come.
fn write(mut pcm: Pcm, mixed: MixerSource) -> Result<(), Silent> {
    let mut piece = Vec::with_capacity(FRAME);
    for sample in mixed {
        // Exact: a sample was an integer of 16 bits divided by this.
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a cast of a number beyond the range takes its end"
        )]
        piece.push((sample * 32_768.0) as i16);
        if piece.len() == FRAME {
            pcm.write(&piece)?;
            piece.clear();
        }
    }
    pcm.finish()
}
