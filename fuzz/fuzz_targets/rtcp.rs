//! Any bytes as a compound of reports: read or refused as a whole, and its reports come back from ours.

#![no_main]

use attendant::rtp::rtcp::compose::Report;
use attendant::rtp::rtcp::{Compound, Packet};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(compound) = Compound::parse(bytes) else { return };
    assert!(matches!(
        compound.into_iter().next(),
        Some(Packet::SenderReport { .. } | Packet::ReceiverReport { .. })
    ));
    for packet in compound {
        let (ssrc, sender, blocks) = match packet {
            Packet::SenderReport { ssrc, sender, blocks } => (ssrc, Some(sender), blocks),
            Packet::ReceiverReport { ssrc, blocks } => (ssrc, None, blocks),
            Packet::Goodbye => continue,
        };
        let blocks: Vec<_> = blocks.collect();
        let mut written = Vec::new();
        Report { ssrc, sender, blocks: &blocks, cname: "fuzz", goodbye: false }.write(&mut written);
        let again = match Compound::parse(&written).expect("what is written is read").next() {
            Some(Packet::SenderReport { ssrc, sender, blocks }) => (ssrc, Some(sender), blocks),
            Some(Packet::ReceiverReport { ssrc, blocks }) => (ssrc, None, blocks),
            Some(Packet::Goodbye) | None => panic!("a report was written"),
        };
        assert_eq!((again.0, again.1, again.2.collect::<Vec<_>>()), (ssrc, sender, blocks));
    }
});
