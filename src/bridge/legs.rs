//! The numbers of calls, and a row for each.

use std::collections::VecDeque;

use crate::control::call::LegId;

/// Numbers whose rows lie together and are freed together.
const PAGE: usize = 256;

/// A row for each call of one lane, by its number. Lanes count past each other, so that a number tells its lane. A page
/// of rows goes away with the last of them: one call that stays up for long keeps no others.
#[derive(Debug)]
pub(super) struct Legs<R> {
    lane: u64,
    lanes: u64,
    /// Numbers of this lane that were given.
    given: u64,
    /// Pages that were freed in front of the first of `pages`.
    freed: u64,
    pages: VecDeque<Option<Page<R>>>,
    kept: u32,
}

#[derive(Debug)]
struct Page<R> {
    rows: Vec<Option<R>>,
    kept: u32,
}

impl<R> Legs<R> {
    pub(super) fn new(lane: u32, lanes: u32) -> Self {
        Self { lane: lane.into(), lanes: lanes.into(), given: 0, freed: 0, pages: VecDeque::new(), kept: 0 }
    }

    /// Rows that are kept.
    pub(super) fn kept(&self) -> u32 {
        self.kept
    }

    /// A number for a new call, with its row.
    pub(super) fn add(&mut self, row: R) -> LegId {
        let leg = self.leg(self.given);
        let (page, _) = place(self.given);
        self.given += 1;
        self.kept += 1;
        if self.pages.len() <= (page - self.freed) as usize {
            self.pages.push_back(Some(Page { rows: Vec::with_capacity(PAGE), kept: 0 }));
        }
        if let Some(Some(page)) = self.pages.back_mut() {
            page.rows.push(Some(row));
            page.kept += 1;
        }
        leg
    }

    /// The row of a call; `None` if it is of another lane, of nobody, or forgotten.
    pub(super) fn get(&self, leg: LegId) -> Option<&R> {
        let (page, row) = self.find(leg)?;
        self.pages.get(page)?.as_ref()?.rows.get(row)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, leg: LegId) -> Option<&mut R> {
        let (page, row) = self.find(leg)?;
        self.pages.get_mut(page)?.as_mut()?.rows.get_mut(row)?.as_mut()
    }

    /// Forgets a call.
    pub(super) fn remove(&mut self, leg: LegId) {
        let Some((number, row)) = self.find(leg) else { return };
        let Some(Some(page)) = self.pages.get_mut(number) else { return };
        if page.rows.get_mut(row).and_then(Option::take).is_none() {
            return;
        }
        page.kept -= 1;
        self.kept -= 1;
        // Numbers of a page that has not been given out in full go on in it.
        if page.kept == 0 && page.rows.len() == PAGE {
            self.pages[number] = None;
        }
        while let Some(None) = self.pages.front() {
            self.pages.pop_front();
            self.freed += 1;
        }
    }

    /// All rows with their numbers, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (LegId, &R)> {
        let pages = (self.freed..).zip(&self.pages);
        let pages = pages.filter_map(|(number, page)| Some((number, page.as_ref()?)));
        pages.flat_map(|(number, page)| {
            let rows = (number * PAGE as u64..).zip(&page.rows);
            rows.filter_map(|(place, row)| Some((self.leg(place), row.as_ref()?)))
        })
    }

    fn leg(&self, place: u64) -> LegId {
        LegId::new(place * self.lanes + self.lane)
    }

    /// The place of a page in `pages`, and of the row in it.
    fn find(&self, leg: LegId) -> Option<(usize, usize)> {
        if leg.number() % self.lanes != self.lane {
            return None;
        }
        let (page, row) = place(leg.number() / self.lanes);
        Some((page.checked_sub(self.freed)? as usize, row))
    }
}

