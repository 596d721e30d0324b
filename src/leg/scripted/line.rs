//! A scripted caller's end of the line: what the script does reaches the bridge as actions, what the bridge tells reaches
//! the script's ear; faults sit between.

use std::sync::Arc;
use std::time::Duration;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};

use super::{BridgeSide, Entry, Envelope, FarEnd, Instant, LegId, Scripts, Sink};
use crate::bridge::protocol::{Dial, Report};
use crate::control::attendant::Dialled;
use crate::control::call::{Digit, HangupCause, Speech, Utterance};
use crate::control::caller::{self, CallState, Target};
use crate::control::conference::Voice;
use crate::control::policy::OrganizerId;
use crate::leg::cast::{LineFaults, Which};
use crate::leg::log::LineFault;

/// A part's line that has faults: how many keys it has carried, which of them a fault hits, and when one hits the line itself.
#[derive(Debug)]
pub(super) struct Line {
    keys: u32,
    hit: Hit,
    /// When the call is to fail; never, if no fault is planned, or the call is over.
    fails: Instant,
}

#[derive(Debug)]
struct Hit {
    lost: Vec<u32>,
    doubled: Vec<u32>,
}

impl Line {
    /// Chooses by the seed which keys of this part are hit; `None` for a line without faults.
    pub(super) fn new(seed: u64, part: u32, faults: &LineFaults) -> Option<Box<Self>> {
        let loses_keys = faults.lose_digits != Which::None || faults.double_digits != Which::None;
        let is_faulty = loses_keys || faults.drop_after.is_some() || faults.hang_up_after.is_some();
        let hit = || Hit::new(seed, part, faults);
        is_faulty.then(|| Box::new(Self { keys: 0, hit: hit(), fails: Instant::NEVER }))
    }

    /// When the call is to fail.
    pub(super) const fn fails(&self) -> Instant {
        self.fails
    }

    /// The call is over: the line loses nobody any more.
    pub(super) const fn is_off(&mut self) {
        self.fails = Instant::NEVER;
    }

