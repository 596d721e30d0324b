//! A message as it may be shown: whole, but for keys and passwords. With keys that are dialled ahead nobody knows which of
//! them are a PIN's, so none is shown; that one came, and when, is.

/// What stands for each byte that is not shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mask {
    /// `x`: whoever reads it sees that something is left out.
    Letter,
    /// `0`: programs that read the message find a key.
    Zero,
}

impl Mask {
    const fn symbol(self) -> char {
        match self {
            Self::Letter => 'x',
            Self::Zero => '0',
        }
    }

    fn over(self, text: &str) -> String {
        text.chars().map(|symbol| if symbol.is_ascii_whitespace() { symbol } else { self.symbol() }).collect()
    }
}

/// Returns a message without the keys in an INFO, those after the number in a URI, and the proofs of passwords. It is as
/// long as before, and its lines end where they did. What is not a message of SIP is read as far as it looks like one.
#[must_use]
pub fn masked(message: &[u8], mask: Mask) -> Vec<u8> {
    // A character for each byte: what is not text stays what it is.
    let text: String = message.iter().map(|byte| char::from(*byte)).collect();
    let mut is_info = false;
    let mut part = Part::Before;
    let mut shown = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let is_blank = line.trim().is_empty();
        part = match part {
            Part::Before if is_blank => Part::Before,
            Part::Before => {
                is_info = line.trim_start().starts_with("INFO");
                Part::Head
            }
            Part::Head if is_blank => Part::Body,
            Part::Head | Part::Body => part,
        };
        shown += &match part {
            _ if is_signal(line) => body_line(line, mask),
            Part::Body if is_info => body_line(line, mask),
            Part::Before | Part::Head | Part::Body => header_line(line, mask),
        };
    }
    shown.chars().map(|symbol| u8::try_from(symbol).unwrap_or(b'?')).collect()
}

/// Where a line is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Before,
    Head,
    Body,
}

/// A line of the head, or of a body that tells no keys.
fn header_line(line: &str, mask: Mask) -> String {
    const PROOF: &str = "response=\"";
    let Some(at) = line.to_ascii_lowercase().find(PROOF) else { return uris(line, mask) };
    let (before, proof) = line.split_at(at + PROOF.len());
    let (proof, after) = proof.split_at(proof.find('"').unwrap_or(proof.len()));
    format!("{}{}{}", uris(before, mask), mask.over(proof), uris(after, mask))
}

/// Masks what is dialled after the number in each URI of a line.
fn uris(line: &str, mask: Mask) -> String {
    let mut shown = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = next_uri(rest) {
        let (before, uri) = rest.split_at(at);
        shown += before;
        let end = uri
            .find(|symbol: char| "@>\"".contains(symbol) || symbol.is_ascii_whitespace())
            .unwrap_or(uri.len());
        let (user, after) = uri.split_at(end);
        shown += &user_part(user, mask);
        rest = after;
    }
    shown + rest
}

/// Where the user part of the next URI begins.
fn next_uri(text: &str) -> Option<usize> {
    let lower = text.to_ascii_lowercase();
    ["sip:", "sips:", "tel:"].iter().filter_map(|scheme| Some(lower.find(scheme)? + scheme.len())).min()
}

/// Keys follow a number after its first comma, or in its parameter `postd`. Either may be written in escapes.
fn user_part(user: &str, mask: Mask) -> String {
    let lower = user.to_ascii_lowercase();
    let after = |starts: [&str; 2]| {
        let found = starts.iter().filter_map(|start| Some(lower.find(start)? + start.len()));
        found.min()
    };
    let has_keys = |parameters: &usize| {
        let parameters = percent_encoding::percent_decode_str(&lower[*parameters..]);
        let decoded = parameters.decode_utf8_lossy().to_ascii_lowercase();
        decoded.contains("postd")
    };
    let starts = [after([",", "%2c"]), after([";", "%3b"]).filter(has_keys)];
    match starts.into_iter().flatten().min() {
        Some(at) => format!("{}{}", &user[..at], mask.over(&user[at..])),
        None => user.to_owned(),
    }
}

fn is_signal(line: &str) -> bool {
    line.split_once('=').is_some_and(|(name, _)| name.trim().eq_ignore_ascii_case("signal"))
}

