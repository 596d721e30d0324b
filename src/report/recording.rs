//! The sound that each caller of a run heard: read from the run's log, and rendered only when somebody asks.
//!
//! In a meeting every simulated participant speaks with a tone of their own, so that who hears whom can be heard. Keys
//! are not in it, since any of them may belong to a PIN.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::control::call::{LegId, Speech};
use crate::control::event::{CallEvent, Event, MeetingEvent};
use crate::control::time::Instant;
use crate::leg::cast::Recording;
use crate::leg::log::{Entry, Log};
use crate::media::conference_audio::ConferenceAudio;
use crate::media::library::{Library, Sound};
use crate::media::mixer::{Frame, Heard};
use crate::media::rate::{FRAME, FRAME_TIME, samples_of};
use crate::media::speaker::Speaker;

/// A call that is recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Call {
    /// The caller: the role's place in the story.
    pub role: u32,
    /// The leg.
    pub leg: LegId,
    /// The voice of the caller: see [`Speaker::frequency`].
    pub voice: u32,
    /// When it was dialled, and its recording begins.
    pub began: Instant,
    /// When it was over, and its recording ends.
    pub ended: Instant,
}

/// The time for which a name is kept after its caller hung up: an announcement that they left may wait for others.
const NAMES_KEPT: Duration = Duration::from_secs(60);

/// Plays a log again, for ears.
#[derive(Debug)]
pub struct Recorder<'l> {
    library: &'l Library,
    /// The recordings that callers play.
    recordings: &'l [Recording],
    calls: Vec<Call>,
    events: VecDeque<(Instant, Event)>,
    /// Whether everybody in a meeting speaks, or only who is told to.
    all_talk: bool,
    now: Instant,
    audio: ConferenceAudio,
    voices: BTreeMap<LegId, Voice>,
    /// Calls that ended within the last frame: the beginning of it was heard.
    finished: Vec<(Instant, Event)>,
}

/// A caller's voice.
#[derive(Debug)]
struct Voice {
    number: u32,
    ended: Option<Instant>,
    speaker: Speaker,
    talks: bool,
    /// What the script says, if it does, and since when.
    says: Option<(Speech, Instant)>,
    /// Whether they have been in a meeting: nobody speaks before.
    has_joined: bool,
    /// Frames so far.
    said: u64,
    /// The last of them, if it was of the last 20 ms.
    frame: Option<Frame>,
}

impl<'l> Recorder<'l> {
    /// Every call of this run of a story, from its first.
    #[must_use]
    pub fn new(log: &Log, library: &'l Library, recordings: &'l [Recording]) -> Self {
        let mut recorder = Self::live(library, Instant::ZERO);
        recorder.recordings = recordings;
        let says = |entry: &Entry| matches!(entry, Entry::Event(Event::Call(CallEvent::Says { .. })));
        recorder.all_talk = !log.entries.iter().any(|(_, entry)| says(entry));
        log.entries.iter().for_each(|(at, entry)| recorder.take(*at, entry));
        recorder.calls = calls_of(log);
        recorder.now = recorder.calls.first().map_or(Instant::ZERO, |call| call.began);
        recorder
    }

    /// A recorder that [takes](Self::take) what happens while it happens, from now on. Nobody speaks who is not
    /// [told to](Self::talk).
    #[must_use]
    pub fn live(library: &'l Library, now: Instant) -> Self {
        Self {
            library,
            recordings: &[],
            calls: Vec::new(),
            events: VecDeque::new(),
            all_talk: false,
            now,
            audio: ConferenceAudio::default(),
            voices: BTreeMap::new(),
            finished: Vec::new(),
        }
    }

    /// One more entry of the run, in order. What lies before [`Recorder::now`] counts from there.
    pub fn take(&mut self, at: Instant, entry: &Entry) {
        match entry {
            Entry::Dials { part, leg } => {
                let (number, speaker, talks) = (*part, Speaker::new(*part), self.all_talk);
                let (ended, says, has_joined, said, frame) = (None, None, false, 0, None);
                let voice = Voice { number, ended, speaker, talks, says, has_joined, said, frame };
                self.voices.insert(*leg, voice);
            }
            Entry::Event(event) => self.events.push_back((at, *event)),
            Entry::Step { .. } | Entry::Failed { .. } | Entry::Signal { .. } | Entry::LineFault { .. } => {}
            Entry::Act { .. } | Entry::Finished { .. } => {}
        }
    }

    /// Lets the caller of this leg speak with a tone of their own while in a meeting, or be silent.
    pub fn talk(&mut self, leg: LegId, talks: bool) {
        if let Some(voice) = self.voices.get_mut(&leg) {
            voice.talks = talks;
        }
    }

