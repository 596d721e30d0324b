//! `attendant step`: a case event by event.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use super::dial;
use super::exit::{CliError, Exit};
use super::one_case::{Given, chosen, file_and_line, play, too_many};
use super::opened::runtime;
use super::screen::Screen;
use crate::files;
use crate::play::machines::Machines;
use crate::play::{CaseRun, Outcome};
use crate::report::saved::{self, SavedCase};
use crate::report::{CaseResult, json};
use crate::step::live::{self, StepEnd};
use crate::step::model::StepModel;
use crate::step::saved::trace;
use crate::step::trace::Trace;
use crate::terminal::signals::Signals;
use crate::terminal::{self, Colours, Terminal};

const EXAMPLES: &str = "\
Examples:
  attendant step scenarios/pin/wrong-then-right.yaml
  attendant step scenarios/pin/wrong-then-right.yaml:18
  attendant step scenarios/pin/generated-lengths.yaml --case length=6
  attendant replay scenarios --report json=run.jsonl
  attendant step run.jsonl --case music";

/// The largest saved run that is read, in bytes: some hundred thousand events.
const RUN_BYTES_MAX: u64 = 256 << 20;

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Step {
    /// A scenario file, or a run that `replay --report json=FILE` saved; with a line, go there first
    #[arg(value_name = "FILE[:LINE]")]
    file: PathBuf,

    /// The case with this text in its name
    #[arg(long, short, value_name = "NAME")]
    case: Option<String>,

    /// The seed; if not given, the file's, or 1; of a saved run, its own
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    #[command(flatten)]
    given: Given,
}

impl Step {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        if !io::stdin().is_terminal() || !screen.is_terminal() {
            let told = "error: step needs a terminal; `attendant explain` tells the same as text";
            return Err(CliError::bad(told));
        }
        dial::refuse_a_log_over_the_screen("add 2>FILE")?;
        match saved_run(&self.file)? {
            Some(cases) => self.step_saved(&cases, screen),
            None => {
                let (file, line) = file_and_line(&self.file);
                self.step_scenario(&file, line, screen)
            }
        }
    }

    fn step_scenario(&self, file: &Path, line: Option<usize>, screen: &Screen) -> Result<Exit, CliError> {
        let (suite, place) = self.given.one_case(file, self.case.as_deref(), screen)?;
        let outcome = play(&suite, place, self.seed);
        let result = CaseResult { suite: &suite, case: &suite.cases[place], outcome: &outcome };
        match &outcome {
            Outcome::Played(run) => step_played(&result, run, line, screen),
            Outcome::NotBuilt => {
                Err(CliError::Message(Exit::NotBuilt, format!("not implemented: {}", result.not_built())))
            }
            Outcome::Skipped(why) => Err(CliError::Message(Exit::Nothing, format!("skipped: {why}"))),
            Outcome::Unreachable(why) => Err(CliError::Message(Exit::NotBuilt, format!("error: {why}"))),
        }
    }

    fn step_saved(&self, cases: &[SavedCase], screen: &Screen) -> Result<Exit, CliError> {
        let case = saved_case(cases, self.case.as_deref())?;
        if !case.was_played() {
            let told = format!("the case was not played{}", case.why_not_played());
            return Err(CliError::Message(Exit::Nothing, told));
        }
        if let Some(shown) = self.step_again(case, screen) {
            return shown;
        }
        let people = case.people();
        let note = format!(
            "{} gives other events now, or was played live: dialogs, timers and lines are not known",
            case.file
        );
        let trace = trace(case, &people, note);
        show(&mut StepModel::new(&trace, None), screen)
    }

    /// Plays a saved case again with its seed, and steps through that if exactly the same happens: then all is known of it.
    fn step_again(&self, case: &SavedCase, screen: &Screen) -> Option<Result<Exit, CliError>> {
        let (suite, place) = self.given.one_case(Path::new(&case.file), Some(&case.name), screen).ok()?;
        let outcome = play(&suite, place, Some(case.seed()));
        let result = CaseResult { suite: &suite, case: &suite.cases[place], outcome: &outcome };
        let Outcome::Played(run) = &outcome else { return None };
        let same = case.has_events(&json::events(result.story(), &run.played.log));
        same.then(|| step_played(&result, run, None, screen))
    }
}

/// The cases of a saved run, if the file is one.
pub(super) fn saved_run(file: &Path) -> Result<Option<Vec<SavedCase>>, CliError> {
    // What is no text, or is not there, is told as of a scenario.
    let Ok(text) = files::read_text(file, RUN_BYTES_MAX) else { return Ok(None) };
    if !saved::is_saved_run(&text) {
        return Ok(None);
    }
    let shown = file.display();
    saved::read(&text).map(Some).map_err(|wrong| CliError::bad(format!("error: {shown}: {wrong}")))
}

/// The case of a saved run that is named; otherwise the only one, or the only one that failed.
pub(super) fn saved_case<'c>(
    cases: &'c [SavedCase],
    wanted: Option<&str>,
) -> Result<&'c SavedCase, CliError> {
    let names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    let found = chosen(&names, wanted);
    let failed: Vec<usize> = found.iter().copied().filter(|place| cases[*place].failed()).collect();
    match (&found[..], &failed[..]) {
        ([one], _) | (_, [one]) => Ok(&cases[*one]),
        ([], _) => {
            let told = format!("error: none of the {} cases of this run is selected", cases.len());
            Err(CliError::Message(Exit::Nothing, told))
        }
        (many, _) => Err(too_many(&many.iter().map(|place| names[*place]).collect::<Vec<_>>())),
    }
}

fn step_played(
    result: &CaseResult<'_>,
    run: &CaseRun,
    line: Option<usize>,
    screen: &Screen,
) -> Result<Exit, CliError> {
    let trace = Trace::of(result, run);
    let machines = Machines::new(&result.case.story, run.played.seed);
    let mut model = StepModel::new(&trace, Some(machines));
    if let Some(line) = line {
        model.go_to_line((0, line));
    }
    show(&mut model, screen)
}

fn show(model: &mut StepModel<'_, '_>, screen: &Screen) -> Result<Exit, CliError> {
    let runtime = runtime()?;
    let colours = Colours { coloured: screen.paint().coloured };
    let left = runtime.block_on(async {
        let mut signals = Signals::take()?;
        let mut terminal = Terminal::take()?;
        let events = terminal::read()?;
        // The terminal's library would look at NO_COLOR again.
        crossterm::style::force_color_output(colours.coloured);
        live::run(model, &mut terminal, events, &mut signals, colours).await
    });
    // The keyboard's reader waits for a key that nobody presses any more.
    runtime.shutdown_background();
    match left? {
        StepEnd::Success => Ok(Exit::Success),
        StepEnd::Interrupted => Ok(Exit::Interrupted),
    }
}
