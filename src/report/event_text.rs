//! A run's entries in plain words. No key is ever told, but for those of a conference ID that names a meeting: any
//! other row of keys may be a PIN that was keyed at the wrong moment.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::control::call::{Language, LegId, Prompt, Source, Speech};
use crate::control::caller::{OrganizerRef, SignalId, StepDone, StepId};
use crate::control::event::{
    AccountEvent, AdminEvent, Admission, CallEvent, EndReason, Event, MeetingEvent, MeetingId, StartRight,
};
use crate::control::meeting::CallerAct;
use crate::control::pin::LockState;
use crate::control::policy::{KeyCommand, OrganizerId};
use crate::control::time::Instant;
use crate::leg::log::{Entry, LineFault, Log};
use crate::scenario::story::{Act, Story};

/// Knows the names of the people and things that a run's entries number.
#[derive(Clone, Debug)]
pub struct EventText<'s> {
    story: &'s Story,
    parts: BTreeMap<LegId, u32>,
    /// What prompts are called at a bridge of others, by their names here.
    sounds: Option<Arc<BTreeMap<&'static str, String>>>,
}

impl<'s> EventText<'s> {
    /// Reads off the log who dialled which leg.
    #[must_use]
    pub fn new(story: &'s Story, log: &Log) -> Self {
        let mut event_text = Self::live(story);
        log.entries.iter().for_each(|(_, entry)| event_text.note(entry));
        event_text
    }

    /// Knows nobody's leg yet.
    #[must_use]
    pub fn live(story: &'s Story) -> Self {
        Self { story, parts: BTreeMap::new(), sounds: None }
    }

    /// Calls prompts as a bridge of others does, by their names here.
    pub fn name_sounds(&mut self, sounds: BTreeMap<&'static str, String>) {
        self.sounds = Some(Arc::new(sounds));
    }

    /// Whether prompts are those of a bridge of others, whose words nobody knows.
    #[must_use]
    pub const fn is_of_others(&self) -> bool {
        self.sounds.is_some()
    }

    /// Keeps who dialled which leg.
    pub fn note(&mut self, entry: &Entry) {
        if let Entry::Dials { part, leg } = entry {
            self.parts.insert(*leg, *part);
        }
    }

