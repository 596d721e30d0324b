//! Users in and out as CSV, as many as there are: a million pass through in pieces. PINs are never in it.
//!
//! Imported users are enabled with a conference ID and without a PIN, and get no mail: a PIN's hash is dear on purpose,
//! and a million of them take half a day of a core. A reset gives each a PIN, and mails it.

use std::collections::BTreeSet;
use std::io::{Read, Write};

use super::act::UserName;
use super::administration::{Actor, Administration, audit};
use super::people::{Surroundings, newcomer, service_number};
use super::refusal::Refusal;
use super::view::{check_address, check_conference_id, check_text};
use crate::control::call::{Digits, Language};
use crate::control::directory::{CONFERENCE_ID_DIGITS, draw_conference_id};
use crate::control::policy::Policy;
use crate::files::Metered;
use crate::store::record::{NOBODY, NumberRecord, UserRecord};
use crate::store::{Directory, StoreError, entropy};

/// The columns, in the order in which they are written. Only `name` must be there.
pub const COLUMNS: &[&str] = &[
    "name",
    "display_name",
    "mail",
    "phone",
    "language",
    "enabled",
    "conference_id",
    "number",
    "toll_free_number",
    "allow_toll_free",
    "allow_anonymous_start",
];

/// Users in one transaction: with fewer the disk is waited for more often, with more another writer waits longer.
const BATCH: usize = 10_000;

/// The longest line, or record of several lines, that is read, in bytes: all fields of a user have some hundred.
const RECORD_BYTES_MAX: usize = 64 * 1024;

/// Users and conference IDs that are loaded at once.
const PAGE: u32 = 10_000;

/// How often a batch is tried whose drawn conference IDs somebody else took meanwhile.
const TRIES_MAX: u32 = 20;

/// What became of an import.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Imported {
    /// Users that were added.
    pub added: u64,
    /// Users that were there already, and are as they were.
    pub there: u64,
}

/// Conference IDs that nobody may be given: those of the store, and those of the file.
#[derive(Default)]
struct Taken {
    ids: BTreeSet<Digits>,
    /// Those that the file's lines name.
    named: BTreeSet<Digits>,
}

/// A line of the file.
struct Row {
    line: u64,
    user: UserRecord,
    draws: bool,
}

/// What a file's lines are read by.
struct Reading<'r> {
    at: Vec<Option<usize>>,
    policy: &'r Policy,
    numbers: &'r [NumberRecord],
}

impl<D: Directory> Administration<D> {
    /// Adds the users of a CSV file; `progress` is told how many lines are done, from time to time, and who of those since
    /// the last time is to be enabled.
    ///
    /// Each batch is one transaction: what was added before a line that is refused stays.
    ///
    /// # Errors
    /// A line is wrong, or the store does not answer.
    pub async fn import(
        &self,
        now: i64,
        actor: &Actor,
        file: impl Read,
        mut progress: impl FnMut(u64, Vec<UserName>),
    ) -> Result<Imported, Refusal> {
        let policy = self.policy().await?;
        let numbers = self.directory().numbers().await?;
        let file = Metered::new(file, RECORD_BYTES_MAX);
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(file);
        let header = reader.headers().map_err(|error| unreadable(1, &error))?.clone();
        let reading = Reading { at: columns(&header)?, policy: &policy, numbers: &numbers };
        let mut taken = Taken::default();
        taken.load(&**self.directory()).await?;
        let (mut imported, mut rows) = (Imported::default(), Vec::new());
        let mut record = csv::StringRecord::new();
        loop {
            reader.get_mut().renew();
            let begins = reader.position().line();
            let more = reader.read_record(&mut record).map_err(|error| unreadable(begins, &error))?;
            if more {
                let line = record.position().map_or(0, csv::Position::line);
                let wrong = |refusal: Refusal| Refusal::File(line, refusal.to_string());
                let mut row = reading.row(line, &record).map_err(wrong)?;
                taken.give(&mut row).map_err(wrong)?;
                rows.push(row);
            }
            if rows.len() == BATCH || (!more && !rows.is_empty()) {
                let lines = rows.len() as u64;
                let added = self.import_batch(now, actor, &mut rows, &mut taken).await?;
                imported.added += added;
                imported.there += lines - added;
                let enabled = rows.drain(..).filter(|row| row.user.enabled);
                let names = enabled.map(|row| UserName(row.user.name)).collect();
                progress(imported.added + imported.there, names);
            }
            if !more {
                return Ok(imported);
            }
        }
    }

