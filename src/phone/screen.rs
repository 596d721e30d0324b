//! The screen of the telephone: handsets, keypad, what is heard, the meeting, what happened.
//!
//! It keeps to the terminal's own foreground and background, bold, dim, reversed and the eight colours that every
//! palette has, so that it reads on light and dark alike; without colours nothing is lost.

mod lower;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Paragraph, Wrap};

use super::describe::{hearing, hint, minutes, state};
use super::handset;
use super::model::{Pane, PhoneModel};
use crate::control::call::Digit;
use crate::control::event::Place;
use crate::control::time::Instant;
use crate::media::library::Library;

/// The smallest window that everything fits into.
pub const SMALLEST: (u16, u16) = (80, 24);

/// The keys of a telephone as they lie.
const KEYPAD: [&str; 4] = ["123A", "456B", "789C", "*0#D"];

/// Columns of the keypad with its frame.
const KEYPAD_WIDTH: u16 = 27;

/// Columns of the line that shows how far a sound is.
const BAR: usize = 40;

/// The values to draw besides the model.
#[derive(Clone, Copy, Debug)]
pub struct View<'v> {
    /// The moment.
    pub now: Instant,
    /// How long each sound is.
    pub library: &'v Library,
    /// Whether there are colours.
    pub coloured: bool,
    /// A message about the loudspeaker.
    pub loudspeaker: &'v str,
}

impl View<'_> {
    fn colour(&self, colour: Color) -> Style {
        if self.coloured { Style::new().fg(colour) } else { Style::new() }
    }

    /// Returns the style of a call's state.
    fn of_state(&self, state: &str) -> Style {
        let colour = match state {
            _ if state.starts_with("joined") => Color::Green,
            "in the lobby" => Color::Yellow,
            "busy" | "call lost" | "bridge hung up" | "no such number" => Color::Red,
            "answered" | "entering" | "calling" => Color::Cyan,
            _ => return Style::new().add_modifier(Modifier::DIM),
        };
        self.colour(colour)
    }
}

/// Draws everything.
pub fn draw(frame: &mut Frame<'_>, model: &PhoneModel<'_>, view: View<'_>) {
    let area = frame.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        return too_small(frame, area);
    }
    let rows = [
        Constraint::Length(1),
        Constraint::Length(9),
        Constraint::Length(5),
        Constraint::Min(8),
        Constraint::Length(1),
    ];
    let [tabs, call, meeting, log, keys] = area.layout(&Layout::vertical(rows));
    let columns = [Constraint::Length(KEYPAD_WIDTH), Constraint::Min(0)];
    let [keypad, hears] = call.layout(&Layout::horizontal(columns));
    draw_tabs(frame, tabs, model, view);
    if model.pane == Pane::Help {
        let all = Rect { height: area.height - 2, y: area.y + 1, ..area };
        return lower::help(frame, all);
    }
    draw_keypad(frame, keypad, model, view);
    draw_hearing(frame, hears, model, view);
    lower::meeting(frame, meeting, model, view);
    lower::pane(frame, log, model, view);
    draw_keys(frame, keys, model, view);
}

fn too_small(frame: &mut Frame<'_>, area: Rect) {
    let (width, height) = SMALLEST;
    let text = format!(
        "The window is {} × {}, but must be at least {width} × {height}. q quits.",
        area.width, area.height
    );
    frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), area);
}

