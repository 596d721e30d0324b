//! PINs: a type that cannot be read by accident, the rules for generating one, and the lockout window.

use std::collections::BTreeSet;
use std::fmt;

use super::call::{Digit, Digits};
use super::policy::{LockoutPolicy, PinLength, PinRules};
use super::time::Instant;

/// An organizer's PIN, 4 to 12 digits. It prints as [`MASK`], whatever its length.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Pin(Digits);

/// Written in place of a PIN (Microsoft shows seven stars).
pub const MASK: &str = "*******";

impl Pin {
    /// The PIN with these digits; `None` if it is not 4 to 12 number keys.
    #[must_use]
    pub fn from_symbols(symbols: &str) -> Option<Self> {
        Digits::from_symbols(symbols).and_then(Self::from_digits)
    }

    /// The PIN with these digits; `None` if it is not 4 to 12 number keys.
    #[must_use]
    pub fn from_digits(digits: Digits) -> Option<Self> {
        let fits = (PinLength::MIN..=PinLength::MAX).contains(&digits.len());
        (fits && digits.iter().all(|digit| digit.number().is_some())).then_some(Self(digits))
    }

    /// Returns whether this was keyed. The time does not tell how much of it was right.
    #[must_use]
    pub fn matches(&self, entry: &PinEntry) -> bool {
        // Digits are compared whole, in a fixed number of steps, whatever their lengths.
        let differing = (0..PinLength::MAX).fold(self.0.len() ^ entry.0.len(), |differing, at| {
            let (ours, theirs) = (self.0.iter().nth(at), entry.0.iter().nth(at));
            differing | usize::from(ours != theirs)
        });
        differing == 0 && !entry.1
    }

    /// Returns the number of digits.
    #[must_use]
    pub fn digits(&self) -> usize {
        self.0.len()
    }

    /// Its digits in the clear: only for the one showing, the mail and a scripted caller's fingers.
    #[must_use]
    pub fn reveal(&self) -> Digits {
        self.0
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

/// Digits keyed at the PIN prompt: as secret as the PIN. Holds 12 digits; whether there were more is kept,
/// since a 13th makes any entry wrong.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PinEntry(Digits, bool);

impl PinEntry {
    /// The entry with these keys.
    #[must_use]
    pub fn new(keys: Digits) -> Self {
        Self(keys, keys.len() > PinLength::MAX)
    }

    /// The keys in the clear: only to be hashed.
    #[must_use]
    pub fn reveal(&self) -> Digits {
        self.0
    }
}

impl fmt::Debug for PinEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

/// What keyed digits may be.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Secret {
    /// The organizer's PIN.
    Pin,
    /// The meeting's passcode.
    Passcode,
    /// The meeting's passcode, or else the organizer's PIN.
    Either,
}

impl Secret {
    /// Returns whether it may be the PIN.
    #[must_use]
    pub const fn may_be_pin(self) -> bool {
        match self {
            Self::Pin | Self::Either => true,
            Self::Passcode => false,
        }
    }

    /// Returns whether it may be the passcode.
    #[must_use]
    pub const fn may_be_passcode(self) -> bool {
        match self {
            Self::Passcode | Self::Either => true,
            Self::Pin => false,
        }
    }
}

/// Digits of a passcode. It is kept, compared and masked as a PIN is.
pub const PASSCODE_DIGITS: std::ops::RangeInclusive<usize> = 4..=10;

/// The passcode with these digits; `None` if it is not 4 to 10 number keys.
#[must_use]
pub fn passcode(symbols: &str) -> Option<Pin> {
    Pin::from_symbols(symbols).filter(|passcode| PASSCODE_DIGITS.contains(&passcode.digits()))
}

/// Draws a PIN of this length that follows the rules; `entropy` gives uniformly random bits, `avoid` are the
/// user's phone number and conference ID.
///
/// A drawn PIN that breaks a rule is thrown away whole, so every PIN that follows them is equally likely.
pub fn generate(length: PinLength, rules: PinRules, avoid: &[&str], entropy: &mut dyn FnMut() -> u64) -> Pin {
    loop {
        let mut digits = Digits::default();
        while digits.len() < length.get() {
            let room = digits.push(uniform_digit(entropy));
            debug_assert!(room, "a PIN is shorter than a row of digits can be");
        }
        let pin = Pin(digits);
        if broken_rule(&pin, rules, avoid).is_none() {
            return pin;
        }
    }
}

fn uniform_digit(entropy: &mut dyn FnMut() -> u64) -> Digit {
    loop {
        // Sixteen values, of which ten are taken: no digit is likelier than another.
        let nibble = u32::try_from(entropy() >> 60).expect("four bits fit");
        if let Some(symbol) = char::from_digit(nibble, 10) {
            return Digit::from_symbol(symbol).expect("every number is a key");
        }
    }
}

/// A rule that a PIN breaks (Microsoft's "common patterns", on-premises).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PinRule {
    /// All its digits are the same: 77777.
    OneDigit,
    /// Repeated pairs all through: 225577.
    RepeatedPairs,
    /// Four or more consecutive digits in a row, up or down: 991234.
    ConsecutiveRun,
    /// Part of the user's phone number or conference ID.
    PartOfNumber,
}

