//! The answer that a caller got, read from the log of a run.

use std::fmt;

use crate::control::call::{LegId, Prompt, Source};
use crate::control::event::{CallEvent, Event, MeetingEvent, Outcome, Place};
use crate::control::presence::Presence;
use crate::control::time::Instant;
use crate::leg::log::{Entry, Log};

/// A caller's answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The questions after the conference ID, in order.
    pub asked: Vec<Question>,
    /// The result.
    pub gets: EndState,
    /// The last sound: a source, or the prompt's name.
    pub hears: &'static str,
    /// The announcements about it to those who were already in the meeting, each once.
    pub told: Vec<&'static str>,
}

/// Something that a caller is asked for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Question {
    /// The passcode.
    Passcode,
    /// To press `*` as the organizer.
    Organizer,
    /// The PIN.
    Pin,
    /// A name.
    Name,
}

/// The state of a call at the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EndState {
    /// Started the meeting and is in it.
    Starts {
        /// With organizer rights.
        organizer: bool,
    },
    /// Is in the meeting.
    Joins {
        /// With organizer rights.
        organizer: bool,
    },
    /// Waits for a meeting that does not run.
    WaitsForOrganizer,
    /// Waits in the lobby of a running meeting.
    WaitsToBeAdmitted,
    /// The bridge ended the call.
    Refused(Outcome),
}

impl Answer {
    /// Returns the state of a part's call at `until`. `own_client`: it is the organizer's client app, which has the
    /// organizer's rights without a PIN.
    pub(super) fn of(log: &Log, part: u32, own_client: bool, from: Instant, until: Instant) -> Self {
        let mut seen = Observation::default();
        for (at, entry) in log.entries.iter().filter(|(at, _)| *at < until) {
            match entry {
                Entry::Dials { part: dialling, leg } if *dialling == part => seen.leg = Some(*leg),
                Entry::Event(event) => seen.take(*at, *event, *at >= from),
                Entry::Dials { .. } | Entry::Step { .. } | Entry::Failed { .. } | Entry::Signal { .. } => {}
                Entry::LineFault { .. } | Entry::Act { .. } | Entry::Finished { .. } => {}
            }
        }
        let caller = seen.leg.and_then(|leg| seen.presence.caller(leg));
        let joined = caller.is_some_and(|caller| caller.is_at(Place::Joined));
        let organizer = own_client || caller.is_some_and(|caller| caller.organizer);
        let runs = seen.presence.meetings().values().any(|meeting| meeting.started.is_some());
        let gets = match (seen.over, joined, runs) {
            (Some(outcome), _, _) => EndState::Refused(outcome),
            (None, true, _) if seen.started => EndState::Starts { organizer },
            (None, true, _) => EndState::Joins { organizer },
            (None, false, true) => EndState::WaitsToBeAdmitted,
            (None, false, false) => EndState::WaitsForOrganizer,
        };
        let hears = if seen.over.is_some() {
            "nothing, since the call has ended"
        } else {
            caller.map_or("nothing", |caller| heard(caller.hears))
        };
        Self { asked: seen.asked, gets, hears, told: seen.told }
    }
}

#[derive(Default)]
struct Observation {
    leg: Option<LegId>,
    asked: Vec<Question>,
    told: Vec<&'static str>,
    started: bool,
    over: Option<Outcome>,
    presence: Presence,
}

impl Observation {
    fn take(&mut self, at: Instant, event: Event, since_the_call: bool) {
        self.presence.take(at, event);
        let own = self.leg.is_some() && event.leg() == self.leg;
        match event {
            Event::Meeting(MeetingEvent::Started { .. }) => self.started |= own,
            Event::Call(CallEvent::Finished { outcome, .. }) if own => self.over = Some(outcome),
            Event::Call(CallEvent::Hears { source, .. }) if own => self.hear(source),
            Event::Meeting(MeetingEvent::Announced { prompt, .. })
                if since_the_call && !self.told.contains(&prompt.name()) =>
            {
                self.told.push(prompt.name());
            }
            Event::Call(_) | Event::Meeting(_) | Event::Account(_) => {}
        }
    }

    fn hear(&mut self, source: Source) {
        let asked = match source {
            Source::Prompt { prompt: Prompt::EnterPasscode, .. } => Question::Passcode,
            Source::Prompt { prompt: Prompt::PressStarIfOrganizer, .. } => Question::Organizer,
            Source::Prompt { prompt: Prompt::EnterPin, .. } => Question::Pin,
            Source::Prompt { prompt: Prompt::SayYourName, .. } => Question::Name,
            Source::Silence | Source::HoldMusic { .. } | Source::Conference | Source::Prompt { .. } => return,
        };
        if !self.asked.contains(&asked) {
            self.asked.push(asked);
        }
    }
}

fn heard(source: Source) -> &'static str {
    match source {
        Source::Silence => "nothing",
        Source::HoldMusic { .. } => "hold music",
        Source::Conference => "the meeting",
        Source::Prompt { prompt, .. } => prompt.name(),
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Passcode => "passcode",
            Self::Organizer => "organizer",
            Self::Pin => "PIN",
            Self::Name => "name",
        })
    }
}

impl fmt::Display for EndState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Starts { organizer: true } => f.write_str("starts the meeting as organizer"),
            Self::Starts { organizer: false } => f.write_str("starts the meeting"),
            Self::Joins { organizer: true } => f.write_str("joins as organizer"),
            Self::Joins { organizer: false } => f.write_str("joins"),
            Self::WaitsForOrganizer => f.write_str("waits for the organizer"),
            Self::WaitsToBeAdmitted => f.write_str("waits to be admitted"),
            Self::Refused(outcome) => f.write_str(outcome.name()),
        }
    }
}
