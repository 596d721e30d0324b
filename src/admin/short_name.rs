//! Users by the part of their names before the `@`, as people type them.

use super::act::UserName;
use super::administration::Administration;
use super::refusal::Refusal;
use crate::store::Directory;
use crate::store::record::{NOBODY, UserRecord, key_of};
use crate::store::search::Sought;

/// Users that are loaded at once.
const PAGE: u32 = 1_000;

impl<D: Directory> Administration<D> {
    /// Returns the whole name of the one user whose name begins with this and an `@`; the name as it is if it has an `@`
    /// or nobody is called so.
    ///
    /// For people who type: programs, and users who may see only themselves, name users in full.
    ///
    /// # Errors
    /// Several users are called so, or the store does not answer.
    pub async fn whole_name(&self, name: &UserName) -> Result<UserName, Refusal> {
        let short = key_of(&name.0);
        // A search without a letter or digit would find everybody.
        if short.contains('@') || !short.contains(char::is_alphanumeric) {
            return Ok(name.clone());
        }
        let sought = Sought { search: short.clone(), ..Sought::default() };
        let (mut found, mut after) = (Vec::new(), NOBODY.to_owned());
        loop {
            let page = self.directory().users_found(&sought, &after, PAGE).await?;
            let is_meant = |user: &&UserRecord| {
                key_of(&user.name).split_once('@').is_some_and(|(before, _)| before == short)
            };
            found.extend(page.iter().filter(is_meant).map(|user| user.name.clone()));
            let Some(last) = page.last().filter(|_| page.len() == PAGE as usize) else { break };
            after.clone_from(&last.name);
        }
        let mut found = found.into_iter();
        match (found.next(), found.next()) {
            (None, _) => Ok(name.clone()),
            (Some(only), None) => Ok(UserName(only)),
            (Some(one), Some(other)) => Err(Refusal::AmbiguousUser(name.0.clone(), [one, other])),
        }
    }
}
