//! *Bridge settings*: what holds for every user.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::explain::explain;
use super::forms::Fields;
use super::frame::{Frame, Note, page};
use super::signed::{Admin, Posted, Signed};
use crate::admin::act::Act;
use crate::admin::administration::Seen;
use crate::admin::refusal::Refusal;
use crate::control::policy::{Announcements, TenantPolicy};
use crate::web::api::etag::tag_of_tenant;
use crate::web::app::Shared;
use crate::web::problem::Problem;

#[derive(Template)]
#[template(path = "web/templates/settings.html")]
struct Settings {
    frame: Frame,
    tenant: TenantPolicy,
    pin_length: usize,
    names: bool,
    seen: String,
    csrf: String,
}

async fn view(app: &Shared, by: &Signed, status: StatusCode, note: Option<Note>) -> Response {
    match app.administration.policy().await {
        Err(_) => by.failed(StatusCode::SERVICE_UNAVAILABLE, by.t.store_unavailable),
        Ok(policy) => {
            let tenant = policy.tenant;
            let settings = Settings {
                frame: by.frame("settings", by.t.settings).with(note),
                pin_length: tenant.pin_length.get(),
                names: tenant.entry_exit_announcements == Announcements::Names,
                seen: tag_of_tenant(&tenant),
                tenant,
                csrf: by.session.csrf.clone(),
            };
            page(status, &settings)
        }
    }
}

/// `/settings`
pub(crate) async fn show(State(app): State<Shared>, Admin(by): Admin) -> Response {
    view(&app, &by, StatusCode::OK, None).await
}

/// The settings are changed, if nobody else has changed them meanwhile.
pub(crate) async fn save(State(app): State<Shared>, Posted { by, fields }: Posted) -> Response {
    let saved = async {
        let tenant = app.administration.policy().await?.tenant;
        if tag_of_tenant(&tenant) != fields.raw("seen") {
            return Err(Refusal::Changed);
        }
        let act = Act::SetTenant(wishes(&fields));
        app.perform(&by.session.actor, &act, Some(&Seen::Tenant(tenant))).await
    };
    match saved.await {
        Ok(_) => by.sent(&app, "/settings", Note::good(by.t.saved)),
        Err(refusal) => {
            let note = Some(Note::bad(explain(by.t, &refusal)));
            view(&app, &by, Problem::from(refusal).status(), note).await
        }
    }
}

/// Every setting of the page: a box that is not ticked is not sent.
fn wishes(fields: &Fields) -> Vec<(String, String)> {
    let flags = [
        "allow_anonymous_start_by_default",
        "entry_exit_notifications",
        "name_recording",
        "send_mail_automatically",
        "mail_from_override",
    ];
    let texts = ["pin_length", "entry_exit_announcements", "mail_from_address", "mail_from_name"];
    let flags = flags.map(|name| (name.to_owned(), fields.flag(name).to_string()));
    let texts = texts.map(|name| (name.to_owned(), fields.text(name).unwrap_or_default()));
    flags.into_iter().chain(texts).collect()
}
