//! The sound of the focused handset, 20 ms at a time: the line, and the tones of the keys that go down on it. And how
//! loud all handsets are.
//!
//! It is rendered for a loudspeaker, a file or the screen's meters, and not at all where there is none of them.

use std::collections::VecDeque;

use tokio::sync::mpsc;

use super::meter::{FRAMES, Levels, Meter};
use super::model::{Sound, VOLUME_MAX};
use crate::clock::Clock;
use crate::control::call::LegId;
use crate::control::event::{CallEvent, Event};
use crate::control::time::Instant;
use crate::leg::log::Entry;
use crate::media::dtmf::generator::{Generator, Settings};
use crate::media::library::Library;
use crate::media::mixer::Frame;
use crate::media::rate::{FRAME, FRAME_TIME};
use crate::report::recording::Recorder;

/// Cues that wait for a monitor: some seconds of a lively meeting.
pub const CUES_MAX: usize = 1_024;

/// Samples in which a key tone that was let go fades: 4 ms, as it rises.
const FADE: usize = FRAME / 5;

/// An input of a monitor.
#[derive(Clone, Debug)]
pub enum Cue {
    /// Something happened.
    Entry(Instant, Entry),
    /// Something changed at the loudspeaker.
    Sound(Sound),
    /// This came from another bridge.
    Heard(Vec<i16>),
}

/// The sound of 20 ms.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MonitorSound {
    /// The sound of the line at its own level, for recordings. It does not contain keys, since they may be a PIN's.
    pub line: Frame,
    /// The sound for the loudspeaker: with the tones of one's own keys, at the chosen volume.
    pub speaker: Frame,
}

/// A monitor at the focused handset.
#[derive(Debug)]
pub struct Monitor<'l> {
    recorder: Recorder<'l>,
    received: Received,
    leg: Option<LegId>,
    key: Generator,
    key_sounds: bool,
    volume: u8,
    /// The call of each handset, by its place, with the meters of what it hears and says.
    handsets: Vec<Option<(LegId, [Meter; 2])>>,
    metered: u32,
}

impl<'l> Monitor<'l> {
    /// A monitor that hears from now on.
    #[must_use]
    pub fn new(library: &'l Library, now: Instant) -> Self {
        Self {
            recorder: Recorder::live(library, now),
            received: Received::default(),
            leg: None,
            key: Generator::default(),
            key_sounds: false,
            volume: VOLUME_MAX / 2,
            handsets: Vec::new(),
            metered: 0,
        }
    }

    /// Something changed.
    pub fn take(&mut self, cue: &Cue) {
        match cue {
            Cue::Entry(at, entry) => {
                self.recorder.take(*at, entry);
                self.follow(entry);
            }
            Cue::Sound(Sound::Listen(leg)) => self.leg = *leg,
            Cue::Sound(Sound::KeyDown(digit)) => {
                // As long as the key is down, however long that is.
                self.key.press(*digit, &Settings { on: u32::MAX, ..Settings::default() });
                self.key_sounds = true;
            }
            Cue::Sound(Sound::KeyUp) => self.key_sounds = false,
            Cue::Sound(Sound::Talk(leg, talks)) => self.recorder.talk(*leg, *talks),
            Cue::Sound(Sound::Volume(volume)) => self.volume = *volume,
            Cue::Heard(samples) => {
                self.handsets.resize_with(self.handsets.len().max(1), || None);
                if self.handsets[0].is_none() {
                    self.handsets[0] = self.leg.map(|leg| (leg, Default::default()));
                }
                self.received.add(samples);
            }
        }
    }

    /// Meters the calls that are up.
    fn follow(&mut self, entry: &Entry) {
        match entry {
            Entry::Dials { part, leg } => {
                let place = *part as usize;
                if self.handsets.len() <= place {
                    self.handsets.resize(place + 1, None);
                }
                self.handsets[place] = Some((*leg, Default::default()));
            }
            Entry::Event(Event::Call(CallEvent::Finished { leg, .. })) => {
                for handset in &mut self.handsets {
                    handset.take_if(|(up, _)| up == leg);
                }
            }
            Entry::Event(_) | Entry::Step { .. } | Entry::Failed { .. } | Entry::Signal { .. } => {}
            Entry::LineFault { .. } | Entry::Act { .. } | Entry::Finished { .. } => {}
        }
    }

    /// Returns how loud the handsets were, once every [`COLUMN_TIME`](super::meter::COLUMN_TIME).
    pub fn levels(&mut self) -> Option<Levels> {
        if self.metered < FRAMES {
            return None;
        }
        self.metered = 0;
        let level = |handset: &mut Option<(LegId, [Meter; 2])>| {
            handset.as_mut().map(|(_, meters)| meters.each_mut().map(Meter::level))
        };
        Some(Levels { handsets: self.handsets.iter_mut().map(level).collect() })
    }

