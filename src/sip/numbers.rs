//! Who calls whom: the number that a request URI dials, with the keys that are dialled after it, and the caller's number
//! and name.

use percent_encoding::percent_decode_str;

use crate::control::call::{DIGITS_MAX, Digit, Digits};
use crate::control::numbers::Telephone;

/// Bytes of a URI that is read: a user part of a number, a host, a few parameters.
pub const URI_MAX: usize = 1_024;

/// Bytes of a caller's display name that are kept; the rest is cut.
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
    /// It cannot be read: longer than [`URI_MAX`], or escapes that are not text: 400.
    Malformed,
    /// Keys after the number that are not keys, or more than [`DIGITS_MAX`]: 484 (RFC 3261, section 21.4.22).
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
pub fn dialled(uri: &str) -> Result<Dialled, DialError> {
    let user = user_part(uri)?.ok_or(DialError::NoUser)?;
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

/// The user part of a `sip:` URI without its password, or all of a `tel:` URI after the scheme, unescaped.
fn user_part(uri: &str) -> Result<Option<String>, DialError> {
    let uri = uri.trim();
    if uri.len() > URI_MAX {
        return Err(DialError::Malformed);
    }
    let (scheme, rest) = uri.split_once(':').ok_or(DialError::Scheme)?;
    let user = if scheme.eq_ignore_ascii_case("tel") {
        Some(rest)
    } else if scheme.eq_ignore_ascii_case("sip") || scheme.eq_ignore_ascii_case("sips") {
        // The grammar allows one unescaped `@`, whatever follows the host.
        rest.split_once('@').map(|(user, _)| user.split(':').next().unwrap_or_default())
    } else {
        return Err(DialError::Scheme);
    };
    let unescaped = |user: &str| percent_decode_str(user).decode_utf8().map(std::borrow::Cow::into_owned);
    let user = user.filter(|user| !user.is_empty()).map(unescaped).transpose();
    let user = user.map_err(|_| DialError::Malformed)?;
    if user.as_deref().is_some_and(|user| user.contains(char::is_control)) {
        return Err(DialError::Malformed);
    }
    Ok(user)
}

/// What a request says about its caller, header by header.
#[derive(Clone, Copy, Default, Debug)]
pub struct CallerHeaders<'m> {
    /// The value of `From`.
    pub from: &'m str,
    /// The values of `P-Asserted-Identity` (RFC 3325), if the request came from a peer that may assert one; else none.
    pub asserted: &'m [&'m str],
    /// The value of `Privacy` (RFC 3323).
    pub privacy: Option<&'m str>,
}

/// Who calls, as far as may be shown.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Caller {
    /// The number, `+14255550100` where it has its country code; `None` if it is withheld or there is none.
    pub number: Option<String>,
    /// The name, at most [`NAME_MAX`] bytes; `None` if it is withheld or there is none.
    pub name: Option<String>,
    /// The caller asked not to be shown (`Privacy: id`, `user` or `header`, or an anonymous `From`).
    pub is_withheld: bool,
}

/// Returns who calls. An asserted identity overrides `From`, which any telephone can write; a caller who asked for privacy is
/// withheld even so (RFC 3325, section 7).
#[must_use]
pub fn caller(headers: CallerHeaders<'_>) -> Caller {
    let asks_privacy = headers.privacy.is_some_and(|privacy| {
        privacy.split([';', ',']).any(|kind| {
            ["id", "user", "header"].iter().any(|private| kind.trim().eq_ignore_ascii_case(private))
        })
    });
    let identity = |value: &str| {
        let (name, uri) = split_name(value)?;
        let user = user_part(uri).ok()?;
        let is_anonymous = user.as_deref().is_some_and(|user| user.eq_ignore_ascii_case("anonymous"))
            || uri.to_ascii_lowercase().contains("@anonymous.invalid");
        (!is_anonymous).then(|| (name, user))
    };
    let asserted: Vec<_> = headers.asserted.iter().filter_map(|value| identity(value)).collect();
    let from = identity(headers.from);
    let has_identity = !asserted.is_empty() || from.is_some();
    if asks_privacy || !has_identity {
        let is_withheld = asks_privacy || split_name(headers.from).is_some();
        return Caller { is_withheld, ..Caller::default() };
    }
    let known = if asserted.is_empty() { from.into_iter().collect() } else { asserted };
    // Of two asserted identities (RFC 3325, section 9.1: one sip and one tel), each may have what the other lacks.
    let name = known.iter().find_map(|(name, _)| name.clone());
    let numbers = || known.iter().filter_map(|(_, user)| user.as_deref()).map(subscriber);
    let is_number = |user: &&str| Telephone::read(user).is_some();
    let number = numbers().find(is_number).or_else(|| numbers().next()).map(as_dialled);
    Caller { number, name, is_withheld: false }
}

fn subscriber(user: &str) -> &str {
    user.split(';').next().unwrap_or_default()
}

