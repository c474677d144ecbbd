//! The OpenAPI document: what it promises is kept, and what happens is in it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use serde_json::{Map, Value, json};
use tandem::domain::clock::{Clock, SystemClock};

use super::{
    guard::{Needs, OPERATIONS, Operation},
    support::{Answer, Browser, Call, TestApp, TestConfig, database::variable},
};

fn document() -> Value {
    serde_json::from_str(&tandem::http::document()).unwrap()
}

/// Method, path, and what the document says.
fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations.push((method.to_uppercase(), path.clone(), operation));
        }
    }
    operations
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_default()
}

/// `TANDEM_UPDATE_OPENAPI=1` writes the file instead.
#[tokio::test]
async fn the_committed_document_is_the_served_one() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("openapi/openapi.json");
    let document = tandem::http::document();
    if variable("TANDEM_UPDATE_OPENAPI").as_deref() == Some("1") {
        std::fs::write(&path, &document).unwrap();
    }
    assert!((0..10).all(|_| tandem::http::document() == document), "it changes from call to call");
    for config in [
        TestConfig::default(),
        TestConfig::default().set("server.public_url", "https://auth.example.com"),
        TestConfig::default().set("accounts.registration", "closed").set("server.docs", "false"),
    ] {
        let served = TestApp::with(config).await.send(Call::get("/openapi.json")).await;
        assert_eq!(served.status, 200);
        assert_eq!(served.header("content-type"), Some("application/json"));
        assert_eq!(served.text(), document);
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    let hint = "cargo run -- openapi > openapi/openapi.json";
    assert!(committed == document, "openapi/openapi.json is old: {hint}");
}

#[test]
fn keys_are_sorted_and_the_frame_is_complete() {
    let document = document();
    let text = tandem::http::document();
    assert_eq!(text, format!("{}\n", serde_json::to_string_pretty(&document).unwrap()));
    assert_eq!(document["servers"], json!([{ "url": "/" }]));
    assert_eq!(document["info"]["title"], "Tandem");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(document["info"]["license"]["name"], "MIT");
    assert!(document["info"]["description"].as_str().unwrap().len() > 100);
    assert!(document.get("security").is_none());
}

