//! Scripted callers with real telephones: each call is SIP and RTP over UDP, and what its caller hears is found out from the
//! sound alone.
//!
//! ```text
//!  script ── dial, press, hang up ──▶ call ── sip/uac ──▶ UDP     mouth ── packets each 20 ms ──▶ UDP
//!  script ◀─ answered, has heard … ── call ◀───────────── UDP     ear ◀── line ◀── packets ────── UDP
//! ```
//!
//! A call is a task with two sockets. Nothing is decided here: the scripts are those of every other driver.

mod call;
pub mod crowd;
mod destination;
mod ear;
mod line;
mod mouth;
mod person;
mod tone;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use crate::bridge::protocol::OutwardAction;
use crate::clock::Clock;
use crate::control::caller::{self, Lateness};
use crate::control::time::Instant;
use crate::leg::capture::Notes;
use crate::leg::cast::{KeyPath, Recording};
use crate::media::hear::Sounds;
use crate::media::impair::conditions::Conditions;
use crate::sip::message::Uri;

use call::{Call, CallSetup};
pub use destination::{Destination, Identity, NextHop, SipAddress, SipAddressError, UnreachableError};
pub use person::{News, Person, Speech};

/// How late scripts learn what is heard: the recogniser is sure in half of all cases after 290 ms and hardly ever after 700 ms,
/// and knows when a sound began to a few milliseconds (`docs/benchmarks.md`).
pub const LATENESS: Lateness = Lateness {
    wait: Duration::from_millis(700),
    slack: Duration::from_millis(60),
    alike: Duration::ZERO,
    again: MUSIC_AGAIN,
    vanishing: Duration::ZERO,
};

/// How long music that may be anything has to go on before it is known.
const ANY_MUSIC: Duration = Duration::from_millis(3_700);

/// How long somebody has to talk before that is known: two syllables, and what they lie in.
const TALK: Duration = Duration::from_millis(1_100);

/// How much later than anything else it is known that hold music has started again: of 1,500 places where it may, 98 in 100
/// tell it within 600 ms, and all but one in 200 within a second and a half.
const MUSIC_AGAIN: Duration = Duration::from_millis(800);

/// How late scripts learn what is heard where these sounds may be: later, if some of them begin with the same words, or
/// music may be anything that goes on for three seconds.
#[must_use]
pub fn lateness_of(sounds: &Sounds) -> Lateness {
    let music = if sounds.takes_any_music() { ANY_MUSIC } else { LATENESS.wait };
    let wait = if sounds.has_talk() { music.max(TALK) } else { music };
    Lateness { wait, alike: sounds.longest_shared_opening(), ..LATENESS }
}

/// The part of the program's log that tells of these calls.
const LOG: &str = "attendant::outward";

/// Actions of one caller that wait for its call's task.
const ACTIONS: usize = 256;

/// An action of a scripted caller.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Placed {
    /// The part of the cast.
    pub part: u32,
    /// When it was to do that.
    pub at: Instant,
    /// What it does.
    pub action: OutwardAction,
}

/// What a scripted caller is told of a call.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// The part of the cast.
    pub part: u32,
    /// Which of its calls.
    pub call: u32,
    /// What happened. The end of each call is told once.
    pub input: caller::Input,
}

/// The way between the scripts of a lane and their telephones.
#[derive(Debug)]
pub struct Way {
    /// What the scripts do.
    pub actions: mpsc::Receiver<Placed>,
    /// What they are told.
    pub reports: mpsc::Sender<Told>,
}

/// The telephone of one part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Handset {
    /// How its keys travel.
    pub keys: KeyPath,
    /// What its line does to packets and sound that it sends.
    pub faults: Conditions,
}

/// Where callers call, and how.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The clock of the scripts.
    pub clock: Clock,
    /// The bridge, and who calls it.
    pub to: Destination,
    /// What each service number of the story dials.
    pub numbers: Vec<Uri>,
    /// What a number dials that nobody has.
    pub unknown: Uri,
    /// The telephones, by part.
    pub handsets: Vec<Handset>,
    /// The sounds that may be heard.
    pub sounds: Arc<Sounds>,
    /// The recordings that callers play.
    pub recordings: Vec<Recording>,
    /// Takes note of whose calls are placed.
    pub notes: Notes,
    /// What lines lose and delay by chance follows from this.
    pub seed: u64,
    /// What nobody may guess follows from this: to be drawn for each run.
    pub secret: u64,
    /// Who listens and speaks at the telephones, if it is not their scripts alone.
    pub person: Option<Person>,
}

/// Carries the calls of scripted callers, until the scripts are gone. Those that are up then are hung up.
pub async fn carry(settings: Settings, way: Way) {
    let Way { mut actions, reports } = way;
    let settings = Arc::new(settings);
    let mut chance = ChaCha8Rng::seed_from_u64(settings.secret);
    let tasks = TaskTracker::new();
    let mut calls: BTreeMap<u32, mpsc::Sender<OutwardAction>> = BTreeMap::new();
    while let Some(Placed { part, action, .. }) = actions.recv().await {
        if let OutwardAction::Dial { call, number, from } = action {
            let (sender, waiting) = mpsc::channel(ACTIONS);
            // The one before ends by itself: its caller has left it.
            calls.insert(part, sender);
            let target = number.and_then(|number| settings.numbers.get(usize::from(number)));
            let setup = CallSetup {
                part,
                call,
                target: target.unwrap_or(&settings.unknown).clone(),
                from,
                token: format!("{:016x}{:016x}", chance.random::<u64>(), chance.random::<u64>()),
                description_id: chance.random::<u64>() >> 2,
                media: chance.random(),
            };
            let (settings, reports) = (Arc::clone(&settings), reports.clone());
            tasks.spawn(async move {
                let lost = reports.clone();
                match Call::place(settings, setup, reports).await {
                    Ok(call) => call.run(waiting).await,
                    Err(error) => {
                        tracing::warn!(target: "attendant::outward", %error, "a call cannot be placed");
                        let input = caller::Input::Ended(crate::control::call::HangupCause::Lost);
                        // Who is to be told is gone: then nobody asks.
                        let _gone = lost.send(Told { part, call, input }).await;
                    }
                }
            });
        } else if let Some(sender) = calls.get(&part) {
            // A call that has ended does nothing any more.
            let _over = sender.send(action).await;
        }
    }
    drop(calls);
    tasks.close();
    tasks.wait().await;
}
