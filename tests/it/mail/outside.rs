//! How mails travel, as an independent reader of mail has it: Python's `email` package.

use attendant::control::call::Language;
use attendant::mail::SendError;
use attendant::mail::letter::{About, Letter, Signature};
use attendant::mail::message::{Envelope, compose};
use attendant::store::mail::MailKind;

use super::server::python;
use super::{all, facts};

/// Prints what it reads of a mail, one JSON object.
const READER: &str = r"
import email, email.policy, json, sys
mail = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
bodies = [part for part in mail.walk() if not part.is_multipart()]
print(json.dumps({
    'headers': [[name, str(value)] for name, value in mail.items()],
    'kind': mail.get_content_type(),
    'to': [[a.display_name, a.addr_spec] for a in mail['To'].addresses],
    'from': [[a.display_name, a.addr_spec] for a in mail['From'].addresses],
    'kinds': [part.get_content_type() for part in bodies],
    'bodies': [part.get_content().replace('\r\n', '\n') for part in bodies],
    'defects': [str(d) for part in mail.walk() for d in part.defects],
}))
";

fn read(bytes: &[u8]) -> serde_json::Value {
    serde_json::from_str(&python(&["-c", READER], bytes)).unwrap()
}

fn envelope() -> Envelope {
    Envelope {
        message_id: "5f2a.7@attendant".to_owned(),
        at: 1_509_451_200_000,
        from: "conferencing@contoso.com".to_owned(),
        from_name: "Contoso Audio Conferencing".to_owned(),
        to: "amos.marble@contoso.com".to_owned(),
        to_name: "Amos Marble".to_owned(),
        language: Language::EnUs,
    }
}

fn letter(kind: MailKind, language: Language) -> Letter {
    let signature = Signature { name: "Contoso".to_owned(), help_link: None };
    Letter::write(&About::Event(kind, facts()), language, "[PIN]", &signature)
}

fn header<'m>(mail: &'m serde_json::Value, name: &str) -> Vec<&'m str> {
    let headers = mail["headers"].as_array().unwrap();
    headers.iter().filter(|header| header[0] == name).map(|header| header[1].as_str().unwrap()).collect()
}

#[test]
fn an_independent_reader_reads_every_mail_as_it_was_written() {
    for (kind, language) in all() {
        let letter = letter(kind, language);
        let bytes = compose(&Envelope { language, ..envelope() }, &letter).unwrap().formatted();
        assert!(bytes.split(|byte| *byte == b'\n').all(|line| line.len() <= 998), "RFC 5322, 2.1.1");
        assert!(bytes.is_ascii(), "no server needs an extension for it");
        let mail = read(&bytes);
        assert_eq!(mail["defects"], serde_json::json!([]), "{}", kind.word());
        assert_eq!(mail["kind"], "multipart/alternative");
        assert_eq!(
            mail["kinds"],
            serde_json::json!(["text/plain", "text/html"]),
            "the better one comes last"
        );
        assert_eq!(mail["bodies"], serde_json::json!([letter.text, letter.html]));
        assert_eq!(header(&mail, "Subject"), [letter.subject]);
        assert_eq!(header(&mail, "Content-Language"), [language.tag()]);
        assert_eq!(header(&mail, "Auto-Submitted"), ["auto-generated"]);
        assert_eq!(header(&mail, "Message-ID"), ["<5f2a.7@attendant>"]);
        assert_eq!(header(&mail, "Date"), ["Tue, 31 Oct 2017 12:00:00 +0000"], "when it was put in");
        assert_eq!(mail["to"], serde_json::json!([["Amos Marble", "amos.marble@contoso.com"]]));
    }
}

#[test]
fn the_same_mail_is_the_same_bytes() {
    let bytes = || compose(&envelope(), &letter(MailKind::Enabled, Language::JaJp)).unwrap().formatted();
    assert_eq!(bytes(), bytes());
}

#[test]
fn names_of_any_script_arrive_as_they_were_written() {
    for name in
        ["Jürgen Müller-Weiß", "佐藤 花子", "O'Brien, \"Kim\" <kim@evil.example>", "Zoë 🎉", "=?utf-8?q?x?="]
    {
        let envelope = Envelope { to_name: name.to_owned(), from_name: name.to_owned(), ..envelope() };
        let mail =
            read(&compose(&envelope, &letter(MailKind::Disabled, Language::EnUs)).unwrap().formatted());
        assert_eq!(mail["from"], serde_json::json!([[name, "conferencing@contoso.com"]]));
        assert_eq!(mail["to"], serde_json::json!([[name, "amos.marble@contoso.com"]]));
    }
}

#[test]
fn no_name_adds_a_header_or_a_recipient() {
    let plain = read(&compose(&envelope(), &letter(MailKind::Enabled, Language::EnUs)).unwrap().formatted());
    for name in [
        "Amos\r\nBcc: kim@contoso.com",
        "Amos\nBcc: kim@contoso.com",
        "Amos\rX: y",
        "Amos\r\n\r\nbody",
        "Amos>, kim@contoso.com, <",
        "Amos\u{2028}Bcc: kim@contoso.com",
        "\0",
        &"long ".repeat(500),
    ] {
        let envelope = Envelope { to_name: name.to_owned(), from_name: name.to_owned(), ..envelope() };
        let mail = read(&compose(&envelope, &letter(MailKind::Enabled, Language::EnUs)).unwrap().formatted());
        let names = |mail: &serde_json::Value| -> Vec<String> {
            mail["headers"].as_array().unwrap().iter().map(|header| header[0].to_string()).collect()
        };
        assert_eq!(names(&mail), names(&plain), "{name:?}");
        assert_eq!(mail["to"].as_array().unwrap().len(), 1, "{name:?}");
        assert_eq!(mail["to"][0][1], "amos.marble@contoso.com", "{name:?}");
        assert_eq!(mail["bodies"], plain["bodies"], "{name:?}");
    }
}

#[test]
fn an_address_that_is_none_is_refused_for_good() {
    let letter = letter(MailKind::Enabled, Language::EnUs);
    for address in [
        "",
        "amos",
        "amos@",
        "@contoso.com",
        "amos@contoso.com\r\nBcc: kim@contoso.com",
        "a@b, c@d",
        "<a@b>",
        "a b@c",
    ] {
        for envelope in [
            Envelope { to: address.to_owned(), ..envelope() },
            Envelope { from: address.to_owned(), ..envelope() },
        ] {
            let refused = compose(&envelope, &letter).unwrap_err();
            assert!(
                matches!(&refused, SendError::Never(why) if !why.contains('\n')),
                "{address:?}: {refused:?}"
            );
        }
    }
    for id in ["", "no-at", "a@b>\r\nBcc: kim@contoso.com", "a b@c", &format!("{}@b", "x".repeat(300))] {
        let envelope = Envelope { message_id: id.to_owned(), ..envelope() };
        assert!(matches!(compose(&envelope, &letter), Err(SendError::Never(_))), "{id:?}");
    }
}
