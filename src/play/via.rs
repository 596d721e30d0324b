//! Plays one case with a bridge that runs elsewhere, by real calls: a running `attendant serve`, or a bridge of others.
//!
//! It tells nothing but what its callers hear, so that is what is judged: the scripts' expectations, and of `then` what callers
//! can tell ([`Heard::not_judged`] has the rest). What a case needs at the bridge it gets when it is [admitted](Via::admit),
//! and gives back when that goes, however the case ends.

mod api;
mod by_name;
mod foreign;
mod overheard;
mod server;
mod unfit;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;

use super::by_ear::{Verdict, judge};
use super::case::{End, Played, standing};
use super::live::{admin_hook, ended, settings};
use super::outward::{sounds, with_allowance, with_talk};
use crate::clock::{Clock, Pace};
use crate::control::caller::Op;
use crate::control::directory::Coordinates;
use crate::control::policy::OrganizerId;
use crate::exchange::Exchange;
use crate::leg::capture::Notes;
use crate::leg::log::{Log, Sink};
use crate::leg::outward::{
    self, Destination, Handset, Identity, NextHop, SipAddress, UnreachableError, Way, lateness_of,
};
use crate::leg::scripted::{Accounts, CastRequest, Hearing};
use crate::media::hear::Sounds;
use crate::scenario::story::Story;
use crate::scenario::targets::Target;
use crate::sip::message::Uri;
use crate::store::entropy;
use api::Api;
use by_name::by_name;
use foreign::{Conferences, Foreign};
use overheard::Overheard;
use server::Server;

/// How long a story may take there.
const LONGEST: Duration = Duration::from_secs(210);

/// How long telephones are waited for to say that their calls are over, once the scripts are gone.
const GOODBYE: Duration = Duration::from_millis(500);

/// Messages between scripts and telephones that wait to be overheard.
const OVERHEARD: usize = 1_024;

/// A bridge that runs elsewhere.
#[derive(Debug)]
pub struct Via {
    options: [(&'static str, String); 2],
    destination: Destination,
    far: Far,
}

#[derive(Debug)]
enum Far {
    Server(Box<Server>),
    Foreign(Box<Foreign>),
}

/// What a case has there.
#[derive(Debug)]
pub struct Admitted<'v> {
    story: Arc<Story>,
    destination: &'v Destination,
    staged: Staged<'v>,
}

#[derive(Debug)]
struct Staged<'v> {
    shown: Vec<Coordinates>,
    /// What each service number of the story dials, and one that nobody has.
    numbers: Vec<Uri>,
    unknown: Uri,
    sounds: Arc<Sounds>,
    /// Steps that are left out.
    passed_over: Vec<String>,
    _lease: Lease<'v>,
}

/// What is given back once a case is over.
#[derive(Debug)]
#[expect(dead_code, reason = "what is held is given back when it goes, and nobody looks at it")]
enum Lease<'v> {
    Users(server::Lease<'v>),
    Conferences(Conferences<'v>),
}

/// What load runs have there, as long as this lives.
#[derive(Debug)]
pub struct Pool<'v> {
    /// Who organizes.
    pub organizers: Vec<Coordinates>,
    /// What each service number of the story dials.
    pub numbers: Vec<Uri>,
    /// What a number dials that nobody has.
    pub unknown: Uri,
    _lease: Lease<'v>,
}

/// Why a case is not played there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NotPlayed {
    /// It needs what that bridge cannot have.
    Skipped(String),
    /// What it needs was not to be had.
    Unreachable(String),
}

impl From<api::ApiError> for NotPlayed {
    fn from(error: api::ApiError) -> Self {
        Self::Unreachable(error.to_string())
    }
}

/// A case as its callers heard it.
#[derive(Clone, Debug)]
pub struct Heard {
    /// How it went.
    pub played: Played,
    /// What of it was not judged, and why.
    pub not_judged: Vec<String>,
}

impl Via {
    /// A running `attendant serve` that is called at this address, and whose API is at this URL.
    ///
    /// # Errors
    /// It does not answer, or refuses the token.
    pub fn server(address: SipAddress, url: &str, token: &str) -> Result<Self, ViaError> {
        let is_url = ["http://", "https://"].iter().any(|scheme| url.starts_with(scheme));
        if !is_url || url.contains('@') {
            return Err(ViaError::Url);
        }
        let hop = address.resolve().map_err(ViaError::Unreachable)?;
        let options = [("--via", address.to_string()), ("--api", url.to_owned())];
        let server = Server::look(Api::new(url, token), address);
        let server = server.map_err(|error| ViaError::Api(error.to_string()))?;
        let destination = Destination::new(hop, Identity::Number);
        Ok(Self { options, destination, far: Far::Server(Box::new(server)) })
    }

