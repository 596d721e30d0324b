//! What media threads carry on loopback, with real sockets: callers who wait, beside a raw loop that sends the same packets
//! from as many sockets, and what one shared port would save; meetings of 250 with three who talk; and how long a release
//! takes until the last caller hears it.
//!
//! `cargo bench --bench media`, with the number of callers to begin with if not 1,000. One media thread, and one thread that
//! reads all that is sent, so that nothing is thrown away unseen. Figures of a machine that does other things too are worth
//! little: compare the two columns of one run.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench prints figures, by the real clock"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::IoSlice;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant as Real};

use attendant::clock::{Clock, Pace};
use attendant::control::call::{LegId, Source};
use attendant::control::event::{Admission, Event, MeetingEvent, MeetingId};
use attendant::leg::log::{Entry, Sink as _};
use attendant::leg::rtp::{FlowId, LineSide, Media, MediaFigures, Order, Peer, Report, Settings};
use attendant::media::g711::Law;
use attendant::media::library::{Library, Sound};
use attendant::media::speaker::Speaker;
use attendant::rtp::packet::{HEADER_BYTES, Header};
use attendant::rtp::slots::SLOTS;
use attendant::sip::offer::{Agreed, Direction, RemoteRtcp};
use rustix::net::addr::SocketAddrArg as _;
use rustix::net::{MMsgHdr, SendAncillaryBuffer, SendFlags, sendmmsg};
use tokio::sync::mpsc;

const HOME: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const FRAME: usize = 160;
const PACKET: usize = HEADER_BYTES + FRAME;

/// Packets of a caller in a second.
const RATE: u64 = 50;

/// How long each step is measured, after as long a time to settle.
const STEP: Duration = Duration::from_secs(4);

/// Sockets of the telephones: all callers share them, as their count is not what is measured.
const TELEPHONES: usize = 64;

/// More packets than this share may not be late.
const LATE: f64 = 0.01;

/// Participants of a meeting, and how many of them talk.
const MEETING: u32 = 250;
const TALKERS: u32 = 3;

const MUSIC: i16 = 4_000;

fn main() -> ExitCode {
    let first = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(1_000);
    raise_the_limit_of_files();
    let telephones = Telephones::new();
    println!(
        "{:>8} {:>12} {:>9} {:>12} {:>10} {:>12} {:>42} {:>12}",
        "callers", "packets/s", "arrived", "of a core", "late", "bytes each", "lateness", "raw loop/s"
    );
    let mut carried = None;
    let mut callers: u32 = first;
    loop {
        let raw = raw_loop(callers as usize, &telephones);
        let step = parked(callers, &telephones);
        let figures = step.figures;
        let late = step.late();
        println!(
            "{callers:>8} {:>12.0} {:>7.1} % {:>10.1} % {:>8.2} % {:>12} {:>42} {raw:>12.0}",
            step.rate(),
            100.0 * step.arrived as f64 / step.sent as f64,
            step.core * 100.0,
            late * 100.0,
            step.bytes / u64::from(callers),
            figures.late.to_string()
        );
        if late > LATE || step.rate() < 0.99 * (u64::from(callers) * RATE) as f64 {
            break;
        }
        carried = Some((callers, step, raw));
        callers += first;
        if callers > 12_000 {
            break;
        }
    }
    let Some((callers, step, raw)) = carried else {
        println!("not even {first} callers were carried: this machine does other things, measure again");
        return ExitCode::FAILURE;
    };
    println!(
        "carried: {callers} callers, {:.0} packets/s; {:.0} % of a raw loop's {raw:.0}/s; {:.4} % of a core and {} bytes each",
        step.rate(),
        100.0 * step.rate() / raw,
        100.0 * step.core / f64::from(callers),
        step.bytes / u64::from(callers)
    );
    println!("by CPU time alone a core would carry {:.0} callers", f64::from(callers) / step.core);
    let (own, shared) =
        (raw_loop(callers as usize, &telephones), raw_loop_of_a_shared_port(callers as usize, &telephones));
    println!(
        "a raw loop that shares one port sends {shared:.0} packets/s, {:.0} % of {own:.0} from a port each",
        100.0 * shared / own
    );
    for meetings in [1, 4, 8] {
        mixing(meetings, &telephones);
    }
    for callers in [300, 1_000] {
        release(callers, &telephones);
    }
    ExitCode::SUCCESS
}

