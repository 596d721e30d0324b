//! The parameters of cmdlets, as data.

/// The meaning of a parameter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Key {
    /// The user or object.
    Identity,
    /// The conference ID of one's own choice.
    ConferenceId,
    /// A new conference ID.
    ResetConferenceId,
    /// A new PIN.
    ResetLeaderPin,
    /// Whether meetings start without a PIN.
    AllowAnonymousStart,
    /// Whether meetings take calls to toll-free numbers.
    AllowTollFree,
    /// The toll number, or the number by which users are chosen.
    ServiceNumber,
    /// The toll-free number.
    TollFreeServiceNumber,
    /// A mail that is asked for by name.
    SendEmail,
    /// Where it goes.
    SendEmailTo,
    /// In whose name: the address.
    SendEmailFrom,
    /// In whose name: the name.
    SendEmailFromName,
    /// At most so many.
    ResultSize,
    /// A setting of the tenant, by its BEHAVIOUR name.
    Setting(&'static str),
    /// Spoken first.
    PrimaryLanguage,
    /// Reached with `*1` to `*4`.
    SecondaryLanguages,
    /// The languages that a new number speaks.
    RestoreLanguages,
    /// The cmdlet to show help for.
    HelpName,
    /// Says what would be done.
    WhatIf,
    /// Asks first.
    Confirm,
    /// Says what is done.
    Verbose,
    /// Is taken and changes nothing; says why.
    PassedOver(&'static str),
    /// Is taken, and asks for nothing that would have to be told.
    Force,
    /// Is known and refused; says why.
    Refused(&'static str),
}

/// The type of a parameter's value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Takes {
    /// Nothing: it is there or not, or says `:$false`.
    Switch,
    /// `$true` or `$false`, or a number.
    Flag,
    /// A whole number between these two, both included.
    Count(u32, u32),
    /// One text.
    Text,
    /// Texts with commas between them.
    Texts,
    /// One of these words, in any case.
    Word(&'static [&'static str]),
}

/// A parameter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parameter {
    /// The meaning.
    pub key: Key,
    /// Its name.
    pub name: &'static str,
    /// Its other names.
    pub aliases: &'static [&'static str],
    /// The type of the value.
    pub takes: Takes,
}

/// Values of [`Key::Setting`] for `entry_exit_announcements`, with the setting's words for them.
pub const ANNOUNCEMENTS: [(&str, &str); 2] = [("UseNames", "names"), ("ToneOnly", "tone")];

impl Parameter {
    /// Every name by which it can be called.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }
}
