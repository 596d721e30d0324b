//! Reads a ladder off a case's log.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::cast::{callers, dot, places};
use super::failed::{self, Marks};
use super::keep::{Placed, keep};
use super::keys::{Caps, in_words};
use super::words::{display, lasting};
use super::{
    EVENTS_MAX, EventLine, ITEMS_MAX, Interval, Item, Ladder, Lane, LaneKind, Sound, Stream, Tone, Track,
    What,
};
use crate::control::call::{HangupCause, Language, LegId, PlaybackId, Prompt, Source, Speech};
use crate::control::caller::{Expectation, Op, StepDone, StepId};
use crate::control::event::{CallEvent, Event, MeetingEvent, MeetingId, Place};
use crate::control::numbers::in_groups;
use crate::control::presence::Presence;
use crate::control::time::Instant;
use crate::leg::cast::KeyPath;
use crate::leg::log::Entry;
use crate::media::manifest::Manifest;
use crate::play::{Bridge, CaseRun, Failure};
use crate::report::CaseResult;
use crate::report::event_text::{EventText, margin};
use crate::scenario::story::Story;

impl Ladder {
    /// Reads what happened in a case that was played.
    #[must_use]
    pub fn of(result: &CaseResult<'_>, run: &CaseRun) -> Self {
        let mut builder = Builder::new(result, run);
        for (at, entry) in &run.played.log.entries {
            builder.take(*at, entry);
            // Then all hang up, which says nothing.
            if let Entry::Failed { .. } = entry {
                break;
            }
        }
        builder.finish(result, run)
    }
}

/// Keys that arrived and whose press is not over.
struct Pressing {
    from: Instant,
    until: Instant,
    place: usize,
    count: usize,
}

/// A stay in a meeting.
pub(super) struct Stay {
    pub(super) leg: LegId,
    pub(super) meeting: MeetingId,
    pub(super) from: Instant,
    pub(super) until: Instant,
}

pub(super) struct Builder<'a> {
    story: &'a Story,
    pub(super) text: EventText<'a>,
    caps: Caps<'a>,
    presence: Presence,
    pub(super) lanes: Vec<Lane>,
    items: Vec<Placed<Item>>,
    events: Vec<Placed<EventLine>>,
    pub(super) tracks: BTreeMap<u32, Track>,
    pub(super) streams: Vec<Stream>,
    pub(super) messages: Vec<Arc<str>>,
    /// The item of each interval, by the same places.
    drawn: BTreeMap<u32, Vec<usize>>,
    pressing: BTreeMap<u32, Pressing>,
    pub(super) stays: Vec<Stay>,
    pub(super) muted: BTreeMap<LegId, Vec<(Instant, bool)>>,
    /// Somebody talks because the script says so: others do not.
    pub(super) talks: bool,
    /// Who hears whom now, and since when.
    pub(super) hearing: BTreeMap<(LegId, LegId), (Instant, Speech)>,
    /// Since when callers have said what they said last.
    pub(super) saying: BTreeMap<LegId, Instant>,
    more_callers: usize,
    /// How many entries of the log were taken.
    place: usize,
    pub(super) now: Instant,
}

impl<'a> Builder<'a> {
    fn new(result: &CaseResult<'a>, run: &'a CaseRun) -> Self {
        let story = result.story();
        let log = &run.played.log;
        let (callers, more_callers) = callers(log, &run.played.failures);
        let mut lanes: Vec<Lane> = Vec::new();
        let mut tracks = BTreeMap::new();
        let text = EventText::new(story, log);
        for part in callers {
            let name = display(text.role(part));
            tracks.insert(part, Track::new(lanes.len(), name.clone()));
            lanes.push(Lane { kind: LaneKind::Caller(part), name });
        }
        lanes.push(Lane { kind: LaneKind::Attendant, name: "Attendant".to_owned() });
        lanes.extend(places(log, &text));
        if log.entries.iter().any(|(_, entry)| matches!(entry, Entry::Act { .. })) {
            lanes.push(Lane { kind: LaneKind::Administrator, name: "Administrator".to_owned() });
        }
        Self {
            story,
            text,
            caps: Caps::new(story, &result.file().sources),
            presence: Presence::default(),
            lanes,
            items: Vec::new(),
            events: Vec::new(),
            tracks,
            streams: Vec::new(),
            messages: Vec::new(),
            drawn: BTreeMap::new(),
            pressing: BTreeMap::new(),
            stays: Vec::new(),
            muted: BTreeMap::new(),
            talks: false,
            hearing: BTreeMap::new(),
            saying: BTreeMap::new(),
            more_callers,
            place: 0,
            now: Instant::ZERO,
        }
    }

