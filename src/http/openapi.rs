//! The OpenAPI document: what the framework writes, put right, in stable bytes.
#![expect(clippy::indexing_slicing, reason = "writing to a JSON object by index inserts")]

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
};

use hyper::body::Bytes;
use poem::{
    Endpoint, EndpointExt, Response,
    endpoint::BoxEndpoint,
    http::{HeaderValue, Method, header},
};
use poem_openapi::{
    LicenseObject, OpenApi, OpenApiService,
    registry::{MetaApi, Registry},
};
use serde_json::{Map, Value, json};

use super::{
    State,
    api::{
        accounts::AccountsApi, health::HealthApi, keys::KeysApi, oauth::OAuthApi,
        revocations::RevocationsApi, session_flow::SessionFlowApi, sessions::SessionsApi,
        tokens::TokensApi,
    },
};
use crate::domain::scope::REVOCATIONS;

mod embedded;
mod examples;
mod oauth;
mod problems;
mod verify;

pub use self::embedded::embedded_document;

/// All operations.
pub(super) type Apis = (
    AccountsApi,
    TokensApi,
    SessionsApi,
    SessionFlowApi,
    OAuthApi,
    RevocationsApi,
    KeysApi,
    HealthApi,
);

/// The operations.
pub(super) fn apis(state: &Arc<State>) -> impl OpenApi + 'static {
    let share = || Arc::clone(state);
    let apis: Apis = (
        AccountsApi(share()),
        TokensApi(share()),
        SessionsApi(share()),
        SessionFlowApi(share()),
        OAuthApi(share()),
        RevocationsApi(share()),
        KeysApi(share()),
        HealthApi(share()),
    );
    apis
}

/// Serves the document.
pub(super) fn endpoint(document: Bytes) -> impl Endpoint<Output = Response> {
    poem::get(poem::endpoint::make_sync(move |_| {
        Response::builder().header(header::CONTENT_TYPE, "application/json").body(document.clone())
    }))
    .map_to_response()
}

/// The document: the same bytes on every call.
pub fn document() -> String {
    let description = include_str!("openapi.md");
    let service = OpenApiService::new(Shape, "Tandem", env!("CARGO_PKG_VERSION"))
        .description(description.trim())
        .license(LicenseObject::new("MIT").url("https://spdx.org/licenses/MIT.html"))
        .server("/");
    let framework: Value = serde_json::from_str(&service.spec()).unwrap_or_default();
    written(put_right(framework))
}

/// The operations' description without the operations.
struct Shape;

impl OpenApi for Shape {
    fn meta() -> Vec<MetaApi> {
        Apis::meta()
    }

    fn register(registry: &mut Registry) {
        Apis::register(registry);
    }

    fn add_routes(self, _: &mut HashMap<String, HashMap<Method, BoxEndpoint<'static>>>) {}
}

/// The methods of a path, for the `Allow` of a `405`.
pub(super) fn allowed_methods(path: &str) -> HeaderValue {
    static PATHS: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
        let paths = Apis::meta().into_iter().flat_map(|api| api.paths);
        let allow = paths.map(|path| {
            let methods = path.operations.iter().map(|operation| operation.method.as_str());
            (path.path, methods.collect::<Vec<_>>().join(", "))
        });
        allow.collect()
    });
    let found = PATHS.iter().find(|(template, _)| matches_template(template, path));
    let methods = found.map_or("GET", |(_, methods)| methods);
    HeaderValue::from_str(methods).unwrap_or(HeaderValue::from_static("GET"))
}

fn matches_template(template: &str, path: &str) -> bool {
    let (mut want, mut have) = (template.split('/'), path.split('/'));
    loop {
        match (want.next(), have.next()) {
            (None, None) => return true,
            (Some(want), Some(have)) if want == have || want.starts_with('{') => {}
            _ => return false,
        }
    }
}

/// Makes the framework's document say what is true.
fn put_right(mut document: Value) -> Value {
    examples::complete_requests(&mut document["components"]["schemas"]);
    let schemas = document.pointer("/components/schemas").cloned().unwrap_or_default();
    for operation in operations(&mut document) {
        require_all(operation);
        require_ours(operation);
        describe_answers(operation);
        if operation_id(operation) == "verify" {
            verify::describe(operation);
        }
        for holder in holders(operation) {
            name_media_types(holder);
            examples::show_bodies(holder, &schemas);
        }
    }
    if let Some(components) = document.pointer_mut("/components").and_then(Value::as_object_mut) {
        let schemas = components.entry("schemas").or_insert_with(|| json!({}));
        describe_once(schemas);
        schemas["Problem"] = problems::schema();
        schemas["OAuthError"] = oauth::error_schema();
        examples::show_members(schemas);
        let security = components.entry("securitySchemes").or_insert_with(|| json!({}));
        security["cookieRefresh"] = json!({
            "type": "apiKey", "in": "cookie", "name": "__Secure-tandem-refresh",
            "description": "The refresh token of the cookie half: an `HttpOnly` cookie with `Path=/api/auth/refresh`. \
                            Browsers send it by themselves. On plain http (development) its name is `tandem-refresh`.",
        });
        oauth::describe_client_scheme(security);
        oauth::describe_machine_scheme(security, &json!({ REVOCATIONS: "Ask what ended." }));
        security["sessionCookie"] = json!({
            "type": "apiKey", "in": "cookie", "name": "__Host-tandem-session",
            "description": "Stands for a session of the session flow: an `HttpOnly` cookie. Browsers send it by themselves. \
                            On plain http (development) its name is `tandem-session`.",
        });
    }
    document
}

