//! Bridges that mistake what the directory says, or what administrators did.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use attendant::control::attendant::{Found, Input, MeetingKey};
use attendant::control::call::{Digits, Language, LegId};
use attendant::control::event::MeetingId;
use attendant::control::meeting::{self, Notice, PinVerdict};
use attendant::control::pin::PinEntry;
use attendant::control::policy::{OrganizerId, Terms};
use attendant::control::query::DirectoryQuery;
use attendant::play::world::{Envelope, Handling, Tamper};
use attendant::scenario::story::{Act, Story};

use super::{Bridge, lose_if, notice, to_meeting};

pub(super) const BRIDGES: &[Bridge] = &[
    Bridge::hand("the PIN is not checked", |carried| {
        if let Some(meeting::Input::PinChecked { result, .. }) = to_meeting(carried) {
            *result = Ok(PinVerdict::Right);
        }
        Handling::Carry
    }),
    Bridge::hand("every PIN is ignored", |carried| {
        lose_if(matches!(carried, Envelope::Question(DirectoryQuery::CheckPin { .. })))
    }),
    Bridge::memory("the old PIN is still valid", |story| Tamper::new(known_pins(story))),
    Bridge::memory("wrong PINs of an earlier call are tries of this one", |_| {
        Tamper::new(tries_of_all_calls())
    }),
    Bridge::memory("one refused PIN makes all others wrong", |_| Tamper::new(refuses_the_others())),
    Bridge::memory("a right PIN that is locked takes longer", |story| Tamper::new(slow_when_locked(story))),
    Bridge::memory("anybody's PIN is right", |story| Tamper::new(anybodys_pin(story))),
    Bridge::memory("an answer is taken for one about the last PIN", |_| Tamper::new(answers_the_last())),
    Bridge::hand("a directory that fails says no", |carried| {
        if let Envelope::Attendant(_, Input::MeetingFound { result, .. }) = carried
            && result.is_err()
        {
            *result = Ok(None);
        }
        if let Some(meeting::Input::PinChecked { result, .. }) = to_meeting(carried)
            && result.is_err()
        {
            *result = Ok(PinVerdict::Wrong);
        }
        Handling::Carry
    }),
    Bridge::hand("a PIN that cannot be checked is a wrong PIN", |carried| {
        if let Some((_, said)) = notice(carried)
            && *said == Notice::TryLater
        {
            *said = Notice::PinRejected { tries_left: 2 };
        }
        Handling::Carry
    }),
    Bridge::hand("a PIN that cannot be checked is the last try", |carried| {
        if let Some((_, said)) = notice(carried)
            && *said == Notice::TryLater
        {
            *said = Notice::PinRejected { tries_left: 0 };
        }
        Handling::Carry
    }),
    Bridge::memory("nothing is asked twice", |_| Tamper::new(asks_once())),
    Bridge::memory("a PIN that is asked about again counts again", |_| Tamper::new(counts_again())),
    Bridge::hand("any conference ID leads to the first organizer", |carried| {
        if let Envelope::Question(DirectoryQuery::FindMeeting { key, .. }) = carried {
            *key = MeetingKey::Organizer(OrganizerId(0));
        }
        Handling::Carry
    }),
    Bridge::memory("the old conference ID still leads to its meeting", |story| Tamper::new(known_ids(story))),
    Bridge::memory("only the first conference ID of a call is looked up", |_| Tamper::new(looks_up_once())),
    Bridge::memory("enabling removes the conference ID", |story| {
        let enables = acts(story, |act| matches!(act, Act::Enable(_)));
        let mut done = false;
        Tamper::new(move |carried: &mut Envelope| {
            done |= matches!(carried, Envelope::Act(_, act) if enables.contains(&act.0));
            if let Envelope::Attendant(_, Input::MeetingFound { result, .. }) = carried
                && done
            {
                *result = Ok(None);
            }
            Handling::Carry
        })
    }),
    Bridge::memory("disabled organizers still have a meeting", |story| {
        Tamper::new(disabled_are_found(story))
    }),
    Bridge::memory("nobody is enabled", |story| not_done(story, |act| matches!(act, Act::Enable(_)))),
    Bridge::memory("PIN entry is not unlocked", |story| not_done(story, |act| matches!(act, Act::Unlock(_)))),
    Bridge::memory("PIN entry is not locked by hand", |story| {
        not_done(story, |act| matches!(act, Act::LockPin(_)))
    }),
    Bridge::memory("a setting is not changed", |story| not_done(story, |act| matches!(act, Act::Set { .. }))),
    Bridge::memory("the administrator unlocks no meeting", |story| {
        not_done(story, |act| matches!(act, Act::UnlockMeeting(_)))
    }),
    Bridge::memory("anonymous start is not allowed", |story| {
        not_done(story, |act| matches!(act, Act::AllowAnonymousStart(_, true)))
    }),
    Bridge::memory("anonymous start is not forbidden", |story| {
        not_done(story, |act| matches!(act, Act::AllowAnonymousStart(_, false)))
    }),
];