#[test]
fn every_operation_is_described() {
    let document = document();
    let tags: BTreeMap<_, _> = document["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| (text(tag, "name"), text(tag, "description")))
        .collect();
    assert!(tags.values().all(|description| !description.is_empty()));
    let (mut ids, mut used) = (BTreeSet::new(), BTreeSet::new());
    let document = &document;
    for (method, path, operation) in operations(document) {
        let id = text(operation, "operationId");
        let is_name = id.chars().all(char::is_alphanumeric) && id.starts_with(char::is_lowercase);
        assert!(is_name && ids.insert(id), "{method} {path}: {id:?}");
        for member in ["summary", "description"] {
            assert!(text(operation, member).len() > 5, "{id} has no {member}");
        }
        assert!(!text(operation, "summary").ends_with('.'), "{id}");
        let [tag] = operation["tags"].as_array().unwrap().as_slice() else { panic!("{id}: tags") };
        let tag = tag.as_str().unwrap();
        assert!(tags.contains_key(tag), "{id}: {tag}");
        used.insert(tag);
        for (status, answer) in operation["responses"].as_object().unwrap() {
            assert!(!text(answer, "description").is_empty(), "{id} {status}");
            assert_eq!(
                answer["headers"]["X-Request-Id"]["schema"]["type"], "string",
                "{id} {status}"
            );
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(!text(parameter, "description").is_empty(), "{id}");
            assert_eq!(parameter["required"], parameter["in"] == "path", "{id}");
        }
    }
    assert_eq!(used, tags.into_keys().collect());
}

#[test]
fn a_protected_operation_needs_both_halves_at_once() {
    let document = document();
    for (method, path, operation) in operations(&document) {
        let row =
            OPERATIONS.iter().find(|row| row.method == method && row.template == path).unwrap();
        assert_eq!(operation["security"], row.documented_needs(), "{method} {path}");
    }
    let schemes = document["components"]["securitySchemes"].as_object().unwrap();
    let names: Vec<_> = schemes.keys().map(String::as_str).collect();
    let expected = [
        "bodyAccess",
        "clientBasic",
        "cookieAccess",
        "cookieRefresh",
        "machineAccess",
        "sessionCookie",
    ];
    assert_eq!(names, expected);
    assert_eq!(text(&schemes["clientBasic"], "scheme"), "basic");
    let flow = &schemes["machineAccess"]["flows"]["clientCredentials"];
    assert_eq!(text(flow, "tokenUrl"), "/iam/oauth/token");
    let body = &schemes["bodyAccess"];
    assert_eq!(
        (text(body, "type"), text(body, "scheme"), text(body, "bearerFormat")),
        ("http", "bearer", "JWT")
    );
    for (name, cookie) in [
        ("cookieAccess", "__Host-tandem-access"),
        ("cookieRefresh", "__Secure-tandem-refresh"),
        ("sessionCookie", "__Host-tandem-session"),
    ] {
        let scheme = &schemes[name];
        assert_eq!(
            (text(scheme, "type"), text(scheme, "in"), text(scheme, "name")),
            ("apiKey", "cookie", cookie)
        );
    }
    assert!(schemes.values().all(|scheme| text(scheme, "description").len() > 20));
}

/// How failures are told: the media type, the schema, and the member with the code.
fn failure(path: &str) -> (&'static str, &'static str, &'static str) {
    if path.starts_with("/iam/oauth/") {
        ("application/json", "OAuthError", "error")
    } else {
        ("application/problem+json", "Problem", "code")
    }
}

#[test]
fn every_failure_is_a_problem_or_an_error_of_the_token_endpoint() {
    let document = document();
    for (method, path, operation) in operations(&document) {
        for (status, answer) in operation["responses"].as_object().unwrap() {
            let is_failure = status.starts_with(['4', '5']);
            let is_readiness = path == "/health/ready" && status == "503";
            let content = answer["content"].as_object().cloned().unwrap_or_default();
            let types: Vec<_> = content.keys().map(String::as_str).collect();
            if !is_failure || is_readiness {
                assert!(matches!(types[..], [] | ["application/json"]), "{method} {path} {status}");
                continue;
            }
            let (media_type, schema, member) = failure(&path);
            let codes = &document["components"]["schemas"][schema]["properties"][member]["enum"];
            assert_eq!(types, [media_type], "{method} {path} {status}");
            let media = &content[media_type];
            let reference = format!("#/components/schemas/{schema}");
            assert_eq!(media["schema"], json!({ "$ref": reference }));
            for (code, example) in media["examples"].as_object().unwrap() {
                assert!(codes.as_array().unwrap().contains(&json!(code)), "{code}");
                assert_eq!(example["value"][member], json!(code));
                if member == "code" {
                    assert_eq!(example["value"]["status"].to_string(), *status);
                }
                assert!(text(answer, "description").contains(&format!("`{code}`")));
            }
            let header = |name: &str| answer["headers"].get(name).is_some();
            assert_eq!(header("WWW-Authenticate"), status == "401", "{method} {path} {status}");
            assert_eq!(header("Retry-After"), status == "503", "{method} {path} {status}");
        }
        assert!(
            operation["responses"]
                .as_object()
                .unwrap()
                .keys()
                .any(|status| status.starts_with('4'))
        );
    }
}

/// A schema, its reference followed.
fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema.get("$ref").and_then(Value::as_str) {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}

/// What is wrong with `value`. Members that the schema does not know are wrong, too.
fn faults(document: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let schema = resolve(document, schema);
    if let Some(all) = schema.get("allOf").and_then(Value::as_array) {
        let parts = all.iter().filter(|part| part.get("$ref").is_some());
        return parts.flat_map(|part| faults(document, part, value, at)).collect();
    }
    let fault = |what: &str| vec![format!("{at}: {what}: {value}")];
    match (text(schema, "type"), value) {
        ("object", Value::Object(members)) => object_faults(document, schema, members, at),
        ("array", Value::Array(items)) => {
            let items = items.iter().enumerate();
            items
                .flat_map(|(n, item)| {
                    faults(document, &schema["items"], item, &format!("{at}[{n}]"))
                })
                .collect()
        }
        ("string", Value::String(string)) => {
            let length = json!(string.chars().count()).as_u64();
            let least = schema["minLength"].as_u64();
            let most = schema["maxLength"].as_u64().or(Some(u64::MAX));
            let known = schema["enum"].as_array().is_none_or(|known| known.contains(value));
            let time = chrono::DateTime::parse_from_rfc3339(string);
            match text(schema, "format") {
                "date-time" if time.is_err() => fault("no date and time"),
                _ if !known => fault("not one of the enumeration"),
                _ if length < least || length > most => fault("too short or too long"),
                _ => Vec::new(),
            }
        }
        ("integer", Value::Number(number)) if number.is_u64() => Vec::new(),
        ("boolean", Value::Bool(_)) => Vec::new(),
        (other, _) => fault(&format!("not of type {other:?}")),
    }
}

fn object_faults(
    document: &Value,
    schema: &Value,
    members: &Map<String, Value>,
    at: &str,
) -> Vec<String> {
    let known = schema["properties"].as_object().unwrap();
    let required = schema["required"].as_array().into_iter().flatten();
    let missing = required
        .filter_map(Value::as_str)
        .filter(|name| !members.contains_key(*name))
        .map(|name| format!("{at}: {name} is missing"));
    let wrong = members.iter().flat_map(|(name, value)| match known.get(name) {
        Some(schema) => faults(document, schema, value, &format!("{at}.{name}")),
        None => vec![format!("{at}: {name} is not documented")],
    });
    missing.chain(wrong).collect()
}

/// The media types of all bodies, and where they stand.
fn media<'a>(operation: &'a Value) -> Vec<(String, &'a Value)> {
    let mut media = Vec::new();
    let mut add = |name: &str, holder: &'a Value| {
        for (content_type, body) in holder["content"].as_object().into_iter().flatten() {
            media.push((format!("{name} {content_type}"), body));
        }
    };
    add("request", &operation["requestBody"]);
    for (status, answer) in operation["responses"].as_object().unwrap() {
        add(status, answer);
    }
    media
}

