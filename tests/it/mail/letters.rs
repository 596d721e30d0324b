//! What the five mails say, in five languages. Where a PIN would stand, there is a marker.

use attendant::control::call::Language;
use attendant::mail::letter::{About, Letter, Signature};
use attendant::store::mail::{Facts, MailKind};

use super::{all, facts};

/// Stands in for the PIN.
const MARKER: &str = "[PIN]";

fn signature() -> Signature {
    Signature {
        name: "Contoso".to_owned(),
        help_link: Some("https://contoso.com/dial-in?a=1&b=2".to_owned()),
    }
}

fn letter(kind: MailKind, language: Language) -> Letter {
    Letter::write(&About::Event(kind, facts()), language, MARKER, &signature())
}

#[test]
fn the_five_mails_read_well_in_each_language() {
    for language in Language::ALL {
        let letters = MailKind::ALL.iter().map(|kind| {
            let letter = letter(*kind, language);
            format!("## {}\nSubject: {}\n\n{}", kind.word(), letter.subject, letter.text)
        });
        insta::assert_snapshot!(format!("text_{}", language.tag()), letters.collect::<Vec<_>>().join("\n"));
    }
}

#[test]
fn the_five_mails_as_pages() {
    for kind in MailKind::ALL {
        insta::assert_snapshot!(format!("html_{}", kind.word()), letter(*kind, Language::EnUs).html);
    }
    insta::assert_snapshot!("html_ja", letter(MailKind::Enabled, Language::JaJp).html);
}

/// BEHAVIOUR section 5: what each mail carries, and what not.
#[test]
fn each_mail_carries_what_its_event_names_and_nothing_else() {
    for (kind, language) in all() {
        let letter = letter(kind, language);
        let (coordinates, pin) = match kind {
            MailKind::Enabled | MailKind::PinReset => (true, true),
            MailKind::CoordinatesChanged | MailKind::Coordinates => (true, false),
            MailKind::Disabled => (false, false),
        };
        for (body, name) in [(&letter.text, "text"), (&letter.html, "html")] {
            let what = format!("{} in {}, {name}:\n{body}", kind.word(), language.tag());
            for part in ["314 1592", "+1 425-555-0100", "+1 800-555-0100"] {
                assert_eq!(body.contains(part), coordinates, "{part} in {what}");
            }
            assert_eq!(body.matches(MARKER).count(), usize::from(pin), "the PIN in {what}");
            assert!(body.contains("Amos Marble") && body.contains("Contoso"), "{what}");
            let steps = if name == "html" {
                body.matches("<li>").count()
            } else {
                body.matches("    3. ").count() * 3
            };
            assert_eq!(steps, if kind == MailKind::Disabled { 3 } else { 0 }, "steps of removal in {what}");
        }
        assert!(
            !letter.subject.contains(MARKER) && !letter.subject.contains("3141592"),
            "{}",
            letter.subject
        );
    }
}

#[test]
fn text_and_page_say_the_same() {
    for (kind, language) in all() {
        let letter = letter(kind, language);
        for paragraph in letter.text.split("\n\n").filter(|paragraph| !paragraph.starts_with("    ")) {
            let paragraph = paragraph.split("https://").next().unwrap_or_default();
            let paragraph = paragraph.trim_end_matches([' ', ':', '：', '\n']);
            let escaped = paragraph.replace('&', "&#38;").replace('\'', "&#39;");
            assert!(letter.html.contains(&escaped), "{} in {}: {paragraph}", kind.word(), language.tag());
        }
    }
}

#[test]
fn a_user_without_toll_free_number_or_name_is_told_of_neither() {
    let facts = Facts { display_name: " ".to_owned(), toll_free_number: None, ..facts() };
    let letter = Letter::write(&About::Event(MailKind::Enabled, facts), Language::EnUs, MARKER, &signature());
    assert!(letter.text.starts_with("Hello,\n\n"), "{}", letter.text);
    assert!(!letter.text.contains("Toll-free") && !letter.html.contains("Toll-free"), "{}", letter.text);
}

#[test]
fn what_others_wrote_is_no_markup_in_the_page() {
    let facts = Facts {
        display_name: "<img src=x onerror=alert(1)> & \"Amos\"".to_owned(),
        number: Some("<b>+1</b>\" onclick=\"x".to_owned()),
        ..facts()
    };
    let signature = Signature {
        name: "</main><script>".to_owned(),
        help_link: Some("https://a/\" onclick=\"x".to_owned()),
    };
    let html =
        Letter::write(&About::Event(MailKind::Enabled, facts), Language::EnUs, MARKER, &signature).html;
    for markup in ["<img", "<b>", "<script>", "\" onclick"] {
        assert!(!html.contains(markup), "{markup} in {html}");
    }
    assert!(html.contains("&#60;img src=x"), "{html}");
}
