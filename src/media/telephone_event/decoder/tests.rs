//! Streams as they are, and as networks make them.

use proptest::prelude::*;

use super::super::encoder::{self, Encoder};
use super::*;

const PACKET: Duration = Duration::from_millis(20);

fn digit(code: u8) -> Digit {
    Digit::from_event_code(code).unwrap()
}

/// A report of a press of the key with this code.
fn report(sequence: u16, timestamp: u32, code: u8, duration: u16) -> Packet {
    let event = TelephoneEvent { code, end: false, volume: Volume::below_0_dbm0(10), duration };
    Packet { sequence, timestamp, event }
}

fn end(sequence: u16, timestamp: u32, code: u8, duration: u16) -> Packet {
    let update = report(sequence, timestamp, code, duration);
    Packet { event: TelephoneEvent { end: true, ..update.event }, ..update }
}

/// Gives the decoder packets at their microseconds and all timeouts; what comes out, with its time.
fn hear(packets: &[(Instant, Packet)]) -> Vec<(Instant, Output)> {
    let mut decoder = Decoder::default();
    let mut heard = Vec::new();
    let mut packets = packets.iter().peekable();
    loop {
        let next = packets.peek().map(|(at, _)| *at);
        let now = match (next, decoder.poll_timeout()) {
            (Some(at), due) if due.is_none_or(|due| at < due) => {
                decoder.handle_input(at, packets.next().unwrap().1);
                at
            }
            (_, Some(due)) => {
                decoder.handle_timeout(due);
                due
            }
            (_, None) => return heard,
        };
        heard.extend(std::iter::from_fn(|| decoder.poll_output()).map(|output| (now, output)));
    }
}

/// The same with a packet every 20 ms, as `5+` and `5-160`: the key's code, and how many ms it was down.
#[track_caller]
fn heard_of(packets: &[Packet], expected: &[&str]) {
    let timed: Vec<_> =
        (0..).zip(packets).map(|(at, packet)| (Instant::from_millis(at * 20), *packet)).collect();
    let shown: Vec<_> = hear(&timed).iter().map(|(_, output)| show(output)).collect();
    assert_eq!(shown, expected);
}

fn show(output: &Output) -> String {
    match output {
        Output::Pressed(digit) => format!("{}+", digit.event_code()),
        Output::Released { digit, duration, .. } => {
            format!("{}-{}", digit.event_code(), duration.as_millis())
        }
    }
}

#[test]
fn a_press_lasts_from_first_packet_to_first_end() {
    let packets = [
        report(1, 800, 5, 160),
        report(2, 800, 5, 320),
        end(3, 800, 5, 400),
        end(4, 800, 5, 400),
        end(5, 800, 5, 400),
    ];
    let timed: Vec<_> =
        (0..).zip(packets).map(|(at, packet)| (Instant::from_millis(at * 20), packet)).collect();
    let released = Output::Released {
        digit: digit(5),
        duration: Duration::from_millis(50),
        volume: Volume::below_0_dbm0(10),
    };
    assert_eq!(
        hear(&timed),
        [(Instant::ZERO, Output::Pressed(digit(5))), (Instant::from_millis(40), released)]
    );
}

#[test]
fn a_press_whose_first_packets_are_lost_is_told_at_the_end() {
    heard_of(&[end(9, 800, 5, 400)], &["5+", "5-50"]);
}

#[test]
fn a_press_whose_end_is_lost_ends_after_the_silence_limit() {
    let heard =
        hear(&[(Instant::ZERO, report(1, 0, 7, 160)), (Instant::from_millis(20), report(2, 0, 7, 320))]);
    assert_eq!(heard.iter().map(|(_, output)| show(output)).collect::<Vec<_>>(), ["7+", "7-40"]);
    assert_eq!(heard[1].0, Instant::from_millis(20) + SILENCE_LIMIT);
}

#[test]
fn a_press_after_the_end_counts_though_timestamps_lag() {
    let packets = [
        report(1, 400, 7, 1_440),
        end(2, 400, 7, 1_600),
        end(3, 400, 7, 1_600),
        report(4, 800, 7, 0),
        report(5, 800, 7, 1_440),
        end(6, 800, 7, 1_600),
        end(7, 800, 7, 1_600),
    ];
    heard_of(&packets, &["7+", "7-200", "7+", "7-200"]);
}

