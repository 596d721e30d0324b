//! Bridges that mistake what callers key.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::control::attendant::Input;
use crate::control::call::{Digit, LegEvent, LegId, Prompt, Source};
use crate::control::event::Admission;
use crate::control::meeting::{self, Notice};
use crate::control::policy::KeyCommand;
use crate::play::world::{Envelope, Handling, Tamper};

use super::fault::{Fault, ear, key, lose_if, notice, to_meeting};

pub(super) const FAULTS: &[Fault] = &[
    Fault::hand("each key is taken twice", "Each pressed key counts as two.", |carried| match key(carried) {
        Some(_) => Handling::Repeat(Duration::from_millis(40)),
        None => Handling::Carry,
    }),
    Fault::memory(
        "keys during a prompt are lost",
        "What is keyed while a prompt plays is not taken.",
        |_| Tamper::new(deaf_while(|source| matches!(source, Source::Prompt { .. }))),
    ),
    Fault::memory(
        "keys during the music are lost",
        "What is keyed while hold music plays is not taken.",
        |_| Tamper::new(deaf_while(|source| matches!(source, Source::HoldMusic { .. }))),
    ),
    Fault::memory(
        "two equal keys at once are one",
        "The second of two equal digits in a row is dropped.",
        |_| Tamper::new(equal_keys_are_one()),
    ),
    Fault::memory("a bounced pound key counts", "A # that the line doubles ends the next entry too.", |_| {
        Tamper::new(bounces_late())
    }),
    Fault::memory(
        "a bounced star is part of the PIN",
        "A * that the line doubles is taken for a digit of the PIN.",
        |_| Tamper::new(bounced_star_counts()),
    ),
    Fault::memory(
        "a pound key alone is a PIN",
        "# without digits is checked as a PIN, and costs a try.",
        |_| Tamper::new(pound_is_a_pin()),
    ),
    Fault::memory(
        "a thirteenth digit is dropped",
        "An entry that is too long counts as its first twelve digits.",
        |_| Tamper::new(twelve_digits()),
    ),
    Fault::memory(
        "no key is kept while the directory is asked",
        "Keys that are pressed while the directory is asked are lost.",
        |_| Tamper::new(kept_ahead(0)),
    ),
    Fault::memory(
        "thirty-one keys are kept while the directory is asked",
        "One key fewer is kept than may be pressed ahead.",
        |_| Tamper::new(kept_ahead(31)),
    ),
    Fault::memory(
        "the last key comes first",
        "Keys that are pressed ahead are taken in the wrong order.",
        |_| Tamper::new(second_key_first()),
    ),
    Fault::memory("any key in the lobby is the star", "Every key in the lobby asks for the PIN.", |_| {
        Tamper::new(any_key_is_the_star())
    }),
    Fault::memory(
        "a digit in the meeting needs no star",
        "A digit alone gives a command in the meeting.",
        |_| Tamper::new(star_before()),
    ),
    Fault::hand("*3 counts the caller too", "The roll call counts the caller among the others.", |carried| {
        if let Some((_, Notice::RollCall { others, .. })) = notice(carried) {
            *others += 1;
        }
        Handling::Carry
    }),
    Fault::hand(
        "*3 counts to twenty and no further",
        "The roll call says twenty where there are more.",
        |carried| {
            if let Some((_, Notice::RollCall { others, .. })) = notice(carried) {
                *others = (*others).min(20);
            }
            Handling::Carry
        },
    ),
    Fault::hand("*3 leaves the names out", "The roll call does not play the recorded names.", |carried| {
        if let Some((_, Notice::RollCall { names, .. })) = notice(carried) {
            *names = Box::default();
        }
        Handling::Carry
    }),
    Fault::hand("*5 does nothing", "The key to raise a hand is ignored.", |carried| {
        lose_command(carried, KeyCommand::Hand)
    }),
    Fault::hand("*7 does nothing", "The key to lock the meeting is ignored.", |carried| {
        lose_command(carried, KeyCommand::Lock)
    }),
    Fault::hand("*8 admits nobody", "The key to admit the lobby is ignored.", |carried| {
        lose_command(carried, KeyCommand::AdmitAll)
    }),
    Fault::hand("*9 does nothing", "The key to turn announcements off is ignored.", |carried| {
        lose_command(carried, KeyCommand::Announcements)
    }),
    Fault::hand(
        "the key to end the meeting does nothing",
        "The meeting goes on although its organizer ends it.",
        |carried| lose_command(carried, KeyCommand::End),
    ),
    Fault::hand(
        "the key to remove the last participant does nothing",
        "Whoever joined last stays in the meeting.",
        |carried| lose_command(carried, KeyCommand::RemoveLast),
    ),
    Fault::hand("every recording is stopped", "A meeting is not recorded, whoever starts that.", |carried| {
        if let Some(meeting::Input::SetRecording { on }) = to_meeting(carried) {
            *on = false;
        }
        lose_command(carried, KeyCommand::Record)
    }),
    Fault::hand(
        "who joins does not hear of the recording",
        "Whoever joins a recorded meeting is not told so.",
        |carried| lose_if(notice(carried).is_some_and(|(_, said)| *said == Notice::IsRecorded)),
    ),
    Fault::hand(
        "admitting by key denies",
        "An organizer who keys 1 for a caller in the lobby turns that caller away.",
        |carried| {
            if let Some(meeting::Input::Decide { admit, .. }) = to_meeting(carried) {
                *admit = !*admit;
            }
            Handling::Carry
        },
    ),
    Fault::hand(
        "an answer that comes too late is taken",
        "An organizer is told that somebody was admitted or denied who had gone.",
        |carried| {
            if let Some((_, said)) = notice(carried)
                && *said == Notice::Denied
            {
                *said = Notice::Done;
            }
            Handling::Carry
        },
    ),
    Fault::hand(
        "the key to hang up does nothing",
        "A caller who leaves by key stays in the meeting.",
        |carried| lose_command(carried, KeyCommand::HangUp),
    ),
    Fault::memory("*4 mutes and never unmutes", "The second *4 of an organizer does nothing.", |_| {
        Tamper::new(mutes_all_once())
    }),
    Fault::hand("mute is taken for unmute", "A caller who mutes is told the opposite.", |carried| {
        if let Some((_, Notice::Muted { muted, .. })) = notice(carried) {
            *muted = !*muted;
        }
        Handling::Carry
    }),
    Fault::hand(
        "*4 is heard as one's own mute",
        "Callers whom the organizer mutes are told that they muted themselves.",
        |carried| {
            if let Some((_, Notice::Muted { by_organizer, .. })) = notice(carried) {
                *by_organizer = false;
            }
            Handling::Carry
        },
    ),
    Fault::memory(
        "a caller who keys a command is the organizer",
        "Every participant may give the organizer's commands.",
        |_| Tamper::new(commands_of_the_organizer()),
    ),
    Fault::memory(
        "*8 admits only those who wait already",
        "Later arrivals wait although the organizer has admitted everybody.",
        |_| Tamper::new(forgets_to_admit()),
    ),
];