    pub(super) fn lane(&self, kind: LaneKind) -> Option<usize> {
        self.lanes.iter().position(|lane| lane.kind == kind)
    }

    pub(super) fn lane_of(&self, leg: LegId) -> Option<usize> {
        self.lane(LaneKind::Caller(self.text.part(leg)?))
    }

    pub(super) fn name(&self, leg: LegId) -> String {
        display(self.text.caller(leg))
    }

    /// The operations of a script.
    pub(super) fn ops(&self, part: u32) -> &[(StepId, Op)] {
        self.story.cast.roles.get(part as usize).map_or(&[], |role| role.program.ops.as_slice())
    }

    /// What was drawn so far.
    pub(super) fn items(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().map(|(_, _, item)| item)
    }

    fn put(&mut self, lane: Option<usize>, what: What) {
        if let Some(lane) = lane {
            self.items.push((self.now, self.place, Item { at: self.now, lane, what }));
        }
    }

    pub(super) fn note(&mut self, lane: Option<usize>, words: impl Into<String>, tone: Tone) {
        self.put(lane, What::Note { words: words.into(), tone });
    }

    fn arrow(
        &mut self,
        from: Option<usize>,
        to: Option<usize>,
        words: String,
        tone: Tone,
        count: Option<usize>,
    ) {
        if let Some(to) = to {
            self.put(from, What::Arrow { to, words, tone, count, leaves: false });
        }
    }

    fn take(&mut self, at: Instant, entry: &Entry) {
        self.now = at;
        self.place += 1;
        match entry {
            Entry::Event(event) => self.event(*event),
            Entry::Dials { part, .. } => {
                let again = self.tracks.get(part).is_some_and(|track| !track.heard.is_empty());
                let words = if again { "dials again" } else { "dials" };
                let (from, to) = (self.lane(LaneKind::Caller(*part)), self.lane(LaneKind::Attendant));
                self.arrow(from, to, words.to_owned(), Tone::Quiet, None);
            }
            Entry::Step { part, done } => self.step(*part, done),
            Entry::LineFault { part, .. } => {
                let words = self.text.line(entry) + " (fault)";
                self.note(self.lane(LaneKind::Caller(*part)), words, Tone::Fail);
            }
            Entry::Act { act, .. } => {
                let words = self.story.acts.get(usize::from(*act)).map(|act| self.text.act(act));
                let lanes = (self.lane(LaneKind::Administrator), self.lane(LaneKind::Attendant));
                self.arrow(lanes.0, lanes.1, words.unwrap_or_default(), Tone::Key, None);
            }
            Entry::Failed { .. } | Entry::Signal { .. } | Entry::Finished { .. } => {}
        }
        self.tell(entry);
    }

    /// A line of the table, but for what another line tells.
    fn tell(&mut self, entry: &Entry) {
        let (word, dot, who) = match entry {
            Entry::Event(Event::Call(CallEvent::Called { .. } | CallEvent::Key { .. }))
            | Entry::Finished { .. } => return,
            Entry::Event(event) => {
                let who = match (event.leg(), event.meeting()) {
                    (Some(leg), _) => self.name(leg),
                    (None, Some(meeting)) => display(self.text.organizer_of(meeting)),
                    (None, None) => String::new(),
                };
                (event.name(), dot(*event), who)
            }
            Entry::Dials { part, .. } => ("dials", "quiet", display(self.text.role(*part))),
            Entry::Step { part, .. } => ("step", "step", display(self.text.role(*part))),
            Entry::Failed { part, .. } => ("failed", "fail", display(self.text.role(*part))),
            Entry::Signal { .. } => ("signal", "step", String::new()),
            Entry::LineFault { part, .. } => ("fault", "fail", display(self.text.role(*part))),
            Entry::Act { .. } => ("act", "key", "Administrator".to_owned()),
        };
        self.tell_at(self.now, self.place, (word, dot, who, display(&self.text.line(entry))));
    }

