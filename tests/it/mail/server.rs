//! Real mail servers and readers, started for one test and ended with it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use attendant::config::{Security, Smtp};
use tempfile::TempDir;

use crate::bounded::{self, Limit};

/// Debian's own Python, for which the packages are installed; another `python3` may come first in the path.
const PYTHON: &str = "/usr/bin/python3";

/// Said where a program is missing: a test that cannot run has failed.
pub(super) const SETUP: &str = "`.ci/test` installs python3-aiosmtpd, exim4-daemon-light and openssl";

/// What a program of Python prints.
#[track_caller]
pub(super) fn python(arguments: &[&str], input: &[u8]) -> String {
    let output = bounded::output_of(Command::new(PYTHON).args(arguments), input);
    let output = output.unwrap_or_else(|error| panic!("{PYTHON}: {error}; {SETUP}"));
    assert!(output.status.success(), "python: {output:?}; {SETUP}");
    String::from_utf8(output.stdout).unwrap()
}

/// An SMTP server that misbehaves as the recipient's name says: see `smtp_server.py`.
pub(super) struct Server {
    folder: TempDir,
    child: Child,
    _limit: Limit,
    /// Reports each recipient that it received mail for.
    stdout: Arc<Mutex<BufReader<ChildStdout>>>,
    /// It ends when this closes.
    _stdin: ChildStdin,
    port: u16,
}

impl Server {
    /// Starts one. `way` is `none`, `starttls` or `tls`.
    pub(super) fn start(way: &str, auth: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/mail/smtp_server.py");
        let mut command = Command::new(PYTHON);
        command.arg(script).arg(folder.path()).arg(way);
        if way != "none" {
            let (certificate, key) = certificate(folder.path());
            command.args([certificate, key]);
        }
        if auth {
            command.arg("auth");
        }
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = spawned.unwrap_or_else(|error| panic!("{PYTHON}: {error}; {SETUP}"));
        let _limit = Limit::on(&child);
        let stdin = child.stdin.take().unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let port = line.strip_prefix("ready ").and_then(|port| port.trim().parse().ok());
        let port = port.unwrap_or_else(|| panic!("the server did not start: {line:?}; {SETUP}"));
        let stdout = Arc::new(Mutex::new(stdout));
        Self { folder, child, _limit, stdout, _stdin: stdin, port }
    }

    /// Where it listens.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// What proves who it is, where it encrypts.
    pub(super) fn certificate(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    /// How to reach it.
    pub(super) fn smtp(&self, security: Security) -> Smtp {
        Smtp {
            host: "localhost".to_owned(),
            port: self.port,
            security,
            login: None,
            ca_file: (security != Security::None).then(|| self.certificate()),
            timeout: Duration::from_secs(20),
        }
    }

    /// The mails that it accepted, in order.
    pub(super) fn accepted(&self) -> Vec<String> {
        let read = |number: usize| fs::read_to_string(self.folder.path().join(format!("{number}.eml"))).ok();
        (1..).map_while(read).collect()
    }

    /// Ready when it has received mail for so many recipients.
    pub(super) async fn until_heard(&self, count: usize) {
        let stdout = Arc::clone(&self.stdout);
        let read = move || {
            let mut stdout = stdout.lock().unwrap();
            (0..count).for_each(|_| assert!(stdout.read_line(&mut String::new()).unwrap() > 0));
        };
        tokio::task::spawn_blocking(read).await.unwrap();
    }

    /// The recipients that it received mail for, in order.
    pub(super) fn heard(&self) -> String {
        fs::read_to_string(self.folder.path().join("heard")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _waited_for = self.child.wait();
    }
}

/// A certificate for `localhost` that nobody but the test trusts, and its key.
pub(super) fn certificate(folder: &Path) -> (PathBuf, PathBuf) {
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    let mut openssl = Command::new("openssl");
    openssl
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
        .args(["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-out"])
        .arg(&certificate)
        .arg("-keyout")
        .arg(&key);
    let output = bounded::output(&mut openssl).unwrap_or_else(|error| panic!("openssl: {error}; {SETUP}"));
    assert!(output.status.success(), "{output:?}");
    (certificate, key)
}
