//! A case as a ladder: who called, keyed, heard, waited and joined, in order, with what was expected and never came.
//!
//! The one model of a case that the HTML report, `attendant ladder` and `attendant explain` draw. It is read from the
//! case's event stream. A PIN is one key, whatever its length.

mod build;
mod cast;
mod compare;
mod failed;
mod keep;
mod keys;
mod layout;
mod mermaid;
mod svg;
mod svg_style;
#[cfg(test)]
mod tests;
mod text;
mod timeline;
mod widths;
mod wire;
mod words;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::control::call::{Language, LegId, Prompt, Speech};
use crate::control::event::MeetingId;
use crate::control::time::Instant;

pub use cast::dot;
pub(super) use compare::compare;
pub use mermaid::mermaid;
pub use svg::document;
pub(super) use svg::draw;
pub(super) use svg_style::SHAPES;
pub use text::ladder_lines;
pub(super) use timeline::strip;
pub(crate) use widths::escape;
pub use words::lasting;

/// The most callers that have a lane; beyond that a ladder is wider than anybody follows.
pub const CALLERS_MAX: usize = 12;

/// The most items of a ladder: about ten screens. Of a case that failed the last are drawn, of others the first.
pub const ITEMS_MAX: usize = 400;

/// The most events that a case is told with, of which the same hold.
pub const EVENTS_MAX: usize = 2_000;

/// A case, ready to be drawn.
#[derive(Clone, Debug)]
pub struct Ladder {
    /// The lanes from left to right: callers, attendant, lobbies, meetings, administrator.
    pub lanes: Vec<Lane>,
    /// What happened, in order.
    pub items: Vec<Item>,
    /// What each caller with a lane heard.
    pub tracks: Vec<Track>,
    /// What passed by RTP, where telephones called.
    pub streams: Vec<Stream>,
    /// The messages of SIP that items and events name by their place, keys masked.
    pub messages: Vec<Arc<str>>,
    /// Everything that happened, in words.
    pub events: Vec<EventLine>,
    /// What failed first.
    pub failed: Option<Failed>,
    /// The end of the case.
    pub took: Instant,
    /// The caller of each call, by the role's place in the story.
    pub legs: Vec<(LegId, u32)>,
    /// Moments are those of a real clock: no two attempts agree on them.
    pub is_real_time: bool,
    /// Places of items that another attempt does not have.
    pub changed: BTreeSet<usize>,
    /// Callers who have no lane.
    pub more_callers: usize,
    /// Items and events that are left out.
    pub left_out: (usize, usize),
}

/// A lane.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lane {
    /// What it shows.
    pub kind: LaneKind,
    /// Its heading.
    pub name: String,
}

/// What a lane shows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum LaneKind {
    /// A caller, by the role's place in the story.
    Caller(u32),
    /// The attendant, who answers.
    Attendant,
    /// The lobby of a meeting.
    Lobby(MeetingId),
    /// A meeting.
    Meeting(MeetingId),
    /// The administrator.
    Administrator,
}

/// Something that happened, at its place in the ladder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item {
    /// When.
    pub at: Instant,
    /// In which lane.
    pub lane: usize,
    /// What.
    pub what: What,
}

/// A kind of item.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum What {
    /// Keys are pressed.
    Keys {
        /// Each key, or several as one.
        caps: Vec<String>,
        /// The end of the last.
        until: Instant,
    },
    /// The caller hears this from now on.
    Hears {
        /// The sound.
        sound: Sound,
        /// Until when.
        until: Instant,
        /// The expectations that it met: `3.62 s of 20 s`.
        met: Vec<String>,
    },
    /// An arrow to another lane.
    Arrow {
        /// To which.
        to: usize,
        /// What it says.
        words: String,
        /// What it is about.
        tone: Tone,
        /// How many are in the lobby or the meeting now.
        count: Option<usize>,
        /// Whether somebody leaves by it.
        leaves: bool,
    },
    /// A message of SIP between a telephone and the bridge.
    Message {
        /// To which lane.
        to: usize,
        /// Its first line, with how long a response took.
        words: String,
        /// It refuses something.
        refuses: bool,
        /// Its place in [`Ladder::messages`].
        text: usize,
    },
    /// The sound of a call has ended: what was counted of its packets.
    Packets {
        /// The counts.
        words: String,
        /// Packets are missing.
        lost: bool,
    },
    /// Something about the lane itself.
    Note {
        /// What.
        words: String,
        /// What it is about.
        tone: Tone,
    },
    /// The lane ends here, until it begins again.
    Ends {
        /// Why.
        words: String,
    },
    /// The step that failed.
    Fails {
        /// Since when it was waited for.
        since: Instant,
        /// What was expected, and what was heard.
        words: String,
    },
    /// What was expected comes, too late.
    Late {
        /// What.
        words: String,
    },
    /// Somebody is missing in the meeting.
    Missing {
        /// Where they were expected.
        from: usize,
        /// Who.
        words: String,
    },
    /// What failed at the end.
    Verdict {
        /// What.
        words: String,
    },
}

