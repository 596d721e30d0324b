//! Starts, completes and fails each step.

use std::time::Duration;

use super::{
    ActId, Caller, Claim, Doing, Expectation, FailureCause, KeyPart, LanguageChoice, Lateness, Line, Op,
    Output, SignalId, Sound, StepDone, StepFailure, StepId, Thread, Timing,
};
use crate::control::call::{Digits, Source};
use crate::control::time::Instant;

/// What is expected may come at its deadline: so much later it is late.
const LATE: Duration = Duration::from_millis(1);

impl Caller {
    pub(super) fn op(&self, index: usize) -> (StepId, Op) {
        let at = self.threads[index].at as usize;
        self.program.ops.get(at).cloned().expect("a stretch that has not ended stands at an operation")
    }

    /// Returns whether the stretch stands at keys to press or at something to say: those wait until the call is answered.
    pub(super) fn needs_answer(&self, index: usize) -> bool {
        matches!(self.op(index).1, Op::Press { .. } | Op::Say(..))
    }

    /// Returns whether the step after this one is something that the caller does.
    fn acts_next(&self, index: usize) -> bool {
        let Thread { at, end, .. } = self.threads[index];
        at + 1 < end && self.program.ops.get(at as usize + 1).is_some_and(|(_, op)| op.is_action())
    }

    /// Begins the step at which the stretch stands.
    pub(super) fn begin(&mut self, index: usize, now: Instant) {
        // What a caller does, they do now; what they wait for, from when the step before was over.
        let (_, op) = self.op(index);
        self.threads[index].began = if op.is_action() { now } else { self.threads[index].resumes.min(now) };
        let began = self.threads[index].began;
        match op {
            Op::Dial(target) => match self.line {
                Line::Idle | Line::Ended => {
                    self.line = Line::Calling;
                    self.refusal_heard = false;
                    self.language = LanguageChoice::of_call(target);
                    self.outputs.push(Output::Dial(target));
                    self.done(index, now, None);
                }
                Line::Calling | Line::Up => self.fail(index, FailureCause::AlreadyOnCall),
            },
            Op::Press { .. } => {
                self.threads[index].doing = Doing::Pressing { part: 0, spelled: Digits::default() };
                if self.keys_free > now {
                    self.set_timer(index, self.keys_free);
                } else {
                    self.press(index, now);
                }
            }
            Op::Say(speech, duration) => {
                if self.line != Line::Up {
                    return self.fail(index, FailureCause::NoCall);
                }
                self.says = Some(speech);
                self.outputs.push(Output::Say(Some(speech)));
                self.threads[index].doing = Doing::Waiting;
                self.set_timer(index, now + duration);
            }
            Op::Expect(..) => {
                self.threads[index].doing = Doing::Expecting;
                self.look(index, now);
            }
            Op::Still(..) => {
                self.threads[index].doing = Doing::Judging;
                self.set_timer(index, after(began) + self.lateness().wait);
            }
            Op::Never(_, window) => {
                self.threads[index].doing = Doing::Guarding;
                self.set_timer(index, began + window);
                self.look(index, now);
            }
            Op::When(_) => {
                self.threads[index].doing = Doing::Listening;
                self.look(index, now);
            }
            Op::Wait(duration) => {
                self.threads[index].doing = Doing::Waiting;
                self.set_timer(index, began + duration);
            }
            Op::Mark(signal) => {
                if !self.given.contains(&signal) {
                    self.given.push(signal);
                    // What is marked before it is done is done now.
                    let at = if self.acts_next(index) { now } else { began };
                    self.outputs.push(Output::Signal(signal, at));
                }
                self.done(index, began, None);
            }
            Op::HangUp => {
                self.leave(now, Output::HangUp);
                self.done(index, now, None);
            }
            Op::Drop => {
                self.leave(now, Output::Drop);
                if self.lateness().vanishing.is_zero() {
                    self.done(index, now, None);
                } else {
                    self.threads[index].doing = Doing::Waiting;
                    self.set_timer(index, now + self.lateness().vanishing);
                }
            }
            Op::Act(act) => {
                self.outputs.push(Output::Act(act));
                self.done(index, now, None);
            }
            Op::ActOn(act) => {
                self.threads[index].doing = Doing::Acting;
                self.outputs.push(Output::Act(act));
            }
            Op::Fork { branches, .. } => self.fork(index, now, &branches),
        }
    }