    /// The calls of the log, in the order in which they were dialled.
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
        let from = self.now;
        self.advance();
        for (place, call) in self.calls.iter().enumerate() {
            if call.began < self.now && call.ended > from {
                take(place, self.heard(call.leg, &mut [0; FRAME]).frame());
            }
        }
        self.calls.iter().any(|call| call.ended > self.now)
    }

    /// Goes on by 20 ms, which are [heard](Self::heard) then.
    pub fn advance(&mut self) {
        let (from, until) = (self.now, self.now + FRAME_TIME);
        for (at, event) in std::mem::take(&mut self.finished) {
            self.follow(at, event);
        }
        self.voices.retain(|_, voice| voice.ended.is_none_or(|ended| ended + NAMES_KEPT > from));
        self.speak();
        while let Some((at, event)) = self.events.pop_front_if(|(at, _)| *at < until) {
            if matches!(event, Event::Call(CallEvent::Finished { .. })) {
                self.finished.push((at, event));
            } else {
                self.follow(at, event);
            }
        }
        self.audio.tick(from, self.library);
        self.now = until;
    }

    /// Returns the sound of a call in the last 20 ms.
    pub fn heard<'h>(&'h self, leg: LegId, own: &'h mut Frame) -> Heard<'h> {
        self.audio.heard(leg, self.library, own).unwrap_or(Heard::Silence)
    }

    /// Returns what the caller of this leg said in the last 20 ms, muted or not; `None` for nothing.
    #[must_use]
    pub fn said(&self, leg: LegId) -> Option<&Frame> {
        self.voices.get(&leg)?.frame.as_ref()
    }

    /// Everybody who has been in a meeting says what comes next.
    fn speak(&mut self) {
        for (leg, voice) in &mut self.voices {
            voice.frame = None;
            if voice.talks && voice.has_joined {
                let mut frame = [0; FRAME];
                match voice.says {
                    Some((Speech::Tone, _)) => voice.speaker.hum(&mut frame),
                    Some((Speech::Recording(place), since)) => {
                        if let Some(recording) = self.recordings.get(usize::from(place)) {
                            let at = samples_of(self.now.since(since)) as usize;
                            let samples = recording.sound.samples().skip(at);
                            frame.iter_mut().zip(samples).for_each(|(out, sample)| *out = sample);
                        }
                    }
                    Some((Speech::Talk, _)) | None => voice.speaker.speak(&mut frame),
                }
                self.audio.receive(*leg, voice.said, &frame);
                voice.said += 1;
                voice.frame = Some(frame);
            }
        }
    }

    fn follow(&mut self, at: Instant, event: Event) {
        self.audio.follow(at, &event, |leg, millis| {
            let mut name = vec![0; samples_of(Duration::from_millis(millis.into())) as usize];
            Speaker::new(self.voices.get(&leg)?.number).speak(&mut name);
            Some(Sound::new(&name))
        });
        if let Event::Call(CallEvent::Says { leg, speech }) = event
            && let Some(voice) = self.voices.get_mut(&leg)
        {
            voice.says = speech.map(|speech| (speech, at));
            voice.talks = speech.is_some();
        } else if let Event::Meeting(MeetingEvent::Joined { leg, .. }) = event
            && let Some(voice) = self.voices.get_mut(&leg)
        {
            voice.has_joined = true;
        } else if let Event::Call(CallEvent::Finished { leg, .. }) = event
            && let Some(voice) = self.voices.get_mut(&leg)
        {
            (voice.ended, voice.talks) = (Some(at), false);
        }
    }
}

