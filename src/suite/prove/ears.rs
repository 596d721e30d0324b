//! Bridges whose callers do not get to hear what they should: prompts, announcements, music, signalling.

use std::collections::{BTreeMap, BTreeSet};

use crate::bridge::protocol::Report;
use crate::control::call::{Announcement, HangupCause, Language, LegId, PlaybackId, Prompt, Source, Tone};
use crate::control::event::Admission;
use crate::control::meeting::{self, Notice, Parking};
use crate::play::world::{Envelope, Handling, Tamper};

use super::fault::{Fault, ear, key, lose_if, notice, to_meeting};

pub(super) const FAULTS: &[Fault] = &[
    Fault::mute(
        "newcomers are not announced",
        "The meeting is not told that somebody joined.",
        &[Prompt::SomeoneJoined, Prompt::HasJoined],
    ),
    Fault::mute(
        "organizer-left is not announced",
        "The meeting is not told that its organizer has left.",
        &[Prompt::OrganizerLeft],
    ),
    Fault::mute(
        "the end comes without a warning",
        "The meeting ends without having been warned.",
        &[Prompt::EndingSoon],
    ),
    Fault::mute(
        "the low tone is not heard",
        "A refused command is answered by silence.",
        &[Prompt::Tone(Tone::Low)],
    ),
    Fault::mute(
        "the technical error is not announced",
        "A caller is not told that the directory cannot answer.",
        &[Prompt::TechnicalError],
    ),
    Fault::mute("silence is not answered", "A caller who keys nothing is not told so.", &[Prompt::NoInput]),
    Fault::hand("hold music never starts", "Callers in the lobby hear silence.", |carried| {
        lose_if(matches!(carried, Envelope::Report(_, Report::Hears(Source::HoldMusic { .. }))))
    }),
    Fault::memory(
        "the music does not resume",
        "After a prompt in the lobby the music does not come back.",
        |_| Tamper::new(music_once()),
    ),
    Fault::memory(
        "the lobby hears the meeting",
        "Callers who wait to be admitted hear the meeting instead of the music.",
        |_| Tamper::new(lobby_hears()),
    ),
    Fault::hand(
        "waiting callers do not notice arrivals",
        "The music does not start over when somebody arrives, although music_policy says so.",
        |carried| lose_if(matches!(notice(carried), Some((_, Notice::MusicRestarts)))),
    ),
    Fault::hand(
        "busy is not signalled",
        "A caller of a number that is not in service hears nothing.",
        |carried| lose_if(matches!(carried, Envelope::Report(_, Report::Ended(HangupCause::UnknownNumber)))),
    ),
    Fault::memory(
        "keys do not interrupt prompts",
        "A prompt plays on when the caller presses a key.",
        |_| Tamper::new(deaf_to_barge_in()),
    ),
    Fault::memory(
        "music restarts when others come",
        "A caller who comes to the lobby restarts the music of all others there.",
        |_| Tamper::new(music_restarts()),
    ),
    Fault::memory(
        "the released are announced",
        "The meeting is told of callers whom its start released.",
        |_| Tamper::new(the_released_are_announced()),
    ),
    Fault::memory("the menu is read to everybody", "The menu of keys is heard by the whole meeting.", |_| {
        Tamper::new(everybody_hears(|notice| matches!(notice, Notice::Menu), Prompt::HelpMenu))
    }),
    Fault::memory(
        "a raised hand is announced to everybody",
        "The whole meeting hears that somebody raised a hand.",
        |_| Tamper::new(everybody_hears(|notice| matches!(notice, Notice::Hand { .. }), Prompt::HandRaised)),
    ),
    Fault::memory(
        "only one waiting caller hears the start",
        "Of all who are released only the first hears that the meeting has started.",
        |_| Tamper::new(one_hears_the_start()),
    ),
    Fault::memory(
        "the directory's silence is heard",
        "A caller hears a technical error as soon as the directory is asked.",
        |_| Tamper::new(directory_is_heard()),
    ),
    Fault::memory(
        "organizer-left is played for each call of the organizer",
        "The meeting hears that the organizer left although another call of the organizer is still there.",
        |_| Tamper::new(each_line_is_told()),
    ),
];

/// A caller who has heard the music does not hear it again.
fn music_once() -> impl FnMut(&mut Envelope) -> Handling {
    let mut heard = BTreeSet::new();
    move |carried| match ear(carried) {
        Some((leg, Source::HoldMusic { .. })) => lose_if(!heard.insert(leg)),
        Some(_) | None => Handling::Carry,
    }
}

/// Who waits to be admitted to a meeting that runs listens to it.
fn lobby_hears() -> impl FnMut(&mut Envelope) -> Handling {
    let mut held = BTreeSet::new();
    move |carried| {
        match notice(carried) {
            Some((leg, Notice::Parked(Parking::ForAdmission))) => held.insert(leg),
            Some((leg, Notice::Parked(_) | Notice::Admitted(_))) => held.remove(&leg),
            Some(_) | None => false,
        };
        if let Envelope::Report(leg, Report::Hears(source @ Source::HoldMusic { .. })) = carried
            && held.contains(leg)
        {
            *source = Source::Conference;
        }
        Handling::Carry
    }
}

