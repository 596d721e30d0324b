//! Acts on one user: the record is loaded, what is needed is drawn, and all is committed: the change, its mail and its entry
//! in the audit log. A commit that is stale is decided again. The decisions are pure (`people`, `letter`).

use super::act::{Act, UserName};
use super::actor::Actor;
use super::administration::{Administration, Seen, TRIES_MAX};
use super::answer::{Answer, Done};
use super::audit::{audit, outcome};
use super::letter::{Letter, MailTrigger, letter};
use super::people::{Context, Edit};
use super::pin_inside::LookedAt;
use super::refusal::Refusal;
use super::view;
use crate::control::account::{ConferenceIdPlan, conference_id_digits, draw_conference_id};
use crate::control::call::Digits;
use crate::control::pin::{LockState, Pin, PinEntry};
use crate::control::policy::Policy;
use crate::store::record::{KeptPin, UserRecord};
use crate::store::{Changes, Directory, StoreError};

/// Conference IDs that are drawn until one is free. With nine of ten taken, one in a billion acts finds none.
const DRAWS_MAX: u32 = 200;

/// What an act makes of a user, or of one who is not in the directory. A commit that is stale has it decided again.
pub(super) type Decide<'a> = dyn Fn(Option<UserRecord>, Context<'_>) -> Result<Edit<'a>, Refusal> + Sync + 'a;

/// A PIN that was generated for an act, with what it depends on: decided again, the act keeps it where that is the
/// same, and no caller's wrong PINs can hold up a reset.
struct GeneratedPin {
    conference_id: Option<Digits>,
    replaces: Option<KeptPin>,
    pin: Pin,
    kept: KeptPin,
}

impl<D: Directory> Administration<D> {
    pub(super) async fn change_user(
        &self,
        now: i64,
        actor: &Actor,
        (act, seen): (&Act, Option<&Seen>),
        user: &UserName,
        decide: &Decide<'_>,
    ) -> Result<Answer, Refusal> {
        let _turn = self.turns().of(user).await;
        let mut drawn: Option<Digits> = None;
        let mut fresh: Option<GeneratedPin> = None;
        let (mut ids_looked_at, mut phones_looked_at) = (LookedAt::default(), LookedAt::default());
        for _ in 0..TRIES_MAX {
            let policy = self.policy().await?;
            let numbers = self.directory().numbers().await?;
            let context = Context { policy: &policy, numbers: &numbers };
            let before = self.find(user).await?;
            let mut edit = decide(before.clone(), context)?;
            if let Some(Seen::User(seen)) = seen
                && before.as_ref().map(view::user).as_ref() != Some(seen)
            {
                return Err(Refusal::Changed);
            }
            let changed = edit.changes();
            match edit.account.conference_id {
                ConferenceIdPlan::Keep => {}
                ConferenceIdPlan::Assign(id) => edit.user.account.conference_id = Some(id),
                ConferenceIdPlan::Draw => {
                    let id = match drawn {
                        Some(id) => id,
                        None => self.free_conference_id(conference_id_digits(&policy)).await?,
                    };
                    drawn = Some(id);
                    edit.user.account.conference_id = Some(id);
                }
            }
            if !edit.account.new_pin {
                let id = edit.user.account.conference_id.map(|id| id.reveal()).unwrap_or_default();
                let has_new_id = edit.account.conference_id != ConferenceIdPlan::Keep;
                if has_new_id && self.has_pin_inside(&edit.user, &id, &mut ids_looked_at).await? {
                    if edit.account.conference_id == ConferenceIdPlan::Draw {
                        drawn = None;
                        continue;
                    }
                    return Err(Refusal::PinInside("conference ID"));
                }
                let phone = edit.user.account.phone.clone();
                if edit.new_phone && self.has_pin_inside(&edit.user, &phone, &mut phones_looked_at).await? {
                    return Err(Refusal::PinInside("telephone number"));
                }
            }
            let mut new_pin = None;
            if edit.account.new_pin {
                let new = self.fresh_pin(fresh, &edit.user, &policy).await?;
                edit.user.account.pin = Some(new.kept.clone());
                new_pin = Some(new.pin);
                fresh = Some(new);
            } else {
                fresh = None;
            }
            if let Some(passcode) = edit.new_passcode {
                if self.has_pin(&edit.user, passcode).await {
                    return Err(Refusal::PinInside("passcode"));
                }
                let kept = self.hasher().hash_passcode(&edit.user.name, passcode).await?;
                edit.user.account.passcode = Some(kept);
            }
            let trigger =
                MailTrigger { event: edit.event.filter(|_| changed), pin: new_pin, request: edit.request };
            let told = letter(now, &trigger, &edit.user, &policy.tenant, self.keyring());
            let given = edit.account.conference_id;
            let lock_state = |user| view::lock_state(user, now, &self.base().lockout);
            let was_locked = before.as_ref().map_or(LockState::Open, lock_state);
            let (changes, mut done) =
                self.conclude(now, actor, act, edit, told, (changed, new_pin, was_locked));
            match (self.directory().commit(changes).await, given) {
                (Err(StoreError::Stale), _) => {}
                (Err(StoreError::ConferenceIdTaken), ConferenceIdPlan::Assign(id)) => {
                    return Err(Refusal::ConferenceIdTaken(id));
                }
                (Err(StoreError::ConferenceIdTaken), ConferenceIdPlan::Draw | ConferenceIdPlan::Keep) => {
                    drawn = None;
                }
                (Err(error), _) => return Err(error.into()),
                (Ok(new), _) => {
                    if let (Some(user), Some(id)) = (&mut done.user, new.first()) {
                        user.id = id.0;
                    }
                    return Ok(Answer::Done(done));
                }
            }
        }
        Err(StoreError::Stale.into())
    }

