//! The rules for accounts: how administrators' acts and the PINs that callers key change the record of a user who
//! organizes meetings.
//!
//! Each rule is a pure edit. A record comes in; out come the record as it is to be, what has still to be drawn for it,
//! and its events. The keeper of records (the directory of stories, a store) draws, compares PINs in the way in
//! which it keeps them, and commits all of it or nothing. So scenarios try the very rules that administrators use.

use std::sync::Arc;

use super::attendant::Found;
use super::call::{Digit, Digits, Language, LegId};
use super::event::{AccountEvent, AdminEvent, Event, MeetingId};
use super::meeting::PinVerdict;
use super::pin::{self, LockState, Lockout, Pin, Secret};
use super::policy::{LockoutPolicy, OrganizerId, PinLength, Policy, Terms};
use super::time::Instant;

/// Digits of a generated conference ID (Microsoft: 7).
pub const CONFERENCE_ID_DIGITS: usize = 7;

/// A PIN as a record holds it: in the clear in stories, hashed in a store.
pub trait StoredPin {
    /// Returns the number of digits.
    fn digits(&self) -> usize;
}

impl StoredPin for Pin {
    fn digits(&self) -> usize {
        Self::digits(self)
    }
}

/// A user's account: what decides who starts the user's meetings, and how they are found.
#[derive(Clone, Debug)]
pub struct Account<P> {
    /// Whether they may hold meetings with dial-in.
    pub enabled: bool,
    /// Names their meetings; nothing while disabled.
    pub conference_id: Option<Digits>,
    /// The stored PIN; `None` while disabled, or before the first was generated.
    pub pin: Option<P>,
    /// The stored passcode of their meetings, if callers are asked for one; forgotten when they are disabled.
    pub passcode: Option<P>,
    /// Whether their meetings start without a PIN.
    pub allow_anonymous_start: bool,
    /// The user's own telephone, which no PIN may be part of.
    pub phone: String,
    /// Wrong PINs, and whether PIN entry is locked.
    pub lockout: Lockout,
    /// Wrong passcodes, and whether the entry of passcodes is locked.
    pub passcode_lockout: Lockout,
}

impl<P> Default for Account<P> {
    fn default() -> Self {
        Self {
            enabled: false,
            conference_id: None,
            pin: None,
            passcode: None,
            allow_anonymous_start: false,
            phone: String::new(),
            lockout: Lockout::default(),
            passcode_lockout: Lockout::default(),
        }
    }
}

/// An administrator's act on an account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AccountAct {
    /// Enables it, with a conference ID and a new PIN. Already enabled: no change (Microsoft: no error).
    Enable {
        /// Drawn if there is none.
        conference_id: Option<Digits>,
        /// The tenant's default if not said.
        allow_anonymous_start: Option<bool>,
    },
    /// Disables it: releases the conference ID and forgets the PIN. Already disabled: no change.
    Disable,
    /// Gives a new PIN. Wrong PINs stay counted; a shorter PIN has narrower limits, and may be locked by them at once.
    ResetPin,
    /// Gives a new conference ID: this one, or one that is drawn.
    ChangeConferenceId(Option<Digits>),
    /// Whether meetings start without a PIN from now on.
    AllowAnonymousStart(bool),
    /// Locks PIN entry, until it is unlocked.
    LockPin,
    /// Unlocks the entry of PINs and of passcodes, and forgets all wrong ones.
    UnlockPin,
}

/// A disabled user has neither a PIN nor a conference ID that could be changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotEnabled;

/// A decision about the conference ID.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ConferenceIdPlan {
    /// It stays.
    #[default]
    Keep,
    /// A free one is drawn.
    Draw,
    /// It becomes this one, if that is free.
    Assign(Digits),
}

/// The result of an act, besides the changes already made in the record.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Edit {
    /// Whether the record is another one than before; what has still to be drawn is not counted.
    pub changed: bool,
    /// The decision about the conference ID.
    pub conference_id: ConferenceIdPlan,
    /// Whether a PIN is to be generated.
    pub new_pin: bool,
    /// The acts for the event stream, in order.
    pub acts: Vec<AdminEvent>,
}

