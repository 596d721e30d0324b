//! Opens the service, runs it, and drains it.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum_server::Handle;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::certificates::Certificates;
use super::error::OpenError;
use super::farewell::Farewell;
use super::listener::{Listener, url};
use super::telephones::{Prepared, Room, Telephones};
use super::tls::Tls;
use crate::admin::administration::Administration;
use crate::admin::answer::AccountView;
use crate::clock::{self, Clock, Pace};
use crate::config::{Rates, Secret, SipConfig, WebhookConfig};
use crate::control::policy::Policy;
use crate::exchange::directory_backend::{DirectoryBackend, StoreBackend};
use crate::exchange::{AdminCall, Exchange};
use crate::leg::rtp::MeetingSink;
use crate::leg::sip::{Gauges, NumberPlan};
use crate::mail::courier::Courier;
use crate::mail::worker::{Delivered, Worker};
use crate::media::library::Library;
use crate::scenario::story::Story;
use crate::store::account::Password;
use crate::store::check::PinChecks;
use crate::store::entropy;
use crate::store::keyring::Keyring;
use crate::store::pin_hash::{Cost, PinHasher};
use crate::store::sql::{Holder, Lease, Lost, Sql};
use crate::web::{
    Access, App, Bridge, EventSink, Hosts, Launcher, Shared, WebhookTap, follow_directory, keep_records,
    probe_directory, router, send_webhooks, tick,
};

/// How long requests that are under way may take once the service is to end.
const DRAIN: Duration = Duration::from_secs(10);

/// The settings of the service.
#[derive(Debug)]
pub struct Settings {
    /// The directory of users.
    pub store: Arc<Sql>,
    /// The keys of their PINs.
    pub keyring: Arc<Keyring>,
    /// The cost of hashing a new PIN or password.
    pub cost: Cost,
    /// The settings that the tenant has not changed.
    pub policy: Policy,
    /// The sender of mails.
    pub courier: Courier,
    /// Where to listen; port 0 for any free one.
    pub listen: SocketAddr,
    /// For encrypted connections.
    pub tls: Option<Tls>,
    /// The proxy that encrypts instead; it is trusted to say who sends a request.
    pub proxy: Option<IpAddr>,
    /// The names by which browsers find the service, in lower case, besides its addresses and `localhost`.
    pub names: Vec<String>,
    /// The token that reads the figures.
    pub scrape_token: Option<Secret>,
    /// How many times faster than real time the calls run.
    pub speed: u32,
    /// Shows the one-time password of the first account, once. An error of the kind `Unsupported` says that it cannot be
    /// shown here, and the service opens without an account.
    pub show: fn(&Password) -> io::Result<()>,
    /// Where telephones call; `None` if they do not.
    pub sip: Option<SipConfig>,
    /// Whom to tell of what happens in meetings.
    pub webhooks: Vec<WebhookConfig>,
    /// What calls cost, for records in the formats that tell it.
    pub rates: Rates,
    /// Where SIP and sound of telephones are taken down, without keys.
    pub pcap: Option<PathBuf>,
    /// Scenarios that can be placed, besides the built-in ones.
    pub scenarios: Vec<Arc<Story>>,
    /// The sounds that the bridge plays.
    pub library: Arc<Library>,
}

/// The results of the service, once it is closed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Served {
    /// The results of mail delivery.
    pub delivered: Delivered,
    /// How the lease of the directory was lost, if that closed the service.
    pub lost: Option<Lost>,
}

/// A service that is open.
#[derive(Debug)]
pub struct Service {
    app: Shared,
    listener: Listener,
    tls: Option<Tls>,
    first: Option<AccountView>,
    lease: Lease,
    telephones: Option<Telephones>,
}

