//! Keys of a call: what an INFO body says, and the one gate through which the keys of all ways pass.
//!
//! A telephone may tell one press in up to three ways: as a telephone-event in RTP (RFC 4733), in the body of an INFO
//! (RFC 6086 calls that use legacy; its two formats were never standardised), and as a tone in the audio. Many tell it in two.

use std::fmt;
use std::time::Duration;

use smallvec::SmallVec;

use crate::control::call::Digit;
use crate::control::time::Instant;

/// Bytes that the body of an INFO with a key may have: two short lines, with room for blanks.
pub const INFO_BODY_MAX: usize = 256;

/// How long a key is taken to have been down where the body does not say: the length that most senders put there.
pub const DURATION_DEFAULT: Duration = Duration::from_millis(160);

/// The longest press that is believed. Some senders write a fixed length of many seconds, or a number of samples.
pub const DURATION_MAX: Duration = Duration::from_secs(5);

/// The two formats in which an INFO carries a key, by their Content-Type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InfoFormat {
    /// `application/dtmf-relay`: lines `Signal=5` and `Duration=160`, in milliseconds.
    Relay,
    /// `application/dtmf`: the key and nothing else.
    Plain,
}

impl InfoFormat {
    /// What the `Accept` header of a 415 lists.
    pub const ACCEPT: &str = "application/dtmf-relay, application/dtmf";

    /// The Content-Type of an INFO of ours, whose body [`write_info`] makes.
    pub const RELAY: &str = "application/dtmf-relay";

    /// Returns the format with this media type, in lower case and without parameters, as
    /// [`Headers::media_type`](super::message::Headers::media_type) gives it; `None` if it carries no keys.
    #[must_use]
    pub fn from_media_type(media_type: &str) -> Option<Self> {
        match media_type {
            "application/dtmf-relay" => Some(Self::Relay),
            "application/dtmf" => Some(Self::Plain),
            _ => None,
        }
    }
}

/// A key that an INFO told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InfoKey {
    /// Which key.
    pub digit: Digit,
    /// How long it was down, at most [`DURATION_MAX`].
    pub duration: Duration,
}

/// Why the body of an INFO does not tell a key. It never repeats the body, which may hold a digit of a PIN.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InfoError {
    /// More than [`INFO_BODY_MAX`] bytes.
    TooLong,
    /// No key, or no line that names one.
    NoSignal,
    /// Something that is not a key of a telephone: hook flash (`16` or `!`), several keys, any other text.
    NotAKey,
    /// A duration that is not a number of milliseconds.
    NotADuration,
}

impl fmt::Display for InfoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "the body has more than {INFO_BODY_MAX} bytes"),
            Self::NoSignal => f.write_str("the body names no key"),
            Self::NotAKey => {
                f.write_str("the signal is not one key: expected 0-9, *, #, A-D or a code from 10 to 15")
            }
            Self::NotADuration => f.write_str("the duration is not a number of milliseconds"),
        }
    }
}

impl std::error::Error for InfoError {}

/// Reads the key in the body of an INFO. Blanks, blank lines, CRLF or LF, upper or lower case and unknown lines do not
/// matter: senders differ in all of them.
///
/// # Errors
/// Says what is wrong with the body; see [`InfoError`].
pub fn read_info(format: InfoFormat, body: &[u8]) -> Result<InfoKey, InfoError> {
    if body.len() > INFO_BODY_MAX {
        return Err(InfoError::TooLong);
    }
    let body = std::str::from_utf8(body).map_err(|_| InfoError::NotAKey)?;
    match format {
        InfoFormat::Plain => Ok(InfoKey { digit: signal(body)?, duration: DURATION_DEFAULT }),
        InfoFormat::Relay => {
            let lines = || body.split(['\r', '\n']).filter_map(|line| line.split_once('='));
            let value = |wanted: &str| {
                let line = lines().find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted));
                line.map(|(_, value)| value.trim())
            };
            let digit = signal(value("signal").unwrap_or_default())?;
            let duration = match value("duration") {
                None | Some("") => DURATION_DEFAULT,
                Some(millis) => duration(millis)?,
            };
            Ok(InfoKey { digit, duration })
        }
    }
}

/// Returns the body of an INFO that tells a key, in the format of [`InfoFormat::Relay`].
#[must_use]
pub fn write_info(key: InfoKey) -> String {
    format!("Signal={}\r\nDuration={}\r\n", key.digit.symbol(), key.duration.as_millis())
}

