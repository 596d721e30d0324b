//! The task of one lane: it owns a shard of simulated legs and carries what is between them and the others.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use super::messages::{FromMeeting, MeetingMessage, Question, Staging, ToLane, ToMeeting};
use super::switch::{DeliverError, Switch};
use super::trunk::Trunks;
use crate::bridge::calls::FarEnd;
use crate::bridge::deadlines::Owner;
use crate::bridge::envelope::{Envelope, Outbound};
use crate::bridge::protocol::{Action, OutwardAction, Refused, Report};
use crate::clock::{Alarm, Pace};
use crate::control::attendant;
use crate::control::call::HangupCause;
use crate::control::caller::{self, ActId};
use crate::control::conference;
use crate::control::directory::{Directory, StoryDirectory as _};
use crate::control::event::MeetingId;
use crate::control::meeting::{self, Notice};
use crate::control::query::DirectoryQuery;
use crate::control::time::Instant;
use crate::leg::Shard;
use crate::leg::log::{Entry, Sink};
use crate::leg::outward;
use crate::leg::trunk::{LineId, LineReport};

/// Messages that are read, and parts that are woken, before others have their turn: a few hundred microseconds of work.
const AT_ONCE: usize = 256;

/// Messages that may wait for room at their meetings before no further leg is woken.
const UNSENT_MAX: usize = 16_384;

/// Number of times that others run first, if everything is to come to rest: a leg's question goes to the directory, its
/// answer to a meeting, and the meeting's back to the leg.
const HOPS: usize = 8;

/// Something that an administrator of a story does.
pub struct AdminCall<'a, S> {
    /// The part of the shard that acts.
    pub part: u32,
    /// The act.
    pub act: ActId,
    /// The legs.
    pub shard: &'a mut Shard<S>,
    /// The directory.
    pub directory: &'a mut Directory,
    /// Uniformly random bits.
    pub entropy: &'a mut dyn FnMut() -> u64,
}

impl<S> fmt::Debug for AdminCall<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdminCall").field("part", &self.part).field("act", &self.act).finish_non_exhaustive()
    }
}

/// Does what administrators of a story do.
pub type AdminHook<S> = Box<dyn FnMut(AdminCall<'_, S>) + Send>;

/// The progress of a lane's legs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Progress {
    /// Scripts that have not ended.
    pub unfinished: u32,
    /// Calls that are up, and those of scripted callers that have left this program.
    pub calls: u32,
    /// Casts that came on stage.
    pub staged: u32,
    /// Whether the sink wants no more.
    pub over: bool,
    /// Whether every call has ended and none can begin.
    pub closed: bool,
    /// Rows that are taken: numbers of calls that are kept, and lines of trunks that have a call.
    pub rows: usize,
}

/// A lane of simulated legs.
pub(super) struct Lane<S> {
    shard: Shard<S>,
    number: usize,
    switch: Arc<Switch>,
    admin: AdminHook<S>,
    /// The far end that is being woken.
    waking: Option<FarEnd>,
    /// Messages for meetings, by the moment of their cause.
    outbox: Vec<(MeetingId, Box<ToMeeting>)>,
    /// Messages that found no room at their meeting, and all after them.
    unsent: VecDeque<(MeetingId, Box<ToMeeting>)>,
    /// Casts that begin later, by their moment and in the order in which they came.
    later: BTreeMap<(Instant, u32), Staging>,
    /// Casts that came.
    cast: u32,
    progress: watch::Sender<Progress>,
    staged: u32,
    closing: bool,
    trunks: Trunks,
    /// To who carries the calls that leave this program.
    outward: Option<mpsc::Sender<outward::Placed>>,
}

impl<S: Sink> Lane<S> {
    pub(super) fn new(
        shard: Shard<S>,
        number: usize,
        switch: Arc<Switch>,
        admin: AdminHook<S>,
        progress: watch::Sender<Progress>,
    ) -> Self {
        Self {
            shard,
            number,
            switch,
            admin,
            waking: None,
            outbox: Vec::new(),
            unsent: VecDeque::new(),
            later: BTreeMap::new(),
            cast: 0,
            progress,
            staged: 0,
            closing: false,
            trunks: Trunks::default(),
            outward: None,
        }
    }

