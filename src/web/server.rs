//! Opens the admin center, serves it, and closes it in good order.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use hyper_util::rt::TokioTimer;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::api::idempotency::Remembered;
use super::app::{App, Shared};
use super::follow::{Changed, follow};
use super::limits::SignInLimits;
use super::live::place::Placing;
use super::live::wire::Wire;
use super::metrics::metrics;
use super::page::live::Drawings;
use super::session::Sessions;
use super::{api, guard, page};
use crate::admin::administration::Administration;
use crate::admin::answer::AccountView;
use crate::admin::refusal::Refusal;
use crate::clock::{self, Clock, Pace};
use crate::control::policy::Policy;
use crate::exchange::kept::Kept;
use crate::exchange::{Exchange, Limits};
use crate::files;
use crate::leg::trouble::Troubles;
use crate::mail::courier::Courier;
use crate::mail::worker::{Delivered, Worker};
use crate::media::library::Library;
use crate::scenario::story::Story;
use crate::store::account::Password;
use crate::store::check::PinChecks;
use crate::store::entropy;
use crate::store::keyring::Keyring;
use crate::store::pin_hash::{Cost, PinHasher};
use crate::store::sql::{Holder, Lease, LeaseError, Sql};

/// The largest certificate or key that is read, in bytes: a chain of certificates has a few KiB each.
const CERTIFICATES_BYTES_MAX: u64 = 1 << 20;

/// How long requests that are under way may take once the program is to end.
const DRAIN: Duration = Duration::from_secs(10);

/// How long a client may take to send the head of a request, and a connection may stay without one.
const HEAD_WITHIN: Duration = Duration::from_secs(30);

/// How often the figures are written down.
const SECOND: Duration = Duration::from_secs(1);

/// What proves who the server is, as PEM.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tls {
    /// The certificate, with those that it hangs on.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// What an admin center is opened with.
#[derive(Debug)]
pub struct Settings {
    /// The users.
    pub store: Arc<Sql>,
    /// The keys of their PINs.
    pub keyring: Arc<Keyring>,
    /// What a hash of a new PIN or password costs.
    pub cost: Cost,
    /// The settings that the tenant has not changed.
    pub policy: Policy,
    /// What writes and sends mails.
    pub courier: Courier,
    /// Where to listen; port 0 for any that is free.
    pub listen: SocketAddr,
    /// For encrypted connections.
    pub tls: Option<Tls>,
    /// The proxy that encrypts in its place, which is believed who asks.
    pub proxy: Option<IpAddr>,
    /// How many times as fast as the real one the time of calls goes.
    pub speed: u32,
    /// Scenarios that can be placed, beside those that are built in.
    pub scenarios: Vec<Arc<Story>>,
}

/// Why an admin center was not opened.
#[derive(Debug)]
pub enum Unopened {
    /// Nobody can listen there.
    Listen(SocketAddr, io::Error),
    /// The certificate or its key cannot be used.
    Tls(PathBuf, io::Error),
    /// Another bridge serves the directory, or it cannot be known.
    Lease(LeaseError),
    /// The first administrator has no account.
    Account(Refusal),
}

impl fmt::Display for Unopened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen(address, error) => write!(f, "nobody can listen at {address}: {error}"),
            Self::Tls(path, error) => write!(f, "the certificate {}: {error}", path.display()),
            Self::Lease(error) => error.fmt(f),
            Self::Account(refusal) => refusal.fmt(f),
        }
    }
}

impl std::error::Error for Unopened {}

/// What an admin center did, when it is closed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Served {
    /// What became of mails.
    pub delivered: Delivered,
    /// The bridge that took the directory over, if it was closed because of that.
    pub taken_over_by: Option<Holder>,
}

/// An admin center that is open.
#[derive(Debug)]
pub struct Center {
    app: Shared,
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<RustlsConfig>,
    first: Option<(AccountView, Password)>,
    lease: Lease,
}

