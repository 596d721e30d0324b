//! The microphone: frames of 20 ms from the machine's sound device, where there is one, for as long as somebody takes them.

use super::speaker::Silent;
use crate::leg::outward::Speech;

/// Opens the machine's default device, and lets what comes of it be said, until something else is.
///
/// # Errors
/// There is none, it is taken, or the system's sound library is not installed.
#[cfg(target_os = "linux")]
pub(super) fn open(speech: &Speech) -> Result<(), Silent> {
    use std::sync::mpsc::sync_channel;

    use super::speaker::alsa::{Direction, LATENCY, Pcm};
    use crate::media::rate::{FRAME, SAMPLES_PER_SECOND};

    /// Frames that wait for their packets: 80 ms. Beyond them the device waits.
    const FRAMES_MAX: usize = 4;

    let mut pcm = Pcm::open(Direction::Capture, SAMPLES_PER_SECOND, LATENCY)?;
    let (frames, taken) = sync_channel(FRAMES_MAX);
    let read = move || {
        let mut frame = [0; FRAME];
        while pcm.read(&mut frame).is_ok() && frames.send(frame).is_ok() {}
    };
    let thread = std::thread::Builder::new().name("microphone".to_owned()).spawn(read);
    thread.map_err(|error| Silent(format!("no microphone: {error}")))?;
    speech.speak_into(taken);
    Ok(())
}

/// There is none that this program knows how to open.
///
/// # Errors
/// Always.
#[cfg(not(target_os = "linux"))]
pub(super) fn open(_speech: &Speech) -> Result<(), Silent> {
    Err(Silent("no microphone on this system".to_owned()))
}
