//! Parameters, lists and quoted strings: what the grammar of values is made of (RFC 3261 section 25.1).

use std::borrow::Cow;
use std::fmt;

use super::names::{is_token, is_token_byte};

/// The parameters behind a value, `;name=value`, in their order. Values are kept as written, with their quotes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Params(Vec<(Box<str>, Option<Box<str>>)>);

impl Params {
    /// Reads `;name;name=value;name="quoted"`, with white space around each sign (RFC 3261 section 25.1).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut params = Vec::new();
        let mut rest = text.trim_ascii();
        while !rest.is_empty() {
            rest = rest.strip_prefix(';')?.trim_ascii_start();
            let (param, beyond) = rest.split_at(find_outside(rest, b";").unwrap_or(rest.len()));
            let (name, value) = match param.split_once('=') {
                Some((name, value)) => (name, Some(value.trim_ascii())),
                None => (param, None),
            };
            let name = name.trim_ascii_end();
            if !is_token(name) || !value.is_none_or(is_param_value) {
                return None;
            }
            params.push((name.into(), value.map(Into::into)));
            rest = beyond;
        }
        Some(Self(params))
    }

    /// Returns the value of a parameter without its quotes, empty if it has none (`;rport`). Names are compared without
    /// regard to case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        let (_, value) = self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(value.as_deref().map_or(Cow::Borrowed(""), unquote))
    }

    /// Sets a parameter in its place, or adds it at the end; the value is quoted where it must be.
    pub fn set(&mut self, name: &str, value: &str) {
        let value = if is_param_value(value) { value.into() } else { quote(value) };
        match self.0.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, old)) => *old = Some(value.into()),
            None => self.0.push((name.into(), Some(value.into()))),
        }
    }

    /// Sets a parameter without a value, such as `rport` in a request (RFC 3581 section 3).
    pub fn set_flag(&mut self, name: &str) {
        self.0.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.0.push((name.into(), None));
    }

    /// Takes a parameter out.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    }
}

impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(name, value)| match value {
            Some(value) => write!(f, ";{name}={value}"),
            None => write!(f, ";{name}"),
        })
    }
}

/// A token, a host (colons and brackets too, RFC 5118 section 4.5), or a quoted string. Signs that are common in tags and
/// branches though no token holds them are let pass.
fn is_param_value(value: &str) -> bool {
    let is_plain = |byte: u8| is_token_byte(byte) || b":[]/=@$&".contains(&byte);
    !value.is_empty() && (value.bytes().all(is_plain) || is_quoted(value))
}

/// Where one of the signs stands first outside of quotes and angle brackets.
pub(super) fn find_outside(text: &str, signs: &[u8]) -> Option<usize> {
    let (mut quoted, mut escaped, mut bracketed) = (false, false, false);
    text.bytes().position(|byte| {
        if std::mem::take(&mut escaped) {
            return false;
        }
        match byte {
            b'\\' if quoted => escaped = true,
            b'"' if !bracketed => quoted = !quoted,
            b'<' if !quoted => bracketed = true,
            b'>' if !quoted => bracketed = false,
            _ => return !quoted && !bracketed && signs.contains(&byte),
        }
        false
    })
}

/// Splits a list at the commas that stand outside of quotes and angle brackets (RFC 3261 section 7.3.1).
pub(super) fn split_list(value: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(value);
    std::iter::from_fn(move || {
        let list = rest?;
        let (item, beyond) = match find_outside(list, b",") {
            Some(comma) => (&list[..comma], Some(&list[comma + 1..])),
            None => (list, None),
        };
        rest = beyond;
        Some(item.trim_ascii())
    })
}

/// Whether a text is one whole quoted string.
pub(super) fn is_quoted(text: &str) -> bool {
    let Some(inner) = text.strip_prefix('"') else { return false };
    let mut escaped = false;
    let end = inner.bytes().position(|byte| {
        let was_escaped = std::mem::take(&mut escaped);
        escaped = byte == b'\\' && !was_escaped;
        byte == b'"' && !was_escaped
    });
    end.is_some_and(|end| end + 1 == inner.len())
}

/// A text without its quotes and the backslashes in them; as it is if it has none.
pub(super) fn unquote(text: &str) -> Cow<'_, str> {
    let Some(inner) = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) else {
        return Cow::Borrowed(text);
    };
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut escaped = false;
    Cow::Owned(
        inner
            .chars()
            .filter(|c| {
                let was_escaped = escaped;
                escaped = *c == '\\' && !was_escaped;
                !escaped
            })
            .collect(),
    )
}

/// A text as a quoted string. Line breaks, which none can hold, become spaces.
pub(super) fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\r' | '\n' => quoted.push(' '),
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
