//! Puts casts on stage, and tells their scripts what they wait for.

use std::sync::Arc;

use super::{Carried, Line, Page, Part, Shard, Uplink};
use crate::control::caller::{self, Caller, SignalId};
use crate::control::directory::Coordinates;
use crate::control::policy::OrganizerId;
use crate::control::time::Instant;
use crate::leg::cast::Cast;
use crate::leg::log::{Entry, Sink};

/// A cast that plays, with its place among the parts and users.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) cast: Arc<Cast>,
    pub(super) first_part: u32,
    /// As the directory numbers them.
    pub(super) first_organizer: OrganizerId,
    first_page: u32,
    signals: Vec<u32>,
    unfinished: u32,
}

/// Where the parts and organizers of one stage are found.
#[derive(Clone, Copy, Debug)]
pub struct Stand {
    /// The stage's number.
    pub stage: u32,
    /// Its first part: the others follow in the order of the cast.
    pub first_part: u32,
    /// Its first organizer, as the directory numbers them.
    pub first_organizer: OrganizerId,
    /// Its first organizer, as [`Shard::show_pin`] counts them.
    pub first_page: u32,
}

impl<S: Sink> Shard<S> {
    /// Puts a cast on stage: its callers before their telephones, who know these coordinates of their organizers,
    /// which the directory numbers from `first_organizer`. They begin with the next [`Shard::begin`].
    pub fn stage(&mut self, cast: &Arc<Cast>, first_organizer: OrganizerId, shown: &[Coordinates]) {
        let number = |index: usize| u32::try_from(index).expect("fewer than four billion on stage");
        let (stage, first_part) = (number(self.stages.len()), number(self.parts.len()));
        let first_page = number(self.pages.len());
        self.pages.extend(shown.iter().map(Page::new));
        for (role, played) in (0..).zip(&cast.roles) {
            let part = first_part + role;
            self.parts.push(Part {
                caller: Caller::new(Arc::clone(&played.program)),
                stage,
                role,
                armed: Instant::NEVER,
                leg: None,
                call: None,
                line: Line::new(self.seed, part, &played.faults),
                uplink: Uplink::new(played.key_path, &played.faults.sound, self.seed, part),
            });
        }
        self.unfinished += number(cast.roles.len());
        self.stages.push(Stage {
            cast: Arc::clone(cast),
            first_part,
            first_organizer,
            first_page,
            signals: vec![0; cast.signals.len()],
            unfinished: number(cast.roles.len()),
        });
    }

    /// Tells the next part that has not begun to begin; false if all have. One after the other, so that few values are
    /// on their way at once.
    pub fn begin(&mut self) -> bool {
        let waits = self.waits_to_begin();
        if waits {
            // A device has no script.
            if !self.parts[self.next_to_begin as usize].line.is_device {
                self.queue.push_back(Carried::Caller(self.next_to_begin, caller::Input::Go));
            }
            self.next_to_begin += 1;
        }
        waits
    }

    /// Whether a part has not been told to begin.
    #[must_use]
    pub fn waits_to_begin(&self) -> bool {
        (self.next_to_begin as usize) < self.parts.len()
    }

    /// Scripts that have not ended.
    #[must_use]
    pub fn unfinished(&self) -> u32 {
        self.unfinished
    }

    /// Where a part stands.
    #[must_use]
    pub fn stand(&self, part: u32) -> Stand {
        let number = self.parts[part as usize].stage;
        let stage = &self.stages[number as usize];
        Stand {
            stage: number,
            first_part: stage.first_part,
            first_organizer: stage.first_organizer,
            first_page: stage.first_page,
        }
    }

    pub(super) fn stage_of_part(&self, part: u32) -> &Stage {
        &self.stages[self.parts[part as usize].stage as usize]
    }

    pub(super) fn spell(&self, part: u32, named: caller::Named) -> Option<crate::control::call::Digits> {
        let first = self.stage_of_part(part).first_page as usize;
        super::book::spell(self.pages.get(first..)?, named)
    }

    /// A signal was given by one of those who must give it; once all have, its listeners are told.
    pub(super) fn give(&mut self, stage_index: u32, signal: SignalId) {
        let stage = &mut self.stages[stage_index as usize];
        let place = usize::from(signal.0);
        stage.signals[place] += 1;
        if stage.signals[place] != stage.cast.signals[place].needs {
            return;
        }
        let cast = Arc::clone(&stage.cast);
        let first = stage.first_part;
        self.tell(Entry::Signal { stage: stage_index, signal });
        for listener in &cast.signals[place].listeners {
            self.queue.push_back(Carried::Caller(first + listener, caller::Input::Signal(signal)));
        }
    }

    /// Once all scripts of a stage have ended, everybody still on the line hangs up.
    pub(super) fn script_over(&mut self, index: u32) {
        let stage = &mut self.stages[self.parts[index as usize].stage as usize];
        stage.unfinished -= 1;
        self.unfinished -= 1;
        if stage.unfinished == 0 {
            let cast = u32::try_from(stage.cast.roles.len()).expect("a story has a limited cast");
            for part in stage.first_part..stage.first_part + cast {
                self.queue.push_back(Carried::Caller(part, caller::Input::Leave));
            }
        }
    }
}
