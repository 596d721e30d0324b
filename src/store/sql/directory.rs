//! Users, settings and the audit log in the database.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

use sqlx::AssertSqlSafe;
use sqlx::any::AnyQueryResult;

use super::super::account::AccountRecord;
use super::super::audit::{AuditEntry, AuditHead, NewAudit};
use super::super::mail::{MailId, NewMail};
use super::super::record::{NumberRecord, Standing, TenantRecord, USERS_MAX, UserKey, UserRecord, key_of};
use super::super::search::{Census, Sought};
use super::super::token::TokenRecord;
use super::super::{Changes, Directory, StoreError, numbers_from};
use super::log::Appended;
use super::rows::{self, Prepared, USER_COLUMNS, bind_user, get};
use super::search_index::{put_words, put_words_again};
use super::transaction::Transaction;
use super::{Sql, failed, log};
use crate::control::call::Digits;
use crate::control::policy::OrganizerId;

/// Users in one INSERT of an import. SQLite takes 32,766 values in a statement, a user has 20.
const USERS_A_STATEMENT: usize = 250;

/// Mails in one DELETE.
const MAILS_A_STATEMENT: usize = 1_000;

static UPDATE_USER: LazyLock<String> = LazyLock::new(|| {
    let set: Vec<String> =
        (1..).zip(USER_COLUMNS).map(|(number, column)| format!("{column} = ${number}")).collect();
    let (key, version) = (USER_COLUMNS.len() + 1, USER_COLUMNS.len() + 2);
    format!(
        "UPDATE users SET version = version + 1, {} WHERE name_key = ${key} AND version = ${version}",
        set.join(", ")
    )
});

fn insert_users(count: usize) -> String {
    let each = USER_COLUMNS.len() + 2;
    let rows: Vec<String> = (0..count)
        .map(|row| {
            let values: Vec<String> = (1..=each).map(|value| format!("${}", row * each + value)).collect();
            format!("({}, 1)", values.join(", "))
        })
        .collect();
    let (columns, rows) = (USER_COLUMNS.join(", "), rows.join(", "));
    format!("INSERT INTO users ({columns}, name_key, id, version) VALUES {rows}")
}

impl Directory for Sql {
    async fn user(&self, name: &str) -> Result<Option<UserRecord>, StoreError> {
        let query = sqlx::query("SELECT * FROM users WHERE name_key = $1").bind(key_of(name));
        let row = query.fetch_optional(&self.readers).await.map_err(failed)?;
        row.as_ref().map(rows::user).transpose()
    }

    async fn user_by_conference_id(&self, id: Digits) -> Result<Option<UserRecord>, StoreError> {
        let query = sqlx::query("SELECT * FROM users WHERE conference_id = $1").bind(id.reveal());
        let row = query.fetch_optional(&self.readers).await.map_err(failed)?;
        row.as_ref().map(rows::user).transpose()
    }

    async fn standing(&self, of: UserKey<'_>) -> Result<Option<Standing>, StoreError> {
        let column = match of {
            UserKey::Name(_) => "name_key",
            UserKey::ConferenceId(_) => "conference_id",
            UserKey::Id(_) => "id",
        };
        // One statement sees one moment.
        let text = format!(
            "SELECT users.*, tenant.version AS tenant_version, tenant.settings AS tenant_settings, \
             numbers.primary_language AS number_language, ends.audit_number AS changes, \
             COALESCE(lease.incarnation, 0) AS incarnation \
             FROM users JOIN tenant ON tenant.id = 1 JOIN ends ON ends.id = 1 LEFT JOIN lease ON lease.id = 1 \
             LEFT JOIN numbers ON numbers.number = users.number WHERE users.{column} = $1"
        );
        let query = sqlx::query(AssertSqlSafe(text));
        let query = match of {
            UserKey::Name(name) => query.bind(key_of(name)),
            UserKey::ConferenceId(id) => query.bind(id.reveal()),
            UserKey::Id(id) => query.bind(i64::from(id.0)),
        };
        let Some(row) = query.fetch_optional(&self.readers).await.map_err(failed)? else { return Ok(None) };
        self.is_still_ours(get(&row, "incarnation")?)?;
        rows::standing(&row).map(Some)
    }

    async fn users_after(&self, name: &str, limit: u32) -> Result<Vec<UserRecord>, StoreError> {
        let query = sqlx::query("SELECT * FROM users WHERE name_key > $1 ORDER BY name_key LIMIT $2");
        let rows = query.bind(key_of(name)).bind(i64::from(limit)).fetch_all(&self.readers).await;
        rows.map_err(failed)?.iter().map(rows::user).collect()
    }

