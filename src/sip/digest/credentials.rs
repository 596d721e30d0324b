//! What an `Authorization` value says.

use super::{AUTHORIZATION_MAX, Algorithm};

/// The parameters of an `Authorization` value that count, without their quotes.
pub(super) struct Credentials<'h> {
    pub(super) user: &'h str,
    pub(super) realm: &'h str,
    pub(super) nonce: &'h str,
    pub(super) uri: &'h str,
    pub(super) response: &'h str,
    pub(super) algorithm: Algorithm,
    qop: Option<&'h str>,
    cnonce: &'h str,
    count_text: &'h str,
    pub(super) count: u32,
}

impl<'h> Credentials<'h> {
    /// Reads a value; `None` if it is of another scheme.
    pub(super) fn read(value: &'h str) -> Result<Option<Self>, &'static str> {
        if value.len() > AUTHORIZATION_MAX {
            return Err("Authorization is too long");
        }
        let (scheme, rest) = value.trim().split_once([' ', '\t']).unwrap_or((value, ""));
        if !scheme.eq_ignore_ascii_case("Digest") {
            return Ok(None);
        }
        let given = parameters(rest)?;
        let find = |wanted: &str| {
            given.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| *value)
        };
        let needed = |name| find(name).ok_or("Authorization lacks a parameter");
        let algorithm = match find("algorithm") {
            None => Algorithm::Md5,
            Some(named) => {
                Algorithm::named(named).ok_or("Authorization has an algorithm that was not offered")?
            }
        };
        let qop = find("qop");
        if qop.is_some_and(|qop| !qop.eq_ignore_ascii_case("auth")) {
            return Err("Authorization has a qop that was not offered");
        }
        // Without qop there is no count (RFC 2069): then a nonce is good once.
        let (cnonce, count_text) = if qop.is_some() { (needed("cnonce")?, needed("nc")?) } else { ("", "1") };
        let count = u32::from_str_radix(count_text, 16).map_err(|_| "Authorization has no number as nc")?;
        Ok(Some(Self {
            user: needed("username")?,
            realm: needed("realm")?,
            nonce: needed("nonce")?,
            uri: needed("uri")?,
            response: needed("response")?,
            algorithm,
            qop,
            cnonce,
            count_text,
            count,
        }))
    }

    /// The response that the right password gives (RFC 7616, section 3.4.1; without qop RFC 2069, section 2.4).
    pub(super) fn expected(&self, a1: &str, method: &str) -> String {
        let a2 = self.algorithm.hash(&[method, self.uri]);
        match self.qop {
            Some(qop) => self.algorithm.hash(&[a1, self.nonce, self.count_text, self.cnonce, qop, &a2]),
            None => self.algorithm.hash(&[a1, self.nonce, &a2]),
        }
    }
}

/// Splits `name=value` pairs at commas, outside of quoted strings.
pub(super) fn parameters(mut rest: &str) -> Result<Vec<(&str, &str)>, &'static str> {
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\r', '\n', ',']);
        if rest.is_empty() {
            return Ok(found);
        }
        let (name, after) = rest.split_once('=').ok_or("Authorization is not a list of parameters")?;
        let after = after.trim_start();
        let value = if let Some(quoted) = after.strip_prefix('"') {
            let end = closing_quote(quoted).ok_or("Authorization has a quote that is not closed")?;
            rest = &quoted[end + 1..];
            &quoted[..end]
        } else {
            let end = after.find([',', ' ', '\t', '\r', '\n']).unwrap_or(after.len());
            rest = &after[end..];
            &after[..end]
        };
        found.push((name.trim(), value));
    }
}

fn closing_quote(quoted: &str) -> Option<usize> {
    let mut is_escaped = false;
    quoted.bytes().position(|byte| {
        let closes = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        closes
    })
}
