//! The REST API to be browsed: read off its own OpenAPI document, with nothing from elsewhere.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde_json::Value;

use super::extract::Admin;
use super::frame::{Frame, page};
use crate::web::api;
use crate::web::app::Shared;

/// The methods of a path, in the order in which they are shown.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

struct ParameterRow {
    name: String,
    place: String,
    required: bool,
    kind: String,
    description: String,
}

struct Answer {
    status: String,
    description: String,
    schema: String,
}

struct Operation {
    method: &'static str,
    path: String,
    summary: String,
    description: String,
    takes: Vec<ParameterRow>,
    body: String,
    answers: Vec<Answer>,
}

struct Group {
    name: String,
    operations: Vec<Operation>,
}

struct Schema {
    name: String,
    description: String,
    fields: Vec<ParameterRow>,
}

#[derive(Template)]
#[template(path = "web/templates/api.html")]
struct Reference {
    frame: Frame,
    base: String,
    groups: Vec<Group>,
    schemas: Vec<Schema>,
}

/// `/reference`
pub(crate) async fn show(State(app): State<Shared>, Admin(by): Admin, headers: HeaderMap) -> Response {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let base = format!("{}://{host}", if app.access.secure { "https" } else { "http" });
    let document = serde_json::to_value(api::document()).unwrap_or_default();
    let frame = by.frame("api", by.t.api);
    let (groups, schemas) = (groups(&document), schemas(&document));
    page(StatusCode::OK, &Reference { frame, base, groups, schemas })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The last part of a reference: the name of a schema.
fn referred(schema: &Value) -> String {
    schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()).unwrap_or_default().to_owned()
}

/// A type in a word or two.
fn kind(schema: &Value) -> String {
    let named = referred(schema);
    if !named.is_empty() {
        return named;
    }
    let several = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array());
    if let Some(several) = several {
        return several.iter().map(kind).collect::<Vec<_>>().join(" | ");
    }
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().map(text).collect::<Vec<_>>().join(" | ");
    }
    let named = &schema["type"];
    if let Some(kinds) = named.as_array() {
        return kinds.iter().map(text).collect::<Vec<_>>().join(" | ");
    }
    if named == "array" { format!("[{}]", kind(&schema["items"])) } else { text(named) }
}

fn groups(document: &Value) -> Vec<Group> {
    let mut groups: BTreeMap<String, Vec<Operation>> = BTreeMap::new();
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for method in METHODS {
            let operation = &methods[method];
            if operation.is_object() {
                let group = text(&operation["tags"][0]);
                groups.entry(group).or_default().push(operation_of(method, path, operation));
            }
        }
    }
    groups.into_iter().map(|(name, operations)| Group { name, operations }).collect()
}

fn operation_of(method: &'static str, path: &str, operation: &Value) -> Operation {
    let taken = |parameter: &Value| ParameterRow {
        name: text(&parameter["name"]),
        place: text(&parameter["in"]),
        required: parameter["required"] == Value::Bool(true),
        kind: kind(&parameter["schema"]),
        description: text(&parameter["description"]),
    };
    let answers = operation["responses"].as_object().into_iter().flatten().map(|(status, answer)| {
        let contents = answer["content"].as_object().into_iter().flatten();
        let schema = contents.map(|(_, content)| kind(&content["schema"])).next().unwrap_or_default();
        Answer { status: status.clone(), description: text(&answer["description"]), schema }
    });
    Operation {
        method,
        path: path.to_owned(),
        summary: text(&operation["summary"]),
        description: text(&operation["description"]),
        takes: operation["parameters"].as_array().into_iter().flatten().map(taken).collect(),
        body: kind(&operation["requestBody"]["content"]["application/json"]["schema"]),
        answers: answers.collect(),
    }
}

fn schemas(document: &Value) -> Vec<Schema> {
    let all = document["components"]["schemas"].as_object().into_iter().flatten();
    let schema = |(name, schema): (&String, &Value)| {
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let fields =
            schema["properties"].as_object().into_iter().flatten().map(|(name, field)| ParameterRow {
                name: name.clone(),
                place: String::new(),
                required: required.contains(&name.as_str()),
                kind: kind(field),
                description: text(&field["description"]),
            });
        Schema { name: name.clone(), description: text(&schema["description"]), fields: fields.collect() }
    };
    all.map(schema).collect()
}
