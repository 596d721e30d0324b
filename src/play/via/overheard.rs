//! What callers do and hear on calls to a bridge that tells nothing itself, as the entries of a log.

use std::collections::BTreeMap;

use crate::bridge::protocol::OutwardAction;
use crate::control::call::{Digits, HangupCause, LegId};
use crate::control::caller::Input;
use crate::control::conclusions::{Conclusion, Conclusions};
use crate::control::directory::Coordinates;
use crate::control::event::{CallEvent, Event, MeetingId};
use crate::control::time::Instant;
use crate::leg::log::{Entry, Log, Sink as _};
use crate::leg::outward::{Placed, Told};

/// The log of a run as its callers tell it.
///
/// Calls are numbered in the order in which they are placed. What becomes of one is [concluded](Conclusions) from what its
/// caller does and hears.
#[derive(Debug, Default)]
pub(super) struct Overheard {
    /// Conference IDs of the organizers, in their order.
    numbers: Vec<Digits>,
    pin_tries: u8,
    calls: BTreeMap<(u32, u32), Call>,
    /// The last call of each part.
    last: BTreeMap<u32, u32>,
    entries: Vec<(Instant, Entry)>,
}

#[derive(Debug)]
struct Call {
    leg: LegId,
    concluded: Conclusions,
    is_over: bool,
}

impl Overheard {
    /// Nobody has called yet who may give so many wrong PINs.
    pub(super) fn new(organizers: &[Coordinates], pin_tries: u8) -> Self {
        let numbers = organizers.iter().map(|organizer| organizer.conference_id).collect();
        Self { numbers, pin_tries, ..Self::default() }
    }

    /// A script does something.
    pub(super) fn placed(&mut self, now: Instant, Placed { part, action, .. }: &Placed) {
        match action {
            OutwardAction::Dial { call, .. } => {
                let leg = LegId::new(self.calls.len() as u64 + 1);
                let concluded = Conclusions::new(leg, self.pin_tries);
                self.calls.insert((*part, *call), Call { leg, concluded, is_over: false });
                self.last.insert(*part, *call);
                self.entries.push((now, Entry::Dials { part: *part, leg }));
                self.conclude(now, (*part, *call));
            }
            OutwardAction::Press(digit, _) => {
                self.change_last(now, *part, |call| call.concluded.pressed(*digit));
            }
            OutwardAction::Say(speech) => {
                if let Some(leg) = self.leg_of(*part) {
                    self.event(now, CallEvent::Says { leg, speech: *speech });
                }
            }
            OutwardAction::HangUp => self.change_last(now, *part, |call| call.ends(HangupCause::Caller)),
            OutwardAction::Vanish => self.change_last(now, *part, |call| call.ends(HangupCause::Lost)),
        }
    }

    /// A script is told something of a call.
    pub(super) fn told(&mut self, now: Instant, Told { part, call, input }: &Told) {
        let key = (*part, *call);
        let Self { numbers, calls, .. } = self;
        let Some(known) = calls.get_mut(&key).filter(|known| !known.is_over) else { return };
        let leg = known.leg;
        match input {
            Input::Answered => known.concluded.answered(),
            Input::HasHeard(source, since) => {
                known.concluded.heard(*source, |digits| meeting_of(numbers, digits));
                return self.conclude(*since, key);
            }
            Input::HasHeardVoice(voice, speech, since) => {
                if let Some(by) = self.leg_of(*voice) {
                    self.event(*since, CallEvent::HearsVoice { leg, by, speech: *speech });
                }
            }
            Input::Ended(cause) => known.ends(*cause),
            Input::Go | Input::Hears(_) | Input::Announced(_) | Input::Voice(..) | Input::Spelled(_) => {}
            Input::Signal(..) | Input::Acted { .. } | Input::Leave | Input::GiveUp => {}
        }
        self.conclude(now, key);
    }

    /// Returns the log of the run: these entries, and those of the scripts.
    pub(super) fn with_steps(self, steps: Log) -> Log {
        let mut entries = self.entries;
        entries.extend(steps.entries);
        entries.sort_by_key(|(at, _)| *at);
        let mut log = Log::default();
        entries.into_iter().for_each(|(at, entry)| log.take(at, entry));
        log.end_with_failure();
        log
    }

    fn change_last(&mut self, now: Instant, part: u32, change: impl FnOnce(&mut Call)) {
        let Some(key) = self.last.get(&part).map(|call| (part, *call)) else { return };
        if let Some(call) = self.calls.get_mut(&key).filter(|call| !call.is_over) {
            change(call);
            self.conclude(now, key);
        }
    }

    /// The last call of a part, if it is not over.
    fn leg_of(&self, part: u32) -> Option<LegId> {
        let call = self.calls.get(&(part, *self.last.get(&part)?))?;
        (!call.is_over).then_some(call.leg)
    }

