//! The calls of the bridge now: who is where, and what the callers are called.

use std::collections::BTreeMap;

use crate::control::call::LegId;
use crate::control::event::{CallEvent, Event, MeetingEvent};
use crate::control::presence::Presence;
use crate::control::time::Instant;
use crate::leg::log::Entry;
use crate::leg::scripted::StageRef;

/// All of it.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) presence: Presence,
    /// The names of callers, or their numbers, while their calls are up.
    names: BTreeMap<LegId, String>,
    /// The names of the casts that play, by their tags.
    casts: BTreeMap<u32, Vec<String>>,
    /// The stage of the parts from each number on.
    stages: BTreeMap<u32, u32>,
}

impl Snapshot {
    /// A cast of this tag will play.
    pub(crate) fn expect(&mut self, tag: u32, names: Vec<String>) {
        self.casts.insert(tag, names);
    }

    /// Callers of all casts that play or will.
    pub(crate) fn expected(&self) -> usize {
        self.casts.values().map(Vec::len).sum()
    }

    /// A cast came on stage.
    pub(crate) fn on_stage(&mut self, stage: StageRef) {
        self.stages.insert(stage.first_part, stage.tag);
    }

    /// Nothing is left of it.
    pub(crate) fn gone(&mut self, stage: StageRef) {
        self.stages.remove(&stage.first_part);
        self.casts.remove(&stage.tag);
    }

    /// Returns the name of a simulated caller, or the name and number of a telephone.
    pub(crate) fn own_name(&self, leg: LegId) -> Option<String> {
        self.names.get(&leg).cloned()
    }

    /// A call comes from a telephone of this number, under this name.
    pub(crate) fn calls_from(&mut self, leg: LegId, number: Option<&str>, name: Option<&str>) {
        let shown = match (name, number) {
            (Some(name), Some(number)) => Some(format!("{name} ({number})")),
            (known, None) | (None, known) => known.map(str::to_owned),
        };
        self.names.extend(shown.map(|shown| (leg, shown)));
    }

    /// Returns the name of a caller: a simulated one's own, a telephone's name and number, any other's by the number of the
    /// call.
    pub(crate) fn name(&self, leg: LegId) -> String {
        self.own_name(leg).unwrap_or_else(|| format!("#{}", leg.number()))
    }

    /// Takes in an entry of the stream. The sizes of it follow the calls that are up.
    pub(crate) fn take(&mut self, at: Instant, entry: &Entry) {
        match entry {
            Entry::Event(event) => {
                self.presence.take(at, *event);
                if let Event::Call(CallEvent::Finished { leg, .. })
                | Event::Meeting(MeetingEvent::Left { leg, .. }) = event
                    && self.presence.caller(*leg).is_none()
                {
                    self.names.remove(leg);
                }
            }
            Entry::Dials { part, leg } => {
                let stage = self.stages.range(..=part).next_back();
                let name = stage.and_then(|(first, tag)| self.casts.get(tag)?.get((part - first) as usize));
                self.names.extend(name.map(|name| (*leg, name.clone())));
            }
            Entry::Step { .. }
            | Entry::Failed { .. }
            | Entry::Signal { .. }
            | Entry::LineFault { .. }
            | Entry::Act { .. }
            | Entry::Finished { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::call::HangupCause;
    use crate::control::event::Outcome;
    use crate::control::policy::OrganizerId;

    #[test]
    fn simulated_callers_have_their_names_while_they_call() {
        let mut snapshot = Snapshot::default();
        snapshot.expect(7, vec!["pat".into(), "amos".into()]);
        assert_eq!(snapshot.expected(), 2);
        let stage = StageRef { stage: 0, first_part: 4, first_organizer: OrganizerId(0), tag: 7 };
        snapshot.on_stage(stage);
        let (pat, amos) = (LegId::new(11), LegId::new(12));
        for (part, leg) in [(4, pat), (5, amos)] {
            snapshot.take(Instant::ZERO, &Entry::Dials { part, leg });
            snapshot.take(Instant::ZERO, &Entry::Event(CallEvent::Called { leg }.into()));
        }
        assert_eq!([pat, amos].map(|leg| snapshot.name(leg)), ["pat", "amos"]);
        let over = CallEvent::Finished { leg: pat, outcome: Outcome::Abandoned, cause: HangupCause::Caller };
        snapshot.take(Instant::ZERO, &Entry::Event(over.into()));
        assert_eq!(snapshot.name(pat), "#11");
        snapshot.gone(stage);
        assert_eq!((snapshot.expected(), snapshot.names.len()), (0, 1));
    }
}
