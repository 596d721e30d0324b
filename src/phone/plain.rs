//! The telephone without a screen: a line of input is keys or a word, events are lines of output. For pipes, scripts
//! and screen readers.

use std::io::{self, BufRead as _, Write};
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc;

use super::carrier::{Carrier, ExchangeEvent};
use super::describe::{hearing, name};
use super::live::{SessionEnd, save};
use super::model::{Input, Order, Pane, PhoneModel};
use crate::control::call::{Prompt, Tone};
use crate::control::event::Place;
use crate::control::meeting::CallerAct;
use crate::control::time::{Instant, parse_duration};
use crate::media::library::Library;
use crate::scenario::story::Organizer;
use crate::suggest::suggest;
use crate::terminal::keymap::Key;
use crate::terminal::signals::{Signal, Signals};

/// Lines that wait to be done: further input waits.
const LINES_MAX: usize = 64;

/// The longest line that is read.
const LINE_MAX: u64 = 4_096;

/// The default time limit of `hears`.
const PATIENCE: Duration = Duration::from_secs(120);

/// Sounds other than prompts: their words and their names here.
const SOUNDS: [(&str, &str); 6] = [
    ("silence", "nothing"),
    ("nothing", "nothing"),
    ("hold_music", "hold music"),
    ("the_meeting", "the meeting"),
    ("conference", "the meeting"),
    ("recorded-name", "the recorded name"),
];

/// The numbers that are spoken as one prompt.
const SPOKEN_NUMBERS: std::ops::RangeInclusive<u8> = 2..=20;

/// The words that a line may be.
pub const WORDS: &str = "\
keys such as 3141592#    press them one after the other; w, W and , pause 0.5, 1 and 2 s
call, hang up            like the telephone's own buttons
pat                      switch to this handset
hears hold_music         wait until this is heard, at most two minutes
wait 3s                  wait this long
talk                     speak in the meeting, or stop
reset pin amos           reset an organizer's PIN; the new one is shown once
lock amos, end amos      lock or unlock the meeting, or end it
admit amos, deny amos    admit the caller who has waited longest, or turn that one away
remove pat               end the call of this handset; mute pat and unmute pat do that
save                     save the session as a scenario
help                     this help
quit                     hang up all telephones and quit; so does the end of the input";

/// The act on a participant with this word.
fn participant_act(word: &str) -> Option<CallerAct> {
    CallerAct::named(word).filter(|act| act.place() == Place::Joined)
}

/// The condition for continuing with the next line.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Waits {
    /// Nothing.
    No,
    /// This moment.
    Until(Instant),
    /// This to be heard, by this moment.
    Hears(String, Instant),
    /// The number has been dialled.
    Dialled,
}

/// Reads standard input line by line, on a thread of its own. Nothing comes any more at its end.
///
/// # Errors
/// No thread can be started.
pub fn read() -> io::Result<mpsc::Receiver<String>> {
    let (lines, taken) = mpsc::channel(LINES_MAX);
    thread::Builder::new().name("lines".to_owned()).spawn(move || {
        let mut input = io::stdin().lock();
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = io::Read::take(&mut input, LINE_MAX).read_until(b'\n', &mut line);
            if read.map_or(true, |count| count == 0) {
                return;
            }
            // A file of lines may begin with a byte order mark.
            let text = String::from_utf8_lossy(&line);
            if lines.blocking_send(text.trim_start_matches('\u{feff}').trim().to_owned()).is_err() {
                return;
            }
        }
    })?;
    Ok(taken)
}

/// The telephone as lines.
struct Plain<'p, 's> {
    model: &'p mut PhoneModel<'s>,
    library: &'p Library,
    out: &'p mut dyn Write,
    waits: Waits,
}

/// Runs the telephone until its input ends.
///
/// # Errors
/// Standard output cannot be written to any more.
pub async fn run(
    model: &mut PhoneModel<'_>,
    calls: &mut impl Carrier,
    lines: mpsc::Receiver<String>,
    signals: &mut Signals,
    library: &Library,
    out: &mut dyn Write,
    keep: &mut dyn FnMut(&str) -> Result<String, String>,
) -> io::Result<SessionEnd> {
    let mut plain = Plain { model, library, out, waits: Waits::No };
    let left = take_lines(&mut plain, calls, lines, signals, keep).await?;
    plain.tell(Instant::NEVER)?;
    Ok(left)
}

