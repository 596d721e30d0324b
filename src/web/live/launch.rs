//! Simulated callers that are placed: a story with a meeting of the demo or of a real user, or a scenario of a folder, with
//! organizers of its own.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::sink::EventSink;
use crate::control::call::Digits;
use crate::control::directory::{Coordinates, NewOrganizer};
use crate::control::event::MeetingId;
use crate::control::numbers;
use crate::control::pin::{self, Pin};
use crate::control::policy::{OrganizerId, PinLength, PinRules};
use crate::exchange::Exchange;
use crate::leg::cast::Cast;
use crate::leg::scripted::{Accounts, CastRequest};
use crate::scenario::read::read;
use crate::scenario::source::Sources;
use crate::scenario::story::{Params, Story};
use crate::store::entropy;

/// Callers that one story may have: as many as fit into the largest load run that two cores were seen to carry with the
/// page open.
pub(crate) const CALLERS_MAX: u32 = 10_000;

/// Callers who are on stage at once, of all that were placed: more are for `attendant load`.
pub(crate) const PLACED_MAX: usize = 50_000;

/// Meetings of the demo: their organizers take turns.
const DEMO_MEETINGS: u32 = 8;

/// A story that is built in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Preset {
    /// Callers wait, then the organizer gives the PIN and releases them.
    Meeting,
    /// Callers wait in the lobby until somebody starts the meeting.
    Waiting,
    /// Somebody calls with the PIN.
    Organizer,
    /// A stranger keys a wrong PIN three times, while somebody waits.
    WrongPin,
}

impl Preset {
    pub(crate) const ALL: [Self; 4] = [Self::Meeting, Self::Waiting, Self::Organizer, Self::WrongPin];

    /// Its word in forms and requests.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Meeting => "meeting",
            Self::Waiting => "waiting",
            Self::Organizer => "organizer",
            Self::WrongPin => "wrong-pin",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.word() == word)
    }

    /// Returns whether somebody in it gives the PIN.
    const fn needs_pin(self) -> bool {
        match self {
            Self::Meeting | Self::Organizer => true,
            Self::Waiting | Self::WrongPin => false,
        }
    }

    /// Returns whether it is told how many callers there are.
    pub(crate) const fn has_callers(self) -> bool {
        match self {
            Self::Meeting | Self::Waiting => true,
            Self::Organizer | Self::WrongPin => false,
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Meeting => include_str!("meeting.yaml"),
            Self::Waiting => include_str!("waiting.yaml"),
            Self::Organizer => include_str!("organizer.yaml"),
            Self::WrongPin => include_str!("wrong_pin.yaml"),
        }
    }

    /// The story with so many callers, or with as many as it says itself.
    fn story(self, callers: Option<u32>) -> Option<Story> {
        let mut sources = Sources::new(move |_| Ok(self.text().as_bytes().to_vec()));
        let params: Params =
            callers.into_iter().map(|callers| ("callers".to_owned(), callers.to_string())).collect();
        read("placed.yaml", &mut sources, &params).ok()?.into_iter().next()
    }
}

/// The meeting that the callers dial in to.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// One of the demo's, whose PINs only its own callers know.
    Demo,
    /// The one with this conference ID; the organizer gives this PIN.
    Real { conference_id: Digits, pin: Option<Pin> },
}

impl Target {
    /// The meeting of this conference ID, or one of the demo.
    pub(crate) fn named(conference_id: Option<&str>, pin: Option<&str>) -> Result<Self, LaunchError> {
        let Some(id) = conference_id else {
            return if pin.is_none() { Ok(Self::Demo) } else { Err(LaunchError::PinOfNobody) };
        };
        let conference_id = numbers::conference_id(id).ok_or(LaunchError::BadConferenceId)?;
        let pin = pin.map(|pin| Pin::from_symbols(pin).ok_or(LaunchError::BadPin)).transpose()?;
        Ok(Self::Real { conference_id, pin })
    }
}

/// Simulated callers that somebody asks for.
#[derive(Clone, Debug)]
pub(crate) enum LaunchRequest {
    /// A story that is built in, with so many callers where it has some.
    Preset { preset: Preset, callers: Option<u32>, target: Target },
    /// The scenario of this name.
    Scenario(String),
}

impl LaunchRequest {
    /// Returns which meeting it is for, as the audit log says it.
    pub(crate) fn subject(&self) -> String {
        match self {
            Self::Preset { target: Target::Demo, .. } => "demo".to_owned(),
            Self::Preset { target: Target::Real { conference_id, .. }, .. } => {
                format!("conference ID {}", conference_id.reveal())
            }
            Self::Scenario(_) => "scenario".to_owned(),
        }
    }

