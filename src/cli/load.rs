//! `attendant load`: plays a story many times at once, and measures how long callers wait.

mod find;
mod follow;
mod metrics;
mod reports;
mod via;
mod view;

use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::exit::{CliError, Exit};
use super::report_to;
use super::screen::Screen;
use crate::clock;
use crate::leg::outward::SipAddress;
use crate::load::find::Search;
use crate::load::host::Host;
use crate::load::profile::{NoProfile, Profile, READY};
use crate::load::progress::RunProgress;
use crate::load::run::{About, Run};
use crate::load::verdict::{self, LIVE, SIP, VIRTUAL};
use crate::load::{live, outward, report, virtual_time};
use crate::scenario::load::Model;
use crate::scenario::story::Params;
use crate::sip::message::HostPort;
use follow::Display;
pub(super) use reports::{ReportTo, Reports};
use via::{FarBridge, ViaOptions};

const EXAMPLES: &str = "\
Examples:
  attendant load --list
  attendant load many-small
  attendant load many-small --set rate=100 --set over=5m \\
      --report run=today.run --report html=today.html
  attendant load many-small --find rate=10..2000 --set over=30s
  attendant load one-big-lobby --set callers=100000
  attendant load guessing --virtual --set calls=14400 --set over=24h
  attendant load my-profile.yaml --report json=-
  attendant load many-small --via sip:127.0.0.1:5060 --organizers organizers.csv
  attendant load many-small --via sip:127.0.0.1:5060 --api http://127.0.0.1:8080
  attendant load quick.yaml --via sip:600@pbx.example --target bridge.yaml";

/// The first line of a built-in profile, for editors.
const SCHEMA_LINE: &str = "# yaml-language-server: $schema=../schema.json\n";

/// The command's arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Load {
    /// A built-in profile, or a scenario file with `load`
    #[arg(value_name = "PROFILE", required_unless_present = "list")]
    profile: Option<String>,

    /// List the built-in profiles
    #[arg(long, conflicts_with = "profile")]
    list: bool,

    /// Print a built-in profile, as a start for your own
    #[arg(long)]
    show: bool,

    /// Override a parameter of the profile
    #[arg(long, value_name = "NAME=VALUE", value_parser = super::parameter)]
    set: Vec<(String, String)>,

    /// The seed: the same seed starts the same stories at the same times
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,

    /// Play in virtual time, as fast as possible: checks outcomes, measures no waiting times
    #[arg(long = "virtual")]
    in_virtual_time: bool,

    /// The number of lanes that carry calls, each on its own core; one per core if not given
    #[arg(long, value_name = "N", conflicts_with = "in_virtual_time")]
    lanes: Option<NonZeroUsize>,

    #[arg(long, value_name = "KIND=FILE", help = report_to::help(report::KINDS),
        value_parser = |text: &str| ReportTo::parse(text, report::KINDS))]
    report: Vec<ReportTo>,

    /// Find the highest value of this parameter with which all thresholds pass and the run is not void, by repeated
    /// runs; reports are of that run
    #[arg(long, value_name = "NAME=LOW..HIGH", value_parser = searched, conflicts_with_all = ["list", "show"])]
    find: Option<(String, Search)>,

    /// Show one line of progress instead of the live view
    #[arg(long)]
    plain: bool,

    /// Serve the running figures at this address: /metrics for Prometheus, / as a wall display; port 0 picks a free
    /// port
    #[arg(long, value_name = "ADDRESS")]
    metrics: Option<SocketAddr>,

    #[command(flatten)]
    via: ViaOptions,
}

impl Load {
    pub(super) fn run(&self, screen: &Screen) -> Result<Exit, CliError> {
        if self.list {
            return list(screen);
        }
        let name = self.profile.as_deref().unwrap_or_default();
        if self.show {
            return show(name, screen);
        }
        let set: Params = self.set.iter().cloned().collect();
        let read = |set: &Params| {
            Profile::read(name, set, screen.paint_messages().coloured).map(Arc::new).map_err(no_profile)
        };
        let profile = read(&set)?;
        let reports = Reports::open(&self.report)?;
        let shown = Arc::new(Mutex::new(self.progress(&profile)));
        let stopped = super::stop_on_ctrl_c();
        let _served = match self.metrics {
            Some(address) => Some(metrics::serve(address, Arc::clone(&shown), screen)?),
            None => None,
        };
        if let Some((parameter, search)) = &self.find {
            let play = |set: &Params| self.play(&read(set)?, Display::Line, &shown, &stopped, screen);
            return find::find(parameter, search.clone(), &set, play, reports, screen);
        }
        let run = self.play(&profile, self.how(screen), &shown, &stopped, screen)?;
        reports.write(&run, || report::text(&run, screen.paint().coloured), screen)?;
        Ok(exit_of(&run))
    }

    /// Returns whether a live view is possible: it needs a terminal for output and for keys.
    fn how(&self, screen: &Screen) -> Display {
        let to_out = self.report.iter().any(|report| report.path.is_none());
        if self.plain || to_out || !screen.is_terminal() || !std::io::stdin().is_terminal() {
            return Display::Line;
        }
        Display::View { coloured: screen.paint().coloured }
    }