/// The places of a story's acts of a kind.
fn acts(story: &Story, is_meant: fn(&Act) -> bool) -> BTreeSet<u16> {
    (0..).zip(&story.acts).filter(|(_, act)| is_meant(act)).map(|(place, _)| place).collect()
}

/// What administrators do of a kind is not done.
fn not_done(story: &Story, is_meant: fn(&Act) -> bool) -> Tamper {
    let lost = acts(story, is_meant);
    Tamper::new(move |carried: &mut Envelope| {
        lose_if(matches!(carried, Envelope::Act(_, act) if lost.contains(&act.0)))
    })
}

/// Answers Right to each check of such an entry.
fn right_if(
    mut is_right: impl FnMut(OrganizerId, &PinEntry) -> bool,
) -> impl FnMut(&mut Envelope) -> Handling {
    let mut asked = BTreeMap::new();
    move |carried| {
        if let Envelope::Question(DirectoryQuery::CheckPin { meeting, check, organizer, entry, .. }) = carried
        {
            asked.insert((*meeting, *check), is_right(*organizer, entry));
        }
        if let Envelope::Meeting(meeting, meeting::Input::PinChecked { check, result, .. }) = carried
            && asked.get(&(*meeting, *check)) == Some(&true)
        {
            *result = Ok(PinVerdict::Right);
        }
        Handling::Carry
    }
}

/// The PIN that each organizer was given at first is right whatever was reset.
fn known_pins(story: &Story) -> impl FnMut(&mut Envelope) -> Handling + use<> {
    let pins: Vec<_> = story.given.organizers.iter().map(|organizer| organizer.pin).collect();
    right_if(move |organizer, entry| pins[organizer.0 as usize].is_some_and(|pin| pin.matches(entry)))
}

/// Any organizer's PIN is right.
fn anybodys_pin(story: &Story) -> impl FnMut(&mut Envelope) -> Handling + use<> {
    let pins: Vec<_> = story.given.organizers.iter().filter_map(|organizer| organizer.pin).collect();
    right_if(move |_, entry| pins.iter().any(|pin| pin.matches(entry)))
}

/// Each wrong PIN takes a try from every call.
fn tries_of_all_calls() -> impl FnMut(&mut Envelope) -> Handling {
    let mut wrong = 0_u8;
    move |carried| {
        if let Some((_, Notice::PinRejected { tries_left })) = notice(carried) {
            wrong = wrong.saturating_add(1);
            *tries_left = (*tries_left).min(3_u8.saturating_sub(wrong));
        }
        Handling::Carry
    }
}

/// Every answer of the directory is taken for an answer to the caller who keyed a PIN last.
fn answers_the_last() -> impl FnMut(&mut Envelope) -> Handling {
    let mut last = BTreeMap::new();
    move |carried| {
        if let Envelope::Question(DirectoryQuery::CheckPin { meeting, check, leg, .. }) = carried {
            last.insert(*meeting, (*check, *leg));
        }
        if let Envelope::Meeting(meeting, meeting::Input::PinChecked { check, leg, .. }) = carried
            && let Some(keyed) = last.get(meeting)
        {
            (*check, *leg) = *keyed;
        }
        Handling::Carry
    }
}

/// After a wrong PIN for one organizer no other organizer's is right.
fn refuses_the_others() -> impl FnMut(&mut Envelope) -> Handling {
    let mut refused = BTreeSet::new();
    move |carried| {
        if let Envelope::Meeting(meeting, meeting::Input::PinChecked { result, .. }) = carried {
            if *result == Ok(PinVerdict::Wrong) {
                refused.insert(*meeting);
            } else if refused.iter().any(|other| other != meeting) {
                *result = Ok(PinVerdict::Wrong);
            }
        }
        Handling::Carry
    }
}

