//! The style, the script and the icon: in the program, and kept by browsers as long as they like, since their addresses
//! change with them.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

pub(super) const STYLE: &str = include_str!("../static/style.css");
pub(super) const SCRIPT: &str = include_str!("../static/app.js");
pub(super) const ICON: &str = include_str!("../static/icon.svg");

/// A year, in seconds: the longest that RFC 9111 gives to anything.
const KEPT: &str = "public, max-age=31536000, immutable";

/// One of the files.
pub(crate) async fn file(Path(file): Path<String>) -> Response {
    let (kind, text) = match file.as_str() {
        "style.css" => ("text/css; charset=utf-8", STYLE),
        "app.js" => ("text/javascript; charset=utf-8", SCRIPT),
        "icon.svg" => ("image/svg+xml", ICON),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, KEPT)], text).into_response()
}
