//! Two attempts at one case: what is in one ladder and not in the other.

use std::collections::{BTreeMap, BTreeSet};

use super::{Item, Ladder, What};

/// Marks what only one of two attempts has.
pub(in crate::report) fn compare(one: &mut Ladder, other: &mut Ladder) {
    let (first, second) = (sketches(one), sketches(other));
    one.changed = missing(&first, &second);
    other.changed = missing(&second, &first);
}

/// An item as far as two attempts should agree on it. Where each has moments of its own, the moment is the how-manieth of
/// its kind it is.
type Sketch = (u64, String, String);

fn sketches(ladder: &Ladder) -> Vec<Sketch> {
    let mut seen: BTreeMap<(String, String), u64> = BTreeMap::new();
    let mut sketch = |item: &Item| {
        let what = match &item.what {
            What::Keys { caps, .. } => caps.join(" "),
            What::Hears { sound, .. } => sound.name().to_owned(),
            What::Arrow { words, .. } | What::Note { words, .. } | What::Ends { words } => words.clone(),
            What::Fails { words, .. } | What::Late { words } | What::Verdict { words } => words.clone(),
            What::Missing { words, .. } => words.clone(),
            // Without how long it took, and without counts.
            What::Message { words, .. } => words.split(", ").next().unwrap_or_default().to_owned(),
            What::Packets { lost, .. } => if *lost { "packets are lost" } else { "packets" }.to_owned(),
        };
        let lane = ladder.lanes.get(item.lane).map_or("", |lane| lane.name.as_str());
        let count = seen.entry((lane.to_owned(), what.clone())).or_default();
        *count += 1;
        (if ladder.is_real_time { *count } else { item.at.millis() }, lane.to_owned(), what)
    };
    ladder.items.iter().map(&mut sketch).collect()
}

fn missing(here: &[Sketch], there: &[Sketch]) -> BTreeSet<usize> {
    let there: BTreeSet<&Sketch> = there.iter().collect();
    here.iter().enumerate().filter(|(_, sketch)| !there.contains(sketch)).map(|(number, _)| number).collect()
}
