//! What becomes of mails in the outbox, whatever the server does.

use std::time::Duration;

use attendant::config::{Login, Security};
use attendant::mail::worker::Delivered;
use attendant::store::mail::{MailKind, MailState, NewMail};

use super::server::Server;
use super::worker::{PIN, Post};

const SENT: Delivered = Delivered { sent: 1, deferred: 0, dead: 0 };
const DEFERRED: Delivered = Delivered { sent: 0, deferred: 1, dead: 0 };
const DEAD: Delivered = Delivered { sent: 0, deferred: 0, dead: 1 };
const NOTHING: Delivered = Delivered { sent: 0, deferred: 0, dead: 0 };

const MINUTE: Duration = Duration::from_secs(60);

/// A post office with one mail in it, and the server that it goes to.
fn post(to: &str) -> (Post, Server) {
    let server = Server::start("none", false);
    let post = Post::to_server(server.smtp(Security::None));
    post.put(MailKind::PinReset, to);
    (post, server)
}

/// The value of a header that is on one line.
fn header<'m>(mail: &'m str, name: &str) -> &'m str {
    let line = mail.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    line.unwrap_or_else(|| panic!("{name} is in {mail}"))
}

#[test]
fn a_mail_with_a_pin_arrives_as_a_file_and_its_pin_is_wiped() {
    let folder = tempfile::tempdir().unwrap();
    let post = Post::to_folder(folder.path());
    post.put(MailKind::PinReset, "amos@contoso.com").put(MailKind::Coordinates, "kim@contoso.com");
    assert_eq!(post.deliver(), Delivered { sent: 2, ..NOTHING });
    let read = |name: &str| std::fs::read_to_string(folder.path().join("new").join(name)).unwrap();
    assert!(read("1509451200000.amos-contoso-com-attendant-invalid.eml").contains(PIN));
    assert!(!read("1509451200000.kim-contoso-com-attendant-invalid.eml").contains(PIN));
    assert_eq!((post.mail(1).state, post.mail(1).mail.sealed_pin), (MailState::Sent, None));
    assert_eq!(post.deliver(), NOTHING, "nothing is sent again");
}

#[test]
fn a_server_that_takes_the_mail_settles_it() {
    let (post, server) = post("amos@contoso.com");
    assert_eq!(post.deliver(), SENT);
    let accepted = server.accepted();
    assert_eq!(accepted.len(), 1);
    assert!(accepted[0].contains(PIN));
    assert_eq!(header(&accepted[0], "To"), "\"Amos Marble\" <amos@contoso.com>");
    assert_eq!(header(&accepted[0], "From"), "\"Contoso Audio Conferencing\" <conferencing@contoso.com>");
    assert_eq!((post.mail(1).state, post.mail(1).mail.sealed_pin), (MailState::Sent, None));
    assert_eq!(post.put(MailKind::PinReset, "desk@contoso.com").deliver(), SENT);
    assert_eq!(
        header(&server.accepted()[1], "To"),
        "desk@contoso.com",
        "sent elsewhere, it does not bear his name"
    );
}

#[test]
fn mail_to_a_domain_outside_ascii_goes_by_its_dns_name() {
    let (post, server) = post("amos@contoso.com");
    post.deliver();
    let other = |to: &str, id: &str| NewMail {
        kind: MailKind::Coordinates,
        to: to.to_owned(),
        message_id: format!("{id}@attendant.invalid"),
        ..post.mail(1).mail
    };
    post.put_as_it_is(other("zoe@müller.example", "known"));
    assert_eq!(post.deliver(), SENT, "{:?}", post.mail(2).last_error);
    assert_eq!(server.heard().lines().last(), Some("RCPT zoe@xn--mller-kva.example"));
    assert_eq!(header(&server.accepted()[1], "To"), "zoe@xn--mller-kva.example");
    assert_eq!(post.mail(2).mail.to, "zoe@müller.example", "it is shown as it was typed");
    post.put_as_it_is(other("zoe@m\u{fffd}ller.example", "none"));
    assert_eq!(post.deliver(), DEAD);
    assert!(post.mail(3).last_error.unwrap().contains("the recipient's address"));
}

