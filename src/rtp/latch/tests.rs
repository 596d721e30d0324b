//! Who is believed, and who is not.

use proptest::prelude::*;

use super::*;

const PHONE: &str = "192.0.2.7:4000";
const STRANGER: &str = "203.0.113.9:4000";

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

/// A telephone that names itself, by default.
fn expected(media: &str, signalling: &str) -> Expected {
    Expected { media: Some(address(media)), signalling: signalling.parse().unwrap(), listed: false }
}

fn header(ssrc: u32, sequence: u16) -> Header {
    Header { marker: false, payload_type: 0, sequence, timestamp: 0, ssrc }
}

/// What becomes of packets with these numbers, 20 ms apart.
fn send(
    latch: &mut Latch,
    from_millis: u64,
    from: &str,
    ssrc: u32,
    numbers: impl IntoIterator<Item = u16>,
) -> Vec<Verdict> {
    let times = (0..).map(|packet| at(from_millis + 20 * packet));
    times.zip(numbers).map(|(now, number)| latch.judge(now, address(from), &header(ssrc, number))).collect()
}

fn locked() -> Latch {
    let mut latch = Latch::new(expected(PHONE, "192.0.2.7"));
    assert_eq!(send(&mut latch, 0, PHONE, 1, 1..=5).last(), Some(&Verdict::Locked));
    latch
}

const PROBATION: Verdict = Verdict::Refused(Refusal::Probation);
const STRANGE: Verdict = Verdict::Refused(Refusal::Stranger);
const OTHER: Verdict = Verdict::Refused(Refusal::OtherAddress);

#[test]
fn a_sender_is_believed_after_five_packets_in_sequence() {
    let mut latch = Latch::new(expected(PHONE, "192.0.2.7"));
    let verdicts = send(&mut latch, 0, PHONE, 1, [65_533, 65_534, 65_535, 0, 1, 2]);
    assert_eq!(verdicts[..4], [PROBATION; 4]);
    assert_eq!(verdicts[4..], [Verdict::Locked, Verdict::Known]);
    assert_eq!(latch.locked(), Some(address(PHONE)));
}

#[test]
fn a_gap_begins_the_sequence_again_and_a_packet_twice_does_not() {
    let mut latch = Latch::new(expected(PHONE, "192.0.2.7"));
    assert_eq!(send(&mut latch, 0, PHONE, 1, [1, 2, 3, 4, 6, 7, 8, 9, 9, 9]), [PROBATION; 10]);
    assert_eq!(send(&mut latch, 200, PHONE, 1, [10]), [Verdict::Locked]);
}

#[test]
fn a_pause_of_a_second_begins_the_sequence_again() {
    let mut latch = Latch::new(expected(PHONE, "192.0.2.7"));
    send(&mut latch, 0, PHONE, 1, 1..=4);
    assert_eq!(send(&mut latch, 1_060, PHONE, 1, 5..=9)[..4], [PROBATION; 4]);
}

#[test]
fn nobody_is_believed_whom_signalling_does_not_name() {
    let mut latch = Latch::new(expected(PHONE, "198.51.100.1"));
    assert_eq!(send(&mut latch, 0, STRANGER, 1, 1..=50), [STRANGE; 50]);
    for named in [PHONE, "192.0.2.7:9", "198.51.100.1:30000"] {
        let mut latch = latch.clone();
        assert_eq!(send(&mut latch, 0, named, 1, 1..=5)[4], Verdict::Locked, "{named}");
    }
}

#[test]
fn the_likelier_of_two_senders_is_believed() {
    let mut latch = Latch::new(expected(PHONE, "198.51.100.1"));
    send(&mut latch, 0, PHONE, 1, [1]);
    assert_eq!(send(&mut latch, 0, "198.51.100.1:9", 2, 1..=20), [PROBATION; 20]);
    assert_eq!(send(&mut latch, 20, PHONE, 1, 2..=5).last(), Some(&Verdict::Locked));
    assert_eq!(latch.locked(), Some(address(PHONE)));
}

#[test]
fn a_likelier_sender_that_gives_up_keeps_nobody_out_for_long() {
    let mut latch = Latch::new(expected(PHONE, "198.51.100.1"));
    let mut verdicts = Vec::new();
    for second in 0..2_u16 {
        send(&mut latch, u64::from(second) * 900, PHONE, 1, [7_000 * second]);
        let numbers = 45 * second..45 * (second + 1);
        verdicts.extend(send(&mut latch, u64::from(second) * 900, "198.51.100.1:9", 2, numbers));
    }
    assert_eq!(verdicts.iter().position(|verdict| *verdict == Verdict::Locked), Some(50));
}

#[test]
fn a_locked_flow_believes_one_address_alone() {
    let mut latch = locked();
    assert_eq!(send(&mut latch, 100, STRANGER, 1, 6..=60), [STRANGE; 55]);
    assert_eq!(send(&mut latch, 100, "192.0.2.7:4002", 1, 6..=60), [OTHER; 55]);
    assert_eq!(send(&mut latch, 100, PHONE, 1, [6]), [Verdict::Known]);
}

