//! What each caller of a run heard, as sound: read off the run's log, and made only when somebody asks.
//!
//! In a meeting every simulated participant speaks with a tone of their own, so that who hears whom can be heard. Keys
//! are not in it, since any of them may belong to a PIN.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use crate::control::call::{LegId, PlaybackId, Prompt, Source};
use crate::control::event::{AccountEvent, CallEvent, Event, MeetingEvent, MeetingId};
use crate::control::time::Instant;
use crate::leg::log::{Entry, Log};
use crate::media::library::Library;
use crate::media::mixer::{Frame, Mixer};
use crate::media::playout::Playout;
use crate::media::rate::{FRAME, FRAME_TIME, samples_of};
use crate::media::speaker::Speaker;

/// A call that is recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Call {
    /// Whose: the role's place in the story.
    pub role: u32,
    /// The leg.
    pub leg: LegId,
    /// Which voice its caller has: see [`Speaker::frequency`].
    pub voice: u32,
    /// When it was dialled, and its recording begins.
    pub began: Instant,
    /// When it was over, and its recording ends.
    pub ended: Instant,
}

/// Plays a log again, for ears.
#[derive(Debug)]
pub struct Recorder<'l> {
    library: &'l Library,
    calls: Vec<Call>,
    /// The first call that has not begun by now.
    next_call: usize,
    events: VecDeque<(Instant, Event)>,
    /// Whether everybody in a meeting speaks, or only who is told to.
    all_talk: bool,
    now: Instant,
    lines: BTreeMap<LegId, Line>,
    rooms: BTreeMap<MeetingId, Room>,
}

/// A call that is up.
#[derive(Debug)]
struct Line {
    heard: Heard,
    /// What changes within this frame.
    changes: Vec<(Instant, Source)>,
    /// The meeting that its caller joined last; whether still in it, its mixer knows.
    meeting: Option<MeetingId>,
    speaker: Speaker,
    talks: bool,
}

/// Somebody who joined within this frame.
#[derive(Debug)]
struct Newcomer {
    meeting: MeetingId,
    leg: LegId,
    muted: bool,
}

/// A meeting's sound.
#[derive(Debug, Default)]
struct Room {
    mixer: Mixer,
    announcement: Option<Heard>,
}

/// Something that is heard, as it changes.
#[derive(Debug)]
struct Heard {
    playout: Playout,
    /// Who says the recorded name that this is.
    name: Option<Speaker>,
}

impl<'l> Recorder<'l> {
    /// Every call of this run, from its first.
    #[must_use]
    pub fn new(log: &Log, library: &'l Library) -> Self {
        let mut recorder = Self::live(library, Instant::ZERO);
        recorder.all_talk = true;
        log.entries.iter().for_each(|(at, entry)| recorder.take(*at, entry));
        let over = log.entries.last().map_or(Instant::ZERO, |(at, _)| *at);
        recorder.calls.iter_mut().for_each(|call| call.ended = call.ended.min(over));
        recorder.now = recorder.calls.first().map_or(Instant::ZERO, |call| call.began);
        recorder
    }

    /// A recorder that [takes](Self::take) what happens while it happens, from now on. Nobody speaks who is not
    /// [told to](Self::talk).
    #[must_use]
    pub fn live(library: &'l Library, now: Instant) -> Self {
        Self {
            library,
            calls: Vec::new(),
            next_call: 0,
            events: VecDeque::new(),
            all_talk: false,
            now,
            lines: BTreeMap::new(),
            rooms: BTreeMap::new(),
        }
    }

    /// One more entry of the run, in order. What lies before [`Recorder::now`] counts from there.
    pub fn take(&mut self, at: Instant, entry: &Entry) {
        match entry {
            Entry::Dials { part, leg } => {
                let ended = Instant::NEVER;
                self.calls.push(Call { role: *part, leg: *leg, voice: *part, began: at, ended });
            }
            Entry::Event(event) => {
                if let Event::Call(CallEvent::Finished { leg, .. }) = event
                    && let Some(call) = self.calls.iter_mut().rfind(|call| call.leg == *leg)
                {
                    call.ended = at;
                }
                self.events.push_back((at, *event));
            }
            Entry::Step { .. } | Entry::Failed { .. } | Entry::Signal { .. } | Entry::LineFault { .. } => {}
            Entry::Act { .. } | Entry::Finished { .. } => {}
        }
    }

