//! Orders of an administrator while the exchange is in service.

use std::sync::Arc;

use super::messages::{MeetingMessage, ToLane, ToMeeting};
use super::switch::DeliverError;
use super::{Exchange, Sink};
use crate::control::account::AccountAct;
use crate::control::conference;
use crate::control::directory::StoryDirectory as _;
use crate::control::event::MeetingId;
use crate::control::meeting;
use crate::control::pin::Pin;
use crate::control::policy::{OrganizerId, Policy};

impl<S: Sink + Send + 'static> Exchange<S> {
    /// Gives an organizer a new PIN, which is shown this once; nothing if they are disabled. What is recorded goes to the first lane.
    ///
    /// # Panics
    /// The directory has no such organizer, or the exchange has no lane.
    pub async fn reset_pin(&self, organizer: OrganizerId) -> Option<Pin> {
        let at = self.now();
        let (pin, records) = {
            let mut state = self.switch.directory();
            let (directory, mut entropy) = state.parts();
            let shown = directory.administer(at, organizer, AccountAct::ResetPin, &mut entropy);
            (shown.ok()?.pin?, std::iter::from_fn(|| directory.poll_record()).collect())
        };
        // A lane that has ended keeps no records any more.
        let _ended = self.switch.lanes[0].send(ToLane::Records(at, records)).await;
        Some(pin)
    }

    /// Holds new calls to these settings from now on.
    pub fn follow(&self, policy: &Arc<Policy>) {
        self.switch.follow(policy);
    }

    /// Tells a meeting what an authorised person wants of it: to end, to be locked, to admit somebody. False if nobody
    /// is in it, and so nobody is told.
    pub async fn tell_meeting(&self, meeting: MeetingId, order: meeting::Input) -> bool {
        let mut message = Box::new(ToMeeting {
            at: self.now(),
            messages: vec![MeetingMessage::Input(conference::Input::Meeting(order))],
        });
        loop {
            match self.switch.deliver(meeting, message) {
                Ok(()) => return true,
                Err(DeliverError::NotOpen | DeliverError::TooMany(_)) => return false,
                Err(DeliverError::Full(back)) => message = back,
            }
            if let Some(way) = self.switch.way(meeting) {
                // A meeting that went away meanwhile has nobody to tell: the next try says so.
                let _room = way.reserve().await;
            }
        }
    }
}
