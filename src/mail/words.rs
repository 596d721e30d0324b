//! What mails say, in each language.

mod de;
mod en;
mod es;
mod fr;
mod ja;

use crate::control::call::Language;

/// The wordings of one language. `{name}` in the greeting is the reader's name.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) greeting: &'static str,
    /// Where the user has no name.
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

    /// How the organizer starts a meeting by phone.
    pub(super) how_to_start: &'static str,
    /// That the PIN is for nobody else.
    pub(super) keep_pin: &'static str,
    /// That the PIN is not in this mail.
    pub(super) pin_not_here: &'static str,
    /// How the coordinates are removed from invitations, step by step.
    pub(super) removal: &'static str,
    pub(super) removal_steps: [&'static str; 3],

    pub(super) automatic: &'static str,
    pub(super) help: &'static str,
}

/// What one kind of mail says.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) subject: &'static str,
    pub(super) intro: &'static str,
    /// What the reader does next; empty for nothing.
    pub(super) next: &'static str,
}

impl Words {
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
