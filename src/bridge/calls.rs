//! The bridge's side of every call of a lane: its dialog, what plays, what is heard, and when something is due.

use std::sync::Arc;

use super::envelope::{Effect, Envelope};
use super::legs::Legs;
use super::protocol::{Dial, Report};
use crate::control::attendant::{self, Attendant, Dialled, DialogStep};
use crate::control::call::{LegCommand, LegEvent, LegId, PlaybackId, Source, Utterance};
use crate::control::event::{CallEvent, Event, MeetingId, Place};
use crate::control::meeting;
use crate::control::policy::Policy;
use crate::control::query::DirectoryQuery;
use crate::control::time::Instant;
use crate::media::library::Library;

/// The far end of a call.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum FarEnd {
    /// A scripted caller: a part of the cast.
    Script(u32),
    /// A device.
    Device(u32),
}

/// A call that is up.
#[derive(Debug)]
pub struct Call {
    attendant: Attendant,
    meeting: Option<MeetingId>,
    hearing: Source,
    says: Option<Utterance>,
    /// When the prompt that is heard ends; [`Instant::NEVER`] where none plays.
    prompt_ends: Instant,
    from: Option<Arc<str>>,
}

impl Call {
    /// Returns the number that the call comes from, unless it is withheld.
    #[must_use]
    pub fn from(&self) -> Option<&str> {
        self.from.as_deref()
    }

    /// Returns the meeting that the caller has named.
    #[must_use]
    pub fn meeting(&self) -> Option<MeetingId> {
        self.meeting
    }

    /// Returns the meeting that the caller has named and not left, and the place there.
    #[must_use]
    pub fn place(&self) -> Option<(MeetingId, Place)> {
        self.attendant.place()
    }

    /// Returns the dialog, to look into.
    #[must_use]
    pub fn attendant(&self) -> &Attendant {
        &self.attendant
    }

    /// Returns what the caller hears.
    #[must_use]
    pub fn hearing(&self) -> Source {
        self.hearing
    }

    /// The caller hears this in place of what was heard before.
    fn hear(
        &mut self,
        now: Instant,
        leg: LegId,
        source: Source,
        library: &Library,
        put: &mut impl FnMut(Effect),
    ) {
        self.stop_listening(leg, put);
        self.hearing = source;
        self.prompt_ends = match source {
            Source::Prompt { prompt, language, .. } => now + library.duration(prompt, language),
            Source::Silence | Source::HoldMusic { .. } | Source::Conference => Instant::NEVER,
        };
        put(Effect::Record(Event::Call(CallEvent::Hears { leg, source })));
        if source == Source::Conference
            && let Some(meeting) = self.meeting
        {
            put(Effect::Carry(Envelope::Listens(meeting, leg, true)));
        }
        put(Effect::Carry(Envelope::Report(leg, Report::Hears(source))));
    }

    fn stop_listening(&self, leg: LegId, put: &mut impl FnMut(Effect)) {
        if self.hearing == Source::Conference
            && let Some(meeting) = self.meeting
        {
            put(Effect::Carry(Envelope::Listens(meeting, leg, false)));
        }
    }

    /// The playback that has ended by now, once.
    fn take_prompt_that_ended(&mut self, now: Instant) -> Option<PlaybackId> {
        let Source::Prompt { playback, .. } = self.hearing else { return None };
        (self.prompt_ends <= now).then(|| {
            self.prompt_ends = Instant::NEVER;
            playback
        })
    }

    fn poll_timeout(&self) -> Instant {
        self.attendant.poll_timeout().map_or(self.prompt_ends, |due| due.min(self.prompt_ends))
    }
}

/// The row of a call's number: the far end while it must be told, and the call while it is up.
#[derive(Debug)]
struct Row {
    end: FarEnd,
    call: Option<Box<Call>>,
}

/// How a call stands once it has taken something in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    /// Who is at its far end.
    pub end: FarEnd,
    /// When [`Calls::handle_timeout`] is due next: [`Instant::NEVER`], if nothing is; `None` once the call is over.
    pub due: Option<Instant>,
}

/// What was due for a call.
#[derive(Debug)]
pub enum Due {
    /// Nothing.
    Nothing,
    /// Something that its dialog has handled.
    Dialog(Standing),
    /// The end of what plays, which is to be carried to the dialog, and when something else is due.
    Playback(Envelope, Instant),
}

