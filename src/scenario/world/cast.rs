//! Puts stories on stage.

use std::fmt;
use std::sync::Arc;

use rand::Rng as _;

use super::{Book, Caller, Instant, Line, Part, Sink, Stage, Story, Uplink, World};
use crate::control::call::Digits;
use crate::control::directory::NewOrganizer;

/// A story's organizer could not be put into the directory: the conference ID is taken, or is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoPlace {
    /// The organizer's name in the story.
    pub organizer: String,
}

impl fmt::Display for NoPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the conference ID of {} is taken, or is no row of up to 12 digits", self.organizer)
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
        let stage_index = u32::try_from(self.stages.len()).expect("fewer than four billion stages");
        let first_part = u32::try_from(self.parts.len()).expect("fewer than four billion parts");
        let first_organizer = u32::try_from(self.book.len()).expect("fewer than four billion users");
        let first_number = u32::try_from(self.numbers.len()).expect("fewer than four billion numbers");
        self.numbers.extend(story.given.numbers.iter().map(|(_, number)| Arc::new(number.clone())));
        for organizer in &story.given.organizers {
            let no_place = || NoPlace { organizer: organizer.name.clone() };
            let conference_id = match &organizer.conference_id {
                Some(symbols) => Some(Digits::from_symbols(symbols).ok_or_else(no_place)?),
                None => None,
            };
            let number = story.given.numbers.get(organizer.number);
            let new = NewOrganizer {
                conference_id,
                pin: organizer.pin,
                allow_anonymous_start: organizer.allow_anonymous_start,
                language: number.map(|(_, number)| number.primary).unwrap_or_default(),
                phone: organizer.phone.clone(),
            };
            let given = self.directory.add(new, &mut || self.entropy.next_u64()).map_err(|_| no_place())?;
            self.book.push(Book::new(given));
            if !organizer.enabled {
                self.directory.disable(given.organizer);
            }
        }
        while self.directory.poll_record().is_some() {}
        self.troubled.push(vec![0; story.directory_faults.len()]);
        for (role, cast) in (0..).zip(&story.roles) {
            let part = first_part + role;
            self.parts.push(Part {
                caller: Caller::new(Arc::clone(&cast.program)),
                stage: stage_index,
                role,
                armed: Instant::NEVER,
                leg: None,
                call: None,
                line: Line::new(self.seed, part, &cast.faults),
                uplink: Uplink::new(cast.key_path, &cast.faults.sound, self.seed, part),
            });
        }
        self.stages.push(Stage {
            story: Arc::clone(story),
            first_part,
            first_organizer,
            first_number,
            signals: vec![0; story.signals.len()],
            unfinished: u32::try_from(story.roles.len()).expect("a story has a limited cast"),
        });
        Ok(())
    }
}