fn lose_command(carried: &mut Envelope, lost: KeyCommand) -> Handling {
    let is_lost = |input: &mut meeting::Input| matches!(input, meeting::Input::Command { command, .. } if *command == lost);
    lose_if(to_meeting(carried).is_some_and(is_lost))
}

/// Loses the keys of callers who hear such a thing.
fn deaf_while(deafens: fn(Source) -> bool) -> impl FnMut(&mut Envelope) -> Handling {
    let mut deaf = BTreeSet::new();
    move |carried| {
        if let Some((leg, source)) = ear(carried) {
            if deafens(source) {
                deaf.insert(leg);
            } else {
                deaf.remove(&leg);
            }
        }
        lose_if(key(carried).is_some_and(|(leg, _)| deaf.contains(&leg)))
    }
}

/// A key that directly follows the same key is not a key.
fn equal_keys_are_one() -> impl FnMut(&mut Envelope) -> Handling {
    let mut last: Option<(LegId, Digit)> = None;
    move |carried| {
        let now = key(carried);
        let again = now.is_some() && now == last;
        last = now;
        lose_if(again)
    }
}

/// A pound key that the line doubles comes so late that nobody takes it for the same.
fn bounces_late() -> impl FnMut(&mut Envelope) -> Handling {
    let mut last = None;
    move |carried| {
        let Some(now) = key(carried) else { return Handling::Carry };
        if last.replace(now) == Some(now) && now.1 == Digit::POUND {
            return Handling::Delay(Duration::from_millis(150));
        }
        Handling::Carry
    }
}

/// A star that the line doubles is taken for a digit the second time.
fn bounced_star_counts() -> impl FnMut(&mut Envelope) -> Handling {
    let mut last = None;
    move |carried| {
        let Some(now) = key(carried) else { return Handling::Carry };
        if last.replace(now) == Some(now) && now.1 == Digit::STAR {
            *carried = pressed(now.0, Digit::from_symbol('0').expect("a key has a symbol"));
        }
        Handling::Carry
    }
}

/// A caller who is asked for the PIN and keys only the pound key has keyed a zero.
fn pound_is_a_pin() -> impl FnMut(&mut Envelope) -> Handling {
    let mut asked = BTreeSet::new();
    move |carried| {
        if let Some((leg, Source::Prompt { prompt: Prompt::EnterPin, .. })) = ear(carried) {
            asked.insert(leg);
        }
        let Some((leg, digit)) = key(carried) else { return Handling::Carry };
        if asked.remove(&leg) && digit == Digit::POUND {
            *carried = pressed(leg, Digit::from_symbol('0').expect("a key has a symbol"));
            return Handling::With(vec![pressed(leg, Digit::POUND)]);
        }
        Handling::Carry
    }
}

