//! The screen of the telephones: what they hear and key, their meeting, what happened, and the next step.
//!
//! A window of 80 columns shows one telephone large. From [`WIDE`] on there are all three side by side, and from
//! [`ROOMS`] on the lobby and the meeting are rooms, with the events beside them.
//!
//! It keeps to the terminal's own foreground and background, bold, dim, reversed and its own sixteen colours, so that it
//! reads on light and dark alike; without colours nothing is lost but the meters, which move.

mod events;
mod meeting;
mod office;
mod parts;
mod rooms;
mod telephone;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

use super::model::{Pane, PhoneModel, VOLUME_MAX};
use super::state::{Standing, state};
use crate::control::time::Instant;
use crate::media::library::Library;
use crate::terminal::Colours;
use crate::terminal::parts::keys;

/// The smallest window that everything fits into: columns and rows.
pub const SMALLEST: (u16, u16) = (80, 24);

/// The smallest window with all telephones side by side.
pub const WIDE: (u16, u16) = (120, 32);

/// The smallest window with the lobby and the meeting as rooms.
pub const ROOMS: (u16, u16) = (200, 50);

/// Rows of a telephone in a wide window, and in one with rooms.
const TELEPHONE_ROWS: [u16; 2] = [18, 24];

/// The values to draw besides the model.
#[derive(Clone, Copy, Debug)]
pub struct View<'v> {
    /// The moment.
    pub now: Instant,
    /// How long each sound is.
    pub library: &'v Library,
    /// The colours, with which there are meters that move too, or none.
    pub colours: Colours,
    /// A message about the loudspeaker; empty if it works.
    pub loudspeaker: &'v str,
    /// The file that is recorded; empty for none.
    pub recording: &'v str,
}

impl View<'_> {
    fn standing(&self, standing: Standing) -> Style {
        match standing {
            Standing::Idle => Style::new().add_modifier(Modifier::DIM),
            Standing::Failed => self.colours.alert(),
            Standing::Attendant => Style::new(),
            Standing::Lobby => self.colours.music(),
            Standing::Meeting => self.colours.meeting(),
        }
    }

    /// Returns what is to be said of the loudspeaker and the recording.
    fn sound(&self, model: &PhoneModel<'_>) -> String {
        let mut said = match (self.loudspeaker, model.muted) {
            ("", true) => "muted".to_owned(),
            ("", false) if model.volume == VOLUME_MAX / 2 => "sound on".to_owned(),
            ("", false) => format!("volume {}", model.volume),
            (why, _) => why.to_owned(),
        };
        if !self.recording.is_empty() {
            said += "   recording ";
            said += self.recording;
        }
        said
    }
}

/// Draws everything.
pub fn draw(frame: &mut Frame<'_>, model: &PhoneModel<'_>, view: View<'_>) {
    let area = frame.area();
    let fits = |(width, height): (u16, u16)| area.width >= width && area.height >= height;
    if !fits(SMALLEST) {
        too_small(frame, area);
    } else if model.pane == Pane::Help {
        office::help(frame, area, view);
    } else if fits(ROOMS) {
        draw_with_rooms(frame, area, model, view);
    } else if fits(WIDE) {
        draw_wide(frame, area, model, view);
    } else {
        draw_compact(frame, area, model, view);
    }
}

fn too_small(frame: &mut Frame<'_>, area: Rect) {
    let (width, height) = SMALLEST;
    let text = format!(
        "The window is {} × {}, but must be at least {width} × {height}. q quits; --plain needs no window.",
        area.width, area.height
    );
    frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), area);
}

fn draw_compact(frame: &mut Frame<'_>, area: Rect, model: &PhoneModel<'_>, view: View<'_>) {
    let rows = [1, 8, 5].map(Constraint::Length);
    let rows = [rows[0], rows[1], rows[2], Constraint::Min(9), Constraint::Length(1)];
    let [tabs, call, meeting, below, bar] = area.layout(&Layout::vertical(rows));
    let columns = [Constraint::Length(telephone::KEYPAD_WIDTH), Constraint::Min(0)];
    let [keypad, hears] = call.layout(&Layout::horizontal(columns));
    draw_tabs(frame, tabs, model, view);
    telephone::keypad(frame, keypad, model, view);
    telephone::hears(frame, hears, model, view);
    meeting::rows(frame, meeting, model, view);
    draw_pane(frame, below, model, view);
    draw_bar(frame, bar, model, view, false);
}