    /// A bridge of others that is called at this address, as this file describes it.
    ///
    /// # Errors
    /// The host of the address cannot be called.
    pub fn foreign(address: SipAddress, target: Target, file: &str) -> Result<Self, ViaError> {
        let hop: NextHop = address.resolve().map_err(ViaError::Unreachable)?;
        let options = [("--via", address.to_string()), ("--target", file.to_owned())];
        let foreign = Foreign::new(target, address);
        let destination = foreign.destination(hop);
        Ok(Self { options, destination, far: Far::Foreign(Box::new(foreign)) })
    }

    /// Returns the options of the command line that name it.
    pub fn options(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.options.iter().map(|(option, value)| (*option, &**value))
    }

    /// Whether the stories of virtual time are told there as they are here: the bridge is of this program.
    #[must_use]
    pub const fn is_ours(&self) -> bool {
        matches!(self.far, Far::Server(_))
    }

    /// Sets up what a story needs there.
    ///
    /// # Errors
    /// It is not played there, and nothing is left of it.
    pub fn admit(&self, story: &Arc<Story>) -> Result<Admitted<'_>, NotPlayed> {
        let skipped = |why: Option<String>| why.map_or(Ok(()), |why| Err(NotPlayed::Skipped(why)));
        skipped(unfit::why_unfit(story))?;
        let mut story = with_allowance(story);
        let mut staged = match &self.far {
            Far::Server(server) => {
                skipped(server::why_unfit(&story))?;
                by_name(&mut story).map_err(NotPlayed::Skipped)?;
                let server::Stage { shown, numbers, unknown, lease } = server.stage(&story)?;
                let (sounds, passed_over) = (sounds(&story), Vec::new());
                Staged { shown, numbers, unknown, sounds, passed_over, _lease: Lease::Users(lease) }
            }
            Far::Foreign(foreign) => {
                by_name(&mut story).map_err(NotPlayed::Skipped)?;
                foreign.stage(&mut story)?
            }
        };
        staged.sounds = with_talk(staged.sounds, &story);
        self.slow_down(&mut story);
        Ok(Admitted { story: Arc::new(story), destination: &self.destination, staged })
    }

    /// Returns a story as load runs play it there, whose organizers are those of a [pool](Self::pool).
    ///
    /// # Errors
    /// It is not played there.
    pub fn fitted(&self, story: &Story) -> Result<Story, NotPlayed> {
        let skipped = |why: Option<String>| why.map_or(Ok(()), |why| Err(NotPlayed::Skipped(why)));
        let mut story = story.clone();
        match &self.far {
            Far::Server(_) => skipped(server::why_unfit(&story))?,
            Far::Foreign(foreign) => drop(foreign.fit(&mut story).map_err(NotPlayed::Skipped)?),
        }
        self.slow_down(&mut story);
        Ok(story)
    }

    /// Sets up organizers for load runs of stories like this one: so many, or those that a target file has.
    ///
    /// # Errors
    /// The bridge does not answer, or cannot have what the story needs.
    pub fn pool(&self, story: &Story, organizers: usize) -> Result<Pool<'_>, NotPlayed> {
        let staged = match &self.far {
            Far::Server(server) => {
                let mut many = story.clone();
                let named = story.given.organizers.iter().cycle().take(organizers).cloned();
                many.given.organizers = named.collect();
                let server::Stage { shown, numbers, unknown, lease } = server.stage(&many)?;
                Pool { organizers: shown, numbers, unknown, _lease: Lease::Users(lease) }
            }
            Far::Foreign(foreign) => foreign.pool(story).map_err(NotPlayed::Skipped)?,
        };
        Ok(staged)
    }

    /// Returns what could not be taken back of what was set up, for people who do it by hand.
    #[must_use]
    pub fn left(&self) -> Vec<String> {
        match &self.far {
            Far::Server(server) => server.left(),
            Far::Foreign(_) => Vec::new(),
        }
    }

    /// Holds keys as long as they must be there.
    fn slow_down(&self, story: &mut Story) {
        let Destination { hold: shortest, gap: pause, .. } = self.destination;
        for role in &mut Arc::make_mut(&mut story.cast).roles {
            for (_, op) in &mut Arc::make_mut(&mut role.program).ops {
                if let Op::Press { hold, gap, .. } = op {
                    *hold = shortest.max(*hold);
                    *gap = pause.max(*gap);
                }
            }
        }
    }
}