/// Reads a key by its symbol, or by its telephone-event code from 10 (`*`) to 15 (`D`).
fn signal(text: &str) -> Result<Digit, InfoError> {
    let text = text.trim();
    let mut symbols = text.chars();
    match (symbols.next(), symbols.next()) {
        (None, _) => Err(InfoError::NoSignal),
        (Some(symbol), None) => Digit::from_symbol(symbol).ok_or(InfoError::NotAKey),
        (Some('1'), Some(_)) => text.parse().ok().and_then(Digit::from_event_code).ok_or(InfoError::NotAKey),
        (Some(_), Some(_)) => Err(InfoError::NotAKey),
    }
}

fn duration(millis: &str) -> Result<Duration, InfoError> {
    if !millis.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(InfoError::NotADuration);
    }
    // More digits than fit are a number all the same, and longer than any press.
    Ok(millis.parse().map_or(DURATION_MAX, Duration::from_millis).min(DURATION_MAX))
}

/// Two reports of one key in different ways are one press if they come within this time: the ways differ by their
/// jitter buffers, signalling by its proxies.
pub const SAME_PRESS: Duration = Duration::from_millis(400);

/// Presses of one call that are remembered for [`SAME_PRESS`]: more than fingers make. A sender that is faster loses
/// only that two reports of one press are known as one.
pub const PRESSES_MAX: usize = 16;

/// How a press was told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyWay {
    /// As a telephone-event, at the moment at which the key went down.
    Event,
    /// By an INFO, which may be sent when the key goes down or when it goes up: then it was down for as long as this.
    Info(Duration),
    /// As a tone in the audio, when it was recognised.
    InBand,
}

impl KeyWay {
    /// A bit of its own for each way.
    const fn bit(self) -> u8 {
        match self {
            Self::Event => 1,
            Self::Info(_) => 2,
            Self::InBand => 4,
        }
    }
}

/// The gate of one call through which keys of all ways pass, each press once: the way that tells it first delivers it.
///
/// Each way tells a press once, so a second report in the *same* way is a second press, and never fewer presses pass
/// than one way alone told. Tones are not listened to once an event has come: they say the same, later and less surely.
#[derive(Clone, Debug, Default)]
pub struct KeyGate {
    presses: SmallVec<[Press; 1]>,
    has_events: bool,
}

/// A press that passed, and by which ways it was told.
#[derive(Clone, Copy, Debug)]
struct Press {
    at: Instant,
    digit: Digit,
    ways: u8,
}

impl KeyGate {
    /// Takes a report of a press, and returns whether it is a new press and counts.
    pub fn admit(&mut self, now: Instant, way: KeyWay, digit: Digit) -> bool {
        match way {
            KeyWay::Event => self.has_events = true,
            KeyWay::InBand if self.has_events => return false,
            KeyWay::Info(_) | KeyWay::InBand => {}
        }
        self.presses.retain(|press| now.since(press.at) <= SAME_PRESS + DURATION_MAX);
        let window = match way {
            KeyWay::Info(held) => SAME_PRESS + held.min(DURATION_MAX),
            KeyWay::Event | KeyWay::InBand => SAME_PRESS,
        };
        let told = self.presses.iter_mut().find(|press| {
            press.digit == digit && press.ways & way.bit() == 0 && now.since(press.at) <= window
        });
        if let Some(press) = told {
            press.ways |= way.bit();
            return false;
        }
        if self.presses.len() == PRESSES_MAX {
            self.presses.remove(0);
        }
        self.presses.push(Press { at: now, digit, ways: way.bit() });
        true
    }