    /// Lets whoever is on this leg speak with a tone of their own while in a meeting, or be silent.
    pub fn talk(&mut self, leg: LegId, talks: bool) {
        if let Some(line) = self.lines.get_mut(&leg) {
            line.talks = talks;
        }
    }

    /// The calls, in the order in which they were dialled.
    #[must_use]
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    /// The moment up to which everything has been recorded.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Records 20 ms more: gives each call that is up, by its place, and its frame. False once no call is left.
    pub fn tick(&mut self, mut take: impl FnMut(usize, &Frame)) -> bool {
        let (from, until) = (self.now, self.now + FRAME_TIME);
        while let Some(call) = self.calls.get(self.next_call).filter(|call| call.began < until) {
            let line = Line {
                heard: Heard { playout: Playout::new(call.began), name: None },
                changes: Vec::new(),
                meeting: None,
                speaker: Speaker::new(call.voice),
                talks: self.all_talk,
            };
            self.lines.insert(call.leg, line);
            self.next_call += 1;
        }
        let mut gone = Vec::new();
        let mut come = Vec::new();
        while let Some((at, event)) = self.events.pop_front_if(|(at, _)| *at < until) {
            self.follow(at, event, &mut come, &mut gone);
        }
        self.mix(from);
        for (place, call) in self.calls.iter().enumerate() {
            if let Some(line) = self.lines.get_mut(&call.leg).filter(|_| call.ended > from) {
                let room = line.meeting.and_then(|meeting| self.rooms.get(&meeting));
                let mix = room.and_then(|room| room.mixer.heard(call.leg));
                let mut frame = [0; FRAME];
                let conference = mix.as_ref().map_or(&[][..], |mix| mix.frame());
                let mut at = 0;
                for (when, source) in std::mem::take(&mut line.changes) {
                    let until = samples_of(when.since(from)) as usize;
                    line.heard.render(self.library, from, at..until, conference, &mut frame);
                    line.heard = Heard::new(when, source, &self.calls);
                    at = until;
                }
                line.heard.render(self.library, from, at..FRAME, conference, &mut frame);
                take(place, &frame);
            }
        }
        // Who came speaks and hears from the next frame on: no frame is half of the lobby.
        for Newcomer { meeting, leg, muted } in come {
            if let Some(line) = self.lines.get_mut(&leg) {
                line.meeting = Some(meeting);
                let mixer = &mut self.rooms.entry(meeting).or_default().mixer;
                mixer.join(leg);
                mixer.set_muted(leg, muted);
            }
        }
        for leg in gone {
            self.lines.remove(&leg);
        }
        self.now = until;
        self.calls.iter().any(|call| call.ended > until)
    }

