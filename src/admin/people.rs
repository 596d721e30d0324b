//! Decides what an act changes in a user's record, without I/O. Random values are drawn by the caller.

use super::act::{Change, ConferenceIdChange, Description, Enable, MailRequest, PasscodeChange, UserName};
use super::refusal::Refusal;
use super::view::{check_address, check_conference_id, check_name, check_text, e164, is_address};
use crate::control::account::{self, AccountAct, ConferenceIdPlan, NotEnabled};
use crate::control::pin::Pin;
use crate::control::policy::Policy;
use crate::store::mail::MailKind;
use crate::store::record::{NumberRecord, UserRecord};

/// What the audit log says of one who was not in the directory before.
const ADDED: &str = "added";

/// The context of a decision, besides the user.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context<'s> {
    pub(super) policy: &'s Policy,
    pub(super) numbers: &'s [NumberRecord],
}

/// The result of an act on a user.
#[derive(Debug, Default)]
pub(super) struct Edit<'a> {
    /// The record, but for what has still to be drawn.
    pub(super) user: UserRecord,
    /// The change of the account.
    pub(super) account: account::Edit,
    /// Whether the user's own telephone is another one than before.
    pub(super) new_phone: bool,
    /// The passcode that their meetings get.
    pub(super) new_passcode: Option<Pin>,
    /// Whether the rest of the record is another one than before.
    pub(super) edited: bool,
    pub(super) event: Option<MailKind>,
    pub(super) request: Option<&'a MailRequest>,
    /// The changes, for the audit log.
    pub(super) detail: Vec<String>,
    pub(super) remarks: Vec<String>,
}

impl Edit<'_> {
    /// Returns whether anything is other than before.
    pub(super) fn changes(&self) -> bool {
        self.edited || self.account.changes()
    }

    /// Does this to the account by its rules, and answers whether it was not so already.
    fn apply(&mut self, act: AccountAct, policy: &Policy) -> Result<bool, Refusal> {
        let edit = self.user.account.apply(act, policy);
        let edit = edit.map_err(|NotEnabled| Refusal::NotEnabled(self.user.name.clone()))?;
        let changed = edit.changes();
        self.account = std::mem::take(&mut self.account).and(edit);
        Ok(changed)
    }

    fn set<V: PartialEq>(&mut self, field: impl FnOnce(&mut UserRecord) -> &mut V, value: V, detail: String) {
        let field = field(&mut self.user);
        if *field != value {
            *field = value;
            self.edited = true;
            self.detail.push(detail);
        }
    }
}

pub(super) fn enable<'a>(
    wish: &'a Enable,
    user: Option<UserRecord>,
    context: Context<'_>,
) -> Result<Edit<'a>, Refusal> {
    check_request(wish.mail.as_ref())?;
    let is_new = user.is_none();
    let mut edit = match (&wish.description, user) {
        (Some(description), user) => describe(description, user)?,
        (None, Some(user)) => Edit { user, ..Edit::default() },
        (None, None) => {
            let (user, detail) = (newcomer(&wish.user.0)?, vec![ADDED.to_owned()]);
            Edit { user, detail, ..Edit::default() }
        }
    };
    edit.request = wish.mail.as_ref();
    if edit.user.account.enabled {
        let rest = if edit.edited { "nothing else was changed" } else { "nothing was changed" };
        edit.remarks.push(format!("{} is already enabled: {rest}", edit.user.name));
        return Ok(edit);
    }
    let Enable { conference_id, allow_anonymous_start, .. } = *wish;
    conference_id.as_ref().map(check_conference_id).transpose()?;
    edit.apply(AccountAct::Enable { conference_id, allow_anonymous_start }, context.policy)?;
    edit.event = Some(MailKind::Enabled);
    let first = context.numbers.iter().find(|number| !number.toll_free);
    edit.user.number = edit.user.number.or_else(|| first.map(|number| number.number.clone()));
    choose_numbers(&mut edit.user, wish, context)?;
    if is_new {
        choose_language(&mut edit.user, wish, context);
    }
    Ok(edit)
}

/// Adds a user who is disabled again at once: what is said of their meetings is kept until they are enabled.
pub(super) fn add_disabled<'a>(wish: &'a Enable, context: Context<'_>) -> Result<Edit<'a>, Refusal> {
    let mut edit = match &wish.description {
        Some(description) => describe(description, None)?,
        None => Edit { user: newcomer(&wish.user.0)?, ..Edit::default() },
    };
    let Enable { conference_id, allow_anonymous_start, .. } = *wish;
    edit.apply(AccountAct::Enable { conference_id, allow_anonymous_start }, context.policy)?;
    edit.apply(AccountAct::Disable, context.policy)?;
    choose_numbers(&mut edit.user, wish, context)?;
    choose_language(&mut edit.user, wish, context);
    Ok(edit)
}

