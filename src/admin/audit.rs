//! Texts of acts for the audit log.

use super::actor::Actor;
use crate::store::audit::NewAudit;

/// The result of an act that only administrators may carry out.
pub(super) const NO_ADMINISTRATOR: &str = "refused: not an administrator";

/// The entry of an act in the audit log.
pub(super) fn audit(now: i64, actor: &Actor, act: &str, subject: &str, detail: String) -> NewAudit {
    NewAudit {
        at: now,
        actor: actor.name.clone(),
        role: actor.role.word().to_owned(),
        origin: actor.origin.clone(),
        act: act.to_owned(),
        subject: subject.to_owned(),
        detail,
    }
}

/// The details of an act, with the remark that it changed nothing.
pub(super) fn outcome(detail: String, changed: bool) -> String {
    match (changed, detail.is_empty()) {
        (true, _) => detail,
        (false, true) => "no change".to_owned(),
        (false, false) => format!("no change: {detail}"),
    }
}
