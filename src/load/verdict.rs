//! Decides whether a run's thresholds were met, and whether its figures are meaningful at all.

use std::time::Duration;

use super::figures::Latencies;
use super::run::{Run, ThresholdResult};
use crate::control::time::show_duration;
use crate::scenario::load::{Below, Statistic, Threshold};

/// Calls may be dialled so late at p(99). A tenth of the dial tone's length that people notice; with more, what is
/// measured is the generator.
pub const LATE_MAX: Duration = Duration::from_millis(10);

/// A task may be woken so late at p(99).
pub const LAG_MAX: Duration = Duration::from_millis(10);

/// The part of all cores that the process may use, in hundredths, before it counts as busy.
pub const CPU_MAX: f64 = 90.0;

/// The part of all seconds in which it may be busy, in hundredths.
pub const BUSY_MAX: f64 = 10.0;

/// Puts the verdict into a run that has ended.
pub fn judge(run: &mut Run, thresholds: &[Threshold]) {
    run.thresholds = thresholds.iter().map(|threshold| held(run, threshold)).collect();
    run.void = why_void(run);
}

fn held(run: &Run, threshold: &Threshold) -> ThresholdResult {
    let text = threshold.text.clone();
    match threshold.below {
        Below::Latency(metric, statistic, limit) => {
            let latencies = run.latencies.of(metric);
            let found = latencies.figure(statistic);
            let holds = found.is_some_and(|found| found < limit);
            ThresholdResult {
                text,
                found: found.map(|found| show_duration(found) + &few(latencies, statistic)),
                holds,
            }
        }
        Below::Failed(most) => {
            let begun = run.totals.begun;
            let holds = begun > 0 && run.totals.failed * 1_000_000 < begun * u64::from(most);
            let found = (begun > 0).then(|| percent(run.totals.failed, begun));
            // So few that a single one would have been too many.
            let few = run.totals.failed == 0 && begun.saturating_mul(u64::from(most)) <= 1_000_000;
            let found = found.map(|found| if few { format!("{found}, none of {begun}") } else { found });
            ThresholdResult { text, found, holds }
        }
    }
}

/// Says so where a percentile is that of so few latencies that it is their largest.
fn few(latencies: &Latencies, statistic: Statistic) -> String {
    let count = latencies.count();
    match statistic {
        Statistic::Percentile(part) if count.saturating_mul(u64::from(10_000 - part)) < 10_000 => {
            format!(", the largest of {count}")
        }
        Statistic::Percentile(_) | Statistic::Mean | Statistic::Max => String::new(),
    }
}

/// A part of a whole, in hundredths.
#[must_use]
pub fn percent(part: u64, whole: u64) -> String {
    format!("{:.2}%", 100.0 * part as f64 / whole.max(1) as f64)
}

/// Why the figures say nothing about the bridge: the generator was late, or did not do what it was to.
fn why_void(run: &Run) -> Vec<String> {
    let mut void = Vec::new();
    let mut late = |what: &str, found: Option<Duration>, most: Duration| {
        if let Some(found) = found.filter(|found| *found > most) {
            let (found, most) = (show_duration(found), show_duration(most));
            void.push(format!("{what} {found} late at p(99), more than {most}"));
        }
    };
    let p99 = Statistic::Percentile(9_900);
    late("calls were dialled", run.late.figure(p99), LATE_MAX);
    late("tasks were woken", run.lag.figure(p99), LAG_MAX);
    late(
        "packets were sent",
        run.streams.as_ref().and_then(|streams| streams.sent_late.figure(p99)),
        LATE_MAX,
    );
    let cores = run.about.machine.cores.max(1) as f64;
    let live = run.about.bridge != VIRTUAL;
    let busy = run.seconds.iter().filter(|second| 100.0 * second.cpu / cores > CPU_MAX).count();
    if live && 100.0 * busy as f64 > BUSY_MAX * run.seconds.len() as f64 {
        void.push(format!(
            "in {busy} of {} s this process used more than {CPU_MAX} % of all cores",
            run.seconds.len()
        ));
    }
    if run.totals.begun == 0 {
        void.push("no story started".to_owned());
    }
    if let Some(missing) =
        run.streams.as_ref().map(|streams| streams.not_placed).filter(|missing| *missing > 0)
    {
        void.push(format!("this machine had no sockets for {missing} calls"));
    }
    if run.totals.without_organizer > 0 {
        void.push(format!(
            "{} stories were not started, because no organizer was free",
            run.totals.without_organizer
        ));
    }
    if run.totals.dropped > 0 {
        void.push(format!(
            "{} stories were not started, because `max_in_flight` was reached",
            run.totals.dropped
        ));
    }
    void
}