fn place(number: u64) -> (u64, usize) {
    (number / PAGE as u64, number as usize % PAGE)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lanes_never_give_a_number_twice_and_know_their_own() {
        let mut lanes = [Legs::new(0, 2), Legs::new(1, 2)];
        let given: Vec<LegId> = (0..4).map(|row| lanes[row % 2].add(7 + row)).collect();
        assert_eq!(given, [LegId::new(0), LegId::new(1), LegId::new(2), LegId::new(3)]);
        assert_eq!((lanes[1].get(LegId::new(3)), lanes[1].get(LegId::new(2))), (Some(&10), None));
        assert_eq!(lanes[0].get(LegId::new(4)), None);
    }

    #[test]
    fn a_number_that_was_forgotten_is_not_given_again() {
        let mut legs = Legs::new(1, 2);
        let given: Vec<LegId> = (0..3).map(|row| legs.add(row)).collect();
        given[..2].iter().for_each(|leg| legs.remove(*leg));
        assert_eq!(given.iter().map(|leg| legs.get(*leg)).collect::<Vec<_>>(), [None, None, Some(&2)]);
        assert_eq!((legs.add(9), legs.get(LegId::new(7))), (LegId::new(7), Some(&9)));
        assert_eq!(legs.iter().collect::<Vec<_>>(), [(LegId::new(5), &2), (LegId::new(7), &9)]);
    }

    #[test]
    fn numbers_go_on_beyond_four_billion() {
        let pages = 1 << 32;
        let mut legs = Legs { given: pages * PAGE as u64, freed: pages, ..Legs::new(1, 2) };
        let leg = legs.add(7);
        assert_eq!((leg.number(), legs.get(leg)), ((1 << 41) + 1, Some(&7)));
        assert_eq!(legs.get(LegId::new(1)), None);
    }

    #[test]
    fn one_call_that_stays_up_keeps_no_other_page() {
        let mut legs = Legs::new(0, 1);
        let stays = legs.add(0);
        for row in 1..100 * PAGE as u32 {
            let leg = legs.add(row);
            legs.remove(leg);
        }
        assert_eq!((legs.kept(), legs.get(stays)), (1, Some(&0)));
        assert_eq!(legs.pages.iter().flatten().count(), 1);
        legs.remove(stays);
        assert_eq!(legs.pages.len(), 0);
    }

    #[test]
    fn a_page_goes_on_after_all_its_calls_have_ended() {
        let mut legs = Legs::new(0, 1);
        let first = legs.add(0);
        legs.remove(first);
        let second = legs.add(1);
        assert_eq!((legs.get(first), legs.get(second), legs.kept()), (None, Some(&1), 1));
    }

    /// What is done: so many calls begin, so many of the oldest end, or one ends by its place among those that are up.
    #[derive(Clone, Debug)]
    enum Step {
        Begin(usize),
        EndOldest(usize),
        End(prop::sample::Index),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            1 => (1..=PAGE + 1).prop_map(Step::Begin),
            1 => (1..=PAGE + 1).prop_map(Step::EndOldest),
            2 => any::<prop::sample::Index>().prop_map(Step::End),
        ]
    }

    proptest! {
        #[test]
        fn rows_are_those_of_the_calls_that_are_up(
            lane in 0..3_u32,
            steps in prop::collection::vec(step(), 0..20),
        ) {
            let (mut legs, mut up) = (Legs::new(lane, 3), BTreeMap::new());
            let mut given = 0_u64;
            for step in steps {
                match step {
                    Step::Begin(count) => for _ in 0..count {
                        let leg = legs.add(given);
                        prop_assert_eq!(leg, LegId::new(given * 3 + u64::from(lane)));
                        up.insert(leg, given);
                        given += 1;
                    },
                    Step::EndOldest(count) => {
                        let oldest: Vec<LegId> = up.keys().copied().take(count).collect();
                        for leg in oldest {
                            legs.remove(leg);
                            up.remove(&leg);
                        }
                    }
                    Step::End(at) if !up.is_empty() => {
                        let leg = *at.get(&up.keys().copied().collect::<Vec<_>>());
                        legs.remove(leg);
                        // Once more, as a late message does.
                        legs.remove(leg);
                        up.remove(&leg);
                        prop_assert_eq!(legs.get(leg), None);
                    }
                    Step::End(_) => {}
                }
                prop_assert_eq!(legs.kept() as usize, up.len());
                prop_assert!(legs.iter().map(|(leg, row)| (leg, *row)).eq(up.clone()));
            }
            for (leg, row) in up {
                prop_assert_eq!(legs.get_mut(leg).map(|row| *row), Some(row));
                prop_assert_eq!(legs.get(LegId::new(leg.number() + 1)), None, "it is another lane's");
            }
        }

        #[test]
        fn without_calls_at_most_the_page_that_is_given_out_is_kept(calls in 0..3 * PAGE) {
            let mut legs = Legs::new(0, 1);
            let given: Vec<LegId> = (0..calls).map(|row| legs.add(row)).collect();
            given.into_iter().rev().for_each(|leg| legs.remove(leg));
            prop_assert_eq!(legs.pages.len(), usize::from(calls % PAGE > 0));
        }
    }
}
