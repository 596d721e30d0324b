//! `attendant mail` at a shell, on a directory of SQLite.

use std::sync::Arc;

use attendant::control::call::Language;
use attendant::control::pin::Pin;
use attendant::store::keyring::Keyring;
use attendant::store::mail::{MailKind, NewMail, SealedPin};
use attendant::store::sql::{Location, Sql};
use attendant::store::{Changes, Directory as _};

use super::facts;
use super::server::Server;
use super::worker::PIN;
use crate::bounded;
use crate::stage::{Ended, Stage};

/// A stage with a directory in whose outbox are these mails.
fn with(mails: &[(MailKind, &str)]) -> Stage {
    let stage = Stage::with(&[]);
    let location = Location::File(stage.path().join("directory.db"));
    let keyring = Arc::new(Keyring::at(&location.keyring().unwrap()).unwrap());
    let put = async {
        let store = Sql::open(&location, Arc::clone(&keyring)).await.unwrap();
        let mails = (1..).zip(mails).map(|(at, (kind, to))| {
            let message_id = format!("{at}@attendant.invalid");
            let carries = matches!(kind, MailKind::Enabled | MailKind::PinReset);
            let sealed = || SealedPin(keyring.seal(Pin::from_symbols(PIN).unwrap(), &message_id));
            NewMail {
                sealed_pin: carries.then(sealed),
                user: (*to).to_owned(),
                kind: *kind,
                to: (*to).to_owned(),
                from: None,
                language: Language::EnUs,
                facts: facts(),
                at,
                message_id,
            }
        });
        let changes = Changes { mails: mails.collect(), ..Changes::default() };
        store.commit(changes).await.unwrap();
    };
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(put);
    stage
}

/// Runs a command on that directory.
#[track_caller]
fn mail(stage: &Stage, line: &str) -> Ended {
    let ended = stage.attendant(&format!("mail {line} --directory directory.db"));
    for text in [&ended.out, &ended.err] {
        assert!(!text.contains(&PIN[..7]), "{line}: {text}");
    }
    ended
}

#[test]
fn without_any_set_up_mail_is_files_in_the_folder_for_data() {
    let stage = with(&[(MailKind::PinReset, "amos@contoso.com"), (MailKind::Disabled, "kim@contoso.com")]);
    let ended = mail(&stage, "send");
    assert_eq!((ended.code, ended.err.as_str()), (0, "2 mails sent, 0 deferred, 0 dead\n"));
    let files = stage.path().join("data/attendant/mail/new");
    assert!(std::fs::read_to_string(files.join("1.1-attendant-invalid.eml")).unwrap().contains(PIN));
    assert_eq!(
        mail(&stage, "send --json").out,
        "{\"dead\":0,\"deferred\":0,\"sent\":0,\"type\":\"delivered\",\"v\":1}\n"
    );
}

#[test]
fn what_is_pruned_leaves_no_file_with_a_pin() {
    let stage = with(&[(MailKind::PinReset, "amos@contoso.com"), (MailKind::Disabled, "kim@contoso.com")]);
    mail(&stage, "send");
    let folder = stage.path().join("data/attendant/mail/new");
    let own = folder.join("letter.eml");
    std::fs::write(&own, "of somebody else").unwrap();
    // Mails go to a server by now: the outbox knows where these were put.
    let pruned =
        mail(&stage, "prune --older-than 30 --yes -o mail.transport=smtp -o mail.smtp.host=mail.contoso.com");
    assert_eq!(
        pruned.out,
        format!("2 removed, and 2 files in {}\n", stage.path().join("data/attendant/mail").display())
    );
    let left: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(left, [own]);
    assert_eq!(mail(&stage, "list").err, "no mails\n");
    assert_eq!(mail(&stage, "prune --older-than 30 --yes").out, "0 removed\n");
}

