//! What happens at random: the steps, what each asks of the model, which are likely, and which make no sense. A step
//! names a PIN and never tells its digits, so a failure may be printed.

use std::fmt;

use ::attendant::control::meeting::CallerAct;
use proptest::prelude::*;

use super::reference::{After, CONFERENCE_IDS, MINUTE, Model, Organizer, PASSCODE, Place, SECOND, Settings};

/// A key, or a row of number keys by its meaning. Rows begin with 0 or 2, which command nothing in the meeting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Key {
    Star,
    Pound,
    Digit(u8),
    Id(usize),
    UnknownId,
    Passcode,
    Pin(usize),
    OldPin(usize),
    WrongPin,
}

/// How the directory takes questions from now on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Mode {
    #[default]
    Answers,
    Holds,
    /// Only what is asked about PINs.
    HoldsPins,
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
    /// Somebody calls and keys this at once.
    Phone(Vec<Key>),
    App {
        organizer: usize,
        own: bool,
    },
    Keys(usize, Vec<Key>),
    PromptEnds(usize),
    PromptsEnd(usize),
    HangUp(usize),
    Vanish(usize),
    AllHangUp,
    ResetPin(usize),
    UnlockPin(usize),
    AnonymousStart(usize, bool),
    Lock(usize, bool),
    /// Somebody talks, or is silent again.
    Talk(usize, bool),
    /// What an administrator, or the organizer's client, does to one caller.
    Act(usize, CallerAct),
    EndMeeting(usize),
    Set(Setting),
    Directory(Mode),
    Answer(usize),
    LateAnswer(usize),
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

/// What a step takes: longer than a key bounces, and so odd that no two steps' deadlines fall on one moment.
pub(super) const STEP: u64 = 101;

impl Model {
    pub(super) fn new(anonymous_start: bool, name_recording: bool, passcode: bool) -> Self {
        let lobby_time_limit = 30 * MINUTE;
        let settings = Settings { name_recording, lobby_time_limit, capacity: 250, ..Settings::default() };
        let mut model = Self { settings, ..Self::default() };
        (model.organizers[0].anonymous_start, model.organizers[0].passcode) = (anonymous_start, passcode);
        model
    }

    pub(super) fn is_up(&self, c: usize) -> bool {
        !matches!(self.callers[c].place, Place::Gone(_))
    }

    pub(super) fn step(&mut self, step: &Step) {
        self.joined.clear();
        self.callers.iter_mut().for_each(|caller| caller.began.clear());
        let mut until = self.now + STEP;
        match *step {
            Step::Phone(ref keys) => {
                self.call();
                self.press(self.callers.len() - 1, keys);
            }
            Step::App { organizer, own } => self.app(organizer, own),
            Step::Keys(c, ref keys) => self.press(c, keys),
            Step::PromptEnds(c) => self.prompt_ends(c),
            Step::PromptsEnd(c) => {
                while !self.callers[c].says.is_empty() {
                    self.prompt_ends(c);
                    self.what_follows();
                }
            }
            Step::HangUp(c) => self.hang_up(c, None),
            Step::Vanish(c) => self.hang_up(c, Some("failed(lost)")),
            Step::AllHangUp => {
                for c in (0..self.callers.len()).filter(|c| self.is_up(*c)).collect::<Vec<_>>() {
                    self.hang_up(c, None);
                    self.what_follows();
                }
            }
            Step::ResetPin(of) => self.organizers[of].pin_resets += 1,
            Step::UnlockPin(of) => {
                let Organizer { anonymous_start, passcode, pin_resets, .. } = self.organizers[of];
                self.organizers[of] =
                    Organizer { anonymous_start, passcode, pin_resets, ..Organizer::default() };
            }
            Step::AnonymousStart(of, allowed) => self.organizers[of].anonymous_start = allowed,
            Step::Lock(of, locked) => self.set_locked(of, locked),
            Step::Talk(c, talks) => self.callers[c].talks = talks,
            Step::Act(c, act) => self.act_on(c, act),
            Step::EndMeeting(of) => self.end(of, "ended", &["meeting-ended"]),
            Step::Set(Setting::NameRecording(on)) => self.settings.name_recording = on,
            Step::Set(Setting::HangUpAfterLastPin(on)) => self.settings.hang_up_after_last_pin = on,
            Step::Set(Setting::LobbyTimeLimitSecs(limit)) => self.settings.lobby_time_limit = limit * SECOND,
            Step::Set(Setting::Capacity(capacity)) => self.settings.capacity = capacity,
            Step::Directory(mode) => self.directory = mode,
            Step::Answer(c) => self.answer(c),
            Step::LateAnswer(c) => self.answer_late(c),
            Step::PassSecs(secs) => until += secs * SECOND,
        }
        self.what_follows();
        while let Some((at, happens, whom)) = self.next_due().filter(|(at, ..)| *at <= until) {
            self.now = self.now.max(at);
            happens(self, whom);
            self.what_follows();
        }
        self.now = until;
    }

