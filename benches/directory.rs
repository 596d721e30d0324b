//! The directory with many users: import, lookups by conference ID, PIN checks and what a hash costs, size on disk;
//! how alike the three refusals of a PIN are in time; and the odds of guessing one at the lockout's pace.
//!
//! `ATTENDANT_BENCH_USERS=1000000 cargo bench --bench directory [-- URL]`; 20,000 users unless told otherwise, in SQLite
//! in a temporary folder and, if a URL of an empty database is given, in PostgreSQL.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a bench prints figures, by the real clock"
)]

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant as Clock};

use attendant::admin::act::{Act, Enable, UserName};
use attendant::admin::actor::{Actor, Role};
use attendant::admin::administration::Administration;
use attendant::admin::answer::Answer;
use attendant::control::call::Digits;
use attendant::control::pin::{Pin, PinEntry, Secret};
use attendant::control::policy::{LockoutPolicy, Policy};
use attendant::store::Directory as _;
use attendant::store::check::PinChecks;
use attendant::store::keyring::Keyring;
use attendant::store::pin_hash::{Cost, PinHasher};
use attendant::store::sql::{Location, Sql};

const LOOKUPS: usize = 20_000;
const WORKERS: usize = 8;
const CHECKS: usize = 60;
/// Refusals of each kind whose times are compared.
const REFUSALS: usize = 150;
/// A moment, in milliseconds since the Unix epoch.
const NOW: i64 = 1_795_000_000_000;

#[tokio::main]
async fn main() {
    let users =
        std::env::var("ATTENDANT_BENCH_USERS").ok().and_then(|text| text.parse().ok()).unwrap_or(20_000);
    let folder = tempfile::tempdir().unwrap();
    let mut places = vec![Location::File(folder.path().join("users.db"))];
    places.extend(
        std::env::args()
            .skip(1)
            .filter(|argument| !argument.starts_with('-'))
            .map(|url| url.parse().unwrap()),
    );
    for place in places {
        measure(place, users).await;
    }
    odds();
}

async fn measure(place: Location, users: usize) {
    println!("{}, {users} users", if matches!(place, Location::File(_)) { "SQLite" } else { "PostgreSQL" });
    let keyring = Arc::new(Keyring::of_one_key());
    let store = Arc::new(Sql::open(&place, Arc::clone(&keyring)).await.unwrap());
    let hasher = PinHasher::new(keyring, Cost::DEFAULT);
    let administration = Administration::new(Arc::clone(&store), hasher.clone(), Policy::default());
    let actor = Actor { name: "bench".into(), role: Role::Administrator, origin: "bench".into() };

    let mut csv = "name,display_name\n".to_owned();
    for number in 0..users {
        writeln!(csv, "user{number}@contoso.com,User {number}").unwrap();
    }
    let clock = Clock::now();
    let imported = administration.import(NOW, &actor, csv.as_bytes(), |_, _| {}).await.unwrap();
    let took = clock.elapsed().as_secs_f64();
    assert_eq!(imported.added, users as u64);
    println!("  import             {took:.1} s, {:.0} users a second", users as f64 / took);
    println!("  on disk            {:.0} bytes a user", store.size().await.unwrap() as f64 / users as f64);

    lookups(&store, users).await;
    let pins = enable(&administration, &actor, CHECKS).await;
    checks(&store, &hasher, &pins).await;
    refusals(&store, &hasher, &pins).await;
    store.close().await;
}

async fn lookups(store: &Arc<Sql>, users: usize) {
    let all = store.conference_ids_after("", u32::try_from(users).unwrap()).await.unwrap();
    let all = Arc::new(all);
    let clock = Clock::now();
    let workers = (0..WORKERS).map(|worker| {
        let (store, all) = (Arc::clone(store), Arc::clone(&all));
        tokio::spawn(async move {
            let mut times = Vec::new();
            for number in (worker..LOOKUPS).step_by(WORKERS) {
                // A large step, so that neighbours in the index are not asked for one after the other.
                let id = Digits::from_symbols(&all[number.wrapping_mul(7_919) % all.len()]).unwrap();
                let clock = Clock::now();
                assert!(store.user_by_conference_id(id).await.unwrap().is_some());
                times.push(clock.elapsed());
            }
            times
        })
    });
    let mut times = Vec::new();
    for worker in workers.collect::<Vec<_>>() {
        times.extend(worker.await.unwrap());
    }
    let rate = LOOKUPS as f64 / clock.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_micros();
    println!(
        "  lookups            {rate:.0} a second by {WORKERS} at once; µs: median {}, 90 % {}, 99 % {}, most {}",
        at(0.5),
        at(0.9),
        at(0.99),
        at(1.0)
    );
}

async fn enable(administration: &Administration<Sql>, actor: &Actor, count: usize) -> Vec<(String, Pin)> {
    let mut pins = Vec::new();
    for number in 0..count {
        let name = format!("organizer{number}@contoso.com");
        let wish = Enable::of(UserName(name.clone()));
        let Ok(Answer::Done(done)) = administration.perform(NOW, actor, &Act::Enable(wish)).await else {
            panic!("a new user can be enabled")
        };
        pins.push((name, done.new_pin.unwrap()));
    }
    pins
}

