//! What administrators do, and PIN checks with lockout, as a synchronous machine over records in memory. It
//! draws nothing by itself: entropy is passed in, as time is.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::attendant::{Found, MeetingKey};
use super::call::{Digit, Digits, Language, LegId};
use super::event::{AccountEvent, AdminEvent, Event, MeetingId};
use super::meeting::{CheckId, PinVerdict};
use super::outputs::Outputs;
use super::pin::{self, LockState, Lockout, Pin, PinEntry};
use super::policy::{OrganizerId, Policy, SettingError, Terms};
use super::time::Instant;

/// Digits of a generated conference ID (Microsoft: 7).
pub const CONFERENCE_ID_DIGITS: usize = 7;

/// Checks of one organizer's PIN whose verdicts are remembered. A check is asked again after 3 s at the latest, and
/// a meeting of 250 phones does not key more PINs in that time.
const CHECKS_REMEMBERED: usize = 256;

/// A user with a conference, as an administrator enters one.
#[derive(Clone, Debug, Default)]
pub struct NewOrganizer {
    /// Drawn if there is none.
    pub conference_id: Option<Digits>,
    /// Drawn if there is none.
    pub pin: Option<Pin>,
    /// The tenant's default if not said.
    pub allow_anonymous_start: Option<bool>,
    /// The language of the service number in the invitations.
    pub language: Language,
    /// The user's own telephone, which no PIN may be part of.
    pub phone: String,
    /// Whether they are disabled again at once: their meetings cannot be named.
    pub disabled: bool,
}

/// What a newly enabled user is given; the PIN for its one showing.
#[derive(Clone, Copy, Debug)]
pub struct Coordinates {
    /// Who.
    pub organizer: OrganizerId,
    /// Names the user's meetings.
    pub conference_id: Digits,
    /// Starts them.
    pub pin: Pin,
}

#[derive(Clone, Debug)]
struct Organizer {
    enabled: bool,
    conference_id: Digits,
    pin: Pin,
    allow_anonymous_start: bool,
    language: Language,
    phone: String,
    lockout: Lockout,
    /// The latest checks with their verdicts: one that is asked again counts once.
    checked: VecDeque<(LegId, CheckId, PinVerdict)>,
}

impl Organizer {
    /// A check that is asked again is looked at anew, where its answer may be another now.
    fn forget_right_pins(&mut self) {
        self.checked.retain(|(_, _, verdict)| *verdict == PinVerdict::Wrong);
    }
}

/// A tenant's users and settings.
///
/// Every operation is one change and is complete when it returns; what is to be recorded waits in
/// [`Directory::poll_record`].
#[derive(Clone, Debug)]
pub struct Directory {
    policy: Arc<Policy>,
    organizers: Vec<Organizer>,
    by_conference_id: BTreeMap<Digits, OrganizerId>,
    records: Outputs<Event>,
    /// How many changes there were of what meetings are held to.
    changes: u64,
}

/// The conference ID belongs to somebody already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ConferenceIdTaken;