#[test]
fn a_mail_whose_file_cannot_go_stays_in_the_outbox() {
    let stage = with(&[(MailKind::PinReset, "amos@contoso.com")]);
    mail(&stage, "send");
    let folder = stage.path().join("data/attendant/mail");
    std::fs::rename(folder.join("cur"), folder.join("elsewhere")).unwrap();
    std::fs::write(folder.join("cur"), "not a folder").unwrap();
    let refused = mail(&stage, "prune --older-than 30 --yes");
    assert!(refused.code == 1 && refused.err.contains("mail/cur: Not a directory"), "{}", refused.err);
    assert_eq!(mail(&stage, "list --json").out.lines().count(), 1);
}

#[test]
fn the_list_tells_what_waits_what_was_sent_and_why_not() {
    let stage = with(&[(MailKind::PinReset, "amos@contoso.com"), (MailKind::Coordinates, "no address")]);
    let waiting = mail(&stage, "list");
    insta::assert_snapshot!("list_waiting", waiting.out);
    assert_eq!(mail(&stage, "send").code, 1, "one of them has no address");
    insta::assert_snapshot!("list_sent", mail(&stage, "list").out);
    let dead = mail(&stage, "list --state dead --json").out;
    assert_eq!(dead.lines().count(), 1);
    let line: serde_json::Value = serde_json::from_str(&dead).unwrap();
    assert_eq!((&line["id"], &line["state"], &line["attempts"]), (&2.into(), &"dead".into(), &1.into()));
    let none = mail(&stage, "list --state waiting");
    assert_eq!((none.code, none.out.as_str(), none.err.as_str()), (0, "", "no mails\n"));
    assert_eq!(mail(&stage, "list --state lost").code, 2);
}

#[test]
fn a_mail_is_shown_as_its_reader_sees_it_but_for_the_pin() {
    let stage = with(&[(MailKind::PinReset, "amos@contoso.com")]);
    insta::assert_snapshot!("show_waiting", mail(&stage, "show 1").out);
    mail(&stage, "send");
    let sent = mail(&stage, "show 1").out;
    assert!(sent.contains("deleted after it was sent") && sent.contains("PIN: *******"), "{sent}");
    let line: serde_json::Value = serde_json::from_str(&mail(&stage, "show 1 --json").out).unwrap();
    assert!(line["letter"]["text"].as_str().unwrap().contains("PIN: *******"), "{line}");
    let unknown = mail(&stage, "show 9");
    assert_eq!(unknown.code, 2);
    assert!(unknown.err.contains("unknown mail 9"), "{}", unknown.err);
}

#[test]
fn a_dead_mail_is_resent_unless_its_pin_was_wiped() {
    let server = Server::start("none", false);
    let stage =
        with(&[(MailKind::PinReset, "refused@contoso.com"), (MailKind::PinReset, "amos@contoso.com")]);
    let smtp = format!(
        "-o mail.transport=smtp -o mail.smtp.host=127.0.0.1 -o mail.smtp.security=none -o mail.smtp.port={}",
        server.port()
    );
    let ended = mail(&stage, &format!("send {smtp}"));
    assert_eq!((ended.code, ended.err.lines().next()), (1, Some("1 mail sent, 0 deferred, 1 dead")));
    let again = mail(&stage, &format!("resend 1 {smtp}"));
    assert!(again.err.contains("mail 1 is dead: ") && again.err.contains("no such mailbox"), "{}", again.err);
    // Elsewhere it is taken.
    let again = mail(&stage, "resend 1");
    assert_eq!((again.code, again.err.as_str()), (0, "1 mail sent, 0 deferred, 0 dead\n"));
    let wiped = mail(&stage, "resend 2 7");
    assert_eq!(wiped.code, 1);
    assert!(wiped.err.contains("the PIN of mail 2 was deleted after it was sent"), "{}", wiped.err);
    assert!(wiped.err.contains("unknown mail 7"), "{}", wiped.err);
}

