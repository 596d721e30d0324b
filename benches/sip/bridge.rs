//! The program that is called, with a directory of its own.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// Organizers: their meetings share the callers, as none takes all.
const MEETINGS: u32 = 64;

const FIRST_ID: u32 = 3_000_000;

/// Reads all figures; nobody else reaches this address.
const TOKEN: &str = "a-token-of-the-benchmark-0000000000000000";

/// `attendant serve`, which ends with this value.
pub(crate) struct Bridge {
    program: Child,
    web: String,
    pub(crate) sip: SocketAddr,
    _folder: TempDir,
}

impl Bridge {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("there is a place for a directory");
        let users = (0..MEETINGS)
            .map(|number| format!("user{number}@contoso.com,User {number},true,{}\n", FIRST_ID + number));
        let csv = format!("name,display_name,enabled,conference_id\n{}", users.collect::<String>());
        fs::write(folder.path().join("users.csv"), csv).expect("it can be written");
        let settings = format!(
            "[log]\nlevel = \"warn,attendant::service=info\"\n[rtp]\nports = \"20000-59999\"\n\
             [web]\nscrape_token = \"{TOKEN}\"\n"
        );
        fs::write(folder.path().join("attendant.toml"), settings).expect("it can be written");
        act(folder.path(), &["users", "--directory", "users.db", "import", "users.csv"]);
        act(folder.path(), &["tenant", "--directory", "users.db", "set", "name_recording=false"]);
        let log = folder.path().join("log");
        let program = attendant(folder.path())
            .args(["serve", "--directory", "users.db", "--listen", "127.0.0.1:0", "--sip", "127.0.0.1:0"])
            .stdout(Stdio::null())
            .stderr(File::create(&log).expect("it can be written"))
            .spawn()
            .expect("it starts");
        let web = said(&log, "http://");
        let sip = said(&log, "telephones can call sip=").parse().expect("an address");
        Self { program, web, sip, _folder: folder }
    }

    pub(crate) fn conference_ids(&self) -> Vec<String> {
        (0..MEETINGS).map(|number| (FIRST_ID + number).to_string()).collect()
    }

    /// The processor time that it has taken since its start.
    pub(crate) fn cpu(&self) -> Duration {
        cpu_of(&format!("/proc/{}/stat", self.program.id()), Whose::Own)
    }

    /// Callers who have keyed the ID of a meeting.
    pub(crate) fn entered(&self) -> u64 {
        let asked = ureq::get(format!("http://{}/metrics", self.web.trim_end_matches('/')))
            .header("authorization", format!("Bearer {TOKEN}"))
            .call();
        let text = asked.expect("it answers").body_mut().read_to_string().expect("text");
        // The directory is asked about nothing else here.
        let asked =
            text.lines().filter(|line| line.starts_with("attendant_directory_question_seconds_count{"));
        asked.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.program.kill().and_then(|()| self.program.wait()).expect("it was running");
    }
}

fn attendant(folder: &Path) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_attendant"));
    program.current_dir(folder).env("ATTENDANT_CONFIG", "attendant.toml");
    program
}

fn act(folder: &Path, arguments: &[&str]) {
    let output = attendant(folder).args(arguments).output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The word that stands in the log after these.
fn said(log: &Path, before: &str) -> String {
    loop {
        let lines = BufReader::new(File::open(log).expect("it is there")).lines().map_while(Result::ok);
        let found = lines
            .filter_map(|line| Some(line.split_once(before)?.1.split_whitespace().next()?.to_owned()))
            .next();
        match found {
            Some(word) => return word,
            None => std::thread::park_timeout(Duration::from_millis(20)),
        }
    }
}

/// Whose processor time is read of a `stat`, by the fields before it (proc(5), from 14 and from 16 on).
#[derive(Clone, Copy)]
pub(crate) enum Whose {
    /// The process's own.
    Own = 11,
    /// That of its children which have ended.
    Children = 13,
}

/// The processor time in this `stat`, in ticks of a hundredth of a second.
pub(crate) fn cpu_of(stat: &str, whose: Whose) -> Duration {
    let stat = fs::read_to_string(stat).unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks =
        fields.split_whitespace().skip(whose as usize).take(2).filter_map(|ticks| ticks.parse::<u64>().ok());
    Duration::from_millis(10 * ticks.sum::<u64>())
}