/// The sockets that callers hear with, read by a thread.
struct Telephones {
    addresses: Vec<SocketAddr>,
    sockets: Arc<Vec<UdpSocket>>,
    came: Arc<AtomicU64>,
    /// When the first packet came of each source that is not music.
    released: Arc<Mutex<BTreeMap<u32, Real>>>,
    watches: Arc<AtomicBool>,
    _reader: JoinHandle<()>,
}

impl Telephones {
    fn new() -> Self {
        let bind = |_| UdpSocket::bind((HOME, 0)).expect("a socket");
        let sockets: Arc<Vec<UdpSocket>> = Arc::new((0..TELEPHONES).map(bind).collect());
        let addresses = sockets.iter().map(|socket| socket.local_addr().expect("bound")).collect();
        sockets.iter().for_each(|socket| socket.set_nonblocking(true).expect("a socket"));
        let (came, released, watches) = (Arc::default(), Arc::default(), Arc::default());
        let reads = (Arc::clone(&sockets), Arc::clone(&came), Arc::clone(&released), Arc::clone(&watches));
        let _reader = thread::spawn(move || read(&reads.0, &reads.1, &reads.2, &reads.3));
        Self { addresses, sockets, came, released, watches, _reader }
    }

    fn of(&self, caller: u32) -> SocketAddr {
        self.addresses[caller as usize % TELEPHONES]
    }
}

/// Reads all that comes, each 2 ms; without a break while a release is watched: a caller is released by the first packet
/// that ends with the meeting, whatever it begins with.
fn read(
    sockets: &[UdpSocket],
    came: &AtomicU64,
    released: &Mutex<BTreeMap<u32, Real>>,
    watches: &AtomicBool,
) {
    let music = Law::Pcmu.encode_sample(MUSIC);
    let mut datagram = [0; PACKET];
    loop {
        let watches_now = watches.load(Ordering::Acquire);
        for socket in sockets {
            while let Ok(length) = socket.recv(&mut datagram) {
                came.fetch_add(1, Ordering::Relaxed);
                if watches_now && length == PACKET && datagram[..length].last() != Some(&music) {
                    let ssrc = u32::from_be_bytes([datagram[8], datagram[9], datagram[10], datagram[11]]);
                    released.lock().expect("nobody panics").entry(ssrc).or_insert_with(Real::now);
                }
            }
        }
        if !watches_now {
            thread::park_timeout(Duration::from_millis(2));
        }
    }
}

/// Packets that one thread sends in a second of CPU time, from so many sockets, as fast as it can.
fn raw_loop(sockets: usize, telephones: &Telephones) -> f64 {
    let bind = |_| UdpSocket::bind((HOME, 0)).expect("a socket");
    let sockets: Vec<UdpSocket> = (0..sockets).map(bind).collect();
    let datagram = [0x55; PACKET];
    let (began, cpu) = (Real::now(), cpu_of("self"));
    let mut sent = 0_u64;
    while began.elapsed() < STEP / 2 {
        for (caller, socket) in (0..).zip(&sockets) {
            sent += u64::from(socket.send_to(&datagram, telephones.of(caller)).is_ok());
        }
    }
    sent as f64 / (cpu_of("self") - cpu)
}

