//! The machine's clock, read here and nowhere else; everywhere else time is an argument.

use std::time::{Duration, Instant, SystemTime};

use crate::control::time;

/// The present moment of the real world.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one home of now()")]
pub fn now() -> Instant {
    Instant::now()
}

/// The present moment as records keep it: milliseconds since the Unix epoch.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one home of now()")]
pub fn epoch_ms() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// A clock that tokio's timers go by, with a speed of its own.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: tokio::time::Instant,
    speed: u32,
    pace: Pace,
}

/// How the moment of an input is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pace {
    /// By the clock, when it is handled: what took its time on the way counts. For measuring.
    Measured,
    /// As the moment of what brought it about, and everything comes to rest before the next thing is let happen: a slow
    /// machine makes a run late, not different. For one thread, with a clock that goes or is paused.
    Settled,
}

impl Clock {
    /// A clock that stands at zero now and goes `speed` times as fast as the real one; at least once.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one home of now()")]
    pub fn start(speed: u32, pace: Pace) -> Self {
        Self { origin: tokio::time::Instant::now(), speed: speed.max(1), pace }
    }

    /// How it tells the moments of inputs.
    #[must_use]
    pub fn pace(&self) -> Pace {
        self.pace
    }

    /// What the clock shows.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one home of now()")]
    pub fn now(&self) -> time::Instant {
        let passed = tokio::time::Instant::now().saturating_duration_since(self.origin);
        time::Instant::ZERO + passed.saturating_mul(self.speed)
    }

    /// The moment of an input that `cause` brought about.
    #[must_use]
    pub fn moment(&self, cause: time::Instant) -> time::Instant {
        match self.pace {
            Pace::Measured => self.now().max(cause),
            Pace::Settled => cause,
        }
    }

    /// How long it is by tokio's clock until this one shows that moment.
    #[must_use]
    pub fn until(&self, at: time::Instant) -> Duration {
        part(at.since(self.now()), self.speed)
    }

    /// Waits until the clock shows this moment: for ever if it is [`time::Instant::NEVER`].
    pub async fn sleep_until(&self, at: time::Instant) {
        if at == time::Instant::NEVER {
            return std::future::pending().await;
        }
        let passed = part(Duration::from_micros(at.micros()), self.speed);
        match self.origin.checked_add(passed) {
            Some(moment) => tokio::time::sleep_until(moment).await,
            None => std::future::pending().await,
        }
    }
}

/// A part of a time, rounded up to whole microseconds: a sleep must not end before its moment.
fn part(of: Duration, by: u32) -> Duration {
    let micros = of.as_micros().div_ceil(u128::from(by));
    Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
}
