//! What has happened, the latest at the bottom.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::View;
use super::parts::with_speech;
use crate::control::time::Instant;
use crate::phone::model::PhoneModel;
use crate::report::wrap::wrapped;
use crate::terminal::parts::{dim, framed};

/// Columns of a time: seconds and their tenths.
const TIME: usize = 7;

/// Blanks between time, name and text.
const GAP: usize = 2;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, model: &PhoneModel<'_>, view: View<'_>) {
    let title = match model.scrolled {
        0 => "events".to_owned(),
        below => format!("events, {below} more below"),
    };
    let block = framed(vec![Span::raw(title)], "", false, view.colours);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let names = model.handsets.iter().map(|handset| handset.name.chars().count()).max().unwrap_or(0);
    let room = usize::from(inner.width).saturating_sub(TIME + GAP + names + GAP + 1);
    let rows = usize::from(inner.height);
    // From the bottom up, until there is no more room.
    let mut lines: Vec<Line<'_>> = Vec::new();
    if model.scrolled == 0 {
        for (at, name, text) in model.keying().into_iter().rev() {
            lines.splice(0..0, entry(at, name, &text, names, room, view));
        }
    }
    let shown = model.events.lines().len().saturating_sub(model.scrolled);
    for line in model.events.lines().range(..shown).rev() {
        if lines.len() >= rows {
            break;
        }
        lines.splice(0..0, entry(line.at, line.caller(), &line.text(), names, room, view));
    }
    let above = lines.len().saturating_sub(rows);
    frame.render_widget(Paragraph::new(lines.split_off(above)), inner);
}

fn entry(
    at: Instant,
    name: &str,
    text: &str,
    names: usize,
    room: usize,
    view: View<'_>,
) -> Vec<Line<'static>> {
    let (gap, indent) = (" ".repeat(GAP), TIME + GAP + names + GAP);
    let time = format!("{:>1$}.{2}", at.millis() / 1000, TIME - 2, at.millis() % 1000 / 100);
    let mut lines = Vec::new();
    let mut spoken = false;
    for text in wrapped(text, room) {
        let mut spans = if lines.is_empty() {
            vec![Span::styled(time.clone(), dim()), Span::raw(format!("{gap}{name:names$}{gap}"))]
        } else {
            vec![Span::raw(" ".repeat(indent))]
        };
        let (text, inside) = with_speech(&text, spoken, view);
        spans.extend(text);
        spoken = inside;
        lines.push(Line::from(spans));
    }
    lines
}
