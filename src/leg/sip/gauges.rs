//! The figures of telephones: how many rows there are, where a call that is over leaves none, and what was not let in.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::sip::refusal::Refusal;

/// How many rows the telephones have, and how often something of theirs was refused, at all shards together; copies look
/// at the same.
#[derive(Clone, Debug, Default)]
pub struct Gauges {
    counts: Arc<[AtomicUsize; 4]>,
    refused: Arc<[AtomicU64; Refusal::ALL.len()]>,
}

/// What there are rows for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gauge {
    /// Dialogs with telephones.
    Dialogs,
    /// Calls that are not over at all their ends: telephone, bridge and media.
    Calls,
    /// Transactions, each of which is remembered for half a minute over UDP.
    Transactions,
    /// Streams.
    Streams,
}

impl Gauge {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Dialogs, Self::Calls, Self::Transactions, Self::Streams];

    /// Returns its name in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dialogs => "attendant_sip_dialogs",
            Self::Calls => "attendant_sip_calls",
            Self::Transactions => "attendant_sip_transactions",
            Self::Streams => "attendant_sip_streams",
        }
    }

    /// Returns its meaning, in one sentence.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Dialogs => "Dialogs with telephones.",
            Self::Calls => {
                "Calls of telephones that are not over for the telephone, the bridge or the media."
            }
            Self::Transactions => "SIP transactions, each remembered for half a minute over UDP.",
            Self::Streams => "SIP connections over TCP and TLS.",
        }
    }
}

impl Gauges {
    /// Returns how many there are.
    #[must_use]
    pub fn get(&self, gauge: Gauge) -> usize {
        self.counts[gauge as usize].load(Ordering::Relaxed)
    }

    /// Returns each reason with how often something was refused for it, up to the last summary in the log.
    pub fn refused(&self) -> impl Iterator<Item = (Refusal, u64)> {
        Refusal::ALL.into_iter().map(|reason| (reason, self.refused_for(reason)))
    }

    /// Returns how often something was refused for this reason.
    #[must_use]
    pub fn refused_for(&self, reason: Refusal) -> u64 {
        self.refused[reason as usize].load(Ordering::Relaxed)
    }

    /// Adds what a summary says.
    pub(super) fn add_refused(&self, summary: &[(Refusal, u64)]) {
        for (reason, count) in summary {
            self.refused[*reason as usize].fetch_add(*count, Ordering::Relaxed);
        }
    }

    /// One owner has so many now, where it had so many before.
    pub(super) fn change(&self, gauge: Gauge, before: &mut usize, now: usize) {
        let count = &self.counts[gauge as usize];
        match now.checked_sub(*before) {
            Some(more) => count.fetch_add(more, Ordering::Relaxed),
            None => count.fetch_sub(*before - now, Ordering::Relaxed),
        };
        *before = now;
    }
}
