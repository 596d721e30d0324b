//! The text format of Prometheus, read strictly.

use std::collections::{BTreeMap, BTreeSet};

/// Figures of one name.
#[derive(Debug, Default)]
pub(super) struct Family {
    pub(super) help: String,
    pub(super) kind: String,
    /// Each line's name and labels with its value, in order.
    pub(super) lines: Vec<(String, f64)>,
}

impl Family {
    /// The names of its labels, but for those of buckets.
    pub(super) fn labels(&self) -> BTreeSet<&str> {
        let labels =
            self.lines.iter().filter_map(|(line, _)| line.split_once('{')).flat_map(|(_, labels)| {
                labels
                    .trim_end_matches('}')
                    .split(',')
                    .filter_map(|label| label.split_once('='))
                    .map(|(name, _)| name)
            });
        labels.filter(|name| *name != "le").collect()
    }
}

/// Every figure, by its name.
#[derive(Debug)]
pub(super) struct Exposition(pub(super) BTreeMap<String, Family>);

impl Exposition {
    /// Reads a whole text; each family has its help and type before its lines, and no line comes twice.
    #[track_caller]
    pub(super) fn read(text: &str) -> Self {
        let mut families: BTreeMap<String, Family> = BTreeMap::new();
        let (mut current, mut seen) = (String::new(), BTreeSet::new());
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').unwrap();
                name.clone_into(&mut current);
                let family = Family { help: help.to_owned(), ..Family::default() };
                assert!(families.insert(current.clone(), family).is_none(), "{name} comes twice");
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').unwrap();
                assert_eq!(name, current, "its help comes before");
                kind.clone_into(&mut families.get_mut(name).unwrap().kind);
            } else {
                let (named, value) = line.rsplit_once(' ').unwrap();
                let name = named.split('{').next().unwrap();
                let ending =
                    name.strip_prefix(&current).unwrap_or_else(|| panic!("{line} is not of {current}"));
                let endings = ["", "_bucket", "_sum", "_count"];
                assert!(endings.contains(&ending), "{line} is not of {current}");
                assert!(seen.insert(named.to_owned()), "{named} comes twice");
                let value = value.parse().unwrap_or_else(|error| panic!("{line}: {error}"));
                families.get_mut(&current).unwrap().lines.push((named.to_owned(), value));
            }
        }
        let all = Self(families);
        all.check_histograms();
        all
    }

    /// Buckets never fall, and the last holds all.
    #[track_caller]
    fn check_histograms(&self) {
        for (name, family) in self.0.iter().filter(|(_, family)| family.kind == "histogram") {
            let mut below = 0.0;
            for (line, value) in &family.lines {
                if line.starts_with(&format!("{name}_bucket")) {
                    assert!(*value >= below, "{line} {value} is below {below}");
                    below = *value;
                } else if line.starts_with(&format!("{name}_count")) {
                    assert!((*value - below).abs() < 0.5, "{line} {value} is not {below}");
                    below = 0.0;
                }
            }
        }
    }

    /// The value of a line; nothing if there is none.
    pub(super) fn value(&self, named: &str) -> Option<f64> {
        let lines = self.0.values().flat_map(|family| &family.lines);
        lines.into_iter().find(|(known, _)| known == named).map(|(_, value)| *value)
    }

    /// The whole number of a line.
    #[track_caller]
    pub(super) fn count(&self, named: &str) -> u64 {
        self.value(named).unwrap_or_else(|| panic!("{named} is not in {self:?}")) as u64
    }
}