    async fn users_found(
        &self,
        sought: &Sought,
        name: &str,
        limit: u32,
    ) -> Result<Vec<UserRecord>, StoreError> {
        self.search(sought, name, limit).await
    }

    async fn census(&self, now: i64) -> Result<Census, StoreError> {
        self.count_users(now).await
    }

    async fn user_of_number(&self, number: &str) -> Result<Option<String>, StoreError> {
        let text = "SELECT name FROM users WHERE number = $1 OR toll_free_number = $2 LIMIT 1";
        let query = sqlx::query_scalar(text).bind(number.to_owned()).bind(number.to_owned());
        query.fetch_optional(&self.readers).await.map_err(failed)
    }

    async fn tenant(&self) -> Result<TenantRecord, StoreError> {
        let query = sqlx::query("SELECT version, settings FROM tenant WHERE id = 1");
        let row = query.fetch_one(&self.readers).await.map_err(failed)?;
        rows::tenant(&row, ["version", "settings"])
    }

    async fn numbers(&self) -> Result<Vec<NumberRecord>, StoreError> {
        let rows = sqlx::query("SELECT * FROM numbers ORDER BY number").fetch_all(&self.readers).await;
        rows.map_err(failed)?.iter().map(rows::number).collect()
    }

    async fn audit_after(&self, number: i64, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        let query = sqlx::query("SELECT * FROM audit WHERE number > $1 ORDER BY number LIMIT $2");
        let rows = query.bind(number).bind(i64::from(limit)).fetch_all(&self.readers).await;
        rows.map_err(failed)?.iter().map(rows::audit_entry).collect()
    }

    async fn audit_head(&self) -> Result<AuditHead, StoreError> {
        let row = sqlx::query("SELECT * FROM ends WHERE id = 1").fetch_one(&self.readers).await;
        rows::audit_head(&row.map_err(failed)?)
    }

    async fn foreign_objects(&self) -> Result<Vec<String>, StoreError> {
        self.foreign().await
    }

    async fn token(&self, id: &str) -> Result<Option<TokenRecord>, StoreError> {
        let query = sqlx::query("SELECT * FROM tokens WHERE id = $1").bind(id.to_owned());
        let row = query.fetch_optional(&self.readers).await.map_err(failed)?;
        row.as_ref().map(rows::token).transpose()
    }

    async fn tokens_after(&self, id: &str, limit: u32) -> Result<Vec<TokenRecord>, StoreError> {
        let query = sqlx::query("SELECT * FROM tokens WHERE id > $1 ORDER BY id LIMIT $2");
        let rows = query.bind(id.to_owned()).bind(i64::from(limit)).fetch_all(&self.readers).await;
        rows.map_err(failed)?.iter().map(rows::token).collect()
    }

    async fn account(&self, name: &str) -> Result<Option<AccountRecord>, StoreError> {
        let query = sqlx::query("SELECT * FROM accounts WHERE name_key = $1").bind(key_of(name));
        let row = query.fetch_optional(&self.readers).await.map_err(failed)?;
        row.as_ref().map(rows::account).transpose()
    }

    async fn accounts(&self) -> Result<Vec<AccountRecord>, StoreError> {
        let rows = sqlx::query("SELECT * FROM accounts ORDER BY name_key").fetch_all(&self.readers).await;
        rows.map_err(failed)?.iter().map(rows::account).collect()
    }

    async fn audit_before(&self, number: i64, limit: u32) -> Result<Vec<AuditEntry>, StoreError> {
        let query = sqlx::query("SELECT * FROM audit WHERE number < $1 ORDER BY number DESC LIMIT $2");
        let rows = query.bind(number).bind(i64::from(limit)).fetch_all(&self.readers).await;
        rows.map_err(failed)?.iter().map(rows::audit_entry).collect()
    }

