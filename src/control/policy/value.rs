//! The kinds of values that settings take, each read from and shown as text.

use std::time::Duration;

use super::LockoutLimit;
use crate::control::call::Digits;
use crate::control::time::{parse_duration, show_duration};

/// A value that a setting can have.
pub(super) trait Value: Sized {
    /// The accepted values, for messages and the schema.
    const TAKES: Takes;

    /// Parses it; the error says what was expected.
    fn parse(text: &str) -> Result<Self, String>;

    /// Writes it as [`Value::parse`] reads it.
    fn show(&self) -> String;
}

/// The values that a setting accepts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Takes {
    /// `true` or `false`.
    Flag,
    /// A duration with its unit.
    Duration,
    /// A whole number between these two, both included.
    Count(u32, u32),
    /// One of these words.
    Word(&'static [&'static str]),
    /// Any text.
    Text,
    /// `10/100`: in the window, in all.
    Limits,
    /// The keys of a command, or `none`.
    Key,
    /// A text of a form of its own.
    Form {
        /// The regular expression that it matches whole.
        pattern: &'static str,
        /// What it is, for messages.
        says: &'static str,
        /// The least and the most of the whole numbers that are such texts, if there are any.
        numbers: Option<(u32, u32)>,
        /// One that is not the default.
        example: &'static str,
    },
}

impl Value for bool {
    const TAKES: Takes = Takes::Flag;

    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(format!("`{text}` is neither true nor false")),
        }
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl Value for Duration {
    const TAKES: Takes = Takes::Duration;

    fn parse(text: &str) -> Result<Self, String> {
        parse_duration(text).map_err(|error| error.to_string())
    }

    fn show(&self) -> String {
        show_duration(*self)
    }
}

impl Value for String {
    const TAKES: Takes = Takes::Text;

    fn parse(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }

    fn show(&self) -> String {
        self.clone()
    }
}

fn count(text: &str, least: u32, most: u32) -> Result<u32, String> {
    text.parse()
        .ok()
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(|| format!("`{text}` is not a whole number from {least} to {most}"))
}

/// The largest capacity that can be set: what one meeting of the largest load run holds.
const CAPACITY_MAX: u32 = 1_000_000;

impl Value for u32 {
    const TAKES: Takes = Takes::Count(1, CAPACITY_MAX);

    fn parse(text: &str) -> Result<Self, String> {
        count(text, 1, CAPACITY_MAX)
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// The keys that give a command, pressed one after the other; none where no keys give it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct CommandKey(Digits);

/// The most keys of a command.
const COMMAND_KEYS_MAX: usize = 4;

impl CommandKey {
    /// The star, then the key with this number.
    ///
    /// # Panics
    /// If no key has this number.
    #[must_use]
    pub fn on(number: u8) -> Self {
        Self::of(&format!("*{number}")).expect("a key has a number from 0 to 9")
    }

    /// The keys, in order; empty for no command.
    #[must_use]
    pub const fn keys(self) -> Digits {
        self.0
    }

    fn of(symbols: &str) -> Option<Self> {
        let keys = Digits::from_symbols(symbols)?;
        (1..=COMMAND_KEYS_MAX).contains(&keys.len()).then_some(Self(keys))
    }
}

impl Value for CommandKey {
    const TAKES: Takes = Takes::Key;

    fn parse(text: &str) -> Result<Self, String> {
        let is_number = |text: &str| text.len() == 1 && text.starts_with(|key: char| key.is_ascii_digit());
        let keys = match (text, text.strip_prefix('=')) {
            ("none", _) => Some(Self::default()),
            (_, Some(alone)) => Self::of(alone).filter(|keys| keys.0.len() == 1),
            (number, None) if is_number(number) => Self::of(&format!("*{number}")),
            (keys, None) => Self::of(keys),
        };
        keys.ok_or_else(|| {
            format!("`{text}` is not a key string: write 1 to 4 of 0-9 * # A-D, `6` for *6, `=6` for the key 6 alone, or `none`")
        })
    }

    fn show(&self) -> String {
        let keys = self.0.reveal();
        let numbers = || keys.chars().filter(char::is_ascii_digit).count();
        match keys.len() {
            0 => "none".to_owned(),
            1 if numbers() == 1 => format!("={keys}"),
            2 if keys.starts_with('*') && numbers() == 1 => keys[1..].to_owned(),
            _ => keys,
        }
    }
}

/// A number of tries in one call: 1 to 9.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Tries(u8);

impl Tries {
    /// The default.
    pub const THREE: Self = Self(3);

    /// The number.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }
}

impl Value for Tries {
    const TAKES: Takes = Takes::Count(1, 9);

    fn parse(text: &str) -> Result<Self, String> {
        count(text, 1, 9).map(|tries| Self(u8::try_from(tries).expect("tries are at most 9")))
    }

    fn show(&self) -> String {
        self.0.to_string()
    }
}

/// A number of digits that may be keyed: 1 to 12.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct DigitCount(u8);

impl DigitCount {
    /// The least.
    pub const LEAST: Self = Self(1);
    /// The most: what any field takes.
    pub const MOST: Self = Self(12);

    /// The number.
    #[must_use]
    pub fn get(self) -> usize {
        usize::from(self.0)
    }
}

impl Value for DigitCount {
    const TAKES: Takes = Takes::Count(1, 12);

    fn parse(text: &str) -> Result<Self, String> {
        count(text, 1, 12).map(|digits| Self(u8::try_from(digits).expect("they are at most 12")))
    }

    fn show(&self) -> String {
        self.0.to_string()
    }
}

/// The number of digits at which an entry ends by itself, 1 to 12; `none` where a key or time ends it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct ExactDigits(pub Option<DigitCount>);

impl Value for ExactDigits {
    const TAKES: Takes = Takes::Form {
        pattern: "^(none|[1-9]|1[0-2])$",
        says: "a whole number from 1 to 12, or none",
        numbers: Some((1, 12)),
        example: "7",
    };

    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self(None)),
            _ => match DigitCount::parse(text) {
                Ok(digits) => Ok(Self(Some(digits))),
                Err(wrong) => Err(format!("{wrong}, nor `none`")),
            },
        }
    }

    fn show(&self) -> String {
        self.0.map_or_else(|| "none".to_owned(), |digits| digits.show())
    }
}