#[test]
fn a_stranger_is_not_believed_after_any_silence() {
    let mut latch = locked();
    assert_eq!(send(&mut latch, 3_600_000, STRANGER, 1, 6..=60), [STRANGE; 55]);
    assert_eq!(latch.locked(), Some(address(PHONE)));
}

#[test]
fn another_port_is_believed_after_ten_seconds_of_silence() {
    let moved = "192.0.2.7:4002";
    // The last packet came at 80 ms.
    let mut latch = locked();
    assert_eq!(send(&mut latch, 10_079 - 80, moved, 9, 1..=4), [OTHER; 4]);
    assert_eq!(send(&mut latch, 10_080, moved, 9, 1..=5)[4], Verdict::Locked);
    assert_eq!(send(&mut latch, 10_200, PHONE, 1, [6]), [OTHER]);
}

#[test]
fn a_flow_that_is_heard_again_keeps_its_address() {
    let mut latch = locked();
    send(&mut latch, 10_080, "192.0.2.7:4002", 9, 1..=4);
    assert_eq!(send(&mut latch, 10_150, PHONE, 1, [700]), [Verdict::Known]);
    assert_eq!(send(&mut latch, 10_160, "192.0.2.7:4002", 9, [5]), [OTHER]);
}

#[test]
fn a_third_source_takes_the_place_of_the_older() {
    let mut latch = locked();
    let mut source = |ssrc| send(&mut latch, 200, PHONE, ssrc, [1])[0];
    assert_eq!(
        [source(2), source(1), source(2)],
        [Verdict::New { replaces: None }, Verdict::Known, Verdict::Known]
    );
    let replaces = |ssrc| Verdict::New { replaces: Some(ssrc) };
    assert_eq!([source(3), source(2), source(1)], [replaces(1), Verdict::Known, replaces(3)]);
}

#[test]
fn an_agreement_on_other_addresses_waits_again() {
    let mut latch = locked();
    latch.expect(at(100), expected("192.0.2.8:5000", "192.0.2.7"));
    assert_eq!(latch.locked(), None);
    assert_eq!(send(&mut latch, 200, "192.0.2.8:5000", 2, 1..=5)[4], Verdict::Locked);
    assert_eq!(send(&mut latch, 300, PHONE, 1, [6]), [OTHER]);
}

#[test]
fn stragglers_of_the_address_that_is_left_do_not_lock_again() {
    let mut latch = locked();
    latch.expect(at(100), expected("192.0.2.8:5000", "192.0.2.7"));
    assert_eq!(send(&mut latch, 100, PHONE, 1, 6..=50), [OTHER; 45]);
    assert_eq!(
        send(&mut latch, 1_100, PHONE, 1, 51..=55)[4],
        Verdict::Locked,
        "it goes on, from behind a NAT"
    );
    let mut named = locked();
    named.expect(at(100), expected(PHONE, "198.51.100.1"));
    assert_eq!(send(&mut named, 100, PHONE, 1, 6..=10)[4], Verdict::Locked);
}

#[test]
fn the_same_addresses_or_none_change_nothing() {
    let mut latch = locked();
    latch.expect(at(100), expected(PHONE, "192.0.2.7"));
    latch.expect(at(100), Expected { media: None, ..expected(PHONE, "192.0.2.7") });
    latch.expect(at(100), expected("0.0.0.0:4000", "192.0.2.7"));
    latch.expect(at(100), expected("192.0.2.7:0", "192.0.2.7"));
    assert_eq!(send(&mut latch, 200, PHONE, 1, [6]), [Verdict::Known]);
}

#[test]
fn an_unproven_address_gets_five_seconds_until_it_speaks() {
    let mut latch = Latch::new(expected(PHONE, "198.51.100.1"));
    let sent = std::iter::from_fn(|| latch.next_destination()).take(1_000).count();
    assert_eq!(sent, usize::from(UNPROVEN_MAX));
    assert!(!latch.hears(address(STRANGER)));
    assert_eq!(latch.next_destination(), None);
    assert!(latch.hears(address("192.0.2.7:4001")), "its reports");
    assert!(std::iter::from_fn(|| latch.next_destination()).take(1_000).count() == 1_000);
}

#[test]
fn the_signalling_host_proves_no_other_address() {
    let mut latch = Latch::new(expected(PHONE, "198.51.100.1"));
    while latch.next_destination().is_some() {}
    send(&mut latch, 0, "198.51.100.1:9", 1, 1..=4);
    assert_eq!(latch.next_destination(), None);
    send(&mut latch, 80, "198.51.100.1:9", 1, [5]);
    assert_eq!(latch.next_destination(), Some(address("198.51.100.1:9")));
}

