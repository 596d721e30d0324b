//! Carries out what administrators ask for: who may do it, and who does it.

use super::act::{Act, Listing, UserName};
use super::actor::{Actor, Role};
use super::administration::{Administration, Seen};
use super::answer::Answer;
use super::audit::{NO_ADMINISTRATOR, audit};
use super::numbers::OnNumber;
use super::refusal::Refusal;
use super::user_command::Decide;
use super::{people, settings, view};
use crate::control::account::AccountAct;
use crate::store::Directory;
use crate::store::search::Sought;

/// Users that are loaded at once.
const PAGE: u32 = 1_000;

impl<D: Directory> Administration<D> {
    /// Carries out an act. `now` is in milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// It may not be done, names what there is not, or the store does not answer; nothing was changed then.
    pub async fn perform(&self, now: i64, actor: &Actor, act: &Act) -> Result<Answer, Refusal> {
        self.perform_on(now, actor, act, None).await
    }

    /// Carries out an act only if what was `seen` is still so.
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
            let info = act.info();
            let detail = NO_ADMINISTRATOR.to_owned();
            self.write_refused(audit(now, actor, info.word, info.subject, detail)).await?;
            return Err(Refusal::Forbidden(actor.name.clone()));
        }
        match act {
            Act::ShowUser(name) => Ok(Answer::Users(vec![view::user(&self.known(name).await?)])),
            Act::ListUsers(listing) => self.list(listing).await,
            Act::ShowTenant => Ok(Answer::Tenant(self.policy().await?.tenant)),
            Act::ShowNumbers(number) => self.show_numbers(number.as_deref()).await,
            Act::ShowPin(name) => {
                Ok(Answer::Pin(view::pin_info(&self.known(name).await?, now, &self.base().lockout)))
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
            Act::Enable(wish) => {
                let decide: &Decide<'_> = &|found, context| people::enable(wish, found, context);
                self.change_user(now, actor, (act, seen), &wish.user, decide).await
            }
            Act::Describe(wish) => {
                let decide: &Decide<'_> = &|found, _| people::describe(wish, found);
                self.change_user(now, actor, (act, seen), &wish.user, decide).await
            }
            Act::Change(wish) => {
                let user = &wish.user;
                let decide: &Decide<'_> =
                    &|found, context| people::change(wish, people::known(found, user)?, context);
                self.change_user(now, actor, (act, seen), user, decide).await
            }
            Act::Edit(description, wish) => {
                let user = &wish.user;
                let decide: &Decide<'_> =
                    &|found, context| people::edit(description, wish, people::known(found, user)?, context);
                self.change_user(now, actor, (act, seen), user, decide).await
            }
            Act::Disable { user, mail } => {
                let decide: &Decide<'_> =
                    &|found, _| people::disable(mail.as_ref(), people::known(found, user)?);
                self.change_user(now, actor, (act, seen), user, decide).await
            }
            Act::LockPin(user) => self.lock(now, actor, (act, seen), (user, AccountAct::LockPin)).await,
            Act::UnlockPin(user) => self.lock(now, actor, (act, seen), (user, AccountAct::UnlockPin)).await,
        }
    }

    async fn lock(
        &self,
        now: i64,
        actor: &Actor,
        on: (&Act, Option<&Seen>),
        (user, act): (&UserName, AccountAct),
    ) -> Result<Answer, Refusal> {
        let decide: &Decide<'_> =
            &|found, context| people::on_account(people::known(found, user)?, act, context);
        self.change_user(now, actor, on, user, decide).await
    }

    async fn list(&self, listing: &Listing) -> Result<Answer, Refusal> {
        let mut views = Vec::new();
        let number = listing.sought.number.as_deref().map(view::e164).transpose()?;
        let sought = Sought { number, ..listing.sought.clone() };
        let mut after = listing.after.clone();
        let most = listing.limit.unwrap_or(u32::MAX) as usize;
        while views.len() < most {
            let limit = u32::try_from(most - views.len()).map_or(PAGE, |left| left.min(PAGE));
            let page = self.directory().users_found(&sought, &after, limit).await?;
            views.extend(page.iter().map(view::user));
            let Some(last) = page.last().filter(|_| page.len() == limit as usize) else { break };
            after.clone_from(&last.name);
        }
        Ok(Answer::Users(views))
    }

    async fn show_numbers(&self, number: Option<&str>) -> Result<Answer, Refusal> {
        let mut numbers = self.directory().numbers().await?;
        if let Some(written) = number {
            numbers = vec![settings::find(&numbers, written)?.clone()];
        }
        Ok(Answer::Numbers(numbers.into_iter().map(view::number).collect()))
    }
}

/// Users see their own coordinates, and nothing else.
fn may(actor: &Actor, act: &Act) -> bool {
    let info = act.info();
    match (actor.role, info.role) {
        (Role::Administrator, _) => true,
        (Role::User, Role::User) => info.subject.to_lowercase() == actor.name.to_lowercase(),
        (Role::User, Role::Administrator) => false,
    }
}
