//! The state of all handsets, the office and the loudspeaker: keys and what the exchange tells go in,
//! orders come out. It knows no terminal, no clock and no runtime.

mod keys;

use std::collections::BTreeMap;

use crate::control::call::{Digit, LegId};
use crate::control::event::{CallEvent, Event, MeetingId};
use crate::control::outputs::Outputs;
use crate::control::pin::Pin;
use crate::control::presence::{Caller, Presence};
use crate::control::time::Instant;
use crate::exchange::LineReport;
use crate::leg::log::Entry;
use crate::phone::describe::name;
use crate::phone::events::{Context, EventLog, LINES_MAX};
use crate::phone::handset::{Handset, Line};
use crate::phone::headline::headline;
use crate::phone::meter::Levels;
use crate::report::EventText;
use crate::scenario::story::Story;
use crate::suite::session::{Act, Session};
use crate::terminal::keymap::Key;

/// The loudest that the loudspeaker goes.
pub const VOLUME_MAX: u8 = 10;

/// An input of the model.
#[derive(Debug)]
pub enum Input<'i> {
    /// A key of the keyboard.
    Key(Key),
    /// Text that was pasted, or written in one line.
    Paste(&'i str),
    /// The exchange tells a handset something.
    Report(usize, LineReport),
    /// An entry of the event stream.
    Entry(Instant, &'i Entry),
    /// The answer to [`Act::ResetPin`].
    PinShown(usize, Pin),
    /// There was nobody in the meeting to be told of an [`Act`].
    Nobody,
    /// Something to tell the user.
    Note(String),
    /// How loud the telephones are.
    Levels(&'i Levels),
    /// Another bridge has taken this PIN of an organizer: it is not to be written.
    RightPin(usize, Pin),
    /// What a handset hears has no name from this moment on, or has one again.
    Unknown(usize, Instant, bool),
}

/// An output of the model.
#[derive(Clone, PartialEq, Debug)]
pub enum Order {
    /// A handset calls the bridge.
    Dial(usize),
    /// A key goes down on a handset.
    Press(usize, Digit),
    /// A handset hangs up.
    HangUp(usize),
    /// For the loudspeaker.
    Sound(Sound),
    /// Records an act of the administrator.
    Act(Act),
    /// The session is to be kept.
    Save,
    /// The terminal is to be given back for a while.
    Suspend,
    /// Everything is to be redrawn.
    Redraw,
    /// All is over.
    Quit {
        /// By ctrl-C.
        interrupted: bool,
    },
}

/// A change at the loudspeaker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sound {
    /// This leg is heard, or nothing.
    Listen(Option<LegId>),
    /// A key of the focused handset sounds.
    KeyDown(Digit),
    /// It does not any more.
    KeyUp,
    /// The caller on this leg speaks, or is silent.
    Talk(LegId, bool),
    /// How loud it is, up to [`VOLUME_MAX`].
    Volume(u8),
}

/// A pane over the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pane {
    /// Nothing.
    None,
    /// The help on keys.
    Help,
    /// The administrator's office.
    Office,
}

/// Everything on the screen.
#[derive(Debug)]
pub struct PhoneModel<'s> {
    story: &'s Story,
    /// The address of the bridge that is called, if it is not the one in this program.
    remote: Option<String>,
    event_text: EventText<'s>,
    session: Session<'s>,
    /// The telephones, in the order of the story's cast.
    pub handsets: Vec<Handset>,
    /// The one that keys go to, and that is heard.
    pub focus: usize,
    /// The place of each caller.
    pub presence: Presence,
    /// What has happened, as lines.
    pub events: EventLog,
    /// How many of those lines are below what is read.
    pub scrolled: usize,
    /// The last thing that changed for all, in a sentence.
    pub headline: String,
    /// The pane over the log.
    pub pane: Pane,
    /// The organizer whom the office is about.
    pub organizer: usize,
    /// A PIN that is shown this once, until the next key.
    pub shown_pin: Option<(usize, Pin)>,
    /// For each organizer, whether the PIN is not the demo directory's any more.
    pub new_pins: Vec<bool>,
    /// The last message for the user.
    pub note: String,
    /// How loud the loudspeaker is.
    pub volume: u8,
    /// Whether it is silent all the same.
    pub muted: bool,
    heard: Option<LegId>,
    sounding: bool,
    now: Instant,
    orders: Outputs<Order>,
}

