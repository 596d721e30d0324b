//! `/numbers`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::bearer::Administrator;
use super::extract::{Body, PathOf};
use super::language::LanguageTag;
use crate::admin::act::{Act, NewNumber};
use crate::admin::actor::Actor;
use crate::admin::answer::{Answer, NumberView};
use crate::web::app::Shared;
use crate::web::problem::Problem;

/// A number that callers dial.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Number {
    number: String,
    /// Whether the called side pays
    toll_free: bool,
    /// Spoken first
    primary: LanguageTag,
    /// Reached with `*1` to `*4`
    secondary: Vec<LanguageTag>,
}

impl From<NumberView> for Number {
    fn from(view: NumberView) -> Self {
        let NumberView { number, toll_free, primary, secondary } = view;
        let secondary = secondary.into_iter().map(Into::into).collect();
        Self { number, toll_free, primary: primary.into(), secondary }
    }
}

/// All numbers.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Numbers {
    numbers: Vec<Number>,
}

/// Carries out an act on a number, and answers with the number as it is kept.
async fn changed(app: &Shared, actor: &Actor, act: &Act) -> Result<Json<Numbers>, Problem> {
    let done = app.change(actor, act, None).await?;
    Ok(Json(Numbers { numbers: done.number.into_iter().map(Into::into).collect() }))
}

/// List service numbers
#[utoipa::path(get, path = "/numbers", tag = "numbers", responses((status = 200, body = Numbers, description = "All service numbers")))]
pub(super) async fn list(
    State(app): State<Shared>,
    Administrator(actor): Administrator,
) -> Result<Json<Numbers>, Problem> {
    let shown = app.perform(&actor, &Act::ShowNumbers(None), None).await?;
    let numbers = if let Answer::Numbers(numbers) = shown { numbers } else { Vec::new() };
    Ok(Json(Numbers { numbers: numbers.into_iter().map(Into::into).collect() }))
}

/// A number that is added.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewServiceNumber {
    /// With its country code, in any of the forms in which people write it: `+14255550100`, `+1 (425) 555-0100`. It is kept
    /// as E.164
    #[schema(max_length = 64, example = "+14255550100")]
    number: String,
    #[serde(default)]
    toll_free: bool,
    primary: LanguageTag,
    #[serde(default)]
    #[schema(max_items = 4)]
    secondary: Vec<LanguageTag>,
}

/// Add a service number
#[utoipa::path(post, path = "/numbers", tag = "numbers", request_body = NewServiceNumber,
    responses((status = 201, body = Numbers, description = "The number as it is stored")))]
pub(super) async fn add(
    State(app): State<Shared>,
    Administrator(actor): Administrator,
    Body(wish): Body<NewServiceNumber>,
) -> Result<(StatusCode, Json<Numbers>), Problem> {
    let NewServiceNumber { number, toll_free, primary, secondary } = wish;
    let secondary = secondary.into_iter().map(Into::into).collect();
    let new = NewNumber { number, toll_free, primary: primary.into(), secondary };
    Ok((StatusCode::CREATED, changed(&app, &actor, &Act::AddNumber(new)).await?))
}

/// The values to change; omitted ones stay.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LanguagesChange {
    primary: Option<LanguageTag>,
    #[schema(max_items = 4)]
    secondary: Option<Vec<LanguageTag>>,
}

/// Change a service number's languages
#[utoipa::path(patch, path = "/numbers/{number}", tag = "numbers", request_body = LanguagesChange,
    params(("number" = String, Path, description = "In any form, +14255550100")),
    responses((status = 200, body = Numbers, description = "The number as it is stored")))]
pub(super) async fn change(
    State(app): State<Shared>,
    Administrator(actor): Administrator,
    PathOf(number): PathOf<String>,
    Body(wish): Body<LanguagesChange>,
) -> Result<Json<Numbers>, Problem> {
    let secondary = wish.secondary.map(|all| all.into_iter().map(Into::into).collect());
    let act = Act::SetNumber { number, primary: wish.primary.map(Into::into), secondary };
    changed(&app, &actor, &act).await
}

/// Take a service number out that is in nobody's invitations
#[utoipa::path(delete, path = "/numbers/{number}", tag = "numbers",
    params(("number" = String, Path, description = "In any form, +14255550100")),
    responses((status = 204, description = "The number was removed")))]
pub(super) async fn remove(
    State(app): State<Shared>,
    Administrator(actor): Administrator,
    PathOf(number): PathOf<String>,
) -> Result<StatusCode, Problem> {
    app.perform(&actor, &Act::RemoveNumber(number), None).await?;
    Ok(StatusCode::NO_CONTENT)
}
