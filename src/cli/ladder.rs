//! `attendant ladder`: a case as a picture.

use std::io::Write as _;
use std::ops::ControlFlow;
use std::sync::atomic::AtomicBool;

use super::exit::{CliError, Exit};
use super::screen::Screen;
use super::sounds::Sounds;
use super::{Reading, replay};
use crate::play::{Bridge, Outcome};
use crate::report::ladder::{self, ladder_lines};
use crate::report::{CaseResult, Totals};
use crate::suite::{self, Plan, Seeds, Selection};

const EXAMPLES: &str = "\
Examples:
  attendant ladder scenarios/pin/doubled-star.yaml
  attendant ladder scenarios/pin/doubled-star.yaml --svg > star.svg
  attendant ladder scenarios/pin/doubled-star.yaml --mermaid
  attendant ladder scenarios/lobby/all-are-released-at-once.yaml --over-sip";

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Ladder {
    #[command(flatten)]
    reading: Reading,

    #[command(flatten)]
    sounds: Sounds,

    /// Only the case with this text in its name or path; repeat for more
    #[arg(long, short, value_name = "SUBSTRING")]
    filter: Vec<String>,

    /// The seed; if not given, the file's, or 1
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// Play with the bridge called by SIP and RTP over the loopback interface, in real time: messages and streams are shown
    #[arg(long)]
    over_sip: bool,

    /// Draw it as SVG
    #[arg(long, conflicts_with = "mermaid")]
    svg: bool,

    /// Write it as a Mermaid sequence diagram
    #[arg(long)]
    mermaid: bool,
}

impl Ladder {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let mut suite = self.reading.suite(screen)?;
        self.sounds.give_to(&mut suite, self.reading.jobs(), screen)?;
        let selected = Selection { filters: self.filter.clone(), ..Selection::default() }.of(&suite);
        match selected.len() {
            0 => return Err(CliError::Message(Exit::Nothing, replay::nothing_selected(&suite))),
            1 => {}
            more => {
                let told = format!(
                    "error: {more} cases are selected, and a ladder shows one: choose it with --filter"
                );
                return Err(CliError::bad(told));
            }
        }
        let seeds = self.seed.map_or(Seeds::Own, Seeds::One);
        let jobs = self.reading.jobs();
        let plan =
            Plan { bridge: Bridge::shown(self.over_sip), seeds, first_failure: true, twice: false, jobs };
        let mut totals = Totals { cases: 1, ..Totals::default() };
        let mut drawn = String::new();
        suite::run(&suite, &selected, &plan, &AtomicBool::new(false), |place, outcome| {
            totals.count(&outcome);
            drawn = self
                .draw(&CaseResult { suite: &suite, case: &suite.cases[place], outcome: &outcome }, screen);
            ControlFlow::Continue(())
        });
        let mut out = screen.page_unless(self.svg || self.mermaid);
        out.write_all(drawn.as_bytes())?;
        out.flush()?;
        Ok(replay::exit_of(&totals))
    }

    fn draw(&self, result: &CaseResult<'_>, screen: &Screen) -> String {
        let run = match result.outcome {
            Outcome::Played(run) => run,
            Outcome::NotBuilt => return format!("not implemented: {}\n", result.not_built()),
            Outcome::Unreachable(why) => return format!("unreachable: {why}\n"),
            Outcome::Skipped(why) => return format!("skipped: {why}\n"),
        };
        let drawn = ladder::Ladder::of(result, run);
        if self.svg {
            ladder::document(&drawn, &result.story().name)
        } else if self.mermaid {
            ladder::mermaid(&drawn)
        } else {
            ladder_lines(&drawn, screen.paint()).join("\n") + "\n"
        }
    }
}
