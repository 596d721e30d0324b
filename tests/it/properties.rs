//! Random callers, keys, hang-ups, resets and clock jumps: the invariants hold after every event, everybody who
//! called is gone at the end, and the same seed gives the same run.

use std::sync::Arc;
use std::time::Duration;

use attendant::bridge::faults::{DirectoryFault, Fault, QuestionKind};
use attendant::control::call::Digit;
use attendant::control::caller::{ActId, KeyPart, Named, Op, OrganizerRef, Program, Target};
use attendant::control::event::{MeetingId, Record};
use attendant::control::meeting::CallerAct;
use attendant::control::pin::Pin;
use attendant::control::policy::{OrganizerId, Policy};
use attendant::control::time::Instant;
use attendant::leg::cast::{Cast, KeyPath, LineFaults, Role, Which};
use attendant::leg::log::{Entry, Sink};
use attendant::media::amount::{Decibels, Part};
use attendant::media::impair::conditions::Conditions;
use attendant::play::invariants::Invariants;
use attendant::play::world::World;
use attendant::scenario::profiles::built_in;
use attendant::scenario::story::{Act, Given, Organizer, Story};
use proptest::prelude::*;

/// Keeps everything and watches the invariants; goes on when a script fails, as callers do.
struct Watch {
    invariants: Invariants,
    entries: Vec<(Instant, Entry)>,
}

impl Sink for Watch {
    fn take(&mut self, at: Instant, entry: Entry) {
        if let Entry::Event(event) = entry {
            self.invariants.take(&Record { at, event });
        }
        self.entries.push((at, entry));
    }
}

fn play(story: &Arc<Story>, seed: u64) -> World<Watch> {
    let allowed = story
        .given
        .organizers
        .iter()
        .zip(0..)
        .filter(|(organizer, _)| organizer.allow_anonymous_start == Some(true));
    let invariants = Invariants::new(&story.given.policy, allowed.map(|(_, number)| OrganizerId(number)));
    let mut world = World::new(story.given.policy.clone(), seed, Watch { invariants, entries: Vec::new() });
    world.stage(story).unwrap();
    world.run(Instant::NEVER);
    world
}

const AMOS: OrganizerRef = OrganizerRef(0);
const KIM: OrganizerRef = OrganizerRef(1);

fn press(parts: &[KeyPart]) -> Op {
    Op::Press { keys: parts.into(), gap: Duration::from_millis(100), hold: Duration::from_millis(100) }
}

fn keys(symbols: &str) -> Op {
    press(&symbols.chars().filter_map(Digit::from_symbol).map(KeyPart::Key).collect::<Vec<_>>())
}

fn entry(named: Named) -> Op {
    press(&[KeyPart::Named(named), KeyPart::Key(Digit::POUND)])
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        3 => Just(entry(Named::ConferenceId(AMOS))),
        3 => Just(keys("*")),
        3 => Just(entry(Named::Pin(AMOS))),
        1 => Just(entry(Named::Pin(KIM))),
        3 => "[0-9*#]{1,6}".prop_map(|symbols| keys(&symbols)),
        4 => "[*][1-9]".prop_map(|symbols| keys(&symbols)),
        5 => (0_u64..30_000).prop_map(|millis| Op::Wait(Duration::from_millis(millis))),
        2 => (0_u64..8_000).prop_map(|secs| Op::Wait(Duration::from_secs(secs))),
        1 => Just(Op::HangUp),
        1 => Just(Op::Drop),
    ]
}

/// How a call begins: as those of participants, organizers and lost souls do. Keys typed ahead are taken in order.
fn opening() -> impl Strategy<Value = Vec<Op>> {
    let dial = Op::Dial(Target::Number(0));
    let app = |user| vec![Op::Dial(Target::App { organizer: AMOS, user })];
    prop_oneof![
        6 => Just(vec![dial.clone(), entry(Named::ConferenceId(AMOS))]),
        4 => Just(vec![dial.clone(), entry(Named::ConferenceId(AMOS)), keys("*"), entry(Named::Pin(AMOS))]),
        1 => Just(vec![dial.clone(), entry(Named::ConferenceId(AMOS)), keys("*"), entry(Named::Pin(KIM))]),
        1 => Just(vec![dial]),
        1 => Just(app(0)),
        1 => Just(app(1)),
    ]
}

