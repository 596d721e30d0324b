//! Tokens: issued, listed and revoked by administrators; and who it is that signs in with one.

use std::collections::BTreeMap;

use super::act::{NewToken, UserName};
use super::actor::{Actor, Role};
use super::administration::{Administration, TRIES_MAX};
use super::answer::{Answer, Done, TokenView};
use super::audit::audit;
use super::refusal::Refusal;
use super::view::{check_address, check_text};
use crate::store::account::AccountRecord;
use crate::store::record::key_of;
use crate::store::token::{Token, TokenRecord};
use crate::store::{Changes, Directory, StoreError};

/// Tokens that are loaded at once.
const PAGE: u32 = 1_000;

const DAY_MS: i64 = 86_400_000;

impl<D: Directory> Administration<D> {
    /// Issues a token, which is shown once.
    pub(super) async fn issue_token(
        &self,
        now: i64,
        actor: &Actor,
        wish: &NewToken,
    ) -> Result<Answer, Refusal> {
        check_text("label", &wish.label)?;
        let token = Token::draw();
        for _ in 0..TRIES_MAX {
            let (user, account) = self.owner(wish).await?;
            let record = TokenRecord {
                id: token.id().to_owned(),
                user: user.clone(),
                role: wish.role.word().to_owned(),
                label: wish.label.clone(),
                hash: token.hash(self.keyring()),
                issued_at: now,
                expires_at: now.saturating_add(i64::from(wish.days).saturating_mul(DAY_MS)),
                revoked_at: None,
            };
            if record.exceeds(account.as_ref()) {
                return Err(Refusal::NotAdministrators(user));
            }
            let view = view(&record, now, account.as_ref());
            let detail = format!("token {}, {}, for {} days", record.id, record.role, wish.days);
            let entry = audit(now, actor, "issue_token", &user, detail);
            let seen_accounts = vec![(user, account.map(|account| account.changed_at))];
            let changes =
                Changes { tokens: vec![record], seen_accounts, audit: vec![entry], ..Changes::default() };
            match self.directory().commit(changes).await {
                Err(StoreError::Stale) => {}
                committed => return Ok(committed.map(|_| Answer::NewToken(view, token))?),
            }
        }
        Err(StoreError::Stale.into())
    }

    /// Returns the user who will sign in with a token, with their account, if they have one.
    async fn owner(&self, wish: &NewToken) -> Result<(String, Option<AccountRecord>), Refusal> {
        let account = self.directory().account(&wish.user.0).await?;
        let user = match (wish.role, &account) {
            (Role::User, _) => self.known(&wish.user).await?.name,
            // Administrators need not organize meetings: they need not be in the directory.
            (Role::Administrator, Some(account)) => account.name.clone(),
            (Role::Administrator, None) => {
                check_address(&wish.user.0).map_err(|_| Refusal::BadName(wish.user.0.clone()))?;
                wish.user.0.clone()
            }
        };
        Ok((user, account))
    }

    pub(super) async fn list_tokens(&self, now: i64, user: Option<&UserName>) -> Result<Answer, Refusal> {
        let tokens = self.tokens_of(user.map(|user| user.0.as_str())).await?;
        let accounts = self.directory().accounts().await?;
        let accounts: BTreeMap<String, AccountRecord> =
            accounts.into_iter().map(|account| (key_of(&account.name), account)).collect();
        let shown = |record: &TokenRecord| view(record, now, accounts.get(&key_of(&record.user)));
        let mut views: Vec<TokenView> = tokens.iter().map(shown).collect();
        views.sort_by(|one, other| (&one.user, one.issued_at).cmp(&(&other.user, other.issued_at)));
        Ok(Answer::Tokens(views))
    }

