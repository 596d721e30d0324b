//! Takes keys, and knows what the screen shows. It knows no terminal and no clock.

use super::cursor::Cursor;
use super::trace::{LineRef, Trace};
use crate::control::time::{Instant, parse_duration};
use crate::play::machines::{Machines, Standing};
use crate::terminal::keymap::Key;

/// Events that a page has.
const PAGE: isize = 10;

/// The most characters that are typed in a line: more than any name, time or text of an event that one looks for.
const TYPED_MAX: usize = 60;

/// An order to whoever has the terminal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// It is over.
    Quit {
        /// By ctrl-C.
        interrupted: bool,
    },
    /// The terminal is to be given back for a while.
    Suspend,
    /// Everything is to be redrawn.
    Redraw,
}

/// What is asked for in the last line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asking {
    /// A time to go to.
    Time,
    /// A caller to go to.
    Caller,
    /// A text to look for.
    Text,
}

impl Asking {
    /// What stands before what is typed.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Time => "time, such as 1m30s:",
            Self::Caller => "caller:",
            Self::Text => "text:",
        }
    }
}

/// Everything on the screen.
#[derive(Debug)]
pub struct StepModel<'t, 's> {
    /// What happened.
    pub trace: &'t Trace<'s>,
    /// The event that has just happened.
    pub cursor: Cursor<'t, 's>,
    /// The caller whose events the keys ← and → go through.
    pub chosen: u32,
    /// How the machines stand; nothing where that is not known.
    pub standing: Option<Standing>,
    /// A line that is being typed, and what for.
    pub typed: Option<(Asking, String)>,
    /// Whether the help lies over everything.
    pub helps: bool,
    /// The last message for the user.
    pub note: String,
    machines: Option<Machines>,
    /// The text that was looked for last, in small letters.
    searched: String,
    /// The moment that the machines were looked at, and whether after it.
    looked_at: Option<(Instant, bool)>,
}

impl<'t, 's> StepModel<'t, 's> {
    /// The first event. `machines` are those of the same case with the same seed, if it can be played again.
    #[must_use]
    pub fn new(trace: &'t Trace<'s>, machines: Option<Machines>) -> Self {
        let failing = trace.events.iter().find(|event| event.fails).and_then(|event| event.who);
        let mut model = Self {
            trace,
            cursor: Cursor::new(trace),
            chosen: failing.unwrap_or(0),
            standing: None,
            typed: None,
            helps: false,
            note: String::new(),
            machines,
            searched: String::new(),
            looked_at: None,
        };
        trace.note.clone_into(&mut model.note);
        model.look();
        model
    }

    /// Goes to where something failed in this line, or else to the first event of it; says so if there is none.
    pub fn go_to_line(&mut self, line: LineRef) {
        let events = &self.trace.events;
        let of_line =
            |fails: bool| events.iter().position(|event| event.line == Some(line) && (event.fails || !fails));
        match of_line(true).or_else(|| of_line(false)) {
            Some(place) => self.cursor.go(place),
            None => self.note = format!("no event belongs to line {}", line.1),
        }
        self.look();
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key) -> Option<Order> {
        self.note.clear();
        let order = self.taken(key);
        self.look();
        order
    }

    fn taken(&mut self, key: Key) -> Option<Order> {
        match key {
            Key::Interrupt => return Some(Order::Quit { interrupted: true }),
            Key::Suspend => return Some(Order::Suspend),
            Key::Redraw => return Some(Order::Redraw),
            Key::Char { .. } | Key::Enter | Key::Backspace | Key::Tab | Key::BackTab | Key::Escape => {}
            Key::Up | Key::Down | Key::Left | Key::Right | Key::PageUp | Key::PageDown => {}
            Key::Home | Key::End | Key::Function(_) | Key::Other => {}
        }
        if std::mem::take(&mut self.helps) {
            return None;
        }
        if let Some((asking, typed)) = self.typed.take() {
            self.type_on(asking, typed, key);
            return None;
        }
        match key {
            Key::Down => self.cursor.step(1),
            Key::Up => self.cursor.step(-1),
            Key::PageDown => self.cursor.step(PAGE),
            Key::PageUp => self.cursor.step(-PAGE),
            Key::Right => self.go_on_with_chosen(true),
            Key::Left => self.go_on_with_chosen(false),
            Key::Home => self.cursor.go(0),
            Key::End => self.cursor.go(usize::MAX),
            Key::Tab => self.choose(1),
            Key::BackTab => self.choose(self.trace.story.cast.roles.len().saturating_sub(1)),
            Key::Char { symbol, .. } => return self.symbol(symbol),
            Key::Interrupt | Key::Suspend | Key::Redraw | Key::Enter | Key::Backspace | Key::Escape => {}
            Key::Function(_) | Key::Other => {}
        }
        None
    }

