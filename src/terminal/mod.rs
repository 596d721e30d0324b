//! Floor 6: the terminal while a program has all of it: taken, drawn on, and given back whatever happens; its keys, signals,
//! colours, and the parts that screens are drawn of.

mod colours;
pub mod keymap;
pub mod parts;
pub mod signals;

use std::io::{self, Write as _};
use std::mem::ManuallyDrop;
use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crossterm::event::{self, DisableBracketedPaste, EnableBracketedPaste, Event};
use crossterm::execute;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::Terminal as Drawing;
use ratatui::backend::CrosstermBackend;
use tokio::sync::mpsc;

pub use colours::Colours;

/// The number of keys buffered here: the terminal's own buffer holds the rest.
const EVENTS_MAX: usize = 256;

/// Set if any thread has panicked: the terminal is restored then.
static PANICKED: AtomicBool = AtomicBool::new(false);

/// A terminal that is this program's.
#[derive(Debug)]
pub struct Terminal {
    /// Never dropped: that would tell on standard error that the cursor cannot be shown, and panic where the terminal
    /// is gone.
    drawing: ManuallyDrop<Drawing<CrosstermBackend<io::Stdout>>>,
}

impl Terminal {
    /// Takes the terminal. It is given back when this is dropped, and when anything panics.
    ///
    /// # Errors
    /// It cannot be written to, or is none.
    pub fn take() -> io::Result<Self> {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let next = panic::take_hook();
            panic::set_hook(Box::new(move |panicked| {
                PANICKED.store(true, Ordering::Relaxed);
                give_back();
                next(panicked);
            }));
        });
        enter()?;
        // From here on a failure gives the terminal back.
        let drawing = Drawing::new(CrosstermBackend::new(io::stdout())).inspect_err(|_| give_back())?;
        Ok(Self { drawing: ManuallyDrop::new(drawing) })
    }

    /// Draws.
    ///
    /// # Errors
    /// The terminal cannot be written to, or was given back because something panicked.
    pub fn draw(&mut self, draw: impl FnOnce(&mut ratatui::Frame<'_>)) -> io::Result<()> {
        if PANICKED.load(Ordering::Relaxed) {
            return Err(io::Error::other("a part of the program has failed, as shown above"));
        }
        self.drawing.draw(draw).map(|_| ())
    }

    /// Everything is redrawn next time.
    ///
    /// # Errors
    /// The terminal cannot be written to.
    pub fn clear(&mut self) -> io::Result<()> {
        // What ratatui calls clearing asks where the cursor is, and the answer would come as keys.
        let size = self.drawing.size()?;
        self.drawing.resize(size.into())
    }

    /// Gives the terminal back, stops this process until it is told to go on, and takes the terminal again.
    ///
    /// # Errors
    /// The terminal cannot be taken again.
    pub fn suspend(&mut self) -> io::Result<()> {
        give_back();
        stop()?;
        enter()?;
        self.clear()
    }
}

/// Stops this process until it is told to go on, and its whole group, as the terminal does for ctrl-Z: a shell that
/// waits for a script gets its turn.
///
/// # Errors
/// The system refuses.
pub fn stop() -> io::Result<()> {
    Ok(rustix::process::kill_current_process_group(rustix::process::Signal::STOP)?)
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
    }
}

fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste).inspect_err(|_| give_back())
}

/// A terminal that is gone has nothing to be given back.
fn give_back() {
    let mut out = io::stdout();
    let _gone = disable_raw_mode();
    let _gone = execute!(out, DisableBracketedPaste, LeaveAlternateScreen, crossterm::cursor::Show);
    let _gone = out.flush();
}

/// Reads the terminal on a thread of its own, which waits for keys. Nothing comes any more once the terminal is gone.
///
/// # Errors
/// No thread can be started.
pub fn read() -> io::Result<mpsc::Receiver<Event>> {
    let (events, taken) = mpsc::channel(EVENTS_MAX);
    thread::Builder::new().name("keys".to_owned()).spawn(move || {
        while let Ok(event) = event::read() {
            if events.blocking_send(event).is_err() {
                return;
            }
        }
    })?;
    Ok(taken)
}
