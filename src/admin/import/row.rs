//! A line of a file of users: which columns there are, and what stands in them.

use super::super::people::{Context, newcomer, own_telephone, service_number};
use super::super::refusal::Refusal;
use super::super::view::{check_address, check_text, conference_id};
use super::spreadsheet::Record;
use crate::control::call::Language;
use crate::control::numbers::e164;
use crate::control::policy::Policy;
use crate::store::record::{NumberRecord, UserRecord};

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

/// Words for true: what Excel and LibreOffice write in their languages, and what people write.
const TRUE: &[&str] = &[
    "true",
    "yes",
    "1",
    "wahr",
    "ja",
    "vrai",
    "oui",
    "verdadero",
    "sí",
    "vero",
    "sì",
    "verdadeiro",
    "sim",
    "waar",
    "prawda",
    "tak",
    "pravda",
    "sant",
    "sand",
    "sann",
    "tosi",
    "igaz",
    "doğru",
    "истина",
];

/// The same for false.
const FALSE: &[&str] = &[
    "false", "no", "0", "falsch", "nein", "faux", "non", "falso", "não", "onwaar", "nee", "fałsz", "nie",
    "nepravda", "falskt", "falsk", "usann", "epätosi", "hamis", "yanlış", "ложь",
];

/// A line of the file.
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) user: UserRecord,
    /// Whether a conference ID is drawn.
    pub(super) draws: bool,
}

/// The context for reading a file's lines.
pub(super) struct Reading<'r> {
    /// Where each of [`COLUMNS`] stands.
    at: Vec<Option<usize>>,
    /// How many fields a line has at least: as many as the header up to the last name.
    width: usize,
    policy: &'r Policy,
    numbers: &'r [NumberRecord],
}

/// An error in a line; the caller knows which line.
struct Wrong(String);

impl From<Refusal> for Wrong {
    fn from(refusal: Refusal) -> Self {
        Self(refusal.to_string())
    }
}

/// A column's name as it is compared: `Display Name` is `display_name`.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace() && !"_-".contains(*c)).flat_map(char::to_lowercase).collect()
}

impl<'r> Reading<'r> {
    /// Reads lines below this header.
    pub(super) fn new(
        header: &Record,
        policy: &'r Policy,
        numbers: &'r [NumberRecord],
    ) -> Result<Self, Refusal> {
        let refuse = |what: String| Refusal::File(header.line.max(1), what);
        let all = COLUMNS.join(", ");
        let mut at = vec![None; COLUMNS.len()];
        for (place, name) in header.fields.iter().enumerate() {
            // A spreadsheet writes a column without a name where something stood once.
            if name.is_empty() {
                continue;
            }
            if plain(name).contains("pin") {
                let right = "expected a file without them; `attendant users reset-pin` gives PINs";
                return Err(refuse(format!("PINs are never imported; {right}")));
            }
            let Some(column) = COLUMNS.iter().position(|column| plain(column) == plain(name)) else {
                return Err(refuse(format!("unknown column `{}`; expected one of {all}", short(name))));
            };
            if at[column].replace(place).is_some() {
                return Err(refuse(format!("duplicate column `{}`", COLUMNS[column])));
            }
        }
        if at[0].is_none() {
            return Err(refuse(format!("the first line must name the columns, `name` among them: {all}")));
        }
        let width = at.iter().flatten().max().map_or(0, |last| last + 1);
        Ok(Self { at, width, policy, numbers })
    }

    /// The user of a line.
    pub(super) fn row(&self, record: &Record) -> Result<Row, Refusal> {
        let Record { line, fields } = record;
        let user = self.user(fields).map_err(|Wrong(what)| Refusal::File(*line, what))?;
        let draws = user.account.enabled && user.account.conference_id.is_none();
        Ok(Row { line: *line, user, draws })
    }

    /// Returns whether each field has its column. Empty ones at the end of a line are a spreadsheet's.
    fn check_width(&self, fields: &[String]) -> Result<(), Wrong> {
        let filled = fields.iter().rposition(|field| !field.is_empty()).map_or(0, |last| last + 1);
        if fields.len() < self.width || filled > self.width {
            let count = fields.len();
            return Err(Wrong(format!("it has {count} fields; expected {}, as in the header", self.width)));
        }
        let named = |place: usize| self.at.contains(&Some(place));
        match fields.iter().enumerate().find(|(place, field)| !field.is_empty() && !named(*place)) {
            Some((place, _)) => Err(Wrong(format!("field {} is in a column without a name", place + 1))),
            None => Ok(()),
        }
    }