/// Every call of one lane, by its number.
///
/// [`Calls::handle_input`] and [`Calls::handle_timeout`] drain the call before they return: each looks it up once.
/// A number is kept until its call is over and [`Calls::forget`] says that the far end hears of it no more.
#[derive(Debug)]
pub struct Calls {
    rows: Legs<Row>,
    policy: Arc<Policy>,
    library: Arc<Library>,
    up: u32,
    max: u32,
}

impl Calls {
    /// No calls yet; new ones are held to these settings.
    #[must_use]
    pub fn new(policy: Arc<Policy>, library: Arc<Library>) -> Self {
        Self { rows: Legs::new(0, 1), policy, library, up: 0, max: u32::MAX }
    }

    /// Numbers its calls as one of so many lanes, which share all numbers among them.
    pub fn set_lane(&mut self, lane: u32, lanes: u32) {
        self.rows = Legs::new(lane, lanes);
    }

    /// New calls are held to these settings from now on.
    pub fn set_policy(&mut self, policy: Arc<Policy>) {
        self.policy = policy;
    }

    /// Plays these sounds from now on: how long each lasts is how long a caller hears it.
    pub fn set_library(&mut self, library: Arc<Library>) {
        self.library = library;
    }

    /// Returns what is played, with how long it lasts.
    #[must_use]
    pub fn library(&self) -> &Arc<Library> {
        &self.library
    }

    /// Callers beyond so many calls hear busy.
    pub fn set_max(&mut self, calls: u32) {
        self.max = calls;
    }

    /// Returns how many calls are up.
    #[must_use]
    pub fn up(&self) -> u32 {
        self.up
    }

    /// Returns how many numbers are kept: those of calls that are up, and those whose far end has not let go.
    #[must_use]
    pub fn kept(&self) -> u32 {
        self.rows.kept()
    }

    /// A far end dials: the number of the call, and what its attendant is to be told.
    pub fn dial(&mut self, end: FarEnd, dial: Dial) -> (LegId, attendant::Input) {
        let is_blocked =
            dial.from.as_deref().is_some_and(|from| self.policy.dialog.blocked_callers.has(from));
        let dialled = if self.up >= self.max {
            Dialled::Congestion
        } else if is_blocked {
            Dialled::Blocked
        } else {
            dial.to
        };
        self.up += 1;
        let leg = self.rows.add(Row { end, call: None });
        let call = Call {
            attendant: Attendant::new(leg, Arc::clone(&self.policy)).called_from(dial.from.as_deref()),
            meeting: None,
            hearing: Source::Silence,
            says: None,
            prompt_ends: Instant::NEVER,
            from: dial.from,
        };
        if let Some(row) = self.rows.get_mut(leg) {
            row.call = Some(Box::new(call));
        }
        (leg, attendant::Input::Arrived(dialled))
    }

    /// Returns the call of this number, if it is up.
    #[must_use]
    pub fn get(&self, leg: LegId) -> Option<&Call> {
        self.rows.get(leg)?.call.as_deref()
    }

    /// The caller of a call says this from now on; returns the meeting that the caller has named, if any.
    pub fn say(&mut self, leg: LegId, says: Option<Utterance>) -> Option<MeetingId> {
        let call = self.rows.get_mut(leg)?.call.as_deref_mut()?;
        call.says = says;
        call.meeting
    }

    /// Returns who is at the far end; `None` for a number of another lane, or one that was forgotten.
    #[must_use]
    pub fn far_end(&self, leg: LegId) -> Option<FarEnd> {
        self.rows.get(leg).map(|row| row.end)
    }

    /// Returns the calls that are up, in the order of their numbers.
    pub fn all_up(&self) -> impl Iterator<Item = (LegId, &Call)> {
        self.rows.iter().filter_map(|(leg, row)| Some((leg, row.call.as_deref()?)))
    }

    /// The far end hears of this call no more; unless the call is up, its number is kept no longer.
    pub fn forget(&mut self, leg: LegId) {
        if self.rows.get(leg).is_some_and(|row| row.call.is_none()) {
            self.rows.remove(leg);
        }
    }

