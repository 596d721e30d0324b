//! The mix of a meeting: each hears all who talk but themselves.
//!
//! It costs by who talks, not by who is in: the talkers are summed once; each of them gets that sum without their own
//! part, and all others share one frame. Lines on which nobody talks are left out, since the noise of 250 telephone
//! lines together is as loud as a voice. A sum that is too loud for 16 bits becomes softer as a whole.

mod limiter;
mod voice;

use std::collections::BTreeMap;

use super::rate::FRAME;
use crate::control::call::LegId;
use crate::control::outputs::Outputs;
use limiter::Limiter;
use voice::Voice;

/// The sound of one tick.
pub type Frame = [i16; FRAME];

/// Nobody talks.
const QUIET: Frame = [0; FRAME];

/// More talkers than these at once are not mixed: with an announcement they are 65,536 parts of 16 bits, whose sum just
/// fits 32 bits. A meeting for 250 is far from it.
pub const TALKERS_MAX: usize = u16::MAX as usize;

/// The time for which a participant counts as talking after the last loud frame, in ticks: the hang-over of 200 ms that
/// ITU-T P.56 (8.3) bridges pauses with, so that the ends of words are heard.
pub const HANG_OVER: u32 = 10;

/// A participant's sound in a tick.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Heard<'m> {
    /// Nobody else makes a sound.
    Silence,
    /// All who talk: the same frame for every participant who does not.
    Everyone(&'m Frame),
    /// A frame of one's own: in a meeting, all who talk but oneself.
    Own(&'m Frame),
}

impl Heard<'_> {
    /// The samples.
    #[must_use]
    pub fn frame(&self) -> &Frame {
        match self {
            Self::Silence => &QUIET,
            Self::Everyone(frame) | Self::Own(frame) => frame,
        }
    }
}

/// Somebody began or ceased to talk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Output {
    /// From this tick on their sound is in the mix.
    Talks(LegId),
    /// After this tick it is not any more: silence, muted, or gone.
    Quiet(LegId),
}

/// The mixer of one meeting, with those who are in it; who waits in its lobby is not in here, so that neither can hear
/// the other. Time is its ticks of 20 ms: each is one call of [`Mixer::mix`], after which every participant's frame is
/// read with [`Mixer::heard`]. Drain [`Mixer::poll_output`] after each call that changes something.
#[derive(Clone, Debug)]
pub struct Mixer {
    seats: BTreeMap<LegId, Seat>,
    /// Ticks so far; the present one's number.
    tick: u32,
    /// The sum of all who talk, and of an announcement.
    everyone: Frame,
    limiter: Limiter,
    /// For each who is in that sum, the sum without them.
    others: Vec<Others>,
    announces: bool,
    talking: Vec<LegId>,
    outputs: Outputs<Output>,
}

/// The mix for one talker: all the others.
#[derive(Clone, Debug)]
struct Others {
    leg: LegId,
    frame: Frame,
}

/// One participant. A tick of 0 has not been.
#[derive(Clone, Debug)]
struct Seat {
    muted: bool,
    talking: bool,
    voice: Voice,
    /// Of what this participant hears while talking.
    limiter: Limiter,
    /// Before this tick nothing was said or heard here.
    joined: u32,
    /// The last tick whose frame was loud.
    loud: u32,
    /// The last tick that this participant was mixed in, and the place in its `others`.
    mixed: u32,
    place: u16,
}

impl Default for Mixer {
    fn default() -> Self {
        Self {
            seats: BTreeMap::new(),
            tick: 0,
            everyone: QUIET,
            limiter: Limiter::default(),
            others: Vec::new(),
            announces: false,
            talking: Vec::new(),
            outputs: Outputs::default(),
        }
    }
}

impl Mixer {
    /// Lets somebody in, not muted. They hear the meeting from the next tick on. Nothing happens if they are in.
    pub fn join(&mut self, leg: LegId) {
        let joined = self.tick;
        self.seats.entry(leg).or_insert_with(|| Seat {
            muted: false,
            talking: false,
            voice: Voice::default(),
            limiter: Limiter::default(),
            joined,
            loud: 0,
            mixed: 0,
            place: 0,
        });
    }

    /// Takes somebody out; nothing happens if they are not in.
    pub fn leave(&mut self, leg: LegId) {
        self.silence(leg);
        self.seats.remove(&leg);
    }

    /// Mutes somebody, or not: their sound is not mixed. By whom, and who may, is the meeting's matter.
    pub fn set_muted(&mut self, leg: LegId, muted: bool) {
        if muted {
            self.silence(leg);
        }
        if let Some(seat) = self.seats.get_mut(&leg) {
            seat.muted = muted;
        }
    }

