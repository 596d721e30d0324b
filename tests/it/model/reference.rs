//! The reference model: sections 2 to 4 of BEHAVIOUR as plain data and straight rules, to be read beside that page in
//! ten minutes. Numbers in comments are its sections, and "ours" marks what the page leaves open. It knows nothing of
//! the machines. Times are milliseconds; a prompt ends when a step says so. Left out: languages, announcements in the
//! mix, disabled users and new conference IDs. These are the rules; `line` has the mechanics of what is said and keyed.

use std::collections::VecDeque;

use ::attendant::control::meeting::CallerAct;

use super::steps::Mode;

/// Where a caller is; at the end the outcome, by its name of 6.4. `Pin` is in the lobby too if the caller is parked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Place {
    #[default]
    Id,
    Passcode,
    Question,
    Pin,
    Name,
    GoingIn,
    Lobby,
    Joined,
    Leaving(&'static str),
    Gone(&'static str),
}

#[derive(Clone, Default)]
pub(super) struct Caller {
    pub(super) phone: bool, // Otherwise a client app, which has no keys and hears no prompts.
    pub(super) place: Place,
    pub(super) meeting: usize,
    pub(super) parked: Option<u64>, // In the lobby, and since when.
    pub(super) organizer: bool,
    pub(super) muted: bool,
    muted_by_others: bool,  // On joining, or by the organizer.
    pub(super) talks: bool, // Wherever the caller is: who is heard depends on that.
    hand: bool,
    /// 3: whom to admit the organizer is asked, and whether once more; then whom the answer is about.
    pub(super) asked: Option<(usize, bool)>,
    pub(super) answers: Option<usize>,
    pub(super) named: bool,
    passed: bool, // Gave the passcode.
    id_tries: u32,
    passcode_tries: u32,
    pin_tries: u32,
    settings: Settings, // Ours: how a caller is asked is settled when the call comes in.
    pub(super) asks: Option<String>, // The directory: is this a conference ID, or, after that, the passcode or the PIN?
    /// A PIN, or a passcode, that the directory still looks at, though its caller has gone.
    pub(super) left_behind: Option<(Place, String)>,
    pub(super) asked_again: bool,
    pub(super) answer_due: u64,
    pub(super) says: VecDeque<&'static str>, // What is being said, and what comes next.
    pub(super) began: Vec<&'static str>,     // What began to be said in this step.
    pub(super) entry: String,                // What is keyed of an ID, a PIN or a command.
    pub(super) ahead: VecDeque<char>,        // Keys that nothing has asked for yet.
    pub(super) due: Option<u64>,             // When the wait for a key or a name is over.
}

#[derive(Clone, Copy, Default)]
pub(super) struct Settings {
    pub(super) name_recording: bool,
    pub(super) hang_up_after_last_pin: bool,
    pub(super) lobby_time_limit: u64,
    pub(super) capacity: usize,
}

/// 2, "When the organizer leaves": fixed for a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum After {
    #[default]
    Stay,
    Lobby,
    End,
}

#[derive(Clone, Default)]
pub(super) struct Organizer {
    pub(super) anonymous_start: bool,
    pub(super) passcode: bool,  // Whether callers on the phone are asked for one.
    pub(super) pin_resets: u32, // 4: only the PIN of the last one is right.
    pub(super) pins: Lockout,
    pub(super) passcodes: Lockout,
}

/// 4: counts wrong ones, in the window and in all.
#[derive(Clone, Default)]
pub(super) struct Lockout {
    wrong: Vec<u64>,
    wrong_in_all: u32,
    locked_until: u64,
}

impl Lockout {
    pub(super) fn state(&self, now: u64) -> &'static str {
        match self {
            Self { wrong_in_all: LIMIT_IN_ALL.., .. } => "locked for good",
            Self { locked_until, .. } if now < *locked_until => "locked",
            _ => "open",
        }
    }

    /// "Locked sounds like wrong", and is not counted.
    fn takes(&mut self, now: u64, right: bool) -> bool {
        let open = self.state(now) == "open";
        self.wrong.retain(|at| !right && now - at < 30 * MINUTE);
        if open && !right {
            self.wrong_in_all += 1;
            self.wrong.push(now);
        }
        if self.wrong.len() >= LIMIT_IN_WINDOW {
            self.wrong.clear();
            self.locked_until = now + HOUR;
        }
        open && right
    }
}

