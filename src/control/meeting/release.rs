//! The release of a lobby: one change of the meeting, told leg by leg. A large lobby is released leg by leg,
//! while the driver still polls for the others.

use super::{Meeting, Notice, Output};
use crate::control::call::LegId;
use crate::control::event::{Admission, Event, MeetingEvent};

/// A decision of the machine that has not been polled yet.
#[derive(Clone, Debug)]
pub(super) enum Decided {
    Output(Output),
    /// Everyone who was in the lobby joined.
    Released(Box<Telling>),
}

/// Legs that joined by the release and have not been told.
#[derive(Clone, Debug)]
pub(super) struct Telling {
    legs: std::vec::IntoIter<LegId>,
    /// The one whose joining is recorded.
    recorded: Option<LegId>,
}

impl Meeting {
    /// Everyone in the lobby joins in one step.
    pub(super) fn release(&mut self) {
        let ends = self.terms.policy.meeting.announce_until_app_joins;
        let (legs, app, organizer) = self.roster.release();
        if (app || organizer)
            && let Some(running) = self.running_mut()
        {
            running.authenticated(organizer);
            running.announces &= running.app_joined || !app || !ends;
            running.app_joined |= app;
        }
        let telling = Telling { legs: legs.clone().into_iter(), recorded: None };
        self.outputs.push(Decided::Released(Box::new(telling)));
        for leg in legs {
            self.tell_count(leg);
            self.mute_newcomer(leg);
        }
    }

    /// The next that the release tells; `None` if none is being told, or all is.
    pub(super) fn tell_release(&mut self) -> Option<Output> {
        let telling = self.telling.as_mut()?;
        if let Some(leg) = telling.recorded.take() {
            return Some(Output::Notify { leg, notice: Notice::Admitted(Admission::Released) });
        }
        telling.recorded = telling.legs.next();
        let Some(leg) = telling.recorded else {
            self.telling = None;
            return None;
        };
        Some(Output::Record(Event::Meeting(MeetingEvent::Joined {
            meeting: self.id,
            leg,
            admission: Admission::Released,
        })))
    }
}
