//! Children of a test, each with a limit of time: one that hangs fails its own test, with all that it printed, and not the
//! whole run.

use std::io::{self, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use attendant::clock;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open, pidfd_send_signal};

/// How long a child may take: many times what the slowest needs on a machine that does other things too, and less than
/// anybody waits for a run that hangs.
pub(super) const LIMIT: Duration = Duration::from_secs(300);

/// Kills a child, and the process group that it leads, when its time is over; no longer when this is gone.
pub(super) struct Limit {
    expired: Arc<AtomicBool>,
    _running: SyncSender<()>,
}

impl Limit {
    pub(super) fn on(child: &Child) -> Self {
        Self::after(LIMIT, child)
    }

    fn after(limit: Duration, child: &Child) -> Self {
        let id = Pid::from_child(child);
        // Another process may get the number of one that has ended; it never gets this.
        let process = pidfd_open(id, PidfdFlags::empty()).unwrap();
        let (running, over) = sync_channel(0);
        let expired = Arc::new(AtomicBool::new(false));
        let expires = Arc::clone(&expired);
        thread::spawn(move || {
            if over.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                expires.store(true, Ordering::Release);
                // Of both, one may be gone: most children lead no group, and some end at this moment.
                let _group = kill_process_group(id, Signal::KILL);
                let _child = pidfd_send_signal(process, Signal::KILL);
            }
        });
        Self { expired, _running: running }
    }
}

/// Looks again and again until something is so, which `what` says.
#[track_caller]
pub(super) fn until(what: &str, is_so: impl Fn() -> bool) {
    let late = clock::now() + LIMIT;
    while !is_so() {
        assert!(clock::now() < late, "not within {LIMIT:?}: {what}");
    }
}

/// Runs a command to its end, with nothing on its standard input.
#[track_caller]
pub(super) fn output(command: &mut Command) -> io::Result<Output> {
    output_of(command, "")
}

/// The same with this on its standard input; the command may leave it unread.
#[track_caller]
pub(super) fn output_of(command: &mut Command, input: impl Into<Vec<u8>>) -> io::Result<Output> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.process_group(0).spawn()?;
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.into());
    // What does not fit into the pipe would wait for a reader that waits for this one.
    thread::spawn(move || stdin.write_all(&input));
    Ok(finish(child))
}

/// Waits for the end of a child that was started, and reads what is left in its pipes.
#[track_caller]
pub(super) fn finish(child: Child) -> Output {
    finish_within(LIMIT, child)
}

#[track_caller]
fn finish_within(limit: Duration, child: Child) -> Output {
    let limited = Limit::after(limit, &child);
    let ended = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        !limited.expired.load(Ordering::Acquire),
        "killed after {limit:?}; it had printed:\n{}{}",
        text(&ended.stdout),
        text(&ended.stderr)
    );
    ended
}

#[test]
#[should_panic(expected = "killed after 50ms; it had printed:\nhere\nthere\n")]
fn a_child_that_hangs_is_killed_with_its_group_and_quoted() {
    let mut command = Command::new("sh");
    // The one that waits is a child of the child, and holds its pipes.
    command.args(["-c", "echo there >&2; printf '+here\\n'; tail -f /dev/null; true"]).process_group(0);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
    finish_within(Duration::from_millis(50), child);
}
