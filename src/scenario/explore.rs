//! Other orders of what a scenario leaves open: who joins before whom, whether the meeting starts before somebody hangs
//! up, whether a PIN is reset before it is looked at. Callers act a little later and the directory takes a little
//! longer, so that what lay near each other changes places; each order is a run of its own.
//!
//! This is delay-bounded search (Emmi, Qadeer, Rakamarić, "Delay-bounded scheduling", POPL 2011): all orders with one
//! thing later than in the scenario's own run, then with two, and so on, before any at random.

mod moments;
mod save;
mod search;

pub use save::{NoRoom, as_entry, as_file};
pub use search::{Bounds, Explored, Found, Reach, explore};

use super::order::{Later, actions};
use super::story::Story;
use crate::control::time::show_duration;

/// A part of an order in words.
#[must_use]
pub fn describe(story: &Story, later: Later) -> String {
    match later {
        Later::Action { role, action, by } => {
            let cast = &story.roles[role as usize];
            let at = (action as usize)
                .checked_sub(1)
                .and_then(|action| actions(&cast.program).get(action).copied());
            let step = at.and_then(|at| story.steps.get(cast.program.ops[at].0.0 as usize));
            let what = step.map_or("", |step| step.text.as_str());
            format!("{}: `{what}` {} later (action {action})", cast.name, show_duration(by))
        }
        Later::Question { number, by } => {
            format!("the directory answers question {number} {} later", show_duration(by))
        }
    }
}
