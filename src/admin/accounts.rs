//! Accounts: given by administrators with a one-time password, and who it is that signs in with one.

use super::act::UserName;
use super::actor::{Actor, Role};
use super::administration::{Administration, TRIES_MAX};
use super::answer::{AccountView, Answer, Done};
use super::audit::{NO_ADMINISTRATOR, audit};
use super::refusal::{PasswordFault, Refusal};
use crate::store::account::{AccountRecord, Password};
use crate::store::mail::{MailId, Resend};
use crate::store::record::key_of;
use crate::store::{Changes, Directory, Outbox, StoreError};

/// The name of the administrator who is there from the first start on.
pub const FIRST_ADMINISTRATOR: &str = "admin";

/// The shortest password and the longest, in characters (OWASP ASVS 4.0.3, 2.1.1 and 2.1.2).
const PASSWORD_CHARS: std::ops::RangeInclusive<usize> = 12..=128;

/// Different characters that a password has at least: fewer are a pattern.
const DIFFERENT_CHARS: usize = 5;

/// The longest name of an account, in characters: that of an address.
const NAME_CHARS: usize = 256;

/// Words that careless people here build passwords from.
const WORDS_OF_THE_PLACE: [&str; 4] = ["attendant", "password", "passwort", "conference"];

impl<D: Directory> Administration<D> {
    /// The account of an administrator with its one-time password, if no administrator has one. Of several who find none
    /// at the same time one makes it.
    ///
    /// # Errors
    /// The store does not answer, or too many passwords are hashed.
    pub async fn first_administrator(&self, now: i64) -> Result<Option<(AccountView, Password)>, Refusal> {
        self.first_administrator_shown(now, |_| Ok(())).await
    }

    /// The same with the password shown before the account is made: no account has one that nobody could see.
    ///
    /// # Errors
    /// The same; or it cannot be shown.
    pub async fn first_administrator_shown<E: From<Refusal>>(
        &self,
        now: i64,
        mut show: impl FnMut(&Password) -> Result<(), E>,
    ) -> Result<Option<(AccountView, Password)>, E> {
        let system = Actor {
            name: "attendant".to_owned(),
            role: Role::Administrator,
            origin: "first start".to_owned(),
        };
        let mut drawn = None;
        for _ in 0..TRIES_MAX {
            let accounts = self.directory().accounts().await.map_err(Refusal::from)?;
            if accounts.iter().any(AccountRecord::is_administrators) {
                return Ok(None);
            }
            let (password, hash) = match drawn {
                Some(drawn) => drawn,
                None => {
                    let drawn = self.one_time_password(FIRST_ADMINISTRATOR).await?;
                    show(&drawn.0)?;
                    drawn
                }
            };
            let before = accounts.into_iter().find(|account| key_of(&account.name) == FIRST_ADMINISTRATOR);
            let record = given(now, FIRST_ADMINISTRATOR, (Role::Administrator, &hash), before.as_ref());
            match self.put_account(now, &system, record, before.as_ref()).await {
                Err(Refusal::Store(StoreError::Stale)) => drawn = Some((password, hash)),
                given => return Ok(given.map(|(view, _)| Some((view, password)))?),
            }
        }
        Err(Refusal::from(StoreError::Stale).into())
    }

    /// Gives an account, or another one-time password or role to one that is there.
    pub(super) async fn give_account(
        &self,
        now: i64,
        actor: &Actor,
        user: &UserName,
        role: Role,
    ) -> Result<Answer, Refusal> {
        let name = match role {
            Role::User => self.known(user).await?.name,
            // Administrators need not organize meetings: they need not be in the directory.
            Role::Administrator => {
                let fits = |c: char| c.is_alphanumeric() || "@.-_+".contains(c);
                if user.0.is_empty() || user.0.chars().count() > NAME_CHARS || !user.0.chars().all(fits) {
                    return Err(Refusal::BadName(user.0.clone()));
                }
                user.0.clone()
            }
        };
        let (password, hash) = self.one_time_password(&name).await?;
        for _ in 0..TRIES_MAX {
            let before = self.directory().account(&name).await?;
            let record = given(now, &name, (role, &hash), before.as_ref());
            self.keep_an_administrator(&record.name, role == Role::Administrator).await?;
            match self.put_account(now, actor, record, before.as_ref()).await {
                Err(Refusal::Store(StoreError::Stale)) => {}
                given => {
                    return given.map(|(view, remarks)| Answer::NewAccount(view, password, remarks));
                }
            }
        }
        Err(StoreError::Stale.into())
    }

    async fn one_time_password(&self, name: &str) -> Result<(Password, String), Refusal> {
        let password = Password::draw();
        let hash = self.hasher().hash_password(name, &password).await?;
        Ok((password, hash))
    }

