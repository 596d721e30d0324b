//! `--watch`: plays again what a save touches, and keeps the last failure on the screen.
//!
//! Files are looked at every so often instead of being watched by the system: that needs no library, sees saves on network
//! drives and in containers too, and knows no limit on the number of folders.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::last_failed::LastFailed;
use super::{Replay, exit_of};
use crate::cli::counted;
use crate::cli::exit::{CliError, Exit};
use crate::cli::progress::Progress;
use crate::cli::screen::Screen;
use crate::clock;
use crate::files::Stamp;
use crate::report::{CaseResult, Report as _, Text, Totals};
use crate::scenario::collection::{File, Suite};
use crate::scenario::source::Sources;
use crate::scenario::story::Story;
use crate::suite::{self, ReadError, Selection, Touched, Watched, in_order, read_file, scenario_files};

/// The time between two looks: a save is played after at most two of them.
const PERIOD: Duration = Duration::from_millis(100);

/// A look at many files is followed by so many times its own length of rest, so that looking costs at most 5 % of one core.
const REST: u32 = 19;

/// Further failures that are named on the screen, beside the last one.
const OTHERS_MAX: usize = 5;

/// Clears a terminal's window; what is above it stays (ECMA-48, CUP and ED).
const CLEAR: &[u8] = b"\x1b[H\x1b[2J";

/// Plays everything, then what each save touches, until ctrl-C.
pub(super) fn watch(replay: &Replay, screen: &Screen) -> Result<Exit, CliError> {
    let found = scenario_files(replay.reading.paths()?).map_err(ReadError::Paths);
    let found = found.map_err(|wrong| CliError::bad(wrong.render(screen.paint_messages().coloured)))?;
    let mut watch = Watch {
        replay,
        screen,
        stop: crate::cli::stop_on_ctrl_c(),
        selection: replay.selection(&Suite::new(replay.reading.params()))?,
        suite: Suite::new(replay.reading.params()),
        watched: Watched::default(),
        unread: BTreeMap::new(),
        verdicts: BTreeMap::new(),
        last_failed: LastFailed::read().unwrap_or_default(),
        shown: None,
    };
    let mut touched = Touched { again: found, ..Touched::default() };
    let mut is_first = true;
    loop {
        if is_first || !touched.is_empty() {
            watch.round(&touched)?;
        }
        if watch.stop.load(Ordering::Relaxed) {
            return Ok(if is_first && watch.is_incomplete() { Exit::Interrupted } else { watch.exit() });
        }
        is_first = false;
        let began = clock::now();
        touched = watch.look();
        let took = clock::now().saturating_duration_since(began);
        if touched.is_empty() {
            thread::park_timeout(PERIOD.max(took.saturating_mul(REST)));
        }
    }
}

/// Everything that is known of the cases.
struct Watch<'a> {
    replay: &'a Replay,
    screen: &'a Screen,
    stop: Arc<AtomicBool>,
    selection: Selection,
    suite: Suite,
    watched: Watched<Stamp>,
    /// Files that cannot be read, each with what is wrong with it.
    unread: BTreeMap<String, String>,
    /// Every selected case that was played, by its label.
    verdicts: BTreeMap<String, Verdict>,
    last_failed: LastFailed,
    /// The label of the failure on the screen.
    shown: Option<String>,
}

/// What became of a case when it was last played.
struct Verdict {
    /// The totals of this one case.
    totals: Totals,
    /// Its name.
    name: String,
    /// Its lines in the text report.
    lines: String,
}

/// What a thread hands over of a file that it has read.
struct Reading {
    from: BTreeMap<String, Option<Stamp>>,
    read: Result<(File, Vec<Arc<Story>>), String>,
}

