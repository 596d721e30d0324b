//! A story as a unit of load: how often it is played, in which mix, and what must hold of the figures.

use std::ops::Range;
use std::time::Duration;

use super::story::Params;
use super::vocabulary::Words;
use crate::control::time::{parse_duration, show_duration};

/// The `load` of a scenario file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Load {
    /// The meaning of the stages' levels.
    pub model: Model,
    /// One after the other; each goes evenly from the level before it, none at first, to its own.
    pub stages: Vec<Stage>,
    /// The most stories that run at once. Stories beyond it are not started, but counted.
    pub max_in_flight: u32,
    /// Callers who start at random within this time, evenly distributed, by their index in the cast.
    pub spread: Vec<(Range<u32>, Duration)>,
    /// The shares of the stories; empty if all cases are played equally often.
    pub mix: Vec<Share>,
    /// The thresholds.
    pub thresholds: Vec<Threshold>,
}

/// The load model.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Model {
    /// Open model: stories start as a Poisson process, however slow earlier ones are.
    Arrivals,
    /// Closed model: this many stories run at once; when one ends, another starts.
    Concurrency,
}

/// The names of the models.
pub(super) const MODELS: &Words<Model> = &[
    (Model::Arrivals, "arrivals", "Open model: stories start at this rate, however slow earlier ones are."),
    (Model::Concurrency, "concurrency", "Closed model: this many stories run at once."),
];

/// A stage of the load.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stage {
    /// The level at its end.
    pub to: Level,
    /// How long it takes.
    pub over: Duration,
}

/// The level of load: stories that start per hour, or stories that run at once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Level(pub u64);

/// The highest rate: 100,000 stories a second, and as many at once as memory allows.
const LEVEL_MAX: u64 = 100_000 * 3_600;

impl Level {
    /// A level as it is written: `50/s`, `2.5/s`, `600/m`, `100/h` for arrivals; `200` for stories at once.
    #[must_use]
    pub fn parse(text: &str, model: Model) -> Option<Self> {
        let level = match model {
            Model::Concurrency => text.parse().ok()?,
            Model::Arrivals => {
                let (count, unit) = text.split_once('/')?;
                let in_an_hour = match unit {
                    "s" => 3_600,
                    "m" => 60,
                    "h" => 1,
                    _ => return None,
                };
                let (whole, part) = count.split_once('.').unwrap_or((count, ""));
                let (digits, scale) =
                    (format!("{whole}{part}"), 10_u64.checked_pow(u32::try_from(part.len()).ok()?)?);
                let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !whole.is_empty();
                let scaled = digits.parse::<u64>().ok().filter(|_| plain)?.checked_mul(in_an_hour)?;
                (scaled % scale == 0).then_some(scaled / scale)?
            }
        };
        (level <= LEVEL_MAX).then_some(Self(level))
    }
}

/// The share of a story in the load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The parameters with which the file is read for it.
    pub set: Params,
    /// How often.
    pub often: Often,
}

/// The frequency of a story in the mix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Often {
    /// So many parts of all that are played by shares.
    Share(u32),
    /// So many times in a run: it begins with the run.
    Times(u32),
}

/// Something that must hold of the figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threshold {
    /// The threshold as written, with its figure: `start_to_joined p(99) < 2ms`.
    pub text: String,
    /// The figure and its limit.
    pub below: Below,
}

/// A figure and its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Below {
    /// A latency.
    Latency(Metric, Statistic, Duration),
    /// Stories in which a step failed, in parts of a million of all.
    Failed(u32),
}

/// A latency that is measured.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Metric {
    /// From the moment a call was to be dialled to the moment it is answered.
    CallSetup,
    /// From the key that completes an entry to what is heard then.
    DigitToResponse,
    /// From dialling to the lobby: the prompts on the way and the keys count.
    LobbyEntry,
    /// From the PIN's last key until the last caller in the lobby hears that the meeting has started.
    StartToJoined,
    /// From the first caller in a lobby who hears it to the last.
    ReleaseSpread,
    /// From hanging up to leaving the meeting's roster.
    HangUp,
}

impl Metric {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::CallSetup,
        Self::DigitToResponse,
        Self::LobbyEntry,
        Self::StartToJoined,
        Self::ReleaseSpread,
        Self::HangUp,
    ];

    /// Its name in files and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CallSetup => "call_setup",
            Self::DigitToResponse => "digit_to_response",
            Self::LobbyEntry => "lobby_entry",
            Self::StartToJoined => "start_to_joined",
            Self::ReleaseSpread => "release_spread",
            Self::HangUp => "hang_up",
        }
    }

    /// From where to where it is measured.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::CallSetup => "From the planned dialling of a call to its answer.",
            Self::DigitToResponse => "From the last key of an entry to the sound that follows it.",
            Self::LobbyEntry => "From dialling to the lobby, prompts and keys included.",
            Self::StartToJoined => {
                "From the PIN's last key until the last caller in the lobby hears that the meeting has \
                 started."
            }
            Self::ReleaseSpread => "From the first caller in a lobby who hears it to the last.",
            Self::HangUp => "From hanging up to leaving the meeting's roster.",
        }
    }

    /// The metric with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.name() == name)
    }
}

