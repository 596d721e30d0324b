//! Floor 7: the command line, one file for each command.

mod accounts;
mod admin_args;
mod admin_session;
mod audit;
mod calling;
mod certificates;
mod cmdlet;
mod compare;
mod completions;
mod config;
mod configured;
mod coverage;
mod dial;
mod diff;
mod directory;
mod dtmf;
mod exit;
mod explain;
mod explore;
mod fold;
mod help;
mod init;
mod ladder;
mod lint;
mod listing;
mod load;
mod logging;
mod mail;
mod manual;
mod numbers;
mod one_case;
mod opened;
mod profile;
mod progress;
mod project;
mod prompts;
mod prove;
mod records;
mod replay;
mod report;
mod report_to;
mod scenario;
mod schema;
mod screen;
mod serve;
mod service_manager;
mod shell;
mod shown;
mod sounds;
mod step;
mod targets;
mod tenant;
mod tokens;
mod truth_table;
mod users;
mod wanted_file;
mod wav_file;
mod why;
mod words;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use exit::CliError;
pub use exit::Exit;
use logging::LogArgs;
use project::Project;
use screen::{ColorChoice, Screen};

use crate::control::call::Language;
use crate::scenario::collection::Suite;
use crate::scenario::story::Params;
use crate::suite::read_suite;
use crate::telemetry::Verbosity;

/// A dial-in conferencing simulator: a bridge with lobby and PINs, scripted callers, load tests, and administration
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true, after_help = EXAMPLES_AND_EXIT_CODES)]
pub struct Args {
    #[command(flatten)]
    log: LogArgs,

    /// When to use colours; with `auto`, NO_COLOR turns them off, FORCE_COLOR and CLICOLOR_FORCE on
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    color: ColorChoice,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Play scenarios and report which pass, in virtual time or live
    Replay(Box<replay::Replay>),
    /// Check scenario files and profiles for errors and warnings, without playing them
    Lint(lint::Lint),
    /// Load test: play a story many times at once, and measure how long callers wait
    Load(load::Load),
    /// Write reports of an earlier load run, from its run file
    Report(report::ReportArgs),
    /// Compare two load runs
    Compare(compare::Compare),
    /// Print the JSON Schema of scenario files or reports, for editors and tools
    Schema(schema::SchemaArgs),
    /// Print the vocabulary of scenarios: prompts, states, queries, settings, faults, with their meanings
    Words(words::WordsArgs),
    /// Make a folder in which a team keeps its scenarios
    Init(init::Init),
    /// Explain a scenario in plain words: who calls, and what happens
    Explain(explain::Explain),
    /// Draw a case as a ladder: who called, keyed, heard, waited and joined, in order
    Ladder(ladder::Ladder),
    /// Tell why callers waited, were let in or turned away, with the settings that decided it
    Why(why::Why),
    /// Go through a case event by event, forwards and backwards: who is where, hears what, waits for what
    Step(step::Step),
    /// Write calls that have been as a scenario that plays them again
    Scenario(scenario::ScenarioArgs),
    /// Play scenarios in other event orders, and find one in which they fail
    Explore(explore::Explore),
    /// Show what changed from one replay to another: verdicts, events, times
    Diff(diff::Diff),
    /// Show what of the bridge scenarios reach: states, keys, prompts, settings, and what is missing
    Coverage(coverage::CoverageArgs),
    /// Play scenarios on faulty bridges, and show which scenario catches which fault
    Prove(prove::Prove),
    /// Print what callers get for every combination of meeting, PIN and lock, by behaviour profile
    TruthTable(truth_table::TruthTable),
    /// List and explain behaviour profiles, and show how two differ
    Profile(profile::ProfileArgs),
    /// List the prompts, or check your own recordings
    Prompts(prompts::Prompts),
    /// Check the files that describe bridges of others, for `replay --target`
    Target(targets::TargetArgs),
    /// Call the bridge from your keyboard, as several callers and as the administrator
    Dial(dial::Dial),
    /// Generate keypad tones (DTMF), or decode them from a recording
    Dtmf(dtmf::Dtmf),
    /// Show or check the configuration
    Config(config::ConfigArgs),
    /// List, show, send and resend the mails of the outbox, or send a test mail
    Mail(mail::Mail),
    /// Enable and change users, and reset their PINs
    Users(users::Users),
    /// Show and change the settings for all users
    Tenant(tenant::Tenant),
    /// Show and change the service numbers that callers dial
    Numbers(numbers::Numbers),
    /// Run a PowerShell cmdlet
    Cmdlet(cmdlet::CmdletArgs),
    /// Run PowerShell cmdlets one after the other, at a terminal or from a file
    Shell(shell::Shell),
    /// Give, list and remove accounts for the admin center
    Accounts(accounts::Accounts),
    /// Run the bridge and its admin center: web pages, REST API, metrics
    Serve(serve::Serve),
    /// Issue, list and revoke API tokens
    Tokens(tokens::Tokens),
    /// Show, verify and prune the audit log
    Audit(audit::Audit),
    /// Print the records of calls and meetings that are over
    Records(records::RecordsArgs),
    /// Back up, restore and check the directory, and manage its keyring
    Directory(directory::Directory),
    /// Print completions for a shell
    Completions(completions::Completions),
    /// Write the manual: a page for man about each command
    Manual(manual::Manual),
}

