//! The core's own time: an [`Instant`] that no clock made, durations as people write them, and the one
//! table of timers that each machine owns.

use std::fmt;
use std::num::NonZeroU64;
use std::ops::{Add, Sub};
use std::time::Duration;

use smallvec::SmallVec;

/// A moment, in microseconds since the run began. Drivers make it; machines are only given it.
///
/// Kept as one more than its microseconds, so that an `Option` of it is no larger: rows of callers hold many.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(NonZeroU64);

impl Default for Instant {
    fn default() -> Self {
        Self::ZERO
    }
}

impl Instant {
    /// The moment at which every run begins.
    pub const ZERO: Self = Self::from_micros(0);
    /// Later than any moment that a run reaches.
    pub const NEVER: Self = Self(NonZeroU64::MAX);

    /// The moment this many microseconds after the beginning.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(NonZeroU64::MIN.saturating_add(micros))
    }

    /// The moment this many milliseconds after the beginning.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self::from_micros(millis * 1_000)
    }

    /// The moment this many seconds after the beginning.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self::from_micros(secs * 1_000_000)
    }

    /// Microseconds since the beginning.
    #[must_use]
    pub const fn micros(self) -> u64 {
        self.0.get() - 1
    }

    /// Whole milliseconds since the beginning, rounded down.
    #[must_use]
    pub const fn millis(self) -> u64 {
        self.micros() / 1_000
    }

    /// This moment, or the next that is a whole millisecond: deadlines are.
    #[must_use]
    pub const fn ceil_to_millis(self) -> Self {
        Self::from_micros(self.micros().div_ceil(1_000).saturating_mul(1_000))
    }

    /// The time that has passed since `earlier`; zero if `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.micros().saturating_sub(earlier.micros()))
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(micros))
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        Self::from_micros(self.micros().saturating_sub(micros))
    }
}

/// Seconds with milliseconds, as `12.345`; microseconds only where they are not zero.
impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        let beyond = self.micros() % 1_000;
        if beyond == 0 { Ok(()) } else { write!(f, "{beyond:03}") }
    }
}

/// Seconds with the milliseconds that are over, as `12.345`: microseconds, which real clocks have, are for machines.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.millis() / 1_000, self.millis() % 1_000)
    }
}

/// The deadlines of one machine, by name: the only place where it keeps any, so that none can be handled
/// and yet not announced. Names due at one instant come out in the order in which they were set.
#[derive(Clone, Debug)]
pub struct Timers<T> {
    set: SmallVec<[(Instant, T); 1]>,
}

impl<T> Default for Timers<T> {
    fn default() -> Self {
        Self { set: SmallVec::new() }
    }
}

impl<T: Copy + Eq> Timers<T> {
    /// Sets `name` to fall due at `at`, in place of any earlier setting, rounded up to a whole millisecond.
    pub fn set(&mut self, name: T, at: Instant) {
        self.clear(name);
        self.set.push((at.ceil_to_millis(), name));
    }

    /// Takes `name` off the table; nothing happens if it was not set.
    pub fn clear(&mut self, name: T) {
        self.set.retain(|(_, set)| *set != name);
    }

    /// Takes every name off the table.
    pub fn clear_all(&mut self) {
        self.set.clear();
    }

    /// Every deadline with its name, in the order in which they were set.
    pub fn all(&self) -> impl Iterator<Item = (Instant, T)> + '_ {
        self.set.iter().copied()
    }

    /// Returns when `name` falls due.
    #[must_use]
    pub fn due(&self, name: T) -> Option<Instant> {
        self.set.iter().find(|(_, set)| *set == name).map(|(at, _)| *at)
    }

    /// The earliest deadline: what the machine's `poll_timeout` answers.
    #[must_use]
    pub fn next(&self) -> Option<Instant> {
        self.set.iter().map(|(at, _)| *at).min()
    }

    /// Takes off the earliest name that is due at `now`.
    pub fn pop_due(&mut self, now: Instant) -> Option<T> {
        let (index, (at, _)) = self.set.iter().enumerate().min_by_key(|(_, (at, _))| *at)?;
        (*at <= now).then(|| self.set.remove(index).1)
    }
}

