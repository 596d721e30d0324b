//! The worlds that are walked through: who is there, what they may do, what takes its time.

use super::exchange::{Act, Cast, Move};

const PAT: &[Move] = &[Move::Join];
const AMOS: &[Move] = &[Move::Join, Move::Keys("*"), Move::Pin];
const ERRS_ONCE: &[Move] = &[Move::Join, Move::Keys("*"), Move::WrongPin, Move::Pin];
const EVE: &[Move] = &[Move::Join, Move::Keys("*"), Move::WrongPin];
const AMOS_LOCKS: &[Move] = &[Move::Join, Move::Keys("*"), Move::Pin, Move::Keys("*7"), Move::Keys("*8")];
/// These know the passcode of the meeting, and this one tries another.
const PAT_KNOWS: &[Move] = &[Move::Join, Move::Keys("2040#")];
const AMOS_KNOWS: &[Move] = &[Move::Join, Move::Keys("2040#"), Move::Keys("*"), Move::Pin];
const EVE_GUESSES: &[Move] = &[Move::Join, Move::Keys("2050#")];
const KIM: &[Move] = &[Move::Client { own: false }];

/// Nobody is asked for a name, nothing is announced: two dialogs that only make every other longer.
const PLAIN: &[(&str, &str)] = &[("name_recording", "false"), ("entry_exit_notifications", "false")];
const ANONYMOUS: &[(&str, &str)] = &[
    ("name_recording", "false"),
    ("entry_exit_notifications", "false"),
    ("allow_anonymous_start_by_default", "true"),
];
const NAMES: &[(&str, &str)] = &[("entry_exit_notifications", "false")];

fn cast(name: &'static str, callers: Vec<&'static [Move]>) -> Cast {
    Cast {
        name,
        settings: PLAIN,
        may_hang_up: callers.len(),
        callers,
        passcode: None,
        acts: &[],
        failures: 0,
        pauses: 0,
        slow_lines: false,
        prompts: false,
        interchangeable: true,
        forgets_the_last: false,
    }
}

/// One in which two callers do the same, small enough to be walked through without making use of it.
#[allow(dead_code, reason = "the tests walk through it")]
pub(crate) fn with_two_alike(interchangeable: bool, forgets_the_last: bool) -> Cast {
    const ACTS: &[Act] = &[Act::Lock, Act::EndMeeting];
    Cast {
        interchangeable,
        forgets_the_last,
        acts: ACTS,
        ..cast("2 callers and a signed-in user", vec![PAT, PAT, KIM])
    }
}

/// Those that take a test's time.
pub(crate) fn small() -> Vec<Cast> {
    vec![
        cast("a caller and the organizer", vec![PAT, AMOS]),
        Cast { prompts: true, ..cast("a caller, with prompts", vec![ERRS_ONCE]) },
        Cast { slow_lines: true, ..cast("a caller and a signed-in user, slow lines", vec![PAT, KIM]) },
        Cast { may_hang_up: 0, ..cast("nobody hangs up", vec![PAT, AMOS]) },
        Cast { may_hang_up: 1, ..cast("the organizer hangs up, and a wrong PIN is keyed", vec![AMOS, EVE]) },
        Cast { acts: &[Act::ResetPin], ..cast("a reset while a PIN is checked", vec![AMOS]) },
        Cast {
            acts: &[Act::Disable],
            ..cast("the organizer is disabled while a PIN is checked", vec![AMOS])
        },
        Cast { settings: NAMES, ..cast("names", vec![PAT, AMOS]) },
        Cast { passcode: Some("2040"), ..cast("a passcode", vec![PAT_KNOWS, KIM]) },
        Cast {
            passcode: Some("2040"),
            may_hang_up: 1,
            ..cast("a wrong passcode, and the organizer", vec![EVE_GUESSES, AMOS_KNOWS])
        },
        Cast {
            passcode: Some("2040"),
            failures: 2,
            ..cast("a passcode, a failing directory", vec![PAT_KNOWS])
        },
        Cast { acts: &[Act::Lock, Act::Unlock], ..cast("lock", vec![PAT, KIM]) },
        Cast {
            settings: ANONYMOUS,
            acts: &[Act::AllowElsewhere(false)],
            ..cast("anonymous start is forbidden elsewhere", vec![PAT, PAT])
        },
        Cast {
            settings: ANONYMOUS,
            acts: &[Act::AllowElsewhere(false)],
            failures: 2,
            ..cast("anonymous start is forbidden elsewhere, a failing directory", vec![PAT])
        },
        Cast {
            settings: ANONYMOUS,
            acts: &[Act::AllowAnonymousStart(false), Act::AllowAnonymousStart(true)],
            may_hang_up: 0,
            ..cast("anonymous start goes and comes", vec![PAT, PAT])
        },
    ]
}

/// Those that take minutes, the smallest first.
#[allow(dead_code, reason = "the bench walks through these")]
pub(crate) fn large() -> Vec<Cast> {
    vec![
        cast("3 callers and the organizer", vec![PAT, PAT, PAT, AMOS]),
        cast("4 callers and the organizer", vec![PAT, PAT, PAT, PAT, AMOS]),
        cast("5 callers and the organizer", vec![PAT, PAT, PAT, PAT, PAT, AMOS]),
        Cast { slow_lines: true, ..cast("a caller and the organizer, slow lines", vec![PAT, AMOS]) },
        Cast { prompts: true, ..cast("a caller and the organizer, with prompts", vec![PAT, AMOS]) },
        Cast { failures: 1, ..cast("a failing directory", vec![PAT, ERRS_ONCE]) },
        Cast { acts: &[Act::ResetPin], ..cast("a reset, 2 callers", vec![PAT, PAT, AMOS]) },
        Cast {
            acts: &[Act::AllowAnonymousStart(true), Act::EndMeeting, Act::AllowAnonymousStart(false)],
            ..cast("anonymous start comes and goes", vec![PAT, PAT, AMOS])
        },
        Cast {
            settings: ANONYMOUS,
            acts: &[Act::AllowElsewhere(false)],
            failures: 1,
            ..cast("anonymous start is forbidden elsewhere, 2 callers", vec![PAT, PAT])
        },
        Cast {
            passcode: Some("2040"),
            slow_lines: true,
            ..cast("a passcode, slow lines", vec![PAT_KNOWS, KIM])
        },
        Cast { passcode: Some("2040"), ..cast("a passcode, 3 callers", vec![PAT_KNOWS, EVE_GUESSES, KIM]) },
        cast("2 organizers and a caller", vec![PAT, AMOS, AMOS]),
        Cast {
            acts: &[Act::ResetPin],
            failures: 1,
            ..cast("2 organizers, a reset, a failing directory", vec![AMOS, AMOS])
        },
        cast("3 callers and an organizer who locks and admits", vec![PAT, PAT, PAT, AMOS_LOCKS]),
    ]
}
