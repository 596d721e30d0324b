//! The events that a check under `then` counts.

use crate::control::call::Source;
use crate::control::event::{
    AccountEvent, AdminEvent, Admission, CallEvent, Event, MeetingEvent, MeetingId, Place, WebhookEvent,
};
use crate::control::policy::OrganizerId;
use crate::leg::log::Entry;
use crate::scenario::check::{CallFact, Check, MeetingFact, OrganizerFact, Predicate, Subject};

use super::event_text::EventText;

/// Returns whether the check looks at this entry.
pub(super) fn counts(check: &Check, event_text: &EventText<'_>, entry: &Entry) -> bool {
    let other = match &check.predicate {
        Predicate::ComeBefore(other) | Predicate::ComeWithin(_, other) => Some(*other),
        Predicate::IsOneOf(_) | Predicate::IsBetween(_) | Predicate::Never => None,
    };
    match (&check.subject, entry) {
        (Subject::When(signal), Entry::Signal { signal: given, .. }) => {
            given == signal || Some(*given) == other
        }
        (Subject::Meeting(of, fact), Entry::Event(event)) => {
            event.meeting() == Some(MeetingId(u32::from(of.0))) && of_meeting(*fact, *event)
        }
        (Subject::Call(parts, fact), Entry::Event(event)) => {
            let part = event.leg().and_then(|leg| event_text.part(leg));
            part.is_some_and(|part| parts.contains(&part)) && of_call(*fact, *event)
        }
        (Subject::Organizer(of, fact), Entry::Event(Event::Account(event))) => {
            of_account(OrganizerId(u32::from(of.0)), *fact, *event)
        }
        (Subject::Calls, Entry::Event(Event::Call(event))) => {
            matches!(event, CallEvent::Called { .. } | CallEvent::Finished { .. })
        }
        (Subject::Webhook(of, _), Entry::Event(event)) => WebhookEvent::of(*event).any(|told| told == *of),
        (Subject::When(_) | Subject::Meeting(..) | Subject::Call(..) | Subject::Webhook(..), _) => false,
        (Subject::Organizer(..) | Subject::Calls, _) => false,
    }
}

fn of_meeting(fact: MeetingFact, event: Event) -> bool {
    let Event::Meeting(event) = event else { return false };
    let left = |from| matches!(event, MeetingEvent::Left { place, .. } if place == from);
    let joined = |how| matches!(event, MeetingEvent::Joined { admission, .. } if admission == how);
    match fact {
        MeetingFact::StartedBy | MeetingFact::Starts => matches!(event, MeetingEvent::Started { .. }),
        MeetingFact::Lobby | MeetingFact::LobbyPeak | MeetingFact::MusicPositions => {
            let released = joined(Admission::Released) || joined(Admission::Admitted);
            matches!(event, MeetingEvent::Parked { .. }) || released || left(Place::Lobby)
        }
        MeetingFact::Joined | MeetingFact::JoinedPeak => {
            matches!(event, MeetingEvent::Joined { .. }) || left(Place::Joined)
        }
        MeetingFact::Released => joined(Admission::Released),
        MeetingFact::Admitted => joined(Admission::Admitted),
        MeetingFact::EndedBy => matches!(event, MeetingEvent::Ended { .. }),
    }
}

fn of_call(fact: CallFact, event: Event) -> bool {
    match (fact, event) {
        (CallFact::Outcome, Event::Call(event)) => {
            matches!(event, CallEvent::Called { .. } | CallEvent::Finished { .. })
        }
        (CallFact::MusicStarts | CallFact::MusicRestarts, Event::Call(event)) => {
            matches!(event, CallEvent::Hears { source: Source::HoldMusic { .. }, .. })
        }
        (CallFact::Keys, Event::Call(event)) => matches!(event, CallEvent::Key { .. }),
        (CallFact::Admissions, Event::Meeting(event)) => matches!(event, MeetingEvent::Joined { .. }),
        (CallFact::PinsRefused, Event::Meeting(event)) => matches!(event, MeetingEvent::PinRefused { .. }),
        (CallFact::Outcome | CallFact::MusicStarts | CallFact::MusicRestarts, _) => false,
        (CallFact::Keys | CallFact::Admissions | CallFact::PinsRefused, _) => false,
    }
}

fn of_account(of: OrganizerId, fact: OrganizerFact, event: AccountEvent) -> bool {
    match event {
        AccountEvent::Administered { organizer, act } if organizer == of => match fact {
            OrganizerFact::PinDigits => matches!(act, AdminEvent::PinReset | AdminEvent::Enabled),
            OrganizerFact::LockedOut | OrganizerFact::Lockouts | OrganizerFact::WrongPins => {
                matches!(act, AdminEvent::Locked | AdminEvent::Unlocked | AdminEvent::PinReset)
            }
        },
        AccountEvent::PinChecked { organizer, right, .. } if organizer == of => {
            !right && fact == OrganizerFact::WrongPins
        }
        AccountEvent::LockedOut { organizer, .. } if organizer == of => fact != OrganizerFact::PinDigits,
        AccountEvent::Administered { .. }
        | AccountEvent::PinChecked { .. }
        | AccountEvent::LockedOut { .. } => false,
        AccountEvent::PasscodeChecked { .. } | AccountEvent::PasscodeLockedOut { .. } => false,
    }
}
