//! Counts, while it happens, the events of one lane.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustc_hash::FxHashMap;

use super::figures::{ByMetric, Latencies};
use crate::clock::Clock;
use crate::control::call::{HangupCause, LegId, Source};
use crate::control::caller::{FailureCause, StepId};
use crate::control::event::{
    AccountEvent, Admission, CallEvent, Event, MeetingEvent, MeetingId, Place, StartRight,
};
use crate::control::pin::LockState;
use crate::control::policy::OrganizerId;
use crate::control::presence::Presence;
use crate::control::time::Instant;
use crate::leg::log::{Entry, Sink};
use crate::leg::scripted::StageRef;
use crate::scenario::load::Metric;

/// A call as it is counted.
#[derive(Debug)]
struct Call {
    /// When it was to be dialled.
    dialled: Instant,
    /// When the last key that nothing was heard to yet was to go down; never, if there is none.
    keyed: Instant,
    /// When the caller was to hang up; never, if it has not.
    hung_up: Instant,
    meeting: Option<MeetingId>,
    /// Whether it was released, and the caller has not heard it yet.
    released: bool,
    /// Whether the caller has a script: what such a one does was due at a moment of its own.
    by_script: bool,
}

impl Call {
    fn new(dialled: Instant, by_script: bool) -> Self {
        let never = Instant::NEVER;
        Self { dialled, keyed: never, hung_up: never, meeting: None, released: false, by_script }
    }

    /// When what the caller did at `at` was to be done. A telephone does it when it does.
    fn acted(&self, due: Instant, at: Instant) -> Instant {
        if self.by_script { due } else { at }
    }
}

/// A release of a lobby that not everyone has heard.
#[derive(Debug)]
struct Release {
    /// From when it is counted.
    from: Instant,
    /// How many were released and have not heard it.
    unheard: usize,
    /// When the first of them heard it.
    first: Option<Instant>,
}

/// A cast on stage.
#[derive(Debug)]
struct Playing {
    tag: u32,
    failed: bool,
}

/// Sums since the beginning.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// Casts that came on stage, and went.
    pub begun: u64,
    /// Casts of which nothing is left.
    pub ended: u64,
    /// Casts in which a step failed.
    pub failed: u64,
    /// Calls that stories dialled.
    pub dialled: u64,
    /// Calls that came in, from telephones and simulated callers alike.
    pub called: u64,
    /// Calls answered.
    pub answered: u64,
    /// Calls that are over.
    pub finished: u64,
    /// Callers in a lobby now.
    pub lobby: u64,
    /// Callers in a meeting now.
    pub joined: u64,
    /// Questions the directory did not answer.
    pub unanswered: u64,
    /// PINs that were compared and wrong.
    pub wrong_pins: u64,
    /// PINs that callers were told are wrong.
    pub refused_pins: u64,
    /// Times PIN entry was locked.
    pub lockouts: u64,
    /// The number of calls by outcome.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// The number of failures by the cast's tag, the step and the kind of failure.
    pub failures: BTreeMap<(u32, StepId, &'static str), u64>,
}

/// The changes since the last poll.
#[derive(Debug, Default)]
pub struct TallyDelta {
    /// Latencies.
    pub latencies: ByMetric,
    /// How late calls were dialled.
    pub late: Latencies,
}

/// The counts of one lane.
#[derive(Debug, Default)]
struct Tally {
    /// Tells when something happens; where there is none, everything happens when it is due.
    clock: Option<Clock>,
    due: Instant,
    calls: FxHashMap<LegId, Call>,
    releases: FxHashMap<MeetingId, Release>,
    presence: Presence,
    playing: BTreeMap<u32, Playing>,
    /// Until when PIN entry is locked.
    locked: FxHashMap<OrganizerId, Instant>,
    counts: Counts,
    news: TallyDelta,
    gone: Vec<(u32, OrganizerId)>,
}

/// A tally that is looked into while it counts.
#[derive(Clone, Debug, Default)]
pub struct Shared(Arc<Mutex<Tally>>);

impl Shared {
    /// A tally of what happens by this clock: a lane that is late hands machines the moment that was due, and what
    /// comes of it happens later than that.
    #[must_use]
    pub fn by(clock: Clock) -> Self {
        Self(Arc::new(Mutex::new(Tally { clock: Some(clock), ..Tally::default() })))
    }

    fn lock(&self) -> MutexGuard<'_, Tally> {
        // Every entry is counted in one go: a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All counts so far, and what is new.
    #[must_use]
    pub fn look(&self) -> (Counts, TallyDelta) {
        let mut tally = self.lock();
        let there = |place| tally.presence.count(place) as u64;
        let (lobby, joined) = (there(Place::Lobby), there(Place::Joined));
        (Counts { lobby, joined, ..tally.counts.clone() }, std::mem::take(&mut tally.news))
    }

