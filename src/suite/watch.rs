//! What a save touches: the scenario files that were read from something that is no longer as it was.

use std::collections::{BTreeMap, BTreeSet};

/// How a file lay on the disk, `S`, or `None` if it was not there.
type Lay<S> = Option<S>;

/// Scenario files, each with everything that it was read from: itself and what it includes, whether that was there or not.
#[derive(Debug)]
pub struct Watched<S> {
    read: BTreeMap<String, BTreeMap<String, Lay<S>>>,
    last_look: BTreeMap<String, Lay<S>>,
}

/// What has changed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Touched {
    /// Scenario files that are to be read again, or for the first time, in the order in which they were found.
    pub again: Vec<String>,
    /// Scenario files that are gone.
    pub gone: Vec<String>,
    /// The files because of which, as far as they are there: those that were saved or made.
    pub saved: BTreeSet<String>,
    /// The files because of which that are not there any more.
    pub removed: BTreeSet<String>,
}

impl Touched {
    /// Returns whether nothing has changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.again.is_empty() && self.gone.is_empty()
    }
}

impl<S> Default for Watched<S> {
    fn default() -> Self {
        Self { read: BTreeMap::new(), last_look: BTreeMap::new() }
    }
}

impl<S: Copy + PartialEq> Watched<S> {
    /// A scenario file was read. `from` is everything that was asked for, each as it lay before it was read.
    pub fn read(&mut self, file: &str, from: BTreeMap<String, Lay<S>>) {
        self.read.insert(file.to_owned(), from);
    }

    /// A scenario file is gone.
    pub fn forget(&mut self, file: &str) {
        self.read.remove(file);
    }

