//! The dialog before the meeting as data: an ordered list of fields, and for each what may be keyed, how often and how
//! long. `Default` is BEHAVIOUR sections 2.2 to 2.7.

use std::time::Duration;

use super::blocked::BlockedCallers;
use super::value::{
    AfterLastPin, AsksForOrganizer, DigitCount, ExactDigits, Takes, TimeLimit, Tries, Value, words,
};
use crate::control::call::Digit;
use crate::control::named::named;

named! {
    /// Something that a caller is asked for before the meeting.
    pub enum DialogField {
        /// The conference ID; it comes first, and each call is asked for it.
        ConferenceId = "conference_id",
        /// The meeting's passcode, where it has one.
        Passcode = "passcode",
        /// Whether the caller is the organizer, and then the PIN; `asks_for_organizer` says when.
        Organizer = "organizer",
        /// The name, where `name_recording` is on.
        Name = "name",
    }
}

/// The fields of a dialog in their order. One that is not among them is not asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fields([Option<DialogField>; DialogField::ALL.len()]);

impl Default for Fields {
    fn default() -> Self {
        Self(DialogField::ALL.map(Some))
    }
}

impl Fields {
    /// The field at this place.
    #[must_use]
    pub fn at(&self, place: u8) -> Option<DialogField> {
        self.0.get(usize::from(place)).copied().flatten()
    }

    /// Returns whether the dialog has this field.
    #[must_use]
    pub fn has(&self, field: DialogField) -> bool {
        self.0.contains(&Some(field))
    }

    /// The field with its place, if the dialog has it.
    fn all(&self) -> impl Iterator<Item = DialogField> {
        self.0.into_iter().flatten()
    }
}

impl Value for Fields {
    const TAKES: Takes = Takes::Form {
        pattern: "^ *conference_id *(, *(passcode|organizer|name) *)*$",
        says: "conference_id and, separated by commas, those of passcode, organizer and name that are asked for",
        numbers: None,
        example: "conference_id, name",
    };

    fn parse(text: &str) -> Result<Self, String> {
        let mut fields = [None; DialogField::ALL.len()];
        let mut places = fields.iter_mut();
        for word in text.split(',').map(str::trim) {
            let known = DialogField::ALL.into_iter().find(|field| field.name() == word);
            let names = || DialogField::ALL.map(DialogField::name).join(", ");
            let field = known.ok_or_else(|| format!("`{word}` is not one of {}", names()))?;
            let place = places.next().ok_or_else(|| format!("`{word}` is asked for twice"))?;
            *place = Some(field);
        }
        let twice =
            (1..fields.len()).find(|at| fields[*at].is_some() && fields[..*at].contains(&fields[*at]));
        if let Some(field) = twice.and_then(|at| fields[at]) {
            return Err(format!("`{}` is asked for twice", field.name()));
        }
        if fields[0] != Some(DialogField::ConferenceId) {
            return Err("`conference_id` comes first: without it there is no meeting to ask for".to_owned());
        }
        Ok(Self(fields))
    }

    fn show(&self) -> String {
        self.all().map(DialogField::name).collect::<Vec<_>>().join(", ")
    }
}

words! {
    /// The key that ends an entry.
    Terminator {
        /// `#`
        Pound = "pound",
        /// `*`; neither language nor correction is chosen with it then.
        Star = "star",
        /// None: an entry ends by its length, or by time.
        None = "none",
    }
}

impl Terminator {
    /// The key, if there is one.
    #[must_use]
    pub const fn key(self) -> Option<Digit> {
        match self {
            Self::Pound => Some(Digit::POUND),
            Self::Star => Some(Digit::STAR),
            Self::None => None,
        }
    }
}

/// What may be keyed into a field, how often and how long.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EntryPolicy {
    /// Fewer digits make an entry invalid.
    pub min_digits: DigitCount,
    /// More digits make an entry invalid.
    pub max_digits: DigitCount,
    /// So many digits end an entry by themselves.
    pub exact_digits: ExactDigits,
    /// The key that ends an entry.
    pub terminator: Terminator,
    /// How often a call may try.
    pub tries: Tries,
    /// From the prompt's end to the first key, where it is not [`DialogPolicy::first_digit_timeout`].
    pub timeout: TimeLimit,
}

impl Default for EntryPolicy {
    fn default() -> Self {
        Self {
            min_digits: DigitCount::LEAST,
            max_digits: DigitCount::MOST,
            exact_digits: ExactDigits(None),
            terminator: Terminator::Pound,
            tries: Tries::THREE,
            timeout: TimeLimit(None),
        }
    }
}

