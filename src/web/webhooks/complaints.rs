//! What the log says of a receiver that does not take webhooks: once that it does not, then once a minute how many, and once that it
//! does again.

use std::time::Duration;

use crate::control::delivery::Attempt;
use crate::control::time::Instant;

/// The part of the program that lines in the log about webhooks are of.
pub(super) const LOG: &str = "attendant::webhooks";

/// The time between two lines about a receiver that is down.
const BETWEEN: Duration = Duration::from_secs(60);

/// How a receiver that does not take webhooks stands.
#[derive(Debug)]
struct Down {
    since: Instant,
    /// When the next line is due.
    next: Instant,
    /// Attempts that failed since the last line.
    failed: u64,
}

/// What is to be said of one receiver.
#[derive(Debug)]
pub(super) struct Complaints {
    receiver: String,
    down: Option<Down>,
}

impl Complaints {
    pub(super) fn new(receiver: &str) -> Self {
        Self { receiver: receiver.to_owned(), down: None }
    }

    /// An attempt is over; `waiting` webhooks wait for the receiver.
    pub(super) fn attempted(
        &mut self,
        now: Instant,
        attempt: Attempt,
        cause: Option<String>,
        waiting: usize,
    ) {
        let (receiver, cause) = (self.receiver.as_str(), cause.unwrap_or_default());
        if attempt == Attempt::GivenUp {
            tracing::error!(target: LOG, receiver, cause, "a webhook is given up after a day");
        }
        match (&mut self.down, attempt) {
            (None, Attempt::Taken) => {}
            (Some(down), Attempt::Taken) => {
                let (failed, minutes) = (down.failed, now.since(down.since).as_secs() / 60);
                tracing::info!(target: LOG, receiver, failed, minutes, waiting, "the receiver takes webhooks again");
                self.down = None;
            }
            (None, Attempt::Again(_) | Attempt::GivenUp) => {
                tracing::warn!(target: LOG, receiver, cause, waiting, "the receiver does not take webhooks: they are sent again");
                self.down = Some(Down { since: now, next: now + BETWEEN, failed: 0 });
            }
            (Some(down), Attempt::Again(_) | Attempt::GivenUp) => {
                down.failed += 1;
                if now >= down.next {
                    let failed = std::mem::take(&mut down.failed);
                    down.next = now + BETWEEN;
                    tracing::warn!(target: LOG, receiver, cause, failed, waiting, "the receiver still does not take webhooks");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::tests::logged;

    #[test]
    fn a_receiver_that_is_down_is_told_once_and_then_once_a_minute() {
        let mut complaints = Complaints::new("hooks.example.com");
        let text = logged(|| {
            for second in 0..=130 {
                let again = Attempt::Again(Duration::from_secs(1));
                let now = Instant::ZERO + Duration::from_secs(second);
                complaints.attempted(now, again, Some("the receiver answered 503".to_owned()), 7);
            }
            let now = Instant::ZERO + Duration::from_secs(131);
            complaints.attempted(now, Attempt::Taken, None, 6);
            complaints.attempted(now, Attempt::Taken, None, 5);
        });
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4, "{text}");
        assert!(lines[0].contains("503") && lines[0].contains("sent again"), "{text}");
        assert!(lines[1].contains("failed=60") && lines[2].contains("failed=60"), "{text}");
        assert!(lines[3].contains("takes webhooks again") && lines[3].contains("minutes=2"), "{text}");
    }
}
