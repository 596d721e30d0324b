//! What a store does, told as stories that run against all three: memory, SQLite and PostgreSQL.

mod accounts;
mod audit;
mod faults;
mod full;
pub(super) mod ids;
mod outbox;
mod passcodes;
mod pruning;
mod search;
mod standing;
mod story;
mod together;
mod tokens;
#[cfg(unix)]
mod wiped;

use std::sync::Arc;

use attendant::admin::act::{Act, Change, Enable, UserName};
use attendant::admin::actor::{Actor, Role};
use attendant::admin::administration::Administration;
use attendant::admin::answer::{Answer, Done};
use attendant::admin::refusal::Refusal;
use attendant::control::call::Digits;
use attendant::control::meeting::PinVerdict;
use attendant::control::pin::{Pin, PinEntry, Secret};
use attendant::control::policy::Policy;
use attendant::store::audit::AuditEntry;
use attendant::store::audit::verify::verify;
use attendant::store::check::PinChecks;
use attendant::store::keyring::Keyring;
use attendant::store::mail::{MailId, MailRecord, Resend};
use attendant::store::memory::Memory;
use attendant::store::pin_hash::{Cost, PinHasher};
use attendant::store::sql::{Location, Sql};
use attendant::store::{Directory, Outbox};

/// A moment of the year 2026, at which every story begins, in milliseconds since the Unix epoch.
pub(super) const NOW: i64 = 1_795_000_000_000;

/// An administrator's desk with a store.
#[derive(Debug)]
pub(super) struct Desk<S> {
    pub(super) store: Arc<S>,
    pub(super) administration: Administration<S>,
    pub(super) checks: PinChecks<S>,
    pub(super) keyring: Arc<Keyring>,
}

/// A store that is a file, with the folder that it is in.
pub(super) async fn sqlite(keyring: Arc<Keyring>) -> (Sql, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::File(folder.path().join("directory.db"));
    (Sql::open(&location, keyring).await.unwrap(), folder)
}

impl<S: Directory + Outbox> Desk<S> {
    pub(super) fn new(store: S, keyring: Arc<Keyring>) -> Self {
        let (store, policy) = (Arc::new(store), Policy::default());
        let hasher = PinHasher::new(Arc::clone(&keyring), Cost::LEAST);
        let checks = PinChecks::new(Arc::clone(&store), hasher.clone(), policy.lockout.clone());
        Self {
            administration: Administration::new(Arc::clone(&store), hasher, policy),
            store,
            checks,
            keyring,
        }
    }

    pub(super) async fn ask(&self, act: Act) -> Result<Answer, Refusal> {
        self.administration.perform(NOW, &administrator(), &act).await
    }

    #[track_caller]
    pub(super) fn done(answer: Result<Answer, Refusal>) -> Done {
        match answer {
            Ok(Answer::Done(done)) => done,
            other => panic!("{other:?}"),
        }
    }

    pub(super) async fn does(&self, act: Act) -> Done {
        Self::done(self.ask(act).await)
    }

    pub(super) async fn enable(&self, name: &str) -> Done {
        self.does(Act::Enable(enable(name))).await
    }

    pub(super) async fn reset_pin(&self, name: &str) -> Pin {
        let reset = Change { reset_pin: true, ..Change::of(UserName(name.into())) };
        self.does(Act::Change(reset)).await.new_pin.unwrap()
    }

    pub(super) async fn check(&self, now: i64, whose: &str, symbols: &str) -> bool {
        self.verdict(now, whose, Secret::Pin, symbols).await == PinVerdict::Right
    }

    pub(super) async fn verdict(&self, now: i64, whose: &str, secret: Secret, symbols: &str) -> PinVerdict {
        let entry = PinEntry::new(Digits::from_symbols(symbols).unwrap());
        self.checks.check(now, whose, (secret, entry)).await.unwrap().verdict
    }

    pub(super) async fn resend(&self, mail: MailId, now: i64) -> Resend {
        self.administration.resend_mail(now, &administrator(), mail).await.unwrap()
    }

    pub(super) async fn mails(&self) -> Vec<MailRecord> {
        self.store.mails_after(0, None, 10_000).await.unwrap()
    }

    /// Looks whether the audit log is as it was written, and answers its entries.
    pub(super) async fn whole_log(&self) -> Vec<AuditEntry> {
        let verified = verify(self.store.as_ref(), &self.keyring, None).await.unwrap();
        assert_eq!(verified.faults, [], "{verified:?}");
        self.store.audit_after(0, 10_000).await.unwrap()
    }

