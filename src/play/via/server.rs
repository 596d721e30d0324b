//! A bridge of this program that runs elsewhere, `attendant serve`: what a case needs is set up by its REST API, and taken
//! back once the case is over, however it ends.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Map, Value, json};

use super::NotPlayed;
use super::api::{Api, ApiError};
use super::unfit::changed_settings;
use crate::control::account::CONFERENCE_ID_DIGITS;
use crate::control::call::{Digits, Language};
use crate::control::caller::{Op, Target};
use crate::control::directory::Coordinates;
use crate::control::pin::Pin;
use crate::control::policy::{Group, OrganizerId, Policy, ServiceNumber, Takes};
use crate::leg::cast::NO_NUMBER;
use crate::leg::outward::SipAddress;
use crate::scenario::story::{Organizer, Story};
use crate::sip::message::Uri;
use crate::store::entropy;

/// The domain of users who are enabled for cases: there is none of this name (RFC 2606).
const DOMAIN: &str = "attendant.invalid";

/// The most users that are tried, one after the other, until one is free: other runs have theirs.
const USERS_MAX: u32 = 1_000;

/// How often a conference ID of a wanted length is drawn until one is free.
const DRAWS_MAX: u32 = 20;

/// Settings of the tenant that no caller hears of.
const UNHEARD: [&str; 4] =
    ["send_mail_automatically", "mail_from_override", "mail_from_address", "mail_from_name"];

/// Dialled where nobody is to answer; no number that a server may have (the range is kept for fiction).
const NOBODY: &str = "+12025550199";

/// A server with an administrator's token.
#[derive(Debug)]
pub(super) struct Server {
    api: Api,
    address: SipAddress,
    numbers: Vec<Number>,
    /// The tenant's settings by name, as they were at the start.
    tenant: Map<String, Value>,
    /// Held by every case that is played; by one alone that needs other settings of the tenant.
    settings: RwLock<()>,
    /// Users that cases of this run have.
    users: Mutex<BTreeSet<u32>>,
    /// What could not be taken back.
    left: Mutex<Vec<String>>,
}

/// A service number of the server.
#[derive(Debug)]
struct Number {
    number: String,
    languages: ServiceNumber,
}

/// What a case has on a server.
#[derive(Debug)]
pub(super) struct Stage<'s> {
    pub(super) shown: Vec<Coordinates>,
    pub(super) numbers: Vec<Uri>,
    pub(super) unknown: Uri,
    pub(super) lease: Lease<'s>,
}

impl Server {
    /// Looks at a server.
    ///
    /// # Errors
    /// It does not answer, or refuses the token.
    pub(super) fn look(api: Api, address: SipAddress) -> Result<Self, ApiError> {
        let tenant = api.ask("GET", "/tenant", None)?.as_object().cloned().unwrap_or_default();
        let told = api.ask("GET", "/numbers", None)?;
        let numbers = told["numbers"].as_array().into_iter().flatten().filter_map(number).collect();
        Ok(Self {
            api,
            address,
            numbers,
            tenant,
            settings: RwLock::default(),
            users: Mutex::default(),
            left: Mutex::default(),
        })
    }