/// The same from one socket that all callers share, as many packets a call of the system as are due in a millisecond.
fn raw_loop_of_a_shared_port(callers: usize, telephones: &Telephones) -> f64 {
    let socket = UdpSocket::bind((HOME, 0)).expect("a socket");
    let datagram = [0x55; PACKET];
    let pieces = [IoSlice::new(&datagram)];
    let addresses: Vec<_> = (0..callers as u32).map(|caller| telephones.of(caller).as_any()).collect();
    let (began, cpu) = (Real::now(), cpu_of("self"));
    let mut sent = 0_u64;
    while began.elapsed() < STEP / 2 {
        for due in addresses.chunks(callers.div_ceil(SLOTS)) {
            let mut controls: Vec<SendAncillaryBuffer<'_, '_, '_>> =
                due.iter().map(|_| SendAncillaryBuffer::default()).collect();
            let messages = due.iter().zip(&mut controls);
            let mut messages: Vec<MMsgHdr<'_>> = messages
                .map(|(address, control)| MMsgHdr::new_with_addr(address, &pieces, control))
                .collect();
            sent += sendmmsg(&socket, &mut messages, SendFlags::empty()).unwrap_or_default() as u64;
        }
    }
    sent as f64 / (cpu_of("self") - cpu)
}

/// What a step has measured.
struct Step {
    sent: u64,
    /// Of these arrived so many.
    arrived: u64,
    took: Duration,
    /// The part of a core that the media thread took.
    core: f64,
    bytes: u64,
    figures: MediaFigures,
}

impl Step {
    fn rate(&self) -> f64 {
        self.sent as f64 / self.took.as_secs_f64()
    }

    /// The part of packets that were later than a packet lasts, or skipped.
    fn late(&self) -> f64 {
        let bad = self.figures.late.beyond_a_packet + self.figures.packets_skipped;
        bad as f64 / (self.figures.packets_sent + self.figures.packets_skipped).max(1) as f64
    }
}

/// One media thread with its side.
struct Bridge {
    media: Media,
    side: LineSide,
    reports: mpsc::Receiver<Report>,
    clock: Clock,
    telephones: Vec<SocketAddr>,
    came: Arc<AtomicU64>,
}

impl Bridge {
    fn start(library: Arc<Library>, telephones: &Telephones) -> Self {
        let clock = Clock::start(1, Pace::Realtime);
        let settings = Settings {
            bind: HOME,
            ports: 20_000..=59_999,
            threads: NonZeroUsize::MIN,
            sides: NonZeroUsize::MIN,
            library,
            media_gone: None,
            clock,
            seed: 1,
        };
        let (media, mut sides) = Media::start(settings).expect("ports on loopback");
        let (side, reports) = sides.pop().expect("one side");
        Self {
            media,
            side,
            reports,
            clock,
            telephones: telephones.addresses.clone(),
            came: Arc::clone(&telephones.came),
        }
    }

    /// A caller who hears music.
    fn park(&mut self, caller: u32) -> SocketAddr {
        let reserved = self.side.reserve(self.clock.now()).expect("a port");
        let (local, flow) = (reserved.local(), FlowId(caller));
        let agreed = Agreed {
            remote: self.telephones[caller as usize % TELEPHONES],
            rtcp: RemoteRtcp::Muxed,
            codec: Law::Pcmu,
            payload_type: 0,
            events: Some(101),
            direction: Direction::SendRecv,
        };
        let peer = Peer { signalling: HOME, listed: false };
        let began = self.clock.now();
        self.order(Order::Open { flow, reserved, agreed, peer, tap: None });
        self.order(Order::Leg { flow, leg: LegId::new(caller.into()) });
        self.order(Order::Hear { flow, at: began, source: Source::HoldMusic { begun: began } });
        // Not faster than the thread takes orders.
        if caller % 500 == 499 {
            thread::park_timeout(Duration::from_millis(20));
        }
        local.rtp
    }

    fn order(&mut self, order: Order) {
        self.side.order(order).expect("room for orders");
    }