    fn leave(&mut self, now: Instant, how: Output) {
        if matches!(self.line, Line::Calling | Line::Up) {
            self.hang_up(now, how);
        }
    }

    fn fork(&mut self, index: usize, now: Instant, branches: &[(u32, u32)]) {
        let count = u8::try_from(branches.len()).expect("a fork has at most BRANCHES_MAX branches");
        self.threads[index].doing = Doing::Joining { branches: count };
        let floor = self.threads[index].floor;
        for &(at, end) in branches {
            let parent = Some(u8::try_from(index).expect("a script has at most BRANCHES_MAX stretches"));
            let branch = Thread { at, end, parent, began: now, resumes: now, floor, doing: Doing::Next };
            match self.threads.iter().position(|thread| matches!(thread.doing, Doing::Over)) {
                Some(free) => self.threads[free] = branch,
                None => self.threads.push(branch),
            }
        }
    }

    /// Looks whether what a waiting stretch waits for has come about.
    pub(super) fn look(&mut self, index: usize, now: Instant) {
        match (self.op(index).1, &self.threads[index].doing) {
            (Op::Expect(expected, timing), Doing::Expecting) => self.look_for(index, now, expected, timing),
            // What ends in the moment in which it has held long enough has held.
            (Op::Expect(expected, _), &Doing::Holding { since })
                if self.met_since(expected) != Some(since) && self.is_waited_for(index, self.changed) =>
            {
                self.fail(index, FailureCause::Broken { since });
            }
            (Op::Still(sound, _), &Doing::Holding { since })
                if self.met_since(Expectation::Hears(sound)) != Some(since)
                    && self.is_waited_for(index, self.changed) =>
            {
                self.fail(index, FailureCause::Broken { since });
            }
            (Op::Never(expected, window), Doing::Guarding) => self.guard(index, now, expected, window),
            (Op::When(signal), Doing::Listening) => {
                if let Some(given) = self.heard_of(signal) {
                    let moment = self.moment(index, now, given);
                    self.done(index, moment, Some((given, None)));
                }
            }
            _ => {}
        }
    }

    /// Looks whether what must not happen has. What was on when the step began may be over: that too is known late.
    fn guard(&mut self, index: usize, now: Instant, expected: Expectation, window: Duration) {
        let began = self.threads[index].began;
        match self.since(expected) {
            Some(since) if since < began && now < began + self.lateness().wait => {}
            Some(since) if since <= began + window => self.fail(index, FailureCause::Forbidden),
            Some(_) | None if now > began + window => self.guarded(index, now, expected, window),
            Some(_) | None => {}
        }
    }

    fn guarded(&mut self, index: usize, now: Instant, expected: Expectation, window: Duration) {
        let until = if self.lateness().wait.is_zero() { now } else { self.threads[index].began + window };
        self.doubt(index, until, Claim::NeverCame(expected));
        self.done(index, until, None);
    }

    /// The moment at which a stretch could go on because of what happened then: now, unless that is known late.
    fn moment(&self, index: usize, now: Instant, happened: Instant) -> Instant {
        if self.lateness().wait.is_zero() { now } else { happened.max(self.threads[index].began) }
    }

    /// Returns whether the stretch still had to hold what it holds at this moment.
    fn is_waited_for(&self, index: usize, at: Instant) -> bool {
        self.timers.due(name(index)).is_none_or(|until| until > at + self.lateness().slack)
    }

