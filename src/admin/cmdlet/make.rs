//! Converts the arguments of cmdlets into acts.

use super::command::{Argument, Command, Made, Value};
use super::fault::Fault;
use super::parameter::{ANNOUNCEMENTS, Key};
use crate::admin::act::{Act, Change, ConferenceIdChange, Enable, Listing, MailRequest, Sender, UserName};
use crate::control::call::{Digits, Language};
use crate::control::numbers::{self, CONFERENCE_ID_MAX};
use crate::store::search::Sought;

impl Command {
    pub(super) fn enable(&self) -> Result<Made, Fault> {
        Ok(Made::Act(Act::Enable(Enable {
            user: self.user()?,
            conference_id: self.conference_id()?,
            number: self.number(Key::ServiceNumber)?,
            toll_free_number: self.number(Key::TollFreeServiceNumber)?,
            allow_anonymous_start: self.flag(Key::AllowAnonymousStart),
            allow_toll_free: self.flag(Key::AllowTollFree),
            mail: self.mail()?,
            description: None,
        })))
    }

    pub(super) fn disable(&self) -> Result<Made, Fault> {
        Ok(Made::Act(Act::Disable { user: self.user()?, mail: self.mail()? }))
    }

    pub(super) fn change_user(&self) -> Result<Made, Fault> {
        Ok(Made::Act(Act::Change(self.change()?)))
    }

    /// An act that needs nothing but its user.
    pub(super) fn on_user(&self, act: fn(UserName) -> Act) -> Result<Made, Fault> {
        Ok(Made::Act(act(self.user()?)))
    }

    pub(super) fn set_tenant(&self) -> Result<Made, Fault> {
        Ok(Made::Act(Act::SetTenant(self.settings()?)))
    }

    pub(super) fn get_numbers(&self) -> Result<Made, Fault> {
        Ok(Made::Act(Act::ShowNumbers(self.number(Key::Identity)?)))
    }

    pub(super) fn help_topic(&self) -> String {
        self.text(Key::HelpName).unwrap_or_default().to_owned()
    }

    /// The user principal name, or the SIP address, which is the same behind its scheme.
    fn user(&self) -> Result<UserName, Fault> {
        let given = self.text(Key::Identity).unwrap_or_default().trim();
        let scheme = given.get(..4).filter(|scheme| scheme.eq_ignore_ascii_case("sip:"));
        let name = scheme.map_or(given, |scheme| &given[scheme.len()..]);
        if name.is_empty() {
            return Err(Fault::new(
                "-Identity is empty",
                "a user principal name, such as amos.marble@contoso.com",
            ));
        }
        Ok(UserName(name.to_owned()))
    }

    fn conference_id(&self) -> Result<Option<Digits>, Fault> {
        let Some(text) = self.text(Key::ConferenceId) else { return Ok(None) };
        numbers::conference_id(text).map(Some).ok_or_else(|| {
            let what = format!("-ConferenceId does not take `{text}`");
            Fault::new(&what, &format!("1 to {CONFERENCE_ID_MAX} digits, grouped or not, such as '314 1592'"))
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
                    "-SendEmailFromAddress and -SendEmailFromDisplayName must be given together",
                ));
            }
        };
        if self.has(Key::SendEmail) {
            return Ok(Some(MailRequest { to: to.map(str::to_owned), from }));
        }
        match (to, from) {
            (None, None) => Ok(None),
            (Some(_), _) => Err(Fault::said("-SendEmailToAddress requires -SendEmail")),
            (None, Some(_)) => Err(Fault::said("-SendEmailFromAddress requires -SendEmail")),
        }
    }

    fn change(&self) -> Result<Change, Fault> {
        let conference_id = match (self.conference_id()?, self.has(Key::ResetConferenceId)) {
            (Some(_), true) => {
                return Err(Fault::said(
                    "-ConferenceId and -ResetConferenceId cannot be combined; expected one of them",
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
        let what = format!("{} has nothing to change", self.cmdlet.name);
        Fault::new(&what, &format!("another parameter; `Get-Help {}` lists them", self.cmdlet.name))
    }

    pub(super) fn get_user(&self) -> Result<Made, Fault> {
        let number = self.number(Key::ServiceNumber)?;
        if self.value(Key::Identity).is_none() {
            let limit = self.count(Key::ResultSize);
            let sought = Sought { enabled_only: true, number, ..Sought::default() };
            return Ok(Made::Act(Act::ListUsers(Listing { limit, sought, ..Listing::default() })));
        }
        if number.is_some() {
            let what = "-Identity names one user, and -ServiceNumber selects among all";
            return Err(Fault::new(what, "one of the two"));
        }
        self.on_user(Act::ShowUser)
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

    pub(super) fn set_number(&self) -> Result<Made, Fault> {
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
            (false, primary, secondary) => Ok(Made::Act(Act::SetNumber { number, primary, secondary })),
            (true, None, None) => {
                let (primary, secondary) = (Some(Language::default()), Some(Vec::new()));
                Ok(Made::Act(Act::SetNumber { number, primary, secondary }))
            }
            (true, _, _) => Err(Fault::said(
                "-RestoreDefaultLanguages cannot be combined with -PrimaryLanguage or -SecondaryLanguages",
            )),
        }
    }
}