impl<'s> PhoneModel<'s> {
    /// All telephones of this story's cast on their hooks.
    #[must_use]
    pub fn new(story: &'s Story) -> Self {
        Self {
            story,
            remote: None,
            event_text: EventText::live(story),
            session: Session::new(story),
            handsets: story.cast.roles.iter().map(|role| Handset::new(name(&role.name))).collect(),
            focus: 0,
            presence: Presence::default(),
            events: EventLog::default(),
            scrolled: 0,
            headline: String::new(),
            pane: Pane::None,
            organizer: 0,
            shown_pin: None,
            new_pins: vec![false; story.given.organizers.len()],
            note: String::new(),
            volume: VOLUME_MAX / 2,
            muted: false,
            heard: None,
            sounding: false,
            now: Instant::ZERO,
            orders: Outputs::default(),
        }
    }

    /// The same telephones, calling another bridge, at this address.
    #[must_use]
    pub fn of_remote(self, address: String) -> Self {
        Self { remote: Some(address), ..self }
    }

    /// The same at which prompts are those of a bridge of others, by their names here, and of which the session is replayed with
    /// these options.
    #[must_use]
    pub fn of_target(mut self, sounds: BTreeMap<&'static str, String>, options: String) -> Self {
        self.event_text.name_sounds(sounds);
        self.session.of_bridge(options);
        self
    }

    /// The address of the bridge that is called, if it is not the one in this program.
    #[must_use]
    pub fn remote(&self) -> Option<&str> {
        self.remote.as_deref()
    }

