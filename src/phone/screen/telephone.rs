//! One telephone: its keys, what it hears, what was keyed and the next step.

use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::View;
use super::parts::hint_lines;
use crate::control::call::{Digit, Source};
use crate::phone::describe::{Hearing, hearing, listed_talkers, minutes};
use crate::phone::handset::{Handset, Line as Hook};
use crate::phone::hint::hint;
use crate::phone::model::PhoneModel;
use crate::phone::state::{MEETING, MUSIC, state};
use crate::report::wrap::wrapped;
use crate::terminal::parts::{bold, centred, dim, framed, inside, last_rows, row, rows};

/// Columns of the keypad with its frame.
pub(super) const KEYPAD_WIDTH: u16 = 19;

/// The keys of a telephone as they lie. `A` to `D` are on no telephone, and are keyed as letters.
const KEYPAD: [&str; 4] = ["123", "456", "789", "*0#"];

/// Columns of the keypad without a frame.
const KEYS_WIDTH: u16 = 11;

/// A handset on its hook.
const ON_HOOK: [&str; 3] = ["╭─────────────╮", "│ ╭─────────╮ │", "╰─╯         ╰─╯"];

/// Rows of a telephone: where the sound begins, how many it has, and where the keypad begins.
const SOUND: (u16, u16) = (2, 5);
const KEYS: u16 = 7;

/// The rows inside a telephone from which on its keys stand apart.
const ROOMY: u16 = 22;

/// The keypad of the focused telephone.
pub(super) fn keypad(frame: &mut Frame<'_>, area: Rect, model: &PhoneModel<'_>, view: View<'_>) {
    let handset = model.focused();
    let block = framed(vec![bold(handset.name.clone())], "", true, view.colours);
    let inner = inside(&block, area);
    frame.render_widget(block, area);
    let lit = handset.lit(view.now);
    for (number, keys) in (1..).zip(KEYPAD) {
        let area = Rect { x: inner.x + 1, width: KEYS_WIDTH, ..row(inner, number) };
        frame.render_widget(key_row(keys, lit, view), area);
    }
    frame.render_widget(Line::raw(handset.keyed.shown(inner.width.into())), row(inner, 5));
}

fn key_row(keys: &str, lit: Option<Digit>, view: View<'_>) -> Line<'static> {
    let mut spans = Vec::new();
    for symbol in keys.chars() {
        spans.push(Span::raw(if spans.is_empty() { "" } else { " " }));
        spans.push(if lit.is_some() && Digit::from_symbol(symbol) == lit {
            let style = view.colours.key().add_modifier(Modifier::REVERSED | Modifier::BOLD);
            Span::styled(format!("[{symbol}]"), style)
        } else {
            Span::raw(format!(" {symbol} "))
        });
    }
    Line::from(spans)
}

/// What the focused telephone hears, and the next step.
pub(super) fn hears(frame: &mut Frame<'_>, area: Rect, model: &PhoneModel<'_>, view: View<'_>) {
    let sound = view.sound(model);
    let block = framed(vec![Span::raw("hears")], &sound, false, view.colours);
    let inner = inside(&block, area);
    frame.render_widget(block, area);
    let hint = hint_lines(&hint(model, model.focus, view.now), inner.width, true, view);
    let lines = sound_lines(model, model.focus, inner.width, inner.height - hint.len() as u16, view);
    frame.render_widget(Paragraph::new(lines), inner);
    let below = last_rows(inner, hint.len());
    frame.render_widget(Paragraph::new(hint), below);
}

/// A telephone among others.
pub(super) fn telephone(
    frame: &mut Frame<'_>,
    area: Rect,
    model: &PhoneModel<'_>,
    who: usize,
    view: View<'_>,
) {
    let handset = &model.handsets[who];
    let focused = who == model.focus;
    let mark = if focused { "▸ " } else { "" };
    let number = format!("F{}", who + 1);
    let block = framed(vec![Span::raw(mark), bold(handset.name.clone())], &number, focused, view.colours);
    let inner = inside(&block, area);
    frame.render_widget(block, area);

    let state = state(model, who, view.now);
    frame.render_widget(Line::styled(state.long, view.standing(state.standing)), row(inner, 0));
    let sound = rows(inner, SOUND.0, SOUND.1);
    let lines = sound_lines(model, who, inner.width, sound.height, view);
    frame.render_widget(Paragraph::new(lines), sound);
    let apart = if inner.height >= ROOMY { 2 } else { 1 };
    if matches!(handset.line, Hook::OnHook(_)) {
        let area = centred(rows(inner, KEYS + 1, ON_HOOK.len() as u16), 15);
        frame.render_widget(Paragraph::new(ON_HOOK.map(Line::raw).to_vec()).style(dim()), area);
    } else {
        let area = centred(inner, KEYS_WIDTH);
        let lit = handset.lit(view.now);
        for (number, keys) in (0..).zip(KEYPAD) {
            frame.render_widget(key_row(keys, lit, view), row(area, KEYS + number * apart));
        }
        draw_keyed(frame, row(inner, KEYS + 4 * apart + u16::from(apart == 1)), handset);
    }
    let hint = hint_lines(&hint(model, who, view.now), inner.width, focused, view);
    let below = last_rows(inner, hint.len());
    frame.render_widget(Paragraph::new(hint), below);
}

fn draw_keyed(frame: &mut Frame<'_>, area: Rect, handset: &Handset) {
    const LABEL: &str = "keyed  ";
    let room = usize::from(area.width).saturating_sub(LABEL.len());
    let shown = handset.keyed.shown(room);
    if !shown.is_empty() {
        frame.render_widget(Line::from(vec![Span::styled(LABEL, dim()), Span::raw(shown)]), area);
    }
}

/// What a telephone hears, in a row for its name and as many more as there are.
fn sound_lines(
    model: &PhoneModel<'_>,
    who: usize,
    width: u16,
    height: u16,
    view: View<'_>,
) -> Vec<Line<'static>> {
    let handset = &model.handsets[who];
    let heard = hearing_of(model, who, view);
    let width = usize::from(width);
    let rows = usize::from(height.saturating_sub(1));
    let bars = || Line::styled(right_aligned(&handset.levels[0].bars(width), width), style_of(handset, view));
    match handset.source {
        Source::Silence if matches!(handset.line, Hook::OnHook(_)) => {
            vec![Line::styled("nothing: this phone is on hook", dim())]
        }
        Source::Silence if handset.hears_unknown => {
            let mut lines = vec![Line::raw(heard.name)];
            lines.extend(view.colours.coloured.then(bars));
            lines
        }
        Source::Silence => vec![Line::styled("nothing", dim())],
        Source::Prompt { .. } => {
            let mut lines = vec![headed(&heard.name, &heard.position.map(seconds_of), width, handset, view)];
            lines.extend(words(&heard, width, rows.saturating_sub(1), view));
            lines.extend(progress(&heard, width, handset, view));
            lines
        }
        Source::HoldMusic { .. } => {
            let mut lines = vec![headed(&heard.name, &heard.position.map(minutes_of), width, handset, view)];
            lines.extend(view.colours.coloured.then(bars));
            lines.extend(progress(&heard, width, handset, view));
            lines
        }
        Source::Conference => {
            let mut lines = vec![headed("the meeting", &None, width, handset, view)];
            lines.extend(view.colours.coloured.then(bars));
            lines.extend(words(&heard, width, rows.saturating_sub(1), view));
            lines
        }
    }
}

