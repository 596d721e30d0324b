//! The machine's clock, read here and nowhere else; everywhere else time is an argument.

use std::time::{Instant, SystemTime};

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