/// The events of a committed edit.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Effects {
    /// The acts for the event stream, in order.
    pub acts: Vec<AdminEvent>,
    /// The new lock state, if PIN entry has become locked.
    pub locked: Option<LockState>,
}

/// What keyed digits are, by comparing them alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Matches {
    /// The PIN that is kept.
    pub pin: bool,
    /// The passcode that is kept.
    pub passcode: bool,
}

/// The result of checking a PIN or a passcode that a caller keyed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Checked {
    /// What was asked for.
    pub secret: Secret,
    /// The verdict for the caller.
    pub verdict: PinVerdict,
    /// The lock state for administrators, if this check locked PIN entry.
    pub locked: Option<LockState>,
    /// The same for the entry of passcodes.
    pub passcode_locked: Option<LockState>,
    /// Whether it was counted: a check that is asked again is not, and tells nothing.
    pub counted: bool,
}

/// The state of a user's PIN entry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PinInfo {
    /// Whether PINs are checked.
    pub state: LockState,
    /// Wrong PINs since an administrator last unlocked.
    pub wrong_in_all: u32,
    /// How many digits the PIN has; zero if there is none.
    pub digits: usize,
}

impl<P> Account<P> {
    /// The same account, with its PIN and its passcode held in another way.
    #[must_use]
    pub fn with_secrets<Q>(self, pin: Option<Q>, passcode: Option<Q>) -> Account<Q> {
        let Self { enabled, conference_id, pin: _, passcode: _, allow_anonymous_start, phone, .. } = self;
        let Self { lockout, passcode_lockout, .. } = self;
        Account {
            enabled,
            conference_id,
            pin,
            passcode,
            allow_anonymous_start,
            phone,
            lockout,
            passcode_lockout,
        }
    }
}

impl<P: StoredPin> Account<P> {
    /// Edits the record as this act demands.
    ///
    /// # Errors
    /// The act needs an account that is enabled; nothing is changed.
    pub fn apply(&mut self, act: AccountAct, policy: &Policy) -> Result<Edit, NotEnabled> {
        match act {
            AccountAct::Enable { conference_id, allow_anonymous_start } => {
                let by_default = policy.tenant.allow_anonymous_start_by_default;
                Ok(self.enable(conference_id, allow_anonymous_start.unwrap_or(by_default)))
            }
            AccountAct::Disable => Ok(self.disable()),
            AccountAct::LockPin => Ok(self.edit_lockout(Lockout::lock, AdminEvent::Locked)),
            AccountAct::UnlockPin => {
                let forgets = self.passcode_lockout != Lockout::default();
                self.passcode_lockout.unlock();
                let edit = self.edit_lockout(Lockout::unlock, AdminEvent::Unlocked);
                Ok(Edit { changed: edit.changed | forgets, ..edit })
            }
            AccountAct::ResetPin | AccountAct::ChangeConferenceId(_) | AccountAct::AllowAnonymousStart(_)
                if !self.enabled =>
            {
                Err(NotEnabled)
            }
            AccountAct::ResetPin => {
                Ok(Edit { new_pin: true, acts: vec![AdminEvent::PinReset], ..Edit::default() })
            }
            AccountAct::ChangeConferenceId(wanted) if wanted.is_some() && wanted == self.conference_id => {
                Ok(Edit::default())
            }
            AccountAct::ChangeConferenceId(wanted) => Ok(Edit {
                conference_id: wanted.map_or(ConferenceIdPlan::Draw, ConferenceIdPlan::Assign),
                acts: vec![AdminEvent::ConferenceIdReset],
                ..Edit::default()
            }),
            AccountAct::AllowAnonymousStart(allow) => {
                let before = std::mem::replace(&mut self.allow_anonymous_start, allow);
                let acts = vec![AdminEvent::anonymous_start(allow)];
                Ok(Edit { changed: before != allow, acts, ..Edit::default() })
            }
        }
    }