    /// Sets up what a story needs.
    ///
    /// # Errors
    /// The server cannot have what it needs, or does not answer; nothing is left there then.
    pub(super) fn stage(&self, story: &Story) -> Result<Stage<'_>, NotPlayed> {
        let dialled = self.dialled(story).map_err(NotPlayed::Skipped)?;
        let policy = &story.given.policy;
        let mut lease = self.with_settings(policy)?;
        let mut shown = Vec::new();
        for (number, organizer) in (0..).zip(&story.given.organizers) {
            // A server without numbers has none to name.
            let invites = dialled.get(organizer.number).filter(|_| !self.numbers.is_empty());
            let allows = organizer.allow_anonymous_start;
            let allows = allows.unwrap_or(policy.tenant.allow_anonymous_start_by_default);
            let takes_toll_free = organizer.allow_toll_free_dial_in;
            let user = json!({
                "allow_anonymous_start": allows,
                "number": invites,
                "allow_toll_free": takes_toll_free,
            });
            let (conference_id, pin) = lease.enable(organizer, user)?;
            let (organizer, passcode) = (OrganizerId(number), organizer.passcode);
            shown.push(Coordinates { organizer, conference_id, pin, passcode });
        }
        let numbers = dialled.iter().map(|number| self.address.of_user(number)).collect();
        Ok(Stage { shown, numbers, unknown: self.address.of_user(NOBODY), lease })
    }

    /// Returns what could not be taken back, for people who do it by hand.
    pub(super) fn left(&self) -> Vec<String> {
        locked(&self.left).clone()
    }

    /// What is dialled for each number of a story.
    fn dialled(&self, story: &Story) -> Result<Vec<String>, String> {
        let mut ops = story.cast.roles.iter().flat_map(|role| &role.program.ops).map(|(_, op)| op);
        if self.numbers.is_empty() && ops.any(|op| *op == Op::Dial(Target::Number(NO_NUMBER))) {
            return Err("it dials a number that nobody has, and the server answers every one".to_owned());
        }
        let mut taken = BTreeSet::new();
        let mut dialled = Vec::new();
        for (_, languages) in &story.given.numbers {
            let mut fitting =
                self.numbers.iter().enumerate().filter(|(_, number)| number.languages == *languages);
            match fitting.find(|(place, _)| !taken.contains(place)) {
                Some((place, number)) => {
                    taken.insert(place);
                    dialled.push(number.number.clone());
                }
                None if self.numbers.is_empty() && *languages == ServiceNumber::default() => {
                    dialled.push(self.address.user());
                }
                None => {
                    return Err(format!(
                        "the server has no further number that speaks {}",
                        spoken(languages)
                    ));
                }
            }
        }
        Ok(dialled)
    }

    /// Waits until the tenant's settings are those of a story, as long as the lease is held.
    fn with_settings(&self, policy: &Policy) -> Result<Lease<'_>, NotPlayed> {
        let settings = Policy::tenant_settings().filter(|setting| !UNHEARD.contains(&setting.name));
        let wanted = settings.filter_map(|setting| {
            let value = as_json(setting.takes, policy.show(setting.name)?);
            let is_other = self.tenant.get(setting.name).is_some_and(|now| *now != value);
            is_other.then(|| (setting.name.to_owned(), value))
        });
        let wanted: Map<String, Value> = wanted.collect();
        if wanted.is_empty() {
            let shared = self.settings.read().unwrap_or_else(PoisonError::into_inner);
            return Ok(Lease::new(self, Turn::Shared(shared)));
        }
        let alone = self.settings.write().unwrap_or_else(PoisonError::into_inner);
        let mut lease = Lease::new(self, Turn::Alone(alone));
        let before = wanted.keys().filter_map(|name| Some((name.clone(), self.tenant.get(name)?.clone())));
        lease.changed = before.collect();
        self.api.ask("PATCH", "/tenant", Some(&Value::Object(wanted)))?;
        Ok(lease)
    }

    /// Returns the number of a user whom no case of this run has.
    fn next_user(&self) -> Option<u32> {
        let mut users = locked(&self.users);
        let next = (1..=USERS_MAX).find(|number| !users.contains(number))?;
        users.insert(next);
        Some(next)
    }
}

/// What a case has changed on a server. It is taken back when this goes.
#[derive(Debug)]
pub(super) struct Lease<'s> {
    server: &'s Server,
    users: Vec<u32>,
    /// Settings of the tenant as they were.
    changed: Map<String, Value>,
    _turn: Turn<'s>,
}

