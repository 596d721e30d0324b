//! The words of users in the database: written with their users, and searched by.

use std::cmp::Reverse;

use sqlx::{Any, AssertSqlSafe, Row as _, Transaction};

use super::super::entropy::hex;
use super::super::record::{NOBODY, UserRecord, key_of};
use super::super::{Directory as _, StoreError, words};
use super::rows;
use super::{Sql, failed};

/// Words in one INSERT. SQLite takes 32,766 values in a statement, a word has two.
const WORDS_A_STATEMENT: usize = 1_000;

/// Users whose words are written at once, where none had any.
const PAGE: u32 = 1_000;

/// Writes the words of users; those that are there already stay.
pub(super) async fn put_words(tx: &mut Transaction<'_, Any>, users: &[UserRecord]) -> Result<(), StoreError> {
    let all: Vec<(String, String)> = users
        .iter()
        .flat_map(|user| words::of_user(user).into_iter().map(|word| (hex(word.as_bytes()), user.key())))
        .collect();
    for some in all.chunks(WORDS_A_STATEMENT) {
        let places: Vec<String> =
            (0..some.len()).map(|at| format!("(${}, ${})", 2 * at + 1, 2 * at + 2)).collect();
        let text = format!(
            "INSERT INTO user_words (word, name_key) VALUES {} ON CONFLICT (word, name_key) DO NOTHING",
            places.join(", ")
        );
        let mut query = sqlx::query(AssertSqlSafe(text));
        for (word, key) in some {
            query = query.bind(word).bind(key);
        }
        query.execute(&mut **tx).await.map_err(failed)?;
    }
    Ok(())
}

/// Writes the words of a user anew, if the display name is another now: names themselves never change.
pub(super) async fn put_words_again(
    tx: &mut Transaction<'_, Any>,
    user: &UserRecord,
) -> Result<(), StoreError> {
    let query = sqlx::query("SELECT display_name FROM users WHERE name_key = $1").bind(user.key());
    let before = query.fetch_optional(&mut **tx).await.map_err(failed)?;
    let before = before.map(|row| row.try_get::<String, _>("display_name")).transpose().map_err(failed)?;
    if before.as_ref() == Some(&user.display_name) {
        return Ok(());
    }
    let query = sqlx::query("DELETE FROM user_words WHERE name_key = $1").bind(user.key());
    query.execute(&mut **tx).await.map_err(failed)?;
    put_words(tx, std::slice::from_ref(user)).await
}

impl Sql {
    /// Writes the words of every user of a directory from before there were any.
    pub(super) async fn index_words(&self) -> Result<(), StoreError> {
        let query = sqlx::query("SELECT word FROM user_words LIMIT 1");
        if query.fetch_optional(&self.readers).await.map_err(failed)?.is_some() {
            return Ok(());
        }
        let mut after = NOBODY.to_owned();
        loop {
            let users = self.users_after(&after, PAGE).await?;
            let Some(last) = users.last() else { return Ok(()) };
            after.clone_from(&last.name);
            let mut tx = self.begin().await?;
            put_words(&mut tx, &users).await?;
            tx.commit().await.map_err(failed)?;
        }
    }

    /// Users in the order of their names whom every word of the search finds.
    pub(super) async fn search(
        &self,
        search: &str,
        after: &str,
        limit: u32,
    ) -> Result<Vec<UserRecord>, StoreError> {
        let mut sought = words::of_search(search);
        if sought.is_empty() {
            return self.users_after(after, limit).await;
        }
        // The longest word is the rarest, most likely: users are looked for by it, and held to the others.
        sought.sort_by_key(|word| Reverse(word.len()));
        let mut values = vec![key_of(after)];
        let mut place = |value: String| {
            values.push(value);
            format!("${}", values.len())
        };
        let mut text = String::from("SELECT * FROM users WHERE name_key > $1");
        for (number, word) in sought.iter().enumerate() {
            let begins = hex(word.as_bytes());
            // No hexadecimal digit comes after an f, and no number after a letter, in any order of letters.
            let (least, beyond) = (place(begins.clone()), place(format!("{begins}g")));
            let of_word =
                format!("SELECT name_key FROM user_words WHERE word >= {least} AND word < {beyond}");
            let condition = if words::is_number(word) {
                let (least, beyond) = (place(word.clone()), place(format!("{word}a")));
                format!(
                    "name_key IN ({of_word} UNION SELECT name_key FROM users \
                     WHERE conference_id >= {least} AND conference_id < {beyond})"
                )
            } else if number > 0 {
                format!("EXISTS ({of_word} AND user_words.name_key = users.name_key)")
            } else if sought.len() == 1 {
                // So many that all of a page are among them, whoever has the word several times.
                let enough = u64::from(limit) * words::WORDS_MAX as u64;
                format!("name_key IN ({of_word} AND name_key > $1 ORDER BY name_key LIMIT {enough})")
            } else {
                format!("name_key IN ({of_word})")
            };
            text += &format!(" AND {condition}");
        }
        text += &format!(" ORDER BY name_key LIMIT {limit}");
        let mut query = sqlx::query(AssertSqlSafe(text));
        for value in values {
            query = query.bind(value);
        }
        query.fetch_all(&self.readers).await.map_err(failed)?.iter().map(rows::user).collect()
    }
}