/// The first of these rules that this PIN breaks.
#[must_use]
pub fn broken_rule(pin: &Pin, rules: PinRules, avoid: &[&str]) -> Option<PinRule> {
    let digits: Vec<u8> = pin.0.iter().filter_map(Digit::number).collect();
    let step = |pair: &[u8], by: i16| i16::from(pair[1]) - i16::from(pair[0]) == by;
    let run = |by| digits.windows(4).any(|four| four.windows(2).all(|pair| step(pair, by)));
    if rules.repetition && digits.windows(2).all(|pair| pair[0] == pair[1]) {
        Some(PinRule::OneDigit)
    } else if rules.repetition
        && digits.len().is_multiple_of(2)
        && digits.chunks(2).all(|pair| pair[0] == pair[1])
    {
        Some(PinRule::RepeatedPairs)
    } else if rules.sequences && (run(1) || run(-1)) {
        Some(PinRule::ConsecutiveRun)
    } else {
        let is_part = || avoid.iter().any(|number| is_part_of(pin, number));
        (rules.own_numbers && is_part()).then_some(PinRule::PartOfNumber)
    }
}

/// Returns whether a PIN is a part of this number.
#[must_use]
pub fn is_part_of(pin: &Pin, number: &str) -> bool {
    parts_of(number, pin.digits()).contains(&pin.0)
}

/// Every row of so many digits in a number, whatever stands between its digits: what no PIN of that length may be.
#[must_use]
pub fn parts_of(number: &str, length: usize) -> BTreeSet<Digits> {
    let digits: Vec<u8> = number.bytes().filter(u8::is_ascii_digit).collect();
    let parts = digits.windows(length.max(1)).filter_map(|part| std::str::from_utf8(part).ok());
    parts.filter_map(Digits::from_symbols).collect()
}

/// The lock state of an organizer's PIN entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LockState {
    /// PINs are checked.
    Open,
    /// Locked until then, for the right PIN too.
    LockedUntil(Instant),
    /// Locked until an administrator unlocks it.
    LockedForGood,
}

/// The most wrong PINs that are remembered by time: the largest window limit of any policy takes no more.
const REMEMBERED_MAX: usize = 1_000;

/// Counts an organizer's wrong PINs. Tries while locked do not count; they are answered as wrong.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Lockout {
    wrong: Vec<Instant>,
    in_all: u32,
    locked_until: Option<Instant>,
    by_hand: bool,
}

/// A [`Lockout`] in plain data, for those who keep it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LockoutCounts {
    /// When the wrong PINs of the window were keyed.
    pub wrong: Vec<Instant>,
    /// Wrong PINs since an administrator last unlocked.
    pub in_all: u32,
    /// When PIN entry opens again, if it is locked for a time.
    pub locked_until: Option<Instant>,
    /// Whether an administrator locked it.
    pub by_hand: bool,
}

impl Lockout {
    /// The lockout that was kept.
    #[must_use]
    pub fn from_counts(counts: LockoutCounts) -> Self {
        let LockoutCounts { mut wrong, in_all, locked_until, by_hand } = counts;
        wrong.truncate(REMEMBERED_MAX);
        Self { wrong, in_all, locked_until, by_hand }
    }

    /// Returns the counts to store.
    #[must_use]
    pub fn counts(&self) -> LockoutCounts {
        let Self { wrong, in_all, locked_until, by_hand } = self.clone();
        LockoutCounts { wrong, in_all, locked_until, by_hand }
    }

