//! Carries out what administrators ask for, on a store.
//!
//! Every act that changes anything is one transaction: the change, its mail and its entry in the audit log. Decisions
//! are pure (`people`, `settings`, `letter`); here records are loaded, what is needed is
//! drawn, and all is committed. A commit that is stale is decided anew.

use std::sync::Arc;

use super::act::{Act, Change, Description, Enable, Listing, MailRequest, UserName};
use super::answer::{Answer, Done, UserView};
use super::letter::{Letter, MailTrigger, letter};
use super::numbers::OnNumber;
use super::people::{self, ConferenceIdPlan, Context, Edit};
use super::pin_inside::LookedAt;
use super::refusal::Refusal;
use super::refused::Refused;
use super::turns::Turns;
use super::{settings, view};
use crate::control::call::Digits;
use crate::control::directory::draw_conference_id;
use crate::control::pin::{self, LockState, Pin, PinEntry};
use crate::control::policy::{Policy, TenantPolicy};
use crate::store::account::ADMINISTRATOR;
use crate::store::audit::NewAudit;
use crate::store::keyring::Keyring;
use crate::store::pin_hash::PinHasher;
use crate::store::record::{KeptPin, NOBODY, TenantRecord, UserRecord};
use crate::store::search::Sought;
use crate::store::{Changes, Directory, StoreError, entropy};

/// How often an act is decided anew since somebody else changed the same at the same time. A PIN check takes as long
/// as a hash; an act whose PIN is hashed already is much faster, and gets in between.
pub(super) const TRIES_MAX: u32 = 200;

/// Conference IDs that are drawn until one is free. With nine of ten taken, one in a billion acts finds none.
const DRAWS_MAX: u32 = 200;

/// Users that are loaded at once.
const PAGE: u32 = 1_000;

/// What became of an act that only administrators may do.
pub(super) const NO_ADMINISTRATOR: &str = "refused: no administrator";

/// In which role somebody acts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Does everything.
    Administrator,
    /// Sees their own coordinates, and never a PIN.
    User,
}

impl Role {
    /// The role of this word.
    pub(super) fn from_word(word: &str) -> Option<Self> {
        [Self::Administrator, Self::User].into_iter().find(|role| role.word() == word)
    }

    /// As it is kept and shown.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Administrator => ADMINISTRATOR,
            Self::User => "user",
        }
    }
}

/// Who acts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Actor {
    /// A user principal name, or the name of an account of the machine.
    pub name: String,
    /// In which role.
    pub role: Role,
    /// From where: `cli`, `cmdlet`, `shell`, a scenario, an address.
    pub origin: String,
}

/// Carries out acts.
#[derive(Clone, Debug)]
pub struct Administration<D> {
    directory: Arc<D>,
    hasher: PinHasher,
    base: Arc<Policy>,
    refused: Arc<Refused>,
    turns: Arc<Turns>,
}

/// What somebody has seen and decides on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Seen {
    /// A user.
    User(UserView),
    /// The tenant's settings.
    Tenant(TenantPolicy),
}

/// Settings by their names with their new values.
type Wishes = [(String, String)];