impl EntryPolicy {
    /// Returns how many digits a number has that is drawn for this field: so many as are wished, if those can be keyed.
    #[must_use]
    pub fn drawn_digits(&self, wished: usize) -> usize {
        match self.exact_digits.0 {
            Some(exact) => exact.get(),
            None => wished.min(self.max_digits.get()).max(self.min_digits.get()),
        }
    }
}

/// What the attendant asks for, and its tries and timeouts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DialogPolicy {
    /// Callers whose calls are not taken.
    pub blocked_callers: BlockedCallers,
    /// What is asked for, in this order.
    pub fields: Fields,
    /// The conference ID; silence is a try.
    pub conference_id: EntryPolicy,
    /// Whether the conference ID is read back and confirmed.
    pub confirm_conference_id: bool,
    /// The meeting's passcode; silence is a try.
    pub passcode: EntryPolicy,
    /// Whether the passcode and the organizer's PIN are asked for by one prompt (Kazoo and mod_conference: one prompt,
    /// two codes), and nobody who gives the passcode is asked whether they are the organizer.
    pub one_prompt: bool,
    /// Whether the right PIN at that prompt is as good as the passcode.
    pub passcode_skipped_by_pin: bool,
    /// The organizer's PIN; only wrong ones are tries.
    pub pin: EntryPolicy,
    /// Where the last wrong PIN leads.
    pub after_last_pin: AfterLastPin,
    /// Whether those who call a running meeting are asked too (ConfBridge and mod_conference ask everybody for the
    /// PIN of a conference that has one: `pin` in "ConfBridge Configuration", `moderator-pin` in mod_conference.c).
    pub asks_for_organizer: AsksForOrganizer,
    /// From a prompt's end to the first key.
    pub first_digit_timeout: Duration,
    /// From one key to the next; ends an entry as `#` does.
    pub interdigit_timeout: Duration,
    /// How long `*` is waited for after `press-star-if-organizer`.
    pub organizer_question_timeout: Duration,
    /// How long keys that give a command wait for those of a longer one that they begin.
    pub command_timeout: Duration,
    /// How long an organizer who is asked whom to admit may think; then the question is put once more.
    pub admission_timeout: Duration,
    /// The longest recorded name.
    pub name_timeout: Duration,
    /// How long a question to the directory stays open before it is asked once more.
    pub directory_timeout: Duration,
}

impl Default for DialogPolicy {
    fn default() -> Self {
        Self {
            blocked_callers: BlockedCallers::default(),
            fields: Fields::default(),
            conference_id: EntryPolicy::default(),
            confirm_conference_id: false,
            passcode: EntryPolicy::default(),
            one_prompt: false,
            passcode_skipped_by_pin: true,
            pin: EntryPolicy::default(),
            after_last_pin: AfterLastPin::Lobby,
            asks_for_organizer: AsksForOrganizer::UntilStarted,
            first_digit_timeout: Duration::from_secs(10),
            interdigit_timeout: Duration::from_secs(5),
            organizer_question_timeout: Duration::from_secs(5),
            command_timeout: Duration::from_secs(2),
            admission_timeout: Duration::from_secs(60),
            name_timeout: Duration::from_secs(10),
            directory_timeout: Duration::from_secs(3),
        }
    }
}

impl DialogPolicy {
    /// Returns whether callers of a meeting that has a passcode are asked for it.
    #[must_use]
    pub fn asks_for_passcode(&self) -> bool {
        self.fields.has(DialogField::Passcode)
    }

    /// Returns whether the organizer's PIN is taken at the prompt for the passcode.
    #[must_use]
    pub fn takes_pin_for_passcode(&self) -> bool {
        self.one_prompt && self.passcode_skipped_by_pin
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_fields_is_read_in_any_order_behind_the_conference_id() {
        let read = Fields::parse("conference_id,name , organizer").unwrap();
        assert_eq!(read.show(), "conference_id, name, organizer");
        assert_eq!(Fields::parse(&read.show()), Ok(read));
        let short = Fields::parse("conference_id").unwrap();
        assert_eq!((short.at(0), short.at(1)), (Some(DialogField::ConferenceId), None));
        assert!(!short.has(DialogField::Organizer) && Fields::default().has(DialogField::Organizer));
    }

    #[test]
    fn a_list_of_fields_that_makes_no_dialog_is_refused() {
        for (text, said) in [
            ("", "`` is not one of conference_id, passcode, organizer, name"),
            ("conference_id, pin", "`pin` is not one of conference_id, passcode, organizer, name"),
            ("conference_id, name, name", "`name` is asked for twice"),
            ("conference_id, organizer, passcode, name, name", "`name` is asked for twice"),
            ("name, conference_id", "`conference_id` comes first: without it there is no meeting to ask for"),
        ] {
            assert_eq!(Fields::parse(text), Err(said.to_owned()), "{text}");
        }
    }
}
