//! Simulated callers that are placed: a story with a meeting of the demo or of a real user, or a scenario of a folder, with
//! organizers of its own.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::wire::Wire;
use crate::control::call::Digits;
use crate::control::directory::{Coordinates, NewOrganizer};
use crate::control::event::MeetingId;
use crate::control::numbers;
use crate::control::pin::{self, Pin};
use crate::control::policy::{OrganizerId, PinLength};
use crate::exchange::Exchange;
use crate::leg::cast::Cast;
use crate::leg::simulated::{Calling, Enrolled};
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
pub(crate) enum Play {
    /// Callers wait, then the organizer gives the PIN and releases them.
    Meeting,
    /// Callers wait for whoever comes.
    Waiting,
    /// Somebody calls with the PIN.
    Organizer,
    /// A stranger errs with the PIN three times, while somebody waits.
    WrongPin,
}

impl Play {
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
        Self::ALL.into_iter().find(|play| play.word() == word)
    }

    /// Whether somebody in it gives the PIN.
    const fn needs_pin(self) -> bool {
        match self {
            Self::Meeting | Self::Organizer => true,
            Self::Waiting | Self::WrongPin => false,
        }
    }

    /// Whether it is told how many callers there are.
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

/// Whose meeting the callers name.
#[derive(Clone, Debug)]
pub(crate) enum Whose {
    /// One of the demo's, whose PINs only its own callers know.
    Demo,
    /// The one with this conference ID; the organizer gives this PIN.
    Real { conference_id: Digits, pin: Option<Pin> },
}

impl Whose {
    /// The meeting of this conference ID, or one of the demo.
    pub(crate) fn named(conference_id: Option<&str>, pin: Option<&str>) -> Result<Self, Unplaced> {
        let Some(id) = conference_id else {
            return if pin.is_none() { Ok(Self::Demo) } else { Err(Unplaced::PinOfNobody) };
        };
        let conference_id = numbers::conference_id(id).ok_or(Unplaced::BadConferenceId)?;
        let pin = pin.map(|pin| Pin::from_symbols(pin).ok_or(Unplaced::BadPin)).transpose()?;
        Ok(Self::Real { conference_id, pin })
    }
}

/// What is to be placed.
#[derive(Clone, Debug)]
pub(crate) enum Wish {
    /// A story that is built in, with so many callers where it has some.
    Play { play: Play, callers: Option<u32>, whose: Whose },
    /// The scenario of this name.
    Scenario(String),
}

impl Wish {
    /// Whose meeting it is about, for the audit log.
    pub(crate) fn subject(&self) -> String {
        match self {
            Self::Play { whose: Whose::Demo, .. } => "demo".to_owned(),
            Self::Play { whose: Whose::Real { conference_id, .. }, .. } => {
                format!("conference ID {}", conference_id.reveal())
            }
            Self::Scenario(_) => "scenario".to_owned(),
        }
    }

    /// What is placed, for the audit log.
    pub(crate) fn detail(&self) -> String {
        match self {
            Self::Play { play, callers: Some(callers), .. } => format!("{}, {callers} callers", play.word()),
            Self::Play { play, callers: None, .. } => play.word().to_owned(),
            Self::Scenario(name) => name.clone(),
        }
    }
}

/// Why nobody was placed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unplaced {
    /// The story has an organizer, and no PIN was given.
    NoPin,
    /// A PIN was given, and no conference ID whose it could be.
    PinOfNobody,
    /// This is no conference ID.
    BadConferenceId,
    /// This is no PIN.
    BadPin,
    /// There is room for so many callers at most.
    Callers(u32),
    /// The story is told nothing of how many callers there are.
    CallersOfItsOwn,
    /// There is no such scenario.
    UnknownScenario,
    /// With these, more than [`PLACED_MAX`] would be on stage.
    TooMany,
    /// The exchange goes out of service.
    OutOfService,
}

