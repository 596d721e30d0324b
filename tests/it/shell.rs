//! `attendant shell`: cmdlets from a file, and typed at a real terminal, which `script` makes.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use super::administering::traces::assert_nowhere;
use super::bounded::{self, Limit};
use super::stage::{Ended, Stage};

const AMOS: &str = "amos.marble@contoso.com";
const PROMPT: &str = "attendant> ";

/// A terminal at which a shell runs.
struct Terminal {
    child: Child,
    _limit: Limit,
    keys: Option<ChildStdin>,
    screen: ChildStdout,
    /// What was written on it.
    seen: String,
    /// How much of that was waited for.
    read: usize,
}

impl Terminal {
    fn open(stage: &Stage, options: &str) -> Self {
        let line = format!("{} shell --directory d/users.db {options}", env!("CARGO_BIN_EXE_attendant"));
        let mut script = stage.program("script");
        script.args(["-qec", &line, "/dev/null"]).env("TERM", "xterm").env("SHELL", "/bin/sh");
        let mut child =
            script.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (keys, screen) = (child.stdin.take(), child.stdout.take().unwrap());
        let _limit = Limit::on(&child);
        let mut terminal = Self { child, _limit, keys, screen, seen: String::new(), read: 0 };
        terminal.until(PROMPT);
        terminal
    }

    /// Reads on until this is on the screen, and answers what came before it.
    #[track_caller]
    fn until(&mut self, what: &str) -> String {
        let mut bytes = [0; 1_024];
        loop {
            if let Some(at) = self.seen[self.read..].find(what) {
                let before = self.seen[self.read..self.read + at].to_owned();
                self.read += at + what.len();
                return before;
            }
            let count = self.screen.read(&mut bytes).unwrap();
            assert!(count > 0, "the terminal closed before `{what}`: {}", self.seen);
            self.seen.push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
    }

    #[track_caller]
    fn keys(&mut self, keys: &str) {
        let typed = self.keys.as_mut().unwrap();
        typed.write_all(keys.as_bytes()).unwrap();
        typed.flush().unwrap();
    }

    /// Types a line, and answers what is shown until the next prompt.
    #[track_caller]
    fn line(&mut self, line: &str) -> String {
        self.keys(&format!("{line}\r"));
        // The line is redrawn with each key; what comes behind its end is the answer.
        self.until("\r\n");
        self.until(PROMPT)
    }

    /// Ends the shell by ctrl-D.
    #[track_caller]
    fn end(mut self) -> String {
        self.keys("\u{4}");
        assert!(self.child.wait().unwrap().success(), "{}", self.seen);
        self.seen
    }
}

/// Gives these lines to a shell.
fn piped(stage: &Stage, lines: &str, options: &str) -> Ended {
    let mut command = stage.program(env!("CARGO_BIN_EXE_attendant"));
    command.args(["shell", "--directory", "d/users.db"]).args(options.split_whitespace());
    Ended::from(bounded::output_of(&mut command, lines).unwrap())
}

/// The PIN in an answer.
#[track_caller]
fn pin_in(answer: &str) -> String {
    let line = answer.lines().find(|line| line.starts_with("LeaderPin"));
    line.unwrap_or_else(|| panic!("no PIN in {answer:?}")).split_once(": ").unwrap().1.trim().to_owned()
}

#[test]
fn a_script_runs_to_its_end_and_exits_with_its_first_failure() {
    let stage = Stage::with(&[]);
    let lines = format!(
        "# a new colleague\n\nEnable-CsOnlineDialInConferencingUser `\n    {AMOS} -ConferenceId 3141592\n\
         Get-CsUser\nGet-CsClientPinInfo '{AMOS}'\nLock-CsClientPin {AMOS}\nexit\nno cmdlet\n"
    );
    let ended = piped(&stage, &lines, "");
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.err.contains("error: unknown cmdlet `Get-CsUser`"), "{}", ended.err);
    assert!(ended.out.contains("ConferenceId : 3141592") && ended.out.contains("IsPinSet       : True"));
    assert!(!ended.err.contains("`no`"), "exit ends it: {}", ended.err);
    let json = piped(&stage, &format!("Get-CsClientPinInfo {AMOS}"), "--json");
    assert_eq!(json.code, 0, "{json:?}");
    assert!(json.out.contains("\"is_locked\":true"), "{}", json.out);
    let audit = stage.attendant("audit list --directory d/users.db --json").out;
    assert!(audit.contains("\"origin\":\"shell\""), "{audit}");
    let long = piped(&stage, &format!("Get-Help {}", "x".repeat(9_000)), "");
    assert_eq!(long.code, 2, "{}", long.out);
}

#[test]
fn the_tab_key_completes_cmdlets_parameters_and_users() {
    let stage = Stage::with(&[]);
    assert_eq!(piped(&stage, &format!("Enable-CsOnlineDialInConferencingUser {AMOS}"), "").code, 0);
    let mut terminal = Terminal::open(&stage, "");
    terminal.keys("lock-cs\t");
    terminal.until("Lock-CsClientPin");
    terminal.keys(" -id\t am\t");
    terminal.until("-Identity");
    terminal.until(AMOS);
    let answer = terminal.line("");
    assert!(!answer.contains("error"), "{answer}");
    let info = terminal.line(&format!("Get-CsClientPinInfo {AMOS}"));
    assert!(info.contains("IsLockedOut    : True"), "{info}");
    let asked = format!("Unlock-CsClientPin {AMOS} -Confirm\r");
    terminal.keys(&asked);
    terminal.until("[y/N] ");
    terminal.keys("n\r");
    terminal.until("nothing changed");
    terminal.until(PROMPT);
    let info = terminal.line(&format!("Get-CsClientPinInfo {AMOS}"));
    assert!(info.contains("IsLockedOut    : True"), "{info}");
    terminal.keys("half a line\u{3}");
    terminal.until(PROMPT);
    terminal.end();
}

