//! Whether the running meeting is recorded, and who is told. Nothing is recorded of a lobby whose meeting has not started,
//! and no recording outlives its meeting.

use super::{Meeting, MeetingEvent, Notice, Place};
use crate::control::call::{LegId, Prompt};
use crate::control::policy::RecordingNotice;

impl Meeting {
    /// An authorised person starts or stops the recording. Of a meeting that does not run there is none.
    pub(super) fn set_recording(&mut self, on: bool) {
        let Some(running) = self.running_mut().filter(|running| running.recording != on) else { return };
        running.recording = on;
        self.record(MeetingEvent::Recording { meeting: self.id, on });
        match self.terms.policy.meeting.recording_notice {
            RecordingNotice::All if on => self.announce_first(Prompt::RecordingStarted),
            RecordingNotice::All => self.announce_first(Prompt::RecordingStopped),
            RecordingNotice::Phones => {
                for leg in self.roster.at(Place::Joined) {
                    if self.roster.get(leg).is_some_and(|person| person.phone) {
                        self.notify(leg, Notice::Recording { on });
                    }
                }
            }
            RecordingNotice::Nobody => {}
        }
    }

    /// The organizer's key turns it on or off, and is answered where nothing is said of it.
    pub(super) fn toggle_recording(&mut self, organizer: LegId) {
        self.set_recording(!self.is_recorded());
        if self.terms.policy.meeting.recording_notice == RecordingNotice::Nobody {
            self.notify(organizer, Notice::Done);
        }
    }

    /// Somebody joins: that the meeting is recorded comes before everything else.
    pub(super) fn tell_of_recording(&mut self, leg: LegId) {
        if self.is_recorded() && self.terms.policy.meeting.recording_notice != RecordingNotice::Nobody {
            self.notify(leg, Notice::IsRecorded);
        }
    }

    fn is_recorded(&self) -> bool {
        self.running().is_some_and(|running| running.recording)
    }
}
