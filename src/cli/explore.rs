//! `attendant explore`: plays scenarios in every other order.

use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::exit::{Exit, Trouble};
use super::progress::Progress;
use super::screen::Screen;
use super::{Reading, replay};
use crate::clock;
use crate::control::time::parse_duration;
use crate::scenario::explore::{Bounds, Explored, Found, as_file, describe, explore};
use crate::scenario::play::play;
use crate::scenario::report::{Told, screen_of_run};
use crate::scenario::story::Params;
use crate::scenario::suite::{CaseRun, Outcome, SEED, Selection, Suite, in_order};

const EXAMPLES: &str = "\
Examples:
  attendant explore scenarios
  attendant explore scenarios/start/start-against-join.yaml --window 1s --orders 20000
  attendant explore story.yaml --save story-fails.yaml && attendant replay story-fails.yaml";

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Explore {
    #[command(flatten)]
    reading: Reading,

    /// Only cases with this in their name or their file's path; with several, any of them
    #[arg(long, short, value_name = "SUBSTRING")]
    filter: Vec<String>,

    /// What lies no further apart than this changes places; the rest keeps its order
    #[arg(long, value_name = "DURATION", default_value = "250ms", value_parser = duration)]
    window: Duration,

    /// Runs for each case in which nothing is left out: first with one thing later, then with two, and so on
    #[arg(long, value_name = "N", default_value_t = 500)]
    orders: usize,

    /// Runs for each case at random after those, unless those were all there are
    #[arg(long, value_name = "N", default_value_t = 100)]
    random: usize,

    /// Search with this seed; otherwise with the file's, or 1
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// Write the first order that fails as a scenario file, in the folder of the scenario if that includes others
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,

    /// Print failures and the summary only
    #[arg(long, short)]
    quiet: bool,
}

fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text).map_err(|error| error.to_string())
}

#[derive(Debug, Default)]
struct Counts {
    cases: usize,
    failed: usize,
    not_built: usize,
    runs: usize,
    orders: usize,
    complete: usize,
}