    /// Enables the account, unless it is enabled.
    pub fn enable(&mut self, conference_id: Option<Digits>, allow_anonymous_start: bool) -> Edit {
        if self.enabled {
            return Edit::default();
        }
        self.enabled = true;
        self.allow_anonymous_start = allow_anonymous_start;
        Edit {
            changed: true,
            conference_id: conference_id.map_or(ConferenceIdPlan::Draw, ConferenceIdPlan::Assign),
            new_pin: true,
            acts: vec![
                AdminEvent::Enabled,
                AdminEvent::anonymous_start(allow_anonymous_start),
                AdminEvent::PinReset,
            ],
        }
    }

    /// Disables the account, unless it is disabled.
    pub fn disable(&mut self) -> Edit {
        if !self.enabled {
            return Edit::default();
        }
        self.enabled = false;
        self.conference_id = None;
        // Nobody needs it any more: who is enabled again gets another.
        (self.pin, self.passcode) = (None, None);
        Edit { changed: true, acts: vec![AdminEvent::Disabled], ..Edit::default() }
    }

    fn edit_lockout(&mut self, edit: fn(&mut Lockout), act: AdminEvent) -> Edit {
        let before = self.lockout.clone();
        edit(&mut self.lockout);
        Edit { changed: self.lockout != before, acts: vec![act], ..Edit::default() }
    }

    /// Draws a PIN that follows the rules: of the tenant's length, and by default none that is part of the telephone number
    /// or of the conference ID.
    pub fn draw_pin(&self, policy: &Policy, entropy: &mut dyn FnMut() -> u64) -> Pin {
        let conference_id = self.conference_id.map(|id| id.reveal()).unwrap_or_default();
        let (length, rules) = (policy.tenant.pin_length, policy.lockout.pin_rules);
        pin::generate(length, rules, &[&self.phone, &conference_id], entropy)
    }

    /// Counts what was keyed; `matches` says what of that which is kept it is. Where it may be both, it is taken for the
    /// passcode first, and a wrong one counts as a wrong PIN and as a wrong passcode.
    pub fn check(
        &mut self,
        now: Instant,
        lockout: &LockoutPolicy,
        secret: Secret,
        matches: Matches,
    ) -> Checked {
        let passcode = matches.passcode & self.enabled;
        let pin = matches.pin & self.enabled & self.pin.is_some();
        let mut checked = Checked {
            secret,
            verdict: PinVerdict::Wrong,
            locked: None,
            passcode_locked: None,
            counted: true,
        };
        // The organizer's PIN is no wrong passcode, unless PIN entry is locked.
        let is_pin = secret == Secret::Either && pin && !passcode && self.pin_is_open(now, lockout);
        if secret.may_be_passcode() && !is_pin {
            // It was taken away a moment ago: nobody is kept out by it.
            let right = self.passcode.is_none() || passcode;
            let digits = self.passcode.as_ref().map_or(PinLength::MAX, StoredPin::digits);
            let (counts, locked) = self.passcode_lockout.checked(now, lockout, digits, right);
            checked.passcode_locked = locked;
            if counts {
                checked.verdict = PinVerdict::Passcode;
                return checked;
            }
        }
        // A right passcode that is locked is no wrong PIN.
        if secret.may_be_pin() && !(secret == Secret::Either && passcode) {
            let (counts, locked) = self.lockout.checked(now, lockout, self.limiting_digits(), pin);
            checked.locked = locked;
            if counts {
                checked.verdict = PinVerdict::Right;
            }
        }
        checked
    }

    fn pin_is_open(&self, now: Instant, lockout: &LockoutPolicy) -> bool {
        self.lockout.state(now, lockout, self.limiting_digits()) == LockState::Open
    }

    /// Returns the state of PIN entry now.
    #[must_use]
    pub fn pin_info(&self, now: Instant, lockout: &LockoutPolicy) -> PinInfo {
        PinInfo {
            state: self.lockout.state(now, lockout, self.limiting_digits()),
            wrong_in_all: self.lockout.wrong_in_all(),
            digits: self.pin.as_ref().map_or(0, StoredPin::digits),
        }
    }

    /// By how many digits the lockout's limits are chosen. Nobody guesses a PIN that there is not, so the widest hold:
    /// who is disabled is not locked by it.
    fn limiting_digits(&self) -> usize {
        self.pin.as_ref().map_or(PinLength::MAX, StoredPin::digits)
    }

