//! What the address of a page asks for. Where that is nothing, there is no such page.

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use axum::response::Response;
use serde::de::DeserializeOwned;

use super::nothing_here;
use super::signed::Reader;
use crate::web::app::Shared;

/// The parts of the path.
pub(crate) struct PathOf<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Shared> for PathOf<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Response> {
        match Path::from_request_parts(parts, app).await {
            Ok(Path(path)) => Ok(Self(path)),
            Err(_) => Err(no_page(parts, app).await),
        }
    }
}

/// The parameters behind the path.
pub(crate) struct QueryOf<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Shared> for QueryOf<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Response> {
        match Query::from_request_parts(parts, app).await {
            Ok(Query(query)) => Ok(Self(query)),
            Err(_) => Err(no_page(parts, app).await),
        }
    }
}

async fn no_page(parts: &mut Parts, app: &Shared) -> Response {
    match Reader::from_request_parts(parts, app).await {
        Ok(reader) => nothing_here(reader).await,
        Err(refused) => refused,
    }
}
