//! What goes on beside the log while a case is played over SIP: media threads hear of meetings, and captures of the steps that
//! callers are at.

use std::sync::Arc;

use crate::control::caller::StepId;
use crate::control::time::Instant;
use crate::leg::capture::Notes;
use crate::leg::log::{Entry, Reader, Sink as _};
use crate::leg::rtp::MeetingSink;
use crate::scenario::story::Story;

/// Tells others what is read. That a caller is a part of a cast the media threads are not told: this one speaks with a
/// telephone.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) mixes: MeetingSink,
    pub(super) notes: Notes,
    pub(super) story: Arc<Story>,
}

/// Takes note of what each caller begins with.
pub(super) fn begin(story: &Story, notes: &Notes) {
    for (part, role) in (0..).zip(&story.cast.roles) {
        if let Some((step, _)) = role.program.ops.first() {
            notes.doing(part, at(story, part, *step));
        }
    }
}

/// A caller and a step, in words: `pat: hears: hold_music`. Of keys only that some are pressed.
fn at(story: &Story, part: u32, step: StepId) -> Arc<str> {
    let role = story.cast.roles.get(part as usize).map_or("", |role| role.name.as_str());
    let text = story.steps.get(step.0 as usize).map_or("", |step| step.text.as_str());
    let text = if text.starts_with("press") { "press" } else { text };
    format!("{role}: {text}").into()
}

impl Told {
    /// A caller has done a step, and is at the one behind it.
    fn note(&self, part: u32, done: StepId) {
        let ops =
            self.story.cast.roles.get(part as usize).map_or(&[][..], |role| role.program.ops.as_slice());
        let behind = ops.iter().rposition(|(step, _)| *step == done).and_then(|place| ops.get(place + 1));
        let what = match behind {
            Some((step, _)) => at(&self.story, part, *step),
            None => {
                let name = self.story.cast.roles.get(part as usize).map_or("", |role| role.name.as_str());
                format!("{name}: after the last step").into()
            }
        };
        self.notes.doing(part, what);
    }
}

impl Reader for Told {
    fn read(&mut self, at: Instant, entry: &Entry) {
        match entry {
            Entry::Event(event) => self.mixes.take(at, Entry::Event(*event)),
            Entry::Step { part, done } => self.note(*part, done.step),
            Entry::Dials { .. } | Entry::Failed { .. } | Entry::Signal { .. } => {}
            Entry::LineFault { .. } | Entry::Act { .. } | Entry::Finished { .. } => {}
        }
    }
}
