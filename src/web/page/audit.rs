//! *Audit*: who did what, the newest first.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::extract::{Admin, QueryOf};
use super::frame::{Frame, page};
use super::moment::Moment;
use crate::store::Directory as _;
use crate::store::audit::{AuditEntry, NewAudit};
use crate::web::app::Shared;
use crate::web::words::Words;

/// Entries on a page.
const PAGE: u32 = 50;

struct Line {
    number: i64,
    when: Moment,
    actor: String,
    act: &'static str,
    /// The act by its own name, which the API and the command line tell.
    word: String,
    subject: String,
    detail: String,
    origin: String,
}

impl Line {
    fn of(t: &'static Words, entry: AuditEntry) -> Self {
        let NewAudit { at, actor, origin, act: word, subject, detail, .. } = entry.entry;
        let act = told(t, &word);
        // Where somebody signs in is where they come from.
        let subject = if word == "sign_in" { String::new() } else { subject };
        Self { number: entry.number, when: Moment(at), actor, act, word, subject, detail, origin }
    }
}

/// An act in the words of the page; empty for one that is newer than they are.
fn told(t: &'static Words, word: &str) -> &'static str {
    match word {
        "enable" => t.enable,
        "disable" => t.disable,
        "reset_pin" => t.reset_pin,
        "change" | "edit" => t.edit,
        "describe" => t.act_describe,
        "show_user" | "show_pin" | "list_users" | "show_tenant" | "show_numbers" | "list_tokens"
        | "list_accounts" => t.act_look,
        "set_tenant" => t.act_set_tenant,
        "reset_tenant" => t.act_reset_tenant,
        "add_number" => t.add_number,
        "set_number" => t.act_set_number,
        "remove_number" => t.act_remove_number,
        "lock_pin" => t.act_lock_pin,
        "unlock_pin" => t.unlock,
        "issue_token" => t.act_issue_token,
        "revoke_token" => t.act_revoke_token,
        "give_account" => t.act_give_account,
        "remove_account" => t.act_remove_account,
        "sign_in" => t.sign_in,
        "change_password" => t.change_password,
        "import" => t.act_import,
        "prune_audit" => t.act_prune_audit,
        "prune_mails" => t.act_prune_mails,
        "rotate_key" => t.act_rotate_key,
        "adopt_keyring" => t.act_adopt_keyring,
        "audit_sealed" => t.act_audit_sealed,
        "audit_broken" => t.act_audit_broken,
        "refused_acts" => t.act_refused,
        "request" => t.act_request,
        "resend_mail" => t.resend,
        "admit" => t.admit,
        "lock_meeting" => t.act_lock_meeting,
        "unlock_meeting" => t.act_unlock_meeting,
        "end_meeting" => t.act_end_meeting,
        "place_callers" => t.place,
        _ => "",
    }
}

#[derive(Template)]
#[template(path = "web/templates/audit.html")]
struct Audit {
    frame: Frame,
    entries: Vec<Line>,
    first: bool,
    older: Option<i64>,
}

#[derive(Deserialize)]
pub(crate) struct Before {
    before: Option<i64>,
}

/// `/audit`
pub(crate) async fn list(
    State(app): State<Shared>,
    Admin(by): Admin,
    QueryOf(Before { before }): QueryOf<Before>,
) -> Response {
    let entries = app.store().audit_before(before.unwrap_or(i64::MAX), PAGE + 1).await;
    let Ok(mut entries) = entries else {
        return by.failed(StatusCode::SERVICE_UNAVAILABLE, by.t.store_unavailable);
    };
    let more = entries.len() > PAGE as usize;
    entries.truncate(PAGE as usize);
    let older = entries.last().map(|last| last.number).filter(|_| more);
    let entries = entries.into_iter().map(|entry| Line::of(by.t, entry)).collect();
    let frame = by.frame("audit", by.t.audit);
    page(StatusCode::OK, &Audit { frame, entries, first: before.is_none(), older })
}