#[test]
fn a_late_end_packet_is_not_a_second_press() {
    let long_gap =
        [(0, report(1, 0, 7, 160)), (30_000, end(1501, 0, 7, 65_000)), (30_020, end(1502, 0, 7, 65_000))];
    let timed: Vec<_> = long_gap.map(|(at, packet)| (Instant::from_millis(at), packet)).into();
    let shown: Vec<_> = hear(&timed).iter().map(|(_, output)| show(output)).collect();
    assert_eq!(shown, ["7+", "7-20"]);
}

#[test]
fn a_press_whose_end_is_lost_ends_when_the_next_begins() {
    heard_of(
        &[report(1, 0, 7, 160), report(5, 800, 8, 160), end(6, 800, 8, 240)],
        &["7+", "7-20", "8+", "8-30"],
    );
}

#[test]
fn two_presses_without_end_packets_are_two_keys() {
    heard_of(
        &[end(1, 0, 1, 320), end(2, 0, 1, 320), report(5, 640, 1, 160), end(6, 640, 1, 320)],
        &["1+", "1-40", "1+", "1-40"],
    );
    heard_of(&[report(1, 0, 1, 320), report(5, 640, 1, 160)], &["1+", "1-40", "1+", "1-20"]);
    heard_of(&[end(1, 0, 1, 320), end(4, 320, 1, 320)], &["1+", "1-40", "1+", "1-40"]);
}

#[test]
fn another_key_at_the_timestamp_of_the_last_is_another_press() {
    heard_of(&[end(1, 0, 1, 320), end(5, 0, 2, 320)], &["1+", "1-40", "2+", "2-40"]);
}

#[test]
fn doubled_packets_change_nothing() {
    let packet = report(1, 0, 1, 160);
    heard_of(&[packet, packet, end(2, 0, 1, 320), end(2, 0, 1, 320), packet], &["1+", "1-40"]);
}

#[test]
fn packets_of_an_earlier_press_are_too_late() {
    heard_of(
        &[report(10, 800, 2, 160), report(3, 0, 1, 160), end(4, 0, 1, 240), end(11, 800, 2, 240)],
        &["2+", "2-30"],
    );
    heard_of(&[report(10, 800, 2, 160), report(3, 0, 2, 160), end(11, 800, 2, 240)], &["2+", "2-30"]);
}

#[test]
fn a_packet_beyond_the_reorder_limit_starts_a_new_sequence() {
    let late = |behind| [end(1_000, 800, 2, 160), end(1_000 - behind, 0, 1, 160)];
    heard_of(&late(MISORDER_MAX), &["2+", "2-20"]);
    heard_of(&late(MISORDER_MAX + 1), &["2+", "2-20", "1+", "1-20"]);
}

#[test]
fn the_newest_packet_of_a_press_says_what_comes_after_it() {
    // The last press went on for 200 packets: what is behind its newest is late, though not behind its first.
    let packets = [report(1_000, 0, 1, 160), report(1_200, 0, 1, 32_000), end(1_150, 40_000, 2, 160)];
    heard_of(&packets, &["1+", "1-4000"]);
    let packets = [report(1_000, 0, 1, 160), report(990, 0, 1, 80), end(995, 40_000, 2, 160)];
    heard_of(&packets, &["1+", "1-20"]);
}

#[test]
fn a_press_is_forgotten_after_a_minute() {
    let (first, again) = (end(1, 0, 1, 160), end(65_500, 0, 1, 160));
    for (at, presses) in [(MEMORY - PACKET, 1), (MEMORY + PACKET, 2)] {
        let heard = hear(&[(Instant::ZERO, first), (Instant::ZERO + at, again)]);
        assert_eq!(heard.len(), 2 * presses, "{heard:?}");
    }
}

#[test]
fn events_that_are_no_keys_are_ignored() {
    heard_of(
        &[report(1, 0, 16, 160), report(2, 800, 1, 160), report(3, 800, 35, 160), end(4, 800, 1, 320)],
        &["1+", "1-40"],
    );
    assert_eq!(hear(&[(Instant::ZERO, end(1, 0, 255, 0))]), []);
}

#[test]
fn a_new_timestamp_on_each_packet_is_still_one_press() {
    let packets = [
        report(1, 0, 3, 160),
        report(2, 160, 3, 160),
        report(3, 320, 3, 160),
        end(4, 480, 3, 160),
        end(5, 481, 3, 160),
        end(6, 639, 3, 160),
    ];
    heard_of(&packets, &["3+", "3-80"]);
}

