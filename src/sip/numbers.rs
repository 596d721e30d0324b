//! Who calls whom: the number that a request URI dials, with the keys that are dialled after it, and the caller's number
//! and name.

use super::message::{NameAddr, Uri};
use crate::control::call::{Digit, Digits};
use crate::control::numbers::Telephone;

/// Bytes of a user part that is read: a number with a few parameters, or a name.
pub const USER_MAX: usize = 255;

/// Bytes of a caller's name or number that are kept; the rest is cut.
pub const NAME_MAX: usize = 64;

/// What a request URI dials.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dialled {
    /// `+14255550100` where the user part is a number with its country code, else the number or name as it stands there.
    pub number: String,
    /// Keys that are to be pressed once the call is answered: of `;postd=` (RFC 2806, section 2.2) or after the first comma
    /// of the user part. Pauses among them are dropped, since the bridge takes keys at once.
    pub keys: Digits,
}

/// Why a request URI dials nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DialError {
    /// Not `sip:`, `sips:` or `tel:`: 416 (RFC 3261, section 8.2.2.1).
    Scheme,
    /// A `sip:` URI without a user part, or a `tel:` URI without a number: 404.
    NoUser,
    /// It cannot be read: longer than [`USER_MAX`], or escapes that are not text: 400.
    Malformed,
    /// Keys after the number that are not keys, or more than [`DIGITS_MAX`](crate::control::call::DIGITS_MAX): 484 (RFC 3261, section 21.4.22).
    Keys,
}

impl DialError {
    /// Returns the status code with which the request is refused.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Scheme => 416,
            Self::NoUser => 404,
            Self::Malformed => 400,
            Self::Keys => 484,
        }
    }
}

/// Reads what a request URI dials: `sip:+14255550100@host`, `tel:+1-425-555-0100`, `sip:bridge@host`,
/// `sip:5550100;postd=pp123%23@host;user=phone`.
///
/// # Errors
/// Says why it dials nothing, with the status code to answer; see [`DialError`].
pub fn dialled(uri: &Uri) -> Result<Dialled, DialError> {
    if !uri.is_sip() && !uri.is_tel() {
        return Err(DialError::Scheme);
    }
    let user = uri.user().unwrap_or_default();
    if user.len() > USER_MAX
        || user.contains(|symbol: char| symbol.is_control() || symbol == char::REPLACEMENT_CHARACTER)
    {
        return Err(DialError::Malformed);
    }
    let (subscriber, parameters) = user.split_once(';').unwrap_or((&user, ""));
    let (number, after) = subscriber.split_once(',').unwrap_or((subscriber, ""));
    let postd = parameters
        .split(';')
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(name, _)| name.eq_ignore_ascii_case("postd"))
        .map_or("", |(_, value)| value);
    let mut keys = Digits::default();
    for symbol in after.chars().chain(postd.chars()).filter(|symbol| !is_pause_or_separator(*symbol)) {
        let pushed = Digit::from_symbol(symbol).is_some_and(|digit| keys.push(digit));
        if !pushed {
            return Err(DialError::Keys);
        }
    }
    if number.is_empty() {
        return Err(DialError::NoUser);
    }
    Ok(Dialled { number: as_dialled(number), keys })
}

/// Pauses of RFC 2806 (`p`, `w`), further commas, and the visual separators of RFC 3966, section 5.1.1.
fn is_pause_or_separator(symbol: char) -> bool {
    matches!(symbol, 'p' | 'P' | 'w' | 'W' | ',' | '-' | '.' | '(' | ')' | ' ')
}

fn as_dialled(number: &str) -> String {
    match Telephone::read(number) {
        Some(Telephone::E164(number) | Telephone::Local(number)) => number,
        None => number.to_owned(),
    }
}

/// Who calls, as far as may be shown.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Caller {
    /// The number, `+14255550100` where it has its country code, or another user part; `None` if it is withheld or there is none.
    pub number: Option<String>,
    /// The name, at most [`NAME_MAX`] bytes; `None` if it is withheld or there is none.
    pub name: Option<String>,
    /// The caller asked not to be shown (`Privacy: id`, `user` or `header`, or an anonymous `From`).
    pub is_withheld: bool,
}

