//! The parts that screens are drawn of: frames, rows, the line of keys.

use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType};

use super::Colours;

/// Returns a box with a title on the left and one on the right, which may be empty. The one that keys go to is heavy.
pub fn framed<'l>(left: Vec<Span<'l>>, right: &'l str, focused: bool, colours: Colours) -> Block<'l> {
    let (border, dash, style) = if focused {
        (BorderType::Thick, "━", colours.music())
    } else {
        (BorderType::Rounded, "─", dim())
    };
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

/// The style of what is less important.
#[must_use]
pub fn dim() -> Style {
    Style::new().add_modifier(Modifier::DIM)
}

/// A text in bold.
pub fn bold(text: impl Into<String>) -> Span<'static> {
    Span::styled(text.into(), Modifier::BOLD)
}

/// The inside of a box, without a column on the left and on the right.
#[must_use]
pub fn inside(block: &Block<'_>, area: Rect) -> Rect {
    let inner = block.inner(area);
    Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner }
}

/// One row of an area; empty if it has none of this number.
#[must_use]
pub fn row(area: Rect, number: u16) -> Rect {
    rows(area, number, 1)
}

/// Some rows of an area, as far as it has them.
#[must_use]
pub fn rows(area: Rect, first: u16, count: u16) -> Rect {
    let first = first.min(area.height);
    Rect { y: area.y + first, height: count.min(area.height - first), ..area }
}

/// The last rows of an area.
#[must_use]
pub fn last_rows(area: Rect, count: usize) -> Rect {
    let count = u16::try_from(count).unwrap_or(u16::MAX).min(area.height);
    rows(area, area.height - count, count)
}

/// The part of an area that is so wide, in its middle.
#[must_use]
pub fn centred(area: Rect, width: u16) -> Rect {
    let width = width.min(area.width);
    Rect { x: area.x + (area.width - width) / 2, width, ..area }
}

/// Keys and what they do, in one line.
pub fn keys<'k>(keys: impl IntoIterator<Item = (&'k str, &'k str)>) -> Line<'k> {
    let mut spans = Vec::new();
    for (number, (key, does)) in keys.into_iter().enumerate() {
        spans.push(Span::raw(if number == 0 { " " } else { "  " }));
        spans.push(Span::styled(key, Modifier::BOLD));
        spans.push(Span::raw(format!(" {does}")));
    }
    Line::from(spans)
}

/// Keys and what they do, a line for each, for a page of help.
#[must_use]
pub fn key_lines(keys: &[(&str, &str)]) -> Vec<Line<'static>> {
    let line = |(key, does): &(&str, &str)| {
        Line::from(vec![Span::styled(format!(" {key:<17}  "), Modifier::BOLD), Span::raw((*does).to_owned())])
    };
    keys.iter().map(line).collect()
}