    pub(super) fn open(&self, mail: &MailRecord) -> Option<Pin> {
        let sealed = mail.mail.sealed_pin.as_ref()?;
        self.keyring.open(&sealed.0, &mail.mail.message_id).unwrap()
    }
}

pub(super) fn administrator() -> Actor {
    Actor { name: "kim".into(), role: Role::Administrator, origin: "test".into() }
}

pub(super) fn enable(name: &str) -> Enable {
    Enable::of(UserName(name.into()))
}

pub(super) fn symbols(pin: Pin) -> String {
    pin.reveal().reveal()
}

/// The stories of a module, each against every store.
macro_rules! against_every_store {
    ($($story:ident)*) => {
        mod memory {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $story() {
                let keyring = std::sync::Arc::new(attendant::store::keyring::Keyring::of_one_key());
                let store = attendant::store::memory::Memory::new(std::sync::Arc::clone(&keyring));
                super::$story(super::Desk::new(store, keyring)).await;
            })*
        }

        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $story() {
                let keyring = std::sync::Arc::new(attendant::store::keyring::Keyring::of_one_key());
                let (store, _folder) = super::super::sqlite(std::sync::Arc::clone(&keyring)).await;
                super::$story(super::Desk::new(store, keyring)).await;
            })*
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $story() {
                let keyring = std::sync::Arc::new(attendant::store::keyring::Keyring::of_one_key());
                let location = super::super::super::postgres::database();
                let store = attendant::store::sql::Sql::open(&location, std::sync::Arc::clone(&keyring));
                super::$story(super::Desk::new(store.await.unwrap(), keyring)).await;
            })*
        }
    };
}

use against_every_store;

#[tokio::test]
async fn a_directory_of_a_newer_program_is_not_touched() {
    let keyring = Arc::new(Keyring::of_one_key());
    let (store, folder) = sqlite(Arc::clone(&keyring)).await;
    store.close().await;
    let location = Location::File(folder.path().join("directory.db"));
    let url = format!("sqlite://{location}");
    let pool = sqlx::AnyPool::connect(&url).await.unwrap();
    sqlx::query("UPDATE _sqlx_migrations SET version = 99 WHERE version = 2").execute(&pool).await.unwrap();
    pool.close().await;
    let refused = Sql::open(&location, keyring).await.unwrap_err().to_string();
    assert!(refused.contains("written by a newer version of attendant (schema 99)"), "{refused}");
}

#[tokio::test]
async fn what_is_no_database_is_told_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("letter.txt");
    std::fs::write(&file, "Dear Amos, this is not a database, but a text that is long enough.".repeat(20))
        .unwrap();
    let keyring = Arc::new(Keyring::of_one_key());
    let refused = Sql::open(&Location::File(file), Arc::clone(&keyring)).await.unwrap_err().to_string();
    assert!(
        refused.contains("letter.txt cannot be opened") && refused.contains("not a database"),
        "{refused}"
    );
    let nowhere = Location::Postgres("postgres://amos:5ecret@127.0.0.1:1/users".into());
    let refused = Sql::open(&nowhere, keyring).await.unwrap_err().to_string();
    assert!(refused.contains("postgres://127.0.0.1:1/users") && !refused.contains("5ecret"), "{refused}");
}

#[tokio::test]
async fn many_who_open_a_new_directory_at_once_make_it_once() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::File(folder.path().join("new/directory.db"));
    let keyring = Arc::new(Keyring::of_one_key());
    let opened = (0..6).map(|_| {
        let (location, keyring) = (location.clone(), Arc::clone(&keyring));
        tokio::spawn(async move { Sql::open(&location, keyring).await.map(|_| ()) })
    });
    for opened in opened.collect::<Vec<_>>() {
        opened.await.unwrap().unwrap();
    }
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_reads_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let keyring = Arc::new(Keyring::of_one_key());
    let (store, folder) = sqlite(Arc::clone(&keyring)).await;
    let desk = Desk::new(store, keyring);
    desk.enable("amos@contoso.com").await;
    for file in ["directory.db", "directory.db-wal"] {
        let mode = std::fs::metadata(folder.path().join(file)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{file}");
    }
}

#[tokio::test]
async fn the_memory_store_passes_the_story_of_stores() {
    let keyring = Arc::new(Keyring::of_one_key());
    let desk = Desk::new(Memory::new(Arc::clone(&keyring)), keyring);
    assert_eq!(desk.store.users_after("", 10).await.unwrap().len(), 0, "nobody is not listed");
}
