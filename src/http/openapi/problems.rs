//! Problems in the document (RFC 9457): which an operation can answer, and what they look like.
#![expect(clippy::indexing_slicing, reason = "writing to a JSON object by index inserts")]

use serde_json::{Map, Value, json};

use super::text_header;
use crate::http::problem::Code;

/// Which problems an operation can answer.
pub(super) fn of(operation_id: &str) -> Vec<Code> {
    use Code::{
        AccessExpired, Forbidden, Internal, InvalidCredentials, InvalidRequest, InvalidToken,
        NotFound, OriginNotAllowed, PayloadTooLarge, Unauthenticated, Unavailable,
        UnsupportedMediaType, ValidationFailed,
    };
    const ANY: &[Code] = &[InvalidRequest, Internal, Unavailable];
    const GUARD: &[Code] = &[Unauthenticated, InvalidToken, AccessExpired];
    const CHANGE: &[Code] = &[OriginNotAllowed, PayloadTooLarge];
    const JSON: &[Code] = &[UnsupportedMediaType, ValidationFailed];
    let groups: &[&[Code]] = match operation_id {
        "register" => &[ANY, CHANGE, JSON, &[Forbidden]],
        "login" | "passwordLogin" => &[ANY, CHANGE, JSON, &[InvalidCredentials]],
        "refresh" => &[ANY, CHANGE, JSON, &[Unauthenticated, InvalidToken]],
        "changePassword" => &[ANY, GUARD, CHANGE, JSON],
        "logout" | "sessionLogout" => &[ANY, CHANGE],
        "logoutAll" | "endOtherSessions" => &[ANY, GUARD, CHANGE],
        "endSession" => &[ANY, GUARD, CHANGE, &[NotFound]],
        "me" | "listSessions" => &[ANY, GUARD],
        "verify" => &[GUARD, &[OriginNotAllowed, Forbidden, Unavailable]],
        "jwks" | "metadata" => &[&[InvalidRequest, Unavailable]],
        "revocations" => &[ANY, GUARD, &[Forbidden, ValidationFailed]],
        "live" | "ready" => &[&[InvalidRequest]],
        _ => &[],
    };
    groups.concat()
}

/// Adds one to the answers of an operation.
pub(super) fn describe(answers: &mut Map<String, Value>, code: Code) {
    let status = code.status().as_u16().to_string();
    let answer = answers.entry(status).or_insert_with(|| bare(code));
    let line = format!("`{}`: {}.", code.as_str(), code.title());
    let described = match answer["description"].as_str() {
        Some("") | None => line,
        Some(before) => format!("{before}\n\n{line}"),
    };
    answer["description"] = json!(described);
    let media = &mut answer["content"]["application/problem+json"];
    media["examples"][code.as_str()] = example(code);
}

fn bare(code: Code) -> Value {
    let mut headers =
        json!({ "X-Request-Id": text_header("Names the request in the service's log.") });
    if code.status().as_u16() == 401 {
        headers["WWW-Authenticate"] = text_header("A challenge (RFC 6750 section 3).");
    }
    if code == Code::Unavailable {
        headers["Retry-After"] = text_header("Seconds to wait before trying again.");
    }
    json!({
        "description": "",
        "headers": headers,
        "content": { "application/problem+json": {
            "schema": { "$ref": "#/components/schemas/Problem" },
        } },
    })
}

fn example(code: Code) -> Value {
    let mut value = json!({
        "type": format!("https://auth.example.com/problems/{}", code.as_str().replace('_', "-")),
        "title": code.title(),
        "status": code.status().as_u16(),
        "code": code.as_str(),
        "request_id": "5a1f3c9e2b7d48160000002a",
    });
    if code == Code::ValidationFailed {
        value["errors"] = json!([{ "field": "password", "message": "is required" }]);
    }
    json!({ "summary": code.title(), "value": value })
}

pub(super) fn schema() -> Value {
    let codes: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let string = |description: &str| json!({ "type": "string", "description": description });
    json!({
        "type": "object",
        "description": "A problem (RFC 9457). Programs look at `code`; people read the rest.",
        "example": example(Code::ValidationFailed)["value"],
        "required": ["type", "title", "status", "code", "request_id"],
        "properties": {
            "type": string("A page that explains the code."),
            "title": string("The same for every occurrence of the code."),
            "status": { "type": "integer", "description": "The HTTP status." },
            "code": { "type": "string", "enum": codes, "description": "From a closed set." },
            "detail": string("What is special about this occurrence."),
            "errors": {
                "type": "array",
                "description": "What is wrong with the members of the request body, all at once.",
                "items": {
                    "type": "object",
                    "required": ["field", "message"],
                    "properties": {
                        "field": {
                            "type": "string", "example": "password",
                            "description": "The member; empty for the body as a whole.",
                        },
                        "message": {
                            "type": "string", "example": "is required",
                            "description": "What is wrong with it, and what to do.",
                        },
                    },
                },
            },
            "request_id": string("Names the request in the service's log."),
        },
    })
}
