//! A scripted caller's program, step by step, as data that thousands of callers share.

use std::sync::Arc;
use std::time::Duration;

use super::voices::VoiceKind;
use crate::control::call::{Announcement, Digit, Language, Prompt, Source, Speech};

/// A step's place in its story, for reports of failures.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct StepId(pub u32);

/// Something that callers of one story wait for: a state that another reached, or a mark. Numbered within the story.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SignalId(pub u16);

/// An organizer of the story, numbered within it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OrganizerRef(pub u16);

/// An administrator's step, numbered within the story.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ActId(pub u16);

/// The destination of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// The service number with this place in the story's list.
    Number(u16),
    /// A meeting, by the signed-in client of a user.
    App {
        /// The organizer of the meeting.
        organizer: OrganizerRef,
        /// The user's place in the story's list.
        user: u16,
    },
}

/// A part of what is keyed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyPart {
    /// One key.
    Key(Digit),
    /// No key for so long (`w`, `W`).
    Pause(Duration),
    /// Something that only the run knows.
    Named(Named),
}

/// Digits that are named in a script, never written out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Named {
    /// The organizer's PIN as last shown to an administrator.
    Pin(OrganizerRef),
    /// The PIN before that.
    PreviousPin(OrganizerRef),
    /// The passcode of the organizer's meeting.
    Passcode(OrganizerRef),
    /// The organizer's conference ID.
    ConferenceId(OrganizerRef),
    /// The conference ID before that.
    PreviousConferenceId(OrganizerRef),
}

/// Something that an ear can tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sound {
    /// This prompt, on the caller's own line or announced to the meeting.
    Prompt(Prompt),
    /// This prompt, in this language.
    PromptIn(Prompt, Language),
    /// Anybody's recorded name.
    RecordedName,
    /// Music on hold.
    HoldMusic,
    /// Nothing: silence, or a conference in which nobody speaks.
    Silence,
    /// Somebody talks: the caller of this place in the cast, or anybody.
    Talk(Option<u32>),
    /// Somebody sends a steady tone, likewise.
    Tone(Option<u32>),
}

impl Sound {
    /// Returns whether this is what `prompt` sounds like in this language.
    pub(super) fn is_prompt(self, prompt: Prompt, language: Language) -> bool {
        match self {
            Self::Prompt(expected) => expected == prompt,
            Self::PromptIn(expected, spoken) => (expected, spoken) == (prompt, language),
            Self::RecordedName => matches!(prompt, Prompt::RecordedName { .. }),
            Self::HoldMusic | Self::Silence | Self::Talk(_) | Self::Tone(_) => false,
        }
    }

    /// Returns whose voice this is, if it is one, and whether it talks.
    pub(super) fn voice(self) -> Option<(Option<u32>, VoiceKind)> {
        match self {
            Self::Talk(voice) => Some((voice, VoiceKind::Talk)),
            Self::Tone(voice) => Some((voice, VoiceKind::Tone)),
            Self::Prompt(_) | Self::PromptIn(..) | Self::RecordedName => None,
            Self::HoldMusic | Self::Silence => None,
        }
    }

    /// Returns whether this is what the announcement sounds like.
    pub(super) fn is_announced(self, Announcement { prompt, language }: Announcement) -> bool {
        self.is_prompt(prompt, language)
    }

    /// Returns whether this is what `source` sounds like while no announcement is made.
    #[must_use]
    pub fn is_source(self, source: Source) -> bool {
        match source {
            Source::Prompt { prompt, language, .. } => self.is_prompt(prompt, language),
            Source::HoldMusic { .. } => self == Self::HoldMusic,
            Source::Silence | Source::Conference => self == Self::Silence,
        }
    }
}

/// The state of a call, as far as the caller can hear and signalling tells.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CallState {
    /// The bridge took the call.
    Answered,
    /// From the start of `hold-for-organizer` or `lobby-wait`, or of hold music.
    Lobby,
    /// From the start of `pin-accepted`, `meeting-started` or `joining`, or of the conference.
    Joined,
    /// The bridge ended the call after it said that the caller cannot get in.
    Refused,
    /// The bridge ended the call of somebody who had joined.
    Ended,
    /// The bridge ended the call.
    HungUp,
    /// Nobody answers at that number.
    Busy,
}

