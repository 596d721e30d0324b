//! What has happened, as lines to read: events of one moment are grouped, repeats are counted, and prompts that make one
//! sentence are one line.

mod line;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

pub use line::{EventLine, listed};
use line::{Spoken, What};

use super::describe::{name, tries, words_of};
use super::handset::{Asked, Handset};
use crate::control::call::{Digit, Language, LegId, Prompt, Source, Speech, Tone};
use crate::control::event::{
    AccountEvent, AdminEvent, Admission, CallEvent, EndReason, Event, MeetingEvent, MeetingId, Place,
    StartRight,
};
use crate::control::policy::MeetingKeys;
use crate::control::presence::Presence;
use crate::control::time::Instant;
use crate::leg::log::Entry;
use crate::report::{EventText, until_unlocked, wait};

/// Lines that can be read back.
pub const LINES_MAX: usize = 1_000;

/// How long other events of the same moment may take to be told.
const MOMENT: Duration = Duration::from_millis(20);

/// How long a line may still change by what comes next: a key that repeats, the next words of a sentence.
const OPEN_TIME: Duration = Duration::from_secs(2);

/// Why keys are ignored once all PINs of a call were wrong.
const NO_TRIES_LEFT: &str = "no tries left in this call";

/// The values to describe an event with.
#[derive(Debug)]
pub struct Context<'c, 's> {
    /// The names of legs and meetings.
    pub text: &'c EventText<'s>,
    /// Everybody's place, after the event.
    pub presence: &'c Presence,
    /// The telephone that it happened to, before the event.
    pub handset: Option<&'c Handset>,
    /// The key that arrived, if the event is one.
    pub key: Option<Digit>,
    /// The keys of commands.
    pub keys: &'c MeetingKeys,
}

/// The lines of what has happened, the latest at the end.
#[derive(Debug, Default)]
pub struct EventLog {
    lines: VecDeque<EventLine>,
    /// Lines that are not kept any more.
    dropped: u64,
    /// Lines that do not change any more, those which are dropped included.
    settled: u64,
    /// For each call, or meeting, the line of the sentence that it hears.
    sentences: BTreeMap<Listener, u64>,
    /// Calls that have heard hold music in their lobby: it goes on after each prompt.
    holding: BTreeSet<LegId>,
}

/// Somebody who hears a sentence.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Listener {
    Call(LegId),
    Meeting(MeetingId),
}

impl EventLog {
    /// The lines, the latest at the end; at most [`LINES_MAX`].
    #[must_use]
    pub fn lines(&self) -> &VecDeque<EventLine> {
        &self.lines
    }

