//! Checks that the database still has the schema of [`MIGRATIONS`].
//!
//! Somebody who can write into the database can also change what writing does: by a trigger that takes an entry of the
//! audit log away again, by a view or a rule in the place of a table. What attendant never makes and what can alter or
//! suppress a write is foreign. A table or an index beside its own is not: it changes nothing.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use sqlx::{Any, AnyConnection, AssertSqlSafe, Connection as _, Executor, Row as _};
use tokio::sync::OnceCell;

use super::super::StoreError;
use super::open::MIGRATIONS;
use super::transaction::Transaction;
use super::{Kind, Sql, failed};

/// Lists foreign objects of a PostgreSQL database, one per row; `own` holds the names of attendant's tables. Their
/// columns are of two types, and their defaults, constraints and indexes call no function.
const FOREIGN_IN_POSTGRES: &str = "\
    SELECT CAST(what AS TEXT) AS what FROM (\
    SELECT 'no table ' || name AS what FROM own WHERE id IS NULL \
    UNION ALL SELECT 'something else in the place of the table ' || name \
        FROM own JOIN pg_catalog.pg_class ON oid = id WHERE relkind <> 'r' \
    UNION ALL SELECT 'row security on ' || name FROM own JOIN pg_catalog.pg_class ON oid = id WHERE relrowsecurity \
    UNION ALL SELECT 'the trigger ' || tgname || ' on ' || name \
        FROM own JOIN pg_catalog.pg_trigger ON tgrelid = id WHERE NOT tgisinternal \
    UNION ALL SELECT 'the rule ' || rulename || ' on ' || name \
        FROM own JOIN pg_catalog.pg_rewrite ON ev_class = id WHERE rulename <> '_RETURN' \
    UNION ALL SELECT 'a table that inherits from ' || name \
        FROM own JOIN pg_catalog.pg_inherits ON inhparent = id OR inhrelid = id \
    UNION ALL SELECT 'the constraint ' || conname || ' on ' || name \
        FROM own JOIN pg_catalog.pg_constraint ON conrelid = id WHERE contype NOT IN ('p', 'u', 'n') \
    UNION ALL SELECT 'the column ' || attname || ' of ' || name \
        FROM own JOIN pg_catalog.pg_attribute ON attrelid = id WHERE attnum > 0 AND NOT attisdropped \
        AND (attgenerated <> '' OR attidentity <> '' OR atttypid NOT IN (20, 25)) \
    UNION ALL SELECT 'the default of a column of ' || name \
        FROM own JOIN pg_catalog.pg_attrdef ON adrelid = id WHERE pg_get_expr(adbin, adrelid) <> '''''::text' \
    UNION ALL SELECT 'the index ' || relname || ' on ' || name \
        FROM own JOIN pg_catalog.pg_index ON indrelid = id JOIN pg_catalog.pg_class ON oid = indexrelid \
        WHERE indexprs IS NOT NULL OR indpred IS NOT NULL) AS foreign_objects ORDER BY what";

impl Sql {
    /// Returns the foreign objects in the database, each in a few words.
    pub(super) async fn foreign(&self) -> Result<Vec<String>, StoreError> {
        foreign(&self.kind, &self.readers).await.map_err(failed)
    }

    /// Refuses a transaction in a database that somebody else has changed the ways of. SQLite counts the changes, so that
    /// it is looked at once after each.
    pub(super) async fn is_unaltered(&self, tx: &mut Transaction) -> Result<(), StoreError> {
        let version: Option<i64> = match self.kind {
            Kind::Sqlite(_) => {
                let query = sqlx::query("PRAGMA schema_version");
                Some(query.fetch_one(&mut **tx).await.and_then(|row| row.try_get(0)).map_err(failed)?)
            }
            Kind::Postgres { .. } => None,
        };
        if version.is_some_and(|version| version == self.schema_version.load(Ordering::Acquire)) {
            return Ok(());
        }
        let foreign = foreign(&self.kind, &mut **tx).await.map_err(failed)?;
        if !foreign.is_empty() {
            return Err(StoreError::Unavailable(altered(&foreign)));
        }
        if let Some(version) = version {
            self.schema_version.store(version, Ordering::Release);
        }
        Ok(())
    }
}

/// Why nothing is written where these are.
pub(super) fn altered(foreign: &[String]) -> String {
    format!("the database can change or hide what is written: it has {}", foreign.join(", "))
}

