//! Lines on their way to standard error. A pipe that nobody reads would otherwise stop what logs: calls.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

/// Lines that may wait: some seconds of a busy bridge, in a few megabytes. Those beyond are dropped, counted, and told of.
const LINES_MAX: usize = 8_192;

/// How long the program's end waits for the last lines.
const FLUSH_WITHIN: Duration = Duration::from_secs(2);

/// The lines that were dropped, of all queues: a program has one log.
pub(super) static DROPPED: AtomicU64 = AtomicU64::new(0);

#[derive(Debug, Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    /// There is a line.
    filled: Condvar,
    /// There is none, and none is being written.
    emptied: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    lines: VecDeque<Vec<u8>>,
    /// Whether lines that were taken out are being written.
    writes: bool,
}

/// Takes lines. Copies share the queue.
#[derive(Clone, Debug)]
pub(super) struct Lines(Arc<Queue>);

/// Waits for the last lines when it is dropped, for two seconds at most.
#[derive(Debug)]
pub struct Flush(Arc<Queue>);

/// Opens a queue to this output. It stays open as long as the program runs.
///
/// # Errors
/// The system gives no thread.
pub(super) fn open(out: impl Write + Send + 'static) -> io::Result<(Lines, Flush)> {
    let queue = Arc::<Queue>::default();
    let writing = Arc::clone(&queue);
    thread::Builder::new().name("log".to_owned()).spawn(move || writing.write_to(out))?;
    Ok((Lines(Arc::clone(&queue)), Flush(queue)))
}

impl Queue {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_to(&self, mut out: impl Write) {
        let mut told = 0;
        loop {
            let nothing = |waiting: &mut Waiting| waiting.lines.is_empty();
            let waiting = self.filled.wait_while(self.waiting(), nothing);
            let mut waiting = waiting.unwrap_or_else(PoisonError::into_inner);
            waiting.writes = true;
            let lines = std::mem::take(&mut waiting.lines);
            drop(waiting);
            // Where standard error is gone, there is nobody to tell.
            let _gone = lines.iter().try_for_each(|line| out.write_all(line)).and_then(|()| out.flush());
            let dropped = DROPPED.load(Ordering::Relaxed);
            if dropped > told {
                let times = dropped - told;
                tracing::warn!(
                    target: "attendant::limits",
                    limit = "log_lines",
                    at = LINES_MAX,
                    times,
                    "limit reached: lines of the log were dropped, as standard error does not take them"
                );
                told = dropped;
            }
            let mut waiting = self.waiting();
            waiting.writes = false;
            if waiting.lines.is_empty() {
                self.emptied.notify_all();
            }
        }
    }
}

impl Write for Lines {
    /// Takes one line whole: the log writes each by one call.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut waiting = self.0.waiting();
        if waiting.lines.len() < LINES_MAX {
            waiting.lines.push_back(line.to_vec());
            self.0.filled.notify_one();
        } else {
            DROPPED.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Drop for Flush {
    fn drop(&mut self) {
        let unwritten = |waiting: &mut Waiting| waiting.writes || !waiting.lines.is_empty();
        let _in_time = self.0.emptied.wait_timeout_while(self.0.waiting(), FLUSH_WITHIN, unwritten);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes nothing while somebody holds it.
    #[derive(Clone, Default)]
    struct Held(Arc<Mutex<Vec<u8>>>);

    impl Write for Held {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_output_that_takes_nothing_holds_up_nobody() {
        let out = Held::default();
        let (mut lines, flush) = open(out.clone()).unwrap();
        let held = out.0.lock().unwrap();
        // As many as may wait may be in the hand of the writer.
        let written = 2 * LINES_MAX + 10;
        for number in 0..written {
            lines.write_all(format!("{number:5}\n").as_bytes()).unwrap();
        }
        let dropped = usize::try_from(DROPPED.load(Ordering::Relaxed)).unwrap();
        assert!(dropped >= 10, "{dropped}");
        drop(held);
        drop(flush);
        let taken = out.0.lock().unwrap().len();
        assert_eq!(taken, (written - dropped) * "12345\n".len(), "what was taken is written, whole");
    }
}