    /// Drops a call in the middle of it, as nothing but a faulty bridge does.
    pub fn drop_call(&mut self, leg: LegId) {
        if self.get(leg).is_some() {
            self.rows.remove(leg);
        }
    }

    /// Returns the steps that a call's dialog takes with this input.
    #[must_use]
    pub fn steps(&self, now: Instant, leg: LegId, input: &attendant::Input) -> Vec<DialogStep> {
        self.get(leg).map(|call| call.attendant.steps(now, input)).unwrap_or_default()
    }

    /// Returns the steps that a call's dialog takes with the deadlines that it has reached.
    #[must_use]
    pub fn steps_due(&self, now: Instant, leg: LegId) -> Vec<DialogStep> {
        self.get(leg).map(|call| call.attendant.steps_due(now)).unwrap_or_default()
    }

    /// Hands something to the attendant of a call, and gives what comes of it to `put`, in order. `None` if the call is
    /// over, and nothing takes it any more.
    pub fn handle_input(
        &mut self,
        now: Instant,
        leg: LegId,
        input: attendant::Input,
        put: impl FnMut(Effect),
    ) -> Option<Standing> {
        let Self { rows, library, up, .. } = self;
        let row = rows.get_mut(leg)?;
        row.call.as_deref_mut()?.attendant.handle_input(now, input);
        let standing = row.drain(now, leg, library, put)?;
        *up -= u32::from(standing.due.is_none());
        Some(standing)
    }

    /// Lets one thing happen that is due for this call, if anything is: the end of a prompt comes before the deadlines of
    /// the dialog. The end of a prompt is a value on its way to the attendant; what comes of a deadline is given to `put`.
    pub fn handle_timeout(&mut self, now: Instant, leg: LegId, put: impl FnMut(Effect)) -> Due {
        let Self { rows, library, up, .. } = self;
        let Some(row) = rows.get_mut(leg) else { return Due::Nothing };
        let Some(call) = row.call.as_deref_mut() else { return Due::Nothing };
        if let Some(playback) = call.take_prompt_that_ended(now) {
            let finished = attendant::Input::Leg(LegEvent::PlaybackFinished(playback));
            return Due::Playback(Envelope::Attendant(leg, finished), call.poll_timeout());
        }
        if call.attendant.poll_timeout().is_none_or(|due| due > now) {
            return Due::Nothing;
        }
        call.attendant.handle_timeout(now);
        let Some(standing) = row.drain(now, leg, library, put) else { return Due::Nothing };
        *up -= u32::from(standing.due.is_none());
        Due::Dialog(standing)
    }
}

impl Row {
    /// Gives every output of the call to `put`, in order.
    fn drain(
        &mut self,
        now: Instant,
        leg: LegId,
        library: &Library,
        mut put: impl FnMut(Effect),
    ) -> Option<Standing> {
        let call = self.call.as_deref_mut()?;
        while let Some(output) = call.attendant.poll_output() {
            match output {
                attendant::Output::Leg(LegCommand::Answer) => {
                    put(Effect::Carry(Envelope::Report(leg, Report::Answered { leg })));
                }
                attendant::Output::Leg(LegCommand::Hear(source)) => {
                    call.hear(now, leg, source, library, &mut put);
                }
                attendant::Output::Leg(LegCommand::HangUp(cause)) => {
                    put(Effect::Carry(Envelope::Report(leg, Report::Ended(cause))));
                }
                attendant::Output::FindMeeting { question, key } => {
                    let query = DirectoryQuery::FindMeeting { leg, question, key };
                    put(Effect::Carry(Envelope::Question(query)));
                }
                attendant::Output::Tell(meeting, input) => {
                    let arrives = matches!(*input, meeting::Input::Arrive { .. });
                    put(Effect::Carry(Envelope::Meeting(meeting, *input)));
                    if arrives {
                        call.meeting = Some(meeting);
                        let says = call.says.map(|says| Envelope::Says(meeting, leg, Some(says)));
                        says.into_iter().for_each(|says| put(Effect::Carry(says)));
                    }
                }
                attendant::Output::Record(event) => put(Effect::Record(event)),
            }
        }
        if call.attendant.is_over() {
            call.stop_listening(leg, &mut put);
            self.call = None;
        }
        Some(Standing { end: self.end, due: self.call.as_ref().map(|call| call.poll_timeout()) })
    }
}
