//! Bridges that mistake who is who, who waits, who may go in, and who is gone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::control::attendant::{Dialled, Input};
use crate::control::call::{HangupCause, Language, LegEvent, LegId, Source};
use crate::control::event::{Admission, Place};
use crate::control::meeting::{self, CallerKind, Notice, Parking};
use crate::control::policy::{KeyCommand, MeetingPolicy, ServiceNumber};
use crate::play::world::{Envelope, Handling, Tamper};

use super::fault::{Fault, ear, lose_if, notice, terms, to_meeting};

pub(super) const FAULTS: &[Fault] = &[
    Fault::hand(
        "the anonymous caller starts the meeting",
        "Meetings start without a PIN although that is forbidden.",
        |carried| {
            if let Some(terms) = terms(carried) {
                terms.anonymous_start = true;
            }
            Handling::Carry
        },
    ),
    Fault::hand(
        "no meeting starts without a PIN",
        "Meetings need a PIN although anonymous start is allowed.",
        |carried| {
            if let Some(terms) = terms(carried) {
                terms.anonymous_start = false;
            }
            Handling::Carry
        },
    ),
    Fault::hand(
        "everybody is asked for the organizer",
        "Callers of a running meeting are asked whether they are the organizer.",
        |carried| {
            if let Some((_, said)) = notice(carried)
                && *said == Notice::Proceed
            {
                *said = Notice::AskOrganizer;
            }
            Handling::Carry
        },
    ),
    Fault::memory(
        "one caller is not released",
        "The second of those who wait stays in the lobby when the meeting starts.",
        |_| Tamper::new(one_is_forgotten(Admission::Released)),
    ),
    Fault::memory(
        "the first who waits is not released",
        "The first of those who wait stays in the lobby when the meeting starts.",
        |_| Tamper::new(first_is_forgotten()),
    ),
    Fault::memory(
        "callers being asked at the start are forgotten",
        "Callers who are still being asked when the meeting starts do not join.",
        |_| Tamper::new(screening_is_forgotten()),
    ),
    Fault::hand(
        "the release comes a second late",
        "Waiting callers join a second after the start.",
        |carried| match notice(carried) {
            Some((_, Notice::Admitted(Admission::Released))) => Handling::Delay(Duration::from_secs(1)),
            Some(_) | None => Handling::Carry,
        },
    ),
    Fault::hand("released twice", "Waiting callers are let in a second time.", |carried| {
        match notice(carried) {
            Some((_, Notice::Admitted(Admission::Released))) => Handling::Repeat(Duration::from_millis(700)),
            Some(_) | None => Handling::Carry,
        }
    }),
    Fault::hand("a denial admits", "A caller whom the administrator turns away is let in.", |carried| {
        if let Some(order) = to_meeting(carried)
            && let meeting::Input::Refuse { leg } = *order
        {
            *order = meeting::Input::Admit { leg };
        }
        Handling::Carry
    }),
    Fault::hand(
        "removing one ends the meeting",
        "Removing one participant ends the meeting for all.",
        |carried| {
            if let Some(order @ meeting::Input::Remove { .. }) = to_meeting(carried) {
                *order = meeting::Input::End;
            }
            Handling::Carry
        },
    ),
    Fault::memory("admitting one admits all", "Admitting one caller lets the whole lobby in.", |_| {
        Tamper::new(admits_all())
    }),
    Fault::hand(
        "a locked meeting lets everybody in",
        "Callers of a locked meeting go straight in.",
        |carried| {
            if let Some((_, said)) = notice(carried)
                && *said == Notice::Parked(Parking::ForAdmission)
            {
                *said = Notice::Admitted(Admission::Direct);
            }
            Handling::Carry
        },
    ),
    Fault::hand(
        "waiting callers are told that the organizer is missing",
        "Callers who wait to be admitted hear that the meeting has not started.",
        |carried| {
            if let Some((_, Notice::Parked(parking))) = notice(carried) {
                *parking = Parking::ForOrganizer;
            }
            if let Some((_, Notice::LobbyTimeout { running })) = notice(carried) {
                *running = false;
            }
            Handling::Carry
        },
    ),
    Fault::hand(
        "no place is reserved for the organizer",
        "A full meeting turns its organizer away.",
        |carried| match notice(carried) {
            Some((_, said @ Notice::Admitted(Admission::Pin))) => {
                *said = Notice::Full;
                Handling::Carry
            }
            Some(_) | None => Handling::Carry,
        },
    ),
    Fault::hand(
        "any signed-in user is the organizer",
        "Every user with the client app is taken for the organizer.",
        |carried| {
            if let Some(meeting::Input::Arrive { who: CallerKind::SignedIn { organizer }, .. }) =
                to_meeting(carried)
            {
                *organizer = true;
            }
            Handling::Carry
        },
    ),
    Fault::hand(
        "no signed-in user is the organizer",
        "The organizer's client app is taken for another user's.",
        |carried| {
            if let Some(meeting::Input::Arrive { who: CallerKind::SignedIn { organizer }, .. }) =
                to_meeting(carried)
            {
                *organizer = false;
            }
            Handling::Carry
        },
    ),
    Fault::hand(
        "signed-in users are ordinary callers",
        "A user with the client app is treated as an anonymous telephone.",
        |carried| {
            if let Some(meeting::Input::Arrive { who, .. }) = to_meeting(carried) {
                *who = CallerKind::Phone;
            }
            Handling::Carry
        },
    ),
    Fault::memory(
        "hanging up in screening is not noticed",
        "The call of a caller who hangs up while being asked goes on.",
        |_| Tamper::new(hang_ups_unnoticed(Place::Screening)),
    ),
    Fault::memory(
        "hanging up in the lobby is not noticed",
        "The call of a caller who hangs up in the lobby goes on.",
        |_| Tamper::new(hang_ups_unnoticed(Place::Lobby)),
    ),
    Fault::memory(
        "callers who leave in screening keep their place",
        "A caller who hung up while being asked is still counted.",
        |_| Tamper::new(keeps_the_place(Place::Screening)),
    ),
    Fault::memory(
        "callers who leave the lobby keep their place",
        "A caller who hung up in the lobby is still counted.",
        |_| Tamper::new(keeps_the_place(Place::Lobby)),
    ),
    Fault::memory(
        "callers who leave the meeting keep their place",
        "A caller who hung up in the meeting is still counted.",
        |_| Tamper::new(keeps_the_place(Place::Joined)),
    ),
    Fault::hand(
        "a dropped line is taken for a hang-up",
        "A call that was lost is recorded as hung up.",
        |carried| {
            if let Envelope::Attendant(_, Input::Leg(LegEvent::HungUp(cause))) = carried {
                *cause = HangupCause::Caller;
            }
            Handling::Carry
        },
    ),
    Fault::hand("every number is answered", "A number that is not in service is answered.", |carried| {
        if let Envelope::Attendant(_, Input::Arrived(dialled)) = carried
            && *dialled == Dialled::UnknownNumber
        {
            *dialled = Dialled::Number(ServiceNumber::default().into());
        }
        Handling::Carry
    }),
    Fault::hand("everybody is served in English", "The number's primary language is ignored.", |carried| {
        speak(carried, |number| number.primary = Language::EnUs);
        Handling::Carry
    }),
    Fault::hand("everybody is served in German", "Every number speaks German first.", |carried| {
        speak(carried, |number| number.primary = Language::DeDe);
        Handling::Carry
    }),
    Fault::hand(
        "the last secondary language is missing",
        "The last of a number's secondary languages is not offered.",
        |carried| {
            speak(carried, |number| {
                number.secondary.pop();
            });
            Handling::Carry
        },
    ),
    Fault::hand(
        "secondary languages are in the wrong order",
        "*1 leads to the last secondary language.",
        |carried| {
            speak(carried, |number| number.secondary.reverse());
            Handling::Carry
        },
    ),
    Fault::hand(
        "every star leads to another language",
        "*1 to *4 all choose a language, whether the number has it or not.",
        |carried| {
            speak(carried, |number| number.secondary.resize(4, Language::JaJp));
            Handling::Carry
        },
    ),
    Fault::hand(
        "the end of an announcement is not noticed",
        "After one announcement the meeting hears no other.",
        |carried| lose_if(matches!(to_meeting(carried), Some(meeting::Input::AnnouncementFinished { .. }))),
    ),
    Fault::hand("recorded names are forgotten", "Names that callers recorded are not played.", |carried| {
        if let Some(meeting::Input::Enter { name_millis, .. }) = to_meeting(carried) {
            *name_millis = 0;
        }
        Handling::Carry
    }),
    Fault::hand(
        "everybody has a recorded name",
        "A name is announced for callers who recorded none.",
        |carried| {
            if let Some(meeting::Input::Enter { name_millis, .. }) = to_meeting(carried) {
                *name_millis = 700;
            }
            Handling::Carry
        },
    ),
    Fault::memory(
        "one caller does not hear the meeting's end",
        "The call of one participant goes on after the meeting has ended.",
        |_| Tamper::new(one_misses_the_end()),
    ),
    Fault::memory(
        "callers keying at the start are forgotten",
        "Callers who key something when the meeting starts stay in the lobby.",
        |_| Tamper::new(keying_is_forgotten()),
    ),
    Fault::memory(
        "later callers shorten the day",
        "A newcomer halves the longest time of the meeting.",
        |_| {
            Tamper::new(late_arrivals(|limits| {
                limits.max_length.0 = limits.max_length.0.map(|limit| limit / 2);
            }))
        },
    ),
    Fault::memory(
        "later callers extend the grace period",
        "A newcomer doubles the time after the organizer has left.",
        |_| {
            Tamper::new(late_arrivals(|limits| {
                let grace = &mut limits.grace_after_last_authenticated.0;
                *grace = grace.map(|limit| limit * 2);
            }))
        },
    ),
    Fault::memory(
        "one caller's time limit ends all waits",
        "When one caller has waited too long, all who wait are sent away.",
        |_| Tamper::new(all_waits_are_one()),
    ),
    Fault::hand(
        "only the organizer's app is signed in",
        "Other users with the client app are treated as anonymous telephones.",
        |carried| {
            if let Some(meeting::Input::Arrive { who, .. }) = to_meeting(carried)
                && *who == (CallerKind::SignedIn { organizer: false })
            {
                *who = CallerKind::Phone;
            }
            Handling::Carry
        },
    ),
    Fault::memory(
        "the lock outlives the meeting",
        "Nobody who waits for the next meeting is released if the last one was locked.",
        |_| Tamper::new(lock_outlives()),
    ),
];

