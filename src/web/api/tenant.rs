//! `/tenant`

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};

use super::bearer::Administrator;
use super::etag::{is_for_state, tag_of_tenant};
use super::extract::Body;
use super::settings::{Tenant, TenantChange};
use crate::admin::act::Act;
use crate::admin::actor::Actor;
use crate::admin::administration::Seen;
use crate::web::app::Shared;
use crate::web::problem::Problem;

async fn answered(app: &Shared) -> Result<Response, Problem> {
    let tenant = app.administration.policy().await?.tenant;
    let tag = tag_of_tenant(&tenant);
    Ok(([(header::ETAG, tag)], Json(Tenant(tenant))).into_response())
}

async fn done(app: &Shared, actor: &Actor, headers: &HeaderMap, act: &Act) -> Result<Response, Problem> {
    let tenant = app.administration.policy().await?.tenant;
    let seen = is_for_state(headers, &tag_of_tenant(&tenant))?.then_some(Seen::Tenant(tenant));
    app.perform(actor, act, seen.as_ref()).await?;
    answered(app).await
}

/// Show the settings
#[utoipa::path(get, path = "/tenant", tag = "tenant",
    responses((status = 200, body = Tenant, description = "The settings", headers(("etag" = String, description = "Identifies this state, for `If-Match`")))))]
pub(super) async fn show(
    State(app): State<Shared>,
    Administrator(_actor): Administrator,
) -> Result<Response, Problem> {
    answered(&app).await
}

/// Change settings
#[utoipa::path(patch, path = "/tenant", tag = "tenant", request_body = TenantChange,
    responses((status = 200, body = Tenant, description = "The settings as they are now")))]
pub(super) async fn change(
    State(app): State<Shared>,
    Administrator(actor): Administrator,
    headers: HeaderMap,
    Body(change): Body<TenantChange>,
) -> Result<Response, Problem> {
    done(&app, &actor, &headers, &Act::SetTenant(change.0)).await
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