impl Center {
    /// Opens it: the bridge is in service, and whoever connects waits until [`Center::serve`]. Where there is no account
    /// at all, an administrator's is made.
    ///
    /// # Errors
    /// Another bridge serves the directory, nobody can listen there, the certificate cannot be used, or the directory does
    /// not answer.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub async fn open(settings: Settings) -> Result<Self, Unopened> {
        let Settings { store, keyring, cost, policy, courier, listen, tls, proxy, speed, scenarios } =
            settings;
        let tls = match tls {
            None => None,
            Some(tls) => Some(encrypted(&tls).await?),
        };
        let bind = || {
            let listener = TcpListener::bind(listen)?;
            listener.set_nonblocking(true)?;
            let address = listener.local_addr()?;
            Ok((listener, address))
        };
        let bound = bind();
        // That another bridge has the directory says more than that its address is taken, and is told first.
        let address = bound.as_ref().map_or(listen, |(_, address)| *address);
        let holder = Holder::here(&url(tls.is_some(), address), clock::epoch_ms());
        let lease = store.lease(holder).await.map_err(Unopened::Lease)?;
        let (listener, address) = bound.map_err(|error| Unopened::Listen(listen, error))?;
        let hasher = PinHasher::new(Arc::clone(&keyring), cost);
        let administration = Administration::new(Arc::clone(&store), hasher.clone(), policy.clone());
        let first = administration.first_administrator(clock::epoch_ms()).await;
        let first = first.map_err(Unopened::Account)?;
        let in_force = administration.policy().await.map_err(|error| Unopened::Account(error.into()))?;
        let (policy, in_force) = (in_bridge_time(policy, speed), in_bridge_time(in_force, speed));
        let checks = PinChecks::new(Arc::clone(&store), hasher, policy.lockout.clone());
        let kept = Arc::new(Kept::new(Arc::clone(&store), checks, policy, clock::epoch_ms));
        let clock = Clock::start(speed, Pace::Measured);
        let wire = Wire::new(clock);
        let capacity = in_force.meeting.capacity;
        let exchange = crate::exchange::Settings {
            policy: in_force,
            library: Arc::clone(Library::built_in()),
            seed: entropy::draw(),
            clock,
            limits: Limits::default(),
            troubles: Troubles::default(),
        };
        let lanes = [(wire.clone(), Box::new(|_: crate::exchange::Acting<'_, Wire>| {}) as _)];
        let elsewhere: Arc<dyn crate::exchange::kept::Elsewhere> = kept.clone();
        let exchange = Exchange::open_on(exchange, Some(elsewhere), lanes);
        let now = Arc::new(clock::epoch_ms);
        let app = App {
            placing: Placing::new(&exchange, wire.clone(), capacity, &scenarios),
            drawings: Drawings::default(),
            worker: Worker::new(store, keyring, courier.clone(), now, entropy::draw),
            administration,
            courier,
            exchange,
            kept,
            wire,
            sessions: Sessions::default(),
            limits: SignInLimits::new(),
            remembered: Remembered::default(),
            changed: Changed::new(),
            clock,
            secure: tls.is_some() || proxy.is_some(),
            proxy,
            stop: CancellationToken::new(),
        };
        Ok(Self { app: Arc::new(app), listener, address, tls, first, lease })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where browsers find it.
    #[must_use]
    pub fn url(&self) -> String {
        url(self.tls.is_some(), self.address)
    }

    /// The account that was made since there was none, with its one-time password: for its one showing.
    #[must_use]
    pub fn first_account(&self) -> Option<&(AccountView, Password)> {
        self.first.as_ref()
    }

    /// Serves until `stop` comes, or another bridge has taken the directory over; then answers what is under way, ends every
    /// call and settles the mails in hand.
    ///
    /// # Errors
    /// The listener fails.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send) -> io::Result<Served> {
        let Self { app, listener, tls, lease, .. } = self;
        let handle = Handle::new();
        let service = router(&app).into_make_service_with_connect_info::<SocketAddr>();
        let server = match tls {
            None => {
                let mut server = axum_server::from_tcp(listener)?.handle(handle.clone());
                server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN);
                tokio::spawn(async move { server.serve(service).await })
            }
            Some(tls) => {
                let mut server = axum_server::from_tcp_rustls(listener, tls)?.handle(handle.clone());
                server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN);
                tokio::spawn(async move { server.serve(service).await })
            }
        };
        let (figures, following) = (every_second(&app), follow(&app));
        let mails = {
            let (worker, stopping) = (app.worker.clone(), app.stop.clone());
            tokio::spawn(async move { worker.run(stopping.cancelled_owned()).await })
        };
        let mut server = pin!(server);
        let (failed, taken_over_by) = tokio::select! {
            () = stop => (None, None),
            ended = &mut server => (Some(ended), None),
            by = lease.lost() => (None, Some(by)),
        };
        app.stop.cancel();
        handle.graceful_shutdown(Some(DRAIN));
        if taken_over_by.is_some() {
            // Who calls now is answered by the other: those who are here hear of it before the last page is answered.
            app.exchange.end_calls().await;
        }
        let served = match failed {
            Some(ended) => ended,
            None => server.await,
        };
        app.exchange.end_calls().await;
        // A task that panicked has told so on standard error.
        let (delivered, _figures, _following) =
            (mails.await.unwrap_or_default(), figures.await, following.await);
        app.write_counted(true).await;
        lease.release().await;
        app.store().close().await;
        served.map_err(io::Error::other)?.map(|()| Served { delivered, taken_over_by })
    }
}

