//! The numbers of legs, and whose they are.

use crate::control::call::LegId;

/// Which part each leg of one lane belongs to. Lanes count past each other, so that a number tells its lane.
#[derive(Debug)]
pub(super) struct Legs {
    lane: u32,
    lanes: u32,
    parts: Vec<u32>,
}

impl Legs {
    pub(super) fn new(lane: u32, lanes: u32) -> Self {
        Self { lane, lanes, parts: Vec::new() }
    }

    /// A number for a new leg of this part.
    pub(super) fn add(&mut self, part: u32) -> LegId {
        let number = u32::try_from(self.parts.len()).ok().and_then(|count| count.checked_mul(self.lanes));
        let number = number.and_then(|number| number.checked_add(self.lane));
        self.parts.push(part);
        LegId(number.expect("fewer than four billion calls"))
    }

    /// Whose leg this is; `None` if it is of another lane, or of nobody.
    pub(super) fn part(&self, leg: LegId) -> Option<u32> {
        if leg.0 % self.lanes != self.lane {
            return None;
        }
        self.parts.get((leg.0 / self.lanes) as usize).copied()
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
}
