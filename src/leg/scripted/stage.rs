//! Puts casts on stage, and tells their scripts what they wait for.

use std::sync::Arc;

use super::line::bit;
use super::{BridgeSide, Credentials, Envelope, Hearing, Line, Link, Party, Scripts, Uplink};
use crate::control::call::Digits;
use crate::control::caller::{self, Caller, OrganizerRef, SignalId};
use crate::control::directory::Coordinates;
use crate::control::pin::Pin;
use crate::control::policy::OrganizerId;
use crate::control::time::Instant;
use crate::leg::cast::Cast;
use crate::leg::log::{Entry, Sink};

/// The users of a cast in the directory, and what they were shown. Casts may have the same users one after the other.
#[derive(Clone, Debug)]
pub struct Accounts {
    /// The first, as the directory numbers them.
    pub first: OrganizerId,
    /// The coordinates that each was shown.
    pub shown: Vec<Coordinates>,
}

/// A cast that is to play.
#[derive(Clone, Debug)]
pub struct CastRequest {
    /// The cast.
    pub cast: Arc<Cast>,
    /// Their organizers.
    pub accounts: Arc<Accounts>,
    /// When each of the cast begins, in its order; empty, if all begin at once.
    pub begins: Box<[Instant]>,
    /// A tag by which the requester recognises the cast.
    pub tag: u32,
    /// How its callers hear, if their calls leave this program; otherwise they are calls of this lane.
    pub outward: Option<Hearing>,
}

/// A cast that plays, with its place among the parts.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) cast: Arc<Cast>,
    pub(super) first_part: u32,
    /// The first organizer's number in the directory.
    pub(super) first_organizer: OrganizerId,
    tag: u32,
    credentials: Vec<Credentials>,
    /// Of each signal how many have given it, and when the last of them did.
    signals: Vec<(u32, Instant)>,
    unfinished: u32,
    /// Calls that are up.
    pub(super) calls: u32,
}

/// The ranges of the parts and organizers of one stage.
#[derive(Clone, Copy, Debug)]
pub struct StageRef {
    /// The stage's number.
    pub stage: u32,
    /// Its first part: the others follow in the order of the cast.
    pub first_part: u32,
    /// Its first organizer, as the directory numbers them.
    pub first_organizer: OrganizerId,
    /// As in [`CastRequest::tag`].
    pub tag: u32,
}

impl<S: Sink> Scripts<S> {
    /// Puts a cast on stage, its callers before their telephones. Those that begin at once do so with the next
    /// [`Scripts::begin`]; the others are woken. A place that [`Scripts::retire`] freed is used again. Returns the stage's
    /// number.
    ///
    /// # Panics
    /// If some begin later, and not each has a moment.
    pub(in crate::leg) fn stage(&mut self, bridge: &mut BridgeSide, called: &CastRequest) -> u32 {
        let number = |index: usize| u32::try_from(index).expect("fewer than four billion on stage");
        let CastRequest { cast, accounts, begins, tag, outward } = called;
        let size = number(cast.roles.len());
        let reused = self.free_stages.get_mut(&size).and_then(Vec::pop);
        let first_part = match reused {
            Some(stage) => self.stages[stage as usize].first_part,
            None => number(self.parts.len()),
        };
        let stage = reused.unwrap_or_else(|| number(self.stages.len()));
        let parts = first_part..first_part + size;
        for (part, role) in parts.clone().zip(0..) {
            let played = &cast.roles[role as usize];
            let mut caller = Caller::new(Arc::clone(&played.program));
            if let Some(Hearing { lateness }) = outward {
                caller = caller.hearing_late(*lateness);
            }
            let uplink = || Uplink::new(played.key_path, &played.faults.sound, self.seed, part);
            let staged = Party {
                caller,
                link: Link::default(),
                stage,
                role,
                begins: begins.get(role as usize).copied().unwrap_or(Instant::NEVER),
                gives: played.states.iter().fold(0, |gives, (state, _)| gives | bit(*state)),
                line: Line::new(self.seed, part, &played.faults),
                uplink: if outward.is_some() { None } else { uplink() },
                outward: outward.is_some().then(Box::default),
            };
            put(&mut self.parts, part as usize, staged);
        }
        self.unfinished += size;
        let staged = Stage {
            cast: Arc::clone(cast),
            first_part,
            first_organizer: accounts.first,
            tag: *tag,
            credentials: accounts.shown.iter().map(Credentials::new).collect(),
            signals: vec![(0, Instant::ZERO); cast.signals.len()],
            unfinished: size,
            calls: 0,
        };
        put(&mut self.stages, stage as usize, staged);
        self.sink.on_stage(bridge.now(), self.stage_ref(stage));
        if begins.is_empty() {
            self.to_begin.push_back(parts);
        } else {
            assert_eq!(begins.len(), cast.roles.len(), "each of a cast has its moment");
            parts.for_each(|part| self.arm(bridge, part));
        }
        stage
    }