/// A PIN that is refused although it is the organizer's is refused a little later than others.
fn slow_when_locked(story: &Story) -> impl FnMut(&mut Envelope) -> Handling + use<> {
    let pins: Vec<_> = story.given.organizers.iter().map(|organizer| organizer.pin).collect();
    let mut asked = BTreeMap::new();
    move |carried| {
        if let Envelope::Question(DirectoryQuery::CheckPin { meeting, check, organizer, entry, .. }) = carried
        {
            let own = pins[organizer.0 as usize].is_some_and(|pin| pin.matches(entry));
            asked.insert((*meeting, *check), own);
        }
        match carried {
            Envelope::Meeting(
                meeting,
                meeting::Input::PinChecked { check, result: Ok(PinVerdict::Wrong), .. },
            ) if asked.get(&(*meeting, *check)) == Some(&true) => Handling::Delay(Duration::from_millis(20)),
            Envelope::Meeting(..) | Envelope::Attendant(..) | Envelope::Caller(..) | Envelope::Report(..) => {
                Handling::Carry
            }
            Envelope::Question(_) | Envelope::Dial(..) | Envelope::HangUp(..) => Handling::Carry,
            Envelope::Act(..) | Envelope::Listens(..) => Handling::Carry,
        }
    }
}

/// A question that is asked once more never reaches the directory, and no answer to it comes.
fn asks_once() -> impl FnMut(&mut Envelope) -> Handling {
    let (mut checks, mut legs) = (BTreeSet::new(), BTreeMap::new());
    move |carried| {
        let Envelope::Question(asked) = carried else {
            if let Envelope::Attendant(leg, Input::MeetingFound { result: Ok(_), .. }) = carried {
                legs.remove(leg);
            }
            return Handling::Carry;
        };
        match *asked {
            DirectoryQuery::CheckPin { meeting, check, .. } => lose_if(!checks.insert((meeting, check))),
            DirectoryQuery::FindMeeting { leg, .. } => {
                let times: &mut u32 = legs.entry(leg).or_default();
                *times += 1;
                lose_if(*times > 1)
            }
            DirectoryQuery::Terms { .. } => Handling::Carry,
        }
    }
}

/// A check that is asked again looks like another one to the directory.
fn counts_again() -> impl FnMut(&mut Envelope) -> Handling {
    let mut checks = BTreeSet::new();
    move |carried| {
        if let Envelope::Question(DirectoryQuery::CheckPin { meeting, check, leg, .. }) = carried
            && !checks.insert((*meeting, *check))
        {
            *leg = LegId::new(LegId::MAX - checks.len() as u64);
        }
        Handling::Carry
    }
}

/// The conference IDs that organizers were given at first.
fn given_ids(story: &Story) -> BTreeMap<Digits, OrganizerId> {
    let given = (0..).zip(&story.given.organizers);
    given
        .filter_map(|(id, organizer)| {
            Some((Digits::from_symbols(organizer.conference_id.as_ref()?)?, OrganizerId(id)))
        })
        .collect()
}

/// The conference ID that each organizer was given at first leads to them whatever was reset.
fn known_ids(story: &Story) -> impl FnMut(&mut Envelope) -> Handling + use<> {
    let known = given_ids(story);
    move |carried| {
        if let Envelope::Question(DirectoryQuery::FindMeeting { key, .. }) = carried
            && let MeetingKey::ConferenceId(digits) = key
            && let Some(organizer) = known.get(digits)
        {
            *key = MeetingKey::Organizer(*organizer);
        }
        Handling::Carry
    }
}

/// Every conference ID has a meeting, disabled or not.
fn disabled_are_found(story: &Story) -> impl FnMut(&mut Envelope) -> Handling + use<> {
    let (known, policy) = (given_ids(story), Arc::new(story.given.policy.clone()));
    let mut asked = BTreeMap::new();
    move |carried| {
        if let Envelope::Question(DirectoryQuery::FindMeeting {
            leg,
            key: MeetingKey::ConferenceId(digits),
            ..
        }) = carried
        {
            asked.insert(*leg, known.get(digits).copied());
        }
        if let Envelope::Attendant(leg, Input::MeetingFound { result, .. }) = carried
            && let Some(Some(organizer)) = asked.get(leg)
            && *result == Ok(None)
        {
            let terms = Terms {
                organizer: *organizer,
                version: 0,
                enabled: true,
                anonymous_start: false,
                language: Language::EnUs,
                policy: Arc::clone(&policy),
            };
            *result = Ok(Some(Found { meeting: MeetingId(organizer.0), terms }));
        }
        Handling::Carry
    }
}

/// Whatever is keyed after an unknown conference ID is unknown.
fn looks_up_once() -> impl FnMut(&mut Envelope) -> Handling {
    let mut unknown = BTreeSet::new();
    move |carried| {
        if let Envelope::Attendant(leg, Input::MeetingFound { result, .. }) = carried {
            if *result == Ok(None) {
                unknown.insert(*leg);
            } else if unknown.contains(leg) {
                *result = Ok(None);
            }
        }
        Handling::Carry
    }
}
