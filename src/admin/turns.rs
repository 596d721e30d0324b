//! Acts on one user, one after the other: what each decides on is not changed by the next one meanwhile, and no PIN is
//! hashed for nothing. Acts of other processes may still come between; the store refuses what is stale.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use tokio::sync::{Mutex, MutexGuard};

use super::act::UserName;
use crate::store::record::key_of;

/// Users who have a turn at the same time: more than there are cores to hash on.
const AT_ONCE: usize = 64;

/// Locks that serialise acts on one user. Users who share a lock wait for each other too.
#[derive(Debug)]
pub(super) struct Turns([Mutex<()>; AT_ONCE]);

impl Default for Turns {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::default()))
    }
}

impl Turns {
    /// Waits for a turn on this user, and has it until it is dropped.
    pub(super) async fn of(&self, user: &UserName) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        key_of(&user.0).hash(&mut hasher);
        let place = hasher.finish() % AT_ONCE as u64;
        self.0[usize::try_from(place).unwrap_or(0)].lock().await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::act::{Act, Change, Enable};
    use super::super::actor::{Actor, Role};
    use super::super::administration::Administration;
    use super::*;
    use crate::control::policy::Policy;
    use crate::store::keyring::Keyring;
    use crate::store::memory::Memory;
    use crate::store::pin_hash::{Cost, PinHasher};

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn resets_of_one_user_that_meet_hash_twice_each() {
        const RESETS: usize = 70;
        let keyring = Arc::new(Keyring::of_one_key());
        let hasher = PinHasher::new(Arc::clone(&keyring), Cost::LEAST);
        let directory = Arc::new(Memory::new(keyring));
        let administration = Arc::new(Administration::new(directory, hasher.clone(), Policy::default()));
        let amos = UserName("amos@contoso.com".into());
        let actor = Actor { name: "kim".into(), role: Role::Administrator, origin: "test".into() };
        let enable = Act::Enable(Enable::of(amos.clone()));
        administration.perform(7, &actor, &enable).await.unwrap();
        let before = hasher.hashed();
        let reset = Act::Change(Change { reset_pin: true, ..Change::of(amos) });
        let resets: Vec<_> = (0..RESETS)
            .map(|_| {
                let administration = Arc::clone(&administration);
                let (actor, reset) = (actor.clone(), reset.clone());
                tokio::spawn(async move { administration.perform(7, &actor, &reset).await })
            })
            .collect();
        for reset in resets {
            reset.await.unwrap().unwrap();
        }
        // One to see that it is another PIN than before, one to keep it; now and then one more is drawn.
        let hashed = hasher.hashed() - before;
        assert!(hashed <= 2 * RESETS + 10, "{hashed} hashes for {RESETS} resets");
    }
}