    /// Frees the places of casts of which nothing is left; only while no value is on its way.
    pub(in crate::leg) fn retire(&mut self, now: Instant) {
        while let Some(stage) = self.over.pop() {
            let size = self.stages[stage as usize].size();
            self.sink.gone(now, self.stage_ref(stage));
            self.free_stages.entry(size).or_default().push(stage);
        }
    }

    /// Tells the next part that has not begun to begin; false if all have. One after the other, so that few values are
    /// on their way at once.
    pub(in crate::leg) fn begin(&mut self, bridge: &mut BridgeSide) -> bool {
        let Some(parts) = self.to_begin.front_mut() else { return false };
        if let Some(part) = parts.next() {
            bridge.carry(Envelope::Caller(part, caller::Input::Go));
        }
        if parts.start >= parts.end {
            self.to_begin.pop_front();
        }
        true
    }

    /// Whether a part has not been told to begin.
    pub(in crate::leg) fn waits_to_begin(&self) -> bool {
        !self.to_begin.is_empty()
    }

    /// Where a part stands.
    pub(in crate::leg) fn stage_of(&self, part: u32) -> StageRef {
        self.stage_ref(self.parts[part as usize].stage)
    }

    fn stage_ref(&self, stage: u32) -> StageRef {
        let Stage { first_part, first_organizer, tag, .. } = self.stages[stage as usize];
        StageRef { stage, first_part, first_organizer, tag }
    }

    /// One of a stage's organizers was shown a new PIN.
    pub(in crate::leg) fn show_pin(&mut self, stage: u32, organizer: OrganizerRef, pin: Pin) {
        self.stages[stage as usize].credentials[usize::from(organizer.0)].new_pin(pin);
    }

    /// One of a stage's organizers was shown a new conference ID.
    pub(in crate::leg) fn show_conference_id(&mut self, stage: u32, organizer: OrganizerRef, id: Digits) {
        self.stages[stage as usize].credentials[usize::from(organizer.0)].new_conference_id(id);
    }

    pub(super) fn spell(&self, part: u32, named: caller::Named) -> Option<Digits> {
        let stage = self.parts[part as usize].stage as usize;
        super::credentials::resolve(&self.stages[stage].credentials, named)
    }

    /// A signal was given, at this moment, by one of those who must give it; once all have, its listeners are told.
    pub(super) fn give(&mut self, bridge: &mut BridgeSide, stage_index: u32, signal: SignalId, at: Instant) {
        let stage = &mut self.stages[stage_index as usize];
        let place = usize::from(signal.0);
        let (count, last) = &mut stage.signals[place];
        *count += 1;
        *last = at.max(*last);
        let given = *last;
        if *count != stage.cast.signals[place].needs {
            return;
        }
        let cast = Arc::clone(&stage.cast);
        let first = stage.first_part;
        self.sink.take(given, Entry::Signal { stage: stage_index, signal });
        for listener in &cast.signals[place].listeners {
            bridge.carry(Envelope::Caller(first + listener, caller::Input::Signal(signal, given)));
        }
    }

    /// Once all scripts of a stage have ended, everybody still on the line hangs up.
    pub(super) fn script_over(&mut self, bridge: &mut BridgeSide, index: u32) {
        let stage = &mut self.stages[self.parts[index as usize].stage as usize];
        stage.unfinished -= 1;
        self.unfinished -= 1;
        if stage.unfinished == 0 {
            self.tell_cast(bridge, index, caller::Input::Leave);
        }
        self.look_whether_over(index);
    }

    /// Tells all scripts of the cast of this part.
    pub(super) fn tell_cast(&self, bridge: &mut BridgeSide, index: u32, input: caller::Input) {
        let stage = &self.stages[self.parts[index as usize].stage as usize];
        let parts = stage.first_part..stage.first_part + stage.size();
        parts.for_each(|part| bridge.carry(Envelope::Caller(part, input)));
    }

    /// A call of this part has ended, as its stage counts them.
    pub(super) fn count_off(&mut self, index: u32) {
        self.stages[self.parts[index as usize].stage as usize].calls -= 1;
        self.look_whether_over(index);
    }

    fn look_whether_over(&mut self, index: u32) {
        let number = self.parts[index as usize].stage;
        let stage = &self.stages[number as usize];
        // No script is left that might dial, so that this comes about once.
        if (stage.unfinished, stage.calls) == (0, 0) {
            self.over.push(number);
        }
    }
}

impl Stage {
    fn size(&self) -> u32 {
        u32::try_from(self.cast.roles.len()).expect("a story has a limited cast")
    }
}

/// Puts something in its place, which is free, or the next.
pub(crate) fn put<T>(places: &mut Vec<T>, place: usize, new: T) {
    match places.get_mut(place) {
        Some(old) => *old = new,
        None => places.push(new),
    }
}
