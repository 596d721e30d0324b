//! The parts of pages that change while one looks: drawn on the server, and sent when something has changed.

use std::convert::Infallible;
use std::time::Duration;

use askama::Template;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::control::call::{Language, LegId, Source};
use crate::control::event::MeetingId;
use crate::control::time::Instant;
use crate::media::manifest::Manifest;
use crate::web::app::Shared;
use crate::web::live::picture::{Call, Meeting, Picture};
use crate::web::live::place::Simulated;
use crate::web::page::signed::Signed;
use crate::web::words::Words;

/// How often it is looked whether something is to be drawn again: four times a second is as it happens.
const LOOK: Duration = Duration::from_millis(250);

/// Meetings and callers that are drawn, those who have been there longest first; the others are counted. A page of ten
/// thousand lines helps nobody.
const SHOWN_MAX: usize = 100;

/// What is drawn.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(in crate::web::page) enum Drawing {
    Overview,
    Meeting(MeetingId),
    Wall,
}

impl Drawing {
    fn draw(self, app: &Shared, t: &'static Words) -> String {
        match self {
            Self::Overview => overview(app, t),
            Self::Meeting(id) => meeting(app, t, id),
            Self::Wall => crate::web::page::wall::board(app, t),
        }
    }
}

/// Somebody who looks at a page.
struct Watching {
    app: Shared,
    by: Signed,
    drawing: Drawing,
    seen: Option<u64>,
    look: Interval,
    changed: watch::Receiver<i64>,
}

impl Watching {
    /// The next drawing; nothing when whoever watches may not any more, or the program ends.
    async fn next(&mut self) -> Option<Event> {
        loop {
            tokio::select! {
                biased;
                () = self.app.stop.cancelled() => return None,
                _passed = self.look.tick() => {}
            }
            if !self.may().await {
                return None;
            }
            let version = self.app.wire.version();
            if self.seen == Some(version) {
                continue;
            }
            let (app, of) = (&self.app, (self.drawing, self.by.t));
            let drawn = app.drawings.of(of, (app.now(), version), || self.drawing.draw(app, self.by.t));
            if self.seen != Some(drawn.version) {
                self.seen = Some(drawn.version);
                return Some(Event::default().event("board").data(drawn.text));
            }
        }
    }

    /// Whether whoever watches is still signed in, and the account still what it was when anything was changed last.
    async fn may(&mut self) -> bool {
        let session = &self.by.session;
        let lives = self.app.sessions.touch(self.app.now(), session);
        // Whoever changes the last entry lives as long as the program.
        if !lives || !self.changed.has_changed().unwrap_or(true) {
            return lives;
        }
        self.changed.mark_unchanged();
        let account = self.app.administration.account(&session.actor.name).await;
        account.is_ok_and(|account| account.is_some_and(|account| session.is_of(&account)))
    }
}

/// The stream of drawings.
pub(in crate::web::page) fn drawn_again(app: Shared, by: Signed, drawing: Drawing) -> Response {
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut changed = app.changed.subscribe();
    // What was changed while the page was asked for counts too.
    changed.mark_changed();
    let watching = Watching { app, by, drawing, seen: None, look, changed };
    let drawings = stream::unfold(watching, |mut watching| async move {
        let event = watching.next().await?;
        Some((Ok::<_, Infallible>(event), watching))
    });
    Sse::new(drawings).keep_alive(KeepAlive::default()).into_response()
}

struct Row {
    id: u32,
    name: String,
    runs: bool,
    locked: bool,
    lobby: usize,
    joined: usize,
    door: usize,
}

struct Person {
    leg: u32,
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
    t: &'static Words,
    calls: usize,
    lobby: usize,
    joined: usize,
    count: usize,
    meetings: Vec<Row>,
    more: usize,
    on_the_way: Vec<Person>,
    more_on_the_way: usize,
}

fn name_of(app: &Shared, t: &'static Words, id: MeetingId) -> String {
    match app.placing.whose(id) {
        Some(Simulated::Demo(number)) => format!("{} {number}", t.demo_meeting),
        Some(Simulated::Scenario(..)) | None => app.meeting_name(id),
    }
}

