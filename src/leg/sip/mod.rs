//! Telephones that speak SIP: sockets, and the tasks that drive the machines of [`crate::sip`].
//!
//! ```text
//!  UDP ── datagrams ──┐ guard: answered at once, dropped, or
//!  TCP ┐              ├──▶ inbox of the Call-ID's shard ──▶ signalling ──▶ trunk ──▶ bridge
//!  TLS ┴─ streams ────┘     under way before new calls        │   ▲
//!                                                    orders to media, keys back
//! ```
//!
//! A shard is one task with rows, not a task a call. Whatever waits has a limit: new calls that find no room, or have waited
//! too long, are answered with 503 and when to come back.

mod addresses;
mod calls;
mod datagrams;
mod gauges;
mod inbox;
mod number_plan;
mod signalling;
mod streams;
mod trace;
mod wire;

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::config;
use crate::leg::capture::Tap;
use crate::sip::digest::Secret;
use crate::sip::network::Network;
use crate::sip::shard::{self, Shard};

use addresses::{Addresses, Ports};
use inbox::Inboxes;
use signalling::{Ears, Signalling, Stage};
use trace::Trace;
use wire::{Streams, Wire};

pub use addresses::{Advertised, LOCAL_NETS_MAX};
pub use gauges::{Gauge, Gauges};
pub use inbox::{INBOX, NEW_CALLS};
pub use number_plan::NumberPlan;
pub use signalling::Joint;
pub use wire::{CONNECTIONS, CONNECTIONS_A_SOURCE, UNSENT};

/// The realm of passwords, as telephones show it to their users.
const REALM: &str = "attendant";

/// Ports that are tried where any free one is wanted: UDP and TCP must have the same.
const PORTS_TRIED: usize = 32;

/// How often what was refused is said in the log.
const TOLD_EVERY: Duration = Duration::from_secs(1);

/// Where telephones call, and who may.
#[derive(Clone, Debug)]
pub struct Settings {
    /// For UDP and TCP; port 0 for any free one.
    pub listen: SocketAddr,
    /// For TLS, with the certificate: new connections get the newest.
    pub tls: Option<(SocketAddr, watch::Receiver<Arc<ServerConfig>>)>,
    /// What telephones are told of us.
    pub advertised: Advertised,
    /// Peers who may call without a password, whose identities are believed, and who have no limits.
    pub trusted: Vec<Network>,
    /// Who may call, with what password.
    pub users: BTreeMap<String, config::Secret>,
    /// Whether everybody may.
    pub is_open: bool,
    /// The clock of the bridge: it goes as fast as the real one.
    pub clock: Clock,
    /// What takes down messages and sound.
    pub tap: Tap,
}

/// Sockets that are bound: telephones can call, and wait until they are served.
#[derive(Debug)]
pub struct Bound {
    settings: Settings,
    udp: UdpSocket,
    tcp: TcpListener,
    tls: Option<(TcpListener, watch::Receiver<Arc<ServerConfig>>)>,
    addresses: Addresses,
}

