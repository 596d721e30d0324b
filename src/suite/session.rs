//! Records a session at telephones, and writes it as a scenario afterwards.
//!
//! Waits become what was heard, and the order in which people acted becomes marks for which the others wait. Where that
//! does not hold when it is replayed, since the moment of a key mattered, every wait is written as it was. Number keys
//! are written only where the bridge has taken them for a command; conference IDs and PINs are named, and any other
//! number is written as zeros, which do the same: it may be somebody's PIN.

mod acts;
mod deduce;
mod keys;
mod recorded;
mod replayed;
mod setting_up;
mod write;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::control::call::{Digit, HangupCause, LegId, Source, Speech};
use crate::control::event::{CallEvent, Event, MeetingEvent, Outcome, Place};
use crate::control::meeting::CallerAct;
use crate::control::pin::Pin;
use crate::control::presence::Presence;
use crate::control::time::Instant;
use crate::leg::log::Entry;
use crate::scenario::story::Story;
use keys::{Keyed, Names};
pub use recorded::{Recorded, RecordedCall, made_up_passcode};
pub use write::Scenario;

/// Maximum number of recorded items; later ones are not written. About a day of steady keying.
pub const ITEMS_MAX: usize = 65_536;

/// A person who did or heard something: a place in the story's cast, or its administrator.
type PersonIndex = usize;

/// An act of the session's administrator. Organizers and callers are those of the story, in its order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Act {
    /// Gives an organizer a new PIN.
    ResetPin(usize),
    /// Locks an organizer's meeting.
    Lock(usize),
    /// Unlocks it.
    Unlock(usize),
    /// Ends it.
    End(usize),
    /// Acts on a caller.
    OnCaller(CallerAct, usize),
}

/// One item of a session.
#[derive(Clone, Debug)]
struct Item {
    at: Instant,
    who: PersonIndex,
    action: Action,
}

#[derive(Clone, Debug)]
enum Action {
    /// Places a call; a scenario writes whom it is to.
    Dials(String),
    Hears(Source),
    /// A key: its index among the keys of its caller, and how long it was held if it was long.
    Key(usize, Option<Duration>),
    HangsUp,
    /// The other side ended the call.
    Ended(HangupCause),
    Acts(Act),
    /// Says this for so long.
    Says(Speech, Duration),
    /// The administrator does what a scenario writes so.
    Administers(String),
}

/// The recorded session at the telephones of a story's cast.
#[derive(Debug)]
pub struct Session<'s> {
    story: &'s Story,
    title: String,
    items: Vec<Item>,
    keyed: Vec<Keyed>,
    names: Names<'s>,
    parts: BTreeMap<LegId, PersonIndex>,
    presence: Presence,
    /// The outcome of each caller's last call, once it is over.
    outcomes: BTreeMap<PersonIndex, Outcome>,
    full: bool,
    /// The options with which it is replayed, if it was with a bridge of others.
    bridge: Option<String>,
}

impl<'s> Session<'s> {
    /// Creates an empty session. Legs are those of the story's cast, in its order.
    #[must_use]
    pub fn new(story: &'s Story) -> Self {
        let keyed = story.cast.roles.iter().map(|_| Keyed::default()).collect();
        Self {
            story,
            title: "A session at the telephone".to_owned(),
            items: Vec::new(),
            keyed,
            names: Names::new(story),
            parts: BTreeMap::new(),
            presence: Presence::default(),
            outcomes: BTreeMap::new(),
            full: false,
            bridge: None,
        }
    }

    /// It is called so.
    fn titled(self, title: String) -> Self {
        Self { title, ..self }
    }

    /// It is with a bridge of others: these options of `attendant replay` name it.
    pub fn of_bridge(&mut self, options: String) {
        self.bridge = Some(options);
    }

