//! A case on the screen: takes keys and signals, and draws.

use std::io;

use crossterm::event::Event;
use tokio::sync::mpsc;

use super::model::{Order, StepModel};
use super::screen::draw;
use crate::terminal::keymap::key;
use crate::terminal::signals::{Signal, Signals};
use crate::terminal::{Colours, Terminal};

/// Keys that are taken in before the screen is drawn: one that is held down is not drawn each time.
const AT_ONCE: usize = 256;

/// The way in which it ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StepEnd {
    /// By its key.
    Success,
    /// By ctrl-C, or because the system said so.
    Interrupted,
}

/// Shows the case until its user leaves.
///
/// # Errors
/// The terminal cannot be written to any more.
pub async fn run(
    model: &mut StepModel<'_, '_>,
    terminal: &mut Terminal,
    mut events: mpsc::Receiver<Event>,
    signals: &mut Signals,
    colours: Colours,
) -> io::Result<StepEnd> {
    loop {
        terminal.draw(|frame| draw(frame, model, colours))?;
        let event = tokio::select! {
            biased;
            signal = signals.next() => match signal {
                Signal::End => return Ok(StepEnd::Interrupted),
                Signal::Suspend => {
                    terminal.suspend()?;
                    continue;
                }
            },
            event = events.recv() => event,
        };
        // The terminal is gone.
        let Some(event) = event else { return Ok(StepEnd::Interrupted) };
        let (mut next, mut taken) = (Some(event), 0);
        while let Some(event) = next {
            match take(model, event) {
                Some(Order::Quit { interrupted: true }) => return Ok(StepEnd::Interrupted),
                Some(Order::Quit { interrupted: false }) => return Ok(StepEnd::Success),
                Some(Order::Suspend) => terminal.suspend()?,
                Some(Order::Redraw) => terminal.clear()?,
                None => {}
            }
            taken += 1;
            next = if taken < AT_ONCE { events.try_recv().ok() } else { None };
        }
    }
}

fn take(model: &mut StepModel<'_, '_>, event: Event) -> Option<Order> {
    match event {
        Event::Key(event) => key(event).and_then(|key| model.key(key)),
        Event::Paste(text) => {
            model.paste(&text);
            None
        }
        // The next drawing follows the window.
        Event::Resize(..) | Event::FocusGained | Event::FocusLost | Event::Mouse(_) => None,
    }
}
