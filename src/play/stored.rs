//! A store as the directory of a story: the very records and acts that administrators use, in virtual time.
//!
//! This is the one file in which a World waits for something outside of it. A runtime of its own carries the store's
//! futures, PINs are salted by the system, and an SQLite file lies in a folder. None of it shows: what is answered depends
//! on records and on virtual time, and PINs and conference IDs are drawn from the run's seed. So a case leaves the same
//! log as on the records of [`Directory`](crate::control::directory::Directory), which a test holds for every case of the
//! library.

use std::collections::VecDeque;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rand::rngs::ChaCha8Rng;
use rand::{Rng as _, SeedableRng as _};
use tokio::runtime::Runtime;

use super::{Played, play, play_on};
use crate::admin::act::{Act, Change, ConferenceIdChange, Enable, UserName};
use crate::admin::actor::{Actor, Role};
use crate::admin::administration::{Administration, Draw};
use crate::admin::answer::Answer;
use crate::control::account::{AccountAct, NotEnabled, PinInfo};
use crate::control::attendant::{Found, MeetingKey};
use crate::control::call::{Digits, LegId};
use crate::control::directory::{ConferenceIdTaken, Coordinates, NewOrganizer, Shown, StoryDirectory};
use crate::control::event::{AdminEvent, Event};
use crate::control::meeting::{CheckId, PinVerdict, Unavailable};
use crate::control::pin::{PinEntry, Secret};
use crate::control::policy::{Group, OrganizerId, Policy, SettingError, Terms};
use crate::control::time::Instant;
use crate::exchange::directory_backend::{DirectoryBackend as _, PinQuestion, StoreBackend};
use crate::scenario::story::Story;
use crate::store::check::{PinChecks, epoch_ms, moment};
use crate::store::keyring::Keyring;
use crate::store::memory::Memory;
use crate::store::pin_hash::{Cost, PinHasher};
use crate::store::record::UserRecord;
use crate::store::sql::{Location, Sql};
use crate::store::{Changes, Directory};

/// Where the users, PINs and lockouts of a case are kept.
#[derive(Clone, Debug, Default)]
pub enum Store {
    /// Plain records, without a store.
    #[default]
    Records,
    /// The store, in memory.
    Memory,
    /// The store as an SQLite file, in a folder of the case's own inside this one; it is removed when the case is over.
    Sqlite(Arc<Path>),
}

impl Store {
    /// Returns its name on the command line.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Records => "records",
            Self::Memory => "memory",
            Self::Sqlite(_) => "sqlite",
        }
    }
}

/// Plays a case with a store of its own. No two cases that are played at the same time have the same `number`.
///
/// # Errors
/// The folder does not take an SQLite file.
pub fn play_stored(story: &Arc<Story>, seed: u64, store: &Store, number: usize) -> std::io::Result<Played> {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build();
    let keyring = Arc::new(Keyring::of_one_key());
    let policy = &story.given.policy;
    let folder = match store {
        Store::Records => return Ok(play(story, seed)),
        Store::Memory => {
            let memory = Memory::new(Arc::clone(&keyring));
            let directory = StoredDirectory::new(runtime()?.into(), memory, keyring, policy, seed);
            return Ok(play_on(story, seed, Box::new(directory)));
        }
        Store::Sqlite(folder) => folder.join(number.to_string()),
    };
    let runtime = Arc::new(runtime()?);
    std::fs::create_dir(&folder)?;
    let location = Location::File(folder.join("directory.db"));
    let sql = runtime.block_on(Sql::open(&location, Arc::clone(&keyring))).map_err(std::io::Error::other)?;
    let directory = StoredDirectory::new(Arc::clone(&runtime), sql.clone(), keyring, policy, seed);
    let played = play_on(story, seed, Box::new(directory));
    // Connections that close by themselves do so later: SQLite would take away the log of the next file with this name.
    runtime.block_on(sql.close());
    std::fs::remove_dir_all(folder)?;
    Ok(played)
}

/// A deployment's view of a store; settings that administrators cannot change are part of it.
struct Service<D> {
    administration: Administration<D>,
    kept: StoreBackend<D>,
    base: Policy,
}

