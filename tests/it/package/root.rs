//! A root directory over this machine's own, whose changes are thrown away.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::{SETUP, ran};
use crate::bounded::Limit;
use crate::stage::Stage;

/// Lays a file system in memory over this machine's, in namespaces of its own, and says the process whose they are. All of
/// it is gone with that process, and that ends with its standard input. `$1` is where it is mounted, `$2` the folder that
/// both see, as /mnt.
const SCRIPT: &str = r#"
set -e
process=$(cut -d' ' -f4 /proc/self/stat)
mount -t tmpfs -o mode=0755 tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" overlay "$1/root"
mount --bind "$2" "$1/root/mnt"
mount --rbind /dev "$1/root/dev"
mount -t proc proc "$1/root/proc"
mount -t tmpfs tmpfs "$1/root/run"
mount -t tmpfs -o mode=1777 tmpfs "$1/root/tmp"
echo "$process"
exec chroot "$1/root" cat
"#;

/// The environment of commands in it.
const ENVIRONMENT: [(&str, &str); 4] = [
    ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
    ("HOME", "/root"),
    ("LC_ALL", "C.UTF-8"),
    ("DEBIAN_FRONTEND", "noninteractive"),
];

/// Where a package puts something, or a service.
const PLACES: [&str; 5] = ["/etc", "/usr", "/var", "/home", "/opt"];

/// The root, as long as this lives.
pub(super) struct Root {
    /// Its standard input keeps it.
    holder: Child,
    process: String,
    shared: PathBuf,
    _limit: Limit,
}

impl Root {
    /// Needs root and a Debian machine: without them the test fails with that message, instead of passing.
    pub(super) fn over_this_machine(stage: &Stage) -> Self {
        let (over, shared) = (stage.path().join("over"), stage.path().join("shared"));
        for folder in [&over, &shared] {
            fs::create_dir(folder).unwrap();
        }
        // The service's user comes by here.
        fs::set_permissions(&shared, fs::Permissions::from_mode(0o755)).unwrap();
        let mut unshare = Command::new("unshare");
        unshare.args(["--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"]);
        unshare.args(["sh", "-c", SCRIPT, "sh"]).args([&over, &shared]).process_group(0);
        let mut holder = unshare.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let limit = Limit::on(&holder);
        let mut process = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut process).unwrap();
        assert!(
            !process.is_empty(),
            "this test lays a root over that of a Debian machine, which needs root and the right to mount; {SETUP}"
        );
        Self { holder, process: process.trim().to_owned(), shared, _limit: limit }
    }

    /// The folder that is /mnt in it.
    pub(super) fn shared(&self) -> &Path {
        &self.shared
    }

    /// A program in it.
    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.process, "--mount", "--pid", "--root", "--wd", program]);
        command.env_clear().envs(ENVIRONMENT);
        command
    }

    /// Runs a program in it, which is to succeed; what it printed.
    #[track_caller]
    pub(super) fn runs(&self, program: &str, words: &[&str]) -> String {
        ran(self.command(program).args(words))
    }

    #[track_caller]
    pub(super) fn read(&self, path: &str) -> String {
        self.runs("cat", &[path])
    }

    /// The files, users and groups that have the program's name.
    pub(super) fn names(&self) -> BTreeSet<String> {
        let files = self.runs("find", &[&PLACES[..], &["-xdev", "-name", "*attendant*"]].concat());
        let users = self.runs("sh", &["-c", "grep -h attendant /etc/passwd /etc/group /etc/shadow || true"]);
        files.lines().chain(users.lines()).map(str::to_owned).collect()
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        let _ended = self.holder.wait();
    }
}
