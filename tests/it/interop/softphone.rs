//! A softphone that runs: what is typed into it, and what it prints.

use std::io::{Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};

use crate::bounded::{LIMIT, Limit};
use crate::stage::Stage;

/// A softphone, until it is told to quit or this is gone.
pub(super) struct Softphone {
    child: Child,
    keyboard: ChildStdin,
    screen: Arc<(Mutex<Screen>, Condvar)>,
    /// How much of the screen was looked at.
    seen: usize,
    _limit: Limit,
}

#[derive(Default)]
struct Screen {
    text: String,
    is_over: bool,
}

impl Softphone {
    /// Starts a program in a folder of the stage.
    #[track_caller]
    pub(super) fn start(stage: &Stage, program: &str, arguments: &[&str]) -> Self {
        // Through a pipe they would print nothing until their buffer is full.
        let mut command: Command = stage.program("stdbuf");
        command.args(["-oL", "-eL", program]).args(arguments).process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut printed = child.stdout.take().unwrap();
        let screen: Arc<(Mutex<Screen>, Condvar)> = Arc::default();
        let kept = Arc::clone(&screen);
        std::thread::spawn(move || {
            let mut bytes = [0; 4_096];
            while let Ok(length @ 1..) = printed.read(&mut bytes) {
                kept.0.lock().unwrap().text += &String::from_utf8_lossy(&bytes[..length]);
                kept.1.notify_all();
            }
            kept.0.lock().unwrap().is_over = true;
            kept.1.notify_all();
        });
        let (limit, keyboard) = (Limit::on(&child), child.stdin.take().unwrap());
        Self { child, keyboard, screen, seen: 0, _limit: limit }
    }

    /// Types this as it is.
    pub(super) fn types(&mut self, text: &str) {
        self.keyboard.write_all(text.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Waits until it prints this, after what was waited for before.
    #[track_caller]
    pub(super) fn until(&mut self, text: &str) {
        let (screen, grown) = &*self.screen;
        let at = |screen: &Screen| screen.text.get(self.seen..).and_then(|rest| rest.find(text));
        let screen = screen.lock().unwrap();
        let waited =
            grown.wait_timeout_while(screen, LIMIT, |screen| !screen.is_over && at(screen).is_none());
        let screen = waited.unwrap().0;
        let found = at(&screen).unwrap_or_else(|| panic!("it did not print `{text}`:\n{}", screen.text));
        self.seen += found + text.len();
    }

    /// Waits until it has ended.
    pub(super) fn until_ended(mut self) {
        let ended = self.child.wait().unwrap();
        assert!(ended.success(), "{ended}: {}", self.screen.0.lock().unwrap().text);
    }
}

impl Drop for Softphone {
    fn drop(&mut self) {
        // Once it has ended, there is nothing left to end.
        let _ended = self.child.kill();
        let _code = self.child.wait();
    }
}