/// The number of digits of a generated PIN: 4 to 12 (BEHAVIOUR section 4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct PinLength(u8);

impl PinLength {
    /// The shortest PIN, in digits.
    pub const MIN: usize = 4;
    /// The longest PIN, in digits.
    pub const MAX: usize = 12;
    /// The tenant's default.
    pub const DEFAULT: Self = Self(5);

    /// The number of digits.
    #[must_use]
    pub fn get(self) -> usize {
        usize::from(self.0)
    }
}

impl Value for PinLength {
    const TAKES: Takes = Takes::Count(4, 12);

    fn parse(text: &str) -> Result<Self, String> {
        count(text, 4, 12).map(|length| Self(u8::try_from(length).expect("a length is at most 12")))
    }

    fn show(&self) -> String {
        self.0.to_string()
    }
}

/// A time limit; `0s` or `0` means no limit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct TimeLimit(pub Option<Duration>);

impl Value for TimeLimit {
    const TAKES: Takes = Takes::Duration;

    fn parse(text: &str) -> Result<Self, String> {
        if text == "0" {
            return Ok(Self(None));
        }
        Duration::parse(text).map(|limit| Self((!limit.is_zero()).then_some(limit)))
    }

    fn show(&self) -> String {
        self.0.map_or_else(|| "0s".to_owned(), show_duration)
    }
}

/// The most wrong PINs that a window counts: each is remembered by its moment.
const IN_WINDOW_MAX: u32 = 1_000;

impl Value for LockoutLimit {
    const TAKES: Takes = Takes::Limits;

    fn parse(text: &str) -> Result<Self, String> {
        let (in_window, in_all) = text.split_once('/').ok_or_else(|| {
            format!("`{text}` is not a pair of limits: write 10/100, within the window / in total")
        })?;
        Ok(Self { in_window: count(in_window, 1, IN_WINDOW_MAX)?, in_all: count(in_all, 1, 1_000_000)? })
    }

    fn show(&self) -> String {
        format!("{}/{}", self.in_window, self.in_all)
    }
}

/// Declares an enum of words that a setting takes.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl Value for $name {
            const TAKES: Takes = Takes::Word(&[$($word),*]);

            fn parse(text: &str) -> Result<Self, String> {
                match text {
                    $($word => Ok(Self::$variant),)*
                    _ => Err(format!("`{text}` is not one of {}", [$($word),*].join(", "))),
                }
            }

            fn show(&self) -> String {
                match self { $(Self::$variant => $word,)* }.to_owned()
            }
        }
    };
}
pub(super) use words;

words! {
    /// Where the last wrong PIN of a call leads.
    AfterLastPin {
        /// To the lobby, as an ordinary participant.
        Lobby = "lobby",
        /// `too-many-attempts` and the end of the call.
        HangUp = "hang_up",
    }
}

words! {
    /// The treatment of callers of a locked meeting.
    LockedNewcomers {
        /// They wait in the lobby until they are admitted.
        Wait = "wait",
        /// They hear `meeting-locked`, and their call ends.
        Refused = "refused",
    }
}

words! {
    /// In which meetings the grace after the last authenticated participant ends the meeting.
    GraceApplies {
        /// In every meeting.
        Always = "always",
        /// In those that need somebody who may start them.
        WithoutAnonymousStart = "without_anonymous_start",
    }
}

words! {
    /// The moment from which the longest time of a meeting counts in which somebody authenticated.
    MaxLengthCountsFrom {
        /// The last time that anybody joined or left.
        RosterChange = "roster_change",
        /// The start of the meeting.
        Start = "start",
        /// The start until somebody joins with the client app, then the last time that anybody joined or left.
        StartIfPhonesOnly = "start_if_phones_only",
    }
}

