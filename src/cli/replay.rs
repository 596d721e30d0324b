//! `attendant replay`: plays scenarios and says which hold.

mod annotations;
mod changed;
pub(super) mod command;
mod last_failed;
mod output_dir;
mod record;
mod reports;
mod scratch;
mod slowest;
mod via;
mod watch;

use std::collections::BTreeSet;
use std::fmt::Display;
use std::fs;
use std::io::{BufReader, Write as _};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Reading;
use super::exit::{CliError, Exit};
use super::progress::Progress;
use super::project;
use super::report_to;
use super::screen::Screen;
use super::sounds::Sounds;
use crate::clock;
use crate::files;
use crate::play::stored::Store;
use crate::play::via::Via;
use crate::play::{Bridge, Outcome, OverSip};
use crate::report::{
    CaseResult, Detail, KINDS, Report, RunInfo, Text, Totals, listed_as_json, listed_as_text,
};
use crate::scenario::collection::Suite;
use crate::suite::{self, CaseTimes, Measure, Plan, Seeds, Selection, Shard, TagExpression};
use annotations::Annotations;
use changed::changed_since;
use last_failed::LastFailed;
use output_dir::OutputDir;
use reports::{ReportTo, Reports};
use scratch::Scratch;
use slowest::Slowest;
use via::{ViaArgs, say_what_is_left};

