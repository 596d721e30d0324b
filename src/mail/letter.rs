//! The content of a mail: its subject and its two bodies, text and HTML, in the reader's language.

use std::fmt;

use askama::Template;

use super::wording::{Event, Wording};
use crate::control::call::Language;
use crate::control::numbers::{conference_id, e164, in_groups};
use crate::store::mail::{Facts, MailKind};

/// The event that a mail reports.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum About {
    /// An event of BEHAVIOUR section 5, with its facts.
    Event(MailKind, Facts),
    /// Nothing: an administrator tries whether mail arrives.
    Test,
}

impl About {
    /// Returns whether the mail carries a PIN (BEHAVIOUR section 5: on enabling and on a reset, and no other).
    #[must_use]
    pub fn carries_pin(&self) -> bool {
        match self {
            Self::Event(MailKind::Enabled | MailKind::PinReset, _) => true,
            Self::Event(MailKind::CoordinatesChanged | MailKind::Disabled | MailKind::Coordinates, _)
            | Self::Test => false,
        }
    }
}

/// The signature, and where the reader finds help.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signature {
    /// The organization.
    pub name: String,
    /// A page, `https://…`.
    pub help_link: Option<String>,
}

/// A mail as it is read.
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    /// The subject; it holds nothing of the user's.
    pub subject: String,
    /// The body as plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

/// Its bodies may hold a PIN.
impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Letter").field("subject", &self.subject).finish_non_exhaustive()
    }
}

impl Letter {
    /// Writes a mail. `pin` is what stands at the PIN's place: the PIN, or its mask in a preview. A mail that carries
    /// no PIN shows none, whatever is given.
    #[must_use]
    pub fn write(about: &About, language: Language, pin: &str, signature: &Signature) -> Self {
        let words = Wording::of(language);
        let content = Content::new(about, words, about.carries_pin().then_some(pin), signature);
        let page = Page { language: language.tag(), content: &content };
        let html = page.render().expect("writing to memory does not fail");
        Self { subject: content.event.subject.to_owned(), text: content.text(), html }
    }
}

/// A line of the table of coordinates.
struct Row {
    label: &'static str,
    value: String,
    /// Where a click leads.
    link: Option<String>,
    secret: bool,
}

struct Content<'c> {
    words: &'static Wording,
    event: &'static Event,
    greeting: String,
    rows: Vec<Row>,
    /// The paragraphs below the table.
    paragraphs: Vec<&'static str>,
    /// The steps to remove the coordinates.
    steps: &'static [&'static str],
    signature: &'c Signature,
}

#[derive(Template)]
#[template(path = "mail/letter.html")]
struct Page<'c> {
    language: &'static str,
    content: &'c Content<'c>,
}

impl<'c> Content<'c> {
    fn new(about: &About, words: &'static Wording, pin: Option<&str>, signature: &'c Signature) -> Self {
        let (event, name) = match about {
            About::Event(kind, facts) => (event_of(*kind, words), one_line(&facts.display_name)),
            About::Test => (&words.test, String::new()),
        };
        let greeting = if name.is_empty() {
            words.greeting_nameless.to_owned()
        } else {
            words.greeting.replace("{name}", &name)
        };
        let (mut rows, mut paragraphs, mut steps): (_, Vec<&str>, &[&str]) = (Vec::new(), Vec::new(), &[]);
        match about {
            About::Event(MailKind::Disabled, _) => steps = &words.removal_steps,
            About::Event(MailKind::Enabled | MailKind::PinReset, facts) => {
                rows = rows_of(facts, words, pin);
                paragraphs = vec![words.how_to_start, words.keep_pin, event.next];
            }
            About::Event(MailKind::CoordinatesChanged | MailKind::Coordinates, facts) => {
                rows = rows_of(facts, words, None);
                paragraphs = vec![event.next, words.pin_not_here];
            }
            About::Test => {}
        }
        paragraphs.retain(|paragraph| !paragraph.is_empty());
        Self { words, event, greeting, rows, paragraphs, steps, signature }
    }