impl Service {
    /// Opens the service: the bridge takes calls, and clients that connect wait until [`Service::run`]. Where no
    /// administrator has an account, one is made.
    ///
    /// # Errors
    /// Another bridge serves the directory, the address cannot be listened at, the certificate cannot be used, or the
    /// directory does not answer.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub async fn open(settings: Settings) -> Result<Self, OpenError> {
        let Settings { store, keyring, cost, policy, courier, listen, tls, proxy, .. } = settings;
        let Settings {
            names, scrape_token, speed, show, scenarios, library, sip, pcap, webhooks, rates, ..
        } = settings;
        let read = match &tls {
            None => None,
            Some(tls) => Some(tls.read().await?),
        };
        let secure = tls.is_some();
        let bound = Listener::bind(listen, read);
        // That another bridge has the directory says more than that its address is taken, and is told first.
        let url = bound.as_ref().map_or_else(|_| url(secure, listen), Listener::url);
        let holder = Holder::here(&url, clock::epoch_ms());
        let lease = store.lease(holder).await.map_err(OpenError::Lease)?;
        let listener = bound.map_err(|error| OpenError::Listen(listen, error))?;
        let clock = Clock::start(speed, Pace::Realtime);
        // A password is shown once: what can fail for want of an address fails before.
        let prepared = match sip {
            None => None,
            Some(config) => Some(Prepared::new(config, pcap, clock, Arc::clone(&library)).await?),
        };
        let hasher = PinHasher::new(Arc::clone(&keyring), cost);
        let administration = Administration::new(Arc::clone(&store), hasher.clone(), policy.clone());
        let first = administration.first_administrator_shown(clock::epoch_ms(), |password| {
            show(password).map_err(OpenError::NotShown)
        });
        let first = match first.await {
            // Where it would be kept for others to read: no account is made, and the bridge runs.
            Err(OpenError::NotShown(error)) if error.kind() == io::ErrorKind::Unsupported => None,
            first => first?.map(|(account, _shown)| account),
        };
        let in_force = administration.policy().await.map_err(|error| OpenError::Account(error.into()))?;
        let stop = CancellationToken::new();
        let mixes = prepared.as_ref().map(Prepared::meeting_sink);
        let policies = (policy, in_force);
        let readers = (mixes, webhooks.into_iter().map(WebhookTap::new).collect());
        let mut bridge = open_bridge(
            &store,
            hasher,
            policies,
            (clock, speed),
            &scenarios,
            (readers, library),
            stop.clone(),
        );
        bridge.rates = rates;
        bridge.follow_numbers().await.map_err(|error| OpenError::Account(error.into()))?;
        let telephones = match prepared {
            None => None,
            Some(prepared) => {
                let gauges = Gauges::default();
                bridge.telephones = Some(prepared.figures(gauges.clone()));
                Some(prepared.serve(&bridge.exchange, bridge.numbers.clone(), gauges).await?)
            }
        };
        let now = Arc::new(clock::epoch_ms);
        let worker = Worker::new(store, keyring, courier.clone(), now, entropy::draw);
        let hosts = if secure { Hosts::Certified } else { Hosts::Named(names) };
        let access = Access::new(secure || proxy.is_some(), proxy, hosts, scrape_token);
        let app = Arc::new(App::new(administration, (courier, worker), bridge, access, stop));
        Ok(Self { app, listener, tls, first, lease, telephones })
    }

    /// Returns where telephones call: for UDP and TCP, and for TLS; and how many calls there is room for.
    #[must_use]
    pub fn telephones(&self) -> Option<(SocketAddr, Option<SocketAddr>, Room)> {
        self.telephones.as_ref().map(|served| (served.address, served.tls_address, served.room))
    }

    /// Returns the address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Returns the URL for browsers.
    #[must_use]
    pub fn url(&self) -> String {
        self.listener.url()
    }

    /// Returns the certificates, which can be read again while it runs.
    #[must_use]
    pub fn certificates(&self) -> Certificates {
        Certificates {
            web: self.tls.clone().zip(self.listener.tls().cloned()),
            sip: self.telephones.as_ref().and_then(|telephones| telephones.certificate.clone()),
        }
    }

    /// Returns what hangs up every telephone where nobody waits for the end of [`Service::run`].
    #[must_use]
    pub fn farewell(&self) -> Farewell {
        let telephones = self.telephones.as_ref().map(Telephones::goodbye);
        Farewell { app: Arc::clone(&self.app), telephones }
    }

    /// The administrator's account that was made because there was none; its one-time password was shown.
    #[must_use]
    pub fn first_account(&self) -> Option<&AccountView> {
        self.first.as_ref()
    }

    /// Serves until `stop` completes or the lease of the directory is lost. Calls of telephones that are up at a stop
    /// may go on for as long as the configuration says; then requests that are under way are answered, every call is
    /// ended and the mails in hand are settled.
    ///
    /// # Errors
    /// The listener fails.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) -> io::Result<Served> {
        let Self { app, listener, lease, telephones, .. } = self;
        let handle = Handle::new();
        let mut server = listener.serve(router(&app), handle.clone())?;
        let (ticking, following, mails) = (tick(&app), follow_directory(&app), send_mails(&app));
        let probing = probe_directory(&app);
        keep_records(&app);
        let _until_the_end = send_webhooks(&app);
        let (failed, mut lost) = tokio::select! {
            () = stop => (None, None),
            ended = &mut server => (Some(ended), None),
            lost = lease.lost() => (None, Some(lost)),
        };
        app.end();
        if let Some(telephones) = telephones.as_ref().filter(|_| failed.is_none() && lost.is_none()) {
            // Until then the admin center shows the calls that are waited for.
            lost = tokio::select! {
                () = telephones.drain() => None,
                lost = lease.lost() => Some(lost),
            };
        }
        app.stop.cancel();
        handle.graceful_shutdown(Some(DRAIN));
        if lost.is_some() {
            // The other bridge answers new calls: those who are here learn of it before the last page is answered.
            app.bridge.exchange.end_calls().await;
        }
        let served = match failed {
            Some(ended) => ended,
            None => server.await,
        };
        app.bridge.exchange.end_calls().await;
        if let Some(telephones) = telephones {
            telephones.close().await;
        }
        // A task that panicked has said so on standard error.
        let (delivered, _ticking, _following, _probing) =
            (mails.await.unwrap_or_default(), ticking.await, following.await, probing.await);
        app.write_counted(true).await;
        // The last that is written: what ends with the service has a record too.
        app.bridge.events.records().flush().await;
        lease.release().await;
        app.store().close().await;
        served.map_err(io::Error::other)?.map(|()| Served { delivered, lost })
    }
}

