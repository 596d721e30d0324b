//! Why something was not done, in the words of the page.

use crate::admin::refusal::{PasswordFault, Refusal};
use crate::control::policy::SettingError;
use crate::web::translation::Translation;

/// The error of a form, and the field it is about; empty for a form that was not refused.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct FormError {
    field: String,
    pub(super) text: String,
}

impl FormError {
    pub(super) fn of(t: &'static Translation, refusal: &Refusal) -> Self {
        Self { field: field(refusal).to_owned(), text: explain(t, refusal) }
    }

    /// Returns whether it is at this field.
    pub(super) fn at(&self, field: &str) -> bool {
        self.field == field
    }
}

/// The field of a form that a refusal is about; empty if it is about none.
fn field(refusal: &Refusal) -> &str {
    match refusal {
        Refusal::BadAddress(_) => "address",
        Refusal::BadText(_) => "text",
        Refusal::BadConferenceId | Refusal::ConferenceIdTaken(_) | Refusal::PinInside(_) => "conference_id",
        Refusal::BadNumber(_) | Refusal::NumberThere(_) => "number",
        Refusal::SenderIncomplete => "sender",
        Refusal::Setting(name, _) => name,
        Refusal::UnknownNumber(..)
        | Refusal::WrongKindOfNumber { .. }
        | Refusal::NumberInUse(..)
        | Refusal::BadLanguages
        | Refusal::Forbidden(_)
        | Refusal::UnknownUser(_)
        | Refusal::AmbiguousUser(..)
        | Refusal::NotEnabled(_)
        | Refusal::BadName(_)
        | Refusal::BadPassword(_)
        | Refusal::Changed
        | Refusal::UnknownToken(_)
        | Refusal::UnknownAccount(_)
        | Refusal::NotAdministrators(_)
        | Refusal::LastAdministrator(_)
        | Refusal::NoFreeConferenceId
        | Refusal::File(..)
        | Refusal::Store(_)
        | Refusal::Hash(_) => "",
    }
}

/// Returns the error and what was expected.
pub(super) fn explain(t: &'static Translation, refusal: &Refusal) -> String {
    match refusal {
        Refusal::Forbidden(_) => t.forbidden.to_owned(),
        Refusal::UnknownUser(name) => format!("{}: {name}", t.unknown_user),
        Refusal::NotEnabled(name) => format!("{}: {name}", t.user_not_enabled),
        Refusal::AmbiguousUser(name, _) | Refusal::BadName(name) => format!("{}: {name}", t.bad_name),
        Refusal::BadAddress(address) => format!("{}: {address}", t.bad_address),
        Refusal::BadText(_) => t.bad_text.to_owned(),
        Refusal::BadConferenceId => t.bad_conference_id.to_owned(),
        Refusal::ConferenceIdTaken(id) => format!("{}: {}", t.conference_id_taken, id.reveal()),
        Refusal::PinInside(_) => t.pin_inside.to_owned(),
        Refusal::BadNumber(number) => format!("{}: {number}", t.bad_number),
        Refusal::UnknownNumber(number, _) => format!("{}: {number}", t.unknown_number),
        Refusal::NumberThere(number) => format!("{}: {number}", t.number_there),
        Refusal::NumberInUse(number, user) => format!("{}: {number}, {user}", t.number_in_use),
        Refusal::BadLanguages => t.bad_languages.to_owned(),
        Refusal::SenderIncomplete => t.sender_incomplete.to_owned(),
        Refusal::BadPassword(fault) => match fault {
            PasswordFault::NotThePresent => t.not_the_present_password,
            PasswordFault::TheSame => t.same_password,
            PasswordFault::Length => t.password_length,
            PasswordFault::Pattern => t.password_pattern,
            PasswordFault::Known => t.password_known,
        }
        .to_owned(),
        Refusal::Setting(name, SettingError::Value(_)) if name == "pin_length" => {
            format!("{}: {}", t.pin_length, t.pin_length_hint)
        }
        Refusal::NoFreeConferenceId => t.no_free_conference_id.to_owned(),
        Refusal::Changed => t.changed_meanwhile.to_owned(),
        Refusal::Store(_) | Refusal::Hash(_) => t.store_unavailable.to_owned(),
        // What a page does not offer, in the words of the command line.
        Refusal::UnknownToken(_)
        | Refusal::UnknownAccount(_)
        | Refusal::NotAdministrators(_)
        | Refusal::LastAdministrator(_)
        | Refusal::WrongKindOfNumber { .. }
        | Refusal::Setting(..)
        | Refusal::File(..) => refusal.to_string(),
    }
}
