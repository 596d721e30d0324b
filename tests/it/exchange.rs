//! The live exchange at its limits and at its end, while tokio's clock stands still.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use attendant::clock::{Clock, Pace};
use attendant::control::call::{HangupCause, LegId, Prompt, Source};
use attendant::control::event::{CallEvent, Event, Outcome, Refusal};
use attendant::control::time::Instant;
use attendant::exchange::{AdminHook, Exchange, Limits, Progress, Settings};
use attendant::leg::log::{Entry, Log, Sink};
use attendant::leg::scripted::{CastRequest, StageRef};
use attendant::play::live;
use attendant::scenario::story::{Params, Story};
use attendant::suite::read_suite;

/// Nine callers with names of their own wait for the organizer, and all talk in the end.
const STORY: &str = "scenarios/lobby/all-are-released-at-once.yaml";

fn story() -> Arc<Story> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(STORY);
    let suite = read_suite(&[path], &Params::new(), NonZeroUsize::MIN).expect("the file is sound");
    Arc::clone(&suite.cases.last().unwrap().story)
}

fn settings(story: &Story, limits: Limits) -> Settings {
    Settings { limits, ..live::settings(story, 1, Clock::start(1, Pace::Lockstep)) }
}

async fn opened(story: &Story, limits: Limits) -> Exchange<Log> {
    let nobody_acts: AdminHook<Log> = Box::new(|_| {});
    let settings = settings(story, limits);
    let exchange = Exchange::open(settings, [(Log::default(), nobody_acts)]);
    let organizers = story.given.organizers.iter().filter_map(|organizer| organizer.entry(&story.given));
    let accounts = exchange.enrol(organizers).unwrap();
    let calling =
        CastRequest { cast: Arc::clone(&story.cast), accounts, begins: [].into(), tag: 0, outward: None };
    exchange.stage(0, calling, Instant::ZERO).await.unwrap();
    exchange
}

/// Plays to the end, or until a step fails, and goes out of service.
fn played(limits: Limits) -> Log {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(async {
        let exchange = opened(&story(), limits).await;
        let over = exchange.wait_for(0, |now| now.staged > 0 && (now.over || now.unfinished == 0)).await;
        assert!(over.is_some(), "the lane has not panicked");
        exchange.shut_down().await.pop().unwrap().into_sink()
    })
}

fn outcomes(log: &Log) -> Vec<(LegId, Outcome)> {
    let mut outcomes = Vec::new();
    for record in log.records() {
        if let Event::Call(CallEvent::Finished { leg, outcome, .. }) = record.event {
            outcomes.push((leg, outcome));
        }
    }
    outcomes
}

#[test]
fn a_story_holds_with_room_for_one_of_everything_that_waits() {
    let narrow = Limits { to_meeting: 1, to_lane: 1, questions: 1, ..Limits::default() };
    let log = played(narrow);
    let failed = log.entries.iter().find(|(_, entry)| matches!(entry, Entry::Failed { .. }));
    assert_eq!(failed, None);
    assert!(
        outcomes(&log).len() > 1 && outcomes(&log).iter().all(|(_, outcome)| *outcome == Outcome::Joined)
    );
}

#[test]
fn a_caller_beyond_the_limit_of_calls_hears_busy() {
    let log = played(Limits { calls: 1, ..Limits::default() });
    let refused = (LegId::new(1), Outcome::Refused(Refusal::Congestion));
    assert!(outcomes(&log).contains(&refused), "{:?}", outcomes(&log));
}

#[test]
fn callers_beyond_the_meeting_limit_hear_that_it_is_full() {
    let log = played(Limits { meetings: 0, ..Limits::default() });
    let full = log.records().any(|record| {
        matches!(
            record.event,
            Event::Call(CallEvent::Hears { source: Source::Prompt { prompt: Prompt::MeetingFull, .. }, .. })
        )
    });
    assert!(full, "{:?}", outcomes(&log));
}

#[test]
fn shutting_down_ends_every_call_once() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let log = runtime.unwrap().block_on(async {
        let exchange = opened(&story(), Limits::default()).await;
        let up = exchange.wait_for(0, |now| now.calls > 4).await;
        assert!(up.is_some(), "the lane has not panicked");
        exchange.shut_down().await.pop().unwrap().into_sink()
    });
    let called =
        log.records().filter(|record| matches!(record.event, Event::Call(CallEvent::Called { .. }))).count();
    let ended = outcomes(&log);
    assert!(ended.len() == called && called > 4, "{called} calls came in, and {} ended", ended.len());
    let (cut, refused) = (Outcome::Failed(HangupCause::Bridge), Outcome::Refused(Refusal::Congestion));
    assert!(ended.iter().all(|(_, outcome)| [cut, refused].contains(outcome)), "{ended:?}");
    assert!(ended.iter().filter(|(_, outcome)| *outcome == cut).count() > 4, "{ended:?}");
}

/// Counts the places on the stage that were taken and given back.
#[derive(Debug, Default)]
struct Places {
    taken: Vec<(u32, u32)>,
    gone: u32,
}

impl Sink for Places {
    fn take(&mut self, _at: Instant, _entry: Entry) {}

    fn on_stage(&mut self, _at: Instant, stage: StageRef) {
        self.taken.push((stage.stage, stage.first_part));
    }

    fn gone(&mut self, _at: Instant, _stage: StageRef) {
        self.gone += 1;
    }
}

#[tokio::test(start_paused = true)]
async fn a_cast_takes_the_place_of_one_of_which_nothing_is_left() {
    let story = story();
    let nobody_acts: AdminHook<Places> = Box::new(|_| {});
    let exchange = Exchange::open(settings(&story, Limits::default()), [(Places::default(), nobody_acts)]);
    let organizers = story.given.organizers.iter().filter_map(|organizer| organizer.entry(&story.given));
    let accounts = exchange.enrol(organizers).unwrap();
    for (round, begin) in (1..=3).zip([0, 3_600, 7_200]) {
        let begins = vec![Instant::from_secs(begin); story.cast.roles.len()].into();
        let calling = CastRequest {
            cast: Arc::clone(&story.cast),
            accounts: Arc::clone(&accounts),
            begins,
            tag: 7,
            outward: None,
        };
        exchange.stage(0, calling, Instant::from_secs(begin)).await.unwrap();
        let over = |now: &Progress| now.staged == round && (now.unfinished, now.calls) == (0, 0);
        exchange.wait_for(0, over).await.expect("the lane runs");
    }
    let places = exchange.shut_down().await.pop().unwrap().into_sink();
    assert_eq!((places.taken, places.gone), (vec![(0, 0); 3], 3));
}