    fn text(&self) -> String {
        let Self { words, event, greeting, rows, paragraphs, steps, signature } = self;
        let mut blocks = vec![greeting.clone(), event.intro.to_owned()];
        if !rows.is_empty() {
            let rows = rows.iter().map(|row| format!("    {}{}{}", row.label, words.colon, row.value));
            blocks.push(rows.collect::<Vec<_>>().join("\n"));
        }
        blocks.extend(paragraphs.iter().map(|paragraph| (*paragraph).to_owned()));
        if !steps.is_empty() {
            let numbered = (1..).zip(*steps).map(|(number, step)| format!("    {number}. {step}"));
            let numbered: Vec<String> = numbered.collect();
            blocks.push(format!("{}\n\n{}", words.removal, numbered.join("\n")));
        }
        blocks.push(signature.name.clone());
        if let Some(link) = &signature.help_link {
            blocks.push(format!("{}{}{link}", words.help, words.colon));
        }
        blocks.push(words.automatic.to_owned());
        blocks.join("\n\n") + "\n"
    }
}

const fn event_of(kind: MailKind, words: &'static Wording) -> &'static Event {
    match kind {
        MailKind::Enabled => &words.enabled,
        MailKind::PinReset => &words.pin_reset,
        MailKind::CoordinatesChanged => &words.changed,
        MailKind::Disabled => &words.disabled,
        MailKind::Coordinates => &words.coordinates,
    }
}

fn rows_of(facts: &Facts, words: &Wording, pin: Option<&str>) -> Vec<Row> {
    let id = facts.conference_id.as_deref().unwrap_or_default();
    let number = |label, number: &Option<String>| {
        let value = number.as_deref().map(one_line).filter(|number| !number.is_empty())?;
        Some(Row { label, link: dialled(&value, id), value: spaced(&value), secret: false })
    };
    let conference_id = (!id.is_empty()).then(|| Row {
        label: words.conference_id,
        value: in_groups(id),
        link: None,
        secret: false,
    });
    let pin = pin.map(|pin| Row { label: words.pin, value: pin.to_owned(), link: None, secret: true });
    [
        number(words.number, &facts.number),
        number(words.toll_free_number, &facts.toll_free_number),
        conference_id,
        pin,
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A link that dials the number, waits twice, and keys the conference ID (RFC 3966; the commas are the pauses of
/// mobile telephones).
fn dialled(number: &str, id: &str) -> Option<String> {
    let number = e164(number)?;
    if id.is_empty() {
        return Some(format!("tel:{number}"));
    }
    Some(format!("tel:{number},,{}%23", conference_id(id)?.reveal()))
}

/// A number of the North American plan as people there write it, `+1 425-555-0100`; any other as E.164 writes it, for
/// each country has its own way.
fn spaced(written: &str) -> String {
    let Some(number) = e164(written) else { return written.to_owned() };
    match number.strip_prefix("+1").filter(|rest| rest.len() == 10) {
        Some(rest) => format!("+1 {}-{}-{}", &rest[..3], &rest[3..6], &rest[6..]),
        None => number,
    }
}

/// The longest name that is written into a mail, in characters; what is longer is cut.
const NAME_CHARS_MAX: usize = 200;

/// A text of somebody else's as one short line: what controls the line or its direction is a blank.
#[must_use]
pub fn one_line(text: &str) -> String {
    let plain = |c: char| {
        let controls = c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if controls { ' ' } else { c }
    };
    let text: String = text.chars().map(plain).take(NAME_CHARS_MAX).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_of_the_north_american_plan_are_spaced() {
        let numbers =
            ["+14255550100", "1 (425) 555-0100", "+4930901820", "+1425555010", "+1425555010x", "ask", ""];
        assert_eq!(
            numbers.map(spaced),
            ["+1 425-555-0100", "+1 425-555-0100", "+4930901820", "+1425555010", "+1425555010x", "ask", ""]
        );
    }

    #[test]
    fn a_name_is_one_short_line() {
        assert_eq!(one_line(" Amos\r\nBcc: kim@contoso.com\t\u{202e}x "), "Amos Bcc: kim@contoso.com x");
        assert_eq!(one_line(&"x".repeat(1_000)).len(), NAME_CHARS_MAX);
    }

    #[test]
    fn a_number_that_is_tapped_dials_and_keys_the_conference_id() {
        assert_eq!(dialled("+1 (425) 555-0100", "3141592").as_deref(), Some("tel:+14255550100,,3141592%23"));
        assert_eq!(dialled("+14255550100", "").as_deref(), Some("tel:+14255550100"));
        assert_eq!(dialled("ask the desk", "3141592"), None);
        assert_eq!(dialled("+14255550100", "\"><b>"), None);
    }
}
