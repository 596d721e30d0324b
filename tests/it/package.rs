//! The Debian package and the container: built from the program under test, and run as they say, in a root that is thrown
//! away.

mod container;
mod root;
mod unit;

use std::env;
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use root::Root;
use unit::Unit;

use super::bounded::{self, LIMIT, Limit, until};
use super::stage::Stage;

/// Said where something is missing: a test that cannot run has failed.
const SETUP: &str = "`.ci/test` installs cargo-deb, dpkg-dev, systemd, strace and buildah";

/// The settings of the service.
const SETTINGS: &str = "/etc/attendant/attendant.toml";

const AMOS: &str = "amos.marble@contoso.com";

/// Where `.ci/test` puts cargo-deb.
fn cargo_deb() -> PathBuf {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cargo")));
    home.unwrap_or_default().join("attendant-tools/cargo-deb/bin")
}

/// Runs a command, which is to succeed; what it printed.
#[track_caller]
fn ran(command: &mut Command) -> String {
    let ended = bounded::output(command).unwrap_or_else(|error| panic!("{command:?}: {error}; {SETUP}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&ended.stdout), text(&ended.stderr));
    assert!(ended.status.success(), "{command:?}: {out}{err}\n{SETUP}");
    out
}

/// Builds the package of the program under test into a folder.
fn build(stage: &Stage, folder: &Path) -> PathBuf {
    let target = stage.path().join("target");
    fs::create_dir_all(target.join("dist")).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_attendant"), target.join("dist/attendant")).unwrap();
    let package = folder.join("attendant.deb");
    let mut make = Command::new("docs/package/make");
    make.current_dir(env!("CARGO_MANIFEST_DIR"));
    make.args(["--no-build", "--offline", "--fast", "--deb-version", "1.0.0-1", "--output"]).arg(&package);
    let path =
        env::join_paths([cargo_deb()].into_iter().chain(env::split_paths(&env::var_os("PATH").unwrap())));
    make.env("CARGO_TARGET_DIR", &target).env("PATH", path.unwrap()).env_remove("CARGO_MAKEFLAGS");
    ran(&mut make);
    package
}

/// The same package with a higher version.
fn upgraded(stage: &Stage, package: &Path) -> PathBuf {
    let (parts, upgraded) = (stage.path().join("parts"), package.with_file_name("upgraded.deb"));
    ran(Command::new("dpkg-deb").arg("--raw-extract").args([package, &parts]));
    let control = parts.join("DEBIAN/control");
    let text = fs::read_to_string(&control).unwrap();
    assert!(text.contains("Version: 1.0.0-1\n"), "{text}");
    fs::write(&control, text.replace("Version: 1.0.0-1\n", "Version: 1.0.0-2\n")).unwrap();
    ran(Command::new("dpkg-deb").args(["-Znone", "--root-owner-group", "--build"]).args([&parts, &upgraded]));
    upgraded
}

/// The service, started as its unit says.
struct Running<'r> {
    root: &'r Root,
    child: Child,
    _limit: Limit,
    /// Its process in the root.
    process: String,
    manager: UnixDatagram,
    log: PathBuf,
    /// Where the admin center is.
    url: String,
}

impl<'r> Running<'r> {
    /// Starts it under the unit's user with what systemd gives it, and waits until it is ready. These words come before its
    /// own.
    fn start(root: &'r Root, unit: &Unit, before: &[&str]) -> Self {
        let socket = root.shared().join("notify");
        let _not_there = fs::remove_file(&socket);
        let manager = UnixDatagram::bind(&socket).unwrap();
        manager.set_read_timeout(Some(LIMIT)).unwrap();
        fs::set_permissions(&socket, fs::Permissions::from_mode(0o777)).unwrap();
        let (log, journal) =
            (root.shared().join("log"), File::create(root.shared().join("journal")).unwrap());
        let stream = journal.metadata().unwrap();
        let stream = format!("JOURNAL_STREAM={}:{}", stream.dev(), stream.ino());
        let mut command = root.command("sh");
        let script = format!("umask {}; echo $$ >/mnt/process; exec \"$@\"", unit.one("UMask"));
        command.args([
            "-c",
            &script,
            "sh",
            "setpriv",
            "--reuid",
            unit.one("User"),
            "--regid",
            unit.one("Group"),
        ]);
        command.args(["--init-groups", "--no-new-privs", "--bounding-set=-all"]).args(before);
        command
            .args(["env", "-i", "NOTIFY_SOCKET=/mnt/notify", &stream])
            .args(unit.one("ExecStart").split(' '));
        command.stdin(Stdio::null()).stdout(journal).stderr(File::create(&log).unwrap());
        let child = command.spawn().unwrap();
        let limit = Limit::on(&child);
        let mut running =
            Self { root, child, _limit: limit, process: String::new(), manager, log, url: String::new() };
        let told = running.told();
        let status = told.strip_prefix("READY=1\nSTATUS=the admin center: ");
        running.url = status.unwrap_or_else(|| panic!("{told}")).trim_end_matches('/').to_owned();
        running.process = root.read("/mnt/process").trim().to_owned();
        running
    }

    /// What the service manager is told next.
    #[track_caller]
    fn told(&self) -> String {
        let mut bytes = [0; 1_000];
        let length = self.manager.recv(&mut bytes).unwrap_or_else(|error| panic!("{error}: {}", self.log()));
        String::from_utf8(bytes[..length].to_vec()).unwrap()
    }

    fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    #[track_caller]
    fn answers(&self, path: &str) -> String {
        let mut response = ureq::get(format!("{}{path}", self.url)).call().unwrap();
        response.body_mut().read_to_string().unwrap()
    }

    /// Ends it as systemd does.
    fn stop(mut self) {
        self.root.runs("kill", &["-TERM", &self.process]);
        assert_eq!(self.told(), "STOPPING=1\nEXTEND_TIMEOUT_USEC=75000000");
        let ended = self.child.wait().unwrap();
        assert!(ended.success(), "{ended:?}: {}", self.log());
    }
}

#[test]
fn a_package_is_installed_started_upgraded_and_purged() {
    let stage = Stage::with(&[]);
    let root = Root::over_this_machine(&stage);
    let package = build(&stage, root.shared());
    upgraded(&stage, &package);
    let before = root.names();
    root.runs("dpkg", &["--force-unsafe-io", "--install", "/mnt/attendant.deb"]);
    let unit = Unit::read(&root.read("/usr/lib/systemd/system/attendant.service"));
    root.runs("systemd-analyze", &["verify", "--man=no", "/usr/lib/systemd/system/attendant.service"]);
    assert!(root.runs("attendant", &["config", "check", "--config", SETTINGS]).contains("no errors"));
    assert!(root.runs("zcat", &["/usr/share/man/man1/attendant-serve.1.gz"]).contains("one\\-time password"));
    let completed =
        root.runs("bash", &["-c", ". /usr/share/bash-completion/completions/attendant && complete"]);
    assert!(completed.contains(" attendant"), "{completed}");
    let stat = |path| root.runs("stat", &["--format", "%U:%G %a", path]);
    assert_eq!(stat("/var/lib/attendant"), "attendant:attendant 700\n");
    assert_eq!(stat(SETTINGS), "root:attendant 640\n");

    // An operator's own settings.
    root.runs("sed", &["--in-place", "s/127.0.0.1:8080/127.0.0.1:0/", SETTINGS]);
    let strace = ["strace", "-D", "-f", "-qq", "-c", "-U", "name", "-o", "/mnt/calls"];
    let calls = root.shared().join("calls");
    fs::write(&calls, "").unwrap();
    fs::set_permissions(&calls, fs::Permissions::from_mode(0o666)).unwrap();
    let running = Running::start(&root, &unit, &strace);
    assert_eq!(running.answers("/healthz"), "alive\n");
    assert_eq!(running.answers("/readyz"), "ready\n");
    let log = running.log();
    assert!(log.contains("nobody has an account") && log.contains("accounts give NAME"), "{log}");
    assert_eq!(root.read("/mnt/journal"), "", "no password is in the journal");
    let attendant = |line: &str| {
        let words = ["--user", "attendant", "--", "attendant"].into_iter().chain(line.split(' '));
        root.runs("runuser", &words.chain(["--config", SETTINGS]).collect::<Vec<_>>())
    };
    let password = attendant("accounts give admin --administrator");
    assert_eq!(password.trim().len(), 19, "its one-time password");
    attendant(&format!("users enable {AMOS}"));
    attendant("directory backup /var/lib/attendant/saved");
    assert_eq!(stat("/var/lib/attendant/directory.db"), "attendant:attendant 600\n");
    running.stop();
    // Written by strace, which ends after the service.
    let seen = || fs::read_to_string(&calls).unwrap();
    until("the calls are counted", || seen().contains("total"));
    unit.allows(&root, &seen());

    root.runs("dpkg", &["--force-unsafe-io", "--install", "/mnt/upgraded.deb"]);
    assert!(root.read(SETTINGS).contains("127.0.0.1:0"), "the operator's settings stay");
    let running = Running::start(&root, &unit, &[]);
    assert_eq!(running.answers("/readyz"), "ready\n");
    assert!(attendant("users list").contains(AMOS));
    running.stop();

    root.runs("dpkg", &["--purge", "attendant"]);
    assert_eq!(root.names(), before, "nothing is left");
    let status = root.command("dpkg").args(["--status", "attendant"]).output().unwrap();
    assert!(!status.status.success());
}

#[test]
fn the_unit_is_held_to_what_systemd_counts_as_safe() {
    let unit = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/package/debian/attendant.service");
    // Of 100: what is left is the network, which the service is there for.
    ran(Command::new("systemd-analyze").args(["security", "--offline=true", "--threshold=15"]).arg(unit));
}