    /// Writes down what was concluded of a call, as of this moment.
    fn conclude(&mut self, at: Instant, key: (u32, u32)) {
        let Some(call) = self.calls.get_mut(&key) else { return };
        while let Some(conclusion) = call.concluded.poll_output() {
            match conclusion {
                Conclusion::Event(event) => self.entries.push((at, Entry::Event(event))),
                Conclusion::RightPin(..) => {}
            }
        }
    }

    fn event(&mut self, at: Instant, event: CallEvent) {
        self.entries.push((at, Entry::Event(Event::Call(event))));
    }
}

impl Call {
    fn ends(&mut self, cause: HangupCause) {
        self.is_over = true;
        self.concluded.ended(cause);
        self.concluded.left();
    }
}

/// The meeting that has this conference ID: that of its organizer, or of somebody who is not in the story.
fn meeting_of(numbers: &[Digits], digits: Digits) -> MeetingId {
    let place = numbers.iter().position(|known| *known == digits).unwrap_or(numbers.len());
    MeetingId(u32::try_from(place).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::call::{Language, PlaybackId, Prompt, Source};
    use crate::control::event::{Outcome, Refusal};

    const DIAL: OutwardAction = OutwardAction::Dial { call: 1, number: None, from: None };

    fn at(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    /// The outcome of a call that hears these and ends so.
    fn outcome(heard: &[Source], cause: HangupCause) -> Outcome {
        let mut overheard = Overheard::default();
        overheard.placed(at(0), &Placed { part: 3, at: at(0), action: DIAL });
        for (number, source) in (1..).zip(heard) {
            let input = Input::HasHeard(*source, at(number));
            overheard.told(at(100 + number), &Told { part: 3, call: 1, input });
        }
        overheard.told(at(900), &Told { part: 3, call: 1, input: Input::Ended(cause) });
        let log = overheard.with_steps(Log::default());
        let (_, Entry::Event(Event::Call(CallEvent::Finished { outcome, .. }))) = log.entries.last().unwrap()
        else {
            panic!("{log:?}")
        };
        *outcome
    }

    fn prompt(prompt: Prompt) -> Source {
        Source::Prompt { playback: PlaybackId(0), prompt, language: Language::EnUs }
    }

    #[test]
    fn an_outcome_is_what_its_caller_can_tell() {
        let music = Source::HoldMusic { begun: at(1) };
        let (joining, full, removed) =
            (prompt(Prompt::Joining), prompt(Prompt::MeetingFull), prompt(Prompt::Removed));
        for (heard, cause, expected) in [
            (&[][..], HangupCause::Caller, Outcome::Abandoned),
            (&[music], HangupCause::Caller, Outcome::LobbyHangup),
            (&[music, joining], HangupCause::Caller, Outcome::Joined),
            (&[music, joining], HangupCause::Bridge, Outcome::Ended),
            (&[joining, removed], HangupCause::Bridge, Outcome::Removed),
            (&[full], HangupCause::Bridge, Outcome::Refused(Refusal::Full)),
            (&[music], HangupCause::Bridge, Outcome::Failed(HangupCause::Bridge)),
            (&[], HangupCause::UnknownNumber, Outcome::Refused(Refusal::UnknownNumber)),
        ] {
            assert_eq!(outcome(heard, cause), expected, "{heard:?} {cause:?}");
        }
    }

    #[test]
    fn what_is_heard_stands_where_it_began_and_an_end_is_told_once() {
        let mut overheard = Overheard::default();
        overheard.placed(at(0), &Placed { part: 0, at: at(0), action: DIAL });
        let key = OutwardAction::Press(crate::control::call::Digit::STAR, std::time::Duration::ZERO);
        overheard.placed(at(500), &Placed { part: 0, at: at(500), action: key.clone() });
        let input = Input::HasHeard(prompt(Prompt::Welcome), at(200));
        overheard.told(at(600), &Told { part: 0, call: 1, input });
        overheard.placed(at(700), &Placed { part: 0, at: at(700), action: OutwardAction::HangUp });
        overheard.placed(at(710), &Placed { part: 0, at: at(710), action: key });
        let input = Input::Ended(HangupCause::Caller);
        overheard.told(at(800), &Told { part: 0, call: 1, input });
        let log = overheard.with_steps(Log::default());
        let told: Vec<(u64, &str)> = log
            .entries
            .iter()
            .map(|(at, entry)| match entry {
                Entry::Event(event) => (at.millis(), event.name()),
                Entry::Dials { .. } => (at.millis(), "dials"),
                Entry::Step { .. } | Entry::Failed { .. } | Entry::Signal { .. } => unreachable!(),
                Entry::LineFault { .. } | Entry::Act { .. } | Entry::Finished { .. } => unreachable!(),
            })
            .collect();
        assert_eq!(told, [(0, "dials"), (0, "called"), (200, "hears"), (500, "key"), (700, "finished")]);
    }
}