#[test]
fn an_act_whose_mail_is_dead_says_so_with_the_cause() {
    let server = Server::start("none", false);
    let stage = Stage::with(&[]);
    let enable = |name: &str, port: u16| {
        stage.attendant(&format!(
            "users enable {name}@contoso.com --directory directory.db -o mail.transport=smtp -o mail.smtp.host=127.0.0.1 \
             -o mail.smtp.security=none -o mail.smtp.port={port}"
        ))
    };
    let dead = enable("refused", server.port()).err;
    let told = "the mail to refused@contoso.com is dead: 127.0.0.1";
    assert!(dead.contains(told) && dead.contains("550") && dead.contains("no such mailbox"), "{dead}");
    assert!(dead.contains("`attendant mail resend 1` sends it again"), "{dead}");
    let late = enable("greylisted", server.port()).err;
    assert!(late.contains("has not been sent yet: ") && late.contains("greylisted, come again"), "{late}");
    assert!(
        enable("amos", server.port()).err.contains("the mail to amos@contoso.com was accepted by 127.0.0.1")
    );
}

#[test]
fn a_test_mail_says_whether_mail_arrives() {
    let server = Server::start("none", false);
    let stage = Stage::with(&[]);
    let to = |name: &str, port: u16| {
        stage.attendant(&format!(
            "mail test {name}@contoso.com --language ja-JP -o mail.transport=smtp -o mail.smtp.host=127.0.0.1 \
             -o mail.smtp.security=none -o mail.smtp.port={port}"
        ))
    };
    let sent = to("amos", server.port());
    assert_eq!((sent.code, sent.err.as_str()), (0, "a test mail was sent to amos@contoso.com\n"));
    assert!(server.accepted()[0].contains("Content-Language: ja-JP"));
    let refused = to("refused", server.port());
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("550") && refused.err.contains("no such mailbox"), "{}", refused.err);
    assert!(!stage.path().join("data").exists(), "trying whether mail arrives makes no directory");
}

#[test]
fn no_log_has_a_pin_or_a_password() {
    const PASSWORD: &str = "correct";
    let server = Server::start("starttls", true);
    let stage = with(&[(MailKind::PinReset, "digits@contoso.com"), (MailKind::PinReset, "amos@contoso.com")]);
    let environment = [("RUST_LOG", "trace"), ("ATTENDANT_MAIL_SMTP_PASSWORD", PASSWORD)];
    let line = format!(
        "-vvv mail send --directory directory.db -o mail.transport=smtp -o mail.smtp.host=localhost -o mail.smtp.user=anna \
         -o mail.smtp.port={} -o mail.smtp.ca_file={}",
        server.port(),
        server.certificate().display()
    );
    let ended = stage.attendant_with(&environment, &line);
    assert!(ended.err.contains("1 mail sent, 0 deferred, 1 dead"), "{}", ended.err);
    assert!(ended.err.contains("attendant::mail: not sent, and given up"), "the log is on: {}", ended.err);
    for secret in [&PIN[..7], PASSWORD, "YW5uYQ", "AGFubmEAY29ycmVjdA"] {
        assert!(!ended.err.contains(secret) && !ended.out.contains(secret), "{secret}: {}", ended.err);
    }
}

#[cfg(unix)]
#[test]
fn a_worker_that_stays_sends_until_it_is_interrupted() {
    use std::process::{Command, Stdio};

    let server = Server::start("none", false);
    let stage = with(&[(MailKind::PinReset, "amos@contoso.com")]);
    let child = Command::new(env!("CARGO_BIN_EXE_attendant"))
        .current_dir(stage.path())
        .env("HOME", stage.path())
        .args(["mail", "send", "--stay", "--directory", "directory.db", "-o", "mail.transport=smtp"])
        .args(["-o", "mail.smtp.host=127.0.0.1", "-o", "mail.smtp.security=none", "-o"])
        .arg(format!("mail.smtp.port={}", server.port()))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(server.until_heard(1));
    let interrupted = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    let output = bounded::finish(child);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("INFO attendant::mail: sent mail=1"), "it logs by itself: {said}");
    assert!(said.ends_with("\n1 mail sent, 0 deferred, 0 dead\n"), "{said}");
}