    /// Returns whether more has happened than was recorded.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.full
    }

    /// Returns whether nobody has done anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Records that a caller of the cast presses a key, which the bridge is about to [report](Self::take).
    pub fn pressed(&mut self, who: usize, digit: Digit) {
        self.keyed[who].pressed(digit);
    }

    /// Removes the last key of this caller, which was not sent after all.
    pub fn unpressed(&mut self, who: usize) {
        self.keyed[who].unpressed();
    }

    /// Records how long the last key of this caller was held.
    pub fn held(&mut self, who: usize, hold: Duration) {
        let last = self.items.iter_mut().rev().find(|item| item.who == who);
        if let Some(Item { action: Action::Key(_, held), .. }) = last {
            *held = Some(hold);
        }
    }

    /// Records that a caller says this for so long.
    fn says(&mut self, at: Instant, who: PersonIndex, speech: Speech, how_long: Duration) {
        self.push(at, who, Action::Says(speech, how_long));
    }

    /// Records an act of the administrator, as a scenario writes it.
    fn administers(&mut self, at: Instant, step: String) {
        let administrator = self.administrator();
        self.push(at, administrator, Action::Administers(step));
    }

    /// Records an act of the administrator.
    pub fn acts(&mut self, at: Instant, act: Act) {
        if let Act::ResetPin(organizer) = act {
            self.names.pin_is(at, organizer, None);
        }
        let administrator = self.administrator();
        self.push(at, administrator, Action::Acts(act));
    }

    /// Records the PIN that [`Act::ResetPin`] gave an organizer.
    pub fn pin_is(&mut self, at: Instant, organizer: usize, pin: Pin) {
        self.names.pin_is(at, organizer, Some(pin));
    }

    /// Records an entry of the run's log, in order.
    pub fn take(&mut self, at: Instant, entry: &Entry) {
        match entry {
            Entry::Dials { part, leg } => self.dials(at, (*leg, *part as usize), "bridge"),
            Entry::Event(event) => self.event(at, *event),
            Entry::Step { .. } | Entry::Failed { .. } | Entry::Signal { .. } | Entry::LineFault { .. } => {}
            Entry::Act { .. } | Entry::Finished { .. } => {}
        }
    }

    /// A caller calls somebody, on this leg.
    fn dials(&mut self, at: Instant, (leg, who): (LegId, PersonIndex), whom: &str) {
        self.parts.insert(leg, who);
        self.outcomes.remove(&who);
        self.keyed[who].call_begins();
        let step = if whom.contains(", ") { format!("{{ dial: {whom} }}") } else { format!("dial: {whom}") };
        self.push(at, who, Action::Dials(step));
    }

    fn event(&mut self, at: Instant, event: Event) {
        self.presence.take(at, event);
        let Some(leg) = event.leg() else { return };
        let Some(who) = self.parts.get(&leg).copied() else { return };
        match event {
            Event::Call(CallEvent::Hears { source, .. }) => {
                if !self.cut_short(at, who, source) {
                    self.push(at, who, Action::Hears(source));
                }
            }
            Event::Call(CallEvent::Key { .. }) => {
                let joined = self.presence.caller(leg).is_some_and(|caller| caller.is_at(Place::Joined));
                if let Some(key) = self.keyed[who].arrived(at, joined) {
                    self.push(at, who, Action::Key(key, None));
                }
            }
            Event::Call(CallEvent::ConferenceIdKeyed { digits, meeting: Some(meeting), .. }) => {
                self.names.conference_id_is(meeting.0 as usize, digits);
            }
            Event::Meeting(MeetingEvent::Commanded { command, .. }) => {
                self.keyed[who].command(&self.story.given.policy.meeting.keys, command);
            }
            Event::Call(CallEvent::Finished { outcome, cause, .. }) => {
                self.outcomes.insert(who, outcome);
                let how = match cause {
                    HangupCause::Caller | HangupCause::Cancelled => Action::HangsUp,
                    HangupCause::Bridge
                    | HangupCause::Lost
                    | HangupCause::NoAck
                    | HangupCause::NoMedia
                    | HangupCause::MediaGone
                    | HangupCause::SessionExpired
                    | HangupCause::UnknownNumber
                    | HangupCause::Congestion
                    | HangupCause::Declined => Action::Ended(cause),
                };
                self.push(at, who, how);
            }
            Event::Call(_) | Event::Meeting(_) | Event::Account(_) => {}
        }
    }

    /// Returns whether this is the silence after a key that interrupted a prompt: no script waits for it.
    fn cut_short(&self, at: Instant, who: PersonIndex, source: Source) -> bool {
        let last = self.items.iter().rev().find(|item| item.who == who);
        let keyed = last.is_some_and(|item| item.at == at && matches!(item.action, Action::Key(..)));
        source == Source::Silence && keyed
    }

    fn push(&mut self, at: Instant, who: PersonIndex, action: Action) {
        if self.items.len() < ITEMS_MAX {
            self.items.push(Item { at, who, action });
        } else {
            self.full = true;
        }
    }

    fn administrator(&self) -> PersonIndex {
        self.story.cast.roles.len()
    }
}
