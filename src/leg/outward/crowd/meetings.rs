//! What is concluded of meetings: who has named one, and whether it has started. No caller knows that of others.

use std::collections::BTreeMap;

use crate::control::call::{Digits, LegId};
use crate::control::event::{Admission, MeetingEvent, MeetingId, StartRight};

/// The meetings of a thread's callers.
#[derive(Debug, Default)]
pub(super) struct Meetings {
    /// By conference ID.
    numbers: BTreeMap<String, MeetingId>,
    running: BTreeMap<MeetingId, Meeting>,
}

/// One meeting, while anybody is in it.
#[derive(Debug, Default)]
struct Meeting {
    callers: u32,
    has_started: bool,
    /// Who keyed a PIN last.
    keyed_by: Option<LegId>,
}

impl Meetings {
    /// The meeting with this conference ID.
    pub(super) fn of(&mut self, digits: Digits) -> MeetingId {
        let next = MeetingId(u32::try_from(self.numbers.len()).unwrap_or(u32::MAX));
        *self.numbers.entry(digits.reveal()).or_insert(next)
    }

    pub(super) fn enter(&mut self, meeting: MeetingId) {
        self.running.entry(meeting).or_default().callers += 1;
    }

    pub(super) fn leave(&mut self, meeting: MeetingId) {
        if let Some(running) = self.running.get_mut(&meeting) {
            running.callers -= 1;
            if running.callers == 0 {
                self.running.remove(&meeting);
            }
        }
    }

    /// A caller has keyed what may be the PIN.
    pub(super) fn keyed_pin(&mut self, meeting: MeetingId, leg: LegId) {
        if let Some(running) = self.running.get_mut(&meeting) {
            running.keyed_by = Some(leg);
        }
    }

    /// Somebody has joined; returns that the meeting has started, if nobody had before. The first who hears that need not be the
    /// one whose PIN started it.
    pub(super) fn joined(
        &mut self,
        meeting: MeetingId,
        leg: LegId,
        admission: Admission,
    ) -> Option<MeetingEvent> {
        let running = self.running.get_mut(&meeting)?;
        if std::mem::replace(&mut running.has_started, true) {
            return None;
        }
        let by = running.keyed_by.filter(|_| admission != Admission::Pin).unwrap_or(leg);
        Some(MeetingEvent::Started { meeting, by, right: StartRight::Pin, releases: true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORGANIZER: LegId = LegId::new(1);
    const CALLER: LegId = LegId::new(2);

    #[test]
    fn a_meeting_starts_with_the_first_who_joins_by_who_keyed_the_pin() {
        let mut meetings = Meetings::default();
        let meeting = meetings.of(Digits::from_symbols("4711").unwrap());
        assert_eq!(meetings.of(Digits::from_symbols("4711").unwrap()), meeting);
        for round in 0..2 {
            (0..2).for_each(|_| meetings.enter(meeting));
            meetings.keyed_pin(meeting, ORGANIZER);
            let started = meetings.joined(meeting, CALLER, Admission::Released);
            let Some(MeetingEvent::Started { by: ORGANIZER, .. }) = started else {
                panic!("{round}: {started:?}");
            };
            assert_eq!(meetings.joined(meeting, ORGANIZER, Admission::Pin), None);
            (0..2).for_each(|_| meetings.leave(meeting));
        }
    }
}
