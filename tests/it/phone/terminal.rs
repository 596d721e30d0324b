//! `attendant dial` on a real terminal.

use attendant::clock;

use crate::tmux::{PATIENCE, Terminal};

fn dial(terminal: &Terminal, arguments: &str) {
    terminal.attendant(&format!("dial --mute {arguments}"));
    terminal.shows("hears");
}

#[test]
fn one_person_plays_the_whole_story_on_three_handsets() {
    let terminal = Terminal::open();
    dial(&terminal, "--save-scenario session.yaml");
    terminal.types("3141592#");
    terminal.shows("say your name, then press");
    terminal.shows("high tone");
    terminal.types("#");
    terminal.until("Pat waits", |screen| screen.contains("Pat ♪ lobby") && screen.contains("hold music"));
    terminal.keys(&["Tab", "Enter"]);
    terminal.shows("Kim giving the ID");
    terminal.types("3141592#");
    terminal.shows("▸Kim with the attendant");
    terminal.keys(&["Tab", "Enter"]);
    terminal.shows("Amos giving the ID");
    terminal.types("3141592#*");
    terminal.shows("Key 27182# (the demo’s PIN). 3 tries left.");
    terminal.types("31337#");
    terminal.shows("2 tries left.");
    terminal.types("27182#");
    terminal.until("all are in", |screen| screen.contains("Pat ● in") && screen.contains("Amos ★ in"));
    terminal.shows("in progress");
    terminal.types("*3");
    terminal.until("a roll call", |screen| {
        ["There is one other", "There are", "only participant"].iter().any(|words| screen.contains(words))
    });
    terminal.types("h");
    terminal.shows("Amos hung up");
    terminal.types("q");
    terminal.is_given_back(0);
    let scenario = std::fs::read_to_string(terminal.folder.path().join("session.yaml")).unwrap();
    assert!(
        scenario.contains("${amos.pin}") && !scenario.contains("27182") && !scenario.contains("31337"),
        "{scenario}"
    );
}

#[test]
fn the_screen_resizes_and_ctrl_c_restores_the_terminal() {
    let terminal = Terminal::open();
    dial(&terminal, "");
    terminal.tmux(&["resize-window", "-t", "t", "-x", "120", "-y", "40"]);
    terminal.until("a wide frame", |screen| {
        screen.lines().any(|line| line.chars().count() == 120 && line.ends_with('╮'))
    });
    terminal.tmux(&["resize-window", "-t", "t", "-x", "40", "-y", "10"]);
    terminal.shows("The window is 40 × 10");
    terminal.tmux(&["resize-window", "-t", "t", "-x", "80", "-y", "24"]);
    terminal.shows("meeting of Amos");
    terminal.keys(&["C-c"]);
    terminal.is_given_back(130);
}

#[test]
fn ctrl_z_stops_it_with_the_terminal_given_back_and_fg_goes_on() {
    let terminal = Terminal::open();
    dial(&terminal, "");
    terminal.keys(&["C-z"]);
    terminal.until("it is stopped", |screen| screen.contains("Stopped") && !screen.contains("╭"));
    terminal.types("fg");
    terminal.keys(&["Enter"]);
    terminal.shows("meeting of Amos");
    terminal.types("q");
    terminal.shows("left: ");
}

#[test]
fn ten_thousand_digits_at_once_are_refused_and_nothing_hangs() {
    let terminal = Terminal::open();
    dial(&terminal, "");
    terminal.shows("Pat giving the ID");
    let digits = terminal.folder.path().join("digits");
    std::fs::write(&digits, "7".repeat(10_000)).unwrap();
    terminal.tmux(&["load-buffer", digits.to_str().unwrap()]);
    terminal.tmux(&["paste-buffer", "-p", "-t", "t"]);
    terminal.shows("10000 keys are too many: at most 64 can be pasted");
    // The same without the brackets that tell a paste: each is a key that is pressed.
    terminal.tmux(&["paste-buffer", "-t", "t"]);
    terminal.keys(&["h"]);
    terminal.until("it hung up, or was hung up on", |screen| {
        screen.contains("Pat hung up") || screen.contains("Pat bridge hung up")
    });
    terminal.types("q");
    terminal.is_given_back(0);
}

#[test]
fn a_window_that_is_closed_ends_it_and_every_call() {
    let terminal = Terminal::open();
    dial(&terminal, "--save-scenario session.yaml");
    terminal.shows("Pat giving the ID");
    terminal.tmux(&["kill-window", "-t", "t"]);
    let path = terminal.folder.path().join("session.yaml");
    let late = clock::now() + PATIENCE;
    while !std::fs::read_to_string(&path).is_ok_and(|text| text.contains("dial: bridge")) {
        assert!(clock::now() < late, "it has not ended");
    }
}

#[test]
fn a_log_is_not_written_over_the_screen() {
    let terminal = Terminal::open();
    terminal.attendant("-v dial --mute");
    terminal.shows("2>FILE or --plain");
    terminal.shows("left: 2");
    terminal.attendant("-v dial --mute 2>log");
    terminal.shows("Pat giving the ID");
    terminal.types("q");
    terminal.shows("left: 0");
    let log = std::fs::read_to_string(terminal.folder.path().join("log")).unwrap();
    assert!(log.contains("attendant::calls: answered call="), "{log}");
}
