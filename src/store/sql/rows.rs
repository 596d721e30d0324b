//! Rows as records and records as rows.

use sqlx::Row as _;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;

use super::super::StoreError;
use super::super::account::AccountRecord;
use super::super::audit::{AuditEntry, AuditHead, NewAudit};
use super::super::check::{epoch_ms, moment};
use super::super::mail::{Claim, MailKind, MailRecord, MailState, NewMail, SealedPin};
use super::super::record::{KeptPin, NOBODY, NumberRecord, Standing, TenantRecord, USERS_MAX, UserRecord};
use super::super::token::TokenRecord;
use super::failed;
use crate::control::account::Account;
use crate::control::call::{Digits, Language};
use crate::control::pin::{Lockout, LockoutCounts};
use crate::control::policy::OrganizerId;
use crate::control::time::Instant;

/// Every column of a user but the key, the version and the number, in the order in which [`bind_user`] gives them.
pub(super) const USER_COLUMNS: &[&str] = &[
    "name",
    "display_name",
    "mail",
    "phone",
    "enabled",
    "conference_id",
    "pin_hash",
    "pin_digits",
    "number",
    "toll_free_number",
    "allow_toll_free",
    "allow_anonymous_start",
    "language",
    "wrong_pins",
    "wrong_in_all",
    "locked_until",
    "locked_by_hand",
    "passcode_hash",
    "passcode_digits",
    "wrong_passcodes",
    "wrong_passcodes_in_all",
    "passcodes_locked_until",
];

pub(super) type Prepared<'q> = Query<'q, sqlx::Any, AnyArguments>;

pub(super) fn bind_user<'q>(query: Prepared<'q>, user: &UserRecord) -> Prepared<'q> {
    let LockoutCounts { wrong, in_all, locked_until, by_hand } = user.account.lockout.counts();
    let passcodes = user.account.passcode_lockout.counts();
    let moments = |wrong: Vec<Instant>| {
        wrong.into_iter().map(|at| epoch_ms(at).to_string()).collect::<Vec<_>>().join(" ")
    };
    query
        .bind(user.name.clone())
        .bind(user.display_name.clone())
        .bind(user.mail.clone())
        .bind(user.account.phone.clone())
        .bind(i64::from(user.account.enabled))
        .bind(user.account.conference_id.map(|id| id.reveal()))
        .bind(user.account.pin.as_ref().map(|pin| pin.hash.clone()))
        .bind(user.account.pin.as_ref().map_or(0, |pin| pin.digits as i64))
        .bind(user.number.clone())
        .bind(user.toll_free_number.clone())
        .bind(i64::from(user.allow_toll_free))
        .bind(i64::from(user.account.allow_anonymous_start))
        .bind(user.language.tag())
        .bind(moments(wrong))
        .bind(i64::from(in_all))
        .bind(locked_until.map(epoch_ms))
        .bind(i64::from(by_hand))
        .bind(user.account.passcode.as_ref().map(|passcode| passcode.hash.clone()))
        .bind(user.account.passcode.as_ref().map_or(0, |passcode| passcode.digits as i64))
        .bind(moments(passcodes.wrong))
        .bind(i64::from(passcodes.in_all))
        .bind(passcodes.locked_until.map(epoch_ms))
}

