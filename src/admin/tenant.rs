//! The tenant's settings: an act on them is committed while they are as they were, and decided again otherwise.

use super::act::Act;
use super::actor::Actor;
use super::administration::{Administration, Seen, TRIES_MAX};
use super::answer::{Answer, Done};
use super::audit::{audit, outcome};
use super::refusal::Refusal;
use super::settings;
use crate::store::record::TenantRecord;
use crate::store::{Changes, Directory, StoreError};

/// Settings by their names with their new values.
type NewValues = [(String, String)];

impl<D: Directory> Administration<D> {
    /// These settings, or every one back to its default.
    pub(super) async fn change_tenant(
        &self,
        now: i64,
        actor: &Actor,
        act: &Act,
        (wishes, seen): (Option<&NewValues>, Option<&Seen>),
    ) -> Result<Answer, Refusal> {
        for _ in 0..TRIES_MAX {
            let tenant = self.directory().tenant().await?;
            if let Some(Seen::Tenant(seen)) = seen
                && *seen != tenant.over(self.base()).tenant
            {
                return Err(Refusal::Changed);
            }
            let (changed, detail) = if let Some(wishes) = wishes {
                let detail: Vec<String> =
                    wishes.iter().map(|(name, value)| format!("{name}={value}")).collect();
                (settings::set(&tenant, self.base(), wishes)?, detail.join(", "))
            } else {
                let reset = TenantRecord { version: tenant.version, settings: Vec::new() };
                ((reset != tenant).then_some(reset), "every setting to its default".to_owned())
            };
            let done = Done { changed: changed.is_some(), ..Done::default() };
            let entry = audit(now, actor, act.info().word, "tenant", outcome(detail, done.changed));
            let changes = Changes { tenant: changed, audit: vec![entry], ..Changes::default() };
            match self.directory().commit(changes).await {
                Err(StoreError::Stale) => {}
                committed => return Ok(committed.map(|_| Answer::Done(done))?),
            }
        }
        Err(StoreError::Stale.into())
    }
}
