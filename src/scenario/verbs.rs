//! The verbs of steps: one table that the reader, its messages and the schema read.

use super::story::Act;
use crate::control::caller::OrganizerRef;
use crate::control::meeting::CallerAct;

/// What a step does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Verb {
    Dial,
    Press,
    Talk,
    Tone,
    Say,
    Hears,
    Still,
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
    Set,
    Cmdlet,
    /// The organizer's client records, or does not any more.
    Record,
    /// Takes an organizer, and makes this act.
    OnOrganizer(fn(OrganizerRef) -> Act),
    /// Takes a caller, and does this to them.
    OnCaller(CallerAct),
}

/// What stands behind a verb.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    Text,
    /// A text of keys, with names for what is known at run time.
    Keys,
    Sound,
    State,
    StateOrSound,
    /// What others wait for: a caller's state or mark.
    Event,
    Duration,
    /// A duration, or nothing.
    DurationOrNothing,
    /// Steps, and how often.
    Repeated,
    /// Lists of steps.
    Branches,
    Settings,
    /// `on` or `off`.
    OnOff,
    Nothing,
}

/// The callers whose scripts may use a verb.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum VerbScope {
    Callers,
    Admin,
    Both,
}

/// A verb as it is written.
#[derive(Debug)]
pub(super) struct VerbInfo {
    pub(super) verb: Verb,
    pub(super) name: &'static str,
    pub(super) takes: Shape,
    /// What may stand beside it in a step.
    pub(super) modifiers: &'static [&'static str],
    pub(super) scope: VerbScope,
    pub(super) doc: &'static str,
}

const fn verb(
    verb: Verb,
    name: &'static str,
    takes: Shape,
    modifiers: &'static [&'static str],
    scope: VerbScope,
    doc: &'static str,
) -> VerbInfo {
    VerbInfo { verb, name, takes, modifiers, scope, doc }
}

/// An administrator's verb that takes a caller, who must be there.
const fn on_caller(act: CallerAct, doc: &'static str) -> VerbInfo {
    verb(Verb::OnCaller(act), act.name(), Shape::Text, &[], VerbScope::Admin, doc)
}