const EXAMPLES: &str = "\
Examples:
  attendant replay scenarios
  attendant replay scenarios/lobby --filter music --verbose
  attendant replay scenarios --report junit=junit.xml --report json=- --quiet
  attendant replay scenarios --tag 'pin & !load'
  attendant replay scenarios/pin/wrong-then-right.yaml:18
  attendant replay scenarios --report html=report.html
  attendant replay scenarios --list=json | jq -r .file
  attendant replay 'scenarios/**/pin-*.yaml' --changed-since origin/main
  attendant replay scenarios --shard 2/5 --fail-fast
  attendant replay scenarios --shard 2/5 --shard-times last-run.jsonl
  attendant replay scenarios --last-failed
  attendant replay scenarios --watch
  attendant replay scenarios/conference-id --filter lost --seeds 1..200
  attendant replay scenarios/pin/generated-lengths.yaml --filter length=6
  attendant replay scenarios --directory sqlite
  attendant replay scenarios/lobby --over-sip --at-once 8
  attendant replay scenarios --over-sip --retries 2 --flaky-result fail
  attendant replay scenarios --via sip:192.0.2.1 --api http://192.0.2.1:8080
  attendant replay scenarios --via sip:pbx.example \\
      --target docs/targets/asterisk-confbridge.yaml
  attendant replay scenarios --assets my-sounds
  attendant replay scenarios --output-dir failed
  attendant replay scenarios/start --record /tmp/heard";

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Replay {
    #[command(flatten)]
    reading: Reading,

    #[command(flatten)]
    sounds: Sounds,

    /// Only cases with this text in their name or path; repeat for more
    #[arg(long, short, value_name = "SUBSTRING", help_heading = "Which cases")]
    filter: Vec<String>,

    /// Only cases to whose tags this applies: lobby, !slow, "pin & (lobby | start)"; repeat for more
    #[arg(long, short, value_name = "TAGS", help_heading = "Which cases")]
    tag: Vec<TagExpression>,

    /// Only scenarios of which a file, or one that it includes, has changed in git since this revision, uncommitted and new
    /// files included
    #[arg(long, value_name = "REV", help_heading = "Which cases")]
    changed_since: Option<String>,

    /// Only this part of the cases, for parallel jobs: 2/5 is the second of five
    #[arg(long, value_name = "PART/OF", help_heading = "Which cases")]
    shard: Option<Shard>,

    /// Make the parts take equally long, by a report `json` of an earlier run
    #[arg(long, value_name = "FILE", requires = "shard", help_heading = "Which cases")]
    shard_times: Option<PathBuf>,

    /// Only cases that failed in the last run here
    #[arg(long, help_heading = "Which cases")]
    last_failed: bool,

    /// List the cases and their tags, without playing them; `--list=json` with file and line, an object in each line
    #[arg(long, value_name = "FORM", value_enum, num_args = 0..=1, require_equals = true,
        default_missing_value = "text", help_heading = "Which cases")]
    list: Option<ListForm>,

    /// How many of the slowest cases are named at the end, in real time
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Output")]
    slowest: usize,

    /// Stop at the first case that fails
    #[arg(long, help_heading = "How")]
    fail_fast: bool,

    /// Then play again what each save touches, and keep the last failure on the screen; ctrl-C ends
    #[arg(long, help_heading = "How",
        conflicts_with_all = ["list", "fail_fast", "report", "record", "output_dir", "changed_since", "shard_times", "slowest"])]
    watch: bool,

    /// The seed; if not given, the file's, or 1
    #[arg(long, value_name = "N", help_heading = "How")]
    seed: Option<u64>,

    /// Play each case with all these seeds: how many fail, the first that does, and the fewest faults with which it does;
    /// with --fail-fast only up to the first
    #[arg(long, value_name = "A..B", value_parser = seeds, conflicts_with = "seed", help_heading = "How")]
    seeds: Option<Seeds>,

    /// Play each case twice; both runs must be identical
    #[arg(long, help_heading = "How")]
    check_determinism: bool,

    /// Where users, PINs and lockouts are kept
    #[arg(long, value_name = "KIND", value_enum, default_value_t, help_heading = "How")]
    directory: DirectoryKind,

    /// Play as real calls: the bridge and its callers in this process, over SIP and RTP on 127.0.0.1, in real time
    #[arg(long, group = REAL_CALLS, conflicts_with_all = ["seeds", "check_determinism", "directory", "live"], help_heading = "How")]
    over_sip: bool,

    #[command(flatten)]
    via: ViaArgs,

    /// How many cases to play side by side over SIP; two cores carry some 100 callers
    #[arg(long, value_name = "N", requires = REAL_CALLS, help_heading = "How")]
    at_once: Option<NonZeroUsize>,

    /// Play a case that fails over SIP up to so many times again
    #[arg(long, value_name = "N", default_value_t = 0, requires = REAL_CALLS, help_heading = "How",
        value_parser = clap::value_parser!(u32).range(..=RETRIES_MAX))]
    retries: u32,

    /// What a case counts as that fails and then passes
    #[arg(
        long,
        value_name = "RESULT",
        value_enum,
        default_value_t,
        requires = REAL_CALLS,
        help_heading = "How"
    )]
    flaky_result: FlakyResult,

    /// Play on the live exchange, in real time
    #[arg(long, conflicts_with_all = ["seeds", "check_determinism", "directory"], help_heading = "How")]
    live: bool,

    /// Run the live exchange's clock this many times faster
    #[arg(long, value_name = "TIMES", default_value_t = 1, requires = "live", help_heading = "How",
        value_parser = clap::value_parser!(u32).range(1..=SPEED_MAX))]
    speed: u32,

    #[arg(long, value_name = "KIND=FILE", help = report_to::help(KINDS), help_heading = "Output",
        value_parser = |text: &str| ReportTo::parse(text, KINDS))]
    report: Vec<ReportTo>,

    /// Whose sound the report `html` has, to be played in the page: what was heard in failures is about 2 MB
    #[arg(long, value_name = "CASES", value_enum, default_value_t, help_heading = "Output")]
    report_sound: ReportSound,

    /// Mark failures at their lines for the service that runs this, as GITHUB_ACTIONS and GITLAB_CI say
    #[arg(long, value_name = "SERVICE", value_enum, default_value_t, help_heading = "Output")]
    annotations: Annotations,

    /// Record what each caller heard as WAV files in this folder; in a meeting each participant is a tone
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    record: Option<PathBuf>,

    /// Make a folder in this one for each case that fails: its events, screen, ladder, sound, and the command to replay it
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    output_dir: Option<PathBuf>,

    /// Write a capture of each case over SIP, and of each attempt, for Wireshark to this folder; keys are masked
    #[arg(long, value_name = "DIR", requires = "over_sip", help_heading = "Output")]
    pcap: Option<PathBuf>,

    /// How many events the screen of a failure shows
    #[arg(long, value_name = "N", help_heading = "Output", value_parser = clap::value_parser!(u16).range(1..=CONTEXT_MAX))]
    context: Option<u16>,

    /// Print only failures and the summary
    #[arg(long, short, help_heading = "Output")]
    quiet: bool,

    /// Print what happened in each case, and how close each expectation was to its timeout
    #[arg(long, conflicts_with = "quiet", help_heading = "Output")]
    verbose: bool,
}

/// The directory of a case.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
enum DirectoryKind {
    /// Plain records in memory: the fastest
    #[default]
    Records,
    /// The store of `attendant serve` and `attendant users`, in memory
    Memory,
    /// The same, as an SQLite file in a temporary folder for each case
    Sqlite,
}

/// What a case counts as that fails and passes when it is played again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
enum FlakyResult {
    /// As passed; reports say that it is flaky
    #[default]
    Pass,
    /// As failed
    Fail,
}

