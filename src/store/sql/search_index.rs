//! The words of users in the database: written with their users, and searched by.

use std::cmp::Reverse;

use sqlx::{AssertSqlSafe, Row as _};

use super::super::entropy::hex;
use super::super::record::{NOBODY, UserRecord, key_of};
use super::super::search::{self, Census, Matter, Search, Sought};
use super::super::{Directory as _, StoreError};
use super::rows;
use super::transaction::Transaction;
use super::{Sql, failed};
use crate::control::numbers::is_digits;

/// Words in one INSERT. SQLite takes 32,766 values in a statement, a word has two.
const WORDS_A_STATEMENT: usize = 1_000;

/// Users whose words are written at once, where none had any.
const PAGE: u32 = 1_000;

/// Writes the words of users; those that are there already stay.
pub(super) async fn put_words(tx: &mut Transaction, users: &[UserRecord]) -> Result<(), StoreError> {
    let all: Vec<(String, String)> = users
        .iter()
        .flat_map(|user| search::of_user(user).into_iter().map(|word| (hex(word.as_bytes()), user.key())))
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

/// Writes the words of a user again, if the display name is another now: names themselves never change.
pub(super) async fn put_words_again(tx: &mut Transaction, user: &UserRecord) -> Result<(), StoreError> {
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

    /// Users in the order of their names who are sought.
    ///
    /// What many have is found among the next users by name; what few have, by its index. Either alone would read every
    /// user for some searches.
    pub(super) async fn search(
        &self,
        sought: &Sought,
        after: &str,
        limit: u32,
    ) -> Result<Vec<UserRecord>, StoreError> {
        if *sought == Sought::default() {
            return self.users_after(after, limit).await;
        }
        let search = Search::of(&sought.search);
        let near = self.found(&search, sought, (SearchPlan::Near, after, limit)).await?;
        if near.len() == limit as usize {
            return Ok(near);
        }
        self.found(&search, sought, (SearchPlan::Index, after, limit)).await
    }

    /// Counts users, and those who need attention, by reading each once.
    pub(super) async fn count_users(&self, now: i64) -> Result<Census, StoreError> {
        let sums =
            Matter::all(now).map(|matter| format!(", COUNT(CASE WHEN {} THEN 1 END)", concerned_by(matter)));
        let text = format!("SELECT COUNT(*){} FROM users WHERE name_key <> $1", sums.concat());
        let query = sqlx::query(AssertSqlSafe(text)).bind(NOBODY);
        let row = query.fetch_one(&self.readers).await.map_err(failed)?;
        let count = |at: usize| row.try_get::<i64, _>(at).map(i64::cast_unsigned).map_err(failed);
        Ok(Census { users: count(0)?, matters: [count(1)?, count(2)?, count(3)?, count(4)?] })
    }

    async fn found(
        &self,
        search: &Search,
        sought: &Sought,
        (way, after, limit): (SearchPlan, &str, u32),
    ) -> Result<Vec<UserRecord>, StoreError> {
        let mut values = Values(vec![key_of(after)]);
        let mut conditions = vec!["name_key > $1".to_owned()];
        conditions.extend(found_by(search, way, limit, &mut values));
        if sought.enabled_only {
            conditions.push("enabled = 1".to_owned());
        }
        if let Some(number) = &sought.number {
            let number = values.place(number.clone());
            conditions.push(format!("(number = {number} OR toll_free_number = {number})"));
        }
        conditions.extend(sought.matter.map(concerned_by));
        let from = match way {
            SearchPlan::Near => {
                format!("(SELECT * FROM users WHERE name_key > $1 ORDER BY name_key LIMIT {NEAR}) AS users")
            }
            SearchPlan::Index => "users".to_owned(),
        };
        let all = conditions.join(" AND ");
        let text = format!("SELECT * FROM {from} WHERE {all} ORDER BY name_key LIMIT {limit}");
        let mut query = sqlx::query(AssertSqlSafe(text));
        for value in values.0 {
            query = query.bind(value);
        }
        query.fetch_all(&self.readers).await.map_err(failed)?.iter().map(rows::user).collect()
    }
}

/// The condition that a user is concerned by this.
fn concerned_by(matter: Matter) -> String {
    match matter {
        Matter::Disabled => "enabled = 0".to_owned(),
        Matter::WithoutPin => "(enabled = 1 AND pin_hash IS NULL)".to_owned(),
        Matter::WithoutNumber => "(enabled = 1 AND number IS NULL AND toll_free_number IS NULL)".to_owned(),
        Matter::LockedOut(now) => format!("(locked_by_hand = 1 OR locked_until > {now})"),
    }
}

/// The values of a query, in the order of their places; the first is the name after which users are looked for.
struct Values(Vec<String>);

impl Values {
    /// Takes a value, and answers what stands for it.
    fn place(&mut self, value: String) -> String {
        self.0.push(value);
        format!("${}", self.0.len())
    }
}

/// The way to search.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum SearchPlan {
    /// Among the next [`NEAR`] users by name.
    Near,
    /// By the index of the longest word, which is the rarest, most likely.
    Index,
}

