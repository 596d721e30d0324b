//! A load run as it is kept: everything that a report, a comparison or a screen shows is made of this.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::figures::{ByMetric, Latencies, Spread};
use crate::scenario::load::Metric;

/// The version of run files: another one is refused.
pub const FORMAT: u32 = 1;

/// A load run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Run {
    /// [`FORMAT`].
    pub format: u32,
    /// The scenario and the machine.
    pub about: About,
    /// The figures of each second, in order.
    pub seconds: Vec<Second>,
    /// All latencies.
    pub latencies: ByMetric,
    /// How late stories dialled, compared with the moment at which they were to.
    pub late: Latencies,
    /// How late sleeping tasks were woken.
    pub lag: Latencies,
    /// What became of the packets, where callers are telephones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub streams: Option<Box<Streams>>,
    /// Sums over the whole run.
    pub totals: Totals,
    /// In which step stories failed, and how often.
    pub failures: BTreeMap<String, u64>,
    /// How calls ended, and how many.
    pub outcomes: BTreeMap<String, u64>,
    /// Whether it was ended before its end.
    pub interrupted: bool,
    /// The thresholds and their results.
    pub thresholds: Vec<ThresholdResult>,
    /// Why the figures say nothing about the bridge; nothing if they do.
    pub void: Vec<String>,
}

/// The scenario and the machine of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// Attendant's version.
    pub version: String,
    /// The profile's name, or its file.
    pub profile: String,
    /// The thresholds.
    pub line: String,
    /// Tells the profile from all others, its parameters included.
    pub digest: String,
    /// On what it was played: `live`, or `virtual` time.
    pub bridge: String,
    /// By which chance was drawn.
    pub seed: u64,
    /// When it began: milliseconds since the Unix epoch.
    pub began: i64,
    /// The machine.
    pub machine: Machine,
    /// Seconds of the stages.
    pub stages: Vec<f64>,
    /// The unit of what is offered: stories that begin in a second, or stories at once.
    pub unit: String,
}

/// The machine of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor's name.
    pub processor: String,
    /// How many cores.
    pub cores: usize,
    /// Bytes of memory.
    pub memory: u64,
    /// The operating system.
    pub system: String,
}

/// One second of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Second {
    /// When it ended, in seconds since the run began.
    pub at: f64,
    /// The level of load that the profile asks for.
    pub wanted: f64,
    /// Stories started.
    pub begun: u64,
    /// Stories not started because max_in_flight was reached.
    pub dropped: u64,
    /// Stories ended.
    pub ended: u64,
    /// Stories with a failed step.
    pub failed: u64,
    /// Stories running.
    pub in_flight: u64,
    /// Calls answered.
    pub answered: u64,
    /// Calls in progress.
    pub calls: u64,
    /// Callers in a lobby.
    pub lobby: u64,
    /// Callers in a meeting.
    pub joined: u64,
    /// Latencies by metric, where there were any.
    pub latencies: BTreeMap<String, Spread>,
    /// The largest lateness of a dialling, in microseconds.
    pub late_max: u64,
    /// The largest lateness of a wake-up, in microseconds.
    pub lag_max: u64,
    /// The processor time used, in cores: 2 is two cores.
    pub cpu: f64,
    /// Resident memory of this process in bytes.
    pub memory: u64,
}

/// Sums over a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    /// Stories started.
    pub begun: u64,
    /// Stories not started because max_in_flight was reached.
    pub dropped: u64,
    /// Stories not started because no organizer was free at the other bridge.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub without_organizer: u64,
    /// Stories ended.
    pub ended: u64,
    /// Stories with a failed step.
    pub failed: u64,
    /// Calls dialled.
    pub dialled: u64,
    /// Calls answered.
    pub answered: u64,
    /// The most calls at once.
    pub calls_peak: u64,
    /// The most callers in lobbies at once.
    pub lobby_peak: u64,
    /// Questions the directory did not answer.
    pub unanswered: u64,
    /// PINs that the directory compared and found wrong: those that it refused unseen, because PIN entry was locked, do
    /// not count.
    pub wrong_pins: u64,
    /// PINs that callers were told are wrong, whether they were compared or not.
    pub refused_pins: u64,
    /// Times PIN entry was locked.
    pub lockouts: u64,
    /// Wrong PINs after which PIN entry stays locked until an administrator unlocks it, for PINs of 4, 5, and 6 digits
    /// and more.
    pub wrong_pins_in_all: [u32; 3],
    /// Bytes of memory for each call, at the most calls at once.
    pub bytes_a_call: u64,
    /// Seconds of processor time.
    pub cpu: f64,
    /// Seconds that the run took.
    pub took: f64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// What became of the packets of all calls, each of which was read.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Streams {
    /// Calls that this machine had no sockets for.
    pub not_placed: u64,
    /// Packets that were sent.
    pub sent: u64,
    /// Packets of sound that came.
    pub received: u64,
    /// Packets that never came.
    pub lost: u64,
    /// Packets that came after a later one.
    pub reordered: u64,
    /// Packets that came twice.
    pub doubled: u64,
    /// Streams that went on with other timestamps.
    pub restarts: u64,
    /// Packets that were the expected slice of a known sound, byte for byte.
    pub equal: u64,
    /// Packets of silence.
    pub silent: u64,
    /// Packets in which a sound ends or begins.
    pub changes: u64,
    /// Packets of no known sound.
    pub unknown: u64,
    /// Sounds that went on elsewhere than where they were to.
    pub jumps: u64,
    /// Calls to which an ear listened as well.
    pub listened: u64,
    /// Sounds that the ear knew as the codes told them.
    pub alike: u64,
    /// Sounds that the ear heard, and the codes did not tell.
    pub heard_otherwise: u64,
    /// How late packets came, compared with the one of their stream that was the least delayed. In whole milliseconds.
    pub late: Latencies,
    /// Times of 60 ms and more in which nothing came.
    pub gaps: Latencies,
    /// How late our own packets were sent.
    pub sent_late: Latencies,
}

/// A threshold, and whether it held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThresholdResult {
    /// The threshold as written in the scenario.
    pub text: String,
    /// The measured value, if it is not within the threshold; `None` if not measured.
    pub found: Option<String>,
    /// Whether it held. What was not measured did not.
    pub holds: bool,
}

impl Run {
    /// A run that has not begun.
    #[must_use]
    pub fn new(about: About) -> Self {
        Self {
            format: FORMAT,
            about,
            seconds: Vec::new(),
            latencies: ByMetric::default(),
            late: Latencies::default(),
            lag: Latencies::default(),
            streams: None,
            totals: Totals::default(),
            failures: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            interrupted: false,
            thresholds: Vec::new(),
            void: Vec::new(),
        }
    }

    /// The metrics that were measured.
    pub fn measured(&self) -> impl Iterator<Item = (Metric, &Latencies)> {
        Metric::ALL
            .into_iter()
            .map(|metric| (metric, self.latencies.of(metric)))
            .filter(|(_, all)| all.count() > 0)
    }

    /// Reads a run file.
    ///
    /// # Errors
    /// It is none, or one of another version; the text says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let format = serde_json::from_str::<Format>(text);
        let format = format.map_err(|error| format!("not a run file: {error}"))?.format;
        if format != FORMAT {
            return Err(format!("this run file has format {format}; this version reads format {FORMAT}"));
        }
        serde_json::from_str(text).map_err(|error| format!("this run file is damaged: {error}"))
    }

    /// Returns the text that [`Run::parse`] reads.
    ///
    /// # Errors
    /// A histogram could not be encoded.
    pub fn write(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}
