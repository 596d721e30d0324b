//! A real PostgreSQL server, started once for all tests from the installed binaries and stopped when they are over.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs};

use attendant::store::sql::Location;

use super::bounded::{self, Limit};

/// Where PostgreSQL's own binaries are, if they are not where Debian puts them.
const BINARIES: &str = "ATTENDANT_POSTGRES_BIN";

/// `nobody`: PostgreSQL refuses to be run by root.
const NOBODY: u32 = 65_534;

/// Starts the server, says so, and stops it when standard input ends: when the tests are over, killed or not.
const SCRIPT: &str = r#"
set -e
"$1/initdb" -D "$2/data" -U attendant -A trust -E UTF8 --no-locale --no-sync >"$2/log" 2>&1 ||
    { echo "initdb failed: $(tail -n 3 "$2/log")"; exit 1; }
"$1/pg_ctl" -D "$2/data" -w -l "$2/log" -o "-k '$2' -c listen_addresses='' -c fsync=off -c max_connections=200" start >/dev/null ||
    { echo "pg_ctl failed: $(tail -n 3 "$2/log")"; exit 1; }
echo ready
cat >/dev/null
"$1/pg_ctl" -D "$2/data" -m immediate stop >/dev/null 2>&1
rm -rf "$2"
"#;

struct Server {
    folder: PathBuf,
    databases: AtomicU32,
    /// Its standard input keeps the server running.
    _running: Child,
}

/// A new, empty database.
pub(super) fn database() -> Location {
    let (socket, name) = new_database();
    let host = socket.parent().unwrap().display().to_string().replace('/', "%2F");
    format!("postgres://attendant@{host}/{name}").parse().unwrap()
}

/// The socket of the server, and the name of a new, empty database.
pub(super) fn new_database() -> (PathBuf, String) {
    static SERVER: OnceLock<Server> = OnceLock::new();
    let server = SERVER.get_or_init(start);
    let name = format!("test{}", server.databases.fetch_add(1, Ordering::Relaxed));
    let mut create = Command::new(binaries().join("createdb"));
    create.args(["-U", "attendant", "-h", server.folder.to_str().unwrap(), &name]);
    let created = bounded::output(&mut create).unwrap();
    assert!(created.status.success(), "{created:?}");
    (server.folder.join(".s.PGSQL.5432"), name)
}

/// Somebody else carries out a statement there.
pub(super) fn execute(url: &str, statement: &str) {
    let mut psql = Command::new(binaries().join("psql"));
    let psql = bounded::output(psql.args(["-q", "-c", statement, url])).unwrap();
    assert!(psql.status.success(), "{psql:?}");
}

fn binaries() -> PathBuf {
    if let Some(folder) = env::var_os(BINARIES) {
        return PathBuf::from(folder);
    }
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    folders.sort();
    let with_initdb = |folder: &PathBuf| folder.join("initdb").exists();
    folders.into_iter().rev().find(with_initdb).unwrap_or_else(|| {
        panic!(
            "PostgreSQL is not installed, and these tests need a real one: `apt-get install postgresql`, as .ci/test \
             does, or set {BINARIES} to the folder of initdb and pg_ctl"
        )
    })
}

fn start() -> Server {
    let folder = tempfile::Builder::new().prefix("attendant-pg").tempdir().unwrap().keep();
    let mut command = Command::new("sh");
    if fs::metadata("/proc/self").unwrap().uid() == 0 {
        chown(&folder, Some(NOBODY), Some(NOBODY)).unwrap();
        command.uid(NOBODY).gid(NOBODY);
    }
    let mut running = command
        .current_dir(&folder)
        .args(["-c", SCRIPT, "sh"])
        .args([binaries().as_path(), Path::new(&folder)])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap();
    let limit = Limit::on(&running);
    running.stdin.as_mut().unwrap().flush().unwrap();
    let mut said = String::new();
    BufReader::new(running.stdout.take().unwrap()).read_line(&mut said).unwrap();
    drop(limit);
    let log = || fs::read_to_string(folder.join("log"));
    assert_eq!(said, "ready\n", "PostgreSQL did not start: {:?}", log());
    Server { folder, databases: AtomicU32::new(0), _running: running }
}