    /// Looks at everything, and returns what has changed since it was read. `found` are the scenario files that there
    /// are now. A change counts once two looks agree: a file that is being written has come to rest by then.
    pub fn look(&mut self, found: &[String], lies: impl Fn(&str) -> Lay<S>) -> Touched {
        let mut now: BTreeMap<String, Lay<S>> = BTreeMap::new();
        let known = self.read.iter().flat_map(|(file, from)| std::iter::once(file).chain(from.keys()));
        for path in found.iter().chain(known) {
            if !now.contains_key(path) {
                now.insert(path.clone(), lies(path));
            }
        }
        let rests = |path: &String| self.last_look.get(path) == now.get(path);
        let mut touched = Touched::default();
        for file in found {
            let changed: Vec<&String> = match self.read.get(file) {
                None => vec![file],
                Some(from) => {
                    let is_other = |(path, then): &(&String, &Lay<S>)| now.get(*path) != Some(*then);
                    from.iter().filter(is_other).map(|(path, _)| path).collect()
                }
            };
            if !changed.is_empty() && changed.iter().all(|path| rests(path)) {
                touched.again.push(file.clone());
                for path in changed {
                    let is_there = now.get(path).is_some_and(Option::is_some);
                    let because = if is_there { &mut touched.saved } else { &mut touched.removed };
                    because.insert(path.clone());
                }
            }
        }
        let there: BTreeSet<&String> = found.iter().collect();
        let gone = self.read.keys().filter(|file| !there.contains(file) && rests(file));
        touched.gone = gone.cloned().collect();
        touched.removed.extend(touched.gone.iter().cloned());
        self.last_look = now;
        touched
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files with the number of their last save.
    #[derive(Default)]
    struct Disk {
        files: BTreeMap<String, u32>,
        saves: u32,
        watched: Watched<u32>,
    }

    impl Disk {
        /// Two scenarios that were read, of which one includes a file.
        fn of_two() -> Self {
            let mut disk = Self::default();
            disk.save("a.yaml").save("b.yaml").save("_part.yaml");
            disk.look();
            disk.look();
            disk.read("a.yaml", &["a.yaml", "_part.yaml"]);
            disk.read("b.yaml", &["b.yaml"]);
            disk.look();
            disk
        }

        fn save(&mut self, path: &str) -> &mut Self {
            self.saves += 1;
            self.files.insert(path.to_owned(), self.saves);
            self
        }

        fn remove(&mut self, path: &str) -> &mut Self {
            self.files.remove(path);
            self
        }

        fn read(&mut self, file: &str, from: &[&str]) {
            let lay = |path: &&str| ((*path).to_owned(), self.files.get(*path).copied());
            self.watched.read(file, from.iter().map(lay).collect());
        }

        /// The files that are to be read again, those that are gone, and those because of which: `-` is before one that was
        /// removed.
        fn look(&mut self) -> [String; 3] {
            let found: Vec<String> =
                self.files.keys().filter(|path| !path.starts_with('_')).cloned().collect();
            let Touched { again, gone, saved, removed } =
                self.watched.look(&found, |path| self.files.get(path).copied());
            let removed = removed.into_iter().map(|path| format!("-{path}"));
            let why: Vec<String> = saved.into_iter().chain(removed).collect();
            [again, gone, why].map(|paths| paths.join(" "))
        }
    }

    const NOTHING: [&str; 3] = ["", "", ""];

    #[test]
    fn a_saved_scenario_is_touched_and_no_other() {
        let mut disk = Disk::of_two();
        disk.save("b.yaml").look();
        assert_eq!(disk.look(), ["b.yaml", "", "b.yaml"]);
        disk.read("b.yaml", &["b.yaml"]);
        assert_eq!(disk.look(), NOTHING);
    }

    #[test]
    fn a_saved_include_touches_those_that_include_it() {
        let mut disk = Disk::of_two();
        disk.save("_part.yaml").look();
        assert_eq!(disk.look(), ["a.yaml", "", "_part.yaml"]);
    }

    #[test]
    fn a_file_is_not_read_while_it_is_written() {
        let mut disk = Disk::of_two();
        for _ in 0..3 {
            assert_eq!(disk.save("a.yaml").look(), NOTHING);
        }
        disk.save("_part.yaml");
        assert_eq!(disk.look(), NOTHING, "what it includes is being written");
        assert_eq!(disk.look(), ["a.yaml", "", "_part.yaml a.yaml"]);
    }

    #[test]
    fn new_and_removed_scenarios_are_noticed() {
        let mut disk = Disk::of_two();
        disk.save("c.yaml").remove("a.yaml").look();
        assert_eq!(disk.look(), ["c.yaml", "a.yaml", "c.yaml -a.yaml"]);
        disk.watched.forget("a.yaml");
        disk.read("c.yaml", &["c.yaml"]);
        assert_eq!(disk.look(), NOTHING);
        disk.save("a.yaml").look();
        assert_eq!(disk.look(), ["a.yaml", "", "a.yaml"], "it is back");
    }

    #[test]
    fn a_file_replaced_in_two_steps_is_never_gone() {
        let mut disk = Disk::of_two();
        assert_eq!(disk.remove("a.yaml").look(), NOTHING);
        assert_eq!(disk.save("a.yaml").look(), NOTHING);
        assert_eq!(disk.look(), ["a.yaml", "", "a.yaml"]);
    }

    #[test]
    fn an_include_that_was_missing_touches_those_that_asked_for_it() {
        let mut disk = Disk::of_two();
        disk.read("b.yaml", &["b.yaml", "_missing.yaml"]);
        disk.look();
        disk.save("_missing.yaml").look();
        assert_eq!(disk.look(), ["b.yaml", "", "_missing.yaml"]);
    }

    #[test]
    fn an_include_that_was_removed_is_no_save() {
        let mut disk = Disk::of_two();
        disk.remove("_part.yaml").look();
        assert_eq!(disk.look(), ["a.yaml", "", "-_part.yaml"]);
    }

    #[test]
    fn a_save_during_the_reading_is_seen_at_the_next_look() {
        let mut disk = Disk::of_two();
        disk.save("b.yaml").look();
        assert_eq!(disk.look()[0], "b.yaml");
        let before = disk.files.clone();
        disk.save("b.yaml");
        let after = std::mem::replace(&mut disk.files, before);
        disk.read("b.yaml", &["b.yaml"]);
        disk.files = after;
        disk.look();
        assert_eq!(disk.look()[0], "b.yaml");
    }
}