    /// The cast on stage that a part belongs to: its tag, and the part's place in it.
    #[must_use]
    pub fn playing(&self, part: u32) -> Option<(u32, u32)> {
        let tally = self.lock();
        let (first, playing) = tally.playing.range(..=part).next_back()?;
        Some((playing.tag, part - first))
    }

    /// Casts of which nothing is left since this was asked for last: their tags and first organizers.
    #[must_use]
    pub fn gone(&self) -> Vec<(u32, OrganizerId)> {
        std::mem::take(&mut self.lock().gone)
    }
}

impl Sink for Shared {
    fn ends_casts_that_fail(&self) -> bool {
        true
    }

    fn take(&mut self, at: Instant, entry: Entry) {
        self.lock().take(at, entry);
    }

    fn due(&mut self, at: Instant) {
        self.lock().due = at;
    }

    fn on_stage(&mut self, _at: Instant, stage: StageRef) {
        let mut tally = self.lock();
        tally.counts.begun += 1;
        tally.playing.insert(stage.first_part, Playing { tag: stage.tag, failed: false });
    }

    fn gone(&mut self, _at: Instant, stage: StageRef) {
        let mut tally = self.lock();
        tally.counts.ended += 1;
        tally.playing.remove(&stage.first_part);
        tally.gone.push((stage.tag, stage.first_organizer));
    }
}

impl Tally {
    fn take(&mut self, at: Instant, entry: Entry) {
        match entry {
            Entry::Event(event) => self.event(at, event),
            Entry::Dials { leg, .. } => {
                let at = self.happens(at);
                self.counts.dialled += 1;
                self.news.late.add(at.since(self.due));
                self.calls.insert(leg, Call::new(self.due, true));
            }
            Entry::Failed { part, failure } => self.failed(part, failure.step, failure.why),
            Entry::Step { .. } | Entry::Signal { .. } | Entry::LineFault { .. } => {}
            Entry::Act { .. } | Entry::Finished { .. } => {}
        }
    }