    /// What is committed and what is answered.
    fn conclude(
        &self,
        now: i64,
        actor: &Actor,
        act: &Act,
        edit: Edit<'_>,
        told: Letter,
        (changed, new_pin, was_locked): (bool, Option<Pin>, LockState),
    ) -> (Changes, Done) {
        let Edit { user, account, mut detail, mut remarks, .. } = edit;
        if account.conference_id != ConferenceIdPlan::Keep
            && let Some(id) = user.account.conference_id
        {
            detail.push(format!("conference ID {}", id.reveal()));
        }
        detail.extend(new_pin.map(|_| "new PIN".to_owned()));
        if let Some(mail) = &told.mail {
            detail.push(format!("mail {} to {}", mail.kind.word(), mail.to));
        }
        let entry = audit(now, actor, act.info().word, &user.name, outcome(detail.join(", "), changed));
        remarks.extend(told.remarks);
        let is_locked = view::lock_state(&user, now, &self.base().lockout);
        if is_locked != LockState::Open && new_pin.is_some() {
            remarks.push(format!(
                "PIN entry of {0} is locked, for the new PIN too: `attendant users unlock {0}` unlocks it",
                user.name
            ));
        }
        let done = Done {
            changed,
            user: Some(view::user(&user)),
            number: None,
            new_pin,
            mailed_to: told.mail.iter().map(|mail| mail.to.clone()).collect(),
            remarks,
            effects: account.effects(was_locked, is_locked),
        };
        let outdated =
            (new_pin.is_some() || (changed && user.account.pin.is_none())).then(|| user.name.clone());
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
        if let Some(fresh) = before.filter(|fresh| fresh.conference_id == user.account.conference_id)
            && (fresh.replaces == user.account.pin || !self.has_pin(user, fresh.pin).await)
        {
            return Ok(GeneratedPin { replaces: user.account.pin.clone(), ..fresh });
        }
        loop {
            let pin = user.account.draw_pin(policy, &mut || self.draw());
            if !self.has_pin(user, pin).await {
                let kept = self.hasher().hash(&user.name, pin).await?;
                let conference_id = user.account.conference_id;
                return Ok(GeneratedPin { conference_id, replaces: user.account.pin.clone(), pin, kept });
            }
        }
    }

    /// Returns whether the user has this very PIN. One that cannot be compared, since its key was lost, is another.
    async fn has_pin(&self, user: &UserRecord, pin: Pin) -> bool {
        match &user.account.pin {
            Some(kept) if kept.digits == pin.digits() => {
                let entry = PinEntry::new(pin.reveal());
                self.hasher().matches(&user.name, Some(kept), entry).await.unwrap_or(false)
            }
            Some(_) | None => false,
        }
    }

    async fn free_conference_id(&self, length: usize) -> Result<Digits, Refusal> {
        for _ in 0..DRAWS_MAX {
            let id = draw_conference_id(length, &mut || self.draw());
            if self.directory().user_by_conference_id(id).await?.is_none() {
                return Ok(id);
            }
        }
        Err(Refusal::NoFreeConferenceId)
    }
}
