//! Puts stories on stage.

use std::fmt;
use std::sync::Arc;

use rand::Rng as _;

use super::{FaultPlan, Sink, Stage, Story, World};
use crate::control::directory::Coordinates;
use crate::control::policy::OrganizerId;
use crate::control::time::Instant;
use crate::leg::scripted::{Accounts, CastRequest, put};

/// A story's organizer could not be put into the directory: the conference ID is taken, or is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoPlace {
    /// The organizer's name in the story.
    pub organizer: String,
}

impl fmt::Display for NoPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the conference ID of {} is taken, or is not 1 to 12 digits", self.organizer)
    }
}

impl std::error::Error for NoPlace {}

impl<S: Sink> World<S> {
    /// Puts a story on stage: its users into the directory, its callers before their telephones. Everybody begins
    /// when the world runs next. Settings are the world's, not the story's.
    ///
    /// # Errors
    /// A conference ID is taken.
    pub fn stage(&mut self, story: &Arc<Story>) -> Result<(), NoPlace> {
        self.stage_later(story, [].into(), 0)
    }

    /// Puts a story on stage as [`World::stage`] does; each of its cast begins at its own moment, and its stage has
    /// this tag.
    ///
    /// # Errors
    /// A conference ID is taken.
    pub fn stage_later(
        &mut self,
        story: &Arc<Story>,
        begins: Box<[Instant]>,
        tag: u32,
    ) -> Result<(), NoPlace> {
        let mut shown: Vec<Coordinates> = Vec::new();
        for organizer in &story.given.organizers {
            let no_place = || NoPlace { organizer: organizer.name.clone() };
            let new = organizer.entry(&story.given).ok_or_else(no_place)?;
            let given = self.directory.add(&new, &mut || self.entropy.next_u64()).map_err(|_| no_place())?;
            shown.push(given);
        }
        while self.directory.poll_record().is_some() {}
        let first = shown.first().map_or(OrganizerId(0), |coordinates| coordinates.organizer);
        let accounts = Arc::new(Accounts { first, shown });
        let number = self.shard.stage(&CastRequest {
            cast: Arc::clone(&story.cast),
            accounts,
            begins,
            tag,
            outward: None,
        });
        let faults = FaultPlan::new(&story.directory_faults, &story.late_questions);
        put(&mut self.stages, number as usize, Stage { story: Arc::clone(story), faults });
        Ok(())
    }
}
