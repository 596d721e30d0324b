//! The parts that all layouts are drawn of.

use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType};

use super::View;
use crate::phone::hint::Hint;
use crate::report::wrap::wrapped;

/// A box with a title on the left and one on the right, which may be empty. The one that keys go to is heavy.
pub(super) fn framed<'l>(left: Vec<Span<'l>>, right: &'l str, focused: bool, view: View<'_>) -> Block<'l> {
    let (border, dash, style) =
        if focused { (BorderType::Thick, "━", view.music()) } else { (BorderType::Rounded, "─", dim()) };
    let mut title = vec![Span::styled(dash, style), Span::raw(" ")];
    title.extend(left);
    title.push(Span::raw(" "));
    // A title is not dim, though the border is.
    let title = Line::from(title).style(Style::reset());
    let block = Block::bordered().border_type(border).border_style(style).title(title);
    if right.is_empty() {
        return block;
    }
    let right = vec![Span::raw(format!(" {right} ")), Span::styled(dash, style)];
    block.title(Line::from(right).style(Style::reset()).right_aligned())
}

pub(super) fn dim() -> Style {
    Style::new().add_modifier(Modifier::DIM)
}

pub(super) fn bold(text: impl Into<String>) -> Span<'static> {
    Span::styled(text.into(), Modifier::BOLD)
}

/// The inside of a box, without a column on the left and on the right.
pub(super) fn inside(block: &Block<'_>, area: Rect) -> Rect {
    let inner = block.inner(area);
    Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner }
}

/// One row of an area; empty if it has none of this number.
pub(super) fn row(area: Rect, number: u16) -> Rect {
    rows(area, number, 1)
}

/// Some rows of an area, as far as it has them.
pub(super) fn rows(area: Rect, first: u16, count: u16) -> Rect {
    let first = first.min(area.height);
    Rect { y: area.y + first, height: count.min(area.height - first), ..area }
}

/// The last rows of an area.
pub(super) fn last_rows(area: Rect, count: usize) -> Rect {
    let count = u16::try_from(count).unwrap_or(u16::MAX).min(area.height);
    rows(area, area.height - count, count)
}

/// The part of an area that is so wide, in its middle.
pub(super) fn centred(area: Rect, width: u16) -> Rect {
    let width = width.min(area.width);
    Rect { x: area.x + (area.width - width) / 2, width, ..area }
}

/// A next step in lines of a width, behind its sign.
pub(super) fn hint_lines(hint: &Hint, width: u16, strong: bool, view: View<'_>) -> Vec<Line<'static>> {
    let weight = if strong || hint.dead_end { Modifier::BOLD } else { Modifier::empty() };
    let sign = if hint.dead_end {
        Span::styled("! ", view.alert().add_modifier(Modifier::BOLD))
    } else {
        Span::styled("› ", weight)
    };
    let line = |(number, text): (usize, String)| {
        let sign = if number == 0 { sign.clone() } else { Span::raw("  ") };
        Line::from(vec![sign, Span::styled(text, weight)])
    };
    wrapped(&hint.text, usize::from(width.saturating_sub(2))).into_iter().enumerate().map(line).collect()
}

/// Keys and what they do, in one line.
pub(super) fn keys<'k>(keys: impl IntoIterator<Item = (&'k str, &'k str)>) -> Line<'k> {
    let mut spans = Vec::new();
    for (number, (key, does)) in keys.into_iter().enumerate() {
        spans.push(Span::raw(if number == 0 { " " } else { "  " }));
        spans.push(Span::styled(key, Modifier::BOLD));
        spans.push(Span::raw(format!(" {does}")));
    }
    Line::from(spans)
}

/// A text with the words that were spoken in their colour.
pub(super) fn with_speech(text: &str, inside: bool, view: View<'_>) -> (Vec<Span<'static>>, bool) {
    let mut spans = Vec::new();
    let mut inside = inside;
    let mut from = 0;
    for (at, symbol) in text.char_indices() {
        let end = match symbol {
            '“' => at,
            '”' => at + symbol.len_utf8(),
            _ => continue,
        };
        spans.push(spoken(&text[from..end], inside, view));
        (from, inside) = (end, symbol == '“');
    }
    spans.push(spoken(&text[from..], inside, view));
    (spans, inside)
}

fn spoken(text: &str, inside: bool, view: View<'_>) -> Span<'static> {
    Span::styled(text.to_owned(), if inside { view.prompt() } else { Style::new() })
}
