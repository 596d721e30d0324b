//! The projection of events, in any order of the events.

use proptest::prelude::*;

use super::*;
use crate::control::call::{Digits, HangupCause};
use crate::control::event::{Admission, EndReason, MutedBy, Outcome, StartRight};

const AMOS: MeetingId = MeetingId(3);
const KIM: MeetingId = MeetingId(4);

const PAT: LegId = LegId::new(11);
const ORGANIZER: LegId = LegId::new(12);

const PLACE: [Place; PLACES] = [Place::Screening, Place::Lobby, Place::Joined];

/// A projection, and the second of its next event.
#[derive(Default)]
struct Stream(Presence, u64);

impl Stream {
    /// Pat and the organizer have keyed the conference ID of Amos.
    fn at_the_door() -> Self {
        let mut stream = Self::default();
        for leg in [PAT, ORGANIZER] {
            stream.then(CallEvent::Called { leg }).then(keyed(leg, AMOS));
        }
        stream
    }

    fn then(&mut self, event: impl Into<Event>) -> &mut Self {
        self.1 += 1;
        self.0.take(Instant::from_secs(self.1), event.into());
        self
    }

    fn counts(&self) -> [usize; PLACES] {
        PLACE.map(|place| self.0.meeting(AMOS).map_or(0, |meeting| meeting.count(place)))
    }
}

fn keyed(leg: LegId, meeting: MeetingId) -> CallEvent {
    CallEvent::ConferenceIdKeyed { leg, digits: Digits::default(), meeting: Some(meeting) }
}

fn finished(leg: LegId) -> CallEvent {
    CallEvent::Finished { leg, outcome: Outcome::Joined, cause: HangupCause::Caller }
}

fn started(by: LegId) -> MeetingEvent {
    MeetingEvent::Started { meeting: AMOS, by, right: StartRight::Pin, releases: true }
}

fn left(leg: LegId) -> MeetingEvent {
    MeetingEvent::Left { meeting: AMOS, leg, place: Place::Joined }
}

#[test]
fn the_lobby_fills_and_empties_and_nothing_is_left() {
    let mut stream = Stream::at_the_door();
    assert_eq!(stream.counts(), [2, 0, 0]);
    stream.then(MeetingEvent::Parked { meeting: AMOS, leg: PAT });
    assert_eq!(stream.counts(), [1, 1, 0]);
    stream
        .then(MeetingEvent::PinAccepted { meeting: AMOS, leg: ORGANIZER })
        .then(started(ORGANIZER))
        .then(MeetingEvent::Joined { meeting: AMOS, leg: ORGANIZER, admission: Admission::Pin })
        .then(MeetingEvent::Joined { meeting: AMOS, leg: PAT, admission: Admission::Released });
    assert_eq!(stream.counts(), [0, 0, 2]);
    let joined: Vec<LegId> = stream.0.meeting(AMOS).unwrap().at(Place::Joined).collect();
    assert_eq!(joined, [ORGANIZER, PAT], "in the order in which they joined");
    stream.then(left(PAT)).then(left(ORGANIZER));
    assert_eq!(stream.0.outside().len(), 2, "both calls are still up");
    stream.then(MeetingEvent::Ended { meeting: AMOS, reason: EndReason::Empty });
    stream.then(finished(PAT)).then(finished(ORGANIZER));
    assert_eq!(stream.0, Presence::default());
}

#[test]
fn whose_pin_was_accepted_is_the_organizer_until_leaving() {
    let mut stream = Stream::at_the_door();
    stream.then(MeetingEvent::PinAccepted { meeting: AMOS, leg: ORGANIZER });
    assert!(stream.0.caller(ORGANIZER).unwrap().organizer);
    assert!(!stream.0.caller(PAT).unwrap().organizer);
    stream.then(left(ORGANIZER));
    assert!(!stream.0.caller(ORGANIZER).unwrap().organizer);
}

#[test]
fn mute_and_hand_last_until_the_caller_leaves() {
    let mut stream = Stream::at_the_door();
    stream
        .then(MeetingEvent::Muted { meeting: AMOS, leg: PAT, muted: true, by: MutedBy::Oneself, hard: false })
        .then(MeetingEvent::Hand { meeting: AMOS, leg: PAT, raised: true });
    let pat = *stream.0.caller(PAT).unwrap();
    assert!(pat.muted && pat.hand_raised);
    stream.then(left(PAT));
    let pat = *stream.0.caller(PAT).unwrap();
    assert!(!pat.muted && !pat.hand_raised && pat.place.is_none());
}