fn framed(title: Line<'_>) -> Block<'_> {
    let dim = Style::new().add_modifier(Modifier::DIM);
    Block::bordered().border_type(BorderType::Rounded).border_style(dim).title(title.style(Style::reset()))
}

fn draw_tabs(frame: &mut Frame<'_>, area: Rect, model: &PhoneModel<'_>, view: View<'_>) {
    let mut spans = Vec::new();
    for (who, handset) in model.handsets.iter().enumerate() {
        let state = state(model, who);
        let focused = who == model.focus;
        let name = Style::new().add_modifier(if focused {
            Modifier::REVERSED | Modifier::BOLD
        } else {
            Modifier::BOLD
        });
        spans.push(Span::styled(format!(" {} ", handset.name), name));
        let waits = model.caller(handset).filter(|caller| caller.is_at(Place::Lobby));
        let since = waits.map(|caller| format!(" {}", minutes(view.now.since(caller.since))));
        spans.push(Span::styled(format!(" {state}{}", since.unwrap_or_default()), view.of_state(state)));
        spans.push(Span::raw("  "));
    }
    frame.render_widget(Line::from(spans), area);
}

fn draw_keypad(frame: &mut Frame<'_>, area: Rect, model: &PhoneModel<'_>, view: View<'_>) {
    let handset = model.focused();
    let down = handset.down.map(|down| down.digit);
    let mut lines: Vec<Line<'_>> = KEYPAD.iter().map(|row| keypad_row(row, down, view)).collect();
    lines.push(Line::default());
    let room = usize::from(area.width.saturating_sub(10));
    let skipped = handset.keyed.chars().count().saturating_sub(room);
    let keyed: String = handset.keyed.chars().skip(skipped).collect();
    lines.push(Line::from(vec![Span::styled(" keyed ", Modifier::DIM), Span::raw(keyed)]));
    lines.push(match handset.down {
        Some(handset::Down { until: Instant::NEVER, since, .. }) => {
            let held = view.now.since(since).as_millis() / 100;
            let text = format!(" held {}.{} s until next key", held / 10, held % 10);
            Line::styled(text, view.colour(Color::Yellow))
        }
        Some(_) | None => Line::default(),
    });
    let title =
        Line::from(vec![Span::raw(" "), Span::styled(handset.name.clone(), Modifier::BOLD), Span::raw(" ")]);
    frame.render_widget(Paragraph::new(lines).block(framed(title)), area);
}

fn keypad_row<'r>(row: &str, down: Option<Digit>, view: View<'_>) -> Line<'r> {
    let mut spans = vec![Span::raw(" ")];
    for symbol in row.chars() {
        let lit = down.is_some() && Digit::from_symbol(symbol) == down;
        let style = match (lit, symbol.is_ascii_alphabetic()) {
            (true, _) => view.colour(Color::Green).add_modifier(Modifier::REVERSED | Modifier::BOLD),
            (false, true) => Style::new().add_modifier(Modifier::DIM),
            (false, false) => Style::new(),
        };
        spans.push(Span::styled(format!("  {symbol}  "), style));
        spans.push(Span::raw(" "));
    }
    Line::from(spans)
}

fn draw_hearing(frame: &mut Frame<'_>, area: Rect, model: &PhoneModel<'_>, view: View<'_>) {
    let heard = hearing(model, model.focus, view.now, view.library);
    let mut name =
        vec![Span::raw(" "), Span::styled(heard.name, view.colour(Color::Cyan).add_modifier(Modifier::BOLD))];
    let mut bar = Line::default();
    if let Some((at, length)) = heard.position {
        name.push(Span::styled(format!("  {} of {}", minutes(at), minutes(length)), Modifier::DIM));
        let done =
            (at.as_millis() as usize * BAR).checked_div(length.as_millis() as usize).unwrap_or(BAR).min(BAR);
        bar = Line::from(vec![
            Span::raw(" "),
            Span::styled("━".repeat(done), view.colour(Color::Cyan)),
            Span::styled("─".repeat(BAR - done), Modifier::DIM),
        ]);
    }
    let volume = match (view.loudspeaker, model.muted) {
        ("", true) => "muted".to_owned(),
        ("", false) => format!("volume {}", model.volume),
        (why, _) => why.to_owned(),
    };
    let volume = Line::styled(format!(" {volume} "), Modifier::DIM).right_aligned();
    let block = framed(Line::from(" hears ")).title(volume);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let rows = [Constraint::Length(2), Constraint::Min(1), Constraint::Length(1)];
    let [top, middle, bottom] = inner.layout(&Layout::vertical(rows));
    frame.render_widget(Paragraph::new(vec![Line::from(name), bar]), top);
    let indented = Rect { x: middle.x + 1, width: middle.width.saturating_sub(2), ..middle };
    frame.render_widget(Paragraph::new(heard.words).wrap(Wrap { trim: true }), indented);
    let hint =
        Line::from(vec![Span::styled(" › ", view.colour(Color::Green)), Span::raw(hint(model, model.focus))]);
    frame.render_widget(hint, bottom);
}

fn draw_keys(frame: &mut Frame<'_>, area: Rect, model: &PhoneModel<'_>, view: View<'_>) {
    if !model.note.is_empty() {
        let note =
            Line::styled(format!(" {}", model.note), view.colour(Color::Yellow).add_modifier(Modifier::BOLD));
        return frame.render_widget(note, area);
    }
    let mut spans = Vec::new();
    let all = [
        ("Enter", "call"),
        ("h", "hang up"),
        ("Tab", "handset"),
        ("t", "talk"),
        ("o", "office"),
        ("s", "save"),
        ("?", "help"),
        ("q", "leave"),
    ];
    for (key, does) in all {
        spans.push(Span::styled(format!(" {key}"), Modifier::BOLD));
        spans.push(Span::styled(format!(" {does} "), Modifier::DIM));
    }
    frame.render_widget(Line::from(spans), area);
}
