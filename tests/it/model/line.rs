//! The mechanics of the model: who is where, prompts one after another, keys typed ahead, and what falls due.

use std::collections::BTreeSet;

use super::reference::{Caller, LATE, Model, Place, SECOND};

type Happens = fn(&mut Model, usize);

impl Caller {
    /// "Every timeout runs from the prompt's end, or from the key that cut it short."
    pub(super) fn waits(&mut self, now: u64) {
        self.due = match (self.place, self.entry.is_empty()) {
            (Place::Id | Place::Passcode | Place::Pin, _) if self.asks.is_some() => None,
            (Place::Id | Place::Passcode | Place::Pin, true) | (Place::Name, _) => Some(now + 10 * SECOND), // 2.2, 2.7
            (Place::Id | Place::Passcode | Place::Pin, false) | (Place::Question, _) => {
                Some(now + 5 * SECOND) // 2.2, 2.4
            }
            (Place::Joined, _) if self.asked.is_some() => Some(now + 60 * SECOND), // 3
            (_, _) => self.due,
        };
    }
}

impl Model {
    pub(super) fn who(&self, of: usize, is_meant: impl Fn(&Caller) -> bool) -> Vec<usize> {
        let is_here = |c: &usize| self.callers[*c].meeting == of && is_meant(&self.callers[*c]);
        (0..self.callers.len()).filter(is_here).collect()
    }

    /// In arrival order.
    pub(super) fn in_lobby(&self, of: usize) -> Vec<usize> {
        let mut waiting = self.who(of, |caller| caller.parked.is_some());
        waiting.sort_by_key(|c| self.callers[*c].parked);
        waiting
    }

    pub(super) fn in_meeting(&self, of: usize) -> Vec<usize> {
        self.who(of, |caller| caller.place == Place::Joined)
    }

    /// 3: "each leg gets the mix of all the others", and nobody who waits is in it, nor hears it.
    pub(super) fn voices(&self, c: usize) -> BTreeSet<usize> {
        if self.hears(c) != "conference" || !self.is_up(c) {
            return BTreeSet::new();
        }
        let others = self.in_meeting(self.callers[c].meeting).into_iter().filter(|other| *other != c);
        others.filter(|other| self.callers[*other].talks && !self.callers[*other].muted).collect()
    }

    pub(super) fn hears(&self, c: usize) -> &'static str {
        match (self.callers[c].says.front(), self.callers[c].place) {
            (Some(prompt), _) => prompt,
            (None, Place::Lobby) => "hold music",
            (None, Place::Joined) => "conference",
            (None, _) => "silence",
        }
    }

    /// Somewhere else, with nothing of what was asked, keyed or timed before. Keys typed ahead come next.
    pub(super) fn go_to(&mut self, c: usize, place: Place, says: &[&'static str]) {
        let caller = &mut self.callers[c];
        let parked = if place == Place::Lobby { caller.parked.or(Some(self.now)) } else { caller.parked };
        caller.parked = parked.filter(|_| [Place::Lobby, Place::Pin].contains(&place));
        (caller.place, caller.due, caller.asked) = (place, None, None);
        caller.entry.clear();
        caller.says.clear();
        self.then.push_back((c, None));
        self.say(c, says);
    }

    /// Puts a question, unless keys typed ahead already answer it.
    pub(super) fn ask(&mut self, c: usize, place: Place, says: &[&'static str]) {
        let ahead = &mut self.callers[c].ahead;
        while [Place::Passcode, Place::Pin].contains(&place) && ahead.front() == Some(&'*') {
            ahead.pop_front(); // Ours: stars before the first digit of a PIN or a passcode change nothing.
        }
        let says = if ahead.is_empty() { says } else { &[] };
        self.go_to(c, place, says);
    }

    /// Says this behind what is being said. The app hears no prompts.
    pub(super) fn say(&mut self, c: usize, prompts: &[&'static str]) {
        let caller = &mut self.callers[c];
        let is_silent = caller.says.is_empty();
        caller.says.extend(prompts.iter().filter(|_| caller.phone));
        if is_silent {
            self.says_next(c);
        }
    }

    pub(super) fn prompt_ends(&mut self, c: usize) {
        self.callers[c].says.pop_front();
        self.says_next(c);
    }

    fn says_next(&mut self, c: usize) {
        let caller = &mut self.callers[c];
        match (caller.says.front(), caller.place) {
            (Some(prompt), _) => caller.began.push(prompt),
            (None, Place::GoingIn) => self.enter(c),
            (None, Place::Leaving(outcome)) => caller.place = Place::Gone(outcome),
            (None, _) => caller.waits(self.now),
        }
    }

    pub(super) fn what_follows(&mut self) {
        while let Some((c, command)) = self.then.pop_front() {
            if let Some(digit) = command {
                self.command(c, digit);
                continue;
            }
            let takes = |caller: &Caller| caller.asks.is_none() && caller.place != Place::GoingIn;
            while self.callers[c].place == Place::Joined || takes(&self.callers[c]) {
                let Some(key) = self.callers[c].ahead.pop_front() else { break };
                self.key(c, key);
            }
        }
    }

    /// When the next thing falls due, what it is, and of which caller or meeting.
    pub(super) fn next_due(&self) -> Option<(u64, Happens, usize)> {
        let limit = Some(self.settings.lobby_time_limit).filter(|limit| *limit > 0);
        let mut due: Vec<(Option<u64>, Happens, usize)> = Vec::new();
        for (c, caller) in self.callers.iter().enumerate() {
            due.push((caller.due, |model, c| model.key(c, LATE), c));
            due.push((caller.asks.as_ref().map(|_| caller.answer_due), Self::no_answer, c));
            due.push((caller.parked.and_then(|parked| Some(parked + limit?)), Self::waits_too_long, c));
        }
        (0..2).for_each(|of| due.push((self.ends(of), |model, of| model.end(of, "ended", &["goodbye"]), of)));
        due.into_iter()
            .filter_map(|(at, happens, whom)| Some((at?, happens, whom)))
            .min_by_key(|(at, ..)| *at)
    }
}
