//! The admin center under load: `cargo bench --bench web -- USERS CALLERS`. Searches among so many users by several clients at
//! once, and lists of meetings while so many simulated callers dial, wait and are released. Figures are printed, never asserted.

#![allow(clippy::print_stdout, clippy::disallowed_methods, missing_docs, reason = "it measures, and prints")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use attendant::admin::act::{Act, NewToken, UserName};
use attendant::admin::actor::{Actor, Role};
use attendant::admin::administration::Administration;
use attendant::admin::answer::Answer;
use attendant::config::{MailConfig, Rates, Retry, Transport};
use attendant::control::account::Account;
use attendant::control::call::Digits;
use attendant::control::policy::Policy;
use attendant::load::figures::Latencies;
use attendant::mail::courier::Courier;
use attendant::media::library::Library;
use attendant::scenario::load::Statistic;
use attendant::serve::{Service, Settings};
use attendant::store::Directory as _;
use attendant::store::audit::NewAudit;
use attendant::store::keyring::Keyring;
use attendant::store::pin_hash::{Cost, PinHasher};
use attendant::store::record::UserRecord;
use attendant::store::sql::{Location, Sql};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

const FIRST: [&str; 16] = [
    "Amos", "Kim", "Pat", "Lee", "Dora", "Zoe", "Ivan", "Mia", "Noah", "Olga", "Paul", "Ruth", "Sara", "Tom",
    "Ute", "Wim",
];
const LAST: [&str; 16] = [
    "Marble", "Park", "Stone", "Rivers", "Baker", "Fisher", "Gruber", "Hansen", "Ito", "Jones", "Klein",
    "Lopez", "Moreau", "Novak", "Okafor", "Petit",
];

/// Clients that search at once, and for how long.
const CLIENTS: usize = 8;
const SEARCHED_FOR: Duration = Duration::from_secs(5);

fn main() {
    let numbers: Vec<u32> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let users = numbers.first().copied().unwrap_or(1_000_000);
    let callers = numbers.get(1).copied().unwrap_or(10_000);
    let runtime = Runtime::new().expect("threads can be started");
    let folder = tempfile::tempdir().expect("there is a place for a directory");
    let keyring = Arc::new(Keyring::of_one_key());
    let location = Location::File(folder.path().join("users.db"));
    let store = runtime.block_on(Sql::open(&location, Arc::clone(&keyring))).expect("it opens");
    let store = Arc::new(store);
    let began = Instant::now();
    runtime.block_on(fill(&store, users));
    println!("{users} users imported in {:.1} s", began.elapsed().as_secs_f64());
    let (url, token, stop) = runtime.block_on(serve(store, keyring, folder.path()));
    println!("{:<28}{:>10}{:>10}{:>10}{:>12}", "search", "half", "99 %", "longest", "a second");
    for (what, query) in [
        ("one user", "amos.marble.77"),
        ("a name", "amos+marble"),
        ("the beginning of a name", "mar"),
        ("one letter", "a"),
        ("a conference ID", "20000"),
        ("nobody", "xyzzy"),
        ("the first page", ""),
    ] {
        search(&url, &token, what, query);
    }
    live(&url, &token, callers);
    stop.send(()).expect("it serves");
}

async fn fill(store: &Sql, users: u32) {
    for chunk in (0..users).collect::<Vec<_>>().chunks(50_000) {
        let records = chunk.iter().map(|number| {
            let (first, last) = (FIRST[*number as usize % 16], LAST[*number as usize / 16 % 16]);
            UserRecord {
                name: format!("{}.{}.{number}@contoso.com", first.to_lowercase(), last.to_lowercase()),
                display_name: format!("{first} {last}"),
                account: Account {
                    enabled: true,
                    conference_id: Digits::from_symbols(&(2_000_000 + number).to_string()),
                    ..Account::default()
                },
                ..UserRecord::default()
            }
        });
        store.import(records.collect(), NewAudit::default()).await.expect("it is imported");
    }
}

