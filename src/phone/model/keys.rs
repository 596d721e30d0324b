//! The effect of each key of the keyboard.

use std::time::Duration;

use super::{Order, Pane, PhoneModel, Sound, VOLUME_MAX};
use crate::control::call::LegId;
use crate::control::event::Place;
use crate::control::meeting::CallerAct;
use crate::control::numbers::is_separator;
use crate::phone::handset::{DialKey, Line, PASTE_MAX};
use crate::suite::session::Act;
use crate::terminal::keymap::Key;

/// Lines of the log that a page has.
const PAGE: usize = 5;

impl PhoneModel<'_> {
    pub(super) fn key(&mut self, key: Key) {
        self.shown_pin = None;
        if let Some(held) = self.handsets[self.focus].release(self.now) {
            self.session.held(self.focus, held);
            return;
        }
        self.note("");
        match (key, self.pane) {
            (Key::Interrupt, _) => self.orders.push(Order::Quit { interrupted: true }),
            (Key::Suspend, _) => self.orders.push(Order::Suspend),
            (Key::Redraw, _) => self.orders.push(Order::Redraw),
            (_, Pane::Help) => self.pane = Pane::None,
            (Key::Char { symbol, .. }, Pane::Office) => self.office_key(symbol),
            (Key::Tab, Pane::Office) => {
                self.organizer = (self.organizer + 1) % self.story.given.organizers.len();
            }
            (Key::Escape, _) => self.pane = Pane::None,
            (Key::Char { symbol, held }, Pane::None) => self.char(symbol, held),
            (Key::Enter, _) => self.call(self.focus),
            (Key::Backspace, _) => self.hang_up(),
            (Key::Tab, Pane::None) => self.focus = (self.focus + 1) % self.handsets.len(),
            (Key::Function(number), _) => self.select(number),
            (Key::BackTab, _) => self.focus = (self.focus + self.handsets.len() - 1) % self.handsets.len(),
            (Key::Up, _) => self.scroll(1),
            (Key::PageUp, _) => self.scroll(PAGE),
            (Key::Down, _) => self.scrolled = self.scrolled.saturating_sub(1),
            (Key::PageDown, _) => self.scrolled = self.scrolled.saturating_sub(PAGE),
            (Key::Left | Key::Right | Key::Home | Key::End | Key::Other, _) => {}
        }
    }

    fn char(&mut self, symbol: char, held: bool) {
        match DialKey::from_symbol(symbol) {
            Some(DialKey::Key(digit)) if !self.focused().is_dialling() && self.pause() == Duration::ZERO => {
                return self.press(self.focus, digit, held);
            }
            Some(key) => return self.dial_later(key),
            None => {}
        }
        match symbol {
            'h' => self.hang_up(),
            't' => self.talk(),
            '+' | '=' => self.set_volume((self.volume + 1).min(VOLUME_MAX), false),
            '-' => self.set_volume(self.volume.saturating_sub(1), false),
            'm' => self.set_volume(self.volume, !self.muted),
            's' => self.orders.push(Order::Save),
            'o' if self.remote.is_some() => self.note("that bridge is administered in its own way"),
            'o' => self.pane = Pane::Office,
            '?' => self.pane = Pane::Help,
            'q' => self.orders.push(Order::Quit { interrupted: false }),
            _ => self.note = format!("{symbol:?} is not a telephone key: press ? for help"),
        }
    }

    /// The rest of a pause that was keyed on the focused telephone.
    fn pause(&self) -> Duration {
        self.focused().pauses(self.now)
    }

    /// A pause was keyed, or a key during one: it waits for its turn.
    fn dial_later(&mut self, key: DialKey) {
        if self.focused().leg().is_none() {
            return self.note("no call: press Enter to call the bridge");
        }
        if self.focused().to_dial() >= PASTE_MAX {
            return self.note = format!("{PASTE_MAX} keys wait to be dialled, no more fit");
        }
        let now = self.now;
        self.handsets[self.focus].dial(now, [key]);
        self.handle_timeout(now);
    }

    /// Goes to the telephone of this number, from 1.
    fn select(&mut self, number: usize) {
        match number.checked_sub(1).filter(|place| *place < self.handsets.len()) {
            Some(place) => self.focus = place,
            None => self.note = format!("F{number} is not a telephone: there are {}", self.handsets.len()),
        }
    }

    fn office_key(&mut self, symbol: char) {
        let organizer = self.organizer;
        let meeting = self.presence.meeting(self.organizers_meeting());
        let runs = meeting.is_some_and(|meeting| meeting.started.is_some());
        let act = match symbol {
            'l' if !runs => return self.note("the meeting is not in progress: there is nothing to lock"),
            'e' if !runs => return self.note("the meeting is not in progress: there is nothing to end"),
            'r' => Some(Act::ResetPin(organizer)),
            'l' if meeting.is_some_and(|meeting| meeting.locked) => Some(Act::Unlock(organizer)),
            'l' => Some(Act::Lock(organizer)),
            'i' | 'd' => {
                let act = if symbol == 'i' { CallerAct::Admit } else { CallerAct::Deny };
                match meeting.and_then(|meeting| meeting.at(Place::Lobby).next()) {
                    Some(_) if !runs && act == CallerAct::Admit => {
                        return self.note("nobody can be admitted before the meeting starts");
                    }
                    Some(first) => self.event_text.part(first).map(|part| Act::OnCaller(act, part as usize)),
                    None => return self.note("nobody is waiting in this lobby"),
                }
            }
            'x' => return self.act_on_focused(CallerAct::Remove),
            'm' if self.caller(self.focused()).is_some_and(|caller| caller.muted) => {
                return self.act_on_focused(CallerAct::Unmute);
            }
            'm' => return self.act_on_focused(CallerAct::Mute),
            'e' => Some(Act::End(organizer)),
            'o' => {
                self.pane = Pane::None;
                None
            }
            '?' => {
                self.pane = Pane::Help;
                None
            }
            _ => return self.note = format!("{symbol:?} does nothing in the office; press o to leave it"),
        };
        if let Some(act) = act {
            self.session.acts(self.now, act);
            self.orders.push(Order::Act(act));
        }
    }

    /// The administrator acts on the caller at the focused telephone, who must be in the meeting.
    pub fn act_on_focused(&mut self, act: CallerAct) {
        let place = self.caller(self.focused()).and_then(|caller| caller.place).map(|(_, place)| place);
        if place != Some(act.place()) {
            let name = &self.focused().name;
            return self.note = format!("{name} is not in the {}: nothing was done", act.place().name());
        }
        let act = Act::OnCaller(act, self.focus);
        self.session.acts(self.now, act);
        self.orders.push(Order::Act(act));
    }

    /// A handset calls the bridge.
    pub fn call(&mut self, who: usize) {
        match self.handsets[who].line {
            Line::OnHook(_) => {
                self.handsets[who].call(self.story.given.policy.dialog.pin.tries.get());
                self.orders.push(Order::Dial(who));
            }
            Line::Calling | Line::Up(_) => self.note("already on a call: press h to hang up"),
        }
    }

    fn hang_up(&mut self) {
        match self.focused().line {
            Line::OnHook(_) => self.note("no call: press Enter to call the bridge"),
            Line::Calling | Line::Up(_) => self.orders.push(Order::HangUp(self.focus)),
        }
    }

    fn talk(&mut self) {
        let caller = self.caller(self.focused());
        let place = caller.and_then(|caller| caller.place).map(|(_, place)| place);
        let muted = caller.is_some_and(|caller| caller.muted);
        match (self.focused().leg(), place) {
            // Who hears it, that bridge knows.
            (Some(leg), _) if self.remote.is_some() => self.say(leg),
            (Some(_), Some(Place::Joined)) if muted && !self.focused().talks => {
                self.note = format!("{} is muted, and nobody would hear it", self.focused().name);
            }
            (Some(leg), Some(Place::Joined)) => self.say(leg),
            (_, Some(Place::Screening | Place::Lobby) | None) | (None, _) => {
                self.note("only participants of a meeting are heard by others");
            }
        }
    }

    fn say(&mut self, leg: LegId) {
        let handset = &mut self.handsets[self.focus];
        handset.talks = !handset.talks;
        self.orders.push(Order::Sound(Sound::Talk(leg, handset.talks)));
    }

    fn set_volume(&mut self, volume: u8, muted: bool) {
        (self.volume, self.muted) = (volume, muted);
        self.orders.push(Order::Sound(Sound::Volume(if muted { 0 } else { volume })));
    }

    fn scroll(&mut self, lines: usize) {
        self.scrolled = (self.scrolled + lines).min(self.events.lines().len().saturating_sub(1));
    }

    /// Dials what was pasted, all of it or nothing.
    pub(super) fn paste(&mut self, text: &str) {
        self.shown_pin = None;
        let text = text.trim();
        let symbols = || text.chars().filter(|symbol| !(is_separator(*symbol) || "().".contains(*symbol)));
        let count = symbols().count();
        if count > PASTE_MAX {
            return self.note = format!("{count} keys are too many: at most {PASTE_MAX} can be pasted");
        }
        let mut keys = Vec::with_capacity(count);
        for (place, symbol) in (1..).zip(symbols()) {
            match DialKey::from_symbol(symbol) {
                Some(key) => keys.push(key),
                None => {
                    return self.note = format!(
                        "symbol {place} of the pasted text is not a key: keys are 0-9 * # A-D, pauses w W and ,"
                    );
                }
            }
        }
        match (self.focused().leg(), self.focused().is_dialling()) {
            (None, _) => self.note("no call: press Enter to call the bridge"),
            (Some(_), true) => self.note("the last number is still being dialled"),
            (Some(_), false) => {
                let now = self.now;
                self.handsets[self.focus].dial(now, keys);
                self.handle_timeout(now);
            }
        }
    }
}
