//! Encrypted connections, and those that would not be.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use super::Served;
use super::program::form;
use crate::bounded;
use crate::stage::Stage;

/// A certificate for this machine, made by OpenSSL.
fn certified(stage: &Stage) {
    let line = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
                -addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out cert.pem";
    let mut openssl = Command::new("openssl");
    let made = bounded::output(openssl.args(line.split_whitespace()).current_dir(stage.path()));
    let made = made.expect("`.ci/test` installs openssl");
    assert!(made.status.success(), "{made:?}");
}

#[test]
fn connections_are_encrypted_with_the_newest_certificate() {
    let stage = Stage::with(&[]);
    certified(&stage);
    fs::set_permissions(stage.path().join("key.pem"), fs::Permissions::from_mode(0o644)).unwrap();
    let served = Served::with(stage, "-o web.certificate=cert.pem -o web.key=key.pem");
    assert!(served.log().contains("the certificate cert.pem expires in 1 day, on "), "{}", served.log());
    assert!(served.log().contains("key.pem can be read by other users: "), "{}", served.log());
    serves_certificate(&served);
    certified(&served.stage);
    served.signal(rustix::process::Signal::HUP);
    served.until_log(|log| log.contains("a certificate was read again"));
    serves_certificate(&served);
}

/// Connects with the certificate that is in the file now.
fn serves_certificate(served: &Served) {
    let address = served.url.strip_prefix("https://").expect("its address says so").to_owned();
    let mut client = Command::new("openssl")
        .args(["s_client", "-quiet", "-verify_return_error", "-CAfile", "cert.pem", "-connect", &address])
        .current_dir(served.stage.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("`.ci/test` installs openssl");
    let request = format!("GET /sign-in HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    client.stdin.as_mut().unwrap().write_all(request.as_bytes()).unwrap();
    let answer = String::from_utf8(bounded::finish(client).stdout).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(answer.contains("strict-transport-security: max-age="), "{answer}");
}

#[test]
fn cookies_are_secure_behind_an_encrypting_proxy() {
    let served = Served::with(Stage::with(&[]), "-o web.proxy=127.0.0.1");
    let signs_in = |password: &str, client: &str| {
        let kind = ("content-type", "application/x-www-form-urlencoded");
        let fields = form(&[("account", "admin"), ("password", password)]);
        served.send("POST", "/sign-in", &[kind, ("x-forwarded-for", client)], &fields)
    };
    let signed = signs_in(&served.password, "203.0.113.1, 192.0.2.7");
    let cookie = signed.header("set-cookie");
    assert!(signed.status == 303 && cookie.starts_with("__Host-session="), "{signed:?}");
    for part in ["Secure", "HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.split("; ").any(|given| given == part), "{part} is not in {cookie}");
    }
    assert!(signed.header("strict-transport-security").starts_with("max-age="));
    assert!(served.attendant("audit list").out.contains("page 192.0.2.7"), "who asks is who the proxy says");
    let tries = |client: &str| (0..40).map(|_| signs_in("a guess", client).status).max();
    assert_eq!(tries("192.0.2.8"), Some(429), "somebody who guesses has to wait");
    assert_eq!(signs_in(&served.password, "192.0.2.7").status, 303, "and keeps out nobody else");
}

#[test]
fn nobody_listens_beyond_the_machine_in_the_clear() {
    let stage = Stage::with(&[]);
    let serve = "serve --directory d/users.db --listen";
    for (options, said) in [
        ("0.0.0.0:0", "passwords and PINs would be sent to 0.0.0.0:0 unencrypted"),
        ("here", "error: --listen: `here` is not an address to listen at"),
        ("localhost:0 -o web.certificate=c.pem", "web.certificate is set, but web.key is not"),
        ("localhost:many", "`localhost:many` is not an address to listen at"),
        ("127.0.0.1:0 -o web.key=k.pem", "web.key is set, but web.certificate is not"),
        ("127.0.0.1:0 -o web.names=a.example,b:443", "`b:443` is not the name of a host"),
        ("127.0.0.1:0 -o web.proxy=proxy:443", "`proxy:443` is not the address of a proxy"),
    ] {
        let ended = stage.attendant(&format!("{serve} {options}"));
        assert!(ended.code == 2 && ended.err.contains(said), "{options}: {ended:?}");
    }
    let ended = stage.attendant(&format!("{serve} 127.0.0.1:0 -o web.certificate=c.pem -o web.key=k.pem"));
    assert!(ended.code == 2 && ended.err.contains("the certificate c.pem: "), "not tried again: {ended:?}");
    let checked = stage.attendant("config check -o web.certificate=c.pem -o web.key=k.pem");
    assert!(checked.code == 2 && checked.err.contains("error: the certificate c.pem: "), "{checked:?}");
}