/// Whose meeting it is, where it is none of the directory's.
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
    enrolled: Arc<Enrolled>,
}

/// Places callers on an exchange.
pub(crate) struct Placing {
    wire: Wire,
    callers_max: u32,
    demo: Vec<Coordinates>,
    scenarios: Vec<Staged>,
    next_demo: AtomicU32,
    next_tag: AtomicU32,
}

impl fmt::Debug for Placing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (demo, scenarios) = (self.demo.len(), self.scenarios.len());
        f.debug_struct("Placing").field("demo", &demo).field("scenarios", &scenarios).finish_non_exhaustive()
    }
}

impl Placing {
    /// Enrols the organizers of the demo and of the scenarios in the exchange's own records, which no user is in. Of the
    /// places in a meeting, one is kept for its organizer.
    pub(crate) fn new(
        exchange: &Exchange<Wire>,
        wire: Wire,
        capacity: u32,
        scenarios: &[Arc<Story>],
    ) -> Self {
        let organizers = (0..DEMO_MEETINGS).map(|_| NewOrganizer::default());
        let demo = exchange.enrol(organizers).map(|enrolled| enrolled.shown.clone()).unwrap_or_default();
        let scenarios = scenarios.iter().filter_map(|story| staged(exchange, story)).collect();
        let callers_max = capacity.saturating_sub(1).clamp(1, CALLERS_MAX);
        let (next_demo, next_tag) = (AtomicU32::new(0), AtomicU32::new(1));
        Self { wire, callers_max, demo, scenarios, next_demo, next_tag }
    }

    /// Callers that a story may have.
    pub(crate) fn callers_max(&self) -> u32 {
        self.callers_max
    }

    /// The names of the scenarios.
    pub(crate) fn scenarios(&self) -> impl Iterator<Item = &str> {
        self.scenarios.iter().map(|staged| staged.name.as_str())
    }

    /// Whose meeting it is; nothing if it is none of those that are placed here.
    pub(crate) fn whose(&self, meeting: MeetingId) -> Option<Simulated<'_>> {
        let is_of = |known: &Coordinates| known.organizer.0 == meeting.0;
        let demo = self.demo.iter().position(is_of).map(|place| Simulated::Demo(place + 1));
        demo.or_else(|| {
            self.scenarios.iter().find_map(|staged| {
                let place = staged.enrolled.shown.iter().position(is_of)?;
                Some(Simulated::Scenario(staged.organizers.get(place)?, &staged.name))
            })
        })
    }

    /// What goes on stage.
    ///
    /// # Errors
    /// Nobody can play it, or it lacks something.
    pub(crate) fn prepare(&self, wish: &Wish) -> Result<Calling, Unplaced> {
        let (cast, enrolled) = match wish {
            Wish::Scenario(name) => {
                let found = self.scenarios.iter().find(|staged| staged.name == *name);
                let staged = found.ok_or(Unplaced::UnknownScenario)?;
                (Arc::clone(&staged.cast), Arc::clone(&staged.enrolled))
            }
            Wish::Play { play, callers, whose } => {
                match callers {
                    Some(_) if !play.has_callers() => return Err(Unplaced::CallersOfItsOwn),
                    Some(callers) if !(1..=self.callers_max).contains(callers) => {
                        return Err(Unplaced::Callers(self.callers_max));
                    }
                    Some(_) | None => {}
                }
                let shown = self.coordinates(*play, whose)?;
                let story = play.story(*callers).ok_or(Unplaced::OutOfService)?;
                let enrolled = Enrolled { first: shown.organizer, shown: vec![shown] };
                (story.cast, Arc::new(enrolled))
            }
        };
        if self.wire.picture().expected() + cast.roles.len() > PLACED_MAX {
            return Err(Unplaced::TooMany);
        }
        let tag = self.next_tag.fetch_add(1, Ordering::Relaxed);
        Ok(Calling { cast, enrolled, begins: [].into(), tag })
    }

    fn coordinates(&self, play: Play, whose: &Whose) -> Result<Coordinates, Unplaced> {
        Ok(match *whose {
            Whose::Demo => {
                let next = self.next_demo.fetch_add(1, Ordering::Relaxed) as usize;
                *self.demo.get(next % self.demo.len().max(1)).ok_or(Unplaced::OutOfService)?
            }
            Whose::Real { pin: None, .. } if play.needs_pin() => return Err(Unplaced::NoPin),
            Whose::Real { conference_id, pin } => {
                // Where nobody gives a PIN, any will do.
                let any = || pin::generate(PinLength::DEFAULT, &[], &mut entropy::draw);
                Coordinates { organizer: OrganizerId(0), conference_id, pin: pin.unwrap_or_else(any) }
            }
        })
    }

    /// Puts it on stage.
    pub(crate) async fn place(&self, exchange: &Exchange<Wire>, calling: Calling) -> Result<(), Unplaced> {
        let names = calling.cast.roles.iter().map(|role| role.name.clone()).collect();
        self.wire.picture().expect(calling.tag, names);
        exchange.stage(0, calling, exchange.now()).await.map_err(|_| Unplaced::OutOfService)
    }
}