#[test]
fn neither_the_history_nor_anything_else_keeps_a_pin() {
    let stage = Stage::with(&[]);
    let set = piped(&stage, "Set-CsOnlineDialInConferencingTenantSettings -PinLength 12", "");
    assert_eq!(set.code, 0, "{set:?}");
    let mut pins = Vec::new();
    let mut terminal = Terminal::open(&stage, "-vvv");
    pins.push(pin_in(&terminal.line(&format!("Enable-CsOnlineDialInConferencingUser {AMOS}"))));
    pins.push(pin_in(&terminal.line(&format!("Set-CsOnlineDialInConferencingUser {AMOS} -ResetLeaderPin"))));
    assert!(pins.iter().all(|pin| pin.len() == 12), "two PINs were shown");
    // Typed where it does not belong, as people do.
    for wrong in ["-ResetLeaderPin", "-PinLength", "-Pin:", "'", "-ResultSize ,"] {
        let told =
            terminal.line(&format!("Set-CsOnlineDialInConferencingUser {AMOS} {wrong} {} # '", pins[1]));
        assert!(told.contains("error"), "{told}");
    }
    terminal.line(&pins[0].clone());
    let screen = terminal.end();
    assert!(screen.contains("INFO") && !screen.contains("rustyline"), "the log is on, and tells of no keys");
    // What the arrow keys bring back is masked too.
    let mut again = Terminal::open(&stage, "");
    again.keys("\u{1b}[A");
    again.until("*******");
    again.keys("\u{3}");
    again.until(PROMPT);
    again.end();

    let history = stage.path().join("data/attendant/shell-history");
    let kept = fs::read_to_string(&history).unwrap();
    assert!(kept.contains("-Pin: *******") && kept.contains("-ResetLeaderPin *******"), "{kept}");
    assert_eq!(fs::metadata(&history).unwrap().permissions().mode() & 0o777, 0o600);
    for pin in &pins {
        assert!(!kept.contains(pin.as_str()), "the history has a PIN");
    }
    for pin in &pins {
        assert_eq!(
            screen.matches(&format!("LeaderPin    : {pin}")).count(),
            1,
            "each is shown once: {screen}"
        );
        assert!(!screen.contains(&format!("`{pin}`")), "no message quotes one");
    }
    // The mails have them, and nothing else does.
    assert!(assert_nowhere(&stage.path().join("d"), &pins) >= 2, "database and keyring were looked at");
}

#[test]
fn a_script_may_have_a_byte_order_mark_and_semicolons() {
    let stage = Stage::with(&[]);
    let lines = format!(
        "\u{feff}Enable-CsOnlineDialInConferencingUser {AMOS};\r\nLock-CsClientPin {AMOS};\r\nexit;\r\nno\r\n"
    );
    let ended = piped(&stage, &lines, "");
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.out.contains("LeaderPin"), "{}", ended.out);
    let ended = piped(&stage, "\u{feff}exit\nno cmdlet\n", "");
    assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{ended:?}");
}

#[test]
fn a_user_may_be_named_by_what_stands_before_the_at() {
    let stage = Stage::with(&[]);
    let enable = |user: &str| piped(&stage, &format!("Enable-CsOnlineDialInConferencingUser {user}"), "");
    assert_eq!(enable(AMOS).code, 0);
    assert_eq!(enable("amos.marbles@contoso.com").code, 0);
    // As it is proposed for what was published: `-amos.marble –ResetLeaderPIN`.
    let ended = piped(&stage, "Set-CsOnlineDialInConferencingUser -Identity Amos.Marble -ResetLeaderPIN", "");
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.out.contains(AMOS), "{}", ended.out);
    let told = piped(&stage, "Lock-CsClientPin amos.marble -WhatIf", "");
    assert!(told.out.contains(&format!("on target \"{AMOS}\"")), "{}", told.out);
    let audit = stage.attendant("audit list --directory d/users.db --json").out;
    assert!(audit.contains(&format!("\"act\":\"reset_pin\",\"subject\":\"{AMOS}\"")), "{audit}");
}

#[test]
fn a_part_of_a_name_that_several_users_share_is_refused() {
    let stage = Stage::with(&[]);
    for user in ["kim@contoso.com", "kim@fabrikam.com"] {
        assert_eq!(piped(&stage, &format!("Enable-CsOnlineDialInConferencingUser {user}"), "").code, 0);
    }
    let ended = piped(&stage, "Lock-CsClientPin kim", "");
    assert_eq!(ended.code, 2, "{ended:?}");
    let told = "error: several users are called kim; expected the whole name, such as kim@contoso.com or kim@fabrikam.com";
    assert!(ended.err.contains(told), "{}", ended.err);
    let ended = piped(&stage, "Enable-CsOnlineDialInConferencingUser lee", "");
    assert!(ended.err.contains("`lee` is not a user principal name"), "{}", ended.err);
}
