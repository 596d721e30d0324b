//! Faulty bridges, and which cases catch them. A scenario that no fault can fail proves nothing; a fault that no scenario
//! catches is one that a real bridge may have unnoticed.
//!
//! A fault tampers with the values between the machines of a World. Nothing but this module makes one: a bridge that
//! serves calls has no World, and a load run has no hand on its values.

mod directory;
mod ears;
mod fault;
mod html;
mod keys;
mod page;
mod people;
mod record;
mod settings;
mod talk;
mod text;

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{SEED, Suite, in_order};
use crate::play::{Bridge, play};
use crate::scenario::story::Story;

pub use fault::Fault;
pub use html::html;
pub use page::page;
pub use record::to_json;
pub use text::{Detail, text};

/// Every fault, in chapters.
pub const CHAPTERS: [(&str, &[Fault]); 6] = [
    ("Settings", settings::FAULTS),
    ("What callers hear", ears::FAULTS),
    ("Who hears whom", talk::FAULTS),
    ("What callers key", keys::FAULTS),
    ("Directory, PINs and administrators", directory::FAULTS),
    ("Who waits, who joins, who is gone", people::FAULTS),
];

/// Every fault.
pub fn faults() -> impl Iterator<Item = &'static Fault> {
    CHAPTERS.iter().flat_map(|(_, faults)| *faults)
}

/// Which cases catch which faults.
#[derive(Clone, Debug, Default)]
pub struct Matrix {
    /// The cases that were played: places in [`Suite::cases`].
    pub cases: Vec<usize>,
    /// Those that fail on a bridge without fault already, and prove nothing.
    pub failing: Vec<usize>,
    /// Each fault with the cases that catch it.
    pub rows: Vec<Row>,
}

/// A fault, with the cases that catch it.
#[derive(Clone, Debug)]
pub struct Row {
    /// The fault.
    pub fault: &'static Fault,
    /// Places in [`Suite::cases`], in order.
    pub caught_by: Vec<usize>,
}

impl Row {
    /// The files of the cases that catch the fault, each once, in order.
    #[must_use]
    pub fn files<'s>(&self, suite: &'s Suite) -> Vec<&'s str> {
        let mut files: Vec<&str> =
            self.caught_by.iter().map(|place| suite.file_of(&suite.cases[*place]).path.as_str()).collect();
        files.dedup();
        files
    }
}

impl Matrix {
    /// The faults that no case catches.
    pub fn missed(&self) -> impl Iterator<Item = &'static Fault> + '_ {
        self.rows.iter().filter(|row| row.caught_by.is_empty()).map(|row| row.fault)
    }
}

/// What a case is worth.
enum Worth {
    /// It is not played.
    NotPlayed,
    /// It fails without any fault.
    Fails,
    /// It catches these, by their places in the list.
    Catches(Vec<usize>),
}

/// Plays each of these cases on each faulty bridge, on so many threads. `tick` is called after each case; when `stop` is
/// set, what is left is not played.
pub fn run(
    suite: &Suite,
    selected: &[usize],
    faults: &[&'static Fault],
    jobs: NonZeroUsize,
    stop: &AtomicBool,
    mut tick: impl FnMut(),
) -> Matrix {
    let rows = faults.iter().map(|fault| Row { fault, caught_by: Vec::new() }).collect();
    let mut matrix = Matrix { rows, ..Matrix::default() };
    let cases = &suite.cases;
    let work = |number: usize| weigh(&cases[selected[number]].story, faults, stop);
    in_order(jobs, selected.len(), stop, work, |number, worth| {
        let place = selected[number];
        match worth {
            Worth::NotPlayed => {}
            Worth::Fails => matrix.failing.push(place),
            Worth::Catches(caught) => {
                matrix.cases.push(place);
                caught.into_iter().for_each(|fault| matrix.rows[fault].caught_by.push(place));
            }
        }
        tick();
        ControlFlow::Continue(())
    });
    matrix
}

fn weigh(story: &Arc<Story>, faults: &[&'static Fault], stop: &AtomicBool) -> Worth {
    let is_open = !story.not_implemented.is_empty() || story.expected_to_fail.is_some();
    if is_open || Bridge::default().skips(story).is_some() {
        return Worth::NotPlayed;
    }
    let sound = play(story, story.seed.unwrap_or(SEED));
    if !sound.failures.is_empty() {
        return Worth::Fails;
    }
    let catches = |fault: &Fault| {
        !stop.load(Ordering::Relaxed) && fault.may_matter(story, &sound.log) && fault.is_caught_by(story)
    };
    let caught = faults.iter().enumerate().filter(|(_, fault)| catches(fault)).map(|(place, _)| place);
    Worth::Catches(caught.collect())
}
