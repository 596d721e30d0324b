//! One handset: its call, what it hears, and the keys that go down on it.

use std::collections::VecDeque;
use std::time::Duration;

use super::keyed::Keyed;
use super::meter::{Level, Trace};
use super::sentence::go_on;
use crate::bridge::protocol::Report;
use crate::control::call::{Digit, HangupCause, LegId, Prompt, Source, Tone};
use crate::control::event::{CallEvent, Event, MeetingEvent, Place};
use crate::control::policy::MeetingKeys;
use crate::control::time::Instant;
use crate::exchange::LineReport;

/// How long a key is lit and sounds, and the pause after it where several are dialled: as in scenarios.
pub const KEY_TIME: Duration = Duration::from_millis(100);

/// Keys that are dialled from one paste: a conference ID, a PIN and what ends them have room.
pub const PASTE_MAX: usize = 64;

/// How long a key that went down is shown as such: long enough to be seen.
const LIT_TIME: Duration = Duration::from_millis(180);

/// Keys on their way to the bridge whose arrival is not told yet.
const SENT_MAX: usize = 2 * PASTE_MAX;

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

/// The question that a caller may answer with keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    /// None: keys are commands, or are not taken.
    Nothing,
    /// Which meeting.
    ConferenceId,
    /// Whether this is the organizer.
    Organizer,
    /// The organizer's PIN.
    Pin,
    /// The meeting's passcode.
    Passcode,
    /// The caller's name.
    Name,
}

/// A key to dial, or a pause.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DialKey {
    /// A key.
    Key(Digit),
    /// A pause before the next key.
    Pause(Duration),
}

impl DialKey {
    /// The key or pause with this symbol: `w` and `W` pause half a second and a second, as in scenarios; a comma two
    /// seconds, as in dial strings (ITU-T V.250, parameter S8, by default).
    #[must_use]
    pub fn from_symbol(symbol: char) -> Option<Self> {
        match symbol {
            'w' => Some(Self::Pause(Duration::from_millis(500))),
            'W' => Some(Self::Pause(Duration::from_secs(1))),
            ',' => Some(Self::Pause(Duration::from_secs(2))),
            _ => Digit::from_symbol(symbol).map(Self::Key),
        }
    }
}

/// A telephone.
#[derive(Debug)]
pub struct Handset {
    /// The caller's name, as it is shown.
    pub name: String,
    /// The line.
    pub line: Line,
    /// The sound that is heard.
    pub source: Source,
    /// The announcement over it.
    pub announced: Option<Prompt>,
    /// Whether there is sound that has no name.
    pub hears_unknown: bool,
    /// Since when that is heard; of prompts that make one sentence, the first.
    pub since: Instant,
    /// The prompts of the sentence that is heard, up to the one that plays.
    pub sentence: Vec<Prompt>,
    /// The key that is down.
    pub down: Option<Down>,
    /// The keys of this call, as they may be shown.
    pub keyed: Keyed,
    /// When the last key went down.
    pub keyed_at: Instant,
    /// The question that the caller is asked.
    pub asked: Asked,
    /// Wrong PINs that this call may still give.
    pub tries_left: u8,
    /// Whether it speaks, with a tone of its own.
    pub talks: bool,
    /// The level of what it hears, and that of its caller's voice.
    pub levels: [Trace; 2],
    /// The key that went down last: until when it is lit.
    lit: Option<(Digit, Instant)>,
    /// Keys whose arrival at the bridge is not told yet.
    sent: VecDeque<Digit>,
    /// Keys that are still to be dialled, and when the next one is.
    to_dial: VecDeque<DialKey>,
    next_key: Instant,
}

