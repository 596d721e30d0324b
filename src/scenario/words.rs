//! The closed lists of the language: every word that may stand somewhere, with what it means. The reader, its
//! messages and the schema all read these.

use crate::control::call::{Prompt, Tone};
use crate::control::caller::{CallState, Sound};
use crate::media::g711::Law;

use super::story::{CallFact, MeetingFact, OrganizerFact};
use crate::bridge::faults::QuestionKind;
use crate::leg::cast::KeyPath;

/// A word with what it stands for and what it means.
pub(super) type Words<T> = [(T, &'static str, &'static str)];

pub(super) const STATES: &Words<CallState> = &[
    (CallState::Answered, CallState::Answered.name(), "The bridge took the call."),
    (
        CallState::Lobby,
        CallState::Lobby.name(),
        "In the lobby: from hold-for-organizer, lobby-wait or hold music on.",
    ),
    (
        CallState::Joined,
        CallState::Joined.name(),
        "In the meeting: from pin-accepted, meeting-started or joining on.",
    ),
    (
        CallState::Refused,
        CallState::Refused.name(),
        "The bridge said that the caller cannot get in, and hung up.",
    ),
    (CallState::Ended, CallState::Ended.name(), "The bridge ended the call of somebody who had joined."),
    (CallState::HungUp, CallState::HungUp.name(), "The bridge ended the call."),
    (CallState::Busy, CallState::Busy.name(), "Nobody answers at that number."),
];

/// Sounds that are no prompt. `None`: known, but nobody can hear it yet.
pub(super) const SOUNDS: &Words<Option<Sound>> = &[
    (Some(Sound::RecordedName), "recorded-name", "Anybody's recorded name."),
    (Some(Sound::Prompt(Prompt::Tone(Tone::Low))), "low-tone", "The short tone for what is not allowed."),
    (Some(Sound::Prompt(Prompt::Tone(Tone::High))), "high-tone", "The short tone for what was done."),
    (Some(Sound::HoldMusic), "hold_music", "Music on hold."),
    (Some(Sound::Silence), "silence", "Nothing, or a conference in which nobody speaks."),
    (None, "talk", "Somebody speaks (not built yet)."),
    (None, "tone", "Any tone (not built yet)."),
];

/// The numbers that are spoken as one prompt.
pub(super) const SPOKEN_NUMBERS: std::ops::RangeInclusive<u8> = 2..=20;

/// The sound with this word; `Some(None)` if nobody can hear it yet.
pub(super) fn sound(word: &str) -> Option<Option<Sound>> {
    let number = word
        .strip_prefix("digits/")
        .and_then(|number| number.parse().ok())
        .filter(|number| SPOKEN_NUMBERS.contains(number))
        .map(Prompt::Number);
    let named = || Prompt::NAMED.iter().copied().find(|prompt| prompt.name() == word);
    match number.filter(|number| number.name() == word).or_else(named) {
        Some(prompt) => Some(Some(Sound::Prompt(prompt))),
        None => find(SOUNDS, word),
    }
}

/// Every word that can be heard.
pub(super) fn sound_words() -> Vec<&'static str> {
    sounds_described().into_iter().map(|(word, _)| word).collect()
}

/// Every word that can be heard, with what it means.
pub(super) fn sounds_described() -> Vec<(&'static str, &'static str)> {
    let named = Prompt::NAMED.iter().map(|prompt| (prompt.name(), "A prompt of the bridge."));
    let others = SOUNDS.iter().map(|(_, word, doc)| (*word, *doc));
    let numbers = SPOKEN_NUMBERS.map(|number| (Prompt::Number(number).name(), "A number, spoken."));
    named.chain(others).chain(numbers).collect()
}

pub(super) const MEETING_FACTS: &Words<MeetingFact> = &[
    (MeetingFact::StartedBy, "started_by", "The caller who started it last, or nobody."),
    (MeetingFact::Starts, "starts", "How often it started."),
    (MeetingFact::Lobby, "lobby", "How many wait in the lobby."),
    (MeetingFact::LobbyPeak, "lobby_peak", "The most that ever waited."),
    (MeetingFact::Joined, "joined", "How many have joined."),
    (MeetingFact::JoinedPeak, "joined_peak", "The most that were ever joined."),
    (MeetingFact::Released, "released", "Callers released by a start."),
    (MeetingFact::Admitted, "admitted", "Callers admitted from the lobby by somebody."),
    (
        MeetingFact::MusicPositions,
        "music_positions",
        "The most different places of the music that its lobby ever heard at one moment.",
    ),
    (
        MeetingFact::EndedBy,
        "ended_by",
        "Why it ended last: person, limit, grace, empty, organizer-left or not_ended.",
    ),
];

pub(super) const CALL_FACTS: &Words<CallFact> = &[
    (
        CallFact::Outcome,
        "outcome",
        "How the call ended, or joined: joined, lobby-hangup, lobby-timeout, ended, refused, abandoned, failed.",
    ),
    (CallFact::MusicStarts, "music_starts", "How often hold music began."),
    (
        CallFact::MusicRestarts,
        "music_restarts",
        "How often hold music went back to its beginning, or to what the caller had heard already.",
    ),
    (CallFact::Admissions, "admissions", "How often the caller was released from a lobby or admitted."),
    (CallFact::PinsRefused, "pins_refused", "How many PINs were refused."),
    (CallFact::Keys, "keys", "How many keys reached the bridge."),
];

