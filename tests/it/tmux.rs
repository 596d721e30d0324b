//! A real terminal: tmux's, with its keys, its size, its shell and its end.

use std::process::{Command, Output};
use std::time::Duration;

use attendant::clock;
use tempfile::TempDir;

use super::bounded;

/// How long a screen may take to show what it should, on a machine that does other things too.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// A terminal in a tmux of its own.
pub(super) struct Terminal {
    pub(super) folder: TempDir,
}

impl Terminal {
    /// A shell with 80 columns and 24 rows.
    pub(super) fn open() -> Self {
        let terminal = Self { folder: TempDir::new().unwrap() };
        let shell = "env -u NO_COLOR PS1='$ ' HISTFILE= bash --norc --noprofile";
        terminal.tmux(&["-f", "/dev/null", "new-session", "-d", "-s", "t", "-x", "80", "-y", "24", shell]);
        terminal.shows("$");
        terminal
    }

    pub(super) fn tmux(&self, arguments: &[&str]) -> Output {
        let socket = self.folder.path().join("tmux");
        let done = bounded::output(Command::new("tmux").arg("-S").arg(socket).args(arguments));
        done.expect("tmux is there: .ci/test installs it")
    }

    /// Runs the program in the terminal's folder; its exit code is shown after it.
    pub(super) fn attendant(&self, arguments: &str) {
        let program = env!("CARGO_BIN_EXE_attendant");
        self.types(&format!("cd {}; {program} {arguments}; echo left: $?", self.folder.path().display()));
        self.keys(&["Enter"]);
    }

    /// Types these symbols.
    pub(super) fn types(&self, symbols: &str) {
        self.tmux(&["send-keys", "-t", "t", "-l", "--", symbols]);
    }

    /// Presses these keys by their names.
    pub(super) fn keys(&self, names: &[&str]) {
        self.tmux(&[&["send-keys", "-t", "t"], names].concat());
    }

    fn screen(&self) -> String {
        String::from_utf8(self.tmux(&["capture-pane", "-p", "-t", "t"]).stdout).unwrap()
    }

    /// Waits until the screen is so.
    #[track_caller]
    pub(super) fn until(&self, what: &str, is: impl Fn(&str) -> bool) -> String {
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
    pub(super) fn shows(&self, text: &str) -> String {
        self.until(text, |screen| screen.contains(text))
    }

    /// The program is over, and the terminal is as it was: what is typed is shown, on the screen from before.
    #[track_caller]
    pub(super) fn is_given_back(&self, code: u8) {
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
