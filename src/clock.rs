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

/// How the moment of an input is determined.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pace {
    /// By the clock, when it is handled: what took its time on the way counts. For measuring.
    Realtime,
    /// As the moment of its cause; everything comes to rest before the next thing happens: a slow
    /// machine makes a run late, not different. For one thread, with a clock that goes or is paused.
    Lockstep,
}

impl Clock {
    /// A clock that stands at zero now and goes `speed` times as fast as the real one; at least once.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one home of now()")]
    pub fn start(speed: u32, pace: Pace) -> Self {
        Self { origin: tokio::time::Instant::now(), speed: speed.max(1), pace }
    }

    /// Returns how it tells the moments of inputs.
    #[must_use]
    pub fn pace(&self) -> Pace {
        self.pace
    }

    /// Returns how many times as fast as the real one it goes.
    #[must_use]
    pub fn speed(&self) -> u32 {
        self.speed
    }

    /// Returns the clock's time.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one home of now()")]
    pub fn now(&self) -> time::Instant {
        let passed = tokio::time::Instant::now().saturating_duration_since(self.origin);
        time::Instant::ZERO + passed.saturating_mul(self.speed)
    }

    /// The moment of an input that `cause` brought about.
    #[must_use]
    pub fn stamp(&self, cause: time::Instant) -> time::Instant {
        match self.pace {
            Pace::Realtime => self.now().max(cause),
            Pace::Lockstep => cause,
        }
    }

    /// Returns how long it takes by tokio's clock until this clock shows that moment.
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

/// Wakes one task, again and again, as precisely as the machine can. Tokio's timers know whole milliseconds, and the
/// poll that waits for them rounds up once more, so that a task sleeps up to two milliseconds too long: as long as a
/// meeting's release takes in all. Linux has timers that a poll can wait for (timerfd_create(2)).
#[derive(Debug)]
pub struct Alarm {
    clock: Clock,
    #[cfg(target_os = "linux")]
    timer: Option<(tokio::io::unix::AsyncFd<std::os::fd::OwnedFd>, time::Instant)>,
}

impl Alarm {
    /// An alarm by this clock; on the current tokio runtime. Where there are no better timers, it is tokio's; so it is
    /// for a clock that lets everything come to rest, which may stand still.
    ///
    /// # Panics
    /// For a clock that measures, on a runtime without I/O.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            #[cfg(target_os = "linux")]
            timer: (clock.pace == Pace::Realtime)
                .then(linux_timer)
                .flatten()
                .map(|timer| (timer, time::Instant::NEVER)),
        }
    }

    /// Waits until the clock shows this moment: for ever if it is [`time::Instant::NEVER`]. May be broken off.
    pub async fn sleep_until(&mut self, at: time::Instant) {
        #[cfg(target_os = "linux")]
        if let Some((timer, set)) = &mut self.timer
            && at != time::Instant::NEVER
        {
            loop {
                let left = self.clock.until(at);
                if left.is_zero() {
                    return;
                }
                if *set != at {
                    if !arm(timer.get_ref(), left) {
                        break;
                    }
                    *set = at;
                }
                let Ok(mut ready) = timer.readable().await else { break };
                // How often it went off does not matter; what does is asked of the clock.
                let _expirations = rustix::io::read(timer.get_ref(), &mut [0; 8]);
                ready.clear_ready();
                *set = time::Instant::NEVER;
            }
        }
        self.clock.sleep_until(at).await;
    }
}

#[cfg(target_os = "linux")]
#[expect(
    deprecated,
    reason = "its successor is unsafe for the sake of types whose descriptor changes; an OwnedFd keeps its own"
)]
fn linux_timer() -> Option<tokio::io::unix::AsyncFd<std::os::fd::OwnedFd>> {
    use rustix::time::{TimerfdClockId, TimerfdFlags, timerfd_create};
    let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
    let timer = timerfd_create(TimerfdClockId::Monotonic, flags).ok()?;
    tokio::io::unix::AsyncFd::new(timer).ok()
}

/// Lets the timer go off once, after so long; whether it will.
#[cfg(target_os = "linux")]
fn arm(timer: &std::os::fd::OwnedFd, after: Duration) -> bool {
    use rustix::time::{Itimerspec, TimerfdTimerFlags, Timespec, timerfd_settime};
    let Ok(after) = Timespec::try_from(after) else { return false };
    let never = Timespec { tv_sec: 0, tv_nsec: 0 };
    let once = Itimerspec { it_interval: never, it_value: after };
    timerfd_settime(timer, TimerfdTimerFlags::empty(), &once).is_ok()
}

/// A part of a time, rounded up to whole microseconds: a sleep must not end before its moment.
fn part(of: Duration, by: u32) -> Duration {
    let micros = of.as_micros().div_ceil(u128::from(by));
    Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
}
