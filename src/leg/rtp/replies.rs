//! The way back to the shards of signalling.

use std::collections::VecDeque;

use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

use super::orders::{REPORTS, Report};

/// One shard's way.
#[derive(Debug)]
pub(super) struct Replies {
    reports: Sender<Report>,
    /// Those that found no room, in their order.
    waiting: VecDeque<Report>,
}

impl Replies {
    pub(super) fn new(reports: Sender<Report>) -> Self {
        Self { reports, waiting: VecDeque::new() }
    }

    /// Tells the shard something, now or later. False if it is a key that found no room even here, and is dropped.
    pub(super) fn tell(&mut self, report: Report) -> bool {
        let is_key = matches!(report, Report::Heard { .. });
        if self.waiting.is_empty() {
            match self.reports.try_send(report) {
                // Who is gone is not told.
                Ok(()) | Err(TrySendError::Closed(_)) => return true,
                Err(TrySendError::Full(_)) => {}
            }
        }
        if is_key && self.waiting.len() >= REPORTS {
            return false;
        }
        self.waiting.push_back(report);
        true
    }

    /// Tells what waits, as far as there is room.
    pub(super) fn settle(&mut self) {
        while let Some(report) = self.waiting.front() {
            if let Err(TrySendError::Full(_)) = self.reports.try_send(*report) {
                return;
            }
            self.waiting.pop_front();
        }
    }

    pub(super) fn is_settled(&self) -> bool {
        self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;
    use crate::control::call::Digit;
    use crate::control::time::Instant;
    use crate::leg::rtp::FlowId;
    use crate::rtp::flow::Figures;
    use crate::rtp::receive::{KeyWay, Pressed};

    fn key(flow: u32) -> Report {
        let pressed = Pressed { digit: Digit::STAR, way: KeyWay::Event };
        Report::Heard { flow: FlowId(flow), at: Instant::ZERO, pressed }
    }

    fn flows(reports: &mut mpsc::Receiver<Report>) -> Vec<u32> {
        let told = std::iter::from_fn(|| reports.try_recv().ok());
        told.map(|report| match report {
            Report::Heard { flow, .. } | Report::Silent { flow } => flow.0,
            Report::Closed { flow, .. } => 1_000_000 + flow.0,
        })
        .collect()
    }

    #[test]
    fn keys_are_dropped_when_nothing_fits_and_ends_are_not() {
        let (reports, mut told) = mpsc::channel(2);
        let mut replies = Replies::new(reports);
        let limit = REPORTS as u32 + 2;
        assert!((0..limit).all(|flow| replies.tell(key(flow))));
        assert!(!replies.tell(key(limit)));
        assert!(replies.tell(Report::Closed { flow: FlowId(7), figures: Figures::default() }));
        let mut heard = flows(&mut told);
        while !replies.is_settled() {
            replies.settle();
            heard.extend(flows(&mut told));
        }
        assert_eq!(heard.len(), limit as usize + 1);
        assert!(heard.is_sorted());
        assert_eq!(heard.last(), Some(&1_000_007));
    }

    #[test]
    fn a_shard_that_is_gone_holds_nothing_up() {
        let (reports, told) = mpsc::channel(1);
        let mut replies = Replies::new(reports);
        assert!(replies.tell(key(1)) && replies.tell(key(2)));
        drop(told);
        replies.settle();
        assert!(replies.is_settled());
    }
}
