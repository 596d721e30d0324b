//! The state of all handsets, the office and the loudspeaker: keys and what the exchange tells go in,
//! orders come out. It knows no terminal, no clock and no runtime.

mod keys;

use std::collections::VecDeque;

use crate::control::call::{Digit, LegId, Source};
use crate::control::event::{CallEvent, Event, MeetingId};
use crate::control::outputs::Outputs;
use crate::control::pin::Pin;
use crate::control::presence::{Caller, Presence};
use crate::control::time::Instant;
use crate::exchange::LineReport;
use crate::leg::log::Entry;
use crate::phone::describe::wording;
use crate::phone::handset::{Handset, Line};
use crate::phone::keymap::Key;
use crate::report::EventText;
use crate::scenario::story::Story;
use crate::suite::session::{Act, Session};

/// Events that can be read back.
pub const LOG_MAX: usize = 1_000;

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
    event_text: EventText<'s>,
    session: Session<'s>,
    /// The telephones, in the order of the story's cast.
    pub handsets: Vec<Handset>,
    /// The one that keys go to, and that is heard.
    pub focus: usize,
    /// The place of each caller.
    pub presence: Presence,
    /// The log, the latest line at the end.
    pub log: VecDeque<(Instant, String)>,
    /// How many lines the log has had.
    pub lines: u64,
    /// How many lines of the log are below what is read.
    pub scrolled: usize,
    /// The pane over the log.
    pub pane: Pane,
    /// The organizer whom the office is about.
    pub organizer: usize,
    /// A PIN that is shown this once, until the next key.
    pub shown_pin: Option<(usize, Pin)>,
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
            event_text: EventText::live(story),
            session: Session::new(story),
            handsets: story.cast.roles.iter().map(|role| Handset::new(&role.name)).collect(),
            focus: 0,
            presence: Presence::default(),
            log: VecDeque::new(),
            lines: 0,
            scrolled: 0,
            pane: Pane::None,
            organizer: 0,
            shown_pin: None,
            note: String::new(),
            volume: VOLUME_MAX / 2,
            muted: false,
            heard: None,
            sounding: false,
            now: Instant::ZERO,
            orders: Outputs::default(),
        }
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
            }
            Input::Nobody => self.note("that meeting has no participants"),
            Input::Note(note) => self.note = note,
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
        if let Entry::Event(event) = entry {
            self.presence.take(at, *event);
        }
        if !is_told(entry) {
            return;
        }
        let mut line = self.event_text.line(entry);
        if let Entry::Event(Event::Call(CallEvent::Hears {
            source: Source::Prompt { prompt, language, .. },
            ..
        })) = entry
        {
            let words = wording(*prompt, *language);
            line += &if words.is_empty() { words } else { format!(": {words}") };
        }
        self.tell(at, line);
    }

    /// Adds a line to the log.
    pub fn tell(&mut self, at: Instant, line: String) {
        if self.log.len() == LOG_MAX {
            self.log.pop_front();
        }
        // What is being read stays where it is.
        self.scrolled = if self.scrolled == 0 { 0 } else { (self.scrolled + 1).min(self.log.len()) };
        self.log.push_back((at, line));
        self.lines += 1;
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

    /// Returns whether every handset is on its hook.
    #[must_use]
    pub fn all_on_hook(&self) -> bool {
        self.handsets.iter().all(|handset| matches!(handset.line, Line::OnHook(_)))
    }
}

/// Returns whether an entry is worth a line: single keys and silence are not.
fn is_told(entry: &Entry) -> bool {
    match entry {
        Entry::Event(Event::Call(CallEvent::Key { .. })) => false,
        Entry::Event(Event::Call(CallEvent::Hears { source, .. })) => *source != Source::Silence,
        Entry::Event(_) | Entry::Dials { .. } | Entry::LineFault { .. } => true,
        Entry::Step { .. } | Entry::Failed { .. } | Entry::Signal { .. } | Entry::Act { .. } => false,
        Entry::Finished { .. } => false,
    }
}