    /// Every leg that was dialled.
    pub fn legs(&self) -> impl Iterator<Item = LegId> + '_ {
        self.parts.keys().copied()
    }

    /// Returns the part that dialled this leg.
    #[must_use]
    pub fn part(&self, leg: LegId) -> Option<u32> {
        self.parts.get(&leg).copied()
    }

    /// The name of a part of the cast.
    #[must_use]
    pub fn role(&self, part: u32) -> &'s str {
        self.story.cast.roles.get(part as usize).map_or("somebody", |role| role.name.as_str())
    }

    /// Returns the name of the caller on this leg.
    #[must_use]
    pub fn caller(&self, leg: LegId) -> &'s str {
        self.part(leg).map_or("somebody", |part| self.role(part))
    }

    /// Returns the organizer of this meeting.
    #[must_use]
    pub fn organizer_of(&self, meeting: MeetingId) -> &'s str {
        self.organizer(OrganizerId(meeting.0))
    }

    /// The name of an organizer.
    #[must_use]
    pub fn organizer(&self, organizer: OrganizerId) -> &'s str {
        self.story.given.organizers.get(organizer.0 as usize).map_or("somebody", |it| it.name.as_str())
    }

    /// How many phones a meeting of the story holds.
    #[must_use]
    pub fn capacity(&self) -> u32 {
        self.story.given.policy.meeting.capacity
    }

    /// A signal as it is written: `pat.waiting`.
    #[must_use]
    pub fn signal(&self, signal: SignalId) -> &'s str {
        self.story.cast.signals.get(usize::from(signal.0)).map_or("a signal", |signal| signal.name.as_str())
    }

    /// A step in the file's words.
    #[must_use]
    pub fn step(&self, step: StepId) -> &'s str {
        self.story.steps.get(step.0 as usize).map_or("a step", |step| step.text.as_str())
    }

    /// An entry as one line.
    #[must_use]
    pub fn line(&self, entry: &Entry) -> String {
        match entry {
            Entry::Event(event) => self.event(event),
            Entry::Dials { part, .. } => format!("{} dials", self.role(*part)),
            Entry::Step { part, done } => format!("{}: {}", self.role(*part), self.step_done(done)),
            Entry::Failed { part, failure } => {
                format!("{}: {} failed", self.role(*part), self.step(failure.step))
            }
            Entry::Signal { signal, .. } => format!("{} is set", self.signal(*signal)),
            Entry::LineFault { part, fault } => {
                let name = self.role(*part);
                match fault {
                    LineFault::KeyLost => format!("a key of {name} is lost"),
                    LineFault::KeyDoubled => format!("a key of {name} arrives twice"),
                    LineFault::KeyMisheard => format!("the bridge hears a key that {name} did not press"),
                    LineFault::Dropped => format!("the line of {name} drops"),
                    LineFault::HungUp => format!("{name} hangs up early (fault)"),
                }
            }
            Entry::Act { act, .. } => match self.story.acts.get(usize::from(*act)) {
                Some(act) => format!("the administrator {}", self.act(act)),
                None => "the administrator acts".to_owned(),
            },
            Entry::Finished { part } => format!("the script of {} ends", self.role(*part)),
        }
    }

    /// A step that was done, an expectation with how much of its time it took.
    fn step_done(&self, done: &StepDone) -> String {
        let step = self.step(done.step);
        match margin(done) {
            Some((took, allowed)) => format!("{step} — {} of {}", seconds(took), seconds(allowed)),
            None => format!("{step} — done"),
        }
    }

    fn event(&self, event: &Event) -> String {
        match *event {
            Event::Call(CallEvent::Called { leg }) => format!("the call of {} comes in", self.caller(leg)),
            Event::Call(CallEvent::Answered { leg }) => format!("the bridge answers {}", self.caller(leg)),
            Event::Call(CallEvent::Hears { leg, source }) => {
                format!("{} hears {}", self.caller(leg), self.source(source))
            }
            Event::Call(CallEvent::Says { leg, speech }) => {
                format!("{} {}", self.caller(leg), says(speech))
            }
            Event::Call(CallEvent::HearsVoice { leg, by, speech: Some(speech) }) => {
                let what = match speech {
                    Speech::Talk => "talk",
                    Speech::Tone => "send a tone",
                    Speech::Recording(_) => "play a recording",
                };
                format!("{} hears {} {what}", self.caller(leg), self.caller(by))
            }
            Event::Call(CallEvent::HearsVoice { leg, by, speech: None }) => {
                format!("{} hears {} no more", self.caller(leg), self.caller(by))
            }
            Event::Call(CallEvent::Key { leg }) => format!("{}'s key", self.caller(leg)),
            Event::Call(CallEvent::KeysIgnored { leg, count }) => {
                let (keys, are) = if count == 1 { ("key", "is") } else { ("keys", "are") };
                format!("{count} {keys} of {} {are} ignored", self.caller(leg))
            }
            Event::Call(CallEvent::ConferenceIdKeyed { leg, digits, meeting }) => match meeting {
                Some(meeting) => format!(
                    "{} keys conference ID {}: the meeting of {}",
                    self.caller(leg),
                    digits.reveal(),
                    self.organizer_of(meeting)
                ),
                None => format!("{} keys an unknown conference ID", self.caller(leg)),
            },
            Event::Call(CallEvent::DirectoryFailed { leg, again }) => {
                let again = if again { " and is asked again" } else { "" };
                format!("the directory does not answer for {}{again}", self.caller(leg))
            }
            Event::Meeting(MeetingEvent::PinAccepted { meeting, leg }) => {
                format!("{} gives the right PIN of {}", self.caller(leg), self.organizer_of(meeting))
            }
            Event::Meeting(MeetingEvent::PinRefused { leg, tries_left, .. }) => {
                let tries = if tries_left == 1 { "try" } else { "tries" };
                format!("the PIN that {} gives is refused, {tries_left} {tries} left", self.caller(leg))
            }
            Event::Meeting(MeetingEvent::PasscodeAccepted { meeting, leg }) => {
                format!("{} gives the right passcode of {}", self.caller(leg), self.organizer_of(meeting))
            }
            Event::Meeting(MeetingEvent::PasscodeRefused { leg, tries_left, .. }) => {
                let tries = if tries_left == 1 { "try" } else { "tries" };
                format!("the passcode that {} gives is refused, {tries_left} {tries} left", self.caller(leg))
            }
            Event::Meeting(MeetingEvent::Parked { meeting, leg }) => {
                format!("{} waits in the lobby of {}", self.caller(leg), self.organizer_of(meeting))
            }
            Event::Meeting(MeetingEvent::Started { meeting, by, right, .. }) => {
                let by = self.caller(by);
                let right = match right {
                    StartRight::Pin => format!("{by} gave the PIN"),
                    StartRight::SignedIn => format!("{by} is signed in"),
                    StartRight::Anonymous => format!("{by} may start it without a PIN"),
                };
                format!("the meeting of {} starts: {right}", self.organizer_of(meeting))
            }
            Event::Meeting(MeetingEvent::Joined { meeting, leg, admission }) => {
                let how = match admission {
                    Admission::Pin => "with the PIN",
                    Admission::Released => "released from the lobby",
                    Admission::Admitted => "admitted from the lobby",
                    Admission::Direct => "without waiting",
                    Admission::Client => "with the client app",
                };
                format!("{} joins the meeting of {}, {how}", self.caller(leg), self.organizer_of(meeting))
            }
            Event::Meeting(MeetingEvent::Promoted { meeting, leg }) => {
                format!(
                    "{} is now the organizer in the meeting of {}",
                    self.caller(leg),
                    self.organizer_of(meeting)
                )
            }
            Event::Meeting(MeetingEvent::Left { meeting, leg, place }) => {
                let organizer = self.organizer_of(meeting);
                format!("{} leaves the {} of {organizer}", self.caller(leg), place.name())
            }
            Event::Meeting(MeetingEvent::Commanded { leg, command, allowed, .. }) => {
                let refused = if allowed { "" } else { ", which is not allowed" };
                format!("{} {}{refused}", self.caller(leg), asks_for(command))
            }
            Event::Meeting(MeetingEvent::Muted { leg, muted, hard, .. }) => {
                let how = match (muted, hard) {
                    (true, true) => "muted, and may not unmute",
                    (true, false) => "muted",
                    (false, _) => "no longer muted",
                };
                format!("{} is {how}", self.caller(leg))
            }
            Event::Meeting(MeetingEvent::Hand { leg, raised, .. }) => {
                let how = if raised { "raised" } else { "lowered" };
                format!("{}'s hand is {how}", self.caller(leg))
            }
            Event::Meeting(MeetingEvent::Locked { meeting, locked }) => {
                let how = if locked { "locked" } else { "unlocked" };
                format!("the meeting of {} is {how}", self.organizer_of(meeting))
            }
            Event::Meeting(MeetingEvent::Recording { meeting, on }) => {
                let how = if on { "is recorded from now on" } else { "is no longer recorded" };
                format!("the meeting of {} {how}", self.organizer_of(meeting))
            }
            Event::Meeting(MeetingEvent::LobbyNotice { to, waiting, .. }) => {
                format!("{} is told that {} in the lobby", self.caller(to), wait(waiting))
            }
            Event::Meeting(MeetingEvent::Announced { meeting, prompt, language }) => {
                let heard = self.spoken(prompt, language);
                format!("the meeting of {} hears {heard}", self.organizer_of(meeting))
            }
            Event::Meeting(MeetingEvent::AnnouncementDropped { meeting, prompt }) => {
                format!(
                    "{} is dropped in the meeting of {}: too many announcements",
                    self.prompt(prompt),
                    self.organizer_of(meeting)
                )
            }
            Event::Meeting(MeetingEvent::Ended { meeting, reason }) => {
                let why = match reason {
                    EndReason::Person => "a participant or the administrator ended it",
                    EndReason::Limit => "it reached its time limit",
                    EndReason::Grace => "nobody who may start it came back",
                    EndReason::Empty => "nobody is left",
                    EndReason::OrganizerLeft => "its organizer has left",
                };
                format!("the meeting of {} ends: {why}", self.organizer_of(meeting))
            }
            Event::Call(CallEvent::Finished { leg, outcome, .. }) => {
                format!("the call of {} is over: {}", self.caller(leg), outcome.name())
            }
            Event::Account(AccountEvent::Administered { organizer, act }) => {
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
                format!("{} {done}", self.organizer(organizer))
            }
            Event::Account(AccountEvent::PinChecked { organizer, leg, right }) => {
                let verdict = if right { "right" } else { "wrong" };
                let (caller, organizer) = (self.caller(leg), self.organizer(organizer));
                format!("the PIN keyed by {caller} is compared with that of {organizer}: {verdict}")
            }
            Event::Account(AccountEvent::PasscodeChecked { organizer, leg, right }) => {
                let verdict = if right { "right" } else { "wrong" };
                let (caller, organizer) = (self.caller(leg), self.organizer(organizer));
                format!("the passcode keyed by {caller} is compared with that of {organizer}: {verdict}")
            }
            Event::Account(AccountEvent::LockedOut { organizer, state }) => {
                format!("PIN entry of {} is locked{}", self.organizer(organizer), until_unlocked(state))
            }
            Event::Account(AccountEvent::PasscodeLockedOut { organizer, state }) => {
                format!("passcode entry of {} is locked{}", self.organizer(organizer), until_unlocked(state))
            }
        }
    }

    /// Describes the sound that a caller hears.
    #[must_use]
    pub fn source(&self, source: Source) -> String {
        match source {
            Source::Silence => "nothing".to_owned(),
            Source::Prompt { prompt, language, .. } => self.spoken(prompt, language),
            Source::HoldMusic { .. } => "hold music".to_owned(),
            Source::Conference => "the meeting".to_owned(),
        }
    }

    /// A prompt with the language in which it is spoken.
    #[must_use]
    pub fn spoken(&self, prompt: Prompt, language: Language) -> String {
        if self.is_of_others() {
            return self.prompt(prompt);
        }
        format!("{} ({})", self.prompt(prompt), language.tag())
    }

    /// A prompt by its name; a recorded name with whose it is.
    #[must_use]
    pub fn prompt(&self, prompt: Prompt) -> String {
        if let Prompt::RecordedName { leg, .. } = prompt {
            return format!("the recorded name of {}", self.caller(leg));
        }
        match self.sounds.as_ref().and_then(|sounds| sounds.get(prompt.name())) {
            Some(theirs) => format!("{} ({theirs})", prompt.name()),
            None => prompt.name().to_owned(),
        }
    }

    /// Describes an administrator's act.
    #[must_use]
    pub fn act(&self, act: &Act) -> String {
        let of = |organizer: &OrganizerRef| self.organizer(OrganizerId(u32::from(organizer.0)));
        match act {
            Act::ResetPin(whose) => format!("resets the PIN of {}", of(whose)),
            Act::ResetConferenceId(whose) => format!("resets the conference ID of {}", of(whose)),
            Act::Set { name, value } => format!("sets {name} to {value}"),
            Act::AllowAnonymousStart(whose, true) => {
                format!("lets meetings of {} start without a PIN", of(whose))
            }
            Act::AllowAnonymousStart(whose, false) => format!("forbids {} meetings without a PIN", of(whose)),
            Act::Enable(whose) => format!("enables {}", of(whose)),
            Act::Disable(whose) => format!("disables {}", of(whose)),
            Act::LockPin(whose) => format!("locks PIN entry of {}", of(whose)),
            Act::Unlock(whose) => format!("unlocks PIN entry of {}", of(whose)),
            Act::EndMeeting(whose) => format!("ends the meeting of {}", of(whose)),
            Act::LockMeeting(whose) => format!("locks the meeting of {}", of(whose)),
            Act::UnlockMeeting(whose) => format!("unlocks the meeting of {}", of(whose)),
            Act::Record { whose, on: true, .. } => format!("starts recording the meeting of {}", of(whose)),
            Act::Record { whose, on: false, .. } => format!("stops recording the meeting of {}", of(whose)),
            Act::OnCaller(act, role) => {
                let does = match act {
                    CallerAct::Admit => "admits",
                    CallerAct::Deny => "turns away",
                    CallerAct::Remove => "removes",
                    CallerAct::Mute => "mutes",
                    CallerAct::Unmute => "unmutes",
                };
                format!("{does} {}", self.role(*role))
            }
        }
    }
}

