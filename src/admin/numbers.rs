//! Service numbers: an act on one is committed while it is as it was, and decided again otherwise.

use super::act::{Act, NewNumber};
use super::actor::Actor;
use super::administration::{Administration, TRIES_MAX};
use super::answer::{Answer, Done};
use super::audit::{audit, outcome};
use super::refusal::Refusal;
use super::{settings, view};
use crate::control::call::Language;
use crate::store::record::NumberRecord;
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
            let (number, mut changes) = self.number_changes(on).await?;
            let changed = !(changes.numbers.is_empty() && changes.removed_numbers.is_empty());
            let languages = changes.numbers.iter().map(|(number, _)| {
                let secondary = number.secondary.iter().map(|language| language.tag());
                let all: Vec<&str> = std::iter::once(number.primary.tag()).chain(secondary).collect();
                all.join(" ")
            });
            let detail = outcome(languages.collect(), changed);
            changes.audit.push(audit(now, actor, act.info().word, &number.number, detail));
            match self.directory().commit(changes).await {
                Err(StoreError::Stale) => {}
                committed => {
                    let number = Some(view::number(number));
                    return Ok(committed.map(|_| Answer::Done(Done { changed, number, ..Done::default() }))?);
                }
            }
        }
        Err(StoreError::Stale.into())
    }

    /// The service number as the act leaves it, or as it was before it was removed, and what the act makes of the numbers
    /// as they are.
    async fn number_changes(&self, on: OnNumber<'_>) -> Result<(NumberRecord, Changes), Refusal> {
        let known = self.directory().numbers().await?;
        let mut changes = Changes::default();
        let number = match on {
            OnNumber::Add(wish) => {
                let added = settings::add_number(&known, wish)?;
                changes.numbers.push((added.clone(), None));
                added
            }
            OnNumber::Set(number, primary, secondary) => {
                let before = settings::find(&known, number)?.clone();
                let set = settings::set_number(&before, primary, secondary)?;
                changes.numbers.extend(set.clone().map(|set| (set, Some(before.clone()))));
                set.unwrap_or(before)
            }
            OnNumber::Remove(number) => {
                let removed = settings::find(&known, number)?.clone();
                if let Some(user) = self.directory().user_of_number(&removed.number).await? {
                    return Err(Refusal::NumberInUse(removed.number, user));
                }
                changes.removed_numbers.push(removed.clone());
                removed
            }
        };
        Ok((number, changes))
    }
}