    fn follow(&mut self, at: Instant, event: Event, come: &mut Vec<Newcomer>, gone: &mut Vec<LegId>) {
        match event {
            Event::Call(CallEvent::Hears { leg, source }) => {
                if let Some(line) = self.lines.get_mut(&leg) {
                    line.changes.push((at, source));
                }
            }
            Event::Meeting(MeetingEvent::Joined { meeting, leg, .. }) => {
                come.push(Newcomer { meeting, leg, muted: false })
            }
            Event::Meeting(MeetingEvent::Left { meeting, leg, .. }) => {
                come.retain(|newcomer| newcomer.leg != leg);
                if let Some(room) = self.rooms.get_mut(&meeting) {
                    room.mixer.leave(leg);
                }
            }
            Event::Meeting(MeetingEvent::Muted { meeting, leg, muted }) => {
                if let Some(newcomer) = come.iter_mut().find(|newcomer| newcomer.leg == leg) {
                    newcomer.muted = muted;
                } else if let Some(room) = self.rooms.get_mut(&meeting) {
                    room.mixer.set_muted(leg, muted);
                }
            }
            Event::Meeting(MeetingEvent::Announced { meeting, prompt, language }) => {
                let source = Source::Prompt { playback: PlaybackId::default(), prompt, language };
                self.rooms.entry(meeting).or_default().announcement =
                    Some(Heard::new(at, source, &self.calls));
            }
            Event::Meeting(MeetingEvent::Ended { meeting, .. }) => {
                if let Some(room) = self.rooms.get_mut(&meeting) {
                    room.announcement = None;
                }
            }
            Event::Call(CallEvent::Finished { leg, .. }) => gone.push(leg),
            Event::Call(CallEvent::Called { .. })
            | Event::Call(CallEvent::Answered { .. })
            | Event::Call(CallEvent::Key { .. })
            | Event::Call(CallEvent::KeysIgnored { .. })
            | Event::Call(CallEvent::ConferenceIdKeyed { .. })
            | Event::Call(CallEvent::DirectoryFailed { .. })
            | Event::Meeting(MeetingEvent::PinAccepted { .. })
            | Event::Meeting(MeetingEvent::PinRefused { .. })
            | Event::Meeting(MeetingEvent::Parked { .. })
            | Event::Meeting(MeetingEvent::Started { .. })
            | Event::Meeting(MeetingEvent::Promoted { .. })
            | Event::Meeting(MeetingEvent::Commanded { .. })
            | Event::Meeting(MeetingEvent::Hand { .. })
            | Event::Meeting(MeetingEvent::Locked { .. })
            | Event::Meeting(MeetingEvent::AnnouncementDropped { .. })
            | Event::Account(AccountEvent::Administered { .. })
            | Event::Account(AccountEvent::PinChecked { .. })
            | Event::Account(AccountEvent::LockedOut { .. }) => {}
        }
    }

    /// Everybody who is in a meeting speaks.
    fn mix(&mut self, from: Instant) {
        for (meeting, room) in &mut self.rooms {
            let mut spoken = Vec::new();
            let there = |line: &Line| line.talks && line.meeting == Some(*meeting);
            for (leg, line) in self.lines.iter_mut().filter(|(_, line)| there(line)) {
                let mut frame = [0; FRAME];
                line.speaker.speak(&mut frame);
                spoken.push((*leg, frame));
            }
            let announcement = room.announcement.as_mut().map(|heard| {
                let mut frame = [0; FRAME];
                heard.render(self.library, from, 0..FRAME, &[], &mut frame);
                frame
            });
            room.mixer.mix(spoken.iter().map(|(leg, frame)| (*leg, frame)), announcement.as_ref());
            while room.mixer.poll_output().is_some() {}
        }
    }
}

impl Heard {
    fn new(now: Instant, source: Source, calls: &[Call]) -> Self {
        let mut playout = Playout::new(now);
        playout.hear(now, source);
        let name = match source {
            Source::Prompt { prompt: Prompt::RecordedName { leg, .. }, .. } => {
                calls.iter().find(|call| call.leg == leg).map(|call| Speaker::new(call.voice))
            }
            Source::Prompt { .. } | Source::Silence | Source::HoldMusic { .. } | Source::Conference => None,
        };
        Self { playout, name }
    }

