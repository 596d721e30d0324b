//! The reference model's meetings: who may start one, who waits, who is released, what ends it, and lockout.

use super::{Caller, HOUR, Key, MINUTE, Model, Place};

#[derive(Clone, Default)]
pub(in crate::model) struct Organizer {
    pub(in crate::model) anonymous_start: bool,
    /// Counts the PINs: the last is the right one (section 4).
    pub(super) resets: u32,
    wrong_pins: Vec<u64>,
    wrong_in_all: u32,
    pins_locked_until: u64,
    /// The meeting, from here on: `None` while it waits.
    pub(in crate::model) started: Option<u64>,
    pub(in crate::model) locked: bool,
    admits_all: bool,
    organizer_came: bool,
    authenticated_came: bool,
    roster_changed: u64,
    last_authenticated_left: Option<u64>,
}

impl Organizer {
    pub(super) fn unlock_pin(&mut self) {
        (self.wrong_pins, self.wrong_in_all, self.pins_locked_until) = (Vec::new(), 0, 0);
    }

    /// "Locked: newcomers wait in the lobby though the meeting runs"; 3: after `*8` later arrivals skip it.
    fn lobby_holds(&self) -> bool {
        self.locked && !self.admits_all
    }

    /// 90 min after the last authenticated participant; 4 h for a meeting without any; 24 h without a change.
    fn ends(&self) -> Option<u64> {
        let longest = match self.authenticated_came {
            true => self.roster_changed + 24 * HOUR,
            false => self.started? + 4 * HOUR,
        };
        self.started?;
        Some(self.last_authenticated_left.map_or(longest, |left| longest.min(left + 90 * MINUTE)))
    }
}

/// Lockout of this bench, wrong PINs in the window and in all: low, so that both are met (25 / 1000 for 5 digits).
pub(in crate::model) const LIMITS: (usize, u32) = (4, 7);

/// What falls due.
pub(super) enum Due {
    Time(usize),
    Directory(usize),
    Lobby(usize),
    End(usize),
}

const IN_LOBBY: [Place; 2] = [Place::Lobby, Place::LobbyPin];
const AT_THE_DOOR: [Place; 4] = [Place::Question, Place::Pin, Place::Name, Place::GoingIn];

impl Model {
    pub(in crate::model) fn in_lobby(&self, of: usize) -> Vec<usize> {
        let mut waiting = self.who(of, &IN_LOBBY);
        waiting.sort_by_key(|c| self.callers[*c].ticket);
        waiting
    }

    pub(in crate::model) fn in_meeting(&self, of: usize) -> Vec<usize> {
        self.who(of, &[Place::Joined])
    }

    fn who(&self, of: usize, places: &[Place]) -> Vec<usize> {
        let here = |caller: &Caller| caller.meeting == of && places.contains(&caller.place);
        (0..self.callers.len()).filter(|c| here(&self.callers[*c])).collect()
    }

    /// Capacity: lobby and meeting together.
    fn phones(&self, of: usize) -> usize {
        let inside = self.who(of, &[Place::Lobby, Place::LobbyPin, Place::Joined]);
        inside.into_iter().filter(|c| self.callers[*c].phone).count()
    }

    /// One place is kept until an organizer is authenticated.
    fn has_free_place(&self, of: usize) -> bool {
        self.phones(of) + usize::from(!self.organizers[of].organizer_came) < self.capacity
    }

    // 2.4: who arrives is asked, goes in, or is too many.

    pub(super) fn arrive(&mut self, c: usize, of: usize) {
        self.callers[c].meeting = of;
        let meeting = &self.organizers[of];
        if !self.callers[c].phone {
            return self.client_arrives(c, of);
        }
        let asks = meeting.started.is_none() && !meeting.anonymous_start;
        if self.phones(of) >= self.capacity || (!asks && !self.has_free_place(of)) {
            self.full(c);
        } else if asks {
            self.ask(c, Place::Question, &["press-star-if-organizer"]);
        } else {
            self.go_in(c, &[]);
        }
    }

    /// 1: a signed-in user is authenticated, and starts the meeting. Ours: a lock does not hold the organizer.
    fn client_arrives(&mut self, c: usize, of: usize) {
        match self.organizers[of].started {
            Some(_) if self.organizers[of].lobby_holds() && !self.callers[c].organizer => {
                self.park(c, "lobby-wait");
            }
            Some(_) => self.join(c, &[]),
            None => self.start(c, &[]),
        }
    }

    pub(super) fn enter(&mut self, c: usize) {
        let of = self.callers[c].meeting;
        let meeting = &self.organizers[of];
        match meeting.started {
            _ if !self.has_free_place(of) => self.full(c),
            None if meeting.anonymous_start => self.start(c, &["joining"]),
            None => self.park(c, "hold-for-organizer"),
            Some(_) if meeting.lobby_holds() => self.park(c, "lobby-wait"),
            Some(_) => self.join(c, &["joining"]),
        }
    }

