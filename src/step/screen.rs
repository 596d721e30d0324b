//! The screen of a case: callers, timers, the scenario, events.
//!
//! A window of 80 columns has the scenario and the timers side by side between callers and events. From [`WIDE`] on
//! events and scenario stand beside each other, and from [`COLUMNS`] on there are three columns.

mod lists;
mod people;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

use super::model::StepModel;
use crate::terminal::Colours;
use crate::terminal::parts::{dim, framed, key_lines, keys};

/// The smallest window that everything fits into: columns and rows.
pub const SMALLEST: (u16, u16) = (80, 24);

/// The smallest window with events and scenario side by side.
pub const WIDE: (u16, u16) = (120, 32);

/// The smallest window with three columns.
pub const COLUMNS: (u16, u16) = (200, 40);

/// Keys, and what they do.
const KEYS: &[(&str, &str)] = &[
    ("Down Up", "next event, event before; also j k, Space"),
    ("Right Left", "next event of the chosen caller, the one before; also l h"),
    ("Tab Shift-Tab", "choose the next caller, or the one before"),
    ("PgDn PgUp", "ten events on, or back"),
    ("Home End", "the beginning, the end; also g G"),
    ("f", "the first failure"),
    ("t", "a time: things as they stand then, such as 1m30s or 12.5s"),
    ("c", "a caller, by name or its beginning: the next event there"),
    ("/ n N", "search events for a text; the next match, the one before"),
    ("Ctrl-L Ctrl-Z", "redraw; suspend (continue with fg)"),
    ("q Ctrl-C", "quit"),
];

/// Draws everything.
pub fn draw(frame: &mut Frame<'_>, model: &StepModel<'_, '_>, colours: Colours) {
    let area = frame.area();
    let fits = |(width, height): (u16, u16)| area.width >= width && area.height >= height;
    if !fits(SMALLEST) {
        return too_small(frame, area);
    }
    if model.helps {
        let block = framed(vec![Span::raw("keys")], "any key closes this", false, colours);
        return frame.render_widget(Paragraph::new(key_lines(KEYS)).block(block), area);
    }
    let rows = [Constraint::Length(1), Constraint::Min(0), Constraint::Length(1)];
    let [header, middle, bar] = area.layout(&Layout::vertical(rows));
    draw_header(frame, header, model, colours);
    if fits(COLUMNS) {
        draw_columns(frame, middle, model, colours);
    } else if fits(WIDE) {
        draw_wide(frame, middle, model, colours);
    } else {
        draw_compact(frame, middle, model, colours);
    }
    draw_bar(frame, bar, model, colours);
}

fn too_small(frame: &mut Frame<'_>, area: Rect) {
    let (width, height) = SMALLEST;
    let text = format!(
        "The window is {} × {}, but must be at least {width} × {height}. q quits.",
        area.width, area.height
    );
    frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), area);
}

/// Rows for the callers: as many as there are, so that it is the same at every event, but not more than this.
fn rows_of_callers(model: &StepModel<'_, '_>, most: u16) -> Constraint {
    let callers = u16::try_from(model.trace.story.cast.roles.len()).unwrap_or(u16::MAX);
    Constraint::Length(callers.clamp(1, most) + 2)
}

fn draw_compact(frame: &mut Frame<'_>, area: Rect, model: &StepModel<'_, '_>, colours: Colours) {
    let rows = [rows_of_callers(model, 4), Constraint::Length(7), Constraint::Min(0)];
    let [callers, between, events] = area.layout(&Layout::vertical(rows));
    let columns = [Constraint::Percentage(50), Constraint::Percentage(50)];
    let [scenario, timers] = between.layout(&Layout::horizontal(columns));
    people::callers(frame, callers, model, colours);
    lists::scenario(frame, scenario, model, colours);
    people::timers(frame, timers, model, colours);
    lists::events(frame, events, model, colours);
}