    /// Returns what is launched, as the audit log says it.
    pub(crate) fn detail(&self) -> String {
        match self {
            Self::Preset { preset, callers: Some(callers), .. } => {
                format!("{}, {callers} callers", preset.word())
            }
            Self::Preset { preset, callers: None, .. } => preset.word().to_owned(),
            Self::Scenario(name) => name.clone(),
        }
    }
}

/// Why no callers were launched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LaunchError {
    /// The story has an organizer, and no PIN was given.
    NoPin,
    /// A PIN was given without a conference ID.
    PinOfNobody,
    /// This is not a conference ID.
    BadConferenceId,
    /// This is not a PIN.
    BadPin,
    /// There is room for so many callers at most.
    Callers(u32),
    /// The story has a number of callers of its own.
    CallersOfItsOwn,
    /// No such scenario.
    UnknownScenario,
    /// With these, more than [`PLACED_MAX`] would be on stage.
    TooMany,
    /// The exchange is going out of service.
    OutOfService,
}

/// The organizer of a simulated meeting that is not in the directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Simulated<'p> {
    /// One of the demo, counted from 1.
    Demo(usize),
    /// This organizer's of the scenario of this name.
    Scenario(&'p str, &'p str),
}

/// A scenario that can be placed, with its organizers.
struct Staged {
    name: String,
    organizers: Vec<String>,
    cast: Arc<Cast>,
    accounts: Arc<Accounts>,
}

/// Launches simulated callers on an exchange.
pub(crate) struct Launcher {
    events: EventSink,
    callers_max: u32,
    demo: Vec<Coordinates>,
    scenarios: Vec<Staged>,
    next_demo: AtomicU32,
    next_tag: AtomicU32,
}

impl fmt::Debug for Launcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (demo, scenarios) = (self.demo.len(), self.scenarios.len());
        f.debug_struct("Launcher").field("demo", &demo).field("scenarios", &scenarios).finish_non_exhaustive()
    }
}

impl Launcher {
    /// Enrols the organizers of the demo and of the scenarios in the exchange's own records, which no user is in. Of the
    /// places in a meeting, one is kept for its organizer.
    pub(crate) fn new(
        exchange: &Exchange<EventSink>,
        events: EventSink,
        capacity: u32,
        scenarios: &[Arc<Story>],
    ) -> Self {
        let organizers = (0..DEMO_MEETINGS).map(|_| NewOrganizer::default());
        let demo = exchange.enrol(organizers).map(|accounts| accounts.shown.clone()).unwrap_or_default();
        let scenarios = scenarios.iter().filter_map(|story| staged(exchange, story)).collect();
        let callers_max = capacity.saturating_sub(1).clamp(1, CALLERS_MAX);
        let (next_demo, next_tag) = (AtomicU32::new(0), AtomicU32::new(1));
        Self { events, callers_max, demo, scenarios, next_demo, next_tag }
    }

    /// Callers that a story may have.
    pub(crate) fn callers_max(&self) -> u32 {
        self.callers_max
    }

    /// The names of the scenarios.
    pub(crate) fn scenarios(&self) -> impl Iterator<Item = &str> {
        self.scenarios.iter().map(|staged| staged.name.as_str())
    }