    fn play(
        &self,
        profile: &Arc<Profile>,
        how: Display,
        shown: &Mutex<Arc<RunProgress>>,
        stopped: &AtomicBool,
        screen: &Screen,
    ) -> Result<Run, CliError> {
        let far = self.via.far(screen)?;
        let progress = self.progress(profile);
        *shown.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&progress);
        thread::scope(|scope| {
            let driver = scope.spawn(|| self.drive(profile, &far, &progress));
            follow::follow(how, &progress, stopped, || driver.is_finished());
            driver.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })?;
        far.via.iter().flat_map(|via| via.left()).for_each(|left| screen.say(&format!("warning: {left}")));
        let mut run = progress.run().clone();
        verdict::judge(&mut run, &profile.load.thresholds);
        Ok(run)
    }

    fn drive(&self, profile: &Arc<Profile>, far: &FarBridge, progress: &RunProgress) -> Result<(), CliError> {
        if self.in_virtual_time {
            virtual_time::play(profile, self.seed, progress);
            return Ok(());
        }
        let lanes = self.lanes.or(thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(lanes.get()).enable_all().build();
        let runtime =
            runtime.map_err(|error| CliError::bad(format!("error: no threads to run on: {error}")))?;
        if let Some(address) = &self.via.via {
            return self.drive_via((address, far), (profile, lanes), &runtime, progress);
        }
        runtime.block_on(async {
            let (profile, seed) = (Arc::clone(profile), self.seed);
            live::play(&profile, seed, lanes, progress).await;
        });
        Ok(())
    }

    /// Plays against a bridge that runs elsewhere.
    fn drive_via(
        &self,
        (address, far): (&SipAddress, &FarBridge),
        (profile, lanes): (&Arc<Profile>, NonZeroUsize),
        runtime: &tokio::runtime::Runtime,
        progress: &RunProgress,
    ) -> Result<(), CliError> {
        let profile = &far.fitted(profile)?;
        // The organizers are given back once the run is over.
        let pool = far.via.as_ref().map(|via| via.pool(&profile.stories[0], self.via.users())).transpose();
        let pool = pool.map_err(|why| via::not_played(&profile.name, &why))?;
        let telephones = self.via.telephones(address, far, pool.as_ref(), (profile, self.seed))?;
        let played = runtime.block_on(outward::play(profile, self.seed, lanes, telephones, progress));
        played.map_err(|error| CliError::bad(format!("error: {error}")))
    }

    fn progress(&self, profile: &Profile) -> Arc<RunProgress> {
        Arc::new(RunProgress::new(Run::new(self.about(profile))))
    }

    /// The name of the bridge in run files: runs against one host are compared, at whichever port.
    fn bridge(&self) -> String {
        match &self.via.via {
            Some(address) => {
                let host = address.uri().host_port().map(|at| HostPort { port: None, ..at }.to_string());
                format!("{SIP}{}", host.unwrap_or_default())
            }
            None if self.in_virtual_time => VIRTUAL.to_owned(),
            None => LIVE.to_owned(),
        }
    }

    fn about(&self, profile: &Profile) -> About {
        let unit = match profile.load.model {
            Model::Arrivals => "stories a second",
            Model::Concurrency => "stories at once",
        };
        About {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            profile: profile.name.clone(),
            line: profile.line.clone(),
            digest: profile.digest.clone(),
            bridge: self.bridge(),
            seed: self.seed,
            began: clock::epoch_ms(),
            machine: Host::new().machine(),
            stages: profile.load.stages.iter().map(|stage| stage.over.as_secs_f64()).collect(),
            unit: unit.to_owned(),
        }
    }
}

fn searched(text: &str) -> Result<(String, Search), String> {
    let right = || "expected a parameter and two whole numbers: rate=10..1000".to_owned();
    let (name, range) = text.split_once('=').ok_or_else(right)?;
    let (from, to) = range.split_once("..").ok_or_else(right)?;
    let (from, to) = (from.parse().map_err(|_| right())?, to.parse().map_err(|_| right())?);
    let search = Search::between(from, to);
    Ok((name.to_owned(), search.ok_or("the lower number must be at least 1, and at most the higher")?))
}

fn no_profile(why: NoProfile) -> CliError {
    match why {
        NoProfile::File(problems) => CliError::bad(problems),
        NoProfile::Unfit(why) => CliError::bad(format!("error: {why}")),
        NoProfile::NotBuilt(why) => CliError::Message(Exit::NotBuilt, format!("error: {why}")),
    }
}

/// Returns the exit code of a run. Void comes first, since nothing else about such a run can be trusted.
pub(super) fn exit_of(run: &Run) -> Exit {
    let failed_is_limited =
        run.thresholds.iter().any(|held| held.text.starts_with(crate::scenario::load::FAILED));
    if run.interrupted {
        Exit::Interrupted
    } else if !run.void.is_empty() {
        Exit::Void
    } else if run.thresholds.iter().any(|held| !held.holds) {
        Exit::Threshold
    } else if run.totals.failed > 0 && !failed_is_limited {
        Exit::Failed
    } else {
        Exit::Success
    }
}

fn list(screen: &Screen) -> Result<Exit, CliError> {
    let mut out = screen.page();
    for ready in READY {
        let line = ready.text.lines().find_map(|line| line.strip_prefix("scenario: ")).unwrap_or_default();
        writeln!(out, "{:14}  {line}", ready.name)?;
    }
    out.flush()?;
    Ok(Exit::Success)
}

fn show(name: &str, screen: &Screen) -> Result<Exit, CliError> {
    let Some(ready) = READY.iter().find(|ready| ready.name == name) else {
        let known: Vec<&str> = READY.iter().map(|ready| ready.name).collect();
        return Err(CliError::bad(format!(
            "error: unknown profile `{name}`; the built-in profiles are {}",
            known.join(", ")
        )));
    };
    let mut out = screen.out();
    // The path of the schema in the first line is the library's own.
    let text = ready.text.strip_prefix(SCHEMA_LINE).unwrap_or(ready.text);
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(Exit::Success)
}