    async fn commit(&self, changes: Changes) -> Result<Vec<OrganizerId>, StoreError> {
        let mut tx = self.begin().await?;
        let new = changes.users.iter().filter(|user| user.version == 0).count();
        // What adds nobody does not wait for those who do.
        let ids = if new > 0 { take_numbers(&mut tx, new).await? } else { 0..0 };
        let mut given = ids.clone();
        for user in &changes.users {
            if user.version == 0 {
                put_new_users(&mut tx, std::slice::from_ref(user), &mut given).await?;
            } else {
                put_user(&mut tx, user).await?;
            }
        }
        if let Some(tenant) = &changes.tenant {
            put_tenant(&mut tx, tenant).await?;
        }
        for number in &changes.removed_numbers {
            remove_number(&mut tx, number).await?;
        }
        for (number, before) in &changes.numbers {
            put_number(&mut tx, number, before.as_ref()).await?;
        }
        for token in &changes.tokens {
            put_token(&mut tx, token.clone()).await?;
        }
        let people = !changes.removed_accounts.is_empty() || !changes.accounts.is_empty();
        let administered = people && any_administrator(&mut tx).await?;
        for name in &changes.removed_accounts {
            let query = sqlx::query("DELETE FROM accounts WHERE name_key = $1").bind(key_of(name));
            query.execute(&mut *tx).await.map_err(failed)?;
        }
        for (account, before) in &changes.accounts {
            put_account(&mut tx, account.clone(), *before).await?;
        }
        let mut wiped = 0;
        for user in &changes.outdated_pins {
            // One that a worker has in hand is settled by it: what comes after it must not overtake it.
            let text = "UPDATE mails SET sealed_pin = NULL, \
                        state = CASE WHEN state = 'waiting' AND claim = '' THEN 'superseded' ELSE state END \
                        WHERE user_name = $1 AND carries_pin = 1 AND state IN ('waiting', 'dead')";
            wiped += sqlx::query(text).bind(user).execute(&mut *tx).await.map_err(failed)?.rows_affected();
        }
        for mails in changes.removed_mails.chunks(MAILS_A_STATEMENT) {
            remove_mails(&mut tx, mails).await?;
            wiped += mails.len() as u64;
        }
        let appended = self.append(&mut tx, &changes.mails, changes.audit.clone()).await?;
        if let Some(pruned) = &changes.pruned_audit {
            log::prune(&mut tx, pruned).await?;
        }
        // The audit log takes one transaction after the other: none is between these looks and the commit.
        if administered && !any_administrator(&mut tx).await? {
            return Err(StoreError::Stale);
        }
        for (name, seen) in &changes.seen_accounts {
            if account(&mut tx, name).await?.map(|account| account.changed_at) != *seen {
                return Err(StoreError::Stale);
            }
        }
        if people && any_token_outlives(&mut tx, &changes).await? {
            return Err(StoreError::Stale);
        }
        self.keep(tx, appended).await?;
        if wiped > 0 {
            self.wiped().await;
        }
        Ok(ids.map(OrganizerId).collect())
    }

    async fn conference_ids_after(&self, id: &str, limit: u32) -> Result<Vec<String>, StoreError> {
        let text = "SELECT conference_id FROM users WHERE conference_id > $1 ORDER BY conference_id LIMIT $2";
        let query = sqlx::query_scalar(text).bind(id.to_owned()).bind(i64::from(limit));
        query.fetch_all(&self.readers).await.map_err(failed)
    }

    async fn import(&self, users: Vec<UserRecord>, audit: NewAudit) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        // From here to the commit nobody else adds a user.
        take_numbers(&mut tx, 0).await?;
        let mut there = BTreeSet::new();
        for users in users.chunks(USERS_A_STATEMENT) {
            there.extend(keys_of_known(&mut tx, users).await?);
        }
        let new: Vec<UserRecord> = users.into_iter().filter(|user| there.insert(user.key())).collect();
        let mut ids = take_numbers(&mut tx, new.len()).await?;
        for users in new.chunks(USERS_A_STATEMENT) {
            put_new_users(&mut tx, users, &mut ids).await?;
        }
        let audit = audit.naming(&new.iter().map(|user| user.name.as_str()).collect::<Vec<_>>());
        let appended = self.append(&mut tx, &[], audit).await?;
        self.keep(tx, appended).await?;
        Ok(new.len() as u64)
    }
}

impl Sql {
    /// Appends mails and audit entries, whose numbers have no gaps: the row of the ends is held until the commit. Answers
    /// what was appended to the audit log, if anything was.
    pub(super) async fn append(
        &self,
        tx: &mut Transaction,
        mails: &[NewMail],
        audit: Vec<NewAudit>,
    ) -> Result<Option<Appended>, StoreError> {
        if mails.is_empty() && audit.is_empty() {
            return Ok(None);
        }
        let text = "UPDATE ends SET mail_id = mail_id + $1 WHERE id = 1 RETURNING *";
        let query = sqlx::query(text).bind(mails.len() as i64);
        let ends = query.fetch_one(&mut **tx).await.map_err(failed)?;
        let first = get::<i64>(&ends, "mail_id")? - mails.len() as i64 + 1;
        for (id, mail) in (first..).zip(mails) {
            put_mail(tx, id, mail).await?;
        }
        self.append_audit(tx, rows::audit_head(&ends)?, audit).await
    }
}