impl Directory {
    /// A tenant without users.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        Self {
            policy: Arc::new(policy),
            organizers: Vec::new(),
            by_conference_id: BTreeMap::new(),
            records: Outputs::default(),
            changes: 0,
        }
    }

    /// The tenant's settings as they are now.
    #[must_use]
    pub fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }

    /// Adds a user and enables them; organizers are numbered from 0 in the order in which they are added.
    ///
    /// # Errors
    /// The conference ID is somebody else's.
    pub fn add(
        &mut self,
        new: NewOrganizer,
        entropy: &mut impl FnMut() -> u64,
    ) -> Result<Coordinates, ConferenceIdTaken> {
        let conference_id = match new.conference_id {
            Some(taken) if self.by_conference_id.contains_key(&taken) => return Err(ConferenceIdTaken),
            Some(free) => free,
            None => self.free_conference_id(new.pin, entropy),
        };
        let pin = new.pin.unwrap_or_else(|| {
            let avoid = [new.phone.as_str(), &conference_id.reveal()];
            pin::generate(self.policy.tenant.pin_length, &avoid, entropy)
        });
        let id = OrganizerId(u32::try_from(self.organizers.len()).expect("fewer than four billion users"));
        self.by_conference_id.insert(conference_id, id);
        let by_default = self.policy.tenant.allow_anonymous_start_by_default;
        self.organizers.push(Organizer {
            enabled: true,
            conference_id,
            pin,
            allow_anonymous_start: new.allow_anonymous_start.unwrap_or(by_default),
            language: new.language,
            phone: new.phone,
            lockout: Lockout::default(),
            checked: VecDeque::new(),
        });
        if new.disabled {
            self.disable(id);
        }
        Ok(Coordinates { organizer: id, conference_id, pin })
    }

    /// The meeting that a caller names; `None` if there is none, or its organizer is disabled.
    #[must_use]
    pub fn find(&self, key: MeetingKey) -> Option<Found> {
        let id = match key {
            MeetingKey::ConferenceId(digits) => *self.by_conference_id.get(&digits)?,
            MeetingKey::Organizer(id) => id,
        };
        self.organizer(id).enabled.then(|| Found { meeting: MeetingId(id.0), terms: self.terms(id) })
    }

    /// What this user's meetings are held to now. Nobody starts a disabled user's without a PIN.
    #[must_use]
    pub fn terms(&self, id: OrganizerId) -> Terms {
        let organizer = self.organizer(id);
        Terms {
            organizer: id,
            version: self.changes,
            enabled: organizer.enabled,
            anonymous_start: organizer.allow_anonymous_start && organizer.enabled,
            language: organizer.language,
            policy: Arc::clone(&self.policy),
        }
    }

    /// Whether this PIN starts this organizer's meetings, with the lockout counted. A check that was answered before
    /// gets the same answer again, and is not counted twice.
    pub fn check_pin(
        &mut self,
        now: Instant,
        id: OrganizerId,
        (leg, check): (LegId, CheckId),
        entry: &PinEntry,
    ) -> PinVerdict {
        let lockout = &self.policy.lockout;
        let organizer = &mut self.organizers[id.0 as usize];
        let answered = organizer.checked.iter().find(|(of, answered, _)| (*of, *answered) == (leg, check));
        if let Some((_, _, verdict)) = answered {
            return *verdict;
        }
        let right = organizer.pin.matches(entry) & organizer.enabled;
        let (counts, locked) = organizer.lockout.checked(now, lockout, organizer.pin.digits(), right);
        self.records.push(Event::Account(AccountEvent::PinChecked { organizer: id, leg, right: counts }));
        if let Some(state) = locked {
            self.records.push(Event::Account(AccountEvent::LockedOut { organizer: id, state }));
        }
        let verdict = if counts { PinVerdict::Right } else { PinVerdict::Wrong };
        let checked = &mut self.organizers[id.0 as usize].checked;
        checked.truncate(CHECKS_REMEMBERED - 1);
        checked.push_front((leg, check, verdict));
        verdict
    }

    /// Gives a new PIN of the tenant's length and answers it for its one showing. Wrong PINs stay counted; a shorter
    /// PIN has narrower limits, and may be locked by them at once.
    pub fn reset_pin(&mut self, now: Instant, id: OrganizerId, entropy: &mut impl FnMut() -> u64) -> Pin {
        let before = self.lock_state(now, id);
        let organizer = &mut self.organizers[id.0 as usize];
        let avoid = [organizer.phone.as_str(), &organizer.conference_id.reveal()];
        // The same PIN again would be no reset.
        let pin = loop {
            let pin = pin::generate(self.policy.tenant.pin_length, &avoid, entropy);
            if pin != organizer.pin {
                break pin;
            }
        };
        organizer.pin = pin;
        organizer.forget_right_pins();
        self.administered(id, AdminEvent::PinReset);
        let state = self.lock_state(now, id);
        if state != before && state != LockState::Open {
            self.records.push(Event::Account(AccountEvent::LockedOut { organizer: id, state }));
        }
        pin
    }

    /// Gives a new conference ID and answers it.
    pub fn reset_conference_id(&mut self, id: OrganizerId, entropy: &mut impl FnMut() -> u64) -> Digits {
        let new = self.free_conference_id(Some(self.organizer(id).pin), entropy);
        let organizer = &mut self.organizers[id.0 as usize];
        let old = std::mem::replace(&mut organizer.conference_id, new);
        // The ID of a disabled user names nothing, and may be somebody else's by now.
        if organizer.enabled {
            self.by_conference_id.remove(&old);
            self.by_conference_id.insert(new, id);
        }
        self.administered(id, AdminEvent::ConferenceIdReset);
        new
    }

    /// Enables a user who was disabled, with a new conference ID and a new PIN, which are answered for their one
    /// showing. Already enabled: no change (Microsoft: no error).
    pub fn enable(
        &mut self,
        now: Instant,
        id: OrganizerId,
        entropy: &mut impl FnMut() -> u64,
    ) -> Option<Coordinates> {
        if self.organizer(id).enabled {
            return None;
        }
        self.organizers[id.0 as usize].enabled = true;
        self.administered(id, AdminEvent::Enabled);
        let conference_id = self.free_conference_id(None, entropy);
        let by_default = self.policy.tenant.allow_anonymous_start_by_default;
        let organizer = &mut self.organizers[id.0 as usize];
        organizer.conference_id = conference_id;
        self.allow_anonymous_start(id, by_default);
        self.by_conference_id.insert(conference_id, id);
        Some(Coordinates { organizer: id, conference_id, pin: self.reset_pin(now, id, entropy) })
    }

    /// Disables a user and releases the conference ID. Already disabled: no change.
    pub fn disable(&mut self, id: OrganizerId) {
        if self.organizer(id).enabled {
            let organizer = &mut self.organizers[id.0 as usize];
            organizer.enabled = false;
            organizer.forget_right_pins();
            let released = organizer.conference_id;
            self.by_conference_id.remove(&released);
            self.administered(id, AdminEvent::Disabled);
        }
    }

    /// Locks PIN entry, until it is unlocked.
    pub fn lock(&mut self, now: Instant, id: OrganizerId) {
        let before = self.lock_state(now, id);
        let organizer = &mut self.organizers[id.0 as usize];
        organizer.lockout.lock();
        organizer.forget_right_pins();
        self.administered(id, AdminEvent::Locked);
        let state = self.lock_state(now, id);
        if state != before {
            self.records.push(Event::Account(AccountEvent::LockedOut { organizer: id, state }));
        }
    }

    /// Unlocks PIN entry and forgets all wrong PINs.
    pub fn unlock(&mut self, id: OrganizerId) {
        self.organizers[id.0 as usize].lockout.unlock();
        self.administered(id, AdminEvent::Unlocked);
    }

    /// Whether this user's meetings start without a PIN from now on.
    pub fn allow_anonymous_start(&mut self, id: OrganizerId, allow: bool) {
        self.organizers[id.0 as usize].allow_anonymous_start = allow;
        let act = if allow { AdminEvent::AnonymousStartAllowed } else { AdminEvent::AnonymousStartForbidden };
        self.administered(id, act);
    }

    /// Changes one of the tenant's settings by its BEHAVIOUR name.
    ///
    /// # Errors
    /// There is no such setting, or it does not take this value.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), SettingError> {
        let mut policy = Policy::clone(&self.policy);
        policy.set(name, value)?;
        self.policy = Arc::new(policy);
        self.changes += 1;
        Ok(())
    }

    /// Every user, enabled or not.
    pub fn organizers(&self) -> impl Iterator<Item = OrganizerId> + use<> {
        (0..u32::try_from(self.organizers.len()).expect("fewer than four billion users")).map(OrganizerId)
    }

    /// How PIN entry stands for this user.
    #[must_use]
    pub fn lock_state(&self, now: Instant, id: OrganizerId) -> LockState {
        let organizer = self.organizer(id);
        organizer.lockout.state(now, &self.policy.lockout, organizer.pin.digits())
    }

    /// Wrong PINs for this user since the last unlock.
    #[must_use]
    pub fn wrong_pins(&self, id: OrganizerId) -> u32 {
        self.organizer(id).lockout.wrong_in_all()
    }

    /// How many digits this user's PIN has.
    #[must_use]
    pub fn pin_digits(&self, id: OrganizerId) -> usize {
        self.organizer(id).pin.digits()
    }

    /// What is to be recorded; drain it after each operation.
    pub fn poll_record(&mut self) -> Option<Event> {
        self.records.poll()
    }

    fn organizer(&self, id: OrganizerId) -> &Organizer {
        &self.organizers[id.0 as usize]
    }

    fn administered(&mut self, organizer: OrganizerId, act: AdminEvent) {
        self.changes += 1;
        self.records.push(Event::Account(AccountEvent::Administered { organizer, act }));
    }

    /// Draws a conference ID that is nobody's, and of which the PIN that stays is not a part.
    fn free_conference_id(&self, pin: Option<Pin>, entropy: &mut impl FnMut() -> u64) -> Digits {
        loop {
            let digits = draw_conference_id(entropy);
            let has_pin = pin.is_some_and(|pin| pin::is_part_of(&pin, &digits.reveal()));
            if !self.by_conference_id.contains_key(&digits) && !has_pin {
                return digits;
            }
        }
    }
}

