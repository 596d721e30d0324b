//! Losses, repeats, slips and jitter, on packets that tell which they are.

use proptest::prelude::*;
use rand::SeedableRng;

use super::*;

fn rng() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(11)
}

/// Packets whose samples all are the packet's number, counted from 1, up to where 16 bits end.
fn numbered(packets: usize) -> Vec<i16> {
    let number = |at: usize| i16::try_from(at % 30_000 + 1).expect("below 30,001");
    (0..packets).flat_map(|at| [number(at); FRAME]).collect()
}

/// The number of every packet that was played.
fn played(samples: &[i16]) -> Vec<i16> {
    samples.chunks(FRAME).map(|frame| frame[0]).collect()
}

fn runs_of_loss(played: &[i16]) -> Vec<usize> {
    played.split(|packet| *packet != 0).map(<[i16]>::len).filter(|length| *length > 0).collect()
}

#[test]
fn losses_are_as_many_and_as_long_as_asked_for() {
    let packets = 29_000;
    for (mut loss, part, length) in [
        (Loss::random(0.05, Concealment::Silence, rng()), 0.05, 1.0 / 0.95),
        (Loss::bursts(0.05, 3.0, Concealment::Silence, rng()), 0.05, 3.0),
    ] {
        let mut samples = numbered(packets);
        loss.apply(&mut samples);
        let runs = runs_of_loss(&played(&samples));
        let lost: usize = runs.iter().sum();
        assert!((lost as f64 / packets as f64 - part).abs() < 0.007, "{lost} lost");
        let mean = lost as f64 / runs.len() as f64;
        assert!((mean / length - 1.0).abs() < 0.1, "{mean} in a row");
    }
}

#[test]
fn what_is_lost_is_concealed() {
    let conceal = |how| {
        let mut concealer = Concealer::new(how);
        concealer.came(&[10_000; FRAME]);
        let mut frames = [[1; FRAME]; 4];
        for frame in &mut frames {
            concealer.conceal(frame);
        }
        frames
    };
    assert!(conceal(Concealment::Silence).as_flattened().iter().all(|sample| *sample == 0));
    assert!(conceal(Concealment::Repeat).as_flattened().iter().all(|sample| *sample == 10_000));
    let faded = conceal(Concealment::Fade);
    assert_eq!(faded.map(|frame| frame[0]), [10_000, 6_667, 3_333, 0]);
    assert!(faded.as_flattened().is_sorted_by(|one, next| one >= next));
}

#[test]
fn a_repeated_packet_takes_the_place_of_the_next() {
    let mut samples = numbered(20_000);
    Repeats::new(0.01, rng()).apply(&mut samples);
    let played = played(&samples);
    let repeated = (1..played.len()).filter(|at| played[*at] == played[at - 1]).count();
    assert!((150..250).contains(&repeated), "{repeated} of 20,000 packets repeated");
    let own = (1..).zip(&played).filter(|(own, packet)| *own == **packet).count();
    assert!(own + repeated >= 19_999, "all others are in their own place");
}

#[test]
fn a_slip_skips_or_repeats_a_packet() {
    let mut samples = numbered(5_000);
    Slips::new(0.02, rng()).apply(&mut samples);
    let played = &played(&samples)[Slips::DELAY..];
    assert_eq!(played[0], 1, "the stream is late by its delay");
    let steps: Vec<i16> = played.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let of = |step| steps.iter().filter(|of| **of == step).count();
    assert_eq!(of(0) + of(1) + of(2), steps.len());
    assert!(of(0) > 20 && of(2) > 20, "{} twice, {} left out", of(0), of(2));
    let late = (5..).zip(played).map(|(now, packet)| now - packet);
    assert!(late.into_iter().all(|late| (0..=8).contains(&late)));
}

#[test]
fn packets_within_the_buffer_are_played_in_order() {
    let mut samples = numbered(1_000);
    Jitter::new(60.0, 60.0, Late::Lost(Concealment::Silence), rng()).apply(&mut samples);
    let played = played(&samples);
    assert_eq!(played[..3], [0; 3]);
    assert!((1..).zip(&played[3..]).all(|(number, packet)| number == *packet));
}

#[test]
fn packets_beyond_the_buffer_are_lost() {
    let mut samples = numbered(10_000);
    Jitter::new(80.0, 60.0, Late::Lost(Concealment::Silence), rng()).apply(&mut samples);
    let lost = played(&samples)[3..].iter().filter(|packet| **packet == 0).count();
    // A quarter takes more than 60 ms, and packets behind a late one may be late with it.
    assert!((2_400..4_000).contains(&lost), "{lost} of 10,000 lost");
}

#[test]
fn a_receiver_that_waits_loses_packets_only_to_catch_up() {
    let mut samples = numbered(10_000);
    Jitter::new(90.0, 40.0, Late::Waited, rng()).apply(&mut samples);
    let played = played(&samples);
    let (mut last, mut left_out) = (0, 0);
    for packet in played.into_iter().filter(|packet| *packet != 0) {
        // What is concealed begins with the last packet again.
        assert!(packet <= last + 2, "{packet} behind {last}");
        left_out += usize::from(packet == last + 2);
        last = last.max(packet);
    }
    assert!((1..=200).contains(&left_out), "{left_out} left out in 200 s, at most one a second");
    assert!(last > 9_990);
}

proptest! {
    #[test]
    fn no_parameter_is_too_much(
        one in any::<f64>(),
        other in any::<f64>(),
        blocks in prop::collection::vec(0usize..400, 0..20),
    ) {
        let play = |apply: &mut dyn FnMut(&mut [i16])| {
            blocks.iter().for_each(|block| apply(&mut vec![100; *block]));
        };
        let mut random = Loss::random(one, Concealment::Fade, rng());
        play(&mut |block| random.apply(block));
        let mut bursts = Loss::bursts(one, other, Concealment::Repeat, rng());
        play(&mut |block| bursts.apply(block));
        let mut repeats = Repeats::new(one, rng());
        play(&mut |block| repeats.apply(block));
        let mut slips = Slips::new(one, rng());
        play(&mut |block| slips.apply(block));
        for late in [Late::Lost(Concealment::Silence), Late::Waited] {
            let mut jitter = Jitter::new(one, other, late, rng());
            play(&mut |block| jitter.apply(block));
        }
    }

    #[test]
    fn a_receiver_that_waits_plays_on_if_it_can_wait_long_enough(most in 0.0..500.0, buffer in 0.0..2_000.0) {
        let mut samples = numbered(600);
        Jitter::new(most, buffer, Late::Waited, rng()).apply(&mut samples);
        prop_assert!(played(&samples)[200..].iter().any(|packet| *packet > 0));
    }
}
