//! `/numbers`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::bearer::Administrator;
use super::bodies::Tongue;
use super::extract::{Body, PathOf};
use crate::admin::act::{Act, NewNumber};
use crate::admin::administration::Actor;
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
    primary: Tongue,
    /// Reached with `*1` to `*4`
    secondary: Vec<Tongue>,
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

async fn numbers(app: &Shared, actor: &Actor, which: Option<String>) -> Result<Vec<Number>, Problem> {
    let shown = app.perform(actor, &Act::ShowNumbers(which), None).await?;
    let numbers = if let Answer::Numbers(numbers) = shown { numbers } else { Vec::new() };
    Ok(numbers.into_iter().map(Into::into).collect())
}

/// List service numbers
#[utoipa::path(get, path = "/numbers", tag = "numbers", responses((status = 200, body = Numbers, description = "All of them")))]
pub(super) async fn list(
    State(app): State<Shared>,
    Administrator(actor): Administrator,
) -> Result<Json<Numbers>, Problem> {
    Ok(Json(Numbers { numbers: numbers(&app, &actor, None).await? }))
}

/// A number that is added.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NumberWish {
    /// + and 4 to 15 digits
    #[schema(pattern = "^\\+[0-9]{4,15}$")]
    number: String,
    #[serde(default)]
    toll_free: bool,
    primary: Tongue,
    #[serde(default)]
    #[schema(max_items = 4)]
    secondary: Vec<Tongue>,
}

/// Add a service number
#[utoipa::path(post, path = "/numbers", tag = "numbers", request_body = NumberWish,
    responses((status = 201, body = Numbers, description = "The number as it is kept")))]
pub(super) async fn add(
    State(app): State<Shared>,
    Administrator(actor): Administrator,
    Body(wish): Body<NumberWish>,
) -> Result<(StatusCode, Json<Numbers>), Problem> {
    let NumberWish { number, toll_free, primary, secondary } = wish;
    let secondary = secondary.into_iter().map(Into::into).collect();
    let new = NewNumber { number: number.clone(), toll_free, primary: primary.into(), secondary };
    app.perform(&actor, &Act::AddNumber(new), None).await?;
    let numbers = numbers(&app, &actor, Some(number)).await?;
    Ok((StatusCode::CREATED, Json(Numbers { numbers })))
}

/// What is to be other than it is; what is left out stays.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LanguagesWish {
    primary: Option<Tongue>,
    #[schema(max_items = 4)]
    secondary: Option<Vec<Tongue>>,
}

/// Change a service number's languages
#[utoipa::path(patch, path = "/numbers/{number}", tag = "numbers", request_body = LanguagesWish,
    params(("number" = String, Path, description = "As it is dialled, +14255550100")),
    responses((status = 200, body = Numbers, description = "The number as it is kept")))]
pub(super) async fn change(
    State(app): State<Shared>,
    Administrator(actor): Administrator,
    PathOf(number): PathOf<String>,
    Body(wish): Body<LanguagesWish>,
) -> Result<Json<Numbers>, Problem> {
    let secondary = wish.secondary.map(|all| all.into_iter().map(Into::into).collect());
    let act = Act::SetNumber { number: number.clone(), primary: wish.primary.map(Into::into), secondary };
    app.perform(&actor, &act, None).await?;
    Ok(Json(Numbers { numbers: numbers(&app, &actor, Some(number)).await? }))
}

/// Take a service number out that is in nobody's invitations
#[utoipa::path(delete, path = "/numbers/{number}", tag = "numbers",
    params(("number" = String, Path, description = "As it is dialled, +14255550100")),
    responses((status = 204, description = "It is gone")))]
pub(super) async fn remove(
    State(app): State<Shared>,
    Administrator(actor): Administrator,
    PathOf(number): PathOf<String>,
) -> Result<StatusCode, Problem> {
    app.perform(&actor, &Act::RemoveNumber(number), None).await?;
    Ok(StatusCode::NO_CONTENT)
}