async fn checks(store: &Arc<Sql>, hasher: &PinHasher, pins: &[(String, Pin)]) {
    let clock = Clock::now();
    hasher.hash("bench", pins[0].1).await.unwrap();
    let one = clock.elapsed();
    let checks = PinChecks::new(Arc::clone(store), hasher.clone(), LockoutPolicy::default());
    let clock = Clock::now();
    let tasks = pins.iter().map(|(name, pin)| {
        let (checks, name, entry) =
            (checks.clone(), name.clone(), (Secret::Pin, PinEntry::new(pin.reveal())));
        tokio::spawn(async move { checks.check(NOW, &name, entry).await.unwrap() })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    let rate = pins.len() as f64 / clock.elapsed().as_secs_f64();
    println!("  PIN checks         {rate:.1} a second; a hash alone takes {:.1} ms", one.as_secs_f64() * 1e3);
}

/// The three refusals in turn, so that whatever else the machine does falls on all of them.
async fn refusals(store: &Arc<Sql>, hasher: &PinHasher, pins: &[(String, Pin)]) {
    let checks = PinChecks::new(Arc::clone(store), hasher.clone(), LockoutPolicy::default());
    let wrong = (Secret::Pin, PinEntry::new(Digits::from_symbols("0").unwrap()));
    let locked = &pins[0].0;
    for _ in 0..25 {
        checks.check(NOW, locked, wrong).await.unwrap();
    }
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for number in 0..REFUSALS {
        // Wrong ones go round, so that none is locked.
        let others = [&pins[1 + number % (pins.len() - 1)].0, locked, "stranger@contoso.com"];
        for at in 0..3 {
            let kind = (at + number) % 3;
            let clock = Clock::now();
            checks.check(NOW, others[kind], wrong).await.unwrap();
            times[kind].push(clock.elapsed());
        }
    }
    let [wrong, locked, unknown] = &times;
    for (name, times) in [("wrong", wrong), ("locked", locked), ("unknown", unknown)] {
        let (mean, deviation) = spread(times);
        println!(
            "  refused, {name:8}  {mean:.3} ms, standard deviation {deviation:.3} ms, {} tries",
            times.len()
        );
    }
    for (name, one, other) in [
        ("wrong, locked", wrong, locked),
        ("wrong, unknown", wrong, unknown),
        ("locked, unknown", locked, unknown),
    ] {
        println!(
            "  {name:17}  Welch's t {:+.2}, Mann-Whitney z {:+.2} (beyond ±2.58: told apart, 1 %)",
            welch(one, other),
            mann_whitney(one, other)
        );
    }
}

/// Mean and standard deviation in milliseconds.
fn spread(times: &[Duration]) -> (f64, f64) {
    let count = times.len() as f64;
    let mean = times.iter().map(Duration::as_secs_f64).sum::<f64>() / count;
    let squares = times.iter().map(|time| (time.as_secs_f64() - mean).powi(2)).sum::<f64>();
    (mean * 1e3, (squares / (count - 1.0)).sqrt() * 1e3)
}

fn welch(one: &[Duration], other: &[Duration]) -> f64 {
    let ((mean, deviation), (other_mean, other_deviation)) = (spread(one), spread(other));
    let error = deviation.powi(2) / one.len() as f64 + other_deviation.powi(2) / other.len() as f64;
    (mean - other_mean) / error.sqrt()
}

/// U as a standard normal value.
fn mann_whitney(one: &[Duration], other: &[Duration]) -> f64 {
    let mut u = 0.0;
    for time in one {
        for than in other {
            u += match time.cmp(than) {
                std::cmp::Ordering::Greater => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Less => 0.0,
            };
        }
    }
    let (n, m) = (one.len() as f64, other.len() as f64);
    (u - n * m / 2.0) / (n * m * (n + m + 1.0) / 12.0).sqrt()
}

/// A guesser tries as fast as the lockout lets them: all of a window at once, then an hour's wait, up to the total.
fn odds() {
    let lockout = LockoutPolicy::default();
    let limit = lockout.limit(5);
    let rounds = |days: u64| days * 86_400 / lockout.lock.as_secs();
    println!("guessing a PIN of five digits, {} in a round and {} in all", limit.in_window, limit.in_all);
    for (name, days) in [("a day", 1), ("a year", 365)] {
        let tries = (rounds(days) * u64::from(limit.in_window)).min(u64::from(limit.in_all));
        // The last wrong one locks for good; PINs that break a rule are not drawn, which leaves some 98,000.
        println!("  in {name:6}          {tries} tries, {:.2} % of 100,000", tries as f64 / 1e3);
    }
    let unlocked = rounds(365) * u64::from(limit.in_window);
    println!(
        "  if an administrator unlocked whenever it locks for good: {unlocked} tries a year, {:.0} %",
        1e2 * (1.0 - (1.0 - 1e-5_f64).powi(i32::try_from(unlocked).unwrap()))
    );
}