    /// Commits an account that was given. Tokens that it no longer allows are revoked with it, which is remarked.
    async fn put_account(
        &self,
        now: i64,
        actor: &Actor,
        record: AccountRecord,
        before: Option<&AccountRecord>,
    ) -> Result<(AccountView, Vec<String>), Refusal> {
        let (tokens, revoked) = self.revoked_with_account(now, &record.name, Some(&record)).await?;
        let detail = format!("{}, with a one-time password", record.role);
        let detail = revoked.iter().fold(detail, |detail, revoked| format!("{detail}; revoked {revoked}"));
        let remarks = revoked.map(|revoked| format!("its role is now {}: revoked {revoked}", record.role));
        let entry = audit(now, actor, "give_account", &record.name, detail);
        let view = view(&record);
        let accounts = vec![(record, before.map(|before| before.changed_at))];
        let changes = Changes { accounts, tokens, audit: vec![entry], ..Changes::default() };
        self.directory().commit(changes).await?;
        Ok((view, remarks.into_iter().collect()))
    }

    pub(super) async fn list_accounts(&self) -> Result<Answer, Refusal> {
        Ok(Answer::Accounts(self.directory().accounts().await?.iter().map(view).collect()))
    }

    pub(super) async fn remove_account(
        &self,
        now: i64,
        actor: &Actor,
        user: &UserName,
    ) -> Result<Answer, Refusal> {
        for _ in 0..TRIES_MAX {
            let found = self.directory().account(&user.0).await?;
            let record = found.ok_or_else(|| Refusal::UnknownAccount(user.0.clone()))?;
            self.keep_an_administrator(&record.name, false).await?;
            let (tokens, revoked) = self.revoked_with_account(now, &record.name, None).await?;
            let revoked = revoked.map(|revoked| format!("with {revoked}"));
            let remarks =
                revoked.iter().map(|revoked| format!("the account was removed {revoked}")).collect();
            let entry = audit(now, actor, "remove_account", &record.name, revoked.unwrap_or_default());
            let changes = Changes {
                removed_accounts: vec![record.name],
                tokens,
                audit: vec![entry],
                ..Changes::default()
            };
            match self.directory().commit(changes).await {
                Err(StoreError::Stale) => {}
                committed => {
                    committed?;
                    return Ok(Answer::Done(Done { changed: true, remarks, ..Done::default() }));
                }
            }
        }
        Err(StoreError::Stale.into())
    }

    /// Nobody takes the last administrator's account away.
    async fn keep_an_administrator(&self, name: &str, stays: bool) -> Result<(), Refusal> {
        let accounts = self.directory().accounts().await?;
        let mut administrators = accounts.iter().filter(|account| account.is_administrators());
        let only = administrators.next().is_some_and(|account| key_of(&account.name) == key_of(name))
            && administrators.next().is_none();
        if only && !stays { Err(Refusal::LastAdministrator(name.to_owned())) } else { Ok(()) }
    }

    /// Returns the account that signs in with this password; `None` if it is wrong or the account does not exist: both
    /// take the same time.
    ///
    /// # Errors
    /// The store does not answer, or too many passwords are hashed.
    pub async fn sign_in_by_password(
        &self,
        now: i64,
        name: &str,
        password: &Password,
        origin: &str,
    ) -> Result<Option<(Actor, AccountRecord)>, Refusal> {
        let found = self.directory().account(name).await?;
        let kept = found.as_ref().map(|account| account.password.as_str());
        let right = self.hasher().password_matches(name, kept, password).await?;
        let known = found.and_then(|account| Some((Role::from_word(&account.role)?, account)));
        let (actor, signed_in) = match known {
            Some((role, account)) => {
                let actor = Actor { name: account.name.clone(), role, origin: origin.to_owned() };
                (actor, right.then_some(account))
            }
            // What was typed there may be a password.
            None => (Actor { name: String::new(), role: Role::User, origin: origin.to_owned() }, None),
        };
        let entry = |became: &str| audit(now, &actor, "sign_in", "page", became.to_owned());
        if signed_in.is_some() {
            self.directory().commit(Changes { audit: vec![entry("")], ..Changes::default() }).await?;
        } else {
            self.write_refused(entry("refused: unknown account or wrong password")).await?;
        }
        Ok(signed_in.map(|account| (actor, account)))
    }

