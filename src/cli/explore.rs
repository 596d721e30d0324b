//! `attendant explore`: plays scenarios in other orders of what they leave open.

use std::ffi::OsString;
use std::fs::File;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::exit::{CliError, Exit};
use super::progress::Progress;
use super::screen::Screen;
use super::sounds::Sounds;
use super::{Reading, counted, replay};
use crate::clock;
use crate::control::time::{parse_duration, show_duration};
use crate::play::{Bridge, CaseRun, Outcome, play};
use crate::report::{CaseResult, Paint, Totals, screen_of_run};
use crate::scenario::collection::Suite;
use crate::scenario::order::describe;
use crate::scenario::read::read;
use crate::scenario::source::Sources;
use crate::scenario::story::{Params, Story};
use crate::suite::explore::{Bounds, Explored, Found, Reach, as_entry, as_file, explore};
use crate::suite::{SEED, Selection, in_order};

const EXAMPLES: &str = "\
Examples:
  attendant explore scenarios
  attendant explore scenarios/start --window 1s --orders 20000
  attendant explore story.yaml --save fails.yaml || attendant replay fails.yaml";

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Explore {
    #[command(flatten)]
    reading: Reading,

    #[command(flatten)]
    sounds: Sounds,

    /// Only cases with this text in their name or path; repeat for more
    #[arg(long, short, value_name = "SUBSTRING")]
    filter: Vec<String>,

    /// The longest delay of one event
    #[arg(long, value_name = "DURATION", default_value = "250ms", value_parser = duration)]
    window: Duration,

    /// Systematic runs for each case: first with one event delayed, then with two, and so on
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = runs)]
    orders: usize,

    /// Random runs for each case after those
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = runs)]
    random: usize,

    /// The seed; if not given, the file's, or 1
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// Save the first order that fails as a new scenario file, in the same folder if the scenario includes others; `-`
    /// writes it to standard output, and the report to standard error
    #[arg(long, value_name = "FILE")]
    save: Option<SaveTo>,

    /// Print only failures and the summary
    #[arg(long, short)]
    quiet: bool,
}

/// The most runs of each kind: a million take a quarter of an hour on one core, and every order is remembered.
const RUNS_MAX: usize = 1_000_000;

fn runs(text: &str) -> Result<usize, String> {
    let fits = text.parse().ok().filter(|runs| *runs <= RUNS_MAX);
    fits.ok_or_else(|| format!("expected a whole number, at most {RUNS_MAX}"))
}

/// The file for an order that fails.
#[derive(Clone, Debug)]
enum SaveTo {
    StandardOutput,
    File(PathBuf),
}

impl From<OsString> for SaveTo {
    fn from(path: OsString) -> Self {
        if path == "-" { Self::StandardOutput } else { Self::File(path.into()) }
    }
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
    to_the_end: usize,
    fixed: usize,
}

