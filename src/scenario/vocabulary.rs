//! The closed lists of the language: every word that a value can be, with its meaning. The reader, its messages and
//! the schema all use these.

use crate::control::call::{Language, Prompt, Tone};
use crate::control::caller::{CallState, Sound};
use crate::media::g711::Law;
use crate::media::manifest::Manifest;

use super::check::{CallFact, MeetingFact, OrganizerFact, WebhookFact};
use super::story::RunsOn;
use crate::bridge::faults::QuestionKind;
use crate::leg::cast::KeyPath;

/// The words of a closed list: each with its value and its documentation.
pub(super) type Words<T> = [(T, &'static str, &'static str)];

pub(super) const STATES: &Words<CallState> = &[
    (CallState::Answered, CallState::Answered.name(), "The bridge answered the call."),
    (
        CallState::Lobby,
        CallState::Lobby.name(),
        "In the lobby, from hold-for-organizer, lobby-wait or hold music onwards.",
    ),
    (
        CallState::Joined,
        CallState::Joined.name(),
        "In the meeting, from pin-accepted, meeting-started or joining onwards.",
    ),
    (
        CallState::Refused,
        CallState::Refused.name(),
        "The bridge said that the caller cannot join, and hung up.",
    ),
    (CallState::Ended, CallState::Ended.name(), "The bridge ended the call of a caller who had joined."),
    (CallState::HungUp, CallState::HungUp.name(), "The bridge ended the call."),
    (CallState::Busy, CallState::Busy.name(), "The number is not in service."),
];

/// Sounds that are not prompts.
pub(super) const SOUNDS: &Words<Sound> = &[
    (Sound::RecordedName, "recorded-name", "Any recorded name."),
    (Sound::Prompt(Prompt::Tone(Tone::Low)), "low-tone", "The short tone for a refused command."),
    (
        Sound::Prompt(Prompt::Tone(Tone::High)),
        "high-tone",
        "The short tone before a name is recorded, for a confirmed command, or for somebody who joins.",
    ),
    (Sound::HoldMusic, "hold_music", "Music on hold."),
    (Sound::Silence, "silence", "Silence, or a meeting in which nobody speaks."),
    (Sound::Talk(None), "talk", "Another caller talks, or plays a recording; with `by`, this one does."),
    (Sound::Tone(None), "tone", "Another caller sends a steady tone; with `by`, this one does."),
];

/// The numbers that have a prompt of their own.
pub(super) const SPOKEN_NUMBERS: std::ops::RangeInclusive<u8> = 0..=20;

/// The prompts that a bridge can play.
pub(crate) fn played_prompts() -> impl Iterator<Item = Prompt> {
    Prompt::NAMED.iter().copied()
}

/// How a prompt is worded, in English.
fn wording(prompt: Prompt) -> &'static str {
    let entry = Manifest::built_in().prompt(Language::default().tag(), prompt.name());
    entry.map_or("A prompt of the bridge.", |entry| entry.wording.as_str())
}

/// Returns the sound of a word.
pub(super) fn sound(word: &str) -> Option<Sound> {
    let number = word
        .strip_prefix("digits/")
        .and_then(|number| number.parse().ok())
        .filter(|number| SPOKEN_NUMBERS.contains(number))
        .map(Prompt::Number);
    let named = || played_prompts().find(|prompt| prompt.name() == word);
    match number.filter(|number| number.name() == word).or_else(named) {
        Some(prompt) => Some(Sound::Prompt(prompt)),
        None => find(SOUNDS, word),
    }
}

/// Every word that can be heard.
pub(super) fn sound_words() -> Vec<&'static str> {
    sounds_described().into_iter().map(|(word, _)| word).collect()
}

/// Every word that can be heard, with what it means.
pub(super) fn sounds_described() -> Vec<(&'static str, &'static str)> {
    let named = played_prompts().map(|prompt| (prompt.name(), wording(prompt)));
    let others = SOUNDS.iter().map(|(_, word, doc)| (*word, *doc));
    let numbers = SPOKEN_NUMBERS.map(|number| (Prompt::Number(number).name(), "A number, spoken."));
    named.chain(others).chain(numbers).collect()
}

