//! Calls over a network that loses, doubles, delays and reorders, by chance from a seed.

use std::collections::BTreeMap;
use std::time::Duration;

use attendant::control::time::Instant;
use attendant::sip::session::{End, HangUp};
use proptest::prelude::*;
use rand::SeedableRng as _;
use rand::rngs::ChaCha8Rng;

use super::phone::{Phone, Plan, State, Step};
use super::world::{Bridge, Letter, World};

/// What the network does to messages.
#[derive(Clone, Copy, Debug)]
struct Network {
    /// In percent.
    lost: u32,
    /// In percent.
    doubled: u32,
    /// The longest way, in milliseconds; the shortest takes 1.
    delay: u64,
}

const CALM: Network = Network { lost: 0, doubled: 0, delay: 1 };

/// Plays calls to their ends, and checks all rules on the way. Fails if they do not end within a day.
fn play(bridge: Bridge, plans: Vec<Plan>, network: Network, seed: u64) -> World {
    let phones: Vec<_> = plans.into_iter().enumerate().map(|(name, plan)| Phone::new(name, plan)).collect();
    let count = phones.len();
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let mut world = World::new(bridge, phones);
    let mut under_way: BTreeMap<(Instant, u64), Letter> = BTreeMap::new();
    let mut posted = 0;
    (0..count).for_each(|phone| world.dial(phone));
    loop {
        for letter in std::mem::take(&mut world.letters) {
            let copies = if chance.random_range(0..100) < network.lost {
                0
            } else {
                1 + u32::from(chance.random_range(0..100) < network.doubled)
            };
            for _ in 0..copies {
                let way = Duration::from_millis(chance.random_range(1..=network.delay));
                posted += 1;
                under_way.insert((world.now + way, posted), letter.clone());
            }
        }
        let arrival = under_way.keys().next().copied();
        match (arrival, world.next_due()) {
            (Some((at, number)), due) if due.is_none_or(|due| at <= due) => {
                world.now = at;
                let letter = under_way.remove(&(at, number)).unwrap();
                world.deliver(&letter);
            }
            (_, Some(due)) => {
                assert!(due < Instant::from_secs(24 * 3_600), "the calls do not end");
                world.pass(due);
            }
            (_, None) => break,
        }
    }
    world.check_end();
    world
}

fn steps(steps: &[Step]) -> Vec<(u64, Step)> {
    steps.iter().map(|step| (100, *step)).collect()
}

fn calm(plan: Plan) -> World {
    play(Bridge::default(), vec![plan], CALM, 1)
}

#[test]
fn a_whole_call_without_trouble() {
    let all = [
        Step::Key('4'),
        Step::Key('#'),
        Step::Invite("sendonly"),
        Step::Update("sendrecv"),
        Step::Offerless,
        Step::Options,
        Step::Bye,
    ];
    let world = calm(Plan { steps: steps(&all), ..Plan::default() });
    let expected = [
        "INVITE 200",
        "INFO 200",
        "INFO 200",
        "INVITE 200",
        "UPDATE 200",
        "INVITE 200",
        "OPTIONS 200",
        "BYE 200",
    ];
    assert_eq!(world.phones[0].finals, expected);
    assert_eq!((world.seen().keys.as_str(), world.seen().end), ("4#", Some(End::Caller)));
}

#[test]
fn a_delayed_offer_is_answered_in_the_ack() {
    let plan =
        Plan { is_offerless: true, steps: steps(&[Step::Invite("inactive"), Step::Bye]), ..Plan::default() };
    let world = calm(plan);
    assert_eq!(world.phones[0].finals, ["INVITE 200", "INVITE 200", "BYE 200"]);
    assert_eq!(world.seen().direction.as_deref(), Some("inactive"));
}

#[test]
fn a_cancel_ends_a_call_that_rings() {
    let bridge = Bridge { ring: Some(10), answer: (5_000, None), ..Bridge::default() };
    let world = play(bridge, vec![Plan { cancel_after: Some(300), ..Plan::default() }], CALM, 1);
    assert_eq!((world.phones[0].state, world.seen().end), (State::Ended(487), Some(End::Cancelled)));
}

#[test]
fn a_cancel_that_comes_too_late_becomes_a_bye() {
    let bridge = Bridge { ring: Some(10), answer: (301, None), ..Bridge::default() };
    let world = play(
        bridge,
        vec![Plan { cancel_after: Some(300), ..Plan::default() }],
        Network { delay: 3, ..CALM },
        5,
    );
    let ends = [Some(End::Caller), Some(End::Cancelled)];
    assert!(ends.contains(&world.seen().end), "{:?}", world.seen());
}

#[test]
fn a_bye_before_the_ack_ends_the_call() {
    let world = calm(Plan { hangs_up_before_ack: true, ..Plan::default() });
    assert_eq!(
        (world.phones[0].finals.last().unwrap().as_str(), world.seen().end),
        ("BYE 200", Some(End::Caller))
    );
}

#[test]
fn a_caller_who_vanishes_is_missed_when_the_session_expires() {
    let plan = Plan {
        fields: "Supported: timer\r\nSession-Expires: 90\r\n",
        steps: steps(&[Step::Vanish]),
        ..Plan::default()
    };
    let world = calm(plan);
    assert_eq!(world.seen().end, Some(End::SessionExpired));
}

