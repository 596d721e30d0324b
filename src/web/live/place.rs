//! Simulated callers that are placed from the page: a story, with a meeting of the demo or of a real user.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::wire::Wire;
use crate::admin::refusal::CONFERENCE_ID_MAX;
use crate::control::call::Digits;
use crate::control::directory::{Coordinates, NewOrganizer};
use crate::control::event::MeetingId;
use crate::control::pin::{self, Pin};
use crate::control::policy::{OrganizerId, PinLength};
use crate::exchange::Exchange;
use crate::leg::simulated::{Calling, Enrolled};
use crate::scenario::read::read;
use crate::scenario::source::Sources;
use crate::scenario::story::{Params, Story};
use crate::store::entropy;

/// Callers that one story may have: as many as fit into the largest load run that two cores were seen to carry with the
/// page open.
pub(crate) const CALLERS_MAX: u32 = 10_000;

/// Meetings of the demo: their organizers take turns.
const DEMO_MEETINGS: u32 = 8;

/// A story that can be placed.
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
    pub(crate) const fn needs_pin(self) -> bool {
        match self {
            Self::Meeting | Self::Organizer => true,
            Self::Waiting | Self::WrongPin => false,
        }
    }

    const fn has_callers(self) -> bool {
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

    /// The story with so many callers.
    fn story(self, callers: u32) -> Option<Story> {
        let mut sources = Sources::new(move |_| Ok(self.text().as_bytes().to_vec()));
        let mut params = Params::new();
        if self.has_callers() {
            params.insert("callers".to_owned(), callers.clamp(1, CALLERS_MAX).to_string());
        }
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

/// Why nobody was placed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unplaced {
    /// The story has an organizer, and no PIN was given.
    NoPin,
    /// The exchange goes out of service.
    OutOfService,
}

/// What names a meeting, if it is 1 to 12 numbers.
pub(crate) fn conference_id(text: &str) -> Option<Digits> {
    let fits =
        (1..=CONFERENCE_ID_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    Digits::from_symbols(text).filter(|_| fits)
}

/// Places callers on an exchange.
pub(crate) struct Placing {
    wire: Wire,
    demo: Vec<Coordinates>,
    next_demo: AtomicU32,
    next_tag: AtomicU32,
}

impl fmt::Debug for Placing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Placing").field("demo", &self.demo.len()).finish_non_exhaustive()
    }
}

impl Placing {
    /// Enrols the organizers of the demo in the exchange's own records, which no user is in.
    pub(crate) fn new(exchange: &Exchange<Wire>, wire: Wire) -> Self {
        let organizers = (0..DEMO_MEETINGS).map(|_| NewOrganizer::default());
        let demo = exchange.enrol(organizers).map(|enrolled| enrolled.shown.clone()).unwrap_or_default();
        Self { wire, demo, next_demo: AtomicU32::new(0), next_tag: AtomicU32::new(1) }
    }

    /// Which meeting of the demo it is, counted from 1; nothing if it is none.
    pub(crate) fn demo_number(&self, meeting: MeetingId) -> Option<usize> {
        self.demo.iter().position(|known| known.organizer.0 == meeting.0).map(|place| place + 1)
    }

    /// Puts a story on stage.
    pub(crate) async fn place(
        &self,
        exchange: &Exchange<Wire>,
        play: Play,
        callers: u32,
        whose: Whose,
    ) -> Result<(), Unplaced> {
        let shown = match whose {
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
        };
        let story = play.story(callers).ok_or(Unplaced::OutOfService)?;
        let tag = self.next_tag.fetch_add(1, Ordering::Relaxed);
        let names = story.cast.roles.iter().map(|role| role.name.clone()).collect();
        self.wire.picture().expect(tag, names);
        let enrolled = Arc::new(Enrolled { first: shown.organizer, shown: vec![shown] });
        let calling = Calling { cast: Arc::clone(&story.cast), enrolled, begins: [].into(), tag };
        exchange.stage(0, calling, exchange.now()).await.map_err(|_| Unplaced::OutOfService)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_story_is_a_sound_scenario() {
        for play in Play::ALL {
            let story = play.story(3).unwrap_or_else(|| panic!("{} is none", play.word()));
            assert!(story.unbuilt.is_empty() && !story.cast.roles.is_empty());
            assert_eq!(Play::from_word(play.word()), Some(play));
        }
        assert_eq!(Play::Meeting.story(CALLERS_MAX + 1).unwrap().cast.roles.len() as u32, CALLERS_MAX + 1);
    }
}