pub(super) const MEETING_FACTS: &Words<MeetingFact> = &[
    (MeetingFact::StartedBy, "started_by", "The caller who last started it, or nobody."),
    (MeetingFact::Starts, "starts", "How many times it started."),
    (
        MeetingFact::Lobby,
        "lobby",
        "Callers in the lobby at the end, when all calls are over; what was in between is `lobby_peak`.",
    ),
    (MeetingFact::LobbyPeak, "lobby_peak", "The most callers that were ever in the lobby."),
    (
        MeetingFact::Joined,
        "joined",
        "Callers in the meeting at the end, when all calls are over; what was in between is `joined_peak`.",
    ),
    (MeetingFact::JoinedPeak, "joined_peak", "The most callers that were ever in the meeting."),
    (MeetingFact::Released, "released", "Callers released from the lobby when the meeting started."),
    (MeetingFact::Admitted, "admitted", "Callers admitted from the lobby."),
    (
        MeetingFact::MusicPositions,
        "music_positions",
        "The most positions in the hold music that its lobby ever heard at the same time.",
    ),
    (
        MeetingFact::EndedBy,
        "ended_by",
        "Why it last ended: person, limit, grace, empty, organizer-left or not_ended.",
    ),
];

pub(super) const CALL_FACTS: &Words<CallFact> = &[
    (
        CallFact::Outcome,
        "outcome",
        "How the call ended, or joined: joined, lobby-hangup, lobby-timeout, ended, refused, abandoned, \
         failed.",
    ),
    (CallFact::MusicStarts, "music_starts", "How many times hold music started."),
    (
        CallFact::MusicRestarts,
        "music_restarts",
        "How many times hold music jumped back to its start, or to a part the caller had already heard.",
    ),
    (CallFact::Admissions, "admissions", "How many times the caller was released or admitted from a lobby."),
    (CallFact::PinsRefused, "pins_refused", "How many PINs were refused."),
    (CallFact::Keys, "keys", "How many keys reached the bridge."),
];

pub(super) const ORGANIZER_FACTS: &Words<OrganizerFact> = &[
    (OrganizerFact::LockedOut, "locked_out", "Whether PIN entry is locked."),
    (OrganizerFact::WrongPins, "wrong_pins", "Wrong PINs since it was last unlocked."),
    (OrganizerFact::Lockouts, "lockouts", "How many times PIN entry was locked."),
    (OrganizerFact::PinDigits, "pin_digits", "The PIN's length in digits."),
];

pub(super) const WEBHOOK_FACTS: &Words<WebhookFact> = &[
    (WebhookFact::Count, "count", "How many webhooks of this event the receiver took."),
    (WebhookFact::Tries, "tries", "How many times a webhook of this event was posted."),
];

/// What goes wrong with the receiver of webhooks.
pub(super) const WEBHOOK_FAULTS: &Words<FaultWord> = &[(
    FaultWord::Fails,
    "fails",
    "The receiver of webhooks does not take what is posted: true, or the number of times; it is posted again.",
)];

pub(super) const OUTCOMES: [&str; 7] =
    ["joined", "lobby-hangup", "lobby-timeout", "ended", "refused", "abandoned", "failed"];
pub(super) const ENDED_BY: [&str; 6] = ["person", "limit", "grace", "empty", "organizer-left", "not_ended"];

/// The kind of a fault.
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

/// The kind of a sound fault of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum SoundWord {
    Loss,
    Jitter,
    RepeatFrames,
    Noise,
    Level,
    Twist,
    TwoKeys,
    Echo,
    EchoDelay,
    Codec,
    Clip,
}