/// Why a text is not a duration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DurationError {
    /// A bare number: the unit is missing.
    NoUnit(String),
    /// A unit that is not one of ms, s, m, h.
    UnknownUnit(String),
    /// Not a number with a unit at all.
    NotADuration(String),
    /// Longer than [`LONGEST_DURATION`].
    TooLong(String),
}

/// The longest duration that a file or a setting may name: ten days, well past any limit of a meeting.
pub const LONGEST_DURATION: Duration = Duration::from_secs(10 * 24 * 3600);

impl fmt::Display for DurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoUnit(text) => write!(f, "{text} has no unit: write 250ms, 2s or 1m30s"),
            Self::UnknownUnit(unit) => write!(f, "`{unit}` is not a unit of time: use ms, s, m or h"),
            Self::NotADuration(text) => write!(f, "`{text}` is not a duration: write 250ms, 2s or 1m30s"),
            Self::TooLong(text) => write!(f, "`{text}` is too long: a duration is at most 240h"),
        }
    }
}

impl std::error::Error for DurationError {}

/// Reads a duration as people write it: whole or decimal numbers with `ms`, `s`, `m` or `h`, largest first
/// (`250ms`, `2s`, `1.5s`, `1m30s`, `4h`), to the microsecond.
///
/// # Errors
/// Says which part is not understood; see [`DurationError`].
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let not_one = || DurationError::NotADuration(text.to_owned());
    let mut rest = text;
    let mut micros: u64 = 0;
    let mut smallest_unit = u64::MAX;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        if number.is_empty() {
            return Err(not_one());
        }
        let scale = match unit {
            "ms" => 1_000,
            "s" => 1_000_000,
            "m" => 60_000_000,
            "h" => 3_600_000_000,
            "" if tail.is_empty() && smallest_unit == u64::MAX => {
                return Err(DurationError::NoUnit(text.to_owned()));
            }
            "" => return Err(not_one()),
            other => return Err(DurationError::UnknownUnit(other.to_owned())),
        };
        if scale >= smallest_unit {
            return Err(not_one());
        }
        smallest_unit = scale;
        let part = scaled(number, scale).ok_or_else(not_one)?;
        micros = micros.saturating_add(part);
        rest = tail;
    }
    let duration = Duration::from_micros(micros);
    match (smallest_unit, duration > LONGEST_DURATION) {
        (u64::MAX, _) => Err(not_one()),
        (_, true) => Err(DurationError::TooLong(text.to_owned())),
        (_, false) => Ok(duration),
    }
}

/// A decimal number of units, in microseconds; `None` if it is not a number. Digits past the microsecond are cut.
fn scaled(number: &str, scale: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || fraction.contains('.') || (fraction.is_empty() && number.contains('.')) {
        return None;
    }
    let mut micros = whole.parse::<u64>().unwrap_or(u64::MAX).saturating_mul(scale);
    let mut place = scale;
    for digit in fraction.bytes() {
        place /= 10;
        micros = micros.saturating_add(u64::from(digit - b'0') * place);
    }
    Some(micros)
}

/// Writes a duration the way [`parse_duration`] reads it, in the fewest parts: `1m30s`, `250ms`, `1.5s`.
#[must_use]
pub fn show_duration(duration: Duration) -> String {
    let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
    if micros < 1_000_000 {
        return trim_zeros(format!("{}.{:03}", micros / 1_000, micros % 1_000)) + "ms";
    }
    let (hours, minutes) = (micros / 3_600_000_000, micros / 60_000_000 % 60);
    let rest = micros % 60_000_000;
    let mut text = String::new();
    if hours > 0 {
        text += &format!("{hours}h");
    }
    if minutes > 0 {
        text += &format!("{minutes}m");
    }
    if rest > 0 {
        text += &trim_zeros(format!("{}.{:06}", rest / 1_000_000, rest % 1_000_000));
        text.push('s');
    }
    text
}