    fn user(&self, fields: &[String]) -> Result<UserRecord, Wrong> {
        self.check_width(fields)?;
        let place =
            |column: &str| COLUMNS.iter().position(|known| *known == column).and_then(|at| self.at[at]);
        let field =
            |column: &str| place(column).map(|at| written(&fields[at])).filter(|text| !text.is_empty());
        let in_column = |column: &str, refusal: Refusal| Wrong(format!("{column}: {refusal}"));
        let digits = |column: &str| {
            let digits = field(column).map(|text| text.trim_start_matches('\'').trim().to_owned());
            match digits {
                Some(text) if is_rounded(&text) => Err(Wrong(format!(
                    "{column}: a spreadsheet has rounded it to `{}`; format the column as text, and enter it again",
                    short(&text)
                ))),
                digits => Ok(digits),
            }
        };
        let flag = |column: &str, default: bool| {
            let Some(text) = field(column) else { return Ok(default) };
            let word = text.to_lowercase();
            match (TRUE.contains(&word.as_str()), FALSE.contains(&word.as_str())) {
                (true, _) => Ok(true),
                (_, true) => Ok(false),
                (false, false) => {
                    let shown = short(&text);
                    Err(Wrong(format!(
                        "{column}: `{shown}` is neither true nor false; expected true or false"
                    )))
                }
            }
        };
        let context = Context { policy: self.policy, numbers: self.numbers };
        let number = |column: &str, toll_free: bool| {
            let Some(written) = digits(column)? else { return Ok(None) };
            let known = service_number(context, &written, toll_free);
            known.map(|known| Some(known.number.clone())).map_err(|refusal| in_column(column, refusal))
        };
        let mut user = newcomer(&field("name").unwrap_or_default())?;
        if let Some(name) = field("display_name") {
            check_text("display name", &name)?;
            user.display_name = name;
        }
        if place("mail").is_some() {
            user.mail = field("mail");
            user.mail.as_deref().map(check_address).transpose()?;
        }
        user.account.phone = own_telephone(&digits("phone")?.unwrap_or_default())
            .map_err(|refusal| in_column("phone", refusal))?;
        user.account.enabled = flag("enabled", true)?;
        user.allow_toll_free = flag("allow_toll_free", true)?;
        user.account.allow_anonymous_start =
            flag("allow_anonymous_start", self.policy.tenant.allow_anonymous_start_by_default)?;
        let first = self.numbers.iter().find(|number| !number.toll_free).map(|number| number.number.clone());
        user.number = number("number", false)?.or(first.filter(|_| user.account.enabled));
        user.toll_free_number = number("toll_free_number", true)?;
        let spoken = self.numbers.iter().find(|number| Some(&number.number) == user.number.as_ref());
        user.language = match field("language") {
            Some(tag) => Language::from_tag(&tag).ok_or_else(|| {
                let known = Language::ALL.map(Language::tag).join(", ");
                Wrong(format!("unknown language `{}`; expected one of {known}", short(&tag)))
            })?,
            None => spoken.map(|number| number.primary).unwrap_or_default(),
        };
        if let Some(id) = digits("conference_id")?.filter(|_| user.account.enabled) {
            user.account.conference_id =
                Some(conference_id(&id).map_err(|refusal| in_column("conference_id", refusal))?);
        }
        Ok(user)
    }
}

/// The most of a field that is quoted, in characters.
const QUOTED_CHARS: usize = 40;

fn short(text: &str) -> String {
    text.chars().take(QUOTED_CHARS).collect()
}

/// A field as it was meant: without the `="…"` by which a spreadsheet is kept from reading a number, and without the
/// apostrophe that [`guarded`] puts before a formula.
fn written(field: &str) -> String {
    let formula = field.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    let text = formula.map_or_else(|| field.to_owned(), |inner| inner.replace("\"\"", "\""));
    if is_guarded(&text) { text[1..].to_owned() } else { text }
}

fn is_guarded(text: &str) -> bool {
    text.strip_prefix('\'').is_some_and(looks_like_formula)
}

/// Returns whether a spreadsheet would calculate this, or take a guard away from it when it comes back.
fn looks_like_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(['=', '+', '-', '@'])
}

/// A text as it is exported: nobody's display name becomes a formula on an administrator's machine.
fn guarded(text: &str) -> String {
    if looks_like_formula(text) { format!("'{text}") } else { text.to_owned() }
}

/// Returns whether a spreadsheet has shown a number in powers of ten: `1.42556E+10`, and the digits are gone.
fn is_rounded(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else { return false };
    let is_number =
        |text: &str| text.chars().all(|c| c.is_ascii_digit() || ".,+-".contains(c)) && !text.is_empty();
    is_number(mantissa) && is_number(exponent)
}

/// A user's fields in the order of [`COLUMNS`].
pub(super) fn fields(user: &UserRecord) -> [String; COLUMNS.len()] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let id = user.account.conference_id.map(|id| id.reveal()).unwrap_or_default();
    // A spreadsheet would take the zeros away from a number.
    let id = if id.starts_with('0') { format!("=\"{id}\"") } else { id };
    [
        guarded(&user.name),
        guarded(&user.display_name),
        guarded(&text(&user.mail)),
        if e164(&user.account.phone).is_some() {
            user.account.phone.clone()
        } else {
            guarded(&user.account.phone)
        },
        user.language.tag().to_owned(),
        user.account.enabled.to_string(),
        id,
        text(&user.number),
        text(&user.toll_free_number),
        user.allow_toll_free.to_string(),
        user.account.allow_anonymous_start.to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_calculate_comes_back_as_it_was() {
        for text in ["Amos", "=1+1", "'=1+1", "''@x", "'t Hooft", "-", "+1", "\"q\"", ""] {
            let exported = guarded(text);
            assert!(!exported.starts_with(['=', '+', '-', '@']), "{exported}");
            assert_eq!(written(&exported), text);
        }
        assert_eq!(written("=\"0314\""), "0314");
        assert_eq!(written("=\"a\"\"b\""), "a\"b");
    }

    #[test]
    fn only_numbers_in_powers_of_ten_are_rounded() {
        for rounded in ["1.42556E+10", "3,14E+06", "4e9", "1E5"] {
            assert!(is_rounded(rounded), "{rounded}");
        }
        for other in ["3141592", "", "e", "12a", "E5", "1E", "bee"] {
            assert!(!is_rounded(other), "{other}");
        }
    }
}