fn draw_wide(frame: &mut Frame<'_>, area: Rect, model: &StepModel<'_, '_>, colours: Colours) {
    let rows = [rows_of_callers(model, 6), Constraint::Length(7), Constraint::Min(0)];
    let [callers, timers, below] = area.layout(&Layout::vertical(rows));
    let columns = [Constraint::Percentage(50), Constraint::Percentage(50)];
    let [events, scenario] = below.layout(&Layout::horizontal(columns));
    people::callers(frame, callers, model, colours);
    people::timers(frame, timers, model, colours);
    lists::events(frame, events, model, colours);
    lists::scenario(frame, scenario, model, colours);
}

fn draw_columns(frame: &mut Frame<'_>, area: Rect, model: &StepModel<'_, '_>, colours: Colours) {
    let columns = [Constraint::Percentage(40), Constraint::Percentage(30), Constraint::Percentage(30)];
    let [left, events, scenario] = area.layout(&Layout::horizontal(columns));
    let rows = [rows_of_callers(model, area.height / 2), Constraint::Min(0)];
    let [callers, timers] = left.layout(&Layout::vertical(rows));
    people::callers(frame, callers, model, colours);
    people::timers(frame, timers, model, colours);
    lists::events(frame, events, model, colours);
    lists::scenario(frame, scenario, model, colours);
}

/// The case, the moment, and what failed.
fn draw_header(frame: &mut Frame<'_>, area: Rect, model: &StepModel<'_, '_>, colours: Colours) {
    let (at, trace) = (model.cursor.event().at, model.trace);
    let now = Span::styled(format!(" {at} s "), Modifier::BOLD);
    let verdict = match trace.events.iter().find(|event| event.fails) {
        Some(failed) => Span::styled(format!(" fails at {} s ", failed.at), colours.alert()),
        None => Span::styled(" passes ", colours.meeting()),
    };
    let right = vec![now, Span::styled(format!(" seed {} ", trace.seed), dim()), verdict];
    let taken: usize = right.iter().map(|span| span.content.chars().count()).sum();
    let name = shortened(&trace.story.name, usize::from(area.width).saturating_sub(taken + 1));
    frame.render_widget(Line::from(Span::styled(format!(" {name}"), Modifier::BOLD)), area);
    frame.render_widget(Line::from(right).right_aligned(), area);
}

/// The keys that may be pressed, what the last one did not do, or what is being typed.
fn draw_bar(frame: &mut Frame<'_>, area: Rect, model: &StepModel<'_, '_>, colours: Colours) {
    let strong = colours.music().add_modifier(Modifier::BOLD);
    if let Some((asking, typed)) = &model.typed {
        let spans = vec![
            Span::styled(format!(" {} ", asking.label()), strong),
            Span::raw(format!("{typed}▏")),
            Span::styled("  Enter goes there, Esc cancels", dim()),
        ];
        return frame.render_widget(Line::from(spans), area);
    }
    if !model.note.is_empty() {
        let note = shortened(&model.note, usize::from(area.width).saturating_sub(2));
        return frame.render_widget(Line::styled(format!(" {note}"), strong), area);
    }
    let of = format!("of {}", shortened(model.trace.text.role(model.chosen), 10));
    let wide = area.width >= WIDE.0;
    let all = [
        ("↓ ↑", "event", true),
        ("→ ←", of.as_str(), true),
        ("Tab", "caller", true),
        ("f", "failure", true),
        ("t", "time", true),
        ("c", "by name", wide),
        ("/", "search", true),
        ("Home End", "ends", wide),
        ("?", "help", true),
        ("q", "quit", true),
    ];
    frame.render_widget(keys(all.iter().filter(|key| key.2).map(|(key, does, _)| (*key, *does))), area);
}

/// A text with at most so many characters: what is beyond is cut.
fn shortened(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    text.chars().take(room.saturating_sub(1)).chain(['…']).collect()
}
