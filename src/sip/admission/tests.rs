//! Who is let in, in virtual time.

use super::*;
use crate::sip::message::Uri;

fn message(method: &str, to: &str, call_id: &str) -> Message {
    let mut request = Request::new(Method::parse(method).unwrap(), Uri::parse("sip:4711@bridge").unwrap());
    request.headers.push(HeaderName::To, to);
    request.headers.push(HeaderName::CallId, call_id);
    Message::Request(request)
}

fn invite() -> Message {
    message("INVITE", "<sip:4711@bridge>", "c")
}

fn source(last: u8) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, last], 5060))
}

fn refusal(decision: &Decision) -> Option<Refusal> {
    match decision {
        Decision::Take => None,
        Decision::Answer(refusal, _) | Decision::Silence(refusal) => Some(*refusal),
    }
}

#[track_caller]
fn assert_shed(load: &Load, expected: Refusal) {
    let mut admission = Admission::new(Vec::new());
    let decision = admission.decide(Instant::ZERO, &invite(), source(1), load);
    let Decision::Answer(refusal, response) = decision else { panic!("{decision:?}") };
    assert_eq!((refusal, response.code), (expected, 503));
    let underway = message("INVITE", "<sip:4711@bridge>;tag=t", "c");
    assert_eq!(admission.decide(Instant::ZERO, &underway, source(1), load), Decision::Take);
}

#[test]
fn new_calls_are_shed_for_each_reason_and_calls_underway_never() {
    let free = Load::default();
    assert_shed(&Load { queue_age: QUEUE_AGE_MAX, ..free }, Refusal::Overload);
    assert_shed(&Load { calls: CALLS, ..free }, Refusal::Full);
    assert_shed(&Load { early_calls: EARLY_CALLS, ..free }, Refusal::Full);
    assert_shed(&Load { transactions: TRANSACTIONS, ..free }, Refusal::Full);
    assert_shed(&Load { draining: true, ..free }, Refusal::Draining);
    let just = Load {
        queue_age: QUEUE_AGE_MAX - Duration::from_micros(1),
        calls: CALLS - 1,
        early_calls: EARLY_CALLS - 1,
        transactions: TRANSACTIONS - 1,
        draining: false,
    };
    assert_eq!(Admission::new(Vec::new()).decide(Instant::ZERO, &invite(), source(1), &just), Decision::Take);
}

#[test]
fn a_message_is_classed_by_its_method_and_its_to_tag() {
    for (method, class) in [
        ("INVITE", Class::NewCall),
        ("ACK", Class::Underway),
        ("BYE", Class::Underway),
        ("CANCEL", Class::Underway),
        ("PRACK", Class::Underway),
        ("OPTIONS", Class::Ping),
        ("REGISTER", Class::Ping),
        ("NOTIFY", Class::Ping),
        ("INFO", Class::Ping),
    ] {
        assert_eq!(Class::of(&message(method, "<sip:b>", "c")), class, "{method}");
        assert_eq!(Class::of(&message(method, "<sip:b>;tag=t", "c")), Class::Underway, "{method}");
    }
}

#[test]
fn shed_callers_are_spread_over_the_time_they_may_come_back() {
    let times: Vec<u64> = (0..200)
        .map(|number| {
            let Message::Request(request) = message("INVITE", "<sip:b>", &format!("{number}@a")) else {
                panic!("a response")
            };
            retry_after(&request.headers)
        })
        .collect();
    for time in RETRY_AFTER {
        let count = times.iter().filter(|known| **known == time).count();
        assert!((10..=60).contains(&count), "{count} of 200 come back after {time} s");
    }
    assert!(times.iter().all(|time| RETRY_AFTER.contains(time)));
}

#[test]
fn one_source_gets_its_burst_and_then_its_rate() {
    let mut admission = Admission::new(Vec::new());
    let mut decide = |now, last| refusal(&admission.decide(now, &invite(), source(last), &Load::default()));
    let taken = (0..300).filter(|_| decide(Instant::ZERO, 1).is_none()).count();
    assert_eq!(taken, INVITES_BURST as usize);
    assert_eq!(decide(Instant::ZERO, 2), None, "another source pays for it");
    let taken = (0..10_000).filter(|ms| decide(Instant::from_millis(*ms), 1).is_none()).count();
    assert_eq!(taken, INVITES_A_SOURCE as usize * 10 - 1);
}

