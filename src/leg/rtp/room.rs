//! One meeting as telephones hear it: mixed once each 20 ms by one thread, and published for all that carry somebody in it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::shared::Shared;
use crate::control::call::LegId;
use crate::control::event::{Event, MeetingEvent, MeetingId};
use crate::control::time::Instant;
use crate::media::conference_audio::ConferenceAudio;
use crate::media::g711::Law;
use crate::media::library::Library;
use crate::media::mixer::Frame;
use crate::media::rate::{FRAME, FRAME_TIME};
use crate::media::speaker::Speaker;
use crate::rtp::encoded::Payload;
use crate::rtp::slots::SLOTS;

/// Frames of a meeting that are kept for those who read them late.
const FRAMES_KEPT: usize = 4;

/// A frame is read so many milliseconds after it is due, so that a thread that wakes a little late makes no gap.
const GRACE: u64 = 5;

/// Frames of participants that wait for the next mix: two of each of 1,000 callers.
pub(super) const SAID_MAX: usize = 2_048;

/// What all threads that carry somebody in a meeting have of it.
#[derive(Debug)]
pub(super) struct Board {
    /// The millisecond of each 20 in which it is mixed.
    phase: u64,
    frames: Mutex<VecDeque<Arc<MixFrame>>>,
    said: Mutex<Vec<Said>>,
}

/// The mix of one tick, encoded once for all.
#[derive(Debug)]
pub(super) struct MixFrame {
    number: u64,
    /// Nothing if nobody makes a sound.
    everyone: Option<Encoded>,
    /// Of those telephones that are in the mix themselves.
    own: Vec<(LegId, Encoded)>,
}

/// In both laws, in the order of [`Law::ALL`].
type Encoded = [Payload; Law::ALL.len()];

/// What a participant said in 20 ms.
#[derive(Debug)]
struct Said {
    leg: LegId,
    number: u64,
    frame: Frame,
}

impl Board {
    fn new(phase: u64) -> Self {
        Self { phase, frames: Mutex::default(), said: Mutex::default() }
    }

    /// The frame for a packet that is due at this moment; `None` if nothing is to be heard, or if it is not mixed yet.
    pub(super) fn frame(&self, due: Instant) -> Option<Arc<MixFrame>> {
        let number = tick_at(due.millis().checked_sub(GRACE)?, self.phase);
        let frames = self.frames();
        frames.iter().find(|frame| frame.number == number).cloned()
    }

    /// Takes what a participant said. False if too much waits, and it is dropped.
    pub(super) fn say(&self, leg: LegId, number: u64, frame: &Frame) -> bool {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let has_room = said.len() < SAID_MAX;
        if has_room {
            said.push(Said { leg, number, frame: *frame });
        }
        has_room
    }

    fn frames(&self) -> MutexGuard<'_, VecDeque<Arc<MixFrame>>> {
        self.frames.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn publish(&self, frame: MixFrame) {
        let mut frames = self.frames();
        if frames.len() == FRAMES_KEPT {
            frames.pop_front();
        }
        frames.push_back(Arc::new(frame));
    }
}

impl MixFrame {
    /// What a participant hears; nothing if it is silence.
    pub(super) fn heard(&self, leg: LegId, law: Law) -> Option<&Payload> {
        let own = self.own.iter().find(|(talker, _)| *talker == leg).map(|(_, encoded)| encoded);
        own.or(self.everyone.as_ref()).map(|encoded| &encoded[law as usize])
    }
}

/// One participant's place in a meeting.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) board: Arc<Board>,
    left: AtomicBool,
}

impl Seat {
    /// Whether the participant has left the meeting: nothing of it is heard from then on.
    pub(super) fn is_left(&self) -> bool {
        self.left.load(Ordering::Acquire)
    }
}

/// A meeting, as the thread has it that mixes it.
#[derive(Debug)]
pub(super) struct Room {
    meeting: MeetingId,
    audio: ConferenceAudio,
    board: Arc<Board>,
    seats: BTreeMap<LegId, Arc<Seat>>,
    /// Simulated participants, who speak with tones of their own.
    scripted: BTreeMap<LegId, Scripted>,
    /// The number of the next tick.
    next: u64,
    /// What was said since the last.
    said: Vec<Said>,
}

#[derive(Debug)]
struct Scripted {
    speaker: Speaker,
    said: u64,
}

impl Room {
    /// A meeting that nobody is in. `spread` spreads meetings over time.
    pub(super) fn new(meeting: MeetingId, spread: u64, now: Instant) -> Self {
        let phase = spread % SLOTS as u64;
        Self {
            meeting,
            audio: ConferenceAudio::default(),
            board: Arc::new(Board::new(phase)),
            seats: BTreeMap::new(),
            scripted: BTreeMap::new(),
            next: tick_at(now.millis(), phase) + 1,
            said: Vec::new(),
        }
    }

