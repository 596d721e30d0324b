//! The directory of stories: acts and checks.

use std::time::Duration;

use super::*;
use crate::control::event::AccountEvent;
use crate::control::meeting::Epoch;
use crate::control::pin::LockState;

fn entropy() -> impl FnMut() -> u64 {
    let mut state = 1_u64;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state
    }
}

fn enabled(directory: &mut Directory) -> Coordinates {
    directory.add(&NewOrganizer::default(), &mut entropy()).unwrap()
}

fn act(directory: &mut Directory, id: OrganizerId, act: AccountAct) -> Shown {
    directory.administer(Instant::ZERO, id, act, &mut entropy()).unwrap()
}

fn reset_pin(directory: &mut Directory, id: OrganizerId) -> Pin {
    act(directory, id, AccountAct::ResetPin).pin.unwrap()
}

const ENABLE: AccountAct = AccountAct::Enable { conference_id: None, allow_anonymous_start: None };

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
    let amos = directory.add(&new(), &mut digits("32718213141592")).unwrap();
    assert_eq!(amos.conference_id.reveal(), "3141592");
    let (draw, new) = (AccountAct::ChangeConferenceId(None), &mut digits("32718211618033"));
    let shown = directory.administer(Instant::ZERO, amos.organizer, draw, new).unwrap();
    assert_eq!(shown.conference_id.unwrap().reveal(), "1618033");
}

fn keyed(pin: Pin) -> PinEntry {
    PinEntry::new(pin.reveal())
}

fn found(directory: &Directory, id: Digits) -> bool {
    directory.find(MeetingKey::ConferenceId(id)).unwrap().is_some()
}

#[test]
fn a_lock_by_hand_refuses_the_right_pin_until_it_is_unlocked() {
    let mut directory = Directory::new(Policy::default());
    let amos = enabled(&mut directory);
    let check = |directory: &mut Directory, number| {
        let at = Instant::ZERO + Duration::from_secs(86_400 * number);
        directory
            .check_pin(at, amos.organizer, (LegId::new(0), check_id(number)), Secret::Pin, &keyed(amos.pin))
            .unwrap()
    };
    assert_eq!(check(&mut directory, 0), PinVerdict::Right);
    for _ in 0..2 {
        act(&mut directory, amos.organizer, AccountAct::LockPin);
    }
    assert_eq!(check(&mut directory, 0), PinVerdict::Wrong, "what was right is looked at again");
    assert_eq!(check(&mut directory, 7), PinVerdict::Wrong, "it does not end by itself");
    let locks = std::iter::from_fn(|| directory.poll_record()).filter(|record| {
        matches!(record, Event::Account(AccountEvent::LockedOut { state: LockState::LockedForGood, .. }))
    });
    assert_eq!(locks.count(), 1, "locked twice is locked once");
    act(&mut directory, amos.organizer, AccountAct::UnlockPin);
    assert_eq!(check(&mut directory, 8), PinVerdict::Right);
}

#[test]
fn the_settings_are_the_tenants() {
    let mut policy = Policy::default();
    policy.set("conference_id_tries", "7").unwrap();
    assert_eq!(**Directory::new(policy.clone()).policy(), policy);
}

