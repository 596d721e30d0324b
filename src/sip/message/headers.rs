//! The header fields of a message in their order, and typed access to them.

use std::fmt;

use super::names::HeaderName;
use super::params::split_list;
use super::values::{CSeq, NameAddr, RAck, SessionExpires, Via, parse_number};

/// The header fields of a message, each with its value unfolded and trimmed. Content-Length is not among them: it is
/// made when a message is printed, and taken off when one is read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Headers(Vec<(HeaderName, Box<str>)>);

/// Why a header field is not what was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HeaderError {
    /// It is not there.
    Missing(HeaderName),
    /// It is there and cannot be understood, or stands twice where only one may (RFC 3261 section 7.3.1).
    Malformed(HeaderName),
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(name) => write!(f, "no {name} header field"),
            Self::Malformed(name) => write!(f, "malformed {name} header field"),
        }
    }
}

impl std::error::Error for HeaderError {}

impl Headers {
    /// Adds a field at the end. Line breaks in the value become spaces, so that no value can begin another field.
    pub fn push(&mut self, name: HeaderName, value: impl fmt::Display) {
        let field = (name, printable(&value.to_string()));
        self.0.push(field);
    }

    /// Adds a field that was read off a line, where no line break can be.
    pub(super) fn push_line(&mut self, name: HeaderName, value: &str) {
        self.0.push((name, value.into()));
    }

    /// Adds a field at the front, where the topmost Via and Route stand.
    pub fn push_front(&mut self, name: HeaderName, value: impl fmt::Display) {
        let field = (name, printable(&value.to_string()));
        self.0.insert(0, field);
    }