#[test]
fn refreshes_of_ours_keep_a_call_up() {
    for fields in ["Supported: timer\r\nSession-Expires: 90;refresher=uas\r\n", "Session-Expires: 90\r\n"] {
        let plan = Plan { fields, steps: vec![(600_000, Step::Bye)], ..Plan::default() };
        assert_eq!(calm(plan).seen().end, Some(End::Caller), "{fields}");
    }
}

#[test]
fn a_refused_call_ends_at_both_ends() {
    let bridge = Bridge { answer: (20, Some(404)), ..Bridge::default() };
    let world = play(bridge, vec![Plan::default()], CALM, 1);
    assert_eq!((world.phones[0].state, world.seen().end), (State::Ended(404), Some(End::Refused(404))));
}

#[test]
fn byes_that_cross_end_the_call_at_both_ends() {
    // The INVITE takes 1 ms, its 200 leaves at 21 and comes at 22: both hang up at 122.
    let bridge = Bridge { hang_up: Some(121), ..Bridge::default() };
    let world = play(bridge, vec![Plan { steps: steps(&[Step::Bye]), ..Plan::default() }], CALM, 1);
    assert_eq!(world.seen().end, Some(End::Bridge(HangUp::Normal)));
    assert!(matches!(world.phones[0].state, State::Ended(200)));
}

#[test]
fn a_thousand_calls_leave_nothing_behind() {
    let plan = |number: usize| match number % 5 {
        0 => Plan { steps: steps(&[Step::Key('1'), Step::Bye]), ..Plan::default() },
        1 => Plan { steps: steps(&[Step::Vanish]), fields: "Session-Expires: 90\r\n", ..Plan::default() },
        2 => Plan { cancel_after: Some(10), ..Plan::default() },
        3 => Plan {
            is_offerless: true,
            steps: steps(&[Step::Invite("sendonly"), Step::Bye]),
            ..Plan::default()
        },
        _ => Plan { hangs_up_before_ack: true, ..Plan::default() },
    };
    let network = Network { lost: 10, doubled: 10, delay: 40 };
    let world = play(Bridge::default(), (0..1_000).map(plan).collect(), network, 3);
    assert!(world.lines.len() > 990, "{}", world.lines.len());
}

fn any_step() -> impl Strategy<Value = Step> {
    let direction = prop::sample::select(vec!["sendrecv", "sendonly", "recvonly", "inactive"]);
    prop_oneof![
        direction.clone().prop_map(Step::Invite),
        direction.prop_map(Step::Update),
        prop::sample::select(vec!['0', '5', '*', '#']).prop_map(Step::Key),
        Just(Step::Offerless),
        Just(Step::Options),
    ]
}

fn any_plan() -> impl Strategy<Value = Plan> {
    let fields = prop::sample::select(vec![
        "",
        "Supported: timer\r\nSession-Expires: 90\r\n",
        "Supported: timer\r\nSession-Expires: 90;refresher=uas\r\n",
        "Session-Expires: 90\r\n",
    ]);
    let last = prop::sample::select(vec![Step::Bye, Step::Bye, Step::Vanish]);
    let cancel = prop::option::weighted(0.2, 0u64..1_000);
    let steps = prop::collection::vec((0u64..40_000, any_step()), 0..6);
    (any::<bool>(), fields, cancel, prop::bool::weighted(0.2), steps, last).prop_map(
        |(is_offerless, fields, cancel_after, hangs_up_before_ack, mut steps, last)| {
            steps.push((50, last));
            Plan { is_offerless, fields, cancel_after, hangs_up_before_ack, steps }
        },
    )
}

fn any_bridge() -> impl Strategy<Value = Bridge> {
    let refusal = prop::option::weighted(0.1, prop::sample::select(vec![404u16, 486, 503]));
    let answer = (0u64..2_000, refusal);
    (prop::option::of(0u64..500), answer, prop::option::weighted(0.3, 0u64..60_000))
        .prop_map(|(ring, answer, hang_up)| Bridge { ring, answer, hang_up })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Every call ends at both ends, whatever the network does; all other rules are checked on the way.
    #[test]
    fn every_call_ends_whatever_the_network_does(
        bridge in any_bridge(),
        plan in any_plan(),
        lost in 0u32..40,
        doubled in 0u32..30,
        delay in prop::sample::select(vec![1u64, 20, 400, 2_000]),
        seed in any::<u64>(),
    ) {
        play(bridge, vec![plan], Network { lost, doubled, delay }, seed);
    }

    /// Without loss nothing that a telephone asks for fails.
    #[test]
    fn without_loss_every_request_succeeds(mut plan in any_plan(), seed in any::<u64>()) {
        plan.cancel_after = None;
        // No session expires meanwhile, and no request overtakes the ACK before it, which is rightly answered with 491 (RFC
        // 3261, section 14.2).
        plan.steps.iter_mut().for_each(|(millis, _)| *millis = 100 + *millis % 4_900);
        let network = Network { lost: 0, doubled: 20, delay: 30 };
        let world = play(Bridge::default(), vec![plan.clone()], network, seed);
        let failed: Vec<_> = world.phones[0].finals.iter().filter(|line| !line.ends_with(" 200")).collect();
        prop_assert!(failed.is_empty(), "{failed:?}");
        if !plan.hangs_up_before_ack {
            prop_assert_eq!(&world.seen().keys, &world.phones[0].keys());
        }
    }
}