#[test]
fn a_reset_replaces_the_pin_with_one_of_the_tenants_length() {
    let mut directory = Directory::new(Policy::default());
    let amos = enabled(&mut directory);
    directory.set(Instant::ZERO, "pin_length", "9").unwrap();
    assert_eq!(
        directory.pin_info(Instant::ZERO, amos.organizer).digits,
        5,
        "the length touches only new PINs"
    );
    let new = reset_pin(&mut directory, amos.organizer);
    assert_eq!(new.digits(), 9);
    let check = |directory: &mut Directory, number, pin| {
        directory
            .check_pin(
                Instant::ZERO,
                amos.organizer,
                (LegId::new(0), check_id(number)),
                Secret::Pin,
                &keyed(pin),
            )
            .unwrap()
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
    let kim = directory.add(&NewOrganizer::default(), &mut entropy).unwrap();
    assert_ne!(amos.pin, kim.pin);
    assert_eq!(
        directory
            .check_pin(
                Instant::ZERO,
                amos.organizer,
                (LegId::new(0), check_id(12)),
                Secret::Pin,
                &keyed(kim.pin)
            )
            .unwrap(),
        PinVerdict::Wrong
    );
}

#[test]
fn a_new_conference_id_replaces_the_old_one() {
    let mut directory = Directory::new(Policy::default());
    let amos = enabled(&mut directory);
    let mut entropy = entropy();
    entropy();
    let draw = AccountAct::ChangeConferenceId(None);
    let shown = directory.administer(Instant::ZERO, amos.organizer, draw, &mut entropy).unwrap();
    let new = shown.conference_id.unwrap();
    assert_eq!((found(&directory, amos.conference_id), found(&directory, new)), (false, true));
}

#[test]
fn disabling_and_enabling_gives_new_coordinates() {
    let mut directory = Directory::new(Policy::default());
    let amos = enabled(&mut directory);
    let again = act(&mut directory, amos.organizer, ENABLE);
    assert!(again.pin.is_none() && again.conference_id.is_none(), "already enabled: no change");
    act(&mut directory, amos.organizer, AccountAct::Disable);
    assert!(!found(&directory, amos.conference_id));
    assert_eq!(directory.find(MeetingKey::Organizer(amos.organizer)), Ok(None));
    assert_eq!(
        directory
            .check_pin(
                Instant::ZERO,
                amos.organizer,
                (LegId::new(0), check_id(13)),
                Secret::Pin,
                &keyed(amos.pin)
            )
            .unwrap(),
        PinVerdict::Wrong
    );
    let again = act(&mut directory, amos.organizer, ENABLE);
    assert!(again.pin.is_some() && found(&directory, again.conference_id.unwrap()));
}

#[test]
fn a_disabled_user_has_no_coordinates_to_change() {
    let mut directory = Directory::new(Policy::default());
    let amos = enabled(&mut directory);
    act(&mut directory, amos.organizer, AccountAct::Disable);
    while directory.poll_record().is_some() {}
    for change in
        [AccountAct::ResetPin, AccountAct::ChangeConferenceId(None), AccountAct::AllowAnonymousStart(true)]
    {
        let refused = directory.administer(Instant::ZERO, amos.organizer, change, &mut entropy());
        assert_eq!((refused.unwrap_err(), directory.poll_record()), (NotEnabled, None), "{change:?}");
    }
}

#[test]
fn a_check_repeated_after_a_reset_is_made_again() {
    let mut directory = Directory::new(Policy::default());
    let amos = enabled(&mut directory);
    let check = |directory: &mut Directory| {
        directory
            .check_pin(
                Instant::ZERO,
                amos.organizer,
                (LegId::new(0), check_id(0)),
                Secret::Pin,
                &keyed(amos.pin),
            )
            .unwrap()
    };
    assert_eq!(check(&mut directory), PinVerdict::Right);
    assert_eq!(check(&mut directory), PinVerdict::Right);
    reset_pin(&mut directory, amos.organizer);
    assert_eq!(check(&mut directory), PinVerdict::Wrong);
    assert_eq!(
        (check(&mut directory), directory.pin_info(Instant::ZERO, amos.organizer).wrong_in_all),
        (PinVerdict::Wrong, 1)
    );
}

#[test]
fn a_check_of_another_call_is_another_check() {
    let mut directory = Directory::new(Policy::default());
    let amos = enabled(&mut directory);
    let check = |directory: &mut Directory, leg, pin| {
        directory
            .check_pin(
                Instant::ZERO,
                amos.organizer,
                (LegId::new(leg), check_id(0)),
                Secret::Pin,
                &keyed(pin),
            )
            .unwrap()
    };
    let wrong = Pin::from_symbols("99999").unwrap();
    assert_eq!(check(&mut directory, 1, amos.pin), PinVerdict::Right);
    assert_eq!(check(&mut directory, 2, wrong), PinVerdict::Wrong);
}

#[test]
fn a_lockout_by_a_shorter_pin_is_reported_once() {
    let mut directory = Directory::new(Policy::default());
    directory.set(Instant::ZERO, "limits.4", "3/3").unwrap();
    let amos = enabled(&mut directory).organizer;
    let wrong = PinEntry::new(Digits::from_symbols("1").unwrap());
    for number in 0..3 {
        directory
            .check_pin(Instant::ZERO, amos, (LegId::new(0), check_id(number)), Secret::Pin, &wrong)
            .unwrap();
    }
    let locks = |directory: &mut Directory| {
        reset_pin(directory, amos);
        let records = std::iter::from_fn(|| directory.poll_record());
        records.filter(|record| matches!(record, Event::Account(AccountEvent::LockedOut { .. }))).count()
    };
    assert_eq!(locks(&mut directory), 0, "five digits may be mistaken more often");
    directory.set(Instant::ZERO, "pin_length", "4").unwrap();
    assert_eq!((locks(&mut directory), locks(&mut directory)), (1, 0));
}

#[test]
fn the_latest_256_checks_are_remembered_and_no_more() {
    let mut directory = Directory::new(Policy::default());
    directory.set(Instant::ZERO, "limits.5", "1000/1000000").unwrap();
    let amos = enabled(&mut directory).organizer;
    let wrong = PinEntry::new(Digits::from_symbols("1").unwrap());
    let mut check = |number| {
        directory
            .check_pin(Instant::ZERO, amos, (LegId::new(0), check_id(number)), Secret::Pin, &wrong)
            .unwrap();
        directory.pin_info(Instant::ZERO, amos).wrong_in_all
    };
    assert_eq!((0..=256).map(&mut check).last(), Some(257));
    assert_eq!((check(1), check(0)), (257, 258), "the first is forgotten, the second is not");
}

#[test]
fn two_users_never_share_a_conference_id() {
    let mut directory = Directory::new(Policy::default());
    let taken = NewOrganizer { conference_id: Digits::from_symbols("3141592"), ..NewOrganizer::default() };
    assert!(directory.add(&taken, &mut entropy()).is_ok());
    assert_eq!(directory.add(&taken, &mut entropy()).unwrap_err(), ConferenceIdTaken);
}

#[test]
fn administrators_see_and_undo_a_lockout() {
    let mut directory = Directory::new(Policy::default());
    directory.set(Instant::ZERO, "limits.5", "2/3").unwrap();
    let amos = enabled(&mut directory);
    let wrong = PinEntry::new(Digits::from_symbols("1").unwrap());
    for number in [0, 0, 1] {
        directory
            .check_pin(Instant::ZERO, amos.organizer, (LegId::new(0), check_id(number)), Secret::Pin, &wrong)
            .unwrap();
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
    assert_ne!(directory.pin_info(Instant::ZERO, amos.organizer).state, LockState::Open);
    assert_eq!(
        directory
            .check_pin(
                Instant::ZERO,
                amos.organizer,
                (LegId::new(0), check_id(14)),
                Secret::Pin,
                &keyed(amos.pin)
            )
            .unwrap(),
        PinVerdict::Wrong
    );
    act(&mut directory, amos.organizer, AccountAct::UnlockPin);
    assert_eq!(
        directory
            .check_pin(
                Instant::ZERO,
                amos.organizer,
                (LegId::new(0), check_id(15)),
                Secret::Pin,
                &keyed(amos.pin)
            )
            .unwrap(),
        PinVerdict::Right
    );
}