/// A store with its service.
struct StoredDirectory<D> {
    store: Arc<D>,
    hasher: PinHasher,
    entropy: Arc<Mutex<ChaCha8Rng>>,
    service: Service<D>,
    policy: Arc<Policy>,
    names: Vec<String>,
    records: VecDeque<Event>,
    runtime: Arc<Runtime>,
}

impl<D> fmt::Debug for StoredDirectory<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredDirectory").field("names", &self.names).finish_non_exhaustive()
    }
}

impl<D: Directory + 'static> StoredDirectory<D> {
    fn new(runtime: Arc<Runtime>, store: D, keyring: Arc<Keyring>, policy: &Policy, seed: u64) -> Self {
        // A story's PINs are not secrets.
        let hasher = PinHasher::new(keyring, Cost::LEAST);
        let (store, entropy) = (Arc::new(store), Arc::new(Mutex::new(ChaCha8Rng::seed_from_u64(seed))));
        let service = Service::new(&store, &hasher, &entropy, policy.clone());
        Self {
            store,
            hasher,
            entropy,
            service,
            policy: Arc::new(policy.clone()),
            names: Vec::new(),
            records: VecDeque::new(),
            runtime,
        }
    }

    fn perform(&self, now: Instant, act: &Act) -> Option<Answer> {
        let actor = Actor { name: "admin".into(), role: Role::Administrator, origin: "scenario".into() };
        let performed = self.service.administration.perform(epoch_ms(now), &actor, act);
        let refused = |refusal| tracing::warn!(target: "attendant::replay", %refusal, "an administrator's act was refused");
        self.runtime.block_on(performed).map_err(refused).ok()
    }

    fn user(&self, id: OrganizerId) -> UserName {
        UserName(self.names[id.0 as usize].clone())
    }
}

impl<D: Directory + 'static> Service<D> {
    fn new(store: &Arc<D>, hasher: &PinHasher, entropy: &Arc<Mutex<ChaCha8Rng>>, base: Policy) -> Self {
        let checks = PinChecks::new(Arc::clone(store), hasher.clone(), base.lockout.clone());
        let kept = StoreBackend::new(Arc::clone(store), checks, base.clone(), epoch_ms);
        let administration = Administration::new(Arc::clone(store), hasher.clone(), base.clone());
        Self { administration: administration.with_entropy(draws(entropy)), kept, base }
    }
}

fn draws(entropy: &Arc<Mutex<ChaCha8Rng>>) -> Arc<Draw> {
    let entropy = Arc::clone(entropy);
    Arc::new(move || entropy.lock().unwrap_or_else(PoisonError::into_inner).next_u64())
}

/// The act as an administrator asks for it.
fn act_on(user: UserName, act: AccountAct) -> Act {
    match act {
        AccountAct::Enable { conference_id, allow_anonymous_start } => {
            Act::Enable(Enable { conference_id, allow_anonymous_start, ..Enable::of(user) })
        }
        AccountAct::Disable => Act::Disable { user, mail: None },
        AccountAct::ResetPin => Act::Change(Change { reset_pin: true, ..Change::of(user) }),
        AccountAct::ChangeConferenceId(wanted) => {
            let change = wanted.map_or(ConferenceIdChange::Reset, ConferenceIdChange::Set);
            Act::Change(Change { conference_id: Some(change), ..Change::of(user) })
        }
        AccountAct::AllowAnonymousStart(allow) => {
            Act::Change(Change { allow_anonymous_start: Some(allow), ..Change::of(user) })
        }
        AccountAct::LockPin => Act::LockPin(user),
        AccountAct::UnlockPin => Act::UnlockPin(user),
    }
}