    /// A key sets out; returns whether it is lost, and whether it is doubled.
    fn carry(&mut self) -> (bool, bool) {
        self.keys += 1;
        (self.hit.lost.contains(&self.keys), self.hit.doubled.contains(&self.keys))
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

impl<S: Sink> Scripts<S> {
    pub(super) fn drain_caller(&mut self, bridge: &mut BridgeSide, index: u32) {
        let now = bridge.now();
        while let Some(output) = self.parts[index as usize].caller.poll_output() {
            match output {
                caller::Output::Dial(target) if self.parts[index as usize].outward.is_some() => {
                    self.dial_outward(bridge, index, target);
                }
                caller::Output::Dial(target) => {
                    let dial = self.dial(index, target);
                    bridge.carry(Envelope::Dial(FarEnd::Script(index), dial));
                }
                caller::Output::Key { digit, hold } => self.key(bridge, index, digit, hold),
                caller::Output::Say(speech) => self.say(bridge, index, speech),
                caller::Output::HangUp => self.leave(bridge, index, HangupCause::Caller),
                caller::Output::Drop => self.leave(bridge, index, HangupCause::Lost),
                caller::Output::Spell(named) => {
                    let digits = self.spell(index, named);
                    bridge.carry(Envelope::Caller(index, caller::Input::Spelled(digits)));
                }
                caller::Output::Act(act) => bridge.carry(Envelope::Act(index, act)),
                caller::Output::Reached(state, at) => self.reached(bridge, index, state, at),
                caller::Output::Signal(signal, at) => {
                    self.give(bridge, self.parts[index as usize].stage, signal, at);
                }
                caller::Output::Done(done) => self.sink.take(now, Entry::Step { part: index, done: *done }),
                caller::Output::Failed(failure) => {
                    self.sink.take(now, Entry::Failed { part: index, failure });
                    if self.sink.ends_casts_that_fail() {
                        self.tell_cast(bridge, index, caller::Input::GiveUp);
                    }
                    self.script_over(bridge, index);
                }
                caller::Output::Finished => {
                    self.sink.take(now, Entry::Finished { part: index });
                    self.script_over(bridge, index);
                }
            }
        }
        self.arm(bridge, index);
    }

    fn reached(&mut self, bridge: &mut BridgeSide, index: u32, state: CallState, at: Instant) {
        let part = &self.parts[index as usize];
        if part.gives & bit(state) == 0 {
            return;
        }
        let (stage, role) = (part.stage, part.role as usize);
        let cast = Arc::clone(&self.stages[stage as usize].cast);
        for (_, signal) in cast.roles[role].states.iter().filter(|(given, _)| *given == state) {
            self.give(bridge, stage, *signal, at);
        }
    }

    /// What a part dials, by the numbers and users of its cast.
    fn dial(&self, index: u32, target: Target) -> Dial {
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
        Dial { to, from: stage.cast.roles[part.role as usize].from.clone(), name: None, number: None }
    }

    /// The call of a part is up.
    pub(in crate::leg) fn dialled(&mut self, now: Instant, index: u32, leg: LegId) {
        self.call_begins(now, index);
        self.sink.take(now, Entry::Dials { part: index, leg });
    }

    /// A part has dialled: its line fails when a fault wants that.
    pub(super) fn call_begins(&mut self, now: Instant, index: u32) {
        let part = &mut self.parts[index as usize];
        let stage = &mut self.stages[part.stage as usize];
        let faults = &stage.cast.roles[part.role as usize].faults;
        if let Some(line) = &mut part.line {
            let fails_after = [faults.drop_after, faults.hang_up_after].into_iter().flatten().min();
            line.fails = fails_after.map_or(Instant::NEVER, |after| (now + after).ceil_to_millis());
        }
        stage.calls += 1;
    }

    /// A part is told something of the call that it hears.
    pub(in crate::leg) fn hears(&mut self, bridge: &mut BridgeSide, index: u32, report: Report) {
        let heard = match report {
            Report::Answered { .. } => caller::Input::Answered,
            Report::Hears(source) => caller::Input::Hears(source),
            Report::Announced(heard) => caller::Input::Announced(heard),
            Report::Voice(Voice { voice, speech, .. }) => caller::Input::Voice(voice, speech),
            Report::Ended(cause) => caller::Input::Ended(cause),
            Report::Refused(_) => return,
        };
        self.tell_caller(bridge, index, heard);
    }

    /// The call of a part is over: its line loses nobody any more, and what is on its way never comes.
    pub(in crate::leg) fn call_over(&mut self, index: u32) {
        if let Some(line) = &mut self.parts[index as usize].line {
            line.is_off();
        }
        self.silence(index);
        self.count_off(index);
    }

    fn key(&mut self, bridge: &mut BridgeSide, index: u32, digit: Digit, hold: Duration) {
        let part = &mut self.parts[index as usize];
        let leg = bridge.call_of(&part.link);
        if leg.is_none() && !part.outward.as_ref().is_some_and(|line| line.is_up()) {
            return;
        }
        let (lost, doubled) = part.line.as_mut().map_or((false, false), |line| line.carry());
        if lost {
            return self.fault(bridge, index, LineFault::KeyLost);
        }
        let Some(leg) = leg else { return self.press_outward(bridge, index, digit, hold, doubled) };
        if part.uplink.is_some() {
            return self.send_key(bridge.now(), index, digit, hold, doubled);
        }
        self.press(bridge, leg, digit);
        if doubled {
            self.fault(bridge, index, LineFault::KeyDoubled);
            self.press(bridge, leg, digit);
        }
    }

    /// A key reaches the bridge.
    pub(in crate::leg) fn press(&mut self, bridge: &mut BridgeSide, leg: LegId, digit: Digit) {
        let key = bridge.press(leg, digit);
        self.sink.take(bridge.now(), Entry::Event(key));
    }

    pub(super) fn fault(&mut self, bridge: &BridgeSide, part: u32, fault: LineFault) {
        self.sink.take(bridge.now(), Entry::LineFault { part, fault });
    }

    /// The caller says something, in the voice of the part.
    fn say(&mut self, bridge: &mut BridgeSide, index: u32, speech: Option<Speech>) {
        let part = &self.parts[index as usize];
        if part.outward.is_some() {
            return self.say_outward(bridge, index, speech);
        }
        let says = speech.map(|speech| Utterance { voice: part.role, speech });
        bridge.carry(Envelope::Say(FarEnd::Script(index), says));
    }

    /// The caller puts the telephone down: from now on nothing of this call is heard.
    fn leave(&mut self, bridge: &mut BridgeSide, index: u32, cause: HangupCause) {
        if self.parts[index as usize].outward.is_some() {
            return self.leave_outward(bridge, index, cause);
        }
        bridge.let_go(&mut self.parts[index as usize].link);
        self.silence(index);
        bridge.carry(Envelope::HangUp(FarEnd::Script(index), cause));
    }

    pub(super) fn line_fails(&mut self, bridge: &mut BridgeSide, index: u32) {
        let part = &self.parts[index as usize];
        let faults = &self.stages[part.stage as usize].cast.roles[part.role as usize].faults;
        let dropped =
            faults.drop_after.is_some_and(|drop| faults.hang_up_after.is_none_or(|hang_up| drop <= hang_up));
        let (fault, cause) = if dropped {
            (LineFault::Dropped, HangupCause::Lost)
        } else {
            (LineFault::HungUp, HangupCause::Caller)
        };
        self.fault(bridge, index, fault);
        self.leave(bridge, index, cause);
        bridge.carry(Envelope::Caller(index, caller::Input::Ended(cause)));
    }
}
