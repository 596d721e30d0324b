//! Bridges that mistake what the directory says, or what administrators did.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::control::attendant::{Found, Input, MeetingKey};
use crate::control::call::{Digits, Language, LegId};
use crate::control::event::MeetingId;
use crate::control::meeting::{self, Notice, PinVerdict};
use crate::control::pin::PinEntry;
use crate::control::policy::{OrganizerId, Terms};
use crate::control::query::DirectoryQuery;
use crate::play::world::{Envelope, Handling, Tamper};
use crate::scenario::story::{Act, Story};

use super::fault::{Fault, lose_if, notice, terms, to_meeting};

pub(super) const FAULTS: &[Fault] = &[
    Fault::hand("the PIN is not checked", "Every PIN is right.", |carried| {
        if let Some(meeting::Input::PinChecked { result, .. }) = to_meeting(carried) {
            *result = Ok(PinVerdict::Right);
        }
        Handling::Carry
    }),
    Fault::hand(
        "toll-free numbers lead to every meeting",
        "Callers of toll-free numbers come to meetings of organizers who do not allow it.",
        |carried| {
            if let Envelope::Attendant(_, Input::MeetingFound { result: Ok(Some(found)), .. }) = carried {
                found.terms.refuses_toll_free = false;
            }
            Handling::Carry
        },
    ),
    Fault::hand("no passcode is asked for", "Callers are asked for no passcode.", |carried| {
        if let Some(terms) = terms(carried) {
            terms.passcode = false;
        }
        Handling::Carry
    }),
    Fault::memory("every passcode is right", "Whatever is keyed is the passcode.", |_| {
        Tamper::new(right_passcode_if(|_, _| true))
    }),
    Fault::memory(
        "passcodes are never locked",
        "The right passcode is right while passcodes are locked.",
        |story| {
            let passcodes: Vec<_> = story.given.organizers.iter().map(|of| of.passcode).collect();
            Tamper::new(right_passcode_if(move |organizer, entry| {
                passcodes[organizer.0 as usize].is_some_and(|passcode| passcode.matches(entry))
            }))
        },
    ),
    Fault::hand(
        "a passcode that cannot be checked is a wrong one",
        "A passcode that the directory cannot check costs a try.",
        |carried| {
            if let Some((_, said)) = notice(carried)
                && *said == Notice::TryLater
            {
                *said = Notice::PasscodeRejected { tries_left: 1 };
            }
            Handling::Carry
        },
    ),
    Fault::hand("every PIN is ignored", "A keyed PIN is never answered.", |carried| {
        lose_if(matches!(carried, Envelope::Question(DirectoryQuery::CheckPin { .. })))
    }),
    Fault::memory(
        "the old PIN is still valid",
        "The PIN from before a reset still starts the meeting.",
        |story| Tamper::new(known_pins(story)),
    ),
    Fault::memory(
        "wrong PINs of an earlier call are tries of this one",
        "A new call has fewer tries because an earlier one keyed wrong PINs.",
        |_| Tamper::new(tries_of_all_calls()),
    ),
    Fault::memory(
        "one refused PIN makes all others wrong",
        "After a wrong PIN for one organizer no other organizer's is right.",
        |_| Tamper::new(refuses_the_others()),
    ),
    Fault::memory(
        "a right PIN that is locked takes longer",
        "A locked PIN entry refuses the right PIN later than a wrong one, which tells them apart.",
        |story| Tamper::new(slow_when_locked(story)),
    ),
    Fault::memory("anybody's PIN is right", "The PIN of any organizer starts every meeting.", |story| {
        Tamper::new(anybodys_pin(story))
    }),
    Fault::memory(
        "an answer is taken for one about the last PIN",
        "The verdict on one caller's PIN is given to another.",
        |_| Tamper::new(answers_the_last()),
    ),
    Fault::hand(
        "a directory that fails says no",
        "An error of the directory counts as \"unknown\" or \"wrong\".",
        |carried| {
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
        },
    ),
    Fault::hand(
        "a PIN that cannot be checked is a wrong PIN",
        "A PIN that the directory cannot check costs a try.",
        |carried| {
            if let Some((_, said)) = notice(carried)
                && *said == Notice::TryLater
            {
                *said = Notice::PinRejected { tries_left: 2 };
            }
            Handling::Carry
        },
    ),
    Fault::hand(
        "a PIN that cannot be checked is the last try",
        "A PIN that the directory cannot check ends all tries.",
        |carried| {
            if let Some((_, said)) = notice(carried)
                && *said == Notice::TryLater
            {
                *said = Notice::PinRejected { tries_left: 0 };
            }
            Handling::Carry
        },
    ),
    Fault::memory(
        "nothing is asked twice",
        "The directory is not asked again when it does not answer.",
        |_| Tamper::new(asks_once()),
    ),
    Fault::memory(
        "a PIN that is asked about again counts again",
        "A PIN that is asked about twice is counted as two wrong ones.",
        |_| Tamper::new(counts_again()),
    ),
    Fault::memory(
        "any conference ID leads to the first organizer",
        "Whatever is keyed, the caller comes to the same meeting.",
        |story| {
            let is_there = !story.given.organizers.is_empty();
            Tamper::new(move |carried: &mut Envelope| {
                if let Envelope::Question(DirectoryQuery::FindMeeting { key, .. }) = carried
                    && is_there
                {
                    *key = MeetingKey::Organizer(OrganizerId(0));
                }
                Handling::Carry
            })
        },
    ),
    Fault::memory(
        "the old conference ID still leads to its meeting",
        "The conference ID from before a reset still works.",
        |story| Tamper::new(known_ids(story)),
    ),
    Fault::memory(
        "only the first conference ID of a call is looked up",
        "After an unknown conference ID every other one is unknown in that call.",
        |_| Tamper::new(looks_up_once()),
    ),
    Fault::memory(
        "enabling removes the conference ID",
        "A user who is enabled again cannot be dialled.",
        |story| {
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
        },
    ),
    Fault::memory(
        "disabled organizers still have a meeting",
        "The conference ID of a disabled user still works.",
        |story| Tamper::new(disabled_are_found(story)),
    ),
    Fault::memory("nobody is enabled", "Enabling a user does nothing.", |story| {
        not_done(story, |act| matches!(act, Act::Enable(_)))
    }),
    Fault::memory("PIN entry is not unlocked", "Unlocking PIN entry does nothing.", |story| {
        not_done(story, |act| matches!(act, Act::Unlock(_)))
    }),
    Fault::memory("PIN entry is not locked by hand", "Locking PIN entry does nothing.", |story| {
        not_done(story, |act| matches!(act, Act::LockPin(_)))
    }),
    Fault::memory("a setting is not changed", "Changing a setting does nothing.", |story| {
        not_done(story, |act| matches!(act, Act::Set { .. }))
    }),
    Fault::memory("the administrator unlocks no meeting", "Unlocking a meeting does nothing.", |story| {
        not_done(story, |act| matches!(act, Act::UnlockMeeting(_)))
    }),
    Fault::memory("anonymous start is not allowed", "Allowing anonymous start does nothing.", |story| {
        not_done(story, |act| matches!(act, Act::AllowAnonymousStart(_, true)))
    }),
    Fault::memory("anonymous start is not forbidden", "Forbidding anonymous start does nothing.", |story| {
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

/// Answers that it is the passcode to each check of such an entry that may be one.
fn right_passcode_if(
    mut is_right: impl FnMut(OrganizerId, &PinEntry) -> bool,
) -> impl FnMut(&mut Envelope) -> Handling {
    let mut asked = BTreeSet::new();
    move |carried| {
        if let Envelope::Question(DirectoryQuery::CheckPin {
            meeting, check, organizer, secret, entry, ..
        }) = carried
            && secret.may_be_passcode()
            && is_right(*organizer, entry)
        {
            asked.insert((*meeting, *check));
        }
        if let Envelope::Meeting(meeting, meeting::Input::PinChecked { check, result: Ok(verdict), .. }) =
            carried
            && asked.contains(&(*meeting, *check))
        {
            *verdict = PinVerdict::Passcode;
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
            Envelope::Act(..) | Envelope::Listens(..) | Envelope::Outward(..) => Handling::Carry,
            Envelope::Say(..) | Envelope::Says(..) => Handling::Carry,
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

/// Every organizer has a meeting, disabled or not.
fn disabled_are_found(story: &Story) -> impl FnMut(&mut Envelope) -> Handling + use<> {
    let (known, policy) = (given_ids(story), Arc::new(story.given.policy.clone()));
    let mut asked = BTreeMap::new();
    move |carried| {
        if let Envelope::Question(DirectoryQuery::FindMeeting { leg, key, .. }) = carried {
            let organizer = match key {
                MeetingKey::ConferenceId(digits) => known.get(digits).copied(),
                MeetingKey::Organizer(organizer) => Some(*organizer),
            };
            asked.insert(*leg, organizer);
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
                passcode: false,
                refuses_toll_free: false,
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
