//! The keys of a call, deduced from its events: those say when a key came, never which.
//!
//! What the bridge did says what keys were for: a conference ID that names a meeting, a PIN or passcode that was right, a
//! command. Such keys are written by name, all others as zeros, which do the same.

use crate::control::call::{Digit, Digits, Language, LegId, Prompt, Source, Tone};
use crate::control::event::{CallEvent, Event, MeetingEvent, MeetingId};
use crate::control::policy::{DialogPolicy, EntryPolicy, KeyCommand, Policy, ServiceNumber, Terminator};
use crate::control::time::Instant;

/// Keys that are written as one text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Row {
    /// The first of them, by its place in the call.
    pub(super) from: usize,
    pub(super) count: usize,
    pub(super) text: String,
}

/// The keys of a call.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Keys {
    pub(super) digits: Vec<Digit>,
    pub(super) rows: Vec<Row>,
}

/// What keys are for at a moment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    /// An entry, or nothing.
    Other,
    /// A PIN, whose star has come.
    Pin,
    /// A name, which a key ends.
    Name,
}

struct Reader<'r> {
    policy: &'r Policy,
    number: &'r ServiceNumber,
    name: &'r dyn Fn(MeetingId) -> Option<&'r str>,
    keys: Keys,
    times: Vec<Instant>,
    /// The keys that nothing has taken yet.
    pending: Vec<usize>,
    field: Field,
    /// The digits that are read back, to be confirmed.
    read_back: Option<(usize, usize)>,
    /// Those digits as they were heard.
    heard: String,
    language: Option<Language>,
    /// The key that is taken for the end of a name.
    name_key: Option<usize>,
    /// The last key ended an entry, or the last entry ended by itself.
    has_ended: bool,
    joined: bool,
}

/// Deduces the keys of a call to this number. `name` gives the name of the organizer of a meeting.
pub(super) fn keys<'r>(
    leg: LegId,
    events: impl Iterator<Item = (Instant, Event)>,
    policy: &'r Policy,
    number: &'r ServiceNumber,
    name: &'r dyn Fn(MeetingId) -> Option<&'r str>,
) -> Keys {
    let mut reader = Reader {
        policy,
        number,
        name,
        keys: Keys::default(),
        times: Vec::new(),
        pending: Vec::new(),
        field: Field::Other,
        read_back: None,
        heard: String::new(),
        language: None,
        name_key: None,
        has_ended: false,
        joined: false,
    };
    for (at, event) in events.filter(|(_, event)| event.leg() == Some(leg)) {
        match event {
            Event::Call(event) => reader.call(at, event),
            Event::Meeting(event) => reader.meeting(at, event),
            Event::Account(_) => {}
        }
    }
    reader.keys
}

impl<'r> Reader<'r> {
    fn call(&mut self, at: Instant, event: CallEvent) {
        match event {
            CallEvent::Key { .. } => self.key(at),
            CallEvent::KeysIgnored { count, .. } => self.ignored(usize::from(count)),
            CallEvent::ConferenceIdKeyed { digits, meeting, .. } => self.conference_id(at, digits, meeting),
            CallEvent::Hears { source, .. } => self.hears(at, source),
            CallEvent::Called { .. } | CallEvent::Answered { .. } | CallEvent::Says { .. } => {}
            CallEvent::HearsVoice { .. } | CallEvent::DirectoryFailed { .. } | CallEvent::Finished { .. } => {
            }
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "of keys only few events of a meeting tell")]
    fn meeting(&mut self, at: Instant, event: MeetingEvent) {
        match event {
            MeetingEvent::PinAccepted { meeting, .. } => self.pin(at, Some((meeting, "pin"))),
            MeetingEvent::PinRefused { .. } => self.pin(at, None),
            MeetingEvent::PasscodeAccepted { meeting, .. } => {
                let keys = self.entry(at, &self.dialog().passcode, None);
                self.row(keys, self.named(Some((meeting, "passcode"))));
            }
            MeetingEvent::PasscodeRefused { .. } => {
                let _wrong = self.entry(at, &self.dialog().passcode, None);
            }
            MeetingEvent::Commanded { command, .. } => self.command(command),
            MeetingEvent::Joined { .. } => {
                (self.joined, self.field) = (true, Field::Other);
            }
            MeetingEvent::Parked { .. } | MeetingEvent::Left { .. } => {
                (self.joined, self.field) = (false, Field::Other);
            }
            _ => {}
        }
    }

