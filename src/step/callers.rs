//! What is to be said of each caller after an event: where they are, how their dialog stands, what they hear.

use super::model::StepModel;
use crate::control::attendant::DialogState;
use crate::control::call::{Language, LegId, Source};
use crate::control::caller::Op;
use crate::control::event::Place;
use crate::control::presence::Caller;
use crate::control::time::Instant;
use crate::phone::describe::{minutes, tries};
use crate::phone::state::{MEETING, MUSIC, ORGANIZER};
use crate::report::seconds;

/// A caller's row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct CallerRow {
    /// The caller: a place in the cast.
    pub(super) who: u32,
    /// The name.
    pub(super) name: String,
    /// Where the caller is, with a sign: `♪ lobby 0:18`.
    pub(super) place: String,
    /// The place in a meeting, for the colour of it.
    pub(super) at: Option<Place>,
    /// How the dialog stands: `asked for the PIN, 2 tries left`.
    pub(super) dialog: String,
    /// What is heard, and for how long.
    pub(super) hears: String,
    /// The sound.
    pub(super) source: Option<Source>,
}

/// Returns every caller's row, in the order of the cast.
pub(super) fn rows(model: &StepModel<'_, '_>) -> Vec<CallerRow> {
    model.trace.callers().map(|(who, name)| row(model, who, name)).collect()
}

fn row(model: &StepModel<'_, '_>, who: u32, name: &str) -> CallerRow {
    let event = model.cursor.at();
    let now = model.cursor.event().at;
    let mut row = CallerRow {
        who,
        name: name.to_owned(),
        place: if is_administrator(model, who) { "administrator" } else { "no call" }.to_owned(),
        at: None,
        dialog: String::new(),
        hears: String::new(),
        source: None,
    };
    let Some(leg) = model.trace.call(who, event) else { return row };
    let caller = model.cursor.presence().caller(leg);
    if let Some(outcome) = model.trace.outcome(leg, event) {
        "call over".clone_into(&mut row.place);
        outcome.name().clone_into(&mut row.dialog);
        return row;
    }
    let Some(caller) = caller else {
        "dials".clone_into(&mut row.place);
        return row;
    };
    row.at = caller.place.map(|(_, place)| place);
    row.place = place(caller, now);
    row.dialog = dialog(model, leg, caller, event);
    row.hears = heard(model, caller, now);
    row.source = Some(caller.hears);
    row
}

/// Whether a role never dials, and acts instead.
fn is_administrator(model: &StepModel<'_, '_>, who: u32) -> bool {
    let role = model.trace.story.cast.roles.get(who as usize);
    role.is_some_and(|role| role.program.ops.iter().any(|(_, op)| matches!(op, Op::Act(_) | Op::ActOn(_))))
}

fn place(caller: &Caller, now: Instant) -> String {
    let since = minutes(now.since(caller.since));
    match caller.place {
        _ if !caller.answered => "calls".to_owned(),
        Some((_, Place::Lobby)) => format!("{MUSIC} lobby {since}"),
        Some((_, Place::Joined)) => {
            let sign = if caller.organizer { ORGANIZER } else { MEETING };
            let muted = if caller.muted { " muted" } else { "" };
            let hand = if caller.hand_raised { " hand" } else { "" };
            format!("{sign} meeting {since}{muted}{hand}")
        }
        Some((_, Place::Screening)) | None => "attendant".to_owned(),
    }
}

/// How the machine of the call says that it stands, with the PIN tries that are left once one is asked for.
fn dialog(model: &StepModel<'_, '_>, leg: LegId, caller: &Caller, event: usize) -> String {
    let dialog = model.standing.as_ref().and_then(|standing| standing.dialogs.get(&leg));
    // Where the caller is says as much as these.
    let state = dialog.map(|dialog| dialog.state);
    let state = state.filter(|state| !matches!(state, DialogState::Lobby | DialogState::Joined));
    let stands = state.map(|state| in_short(state.meaning()));
    let left = model.trace.tries_left(leg, event).or(dialog.and_then(|dialog| dialog.tries_left));
    let left = left.filter(|_| !caller.is_at(Place::Joined)).map(tries);
    stands.into_iter().chain(left).collect::<Vec<_>>().join(", ")
}

/// The meaning of a state or a deadline without what makes it a sentence: `asks for the PIN`.
pub(super) fn in_short(meaning: &str) -> String {
    let meaning = ["When to ", "When "].iter().find_map(|when| meaning.strip_prefix(when)).unwrap_or(meaning);
    let mut letters = meaning.trim_end_matches('.').chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

fn heard(model: &StepModel<'_, '_>, caller: &Caller, now: Instant) -> String {
    let passed = now.since(caller.hears_since);
    match caller.hears {
        Source::Silence => format!("nothing {}", seconds(passed)),
        Source::HoldMusic { .. } => format!("hold music {}", minutes(passed)),
        Source::Conference => format!("the meeting {}", minutes(passed)),
        Source::Prompt { prompt, language, .. } => {
            let text = &model.trace.text;
            let is_usual = language == Language::default();
            let name = if is_usual { text.prompt(prompt) } else { text.spoken(prompt, language) };
            let length = seconds(model.trace.story.given.library.duration(prompt, language));
            format!("{name} {} of {length}", seconds(passed))
        }
    }
}
