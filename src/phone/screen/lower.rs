//! The lower half of the screen: the meeting, and what lies below it.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::{View, framed};
use crate::control::call::LegId;
use crate::control::event::Place;
use crate::phone::describe::minutes;
use crate::phone::help::{KEYS, OFFICE};
use crate::phone::model::{Pane, PhoneModel};

pub(super) fn meeting(frame: &mut Frame<'_>, area: Rect, model: &PhoneModel<'_>, view: View<'_>) {
    let meeting = model.meeting();
    let attendance = model.presence.meeting(meeting);
    let stands = match attendance {
        None => Span::styled("empty", Modifier::DIM),
        Some(attendance) => match attendance.started {
            Some(since) => Span::styled(
                format!("runs for {}", minutes(view.now.since(since))),
                view.colour(Color::Green),
            ),
            None => Span::styled("has not started", view.colour(Color::Yellow)),
        },
    };
    let mut title = vec![
        Span::raw(" meeting of "),
        Span::styled(model.event_text().organizer_of(meeting).to_owned(), Modifier::BOLD),
        Span::raw(": "),
        stands,
    ];
    if attendance.is_some_and(|attendance| attendance.locked) {
        title.push(Span::styled(", locked", view.colour(Color::Red)));
    }
    title.push(Span::raw(" "));
    let places = [(Place::Screening, "entry"), (Place::Lobby, "lobby"), (Place::Joined, "in it")];
    let line = |(place, name): (Place, &'static str)| {
        let mut spans = vec![Span::styled(format!(" {name}  "), Modifier::DIM)];
        for (number, leg) in attendance.into_iter().flat_map(|attendance| attendance.at(place)).enumerate() {
            spans.push(Span::raw(if number == 0 { "" } else { ", " }));
            spans.push(Span::styled(model.event_text().caller(leg).to_owned(), Modifier::BOLD));
            spans.push(Span::styled(said_of(model, leg, view), Modifier::DIM));
        }
        Line::from(spans)
    };
    let lines: Vec<Line<'_>> = places.into_iter().map(line).collect();
    frame.render_widget(Paragraph::new(lines).block(framed(Line::from(title))), area);
}

fn said_of(model: &PhoneModel<'_>, leg: LegId, view: View<'_>) -> String {
    let Some(caller) = model.presence.caller(leg) else { return String::new() };
    let mut said = format!(" {}", minutes(view.now.since(caller.since)));
    let talks = model.handsets.iter().any(|handset| handset.leg() == Some(leg) && handset.talks);
    let marks = [
        (caller.organizer, "organizer"),
        (caller.muted, "muted"),
        (talks && !caller.muted, "talks"),
        (caller.hand_raised, "hand raised"),
    ];
    for (_, mark) in marks.into_iter().filter(|(holds, _)| *holds) {
        said += ", ";
        said += mark;
    }
    said
}

pub(super) fn pane(frame: &mut Frame<'_>, area: Rect, model: &PhoneModel<'_>, view: View<'_>) {
    match model.pane {
        // The help lies over everything.
        Pane::None | Pane::Help => log(frame, area, model),
        Pane::Office => office(frame, area, model, view),
    }
}

fn log(frame: &mut Frame<'_>, area: Rect, model: &PhoneModel<'_>) {
    let room = usize::from(area.height.saturating_sub(2));
    let end = model.log.len() - model.scrolled.min(model.log.len());
    let first = end.saturating_sub(room);
    let line = |(at, text): &(crate::control::time::Instant, String)| {
        let seconds = at.millis();
        let time = format!(" {:>5}.{} ", seconds / 1000, seconds % 1000 / 100);
        Line::from(vec![Span::styled(time, Modifier::DIM), Span::raw(text.clone())])
    };
    let lines: Vec<Line<'_>> = model.log.range(first..end).map(line).collect();
    let title = match model.scrolled {
        0 => " events ".to_owned(),
        below => format!(" events, {below} more below "),
    };
    frame.render_widget(Paragraph::new(lines).block(framed(Line::from(title))), area);
}

pub(super) fn help(frame: &mut Frame<'_>, area: Rect) {
    let mut lines = keys_of(KEYS);
    lines.push(Line::styled(" in the office", Modifier::DIM));
    lines.extend(keys_of(OFFICE));
    let title = Line::from(" keys: any key closes this ");
    frame.render_widget(Paragraph::new(lines).block(framed(title)), area);
}

fn keys_of(keys: &[(&str, &str)]) -> Vec<Line<'static>> {
    let line = |(key, does): &(&str, &str)| {
        Line::from(vec![
            Span::styled(format!(" {key:<17}  "), Modifier::BOLD),
            Span::styled((*does).to_owned(), Modifier::DIM),
        ])
    };
    keys.iter().map(line).collect()
}

fn office(frame: &mut Frame<'_>, area: Rect, model: &PhoneModel<'_>, view: View<'_>) {
    let name = model.story().given.organizers.get(model.organizer).map_or("", |it| it.name.as_str());
    let title = Line::from(vec![
        Span::raw(" office: "),
        Span::styled(name.to_owned(), Modifier::BOLD),
        Span::raw(" "),
    ]);
    let mut lines = keys_of(OFFICE);
    if let Some((organizer, pin)) = &model.shown_pin {
        let whose = model.story().given.organizers.get(*organizer).map_or("", |it| it.name.as_str());
        lines[0] = Line::styled(
            format!(" the new PIN of {whose}, shown only now: {} ", pin.reveal().reveal()),
            view.colour(Color::Yellow).add_modifier(Modifier::BOLD | Modifier::REVERSED),
        );
    }
    frame.render_widget(Paragraph::new(lines).block(framed(title)), area);
}