/// Takes the numbers of so many new users. The transaction that takes them holds the row of the ends until the commit.
async fn take_numbers(tx: &mut Transaction, count: usize) -> Result<Range<u32>, StoreError> {
    let text = "UPDATE ends SET next_user = next_user + $1 WHERE id = 1 RETURNING next_user";
    let query = sqlx::query_scalar(text).bind(count as i64);
    let end: i64 = query.fetch_one(&mut **tx).await.map_err(failed)?;
    numbers_from(u32::try_from(end - count as i64).unwrap_or(USERS_MAX), count)
}

/// The keys of those of these users who are in the database.
async fn keys_of_known(tx: &mut Transaction, users: &[UserRecord]) -> Result<Vec<String>, StoreError> {
    let places: Vec<String> = (1..=users.len()).map(|place| format!("${place}")).collect();
    let text = format!("SELECT name_key FROM users WHERE name_key IN ({})", places.join(", "));
    let query = sqlx::query_scalar(AssertSqlSafe(text));
    let query = users.iter().fold(query, |query, user| query.bind(user.key()));
    query.fetch_all(&mut **tx).await.map_err(failed)
}

async fn put_new_users(
    tx: &mut Transaction,
    users: &[UserRecord],
    ids: &mut Range<u32>,
) -> Result<(), StoreError> {
    let text = AssertSqlSafe(insert_users(users.len()));
    let query = users.iter().zip(ids).fold(sqlx::query(text), |query, (user, id)| {
        bind_user(query, user).bind(user.key()).bind(i64::from(id))
    });
    query.execute(&mut **tx).await.map_err(failed)?;
    put_words(tx, users).await
}

async fn put_user(tx: &mut Transaction, user: &UserRecord) -> Result<(), StoreError> {
    put_words_again(tx, user).await?;
    let query = bind_user(sqlx::query(UPDATE_USER.as_str()), user).bind(user.key()).bind(user.version);
    one_row(query.execute(&mut **tx).await)
}

async fn put_tenant(tx: &mut Transaction, tenant: &TenantRecord) -> Result<(), StoreError> {
    let settings = serde_json::to_string(&tenant.settings).expect("names and values are text");
    let text = "UPDATE tenant SET version = version + 1, settings = $1 WHERE id = 1 AND version = $2";
    let query = sqlx::query(text).bind(settings).bind(tenant.version);
    one_row(query.execute(&mut **tx).await)
}

async fn put_number(
    tx: &mut Transaction,
    number: &NumberRecord,
    before: Option<&NumberRecord>,
) -> Result<(), StoreError> {
    let text = match before {
        None => {
            "INSERT INTO numbers (number, toll_free, primary_language, secondary_languages) \
             VALUES ($1, $2, $3, $4) ON CONFLICT (number) DO NOTHING"
        }
        Some(_) => {
            "UPDATE numbers SET number = $1, toll_free = $2, primary_language = $3, secondary_languages = $4 \
             WHERE number = $5 AND toll_free = $6 AND primary_language = $7 AND secondary_languages = $8"
        }
    };
    let query = [Some(number), before].into_iter().flatten().fold(sqlx::query(text), bind_number);
    one_row(query.execute(&mut **tx).await)
}

async fn remove_number(tx: &mut Transaction, before: &NumberRecord) -> Result<(), StoreError> {
    let text = "DELETE FROM numbers WHERE number = $1 AND toll_free = $2 AND primary_language = $3 \
                AND secondary_languages = $4 \
                AND NOT EXISTS (SELECT 1 FROM users WHERE users.number = $5 OR toll_free_number = $6)";
    let query = bind_number(sqlx::query(text), before);
    one_row(query.bind(before.number.clone()).bind(before.number.clone()).execute(&mut **tx).await)
}

fn bind_number<'q>(query: Prepared<'q>, number: &NumberRecord) -> Prepared<'q> {
    let secondary: Vec<&str> = number.secondary.iter().map(|language| language.tag()).collect();
    query
        .bind(number.number.clone())
        .bind(i64::from(number.toll_free))
        .bind(number.primary.tag())
        .bind(secondary.join(" "))
}

/// Returns whether what was decided on was there.
fn one_row(done: Result<AnyQueryResult, sqlx::Error>) -> Result<(), StoreError> {
    if done.map_err(failed)?.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Stale) }
}