/// An act that changes a user.
#[derive(Clone, Copy)]
enum UserCommand<'a> {
    Enable(&'a Enable),
    Describe(&'a Description),
    Change(&'a Change),
    Edit(&'a Description, &'a Change),
    Disable(&'a UserName, Option<&'a MailRequest>),
    Lock(&'a UserName, bool),
}

impl<'a> UserCommand<'a> {
    /// Whom it is about.
    fn user(self) -> &'a UserName {
        match self {
            Self::Enable(wish) => &wish.user,
            Self::Describe(wish) => &wish.user,
            Self::Change(wish) | Self::Edit(_, wish) => &wish.user,
            Self::Disable(user, _) | Self::Lock(user, _) => user,
        }
    }
}

/// A PIN that was generated for an act, with what it depends on: decided anew, the act keeps it where that is the
/// same, and no caller's wrong PINs can hold up a reset.
struct GeneratedPin {
    conference_id: Option<Digits>,
    replaces: Option<KeptPin>,
    pin: Pin,
    kept: KeptPin,
}

impl<D: Directory> Administration<D> {
    /// Acts on this directory. `base` are the settings that the tenant has not changed.
    #[must_use]
    pub fn new(directory: Arc<D>, hasher: PinHasher, base: Policy) -> Self {
        Self { directory, hasher, base: Arc::new(base), refused: Arc::default(), turns: Arc::default() }
    }

    /// The directory.
    #[must_use]
    pub fn directory(&self) -> &Arc<D> {
        &self.directory
    }

    /// What hashes PINs and passwords.
    pub(super) fn hasher(&self) -> &PinHasher {
        &self.hasher
    }

    /// What counts refused acts.
    pub(super) fn refused(&self) -> &Refused {
        &self.refused
    }

    /// What hashes tokens.
    pub(super) fn keyring(&self) -> &Keyring {
        self.hasher.keyring()
    }

    /// Carries out an act. `now` is in milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// It may not be done, names what there is not, or the store does not answer; nothing was changed then.
    pub async fn perform(&self, now: i64, actor: &Actor, act: &Act) -> Result<Answer, Refusal> {
        self.perform_on(now, actor, act, None).await
    }

    /// The same, but only on what whoever decided has seen: if it is another now, nothing is changed.
    ///
    /// # Errors
    /// As for [`Administration::perform`], and [`Refusal::Changed`].
    pub async fn perform_on(
        &self,
        now: i64,
        actor: &Actor,
        act: &Act,
        seen: Option<&Seen>,
    ) -> Result<Answer, Refusal> {
        if !may(actor, act) {
            let (word, subject) = (word(act), subject(act));
            self.write_refused(audit(now, actor, word, &subject, NO_ADMINISTRATOR.to_owned())).await?;
            return Err(Refusal::Forbidden(actor.name.clone()));
        }
        match act {
            Act::ShowUser(name) => Ok(Answer::Users(vec![view::user(&self.known(name).await?)])),
            Act::ListUsers(listing) => self.list(listing).await,
            Act::ShowTenant => Ok(Answer::Tenant(self.policy().await?.tenant)),
            Act::ShowNumbers(number) => self.show_numbers(number.as_deref()).await,
            Act::ShowPin(name) => {
                Ok(Answer::Pin(view::pin_info(&self.known(name).await?, now, &self.base.lockout)))
            }
            Act::IssueToken(wish) => self.issue_token(now, actor, wish).await,
            Act::ListTokens(user) => self.list_tokens(now, user.as_ref()).await,
            Act::RevokeToken(id) => self.revoke_token(now, actor, id).await,
            Act::GiveAccount { user, role } => self.give_account(now, actor, user, *role).await,
            Act::ListAccounts => self.list_accounts().await,
            Act::RemoveAccount(user) => self.remove_account(now, actor, user).await,
            Act::SetTenant(wishes) => self.change_tenant(now, actor, act, (Some(wishes), seen)).await,
            Act::ResetTenant => self.change_tenant(now, actor, act, (None, seen)).await,
            Act::AddNumber(wish) => self.change_number(now, actor, act, OnNumber::Add(wish)).await,
            Act::SetNumber { number, primary, secondary } => {
                let on = OnNumber::Set(number, *primary, secondary.as_deref());
                self.change_number(now, actor, act, on).await
            }
            Act::RemoveNumber(number) => self.change_number(now, actor, act, OnNumber::Remove(number)).await,
            Act::Enable(wish) => self.change_user(now, actor, act, (UserCommand::Enable(wish), seen)).await,
            Act::Describe(wish) => {
                self.change_user(now, actor, act, (UserCommand::Describe(wish), seen)).await
            }
            Act::Change(wish) => self.change_user(now, actor, act, (UserCommand::Change(wish), seen)).await,
            Act::Edit(description, wish) => {
                self.change_user(now, actor, act, (UserCommand::Edit(description, wish), seen)).await
            }
            Act::Disable { user, mail } => {
                self.change_user(now, actor, act, (UserCommand::Disable(user, mail.as_ref()), seen)).await
            }
            Act::LockPin(user) => {
                self.change_user(now, actor, act, (UserCommand::Lock(user, true), seen)).await
            }
            Act::UnlockPin(user) => {
                self.change_user(now, actor, act, (UserCommand::Lock(user, false), seen)).await
            }
        }
    }

    /// The settings as they are now.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn policy(&self) -> Result<Policy, StoreError> {
        Ok(self.directory.tenant().await?.over(&self.base))
    }

    async fn list(&self, listing: &Listing) -> Result<Answer, Refusal> {
        let mut views = Vec::new();
        let number = listing.sought.number.as_deref().map(view::e164).transpose()?;
        let sought = Sought { number, ..listing.sought.clone() };
        let mut after = listing.after.clone();
        let most = listing.limit.unwrap_or(u32::MAX) as usize;
        while views.len() < most {
            let limit = u32::try_from(most - views.len()).map_or(PAGE, |left| left.min(PAGE));
            let page = self.directory.users_found(&sought, &after, limit).await?;
            views.extend(page.iter().map(view::user));
            let Some(last) = page.last().filter(|_| page.len() == limit as usize) else { break };
            after.clone_from(&last.name);
        }
        Ok(Answer::Users(views))
    }

    async fn show_numbers(&self, number: Option<&str>) -> Result<Answer, Refusal> {
        let mut numbers = self.directory.numbers().await?;
        if let Some(written) = number {
            numbers = vec![settings::find(&numbers, written)?.clone()];
        }
        Ok(Answer::Numbers(numbers.into_iter().map(view::number).collect()))
    }

    async fn find(&self, name: &UserName) -> Result<Option<UserRecord>, StoreError> {
        Ok(self.directory.user(&name.0).await?.filter(|user| user.name != NOBODY))
    }

    pub(super) async fn known(&self, name: &UserName) -> Result<UserRecord, Refusal> {
        self.find(name).await?.ok_or_else(|| Refusal::UnknownUser(name.0.clone()))
    }

    /// These settings, or every one back to its default.
    async fn change_tenant(
        &self,
        now: i64,
        actor: &Actor,
        act: &Act,
        (wishes, seen): (Option<&Wishes>, Option<&Seen>),
    ) -> Result<Answer, Refusal> {
        for _ in 0..TRIES_MAX {
            let tenant = self.directory.tenant().await?;
            if let Some(Seen::Tenant(seen)) = seen
                && *seen != tenant.over(&self.base).tenant
            {
                return Err(Refusal::Changed);
            }
            let (changed, detail) = if let Some(wishes) = wishes {
                let detail: Vec<String> =
                    wishes.iter().map(|(name, value)| format!("{name}={value}")).collect();
                (settings::set(&tenant, &self.base, wishes)?, detail.join(", "))
            } else {
                let reset = TenantRecord { version: tenant.version, settings: Vec::new() };
                ((reset != tenant).then_some(reset), "every setting to its default".to_owned())
            };
            let done = Done { changed: changed.is_some(), ..Done::default() };
            let entry = audit(now, actor, word(act), "tenant", outcome(detail, done.changed));
            let changes = Changes { tenant: changed, audit: vec![entry], ..Changes::default() };
            match self.directory.commit(changes).await {
                Err(StoreError::Stale) => {}
                committed => return Ok(committed.map(|()| Answer::Done(done))?),
            }
        }
        Err(StoreError::Stale.into())
    }

    async fn change_user(
        &self,
        now: i64,
        actor: &Actor,
        act: &Act,
        (on, seen): (UserCommand<'_>, Option<&Seen>),
    ) -> Result<Answer, Refusal> {
        let _turn = self.turns.of(on.user()).await;
        let mut drawn: Option<Digits> = None;
        let mut fresh: Option<GeneratedPin> = None;
        let (mut ids_looked_at, mut phones_looked_at) = (LookedAt::default(), LookedAt::default());
        for _ in 0..TRIES_MAX {
            let policy = self.policy().await?;
            let numbers = self.directory.numbers().await?;
            let context = Context { policy: &policy, numbers: &numbers };
            let (before, mut edit) = self.edit(on, context).await?;
            if let Some(Seen::User(seen)) = seen
                && before.as_ref() != Some(seen)
            {
                return Err(Refusal::Changed);
            }
            let changed = edit.changes();
            match edit.conference_id {
                ConferenceIdPlan::Keep => {}
                ConferenceIdPlan::Assign(id) => edit.user.conference_id = Some(id),
                ConferenceIdPlan::Draw => {
                    let id = match drawn {
                        Some(id) => id,
                        None => self.free_conference_id().await?,
                    };
                    drawn = Some(id);
                    edit.user.conference_id = Some(id);
                }
            }
            if !edit.new_pin {
                let id = edit.user.conference_id.map(|id| id.reveal()).unwrap_or_default();
                let has_new_id = edit.conference_id != ConferenceIdPlan::Keep;
                if has_new_id && self.has_pin_inside(&edit.user, &id, &mut ids_looked_at).await? {
                    if edit.conference_id == ConferenceIdPlan::Draw {
                        drawn = None;
                        continue;
                    }
                    return Err(Refusal::PinInside("conference ID"));
                }
                let phone = edit.user.phone.clone();
                if edit.new_phone && self.has_pin_inside(&edit.user, &phone, &mut phones_looked_at).await? {
                    return Err(Refusal::PinInside("telephone number"));
                }
            }
            let mut new_pin = None;
            if edit.new_pin {
                let new = self.fresh_pin(fresh, &edit.user, &policy).await?;
                edit.user.pin = Some(new.kept.clone());
                new_pin = Some(new.pin);
                fresh = Some(new);
            } else {
                fresh = None;
            }
            let trigger =
                MailTrigger { event: edit.event.filter(|_| changed), pin: new_pin, request: edit.request };
            let told = letter(now, &trigger, &edit.user, &policy.tenant, self.hasher.keyring());
            let given = edit.conference_id;
            let (changes, done) = self.conclude(now, actor, act, edit, told, (changed, new_pin));
            match (self.directory.commit(changes).await, given) {
                (Err(StoreError::Stale), _) => {}
                (Err(StoreError::ConferenceIdTaken), ConferenceIdPlan::Assign(id)) => {
                    return Err(Refusal::ConferenceIdTaken(id));
                }
                (Err(StoreError::ConferenceIdTaken), ConferenceIdPlan::Draw | ConferenceIdPlan::Keep) => {
                    drawn = None
                }
                (committed, _) => return Ok(committed.map(|()| Answer::Done(done))?),
            }
        }
        Err(StoreError::Stale.into())
    }

    /// The user as they were, and what becomes of them.
    async fn edit<'a>(
        &self,
        on: UserCommand<'a>,
        context: Context<'_>,
    ) -> Result<(Option<UserView>, Edit<'a>), Refusal> {
        let name = on.user();
        let found = self.find(name).await?;
        let before = found.as_ref().map(view::user);
        let known = |found: Option<UserRecord>| found.ok_or_else(|| Refusal::UnknownUser(name.0.clone()));
        let edit = match on {
            UserCommand::Enable(wish) => people::enable(wish, found, context)?,
            UserCommand::Describe(wish) => people::describe(wish, found)?,
            UserCommand::Change(wish) => people::change(wish, known(found)?, context)?,
            UserCommand::Edit(description, wish) => people::edit(description, wish, known(found)?, context)?,
            UserCommand::Disable(_, mail) => people::disable(mail, known(found)?)?,
            UserCommand::Lock(_, locks) => people::lock(known(found)?, locks),
        };
        Ok((before, edit))
    }

    /// What is committed and what is answered.
    fn conclude(
        &self,
        now: i64,
        actor: &Actor,
        act: &Act,
        edit: Edit<'_>,
        told: Letter,
        (changed, new_pin): (bool, Option<Pin>),
    ) -> (Changes, Done) {
        let Edit { user, mut detail, mut remarks, conference_id, .. } = edit;
        if conference_id != ConferenceIdPlan::Keep
            && let Some(id) = user.conference_id
        {
            detail.push(format!("conference ID {}", id.reveal()));
        }
        detail.extend(new_pin.map(|_| "new PIN".to_owned()));
        if let Some(mail) = &told.mail {
            detail.push(format!("mail {} to {}", mail.kind.word(), mail.to));
        }
        let entry = audit(now, actor, word(act), &user.name, outcome(detail.join(", "), changed));
        remarks.extend(told.remarks);
        match view::lock_state(&user, now, &self.base.lockout) {
            LockState::LockedUntil(_) | LockState::LockedForGood if new_pin.is_some() => remarks.push(format!(
                "PIN entry of {0} is locked, for the new PIN too: `attendant users unlock {0}` unlocks it",
                user.name
            )),
            LockState::Open | LockState::LockedUntil(_) | LockState::LockedForGood => {}
        }
        let done = Done {
            changed,
            user: Some(view::user(&user)),
            number: None,
            new_pin,
            mailed_to: told.mail.iter().map(|mail| mail.to.clone()).collect(),
            remarks,
        };
        let outdated = (new_pin.is_some() || (changed && user.pin.is_none())).then(|| user.name.clone());
        let users = if changed { vec![user] } else { Vec::new() };
        let mails = told.mail.into_iter().collect();
        let outdated_pins = outdated.into_iter().collect();
        (Changes { users, mails, outdated_pins, audit: vec![entry], ..Changes::default() }, done)
    }

    /// A PIN that follows the rules and is not the one before: the same again would be no reset.
    async fn fresh_pin(
        &self,
        before: Option<GeneratedPin>,
        user: &UserRecord,
        policy: &Policy,
    ) -> Result<GeneratedPin, Refusal> {
        if let Some(fresh) = before.filter(|fresh| fresh.conference_id == user.conference_id)
            && (fresh.replaces == user.pin || !self.has_pin(user, fresh.pin).await)
        {
            return Ok(GeneratedPin { replaces: user.pin.clone(), ..fresh });
        }
        let conference_id = user.conference_id.map(|id| id.reveal()).unwrap_or_default();
        let avoid = [user.phone.as_str(), &conference_id];
        loop {
            let pin = pin::generate(policy.tenant.pin_length, &avoid, &mut entropy::draw);
            if !self.has_pin(user, pin).await {
                let kept = self.hasher.hash(&user.name, pin).await?;
                let conference_id = user.conference_id;
                return Ok(GeneratedPin { conference_id, replaces: user.pin.clone(), pin, kept });
            }
        }
    }

    /// Whether the user has this very PIN. One that cannot be compared, since its key was lost, is another.
    async fn has_pin(&self, user: &UserRecord, pin: Pin) -> bool {
        match &user.pin {
            Some(kept) if kept.digits == pin.digits() => {
                let entry = PinEntry::new(pin.reveal());
                self.hasher.matches(&user.name, Some(kept), entry).await.unwrap_or(false)
            }
            Some(_) | None => false,
        }
    }

    async fn free_conference_id(&self) -> Result<Digits, Refusal> {
        for _ in 0..DRAWS_MAX {
            let id = draw_conference_id(&mut entropy::draw);
            if self.directory.user_by_conference_id(id).await?.is_none() {
                return Ok(id);
            }
        }
        Err(Refusal::NoFreeConferenceId)
    }
}

/// Users see their own coordinates, and nothing else.
fn may(actor: &Actor, act: &Act) -> bool {
    match (actor.role, act) {
        (Role::Administrator, _) => true,
        (Role::User, Act::ShowUser(name)) => name.0.to_lowercase() == actor.name.to_lowercase(),
        (
            Role::User,
            Act::Enable(_)
            | Act::Disable { .. }
            | Act::Change(_)
            | Act::Edit(..)
            | Act::Describe(_)
            | Act::ListUsers(_)
            | Act::ShowTenant
            | Act::SetTenant(_)
            | Act::ResetTenant
            | Act::ShowNumbers(_)
            | Act::SetNumber { .. }
            | Act::AddNumber(_)
            | Act::RemoveNumber(_)
            | Act::LockPin(_)
            | Act::UnlockPin(_)
            | Act::ShowPin(_)
            | Act::IssueToken(_)
            | Act::ListTokens(_)
            | Act::RevokeToken(_)
            | Act::GiveAccount { .. }
            | Act::ListAccounts
            | Act::RemoveAccount(_),
        ) => false,
    }
}

/// The act in one word, for the audit log.
pub(super) fn word(act: &Act) -> &'static str {
    match act {
        Act::Enable(_) => "enable",
        Act::Disable { .. } => "disable",
        Act::Change(change) if change.reset_pin => "reset_pin",
        Act::Change(_) => "change",
        Act::Edit(..) => "edit",
        Act::Describe(_) => "describe",
        Act::ShowUser(_) => "show_user",
        Act::ListUsers(_) => "list_users",
        Act::ShowTenant => "show_tenant",
        Act::SetTenant(_) => "set_tenant",
        Act::ResetTenant => "reset_tenant",
        Act::ShowNumbers(_) => "show_numbers",
        Act::SetNumber { .. } => "set_number",
        Act::AddNumber(_) => "add_number",
        Act::RemoveNumber(_) => "remove_number",
        Act::LockPin(_) => "lock_pin",
        Act::UnlockPin(_) => "unlock_pin",
        Act::ShowPin(_) => "show_pin",
        Act::IssueToken(_) => "issue_token",
        Act::ListTokens(_) => "list_tokens",
        Act::RevokeToken(_) => "revoke_token",
        Act::GiveAccount { .. } => "give_account",
        Act::ListAccounts => "list_accounts",
        Act::RemoveAccount(_) => "remove_account",
    }
}

