//! The effect of each key of the keyboard.

use super::{Order, Pane, PhoneModel, Sound, VOLUME_MAX};
use crate::control::call::Digit;
use crate::control::event::Place;
use crate::control::numbers::is_separator;
use crate::phone::handset::{Line, PASTE_MAX};
use crate::phone::keymap::Key;
use crate::suite::session::Act;

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
            (Key::BackTab, _) => self.focus = (self.focus + self.handsets.len() - 1) % self.handsets.len(),
            (Key::Up, _) => self.scroll(1),
            (Key::PageUp, _) => self.scroll(PAGE),
            (Key::Down, _) => self.scrolled = self.scrolled.saturating_sub(1),
            (Key::PageDown, _) => self.scrolled = self.scrolled.saturating_sub(PAGE),
            (Key::Other, _) => {}
        }
    }

    fn char(&mut self, symbol: char, held: bool) {
        if let Some(digit) = Digit::from_symbol(symbol) {
            return self.press(self.focus, digit, held);
        }
        match symbol {
            'h' => self.hang_up(),
            't' => self.talk(),
            '+' | '=' => self.set_volume((self.volume + 1).min(VOLUME_MAX), false),
            '-' => self.set_volume(self.volume.saturating_sub(1), false),
            'm' => self.set_volume(self.volume, !self.muted),
            's' => self.orders.push(Order::Save),
            'o' => self.pane = Pane::Office,
            '?' => self.pane = Pane::Help,
            'q' => self.orders.push(Order::Quit { interrupted: false }),
            _ => self.note = format!("{symbol:?} is not a telephone key: press ? for help"),
        }
    }

    fn office_key(&mut self, symbol: char) {
        let organizer = self.organizer;
        let meeting = self.presence.meeting(self.organizers_meeting());
        let act = match symbol {
            'r' => Some(Act::ResetPin(organizer)),
            'l' if meeting.is_some_and(|meeting| meeting.locked) => Some(Act::Unlock(organizer)),
            'l' => Some(Act::Lock(organizer)),
            'i' => match meeting.and_then(|meeting| meeting.at(Place::Lobby).next()) {
                Some(first) => self.event_text.part(first).map(|part| Act::Admit(part as usize)),
                None => return self.note("that lobby is empty"),
            },
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

    /// A handset calls the bridge.
    pub fn call(&mut self, who: usize) {
        match self.handsets[who].line {
            Line::OnHook(_) => {
                self.handsets[who].call();
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
        let place = self.caller(self.focused()).and_then(|caller| caller.place).map(|(_, place)| place);
        match (self.focused().leg(), place) {
            (Some(leg), Some(Place::Joined)) => {
                let handset = &mut self.handsets[self.focus];
                handset.talks = !handset.talks;
                self.orders.push(Order::Sound(Sound::Talk(leg, handset.talks)));
            }
            (_, Some(Place::Screening | Place::Lobby) | None) | (None, _) => {
                self.note("only participants of a meeting are heard by others");
            }
        }
    }

    fn set_volume(&mut self, volume: u8, muted: bool) {
        (self.volume, self.muted) = (volume, muted);
        self.orders.push(Order::Sound(Sound::Volume(if muted { 0 } else { volume })));
    }

    fn scroll(&mut self, lines: usize) {
        self.scrolled = (self.scrolled + lines).min(self.log.len().saturating_sub(1));
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
        let mut digits = Vec::with_capacity(count);
        for (place, symbol) in (1..).zip(symbols()) {
            match Digit::from_symbol(symbol) {
                Some(digit) => digits.push(digit),
                None => {
                    return self.note =
                        format!("symbol {place} of the pasted text is not a key: keys are 0-9 * # A-D");
                }
            }
        }
        match (self.focused().leg(), self.focused().is_dialling()) {
            (None, _) => self.note("no call: press Enter to call the bridge"),
            (Some(_), true) => self.note("the last number is still being dialled"),
            (Some(_), false) => {
                let now = self.now;
                self.handsets[self.focus].dial(now, digits);
                self.handle_timeout(now);
            }
        }
    }
}