impl CallState {
    /// Every state, in the order of their numbers.
    pub const ALL: [Self; 7] =
        [Self::Answered, Self::Lobby, Self::Joined, Self::Refused, Self::Ended, Self::HungUp, Self::Busy];

    /// The state that a caller is in who hears this prompt, where it tells one: the others are heard in several.
    #[must_use]
    #[expect(clippy::wildcard_enum_match_arm, reason = "only the prompts that tell a state matter")]
    pub const fn told_by(prompt: Prompt) -> Option<Self> {
        match prompt {
            Prompt::HoldForOrganizer | Prompt::LobbyWait => Some(Self::Lobby),
            Prompt::PinAccepted | Prompt::MeetingStarted | Prompt::Joining => Some(Self::Joined),
            // Only those hear them who are in.
            Prompt::OnlyParticipant | Prompt::OneOtherParticipant | Prompt::ThereAre => Some(Self::Joined),
            Prompt::ManyParticipants | Prompt::HelpMenu => Some(Self::Joined),
            Prompt::Muted | Prompt::Unmuted | Prompt::HandRaised | Prompt::HandLowered => Some(Self::Joined),
            _ => None,
        }
    }

    /// Its word in scenario files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Lobby => "lobby",
            Self::Joined => "joined",
            Self::Refused => "refused",
            Self::Ended => "ended",
            Self::HungUp => "hung_up",
            Self::Busy => "busy",
        }
    }
}

/// A condition that a step waits for or forbids.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expectation {
    /// To hear this.
    Hears(Sound),
    /// The call in this state.
    State(CallState),
}

/// When an expectation must hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timing {
    /// The deadline, counted from the step's start or from [`Timing::of`].
    pub within: Duration,
    /// Counted from this signal; the expected must not begin before it.
    pub of: Option<SignalId>,
    /// How long it must hold without a break or a new beginning.
    pub hold: Option<Duration>,
}

/// One step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Op {
    /// Place a call.
    Dial(Target),
    /// Press keys.
    Press {
        /// The keys.
        keys: Arc<[KeyPart]>,
        /// From a key's release to the next key.
        gap: Duration,
        /// How long each key is held.
        hold: Duration,
    },
    /// Say this, for so long.
    Say(Speech, Duration),
    /// Wait until this holds.
    Expect(Expectation, Timing),
    /// This is on when everything of the moment has happened, and for so long from then without a break.
    Still(Sound, Option<Duration>),
    /// For so long this must not happen.
    Never(Expectation, Duration),
    /// Go on once the signal was given; no deadline of its own.
    When(SignalId),
    /// Do nothing.
    Wait(Duration),
    /// Give a signal.
    Mark(SignalId),
    /// End the call in good order.
    HangUp,
    /// Vanish.
    Drop,
    /// Do what an administrator does.
    Act(ActId),
    /// Do what an administrator does to a caller, who must be in the place for it.
    ActOn(ActId),
    /// Run several stretches of the program at once and go on when all have ended.
    Fork {
        /// The stretches, as ranges of operations.
        branches: Arc<[(u32, u32)]>,
        /// Where to go on.
        resume: u32,
    },
}

impl Op {
    /// Whether it does something, and so can be put off; others wait for what somebody else does.
    #[must_use]
    pub const fn is_action(&self) -> bool {
        match self {
            Self::Dial(_) | Self::Press { .. } | Self::Say(..) | Self::HangUp | Self::Drop => true,
            Self::Act(_) | Self::ActOn(_) => true,
            Self::Expect(..) | Self::Still(..) | Self::Never(..) | Self::When(_) => false,
            Self::Wait(_) | Self::Mark(_) | Self::Fork { .. } => false,
        }
    }
}

/// A script, compiled.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Program {
    /// The operations, each with the step it came from.
    pub ops: Vec<(StepId, Op)>,
    /// Where the script's own stretch ends; branches of forks lie behind it.
    pub end: u32,
    /// The secondary languages of each service number, in the order of the story's list: what `*1` to `*4` choose.
    pub languages: Arc<[Vec<Language>]>,
}

impl Program {
    /// A script of one step after the other, each of one operation.
    #[must_use]
    pub fn of_steps(ops: impl IntoIterator<Item = Op>) -> Self {
        let ops: Vec<(StepId, Op)> = (0..).map(StepId).zip(ops).collect();
        Self { end: u32::try_from(ops.len()).unwrap_or(u32::MAX), ops, ..Self::default() }
    }
}
