//! The keys of one call as they may be shown. Any key may belong to a PIN that was keyed at the wrong time: only the star
//! and the pound key are in the clear, and what the bridge has taken for a conference ID or a command.

use crate::control::call::{Digit, Digits};
use crate::control::numbers::in_groups;

/// Keys of one entry that are shown; the first ones of a longer entry are not.
const SHOWN_MAX: usize = 40;

/// What a caller has keyed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Keyed {
    /// The conference ID of this call, which the bridge knows.
    conference_id: Option<Digits>,
    /// The keys of the present entry, masked.
    entry: String,
    /// The number of digits of a PIN that have come, while it is asked for.
    pin: Option<usize>,
    /// Why the bridge ignored this entry; empty without a reason.
    ignored: Option<&'static str>,
    /// Whether the next key begins another entry.
    over: bool,
}

impl Keyed {
    /// A key goes down.
    pub fn press(&mut self, digit: Digit) {
        if self.over {
            self.clear_entry();
        }
        match (&mut self.pin, digit) {
            // A star in the middle of an entry begins it again.
            (Some(digits), Digit::STAR) => *digits = 0,
            (Some(_), Digit::POUND) => {}
            (Some(digits), _) => *digits = (*digits + 1).min(SHOWN_MAX),
            (None, _) => {
                if self.entry.chars().count() == SHOWN_MAX {
                    self.entry.remove(0);
                }
                let is_plain = [Digit::STAR, Digit::POUND].contains(&digit);
                self.entry.push(if is_plain { digit.symbol() } else { '•' });
            }
        }
    }

    /// The bridge found the meeting of these digits; keys after them belong to the next entry.
    pub fn take_conference_id(&mut self, digits: Digits) {
        self.conference_id = Some(digits);
        let end = self.entry.find('#').map_or(self.entry.len(), |pound| pound + 1);
        self.entry.drain(..end);
    }

    /// The PIN is asked for, after a star or again.
    pub fn ask_pin(&mut self) {
        let star = self.entry.ends_with('*');
        self.clear_entry();
        self.entry.push_str(if star { "*" } else { "" });
        self.pin = Some(0);
    }

    /// The bridge took these keys for a command.
    pub fn take_command(&mut self, keys: &str) {
        self.clear_entry();
        keys.clone_into(&mut self.entry);
        self.over = true;
    }

    /// The bridge ignored the last keys, for a reason in a few words, which may be empty.
    pub fn ignore(&mut self, why: &'static str) {
        let last = self.entry.pop();
        self.entry.clear();
        self.entry.extend(last);
        (self.ignored, self.over, self.pin) = (Some(why), true, None);
    }

    /// The entry has done its work: the next key begins another.
    pub fn clear_entry(&mut self) {
        self.entry.clear();
        (self.pin, self.ignored, self.over) = (None, None, false);
    }

    /// The caller is in the meeting, where keys are commands.
    pub fn join(&mut self) {
        *self = Self::default();
    }

    /// The number of digits of a PIN that have come so far, while it is asked for.
    #[must_use]
    pub fn pin_digits(&self) -> usize {
        self.pin.unwrap_or(0)
    }

    /// Returns the present entry, or the conference ID if there is none; the longest wording that fits so many
    /// characters, or the end of the shortest.
    #[must_use]
    pub fn shown(&self, room: usize) -> String {
        let wordings = match (self.pin, self.ignored, self.conference_id) {
            (Some(digits), _, _) => {
                let gap = if self.entry.is_empty() { "" } else { " " };
                [format!("{}{gap}PIN {}", self.entry, "•".repeat(digits)), "•".repeat(digits)]
            }
            (None, Some(why), _) if !why.is_empty() => {
                [format!("{} ignored: {why}", self.entry), format!("{} ignored", self.entry)]
            }
            (None, Some(_), _) => [format!("{} ignored", self.entry), self.entry.clone()],
            (None, None, Some(digits)) if self.entry.is_empty() => {
                let digits = in_groups(&digits.reveal());
                [format!("conference ID {digits} #"), format!("{digits} #")]
            }
            (None, None, _) => [self.entry.clone(), self.entry.clone()],
        };
        let [long, short] = wordings.map(|wording| wording.trim_end().to_owned());
        if long.chars().count() <= room {
            return long;
        }
        let skipped = short.chars().count().saturating_sub(room);
        short.chars().skip(skipped).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyed(keys: &str) -> Keyed {
        let mut keyed = Keyed::default();
        press(&mut keyed, keys);
        keyed
    }

    fn press(keyed: &mut Keyed, keys: &str) {
        keys.chars().filter_map(Digit::from_symbol).for_each(|key| keyed.press(key));
    }

    #[test]
    fn keys_are_masked_until_the_bridge_knows_what_they_are() {
        let mut shown = keyed("3141592#");
        assert_eq!(shown.shown(29), "•••••••#");
        shown.take_conference_id(Digits::from_symbols("3141592").unwrap());
        assert_eq!([shown.shown(29), shown.shown(15)], ["conference ID 314 1592 #", "314 1592 #"]);
        press(&mut shown, "*");
        assert_eq!(shown.shown(29), "*");
        shown.ask_pin();
        press(&mut shown, "27");
        assert_eq!(shown.shown(15), "* PIN ••");
        shown.clear_entry();
        assert_eq!(shown.shown(15), "314 1592 #", "a PIN leaves nothing behind");
    }

    #[test]
    fn an_ignored_key_says_why_where_there_is_room() {
        let mut shown = keyed("27*");
        shown.ignore("no tries left");
        assert_eq!([shown.shown(29), shown.shown(15)], ["* ignored: no tries left", "* ignored"]);
        press(&mut shown, "5");
        assert_eq!(shown.shown(29), "•");
    }

    #[test]
    fn a_long_entry_shows_its_end() {
        let mut shown = keyed(&"7".repeat(100));
        assert_eq!(shown.shown(60).chars().count(), SHOWN_MAX);
        press(&mut shown, "#");
        assert_eq!(shown.shown(4), "•••#");
    }
}
