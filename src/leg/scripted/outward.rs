//! Lines of scripted callers whose calls leave this program: what the script does goes out as an action, and what is heard
//! comes back as a report, late and dated.

use std::time::Duration;

use super::{BridgeSide, Entry, Envelope, LegId, Scripts, Sink};
use crate::bridge::protocol::OutwardAction;
use crate::control::call::{Digit, HangupCause, Speech};
use crate::control::caller::{self, Lateness, Target};
use crate::control::event::CallEvent;
use crate::leg::cast::NO_NUMBER;
use crate::leg::log::LineFault;

/// How callers hear whose calls leave this program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hearing {
    /// How late they learn what they hear.
    pub lateness: Lateness,
}

/// The line of such a caller.
#[derive(Debug, Default)]
pub(super) struct OutwardLine {
    /// Calls so far; the last one's number.
    calls: u32,
    /// The last call is not over, as far as the script knows.
    is_up: bool,
    /// The last call as the bridge of this lane numbers it, if it came in here.
    leg: Option<LegId>,
}

impl OutwardLine {
    pub(super) const fn is_up(&self) -> bool {
        self.is_up
    }
}

/// How long a key is down that bounces before it is down for good.
const BOUNCED: Duration = Duration::from_millis(40);

/// What stands before the number of a part in the name that its calls give.
const LABEL: &str = "part ";

/// The name that the calls of a part give where they come in at the bridge of the same program: it is known by it.
#[must_use]
pub fn label(part: u32) -> String {
    format!("{LABEL}{part}")
}

impl<S: Sink> Scripts<S> {
    pub(super) fn dial_outward(&mut self, bridge: &mut BridgeSide, index: u32, target: Target) {
        self.call_begins(bridge.now(), index);
        self.outward_calls += 1;
        let part = &mut self.parts[index as usize];
        let role = &self.stages[part.stage as usize].cast.roles[part.role as usize];
        let from = role.from.clone();
        let Some(line) = &mut part.outward else { return };
        line.calls += 1;
        line.is_up = true;
        line.leg = None;
        let number = match target {
            Target::Number(number) => Some(number).filter(|number| *number != NO_NUMBER),
            // Who plays the cast has seen to it that no signed-in client is in it.
            Target::App { .. } => None,
        };
        let dial = OutwardAction::Dial { call: line.calls, number, from };
        bridge.carry(Envelope::Outward(index, dial));
    }

    pub(super) fn press_outward(
        &mut self,
        bridge: &mut BridgeSide,
        index: u32,
        digit: Digit,
        hold: Duration,
        doubled: bool,
    ) {
        if doubled {
            self.fault(bridge, index, LineFault::KeyDoubled);
            bridge.carry(Envelope::Outward(index, OutwardAction::Press(digit, BOUNCED)));
        }
        bridge.carry(Envelope::Outward(index, OutwardAction::Press(digit, hold)));
    }

    pub(super) fn say_outward(&mut self, bridge: &mut BridgeSide, index: u32, speech: Option<Speech>) {
        let Some(line) = &self.parts[index as usize].outward else { return };
        if line.is_up {
            if let Some(leg) = line.leg {
                self.sink.take(bridge.now(), Entry::Event(CallEvent::Says { leg, speech }.into()));
            }
            bridge.carry(Envelope::Outward(index, OutwardAction::Say(speech)));
        }
    }

    pub(super) fn leave_outward(&mut self, bridge: &mut BridgeSide, index: u32, cause: HangupCause) {
        let Some(line) = &mut self.parts[index as usize].outward else { return };
        if std::mem::take(&mut line.is_up) {
            let action =
                if cause == HangupCause::Lost { OutwardAction::Vanish } else { OutwardAction::HangUp };
            bridge.carry(Envelope::Outward(index, action));
        }
    }

    /// A part is told something of a call that left this program; nothing of one that it has left. The end of each call is
    /// told, also of those.
    pub(in crate::leg) fn tell_outward(
        &mut self,
        bridge: &mut BridgeSide,
        index: u32,
        call: u32,
        input: caller::Input,
    ) {
        let Some(line) = self.parts.get_mut(index as usize).and_then(|part| part.outward.as_mut()) else {
            return;
        };
        let is_heard = line.is_up && line.calls == call;
        if matches!(input, caller::Input::Ended(_)) {
            line.is_up &= !is_heard;
            self.outward_calls -= 1;
            if is_heard && let Some(line) = &mut self.parts[index as usize].line {
                line.is_off();
            }
            self.count_off(index);
        }
        if is_heard {
            self.note_voice(index, input);
            bridge.carry(Envelope::Caller(index, input));
        }
    }

    /// The bridge of this lane cannot tell whom a telephone hears: its ear does.
    fn note_voice(&mut self, index: u32, input: caller::Input) {
        let caller::Input::HasHeardVoice(voice, speech, since) = input else { return };
        let part = &self.parts[index as usize];
        let first = self.stages[part.stage as usize].first_part;
        let (leg, by) = (self.leg_of(index), self.leg_of(first + voice));
        if let (Some(leg), Some(by)) = (leg, by) {
            self.sink.take(since, Entry::Event(CallEvent::HearsVoice { leg, by, speech }.into()));
        }
    }

    /// A call came in under this name: returns the part that it is of, if it left this program before.
    pub(in crate::leg) fn came_back(&mut self, leg: LegId, name: Option<&str>) -> Option<u32> {
        let part: u32 = name?.strip_prefix(LABEL)?.parse().ok()?;
        let line = self.parts.get_mut(part as usize)?.outward.as_mut()?;
        line.leg = Some(leg);
        Some(part)
    }

    /// The last call of a part, which may be over.
    pub(in crate::leg) fn leg_of(&self, part: u32) -> Option<LegId> {
        let part = self.parts.get(part as usize)?;
        part.link.call().or_else(|| part.outward.as_ref()?.leg)
    }
}