fn examples(media: &Value) -> Vec<&Value> {
    let many = media["examples"].as_object().into_iter().flat_map(Map::values);
    media.get("example").into_iter().chain(many.map(|example| &example["value"])).collect()
}

#[test]
fn every_body_has_examples_that_fit_its_schema() {
    let document = document();
    for (method, path, operation) in operations(&document) {
        for (name, media) in media(operation) {
            let examples = examples(media);
            assert!(!examples.is_empty(), "{method} {path} {name} has no example");
            for example in examples {
                let faults = faults(&document, &media["schema"], example, "example");
                assert_eq!(faults, Vec::<String>::new(), "{method} {path} {name}");
            }
        }
    }
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        if let Some(example) = schema.get("example") {
            assert_eq!(faults(&document, schema, example, name), Vec::<String>::new());
        }
        for (member, property) in schema["properties"].as_object().unwrap() {
            assert!(!text(property, "description").is_empty(), "{name}.{member}");
            // Generators make a type of its own of any other part.
            let mut parts = property["allOf"].as_array().into_iter().flatten();
            assert!(parts.all(|part| part.get("$ref").is_some()), "{name}.{member}");
        }
    }
}

/// Without this the test above could find everything right.
#[test]
fn the_check_of_examples_finds_faults() {
    let document = document();
    let schema = json!({ "$ref": "#/components/schemas/Session" });
    let good = document["components"]["schemas"]["Session"]["example"].clone();
    assert_eq!(faults(&document, &schema, &good, ""), Vec::<String>::new());
    for (member, value) in [
        ("id", json!(1)),
        ("created_at", json!("yesterday")),
        ("amr", json!("pwd")),
        ("amr", json!([1])),
        ("current", json!(null)),
        ("unknown", json!(1)),
    ] {
        let mut bad = good.clone();
        bad[member] = value;
        assert_eq!(faults(&document, &schema, &bad, "").len(), 1, "{member}");
        bad.as_object_mut().unwrap().remove("ip");
        assert_eq!(faults(&document, &schema, &bad, "").len(), 2, "{member}");
    }
    let long = json!({ "email": "a".repeat(255), "password": "" });
    let schema = json!({ "$ref": "#/components/schemas/Credentials" });
    assert_eq!(faults(&document, &schema, &long, "").len(), 2);
}

