//! The telephone on the screen: takes keys, news, signals and the time, and draws.

use std::io;
use std::time::Duration;

use crossterm::event::Event;
use tokio::sync::mpsc;

use super::carrier::{Carrier, ExchangeEvent};
use super::meter::Levels;
use super::model::{Input, Order, PhoneModel};
use super::screen::{View, draw};
use crate::control::time::Instant;
use crate::media::library::Library;
use crate::suite::session::Scenario;
use crate::terminal::keymap::key;
use crate::terminal::signals::{Signal, Signals};
use crate::terminal::{Colours, Terminal};

/// Interval at which changing values are redrawn: the position in a prompt, waiting times, keys that go up.
const MOVES: Duration = Duration::from_millis(125);

/// Keys and news that are taken in before the screen is drawn: a rush is drawn once.
const AT_ONCE: usize = 256;

/// Says where a session was saved, and whether it passes when it is replayed; `is_remote` if it was with another bridge.
#[must_use]
pub fn saved(path: &str, scenario: &Scenario, is_remote: bool) -> String {
    if let Some(options) = &scenario.bridge {
        return format!("session saved: {path}. Replay it: attendant replay {path} {options}");
    }
    let Some(parts) = &scenario.parts else {
        return format!("session saved: {path}. Replay it: attendant replay {path}");
    };
    if is_remote {
        return format!("session saved: {path}. It fails when replayed here: that bridge behaves otherwise");
    }
    format!("session saved: {path}. It fails when replayed: {parts}")
}

/// The way in which the session ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SessionEnd {
    /// By its key, or at the end of what was to be done.
    Success,
    /// By ctrl-C, or because the system said so.
    Interrupted,
}

/// Options: the appearance, and the folder for sessions.
pub struct LiveOptions<'l> {
    /// How long each sound is.
    pub library: &'l Library,
    /// The colours, or none.
    pub colours: Colours,
    /// A message about the loudspeaker; empty if it works.
    pub loudspeaker: String,
    /// The file that is recorded; empty for none.
    pub recording: String,
    /// How loud the telephones are, for meters that move; without colours the screen keeps still.
    pub levels: Option<mpsc::Receiver<Levels>>,
    /// Keeps a session's text: where, or why not.
    pub save: &'l mut dyn FnMut(&str) -> Result<String, String>,
}

impl std::fmt::Debug for LiveOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LiveOptions").field("colours", &self.colours).finish_non_exhaustive()
    }
}

/// An event for the session.
enum LiveEvent {
    Terminal(Option<Event>),
    Exchange(Option<ExchangeEvent>),
    Signal(Signal),
    Levels(Levels),
    Time,
}

/// Runs the telephone until its user leaves.
///
/// # Errors
/// The terminal cannot be written to any more.
pub async fn run(
    model: &mut PhoneModel<'_>,
    calls: &mut impl Carrier,
    terminal: &mut Terminal,
    mut events: mpsc::Receiver<Event>,
    signals: &mut Signals,
    mut look: LiveOptions<'_>,
) -> io::Result<SessionEnd> {
    let clock = calls.clock();
    loop {
        if let Some(left) = obey(model, calls, terminal, &mut look).await? {
            return Ok(left);
        }
        let (library, colours) = (look.library, look.colours);
        let (loudspeaker, recording) = (look.loudspeaker.as_str(), look.recording.as_str());
        let view = View { now: clock.now(), library, colours, loudspeaker, recording };
        terminal.draw(|frame| draw(frame, model, view))?;
        let due = model.poll_timeout().unwrap_or(Instant::NEVER).min(clock.now() + MOVES);
        let came = tokio::select! {
            biased;
            signal = signals.next() => LiveEvent::Signal(signal),
            event = events.recv() => LiveEvent::Terminal(event),
            news = calls.news() => LiveEvent::Exchange(news),
            Some(levels) = next_levels(&mut look.levels) => LiveEvent::Levels(levels),
            () = clock.sleep_until(due) => LiveEvent::Time,
        };
        match came {
            LiveEvent::Signal(Signal::End) | LiveEvent::Terminal(None) | LiveEvent::Exchange(None) => {
                return Ok(SessionEnd::Interrupted);
            }
            LiveEvent::Signal(Signal::Suspend) => terminal.suspend()?,
            LiveEvent::Terminal(Some(event)) => take_event(model, clock.now(), event),
            LiveEvent::Exchange(Some(news)) => model.hear(clock.now(), news),
            LiveEvent::Levels(levels) => model.handle_input(clock.now(), Input::Levels(&levels)),
            LiveEvent::Time => {}
        }
        for _ in 0..AT_ONCE {
            if let Ok(event) = events.try_recv() {
                take_event(model, clock.now(), event);
                // What a key orders happens before the next key.
                if let Some(left) = obey(model, calls, terminal, &mut look).await? {
                    return Ok(left);
                }
            } else if let Some(news) = calls.try_news() {
                model.hear(clock.now(), news);
            } else {
                break;
            }
        }
        let now = clock.now();
        if model.poll_timeout().is_some_and(|due| due <= now) {
            model.handle_timeout(now);
        }
        match calls.missed() {
            0 => {}
            missed => {
                let note = format!("{missed} events were too fast to show");
                model.handle_input(now, Input::Note(note));
            }
        }
    }
}

async fn next_levels(levels: &mut Option<mpsc::Receiver<Levels>>) -> Option<Levels> {
    levels.as_mut()?.recv().await
}

fn take_event(model: &mut PhoneModel<'_>, now: Instant, event: Event) {
    match event {
        Event::Key(event) => {
            if let Some(key) = key(event) {
                model.handle_input(now, Input::Key(key));
            }
        }
        Event::Paste(text) => model.handle_input(now, Input::Paste(&text)),
        // The next drawing follows the window.
        Event::Resize(..) | Event::FocusGained | Event::FocusLost | Event::Mouse(_) => {}
    }
}

/// Carries out what the model orders.
async fn obey(
    model: &mut PhoneModel<'_>,
    calls: &mut impl Carrier,
    terminal: &mut Terminal,
    look: &mut LiveOptions<'_>,
) -> io::Result<Option<SessionEnd>> {
    while let Some(order) = model.poll_order() {
        calls.carry(&order, model).await;
        match order {
            Order::Quit { interrupted: true } => return Ok(Some(SessionEnd::Interrupted)),
            Order::Quit { interrupted: false } => return Ok(Some(SessionEnd::Success)),
            Order::Suspend => terminal.suspend()?,
            Order::Redraw => terminal.clear()?,
            Order::Save => save(model, calls, look.save),
            Order::Dial(_) | Order::Press(..) | Order::HangUp(_) | Order::Sound(_) | Order::Act(_) => {}
        }
    }
    Ok(None)
}

/// Keeps the session, and says where.
pub(super) fn save(
    model: &mut PhoneModel<'_>,
    calls: &impl Carrier,
    keep: &mut dyn FnMut(&str) -> Result<String, String>,
) {
    let scenario = model.session().scenario();
    let note = match keep(&scenario.text) {
        Ok(path) if scenario.holds() && model.session().is_full() => {
            format!("only the start of the session was saved: {path}. The session is too long")
        }
        Ok(path) => saved(&path, &scenario, model.remote().is_some()),
        Err(why) => format!("the session was not saved: {why}"),
    };
    model.handle_input(calls.clock().now(), Input::Note(note));
}
