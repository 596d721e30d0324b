//! Talk that is waited for, or must not be heard, and that nobody says.

use std::collections::BTreeSet;

use crate::control::call::Speech;
use crate::control::caller::{Expectation, Op, Sound};
use crate::scenario::compile::Compiled;
use crate::scenario::problem::Problem;
use crate::scenario::span::Span;
use crate::scenario::story::Story;

/// Returns a warning for each step that asks for a voice that no script has.
pub(super) fn unsaid(cases: &[Compiled]) -> Vec<Problem> {
    let mut seen = BTreeSet::new();
    cases
        .iter()
        .flat_map(|case| of_story(&case.story))
        .filter(|(span, _)| seen.insert(*span))
        .map(|(_, problem)| problem)
        .collect()
}

fn of_story(story: &Story) -> Vec<(Span, Problem)> {
    let roles = &story.cast.roles;
    let is_said = |by: Option<u32>, tone: bool| {
        let of = |(place, role): (usize, &crate::leg::cast::Role)| {
            by.is_none_or(|by| by as usize == place)
                && role
                    .program
                    .ops
                    .iter()
                    .any(|(_, op)| matches!(op, Op::Say(speech, _) if (*speech == Speech::Tone) == tone))
        };
        roles.iter().enumerate().any(of)
    };
    let asked = roles.iter().flat_map(|role| &role.program.ops).filter_map(|(step, op)| {
        let sound = match op {
            Op::Expect(Expectation::Hears(sound), _) | Op::Never(Expectation::Hears(sound), _) => *sound,
            Op::Still(sound, _) => *sound,
            Op::Expect(Expectation::State(_), _) | Op::Never(Expectation::State(_), _) => return None,
            Op::Dial(_) | Op::Press { .. } | Op::Say(..) | Op::When(_) | Op::Wait(_) => return None,
            Op::Mark(_) | Op::HangUp | Op::Drop | Op::Act(_) | Op::ActOn(_) | Op::Fork { .. } => return None,
        };
        let (by, tone) = match sound {
            Sound::Talk(by) => (by, false),
            Sound::Tone(by) => (by, true),
            Sound::Prompt(_) | Sound::PromptIn(..) | Sound::RecordedName => return None,
            Sound::HoldMusic | Sound::Silence => return None,
        };
        let span = story.steps.get(step.0 as usize)?.span;
        (!is_said(by, tone)).then_some((span, by, tone))
    });
    let said = asked.map(|(span, by, tone)| {
        let who = by.and_then(|by| roles.get(by as usize)).map_or("nobody", |role| role.name.as_str());
        let (does, write) = if tone { ("sends a tone", "tone: 2s") } else { ("talks", "talk: 3s") };
        let message = if by.is_some() { format!("{who} never {does}") } else { format!("nobody {does}") };
        let help = format!("write `{write}` into the script of who is to be heard");
        (span, Problem::warning(span, message).help(help))
    });
    said.collect()
}
