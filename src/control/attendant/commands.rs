//! Keys in the meeting: which of them give a command, and when. The longest command counts; one that begins a longer
//! one waits for the rest. Keys that give none are written nowhere: they may be a PIN's.

use super::{Attendant, State, Timer};
use crate::control::call::{Digit, Digits, Prompt, Source, Tone};
use crate::control::meeting;
use crate::control::policy::GivenCommand;
use crate::control::time::Instant;

impl Attendant {
    /// A key behind these, which began a command.
    pub(super) fn key_in_meeting(&mut self, now: Instant, before: Digits, key: Digit) {
        let mut keyed = before;
        let fits = keyed.push(key);
        let keys = &self.policy.meeting.keys;
        let (given, begins_longer) = (keys.command(keyed), keys.begins_longer(keyed));
        // A star begins a command even where none has one: what follows it is answered.
        let begins = begins_longer || (before.is_empty() && key == Digit::STAR);
        if fits && begins {
            self.cut_for_command(now, before);
            let timeout = match given {
                Some(_) => self.policy.dialog.command_timeout,
                None => self.policy.dialog.interdigit_timeout,
            };
            self.state = State::Joined { keyed };
            self.timers.set(Timer::Key, now + timeout);
        } else if let Some(given) = given {
            self.cut_for_command(now, before);
            self.no_command_begun();
            self.give(given);
        } else {
            self.no_such_command(now, before, key);
        }
    }

    /// The first key of a command cuts short what is said in private.
    fn cut_for_command(&mut self, now: Instant, before: Digits) {
        if before.is_empty() && self.stop_playback() {
            self.hear(now, Source::Conference);
        }
    }

    /// These keys began a command, and this one belongs to none with them.
    fn no_such_command(&mut self, now: Instant, before: Digits, key: Digit) {
        if before.is_empty() {
            return self.ignore(1);
        }
        self.no_command_begun();
        if let Some((given, mut rest)) = self.policy.meeting.keys.longest(before) {
            self.give(given);
            let _room = rest.push(key);
            self.take_again(now, rest);
        } else if key == Digit::STAR {
            // A star in the middle of a command is a wish to begin again.
            self.key_in_meeting(now, Digits::default(), key);
        } else {
            self.tell_in_private(now, &[Prompt::Tone(Tone::Low)]);
        }
    }

    /// Nothing more comes behind these keys: the longest command that they give acts, if they give one.
    pub(super) fn command_timeout(&mut self, now: Instant, keyed: Digits) {
        self.no_command_begun();
        match self.policy.meeting.keys.longest(keyed) {
            Some((given, rest)) => {
                self.give(given);
                self.take_again(now, rest);
            }
            None => self.ignore(u8::try_from(keyed.len()).unwrap_or(u8::MAX)),
        }
    }

    /// The keys behind a command begin another.
    fn take_again(&mut self, now: Instant, rest: Digits) {
        rest.iter().for_each(|key| self.take(now, key));
    }

    fn no_command_begun(&mut self) {
        self.state = State::Joined { keyed: Digits::default() };
        self.timers.clear(Timer::Key);
    }

    fn give(&mut self, GivenCommand { command, organizers_keys }: GivenCommand) {
        if let Some(meeting) = self.meeting {
            let input = meeting::Input::Command { leg: self.leg, command, organizers_keys };
            self.tell(meeting, input);
        }
    }

    /// Says something to one participant, who does not hear the meeting meanwhile.
    pub(super) fn tell_in_private(&mut self, now: Instant, prompts: &[Prompt]) {
        if let State::Joined { .. } | State::AdmitOrDeny { .. } = self.state {
            self.queue(prompts);
            if !self.playlist.is_empty() {
                self.play_queue(now);
            }
        }
    }
}
