//! The callers, and what is due.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::shortened;
use crate::control::call::Source;
use crate::control::event::Place;
use crate::play::machines::{Deadline, Due, Party};
use crate::report::lasting;
use crate::step::callers::{CallerRow, in_short, rows};
use crate::step::model::StepModel;
use crate::terminal::Colours;
use crate::terminal::parts::{dim, framed, inside};

/// Columns of a caller's name and place, at most, and between columns.
const NAME_MAX: usize = 12;
const PLACE_MAX: usize = 20;
const GAP: usize = 2;

/// The fewest columns of timers that have room for the time that is left.
const ROOMY: u16 = 50;

/// Everybody: the chosen one is always among those that are shown.
pub(super) fn callers(frame: &mut Frame<'_>, area: Rect, model: &StepModel<'_, '_>, colours: Colours) {
    let all = rows(model);
    let count = match all.len() {
        1 => "1 caller".to_owned(),
        many => format!("{} of {many}", model.chosen as usize + 1),
    };
    let block = framed(vec![Span::raw("callers")], &count, false, colours);
    let inner = inside(&block, area);
    frame.render_widget(block, area);
    let room = usize::from(inner.height);
    let first = (model.chosen as usize + 1).saturating_sub(room).min(all.len().saturating_sub(room));
    let shown = &all[first..(first + room).min(all.len())];
    let widest = |of: fn(&CallerRow) -> &str, most: usize| {
        shown.iter().map(|row| of(row).chars().count()).max().unwrap_or(0).min(most)
    };
    let widths = [widest(|row| &row.name, NAME_MAX), widest(|row| &row.place, PLACE_MAX)];
    let dialog = widest(|row| &row.dialog, usize::from(inner.width) / 2);
    let lines: Vec<Line<'_>> = shown
        .iter()
        .map(|row| line(row, model, [widths[0], widths[1], dialog], inner.width, colours))
        .collect();
    frame.render_widget(Paragraph::new(lines), inner);
}

fn line(
    row: &CallerRow,
    model: &StepModel<'_, '_>,
    [name, place, dialog]: [usize; 3],
    width: u16,
    colours: Colours,
) -> Line<'static> {
    let is_chosen = row.who == model.chosen;
    let acts = model.cursor.event().who == Some(row.who);
    let weight = if acts { Modifier::BOLD } else { Modifier::empty() };
    let room = usize::from(width).saturating_sub(1 + name + place + dialog + 3 * GAP);
    let at = match row.at {
        Some(Place::Lobby) => colours.music(),
        Some(Place::Joined) => colours.meeting(),
        Some(Place::Screening) | None => Style::new(),
    };
    let sound = match row.source {
        Some(Source::Prompt { .. }) => colours.prompt(),
        Some(Source::HoldMusic { .. }) => colours.music(),
        Some(Source::Conference) => colours.meeting(),
        Some(Source::Silence) | None => dim(),
    };
    let cell = |text: &str, width: usize| format!("{:width$}{:GAP$}", shortened(text, width), "");
    Line::from(vec![
        Span::styled(if is_chosen { "▸" } else { " " }, colours.music()),
        Span::styled(cell(&row.name, name), weight),
        Span::styled(cell(&row.place, place), at),
        Span::raw(cell(&row.dialog, dialog)),
        Span::styled(shortened(&row.hears, room), sound),
    ])
}

/// Every deadline that is set, the next first.
pub(super) fn timers(frame: &mut Frame<'_>, area: Rect, model: &StepModel<'_, '_>, colours: Colours) {
    let set = model.standing.as_ref().map_or(0, |standing| standing.deadlines.len());
    let count = if set == 0 { String::new() } else { format!("{set} set") };
    let block = framed(vec![Span::raw("timers")], &count, false, colours);
    let inner = inside(&block, area);
    frame.render_widget(block, area);
    let Some(standing) = &model.standing else {
        return frame.render_widget(Line::styled("not known of this run", dim()), inner);
    };
    if set == 0 {
        return frame.render_widget(Line::styled("none", dim()), inner);
    }
    let room = usize::from(inner.height);
    let lines: Vec<Line<'_>> =
        standing.deadlines.iter().take(room).map(|due| timer(due, model, inner.width)).collect();
    frame.render_widget(Paragraph::new(lines), inner);
}

/// When, in how long if there is room for it, whose, and what for.
fn timer(deadline: &Deadline, model: &StepModel<'_, '_>, width: u16) -> Line<'static> {
    let text = &model.trace.text;
    let whose = match deadline.of {
        Party::Role(role) => text.role(role).to_owned(),
        Party::Meeting(meeting) => format!("meeting of {}", text.organizer_of(meeting)),
    };
    let due = match deadline.due {
        Due::Step(step) => text.step(step).to_owned(),
        Due::Dialog(timer) => in_short(timer.meaning()),
        Due::Meeting(timer) => in_short(timer.meaning()),
    };
    let at = format!("{:>9}  ", deadline.at.to_string());
    let left = lasting(deadline.at.since(model.cursor.event().at));
    let left = if width < ROOMY { String::new() } else { format!("{:15}", format!("in {left}")) };
    let room = usize::from(width).saturating_sub(at.chars().count() + left.chars().count());
    let due = shortened(&format!("{whose}: {due}"), room);
    Line::from(vec![Span::raw(at), Span::styled(left, dim()), Span::raw(due)])
}
