//! Answers that were given to requests with a key, so that the same request is carried out once.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::{HeaderName, HeaderValue, StatusCode};
use bytes::Bytes;

use crate::telemetry::LimitCounter;

/// How long an answer is kept, in milliseconds: a day.
const KEPT_MS: i64 = 86_400_000;

/// Answers that are kept at once, of all accounts; the account with the most makes room with its oldest.
const ANSWERS_MAX: usize = 10_000;

/// Answers of one account that are kept at once, whichever of its tokens asked: one that sends without end pushes out its
/// own answers and nobody else's. Ten accounts can have that many.
pub(crate) const ANSWERS_OF_ONE_MAX: usize = 1_000;

/// Names a request: who sends it, and the key.
pub(crate) type Name = [u8; 32];

#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub(crate) status: StatusCode,
    pub(crate) kept_headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Bytes,
}

#[derive(Debug)]
struct StoredAnswer {
    at: i64,
    /// The hash of the request: the method, the address and the body.
    asked: [u8; 32],
    /// Nothing while it is carried out.
    given: Option<Given>,
}

/// The answers of one account.
type AccountAnswers = BTreeMap<Name, StoredAnswer>;

/// Answers that were given, by the account whose token asked.
#[derive(Debug)]
pub(crate) struct Answers {
    stored: Mutex<BTreeMap<String, AccountAnswers>>,
    /// Requests that were refused because as many of their account were under way.
    refused: LimitCounter,
}

impl Default for Answers {
    fn default() -> Self {
        Self { stored: Mutex::default(), refused: LimitCounter::new("requests_with_a_key") }
    }
}

/// The state of a request.
#[derive(Debug)]
pub(crate) enum Known {
    New,
    /// So many of this account are under way that none can be kept.
    TooMany,
    UnderWay,
    Other,
    Given(Given),
}

impl Answers {
    fn kept(&self) -> MutexGuard<'_, BTreeMap<String, AccountAnswers>> {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns how often a request was refused because as many of its account were under way.
    pub(crate) fn counter(&self) -> &LimitCounter {
        &self.refused
    }

    /// Returns the state of the request; a new one counts as in progress from now on.
    pub(crate) fn begin(&self, now: i64, account: &str, name: Name, asked: [u8; 32]) -> Known {
        let mut all = self.kept();
        let own = all.get(account);
        if let Some(kept) = own.and_then(|own| own.get(&name)).filter(|kept| now - kept.at < KEPT_MS) {
            return match &kept.given {
                _ if kept.asked != asked => Known::Other,
                None => Known::UnderWay,
                Some(given) => Known::Given(given.clone()),
            };
        }
        let is_full = |all: &BTreeMap<String, AccountAnswers>| {
            all.values().map(AccountAnswers::len).sum::<usize>() >= ANSWERS_MAX
        };
        let has_its_share = |all: &BTreeMap<String, AccountAnswers>| {
            all.get(account).is_some_and(|own| own.len() >= ANSWERS_OF_ONE_MAX)
        };
        if is_full(&all) || has_its_share(&all) {
            all.values_mut().for_each(|own| own.retain(|_, kept| now - kept.at < KEPT_MS));
            all.retain(|_, own| !own.is_empty());
        }
        let made_room = if has_its_share(&all) {
            all.get_mut(account).is_some_and(forget_oldest)
        } else if is_full(&all) {
            all.values_mut().max_by_key(|own| own.len()).is_some_and(forget_oldest)
        } else {
            true
        };
        if !made_room {
            return Known::TooMany;
        }
        let own = all.entry(account.to_owned()).or_default();
        own.insert(name, StoredAnswer { at: now, asked, given: None });
        Known::New
    }

    fn end(&self, account: &str, name: Name, given: Option<Given>) {
        let mut all = self.kept();
        let Some(own) = all.get_mut(account) else { return };
        match given {
            None => {
                own.remove(&name);
            }
            Some(given) => {
                if let Some(kept) = own.get_mut(&name) {
                    kept.given = Some(given);
                }
            }
        }
    }
}

/// Forgets the oldest answer; whether there was one. What is under way stays: forgotten, it could be carried out twice.
fn forget_oldest(own: &mut AccountAnswers) -> bool {
    let given = own.iter().filter(|(_, kept)| kept.given.is_some());
    let oldest = given.min_by_key(|(_, kept)| kept.at).map(|(name, _)| *name);
    oldest.is_some_and(|oldest| own.remove(&oldest).is_some())
}

/// Forgets a request whose handler panicked.
pub(crate) struct UnderWay<'a> {
    answers: &'a Answers,
    account: String,
    name: Name,
    ended: bool,
}

impl<'a> UnderWay<'a> {
    pub(crate) fn new(answers: &'a Answers, account: String, name: Name) -> Self {
        Self { answers, account, name, ended: false }
    }

    pub(crate) fn end(mut self, given: Option<Given>) {
        self.ended = true;
        self.answers.end(&self.account, self.name, given);
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.answers.end(&self.account, self.name, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(number: usize) -> Name {
        std::array::from_fn(|at| number.to_be_bytes().get(at).copied().unwrap_or(0))
    }

    fn answer() -> Given {
        Given { status: StatusCode::OK, kept_headers: Vec::new(), body: Bytes::new() }
    }

    /// Asks and is answered, each time a millisecond later.
    fn ask(answers: &Answers, account: &str, numbers: std::ops::Range<usize>) {
        for number in numbers {
            let at = i64::try_from(number).unwrap();
            assert!(matches!(answers.begin(at, account, name(number), [0; 32]), Known::New), "{number}");
            answers.end(account, name(number), Some(answer()));
        }
    }

    fn knows(answers: &Answers, account: &str, number: usize) -> bool {
        answers.kept().get(account).is_some_and(|own| own.contains_key(&name(number)))
    }

    #[test]
    fn one_account_pushes_out_its_own_answers_only() {
        let answers = Answers::default();
        ask(&answers, "amos", 0..1);
        ask(&answers, "script", 1..ANSWERS_MAX + 2);
        assert!(knows(&answers, "amos", 0), "another account's answer");
        assert!(!knows(&answers, "script", 1), "its own oldest");
        assert!(knows(&answers, "script", ANSWERS_MAX + 1), "its own newest");
        assert_eq!(answers.kept()["script"].len(), ANSWERS_OF_ONE_MAX);
    }

    #[test]
    fn many_accounts_take_room_from_those_with_the_most() {
        let answers = Answers::default();
        ask(&answers, "amos", 0..1);
        for account in 0..=ANSWERS_MAX / ANSWERS_OF_ONE_MAX {
            ask(&answers, &format!("script-{account}"), 0..ANSWERS_OF_ONE_MAX);
        }
        assert!(knows(&answers, "amos", 0));
        assert_eq!(answers.kept().values().map(AccountAnswers::len).sum::<usize>(), ANSWERS_MAX);
    }

    #[test]
    fn what_is_under_way_is_never_forgotten() {
        let answers = Answers::default();
        for number in 0..ANSWERS_OF_ONE_MAX {
            assert!(matches!(answers.begin(0, "amos", name(number), [0; 32]), Known::New));
        }
        let more = answers.begin(0, "amos", name(ANSWERS_OF_ONE_MAX), [0; 32]);
        assert!(matches!(more, Known::TooMany), "{more:?}");
        assert!(matches!(answers.begin(0, "amos", name(0), [0; 32]), Known::UnderWay));
    }
}