/// All meetings: those with most in their lobby first.
pub(in crate::web::page) fn overview(app: &Shared, t: &'static Words) -> String {
    let now = app.clock.now();
    let mut board = {
        let picture = app.wire.picture();
        let row = |(id, meeting): (&MeetingId, &Meeting)| Row {
            id: id.0,
            name: String::new(),
            runs: meeting.started.is_some(),
            locked: meeting.locked,
            lobby: meeting.lobby.len(),
            joined: meeting.joined.len(),
            door: meeting.door.len(),
        };
        let mut meetings: Vec<Row> = picture.meetings.iter().map(row).collect();
        let sum = |of: fn(&Row) -> usize| meetings.iter().map(of).sum();
        let (lobby, joined, count) = (sum(|row| row.lobby), sum(|row| row.joined), meetings.len());
        meetings.sort_by_key(|row| (std::cmp::Reverse(row.lobby), row.id));
        meetings.truncate(SHOWN_MAX);
        let on_the_way = people(t, &picture, picture.on_the_way.iter().copied(), now);
        Overview {
            t,
            calls: picture.calls.len(),
            lobby,
            joined,
            count,
            more: count - meetings.len(),
            meetings,
            more_on_the_way: picture.on_the_way.len() - on_the_way.len(),
            on_the_way,
        }
    };
    for row in &mut board.meetings {
        row.name = name_of(app, t, MeetingId(row.id));
    }
    written(&board)
}

struct Room {
    key: &'static str,
    head: &'static str,
    count: usize,
    people: Vec<Person>,
    more: usize,
    /// Whether those in it can be let in.
    admits: bool,
}

#[derive(Template)]
#[template(path = "web/templates/meeting.html")]
struct OneMeeting {
    t: &'static Words,
    id: u32,
    name: String,
    there: bool,
    runs: bool,
    locked: bool,
    rooms: Vec<Room>,
}

/// One meeting with its lobby and its roster.
pub(in crate::web::page) fn meeting(app: &Shared, t: &'static Words, id: MeetingId) -> String {
    let (name, now) = (name_of(app, t, id), app.clock.now());
    let board = {
        let picture = app.wire.picture();
        let found = picture.meetings.get(&id);
        let (runs, locked) =
            found.map_or((false, false), |meeting| (meeting.started.is_some(), meeting.locked));
        let rooms = found.map_or_else(Vec::new, |meeting| {
            let rooms = [
                ("lobby", t.in_lobby, &meeting.lobby, runs),
                ("joined", t.in_meeting, &meeting.joined, false),
                ("door", t.at_door, &meeting.door, false),
            ];
            // Lobby and meeting are always there: between them one watches callers move.
            let drawn = rooms.into_iter().filter(|(key, _, legs, _)| *key != "door" || !legs.is_empty());
            drawn
                .map(|(key, head, legs, admits)| Room {
                    key,
                    head,
                    count: legs.len(),
                    more: legs.len().saturating_sub(SHOWN_MAX),
                    people: people(t, &picture, legs.iter().map(|(_, leg)| *leg), now),
                    admits,
                })
                .collect()
        });
        OneMeeting { t, id: id.0, name, there: found.is_some(), runs, locked, rooms }
    };
    written(&board)
}

/// The first of these callers, as many as are drawn.
fn people(
    t: &'static Words,
    picture: &Picture,
    legs: impl Iterator<Item = LegId>,
    now: Instant,
) -> Vec<Person> {
    let drawn = legs.take(SHOWN_MAX);
    drawn.filter_map(|leg| picture.calls.get(&leg).map(|call| person(t, leg, call, now))).collect()
}

fn person(t: &'static Words, leg: LegId, call: &Call, now: Instant) -> Person {
    let hears = if call.answered { hearing(t, call.hears) } else { t.rings };
    let since = u64::try_from(now.since(call.since).as_millis()).unwrap_or(u64::MAX);
    Person {
        leg: leg.0,
        name: call.name.clone(),
        organizer: call.organizer,
        muted: call.muted,
        hand: call.hand,
        hears,
        since,
        waited: format!("{}:{:02}", since / 60_000, since / 1_000 % 60),
    }
}

/// What is heard: music, the meeting, or the words of a prompt.
fn hearing(t: &'static Words, source: Source) -> &'static str {
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

pub(in crate::web::page) fn written(board: &impl Template) -> String {
    board.render().unwrap_or_else(|error| {
        tracing::error!(%error, "a board was not drawn");
        String::new()
    })
}