fn trim_zeros(number: String) -> String {
    number.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_write_them() {
        for (text, millis) in [
            ("250ms", 250),
            ("2s", 2_000),
            ("1.5s", 1_500),
            ("1m30s", 90_000),
            ("4h", 14_400_000),
            ("1h0m5s10ms", 3_605_010),
            ("0s", 0),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn a_number_without_a_unit_is_told_what_to_write() {
        let error = parse_duration("2").unwrap_err();
        assert_eq!(error.to_string(), "2 has no unit: write 250ms, 2s or 1m30s");
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in
            ["", "s", "-2s", "2s1m", "1s1s", "1..5s", "1.s", ".5s", "5 s", "1m30", "２s", "2秒", "1m２s"]
        {
            assert_eq!(parse_duration(text), Err(DurationError::NotADuration(text.to_owned())));
        }
        assert_eq!(parse_duration("2x"), Err(DurationError::UnknownUnit("x".to_owned())));
    }

    #[test]
    fn the_longest_duration_is_ten_days() {
        assert_eq!(parse_duration("240h"), Ok(Duration::from_secs(864_000)));
        for text in ["240h1ms", "99999999h", "99999999999999999999999999999999999999h"] {
            let error = parse_duration(text).unwrap_err();
            assert_eq!(error.to_string(), format!("`{text}` is too long: a duration is at most 240h"));
        }
    }

    #[test]
    fn durations_are_shown_as_they_are_read() {
        for text in [
            "0ms",
            "0.001ms",
            "1.5ms",
            "250ms",
            "999.999ms",
            "1s",
            "1.25s",
            "59.999999s",
            "1m",
            "1m30s",
            "59m59s",
            "1h",
            "1h0.25s",
            "1h1m1s",
            "4h",
            "240h",
        ] {
            assert_eq!(show_duration(parse_duration(text).unwrap()), text);
        }
    }

    #[test]
    fn instants_print_milliseconds_and_debug_microseconds() {
        assert_eq!(Instant::from_millis(12_345).to_string(), "12.345");
        let exact = Instant::from_micros(12_345_996);
        assert_eq!((exact.to_string().as_str(), format!("{exact:?}").as_str()), ("12.345", "12.345996"));
    }

    #[test]
    fn timers_fall_due_in_order_and_ties_in_the_order_set() {
        let mut timers = Timers::default();
        timers.set('b', Instant::from_secs(2));
        timers.set('c', Instant::from_secs(2));
        timers.set('a', Instant::from_secs(1));
        assert_eq!(timers.all().map(|(_, name)| name).collect::<String>(), "bca");
        assert_eq!(timers.next(), Some(Instant::from_secs(1)));
        assert_eq!(timers.pop_due(Instant::from_millis(999)), None);
        let due: Vec<_> = std::iter::from_fn(|| timers.pop_due(Instant::from_secs(2))).collect();
        assert_eq!(due, ['a', 'b', 'c']);
        assert_eq!(timers.next(), None);
    }

    #[test]
    fn setting_a_timer_again_moves_it() {
        let mut timers = Timers::default();
        timers.set('a', Instant::from_secs(1));
        timers.set('a', Instant::from_secs(5));
        assert_eq!(timers.pop_due(Instant::from_secs(1)), None);
        assert_eq!(timers.due('a'), Some(Instant::from_secs(5)));
        timers.clear('a');
        assert_eq!(timers.next(), None);
    }

    #[test]
    fn a_cleared_table_has_nothing_due() {
        let mut timers = Timers::default();
        timers.set('a', Instant::from_secs(1));
        timers.set('b', Instant::from_secs(2));
        timers.clear_all();
        assert_eq!(timers.next(), None);
    }

    #[test]
    fn deadlines_are_whole_milliseconds() {
        let mut timers = Timers::default();
        timers.set('a', Instant::from_micros(1_001));
        assert_eq!(timers.next(), Some(Instant::from_millis(2)));
    }
}