    /// Runs until the exchange stops; gives back the legs.
    pub(super) async fn run(mut self, mut inbox: mpsc::Receiver<ToLane>) -> Shard<S> {
        let clock = self.switch.clock;
        let (mut messages, mut alarm) = (Vec::new(), Alarm::new(clock));
        let stop = self.switch.stop.clone();
        loop {
            let due = self.due();
            let crowded = self.unsent.len() >= UNSENT_MAX;
            let (waits, way) = (!self.unsent.is_empty(), self.way());
            let owed = self.trunks.owed();
            let owes = owed.is_some();
            tokio::select! {
                biased;
                _count = inbox.recv_many(&mut messages, AT_ONCE) => {
                    messages.drain(..).for_each(|message| self.read(message));
                }
                () = stop.cancelled() => break,
                () = room(way), if waits => {}
                () = room(owed), if owes => {}
                () = alarm.sleep_until(due), if !crowded => {}
            }
            self.trunks.settle();
            self.carry_all();
            match clock.pace() {
                Pace::Realtime if !crowded => self.wake_many(clock.now()),
                Pace::Realtime => {}
                Pace::Lockstep if inbox.is_empty() => self.wake_one(clock.now()),
                Pace::Lockstep => {}
            }
            self.post();
            if self.waking.is_none() {
                self.shard.retire();
            }
            self.report();
            if clock.pace() == Pace::Lockstep {
                for _ in 0..HOPS {
                    tokio::task::yield_now().await;
                }
            }
        }
        // What was under way when the others ended: no record is lost.
        while let Ok(message) = inbox.try_recv() {
            self.read(message);
        }
        self.shard
    }

    fn read(&mut self, message: ToLane) {
        let clock = self.switch.clock;
        match message {
            ToLane::FromMeeting(at, told) => {
                self.shard.advance(clock.stamp(at));
                self.shard.prefetch_legs(told.iter().filter_map(FromMeeting::noticed));
                for told in told {
                    match told {
                        FromMeeting::Record(event) => self.shard.tell(Entry::Event(event)),
                        FromMeeting::Notice(leg, notice) => {
                            self.shard.carry(Envelope::Attendant(leg, attendant::Input::Notice(notice)));
                        }
                        FromMeeting::Announced(leg, heard) => {
                            self.shard.carry(Envelope::Report(leg, Report::Announced(heard)));
                        }
                        FromMeeting::Voice(leg, voice) => {
                            self.shard.carry(Envelope::Report(leg, Report::Voice(voice)));
                        }
                    }
                }
            }
            ToLane::Reply(at, leg, input) => {
                self.shard.advance(clock.stamp(at));
                self.shard.carry(Envelope::Attendant(leg, input));
            }
            ToLane::Records(at, records) => {
                self.shard.advance(clock.stamp(at));
                records.into_iter().for_each(|event| self.shard.tell(Entry::Event(event)));
            }
            ToLane::Stage(staging) => {
                self.later.insert((staging.at, self.cast), *staging);
                self.cast = self.cast.wrapping_add(1);
            }
            ToLane::Policy(policy) => self.shard.set_policy(policy),
            ToLane::Connect(connecting) => self.trunks.connect(connecting),
            ToLane::Line(at, trunk, line, action) => {
                self.shard.advance(clock.stamp(at));
                self.act_on_line(trunk, line, action);
            }
            ToLane::Disconnect(at, trunk) => {
                self.shard.advance(clock.stamp(at));
                self.trunks.disconnect(trunk).into_iter().for_each(|device| self.shard.disconnect(device));
            }
            ToLane::Outward(way) => self.outward = Some(way),
            ToLane::Told(at, outward::Told { part, call, input }) => {
                self.shard.advance(clock.stamp(at));
                self.shard.tell_outward(part, call, input);
            }
            ToLane::Failed(at, meeting) => {
                self.shard.advance(clock.stamp(at));
                self.shard.end_calls_of(meeting);
            }
            ToLane::Shutdown => {
                self.closing = true;
                self.later.clear();
                self.shard.advance(clock.stamp(self.shard.now()));
                self.shard.shut_down();
            }
        }
        self.carry_all();
    }