/// Gives a user the numbers that are asked for.
fn choose_numbers(user: &mut UserRecord, wish: &Enable, context: Context<'_>) -> Result<(), Refusal> {
    user.allow_toll_free = wish.allow_toll_free.unwrap_or(user.allow_toll_free);
    if let Some(number) = &wish.number {
        user.number = Some(service_number(context, number, false)?.number.clone());
    }
    if let Some(number) = &wish.toll_free_number {
        user.toll_free_number = Some(service_number(context, number, true)?.number.clone());
    }
    Ok(())
}

/// A newcomer of whom nothing else is said speaks as their number does.
fn choose_language(user: &mut UserRecord, wish: &Enable, context: Context<'_>) {
    let is_said = wish.description.as_ref().is_some_and(|description| description.language.is_some());
    let number = context.numbers.iter().find(|known| Some(&known.number) == user.number.as_ref());
    if let Some(number) = number.filter(|_| !is_said) {
        user.language = number.primary;
    }
}

pub(super) fn disable(mail: Option<&MailRequest>, user: UserRecord) -> Result<Edit<'_>, Refusal> {
    check_request(mail)?;
    if !user.account.enabled {
        let remarks = vec![format!("{} is not enabled: nothing was changed", user.name)];
        return Ok(Edit { user, remarks, ..Edit::default() });
    }
    let mut edit = Edit { user, event: Some(MailKind::Disabled), request: mail, ..Edit::default() };
    edit.account = edit.user.account.disable();
    Ok(edit)
}

pub(super) fn change<'a>(
    wish: &'a Change,
    user: UserRecord,
    context: Context<'_>,
) -> Result<Edit<'a>, Refusal> {
    check_request(wish.mail.as_ref())?;
    if !user.account.enabled {
        return Err(Refusal::NotEnabled(user.name));
    }
    let before = (user.number.clone(), user.toll_free_number.clone());
    let mut edit = Edit { user, request: wish.mail.as_ref(), ..Edit::default() };
    if let Some(change) = wish.conference_id {
        let wanted = match change {
            ConferenceIdChange::Reset => None,
            ConferenceIdChange::Set(id) => Some(id),
        };
        wanted.as_ref().map(check_conference_id).transpose()?;
        edit.apply(AccountAct::ChangeConferenceId(wanted), context.policy)?;
    }
    if wish.reset_pin {
        edit.apply(AccountAct::ResetPin, context.policy)?;
    }
    if let Some(allow) = wish.allow_anonymous_start
        && edit.apply(AccountAct::AllowAnonymousStart(allow), context.policy)?
    {
        edit.detail.push(format!("allow_anonymous_start {allow}"));
    }
    if let Some(number) = &wish.number {
        let known = service_number(context, number, false)?.number.clone();
        let detail = format!("number {known}");
        edit.set(|user| &mut user.number, Some(known), detail);
    }
    if let Some(number) = &wish.toll_free_number {
        let known = service_number(context, number, true)?.number.clone();
        let detail = format!("toll_free_number {known}");
        edit.set(|user| &mut user.toll_free_number, Some(known), detail);
    }
    if let Some(allow) = wish.allow_toll_free {
        edit.set(|user| &mut user.allow_toll_free, allow, format!("allow_toll_free {allow}"));
    }
    match wish.passcode {
        None => {}
        Some(PasscodeChange::Remove) => {
            edit.set(|user| &mut user.account.passcode, None, "passcode removed".to_owned());
        }
        Some(PasscodeChange::Set(passcode)) => {
            (edit.new_passcode, edit.edited) = (Some(passcode), true);
            edit.detail.push("new passcode".to_owned());
        }
    }
    let moved = edit.account.conference_id != ConferenceIdPlan::Keep
        || before != (edit.user.number.clone(), edit.user.toll_free_number.clone());
    // One mail tells both: that of the PIN has the conference ID and the numbers too. Who never had one, since they were
    // imported, was never told of anything: their first PIN comes with the mail that enables.
    edit.event = match (edit.account.new_pin, edit.user.account.pin.is_some()) {
        (true, true) => Some(MailKind::PinReset),
        (true, false) => Some(MailKind::Enabled),
        (false, _) => moved.then_some(MailKind::CoordinatesChanged),
    };
    Ok(edit)
}

/// Both at once: a mail about the new coordinates goes to the new address.
pub(super) fn edit<'a>(
    description: &Description,
    wish: &'a Change,
    user: UserRecord,
    context: Context<'_>,
) -> Result<Edit<'a>, Refusal> {
    let described = describe(description, Some(user))?;
    if *wish == Change::of(wish.user.clone()) {
        return Ok(described);
    }
    let mut edit = change(wish, described.user, context)?;
    edit.edited |= described.edited;
    edit.new_phone = described.new_phone;
    edit.detail.splice(0..0, described.detail);
    Ok(edit)
}

