//! The REST API: the same operations as the cmdlets, through the same code, with an OpenAPI document that is generated from
//! the handlers.

mod audit;
pub(super) mod bearer;
mod bodies;
mod calls;
pub(super) mod etag;
mod events;
mod exported;
mod extract;
pub(super) mod idempotency;
mod language;
mod mails;
mod meetings;
mod numbers;
mod recorded;
mod records;
mod settings;
mod tenant;
mod users;

use std::sync::LazyLock;

use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use utoipa::OpenApi as _;
use utoipa::openapi::path::{HttpMethod, Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, ResponseBuilder, Schema, Type};
use utoipa::openapi::{ObjectBuilder, Required};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::app::Shared;
use super::problem::Problem;
use axum::http::StatusCode;

/// The beginning of a document.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Attendant",
        description = "Administers dial-in conferencing and watches its meetings. Times are UTC by RFC 3339. A PIN appears \
                       in one answer only, and never in a repeated one."
    ),
    components(schemas(Problem))
)]
struct Head;

fn versioned() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(users::list))
        .routes(routes!(users::show, users::change))
        .routes(routes!(users::enable))
        .routes(routes!(users::disable))
        .routes(routes!(users::reset_pin))
        .routes(routes!(users::reset_conference_id))
        .routes(routes!(users::send_mail))
        .routes(routes!(users::lock))
        .routes(routes!(users::unlock))
        .routes(routes!(tenant::show, tenant::change, tenant::reset))
        .routes(routes!(numbers::list, numbers::add))
        .routes(routes!(numbers::change, numbers::remove))
        .routes(routes!(mails::list))
        .routes(routes!(mails::show))
        .routes(routes!(mails::resend))
        .routes(routes!(audit::list))
        .routes(routes!(records::list))
        .routes(routes!(exported::export))
        .routes(routes!(meetings::list))
        .routes(routes!(meetings::show))
        .routes(routes!(meetings::lock))
        .routes(routes!(meetings::unlock))
        .routes(routes!(meetings::record))
        .routes(routes!(meetings::stop_recording))
        .routes(routes!(meetings::end))
        .routes(routes!(meetings::act))
        .routes(routes!(calls::launch))
        .routes(routes!(recorded::of_call))
        .routes(routes!(recorded::of_meeting))
        .routes(routes!(recorded::why))
        .routes(routes!(events::follow))
}

/// Every route below `/api`.
pub(super) fn router(app: &Shared) -> Router<Shared> {
    let remembered = axum::middleware::from_fn_with_state(app.clone(), idempotency::once);
    let (routes, _document) = OpenApiRouter::new().nest("/v1", versioned()).split_for_parts();
    routes
        .layer(remembered)
        .method_not_allowed_fallback(wrong_method)
        .route("/openapi.json", get(|| async { Json(&*DOCUMENT) }))
        .fallback(nothing_here)
}

async fn wrong_method() -> Response {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "wrong-method", "this method is not allowed here")
        .into_response()
}

async fn nothing_here() -> Response {
    Problem::unknown("unknown-path", "unknown path; /api/openapi.json lists the paths").into_response()
}

/// The document, made once.
static DOCUMENT: LazyLock<OpenApi> = LazyLock::new(document);

/// The OpenAPI 3.1 document of the API.
#[must_use]
pub fn document() -> OpenApi {
    let mut document =
        OpenApiRouter::with_openapi(Head::openapi()).nest("/api/v1", versioned()).into_openapi();
    env!("CARGO_PKG_VERSION").clone_into(&mut document.info.version);
    let token = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let components = document.components.get_or_insert_default();
    components.security_schemes.insert("token".to_owned(), RefOr::T(token));
    document.security = Some(vec![SecurityRequirement::new("token", Vec::<String>::new())]);
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in [
            (HttpMethod::Get, &mut item.get),
            (HttpMethod::Post, &mut item.post),
            (HttpMethod::Patch, &mut item.patch),
            (HttpMethod::Delete, &mut item.delete),
        ] {
            if let Some(operation) = operation {
                complete(path, &method, operation);
            }
        }
    }
    document
}

/// The errors of all requests.
const ALWAYS: [(u16, &str); 5] = [
    (400, "A parameter or the body is not valid"),
    (401, "No token, or one that is not accepted"),
    (403, "The token does not belong to an administrator"),
    (404, "Not found"),
    (503, "The directory does not answer, or the service is busy"),
];

