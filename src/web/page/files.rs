//! The style, the script, the icon and the typefaces: in the program, and kept by browsers as long as they like, since their
//! addresses change with them; those of the typefaces do not, as they never change.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

pub(super) const STYLE: &str = include_str!("../static/style.css");
pub(super) const SCRIPT: &str = include_str!("../static/app.js");
pub(super) const ICON: &str = include_str!("../static/icon.svg");

use crate::report::typefaces::{MONO, SANS};

/// A year, in seconds: the longest that RFC 9111 gives to anything.
const KEPT: &str = "public, max-age=31536000, immutable";

/// One of the files.
pub(crate) async fn file(Path(file): Path<String>) -> Response {
    let (kind, bytes) = match file.as_str() {
        "style.css" => ("text/css; charset=utf-8", STYLE.as_bytes()),
        "app.js" => ("text/javascript; charset=utf-8", SCRIPT.as_bytes()),
        "icon.svg" => ("image/svg+xml", ICON.as_bytes()),
        "inter.woff2" => ("font/woff2", SANS),
        "plex-mono.woff2" => ("font/woff2", MONO),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, KEPT)], bytes).into_response()
}