    /// Judges what was to be on at a moment that is over now.
    pub(super) fn judge_before(&mut self, now: Instant) {
        for index in 0..self.threads.len() {
            let thread = &self.threads[index];
            let over = thread.began + self.lateness().wait;
            if !self.failed && matches!(thread.doing, Doing::Judging) && over < now {
                self.judge(index, now);
            }
        }
    }

    /// Everything of the moment has happened: is it on?
    fn judge(&mut self, index: usize, now: Instant) {
        let Op::Still(sound, hold) = self.op(index).1 else { return };
        let began = self.threads[index].began;
        let Some(since) = self.on_at(sound, began) else {
            return self.fail(index, FailureCause::NotOn);
        };
        match hold.map(|hold| began + hold) {
            Some(until) if until > now => {
                self.threads[index].doing = Doing::Holding { since };
                self.set_timer(index, until);
            }
            // It is over, and may have broken off.
            Some(until) if !self.lateness().wait.is_zero() => {
                let expected = Expectation::Hears(sound);
                if self.broke_off(expected, since..until) {
                    return self.fail(index, FailureCause::Broken { since });
                }
                self.doubt(index, until, Claim::Lasted { since, expected });
                self.done(index, until, Some((since, None)));
            }
            Some(_) | None => self.done(index, now - self.lateness().wait, Some((since, None))),
        }
    }

    /// Since when this was heard at that moment, if it was: what came after it may be known by now.
    fn on_at(&self, sound: Sound, moment: Instant) -> Option<Instant> {
        if let Some((voice, kind)) = sound.voice() {
            return self.voices().on_at(voice, kind, moment + self.lateness().slack);
        }
        if let Some(late) = &self.late
            && self.heard_since > moment + self.lateness().slack
        {
            let (before, since) = late.heard_before;
            return (self.line == Line::Up && sound.is_source(before)).then_some(since);
        }
        self.met_since(Expectation::Hears(sound))
    }

    fn look_for(&mut self, index: usize, now: Instant, expected: Expectation, timing: Timing) {
        let thread = &self.threads[index];
        let counted_from = match timing.of {
            None => thread.began,
            Some(signal) => match self.heard_of(signal) {
                Some(given) => given,
                None => return,
            },
        };
        let deadline = counted_from + timing.within;
        let floor = self.floor(index, expected);
        let Lateness { wait, slack, alike, again, .. } = *self.lateness();
        match self.met_since(expected).filter(|since| *since + slack >= floor) {
            Some(since) if self.is_too_early(index, (since, counted_from), expected, timing) => {
                // That it was over then, or began again, may still come to light.
                let known = after(counted_from) + wait + again;
                if wait.is_zero() || known <= now {
                    self.fail(index, FailureCause::TooEarly { since });
                } else {
                    self.set_timer(index, known);
                }
            }
            Some(since) if since > deadline => self.fail(index, FailureCause::TooLate { deadline }),
            Some(since) => match timing.hold {
                None => {
                    let moment = self.moment(index, now, since.max(counted_from));
                    self.done(index, moment, Some((since, Some((deadline, counted_from)))));
                }
                Some(hold) => {
                    // From the moment at which it was met.
                    let from = since.max(self.threads[index].began).max(counted_from);
                    self.threads[index].doing = Doing::Holding { since };
                    self.set_timer(index, from + hold);
                }
            },
            None if deadline + wait + alike < now => self.fail(index, FailureCause::TooLate { deadline }),
            None => self.set_timer(index, after(deadline) + wait + alike),
        }
    }

    /// What meets a stretch must not have begun before.
    fn floor(&self, index: usize, expected: Expectation) -> Instant {
        match expected {
            Expectation::Hears(_) => self.threads[index].floor,
            Expectation::State(_) => Instant::ZERO,
        }
    }

