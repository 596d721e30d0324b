//! What carries the orders of the model to a bridge: the one in this program, or another.

use super::handset::Line;
use super::model::{Input, Order, PhoneModel};
use crate::clock::Clock;
use crate::control::pin::Pin;
use crate::control::time::Instant;
use crate::exchange::LineReport;
use crate::leg::log::Entry;

/// A message from the bridge, or of what a caller concludes about it.
#[derive(Debug)]
pub enum ExchangeEvent {
    /// A handset is told something.
    Report(usize, LineReport),
    /// An entry of the event stream.
    Entry(Instant, Entry),
    /// This is the PIN of the organizer with this number, as the bridge has taken it.
    RightPin(usize, Pin),
    /// What a handset hears is in no library, from this moment on, or is not so any more.
    Unknown(usize, Instant, bool),
    /// Something to tell the user.
    Note(String),
}

/// Carries orders to a bridge, and tells what becomes of them.
pub trait Carrier {
    /// Returns the clock of everything that is told.
    fn clock(&self) -> Clock;

    /// Returns the next message; nothing once the bridge is out of service.
    fn news(&mut self) -> impl Future<Output = Option<ExchangeEvent>>;

    /// Returns the next message that is already there, if any.
    fn try_news(&mut self) -> Option<ExchangeEvent>;

    /// Entries that found no room since this was asked last.
    fn missed(&self) -> u64;

    /// Carries out an order of the model's. What is for the terminal is left to its owner.
    fn carry(&mut self, order: &Order, model: &mut PhoneModel<'_>) -> impl Future<Output = ()>;

    /// Ends every call, and waits until all has been told.
    fn shut_down(self, model: &mut PhoneModel<'_>) -> impl Future<Output = ()>;
}

impl PhoneModel<'_> {
    /// Takes in what the bridge tells.
    pub fn hear(&mut self, now: Instant, news: ExchangeEvent) {
        match news {
            ExchangeEvent::Report(who, told) => self.handle_input(now, Input::Report(who, told)),
            ExchangeEvent::Entry(at, entry) => self.handle_input(now, Input::Entry(at, &entry)),
            ExchangeEvent::RightPin(organizer, pin) => {
                self.handle_input(now, Input::RightPin(organizer, pin));
            }
            ExchangeEvent::Unknown(who, at, is_heard) => {
                self.handle_input(now, Input::Unknown(who, at, is_heard));
            }
            ExchangeEvent::Note(note) => self.handle_input(now, Input::Note(note)),
        }
    }

    /// A call could not be placed.
    pub(super) fn not_placed(&mut self, who: usize) {
        self.handsets[who].line = Line::OnHook(None);
    }
}