/// The sound with the words that the screen has for it.
fn hearing_of(model: &PhoneModel<'_>, who: usize, view: View<'_>) -> Hearing {
    let mut heard = hearing(model, who, view.now, view.library);
    match model.handsets[who].source {
        Source::Prompt { .. } if !heard.words.is_empty() => "prompt".clone_into(&mut heard.name),
        Source::Prompt { prompt, .. } => heard.name = model.event_text().prompt(prompt).replace('-', " "),
        Source::Conference if model.handsets[who].announced.is_none() => {
            heard.words = listed_talkers(model, who);
        }
        Source::Silence | Source::HoldMusic { .. } | Source::Conference => {}
    }
    heard
}

fn style_of(handset: &Handset, view: View<'_>) -> Style {
    match handset.source {
        Source::Silence => dim(),
        Source::Prompt { .. } => view.colours.prompt(),
        Source::HoldMusic { .. } => view.colours.music(),
        Source::Conference => view.colours.meeting(),
    }
}

fn headed(
    name: &str,
    position: &Option<String>,
    width: usize,
    handset: &Handset,
    view: View<'_>,
) -> Line<'static> {
    let sign = match handset.source {
        Source::Silence => "",
        Source::Prompt { .. } => "“",
        Source::HoldMusic { .. } => MUSIC,
        Source::Conference => MEETING,
    };
    let name = format!("{sign} {name}");
    let position = position.clone().unwrap_or_default();
    let room = width.saturating_sub(name.chars().count());
    Line::from(vec![
        Span::styled(name, style_of(handset, view)),
        Span::styled(right_aligned(&position, room), dim()),
    ])
}

/// The words that are spoken; of more than there are rows for, those which are spoken about now.
fn words(heard: &Hearing, width: usize, rows: usize, view: View<'_>) -> Vec<Line<'static>> {
    if heard.words.is_empty() {
        return Vec::new();
    }
    let lines = wrapped(&heard.words, width);
    let (at, length) = heard.position.unwrap_or_default();
    let spoken = (lines.len() as u128 * at.as_millis()).checked_div(length.as_millis()).unwrap_or(0) as usize;
    let first = spoken.min(lines.len().saturating_sub(rows));
    lines.into_iter().skip(first).take(rows).map(|line| Line::styled(line, view.colours.prompt())).collect()
}

/// How far a sound is, as a line.
fn progress(heard: &Hearing, width: usize, handset: &Handset, view: View<'_>) -> Option<Line<'static>> {
    let (at, length) = heard.position?;
    let done = (at.as_millis() * width as u128).checked_div(length.as_millis())? as usize;
    let done = done.min(width);
    Some(Line::from(vec![
        Span::styled("━".repeat(done), style_of(handset, view)),
        Span::styled("─".repeat(width - done), dim()),
    ]))
}

fn seconds_of((at, length): (Duration, Duration)) -> String {
    format!("{:.1} of {:.1} s", at.as_secs_f64(), length.as_secs_f64())
}

fn minutes_of((at, length): (Duration, Duration)) -> String {
    format!("{} of {}", minutes(at), minutes(length))
}

fn right_aligned(text: &str, width: usize) -> String {
    format!("{text:>width$}")
}
