//! `/tenant`

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::bearer::Administrator;
use super::etag::{is_for_state, tag_of_tenant};
use super::extract::Body;
use crate::admin::act::Act;
use crate::admin::actor::Actor;
use crate::admin::administration::Seen;
use crate::control::policy::{Announcements, TenantPolicy};
use crate::web::app::Shared;
use crate::web::problem::Problem;

/// How arrivals and departures are announced.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum AnnouncedWith {
    Names,
    Tone,
}

/// The tenant's settings.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Tenant {
    /// Digits of PINs generated from now on
    #[schema(minimum = 4, maximum = 12)]
    pin_length: u8,
    allow_anonymous_start_by_default: bool,
    send_mail_automatically: bool,
    entry_exit_notifications: bool,
    entry_exit_announcements: AnnouncedWith,
    name_recording: bool,
    mail_from_override: bool,
    mail_from_address: String,
    mail_from_name: String,
}

impl From<&TenantPolicy> for Tenant {
    fn from(tenant: &TenantPolicy) -> Self {
        Self {
            pin_length: u8::try_from(tenant.pin_length.get()).unwrap_or(u8::MAX),
            allow_anonymous_start_by_default: tenant.allow_anonymous_start_by_default,
            send_mail_automatically: tenant.send_mail_automatically,
            entry_exit_notifications: tenant.entry_exit_notifications,
            entry_exit_announcements: match tenant.entry_exit_announcements {
                Announcements::Names => AnnouncedWith::Names,
                Announcements::Tone => AnnouncedWith::Tone,
            },
            name_recording: tenant.name_recording,
            mail_from_override: tenant.mail_from_override,
            mail_from_address: tenant.mail_from_address.clone(),
            mail_from_name: tenant.mail_from_name.clone(),
        }
    }
}

/// What is to be other than it is; what is left out stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TenantWish {
    #[schema(minimum = 4, maximum = 12)]
    pin_length: Option<u8>,
    allow_anonymous_start_by_default: Option<bool>,
    send_mail_automatically: Option<bool>,
    entry_exit_notifications: Option<bool>,
    entry_exit_announcements: Option<AnnouncedWith>,
    name_recording: Option<bool>,
    /// Needs both of the next two
    mail_from_override: Option<bool>,
    mail_from_address: Option<String>,
    mail_from_name: Option<String>,
}

impl TenantWish {
    fn wishes(self) -> Vec<(String, String)> {
        let announcements = self.entry_exit_announcements.map(|with| match with {
            AnnouncedWith::Names => "names".to_owned(),
            AnnouncedWith::Tone => "tone".to_owned(),
        });
        let flag = |flag: Option<bool>| flag.map(|flag| flag.to_string());
        let all = [
            ("pin_length", self.pin_length.map(|length| length.to_string())),
            ("allow_anonymous_start_by_default", flag(self.allow_anonymous_start_by_default)),
            ("send_mail_automatically", flag(self.send_mail_automatically)),
            ("entry_exit_notifications", flag(self.entry_exit_notifications)),
            ("entry_exit_announcements", announcements),
            ("name_recording", flag(self.name_recording)),
            ("mail_from_override", flag(self.mail_from_override)),
            ("mail_from_address", self.mail_from_address),
            ("mail_from_name", self.mail_from_name),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}

async fn answered(app: &Shared) -> Result<Response, Problem> {
    let tenant = app.administration.policy().await?.tenant;
    Ok(([(header::ETAG, tag_of_tenant(&tenant))], Json(Tenant::from(&tenant))).into_response())
}

async fn done(app: &Shared, actor: &Actor, headers: &HeaderMap, act: &Act) -> Result<Response, Problem> {
    let tenant = app.administration.policy().await?.tenant;
    let seen = is_for_state(headers, &tag_of_tenant(&tenant))?.then_some(Seen::Tenant(tenant));
    app.perform(actor, act, seen.as_ref()).await?;
    answered(app).await
}

/// Show the settings
#[utoipa::path(get, path = "/tenant", tag = "tenant",
    responses((status = 200, body = Tenant, description = "The settings", headers(("etag" = String, description = "Names this state, for `If-Match`")))))]
pub(super) async fn show(
    State(app): State<Shared>,
    Administrator(_actor): Administrator,
) -> Result<Response, Problem> {
    answered(&app).await
}

/// Change settings
#[utoipa::path(patch, path = "/tenant", tag = "tenant", request_body = TenantWish,
    responses((status = 200, body = Tenant, description = "The settings as they are now")))]
pub(super) async fn change(
    State(app): State<Shared>,
    Administrator(actor): Administrator,
    headers: HeaderMap,
    Body(wish): Body<TenantWish>,
) -> Result<Response, Problem> {
    done(&app, &actor, &headers, &Act::SetTenant(wish.wishes())).await
}

/// Every setting back to its default
#[utoipa::path(delete, path = "/tenant", tag = "tenant",
    responses((status = 200, body = Tenant, description = "The settings as they are now")))]
pub(super) async fn reset(
    State(app): State<Shared>,
    Administrator(actor): Administrator,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    done(&app, &actor, &headers, &Act::ResetTenant).await
}