pub(super) fn user(row: &AnyRow) -> Result<UserRecord, StoreError> {
    let name: String = get(row, "name")?;
    let id = match get::<Option<i64>>(row, "id")? {
        Some(id) => u32::try_from(id).ok().filter(|id| *id < USERS_MAX).map(OrganizerId),
        None => (name == NOBODY).then(OrganizerId::default),
    };
    let counts = LockoutCounts {
        wrong: moments(row, "wrong_pins")?,
        in_all: u32::try_from(get::<i64>(row, "wrong_in_all")?).unwrap_or(u32::MAX),
        locked_until: get::<Option<i64>>(row, "locked_until")?.map(moment),
        by_hand: flag(row, "locked_by_hand")?,
    };
    let passcodes = LockoutCounts {
        wrong: moments(row, "wrong_passcodes")?,
        in_all: get::<Option<i64>>(row, "wrong_passcodes_in_all")?
            .map_or(0, |wrong| u32::try_from(wrong).unwrap_or(u32::MAX)),
        locked_until: get::<Option<i64>>(row, "passcodes_locked_until")?.map(moment),
        by_hand: false,
    };
    let conference_id = get::<Option<String>>(row, "conference_id")?;
    Ok(UserRecord {
        id: id.ok_or_else(|| spoilt("id"))?,
        name,
        version: get(row, "version")?,
        display_name: get(row, "display_name")?,
        mail: get(row, "mail")?,
        account: Account {
            phone: get(row, "phone")?,
            enabled: flag(row, "enabled")?,
            conference_id: conference_id.map(|id| digits_of(&id)).transpose()?,
            pin: kept(row, ["pin_hash", "pin_digits"])?,
            passcode: kept(row, ["passcode_hash", "passcode_digits"])?,
            allow_anonymous_start: flag(row, "allow_anonymous_start")?,
            lockout: Lockout::from_counts(counts),
            passcode_lockout: Lockout::from_counts(passcodes),
        },
        number: get(row, "number")?,
        toll_free_number: get(row, "toll_free_number")?,
        allow_toll_free: flag(row, "allow_toll_free")?,
        language: language(row, "language")?,
    })
}

/// A hash with the number of digits, in these columns.
fn kept(row: &AnyRow, [hash, digits]: [&str; 2]) -> Result<Option<KeptPin>, StoreError> {
    let digits =
        get::<Option<i64>>(row, digits)?.and_then(|digits| usize::try_from(digits).ok()).unwrap_or(0);
    Ok(get::<Option<String>>(row, hash)?.map(|hash| KeptPin { hash, digits }))
}

/// When wrong ones were keyed.
fn moments(row: &AnyRow, column: &str) -> Result<Vec<Instant>, StoreError> {
    let kept: String = get(row, column)?;
    Ok(kept.split_whitespace().filter_map(|at| at.parse().ok()).map(moment).collect())
}

/// The tenant's settings, in these columns: the version, and the settings as JSON.
pub(super) fn tenant(row: &AnyRow, [version, settings]: [&str; 2]) -> Result<TenantRecord, StoreError> {
    let settings: String = get(row, settings)?;
    let settings = serde_json::from_str(&settings)
        .map_err(|error| StoreError::Unavailable(format!("the tenant's settings: {error}")))?;
    Ok(TenantRecord { version: get(row, version)?, settings })
}

pub(super) fn standing(row: &AnyRow) -> Result<Standing, StoreError> {
    let number_language: Option<String> = get(row, "number_language")?;
    Ok(Standing {
        user: user(row)?,
        tenant: tenant(row, ["tenant_version", "tenant_settings"])?,
        number_language: number_language.map(|tag| language_of(&tag)).transpose()?,
        changes: get(row, "changes")?,
    })
}

pub(super) fn number(row: &AnyRow) -> Result<NumberRecord, StoreError> {
    let secondary: String = get(row, "secondary_languages")?;
    Ok(NumberRecord {
        number: get(row, "number")?,
        toll_free: flag(row, "toll_free")?,
        primary: language(row, "primary_language")?,
        secondary: secondary.split_whitespace().map(language_of).collect::<Result<_, _>>()?,
    })
}

pub(super) fn token(row: &AnyRow) -> Result<TokenRecord, StoreError> {
    Ok(TokenRecord {
        id: get(row, "id")?,
        user: get(row, "user_name")?,
        role: get(row, "role")?,
        label: get(row, "label")?,
        hash: get(row, "hash")?,
        issued_at: get(row, "issued_at")?,
        expires_at: get(row, "expires_at")?,
        revoked_at: get(row, "revoked_at")?,
    })
}