#[test]
fn command_and_tenant_override_the_configured_sender() {
    let (post, server) = post("amos@contoso.com");
    post.deliver();
    let mut mail = post.mail(1).mail;
    mail.kind = MailKind::Coordinates;
    mail.from = Some(("helpdesk@contoso.com".to_owned(), "Contoso Helpdesk".to_owned()));
    mail.message_id = "other@attendant.invalid".to_owned();
    post.put_as_it_is(mail);
    assert_eq!(post.deliver(), SENT);
    assert_eq!(header(&server.accepted()[1], "From"), "\"Contoso Helpdesk\" <helpdesk@contoso.com>");
}

#[test]
fn a_refused_mail_is_dead_and_keeps_its_pin_sealed() {
    let (post, server) = post("refused@contoso.com");
    assert_eq!(post.deliver(), DEAD);
    let mail = post.mail(1);
    assert_eq!(mail.state, MailState::Dead);
    assert!(mail.last_error.as_ref().unwrap().contains("no such mailbox"), "{mail:?}");
    assert!(mail.mail.sealed_pin.is_some(), "it can be sent again");
    assert_eq!(post.after(100 * MINUTE).deliver(), NOTHING);
    assert_eq!(server.heard().lines().count(), 1, "it is not tried again");
}

#[test]
fn a_greylisted_mail_is_retried_and_arrives() {
    let (post, server) = post("greylisted@contoso.com");
    assert_eq!(post.deliver(), DEFERRED);
    assert!(post.mail(1).last_error.unwrap().contains("greylisted, come again"));
    assert_eq!(post.next(1), 60);
    assert_eq!(post.after(MINUTE - Duration::from_millis(1)).deliver(), NOTHING, "not before its time");
    assert_eq!(post.after(Duration::from_millis(1)).deliver(), SENT);
    assert_eq!(server.accepted().len(), 1);
}

#[test]
fn a_silent_server_defers_its_mail_without_blocking_others() {
    let server = Server::start("none", false);
    let mut smtp = server.smtp(Security::None);
    smtp.timeout = Duration::from_secs(1);
    let post = Post::to_server(smtp);
    for number in 0..20 {
        let to = if number % 4 == 0 {
            format!("silent{number}@contoso.com")
        } else {
            format!("user{number}@contoso.com")
        };
        post.put(MailKind::Enabled, &to);
    }
    assert_eq!(post.deliver(), Delivered { sent: 15, deferred: 5, dead: 0 });
    assert_eq!(server.accepted().len(), 15);
    let error = post.mail(1).last_error.unwrap();
    assert!(error.contains("no answer within 1s") || error.to_lowercase().contains("timed out"), "{error}");
}

#[test]
fn a_mail_is_retried_after_a_dropped_connection() {
    let (post, server) = post("dropped@contoso.com");
    assert_eq!(post.deliver(), DEFERRED);
    assert_eq!(server.accepted().len(), 0);
    assert_eq!(post.after(MINUTE).deliver(), SENT);
    assert_eq!(server.accepted().len(), 1, "it is there whole, and once");
}

#[test]
fn a_retry_after_a_lost_reply_keeps_the_message_id() {
    let (post, server) = post("dies@contoso.com");
    assert_eq!(post.deliver(), DEFERRED, "no 250 came");
    assert_eq!(server.accepted().len(), 1, "though the server had taken it");
    assert_eq!(post.after(MINUTE).deliver(), SENT);
    let accepted = server.accepted();
    assert_eq!(accepted.len(), 2);
    assert_eq!(header(&accepted[0], "Message-ID"), "<dies.contoso.com@attendant.invalid>");
    assert_eq!(accepted[0], accepted[1], "byte for byte: its date is that of the event");
}

#[test]
fn retries_back_off_and_end_if_no_server_answers() {
    let server = Server::start("none", false);
    let smtp = server.smtp(Security::None);
    drop(server);
    let post = Post::to_server(smtp);
    post.put(MailKind::PinReset, "amos@contoso.com");
    for (wait, next) in [(0, 60), (60, 180), (120, 420)] {
        assert_eq!(post.after(Duration::from_secs(wait)).deliver(), DEFERRED);
        assert_eq!(post.next(1), next);
    }
    assert_eq!(post.after(4 * MINUTE).deliver(), DEAD);
    let mail = post.mail(1);
    assert_eq!((mail.state, mail.attempts), (MailState::Dead, 4));
    assert!(mail.last_error.unwrap().contains("refused"), "the reason is the machine's: connection refused");
}

