//! Copies a directory as it is at one moment, while others write into it.
//!
//! SQLite copies itself (`VACUUM INTO`): one read transaction, during which the write-ahead log grows and nobody waits.
//! Where PostgreSQL is on one side the rows are copied one by one, in one transaction on each: both have the same tables.

use std::fs::OpenOptions;
use std::path::Path;

use futures_util::TryStreamExt as _;
use sqlx::any::install_default_drivers;
use sqlx::migrate::MigrateError;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Executor as _, Row as _};

use super::super::durable::private;
use super::health::said;
use super::location::Location;
use super::open::{BUSY_MS, MIGRATIONS, busy_timeout, existing_file, folder_of};
use super::open::{how_to_read, migrator_to, url_of};
use super::open_error::OpenError;
use super::owner::used;
use super::room;
use super::schema::own_tables;

/// Copies the directory that is kept there into a new file of SQLite, which only its owner may read, and which is on the
/// disk when this returns.
///
/// # Errors
/// There is no directory of this program or an earlier one, it is not as it should be, or the file cannot be written.
pub(in super::super) async fn snapshot(location: &Location, file: &Path) -> Result<(), OpenError> {
    install_default_drivers();
    // The file stays open until the connection is closed.
    let (url, _opened) = match location {
        Location::File(path) => {
            let (path, opened) = existing_file(path).await?;
            (format!("{}{}", url_of(&path), how_to_read(&path)), Some(opened))
        }
        Location::Postgres(url) => (url.clone(), None),
    };
    let unreadable = |error| OpenError::Database(location.to_string(), error);
    let uncopied = |error| OpenError::Copy(location.to_string(), file.to_owned(), reason(&error, file));
    let mut from = AnyConnection::connect(&url).await.map_err(unreadable)?;
    let version = schema_of(&mut from).await.map_err(unreadable)?;
    let version = version.ok_or_else(|| OpenError::NoDirectory(location.to_string()))?;
    if version > MIGRATIONS.last().map_or(0, |(version, ..)| *version) {
        return Err(OpenError::Migrate(location.to_string(), MigrateError::VersionMissing(version)));
    }
    let made = private(OpenOptions::new().write(true).create_new(true), file);
    let made = made.map_err(|error| OpenError::File(file.to_owned(), error))?;
    match location {
        Location::File(_) => {
            from.execute(busy_timeout(BUSY_MS)).await.map_err(unreadable)?;
            let into = sqlx::query("VACUUM INTO $1").bind(file.display().to_string());
            into.execute(&mut from).await.map_err(uncopied)?;
        }
        Location::Postgres(_) => {
            let mut to = AnyConnection::connect(&url_of(file)).await.map_err(uncopied)?;
            let migrated = migrator_to(version).run(&mut to).await;
            migrated.map_err(|error| OpenError::Migrate(file.display().to_string(), error))?;
            copy_rows(&mut from, &mut to, Side::To).await.map_err(uncopied)?;
            to.close().await.map_err(uncopied)?;
        }
    }
    made.sync_all().map_err(|error| OpenError::File(file.to_owned(), error))?;
    from.close().await.map_err(unreadable)
}

/// Copies a file of SQLite, up to date and closed, into a database of PostgreSQL that nobody has used; all of it or
/// nothing.
///
/// # Errors
/// Somebody has used the database, or one of both does not answer.
pub(in super::super) async fn load(file: &Path, url: &str) -> Result<(), OpenError> {
    install_default_drivers();
    let location = Location::Postgres(url.to_owned());
    if used(&location).await? {
        return Err(OpenError::Used(location.to_string()));
    }
    let failed = |error| OpenError::Database(location.to_string(), error);
    let mut from = AnyConnection::connect(&url_of(file)).await.map_err(failed)?;
    let mut to = AnyConnection::connect(url).await.map_err(failed)?;
    let version = MIGRATIONS.last().map_or(0, |(version, ..)| *version);
    let migrated = migrator_to(version).run(&mut to).await;
    migrated.map_err(|error| OpenError::Migrate(location.to_string(), error))?;
    copy_rows(&mut from, &mut to, Side::From).await.map_err(failed)?;
    from.close().await.map_err(failed)?;
    to.close().await.map_err(failed)
}

/// Which of two databases is SQLite's.
#[derive(Clone, Copy)]
enum Side {
    From,
    To,
}

/// Replaces the rows of every table by those of another database with the same tables.
async fn copy_rows(
    from: &mut AnyConnection,
    to: &mut AnyConnection,
    sqlite: Side,
) -> Result<(), sqlx::Error> {
    let (read, write) = match sqlite {
        Side::From => ("BEGIN", "BEGIN"),
        Side::To => ("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "BEGIN"),
    };
    from.execute(read).await?;
    to.execute(write).await?;
    for table in own_tables().await?.keys() {
        let known = match sqlite {
            Side::From => columns(&mut *from, table).await?,
            Side::To => columns(&mut *to, table).await?,
        };
        // A table that an earlier program did not have.
        if known.is_empty() {
            continue;
        }
        let names: Vec<&str> = known.iter().map(|column| column.name.as_str()).collect();
        let names = names.join(", ");
        let places: Vec<String> = (1..=known.len()).map(|place| format!("${place}")).collect();
        let insert = format!("INSERT INTO {table} ({names}) VALUES ({})", places.join(", "));
        to.execute(AssertSqlSafe(format!("DELETE FROM {table}"))).await?;
        let select = sqlx::query(AssertSqlSafe(format!("SELECT {names} FROM {table}")));
        let mut rows = select.fetch(&mut *from);
        while let Some(row) = rows.try_next().await? {
            let mut query = sqlx::query(AssertSqlSafe(insert.clone()));
            for (place, column) in known.iter().enumerate() {
                query = if column.is_text {
                    query.bind(row.try_get::<Option<String>, _>(place)?)
                } else {
                    query.bind(row.try_get::<Option<i64>, _>(place)?)
                };
            }
            query.execute(&mut *to).await?;
        }
    }
    to.execute("COMMIT").await?;
    from.execute("COMMIT").await?;
    Ok(())
}

struct Column {
    name: String,
    /// A number otherwise: the tables have columns of two types.
    is_text: bool,
}

/// The columns of a table of SQLite; none where there is no such table.
async fn columns(sqlite: &mut AnyConnection, table: &str) -> Result<Vec<Column>, sqlx::Error> {
    let query = sqlx::query("SELECT name, type FROM pragma_table_info($1)").bind(table.to_owned());
    let rows = query.fetch_all(sqlite).await?;
    let column = |row: &sqlx::any::AnyRow| {
        Ok(Column { name: row.try_get("name")?, is_text: row.try_get::<String, _>("type")? == "TEXT" })
    };
    rows.iter().map(column).collect()
}

/// The last step that brought the tables up to date; `None` where there are none of this program.
async fn schema_of(connection: &mut AnyConnection) -> Result<Option<i64>, sqlx::Error> {
    let step = sqlx::query_scalar("SELECT MAX(version) FROM _sqlx_migrations").fetch_one(connection).await;
    match step {
        Ok(step) => Ok(step),
        // Both say so of a table that is not there, each in words of its own.
        Err(sqlx::Error::Database(error)) if error.message().contains("_sqlx_migrations") => Ok(None),
        Err(error) => Err(error),
    }
}

/// Why a copy was not written. A full disk is told with what is free: the database only says that it is full.
fn reason(error: &sqlx::Error, file: &Path) -> String {
    room::lacking(folder_of(file)).unwrap_or_else(|| said(error))
}
