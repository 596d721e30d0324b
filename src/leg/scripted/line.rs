//! The two sides of each leg: what a scripted caller does reaches the attendant, and what the attendant orders
//! reaches the caller's ear; faults sit between.

use std::sync::Arc;
use std::time::Duration;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};

use super::{Call, Entry, Envelope, Instant, LegId, Shard, Sink, Source};
use crate::control::attendant::{self, Attendant, Dialled};
use crate::control::call::{Digit, HangupCause, LegCommand, LegEvent};
use crate::control::caller::{self, CallState, Target};
use crate::control::event::{CallEvent, Event};
use crate::control::meeting;
use crate::control::policy::OrganizerId;
use crate::control::query::DirectoryQuery;
use crate::leg::cast::{LineFaults, Which};
use crate::leg::log::LineFault;

/// A part's line: how many keys it has carried, which of them a fault hits, and what is at its far end.
#[derive(Debug)]
pub(super) struct Line {
    keys: u32,
    /// A device, not a script.
    pub(super) is_device: bool,
    hit: Option<Box<Hit>>,
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
        Self { keys: 0, is_device: false, hit: (!spared).then(|| Box::new(Hit::new(seed, part, faults))) }
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
                caller::Output::Dial(target) => self.queue.push_back(Envelope::Dial(index, target)),
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

    pub(super) fn dial(&mut self, index: u32, target: Target) {
        let leg = self.legs.add(index);
        let part = &mut self.parts[index as usize];
        let stage = &self.stages[part.stage as usize];
        let dialled = match target {
            _ if self.calls >= self.calls_max => Dialled::Congestion,
            Target::Number(number) => match stage.cast.numbers.get(usize::from(number)) {
                Some(number) => Dialled::Number(Arc::clone(number)),
                None => Dialled::UnknownNumber,
            },
            Target::App { organizer, user } => Dialled::App {
                organizer: OrganizerId(stage.first_organizer.0 + u32::from(organizer.0)),
                own: user == organizer.0,
            },
        };
        let faults = &stage.cast.roles[part.role as usize].faults;
        let fails_after = [faults.drop_after, faults.hang_up_after].into_iter().flatten().min();
        let fails = fails_after.map_or(Instant::NEVER, |after| (self.now + after).ceil_to_millis());
        self.calls += 1;
        self.stages[part.stage as usize].calls += 1;
        part.call = Some(Box::new(Call {
            leg,
            attendant: Attendant::new(leg, Arc::clone(&self.policy)),
            meeting: None,
            hearing: Source::Silence,
            playing: None,
            fails,
        }));
        self.parts[index as usize].leg = Some(leg);
        self.tell(Entry::Dials { part: index, leg });
        self.queue.push_front(Envelope::Attendant(leg, attendant::Input::Arrived(dialled)));
    }

    fn key(&mut self, index: u32, digit: Digit, hold: Duration) {
        let part = &mut self.parts[index as usize];
        let Some(leg) = part.call.as_ref().map(|call| call.leg) else {
            return;
        };
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

    pub(super) fn press(&mut self, leg: LegId, digit: Digit) {
        self.tell(Entry::Event(Event::Call(CallEvent::Key { leg })));
        self.queue.push_back(Envelope::Attendant(leg, attendant::Input::Leg(LegEvent::Digit(digit))));
    }

    /// The caller puts the telephone down: from now on nothing of this call is heard.
    pub(super) fn leave(&mut self, index: u32, cause: HangupCause) {
        self.parts[index as usize].leg = None;
        self.silence(index);
        self.queue.push_back(Envelope::HangUp(index, cause));
    }

    pub(super) fn hang_up(&mut self, index: u32, cause: HangupCause) {
        if let Some(leg) = self.parts[index as usize].call.as_ref().map(|call| call.leg) {
            let hung_up = attendant::Input::Leg(LegEvent::HungUp(cause));
            self.queue.push_front(Envelope::Attendant(leg, hung_up));
        }
    }

    pub(super) fn line_fault_due(&self, index: u32) -> Option<Instant> {
        let part = &self.parts[index as usize];
        // Whoever has left the line cannot lose it again.
        part.call.as_ref().filter(|call| part.leg == Some(call.leg)).map(|call| call.fails)
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

    pub(super) fn drain_attendant(&mut self, index: u32) {
        while let Some(output) =
            self.parts[index as usize].call.as_mut().and_then(|call| call.attendant.poll_output())
        {
            match output {
                attendant::Output::Leg(command) => self.command(index, command),
                attendant::Output::FindMeeting { question, key } => {
                    if let Some(call) = &self.parts[index as usize].call {
                        let asked = DirectoryQuery::FindMeeting { leg: call.leg, question, key };
                        self.queue.push_back(Envelope::Question(asked));
                    }
                }
                attendant::Output::Tell(meeting, input) => {
                    if let (meeting::Input::Arrive { .. }, Some(call)) =
                        (&input, &mut self.parts[index as usize].call)
                    {
                        call.meeting = Some(meeting);
                    }
                    self.queue.push_back(Envelope::Meeting(meeting, input));
                }
                attendant::Output::Record(event) => self.tell(Entry::Event(event)),
            }
        }
        let over = self.parts[index as usize].call.as_ref().is_some_and(|call| call.attendant.is_over());
        if over {
            self.stop_listening(index);
            self.silence(index);
            self.parts[index as usize].call = None;
            self.call_over(index);
        }
        self.arm_part(index);
    }

    fn command(&mut self, index: u32, command: LegCommand) {
        match command {
            LegCommand::Answer => self.let_hear(index, caller::Input::Answered),
            LegCommand::Hear(source) => self.hear(index, source),
            LegCommand::HangUp(cause) => self.let_hear(index, caller::Input::Ended(cause)),
        }
    }

    fn let_hear(&mut self, index: u32, input: caller::Input) {
        if let Some(call) = &self.parts[index as usize].call {
            self.queue.push_back(Envelope::Ear(call.leg, input));
        }
    }

    fn hear(&mut self, index: u32, source: Source) {
        self.stop_listening(index);
        let playing = match source {
            Source::Prompt { playback, prompt, language } => {
                Some((playback, self.now + self.library.duration(prompt, language)))
            }
            Source::Silence | Source::HoldMusic { .. } | Source::Conference => None,
        };
        let Some(call) = &mut self.parts[index as usize].call else {
            return;
        };
        call.hearing = source;
        call.playing = playing;
        let (leg, meeting) = (call.leg, call.meeting);
        self.tell(Entry::Event(Event::Call(CallEvent::Hears { leg, source })));
        if source == Source::Conference
            && let Some(meeting) = meeting
        {
            self.queue.push_back(Envelope::Listens(meeting, leg, true));
        }
        self.let_hear(index, caller::Input::Hears(source));
    }

    fn stop_listening(&mut self, index: u32) {
        if let Some(call) = &self.parts[index as usize].call
            && call.hearing == Source::Conference
            && let Some(meeting) = call.meeting
        {
            self.queue.push_back(Envelope::Listens(meeting, call.leg, false));
        }
    }
}