impl Explore {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, Trouble> {
        let began = clock::now();
        let suite = Suite::read(&self.reading.paths, &self.reading.params(), self.reading.jobs())
            .map_err(|unread| Trouble::bad(unread.render(screen.paint_messages().coloured)))?;
        let selected = Selection { filters: self.filter.clone(), ..Selection::default() }.of(&suite);
        if selected.is_empty() {
            return Err(Trouble::Told(Exit::Nothing, replay::nothing_selected(&suite)));
        }
        let bounds = Bounds { window: self.window, exhaustive: self.orders, random: self.random };
        let stop = super::stop_on_ctrl_c();
        let search = |number: usize| {
            let story = &suite.cases[selected[number]].story;
            let seed = self.seed.or(story.seed).unwrap_or(SEED);
            story.unbuilt.is_empty().then(|| explore(story, seed, bounds, &stop))
        };
        let (mut out, mut counts, mut done) = (screen.out(), Counts::default(), Ok(()));
        let progress = Progress::new(selected.len());
        in_order(self.reading.jobs(), selected.len(), &stop, search, |number, explored| {
            let first = counts.failed == 0;
            done = progress.beside(|| {
                let text = self.tell(&suite, selected[number], explored.as_ref(), screen, &mut counts);
                out.write_all(text.as_bytes())?;
                match (&self.save, explored.and_then(|explored| explored.found)) {
                    (Some(path), Some(found)) if first => {
                        save(&suite, selected[number], &found, path, screen)
                    }
                    _ => Ok(()),
                }
            });
            progress.count();
            if done.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        progress.end();
        done?;
        let Counts { cases, failed, not_built, runs, orders, complete } = counts;
        let held = cases - failed - not_built;
        let cases = if cases == 1 { "1 case".to_owned() } else { format!("{cases} cases") };
        let line = format!(
            "{cases}: {held} hold in every order tried, {failed} fail, {not_built} not built; \
             {orders} different orders in {runs} runs; every order within {} in {complete}",
            crate::control::time::show_duration(self.window),
        );
        writeln!(out, "{}", if failed > 0 { screen.paint().bad(&line) } else { screen.paint().good(&line) })?;
        out.flush()?;
        screen.say(&format!(
            "{:.2} s of real time",
            clock::now().saturating_duration_since(began).as_secs_f64()
        ));
        Ok(match (stop.load(Ordering::Relaxed), failed, not_built) {
            (true, _, _) => Exit::Interrupted,
            (false, 1.., _) => Exit::Failed,
            (false, 0, 1..) => Exit::NotBuilt,
            (false, 0, 0) => Exit::Well,
        })
    }

    /// What became of a case, in one line, or in a screen if it failed.
    fn tell(
        &self,
        suite: &Suite,
        place: usize,
        explored: Option<&Explored>,
        screen: &Screen,
        counts: &mut Counts,
    ) -> String {
        let (case, paint) = (&suite.cases[place], screen.paint());
        counts.cases += 1;
        let Some(explored) = explored else {
            counts.not_built += 1;
            return if self.quiet {
                String::new()
            } else {
                format!("{}  {}\n", paint.open("open"), case.story.name)
            };
        };
        counts.runs += explored.runs;
        counts.orders += explored.orders;
        counts.complete += usize::from(explored.complete);
        match &explored.found {
            Some(found) => {
                counts.failed += 1;
                failure(suite, place, found, screen)
            }
            None if self.quiet => String::new(),
            None => format!("{}    {} ({})\n", paint.good("ok"), case.story.name, reach(explored)),
        }
    }
}

/// How far a search went.
fn reach(explored: &Explored) -> String {
    let orders = match explored.orders {
        1 => "1 order".to_owned(),
        orders => format!("{orders} orders"),
    };
    match (explored.complete, explored.complete_to) {
        (true, _) => format!("{orders}: all"),
        (false, Some(1)) => format!("{orders}: all with one thing later, some with more"),
        (false, Some(later)) => format!("{orders}: all with up to {later} things later, some with more"),
        (false, None) => format!("{orders}: some"),
    }
}

fn failure(suite: &Suite, place: usize, found: &Found, on: &Screen) -> String {
    let (case, paint) = (&suite.cases[place], on.paint());
    let run = CaseRun::of(found.played.clone());
    let in_order = crate::scenario::suite::Case { file: case.file, story: Arc::clone(&found.story) };
    let outcome = Outcome::Played(Box::new(run));
    let told = Told { suite, case: &in_order, outcome: &outcome };
    let mut text = format!("{}  {}\n{}", paint.bad("FAIL"), case.story.name, screen_of_run(&told, paint));
    if found.order.is_empty() {
        text += "   in the scenario's own order\n";
    }
    for later in &found.order {
        text += &format!("{} {}\n", paint.strong("     order"), describe(&case.story, *later));
    }
    text
}

/// Writes the order as a file, and sees to it that the file fails as the order did.
fn save(suite: &Suite, place: usize, found: &Found, path: &Path, screen: &Screen) -> std::io::Result<()> {
    let case = &suite.cases[place];
    let Some(original) = suite.file_of(case).sources.text(0) else { return Ok(()) };
    let text = match as_file(original, &case.story, found) {
        Ok(text) => text,
        Err(why) => {
            screen.say(&format!("warning: the order is not saved: {why}"));
            return Ok(());
        }
    };
    std::fs::write(path, text)?;
    let jobs = std::num::NonZeroUsize::MIN;
    let fails = match Suite::read(&[path.to_owned()], &Params::clone(&suite.set), jobs) {
        Ok(saved) => saved.cases.iter().any(|saved| !play(&saved.story, found.played.seed).wrong.is_empty()),
        Err(unread) => {
            screen.say(&format!("warning: {} cannot be read here:\n{unread}", path.display()));
            return Ok(());
        }
    };
    let what = if fails { "saved as" } else { "warning: it does not fail as it is saved in" };
    screen.say(&format!("{what} {}", path.display()));
    Ok(())
}