    /// One tick: mixes what came from the participants and an announcement to all. Legs from which nothing came need
    /// not be told; of legs that are not in, and of a second frame of one leg, nothing is mixed.
    #[expect(single_use_lifetimes, reason = "a lifetime without a name is unstable in `impl Trait`")]
    pub fn mix<'f>(
        &mut self,
        frames: impl IntoIterator<Item = (LegId, &'f Frame)>,
        announcement: Option<&Frame>,
    ) {
        self.tick += 1;
        self.others.clear();
        self.announces = announcement.is_some();
        let mut sum = [0; FRAME];
        for (leg, frame) in frames {
            if self.is_in_the_mix(leg, frame) {
                add(&mut sum, frame);
                self.others.push(Others { leg, frame: *frame });
            }
        }
        if let Some(announcement) = announcement {
            add(&mut sum, announcement);
        }
        for Others { leg, frame } in &mut self.others {
            let seat = self.seats.get_mut(leg).expect("only who is in is mixed");
            let others = std::array::from_fn(|at| sum[at] - i32::from(frame[at]));
            *frame = seat.limiter.limit(&others);
        }
        self.everyone = self.limiter.limit(&sum);
        self.end_hang_overs();
    }

    /// Returns a participant's sound in this tick; `None` if they are not in the meeting.
    #[must_use]
    pub fn heard(&self, leg: LegId) -> Option<Heard<'_>> {
        let seat = self.seats.get(&leg)?;
        let parts = self.others.len() + usize::from(self.announces);
        let is_part = seat.mixed == self.tick;
        Some(if seat.joined == self.tick || parts == usize::from(is_part) {
            Heard::Silence
        } else if is_part {
            Heard::Own(&self.others[usize::from(seat.place)].frame)
        } else {
            Heard::Everyone(&self.everyone)
        })
    }

    /// Returns the sound in this tick of those who are not in the mix themselves, and have been in the meeting since before:
    /// `None` if it is silence.
    #[must_use]
    pub fn everyone(&self) -> Option<&Frame> {
        (self.announces || !self.others.is_empty()).then_some(&self.everyone)
    }

    /// Those who are in the mix of this tick themselves, each with their own frame: everyone else hears
    /// [`Mixer::everyone`].
    pub fn talkers(&self) -> impl Iterator<Item = (LegId, &Frame)> {
        self.others.iter().map(|others| (others.leg, &others.frame))
    }

    /// Returns whether nobody is in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.seats.is_empty()
    }

    /// Returns the talkers, the one who has talked longest first.
    #[must_use]
    pub fn talking(&self) -> &[LegId] {
        &self.talking
    }

    /// The next change of who talks.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.poll()
    }

    /// Listens to a frame; whether it is to be mixed, as the next of `others`.
    fn is_in_the_mix(&mut self, leg: LegId, frame: &Frame) -> bool {
        let Some(seat) = self.seats.get_mut(&leg).filter(|seat| !seat.muted && seat.mixed != self.tick)
        else {
            return false;
        };
        let place = self.others.len();
        if place == TALKERS_MAX {
            return false;
        }
        if seat.voice.is_loud(frame) {
            seat.loud = self.tick;
            if !seat.talking {
                seat.talking = true;
                seat.limiter = self.limiter.clone();
                self.talking.push(leg);
                self.outputs.push(Output::Talks(leg));
            }
        }
        if seat.talking {
            seat.mixed = self.tick;
            seat.place = u16::try_from(place).expect("TALKERS_MAX has 16 bits");
        }
        seat.talking
    }

    fn end_hang_overs(&mut self) {
        let Self { seats, tick, talking, outputs, .. } = self;
        talking.retain(|leg| {
            let seat = seats.get_mut(leg).expect("who leaves ceases to talk first");
            seat.talking = *tick - seat.loud < HANG_OVER;
            if !seat.talking {
                outputs.push(Output::Quiet(*leg));
            }
            seat.talking
        });
    }

    fn silence(&mut self, leg: LegId) {
        if let Some(seat) = self.seats.get_mut(&leg).filter(|seat| seat.talking) {
            seat.talking = false;
            self.talking.retain(|talking| *talking != leg);
            self.outputs.push(Output::Quiet(leg));
        }
    }
}

fn add(sum: &mut [i32; FRAME], frame: &Frame) {
    for (sum, sample) in sum.iter_mut().zip(frame) {
        *sum += i32::from(*sample);
    }
}

#[cfg(test)]
mod tests;
