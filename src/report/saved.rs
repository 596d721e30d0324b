//! Reads what `replay --report json=FILE` wrote: its cases, and the events of each as far as its lines tell.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use crate::control::call::{Digits, HangupCause, Language, LegId, PlaybackId, Prompt, Source, Speech, Tone};
use crate::control::caller::Program;
use crate::control::event::{
    Admission, CallEvent, EndReason, Event, MeetingEvent, MeetingId, MutedBy, Outcome, Place, StartRight,
};
use crate::control::policy::{KeyCommand, Policy};
use crate::control::time::Instant;
use crate::leg::cast::{Cast, Role};
use crate::leg::log::Entry;
use crate::scenario::story::{Given, Organizer, Story};

use super::given::GivenLine;
use super::json;

/// A line of the report.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line {
    Case { v: u8, name: String, file: String, given: Option<GivenLine> },
    Event(Box<SavedEvent>),
    Attempt {},
    Verdict(Verdict),
    Summary {},
}

/// What happened, as far as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct SavedEvent {
    /// When, in microseconds.
    pub at_us: u64,
    /// Its word.
    pub event: String,
    /// In plain words.
    pub text: String,
    /// The caller whom it concerns.
    pub caller: Option<String>,
    /// The step of a script that is done, in the file's words.
    pub step: Option<String>,
    call: Option<u64>,
    organizer: Option<String>,
    source: Option<String>,
    begun_us: Option<u64>,
    prompt: Option<String>,
    language: Option<String>,
    detail: Option<String>,
    ended_by: Option<String>,
    count: Option<u8>,
    yes: Option<bool>,
    conference_id: Option<String>,
}

/// How a case went.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Verdict {
    verdict: String,
    seed: Option<u64>,
    took_us: Option<u64>,
    message: Option<String>,
}

/// A case of a run that was saved.
#[derive(Debug)]
pub struct SavedCase {
    /// Its name.
    pub name: String,
    /// The path of its file.
    pub file: String,
    /// What it was given, if the report tells it.
    pub given: Option<GivenLine>,
    /// Its events, in order.
    pub events: Vec<SavedEvent>,
    /// Its event lines, byte by byte.
    lines: Vec<u8>,
    verdict: Verdict,
}

/// Returns whether a text is such a report, and not a scenario.
#[must_use]
pub fn is_saved_run(text: &str) -> bool {
    let first = text.trim_start().lines().next().unwrap_or_default();
    first.starts_with("{\"type\":")
}

/// Reads the cases of a report.
///
/// # Errors
/// A line is none of such a report, or of another version; says which.
pub fn read(text: &str) -> Result<Vec<SavedCase>, String> {
    let mut cases: Vec<SavedCase> = Vec::new();
    for (number, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
        let line = serde_json::from_str(text);
        let line =
            line.map_err(|error| format!("line {number} is not of a JSON report of a replay: {error}"))?;
        match (line, cases.last_mut()) {
            (Line::Case { v, .. }, _) if v != json::VERSION => {
                return Err(format!("line {number} is of version {v}; expected {}", json::VERSION));
            }
            (Line::Case { name, file, given, .. }, _) => {
                let (lines, events, verdict) = Default::default();
                cases.push(SavedCase { name, file, given, lines, events, verdict });
            }
            (Line::Event(event), Some(case)) => {
                case.lines.extend_from_slice(text.as_bytes());
                case.lines.push(b'\n');
                case.events.push(*event);
            }
            // It was played again: the last attempt is what became of it.
            (Line::Attempt {}, Some(case)) => {
                case.lines.clear();
                case.events.clear();
            }
            (Line::Verdict(verdict), Some(case)) => case.verdict = verdict,
            (Line::Event(_) | Line::Attempt {} | Line::Verdict(_), None) => {
                return Err(format!("line {number} comes before any case"));
            }
            (Line::Summary {}, _) => {}
        }
    }
    Ok(cases)
}