    fn tell_at(&mut self, at: Instant, place: usize, line: (&'static str, &'static str, String, String)) {
        let (word, dot, who, words) = line;
        self.events.push((at, place, EventLine { at, word, dot, who, words, message: None }));
    }

    /// A line of what is not in the log.
    pub(super) fn tell_line(&mut self, line: EventLine) {
        self.events.push((line.at, 0, line));
    }

    /// An item of what is not in the log. Returns its place among all.
    pub(super) fn put_at(&mut self, at: Instant, item: Item) -> usize {
        self.items.push((at, 0, item));
        self.items.len() - 1
    }

    /// A message says something else.
    pub(super) fn reword(&mut self, place: usize, said: String) {
        if let Some((_, _, Item { what: What::Message { words, .. }, .. })) = self.items.get_mut(place) {
            *words = said;
        }
    }

    fn step(&mut self, part: u32, done: &StepDone) {
        if let Some(caps) = self.caps.of(part, done.step) {
            let place = self.pressing.remove(&part).map_or(self.place, |pressing| pressing.place);
            self.press(part, (done.began, done.at), place, caps);
        } else if let Some((took, allowed)) = margin(done) {
            let time = if took.is_zero() {
                "at once".to_owned()
            } else {
                format!("{} of {}", lasting(took), lasting(allowed))
            };
            let met = match self.state(part, done.step) {
                Some(state) => format!("{state} {time}"),
                None => time,
            };
            let intervals = self.tracks.get(&part).map(|track| track.heard.as_slice()).unwrap_or_default();
            let at = intervals.iter().rposition(|interval| interval.from <= done.at);
            let item =
                at.and_then(|at| self.drawn.get(&part)?.get(at)).and_then(|at| self.items.get_mut(*at));
            if let Some((_, _, Item { what: What::Hears { met: all, .. }, .. })) = item
                && !all.contains(&met)
            {
                all.push(met);
            }
        }
    }