    fn full(&mut self, c: usize) {
        self.refuse(c, "refused(full)", &["meeting-full", "goodbye"]);
    }

    fn park(&mut self, c: usize, says: &'static str) {
        self.tickets += 1;
        (self.callers[c].ticket, self.callers[c].parked) = (self.tickets, self.now);
        self.go_to(c, Place::Lobby, &[says]);
        self.then.push_back((c, None));
    }

    pub(super) fn join(&mut self, c: usize, says: &[&'static str]) {
        let of = self.callers[c].meeting;
        if !self.callers[c].phone {
            self.authenticate(c);
        }
        self.organizers[of].roster_changed = self.now;
        self.joined.push(c);
        self.go_to(c, Place::Joined, says);
        self.then.push_back((c, None));
    }

    fn authenticate(&mut self, c: usize) {
        let caller = &mut self.callers[c];
        caller.authenticated = true;
        let meeting = &mut self.organizers[caller.meeting];
        meeting.organizer_came |= caller.organizer;
        meeting.authenticated_came = true;
        meeting.last_authenticated_left = None;
        meeting.roster_changed = self.now;
    }

    /// 2.8: the starter, then everyone in the lobby in arrival order, then those who are still being asked.
    fn start(&mut self, c: usize, says: &[&'static str]) {
        let of = self.callers[c].meeting;
        self.organizers[of].started = Some(self.now);
        self.join(c, says);
        for waiting in self.in_lobby(of) {
            self.join(waiting, &["meeting-started"]);
        }
        for asked in self.who(of, &AT_THE_DOOR) {
            match self.has_free_place(of) {
                true => self.join(asked, &["joining"]),
                false => self.full(asked),
            }
        }
    }

    // Sections 2.5 and 4: the PIN.

    pub(super) fn pin_is_right(&mut self, of: usize, pin: Option<Key>) -> bool {
        let (now, organizer) = (self.now, &mut self.organizers[of]);
        if organizer.wrong_in_all >= LIMITS.1 || now < organizer.pins_locked_until {
            return false; // Locked sounds like wrong, and does not count.
        }
        if pin == Some(Key::PinNumber(of, organizer.resets)) {
            organizer.wrong_pins.clear();
            return true;
        }
        organizer.wrong_in_all += 1;
        organizer.wrong_pins.retain(|at| now - at < 30 * MINUTE);
        organizer.wrong_pins.push(now);
        if organizer.wrong_pins.len() >= LIMITS.0 {
            organizer.wrong_pins.clear();
            organizer.pins_locked_until = now + HOUR;
        }
        false
    }

    pub(in crate::model) fn pins(&self, of: usize) -> &'static str {
        match &self.organizers[of] {
            organizer if organizer.wrong_in_all >= LIMITS.1 => "locked for good",
            organizer if self.now < organizer.pins_locked_until => "locked",
            _ => "open",
        }
    }

    pub(super) fn pin_right(&mut self, c: usize) {
        let of = self.callers[c].meeting;
        if self.callers[c].place == Place::Pin && self.phones(of) >= self.capacity {
            return self.full(c);
        }
        self.callers[c].organizer = true;
        self.authenticate(c);
        match (self.callers[c].place, self.organizers[of].started) {
            (Place::Joined, _) => self.say(c, &["high-tone"]), // Ours: released while the PIN was being checked.
            (_, None) => self.start(c, &["pin-accepted"]),
            (_, Some(_)) => self.join(c, &["pin-accepted"]),
        }
    }

    // 2.9, 6.4: every call has one outcome and leaves nothing behind.

    pub(super) fn refuse(&mut self, c: usize, outcome: &'static str, says: &[&'static str]) {
        self.callers[c].question = None;
        self.callers[c].ahead.clear();
        self.go_to(c, Place::Leaving(outcome), says);
    }

    pub(super) fn hang_up(&mut self, c: usize, failed: Option<&'static str>) {
        let was = self.callers[c].place;
        let outcome = match was {
            Place::Leaving(outcome) | Place::Gone(outcome) => outcome,
            Place::Joined => failed.unwrap_or("joined"),
            Place::Lobby | Place::LobbyPin => failed.unwrap_or("lobby-hangup"),
            Place::Id | Place::Question | Place::Pin | Place::Name | Place::GoingIn => {
                failed.unwrap_or("abandoned")
            }
        };
        self.refuse(c, outcome, &[]);
        self.callers[c].place = Place::Gone(outcome);
        if was == Place::Joined {
            self.left(c);
        }
    }

    fn left(&mut self, c: usize) {
        let of = self.callers[c].meeting;
        let others = self.in_meeting(of);
        if others.is_empty() {
            return self.close(of);
        }
        let last = !others.iter().any(|other| self.callers[*other].authenticated);
        if self.callers[c].authenticated && last {
            self.organizers[of].last_authenticated_left = Some(self.now);
        }
        self.organizers[of].roster_changed = self.now;
    }