/// Returns the time that an expectation took and the time it had; `None` for other steps.
#[must_use]
pub(super) fn margin(done: &StepDone) -> Option<(Duration, Duration)> {
    let (deadline, from) = done.deadline?;
    Some((done.at.since(from), deadline.since(from)))
}

/// So many callers wait.
pub(crate) fn wait(waiting: u32) -> String {
    format!("{waiting} {}", if waiting == 1 { "waits" } else { "wait" })
}

fn asks_for(command: KeyCommand) -> &'static str {
    match command {
        KeyCommand::Help => "asks for the menu",
        KeyCommand::RollCall => "asks for the roll call",
        KeyCommand::Hand => "raises or lowers a hand",
        KeyCommand::Mute => "mutes or unmutes",
        KeyCommand::MuteAll => "mutes all others",
        KeyCommand::Lock => "locks or unlocks the meeting",
        KeyCommand::AdmitAll => "admits everyone",
        KeyCommand::Announcements => "turns announcements on or off",
        KeyCommand::End => "ends the meeting",
        KeyCommand::RemoveLast => "removes whoever joined last",
        KeyCommand::LobbyCount => "asks how many wait",
        KeyCommand::AdmitNext | KeyCommand::DenyNext => "asks for whoever has waited longest",
        KeyCommand::Record => "starts or stops the recording",
        KeyCommand::HangUp => "hangs up by key",
    }
}

/// A duration in seconds as a person reads it: `0.31 s`, `2 s`, `7200 s`.
#[must_use]
pub fn seconds(duration: Duration) -> String {
    let text = (Instant::ZERO + duration).to_string();
    format!("{} s", text.trim_end_matches('0').trim_end_matches('.'))
}

/// How long an entry is locked.
pub(crate) fn until_unlocked(state: LockState) -> String {
    match state {
        LockState::Open => String::new(),
        LockState::LockedUntil(at) => format!(" until {at} s"),
        LockState::LockedForGood => " until an administrator unlocks it".to_owned(),
    }
}

/// What a caller does who says this from now on.
pub(super) const fn says(speech: Option<Speech>) -> &'static str {
    match speech {
        Some(Speech::Talk) => "talks",
        Some(Speech::Tone) => "sends a tone",
        Some(Speech::Recording(_)) => "plays a recording",
        None => "is silent again",
    }
}
