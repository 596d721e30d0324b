//! `attendant compare`: what changed from one load run to another, and whether that can be told from chance.

use std::io::Write as _;
use std::path::PathBuf;

use super::exit::{CliError, Exit};
use super::report::read;
use super::screen::Screen;
use crate::load::compare::{Change, Limit, Verdict, differ_in};
use crate::load::report::took;
use crate::scenario::load::{Metric, Statistic};

const EXAMPLES: &str = "\
Examples:
  attendant compare yesterday.run today.run
  attendant compare main.run branch.run --fail-on 'start_to_joined p(99) +10%'";

/// Percentiles that are shown of each metric, in hundredths of a percent.
const SHOWN: [u16; 3] = [5_000, 9_000, 9_900];

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Compare {
    /// The run file to compare with
    #[arg(value_name = "BEFORE")]
    before: PathBuf,

    /// The run file of the new run, of the same profile on the same machine
    #[arg(value_name = "AFTER")]
    after: PathBuf,

    /// Exit with 3 if a percentile has certainly risen by more than this, or there are too few measurements to judge it
    #[arg(long, value_name = "LIMIT", value_parser = Limit::parse)]
    fail_on: Vec<Limit>,
}

impl Compare {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let (before, after) = (read(&self.before)?, read(&self.after)?);
        let differ = differ_in(&before, &after);
        if !differ.is_empty() {
            let why = differ.join("\n  ");
            return Err(CliError::bad(format!("error: these runs cannot be compared:\n  {why}")));
        }
        let (mut out, paint) = (screen.page(), screen.paint());
        writeln!(out, "{:28}{:>10}{:>10}{:>10}   95 % confidence interval", "", "before", "after", "change")?;
        for metric in Metric::ALL {
            for change in SHOWN.iter().filter_map(|part| Change::of(&before, &after, metric, *part)) {
                writeln!(out, "{}", row(&change))?;
            }
        }
        let mut exit = Exit::Success;
        for limit in &self.fail_on {
            let change = Change::of(&before, &after, limit.metric, limit.percentile);
            let few = |count: u64, needed: u64| {
                let of = Statistic::Percentile(limit.percentile).show();
                format!(": one of the runs has only {count} measurements; {of} needs {needed}")
            };
            let (word, told) = match change.map(|change| (change.against(limit.rise), change.count)) {
                Some((Verdict::Within, _)) => (paint.good("holds"), String::new()),
                Some((Verdict::Unclear, _)) => (paint.open("unclear"), ": needs longer runs".to_owned()),
                // What cannot be judged is not green.
                Some((Verdict::TooFew(needed), count)) => {
                    exit = Exit::Threshold;
                    (paint.bad("unclear"), few(count, needed))
                }
                Some((Verdict::Beyond, _)) => {
                    exit = Exit::Threshold;
                    (paint.bad("FAILS"), String::new())
                }
                None => {
                    exit = Exit::Threshold;
                    (paint.bad("FAILS"), ": one of the runs has no measurements".to_owned())
                }
            };
            writeln!(out, "{word}  {}{told}", limit.show())?;
        }
        out.flush()?;
        Ok(exit)
    }
}

fn row(change: &Change) -> String {
    let name = format!("{} {}", change.metric.name(), Statistic::Percentile(change.percentile).show());
    let percent = |part: f64| format!("{:+.1}%", 100.0 * part);
    let bound = |part: Option<f64>| part.map_or("?".to_owned(), percent);
    let few = match change.needed() {
        needed if change.count < needed => format!("   too few: {} of {needed}", change.count),
        _ => String::new(),
    };
    format!(
        "{name:28}{:>10}{:>10}{:>10}   {} to {}{few}",
        took(change.before),
        took(change.after),
        percent(change.change),
        bound(change.least),
        bound(change.most)
    )
}
