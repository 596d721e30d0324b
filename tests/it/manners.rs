//! Manners at a terminal: colours where they are wanted, and lines of its width.

use std::path::Path;

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
const WIDE: [&str; 10] = [
    "load --list",
    "tenant show",
    "audit list",
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

/// The help of a command and of all below it, each after its name, without the lines being broken.
fn helps(stage: &Stage, command: &str) -> Vec<(String, String)> {
    let help = stage.attendant_with(&[("COLUMNS", "1000")], &format!("{command} --help")).out;
    let below = help.lines().skip_while(|line| !line.ends_with("ommands:") && !command.is_empty());
    let names = below
        .filter_map(|line| line.strip_prefix("  ")?.split_once("  "))
        .map(|(name, _)| name)
        .filter(|name| !matches!(*name, "help" | "") && name.chars().all(|c| matches!(c, 'a'..='z' | '-')));
    let deeper: Vec<String> = names.map(|name| format!("{command} {name}")).collect();
    let mut all = vec![(command.to_owned(), help.clone())];
    all.extend(deeper.iter().flat_map(|command| helps(stage, command.trim())));
    all
}

#[test]
fn examples_of_the_help_fit_80_columns_and_name_files_that_exist() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let helps = helps(&Stage::with(&[]), "");
    let examples: Vec<(&str, &str)> = helps
        .iter()
        .flat_map(|(command, help)| {
            let block = help.lines().skip_while(|line| *line != "Examples:").skip(1);
            block.take_while(|line| line.starts_with("  ")).map(move |line| (command.as_str(), line))
        })
        .collect();
    assert!(helps.len() > 40 && examples.len() > 60, "{} commands, {} examples", helps.len(), examples.len());
    for (command, example) in examples {
        assert!(example.chars().count() <= 80, "{command}: {example}");
        for word in example.split(' ').filter(|word| word.starts_with("scenarios/")) {
            assert!(here.join(word.split(':').next().unwrap()).exists(), "{command}: {example}");
        }
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