/// Returns who calls: of `From`, of the `P-Asserted-Identity` values (RFC 3325) if the request came from a peer that may
/// assert one, else of none, and of the `Privacy` value (RFC 3323).
///
/// An asserted identity overrides `From`, which any telephone can write; a caller who asked for privacy is withheld even so
/// (RFC 3325, section 7).
#[must_use]
pub fn caller(from: &NameAddr, asserted: &[NameAddr], privacy: Option<&str>) -> Caller {
    let is_private =
        |kind: &str| ["id", "user", "header"].iter().any(|known| known.eq_ignore_ascii_case(kind.trim()));
    let known = if asserted.is_empty() { std::slice::from_ref(from) } else { asserted };
    if privacy.is_some_and(|kinds| kinds.split([';', ',']).any(is_private)) || known.iter().all(is_anonymous)
    {
        return Caller { is_withheld: true, ..Caller::default() };
    }
    // Of two asserted identities (RFC 3325, section 9.1: one sip and one tel), each may have what the other lacks.
    let name = known.iter().find_map(|identity| shown(identity.display.as_deref()?));
    let users: Vec<String> =
        known.iter().filter_map(|identity| shown(subscriber(&identity.uri.user()?))).collect();
    let number = users.iter().find(|user| Telephone::read(user).is_some()).or(users.first());
    Caller { number: number.map(|user| as_dialled(user)), name, is_withheld: false }
}

/// Whether an identity says that it is none (RFC 3323, section 4.1.1.3).
fn is_anonymous(identity: &NameAddr) -> bool {
    let is_user = identity.uri.user().is_some_and(|user| user.eq_ignore_ascii_case("anonymous"));
    is_user || identity.uri.as_str().to_ascii_lowercase().contains("@anonymous.invalid")
}

fn subscriber(user: &str) -> &str {
    user.split(';').next().unwrap_or_default()
}