fn caller() -> impl Strategy<Value = Vec<Op>> {
    let call = (0_u64..120_000, opening(), 0_u64..120_000, prop::collection::vec(op(), 0..10));
    let call = call.prop_map(|(before, opening, after, ops)| {
        let wait = |millis| vec![Op::Wait(Duration::from_millis(millis))];
        [wait(before), opening, wait(after), ops, vec![Op::HangUp]].concat()
    });
    prop::collection::vec(call, 1..3).prop_map(|calls| calls.concat())
}

fn acts() -> Vec<Act> {
    let set = |name: &str, value: &str| Act::Set { name: name.into(), value: value.into() };
    vec![
        Act::ResetPin(AMOS),
        Act::ResetConferenceId(AMOS),
        Act::AllowAnonymousStart(AMOS, true),
        Act::AllowAnonymousStart(AMOS, false),
        Act::Disable(AMOS),
        Act::Enable(AMOS),
        Act::LockPin(AMOS),
        Act::Unlock(AMOS),
        Act::EndMeeting(AMOS),
        Act::LockMeeting(AMOS),
        Act::UnlockMeeting(AMOS),
        Act::OnCaller(CallerAct::Admit, 0),
        Act::OnCaller(CallerAct::Admit, 1),
        Act::OnCaller(CallerAct::Deny, 0),
        Act::OnCaller(CallerAct::Remove, 1),
        Act::OnCaller(CallerAct::Mute, 0),
        Act::OnCaller(CallerAct::Unmute, 0),
        set("pin_length", "8"),
        set("name_recording", "false"),
        set("lobby_time_limit", "10s"),
        set("lobby_time_limit", "2h"),
        set("max_length", "1h"),
        set("max_length_unauthenticated", "1m"),
        set("grace_after_last_authenticated", "20s"),
        set("capacity", "2"),
        set("pin_tries", "1"),
    ]
}

fn admin() -> impl Strategy<Value = Vec<Op>> {
    let act = (0_u64..60_000, 0..u16::try_from(acts().len()).unwrap())
        .prop_map(|(millis, act)| vec![Op::Wait(Duration::from_millis(millis)), Op::Act(ActId(act))]);
    prop::collection::vec(act, 0..5).prop_map(|steps| steps.concat())
}

/// A profile, and settings on top of it.
fn policy() -> impl Strategy<Value = Policy> {
    let settings: Vec<(&str, &str)> = vec![
        ("name_recording", "false"),
        ("capacity", "3"),
        ("lobby_time_limit", "1m"),
        ("lobby_time_limit", "0s"),
        ("after_last_pin", "hang_up"),
        ("release_on_start", "false"),
        ("after_organizer_leaves", "lobby"),
        ("entry_exit_announcements", "tone"),
        ("grace_after_last_authenticated", "2m"),
        ("max_length_unauthenticated", "10m"),
        ("limits.5", "2/3"),
        ("directory_timeout", "1s"),
        ("phone_callers_bypass_lobby", "false"),
        ("locked_newcomers", "refused"),
        ("asks_for_organizer", "always"),
    ];
    let chosen = prop::sample::subsequence(settings.clone(), 0..=settings.len());
    (prop::sample::select(built_in()), chosen).prop_map(|(profile, chosen)| {
        let mut policy = profile.policy().clone();
        chosen.iter().for_each(|(name, value)| policy.set(name, value).unwrap());
        policy
    })
}

fn trouble() -> impl Strategy<Value = Vec<DirectoryFault>> {
    let what = prop_oneof![
        (0_u64..10_000).prop_map(|millis| Fault::Late(Duration::from_millis(millis))),
        Just(Fault::Fails),
        Just(Fault::Silent),
    ];
    let question =
        prop::option::of(prop_oneof![Just(QuestionKind::FindMeeting), Just(QuestionKind::CheckPin)]);
    prop::collection::vec(
        (question, 1_u32..4, what).prop_map(|(question, times, what)| DirectoryFault {
            question,
            times: Some(times),
            what,
        }),
        0..3,
    )
}