    /// Takes an event of this meeting.
    #[expect(clippy::wildcard_enum_match_arm, reason = "other events change nothing that is heard")]
    pub(super) fn take(&mut self, at: Instant, event: MeetingEvent, shared: &Shared) {
        match event {
            MeetingEvent::Joined { leg, .. } => {
                self.leave(leg, shared);
                self.audio.open(at, leg);
                self.enter(leg, shared);
            }
            MeetingEvent::Left { leg, .. } | MeetingEvent::Parked { leg, .. } => self.leave(leg, shared),
            MeetingEvent::Muted { .. } | MeetingEvent::Announced { .. } | MeetingEvent::Ended { .. } => {}
            _ => return,
        }
        if !self.is_empty() {
            let name = |leg, millis| shared.voices().name(leg, millis).map(|name| name.sound);
            self.audio.follow(at, &Event::Meeting(event), name);
        }
    }

    /// Whether nobody is in it.
    pub(super) fn is_empty(&self) -> bool {
        self.seats.is_empty() && self.scripted.is_empty()
    }

    /// Whether somebody may listen.
    pub(super) fn is_heard(&self) -> bool {
        !self.seats.is_empty()
    }

    /// Whether it is mixed in this millisecond.
    pub(super) fn is_due(&self, millisecond: u64) -> bool {
        millisecond % SLOTS as u64 == self.board.phase
    }

    /// Mixes what is due by `now`: one frame, after a stall or while nobody listened some.
    pub(super) fn handle_timeout(&mut self, now: Instant, library: &Library) {
        let last = tick_at(now.millis(), self.board.phase);
        // Older ones are not kept for anybody.
        self.next = self.next.max((last + 1).saturating_sub(FRAMES_KEPT as u64));
        while self.next <= last {
            self.tick(library);
        }
    }

    fn tick(&mut self, library: &Library) {
        std::mem::swap(&mut self.said, &mut *self.board.said.lock().unwrap_or_else(PoisonError::into_inner));
        for Said { leg, number, frame } in self.said.drain(..) {
            self.audio.receive(leg, number, &frame);
        }
        for (leg, scripted) in &mut self.scripted {
            let mut frame = [0; FRAME];
            scripted.speaker.speak(&mut frame);
            self.audio.receive(*leg, scripted.said, &frame);
            scripted.said += 1;
        }
        self.audio.tick(moment_of(self.next, self.board.phase) - FRAME_TIME, library);
        let mixer = self.audio.mixer(self.meeting);
        let talkers = mixer.iter().flat_map(|mixer| mixer.talkers());
        let telephones = talkers.filter(|(leg, _)| self.seats.contains_key(leg));
        let own = telephones.map(|(leg, frame)| (leg, encoded(frame))).collect();
        let everyone = mixer.and_then(|mixer| mixer.everyone()).map(encoded);
        self.board.publish(MixFrame { number: self.next, everyone, own });
        self.next += 1;
    }

    fn enter(&mut self, leg: LegId, shared: &Shared) {
        if let Some(part) = shared.voices().part(leg) {
            self.scripted.insert(leg, Scripted { speaker: Speaker::new(part), said: 0 });
        } else {
            let seat = Arc::new(Seat { board: Arc::clone(&self.board), left: AtomicBool::new(false) });
            shared.seats().insert(leg, Arc::clone(&seat));
            self.seats.insert(leg, seat);
        }
    }

    fn leave(&mut self, leg: LegId, shared: &Shared) {
        self.audio.close(leg);
        self.scripted.remove(&leg);
        if let Some(seat) = self.seats.remove(&leg) {
            seat.left.store(true, Ordering::Release);
            // A meeting that was joined meanwhile has put another there.
            let mut seats = shared.seats();
            if seats.get(&leg).is_some_and(|known| Arc::ptr_eq(known, &seat)) {
                seats.remove(&leg);
            }
        }
    }
}

/// The number of the last tick of this phase until then; the first is 1.
fn tick_at(millis: u64, phase: u64) -> u64 {
    (millis + SLOTS as u64 - phase) / SLOTS as u64
}

/// When the tick with this number is due.
fn moment_of(tick: u64, phase: u64) -> Instant {
    Instant::from_millis((tick * SLOTS as u64 + phase).saturating_sub(SLOTS as u64))
}

fn encoded(frame: &Frame) -> Encoded {
    Law::ALL.map(|law| frame.map(|sample| law.encode_sample(sample)))
}