#[test]
fn nothing_in_the_document_is_unused_and_nothing_is_secret() {
    let document = document();
    let all = document.to_string();
    for kind in ["schemas", "securitySchemes"] {
        for name in document["components"][kind].as_object().unwrap().keys() {
            let reference = format!("\"#/components/schemas/{name}\"");
            let needed = all.contains(&reference) || all.contains(&format!("\"{name}\":[]"));
            assert!(needed, "{name} is not used");
        }
    }
    // A real token is longer than any that stands here as an example.
    let words = all.split(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
    let tokens = words.filter(|word| word.starts_with("eyJ") || word.starts_with("tdm_rt"));
    assert!(tokens.clone().count() > 2);
    assert!(tokens.into_iter().all(|token| token.len() < 60));
    for (_, path, operation) in operations(&document) {
        for answer in operation["responses"].as_object().unwrap().values() {
            let set = &answer["headers"]["Set-Cookie"];
            assert!(set.get("example").is_none() && set.get("examples").is_none(), "{path}");
        }
        // The cookie half is in no body.
        for (name, media) in media(operation) {
            assert!(!media.to_string().to_lowercase().contains("cookie"), "{path} {name}");
        }
    }
}

/// What an operation was seen to answer.
#[derive(Default)]
struct Seen(BTreeMap<(&'static str, &'static str), BTreeSet<u16>>);

impl Seen {
    /// Notes an answer, which the document knows: status, type, body, headers.
    fn note(&mut self, document: &Value, operation: &Operation, answer: &Answer) {
        let what = format!("{} {} {}", operation.method, operation.template, answer.status);
        self.0.entry((operation.method, operation.template)).or_default().insert(answer.status);
        let described = &document["paths"][operation.template][operation.method.to_lowercase()];
        let described = described["responses"].get(answer.status.to_string());
        let described = described.unwrap_or_else(|| panic!("{what} is not documented: {answer:?}"));
        let content = described["content"].as_object().cloned().unwrap_or_default();
        match answer.header("content-type") {
            None => assert!(content.is_empty() && answer.body.is_empty(), "{what}"),
            Some(content_type) => {
                let media = &content[content_type.split(';').next().unwrap()];
                let faults = faults(document, &media["schema"], &answer.json(), "answer");
                assert_eq!(faults, Vec::<String>::new(), "{what}");
                let code = answer.code();
                assert!(
                    code.is_empty() || media["examples"].get(&code).is_some(),
                    "{what}: {code}"
                );
            }
        }
        let documented = |name: &str| {
            let mut names = described["headers"].as_object().unwrap().keys();
            names.any(|other| other.eq_ignore_ascii_case(name))
        };
        for name in [
            "x-request-id",
            "www-authenticate",
            "retry-after",
            "set-cookie",
            "x-auth-roles",
            "x-auth-problem",
        ] {
            assert!(answer.header(name).is_none() || documented(name), "{what}: {name}");
        }
    }
}

/// Calls that go wrong in the ordinary ways.
fn mistakes(operation: &Operation, ada: &Browser) -> Vec<Call> {
    let call = || operation.call();
    let bearer = ada.tokens.body_access.as_deref().unwrap();
    let mut calls = vec![call(), call().bearer(bearer), call().bearer("a").bearer("b")];
    if operation.path == "/api/auth/verify" {
        calls.push(call().header("origin", "null"));
    } else {
        calls.push(call().header("host", "a").header("host", "b"));
    }
    if operation.changes_state() {
        let bare = || ada.with_access(Call::new(operation.method, operation.path));
        calls.push(call().header("origin", "null"));
        calls.push(bare().body("application/json", " ".repeat(70_000)));
        if operation.body.is_some() {
            calls.push(bare().body("application/json", "{"));
            calls.push(bare().body("application/json", r#"{"x":1}"#));
            calls.push(bare().body("text/plain", "{}"));
        }
    }
    calls
}

/// What machines do wrong.
async fn mistakes_of_machines(operation: &Operation, app: &TestApp) -> Vec<Call> {
    match (operation.needs, operation.path) {
        (_, path @ "/iam/oauth/token") => {
            let form = "grant_type=client_credentials";
            vec![Call::post(path).body("application/x-www-form-urlencoded", form)]
        }
        (Needs::Machine, path) => {
            let other = app.machine("other").await;
            let call = Call::get(&format!("{path}?since=x"));
            vec![operation.call().bearer(&other.token), call.bearer(&other.token)]
        }
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn what_happens_is_documented_and_what_is_documented_happens() {
    let document = document();
    let mut seen = Seen::default();
    for operation in OPERATIONS {
        let app = TestApp::start().await;
        let mut ada = app.in_every_way("ada", "revocations:read").await;
        for call in mistakes(&operation, &ada) {
            seen.note(&document, &operation, &app.send(call).await);
        }
        if matches!(operation.path, "/api/auth/login" | "/iam/passwordlogin") {
            let body = r#"{"email":"ada@example.com","password":"not this one"}"#;
            let call = Call::post(operation.path).body("application/json", body);
            seen.note(&document, &operation, &app.send(call).await);
        }
        for call in mistakes_of_machines(&operation, &app).await {
            seen.note(&document, &operation, &app.send(call).await);
        }
        if operation.path == "/health/ready" {
            // A test's clock stands still, and readiness notices.
            let behind = SystemClock.now().since(app.clock.now());
            app.clock.advance(behind);
            app.look().await;
            seen.note(&document, &operation, &app.send(operation.call()).await);
            app.advance(10);
            app.look().await;
        }
        let expired = ada.clone();
        if operation.needs == Needs::Pair {
            app.advance(300);
            let call = expired.with_access(operation.call());
            seen.note(&document, &operation, &app.send(call).await);
            assert_eq!(ada.refresh().await.status, 200);
        }
        // Best for the last: it may end the session.
        let call = match operation.needs {
            Needs::AllFour => ada.refresh_call(),
            Needs::Nothing | Needs::Pair | Needs::PairForEffect => {
                ada.with_access(operation.call())
            }
            Needs::SessionCookie => operation.genuine_call(&ada).header("origin", &ada.origin),
            Needs::Client | Needs::Machine => operation.genuine_call(&ada),
        };
        seen.note(&document, &operation, &app.send(call).await);
        if operation.template.ends_with("{id}") {
            let own = format!("/api/auth/sessions/{}", ada.session());
            seen.note(&document, &operation, &ada.call("DELETE", &own).await);
        }
    }
    let closed = TestApp::with(TestConfig::default().set("accounts.registration", "closed")).await;
    let register = OPERATIONS.iter().find(|row| row.path == "/api/auth/register").unwrap();
    let refused = closed.send(register.call()).await;
    refused.assert_refused(403, "forbidden");
    seen.note(&document, register, &refused);
    assert_complete(&document, seen);
}

/// What is documented was seen, and nothing else.
fn assert_complete(document: &Value, mut seen: Seen) {
    for (method, path, operation) in operations(document) {
        let documented: BTreeSet<u16> = operation["responses"]
            .as_object()
            .unwrap()
            .keys()
            .map(|status| status.parse().unwrap())
            .collect();
        let row =
            OPERATIONS.iter().find(|row| row.method == method && row.template == path).unwrap();
        let mut seen = seen.0.remove(&(row.method, row.template)).unwrap();
        // A service in trouble is another story.
        seen.extend(documented.iter().filter(|status| **status >= 500));
        assert_eq!(seen, documented, "{method} {path}");
    }
}