async fn take_lines(
    plain: &mut Plain<'_, '_>,
    calls: &mut impl Carrier,
    mut lines: mpsc::Receiver<String>,
    signals: &mut Signals,
    keep: &mut dyn FnMut(&str) -> Result<String, String>,
) -> io::Result<SessionEnd> {
    let clock = calls.clock();
    loop {
        while let Some(order) = plain.model.poll_order() {
            calls.carry(&order, plain.model).await;
            match order {
                Order::Quit { interrupted: true } => return Ok(SessionEnd::Interrupted),
                Order::Quit { interrupted: false } => return Ok(SessionEnd::Success),
                Order::Save => save(plain.model, calls, keep),
                Order::Dial(_) | Order::Press(..) | Order::HangUp(_) | Order::Sound(_) => {}
                Order::Act(_) | Order::Suspend | Order::Redraw => {}
            }
        }
        if let missed @ 1.. = calls.missed() {
            writeln!(plain.out, "note: {missed} events were too fast to print")?;
        }
        plain.tell(clock.now())?;
        plain.look(clock.now())?;
        let next = plain.model.poll_timeout().unwrap_or(Instant::NEVER);
        let due = match plain.waits {
            Waits::Until(at) | Waits::Hears(_, at) => next.min(at),
            Waits::No | Waits::Dialled => next,
        };
        let due = due.min(plain.model.events.settles_at().unwrap_or(Instant::NEVER));
        tokio::select! {
            biased;
            signal = signals.next() => match signal {
                Signal::End => return Ok(SessionEnd::Interrupted),
                Signal::Suspend => crate::terminal::stop()?,
            },
            news = calls.news() => match news {
                Some(news) => plain.hear(clock.now(), news),
                None => return Ok(SessionEnd::Interrupted),
            },
            () = clock.sleep_until(due) => {
                if next <= clock.now() {
                    plain.model.handle_timeout(clock.now());
                }
            }
            // Keys have no effect before the call is answered, and somebody who writes lines in advance cannot see when
            // that is.
            line = lines.recv(), if plain.waits == Waits::No && !plain.model.focused().is_calling() => match line {
                Some(line) => plain.line(clock.now(), &line)?,
                None => return Ok(SessionEnd::Success),
            },
        }
    }
}

/// A name with blanks for hyphens and underscores: `hold_music`, `hold-music` and `hold music` are one.
fn spaced(name: &str) -> String {
    name.replace(['-', '_'], " ")
}

/// Returns the name of the sound that a word after `hears` stands for; the beginning of a word is enough. The error
/// says what is wrong with it.
fn heard_as(word: &str) -> Result<String, String> {
    let spoken = spaced(word);
    let others = SOUNDS.iter().copied();
    let prompts = Prompt::NAMED.iter().map(|prompt| (prompt.name(), prompt.name()));
    let tones = [Tone::Low, Tone::High].map(|tone| Prompt::Tone(tone).name()).map(|name| (name, name));
    let numbers = SPOKEN_NUMBERS.map(|number| Prompt::Number(number).name()).map(|name| (name, name));
    let known: Vec<(&str, &str)> = others.chain(prompts).chain(tones).chain(numbers).collect();
    let exact = known.iter().find(|(name, _)| spaced(name) == spoken);
    if let Some((_, heard)) = exact {
        return Ok(spaced(heard));
    }
    if known.iter().any(|(_, heard)| spaced(heard).starts_with(&spoken)) {
        return Ok(spoken);
    }
    let meant = suggest(word, known.iter().map(|(name, _)| *name));
    let meant =
        meant.unwrap_or_else(|| "expected a prompt's name, hold_music, silence or the_meeting".to_owned());
    Err(format!("unknown prompt or sound `{word}`; {meant}"))
}

impl Plain<'_, '_> {
    fn hear(&mut self, now: Instant, news: ExchangeEvent) {
        self.model.hear(now, news);
    }

    /// Returns whether what is waited for has come.
    fn look(&mut self, now: Instant) -> io::Result<()> {
        match &self.waits {
            Waits::No => {}
            Waits::Until(at) if *at > now => {}
            Waits::Until(_) => self.waits = Waits::No,
            Waits::Dialled if self.model.focused().is_dialling() => {}
            Waits::Dialled => self.waits = Waits::No,
            Waits::Hears(what, until) => {
                let heard = spaced(&hearing(self.model, self.model.focus, now, self.library).name);
                if heard.starts_with(what.as_str()) {
                    self.waits = Waits::No;
                } else if *until <= now {
                    writeln!(self.out, "note: \"{what}\" was not heard in two minutes")?;
                    self.waits = Waits::No;
                }
            }
        }
        Ok(())
    }

