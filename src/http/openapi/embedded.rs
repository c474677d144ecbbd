//! The document of an API that has us in its process.

use serde_json::{Map, Value, json};

use super::{oauth, operations, problems, require_all, written};
use crate::http::problem::Code;

/// Puts the document of an embedding API right: poem-openapi writes the two schemes of a pair as
/// alternatives, and nothing for an operation that needs none. Here both are needed at once, a public
/// operation says so, and the guard's answers are described. `spec`: what
/// `poem_openapi::OpenApiService::spec` gives.
///
/// # Errors
/// If `spec` is no JSON.
pub fn embedded_document(spec: &str) -> serde_json::Result<String> {
    let mut document: Value = serde_json::from_str(spec)?;
    for operation in operations(&mut document) {
        require_all(operation);
        describe_refusals(operation);
    }
    if let Some(components) = document.pointer_mut("/components").and_then(Value::as_object_mut) {
        components.entry("schemas").or_insert_with(|| json!({}))["Problem"] = problems::schema();
        let schemes = components.entry("securitySchemes").or_insert_with(|| json!({}));
        oauth::describe_machine_scheme(schemes, &json!({}));
    }
    Ok(written(document))
}

/// What the guard answers before a protected operation.
fn describe_refusals(operation: &mut Map<String, Value>) {
    let is_public = operation.get("security") == Some(&json!([{}]));
    let Some(answers) = operation.get_mut("responses").and_then(Value::as_object_mut) else {
        return;
    };
    let codes = [Code::Unauthenticated, Code::InvalidToken, Code::AccessExpired, Code::Forbidden];
    for code in codes.into_iter().filter(|_| !is_public) {
        problems::describe(answers, code);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes_are_needed_at_once_and_their_absence_is_said() {
        let spec = json!({
            "paths": { "/a": {
                "get": { "security": [{ "bodyAccess": [] }, { "cookieAccess": [] }], "responses": {} },
                // By the name of one of ours, which asks for more.
                "post": { "operationId": "token", "responses": { "200": { "description": "" } } },
            } },
            "components": {},
        });
        let text = embedded_document(&spec.to_string()).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        let operation = |method: &str| document["paths"]["/a"][method].clone();
        assert_eq!(operation("get")["security"], json!([{ "bodyAccess": [], "cookieAccess": [] }]));
        let answers = operation("get")["responses"].as_object().unwrap().clone();
        assert_eq!(answers.keys().collect::<Vec<_>>(), ["401", "403"]);
        assert_eq!(operation("post")["security"], json!([{}]));
        assert_eq!(operation("post")["responses"].as_object().unwrap().len(), 1);
        assert!(document["components"]["schemas"]["Problem"].is_object());
        assert!(embedded_document("{").is_err());
    }
}