/// The name of the live exchange in run files.
pub const LIVE: &str = "live";

/// What the names of other bridges in run files begin with; their host follows.
pub const SIP: &str = "sip:";

/// The name of virtual time in run files.
pub const VIRTUAL: &str = "virtual";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::run::{About, Second};
    use crate::scenario::load::Metric;

    fn run() -> Run {
        let about = r#"{"version":"","profile":"","line":"","digest":"","bridge":"live","seed":1,"began":0,
            "machine":{"processor":"","cores":2,"memory":0,"system":""},"stages":[],"unit":""}"#;
        let mut run = Run::new(serde_json::from_str::<About>(about).unwrap());
        run.totals.begun = 1_000;
        run.seconds = vec![Second { cpu: 0.5, ..Second::default() }; 10];
        run
    }

    fn judged(mut run: Run, name: &str, text: &str) -> (bool, Option<String>) {
        judge(&mut run, &[Threshold::parse(name, text).unwrap()]);
        let held = run.thresholds.pop().unwrap();
        (held.holds, held.found)
    }

    #[test]
    fn an_unmeasured_latency_misses_its_threshold() {
        let mut run = run();
        assert_eq!(judged(run.clone(), "start_to_joined", "p(99) < 2ms"), (false, None));
        (0..100).for_each(|_| run.latencies.add(Metric::StartToJoined, Duration::from_millis(1)));
        assert!(judged(run.clone(), "start_to_joined", "p(99) < 2ms").0);
        assert!(!judged(run.clone(), "start_to_joined", "p(99) < 1ms").0);
    }

    #[test]
    fn a_percentile_of_few_latencies_is_told_as_their_largest() {
        let mut run = run();
        (0..99).for_each(|_| run.latencies.add(Metric::StartToJoined, Duration::from_millis(1)));
        let found = |run: &Run, text| judged(run.clone(), "start_to_joined", text).1.unwrap();
        assert!(
            found(&run, "p(99) < 2ms").ends_with(", the largest of 99"),
            "{}",
            found(&run, "p(99) < 2ms")
        );
        assert!(!found(&run, "p(98) < 2ms").contains("largest"));
        assert!(!found(&run, "max < 2ms").contains("largest"));
        run.latencies.add(Metric::StartToJoined, Duration::from_millis(1));
        assert!(!found(&run, "p(99) < 2ms").contains("largest"));
    }

    #[test]
    fn no_failure_of_few_stories_is_told_with_their_number() {
        let mut run = run();
        let found = |run: &Run| judged(run.clone(), "failed", "< 0.1%");
        assert_eq!(found(&run), (true, Some("0.00%, none of 1000".to_owned())));
        run.totals.begun = 1_001;
        assert_eq!(found(&run), (true, Some("0.00%".to_owned())));
    }

    #[test]
    fn failed_stories_are_a_part_of_those_that_began() {
        let mut run = run();
        assert!(judged(run.clone(), "failed", "< 0.1%").0);
        run.totals.failed = 1;
        assert_eq!(judged(run.clone(), "failed", "< 0.1%"), (false, Some("0.10%".to_owned())));
        assert!(judged(run, "failed", "< 0.11%").0);
    }

    #[test]
    fn a_late_or_busy_generator_makes_a_run_void() {
        let void = |change: &dyn Fn(&mut Run)| {
            let mut run = run();
            change(&mut run);
            judge(&mut run, &[]);
            run.void
        };
        assert_eq!(void(&|_| {}), [""; 0]);
        let late = void(&|run| run.late.add(Duration::from_millis(11)));
        assert!(late[0].starts_with("calls were dialled 11"), "{late:?}");
        assert!(void(&|run| run.lag.add(Duration::from_millis(20)))[0].starts_with("tasks were woken 20"));
        let busy = void(&|run| run.seconds[..2].iter_mut().for_each(|second| second.cpu = 1.9));
        assert_eq!(busy, ["in 2 of 10 s this process used more than 90 % of all cores"]);
        assert_eq!(void(&|run| run.seconds[0].cpu = 1.9), [""; 0]);
        assert!(void(&|run| run.totals.dropped = 3)[0].starts_with("3 stories were not started"));
        assert_eq!(void(&|run| run.totals.begun = 0), ["no story started"]);
    }
}
