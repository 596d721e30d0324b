//! Output that nobody reads to its end, as in `attendant users export | head -1`: every command ends without a word, by
//! the code of a program that SIGPIPE ended.

use std::fs::File;
use std::process::{Command, Stdio};

use super::bounded;
use super::stage::{Stage, holds};

/// Commands that print, each with enough or too little to fill a buffer.
const COMMANDS: &[&str] = &[
    "users list",
    "users list --json",
    "users show kim@contoso.com",
    "users export",
    "users import many.csv",
    "tenant show",
    "numbers list",
    "tokens issue kim@contoso.com",
    "tokens list --json",
    "accounts give kim@contoso.com",
    "accounts list --json",
    "audit list",
    "audit verify",
    "directory where",
    "mail list",
    "config show",
    "config example",
    "config check",
    "cmdlet Get-Command",
    "cmdlet Get-CsOnlineDialInConferencingUser",
    "schema",
    "prompts list",
    "explain s.yaml",
    "lint s.yaml",
    "truth-table --profile sfbo-2017",
    "replay s.yaml",
    "replay s.yaml --list",
    "replay s.yaml --list=json",
    "replay s.yaml --report xunit=-",
    "replay s.yaml --report failures=-",
    "replay s.yaml --report json=-",
    "replay s.yaml --report junit=-",
    "replay s.yaml --report tap=-",
    "explore s.yaml --orders 1 --random 1",
    "completions bash",
    "dtmf encode 12 -",
    "load --list",
];

#[test]
fn a_reader_who_has_gone_ends_every_command_quietly() {
    // More than all buffers on the way take.
    let many: String = (0..2_000).map(|number| format!("user.{number}@contoso.com\n")).collect();
    let many = format!("name\n{many}");
    let stage = Stage::with(&[("s.yaml", &holds("It holds")), ("many.csv", &many)]);
    assert_eq!(stage.attendant("users enable kim@contoso.com").code, 0);
    assert_eq!(stage.attendant("users import many.csv").code, 0);
    let mut told = Vec::new();
    for line in COMMANDS {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = stage.program(env!("CARGO_BIN_EXE_attendant"));
        command.args(line.split_whitespace()).stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped());
        let ended = bounded::finish(command.spawn().unwrap());
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        if ended.status.code() != Some(141) || said.contains("error") || said.contains("roken pipe") {
            told.push(format!("{line}: {:?} {said}", ended.status.code()));
        }
    }
    assert_eq!(told, [""; 0]);
}

/// A command whose standard output is closed.
fn closed(stage: &Stage, line: &str) -> Command {
    let mut command = stage.program("sh");
    command.args(["-c", "exec \"$0\" \"$@\" >&-", env!("CARGO_BIN_EXE_attendant")]);
    command.args(line.split_whitespace());
    command
}

#[test]
fn nothing_is_done_whose_output_nobody_can_see() {
    let stage = Stage::with(&[("s.yaml", &holds("It holds")), ("many.csv", "name\nuser.1@contoso.com\n")]);
    let acts = ["users enable kim@contoso.com", "tokens issue kim@contoso.com --administrator"];
    for line in COMMANDS.iter().chain(&acts) {
        let ended = bounded::output(&mut closed(&stage, line)).unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(ended.status.code() == Some(2) && said.contains("it is closed"), "{line}: {said}");
    }
    assert!(!stage.path().join("data").exists(), "no directory was made");
    let line = "users enable kim@contoso.com";
    let mut read_only = stage.program(env!("CARGO_BIN_EXE_attendant"));
    read_only.args(line.split_whitespace()).stdout(File::open(stage.path().join("s.yaml")).unwrap());
    let code = |mut command: Command| bounded::finish(command.spawn().unwrap()).status.code();
    assert_eq!(code(read_only), Some(2), "one that is open to be read only");
    let mut unwanted = stage.program(env!("CARGO_BIN_EXE_attendant"));
    unwanted.args(line.split_whitespace()).stdout(Stdio::null());
    assert_eq!(code(unwanted), Some(0), "who does not want it has said so");
}

#[test]
fn no_first_account_is_made_whose_password_nobody_can_see() {
    let stage = Stage::with(&[]);
    let serve = "serve --listen 127.0.0.1:0 --directory d/users.db";
    let mut full = stage.program(env!("CARGO_BIN_EXE_attendant"));
    full.args(serve.split_whitespace()).stdout(File::options().write(true).open("/dev/full").unwrap());
    for mut command in [full, closed(&stage, serve)] {
        command.stdin(Stdio::null()).stderr(Stdio::piped());
        let ended = bounded::finish(command.spawn().unwrap());
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(
            ended.status.code() == Some(1) && said.contains("cannot be shown, so none is made"),
            "{said}"
        );
        let accounts = stage.attendant("accounts list --json --directory d/users.db");
        assert_eq!((accounts.code, accounts.out.as_str()), (0, ""), "{accounts:?}");
    }
}
