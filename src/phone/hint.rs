//! The next step that makes sense, with the key to press: for one telephone, for its meeting, in the office.

use super::describe::{name, tries};
use super::events::listed;
use super::handset::{Asked, Handset, KEY_TIME, Line};
use super::model::PhoneModel;
use crate::control::event::{MeetingId, Place};
use crate::control::policy::KeyCommand;
use crate::control::presence::{Attendance, Caller};
use crate::control::time::Instant;
use crate::scenario::story::Organizer;

/// A next step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hint {
    /// The sentences.
    pub text: String,
    /// Whether the caller has come to a dead end, with its way out.
    pub dead_end: bool,
}

impl Hint {
    fn step(text: impl Into<String>) -> Self {
        Self { text: text.into(), dead_end: false }
    }
}

/// Returns the next step on a telephone.
#[must_use]
pub fn hint(model: &PhoneModel<'_>, who: usize, now: Instant) -> Hint {
    let handset = &model.handsets[who];
    if let Some(down) = handset.down.filter(|down| down.until == Instant::NEVER) {
        let tenths = now.since(down.since).as_millis() / 100;
        return Hint::step(format!("Held for {}.{} s. Any key lets it go.", tenths / 10, tenths % 10));
    }
    if handset.pauses(now) > KEY_TIME * 2 {
        let left = handset.pauses(now).as_millis() / 100;
        let keys = handset.to_dial();
        let then = if keys == 0 { String::new() } else { format!(", then dials {keys} more") };
        return Hint::step(format!("Pauses {}.{} s{then}.", left / 10, left % 10));
    }
    match handset.line {
        Line::OnHook(_) if who == model.focus => Hint::step("Enter calls the bridge."),
        Line::OnHook(_) => Hint::step(format!("F{}, then Enter calls the bridge.", who + 1)),
        Line::Calling => Hint::step("The call is set up. h hangs up."),
        Line::Up(_) => in_call(model, handset),
    }
}

fn in_call(model: &PhoneModel<'_>, handset: &Handset) -> Hint {
    let caller = model.caller(handset);
    let place = caller.and_then(|caller| caller.place);
    match place {
        None if model.remote().is_some() => Hint::step("Key the conference ID, then #."),
        None => {
            let first = MeetingId(0);
            let id = conference_id(organizer(model, first));
            Hint::step(format!("Key {id}# for the meeting of {}.", organizer_name(model, first)))
        }
        Some((meeting, Place::Screening)) => match handset.asked {
            Asked::Organizer if is_organizer(model, handset, meeting) => {
                Hint::step("Key * to be asked for the PIN.")
            }
            Asked::Organizer if model.remote().is_some() => Hint::step("Key * if you are the organizer."),
            Asked::Organizer => Hint::step("Wait. Only the organizer keys *."),
            Asked::Pin => pin_hint(model, handset, meeting),
            Asked::Passcode => Hint::step("Key the passcode of the meeting, then #."),
            Asked::Name if handset.tries_left == 0 => no_tries_left(),
            Asked::Name => Hint::step("Key # after the tone: it ends the name."),
            Asked::Nothing | Asked::ConferenceId if handset.tries_left == 0 => no_tries_left(),
            Asked::Nothing | Asked::ConferenceId => Hint::step("Wait for the attendant."),
        },
        Some((meeting, Place::Lobby)) => {
            let runs = model.presence.meeting(meeting).is_some_and(|meeting| meeting.started.is_some());
            if handset.asked == Asked::Pin {
                pin_hint(model, handset, meeting)
            } else if handset.tries_left == 0 {
                no_tries_left()
            } else if runs {
                Hint::step("Wait to be let in: o opens the office, i admits.")
            } else {
                Hint::step("Wait here, or key * to give the PIN.")
            }
        }
        Some((_, Place::Joined)) => commands(model, caller),
    }
}

fn no_tries_left() -> Hint {
    Hint { text: format!("{}. h hangs up, Enter calls again.", name(&tries(0))), dead_end: true }
}

fn pin_hint(model: &PhoneModel<'_>, handset: &Handset, meeting: MeetingId) -> Hint {
    let left = tries(handset.tries_left);
    Hint::step(match demo_pin(model, meeting) {
        Some(pin) => format!("Key {pin}# (the demo’s PIN). {}.", name(&left)),
        None if model.remote().is_some() => "Key the PIN, then #.".to_owned(),
        None => format!("Key the new PIN, then #. {}.", name(&left)),
    })
}

/// The commands that make sense for somebody in the meeting.
fn commands(model: &PhoneModel<'_>, caller: Option<&Caller>) -> Hint {
    let (organizer, muted) = caller.map_or((false, false), |caller| (caller.organizer, caller.muted));
    let commands: &[(KeyCommand, &str)] = match (muted, organizer) {
        (true, _) => &[(KeyCommand::Mute, "unmutes")],
        (false, true) => &[
            (KeyCommand::MuteAll, "mutes all"),
            (KeyCommand::Lock, "locks"),
            (KeyCommand::Help, "is the menu"),
        ],
        (false, false) => &[(KeyCommand::Mute, "mutes"), (KeyCommand::Hand, "raises the hand")],
    };
    let keys = &model.story().given.policy.meeting.keys;
    let sentences = commands.iter().filter_map(|(command, does)| {
        let keys = keys.keyed(*command);
        (!keys.is_empty()).then(|| format!("{keys} {does}."))
    });
    Hint::step(sentences.collect::<Vec<_>>().join(" "))
}