    fn happens(&self, at: Instant) -> Instant {
        self.clock.map_or(at, |clock| clock.now().max(at))
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "it counts some of the many events")]
    fn event(&mut self, at: Instant, event: Event) {
        self.presence.take(at, event);
        let due = self.due;
        match event {
            Event::Call(CallEvent::Called { leg }) => {
                self.counts.called += 1;
                self.calls.entry(leg).or_insert(Call::new(at, false));
            }
            Event::Call(CallEvent::Answered { leg }) => {
                self.counts.answered += 1;
                let at = self.happens(at);
                if let Some(call) = self.calls.get(&leg) {
                    self.news.latencies.add(Metric::CallSetup, at.since(call.dialled));
                }
            }
            Event::Call(CallEvent::Key { leg }) => {
                if let Some(call) = self.calls.get_mut(&leg) {
                    call.keyed = call.acted(due, at);
                }
            }
            Event::Call(CallEvent::KeysIgnored { leg, .. }) => {
                if let Some(call) = self.calls.get_mut(&leg) {
                    call.keyed = Instant::NEVER;
                }
            }
            Event::Call(CallEvent::Hears { leg, source }) => self.hears(at, leg, source),
            Event::Meeting(MeetingEvent::Parked { meeting, leg }) => {
                let at = self.happens(at);
                let Some(call) = self.calls.get_mut(&leg) else { return };
                if call.meeting.replace(meeting).is_none() {
                    self.news.latencies.add(Metric::LobbyEntry, at.since(call.dialled));
                }
            }
            Event::Meeting(MeetingEvent::Started { meeting, by, right, releases }) => {
                self.started(at, meeting, by, right, releases);
            }
            Event::Meeting(MeetingEvent::Joined { meeting, leg, admission }) => {
                let Some(call) = self.calls.get_mut(&leg) else { return };
                call.meeting = Some(meeting);
                call.released = admission == Admission::Released;
            }
            Event::Meeting(MeetingEvent::Left { leg, place, .. }) => self.left(self.happens(at), leg, place),
            Event::Call(CallEvent::Finished { leg, outcome, cause }) => {
                self.counts.finished += 1;
                *self.counts.outcomes.entry(outcome.name()).or_default() += 1;
                if self.presence.caller(leg).is_none() {
                    self.calls.remove(&leg);
                } else if (matches!(cause, HangupCause::Caller | HangupCause::Cancelled) || cause.is_lost())
                    && let Some(call) = self.calls.get_mut(&leg)
                {
                    call.hung_up = call.acted(due, at);
                }
            }
            Event::Call(CallEvent::DirectoryFailed { .. }) => self.counts.unanswered += 1,
            Event::Account(AccountEvent::PinChecked { organizer, right: false, .. }) => {
                let locked = self.locked.get(&organizer).is_some_and(|until| at < *until);
                self.counts.wrong_pins += u64::from(!locked);
            }
            Event::Meeting(MeetingEvent::PinRefused { .. }) => self.counts.refused_pins += 1,
            Event::Account(AccountEvent::LockedOut { organizer, state }) => {
                self.counts.lockouts += 1;
                self.locked.insert(organizer, until(state));
            }
            _ => {}
        }
    }

    fn hears(&mut self, at: Instant, leg: LegId, source: Source) {
        let Some(call) = self.calls.get_mut(&leg) else { return };
        if source == Source::Silence || (call.keyed == Instant::NEVER && !call.released) {
            return;
        }
        let at = self.clock.map_or(at, |clock| clock.now().max(at));
        // What began before the key, and was known after it, is no response to it.
        if call.keyed <= at {
            self.news.latencies.add(Metric::DigitToResponse, at.since(call.keyed));
            call.keyed = Instant::NEVER;
        }
        if std::mem::take(&mut call.released) {
            self.heard(at, leg);
        }
    }

    fn started(&mut self, at: Instant, meeting: MeetingId, by: LegId, right: StartRight, releases: bool) {
        let from = match (right, self.calls.get(&by)) {
            (StartRight::Pin, Some(call)) if call.keyed != Instant::NEVER => call.keyed,
            (StartRight::SignedIn, Some(call)) => call.dialled,
            (StartRight::Pin | StartRight::Anonymous | StartRight::SignedIn, _) => at,
        };
        let waiting = self
            .presence
            .meeting(meeting)
            .map_or(0, |attendance| attendance.at(Place::Lobby).filter(|leg| *leg != by).count());
        if releases && waiting > 0 {
            self.releases.insert(meeting, Release { from, unheard: waiting, first: None });
        }
    }

    /// Somebody who was released has heard it, or is gone.
    fn heard(&mut self, at: Instant, leg: LegId) {
        let Some(meeting) = self.calls.get(&leg).and_then(|call| call.meeting) else { return };
        let Some(release) = self.releases.get_mut(&meeting) else { return };
        release.unheard = release.unheard.saturating_sub(1);
        let first = *release.first.get_or_insert(at);
        if release.unheard == 0 {
            self.news.latencies.add(Metric::StartToJoined, at.since(release.from));
            self.news.latencies.add(Metric::ReleaseSpread, at.since(first));
            self.releases.remove(&meeting);
        }
    }

    fn left(&mut self, at: Instant, leg: LegId, place: Place) {
        if place == Place::Screening {
            return;
        }
        let Some(call) = self.calls.get_mut(&leg) else { return };
        let (hung_up, unheard) = (call.hung_up, std::mem::take(&mut call.released));
        if unheard {
            self.heard(at, leg);
        }
        if hung_up != Instant::NEVER {
            self.news.latencies.add(Metric::HangUp, at.since(hung_up));
        }
        if self.presence.caller(leg).is_none() {
            self.calls.remove(&leg);
        }
    }

    fn failed(&mut self, part: u32, step: StepId, why: FailureCause) {
        let Some((_, playing)) = self.playing.range_mut(..=part).next_back() else { return };
        self.counts.failed += u64::from(!std::mem::replace(&mut playing.failed, true));
        *self.counts.failures.entry((playing.tag, step, name(why))).or_default() += 1;
    }
}

fn until(state: LockState) -> Instant {
    match state {
        LockState::Open => Instant::ZERO,
        LockState::LockedUntil(until) => until,
        LockState::LockedForGood => Instant::NEVER,
    }
}

/// In which way a step failed, in few words.
fn name(why: FailureCause) -> &'static str {
    match why {
        FailureCause::TooLate { .. } => "timed out",
        FailureCause::NotRestarted { .. } => "did not start again",
        FailureCause::TooEarly { .. } => "too early",
        FailureCause::Broken { .. } => "did not last",
        FailureCause::NotOn => "not playing",
        FailureCause::Forbidden => "must not happen",
        FailureCause::NoCall => "no call",
        FailureCause::NotThere => "caller not there",
        FailureCause::AlreadyOnCall => "already on a call",
        FailureCause::Unknown => "unknown digits",
    }
}

/// Returns the duration in microseconds.
#[must_use]
pub fn micros(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}