    /// The story whose telephones these are.
    #[must_use]
    pub fn story(&self) -> &'s Story {
        self.story
    }

    /// Knows the names of legs.
    #[must_use]
    pub fn event_text(&self) -> &EventText<'s> {
        &self.event_text
    }

    /// Returns the session so far.
    #[must_use]
    pub fn session(&self) -> &Session<'s> {
        &self.session
    }

    /// The telephone that keys go to.
    #[must_use]
    pub fn focused(&self) -> &Handset {
        &self.handsets[self.focus]
    }

    /// The moment of what happened last.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Takes in what happened.
    pub fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        self.now = self.now.max(now);
        match input {
            Input::Key(key) => self.key(key),
            Input::Paste(text) => self.paste(text),
            Input::Report(who, told) => self.handsets[who].told(told),
            Input::Entry(at, entry) => self.entry(at, entry),
            Input::PinShown(organizer, pin) => {
                self.session.pin_is(self.now, organizer, pin);
                self.shown_pin = Some((organizer, pin));
                if let Some(is_new) = self.new_pins.get_mut(organizer) {
                    *is_new = true;
                }
            }
            Input::Nobody => self.note("that meeting has no participants"),
            Input::Note(note) => self.note = note,
            Input::RightPin(organizer, pin) => self.session.pin_is(Instant::ZERO, organizer, pin),
            Input::Unknown(who, at, is_heard) => {
                self.handsets[who].hears_unknown = is_heard;
                if is_heard {
                    let line = format!("{} hears a sound that is in no library", self.handsets[who].name);
                    self.tell(at, line);
                }
            }
            Input::Levels(levels) => {
                for (handset, levels) in self.handsets.iter_mut().zip(&levels.handsets) {
                    levels.iter().for_each(|levels| handset.meter(*levels));
                }
            }
        }
        self.listen();
    }

    /// Handles what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.now = self.now.max(now);
        for who in 0..self.handsets.len() {
            if let Some(digit) = self.handsets[who].handle_timeout(now) {
                self.press(who, digit, false);
            }
        }
        self.listen();
    }

    /// The next order; drain it before the next `handle_*`.
    pub fn poll_order(&mut self) -> Option<Order> {
        self.orders.poll()
    }

    /// Returns when [`PhoneModel::handle_timeout`] is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let due = self.handsets.iter().map(Handset::due).min();
        due.filter(|due| *due != Instant::NEVER)
    }

    fn note(&mut self, note: &str) {
        note.clone_into(&mut self.note);
    }

    fn entry(&mut self, at: Instant, entry: &Entry) {
        self.event_text.note(entry);
        self.session.take(at, entry);
        let event = match entry {
            Entry::Event(event) => Some(*event),
            Entry::Dials { .. } | Entry::Step { .. } | Entry::Failed { .. } | Entry::Signal { .. } => None,
            Entry::LineFault { .. } | Entry::Act { .. } | Entry::Finished { .. } => None,
        };
        event.iter().for_each(|event| self.presence.take(at, *event));
        let leg = event.and_then(Event::leg);
        let who = leg.and_then(|leg| self.event_text.part(leg)).map(|part| part as usize);
        let mut handset = who.and_then(|who| self.handsets.get_mut(who));
        let is_key = matches!(event, Some(Event::Call(CallEvent::Key { .. })));
        let key = handset.as_mut().filter(|_| is_key).and_then(|handset| handset.arrived());
        let keys = &self.story.given.policy.meeting.keys;
        let context = Context {
            text: &self.event_text,
            presence: &self.presence,
            handset: handset.as_deref(),
            key,
            keys,
        };
        let before = self.events.count();
        self.events.take(at, entry, &context);
        if let Some(headline) = headline(entry, &context) {
            self.headline = headline;
        }
        let place = leg.and_then(|leg| self.presence.place(leg)).map(|(_, place)| place);
        if let (Some(handset), Some(event)) = (handset, event) {
            handset.follow(event, place, keys);
        }
        self.keep_in_view(before);
    }

    /// Adds a line to what has happened.
    pub fn tell(&mut self, at: Instant, line: String) {
        let before = self.events.count();
        self.events.tell(at, line);
        self.keep_in_view(before);
    }

    /// Lets what is being read stay where it is, though lines have come since there were so many.
    fn keep_in_view(&mut self, before: u64) {
        if self.scrolled > 0 {
            let fresh = usize::try_from(self.events.count() - before).unwrap_or(LINES_MAX);
            self.scrolled = (self.scrolled + fresh).min(self.events.lines().len());
        }
    }

    fn press(&mut self, who: usize, digit: Digit, held: bool) {
        let handset = &mut self.handsets[who];
        if handset.leg().is_none() {
            return self.note("no call: press Enter to call the bridge");
        }
        handset.press(self.now, digit, held);
        self.session.pressed(who, digit);
        self.orders.push(Order::Press(who, digit));
        if who == self.focus {
            self.orders.push(Order::Sound(Sound::KeyDown(digit)));
            self.sounding = true;
        }
    }

    /// A key that was ordered could not be pressed.
    pub fn unpressed(&mut self, who: usize, why: &str) {
        self.session.unpressed(who);
        self.handsets[who].unpressed();
        self.note = format!("a key was not sent: {why}");
    }

    /// Keeps the loudspeaker at what the focused handset hears.
    fn listen(&mut self) {
        let leg = self.focused().leg();
        if leg != self.heard {
            self.heard = leg;
            self.orders.push(Order::Sound(Sound::Listen(leg)));
        }
        if self.sounding && self.focused().down.is_none() {
            self.sounding = false;
            self.orders.push(Order::Sound(Sound::KeyUp));
        }
    }

    /// Returns the state of a handset's call; `None` on the hook.
    #[must_use]
    pub fn caller(&self, handset: &Handset) -> Option<&Caller> {
        self.presence.caller(handset.leg()?)
    }

    /// Returns the meeting to show: that of the focused handset, or the office's.
    #[must_use]
    pub fn meeting(&self) -> MeetingId {
        let of_call = self.caller(self.focused()).and_then(Caller::meeting);
        of_call.filter(|_| self.pane != Pane::Office).unwrap_or_else(|| self.organizers_meeting())
    }

    /// An organizer's meeting has the organizer's number.
    fn organizers_meeting(&self) -> MeetingId {
        MeetingId(u32::try_from(self.organizer).unwrap_or(u32::MAX))
    }

    /// What callers are keying just now, a line each: when the last key came, who and what. It becomes one of the
    /// [events](Self::events) once the bridge has taken it.
    #[must_use]
    pub fn keying(&self) -> Vec<(Instant, &str, String)> {
        let line = |handset: &'_ Handset| {
            let digits = handset.keyed.pin_digits();
            let digits_are = if digits == 1 { "digit" } else { "digits" };
            (digits > 0).then(|| format!("keys {digits} {digits_are} of the PIN"))
        };
        let keying = self.handsets.iter().filter_map(|handset| Some((handset, line(handset)?)));
        keying.map(|(handset, text)| (handset.keyed_at, handset.name.as_str(), text)).collect()
    }

    /// Returns whether every handset is on its hook.
    #[must_use]
    pub fn all_on_hook(&self) -> bool {
        self.handsets.iter().all(|handset| matches!(handset.line, Line::OnHook(_)))
    }
}
