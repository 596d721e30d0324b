//! Service numbers: an act on one is committed while it is as it was, and decided anew otherwise.

use super::act::{Act, NewNumber};
use super::administration::{Actor, Administration, TRIES_MAX, audit, outcome, subject, word};
use super::answer::{Answer, Done};
use super::refusal::Refusal;
use super::settings;
use crate::control::call::Language;
use crate::store::{Changes, Directory, StoreError};

/// An act that changes a service number.
#[derive(Clone, Copy)]
pub(super) enum OnNumber<'a> {
    Add(&'a NewNumber),
    Set(&'a str, Option<Language>, Option<&'a [Language]>),
    Remove(&'a str),
}

impl<D: Directory> Administration<D> {
    pub(super) async fn change_number(
        &self,
        now: i64,
        actor: &Actor,
        act: &Act,
        on: OnNumber<'_>,
    ) -> Result<Answer, Refusal> {
        for _ in 0..TRIES_MAX {
            let mut changes = self.number_changes(on).await?;
            let changed = !(changes.numbers.is_empty() && changes.removed_numbers.is_empty());
            let languages = changes.numbers.iter().map(|(number, _)| {
                let secondary = number.secondary.iter().map(|language| language.tag());
                let all: Vec<&str> = std::iter::once(number.primary.tag()).chain(secondary).collect();
                all.join(" ")
            });
            let detail = outcome(languages.collect(), changed);
            let written = changes.numbers.first().map(|(number, _)| number.number.clone());
            let subject = written.unwrap_or_else(|| subject(act));
            changes.audit.push(audit(now, actor, word(act), &subject, detail));
            match self.directory().commit(changes).await {
                Err(StoreError::Stale) => {}
                committed => {
                    return Ok(committed.map(|()| Answer::Done(Done { changed, ..Done::default() }))?);
                }
            }
        }
        Err(StoreError::Stale.into())
    }

    /// What an act makes of the service numbers as they are.
    async fn number_changes(&self, on: OnNumber<'_>) -> Result<Changes, Refusal> {
        let known = self.directory().numbers().await?;
        let mut changes = Changes::default();
        match on {
            OnNumber::Add(wish) => changes.numbers.push((settings::add_number(&known, wish)?, None)),
            OnNumber::Set(number, primary, secondary) => {
                let before = settings::find(&known, number)?.clone();
                let set = settings::set_number(&known, number, primary, secondary)?;
                changes.numbers.extend(set.map(|set| (set, Some(before))));
            }
            OnNumber::Remove(number) => {
                changes.removed_numbers.push(settings::find(&known, number)?.clone());
                if let Some(user) = self.directory().user_of_number(number).await? {
                    return Err(Refusal::NumberInUse(number.to_owned(), user));
                }
            }
        }
        Ok(changes)
    }
}
