//! Any bytes as an RTP packet: read or refused, and what is read lies within them.

#![no_main]

use attendant::rtp::packet::{HEADER_BYTES, Kind, Packet};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let kind = Kind::of(bytes);
    let Ok(packet) = Packet::parse(bytes) else { return };
    assert!(matches!(kind, Kind::Rtp | Kind::Rtcp));
    let extension = packet.extension.map_or(0, |extension| 4 + extension.data.len());
    let head = HEADER_BYTES + 4 * usize::from(packet.contributing_sources) + extension;
    assert!(head + packet.payload.len() <= bytes.len());
    // Written without sources, extension and padding, it is read as the same.
    let plain = [&packet.header.to_bytes()[..], packet.payload].concat();
    let again = Packet::parse(&plain).expect("what is written is read");
    assert_eq!((again.header, again.payload), (packet.header, packet.payload));
});
