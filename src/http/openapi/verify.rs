//! `verify` in the document: what it reads by itself.

use serde_json::{Map, Value, json};

use super::text_header;

/// Describes the query: an operation that declares parameters is routed the slow way.
pub(super) fn describe(operation: &mut Map<String, Value>) {
    let parameter = |name: &str, item: &str, description: &str| {
        json!({
            "name": name, "in": "query", "required": false, "description": description,
            "schema": { "type": "string", "pattern": format!("^{item}(,{item})*$") },
        })
    };
    let role = "Roles with commas between them: the user needs one of them.";
    let scope = "Scopes with commas between them: a machine needs one of them. No user has any.";
    let parameters = [
        parameter("role", "[a-z][a-z0-9_-]{0,31}", role),
        parameter("scope", "[A-Za-z0-9._~:/-]{1,64}", scope),
    ];
    operation.insert("parameters".to_owned(), json!(parameters));
    let answers = operation.get_mut("responses").and_then(Value::as_object_mut);
    for (status, answer) in answers.into_iter().flatten() {
        let headers = answer.get_mut("headers").and_then(Value::as_object_mut);
        if let Some(headers) = headers.filter(|_| status.starts_with('4')) {
            let description = "The body once more: nginx throws that of a refusal away.";
            headers.insert("X-Auth-Problem".to_owned(), text_header(description));
        }
    }
}