#[test]
fn a_call_that_is_over_counts_until_its_meeting_says_so() {
    let mut stream = Stream::at_the_door();
    stream.then(MeetingEvent::Parked { meeting: AMOS, leg: PAT }).then(finished(PAT));
    assert_eq!(stream.counts(), [1, 1, 0]);
    assert!(stream.0.caller(PAT).unwrap().finished);
    stream.then(left(PAT));
    assert_eq!((stream.counts(), stream.0.caller(PAT)), ([1, 0, 0], None));
}

#[test]
fn a_caller_let_in_after_hanging_up_is_gone_again_on_leaving() {
    let mut stream = Stream::at_the_door();
    stream.then(finished(PAT)).then(started(ORGANIZER));
    assert_eq!(stream.counts(), [1, 0, 0], "a call that ends while it is screened is in no meeting");
    stream.then(MeetingEvent::Joined { meeting: AMOS, leg: PAT, admission: Admission::Direct });
    assert_eq!(stream.counts(), [1, 0, 1]);
    stream.then(left(PAT));
    assert_eq!((stream.counts(), stream.0.caller(PAT)), ([1, 0, 0], None));
}

#[test]
fn another_conference_id_moves_the_caller_to_that_meeting() {
    let mut stream = Stream::at_the_door();
    stream.then(keyed(PAT, KIM)).then(keyed(ORGANIZER, KIM));
    assert_eq!(stream.0.meetings().keys().copied().collect::<Vec<_>>(), [KIM]);
    stream.then(left(PAT));
    assert_eq!(
        stream.0.place(PAT),
        Some((KIM, Place::Screening)),
        "what the other meeting says is out of date"
    );
}

#[test]
fn a_meeting_that_ends_is_neither_running_nor_locked() {
    let mut stream = Stream::at_the_door();
    stream.then(started(ORGANIZER)).then(MeetingEvent::Locked { meeting: AMOS, locked: true });
    let running = stream.0.meeting(AMOS).unwrap();
    assert!(running.started.is_some() && running.locked);
    stream.then(MeetingEvent::Ended { meeting: AMOS, reason: EndReason::Person });
    let ended = stream.0.meeting(AMOS).unwrap();
    assert!(ended.started.is_none() && !ended.locked);
}

#[test]
fn a_call_rings_until_answered_and_hears_what_it_is_told() {
    let mut stream = Stream::default();
    stream.then(CallEvent::Called { leg: PAT });
    let pat = *stream.0.caller(PAT).unwrap();
    assert_eq!((pat.answered, pat.hears, pat.since), (false, Source::Silence, Instant::from_secs(1)));
    stream.then(CallEvent::Answered { leg: PAT });
    stream.then(CallEvent::Hears { leg: PAT, source: Source::Conference });
    let pat = *stream.0.caller(PAT).unwrap();
    assert!(pat.answered);
    assert_eq!((pat.hears, pat.hears_since), (Source::Conference, Instant::from_secs(3)));
    assert_eq!(pat.since, Instant::from_secs(1), "nobody has moved");
}

#[test]
fn since_is_the_moment_of_the_last_move() {
    let mut stream = Stream::at_the_door();
    let since = |stream: &Stream| stream.0.caller(PAT).unwrap().since;
    assert_eq!(since(&stream), Instant::from_secs(2));
    stream.then(MeetingEvent::Parked { meeting: AMOS, leg: PAT });
    assert_eq!(since(&stream), Instant::from_secs(5));
    stream.then(left(PAT));
    assert_eq!(since(&stream), Instant::from_secs(6), "outside, from then on");
}

#[test]
fn a_meeting_runs_since_its_start() {
    let mut stream = Stream::at_the_door();
    assert_eq!(stream.0.meeting(AMOS).unwrap().started, None);
    stream.then(started(ORGANIZER));
    assert_eq!(stream.0.meeting(AMOS).unwrap().started, Some(Instant::from_secs(5)));
}

#[test]
fn an_unknown_conference_id_moves_nobody() {
    let mut stream = Stream::at_the_door();
    let before = stream.0.clone();
    stream.then(CallEvent::ConferenceIdKeyed { leg: PAT, digits: Digits::default(), meeting: None });
    assert_eq!(stream.0, before);
}