/// Returns the next step for a meeting, as one who plays all the telephones sees it; nothing where there is none.
#[must_use]
pub fn meeting_hint(model: &PhoneModel<'_>, meeting: MeetingId) -> Option<String> {
    let attendance = model.presence.meeting(meeting);
    let waiting: Vec<&str> = attendance.map(|it| names_at(model, it, Place::Lobby)).unwrap_or_default();
    if model.remote().is_some() {
        return None;
    }
    if attendance.is_some_and(|attendance| attendance.started.is_some()) {
        let lock = model.story().given.policy.meeting.keys.keyed(KeyCommand::Lock);
        return Some(match &waiting[..] {
            [] if attendance.is_some_and(|attendance| attendance.locked) => {
                format!("{lock} unlocks the meeting: callers come in without waiting")
            }
            [] => format!("{lock} locks the meeting: the next caller then waits in the lobby"),
            [first, ..] => format!("o opens the office, and i admits {first}, who has waited longest"),
        });
    }
    let place = organizers_telephone(model, meeting)?;
    let handset = &model.handsets[place];
    let id = conference_id(organizer(model, meeting));
    let here = model.caller(handset).and_then(|caller| caller.place).is_some_and(|(at, _)| at == meeting);
    let step = match (handset.line, handset.asked) {
        (Line::OnHook(_) | Line::Calling, _) if waiting.is_empty() => return None,
        (Line::OnHook(_), _) => format!("Enter to call, then {id}# and * to be asked for the PIN"),
        (Line::Calling, _) => return Some(format!("Wait until the bridge answers {}", handset.name)),
        (Line::Up(_), _) if !here => format!("Key {id}#, then * to be asked for the PIN"),
        (Line::Up(_), Asked::Pin) => {
            let pin =
                demo_pin(model, meeting).map_or("the new PIN, then #".to_owned(), |pin| format!("{pin}#"));
            let others: Vec<&str> = waiting.into_iter().filter(|it| *it != handset.name).collect();
            let lets_in = match others[..] {
                [] => String::new(),
                [one] => format!(" and lets {one} in"),
                [_, _] => " and lets both in".to_owned(),
                _ => format!(" and lets {} in", listed(&others)),
            };
            format!("Key {pin}: the right PIN starts the meeting{lets_in}")
        }
        (Line::Up(_), _) if handset.tries_left == 0 => {
            let pin = demo_pin(model, meeting).map(|pin| format!(" The PIN is {pin}.")).unwrap_or_default();
            let tries = model.story().given.policy.dialog.pin.tries.get();
            format!("h, then Enter: a new call has {}.{pin}", new_tries(tries))
        }
        (Line::Up(_), Asked::Passcode) => "Key the passcode, then #".to_owned(),
        (Line::Up(_), Asked::Name) => "Key # to end the name, then * to be asked for the PIN".to_owned(),
        (Line::Up(_), Asked::Nothing | Asked::ConferenceId | Asked::Organizer) => {
            "Key * to be asked for the PIN".to_owned()
        }
    };
    let focused = place == model.focus;
    Some(if focused { step } else { format!("F{} for {}: {step}", place + 1, handset.name) })
}

fn new_tries(count: u8) -> String {
    match count {
        1 => "one new try".to_owned(),
        2 => "two new tries".to_owned(),
        3 => "three new tries".to_owned(),
        _ => format!("{count} new tries"),
    }
}

/// Returns the next step in the office, about the meeting of its organizer.
#[must_use]
pub fn office_hint(model: &PhoneModel<'_>, meeting: MeetingId) -> String {
    let attendance = model.presence.meeting(meeting);
    let waiting: Vec<&str> = attendance.map(|it| names_at(model, it, Place::Lobby)).unwrap_or_default();
    match (waiting.first(), attendance.and_then(|attendance| attendance.started)) {
        (Some(first), Some(_)) => format!("i admits {first}, who has waited longest."),
        (Some(first), None) => {
            let organizer = organizer_name(model, meeting);
            format!("{first} waits until the meeting starts. r gives {organizer} a new PIN.")
        }
        (None, Some(_)) => {
            "x removes the caller at the telephone in focus, m mutes; e ends the meeting for all.".to_owned()
        }
        (None, None) => {
            format!("r gives {} a new PIN and shows it until the next key.", organizer_name(model, meeting))
        }
    }
}

/// The names of the callers at a place, those first who have been there longest.
#[must_use]
pub fn names_at<'m>(model: &'m PhoneModel<'_>, attendance: &Attendance, place: Place) -> Vec<&'m str> {
    let of = |leg| model.handsets.iter().find(|handset| handset.leg() == Some(leg));
    attendance.at(place).filter_map(of).map(|handset| handset.name.as_str()).collect()
}

fn organizer<'m>(model: &'m PhoneModel<'_>, meeting: MeetingId) -> Option<&'m Organizer> {
    model.story().given.organizers.get(meeting.0 as usize)
}

fn organizer_name(model: &PhoneModel<'_>, meeting: MeetingId) -> String {
    name(model.event_text().organizer_of(meeting))
}

fn conference_id(organizer: Option<&Organizer>) -> &str {
    organizer.and_then(|organizer| organizer.conference_id.as_deref()).unwrap_or_default()
}

/// The PIN that the demo directory gave, as long as it is in force: it is not secret.
fn demo_pin(model: &PhoneModel<'_>, meeting: MeetingId) -> Option<String> {
    let is_new = model.new_pins.get(meeting.0 as usize).copied().unwrap_or(true);
    let pin = organizer(model, meeting)?.pin?;
    (!is_new).then(|| pin.reveal().reveal())
}

fn is_organizer(model: &PhoneModel<'_>, handset: &Handset, meeting: MeetingId) -> bool {
    handset.name == organizer_name(model, meeting)
}

/// The telephone of the organizer of a meeting, if there is one.
fn organizers_telephone(model: &PhoneModel<'_>, meeting: MeetingId) -> Option<usize> {
    model.handsets.iter().position(|handset| is_organizer(model, handset, meeting))
}
