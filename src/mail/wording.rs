//! The wording of mails, in each language.

mod de;
mod en;
mod es;
mod fr;
mod ja;

use crate::control::call::Language;

/// The wordings of one language. `{name}` in the greeting is the reader's name.
#[derive(Debug)]
pub(super) struct Wording {
    pub(super) greeting: &'static str,
    /// For a user without a name.
    pub(super) greeting_nameless: &'static str,

    pub(super) enabled: Event,
    pub(super) pin_reset: Event,
    pub(super) changed: Event,
    pub(super) disabled: Event,
    pub(super) coordinates: Event,
    pub(super) test: Event,

    pub(super) number: &'static str,
    pub(super) toll_free_number: &'static str,
    pub(super) conference_id: &'static str,
    pub(super) pin: &'static str,
    /// Between a label and what it names, in plain text.
    pub(super) colon: &'static str,

    /// Explains how the organizer starts a meeting by phone.
    pub(super) how_to_start: &'static str,
    /// Asks the reader to keep the PIN secret.
    pub(super) keep_pin: &'static str,
    /// Says that the PIN is not in this mail.
    pub(super) pin_not_here: &'static str,
    /// Explains how to remove the coordinates from invitations, step by step.
    pub(super) removal: &'static str,
    pub(super) removal_steps: [&'static str; 3],

    pub(super) automatic: &'static str,
    pub(super) help: &'static str,
}

/// The wording of one kind of mail.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) subject: &'static str,
    pub(super) intro: &'static str,
    /// The next step for the reader; empty if there is none.
    pub(super) next: &'static str,
}

impl Wording {
    /// Those of a language.
    pub(super) const fn of(language: Language) -> &'static Self {
        match language {
            Language::EnUs => &en::WORDS,
            Language::DeDe => &de::WORDS,
            Language::FrFr => &fr::WORDS,
            Language::EsEs => &es::WORDS,
            Language::JaJp => &ja::WORDS,
        }
    }
}