impl Handset {
    /// The telephone of a caller, on its hook.
    #[must_use]
    pub fn new(name: String) -> Self {
        Self {
            name,
            line: Line::OnHook(None),
            source: Source::Silence,
            announced: None,
            hears_unknown: false,
            since: Instant::ZERO,
            sentence: Vec::new(),
            down: None,
            keyed: Keyed::default(),
            keyed_at: Instant::ZERO,
            asked: Asked::Nothing,
            tries_left: 0,
            talks: false,
            levels: Default::default(),
            lit: None,
            sent: VecDeque::new(),
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

    /// The receiver is off the hook for a new call, which may give so many wrong PINs.
    pub fn call(&mut self, pin_tries: u8) {
        self.line = Line::Calling;
        self.keyed = Keyed::default();
        (self.asked, self.tries_left) = (Asked::Nothing, pin_tries);
    }

    /// The exchange tells something.
    pub fn told(&mut self, LineReport { at, report, .. }: LineReport) {
        match report {
            Report::Answered { leg } => self.line = Line::Up(leg),
            Report::Hears(source) => {
                let last = self.sentence.last().copied();
                let next = match source {
                    Source::Prompt { prompt, .. } => Some(prompt),
                    Source::Silence | Source::HoldMusic { .. } | Source::Conference => None,
                };
                let goes_on = last.zip(next).is_some_and(|(last, next)| go_on(last, next));
                if !goes_on {
                    self.sentence.clear();
                    self.since = at;
                }
                self.sentence.extend(next);
                self.source = source;
                self.announced = None;
            }
            Report::Announced(heard) => {
                self.announced = heard.map(|heard| heard.prompt);
                self.since = at;
            }
            Report::Ended(cause) => {
                self.line = Line::OnHook(Some(cause));
                self.source = Source::Silence;
                (self.announced, self.hears_unknown) = (None, false);
                self.since = at;
                self.to_dial.clear();
                self.sent.clear();
                self.next_key = Instant::NEVER;
                self.talks = false;
                self.asked = Asked::Nothing;
                self.keyed = Keyed::default();
                self.levels.iter_mut().for_each(Trace::clear);
            }
            // What the user saw was older than the call: the next report puts it right.
            Report::Refused(_) | Report::Voice(_) => {}
        }
    }

    /// Follows an event of its call; `place` is where the caller is after it.
    pub fn follow(&mut self, event: Event, place: Option<Place>, keys: &MeetingKeys) {
        match event {
            Event::Call(CallEvent::Answered { .. }) => self.asked = Asked::ConferenceId,
            Event::Call(CallEvent::Hears { source, .. }) => self.hears(source, place),
            Event::Call(CallEvent::ConferenceIdKeyed { digits, meeting, .. }) => {
                if meeting.is_some() {
                    self.keyed.take_conference_id(digits);
                    self.asked = Asked::Nothing;
                } else {
                    self.keyed.clear_entry();
                }
            }
            Event::Call(CallEvent::KeysIgnored { .. }) => self.ignores(place),
            Event::Meeting(MeetingEvent::PinRefused { tries_left, .. }) => {
                self.tries_left = tries_left;
                self.answered();
            }
            Event::Meeting(MeetingEvent::PinAccepted { .. } | MeetingEvent::Parked { .. }) => self.answered(),
            Event::Meeting(MeetingEvent::PasscodeAccepted { .. } | MeetingEvent::PasscodeRefused { .. }) => {
                self.answered();
            }
            Event::Meeting(MeetingEvent::Joined { .. }) => {
                self.keyed.join();
                self.asked = Asked::Nothing;
            }
            Event::Meeting(MeetingEvent::Commanded { command, .. }) => {
                self.keyed.take_command(&keys.keyed(command));
            }
            Event::Call(_) | Event::Meeting(_) | Event::Account(_) => {}
        }
    }

    fn hears(&mut self, source: Source, place: Option<Place>) {
        match source {
            Source::Prompt { prompt: Prompt::EnterConferenceId, .. } => self.asked = Asked::ConferenceId,
            Source::Prompt { prompt: Prompt::PressStarIfOrganizer, .. } => self.asked = Asked::Organizer,
            Source::Prompt { prompt: Prompt::SayYourName, .. } => {
                self.keyed.clear_entry();
                self.asked = Asked::Name;
            }
            Source::Prompt { prompt: Prompt::EnterPin, .. } => {
                self.asked = Asked::Pin;
                self.keyed.ask_pin();
            }
            Source::Prompt { prompt: Prompt::EnterPasscode, .. } => {
                self.asked = Asked::Passcode;
                self.keyed.ask_pin();
            }
            Source::Prompt { prompt: Prompt::Tone(Tone::Low), .. } => self.ignores(place),
            // Nothing was keyed, or not in time.
            Source::HoldMusic { .. } | Source::Prompt { prompt: Prompt::NoInput, .. }
                if self.asked == Asked::Pin =>
            {
                self.answered();
            }
            Source::Prompt { .. } | Source::Silence | Source::HoldMusic { .. } | Source::Conference => {}
        }
    }

    fn answered(&mut self) {
        self.keyed.clear_entry();
        self.asked = Asked::Nothing;
    }

    fn ignores(&mut self, place: Option<Place>) {
        let no_tries = place == Some(Place::Lobby) && self.tries_left == 0;
        self.keyed.ignore(if no_tries { "no tries left" } else { "" });
    }

    /// A key has arrived at the bridge: which one it was.
    pub fn arrived(&mut self) -> Option<Digit> {
        self.sent.pop_front()
    }

    /// The last key was not sent after all.
    pub fn unpressed(&mut self) {
        self.sent.pop_back();
    }

    /// Takes the levels of its sounds.
    pub fn meter(&mut self, levels: [Level; 2]) {
        self.levels.iter_mut().zip(levels).for_each(|(trace, level)| trace.push(level));
    }

    /// A key goes down; the one that was down goes up.
    pub fn press(&mut self, now: Instant, digit: Digit, held: bool) {
        let until = if held { Instant::NEVER } else { now + KEY_TIME };
        self.down = Some(Down { digit, since: now, until });
        self.lit = Some((digit, now + LIT_TIME));
        self.keyed.press(digit);
        self.keyed_at = now;
        if self.sent.len() == SENT_MAX {
            self.sent.pop_front();
        }
        self.sent.push_back(digit);
    }

    /// The key that is down, or was so recently that it is still shown.
    #[must_use]
    pub fn lit(&self, now: Instant) -> Option<Digit> {
        let lit = self.lit.filter(|(_, until)| *until > now).map(|(digit, _)| digit);
        self.down.map(|down| down.digit).or(lit)
    }

    /// The key that is held goes up: for how long it was held.
    pub fn release(&mut self, now: Instant) -> Option<Duration> {
        let held = self.down.take_if(|down| down.until == Instant::NEVER)?;
        Some(now.since(held.since))
    }

    /// Dials these keys one after the other, with their pauses.
    pub fn dial(&mut self, now: Instant, keys: impl IntoIterator<Item = DialKey>) {
        self.to_dial.extend(keys);
        if self.next_key == Instant::NEVER {
            self.next_key = now;
        }
    }

    /// Returns whether keys are still to be dialled.
    #[must_use]
    pub fn is_dialling(&self) -> bool {
        !self.to_dial.is_empty()
    }

    /// The keys, and pauses, that are still to be dialled.
    #[must_use]
    pub fn to_dial(&self) -> usize {
        self.to_dial.len()
    }

    /// The rest of the pause before a key that is pressed now would be dialled.
    #[must_use]
    pub fn pauses(&self, now: Instant) -> Duration {
        if self.next_key == Instant::NEVER { Duration::ZERO } else { self.next_key.since(now) }
    }

    /// Returns when a key goes up, or the next one down.
    #[must_use]
    pub fn due(&self) -> Instant {
        let up = self.down.map_or(Instant::NEVER, |down| down.until);
        up.min(self.next_key)
    }

    /// Returns the key that goes down now, if one does.
    pub fn handle_timeout(&mut self, now: Instant) -> Option<Digit> {
        self.down.take_if(|down| down.until <= now);
        if self.next_key > now {
            return None;
        }
        match self.to_dial.pop_front() {
            Some(DialKey::Key(digit)) => {
                self.next_key = now + KEY_TIME * 2;
                Some(digit)
            }
            Some(DialKey::Pause(pause)) => {
                self.next_key = now + pause;
                None
            }
            None => {
                self.next_key = Instant::NEVER;
                None
            }
        }
    }
}