impl Admitted<'_> {
    /// Plays it; `None` if it was stopped before its end. Calls that are up then are hung up.
    ///
    /// # Panics
    /// Outside of a tokio runtime with I/O.
    pub async fn play(
        &self,
        seed: u64,
        sink: impl Sink + Into<Log> + Send + 'static,
        stopped: impl Future<Output = ()>,
    ) -> Option<Heard> {
        let Self { story, staged, .. } = self;
        let clock = Clock::start(1, Pace::Realtime);
        // It carries the scripts, and no call comes in.
        let exchange = Exchange::open(settings(story, seed, clock), [(sink, admin_hook(story))]);
        let way = exchange.open_outward(0).await.expect("the exchange was opened a moment ago");
        let overheard =
            Arc::new(Mutex::new(Overheard::new(&staged.shown, story.given.policy.dialog.pin.tries.get())));
        let way = overhear(way, clock, &overheard);
        let mut callers = tokio::spawn(outward::carry(self.callers(seed, clock), way));
        let lateness = lateness_of(&staged.sounds);
        let began = clock.now();
        let accounts = Accounts { first: OrganizerId(0), shown: staged.shown.clone() };
        let cast = CastRequest {
            cast: Arc::clone(&story.cast),
            accounts: Arc::new(accounts),
            begins: [].into(),
            tag: 0,
            outward: Some(Hearing { lateness }),
        };
        exchange.stage(0, cast, began).await.expect("the exchange was opened a moment ago");
        let until = began + story.timeout.min(LONGEST);
        let in_time = ended(&exchange, clock, until, stopped).await.map(|ended| ended.in_time);
        let directory = exchange.directory(Clone::clone);
        let shard = exchange.shut_down().await.pop().expect("the lane has not panicked");
        // Telephones whose scripts are gone hang up.
        let _late = tokio::time::timeout(GOODBYE, &mut callers).await;
        callers.abort();
        let in_time = in_time?;
        let (now, events) = (shard.now(), shard.carried());
        let standing = if in_time { Vec::new() } else { standing(&shard) };
        let overheard = std::mem::take(&mut *overheard.lock().unwrap_or_else(PoisonError::into_inner));
        let log = overheard.with_steps(shard.into_sink().into());
        let end = End { story, directory: &directory, now, quiet: true, standing, questions: 0 };
        let Verdict { failures, not_judged } = judge(&end, &log);
        let unheard = not_judged.into_iter().map(|check| {
            let text = story.checks.get(check).map_or("", |check| &*check.text);
            format!("`{text}` is not judged: callers cannot tell")
        });
        let not_judged = staged.passed_over.iter().cloned().chain(unheard).collect();
        let played = Played { seed, failures, log, took: now, events, questions: Vec::new(), wire: None };
        Some(Heard { played, not_judged })
    }

    fn callers(&self, seed: u64, clock: Clock) -> outward::Settings {
        let Self { story, destination, staged } = self;
        let handsets = story.cast.roles.iter().map(|role| Handset {
            keys: destination.key_path(role.key_path),
            faults: role.faults.sound.clone(),
        });
        outward::Settings {
            clock,
            to: (*destination).clone(),
            numbers: staged.numbers.clone(),
            unknown: staged.unknown.clone(),
            handsets: handsets.collect(),
            sounds: Arc::clone(&staged.sounds),
            recordings: story.cast.recordings.clone(),
            seed,
            notes: Notes::default(),
            secret: entropy::draw(),
            person: None,
        }
    }
}

/// Takes note of all that passes between scripts and telephones.
fn overhear(way: Way, clock: Clock, overheard: &Arc<Mutex<Overheard>>) -> Way {
    let Way { mut actions, reports } = way;
    let (act, acted) = mpsc::channel(OVERHEARD);
    let (report, mut reported) = mpsc::channel(OVERHEARD);
    let note = |overheard: &Arc<Mutex<Overheard>>| Arc::clone(overheard);
    let (of_actions, of_reports) = (note(overheard), note(overheard));
    tokio::spawn(async move {
        while let Some(placed) = actions.recv().await {
            of_actions.lock().unwrap_or_else(PoisonError::into_inner).placed(clock.now(), &placed);
            // Who carries calls goes after the scripts.
            let _gone = act.send(placed).await;
        }
    });
    tokio::spawn(async move {
        while let Some(told) = reported.recv().await {
            of_reports.lock().unwrap_or_else(PoisonError::into_inner).told(clock.now(), &told);
            // The scripts may be gone.
            let _gone = reports.send(told).await;
        }
    });
    Way { actions: acted, reports: report }
}

/// Why a bridge elsewhere is not called.
#[derive(Debug)]
pub enum ViaError {
    /// The URL of its API is not one, or holds a user.
    Url,
    /// There is no way to its host.
    Unreachable(UnreachableError),
    /// Its API does not answer, or refuses.
    Api(String),
}

impl fmt::Display for ViaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url => {
                f.write_str("the API needs a URL such as http://127.0.0.1:8080, without a user in it")
            }
            Self::Unreachable(error) => error.fmt(f),
            Self::Api(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for ViaError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreachable(error) => Some(error),
            Self::Url | Self::Api(_) => None,
        }
    }
}