/// The cases whose sound is in a report.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
enum ReportSound {
    /// Cases that failed
    #[default]
    Failures,
    /// Every case
    All,
}

/// The form of a list of cases.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum ListForm {
    /// For people
    Text,
    /// A JSON object for each case, one a line
    Json,
}

/// The default number of live cases at a time: each mostly waits for its clock.
const LIVE_AT_ONCE: NonZeroUsize = NonZeroUsize::new(64).expect("must be above zero");

/// The default number of cases at a time over SIP: a case has three callers on average, and each hears for itself.
const SIP_AT_ONCE: NonZeroUsize = NonZeroUsize::new(16).expect("must be above zero");

/// The options that play cases as real calls.
const REAL_CALLS: &str = "real_calls";

/// The most times that a case is played again: what fails more often does not pass by luck.
const RETRIES_MAX: i64 = 10;

/// The most events that a failure shows: beyond, the JSON report has all.
const CONTEXT_MAX: i64 = 1_000;

/// The fastest live clock: a millisecond is ten microseconds then, which a task needs to be woken.
const SPEED_MAX: i64 = 100;

/// The most seeds of one run: at a millisecond each, a case takes a quarter of an hour on one core. Further seeds are
/// another run.
const SEEDS_MAX: u64 = 1_000_000;

fn seeds(text: &str) -> Result<Seeds, String> {
    let wrong = || format!("`{text}` is not a range of seeds, such as 1..2000");
    let (first, last) = text.split_once("..").ok_or_else(wrong)?;
    let (first, last): (u64, u64) = (first.parse().map_err(|_| wrong())?, last.parse().map_err(|_| wrong())?);
    let more = last.checked_sub(first).ok_or_else(wrong)?;
    if more >= SEEDS_MAX {
        let most = first.saturating_add(SEEDS_MAX - 1);
        return Err(format!("at most {SEEDS_MAX} seeds in one run: use {first}..{most}"));
    }
    Ok(Seeds::All { first, last })
}

