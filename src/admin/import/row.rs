//! A line of a file of users: which columns there are, and what stands in them.

use super::super::act::{Description, Enable, UserName};
use super::super::people::{self, Context, own_telephone};
use super::super::refusal::Refusal;
use super::super::view::conference_id;
use super::field::{Field, RowError, guarded, short};
use super::spreadsheet::Record;
use crate::control::account::ConferenceIdPlan;
use crate::control::numbers::e164;
use crate::store::record::UserRecord;

/// A column, as the others are read and written by it.
struct Column {
    name: &'static str,
    /// What a field makes of the act of its line.
    takes: fn(&mut UserRow, &Field<'_>) -> Result<(), RowError>,
    /// What a user has in it.
    shows: fn(&UserRecord) -> String,
}

/// The columns, in the order in which they are written and taken. Only the first must be there.
const COLUMNS: [Column; 11] = [
    Column {
        name: "name",
        takes: |row, field| {
            row.enable.user = UserName(field.text().unwrap_or_default());
            Ok(())
        },
        shows: |user| guarded(&user.name),
    },
    Column {
        name: "display_name",
        takes: |row, field| {
            row.description.display_name = field.text();
            Ok(())
        },
        shows: |user| guarded(&user.display_name),
    },
    Column {
        name: "mail",
        takes: |row, field| {
            // Where the column is there, an empty field is nobody's address.
            row.description.mail = Some(field.text().unwrap_or_default());
            Ok(())
        },
        shows: |user| guarded(user.mail.as_deref().unwrap_or_default()),
    },
    Column {
        name: "phone",
        takes: |row, field| {
            let phone = field.digits()?.map(|text| own_telephone(&text));
            row.description.phone = phone.transpose().map_err(|refusal| field.wrong(refusal))?;
            Ok(())
        },
        shows: |user| {
            let phone = &user.account.phone;
            if e164(phone).is_some() { phone.clone() } else { guarded(phone) }
        },
    },
    Column {
        name: "language",
        takes: |row, field| {
            row.description.language = field.language()?;
            Ok(())
        },
        shows: |user| user.language.tag().to_owned(),
    },
    Column {
        name: "enabled",
        takes: |row, field| {
            row.enabled = field.flag()?.unwrap_or(true);
            Ok(())
        },
        shows: |user| user.account.enabled.to_string(),
    },
    Column {
        name: "conference_id",
        takes: |row, field| {
            let id = field.digits()?.filter(|_| row.enabled).map(|text| conference_id(&text));
            row.enable.conference_id = id.transpose().map_err(|refusal| field.wrong(refusal))?;
            Ok(())
        },
        shows: |user| {
            let id = user.account.conference_id.map(|id| id.reveal()).unwrap_or_default();
            // A spreadsheet would take the zeros away from a number.
            if id.starts_with('0') { format!("=\"{id}\"") } else { id }
        },
    },
    Column {
        name: "number",
        takes: |row, field| {
            row.enable.number = field.service_number(false)?;
            Ok(())
        },
        shows: |user| user.number.clone().unwrap_or_default(),
    },
    Column {
        name: "toll_free_number",
        takes: |row, field| {
            row.enable.toll_free_number = field.service_number(true)?;
            Ok(())
        },
        shows: |user| user.toll_free_number.clone().unwrap_or_default(),
    },
    Column {
        name: "allow_toll_free",
        takes: |row, field| {
            row.enable.allow_toll_free = field.flag()?;
            Ok(())
        },
        shows: |user| user.allow_toll_free.to_string(),
    },
    Column {
        name: "allow_anonymous_start",
        takes: |row, field| {
            row.enable.allow_anonymous_start = field.flag()?;
            Ok(())
        },
        shows: |user| user.account.allow_anonymous_start.to_string(),
    },
];

/// The names of the columns, in the order in which they are written.
pub const COLUMN_NAMES: [&str; COLUMNS.len()] = {
    let mut names = [""; COLUMNS.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = COLUMNS[at].name;
        at += 1;
    }
    names
};

/// A line of the file.
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) user: UserRecord,
    /// Whether a conference ID is drawn.
    pub(super) draws: bool,
}

/// What a line asks for.
struct UserRow {
    enable: Enable,
    description: Description,
    /// Whether the user stays enabled.
    enabled: bool,
}

