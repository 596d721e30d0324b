//! Webhooks in the time of a scenario: posted by the machine that posts for real, to a receiver that takes them at once or, by the
//! scenario's fault, does not.

use std::collections::BTreeMap;

use crate::control::delivery::Delivery;
use crate::control::event::{MeetingId, WebhookEvent};
use crate::control::time::Instant;
use crate::scenario::story::WebhookFault;

/// What became of the webhooks of one event.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Posted {
    /// How many the receiver took.
    pub(super) taken: u32,
    /// How many times one was posted.
    pub(super) tries: u32,
}

/// Posts what a receiver is told, in order, until nothing waits for it any more.
pub(super) fn post(
    told: &[(Instant, MeetingId, WebhookEvent)],
    fault: Option<WebhookFault>,
) -> BTreeMap<WebhookEvent, Posted> {
    let mut delivery = Delivery::default();
    let mut posted: BTreeMap<WebhookEvent, Posted> = BTreeMap::new();
    let mut failing = fault.map_or(0, |fault| fault.times.unwrap_or(u32::MAX));
    let mut coming = told.iter().peekable();
    while let Some(now) = next(&delivery, coming.peek().map(|(at, ..)| *at)) {
        while let Some((at, meeting, event)) = coming.next_if(|(at, ..)| *at <= now) {
            // A story with more of them than wait at most is told of less, as the bridge would.
            let _room = delivery.tell(*at, *meeting, *event);
        }
        while let Some((meeting, event)) = delivery.poll_post(now) {
            let is_taken = failing == 0;
            failing = if failing == u32::MAX { failing } else { failing.saturating_sub(1) };
            let of = posted.entry(*event).or_default();
            of.tries += 1;
            of.taken += u32::from(is_taken);
            delivery.attempted(now, meeting, is_taken);
        }
    }
    posted
}

/// When something happens next.
fn next(delivery: &Delivery<WebhookEvent>, coming: Option<Instant>) -> Option<Instant> {
    [delivery.poll_timeout(), coming].into_iter().flatten().min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const ONE: MeetingId = MeetingId(1);

    fn told(events: &[(u64, WebhookEvent)]) -> Vec<(Instant, MeetingId, WebhookEvent)> {
        let at = |seconds| Instant::ZERO + Duration::from_secs(seconds);
        events.iter().map(|(seconds, event)| (at(*seconds), ONE, *event)).collect()
    }

    #[test]
    fn what_the_receiver_does_not_take_is_posted_again_in_its_turn() {
        use WebhookEvent::{ConferenceEnd as End, ParticipantJoin as Join};
        let told = told(&[(0, Join), (1, Join), (9, End)]);
        let of = |posted: &BTreeMap<_, Posted>, event| {
            let Posted { taken, tries } = posted.get(&event).copied().unwrap_or_default();
            (taken, tries)
        };
        let all = post(&told, None);
        assert_eq!([of(&all, Join), of(&all, End)], [(2, 2), (1, 1)]);
        let twice = post(&told, Some(WebhookFault { times: Some(2) }));
        assert_eq!([of(&twice, Join), of(&twice, End)], [(2, 4), (1, 1)]);
        let never = post(&told, Some(WebhookFault { times: None }));
        assert_eq!([of(&never, Join).0, of(&never, End).0], [0, 0]);
        assert!(of(&never, Join).1 > 24 * 60, "it is tried for a day");
    }
}