    /// Writes what has happened and what is to be told.
    fn tell(&mut self, now: Instant) -> io::Result<()> {
        for line in self.model.events.settle(now) {
            writeln!(self.out, "{} {line}", line.at)?;
        }
        if let Some((organizer, pin)) = self.model.shown_pin.take() {
            let whose = self
                .model
                .story()
                .given
                .organizers
                .get(organizer)
                .map_or_else(String::new, |it| name(&it.name));
            writeln!(self.out, "the new PIN of {whose}, shown only now: {}", pin.reveal().reveal())?;
        }
        if !self.model.note.is_empty() {
            writeln!(self.out, "note: {}", std::mem::take(&mut self.model.note))?;
        }
        self.out.flush()
    }

    fn line(&mut self, now: Instant, line: &str) -> io::Result<()> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let handset =
            |name: &str| self.model.handsets.iter().position(|it| it.name.eq_ignore_ascii_case(name));
        match words[..] {
            [] => {}
            ["call"] => self.key(now, Key::Enter),
            ["hang", "up"] | ["hang_up"] => self.key(now, Key::Backspace),
            ["talk"] => self.key(now, Key::Char { symbol: 't', held: false }),
            ["save"] => self.key(now, Key::Char { symbol: 's', held: false }),
            ["quit"] => self.key(now, Key::Char { symbol: 'q', held: false }),
            ["help"] => writeln!(self.out, "{WORDS}")?,
            ["wait", time] => match parse_duration(time) {
                Ok(time) => self.waits = Waits::Until(now + time),
                Err(why) => writeln!(self.out, "note: {why}")?,
            },
            ["hears", ref what @ ..] if !what.is_empty() => match heard_as(&what.join(" ")) {
                Ok(heard) => self.waits = Waits::Hears(heard, now + PATIENCE),
                Err(why) => writeln!(self.out, "note: {why}")?,
            },
            ["reset", "pin", whose] => self.office(now, whose, 'r')?,
            ["lock" | "unlock", whose] => self.office(now, whose, 'l')?,
            ["admit", whose] => self.office(now, whose, 'i')?,
            ["deny", whose] => self.office(now, whose, 'd')?,
            [act, who] if participant_act(act).is_some() && handset(who).is_some() => {
                let focus = std::mem::replace(&mut self.model.focus, handset(who).unwrap_or_default());
                participant_act(act).into_iter().for_each(|act| self.model.act_on_focused(act));
                self.model.focus = focus;
            }
            ["end", whose] => self.office(now, whose, 'e')?,
            [name] if handset(name).is_some() => self.model.focus = handset(name).unwrap_or_default(),
            _ => {
                self.model.handle_input(now, Input::Paste(line));
                self.waits = Waits::Dialled;
            }
        }
        Ok(())
    }

    fn key(&mut self, now: Instant, key: Key) {
        self.model.handle_input(now, Input::Key(key));
    }

    fn office(&mut self, now: Instant, whose: &str, symbol: char) -> io::Result<()> {
        let organizers = &self.model.story().given.organizers;
        let named = |organizer: &Organizer| organizer.name.eq_ignore_ascii_case(whose);
        let Some(place) = organizers.iter().position(named) else {
            return writeln!(self.out, "note: unknown organizer {whose}");
        };
        self.model.organizer = place;
        self.model.pane = Pane::Office;
        self.key(now, Key::Char { symbol, held: false });
        self.model.pane = Pane::None;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_is_named_with_blanks_hyphens_or_underscores() {
        for (word, heard) in [
            ("hold_music", "hold music"),
            ("hold music", "hold music"),
            ("enter_conference_id", "enter conference id"),
            ("enter-pin", "enter pin"),
            ("enter", "enter"),
            ("silence", "nothing"),
            ("the meeting", "the meeting"),
            ("recorded-name", "the recorded name"),
            ("digits/2", "digits/2"),
            ("low-tone", "low tone"),
        ] {
            assert_eq!(heard_as(word).as_deref(), Ok(heard), "{word}");
        }
    }

    #[test]
    fn a_sound_that_nobody_can_hear_is_told_with_what_was_meant() {
        assert_eq!(
            heard_as("hold_musik").unwrap_err(),
            "unknown prompt or sound `hold_musik`; did you mean `hold_music`?"
        );
        assert_eq!(
            heard_as("nosuch").unwrap_err(),
            "unknown prompt or sound `nosuch`; expected a prompt's name, hold_music, silence or the_meeting"
        );
    }
}