    fn key(&mut self, at: Instant) {
        let place = self.keys.digits.len();
        let ends_name = self.field == Field::Name;
        self.keys.digits.push(if ends_name { Digit::POUND } else { zero() });
        self.times.push(at);
        self.name_key = ends_name.then_some(place);
        if ends_name {
            (self.field, self.has_ended) = (Field::Other, true);
        } else {
            self.pending.push(place);
        }
    }

    /// The last keys had no effect: a star where a PIN has begun already, a pound key after the end of an entry.
    fn ignored(&mut self, count: usize) {
        if let Some(key) = self.name_key.take() {
            self.keys.digits[key] = zero();
            self.field = Field::Name;
            return;
        }
        let from = self.pending.len().saturating_sub(count);
        let ignored = self.pending.split_off(from);
        let is_empty = self.pending.is_empty();
        for (place, key) in (0..).zip(&ignored) {
            self.keys.digits[*key] = match (self.joined, self.field) {
                (true, _) if place == 0 && ignored.len() > 1 => Digit::STAR,
                (true, _) => zero(),
                (false, Field::Pin) if is_empty => Digit::STAR,
                (false, _) if self.has_ended => Digit::POUND,
                (false, _) => zero(),
            };
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "most prompts tell nothing of what was keyed")]
    fn hears(&mut self, at: Instant, source: Source) {
        let Source::Prompt { prompt, language, .. } = source else {
            if matches!(source, Source::HoldMusic { .. }) {
                self.nothing_keyed(at);
                self.begin(Field::Other);
            }
            return;
        };
        let before = self.language.replace(language).filter(|before| *before != language);
        match prompt {
            Prompt::EnterPin if self.field != Field::Pin => {
                if let Some(star) = self.pending.pop() {
                    self.keys.digits[star] = Digit::STAR;
                }
                self.begin(Field::Pin);
            }
            Prompt::EnterPin | Prompt::InvalidPin => self.begin(Field::Pin),
            Prompt::EnterConferenceId => {
                if let (Some(_), [.., star, digit]) = (before, &self.pending[..]) {
                    self.chose_language(*star, *digit, language);
                }
                if let Some(keys) = self.confirmed("2") {
                    let heard = std::mem::take(&mut self.heard);
                    self.row(Some(keys), Some(heard).filter(|heard| heard.len() == keys.1));
                }
                self.begin(Field::Other);
            }
            Prompt::YouEntered => self.reads_back(at),
            Prompt::Number(digit) if self.read_back.is_some() => self.heard += &digit.to_string(),
            Prompt::Tone(Tone::Low) => self.refused_by_tone(),
            Prompt::Tone(Tone::High) if self.field == Field::Name => {}
            Prompt::SayYourName => self.begin(Field::Name),
            Prompt::NoInput => {
                self.nothing_keyed(at);
                self.begin(Field::Other);
            }
            Prompt::InvalidConferenceId | Prompt::PressStarIfOrganizer => self.begin(Field::Other),
            Prompt::HoldForOrganizer | Prompt::EnterPasscode | Prompt::InvalidPasscode => {
                self.begin(Field::Other);
            }
            _other if self.field == Field::Name => self.field = Field::Other,
            _other => {}
        }
    }

    /// An entry without digits: if a key ended it, it is the last one.
    fn nothing_keyed(&mut self, at: Instant) {
        if let Some(last) = self.pending.last().copied().filter(|last| self.times[*last] == at) {
            self.keys.digits[last] = Digit::POUND;
        }
    }

    /// A low tone: of a star in a lobby, or of keys in a meeting that give no command.
    fn refused_by_tone(&mut self) {
        let star = if self.joined {
            self.pending.len().saturating_sub(2)
        } else {
            self.pending.len().saturating_sub(1)
        };
        if let Some(star) = self.pending.get(star).copied() {
            self.keys.digits[star] = Digit::STAR;
        }
        self.pending.clear();
    }

    /// Something is asked for: earlier keys have done what they could.
    fn begin(&mut self, field: Field) {
        self.pending.clear();
        (self.field, self.has_ended) = (field, false);
    }