    fn join(&mut self, caller: u32, meeting: u32) {
        let (leg, meeting) = (LegId::new(caller.into()), MeetingId(meeting));
        let joined = MeetingEvent::Joined { meeting, leg, admission: Admission::Released };
        self.media.meeting_sink().take(self.clock.now(), Entry::Event(Event::Meeting(joined)));
    }

    /// Measures what goes on for a while.
    fn measure(self, callers: u32, before: u64) -> Step {
        thread::park_timeout(STEP);
        let (sent, came) = (self.media.figures().packets_sent, self.came.load(Ordering::Relaxed));
        let (began, cpu) = (Real::now(), cpu_of(&media_thread()));
        while began.elapsed() < STEP {
            thread::park_timeout(STEP);
        }
        let figures = self.media.figures();
        let took = began.elapsed();
        let core = (cpu_of(&media_thread()) - cpu) / took.as_secs_f64();
        let bytes = resident_bytes().saturating_sub(before);
        assert_eq!(figures.flows, callers as usize);
        let arrived = self.came.load(Ordering::Relaxed) - came;
        let step = Step { sent: figures.packets_sent - sent, arrived, took, core, bytes, figures };
        self.media.stop();
        drop(self.reports);
        step
    }
}

/// A row of callers who wait.
fn parked(callers: u32, telephones: &Telephones) -> Step {
    let mut bridge = Bridge::start(Arc::clone(Library::built_in()), telephones);
    let before = resident_bytes();
    for caller in 0..callers {
        bridge.park(caller);
    }
    bridge.measure(callers, before)
}

/// So many meetings of 250 in which three talk, and the same callers without a meeting.
fn mixing(meetings: u32, telephones: &Telephones) {
    let callers = meetings * MEETING;
    let waiting = parked(callers, telephones);
    let mut bridge = Bridge::start(Arc::clone(Library::built_in()), telephones);
    let before = resident_bytes();
    let ports: Vec<SocketAddr> = (0..callers).map(|caller| bridge.park(caller)).collect();
    for caller in 0..callers {
        bridge.join(caller, caller / MEETING);
        let (flow, at) = (FlowId(caller), bridge.clock.now());
        bridge.order(Order::Hear { flow, at, source: Source::Conference });
        if caller % 500 == 499 {
            thread::park_timeout(Duration::from_millis(20));
        }
    }
    let talkers: Vec<(u32, SocketAddr)> = (0..callers)
        .filter(|caller| caller % MEETING < TALKERS)
        .map(|caller| (caller, ports[caller as usize]))
        .collect();
    let stop = Arc::new(AtomicBool::new(false));
    let talking = {
        let (stop, sockets) = (Arc::clone(&stop), Arc::clone(&telephones.sockets));
        thread::spawn(move || talk(&talkers, &sockets, &stop))
    };
    let step = bridge.measure(callers, before);
    stop.store(true, Ordering::Release);
    talking.join().expect("it does not panic");
    let each = (step.core - waiting.core) / f64::from(meetings);
    println!(
        "{meetings} meetings of {MEETING} with {TALKERS} talkers each: {:.1} % of a core, {:.1} % without them: \
         {:.2} % for each mix; late {:.2} %; frames dropped {}; {}",
        step.core * 100.0,
        waiting.core * 100.0,
        each * 100.0,
        step.late() * 100.0,
        step.figures.frames_lost,
        step.figures.late
    );
    println!(
        "  by CPU time a core carries {:.0} such meetings with all their packets",
        f64::from(meetings) / step.core
    );
}