impl Watch<'_> {
    fn look(&mut self) -> Touched {
        let mut seen = BTreeSet::new();
        let paths = self.replay.reading.paths().unwrap_or_default().iter();
        // A path that is not there now may come back.
        let found = paths.filter_map(|path| scenario_files(std::slice::from_ref(path)).ok()).flatten();
        let found: Vec<String> = found.filter(|path| seen.insert(path.clone())).collect();
        self.watched.look(&found, |path| Stamp::of(Path::new(path)))
    }

    fn round(&mut self, touched: &Touched) -> Result<(), CliError> {
        self.read(touched);
        self.replay.reading.adapt(&mut self.suite)?;
        self.replay.sounds.give_to(&mut self.suite, self.replay.reading.jobs(), self.screen)?;
        let selected = self.selection.of(&self.suite);
        let label = |place: &usize| self.suite.label(&self.suite.cases[*place]);
        let labels: BTreeSet<String> = selected.iter().map(label).collect();
        self.verdicts.retain(|label, _| labels.contains(label));
        let again: BTreeSet<&String> = touched.again.iter().collect();
        let is_due = |place: &usize| {
            let known = self.verdicts.get(&label(place));
            let file = &self.suite.file_of(&self.suite.cases[*place]).path;
            again.contains(file) || known.is_none_or(|verdict| verdict.totals.failed > 0)
        };
        let due: Vec<usize> = selected.into_iter().filter(is_due).collect();
        let played = self.play(&due)?;
        if let Some(label) = played.iter().rfind(|label| {
            let is_of = |file: &&String| label.starts_with(&format!("{file}\t"));
            touched.again.iter().any(|file| is_of(&file)) && self.has_failed(label)
        }) {
            self.shown = Some(label.clone());
        }
        if self.shown.as_ref().is_none_or(|label| !self.has_failed(label)) {
            let first = self.failures().next().map(|(label, _)| label.clone());
            self.shown = first;
        }
        if let Err(error) = self.last_failed.write() {
            self.screen.say(&format!("warning: the list of failed cases could not be saved: {error}"));
        }
        Ok(self.show(touched, &played)?)
    }

    /// Reads what is touched, and puts it in the place of what was known of it.
    fn read(&mut self, touched: &Touched) {
        let mut known: BTreeMap<String, (File, Vec<Arc<Story>>)> = self.take_apart();
        for file in &touched.gone {
            self.watched.forget(file);
            self.unread.remove(file);
            known.remove(file);
        }
        let coloured = self.screen.paint().coloured;
        let set = &self.suite.set;
        let read_one = |number: usize| {
            let from = Arc::new(Mutex::new(BTreeMap::new()));
            let asked = Arc::clone(&from);
            let sources = Sources::from_files_asked(move |path| {
                let lay = Stamp::of(Path::new(path));
                asked.lock().unwrap_or_else(PoisonError::into_inner).entry(path.to_owned()).or_insert(lay);
            });
            let read = read_file(&touched.again[number], sources, set);
            let read = read.map_err(|bad| bad.render(coloured));
            let from = std::mem::take(&mut *from.lock().unwrap_or_else(PoisonError::into_inner));
            Reading { from, read }
        };
        let jobs = self.replay.reading.jobs();
        in_order(jobs, touched.again.len(), &self.stop, read_one, |number, Reading { from, read }| {
            let path = &touched.again[number];
            self.watched.read(path, from);
            match read {
                Ok(read) => {
                    self.unread.remove(path);
                    known.insert(path.clone(), read);
                }
                Err(wrong) => {
                    known.remove(path);
                    self.unread.insert(path.clone(), wrong);
                }
            }
            ControlFlow::Continue(())
        });
        for (_, (file, stories)) in known {
            self.suite.add(file, stories);
        }
    }

    /// Takes the files with their stories out of the suite, by their paths.
    fn take_apart(&mut self) -> BTreeMap<String, (File, Vec<Arc<Story>>)> {
        let empty = Suite {
            context: self.replay.context.map(usize::from),
            ..Suite::new(self.replay.reading.params())
        };
        let Suite { files, cases, .. } = std::mem::replace(&mut self.suite, empty);
        let mut stories: Vec<Vec<Arc<Story>>> = files.iter().map(|_| Vec::new()).collect();
        cases.into_iter().for_each(|case| stories[case.file].push(case.story));
        files.into_iter().zip(stories).map(|(file, stories)| (file.path.clone(), (file, stories))).collect()
    }

    /// Plays these cases, and returns their labels in order.
    fn play(&mut self, due: &[usize]) -> Result<Vec<String>, CliError> {
        let scratch = self.replay.scratch()?;
        let plan = self.replay.plan(scratch.as_ref(), None);
        let progress = Progress::new(due.len(), "cases");
        let (paint, wall_times) = (self.screen.paint(), self.screen.is_terminal());
        let mut played = Vec::new();
        let Self { suite, verdicts, last_failed, replay, stop, .. } = self;
        suite::run(suite, due, &plan, stop, |place, outcome| {
            let case = &suite.cases[place];
            let mut totals = Totals { cases: 1, ..Totals::default() };
            totals.count(&outcome);
            let mut lines = Vec::new();
            let mut text = Text::new(&mut lines, paint, replay.detail()).with_wall_times(wall_times);
            let _in_memory = text.case(&CaseResult { suite, case, outcome: &outcome });
            let lines = String::from_utf8_lossy(&lines).into_owned();
            let label = suite.label(case);
            last_failed.note(label.clone(), totals.failed > 0);
            verdicts.insert(label.clone(), Verdict { totals, name: case.story.name.clone(), lines });
            played.push(label);
            progress.count();
            ControlFlow::Continue(())
        });
        progress.end();
        Ok(played)
    }

    fn has_failed(&self, label: &str) -> bool {
        self.verdicts.get(label).is_some_and(|verdict| verdict.totals.failed > 0)
    }

    fn failures(&self) -> impl Iterator<Item = (&String, &Verdict)> {
        self.verdicts.iter().filter(|(_, verdict)| verdict.totals.failed > 0)
    }

    /// The totals of all cases as they were last played.
    fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        self.verdicts.values().for_each(|verdict| totals.add(&verdict.totals));
        let files: BTreeSet<&str> =
            self.verdicts.keys().filter_map(|label| label.split('\t').next()).collect();
        Totals { files: files.len(), ..totals }
    }

    /// Whether cases were not played because somebody interrupted.
    fn is_incomplete(&self) -> bool {
        self.verdicts.len() < self.selection.of(&self.suite).len()
    }

    fn exit(&self) -> Exit {
        if !self.unread.is_empty() {
            return Exit::Bad;
        }
        if self.verdicts.is_empty() { Exit::Nothing } else { exit_of(&self.totals()) }
    }

    /// On a terminal, clears it and shows what is wrong above the line of status; elsewhere, writes what was played below
    /// what is there.
    fn show(&self, touched: &Touched, played: &[String]) -> std::io::Result<()> {
        let (mut out, mut text) = (self.screen.page(), String::new());
        if self.screen.is_terminal() {
            out.write_all(CLEAR)?;
            out.flush()?;
            let others = self.failures().filter(|(label, _)| self.shown.as_ref() != Some(*label));
            let others: Vec<&Verdict> = others.map(|(_, verdict)| verdict).collect();
            for other in others.iter().take(OTHERS_MAX) {
                text += &format!("{}  {}\n", self.screen.paint().bad("FAIL"), other.name);
            }
            if others.len() > OTHERS_MAX {
                text += &format!("      and {} more\n", others.len() - OTHERS_MAX);
            }
            let shown = self.shown.as_ref().and_then(|label| self.verdicts.get(label));
            text += shown.map_or("", |verdict| &verdict.lines);
        } else {
            let lines =
                played.iter().filter_map(|label| self.verdicts.get(label)).map(|verdict| &*verdict.lines);
            text.extend(lines);
        }
        for wrong in self.unread.values() {
            text += &format!("{wrong}\n");
        }
        writeln!(out, "{text}{}", self.status(touched, played.len()))?;
        out.flush()
    }

    /// The line of status: how all cases stand, and what was played last and why.
    fn status(&self, touched: &Touched, played: usize) -> String {
        let totals = self.totals();
        let unread = match self.unread.len() {
            0 => String::new(),
            files => format!("{} with errors; ", counted(files, "file")),
        };
        let because = |what: &str, files: &BTreeSet<String>| match (files.first(), files.len()) {
            (None, _) => String::new(),
            (Some(one), 1) => format!(", {what}: {one}"),
            (Some(one), all) => format!(", {what}: {one} and {}", counted(all - 1, "other")),
        };
        let why = because("saved", &touched.saved) + &because("removed", &touched.removed);
        let way_out = if self.screen.is_terminal() { "; ctrl-C ends" } else { "" };
        let line = format!("{unread}{}; played {played}{why}{way_out}", totals.line());
        let line = match self.screen.width() {
            Some(width) if line.chars().count() > width => {
                line.chars().take(width.saturating_sub(1)).chain(['…']).collect()
            }
            Some(_) | None => line,
        };
        let paint = self.screen.paint();
        match self.exit() {
            Exit::Success => paint.good(&line),
            Exit::Nothing | Exit::NotBuilt => paint.open(&line),
            Exit::Failed
            | Exit::Bad
            | Exit::Threshold
            | Exit::Void
            | Exit::Interrupted
            | Exit::BrokenPipe => paint.bad(&line),
        }
    }
}
