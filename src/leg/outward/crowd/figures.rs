//! What is counted of all streams.

use std::time::Duration;

/// Whole milliseconds that are told apart; longer times count as the last.
const MILLIS_MAX: usize = 1_000;

/// Times in whole milliseconds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ByMillis(Vec<u64>);

impl ByMillis {
    /// One more.
    pub fn add(&mut self, took: Duration) {
        self.add_many(took, 1);
    }

    /// So many more.
    pub fn add_many(&mut self, took: Duration, times: u64) {
        let at = usize::try_from(took.as_millis()).unwrap_or(MILLIS_MAX).min(MILLIS_MAX);
        if self.0.len() <= at {
            self.0.resize(at + 1, 0);
        }
        self.0[at] += times;
    }

    /// All of the others too.
    pub fn merge(&mut self, others: &Self) {
        for (time, times) in others.iter() {
            self.add_many(time, times);
        }
    }

    /// Each time that there was, with how often.
    pub fn iter(&self) -> impl Iterator<Item = (Duration, u64)> + '_ {
        let times = (0..).zip(&self.0).filter(|(_, times)| **times > 0);
        times.map(|(millis, times)| (Duration::from_millis(millis), *times))
    }
}

macro_rules! figures {
    ($($(#[doc = $doc:literal])* $name:ident: $type:ty,)*) => {
        /// What became of the packets of all calls.
        #[derive(Clone, PartialEq, Eq, Debug, Default)]
        pub struct StreamFigures {
            $($(#[doc = $doc])* pub $name: $type,)*
            /// How late packets came, compared with the one of their stream that was the least delayed.
            pub late: ByMillis,
            /// Times of 60 ms and more in which nothing came.
            pub gaps: ByMillis,
            /// How late our own packets were sent.
            pub sent_late: ByMillis,
        }

        impl StreamFigures {
            /// All of the others too.
            pub fn merge(&mut self, others: &Self) {
                $(self.$name += others.$name;)*
                self.late.merge(&others.late);
                self.gaps.merge(&others.gaps);
                self.sent_late.merge(&others.sent_late);
            }
        }
    };
}

figures! {
    /// Calls that this machine had no sockets for.
    not_placed: u64,
    /// Packets that were sent.
    sent: u64,
    /// Packets of sound that came.
    received: u64,
    /// Packets that never came.
    lost: u64,
    /// Packets that came after a later one.
    reordered: u64,
    /// Packets that came twice.
    doubled: u64,
    /// Streams that went on with other timestamps.
    restarts: u64,
    /// Packets that were the expected slice of a known sound, byte for byte.
    equal: u64,
    /// Packets of silence.
    silent: u64,
    /// Packets in which a sound ends or begins.
    changes: u64,
    /// Packets of no known sound.
    unknown: u64,
    /// Sounds that went on elsewhere than where they were to.
    jumps: u64,
    /// Calls to which an ear listened as well.
    listened: u64,
    /// Sounds that the ear knew as the codes told them.
    alike: u64,
    /// Sounds that the ear heard, and the codes did not tell.
    heard_otherwise: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_kept_in_whole_milliseconds_up_to_a_second() {
        let mut times = ByMillis::default();
        for micros in [0, 1_900, 2_000, 5_000_000] {
            times.add(Duration::from_micros(micros));
        }
        let mut twice = times.clone();
        twice.merge(&times);
        let kept: Vec<(u128, u64)> = twice.iter().map(|(time, times)| (time.as_millis(), times)).collect();
        assert_eq!(kept, [(0, 2), (1, 2), (2, 2), (1_000, 2)]);
    }
}