    /// Changes the password of the actor, who gives the current one too.
    ///
    /// # Errors
    /// The one before is wrong, the new one is not taken, or the store does not answer.
    pub async fn change_password(
        &self,
        now: i64,
        actor: &Actor,
        before: &Password,
        new: &Password,
    ) -> Result<AccountRecord, Refusal> {
        let found = self.directory().account(&actor.name).await?;
        let mut account = found.ok_or_else(|| Refusal::UnknownAccount(actor.name.clone()))?;
        let hasher = self.hasher();
        if !hasher.password_matches(&account.name, Some(&account.password), before).await? {
            return Err(Refusal::BadPassword(PasswordFault::NotThePresent));
        }
        if before == new {
            return Err(Refusal::BadPassword(PasswordFault::TheSame));
        }
        check_password(&account.name, new)?;
        account.password = hasher.hash_password(&account.name, new).await?;
        account.must_change = false;
        let before = account.changed_at;
        account.changed_at = after(Some(before), now);
        let entry = audit(now, actor, "change_password", &account.name, String::new());
        let accounts = vec![(account.clone(), Some(before))];
        let changes = Changes { accounts, audit: vec![entry], ..Changes::default() };
        self.directory().commit(changes).await?;
        Ok(account)
    }

    /// Lets a mail be sent again, and writes that down, in one commit.
    ///
    /// # Errors
    /// The actor is not an administrator, which is written down too, or the store does not answer.
    pub async fn resend_mail(&self, now: i64, actor: &Actor, id: MailId) -> Result<Resend, Refusal>
    where
        D: Outbox,
    {
        let (act, subject) = ("resend_mail", format!("mail {id}"));
        if actor.role != Role::Administrator {
            self.note(now, actor, act, &subject, String::new()).await?;
        }
        let entry = audit(now, actor, act, &subject, String::new());
        let became = self.directory().resend(id, now, entry).await?;
        match became {
            Resend::Waiting | Resend::Unknown => {}
            Resend::NotSettled | Resend::PinWiped => {
                self.note(now, actor, act, &subject, "no change".to_owned()).await?;
            }
        }
        Ok(became)
    }

    /// Writes down what an administrator does beside the directory: to a meeting.
    ///
    /// # Errors
    /// The actor is not an administrator, which is written down too, or the store does not answer.
    pub async fn note(
        &self,
        now: i64,
        actor: &Actor,
        act: &str,
        subject: &str,
        detail: String,
    ) -> Result<(), Refusal> {
        if actor.role != Role::Administrator {
            self.write_refused(audit(now, actor, act, subject, NO_ADMINISTRATOR.to_owned())).await?;
            return Err(Refusal::Forbidden(actor.name.clone()));
        }
        let entry = audit(now, actor, act, subject, detail);
        self.directory().commit(Changes { audit: vec![entry], ..Changes::default() }).await?;
        Ok(())
    }

    /// The account as it is now, for a session that began some time ago.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn account(&self, name: &str) -> Result<Option<AccountRecord>, StoreError> {
        self.directory().account(name).await
    }
}

/// An account as it is given, with a one-time password.
fn given(now: i64, name: &str, (role, hash): (Role, &str), before: Option<&AccountRecord>) -> AccountRecord {
    AccountRecord {
        name: name.to_owned(),
        role: role.word().to_owned(),
        password: hash.to_owned(),
        must_change: true,
        changed_at: after(before.map(|before| before.changed_at), now),
    }
}

/// Returns the time of a change; later than the previous change, so that a decision on one state is never applied to
/// another.
fn after(before: Option<i64>, now: i64) -> i64 {
    before.map_or(now, |before| now.max(before + 1))
}

fn view(record: &AccountRecord) -> AccountView {
    let AccountRecord { name, role, must_change, changed_at, .. } = record;
    AccountView { name: name.clone(), role: role.clone(), must_change: *must_change, changed_at: *changed_at }
}

/// Long, no pattern, and not made of what everybody knows who sees the page.
fn check_password(name: &str, password: &Password) -> Result<(), Refusal> {
    let text = password.reveal();
    if !PASSWORD_CHARS.contains(&text.chars().count()) {
        return Err(Refusal::BadPassword(PasswordFault::Length));
    }
    let different: std::collections::BTreeSet<char> = text.chars().collect();
    if different.len() < DIFFERENT_CHARS {
        return Err(Refusal::BadPassword(PasswordFault::Pattern));
    }
    let lower = text.to_lowercase();
    let own = name.split('@').next().unwrap_or_default().to_lowercase();
    let mut known = WORDS_OF_THE_PLACE.into_iter().chain([own.as_str()]);
    if known.any(|word| !word.is_empty() && lower.contains(word)) {
        return Err(Refusal::BadPassword(PasswordFault::Known));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_long_and_not_made_of_what_everybody_knows() {
        let check = |text: &str| check_password("amos.marble@contoso.com", &Password::typed(text.to_owned()));
        for right in ["correct horse battery", "ÄÖÜ-äöü-ßßß-12", &"ab3$5".repeat(25)] {
            assert_eq!(check(right), Ok(()), "{right}");
        }
        for wrong in [
            "",
            "short-11-ch",
            "aaaabbbbccccdddd",
            "my Amos.Marble is me",
            "Password2026!!",
            &"ab3$5".repeat(26),
        ] {
            assert!(check(wrong).is_err(), "{wrong}");
        }
    }
}
