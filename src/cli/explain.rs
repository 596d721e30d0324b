//! `attendant explain`: a scenario in plain words.

use std::io::Write as _;
use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;

use super::exit::{CliError, Exit};
use super::screen::Screen;
use super::sounds::Sounds;
use super::{Reading, replay};
use crate::play::Bridge;
use crate::report::{CaseResult, Totals, explain};
use crate::suite::{self, Plan, Seeds, Selection};

const EXAMPLES: &str = "\
Examples:
  attendant explain scenarios/lobby
  attendant explain scenarios/pin --filter '[length=4]' --seed 7
  attendant explain scenarios/talk/muted.yaml --over-sip";

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Explain {
    #[command(flatten)]
    reading: Reading,

    #[command(flatten)]
    sounds: Sounds,

    /// Only cases with this text in their name or path; repeat for more
    #[arg(long, short, value_name = "SUBSTRING")]
    filter: Vec<String>,

    /// The seed; if not given, the file's, or 1
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// Play with the bridge called by SIP and RTP over the loopback interface, in real time: messages and streams are shown
    #[arg(long)]
    over_sip: bool,
}

impl Explain {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let mut suite = self.reading.suite(screen)?;
        self.sounds.give_to(&mut suite, self.reading.jobs(), screen)?;
        let selected = Selection { filters: self.filter.clone(), ..Selection::default() }.of(&suite);
        if selected.is_empty() {
            return Err(CliError::Message(Exit::Nothing, replay::nothing_selected(&suite)));
        }
        let seeds = self.seed.map_or(Seeds::Own, Seeds::One);
        let jobs = self.reading.jobs();
        let plan =
            Plan { bridge: Bridge::shown(self.over_sip), seeds, first_failure: true, twice: false, jobs };
        let (mut out, paint) = (screen.page(), screen.paint());
        let mut totals = Totals { cases: selected.len(), ..Totals::default() };
        let mut written = Ok(());
        suite::run(&suite, &selected, &plan, &AtomicBool::new(false), |place, outcome| {
            let between = if totals.not_run() < totals.cases { "\n" } else { "" };
            totals.count(&outcome);
            let result = CaseResult { suite: &suite, case: &suite.cases[place], outcome: &outcome };
            written = write!(out, "{between}{}", explain(&result, paint));
            if written.is_err() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        written?;
        out.flush()?;
        Ok(replay::exit_of(&totals))
    }
}
