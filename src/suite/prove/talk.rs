//! Bridges on which callers hear somebody whom they should not, or not somebody whom they should.

use std::collections::{BTreeMap, BTreeSet};

use crate::bridge::protocol::Report;
use crate::control::call::{LegId, Source, Utterance};
use crate::control::conference::Voice;
use crate::control::meeting::Notice;
use crate::play::world::{Envelope, Handling, Tamper};

use super::fault::{Fault, lose_if, notice};

pub(super) const FAULTS: &[Fault] = &[
    Fault::hand("nobody who talks is heard", "The mix of a meeting carries announcements only.", |carried| {
        lose_if(matches!(carried, Envelope::Report(_, Report::Voice(_))))
    }),
    Fault::memory("of two who talk one is heard", "The mix carries one talker at a time.", |_| {
        Tamper::new(one_at_a_time())
    }),
    Fault::memory("callers hear themselves", "The mix of a caller has the caller's own voice in it.", |_| {
        Tamper::new(echoes())
    }),
    Fault::memory("a muted caller is heard", "Who is muted stays in the mix.", |_| {
        Tamper::new(mute_does_nothing())
    }),
    Fault::memory(
        "the lobby hears who talks",
        "Callers in the lobby hear those who talk in the meeting.",
        |_| Tamper::new(leaks(|from, to| !from && to)),
    ),
    Fault::memory("the meeting hears who waits", "Participants hear those who talk in the lobby.", |_| {
        Tamper::new(leaks(|from, to| from && !to))
    }),
    Fault::memory("who waits hears others who wait", "Callers in the lobby hear each other.", |_| {
        Tamper::new(leaks(|from, to| from && to))
    }),
];

/// What reports and notices tell of calls.
#[derive(Default)]
struct Known {
    waits: BTreeSet<LegId>,
    listens: BTreeSet<LegId>,
    says: BTreeMap<LegId, Utterance>,
}

impl Known {
    fn take(&mut self, carried: &mut Envelope) {
        match notice(carried) {
            Some((leg, Notice::Parked(_))) => self.waits.insert(leg),
            Some((leg, Notice::Admitted(_))) => self.waits.remove(&leg),
            Some(_) | None => false,
        };
        if let Envelope::Report(leg, Report::Hears(source)) = carried {
            if *source == Source::Conference {
                self.listens.insert(*leg)
            } else {
                self.listens.remove(leg)
            };
        }
        if let Envelope::Says(_, leg, says) = carried {
            match says {
                Some(says) => self.says.insert(*leg, *says),
                None => self.says.remove(leg),
            };
        }
    }
}

/// Tells a call of somebody's voice.
fn hears(leg: LegId, by: LegId, voice: u32, says: Option<Utterance>) -> Envelope {
    Envelope::Report(leg, Report::Voice(Voice { by, voice, speech: says.map(|says| says.speech) }))
}

/// Whoever talks where `leaks` says so is heard there: from the lobby or not, in the lobby or not.
fn leaks(leaks: fn(bool, bool) -> bool) -> impl FnMut(&mut Envelope) -> Handling {
    let (mut known, mut voices) = (Known::default(), BTreeMap::new());
    move |carried| {
        known.take(carried);
        let Envelope::Says(_, by, says) = carried else { return Handling::Carry };
        if let Some(says) = says {
            voices.insert(*by, says.voice);
        }
        let from = known.waits.contains(by);
        let others = known.waits.iter().chain(&known.listens).copied().collect::<BTreeSet<_>>();
        let heard = others.into_iter().filter(|to| to != by && leaks(from, known.waits.contains(to)));
        let voice = voices.get(by).copied().unwrap_or_default();
        Handling::With(heard.map(|to| hears(to, *by, voice, *says)).collect())
    }
}

/// Who hears somebody does not hear the next.
fn one_at_a_time() -> impl FnMut(&mut Envelope) -> Handling {
    let mut hears: BTreeMap<LegId, LegId> = BTreeMap::new();
    move |carried| {
        let Envelope::Report(leg, Report::Voice(Voice { by, speech, .. })) = carried else {
            return Handling::Carry;
        };
        if speech.is_some() {
            return lose_if(*hears.entry(*leg).or_insert(*by) != *by);
        }
        if hears.get(&*leg).copied() == Some(*by) {
            hears.remove(&*leg);
        }
        Handling::Carry
    }
}

/// Who talks in a meeting hears that too.
fn echoes() -> impl FnMut(&mut Envelope) -> Handling {
    let mut known = Known::default();
    move |carried| {
        known.take(carried);
        let Envelope::Says(_, leg, says) = carried else { return Handling::Carry };
        if !known.listens.contains(leg) {
            return Handling::Carry;
        }
        let voice = says.map_or(0, |says| says.voice);
        Handling::With(vec![hears(*leg, *leg, voice, *says)])
    }
}

/// Nobody is told that somebody is not heard any more who still talks.
fn mute_does_nothing() -> impl FnMut(&mut Envelope) -> Handling {
    let mut known = Known::default();
    move |carried| {
        known.take(carried);
        let Envelope::Report(leg, Report::Voice(Voice { by, speech: None, .. })) = carried else {
            return Handling::Carry;
        };
        lose_if(known.says.contains_key(by) && known.listens.contains(leg))
    }
}