/// Sends a voice for each of these callers, from the socket that each hears with.
fn talk(talkers: &[(u32, SocketAddr)], sockets: &[UdpSocket], stop: &AtomicBool) {
    let mut voices: Vec<Speaker> = talkers.iter().map(|(caller, _)| Speaker::new(*caller)).collect();
    let began = Real::now();
    for tick in 0_u32.. {
        if stop.load(Ordering::Acquire) {
            return;
        }
        while let Some(left) = (tick * Duration::from_millis(20)).checked_sub(began.elapsed()) {
            thread::park_timeout(left);
        }
        for ((caller, to), voice) in talkers.iter().zip(&mut voices) {
            let mut frame = [0; FRAME];
            voice.speak(&mut frame);
            let header = Header {
                marker: false,
                payload_type: 0,
                sequence: tick as u16,
                timestamp: tick.wrapping_mul(FRAME as u32),
                ssrc: *caller,
            };
            let mut datagram = header.to_bytes().to_vec();
            Law::Pcmu.encode(&frame, &mut datagram);
            // One that is lost is concealed.
            let _lost = sockets[*caller as usize % TELEPHONES].send_to(&datagram, to);
        }
    }
}

/// How long it takes from the first order until the last caller hears the meeting instead of music.
fn release(callers: u32, telephones: &Telephones) {
    let mut library = Library::clone(Library::built_in());
    library.set_hold_music(Sound::new(&[MUSIC; 8_000]));
    let mut took: Vec<Duration> = Vec::new();
    let mut bridge = Bridge::start(Arc::new(library), telephones);
    for caller in 0..callers {
        bridge.park(caller);
    }
    thread::park_timeout(STEP);
    for _ in 0..10 {
        telephones.released.lock().expect("nobody panics").clear();
        telephones.watches.store(true, Ordering::Release);
        let began = Real::now();
        for caller in 0..callers {
            bridge.join(caller, 0);
            let (flow, at) = (FlowId(caller), bridge.clock.now());
            bridge.order(Order::Hear { flow, at, source: Source::Conference });
        }
        let given = began.elapsed();
        while telephones.released.lock().expect("nobody panics").len() < callers as usize
            && began.elapsed() < STEP
        {
            thread::park_timeout(Duration::from_millis(1));
        }
        let released = telephones.released.lock().expect("nobody panics").clone();
        telephones.watches.store(false, Ordering::Release);
        if released.len() < callers as usize {
            println!(
                "release of {callers}: {} were not reached, given within {given:?}",
                callers as usize - released.len()
            );
            return;
        }
        let last = released.values().max().map(|last| last.saturating_duration_since(began));
        took.extend(last);
        for caller in 0..callers {
            let (flow, at) = (FlowId(caller), bridge.clock.now());
            bridge.order(Order::Hear { flow, at, source: Source::HoldMusic { begun: at } });
        }
        thread::park_timeout(Duration::from_millis(200));
    }
    took.sort();
    let millis = |at: usize| took[at].as_secs_f64() * 1_000.0;
    println!(
        "release of {callers}: the last hears it {:.1} ms after the first order (median of {}; {:.1} to {:.1} ms)",
        millis(took.len() / 2),
        took.len(),
        millis(0),
        millis(took.len() - 1)
    );
}

/// The folder of the media thread, as a part of `/proc/self/task`.
fn media_thread() -> String {
    let tasks = fs::read_dir("/proc/self/task").expect("Linux");
    let named = tasks
        .filter_map(Result::ok)
        .find(|task| fs::read_to_string(task.path().join("comm")).is_ok_and(|name| name.trim() == "media-0"));
    named.expect("it runs").file_name().to_string_lossy().into_owned()
}

/// Seconds of CPU time that a thread has taken: of this process, by its number, or the calling one.
fn cpu_of(thread: &str) -> f64 {
    let path = match thread {
        "self" => "/proc/thread-self/schedstat".to_owned(),
        number => format!("/proc/self/task/{number}/schedstat"),
    };
    let stat = fs::read_to_string(path).unwrap_or_default();
    let nanos: f64 = stat.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or(0.0);
    nanos / 1e9
}

fn resident_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}

fn raise_the_limit_of_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    setrlimit(Resource::Nofile, raised).expect("as many as there may be");
}