    fn symbol(&mut self, symbol: char) -> Option<Order> {
        match symbol {
            'j' | ' ' => self.cursor.step(1),
            'k' => self.cursor.step(-1),
            'l' => self.go_on_with_chosen(true),
            'h' => self.go_on_with_chosen(false),
            'g' => self.cursor.go(0),
            'G' => self.cursor.go(usize::MAX),
            'f' => self.go_to_failure(),
            't' => self.typed = Some((Asking::Time, String::new())),
            'c' => self.typed = Some((Asking::Caller, String::new())),
            '/' => self.typed = Some((Asking::Text, String::new())),
            'n' => self.search(true),
            'N' => self.search(false),
            '?' => self.helps = true,
            'q' => return Some(Order::Quit { interrupted: false }),
            _ => self.note = format!("{symbol:?} is not a key here: press ? for help"),
        }
        None
    }

    fn type_on(&mut self, asking: Asking, mut typed: String, key: Key) {
        match key {
            Key::Enter => return self.answer(asking, typed.trim()),
            Key::Escape => return,
            Key::Backspace => {
                typed.pop();
            }
            Key::Char { symbol, .. } if typed.chars().count() < TYPED_MAX => typed.push(symbol),
            Key::Char { .. } | Key::Tab | Key::BackTab | Key::Up | Key::Down | Key::Left | Key::Right => {}
            Key::PageUp | Key::PageDown | Key::Home | Key::End | Key::Function(_) => {}
            Key::Interrupt | Key::Suspend | Key::Redraw | Key::Other => {}
        }
        self.typed = Some((asking, typed));
    }

    /// Takes text that was pasted: into the line that is being typed.
    pub fn paste(&mut self, text: &str) {
        if let Some((_, typed)) = &mut self.typed {
            let room = TYPED_MAX.saturating_sub(typed.chars().count());
            typed.extend(text.chars().filter(|symbol| !symbol.is_control()).take(room));
        }
    }

    fn answer(&mut self, asking: Asking, typed: &str) {
        match asking {
            Asking::Time => match parse_duration(typed) {
                Ok(time) => self.cursor.go_to_time(time),
                Err(error) => self.note = error.to_string(),
            },
            Asking::Caller => self.go_to_caller(typed),
            Asking::Text if typed.is_empty() => {}
            Asking::Text => {
                self.searched = typed.to_lowercase();
                self.search(true);
            }
        }
    }

    fn go_to_failure(&mut self) {
        match self.trace.events.iter().position(|event| event.fails) {
            Some(place) => self.cursor.go(place),
            None => "nothing failed in this case".clone_into(&mut self.note),
        }
    }

    /// Chooses the caller so many places on, as if they stood in a circle.
    fn choose(&mut self, places: usize) {
        let count = self.trace.story.cast.roles.len().max(1);
        self.chosen = u32::try_from((self.chosen as usize + places) % count).unwrap_or(0);
    }

    fn go_on_with_chosen(&mut self, forwards: bool) {
        let chosen = self.chosen;
        if !self.cursor.seek(forwards, |event| event.who == Some(chosen)) {
            let (name, where_to) = (self.trace.text.role(chosen), if forwards { "after" } else { "before" });
            self.note = format!("no event of {name} {where_to} this one; Tab chooses another caller");
        }
    }

    /// Chooses the caller of this name, or the first whose name begins like this, and goes to the next event of that one.
    fn go_to_caller(&mut self, typed: &str) {
        let of = |is_it: &dyn Fn(&str) -> bool| self.trace.callers().find(|(_, name)| is_it(name));
        let found = of(&|name| name == typed).or_else(|| of(&|name| name.starts_with(typed)));
        let Some((who, name)) = found.filter(|_| !typed.is_empty()) else {
            return self.note = format!("no caller is called {typed:?}");
        };
        self.chosen = who;
        let is_theirs = self.cursor.event().who == Some(who);
        let is_of = |event: &super::trace::TraceEvent| event.who == Some(who);
        if !is_theirs && !self.cursor.seek(true, is_of) && !self.cursor.seek(false, is_of) {
            self.note = format!("nothing happens to {name}");
        }
    }

    fn search(&mut self, forwards: bool) {
        let wanted = self.searched.clone();
        if wanted.is_empty() {
            return "nothing was searched yet: / searches a text".clone_into(&mut self.note);
        }
        let before = self.cursor.at();
        if !self.cursor.seek_round(forwards, |event| event.words.to_lowercase().contains(&wanted)) {
            self.note = format!("no event says {wanted:?}");
        } else if forwards && self.cursor.at() <= before {
            "searched on from the beginning".clone_into(&mut self.note);
        }
    }

    /// Looks at the machines as they stand. They can be looked at between moments only: before the last event of one, they
    /// stand as before all of it, and so where a failure ends the run in the middle of one.
    fn look(&mut self) {
        let Some(machines) = &mut self.machines else { return };
        let event = self.cursor.event();
        let wanted = (event.at, self.cursor.ends_a_moment() && !event.fails);
        if self.looked_at != Some(wanted) {
            self.looked_at = Some(wanted);
            let standing = if wanted.1 { machines.after(wanted.0) } else { machines.before(wanted.0) };
            self.standing = Some(standing);
        }
    }
}
