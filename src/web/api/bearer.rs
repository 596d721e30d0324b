//! Who sends a request of the API: the owner of the token in it.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};

use crate::admin::administration::{Actor, Role};
use crate::web::app::{Shared, origin};
use crate::web::problem::Problem;

/// Whoever a token stands for.
pub(super) struct Bearer(pub(super) Actor);

impl FromRequestParts<Shared> for Bearer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        let unknown = || {
            let right = "send `Authorization: Bearer TOKEN`; `attendant tokens issue` issues one";
            Problem::new(StatusCode::UNAUTHORIZED, "no-token", right)
        };
        let given = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let (scheme, token) = given.and_then(|value| value.split_once(' ')).ok_or_else(unknown)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(unknown());
        }
        let address = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|address| address.0.ip());
        let origin = address.map_or_else(|| "api".to_owned(), |address| origin("api", address));
        let actor = app.administration.sign_in(app.now(), token, &origin).await?;
        Ok(Self(actor.ok_or_else(unknown)?))
    }
}

/// An administrator with a token.
pub(super) struct Administrator(pub(super) Actor);

impl FromRequestParts<Shared> for Administrator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        let Bearer(actor) = Bearer::from_request_parts(parts, app).await?;
        match actor.role {
            Role::Administrator => Ok(Self(actor)),
            Role::User => Err(Problem::forbidden(&actor.name)),
        }
    }
}