/// The settings for a bridge whose clock goes so many times as fast as the real one. The store and the hashing of PINs
/// keep to real time: a question to the directory stays open for as long as it would at the real speed.
fn in_bridge_time(mut policy: Policy, speed: u32) -> Policy {
    policy.dialog.directory_timeout = policy.dialog.directory_timeout.saturating_mul(speed);
    policy
}

fn url(encrypted: bool, address: SocketAddr) -> String {
    let scheme = if encrypted { "https" } else { "http" };
    format!("{scheme}://{address}")
}

async fn encrypted(tls: &Tls) -> Result<RustlsConfig, Unopened> {
    // Whoever came first, as a test or mail by TLS, took the same one.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let read = |path: &Path| {
        let bytes = files::read(path, CERTIFICATES_BYTES_MAX);
        bytes.map_err(|error| Unopened::Tls(path.to_owned(), error.into()))
    };
    RustlsConfig::from_pem(read(&tls.certificate)?, read(&tls.key)?)
        .await
        .map_err(|error| Unopened::Tls(tls.certificate.clone(), error))
}

/// Closes a second of the figures each second.
fn every_second(app: &Shared) -> JoinHandle<()> {
    let app = Arc::clone(app);
    tokio::spawn(async move {
        let mut second = tokio::time::interval(SECOND);
        while !app.stop.is_cancelled() {
            tokio::select! {
                _passed = second.tick() => {
                    app.wire.second();
                    app.write_counted(false).await;
                }
                () = app.stop.cancelled() => {}
            }
        }
    })
}

fn router(app: &Shared) -> Router {
    let pages = page::router().layer(axum::middleware::from_fn(guard::same_site));
    let plain = Router::new()
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics));
    let headers = axum::middleware::from_fn_with_state(Arc::clone(app), guard::headers);
    Router::new()
        .merge(pages)
        .merge(plain)
        .nest("/api", api::router(app))
        .fallback(page::nothing_here)
        .layer(axum::middleware::from_fn(guard::readable))
        .layer(axum::middleware::from_fn(guard::whole))
        .layer(headers)
        .with_state(Arc::clone(app))
}

async fn ready(State(app): State<Shared>) -> (StatusCode, String) {
    match app.ready().await {
        Ok(()) => (StatusCode::OK, "ready\n".to_owned()),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {why}\n")),
    }
}