#[test]
fn beyond_its_rate_a_source_is_told_once_a_second() {
    let mut admission = Admission::new(Vec::new());
    let mut told = 0;
    for _ in 0..1_000 {
        let decision = admission.decide(Instant::from_secs(1), &invite(), source(1), &Load::default());
        told += usize::from(matches!(decision, Decision::Answer(Refusal::TooManyInvites, _)));
    }
    assert_eq!(told, 1);
    let mut admit = |ms| {
        let now = Instant::from_millis(ms);
        (0..100).map(|_| admission.decide(now, &invite(), source(1), &Load::default())).collect::<Vec<_>>()
    };
    assert!(!admit(1_999).iter().any(|decision| matches!(decision, Decision::Answer(..))));
    let later = admit(2_000);
    assert_eq!(later.iter().filter(|decision| matches!(decision, Decision::Answer(..))).count(), 1);
}

#[test]
fn pings_beyond_their_rate_meet_silence() {
    let mut admission = Admission::new(Vec::new());
    let ping = message("OPTIONS", "<sip:b>", "c");
    let mut decide = || admission.decide(Instant::ZERO, &ping, source(1), &Load::default());
    let taken = (0..PINGS_A_SOURCE).filter(|_| decide() == Decision::Take).count();
    assert_eq!(taken, PINGS_A_SOURCE as usize);
    assert_eq!(decide(), Decision::Silence(Refusal::TooManyPings));
}

#[test]
fn loopback_and_peers_by_agreement_are_not_counted() {
    let mut admission = Admission::new(vec![Network::host(source(7).ip())]);
    for address in ["127.0.0.1:1", "[::1]:1", "[::ffff:127.0.0.9]:1", "192.0.2.7:1", "[::ffff:192.0.2.7]:1"] {
        let source = address.parse().unwrap();
        for _ in 0..1_000 {
            assert_eq!(admission.decide(Instant::ZERO, &invite(), source, &Load::default()), Decision::Take);
        }
    }
}

#[test]
fn a_network_of_ipv6_is_one_source() {
    let mut admission = Admission::new(Vec::new());
    let taken = (0..300_u16).filter(|host| {
        let source = SocketAddr::from(([0x2001, 0xdb8, 0, 1, 0, 0, 0, *host], 5060));
        admission.decide(Instant::ZERO, &invite(), source, &Load::default()) == Decision::Take
    });
    assert_eq!(taken.count(), INVITES_BURST as usize);
}

#[test]
fn more_sources_than_the_table_holds_are_slowed_as_one() {
    let mut buckets = Buckets::new(1, 1);
    let source = |number: u32| IpAddr::from(number.to_be_bytes());
    let all = u32::try_from(SOURCES_MAX).unwrap() + 10;
    let taken = (0..all).filter(|number| buckets.take(Instant::ZERO, source(*number))).count();
    assert_eq!(taken, SOURCES_MAX + 1);
    assert_eq!(buckets.len(), SOURCES_MAX);
    let later = Instant::from_secs(2);
    assert!(buckets.take(later, source(all)) && buckets.take(later, source(all + 1)));
    assert_eq!(buckets.len(), 2);
}

#[test]
fn refusals_are_summed_up_once_a_second_each_with_its_count() {
    let mut tally = Tally::default();
    assert_eq!(tally.poll_timeout(), None);
    tally.count(Instant::from_millis(500), Refusal::Overload);
    tally.count(Instant::from_millis(900), Refusal::Overload);
    tally.count(Instant::from_millis(900), Refusal::Junk);
    assert_eq!(tally.poll_timeout(), Some(Instant::from_millis(1_500)));
    assert_eq!(tally.summary(Instant::from_millis(1_499)), []);
    let summary = tally.summary(Instant::from_millis(1_500));
    assert_eq!(summary, [(Refusal::Junk, 1), (Refusal::Overload, 2)]);
    assert_eq!(tally.poll_timeout(), None);
    tally.count(Instant::from_secs(3), Refusal::Junk);
    assert_eq!(tally.summary(Instant::from_secs(4)), [(Refusal::Junk, 1)]);
    assert_eq!(tally.totals().find(|(refusal, _)| *refusal == Refusal::Junk), Some((Refusal::Junk, 2)));
}

#[test]
fn every_refusal_is_counted_under_its_own_name() {
    for refusal in Refusal::ALL {
        let mut tally = Tally::default();
        tally.count(Instant::ZERO, refusal);
        assert_eq!(tally.summary(Instant::from_secs(1)), [(refusal, 1)]);
    }
}
