//! The administrator's office, and the help on keys.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::View;
use super::parts::hint_lines;
use crate::control::event::{MeetingId, Place};
use crate::control::numbers::in_groups;
use crate::phone::describe::name;
use crate::phone::help::{KEYS, OFFICE};
use crate::phone::hint::{Hint, office_hint};
use crate::phone::model::PhoneModel;
use crate::phone::people::{Person, people};
use crate::terminal::parts::{bold, dim, framed, inside, key_lines, last_rows};

/// The keys of the office, in the line for them.
pub(super) fn bar(
    model: &PhoneModel<'_>,
    wide: bool,
) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
    let locked = model.presence.meeting(model.meeting()).is_some_and(|meeting| meeting.locked);
    let muted = model.caller(model.focused()).is_some_and(|caller| caller.muted);
    let all = [
        ("Tab", if wide { "next organizer" } else { "next" }, true),
        ("r", if wide { "new PIN" } else { "PIN" }, true),
        ("l", if locked { "unlock" } else { "lock" }, true),
        ("i", "admit", true),
        ("d", if wide { "turn away" } else { "deny" }, true),
        ("x", "remove", true),
        ("m", if muted { "unmute" } else { "mute" }, true),
        ("e", if wide { "end meeting" } else { "end" }, true),
        ("?", "help", wide),
        ("o", "back", true),
    ];
    all.into_iter().filter(|key| key.2).map(|(key, does, _)| (key, does))
}

/// What the administrator sees of an organizer: the PIN never, but for a new one until the next key.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, model: &PhoneModel<'_>, view: View<'_>) {
    let meeting = model.meeting();
    let organizers = &model.story().given.organizers;
    let organizer = organizers.get(model.organizer);
    let title = vec![
        Span::raw("office: "),
        bold(organizer.map_or_else(String::new, |organizer| name(&organizer.name))),
    ];
    let place = format!("{} of {}", model.organizer + 1, organizers.len());
    let block = framed(title, &place, true, view.colours);
    let inner = inside(&block, area);
    frame.render_widget(block, area);

    let id = organizer.and_then(|organizer| organizer.conference_id.as_deref()).unwrap_or_default();
    let pin = match &model.shown_pin {
        Some((whose, pin)) if *whose == model.organizer => Span::styled(
            format!(" {} ", pin.reveal().reveal()),
            view.colours.music().add_modifier(Modifier::BOLD | Modifier::REVERSED),
        ),
        Some(_) | None => Span::styled("*******", dim()),
    };
    let shown = model.shown_pin.is_some_and(|(whose, _)| whose == model.organizer);
    let about = if shown { "  shown until the next key" } else { "" };
    let lines = vec![
        labelled("conference ID", vec![Span::raw(in_groups(id))]),
        labelled("PIN", vec![pin, Span::styled(about, dim())]),
        labelled("lobby", vec![Span::raw(listed(model, meeting, Place::Lobby, view))]),
        labelled("meeting", vec![Span::raw(listed(model, meeting, Place::Joined, view))]),
    ];
    frame.render_widget(Paragraph::new(lines), inner);
    let step = Hint { text: office_hint(model, meeting), dead_end: false };
    let lines = hint_lines(&step, inner.width, true, view);
    let below = last_rows(inner, lines.len());
    frame.render_widget(Paragraph::new(lines), below);
}

fn listed(model: &PhoneModel<'_>, meeting: MeetingId, place: Place, view: View<'_>) -> String {
    let people = people(model, meeting, place, view.now);
    if people.is_empty() {
        return super::meeting::nobody(model, meeting, place).to_owned();
    }
    let words = people.iter().map(|person| {
        let Person { sign, name, time, mark, .. } = person;
        let words = [*sign, name, time, mark].into_iter().filter(|word| !word.is_empty());
        words.collect::<Vec<_>>().join(" ")
    });
    words.collect::<Vec<_>>().join("   ")
}

fn labelled<'l>(label: &'l str, value: Vec<Span<'l>>) -> Line<'l> {
    let mut spans = vec![Span::styled(format!("{label:15}"), dim())];
    spans.extend(value);
    Line::from(spans)
}

/// Every key, over everything.
pub(super) fn help(frame: &mut Frame<'_>, area: Rect, view: View<'_>) {
    let mut lines = key_lines(KEYS);
    lines.push(Line::styled(" in the office", Modifier::DIM));
    lines.extend(key_lines(OFFICE));
    let block = framed(vec![Span::raw("keys")], "any key closes this", false, view.colours);
    frame.render_widget(Paragraph::new(lines).block(block), area);
}