/// Whom or what the act concerns, as it was asked.
pub(super) fn subject(act: &Act) -> String {
    match act {
        Act::Enable(wish) => wish.user.0.clone(),
        Act::Change(wish) => wish.user.0.clone(),
        Act::Edit(_, wish) => wish.user.0.clone(),
        Act::Describe(wish) => wish.user.0.clone(),
        Act::Disable { user, .. }
        | Act::ShowUser(user)
        | Act::LockPin(user)
        | Act::UnlockPin(user)
        | Act::ShowPin(user)
        | Act::GiveAccount { user, .. }
        | Act::RemoveAccount(user) => user.0.clone(),
        Act::IssueToken(wish) => wish.user.0.clone(),
        Act::RevokeToken(id) => id.clone(),
        Act::SetNumber { number, .. } | Act::RemoveNumber(number) => number.clone(),
        Act::AddNumber(wish) => wish.number.clone(),
        Act::ShowNumbers(number) => number.clone().unwrap_or_default(),
        Act::ListUsers(_) => "users".to_owned(),
        Act::ListTokens(_) => "tokens".to_owned(),
        Act::ListAccounts => "accounts".to_owned(),
        Act::ShowTenant | Act::SetTenant(_) | Act::ResetTenant => "tenant".to_owned(),
    }
}

pub(super) fn audit(now: i64, actor: &Actor, act: &str, subject: &str, detail: String) -> NewAudit {
    NewAudit {
        at: now,
        actor: actor.name.clone(),
        role: actor.role.word().to_owned(),
        origin: actor.origin.clone(),
        act: act.to_owned(),
        subject: subject.to_owned(),
        detail,
    }
}

pub(super) fn outcome(detail: String, changed: bool) -> String {
    match (changed, detail.is_empty()) {
        (true, _) => detail,
        (false, true) => "no change".to_owned(),
        (false, false) => format!("no change: {detail}"),
    }
}
