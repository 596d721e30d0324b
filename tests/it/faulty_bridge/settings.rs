//! Bridges that hold themselves to other settings than the scenario's.

use super::Bridge;

pub(super) const BRIDGES: &[Bridge] = &[
    Bridge::set("notifications cannot be turned off", &[("entry_exit_notifications", "true")]),
    Bridge::set("names are announced where a tone is set", &[("entry_exit_announcements", "names")]),
    Bridge::set("names are always recorded", &[("name_recording", "true")]),
    Bridge::set("conference IDs are asked for for ever", &[("conference_id_tries", "9")]),
    Bridge::set("PINs are asked for for ever", &[("pin_tries", "9")]),
    Bridge::set("the last wrong PIN always leads to the lobby", &[("after_last_pin", "lobby")]),
    Bridge::set("fingers must be fast", &[("interdigit_timeout", "2s")]),
    Bridge::set("an entry without a pound key takes for ever", &[("interdigit_timeout", "1m")]),
    Bridge::set("the directory gets no time to think", &[("directory_timeout", "5ms")]),
    Bridge::set("the lobby knows no limit", &[("lobby_time_limit", "0s")]),
    Bridge::set("the lobby has a limit of its own", &[("lobby_time_limit", "29m")]),
    Bridge::set("capacity is ignored", &[("capacity", "1000")]),
    Bridge::set("the grace is ignored", &[("grace_after_last_authenticated", "30h")]),
    Bridge::set("the grace is an hour", &[("grace_after_last_authenticated", "1h")]),
    Bridge::set("a meeting without an organizer has all day", &[("max_length_unauthenticated", "25h")]),
    Bridge::set("a meeting lasts for ever", &[("max_length", "48h")]),
    Bridge::set("the warning comes when it is too late", &[("ending_soon_before", "5s")]),
    Bridge::set("the start always releases the lobby", &[("release_on_start", "true")]),
    Bridge::set(
        "the keys are those of the default",
        &[
            ("keys.help", "1"),
            ("keys.roll_call", "3"),
            ("keys.mute_all", "4"),
            ("keys.hand", "5"),
            ("keys.mute", "6"),
            ("keys.lock", "7"),
            ("keys.admit_all", "8"),
            ("keys.announcements", "9"),
        ],
    ),
    Bridge::set(
        "wrong PINs never lock",
        &[("limits.4", "900/100000"), ("limits.5", "900/100000"), ("limits.6", "900/100000")],
    ),
    Bridge::set(
        "the ninth wrong PIN locks",
        &[("limits.4", "9/100"), ("limits.5", "9/100"), ("limits.6", "9/100")],
    ),
    Bridge::set(
        "the second wrong PIN locks",
        &[("limits.4", "2/100"), ("limits.5", "2/100"), ("limits.6", "2/100")],
    ),
    Bridge::set(
        "PIN entry locks one wrong PIN too late",
        &[("limits.4", "11/100"), ("limits.5", "26/1000"), ("limits.6", "26/5000")],
    ),
    Bridge::set("a lock has no end", &[("lock", "240h")]),
    Bridge::set("a lock is over at once", &[("lock", "1s")]),
    Bridge::set("the window never forgets", &[("window", "240h")]),
    Bridge::set("the window forgets at once", &[("window", "1s")]),
    Bridge::set(
        "no total is kept",
        &[("limits.4", "3/100000"), ("limits.5", "3/100000"), ("limits.6", "3/100000")],
    ),
    Bridge::set(
        "who was in a meeting never waits again",
        &[("back_to_lobby_when_organizer_leaves", "false")],
    ),
    Bridge::set(
        "all wait again when the organizer leaves",
        &[("back_to_lobby_when_organizer_leaves", "true")],
    ),
    Bridge::set("phone callers bypass every lobby", &[("phone_callers_bypass_lobby", "true")]),
    Bridge::set("nobody is asked in a running meeting", &[("asks_for_organizer", "until_started")]),
    Bridge::set("every meeting has 250 places", &[("capacity", "250")]),
    Bridge::set("a locked meeting turns nobody away", &[("locked_newcomers", "wait")]),
    Bridge::set("*8 admits from every lobby", &[("keys.admit_all", "8")]),
    Bridge::set("all hear the same moment of the music", &[("music_policy", "shared")]),
    Bridge::set("music always begins at its beginning", &[("music_policy", "from_zero")]),
    Bridge::set("every PIN has five digits", &[("pin_length", "5")]),
    Bridge::set("nobody starts without a PIN by default", &[("allow_anonymous_start_by_default", "false")]),
];