const EXAMPLES_AND_EXIT_CODES: &str = "\
Examples:
  attendant init my-tests && attendant replay my-tests/scenarios
  attendant dial
  attendant serve

Exit codes:
  0    success
  1    a scenario failed, a faulty bridge was not caught, a recording is faulty,
       a mail was not sent, or the directory does not answer or was tampered with
  2    invalid file or arguments
  3    a threshold of a load run failed, or too little was covered
  4    nothing was selected, or a confirmation was refused
  5    a feature is not implemented yet
  6    the load generator was too slow: the run is void
  130  interrupted
  141  standard output was closed, as by `| head`";

/// Reads the command line; an error is printed and exits with 2. A shell's request for completions is answered and
/// exits.
#[must_use]
pub fn parse() -> Args {
    completions::answer();
    let columns = Screen::new(ColorChoice::Auto, false).width();
    let command = Args::command().color(screen::colours_of_clap());
    let matches = help::grouped(command, columns)
        .try_get_matches()
        .unwrap_or_else(|error| help::with_next_step(error).exit());
    Args::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

/// Runs the command; standard output may have been closed when the program began.
#[must_use]
pub fn run(args: Args, output_was_closed: bool) -> Exit {
    let screen = Screen::new(args.color, output_was_closed);
    // What serves writes one line at its first start only, and looks at it then; its log is set in its configuration.
    if !matches!(args.command, Command::Serve(_)) {
        let stays = matches!(&args.command, Command::Mail(mail) if mail.stays());
        let verbosity = if stays { Verbosity::Service } else { Verbosity::Quiet };
        args.log.start(&screen, verbosity);
        if let Err(error) = screen.can_be_written() {
            return screen.tell(&error.into());
        }
    }
    let done = match args.command {
        Command::Replay(replay) => replay.run(&screen),
        Command::Lint(lint) => lint.run(&screen),
        Command::Load(load) => load.run(&screen),
        Command::Report(report) => report.run(&screen),
        Command::Compare(compare) => compare.run(&screen),
        Command::Schema(schema) => schema.run(&screen),
        Command::Words(words) => words.run(&screen),
        Command::Init(init) => init.run(&screen),
        Command::Explain(explain) => explain.run(&screen),
        Command::Ladder(ladder) => ladder.run(&screen),
        Command::Why(why) => why.run(&screen),
        Command::Step(step) => step.run(&screen),
        Command::Scenario(scenario) => scenario.run(&screen),
        Command::Explore(explore) => explore.run(&screen),
        Command::Diff(diff) => diff.run(&screen),
        Command::Coverage(coverage) => coverage.run(&screen),
        Command::Prove(prove) => prove.run(&screen),
        Command::TruthTable(truth_table) => truth_table.run(&screen),
        Command::Profile(profile) => profile.run(&screen),
        Command::Prompts(prompts) => prompts.run(&screen),
        Command::Target(target) => target.run(&screen),
        Command::Dial(dial) => dial.run(&screen),
        Command::Dtmf(dtmf) => dtmf.run(&screen),
        Command::Config(config) => config.run(&screen),
        Command::Mail(mail) => mail.run(&screen),
        Command::Users(users) => users.run(&screen),
        Command::Tenant(tenant) => tenant.run(&screen),
        Command::Numbers(numbers) => numbers.run(&screen),
        Command::Cmdlet(cmdlet) => cmdlet.run(&screen),
        Command::Shell(shell) => shell.run(&screen),
        Command::Accounts(accounts) => accounts.run(&screen),
        Command::Serve(serve) => serve.run(&screen, args.log),
        Command::Tokens(tokens) => tokens.run(&screen),
        Command::Audit(audit) => audit.run(&screen),
        Command::Records(records) => records.run(&screen),
        Command::Directory(directory) => directory.run(&screen),
        Command::Completions(completions) => completions.run(&screen),
        Command::Manual(manual) => manual.run(&screen),
    };
    done.unwrap_or_else(|error| screen.tell(&error))
}

/// The options of every command that reads scenarios.
#[derive(Debug, clap::Args)]
struct Reading {
    /// Scenario files, folders to search for *.yaml and *.yml, and patterns such as 'scenarios/**/pin-*.yaml'; files that
    /// start with `_` are for `include` only
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Override a parameter in the files that have it; at least one must
    #[arg(long, value_name = "NAME=VALUE", value_parser = parameter)]
    set: Vec<(String, String)>,

    /// Number of threads; one per core if not given
    #[arg(long, short, value_name = "N")]
    jobs: Option<NonZeroUsize>,

    /// Ignore scenarios.toml
    #[arg(long)]
    no_project: bool,

    #[arg(skip)]
    found: OnceLock<Project>,
}

impl Reading {
    /// Reads the scenarios; problems in any of them are the error.
    fn suite(&self, screen: &Screen) -> Result<Suite, CliError> {
        self.project()?;
        let mut suite = read_suite(self.paths()?, &self.params(), self.jobs())
            .map_err(|unread| CliError::bad(unread.render(screen.paint_messages().coloured)))?;
        self.adapt(&mut suite)?;
        Ok(suite)
    }

    /// Gives the cases of a suite the team's settings.
    fn adapt(&self, suite: &mut Suite) -> Result<(), CliError> {
        let project = self.project()?;
        for case in &mut suite.cases {
            if let Some((timeout, seed)) = project.changes(&case.story) {
                let story = Arc::make_mut(&mut case.story);
                (story.timeout, story.seed) = (timeout, seed);
            }
        }
        Ok(())
    }

    /// The team's settings.
    fn project(&self) -> Result<&Project, CliError> {
        if let Some(found) = self.found.get() {
            return Ok(found);
        }
        let project = if self.no_project { Project::default() } else { Project::find()? };
        Ok(self.found.get_or_init(|| project))
    }

    /// The paths that the command line names, or the team's.
    fn paths(&self) -> Result<&[PathBuf], CliError> {
        let paths = if self.paths.is_empty() { &self.project()?.paths } else { &self.paths };
        if paths.is_empty() {
            let help = format!("name files or folders, or `paths` in a {} here or above", project::FILE);
            return Err(CliError::bad(format!("error: no scenarios are named: {help}")));
        }
        Ok(paths)
    }

    fn params(&self) -> Params {
        self.set.iter().cloned().collect()
    }

    fn jobs(&self) -> NonZeroUsize {
        self.jobs_or(|| thread::available_parallelism().unwrap_or(NonZeroUsize::MIN))
    }

    fn jobs_or(&self, unless_said: impl FnOnce() -> NonZeroUsize) -> NonZeroUsize {
        self.jobs.or(self.found.get().and_then(|project| project.jobs)).unwrap_or_else(unless_said)
    }
}

/// `1 case`, `2 cases`.
fn counted(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

fn language(text: &str) -> Result<Language, String> {
    let known = || Language::ALL.map(Language::tag).join(", ");
    Language::from_tag(text).ok_or_else(|| format!("expected one of {}", known()))
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Returns a flag that is set once ctrl-C was pressed, which also wakes this thread if it is parked; pressed again, it ends
/// the program immediately.
fn stop_on_ctrl_c() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let (pressed, waiting) = (Arc::clone(&stop), thread::current());
    let handled = ctrlc::set_handler(move || {
        if pressed.swap(true, Ordering::Relaxed) {
            std::process::exit(Exit::Interrupted as i32);
        }
        waiting.unpark();
    });
    if let Err(error) = handled {
        tracing::warn!(target: "attendant::service", %error, "ctrl-C ends the program without a summary");
    }
    stop
}
