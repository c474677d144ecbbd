//! Examples in the document: of schemas, of their members, of bodies.
#![expect(clippy::indexing_slicing, reason = "writing to a JSON object by index inserts")]

use poem_openapi::types::Example;
use serde_json::{Map, Value, json};

use crate::http::payload::{Credentials, PasswordChange, RefreshRequest};

/// The framework leaves members that are only written out of examples.
pub(super) fn complete_requests(schemas: &mut Value) {
    let credentials = Credentials::example();
    let refresh = RefreshRequest::example();
    let change = PasswordChange::example();
    schemas["Credentials"]["example"] =
        json!({ "email": credentials.email, "password": credentials.password });
    schemas["RefreshRequest"]["example"] = json!({ "refresh_token": refresh.refresh_token });
    schemas["PasswordChange"]["example"] = json!({
        "current_password": change.current_password,
        "new_password": change.new_password,
    });
}

/// Says of each member what the example of its schema says, for tools that look no further.
pub(super) fn show_members(schemas: &mut Value) {
    for (name, schema) in schemas.as_object_mut().into_iter().flatten() {
        let whole = schema.get("example").cloned().unwrap_or_default();
        let Some(members) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
            continue;
        };
        for (member, property) in members.iter_mut().filter(|(_, property)| is_scalar(property)) {
            let shown = whole.get(member).cloned().or_else(|| left_out(name, member));
            if let (Some(shown), None) = (shown, property.get("example")) {
                property["example"] = shown;
            }
        }
    }
}

fn is_scalar(property: &Value) -> bool {
    let kind = property.get("type").and_then(Value::as_str);
    kind.is_some_and(|kind| !matches!(kind, "array" | "object"))
}

/// Members that the example of an answer leaves out, because they do not go with the others. Forms
/// are left as they are: Swagger UI would fill in all their fields, which exclude each other.
fn left_out(schema: &str, member: &str) -> Option<Value> {
    match (schema, member) {
        ("AccessTokenAnswer", "scope") => Some(json!("orders:read")),
        ("Problem", "detail") => Some(json!("registration is closed")),
        ("Introspected", "sid") => Some(json!("9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d")),
        ("RevokedSession", "tokens_not_before") => Some(json!(1_767_268_800)),
        _ => None,
    }
}

/// Shows the example of its schema at each body of an answer or a request.
pub(super) fn show_bodies(holder: &mut Map<String, Value>, schemas: &Value) {
    let content = holder.get_mut("content").and_then(Value::as_object_mut);
    for media in content.into_iter().flat_map(Map::values_mut) {
        let name = media.pointer("/schema/$ref").and_then(Value::as_str);
        let name = name.and_then(|name| name.rsplit('/').next()).unwrap_or_default();
        if let Some(example) = schemas.get(name).and_then(|schema| schema.get("example")) {
            media["example"] = example.clone();
        }
    }
}
