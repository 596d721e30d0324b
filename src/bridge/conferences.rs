//! Every conference that one thread carries, by its meeting.

use std::sync::Arc;

use super::envelope::Effect;
use crate::control::conference::{Conference, Due, Input};
use crate::control::event::MeetingId;
use crate::control::meeting::{self, Epoch, Meeting};
use crate::control::time::Instant;
use crate::media::library::Library;

/// A conference, and the deadline for which it stands in the heap.
#[derive(Debug)]
struct Row {
    conference: Conference,
    armed: Instant,
}

/// The conferences in which somebody is.
///
/// After [`Conferences::handle_input`] and [`Conferences::handle_timeout`], call [`Conferences::drain`] for that one, and
/// then [`Conferences::arm`].
#[derive(Debug)]
pub struct Conferences {
    rows: Vec<Option<Box<Row>>>,
    /// How many were opened.
    opened: u64,
    library: Arc<Library>,
}

impl Conferences {
    /// No conferences yet.
    #[must_use]
    pub fn new(library: Arc<Library>) -> Self {
        Self { rows: Vec::new(), opened: 0, library }
    }

    /// Plays these sounds from now on.
    pub fn set_library(&mut self, library: Arc<Library>) {
        self.library = library;
    }

    /// Returns the meeting of this number, if anybody is in it.
    #[must_use]
    pub fn get(&self, id: MeetingId) -> Option<&Meeting> {
        self.rows.get(id.0 as usize)?.as_ref().map(|row| row.conference.meeting())
    }

    /// Returns whether nobody is in any.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.iter().all(Option::is_none)
    }

    /// Hands something to a conference. A caller who arrives opens it; anything else for one that is not open is dropped.
    pub fn handle_input(&mut self, now: Instant, id: MeetingId, input: Input) {
        let index = id.0 as usize;
        if self.rows.len() <= index {
            self.rows.resize_with(index + 1, || None);
        }
        if let (None, Input::Meeting(meeting::Input::Arrive { terms, .. })) = (&self.rows[index], &input) {
            let conference = Conference::new(id, Epoch(self.opened), terms.clone());
            self.opened += 1;
            self.rows[index] = Some(Box::new(Row { conference, armed: Instant::NEVER }));
        }
        if let Some(row) = &mut self.rows[index] {
            row.conference.handle_input(now, input);
        }
    }

    /// Handles one thing that is due for a conference, and tells what it was.
    pub fn handle_timeout(&mut self, now: Instant, id: MeetingId) -> Due {
        self.row(id).map_or(Due::Nothing, |row| row.conference.handle_timeout(now))
    }

    /// Gives every output of a conference to `put`, in order. An empty one is removed; the next
    /// caller opens it again, with a new machine.
    pub fn drain(&mut self, now: Instant, id: MeetingId, mut put: impl FnMut(Effect)) {
        let Self { rows, library, .. } = self;
        let Some(place) = rows.get_mut(id.0 as usize) else { return };
        let Some(row) = place else { return };
        let lasts = |prompt, language| library.duration(prompt, language);
        while let Some(output) = row.conference.poll_output(now, lasts) {
            put(Effect::of(id, output));
        }
        drop(place.take_if(|row| row.conference.meeting().is_idle()));
    }

    /// Returns the moment at which a conference is to be woken, if it does not stand in the heap for that or an earlier one
    /// yet; from now on it does.
    pub fn arm(&mut self, id: MeetingId) -> Option<Instant> {
        let row = self.row(id)?;
        let due = row.conference.poll_timeout().filter(|due| *due < row.armed)?;
        row.armed = due;
        Some(due)
    }

    /// A deadline came out of the heap: whether the conference stood there for it. It is to be armed again.
    pub fn disarm(&mut self, id: MeetingId, at: Instant) -> bool {
        let Some(row) = self.row(id).filter(|row| row.armed == at) else { return false };
        row.armed = Instant::NEVER;
        true
    }

    /// Returns when [`Conferences::handle_timeout`] is due.
    #[must_use]
    pub fn poll_timeout(&self, id: MeetingId) -> Option<Instant> {
        self.rows.get(id.0 as usize)?.as_ref()?.conference.poll_timeout()
    }

    fn row(&mut self, id: MeetingId) -> Option<&mut Row> {
        self.rows.get_mut(id.0 as usize)?.as_deref_mut()
    }
}
