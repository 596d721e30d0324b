//! Tokens: issued, listed and revoked by administrators; and who it is that signs in with one.

use super::act::{NewToken, UserName};
use super::administration::{Actor, Administration, Role, audit};
use super::answer::{Answer, Done, TokenView};
use super::refusal::Refusal;
use super::view::{check_address, check_text};
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
        let user = match wish.role {
            Role::User => self.known(&wish.user).await?.name,
            // Administrators need not organize meetings: they need not be in the directory.
            Role::Administrator => match self.directory().account(&wish.user.0).await? {
                Some(account) => account.name,
                None => {
                    check_address(&wish.user.0).map_err(|_| Refusal::BadName(wish.user.0.clone()))?;
                    wish.user.0.clone()
                }
            },
        };
        let token = Token::draw();
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
        let view = view(&record, now);
        let detail = format!("token {}, {}, for {} days", record.id, record.role, wish.days);
        let entry = audit(now, actor, "issue_token", &user, detail);
        let changes = Changes { tokens: vec![record], audit: vec![entry], ..Changes::default() };
        self.directory().commit(changes).await?;
        Ok(Answer::NewToken(view, token))
    }

    pub(super) async fn list_tokens(&self, now: i64, user: Option<&UserName>) -> Result<Answer, Refusal> {
        let tokens = self.tokens_of(user.map(|user| user.0.as_str())).await?;
        let mut views: Vec<TokenView> = tokens.iter().map(|record| view(record, now)).collect();
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

    /// The tokens by which an administrator would still act once the account is gone, revoked.
    pub(super) async fn revoked_with_account(
        &self,
        now: i64,
        name: &str,
    ) -> Result<Vec<TokenRecord>, StoreError> {
        let mut tokens = self.tokens_of(Some(name)).await?;
        tokens.retain(|token| {
            Role::from_word(&token.role) == Some(Role::Administrator)
                && token.revoked_at.is_none()
                && now < token.expires_at
        });
        tokens.iter_mut().for_each(|token| token.revoked_at = Some(now));
        Ok(tokens)
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

    /// Who signs in with this; nobody if it is no token, was revoked, is over, or its user is gone. `origin` is what the
    /// audit log will tell of whatever they do.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn sign_in(&self, now: i64, given: &str, origin: &str) -> Result<Option<Actor>, StoreError> {
        let Some(token) = Token::parse(given) else { return Ok(None) };
        let Some(record) = self.directory().token(token.id()).await? else { return Ok(None) };
        let is_good = token.is_hashed_as(&record.hash, self.keyring())
            && record.revoked_at.is_none()
            && now < record.expires_at;
        let Some(role) = Role::from_word(&record.role).filter(|_| is_good) else { return Ok(None) };
        if role == Role::User && self.directory().user(&record.user).await?.is_none() {
            return Ok(None);
        }
        Ok(Some(Actor { name: record.user, role, origin: origin.to_owned() }))
    }
}

fn view(record: &TokenRecord, now: i64) -> TokenView {
    let TokenRecord { id, user, role, label, issued_at, expires_at, revoked_at, .. } = record.clone();
    let is_good = revoked_at.is_none() && now < expires_at;
    TokenView { id, user, role, label, issued_at, expires_at, revoked_at, is_good }
}
