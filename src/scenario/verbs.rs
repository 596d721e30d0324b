//! The verbs of steps: one table that the reader, its messages and the schema read.

/// The verb of a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verb {
    Dial,
    Press,
    Say,
    Hears,
    Expect,
    Never,
    When,
    Wait,
    Mark,
    Run,
    Repeat,
    Parallel,
    HangUp,
    Drop,
    ResetPin,
    ResetConferenceId,
    Set,
    Enable,
    Disable,
    Unlock,
    EndMeeting,
    LockMeeting,
    UnlockMeeting,
    Admit,
    Cmdlet,
}

/// The callers whose scripts may use a verb.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Whose {
    Callers,
    Admin,
    Both,
}

/// A verb as it is written.
#[derive(Debug)]
pub(super) struct VerbInfo {
    pub(super) verb: Verb,
    pub(super) name: &'static str,
    /// The modifiers that the verb allows.
    pub(super) modifiers: &'static [&'static str],
    pub(super) whose: Whose,
    pub(super) doc: &'static str,
}

const fn verb(
    verb: Verb,
    name: &'static str,
    modifiers: &'static [&'static str],
    whose: Whose,
    doc: &'static str,
) -> VerbInfo {
    VerbInfo { verb, name, modifiers, whose, doc }
}

pub(super) const VERBS: &[VerbInfo] = &[
    verb(
        Verb::Dial,
        "dial",
        &["as"],
        Whose::Callers,
        "Place the call: bridge, a service number, or app:amos for the signed-in client that joins Amos's \
         meeting.",
    ),
    verb(
        Verb::Press,
        "press",
        &["gap", "hold"],
        Whose::Callers,
        "Keys: 0-9 * # A-D; w and W pause 0.5 s and 1 s; ${amos.pin} and the like stand for values that \
         are known only at run time.",
    ),
    verb(Verb::Say, "say", &[], Whose::Callers, "Play a sound file into the call."),
    verb(
        Verb::Hears,
        "hears",
        &["within", "of", "for"],
        Whose::Callers,
        "Passes when the caller hears this: playing now or within the time limit, and started after the \
         previous step began.",
    ),
    verb(
        Verb::Expect,
        "expect",
        &["within", "of", "for"],
        Whose::Callers,
        "Passes when the call reaches this state within the time limit.",
    ),
    verb(Verb::Never, "never", &["for"], Whose::Callers, "Fails if this state or sound occurs during `for`."),
    verb(
        Verb::When,
        "when",
        &[],
        Whose::Both,
        "Wait until a caller has reached a state or set a mark: amos.joined, pat.waiting, pat.2.joined.",
    ),
    verb(Verb::Wait, "wait", &[], Whose::Both, "Wait for a fixed time."),
    verb(
        Verb::Mark,
        "mark",
        &[],
        Whose::Both,
        "Set a mark that others can wait for: `mark: waiting` in pat's script sets pat.waiting.",
    ),
    verb(Verb::Run, "run", &[], Whose::Both, "Run a procedure's steps."),
    verb(Verb::Repeat, "repeat", &[], Whose::Both, "Repeat steps a number of times."),
    verb(
        Verb::Parallel,
        "parallel",
        &[],
        Whose::Both,
        "Run several lists of steps at once, until all have ended.",
    ),
    verb(Verb::HangUp, "hang_up", &[], Whose::Callers, "Hang up."),
    verb(Verb::Drop, "drop", &[], Whose::Callers, "Drop the line without hanging up."),
    verb(Verb::ResetPin, "reset_pin", &[], Whose::Admin, "Reset this organizer's PIN."),
    verb(
        Verb::ResetConferenceId,
        "reset_conference_id",
        &[],
        Whose::Admin,
        "Reset this organizer's conference ID.",
    ),
    verb(
        Verb::Set,
        "set",
        &[],
        Whose::Admin,
        "Change settings by name, or an organizer's settings under the organizer's name.",
    ),
    verb(Verb::Enable, "enable", &[], Whose::Admin, "Enable an organizer for dial-in conferencing."),
    verb(Verb::Disable, "disable", &[], Whose::Admin, "Disable an organizer and release the conference ID."),
    verb(Verb::Unlock, "unlock", &[], Whose::Admin, "Unlock an organizer's PIN entry."),
    verb(Verb::EndMeeting, "end_meeting", &[], Whose::Admin, "End an organizer's meeting for everyone."),
    verb(Verb::LockMeeting, "lock_meeting", &[], Whose::Admin, "Lock an organizer's meeting."),
    verb(Verb::UnlockMeeting, "unlock_meeting", &[], Whose::Admin, "Unlock an organizer's meeting."),
    verb(Verb::Admit, "admit", &[], Whose::Admin, "Admit a caller from the lobby."),
    verb(Verb::Cmdlet, "cmdlet", &[], Whose::Admin, "Run a PowerShell cmdlet, as an administrator types it."),
];

/// The verb with this name.
pub(super) fn verb_named(word: &str) -> Option<&'static VerbInfo> {
    VERBS.iter().find(|info| info.name == word)
}