    async fn import_batch(
        &self,
        now: i64,
        actor: &Actor,
        rows: &mut [Row],
        taken: &mut Taken,
    ) -> Result<u64, Refusal> {
        let (first, last) = (rows.first().map_or(0, |row| row.line), rows.last().map_or(0, |row| row.line));
        for _ in 0..TRIES_MAX {
            let users: Vec<UserRecord> = rows.iter().map(|row| row.user.clone()).collect();
            let detail = format!("lines {first} to {last} of a file");
            let entry = audit(now, actor, "import", "users", detail);
            match self.directory().import(users, entry).await {
                Err(StoreError::ConferenceIdTaken) => {
                    // Somebody else was given one of them since all were loaded.
                    taken.load(&**self.directory()).await?;
                    for row in rows.iter_mut() {
                        self.give_another(row, taken).await?;
                    }
                }
                imported => return Ok(imported?),
            }
        }
        Err(Refusal::NoFreeConferenceId)
    }

    /// Draws another conference ID for one whose own is a stranger's by now.
    async fn give_another(&self, row: &mut Row, taken: &mut Taken) -> Result<(), Refusal> {
        let Some(id) = row.user.conference_id else { return Ok(()) };
        let owner = self.directory().user_by_conference_id(id).await?;
        let named_below = row.draws && taken.named.contains(&id);
        if !named_below && owner.is_none_or(|owner| owner.key() == row.user.key()) {
            return Ok(());
        }
        if !row.draws {
            return Err(Refusal::File(row.line, Refusal::ConferenceIdTaken(id).to_string()));
        }
        row.user.conference_id = Some(taken.draw());
        Ok(())
    }

    /// Writes every user as CSV; `progress` is told how many are written, from time to time. Answers how many.
    ///
    /// # Errors
    /// The store does not answer, or the file cannot be written.
    pub async fn export(&self, file: impl Write, mut progress: impl FnMut(u64)) -> Result<u64, ExportError> {
        let mut writer = csv::Writer::from_writer(file);
        writer.write_record(COLUMNS).map_err(ExportError::file)?;
        let (mut after, mut written) = (NOBODY.to_owned(), 0);
        loop {
            let page = self.directory().users_after(&after, PAGE).await.map_err(ExportError::Store)?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.name);
            for user in &page {
                writer.write_record(fields(user)).map_err(ExportError::file)?;
            }
            written += page.len() as u64;
            progress(written);
        }
        writer.flush().map_err(ExportError::File)?;
        Ok(written)
    }
}

/// Why users could not be written.
#[derive(Debug)]
pub enum ExportError {
    /// The file takes no more.
    File(std::io::Error),
    /// The store does not answer.
    Store(StoreError),
}

impl ExportError {
    /// The error of the file itself: the library's own conversion hides its kind, by which a pipe that was cut off is told.
    fn file(error: csv::Error) -> Self {
        let told = error.to_string();
        let csv::ErrorKind::Io(error) = error.into_kind() else {
            return Self::File(std::io::Error::other(told));
        };
        Self::File(error)
    }
}

/// A user's fields in the order of [`COLUMNS`].
fn fields(user: &UserRecord) -> [String; COLUMNS.len()] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        user.name.clone(),
        user.display_name.clone(),
        text(&user.mail),
        user.phone.clone(),
        user.language.tag().to_owned(),
        user.enabled.to_string(),
        user.conference_id.map(|id| id.reveal()).unwrap_or_default(),
        text(&user.number),
        text(&user.toll_free_number),
        user.allow_toll_free.to_string(),
        user.allow_anonymous_start.to_string(),
    ]
}

/// Where each column stands in the file.
fn columns(header: &csv::StringRecord) -> Result<Vec<Option<usize>>, Refusal> {
    let refuse = |what: String| Refusal::File(1, what);
    let all = COLUMNS.join(", ");
    for name in header {
        if name.to_lowercase().contains("pin") {
            let right = "right would be a file without it; `attendant users reset-pin` gives PINs";
            return Err(refuse(format!("PINs are never imported; {right}")));
        }
        if !COLUMNS.contains(&name) {
            return Err(refuse(format!("there is no column `{name}`; right would be one of {all}")));
        }
        if header.iter().filter(|other| *other == name).count() > 1 {
            return Err(refuse(format!("the column `{name}` is there twice")));
        }
    }
    if !header.iter().any(|name| name == "name") {
        return Err(refuse(format!("the first line must name the columns, `name` among them: {all}")));
    }
    Ok(COLUMNS.iter().map(|column| header.iter().position(|name| name == *column)).collect())
}