/// The calls of a log; those which were up at its end end there.
fn calls_of(log: &Log) -> Vec<Call> {
    let over = log.entries.last().map_or(Instant::ZERO, |(at, _)| *at);
    let mut calls: Vec<Call> = Vec::new();
    for (at, entry) in &log.entries {
        if let Entry::Dials { part, leg } = *entry {
            calls.push(Call { role: part, leg, voice: part, began: *at, ended: over });
        } else if let Entry::Event(Event::Call(CallEvent::Finished { leg, .. })) = entry
            && let Some(call) = calls.iter_mut().rfind(|call| call.leg == *leg)
        {
            call.ended = *at;
        }
    }
    calls
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::call::{HangupCause, Language, Prompt, Source, Tone};
    use crate::control::event::{Admission, EndReason, MeetingId, MutedBy, Outcome, Place};
    use crate::leg::log::Sink as _;

    const MEETING: MeetingId = MeetingId(0);

    /// A log in which two callers are in a meeting from the beginning, for four seconds.
    fn two_callers(more: &[(u64, Event)]) -> Log {
        let legs = [LegId::new(0), LegId::new(1)];
        let mut entries = Vec::new();
        for (part, leg) in (0..).zip(legs) {
            entries.push((0, Entry::Dials { part, leg }));
            entries.push((0, Entry::Event(Event::Call(CallEvent::Called { leg }))));
            entries
                .push((0, Entry::Event(Event::Call(CallEvent::Hears { leg, source: Source::Conference }))));
            let admission = Admission::Direct;
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
        let mut recorder = Recorder::new(log, Library::built_in(), &[]);
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
    fn who_has_left_is_not_heard_though_the_call_goes_on() {
        let left =
            Event::Meeting(MeetingEvent::Left { meeting: MEETING, leg: LegId::new(0), place: Place::Joined });
        assert_eq!(second_hears(&two_callers(&[])), [true; 4]);
        assert_eq!(second_hears(&two_callers(&[(2_000, left)])), [true, true, false, false]);
    }

    #[test]
    fn who_is_sent_back_to_the_lobby_is_not_heard_in_the_meeting() {
        let parked = Event::Meeting(MeetingEvent::Parked { meeting: MEETING, leg: LegId::new(0) });
        assert_eq!(second_hears(&two_callers(&[(2_000, parked)])), [true, true, false, false]);
    }

    #[test]
    fn who_is_muted_while_joining_is_not_heard_until_unmuted() {
        let muted = |muted| {
            let (leg, by) = (LegId::new(0), MutedBy::Oneself);
            Event::Meeting(MeetingEvent::Muted { meeting: MEETING, leg, muted, by, hard: false })
        };
        let log = two_callers(&[(0, muted(true)), (3_000, muted(false))]);
        assert_eq!(second_hears(&log), [false, false, false, true]);
    }

    #[test]
    fn what_a_meeting_is_told_ends_with_it() {
        let left =
            Event::Meeting(MeetingEvent::Left { meeting: MEETING, leg: LegId::new(0), place: Place::Joined });
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
            Event::Meeting(MeetingEvent::Left { meeting: MEETING, leg: LegId::new(0), place: Place::Joined });
        let name = Prompt::RecordedName { leg: LegId::new(0), millis: 900 };
        for prompt in [Prompt::Tone(Tone::High), name] {
            let told = Event::Meeting(MeetingEvent::Announced {
                meeting: MEETING,
                prompt,
                language: Language::EnUs,
            });
            assert!(second_hears(&two_callers(&[(0, left), (2_100, told)]))[2], "{prompt:?}");
        }
    }

    #[test]
    fn a_recording_is_played_from_when_it_was_begun() {
        let sound = Sound::new(&(0..8_000).map(|at| at % 500 + 1_000).collect::<Vec<i16>>());
        let recordings = [Recording { path: "a.wav".to_owned(), sound: sound.clone(), by: 0 }];
        let says = |speech| Event::Call(CallEvent::Says { leg: LegId::new(0), speech });
        let log = two_callers(&[(1_000, says(Some(Speech::Recording(0)))), (2_000, says(None))]);
        let mut recorder = Recorder::new(&log, Library::built_in(), &recordings);
        let mut heard = Vec::new();
        while recorder.tick(|place, frame| {
            if place == 1 {
                heard.extend(frame);
            }
        }) {}
        let begins = heard.iter().position(|sample: &i16| *sample != 0).unwrap();
        // Who begins within a frame is heard from the next one on.
        assert_eq!(begins, 8_160);
        assert!(sound.samples().skip(160).eq(heard[begins..][..7_840].iter().copied()));
    }

    #[test]
    fn what_is_recorded_live_is_forgotten_a_minute_after_each_call() {
        let mut recorder = Recorder::live(Library::built_in(), Instant::ZERO);
        for call in 0..200_u32 {
            let (leg, at) = (LegId::new(call.into()), recorder.now());
            recorder.take(at, &Entry::Dials { part: call, leg });
            let joined =
                Event::Meeting(MeetingEvent::Joined { meeting: MEETING, leg, admission: Admission::Direct });
            let finished = Event::Call(CallEvent::Finished {
                leg,
                outcome: Outcome::Joined,
                cause: HangupCause::Caller,
            });
            for (after, event) in
                [(0, Event::Call(CallEvent::Called { leg })), (100, joined), (1_900, finished)]
            {
                recorder.take(at + Duration::from_millis(after), &Entry::Event(event));
            }
            recorder.talk(leg, true);
            (0..100).for_each(|_| recorder.advance());
        }
        assert_eq!(recorder.voices.len(), 30, "one for each two seconds");
        assert!(recorder.audio.rows().legs <= 1 && recorder.events.is_empty());
    }
}