pub(super) fn account(row: &AnyRow) -> Result<AccountRecord, StoreError> {
    Ok(AccountRecord {
        name: get(row, "name")?,
        role: get(row, "role")?,
        password: get(row, "password")?,
        must_change: flag(row, "must_change")?,
        changed_at: get(row, "changed_at")?,
    })
}

pub(super) fn audit_entry(row: &AnyRow) -> Result<AuditEntry, StoreError> {
    let entry = NewAudit {
        at: get(row, "at")?,
        actor: get(row, "actor")?,
        role: get(row, "role")?,
        origin: get(row, "origin")?,
        act: get(row, "act")?,
        subject: get(row, "subject")?,
        detail: get(row, "detail")?,
    };
    Ok(AuditEntry {
        number: get(row, "number")?,
        entry,
        previous: get(row, "previous")?,
        hash: get(row, "hash")?,
        seal: get(row, "seal")?,
    })
}

pub(super) fn audit_head(row: &AnyRow) -> Result<AuditHead, StoreError> {
    Ok(AuditHead {
        number: get(row, "audit_number")?,
        hash: get(row, "audit_hash")?,
        seal: get(row, "audit_seal")?,
    })
}

pub(super) fn mail(row: &AnyRow) -> Result<MailRecord, StoreError> {
    let id = get(row, "id")?;
    let from = get::<Option<String>>(row, "from_address")?.zip(get::<Option<String>>(row, "from_name")?);
    let kind: String = get(row, "kind")?;
    let state: String = get(row, "state")?;
    let facts: String = get(row, "facts")?;
    let mail = NewMail {
        message_id: get(row, "message_id")?,
        user: get(row, "user_name")?,
        kind: MailKind::from_word(&kind).ok_or_else(|| spoilt("kind"))?,
        to: get(row, "recipient")?,
        from,
        language: language(row, "language")?,
        facts: serde_json::from_str(&facts).map_err(|_| spoilt("facts"))?,
        sealed_pin: get::<Option<String>>(row, "sealed_pin")?.map(SealedPin),
        at: get(row, "put_in_at")?,
    };
    Ok(MailRecord {
        id,
        mail,
        carries_pin: flag(row, "carries_pin")?,
        attempts: u32::try_from(get::<i64>(row, "attempts")?).unwrap_or(u32::MAX),
        next_attempt_at: get(row, "next_attempt_at")?,
        state: MailState::from_word(&state).ok_or_else(|| spoilt("state"))?,
        last_error: get(row, "last_error")?,
        claim: Claim { id, token: get(row, "claim")? },
        folders: get::<String>(row, "folders")?.lines().map(str::to_owned).collect(),
    })
}

pub(super) fn get<'r, T: sqlx::Decode<'r, sqlx::Any> + sqlx::Type<sqlx::Any>>(
    row: &'r AnyRow,
    column: &str,
) -> Result<T, StoreError> {
    row.try_get(column).map_err(failed)
}

fn flag(row: &AnyRow, column: &str) -> Result<bool, StoreError> {
    Ok(get::<i64>(row, column)? != 0)
}

fn language(row: &AnyRow, column: &str) -> Result<Language, StoreError> {
    language_of(&get::<String>(row, column)?)
}

fn language_of(tag: &str) -> Result<Language, StoreError> {
    Language::from_tag(tag).ok_or_else(|| spoilt("language"))
}

fn digits_of(id: &str) -> Result<Digits, StoreError> {
    Digits::from_symbols(id).ok_or_else(|| spoilt("conference_id"))
}

/// Something else wrote into the database.
fn spoilt(column: &str) -> StoreError {
    tracing::warn!(target: "attendant::directory", column, "a row of the directory cannot be read");
    StoreError::Unavailable(format!("a row has a {column} that attendant never writes"))
}
