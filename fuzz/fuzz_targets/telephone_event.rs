//! Any bytes as a stream of telephone-event packets: presses and releases take turns, each of one key, without a panic.

#![no_main]

use std::time::Duration;

use attendant::control::time::Instant;
use attendant::media::telephone_event::TelephoneEvent;
use attendant::media::telephone_event::decoder::{Decoder, Output, Packet};
use libfuzzer_sys::fuzz_target;

/// A packet: how long after the last (in units of 2 ms), its sequence number, its timestamp, its payload.
const PACKET_BYTES: usize = 1 + 2 + 4 + 4;

fuzz_target!(|bytes: &[u8]| {
    let mut decoder = Decoder::default();
    let mut down = None;
    let mut now = Instant::ZERO;
    for packet in bytes.chunks(PACKET_BYTES) {
        let Some((&[gap, s1, s2, t1, t2, t3, t4], payload)) = packet.split_first_chunk() else { break };
        let Ok(event) = TelephoneEvent::parse(payload) else { break };
        assert_eq!(TelephoneEvent::parse(&event.to_bytes()), Ok(event));
        let at = now + Duration::from_millis(u64::from(gap) * 2);
        while let Some(due) = decoder.poll_timeout().filter(|due| *due <= at) {
            decoder.handle_timeout(due);
            drain(&mut decoder, &mut down);
        }
        now = at;
        let (sequence, timestamp) = (u16::from_be_bytes([s1, s2]), u32::from_be_bytes([t1, t2, t3, t4]));
        decoder.handle_input(now, Packet { sequence, timestamp, event });
        drain(&mut decoder, &mut down);
    }
    while let Some(due) = decoder.poll_timeout() {
        decoder.handle_timeout(due);
        drain(&mut decoder, &mut down);
    }
    assert_eq!(down, None);
});

fn drain(decoder: &mut Decoder, down: &mut Option<u8>) {
    while let Some(output) = decoder.poll_output() {
        match output {
            Output::Pressed(digit) => assert_eq!(down.replace(digit.event_code()), None),
            Output::Released { digit, .. } => assert_eq!(down.take(), Some(digit.event_code())),
        }
    }
}
