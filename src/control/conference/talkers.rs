//! Who talks in a meeting, and whom of them the mix carries.

use std::collections::BTreeMap;

use crate::control::call::{LegId, Speech, Utterance};
use crate::control::meeting::Meeting;

/// Those who say something, wherever they are, and those whom the mix carries: who has joined and is not muted.
#[derive(Debug, Default)]
pub(super) struct Talkers {
    says: BTreeMap<LegId, Utterance>,
    heard: BTreeMap<LegId, Utterance>,
}

/// What the mix carries of somebody from now on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Voice {
    /// Who it is.
    pub by: LegId,
    /// The voice.
    pub voice: u32,
    /// What is said; nothing, if it is over.
    pub speech: Option<Speech>,
}

impl Talkers {
    /// Somebody says this from now on, or nothing.
    pub(super) fn say(&mut self, leg: LegId, says: Option<Utterance>) {
        match says {
            Some(says) => self.says.insert(leg, says),
            None => self.says.remove(&leg),
        };
    }

    /// What the mix carries now.
    pub(super) fn heard(&self) -> impl Iterator<Item = Voice> + '_ {
        self.heard.iter().map(|(by, says)| Voice { by: *by, voice: says.voice, speech: Some(says.speech) })
    }

    /// Looks whom the mix carries; returns what has changed, in the order of the calls.
    pub(super) fn changes(&mut self, meeting: &Meeting) -> Vec<Voice> {
        if self.says.is_empty() && self.heard.is_empty() {
            return Vec::new();
        }
        let Self { says, heard } = self;
        says.retain(|leg, _| meeting.place(*leg).is_some());
        let mut changes = Vec::new();
        heard.retain(|by, was| {
            let now = says.get(by).filter(|_| meeting.is_heard(*by));
            if now.is_none() {
                changes.push(Voice { by: *by, voice: was.voice, speech: None });
            }
            now.is_some()
        });
        for (by, says) in says.iter().filter(|(by, _)| meeting.is_heard(**by)) {
            if heard.insert(*by, *says) != Some(*says) {
                changes.push(Voice { by: *by, voice: says.voice, speech: Some(says.speech) });
            }
        }
        changes
    }
}