/// Opens the exchange on the directory: `policy` holds the settings that the tenant has not changed, `in_force` all.
fn open_bridge(
    store: &Arc<Sql>,
    hasher: PinHasher,
    (policy, in_force): (Policy, Policy),
    (clock, speed): (Clock, u32),
    scenarios: &[Arc<Story>],
    ((mixes, webhooks), library): ((Option<MeetingSink>, Vec<WebhookTap>), Arc<Library>),
    stop: CancellationToken,
) -> Bridge {
    let (policy, in_force) = (in_bridge_time(policy, speed), in_bridge_time(in_force, speed));
    let checks = PinChecks::new(Arc::clone(store), hasher, policy.lockout.clone());
    let kept = Arc::new(StoreBackend::new(Arc::clone(store), checks, policy, |_| clock::epoch_ms()));
    let capacity = in_force.meeting.capacity;
    let settings = crate::exchange::Settings {
        library,
        ..crate::exchange::Settings::new(in_force, entropy::draw(), clock)
    };
    let events = EventSink::new(clock, settings.limits.calls, stop)
        .mixed_by(mixes)
        .naming(Arc::clone(&kept))
        .telling(webhooks);
    let lanes = [(events.clone(), Box::new(|_: AdminCall<'_, EventSink>| {}) as _)];
    let elsewhere: Arc<dyn DirectoryBackend> = kept.clone();
    let exchange = Exchange::open_on(settings, Some(elsewhere), lanes);
    let launcher = Launcher::new(&exchange, events.clone(), capacity, scenarios);
    let (numbers, rates) = (NumberPlan::default(), Rates::default());
    Bridge { exchange, kept, numbers, rates, telephones: None, events, launcher, clock }
}

/// The settings for a bridge whose clock runs so many times faster than real time. The store and the hashing of PINs
/// keep to real time: a question to the directory stays open for as long as it would at the real speed.
fn in_bridge_time(mut policy: Policy, speed: u32) -> Policy {
    policy.dialog.directory_timeout = policy.dialog.directory_timeout.saturating_mul(speed);
    policy
}

/// Empties the outbox until the service is to end.
fn send_mails(app: &Shared) -> JoinHandle<Delivered> {
    let (worker, stop) = (app.worker.clone(), app.stop.clone());
    tokio::spawn(async move { worker.run(stop.cancelled_owned()).await })
}
