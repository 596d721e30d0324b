//! *Bridge settings*: what holds for every user.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::explain::Wrong;
use super::extract::{Admin, AdminForm, Signed};
use super::forms::Fields;
use super::frame::{Frame, page};
use crate::admin::act::Act;
use crate::admin::administration::Seen;
use crate::admin::refusal::Refusal;
use crate::control::policy::{Announcements, TenantPolicy};
use crate::web::api::etag::tag_of_tenant;
use crate::web::app::Shared;
use crate::web::note::Note;
use crate::web::problem::Problem;

#[derive(Template)]
#[template(path = "web/templates/settings.html")]
struct Settings {
    frame: Frame,
    tenant: TenantPolicy,
    pin_length: String,
    names: bool,
    wrong: Wrong,
    seen: String,
    csrf: String,
}

/// Where the tick of a box is kept.
type Flag = fn(&mut TenantPolicy) -> &mut bool;

/// The settings that are boxes to be ticked.
const FLAGS: [(&str, Flag); 5] = [
    ("allow_anonymous_start_by_default", |tenant| &mut tenant.allow_anonymous_start_by_default),
    ("entry_exit_notifications", |tenant| &mut tenant.entry_exit_notifications),
    ("name_recording", |tenant| &mut tenant.name_recording),
    ("send_mail_automatically", |tenant| &mut tenant.send_mail_automatically),
    ("mail_from_override", |tenant| &mut tenant.mail_from_override),
];

impl Settings {
    /// Takes what was typed over what is so.
    fn fill(&mut self, fields: &Fields, wrong: Wrong) {
        let tenant = &mut self.tenant;
        for (name, flag) in FLAGS {
            *flag(tenant) = fields.flag(name);
        }
        fields.raw("mail_from_address").clone_into(&mut tenant.mail_from_address);
        fields.raw("mail_from_name").clone_into(&mut tenant.mail_from_name);
        fields.raw("pin_length").clone_into(&mut self.pin_length);
        self.names = fields.raw("entry_exit_announcements") == "names";
        self.wrong = wrong;
    }
}

/// The page, with what was typed and refused, if something was.
async fn view(app: &Shared, by: &Signed, refused: Option<(&Fields, Refusal)>) -> Response {
    let Ok(policy) = app.administration.policy().await else {
        return by.failed(StatusCode::SERVICE_UNAVAILABLE, by.t.store_unavailable);
    };
    let tenant = policy.tenant;
    let mut settings = Settings {
        frame: by.frame("settings", by.t.settings),
        pin_length: tenant.pin_length.get().to_string(),
        names: tenant.entry_exit_announcements == Announcements::Names,
        wrong: Wrong::default(),
        seen: tag_of_tenant(&tenant),
        tenant,
        csrf: by.session.csrf.clone(),
    };
    let Some((fields, refusal)) = refused else { return page(StatusCode::OK, &settings) };
    let wrong = Wrong::of(by.t, &refusal);
    settings.frame = settings.frame.with(Some(Note::bad(wrong.text.clone())));
    // What somebody else changed meanwhile is to be seen, and not to be typed over.
    if refusal != Refusal::Changed {
        settings.fill(fields, wrong);
    }
    page(Problem::from(refusal).status(), &settings)
}

/// `/settings`
pub(crate) async fn show(State(app): State<Shared>, Admin(by): Admin) -> Response {
    view(&app, &by, None).await
}

/// The settings are changed, if nobody else has changed them meanwhile.
pub(crate) async fn save(State(app): State<Shared>, AdminForm { by, fields }: AdminForm) -> Response {
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
        Err(refusal) => view(&app, &by, Some((&fields, refusal))).await,
    }
}

/// Every setting of the page: a box that is not ticked is not sent.
fn wishes(fields: &Fields) -> Vec<(String, String)> {
    let texts = ["pin_length", "entry_exit_announcements", "mail_from_address", "mail_from_name"];
    let flags = FLAGS.map(|(name, _)| (name.to_owned(), fields.flag(name).to_string()));
    let texts = texts.map(|name| (name.to_owned(), fields.text(name).unwrap_or_default()));
    flags.into_iter().chain(texts).collect()
}