async fn foreign(
    kind: &Kind,
    executor: impl Executor<'_, Database = Any>,
) -> Result<Vec<String>, sqlx::Error> {
    let own = own_tables().await?;
    match kind {
        Kind::Sqlite(_) => {
            let query =
                sqlx::query("SELECT type, name, tbl_name, COALESCE(sql, '') AS sql FROM sqlite_schema");
            let mut found = BTreeMap::new();
            let mut foreign = Vec::new();
            for row in query.fetch_all(executor).await? {
                let [what, name, table, sql] =
                    ["type", "name", "tbl_name", "sql"].map(|column| row.try_get::<String, _>(column));
                let (what, name, table, sql) = (what?, name?, table?, sql?);
                match what.as_str() {
                    "table" => drop(found.insert(name, plain(&sql))),
                    "index" => {}
                    "trigger" => foreign.push(format!("the trigger {name} on {table}")),
                    what => foreign.push(format!("the {what} {name}")),
                }
            }
            foreign.extend(own.iter().filter_map(|(name, sql)| match found.get(name) {
                None => Some(format!("no table {name}")),
                Some(found) => {
                    (found != sql).then(|| format!("a table {name} that differs from attendant's"))
                }
            }));
            Ok(foreign)
        }
        Kind::Postgres { .. } => {
            let names: Vec<String> = own.keys().map(|name| format!("('{name}')")).collect();
            let text = format!(
                "WITH own AS (SELECT name, to_regclass(name) AS id FROM (VALUES {}) AS names (name)) {FOREIGN_IN_POSTGRES}",
                names.join(", ")
            );
            sqlx::query_scalar(AssertSqlSafe(text)).fetch_all(executor).await
        }
    }
}

/// The tables that the migrations make, with the statements by which SQLite knows them.
pub(super) async fn own_tables() -> Result<&'static BTreeMap<String, String>, sqlx::Error> {
    static OWN: OnceCell<BTreeMap<String, String>> = OnceCell::const_new();
    let made = || async {
        let mut connection = AnyConnection::connect("sqlite::memory:").await?;
        for (_, _, step) in MIGRATIONS {
            connection.execute(*step).await?;
        }
        let tables = "SELECT name, sql FROM sqlite_schema WHERE type = 'table'";
        let rows = connection.fetch_all(tables).await?;
        let tables =
            rows.iter().map(|row| Ok((row.try_get("name")?, plain(&row.try_get::<String, _>("sql")?))));
        let tables = tables.collect::<Result<_, sqlx::Error>>()?;
        connection.close().await?;
        Ok(tables)
    };
    OWN.get_or_try_init(made).await
}

/// A statement as it is compared: without comments and with one blank between two words, since a column that is taken away
/// leaves others; and without the quotes that renaming puts around the table. Where it has more quotes than attendant
/// writes, it is left as it is: what looks like a comment may be a part of a name.
fn plain(sql: &str) -> String {
    let unquoted = sql.strip_prefix("CREATE TABLE \"").and_then(|rest| rest.split_once('"'));
    let sql = unquoted.map_or_else(|| sql.to_owned(), |(name, rest)| format!("CREATE TABLE {name}{rest}"));
    if sql.replace("''", "").contains(['"', '\'', '`', '[']) {
        return sql;
    }
    let code = sql.lines().map(|line| line.split("--").next().unwrap_or_default());
    let parts =
        code.collect::<Vec<_>>().join(" ").replace(',', " , ").replace('(', " ( ").replace(')', " ) ");
    parts.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renamed_tables_are_known_but_not_extended_ones() {
        let own = "CREATE TABLE audit (\n -- Why.\n number BIGINT NOT NULL,\n seal TEXT DEFAULT ''\n)";
        let renamed = "CREATE TABLE \"audit\" (number BIGINT NOT NULL , seal TEXT DEFAULT '')";
        assert_eq!(plain(own), plain(renamed));
        for more in [
            "CREATE TABLE audit (number BIGINT NOT NULL UNIQUE ON CONFLICT IGNORE, seal TEXT DEFAULT '')",
            "CREATE TABLE audit (number BIGINT \"--\" UNIQUE ON CONFLICT IGNORE\n NOT NULL, seal TEXT DEFAULT '')",
            "CREATE TABLE audit (number BIGINT [--] UNIQUE ON CONFLICT IGNORE\n NOT NULL, seal TEXT DEFAULT '')",
            "CREATE TABLE audit (number BIGINT NOT NULL, seal TEXT DEFAULT '--' UNIQUE ON CONFLICT IGNORE\n)",
        ] {
            assert_ne!(plain(own), plain(more), "{more}");
        }
    }
}
