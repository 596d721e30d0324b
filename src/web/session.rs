//! The sessions of people signed in to the pages. They live in memory only: a restart signs everybody out.
//!
//! A session is named by 128 random bits in a cookie, and kept under their hash. It ends after half an hour without a
//! request and after twelve hours in any case (OWASP ASVS 4.0.3, 3.3.2), when its owner signs out, when the password
//! changes, and when the account goes. Signing in always gives a new one.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use percent_encoding::percent_decode_str;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::admin::actor::{Actor, Role};
use crate::control::time::Instant;
use crate::store::account::AccountRecord;
use crate::store::entropy;
use crate::telemetry::LimitCounter;
use crate::web::note::Note;

/// How long a session lives without a request, in milliseconds.
const IDLE_MS: i64 = 30 * 60 * 1_000;

/// How long it lives at most, in milliseconds.
const LONGEST_MS: i64 = 12 * 3_600 * 1_000;

/// Sessions that are kept at once. Beyond it the one that was used longest ago ends.
pub(crate) const SESSIONS_MAX: usize = 10_000;

/// Forms for what cannot be undone that one session may have open: as many as tabs.
const FORMS_MAX: usize = 32;

type Key = [u8; 32];

/// A session as a request sees it.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) actor: Actor,
    /// Whether the password must be changed before anything else.
    pub(crate) must_change: bool,
    /// When the password was given that this session began with.
    pub(crate) since: i64,
    /// The token that every form of this session sends back, and that nobody else knows.
    pub(crate) csrf: String,
    key: Key,
}

#[derive(Debug)]
struct StoredSession {
    session: Session,
    begun: i64,
    used: i64,
    /// Forms that may be sent once, the newest last.
    forms: Vec<String>,
    /// A message for the page of this path, shown the next time it is requested.
    note: Option<(String, Note)>,
}

/// All sessions.
#[derive(Debug)]
pub(crate) struct Sessions {
    stored: Mutex<BTreeMap<Key, StoredSession>>,
    /// Sessions that ended because others began.
    ended: LimitCounter,
}

impl Default for Sessions {
    fn default() -> Self {
        Self { stored: Mutex::default(), ended: LimitCounter::new("sessions") }
    }
}

impl Sessions {
    /// Returns how many there are.
    pub(crate) fn count(&self) -> usize {
        self.kept().len()
    }

