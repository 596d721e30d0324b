//! What is made of the calls of the last hour: scenarios, and why a caller waits.

use tokio::task::spawn_blocking;

use super::app::App;
use super::live::recent::Together;
use super::live::recorded::{UnwrittenError, World, recorded};
use crate::control::call::LegId;
use crate::control::event::MeetingId;
use crate::report::why::{Grounds, Reason, why_of_call};
use crate::store::StoreError;
use crate::suite::session::Scenario;

/// What is to be written as a scenario.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wanted {
    /// A call, with all others of its meeting.
    Call(LegId),
    /// A meeting, as it is now or was last.
    Meeting(MeetingId),
}

/// Why there is no scenario.
#[derive(Debug)]
pub(super) enum RecordedError {
    Unwritten(UnwrittenError),
    Store(StoreError),
}

impl From<StoreError> for RecordedError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl App {
    /// Writes calls of the last hour as a scenario, and replays it.
    pub(super) async fn scenario(&self, wanted: Wanted) -> Result<String, RecordedError> {
        let together = self.together(wanted).ok_or(RecordedError::Unwritten(UnwrittenError::NotKept))?;
        let world = self.bridge.world(together.meeting).await?;
        let dropped = together.dropped;
        let recorded = recorded(together, &world).map_err(RecordedError::Unwritten)?;
        // Replaying takes a while of one core, and no caller waits for that.
        let written = spawn_blocking(move || recorded.scenario()).await;
        let written = written.map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(text(&written, dropped))
    }

    /// Returns why the bridge treated a call of the last hour as it did; nothing if it is not kept.
    pub(super) async fn why(&self, leg: LegId) -> Result<Option<Vec<Reason>>, StoreError> {
        let Some(together) = self.together(Wanted::Call(leg)) else { return Ok(None) };
        let World { policy, meeting, .. } = self.bridge.world(together.meeting).await?;
        let (called, terms) = meeting.unwrap_or_default();
        let organizer = |meeting| {
            if Some(meeting) == together.meeting { called.clone() } else { self.bridge.meeting_name(meeting) }
        };
        let starts = terms.as_ref().map(|terms| terms.anonymous_start);
        let anonymous_start = |meeting| starts.filter(|_| Some(meeting) == together.meeting);
        let grounds = Grounds { policy: &policy, organizer: &organizer, anonymous_start: &anonymous_start };
        Ok(Some(why_of_call(grounds, leg, together.events.iter().copied())))
    }

    fn together(&self, wanted: Wanted) -> Option<Together> {
        let recent = self.bridge.events.recent();
        match wanted {
            Wanted::Call(leg) => recent.with_call(leg),
            Wanted::Meeting(meeting) => recent.of_meeting(meeting),
        }
    }
}

/// The scenario with what became of its replay, in comments.
fn text(written: &Scenario, dropped: usize) -> String {
    let mut text = match &written.parts {
        None => "# Replayed: it passes.\n".to_owned(),
        Some(parts) => format!("# Replayed: it fails. {}\n", parts.replace('\n', " ")),
    };
    if dropped > 0 {
        text += &format!("# Calls of this meeting that ended too long ago to be in it: {dropped}.\n");
    }
    text + &written.text
}