/// Splits `"Name" <uri>`, `Name <uri>`, `<uri>` or a bare URI with header parameters; `None` if there is no URI.
fn split_name(value: &str) -> Option<(Option<String>, &str)> {
    let value = value.trim();
    let (name, rest) = match value.strip_prefix('"') {
        Some(quoted) => {
            let mut is_escaped = false;
            let end = quoted.find(|symbol| {
                let closes = symbol == '"' && !is_escaped;
                is_escaped = symbol == '\\' && !is_escaped;
                closes
            })?;
            (unescape(&quoted[..end]), &quoted[end + 1..])
        }
        None => match value.split_once('<') {
            Some((name, _)) => (name.to_owned(), &value[name.len()..]),
            None => (String::new(), value),
        },
    };
    let rest = rest.trim();
    let uri = match rest.strip_prefix('<') {
        Some(inside) => inside.split_once('>')?.0,
        // Without brackets, parameters belong to the header (RFC 3261, section 20.10).
        None => rest.split(';').next().unwrap_or_default(),
    };
    let name = shown_name(&name);
    uri.contains(':').then_some((name, uri))
}

fn unescape(quoted: &str) -> String {
    let mut is_escaped = false;
    let kept = |symbol: &char| {
        is_escaped = *symbol == '\\' && !is_escaped;
        !is_escaped
    };
    quoted.chars().filter(kept).collect()
}

/// A name without what moves a terminal or a page, cut at a character.
fn shown_name(name: &str) -> Option<String> {
    let plain: String = name.chars().filter(|symbol| !symbol.is_control()).collect();
    let plain = plain.trim();
    let cut = &plain[..plain.floor_char_boundary(NAME_MAX)];
    (!cut.is_empty()).then(|| cut.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(uri: &str) -> Result<(String, String), DialError> {
        dialled(uri).map(|dialled| (dialled.number, dialled.keys.reveal()))
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
        let many = format!("sip:1,{}@host", "1".repeat(DIGITS_MAX + 1));
        let long = format!("sip:{}@host", "1".repeat(URI_MAX));
        for (uri, error, status) in [
            ("http://host", DialError::Scheme, 416),
            ("bridge", DialError::Scheme, 416),
            ("", DialError::Scheme, 416),
            ("sip:host", DialError::NoUser, 404),
            ("sip:@host", DialError::NoUser, 404),
            ("sip:,123@host", DialError::NoUser, 404),
            ("tel:", DialError::NoUser, 404),
            ("sip:%ff@host", DialError::Malformed, 400),
            ("sip:a%0d%0ab@host", DialError::Malformed, 400),
            (&long, DialError::Malformed, 400),
            ("sip:1;postd=4x@host", DialError::Keys, 484),
            (&many, DialError::Keys, 484),
        ] {
            assert_eq!((read(uri), error.status()), (Err(error), status), "{uri}");
        }
    }

    fn shown(from: &str, asserted: &[&str], privacy: Option<&str>) -> String {
        let caller = caller(CallerHeaders { from, asserted, privacy });
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
            ("\"Ann", "- -"),
            ("", "- -"),
        ] {
            assert_eq!(shown(from, &[], None), expected, "{from}");
        }
    }

    #[test]
    fn an_asserted_identity_overrides_from() {
        let from = r#""Mallory" <sip:+19995550000@host>;tag=1"#;
        let asserted = [r#""Ann" <sip:ann@host>"#, "<tel:+14255550199>"];
        assert_eq!(shown(from, &asserted, None), "+14255550199 Ann");
        assert_eq!(shown(from, &asserted[..1], None), "ann Ann");
        assert_eq!(shown(from, &["nonsense"], None), "+19995550000 Mallory");
        let anonymous = "\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=1";
        assert_eq!(shown(anonymous, &asserted, None), "+14255550199 Ann");
    }

    #[test]
    fn a_caller_who_asks_for_privacy_is_withheld() {
        let from = r#""Ann" <sip:+14255550199@host>;tag=1"#;
        for privacy in ["id", "ID", "none;id", "user; critical", "header"] {
            assert_eq!(shown(from, &["<tel:+14255550199>"], Some(privacy)), "- - withheld", "{privacy}");
        }
        for privacy in ["none", "session", ""] {
            assert_eq!(shown(from, &[], Some(privacy)), "+14255550199 Ann", "{privacy}");
        }
        for anonymous in ["\"Anonymous\" <sip:anonymous@anonymous.invalid>", "<sip:Anonymous@host>"] {
            assert_eq!(shown(anonymous, &[], None), "- - withheld", "{anonymous}");
        }
    }

    #[test]
    fn a_long_name_is_cut_at_a_character() {
        let from = format!("\"{}\" <sip:ann@host>", "\u{e4}".repeat(40));
        let caller = caller(CallerHeaders { from: &from, ..CallerHeaders::default() });
        assert_eq!(caller.name, Some("\u{e4}".repeat(32)));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_readers_fail(text in any::<String>(), uri in "(sip|tel):[0-9a-z%;,@:=+#]{0,40}") {
            for text in [&text, &uri] {
                if let Ok(dialled) = dialled(text) {
                    prop_assert!(!dialled.number.is_empty());
                }
                let caller = caller(CallerHeaders { from: text, asserted: &[text], privacy: Some(text) });
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