impl SavedCase {
    /// Returns whether it failed.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.verdict.verdict == "failed"
    }

    /// Returns whether it was played.
    #[must_use]
    pub fn was_played(&self) -> bool {
        self.verdict.seed.is_some()
    }

    /// What went wrong first, or why it was not played, in one line.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.verdict.message.as_deref()
    }

    /// Returns when it was over.
    #[must_use]
    pub fn ended(&self) -> Instant {
        Instant::from_micros(self.verdict.took_us.unwrap_or_default())
    }

    /// Returns why it was not played, as the end of a sentence; nothing if the run was over before its turn.
    #[must_use]
    pub fn why_not_played(&self) -> String {
        self.verdict.message.as_ref().map_or_else(String::new, |why| format!(": {why}"))
    }

    /// The seed that it was played with.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.verdict.seed.unwrap_or_default()
    }

    /// Returns whether these are the very events that were saved: all else that a run tells belongs to them then.
    #[must_use]
    pub fn has_events(&self, lines: &[u8]) -> bool {
        self.lines == lines
    }

    /// Returns a story of the people in it.
    #[must_use]
    pub fn people(&self) -> Story {
        let mut roles: Vec<Role> = Vec::new();
        let mut organizers: Vec<Organizer> = Vec::new();
        for event in &self.events {
            if let Some(name) =
                event.caller.as_ref().filter(|name| roles.iter().all(|role| role.name != **name))
            {
                roles.push(Role::new(name.clone(), Program::default()));
            }
            if let Some(name) =
                event.organizer.as_ref().filter(|name| organizers.iter().all(|it| it.name != **name))
            {
                organizers.push(Organizer::new(name.clone()));
            }
        }
        let given = Given::new(Arc::default(), Policy::default(), organizers);
        Story::new(self.name.clone(), given, Cast { roles, ..Cast::default() }, Duration::ZERO)
    }
}

/// The numbers of people by their names.
#[derive(Debug)]
pub struct SavedNames<'s> {
    callers: BTreeMap<&'s str, u32>,
    organizers: BTreeMap<&'s str, MeetingId>,
}

impl<'s> SavedNames<'s> {
    /// Those of this story.
    #[must_use]
    pub fn of(people: &'s Story) -> Self {
        let callers = (0..).zip(&people.cast.roles).map(|(number, role)| (role.name.as_str(), number));
        let organizers = (0..).map(MeetingId).zip(&people.given.organizers);
        let organizers = organizers.map(|(number, organizer)| (organizer.name.as_str(), number));
        Self { callers: callers.collect(), organizers: organizers.collect() }
    }

    /// Returns the number of the caller whom an event concerns.
    #[must_use]
    pub fn caller(&self, saved: &SavedEvent) -> Option<u32> {
        self.callers.get(saved.caller.as_deref()?).copied()
    }

    /// Returns what a line says, if it decides on where somebody is, or on what is heard.
    #[must_use]
    pub fn entry(&self, saved: &SavedEvent) -> Option<Entry> {
        let who = self.caller(saved);
        let leg = saved.call.map(LegId::new);
        if let ("dials", Some(part), Some(leg)) = (saved.event.as_str(), who, leg) {
            return Some(Entry::Dials { part, leg });
        }
        let meeting = || self.organizers.get(saved.organizer.as_deref()?).copied();
        let event = call_event(saved, leg, meeting()).map(Event::Call);
        let event = event.or_else(|| meeting_event(saved, leg, meeting()?).map(Event::Meeting));
        event.map(Entry::Event)
    }
}

/// Finds the value of this name among all there are.
fn named<T: Copy>(all: &[T], name: fn(T) -> &'static str, wanted: Option<&String>) -> Option<T> {
    let wanted = wanted?;
    all.iter().copied().find(|one| name(*one) == wanted)
}

fn call_event(saved: &SavedEvent, leg: Option<LegId>, meeting: Option<MeetingId>) -> Option<CallEvent> {
    const CAUSES: &[HangupCause] = &[
        HangupCause::Caller,
        HangupCause::Bridge,
        HangupCause::Cancelled,
        HangupCause::Lost,
        HangupCause::NoAck,
        HangupCause::NoMedia,
        HangupCause::MediaGone,
        HangupCause::SessionExpired,
        HangupCause::UnknownNumber,
        HangupCause::Congestion,
        HangupCause::Declined,
    ];
    let leg = leg?;
    Some(match saved.event.as_str() {
        "called" => CallEvent::Called { leg },
        "answered" => CallEvent::Answered { leg },
        "hears" => CallEvent::Hears { leg, source: source(saved, leg)? },
        "key" => CallEvent::Key { leg },
        "keys_ignored" => CallEvent::KeysIgnored { leg, count: saved.count? },
        "says" => CallEvent::Says { leg, speech: speech(saved.detail.as_deref()?) },
        "conference_id_keyed" => {
            let digits = Digits::from_symbols(saved.conference_id.as_deref().unwrap_or_default())?;
            CallEvent::ConferenceIdKeyed { leg, digits, meeting: meeting.filter(|_| saved.yes == Some(true)) }
        }
        "finished" => CallEvent::Finished {
            leg,
            outcome: named(&Outcome::ALL, Outcome::name, saved.detail.as_ref())?,
            cause: named(CAUSES, HangupCause::name, saved.ended_by.as_ref())?,
        },
        _ => return None,
    })
}