    /// Returns whether what a stretch could be met by has held since before the signal from which it counts.
    fn is_too_early(
        &self,
        index: usize,
        (since, counted_from): (Instant, Instant),
        expected: Expectation,
        timing: Timing,
    ) -> bool {
        let known = since + self.lateness().slack;
        timing.of.is_some() && (self.floor(index, expected)..counted_from).contains(&known)
    }

    /// Since when this holds, if it does.
    pub(super) fn since(&self, expected: Expectation) -> Option<Instant> {
        match expected {
            Expectation::State(state) => self.states[state as usize],
            Expectation::Hears(sound) if !self.may_hear(sound) => None,
            Expectation::Hears(Sound::Silence) if !self.voices().is_quiet() => None,
            Expectation::Hears(sound) => match (sound.voice(), self.hearing()) {
                (Some((voice, kind)), _) => self.voices().since(voice, kind),
                (None, (_, Some(announced), since)) => sound.is_announced(announced).then_some(since),
                (None, (source, None, since)) => sound.is_source(source).then_some(since),
            },
        }
    }

    /// Before the answer there is sound only where a bridge sends some.
    fn may_hear(&self, sound: Sound) -> bool {
        match self.line {
            Line::Up => true,
            Line::Calling => sound != Sound::Silence,
            Line::Idle | Line::Ended => false,
        }
    }

    /// The same, if a private prompt is also in the language that the caller chose before it began.
    fn met_since(&self, expected: Expectation) -> Option<Instant> {
        let since = self.since(expected)?;
        match (expected, self.hearing()) {
            (Expectation::Hears(Sound::Prompt(_)), (Source::Prompt { language, .. }, None, _)) => {
                let chosen = self.language.applies_to(since);
                chosen.is_none_or(|(chosen, _)| chosen == language).then_some(since)
            }
            (Expectation::Hears(_) | Expectation::State(_), _) => Some(since),
        }
    }

    fn heard_of(&self, signal: SignalId) -> Option<Instant> {
        self.signals.iter().find(|(given, _)| *given == signal).map(|(_, at)| *at)
    }

    /// The timer of a stretch is due.
    pub(super) fn thread_due(&mut self, index: usize, now: Instant) {
        let (_, op) = self.op(index);
        match (op, self.threads[index].doing.clone()) {
            (Op::Expect(expected, timing), Doing::Expecting) => {
                let counted_from = timing.of.and_then(|signal| self.heard_of(signal));
                let counted_from = counted_from.unwrap_or(self.threads[index].began);
                let deadline = counted_from + timing.within;
                let Lateness { wait, alike, .. } = *self.lateness();
                match self.met_since(expected) {
                    Some(since) if self.is_too_early(index, (since, counted_from), expected, timing) => {
                        self.fail(index, FailureCause::TooEarly { since });
                    }
                    Some(_) | None if now <= deadline + wait + alike => {
                        self.set_timer(index, after(deadline) + wait + alike);
                    }
                    Some(since) => self.fail(index, FailureCause::NotRestarted { since, deadline }),
                    None => self.fail(index, FailureCause::TooLate { deadline }),
                }
            }
            (Op::Expect(expected, timing), Doing::Holding { since }) => {
                let counted_from = timing.of.and_then(|signal| self.heard_of(signal));
                let counted_from = counted_from.unwrap_or(self.threads[index].began);
                let deadline = counted_from + timing.within;
                self.doubt(index, now, Claim::Lasted { since, expected });
                self.done(index, now, Some((since, Some((deadline, counted_from)))));
            }
            (Op::Still(..), Doing::Judging) => self.judge(index, now),
            (Op::Still(sound, _), Doing::Holding { since }) => {
                let expected = Expectation::Hears(sound);
                self.doubt(index, now, Claim::Lasted { since, expected });
                self.done(index, now, Some((since, None)));
            }
            (Op::Never(expected, window), Doing::Guarding) => {
                let began = self.threads[index].began;
                match self.since(expected) {
                    Some(since) if since < began && now < began + self.lateness().wait => {
                        self.set_timer(index, began + self.lateness().wait);
                    }
                    Some(since) if since < began => self.fail(index, FailureCause::Forbidden),
                    Some(_) | None => self.guarded(index, now, expected, window),
                }
            }
            (Op::Say(..), Doing::Waiting) => {
                self.done(index, now, None);
                self.fall_silent();
            }
            (_, Doing::Guarding | Doing::Waiting) => self.done(index, now, None),
            (_, Doing::Pressing { .. }) => self.press(index, now),
            (_, Doing::Next | Doing::Expecting | Doing::Judging | Doing::Holding { .. })
            | (_, Doing::Acting | Doing::Listening | Doing::Joining { .. } | Doing::Over) => {}
        }
    }