pub(super) const VERBS: &[VerbInfo] = &[
    verb(
        Verb::Dial,
        "dial",
        Shape::Text,
        &["as"],
        VerbScope::Callers,
        "Place the call: bridge, a service number, or app:amos for the signed-in client that joins Amos's \
         meeting.",
    ),
    verb(
        Verb::Press,
        "press",
        Shape::Keys,
        &["gap", "hold"],
        VerbScope::Callers,
        "Keys: 0-9 * # A-D; w, W and a comma pause 0.5 s, 1 s and 2 s; ${amos.pin} and the like stand for \
         values that are known only at run time.",
    ),
    verb(
        Verb::Talk,
        "talk",
        Shape::Duration,
        &[],
        VerbScope::Callers,
        "Talk for this long, in a voice of one's own: others hear `talk`.",
    ),
    verb(
        Verb::Tone,
        "tone",
        Shape::DurationOrNothing,
        &[],
        VerbScope::Callers,
        "Send a steady tone of one's own for this long, 1s if not given: others hear `tone`.",
    ),
    verb(
        Verb::Say,
        "say",
        Shape::Text,
        &[],
        VerbScope::Callers,
        "Play a WAV file into the call, to its end; its path is relative to this file. Others hear `talk`.",
    ),
    verb(
        Verb::Hears,
        "hears",
        Shape::Sound,
        &["within", "of", "for", "language", "by"],
        VerbScope::Callers,
        "Passes when the caller hears this: playing now or within the time limit, and not already playing \
         when the last step other than wait and mark began.",
    ),
    verb(
        Verb::Still,
        "still",
        Shape::Sound,
        &["for", "language", "by"],
        VerbScope::Callers,
        "Passes if this sound is playing now, and goes on for the time of `for` without a break.",
    ),
    verb(
        Verb::Expect,
        "expect",
        Shape::State,
        &["within", "of", "for"],
        VerbScope::Callers,
        "Passes when the call reaches this state within the time limit.",
    ),
    verb(
        Verb::Never,
        "never",
        Shape::StateOrSound,
        &["for", "by"],
        VerbScope::Callers,
        "Fails if this state or sound occurs during `for`.",
    ),
    verb(
        Verb::When,
        "when",
        Shape::Event,
        &[],
        VerbScope::Both,
        "Wait until a caller has reached a state or set a mark: amos.joined, pat.waiting, pat.2.joined.",
    ),
    verb(Verb::Wait, "wait", Shape::Duration, &[], VerbScope::Both, "Wait for a fixed time."),
    verb(
        Verb::Mark,
        "mark",
        Shape::Text,
        &[],
        VerbScope::Both,
        "Set a mark that others can wait for: `mark: waiting` in pat's script sets pat.waiting.",
    ),
    verb(Verb::Run, "run", Shape::Text, &[], VerbScope::Both, "Run a procedure's steps."),
    verb(Verb::Repeat, "repeat", Shape::Repeated, &[], VerbScope::Both, "Repeat steps a number of times."),
    verb(
        Verb::Parallel,
        "parallel",
        Shape::Branches,
        &[],
        VerbScope::Both,
        "Run several lists of steps at once, until all have ended.",
    ),
    verb(Verb::HangUp, "hang_up", Shape::Nothing, &[], VerbScope::Callers, "Hang up."),
    verb(Verb::Drop, "drop", Shape::Nothing, &[], VerbScope::Callers, "Drop the line without hanging up."),
    verb(
        Verb::OnOrganizer(Act::ResetPin),
        "reset_pin",
        Shape::Text,
        &[],
        VerbScope::Admin,
        "Reset this organizer's PIN.",
    ),
    verb(
        Verb::OnOrganizer(Act::ResetConferenceId),
        "reset_conference_id",
        Shape::Text,
        &[],
        VerbScope::Admin,
        "Reset this organizer's conference ID.",
    ),
    verb(
        Verb::Set,
        "set",
        Shape::Settings,
        &[],
        VerbScope::Admin,
        "Change settings by name, or an organizer's settings under the organizer's name.",
    ),
    verb(
        Verb::OnOrganizer(Act::Enable),
        "enable",
        Shape::Text,
        &[],
        VerbScope::Admin,
        "Enable an organizer for dial-in conferencing.",
    ),
    verb(
        Verb::OnOrganizer(Act::Disable),
        "disable",
        Shape::Text,
        &[],
        VerbScope::Admin,
        "Disable an organizer and release the conference ID.",
    ),
    verb(
        Verb::OnOrganizer(Act::Unlock),
        "unlock",
        Shape::Text,
        &[],
        VerbScope::Admin,
        "Unlock an organizer's PIN entry.",
    ),
    verb(
        Verb::OnOrganizer(Act::EndMeeting),
        "end_meeting",
        Shape::Text,
        &[],
        VerbScope::Admin,
        "End an organizer's meeting for everyone.",
    ),
    verb(
        Verb::OnOrganizer(Act::LockMeeting),
        "lock_meeting",
        Shape::Text,
        &[],
        VerbScope::Admin,
        "Lock an organizer's meeting.",
    ),
    verb(
        Verb::OnOrganizer(Act::UnlockMeeting),
        "unlock_meeting",
        Shape::Text,
        &[],
        VerbScope::Admin,
        "Unlock an organizer's meeting.",
    ),
    verb(
        Verb::OnOrganizer(|whose| Act::Record { whose, on: true, client: false }),
        "start_recording",
        Shape::Text,
        &[],
        VerbScope::Admin,
        "Start recording an organizer's meeting, if it runs.",
    ),
    verb(
        Verb::OnOrganizer(|whose| Act::Record { whose, on: false, client: false }),
        "stop_recording",
        Shape::Text,
        &[],
        VerbScope::Admin,
        "Stop recording an organizer's meeting.",
    ),
    verb(
        Verb::Record,
        "record",
        Shape::OnOff,
        &[],
        VerbScope::Callers,
        "Start or stop recording the meeting that one has joined with the organizer's client: on or off.",
    ),
    on_caller(CallerAct::Admit, "Admit a caller from the lobby."),
    on_caller(CallerAct::Deny, "Turn a caller in the lobby away."),
    on_caller(CallerAct::Remove, "Remove a caller from the meeting."),
    on_caller(CallerAct::Mute, "Mute a caller in the meeting."),
    on_caller(CallerAct::Unmute, "Unmute a caller in the meeting."),
    verb(
        Verb::Cmdlet,
        "cmdlet",
        Shape::Text,
        &[],
        VerbScope::Admin,
        "Run a PowerShell cmdlet, as an administrator types it.",
    ),
];

/// The verb with this name.
pub(super) fn verb_named(word: &str) -> Option<&'static VerbInfo> {
    VERBS.iter().find(|info| info.name == word)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_verb_has_a_name_of_its_own_and_a_sentence() {
        let names: BTreeSet<&str> = VERBS.iter().map(|info| info.name).collect();
        assert_eq!(names.len(), VERBS.len());
        for info in VERBS {
            assert!(info.doc.ends_with('.'), "{}", info.name);
            assert!(verb_named(info.name).is_some_and(|found| found.doc == info.doc), "{}", info.name);
        }
    }

    #[test]
    fn acts_on_organizers_are_the_administrators_and_different() {
        let mut acts = BTreeSet::new();
        for info in VERBS {
            if let Verb::OnOrganizer(act) = info.verb {
                assert_eq!(info.scope, VerbScope::Admin, "{}", info.name);
                assert!(acts.insert(format!("{:?}", act(OrganizerRef(0)))), "{}", info.name);
            }
        }
        assert!(!acts.is_empty());
    }
}