/// Forgotten when it is over.
#[derive(Clone, Default)]
pub(super) struct Meeting {
    pub(super) started: Option<u64>,
    pub(super) locked: bool,
    admits_all: bool,
    all_muted: bool,
    organizer_came: bool,
    authenticated_left: Option<u64>,
    app_came: bool,
    roster_changed: u64,
}

#[derive(Clone, Default)]
pub(super) struct Model {
    pub(super) now: u64,
    pub(super) callers: Vec<Caller>,
    pub(super) organizers: [Organizer; 2],
    pub(super) meetings: [Meeting; 2],
    pub(super) settings: Settings,
    pub(super) after_organizer_leaves: After,
    pub(super) start_needs_two: bool,
    pub(super) directory: Mode,
    pub(super) joined: Vec<usize>, // Who joined in this step, in order.
    /// What comes when everybody has been told what happened: keys typed ahead (`None`), then their commands.
    pub(super) then: VecDeque<(usize, Option<char>)>,
}

pub(super) const CONFERENCE_IDS: [&str; 2] = ["2718281", "2030405"];
pub(super) const SECOND: u64 = 1_000;
pub(super) const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
/// Of five digits, as the PINs.
pub(super) const PASSCODE: &str = "20500";
/// 4: wrong PINs in the window and in all that lock PIN entry; low, so that both are met (25 / 1000 for 5 digits).
pub(super) const LIMIT_IN_WINDOW: usize = 4;
pub(super) const LIMIT_IN_ALL: u32 = 7;
/// What `command` takes for a command when somebody has come into the lobby: are these enough for a start?
const ENOUGH: char = 'E';
/// And these: the answers to `admit-or-deny`.
pub(super) const ADMITS: char = 'A';
pub(super) const DENIES: char = 'D';
/// What `key` takes for a key when the wait for one is over.
pub(super) const LATE: char = 'T';
const NUMBERS: [&str; 7] = ["", "", "digits/2", "digits/3", "digits/4", "digits/5", "digits/6"];

impl Model {
    // 2.1 to 2.3: the conference ID. An app names the meeting by itself.

    pub(super) fn call(&mut self) {
        self.callers.push(Caller { phone: true, settings: self.settings, ..Caller::default() });
        self.go_to(self.callers.len() - 1, Place::Id, &["welcome", "enter-conference-id"]);
    }

    pub(super) fn app(&mut self, of: usize, organizer: bool) {
        self.callers.push(Caller { organizer, ..Caller::default() });
        self.ask_directory(self.callers.len() - 1, CONFERENCE_IDS[of].to_owned(), false);
    }