/// What something is about, and so its colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tone {
    /// Nothing in particular.
    Quiet,
    /// A key.
    Key,
    /// The lobby.
    Hold,
    /// The meeting.
    Meeting,
    /// A refusal or a failure.
    Fail,
}

/// A sound as its listener knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Sound {
    /// Nothing.
    Silence,
    /// A prompt.
    Prompt {
        /// Which.
        prompt: Prompt,
        /// In which language.
        language: Language,
        /// Its name, or whose recorded name it is.
        name: String,
        /// What it says, in its language; nothing for tones and names.
        wording: String,
    },
    /// Hold music, whose loop began then.
    HoldMusic {
        /// When.
        begun: Instant,
    },
    /// The meeting.
    Meeting,
}

/// What a caller heard.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Track {
    /// The caller's lane.
    pub lane: usize,
    /// The caller's name.
    pub name: String,
    /// Sounds one after the other; none while there is no call.
    pub heard: Vec<Interval>,
    /// What the meeting was told meanwhile.
    pub announced: Vec<Interval>,
    /// When keys were pressed.
    pub keys: Vec<(Instant, Instant)>,
    /// Others who spoke in the meeting at the time.
    pub voices: Vec<Voice>,
}

/// Somebody whom a caller heard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Voice {
    /// Since when.
    pub from: Instant,
    /// Until when.
    pub until: Instant,
    /// Who it was: a role's place in the cast.
    pub voice: u32,
    /// What was said.
    pub speech: Speech,
    /// Since when it was said, heard or not.
    pub begun: Instant,
}

/// The packets that a telephone sent or got.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stream {
    /// The caller's lane.
    pub lane: usize,
    /// The caller sent them, not the bridge.
    pub is_sent: bool,
    /// When the first passed.
    pub from: Instant,
    /// When the last passed.
    pub until: Instant,
    /// When it was noticed that some are missing.
    pub losses: Vec<Instant>,
    /// What was counted, in words.
    pub words: String,
}

/// A sound for a time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Interval {
    /// Its beginning.
    pub from: Instant,
    /// Its end.
    pub until: Instant,
    /// The sound.
    pub sound: Sound,
    /// The call.
    pub leg: LegId,
}

/// A line of the table of events.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EventLine {
    /// When.
    pub at: Instant,
    /// Its word, as in the JSON report.
    pub word: &'static str,
    /// What it is about: the colour of its dot.
    pub dot: &'static str,
    /// The caller, the organizer or the administrator.
    pub who: String,
    /// What happened.
    pub words: String,
    /// The place in [`Ladder::messages`] of the message that it is.
    pub message: Option<usize>,
}

/// What failed first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failed {
    /// The failing caller's lane.
    pub lane: Option<usize>,
    /// In one sentence.
    pub headline: String,
    /// What was expected, what was found, and what that means: each under its name, with more about it.
    pub evidence: Vec<(&'static str, String, String)>,
    /// Further failures.
    pub also: Vec<String>,
    /// From when to when something was waited for.
    pub waited: Option<(Instant, Instant)>,
    /// When the expected came after all.
    pub came: Option<Instant>,
}

impl Track {
    /// A caller who has heard nothing yet.
    const fn new(lane: usize, name: String) -> Self {
        Self { lane, name, heard: Vec::new(), announced: Vec::new(), keys: Vec::new(), voices: Vec::new() }
    }
}

impl Sound {
    /// Its name: `hold music`, `enter-pin`.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Silence => "silence",
            Self::Prompt { name, .. } => name,
            Self::HoldMusic { .. } => "hold music",
            Self::Meeting => "the meeting",
        }
    }

    /// The word for its colour.
    #[must_use]
    pub const fn colour(&self) -> &'static str {
        match self {
            Self::Silence => "quiet",
            Self::Prompt { .. } => "prompt",
            Self::HoldMusic { .. } => "hold",
            Self::Meeting => "conf",
        }
    }
}

impl Tone {
    /// The word for its colour.
    #[must_use]
    pub const fn colour(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Key => "key",
            Self::Hold => "hold",
            Self::Meeting => "conf",
            Self::Fail => "fail",
        }
    }
}

impl Ladder {
    /// Returns whether this lane is a caller's.
    #[must_use]
    pub fn is_caller(&self, lane: usize) -> bool {
        self.lanes.get(lane).is_some_and(|lane| matches!(lane.kind, LaneKind::Caller(_)))
    }

    /// The place of the attendant.
    #[must_use]
    pub fn attendant(&self) -> usize {
        self.lanes.iter().position(|lane| lane.kind == LaneKind::Attendant).unwrap_or_default()
    }
}