    /// Returns the next 20 ms.
    pub fn frame(&mut self) -> MonitorSound {
        self.recorder.advance();
        self.metered += 1;
        let received = self.received.next();
        for (leg, [hears, says]) in self.handsets.iter_mut().flatten() {
            let mut own = [0; FRAME];
            let rendered = self.recorder.heard(*leg, &mut own);
            hears.take(received.as_ref().unwrap_or(rendered.frame()));
            says.take(self.recorder.said(*leg).unwrap_or(&[0; FRAME]));
        }
        let mut own = [0; FRAME];
        let rendered = || self.leg.map_or([0; FRAME], |leg| *self.recorder.heard(leg, &mut own).frame());
        let line = received.unwrap_or_else(rendered);
        let mut speaker = line;
        self.add_key(&mut speaker);
        let (volume, full) = (i32::from(self.volume), i32::from(VOLUME_MAX));
        for sample in &mut speaker {
            *sample = saturated(i32::from(*sample) * volume / full);
        }
        MonitorSound { line, speaker }
    }

    fn add_key(&mut self, speaker: &mut Frame) {
        let mut tone = [0; FRAME];
        if self.key.render(&mut tone) == 0 {
            return;
        }
        if !self.key_sounds {
            let left = (0..FADE as i32).rev();
            for (sample, left) in tone.iter_mut().zip(left) {
                *sample = saturated(i32::from(*sample) * left / FADE as i32);
            }
            tone[FADE..].fill(0);
            self.key = Generator::default();
        }
        for (sample, tone) in speaker.iter_mut().zip(tone) {
            *sample = saturated(i32::from(*sample) + i32::from(tone));
        }
    }
}

/// Sound of another bridge, in the order in which it came.
#[derive(Debug, Default)]
struct Received {
    samples: VecDeque<i16>,
    /// Sound has begun to be played: until it runs dry, frames are taken.
    plays: bool,
    /// Anything came, ever: nothing is rendered then.
    is_in_use: bool,
}

impl Received {
    /// Samples that are there before the first is played, so that a late packet leaves no gap: 60 ms.
    const AHEAD: usize = 3 * FRAME;

    /// Samples that wait at most, so that nobody hears the past: 200 ms.
    const MOST: usize = 10 * FRAME;

    fn add(&mut self, samples: &[i16]) {
        self.is_in_use = true;
        self.samples.extend(samples);
        let over = self.samples.len().saturating_sub(Self::MOST);
        self.samples.drain(..over);
        self.plays |= self.samples.len() >= Self::AHEAD;
    }

    /// Returns the next 20 ms, silence where nothing is there; nothing while no other bridge has sent anything.
    fn next(&mut self) -> Option<Frame> {
        self.plays &= self.samples.len() >= FRAME;
        let mut frame = [0; FRAME];
        if self.plays {
            frame.iter_mut().zip(self.samples.drain(..FRAME)).for_each(|(to, sample)| *to = sample);
        }
        self.is_in_use.then_some(frame)
    }
}

fn saturated(sample: i32) -> i16 {
    let held = sample.clamp(i16::MIN.into(), i16::MAX.into());
    i16::try_from(held).expect("just held within the range")
}

/// Listens until nobody gives cues any more: each 20 ms, as soon as they have passed, go to `play`, and the levels to
/// the one who draws them. Those which find no room are left out: later ones are on their way.
pub async fn listen(
    library: &Library,
    clock: Clock,
    mut cues: mpsc::Receiver<Cue>,
    levels: Option<mpsc::Sender<Levels>>,
    mut play: impl FnMut(&MonitorSound),
) {
    let mut whole = clock.now();
    let mut monitor = Monitor::new(library, whole);
    whole = whole + FRAME_TIME;
    loop {
        tokio::select! {
            biased;
            cue = cues.recv() => match cue {
                Some(cue) => monitor.take(&cue),
                None => return,
            },
            () = clock.sleep_until(whole) => {
                play(&monitor.frame());
                if let (Some(levels), Some(wanted)) = (monitor.levels(), &levels) {
                    let _left_out = wanted.try_send(levels);
                }
                whole = whole + FRAME_TIME;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_of_another_bridge_waits_60_ms_and_is_never_older_than_200() {
        let mut received = Received::default();
        assert_eq!(received.next(), None, "this program's own bridge is rendered");
        received.add(&[1; 2 * FRAME]);
        assert_eq!(received.next(), Some([0; FRAME]));
        received.add(&[2; FRAME]);
        let frames: Vec<i16> = (0..4).filter_map(|_| Some(received.next()?[0])).collect();
        assert_eq!(frames, [1, 1, 2, 0]);
        (0..12).for_each(|number| received.add(&[number; FRAME]));
        assert_eq!(received.next(), Some([2; FRAME]));
    }
}