async fn put_token(tx: &mut Transaction, token: TokenRecord) -> Result<(), StoreError> {
    let TokenRecord { id, user, role, label, hash, issued_at, expires_at, revoked_at } = token;
    let text = "INSERT INTO tokens (id, user_name, role, label, hash, issued_at, expires_at, revoked_at) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
                ON CONFLICT (id) DO UPDATE SET revoked_at = excluded.revoked_at";
    let query = sqlx::query(text).bind(id).bind(user).bind(role).bind(label).bind(hash);
    let query = query.bind(issued_at).bind(expires_at).bind(revoked_at);
    query.execute(&mut **tx).await.map_err(failed)?;
    Ok(())
}

async fn put_account(
    tx: &mut Transaction,
    account: AccountRecord,
    before: Option<i64>,
) -> Result<(), StoreError> {
    let key = key_of(&account.name);
    let AccountRecord { name, role, password, must_change, changed_at } = account;
    let text = match before {
        None => {
            "INSERT INTO accounts (name_key, name, role, password, must_change, changed_at) \
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (name_key) DO NOTHING"
        }
        Some(_) => {
            "UPDATE accounts SET name = $2, role = $3, password = $4, must_change = $5, changed_at = $6 \
             WHERE name_key = $1 AND changed_at = $7"
        }
    };
    let query = sqlx::query(text).bind(key).bind(name).bind(role).bind(password);
    let query = query.bind(i64::from(must_change)).bind(changed_at);
    let query = if let Some(before) = before { query.bind(before) } else { query };
    one_row(query.execute(&mut **tx).await)
}

/// Removes mails, if all of them are there and settled.
async fn remove_mails(tx: &mut Transaction, mails: &[MailId]) -> Result<(), StoreError> {
    let places: Vec<String> = (1..=mails.len()).map(|place| format!("${place}")).collect();
    let text = format!("DELETE FROM mails WHERE state <> 'waiting' AND id IN ({})", places.join(", "));
    let query = mails.iter().fold(sqlx::query(AssertSqlSafe(text)), |query, id| query.bind(*id));
    let removed = query.execute(&mut **tx).await.map_err(failed)?;
    if removed.rows_affected() == mails.len() as u64 { Ok(()) } else { Err(StoreError::Stale) }
}

async fn account(tx: &mut Transaction, name: &str) -> Result<Option<AccountRecord>, StoreError> {
    let query = sqlx::query("SELECT * FROM accounts WHERE name_key = $1").bind(key_of(name));
    let row = query.fetch_optional(&mut **tx).await.map_err(failed)?;
    row.as_ref().map(rows::account).transpose()
}

/// Returns whether a token stays in force that its account no longer allows. Names are compared here and not there:
/// databases differ in what they take for lower case.
async fn any_token_outlives(tx: &mut Transaction, changes: &Changes) -> Result<bool, StoreError> {
    let rows = sqlx::query("SELECT * FROM tokens WHERE revoked_at IS NULL").fetch_all(&mut **tx).await;
    let in_force: Vec<TokenRecord> =
        rows.map_err(failed)?.iter().map(rows::token).collect::<Result<_, _>>()?;
    Ok(in_force.iter().any(|token| changes.outlives(token)))
}

async fn any_administrator(tx: &mut Transaction) -> Result<bool, StoreError> {
    let query = sqlx::query("SELECT 1 FROM accounts WHERE role = 'administrator' LIMIT 1");
    Ok(query.fetch_optional(&mut **tx).await.map_err(failed)?.is_some())
}

async fn put_mail(tx: &mut Transaction, id: i64, mail: &NewMail) -> Result<(), StoreError> {
    let facts = serde_json::to_string(&mail.facts).expect("facts are text");
    let (address, name) = mail.from.clone().unzip();
    let text = "INSERT INTO mails (id, message_id, user_name, kind, recipient, from_address, from_name, language, \
                facts, sealed_pin, carries_pin, put_in_at, attempts, next_attempt_at, state, claim, leased_until) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, $13, 'waiting', '', 0)";
    let query = sqlx::query(text)
        .bind(id)
        .bind(mail.message_id.clone())
        .bind(mail.user.clone())
        .bind(mail.kind.word())
        .bind(mail.to.clone())
        .bind(address)
        .bind(name)
        .bind(mail.language.tag())
        .bind(facts)
        .bind(mail.sealed_pin.as_ref().map(|sealed| sealed.0.clone()))
        .bind(i64::from(mail.sealed_pin.is_some()))
        .bind(mail.at)
        .bind(mail.at);
    query.execute(&mut **tx).await.map_err(failed)?;
    Ok(())
}