impl Explore {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        let began = clock::now();
        let mut suite = self.reading.suite(screen)?;
        self.sounds.give_to(&mut suite, self.reading.jobs(), screen)?;
        let mut selected = Selection { filters: self.filter.clone(), ..Selection::default() }.of(&suite);
        selected.retain(|place| {
            let story = &suite.cases[*place].story;
            story.expected_to_fail.is_none() && Bridge::default().skips(story).is_none()
        });
        if selected.is_empty() {
            return Err(CliError::Message(Exit::Nothing, replay::nothing_selected(&suite)));
        }
        self.may_be_saved()?;
        let bounds = Bounds { window: self.window, exhaustive: self.orders, random: self.random };
        let stop = super::stop_on_ctrl_c();
        let search = |number: usize| {
            let story = &suite.cases[selected[number]].story;
            let seed = self.seed.or(story.seed).unwrap_or(SEED);
            story.not_implemented.is_empty().then(|| explore(story, seed, bounds, &stop))
        };
        let (mut out, paint): (Box<dyn Write>, Paint) = match self.save {
            Some(SaveTo::StandardOutput) => (Box::new(std::io::stderr()), screen.paint_messages()),
            Some(SaveTo::File(_)) | None => (screen.page(), screen.paint()),
        };
        let (mut counts, mut done) = (Counts::default(), std::io::Result::Ok(()));
        let progress = Progress::new(selected.len(), "cases");
        in_order(self.reading.jobs(), selected.len(), &stop, search, |number, explored| {
            let first = counts.failed == 0;
            done = progress.beside(|| {
                let text = self.tell(&suite, selected[number], explored.as_ref(), paint, &mut counts);
                out.write_all(text.as_bytes())?;
                // Somebody may follow it through a pipe.
                out.flush()?;
                match explored.and_then(|explored| explored.found) {
                    Some(found) if first => self.write(&suite, selected[number], &found, screen),
                    Some(_) | None => Ok(()),
                }
            });
            progress.count();
            if done.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        progress.end();
        done?;
        let is_interrupted = stop.load(Ordering::Relaxed);
        let failed = counts.failed;
        let line = counts.line(self.window, is_interrupted);
        writeln!(out, "{}", if failed > 0 { paint.bad(&line) } else { paint.good(&line) })?;
        out.flush()?;
        screen.say(&format!(
            "{:.2} s of real time",
            clock::now().saturating_duration_since(began).as_secs_f64()
        ));
        let Counts { failed, not_built, .. } = counts;
        Ok(replay::exit_of(&Totals { interrupted: is_interrupted, failed, not_built, ..Totals::default() }))
    }

    /// Checks before the search whether its result can be saved.
    fn may_be_saved(&self) -> Result<(), CliError> {
        let Some(SaveTo::File(path)) = &self.save else { return Ok(()) };
        if path.exists() {
            return Err(CliError::bad(format!(
                "error: {} exists: --save needs the name of a new file",
                path.display()
            )));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        match folder.filter(|folder| !folder.is_dir()) {
            Some(folder) => Err(CliError::bad(format!("error: {} is not a folder", folder.display()))),
            None => Ok(()),
        }
    }

    /// Saves the failing order, if requested. Errors of a file are printed; only those of standard output are returned.
    fn write(&self, suite: &Suite, place: usize, found: &Found, screen: &Screen) -> std::io::Result<()> {
        match &self.save {
            None => {}
            Some(SaveTo::StandardOutput) => {
                match as_file_at(suite, place, found, &suite.file_of(&suite.cases[place]).path) {
                    Ok(text) => std::io::stdout().write_all(text.as_bytes())?,
                    Err(why) => screen.say(&format!("warning: the order was not written: {why}")),
                }
            }
            Some(SaveTo::File(path)) => {
                let shown = path.display();
                let text = as_file_at(suite, place, found, &path.to_string_lossy());
                let saved = text.map(|text| File::create_new(path)?.write_all(text.as_bytes()));
                screen.say(&match saved {
                    Ok(Ok(())) => format!("saved as {shown}"),
                    Ok(Err(error)) => format!("warning: {shown} cannot be written: {error}"),
                    Err(why) => format!("warning: the order was not saved as {shown}: {why}"),
                });
            }
        }
        Ok(())
    }

    /// Prints the result of a case: one line, or a screen if it failed.
    fn tell(
        &self,
        suite: &Suite,
        place: usize,
        explored: Option<&Explored>,
        paint: Paint,
        counts: &mut Counts,
    ) -> String {
        let case = &suite.cases[place];
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
        counts.to_the_end += usize::from(explored.reach == Reach::All);
        counts.fixed += usize::from(explored.reach == Reach::Fixed);
        match &explored.found {
            Some(found) => {
                counts.failed += 1;
                failure(suite, place, found, paint)
            }
            None if self.quiet => String::new(),
            None => format!("{}    {} ({})\n", paint.good("ok"), case.story.name, reach(explored)),
        }
    }
}

impl Counts {
    fn line(&self, window: Duration, is_interrupted: bool) -> String {
        let Self { cases, failed, not_built, runs, orders, to_the_end, fixed } = self;
        let hold = cases - failed - not_built;
        let hold = if is_interrupted {
            format!("interrupted: {hold} passed in every order tried so far")
        } else {
            format!("{hold} passed in every order tried")
        };
        let mut line = format!(
            "{}: {hold}, {failed} failed, {not_built} not implemented; {} in {}; searched completely within {} \
             in {to_the_end}",
            counted(*cases, "case"),
            counted(*orders, "different order"),
            counted(*runs, "run"),
            show_duration(window),
        );
        if *fixed > 0 {
            line += &format!(", only in their own order: {fixed}");
        }
        line
    }
}

/// Describes how far a search went.
fn reach(explored: &Explored) -> String {
    let orders = counted(explored.orders, "order");
    match explored.reach {
        Reach::Fixed => "its own order only".to_owned(),
        Reach::All => format!("{orders}, all there are"),
        Reach::UpTo(0) => format!("{orders}, not all there are"),
        Reach::UpTo(1) => format!("{orders}: all with one event delayed, some with more"),
        Reach::UpTo(later) => format!("{orders}: all with up to {later} events delayed, some with more"),
    }
}

fn failure(suite: &Suite, place: usize, found: &Found, paint: Paint) -> String {
    let case = &suite.cases[place];
    let again = |story: &Arc<Story>| play(story, found.played.seed);
    let run = CaseRun::of(&found.story, found.played.clone(), Bridge::default(), again);
    let in_order = crate::scenario::collection::Case { file: case.file, story: Arc::clone(&found.story) };
    let outcome = Outcome::Played(Box::new(run));
    let result = CaseResult { suite, case: &in_order, outcome: &outcome };
    let mut text = format!(
        "{}  {}\n{}",
        paint.bad("FAIL"),
        case.story.name,
        screen_of_run(&result, &found.delays(), paint)
    );
    let own = case.story.seed.unwrap_or(SEED);
    if found.order.is_empty() {
        text += "   in the scenario's own order\n";
    }
    for later in &found.order {
        let (entry, words) = (as_entry(&case.story, *later), describe(&case.story, *later));
        text += &format!("{} {entry}  # {words}\n", paint.strong("     order"));
    }
    if found.played.seed != own {
        text += &format!(
            "{} {}, which orders simultaneous events\n",
            paint.strong("      seed"),
            found.played.seed
        );
    }
    text
}

/// Returns the order as the text of a scenario file that fails in the same way in that folder, or the reason why there
/// is none.
fn as_file_at(suite: &Suite, place: usize, found: &Found, path: &str) -> Result<String, String> {
    let case = &suite.cases[place];
    let original = suite.file_of(case).sources.text(0).ok_or("the scenario file no longer exists")?;
    let text = as_file(original, &case.story, found).map_err(|why| why.to_string())?;
    let mut sources = Sources::from_files_but(path.to_owned(), text.clone());
    let stories = read(path, &mut sources, &Params::new()).map_err(|problems| {
        let rendered: Vec<String> = problems.iter().map(|problem| problem.render(&sources, false)).collect();
        format!("it cannot be read in that folder\n{}", rendered.join("\n\n"))
    })?;
    let fails = |story: Story| !play(&Arc::new(story), found.played.seed).failures.is_empty();
    match stories.into_iter().any(fails) {
        true => Ok(text),
        false if !suite.set.is_empty() => Err("it fails only with the given --set".to_owned()),
        false if suite.assets.is_some() => Err("it fails only with the given --assets".to_owned()),
        false => Err("it does not fail when played from the file".to_owned()),
    }
}