pub(super) fn describe<'a>(wish: &Description, user: Option<UserRecord>) -> Result<Edit<'a>, Refusal> {
    let is_new = user.is_none();
    let user = match user {
        Some(user) => user,
        None => newcomer(&wish.user.0)?,
    };
    let mut edit = Edit { user, edited: is_new, ..Edit::default() };
    if is_new {
        edit.detail.push(ADDED.to_owned());
    }
    if let Some(name) = &wish.display_name {
        check_text("display name", name)?;
        edit.set(|user| &mut user.display_name, name.clone(), "display name".to_owned());
    }
    if let Some(mail) = &wish.mail {
        let mail = (!mail.is_empty()).then(|| mail.clone());
        mail.as_deref().map(check_address).transpose()?;
        let detail = format!("mail {}", mail.as_deref().unwrap_or("none"));
        edit.set(|user| &mut user.mail, mail, detail);
    }
    if let Some(phone) = &wish.phone {
        let phone = own_telephone(phone)?;
        edit.new_phone = edit.user.account.phone != phone;
        edit.set(|user| &mut user.account.phone, phone, "phone".to_owned());
    }
    if let Some(language) = wish.language {
        edit.set(|user| &mut user.language, language, format!("language {}", language.tag()));
    }
    Ok(edit)
}

/// A user's own telephone as it is kept, of one that somebody wrote; empty for none.
pub(super) fn own_telephone(written: &str) -> Result<String, Refusal> {
    if written.trim().is_empty() { Ok(String::new()) } else { e164(written) }
}

/// What does nothing but this to the account.
pub(super) fn on_account<'a>(
    user: UserRecord,
    act: AccountAct,
    context: Context<'_>,
) -> Result<Edit<'a>, Refusal> {
    let mut edit = Edit { user, ..Edit::default() };
    edit.apply(act, context.policy)?;
    Ok(edit)
}

/// The user of this name, who must be there.
pub(super) fn known(found: Option<UserRecord>, name: &UserName) -> Result<UserRecord, Refusal> {
    found.ok_or_else(|| Refusal::UnknownUser(name.0.clone()))
}

/// One who is not in the directory: their name is taken for their address.
pub(super) fn newcomer(name: &str) -> Result<UserRecord, Refusal> {
    check_name(name)?;
    Ok(UserRecord {
        name: name.to_owned(),
        display_name: display_name(name),
        mail: is_address(name).then(|| name.to_owned()),
        allow_toll_free: true,
        ..UserRecord::default()
    })
}

/// `amos.marble@contoso.com` is Amos Marble, until somebody says otherwise.
fn display_name(name: &str) -> String {
    let own = name.split('@').next().unwrap_or_default();
    let words = own.split(['.', '_', '-']).filter(|word| !word.is_empty());
    let capital = |word: &str| {
        let mut rest = word.chars();
        rest.next().map(|first| first.to_uppercase().chain(rest).collect::<String>()).unwrap_or_default()
    };
    words.map(capital).collect::<Vec<_>>().join(" ")
}

fn check_request(request: Option<&MailRequest>) -> Result<(), Refusal> {
    let Some(request) = request else { return Ok(()) };
    request.to.as_deref().map(check_address).transpose()?;
    if let Some(from) = &request.from {
        check_address(&from.address)?;
        check_text("sender's name", &from.name)?;
    }
    Ok(())
}

pub(super) fn service_number<'n>(
    context: Context<'n>,
    number: &str,
    toll_free: bool,
) -> Result<&'n NumberRecord, Refusal> {
    let number = e164(number)?;
    let known = context.numbers.iter().find(|known| known.number == number);
    let Some(known) = known else {
        let fitting = context.numbers.iter().filter(|known| known.toll_free == toll_free);
        let fitting = fitting.map(|known| known.number.clone()).collect();
        return Err(Refusal::UnknownNumber(number, fitting));
    };
    if known.toll_free != toll_free {
        return Err(Refusal::WrongKindOfNumber { number, toll_free: known.toll_free });
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_who_is_added_is_told_apart_from_one_who_is_enabled_again() {
        let (policy, wish) = (Policy::default(), Enable::of(UserName("kim@contoso.com".into())));
        let context = Context { policy: &policy, numbers: &[] };
        let added = enable(&wish, None, context).unwrap();
        assert_eq!(added.detail, [ADDED]);
        let description = Description {
            user: wish.user.clone(),
            display_name: Some("Kim Lee".into()),
            mail: None,
            phone: None,
            language: None,
        };
        let described = Enable { description: Some(Box::new(description)), ..wish.clone() };
        assert_eq!(enable(&described, None, context).unwrap().detail, [ADDED, "display name"]);
        let disabled = newcomer("kim@contoso.com").unwrap();
        assert_eq!(enable(&wish, Some(disabled), context).unwrap().detail, [""; 0]);
    }

    #[test]
    fn a_newcomers_name_is_made_of_the_principal_name() {
        for (name, shown) in [
            ("amos.marble@contoso.com", "Amos Marble"),
            ("kim_lee-park@contoso.com", "Kim Lee Park"),
            ("pat@contoso.com", "Pat"),
        ] {
            assert_eq!(newcomer(name).unwrap().display_name, shown);
        }
        assert_eq!(newcomer("amos").unwrap_err(), Refusal::BadName("amos".into()));
        assert!(newcomer("").is_err(), "an empty name is not a user");
    }
}
