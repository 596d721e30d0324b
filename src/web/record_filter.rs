//! Which records somebody wants to see.

use crate::report::records::RecordLine;

/// The word for meetings among the outcomes of calls.
pub(super) const MEETINGS: &str = "meetings";

/// Which records are wanted; all if nothing is said.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct RecordFilter {
    /// A part of the organizer's name, in any case.
    pub(super) organizer: String,
    /// The outcome of calls, or [`MEETINGS`].
    pub(super) outcome: String,
}

impl RecordFilter {
    pub(super) fn lets_through(&self, record: &RecordLine) -> bool {
        let (organizer, outcome) = match record {
            RecordLine::Call(call) => (call.organizer.as_deref().unwrap_or_default(), call.outcome.as_str()),
            RecordLine::Meeting(meeting) => (meeting.organizer.as_str(), MEETINGS),
        };
        let is_of = organizer.to_lowercase().contains(&self.organizer.to_lowercase());
        // `refused` stands for every refusal.
        let word = outcome.split('(').next().unwrap_or_default();
        is_of && (self.outcome.is_empty() || self.outcome == outcome || self.outcome == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_found_by_organizer_and_outcome() {
        let call = r#"{"record":"call","call":3,"organizer":"Amos@example.com","called_at":"","id_tries":0,"pin_tries":0,"pin_right":false,"waited_ms":0,"music_starts":0,"attended_ms":0,"ended_at":"","outcome":"refused(full)","ended_by":"bridge"}"#;
        let record: RecordLine = serde_json::from_str(call).unwrap();
        for (organizer, outcome, found) in [
            ("", "", true),
            ("amos", "refused", true),
            ("EXAMPLE", "refused(full)", true),
            ("kim", "", false),
            ("", "refused(locked)", false),
            ("", MEETINGS, false),
        ] {
            let filter = RecordFilter { organizer: organizer.to_owned(), outcome: outcome.to_owned() };
            assert_eq!(filter.lets_through(&record), found, "{organizer} {outcome}");
        }
    }
}