    /// An administrator locks PIN entry, until it is unlocked.
    pub fn lock(&mut self) {
        self.by_hand = true;
    }

    /// Returns the lock state now.
    #[must_use]
    pub fn state(&self, now: Instant, policy: &LockoutPolicy, pin_digits: usize) -> LockState {
        if self.by_hand || self.in_all >= policy.limit(pin_digits).in_all {
            return LockState::LockedForGood;
        }
        match self.locked_until {
            Some(until) if now < until => LockState::LockedUntil(until),
            Some(_) | None => LockState::Open,
        }
    }

    /// A PIN was checked. Answers whether it counts as right, and whether it locked PIN entry.
    pub fn checked(
        &mut self,
        now: Instant,
        policy: &LockoutPolicy,
        pin_digits: usize,
        right: bool,
    ) -> (bool, Option<LockState>) {
        if self.state(now, policy, pin_digits) != LockState::Open {
            return (false, None);
        }
        self.locked_until = None;
        if right {
            self.wrong.clear();
            return (true, None);
        }
        let limit = policy.limit(pin_digits);
        self.wrong.retain(|at| now.since(*at) < policy.window);
        self.wrong.push(now);
        self.in_all = self.in_all.saturating_add(1);
        if self.in_all >= limit.in_all {
            return (false, Some(LockState::LockedForGood));
        }
        if self.wrong.len() >= (limit.in_window as usize).min(REMEMBERED_MAX) {
            let until = now + policy.lock;
            self.wrong.clear();
            self.locked_until = Some(until);
            return (false, Some(LockState::LockedUntil(until)));
        }
        (false, None)
    }

    /// An administrator unlocks PIN entry: both counts restart at zero.
    pub fn unlock(&mut self) {
        *self = Self::default();
    }

    /// Wrong PINs since an administrator last unlocked.
    #[must_use]
    pub fn wrong_in_all(&self) -> u32 {
        self.in_all
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::control::policy::Policy;

    fn pin(symbols: &str) -> Pin {
        Pin::from_symbols(symbols).unwrap()
    }

    fn entry(symbols: &str) -> PinEntry {
        PinEntry::new(Digits::from_symbols(symbols).unwrap())
    }

    #[test]
    fn a_pin_never_prints_its_digits() {
        assert_eq!(format!("{:?} {:?}", pin("271828182845"), entry("271828182845")), "******* *******");
    }

    #[test]
    fn only_the_same_digits_match() {
        assert!(pin("27182").matches(&entry("27182")));
        for wrong in ["", "2718", "27183", "271820", "2718200000000", "27182#", "99999"] {
            assert!(!pin("27182").matches(&entry(wrong)), "{wrong}");
        }
        assert!(!pin("271828182845").matches(&entry("2718281828459")), "a 13th digit makes an entry wrong");
    }

    #[test]
    fn a_pin_has_four_to_twelve_numbers() {
        for refused in ["271", "2718281828459", "27*82", "", "2718a"] {
            assert!(Pin::from_symbols(refused).is_none(), "{refused}");
        }
    }

    #[test]
    fn a_passcode_has_four_to_ten_numbers() {
        assert!(passcode("2718").is_some() && passcode("2718281828").is_some());
        for refused in ["271", "27182818284", "27*82", ""] {
            assert!(passcode(refused).is_none(), "{refused}");
        }
    }

    #[test]
    fn common_patterns_are_refused() {
        for (digits, rule) in [
            ("77777", Some(PinRule::OneDigit)),
            ("225577", Some(PinRule::RepeatedPairs)),
            ("991234", Some(PinRule::ConsecutiveRun)),
            ("43219", Some(PinRule::ConsecutiveRun)),
            ("90127", None),
            ("22557", None),
            ("1237", None),
            ("5551", Some(PinRule::PartOfNumber)),
            ("14159", Some(PinRule::PartOfNumber)),
            ("27182", None),
        ] {
            let numbers = ["+1 (425) 555-1234", "3141592"];
            assert_eq!(broken_rule(&pin(digits), PinRules::default(), &numbers), rule, "{digits}");
            assert_eq!(broken_rule(&pin(digits), PinRules::NONE, &numbers), None, "{digits}");
        }
    }

    #[test]
    fn every_part_of_a_number_is_looked_at_once() {
        let parts = |number: &str, length| -> Vec<String> {
            let mut parts: Vec<_> = parts_of(number, length).iter().map(Digits::reveal).collect();
            parts.sort();
            parts
        };
        assert_eq!(parts("+1 (425) 55", 4), ["1425", "2555", "4255"]);
        assert_eq!(parts("1111111", 5), ["11111"]);
        assert_eq!(parts("314", 4), [""; 0]);
        assert_eq!(parts("", 4), [""; 0]);
    }

    proptest! {
        #[test]
        fn every_generated_pin_follows_the_rules(seed: u64, length in 4_u32..=12) {
            let mut policy = Policy::default();
            policy.set("pin_length", &length.to_string()).unwrap();
            let mut state = seed;
            let mut entropy = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                state
            };
            let (rules, avoid) = (PinRules::default(), ["+14255550100", "3141592"]);
            let pin = generate(policy.tenant.pin_length, rules, &avoid, &mut entropy);
            prop_assert_eq!(pin.digits(), length as usize);
            prop_assert_eq!(broken_rule(&pin, rules, &avoid), None);
        }
    }