impl<D: Directory + 'static> StoryDirectory for StoredDirectory<D> {
    fn find(&self, key: MeetingKey) -> Result<Option<Found>, Unavailable> {
        self.runtime.block_on(self.service.kept.find(key))
    }

    fn terms(&self, id: OrganizerId) -> Result<Terms, Unavailable> {
        self.runtime.block_on(self.service.kept.terms(id))
    }

    fn check_pin(
        &mut self,
        now: Instant,
        id: OrganizerId,
        (leg, check): (LegId, CheckId),
        secret: Secret,
        entry: &PinEntry,
    ) -> Result<PinVerdict, Unavailable> {
        let asked = PinQuestion { organizer: id, leg, check, secret, entry: *entry };
        let (verdict, events) = self.runtime.block_on(self.service.kept.check(now, asked))?;
        self.records.extend(events);
        Ok(verdict)
    }

    fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }

    fn organizers(&self) -> u32 {
        u32::try_from(self.names.len()).expect("fewer than four billion users")
    }

    /// The entropy is this directory's own: the store's side draws from it too.
    fn add(
        &mut self,
        new: &NewOrganizer,
        _entropy: &mut dyn FnMut() -> u64,
    ) -> Result<Coordinates, ConferenceIdTaken> {
        let owner = |id: &Digits| self.runtime.block_on(self.store.user_by_conference_id(*id));
        let is_taken = |id: &Digits| owner(id).is_ok_and(|owner| owner.is_some());
        let draw = draws(&self.entropy);
        let (account, conference_id, pin) = new.account(&self.policy, is_taken, &mut || draw())?;
        let name = format!("organizer{}@scenario.invalid", self.names.len());
        let organizer = self.runtime.block_on(async {
            let hashed = match account.pin {
                Some(pin) => Some(self.hasher.hash(&name, pin).await.ok()?),
                None => None,
            };
            let passcode = match account.passcode {
                Some(passcode) => Some(self.hasher.hash_passcode(&name, passcode).await.ok()?),
                None => None,
            };
            let user = UserRecord {
                name: name.clone(),
                mail: Some(name.clone()),
                language: new.language,
                allow_toll_free: !new.refuses_toll_free,
                account: account.with_secrets(hashed, passcode),
                ..UserRecord::default()
            };
            let new = self.store.commit(Changes { users: vec![user], ..Changes::default() }).await.ok()?;
            new.first().copied()
        });
        let organizer = organizer.ok_or(ConferenceIdTaken)?;
        self.names.push(name);
        Ok(Coordinates { organizer, conference_id, pin, passcode: new.passcode })
    }

    fn administer(
        &mut self,
        now: Instant,
        id: OrganizerId,
        act: AccountAct,
        _entropy: &mut dyn FnMut() -> u64,
    ) -> Result<Shown, NotEnabled> {
        let Some(Answer::Done(done)) = self.perform(now, &act_on(self.user(id), act)) else {
            return Err(NotEnabled);
        };
        let gives_id = |act: &AdminEvent| matches!(act, AdminEvent::Enabled | AdminEvent::ConferenceIdReset);
        let has_new_id = done.effects.acts.iter().any(gives_id);
        let user = done.user.filter(|_| has_new_id);
        self.records.extend(done.effects.events(id));
        Ok(Shown { pin: done.new_pin, conference_id: user.and_then(|user| user.conference_id) })
    }

    fn set(&mut self, now: Instant, name: &str, value: &str) -> Result<(), SettingError> {
        let mut tenants = Policy::SETTINGS.iter().filter(|setting| setting.group == Group::Tenant);
        if tenants.any(|setting| setting.name == name) {
            self.perform(now, &Act::SetTenant(vec![(name.to_owned(), value.to_owned())]));
        } else {
            let mut base = self.service.base.clone();
            base.set(name, value)?;
            self.service = Service::new(&self.store, &self.hasher, &self.entropy, base);
        }
        if let Ok(policy) = self.runtime.block_on(self.service.kept.policy()) {
            self.policy = Arc::new(policy);
        }
        Ok(())
    }

    fn pin_info(&self, now: Instant, id: OrganizerId) -> PinInfo {
        let user = self.runtime.block_on(self.store.user(&self.names[id.0 as usize]));
        let user = user.ok().flatten().unwrap_or_default();
        user.account.pin_info(moment(epoch_ms(now)), &self.policy.lockout)
    }

    fn poll_record(&mut self) -> Option<Event> {
        self.records.pop_front()
    }
}