/// The framework writes the description of a member a second time, as a type of its own, of which
/// generators make one.
fn describe_once(schemas: &mut Value) {
    let schemas = schemas.as_object_mut().into_iter().flat_map(Map::values_mut);
    let members = schemas.filter_map(|schema| schema.get_mut("properties")?.as_object_mut());
    for member in members.flat_map(Map::values_mut) {
        if let Some(all) = member.get_mut("allOf").and_then(Value::as_array_mut) {
            all.retain(|part| part.get("$ref").is_some());
        }
    }
}

fn operation_id(operation: &Map<String, Value>) -> String {
    operation.get("operationId").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// All operations of a document.
fn operations(document: &mut Value) -> impl Iterator<Item = &mut Map<String, Value>> {
    let paths = document.pointer_mut("/paths").and_then(Value::as_object_mut);
    let items = paths.into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut);
    items.flat_map(Map::values_mut).filter_map(Value::as_object_mut)
}

/// The framework writes several schemes as alternatives; here all are needed at once. A public
/// operation says so explicitly.
fn require_all(operation: &mut Map<String, Value>) {
    let mut all = Map::new();
    for requirement in operation.get("security").and_then(Value::as_array).into_iter().flatten() {
        all.extend(requirement.as_object().cloned().unwrap_or_default());
    }
    operation.insert("security".to_owned(), json!([all]));
}

/// What the framework does not know of our own operations.
fn require_ours(operation: &mut Map<String, Value>) {
    let id = operation_id(operation);
    if let Some(alternatives) = oauth::requirements(&id) {
        operation.insert("security".to_owned(), alternatives);
    }
    let cookie = match id.as_str() {
        "refresh" => "cookieRefresh",
        "sessionLogout" => "sessionCookie",
        _ => return,
    };
    operation["security"][0][cookie] = json!([]);
}

fn describe_answers(operation: &mut Map<String, Value>) {
    let id = operation_id(operation);
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else {
        return;
    };
    for (status, answer) in responses.iter_mut() {
        let description = answer["description"].as_str().unwrap_or_default();
        if description.is_empty() {
            answer["description"] = json!(success(status));
        }
        answer["headers"] = success_headers(&id);
    }
    for code in problems::of(&id) {
        problems::describe(responses, code);
    }
    oauth::describe_errors(&id, responses);
    if let Some(refused) = responses.get_mut("401").filter(|_| id == "refresh") {
        refused["headers"]["Set-Cookie"] = text_header(
            "Both cookies, expired: only if a superseded refresh token came back, which ends the \
             session.",
        );
    }
}

fn success(status: &str) -> &'static str {
    match status {
        "202" => "Accepted.",
        "204" => "Done.",
        _ => "The answer.",
    }
}

pub(super) fn text_header(description: &str) -> Value {
    json!({ "description": description, "schema": { "type": "string" } })
}

fn success_headers(id: &str) -> Value {
    let mut headers =
        json!({ "X-Request-Id": text_header("Names the request in the service's log.") });
    if let Some(cookies) = cookies(id) {
        headers["Set-Cookie"] = text_header(cookies);
    }
    if id == "verify" {
        headers["X-Auth-Subject"] = text_header("The user's identifier.");
        headers["X-Auth-Session"] = text_header("The session's identifier.");
        headers["X-Auth-Roles"] = text_header("The user's roles, separated by commas.");
    }
    headers
}

/// Which cookies an operation sets.
fn cookies(id: &str) -> Option<&'static str> {
    match id {
        "refresh" => Some(
            "Two lines: the access cookie (`Path=/`) and the refresh cookie \
             (`Path=/api/auth/refresh`), both `HttpOnly; SameSite=Strict`. Not readable by scripts.",
        ),
        "login" | "changePassword" => Some(
            "Three lines: the access cookie (`Path=/`) and the refresh cookie \
             (`Path=/api/auth/refresh`), both `HttpOnly; SameSite=Strict`, not readable by scripts; the \
             cookie of the session flow expires. In the session flow the other way round.",
        ),
        "logout" | "logoutAll" | "endSession" | "sessionLogout" => {
            Some("Every cookie of the session, expired; none if no session was named.")
        }
        "passwordLogin" => Some(
            "The session cookie (`Path=/; HttpOnly; SameSite=Strict`), not readable by scripts; those of \
             the other flow expire.",
        ),
        "token" => Some(
            "In the session flow: the access cookie (`Path=/; HttpOnly; SameSite=Strict`), not readable \
             by scripts, and the session cookie when its life has become longer.",
        ),
        _ => None,
    }
}

/// JSON is UTF-8 by its own standard (RFC 8259 section 8.1): the parameter says nothing.
fn name_media_types(holder: &mut Map<String, Value>) {
    let Some(content) = holder.get_mut("content").and_then(Value::as_object_mut) else { return };
    if let Some(json) = content.remove("application/json; charset=utf-8") {
        content.insert("application/json".to_owned(), json);
    }
}

/// The answers and the request of an operation: what may have a body.
fn holders(operation: &mut Map<String, Value>) -> impl Iterator<Item = &mut Map<String, Value>> {
    let members = operation.iter_mut().flat_map(|(name, member)| match name.as_str() {
        "responses" => member.as_object_mut().into_iter().flat_map(Map::values_mut).collect(),
        "requestBody" => vec![member],
        _ => Vec::new(),
    });
    members.filter_map(Value::as_object_mut)
}

/// Stable bytes.
fn written(document: Value) -> String {
    let mut text = serde_json::to_string_pretty(&sorted(document)).unwrap_or_default();
    text.push('\n');
    text
}

/// The framework's maps come in any order.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.into_iter().collect();
            members.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(members.into_iter().map(|(name, value)| (name, sorted(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}
