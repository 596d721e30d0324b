//! Authenticates requests of the API by the token in them.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};

use crate::admin::actor::{Actor, Role};
use crate::web::access::origin;
use crate::web::app::Shared;
use crate::web::client;
use crate::web::problem::Problem;

/// The owner of a token.
pub(super) struct Bearer(pub(super) Actor);

impl FromRequestParts<Shared> for Bearer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        let address = client::address(parts, app.access.proxy);
        let origin = address.map_or_else(|| "api".to_owned(), |address| origin("api", address));
        let signed_in = signed_in(app, &parts.headers, &origin).await;
        if let Err(problem) = &signed_in
            && problem.status() == StatusCode::UNAUTHORIZED
            && let Some(times) = app.access.bad_tokens.count_now()
        {
            tracing::warn!(target: "attendant::audit", origin, code = problem.code, times, "token refused");
        }
        signed_in.map(Self)
    }
}

/// Returns the token in these headers.
pub(in crate::web) fn token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

/// The owner of the token in these headers, as things are now.
async fn signed_in(app: &Shared, headers: &HeaderMap, origin: &str) -> Result<Actor, Problem> {
    let problem = |code, right: &str| Problem::new(StatusCode::UNAUTHORIZED, code, right);
    let Some(token) = token(headers) else {
        let right = "send `Authorization: Bearer TOKEN`; `attendant tokens issue` issues one";
        return Err(problem("no-token", right));
    };
    let actor = app.administration.sign_in(app.now(), token, origin).await?;
    let right = "it is unknown, revoked or expired; `attendant tokens list` lists them";
    actor.ok_or_else(|| problem("bad-token", right))
}

/// Returns whether the token in these headers is an administrator's now, for streams that last.
pub(super) async fn is_administrators(app: &Shared, headers: &HeaderMap) -> bool {
    signed_in(app, headers, "api").await.is_ok_and(|actor| actor.role == Role::Administrator)
}

/// An administrator with a token.
pub(in crate::web) struct Administrator(pub(super) Actor);

impl FromRequestParts<Shared> for Administrator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        let Bearer(actor) = Bearer::from_request_parts(parts, app).await?;
        match actor.role {
            Role::Administrator => Ok(Self(actor)),
            Role::User => Err(app.refuse(&actor, parts).await.into()),
        }
    }
}