fn line_faults() -> impl Strategy<Value = LineFaults> {
    let drop = prop::option::weighted(0.1, 0_u64..100_000);
    (0_u32..3, 0_u32..3, drop, sound_faults()).prop_map(|(lost, doubled, drop, sound)| LineFaults {
        lose_digits: Which::Some { count: lost, among: 20 },
        double_digits: Which::Some { count: doubled, among: 20 },
        drop_after: drop.map(Duration::from_millis),
        hang_up_after: None,
        sound,
    })
}

fn sound_faults() -> impl Strategy<Value = Conditions> {
    let part = prop::sample::select(vec!["0%", "2%", "20%"]).prop_map(|part| Part::parse(part).unwrap());
    let noise = prop::option::of(Just(Decibels::parse("-30dBm0", "dBm0").unwrap()));
    (part.clone(), part, 0_u64..100, noise).prop_map(|(loss, repeated, jitter, noise)| Conditions {
        loss,
        repeated,
        jitter: Duration::from_millis(jitter),
        noise,
        ..Conditions::default()
    })
}

fn key_path() -> impl Strategy<Value = KeyPath> {
    prop_oneof![8 => Just(KeyPath::Direct), 1 => Just(KeyPath::TelephoneEvents), 1 => Just(KeyPath::Inband)]
}

fn program(ops: Vec<Op>) -> Arc<Program> {
    Arc::new(Program::of_steps(ops))
}

fn organizer(name: &str, anonymous_start: bool, pin: &str) -> Organizer {
    Organizer {
        pin: Pin::from_symbols(pin),
        allow_anonymous_start: Some(anonymous_start),
        ..Organizer::new(name)
    }
}

fn story() -> impl Strategy<Value = Arc<Story>> {
    let cast = prop::collection::vec((caller(), key_path(), line_faults()), 2..6);
    (cast, admin(), policy(), trouble(), any::<bool>()).prop_map(
        |(cast, admin, policy, directory_faults, anonymous)| {
            let role = |name: &str, ops, key_path, faults| Role {
                key_path,
                faults,
                ..Role::new(name, program(ops))
            };
            let mut roles: Vec<Role> =
                cast.into_iter().map(|(ops, path, faults)| role("pat", ops, path, faults)).collect();
            roles.push(role("admin", admin, KeyPath::Direct, LineFaults::default()));
            let organizers = vec![organizer("amos", anonymous, "27182"), organizer("kim", false, "31415")];
            let given = Given::new(Arc::default(), policy, organizers);
            let (signals, recordings) = (Vec::new(), Vec::new());
            let cast = Cast { roles, signals, numbers: vec![Arc::default()], recordings };
            let story = Story::new("random", given, cast, Duration::MAX);
            Arc::new(Story { acts: acts(), directory_faults, ..story })
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn no_random_call_breaks_an_invariant_or_leaves_anything_behind(story in story(), seed: u64) {
        let mut world = play(&story, seed);
        let end = world.now();
        prop_assert_eq!(world.calls(), 0, "every call ends");
        for organizer in 0..2 {
            prop_assert!(world.meeting(MeetingId(organizer)).is_none(), "every meeting goes");
        }
        world.run(Instant::NEVER);
        let mut invariants = world.into_sink().invariants;
        invariants.end(end);
        prop_assert_eq!(invariants.violations(), &[]);
    }

    #[test]
    fn the_same_seed_gives_the_same_run(story in story(), seed: u64) {
        let (first, second) = (play(&story, seed).into_sink(), play(&story, seed).into_sink());
        prop_assert_eq!(first.entries, second.entries);
    }
}

/// More by hand: `ATTENDANT_CASES=100000 cargo test --release properties`.
fn cases() -> u32 {
    std::env::var("ATTENDANT_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(512)
}