    fn press(&mut self, c: usize, keys: &[Key]) {
        for key in keys {
            for key in self.spelled(*key).chars() {
                self.key(c, key);
                self.what_follows();
            }
        }
    }

    /// A PIN is the one of the moment in which it is keyed.
    fn spelled(&self, key: Key) -> String {
        match key {
            Key::Star => "*".to_owned(),
            Key::Pound => "#".to_owned(),
            Key::Digit(digit) => digit.to_string(),
            Key::Id(of) => CONFERENCE_IDS[of].to_owned(),
            Key::UnknownId => "2222222".to_owned(),
            Key::Passcode => PASSCODE.to_owned(),
            Key::Pin(of) => self.pin(of, 0).unwrap(),
            Key::OldPin(of) => self.pin(of, 1).unwrap_or_else(|| self.spelled(Key::WrongPin)),
            Key::WrongPin => "22222".to_owned(),
        }
    }
}

/// Many callers in few meetings: more would only dilute what they do to each other.
const CALLERS_MAX: usize = 7;

pub(super) fn steps(model: &Model) -> BoxedStrategy<Line> {
    let of = || prop_oneof![5 => Just(0_usize), 1 => Just(1_usize)];
    let alone = prop_oneof![
        3 => Just(Step::Phone(Vec::new())),
        2 => knows_the_way(model.organizers[0].passcode).prop_map(Step::Phone),
        1 => (of(), any::<bool>()).prop_map(|(organizer, own)| Step::App { organizer, own }),
        1 => Just(Step::AllHangUp),
        1 => of().prop_map(Step::ResetPin),
        1 => of().prop_map(Step::UnlockPin),
        1 => (of(), any::<bool>()).prop_map(|(of, allowed)| Step::AnonymousStart(of, allowed)),
        1 => (of(), any::<bool>()).prop_map(|(of, locked)| Step::Lock(of, locked)),
        1 => of().prop_map(Step::EndMeeting),
        2 => setting().prop_map(Step::Set),
        1 => prop::sample::select(vec![Mode::Answers, Mode::Holds, Mode::HoldsPins, Mode::HoldsPins, Mode::Fails]).prop_map(Step::Directory),
        1 => Just(Step::Directory(Mode::Answers)),
        2 => prop::sample::select(vec![5, 12, 60, 1_860, 5_460, 15_000, 90_000]).prop_map(Step::PassSecs),
    ];
    let left_behind = (0..model.callers.len()).filter(|c| model.callers[*c].left_behind.is_some());
    let late: Vec<_> = left_behind.map(Step::LateAnswer).collect();
    let alone = if late.is_empty() {
        alone.boxed()
    } else {
        prop_oneof![4 => alone, 1 => prop::sample::select(late)].boxed()
    };
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
    let is_checked = [Place::Passcode, Place::Pin].contains(&caller.place) && caller.asks.is_some();
    let mut likely = vec![
        (if is_checked { 8 } else { 2 }, Just(Step::HangUp(c)).boxed()),
        (1, Just(Step::Vanish(c)).boxed()),
        (3, Just(Step::Talk(c, !caller.talks)).boxed()),
        (2, prop::sample::select(CallerAct::ALL.to_vec()).prop_map(move |act| Step::Act(c, act)).boxed()),
    ];
    if caller.phone {
        likely.push((12, keys(caller.place).prop_map(move |keys| Step::Keys(c, keys)).boxed()));
    }
    if !caller.says.is_empty() {
        likely.push((3, Just(Step::PromptEnds(c)).boxed()));
        likely.push((6, Just(Step::PromptsEnd(c)).boxed()));
    }
    if model.callers[c].asks.is_some() {
        likely.push((6, Just(Step::Answer(c)).boxed()));
    }
    prop::strategy::Union::new_weighted(likely).boxed()
}