/// A name or number without what moves a terminal or a page, cut at a character; `None` if nothing is left.
fn shown(text: &str) -> Option<String> {
    let plain: String = text.chars().filter(|symbol| !symbol.is_control()).collect();
    let plain = plain.trim();
    let cut = plain[..plain.floor_char_boundary(NAME_MAX)].trim_end();
    (!cut.is_empty()).then(|| cut.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(uri: &str) -> Result<(String, String), DialError> {
        dialled(&Uri::parse(uri).unwrap()).map(|dialled| (dialled.number, dialled.keys.reveal()))
    }

    #[test]
    fn a_number_has_many_uris() {
        for uri in [
            "sip:+14255550100@bridge.example",
            "SIP:+14255550100@bridge.example:5060;user=phone;transport=tcp",
            "sips:+1-425-555-0100@bridge.example",
            "sip:14255550100:secret@192.0.2.1",
            "sip:%2B1(425)5550100@[2001:db8::1]",
            "sip:+14255550100;phone-context=x@bridge.example?Subject=a@b",
            "tel:+1-425-555-0100",
            "tel:+14255550100;isub=1411",
        ] {
            assert_eq!(read(uri), Ok(("+14255550100".to_owned(), String::new())), "{uri}");
        }
    }

    #[test]
    fn other_users_are_dialled_as_they_stand() {
        for (uri, number) in [
            ("sip:911@host", "911"),
            ("sip:555-0100@host", "5550100"),
            ("sip:bridge@host", "bridge"),
            ("sip:J%C3%BCrgen@host", "J\u{fc}rgen"),
            ("tel:7042;phone-context=example.com", "7042"),
        ] {
            assert_eq!(read(uri), Ok((number.to_owned(), String::new())), "{uri}");
        }
    }

    #[test]
    fn keys_may_follow_the_number() {
        for (uri, keys) in [
            ("sip:+14255550100;postd=pp4711%23@host;user=phone", "4711#"),
            ("tel:+14255550100;postd=w*1p4711", "*14711"),
            ("sip:+14255550100,,4711%23@host", "4711#"),
            ("sip:+14255550100,4711#,,1234#@host", "4711#1234#"),
        ] {
            assert_eq!(read(uri), Ok(("+14255550100".to_owned(), keys.to_owned())), "{uri}");
        }
    }

    #[test]
    fn what_cannot_be_dialled_is_refused_with_its_status() {
        let many = format!("sip:1,{}@host", "1".repeat(crate::control::call::DIGITS_MAX + 1));
        let long = format!("sip:{}@host", "1".repeat(USER_MAX + 1));
        for (uri, error, status) in [
            ("http://host", DialError::Scheme, 416),
            ("urn:service:sos", DialError::Scheme, 416),
            ("sip:host", DialError::NoUser, 404),
            ("sip:@host", DialError::NoUser, 404),
            ("sip:,123@host", DialError::NoUser, 404),
            ("tel:;ext=1", DialError::NoUser, 404),
            ("sip:%ff@host", DialError::Malformed, 400),
            ("sip:a%0d%0ab@host", DialError::Malformed, 400),
            (&long, DialError::Malformed, 400),
            ("sip:1;postd=4x@host", DialError::Keys, 484),
            (&many, DialError::Keys, 484),
        ] {
            assert_eq!((read(uri), error.status()), (Err(error), status), "{uri}");
        }
    }

    fn seen(from: &str, asserted: &[&str], privacy: Option<&str>) -> String {
        let read = |value: &&str| NameAddr::parse(value).unwrap();
        let asserted: Vec<_> = asserted.iter().map(read).collect();
        let caller = caller(&read(&from), &asserted, privacy);
        let part = |part: Option<String>| part.unwrap_or_else(|| "-".to_owned());
        format!(
            "{} {}{}",
            part(caller.number),
            part(caller.name),
            if caller.is_withheld { " withheld" } else { "" }
        )
    }

    #[test]
    fn the_caller_is_read_from_from() {
        for (from, expected) in [
            (r#""Ann Lee" <sip:+14255550199@host>;tag=1"#, "+14255550199 Ann Lee"),
            ("Ann <sip:+14255550199@host>;tag=1", "+14255550199 Ann"),
            ("<tel:+1-425-555-0199>;tag=1", "+14255550199 -"),
            ("sip:ann@host;tag=1", "ann -"),
            (r#""A \"B\" \\ <sip:x@y>" <sip:ann@host>"#, r#"ann A "B" \ <sip:x@y>"#),
            ("\"\u{1b}[31mAnn\u{7}\" <sip:ann@host>", "ann [31mAnn"),
            ("<sip:host>;tag=1", "- -"),
        ] {
            assert_eq!(seen(from, &[], None), expected, "{from}");
        }
    }

    #[test]
    fn an_asserted_identity_overrides_from() {
        let from = r#""Mallory" <sip:+19995550000@host>;tag=1"#;
        let asserted = [r#""Ann" <sip:ann@host>"#, "<tel:+14255550199>"];
        assert_eq!(seen(from, &asserted, None), "+14255550199 Ann");
        assert_eq!(seen(from, &asserted[..1], None), "ann Ann");
        let anonymous = "\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=1";
        assert_eq!(seen(anonymous, &asserted, None), "+14255550199 Ann");
    }

    #[test]
    fn a_caller_who_asks_for_privacy_is_withheld() {
        let from = r#""Ann" <sip:+14255550199@host>;tag=1"#;
        for privacy in ["id", "ID", "none;id", "user; critical", "header"] {
            assert_eq!(seen(from, &["<tel:+14255550199>"], Some(privacy)), "- - withheld", "{privacy}");
        }
        for privacy in ["none", "session", ""] {
            assert_eq!(seen(from, &[], Some(privacy)), "+14255550199 Ann", "{privacy}");
        }
        for anonymous in ["\"Anonymous\" <sip:anonymous@anonymous.invalid>", "<sip:Anonymous@host>"] {
            assert_eq!(seen(anonymous, &[], None), "- - withheld", "{anonymous}");
        }
    }

    #[test]
    fn a_long_name_is_cut_at_a_character() {
        let from = format!("\"{}\" <sip:ann@host>", "\u{e4}".repeat(40));
        let caller = caller(&NameAddr::parse(&from).unwrap(), &[], None);
        assert_eq!(caller.name, Some("\u{e4}".repeat(32)));
    }

    proptest! {
        #[test]
        fn no_address_makes_the_readers_fail(
            uri in "(sip|tel|x):[0-9a-z%;,@:=+#]{1,40}",
            name in ".{0,20}",
            privacy in prop::option::of("[a-z;,]{0,9}"),
        ) {
            if let Some(uri) = Uri::parse(&uri) {
                if let Ok(dialled) = dialled(&uri) {
                    prop_assert!(!dialled.number.is_empty());
                }
                let from = NameAddr { display: Some(name.into()), ..NameAddr::new(uri) };
                let caller = caller(&from, &[], privacy.as_deref());
                prop_assert!(!caller.is_withheld || caller.number.is_none() && caller.name.is_none());
            }
        }

        #[test]
        fn every_user_part_is_read_back(user in "[a-z][a-z0-9+#]{0,20}", keys in "[0-9*#]{0,32}") {
            let escaped = percent_encoding::utf8_percent_encode(&user, percent_encoding::NON_ALPHANUMERIC);
            let uri = format!("sip:{escaped};postd={keys}@host");
            prop_assert_eq!(read(&uri), Ok((user, keys)));
        }
    }
}
