//! What each key does, for the screen's `?`.

/// Keys, and what they do; a line without keys is a heading.
pub const KEYS: &[(&str, &str)] = &[
    ("0-9 * # A-D", "press this key of the telephone"),
    ("Alt + key", "hold it down, until any other key"),
    ("paste", "dial a number: digits with blanks and hyphens"),
    ("Enter", "call the bridge, also once more"),
    ("h", "hang up"),
    ("Tab", "the next handset; Shift-Tab the one before"),
    ("t", "talk in the meeting with a tone of your own, or stop"),
    ("+ - m", "louder, softer, mute the loudspeaker"),
    ("o", "the administrator's office"),
    ("s", "save the session as a scenario"),
    ("Up Down PgUp PgDn", "read back in the events"),
    ("Ctrl-L Ctrl-Z", "draw anew; stop, and go on with fg"),
    ("q Ctrl-C", "hang up all telephones and leave"),
];

/// What each key does in the office.
pub const OFFICE: &[(&str, &str)] = &[
    ("r", "reset the PIN: the new one is shown once"),
    ("l", "lock the meeting, or unlock it"),
    ("i", "let in who waits longest"),
    ("e", "end the meeting"),
    ("Tab", "the next organizer"),
    ("o Esc", "leave the office"),
];
