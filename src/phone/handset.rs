//! One handset: its call, what it hears, and the keys that go down on it.

use std::collections::VecDeque;
use std::time::Duration;

use crate::bridge::protocol::Report;
use crate::control::call::{Digit, HangupCause, LegId, Prompt, Source};
use crate::control::time::Instant;
use crate::exchange::LineReport;

/// How long a key is lit and sounds, and the pause after it where several are dialled: as in scenarios.
pub const KEY_TIME: Duration = Duration::from_millis(100);

/// Keys that are dialled from one paste: a conference ID, a PIN and what ends them have room.
pub const PASTE_MAX: usize = 64;

/// Keys of the present call that are shown.
const SHOWN_MAX: usize = 40;

/// The state of a handset's line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Line {
    /// No call was made, or the last is over, for this reason.
    OnHook(Option<HangupCause>),
    /// Dialled, and not answered yet.
    Calling,
    /// The call is up.
    Up(LegId),
}

/// A key that is down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Down {
    /// The key.
    pub digit: Digit,
    /// Since when.
    pub since: Instant,
    /// When it goes up by itself; never for one that is held.
    pub until: Instant,
}

/// A telephone.
#[derive(Debug)]
pub struct Handset {
    /// The caller's name.
    pub name: String,
    /// The line.
    pub line: Line,
    /// The sound that is heard.
    pub source: Source,
    /// The announcement over it.
    pub announced: Option<Prompt>,
    /// Since when that is heard.
    pub since: Instant,
    /// The key that is down.
    pub down: Option<Down>,
    /// The keys of this call, masked but for the star and the pound key.
    pub keyed: String,
    /// Whether it speaks, with a tone of its own.
    pub talks: bool,
    /// Keys that are still to be dialled, and when the next one is.
    to_dial: VecDeque<Digit>,
    next_key: Instant,
}

impl Handset {
    /// A telephone on its hook.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            line: Line::OnHook(None),
            source: Source::Silence,
            announced: None,
            since: Instant::ZERO,
            down: None,
            keyed: String::new(),
            talks: false,
            to_dial: VecDeque::new(),
            next_key: Instant::NEVER,
        }
    }

    /// The leg of the call that is up.
    #[must_use]
    pub fn leg(&self) -> Option<LegId> {
        match self.line {
            Line::Up(leg) => Some(leg),
            Line::OnHook(_) | Line::Calling => None,
        }
    }

    /// Returns whether a call was placed and is not answered.
    #[must_use]
    pub fn is_calling(&self) -> bool {
        self.line == Line::Calling
    }

    /// The receiver is off the hook for a new call.
    pub fn call(&mut self) {
        self.line = Line::Calling;
        self.keyed.clear();
    }

    /// The exchange tells something.
    pub fn told(&mut self, LineReport { at, report, .. }: LineReport) {
        match report {
            Report::Answered { leg } => self.line = Line::Up(leg),
            Report::Hears(source) => {
                self.source = source;
                self.announced = None;
                self.since = at;
            }
            Report::Announced(prompt) => {
                self.announced = prompt;
                self.since = at;
            }
            Report::Ended(cause) => {
                self.line = Line::OnHook(Some(cause));
                self.source = Source::Silence;
                self.announced = None;
                self.since = at;
                self.to_dial.clear();
                self.next_key = Instant::NEVER;
                self.talks = false;
            }
            // What the user saw was older than the call: the next report puts it right.
            Report::Refused(_) => {}
        }
    }

    /// A key goes down; the one that was down goes up.
    pub fn press(&mut self, now: Instant, digit: Digit, held: bool) {
        let until = if held { Instant::NEVER } else { now + KEY_TIME };
        self.down = Some(Down { digit, since: now, until });
        if self.keyed.chars().count() == SHOWN_MAX {
            self.keyed.remove(0);
        }
        let is_plain = [Digit::STAR, Digit::POUND].contains(&digit);
        self.keyed.push(if is_plain { digit.symbol() } else { '•' });
    }

    /// The key that is held goes up: for how long it was held.
    pub fn release(&mut self, now: Instant) -> Option<Duration> {
        let held = self.down.take_if(|down| down.until == Instant::NEVER)?;
        Some(now.since(held.since))
    }

    /// Dials these keys one after the other.
    pub fn dial(&mut self, now: Instant, keys: impl IntoIterator<Item = Digit>) {
        self.to_dial = keys.into_iter().collect();
        self.next_key = now;
    }

    /// Returns whether keys are still to be dialled.
    #[must_use]
    pub fn is_dialling(&self) -> bool {
        !self.to_dial.is_empty()
    }

    /// Returns when a key goes up, or the next one down.
    #[must_use]
    pub fn due(&self) -> Instant {
        let up = self.down.map_or(Instant::NEVER, |down| down.until);
        up.min(if self.to_dial.is_empty() { Instant::NEVER } else { self.next_key })
    }

    /// Returns the key that goes down now, if one does.
    pub fn handle_timeout(&mut self, now: Instant) -> Option<Digit> {
        self.down.take_if(|down| down.until <= now);
        if self.next_key > now {
            return None;
        }
        let digit = self.to_dial.pop_front()?;
        self.next_key = now + KEY_TIME * 2;
        Some(digit)
    }
}