    /// Says nothing any more, unless another stretch of the script does.
    fn fall_silent(&mut self) {
        let says =
            |index: usize| matches!(self.threads[index].doing, Doing::Waiting) && self.needs_answer(index);
        if !(0..self.threads.len()).any(says) && self.says.take().is_some() {
            self.outputs.push(Output::Say(None));
        }
    }

    /// Presses what comes next, or ends the step when nothing does.
    fn press(&mut self, index: usize, now: Instant) {
        let Op::Press { keys, gap, hold } = self.op(index).1 else {
            return;
        };
        let Doing::Pressing { mut part, mut spelled } = self.threads[index].doing else {
            return;
        };
        let key = match spelled.pop_front() {
            Some(key) => key,
            None => match keys.get(usize::from(part)) {
                None => return self.done(index, now, None),
                Some(&KeyPart::Key(key)) => {
                    part += 1;
                    key
                }
                Some(&KeyPart::Pause(pause)) => {
                    self.threads[index].doing = Doing::Pressing { part: part + 1, spelled };
                    return self.set_timer(index, now + pause);
                }
                Some(&KeyPart::Named(named)) => {
                    self.threads[index].doing = Doing::Pressing { part: part + 1, spelled };
                    return self.outputs.push(Output::Spell(named));
                }
            },
        };
        if self.line != Line::Up {
            return self.fail(index, FailureCause::NoCall);
        }
        self.language.key(now, key, &self.program.languages);
        self.outputs.push(Output::Key { digit: key, hold });
        self.keys_free = now + hold + gap;
        let last = spelled.is_empty() && usize::from(part) == keys.len();
        self.threads[index].doing = Doing::Pressing { part, spelled };
        self.set_timer(index, if last { now + hold } else { self.keys_free });
    }

    /// The digits that a press had asked for.
    pub(super) fn spelled(&mut self, now: Instant, digits: Option<Digits>) {
        let asking = (0..self.threads.len()).find(|&index| {
            matches!(self.threads[index].doing, Doing::Pressing { .. })
                && self.timers.due(name(index)).is_none()
        });
        let Some(index) = asking else { return };
        match (digits, &mut self.threads[index].doing) {
            (Some(digits), Doing::Pressing { spelled, .. }) => {
                *spelled = digits;
                self.press(index, now);
            }
            (None, _) => self.fail(index, FailureCause::Unknown),
            (Some(_), _) => {}
        }
    }

    /// The administrator's act on a caller was possible, or not.
    pub(super) fn acted(&mut self, now: Instant, act: ActId, done: bool) {
        let acting = (0..self.threads.len()).find(|&index| {
            matches!(self.threads[index].doing, Doing::Acting) && self.op(index).1 == Op::ActOn(act)
        });
        match acting {
            Some(index) if done => self.done(index, now, None),
            Some(index) => self.fail(index, FailureCause::NotThere),
            None => {}
        }
    }

