//! The directory of stories: it commits the edits of [`account`] to records in memory, at once. It
//! draws nothing by itself: entropy is passed in, as time is.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;

use super::account::{
    self, Account, AccountAct, ConferenceIdPlan, Matches, NotEnabled, PinInfo, conference_id_digits,
    draw_conference_id,
};
use super::attendant::{Found, MeetingKey};
use super::call::{Digits, Language, LegId};
use super::event::Event;
use super::meeting::{CheckId, PinVerdict, Unavailable};
use super::outputs::Outputs;
use super::pin::{self, Pin, PinEntry, Secret};
use super::policy::{OrganizerId, Policy, SettingError, Terms};
use super::time::Instant;

/// Wrong checks of one organizer's PIN that are remembered. A check is asked again after 3 s at the latest, and a
/// meeting of 250 phones does not key more PINs in that time.
const CHECKS_REMEMBERED: usize = 256;

/// A user with a conference, as an administrator enters one.
#[derive(Clone, Debug, Default)]
pub struct NewOrganizer {
    /// Drawn if there is none.
    pub conference_id: Option<Digits>,
    /// Drawn if there is none.
    pub pin: Option<Pin>,
    /// What callers of the user's meetings are asked for; nothing if there is none.
    pub passcode: Option<Pin>,
    /// The tenant's default if not said.
    pub allow_anonymous_start: Option<bool>,
    /// The language of the service number in the invitations.
    pub language: Language,
    /// The user's own telephone, which no PIN may be part of.
    pub phone: String,
    /// Whether their meetings refuse calls to toll-free numbers.
    pub refuses_toll_free: bool,
    /// Whether they are disabled again at once: their meetings cannot be named.
    pub disabled: bool,
}

/// A newly enabled user's coordinates; the PIN is shown once.
#[derive(Clone, Copy, Debug)]
pub struct Coordinates {
    /// The organizer.
    pub organizer: OrganizerId,
    /// Names the user's meetings.
    pub conference_id: Digits,
    /// Starts them.
    pub pin: Pin,
    /// What their callers are asked for.
    pub passcode: Option<Pin>,
}

/// New coordinates from an act, shown once.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shown {
    /// A new PIN.
    pub pin: Option<Pin>,
    /// A new conference ID.
    pub conference_id: Option<Digits>,
}

#[derive(Clone, Debug)]
struct Organizer {
    account: Account<Pin>,
    language: Language,
    refuses_toll_free: bool,
    /// The latest wrong checks: one that is asked again counts once.
    wrong_checks: VecDeque<(LegId, CheckId, account::Checked)>,
}

/// A directory that answers and acts at once: the records of [`Directory`], or a store that is waited for.
///
/// Every operation is one change and is complete when it returns; what is to be recorded waits in
/// [`StoryDirectory::poll_record`].
pub trait StoryDirectory: fmt::Debug + Send {
    /// Finds the meeting that a caller names; there is none while its organizer is disabled.
    ///
    /// # Errors
    /// The directory does not answer.
    fn find(&self, key: MeetingKey) -> Result<Option<Found>, Unavailable>;

    /// Returns what this user's meetings are held to now.
    ///
    /// # Errors
    /// The directory does not answer.
    fn terms(&self, id: OrganizerId) -> Result<Terms, Unavailable>;

    /// Checks whether this is what was asked for: the PIN that starts this organizer's meetings, their passcode, or either;
    /// and counts it for the lockout. A wrong one that is asked about again is not counted twice.
    ///
    /// # Errors
    /// The directory does not answer.
    fn check_pin(
        &mut self,
        now: Instant,
        id: OrganizerId,
        asked: (LegId, CheckId),
        secret: Secret,
        entry: &PinEntry,
    ) -> Result<PinVerdict, Unavailable>;

    /// Returns the tenant's settings as they are now.
    fn policy(&self) -> &Arc<Policy>;

    /// Returns how many users there are, enabled or not; they are numbered from 0 in the order in which they were added.
    ///
    /// # Panics
    /// There are four billion.
    fn organizers(&self) -> u32;

    /// Adds a user and enables them.
    ///
    /// # Errors
    /// The conference ID is somebody else's.
    fn add(
        &mut self,
        new: &NewOrganizer,
        entropy: &mut dyn FnMut() -> u64,
    ) -> Result<Coordinates, ConferenceIdTaken>;

    /// Does what an administrator wants of an account, and answers what it gave the user.
    ///
    /// # Errors
    /// The act needs a user who is enabled; nothing is changed.
    fn administer(
        &mut self,
        now: Instant,
        id: OrganizerId,
        act: AccountAct,
        entropy: &mut dyn FnMut() -> u64,
    ) -> Result<Shown, NotEnabled>;

