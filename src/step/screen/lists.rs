//! The events and the scenario, each with its current line.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::shortened;
use crate::report::wrap::wrapped;
use crate::step::model::StepModel;
use crate::step::trace::TraceEvent;
use crate::terminal::Colours;
use crate::terminal::parts::{dim, framed, inside};

/// Columns of a time, and of what stands before the words of an event.
const TIME: usize = 8;
const INDENT: usize = 1 + TIME + 2;

/// The event that has just happened in the middle, whole; others are cut, and those to come are dim.
pub(super) fn events(frame: &mut Frame<'_>, area: Rect, model: &StepModel<'_, '_>, colours: Colours) {
    let (events, at) = (&model.trace.events, model.cursor.at());
    let count = format!("{} of {}", at + 1, events.len());
    let block = framed(vec![Span::raw("events")], &count, true, colours);
    let inner = inside(&block, area);
    frame.render_widget(block, area);
    let (room, width) = (usize::from(inner.height), usize::from(inner.width));
    let current = current(&events[at], width, colours);
    let rest = room.saturating_sub(current.len());
    // As many before as after, unless there are fewer on one side.
    let after = (events.len() - 1 - at).min(rest - at.min(rest / 2));
    let before = at.min(rest - after);
    let mut lines: Vec<Line<'_>> =
        events[at - before..at].iter().map(|event| line(event, width, false, colours)).collect();
    lines.extend(current);
    lines.extend(events[at + 1..=at + after].iter().map(|event| line(event, width, true, colours)));
    frame.render_widget(Paragraph::new(lines), inner);
}

fn style(event: &TraceEvent, colours: Colours) -> Style {
    match event.about {
        "prompt" => colours.prompt(),
        "hold" => colours.music(),
        "conf" => colours.meeting(),
        "key" => colours.key(),
        "fail" => colours.alert(),
        _ => Style::new(),
    }
}

fn time(event: &TraceEvent) -> String {
    format!("{:>TIME$}  ", event.at.to_string())
}

/// The sign of a failure, which no colour tells alone.
fn sign(event: &TraceEvent) -> &'static str {
    if event.fails { "✗ " } else { "" }
}

fn line(event: &TraceEvent, width: usize, to_come: bool, colours: Colours) -> Line<'static> {
    let words = shortened(&format!("{}{}", sign(event), event.words), width.saturating_sub(INDENT));
    let style = if to_come { dim() } else { style(event, colours) };
    Line::from(vec![Span::raw(" "), Span::styled(time(event), dim()), Span::styled(words, style)])
}

fn current(event: &TraceEvent, width: usize, colours: Colours) -> Vec<Line<'static>> {
    let room = width.saturating_sub(INDENT);
    let strong = style(event, colours).add_modifier(Modifier::BOLD | Modifier::REVERSED);
    let words = format!("{}{}", sign(event), event.words);
    let first = |number: usize| match number {
        0 => vec![Span::styled("▸", colours.music()), Span::styled(time(event), Modifier::BOLD)],
        _ => vec![Span::raw(" ".repeat(INDENT))],
    };
    let mut lines: Vec<Line<'_>> = wrapped(&words, room)
        .into_iter()
        .enumerate()
        .map(|(number, words)| {
            let mut spans = first(number);
            spans.push(Span::styled(words, strong));
            Line::from(spans)
        })
        .collect();
    for fact in event.facts.iter().flat_map(|fact| wrapped(fact, room)) {
        lines.push(Line::from(vec![Span::raw(" ".repeat(INDENT)), Span::styled(fact, colours.alert())]));
    }
    lines
}

/// The scenario with the line at which the caller of the event stands.
pub(super) fn scenario(frame: &mut Frame<'_>, area: Rect, model: &StepModel<'_, '_>, colours: Colours) {
    let place = model.cursor.event().line;
    let shown = place.and_then(|(file, line)| Some((model.trace.files.get(file)?, line)));
    let shown = shown.or_else(|| Some((model.trace.files.first()?, 0)));
    let Some((file, current)) = shown else {
        let block = framed(vec![Span::raw("scenario")], "", false, colours);
        let inner = inside(&block, area);
        frame.render_widget(block, area);
        return frame.render_widget(Line::styled("not known of this run", dim()), inner);
    };
    let title = if current == 0 { file.path.clone() } else { format!("{}:{current}", file.path) };
    // The end of a long path says more than its beginning.
    let room = usize::from(area.width).saturating_sub(6);
    let skipped = title.chars().count().saturating_sub(room);
    let title: String = title.chars().skip(skipped).collect();
    let block = framed(vec![Span::raw(title)], "", false, colours);
    let inner = inside(&block, area);
    frame.render_widget(block, area);
    let room = usize::from(inner.height);
    let first = current.saturating_sub(room.div_ceil(2)).min(file.lines.len().saturating_sub(room));
    let digits = file.lines.len().to_string().len();
    // What all of them are indented by says nothing here.
    let indents = file.lines.iter().skip(first).take(room).filter(|text| !text.trim().is_empty());
    let indent = indents.map(|text| text.len() - text.trim_start_matches(' ').len()).min().unwrap_or(0);
    let numbered = (first + 1..).zip(file.lines.iter().skip(first).take(room));
    let lines: Vec<Line<'_>> = numbered
        .map(|(number, text)| {
            let is_current = number == current;
            let failed = model.cursor.event().fails;
            let style = match (is_current, failed) {
                (true, true) => colours.alert().add_modifier(Modifier::BOLD | Modifier::REVERSED),
                (true, false) => Style::new().add_modifier(Modifier::BOLD | Modifier::REVERSED),
                (false, _) => Style::new(),
            };
            let text = text.get(indent..).unwrap_or_default();
            let text = shortened(text, usize::from(inner.width).saturating_sub(digits + 2));
            Line::from(vec![
                Span::styled(if is_current { "▸" } else { " " }, colours.music()),
                Span::styled(format!("{number:>digits$} "), dim()),
                Span::styled(text, style),
            ])
        })
        .collect();
    frame.render_widget(Paragraph::new(lines), inner);
}
