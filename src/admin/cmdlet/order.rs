//! What a cmdlet asks for: an [`Act`], and how it is to be carried out.

use super::table::{ANNOUNCEMENTS, Key, What};
use super::{Argument, Command, Fault, Value, help};
use crate::admin::act::{Act, Change, ConferenceIdChange, Enable, Listing, MailRequest, Sender, UserName};
use crate::admin::answer::Answer;
use crate::admin::refusal::Refusal;
use crate::control::call::{Digits, Language};
use crate::control::numbers::{self, CONFERENCE_ID_MAX};
use crate::store::search::Sought;

/// What is to be done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Deed {
    /// This act.
    Act(Act),
    /// Nothing: this is told.
    Tell(String),
}

/// What a cmdlet asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Order {
    /// What is to be done.
    pub deed: Deed,
    /// Only say what would be done: `-WhatIf`.
    pub what_if: bool,
    /// Ask first: `-Confirm`.
    pub confirm: bool,
    /// Say what is done: `-Verbose`.
    pub verbose: bool,
    /// What was passed over, and why.
    pub remarks: Vec<String>,
    operation: &'static str,
    target: String,
    limit: usize,
}

impl Order {
    /// What is done to whom, in PowerShell's words.
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

    /// What the cmdlet shows of an answer.
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
    /// What the cmdlet asks for.
    ///
    /// # Errors
    /// An argument breaks a rule, or two exclude each other.
    pub fn order(&self) -> Result<Order, Fault> {
        let deed = self.deed()?;
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
            Some(format!("-{} is passed over: {why}", given.parameter.name))
        };
        self.arguments.iter().filter_map(told).collect()
    }

    fn deed(&self) -> Result<Deed, Fault> {
        Ok(Deed::Act(match self.cmdlet.what {
            What::EnableUser => Act::Enable(Enable {
                user: self.user()?,
                conference_id: self.conference_id()?,
                number: self.number(Key::ServiceNumber)?,
                toll_free_number: self.number(Key::TollFreeServiceNumber)?,
                allow_anonymous_start: self.flag(Key::AllowAnonymousStart),
                allow_toll_free: self.flag(Key::AllowTollFree),
                mail: self.mail()?,
                description: None,
            }),
            What::DisableUser => Act::Disable { user: self.user()?, mail: self.mail()? },
            What::SetUser => Act::Change(self.change()?),
            What::GetUser => self.get_user()?,
            What::GetTenant => Act::ShowTenant,
            What::SetTenant => Act::SetTenant(self.settings()?),
            What::RemoveTenant => Act::ResetTenant,
            What::GetNumber => Act::ShowNumbers(self.number(Key::Identity)?),
            What::SetNumber => self.set_number()?,
            What::LockPin => Act::LockPin(self.user()?),
            What::UnlockPin => Act::UnlockPin(self.user()?),
            What::GetPinInfo => Act::ShowPin(self.user()?),
            What::GetCommand => return Ok(Deed::Tell(help::every_cmdlet())),
            What::GetHelp => {
                let name = self.text(Key::HelpName).unwrap_or_default();
                return help::of(name).map(Deed::Tell);
            }
        }))
    }

    /// The user principal name, or the SIP address, which is the same behind its scheme.
    fn user(&self) -> Result<UserName, Fault> {
        let given = self.text(Key::Identity).unwrap_or_default().trim();
        let scheme = given.get(..4).filter(|scheme| scheme.eq_ignore_ascii_case("sip:"));
        let name = scheme.map_or(given, |scheme| &given[scheme.len()..]);
        if name.is_empty() {
            return Err(Fault::new(
                "-Identity is empty",
                "a user principal name, as amos.marble@contoso.com",
            ));
        }
        Ok(UserName(name.to_owned()))
    }

    fn conference_id(&self) -> Result<Option<Digits>, Fault> {
        let Some(text) = self.text(Key::ConferenceId) else { return Ok(None) };
        numbers::conference_id(text).map(Some).ok_or_else(|| {
            let what = format!("-ConferenceId does not take `{text}`");
            Fault::new(&what, &format!("1 to {CONFERENCE_ID_MAX} digits, in groups or not, as '314 1592'"))
        })
    }

    /// A telephone number in any form, as E.164.
    fn number(&self, key: Key) -> Result<Option<String>, Fault> {
        let Some(given) = self.arguments.iter().find(|given| given.parameter.key == key) else {
            return Ok(None);
        };
        let text = self.text(key).unwrap_or_default();
        numbers::e164(text).map(Some).ok_or_else(|| {
            let what = format!("-{} does not take `{text}`", given.parameter.name);
            Fault::new(&what, "14255550100, +14255550100 or tel:+14255550100")
        })
    }

    fn mail(&self) -> Result<Option<MailRequest>, Fault> {
        let (to, address, name) =
            (self.text(Key::SendEmailTo), self.text(Key::SendEmailFrom), self.text(Key::SendEmailFromName));
        let from = match (address, name) {
            (None, None) => None,
            (Some(address), Some(name)) => {
                Some(Sender { address: address.to_owned(), name: name.to_owned() })
            }
            (Some(_), None) | (None, Some(_)) => {
                return Err(Fault::said(
                    "-SendEmailFromAddress and -SendEmailFromDisplayName need each other",
                ));
            }
        };
        if self.has(Key::SendEmail) {
            return Ok(Some(MailRequest { to: to.map(str::to_owned), from }));
        }
        match (to, from) {
            (None, None) => Ok(None),
            (Some(_), _) => Err(Fault::said("-SendEmailToAddress needs -SendEmail beside it")),
            (None, Some(_)) => Err(Fault::said("-SendEmailFromAddress needs -SendEmail beside it")),
        }
    }

    fn change(&self) -> Result<Change, Fault> {
        let conference_id = match (self.conference_id()?, self.has(Key::ResetConferenceId)) {
            (Some(_), true) => {
                return Err(Fault::said(
                    "-ConferenceId and -ResetConferenceId exclude each other; expected one of them",
                ));
            }
            (Some(id), false) => Some(ConferenceIdChange::Set(id)),
            (None, true) => Some(ConferenceIdChange::Reset),
            (None, false) => None,
        };
        let user = self.user()?;
        let change = Change {
            reset_pin: self.has(Key::ResetLeaderPin),
            conference_id,
            allow_anonymous_start: self.flag(Key::AllowAnonymousStart),
            number: self.number(Key::ServiceNumber)?,
            toll_free_number: self.number(Key::TollFreeServiceNumber)?,
            allow_toll_free: self.flag(Key::AllowTollFree),
            mail: self.mail()?,
            ..Change::of(user.clone())
        };
        if change == Change::of(user) {
            return Err(self.nothing_to_set());
        }
        Ok(change)
    }

    fn nothing_to_set(&self) -> Fault {
        let what = format!("{} is told nothing to change", self.cmdlet.name);
        Fault::new(&what, &format!("a parameter more; `Get-Help {}` lists them", self.cmdlet.name))
    }

    fn get_user(&self) -> Result<Act, Fault> {
        let number = self.number(Key::ServiceNumber)?;
        if self.value(Key::Identity).is_none() {
            let limit = self.count(Key::ResultSize);
            let sought = Sought { enabled_only: true, number, ..Sought::default() };
            return Ok(Act::ListUsers(Listing { limit, sought, ..Listing::default() }));
        }
        if number.is_some() {
            let what = "-Identity names one user, and -ServiceNumber chooses among all";
            return Err(Fault::new(what, "one of the two"));
        }
        Ok(Act::ShowUser(self.user()?))
    }

    fn settings(&self) -> Result<Vec<(String, String)>, Fault> {
        let mut settings = Vec::new();
        for Argument { parameter, value } in &self.arguments {
            let Key::Setting(name) = parameter.key else { continue };
            let value = match value {
                Value::Switch(on) | Value::Flag(on) => on.to_string(),
                Value::Count(count) => count.to_string(),
                Value::Text(text) => {
                    let word = ANNOUNCEMENTS.iter().find(|(theirs, _)| theirs == text);
                    word.filter(|_| name == "entry_exit_announcements")
                        .map_or_else(|| text.clone(), |(_, ours)| (*ours).to_owned())
                }
                Value::Texts(texts) => texts.join(" "),
            };
            settings.push((name.to_owned(), value));
        }
        if settings.is_empty() { Err(self.nothing_to_set()) } else { Ok(settings) }
    }

    fn set_number(&self) -> Result<Act, Fault> {
        let number = self.number(Key::Identity)?.unwrap_or_default();
        let language = |name: &str, tag: &str| {
            let known = || Language::ALL.map(Language::tag).join(", ");
            let what = format!("-{name} does not take `{tag}`");
            Language::from_tag(tag).ok_or_else(|| Fault::new(&what, &format!("one of {}", known())))
        };
        let primary = self.text(Key::PrimaryLanguage);
        let primary = primary.map(|tag| language("PrimaryLanguage", tag)).transpose()?;
        let secondary = self.texts(Key::SecondaryLanguages);
        let secondary: Option<Vec<Language>> = secondary
            .map(|tags| tags.iter().map(|tag| language("SecondaryLanguages", tag)).collect())
            .transpose()?;
        let restores = self.has(Key::RestoreLanguages);
        match (restores, primary, secondary) {
            (false, None, None) => Err(self.nothing_to_set()),
            (false, primary, secondary) => Ok(Act::SetNumber { number, primary, secondary }),
            (true, None, None) => {
                let (primary, secondary) = (Some(Language::default()), Some(Vec::new()));
                Ok(Act::SetNumber { number, primary, secondary })
            }
            (true, _, _) => {
                Err(Fault::said("-RestoreDefaultLanguages excludes -PrimaryLanguage and -SecondaryLanguages"))
            }
        }
    }
}

/// Why an act was refused, in the words of cmdlets.
#[must_use]
pub fn refused(refusal: &Refusal) -> String {
    match refusal {
        Refusal::UnknownUser(name) if !name.contains('@') => format!(
            "unknown user {name}; expected the user principal name, as amos.marble@contoso.com, or the SIP \
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
