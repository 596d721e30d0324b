//! The state of a telephone's call, in a sign and a few words.

use super::describe::minutes;
use super::handset::{Asked, Line};
use super::model::PhoneModel;
use crate::control::call::HangupCause;
use crate::control::event::Place;
use crate::control::presence::Caller;
use crate::control::time::Instant;

/// Hold music, or one who hears it.
pub const MUSIC: &str = "♪";

/// The meeting, or one who is in it.
pub const MEETING: &str = "●";

/// An organizer in the meeting.
pub const ORGANIZER: &str = "★";

/// The place of a caller, for the colour of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// No call.
    Idle,
    /// The call failed, or was ended by the bridge.
    Failed,
    /// Dialling, or with the attendant.
    Attendant,
    /// In the lobby.
    Lobby,
    /// In the meeting.
    Meeting,
}

/// The state of a telephone's call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct State {
    /// Where the caller stands.
    pub standing: Standing,
    /// The state in a line of its own: `♪ in the lobby 0:18`.
    pub long: String,
    /// The same after a name: `♪ lobby 0:18`.
    pub short: String,
}

/// Returns the state of a telephone's call.
#[must_use]
pub fn state(model: &PhoneModel<'_>, who: usize, now: Instant) -> State {
    let handset = &model.handsets[who];
    let (standing, long, short) = match handset.line {
        Line::OnHook(cause) => {
            let standing = match cause {
                None | Some(HangupCause::Caller) => Standing::Idle,
                Some(_) => Standing::Failed,
            };
            let words = match cause {
                None => "on hook",
                Some(HangupCause::Caller | HangupCause::Cancelled) => "hung up",
                Some(HangupCause::Bridge) => "bridge hung up",
                Some(
                    HangupCause::Lost
                    | HangupCause::NoAck
                    | HangupCause::NoMedia
                    | HangupCause::MediaGone
                    | HangupCause::SessionExpired,
                ) => "call lost",
                Some(HangupCause::UnknownNumber) => "no such number",
                Some(HangupCause::Congestion | HangupCause::Declined) => "busy",
            };
            (standing, words.to_owned(), words.to_owned())
        }
        Line::Calling => (Standing::Attendant, "calling".to_owned(), "calling".to_owned()),
        Line::Up(_) => {
            let caller = model.caller(handset);
            let place = caller.and_then(|caller| Some((caller.place?.1, caller)));
            match place {
                Some((Place::Joined, caller)) => joined(caller, now),
                Some((Place::Lobby, caller)) if handset.asked != Asked::Pin => {
                    let waits = minutes(now.since(caller.since));
                    (
                        Standing::Lobby,
                        format!("{MUSIC} in the lobby {waits}"),
                        format!("{MUSIC} lobby {waits}"),
                    )
                }
                Some((Place::Lobby | Place::Screening, _)) | None => {
                    let words = with_the_attendant(handset.asked);
                    (Standing::Attendant, words.to_owned(), words.to_owned())
                }
            }
        }
    };
    State { standing, long, short }
}

fn with_the_attendant(asked: Asked) -> &'static str {
    match asked {
        Asked::Nothing | Asked::Organizer => "with the attendant",
        Asked::ConferenceId => "giving the ID",
        Asked::Pin => "giving the PIN",
        Asked::Passcode => "giving the passcode",
        Asked::Name => "giving a name",
    }
}

fn joined(caller: &Caller, now: Instant) -> (Standing, String, String) {
    let since = minutes(now.since(caller.since));
    let muted = if caller.muted { ", muted" } else { "" };
    let hand = if caller.hand_raised { ", hand raised" } else { "" };
    let (sign, long) = if caller.organizer {
        (ORGANIZER, format!("organizer, in {since}"))
    } else {
        (MEETING, format!("in the meeting {since}"))
    };
    (Standing::Meeting, format!("{sign} {long}{muted}{hand}"), format!("{sign} in {since}{muted}"))
}