#[test]
fn a_sender_that_begins_with_a_duration_of_zero_presses_once() {
    heard_of(&[report(1, 0, 3, 0), report(2, 0, 3, 160), end(3, 0, 3, 320)], &["3+", "3-40"]);
    heard_of(&[end(1, 0, 3, 0), end(2, 0, 3, 0)], &["3+", "3-0"]);
}

#[test]
fn the_segments_of_a_long_press_are_one_press() {
    let full = SEGMENT_MAX;
    let next = u32::from(full);
    let whole = [report(1, 0, 1, full), report(2, next, 1, 65), report(3, 0, 1, full), end(4, next, 1, 225)];
    heard_of(&whole, &["1+", "1-8220"]);
    // The end of the first segment is lost, then a whole segment.
    heard_of(&[report(1, 0, 1, 65_440), end(9, next, 1, 225)], &["1+", "1-8220"]);
    heard_of(&[report(1, 0, 1, 65_440), end(9, 2 * next, 1, 225)], &["1+", "1-16411"]);
    // Of the first segment only a repetition of its end comes, after packets of the second.
    heard_of(&[report(2, next, 1, 65), report(3, 0, 1, full), end(4, next, 1, 225)], &["1+", "1-8220"]);
    // What had ended does not go on.
    heard_of(&[end(1, 0, 1, full), end(9, 2 * next, 1, 225)], &["1+", "1-8191", "1+", "1-28"]);
}

#[test]
fn the_volume_is_that_of_the_longest_report() {
    let louder = |packet: Packet| Packet {
        event: TelephoneEvent { volume: Volume::below_0_dbm0(3), ..packet.event },
        ..packet
    };
    let heard = hear(&[
        (Instant::ZERO, report(1, 0, 1, 160)),
        (Instant::ZERO, louder(report(3, 0, 1, 480))),
        (Instant::ZERO, report(2, 0, 1, 320)),
    ]);
    assert!(matches!(heard[1].1, Output::Released { volume, .. } if volume.dbm0() == -3), "{heard:?}");
}

/// A press of a script: its key, how long it is down, and how long nothing is pressed after it, in ms.
type Down = (u8, u64, u64);

fn presses() -> impl Strategy<Value = Vec<Down>> {
    let hold = prop_oneof![8 => 1_u64..400, 1 => 8_000_u64..26_000];
    prop::collection::vec((0_u8..16, hold, 40_u64..500), 1..8)
}

/// Returns the packets that the encoder sends for these presses, each with its press.
fn sent(script: &[Down], first_sequence: u16, first_timestamp: u32) -> Vec<(Instant, Packet, usize)> {
    let mut encoder = Encoder::default();
    let mut inputs = Vec::new();
    let mut at = 0;
    for (code, hold, pause) in script {
        let timestamp = first_timestamp.wrapping_add(u32::try_from(at * 8).unwrap());
        let volume = Volume::below_0_dbm0(10);
        inputs.push((at, encoder::Input::Press { digit: digit(*code), volume, timestamp }));
        inputs.push((at + hold, encoder::Input::Release));
        at += hold + pause;
    }
    let mut inputs = inputs.into_iter().peekable();
    let (mut packets, mut pressed) = (Vec::new(), 0);
    loop {
        let next = inputs.peek().map(|(at, _)| Instant::from_millis(*at));
        let due = encoder.poll_timeout();
        // A press that begins while the last one's end is repeated sends the rest at once: that is still of the last.
        let mut next_pressed = pressed;
        let now = match (next, due) {
            (Some(next), due) if due.is_none_or(|due| next < due) => {
                let (_, input) = inputs.next().unwrap();
                next_pressed += usize::from(input != encoder::Input::Release);
                encoder.handle_input(next, input);
                next
            }
            (_, Some(due)) => {
                encoder.handle_timeout(due);
                due
            }
            (_, None) => return packets,
        };
        while let Some(encoder::Packet { timestamp, event, .. }) = encoder.poll_output() {
            // Sound takes a number every 20 ms, events some more.
            let number = now.millis() / 20 + packets.len() as u64;
            let sequence = first_sequence.wrapping_add(number as u16);
            packets.push((now, Packet { sequence, timestamp, event }, pressed - 1));
        }
        pressed = next_pressed;
    }
}

