//! Lobby and roster: drawn on the server, for the page and for its stream.

use askama::Template;

use crate::control::call::{Language, LegId, Source};
use crate::control::event::{MeetingId, Place};
use crate::control::meeting::CallerAct;
use crate::control::presence::{Attendance, Caller};
use crate::control::time::Instant;
use crate::media::manifest::Manifest;
use crate::web::app::App;
use crate::web::live::launch::Simulated;
use crate::web::live::snapshot::Snapshot;
use crate::web::page::frame::fragment;
use crate::web::translation::Translation;

/// Meetings and callers that are drawn, those who have been there longest first; the others are counted. A page of ten
/// thousand lines helps nobody.
const SHOWN_MAX: usize = 100;

struct Row {
    id: u32,
    name: String,
    runs: bool,
    locked: bool,
    lobby: usize,
    joined: usize,
    screening: usize,
}

struct Person {
    leg: u64,
    name: String,
    organizer: bool,
    muted: bool,
    hand: bool,
    hears: &'static str,
    /// For how long they have been there, in milliseconds and as a clock shows it.
    since: u64,
    waited: String,
}

#[derive(Template)]
#[template(path = "web/templates/board.html")]
struct Overview {
    t: &'static Translation,
    calls: usize,
    lobby: usize,
    joined: usize,
    count: usize,
    meetings: Vec<Row>,
    more: usize,
    on_the_way: Vec<Person>,
    more_on_the_way: usize,
}

fn name_of(app: &App, t: &'static Translation, id: MeetingId) -> String {
    match app.bridge.launcher.simulated(id) {
        Some(Simulated::Demo(number)) => format!("{} {number}", t.demo_meeting),
        Some(Simulated::Scenario(..)) | None => app.bridge.meeting_name(id),
    }
}

/// All meetings: those with most in their lobby first.
pub(in crate::web::page) fn overview(app: &App, t: &'static Translation) -> String {
    let now = app.bridge.clock.now();
    let mut board = {
        let snapshot = app.bridge.events.snapshot();
        let row = |(id, meeting): (&MeetingId, &Attendance)| Row {
            id: id.0,
            name: String::new(),
            runs: meeting.started.is_some(),
            locked: meeting.locked,
            lobby: meeting.count(Place::Lobby),
            joined: meeting.count(Place::Joined),
            screening: meeting.count(Place::Screening),
        };
        let mut meetings: Vec<Row> = snapshot.presence.meetings().iter().map(row).collect();
        let sum = |of: fn(&Row) -> usize| meetings.iter().map(of).sum();
        let (lobby, joined, count) = (sum(|row| row.lobby), sum(|row| row.joined), meetings.len());
        meetings.sort_by_key(|row| (std::cmp::Reverse(row.lobby), row.id));
        meetings.truncate(SHOWN_MAX);
        let on_the_way = people(t, &snapshot, snapshot.presence.outside().iter().copied(), now);
        Overview {
            t,
            calls: snapshot.presence.callers().len(),
            lobby,
            joined,
            count,
            more: count - meetings.len(),
            meetings,
            more_on_the_way: snapshot.presence.outside().len() - on_the_way.len(),
            on_the_way,
        }
    };
    for row in &mut board.meetings {
        row.name = name_of(app, t, MeetingId(row.id));
    }
    fragment(&board)
}

/// What can be done to those in this place of a meeting.
fn acts_at(place: Place, runs: bool) -> Vec<ActButton> {
    let acts = CallerAct::ALL.into_iter().filter(|act| act.place() == place);
    acts.filter(|act| runs || *act != CallerAct::Admit).map(ActButton).collect()
}

/// A button beside a caller.
struct ActButton(CallerAct);