    /// Returns when something is due without a message.
    fn due(&mut self) -> Instant {
        if self.waking.is_some() || self.shard.waits_to_begin() {
            return Instant::ZERO;
        }
        let cast = self.later.first_key_value().map(|((at, _), _)| *at);
        [self.shard.next_deadline(), cast].into_iter().flatten().min().unwrap_or(Instant::NEVER)
    }

    /// Lets happen what is due by now, as much as is done at once.
    fn wake_many(&mut self, now: Instant) {
        for _ in 0..AT_ONCE {
            if self.due() > now {
                return;
            }
            self.wake_one(now);
        }
    }

    /// Lets one thing happen that is due by now: a cast comes on stage, a part begins or is woken.
    fn wake_one(&mut self, now: Instant) {
        if let Some(end) = self.waking {
            if !self.shard.step(end) {
                self.waking = None;
            }
        } else if let Some(next) = self.later.first_entry().filter(|next| next.key().0 <= now) {
            let staging = next.remove();
            self.shard.advance(staging.at);
            self.shard.stage(&staging.calling);
            self.staged += 1;
        } else if !self.shard.begin()
            && let Some((at, Owner::FarEnd(end))) = self.shard.poll_deadline(now)
            && self.shard.wake(end, at)
        {
            self.waking = Some(end);
        }
        self.carry_all();
    }

    /// Hands over every value on its way; what is for others is kept for the post.
    fn carry_all(&mut self) {
        while let Some(carried) = self.shard.poll_carried() {
            // Nothing more happens for a sink that wants no more, but for the end of every call.
            if self.shard.sink().wants_no_more() && !self.closing {
                return;
            }
            match self.shard.hand_over(carried) {
                None => {}
                Some(Outbound::Conference(meeting, input)) => {
                    self.write(meeting, MeetingMessage::Input(input));
                }
                Some(Outbound::Question(query)) => self.ask(query),
                Some(Outbound::Act(part, act)) => self.act(part, act),
                Some(Outbound::Device(part, report)) => self.tell_device(part, report),
                Some(Outbound::Outward(part, action)) => self.place(part, action),
            }
        }
    }

    /// Something is done on a line. A line has a row of the shard while it has a call.
    fn act_on_line(&mut self, trunk: u64, line: LineId, action: Action) {
        let device = match (self.trunks.device(trunk, line), &action) {
            (Some(device), _) => device,
            (None, Action::Dial(_)) => {
                let device = self.shard.connect(self.trunks.part(trunk));
                self.trunks.take_line(trunk, line, device);
                device
            }
            (None, Action::Press(_) | Action::HangUp(_)) => {
                let (at, report) = (self.shard.now(), Report::Refused(Refused::NoCall));
                // The trunk counts what finds no room; no call is lost by it.
                let _told = self.trunks.tell(trunk, LineReport { at, line, report });
                return;
            }
        };
        if let Some(report) = self.shard.act(device, action) {
            self.tell_device(device, report);
        }
    }

    /// A scripted caller acts on a call that leaves this program. One that finds no room, or nobody who carries it, is lost.
    fn place(&mut self, part: u32, action: OutwardAction) {
        let call = match action {
            OutwardAction::Dial { call, .. } => Some(call),
            OutwardAction::Press(..) | OutwardAction::Say(_) | OutwardAction::HangUp => None,
            OutwardAction::Vanish => None,
        };
        let placed = outward::Placed { part, at: self.shard.now(), action };
        let is_placed = self.outward.as_ref().is_some_and(|way| way.try_send(placed).is_ok());
        if let Some(call) = call.filter(|_| !is_placed) {
            self.shard.tell_outward(part, call, caller::Input::Ended(HangupCause::Lost));
        }
    }

