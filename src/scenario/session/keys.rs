//! What a caller keyed, and what may be written in its place once the bridge has said what it took it for.

use std::collections::VecDeque;

use crate::control::call::{DIGITS_MAX, Digit, Digits};
use crate::control::collect::ENTRY_MAX;
use crate::scenario::story::Story;

/// The keys of one caller.
#[derive(Debug, Default)]
pub(super) struct Keyed {
    /// Pressed, and not told by the bridge yet.
    under_way: VecDeque<Digit>,
    /// What stands for each key; `None` while nobody knows what it was for.
    written: Vec<Option<Written>>,
    /// Keys that nobody has taken, with their places.
    open: VecDeque<(usize, Digit)>,
    /// Organizers whose PIN is no longer the one that the story gives.
    new_pins: Vec<usize>,
}

/// What stands for a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Written {
    /// The key, which is no secret.
    Itself(Digit),
    /// The row that begins with this key, by a name.
    Row(String),
    /// Part of a row that is named.
    Within,
}

impl Keyed {
    pub(super) fn pressed(&mut self, digit: Digit) {
        self.under_way.push_back(digit);
    }

    pub(super) fn call_begins(&mut self) {
        self.under_way.clear();
        self.give_up(self.open.len());
    }

    pub(super) fn unpressed(&mut self) {
        self.under_way.pop_back();
    }

    /// The bridge tells of a key: the place of the next that was pressed.
    pub(super) fn arrived(&mut self) -> Option<usize> {
        let digit = self.under_way.pop_front()?;
        let place = self.written.len();
        self.written.push(None);
        self.open.push_back((place, digit));
        Some(place)
    }

    /// So many keys will nobody take: the last that arrived.
    pub(super) fn ignored(&mut self, count: usize) {
        let kept = self.open.len().saturating_sub(count);
        for (place, digit) in self.open.drain(kept..) {
            self.written[place] = Some(stand_in(digit));
        }
    }

    /// An organizer was given another PIN.
    pub(super) fn pin_is_new(&mut self, organizer: usize) {
        self.new_pins.push(organizer);
    }

    /// A conference ID was taken.
    pub(super) fn conference_id(&mut self, story: &Story, digits: Digits, organizer: Option<usize>) {
        let keys: Vec<Digit> = digits.iter().collect();
        let open: Vec<Digit> = self.open.iter().map(|(_, digit)| *digit).collect();
        let found =
            (!keys.is_empty()).then(|| open.windows(keys.len()).position(|row| row == keys)).flatten();
        let Some(from) = found else { return };
        let row = match organizer.and_then(|organizer| story.given.organizers.get(organizer)) {
            Some(organizer) => format!("${{{}.conference_id}}", organizer.name),
            None => wrong(story, 0, "conference_id", keys.len()),
        };
        self.take(from, from + keys.len(), row);
    }

    /// A PIN was taken.
    pub(super) fn pin(&mut self, story: &Story, organizer: usize, right: bool) {
        let rows = self.rows();
        let spelled = |row: &(usize, usize)| {
            let keys = self.open.range(row.0..row.1).map(|(_, digit)| *digit);
            let mut digits = Digits::default();
            keys.take(DIGITS_MAX).all(|digit| digits.push(digit)).then_some(digits)
        };
        let given = |place: usize| {
            let pin = story.given.organizers.get(place)?.pin.filter(|_| !self.new_pins.contains(&place))?;
            Some(pin.reveal())
        };
        let mine =
            |row: &&(usize, usize)| right && given(organizer).is_some() && spelled(row) == given(organizer);
        // The row that was ended with the pound key is the entry; without one it was the inter-digit timeout.
        let ended = |row: &&(usize, usize)| self.open.get(row.1).is_some_and(|(_, key)| *key == Digit::POUND);
        let entry = rows.iter().find(mine).or(rows.iter().rfind(ended)).or(rows.last());
        let Some(&(from, to)) = entry else { return };
        let name = |place: usize| story.given.organizers.get(place).map(|organizer| organizer.name.clone());
        let others = (0..story.given.organizers.len()).find(|place| {
            *place != organizer && given(*place).is_some() && spelled(&(from, to)) == given(*place)
        });
        let row = match (right, others.and_then(name)) {
            (true, _) => name(organizer).map_or_else(String::new, |name| format!("${{{name}.pin}}")),
            (false, Some(other)) => format!("${{{other}.pin}}"),
            (false, None) => wrong(story, organizer, "pin", to - from),
        };
        self.take(from, to, row);
    }

    /// A command was taken: the star and the key after it.
    pub(super) fn command(&mut self) {
        let keys = self.open.make_contiguous();
        let Some(star) =
            keys.windows(2).position(|pair| pair[0].1 == Digit::STAR && pair[1].1 != Digit::STAR)
        else {
            return;
        };
        self.give_up(star);
        for (place, digit) in self.open.drain(..2) {
            self.written[place] = Some(Written::Itself(digit));
        }
    }

    /// What stands for a key in the end.
    pub(super) fn written(&self, place: usize) -> Written {
        match self.written.get(place) {
            Some(Some(written)) => written.clone(),
            Some(None) => {
                let open = self.open.iter().find(|(other, _)| *other == place).map(|(_, digit)| *digit);
                open.map_or(Written::Within, stand_in)
            }
            None => Written::Within,
        }
    }

    /// The rows of number keys and letters among the open keys.
    fn rows(&self) -> Vec<(usize, usize)> {
        let mut rows: Vec<(usize, usize)> = Vec::new();
        for (at, (_, digit)) in self.open.iter().enumerate() {
            if [Digit::STAR, Digit::POUND].contains(digit) {
                continue;
            }
            match rows.last_mut() {
                Some((_, to)) if *to == at => *to += 1,
                Some(_) | None => rows.push((at, at + 1)),
            }
        }
        rows
    }

    /// These open keys are a row that has a name; those before it nobody will take any more.
    fn take(&mut self, from: usize, to: usize, row: String) {
        self.give_up(from);
        let mut row = Some(row);
        for (place, _) in self.open.drain(..to - from) {
            self.written[place] = Some(row.take().map_or(Written::Within, Written::Row));
        }
        if self.open.front().is_some_and(|(_, key)| *key == Digit::POUND) {
            self.give_up(1);
        }
    }

    fn give_up(&mut self, count: usize) {
        for (place, digit) in self.open.drain(..count) {
            self.written[place] = Some(stand_in(digit));
        }
    }
}

/// For a key that nobody took: the star and the pound key do what they do, and any other does what the others do.
fn stand_in(digit: Digit) -> Written {
    let zero = Digit::from_event_code(0).unwrap_or(Digit::POUND);
    Written::Itself(if [Digit::STAR, Digit::POUND].contains(&digit) { digit } else { zero })
}

/// A row of keys that is surely wrong, and is not what was keyed: the right one with a key too many, or too many keys.
fn wrong(story: &Story, organizer: usize, of: &str, keys: usize) -> String {
    match story.given.organizers.get(organizer) {
        Some(organizer) if keys <= ENTRY_MAX => format!("${{{}.{of}}}0", organizer.name),
        Some(_) | None => "0".repeat(ENTRY_MAX + 1),
    }
}