/// Draws a conference ID, whether it is free or not; it does not begin with a zero.
pub fn draw_conference_id(entropy: &mut impl FnMut() -> u64) -> Digits {
    let mut digits = Digits::default();
    while digits.len() < CONFERENCE_ID_DIGITS {
        let nibble = entropy() >> 60;
        let least = u64::from(digits.is_empty());
        if (least..10).contains(&nibble) {
            let symbol = char::from_digit(u32::try_from(nibble).unwrap_or(0), 10);
            let _room = symbol.and_then(Digit::from_symbol).is_some_and(|digit| digits.push(digit));
        }
    }
    digits
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::control::meeting::Epoch;

    fn entropy() -> impl FnMut() -> u64 {
        let mut state = 1_u64;
        move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state
        }
    }

    fn enabled(directory: &mut Directory) -> Coordinates {
        directory.add(NewOrganizer::default(), &mut entropy()).unwrap()
    }

    fn check_id(number: u64) -> CheckId {
        CheckId { epoch: Epoch(0), number }
    }

    /// Entropy of which numbers are drawn with these digits, one after the other.
    fn digits(digits: &str) -> impl FnMut() -> u64 + '_ {
        let mut digits = digits.bytes().map(|digit| u64::from(digit - b'0') << 60);
        move || digits.next().expect("no more is drawn")
    }

    #[test]
    fn no_conference_id_is_drawn_with_the_pin_in_it() {
        let mut directory = Directory::new(Policy::default());
        let new = || NewOrganizer { pin: Pin::from_symbols("27182"), ..NewOrganizer::default() };
        let amos = directory.add(new(), &mut digits("32718213141592")).unwrap();
        assert_eq!(amos.conference_id.reveal(), "3141592");
        let id = directory.reset_conference_id(amos.organizer, &mut digits("32718211618033"));
        assert_eq!(id.reveal(), "1618033");
    }

    fn keyed(pin: Pin) -> PinEntry {
        PinEntry::new(pin.reveal())
    }

    fn found(directory: &Directory, id: Digits) -> bool {
        directory.find(MeetingKey::ConferenceId(id)).is_some()
    }

    #[test]
    fn a_lock_by_hand_refuses_the_right_pin_until_it_is_unlocked() {
        let mut directory = Directory::new(Policy::default());
        let amos = enabled(&mut directory);
        let check = |directory: &mut Directory, number| {
            let at = Instant::ZERO + Duration::from_secs(86_400 * number);
            directory.check_pin(at, amos.organizer, (LegId(0), check_id(number)), &keyed(amos.pin))
        };
        assert_eq!(check(&mut directory, 0), PinVerdict::Right);
        for _ in 0..2 {
            directory.lock(Instant::ZERO, amos.organizer);
        }
        assert_eq!(check(&mut directory, 0), PinVerdict::Wrong, "what was right is looked at anew");
        assert_eq!(check(&mut directory, 7), PinVerdict::Wrong, "it does not end by itself");
        let locks = std::iter::from_fn(|| directory.poll_record()).filter(|record| {
            matches!(record, Event::Account(AccountEvent::LockedOut { state: LockState::LockedForGood, .. }))
        });
        assert_eq!(locks.count(), 1, "locked twice is locked once");
        directory.unlock(amos.organizer);
        assert_eq!(check(&mut directory, 8), PinVerdict::Right);
    }

    #[test]
    fn whoever_asks_for_the_settings_is_given_the_tenants() {
        let mut policy = Policy::default();
        policy.set("conference_id_tries", "7").unwrap();
        assert_eq!(**Directory::new(policy.clone()).policy(), policy);
    }

    #[test]
    fn a_reset_makes_the_old_pin_wrong_at_once_and_its_length_is_the_tenants() {
        let mut directory = Directory::new(Policy::default());
        let amos = enabled(&mut directory);
        directory.set("pin_length", "9").unwrap();
        assert_eq!(directory.pin_digits(amos.organizer), 5, "the length touches only new PINs");
        let new = directory.reset_pin(Instant::ZERO, amos.organizer, &mut entropy());
        assert_eq!(new.digits(), 9);
        let check = |directory: &mut Directory, number, pin| {
            directory.check_pin(Instant::ZERO, amos.organizer, (LegId(0), check_id(number)), &keyed(pin))
        };
        assert_eq!(check(&mut directory, 0, amos.pin), PinVerdict::Wrong);
        assert_eq!(check(&mut directory, 1, new), PinVerdict::Right);
    }

    #[test]
    fn another_organizers_pin_is_a_wrong_pin() {
        let mut directory = Directory::new(Policy::default());
        let amos = enabled(&mut directory);
        let mut entropy = entropy();
        entropy();
        let kim = directory.add(NewOrganizer::default(), &mut entropy).unwrap();
        assert_ne!(amos.pin, kim.pin);
        assert_eq!(
            directory.check_pin(Instant::ZERO, amos.organizer, (LegId(0), check_id(12)), &keyed(kim.pin)),
            PinVerdict::Wrong
        );
    }

    #[test]
    fn a_new_conference_id_replaces_the_old_one() {
        let mut directory = Directory::new(Policy::default());
        let amos = enabled(&mut directory);
        let mut entropy = entropy();
        entropy();
        let new = directory.reset_conference_id(amos.organizer, &mut entropy);
        assert_eq!((found(&directory, amos.conference_id), found(&directory, new)), (false, true));
    }

    #[test]
    fn disabling_releases_the_conference_id_and_enabling_gives_new_coordinates() {
        let mut directory = Directory::new(Policy::default());
        let amos = enabled(&mut directory);
        assert!(
            directory.enable(Instant::ZERO, amos.organizer, &mut entropy()).is_none(),
            "already enabled: no change"
        );
        directory.disable(amos.organizer);
        assert!(!found(&directory, amos.conference_id));
        assert_eq!(directory.find(MeetingKey::Organizer(amos.organizer)), None);
        assert_eq!(
            directory.check_pin(Instant::ZERO, amos.organizer, (LegId(0), check_id(13)), &keyed(amos.pin)),
            PinVerdict::Wrong
        );
        let again = directory.enable(Instant::ZERO, amos.organizer, &mut entropy()).unwrap();
        assert!(found(&directory, again.conference_id));
    }

    #[test]
    fn a_conference_id_reset_while_disabled_names_nothing() {
        let mut directory = Directory::new(Policy::default());
        let amos = enabled(&mut directory);
        let mut entropy = entropy();
        directory.disable(amos.organizer);
        let meanwhile = directory.reset_conference_id(amos.organizer, &mut entropy);
        let again = directory.enable(Instant::ZERO, amos.organizer, &mut entropy).unwrap();
        assert_eq!((found(&directory, meanwhile), found(&directory, again.conference_id)), (false, true));
    }

    #[test]
    fn a_check_asked_again_after_a_reset_is_looked_at_anew() {
        let mut directory = Directory::new(Policy::default());
        let amos = enabled(&mut directory);
        let check = |directory: &mut Directory| {
            directory.check_pin(Instant::ZERO, amos.organizer, (LegId(0), check_id(0)), &keyed(amos.pin))
        };
        assert_eq!(check(&mut directory), PinVerdict::Right);
        assert_eq!(check(&mut directory), PinVerdict::Right);
        directory.reset_pin(Instant::ZERO, amos.organizer, &mut entropy());
        assert_eq!(check(&mut directory), PinVerdict::Wrong);
        assert_eq!((check(&mut directory), directory.wrong_pins(amos.organizer)), (PinVerdict::Wrong, 1));
    }

    #[test]
    fn a_check_of_another_call_is_another_check() {
        let mut directory = Directory::new(Policy::default());
        let amos = enabled(&mut directory);
        let check = |directory: &mut Directory, leg, pin| {
            directory.check_pin(Instant::ZERO, amos.organizer, (LegId(leg), check_id(0)), &keyed(pin))
        };
        let wrong = Pin::from_symbols("99999").unwrap();
        assert_eq!(check(&mut directory, 1, amos.pin), PinVerdict::Right);
        assert_eq!(check(&mut directory, 2, wrong), PinVerdict::Wrong);
    }

    #[test]
    fn a_shorter_pin_that_is_locked_by_what_was_counted_is_told_once() {
        let mut directory = Directory::new(Policy::default());
        directory.set("limits.4", "3/3").unwrap();
        let amos = enabled(&mut directory).organizer;
        let wrong = PinEntry::new(Digits::from_symbols("1").unwrap());
        for number in 0..3 {
            directory.check_pin(Instant::ZERO, amos, (LegId(0), check_id(number)), &wrong);
        }
        let locks = |directory: &mut Directory| {
            directory.reset_pin(Instant::ZERO, amos, &mut entropy());
            let records = std::iter::from_fn(|| directory.poll_record());
            records.filter(|record| matches!(record, Event::Account(AccountEvent::LockedOut { .. }))).count()
        };
        assert_eq!(locks(&mut directory), 0, "five digits may be mistaken more often");
        directory.set("pin_length", "4").unwrap();
        assert_eq!((locks(&mut directory), locks(&mut directory)), (1, 0));
    }

    #[test]
    fn the_latest_256_checks_are_remembered_and_no_more() {
        let mut directory = Directory::new(Policy::default());
        directory.set("limits.5", "1000/1000000").unwrap();
        let amos = enabled(&mut directory).organizer;
        let wrong = PinEntry::new(Digits::from_symbols("1").unwrap());
        let mut check = |number| {
            directory.check_pin(Instant::ZERO, amos, (LegId(0), check_id(number)), &wrong);
            directory.wrong_pins(amos)
        };
        assert_eq!((0..=256).map(&mut check).last(), Some(257));
        assert_eq!((check(1), check(0)), (257, 258), "the first is forgotten, the second is not");
    }

    #[test]
    fn a_conference_id_that_is_drawn_has_seven_digits_and_begins_with_none_that_is_zero() {
        let mut entropy = entropy();
        for _ in 0..200 {
            let id = Directory::new(Policy::default()).free_conference_id(None, &mut entropy).reveal();
            assert!(id.len() == CONFERENCE_ID_DIGITS && !id.starts_with('0'), "{id}");
        }
    }

    #[test]
    fn two_users_never_share_a_conference_id() {
        let mut directory = Directory::new(Policy::default());
        let taken =
            NewOrganizer { conference_id: Digits::from_symbols("3141592"), ..NewOrganizer::default() };
        assert!(directory.add(taken.clone(), &mut entropy()).is_ok());
        assert_eq!(directory.add(taken, &mut entropy()).unwrap_err(), ConferenceIdTaken);
    }

    #[test]
    fn a_locked_pin_is_recorded_for_administrators_and_unlocked_by_them() {
        let mut directory = Directory::new(Policy::default());
        directory.set("limits.5", "2/3").unwrap();
        let amos = enabled(&mut directory);
        let wrong = PinEntry::new(Digits::from_symbols("1").unwrap());
        for number in [0, 0, 1] {
            directory.check_pin(Instant::ZERO, amos.organizer, (LegId(0), check_id(number)), &wrong);
        }
        let records: Vec<Event> = std::iter::from_fn(|| directory.poll_record()).collect();
        assert!(matches!(
            records[..],
            [
                Event::Account(AccountEvent::PinChecked { .. }),
                Event::Account(AccountEvent::PinChecked { .. }),
                Event::Account(AccountEvent::LockedOut { .. })
            ]
        ));
        assert_ne!(directory.lock_state(Instant::ZERO, amos.organizer), LockState::Open);
        assert_eq!(
            directory.check_pin(Instant::ZERO, amos.organizer, (LegId(0), check_id(14)), &keyed(amos.pin)),
            PinVerdict::Wrong
        );
        directory.unlock(amos.organizer);
        assert_eq!(
            directory.check_pin(Instant::ZERO, amos.organizer, (LegId(0), check_id(15)), &keyed(amos.pin)),
            PinVerdict::Right
        );
    }
}