impl Bound {
    /// Binds the sockets; on the current tokio runtime.
    ///
    /// # Errors
    /// An address cannot be listened at, or the network is unreachable.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub async fn bind(settings: Settings) -> Result<Self, BindError> {
        let listen = settings.listen;
        let (udp, tcp) = both(listen).await.map_err(|error| BindError { address: listen, error })?;
        let at = |error| BindError { address: listen, error };
        let plain = udp.local_addr().map_err(at)?.port();
        // The system may keep fewer; then more is lost when it comes all at once.
        let _fewer = rustix::net::sockopt::set_socket_recv_buffer_size(&udp, datagrams::RECEIVE_BUFFER);
        let tls = match &settings.tls {
            None => None,
            Some((address, config)) => {
                let bound = TcpListener::bind(address).await;
                let listener = bound.map_err(|error| BindError { address: *address, error })?;
                Some((listener, config.clone()))
            }
        };
        let of_tls = tls.as_ref().and_then(|(listener, _)| listener.local_addr().ok());
        let ports = Ports { plain, tls: of_tls.map(|address| address.port()) };
        let addresses = Addresses::new(listen.ip(), ports, &settings.advertised).map_err(at)?;
        Ok(Self { settings, udp, tcp, tls, addresses })
    }

    /// Returns where it listens for UDP and TCP.
    ///
    /// # Errors
    /// The system does not say.
    pub fn address(&self) -> Result<SocketAddr, BindError> {
        self.udp.local_addr().map_err(|error| BindError { address: self.settings.listen, error })
    }

    /// Returns where it listens for TLS, if it does.
    #[must_use]
    pub fn tls_address(&self) -> Option<SocketAddr> {
        self.tls.as_ref().and_then(|(listener, _)| listener.local_addr().ok())
    }

    /// Takes calls, with a shard of signalling for each joint; `key` gives each 32 random bytes of its own.
    #[must_use]
    pub fn serve(
        self,
        (numbers, gauges): (NumberPlan, Gauges),
        joints: Vec<Joint>,
        key: impl Fn() -> [u8; 32],
    ) -> Telephones {
        let Self { settings, udp, tcp, tls, addresses } = self;
        let Settings { trusted, users, is_open, clock, tap, .. } = settings;
        let hashed = users.into_iter().map(|(user, password)| {
            let secret = Secret::new(&user, REALM, password.reveal());
            (user, secret)
        });
        let of_shards = shard::Settings {
            sockets: addresses.sockets(),
            trusted: trusted.clone(),
            realm: REALM.to_owned(),
            users: hashed.collect(),
            is_open,
        };
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let streams = Arc::new(Streams::new(gauges.clone()));
        let (udp, trusted): (_, Arc<[Network]>) = (Arc::new(udp), trusted.into());
        let (inboxes, outlets) = Inboxes::new(joints.len(), gauges.clone(), clock);
        let inboxes = Arc::new(inboxes);
        let (stage, seen) = watch::channel(Stage::Open);
        let trace = Trace::new(addresses.clone(), tap.clone());
        let wire = Wire::new(Arc::clone(&udp), addresses.clone(), Arc::clone(&streams), trace.clone());
        let shared = signalling::Shared {
            wire: Arc::new(wire),
            tap,
            numbers,
            trusted: Arc::clone(&trusted),
            gauges: gauges.clone(),
            clock,
        };
        let shards = TaskTracker::new();
        for (joint, outlet) in joints.into_iter().zip(outlets) {
            let Joint { trunk, reports, media, heard } = joint;
            let shard = Shard::new(of_shards.clone(), key());
            let signalling = Signalling::new(shard, trunk, media, shared.clone());
            let ears = Ears { outlet, reports, heard, stage: seen.clone() };
            shards.spawn(signalling.run(ears, stop.clone()));
        }
        let known = (addresses.clone(), trace.clone());
        tasks.spawn(datagrams::receive(udp, known, Arc::clone(&inboxes), stop.clone()));
        let shared = streams::Shared {
            addresses,
            inboxes: Arc::clone(&inboxes),
            streams: Arc::clone(&streams),
            trace,
            trusted,
            tasks: tasks.clone(),
            stop: stop.clone(),
        };
        if let Some((listener, config)) = tls {
            tasks.spawn(streams::accept(listener, Some(config), shared.clone()));
        }
        tasks.spawn(streams::accept(tcp, None, shared));
        tasks.spawn(tell_refusals(inboxes, stop.clone()));
        Telephones { tasks, shards, stop, stage, gauges }
    }
}

/// UDP and TCP on one address.
async fn both(address: SocketAddr) -> io::Result<(UdpSocket, TcpListener)> {
    let mut tried = 1;
    loop {
        let tcp = TcpListener::bind(address).await?;
        match UdpSocket::bind(tcp.local_addr()?).await {
            Ok(udp) => return Ok((udp, tcp)),
            // Somebody has the port that the system gave for TCP.
            Err(error) if address.port() != 0 || tried == PORTS_TRIED => return Err(error),
            Err(_) => tried += 1,
        }
    }
}

async fn tell_refusals(inboxes: Arc<Inboxes>, stop: CancellationToken) {
    let mut every = tokio::time::interval(TOLD_EVERY);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _passed = every.tick() => inboxes.tell(),
        }
    }
}

/// Telephones that are served.
#[derive(Debug)]
pub struct Telephones {
    tasks: TaskTracker,
    shards: TaskTracker,
    stop: CancellationToken,
    stage: watch::Sender<Stage>,
    gauges: Gauges,
}

impl Telephones {
    /// Takes no calls from now on, and says so (503).
    pub fn drain(&self) {
        self.stage.send_replace(Stage::Draining);
    }

    /// Returns how many telephones are on a call.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.gauges.get(Gauge::Dialogs)
    }

    /// Returns what waits for the end of every call, beside what closes the sockets.
    #[must_use]
    pub fn goodbye(&self) -> Goodbye {
        Goodbye { shards: self.shards.clone(), stage: self.stage.clone() }
    }

    /// Waits until every telephone has been told that its call is over, but at most so long; then closes the sockets.
    pub async fn close(self, within: Duration) {
        if timeout(within, self.goodbye().said()).await.is_err() {
            let left = self.calls();
            tracing::warn!(target: "attendant::sip", left, "telephones did not say in time that their calls are over");
        }
        self.stop.cancel();
        self.tasks.close();
        self.shards.wait().await;
        self.tasks.wait().await;
    }
}

/// The end of every call.
#[derive(Clone, Debug)]
pub struct Goodbye {
    shards: TaskTracker,
    stage: watch::Sender<Stage>,
}

impl Goodbye {
    /// Completes once every telephone has answered that its call is over. The bridge must have ended the calls.
    pub async fn said(&self) {
        self.stage.send_replace(Stage::Closing);
        self.shards.close();
        self.shards.wait().await;
    }
}

/// An address that cannot be listened at.
#[derive(Debug)]
pub struct BindError {
    /// Which.
    pub address: SocketAddr,
    /// Why not.
    pub error: io::Error,
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot listen for telephones at {}: {}", self.address, self.error)
    }
}

impl Error for BindError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.error)
    }
}