fn speak(carried: &mut Envelope, change: impl FnOnce(&mut ServiceNumber)) {
    if let Envelope::Attendant(_, Input::Arrived(Dialled::Number(number))) = carried {
        let mut other = ServiceNumber::clone(number);
        change(&mut other);
        *number = other.into();
    }
}

/// The second of those who are let in together is left where they are.
fn one_is_forgotten(how: Admission) -> impl FnMut(&mut Envelope) -> Handling {
    let mut seen = 0;
    move |carried| match notice(carried) {
        Some((_, Notice::Admitted(admission))) if *admission == how => {
            seen += 1;
            lose_if(seen == 2)
        }
        Some(_) | None => Handling::Carry,
    }
}

fn first_is_forgotten() -> impl FnMut(&mut Envelope) -> Handling {
    let mut seen = false;
    move |carried| match notice(carried) {
        Some((_, Notice::Admitted(Admission::Released))) => lose_if(!std::mem::replace(&mut seen, true)),
        Some(_) | None => Handling::Carry,
    }
}

/// Those who were asked something when the meeting starts are not told.
fn screening_is_forgotten() -> impl FnMut(&mut Envelope) -> Handling {
    let mut asked = BTreeSet::new();
    move |carried| {
        if let Some(meeting::Input::Enter { leg, .. }) = to_meeting(carried) {
            asked.remove(leg);
        }
        match notice(carried) {
            Some((leg, Notice::AskOrganizer)) => {
                asked.insert(leg);
                Handling::Carry
            }
            Some((leg, Notice::Admitted(Admission::Direct))) => lose_if(asked.contains(&leg)),
            Some(_) | None => Handling::Carry,
        }
    }
}

