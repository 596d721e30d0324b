//! The rules, one by one.

use std::time::Duration;

use super::*;

fn pin(symbols: &str) -> Pin {
    Pin::from_symbols(symbols).unwrap()
}

/// Somebody who is enabled, with a conference ID and a PIN of five digits.
fn amos() -> Account<Pin> {
    Account {
        enabled: true,
        conference_id: Digits::from_symbols("3141592"),
        pin: Some(pin("27182")),
        ..Account::default()
    }
}

fn apply(account: &mut Account<Pin>, act: AccountAct) -> Edit {
    account.apply(act, &Policy::default()).unwrap()
}

/// A PIN is keyed.
fn keyed(account: &mut Account<Pin>, now: Instant, lockout: &LockoutPolicy, right: bool) -> Checked {
    account.check(now, lockout, Secret::Pin, Matches { pin: right, passcode: false })
}

fn entropy() -> impl FnMut() -> u64 {
    let mut state = 1_u64;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state
    }
}

#[test]
fn enabling_asks_for_a_conference_id_and_a_pin() {
    let mut policy = Policy::default();
    policy.set("allow_anonymous_start_by_default", "true").unwrap();
    for (wished, allowed) in [(None, true), (Some(false), false)] {
        let mut account = Account::<Pin>::default();
        let enable = AccountAct::Enable { conference_id: None, allow_anonymous_start: wished };
        let edit = account.apply(enable, &policy).unwrap();
        assert_eq!((account.enabled, account.allow_anonymous_start), (true, allowed));
        assert_eq!((edit.conference_id, edit.new_pin), (ConferenceIdPlan::Draw, true));
        let start = AdminEvent::anonymous_start(allowed);
        assert_eq!(edit.acts, [AdminEvent::Enabled, start, AdminEvent::PinReset]);
        assert_eq!(account.apply(enable, &policy), Ok(Edit::default()), "enabled already: no change");
    }
}

#[test]
fn disabling_takes_conference_id_and_pin() {
    let mut account = amos();
    assert!(apply(&mut account, AccountAct::Disable).changes());
    assert_eq!((account.enabled, account.conference_id, account.pin), (false, None, None));
    assert_eq!(apply(&mut account, AccountAct::Disable), Edit::default(), "disabled already: no change");
}

#[test]
fn a_disabled_user_is_not_found_and_starts_nothing() {
    let terms = |account: &Account<Pin>| {
        account.terms(OrganizerId(7), 1, Language::EnUs, Arc::new(Policy::default()))
    };
    let mut account = Account { allow_anonymous_start: true, ..amos() };
    assert!(found(terms(&account)).is_some() && terms(&account).anonymous_start);
    account.disable();
    assert!(found(terms(&account)).is_none() && !terms(&account).anonymous_start);
    let checked = keyed(&mut account, Instant::ZERO, &LockoutPolicy::default(), true);
    assert_eq!(checked.verdict, PinVerdict::Wrong);
}

#[test]
fn a_disabled_user_can_only_be_locked_and_unlocked() {
    for act in
        [AccountAct::ResetPin, AccountAct::ChangeConferenceId(None), AccountAct::AllowAnonymousStart(true)]
    {
        assert_eq!(Account::<Pin>::default().apply(act, &Policy::default()), Err(NotEnabled), "{act:?}");
    }
    let mut account = Account::default();
    assert!(apply(&mut account, AccountAct::LockPin).changes());
    assert!(apply(&mut account, AccountAct::UnlockPin).changes());
}

#[test]
fn what_is_so_already_changes_nothing() {
    let mut account = amos();
    let same = AccountAct::ChangeConferenceId(account.conference_id);
    for act in [same, AccountAct::AllowAnonymousStart(false), AccountAct::UnlockPin] {
        assert!(!apply(&mut account, act).changes(), "{act:?}");
    }
}

