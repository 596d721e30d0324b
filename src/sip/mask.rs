//! A message as it may be shown: whole, but for keys and passwords. With keys that are dialled ahead nobody knows which of
//! them are a PIN's, so none is shown; that one came, and when, is.

/// Stands for each character that is not shown.
const MASK: char = 'x';

/// Returns the text of a message without the keys in an INFO, those after the number in a URI, and the proofs of passwords.
#[must_use]
pub fn masked(message: &[u8]) -> String {
    let text = String::from_utf8_lossy(message);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let is_info = head.starts_with("INFO ");
    let mut shown: String = head.split_inclusive('\n').map(header_line).collect();
    if text.len() > head.len() {
        shown += "\r\n\r\n";
    }
    shown.extend(body.split_inclusive('\n').map(|line| match is_info || is_signal(line) {
        true => body_line(line),
        false => line.to_owned(),
    }));
    shown
}

/// A line of the head.
fn header_line(line: &str) -> String {
    let is_proof =
        |name: &str| ["authorization", "proxy-authorization"].contains(&&*name.trim().to_ascii_lowercase());
    if line.split_once(':').is_some_and(|(name, _)| is_proof(name))
        && let Some((before, after)) = line.split_once("response=\"")
    {
        let end = after.find('"').unwrap_or(after.len());
        return format!("{before}response=\"{}{}", masks(&after[..end]), &after[end..]);
    }
    uris(line)
}

/// Masks what is dialled after the number in each URI of a line.
fn uris(line: &str) -> String {
    let mut shown = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = next_uri(rest) {
        let (before, uri) = rest.split_at(at);
        shown += before;
        let end =
            uri.find(|symbol: char| "@>\"".contains(symbol) || symbol.is_whitespace()).unwrap_or(uri.len());
        let (user, after) = uri.split_at(end);
        shown += &user_part(user);
        rest = after;
    }
    shown + rest
}

/// Where the user part of the next URI begins.
fn next_uri(text: &str) -> Option<usize> {
    let lower = text.to_ascii_lowercase();
    ["sip:", "sips:", "tel:"].iter().filter_map(|scheme| Some(lower.find(scheme)? + scheme.len())).min()
}

/// Keys follow a number after its first comma (also as `%2C`), or in `;postd=`.
fn user_part(user: &str) -> String {
    let lower = user.to_ascii_lowercase();
    let starts = [",", "%2c", ";postd="].iter().filter_map(|start| Some(lower.find(start)? + start.len()));
    match starts.min() {
        Some(at) => format!("{}{}", &user[..at], masks(&user[at..])),
        None => user.to_owned(),
    }
}

fn is_signal(line: &str) -> bool {
    line.split_once('=').is_some_and(|(name, _)| name.trim().eq_ignore_ascii_case("signal"))
}

/// A line of a body that may tell a key: only that there is one is shown, and how long it was down.
fn body_line(line: &str) -> String {
    match line.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("signal") => {
            format!("{name}={}", masks(value))
        }
        Some((name, _)) if name.trim().eq_ignore_ascii_case("duration") => line.to_owned(),
        Some(_) | None => masks(line),
    }
}

fn masks(text: &str) -> String {
    text.chars().map(|symbol| if symbol.is_whitespace() { symbol } else { MASK }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_info_shows_that_a_key_came() {
        let relay = b"INFO sip:a@b SIP/2.0\r\nCSeq: 2 INFO\r\n\r\nSignal= 5\r\nDuration=160\r\n";
        assert_eq!(
            masked(relay),
            "INFO sip:a@b SIP/2.0\r\nCSeq: 2 INFO\r\n\r\nSignal= x\r\nDuration=160\r\n"
        );
        assert_eq!(masked(b"INFO sip:a@b SIP/2.0\r\n\r\n10"), "INFO sip:a@b SIP/2.0\r\n\r\nxx");
        assert_eq!(
            masked(b"MESSAGE sip:a@b SIP/2.0\r\n\r\nSIGNAL=7"),
            "MESSAGE sip:a@b SIP/2.0\r\n\r\nSIGNAL=x"
        );
    }

    #[test]
    fn keys_after_a_number_are_not_shown() {
        for (line, shown) in [
            ("INVITE sip:+1425,,4711%23@h SIP/2.0", "INVITE sip:+1425,xxxxxxxx@h SIP/2.0"),
            ("To: <sip:+1425;postd=pp47@h>;tag=1", "To: <sip:+1425;postd=xxxx@h>;tag=1"),
            ("To: <SIP:1%2C47@h>, <tel:2,33>", "To: <SIP:1%2Cxx@h>, <tel:2,xx>"),
            ("Allow: INVITE, ACK", "Allow: INVITE, ACK"),
        ] {
            assert_eq!(masked(line.as_bytes()), shown);
        }
    }

    #[test]
    fn the_proof_of_a_password_is_not_shown() {
        let line = "Authorization: Digest username=\"ann\", response=\"0123abcd\", nc=1";
        assert_eq!(masked(line.as_bytes()), line.replace("0123abcd", "xxxxxxxx"));
    }

    #[test]
    fn a_description_is_shown_whole() {
        let invite = "INVITE sip:b@h SIP/2.0\r\n\r\nv=0\r\nm=audio 4000 RTP/AVP 0\r\n";
        assert_eq!(masked(invite.as_bytes()), invite);
    }

    proptest! {
        #[test]
        fn no_message_makes_it_fail(message in prop::collection::vec(any::<u8>(), 0..300)) {
            let _shown = masked(&message);
        }

        #[test]
        fn no_key_of_an_info_is_shown(body in "[0-9*#A-D= \r\n]{0,40}") {
            let shown = masked(format!("INFO sip:a SIP/2.0\r\n\r\n{body}").as_bytes());
            let (_, shown) = shown.split_once("\r\n\r\n").unwrap();
            prop_assert!(!shown.contains(|symbol: char| symbol.is_ascii_digit() || symbol == '*'));
        }
    }
}