/// The errors of requests that change something.
const CHANGING: [(u16, &str); 4] = [
    (409, "It cannot be done in the current state"),
    (413, "The body is too large"),
    (415, "The body is not JSON"),
    (422, "The `Idempotency-Key` was used for another request"),
];

/// The additional errors of requests that require a state.
const FOR_A_STATE: [(u16, &str); 1] =
    [(412, "Somebody else changed this meanwhile: `If-Match` no longer matches")];

/// Adds what holds for all operations: a name of its own, the problems, the user of the path, and the headers of those that
/// change something.
fn complete(path: &str, method: &HttpMethod, operation: &mut Operation) {
    let tag = operation.tags.iter().flatten().next().cloned().unwrap_or_default();
    operation.operation_id = operation.operation_id.take().map(|name| format!("{tag}_{name}"));
    let on_user = path.starts_with("/api/v1/users/{name}");
    if on_user {
        operation.parameters.get_or_insert_default().push(parameter(
            ("name", ParameterIn::Path, Required::True),
            "The user principal name",
            ObjectBuilder::new(),
        ));
    }
    let changes = *method != HttpMethod::Get;
    let has_state = changes && (on_user || path == "/api/v1/tenant");
    if has_state {
        let description = "Carry out only if the state still has this `ETag`";
        let header = ("If-Match", ParameterIn::Header, Required::False);
        operation.parameters.get_or_insert_default().push(parameter(
            header,
            description,
            ObjectBuilder::new(),
        ));
    }
    let problems = ALWAYS.iter();
    let problems = problems.chain(if changes { &CHANGING[..] } else { &[] });
    let problems = problems.chain(if has_state { &FOR_A_STATE[..] } else { &[] });
    for (status, description) in problems {
        let content = Content::new(Some(RefOr::Ref(Ref::from_schema_name("Problem"))));
        let response = ResponseBuilder::new().description(*description);
        let response = response.content("application/problem+json", content).build();
        operation.responses.responses.entry(status.to_string()).or_insert(RefOr::T(response));
    }
    if *method == HttpMethod::Post {
        let key = ObjectBuilder::new().min_length(Some(1)).max_length(Some(255)).pattern(Some("^[!-~]+$"));
        let description = "For a day, or until the bridge restarts, the same request with the same key is carried out \
                           once and gets the same answer, except for a PIN";
        let header = ("Idempotency-Key", ParameterIn::Header, Required::False);
        operation.parameters.get_or_insert_default().push(parameter(header, description, key));
    }
}

fn parameter(
    (name, place, required): (&str, ParameterIn, Required),
    description: &str,
    schema: ObjectBuilder,
) -> RefOr<Parameter> {
    let schema = Schema::Object(schema.schema_type(Type::String).build());
    let parameter = ParameterBuilder::new().name(name).parameter_in(place).required(required);
    RefOr::T(parameter.description(Some(description)).schema(Some(schema)).build())
}

/// The names of every operation with their paths: what a test compares with the document.
#[cfg(test)]
fn operations(document: &OpenApi) -> std::collections::BTreeMap<String, usize> {
    let paths = document.paths.paths.iter();
    paths
        .map(|(path, item)| {
            let all = [&item.get, &item.post, &item.patch, &item.delete];
            (path.clone(), all.into_iter().flatten().count())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_in_the_document_with_its_problems() {
        let document = document();
        let operations = operations(&document);
        assert_eq!(operations.values().sum::<usize>(), 36, "{operations:?}");
        assert!(operations.keys().all(|path| path.starts_with("/api/v1/")), "{operations:?}");
        let mut names = std::collections::BTreeSet::new();
        for item in document.paths.paths.values() {
            for operation in [&item.get, &item.post, &item.patch, &item.delete].into_iter().flatten() {
                let name = operation.operation_id.clone().unwrap();
                assert!(names.insert(name.clone()), "{name} names two operations");
            }
        }
        let json = serde_json::to_value(&document).unwrap();
        assert_eq!(json["openapi"], "3.1.0");
        let reset = &json["paths"]["/api/v1/users/{name}/reset-pin"]["post"];
        for status in ["200", "400", "401", "403", "404", "409", "412", "413", "415", "422", "503"] {
            assert!(reset["responses"][status].is_object(), "{status}: {reset}");
        }
    }
}
