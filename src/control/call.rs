//! The words between a call leg and the core: digits, prompts, sources of sound, events and commands.

use std::cmp::Ordering;
use std::fmt;

use super::time::Instant;

/// One call's path between a caller and the bridge. Numbered by the driver, never used twice in a run.
///
/// A number has 48 bits: at 1,000 calls a second they last 8,900 years, and every reader of JSON can hold one. They are kept
/// in three pieces, because 64 bits in one would take 72 bytes more for each caller: a number also stands in every prompt
/// that may be a recorded name.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LegId([u16; 3]);

impl LegId {
    /// The largest number.
    pub const MAX: u64 = (1 << 48) - 1;

    /// The leg of this number.
    ///
    /// # Panics
    /// If the number is larger than [`LegId::MAX`]: no call gets the number of another.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        assert!(number <= Self::MAX, "a leg's number has 48 bits");
        Self([(number >> 32) as u16, (number >> 16) as u16, number as u16])
    }

    /// Returns its number.
    #[must_use]
    pub const fn number(self) -> u64 {
        let [high, middle, low] = self.0;
        (high as u64) << 32 | (middle as u64) << 16 | low as u64
    }
}

impl PartialOrd for LegId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for LegId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.number().cmp(&other.number())
    }
}

impl fmt::Debug for LegId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LegId({})", self.number())
    }
}

/// One playing of one prompt on one leg, so that a late "finished" cannot end the wrong one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct PlaybackId(pub u32);

/// A telephone key (ITU-T Q.23): 0-9, `*`, `#`, A-D. Its `Debug` is masked, since any key may belong to a PIN.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digit(u8);

impl Digit {
    /// The star key.
    pub const STAR: Self = Self(10);
    /// The pound key, `#`.
    pub const POUND: Self = Self(11);
    /// The keys in the order of their telephone-event codes (RFC 4733, section 3.2, table 3).
    const SYMBOLS: [u8; 16] = *b"0123456789*#ABCD";

    /// The key with this symbol; letters in either case.
    #[must_use]
    pub fn from_symbol(symbol: char) -> Option<Self> {
        let symbol = u8::try_from(symbol.to_ascii_uppercase()).ok()?;
        let code = Self::SYMBOLS.iter().position(|known| *known == symbol)?;
        u8::try_from(code).ok().map(Self)
    }

    /// The key with this telephone-event code (RFC 4733, section 3.2, table 3); other codes are not keys.
    #[must_use]
    pub fn from_event_code(code: u8) -> Option<Self> {
        (code < 16).then_some(Self(code))
    }

    /// Its telephone-event code.
    #[must_use]
    pub const fn event_code(self) -> u8 {
        self.0
    }

    /// Returns the symbol printed on the key.
    #[must_use]
    pub fn symbol(self) -> char {
        char::from(Self::SYMBOLS[usize::from(self.0 & 15)])
    }

    /// The number on a number key; `None` for `*`, `#` and letters.
    #[must_use]
    pub fn number(self) -> Option<u8> {
        (self.0 < 10).then_some(self.0)
    }
}

impl fmt::Debug for Digit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digit(•)")
    }
}

/// Maximum number of keys in [`Digits`]: the type-ahead that is kept while a question is open (BEHAVIOUR 2.2).
pub const DIGITS_MAX: usize = 32;

/// A row of keys, kept in place, four bits each. Its `Debug` tells only how many, since they may be a PIN;
/// [`Digits::reveal`] is for those who know that they are not.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Digits {
    length: u8,
    packed: [u8; DIGITS_MAX / 2],
}

impl Digits {
    /// The keys with these symbols; `None` if one is not a key or there are more than [`DIGITS_MAX`].
    #[must_use]
    pub fn from_symbols(symbols: &str) -> Option<Self> {
        let mut digits = Self::default();
        symbols
            .chars()
            .all(|symbol| Digit::from_symbol(symbol).is_some_and(|digit| digits.push(digit)))
            .then_some(digits)
    }

    /// Adds a key at the end; false, and no change, if there is no room.
    #[must_use]
    pub fn push(&mut self, digit: Digit) -> bool {
        let at = self.len();
        if at == DIGITS_MAX {
            return false;
        }
        self.packed[at / 2] |= digit.0 << (at % 2 * 4);
        self.length += 1;
        true
    }

    /// Takes the first key off.
    pub fn pop_front(&mut self) -> Option<Digit> {
        let first = self.iter().next()?;
        let mut rest = Self::default();
        for digit in self.iter().skip(1) {
            let _room = rest.push(digit);
        }
        *self = rest;
        Some(first)
    }

