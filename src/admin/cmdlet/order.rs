//! A cmdlet's request: an [`Act`], and how to carry it out.

use super::command::{Argument, Command, Made};
use super::fault::Fault;
use super::help;
use super::parameter::Key;
use crate::admin::act::{Act, UserName};
use crate::admin::answer::Answer;
use crate::admin::refusal::Refusal;

/// The request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Deed {
    /// This act.
    Act(Act),
    /// Nothing: this is told.
    Tell(String),
}

/// A request with its options.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Order {
    /// The request.
    pub deed: Deed,
    /// Only say what would be done: `-WhatIf`.
    pub what_if: bool,
    /// Ask first: `-Confirm`.
    pub confirm: bool,
    /// Say what is done: `-Verbose`.
    pub verbose: bool,
    /// Warnings about parameters that were ignored, with the reason.
    pub remarks: Vec<String>,
    operation: &'static str,
    target: String,
    limit: usize,
}

impl Order {
    /// Returns a description of the operation and its target, in PowerShell's words.
    #[must_use]
    pub fn told(&self) -> String {
        format!("Performing the operation \"{}\" on target \"{}\".", self.operation, self.target)
    }

    /// Names the user whom it concerns, if it concerns one, by their whole name.
    ///
    /// # Errors
    /// Those of `whole`, which is given the name that was typed.
    pub fn name_user<E>(&mut self, whole: impl FnOnce(&UserName) -> Result<UserName, E>) -> Result<(), E> {
        let Deed::Act(act) = &mut self.deed else { return Ok(()) };
        let Some(user) = act.user_mut() else { return Ok(()) };
        *user = whole(user)?;
        self.target.clone_from(&user.0);
        Ok(())
    }

    /// Returns the part of an answer that the cmdlet shows.
    ///
    /// # Errors
    /// It shows only those who are enabled, and this user is not.
    pub fn chosen(&self, mut answer: Answer) -> Result<Answer, Refusal> {
        match &mut answer {
            Answer::Users(users) => {
                if let Some(user) = users.iter().find(|user| !user.enabled) {
                    return Err(Refusal::NotEnabled(user.name.clone()));
                }
                users.truncate(self.limit);
            }
            Answer::Numbers(numbers) => numbers.truncate(self.limit),
            Answer::Done(_) | Answer::Tenant(_) | Answer::Pin(_) => {}
            // No cmdlet is answered so.
            Answer::NewToken(..) | Answer::Tokens(_) | Answer::NewAccount(..) | Answer::Accounts(_) => {}
        }
        Ok(answer)
    }
}

impl Command {
    /// Returns the request of the cmdlet.
    ///
    /// # Errors
    /// An argument breaks a rule, or two exclude each other.
    pub fn order(&self) -> Result<Order, Fault> {
        let deed = match (self.cmdlet.makes)(self)? {
            Made::Act(act) => Deed::Act(act),
            Made::EveryCmdlet => Deed::Tell(help::every_cmdlet()),
            Made::Help(name) => Deed::Tell(help::of(&name)?),
        };
        let target =
            self.text(Key::Identity).map_or_else(|| "the tenant's settings".to_owned(), str::to_owned);
        let limit = self.count(Key::ResultSize).map_or(usize::MAX, |count| count as usize);
        Ok(Order {
            deed,
            what_if: self.has(Key::WhatIf),
            confirm: self.has(Key::Confirm),
            verbose: self.has(Key::Verbose),
            remarks: self.passed_over(),
            operation: self.cmdlet.name,
            target,
            limit,
        })
    }

    fn passed_over(&self) -> Vec<String> {
        let told = |given: &Argument| {
            let Key::PassedOver(why) = given.parameter.key else { return None };
            Some(format!("-{} is ignored: {why}", given.parameter.name))
        };
        self.arguments.iter().filter_map(told).collect()
    }
}

/// Why an act was refused, in the words of cmdlets.
#[must_use]
pub fn refused(refusal: &Refusal) -> String {
    match refusal {
        Refusal::UnknownUser(name) if !name.contains('@') => format!(
            "unknown user {name}; expected the user principal name, such as amos.marble@contoso.com, or the SIP \
             address: display names are not looked up"
        ),
        Refusal::UnknownUser(name) => format!(
            "unknown user {name}; `Get-CsOnlineDialInConferencingUser` lists users, \
             `Enable-CsOnlineDialInConferencingUser {name}` adds one"
        ),
        Refusal::NotEnabled(name) => format!(
            "{name} is not enabled for dial-in conferencing; `Enable-CsOnlineDialInConferencingUser {name}` does that"
        ),
        Refusal::SenderIncomplete => "-SendEmailFromOverride $true needs both -SendEmailFromAddress and \
                                      -SendEmailFromDisplayName; set them in the same command"
            .to_owned(),
        Refusal::BadLanguages => {
            format!("-SecondaryLanguages: {refusal}")
        }
        Refusal::ConferenceIdTaken(_) | Refusal::PinInside(_) => format!("-ConferenceId: {refusal}"),
        Refusal::WrongKindOfNumber { toll_free: true, .. } => format!("-ServiceNumber: {refusal}"),
        Refusal::WrongKindOfNumber { toll_free: false, .. } => format!("-TollFreeServiceNumber: {refusal}"),
        Refusal::Forbidden(_)
        | Refusal::BadName(_)
        | Refusal::AmbiguousUser(..)
        | Refusal::UnknownToken(_)
        | Refusal::UnknownAccount(_)
        | Refusal::NotAdministrators(_)
        | Refusal::LastAdministrator(_)
        | Refusal::BadPassword(_)
        | Refusal::Changed
        | Refusal::BadAddress(_)
        | Refusal::BadText(_)
        | Refusal::BadConferenceId
        | Refusal::NoFreeConferenceId
        | Refusal::BadNumber(_)
        | Refusal::UnknownNumber(..)
        | Refusal::NumberThere(_)
        | Refusal::NumberInUse(..)
        | Refusal::Setting(..)
        | Refusal::File(..)
        | Refusal::Hash(_)
        | Refusal::Store(_) => refusal.to_string(),
    }
}