#[test]
fn a_drawn_pin_is_part_of_neither_number() {
    let account = Account { phone: "+14255550100".to_owned(), ..amos() };
    let mut policy = Policy::default();
    policy.set("pin_length", "4").unwrap();
    let mut entropy = entropy();
    for _ in 0..10_000 {
        let drawn = account.draw_pin(&policy, &mut entropy);
        assert!(!pin::is_part_of(&drawn, "14255550100") && !pin::is_part_of(&drawn, "3141592"), "{drawn:?}");
    }
}

#[test]
fn a_lock_is_told_where_there_was_none() {
    let until = LockState::LockedUntil(Instant::from_secs(1));
    for (before, after, told) in [
        (LockState::Open, LockState::LockedForGood, Some(LockState::LockedForGood)),
        (until, LockState::LockedForGood, Some(LockState::LockedForGood)),
        (LockState::LockedForGood, LockState::LockedForGood, None),
        (LockState::LockedForGood, LockState::Open, None),
    ] {
        assert_eq!(Edit::default().effects(before, after).locked, told, "{before:?} {after:?}");
    }
}

#[test]
fn a_shorter_pin_has_narrower_limits_and_none_has_the_widest() {
    let lockout = LockoutPolicy::default();
    let mut account = amos();
    let mut now = Instant::ZERO;
    for _ in 0..100 {
        now = now + Duration::from_secs(3_600);
        keyed(&mut account, now, &lockout, false);
    }
    let state = |account: &Account<Pin>| account.pin_info(now, &lockout).state;
    assert_eq!(state(&account), LockState::Open);
    assert_eq!(state(&Account { pin: Some(pin("2718")), ..account.clone() }), LockState::LockedForGood);
    account.disable();
    assert_eq!(state(&account), LockState::Open, "disabling locks nobody");
}

#[test]
fn a_check_that_is_asked_again_tells_nothing() {
    let mut policy = LockoutPolicy::default();
    policy.limits_5.in_window = 1;
    let checked = keyed(&mut amos(), Instant::ZERO, &policy, false);
    assert!(checked.is_remembered());
    assert_eq!(checked.events(OrganizerId(7), LegId::new(1)).count(), 2, "wrong, and locked");
    assert_eq!(checked.again().events(OrganizerId(7), LegId::new(1)).count(), 0);
    assert!(!keyed(&mut amos(), Instant::ZERO, &policy, true).is_remembered());
}

#[test]
fn a_drawn_conference_id_has_seven_digits_and_no_zero_in_front() {
    let mut entropy = entropy();
    for _ in 0..200 {
        let id = draw_conference_id(CONFERENCE_ID_DIGITS, &mut entropy).reveal();
        assert!(id.len() == CONFERENCE_ID_DIGITS && !id.starts_with('0'), "{id}");
    }
}

#[test]
fn a_drawn_conference_id_has_as_many_digits_as_can_be_keyed() {
    for (settings, digits) in [
        (&[][..], 7),
        (&[("conference_id_exact_digits", "5")][..], 5),
        (&[("conference_id_min_digits", "11")][..], 11),
        (&[("conference_id_max_digits", "6")][..], 6),
    ] {
        let mut policy = Policy::default();
        settings.iter().for_each(|(name, value)| policy.set(name, value).unwrap());
        assert_eq!(conference_id_digits(&policy), digits, "{settings:?}");
    }
}

/// Somebody whose meeting has a passcode of four digits.
fn with_passcode() -> Account<Pin> {
    Account { passcode: Some(pin("4444")), ..amos() }
}

const NOTHING: Matches = Matches { pin: false, passcode: false };
const PIN: Matches = Matches { pin: true, passcode: false };
const PASSCODE: Matches = Matches { pin: false, passcode: true };