    /// Nobody is in it any more: over. Ours: who waits, and may start a meeting, starts the next (1).
    fn close(&mut self, of: usize) {
        self.forget(of);
        let waiting = self.in_lobby(of);
        let client = waiting.iter().find(|c| !self.callers[**c].phone);
        match (client, waiting.first()) {
            (Some(client), _) => self.start(*client, &[]),
            (None, Some(first)) if self.organizers[of].anonymous_start => self.start(*first, &["joining"]),
            (None, _) => {}
        }
    }

    fn forget(&mut self, of: usize) {
        let old = std::mem::take(&mut self.organizers[of]);
        self.organizers[of] = Organizer {
            started: None,
            locked: false,
            admits_all: false,
            organizer_came: false,
            authenticated_came: false,
            roster_changed: 0,
            last_authenticated_left: None,
            ..old
        };
    }

    pub(super) fn end(&mut self, of: usize, says: &'static str) {
        if self.organizers[of].started.is_some() {
            for c in self.who(of, &[Place::Lobby, Place::LobbyPin, Place::Joined]) {
                self.refuse(c, "ended", &[says]);
            }
            self.forget(of);
        }
    }

    // Section 3: keys in the meeting.

    pub(super) fn command(&mut self, c: usize, digit: u8) {
        if self.callers[c].place != Place::Joined {
            return;
        }
        let of = self.callers[c].meeting;
        let (organizer, muted) = (self.callers[c].organizer, self.callers[c].muted);
        let others: Vec<usize> = self.in_meeting(of).into_iter().filter(|other| *other != c).collect();
        match digit {
            1 => self.say(c, &["help-menu"]),
            3 => self.roll_call(c, &others),
            5 => self.say(c, &["high-tone"]),
            6 => {
                self.callers[c].muted = !muted;
                self.say(c, &[if muted { "unmuted" } else { "muted" }]);
            }
            4 | 7 | 8 | 9 if !organizer => self.say(c, &["low-tone"]),
            4 => {
                for other in others {
                    if !std::mem::replace(&mut self.callers[other].muted, true) {
                        self.say(other, &["muted-by-organizer"]);
                    }
                }
                self.say(c, &["high-tone"]);
            }
            7 => {
                self.set_locked(of, !self.organizers[of].locked);
                self.say(c, &["high-tone"]);
            }
            8 => {
                self.organizers[of].admits_all = true;
                self.say(c, &["high-tone"]);
                for waiting in self.in_lobby(of) {
                    self.join(waiting, &["joining"]);
                }
            }
            9 => self.say(c, &["high-tone"]),
            _ => self.say(c, &["low-tone"]),
        }
    }

    fn roll_call(&mut self, c: usize, others: &[usize]) {
        match others.len() {
            0 => self.say(c, &["only-participant"]),
            1 => self.say(c, &["one-other-participant"]),
            count => {
                let number = ["digits/2", "digits/3", "digits/4", "digits/5", "digits/6"][count - 2];
                self.say(c, &["there-are", number, "other-participants"]);
            }
        }
        let named = others.iter().filter(|other| self.callers[**other].named).count();
        (0..named).for_each(|_| self.say(c, &["recorded-name"]));
    }

    /// Locks, or unlocks, a running meeting; `*8` is over then.
    pub(super) fn set_locked(&mut self, of: usize, locked: bool) {
        let meeting = &mut self.organizers[of];
        if meeting.started.is_some() && meeting.locked != locked {
            (meeting.locked, meeting.admits_all) = (locked, false);
        }
    }

    pub(super) fn admit(&mut self, c: usize) {
        let running = self.organizers[self.callers[c].meeting].started.is_some();
        if running && IN_LOBBY.contains(&self.callers[c].place) {
            self.join(c, &["joining"]);
        }
    }

    // What the clock does.

    pub(super) fn next_due(&self) -> Option<(u64, Due)> {
        let mut due = Vec::new();
        for (c, caller) in self.callers.iter().enumerate() {
            due.extend(caller.due.map(|at| (at, Due::Time(c))));
            due.extend(caller.question.map(|question| (question.due, Due::Directory(c))));
            if IN_LOBBY.contains(&caller.place) && self.lobby_time_limit > 0 {
                due.push((caller.parked + self.lobby_time_limit, Due::Lobby(c)));
            }
        }
        due.extend((0..2).filter_map(|of| Some((self.organizers[of].ends()?, Due::End(of)))));
        due.into_iter().min_by_key(|(at, _)| *at)
    }

    pub(super) fn falls_due(&mut self, due: Due) {
        match due {
            Due::Time(c) => self.time_over(c),
            Due::Directory(c) => self.no_answer(c),
            Due::Lobby(c) => {
                let running = self.organizers[self.callers[c].meeting].started.is_some();
                let why = if running { "lobby-denied" } else { "hold-timeout" };
                self.refuse(c, "lobby-timeout", &[why, "goodbye"]);
            }
            Due::End(of) => self.end(of, "goodbye"),
        }
    }
}
