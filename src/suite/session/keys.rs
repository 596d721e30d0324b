//! The keys of a caller, and the form in which they may be written.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::time::Duration;

use crate::control::call::{Digit, Digits};
use crate::control::pin::Pin;
use crate::control::policy::{KeyCommand, MeetingKeys};
use crate::control::time::Instant;
use crate::scenario::story::Story;

/// The keys of one caller.
#[derive(Debug, Default)]
pub(super) struct Keyed {
    /// Pressed, and not reported by the bridge yet.
    under_way: VecDeque<Digit>,
    keys: Vec<Arrived>,
    /// The keys from here on belong to the call that is up.
    call: usize,
    /// How many keys from each on are written as one text, where that is known.
    rows: BTreeMap<usize, (usize, String)>,
}

/// A key that the bridge took in.
#[derive(Debug)]
struct Arrived {
    digit: Digit,
    at: Instant,
    /// It is the first of its call.
    first: bool,
    /// It was pressed in a meeting.
    joined: bool,
    /// The bridge has carried out a command with it.
    command: bool,
}

/// The written form of a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Written {
    /// This key.
    Key(Digit),
    /// The row that begins with this key, by a name.
    Row(String),
    /// Part of a row that is named.
    Within,
}

impl Keyed {
    pub(super) fn pressed(&mut self, digit: Digit) {
        self.under_way.push_back(digit);
    }

    /// Marks keys of the previous call that have not arrived as lost.
    pub(super) fn call_begins(&mut self) {
        self.under_way.clear();
        self.call = self.keys.len();
    }

    /// The keys of the next call from this one on, so many, are written as this text.
    pub(super) fn row(&mut self, from: usize, count: usize, text: String) {
        self.rows.insert(self.keys.len() + from, (count, text));
    }

    pub(super) fn unpressed(&mut self) {
        self.under_way.pop_back();
    }

    /// Returns the index of the next pressed key, which the bridge reports now, pressed in a meeting or not. A caller
    /// in a meeting does not enter numbers any more.
    pub(super) fn arrived(&mut self, at: Instant, joined: bool) -> Option<usize> {
        let digit = self.under_way.pop_front()?;
        let place = self.keys.len();
        self.keys.push(Arrived { digit, at, first: place == self.call, joined, command: false });
        Some(place)
    }

    /// A command was carried out: the last keys that give it are not part of a PIN.
    pub(super) fn command(&mut self, keys: &MeetingKeys, command: KeyCommand) {
        let last = keys.strings(command).into_iter().filter_map(|string| {
            let is_it = |pressed: &[Arrived]| {
                let these = pressed.iter().map(|key| key.digit).eq(string.iter());
                these && !pressed.iter().any(|key| key.command)
            };
            let from = self.keys[self.call..].windows(string.len()).rposition(is_it)?;
            Some((self.call + from, string.len()))
        });
        if let Some((from, count)) = last.max() {
            self.keys[from..from + count].iter_mut().for_each(|key| key.command = true);
        }
    }

    /// Returns what is written for each key, in order.
    pub(super) fn written(&self, names: &Names<'_>) -> Vec<Written> {
        let mut written = Vec::with_capacity(self.keys.len());
        for (from, (count, text)) in &self.rows {
            let (from, to) = (*from, (from + count).min(self.keys.len()));
            if from < written.len() || from >= to {
                continue;
            }
            self.write(written.len()..from, names, &mut written);
            written.push(Written::Row(text.clone()));
            written.extend(self.keys[from + 1..to].iter().map(|_| Written::Within));
        }
        self.write(written.len()..self.keys.len(), names, &mut written);
        written
    }