/// A line of a body that may tell a key: only that there is one is shown, and how long it was down.
fn body_line(line: &str, mask: Mask) -> String {
    match line.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("signal") => {
            format!("{name}={}", mask.over(value))
        }
        Some((name, _)) if name.trim().eq_ignore_ascii_case("duration") => line.to_owned(),
        Some(_) | None => mask.over(line),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(message: impl AsRef<[u8]>) -> String {
        String::from_utf8(masked(message.as_ref(), Mask::Letter)).unwrap()
    }

    #[test]
    fn an_info_shows_that_a_key_came() {
        let relay = "INFO sip:a@b SIP/2.0\r\nCSeq: 2 INFO\r\n\r\nSignal= 5\r\nDuration=160\r\n";
        assert_eq!(shown(relay), relay.replace("= 5", "= x"));
        assert_eq!(masked(relay.as_bytes(), Mask::Zero), relay.replace("= 5", "= 0").as_bytes());
        assert_eq!(shown("INFO sip:a@b SIP/2.0\r\n\r\n10"), "INFO sip:a@b SIP/2.0\r\n\r\nxx");
        assert_eq!(
            shown("MESSAGE sip:a@b SIP/2.0\r\n\r\nSIGNAL=7"),
            "MESSAGE sip:a@b SIP/2.0\r\n\r\nSIGNAL=x"
        );
    }

    #[test]
    fn an_info_that_is_badly_written_shows_no_key_either() {
        for (message, expected) in [
            ("INFO sip:a@b SIP/2.0\nVia: v\n\n7", "INFO sip:a@b SIP/2.0\nVia: v\n\nx"),
            ("\r\n\r\nINFO sip:a@b SIP/2.0\r\n\r\n7", "\r\n\r\nINFO sip:a@b SIP/2.0\r\n\r\nx"),
            ("INFO sip:a@b SIP/2.0\r\nSignal=7\r\n", "INFO sip:a@b SIP/2.0\r\nSignal=x\r\n"),
        ] {
            assert_eq!(shown(message), expected);
        }
    }

    #[test]
    fn keys_after_a_number_are_not_shown() {
        for (line, expected) in [
            ("INVITE sip:+1425,,4711%23@h SIP/2.0", "INVITE sip:+1425,xxxxxxxx@h SIP/2.0"),
            ("To: <sip:+1425;postd=pp47@h>;tag=1", "To: <sip:+1425;xxxxxxxxxx@h>;tag=1"),
            ("To: <sip:+1425%3B%70ostd=47@h>;tag=1", "To: <sip:+1425%3Bxxxxxxxxxx@h>;tag=1"),
            ("To: <SIP:1%2C47@h>, <tel:2,33>", "To: <SIP:1%2Cxx@h>, <tel:2,xx>"),
            ("To: <sip:1425;phone-context=+1@h>", "To: <sip:1425;phone-context=+1@h>"),
            ("Allow: INVITE, ACK", "Allow: INVITE, ACK"),
        ] {
            assert_eq!(shown(line), expected);
        }
    }

    #[test]
    fn the_proof_of_a_password_is_not_shown() {
        for line in [
            "Authorization: Digest username=\"ann\", response=\"0123abcd\", nc=1",
            "Authorization: Digest username=\"ann\",\r\n response=\"0123abcd\"",
            "Authorization: Digest response=\"0123abcd\", uri=\"sip:1,0123abcd@h\"",
        ] {
            assert_eq!(shown(line), line.replace("0123abcd", "xxxxxxxx"));
        }
    }

    #[test]
    fn a_description_is_shown_whole() {
        let invite = "INVITE sip:b@h SIP/2.0\r\nSubject: \u{fc}\r\n\r\nv=0\r\nm=audio 4000 RTP/AVP 0\r\n";
        assert_eq!(shown(invite), invite);
    }

    proptest! {
        #[test]
        fn a_message_is_as_long_as_before(message in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert_eq!(masked(&message, Mask::Zero).len(), message.len());
        }

        #[test]
        fn no_key_of_an_info_is_shown(body in "[0-9*#A-D= \r\n]{0,40}") {
            let shown = shown(format!("INFO sip:a SIP/2.0\r\n\r\n{body}"));
            let (_, shown) = shown.split_once("\r\n\r\n").unwrap();
            prop_assert!(!shown.contains(|symbol: char| symbol.is_ascii_digit() || symbol == '*'));
        }
    }
}