    fn tell_device(&mut self, device: u32, report: Report) {
        let Some((trunk, line)) = self.trunks.line(device) else { return };
        let at = self.shard.now();
        let heard = self.trunks.tell(trunk, LineReport { at, line, report });
        let is_over = matches!(report, Report::Ended(_));
        if is_over || !heard {
            self.trunks.free_line(device);
            self.shard.disconnect(device);
        }
        if !heard && !is_over {
            // Who does not listen loses the call, and is told so later.
            let report = Report::Ended(HangupCause::Lost);
            let _told = self.trunks.tell(trunk, LineReport { at, line, report });
        }
    }

    fn write(&mut self, meeting: MeetingId, message: MeetingMessage) {
        let at = self.shard.now();
        match self.outbox.last_mut() {
            Some((same, last)) if *same == meeting && last.at == at => last.messages.push(message),
            Some(_) | None => {
                self.outbox.push((meeting, Box::new(ToMeeting { at, messages: vec![message] })));
            }
        }
    }

    fn ask(&mut self, query: DirectoryQuery) {
        let question = Question { at: self.shard.now(), query };
        if self.switch.ask(question).is_err() {
            self.shard.carry(query.unavailable().into());
        }
    }

    fn act(&mut self, part: u32, act: ActId) {
        let policy = {
            let mut state = self.switch.directory();
            let (directory, mut entropy) = state.parts();
            let shard = &mut self.shard;
            (self.admin)(AdminCall { part, act, shard, directory: &mut *directory, entropy: &mut entropy });
            Arc::clone(directory.policy())
        };
        for (lane, way) in self.switch.lanes.iter().enumerate() {
            if lane == self.number {
                self.shard.set_policy(Arc::clone(&policy));
            } else {
                // A lane with no room now goes on with what it knows, as calls do that are up.
                let _late = way.try_send(ToLane::Policy(Arc::clone(&policy)));
            }
        }
    }

    /// Sends the messages, in order. One that finds no room waits, and all others behind it.
    fn post(&mut self) {
        self.unsent.extend(self.outbox.drain(..));
        while let Some((meeting, message)) = self.unsent.pop_front() {
            match self.switch.deliver(meeting, message) {
                Ok(()) | Err(DeliverError::NotOpen) => {}
                Err(DeliverError::Full(message)) => {
                    self.unsent.push_front((meeting, message));
                    return;
                }
                Err(DeliverError::TooMany(message)) => self.turn_away(&message),
            }
        }
    }

    fn turn_away(&mut self, message: &ToMeeting) {
        for message in &message.messages {
            if let MeetingMessage::Input(conference::Input::Meeting(meeting::Input::Arrive { leg, .. })) =
                message
            {
                self.shard.carry(Envelope::Attendant(*leg, attendant::Input::Notice(Notice::Full)));
            }
        }
        self.carry_all();
    }

    fn way(&self) -> Option<mpsc::Sender<Box<ToMeeting>>> {
        let (meeting, _) = self.unsent.front()?;
        self.switch.way(*meeting)
    }

    fn report(&mut self) {
        let now = Progress {
            unfinished: self.shard.unfinished(),
            calls: self.shard.calls() + self.shard.outward_calls(),
            staged: self.staged,
            over: self.shard.sink().wants_no_more(),
            rows: self.shard.rows(),
            closed: self.closing && self.shard.calls() == 0 && self.unsent.is_empty(),
        };
        self.progress.send_if_modified(|before| std::mem::replace(before, now) != now);
    }
}

/// Waits until there is room on a way; on one to somebody who has gone away there is.
async fn room<T>(way: Option<mpsc::Sender<T>>) {
    if let Some(way) = way {
        let _room = way.reserve().await;
    }
}
