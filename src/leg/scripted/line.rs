//! A scripted caller's end of the line: what the script does reaches the bridge as actions, what the bridge tells reaches
//! the script's ear; faults sit between.

use std::sync::Arc;
use std::time::Duration;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};

use super::{Entry, Envelope, FarEnd, Instant, LegId, Shard, Sink};
use crate::bridge::protocol::{Dial, Report};
use crate::control::attendant::Dialled;
use crate::control::call::{Digit, HangupCause};
use crate::control::caller::{self, CallState, Target};
use crate::control::policy::OrganizerId;
use crate::leg::cast::{LineFaults, Which};
use crate::leg::log::LineFault;

/// A part's line: how many keys it has carried, which of them a fault hits, and when one hits the line itself.
#[derive(Debug)]
pub(super) struct Line {
    keys: u32,
    hit: Option<Box<Hit>>,
    /// When the last call is to fail; never, if no fault is planned.
    pub(super) fails: Instant,
}

#[derive(Debug)]
struct Hit {
    lost: Vec<u32>,
    doubled: Vec<u32>,
}

impl Line {
    /// Chooses by the seed which keys of this part are hit.
    pub(super) fn new(seed: u64, part: u32, faults: &LineFaults) -> Self {
        let spared = faults.lose_digits == Which::None && faults.double_digits == Which::None;
        let hit = (!spared).then(|| Box::new(Hit::new(seed, part, faults)));
        Self { keys: 0, hit, fails: Instant::NEVER }
    }
}

impl Hit {
    fn new(seed: u64, part: u32, faults: &LineFaults) -> Self {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        chance.set_stream(u64::from(part) + 1);
        let lost = chosen(&mut chance, &faults.lose_digits);
        Self { lost, doubled: chosen(&mut chance, &faults.double_digits) }
    }
}

/// The faults of a part's line with the keys named that this seed chooses: what is left of them when some are taken
/// away hits the same keys.
#[must_use]
pub fn with_chosen_keys(seed: u64, part: u32, faults: &LineFaults) -> LineFaults {
    let Hit { lost, doubled } = Hit::new(seed, part, faults);
    let these = |mut keys: Vec<u32>| {
        keys.sort_unstable();
        if keys.is_empty() { Which::None } else { Which::These(keys) }
    };
    LineFaults { lose_digits: these(lost), double_digits: these(doubled), ..faults.clone() }
}

/// The bit of a state among the seven.
pub(super) fn bit(state: CallState) -> u8 {
    1 << state as u8
}

fn chosen(chance: &mut ChaCha8Rng, which: &Which) -> Vec<u32> {
    match which {
        Which::None => Vec::new(),
        Which::These(keys) => keys.clone(),
        Which::Some { count, among } => {
            let mut chosen = Vec::new();
            while chosen.len() < (*count).min(*among) as usize {
                let key = chance.random_range(1..=*among);
                if !chosen.contains(&key) {
                    chosen.push(key);
                }
            }
            chosen
        }
    }
}

impl<S: Sink> Shard<S> {
    pub(super) fn drain_caller(&mut self, index: u32) {
        while let Some(output) = self.parts[index as usize].caller.poll_output() {
            match output {
                caller::Output::Dial(target) => {
                    let dial = self.dialled(index, target);
                    self.queue.push_back(Envelope::Dial(FarEnd::Script(index), dial));
                }
                caller::Output::Key { digit, hold } => self.key(index, digit, hold),
                caller::Output::HangUp => self.leave(index, HangupCause::Caller),
                caller::Output::Drop => self.leave(index, HangupCause::Lost),
                caller::Output::Spell(named) => {
                    let digits = self.spell(index, named);
                    self.queue.push_back(Envelope::Caller(index, caller::Input::Spelled(digits)));
                }
                caller::Output::Act(act) => self.queue.push_back(Envelope::Act(index, act)),
                caller::Output::Reached(state) => self.reached(index, state),
                caller::Output::Signal(signal) => self.give(self.parts[index as usize].stage, signal),
                caller::Output::Done(done) => self.tell(Entry::Step { part: index, done }),
                caller::Output::Failed(failure) => {
                    self.tell(Entry::Failed { part: index, failure });
                    if self.sink.ends_casts_that_fail() {
                        self.give_up(index);
                    }
                    self.script_over(index);
                }
                caller::Output::Finished => {
                    self.tell(Entry::Finished { part: index });
                    self.script_over(index);
                }
            }
        }
        self.arm_part(index);
    }