    /// Returns the terms of this user's meetings. A disabled user's meeting never starts without a PIN.
    #[must_use]
    pub fn terms(
        &self,
        organizer: OrganizerId,
        version: u64,
        language: Language,
        policy: Arc<Policy>,
    ) -> Terms {
        Terms {
            organizer,
            version,
            enabled: self.enabled,
            anonymous_start: self.allow_anonymous_start && self.enabled,
            passcode: self.passcode.is_some(),
            refuses_toll_free: false,
            language,
            policy,
        }
    }
}

/// The meeting that a caller has named; nothing while its organizer is disabled.
#[must_use]
pub fn found(terms: Terms) -> Option<Found> {
    terms.enabled.then_some(Found { meeting: MeetingId(terms.organizer.0), terms })
}

impl Edit {
    /// Returns whether anything is another than before.
    #[must_use]
    pub fn changes(&self) -> bool {
        self.changed || self.new_pin || self.conference_id != ConferenceIdPlan::Keep
    }

    /// Both edits of one account in one.
    #[must_use]
    pub fn and(mut self, later: Self) -> Self {
        let Self { changed, conference_id, new_pin, acts } = later;
        self.changed |= changed;
        self.new_pin |= new_pin;
        if conference_id != ConferenceIdPlan::Keep {
            self.conference_id = conference_id;
        }
        self.acts.extend(acts);
        self
    }

    /// Returns the effects to report after the commit. A lock is reported only if the state before was different.
    #[must_use]
    pub fn effects(self, before: LockState, after: LockState) -> Effects {
        let locked = (after != before && after != LockState::Open).then_some(after);
        Effects { acts: self.acts, locked }
    }
}

impl Effects {
    /// Returns the events for the event stream.
    pub fn events(self, organizer: OrganizerId) -> impl Iterator<Item = Event> {
        let acts = self.acts.into_iter().map(move |act| AccountEvent::Administered { organizer, act });
        acts.chain(self.locked.map(|state| AccountEvent::LockedOut { organizer, state })).map(Event::Account)
    }
}

impl Checked {
    /// Returns whether the same check keeps its answer when it is asked again. A right PIN may have been replaced or
    /// locked since, and is looked at again.
    #[must_use]
    pub fn is_remembered(self) -> bool {
        self.verdict == PinVerdict::Wrong
    }

    /// The same check, asked again.
    #[must_use]
    pub fn again(self) -> Self {
        Self { locked: None, passcode_locked: None, counted: false, ..self }
    }

    /// Returns the events for the event stream.
    pub fn events(self, organizer: OrganizerId, leg: LegId) -> impl Iterator<Item = Event> {
        let Self { secret, verdict, .. } = self;
        let is_passcode = verdict == PinVerdict::Passcode;
        let asked_for_passcode = self.counted && secret.may_be_passcode() && verdict != PinVerdict::Right;
        let passcode = asked_for_passcode.then_some(AccountEvent::PasscodeChecked {
            organizer,
            leg,
            right: is_passcode,
        });
        let passcode_locked =
            self.passcode_locked.map(|state| AccountEvent::PasscodeLockedOut { organizer, state });
        let (right, is_pin) = (verdict == PinVerdict::Right, secret.may_be_pin() && !is_passcode);
        let pin = (self.counted && is_pin).then_some(AccountEvent::PinChecked { organizer, leg, right });
        let locked = self.locked.map(|state| AccountEvent::LockedOut { organizer, state });
        let passcodes = passcode.into_iter().chain(passcode_locked);
        passcodes.chain(pin).chain(locked).map(Event::Account)
    }
}

/// Returns how many digits a conference ID has that is drawn on a bridge with these settings.
#[must_use]
pub fn conference_id_digits(policy: &Policy) -> usize {
    policy.dialog.conference_id.drawn_digits(CONFERENCE_ID_DIGITS)
}

/// Draws a conference ID of this many digits, whether it is free or not; it does not begin with a zero.
pub fn draw_conference_id(length: usize, entropy: &mut dyn FnMut() -> u64) -> Digits {
    let mut digits = Digits::default();
    while digits.len() < length {
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
mod tests;