    /// Changes one of the settings by its BEHAVIOUR name.
    ///
    /// # Errors
    /// There is no such setting, or it does not take this value.
    fn set(&mut self, now: Instant, name: &str, value: &str) -> Result<(), SettingError>;

    /// Returns how PIN entry stands for this user.
    fn pin_info(&self, now: Instant, id: OrganizerId) -> PinInfo;

    /// Returns what is to be recorded; drain it after each operation.
    fn poll_record(&mut self) -> Option<Event>;
}

/// A tenant's users and settings, in memory.
#[derive(Clone, Debug)]
pub struct Directory {
    policy: Arc<Policy>,
    /// The number of the first organizer.
    first: u32,
    organizers: Vec<Organizer>,
    by_conference_id: BTreeMap<Digits, OrganizerId>,
    records: Outputs<Event>,
    /// How many changes there were of what meetings are held to.
    changes: u64,
}

/// The conference ID belongs to somebody already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ConferenceIdTaken;

impl NewOrganizer {
    /// The account as it is when the user is added, with what they are shown; `is_taken` knows whose conference ID it is.
    ///
    /// # Errors
    /// The conference ID is somebody else's.
    pub fn account(
        &self,
        policy: &Policy,
        is_taken: impl Fn(&Digits) -> bool,
        entropy: &mut dyn FnMut() -> u64,
    ) -> Result<(Account<Pin>, Digits, Pin), ConferenceIdTaken> {
        let mut account = Account { phone: self.phone.clone(), ..Account::default() };
        let by_default = policy.tenant.allow_anonymous_start_by_default;
        account.enable(self.conference_id, self.allow_anonymous_start.unwrap_or(by_default));
        let conference_id = match self.conference_id {
            Some(taken) if is_taken(&taken) => return Err(ConferenceIdTaken),
            Some(free) => free,
            None => free_conference_id(conference_id_digits(policy), self.pin, is_taken, entropy),
        };
        account.conference_id = Some(conference_id);
        let pin = self.pin.unwrap_or_else(|| account.draw_pin(policy, entropy));
        account.pin = Some(pin);
        account.passcode = self.passcode;
        if self.disabled {
            account.disable();
        }
        Ok((account, conference_id, pin))
    }
}

impl Directory {
    /// A tenant without users.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        Self::numbered_from(0, policy)
    }

    /// The same whose organizers are numbered from this one on, beside another directory that gives those before it.
    #[must_use]
    pub fn numbered_from(first: u32, policy: Policy) -> Self {
        Self {
            policy: Arc::new(policy),
            first,
            organizers: Vec::new(),
            by_conference_id: BTreeMap::new(),
            records: Outputs::default(),
            changes: 0,
        }
    }

    fn organizer(&self, id: OrganizerId) -> &Organizer {
        &self.organizers[self.place(id)]
    }

    fn place(&self, id: OrganizerId) -> usize {
        (id.0 - self.first) as usize
    }

    fn terms_now(&self, id: OrganizerId) -> Terms {
        let Organizer { account, language, refuses_toll_free, .. } = self.organizer(id);
        let terms = account.terms(id, self.changes, *language, Arc::clone(&self.policy));
        Terms { refuses_toll_free: *refuses_toll_free, ..terms }
    }
}