    fn reached(&mut self, index: u32, state: CallState) {
        let part = &self.parts[index as usize];
        if part.gives & bit(state) == 0 {
            return;
        }
        let (stage, role) = (part.stage, part.role as usize);
        let cast = Arc::clone(&self.stages[stage as usize].cast);
        for (_, signal) in cast.roles[role].states.iter().filter(|(given, _)| *given == state) {
            self.give(stage, *signal);
        }
    }

    /// What a part dials, by the numbers and users of its cast.
    fn dialled(&self, index: u32, target: Target) -> Dial {
        let part = &self.parts[index as usize];
        let stage = &self.stages[part.stage as usize];
        let to = match target {
            Target::Number(number) => match stage.cast.numbers.get(usize::from(number)) {
                Some(number) => Dialled::Number(Arc::clone(number)),
                None => Dialled::UnknownNumber,
            },
            Target::App { organizer, user } => Dialled::App {
                organizer: OrganizerId(stage.first_organizer.0 + u32::from(organizer.0)),
                own: user == organizer.0,
            },
        };
        Dial { to, from: stage.cast.roles[part.role as usize].from.clone() }
    }

    /// The call of a part is up.
    pub(super) fn script_dialled(&mut self, index: u32, leg: LegId) {
        let part = &mut self.parts[index as usize];
        let stage = &mut self.stages[part.stage as usize];
        let faults = &stage.cast.roles[part.role as usize].faults;
        let fails_after = [faults.drop_after, faults.hang_up_after].into_iter().flatten().min();
        part.line.fails = fails_after.map_or(Instant::NEVER, |after| (self.now + after).ceil_to_millis());
        stage.calls += 1;
        part.listens = true;
        if let Some(before) = part.leg.replace(leg) {
            // A faulty bridge may not have noticed that the call before is over.
            self.calls.drop_call(before);
        }
    }

    /// A part is told something of a call. Who has hung up, or dialled again, does not hear it any more.
    pub(super) fn script_hears(&mut self, index: u32, leg: LegId, report: Report) {
        let part = &mut self.parts[index as usize];
        if part.heard() != Some(leg) {
            return;
        }
        let heard = match report {
            Report::Answered { .. } => caller::Input::Answered,
            Report::Hears(source) => caller::Input::Hears(source),
            Report::Announced(prompt) => caller::Input::Announced(prompt),
            Report::Ended(cause) => {
                part.listens = false;
                self.let_go.push(leg);
                caller::Input::Ended(cause)
            }
            Report::Refused(_) => return,
        };
        part.caller.handle_input(self.now, heard);
        self.drain_caller(index);
    }

    fn key(&mut self, index: u32, digit: Digit, hold: Duration) {
        let Some(leg) = self.call_of(FarEnd::Script(index)) else { return };
        let part = &mut self.parts[index as usize];
        part.line.keys += 1;
        let key = part.line.keys;
        let hit = part.line.hit.as_ref();
        let (lost, doubled) =
            hit.map_or((false, false), |hit| (hit.lost.contains(&key), hit.doubled.contains(&key)));
        if lost {
            return self.tell(Entry::LineFault { part: index, fault: LineFault::KeyLost });
        }
        if part.uplink.is_some() {
            return self.send_key(index, digit, hold, doubled);
        }
        self.press(leg, digit);
        if doubled {
            self.tell(Entry::LineFault { part: index, fault: LineFault::KeyDoubled });
            self.press(leg, digit);
        }
    }

    /// The caller puts the telephone down: from now on nothing of this call is heard.
    fn leave(&mut self, index: u32, cause: HangupCause) {
        let part = &mut self.parts[index as usize];
        part.listens = false;
        self.let_go.extend(part.leg);
        self.silence(index);
        self.queue.push_back(Envelope::HangUp(FarEnd::Script(index), cause));
    }

    /// Whether a part is on a call that is up: whoever has left the line cannot lose it again.
    pub(super) fn is_on_the_line(&self, index: u32) -> bool {
        self.parts[index as usize].heard().is_some_and(|leg| self.calls.get(leg).is_some())
    }

    pub(super) fn line_fails(&mut self, index: u32) {
        let part = &self.parts[index as usize];
        let faults = &self.stages[part.stage as usize].cast.roles[part.role as usize].faults;
        let dropped =
            faults.drop_after.is_some_and(|drop| faults.hang_up_after.is_none_or(|hang_up| drop <= hang_up));
        let (fault, cause) = if dropped {
            (LineFault::Dropped, HangupCause::Lost)
        } else {
            (LineFault::HungUp, HangupCause::Caller)
        };
        self.tell(Entry::LineFault { part: index, fault });
        self.leave(index, cause);
        self.queue.push_back(Envelope::Caller(index, caller::Input::Ended(cause)));
    }
}
