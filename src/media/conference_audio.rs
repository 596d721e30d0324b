//! The sound of each call, 20 ms at a time, whatever its source: silence, a prompt, hold music, or its conference
//! without its own voice. A recorder, a loudspeaker and an RTP stream ask the same question: the next frame of this
//! leg.

mod arrivals;
mod events;
mod track;

use std::collections::{BTreeMap, BTreeSet};

use super::library::{Library, Sound};
use super::mixer::{Frame, Heard, Mixer};
use super::rate::FRAME;
use crate::control::call::{Language, LegId, PlaybackId, Prompt, Source};
use crate::control::event::MeetingId;
use crate::control::time::Instant;
use arrivals::{Arrivals, Turn};
pub use arrivals::{QUEUE_MAX, Reception};
use track::{Playing, Track};

/// The sound of a bridge: its calls by leg, and its conferences.
///
/// It is driven by ticks of 20 ms, each in three parts:
///
/// 1. What happened is told, in order of time: [`open`](Self::open), [`hear`](Self::hear), [`join`](Self::join) and so
///    on, or whole [events](Self::follow); and what legs [sent](Self::receive). A source counts from its own moment, to
///    the sample; one that lies ahead waits for its tick. Leaving, muting, and the end of an announcement count from the
///    beginning of the tick, joining from its end, so that no frame is half lobby and half conference.
/// 2. [`tick`](Self::tick) mixes the frame that begins at its `now`. Each `now` is one frame after the last.
/// 3. [`heard`](Self::heard) gives the frame of each leg that somebody listens to. It changes nothing: it may be asked
///    of any legs, in any order, and as often as one likes.
///
/// A tick costs by what changed and by who sends, not by who is in. Who does not talk shares the frame of the whole
/// conference ([`Heard::Everyone`]), so that it is encoded once. A leg is forgotten when it is closed, a conference when
/// the last participant has left.
#[derive(Clone, Debug, Default)]
pub struct ConferenceAudio {
    /// When the frame of the last tick begins.
    now: Instant,
    legs: BTreeMap<LegId, Leg>,
    conferences: BTreeMap<MeetingId, Conference>,
    /// Legs with a source that has not become the present one.
    changing: Vec<LegId>,
    /// Legs that join at the end of the next tick.
    joining: Vec<LegId>,
    reception: Reception,
}

#[derive(Clone, Debug)]
struct Leg {
    track: Track,
    seat: Seat,
}

#[derive(Clone, Debug)]
enum Seat {
    Outside,
    Joining { conference: MeetingId, muted: bool },
    Inside { conference: MeetingId, arrivals: Arrivals },
}

#[derive(Clone, Debug, Default)]
struct Conference {
    mixer: Mixer,
    /// Those whose frames may wait.
    sending: BTreeSet<LegId>,
    announcement: Option<Track>,
}

/// The number of rows: memory grows with these, and with nothing else.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Rows {
    /// Legs that are open.
    pub legs: usize,
    /// Conferences with a participant, or with what was told of them since the last tick.
    pub conferences: usize,
    /// Notes on legs that change, join or send.
    pub notes: usize,
}

impl ConferenceAudio {
    /// Opens a leg, which hears silence. Nothing happens if it is open.
    pub fn open(&mut self, now: Instant, leg: LegId) {
        let fresh = || Leg { track: Track::new(now), seat: Seat::Outside };
        self.legs.entry(leg).or_insert_with(fresh);
    }

    /// Closes a leg and forgets it.
    pub fn close(&mut self, leg: LegId) {
        self.leave(leg);
        self.legs.remove(&leg);
    }

    /// From this moment on a leg hears this. `name` is how a recorded name sounds, if `source` is one: the caller who
    /// recorded it has its samples.
    pub fn hear(&mut self, at: Instant, leg: LegId, source: Source, name: Option<Sound>) {
        if let Some(Leg { track, .. }) = self.legs.get_mut(&leg) {
            if !track.is_changing() {
                self.changing.push(leg);
            }
            track.change(Playing::new(at, source, name));
        }
    }

    /// Lets a leg into a conference, and out of any other. Until it [hears](Self::hear) the conference it is heard, and
    /// hears what it heard before.
    pub fn join(&mut self, conference: MeetingId, leg: LegId) {
        self.leave(leg);
        if let Some(Leg { seat, .. }) = self.legs.get_mut(&leg) {
            *seat = Seat::Joining { conference, muted: false };
            self.joining.push(leg);
        }
    }

    /// Takes a leg out of its conference. What it sent and was not mixed is forgotten.
    pub fn leave(&mut self, leg: LegId) {
        let Some(Leg { seat, .. }) = self.legs.get_mut(&leg) else { return };
        match std::mem::replace(seat, Seat::Outside) {
            Seat::Outside => {}
            Seat::Joining { .. } => self.joining.retain(|joining| *joining != leg),
            Seat::Inside { conference, .. } => {
                if let Some(conference) = self.conferences.get_mut(&conference) {
                    conference.mixer.leave(leg);
                    conference.sending.remove(&leg);
                }
            }
        }
    }

    /// Mutes a participant, or not.
    pub fn set_muted(&mut self, leg: LegId, mute: bool) {
        match self.legs.get_mut(&leg).map(|leg| &mut leg.seat) {
            Some(Seat::Joining { muted, .. }) => *muted = mute,
            Some(Seat::Inside { conference, .. }) => {
                if let Some(conference) = self.conferences.get_mut(conference) {
                    conference.mixer.set_muted(leg, mute);
                }
            }
            Some(Seat::Outside) | None => {}
        }
    }