impl StoryDirectory for Directory {
    fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }

    fn add(
        &mut self,
        new: &NewOrganizer,
        entropy: &mut dyn FnMut() -> u64,
    ) -> Result<Coordinates, ConferenceIdTaken> {
        let is_taken = |id: &Digits| self.by_conference_id.contains_key(id);
        let (account, conference_id, pin) = new.account(&self.policy, is_taken, entropy)?;
        let number = self.first.checked_add(self.organizers()).expect("fewer than four billion users");
        let organizer = OrganizerId(number);
        if let Some(id) = account.conference_id {
            self.by_conference_id.insert(id, organizer);
        }
        let NewOrganizer { language, refuses_toll_free, .. } = *new;
        self.organizers.push(Organizer {
            account,
            language,
            refuses_toll_free,
            wrong_checks: VecDeque::new(),
        });
        Ok(Coordinates { organizer, conference_id, pin, passcode: new.passcode })
    }

    fn find(&self, key: MeetingKey) -> Result<Option<Found>, Unavailable> {
        let id = match key {
            MeetingKey::ConferenceId(digits) => self.by_conference_id.get(&digits).copied(),
            MeetingKey::Organizer(id) => Some(id),
        };
        Ok(id.and_then(|id| account::found(self.terms_now(id))))
    }

    fn terms(&self, id: OrganizerId) -> Result<Terms, Unavailable> {
        Ok(self.terms_now(id))
    }

    fn check_pin(
        &mut self,
        now: Instant,
        id: OrganizerId,
        (leg, check): (LegId, CheckId),
        secret: Secret,
        entry: &PinEntry,
    ) -> Result<PinVerdict, Unavailable> {
        let place = self.place(id);
        let Organizer { account, wrong_checks, .. } = &mut self.organizers[place];
        let asked = wrong_checks.iter().find(|(of, asked, _)| (*of, *asked) == (leg, check));
        let checked = asked.map(|(_, _, answer)| *answer).unwrap_or_else(|| {
            let is_kept = |kept: Option<Pin>| kept.is_some_and(|kept| kept.matches(entry));
            let matches = Matches { pin: is_kept(account.pin), passcode: is_kept(account.passcode) };
            let checked = account.check(now, &self.policy.lockout, secret, matches);
            if checked.is_remembered() {
                wrong_checks.truncate(CHECKS_REMEMBERED - 1);
                wrong_checks.push_front((leg, check, checked.again()));
            }
            checked
        });
        checked.events(id, leg).for_each(|event| self.records.push(event));
        Ok(checked.verdict)
    }

    fn administer(
        &mut self,
        now: Instant,
        id: OrganizerId,
        act: AccountAct,
        entropy: &mut dyn FnMut() -> u64,
    ) -> Result<Shown, NotEnabled> {
        let mut account = self.organizer(id).account.clone();
        let edit = account.apply(act, &self.policy)?;
        let is_taken = |id: &Digits| self.by_conference_id.contains_key(id);
        let new_id = match edit.conference_id {
            ConferenceIdPlan::Keep => None,
            ConferenceIdPlan::Assign(id) => Some(id),
            ConferenceIdPlan::Draw => {
                let stays = account.pin.filter(|_| !edit.new_pin);
                Some(free_conference_id(conference_id_digits(&self.policy), stays, is_taken, entropy))
            }
        };
        account.conference_id = new_id.or(account.conference_id);
        let new_pin = edit.new_pin.then(|| {
            loop {
                let pin = account.draw_pin(&self.policy, entropy);
                // The same PIN again would be no reset.
                if account.pin != Some(pin) {
                    break pin;
                }
            }
        });
        account.pin = new_pin.or(account.pin);
        let lockout = &self.policy.lockout;
        let before = &self.organizer(id).account;
        let state = before.pin_info(now, lockout).state;
        let effects = edit.effects(state, account.pin_info(now, lockout).state);
        if let Some(released) = before.conference_id {
            self.by_conference_id.remove(&released);
        }
        if let Some(taken) = account.conference_id {
            self.by_conference_id.insert(taken, id);
        }
        let place = self.place(id);
        self.organizers[place].account = account;
        self.changes += 1;
        effects.events(id).for_each(|event| self.records.push(event));
        Ok(Shown { pin: new_pin, conference_id: new_id })
    }

    fn set(&mut self, _now: Instant, name: &str, value: &str) -> Result<(), SettingError> {
        let mut policy = Policy::clone(&self.policy);
        policy.set(name, value)?;
        self.policy = Arc::new(policy);
        self.changes += 1;
        Ok(())
    }

    fn organizers(&self) -> u32 {
        u32::try_from(self.organizers.len()).expect("fewer than four billion users")
    }

    fn pin_info(&self, now: Instant, id: OrganizerId) -> PinInfo {
        self.organizer(id).account.pin_info(now, &self.policy.lockout)
    }

    fn poll_record(&mut self) -> Option<Event> {
        self.records.poll()
    }
}

/// Draws that find no free conference ID before a longer one is drawn: where IDs are short, they may all be taken.
const DRAWS_MAX: usize = 1_000;

/// Draws a conference ID that is nobody's, and of which the PIN that stays is not a part.
fn free_conference_id(
    digits: usize,
    pin: Option<Pin>,
    is_taken: impl Fn(&Digits) -> bool,
    entropy: &mut dyn FnMut() -> u64,
) -> Digits {
    let mut drawn = 0;
    loop {
        let id = draw_conference_id(digits + drawn / DRAWS_MAX, entropy);
        let has_pin = pin.is_some_and(|pin| pin::is_part_of(&pin, &id.reveal()));
        if !is_taken(&id) && !has_pin {
            return id;
        }
        drawn += 1;
    }
}

#[cfg(test)]
mod tests;