    /// Adds what is written for keys of which nothing is known yet.
    fn write(&self, keys: Range<usize>, names: &Names<'_>, written: &mut Vec<Written>) {
        let together = |before: &Arrived, key: &Arrived| {
            let row = is_number(before.digit) && is_number(key.digit);
            row && before.joined == key.joined
                && !key.first
                && key.at.since(before.at) < names.interdigit_timeout()
        };
        for row in self.keys[keys].chunk_by(together) {
            // The key after a star may be a command's, and no part of the number.
            let (command, number) = match (written.last(), row) {
                (Some(Written::Key(Digit::STAR)), [command, number @ ..]) if names.of(row).is_none() => {
                    (Some(command), number)
                }
                (Some(_) | None, _) => (None, row),
            };
            written.extend(command.map(|key| Written::Key(key.shown())));
            match names.of(number) {
                Some(name) => {
                    written.push(Written::Row(name));
                    written.extend(number[1..].iter().map(|_| Written::Within));
                }
                None => written.extend(number.iter().map(|key| Written::Key(key.shown()))),
            }
        }
    }
}

impl Arrived {
    /// Returns the key, or one with the same effect: any row of number keys may be a PIN.
    fn shown(&self) -> Digit {
        if self.command || !is_number(self.digit) {
            return self.digit;
        }
        Digit::from_event_code(0).unwrap_or(self.digit)
    }
}

/// The rows of keys that have a name.
#[derive(Debug)]
pub(super) struct Names<'s> {
    story: &'s Story,
    /// The conference ID of each organizer, as far as it is known.
    ids: Vec<Option<Digits>>,
    /// The PINs of each organizer, with the moment from which each was valid.
    pins: Vec<Vec<(Instant, Option<Pin>)>>,
}

impl<'s> Names<'s> {
    pub(super) fn new(story: &'s Story) -> Self {
        let pins = story.given.organizers.iter().map(|organizer| {
            let given = organizer.pin;
            vec![(Instant::ZERO, given)]
        });
        let ids = story.given.organizers.iter().map(|organizer| {
            let id = organizer.conference_id.as_deref();
            id.and_then(Digits::from_symbols)
        });
        Self { story, ids: ids.collect(), pins: pins.collect() }
    }

    /// A bridge has taken this for the conference ID of an organizer of whom none was known.
    pub(super) fn conference_id_is(&mut self, organizer: usize, id: Digits) {
        if let Some(known) = self.ids.get_mut(organizer) {
            known.get_or_insert(id);
        }
    }

    /// The conference ID of an organizer, if it is known.
    pub(super) fn conference_id(&self, organizer: usize) -> Option<Digits> {
        self.ids.get(organizer).copied().flatten()
    }

    /// Records that an organizer has this PIN from now on, or an unknown one.
    pub(super) fn pin_is(&mut self, at: Instant, organizer: usize, pin: Option<Pin>) {
        if let Some(pins) = self.pins.get_mut(organizer) {
            pins.push((at, pin));
        }
    }

    fn interdigit_timeout(&self) -> Duration {
        self.story.given.policy.dialog.interdigit_timeout
    }

    /// Returns the name of a row: a conference ID, or the PIN that an organizer had when its last key was pressed.
    fn of(&self, row: &[Arrived]) -> Option<String> {
        let mut keys = Digits::default();
        if !row.iter().all(|key| keys.push(key.digit)) {
            return None;
        }
        let last = row.last().filter(|key| !key.joined)?.at;
        let organizers = &self.story.given.organizers;
        organizers.iter().zip(&self.ids).zip(&self.pins).find_map(|((organizer, id), pins)| {
            let is_id = *id == Some(keys);
            let pin = pins.iter().rfind(|(since, _)| *since <= last).and_then(|(_, pin)| pin.as_ref());
            if is_id {
                Some(format!("${{{}.conference_id}}", organizer.name))
            } else if pin.is_some_and(|pin| pin.reveal() == keys) {
                Some(format!("${{{}.pin}}", organizer.name))
            } else if organizer.passcode.is_some_and(|passcode| passcode.reveal() == keys) {
                Some(format!("${{{}.passcode}}", organizer.name))
            } else {
                None
            }
        })
    }
}

/// Returns whether a key is part of numbers: neither the star, nor the pound key, nor a letter, none of which a PIN
/// has.
fn is_number(digit: Digit) -> bool {
    digit.number().is_some()
}
