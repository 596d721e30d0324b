//! What no step and no state may break: BEHAVIOUR section 6 for states, where the event stream's reader
//! (`play::invariants`) holds it for runs.

#![expect(clippy::wildcard_enum_match_arm, reason = "each rule is about some events and some steps")]

use attendant::control::call::{LegId, Source};
use attendant::control::event::{CallEvent, Event, MeetingEvent, Place, StartRight};
use attendant::control::meeting::PinVerdict;

use super::exchange::{Exchange, Move, Seen, Step};

/// What this step broke, if it broke anything.
pub(crate) fn broken_by(before: &Exchange, step: Step, seen: &Seen, after: &Exchange) -> Option<String> {
    if seen.stale_pin {
        return Some("a PIN was accepted that is no longer the organizer's".to_owned());
    }
    for event in &seen.events {
        let broken = match *event {
            Event::Meeting(MeetingEvent::Started { by, .. }) if !after.told_enabled => {
                Some(format!("call {} started the meeting of an organizer who is disabled", by.number()))
            }
            Event::Meeting(MeetingEvent::Started { by, right, .. }) => started(before, step, by, right),
            Event::Meeting(MeetingEvent::PinAccepted { leg, .. })
                if before.right_answer(step) != Some(leg) =>
            {
                Some(format!("call {} was taken for the organizer, and no answer said so", leg.number()))
            }
            Event::Meeting(MeetingEvent::PasscodeAccepted { leg, .. })
                if before.answered(step, PinVerdict::Passcode) != Some(leg) =>
            {
                Some(format!("call {} gave the passcode, and no answer said so", leg.number()))
            }
            Event::Call(CallEvent::Finished { leg, .. })
                if before.calls[leg.number() as usize].outcome.is_some() =>
            {
                Some(format!("call {} has more than one outcome", leg.number()))
            }
            Event::Meeting(MeetingEvent::Parked { leg, .. }) if runs_and_holds_nobody(after) => {
                Some(format!("call {} must wait, and the running meeting holds nobody", leg.number()))
            }
            _ => None,
        };
        if broken.is_some() {
            return broken;
        }
    }
    released(before, seen, after).or_else(|| stale(step, seen)).or_else(|| broken_in(after))
}

/// Whatever is due does something: a timer that does nothing was left behind by what it waited for.
fn stale(step: Step, seen: &Seen) -> Option<String> {
    let whose = match step {
        Step::CallTimer(at) => format!("call {at}"),
        Step::MeetingTimer => "the meeting".to_owned(),
        _ => return None,
    };
    (seen.outputs == 0).then(|| format!("a timer of {whose} was due for nothing"))
}

fn runs_and_holds_nobody(state: &Exchange) -> bool {
    state.meeting.is_running() && !state.meeting.holds_newcomers()
}

fn started(before: &Exchange, step: Step, by: LegId, right: StartRight) -> Option<String> {
    let may = match right {
        StartRight::Pin => before.right_answer(step) == Some(by),
        StartRight::SignedIn => {
            matches!(before.cast.callers[by.number() as usize].first(), Some(Move::Client { .. }))
        }
        StartRight::Anonymous => before.allows_anonymous_start(step),
    };
    (!may).then(|| format!("call {} started the meeting without the right to", by.number()))
}

/// Everybody who waits or is asked when the meeting starts is told so once, and nobody is told twice that they are in.
fn released(before: &Exchange, seen: &Seen, after: &Exchange) -> Option<String> {
    for (at, told) in seen.admitted.iter().enumerate() {
        if seen.admitted[..at].contains(told) || before.meeting.place(*told) == Some(Place::Joined) {
            return Some(format!("call {} was let in twice", told.number()));
        }
    }
    let releases = seen
        .events
        .iter()
        .any(|event| matches!(event, Event::Meeting(MeetingEvent::Started { releases: true, .. })));
    let left = |leg: LegId| {
        matches!(before.meeting.place(leg), Some(Place::Lobby | Place::Screening))
            && after.meeting.place(leg).is_some()
            && !owes_passcode(before, leg)
            && !seen.admitted.contains(&leg)
    };
    let left = legs(before).find(|leg| releases && left(*leg))?;
    Some(format!("call {} was left outside when the meeting started", left.number()))
}

/// On the phone, where there is a passcode, and has given neither that nor the PIN.
fn owes_passcode(state: &Exchange, leg: LegId) -> bool {
    let at = leg.number() as usize;
    let is_client = matches!(state.cast.callers[at].first(), Some(Move::Client { .. }));
    state.cast.passcode.is_some() && !is_client && !state.calls[at].passed
}

/// What is wrong with a state, whatever led to it.
fn broken_in(state: &Exchange) -> Option<String> {
    let meeting = &state.meeting;
    if meeting.joined() > 0 && !meeting.is_running() {
        return Some("somebody is in a meeting that nobody has started".to_owned());
    }
    legs(state).find_map(|leg| broken_for(state, leg))
}

/// Once nothing is on its way to or from a call, it hears what belongs to its place, and somebody will go on.
fn broken_for(state: &Exchange, leg: LegId) -> Option<String> {
    let at = leg.number() as usize;
    let call = &state.calls[at];
    if call.moves_made() == 0 || !state.is_settled(at) {
        return None;
    }
    let place = state.meeting.place(leg);
    if matches!(place, Some(Place::Lobby | Place::Joined)) && owes_passcode(state, leg) {
        return Some(format!("call {} came in without the passcode", leg.number()));
    }
    let what = match (call.hears, place) {
        _ if call.outcome.is_some() => {
            return place
                .map(|place| format!("call {} is over and still in the {}", leg.number(), place.name()));
        }
        (Source::Conference, Some(Place::Joined)) | (Source::HoldMusic { .. }, Some(Place::Lobby)) => {
            return None;
        }
        (Source::Conference, _) => "hears the meeting and is not in it",
        (Source::HoldMusic { .. }, _) => "hears hold music and does not wait",
        (Source::Silence | Source::Prompt { .. }, Some(Place::Joined)) => {
            "is in the meeting and does not hear it"
        }
        (Source::Silence | Source::Prompt { .. }, Some(Place::Lobby | Place::Screening) | None) => {
            if call.attendant.poll_timeout().is_some() {
                return None;
            }
            "waits for nothing, for ever"
        }
    };
    Some(format!("call {} {what}", leg.number()))
}

/// What is wrong with an end, where nothing more can happen.
pub(crate) fn broken_at_end(state: &Exchange) -> Option<String> {
    let open = legs(state).find(|leg| state.calls[leg.number() as usize].is_up());
    if let Some(leg) = open {
        return Some(format!("nothing more can happen, and call {} is still up", leg.number()));
    }
    let idle = state.meeting.is_idle() && !state.meeting.is_running();
    (!idle).then(|| "every call is over, and the meeting is not".to_owned())
}

fn legs(state: &Exchange) -> impl Iterator<Item = LegId> {
    (0..u64::try_from(state.calls.len()).unwrap()).map(LegId::new)
}
