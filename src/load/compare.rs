//! Compares two runs of one profile on one machine: what changed, and whether that can be told from chance.

use std::time::Duration;

use super::ranks::needed;
use super::run::Run;
use crate::scenario::load::{Metric, Statistic, hundredths};

/// A limit on how much worse a figure may become: `start_to_joined p(99) +10%`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Of which metric.
    pub metric: Metric,
    /// The percentile, in hundredths of a percent.
    pub percentile: u16,
    /// By how much it may rise, in hundredths of a percent.
    pub rise: u32,
}

impl Limit {
    /// Reads a limit.
    ///
    /// # Errors
    /// It is none; the text says what would be one.
    pub fn parse(text: &str) -> Result<Self, String> {
        let right =
            "expected a metric, a percentile and the rise that is allowed: start_to_joined p(99) +10%";
        let words: Vec<&str> = text.split_whitespace().collect();
        let [metric, percentile, rise] = words[..] else { return Err(right.to_owned()) };
        let metric = Metric::from_name(metric).ok_or_else(|| {
            let known = Metric::ALL.map(Metric::name).join(", ");
            format!("unknown metric `{metric}`: expected one of {known}")
        })?;
        let Some(Statistic::Percentile(percentile)) = Statistic::parse(percentile) else {
            return Err(right.to_owned());
        };
        let rise = rise.strip_prefix('+').and_then(|rise| rise.strip_suffix('%')).and_then(hundredths);
        Ok(Self { metric, percentile, rise: rise.ok_or(right)? })
    }

    /// Returns the limit in its text form.
    #[must_use]
    pub fn show(&self) -> String {
        let rise = f64::from(self.rise) / 100.0;
        format!("{} {} +{rise}%", self.metric.name(), Statistic::Percentile(self.percentile).show())
    }
}

/// The confidence with which a change lies between its bounds.
const CONFIDENCE: f64 = 0.95;

/// The confidence of each run's own bounds: the change is out of its bounds only if one of them is wrong, and what may
/// be wrong of each adds up to that of the change.
const CONFIDENCE_OF_EACH: f64 = 1.0 - (1.0 - CONFIDENCE) / 2.0;

/// The fewest measurements of each run from which anything is concluded. The bounds are those of measurements that do
/// not depend on each other, but callers of one second share its luck, and with fewer a second can be most of the run.
pub const FEWEST: u64 = 100;

/// One percentile of two runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// Of which metric.
    pub metric: Metric,
    /// The percentile, in hundredths of a percent.
    pub percentile: u16,
    /// In the first run.
    pub before: Duration,
    /// In the second.
    pub after: Duration,
    /// How many measurements the run with fewer of them has.
    pub count: u64,
    /// The change as a part of the first. It lies between [`Change::least`] and [`Change::most`] with a confidence of
    /// 95 % or more.
    pub change: f64,
    /// Its least; `None` if too few were measured to tell.
    pub least: Option<f64>,
    /// Its most; `None` if too few were measured to tell.
    pub most: Option<f64>,
}

/// The conclusion about a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is surely within the limit.
    Within,
    /// It is surely beyond it.
    Beyond,
    /// The interval holds the limit: longer runs would tell.
    Unclear,
    /// So many measurements of each run are the least that could tell, and there are fewer.
    TooFew(u64),
}

impl Change {
    /// The change of a percentile; `None` if one of the runs has not measured the metric.
    ///
    /// The bounds are exact for measurements that do not depend on each other, whatever their distribution is. Those of
    /// one moment do depend on each other, so that short runs look surer than they are: compare runs of minutes.
    #[must_use]
    pub fn of(before: &Run, after: &Run, metric: Metric, percentile: u16) -> Option<Self> {
        let (first, second) = (before.latencies.of(metric), after.latencies.of(metric));
        let part = |took: Duration, of: Duration| took.as_secs_f64() / of.as_secs_f64().max(1e-6) - 1.0;
        let figure = Statistic::Percentile(percentile);
        let (one, two) = (first.figure(figure)?, second.figure(figure)?);
        let [was, is] = [first, second].map(|latencies| latencies.bounds(percentile, CONFIDENCE_OF_EACH));
        Some(Self {
            metric,
            percentile,
            before: one,
            after: two,
            count: first.count().min(second.count()),
            change: part(two, one),
            least: is.lower.zip(was.upper).map(|(is, was)| part(is, was)),
            most: is.upper.zip(was.lower).map(|(is, was)| part(is, was)),
        })
    }

    /// Returns the conclusion about a limit, in hundredths of a percent.
    #[must_use]
    pub fn against(&self, rise: u32) -> Verdict {
        let needed = self.needed();
        if self.count < needed {
            return Verdict::TooFew(needed);
        }
        let limit = f64::from(rise) / 10_000.0;
        if self.most.is_some_and(|most| most <= limit) {
            Verdict::Within
        } else if self.least.is_some_and(|least| least > limit) {
            Verdict::Beyond
        } else {
            Verdict::Unclear
        }
    }

    /// Returns the number of measurements that each run needs at least to decide about a limit.
    #[must_use]
    pub fn needed(&self) -> u64 {
        needed(self.percentile, CONFIDENCE_OF_EACH).max(FEWEST)
    }
}

/// Why two runs cannot be compared; nothing if they can.
#[must_use]
pub fn differ_in(before: &Run, after: &Run) -> Vec<String> {
    let (one, two) = (&before.about, &after.about);
    let machine = |run: &Run| {
        let machine = &run.about.machine;
        format!("{}, {} cores, {}", machine.processor, machine.cores, machine.system)
    };
    let mut wrong = Vec::new();
    let mut same = |what: &str, one: String, two: String| {
        if one != two {
            wrong.push(format!("{what}: {one}, and {two}"));
        }
    };
    same("the profiles", one.profile.clone(), two.profile.clone());
    if one.profile == two.profile {
        let short = |digest: &str| digest.chars().take(8).collect::<String>();
        same("the profile's text or parameters", short(&one.digest), short(&two.digest));
    }
    same("the bridges", one.bridge.clone(), two.bridge.clone());
    same("the machines", machine(before), machine(after));
    for (name, run) in [("the first", before), ("the second", after)] {
        if let Some(why) = run.void.first() {
            wrong.push(format!("{name} is void: {why}"));
        }
        if run.interrupted {
            wrong.push(format!("{name} was interrupted"));
        }
    }
    wrong
}
