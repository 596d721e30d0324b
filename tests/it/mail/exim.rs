//! One mail through a mail server that the world uses, Exim: STARTTLS, a password, and a mailbox at the end.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use attendant::config::{Login, Security, Smtp};
use attendant::store::mail::{MailKind, MailState};

use super::server::{SETUP, certificate};
use super::worker::{PIN, Post};
use crate::bounded;

const EXIM: &str = "/usr/sbin/exim4";

/// Takes mail from clients that signed in over TLS, and puts all of it into one mailbox. Started as root, Exim goes on
/// as its own user; started as anybody else, as that one.
const CONFIGURATION: &str = "\
primary_hostname = localhost
spool_directory = FOLDER/spool
log_file_path = FOLDER/log_%s
keep_environment =
tls_certificate = FOLDER/certificate.pem
tls_privatekey = FOLDER/key.pem
tls_advertise_hosts = *
auth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}
deliver_drop_privilege
never_users =
acl_smtp_rcpt = rcpt

begin acl
rcpt:
  accept authenticated = *
         encrypted = *
  deny message = sign in first

begin routers
all:
  driver = accept
  transport = box

begin transports
box:
  driver = appendfile
  file = FOLDER/box
  user = Debian-exim

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_condition = ${if and{{eq{$auth2}{anna}}{eq{$auth3}{correct}}}}
";

/// Waits for one connection and lets Exim speak on it; answers what Exim said on standard error when it has ended,
/// and its delivery with it.
fn serve(listener: TcpListener, folder: &Path) -> thread::JoinHandle<String> {
    let configuration = folder.join("exim.conf");
    fs::write(&configuration, CONFIGURATION.replace("FOLDER", folder.to_str().unwrap())).unwrap();
    thread::spawn(move || {
        let (connection, _) = listener.accept().unwrap();
        let socket = || Stdio::from(OwnedFd::from(connection.try_clone().unwrap()));
        let exim = Command::new(EXIM)
            .arg("-C")
            .arg(configuration)
            .args(["-bs", "-odi"])
            .stdin(socket())
            .stdout(socket())
            .stderr(Stdio::piped())
            .spawn();
        let exim = exim.unwrap_or_else(|error| panic!("{EXIM}: {error}; {SETUP}"));
        let output = bounded::finish(exim);
        String::from_utf8_lossy(&output.stderr).into_owned()
    })
}

#[test]
fn a_mail_arrives_in_a_mailbox_of_exim() {
    let folder = tempfile::tempdir().unwrap();
    certificate(folder.path());
    // Exim's own user writes here and reads the key.
    for (path, mode) in [("", 0o777), ("key.pem", 0o644)] {
        fs::set_permissions(folder.path().join(path), Permissions::from_mode(mode)).unwrap();
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let exim = serve(listener, folder.path());
    let post = Post::to_server(Smtp {
        host: "localhost".to_owned(),
        port,
        security: Security::StartTls,
        login: Some(Login { user: "anna".to_owned(), password: "correct".into() }),
        ca_file: Some(folder.path().join("certificate.pem")),
        timeout: Duration::from_secs(20),
    });
    post.put(MailKind::Enabled, "amos@contoso.com").deliver();
    let mail = post.mail(1);
    assert_eq!(mail.state, MailState::Sent, "{:?}", mail.last_error);
    let said = exim.join().unwrap();
    let delivered =
        fs::read_to_string(folder.path().join("box")).unwrap_or_else(|error| panic!("{error}: {said}"));
    assert!(delivered.contains("with esmtpsa"), "over TLS, signed in: {delivered}");
    assert!(delivered.contains("Message-ID: <amos.contoso.com@attendant.invalid>"), "{delivered}");
    assert!(delivered.contains(PIN), "the PIN is in the mail");
}
