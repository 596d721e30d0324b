//! The reference model: what BEHAVIOUR sections 2 to 4 say of callers, as plain data and straight rules, to be read
//! beside that page. It knows nothing of the machines. "Ours" marks what the page leaves open. Times are in
//! milliseconds; prompts have no length, they end when a step says so. Left out: languages, announcements in the mix,
//! disabled users and new conference IDs. This file is the dialog; `meeting` is people, rights and PINs.

mod meeting;

use std::collections::VecDeque;

pub(super) use meeting::LIMITS;

use super::steps::{Key, Mode, Setting, Step};

/// Where a caller is; up to `GoingIn` outside of lobby and meeting. Outcomes have their names of section 6.4.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Place {
    #[default]
    Id,
    Question,
    Pin,
    Name,
    GoingIn,
    Lobby,
    LobbyPin,
    Joined,
    Leaving(&'static str),
    Gone(&'static str),
}

#[derive(Clone, Default)]
pub(super) struct Caller {
    pub(super) phone: bool,
    pub(super) place: Place,
    meeting: usize,
    /// What is being said, and what comes next; what began to be said in this step.
    pub(super) says: VecDeque<&'static str>,
    pub(super) began: Vec<&'static str>,
    entry: Vec<Key>,
    star: bool,
    pub(super) ahead: VecDeque<Key>,
    /// When the wait for a key, a name or the next key of a command is over.
    due: Option<u64>,
    question: Option<Question>,
    id_tries: u32,
    pin_tries: u32,
    records_name: bool,
    hang_up_after_last_pin: bool,
    recording: bool,
    named: bool,
    authenticated: bool,
    organizer: bool,
    muted: bool,
    ticket: u64,
    parked: u64,
}

/// A question to the directory that waits for its answer.
#[derive(Clone, Copy)]
struct Question {
    asks: Asks,
    due: u64,
    asked_again: bool,
}

/// Whether this is a meeting (`None`: there is none), or whether this is its PIN (`None`: nobody's).
#[derive(Clone, Copy)]
enum Asks {
    Meeting(Option<usize>),
    Pin(Option<Key>),
}

#[derive(Clone)]
pub(super) struct Model {
    pub(super) now: u64,
    pub(super) organizers: [meeting::Organizer; 2],
    pub(super) callers: Vec<Caller>,
    /// Who joined in this step, in order.
    pub(super) joined: Vec<usize>,
    pub(super) name_recording: bool,
    hang_up_after_last_pin: bool,
    lobby_time_limit: u64,
    capacity: usize,
    directory: Mode,
    tickets: u64,
    /// What comes when everybody has been told what happened: keys typed ahead (`None`), then their commands.
    then: VecDeque<(usize, Option<u8>)>,
}

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
/// What a step takes: longer than a key bounces, and so odd that no two steps' deadlines fall on one moment.
pub(super) const STEP: u64 = 101;

impl Model {
    pub(super) fn new(anonymous_start: bool, name_recording: bool) -> Self {
        let mut organizers: [meeting::Organizer; 2] = Default::default();
        organizers[0].anonymous_start = anonymous_start;
        Self {
            now: 0,
            organizers,
            callers: Vec::new(),
            joined: Vec::new(),
            name_recording,
            hang_up_after_last_pin: false,
            lobby_time_limit: 30 * MINUTE,
            capacity: 250,
            directory: Mode::Answers,
            tickets: 0,
            then: VecDeque::new(),
        }
    }

    pub(super) fn is_up(&self, c: usize) -> bool {
        !matches!(self.callers[c].place, Place::Gone(_))
    }

    pub(super) fn is_asking(&self, c: usize) -> bool {
        self.callers[c].question.is_some()
    }

    pub(super) fn hears(&self, c: usize) -> &'static str {
        match (self.callers[c].says.front(), self.callers[c].place) {
            (Some(prompt), _) => prompt,
            (None, Place::Lobby) => "hold music",
            (None, Place::Joined) => "conference",
            (None, _) => "silence",
        }
    }

    pub(super) fn step(&mut self, step: &Step) {
        self.joined.clear();
        self.callers.iter_mut().for_each(|caller| caller.began.clear());
        let mut until = self.now + STEP;
        match *step {
            Step::Phone => {
                let c = self.call(true, 0);
                self.go_to(c, Place::Id, &["welcome", "enter-conference-id"]); // 2.1, 2.2
            }
            Step::App { organizer, own } => {
                let c = self.call(false, organizer);
                self.callers[c].organizer = own;
                self.ask_directory(c, Asks::Meeting(Some(organizer)));
            }
            Step::Keys(c, ref keys) => keys.iter().for_each(|key| {
                self.key(c, self.spelled(*key));
                self.what_follows();
            }),
            Step::PromptEnds(c) => self.prompt_ends(c),
            Step::PromptsEnd(c) => {
                while !self.callers[c].says.is_empty() {
                    self.prompt_ends(c);
                    self.what_follows();
                }
            }
            Step::HangUp(c) => self.hang_up(c, None),
            Step::Vanish(c) => self.hang_up(c, Some("failed(lost)")),
            Step::ResetPin(of) => self.organizers[of].resets += 1,
            Step::UnlockPin(of) => self.organizers[of].unlock_pin(),
            Step::AnonymousStart(of, allowed) => self.organizers[of].anonymous_start = allowed,
            Step::Lock(of, locked) => self.set_locked(of, locked),
            Step::Admit(c) => self.admit(c),
            Step::EndMeeting(of) => self.end(of, "meeting-ended"),
            Step::Set(Setting::NameRecording(on)) => self.name_recording = on,
            Step::Set(Setting::HangUpAfterLastPin(on)) => self.hang_up_after_last_pin = on,
            Step::Set(Setting::LobbyTimeLimitSecs(limit)) => self.lobby_time_limit = limit * SECOND,
            Step::Set(Setting::Capacity(capacity)) => self.capacity = capacity,
            Step::Directory(mode) => self.directory = mode,
            Step::Answer(c) => self.answer(c),
            Step::PassSecs(secs) => until += secs * SECOND,
        }
        self.what_follows();
        while let Some((at, c)) = self.next_due().filter(|(at, _)| *at <= until) {
            self.now = self.now.max(at);
            self.falls_due(c);
            self.what_follows();
        }
        self.now = until;
    }

    fn call(&mut self, phone: bool, meeting: usize) -> usize {
        // Ours: how a caller is asked is settled when the call comes in.
        let (records_name, hang_up_after_last_pin) = (self.name_recording, self.hang_up_after_last_pin);
        let caller = Caller { phone, meeting, records_name, hang_up_after_last_pin, ..Caller::default() };
        self.callers.push(caller);
        self.callers.len() - 1
    }

    /// A PIN is the one of the moment in which it is keyed.
    fn spelled(&self, key: Key) -> Key {
        let number =
            |of: usize, back| Some(Key::PinNumber(of, self.organizers[of].resets.checked_sub(back)?));
        if let Key::Pin(of) = key {
            number(of, 0).unwrap_or(key)
        } else if let Key::OldPin(of) = key {
            number(of, 1).unwrap_or(Key::WrongPin)
        } else {
            key
        }
    }

    fn what_follows(&mut self) {
        while let Some((c, command)) = self.then.pop_front() {
            match command {
                Some(digit) => self.command(c, digit),
                None => self.take_keys_ahead(c),
            }
        }
    }

    // What is said.

    /// Somewhere else, with nothing of what was asked, keyed or timed before.
    fn go_to(&mut self, c: usize, place: Place, says: &[&'static str]) {
        let caller = &mut self.callers[c];
        (caller.place, caller.due, caller.star, caller.recording) = (place, None, false, false);
        caller.entry.clear();
        caller.says.clear();
        self.say(c, says);
    }

    /// Says this behind what is being said. The app hears no prompts.
    fn say(&mut self, c: usize, prompts: &[&'static str]) {
        let caller = &mut self.callers[c];
        let silent = caller.says.is_empty();
        caller.says.extend(prompts.iter().filter(|_| caller.phone));
        match caller.says.front() {
            Some(first) if silent => caller.began.push(first),
            Some(_) => {}
            None => self.all_said(c),
        }
    }

    fn prompt_ends(&mut self, c: usize) {
        let caller = &mut self.callers[c];
        caller.says.pop_front();
        match caller.says.front() {
            Some(next) => caller.began.push(next),
            None => self.all_said(c),
        }
    }

    /// 2: every timeout runs from the prompt's end.
    fn all_said(&mut self, c: usize) {
        let now = self.now;
        let caller = &mut self.callers[c];
        match caller.place {
            Place::Id | Place::Pin | Place::LobbyPin if caller.question.is_none() => {
                caller.due = Some(now + if caller.entry.is_empty() { 10 } else { 5 } * SECOND); // 2.2
            }
            Place::Question => caller.due = Some(now + 5 * SECOND), // 2.4
            Place::Name => (caller.due, caller.recording) = (Some(now + 10 * SECOND), true), // 2.7
            Place::GoingIn => self.enter(c),
            Place::Leaving(outcome) => caller.place = Place::Gone(outcome),
            Place::Id | Place::Pin | Place::LobbyPin | Place::Lobby | Place::Joined | Place::Gone(_) => {}
        }
    }

    /// Puts a question, unless keys typed ahead already answer it.
    fn ask(&mut self, c: usize, place: Place, says: &[&'static str]) {
        // Ours: stars before the first digit of a PIN change nothing.
        while place != Place::Id
            && place != Place::Question
            && self.callers[c].ahead.front() == Some(&Key::Star)
        {
            self.callers[c].ahead.pop_front();
        }
        self.go_to(c, place, if self.callers[c].ahead.is_empty() { says } else { &[] });
        self.then.push_back((c, None));
    }

    // What is keyed.

    fn take_keys_ahead(&mut self, c: usize) {
        while (!self.is_asking(c) || self.callers[c].place == Place::Joined)
            && self.callers[c].place != Place::GoingIn
        {
            let Some(key) = self.callers[c].ahead.pop_front() else { return };
            self.key(c, key);
        }
    }

    fn key(&mut self, c: usize, key: Key) {
        let now = self.now;
        let asking = self.is_asking(c);
        let caller = &mut self.callers[c];
        match caller.place {
            Place::Id | Place::Pin | Place::LobbyPin if asking => caller.ahead.push_back(key), // 2.2
            Place::Id => {
                caller.says.clear(); // 2.2: barge-in
                let after_star = std::mem::replace(&mut caller.star, key == Key::Star);
                if key == Key::Pound {
                    return self.id_keyed(c);
                } else if key != Key::Star && !after_star {
                    caller.entry.push(key);
                } else if key != Key::Star && key.presses() > 1 {
                    // Ours: a star and a digit that name no language are both nothing; this number has one.
                    caller.entry.push(Key::Rest(key.presses() - 1));
                }
                let first = caller.entry.is_empty() && !caller.star;
                caller.due = Some(now + if first { 10 } else { 5 } * SECOND);
            }
            Place::Question if key == Key::Star => self.ask(c, Place::Pin, &["enter-pin"]), // 2.5
            Place::Question => self.go_in(c, &[]),                                          // 2.6
            Place::Pin | Place::LobbyPin if key == Key::Star && caller.entry.is_empty() => {}
            Place::Pin | Place::LobbyPin => {
                caller.says.clear();
                if key == Key::Pound {
                    return self.pin_keyed(c);
                } else if key == Key::Star {
                    caller.entry.clear(); // Ours: begin the PIN again.
                } else {
                    caller.entry.push(key);
                }
                caller.due = Some(now + if caller.entry.is_empty() { 10 } else { 5 } * SECOND);
            }
            Place::Name if key == Key::Pound => {
                caller.named = caller.recording; // Ours: silence, ended by the 10 s, is no name.
                self.enter(c);
            }
            Place::GoingIn => {
                caller.ahead.push_back(key);
                caller.says.clear();
                self.enter(c);
            }
            Place::Lobby if key == Key::Star && caller.pin_tries < 3 => {
                self.ask(c, Place::LobbyPin, &["enter-pin"]); // 2.6
            }
            Place::Lobby if key == Key::Star => self.go_to(c, Place::Lobby, &["low-tone"]), // 2.5
            Place::Joined if key == Key::Star => {
                caller.says.clear();
                (caller.star, caller.due) = (true, Some(now + 5 * SECOND));
            }
            Place::Joined if caller.star => {
                (caller.star, caller.due) = (false, None);
                if let Key::Digit(digit) = key {
                    self.then.push_back((c, Some(digit))); // 3
                } else {
                    self.say(c, &["low-tone"]);
                }
            }
            Place::Name | Place::Lobby | Place::Joined | Place::Leaving(_) | Place::Gone(_) => {}
        }
    }

    /// What was waited for by the clock did not come.
    fn time_over(&mut self, c: usize) {
        self.callers[c].due = None;
        match self.callers[c].place {
            Place::Id => self.id_keyed(c), // 2.2: ends an entry as `#` does
            Place::Pin | Place::LobbyPin => self.pin_keyed(c),
            Place::Question => self.go_in(c, &[]), // 2.6
            Place::Name => self.enter(c),          // 2.7
            Place::Joined => self.callers[c].star = false,
            Place::GoingIn | Place::Lobby | Place::Leaving(_) | Place::Gone(_) => {}
        }
    }

    // 2.2, 2.3: the conference ID.

    fn id_keyed(&mut self, c: usize) {
        let entry = std::mem::take(&mut self.callers[c].entry);
        (self.callers[c].due, self.callers[c].star) = (None, false);
        let digits: usize = entry.iter().map(|key| key.presses()).sum();
        match entry[..] {
            [] => self.no_id(c, &["no-input"]),
            _ if digits > 12 => self.no_id(c, &["invalid-conference-id", "please-try-again"]),
            [Key::Id(of)] => self.ask_directory(c, Asks::Meeting(Some(of))),
            _ => self.ask_directory(c, Asks::Meeting(None)),
        }
    }

    fn no_id(&mut self, c: usize, says: &[&'static str]) {
        self.callers[c].id_tries += 1;
        if self.callers[c].id_tries < 3 {
            self.ask(c, Place::Id, &[says, &["enter-conference-id"]].concat());
        } else {
            self.refuse(c, "refused(too-many-attempts)", &[says[0], "too-many-attempts", "goodbye"]);
        }
    }

    // 2.5: the PIN.

    fn pin_keyed(&mut self, c: usize) {
        let entry = std::mem::take(&mut self.callers[c].entry);
        self.callers[c].due = None;
        match (entry.as_slice(), self.callers[c].place) {
            ([], Place::LobbyPin) => self.go_to(c, Place::Lobby, &[]), // 2.6: silence returns to the music
            ([], _) => self.go_in(c, &["no-input"]),
            ([pin], _) => self.ask_directory(c, Asks::Pin(Some(*pin))),
            (_, _) => self.ask_directory(c, Asks::Pin(None)),
        }
    }

    fn pin_wrong(&mut self, c: usize) {
        self.callers[c].pin_tries += 1;
        let caller = &self.callers[c];
        match (caller.pin_tries < 3, caller.place) {
            (_, Place::Joined) => {}
            (true, place) => self.ask(c, place, &["invalid-pin", "enter-pin"]),
            (false, _) if caller.hang_up_after_last_pin => {
                self.refuse(c, "refused(too-many-pins)", &["invalid-pin", "too-many-attempts", "goodbye"]);
            }
            (false, Place::LobbyPin) => {
                self.go_to(c, Place::Lobby, &["invalid-pin"]);
                self.then.push_back((c, None));
            }
            (false, _) => self.go_in(c, &["invalid-pin"]),
        }
    }

    /// 2.7: names are recorded of anonymous callers, if at all; then in.
    fn go_in(&mut self, c: usize, says: &[&'static str]) {
        if self.callers[c].records_name {
            self.go_to(c, Place::Name, &[says, &["say-your-name", "high-tone"]].concat());
        } else {
            self.go_to(c, Place::GoingIn, says);
        }
        self.then.push_back((c, None));
    }

    // The directory, section 2 at its end: asked once more after 3 s, then `technical-error`, and never a wrong PIN.

    fn ask_directory(&mut self, c: usize, asks: Asks) {
        self.put_to_directory(c, asks, false);
    }

    fn put_to_directory(&mut self, c: usize, asks: Asks, asked_again: bool) {
        self.callers[c].question = Some(Question { asks, due: self.now + 3 * SECOND, asked_again });
        match self.directory {
            Mode::Answers => self.answer(c),
            Mode::Holds => {}
            Mode::Fails => self.no_answer(c),
        }
    }

    fn no_answer(&mut self, c: usize) {
        let Some(Question { asks, asked_again, .. }) = self.callers[c].question.take() else { return };
        match (asked_again, asks, self.callers[c].place) {
            (false, _, _) => self.put_to_directory(c, asks, true),
            (true, Asks::Meeting(_), _) if !self.callers[c].phone => {
                self.refuse(c, "refused(no-meeting)", &[]);
            }
            (true, Asks::Meeting(_), _) => {
                self.ask(c, Place::Id, &["technical-error", "enter-conference-id"]);
            }
            (true, Asks::Pin(_), Place::Joined) => {}
            (true, Asks::Pin(_), place) => self.ask(c, place, &["technical-error", "enter-pin"]),
        }
    }

    fn answer(&mut self, c: usize) {
        let Some(question) = self.callers[c].question.take() else { return };
        match question.asks {
            Asks::Meeting(Some(of)) => self.arrive(c, of),
            Asks::Meeting(None) => self.no_id(c, &["invalid-conference-id", "please-try-again"]),
            Asks::Pin(pin) if self.pin_is_right(self.callers[c].meeting, pin) => self.pin_right(c),
            Asks::Pin(_) => self.pin_wrong(c),
        }
    }
}