words! {
    /// What becomes of the others when the organizer leaves.
    AfterOrganizerLeaves {
        /// They stay.
        Stay = "stay",
        /// They wait in the lobby for the next start; not where anybody may start the meeting.
        Lobby = "lobby",
        /// The meeting ends.
        End = "end",
    }
}

words! {
    /// Which leaving counts where the organizer's ends the meeting.
    OrganizerLeavesWhen {
        /// That of the last participant who may start the meeting.
        Last = "last",
        /// That of any.
        Any = "any",
    }
}

words! {
    /// Who is muted on joining; organizers never are.
    MuteOnEntry {
        /// Nobody.
        Nobody = "none",
        /// All participants.
        Participants = "participants",
        /// Those on the phone.
        Phones = "phones",
    }
}

words! {
    /// Whether the participants of a meeting may talk.
    MuteMode {
        /// They may.
        Talk = "talk",
        /// They are muted, and may unmute themselves.
        MayUnmute = "may_unmute",
        /// They are muted until the organizer lets all talk.
        MayNotUnmute = "may_not_unmute",
    }
}

words! {
    /// The mode of a meeting whose organizer mutes all.
    MuteAllMeans {
        /// Participants may unmute themselves.
        MayUnmute = "may_unmute",
        /// They are muted until the organizer lets all talk.
        MayNotUnmute = "may_not_unmute",
    }
}

impl MuteAllMeans {
    /// The mode.
    #[must_use]
    pub const fn mode(self) -> MuteMode {
        match self {
            Self::MayUnmute => MuteMode::MayUnmute,
            Self::MayNotUnmute => MuteMode::MayNotUnmute,
        }
    }
}

words! {
    /// Who is told that the meeting is recorded, and is not any more.
    RecordingNotice {
        /// Everybody in the meeting.
        All = "all",
        /// Those on the phone, each in private; the client app shows it.
        Phones = "phones",
        /// Nobody.
        Nobody = "none",
    }
}

words! {
    /// How those who may admit are told that somebody waits in the lobby of the running meeting.
    LobbyNotice {
        /// They are not.
        Nothing = "none",
        /// With a tone.
        Tone = "tone",
        /// In words, with the recorded name if there is one.
        Words = "words",
    }
}

words! {
    /// When callers are asked whether they are the organizer.
    AsksForOrganizer {
        /// While the meeting waits for somebody who may start it.
        UntilStarted = "until_started",
        /// Every caller, whether the meeting runs or starts without a PIN.
        Always = "always",
    }
}

words! {
    /// How arrivals and departures are announced.
    Announcements {
        /// With the recorded name, or `someone-joined`.
        Names = "names",
        /// With the recorded name, or with the end of the telephone number.
        NamesOrNumbers = "names_or_numbers",
        /// With a tone.
        Tone = "tone",
        /// Arrivals with a tone, departures not at all.
        ToneEntry = "tone_entry",
        /// Departures with a tone, arrivals not at all.
        ToneExit = "tone_exit",
    }
}

words! {
    /// Who hears of arrivals and departures.
    AnnounceTo {
        /// Everybody in the meeting.
        All = "all",
        /// Organizers, in private.
        Organizers = "organizers",
        /// Those on the phone, each in private.
        Phones = "phones",
    }
}

/// A number of people, or none where nothing depends on it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Threshold(pub Option<u32>);

impl Value for Threshold {
    const TAKES: Takes = Takes::Form {
        pattern: "^(none|[1-9][0-9]{0,5}|1000000)$",
        says: "a whole number from 1 to 1000000, or none",
        numbers: Some((1, CAPACITY_MAX)),
        example: "7",
    };

    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self(None)),
            _ => match count(text, 1, CAPACITY_MAX) {
                Ok(number) => Ok(Self(Some(number))),
                Err(wrong) => Err(format!("{wrong}, nor `none`")),
            },
        }
    }

    fn show(&self) -> String {
        self.0.map_or_else(|| "none".to_owned(), |number| number.to_string())
    }
}

/// How many of a number's last digits are read out: 1 to 7.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct AnnouncedDigits(u8);

impl AnnouncedDigits {
    /// The default.
    pub const FOUR: Self = Self(4);

    /// The number.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }
}

impl Value for AnnouncedDigits {
    const TAKES: Takes = Takes::Count(1, 7);

    fn parse(text: &str) -> Result<Self, String> {
        count(text, 1, 7).map(|digits| Self(u8::try_from(digits).expect("they are at most 7")))
    }

    fn show(&self) -> String {
        self.0.to_string()
    }
}

words! {
    /// Where hold music starts for each caller.
    MusicPolicy {
        /// At its beginning, for each caller.
        FromZero = "from_zero",
        /// Wherever the one shared music is.
        Shared = "shared",
        /// Where it stopped for this caller.
        Resume = "resume",
        /// At its beginning, for all, whenever somebody joins the lobby.
        Restart = "restart",
    }
}
