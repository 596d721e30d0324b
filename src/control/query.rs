//! Questions to the directory, each answered once.

use super::attendant::{self, MeetingKey, QuestionId};
use super::call::LegId;
use super::directory::StoryDirectory;
use super::event::MeetingId;
use super::meeting::{self, CheckId, PinVerdict, TermsId, Unavailable};
use super::pin::{PinEntry, Secret};
use super::policy::OrganizerId;
use super::time::Instant;

/// A question to the directory.
#[derive(Clone, Copy, Debug)]
pub enum DirectoryQuery {
    /// Finds a meeting.
    FindMeeting {
        /// The call that asks.
        leg: LegId,
        /// The question.
        question: QuestionId,
        /// The key of the meeting.
        key: MeetingKey,
    },
    /// Asks for the current terms of a meeting.
    Terms {
        /// The meeting that asks.
        meeting: MeetingId,
        /// The question.
        question: TermsId,
        /// The call it is about.
        leg: LegId,
        /// The organizer of the meeting.
        organizer: OrganizerId,
    },
    /// Whether a PIN or a passcode is right.
    CheckPin {
        /// The meeting that asks.
        meeting: MeetingId,
        /// The question.
        check: CheckId,
        /// The call it is about.
        leg: LegId,
        /// The organizer whose PIN it must be.
        organizer: OrganizerId,
        /// What it may be.
        secret: Secret,
        /// The keyed digits.
        entry: PinEntry,
    },
}

/// An answer of the directory, addressed to the machine that asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reply {
    /// To the attendant of a call.
    Attendant(LegId, attendant::Input),
    /// To a meeting.
    Meeting(MeetingId, meeting::Input),
}

impl DirectoryQuery {
    /// Returns the call that asks, or for which a meeting asks.
    #[must_use]
    pub fn leg(&self) -> LegId {
        match self {
            Self::FindMeeting { leg, .. } | Self::Terms { leg, .. } | Self::CheckPin { leg, .. } => *leg,
        }
    }

    /// Returns the answer of a directory that cannot answer.
    #[must_use]
    pub fn unavailable(self) -> Reply {
        match self {
            Self::FindMeeting { leg, question, .. } => {
                let result = Err(Unavailable);
                Reply::Attendant(leg, attendant::Input::MeetingFound { question, result })
            }
            Self::Terms { meeting, question, leg, .. } => {
                let result = Err(Unavailable);
                Reply::Meeting(meeting, meeting::Input::TermsFound { question, leg, result })
            }
            Self::CheckPin { meeting, check, leg, .. } => {
                let result = Err(Unavailable);
                Reply::Meeting(meeting, meeting::Input::PinChecked { check, leg, result })
            }
        }
    }

    /// Answers by what the directory holds now. A right PIN brings the terms with it: the meeting that it starts is held
    /// to what is true then. A directory that has answered once and does not again takes no right away.
    pub fn answer(self, now: Instant, directory: &mut dyn StoryDirectory, mut reply: impl FnMut(Reply)) {
        match self {
            Self::FindMeeting { leg, question, key } => {
                let result = directory.find(key);
                reply(Reply::Attendant(leg, attendant::Input::MeetingFound { question, result }));
            }
            Self::Terms { meeting, question, leg, organizer } => {
                let result = directory.terms(organizer);
                reply(Reply::Meeting(meeting, meeting::Input::TermsFound { question, leg, result }));
            }
            Self::CheckPin { meeting, check, leg, organizer, secret, entry } => {
                let result = directory.check_pin(now, organizer, (leg, check), secret, &entry);
                if result == Ok(PinVerdict::Right)
                    && let Ok(terms) = directory.terms(organizer)
                {
                    reply(Reply::Meeting(meeting, meeting::Input::NewTerms { terms }));
                }
                reply(Reply::Meeting(meeting, meeting::Input::PinChecked { check, leg, result }));
            }
        }
    }
}