    /// The state that a step expects.
    fn state(&self, part: u32, step: StepId) -> Option<&'static str> {
        self.ops(part).iter().find_map(|(of, op)| {
            let Op::Expect(Expectation::State(state), _) = op else { return None };
            (*of == step).then(|| state.name())
        })
    }

    fn press(&mut self, part: u32, (from, until): (Instant, Instant), place: usize, caps: Vec<String>) {
        let words = format!("{} keys {}", display(self.text.role(part)), in_words(&caps));
        self.tell_at(from, place, ("keys", "key", display(self.text.role(part)), words));
        if let Some(track) = self.tracks.get_mut(&part) {
            track.keys.push((from, until));
            let lane = track.lane;
            self.items.push((from, place, Item { at: from, lane, what: What::Keys { caps, until } }));
        }
    }

    fn event(&mut self, event: Event) {
        let before = event.leg().and_then(|leg| self.presence.place(leg));
        self.presence.take(self.now, event);
        match event {
            Event::Call(event) => self.call(event),
            Event::Meeting(event) => self.meeting(event, before.map(|(_, place)| place)),
            Event::Account(event) => {
                let entry = Entry::Event(Event::Account(event));
                if event.name() == "locked_out" {
                    self.note(self.lane(LaneKind::Attendant), display(&self.text.line(&entry)), Tone::Fail);
                }
            }
        }
    }

    fn call(&mut self, event: CallEvent) {
        let attendant = self.lane(LaneKind::Attendant);
        match event {
            CallEvent::Called { .. } | CallEvent::Answered { .. } => {}
            CallEvent::Hears { leg, source } => self.hears(leg, source),
            CallEvent::Says { leg, speech } => self.says(leg, speech),
            CallEvent::HearsVoice { leg, by, speech } => self.hears_voice(leg, by, speech),
            CallEvent::Key { leg } => {
                let Some(part) = self.text.part(leg) else { return };
                let (from, place) = (self.now, self.place);
                let pressing =
                    self.pressing.entry(part).or_insert(Pressing { from, until: from, place, count: 0 });
                pressing.until = from;
                pressing.count += 1;
            }
            CallEvent::KeysIgnored { count, .. } => {
                let words =
                    if count == 1 { "1 key ignored".to_owned() } else { format!("{count} keys ignored") };
                self.note(attendant, words, Tone::Quiet);
            }
            CallEvent::ConferenceIdKeyed { digits, meeting: Some(_), .. } => {
                let id = in_groups(&digits.reveal());
                self.note(attendant, format!("Conference ID {id}"), Tone::Meeting);
            }
            CallEvent::ConferenceIdKeyed { meeting: None, .. } => {
                self.note(attendant, "Unknown conference ID", Tone::Fail);
            }
            CallEvent::DirectoryFailed { again, .. } => {
                let again = if again { ", asked again" } else { "" };
                self.note(attendant, format!("No answer from the directory{again}"), Tone::Fail);
            }
            CallEvent::Finished { leg, outcome, cause } => {
                self.end_interval(leg);
                let words = match cause {
                    HangupCause::Caller => "hangs up".to_owned(),
                    HangupCause::Bridge => format!("call ends: {}", outcome.name()),
                    HangupCause::Lost => "line is lost".to_owned(),
                    HangupCause::UnknownNumber => "nobody at that number".to_owned(),
                    HangupCause::Congestion => "all lines busy".to_owned(),
                    HangupCause::Declined => "caller is blocked".to_owned(),
                    HangupCause::Cancelled
                    | HangupCause::NoAck
                    | HangupCause::NoMedia
                    | HangupCause::MediaGone
                    | HangupCause::SessionExpired => format!("call ends: {}", cause.name()),
                };
                self.put(self.lane_of(leg), What::Ends { words });
            }
        }
    }

    fn hears(&mut self, leg: LegId, source: Source) {
        self.end_interval(leg);
        let sound = self.sound(source);
        let Some(part) = self.text.part(leg) else { return };
        let Some(track) = self.tracks.get_mut(&part) else { return };
        let (from, until, lane) = (self.now, self.now, track.lane);
        track.heard.push(Interval { from, until, sound: sound.clone(), leg });
        self.drawn.entry(part).or_default().push(self.items.len());
        self.put(Some(lane), What::Hears { sound, until, met: Vec::new() });
    }

    /// What a caller heard until now ends; if it never began, it was never there.
    fn end_interval(&mut self, leg: LegId) {
        let Some(part) = self.text.part(leg) else { return };
        let (Some(track), Some(drawn)) = (self.tracks.get_mut(&part), self.drawn.get_mut(&part)) else {
            return;
        };
        let Some(last) = track.heard.last_mut().filter(|last| last.leg == leg && last.until == last.from)
        else {
            return;
        };
        last.until = self.now;
        let item = drawn.last().copied();
        if last.from == self.now {
            track.heard.pop();
            drawn.pop();
        }
        if let Some((_, _, Item { what: What::Hears { until, .. }, .. })) =
            item.and_then(|at| self.items.get_mut(at))
        {
            *until = self.now;
        }
    }

    pub(super) fn sound(&self, source: Source) -> Sound {
        match source {
            Source::Silence => Sound::Silence,
            Source::HoldMusic { begun } => Sound::HoldMusic { begun },
            Source::Conference => Sound::Meeting,
            Source::Prompt { prompt, language, .. } => {
                let entry = Manifest::built_in().prompt(language.tag(), prompt.name());
                let name = if let Prompt::Tone(_) = prompt {
                    prompt.name().replace('-', " ")
                } else {
                    self.text.prompt(prompt)
                };
                let wording = entry.map(|entry| entry.wording.clone()).unwrap_or_default();
                Sound::Prompt { prompt, language, name, wording }
            }
        }
    }

    fn meeting(&mut self, event: MeetingEvent, before: Option<Place>) {
        let meeting = event.meeting();
        let (attendant, lobby, room) = (
            self.lane(LaneKind::Attendant),
            self.lane(LaneKind::Lobby(meeting)),
            self.lane(LaneKind::Meeting(meeting)),
        );
        let count = |place| Some(self.presence.meeting(meeting).map_or(0, |meeting| meeting.count(place)));
        let (waiting, joined) = (count(Place::Lobby), count(Place::Joined));
        let came_from = match before {
            Some(Place::Lobby) => lobby,
            Some(Place::Joined) => room,
            Some(Place::Screening) | None => attendant,
        };
        match event {
            MeetingEvent::PinAccepted { .. } => self.note(attendant, "PIN accepted", Tone::Meeting),
            MeetingEvent::PinRefused { tries_left, .. } => {
                let tries = if tries_left == 1 { "try" } else { "tries" };
                self.note(attendant, format!("PIN refused, {tries_left} {tries} left"), Tone::Fail);
            }
            MeetingEvent::PasscodeAccepted { .. } => {
                self.note(attendant, "passcode accepted", Tone::Meeting);
            }
            MeetingEvent::PasscodeRefused { tries_left, .. } => {
                let tries = if tries_left == 1 { "try" } else { "tries" };
                self.note(attendant, format!("passcode refused, {tries_left} {tries} left"), Tone::Fail);
            }
            MeetingEvent::Parked { leg, .. } => {
                self.end_stay(leg);
                self.arrow(came_from, lobby, format!("{} waits", self.name(leg)), Tone::Hold, waiting);
            }
            MeetingEvent::Started { .. } => {
                let line = self.text.line(&Entry::Event(event.into()));
                let why = line.split_once(": ").map_or("", |(_, why)| why);
                self.note(room, format!("Starts: {}", display(why)), Tone::Meeting);
            }
            MeetingEvent::Joined { leg, admission, .. } => {
                let (from, until) = (self.now, Instant::NEVER);
                self.stays.push(Stay { leg, meeting, from, until });
                let how = match admission.name() {
                    "pin" => "joins as organizer",
                    "released" => "is released",
                    "admitted" => "is admitted",
                    "client" => "joins with the app",
                    _ => "joins",
                };
                self.arrow(came_from, room, format!("{} {how}", self.name(leg)), Tone::Meeting, joined);
            }
            MeetingEvent::Left { leg, place, .. } => {
                self.end_stay(leg);
                match place {
                    Place::Screening => {}
                    Place::Lobby => {
                        let words = format!("{} leaves the lobby", self.name(leg));
                        if let Some(to) = self.lane_of(leg) {
                            let count = waiting;
                            self.put(
                                lobby,
                                What::Arrow { to, words, tone: Tone::Quiet, count, leaves: true },
                            );
                        } else {
                            self.note(lobby, words, Tone::Quiet);
                        }
                    }
                    Place::Joined => self.note(room, format!("{} leaves", self.name(leg)), Tone::Quiet),
                }
            }
            MeetingEvent::Ended { .. } => {
                let line = self.text.line(&Entry::Event(event.into()));
                let why = line.split_once(" ends: ").map_or("", |(_, why)| why);
                self.put(room, What::Ends { words: format!("Ends: {why}") });
            }
            MeetingEvent::Announced { prompt, language, .. } => {
                self.announced(meeting, prompt, language);
                self.note(room, format!("hears {}", self.text.prompt(prompt)), Tone::Quiet);
            }
            MeetingEvent::Locked { locked, .. } => {
                self.note(room, if locked { "is locked" } else { "is unlocked" }, Tone::Quiet);
            }
            MeetingEvent::Muted { leg, muted, .. } => {
                self.muted.entry(leg).or_default().push((self.now, muted));
                self.note(room, display(&self.text.line(&Entry::Event(event.into()))), Tone::Quiet);
            }
            MeetingEvent::Promoted { leg, .. } => {
                self.note(room, format!("{} is now the organizer", self.name(leg)), Tone::Meeting);
            }
            MeetingEvent::Commanded { .. }
            | MeetingEvent::Hand { .. }
            | MeetingEvent::LobbyNotice { .. }
            | MeetingEvent::Recording { .. }
            | MeetingEvent::AnnouncementDropped { .. } => {
                self.note(room, display(&self.text.line(&Entry::Event(event.into()))), Tone::Quiet);
            }
        }
    }

    fn end_stay(&mut self, leg: LegId) {
        let now = self.now;
        for stay in self.stays.iter_mut().filter(|stay| stay.leg == leg && stay.until > now) {
            stay.until = now;
        }
    }

    /// Everybody in the meeting hears an announcement; one that is under way gives way to it.
    fn announced(&mut self, meeting: MeetingId, prompt: Prompt, language: Language) {
        let source = Source::Prompt { playback: PlaybackId::default(), prompt, language };
        let sound = self.sound(source);
        let (from, until) = (self.now, self.now + self.story.given.library.duration(prompt, language));
        let there =
            self.presence.meeting(meeting).map(|meeting| meeting.at(Place::Joined).collect::<Vec<_>>());
        for leg in there.unwrap_or_default() {
            let track = self.text.part(leg).and_then(|part| self.tracks.get_mut(&part));
            if let Some(track) = track {
                if let Some(last) = track.announced.last_mut() {
                    last.until = last.until.min(from);
                }
                track.announced.push(Interval { from, until, sound: sound.clone(), leg });
            }
        }
    }

    fn finish(mut self, result: &CaseResult<'_>, run: &CaseRun) -> Ladder {
        let is_cut = matches!(run.played.failures.first(), Some(Failure::Step { .. }));
        let took = if is_cut { self.now } else { run.played.took };
        self.now = took;
        for leg in self.text.legs().collect::<Vec<_>>() {
            self.end_interval(leg);
        }
        for (part, pressing) in std::mem::take(&mut self.pressing) {
            // Keys that travel may arrive after their press is over.
            let direct = self
                .story
                .cast
                .roles
                .get(part as usize)
                .is_some_and(|role| matches!(role.key_path, KeyPath::Direct | KeyPath::Info));
            if direct {
                let cap =
                    if pressing.count == 1 { "1 key".to_owned() } else { format!("{} keys", pressing.count) };
                self.press(part, (pressing.from, pressing.until), pressing.place, vec![cap]);
            }
        }
        for ((leg, by), (since, speech)) in std::mem::take(&mut self.hearing) {
            self.heard_voice(leg, by, since, speech);
        }
        if !self.talks {
            self.voices();
        }
        if let Some(wire) = &run.played.wire {
            self.wire(wire, took);
        }
        let Marks { failed, marks } = failed::marks(&self, result, run);
        let failing = failed.is_some();
        // What never began was not there, unless somebody waited for just that and cut it short.
        self.items.retain(|(_, _, item)| {
            !matches!(&item.what, What::Hears { until, met, .. } if *until <= item.at && met.is_empty())
        });
        self.items.sort_by_key(|(at, place, _)| (*at, *place));
        self.events.sort_by_key(|(at, place, _)| (*at, *place));
        let (mut items, fewer_items) = keep(self.items, ITEMS_MAX, failing);
        items.extend(marks);
        items.sort_by_key(|item| (item.at, matches!(item.what, What::Verdict { .. })));
        let (events, fewer_events) = keep(self.events, EVENTS_MAX, failing);
        let tracks = self.tracks.into_values().collect();
        let left_out = (fewer_items, fewer_events);
        let more_callers = self.more_callers;
        let legs = self.text.legs().filter_map(|leg| Some((leg, self.text.part(leg)?))).collect();
        let (lanes, streams, messages) = (self.lanes, self.streams, self.messages);
        let (changed, is_real_time) = (BTreeSet::new(), !matches!(run.bridge, Bridge::Virtual(_)));
        Ladder {
            lanes,
            items,
            tracks,
            streams,
            messages,
            events,
            failed,
            took,
            legs,
            is_real_time,
            changed,
            more_callers,
            left_out,
        }
    }
}