#[test]
fn new_agreements_do_not_make_more_packets_for_the_unproven() {
    let mut latch = Latch::new(expected(PHONE, "198.51.100.1"));
    let mut sent = 0;
    for port in 5_000..5_100 {
        sent += std::iter::from_fn(|| latch.next_destination()).take(100).count();
        latch.expect(at(0), expected(&format!("192.0.2.7:{port}"), "198.51.100.1"));
    }
    assert_eq!(sent, usize::from(UNPROVEN_MAX));
}

#[test]
fn who_names_itself_or_is_listed_needs_no_proof() {
    let listed = Expected { listed: true, ..expected(PHONE, "198.51.100.1") };
    for expected in [listed, expected(PHONE, "192.0.2.7")] {
        let mut latch = Latch::new(expected);
        let sent = std::iter::from_fn(|| latch.next_destination()).take(1_000);
        assert!(sent.eq([address(PHONE); 1_000]), "{expected:?}");
    }
}

#[test]
fn nothing_is_sent_where_no_host_is_named() {
    for nobody in [
        "0.0.0.0:4000",
        "192.0.2.7:0",
        "224.0.0.1:4000",
        "255.255.255.255:4000",
        "[::]:4000",
        "[ff02::1]:4000",
    ] {
        let mut latch = Latch::new(Expected { listed: true, ..expected(nobody, "192.0.2.7") });
        assert_eq!(latch.next_destination(), None, "{nobody}");
        assert_eq!(send(&mut latch, 0, PHONE, 1, 1..=5)[4], Verdict::Locked);
        assert_eq!(latch.next_destination(), Some(address(PHONE)));
    }
}

#[test]
fn an_address_is_the_same_in_either_family() {
    let mut latch = Latch::new(expected(PHONE, "192.0.2.7"));
    assert_eq!(send(&mut latch, 0, "[::ffff:192.0.2.7]:4000", 1, 1..=5)[4], Verdict::Locked);
    assert_eq!(latch.locked(), Some(address(PHONE)));
}

#[test]
fn a_spray_of_ports_does_not_keep_the_expected_one_out() {
    let mut latch = Latch::new(expected(PHONE, "192.0.2.7"));
    let mut verdicts = Vec::new();
    for number in 1..=5 {
        for port in 20_000..20_100 {
            send(&mut latch, u64::from(number) * 20, &format!("192.0.2.7:{port}"), 1, [number]);
            assert!(latch.candidates.len() <= CANDIDATES_MAX);
        }
        verdicts.extend(send(&mut latch, u64::from(number) * 20, PHONE, 2, [number]));
    }
    assert_eq!(verdicts[4], Verdict::Locked);
    assert_eq!(latch.locked(), Some(address(PHONE)));
}

#[test]
fn a_locked_latch_is_small_and_holds_nothing_else() {
    let latch = locked();
    assert_eq!(latch.candidates.capacity(), 0);
    assert!(size_of::<Latch>() <= 240, "{} bytes", size_of::<Latch>());
}

/// Somebody who sends: one of these addresses, some time later, with this source and number.
fn any_packet() -> impl Strategy<Value = (usize, u64, u32, u16)> {
    (0..ADDRESSES.len(), 0_u64..3_000, 0_u32..4, 0_u16..8)
}

const ADDRESSES: [&str; 5] = [PHONE, "192.0.2.7:4002", "198.51.100.1:9", "198.51.100.1:10", STRANGER];

proptest! {
    /// Whatever comes, a stranger is never believed, a lock takes five packets of its sender, and a lock is left only
    /// for its own host after ten seconds.
    #[test]
    fn a_lock_is_earned(packets in prop::collection::vec(any_packet(), 0..400)) {
        let mut latch = Latch::new(expected(PHONE, "198.51.100.1"));
        let mut now = Instant::ZERO;
        let mut sent = [[0_u32; 4]; ADDRESSES.len()];
        let mut heard: Option<(SocketAddr, Instant)> = None;
        for (who, later, ssrc, number) in packets {
            now = now + Duration::from_millis(later);
            let from = address(ADDRESSES[who]);
            sent[who][ssrc as usize] += 1;
            match latch.judge(now, from, &header(ssrc, number)) {
                Verdict::Locked => {
                    prop_assert!(sent[who][ssrc as usize] >= LOCK_AFTER.into());
                    prop_assert_ne!(ADDRESSES[who], STRANGER);
                    if let Some((before, last)) = heard {
                        prop_assert_eq!(before.ip(), from.ip());
                        prop_assert!(now >= last + RELOCK_AFTER);
                    }
                    heard = Some((from, now));
                }
                Verdict::Known | Verdict::New { .. } => {
                    prop_assert_eq!(heard.map(|(locked, _)| locked), Some(from));
                    heard = Some((from, now));
                }
                Verdict::Refused(_) => {}
            }
            prop_assert_eq!(latch.locked(), heard.map(|(locked, _)| locked));
        }
    }
}