    async fn tokens_of(&self, user: Option<&str>) -> Result<Vec<TokenRecord>, StoreError> {
        let (mut tokens, mut after) = (Vec::new(), String::new());
        loop {
            let page = self.directory().tokens_after(&after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(tokens) };
            after.clone_from(&last.id);
            let is_wanted =
                |record: &TokenRecord| user.is_none_or(|user| key_of(user) == key_of(&record.user));
            tokens.extend(page.into_iter().filter(is_wanted));
        }
    }

    /// The tokens that an account no longer allows once it is this one, or is removed, revoked; and how to say so, if one
    /// of them was good until now.
    pub(super) async fn revoked_with_account(
        &self,
        now: i64,
        name: &str,
        account: Option<&AccountRecord>,
    ) -> Result<(Vec<TokenRecord>, Option<String>), StoreError> {
        let mut tokens = self.tokens_of(Some(name)).await?;
        tokens.retain(|token| token.revoked_at.is_none() && (account.is_none() || token.exceeds(account)));
        let good = |role: &Role| {
            tokens.iter().filter(|token| token.role == role.word() && now < token.expires_at).count()
        };
        let counted = |role: Role| match (role, good(&role)) {
            (_, 0) => None,
            (Role::Administrator, 1) => Some("an administrator's token".to_owned()),
            (Role::User, 1) => Some("a user's token".to_owned()),
            (role, many) => Some(format!("{many} {}'s tokens", role.word())),
        };
        let told: Vec<String> = [Role::Administrator, Role::User].into_iter().filter_map(counted).collect();
        let told = (!told.is_empty()).then(|| told.join(" and "));
        tokens.iter_mut().for_each(|token| token.revoked_at = Some(now));
        Ok((tokens, told))
    }

    pub(super) async fn revoke_token(&self, now: i64, actor: &Actor, id: &str) -> Result<Answer, Refusal> {
        let found = self.directory().token(id).await?;
        let mut record = found.ok_or_else(|| Refusal::UnknownToken(id.to_owned()))?;
        let changed = record.revoked_at.is_none();
        let user = record.user.clone();
        record.revoked_at = record.revoked_at.or(Some(now));
        let detail = format!("{}token {id}", if changed { "" } else { "no change: " });
        let entry = audit(now, actor, "revoke_token", &user, detail);
        let changes = Changes { tokens: vec![record], audit: vec![entry], ..Changes::default() };
        self.directory().commit(changes).await?;
        Ok(Answer::Done(Done { changed, ..Done::default() }))
    }

    /// Returns the user who signs in with this; `None` if it is not a token, was revoked, is over, is for more than the
    /// account of its user allows, or its user is gone. `origin` is what the audit log will tell of whatever they do.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn sign_in(&self, now: i64, given: &str, origin: &str) -> Result<Option<Actor>, StoreError> {
        let Some(token) = Token::parse(given) else { return Ok(None) };
        let Some(record) = self.directory().token(token.id()).await? else { return Ok(None) };
        if !token.is_hashed_as(&record.hash, self.keyring()) {
            return Ok(None);
        }
        let account = self.directory().account(&record.user).await?;
        let is_good = is_good(&record, now, account.as_ref());
        let Some(role) = Role::from_word(&record.role).filter(|_| is_good) else { return Ok(None) };
        if role == Role::User && self.directory().user(&record.user).await?.is_none() {
            return Ok(None);
        }
        Ok(Some(Actor { name: record.user, role, origin: origin.to_owned() }))
    }
}

/// Returns whether one can sign in with it now. What an account allows is looked at each time, too: a directory may be
/// from before tokens were revoked with it.
fn is_good(record: &TokenRecord, now: i64, account: Option<&AccountRecord>) -> bool {
    record.revoked_at.is_none() && now < record.expires_at && !record.exceeds(account)
}

fn view(record: &TokenRecord, now: i64, account: Option<&AccountRecord>) -> TokenView {
    let is_good = is_good(record, now, account);
    let TokenRecord { id, user, role, label, issued_at, expires_at, revoked_at, .. } = record.clone();
    TokenView { id, user, role, label, issued_at, expires_at, revoked_at, is_good }
}