    fn chose_language(&mut self, star: usize, digit: usize, language: Language) {
        let Some(place) = self.number.secondary.iter().position(|secondary| *secondary == language) else {
            return;
        };
        self.keys.digits[star] = Digit::STAR;
        self.keys.rows.push(Row { from: digit, count: 1, text: (place + 1).to_string() });
    }

    fn reads_back(&mut self, at: Instant) {
        if self.read_back.is_none() {
            self.heard.clear();
            self.read_back = self.entry(at, &self.dialog().conference_id, None);
        }
    }

    /// A key answered what was read back.
    fn confirmed(&mut self, key: &str) -> Option<(usize, usize)> {
        let read_back = self.read_back.take()?;
        if let Some(from) = self.pending.first().copied() {
            self.keys.rows.push(Row { from, count: 1, text: key.to_owned() });
            self.pending.clear();
        }
        Some(read_back)
    }

    fn conference_id(&mut self, at: Instant, digits: Digits, meeting: Option<MeetingId>) {
        let text = self.named(meeting.map(|meeting| (meeting, "conference_id")));
        match (self.confirmed("1"), text) {
            (Some(keys), text) => self.row(Some(keys), text),
            (None, text) => {
                let keys = self.entry(at, &self.dialog().conference_id, Some(digits.len()));
                self.row(keys, text);
            }
        }
        self.field = Field::Other;
    }

    fn pin(&mut self, at: Instant, right: Option<(MeetingId, &str)>) {
        let dialog = self.dialog();
        if self.field != Field::Pin && !dialog.one_prompt && !self.pending.is_empty() {
            let star = self.pending.remove(0);
            self.keys.digits[star] = Digit::STAR;
        }
        let keys = self.entry(at, &dialog.pin, None);
        self.row(keys, self.named(right));
        self.field = Field::Pin;
    }

    fn dialog(&self) -> &'r DialogPolicy {
        &self.policy.dialog
    }

    fn row(&mut self, keys: Option<(usize, usize)>, text: Option<String>) {
        if let (Some((from, count)), Some(text)) = (keys, text) {
            self.keys.rows.push(Row { from, count, text });
        }
    }

    /// The keys that nothing has taken are an entry, of so many digits if that is known: its first key, and how many there are.
    fn entry(&mut self, at: Instant, of: &EntryPolicy, digits: Option<usize>) -> Option<(usize, usize)> {
        let mut keys = std::mem::take(&mut self.pending);
        let last = keys.last().copied()?;
        let (count, exact) = (digits.unwrap_or(keys.len()), of.exact_digits.0);
        let ends_itself = exact.is_some_and(|exact| exact.get() == keys.len());
        let in_time = at.since(self.times[last]) < self.policy.dialog.interdigit_timeout;
        let has_key = digits.is_none_or(|digits| keys.len() > digits);
        let key = match of.terminator {
            Terminator::Pound => Some(Digit::POUND),
            Terminator::Star => Some(Digit::STAR),
            Terminator::None => None,
        };
        if let Some(key) = key.filter(|_| in_time && has_key && !ends_itself) {
            self.keys.digits[last] = key;
            keys.pop();
        }
        self.has_ended = true;
        let keys = &keys[keys.len().saturating_sub(count)..];
        keys.first().map(|from| (*from, keys.len()))
    }

    fn command(&mut self, command: KeyCommand) {
        let strings = self.policy.meeting.keys.strings(command);
        let fits = |string: &&Digits| string.len() <= self.pending.len();
        let exact = strings.iter().find(|string| string.len() == self.pending.len());
        if let Some(string) = exact.or_else(|| strings.iter().find(fits)) {
            let from = self.pending.len() - string.len();
            for (key, digit) in self.pending[from..].iter().zip(string.iter()) {
                self.keys.digits[*key] = digit;
            }
        }
        self.pending.clear();
    }

    /// What stands for the secret or the ID of a meeting's organizer.
    fn named(&self, what: Option<(MeetingId, &str)>) -> Option<String> {
        let (meeting, what) = what?;
        Some(format!("${{{}.{what}}}", (self.name)(meeting)?))
    }
}

fn zero() -> Digit {
    Digit::from_event_code(0).unwrap_or(Digit::STAR)
}
