//! A mail as it travels: headers and both bodies (RFC 5322, RFC 2046 multipart/alternative).

use std::time::{Duration, SystemTime};

use lettre::Message;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, MultiPartKind, SinglePart};

use super::SendError;
use super::letter::{Letter, one_line};
use crate::control::call::Language;

/// The sender, the recipient and the headers of a mail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Envelope {
    /// The `Message-ID` without its brackets: the same whenever this mail is sent.
    pub message_id: String,
    /// The `Date`, in milliseconds since the Unix epoch: when the mail was put in, not when it is sent.
    pub at: i64,
    /// The sender's address.
    pub from: String,
    /// The sender's name.
    pub from_name: String,
    /// The address it goes to.
    pub to: String,
    /// The reader's name; empty for none.
    pub to_name: String,
    /// The language of its bodies.
    pub language: Language,
}

/// Separates the bodies. `=_` does not occur in a body, since both are encoded and no encoding writes it (RFC 2045,
/// 6.7).
const BOUNDARY: &str = "=_attendant";

/// The longest message ID: with its brackets and its name it fits a line (RFC 5322, 2.1.1).
const MESSAGE_ID_BYTES_MAX: usize = 250;

/// Puts a letter into its envelope. The same letter and envelope give the same bytes.
///
/// # Errors
/// An address or the message ID is not valid: trying again does not help.
pub fn compose(envelope: &Envelope, letter: &Letter) -> Result<Message, SendError> {
    let id = &envelope.message_id;
    let fits = id.len() <= MESSAGE_ID_BYTES_MAX && id.contains('@');
    if !fits || !id.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'<' && byte != b'>') {
        return Err(SendError::Never("its message ID is not valid".to_owned()));
    }
    let at = Duration::from_millis(u64::try_from(envelope.at).unwrap_or_default());
    let bodies = MultiPart::builder()
        .kind(MultiPartKind::Alternative)
        .boundary(BOUNDARY)
        .singlepart(body(ContentType::TEXT_PLAIN, &letter.text))
        .singlepart(body(ContentType::TEXT_HTML, &letter.html));
    let message = Message::builder()
        .message_id(Some(format!("<{id}>")))
        .date(SystemTime::UNIX_EPOCH + at)
        .from(mailbox(&envelope.from_name, &envelope.from, "the sender")?)
        .to(mailbox(&envelope.to_name, &envelope.to, "the recipient")?)
        .subject(letter.subject.as_str())
        // RFC 3834, section 5: no vacation answers. Exchange looks for a header of its own.
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .raw_header(header("X-Auto-Response-Suppress", "All"))
        .raw_header(header("Content-Language", envelope.language.tag()));
    message.multipart(bodies).map_err(|error| SendError::Never(format!("it cannot be written: {error}")))
}

fn body(kind: ContentType, text: &str) -> SinglePart {
    SinglePart::builder().header(kind).body(text.to_owned())
}

/// A name and an address. No name breaks out of its header: it is one line, and encoded where it must be.
fn mailbox(name: &str, address: &str, whose: &str) -> Result<Mailbox, SendError> {
    let wrong =
        |error| SendError::Never(format!("{whose}'s address `{}` is not valid: {error}", one_line(address)));
    let address =
        in_ascii(address).map_or_else(|| address.parse(), |address| address.parse()).map_err(wrong)?;
    let name = one_line(name);
    Ok(Mailbox::new((!name.is_empty()).then_some(name), address))
}

/// An address by the name of its domain in the DNS, which is ASCII (RFC 5891); nothing where it is so already, or has no such
/// name. As it is typed, it would need SMTPUTF8 of every server on the way.
fn in_ascii(address: &str) -> Option<String> {
    let (local, domain) = address.rsplit_once('@').filter(|(_, domain)| !domain.is_ascii())?;
    Some(format!("{local}@{}", idna::domain_to_ascii(domain).ok()?))
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}
