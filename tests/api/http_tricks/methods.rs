//! Methods, documented and not.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// The methods of each path, as [`OPERATIONS`] fills it in.
fn methods() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let mut paths: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for row in OPERATIONS {
        paths.entry(row.path).or_default().insert(row.method);
    }
    paths
}

#[tokio::test]
async fn other_methods_are_refused_with_those_that_there_are() {
    let app = TestApp::start().await;
    let ada = app.logged_in("ada").await;
    let before = app.stored().await;
    for (path, methods) in methods() {
        for method in ["GET", "POST", "DELETE", "PUT", "PATCH", "OPTIONS", "TRACE", "BREW", "get"] {
            if methods.contains(method) {
                continue;
            }
            let call = ada.with_access(Call::new(method, path)).header("x-secret", "tell nobody");
            let answer = ada.send(call).await;
            if path.starts_with("/iam/oauth/") {
                answer.assert_oauth_error(405, "invalid_request");
            } else {
                answer.assert_refused(405, "method_not_allowed");
            }
            let allow: BTreeSet<_> = answer.header("allow").unwrap().split(", ").collect();
            assert_eq!(allow, methods, "{method} {path}");
            // TRACE above all: nothing of the request comes back.
            let text = answer.text();
            let token = ada.tokens.cookie_access.as_deref().unwrap();
            assert!(!text.contains("tell nobody") && !text.contains(token), "{method} {path}");
        }
    }
    for page in ["/openapi.json", "/problems/internal", "/docs", "/docs/start.js"] {
        for method in ["POST", "DELETE", "OPTIONS"] {
            let answer = app.send(Call::new(method, page)).await;
            answer.assert_refused(405, "method_not_allowed");
            assert_eq!(answer.header("allow"), Some("GET"));
        }
    }
    assert_eq!(app.stored().await, before);
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let app = TestApp::start().await;
    let ada = app.logged_in("ada").await;
    let before = app.stored().await;
    for (path, methods) in methods() {
        let head = ada.call("HEAD", path).await;
        assert_eq!(head.body, "", "{path}");
        assert_eq!(head.all("set-cookie"), Vec::<&str>::new());
        if methods.contains("GET") && path != "/health/ready" {
            let get = ada.call("GET", path).await;
            assert_eq!(head.status, get.status, "{path}");
            for (name, value) in &get.headers {
                if !matches!(name.as_str(), "date" | "x-request-id" | "content-length") {
                    assert_eq!(head.headers.get(name), Some(value), "{path}: {name}");
                }
            }
            let length = head.header("content-length").unwrap_or("none");
            assert!(length == "none" || Some(length) == get.header("content-length"), "{path}");
        } else if path != "/health/ready" {
            assert_eq!(head.status, 405, "{path}");
        }
        let guarded = credentialed().any(|row| row.path == path && row.method == "GET");
        if guarded {
            assert_eq!(app.send(Call::new("HEAD", path)).await.status, 401, "{path}");
        }
    }
    assert_eq!(app.stored().await, before);
}

#[tokio::test]
async fn nothing_overrides_the_method() {
    let app = TestApp::start().await;
    let ada = app.logged_in("ada").await;
    let mut elsewhere = app.browser();
    elsewhere.login("ada").await;
    let before = app.stored().await;
    for name in ["x-http-method-override", "x-http-method", "x-method-override"] {
        for path in ["/api/auth/sessions", "/api/auth/sessions?_method=DELETE"] {
            let call = ada.with_access(Call::get(path)).header(name, "DELETE");
            let answer = ada.send(call).await;
            assert_eq!(answer.json()["sessions"].as_array().unwrap().len(), 2);
        }
        for (path, method) in [("/api/auth/me", "GET"), ("/api/auth/sessions", "DELETE")] {
            let call = ada.with_access(Call::post(path)).header(name, method);
            let form = "application/x-www-form-urlencoded";
            let call = call.body(form, format!("_method={method}"));
            ada.send(call).await.assert_refused(405, "method_not_allowed");
        }
    }
    assert_eq!(app.stored().await, before);
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_for_every_method() {
    let app = TestApp::start().await;
    for path in
        ["/", "/nothing", "/api", "/api/auth/me/nothing", "/problems/nothing", "/docs/nothing"]
    {
        for method in ["GET", "POST", "PUT", "DELETE", "OPTIONS", "BREW"] {
            let answer = app.send(Call::new(method, path)).await;
            if path == "/problems/nothing" && method != "GET" {
                answer.assert_refused(405, "method_not_allowed");
            } else {
                answer.assert_refused(404, "not_found");
            }
        }
    }
    for path in ["/iam/oauth/", "/iam/oauth/nothing", "/iam/oauth/token/nothing"] {
        for method in ["GET", "POST", "PUT", "DELETE", "OPTIONS", "BREW"] {
            let answer = app.send(Call::new(method, path)).await;
            answer.assert_oauth_error(404, "invalid_request");
        }
    }
}

/// Reverse proxies turn every other answer into a `500` of theirs.
#[tokio::test]
async fn verify_answers_only_what_a_reverse_proxy_understands() {
    let app = TestApp::start().await;
    let ada = app.logged_in("ada").await;
    let verify = || Call::get("/api/auth/verify");
    let token = ada.tokens.body_access.as_deref().unwrap();
    let long = "x".repeat(100_000);
    for call in [
        verify(),
        verify().header("authorization", "Bearer a").header("authorization", "Bearer b"),
        verify().cookie("tandem-access", "a").cookie("tandem-access", "b"),
        verify().header("authorization", b"\xff\xfe"),
        verify().header("cookie", b"tandem-access=\xff"),
        verify().bearer(&"x".repeat(5000)),
        verify().bearer(token).cookie("tandem-access", &"x".repeat(5000)),
        verify().json(&serde_json::json!({"a": "b"})),
        verify().body("application/json", "{"),
        verify().body("text/plain", long.clone()),
        verify().bytes(long),
        verify().header("accept", "text/plain").header("range", "bytes=0-1"),
        verify()
            .header("if-none-match", "*")
            .header("if-modified-since", "Sun, 22 Nov 2037 08:00:00 GMT"),
        verify().header("x-request-id", b"\xff").header("content-type", b"\xff"),
        verify().header("x-original-url", "/admin"),
        verify().header("x-original-method", b"\xff").header("x-forwarded-method", "BREW"),
        Call::get("/api/auth/verify?"),
        Call::new("HEAD", "/api/auth/verify"),
    ] {
        let answer = app.send(call.clone()).await;
        assert_eq!(answer.status, 401, "{call:?}");
        let answer = ada.send(ada.with_access(call.clone())).await;
        assert!(matches!(answer.status, 200 | 401), "{call:?} {answer:?}");
        assert_eq!(answer.status == 200, answer.header("x-auth-subject").is_some());
    }
    for call in [
        verify().header("origin", "https://evil.example"),
        verify().header("origin", "null").header("sec-fetch-site", "cross-site"),
        verify().header("origin", b"\xff"),
    ] {
        assert_eq!(ada.send(ada.with_access(call)).await.status, 403);
    }
}
