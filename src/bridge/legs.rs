//! The numbers of legs, and whose they are.

use std::collections::VecDeque;

use crate::control::call::LegId;

/// Which part each leg of one lane belongs to. Lanes count past each other, so that a number tells its lane.
#[derive(Debug)]
pub(crate) struct Legs {
    lane: u32,
    lanes: u32,
    /// Numbers of this lane that were given and are forgotten: all before the first of `parts`.
    forgotten: u32,
    parts: VecDeque<u32>,
}

impl Legs {
    pub(crate) fn new(lane: u32, lanes: u32) -> Self {
        Self { lane, lanes, forgotten: 0, parts: VecDeque::new() }
    }

    /// A number for a new leg of this part.
    pub(crate) fn add(&mut self, part: u32) -> LegId {
        let count = u32::try_from(self.parts.len()).ok().and_then(|kept| kept.checked_add(self.forgotten));
        let number = count.and_then(|count| count.checked_mul(self.lanes));
        let number = number.and_then(|number| number.checked_add(self.lane));
        self.parts.push_back(part);
        LegId(number.expect("fewer than four billion calls"))
    }

    /// Whose leg this is; `None` if it is of another lane, of nobody, or forgotten.
    pub(crate) fn part(&self, leg: LegId) -> Option<u32> {
        if leg.0 % self.lanes != self.lane {
            return None;
        }
        let place = (leg.0 / self.lanes).checked_sub(self.forgotten)?;
        self.parts.get(place as usize).copied()
    }

    /// Forgets the oldest numbers, as long as this is true of the leg and its part.
    pub(crate) fn forget_while(&mut self, mut is_over: impl FnMut(LegId, u32) -> bool) {
        while let Some(part) = self.parts.front()
            && is_over(LegId(self.forgotten * self.lanes + self.lane), *part)
        {
            self.parts.pop_front();
            self.forgotten += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_never_give_a_number_twice_and_know_their_own() {
        let mut lanes = [Legs::new(0, 2), Legs::new(1, 2)];
        let given: Vec<LegId> = (0..4).map(|part| lanes[part % 2].add(7 + part as u32)).collect();
        assert_eq!(given, [LegId(0), LegId(1), LegId(2), LegId(3)]);
        assert_eq!((lanes[1].part(LegId(3)), lanes[1].part(LegId(2))), (Some(10), None));
        assert_eq!(lanes[0].part(LegId(4)), None);
    }

    #[test]
    fn a_number_that_was_forgotten_is_not_given_again() {
        let mut legs = Legs::new(1, 2);
        let given: Vec<LegId> = (0..3).map(|part| legs.add(part)).collect();
        legs.forget_while(|leg, _| leg != given[2]);
        assert_eq!(given.iter().map(|leg| legs.part(*leg)).collect::<Vec<_>>(), [None, None, Some(2)]);
        assert_eq!((legs.add(9), legs.part(LegId(7))), (LegId(7), Some(9)));
    }
}