fn draw_wide(frame: &mut Frame<'_>, area: Rect, model: &PhoneModel<'_>, view: View<'_>) {
    let rows = [1, TELEPHONE_ROWS[0], 6].map(Constraint::Length);
    let rows = [rows[0], rows[1], rows[2], Constraint::Min(6), Constraint::Length(1)];
    let [header, telephones, meeting, below, bar] = area.layout(&Layout::vertical(rows));
    draw_header(frame, header, model, view);
    draw_telephones(frame, telephones, model, view);
    meeting::rows(frame, meeting, model, view);
    draw_pane(frame, below, model, view);
    draw_bar(frame, bar, model, view, true);
}

fn draw_with_rooms(frame: &mut Frame<'_>, area: Rect, model: &PhoneModel<'_>, view: View<'_>) {
    let rows = [Constraint::Length(1), Constraint::Min(0), Constraint::Length(1)];
    let [header, middle, bar] = area.layout(&Layout::vertical(rows));
    // A third for the events, the same for each telephone.
    let left = area.width * 11 / 50 * 3;
    let columns = [Constraint::Length(left), Constraint::Min(0)];
    let [left, right] = middle.layout(&Layout::horizontal(columns));
    let rows = [Constraint::Length(TELEPHONE_ROWS[1]), Constraint::Min(0)];
    let [telephones, meeting] = left.layout(&Layout::vertical(rows));
    draw_header(frame, header, model, view);
    draw_telephones(frame, telephones, model, view);
    rooms::draw(frame, meeting, model, view);
    draw_pane(frame, right, model, view);
    draw_bar(frame, bar, model, view, true);
}

fn draw_telephones(frame: &mut Frame<'_>, area: Rect, model: &PhoneModel<'_>, view: View<'_>) {
    let columns = model.handsets.iter().map(|_| Constraint::Fill(1));
    let areas = Layout::horizontal(columns).split(area);
    for (who, area) in areas.iter().enumerate() {
        telephone::telephone(frame, *area, model, who, view);
    }
}

fn draw_pane(frame: &mut Frame<'_>, area: Rect, model: &PhoneModel<'_>, view: View<'_>) {
    match model.pane {
        // The help lies over everything.
        Pane::None | Pane::Help => events::draw(frame, area, model, view),
        Pane::Office => office::draw(frame, area, model, view),
    }
}

/// The telephones in a line.
fn draw_tabs(frame: &mut Frame<'_>, area: Rect, model: &PhoneModel<'_>, view: View<'_>) {
    let mut spans = Vec::new();
    for (who, handset) in model.handsets.iter().enumerate() {
        let state = state(model, who, view.now);
        let focused = who == model.focus;
        let style = if focused { Style::new().add_modifier(Modifier::BOLD) } else { Style::new() };
        spans.push(Span::raw(if who == 0 { " " } else { "  " }));
        spans.push(Span::styled(if focused { "▸" } else { " " }, view.colours.music()));
        spans.push(Span::styled(format!("{} ", handset.name), style));
        spans.push(Span::styled(state.short, view.standing(state.standing)));
    }
    frame.render_widget(Line::from(spans), area);
}

fn draw_header(frame: &mut Frame<'_>, area: Rect, model: &PhoneModel<'_>, view: View<'_>) {
    let title = Span::styled(" Attendant", Modifier::BOLD);
    let headline = Span::raw(format!("   {}", model.headline));
    frame.render_widget(Line::from(vec![title, headline]), area);
    let sound = Span::styled(format!("{} ", view.sound(model)), Modifier::DIM);
    frame.render_widget(Line::from(sound).right_aligned(), area);
}

/// The keys that may be pressed now, or what the last one did not do.
fn draw_bar(frame: &mut Frame<'_>, area: Rect, model: &PhoneModel<'_>, view: View<'_>, wide: bool) {
    if !model.note.is_empty() {
        let style = view.colours.music().add_modifier(Modifier::BOLD);
        return frame.render_widget(Line::styled(format!(" {}", model.note), style), area);
    }
    if model.pane == Pane::Office {
        return frame.render_widget(keys(office::bar(model, wide)), area);
    }
    let telephones: Vec<String> = (1..=model.handsets.len()).map(|number| format!("F{number}")).collect();
    let telephones = telephones.join(" ");
    let all = [
        ("Tab", "next phone", model.handsets.len() > 1),
        (telephones.as_str(), "a phone", wide && model.handsets.len() > 1),
        ("Enter", "call", true),
        ("h", "hang up", true),
        ("t", "talk", true),
        ("w", "pause", wide),
        ("o", "office", model.remote().is_none()),
        ("s", "save", true),
        ("?", "help", true),
        ("q", "quit", true),
    ];
    frame.render_widget(keys(all.iter().filter(|key| key.2).map(|(key, does, _)| (*key, *does))), area);
}
