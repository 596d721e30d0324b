//! From a case that fails to the smallest faults with which it still fails in the same way.

use std::sync::Arc;
use std::time::Duration;

use crate::bridge::faults::DirectoryFault;
use crate::leg::cast::{LineFaults, Which};
use crate::leg::scripted::with_chosen_keys;
use crate::media::amount::{Decibels, Part};
use crate::media::impair::conditions::Conditions;
use crate::play::Played;
use crate::report::describe_faults;
use crate::scenario::story::Story;

/// The most runs that are spent on one case.
const RUNS_MAX: usize = 1_000;

/// All faults of a story.
#[derive(Clone)]
struct Faults {
    lines: Vec<LineFaults>,
    directory: Vec<DirectoryFault>,
}

/// Takes each impairment of a line's sound away.
const IMPAIRMENTS: [fn(&mut Conditions); 10] = [
    |sound| sound.codecs.clear(),
    |sound| (sound.echo, sound.echo_delay) = (None, None),
    |sound| sound.twist = None,
    |sound| sound.two_keys = false,
    |sound| sound.level = Decibels::default(),
    |sound| sound.noise = None,
    |sound| sound.clip = Duration::ZERO,
    |sound| sound.jitter = Duration::ZERO,
    |sound| sound.repeated = Part::default(),
    |sound| sound.loss = Part::default(),
];

/// One step towards smaller faults.
enum Cut {
    Lose(usize, Which),
    Double(usize, Which),
    DropAfter(usize),
    HangUpAfter(usize),
    /// The impairment of the sound that this takes away.
    Sound(usize, fn(&mut Conditions)),
    Directory(usize),
    Times(usize, u32),
}

/// The smallest faults with which the case fails as it did, in words; `None` if it did not fail. `play` plays it with the
/// same seed on the same bridge.
pub(super) fn smallest_faults(
    story: &Arc<Story>,
    failed: &Played,
    play: impl Fn(&Arc<Story>) -> Played,
) -> Option<Vec<String>> {
    let wrong = failed.failures.first()?;
    let mut smallest = Faults::of(story, failed.seed);
    let mut runs = 0;
    'smaller: loop {
        for cut in smallest.cuts() {
            if runs == RUNS_MAX {
                break 'smaller;
            }
            runs += 1;
            let mut tried = smallest.clone();
            tried.cut(cut);
            let played = play(&Arc::new(tried.put_into(story)));
            if played.failures.first().is_some_and(|found| found.is_alike(wrong)) {
                smallest = tried;
                continue 'smaller;
            }
        }
        break;
    }
    Some(describe_faults(&smallest.put_into(story)))
}

impl Faults {
    /// Those of a story, with the keys named that the seed chooses.
    fn of(story: &Story, seed: u64) -> Self {
        let lines =
            (0..).zip(&story.cast.roles).map(|(part, role)| with_chosen_keys(seed, part, &role.faults));
        Self { lines: lines.collect(), directory: story.directory_faults.clone() }
    }

    fn put_into(&self, story: &Story) -> Story {
        let mut story = story.clone();
        for (role, faults) in Arc::make_mut(&mut story.cast).roles.iter_mut().zip(&self.lines) {
            role.faults.clone_from(faults);
        }
        story.directory_faults.clone_from(&self.directory);
        story
    }

    /// Every way to make them smaller, the largest first.
    fn cuts(&self) -> Vec<Cut> {
        let mut cuts: Vec<Cut> = (0..self.directory.len()).map(Cut::Directory).collect();
        for (role, line) in self.lines.iter().enumerate() {
            cuts.extend(line.drop_after.map(|_| Cut::DropAfter(role)));
            cuts.extend(line.hang_up_after.map(|_| Cut::HangUpAfter(role)));
            let is_there = |take_away: &&fn(&mut Conditions)| {
                let mut without = line.sound.clone();
                take_away(&mut without);
                without != line.sound
            };
            cuts.extend(IMPAIRMENTS.iter().filter(is_there).map(|take_away| Cut::Sound(role, *take_away)));
            cuts.extend(fewer(&line.lose_digits).into_iter().map(|which| Cut::Lose(role, which)));
            cuts.extend(fewer(&line.double_digits).into_iter().map(|which| Cut::Double(role, which)));
        }
        for (place, fault) in self.directory.iter().enumerate() {
            let times = fault.times.unwrap_or(0);
            cuts.extend(smaller(times).into_iter().map(|times| Cut::Times(place, times)));
        }
        cuts
    }

    fn cut(&mut self, cut: Cut) {
        match cut {
            Cut::Lose(role, which) => self.lines[role].lose_digits = which,
            Cut::Double(role, which) => self.lines[role].double_digits = which,
            Cut::DropAfter(role) => self.lines[role].drop_after = None,
            Cut::HangUpAfter(role) => self.lines[role].hang_up_after = None,
            Cut::Sound(role, take_away) => take_away(&mut self.lines[role].sound),
            Cut::Directory(place) => {
                self.directory.remove(place);
            }
            Cut::Times(place, times) => self.directory[place].times = Some(times),
        }
    }
}

/// Fewer keys: none, half of them, one less.
fn fewer(which: &Which) -> Vec<Which> {
    match which {
        Which::None => Vec::new(),
        Which::Some { count, among } => {
            let some = smaller(*count).into_iter().map(|count| Which::Some { count, among: *among });
            std::iter::once(Which::None).chain(some).collect()
        }
        Which::These(keys) => {
            let without = |place| {
                let mut keys = keys.clone();
                keys.remove(place);
                Which::These(keys)
            };
            let fewer = (0..keys.len()).filter(|_| keys.len() > 1).map(without);
            std::iter::once(Which::None).chain(fewer).collect()
        }
    }
}

/// Smaller counts, but not zero.
fn smaller(count: u32) -> Vec<u32> {
    let mut counts = vec![count / 2, count.saturating_sub(1)];
    counts.retain(|smaller| *smaller > 0);
    counts.dedup();
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::play::play;
    use crate::scenario::read::tests::{EXAMPLE, story};

    /// The example with a line that is cut off before its first step is through.
    fn cut_off() -> Arc<Story> {
        let mut story = story(EXAMPLE);
        let cast = Arc::make_mut(&mut story.cast);
        cast.roles[0].faults.drop_after = Some(std::time::Duration::from_millis(1));
        Arc::new(story)
    }

    #[test]
    fn a_fault_that_is_needed_stays() {
        let story = cut_off();
        let failed = play(&story, 1);
        let smallest = smallest_faults(&story, &failed, |story| play(story, 1)).expect("it fails");
        assert_eq!(smallest.len(), 1, "{smallest:?}");
    }

    #[test]
    fn impairments_of_the_sound_that_are_not_needed_go() {
        let mut story = story(EXAMPLE);
        let cast = Arc::make_mut(&mut story.cast);
        cast.roles[0].faults.drop_after = Some(Duration::from_millis(1));
        cast.roles[0].faults.sound.jitter = Duration::from_millis(40);
        cast.roles[0].faults.sound.clip = Duration::from_millis(5);
        let story = Arc::new(story);
        let failed = play(&story, 1);
        let smallest = smallest_faults(&story, &failed, |story| play(story, 1)).expect("it fails");
        assert_eq!(smallest, ["the line of pat drops 1ms after dialling"]);
    }

    #[test]
    fn faults_are_tried_where_the_case_failed() {
        let story = cut_off();
        let failed = play(&story, 1);
        let smallest = smallest_faults(&story, &failed, |_| failed.clone());
        assert_eq!(smallest, Some(Vec::new()), "there it fails without any");
    }
}