pub(super) const LINE_FAULTS: &Words<FaultWord> = &[
    (
        FaultWord::LoseDigits,
        "lose_digits",
        "Keys that are lost: a number (the seed chooses which), or a list of which, from 1.",
    ),
    (
        FaultWord::DoubleDigits,
        "double_digits",
        "Keys that arrive twice: a number (the seed chooses which), or a list of which, from 1.",
    ),
    (FaultWord::DropAfter, "drop_after", "The line drops this long after dialling."),
    (FaultWord::HangUpAfter, "hang_up_after", "The caller hangs up this long after dialling."),
    (
        FaultWord::Sound(SoundWord::Loss),
        "loss",
        "Packet loss: 5%. In audio, the previous packet fades out in place of a lost one.",
    ),
    (
        FaultWord::Sound(SoundWord::Jitter),
        "jitter",
        "The longest delay of a packet: 40ms. The bridge waits 60ms for audio and treats later packets as \
         lost.",
    ),
    (
        FaultWord::Sound(SoundWord::RepeatFrames),
        "repeat_frames",
        "Packets that come twice: 2%. In audio, the copy replaces the next packet.",
    ),
    (FaultWord::Sound(SoundWord::Noise), "noise", "White noise on the line while keys are pressed: -40dBm0."),
    (FaultWord::Sound(SoundWord::Level), "level", "The change in level on the line: -10dB."),
    (
        FaultWord::Sound(SoundWord::Twist),
        "twist",
        "How much louder the high tone of a key is than the low: -6dB; 2dB if not given.",
    ),
    (
        FaultWord::Sound(SoundWord::TwoKeys),
        "two_keys",
        "Whether the next key in the row is pressed together with each key: a chord of three tones, which is not a key.",
    ),
    (FaultWord::Sound(SoundWord::Echo), "echo", "The level of the line's echo: -15dB."),
    (FaultWord::Sound(SoundWord::EchoDelay), "echo_delay", "The delay of the echo; 40ms if not given."),
    (
        FaultWord::Sound(SoundWord::Codec),
        "codec",
        "The codec that the audio passes through, or a list of codecs in order.",
    ),
    (FaultWord::Sound(SoundWord::Clip), "clip", "How much of each key's start is cut off: 20ms."),
];

pub(super) const DIRECTORY_FAULTS: &Words<FaultWord> = &[
    (FaultWord::Late, "late", "The directory answers late, by this much."),
    (FaultWord::Fails, "fails", "The directory answers with an error: true, or the number of times."),
    (FaultWord::Silent, "silent", "The directory never answers: true, or the number of times."),
];

pub(super) const QUESTIONS: &Words<QuestionKind> = &[
    (QuestionKind::FindMeeting, "find_meeting", "Which meeting has this conference ID."),
    (QuestionKind::CheckPin, "check_pin", "Whether a PIN or a passcode is right."),
];

pub(super) const CODECS: &Words<Law> =
    &[(Law::Pcmu, "pcmu", "G.711, µ-law."), (Law::Pcma, "pcma", "G.711, A-law.")];

/// The transports of a caller's keys.
pub(super) const DTMF: &Words<KeyPath> = &[
    (KeyPath::TelephoneEvents, "rfc4733", "As telephone-events (RFC 4733)."),
    (KeyPath::Info, "sip_info", "In SIP INFO requests; without SIP, each key arrives at once."),
    (KeyPath::Inband, "inband", "As tones in the audio, which the bridge detects."),
];

pub(super) const RUNS_ON: &Words<RunsOn> = &[
    (RunsOn::Sim, RunsOn::Sim.name(), "In virtual time."),
    (RunsOn::Live, RunsOn::Live.name(), "On the live exchange."),
    (RunsOn::Sip, RunsOn::Sip.name(), "As real SIP calls to any system."),
];

/// Returns the value of a word.
pub(super) fn find<T: Copy>(words: &Words<T>, word: &str) -> Option<T> {
    words.iter().find(|(_, name, _)| *name == word).map(|(value, ..)| *value)
}

/// The words alone.
pub(super) fn names<T>(words: &Words<T>) -> impl Iterator<Item = &'static str> + '_ {
    words.iter().map(|(_, name, _)| *name)
}