    /// Returns how many lines there have been, those included which are not kept any more.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.dropped + self.lines.len() as u64
    }

    /// Adds a line that is about nobody in particular.
    pub fn tell(&mut self, at: Instant, text: String) {
        self.push(at, Vec::new(), What::Text(text));
    }

    /// Takes the lines that were not taken before and do not change any more, in their order; with [`Instant::NEVER`],
    /// all. A line that has been taken never changes.
    pub fn settle(&mut self, now: Instant) -> impl Iterator<Item = &EventLine> {
        let from = usize::try_from(self.settled.saturating_sub(self.dropped)).unwrap_or(usize::MAX);
        let fresh = self.lines.iter().skip(from);
        let settled = fresh.take_while(|line| line.open_until() <= now).count();
        self.settled = self.settled.max(self.dropped) + settled as u64;
        self.lines.iter().skip(from).take(settled)
    }

    /// Returns when [`EventLog::settle`] has more.
    #[must_use]
    pub fn settles_at(&self) -> Option<Instant> {
        let from = usize::try_from(self.settled.saturating_sub(self.dropped)).unwrap_or(usize::MAX);
        self.lines.get(from).map(EventLine::open_until)
    }

    /// Takes in an entry of the event stream.
    pub fn take(&mut self, at: Instant, entry: &Entry, context: &Context<'_, '_>) {
        match entry {
            Entry::Dials { part, .. } => {
                let caller = vec![name(context.text.role(*part))];
                self.push(at, caller, What::Text("dials the bridge".to_owned()));
            }
            Entry::Event(Event::Call(event)) => self.take_call(at, *event, context),
            Entry::Event(Event::Meeting(event)) => self.take_meeting(at, *event, context),
            Entry::Event(Event::Account(event)) => self.take_account(at, *event, context),
            // These are of scripts, and nobody here has one.
            Entry::Step { .. } | Entry::Failed { .. } | Entry::Signal { .. } | Entry::LineFault { .. } => {}
            Entry::Act { .. } | Entry::Finished { .. } => {}
        }
    }

    fn take_call(&mut self, at: Instant, event: CallEvent, context: &Context<'_, '_>) {
        let leg = event.leg();
        let caller = || vec![name(context.text.caller(leg))];
        match event {
            // That it dials says as much, and a call that is not answered ends.
            CallEvent::Called { .. } | CallEvent::Answered { .. } => {}
            CallEvent::Says { speech: None, .. } | CallEvent::HearsVoice { .. } => {}
            CallEvent::Says { speech: Some(speech), .. } => {
                let text = match speech {
                    Speech::Talk => "talks",
                    Speech::Tone => "sends a tone",
                    Speech::Recording(_) => "plays a recording",
                };
                self.push(at, caller(), What::Text(text.to_owned()));
            }
            CallEvent::Hears { source, .. } => self.hears(at, leg, source, context),
            CallEvent::Key { .. } => {
                let asked = context.handset.map_or(Asked::Nothing, |handset| handset.asked);
                let waits = context.presence.caller(leg).is_some_and(|caller| caller.is_at(Place::Lobby));
                let may_try = context.handset.is_some_and(|handset| handset.tries_left > 0);
                match (context.key, asked) {
                    (Some(Digit::POUND), Asked::Name) => self.keys(at, leg, context, "#"),
                    (Some(Digit::STAR), Asked::Organizer) => self.keys(at, leg, context, "*"),
                    (Some(Digit::STAR), Asked::Nothing) if waits && may_try => {
                        self.keys(at, leg, context, "*");
                    }
                    (Some(_) | None, _) => {}
                }
            }
            CallEvent::KeysIgnored { count, .. } => self.ignores(at, leg, count, context),
            CallEvent::ConferenceIdKeyed { digits, meeting: Some(meeting), .. } => {
                let (digits, organizer) = (digits.reveal(), name(context.text.organizer_of(meeting)));
                let text = format!("keys {digits}#: the meeting of {organizer}");
                self.push(at, caller(), What::Text(text));
            }
            // The digits may be a PIN.
            CallEvent::ConferenceIdKeyed { meeting: None, .. } => {
                self.push(at, caller(), What::Text("keys an unknown conference ID".to_owned()));
            }
            CallEvent::DirectoryFailed { again, .. } => {
                let again = if again { "; it is asked again" } else { "" };
                self.push(at, Vec::new(), What::Text(format!("The directory does not answer{again}")));
            }
            CallEvent::Finished { cause, .. } => {
                self.forget(leg);
                self.push(at, caller(), What::Ended(cause));
            }
        }
    }

    fn forget(&mut self, leg: LegId) {
        self.sentences.remove(&Listener::Call(leg));
        self.holding.remove(&leg);
    }

    fn hears(&mut self, at: Instant, leg: LegId, source: Source, context: &Context<'_, '_>) {
        let listener = Listener::Call(leg);
        let caller = vec![name(context.text.caller(leg))];
        match source {
            // That a caller joins is told.
            Source::Silence | Source::Conference => {
                self.sentences.remove(&listener);
            }
            Source::HoldMusic { .. } => {
                self.sentences.remove(&listener);
                if self.holding.insert(leg) {
                    self.push(at, caller, What::Text("hears hold music".to_owned()));
                }
            }
            // It means that all is well, which other lines tell.
            Source::Prompt { prompt: Prompt::Tone(Tone::High), .. } => {}
            Source::Prompt { prompt: Prompt::Tone(Tone::Low), .. } => {
                let tries = context.handset.map_or(1, |handset| handset.tries_left);
                let waits = context.presence.caller(leg).is_some_and(|caller| caller.is_at(Place::Lobby));
                if waits && tries == 0 {
                    // The star that would ask for the PIN.
                    self.ignores(at, leg, 1, context);
                } else {
                    self.push(at, caller, What::Text("hears a low tone".to_owned()));
                }
            }
            Source::Prompt { prompt, language, .. } => {
                self.spoken(at, listener, caller, prompt, language, context);
            }
        }
    }

    /// A prompt goes on with the sentence before it, is heard by others at the same moment, or is a line of its own.
    fn spoken(
        &mut self,
        at: Instant,
        listener: Listener,
        listeners: Vec<String>,
        prompt: Prompt,
        language: Language,
        context: &Context<'_, '_>,
    ) {
        if context.text.is_of_others() {
            // What it says nobody knows, but what it is called.
            let told = format!("hears {}", context.text.prompt(prompt));
            return self.push(at, listeners, What::Text(told));
        }
        let words = words_of(context.text, prompt, language);
        if let Some(number) = self.sentences.get(&listener).copied()
            && let Some(What::Hears(spoken)) = self.open_line(number).map(|line| &mut line.what)
            && spoken.goes_on_with(prompt)
        {
            return spoken.go_on(prompt, &words);
        }
        let is_same = |what: &What| matches!(what, What::Hears(spoken) if spoken.is_only(prompt));
        let alike = self.of_this_moment(at).find(|(_, line)| is_same(&line.what));
        let number = match alike {
            Some((number, line)) => {
                line.callers.extend(listeners);
                number
            }
            None => {
                let meeting = matches!(listener, Listener::Meeting(_));
                self.push(at, listeners, What::Hears(Spoken::new(prompt, words, meeting)));
                self.count() - 1
            }
        };
        self.sentences.insert(listener, number);
    }

    fn ignores(&mut self, at: Instant, leg: LegId, count: u8, context: &Context<'_, '_>) {
        let tries = context.handset.map_or(1, |handset| handset.tries_left);
        let why = why_ignored(context.presence.place(leg).map(|(_, place)| place), tries);
        let caller = name(context.text.caller(leg));
        if let Some(line) = self.open_line(self.count().saturating_sub(1))
            && line.callers == [caller.as_str()]
            && let What::Ignored(before, reason) = &mut line.what
            && *reason == why
        {
            *before += u32::from(count);
            line.at = at;
        } else {
            self.push(at, vec![caller], What::Ignored(count.into(), why));
        }
    }

    fn keys(&mut self, at: Instant, leg: LegId, context: &Context<'_, '_>, keys: &str) {
        let caller = vec![name(context.text.caller(leg))];
        self.push(at, caller, What::Keys { keys: keys.to_owned(), effect: String::new() });
    }

    fn take_meeting(&mut self, at: Instant, event: MeetingEvent, context: &Context<'_, '_>) {
        let of = name(context.text.organizer_of(event.meeting()));
        let caller: Vec<String> = event.leg().map(|leg| name(context.text.caller(leg))).into_iter().collect();
        let text = match event {
            MeetingEvent::PinAccepted { .. } => "gives the right PIN".to_owned(),
            MeetingEvent::PinRefused { tries_left, .. } => {
                format!("PIN refused: wrong. {}", name(&tries(tries_left)))
            }
            MeetingEvent::PasscodeAccepted { .. } => "gives the right passcode".to_owned(),
            MeetingEvent::PasscodeRefused { tries_left, .. } => {
                format!("passcode refused: wrong. {}", name(&tries(tries_left)))
            }
            MeetingEvent::Parked { leg, .. } => {
                self.holding.remove(&leg);
                let tries = context.handset.map_or(1, |handset| handset.tries_left);
                let like = if tries == 0 { ", like any caller" } else { "" };
                format!("waits in the lobby{like}")
            }
            MeetingEvent::Started { right, .. } => {
                let right = match right {
                    StartRight::Pin => "",
                    StartRight::SignedIn => ": its organizer is signed in",
                    StartRight::Anonymous => " without a PIN",
                };
                return self.tell(at, format!("The meeting of {of} starts{right}"));
            }
            MeetingEvent::Joined { leg, admission, .. } => {
                self.holding.remove(&leg);
                match admission {
                    // The right PIN was just told.
                    Admission::Pin => return,
                    Admission::Released => "is released from the lobby".to_owned(),
                    Admission::Admitted => "is admitted from the lobby".to_owned(),
                    Admission::Direct => format!("joins the meeting of {of}"),
                    Admission::Client => format!("joins the meeting of {of} with the client app"),
                }
            }
            MeetingEvent::Promoted { .. } => format!("is now the organizer in the meeting of {of}"),
            MeetingEvent::Left { leg, place, .. } => {
                let over = context.presence.caller(leg).is_none_or(|caller| caller.finished);
                match place {
                    // The end of the call is told.
                    _ if over => return,
                    Place::Screening => return,
                    Place::Lobby => format!("leaves the lobby of {of}"),
                    Place::Joined => format!("leaves the meeting of {of}"),
                }
            }
            MeetingEvent::Commanded { command, allowed, .. } => {
                let effect = if allowed { "" } else { "not allowed" };
                let (keys, effect) = (context.keys.keyed(command), effect.to_owned());
                return self.push(at, caller, What::Keys { keys, effect });
            }
            MeetingEvent::Muted { muted, .. } => return self.muted(at, caller, muted),
            MeetingEvent::Hand { raised, .. } => {
                let effect = if raised { "hand raised" } else { "hand lowered" };
                if self.has_effect(at, &caller, effect) {
                    return;
                }
                if raised { "raises a hand".to_owned() } else { "lowers a hand".to_owned() }
            }
            MeetingEvent::Locked { locked, .. } => {
                let how = if locked { "locked" } else { "unlocked" };
                return self.tell(at, format!("The meeting of {of} is {how}"));
            }
            MeetingEvent::Recording { on, .. } => {
                let how = if on { "is recorded from now on" } else { "is no longer recorded" };
                return self.tell(at, format!("The meeting of {of} {how}"));
            }
            MeetingEvent::LobbyNotice { waiting, .. } => {
                format!("is told that {} in the lobby", wait(waiting))
            }
            // Somebody without a recorded name leaves, as another line tells.
            MeetingEvent::Announced { prompt: Prompt::Tone(_), .. } => return,
            MeetingEvent::Announced { meeting, prompt, language } => {
                let (listener, all) = (Listener::Meeting(meeting), vec![format!("The meeting of {of}")]);
                return self.spoken(at, listener, all, prompt, language, context);
            }
            MeetingEvent::AnnouncementDropped { .. } => {
                return self
                    .tell(at, format!("An announcement to the meeting of {of} is dropped: too many wait"));
            }
            MeetingEvent::Ended { meeting, reason } => {
                self.sentences.remove(&Listener::Meeting(meeting));
                return self.tell(at, format!("The meeting of {of} ends: {}", why_ended(reason)));
            }
        };
        self.push(at, caller, What::Text(text));
    }

    /// Several who are muted at one moment are one line; the key that did it says so itself.
    fn muted(&mut self, at: Instant, caller: Vec<String>, muted: bool) {
        if self.has_effect(at, &caller, if muted { "muted" } else { "unmuted" }) {
            return;
        }
        let last = self.open_line(self.count().saturating_sub(1)).filter(|line| line.at == at);
        match last {
            Some(EventLine { callers, what: What::Muted(before), .. }) if *before == muted => {
                callers.extend(caller);
            }
            Some(_) | None => self.push(at, caller, What::Muted(muted)),
        }
    }

    /// Adds what a key did to the line of the key, if that is of this moment.
    fn has_effect(&mut self, at: Instant, caller: &[String], effect: &str) -> bool {
        for (_, line) in self.of_this_moment(at) {
            if let What::Keys { effect: done, .. } = &mut line.what
                && line.callers == caller
                && done.is_empty()
            {
                effect.clone_into(done);
                return true;
            }
        }
        false
    }

    fn take_account(&mut self, at: Instant, event: AccountEvent, context: &Context<'_, '_>) {
        let organizer = name(context.text.organizer(event.organizer()));
        let text = match event {
            AccountEvent::Administered { act, .. } => {
                let done = match act {
                    AdminEvent::Enabled => "is enabled",
                    AdminEvent::Disabled => "is disabled",
                    AdminEvent::PinReset => "has a new PIN",
                    AdminEvent::ConferenceIdReset => "has a new conference ID",
                    AdminEvent::Locked => "has PIN entry locked",
                    AdminEvent::Unlocked => "has PIN entry unlocked",
                    AdminEvent::AnonymousStartAllowed => "allows meetings to start without a PIN",
                    AdminEvent::AnonymousStartForbidden => "no longer allows meetings to start without a PIN",
                };
                return self.push(at, vec![organizer], What::Text(done.to_owned()));
            }
            // The meeting says whether the PIN is right.
            AccountEvent::PinChecked { .. } | AccountEvent::PasscodeChecked { .. } => return,
            AccountEvent::LockedOut { state, .. } => {
                format!("PIN entry of {organizer} is locked{}", until_unlocked(state))
            }
            AccountEvent::PasscodeLockedOut { state, .. } => {
                format!("passcode entry of {organizer} is locked{}", until_unlocked(state))
            }
        };
        self.tell(at, text);
    }

    /// The lines of this moment that may still change, by their numbers, the latest first.
    fn of_this_moment(&mut self, at: Instant) -> impl Iterator<Item = (u64, &mut EventLine)> {
        let first = self.settled.max(self.dropped);
        let from = usize::try_from(first - self.dropped).unwrap_or(usize::MAX).min(self.lines.len());
        let lines = self.lines.range_mut(from..).enumerate().rev();
        lines
            .map(move |(place, line)| (first + place as u64, line))
            .take_while(move |(_, line)| line.at == at)
    }

    /// A line that may still change.
    fn open_line(&mut self, number: u64) -> Option<&mut EventLine> {
        let at = usize::try_from(number.checked_sub(self.dropped)?).ok()?;
        self.lines.get_mut(at).filter(|_| number >= self.settled)
    }

    fn push(&mut self, at: Instant, callers: Vec<String>, what: What) {
        if self.lines.len() == LINES_MAX {
            self.lines.pop_front();
            self.dropped += 1;
        }
        self.lines.push_back(EventLine { at, callers, what });
    }
}

/// Returns why a key is ignored, in a few words; empty where there is no simple reason.
fn why_ignored(place: Option<Place>, tries_left: u8) -> &'static str {
    match place {
        Some(Place::Lobby) if tries_left == 0 => NO_TRIES_LEFT,
        Some(Place::Lobby) => "only * is a key in the lobby",
        Some(Place::Joined) => "commands begin with *",
        Some(Place::Screening) | None => "",
    }
}

fn why_ended(reason: EndReason) -> &'static str {
    match reason {
        EndReason::Person => "a participant or the administrator ended it",
        EndReason::Limit => "it reached its time limit",
        EndReason::Grace => "nobody who may start it came back",
        EndReason::Empty => "nobody is left",
        EndReason::OrganizerLeft => "its organizer has left",
    }
}
