//! Two attempts at one case: what is in one ladder and not in the other.

use std::collections::BTreeSet;

use super::{Item, Ladder, What};

/// Marks what only one of two attempts has.
pub(in crate::report) fn compare(one: &mut Ladder, other: &mut Ladder) {
    let (first, second) = (sketches(one), sketches(other));
    one.changed = missing(&first, &second);
    other.changed = missing(&second, &first);
}

/// An item as far as two attempts should agree on it.
type Sketch = (u64, String, String);

fn sketches(ladder: &Ladder) -> Vec<Sketch> {
    let sketch = |item: &Item| {
        let what = match &item.what {
            What::Keys { caps, .. } => caps.join(" "),
            What::Hears { sound, .. } => sound.name().to_owned(),
            What::Arrow { words, .. } | What::Note { words, .. } | What::Ends { words } => words.clone(),
            What::Fails { words, .. } | What::Late { words } | What::Verdict { words } => words.clone(),
            What::Missing { words, .. } => words.clone(),
        };
        let lane = ladder.lanes.get(item.lane).map_or("", |lane| lane.name.as_str());
        (item.at.millis(), lane.to_owned(), what)
    };
    ladder.items.iter().map(sketch).collect()
}

fn missing(here: &[Sketch], there: &[Sketch]) -> BTreeSet<usize> {
    let there: BTreeSet<&Sketch> = there.iter().collect();
    here.iter().enumerate().filter(|(_, sketch)| !there.contains(sketch)).map(|(number, _)| number).collect()
}
