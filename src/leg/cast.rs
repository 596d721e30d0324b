//! The cast: scripted callers with their lines, and the signals they wait for, as data that many stages share.

use std::sync::Arc;
use std::time::Duration;

use crate::control::caller::{CallState, Op, Program, SignalId};
use crate::control::policy::ServiceNumber;
use crate::media::impair::conditions::Conditions;
use crate::media::library::Sound;

/// The callers of one story.
#[derive(Clone, Debug, Default)]
pub struct Cast {
    /// Every caller, each with a script of its own; `count: 3` gives `pat.1` to `pat.3`. The administrator, if
    /// there is one, is the last and never dials.
    pub roles: Vec<Role>,
    /// The signals that scripts wait for.
    pub signals: Vec<Signal>,
    /// The numbers that callers dial, in the order of the story.
    pub numbers: Vec<Arc<ServiceNumber>>,
    /// The recordings that callers play.
    pub recordings: Vec<Recording>,
}

/// A recording that a caller plays.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recording {
    /// Its path, as the story names it.
    pub path: String,
    /// Its sound.
    pub sound: Sound,
    /// The first role that plays it, by its place in the cast: others of that name may too.
    pub by: u32,
}

impl Cast {
    /// Whether anybody says anything of their own accord.
    #[must_use]
    pub fn talks(&self) -> bool {
        self.roles.iter().any(|role| role.program.ops.iter().any(|(_, op)| matches!(op, Op::Say(..))))
    }
}

/// The place of a number that is not in service: callers who dial it hear busy.
pub const NO_NUMBER: u16 = u16::MAX;

/// A scripted caller, or the administrator of a story.
#[derive(Clone, Debug)]
pub struct Role {
    /// `pat`, `pat.2`, `admin`.
    pub name: String,
    /// The script.
    pub program: Arc<Program>,
    /// The number that the bridge sees the call come from.
    pub from: Option<Arc<str>>,
    /// The signals that its states give; one state gives two where scripts wait for both `pat.joined` and
    /// `pat.1.joined`.
    pub states: Vec<(CallState, SignalId)>,
    /// How this caller's keys travel.
    pub key_path: KeyPath,
    /// The faults of this caller's line.
    pub faults: LineFaults,
}

impl Role {
    /// A part with this script, whose keys arrive at once and unharmed.
    #[must_use]
    pub fn new(name: impl Into<String>, program: impl Into<Arc<Program>>) -> Self {
        Self {
            name: name.into(),
            program: program.into(),
            from: None,
            states: Vec::new(),
            key_path: KeyPath::Direct,
            faults: LineFaults::default(),
        }
    }
}

/// A state or a mark that scripts wait for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    /// The name as written: `pat.waiting`.
    pub name: String,
    /// How many must give it: all callers of that name.
    pub needs: u32,
    /// The roles whose scripts name it.
    pub listeners: Vec<u32>,
}

/// The transport of a caller's keys to the bridge.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum KeyPath {
    /// At once and unharmed, in no form at all.
    #[default]
    Direct,
    /// As telephone-events (RFC 4733), packet by packet.
    TelephoneEvents,
    /// As tones in the sound, which a detector listens to.
    Inband,
    /// As both: the bridge takes whichever comes first, and each key once.
    Both,
    /// In INFO requests of SIP (RFC 6086); at once and unharmed where calls are no SIP.
    Info,
}

/// The faults of one line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineFaults {
    /// Keys that are lost.
    pub lose_digits: Which,
    /// Keys that arrive twice.
    pub double_digits: Which,
    /// The line vanishes so long after it was dialled.
    pub drop_after: Option<Duration>,
    /// The caller hangs up so long after dialling.
    pub hang_up_after: Option<Duration>,
    /// The impairments of the sound.
    pub sound: Conditions,
}

/// The keys that a fault hits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Which {
    /// None.
    #[default]
    None,
    /// So many, which the seed chooses among the given number of keys that the script presses.
    Some {
        /// How many.
        count: u32,
        /// Out of how many.
        among: u32,
    },
    /// These, counted from 1.
    These(Vec<u32>),
}
