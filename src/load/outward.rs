//! Plays a profile against another bridge, by SIP: the scripts run on an exchange without calls, and their calls are carried by
//! a [crowd](crate::leg::outward::crowd) of telephones, a thread for each lane. What is counted is concluded from what they hear.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;

use super::conduct::{Conducted, Staging, admin_hook};
use super::figures::Latencies;
use super::profile::Profile;
use super::progress::{RunProgress, Sampler};
use super::run::{Run, Streams};
use super::tally::Shared;
use crate::clock::{Clock, Pace};
use crate::control::caller::{Expectation, Lateness, Op, Sound};
use crate::control::directory::Coordinates;
use crate::exchange::Exchange;
use crate::leg::cast::{Cast, KeyPath};
use crate::leg::outward::crowd::{ByMillis, Crowd, Named, Settings, StreamFigures};
use crate::leg::outward::{Destination, Handset};
use crate::leg::scripted::Hearing;
use crate::media::g711::Law;
use crate::media::hear::{CodeBook, Sounds};
use crate::media::impair::conditions::Conditions;
use crate::play::live::settings;
use crate::report::traced;
use crate::sip::message::Uri;
use crate::store::entropy;

/// How a bridge is called by very many.
#[derive(Debug)]
pub struct Telephones {
    /// The bridge.
    pub destination: Destination,
    /// Our own addresses, which calls take in turn.
    pub addresses: Vec<IpAddr>,
    /// What each service number of the profile dials; the first also for those without one here.
    pub numbers: Vec<Uri>,
    /// What a number dials that nobody has.
    pub unknown: Uri,
    /// Callers who take turns; none if each is named by its script.
    pub named: Arc<[Named]>,
    /// Who organizes there.
    pub organizers: Vec<Coordinates>,
    /// The codes of the sounds that may be heard, by law.
    pub books: [Arc<CodeBook>; Law::ALL.len()],
    /// The same sounds for ears.
    pub sounds: Arc<Sounds>,
    /// How late callers learn what they hear.
    pub lateness: Lateness,
    /// Of so many calls in ten thousand an ear hears all.
    pub listened: u32,
}

/// Returns why a profile cannot be played against another bridge, if it cannot.
#[must_use]
pub fn why_unfit(profile: &Profile) -> Option<String> {
    let stories = || profile.stories.iter();
    if stories().any(|story| !story.acts.is_empty()) {
        return Some("it has an administrator, and another bridge is administered in its own way".to_owned());
    }
    if stories().any(|story| !story.directory_faults.is_empty()) {
        return Some("it has directory faults, which another bridge cannot be given".to_owned());
    }
    if stories().any(|story| listens_to_voices(&story.cast)) {
        let why = "it waits to hear somebody talk, and callers of load runs know only what the bridge plays";
        return Some(why.to_owned());
    }
    None
}

/// Whether a script expects a voice.
fn listens_to_voices(cast: &Cast) -> bool {
    cast.roles.iter().flat_map(|role| &role.program.ops).any(|(_, op)| {
        let heard = match op {
            Op::Expect(Expectation::Hears(sound), _) | Op::Never(Expectation::Hears(sound), _) => *sound,
            Op::Still(sound, _) => *sound,
            Op::Expect(Expectation::State(_), _) | Op::Never(Expectation::State(_), _) => return false,
            Op::Dial(_) | Op::Press { .. } | Op::Say(..) | Op::When(_) | Op::Wait(_) | Op::Mark(_) => {
                return false;
            }
            Op::HangUp | Op::Drop | Op::Act(_) | Op::ActOn(_) | Op::Fork { .. } => return false,
        };
        matches!(heard, Sound::Talk(_) | Sound::Tone(_))
    })
}