#[test]
fn a_lock_alone_makes_no_meeting() {
    let mut stream = Stream::default();
    stream.then(MeetingEvent::Locked { meeting: AMOS, locked: true });
    assert_eq!(stream.0, Presence::default());
}

#[test]
fn a_lock_lasts_until_it_is_undone() {
    let mut stream = Stream::at_the_door();
    for locked in [true, false] {
        stream.then(MeetingEvent::Locked { meeting: AMOS, locked });
        assert_eq!(stream.0.meeting(AMOS).unwrap().locked, locked);
    }
}

#[test]
fn a_meeting_without_callers_is_one_only_while_it_runs() {
    let mut waiting = Stream::at_the_door();
    waiting.then(left(PAT)).then(left(ORGANIZER));
    assert!(waiting.0.meetings().is_empty(), "it never started");
    let mut running = Stream::at_the_door();
    running.then(started(ORGANIZER)).then(left(PAT)).then(left(ORGANIZER));
    assert!(running.0.meeting(AMOS).is_some_and(Attendance::is_empty));
    running.then(MeetingEvent::Ended { meeting: AMOS, reason: EndReason::Empty });
    assert!(running.0.meetings().is_empty());
}

#[test]
fn what_is_unmuted_and_lowered_is_so_no_longer() {
    let mut stream = Stream::at_the_door();
    for on in [true, false] {
        stream.then(MeetingEvent::Muted {
            meeting: AMOS,
            leg: PAT,
            muted: on,
            by: MutedBy::Oneself,
            hard: false,
        });
        stream.then(MeetingEvent::Hand { meeting: AMOS, leg: PAT, raised: on });
    }
    let pat = *stream.0.caller(PAT).unwrap();
    assert!(!pat.muted && !pat.hand_raised);
}

fn some_event() -> impl Strategy<Value = Event> {
    (0..10_u8, 0..4_u32, 0..3_u32).prop_map(|(kind, leg, meeting)| {
        let (leg, meeting) = (LegId::new(leg.into()), MeetingId(meeting));
        match kind {
            0 => CallEvent::Called { leg }.into(),
            1 => keyed(leg, meeting).into(),
            2 => finished(leg).into(),
            3 => MeetingEvent::Parked { meeting, leg }.into(),
            4 => MeetingEvent::Joined { meeting, leg, admission: Admission::Direct }.into(),
            5 => MeetingEvent::Left { meeting, leg, place: Place::Lobby }.into(),
            6 => MeetingEvent::PinAccepted { meeting, leg }.into(),
            7 => MeetingEvent::Started { meeting, by: leg, right: StartRight::Anonymous, releases: true }
                .into(),
            8 => MeetingEvent::Locked { meeting, locked: true }.into(),
            _ => MeetingEvent::Ended { meeting, reason: EndReason::Empty }.into(),
        }
    })
}

proptest! {
    #[test]
    fn counts_are_the_callers_whatever_comes(events in prop::collection::vec(some_event(), 0..60)) {
        let mut stream = Stream::default();
        for event in events {
            stream.then(event);
            let presence = &stream.0;
            for place in PLACE {
                let callers = presence.callers().values().filter(|caller| caller.is_at(place)).count();
                let queued: usize = presence.meetings().values().map(|meeting| meeting.count(place)).sum();
                prop_assert_eq!((presence.count(place), queued), (callers, callers));
            }
            let outside: BTreeSet<LegId> = presence
                .callers()
                .iter()
                .filter(|(_, caller)| caller.place.is_none())
                .map(|(leg, _)| *leg)
                .collect();
            prop_assert_eq!(presence.outside(), &outside);
        }
    }

    #[test]
    fn once_all_calls_and_meetings_are_over_nothing_is_left(events in prop::collection::vec(some_event(), 0..60)) {
        let mut stream = Stream::default();
        events.into_iter().for_each(|event| {
            stream.then(event);
        });
        for leg in (0..4).map(LegId::new) {
            stream.then(finished(leg));
            for meeting in (0..3).map(MeetingId) {
                stream.then(MeetingEvent::Left { meeting, leg, place: Place::Joined });
            }
        }
        for meeting in (0..3).map(MeetingId) {
            stream.then(MeetingEvent::Ended { meeting, reason: EndReason::Empty });
        }
        prop_assert_eq!(&stream.0, &Presence::default());
    }
}
