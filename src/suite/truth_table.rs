//! The result for a caller in every relevant combination: each row is a story that is played, and its answer is
//! read off what happened. Nothing here knows how a bridge behaves.

mod answer;
mod page;
mod staging;
mod write;

use std::fmt;
use std::sync::Arc;

use crate::control::policy::Profile;

pub use answer::{Answer, EndState, Question};
pub use page::page;
pub use write::{Format, diff, table};

/// The state of the meeting when the caller dials.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Meeting {
    /// Nobody has started it, and nobody waits.
    NotStarted,
    /// The organizer's client has started it and is there.
    Runs {
        /// And it was locked.
        locked: bool,
    },
    /// The organizer's client has started it, somebody came by telephone and was admitted where that was needed,
    /// and then the organizer left.
    OrganizerLeft {
        /// And it was locked before that.
        locked: bool,
    },
}

/// The caller, and how they call.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Caller {
    /// By telephone, keying nothing after the conference ID.
    Phone,
    /// By telephone, with this PIN as soon as it can be given: when asked, or from the lobby.
    PhoneWith(Pin),
    /// With the client app.
    SignedIn {
        /// The organizer; otherwise another user of the tenant.
        organizer: bool,
    },
}

/// The PIN that is keyed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Pin {
    /// The organizer's.
    Right,
    /// Nobody's.
    Wrong,
    /// The PIN of another organizer of the tenant.
    Another,
    /// The organizer's, while wrong PINs have locked PIN entry.
    RightLockedOut,
}

/// The passcode of the meeting, and what callers on the phone key of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Passcode {
    /// There is none.
    None,
    /// There is one, and the caller knows it.
    Right,
    /// There is one, and the caller keys something else as often as it is asked for.
    Wrong,
}

impl Passcode {
    /// All of them.
    const ALL: [Self; 3] = [Self::None, Self::Right, Self::Wrong];
}

/// One combination.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Situation {
    /// The state of the meeting.
    pub meeting: Meeting,
    /// Whether the organizer allows it to start without a PIN.
    pub anonymous_start: bool,
    /// The passcode.
    pub passcode: Passcode,
    /// The caller.
    pub who: Caller,
}

/// The combinations that are not in the table, for its reader.
pub const LEFT_OUT: &str = "Impossible combinations are left out: a client app that gives a PIN or a passcode, and a \
                            locked meeting that has not started.";

impl Situation {
    /// Every combination that can be.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let meetings = [
            Meeting::NotStarted,
            Meeting::Runs { locked: false },
            Meeting::Runs { locked: true },
            Meeting::OrganizerLeft { locked: false },
            Meeting::OrganizerLeft { locked: true },
        ];
        let callers = [
            Caller::Phone,
            Caller::PhoneWith(Pin::Right),
            Caller::PhoneWith(Pin::Wrong),
            Caller::PhoneWith(Pin::Another),
            Caller::PhoneWith(Pin::RightLockedOut),
            Caller::SignedIn { organizer: true },
            Caller::SignedIn { organizer: false },
        ];
        let mut all = Vec::new();
        for meeting in meetings {
            for anonymous_start in [false, true] {
                for passcode in Passcode::ALL {
                    let keys =
                        |who: &Caller| passcode == Passcode::None || !matches!(who, Caller::SignedIn { .. });
                    let callers = callers.into_iter().filter(keys);
                    all.extend(callers.map(|who| Self { meeting, anonymous_start, passcode, who }));
                }
            }
        }
        all
    }
}

/// A combination and its answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// The combination.
    pub situation: Situation,
    /// The answer.
    pub answer: Answer,
}

/// Plays every combination on a bridge with this profile.
#[must_use]
pub fn rows(profile: &Arc<Profile>) -> Vec<Row> {
    let played = |situation| Row { situation, answer: staging::answer(profile, situation) };
    Situation::all().into_iter().map(played).collect()
}

