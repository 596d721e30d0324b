//! The parts of this screen that others do not have: next steps, and words that are spoken.

use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::View;
use crate::phone::hint::Hint;
use crate::report::wrap::wrapped;

/// A next step in lines of a width, behind its sign.
pub(super) fn hint_lines(hint: &Hint, width: u16, strong: bool, view: View<'_>) -> Vec<Line<'static>> {
    let weight = if strong || hint.dead_end { Modifier::BOLD } else { Modifier::empty() };
    let sign = if hint.dead_end {
        Span::styled("! ", view.colours.alert().add_modifier(Modifier::BOLD))
    } else {
        Span::styled("› ", weight)
    };
    let line = |(number, text): (usize, String)| {
        let sign = if number == 0 { sign.clone() } else { Span::raw("  ") };
        Line::from(vec![sign, Span::styled(text, weight)])
    };
    wrapped(&hint.text, usize::from(width.saturating_sub(2))).into_iter().enumerate().map(line).collect()
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
    Span::styled(text.to_owned(), if inside { view.colours.prompt() } else { Style::new() })
}
