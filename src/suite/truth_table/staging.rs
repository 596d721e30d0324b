//! Puts a combination on stage: the story that leads up to it, and the caller.

use std::sync::Arc;
use std::time::Duration;

use super::answer::{Answer, EndState, Question};
use super::{Caller, Meeting, Passcode, Pin, Situation};
use crate::control::call::Digit;
use crate::control::caller::{ActId, KeyPart, Named, Op, OrganizerRef, Program, Target};
use crate::control::meeting::CallerAct;
use crate::control::pin;
use crate::control::policy::Profile;
use crate::control::time::Instant;
use crate::leg::cast::{Cast, Role};
use crate::play::play;
use crate::scenario::story::{Act, Given, Organizer, Story};

const AMOS: OrganizerRef = OrganizerRef(0);
const KIM: OrganizerRef = OrganizerRef(1);

/// The cast, by its places in [`Cast::roles`].
const CALLER: u32 = 0;
const GUEST: u32 = 1;

/// The schedule, in seconds. Any two times are further apart than the longest dialog takes: all questions
/// and prompts up to the lobby or the meeting come to less than a minute.
const ORGANIZER_COMES: u64 = 60;
const GUEST_COMES: u64 = 61;
const GUEST_IS_ADMITTED: u64 = 160;
const MEETING_IS_LOCKED: u64 = 170;
const ORGANIZER_LEAVES: u64 = 180;
pub(super) const CALLER_DIALS: u64 = 200;
/// A caller who is still waiting now waits in vain, and gives a PIN from the lobby.
const CALLER_TRIES_AGAIN: u64 = 60;
/// One digit more than any PIN has: nobody's, whatever is drawn.
const WRONG_PIN: &str = "1111111111111#";
/// The state now is the answer.
pub(super) const ANSWER: u64 = 320;
const ALL_HANG_UP: u64 = 340;

/// The answer to a combination. A caller with a PIN is first played without it, which shows where it can be given.
pub(super) fn answer(profile: &Arc<Profile>, situation: Situation) -> Answer {
    let without = enact(profile, situation, Vec::new(), Vec::new());
    let Caller::PhoneWith(pin) = situation.who else {
        return without;
    };
    if situation.passcode != Passcode::None && profile.policy().dialog.one_prompt {
        return enact(profile, situation, vec![wait(1), entry(pin), wait(5)], Vec::new());
    }
    let waits = match without.gets {
        EndState::WaitsForOrganizer | EndState::WaitsToBeAdmitted => true,
        EndState::Starts { .. } | EndState::Joins { .. } | EndState::Refused(_) => false,
    };
    if without.asked.contains(&Question::Organizer) {
        enact(profile, situation, Vec::new(), vec![wait(1), keys("*"), wait(1), entry(pin)])
    } else if waits {
        enact(profile, situation, Vec::new(), vec![wait(CALLER_TRIES_AGAIN), keys("*"), wait(1), entry(pin)])
    } else {
        without
    }
}

/// `instead` comes in place of the passcode, or before it; `after` when everything has been asked.
fn enact(profile: &Arc<Profile>, situation: Situation, instead: Vec<Op>, after: Vec<Op>) -> Answer {
    let story = Arc::new(story(profile, situation, instead, after));
    let played = play(&story, 1);
    assert!(
        played.failures.is_empty(),
        "no step of these stories expects anything, and no invariant may break: {:?}",
        played.failures
    );
    let own_client = situation.who == Caller::SignedIn { organizer: true };
    let (from, until) = (at(CALLER_DIALS), at(ANSWER));
    Answer::of(&played.log, CALLER, own_client, from, until)
}

fn at(secs: u64) -> Instant {
    Instant::ZERO + Duration::from_secs(secs)
}

