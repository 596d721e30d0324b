//! What callers do and hear on calls to a bridge that tells nothing itself, as the entries of a log.

use std::collections::BTreeMap;

use crate::bridge::protocol::OutwardAction;
use crate::control::call::{HangupCause, LegId, Prompt, Source};
use crate::control::caller::Input;
use crate::control::event::{CallEvent, Event, Outcome, Refusal};
use crate::control::time::Instant;
use crate::leg::log::{Entry, Log, Sink as _};
use crate::leg::outward::{Placed, Told};

/// The log of a run as its callers tell it.
///
/// Calls are numbered in the order in which they are placed. What becomes of one is as far as its caller can tell: who hears
/// music waits, who was told that they join have joined, and why the bridge hung up is what it said before.
#[derive(Debug, Default)]
pub(super) struct Overheard {
    calls: BTreeMap<(u32, u32), Call>,
    /// The last call of each part.
    last: BTreeMap<u32, u32>,
    entries: Vec<(Instant, Entry)>,
}

#[derive(Debug)]
struct Call {
    leg: LegId,
    place: Place,
    /// What the bridge said before it hung up, if that tells why.
    farewell: Option<Outcome>,
    is_over: bool,
}

/// Where a caller is, as far as they can tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    Before,
    Lobby,
    Joined,
}

impl Overheard {
    /// A script does something.
    pub(super) fn placed(&mut self, now: Instant, Placed { part, action, .. }: &Placed) {
        match action {
            OutwardAction::Dial { call, .. } => {
                let leg = LegId::new(self.calls.len() as u64 + 1);
                let placed = Call { leg, place: Place::Before, farewell: None, is_over: false };
                self.calls.insert((*part, *call), placed);
                self.last.insert(*part, *call);
                self.entries.push((now, Entry::Dials { part: *part, leg }));
                self.event(now, CallEvent::Called { leg });
            }
            OutwardAction::Press(..) => {
                if let Some((_, Call { leg, is_over: false, .. })) = self.last_of(*part) {
                    let leg = *leg;
                    self.event(now, CallEvent::Key { leg });
                }
            }
            OutwardAction::HangUp => self.left(now, *part, HangupCause::Caller),
            OutwardAction::Vanish => self.left(now, *part, HangupCause::Lost),
        }
    }

    /// A script is told something of a call.
    pub(super) fn told(&mut self, now: Instant, Told { part, call, input }: &Told) {
        let Some(known) = self.calls.get_mut(&(*part, *call)) else { return };
        let leg = known.leg;
        match input {
            Input::Answered => self.event(now, CallEvent::Answered { leg }),
            Input::HasHeard(source, since) if !known.is_over => {
                known.hears(*source);
                self.event(*since, CallEvent::Hears { leg, source: *source });
            }
            Input::Ended(cause) => self.over(now, (*part, *call), *cause),
            Input::HasHeard(..) | Input::Go | Input::Hears(_) | Input::Announced(_) | Input::Spelled(_) => {}
            Input::Signal(..) | Input::Acted { .. } | Input::Leave | Input::GiveUp => {}
        }
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

    fn last_of(&self, part: u32) -> Option<((u32, u32), &Call)> {
        let key = (part, *self.last.get(&part)?);
        Some((key, self.calls.get(&key)?))
    }

    fn left(&mut self, now: Instant, part: u32, cause: HangupCause) {
        if let Some((key, _)) = self.last_of(part) {
            self.over(now, key, cause);
        }
    }

    fn over(&mut self, now: Instant, key: (u32, u32), cause: HangupCause) {
        let Some(call) = self.calls.get_mut(&key).filter(|call| !call.is_over) else { return };
        call.is_over = true;
        let (leg, outcome) = (call.leg, call.outcome(cause));
        self.event(now, CallEvent::Finished { leg, outcome, cause });
    }

    fn event(&mut self, at: Instant, event: CallEvent) {
        self.entries.push((at, Entry::Event(Event::Call(event))));
    }
}

impl Call {
    #[expect(clippy::wildcard_enum_match_arm, reason = "only the prompts that tell a place or an end matter")]
    fn hears(&mut self, source: Source) {
        let prompt = match source {
            Source::HoldMusic { .. } => return self.place = Place::Lobby,
            Source::Conference => return self.place = Place::Joined,
            Source::Silence => return,
            Source::Prompt { prompt, .. } => prompt,
        };
        match prompt {
            Prompt::PinAccepted | Prompt::MeetingStarted | Prompt::Joining => self.place = Place::Joined,
            Prompt::HoldForOrganizer | Prompt::LobbyWait => self.place = Place::Lobby,
            Prompt::HoldTimeout => self.farewell = Some(Outcome::LobbyTimeout),
            Prompt::TooManyAttempts => self.farewell = Some(Outcome::Refused(Refusal::TooManyAttempts)),
            Prompt::MeetingFull => self.farewell = Some(Outcome::Refused(Refusal::Full)),
            Prompt::MeetingLocked => self.farewell = Some(Outcome::Refused(Refusal::Locked)),
            Prompt::LobbyDenied => self.farewell = Some(Outcome::Refused(Refusal::Denied)),
            Prompt::OrganizerHasLeft => self.farewell = Some(Outcome::OrganizerLeft),
            Prompt::Removed => self.farewell = Some(Outcome::Removed),
            _ => {}
        }
    }

    fn outcome(&self, cause: HangupCause) -> Outcome {
        let by_bridge = cause == HangupCause::Bridge;
        Outcome::of_failed(cause).unwrap_or(match (by_bridge, self.farewell, self.place) {
            (true, Some(farewell), _) => farewell,
            (true, None, Place::Joined) => Outcome::Ended,
            (true, None, Place::Lobby | Place::Before) => Outcome::Failed(cause),
            (false, _, Place::Joined) => Outcome::Joined,
            (false, _, Place::Lobby) => Outcome::LobbyHangup,
            (false, _, Place::Before) => Outcome::Abandoned,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::call::{Language, PlaybackId};

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