/// All who wait join when somebody is admitted.
fn admits_all() -> impl FnMut(&mut Envelope) -> Handling {
    let mut waiting = BTreeSet::new();
    move |carried| {
        if let Some((leg, Notice::Parked(_))) = notice(carried) {
            waiting.insert(leg);
        }
        let Envelope::Meeting(meeting, meeting::Input::Admit { .. }) = carried else {
            return Handling::Carry;
        };
        let admit = |leg: &LegId| Envelope::Meeting(*meeting, meeting::Input::Admit { leg: *leg });
        Handling::With(waiting.iter().map(admit).collect())
    }
}

/// Where each leg is, as its notices tell.
#[derive(Default)]
struct Places(BTreeMap<LegId, Place>);

impl Places {
    fn watch(&mut self, carried: &mut Envelope) {
        match notice(carried) {
            Some((leg, Notice::Parked(_))) => self.0.insert(leg, Place::Lobby),
            Some((leg, Notice::Admitted(_))) => self.0.insert(leg, Place::Joined),
            Some(_) | None => None,
        };
    }

    fn is(&self, leg: LegId, place: Place) -> bool {
        *self.0.get(&leg).unwrap_or(&Place::Screening) == place
    }
}

/// A caller who hangs up there stays on the line as far as the bridge knows.
fn hang_ups_unnoticed(place: Place) -> impl FnMut(&mut Envelope) -> Handling {
    let mut places = Places::default();
    move |carried| {
        places.watch(carried);
        lose_if(
            matches!(carried, Envelope::Attendant(leg, Input::Leg(LegEvent::HungUp(_))) if places.is(*leg, place)),
        )
    }
}

