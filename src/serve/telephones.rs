//! Telephones: SIP and its media on the exchange.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::sync::{mpsc, watch};
use tokio::time::{interval, timeout};

use super::certificates::for_telephones;
use super::error::OpenError;
use super::open_files;
use super::tls::Tls;
use crate::clock::Clock;
use crate::config::{SipConfig, SipTls};
use crate::control::time::show_duration;
use crate::exchange::Exchange;
use crate::leg::capture::{self, Capture, CaptureError};
use crate::leg::rtp::{self, LineSide, Media, MeetingSink};
use crate::leg::sip::{self, Advertised, Bound, Gauges, Goodbye, Joint, NumberPlan};
use crate::media::library::Library;
use crate::sip::admission::CALLS;
use crate::store::entropy;
use crate::web::{EventSink, TelephoneFigures};

/// The part of the program that its lines in the log are of.
const LOG: &str = "attendant::service";

/// Interval at which a service that is to end looks whether calls are up.
const LOOK: Duration = Duration::from_millis(50);

/// How long telephones may take to answer that their calls are over, once the service is to end.
const GOODBYE: Duration = Duration::from_secs(5);

/// Media threads and sockets that wait for an exchange.
#[derive(Debug)]
pub(super) struct Prepared {
    media: Media,
    sides: Vec<(LineSide, mpsc::Receiver<rtp::Report>)>,
    bound: Bound,
    room: Room,
    capture: Option<Capture>,
    drain: Duration,
    certificate: Option<(Tls, watch::Sender<Arc<ServerConfig>>)>,
}

/// How many calls there is room for, and why not for more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Room {
    /// Media ports.
    pub ports: usize,
    /// Files that may be open, beside those that the service has anyway.
    pub files: u64,
    /// Calls that signalling carries.
    pub calls: usize,
}

impl Room {
    /// Returns how many calls there is room for.
    #[must_use]
    pub fn least(&self) -> usize {
        self.ports.min(self.calls).min(usize::try_from(self.files).unwrap_or(usize::MAX))
    }
}

impl Prepared {
    /// Binds the sockets and starts the media threads.
    pub(super) async fn new(
        config: SipConfig,
        pcap: Option<PathBuf>,
        clock: Clock,
        library: Arc<Library>,
    ) -> Result<Self, OpenError> {
        let files = open_files::raise();
        let mut certificate_of_sip = None;
        let tls = match config.tls {
            None => None,
            Some(SipTls { listen, certificate, key }) => {
                let tls = Tls { certificate, key };
                let (newest, config) = watch::channel(for_telephones(&tls.read().await?));
                certificate_of_sip = Some((tls, newest));
                Some((listen, config))
            }
        };
        let kept = capture::Settings { file: pcap, collector: config.hep, ..capture::Settings::default() };
        let captured = tokio::task::spawn_blocking(move || Capture::start(kept, clock)).await;
        let captured = captured.unwrap_or_else(|panicked| Err(CaptureError::Thread(panicked.into())));
        let (capture, tap) = captured.map_err(OpenError::Capture)?.unzip();
        let settings = sip::Settings {
            listen: config.listen,
            tls,
            advertised: Advertised {
                address: config.advertised.map(|(address, _)| address),
                port: config.advertised.and_then(|(_, port)| port),
                local_nets: config.local_nets,
            },
            trusted: config.allow,
            users: config.users,
            is_open: config.is_open,
            clock,
            tap: tap.unwrap_or_default(),
        };
        let bound = Bound::bind(settings).await.map_err(OpenError::Telephones)?;
        let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        // Signalling takes a small part of what media does.
        let shards = NonZeroUsize::new(cores.get() / 2).unwrap_or(NonZeroUsize::MIN);
        let settings = rtp::Settings {
            bind: config.rtp_bind,
            ports: config.rtp_ports,
            threads: cores,
            sides: shards,
            library,
            media_gone: config.media_gone,
            clock,
            seed: entropy::draw(),
        };
        let (media, sides) = Media::start(settings).map_err(OpenError::Media)?;
        let ports = sides.iter().map(|(side, _)| side.capacity()).sum();
        let room = Room { ports, files, calls: CALLS * shards.get() };
        let certificate = certificate_of_sip;
        Ok(Self { media, sides, bound, room, capture, drain: config.drain, certificate })
    }

    /// What reads the event stream for the meetings' sound.
    pub(super) fn meeting_sink(&self) -> MeetingSink {
        self.media.meeting_sink()
    }

    /// Returns the figures of telephones for metrics: rows, room, and limits of what waits.
    pub(super) fn figures(&self, gauges: Gauges) -> TelephoneFigures {
        let capture = self.capture.iter().map(Capture::limit);
        let limits = self.media.limits().into_iter().chain(capture).collect();
        TelephoneFigures { gauges, room: self.room.least(), limits }
    }

    /// Takes calls for this exchange.
    pub(super) async fn serve(
        self,
        exchange: &Exchange<EventSink>,
        numbers: NumberPlan,
        gauges: Gauges,
    ) -> Result<Telephones, OpenError> {
        let Self { media, sides, bound, room, capture, drain, certificate } = self;
        let mut joints = Vec::new();
        for (media, heard) in sides {
            // An exchange that has just opened is in service.
            let Ok((trunk, reports)) = exchange.open_trunk(0).await else { continue };
            joints.push(Joint { trunk, reports, media, heard });
        }
        let address = bound.address().map_err(OpenError::Telephones)?;
        let tls_address = bound.tls_address();
        let sip = bound.serve((numbers, gauges), joints, || {
            let mut key = [0; 32];
            key.chunks_mut(8).for_each(|part| part.copy_from_slice(&entropy::draw().to_le_bytes()));
            key
        });
        Ok(Telephones { sip, media, address, tls_address, room, capture, drain, certificate })
    }
}

/// Telephones that are served.
#[derive(Debug)]
pub(super) struct Telephones {
    sip: sip::Telephones,
    media: Media,
    pub(super) address: SocketAddr,
    pub(super) tls_address: Option<SocketAddr>,
    pub(super) room: Room,
    capture: Option<Capture>,
    drain: Duration,
    pub(super) certificate: Option<(Tls, watch::Sender<Arc<ServerConfig>>)>,
}

impl Telephones {
    /// Returns what waits for the end of every call.
    pub(super) fn goodbye(&self) -> Goodbye {
        self.sip.goodbye()
    }

    /// Takes no calls from now on, and lets those that are up end by themselves, but no longer than they may.
    pub(super) async fn drain(&self) {
        self.sip.drain();
        let calls = self.sip.calls();
        if calls == 0 || self.drain.is_zero() {
            return;
        }
        let within = show_duration(self.drain);
        tracing::info!(target: LOG, calls, within, "waiting for calls of telephones to end; a second signal ends them at once");
        let all_ended = async {
            let mut look = interval(LOOK);
            while self.sip.calls() > 0 {
                look.tick().await;
            }
        };
        if timeout(self.drain, all_ended).await.is_err() {
            let calls = self.sip.calls();
            tracing::warn!(target: LOG, calls, "calls of telephones are hung up: their time is over");
        }
    }

    /// Says goodbye to every telephone, and closes the sockets.
    pub(super) async fn close(self) {
        self.sip.close(GOODBYE).await;
        self.media.stop();
        if let Some(capture) = self.capture {
            // Waits until the file is written.
            let _panicked = tokio::task::spawn_blocking(|| capture.finish()).await;
        }
    }
}
