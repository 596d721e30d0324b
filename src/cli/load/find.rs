//! Searches the highest value of a parameter that a machine bears.

use super::exit_of;
use super::reports::Reports;
use crate::cli::exit::{CliError, Exit};
use crate::cli::screen::Screen;
use crate::load::find::Search;
use crate::load::report;
use crate::load::run::{Run, ThresholdResult};
use crate::scenario::story::Params;

/// Repeats the run until the highest passing value is known, and reports the run with that value.
pub(super) fn find(
    parameter: &str,
    mut search: Search,
    set: &Params,
    play: impl Fn(&Params) -> Result<Run, CliError>,
    reports: Reports,
    screen: &Screen,
) -> Result<Exit, CliError> {
    let mut best = None;
    while let Some(value) = search.next() {
        let mut set = set.clone();
        set.insert(parameter.to_owned(), value.to_string());
        let run = play(&set)?;
        let exit = exit_of(&run);
        if exit == Exit::Interrupted {
            return Ok(exit);
        }
        search.tell(value, exit == Exit::Success);
        screen.say(&format!("{parameter}={value}: {}", told(&run, exit)));
        if exit == Exit::Success {
            best = Some(run);
        }
    }
    let (Some(run), Some(ceiling)) = (best, search.ceiling()) else {
        return Err(CliError::Message(Exit::Threshold, format!("error: even the lowest {parameter} fails")));
    };
    let beyond = search
        .fails()
        .map_or_else(|| ", the highest of the range".to_owned(), |fails| format!(", and fails with {fails}"));
    screen.say(&format!("passes with {parameter}={ceiling}{beyond}"));
    reports.write(&run, || report::text(&run, screen.paint().coloured), screen)?;
    Ok(Exit::Success)
}

fn told(run: &Run, exit: Exit) -> String {
    let failed = run.thresholds.iter().find(|held| !held.holds);
    match (exit, run.void.first(), failed) {
        (Exit::Success, _, _) => {
            let found = |held: &ThresholdResult| Some(format!("{}: {}", held.text, held.found.as_deref()?));
            let all: Vec<String> = run.thresholds.iter().filter_map(found).collect();
            if all.is_empty() { "holds".to_owned() } else { format!("holds: {}", all.join("; ")) }
        }
        (_, Some(why), _) => format!("void: {why}"),
        (_, None, Some(held)) => {
            format!("{} failed: {}", held.text, held.found.as_deref().unwrap_or("not measured"))
        }
        (_, None, None) => format!("{} stories failed", run.totals.failed),
    }
}
