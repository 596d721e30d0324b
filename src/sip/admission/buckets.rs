//! Token buckets by source.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use crate::control::time::Instant;

/// The most sources that have a bucket of their own. Beyond it, all others share one: a sender who can send from that many
/// addresses is slowed as one.
pub const SOURCES_MAX: usize = 65_536;

/// How often full buckets are looked for when the table is full: each look reads all of it.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// A bucket for each source: so many a second, so many at once. A bucket that is full again says nothing, and goes.
#[derive(Clone, Debug)]
pub(super) struct Buckets {
    /// The time in which one more may pass.
    interval: Duration,
    /// The time in which an empty bucket is full.
    burst: Duration,
    sources: BTreeMap<IpAddr, Bucket>,
    others: Bucket,
    swept: Instant,
}

/// When the bucket is full again: each that passes puts it off by one interval.
#[derive(Clone, Copy, Debug, Default)]
struct Bucket(Instant);

impl Bucket {
    fn take(&mut self, now: Instant, interval: Duration, burst: Duration) -> bool {
        let full = self.0.max(now) + interval;
        let may = full <= now + burst;
        if may {
            self.0 = full;
        }
        may
    }
}

impl Buckets {
    pub(super) fn new(per_second: u32, burst: u32) -> Self {
        let interval = Duration::from_secs(1) / per_second;
        Self {
            interval,
            burst: interval * burst,
            sources: BTreeMap::new(),
            others: Bucket::default(),
            swept: Instant::ZERO,
        }
    }

    /// Takes one from the bucket of this source; false if it is empty.
    pub(super) fn take(&mut self, now: Instant, source: IpAddr) -> bool {
        let source = network(source);
        if self.sources.len() >= SOURCES_MAX && !self.sources.contains_key(&source) {
            self.sweep(now);
        }
        let bucket = if self.sources.len() < SOURCES_MAX || self.sources.contains_key(&source) {
            self.sources.entry(source).or_default()
        } else {
            &mut self.others
        };
        bucket.take(now, self.interval, self.burst)
    }

    /// Returns the number of sources that have a bucket.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.sources.len()
    }

    fn sweep(&mut self, now: Instant) {
        if now >= self.swept + SWEEP_EVERY {
            self.swept = now;
            self.sources.retain(|_, bucket| bucket.0 > now);
        }
    }
}

/// What counts as one source: an IPv4 address, or a /64 of IPv6, which any one host can have the whole of.
fn network(source: IpAddr) -> IpAddr {
    match source {
        IpAddr::V4(_) => source,
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
    }
}
