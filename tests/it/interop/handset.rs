//! The sound of a telephone whose signalling is somebody else's: a socket that keeps what it hears, and speaks.

use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use attendant::clock;
use attendant::media::g711::Law;
use attendant::media::rate::FRAME;
use attendant::media::speaker::Speaker;

/// From one packet to the next.
const PERIOD: Duration = Duration::from_millis(20);

/// How long a handset may take to hear some seconds of sound: many times as long.
const SILENT_MAX: Duration = Duration::from_secs(60);

/// The bytes of a header without lists and extensions (RFC 3550 section 5.1).
const HEADER: usize = 12;

/// A handset, until it is put down.
pub(super) struct Handset {
    pub(super) port: u16,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    heard: Mutex<Vec<u8>>,
    grown: Condvar,
    is_over: AtomicBool,
}

impl Handset {
    /// One that says this again and again, as soon as it knows where to: from where it hears something.
    pub(super) fn saying(law: Law, samples: &[i16]) -> Self {
        let mut codes = Vec::new();
        law.encode(samples, &mut codes);
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        let shared = Arc::new(Shared::default());
        let kept = Arc::clone(&shared);
        let thread = std::thread::spawn(move || talk(&socket, law, &codes, &kept));
        Self { port, shared, thread: Some(thread) }
    }

    /// One with the voice of this number, which nobody else has.
    pub(super) fn of(number: u32) -> Self {
        let mut samples = vec![0; 40 * 7 * FRAME];
        Speaker::new(number).speak(&mut samples);
        Self::saying(Law::Pcmu, &samples)
    }

    /// What it has heard so far, in its codec, as packets came.
    pub(super) fn heard(&self) -> Vec<u8> {
        self.shared.heard.lock().unwrap().clone()
    }

    /// Waits until it has heard so many more seconds.
    #[track_caller]
    pub(super) fn listen(&self, seconds: f64) {
        all_listen(std::slice::from_ref(self), seconds);
    }

    #[track_caller]
    fn until_heard(&self, samples: usize) {
        let heard = self.shared.heard.lock().unwrap();
        let waited = self.shared.grown.wait_timeout_while(heard, SILENT_MAX, |heard| heard.len() < samples);
        let (heard, waited) = waited.unwrap();
        assert!(!waited.timed_out(), "{} heard {} samples of {samples}", self.port, heard.len());
    }
}

/// Waits until all of them have heard so many more seconds.
#[track_caller]
pub(super) fn all_listen(handsets: &[Handset], seconds: f64) {
    let more = (seconds * 8_000.0) as usize;
    let enough: Vec<_> = handsets.iter().map(|handset| handset.heard().len() + more).collect();
    handsets.iter().zip(enough).for_each(|(handset, enough)| handset.until_heard(enough));
}

impl Drop for Handset {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        // It panics where a packet is not as it should be, which is told then.
        let ended = self.thread.take().unwrap().join();
        if !std::thread::panicking() {
            ended.unwrap();
        }
    }
}

fn talk(socket: &UdpSocket, law: Law, codes: &[u8], shared: &Shared) {
    let mut bridge: Option<SocketAddr> = None;
    let (mut due, mut sequence) = (clock::now() + PERIOD, 0_u16);
    let mut last: Option<u16> = None;
    let mut packet = [0; 1_500];
    while !shared.is_over.load(Ordering::Relaxed) {
        let left = due.saturating_duration_since(clock::now());
        if left.is_zero() {
            if let Some(bridge) = bridge {
                let at = usize::from(sequence) * FRAME % codes.len();
                let sent = packet_of(law, sequence, &codes[at..at + FRAME]);
                // After the end of a call nobody is there.
                let _gone = socket.send_to(&sent, bridge);
                sequence = sequence.wrapping_add(1);
            }
            due += PERIOD;
            continue;
        }
        socket.set_read_timeout(Some(left)).unwrap();
        let Ok((length, from)) = socket.recv_from(&mut packet) else { continue };
        // Reports come to the same port where they are multiplexed (RFC 5761 section 4).
        if length < HEADER || (200..=207).contains(&packet[1]) {
            continue;
        }
        assert_eq!((packet[0], packet[1] & 0x7f), (0x80, law.payload_type()), "a header without extras");
        let number = u16::from_be_bytes([packet[2], packet[3]]);
        assert!(last.is_none_or(|last| number == last.wrapping_add(1)), "{last:?}, {number}: in order");
        (last, bridge) = (Some(number), Some(from));
        shared.heard.lock().unwrap().extend(&packet[HEADER..length]);
        shared.grown.notify_all();
    }
}

fn packet_of(law: Law, sequence: u16, codes: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80, law.payload_type()];
    packet.extend(sequence.to_be_bytes());
    packet.extend((u32::from(sequence) * 160).to_be_bytes());
    packet.extend(0x5eed_u32.to_be_bytes());
    packet.extend(codes);
    packet
}
