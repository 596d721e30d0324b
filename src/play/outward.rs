//! Plays one case over SIP: a bridge and its callers in this process, with the telephone network of the loopback interface
//! between them.
//!
//! The bridge is the one of `attendant serve --sip`: exchange, signalling, media threads. Its callers are the scripts of every
//! other driver, who know of the bridge only what comes to their telephones. What is checked at the end, and the invariants,
//! are read from the bridge's own event stream, as always.

mod allowance;
mod told;
mod unfit;
mod unheard;

use std::error::Error;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::case::Played;
use super::live::{admin_hook, ended, judged, settings, stage};
use crate::clock::{Clock, Pace};
use crate::control::call::Language;
use crate::control::caller::{Lateness, Op};
use crate::control::policy::ServiceNumber;
use crate::control::time::Instant;
use crate::exchange::Exchange;
use crate::leg::capture::{self, Capture, CaptureError, Notes};
use crate::leg::log::{Log, ReadSink, Sink};
use crate::leg::outward::{self, Destination, Handset, Identity, NextHop, lateness_of};
use crate::leg::rtp::{self, Media};
use crate::leg::scripted::Hearing;
use crate::leg::sip::{self, Advertised, BindError, Bound, Gauges, Joint, NumberPlan};
use crate::media::hear::Sounds;
use crate::media::library::Library;
use crate::scenario::story::Story;
use crate::sip::message::{HostPort, Uri};
use crate::store::entropy;

pub use allowance::SIP_ALLOWANCE;
pub(super) use allowance::with_allowance;
use told::Told;
pub use unfit::{CALLERS_MAX, LONGEST, SHORTEST, why_no_telephones, why_unfit};

/// How much longer than in virtual time a story may take before it is given up.
const LATE: Duration = Duration::from_secs(30);

/// How long nothing may come of a caller before the bridge misses them, in stories in which somebody vanishes: who does says
/// nothing, and a packet comes every 20 ms of everybody else.
const MEDIA_GONE: Duration = Duration::from_millis(300);

/// How long after a caller vanished the bridge has missed them: no packet comes for so long, and it looks every 20 ms.
const VANISHED: Duration = Duration::from_millis(340);

/// How long telephones are waited for to say that their calls are over, once all scripts have ended.
const GOODBYE: Duration = Duration::from_millis(500);

/// Where the bridge's media are: each case takes any that are free.
const PORTS: RangeInclusive<u16> = 20_000..=59_998;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// What is kept of a case beside its log, keys masked.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Kept {
    /// SIP and RTP in this file, for Wireshark.
    pub capture: Option<PathBuf>,
    /// Messages and streams, as [`Played::wire`].
    pub keeps_wire: bool,
}

/// Plays a case; `None` if it was stopped before its end. `took` is how long it takes in virtual time. `sink` takes its
/// entries, and gives them back as a log.
///
/// # Errors
/// There is no socket for the bridge, or the capture cannot be written.
///
/// # Panics
/// Outside of a tokio runtime with I/O.
pub async fn play_over_sip(
    story: &Arc<Story>,
    seed: u64,
    took: Instant,
    sink: impl Sink + Into<Log> + Send + 'static,
    Kept { capture, keeps_wire }: Kept,
    stopped: impl Future<Output = ()>,
) -> Result<Option<Played>, OutwardError> {
    let story = &Arc::new(with_allowance(story));
    let clock = Clock::start(1, Pace::Realtime);
    let notes = Notes::default();
    told::begin(story, &notes);
    let kept = capture::Settings {
        file: capture,
        collector: None,
        keeps_wire,
        about: format!(
            "Scenario: {}; seed {seed}. Each packet says which caller it is of, and the step.",
            story.name
        ),
        notes: notes.clone(),
    };
    let (capture, tap) = Capture::start(kept, clock).map_err(OutwardError::Capture)?.unzip();
    let (media, sides) = Media::start(rtp::Settings {
        bind: HERE,
        ports: PORTS,
        threads: NonZeroUsize::MIN,
        sides: NonZeroUsize::MIN,
        library: Arc::clone(&story.given.library),
        media_gone: vanishes(story).then_some(MEDIA_GONE),
        clock,
        seed: entropy::draw(),
    })?;
    let bound = Bound::bind(sip::Settings {
        listen: SocketAddr::new(HERE, 0),
        tls: None,
        advertised: Advertised::default(),
        trusted: Vec::new(),
        users: Default::default(),
        is_open: true,
        clock,
        tap: tap.unwrap_or_default(),
    })
    .await?;
    let bridge = bound.address()?;
    let told = Told { mixes: media.meeting_sink(), notes: notes.clone(), story: Arc::clone(story) };
    let sink = ReadSink::beside(told, sink);
    let exchange = Exchange::open(settings(story, seed, clock), [(sink, admin_hook(story))]);
    let mut joints = Vec::new();
    for (media, heard) in sides {
        let (trunk, reports) = exchange.open_trunk(0).await.expect("the exchange was opened a moment ago");
        joints.push(Joint { trunk, reports, media, heard });
    }
    let numbers = NumberPlan::default();
    numbers.set(numbered(story));
    let telephones = bound.serve((numbers, Gauges::default()), joints, random_key);
    let way = exchange.open_outward(0).await.expect("the exchange was opened a moment ago");
    let callers = tokio::spawn(outward::carry(callers(story, seed, clock, (bridge, notes)), way));
    // Until now it was prepared.
    let began = clock.now();
    let lateness = Lateness { vanishing: VANISHED, ..lateness_of(&sounds(story)) };
    stage(&exchange, story, began, Some(Hearing { lateness })).await;
    let until = began + story.timeout.min(took.since(Instant::ZERO) + LATE);
    let mut played = match ended(&exchange, clock, until, stopped).await {
        Some(ended) => Some(judged(exchange, story, seed, ended).await),
        None => {
            exchange.shut_down().await;
            None
        }
    };
    telephones.close(GOODBYE).await;
    callers.abort();
    media.stop();
    let wire = capture.map(Capture::finish).filter(|_| keeps_wire);
    if let Some(played) = &mut played {
        played.wire = wire.map(Box::new);
    }
    Ok(played)
}