fn meeting_event(saved: &SavedEvent, leg: Option<LegId>, meeting: MeetingId) -> Option<MeetingEvent> {
    let (detail, yes) = (saved.detail.as_ref(), saved.yes);
    Some(match saved.event.as_str() {
        "pin_accepted" => MeetingEvent::PinAccepted { meeting, leg: leg? },
        "pin_refused" => MeetingEvent::PinRefused { meeting, leg: leg?, tries_left: saved.count? },
        "passcode_accepted" => MeetingEvent::PasscodeAccepted { meeting, leg: leg? },
        "passcode_refused" => MeetingEvent::PasscodeRefused { meeting, leg: leg?, tries_left: saved.count? },
        "parked" => MeetingEvent::Parked { meeting, leg: leg? },
        "started" => {
            let right = named(&StartRight::ALL, StartRight::name, detail)?;
            MeetingEvent::Started { meeting, by: leg?, right, releases: true }
        }
        "joined" => MeetingEvent::Joined {
            meeting,
            leg: leg?,
            admission: named(&Admission::ALL, Admission::name, detail)?,
        },
        "promoted" => MeetingEvent::Promoted { meeting, leg: leg? },
        "left" => MeetingEvent::Left { meeting, leg: leg?, place: named(&Place::ALL, Place::name, detail)? },
        "commanded" => {
            let command = named(&KeyCommand::ALL, KeyCommand::name, detail)?;
            MeetingEvent::Commanded { meeting, leg: leg?, command, allowed: yes? }
        }
        "hand" => MeetingEvent::Hand { meeting, leg: leg?, raised: yes? },
        "muted" => {
            let by = named(&MutedBy::ALL, MutedBy::name, detail).unwrap_or(MutedBy::Oneself);
            MeetingEvent::Muted { meeting, leg: leg?, muted: yes?, by, hard: false }
        }
        "locked" => MeetingEvent::Locked { meeting, locked: yes? },
        "recording" => MeetingEvent::Recording { meeting, on: yes? },
        "lobby_notice" => MeetingEvent::LobbyNotice { meeting, to: leg?, waiting: saved.count?.into() },
        "ended" => MeetingEvent::Ended { meeting, reason: named(&EndReason::ALL, EndReason::name, detail)? },
        _ => return None,
    })
}

fn source(saved: &SavedEvent, leg: LegId) -> Option<Source> {
    Some(match saved.source.as_deref()? {
        "silence" => Source::Silence,
        "hold_music" => Source::HoldMusic { begun: Instant::from_micros(saved.begun_us?) },
        "conference" => Source::Conference,
        "prompt" => Source::Prompt {
            playback: PlaybackId::default(),
            prompt: prompt(saved.prompt.as_deref()?, leg),
            language: saved.language.as_deref().and_then(Language::from_tag)?,
        },
        _ => return None,
    })
}

/// What is said by this word; of a recording, only that it is one.
fn speech(word: &str) -> Option<Speech> {
    [Speech::Talk, Speech::Tone, Speech::Recording(0)].into_iter().find(|speech| speech.name() == word)
}

/// The prompt of this name. Whose a recorded name is stands in the words of the event only.
fn prompt(name: &str, leg: LegId) -> Prompt {
    let tones = [Prompt::Tone(Tone::Low), Prompt::Tone(Tone::High)];
    let numbers = (0..=20).map(Prompt::Number);
    let known = Prompt::NAMED.iter().copied().chain(tones).chain(numbers);
    let found = known.into_iter().find(|prompt| prompt.name() == name);
    found.unwrap_or(Prompt::RecordedName { leg, millis: 0 })
}