    /// From this moment on all who are in a conference hear this too, in place of an announcement that still plays.
    /// `name` is as in [`hear`](Self::hear).
    pub fn announce(
        &mut self,
        at: Instant,
        conference: MeetingId,
        (prompt, language): (Prompt, Language),
        name: Option<Sound>,
    ) {
        let source = Source::Prompt { playback: PlaybackId::default(), prompt, language };
        let conference = self.conferences.entry(conference).or_default();
        let announcement = conference.announcement.get_or_insert_with(|| Track::new(self.now));
        announcement.change(Playing::new(at, source, name));
    }

    /// Ends what is announced in a conference.
    pub fn stop_announcing(&mut self, conference: MeetingId) {
        if let Some(conference) = self.conferences.get_mut(&conference) {
            conference.announcement = None;
        }
    }

    /// Takes 20 ms that a participant sent, for the next tick that it is not too early for. Frames are numbered by the
    /// sender in the order of their time; see [`Reception`] for those which come too late, twice, or in too great a
    /// number. What others than participants send is not kept.
    pub fn receive(&mut self, leg: LegId, number: u64, frame: &Frame) {
        let seat = self.legs.get_mut(&leg).map(|leg| &mut leg.seat);
        if let Some(Seat::Inside { conference, arrivals }) = seat
            && let Some(conference) = self.conferences.get_mut(conference)
        {
            arrivals.take(number, frame, &mut self.reception);
            conference.sending.insert(leg);
        }
    }

    /// Mixes the 20 ms from `now` on.
    pub fn tick(&mut self, now: Instant, library: &Library) {
        self.now = now;
        let Self { legs, conferences, changing, joining, reception, .. } = self;
        changing.retain(|leg| legs.get_mut(leg).is_some_and(|leg| leg.track.settle(now)));
        let mut sent = Vec::new();
        for conference in conferences.values_mut() {
            conference.sending.retain(|leg| {
                match legs.get_mut(leg).map_or(Turn::Empty, |leg| leg.next_turn(reception)) {
                    Turn::Frame(frame) => sent.push((*leg, frame)),
                    Turn::Missing => {}
                    Turn::Empty => return false,
                }
                true
            });
            let announcement = conference.next_of_announcement(now, library);
            conference.mixer.mix(sent.iter().map(|(leg, frame)| (*leg, frame)), announcement.as_ref());
            sent.clear();
            while conference.mixer.poll_output().is_some() {}
        }
        for leg in joining.drain(..) {
            let Some(Leg { seat, .. }) = legs.get_mut(&leg) else { continue };
            if let Seat::Joining { conference, muted } = *seat {
                let mixer = &mut conferences.entry(conference).or_default().mixer;
                mixer.join(leg);
                mixer.set_muted(leg, muted);
                *seat = Seat::Inside { conference, arrivals: Arrivals::default() };
            }
        }
        conferences.retain(|_, conference| !conference.mixer.is_empty());
    }

    /// Returns what a leg hears in the 20 ms of the last tick; `None` if it is not open. `own` takes a frame that no
    /// other leg hears.
    pub fn heard<'h>(&'h self, leg: LegId, library: &Library, own: &'h mut Frame) -> Option<Heard<'h>> {
        let Leg { track, seat } = self.legs.get(&leg)?;
        let mix = match seat {
            Seat::Inside { conference, .. } => {
                self.conferences.get(conference).and_then(|conference| conference.mixer.heard(leg))
            }
            Seat::Outside | Seat::Joining { .. } => None,
        };
        let mix = mix.unwrap_or(Heard::Silence);
        Some(match track.steady_source() {
            Some(Source::Silence) => Heard::Silence,
            Some(Source::Conference) => mix,
            Some(Source::Prompt { .. } | Source::HoldMusic { .. }) | None => {
                track.render(library, self.now, mix.frame(), own);
                Heard::Own(own)
            }
        })
    }

    /// Returns the mixer of a conference, for those who play its mix themselves; `None` if nobody is in it.
    #[must_use]
    pub fn mixer(&self, conference: MeetingId) -> Option<&Mixer> {
        self.conferences.get(&conference).map(|conference| &conference.mixer)
    }

    /// Returns the counts of frames that did not arrive one by one and in time.
    #[must_use]
    pub fn reception(&self) -> Reception {
        self.reception
    }

    /// Returns the number of rows.
    #[must_use]
    pub fn rows(&self) -> Rows {
        let sending = self.conferences.values().map(|conference| conference.sending.len());
        Rows {
            legs: self.legs.len(),
            conferences: self.conferences.len(),
            notes: self.changing.len() + self.joining.len() + sending.sum::<usize>(),
        }
    }
}

impl Leg {
    fn next_turn(&mut self, reception: &mut Reception) -> Turn {
        match &mut self.seat {
            Seat::Inside { arrivals, .. } => arrivals.next_turn(reception),
            Seat::Outside | Seat::Joining { .. } => Turn::Empty,
        }
    }
}

impl Conference {
    /// The frame of the announcement, which is forgotten once it is over.
    fn next_of_announcement(&mut self, now: Instant, library: &Library) -> Option<Frame> {
        let announcement = self.announcement.as_mut()?;
        if !announcement.settle(now) && announcement.is_over(library, now) {
            self.announcement = None;
            return None;
        }
        let mut frame = [0; FRAME];
        announcement.render(library, now, Heard::Silence.frame(), &mut frame);
        Some(frame)
    }
}

#[cfg(test)]
mod tests;