    /// The step is done, so that the next begins now: with what it waited for, since when, and its deadline.
    pub(super) fn done(
        &mut self,
        index: usize,
        now: Instant,
        met: Option<(Instant, Option<(Instant, Instant)>)>,
    ) {
        let (step, op) = self.op(index);
        self.timers.clear(name(index));
        let thread = &mut self.threads[index];
        let (at, deadline) = met.unwrap_or((now, None));
        self.outputs.push(Output::Done(Box::new(StepDone { step, began: thread.began, at, deadline })));
        // What met an expectation may meet the next, and a state is told by what is heard: that may still be asked
        // for. Waits pass over nothing, so that no verdict depends on whether one is split in two.
        thread.floor = match op {
            Op::Wait(_) | Op::Mark(_) | Op::Act(_) | Op::ActOn(_) => thread.floor,
            Op::Expect(..) | Op::Still(..) if at >= thread.floor => at.min(thread.began),
            Op::Expect(..) | Op::Still(..) | Op::Dial(_) | Op::Press { .. } | Op::Say(..) => thread.began,
            Op::Never(..) | Op::When(_) => thread.began,
            Op::HangUp | Op::Drop | Op::Fork { .. } => thread.began,
        };
        thread.at = match op {
            Op::Fork { resume, .. } => resume,
            Op::Dial(_) | Op::Press { .. } | Op::Expect(..) | Op::Still(..) | Op::Never(..) => thread.at + 1,
            Op::When(_) | Op::Wait(_) | Op::Mark(_) | Op::Say(..) | Op::HangUp | Op::Drop => thread.at + 1,
            Op::Act(_) | Op::ActOn(_) => thread.at + 1,
        };
        thread.resumes = now;
        thread.doing = Doing::Next;
    }

    /// The stretch has come to its end.
    pub(super) fn stretch_over(&mut self, index: usize) {
        self.threads[index].doing = Doing::Over;
        match self.threads[index].parent {
            None => self.outputs.push(Output::Finished),
            Some(parent) => {
                if let Doing::Joining { branches } = &mut self.threads[usize::from(parent)].doing {
                    *branches -= 1;
                }
            }
        }
    }

    fn fail(&mut self, index: usize, why: FailureCause) {
        let (step, _) = self.op(index);
        self.fail_step(step, self.threads[index].began, why);
    }

    pub(super) fn fail_step(&mut self, step: StepId, began: Instant, why: FailureCause) {
        let (heard, announced, heard_since) = self.hearing();
        let chosen = self.language.applies_to(heard_since);
        let voice = self.voices().heard().next();
        let failure =
            StepFailure { step, began, why, heard, announced, heard_since, voice, line: self.line, chosen };
        if self.says.take().is_some() {
            self.outputs.push(Output::Say(None));
        }
        self.outputs.push(Output::Failed(Box::new(failure)));
        self.failed = true;
        self.timers.clear_all();
    }

    /// Returns the steps at which this caller waits now, each with the last moment at which what it waits for is in time, or at
    /// which the wait is over; `None` where only an event ends it.
    pub fn waits(&self) -> impl Iterator<Item = (StepId, Option<Instant>)> + '_ {
        let stretches = (0..).zip(&self.threads);
        let waiting =
            stretches.filter(|(_, thread)| !matches!(thread.doing, Doing::Over | Doing::Joining { .. }));
        waiting.filter_map(|(index, thread)| {
            let (step, _) = self.program.ops.get(thread.at as usize)?;
            let due = self.timers.due(name(index));
            let is_late = matches!(thread.doing, Doing::Expecting);
            Some((*step, if is_late { due.map(|at| at - LATE) } else { due }))
        })
    }

    fn set_timer(&mut self, index: usize, at: Instant) {
        self.timers.set(name(index), at);
    }
}

fn name(index: usize) -> u8 {
    u8::try_from(index).expect("a script has at most BRANCHES_MAX stretches")
}

/// The first moment at which `deadline` is past: whatever happens at the deadline itself is in time.
fn after(deadline: Instant) -> Instant {
    deadline + LATE
}