    fn no_id(&mut self, c: usize, says: &[&'static str]) {
        self.callers[c].id_tries += 1;
        match self.callers[c].id_tries {
            ..3 => self.ask(c, Place::Id, &[says, &["enter-conference-id"]].concat()),
            3.. => self.refuse(c, "refused(too-many-attempts)", &[says[0], "too-many-attempts", "goodbye"]),
        }
    }

    // 2.4: "Only if the meeting has not started and anonymous start is off." An app is never asked.

    fn arrive(&mut self, c: usize, of: usize) {
        self.callers[c].meeting = of;
        match self.callers[c].phone {
            false => self.enter(c),
            true if !self.has_room(of, !self.asks(of)) => self.full(c),
            true if self.organizers[of].passcode => self.ask(c, Place::Passcode, &["enter-passcode"]),
            true => self.ask_organizer(c),
        }
    }

    fn asks(&self, of: usize) -> bool {
        self.meetings[of].started.is_none() && !self.organizers[of].anonymous_start
    }

    fn ask_organizer(&mut self, c: usize) {
        match self.asks(self.callers[c].meeting) {
            true => self.ask(c, Place::Question, &["press-star-if-organizer"]),
            false => self.go_in(c, &[]),
        }
    }

    // 2, the passcode: silence is a try; the last ends the call.

    fn no_passcode(&mut self, c: usize, says: &'static str) {
        match self.callers[c].passcode_tries {
            ..3 => self.ask(c, Place::Passcode, &[says, "enter-passcode"]),
            3.. => self.refuse(c, "refused(passcode)", &[says, "too-many-attempts", "goodbye"]),
        }
    }

    fn passcode_is_right(&mut self, of: usize, passcode: &str) -> bool {
        self.organizers[of].passcodes.takes(self.now, passcode == PASSCODE)
    }

    // 2.5 and 4: the PIN. "Locked sounds like wrong", and is not counted. The digits stand for those that are drawn.

    pub(super) fn pin(&self, of: usize, resets_ago: u32) -> Option<String> {
        Some(format!("2{of}{:03}", self.organizers[of].pin_resets.checked_sub(resets_ago)?))
    }

    fn pin_is_right(&mut self, of: usize, pin: &str) -> bool {
        let right = self.pin(of, 0).as_deref() == Some(pin);
        self.organizers[of].pins.takes(self.now, right)
    }

    /// Ours: released while the PIN is being checked, a caller has the rights all the same, if it is right.
    fn pin_right(&mut self, c: usize) {
        let Caller { meeting: of, place, parked, .. } = self.callers[c];
        if place == Place::Pin && parked.is_none() && !self.has_room(of, false) {
            return self.full(c);
        }
        self.callers[c].organizer = true;
        self.roster_changes(c);
        match self.meetings[of].started {
            None => self.start(c, &["pin-accepted"]),
            Some(_) if place == Place::Joined => self.say(c, &["high-tone"]),
            Some(_) => self.join(c, &["pin-accepted"]),
        }
    }

    fn pin_wrong(&mut self, c: usize) {
        self.callers[c].pin_tries += 1;
        match self.callers[c] {
            Caller { place: Place::Joined | Place::Lobby, .. } => {}
            Caller { pin_tries: ..3, .. } => self.ask(c, Place::Pin, &["invalid-pin", "enter-pin"]),
            Caller { settings: Settings { hang_up_after_last_pin: true, .. }, .. } => {
                self.refuse(c, "refused(too-many-pins)", &["invalid-pin", "too-many-attempts", "goodbye"]);
            }
            Caller { parked: Some(_), .. } => self.go_to(c, Place::Lobby, &["invalid-pin"]),
            Caller { parked: None, .. } => self.go_in(c, &["invalid-pin"]),
        }
    }

    // 2.6, 2.7: the name, if names are recorded, then the lobby, or the meeting if nothing keeps the caller.

    fn go_in(&mut self, c: usize, says: &[&'static str]) {
        match self.callers[c].settings.name_recording {
            true => self.go_to(c, Place::Name, &[says, &["say-your-name", "high-tone"]].concat()),
            false => self.go_to(c, Place::GoingIn, says),
        }
    }

    /// 1: an app starts the meeting. Ours: a lock does not keep the organizer's app out.
    pub(super) fn enter(&mut self, c: usize) {
        let Caller { meeting: of, phone, organizer, .. } = self.callers[c];
        let meeting = &self.meetings[of];
        let keeps_out = meeting.locked && !meeting.admits_all && !organizer;
        match meeting.started {
            _ if phone && !self.has_room(of, true) => self.full(c),
            None if !phone || self.organizers[of].anonymous_start => self.start(c, &["joining"]),
            None => {
                self.go_to(c, Place::Lobby, &["hold-for-organizer"]);
                self.then.push_back((c, Some(ENOUGH)));
            }
            Some(_) if keeps_out => self.go_to(c, Place::Lobby, &["lobby-wait"]),
            Some(_) => self.join(c, &["joining"]),
        }
    }

    pub(super) fn join(&mut self, c: usize, says: &[&'static str]) {
        self.roster_changes(c);
        self.joined.push(c);
        self.go_to(c, Place::Joined, says);
        let Caller { meeting: of, organizer, .. } = self.callers[c];
        if self.meetings[of].all_muted && !organizer {
            (self.callers[c].muted, self.callers[c].muted_by_others) = (true, true);
            self.say(c, &["muted"]);
        }
    }

    fn roster_changes(&mut self, c: usize) {
        let meeting = &mut self.meetings[self.callers[c].meeting];
        meeting.roster_changed = self.now;
        meeting.organizer_came |= meeting.started.is_some() && self.callers[c].organizer;
        meeting.app_came |= !self.callers[c].phone;
    }

    /// 2.8: who starts it, everyone in the lobby in arrival order, then those who are still being asked.
    fn start(&mut self, c: usize, says: &[&'static str]) {
        let Caller { meeting: of, parked, .. } = self.callers[c];
        if self.start_needs_two && self.in_lobby(of).len() + usize::from(parked.is_none()) < 2 {
            self.callers[c].parked = None;
            return self.go_to(c, Place::Lobby, &["only-participant"]);
        }
        self.meetings[of].started = Some(self.now);
        self.join(c, says);
        self.in_lobby(of).into_iter().for_each(|waiting| self.join(waiting, &["meeting-started"]));
        let is_asked = [Place::Question, Place::Pin, Place::Name, Place::GoingIn];
        self.who(of, |caller| is_asked.contains(&caller.place))
            .into_iter()
            .for_each(|asked| self.enter(asked));
    }

    /// Ours: who waits, and may start a meeting, starts it: an app first, then who gave the PIN and waits for others.
    pub(super) fn start_by_waiting(&mut self, of: usize) {
        let waiting = self.in_lobby(of);
        if self.meetings[of].started.is_some() || waiting.len() < 1 + usize::from(self.start_needs_two) {
            return;
        }
        let app = waiting.iter().find(|c| !self.callers[**c].phone);
        let organizer = waiting.iter().find(|c| self.callers[**c].organizer);
        let first = waiting.first().filter(|_| self.organizers[of].anonymous_start);
        app.or(organizer).or(first).into_iter().for_each(|next| self.start(*next, &["joining"]));
    }

    /// "Lobby and meeting counted together, one place kept until an organizer is authenticated."
    fn has_room(&self, of: usize, one_is_kept: bool) -> bool {
        let inside = [self.in_lobby(of), self.in_meeting(of)].concat();
        let phones = inside.into_iter().filter(|c| self.callers[*c].phone).count();
        phones + usize::from(one_is_kept && !self.meetings[of].organizer_came) < self.settings.capacity
    }

    fn full(&mut self, c: usize) {
        self.refuse(c, "refused(full)", &["meeting-full", "goodbye"]);
    }

    // 2.9, 6.4: every call has one outcome and leaves nothing behind, but for a PIN that is already at the directory.

    pub(super) fn refuse(&mut self, c: usize, outcome: &'static str, says: &[&'static str]) {
        let caller = &mut self.callers[c];
        if let Some(entry) = caller.asks.take().filter(|_| caller.place != Place::Id) {
            caller.left_behind = Some((caller.place, entry));
        }
        caller.ahead.clear();
        self.go_to(c, Place::Leaving(outcome), says);
    }

    pub(super) fn hang_up(&mut self, c: usize, failed: Option<&'static str>) {
        let Caller { place, parked, .. } = self.callers[c];
        let outcome = match (place, failed) {
            (Place::Leaving(outcome) | Place::Gone(outcome), _) | (_, Some(outcome)) => outcome,
            (Place::Joined, None) => "joined",
            (_, None) if parked.is_some() => "lobby-hangup",
            (_, None) => "abandoned",
        };
        self.refuse(c, outcome, &[]);
        self.callers[c].place = Place::Gone(outcome);
        if place == Place::Joined {
            self.has_left(c);
        }
    }

    /// Somebody who had joined is not in the meeting any more.
    fn has_left(&mut self, c: usize) {
        let Caller { meeting: of, organizer, phone, .. } = self.callers[c];
        self.roster_changes(c);
        if organizer || !phone {
            self.meetings[of].authenticated_left = Some(self.now);
        }
        let inside = self.in_meeting(of);
        let is_last = (organizer || !phone)
            && !inside.iter().any(|c| self.callers[*c].organizer || !self.callers[*c].phone);
        match self.after_organizer_leaves {
            _ if inside.is_empty() => {
                self.meetings[of] = Meeting::default();
                self.start_by_waiting(of);
            }
            After::Lobby if is_last && !self.organizers[of].anonymous_start => {
                self.meetings[of] = Meeting::default();
                let says = ["organizer-left", "hold-for-organizer"];
                inside.into_iter().for_each(|c| self.go_to(c, Place::Lobby, &says));
            }
            After::End if is_last => {
                self.end(of, "ended(organizer-left)", &["organizer-has-left", "goodbye"]);
            }
            After::Stay | After::Lobby | After::End => {}
        }
    }

    // 2, at its end: the limits of time, and the directory.

    /// 24 h from the start, or without a change of roster once an app came; 4 h if nobody authenticated came; 90 min after
    /// the last of them left, unless anybody may start the meeting.
    pub(super) fn ends(&self, of: usize) -> Option<u64> {
        let Meeting { started, roster_changed, authenticated_left, app_came, .. } = self.meetings[of];
        let day = 24 * HOUR + if app_came { roster_changed } else { started? };
        let authenticated = |c: &usize| self.callers[*c].organizer || !self.callers[*c].phone;
        match authenticated_left {
            _ if self.in_meeting(of).iter().any(authenticated) => Some(day),
            Some(left) if !self.organizers[of].anonymous_start => Some(day.min(left + 90 * MINUTE)),
            Some(_) => Some(day),
            None => Some(started? + 4 * HOUR),
        }
    }

    pub(super) fn end(&mut self, of: usize, outcome: &'static str, says: &[&'static str]) {
        if self.meetings[of].started.is_some() {
            let inside = [self.in_lobby(of), self.in_meeting(of)].concat();
            inside.into_iter().for_each(|c| self.refuse(c, outcome, says));
            self.meetings[of] = Meeting::default();
        }
    }

    pub(super) fn waits_too_long(&mut self, c: usize) {
        let runs = self.meetings[self.callers[c].meeting].started.is_some();
        self.refuse(c, "lobby-timeout", &[if runs { "lobby-denied" } else { "hold-timeout" }, "goodbye"]);
    }

    fn ask_directory(&mut self, c: usize, entry: String, asked_again: bool) {
        let caller = &mut self.callers[c];
        (caller.asks, caller.asked_again, caller.answer_due) =
            (Some(entry), asked_again, self.now + 3 * SECOND);
        match self.directory {
            Mode::HoldsPins if self.callers[c].place != Place::Id => {}
            Mode::Answers | Mode::HoldsPins => self.answer(c),
            Mode::Holds => {}
            Mode::Fails => self.no_answer(c),
        }
    }

    pub(super) fn answer(&mut self, c: usize) {
        let Some(entry) = self.callers[c].asks.take() else { return };
        match (self.callers[c].place, CONFERENCE_IDS.iter().position(|id| *id == entry)) {
            (Place::Id, Some(of)) => self.arrive(c, of),
            (Place::Id, None) => self.no_id(c, &["invalid-conference-id", "please-try-again"]),
            (Place::Passcode, _) if self.passcode_is_right(self.callers[c].meeting, &entry) => {
                self.callers[c].passed = true;
                self.ask_organizer(c);
            }
            (Place::Passcode, _) => self.no_passcode(c, "invalid-passcode"),
            (_, _) if self.pin_is_right(self.callers[c].meeting, &entry) => self.pin_right(c),
            (_, _) => self.pin_wrong(c),
        }
    }

    /// 6.8: the answer comes when the caller has gone. It is counted, and counts for nobody.
    pub(super) fn answer_late(&mut self, c: usize) {
        let of = self.callers[c].meeting;
        match self.callers[c].left_behind.take() {
            Some((Place::Passcode, entry)) => drop(self.passcode_is_right(of, &entry)),
            Some((_, entry)) => drop(self.pin_is_right(of, &entry)),
            None => {}
        }
    }

    /// Asked once more, then "`technical-error`, and the same question is put to the caller again".
    pub(super) fn no_answer(&mut self, c: usize) {
        let Some(entry) = self.callers[c].asks.take() else { return };
        match self.callers[c] {
            Caller { asked_again: false, .. } => self.ask_directory(c, entry, true),
            // Who was released meanwhile, and perhaps sent back to the lobby, is asked for nothing any more.
            Caller { place: Place::Joined | Place::Lobby, .. } => {}
            Caller { phone: false, .. } => self.refuse(c, "refused(no-meeting)", &[]),
            Caller { place: Place::Id, .. } => {
                self.ask(c, Place::Id, &["technical-error", "enter-conference-id"]);
            }
            Caller { place: Place::Passcode, .. } => {
                self.callers[c].passcode_tries -= 1;
                self.ask(c, Place::Passcode, &["technical-error", "enter-passcode"]);
            }
            Caller { place, .. } => self.ask(c, place, &["technical-error", "enter-pin"]),
        }
    }

    // 2: what is keyed, or not in time.

    pub(super) fn key(&mut self, c: usize, key: char) {
        let caller = &mut self.callers[c];
        match (caller.place, key) {
            (Place::Id | Place::Passcode | Place::Pin, _) if caller.asks.is_some() => {
                caller.ahead.push_back(key); // 2.2
            }
            (Place::Passcode | Place::Pin, '*') if caller.entry.is_empty() => {}
            (Place::Id | Place::Passcode | Place::Pin, '#' | LATE) => self.entry_ends(c), // 2.2
            (Place::Id | Place::Passcode | Place::Pin, _) => {
                caller.says.clear(); // 2.2: barge-in
                match (caller.place, key, caller.entry.ends_with('*')) {
                    (Place::Passcode | Place::Pin, '*', _) => caller.entry.clear(), // Ours: begin it again.
                    (_, '*', true) => {}
                    (_, _, true) => drop(caller.entry.pop()), // 2.1: a language, and this number has but one.
                    (_, _, false) => caller.entry.push(key),
                }
                caller.waits(self.now);
            }
            (Place::Question, '*') => self.ask(c, Place::Pin, &["enter-pin"]), // 2.5
            (Place::Question, _) => self.go_in(c, &[]),                        // 2.6
            (Place::Name, '#' | LATE) => {
                caller.named = key == '#' && caller.says.is_empty(); // 2.7. Ours: the 10 s are silence, no name.
                self.enter(c);
            }
            (Place::GoingIn, _) => {
                caller.ahead.push_back(key);
                caller.says.clear();
                self.enter(c);
            }
            (Place::Lobby, '*') if caller.pin_tries < 3 => self.ask(c, Place::Pin, &["enter-pin"]), // 2.6
            (Place::Lobby, '*') => self.go_to(c, Place::Lobby, &["low-tone"]),                      // 2.5
            (Place::Joined, _) if caller.asked.is_some() => self.answer_key(c, key),
            (Place::Joined, '*') => {
                caller.says.clear();
                (caller.entry, caller.due) = ("*".to_owned(), Some(self.now + 5 * SECOND));
            }
            (Place::Joined, _) if caller.entry == "*" => {
                (caller.entry, caller.due) = (String::new(), None);
                match key {
                    LATE => {}
                    '1' | '3'..='9' | '#' => self.then.push_back((c, Some(key))), // 3
                    _ => self.say(c, &["low-tone"]),
                }
            }
            (Place::Name | Place::Lobby | Place::Joined | Place::Leaving(_) | Place::Gone(_), _) => {}
        }
    }

    fn entry_ends(&mut self, c: usize) {
        let caller = &mut self.callers[c];
        let entry = std::mem::take(&mut caller.entry).trim_end_matches('*').to_owned();
        caller.due = None;
        caller.says.clear();
        caller.passcode_tries += u32::from(caller.place == Place::Passcode);
        match (caller.place, entry.len()) {
            (Place::Passcode, 0) => self.no_passcode(c, "no-input"),
            (Place::Id, 0) => self.no_id(c, &["no-input"]),
            (Place::Id, 13..) => self.no_id(c, &["invalid-conference-id", "please-try-again"]), // 2.2
            (_, 0) if caller.parked.is_some() => self.go_to(c, Place::Lobby, &[]),              // 2.6
            (_, 0) => self.go_in(c, &["no-input"]),                                             // 2.5
            (_, _) => self.ask_directory(c, entry, false),
        }
    }

    // 3: keys in the meeting.

    pub(super) fn command(&mut self, c: usize, digit: char) {
        let Caller { meeting: of, place, organizer, muted, .. } = self.callers[c];
        let others: Vec<usize> = self.in_meeting(of).into_iter().filter(|other| *other != c).collect();
        match digit {
            ENOUGH if self.start_needs_two => return self.start_by_waiting(of),
            ENOUGH => return,
            _ if place != Place::Joined => return,
            '1' => return self.say(c, &["help-menu"]),
            '3' => {
                match others.len() {
                    0 => self.say(c, &["only-participant"]),
                    1 => self.say(c, &["one-other-participant"]),
                    count => self.say(c, &["there-are", NUMBERS[count], "other-participants"]),
                }
                let named = others.iter().filter(|other| self.callers[**other].named).count();
                return self.say(c, &vec!["recorded-name"; named]);
            }
            '6' => {
                (self.callers[c].muted, self.callers[c].muted_by_others) = (!muted, false);
                return self.say(c, &[if muted { "unmuted" } else { "muted" }]);
            }
            '5' => {
                let raised = !self.callers[c].hand;
                self.callers[c].hand = raised;
                return self.say(c, &[if raised { "hand-raised" } else { "hand-lowered" }]);
            }
            ADMITS | DENIES => return self.decide(c, digit == ADMITS),
            '#' if organizer => return self.ask_about_next(c),
            '4' | '7' | '8' | '9' | '#' if !organizer => return self.say(c, &["low-tone"]),
            '4' if self.meetings[of].all_muted => {
                self.meetings[of].all_muted = false;
                let muted = |caller: &Caller| caller.place == Place::Joined && caller.muted_by_others;
                for other in self.who(of, muted) {
                    (self.callers[other].muted, self.callers[other].muted_by_others) = (false, false);
                }
            }
            '4' => {
                self.meetings[of].all_muted = true;
                for other in others {
                    if !std::mem::replace(&mut self.callers[other].muted, true) {
                        self.callers[other].muted_by_others = true;
                        self.say(other, &["muted-by-organizer"]);
                    }
                }
            }
            '7' => self.set_locked(of, !self.meetings[of].locked),
            '8' => {
                self.meetings[of].admits_all = true;
                self.in_lobby(of).into_iter().for_each(|waiting| self.join(waiting, &["joining"]));
            }
            _ => {}
        }
        self.say(c, &["high-tone"]);
    }

    /// A running meeting; `*8` is over then.
    pub(super) fn set_locked(&mut self, of: usize, locked: bool) {
        let meeting = &mut self.meetings[of];
        if meeting.started.is_some() && meeting.locked != locked {
            (meeting.locked, meeting.admits_all) = (locked, false);
        }
    }

    /// 2, "Removing and refusing one caller". Who is not in the place for it is not touched.
    pub(super) fn act_on(&mut self, c: usize, act: CallerAct) {
        let Caller { meeting: of, parked, place, muted, .. } = self.callers[c];
        let (waits, joined) = (parked.is_some(), place == Place::Joined);
        match act {
            CallerAct::Admit if waits && self.meetings[of].started.is_some() => self.join(c, &["joining"]),
            CallerAct::Deny if waits => self.refuse(c, "refused(denied)", &["lobby-denied", "goodbye"]),
            CallerAct::Remove if joined => {
                self.refuse(c, "ended(removed)", &["removed"]);
                self.has_left(c);
            }
            CallerAct::Mute if joined && !muted => {
                (self.callers[c].muted, self.callers[c].muted_by_others) = (true, true);
                self.say(c, &["muted-by-organizer"]);
            }
            CallerAct::Unmute if joined && muted => {
                (self.callers[c].muted, self.callers[c].muted_by_others) = (false, false);
                self.say(c, &["unmuted"]);
            }
            CallerAct::Admit | CallerAct::Deny | CallerAct::Remove | CallerAct::Mute | CallerAct::Unmute => {}
        }
    }
}