/// What a file's lines are read by.
pub(super) struct Reading<'r> {
    /// Where each of the columns stands.
    at: [Option<usize>; COLUMNS.len()],
    /// How many fields a line has at least: as many as the header up to the last name.
    width: usize,
    context: Context<'r>,
}

/// A column's name as it is compared: `Display Name` is `display_name`.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace() && !"_-".contains(*c)).flat_map(char::to_lowercase).collect()
}

impl<'r> Reading<'r> {
    /// Reads lines below this header.
    pub(super) fn new(header: &Record, context: Context<'r>) -> Result<Self, Refusal> {
        let refuse = |what: String| Refusal::File(header.line.max(1), what);
        let all = COLUMN_NAMES.join(", ");
        let mut at = [None; COLUMNS.len()];
        for (place, name) in header.fields.iter().enumerate() {
            // A spreadsheet writes a column without a name where something stood once.
            if name.is_empty() {
                continue;
            }
            if plain(name).contains("pin") {
                let right = "expected a file without them; `attendant users reset-pin` gives PINs";
                return Err(refuse(format!("PINs are never imported; {right}")));
            }
            let Some(column) = COLUMN_NAMES.iter().position(|column| plain(column) == plain(name)) else {
                return Err(refuse(format!("unknown column `{}`; expected one of {all}", short(name))));
            };
            if at[column].replace(place).is_some() {
                return Err(refuse(format!("duplicate column `{}`", COLUMN_NAMES[column])));
            }
        }
        if at[0].is_none() {
            return Err(refuse(format!("the first line must name the columns, `name` among them: {all}")));
        }
        let width = at.iter().flatten().max().map_or(0, |last| last + 1);
        Ok(Self { at, width, context })
    }

    /// The user of a line.
    pub(super) fn row(&self, record: &Record) -> Result<Row, Refusal> {
        let Record { line, fields } = record;
        let (user, draws) = self.user(fields).map_err(|RowError(what)| Refusal::File(*line, what))?;
        Ok(Row { line: *line, user, draws })
    }

    /// Returns whether each field has its column. Empty ones at the end of a line are a spreadsheet's.
    fn check_width(&self, fields: &[String]) -> Result<(), RowError> {
        let filled = fields.iter().rposition(|field| !field.is_empty()).map_or(0, |last| last + 1);
        if fields.len() < self.width || filled > self.width {
            let count = fields.len();
            return Err(RowError(format!(
                "it has {count} fields; expected {}, as in the header",
                self.width
            )));
        }
        let named = |place: usize| self.at.contains(&Some(place));
        match fields.iter().enumerate().find(|(place, field)| !field.is_empty() && !named(*place)) {
            Some((place, _)) => Err(RowError(format!("field {} is in a column without a name", place + 1))),
            None => Ok(()),
        }
    }

    /// The user whom the act of a line makes, and whether a conference ID is to be drawn.
    fn user(&self, fields: &[String]) -> Result<(UserRecord, bool), RowError> {
        self.check_width(fields)?;
        let mut row = UserRow::default();
        for (column, at) in COLUMNS.iter().zip(self.at) {
            if let Some(at) = at {
                let field = Field { column: column.name, written: &fields[at], context: self.context };
                (column.takes)(&mut row, &field)?;
            }
        }
        let UserRow { mut enable, description, enabled } = row;
        let user = enable.user.clone();
        enable.description = Some(Box::new(Description { user, ..description }));
        let edit = if enabled {
            people::enable(&enable, None, self.context)?
        } else {
            people::add_disabled(&enable, self.context)?
        };
        let (mut user, plan) = (edit.user, edit.account.conference_id);
        if let ConferenceIdPlan::Assign(id) = plan {
            user.account.conference_id = Some(id);
        }
        Ok((user, enabled && plan == ConferenceIdPlan::Draw))
    }
}

impl Default for UserRow {
    fn default() -> Self {
        let nobody = || UserName(String::new());
        let description =
            Description { user: nobody(), display_name: None, mail: None, phone: None, language: None };
        Self { enable: Enable::of(nobody()), description, enabled: true }
    }
}

/// A user's fields in the order of the columns.
pub(super) fn fields(user: &UserRecord) -> [String; COLUMNS.len()] {
    COLUMNS.map(|column| (column.shows)(user))
}
