//! 3: `admit_next`, here on `*#`: the organizer is asked about whoever has waited longest, and answers by key.

use super::reference::{ADMITS, DENIES, LATE, Model, Place};

impl Model {
    pub(super) fn ask_about_next(&mut self, c: usize) {
        match self.in_lobby(self.callers[c].meeting).first() {
            Some(whom) => self.ask_about(c, *whom, false),
            None => self.say(c, &["nobody-waiting"]),
        }
    }

    fn ask_about(&mut self, c: usize, whom: usize, again: bool) {
        let caller = &mut self.callers[c];
        (caller.asked, caller.due) = (Some((whom, again)), None);
        caller.entry.clear();
        if self.callers[whom].named {
            self.say(c, &["recorded-name"]);
        }
        self.say(c, &["admit-or-deny"]);
    }

    /// "1 admits, 2 denies, `*` lets the caller wait; other keys are nothing", and silence asks once more.
    pub(super) fn answer_key(&mut self, c: usize, key: char) {
        let caller = &mut self.callers[c];
        let Some((whom, again)) = caller.asked else { return };
        match key {
            LATE if !again => self.ask_about(c, whom, true),
            LATE => (caller.asked, caller.due) = (None, None),
            '1' | '2' | '*' => {
                (caller.asked, caller.due) = (None, None);
                caller.says.clear();
                if key != '*' {
                    caller.answers = Some(whom);
                    self.then.push_back((c, Some(if key == '1' { ADMITS } else { DENIES })));
                }
            }
            _ => {}
        }
    }

    /// An answer about somebody who does not wait any more is met by the low tone.
    pub(super) fn decide(&mut self, c: usize, admit: bool) {
        let Some(whom) = self.callers[c].answers.take() else { return };
        if self.callers[whom].parked.is_none() || self.callers[c].place != Place::Joined {
            return self.say(c, &["low-tone"]);
        }
        self.say(c, &["high-tone"]);
        if admit {
            self.join(whom, &["joining"]);
        } else {
            self.refuse(whom, "refused(denied)", &["lobby-denied", "goodbye"]);
        }
    }
}
