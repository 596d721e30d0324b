//! What the media threads count, for metrics and benches.

use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;

/// The longest lateness that is told apart: a minute.
const LATEST: u64 = 60_000_000;

macro_rules! counts {
    ($($(#[doc = $doc:literal])+ $name:ident,)*) => {
        /// Counts of one thread, written by it and read by anyone.
        #[derive(Debug)]
        pub(super) struct ThreadStats {
            $($(#[doc = $doc])+ pub(super) $name: AtomicU64,)*
            pub(super) flows: AtomicUsize,
            pub(super) resting: AtomicUsize,
            pub(super) meetings: AtomicUsize,
            /// Microseconds from when a packet was due to when it had been sent.
            late: Mutex<Histogram<u64>>,
        }

        /// What all media threads have done, and carry now.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
        pub struct MediaFigures {
            $($(#[doc = $doc])+ pub $name: u64,)*
            /// Flows that are open.
            pub flows: usize,
            /// Ports that rest after a call.
            pub resting: usize,
            /// Meetings with somebody in them.
            pub meetings: usize,
            /// What is kept of voices and recorded names, and of seats in meetings: rows that end with their calls.
            pub notes: usize,
            /// Events of meetings that found no room.
            pub events_lost: u64,
            /// Keys that were dropped because signalling did not take them in.
            pub keys_lost: u64,
            /// Frames of participants that were dropped because a meeting was not mixed in time.
            pub frames_lost: u64,
            /// From when a packet was due to when it had been sent.
            pub late: Lateness,
        }

        impl ThreadStats {
            pub(super) fn new() -> Self {
                let late = Histogram::new_with_bounds(1, LATEST, 2).expect("bounds in their order");
                Self {
                    $($name: AtomicU64::new(0),)*
                    flows: AtomicUsize::new(0),
                    resting: AtomicUsize::new(0),
                    meetings: AtomicUsize::new(0),
                    late: Mutex::new(late),
                }
            }
        }

        impl MediaFigures {
            /// The sum of these threads.
            pub(super) fn of(threads: &[Arc<ThreadStats>]) -> Self {
                let mut figures = Self::default();
                let mut late = Histogram::new_with_bounds(1, LATEST, 2).expect("bounds in their order");
                for thread in threads {
                    $(figures.$name += thread.$name.load(Ordering::Relaxed);)*
                    figures.flows += thread.flows.load(Ordering::Relaxed);
                    figures.resting += thread.resting.load(Ordering::Relaxed);
                    figures.meetings += thread.meetings.load(Ordering::Relaxed);
                    late.add(&*thread.late()).expect("the same bounds");
                }
                figures.late = Lateness::of(&late);
                figures
            }
        }
    };
}

counts! {
    /// Packets of sound that were sent.
    packets_sent,
    /// Packets of sound that the system did not take: its network is gone, or a buffer is full.
    packets_refused,
    /// Packets of sound that were not sent because the thread was kept from running for longer than a packet lasts.
    packets_skipped,
    /// Datagrams that came to ports of calls.
    datagrams_received,
    /// Reports (RTCP) of telephones that belong to no flow.
    reports_astray,
}

impl ThreadStats {
    /// So many packets were sent within this time of when they were due.
    pub(super) fn sent(&self, packets: u64, late: Duration) {
        if packets > 0 {
            self.packets_sent.fetch_add(packets, Ordering::Relaxed);
            let micros = u64::try_from(late.as_micros()).unwrap_or(LATEST).clamp(1, LATEST);
            self.late().record_n(micros, packets).expect("within the bounds");
        }
    }

    fn late(&self) -> MutexGuard<'_, Histogram<u64>> {
        self.late.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts one more.
pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// How late packets were sent: 50 and 99 of 100 at most so late, and the latest. Of the packets of one millisecond the last
/// one's lateness counts for all.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Lateness {
    /// Of half of them.
    pub p50: Duration,
    /// Of 99 in 100.
    pub p99: Duration,
    /// The longest.
    pub max: Duration,
    /// How many were later than a packet lasts, 20 ms.
    pub beyond_a_packet: u64,
}

impl Lateness {
    fn of(late: &Histogram<u64>) -> Self {
        let micros = |quantile| Duration::from_micros(late.value_at_quantile(quantile));
        Self {
            p50: micros(0.5),
            p99: micros(0.99),
            max: Duration::from_micros(late.max()),
            beyond_a_packet: late.count_between(20_000, LATEST),
        }
    }
}

impl fmt::Display for Lateness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = |late: Duration| late.as_secs_f64() * 1_000.0;
        write!(
            f,
            "p50 {:.2} ms, p99 {:.2} ms, max {:.2} ms",
            millis(self.p50),
            millis(self.p99),
            millis(self.max)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lateness_is_told_of_all_threads_together() {
        let threads = [(); 2].map(|()| Arc::new(ThreadStats::new()));
        threads[0].sent(98, Duration::from_micros(100));
        threads[0].sent(1, Duration::from_micros(900));
        threads[1].sent(1, Duration::from_millis(25));
        threads[1].sent(0, Duration::from_secs(9));
        let figures = MediaFigures::of(&threads);
        assert_eq!((figures.packets_sent, figures.late.beyond_a_packet), (100, 1));
        let millis = |late: Duration| (late.as_secs_f64() * 10_000.0).round() / 10.0;
        let Lateness { p50, p99, max, .. } = figures.late;
        assert_eq!([p50, p99].map(|late| late.as_micros()), [100, 903]);
        assert!((25.0..25.2).contains(&millis(max)), "{max:?}");
    }
}