/// All the keys from the conference ID to a PIN, where it has one past the passcode.
fn knows_the_way(has_passcode: bool) -> impl Strategy<Value = Vec<Key>> {
    let pin =
        prop::sample::select(vec![Key::Pin(0), Key::Pin(0), Key::OldPin(0), Key::WrongPin, Key::WrongPin]);
    (any::<bool>(), pin).prop_map(move |(passcode, pin)| {
        let passcode = [Key::Passcode, Key::Pound].into_iter().filter(|_| passcode && has_passcode);
        [Key::Id(0), Key::Pound].into_iter().chain(passcode).chain([Key::Star, pin, Key::Pound]).collect()
    })
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
    let passcodes = row(&[
        &[Key::Passcode, Key::Pound],
        &[Key::Passcode, Key::Pound],
        &[Key::Passcode],
        &[Key::Pin(0), Key::Pound],
        &[Key::WrongPin, Key::Pound],
    ]);
    let starred = row(&[&[Key::Star], &[Key::Star], &[Key::Star, Key::Pin(0), Key::Pound]]);
    // 4 is left out: who joins a meeting whose organizer keyed `*4` ahead is told less by the model (BEHAVIOUR 3).
    let command = prop::sample::select(vec![1, 3, 5, 6, 7, 8, 9, 7, 8])
        .prop_map(|digit| vec![Key::Star, Key::Digit(digit)]);
    let asking = row(&[&[Key::Star, Key::Pound], &[Key::Digit(1)], &[Key::Digit(2)]]);
    let command = prop_oneof![3 => command, 2 => asking];
    let other = row(&[&[Key::Pound], &[Key::Digit(7)], &[Key::Star]]);
    let likely = match at {
        Place::Id | Place::Leaving(_) | Place::Gone(_) => ids.clone().boxed(),
        Place::Question | Place::Lobby => starred.clone().boxed(),
        Place::Passcode => passcodes.boxed(),
        Place::Pin => pins.clone().boxed(),
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
        Step::Phone(_) | Step::App { .. } => model.callers.len() < CALLERS_MAX,
        Step::Keys(c, ref keys) => up(c) && model.callers[c].phone && model.takes(c, keys),
        Step::PromptEnds(c) | Step::PromptsEnd(c) => up(c) && !model.callers[c].says.is_empty(),
        Step::Answer(c) => up(c) && model.callers[c].asks.is_some(),
        Step::LateAnswer(c) => model.callers.get(c).is_some_and(|caller| caller.left_behind.is_some()),
        Step::HangUp(c) | Step::Vanish(c) | Step::Act(c, _) | Step::Talk(c, _) => up(c),
        Step::AllHangUp
        | Step::ResetPin(_)
        | Step::UnlockPin(_)
        | Step::AnonymousStart(..)
        | Step::Lock(..) => true,
        // What becomes of a PIN that the directory still looks at, while its caller is let in and sent back, the model does not know.
        Step::Directory(Mode::Holds | Mode::HoldsPins) => model.after_organizer_leaves != After::Lobby,
        Step::EndMeeting(_) | Step::Set(_) | Step::Directory(_) | Step::PassSecs(_) => true,
    }
}

impl Model {
    /// Of keys typed ahead 32 are kept (2.2); and a `#` right behind a `#` is for the tests of keys that bounce.
    fn takes(&self, c: usize, keys: &[Key]) -> bool {
        let ahead = &self.callers[c].ahead;
        let presses: usize = keys.iter().map(|key| self.spelled(*key).len()).sum();
        ahead.len() + presses <= 32 && !(ahead.back() == Some(&'#') && keys[0] == Key::Pound)
    }
}
