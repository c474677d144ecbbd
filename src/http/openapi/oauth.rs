//! The token endpoint in the document: its errors are not problems (RFC 6749 section 5.2).
#![expect(clippy::indexing_slicing, reason = "writing to a JSON object by index inserts")]

use serde_json::{Map, Value, json};

use super::text_header;
use crate::{domain::scope::REVOCATIONS, http::oauth::ErrorCode};

/// Which errors an operation of the token endpoint can answer, by status; none for others.
fn errors(operation_id: &str) -> Vec<(u16, &'static [ErrorCode])> {
    use ErrorCode::{
        AccessDenied, InvalidClient, InvalidGrant, InvalidRequest, InvalidScope, ServerError,
        TemporarilyUnavailable, UnsupportedGrantType, UnsupportedTokenType,
    };
    let bad_requests: &[ErrorCode] = match operation_id {
        "token" => &[InvalidRequest, InvalidGrant, InvalidScope, UnsupportedGrantType],
        "revoke" => &[InvalidRequest, UnsupportedTokenType],
        "introspect" => &[InvalidRequest],
        _ => return Vec::new(),
    };
    vec![
        (400, bad_requests),
        (401, &[InvalidClient]),
        (403, &[AccessDenied]),
        (413, &[InvalidRequest]),
        (500, &[ServerError]),
        (503, &[TemporarilyUnavailable]),
    ]
}

/// Where there is more than one way to authenticate, or a scope is needed: what the operation
/// requires. A client may also prove itself in the form, which is no scheme.
pub(super) fn requirements(operation_id: &str) -> Option<Value> {
    match operation_id {
        "token" => Some(json!([{ "sessionCookie": [] }, { "clientBasic": [] }, {}])),
        "revoke" | "introspect" => Some(json!([{ "clientBasic": [] }, {}])),
        "verify" => {
            Some(json!([{ "bodyAccess": [], "cookieAccess": [] }, { "machineAccess": [] }]))
        }
        "revocations" => Some(json!([{ "machineAccess": [REVOCATIONS] }])),
        _ => None,
    }
}

/// `scopes`: those that operations of the document ask for, with what they are good for.
pub(super) fn describe_machine_scheme(schemes: &mut Value, scopes: &Value) {
    schemes["machineAccess"] = json!({
        "type": "oauth2",
        "description": "A machine token: for the operations that name it, and for no others.",
        "flows": { "clientCredentials": {
            "tokenUrl": "/iam/oauth/token",
            "scopes": scopes,
        } },
    });
}

pub(super) fn describe_errors(operation_id: &str, responses: &mut Map<String, Value>) {
    for (status, codes) in errors(operation_id) {
        let mut headers =
            json!({ "X-Request-Id": text_header("Names the request in the service's log.") });
        if codes.contains(&ErrorCode::InvalidClient) {
            headers["WWW-Authenticate"] =
                text_header("`Basic`, if the client used `Authorization` (RFC 6749 section 5.2).");
        }
        if codes.contains(&ErrorCode::TemporarilyUnavailable) {
            headers["Retry-After"] = text_header("Seconds to wait before trying again.");
        }
        let lines: Vec<_> = codes.iter().map(|code| format!("`{}`", code.as_str())).collect();
        let mut answer = json!({
            "description": format!("{}.", lines.join(", ")),
            "headers": headers,
            "content": { "application/json": {
                "schema": { "$ref": "#/components/schemas/OAuthError" },
            } },
        });
        for code in codes {
            let name = code.as_str();
            answer["content"]["application/json"]["examples"][name] =
                json!({ "summary": name, "value": { "error": name } });
        }
        responses.insert(status.to_string(), answer);
    }
}

pub(super) fn error_schema() -> Value {
    let codes: Vec<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    json!({
        "type": "object",
        "description": "An error of the token endpoint (RFC 6749 section 5.2).",
        "example": {
            "error": "invalid_client",
            "error_description": "the client could not be authenticated",
        },
        "required": ["error"],
        "properties": {
            "error": { "type": "string", "enum": codes, "description": "From a closed set." },
            "error_description": { "type": "string", "description": "For people." },
        },
    })
}

pub(super) fn describe_client_scheme(schemes: &mut Value) {
    schemes["clientBasic"] = json!({
        "type": "http", "scheme": "basic",
        "description": "A machine client: `client_id` and `client_secret` (RFC 6749 section 2.3.1).",
    });
}