/// A caller who leaves from there is still counted.
fn keeps_the_place(place: Place) -> impl FnMut(&mut Envelope) -> Handling {
    let mut places = Places::default();
    move |carried| {
        places.watch(carried);
        lose_if(matches!(to_meeting(carried), Some(meeting::Input::Leave { leg }) if places.is(*leg, place)))
    }
}

fn one_misses_the_end() -> impl FnMut(&mut Envelope) -> Handling {
    let mut seen = false;
    move |carried| match notice(carried) {
        Some((_, Notice::Ended(_))) => lose_if(!std::mem::replace(&mut seen, true)),
        Some(_) | None => Handling::Carry,
    }
}

/// Nobody who waits for a meeting that was ever locked is released.
fn lock_outlives() -> impl FnMut(&mut Envelope) -> Handling {
    let mut locked = BTreeSet::new();
    let mut arrived = BTreeMap::new();
    move |carried| {
        if let Envelope::Meeting(meeting, input) = carried {
            let locks = matches!(
                input,
                meeting::Input::SetLocked { locked: true }
                    | meeting::Input::Command { command: KeyCommand::Lock, .. }
            );
            if locks {
                locked.insert(*meeting);
            }
            if let meeting::Input::Arrive { leg, .. } = input {
                arrived.insert(*leg, *meeting);
            }
        }
        match notice(carried) {
            Some((leg, Notice::Admitted(Admission::Released))) => {
                lose_if(arrived.get(&leg).is_some_and(|meeting| locked.contains(meeting)))
            }
            Some(_) | None => Handling::Carry,
        }
    }
}

/// Who comes to a meeting that has started brings other limits along.
fn late_arrivals(change: fn(&mut MeetingPolicy)) -> impl FnMut(&mut Envelope) -> Handling {
    let mut started = false;
    move |carried| {
        started |= matches!(notice(carried), Some((_, Notice::Admitted(_))));
        if let Some(meeting::Input::Arrive { terms, .. }) = to_meeting(carried)
            && started
        {
            change(&mut Arc::make_mut(&mut terms.policy).meeting);
        }
        Handling::Carry
    }
}

/// A caller who is not listening to the music when the meeting starts is left behind.
fn keying_is_forgotten() -> impl FnMut(&mut Envelope) -> Handling {
    let mut listening = BTreeSet::new();
    move |carried| {
        if let Some((leg, source)) = ear(carried) {
            if matches!(source, Source::HoldMusic { .. }) {
                listening.insert(leg);
            } else {
                listening.remove(&leg);
            }
        }
        match notice(carried) {
            Some((leg, Notice::Admitted(Admission::Released))) => lose_if(!listening.contains(&leg)),
            Some(_) | None => Handling::Carry,
        }
    }
}

/// A caller who hung up goes on waiting, and all who wait are sent away when that wait is over.
fn all_waits_are_one() -> impl FnMut(&mut Envelope) -> Handling {
    let mut places = Places::default();
    move |carried| {
        places.watch(carried);
        if let Some(meeting::Input::Leave { leg }) = to_meeting(carried) {
            return lose_if(places.is(*leg, Place::Lobby));
        }
        match notice(carried) {
            Some((leg, said @ Notice::LobbyTimeout { .. })) => {
                let waiting =
                    places.0.iter().filter(|(other, place)| **other != leg && **place == Place::Lobby);
                let over =
                    |(other, _): (&LegId, &Place)| Envelope::Attendant(*other, Input::Notice(said.clone()));
                Handling::With(waiting.map(over).collect())
            }
            Some(_) | None => Handling::Carry,
        }
    }
}