#[test]
fn a_passcode_and_a_pin_each_answer_their_own_question() {
    for (secret, matches, verdict) in [
        (Secret::Pin, PIN, PinVerdict::Right),
        (Secret::Pin, PASSCODE, PinVerdict::Wrong),
        (Secret::Passcode, PASSCODE, PinVerdict::Passcode),
        (Secret::Passcode, PIN, PinVerdict::Wrong),
        (Secret::Either, PIN, PinVerdict::Right),
        (Secret::Either, PASSCODE, PinVerdict::Passcode),
        (Secret::Either, NOTHING, PinVerdict::Wrong),
    ] {
        let checked = with_passcode().check(Instant::ZERO, &LockoutPolicy::default(), secret, matches);
        assert_eq!(checked.verdict, verdict, "{secret:?} {matches:?}");
    }
}

#[test]
fn each_lockout_counts_its_own() {
    let mut lockout = LockoutPolicy::default();
    (lockout.limits_4.in_window, lockout.limits_5.in_window) = (1, 1);
    let verdicts = |account: &mut Account<Pin>| {
        let now = Instant::ZERO;
        [(Secret::Pin, PIN), (Secret::Passcode, PASSCODE)]
            .map(|(secret, matches)| account.check(now, &lockout, secret, matches).verdict)
    };
    for (keyed, matches, after) in [
        (Secret::Pin, NOTHING, [PinVerdict::Wrong, PinVerdict::Passcode]),
        (Secret::Passcode, NOTHING, [PinVerdict::Right, PinVerdict::Wrong]),
        (Secret::Either, NOTHING, [PinVerdict::Wrong, PinVerdict::Wrong]),
        (Secret::Either, PIN, [PinVerdict::Right, PinVerdict::Passcode]),
        (Secret::Either, PASSCODE, [PinVerdict::Right, PinVerdict::Passcode]),
    ] {
        let mut account = with_passcode();
        account.check(Instant::ZERO, &lockout, keyed, matches);
        assert_eq!(verdicts(&mut account), after, "{keyed:?} {matches:?}");
        apply(&mut account, AccountAct::UnlockPin);
        assert_eq!(
            verdicts(&mut account),
            [PinVerdict::Right, PinVerdict::Passcode],
            "an administrator opens both"
        );
    }
}

#[test]
fn a_right_passcode_that_is_locked_is_no_wrong_pin() {
    let mut lockout = LockoutPolicy::default();
    (lockout.limits_4.in_window, lockout.limits_5.in_window) = (1, 1);
    let mut account = with_passcode();
    account.check(Instant::ZERO, &lockout, Secret::Passcode, NOTHING);
    for _ in 0..3 {
        let checked = account.check(Instant::ZERO, &lockout, Secret::Either, PASSCODE);
        assert_eq!((checked.verdict, checked.locked), (PinVerdict::Wrong, None));
    }
    let right = account.check(Instant::ZERO, &lockout, Secret::Either, PIN);
    assert_eq!(right.verdict, PinVerdict::Right, "the PIN is not locked by that");
}

#[test]
fn a_check_of_a_passcode_is_told_as_one() {
    let events = |secret, matches| -> Vec<&'static str> {
        let checked = with_passcode().check(Instant::ZERO, &LockoutPolicy::default(), secret, matches);
        checked.events(OrganizerId(7), LegId::new(1)).map(Event::name).collect()
    };
    assert_eq!(events(Secret::Pin, PIN), ["pin_checked"]);
    assert_eq!(events(Secret::Passcode, NOTHING), ["passcode_checked"]);
    assert_eq!(events(Secret::Either, PASSCODE), ["passcode_checked"]);
    assert_eq!(events(Secret::Either, PIN), ["pin_checked"]);
    assert_eq!(events(Secret::Either, NOTHING), ["passcode_checked", "pin_checked"]);
}

#[test]
fn a_disabled_user_has_no_passcode_and_one_that_is_gone_keeps_nobody_out() {
    let mut account = with_passcode();
    account.disable();
    assert_eq!(account.passcode, None);
    let checked = amos().check(Instant::ZERO, &LockoutPolicy::default(), Secret::Passcode, NOTHING);
    assert_eq!(checked.verdict, PinVerdict::Passcode);
}
