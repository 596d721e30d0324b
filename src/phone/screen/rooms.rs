//! The lobby and the meeting as rooms with a door between them, and people as cards.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Paragraph};

use super::View;
use super::meeting::{nobody, style, title};
use super::parts::hint_lines;
use crate::control::event::{MeetingId, Place};
use crate::phone::hint::{Hint, meeting_hint};
use crate::phone::model::PhoneModel;
use crate::phone::people::{Person, people, standing};
use crate::terminal::parts::{bold, dim, framed, inside, last_rows, row, rows};

/// Columns and rows of a person's card.
const CARD: (u16, u16) = (17, 5);

/// Columns between the rooms, with the door in their middle.
const BETWEEN: u16 = 6;

/// The door: closed with the star that asks for the PIN on it, and open.
const CLOSED: [&str; 5] = ["╭──╮", "│  │", "│ *│", "│  │", "┷━━┷"];
const OPEN: [&str; 5] = ["╭──╮", "│╲ │", "││→│", "││ │", "┷┷━┷"];

/// The meeting with its rooms.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, model: &PhoneModel<'_>, view: View<'_>) {
    let meeting = model.meeting();
    let standing = standing(model, meeting, view.now);
    let block = framed(title(model, meeting), &standing, false, view.colours);
    let inner = inside(&block, area);
    frame.render_widget(block, area);

    frame.render_widget(with_the_attendant(model, meeting, view), row(inner, 0));
    let rooms = rows(inner, 1, inner.height.saturating_sub(4));
    let columns = [Constraint::Fill(1), Constraint::Length(BETWEEN), Constraint::Fill(1)];
    let [lobby, between, inside_it] = rooms.layout(&Layout::horizontal(columns));
    room(frame, lobby, model, meeting, Place::Lobby, view);
    room(frame, inside_it, model, meeting, Place::Joined, view);
    draw_door(frame, between, model, meeting);
    if let Some(text) = meeting_hint(model, meeting) {
        let below = last_rows(inner, 2);
        let below = Rect { x: below.x + 2, width: below.width.saturating_sub(4), ..below };
        let lines = hint_lines(&Hint { text, dead_end: false }, below.width, false, view);
        frame.render_widget(Paragraph::new(lines), below);
    }
}

fn with_the_attendant(model: &PhoneModel<'_>, meeting: MeetingId, view: View<'_>) -> Line<'static> {
    let people = people(model, meeting, Place::Screening, view.now);
    let said = |person: &Person| {
        let mark = if person.mark.is_empty() { String::new() } else { format!(", {}", person.mark) };
        format!("{} {}{mark}", person.name, person.time)
    };
    let names = if people.is_empty() {
        nobody(model, meeting, Place::Screening).to_owned()
    } else {
        people.iter().map(said).collect::<Vec<_>>().join("   ")
    };
    Line::from(vec![Span::styled("  with the attendant: ", dim()), Span::raw(names)])
}

fn draw_door(frame: &mut Frame<'_>, area: Rect, model: &PhoneModel<'_>, meeting: MeetingId) {
    let attendance = model.presence.meeting(meeting);
    let open = attendance.is_some_and(|attendance| attendance.started.is_some() && !attendance.locked);
    let door = if open { OPEN } else { CLOSED };
    let top = area.height.saturating_sub(door.len() as u16).div_ceil(2);
    let area = rows(area, top, door.len() as u16);
    let lines = door.map(|line| Line::raw(line).centered()).to_vec();
    frame.render_widget(Paragraph::new(lines), area);
}

fn room(
    frame: &mut Frame<'_>,
    area: Rect,
    model: &PhoneModel<'_>,
    meeting: MeetingId,
    place: Place,
    view: View<'_>,
) {
    let name = match place {
        Place::Screening => "attendant",
        Place::Lobby => "lobby",
        Place::Joined => "meeting",
    };
    let people = people(model, meeting, place, view.now);
    let count = people.len().to_string();
    let block = framed(vec![Span::raw(name)], &count, false, view.colours);
    // Cards have two columns around them.
    let inner = inside(&block, area);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    frame.render_widget(block, area);
    if people.is_empty() {
        let text = match nobody(model, meeting, place) {
            "not started" => "starts with the organizer’s PIN",
            text => text,
        };
        return frame.render_widget(Line::styled(text, dim()), row(inner, 2));
    }
    let in_a_row = usize::from((inner.width + 2) / (CARD.0 + 2)).max(1);
    let rows_of_cards = usize::from(inner.height.saturating_sub(2) / (CARD.1 + 1)).max(1);
    let room = in_a_row * rows_of_cards;
    for (number, person) in people.iter().take(room).enumerate() {
        let (column, line) = ((number % in_a_row) as u16, (number / in_a_row) as u16);
        let area = Rect {
            x: inner.x + column * (CARD.0 + 2),
            y: inner.y + 1 + line * (CARD.1 + 1),
            width: CARD.0,
            height: CARD.1,
        };
        card(frame, area.intersection(inner), model, person, place, view);
    }
    if people.len() > room {
        let more = format!("and {} more", people.len() - room);
        frame.render_widget(Line::styled(more, dim()), last_rows(inner, 1));
    }
}

fn card(
    frame: &mut Frame<'_>,
    area: Rect,
    model: &PhoneModel<'_>,
    person: &Person,
    place: Place,
    view: View<'_>,
) {
    let style = style(place, view);
    let block = Block::bordered().border_type(BorderType::Rounded).border_style(dim());
    let inner = inside(&block, area);
    frame.render_widget(block, area);
    let sign = if person.sign.is_empty() { person.mark } else { person.sign };
    let sign = if person.muted { "muted" } else { sign };
    frame.render_widget(Line::from(bold(person.name.clone())), row(inner, 0));
    frame.render_widget(Line::styled(sign, style).right_aligned(), row(inner, 0));
    frame.render_widget(Line::styled(person.time.clone(), dim()), row(inner, 1));
    if !view.colours.coloured {
        return;
    }
    // In the lobby, what they hear; in the meeting, what others hear of them.
    let [hears, says] = &model.handsets[person.who].levels;
    let width = usize::from(inner.width);
    let bars = match place {
        Place::Joined if person.muted => "·".repeat(width),
        Place::Joined => says.bars(width),
        Place::Lobby | Place::Screening => hears.bars(width),
    };
    frame.render_widget(Line::styled(bars, style).right_aligned(), row(inner, 2));
}