    /// Returns the first `count` keys, or all if there are not so many, and those behind them.
    #[must_use]
    pub fn split_at(&self, count: usize) -> (Self, Self) {
        let (mut first, mut rest) = (Self::default(), *self);
        while first.len() < count
            && let Some(key) = rest.pop_front()
        {
            let _room = first.push(key);
        }
        (first, rest)
    }

    /// Returns the number of keys.
    #[must_use]
    pub fn len(&self) -> usize {
        usize::from(self.length)
    }

    /// Returns whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The keys in order.
    pub fn iter(&self) -> impl Iterator<Item = Digit> + '_ {
        (0..self.len()).map(|at| Digit(self.packed[at / 2] >> (at % 2 * 4) & 15))
    }

    /// The keys' symbols in the clear: for what is known not to be a PIN.
    #[must_use]
    pub fn reveal(&self) -> String {
        self.iter().map(Digit::symbol).collect()
    }
}

impl fmt::Debug for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digits({} keys)", self.length)
    }
}

macro_rules! languages {
    ($($(#[$default:meta])? $variant:ident = $tag:literal, $name:literal;)*) => {
        /// A language in which prompts are spoken (BCP 47 tags of `assets/prompts`).
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
        pub enum Language {
            $(#[doc = concat!($name, ".")] $(#[$default])? $variant,)*
        }

        impl Language {
            /// Every language that has prompts.
            pub const ALL: [Self; [$($tag),*].len()] = [$(Self::$variant),*];

            /// Their tags, in the same order.
            pub const TAGS: [&'static str; Self::ALL.len()] = [$($tag),*];

            /// The BCP 47 tag.
            #[must_use]
            pub const fn tag(self) -> &'static str {
                match self {
                    $(Self::$variant => $tag,)*
                }
            }
        }
    };
}

languages! {
    #[default] EnUs = "en-US", "English, United States";
    DeDe = "de-DE", "German, Germany";
    FrFr = "fr-FR", "French, France";
    EsEs = "es-ES", "Spanish, Spain";
    JaJp = "ja-JP", "Japanese, Japan";
}

impl Language {
    /// The language with this tag, in any case.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(tag))
    }
}

/// The short tones that answer a key in the meeting or the lobby.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Tone {
    /// Not allowed, or nothing to do.
    Low,
    /// Done.
    High,
}

macro_rules! prompts {
    ($($variant:ident = $name:literal,)*) => {
        /// Something the bridge says, by the names of `assets/prompts`; wordings stand in the manifest.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Prompt {
            $(#[doc = concat!("The prompt `", $name, "`.")] $variant,)*
            /// A number from 0 to 20, spoken.
            Number(u8),
            /// The name that a caller recorded on this leg, this many milliseconds long.
            RecordedName {
                /// The participant whose name it is.
                leg: LegId,
                /// Its length; a name is at most 10 s by default.
                millis: u16,
            },
            /// A short tone, generated.
            Tone(Tone),
        }

        impl Prompt {
            /// The prompts that are one recording each.
            pub const NAMED: &[Self] = &[$(Self::$variant),*];

            /// Its name in files and reports: that of its recording, `digits/N`, `recorded-name`, `low-tone` or `high-tone`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Number(number) => number_name(number),
                    Self::RecordedName { .. } => "recorded-name",
                    Self::Tone(Tone::Low) => "low-tone",
                    Self::Tone(Tone::High) => "high-tone",
                }
            }

            /// Its place in [`Prompt::NAMED`], if it is one of those.
            #[must_use]
            pub const fn place(self) -> Option<usize> {
                enum Place { $($variant),* }
                match self {
                    $(Self::$variant => Some(Place::$variant as usize),)*
                    Self::Number(_) | Self::RecordedName { .. } | Self::Tone(_) => None,
                }
            }
        }
    };
}