impl Replay {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        if self.watch {
            return watch::watch(self, screen);
        }
        let began = clock::now();
        let mut suite = self.reading.suite(screen)?;
        self.sounds.give_to(&mut suite, self.reading.jobs(), screen)?;
        suite.context = self.context.map(usize::from);
        let selected = self.selection(&suite)?.of(&suite);
        if selected.is_empty() {
            let hint = match (self.last_failed, &self.changed_since) {
                (true, _) => "; --last-failed selects those that failed in the last run here".to_owned(),
                (false, Some(revision)) => format!("; no scenario here has changed since {revision}"),
                (false, None) => String::new(),
            };
            return Err(CliError::Message(Exit::Nothing, nothing_selected(&suite) + &hint));
        }
        if let Some(form) = self.list {
            return list(&suite, &selected, form, screen);
        }
        let info = self.info();
        let output = self.output_dir.as_deref().map(OutputDir::open).transpose()?;
        let wanted = self.reports()?;
        let mut reports = Reports::open(&wanted, &info, || self.text(screen))?;
        self.annotations.add_to(&mut reports, &wanted, &info, screen);
        let totals = self.play(&suite, &selected, (&mut reports, output.as_ref()), screen)?;
        if !self.quiet {
            reports.paths().for_each(|path| screen.wrote(path));
            if totals.passed + totals.failed + totals.expected_failures > 0 {
                self.say_folders(screen);
            }
            let took = clock::now().saturating_duration_since(began);
            screen.say(&format!("{:.2} s of real time", took.as_secs_f64()));
        }
        Ok(exit_of(&totals))
    }

    /// Says which folders have something in them now.
    fn say_folders(&self, screen: &Screen) {
        let folders = [
            (&self.record, "what each caller heard"),
            (&self.pcap, "a capture of each case"),
            (&self.output_dir, "a folder for each case that failed"),
        ];
        for (folder, what) in folders {
            let has_any =
                |folder: &&PathBuf| fs::read_dir(folder).is_ok_and(|mut files| files.next().is_some());
            if let Some(folder) = folder.as_ref().filter(has_any) {
                screen.wrote(format_args!("{}: {what}", folder.display()));
            }
        }
    }

    fn record(&self, place: usize, result: &CaseResult<'_>, screen: &Screen) -> Result<(), CliError> {
        match (&self.record, result.outcome) {
            (Some(folder), Outcome::Played(run)) => {
                let story = &result.case.story;
                let folder = folder.join(record::folder_name(place + 1, story));
                for (attempt, played) in (1..).zip(&run.attempts) {
                    record::record(&folder.join(format!("attempt-{attempt}")), story, played, screen)?;
                }
                record::record(&folder, story, &run.played, screen)
            }
            (None, _) | (_, Outcome::NotBuilt | Outcome::Skipped(_) | Outcome::Unreachable(_)) => Ok(()),
        }
    }

    fn text(&self, screen: &Screen) -> Box<dyn Report> {
        let text = Text::new(screen.page(), screen.paint(), self.detail());
        Box::new(text.with_wall_times(screen.is_terminal()))
    }

    fn detail(&self) -> Detail {
        match (self.quiet, self.verbose) {
            (true, _) => Detail::Quiet,
            (false, true) => Detail::Timelines,
            (false, false) => Detail::Cases,
        }
    }

    fn info(&self) -> RunInfo {
        let command = command::shown(std::env::args().skip(1));
        RunInfo {
            command,
            all_sound: self.report_sound == ReportSound::All,
            here: std::env::current_dir().unwrap_or_default(),
            root: self.annotations.root(),
        }
    }

    fn selection(&self, suite: &Suite) -> Result<Selection, CliError> {
        let changed = |revision: &String| changed_since(revision, suite);
        Ok(Selection {
            filters: self.filter.clone(),
            tags: self.tag.clone(),
            names: if self.last_failed { Some(self.failed_last()?) } else { None },
            files: self.changed_since.as_ref().map(changed).transpose()?,
            shard: self.shard,
            times: self.shard_times.as_deref().map(|path| self.times(path, suite)).transpose()?,
        })
    }

    fn times(&self, path: &Path, suite: &Suite) -> Result<CaseTimes, CliError> {
        let wrong = |why: &dyn Display| CliError::bad(format!("error: {}: {why}", path.display()));
        let measure = if self.live { Measure::Clock } else { Measure::Events };
        let report = files::open(path).map_err(|error| wrong(&error))?;
        let times = CaseTimes::read(BufReader::new(report), measure).map_err(|why| wrong(&why))?;
        if !times.knows_any(suite) {
            return Err(wrong(
                &"has none of these cases: its files are named from another folder, or others",
            ));
        }
        Ok(times)
    }

    /// The reports that the command line asks for, or the team's.
    fn reports(&self) -> Result<Vec<ReportTo>, CliError> {
        let team = &self.reading.project()?.reports;
        if !self.report.is_empty() || team.is_empty() {
            return Ok(self.report.clone());
        }
        let parsed = team.iter().map(|text| ReportTo::parse(text, KINDS));
        parsed
            .collect::<Result<_, _>>()
            .map_err(|why| CliError::bad(format!("error: {}: {why}", project::FILE)))
    }

    fn failed_last(&self) -> Result<BTreeSet<String>, CliError> {
        let read = LastFailed::read();
        read.map(LastFailed::into_names).map_err(|error| {
            CliError::bad(format!(
                "error: the list of cases that failed last, {}, cannot be read: {error}",
                last_failed::FILE
            ))
        })
    }

    /// Makes the folder for the directories of cases, where they need one.
    fn scratch(&self) -> Result<Option<Scratch>, CliError> {
        match self.directory {
            DirectoryKind::Records | DirectoryKind::Memory => Ok(None),
            DirectoryKind::Sqlite => Scratch::new()
                .map(Some)
                .map_err(|error| CliError::bad(format!("error: a temporary folder cannot be made: {error}"))),
        }
    }

    /// Whether ladders are drawn of cases, which show what passed by SIP and RTP.
    fn shows_ladders(&self) -> bool {
        let is_page = |report: &ReportTo| report.kind.name == "html";
        self.output_dir.is_some() || self.reports().is_ok_and(|reports| reports.iter().any(is_page))
    }

    /// Whether cases are real calls.
    const fn is_real(&self) -> bool {
        self.over_sip || self.via.is_given()
    }

    fn plan(&self, scratch: Option<&Scratch>, via: Option<Arc<Via>>) -> Plan {
        let how = OverSip {
            retries: self.retries,
            flaky_fails: self.flaky_result == FlakyResult::Fail,
            captures: self.pcap.as_deref().map(Into::into),
            keeps_wire: self.shows_ladders(),
        };
        let bridge = match (scratch, self.directory) {
            (Some(scratch), _) => Bridge::Virtual(Store::Sqlite(scratch.path().into())),
            (None, DirectoryKind::Memory | DirectoryKind::Sqlite) => Bridge::Virtual(Store::Memory),
            (None, DirectoryKind::Records) if self.over_sip => Bridge::OverSip(how),
            (None, DirectoryKind::Records) if self.live => Bridge::Live { speed: self.speed },
            (None, DirectoryKind::Records) => match via {
                Some(via) => Bridge::Via(via, how),
                None => Bridge::default(),
            },
        };
        Plan {
            bridge,
            seeds: self.seeds.or(self.seed.map(Seeds::One)).unwrap_or_default(),
            first_failure: self.fail_fast,
            twice: self.check_determinism,
            jobs: match (self.at_once, self.is_real(), self.live) {
                (Some(cases), ..) => cases,
                (None, true, _) => self.reading.jobs_or(|| SIP_AT_ONCE),
                (None, false, true) => self.reading.jobs_or(|| LIVE_AT_ONCE),
                (None, false, false) => self.reading.jobs(),
            },
        }
    }

    fn play(
        &self,
        suite: &Suite,
        selected: &[usize],
        (reports, output): (&mut Reports, Option<&OutputDir>),
        screen: &Screen,
    ) -> Result<Totals, CliError> {
        let stop = super::stop_on_ctrl_c();
        let progress = Progress::new(selected.len(), "cases");
        let mut last_failed = LastFailed::read().unwrap_or_default();
        let mut slowest = Slowest::new(self.slowest);
        let mut totals = Totals { cases: selected.len(), files: files(suite, selected), ..Totals::default() };
        let mut written = Ok(());
        if self.is_real() {
            // Each call has three sockets.
            let _files = crate::serve::raise_open_files();
        }
        if let Some(folder) = &self.pcap {
            fs::create_dir_all(folder).map_err(|error| {
                CliError::bad(format!("error: the folder {} cannot be made: {error}", folder.display()))
            })?;
        }
        let scratch = self.scratch()?;
        let via = self.via.open(screen)?;
        let plan = self.plan(scratch.as_ref(), via.clone());
        let mut run = BTreeSet::new();
        suite::run(suite, selected, &plan, &stop, |place, outcome| {
            run.insert(place);
            let case = &suite.cases[place];
            totals.count(&outcome);
            slowest.take(&case.story.name, &outcome);
            last_failed.note(suite.label(case), outcome.failed());
            let result = CaseResult { suite, case, outcome: &outcome };
            written = progress
                .beside(|| reports.case(&result))
                .and_then(|()| self.record(place, &result, screen))
                .and_then(|()| output.map_or(Ok(()), |output| output.case(place + 1, &result, screen)));
            progress.count();
            if written.is_err() || (self.fail_fast && outcome.failed()) {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        progress.end();
        say_what_is_left(via.as_ref(), screen);
        written?;
        totals.interrupted = stop.load(Ordering::Relaxed);
        for place in selected.iter().filter(|place| !run.contains(*place)) {
            reports.not_run(suite, &suite.cases[*place])?;
        }
        reports.end(&totals)?;
        slowest.say(screen);
        if let Err(error) = last_failed.write() {
            screen.say(&format!("warning: the list of failed cases could not be saved: {error}"));
        }
        Ok(totals)
    }
}

pub(super) fn exit_of(totals: &Totals) -> Exit {
    match totals {
        Totals { interrupted: true, .. } => Exit::Interrupted,
        Totals { failed: 1.., .. } => Exit::Failed,
        Totals { unreachable: 1.., .. } | Totals { not_built: 1.., .. } => Exit::NotBuilt,
        Totals { passed: 0, expected_failures: 0, skipped: 1.., .. } => Exit::Nothing,
        Totals { .. } => Exit::Success,
    }
}

pub(super) fn nothing_selected(suite: &Suite) -> String {
    match suite.cases.len() {
        0 => "error: no scenarios found at these paths".to_owned(),
        1 => "error: the only case is not selected".to_owned(),
        cases => format!("error: none of the {cases} cases is selected"),
    }
}

fn files(suite: &Suite, selected: &[usize]) -> usize {
    let mut files: Vec<usize> = selected.iter().map(|place| suite.cases[*place].file).collect();
    files.dedup();
    files.len()
}

fn list(suite: &Suite, selected: &[usize], form: ListForm, screen: &Screen) -> Result<Exit, CliError> {
    let (mut out, paint) = (screen.page_unless(form == ListForm::Json), screen.paint());
    for case in selected.iter().map(|place| &suite.cases[*place]) {
        let line = match form {
            ListForm::Text => listed_as_text(suite, case, paint),
            ListForm::Json => listed_as_json(suite, case),
        };
        writeln!(out, "{line}")?;
    }
    out.flush()?;
    Ok(Exit::Success)
}
