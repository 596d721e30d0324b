//! The keys, for the screen's `?`.

/// Keys, and what they do; a line without keys is a heading.
pub const KEYS: &[(&str, &str)] = &[
    ("0-9 * # A-D", "press this telephone key"),
    ("Alt + key", "hold the key down, until another key is pressed"),
    ("w W ,", "pause 0.5, 1 or 2 seconds; keys wait until it is over"),
    ("paste", "dial a number: digits, spaces, hyphens, pauses"),
    ("Enter", "call the bridge, or call it again"),
    ("h", "hang up"),
    ("Tab", "next telephone; Shift-Tab for the previous one"),
    ("F1 F2 F3", "this telephone"),
    ("t", "talk in the meeting (as a tone), or stop"),
    ("+ - m", "loudspeaker louder, softer, mute"),
    ("o", "the administrator's office"),
    ("s", "save the session as a scenario"),
    ("Up Down PgUp PgDn", "scroll the events"),
    ("Ctrl-L Ctrl-Z", "redraw; suspend (continue with fg)"),
    ("q Ctrl-C", "hang up all telephones and quit"),
];

/// The keys of the office.
pub const OFFICE: &[(&str, &str)] = &[
    ("r", "reset the PIN; the new one is shown once"),
    ("l e", "lock or unlock the meeting; end it"),
    ("i d", "admit or turn away the caller who has waited longest"),
    ("x m", "remove or mute the caller at the telephone in focus"),
    ("Tab", "next organizer"),
    ("o Esc", "leave the office"),
];
