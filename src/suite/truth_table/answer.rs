//! What a caller got, read off the log of a run.

use std::fmt;

use crate::control::call::{LegId, Prompt, Source};
use crate::control::event::{AccountEvent, CallEvent, Event, MeetingEvent, Outcome};
use crate::control::time::Instant;
use crate::leg::log::{Entry, Log};

/// What a caller got.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// What was asked for after the conference ID, in order.
    pub asked: Vec<Asked>,
    /// What came of it.
    pub gets: Gets,
    /// What is heard in the end: a source, or the prompt's name.
    pub hears: &'static str,
    /// What those who were already in the meeting were told of it, each once.
    pub told: Vec<&'static str>,
}

/// Something that a caller is asked for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Asked {
    /// To press `*` as the organizer.
    Organizer,
    /// The PIN.
    Pin,
    /// A name.
    Name,
}

/// The state of a call at the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gets {
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
        let mut seen = Seen { organizer: own_client, ..Seen::default() };
        for (at, entry) in log.entries.iter().filter(|(at, _)| *at < until) {
            match entry {
                Entry::Dials { part: dialling, leg } if *dialling == part => seen.leg = Some(*leg),
                Entry::Event(event) => seen.take(*event, *at >= from),
                Entry::Dials { .. } | Entry::Step { .. } | Entry::Failed { .. } | Entry::Signal { .. } => {}
                Entry::LineFault { .. } | Entry::Act { .. } | Entry::Finished { .. } => {}
            }
        }
        let gets = match (seen.over, seen.joined, seen.runs) {
            (Some(outcome), _, _) => Gets::Refused(outcome),
            (None, true, _) if seen.started => Gets::Starts { organizer: seen.organizer },
            (None, true, _) => Gets::Joins { organizer: seen.organizer },
            (None, false, true) => Gets::WaitsToBeAdmitted,
            (None, false, false) => Gets::WaitsForOrganizer,
        };
        Self { asked: seen.asked, gets, hears: seen.hears, told: seen.told }
    }
}

#[derive(Default)]
struct Seen {
    leg: Option<LegId>,
    asked: Vec<Asked>,
    hears: &'static str,
    told: Vec<&'static str>,
    started: bool,
    joined: bool,
    organizer: bool,
    runs: bool,
    over: Option<Outcome>,
}

impl Seen {
    fn take(&mut self, event: Event, since_the_call: bool) {
        let own = |leg| self.leg == Some(leg);
        match event {
            Event::Meeting(MeetingEvent::Started { by, .. }) => {
                self.runs = true;
                self.started |= own(by);
            }
            Event::Meeting(MeetingEvent::Ended { .. }) => self.runs = false,
            Event::Meeting(MeetingEvent::Joined { leg, .. }) if own(leg) => self.joined = true,
            Event::Meeting(MeetingEvent::Parked { leg, .. })
            | Event::Meeting(MeetingEvent::Left { leg, .. })
                if own(leg) =>
            {
                self.joined = false
            }
            Event::Meeting(MeetingEvent::PinAccepted { leg, .. }) if own(leg) => self.organizer = true,
            Event::Call(CallEvent::Finished { leg, outcome, .. }) if own(leg) => {
                self.over = Some(outcome);
                self.hears = "nothing, since the call has ended";
            }
            Event::Call(CallEvent::Hears { leg, source }) if own(leg) => self.hear(source),
            Event::Meeting(MeetingEvent::Announced { prompt, .. })
                if since_the_call && !self.told.contains(&prompt.name()) =>
            {
                self.told.push(prompt.name());
            }
            Event::Call(CallEvent::Called { .. })
            | Event::Call(CallEvent::Answered { .. })
            | Event::Call(CallEvent::Key { .. })
            | Event::Call(CallEvent::KeysIgnored { .. })
            | Event::Call(CallEvent::ConferenceIdKeyed { .. })
            | Event::Call(CallEvent::DirectoryFailed { .. })
            | Event::Call(CallEvent::Hears { .. })
            | Event::Meeting(MeetingEvent::Parked { .. })
            | Event::Meeting(MeetingEvent::Joined { .. })
            | Event::Meeting(MeetingEvent::Left { .. })
            | Event::Call(CallEvent::Finished { .. })
            | Event::Meeting(MeetingEvent::PinAccepted { .. })
            | Event::Meeting(MeetingEvent::PinRefused { .. })
            | Event::Account(AccountEvent::PinChecked { .. })
            | Event::Meeting(MeetingEvent::Promoted { .. })
            | Event::Meeting(MeetingEvent::Locked { .. })
            | Event::Meeting(MeetingEvent::Commanded { .. })
            | Event::Meeting(MeetingEvent::Hand { .. })
            | Event::Meeting(MeetingEvent::Muted { .. })
            | Event::Meeting(MeetingEvent::Announced { .. })
            | Event::Meeting(MeetingEvent::AnnouncementDropped { .. })
            | Event::Account(AccountEvent::LockedOut { .. })
            | Event::Account(AccountEvent::Administered { .. }) => {}
        }
    }

    fn hear(&mut self, source: Source) {
        self.hears = match source {
            Source::Silence => "nothing",
            Source::HoldMusic { .. } => "hold music",
            Source::Conference => "the meeting",
            Source::Prompt { prompt, .. } => prompt.name(),
        };
        let asked = match source {
            Source::Prompt { prompt: Prompt::PressStarIfOrganizer, .. } => Asked::Organizer,
            Source::Prompt { prompt: Prompt::EnterPin, .. } => Asked::Pin,
            Source::Prompt { prompt: Prompt::SayYourName, .. } => Asked::Name,
            Source::Silence | Source::HoldMusic { .. } | Source::Conference | Source::Prompt { .. } => return,
        };
        if !self.asked.contains(&asked) {
            self.asked.push(asked);
        }
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Organizer => "organizer",
            Self::Pin => "PIN",
            Self::Name => "name",
        })
    }
}

impl fmt::Display for Gets {
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
