//! What another process changes in the directory while calls are up: the next decision that gives a right uses it.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use attendant::admin::act::{Act, Change, Enable, UserName};
use attendant::admin::actor::{Actor, Role};
use attendant::admin::administration::Administration;
use attendant::admin::answer::Answer;
use attendant::bridge::protocol::{Dial, Report};
use attendant::clock::{Clock, Pace};
use attendant::control::attendant::Dialled;
use attendant::control::call::{Digit, Digits, Prompt, Source};
use attendant::control::event::{Event, MeetingEvent};
use attendant::control::policy::Policy;
use attendant::control::time::Instant;
use attendant::exchange::directory_backend::{DirectoryBackend, StoreBackend};
use attendant::exchange::{AdminHook, Device, Exchange, LineReport, Settings};
use attendant::leg::log::Log;
use attendant::scenario::story::Params;
use attendant::store::check::PinChecks;
use attendant::store::keyring::Keyring;
use attendant::store::memory::Memory;
use attendant::store::pin_hash::{Cost, PinHasher};
use attendant::suite::read_suite;
use tokio::sync::mpsc;

const AMOS: &str = "amos@contoso.com";

/// A bridge on a store, and the desk of somebody who tells the bridge nothing.
struct Bench {
    administration: Administration<Memory>,
    exchange: Exchange<Log>,
    clock: Clock,
}

impl Bench {
    fn open() -> Self {
        let keyring = Arc::new(Keyring::of_one_key());
        let (store, policy) = (Arc::new(Memory::new(Arc::clone(&keyring))), Policy::default());
        let hasher = PinHasher::new(keyring, Cost::LEAST);
        let checks = PinChecks::new(Arc::clone(&store), hasher.clone(), policy.lockout.clone());
        let kept = StoreBackend::new(Arc::clone(&store), checks, policy.clone(), |_| 0);
        let clock = Clock::start(1, Pace::Lockstep);
        let settings = Settings::new(policy.clone(), 1, clock);
        let nobody_acts: AdminHook<Log> = Box::new(|_| {});
        let elsewhere: Arc<dyn DirectoryBackend> = Arc::new(kept);
        let exchange = Exchange::open_on(settings, Some(elsewhere), [(Log::default(), nobody_acts)]);
        Self { administration: Administration::new(store, hasher, policy), exchange, clock }
    }

    async fn does(&self, act: Act) -> Answer {
        let kim = Actor { name: "kim".into(), role: Role::Administrator, origin: "test".into() };
        self.administration.perform(0, &kim, &act).await.unwrap()
    }

    async fn allows_anonymous_start(&self, allow: bool) {
        let change = Change { allow_anonymous_start: Some(allow), ..Change::of(UserName(AMOS.into())) };
        self.does(Act::Change(change)).await;
    }

    /// Amos is enabled, and his meetings start without a PIN.
    async fn amos(&self) -> Digits {
        let Answer::Done(done) = self.does(Act::Enable(Enable::of(UserName(AMOS.into())))).await else {
            panic!("he is enabled")
        };
        self.allows_anonymous_start(true).await;
        done.user.unwrap().conference_id.unwrap()
    }

    async fn wait_until_secs(&self, secs: u64) {
        self.clock.sleep_until(Instant::from_secs(secs)).await;
    }

    /// A caller of this meeting who is asked for the name.
    async fn caller(&self, id: Digits) -> (Device, mpsc::Receiver<LineReport>) {
        let path =
            PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scenarios/lobby/all-are-released-at-once.yaml");
        let suite = read_suite(&[path], &Params::new(), NonZeroUsize::MIN).unwrap();
        let numbers = suite.cases[0].story.cast.numbers.clone();
        let (phone, mut reports) = self.exchange.connect(0, None).await.unwrap();
        phone.dial(Dial::to(Dialled::Number(Arc::clone(&numbers[0])))).unwrap();
        self.wait_until_secs(1).await;
        for digit in id.iter().chain([Digit::POUND]) {
            phone.press(digit).unwrap();
        }
        self.wait_until_secs(2).await;
        assert!(hears(&mut reports, Prompt::SayYourName), "names are recorded");
        (phone, reports)
    }

    async fn events(self) -> Vec<Event> {
        let log = self.exchange.shut_down().await.pop().unwrap().into_sink();
        log.records().map(|record| record.event).collect()
    }
}

fn hears(reports: &mut mpsc::Receiver<LineReport>, wanted: Prompt) -> bool {
    let reports = std::iter::from_fn(|| reports.try_recv().ok());
    let mut heard = reports.map(|told| told.report);
    heard.any(|report| matches!(report, Report::Hears(Source::Prompt { prompt, .. }) if prompt == wanted))
}

fn starts(events: &[Event]) -> usize {
    events.iter().filter(|event| matches!(event, Event::Meeting(MeetingEvent::Started { .. }))).count()
}

/// Runs with a clock that goes on only when there is nothing to do.
fn paused<R>(test: impl Future<Output = R>) -> R {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(test)
}

#[test]
fn who_records_a_name_starts_the_meeting_if_it_is_still_allowed() {
    paused(async {
        let bench = Bench::open();
        let id = bench.amos().await;
        let (phone, _reports) = bench.caller(id).await;
        phone.press(Digit::POUND).unwrap();
        bench.wait_until_secs(10).await;
        assert_eq!(starts(&bench.events().await), 1);
    });
}

#[test]
fn who_records_a_name_while_anonymous_start_is_forbidden_waits() {
    paused(async {
        let bench = Bench::open();
        let id = bench.amos().await;
        let (phone, mut reports) = bench.caller(id).await;
        bench.allows_anonymous_start(false).await;
        phone.press(Digit::POUND).unwrap();
        bench.wait_until_secs(10).await;
        assert!(hears(&mut reports, Prompt::HoldForOrganizer), "the caller waits for the organizer");
        assert_eq!(starts(&bench.events().await), 0);
    });
}

#[test]
fn who_records_a_name_while_the_organizer_is_disabled_waits() {
    paused(async {
        let bench = Bench::open();
        let id = bench.amos().await;
        let (phone, mut reports) = bench.caller(id).await;
        bench.does(Act::Disable { user: UserName(AMOS.into()), mail: None }).await;
        phone.press(Digit::POUND).unwrap();
        bench.wait_until_secs(10).await;
        assert!(hears(&mut reports, Prompt::HoldForOrganizer), "the caller waits for the organizer");
        assert_eq!(starts(&bench.events().await), 0);
    });
}