impl ActButton {
    fn word(&self) -> &'static str {
        self.0.name()
    }

    fn label(&self, t: &Translation) -> &'static str {
        t.act(self.0.name())
    }

    /// Whether it ends the caller's call, and so is asked about first.
    fn ends(&self) -> bool {
        self.0 == CallerAct::Remove
    }

    /// Whether it would change anything for somebody who is muted, or is not.
    fn applies_to(&self, muted: &bool) -> bool {
        match self.0 {
            CallerAct::Mute => !muted,
            CallerAct::Unmute => *muted,
            CallerAct::Admit | CallerAct::Deny | CallerAct::Remove => true,
        }
    }
}

struct Room {
    key: &'static str,
    head: &'static str,
    count: usize,
    people: Vec<Person>,
    more: usize,
    /// What can be done to those in it.
    acts: Vec<ActButton>,
}

#[derive(Template)]
#[template(path = "web/templates/meeting.html")]
struct OneMeeting {
    t: &'static Translation,
    id: u32,
    name: String,
    there: bool,
    runs: bool,
    locked: bool,
    recorded: bool,
    rooms: Vec<Room>,
}

/// One meeting with its lobby and its roster.
pub(in crate::web::page) fn meeting(app: &App, t: &'static Translation, id: MeetingId) -> String {
    let (name, now) = (name_of(app, t, id), app.bridge.clock.now());
    let board = {
        let snapshot = app.bridge.events.snapshot();
        let found = snapshot.presence.meeting(id);
        let (runs, locked) =
            found.map_or((false, false), |meeting| (meeting.started.is_some(), meeting.locked));
        let recorded = found.is_some_and(|meeting| meeting.recorded);
        let rooms = found.map_or_else(Vec::new, |meeting| {
            let rooms = [
                ("lobby", t.in_lobby, Place::Lobby),
                ("joined", t.in_meeting, Place::Joined),
                ("screening", t.screening, Place::Screening),
            ];
            // Lobby and meeting are always there: between them one watches callers move.
            let drawn = rooms
                .into_iter()
                .filter(|(_, _, place)| *place != Place::Screening || meeting.count(*place) > 0);
            drawn
                .map(|(key, head, place)| Room {
                    key,
                    head,
                    count: meeting.count(place),
                    more: meeting.count(place).saturating_sub(SHOWN_MAX),
                    people: people(t, &snapshot, meeting.at(place), now),
                    acts: acts_at(place, runs),
                })
                .collect()
        });
        OneMeeting { t, id: id.0, name, there: found.is_some(), runs, locked, recorded, rooms }
    };
    fragment(&board)
}

/// The first of these callers, as many as are drawn.
fn people(
    t: &'static Translation,
    snapshot: &Snapshot,
    legs: impl Iterator<Item = LegId>,
    now: Instant,
) -> Vec<Person> {
    let drawn = legs.take(SHOWN_MAX);
    let shown = |leg| Some(person(t, leg, snapshot.name(leg), snapshot.presence.caller(leg)?, now));
    drawn.filter_map(shown).collect()
}

fn person(t: &'static Translation, leg: LegId, name: String, caller: &Caller, now: Instant) -> Person {
    let hears = if caller.answered { hearing(t, caller.hears) } else { t.rings };
    let since = u64::try_from(now.since(caller.since).as_millis()).unwrap_or(u64::MAX);
    Person {
        leg: leg.number(),
        name,
        organizer: caller.organizer,
        muted: caller.muted,
        hand: caller.hand_raised,
        hears,
        since,
        waited: format!("{}:{:02}", since / 60_000, since / 1_000 % 60),
    }
}

/// Returns the sound: music, the meeting, or the words of a prompt.
fn hearing(t: &'static Translation, source: Source) -> &'static str {
    match source {
        Source::Silence => t.silence,
        Source::HoldMusic { .. } => t.hold_music,
        Source::Conference => t.hears_meeting,
        Source::Prompt { prompt, language, .. } => {
            wording(prompt.name(), language).unwrap_or_else(|| prompt.name())
        }
    }
}

fn wording(prompt: &str, language: Language) -> Option<&'static str> {
    let entry = Manifest::built_in().prompt(language.tag(), prompt);
    entry.map(|entry| entry.wording.as_str()).filter(|words| !words.is_empty())
}
