//! An outbox with a worker on it, in a time of its own.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use attendant::config::{MailConfig, Retry, Smtp, Transport};
use attendant::control::call::Language;
use attendant::control::pin::Pin;
use attendant::mail::courier::Courier;
use attendant::mail::worker::{Delivered, Worker};
use attendant::store::keyring::Keyring;
use attendant::store::mail::{MailId, MailKind, MailRecord, NewMail, SealedPin};
use attendant::store::memory::Memory;
use attendant::store::{Changes, Directory as _, Outbox as _};
use tokio::runtime::Runtime;

use super::facts;

/// Twelve digits, so that finding them is not a coincidence.
pub(super) const PIN: &str = "918273645018";

/// When the test begins, in milliseconds since the Unix epoch.
const BEGINNING: i64 = 1_509_451_200_000;

/// An outbox, a worker, and the time.
pub(super) struct Post {
    runtime: Runtime,
    pub(super) outbox: Arc<Memory>,
    keyring: Arc<Keyring>,
    worker: Worker<Memory>,
    now: Arc<AtomicI64>,
}

impl Post {
    pub(super) fn to_folder(folder: &Path) -> Self {
        Self::by(Transport::Maildir(folder.to_owned()))
    }

    pub(super) fn to_server(smtp: Smtp) -> Self {
        Self::by(Transport::Smtp(smtp))
    }

    fn by(transport: Transport) -> Self {
        let config = MailConfig {
            transport,
            sender_address: "conferencing@contoso.com".to_owned(),
            sender_name: "Contoso Audio Conferencing".to_owned(),
            organization: String::new(),
            help_link: None,
            retry: Retry { first: Duration::from_secs(60), longest: Duration::from_secs(600), attempts: 4 },
        };
        let keyring = Arc::new(Keyring::of_one_key());
        let outbox = Arc::new(Memory::new(Arc::clone(&keyring)));
        let now = Arc::new(AtomicI64::new(BEGINNING));
        let clock = Arc::clone(&now);
        let worker = Worker::new(
            Arc::clone(&outbox),
            Arc::clone(&keyring),
            Courier::new(&config).unwrap(),
            Arc::new(move || clock.load(Ordering::Relaxed)),
            || 0,
        );
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        Self { runtime, outbox, keyring, worker, now }
    }

    /// Puts a mail in for this address.
    pub(super) fn put(&self, kind: MailKind, to: &str) -> &Self {
        let message_id = format!("{}@attendant.invalid", to.replace('@', "."));
        let carries = matches!(kind, MailKind::Enabled | MailKind::PinReset);
        let sealed = || SealedPin(self.keyring.seal(Pin::from_symbols(PIN).unwrap(), &message_id));
        let mail = NewMail {
            sealed_pin: carries.then(sealed),
            user: "amos@contoso.com".to_owned(),
            kind,
            to: to.to_owned(),
            from: None,
            language: Language::EnUs,
            facts: facts(),
            at: self.now.load(Ordering::Relaxed),
            message_id,
        };
        self.put_as_it_is(mail);
        self
    }

    pub(super) fn put_as_it_is(&self, mail: NewMail) {
        let changes = Changes { mails: vec![mail], ..Changes::default() };
        self.runtime.block_on(self.outbox.commit(changes)).unwrap();
    }

    pub(super) fn after(&self, time: Duration) -> &Self {
        self.now.fetch_add(i64::try_from(time.as_millis()).unwrap(), Ordering::Relaxed);
        self
    }

    pub(super) fn deliver(&self) -> Delivered {
        self.runtime.block_on(self.worker.deliver_due()).unwrap()
    }

    /// The same worker, but it stays until `stop` is ready.
    pub(super) fn run(&self, stop: impl Future<Output = ()> + Send) -> Delivered {
        self.runtime.block_on(self.worker.run(stop))
    }

    /// Another worker takes what is due, and dies with it.
    pub(super) fn claim_and_die(&self) {
        let now = self.now.load(Ordering::Relaxed);
        self.runtime.block_on(self.outbox.claim_due(now, Duration::from_secs(60), 100)).unwrap();
    }

    #[track_caller]
    pub(super) fn mail(&self, id: MailId) -> MailRecord {
        self.runtime.block_on(self.outbox.mail(id)).unwrap().expect("the mail is there")
    }

    /// Seconds from the beginning until a mail is tried next.
    pub(super) fn next(&self, id: MailId) -> i64 {
        (self.mail(id).next_attempt_at - BEGINNING) / 1_000
    }
}
