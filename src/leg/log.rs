//! The log of a run: the machines' event stream, interleaved with the steps of the scripts.

use crate::bridge::protocol::Calling;
use crate::control::attendant::DialogStep;
use crate::control::call::LegId;
use crate::control::caller::{SignalId, StepDone, StepFailure};
use crate::control::event::{Event, Record};
use crate::control::meeting::MeetingTimer;
use crate::control::time::Instant;
use crate::leg::scripted::StageRef;

/// Something that a run tells.
#[derive(Clone, PartialEq, Debug)]
pub enum Entry {
    /// A machine's record.
    Event(Event),
    /// A scripted caller dials: its leg from now on.
    Dials {
        /// The part of the cast.
        part: u32,
        /// The leg.
        leg: LegId,
    },
    /// A step of a script is done.
    Step {
        /// The part of the cast.
        part: u32,
        /// The step and its result.
        done: StepDone,
    },
    /// A step of a script failed.
    Failed {
        /// The part of the cast.
        part: u32,
        /// The step and the reason.
        failure: Box<StepFailure>,
    },
    /// A signal was given by all who must give it.
    Signal {
        /// Of which stage.
        stage: u32,
        /// The signal.
        signal: SignalId,
    },
    /// A fault that the story asks for hit a line.
    LineFault {
        /// The part of the cast.
        part: u32,
        /// The fault.
        fault: LineFault,
    },
    /// An administrator's act of the story.
    Act {
        /// Of which stage.
        stage: u32,
        /// Its place in the story's acts.
        act: u16,
    },
    /// A script has ended.
    Finished {
        /// The part of the cast.
        part: u32,
    },
}

/// The effect of a fault on a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineFault {
    /// A key was lost.
    KeyLost,
    /// A key arrived twice.
    KeyDoubled,
    /// The bridge heard a key that nobody pressed.
    KeyMisheard,
    /// The line vanished.
    Dropped,
    /// The caller hung up out of turn.
    HungUp,
}

/// Takes a run's entries, in order.
pub trait Sink {
    /// Whether the steps of the machines are told beside the entries. Where they are not, they are not even looked for.
    const WATCHES: bool = false;

    /// A dialog takes this step.
    fn dialog_stepped(&mut self, _step: DialogStep) {}

    /// A meeting has reached this deadline.
    fn meeting_timer(&mut self, _timer: MeetingTimer) {}

    /// One more entry.
    fn take(&mut self, at: Instant, entry: Entry);

    /// Takes the moment at which the next entry was due: earlier than it happens, if the driver of the legs is late.
    fn due(&mut self, _at: Instant) {}

    /// A telephone calls. Comes before the first entry of the call.
    fn calls_from(&mut self, _leg: LegId, _calling: Calling<'_>) {}

    /// A cast came on stage.
    fn on_stage(&mut self, _at: Instant, _stage: StageRef) {}

    /// Nothing is left of a cast: its scripts have ended, its calls are over.
    fn gone(&mut self, _at: Instant, _stage: StageRef) {}

    /// Returns whether a cast ends with the first of its steps that fails, while the others go on.
    fn ends_casts_that_fail(&self) -> bool {
        false
    }

    /// Returns whether the run should stop: nothing more is of interest.
    fn wants_no_more(&self) -> bool {
        false
    }
}

/// Reads a run's entries beside the sink that takes them.
pub trait Reader {
    /// One more entry.
    fn read(&mut self, at: Instant, entry: &Entry);
}

/// A sink whose entries somebody else reads too, before the sink takes them.
#[derive(Clone, Debug)]
pub struct ReadSink<R, S> {
    pub(crate) reader: R,
    sink: S,
}

impl<R, S> ReadSink<R, S> {
    /// The sink, and who reads beside it.
    pub const fn beside(reader: R, sink: S) -> Self {
        Self { reader, sink }
    }
}

// Everything is passed on: what is added to the trait is to be added here.
impl<R: Reader, S: Sink> Sink for ReadSink<R, S> {
    const WATCHES: bool = S::WATCHES;

    fn dialog_stepped(&mut self, step: DialogStep) {
        self.sink.dialog_stepped(step);
    }

    fn meeting_timer(&mut self, timer: MeetingTimer) {
        self.sink.meeting_timer(timer);
    }

    fn take(&mut self, at: Instant, entry: Entry) {
        self.reader.read(at, &entry);
        self.sink.take(at, entry);
    }

    fn due(&mut self, at: Instant) {
        self.sink.due(at);
    }

    fn calls_from(&mut self, leg: LegId, calling: Calling<'_>) {
        self.sink.calls_from(leg, calling);
    }

    fn on_stage(&mut self, at: Instant, stage: StageRef) {
        self.sink.on_stage(at, stage);
    }

    fn gone(&mut self, at: Instant, stage: StageRef) {
        self.sink.gone(at, stage);
    }

    fn ends_casts_that_fail(&self) -> bool {
        self.sink.ends_casts_that_fail()
    }

    fn wants_no_more(&self) -> bool {
        self.sink.wants_no_more()
    }
}

impl<R, S: Into<Self>> From<ReadSink<R, S>> for Log {
    fn from(read: ReadSink<R, S>) -> Self {
        read.sink.into()
    }
}

/// Keeps everything.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Log {
    /// All entries, in order.
    pub entries: Vec<(Instant, Entry)>,
    failed: bool,
}

impl Sink for Log {
    fn take(&mut self, at: Instant, entry: Entry) {
        // Behind the first failure only those that come at the same moment are of interest.
        let is_failure = matches!(entry, Entry::Failed { .. });
        if self.failed && !is_failure {
            return;
        }
        self.failed |= is_failure;
        self.entries.push((at, entry));
    }

    fn wants_no_more(&self) -> bool {
        self.failed
    }
}

impl Log {
    /// Forgets what came after the first step that failed: the end of the other calls.
    pub fn end_with_failure(&mut self) {
        if let Some(failed) = self.entries.iter().position(|(_, entry)| matches!(entry, Entry::Failed { .. }))
        {
            self.entries.truncate(failed + 1);
        }
    }

    /// The machines' records alone.
    pub fn records(&self) -> impl Iterator<Item = Record> + '_ {
        self.entries.iter().filter_map(|(at, entry)| match entry {
            Entry::Event(event) => Some(Record { at: *at, event: *event }),
            Entry::Dials { .. } | Entry::Step { .. } | Entry::Failed { .. } | Entry::Signal { .. } => None,
            Entry::LineFault { .. } | Entry::Act { .. } | Entry::Finished { .. } => None,
        })
    }
}
