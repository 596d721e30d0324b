//! What happens at random: the steps, which are likely, and which make no sense. A step names a PIN and never tells
//! its digits, so a failure may be printed.

use std::collections::VecDeque;
use std::fmt;

use proptest::prelude::*;

use super::reference::{Model, Place};

/// A key, or a row of number keys by its meaning. Rows begin with 0 or 2, which command nothing in the meeting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Key {
    Star,
    Pound,
    Digit(u8),
    Id(usize),
    UnknownId,
    Pin(usize),
    OldPin(usize),
    WrongPin,
    /// A PIN once it is keyed: which of the organizer's PINs, counted by resets. In no step.
    PinNumber(usize, u32),
    /// What is left of a row whose first digit something else took. In no step.
    Rest(usize),
}

impl Key {
    /// How many keys are pressed for it.
    pub(super) fn presses(self) -> usize {
        match self {
            Self::Star | Self::Pound | Self::Digit(_) => 1,
            Self::Pin(_) | Self::OldPin(_) | Self::WrongPin | Self::PinNumber(..) => 5,
            Self::Id(_) | Self::UnknownId => 7,
            Self::Rest(presses) => presses,
        }
    }
}

/// How the directory takes questions from now on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mode {
    Answers,
    Holds,
    Fails,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Setting {
    NameRecording(bool),
    HangUpAfterLastPin(bool),
    LobbyTimeLimitSecs(u64),
    Capacity(usize),
}

/// Callers and organizers go by number; callers in the order in which they called.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Step {
    Phone,
    App { organizer: usize, own: bool },
    Keys(usize, Vec<Key>),
    PromptEnds(usize),
    PromptsEnd(usize),
    HangUp(usize),
    Vanish(usize),
    ResetPin(usize),
    UnlockPin(usize),
    AnonymousStart(usize, bool),
    Lock(usize, bool),
    Admit(usize),
    EndMeeting(usize),
    Set(Setting),
    Directory(Mode),
    Answer(usize),
    PassSecs(u64),
}

/// A step that is one line of a failure's list.
#[derive(Clone)]
pub(super) struct Line(pub(super) Step);

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", format_args!("{:?}", self.0))
    }
}

/// Many callers in few meetings: more would only dilute what they do to each other.
const CALLERS_MAX: usize = 7;

pub(super) fn steps(model: &Model) -> BoxedStrategy<Line> {
    let of = || prop_oneof![5 => Just(0_usize), 1 => Just(1_usize)];
    let alone = prop_oneof![
        4 => Just(Step::Phone),
        1 => (of(), any::<bool>()).prop_map(|(organizer, own)| Step::App { organizer, own }),
        1 => of().prop_map(Step::ResetPin),
        1 => of().prop_map(Step::UnlockPin),
        1 => (of(), any::<bool>()).prop_map(|(of, allowed)| Step::AnonymousStart(of, allowed)),
        1 => (of(), any::<bool>()).prop_map(|(of, locked)| Step::Lock(of, locked)),
        1 => of().prop_map(Step::EndMeeting),
        2 => setting().prop_map(Step::Set),
        1 => prop::sample::select(vec![Mode::Answers, Mode::Holds, Mode::Fails]).prop_map(Step::Directory),
        1 => Just(Step::Directory(Mode::Answers)),
        2 => prop::sample::select(vec![5, 12, 60, 1_860, 5_460, 15_000, 90_000]).prop_map(Step::PassSecs),
    ];
    let up: Vec<usize> = (0..model.callers.len()).filter(|c| model.is_up(*c)).collect();
    if up.is_empty() {
        return alone.prop_map(Line).boxed();
    }
    let of_each = up.into_iter().map(|c| caller(model, c)).collect::<Vec<_>>();
    let caller = prop::strategy::Union::new(of_each);
    prop_oneof![2 => alone, 5 => caller].prop_map(Line).boxed()
}

