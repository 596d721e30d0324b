//! Moments of records: of the wall clock, in UTC, to the millisecond. A virtual clock begins with the year 1970.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::control::time::Instant;

/// Reads a moment as people write it: RFC 3339 such as `2026-11-30T08:00:00Z`, or a day such as `2026-11-30`, which begins at
/// midnight in UTC. Answers in milliseconds since the Unix epoch.
///
/// # Errors
/// It is neither; says what was expected.
pub fn moment(text: &str) -> Result<i64, String> {
    let day = || TimeZone::UTC.to_timestamp(text.parse::<Date>().ok()?.at(0, 0, 0, 0)).ok();
    let read = text.parse::<Timestamp>().ok().or_else(day);
    read.map(Timestamp::as_millisecond).ok_or_else(|| {
        format!("`{text}` is no moment; expected one such as 2026-11-30T08:00:00Z or 2026-11-30")
    })
}

/// The wall clock beside the bridge's clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct WallClock {
    /// What it shows when the bridge's clock stands at zero, in milliseconds since the Unix epoch.
    pub origin_ms: i64,
    /// How many times faster than it the bridge's clock goes; 0 counts as 1.
    pub speed: u32,
}

impl WallClock {
    /// Returns what it shows at this moment of the bridge's clock: RFC 3339, in UTC, to the millisecond.
    #[must_use]
    pub fn shows(&self, at: Instant) -> String {
        let passed = at.millis() / u64::from(self.speed.max(1));
        let shown = self.origin_ms.saturating_add_unsigned(passed);
        text(shown)
    }
}

/// Milliseconds since the Unix epoch as RFC 3339 writes them.
pub(super) fn text(at: i64) -> String {
    format!("{:.3}", timestamp(at))
}

/// The same without the zone and the fraction: `2026-11-30 08:00:00`.
pub(super) fn text_of_seconds(at: i64) -> String {
    timestamp(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Reads what [`WallClock::shows`], in milliseconds since the Unix epoch. What cannot be read, which nothing writes, is 0.
pub(super) fn read(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap_or_default().as_millisecond()
}

fn timestamp(at: i64) -> Timestamp {
    Timestamp::from_millisecond(at).unwrap_or(Timestamp::MAX)
}
