//! Any bytes as a session description, offered and answered: no panic, and what is answered can be read again.

#![no_main]

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use attendant::sip::offer::{LocalAddress, Negotiation};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let at = |port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
    let local = LocalAddress { rtp: at(40_000), rtcp: at(39_999) };
    let mut negotiation = Negotiation::new(1, local);
    if let Ok(answer) = negotiation.answer(bytes) {
        assert_eq!(negotiation.answer(bytes), Ok(answer.clone()));
        let mut other = Negotiation::new(2, local);
        assert!(other.answer(answer.as_bytes()).is_ok(), "{answer}");
        negotiation.offer();
        let _refused = negotiation.take_answer(bytes);
    }
});