pub(super) const ORGANIZER_FACTS: &Words<OrganizerFact> = &[
    (OrganizerFact::LockedOut, "locked_out", "Whether PIN entry is locked."),
    (OrganizerFact::WrongPins, "wrong_pins", "Wrong PINs since the last unlock."),
    (OrganizerFact::Lockouts, "lockouts", "How often PIN entry was locked."),
    (OrganizerFact::PinDigits, "pin_digits", "How many digits the PIN has."),
];

pub(super) const OUTCOMES: [&str; 7] =
    ["joined", "lobby-hangup", "lobby-timeout", "ended", "refused", "abandoned", "failed"];
pub(super) const ENDED_BY: [&str; 6] = ["person", "limit", "grace", "empty", "organizer-left", "not_ended"];

/// What a fault does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum FaultWord {
    LoseDigits,
    DoubleDigits,
    DropAfter,
    HangUpAfter,
    Late,
    Fails,
    Silent,
    Sound(SoundWord),
}

/// What a fault does to the sound of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum SoundWord {
    Loss,
    Jitter,
    RepeatFrames,
    Noise,
    Level,
    Twist,
    Echo,
    EchoDelay,
    Codec,
    Clip,
}

pub(super) const LINE_FAULTS: &Words<FaultWord> = &[
    (
        FaultWord::LoseDigits,
        "lose_digits",
        "Keys that are lost: how many, which the seed chooses, or a list of which, from 1.",
    ),
    (
        FaultWord::DoubleDigits,
        "double_digits",
        "Keys that arrive twice: how many, which the seed chooses, or a list of which, from 1.",
    ),
    (FaultWord::DropAfter, "drop_after", "The line vanishes so long after it was dialled."),
    (FaultWord::HangUpAfter, "hang_up_after", "The caller hangs up so long after dialling."),
    (
        FaultWord::Sound(SoundWord::Loss),
        "loss",
        "The part of packets that are lost: 5%. In the sound the packet before fades out in their place.",
    ),
    (
        FaultWord::Sound(SoundWord::Jitter),
        "jitter",
        "The most that a packet is late: 40ms. The bridge waits 60ms for sound and takes what is later for lost.",
    ),
    (
        FaultWord::Sound(SoundWord::RepeatFrames),
        "repeat_frames",
        "The part of packets that come twice, in the sound in place of the next: 2%.",
    ),
    (FaultWord::Sound(SoundWord::Noise), "noise", "White noise on the line while keys sound: -40dBm0."),
    (FaultWord::Sound(SoundWord::Level), "level", "How much louder the line is: -10dB."),
    (
        FaultWord::Sound(SoundWord::Twist),
        "twist",
        "How much louder the high tone of a key is than the low: -6dB; 2dB if not given.",
    ),
    (FaultWord::Sound(SoundWord::Echo), "echo", "How loud the line's echo of what is sent is: -15dB."),
    (FaultWord::Sound(SoundWord::EchoDelay), "echo_delay", "How much later it comes; 40ms if not given."),
    (
        FaultWord::Sound(SoundWord::Codec),
        "codec",
        "The codec that the sound goes through, or a list of several, one after the other.",
    ),
    (FaultWord::Sound(SoundWord::Clip), "clip", "How much of each key's beginning is missing: 20ms."),
];

pub(super) const DIRECTORY_FAULTS: &Words<FaultWord> = &[
    (FaultWord::Late, "late", "The directory answers so much later."),
    (FaultWord::Fails, "fails", "The directory answers that it cannot answer: true, or so many times."),
    (FaultWord::Silent, "silent", "The directory never answers: true, or so many times."),
];

pub(super) const QUESTIONS: &Words<QuestionKind> = &[
    (QuestionKind::FindMeeting, "find_meeting", "Which meeting has this conference ID."),
    (QuestionKind::CheckPin, "check_pin", "Whether a PIN is right."),
];

pub(super) const CODECS: &Words<Law> =
    &[(Law::Pcmu, "pcmu", "G.711, µ-law."), (Law::Pcma, "pcma", "G.711, A-law.")];

/// How a caller's keys travel; nothing for what is not built yet.
pub(super) const DTMF: &Words<Option<KeyPath>> = &[
    (Some(KeyPath::TelephoneEvents), "rfc4733", "As telephone-events, packet by packet."),
    (None, "sip_info", "In SIP INFO requests (not built yet)."),
    (Some(KeyPath::Inband), "inband", "As tones in the sound, which the bridge listens to."),
];

/// Where a scenario may run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum RunsOn {
    Sim,
    Live,
    Sip,
}

pub(super) const RUNS_ON: &Words<RunsOn> = &[
    (RunsOn::Sim, "sim", "In virtual time."),
    (RunsOn::Live, "live", "On the live exchange."),
    (RunsOn::Sip, "sip", "As real SIP calls against any system."),
];

/// What a word stands for.
pub(super) fn find<T: Copy>(words: &Words<T>, word: &str) -> Option<T> {
    words.iter().find(|(_, name, _)| *name == word).map(|(value, ..)| *value)
}

/// The words alone.
pub(super) fn names<T>(words: &Words<T>) -> impl Iterator<Item = &'static str> + '_ {
    words.iter().map(|(_, name, _)| *name)
}