/// Whether other cases are played meanwhile: those that need the same settings of the tenant.
#[derive(Debug)]
#[expect(dead_code, reason = "guards are held, and nobody looks at them")]
enum Turn<'s> {
    Shared(RwLockReadGuard<'s, ()>),
    Alone(RwLockWriteGuard<'s, ()>),
}

impl<'s> Lease<'s> {
    fn new(server: &'s Server, turn: Turn<'s>) -> Self {
        Self { server, users: Vec::new(), changed: Map::new(), _turn: turn }
    }

    /// Enables a user with these options in the place of an organizer; returns the conference ID and the PIN.
    fn enable(&mut self, organizer: &Organizer, mut user: Value) -> Result<(Digits, Pin), NotPlayed> {
        let wanted = organizer.conference_id.as_ref().map(String::len);
        let drawn = wanted.filter(|length| *length != CONFERENCE_ID_DIGITS);
        let mut chance = ChaCha8Rng::seed_from_u64(entropy::draw());
        let mut draws = 0;
        loop {
            let Some(number) = self.server.next_user() else {
                let why =
                    format!("more than {USERS_MAX} users of runs of `attendant replay` are enabled there");
                return Err(NotPlayed::Unreachable(why));
            };
            if let Some(length) = drawn {
                let digits: String =
                    (0..length).map(|_| char::from(chance.random_range(b'0'..=b'9'))).collect();
                user["conference_id"] = Value::String(digits);
            }
            let path = path(number);
            match self.server.api.ask("POST", &format!("{path}/enable"), Some(&user)) {
                // Of another run, or of one that was killed.
                Ok(done) if done["changed"] == false => continue,
                Ok(done) => {
                    self.users.push(number);
                    // Wrong PINs of another case are counted no longer, and nobody is told by mail the next time.
                    self.server.api.ask("POST", &format!("{path}/unlock"), None)?;
                    if !done["user"]["mail"].is_null() {
                        self.server.api.ask("PATCH", &path, Some(&json!({ "address": "" })))?;
                    }
                    if let Some(passcode) = organizer.passcode {
                        let passcode = json!({ "passcode": passcode.reveal().reveal() });
                        self.server.api.ask("PATCH", &path, Some(&passcode))?;
                    }
                    let id = done["user"]["conference_id"].as_str().and_then(Digits::from_symbols);
                    let pin = done["pin"].as_str().and_then(Pin::from_symbols);
                    let missing =
                        || NotPlayed::Unreachable("the API gave a user no conference ID or PIN".to_owned());
                    return id.zip(pin).ok_or_else(missing);
                }
                Err(ApiError::Refused { code, .. }) if code == "conference-id-taken" && draws < DRAWS_MAX => {
                    draws += 1;
                    locked(&self.server.users).remove(&number);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let Self { server, users, changed, .. } = self;
        let mut left = Vec::new();
        for number in users.drain(..) {
            match server.api.ask("POST", &format!("{}/disable", path(number)), None) {
                Ok(_) => {
                    locked(&server.users).remove(&number);
                }
                Err(error) => left.push(format!("the user {} is still enabled: {error}", name(number))),
            }
        }
        if !changed.is_empty() {
            let names: Vec<&str> = changed.keys().map(String::as_str).collect();
            let names = names.join(", ");
            if let Err(error) =
                server.api.ask("PATCH", "/tenant", Some(&Value::Object(std::mem::take(changed))))
            {
                left.push(format!("the tenant's {names} is not as it was: {error}"));
            }
        }
        locked(&server.left).extend(left);
    }
}

/// The user of this number. Users stay in a directory once they were there, so the same are enabled again and again.
fn name(number: u32) -> String {
    format!("replay-{number}@{DOMAIN}")
}

fn path(number: u32) -> String {
    format!("/users/{}", name(number))
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A service number as the API tells it; none in languages that this program has no prompts for.
fn number(told: &Value) -> Option<Number> {
    let language = |value: &Value| value.as_str().and_then(Language::from_tag);
    let secondary = told["secondary"].as_array()?.iter().map(language).collect::<Option<_>>()?;
    let languages = ServiceNumber {
        toll_free: told["toll_free"] == true,
        primary: language(&told["primary"])?,
        secondary,
    };
    Some(Number { number: told["number"].as_str()?.to_owned(), languages })
}

/// A setting's value as the API has it.
fn as_json(takes: Takes, text: String) -> Value {
    match takes {
        Takes::Flag => Value::Bool(text == "true"),
        Takes::Count(..) => text.parse::<u32>().map_or(Value::Null, Value::from),
        Takes::Duration | Takes::Word(_) | Takes::Text | Takes::Limits | Takes::Key => Value::String(text),
        Takes::Form { .. } => Value::String(text),
    }
}

fn spoken(languages: &ServiceNumber) -> String {
    let all = std::iter::once(languages.primary).chain(languages.secondary.iter().copied());
    all.map(Language::tag).collect::<Vec<_>>().join(", ")
}

/// Returns why a story is not for a server, if that is plain before it is asked.
pub(super) fn why_unfit(story: &Story) -> Option<String> {
    let changed = changed_settings(story);
    if let Some(setting) = changed.iter().find(|setting| setting.group != Group::Tenant) {
        return Some(format!("it sets `{}`, which the API cannot set", setting.name));
    }
    let drawn = story.given.policy.tenant.pin_length.get();
    let other = |pin: &Pin| pin.digits() != drawn;
    let pin = story.given.organizers.iter().filter_map(|organizer| organizer.pin).find(other)?;
    Some(format!("it gives a PIN of {} digits, and the API draws PINs of {drawn}", pin.digits()))
}