#[test]
fn a_reason_never_quotes_the_pin_even_if_the_server_does() {
    let (post, _server) = post("digits@contoso.com");
    assert_eq!(post.deliver(), DEAD);
    let error = post.mail(1).last_error.unwrap();
    assert!(error.contains("refused for PIN: *******"), "{error}");
    assert!(!error.contains(&PIN[..7]), "{error}");
}

#[test]
fn what_a_killed_worker_had_claimed_is_sent_when_its_lease_ends() {
    let folder = tempfile::tempdir().unwrap();
    let post = Post::to_folder(folder.path());
    post.put(MailKind::PinReset, "amos@contoso.com").claim_and_die();
    assert_eq!(post.deliver(), NOTHING, "somebody else has it");
    assert_eq!(post.after(MINUTE).deliver(), SENT);
    assert_eq!(std::fs::read_dir(folder.path().join("new")).unwrap().count(), 1);
}

#[test]
fn a_pin_that_was_tampered_with_is_not_sent() {
    let folder = tempfile::tempdir().unwrap();
    let post = Post::to_folder(folder.path());
    let other = Post::to_folder(folder.path());
    other.put(MailKind::PinReset, "amos@contoso.com");
    post.put(MailKind::PinReset, "kim@contoso.com");
    let mut mail = post.mail(1).mail;
    mail.message_id = "elsewhere@attendant.invalid".to_owned();
    post.put_as_it_is(mail);
    post.put_as_it_is(other.mail(1).mail);
    assert_eq!(post.deliver(), Delivered { sent: 1, deferred: 1, dead: 1 });
    assert!(post.mail(2).last_error.unwrap().contains("its sealed PIN is damaged"));
    assert!(
        post.mail(3).last_error.unwrap().contains("the keyring lacks the key"),
        "a keyring may be restored"
    );
}

#[test]
fn a_stopping_worker_finishes_its_mails_and_claims_no_more() {
    let server = Server::start("none", false);
    let mut smtp = server.smtp(Security::None);
    smtp.timeout = Duration::from_secs(1);
    let post = Post::to_server(smtp);
    for number in 0..12 {
        post.put(MailKind::PinReset, &format!("silent{number}@contoso.com"));
    }
    // The stop is there before the first answer: eight mails are under way, and four were never claimed.
    let delivered = post.run(server.until_heard(8));
    assert_eq!(delivered, Delivered { deferred: 8, ..NOTHING });
    let attempts: Vec<u32> = (1..=12).map(|id| post.mail(id).attempts).collect();
    assert_eq!(attempts, [1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0]);
    assert!((1..=12).all(|id| post.mail(id).claim.token.is_empty()), "no claim is left open");
}

#[test]
fn with_starttls_or_tls_and_a_password_the_mail_arrives() {
    for (way, security) in [("starttls", Security::StartTls), ("tls", Security::Tls)] {
        let server = Server::start(way, true);
        let mut smtp = server.smtp(security);
        smtp.login = Some(login("correct"));
        let post = Post::to_server(smtp);
        post.put(MailKind::Enabled, "amos@contoso.com");
        let delivered = post.deliver();
        assert_eq!(delivered, SENT, "{way}: {:?}", post.mail(1).last_error);
        assert_eq!(server.accepted().len(), 1);
    }
}

#[test]
fn a_refused_password_defers_mails() {
    let server = Server::start("starttls", true);
    let mut smtp = server.smtp(Security::StartTls);
    smtp.login = Some(login("wrong"));
    let post = Post::to_server(smtp);
    post.put(MailKind::Enabled, "amos@contoso.com");
    assert_eq!(post.deliver(), DEFERRED);
    let error = post.mail(1).last_error.unwrap();
    assert!(error.contains("535") && !error.contains("wrong"), "{error}");
}

#[test]
fn an_unencrypted_or_untrusted_server_gets_no_mail() {
    let plain = Server::start("none", false);
    let encrypted = Server::start("tls", false);
    let mut without = plain.smtp(Security::StartTls);
    without.ca_file = None;
    let mut untrusted = encrypted.smtp(Security::Tls);
    untrusted.ca_file = None;
    for (server, smtp) in [(&plain, without), (&encrypted, untrusted)] {
        let post = Post::to_server(smtp);
        post.put(MailKind::Enabled, "amos@contoso.com");
        let delivered = post.deliver();
        assert_eq!(delivered.sent, 0, "{:?}", post.mail(1));
        assert_eq!(server.heard(), "", "it did not even hear to whom");
    }
}

fn login(password: &str) -> Login {
    Login { user: "anna".to_owned(), password: password.into() }
}