prompts! {
    Welcome = "welcome",
    EnterConferenceId = "enter-conference-id",
    InvalidConferenceId = "invalid-conference-id",
    PleaseTryAgain = "please-try-again",
    NoInput = "no-input",
    TooManyAttempts = "too-many-attempts",
    PressStarIfOrganizer = "press-star-if-organizer",
    EnterPin = "enter-pin",
    InvalidPin = "invalid-pin",
    PinAccepted = "pin-accepted",
    SayYourName = "say-your-name",
    HoldForOrganizer = "hold-for-organizer",
    StillWaiting = "still-waiting",
    HoldTimeout = "hold-timeout",
    LobbyWait = "lobby-wait",
    LobbyDenied = "lobby-denied",
    MeetingStarted = "meeting-started",
    Joining = "joining",
    OnlyParticipant = "only-participant",
    OneOtherParticipant = "one-other-participant",
    ThereAre = "there-are",
    OtherParticipants = "other-participants",
    SomeoneJoined = "someone-joined",
    HasJoined = "has-joined",
    HasLeft = "has-left",
    Muted = "muted",
    Unmuted = "unmuted",
    MutedByOrganizer = "muted-by-organizer",
    CannotUnmute = "cannot-unmute",
    NowUnmutedAll = "now-unmuted-all",
    HandRaised = "hand-raised",
    HandLowered = "hand-lowered",
    RecordingStarted = "recording-started",
    RecordingStopped = "recording-stopped",
    MeetingLocked = "meeting-locked",
    MeetingWillLock = "meeting-will-lock",
    MeetingFull = "meeting-full",
    HelpMenu = "help-menu",
    OrganizerLeft = "organizer-left",
    OrganizerHasLeft = "organizer-has-left",
    EndingSoon = "ending-soon",
    MeetingEnded = "meeting-ended",
    Removed = "removed",
    ManyParticipants = "many-participants",
    TechnicalError = "technical-error",
    YouEntered = "you-entered",
    ConfirmEntry = "confirm-entry",
    Goodbye = "goodbye",
    EnterPasscode = "enter-passcode",
    InvalidPasscode = "invalid-passcode",
    NumberNotAllowed = "number-not-allowed",
    SomeoneIsWaiting = "someone-is-waiting",
    IsWaiting = "is-waiting",
    WaitingInLobby = "waiting-in-lobby",
    OneWaiting = "one-waiting",
    NobodyWaiting = "nobody-waiting",
    AdmitOrDeny = "admit-or-deny",
    SeveralJoined = "several-joined",
    ParticipantsInMeeting = "participants-in-meeting",
}

fn number_name(number: u8) -> &'static str {
    const NAMES: [&str; 21] = [
        "digits/0",
        "digits/1",
        "digits/2",
        "digits/3",
        "digits/4",
        "digits/5",
        "digits/6",
        "digits/7",
        "digits/8",
        "digits/9",
        "digits/10",
        "digits/11",
        "digits/12",
        "digits/13",
        "digits/14",
        "digits/15",
        "digits/16",
        "digits/17",
        "digits/18",
        "digits/19",
        "digits/20",
    ];
    NAMES[usize::from(number).min(NAMES.len() - 1)]
}

/// An announcement to everybody who hears a meeting's mix.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Announcement {
    /// The prompt.
    pub prompt: Prompt,
    /// In which language.
    pub language: Language,
}

/// The sound that a caller hears: exactly one at any time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Source {
    /// Nothing.
    Silence,
    /// One prompt, once; its end comes back as [`LegEvent::PlaybackFinished`].
    Prompt {
        /// This playing of it.
        playback: PlaybackId,
        /// The prompt.
        prompt: Prompt,
        /// In which language.
        language: Language,
    },
    /// Music on hold, without end: a loop. Where it stands at any moment follows from this one.
    HoldMusic {
        /// When the loop's first sample was heard, or would have been, had this caller listened then.
        begun: Instant,
    },
    /// The mix of all other participants and the meeting's announcements.
    Conference,
}

impl Source {
    /// Its word in reports and on the wire; a prompt's own name is [`Prompt::name`].
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Silence => "silence",
            Self::Prompt { .. } => "prompt",
            Self::HoldMusic { .. } => "hold_music",
            Self::Conference => "conference",
        }
    }
}

/// What somebody says in a call, as an ear can tell it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Speech {
    /// Talk, in a voice of one's own.
    Talk,
    /// A steady tone, as high as that voice.
    Tone,
    /// A recording, by its place among those of the cast.
    Recording(u16),
}

impl Speech {
    /// Its word in reports and on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Talk => "talk",
            Self::Tone => "tone",
            Self::Recording(_) => "recording",
        }
    }
}

/// Something that is said, and in which voice.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Utterance {
    /// The voice: that of a role, by its place in the cast.
    pub voice: u32,
    /// What is said.
    pub speech: Speech,
}

/// Why a leg was or is to be ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum HangupCause {
    /// The caller hung up.
    Caller,
    /// The bridge ended the call in good order.
    Bridge,
    /// The caller gave up before the call was answered.
    Cancelled,
    /// The leg vanished without a goodbye.
    Lost,
    /// The caller never said that the answer had come (the ACK of SIP).
    NoAck,
    /// The caller answered with media that cannot be used.
    NoMedia,
    /// No sound came of the caller any more.
    MediaGone,
    /// The caller did not say in time that the call goes on (RFC 4028).
    SessionExpired,
    /// Nobody answers at the dialled number: the caller hears busy.
    UnknownNumber,
    /// The bridge carries all the calls that it may: the caller hears busy.
    Congestion,
    /// The bridge takes no calls from this caller, who hears busy.
    Declined,
}