/// A figure of many measurements.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Statistic {
    /// A percentile in hundredths of a percent: 9,900 is p(99).
    Percentile(u16),
    /// The mean.
    Mean,
    /// The largest.
    Max,
}

impl Statistic {
    /// Parses the text form: `p(99)`, `p(99.9)`, `mean`, `max`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "mean" => return Some(Self::Mean),
            "max" => return Some(Self::Max),
            _ => {}
        }
        let percent = text.strip_prefix("p(")?.strip_suffix(')')?;
        hundredths(percent)
            .filter(|part| (1..10_000).contains(part))
            .and_then(|part| u16::try_from(part).ok())
            .map(Self::Percentile)
    }

    /// Returns the text form that [`Statistic::parse`] reads.
    #[must_use]
    pub fn show(self) -> String {
        match self {
            Self::Mean => "mean".to_owned(),
            Self::Max => "max".to_owned(),
            Self::Percentile(part) => {
                let (whole, rest) = (part / 100, part % 100);
                match (rest % 10, rest) {
                    (_, 0) => format!("p({whole})"),
                    (0, _) => format!("p({whole}.{})", rest / 10),
                    (_, _) => format!("p({whole}.{rest:02})"),
                }
            }
        }
    }
}

/// A number with at most two decimals, in hundredths.
#[must_use]
pub fn hundredths(text: &str) -> Option<u32> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let plain = [whole, part]
        .iter()
        .all(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()));
    if !plain || part.len() > 2 || whole.len() > 4 {
        return None;
    }
    let scaled: u32 = format!("{part:0<2}").parse().ok()?;
    Some(whole.parse::<u32>().ok()? * 100 + scaled)
}

impl Threshold {
    /// Parses the threshold of a figure of this name: `p(99) < 2ms`, `max < 50ms`; for `failed`
    /// `< 1%`.
    #[must_use]
    pub fn parse(name: &str, text: &str) -> Option<Self> {
        let (what, limit) = text.split_once('<')?;
        let (what, limit) = (what.trim(), limit.trim());
        let below = if name == FAILED {
            let part = hundredths(limit.strip_suffix('%')?).filter(|part| *part <= 10_000)?;
            what.is_empty().then_some(Below::Failed(part * 100))?
        } else {
            Below::Latency(Metric::from_name(name)?, Statistic::parse(what)?, parse_duration(limit).ok()?)
        };
        let text = match below {
            Below::Failed(_) => format!("{name} < {limit}"),
            Below::Latency(metric, statistic, limit) => {
                format!("{} {} < {}", metric.name(), statistic.show(), show_duration(limit))
            }
        };
        Some(Self { text, below })
    }
}

/// The name of the part of all stories in which a step failed.
pub const FAILED: &str = "failed";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_read_in_each_unit_and_in_no_other() {
        let rate = |text| Level::parse(text, Model::Arrivals).map(|level| level.0);
        assert_eq!(
            ["1/s", "2.5/s", "600/m", "100/h", "0/s"].map(rate),
            [3_600, 9_000, 36_000, 100, 0].map(Some)
        );
        let wrong = [
            "",
            "5",
            "5/",
            "5/d",
            "-1/s",
            "1.5/h",
            "/s",
            ".5/s",
            "1e3/s",
            "100001/s",
            "9999999999999999999/s",
        ];
        assert_eq!(wrong.map(rate), wrong.map(|_| None));
        assert_eq!(Level::parse("200", Model::Concurrency), Some(Level(200)));
        assert_eq!(Level::parse("200/s", Model::Concurrency), None);
    }

    #[test]
    fn thresholds_are_read_and_shown_as_they_are_written() {
        let shown = |name, text| Threshold::parse(name, text).map(|threshold| threshold.text);
        assert_eq!(shown("start_to_joined", "p(99) < 2ms").as_deref(), Some("start_to_joined p(99) < 2ms"));
        assert_eq!(shown("call_setup", "p(99.9)<1s").as_deref(), Some("call_setup p(99.9) < 1s"));
        assert_eq!(shown("hang_up", "max < 50ms").as_deref(), Some("hang_up max < 50ms"));
        assert_eq!(
            Threshold::parse("failed", "< 1%").map(|threshold| threshold.below),
            Some(Below::Failed(10_000))
        );
        for (name, text) in [
            ("failed", "p(99) < 1%"),
            ("failed", "< 1"),
            ("failed", "< 101%"),
            ("start_to_joined", "p(100) < 2ms"),
            ("start_to_joined", "p(0) < 2ms"),
            ("start_to_joined", "p(9.999) < 2ms"),
            ("start_to_joined", "p(99) < 2"),
            ("start_to_joined", "p(99) > 2ms"),
            ("start_to_join", "p(99) < 2ms"),
        ] {
            assert_eq!(Threshold::parse(name, text), None, "{name}: {text}");
        }
    }

    #[test]
    fn statistics_are_shown_as_they_are_read() {
        for text in ["p(50)", "p(99)", "p(99.9)", "p(99.99)", "p(0.01)", "mean", "max"] {
            assert_eq!(Statistic::parse(text).map(Statistic::show).as_deref(), Some(text));
        }
    }
}