/// What is wrong with the record that begins in this line.
fn unreadable(begins: u64, error: &csv::Error) -> Refusal {
    let line = error.position().map_or(begins, csv::Position::line);
    if let csv::ErrorKind::UnequalLengths { expected_len, len, .. } = error.kind() {
        let right = format!("right would be {expected_len}, as in the first line");
        return Refusal::File(line, format!("it has {len} fields; {right}"));
    }
    let utf8 = matches!(error.kind(), csv::ErrorKind::Utf8 { .. });
    Refusal::File(line, if utf8 { "it is not UTF-8".to_owned() } else { error.to_string() })
}

impl Reading<'_> {
    fn row(&self, line: u64, record: &csv::StringRecord) -> Result<Row, Refusal> {
        let field = |column: &str| {
            let at = COLUMNS.iter().position(|known| *known == column).and_then(|column| self.at[column]);
            at.and_then(|at| record.get(at)).filter(|text| !text.is_empty())
        };
        let has = |column: &str| {
            COLUMNS.iter().position(|known| *known == column).is_some_and(|at| self.at[at].is_some())
        };
        let flag = |column: &'static str, default: bool| match field(column).map(str::to_lowercase).as_deref()
        {
            None => Ok(default),
            Some("true" | "yes" | "1") => Ok(true),
            Some("false" | "no" | "0") => Ok(false),
            Some(_) => Err(Refusal::File(line, format!("{column} is neither true nor false"))),
        };
        let around = Surroundings { policy: self.policy, numbers: self.numbers };
        let number = |column: &str, toll_free: bool| {
            let known = field(column).map(|number| service_number(around, number, toll_free));
            known.transpose().map(|known| known.map(|known| known.number.clone()))
        };
        let mut user = newcomer(field("name").unwrap_or_default())?;
        if let Some(name) = field("display_name") {
            check_text("display name", name)?;
            name.clone_into(&mut user.display_name);
        }
        if has("mail") {
            field("mail").map(check_address).transpose()?;
            user.mail = field("mail").map(str::to_owned);
        }
        let phone = field("phone").unwrap_or_default();
        check_text("phone", phone)?;
        phone.clone_into(&mut user.phone);
        user.enabled = flag("enabled", true)?;
        user.allow_toll_free = flag("allow_toll_free", true)?;
        user.allow_anonymous_start =
            flag("allow_anonymous_start", self.policy.tenant.allow_anonymous_start_by_default)?;
        let first = self.numbers.iter().find(|number| !number.toll_free).map(|number| number.number.clone());
        user.number = number("number", false)?.or(first.filter(|_| user.enabled));
        user.toll_free_number = number("toll_free_number", true)?;
        let spoken = self.numbers.iter().find(|number| Some(&number.number) == user.number.as_ref());
        user.language = match field("language") {
            Some(tag) => Language::from_tag(tag).ok_or_else(|| {
                let known = Language::ALL.map(Language::tag).join(", ");
                Refusal::File(line, format!("there is no language `{tag}`; right would be one of {known}"))
            })?,
            None => spoken.map(|number| number.primary).unwrap_or_default(),
        };
        if let Some(id) = field("conference_id").filter(|_| user.enabled) {
            let id = Digits::from_symbols(id).ok_or(Refusal::BadConferenceId)?;
            check_conference_id(&id)?;
            user.conference_id = Some(id);
        }
        let draws = user.enabled && user.conference_id.is_none();
        Ok(Row { line, user, draws })
    }
}

impl Taken {
    async fn load(&mut self, directory: &impl Directory) -> Result<(), StoreError> {
        let mut after = String::new();
        loop {
            let page = directory.conference_ids_after(&after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after.clone_from(last);
            self.ids.extend(page.iter().filter_map(|id| Digits::from_symbols(id)));
        }
    }

    /// Takes the conference ID of a line, or draws one for it.
    fn give(&mut self, row: &mut Row) -> Result<(), Refusal> {
        if row.draws {
            row.user.conference_id = Some(self.draw());
        } else if let Some(id) = row.user.conference_id {
            if !self.named.insert(id) {
                return Err(Refusal::ConferenceIdTaken(id));
            }
            // One of the store may be this user's own: the store decides then.
            self.ids.insert(id);
        }
        // More than half of all taken, and drawing becomes guessing.
        let most = 10_usize.pow(u32::try_from(CONFERENCE_ID_DIGITS).unwrap_or(0)) / 2;
        if self.ids.len() > most { Err(Refusal::NoFreeConferenceId) } else { Ok(()) }
    }

    fn draw(&mut self) -> Digits {
        loop {
            let id = draw_conference_id(&mut entropy::draw);
            if self.ids.insert(id) {
                return id;
            }
        }
    }
}
