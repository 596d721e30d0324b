//! Files that users name: what is not a regular file is told and never waited for, and nothing is read without end.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::bounded;
use super::stage::{Stage, holds};

/// What every message of a named pipe says.
const PIPE: &str = "is a named pipe; expected a regular file";

fn make_pipe(path: &Path) {
    let made = bounded::output(Command::new("mkfifo").arg(path)).unwrap();
    assert!(made.status.success(), "{}", path.display());
}

/// The exit code and what was said. A command that waits for somebody who writes into a pipe waits until its limit.
fn run(stage: &Stage, line: &str, environment: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut command = stage.program(env!("CARGO_BIN_EXE_attendant"));
    command.envs(environment.iter().copied()).args(line.split_whitespace());
    let ended = bounded::output(&mut command).unwrap_or_else(|error| panic!("{line}: {error}"));
    let said = [ended.stderr, ended.stdout].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    (ended.status.code(), said)
}

#[test]
fn a_named_pipe_is_told_wherever_a_file_is_named() {
    let stage = Stage::with(&[("s.yaml", &holds("It holds")), ("folder/good.yaml", &holds("It holds too"))]);
    for place in ["pipe", "x.yaml", "folder/x.yaml"] {
        make_pipe(&stage.path().join(place));
    }
    let password = [
        ("ATTENDANT_MAIL_TRANSPORT", "smtp"),
        ("ATTENDANT_MAIL_SMTP_HOST", "localhost"),
        ("ATTENDANT_MAIL_SMTP_USER", "kim"),
        ("ATTENDANT_MAIL_SMTP_PASSWORD_FILE", "pipe"),
    ];
    for (line, environment) in [
        ("lint x.yaml", &[][..]),
        ("lint folder", &[]),
        ("replay x.yaml", &[]),
        ("replay folder", &[]),
        ("explore x.yaml", &[]),
        ("explain x.yaml", &[]),
        ("load x.yaml", &[]),
        ("report pipe", &[]),
        ("compare pipe pipe", &[]),
        ("dtmf decode pipe", &[]),
        ("config check --config pipe", &[]),
        ("config check", &password),
        ("users import pipe", &[]),
        ("users list --directory pipe", &[]),
        ("users enable kim@contoso.com -o directory.keyring=pipe", &[]),
        ("serve --listen 127.0.0.1:0 -o web.certificate=pipe -o web.key=pipe", &[]),
        ("serve --listen 127.0.0.1:0 --scenarios folder", &[]),
    ] {
        let (code, said) = run(&stage, line, environment);
        assert!(matches!(code, Some(1 | 2)), "{line}: {code:?} {said}");
        assert!(said.contains(PIPE), "{line}: {said}");
    }
}

#[test]
fn a_named_pipe_among_sounds_is_told_and_not_played() {
    let stage = Stage::with(&[("s.yaml", &holds("It holds"))]);
    let folder = stage.path().join("sounds/en-US");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::create_dir_all(stage.path().join("sounds/music")).unwrap();
    make_pipe(&folder.join("welcome.wav"));
    make_pipe(&stage.path().join("sounds/music/hold_music.wav"));
    let (code, said) = run(&stage, "prompts check sounds", &[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(&format!("not played en-US/welcome.wav: {PIPE}")), "{said}");
    assert!(said.contains(&format!("not played music/hold_music.wav: {PIPE}")), "{said}");
    let (code, said) = run(&stage, "replay s.yaml --assets sounds", &[]);
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn what_has_no_end_is_given_up() {
    let stage = Stage::with(&[]);
    for line in [
        "users import /dev/zero",
        "lint /dev/zero",
        "dtmf decode /dev/zero",
        "report /dev/zero",
        "config check --config /dev/zero",
    ] {
        let (code, said) = run(&stage, line, &[]);
        assert_eq!(code, Some(2), "{line}: {said}");
        assert!(said.contains("is a device; expected a regular file"), "{line}: {said}");
    }
}

/// Gives this to the program's standard input, again and again if it is to have no end.
fn fed(stage: &Stage, line: &str, bytes: &[u8], times: usize) -> (Option<i32>, String) {
    let mut command = stage.program(env!("CARGO_BIN_EXE_attendant"));
    command.args(line.split_whitespace()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    for _ in 0..times {
        // A program that has given up reads no more.
        if input.write_all(bytes).is_err() {
            break;
        }
    }
    drop(input);
    let ended = bounded::finish(child);
    (ended.status.code(), String::from_utf8([ended.stderr, ended.stdout].concat()).unwrap())
}

#[test]
fn a_record_without_an_end_is_told_with_its_line() {
    let stage = Stage::with(&[]);
    for (bytes, times) in [(&[b'x'; 1_024][..], 10_000), (b"\"kim@contoso.com\n", 1)] {
        let mut input = b"name\nlee@contoso.com\n".to_vec();
        input.extend(std::iter::repeat_n(bytes, times).flatten());
        if times == 1 {
            input.extend(b"a line of a field that is never closed\n".repeat(10_000));
        }
        let (code, said) = fed(&stage, "users import -", &input, 1);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("line 3: it has more than 65536 characters"), "{said}");
    }
}

#[test]
fn a_pipe_that_a_shell_opened_is_read() {
    let stage = Stage::with(&[]);
    let (code, said) = fed(&stage, "users import /dev/stdin", b"name\nkim@contoso.com\n", 1);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("1 added"), "{said}");
    let (code, said) = fed(&stage, "lint /dev/fd/0", holds("It holds").as_bytes(), 1);
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn a_byte_order_mark_before_a_text_is_passed_over() {
    let marked = |text: &str| format!("\u{feff}{text}");
    let stage = Stage::with(&[
        ("s.yaml", &marked(&holds("It holds"))),
        ("a.toml", &marked("[mail]\nsender_name = \"Kim\"\n")),
        ("users.csv", &marked("name\nkim@contoso.com\n")),
    ]);
    for line in ["replay s.yaml", "config check --config a.toml", "users import users.csv"] {
        let (code, said) = run(&stage, line, &[]);
        assert_eq!(code, Some(0), "{line}: {said}");
    }
}
