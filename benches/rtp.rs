//! What a caller costs in RTP, without sockets: nanoseconds a packet sent and received, and memory, of callers who wait
//! with hold music and send sound that nobody listens to; and of callers who are listened to.
//!
//! `cargo bench --bench rtp`. A packet that is sent is copied once, as the kernel does.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench prints figures, by the real clock"
)]

use std::hint::black_box;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::{Duration, Instant as Clock};

use attendant::control::call::Source;
use attendant::control::time::Instant;
use attendant::media::g711::Law;
use attendant::media::library::Library;
use attendant::rtp::encoded::EncodedLibrary;
use attendant::rtp::flow::{Agreement, Flow, Identity};
use attendant::rtp::latch::{Expected, LOCK_AFTER};
use attendant::rtp::packet::{HEADER_BYTES, Header};
use attendant::rtp::receive::Formats;
use attendant::rtp::rtcp::ntp::NtpTime;
use attendant::rtp::send::{Codec, Outgoing};
use attendant::rtp::slots::{SLOTS, Slots};

/// Callers of a media thread.
const CALLERS: u32 = 4_000;
/// Callers of whom the memory is read, so that pages do not count.
const PARKED: u32 = 100_000;
/// The ceiling for all that a caller costs, its call and its socket included.
const BYTES_MAX: usize = 16 * 1024;

const FRAME: usize = 160;
/// Packets of one second.
const TICKS: u64 = 50;

/// The best of so many runs counts, so that what else the machine does is left out.
const RUNS: u64 = 5;

fn main() -> ExitCode {
    let library = Library::built_in();
    let began = Clock::now();
    let encoded = EncodedLibrary::new(library);
    println!("all sounds are encoded in both laws within {} ms", began.elapsed().as_millis());

    let before = resident_bytes();
    let mut parked: Vec<Flow> = (0..PARKED).map(|caller| waiting(caller, &encoded)).collect();
    let opened = resident_bytes().saturating_sub(before);
    for tick in 0..TICKS {
        for (caller, flow) in (0..).zip(&mut parked) {
            receive(flow, caller, tick);
            send(flow, tick, &encoded);
        }
    }
    let second_later = resident_bytes().saturating_sub(before);
    let each = second_later as f64 / f64::from(PARKED);
    println!(
        "a caller who waits takes {} bytes, {each:.0} resident ({:.0} before the first packet)",
        size_of::<Flow>(),
        opened as f64 / f64::from(PARKED)
    );

    let before = resident_bytes();
    let hears_tones = |caller| Flow::new(moment(0), identity(caller), &agreement(caller, None));
    let in_sound: Vec<Flow> = (0..CALLERS).map(hears_tones).collect();
    let more = resident_bytes().saturating_sub(before) as f64 / f64::from(CALLERS);
    println!("one whose keys have to be heard in the sound takes {more:.0} resident");
    drop(in_sound);

    parked.truncate(CALLERS as usize);
    let mut slots = Slots::new(CALLERS as usize);
    for _ in 0..CALLERS {
        slots.add().expect("there is room");
    }
    println!(
        "{:<40} {:>10} {:>26}",
        format!("{CALLERS} callers, one thread"),
        "a packet",
        "of a core, at 50/s each"
    );
    let mut tick = TICKS;
    let mut sends = |flows: &mut [Flow], slots: &Slots| {
        best(&mut tick, |tick| {
            for millisecond in 0..SLOTS as u64 {
                for index in slots.due(millisecond) {
                    send(&mut flows[*index as usize], tick, &encoded);
                }
            }
        })
    };
    row("sent, hold music", sends(&mut parked, &slots));
    let mut tick = TICKS;
    let mut receives = |flows: &mut [Flow], pulls: bool| {
        best(&mut tick, |tick| {
            for (caller, flow) in (0..).zip(&mut *flows) {
                receive(flow, caller, tick);
                if pulls {
                    black_box(flow.pull(&mut [0; FRAME]));
                }
            }
        })
    };
    row("received, nobody listens", receives(&mut parked, false));
    parked.iter_mut().for_each(|flow| flow.listen(true));
    row("received and decoded", receives(&mut parked, true));
    let received: u64 = parked.iter().map(|flow| flow.figures().received).sum();
    let lost: i64 = parked.iter().map(|flow| flow.figures().lost).sum();
    if lost != 0 || received < u64::from(CALLERS) * TICKS * RUNS || each > BYTES_MAX as f64 {
        println!("{received} packets came and {lost} were lost: this was measured for nothing");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn row(what: &str, second: Duration) {
    let nanos = second.as_nanos() as f64 / (u64::from(CALLERS) * TICKS) as f64;
    println!("{what:<40} {nanos:>7.0} ns {:>24.2} %", second.as_secs_f64() * 100.0);
}

fn moment(tick: u64) -> Instant {
    Instant::from_millis(1_800_000 + 20 * tick)
}

fn address(caller: u32) -> SocketAddr {
    SocketAddr::from(([10, (caller >> 16) as u8, (caller >> 8) as u8, caller as u8], 4_000))
}

fn agreement(caller: u32, events: Option<u8>) -> Agreement {
    let media = address(caller);
    Agreement {
        expected: Expected { media: Some(media), signalling: media.ip(), listed: false },
        codec: Codec::of(Law::Pcmu),
        formats: Formats { laws: [Some(0), Some(8)], events },
        sends: true,
        hears: true,
        silence_max: None,
        reports: None,
    }
}

fn identity(caller: u32) -> Identity {
    Identity { ssrc: caller, sequence: caller as u16, timestamp: caller, origin: NtpTime::from_bits(0) }
}

/// A caller who came within the last ten minutes, and hears music.
fn waiting(caller: u32, encoded: &EncodedLibrary) -> Flow {
    let began = Instant::from_millis(1_700_000 - u64::from(caller) * 7_919 % 600_000);
    let mut flow = Flow::new(moment(0), identity(caller), &agreement(caller, Some(101)));
    flow.hear(began, Source::HoldMusic { begun: began }, None, encoded);
    flow
}

/// What a driver does with a datagram: hands it over, drains what follows from it, and looks when more is due.
fn receive(flow: &mut Flow, caller: u32, tick: u64) {
    let sequence = (tick as u16).wrapping_add(u16::from(LOCK_AFTER));
    let header =
        Header { marker: false, payload_type: 0, sequence, timestamp: 160 * tick as u32, ssrc: !caller };
    let mut datagram = [0x7F; HEADER_BYTES + FRAME];
    datagram[..HEADER_BYTES].copy_from_slice(&header.to_bytes());
    flow.handle_datagram(moment(tick), address(caller), black_box(&datagram));
    while flow.poll_output().is_some() {}
    black_box(flow.poll_timeout());
}

fn send(flow: &mut Flow, tick: u64, encoded: &EncodedLibrary) {
    let mut own = [0; FRAME];
    let packet = flow.packet(moment(tick), encoded, None, &mut own);
    let mut datagram = [0; HEADER_BYTES + FRAME];
    if let Some((_, Outgoing { header, payload })) = black_box(packet) {
        datagram[..HEADER_BYTES].copy_from_slice(&header);
        datagram[HEADER_BYTES..].copy_from_slice(payload);
    }
    black_box(&datagram);
}

/// How long the packets of one second take.
fn best(tick: &mut u64, mut run: impl FnMut(u64)) -> Duration {
    let mut timed = |_| {
        let began = Clock::now();
        for _ in 0..TICKS {
            run(*tick);
            *tick += 1;
        }
        began.elapsed()
    };
    (0..RUNS).map(&mut timed).min().unwrap_or_default()
}

fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}