/// Plays a profile to its end, or until it is told to stop: then every call is hung up. Each second goes to `progress`.
///
/// # Errors
/// There are no sockets or threads for the callers.
///
/// # Panics
/// Outside of a tokio runtime.
pub async fn play(
    profile: &Arc<Profile>,
    seed: u64,
    lanes: NonZeroUsize,
    telephones: Telephones,
    progress: &RunProgress,
) -> Result<(), CrowdError> {
    let clock = Clock::start(1, Pace::Realtime);
    let stories: Vec<Shared> = (0..lanes.get()).map(|_| Shared::by(clock)).collect();
    let calls: Vec<Shared> = (0..lanes.get()).map(|_| Shared::default()).collect();
    let hands = stories.iter().map(|tally| (traced(tally.clone()), admin_hook(profile)));
    let exchange = Exchange::open(settings(&profile.stories[0], seed, clock), hands);
    let mut crowds = Vec::new();
    for (lane, (stories, calls)) in stories.iter().zip(&calls).enumerate() {
        let way =
            exchange.open_outward(lane).await.map_err(|_| CrowdError(io::ErrorKind::NotConnected.into()))?;
        let settings = crowd_settings(profile, stories, clock, &telephones);
        crowds.push(Crowd::start(lane, settings, way, calls.clone()).map_err(CrowdError)?);
    }
    let hearing = Hearing { lateness: telephones.lateness };
    let stage = Staging::new(profile, exchange, lanes.get()).outward(hearing, telephones.organizers);
    let all: Vec<Shared> = stories.iter().chain(&calls).cloned().collect();
    let sampler = Sampler::new(progress, profile, &all);
    let conducted = Conducted { profile, seed, clock, stage, stories: &stories, sampler, progress };
    let finale = conducted.run(|run| crowds.iter().for_each(|crowd| add(run, &crowd.take_figures()))).await;
    let stopped =
        tokio::task::spawn_blocking(move || crowds.into_iter().map(Crowd::stop).collect::<Vec<_>>());
    // A thread that panicked has told so on standard error.
    let last = stopped.await.unwrap_or_default();
    finale.end(clock, progress, |run| last.iter().for_each(|figures| add(run, figures))).await;
    Ok(())
}

/// Who plays what.
#[derive(Clone)]
struct Playing {
    profile: Arc<Profile>,
    stories: Shared,
}

impl Playing {
    /// The cast of which this is a part, and the part's place in it.
    fn cast_of(&self, part: u32) -> Option<(&Cast, u32)> {
        let (story, role) = self.stories.playing(part)?;
        Some((&self.profile.stories.get(story as usize)?.cast, role))
    }
}

fn crowd_settings(
    profile: &Arc<Profile>,
    stories: &Shared,
    clock: Clock,
    telephones: &Telephones,
) -> Settings {
    let playing = Playing { profile: Arc::clone(profile), stories: stories.clone() };
    let played = playing.clone();
    let recording = move |part: u32, place: u16| {
        let (cast, _) = played.cast_of(part)?;
        Some(cast.recordings.get(usize::from(place))?.sound.clone())
    };
    let handset = move |part: u32| {
        let role = playing.cast_of(part).and_then(|(cast, role)| cast.roles.get(role as usize));
        role.map_or_else(
            || Handset { keys: KeyPath::Direct, faults: Conditions::default() },
            |role| Handset { keys: role.key_path, faults: role.faults.sound.clone() },
        )
    };
    Settings {
        clock,
        destination: telephones.destination.clone(),
        addresses: telephones.addresses.clone(),
        numbers: telephones.numbers.clone(),
        unknown: telephones.unknown.clone(),
        handset: Arc::new(handset),
        recording: Arc::new(recording),
        named: Arc::clone(&telephones.named),
        books: telephones.books.clone(),
        sounds: Arc::clone(&telephones.sounds),
        listened: telephones.listened,
        pin_tries: PIN_TRIES,
        secret: entropy::draw(),
    }
}

/// Wrong PINs that a call may give, as far as is known of another bridge. Nothing that is counted depends on it.
const PIN_TRIES: u8 = 3;

fn add(run: &mut Run, figures: &StreamFigures) {
    let streams = run.streams.get_or_insert_default();
    let Streams {
        not_placed,
        sent,
        received,
        lost,
        reordered,
        doubled,
        restarts,
        equal,
        silent,
        changes,
        unknown,
        jumps,
        listened,
        alike,
        heard_otherwise,
        late,
        gaps,
        sent_late,
    } = &mut **streams;
    for (sum, more) in [
        (not_placed, figures.not_placed),
        (sent, figures.sent),
        (received, figures.received),
        (lost, figures.lost),
        (reordered, figures.reordered),
        (doubled, figures.doubled),
        (restarts, figures.restarts),
        (equal, figures.equal),
        (silent, figures.silent),
        (changes, figures.changes),
        (unknown, figures.unknown),
        (jumps, figures.jumps),
        (listened, figures.listened),
        (alike, figures.alike),
        (heard_otherwise, figures.heard_otherwise),
    ] {
        *sum += more;
    }
    let more = |sum: &mut Latencies, more: &ByMillis| {
        more.iter().for_each(|(took, times)| sum.add_many(took, times));
    };
    more(late, &figures.late);
    more(gaps, &figures.gaps);
    more(sent_late, &figures.sent_late);
}

/// There are no sockets or threads for callers.
#[derive(Debug)]
pub struct CrowdError(io::Error);

impl fmt::Display for CrowdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "callers cannot be carried: {}", self.0)
    }
}

impl Error for CrowdError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}
