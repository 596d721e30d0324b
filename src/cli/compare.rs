//! `attendant compare`: what changed from one load run to another, and whether that can be told from chance.

use std::io::Write as _;
use std::path::PathBuf;

use super::exit::{Exit, Trouble};
use super::report::read;
use super::screen::Screen;
use crate::load::compare::{Change, Limit, Verdict, differ_in};
use crate::load::report::took;
use crate::scenario::load::{Metric, Statistic};

const EXAMPLES: &str = "\
Examples:
  attendant compare yesterday.run today.run
  attendant compare main.run branch.run --fail-on 'start_to_joined p(99) +10%'";

/// What is shown of each metric, in hundredths of a percent.
const SHOWN: [u16; 3] = [5_000, 9_000, 9_900];

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Compare {
    /// The run file of the first run
    #[arg(value_name = "BEFORE")]
    before: PathBuf,

    /// The run file of the second run, of the same profile on the same machine
    #[arg(value_name = "AFTER")]
    after: PathBuf,

    /// Exit with 3 if a percentile has surely risen by more than this
    #[arg(long, value_name = "LIMIT", value_parser = Limit::parse)]
    fail_on: Vec<Limit>,
}

impl Compare {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, Trouble> {
        let (before, after) = (read(&self.before)?, read(&self.after)?);
        let differ = differ_in(&before, &after);
        if !differ.is_empty() {
            let why = differ.join("\n  ");
            return Err(Trouble::bad(format!("error: these runs cannot be compared:\n  {why}")));
        }
        let (mut out, paint) = (screen.out(), screen.paint());
        writeln!(out, "{:28}{:>10}{:>10}{:>10}   95 % sure to lie between", "", "before", "after", "change")?;
        for metric in Metric::ALL {
            for change in SHOWN.iter().filter_map(|part| Change::of(&before, &after, metric, *part)) {
                writeln!(out, "{}", row(&change))?;
            }
        }
        let mut exit = Exit::Well;
        for limit in &self.fail_on {
            let change = Change::of(&before, &after, limit.metric, limit.percentile);
            let (word, told) = match change.map(|change| change.against(limit.rise)) {
                Some(Verdict::Within) => (paint.good("holds"), ""),
                Some(Verdict::Unclear) => (paint.open("unclear"), ": longer runs would tell"),
                Some(Verdict::Beyond) => (paint.bad("FAILS"), ""),
                None => (paint.bad("FAILS"), ": one of the runs did not measure it"),
            };
            if matches!(change.map(|change| change.against(limit.rise)), Some(Verdict::Beyond) | None) {
                exit = Exit::Threshold;
            }
            writeln!(out, "{word}  {}{told}", limit.show())?;
        }
        out.flush()?;
        Ok(exit)
    }
}

fn row(change: &Change) -> String {
    let name = format!("{} {}", change.metric.name(), Statistic::Percentile(change.percentile).show());
    let percent = |part: f64| format!("{:+.1}%", 100.0 * part);
    format!(
        "{name:28}{:>10}{:>10}{:>10}   {} and {}",
        took(change.before),
        took(change.after),
        percent(change.change),
        percent(change.least),
        percent(change.most)
    )
}