impl HangupCause {
    /// Whether the caller went without a goodbye, however that was noticed.
    #[must_use]
    pub const fn is_lost(self) -> bool {
        match self {
            Self::Lost | Self::NoAck | Self::NoMedia | Self::MediaGone | Self::SessionExpired => true,
            Self::Caller | Self::Cancelled | Self::Bridge | Self::UnknownNumber | Self::Congestion => false,
            Self::Declined => false,
        }
    }

    /// Returns its name in the log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Bridge => "bridge",
            Self::Cancelled => "cancelled",
            Self::Lost => "lost",
            Self::NoAck => "no-ack",
            Self::NoMedia => "no-media",
            Self::MediaGone => "media-gone",
            Self::SessionExpired => "session-expired",
            Self::UnknownNumber => "no-such-number",
            Self::Congestion => "overloaded",
            Self::Declined => "declined",
        }
    }
}

/// An event on a leg.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LegEvent {
    /// A key was pressed; it counts from the moment it went down.
    Digit(Digit),
    /// The playing of this prompt came to its end.
    PlaybackFinished(PlaybackId),
    /// The leg is gone.
    HungUp(HangupCause),
}

/// An order to a leg.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LegCommand {
    /// Take the call.
    Answer,
    /// Let the caller hear this, in place of what was heard before.
    Hear(Source),
    /// End the call.
    HangUp(HangupCause),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_their_order_and_symbols() {
        let mut digits = Digits::from_symbols("3141592#*A0").unwrap();
        assert_eq!(digits.reveal(), "3141592#*A0");
        assert_eq!(digits.pop_front().map(Digit::symbol), Some('3'));
        assert_eq!(digits.reveal(), "141592#*A0");
    }

    #[test]
    fn keys_have_the_codes_of_their_telephone_events() {
        for (symbol, code) in [('0', 0), ('9', 9), ('*', 10), ('#', 11), ('A', 12), ('D', 15)] {
            let digit = Digit::from_symbol(symbol).unwrap();
            assert_eq!((digit.event_code(), Digit::from_event_code(code)), (code, Some(digit)));
        }
        assert_eq!(Digit::from_event_code(16), None);
    }

    #[test]
    fn a_row_of_keys_is_full_at_its_limit_and_says_so() {
        let mut digits = Digits::from_symbols(&"7".repeat(DIGITS_MAX)).unwrap();
        assert!(!digits.push(Digit::POUND));
        assert_eq!(digits.len(), DIGITS_MAX);
        assert_eq!(Digits::from_symbols(&"7".repeat(DIGITS_MAX + 1)), None);
        assert_eq!(Digits::from_symbols("12x"), None);
    }

    #[test]
    fn keys_are_masked_wherever_they_are_printed() {
        let digits = Digits::from_symbols("27182").unwrap();
        let printed = format!("{digits:?} {:?}", digits.iter().next());
        assert!(!printed.contains("27182") && !printed.contains('2'), "{printed}");
    }

    #[test]
    fn a_language_is_known_by_its_tag_in_any_case() {
        for language in Language::ALL {
            assert_eq!(Language::from_tag(language.tag()), Some(language));
            assert_eq!(Language::from_tag(&language.tag().to_uppercase()), Some(language));
        }
        assert_eq!(Language::from_tag("en"), None);
    }

    #[test]
    fn the_largest_number_that_is_spoken_is_twenty() {
        for number in 0..=20 {
            assert_eq!(Prompt::Number(number).name(), format!("digits/{number}"));
        }
        assert_eq!(Prompt::Number(21).name(), "digits/20");
        assert_eq!(Prompt::Number(u8::MAX).name(), "digits/20");
    }

    #[test]
    fn legs_have_the_order_of_their_numbers() {
        let numbers = [0, 1, 0xffff, 0x1_0000, u64::from(u32::MAX), 1 << 32, LegId::MAX];
        let legs = numbers.map(LegId::new);
        assert_eq!(legs.map(LegId::number), numbers);
        assert!(legs.is_sorted());
    }

    #[test]
    #[should_panic(expected = "48 bits")]
    fn a_number_beyond_48_bits_is_no_other_leg() {
        let _leg = LegId::new(LegId::MAX + 1);
    }

    #[test]
    fn what_is_heard_takes_16_bytes() {
        assert_eq!(size_of::<Source>(), 16);
    }

    #[test]
    fn every_prompt_has_a_name_of_its_own() {
        let mut names: Vec<_> = Prompt::NAMED.iter().map(|prompt| prompt.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 59);
        assert!(Prompt::NAMED.iter().enumerate().all(|(place, prompt)| prompt.place() == Some(place)));
    }
}