/// An entry takes twelve digits and no more.
fn twelve_digits() -> impl FnMut(&mut Envelope) -> Handling {
    let mut digits: BTreeMap<LegId, u32> = BTreeMap::new();
    move |carried| {
        let Some((leg, key)) = key(carried) else { return Handling::Carry };
        let so_far = digits.entry(leg).or_default();
        *so_far = if key.number().is_some() { *so_far + 1 } else { 0 };
        lose_if(*so_far > 12)
    }
}

/// Keeps only so many keys while the directory is asked.
fn kept_ahead(room: u32) -> impl FnMut(&mut Envelope) -> Handling {
    let mut kept: BTreeMap<LegId, u32> = BTreeMap::new();
    move |carried| {
        if let Envelope::Question(asked) = carried {
            kept.entry(asked.leg()).or_insert(0);
        }
        if let Envelope::Attendant(leg, Input::MeetingFound { .. } | Input::Notice(_)) = carried {
            kept.remove(leg);
        }
        let Some((leg, _)) = key(carried) else { return Handling::Carry };
        let Some(so_far) = kept.get_mut(&leg) else { return Handling::Carry };
        *so_far += 1;
        lose_if(*so_far > room)
    }
}

/// Of the keys that come while the directory is asked, the first waits for the second.
fn second_key_first() -> impl FnMut(&mut Envelope) -> Handling {
    let mut open: BTreeMap<LegId, Option<Digit>> = BTreeMap::new();
    move |carried| {
        if let Envelope::Question(asked) = carried {
            open.insert(asked.leg(), None);
        }
        if let Envelope::Attendant(leg, Input::MeetingFound { .. } | Input::Notice(_)) = carried {
            open.remove(leg);
        }
        let Some((leg, digit)) = key(carried) else { return Handling::Carry };
        match open.get_mut(&leg) {
            Some(first) => match first.take() {
                Some(first) => Handling::With(vec![pressed(leg, first)]),
                None => {
                    *first = Some(digit);
                    Handling::Lose
                }
            },
            None => Handling::Carry,
        }
    }
}

fn pressed(leg: LegId, key: Digit) -> Envelope {
    Envelope::Attendant(leg, Input::Leg(LegEvent::Digit(key)))
}

/// Whatever is keyed while music is heard is a star.
fn any_key_is_the_star() -> impl FnMut(&mut Envelope) -> Handling {
    let mut hears: BTreeMap<LegId, Source> = BTreeMap::new();
    move |carried| {
        if let Some((leg, source)) = ear(carried) {
            hears.insert(leg, source);
        }
        if let Some((leg, _)) = key(carried)
            && matches!(hears.get(&leg), Some(Source::HoldMusic { .. }))
        {
            *carried = pressed(leg, Digit::STAR);
        }
        Handling::Carry
    }
}

/// In the meeting a digit alone is a command.
fn star_before() -> impl FnMut(&mut Envelope) -> Handling {
    let mut hears: BTreeMap<LegId, Source> = BTreeMap::new();
    move |carried| {
        if let Some((leg, source)) = ear(carried) {
            hears.insert(leg, source);
        }
        match key(carried) {
            Some((leg, digit)) if digit != Digit::STAR && hears.get(&leg) == Some(&Source::Conference) => {
                *carried = pressed(leg, Digit::STAR);
                Handling::With(vec![pressed(leg, digit)])
            }
            Some(_) | None => Handling::Carry,
        }
    }
}

/// Every command is taken for the organizer's.
fn commands_of_the_organizer() -> impl FnMut(&mut Envelope) -> Handling {
    let mut organizer = None;
    move |carried| {
        if let Some((leg, Notice::Admitted(Admission::Pin | Admission::Client))) = notice(carried) {
            organizer = Some(leg);
        }
        if let (Some(meeting::Input::Command { leg, .. }), Some(organizer)) = (to_meeting(carried), organizer)
        {
            *leg = organizer;
        }
        Handling::Carry
    }
}

/// Who comes after *8 waits: the caller is told so, whatever the meeting said.
fn forgets_to_admit() -> impl FnMut(&mut Envelope) -> Handling {
    let mut admitted = false;
    move |carried| {
        if let Some(meeting::Input::Command { command: KeyCommand::AdmitAll, .. }) = to_meeting(carried) {
            admitted = true;
        }
        if let Some((_, said)) = notice(carried)
            && admitted
            && *said == Notice::Admitted(Admission::Direct)
        {
            *said = Notice::Parked(meeting::Parking::ForAdmission);
        }
        Handling::Carry
    }
}

/// The key to mute all is heard once.
fn mutes_all_once() -> impl FnMut(&mut Envelope) -> Handling {
    let mut muted = false;
    move |carried| {
        let is_mute_all = |input: &mut meeting::Input| {
            matches!(input, meeting::Input::Command { command: KeyCommand::MuteAll, .. })
        };
        let again = to_meeting(carried).is_some_and(is_mute_all) && std::mem::replace(&mut muted, true);
        lose_if(again)
    }
}
