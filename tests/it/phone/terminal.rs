//! `attendant dial` on a real terminal: tmux's, with its keys, its size, its shell and its end.

use std::process::{Command, Output};

use attendant::clock;
use std::time::Duration;
use tempfile::TempDir;

/// How long a screen may take to show what it should, on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(60);

/// A terminal in a tmux of its own.
struct Terminal {
    folder: TempDir,
}

impl Terminal {
    /// A shell with 80 columns and 24 rows.
    fn open() -> Self {
        let terminal = Self { folder: TempDir::new().unwrap() };
        let shell = "env -u NO_COLOR PS1='$ ' HISTFILE= bash --norc --noprofile";
        terminal.tmux(&["-f", "/dev/null", "new-session", "-d", "-s", "t", "-x", "80", "-y", "24", shell]);
        terminal.shows("$");
        terminal
    }

    fn tmux(&self, arguments: &[&str]) -> Output {
        let socket = self.folder.path().join("tmux");
        let done = Command::new("tmux").arg("-S").arg(socket).args(arguments).output();
        done.expect("tmux is there: .ci/test installs it")
    }

    fn dial(&self, arguments: &str) {
        let program = assert_cmd::cargo::cargo_bin!("attendant");
        self.types(&format!(
            "cd {}; {} dial --mute {arguments}; echo left: $?",
            self.folder.path().display(),
            program.display()
        ));
        self.keys(&["Enter"]);
        self.shows("hears");
    }

    /// Types these symbols.
    fn types(&self, symbols: &str) {
        self.tmux(&["send-keys", "-t", "t", "-l", symbols]);
    }

    /// Presses these keys by their names.
    fn keys(&self, names: &[&str]) {
        self.tmux(&[&["send-keys", "-t", "t"], names].concat());
    }

    fn screen(&self) -> String {
        String::from_utf8(self.tmux(&["capture-pane", "-p", "-t", "t"]).stdout).unwrap()
    }

    /// Waits until the screen is so.
    #[track_caller]
    fn until(&self, what: &str, is: impl Fn(&str) -> bool) -> String {
        let late = clock::now() + PATIENCE;
        loop {
            let screen = self.screen();
            if is(&screen) {
                return screen;
            }
            assert!(clock::now() < late, "{what}: the screen shows\n{screen}");
        }
    }

    #[track_caller]
    fn shows(&self, text: &str) -> String {
        self.until(text, |screen| screen.contains(text))
    }

    /// The program is over, and the terminal is as it was: what is typed is shown, on the screen from before.
    #[track_caller]
    fn is_given_back(&self, code: u8) {
        self.shows(&format!("left: {code}"));
        self.types("echo it is $((6 * 7))");
        self.keys(&["Enter"]);
        let screen = self.shows("it is 42");
        assert!(screen.contains("echo it is $((6 * 7))") && !screen.contains("╭"), "{screen}");
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

#[test]
fn one_person_plays_the_whole_story_on_three_handsets() {
    let terminal = Terminal::open();
    terminal.dial("--save-scenario session.yaml");
    terminal.types("3141592#");
    terminal.shows("say-your-name");
    terminal.shows("high-tone");
    terminal.types("#");
    terminal
        .until("pat waits", |screen| screen.contains("pat  in the lobby") && screen.contains("hold music"));
    terminal.keys(&["Tab", "Enter"]);
    terminal.shows("kim  answered");
    terminal.types("3141592#");
    terminal.shows("kim  at the door");
    terminal.keys(&["Tab", "Enter"]);
    terminal.shows("amos  answered");
    terminal.types("3141592#*");
    terminal.shows("enter-pin");
    terminal.types("31337#");
    terminal.shows("invalid-pin");
    terminal.types("27182#");
    terminal.until("all are in", |screen| {
        screen.contains("pat  joined") && screen.contains("amos  joined, organizer")
    });
    terminal.shows("meeting of amos: runs for");
    terminal.types("*3");
    terminal.until("a roll call", |screen| {
        screen.contains("amos hears one-other")
            || screen.contains("amos hears there-are")
            || screen.contains("amos hears only")
    });
    terminal.types("h");
    terminal.shows("amos  hung up");
    terminal.types("q");
    terminal.is_given_back(0);
    let scenario = std::fs::read_to_string(terminal.folder.path().join("session.yaml")).unwrap();
    assert!(
        scenario.contains("${amos.pin}") && !scenario.contains("27182") && !scenario.contains("31337"),
        "{scenario}"
    );
}

#[test]
fn the_screen_follows_the_window_and_ctrl_c_gives_the_terminal_back() {
    let terminal = Terminal::open();
    terminal.dial("");
    terminal.tmux(&["resize-window", "-t", "t", "-x", "120", "-y", "40"]);
    terminal.until("a wide frame", |screen| {
        screen.lines().any(|line| line.chars().count() == 120 && line.ends_with('╮'))
    });
    terminal.tmux(&["resize-window", "-t", "t", "-x", "40", "-y", "10"]);
    terminal.shows("The window has 40 × 10");
    terminal.tmux(&["resize-window", "-t", "t", "-x", "80", "-y", "24"]);
    terminal.shows("meeting of amos");
    terminal.keys(&["C-c"]);
    terminal.is_given_back(130);
}

#[test]
fn ctrl_z_stops_it_with_the_terminal_given_back_and_fg_goes_on() {
    let terminal = Terminal::open();
    terminal.dial("");
    terminal.keys(&["C-z"]);
    terminal.until("it is stopped", |screen| screen.contains("Stopped") && !screen.contains("╭"));
    terminal.types("fg");
    terminal.keys(&["Enter"]);
    terminal.shows("meeting of amos");
    terminal.types("q");
    terminal.shows("left: ");
}

#[test]
fn ten_thousand_digits_at_once_are_refused_and_nothing_hangs() {
    let terminal = Terminal::open();
    terminal.dial("");
    terminal.shows("pat  answered");
    let digits = terminal.folder.path().join("digits");
    std::fs::write(&digits, "7".repeat(10_000)).unwrap();
    terminal.tmux(&["load-buffer", digits.to_str().unwrap()]);
    terminal.tmux(&["paste-buffer", "-p", "-t", "t"]);
    terminal.shows("10000 keys at once are too many: at most 64 are dialled");
    // The same without the brackets that tell a paste: each is a key that is pressed.
    terminal.tmux(&["paste-buffer", "-t", "t"]);
    terminal.keys(&["h"]);
    terminal.until("it hung up, or was hung up on", |screen| {
        screen.contains("pat  hung up") || screen.contains("pat  bridge hung up")
    });
    terminal.types("q");
    terminal.is_given_back(0);
}

#[test]
fn a_window_that_is_closed_ends_it_and_every_call() {
    let terminal = Terminal::open();
    terminal.dial("--save-scenario session.yaml");
    terminal.shows("pat  answered");
    terminal.tmux(&["kill-window", "-t", "t"]);
    let path = terminal.folder.path().join("session.yaml");
    let late = clock::now() + PATIENCE;
    while !std::fs::read_to_string(&path).is_ok_and(|text| text.contains("dial: bridge")) {
        assert!(clock::now() < late, "it has not ended");
    }
}
