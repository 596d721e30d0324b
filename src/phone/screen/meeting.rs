//! The meeting as rows: who is with the attendant, in the lobby and in the meeting.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::View;
use super::parts::hint_lines;
use crate::control::event::{MeetingId, Place};
use crate::phone::hint::{Hint, meeting_hint};
use crate::phone::model::PhoneModel;
use crate::phone::people::{Person, organizer_of, people, standing};
use crate::terminal::parts::{bold, dim, framed, inside};

/// Columns of a place's name.
const LABEL: usize = 11;

/// The places of a meeting, by the names that they have here.
const PLACES: [(Place, &str); 3] =
    [(Place::Screening, "attendant"), (Place::Lobby, "lobby"), (Place::Joined, "meeting")];

/// The title of a meeting's box.
pub(super) fn title(model: &PhoneModel<'_>, meeting: MeetingId) -> Vec<Span<'static>> {
    match model.remote() {
        Some(address) => vec![Span::raw("bridge "), bold(address.to_owned())],
        None => vec![Span::raw("meeting of "), bold(organizer_of(model, meeting))],
    }
}

/// The meeting as a row for each place, and the next step if there is a row for it.
pub(super) fn rows(frame: &mut Frame<'_>, area: Rect, model: &PhoneModel<'_>, view: View<'_>) {
    let meeting = model.meeting();
    let standing = standing(model, meeting, view.now);
    let block = framed(title(model, meeting), &standing, false, view.colours);
    let inner = inside(&block, area);
    frame.render_widget(block, area);
    let mut lines: Vec<Line<'_>> =
        PLACES.iter().map(|(place, name)| place_row(model, meeting, *place, name, view)).collect();
    if let Some(text) = meeting_hint(model, meeting)
        && usize::from(inner.height) > lines.len()
    {
        lines.extend(hint_lines(&Hint { text, dead_end: false }, inner.width, false, view));
    }
    frame.render_widget(Paragraph::new(lines), inner);
}

fn place_row(
    model: &PhoneModel<'_>,
    meeting: MeetingId,
    place: Place,
    name: &str,
    view: View<'_>,
) -> Line<'static> {
    let mut spans = vec![Span::styled(format!("{name:LABEL$}"), dim())];
    let people = people(model, meeting, place, view.now);
    if people.is_empty() {
        spans.push(Span::styled(nobody(model, meeting, place), dim()));
    }
    for (number, person) in people.iter().enumerate() {
        spans.push(Span::raw(if number == 0 { "" } else { "   " }));
        spans.extend(spans_of(person, place, view));
    }
    Line::from(spans)
}

fn spans_of(person: &Person, place: Place, view: View<'_>) -> Vec<Span<'static>> {
    let style = style(place, view);
    let gap = if person.sign.is_empty() { "" } else { " " };
    let mark = if person.mark.is_empty() { String::new() } else { format!(" {}", person.mark) };
    vec![
        Span::styled(format!("{}{gap}{}", person.sign, person.name), style),
        Span::styled(format!(" {}{mark}", person.time), style),
    ]
}

/// The colour of those who are at a place.
pub(super) fn style(place: Place, view: View<'_>) -> Style {
    match place {
        Place::Screening => Style::new(),
        Place::Lobby => view.colours.music(),
        Place::Joined => view.colours.meeting(),
    }
}

/// What is said of a place where nobody is.
pub(super) fn nobody(model: &PhoneModel<'_>, meeting: MeetingId, place: Place) -> &'static str {
    let runs = model.presence.meeting(meeting).is_some_and(|meeting| meeting.started.is_some());
    match place {
        Place::Screening => "nobody",
        Place::Lobby => "nobody is waiting",
        Place::Joined if runs => "nobody",
        Place::Joined => "not started",
    }
}
