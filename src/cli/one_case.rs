//! One case of a file, for commands that show just one.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use super::exit::{CliError, Exit};
use super::screen::Screen;
use super::sounds::Sounds;
use super::{parameter, replay};
use crate::play::{Bridge, Outcome};
use crate::scenario::collection::Suite;
use crate::scenario::story::Params;
use crate::suite::{self, Plan, Seeds, read_suite};

/// Cases that are named where one is to be chosen.
const NAMED_MAX: usize = 8;

/// What a file is read with.
#[derive(Debug, clap::Args)]
pub(super) struct Given {
    /// Override a parameter
    #[arg(long, value_name = "NAME=VALUE", value_parser = parameter)]
    set: Vec<(String, String)>,

    #[command(flatten)]
    sounds: Sounds,
}

impl Given {
    /// Reads a file, and the place of the one case in it that is wanted.
    pub(super) fn one_case(
        &self,
        file: &Path,
        name: Option<&str>,
        screen: &Screen,
    ) -> Result<(Suite, usize), CliError> {
        let coloured = screen.paint_messages().coloured;
        let set: Params = self.set.iter().cloned().collect();
        let read = read_suite(&[file.to_owned()], &set, NonZeroUsize::MIN);
        let mut suite = read.map_err(|unread| CliError::bad(unread.render(coloured)))?;
        self.sounds.give_to(&mut suite, NonZeroUsize::MIN, screen)?;
        let names: Vec<&str> = suite.cases.iter().map(|case| case.story.name.as_str()).collect();
        let found = chosen(&names, name);
        match &found[..] {
            &[one] => Ok((suite, one)),
            [] => Err(CliError::Message(Exit::Nothing, replay::nothing_selected(&suite))),
            many => Err(too_many(&many.iter().map(|place| names[*place]).collect::<Vec<_>>())),
        }
    }
}

/// The file of `FILE:LINE`, and its line if there is one.
pub(super) fn file_and_line(file: &Path) -> (PathBuf, Option<usize>) {
    let there = if file.is_file() { None } else { suite::file_and_line(file) };
    there.map_or_else(|| (file.to_owned(), None), |(file, line)| (file, Some(line)))
}

/// The places of the cases with this text in their names; if one has exactly this name, that alone.
pub(super) fn chosen(names: &[&str], wanted: Option<&str>) -> Vec<usize> {
    let Some(wanted) = wanted else { return (0..names.len()).collect() };
    let of = |is_it: &dyn Fn(&str) -> bool| -> Vec<usize> {
        (0..).zip(names).filter(|(_, name)| is_it(name)).map(|(place, _)| place).collect()
    };
    match &of(&|name| name == wanted)[..] {
        [one] => vec![*one],
        _ => of(&|name| name.contains(wanted)),
    }
}

pub(super) fn too_many(names: &[&str]) -> CliError {
    let mut told =
        format!("error: {} cases are selected, and one is shown: choose it with --case", names.len());
    for name in names.iter().take(NAMED_MAX) {
        told += &format!("\n  {name}");
    }
    if names.len() > NAMED_MAX {
        told += &format!("\n  and {} more", names.len() - NAMED_MAX);
    }
    CliError::bad(told)
}

/// Plays a case.
pub(super) fn play(suite: &Suite, place: usize, seed: Option<u64>) -> Outcome {
    let seeds = seed.map_or(Seeds::Own, Seeds::One);
    let jobs = NonZeroUsize::MIN;
    let plan = Plan { bridge: Bridge::default(), seeds, first_failure: true, twice: false, jobs };
    let mut played = Outcome::NotBuilt;
    suite::run(suite, &[place], &plan, &AtomicBool::new(false), |_, outcome| {
        played = outcome;
        ControlFlow::Continue(())
    });
    played
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_chosen_by_its_name_or_a_part_of_it() {
        let names = ["a [n=1]", "a [n=12]", "b"];
        for (wanted, places) in [
            (None, vec![0, 1, 2]),
            (Some("a [n=1]"), vec![0]),
            (Some("n=1"), vec![0, 1]),
            (Some("b"), vec![2]),
            (Some("c"), vec![]),
        ] {
            assert_eq!(chosen(&names, wanted), places, "{wanted:?}");
        }
    }
}
