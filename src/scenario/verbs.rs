//! The verbs of steps: one table that the reader, its messages and the schema read.

/// What a step does.
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

/// Whose scripts have a verb.
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
    /// What may stand beside it in a step.
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
        "Place the call: bridge, a service number, or app:amos for the signed-in client joining Amos's meeting.",
    ),
    verb(
        Verb::Press,
        "press",
        &["gap", "hold"],
        Whose::Callers,
        "Keys: 0-9 * # A-D; w and W pause 0.5 s and 1 s; ${amos.pin} and the like name what only the run knows.",
    ),
    verb(Verb::Say, "say", &[], Whose::Callers, "Speak a sound file."),
    verb(
        Verb::Hears,
        "hears",
        &["within", "of", "for"],
        Whose::Callers,
        "This is heard: it is on now or begins by the deadline, and began after the step before.",
    ),
    verb(
        Verb::Expect,
        "expect",
        &["within", "of", "for"],
        Whose::Callers,
        "The call reaches this state by the deadline.",
    ),
    verb(
        Verb::Never,
        "never",
        &["for"],
        Whose::Callers,
        "This state or sound must not be met in the time given by `for`.",
    ),
    verb(
        Verb::When,
        "when",
        &[],
        Whose::Both,
        "Go on once a caller has reached a state or given a mark: amos.joined, pat.waiting, pat.2.joined.",
    ),
    verb(Verb::Wait, "wait", &[], Whose::Both, "Do nothing for so long: the only blind wait."),
    verb(
        Verb::Mark,
        "mark",
        &[],
        Whose::Both,
        "Tell the others: `mark: waiting` in pat's script gives pat.waiting.",
    ),
    verb(Verb::Run, "run", &[], Whose::Both, "The steps of a procedure."),
    verb(Verb::Repeat, "repeat", &[], Whose::Both, "The same steps, so many times."),
    verb(
        Verb::Parallel,
        "parallel",
        &[],
        Whose::Both,
        "Several lists of steps at once; goes on when all have ended.",
    ),
    verb(Verb::HangUp, "hang_up", &[], Whose::Callers, "End the call in good order."),
    verb(Verb::Drop, "drop", &[], Whose::Callers, "Vanish without a goodbye."),
    verb(Verb::ResetPin, "reset_pin", &[], Whose::Admin, "A new PIN for this organizer."),
    verb(
        Verb::ResetConferenceId,
        "reset_conference_id",
        &[],
        Whose::Admin,
        "A new conference ID for this organizer.",
    ),
    verb(
        Verb::Set,
        "set",
        &[],
        Whose::Admin,
        "Settings by their names, or an organizer's under the organizer's name.",
    ),
    verb(Verb::Enable, "enable", &[], Whose::Admin, "Enable an organizer for dial-in conferencing."),
    verb(Verb::Disable, "disable", &[], Whose::Admin, "Disable an organizer; the conference ID is released."),
    verb(Verb::Unlock, "unlock", &[], Whose::Admin, "Unlock an organizer's PIN entry."),
    verb(Verb::EndMeeting, "end_meeting", &[], Whose::Admin, "End an organizer's meeting for all."),
    verb(Verb::LockMeeting, "lock_meeting", &[], Whose::Admin, "Lock an organizer's meeting."),
    verb(Verb::UnlockMeeting, "unlock_meeting", &[], Whose::Admin, "Unlock an organizer's meeting."),
    verb(Verb::Admit, "admit", &[], Whose::Admin, "Admit a caller from the lobby."),
    verb(Verb::Cmdlet, "cmdlet", &[], Whose::Admin, "A PowerShell cmdlet, as an administrator types it."),
];

/// The verb with this name.
pub(super) fn verb_named(word: &str) -> Option<&'static VerbInfo> {
    VERBS.iter().find(|info| info.name == word)
}