fn caller(model: &Model, c: usize) -> BoxedStrategy<Step> {
    let caller = &model.callers[c];
    let mut likely = vec![
        (2, Just(Step::HangUp(c)).boxed()),
        (1, Just(Step::Vanish(c)).boxed()),
        (1, Just(Step::Admit(c)).boxed()),
    ];
    if caller.phone {
        likely.push((12, keys(caller.place).prop_map(move |keys| Step::Keys(c, keys)).boxed()));
    }
    if !caller.says.is_empty() {
        likely.push((3, Just(Step::PromptEnds(c)).boxed()));
        likely.push((6, Just(Step::PromptsEnd(c)).boxed()));
    }
    if model.is_asking(c) {
        likely.push((6, Just(Step::Answer(c)).boxed()));
    }
    prop::strategy::Union::new_weighted(likely).boxed()
}

/// Mostly what is asked for, sometimes anything else.
fn keys(at: Place) -> impl Strategy<Value = Vec<Key>> {
    let row = |rows: &[&[Key]]| prop::sample::select(rows.iter().map(|row| row.to_vec()).collect::<Vec<_>>());
    let ids = row(&[
        &[Key::Id(0), Key::Pound],
        &[Key::Id(0), Key::Pound],
        &[Key::Id(0), Key::Pound],
        &[Key::Id(1), Key::Pound],
        &[Key::Id(0)],
        &[Key::UnknownId, Key::Pound],
    ]);
    let pins = row(&[
        &[Key::Pin(0), Key::Pound],
        &[Key::Pin(0), Key::Pound],
        &[Key::Pin(0)],
        &[Key::Pin(1), Key::Pound],
        &[Key::OldPin(0), Key::Pound],
        &[Key::WrongPin, Key::Pound],
        &[Key::WrongPin, Key::Pound],
    ]);
    let starred = row(&[&[Key::Star], &[Key::Star], &[Key::Star, Key::Pin(0), Key::Pound]]);
    let command = prop::sample::select(vec![1, 3, 4, 5, 6, 7, 8, 9, 7, 8])
        .prop_map(|digit| vec![Key::Star, Key::Digit(digit)]);
    let other = row(&[&[Key::Pound], &[Key::Digit(7)], &[Key::Star]]);
    let likely = match at {
        Place::Id | Place::Leaving(_) | Place::Gone(_) => ids.clone().boxed(),
        Place::Question | Place::Lobby => starred.clone().boxed(),
        Place::Pin | Place::LobbyPin => pins.clone().boxed(),
        Place::Name | Place::GoingIn => Just(vec![Key::Pound]).boxed(),
        Place::Joined => command.clone().boxed(),
    };
    prop_oneof![6 => likely, 2 => other, 1 => ids, 1 => pins, 1 => starred, 1 => command]
}

fn setting() -> impl Strategy<Value = Setting> {
    prop_oneof![
        any::<bool>().prop_map(Setting::NameRecording),
        any::<bool>().prop_map(Setting::HangUpAfterLastPin),
        prop::sample::select(vec![0, 20, 1_800]).prop_map(Setting::LobbyTimeLimitSecs),
        prop::sample::select(vec![1, 2, 3, 250, 250]).prop_map(Setting::Capacity),
    ]
}

/// Whether a step still makes sense when shrinking took away what came before. The app has no keypad here.
pub(super) fn makes_sense(model: &Model, step: &Step) -> bool {
    let up = |c: usize| c < model.callers.len() && model.is_up(c);
    match *step {
        Step::Phone | Step::App { .. } => model.callers.len() < CALLERS_MAX,
        Step::Keys(c, ref keys) => up(c) && model.callers[c].phone && fits(&model.callers[c].ahead, keys),
        Step::PromptEnds(c) | Step::PromptsEnd(c) => up(c) && !model.callers[c].says.is_empty(),
        Step::Answer(c) => up(c) && model.is_asking(c),
        Step::HangUp(c) | Step::Vanish(c) | Step::Admit(c) => up(c),
        Step::ResetPin(_) | Step::UnlockPin(_) | Step::AnonymousStart(..) | Step::Lock(..) => true,
        Step::EndMeeting(_) | Step::Set(_) | Step::Directory(_) | Step::PassSecs(_) => true,
    }
}

/// Of keys typed ahead 32 are kept (2.2); and a `#` right behind a `#` is for the tests of keys that bounce.
fn fits(ahead: &VecDeque<Key>, keys: &[Key]) -> bool {
    let presses: usize = ahead.iter().chain(keys).map(|key| key.presses()).sum();
    presses <= 32 && !(ahead.back() == Some(&Key::Pound) && keys[0] == Key::Pound)
}