impl fmt::Display for Meeting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotStarted => "not started",
            Self::Runs { locked: false } => "runs",
            Self::Runs { locked: true } => "runs, locked",
            Self::OrganizerLeft { locked: false } => "organizer has left",
            Self::OrganizerLeft { locked: true } => "locked, organizer has left",
        })
    }
}

impl fmt::Display for Passcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Right => "right",
            Self::Wrong => "wrong",
        })
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Phone => "phone, no PIN",
            Self::PhoneWith(Pin::Right) => "phone, right PIN",
            Self::PhoneWith(Pin::Wrong) => "phone, wrong PIN",
            Self::PhoneWith(Pin::Another) => "phone, another's PIN",
            Self::PhoneWith(Pin::RightLockedOut) => "phone, PIN locked out",
            Self::SignedIn { organizer: true } => "signed in, organizer",
            Self::SignedIn { organizer: false } => "signed in, another",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::event::{Outcome, Refusal};
    use crate::scenario::profiles::built_in;

    fn gets(rows: &[Row], meeting: Meeting, anonymous_start: bool, who: Caller) -> String {
        let passcode = Passcode::None;
        let situation = Situation { meeting, anonymous_start, passcode, who };
        rows.iter().find(|row| row.situation == situation).unwrap().answer.gets.to_string()
    }

    #[test]
    fn the_default_table_is_what_behaviour_says() {
        let rows = rows(&built_in()[0]);
        let right = Caller::PhoneWith(Pin::Right);
        for (meeting, anonymous_start, who, expected) in [
            (Meeting::NotStarted, false, Caller::Phone, "waits for the organizer"),
            (Meeting::NotStarted, false, right, "starts the meeting as organizer"),
            (Meeting::NotStarted, false, Caller::PhoneWith(Pin::Another), "waits for the organizer"),
            (Meeting::NotStarted, false, Caller::PhoneWith(Pin::RightLockedOut), "waits for the organizer"),
            (Meeting::NotStarted, true, right, "starts the meeting"),
            (Meeting::Runs { locked: false }, false, right, "joins"),
            (Meeting::Runs { locked: true }, false, Caller::Phone, "waits to be admitted"),
            (Meeting::Runs { locked: true }, false, right, "joins as organizer"),
            (Meeting::OrganizerLeft { locked: false }, false, Caller::Phone, "joins"),
        ] {
            assert_eq!(gets(&rows, meeting, anonymous_start, who), expected, "{meeting}, {who}");
        }
    }

    #[test]
    fn the_passcode_keeps_out_who_does_not_know_it_and_changes_nothing_else() {
        for profile in built_in().iter().filter(|profile| {
            let dialog = &profile.policy().dialog;
            dialog.asks_for_passcode() && !dialog.one_prompt
        }) {
            let rows = rows(profile);
            let with = |row: &Row, passcode| {
                let situation = Situation { passcode, ..row.situation };
                &rows.iter().find(|other| other.situation == situation).unwrap().answer
            };
            for row in rows.iter().filter(|row| row.situation.passcode == Passcode::Right) {
                let (without, wrong) = (with(row, Passcode::None), with(row, Passcode::Wrong));
                assert_eq!(row.answer.gets, without.gets, "{}: {:?}", profile.name, row.situation);
                let refused = EndState::Refused(Outcome::Refused(Refusal::Passcode));
                assert_eq!(wrong.gets, refused, "{}: {:?}", profile.name, row.situation);
            }
        }
    }

    #[test]
    fn wrong_foreign_and_locked_pins_look_alike_in_the_table() {
        for profile in built_in() {
            let rows = rows(profile);
            let with = |row: &Row, pin| {
                let situation = Situation { who: Caller::PhoneWith(pin), ..row.situation };
                rows.iter().find(|other| other.situation == situation).unwrap().answer.clone()
            };
            for row in &rows {
                assert_eq!(with(row, Pin::Wrong), with(row, Pin::Another), "{}", profile.name);
                assert_eq!(with(row, Pin::Wrong), with(row, Pin::RightLockedOut), "{}", profile.name);
            }
        }
    }
}