/// Whether callers can play a story on a bridge as it is: without administrators who act in it, faults of its directory,
/// and more callers than are placed at once.
#[must_use]
pub fn can_be_placed(story: &Story) -> bool {
    let alone = story.acts.is_empty() && story.load.is_none() && story.unbuilt.is_empty();
    let sound = story.directory_faults.is_empty() && story.late_questions.is_empty();
    alone && sound && (1..=CALLERS_MAX as usize).contains(&story.cast.roles.len())
}

/// A scenario with its organizers enrolled. Where two scenarios name the same conference ID, the second is given another.
fn staged(exchange: &Exchange<Wire>, story: &Story) -> Option<Staged> {
    let enrol = |entry: NewOrganizer| {
        let drawn = NewOrganizer { conference_id: None, ..entry.clone() };
        let enrolled = exchange.enrol([entry]).or_else(|_| exchange.enrol([drawn])).ok()?;
        enrolled.shown.first().copied()
    };
    let entries =
        story.given.organizers.iter().map(|organizer| organizer.entry(&story.given).and_then(enrol));
    let shown: Vec<Coordinates> = entries.collect::<Option<_>>()?;
    let first = shown.first().map_or(OrganizerId(0), |coordinates| coordinates.organizer);
    Some(Staged {
        name: story.name.clone(),
        organizers: story.given.organizers.iter().map(|organizer| organizer.name.clone()).collect(),
        cast: Arc::clone(&story.cast),
        enrolled: Arc::new(Enrolled { first, shown }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_story_is_a_sound_scenario() {
        for play in Play::ALL {
            let story = play.story(None).unwrap_or_else(|| panic!("{} is none", play.word()));
            assert!(can_be_placed(&story));
            assert_eq!(Play::from_word(play.word()), Some(play));
        }
        assert_eq!(Play::Meeting.story(Some(CALLERS_MAX)).unwrap().cast.roles.len() as u32, CALLERS_MAX + 1);
    }

    #[test]
    fn a_meeting_is_named_whole_or_not_at_all() {
        for (id, pin, wrong) in [
            (None, None, None),
            (Some("123"), None, None),
            (Some("123"), Some("1234"), None),
            (None, Some("1234"), Some(Unplaced::PinOfNobody)),
            (Some("12a"), None, Some(Unplaced::BadConferenceId)),
            (Some("1234567890123"), None, Some(Unplaced::BadConferenceId)),
            (Some("123"), Some("12"), Some(Unplaced::BadPin)),
        ] {
            assert_eq!(Whose::named(id, pin).err(), wrong, "{id:?} {pin:?}");
        }
    }
}