    /// Sets a field that stands once, in its place or at the end.
    pub fn set(&mut self, name: HeaderName, value: impl fmt::Display) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = printable(&value.to_string()),
            None => self.push(name, value),
        }
    }

    /// Takes out every field of this name.
    pub fn remove(&mut self, name: &HeaderName) {
        self.0.retain(|(known, _)| known != name);
    }

    /// Returns every field with its value, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&HeaderName, &str)> {
        self.0.iter().map(|(name, value)| (name, &**value))
    }

    /// Returns the number of fields.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no field at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the value of the first field of this name.
    #[must_use]
    pub fn get(&self, name: &HeaderName) -> Option<&str> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Returns the values of all fields of this name, in order.
    pub fn all<'h>(&'h self, name: &'h HeaderName) -> impl Iterator<Item = &'h str> {
        self.iter().filter_map(move |(known, value)| (known == name).then_some(value))
    }

    /// Returns the items of all fields of this name: a list on one line means the same as a field for each item (RFC 3261
    /// section 7.3.1). Empty items are passed over.
    pub fn list<'h>(&'h self, name: &'h HeaderName) -> impl Iterator<Item = &'h str> {
        self.all(name).flat_map(split_list).filter(|item| !item.is_empty())
    }

    /// Whether a list such as Supported, Require or Allow has this item; option tags and methods are compared as they are.
    #[must_use]
    pub fn lists(&self, name: &HeaderName, item: &str) -> bool {
        self.list(name).any(|known| known == item)
    }

    /// Returns the value of a field that must stand once.
    ///
    /// # Errors
    /// It is missing, or stands more than once.
    pub fn one(&self, name: HeaderName) -> Result<&str, HeaderError> {
        let mut all = self.iter().filter(|(known, _)| **known == name).map(|(_, value)| value);
        match (all.next(), all.next()) {
            (Some(value), None) => Ok(value),
            (None, _) => Err(HeaderError::Missing(name)),
            (Some(_), Some(_)) => Err(HeaderError::Malformed(name)),
        }
    }

    /// A field that must stand once, as `parse` reads it.
    fn required<T>(&self, name: HeaderName, parse: impl Fn(&str) -> Option<T>) -> Result<T, HeaderError> {
        parse(self.one(name.clone())?).ok_or(HeaderError::Malformed(name))
    }

    /// A field that may stand once, as `parse` reads it.
    fn optional<T>(
        &self,
        name: HeaderName,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, HeaderError> {
        match self.required(name, parse) {
            Ok(value) => Ok(Some(value)),
            Err(HeaderError::Missing(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A list whose items `parse` reads; one that it cannot read spoils the list.
    fn each<T>(&self, name: HeaderName, parse: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, HeaderError> {
        let items: Option<Vec<T>> = self.all(&name).flat_map(split_list).map(parse).collect();
        items.ok_or(HeaderError::Malformed(name))
    }

    /// Returns the topmost Via: of a request, the hop that it came from; of a response, ours.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub fn top_via(&self) -> Result<Via, HeaderError> {
        let top = self.list(&HeaderName::Via).next().ok_or(HeaderError::Missing(HeaderName::Via))?;
        Via::parse(top).ok_or(HeaderError::Malformed(HeaderName::Via))
    }

    /// Puts another Via in the place of the topmost.
    pub fn set_top_via(&mut self, via: &Via) {
        // As `top_via` does, this passes over empty items of a list.
        let is_top = |name: &HeaderName, value: &str| {
            *name == HeaderName::Via && split_list(value).any(|item| !item.is_empty())
        };
        let Some((_, value)) = self.0.iter_mut().find(|(name, value)| is_top(name, value)) else {
            return self.push_front(HeaderName::Via, via);
        };
        let others: Vec<&str> = split_list(value).filter(|item| !item.is_empty()).skip(1).collect();
        *value =
            std::iter::once(via.to_string().as_str()).chain(others).collect::<Vec<_>>().join(", ").into();
    }

    /// Returns all Vias, topmost first.
    ///
    /// # Errors
    /// One cannot be read.
    pub fn vias(&self) -> Result<Vec<Via>, HeaderError> {
        self.each(HeaderName::Via, Via::parse)
    }

    /// Returns who sent the request (RFC 3261 section 20.20).
    ///
    /// # Errors
    /// It is missing, stands twice, or cannot be read.
    pub fn from(&self) -> Result<NameAddr, HeaderError> {
        self.required(HeaderName::From, NameAddr::parse)
    }

    /// Returns whom the request is for (RFC 3261 section 20.39).
    ///
    /// # Errors
    /// It is missing, stands twice, or cannot be read.
    pub fn to(&self) -> Result<NameAddr, HeaderError> {
        self.required(HeaderName::To, NameAddr::parse)
    }

    /// Returns the Call-ID; Call-IDs are compared byte for byte (RFC 3261 section 8.1.1.4).
    ///
    /// # Errors
    /// It is missing, stands twice, is empty or has spaces.
    pub fn call_id(&self) -> Result<&str, HeaderError> {
        let id = self.one(HeaderName::CallId)?;
        let is_word = !id.is_empty() && !id.contains([' ', '\t']);
        is_word.then_some(id).ok_or(HeaderError::Malformed(HeaderName::CallId))
    }

    /// Returns number and method of the request (RFC 3261 section 20.16).
    ///
    /// # Errors
    /// It is missing, stands twice, or cannot be read.
    pub fn cseq(&self) -> Result<CSeq, HeaderError> {
        self.required(HeaderName::CSeq, CSeq::parse)
    }

    /// Returns how many hops a request may still take, 0 to 255 (RFC 3261 section 20.22).
    ///
    /// # Errors
    /// It stands twice or is not such a number.
    pub fn max_forwards(&self) -> Result<Option<u8>, HeaderError> {
        self.optional(HeaderName::MaxForwards, |text| parse_number(text)?.try_into().ok())
    }

    /// Returns the first Contact: in a dialog, where the peer is (RFC 3261 section 12.1.1).
    ///
    /// # Errors
    /// There is none, or one cannot be read.
    pub fn contact(&self) -> Result<NameAddr, HeaderError> {
        let contacts = self.each(HeaderName::Contact, NameAddr::parse)?;
        contacts.into_iter().next().ok_or(HeaderError::Missing(HeaderName::Contact))
    }

    /// Returns the Route fields, in order.
    ///
    /// # Errors
    /// One cannot be read.
    pub fn route(&self) -> Result<Vec<NameAddr>, HeaderError> {
        self.each(HeaderName::Route, NameAddr::parse)
    }

    /// Returns the Record-Route fields, in order: what a dialog's route set is made of (RFC 3261 section 12.1).
    ///
    /// # Errors
    /// One cannot be read.
    pub fn record_route(&self) -> Result<Vec<NameAddr>, HeaderError> {
        self.each(HeaderName::RecordRoute, NameAddr::parse)
    }

    /// Returns the identities that a trusted peer asserts (RFC 3325 section 9.1).
    ///
    /// # Errors
    /// One cannot be read.
    pub fn asserted_identities(&self) -> Result<Vec<NameAddr>, HeaderError> {
        self.each(HeaderName::PAssertedIdentity, NameAddr::parse)
    }

    /// Returns the media type of the body, `type/subtype` in lower case, without its parameters (RFC 3261 section 20.15).
    #[must_use]
    pub fn media_type(&self) -> Option<String> {
        let value = self.get(&HeaderName::ContentType)?;
        let media_type = value.split_once(';').map_or(value, |(media_type, _)| media_type);
        Some(media_type.split_ascii_whitespace().collect::<String>().to_ascii_lowercase())
    }

    /// Returns how long the session is to live (RFC 4028 section 4).
    ///
    /// # Errors
    /// It stands twice or cannot be read.
    pub fn session_expires(&self) -> Result<Option<SessionExpires>, HeaderError> {
        self.optional(HeaderName::SessionExpires, SessionExpires::parse)
    }

    /// Returns the shortest session in seconds that the peer accepts (RFC 4028 section 5).
    ///
    /// # Errors
    /// It stands twice or cannot be read.
    pub fn min_se(&self) -> Result<Option<u32>, HeaderError> {
        // It may have parameters, of which none is defined.
        self.optional(HeaderName::MinSe, |text| parse_number(text.split(';').next()?.trim_ascii()))
    }

    /// Returns the number of a reliable provisional response (RFC 3262 section 7.1).
    ///
    /// # Errors
    /// It stands twice or cannot be read.
    pub fn rseq(&self) -> Result<Option<u32>, HeaderError> {
        self.optional(HeaderName::RSeq, parse_number)
    }

    /// Returns which provisional response a PRACK acknowledges (RFC 3262 section 7.2).
    ///
    /// # Errors
    /// It is missing, stands twice, or cannot be read.
    pub fn rack(&self) -> Result<RAck, HeaderError> {
        self.required(HeaderName::RAck, RAck::parse)
    }
}

/// A value as it can stand on a line.
fn printable(value: &str) -> Box<str> {
    value.replace(['\r', '\n'], " ").trim_ascii().into()
}