    /// Writes a part of the frame that begins then.
    fn render(
        &mut self,
        library: &Library,
        from: Instant,
        part: Range<usize>,
        conference: &[i16],
        frame: &mut Frame,
    ) {
        let begin = from + FRAME_TIME * part.start as u32 / FRAME as u32;
        let conference = conference.get(part.start..).unwrap_or_default();
        let out = &mut frame[part];
        self.playout.render(library, begin, conference, out);
        if let Some(speaker) = &mut self.name {
            speaker.speak(out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::call::{HangupCause, Language, Tone};
    use crate::control::event::{Admission, EndReason, Outcome, Place};
    use crate::leg::log::Sink as _;

    const MEETING: MeetingId = MeetingId(0);

    /// A log in which two callers are in a meeting from the beginning, for four seconds.
    fn two_callers(more: &[(u64, Event)]) -> Log {
        let legs = [LegId(0), LegId(1)];
        let mut entries = Vec::new();
        for (part, leg) in (0..).zip(legs) {
            entries.push((0, Entry::Dials { part, leg }));
            entries
                .push((0, Entry::Event(Event::Call(CallEvent::Hears { leg, source: Source::Conference }))));
            let admission = Admission::Door;
            entries.push((
                0,
                Entry::Event(Event::Meeting(MeetingEvent::Joined { meeting: MEETING, leg, admission })),
            ));
        }
        entries.extend(more.iter().map(|(at, event)| (*at, Entry::Event(*event))));
        for leg in legs {
            let over = Event::Call(CallEvent::Finished {
                leg,
                outcome: Outcome::Joined,
                cause: HangupCause::Caller,
            });
            entries.push((4_000, Entry::Event(over)));
        }
        let mut log = Log::default();
        for (at, entry) in entries {
            log.take(Instant::from_millis(at), entry);
        }
        log
    }

    /// In which of the four seconds the second caller hears something.
    fn second_hears(log: &Log) -> [bool; 4] {
        let mut recorder = Recorder::new(log, Library::built_in());
        let mut heard = Vec::new();
        while recorder.tick(|place, frame| {
            if place == 1 {
                heard.extend(frame);
            }
        }) {}
        // Not what a frame at the edge still holds.
        std::array::from_fn(|second| {
            heard[second * 8_000 + 800..][..7_000].iter().any(|sample: &i16| *sample != 0)
        })
    }

    #[test]
    fn whoever_has_left_is_heard_no_more_though_the_call_goes_on() {
        let left =
            Event::Meeting(MeetingEvent::Left { meeting: MEETING, leg: LegId(0), place: Place::Joined });
        assert_eq!(second_hears(&two_callers(&[])), [true; 4]);
        assert_eq!(second_hears(&two_callers(&[(2_000, left)])), [true, true, false, false]);
    }

    #[test]
    fn whoever_is_muted_while_joining_is_not_heard_until_unmuted() {
        let muted = |muted| Event::Meeting(MeetingEvent::Muted { meeting: MEETING, leg: LegId(0), muted });
        let log = two_callers(&[(0, muted(true)), (3_000, muted(false))]);
        assert_eq!(second_hears(&log), [false, false, false, true]);
    }

    #[test]
    fn what_a_meeting_is_told_ends_with_it() {
        let left =
            Event::Meeting(MeetingEvent::Left { meeting: MEETING, leg: LegId(0), place: Place::Joined });
        let (prompt, language) = (Prompt::HelpMenu, Language::EnUs);
        let told = Event::Meeting(MeetingEvent::Announced { meeting: MEETING, prompt, language });
        let ended = Event::Meeting(MeetingEvent::Ended { meeting: MEETING, reason: EndReason::Person });
        assert_eq!(second_hears(&two_callers(&[(0, left), (1_000, told)])), [false, true, true, true]);
        let log = two_callers(&[(0, left), (1_000, told), (3_000, ended)]);
        assert_eq!(second_hears(&log), [false, true, true, false]);
    }

    #[test]
    fn tones_and_names_are_in_the_mix_too() {
        let left =
            Event::Meeting(MeetingEvent::Left { meeting: MEETING, leg: LegId(0), place: Place::Joined });
        let name = Prompt::RecordedName { leg: LegId(0), millis: 900 };
        for prompt in [Prompt::Tone(Tone::High), name] {
            let told = Event::Meeting(MeetingEvent::Announced {
                meeting: MEETING,
                prompt,
                language: Language::EnUs,
            });
            assert!(second_hears(&two_callers(&[(0, left), (2_100, told)]))[2], "{prompt:?}");
        }
    }
}
