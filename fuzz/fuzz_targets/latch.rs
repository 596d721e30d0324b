//! Any packets of anybody, and agreements in between: strangers are never believed, a lock is earned, and nobody who has
//! not spoken is sent more than they may be.

#![no_main]

use std::net::SocketAddr;
use std::time::Duration;

use attendant::control::time::Instant;
use attendant::rtp::latch::{Expected, LOCK_AFTER, Latch, UNPROVEN_MAX, Verdict};
use attendant::rtp::packet::Header;
use libfuzzer_sys::fuzz_target;

/// The last two are strangers, whatever is agreed upon.
const ADDRESSES: [([u8; 4], u16); 8] = [
    ([192, 0, 2, 7], 4_000),
    ([192, 0, 2, 7], 4_002),
    ([192, 0, 2, 8], 4_000),
    ([198, 51, 100, 1], 5_060),
    ([198, 51, 100, 1], 9),
    ([0, 0, 0, 0], 4_000),
    ([203, 0, 113, 9], 4_000),
    ([203, 0, 113, 10], 4_000),
];
const STRANGERS: std::ops::Range<usize> = 6..8;

/// A step: what happens, with which address, how long after the last (in units of 50 ms), source, sequence number.
const STEP_BYTES: usize = 5;

fuzz_target!(|bytes: &[u8]| {
    let address = |at: u8| SocketAddr::from(ADDRESSES[usize::from(at) % ADDRESSES.len()]);
    let named = |at: u8| address(at % STRANGERS.start as u8);
    let expected = |media: u8, signalling: u8| Expected {
        media: Some(named(media)),
        signalling: named(signalling).ip(),
        listed: false,
    };
    let mut latch = Latch::new(expected(0, 3));
    let mut now = Instant::ZERO;
    let mut in_a_row = 0_u32;
    let mut unproven = 0;
    let mut has_spoken = false;
    for step in bytes.as_chunks::<STEP_BYTES>().0 {
        let [act, who, gap, ssrc, sequence] = *step;
        now = now + Duration::from_millis(u64::from(gap) * 50);
        let before = latch.locked();
        match act % 8 {
            0 => latch.expect(now, expected(who, ssrc)),
            1 => {
                has_spoken |= !STRANGERS.contains(&(usize::from(who) % ADDRESSES.len()));
                latch.hears(address(who));
            }
            2 => unproven += u16::from(latch.next_destination().is_some() && !has_spoken),
            _ => {
                has_spoken |= !STRANGERS.contains(&(usize::from(who) % ADDRESSES.len()));
                in_a_row += 1;
                let header = Header {
                    marker: false,
                    payload_type: 0,
                    sequence: sequence.into(),
                    timestamp: 0,
                    ssrc: u32::from(ssrc % 3),
                };
                if latch.judge(now, address(who), &header) == Verdict::Locked {
                    assert!(in_a_row >= LOCK_AFTER.into());
                    assert_eq!(latch.locked(), Some(address(who)));
                } else {
                    assert_eq!(latch.locked(), before);
                }
            }
        }
        if latch.locked() != before {
            in_a_row = 0;
        }
        let strangers = STRANGERS.map(|at| address(at as u8));
        assert!(strangers.into_iter().all(|stranger| !latch.believes(stranger)));
    }
    // Who names itself needs no proof, so only agreements that name others count.
    let always_named_others = bytes.as_chunks::<STEP_BYTES>().0.iter().all(|step| step[0] % 8 != 0);
    assert!(!always_named_others || unproven <= UNPROVEN_MAX);
});
