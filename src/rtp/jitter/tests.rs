//! What is heard of packets that come unevenly.

use proptest::prelude::*;

use super::*;

const LAW: Law = Law::Pcmu;

fn buffer() -> JitterBuffer {
    JitterBuffer::new(JitterFigures::default())
}

/// A packet on its way: when it comes, in ms, its timestamp, whether it is newer than all before, its codes.
#[derive(Clone, Debug)]
struct Arrival {
    at: u64,
    timestamp: u32,
    newer: bool,
    codes: Vec<u8>,
}

/// Sound that is never silent, and of which each piece is unlike its neighbours.
fn loud(samples: std::ops::Range<u32>) -> Vec<u8> {
    // A mix of bits (murmur3's last step), of which the upper five are the louder half of the negative codes.
    let mixed = |at: u32| (at ^ at >> 16).wrapping_mul(0x85EB_CA6B);
    samples.map(|at| ((mixed(at) ^ mixed(at) >> 13).wrapping_mul(0xC2B2_AE35) >> 27) as u8).collect()
}

fn decoded(codes: &[u8]) -> Vec<i16> {
    codes.iter().map(|code| LAW.decode_sample(*code)).collect()
}

/// Packets of `ptime` ms of loud sound, sent one after the other since 0 and each under way for so many ms, in the order
/// in which they come.
fn stream(first: u32, ptime: u32, delays: &[u64]) -> Vec<Arrival> {
    let samples = ptime * 8;
    let mut arrivals: Vec<(u32, Arrival)> = (0..)
        .zip(delays)
        .map(|(number, delay)| {
            let codes = loud(number * samples..(number + 1) * samples);
            let at = u64::from(number * ptime) + delay;
            (number, Arrival { at, timestamp: first.wrapping_add(number * samples), newer: true, codes })
        })
        .collect();
    arrivals.sort_by_key(|(number, arrival)| (arrival.at, *number));
    let mut newest = None;
    arrivals
        .into_iter()
        .map(|(number, arrival)| {
            let newer = newest.is_none_or(|newest| number > newest);
            newest = newest.max(Some(number));
            Arrival { newer, ..arrival }
        })
        .collect()
}

/// What is heard in frames that are pulled each 20 ms from `phase` ms on.
fn play(buffer: &mut JitterBuffer, arrivals: &[Arrival], phase: u64, frames: u64) -> Vec<i16> {
    let mut arrivals = arrivals.iter().peekable();
    let mut heard = Vec::new();
    for now in (0..frames).map(|frame| phase + 20 * frame) {
        while let Some(arrival) = arrivals.next_if(|arrival| arrival.at <= now) {
            buffer.push(arrival.timestamp, arrival.newer, LAW, &arrival.codes);
        }
        let mut frame = [1; FRAME];
        if !buffer.pull(&mut frame) {
            assert_eq!(frame, [0; FRAME]);
        }
        heard.extend(frame);
    }
    heard
}

/// In ms, how much later than it was sent the newest packet's sound is played.
fn wait_of_the_newest(buffer: &JitterBuffer) -> i32 {
    let position = buffer.position.unwrap();
    distance(position.next, position.end) / 8
}

#[test]
fn an_undisturbed_stream_is_heard_whole_after_40_ms() {
    for ptime in [10, 20, 30, 40, 60] {
        for phase in [0, 7, 19] {
            let mut buffer = buffer();
            let heard = play(&mut buffer, &stream(u32::MAX - 700, ptime, &[0; 30]), phase, 16);
            assert_eq!(heard[..320], [0; 320]);
            assert_eq!(heard[320..2_560], decoded(&loud(0..2_240)), "{ptime} ms, phase {phase}");
            assert_eq!(buffer.figures(), JitterFigures::default());
        }
    }
}

#[test]
fn nothing_is_heard_before_anything_comes() {
    let mut frame = [1; FRAME];
    assert!(!buffer().pull(&mut frame));
    assert_eq!(frame, [0; FRAME]);
}

