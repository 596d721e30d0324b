//! Work on many threads, with results in the order of the work.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Results that may wait for an earlier one, for each thread: a slow piece of work holds the others up only after
/// this many, and what waits takes bounded memory.
const AHEAD_MAX: usize = 16;

/// The most threads that are started: no machine has more cores, and each takes memory.
const THREADS_MAX: usize = 1_024;

struct State<R> {
    next: usize,
    delivered: usize,
    working: usize,
    /// Threads that are too far ahead.
    waiting: usize,
    stopped: bool,
    done: BTreeMap<usize, R>,
}

struct WorkQueue<R> {
    state: Mutex<State<R>>,
    /// The next result is there, or nobody works any more. Waking for every result would take as long as reading a file.
    due: Condvar,
    /// There is room for results again.
    room: Condvar,
}

impl<R> WorkQueue<R> {
    fn lock(&self) -> MutexGuard<'_, State<R>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the next piece of work once it is not too far ahead; `None` if there is none left.
    fn take(&self, count: usize, ahead: usize, stop: &AtomicBool) -> Option<usize> {
        let mut state = self.lock();
        loop {
            if state.stopped || stop.load(Ordering::Relaxed) || state.next >= count {
                return None;
            }
            if state.next < state.delivered + ahead {
                state.next += 1;
                return Some(state.next - 1);
            }
            state.waiting += 1;
            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.waiting -= 1;
        }
    }

    /// Takes in a result.
    fn put(&self, number: usize, result: R) {
        let mut state = self.lock();
        state.done.insert(number, result);
        if number == state.delivered {
            self.due.notify_one();
        }
    }

    /// The result that is due; `None` once nobody works and there is none.
    fn wait_for(&self, number: usize) -> Option<R> {
        let mut state = self.lock();
        loop {
            if let Some(result) = state.done.remove(&number) {
                state.delivered = number + 1;
                if state.waiting > 0 {
                    self.room.notify_all();
                }
                return Some(result);
            }
            if state.working == 0 {
                return None;
            }
            state = self.due.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Says that a thread has left, also if it panics: nobody may wait for its result then.
struct Leaving<'d, R>(&'d WorkQueue<R>);

impl<R> Drop for Leaving<'_, R> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.working -= 1;
        state.stopped |= thread::panicking();
        self.0.due.notify_all();
        self.0.room.notify_all();
    }
}

/// Does the work of every number below `count` on `jobs` threads and delivers the results in order, until
/// `deliver` breaks off or `stop` is set; what has been begun by then is still finished, and delivered after a
/// `stop`. Returns how many were delivered.
pub fn in_order<R: Send>(
    jobs: NonZeroUsize,
    count: usize,
    stop: &AtomicBool,
    work: impl Fn(usize) -> R + Sync,
    mut deliver: impl FnMut(usize, R) -> ControlFlow<()>,
) -> usize {
    let threads = jobs.get().min(count).min(THREADS_MAX);
    let (working, done) = (threads, BTreeMap::new());
    let state = State { next: 0, delivered: 0, working, waiting: 0, stopped: false, done };
    let queue = WorkQueue { state: Mutex::new(state), due: Condvar::new(), room: Condvar::new() };
    thread::scope(|scope| {
        for _ in 0..threads {
            let worker = || {
                let _leaving = Leaving(&queue);
                while let Some(number) = queue.take(count, threads * AHEAD_MAX, stop) {
                    queue.put(number, work(number));
                }
            };
            // Running out of threads is not an error as long as one works.
            if let Err(error) = thread::Builder::new().spawn_scoped(scope, worker) {
                let mut state = queue.lock();
                state.working -= 1;
                state.stopped |= state.working == 0;
                tracing::warn!(target: "attendant::replay", %error, "no thread could be started");
            }
        }
        let mut delivered = 0;
        while let Some(result) = queue.wait_for(delivered) {
            delivered += 1;
            if deliver(delivered - 1, result).is_break() {
                queue.lock().stopped = true;
                queue.room.notify_all();
                break;
            }
        }
        delivered
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jobs(number: usize) -> NonZeroUsize {
        NonZeroUsize::new(number).unwrap()
    }

    #[test]
    fn results_keep_the_order_of_the_work() {
        for threads in [1, 2, 7] {
            let mut seen = Vec::new();
            // The earlier the work, the longer it takes.
            let work =
                |number: usize| (0..(500 - number) * 50).fold(number, |kept, _| std::hint::black_box(kept));
            let delivered = in_order(jobs(threads), 500, &AtomicBool::new(false), work, |_, result| {
                seen.push(result);
                ControlFlow::Continue(())
            });
            assert_eq!((delivered, seen), (500, (0..500).collect()));
        }
    }

    #[test]
    fn a_break_ends_the_work() {
        let mut seen = Vec::new();
        let delivered = in_order(
            jobs(3),
            usize::MAX,
            &AtomicBool::new(false),
            |number| number,
            |_, number| {
                seen.push(number);
                if number == 20 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            },
        );
        assert_eq!((delivered, seen.len()), (21, 21));
    }

    #[test]
    fn a_stop_delivers_what_was_done() {
        let stop = AtomicBool::new(false);
        let delivered = in_order(
            jobs(2),
            1_000_000,
            &stop,
            |number| number,
            |number, _| {
                stop.store(number >= 10, Ordering::Relaxed);
                ControlFlow::Continue(())
            },
        );
        assert!((11..1_000).contains(&delivered), "{delivered}");
    }

    #[test]
    fn a_panic_of_the_work_ends_everything() {
        let work = |number: usize| assert!(number != 30, "this one");
        let panicked = std::panic::catch_unwind(|| {
            in_order(jobs(3), 1_000, &AtomicBool::new(false), work, |_, ()| ControlFlow::Continue(()))
        });
        assert!(panicked.is_err());
    }
}