    /// Listens to tones again: the media were agreed on again, and events may no longer come.
    pub fn renegotiated(&mut self) {
        self.has_events = false;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn digit(symbol: char) -> Digit {
        Digit::from_symbol(symbol).unwrap()
    }

    fn relay(body: &str) -> Result<(char, u128), InfoError> {
        read_info(InfoFormat::Relay, body.as_bytes())
            .map(|key| (key.digit.symbol(), key.duration.as_millis()))
    }

    #[test]
    fn a_relay_body_is_read_in_all_the_forms_of_senders() {
        for (body, expected) in [
            ("Signal=5\r\nDuration=250\r\n", ('5', 250)),
            ("Signal= 5\r\nDuration= 250\r\n", ('5', 250)),
            ("Signal=5\nDuration=250", ('5', 250)),
            ("\r\n  signal = * \r\n\r\n DURATION = 90 \r\n\r\n", ('*', 90)),
            ("Duration=100\r\nSignal=#\r\n", ('#', 100)),
            ("Signal=5\r\n", ('5', 160)),
            ("Signal=5\r\nDuration=\r\n", ('5', 160)),
            ("Signal=10\r\n", ('*', 160)),
            ("Signal=11\r\n", ('#', 160)),
            ("Signal=d\r\nDuration=0", ('D', 0)),
            ("Signal=15\r\n", ('D', 160)),
            ("Signal=1\r\nVolume=3\r\nbegin\r\nDuration=60000", ('1', 5_000)),
            ("Signal=1\r\nDuration=99999999999999999999999", ('1', 5_000)),
        ] {
            assert_eq!(relay(body), Ok(expected), "{body:?}");
        }
    }

    #[test]
    fn a_relay_body_that_tells_no_key_is_refused() {
        for (body, expected) in [
            ("", InfoError::NoSignal),
            ("5", InfoError::NoSignal),
            ("Signal=\r\nDuration=160", InfoError::NoSignal),
            ("Signal=16\r\n", InfoError::NotAKey),
            ("Signal=!\r\n", InfoError::NotAKey),
            ("Signal=55\r\n", InfoError::NotAKey),
            ("Signal=1000\r\n", InfoError::NotAKey),
            ("Signal=1\u{0663}\r\n", InfoError::NotAKey),
            ("Signal=5\r\nDuration=-1", InfoError::NotADuration),
            ("Signal=5\r\nDuration=fast", InfoError::NotADuration),
            (&format!("Signal=5{}", " ".repeat(INFO_BODY_MAX)), InfoError::TooLong),
        ] {
            assert_eq!(relay(body), Err(expected), "{body:?}");
        }
    }

    #[test]
    fn what_is_written_is_read() {
        for symbol in ['0', '9', '*', '#', 'D'] {
            let key = InfoKey { digit: digit(symbol), duration: Duration::from_millis(120) };
            assert_eq!(relay(&write_info(key)), Ok((symbol, 120)));
        }
        assert_eq!(InfoFormat::from_media_type(InfoFormat::RELAY), Some(InfoFormat::Relay));
    }

    #[test]
    fn a_plain_body_is_one_key() {
        let plain = |body: &[u8]| read_info(InfoFormat::Plain, body).map(|key| key.digit.symbol());
        for (body, expected) in [("5", '5'), (" # \r\n", '#'), ("10", '*'), ("\n\n0\n\n", '0')] {
            assert_eq!(plain(body.as_bytes()), Ok(expected), "{body:?}");
        }
        assert_eq!(plain(b""), Err(InfoError::NoSignal));
        assert_eq!(plain(b"4711"), Err(InfoError::NotAKey));
        assert_eq!(plain(b"\xff"), Err(InfoError::NotAKey));
    }

    #[test]
    fn the_formats_that_are_listed_are_known() {
        let known: Vec<_> = InfoFormat::ACCEPT.split(", ").map(InfoFormat::from_media_type).collect();
        assert_eq!(known, [Some(InfoFormat::Relay), Some(InfoFormat::Plain)]);
        assert_eq!(InfoFormat::from_media_type("application/sdp"), None);
    }

    #[test]
    fn errors_and_keys_never_print_the_key() {
        let shown = format!("{:?} {:?}", relay("Signal=987"), read_info(InfoFormat::Plain, b"7"));
        assert!(!shown.contains(['7', '9']), "{shown}");
    }

    /// Plays reports of the key 5, each in milliseconds and by a letter: e(vent), i(nfo of 160 ms), l(ong info of 2 s),
    /// t(one); returns those that passed.
    fn passed(reports: &[(u64, char)]) -> Vec<(u64, char)> {
        let mut gate = KeyGate::default();
        let mut passed = reports.to_vec();
        passed.retain(|(at, way)| gate.admit(Instant::from_millis(*at), way_of(*way), digit('5')));
        passed
    }

    fn way_of(letter: char) -> KeyWay {
        match letter {
            'e' => KeyWay::Event,
            'i' => KeyWay::Info(Duration::from_millis(160)),
            'l' => KeyWay::Info(Duration::from_secs(2)),
            _ => KeyWay::InBand,
        }
    }

    #[test]
    fn a_press_that_is_told_in_two_ways_counts_once() {
        assert_eq!(passed(&[(0, 'e'), (390, 'i')]), [(0, 'e')]);
        assert_eq!(passed(&[(0, 'i'), (400, 'e')]), [(0, 'i')]);
        assert_eq!(passed(&[(0, 'i'), (90, 't')]), [(0, 'i')]);
        assert_eq!(passed(&[(0, 'i'), (30, 'e'), (90, 't')]), [(0, 'i')]);
    }

    #[test]
    fn an_info_at_the_end_of_a_long_press_is_that_press() {
        assert_eq!(passed(&[(0, 'e'), (2_100, 'l')]), [(0, 'e')]);
        assert_eq!(passed(&[(0, 'e'), (2_100, 'i')]), [(0, 'e'), (2_100, 'i')]);
    }

    #[test]
    fn two_presses_in_one_way_are_two() {
        assert_eq!(passed(&[(0, 'e'), (90, 'e')]), [(0, 'e'), (90, 'e')]);
        assert_eq!(passed(&[(0, 'e'), (50, 'i'), (90, 'e'), (140, 'i')]), [(0, 'e'), (90, 'e')]);
        assert_eq!(passed(&[(0, 'e'), (90, 'e'), (120, 'i'), (200, 'i')]), [(0, 'e'), (90, 'e')]);
    }

    #[test]
    fn later_reports_are_presses_of_their_own() {
        assert_eq!(passed(&[(0, 'e'), (561, 'i')]), [(0, 'e'), (561, 'i')]);
        assert_eq!(passed(&[(0, 'i'), (401, 'e')]), [(0, 'i'), (401, 'e')]);
    }

    #[test]
    fn tones_are_off_from_the_first_event_to_a_new_agreement() {
        assert_eq!(passed(&[(0, 't'), (5_000, 'e'), (9_000, 't')]), [(0, 't'), (5_000, 'e')]);
        let mut gate = KeyGate::default();
        assert!(gate.admit(Instant::ZERO, KeyWay::Event, digit('1')));
        gate.renegotiated();
        assert!(gate.admit(Instant::from_secs(1), KeyWay::InBand, digit('1')));
    }

    #[test]
    fn other_keys_do_not_hide_each_other() {
        let mut gate = KeyGate::default();
        assert!(gate.admit(Instant::ZERO, KeyWay::Event, digit('1')));
        assert!(gate.admit(Instant::ZERO, KeyWay::Info(DURATION_DEFAULT), digit('2')));
    }

    proptest! {
        #[test]
        fn no_body_makes_the_reader_fail(body in prop::collection::vec(any::<u8>(), 0..300)) {
            for format in [InfoFormat::Relay, InfoFormat::Plain] {
                if let Ok(key) = read_info(format, &body) {
                    prop_assert!(key.duration <= DURATION_MAX);
                }
            }
        }

        /// Whatever is lost: as many presses pass as the way told that told the most, or more, and not more than reports.
        #[test]
        fn never_fewer_pass_than_one_way_told(
            gaps in prop::collection::vec((0u64..700, prop::sample::select(vec!['e', 'i', 'l'])), 0..60),
        ) {
            let mut at = 0;
            let reports: Vec<_> = gaps.iter().map(|(gap, way)| { at += gap; (at, *way) }).collect();
            let told = |letters: &[char]| reports.iter().filter(|(_, way)| letters.contains(way)).count();
            let passed = passed(&reports).len();
            prop_assert!(passed >= told(&['e']).max(told(&['i', 'l'])));
            prop_assert!(passed <= reports.len());
        }

        /// Two ways that both tell every press, each late by its own time: each press passes once.
        #[test]
        fn each_press_told_in_two_ways_passes_once(
            presses in prop::collection::vec((80u64..2_000, 0u64..200, 0u64..200), 1..40),
        ) {
            let mut at = 0;
            let mut reports = Vec::new();
            let (mut event_at, mut info_at) = (0, 0);
            for (gap, late_event, late_info) in &presses {
                at += gap;
                // Neither way overtakes itself: sequence numbers and CSeq keep the order.
                event_at = (at + late_event).max(event_at);
                info_at = (at + late_info).max(info_at);
                reports.extend([(event_at, 'e'), (info_at, 'i')]);
            }
            reports.sort_by_key(|(at, _)| *at);
            prop_assert_eq!(passed(&reports).len(), presses.len());
        }
    }
}
