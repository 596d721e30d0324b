//! Manners at a terminal: colours where they are wanted, and lines of its width.

use super::stage::{Stage, fails, holds};
use super::tmux::Terminal;

/// Commands whose output has colours, on standard output or standard error.
const COLOURED: [&str; 5] =
    ["replay s.yaml", "lint broken.yaml", "--help", "replay --no-such-option", "-v replay s.yaml"];

#[test]
fn variables_decide_on_colours_of_every_output() {
    let stage = Stage::with(&[("s.yaml", &fails("It fails")), ("broken.yaml", "scenario: s\ncallers: 1\n")]);
    let no = ("NO_COLOR", "1");
    let force = [("FORCE_COLOR", "1"), ("CLICOLOR_FORCE", "1")];
    for line in COLOURED {
        let coloured = |environment: &[(&str, &str)]| {
            let ended = stage.attendant_with(environment, line);
            ended.out.contains('\x1b') || ended.err.contains('\x1b')
        };
        assert!(!coloured(&[]), "{line} into a pipe");
        for force in force {
            assert!(coloured(&[force]), "{line} with {force:?}");
            assert!(!coloured(&[force, no]), "{line} with {force:?} and {no:?}");
        }
        let always = format!("--color always {line}");
        let ended = stage.attendant_with(&[no], &always);
        assert!(ended.out.contains('\x1b') || ended.err.contains('\x1b'), "{always}: {ended:?}");
    }
}

/// Commands with long lines.
const WIDE: [&str; 8] = [
    "load --list",
    "prompts list",
    "truth-table --diff sfbo-2017 teams-2021",
    "config show",
    "replay s.yaml",
    "replay s.yaml --list",
    "users enable somebody-with-a-name@contoso.com",
    "users show nobody-with-a-longer-name@contoso.com",
];

#[test]
fn no_line_is_wider_than_a_terminal_of_80_columns() {
    let name = "A caller with a rather long story hears how welcome they are, and nothing else at all in it";
    let terminal = Terminal::open();
    std::fs::write(terminal.folder.path().join("s.yaml"), holds(name)).unwrap();
    for line in WIDE {
        terminal.tmux(&["send-keys", "-R", "-t", "t"]);
        terminal.tmux(&["clear-history", "-t", "t"]);
        let here = terminal.folder.path().display().to_string();
        terminal.types(&format!("export HOME={here} XDG_DATA_HOME={here} XDG_CONFIG_HOME={here}; clear"));
        terminal.keys(&["Enter"]);
        terminal.attendant(line);
        terminal.until(line, |screen| screen.contains("left: 0") || screen.contains("left: 2"));
        // Lines that the terminal had to break are joined again.
        let all = terminal.tmux(&["capture-pane", "-p", "-J", "-S", "-2000", "-t", "t"]).stdout;
        let all = String::from_utf8(all).unwrap();
        let printed = all.lines().filter(|shown| !shown.contains("echo left"));
        let widest = printed.map(|line| line.trim_end().chars().count()).max().unwrap_or_default();
        assert!((40..=80).contains(&widest), "{line} has {widest} columns:\n{all}");
    }
}

#[test]
fn what_was_written_is_named() {
    let stage = Stage::with(&[("s.yaml", &holds("It holds"))]);
    for (line, path) in [
        ("replay s.yaml --report junit=out.xml", "out.xml"),
        ("dtmf encode 123# keys.wav", "keys.wav"),
        ("load many-small --virtual --set over=1s --report run=today.run", "today.run"),
        ("report today.run --report html=today.html", "today.html"),
    ] {
        let ended = stage.attendant(line);
        assert!(ended.code == 0 && ended.err.contains(&format!("wrote {path}\n")), "{line}: {ended:?}");
        assert!(stage.path().join(path).exists(), "{line}");
    }
}
