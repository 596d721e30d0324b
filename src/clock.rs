//! The machine's clock, read here and nowhere else; everywhere else time is an argument.

use std::time::Instant;

/// The present moment of the real world.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one home of now()")]
pub fn now() -> Instant {
    Instant::now()
}