#[test]
fn a_missing_packet_is_concealed_and_no_other_is_touched() {
    let mut arrivals = stream(1, 20, &[0; 10]);
    arrivals.remove(5);
    let mut buffer = buffer();
    let heard = play(&mut buffer, &arrivals, 0, 12);
    let sent = decoded(&loud(0..1_600));
    assert_eq!(heard[320..1_120], sent[..800]);
    assert_eq!(heard[1_120], sent[640], "the last frame again");
    assert_eq!(heard[1_280..1_920], sent[960..]);
    assert_eq!(buffer.figures(), JitterFigures { concealed: 160, ..JitterFigures::default() });
}

#[test]
fn a_network_that_becomes_slower_delays_and_loses_nothing() {
    let delays: Vec<u64> = (0..40).map(|number| if number < 10 { 0 } else { 110 }).collect();
    let mut buffer = buffer();
    let heard = play(&mut buffer, &stream(9, 20, &delays), 0, 48);
    let sent = decoded(&loud(0..40 * 160));
    assert_eq!(heard[320..1_920], sent[..1_600]);
    // 40 ms waited of 110; the frame of the arrival itself is the fourth.
    assert_eq!(heard[1_920 + 4 * 160..][..30 * 160], sent[1_600..]);
    assert_eq!((buffer.figures().late, buffer.figures().resets), (0, 0));
}

#[test]
fn a_packet_overtaken_for_too_long_lengthens_the_next_silence() {
    let mut arrivals = stream(0, 20, &[0, 0, 0, 0, 90, 0, 0, 0, 0, 0]);
    for arrival in &mut arrivals {
        if arrival.timestamp == 8 * 160 {
            arrival.codes.fill(LAW.silence());
        }
    }
    let mut buffer = buffer();
    let heard = play(&mut buffer, &arrivals, 0, 16);
    assert_eq!(buffer.figures().late, 1);
    // 90 ms is 50 too late, which are three frames.
    let sent = decoded(&loud(0..1_600));
    assert_eq!(heard[320 + 9 * 160 + 480..][..160], sent[9 * 160..]);
}

#[test]
fn a_wait_that_nobody_needs_becomes_shorter_in_silence() {
    let delays: Vec<u64> = (0..600).map(|number| if (10..20).contains(&number) { 150 } else { 0 }).collect();
    let arrivals = stream(0, 20, &delays);
    let mut talks = buffer();
    play(&mut talks, &arrivals, 0, 600);
    assert!(wait_of_the_newest(&talks) >= 140, "{} ms: words are not cut", wait_of_the_newest(&talks));
    let mut arrivals = arrivals;
    arrivals.iter_mut().skip(20).for_each(|arrival| arrival.codes.fill(LAW.silence()));
    let mut pauses = buffer();
    play(&mut pauses, &arrivals, 0, 600);
    assert!(wait_of_the_newest(&pauses) <= 60, "{} ms", wait_of_the_newest(&pauses));
    assert!(wait_of_the_newest(&pauses) >= 40, "{} ms", wait_of_the_newest(&pauses));
}

#[test]
fn a_stall_is_not_heard_for_longer_than_200_ms() {
    let delays: Vec<u64> = (0..200_u64)
        .map(|number| if (50..100).contains(&number) { 2_000 - 20 * number } else { 0 })
        .collect();
    let mut buffer = buffer();
    let heard = play(&mut buffer, &stream(0, 20, &delays), 0, 210);
    assert_eq!(buffer.figures().resets, 1);
    let sent = decoded(&loud(0..200 * 160));
    let last = heard.windows(160).position(|heard| heard == &sent[199 * 160..]).unwrap();
    assert!(last - 199 * 160 <= 1_600, "{} samples late", last - 199 * 160);
}

#[test]
fn a_pause_without_packets_delays_nothing() {
    let mut arrivals = stream(0, 20, &[0; 200]);
    arrivals.retain(|arrival| !(10 * 160..160 * 160).contains(&arrival.timestamp));
    let mut buffer = buffer();
    let heard = play(&mut buffer, &arrivals, 0, 202);
    let sent = decoded(&loud(0..200 * 160));
    assert_eq!(heard[320 + 160 * 160..], sent[160 * 160..]);
    assert_eq!(heard[320 + 13 * 160..][..147 * 160], vec![0; 147 * 160], "faded after 60 ms");
    assert_eq!(buffer.figures(), JitterFigures { concealed: 480, ..JitterFigures::default() });
}