/// A caller who starts to hear music restarts it for all who hear it.
fn music_restarts() -> impl FnMut(&mut Envelope) -> Handling {
    let mut hears: BTreeMap<LegId, Source> = BTreeMap::new();
    move |carried| {
        let Envelope::Report(leg, Report::Hears(source)) = carried else { return Handling::Carry };
        hears.insert(*leg, *source);
        if !matches!(source, Source::HoldMusic { .. }) {
            return Handling::Carry;
        }
        let listens = |(_, heard): &(&LegId, &Source)| matches!(heard, Source::HoldMusic { .. });
        let others = hears.iter().filter(listens).map(|(other, _)| *other).filter(|other| other != leg);
        Handling::With(others.map(|other| Envelope::Report(other, Report::Hears(*source))).collect())
    }
}

/// The caller who started the meeting hears, once in it, that somebody joined.
fn the_released_are_announced() -> impl FnMut(&mut Envelope) -> Handling {
    let (mut starter, mut released) = (None, false);
    move |carried| {
        match notice(carried) {
            Some((leg, Notice::Admitted(Admission::Pin | Admission::Client))) => starter = Some(leg),
            Some((_, Notice::Admitted(Admission::Released))) => released = true,
            Some(_) | None => {}
        }
        match ear(carried) {
            Some((leg, Source::Conference)) if released && starter == Some(leg) => {
                released = false;
                Handling::With(vec![Envelope::Report(
                    leg,
                    Report::Announced(Some(announced(Prompt::SomeoneJoined))),
                )])
            }
            Some(_) | None => Handling::Carry,
        }
    }
}

/// A prompt that everybody in a meeting hears.
fn announced(prompt: Prompt) -> Announcement {
    Announcement { prompt, language: Language::EnUs }
}

/// The prompt that a key stops plays on in the caller's ear.
fn deaf_to_barge_in() -> impl FnMut(&mut Envelope) -> Handling {
    let (mut keyed, mut prompted) = (BTreeSet::new(), BTreeSet::new());
    move |carried| {
        if let Some((leg, _)) = key(carried) {
            keyed.insert(leg);
        }
        let Some((leg, source)) = ear(carried) else { return Handling::Carry };
        let stopped = keyed.remove(&leg) && prompted.contains(&leg) && source == Source::Silence;
        if matches!(source, Source::Prompt { .. }) {
            prompted.insert(leg);
        } else {
            prompted.remove(&leg);
        }
        lose_if(stopped)
    }
}

/// A caller hears the technical error as soon as the directory is asked.
fn directory_is_heard() -> impl FnMut(&mut Envelope) -> Handling {
    |carried| {
        let Envelope::Question(asked) = carried else { return Handling::Carry };
        let error = Source::Prompt {
            playback: PlaybackId(u32::MAX),
            prompt: Prompt::TechnicalError,
            language: Language::EnUs,
        };
        Handling::With(vec![Envelope::Report(asked.leg(), Report::Hears(error))])
    }
}

/// Whenever one of those who gave the PIN or signed in goes, all others hear that the organizer left.
fn each_line_is_told() -> impl FnMut(&mut Envelope) -> Handling {
    let (mut organizers, mut hears) = (BTreeSet::new(), BTreeMap::new());
    move |carried| {
        if let Some((leg, source)) = ear(carried) {
            hears.insert(leg, source);
        }
        if let Some((leg, Notice::Admitted(Admission::Pin | Admission::Client))) = notice(carried) {
            organizers.insert(leg);
        }
        let Some(meeting::Input::Leave { leg }) = to_meeting(carried) else { return Handling::Carry };
        if !organizers.contains(leg) {
            return Handling::Carry;
        }
        let others = hears.iter().filter(|(other, source)| *other != leg && **source == Source::Conference);
        let left = Report::Announced(Some(announced(Prompt::OrganizerLeft)));
        Handling::With(others.map(|(other, _)| Envelope::Report(*other, left)).collect())
    }
}

/// What is told to one in private is announced to all who hear the meeting.
fn everybody_hears(is_told: fn(&Notice) -> bool, prompt: Prompt) -> impl FnMut(&mut Envelope) -> Handling {
    let mut hears: BTreeMap<LegId, Source> = BTreeMap::new();
    move |carried| {
        if let Envelope::Report(leg, Report::Hears(source)) = carried {
            hears.insert(*leg, *source);
        }
        match notice(carried) {
            Some((_, told)) if is_told(told) => {
                let all = hears.iter().filter(|(_, source)| **source == Source::Conference);
                Handling::With(
                    all.map(|(leg, _)| Envelope::Report(*leg, Report::Announced(Some(announced(prompt)))))
                        .collect(),
                )
            }
            Some(_) | None => Handling::Carry,
        }
    }
}

/// Of all who are released only the first hears it.
fn one_hears_the_start() -> impl FnMut(&mut Envelope) -> Handling {
    let mut heard = false;
    move |carried| {
        let told = matches!(
            carried,
            Envelope::Report(_, Report::Hears(Source::Prompt { prompt: Prompt::MeetingStarted, .. }))
        );
        lose_if(told && std::mem::replace(&mut heard, true))
    }
}