    /// Returns how often the limit was reached.
    pub(crate) fn counter(&self) -> &LimitCounter {
        &self.ended
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<Key, StoredSession>> {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a session, and answers what names it.
    pub(crate) fn begin(&self, now: i64, actor: Actor, account: &AccountRecord) -> String {
        let name = entropy::token();
        let key = key_of(&name);
        let session = Session {
            actor,
            must_change: account.must_change,
            since: account.changed_at,
            csrf: entropy::token(),
            key,
        };
        let mut kept = self.kept();
        if kept.len() >= SESSIONS_MAX {
            kept.retain(|_, kept| is_alive(now, kept));
        }
        if kept.len() >= SESSIONS_MAX
            && let Some(oldest) = kept.iter().min_by_key(|(_, kept)| kept.used).map(|(key, _)| *key)
        {
            kept.remove(&oldest);
            let since = Duration::from_millis(u64::try_from(now).unwrap_or(0));
            let effect = "the session that was used longest ago has ended";
            self.ended.reached(Instant::ZERO + since, SESSIONS_MAX as u64, effect);
        }
        kept.insert(key, StoredSession { session, begun: now, used: now, forms: Vec::new(), note: None });
        name
    }

    /// The session of this name, if it is alive.
    pub(crate) fn of(&self, now: i64, name: &str) -> Option<Session> {
        let key = key_of(name);
        let mut all = self.kept();
        let kept = all.get_mut(&key)?;
        if !is_alive(now, kept) {
            all.remove(&key);
            return None;
        }
        kept.used = now;
        Some(kept.session.clone())
    }

    /// Returns whether a session is alive, for a client that stays connected: that is as good as a request.
    pub(crate) fn touch(&self, now: i64, session: &Session) -> bool {
        let mut all = self.kept();
        let alive = all.get_mut(&session.key).filter(|kept| is_alive(now, kept));
        alive.map(|kept| kept.used = now).is_some()
    }

    /// Ends it.
    pub(crate) fn end(&self, session: &Session) {
        self.kept().remove(&session.key);
    }

    /// Ends every session of this account.
    pub(crate) fn end_all_of(&self, name: &str) {
        self.kept().retain(|_, kept| kept.session.actor.name != name);
    }

    /// Leaves something to be said where one is sent: a form is answered with a redirect, so that
    /// reloading it does nothing again.
    pub(crate) fn leave_note(&self, session: &Session, path: &str, note: Note) {
        if let Some(kept) = self.kept().get_mut(&session.key) {
            kept.note = Some((path.to_owned(), note));
        }
    }

    /// Returns the message for this path, once.
    pub(crate) fn take_note(&self, session: &Session, path: &str) -> Option<Note> {
        let mut all = self.kept();
        let note = all.get_mut(&session.key)?.note.take_if(|(of, _)| is_same_path(of, path));
        note.map(|(_, note)| note)
    }

    /// A form that may be sent once.
    pub(crate) fn form(&self, session: &Session) -> String {
        let form = entropy::token();
        if let Some(kept) = self.kept().get_mut(&session.key) {
            if kept.forms.len() >= FORMS_MAX {
                kept.forms.remove(0);
            }
            kept.forms.push(form.clone());
        }
        form
    }

    /// Returns whether this form was given out and not sent yet; now it is.
    pub(crate) fn take_form(&self, session: &Session, form: &str) -> bool {
        let mut all = self.kept();
        let Some(kept) = all.get_mut(&session.key) else { return false };
        let before = kept.forms.len();
        kept.forms.retain(|known| !same(known, form));
        kept.forms.len() < before
    }
}

/// Returns whether two paths name the same, however each is encoded.
fn is_same_path(one: &str, other: &str) -> bool {
    percent_decode_str(one).eq(percent_decode_str(other))
}

impl Session {
    /// Returns whether the actor is an administrator.
    pub(crate) fn is_administrator(&self) -> bool {
        self.actor.role == Role::Administrator
    }

    /// Returns whether the account is still the one that it began with, with the same password and in the same role.
    pub(crate) fn is_of(&self, account: &AccountRecord) -> bool {
        account.changed_at == self.since && account.role == self.actor.role.word()
    }

    /// Returns whether a form comes from a page of this session.
    pub(crate) fn has_token(&self, given: &str) -> bool {
        same(&self.csrf, given)
    }
}

/// Compared in the same time however much of it is right.
fn same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

fn key_of(name: &str) -> Key {
    Sha256::digest(name.as_bytes()).into()
}

fn is_alive(now: i64, kept: &StoredSession) -> bool {
    now - kept.used < IDLE_MS && now - kept.begun < LONGEST_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(sessions: &Sessions, now: i64) -> String {
        let actor = Actor { name: "kim".into(), role: Role::Administrator, origin: "page".into() };
        sessions.begin(now, actor, &AccountRecord::default())
    }

    #[test]
    fn a_session_ends_by_idling_by_age_and_with_its_account() {
        let sessions = Sessions::default();
        let name = begin(&sessions, 0);
        let mut now = 0;
        while now < LONGEST_MS - IDLE_MS {
            now += IDLE_MS - 1;
            assert!(sessions.of(now, &name).is_some(), "it is used at {now}");
        }
        assert!(sessions.of(LONGEST_MS, &name).is_none(), "it has lived its longest");
        let name = begin(&sessions, 0);
        assert!(sessions.of(IDLE_MS, &name).is_none(), "nobody used it");
        let (name, other) = (begin(&sessions, 0), begin(&sessions, 0));
        let session = sessions.of(0, &name).unwrap();
        sessions.end(&session);
        assert!(sessions.of(0, &name).is_none() && sessions.of(0, &other).is_some());
        sessions.end_all_of("kim");
        assert!(sessions.of(0, &other).is_none());
        assert!(sessions.of(0, "guessed").is_none());
    }

    #[test]
    fn a_form_is_taken_once_and_from_its_own_session() {
        let sessions = Sessions::default();
        let [one, other] = [0, 0].map(|now| sessions.of(now, &begin(&sessions, now)).unwrap());
        assert!(one.has_token(&one.csrf) && !one.has_token(&other.csrf) && !one.has_token(""));
        let form = sessions.form(&one);
        assert!(!sessions.take_form(&other, &form));
        assert!(sessions.take_form(&one, &form) && !sessions.take_form(&one, &form));
    }

    #[test]
    fn sessions_have_a_limit() {
        let sessions = Sessions::default();
        let first = begin(&sessions, 0);
        (0..SESSIONS_MAX).for_each(|_| drop(begin(&sessions, 1)));
        assert!(sessions.of(1, &first).is_none());
        assert_eq!(sessions.kept().len(), SESSIONS_MAX);
    }
}