/// Packets as a network delivers them: each as often and as late (in ms) as its list says.
fn delivered(sent: &[(Instant, Packet, usize)], delays: &[Vec<u64>]) -> Vec<(Instant, Packet, usize)> {
    let copies = sent.iter().zip(delays.iter().cycle()).flat_map(|((at, packet, press), delays)| {
        delays.iter().map(|delay| (*at + Duration::from_millis(*delay), *packet, *press))
    });
    let mut delivered: Vec<_> = copies.collect();
    delivered.sort_by_key(|(at, ..)| *at);
    delivered
}

fn without_presses(delivered: &[(Instant, Packet, usize)]) -> Vec<(Instant, Packet)> {
    delivered.iter().map(|(at, packet, _)| (*at, *packet)).collect()
}

fn pressed(heard: &[(Instant, Output)]) -> Vec<u8> {
    let code = |(_, output): &(Instant, Output)| match output {
        Output::Pressed(digit) => Some(digit.event_code()),
        Output::Released { .. } => None,
    };
    heard.iter().filter_map(code).collect()
}

fn delays(most: u64) -> impl Strategy<Value = Vec<Vec<u64>>> {
    let copies = prop_oneof![
        5 => prop::collection::vec(0..most, 1),
        4 => Just(Vec::new()),
        1 => prop::collection::vec(0..most, 2..4),
    ];
    prop::collection::vec(copies, 1..200)
}

proptest! {
    /// The shortest pause is 40 ms and the last packet of a press is sent before the first of the next by 20 ms or
    /// more, so that with less jitter the presses arrive one after the other, each in what order it may.
    #[test]
    fn every_press_with_a_packet_is_reported_once_in_order(
        script in presses(),
        sequence: u16,
        timestamp: u32,
        delays in delays(20),
        kept: prop::sample::Index,
    ) {
        let sent = sent(&script, sequence, timestamp);
        let mut delivered = delivered(&sent, &delays);
        for press in 0..script.len() {
            if !delivered.iter().any(|(.., of)| *of == press) {
                let of_press: Vec<_> = sent.iter().filter(|(.., of)| *of == press).collect();
                delivered.push(*of_press[kept.index(of_press.len())]);
            }
        }
        delivered.sort_by_key(|(at, ..)| *at);
        let codes: Vec<_> = script.iter().map(|(code, ..)| *code).collect();
        prop_assert_eq!(pressed(&hear(&without_presses(&delivered))), codes);
    }

    #[test]
    fn nothing_lost_means_every_length_is_right(script in presses(), sequence: u16, timestamp: u32) {
        let sent = sent(&script, sequence, timestamp);
        let heard: Vec<_> = hear(&without_presses(&sent)).iter().map(|(_, output)| show(output)).collect();
        let expected: Vec<_> =
            script.iter().flat_map(|(code, hold, _)| [format!("{code}+"), format!("{code}-{hold}")]).collect();
        prop_assert_eq!(heard, expected);
    }

    /// However late packets are, a press is reported unless a later one was reported before it.
    #[test]
    fn presses_are_told_in_order_whatever_the_delay(
        script in presses(),
        sequence: u16,
        timestamp: u32,
        delays in delays(600),
    ) {
        let delivered = delivered(&sent(&script, sequence, timestamp), &delays);
        let mut expected = Vec::new();
        let mut newest = None;
        for (_, _, press) in &delivered {
            if newest.is_none_or(|newest| newest < *press) {
                newest = Some(*press);
                expected.push(script[*press].0);
            }
        }
        prop_assert_eq!(pressed(&hear(&without_presses(&delivered))), expected);
    }

    #[test]
    fn presses_and_releases_take_turns_whatever_comes(
        packets in prop::collection::vec(
            (0_u64..300, any::<u16>(), prop_oneof![0_u32..2_000, any::<u32>()], any::<[u8; 4]>()), 0..60
        ),
    ) {
        let mut at = Instant::ZERO;
        let timed: Vec<_> = packets.into_iter().map(|(gap, sequence, timestamp, [code, rest @ ..])| {
            at = at + Duration::from_millis(gap);
            let [flags, high, low] = rest;
            let event = TelephoneEvent::parse(&[code % 20, flags, high, low]).unwrap();
            (at, Packet { sequence, timestamp, event })
        }).collect();
        let heard = hear(&timed);
        prop_assert_eq!(heard.len() % 2, 0);
        for turn in heard.chunks(2) {
            let Output::Pressed(down) = turn[0].1 else { panic!("{turn:?}") };
            let Output::Released { digit: up, .. } = turn[1].1 else { panic!("{turn:?}") };
            prop_assert_eq!(down, up);
        }
    }
}