/// Users among whom is looked first: reading them takes a millisecond or two, and who is in fewer than a page of them is
/// rare enough for an index.
const NEAR: u32 = 1_000;

/// Returns the condition that a search's results meet; empty if it is empty.
fn found_by(search: &Search, way: SearchPlan, limit: u32, values: &mut Values) -> Option<String> {
    let mut words = search.words.clone();
    words.sort_by_key(|word| Reverse(word.len()));
    let ranges: Vec<Ranges> = words.iter().map(|word| Ranges::of(word, values)).collect();
    // So many that all of a page are among them, those with the word several times.
    let enough = (words.len() == 1).then(|| u64::from(limit) * search::WORDS_MAX as u64);
    let conditions = ranges.iter().enumerate().map(|(at, ranges)| match way {
        SearchPlan::Index if at == 0 => ranges.among(enough),
        SearchPlan::Index | SearchPlan::Near => ranges.holds(),
    });
    let all = conditions.collect::<Vec<_>>().join(" AND ");
    let Some(digits) = &search.grouped else { return Some(all).filter(|all| !all.is_empty()) };
    let id = id_range(digits, values);
    Some(match way {
        SearchPlan::Near => format!("({all} OR {id})"),
        SearchPlan::Index => {
            let users = "SELECT name_key FROM users WHERE";
            format!("name_key IN ({users} {all} UNION {users} {id})")
        }
    })
}

/// The meaning of a search word: words that begin with it, and conference IDs if it is a number.
struct Ranges {
    of_word: String,
    of_id: Option<String>,
}

impl Ranges {
    fn of(word: &str, values: &mut Values) -> Self {
        let begins = hex(word.as_bytes());
        // No hexadecimal digit comes after an f, in any order of letters.
        let (least, beyond) = (values.place(begins.clone()), values.place(format!("{begins}g")));
        let of_word = format!("SELECT name_key FROM user_words WHERE word >= {least} AND word < {beyond}");
        Self { of_word, of_id: is_digits(word).then(|| id_range(word, values)) }
    }

    /// Returns the condition that a user has it; of users with the word only the next `enough` by name, if given.
    fn among(&self, enough: Option<u64>) -> String {
        let next = enough.map_or_else(String::new, |enough| {
            format!(" AND name_key > $1 ORDER BY name_key LIMIT {enough}")
        });
        let mut text = format!("name_key IN (SELECT * FROM ({}{next}) AS with_word", self.of_word);
        if let Some(id) = &self.of_id {
            // Asked for in order, SQLite would walk through all names in place of these few conference IDs.
            text += &format!(" UNION SELECT name_key FROM users WHERE {id}");
        }
        text + ")"
    }

    /// Returns the condition that the user of this row has it.
    fn holds(&self) -> String {
        let word = format!("EXISTS ({} AND user_words.name_key = users.name_key)", self.of_word);
        self.of_id.as_ref().map_or_else(|| word.clone(), |id| format!("({word} OR {id})"))
    }
}

/// Returns the condition that a conference ID begins with these digits: no digit sorts after a letter.
fn id_range(digits: &str, values: &mut Values) -> String {
    let (least, beyond) = (values.place(digits.to_owned()), values.place(format!("{digits}a")));
    format!("conference_id >= {least} AND conference_id < {beyond}")
}
