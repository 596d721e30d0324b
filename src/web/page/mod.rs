//! The pages: written on the server, with forms that work without a script.

mod audit;
mod explain;
mod extract;
mod files;
mod forms;
pub(crate) mod frame;
pub(crate) mod live;
mod mail;
mod mine;
mod moment;
mod numbers;
mod overview;
mod recorded;
mod records;
mod reference;
mod settings;
mod sign_in;
mod users;
mod wall;
mod watch;

use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};

use self::extract::Reader;
use super::app::Shared;

/// Every page.
pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/", get(mine::home))
        .route("/overview", get(overview::show))
        .route("/me", get(mine::show))
        .route("/sign-in", get(sign_in::show).post(sign_in::sign_in))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/password", get(sign_in::password).post(sign_in::change_password))
        .route("/language/{tag}", get(sign_in::language))
        .route("/users", get(users::list).post(users::add))
        .route("/users/{name}", get(users::show))
        .route("/users/{name}/edit", get(users::edit).post(users::save))
        .route("/users/{name}/{act}", get(users::confirm).post(users::act))
        .route("/settings", get(settings::show).post(settings::save))
        .route("/numbers", get(numbers::list).post(numbers::add))
        .route("/numbers/{number}", post(numbers::save))
        .route("/numbers/{number}/remove", get(numbers::confirm).post(numbers::remove))
        .route("/mail", get(mail::list))
        .route("/mail/{id}/resend", post(mail::resend))
        .route("/audit", get(audit::list))
        .route("/records", get(records::list))
        .route("/records/export", get(records::export))
        .route("/records/{id}", get(records::show))
        .route("/live", get(live::overview))
        .route("/live/stream", get(live::stream))
        .route("/live/place", post(live::launch))
        .route("/live/calls", get(recorded::list))
        .route("/live/calls/{leg}", get(recorded::show))
        .route("/live/calls/{leg}/scenario", get(recorded::save_call))
        .route("/live/{meeting}", get(live::meeting))
        .route("/live/{meeting}/scenario", get(recorded::save_meeting))
        .route("/live/{meeting}/callers/{leg}/{act}", post(live::act))
        .route("/live/{meeting}/{order}", post(live::order))
        .route("/wall", get(wall::show))
        .route("/wall/stream", get(wall::stream))
        .route("/reference", get(reference::show))
        .route("/static/{file}", get(files::file))
}

/// Answers requests for pages that there are not.
pub(crate) async fn nothing_here(reader: Reader) -> Response {
    extract::nothing_here(reader)
}