#[test]
fn timestamps_that_pause_with_their_sender_are_heard() {
    let mut arrivals = stream(0, 20, &[0; 20]);
    arrivals.iter_mut().skip(10).for_each(|arrival| arrival.at += 5_000);
    let mut buffer = buffer();
    let heard = play(&mut buffer, &arrivals, 0, 272);
    let sent = decoded(&loud(0..3_200));
    assert_eq!(heard[260 * 160 + 320..], sent[1_600..]);
    assert_eq!(buffer.figures().resets, 1);
}

#[test]
fn a_straggler_does_not_move_the_stream() {
    let delays: Vec<u64> = (0..40).map(|number| if number == 5 { 400 } else { 0 }).collect();
    let mut buffer = buffer();
    let heard = play(&mut buffer, &stream(0, 20, &delays), 0, 42);
    assert_eq!(heard[8 * 160..], decoded(&loud(0..6_400))[6 * 160..]);
    assert_eq!((buffer.figures().late, buffer.figures().resets), (1, 0));
}

#[test]
fn no_code_decodes_to_what_stands_for_none() {
    for law in Law::ALL {
        assert!((0..=u8::MAX).all(|code| law.decode_sample(code) != MISSING));
    }
}

#[test]
fn a_buffer_is_a_few_kilobytes() {
    assert!(size_of::<JitterBuffer>() <= 4_600, "{} bytes", size_of::<JitterBuffer>());
}

proptest! {
    /// A network whose jitter is less than the wait, less the frame that a packet is a part of, loses nothing, though it
    /// doubles packets and turns them round.
    #[test]
    fn jitter_below_the_wait_is_not_heard(
        first: u32, phase in 0_u64..20, ptime in prop::sample::select(vec![10_u32, 20, 30, 40, 60]),
        packets in prop::collection::vec((0_u64..=20, any::<bool>()), 20..60),
    ) {
        let delays: Vec<u64> = (0..).zip(&packets).map(|(at, (delay, _))| if at == 0 { 0 } else { *delay }).collect();
        let mut arrivals = stream(first, ptime, &delays);
        let doubles: Vec<Arrival> = arrivals.iter().zip(&packets).filter(|(_, (_, twice))| *twice)
            .map(|(arrival, _)| Arrival { at: arrival.at + 15, newer: false, ..arrival.clone() }).collect();
        arrivals.extend(doubles);
        arrivals.sort_by_key(|arrival| arrival.at);
        let mut buffer = buffer();
        let samples = packets.len() as u32 * ptime * 8;
        let heard = play(&mut buffer, &arrivals, phase, u64::from(samples / 160) + 8);
        prop_assert_eq!(&heard[320..][..samples as usize], decoded(&loud(0..samples)));
    }

    /// What comes in time is heard at its place, whatever else is lost.
    #[test]
    fn losses_move_nothing(lost in prop::collection::vec(prop::bool::weighted(0.3), 10..80)) {
        let arrivals = stream(77, 20, &vec![0; lost.len()]);
        let kept: Vec<Arrival> = arrivals.into_iter().zip(&lost).enumerate()
            .filter(|(at, (_, lost))| *at == 0 || !**lost).map(|(_, (arrival, _))| arrival).collect();
        let heard = play(&mut buffer(), &kept, 0, lost.len() as u64 + 2);
        for arrival in kept {
            let from = 320 + (arrival.timestamp - 77) as usize;
            prop_assert_eq!(&heard[from..from + 160], &decoded(&arrival.codes)[..]);
        }
    }

    /// Whatever comes, no more than 200 ms wait.
    #[test]
    fn anything_may_come(packets: Vec<(u32, bool, u16, u8)>) {
        let mut buffer = buffer();
        for (timestamp, newer, length, pulls) in packets {
            buffer.push(timestamp, newer, LAW, &vec![0; usize::from(length % 3_000)]);
            let position = buffer.position.unwrap();
            prop_assert!(distance(position.next, position.end) <= MAX.cast_signed());
            for _ in 0..pulls % 16 {
                buffer.pull(&mut [0; FRAME]);
            }
        }
    }
}
