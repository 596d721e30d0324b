//! *Bridge settings*: what holds for every user.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::explain::FormError;
use super::extract::{Admin, AdminForm, Signed};
use super::forms::Fields;
use super::frame::{Frame, page};
use crate::admin::act::Act;
use crate::admin::administration::Seen;
use crate::admin::refusal::Refusal;
use crate::control::policy::{Policy, SettingInfo, Takes};
use crate::web::api::etag::tag_of_tenant;
use crate::web::app::Shared;
use crate::web::note::Note;
use crate::web::problem::Problem;
use crate::web::translation::{SettingTranslation, Translation};

/// The field of a setting.
struct Field {
    words: SettingTranslation,
    takes: Takes,
    value: String,
    is_wrong: bool,
    /// The error, below the last field that it is about.
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "web/templates/settings.html")]
struct Settings {
    frame: Frame,
    groups: Vec<(&'static str, Vec<Field>)>,
    seen: String,
    csrf: String,
}

/// The fields of the page: as things are, or as they were typed and refused.
fn groups(
    t: &'static Translation,
    policy: &Policy,
    typed: Option<(&Fields, FormError)>,
) -> Vec<(&'static str, Vec<Field>)> {
    let field = |words: SettingTranslation| {
        let name = words.name;
        let setting = Policy::tenant_settings().find(|setting| setting.name == name)?;
        let value = match &typed {
            None => policy.show(name)?,
            Some((fields, _)) if setting.takes == Takes::Flag => fields.flag(name).to_string(),
            Some((fields, _)) => fields.raw(name).to_owned(),
        };
        let wrong = typed.as_ref().map(|(_, wrong)| wrong).filter(|wrong| is_about(wrong, name));
        let error = wrong.filter(|wrong| !(wrong.at("sender") && name == "mail_from_address"));
        let error = error.map(|wrong| wrong.text.clone());
        Some(Field { words, takes: setting.takes, value, is_wrong: wrong.is_some(), error })
    };
    let group = |(head, all): (&'static str, Vec<SettingTranslation>)| {
        (head, all.into_iter().filter_map(field).collect())
    };
    t.setting_groups().into_iter().map(group).collect()
}

/// Returns whether a setting is what is wrong; a sender without address or name is wrong in both.
fn is_about(wrong: &FormError, name: &str) -> bool {
    wrong.at(name)
        || match name {
            "mail_from_address" => wrong.at("address") || wrong.at("sender"),
            "mail_from_name" => wrong.at("text") || wrong.at("sender"),
            _ => false,
        }
}

/// The page, with what was typed and refused, if something was.
async fn view(app: &Shared, by: &Signed, refused: Option<(&Fields, Refusal)>) -> Response {
    let Ok(policy) = app.administration.policy().await else {
        return by.failed(StatusCode::SERVICE_UNAVAILABLE, by.t.store_unavailable);
    };
    let mut frame = by.frame("settings", by.t.settings);
    let mut typed = None;
    let mut status = StatusCode::OK;
    if let Some((fields, refusal)) = refused {
        let wrong = FormError::of(by.t, &refusal);
        frame = frame.with(Some(Note::bad(wrong.text.clone())));
        // What somebody else changed meanwhile is to be seen, and not to be typed over.
        typed = (refusal != Refusal::Changed).then_some((fields, wrong));
        status = Problem::from(refusal).status();
    }
    let groups = groups(by.t, &policy, typed);
    let (seen, csrf) = (tag_of_tenant(&policy.tenant), by.session.csrf.clone());
    page(status, &Settings { frame, groups, seen, csrf })
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
    let wish = |setting: &SettingInfo| {
        let value = match setting.takes {
            Takes::Flag => fields.flag(setting.name).to_string(),
            Takes::Duration
            | Takes::Count(..)
            | Takes::Word(_)
            | Takes::Text
            | Takes::Limits
            | Takes::Key => fields.text(setting.name).unwrap_or_default(),
            Takes::Form { .. } => fields.text(setting.name).unwrap_or_default(),
        };
        (setting.name.to_owned(), value)
    };
    Policy::tenant_settings().map(wish).collect()
}
