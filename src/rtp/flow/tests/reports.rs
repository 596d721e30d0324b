//! Reports, both ways.

use super::*;
use crate::rtp::rtcp::compose::Report;
use crate::rtp::rtcp::{self, ReportBlock};

fn report(flow: &mut Flow, now: Instant) -> Option<(SocketAddr, Vec<u8>)> {
    let mut bytes = Vec::new();
    flow.report(now, "bridge", false, &mut bytes).map(|destination| (destination, bytes))
}

#[test]
fn reports_are_due_after_a_while_and_then_every_five_seconds() {
    let mut flow = flow();
    let mut due = vec![0];
    for _ in 0..100 {
        let next = flow.poll_timeout().unwrap();
        due.push(next.millis());
        flow.handle_timeout(next);
        assert_eq!(drain(&mut flow), [Output::ReportDue]);
    }
    let gaps: Vec<u64> = due.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!((1_250..=3_751).contains(&gaps[0]), "{gaps:?}");
    assert!(gaps[1..].iter().all(|gap| (2_500..=7_501).contains(gap)), "{gaps:?}");
    let mean = gaps[1..].iter().sum::<u64>() / 99;
    assert!((4_500..5_500).contains(&mean), "{mean}");
}

#[test]
fn two_ends_know_the_way_between_them_and_what_is_lost_on_it() {
    let mut bridge = flow();
    let mut phone = Flow::new(at(0), identity(0xF0), &agreement());
    // Packets take 30 ms to the telephone and 50 ms back; every tenth is lost on the way there.
    for tick in 1..=500 {
        let now = at(20 * tick);
        let there = sent(&mut bridge, now, None).unwrap();
        if tick % 10 != 0 {
            give(&mut phone, now + Duration::from_millis(30), PHONE, &there);
        }
        let back = sent(&mut phone, now, None).unwrap();
        give(&mut bridge, now + Duration::from_millis(50), PHONE, &back);
    }
    let (_, from_bridge) = report(&mut bridge, at(11_000)).unwrap();
    give(&mut phone, at(11_030), PHONE, &from_bridge);
    let (_, from_phone) = report(&mut phone, at(13_000)).unwrap();
    give(&mut bridge, at(13_050), PHONE, &from_phone);
    let figures = bridge.figures();
    let peer = figures.peer.unwrap();
    // The first five packets count from the fifth on; the last that came has number 499.
    assert_eq!((peer.lost, phone.figures().lost), (49, 49));
    assert_eq!(peer.fraction_lost, (49 * 256 / 495) as u8);
    let round_trip = figures.round_trip.unwrap().as_micros();
    assert!((79_950..=80_050).contains(&round_trip), "{round_trip} µs");
    assert_eq!(figures.jitter, Duration::ZERO);
    // A report of somebody who has had none of ours tells nothing new of the way.
    let blocks = [ReportBlock {
        ssrc: 0xB1,
        fraction_lost: 0,
        lost: 49,
        highest_sequence: 500,
        jitter: 0,
        last_sender_report: 0,
        delay_since: 0,
    }];
    let mut bytes = Vec::new();
    Report { ssrc: 0xF0, sender: None, blocks: &blocks, cname: "phone", goodbye: false }.write(&mut bytes);
    give(&mut bridge, at(14_000), PHONE, &bytes);
    assert_eq!(bridge.figures().round_trip, figures.round_trip);
}

#[test]
fn uneven_packets_have_jitter() {
    let mut flow = locked();
    for number in 5..200 {
        let late = u64::from(number % 2) * 16;
        give(&mut flow, at(20 * u64::from(number) + late), PHONE, &sound(1, number));
    }
    let jitter = flow.figures().jitter.as_millis();
    assert!((15..=16).contains(&jitter), "{jitter} ms");
}

#[test]
fn events_whose_timestamp_stands_still_have_none() {
    let mut flow = locked();
    give_press(&mut flow, 100, PHONE, 1, 5, '4');
    assert_eq!(flow.figures().jitter, Duration::ZERO);
}

#[test]
fn who_has_sent_nothing_lately_reports_as_a_receiver() {
    let mut flow = locked();
    let kinds: Vec<u8> = (1..=4)
        .map(|report_number| {
            if report_number == 1 {
                sent(&mut flow, at(200), None);
            }
            report(&mut flow, at(5_000 * report_number)).unwrap().1[1]
        })
        .collect();
    assert_eq!(kinds, [200, 200, 201, 201]);
}

#[test]
fn a_goodbye_ends_the_reports() {
    let mut bytes = Vec::new();
    locked().report(at(9_000), "bridge", true, &mut bytes).unwrap();
    assert_eq!(Compound::parse(&bytes).unwrap().last(), Some(rtcp::Packet::Goodbye));
}

#[test]
fn reports_go_where_the_peer_takes_them_in() {
    let other_port = |reports: &str| Agreement { reports: Some(address(reports)), ..agreement() };
    let to = |flow: &mut Flow| report(flow, at(9_000)).map(|(destination, _)| destination);
    assert_eq!(to(&mut locked()), Some(address(PHONE)));
    let mut named = locked();
    named.agree(at(100), &other_port("192.0.2.7:4001"));
    assert_eq!(to(&mut named), Some(address("192.0.2.7:4001")));
    // Nobody's word is taken for another host.
    let mut foreign = locked();
    foreign.agree(at(100), &other_port(STRANGER));
    assert_eq!(to(&mut foreign), None);
    let (_, bytes) = report(&mut flow(), at(100)).unwrap();
    give(&mut foreign, at(200), STRANGER, &bytes);
    assert_eq!(to(&mut foreign), None);
    give(&mut foreign, at(200), "192.0.2.7:4009", &bytes);
    assert_eq!(to(&mut foreign), Some(address("192.0.2.7:4009")));
}

#[test]
fn reports_of_strangers_are_not_read() {
    let mut flow = locked();
    let mut other = Flow::new(at(0), identity(9), &agreement());
    give(&mut other, at(100), PHONE, &sound(0xB1, 0));
    let (_, bytes) = report(&mut other, at(100)).unwrap();
    give(&mut flow, at(100), STRANGER, &bytes);
    assert_eq!(flow.figures().refusals.of(Refusal::Stranger), 1);
    assert_eq!(flow.figures().peer, None);
}
