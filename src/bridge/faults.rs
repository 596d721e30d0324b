//! Faults between the machines and the directory, as a story asks for them.

use std::time::Duration;

use crate::control::query::{DirectoryQuery, Reply};
use crate::control::time::Instant;

/// A fault of questions to the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryFault {
    /// The kind of questions; `None` for all.
    pub question: Option<QuestionKind>,
    /// How many of them; `None` for all.
    pub times: Option<u32>,
    /// The fault.
    pub what: Fault,
}

/// A kind of question to the directory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum QuestionKind {
    /// Finds the meeting of a conference ID.
    FindMeeting,
    /// Whether a PIN is right.
    CheckPin,
}

/// The way in which the directory misbehaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// It answers so much later; what it answers is what is true then.
    Late(Duration),
    /// It answers that it cannot answer.
    Fails,
    /// It never answers.
    Silent,
}

/// What becomes of a question on its way to the directory; the driver carries it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Passage {
    /// The directory is asked at once.
    Asked,
    /// The directory is asked then, and says what is true then.
    AskedAt(Instant),
    /// The directory is not asked: this is the answer.
    Answered(Reply),
    /// The directory is not asked, and nobody answers.
    Lost,
}

impl QuestionKind {
    /// Returns the kind of a question; nothing for one that only a fault of all questions meets.
    fn of(query: &DirectoryQuery) -> Option<Self> {
        match query {
            DirectoryQuery::FindMeeting { .. } => Some(Self::FindMeeting),
            DirectoryQuery::CheckPin { .. } => Some(Self::CheckPin),
            DirectoryQuery::Terms { .. } => None,
        }
    }
}

/// Faults, with how many questions each has hit, and single questions that are answered later still.
#[derive(Clone, Debug, Default)]
pub struct FaultPlan {
    faults: Vec<(DirectoryFault, u32)>,
    late: Vec<(u32, Duration)>,
    asked: u32,
}

impl FaultPlan {
    /// These faults, none of which has hit anything; `late` are questions, counted from 1, with their delays.
    #[must_use]
    pub fn new(faults: &[DirectoryFault], late: &[(u32, Duration)]) -> Self {
        Self {
            faults: faults.iter().map(|fault| (fault.clone(), 0)).collect(),
            late: late.to_vec(),
            asked: 0,
        }
    }

    /// Questions that were asked.
    #[must_use]
    pub fn asked(&self) -> u32 {
        self.asked
    }

    /// Decides what becomes of the next question, which is put now: the first fault that fits it and is not used up hits it.
    pub fn pass(&mut self, now: Instant, query: &DirectoryQuery) -> Passage {
        match self.next(query) {
            None => Passage::Asked,
            Some(Fault::Late(by)) => Passage::AskedAt((now + by).ceil_to_millis()),
            Some(Fault::Fails) => Passage::Answered(query.unavailable()),
            Some(Fault::Silent) => Passage::Lost,
        }
    }

    fn next(&mut self, query: &DirectoryQuery) -> Option<Fault> {
        self.asked = self.asked.saturating_add(1);
        let kind = QuestionKind::of(query);
        let late = self.late.iter().find(|(number, _)| *number == self.asked).map(|(_, by)| *by);
        let met = self.faults.iter_mut().find(|(fault, met)| {
            fault.question.is_none_or(|question| Some(question) == kind)
                && fault.times.is_none_or(|times| *met < times)
        });
        let Some((fault, met)) = met else { return late.map(Fault::Late) };
        *met = met.saturating_add(1);
        Some(match (fault.what, late) {
            (Fault::Late(by), Some(later)) => Fault::Late(by.saturating_add(later)),
            (what, _) => what,
        })
    }
}