    /// Returns who organizes a meeting of simulated callers; nothing for a user's meeting.
    pub(crate) fn simulated(&self, meeting: MeetingId) -> Option<Simulated<'_>> {
        let is_of = |known: &Coordinates| known.organizer.0 == meeting.0;
        let demo = self.demo.iter().position(is_of).map(|place| Simulated::Demo(place + 1));
        demo.or_else(|| {
            self.scenarios.iter().find_map(|staged| {
                let place = staged.accounts.shown.iter().position(is_of)?;
                Some(Simulated::Scenario(staged.organizers.get(place)?, &staged.name))
            })
        })
    }

    /// Returns the cast to place.
    ///
    /// # Errors
    /// The request cannot be carried out, or lacks something.
    pub(crate) fn prepare(&self, request: &LaunchRequest) -> Result<CastRequest, LaunchError> {
        let (cast, accounts) = match request {
            LaunchRequest::Scenario(name) => {
                let found = self.scenarios.iter().find(|staged| staged.name == *name);
                let staged = found.ok_or(LaunchError::UnknownScenario)?;
                (Arc::clone(&staged.cast), Arc::clone(&staged.accounts))
            }
            LaunchRequest::Preset { preset, callers, target } => {
                match callers {
                    Some(_) if !preset.has_callers() => return Err(LaunchError::CallersOfItsOwn),
                    Some(callers) if !(1..=self.callers_max).contains(callers) => {
                        return Err(LaunchError::Callers(self.callers_max));
                    }
                    Some(_) | None => {}
                }
                let shown = self.coordinates(*preset, target)?;
                let story = preset.story(*callers).ok_or(LaunchError::OutOfService)?;
                let accounts = Accounts { first: shown.organizer, shown: vec![shown] };
                (story.cast, Arc::new(accounts))
            }
        };
        if self.events.snapshot().expected() + cast.roles.len() > PLACED_MAX {
            return Err(LaunchError::TooMany);
        }
        let tag = self.next_tag.fetch_add(1, Ordering::Relaxed);
        Ok(CastRequest { cast, accounts, begins: [].into(), tag, outward: None })
    }

    fn coordinates(&self, preset: Preset, target: &Target) -> Result<Coordinates, LaunchError> {
        Ok(match *target {
            Target::Demo => {
                let next = self.next_demo.fetch_add(1, Ordering::Relaxed) as usize;
                *self.demo.get(next % self.demo.len().max(1)).ok_or(LaunchError::OutOfService)?
            }
            Target::Real { pin: None, .. } if preset.needs_pin() => return Err(LaunchError::NoPin),
            Target::Real { conference_id, pin } => {
                // Where nobody gives a PIN, any will do.
                let any = || pin::generate(PinLength::DEFAULT, PinRules::default(), &[], &mut entropy::draw);
                let (organizer, pin) = (OrganizerId(0), pin.unwrap_or_else(any));
                Coordinates { organizer, conference_id, pin, passcode: None }
            }
        })
    }

    /// Puts a cast on stage.
    pub(crate) async fn launch(
        &self,
        exchange: &Exchange<EventSink>,
        calling: CastRequest,
    ) -> Result<(), LaunchError> {
        let names = calling.cast.roles.iter().map(|role| role.name.clone()).collect();
        self.events.snapshot().expect(calling.tag, names);
        exchange.stage(0, calling, exchange.now()).await.map_err(|_| LaunchError::OutOfService)
    }
}

/// Returns whether callers can play a story on a bridge as it is: without administrators who act in it, faults of its
/// directory, and more callers than are placed at once.
#[must_use]
pub fn can_be_launched(story: &Story) -> bool {
    let alone = story.acts.is_empty() && story.load.is_none() && story.not_implemented.is_empty();
    let sound = story.directory_faults.is_empty() && story.late_questions.is_empty();
    alone && sound && (1..=CALLERS_MAX as usize).contains(&story.cast.roles.len())
}

/// A scenario with its organizers enrolled. Where two scenarios name the same conference ID, the second is given another.
fn staged(exchange: &Exchange<EventSink>, story: &Story) -> Option<Staged> {
    let enrol = |entry: NewOrganizer| {
        let drawn = NewOrganizer { conference_id: None, ..entry.clone() };
        let accounts = exchange.enrol([entry]).or_else(|_| exchange.enrol([drawn])).ok()?;
        accounts.shown.first().copied()
    };
    let entries =
        story.given.organizers.iter().map(|organizer| organizer.entry(&story.given).and_then(enrol));
    let shown: Vec<Coordinates> = entries.collect::<Option<_>>()?;
    let first = shown.first().map_or(OrganizerId(0), |coordinates| coordinates.organizer);
    Some(Staged {
        name: story.name.clone(),
        organizers: story.given.organizers.iter().map(|organizer| organizer.name.clone()).collect(),
        cast: Arc::clone(&story.cast),
        accounts: Arc::new(Accounts { first, shown }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_story_is_a_sound_scenario() {
        for preset in Preset::ALL {
            let story = preset.story(None).unwrap_or_else(|| panic!("{} is none", preset.word()));
            assert!(can_be_launched(&story));
            assert_eq!(Preset::from_word(preset.word()), Some(preset));
        }
        assert_eq!(
            Preset::Meeting.story(Some(CALLERS_MAX)).unwrap().cast.roles.len() as u32,
            CALLERS_MAX + 1
        );
    }

    #[test]
    fn a_meeting_is_named_whole_or_not_at_all() {
        for (id, pin, wrong) in [
            (None, None, None),
            (Some("123"), None, None),
            (Some("123"), Some("1234"), None),
            (None, Some("1234"), Some(LaunchError::PinOfNobody)),
            (Some("12a"), None, Some(LaunchError::BadConferenceId)),
            (Some("1234567890123"), None, Some(LaunchError::BadConferenceId)),
            (Some("123"), Some("12"), Some(LaunchError::BadPin)),
        ] {
            assert_eq!(Target::named(id, pin).err(), wrong, "{id:?} {pin:?}");
        }
    }
}