/// Whether somebody vanishes in a story, by the script or because the line dies.
fn vanishes(story: &Story) -> bool {
    story.cast.roles.iter().any(|role| {
        role.faults.drop_after.is_some() || role.program.ops.iter().any(|(_, op)| *op == Op::Drop)
    })
}

/// The callers of a story, who call the bridge at this address; of their calls notes are taken.
fn callers(
    story: &Story,
    seed: u64,
    clock: Clock,
    (bridge, notes): (SocketAddr, Notes),
) -> outward::Settings {
    let uri = |user: &str| Uri::sip(Some(user), &HostPort::from(bridge));
    let handset =
        |role: &crate::leg::cast::Role| Handset { keys: role.key_path, faults: role.faults.sound.clone() };
    outward::Settings {
        clock,
        to: Destination::new(NextHop { address: bridge, home: HERE }, Identity::Part),
        numbers: numbered(story).iter().map(|(user, _)| uri(user)).collect(),
        unknown: uri("nobody"),
        handsets: story.cast.roles.iter().map(handset).collect(),
        sounds: sounds(story),
        recordings: story.cast.recordings.clone(),
        notes,
        seed,
        secret: entropy::draw(),
        person: None,
    }
}

/// The service numbers of a story by what is dialled for them; at least one, as without any all would be answered.
fn numbered(story: &Story) -> Vec<(String, ServiceNumber)> {
    let numbers = (0..).zip(&story.cast.numbers);
    let mut numbered: Vec<_> =
        numbers.map(|(place, number)| (format!("line{place}"), ServiceNumber::clone(number))).collect();
    if numbered.is_empty() {
        numbered.push(("line0".to_owned(), ServiceNumber::default()));
    }
    numbered
}

/// The sounds of these languages.
type Made = (Vec<Language>, Arc<Sounds>);

/// The sounds that callers of a story may hear. Those of the program's own library are made once.
pub(super) fn sounds(story: &Story) -> Arc<Sounds> {
    with_talk(prompts(story), story)
}

/// These sounds, and what callers say where they talk.
pub(super) fn with_talk(sounds: Arc<Sounds>, story: &Story) -> Arc<Sounds> {
    let cast = &story.cast;
    if !cast.talks() {
        return sounds;
    }
    Arc::new(sounds.with_talk(cast.recordings.iter().map(|recording| recording.sound.clone())))
}

/// The sounds of the bridge.
fn prompts(story: &Story) -> Arc<Sounds> {
    static BUILT_IN: Mutex<Vec<Made>> = Mutex::new(Vec::new());
    let numbers = story.cast.numbers.iter();
    let mut languages: Vec<Language> = numbers
        .flat_map(|number| std::iter::once(number.primary).chain(number.secondary.iter().copied()))
        .collect();
    languages.push(Language::default());
    languages.sort_unstable();
    languages.dedup();
    let library = &story.given.library;
    if !Arc::ptr_eq(library, Library::built_in()) {
        return Arc::new(Sounds::of(library, &languages));
    }
    let mut made = BUILT_IN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, sounds)) = made.iter().find(|(known, _)| *known == languages) {
        return Arc::clone(sounds);
    }
    let sounds = Arc::new(Sounds::of(library, &languages));
    made.push((languages, Arc::clone(&sounds)));
    sounds
}

fn random_key() -> [u8; 32] {
    let mut key = [0; 32];
    key.chunks_mut(8).for_each(|part| part.copy_from_slice(&entropy::draw().to_le_bytes()));
    key
}

/// Why the bridge of a case was not opened.
#[derive(Debug)]
pub enum OutwardError {
    /// It cannot listen.
    Bind(BindError),
    /// There are no sockets or threads for its media.
    Media(rtp::StartError),
    /// Its capture cannot be written.
    Capture(CaptureError),
    /// The system has nothing to wait on.
    System(io::Error),
}

impl From<BindError> for OutwardError {
    fn from(error: BindError) -> Self {
        Self::Bind(error)
    }
}

impl From<rtp::StartError> for OutwardError {
    fn from(error: rtp::StartError) -> Self {
        Self::Media(error)
    }
}

impl From<io::Error> for OutwardError {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

impl fmt::Display for OutwardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bind(error) => error.fmt(f),
            Self::Media(error) => error.fmt(f),
            Self::Capture(error) => error.fmt(f),
            Self::System(error) => write!(f, "the system has no room for one more case: {error}"),
        }
    }
}

impl Error for OutwardError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Bind(error) => Some(error),
            Self::Media(error) => Some(error),
            Self::Capture(error) => Some(error),
            Self::System(error) => Some(error),
        }
    }
}