async fn serve(
    store: Arc<Sql>,
    keyring: Arc<Keyring>,
    folder: &std::path::Path,
) -> (String, String, oneshot::Sender<()>) {
    let mut policy = Policy::default();
    policy.set("capacity", "1000000").expect("it is a setting");
    policy.set("name_recording", "false").expect("it is a setting");
    let hasher = PinHasher::new(Arc::clone(&keyring), Cost::LEAST);
    let administration = Administration::new(Arc::clone(&store), hasher, policy.clone());
    let kim = Actor { name: "kim".into(), role: Role::Administrator, origin: "bench".into() };
    let wish = NewToken {
        user: UserName("kim@contoso.com".into()),
        role: Role::Administrator,
        label: String::new(),
        days: 1,
    };
    let now = attendant::clock::epoch_ms();
    let Ok(Answer::NewToken(_, token)) = administration.perform(now, &kim, &Act::IssueToken(wish)).await
    else {
        panic!("a token is issued")
    };
    let mail = MailConfig {
        transport: Transport::Maildir(folder.join("mail")),
        sender_address: "attendant@localhost".into(),
        sender_name: String::new(),
        organization: String::new(),
        help_link: None,
        retry: Retry { first: Duration::from_secs(60), longest: Duration::from_secs(60), attempts: 1 },
    };
    let courier = Courier::new(&mail).expect("it needs no certificate");
    let listen = ([127, 0, 0, 1], 0).into();
    let settings = Settings {
        sip: None,
        pcap: None,
        webhooks: Vec::new(),
        rates: Rates::default(),
        store,
        keyring,
        cost: Cost::LEAST,
        policy,
        courier,
        listen,
        tls: None,
        proxy: None,
        names: Vec::new(),
        scrape_token: None,
        speed: 1,
        show: |_| Ok(()),
        scenarios: Vec::new(),
        library: Arc::clone(Library::built_in()),
    };
    let service = Service::open(settings).await.expect("it opens");
    let url = service.url();
    let (stop, stopped) = oneshot::channel();
    tokio::spawn(service.run(async move {
        let _dropped = stopped.await;
    }));
    (url, token.reveal(), stop)
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).build().new_agent()
}

fn search(url: &str, token: &str, what: &str, query: &str) {
    let until = Instant::now() + SEARCHED_FOR;
    let bearer = format!("Bearer {token}");
    let all = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                scope.spawn(|| {
                    let (agent, mut latencies) = (agent(), Latencies::default());
                    while Instant::now() < until {
                        let began = Instant::now();
                        let address = format!("{url}/api/v1/users?limit=25&search={query}");
                        let mut answer =
                            agent.get(address).header("authorization", &bearer).call().expect("it answers");
                        assert_eq!(answer.status(), 200);
                        let _text = answer.body_mut().read_to_string().expect("it is text");
                        latencies.add(began.elapsed());
                    }
                    latencies
                })
            })
            .collect();
        let mut all = Latencies::default();
        clients.into_iter().for_each(|client| all.merge(&client.join().expect("no client panics")));
        all
    });
    let shown = |statistic| {
        let took = all.figure(statistic).unwrap_or_default();
        format!("{:.1} ms", took.as_secs_f64() * 1e3)
    };
    let a_second = all.count() as f64 / SEARCHED_FOR.as_secs_f64();
    println!(
        "{what:<28}{:>10}{:>10}{:>10}{a_second:>12.0}",
        shown(Statistic::Percentile(5_000)),
        shown(Statistic::Percentile(9_900)),
        shown(Statistic::Max)
    );
}

/// Asks for the list of meetings all the while that callers dial, wait and are released.
fn live(url: &str, token: &str, callers: u32) {
    let (bearer, agent) = (format!("Bearer {token}"), agent());
    let body = format!(r#"{{"scene":"meeting","callers":{callers}}}"#);
    let began = Instant::now();
    let placed = agent.post(format!("{url}/api/v1/calls")).header("authorization", &bearer);
    let placed = placed.header("content-type", "application/json").send(body).expect("it answers");
    assert_eq!(placed.status(), 202);
    println!("\n{callers} callers are put on stage in {:.0} ms", began.elapsed().as_secs_f64() * 1e3);
    let mut answers = Latencies::default();
    let inside = format!("\"joined\":{}", callers + 1);
    loop {
        let asked = Instant::now();
        let answer = agent.get(format!("{url}/api/v1/meetings")).header("authorization", &bearer).call();
        let text = answer.expect("it answers").body_mut().read_to_string().expect("it is text");
        answers.add(asked.elapsed());
        if text.contains(&inside) {
            break;
        }
    }
    let shown = |statistic| answers.figure(statistic).unwrap_or_default().as_secs_f64() * 1e3;
    println!(
        "in their meeting after {:.1} s; the list of meetings {} times meanwhile: half in {:.1} ms, 99 % in {:.1} ms, \
         longest {:.1} ms",
        began.elapsed().as_secs_f64(),
        answers.count(),
        shown(Statistic::Percentile(5_000)),
        shown(Statistic::Percentile(9_900)),
        shown(Statistic::Max),
    );
}
