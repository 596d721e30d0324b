//! What holds whatever comes.

use proptest::prelude::*;
use rand::SeedableRng as _;
use rand::rngs::ChaCha8Rng;

use super::*;

/// A network that loses packets and doubles them, in percent, and brings them up to so many ms late: what comes, in order.
fn impaired(
    packets: Vec<(u64, Vec<u8>)>,
    loss: u32,
    doubled: u32,
    late: u64,
    seed: u64,
) -> Vec<(u64, Vec<u8>)> {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let mut arrivals = Vec::new();
    for (sent, bytes) in packets {
        for copy in 0..2 {
            let comes =
                if copy == 0 { !chance.random_ratio(loss, 100) } else { chance.random_ratio(doubled, 100) };
            let delay = chance.random_range(0..=late);
            if comes {
                arrivals.push((sent + delay, bytes.clone()));
            }
        }
    }
    arrivals.sort_by_key(|(arrives, _)| *arrives);
    arrivals
}

proptest! {
    /// Keys of a call with sound in between, over a bad network: each once and in order, and losses and duplicates are
    /// counted as they were.
    #[test]
    fn keys_pass_a_bad_network_once_and_in_order(
        symbols in "[0-9*#]{1,8}", doubled in 0_u32..30, late in 0_u64..30, seed: u64, first: u16, timestamp: u32,
    ) {
        let mut packets = Vec::new();
        let mut number = first;
        let mut now = 0;
        let mut next = || { number = number.wrapping_add(1); number };
        let sound_until = |until: u64, now: &mut u64, next: &mut dyn FnMut() -> u16, packets: &mut Vec<(u64, Vec<u8>)>| {
            while *now < until {
                let stamp = timestamp.wrapping_add(*now as u32 * 8);
                packets.push((*now, datagram(0, 1, next(), stamp, &[0; FRAME])));
                *now += 20;
            }
        };
        sound_until(400, &mut now, &mut next, &mut packets);
        for symbol in symbols.chars() {
            let begun = now;
            for (millis, packet) in press(symbol, 100, timestamp.wrapping_add(now as u32 * 8)) {
                packets.push((begun + millis, event(1, next(), &packet)));
                now = begun + millis + 20;
            }
            let until = now + 100;
            sound_until(until, &mut now, &mut next, &mut packets);
        }
        let mut flow = flow();
        let mut told = String::new();
        let mut came = 0;
        for (arrives, bytes) in impaired(packets, 10, doubled, late, seed) {
            while let Some(due) = flow.poll_timeout().filter(|due| *due <= at(arrives)) {
                flow.handle_timeout(due);
                told += &keys(&drain(&mut flow));
            }
            told += &give(&mut flow, at(arrives), PHONE, &bytes);
            came += 1;
        }
        let figures = flow.figures();
        let refused: u32 = figures.refusals.iter().map(|(_, count)| count).sum();
        prop_assert_eq!(figures.received + u64::from(refused), came);
        if flow.latch.locked().is_some() {
            prop_assert_eq!(told, symbols);
        }
    }

    /// Whatever a call hears, holds and agrees upon: our stream's numbers are those of a clock.
    #[test]
    fn our_stream_never_jumps(steps in prop::collection::vec((0_u8..6, any::<bool>()), 1..60)) {
        let mut flow = flow();
        let mut agreement = agreement();
        let mut sequence = 65_000_u16;
        let mut was_sent = false;
        for (tick, (step, holds)) in (1..).zip(steps) {
            let now = at(20 * tick);
            match step {
                0 => flow.hear(now - FRAME_TIME, prompt(Prompt::Welcome), None, &ENCODED),
                1 => flow.hear(now - FRAME_TIME, Source::HoldMusic { begun: now }, None, &ENCODED),
                2 => flow.hear(now - FRAME_TIME, Source::Conference, None, &ENCODED),
                3 => agreement.sends = holds,
                4 => agreement.codec = Codec::of(if holds { Law::Pcma } else { Law::Pcmu }),
                _ => agreement.expected.media = Some(SocketAddr::new(agreement.expected.signalling, 5_000 + tick as u16)),
            }
            flow.agree(now, &agreement);
            let bytes = sent(&mut flow, now, Some(&[7; FRAME]));
            prop_assert_eq!(bytes.is_some(), agreement.sends);
            if let Some(bytes) = &bytes {
                let header = Packet::parse(bytes).unwrap().header;
                let timestamp = (u32::MAX - 5_000).wrapping_add(160 * tick as u32);
                let payload_type = agreement.codec.payload_type;
                prop_assert_eq!(header, Header { marker: !was_sent, payload_type, sequence, timestamp, ssrc: 0xB1 });
                sequence = sequence.wrapping_add(1);
            }
            was_sent = bytes.is_some();
        }
    }

    /// Any datagrams of anybody: nothing panics, and who is not the caller changes nothing.
    #[test]
    fn anything_may_come(
        datagrams in prop::collection::vec((0_usize..3, 0_u64..200, 0x7F_u8..0x92, any::<u8>(), any::<Vec<u8>>()), 0..100), listens: bool,
    ) {
        let mut flow = flow();
        flow.listen(listens);
        let mut now = at(0);
        for (who, later, first, second, rest) in datagrams {
            now = now + Duration::from_millis(later);
            give(&mut flow, now, [PHONE, "192.0.2.7:9", STRANGER][who], &[&[first, second], &rest[..]].concat());
            flow.handle_timeout(now);
            drain(&mut flow);
            flow.pull(&mut [0; FRAME]);
            drain(&mut flow);
            flow.report(now, "bridge", false, &mut Vec::new());
        }
        prop_assert_ne!(flow.latch.locked(), Some(address(STRANGER)));
    }
}