    struct Tries {
        lockout: Lockout,
        policy: LockoutPolicy,
        now: Instant,
    }

    impl Tries {
        fn new() -> Self {
            Self { lockout: Lockout::default(), policy: LockoutPolicy::default(), now: Instant::ZERO }
        }

        fn after(&mut self, secs: u64) -> &mut Self {
            self.now = self.now + Duration::from_secs(secs);
            self
        }

        fn key(&mut self, right: bool) -> bool {
            self.lockout.checked(self.now, &self.policy, 5, right).0
        }

        fn wrong(&mut self, times: u32) -> &mut Self {
            for _ in 0..times {
                assert!(!self.after(1).key(false));
            }
            self
        }
    }

    #[test]
    fn a_lockout_of_the_correct_pin_ends_after_an_hour() {
        let mut tries = Tries::new();
        tries.wrong(25);
        assert!(!tries.after(3_599).key(true));
        assert!(tries.after(1).key(true));
    }

    #[test]
    fn one_wrong_pin_fewer_does_not_lock() {
        assert!(Tries::new().wrong(24).key(true));
    }

    #[test]
    fn wrong_pins_leave_the_window_after_half_an_hour() {
        let mut tries = Tries::new();
        assert!(tries.wrong(24).after(1_800).wrong(24).key(true));
    }

    #[test]
    fn a_wrong_pin_of_half_an_hour_ago_does_not_count_any_more() {
        let mut tries = Tries::new();
        tries.key(false);
        tries.after(1_799).wrong(1).now = Instant::from_secs(1_800);
        (0..23).for_each(|_| assert!(!tries.key(false)));
        assert!(tries.key(true), "24 count: the first has just left the window");
    }

    #[test]
    fn the_right_pin_clears_the_window() {
        let mut tries = Tries::new();
        assert!(tries.wrong(24).key(true));
        assert!(tries.wrong(24).key(true));
    }

    #[test]
    fn tries_while_locked_do_not_count() {
        let mut tries = Tries::new();
        tries.wrong(25).wrong(500);
        assert_eq!(tries.lockout.wrong_in_all(), 25);
    }

    #[test]
    fn at_the_total_only_an_administrator_unlocks() {
        let mut tries = Tries::new();
        for _ in 0..40 {
            tries.wrong(25).after(3_600);
        }
        assert_eq!(tries.lockout.state(tries.now, &tries.policy, 5), LockState::LockedForGood);
        assert!(!tries.after(1_000_000).key(true));
        tries.lockout.unlock();
        assert!(tries.key(true));
    }

    #[test]
    fn what_is_kept_locks_as_before() {
        let mut tries = Tries::new();
        tries.wrong(24);
        tries.lockout = Lockout::from_counts(tries.lockout.counts());
        assert!(!tries.wrong(1).after(1).key(true));
        tries.lockout = Lockout::from_counts(tries.lockout.counts());
        assert!(!tries.after(1).key(true) && tries.after(3_600).key(true));
    }

    #[test]
    fn what_an_administrator_locks_only_an_administrator_unlocks() {
        let mut tries = Tries::new();
        tries.lockout.lock();
        tries.lockout = Lockout::from_counts(tries.lockout.counts());
        assert!(!tries.after(1_000_000).key(true));
        assert_eq!(tries.lockout.state(tries.now, &tries.policy, 5), LockState::LockedForGood);
        tries.lockout.unlock();
        assert!(tries.key(true));
    }
}