fn story(profile: &Arc<Profile>, situation: Situation, instead: Vec<Op>, after: Vec<Op>) -> Story {
    let Situation { meeting, anonymous_start, passcode, who } = situation;
    let mut policy = profile.policy().clone();
    let locked_out = who == Caller::PhoneWith(Pin::RightLockedOut);
    if locked_out {
        let limits = format!("limits.{}", policy.tenant.pin_length.get());
        policy.set(&limits, "1/1000").expect("the setting takes this value");
    }
    let (runs, leaves, locked) = match meeting {
        Meeting::NotStarted => (false, false, false),
        Meeting::Runs { locked } => (true, false, locked),
        Meeting::OrganizerLeft { locked } => (true, true, locked),
    };
    let dial_in =
        [Op::Dial(Target::Number(0)), press(&[KeyPart::Named(Named::ConferenceId(AMOS))]), keys("#")];
    let knows_passcode = match passcode {
        Passcode::None => Vec::new(),
        Passcode::Right | Passcode::Wrong => vec![wait(1), named(Named::Passcode(AMOS))],
    };
    let passcode_entries = match passcode {
        Passcode::None | Passcode::Right => knows_passcode.clone(),
        Passcode::Wrong => {
            let tries = policy.dialog.passcode.tries.get() - u8::from(!instead.is_empty());
            (0..tries).flat_map(|_| [wait(5), keys(WRONG_PIN)]).collect()
        }
    };
    let dial_in_knowing = [&dial_in[..], &knows_passcode].concat();
    let caller = match who {
        Caller::Phone | Caller::PhoneWith(_) => [&dial_in[..], &instead, &passcode_entries, &after].concat(),
        Caller::SignedIn { organizer } => vec![client(u16::from(!organizer))],
    };
    let mut roles =
        vec![role("caller", [vec![wait(CALLER_DIALS)], caller, vec![wait(ALL_HANG_UP)]].concat())];
    let guest = [&[wait(GUEST_COMES)], &dial_in_knowing[..], &[wait(ALL_HANG_UP)]].concat();
    roles.push(role("guest", if leaves { guest } else { Vec::new() }));
    let stays = if leaves {
        vec![wait(ORGANIZER_LEAVES - ORGANIZER_COMES), Op::HangUp]
    } else {
        vec![wait(ALL_HANG_UP)]
    };
    let amos = [vec![wait(ORGANIZER_COMES), client(0)], stays].concat();
    roles.push(role("amos", if runs { amos } else { Vec::new() }));
    let guess = if policy.dialog.one_prompt && passcode != Passcode::None {
        [&dial_in[..], &[wait(1), entry(Pin::Wrong)]].concat()
    } else {
        [&dial_in_knowing[..], &[wait(1), keys("*"), wait(1), entry(Pin::Wrong)]].concat()
    };
    let guesses = [&guess[..], &[wait(1), Op::HangUp]].concat();
    roles.push(role("mallory", if locked_out { guesses } else { Vec::new() }));
    let (acts, admin) = administration(anonymous_start, leaves, locked);
    roles.push(role("admin", admin));
    let has_passcode = passcode != Passcode::None;
    let amos_account =
        Organizer { passcode: pin::passcode("27182818").filter(|_| has_passcode), ..organizer("amos") };
    let given = Given::new(Arc::clone(profile), policy, vec![amos_account, organizer("kim")]);
    let cast = Cast { roles, signals: Vec::new(), numbers: vec![Arc::default()], recordings: Vec::new() };
    let name = format!("{meeting}, {who}");
    Story { acts, ..Story::new(name, given, cast, Duration::from_secs(24 * 3600)) }
}

/// Anonymous start is allowed only once PIN entry is locked where it is to be: before, it would not be asked for.
fn administration(anonymous_start: bool, admits: bool, locks: bool) -> (Vec<Act>, Vec<Op>) {
    let due = [
        (anonymous_start, ORGANIZER_COMES - 1, Act::AllowAnonymousStart(AMOS, true)),
        (admits, GUEST_IS_ADMITTED, Act::OnCaller(CallerAct::Admit, GUEST)),
        (locks, MEETING_IS_LOCKED, Act::LockMeeting(AMOS)),
    ];
    let (mut acts, mut ops, mut now) = (Vec::new(), Vec::new(), 0);
    for (number, (_, secs, act)) in (0..).zip(due.into_iter().filter(|(wanted, _, _)| *wanted)) {
        ops.extend([wait(secs - now), Op::Act(ActId(number))]);
        acts.push(act);
        now = secs;
    }
    (acts, ops)
}

fn client(user: u16) -> Op {
    Op::Dial(Target::App { organizer: AMOS, user })
}

fn wait(secs: u64) -> Op {
    Op::Wait(Duration::from_secs(secs))
}

fn press(parts: &[KeyPart]) -> Op {
    Op::Press { keys: parts.into(), gap: Duration::from_millis(100), hold: Duration::from_millis(100) }
}

fn keys(symbols: &str) -> Op {
    press(&symbols.chars().filter_map(Digit::from_symbol).map(KeyPart::Key).collect::<Vec<_>>())
}

fn entry(pin: Pin) -> Op {
    match pin {
        Pin::Right | Pin::RightLockedOut => named(Named::Pin(AMOS)),
        Pin::Another => named(Named::Pin(KIM)),
        Pin::Wrong => keys(WRONG_PIN),
    }
}

fn named(named: Named) -> Op {
    press(&[KeyPart::Named(named), KeyPart::Key(Digit::POUND)])
}

fn organizer(name: &str) -> Organizer {
    Organizer { allow_anonymous_start: Some(false), ..Organizer::new(name) }
}

fn role(name: &str, ops: Vec<Op>) -> Role {
    Role::new(name, Program::of_steps(ops))
}
