//! The directory as a World asks it: at once, and in virtual time. Records in memory or a store stand behind it.

use std::fmt;
use std::sync::Arc;

use crate::control::account::{AccountAct, PinInfo};
use crate::control::directory::{ConferenceIdTaken, Coordinates, Directory, NewOrganizer, Shown};
use crate::control::event::Event;
use crate::control::policy::{OrganizerId, Policy};
use crate::control::query::QueryDirectory;
use crate::control::time::Instant;

/// Whatever answers a World's questions and does what its administrators want. What it records is polled after each
/// question and act.
pub trait StoryDirectory: QueryDirectory + fmt::Debug + Send {
    /// The tenant's settings as they are now.
    fn policy(&self) -> &Arc<Policy>;

    /// Returns the number of users; they are numbered from 0 in the order in which they were added.
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

    /// Does what an administrator wants of an account, and answers what it gave the user; nothing where it is refused.
    fn administer(
        &mut self,
        now: Instant,
        id: OrganizerId,
        act: AccountAct,
        entropy: &mut dyn FnMut() -> u64,
    ) -> Shown;

    /// Changes one of the settings, which takes this value.
    fn set(&mut self, now: Instant, name: &str, value: &str);

    /// Returns the state of this user's PIN entry.
    fn pin_info(&self, now: Instant, id: OrganizerId) -> PinInfo;

    /// Returns the next event to record.
    fn poll_record(&mut self) -> Option<Event>;
}

impl StoryDirectory for Directory {
    fn policy(&self) -> &Arc<Policy> {
        self.policy()
    }

    fn organizers(&self) -> u32 {
        self.organizers()
    }

    fn add(
        &mut self,
        new: &NewOrganizer,
        entropy: &mut dyn FnMut() -> u64,
    ) -> Result<Coordinates, ConferenceIdTaken> {
        self.add(new, entropy)
    }

    fn administer(
        &mut self,
        now: Instant,
        id: OrganizerId,
        act: AccountAct,
        entropy: &mut dyn FnMut() -> u64,
    ) -> Shown {
        self.administer(now, id, act, entropy).unwrap_or_default()
    }

    fn set(&mut self, _now: Instant, name: &str, value: &str) {
        self.set(name, value).expect("the file's settings were tried when it was read");
    }

    fn pin_info(&self, now: Instant, id: OrganizerId) -> PinInfo {
        self.pin_info(now, id)
    }

    fn poll_record(&mut self) -> Option<Event> {
        self.poll_record()
    }
}
