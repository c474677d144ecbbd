//! Whose page is asking: the Origin rule, CORS, and the headers on every answer.

use super::{
    guard::{Needs, OPERATIONS, Operation},
    support::{Answer, Call, TestApp, TestConfig},
};

const OWN: &str = "https://api.example.com";
const ALLOWED: &str = "https://ui.example.com";

/// Behind https, with a page on a sibling host.
async fn deployed() -> TestApp {
    let config = TestConfig::default();
    let config = config.set("server.public_url", OWN).set("server.allowed_origins", ALLOWED);
    TestApp::with(config).await
}

fn state_changing() -> impl Iterator<Item = Operation> {
    OPERATIONS.into_iter().filter(Operation::changes_state)
}

/// What the header lines say of where the request comes from.
type Lines = Vec<(&'static str, Vec<u8>)>;

/// Other people's pages, and what looks like ours.
fn foreign() -> Vec<Lines> {
    let origins: [&[u8]; 32] = [
        b"null",
        b"",
        b"*",
        b"https://evil.example",
        b"https://ui.example.com.evil.example",
        b"https://evil-ui.example.com",
        b"https://evilui.example.com",
        b"https://x.ui.example.com",
        b"http://ui.example.com",
        b"http://api.example.com",
        b"https://api.example.com:8443",
        b"https://ui.example.com:443",
        b"https://ui.example.com:80",
        b"https://UI.example.com",
        b"HTTPS://ui.example.com",
        b"https://ui.example.com/",
        b"https://ui.example.com/x",
        b"https://ui.example.com.",
        b"https://other.example.com",
        b"https://example.com",
        b"https://ui.example.com@evil.example",
        b"https://evil.example#https://ui.example.com",
        b"https://ui.example.com https://evil.example",
        b"https://ui.example.com, https://evil.example",
        b"https://ui.example.com\\@evil.example",
        b"https://uiXexample.com",
        b"ui.example.com",
        b"http://localhost:8080",
        b"file://",
        b"chrome-extension://abcdefgh",
        b"https://\xff.example",
        b"https://ui.example.com\xc3\xa9",
    ];
    let mut lines: Vec<Lines> =
        origins.iter().map(|origin| vec![("origin", origin.to_vec())]).collect();
    let origin = |text: &str| ("origin", text.as_bytes().to_vec());
    let site = |text: &str| ("sec-fetch-site", text.as_bytes().to_vec());
    lines.extend([
        vec![origin(ALLOWED), origin(ALLOWED)],
        vec![origin(OWN), origin("https://evil.example")],
        vec![origin("https://evil.example"), origin(OWN)],
        vec![origin("https://evil.example"), site("same-origin")],
        vec![origin("null"), site("none")],
        vec![site("cross-site")],
        vec![site("same-site")],
    ]);
    lines
}

fn from(mut call: Call, lines: &Lines) -> Call {
    for (name, value) in lines {
        call = call.header(name, value);
    }
    call
}

const CORS: [&str; 7] = [
    "access-control-allow-origin",
    "access-control-allow-credentials",
    "access-control-expose-headers",
    "access-control-allow-methods",
    "access-control-allow-headers",
    "access-control-max-age",
    "timing-allow-origin",
];

#[track_caller]
fn assert_unreadable(answer: &Answer) {
    for name in CORS {
        assert_eq!(answer.all(name), Vec::<&str>::new(), "{answer:?}");
    }
    assert_eq!(answer.all("vary"), ["Origin"]);
}

#[track_caller]
fn assert_readable(answer: &Answer, origin: &str) {
    assert_eq!(answer.all("access-control-allow-origin"), [origin], "{answer:?}");
    assert_eq!(answer.all("access-control-allow-credentials"), ["true"]);
    let exposed = ["Date, Retry-After, WWW-Authenticate, X-Request-Id"];
    assert_eq!(answer.all("access-control-expose-headers"), exposed);
    assert!(answer.all("vary").contains(&"Origin"), "{answer:?}");
}

#[tokio::test]
async fn no_other_page_changes_anything() {
    let app = deployed().await;
    let mut ada = app.in_every_way("ada", "revocations:read").await;
    // A refresh would rotate, an exchange move the deadline.
    app.advance(60);
    let before = app.stored().await;
    for operation in state_changing() {
        for lines in foreign() {
            let answer = ada.send(from(operation.genuine_call(&ada), &lines)).await;
            assert_eq!(answer.status, 403, "{} {lines:?}", operation.path);
            answer.assert_foreign(operation.path);
            assert_unreadable(&answer);
        }
        assert_eq!(app.stored().await, before, "{}", operation.path);
    }
    assert_eq!(ada.me().await.status, 200);
    assert_eq!(ada.refresh_lost().await.status, 200);
    assert_eq!(ada.exchange().await.status, 200);
    assert_ne!(app.stored().await, before);
}

#[tokio::test]
async fn where_a_cookie_alone_authorizes_the_page_has_to_be_named() {
    let app = deployed().await;
    let mut ada = app.in_every_way("ada", "revocations:read").await;
    app.advance(60);
    let before = app.stored().await;
    for operation in OPERATIONS.iter().filter(|row| row.needs == Needs::SessionCookie) {
        let site = |value: &str| operation.genuine_call(&ada).header("sec-fetch-site", value);
        for call in [
            operation.genuine_call(&ada),
            ada.with_access(operation.call()),
            site("same-origin"),
            site("none"),
            site("banana"),
            site("cross-site"),
            operation.genuine_call(&ada).header("referer", format!("{OWN}/")),
        ] {
            let answer = app.send(call).await;
            answer.assert_foreign(operation.path);
            assert_unreadable(&answer);
        }
        // It says nothing of the cookie.
        let refused = app.send(operation.genuine_call(&ada)).await;
        let mut junk = ada.clone();
        for cookie in [None, Some("junk".to_owned())] {
            junk.session_cookie = cookie;
            let answer = app.send(operation.genuine_call(&junk)).await;
            assert_eq!(answer.anonymous(), refused.anonymous());
        }
    }
    assert_eq!(app.stored().await, before);
    assert_eq!(ada.exchange().await.status, 200);
}

#[tokio::test]
async fn the_origin_is_judged_before_anything_else() {
    let app = deployed().await;
    for operation in state_changing() {
        let call = Call::new(operation.method, operation.path).header("origin", "null");
        for call in [
            call.clone(),
            call.clone().bearer("junk").cookie("__Host-tandem-access", "junk"),
            call.clone().bearer("a").bearer("b"),
            call.clone().body("text/plain", "x"),
            call.clone().body("application/json", "{"),
            call.clone().body("application/json", " ".repeat(70_000)),
        ] {
            app.send(call).await.assert_foreign(operation.path);
        }
    }
    for path in ["/nothing", "/iam", "/iam/nothing", "/iam/oauth/nothing", "/iam/oauth/"] {
        let nowhere = Call::post(path).header("origin", "null");
        app.send(nowhere).await.assert_foreign(path);
    }
    let put = Call::new("PUT", "/api/auth/me").header("origin", "null");
    app.send(put).await.assert_refused(403, "origin_not_allowed");
}

#[tokio::test]
async fn our_own_pages_and_allowed_ones_may_call_and_read() {
    for operation in OPERATIONS {
        if operation.path.starts_with("/.well-known/") || operation.path == "/health/ready" {
            continue;
        }
        for origin in [OWN, ALLOWED] {
            let app = deployed().await;
            let ada = app.in_every_way("ada", "revocations:read").await;
            // Refused or not, the page may read why.
            let bare = app.send(operation.call().header("origin", origin)).await;
            assert_readable(&bare, origin);
            let call = operation.genuine_call(&ada).header("origin", origin);
            let answer = ada.send(call.header("sec-fetch-site", "same-site")).await;
            let status = match operation.needs {
                Needs::AllFour => 200,
                Needs::Nothing
                | Needs::Pair
                | Needs::PairForEffect
                | Needs::SessionCookie
                | Needs::Client
                | Needs::Machine => operation.genuine.0,
            };
            assert_eq!(answer.status, status, "{} from {origin}", operation.template);
            assert_readable(&answer, origin);
        }
    }
}

#[tokio::test]
async fn who_says_nothing_of_a_page_may_call_and_no_page_may_read() {
    let app = deployed().await;
    app.browser().register("ada").await;
    let login = OPERATIONS.iter().find(|row| row.path == "/api/auth/login").unwrap();
    let site = |value: &str| login.call().header("sec-fetch-site", value);
    for call in [login.call(), site("none"), site("same-origin"), site("banana"), site("")] {
        let answer = app.send(call).await;
        assert_eq!(answer.status, 200);
        assert_unreadable(&answer);
    }
}

#[tokio::test]
async fn reading_is_not_judged_and_not_shown_to_other_pages() {
    let app = deployed().await;
    let ada = app.logged_in("ada").await;
    let pages = ["/openapi.json", "/problems/internal", "/docs", "/nothing"];
    let gets = OPERATIONS.iter().filter(|row| row.method == "GET").map(|row| row.path);
    // A proxy's question is judged as the request that it is about: see `verify`.
    let is_other = |path: &str| path.starts_with("/.well-known/") || path == "/api/auth/verify";
    for path in gets.chain(pages).filter(|path| !is_other(path)) {
        let expected = ada.call("GET", path).await.status;
        for lines in foreign() {
            let answer = ada.send(from(ada.with_access(Call::get(path)), &lines)).await;
            if path != "/health/ready" {
                assert_eq!(answer.status, expected, "{path} {lines:?}");
            }
            assert_unreadable(&answer);
        }
    }
}

fn preflight(path: &str, lines: &Lines) -> Call {
    let call = Call::new("OPTIONS", path);
    let call = call.header("access-control-request-method", "POST");
    from(call.header("access-control-request-headers", "authorization,content-type"), lines)
}

#[tokio::test]
async fn a_preflight_names_exactly_what_our_pages_may_send() {
    let app = deployed().await;
    for operation in OPERATIONS {
        for origin in [OWN, ALLOWED] {
            let lines = vec![("origin", origin.as_bytes().to_vec())];
            for method in ["POST", "DELETE", "TRACE", "*"] {
                let call = preflight(operation.path, &lines);
                let answer = app.send(call.header("access-control-request-method", method)).await;
                assert_eq!((answer.status, &*answer.body), (204, &b""[..]));
                assert_readable(&answer, origin);
                assert_eq!(answer.all("access-control-allow-methods"), ["GET, POST, DELETE"]);
                let headers = ["Authorization, Content-Type, X-Request-Id"];
                assert_eq!(answer.all("access-control-allow-headers"), headers);
                assert_eq!(answer.all("access-control-max-age"), ["600"]);
                assert_eq!(answer.header("access-control-allow-private-network"), None);
            }
        }
    }
}

#[tokio::test]
async fn a_preflight_of_another_page_is_refused() {
    let app = deployed().await;
    let mut nobody = foreign();
    nobody.push(Vec::new());
    for path in ["/api/auth/login", "/api/auth/me", "/.well-known/jwks.json", "/nothing"] {
        for lines in &nobody {
            let answer = app.send(preflight(path, lines)).await;
            answer.assert_refused(403, "origin_not_allowed");
            assert_unreadable(&answer);
        }
    }
}

#[tokio::test]
async fn what_is_well_known_is_for_everybody_and_for_no_credential() {
    let app = deployed().await;
    let jwks = "/.well-known/jwks.json";
    for (path, cache) in [
        (jwks, "public, max-age=300"),
        ("/.well-known/oauth-authorization-server", "public, max-age=3600"),
    ] {
        let allowed = vec![("origin", ALLOWED.as_bytes().to_vec())];
        for lines in [Vec::new(), allowed].into_iter().chain(foreign()) {
            let answer = app.send(from(Call::get(path), &lines)).await;
            assert_eq!(answer.status, 200);
            assert_eq!(answer.all("access-control-allow-origin"), ["*"]);
            assert_eq!(answer.header("access-control-allow-credentials"), None);
            assert_eq!(answer.header("vary"), None);
            assert_eq!(answer.header("cache-control"), Some(cache));
        }
    }
    // Not so where it is not given.
    let refused = app.send(Call::post(jwks).header("origin", "https://evil.example")).await;
    refused.assert_refused(403, "origin_not_allowed");
    assert_unreadable(&refused);
    let refused = app.send(Call::post(jwks)).await;
    refused.assert_refused(405, "method_not_allowed");
    assert_unreadable(&refused);
}

#[tokio::test]
async fn during_development_every_local_page_is_ours() {
    let app = TestApp::start().await;
    app.browser().register("ada").await;
    let login = OPERATIONS.iter().find(|row| row.path == "/api/auth/login").unwrap();
    for origin in [
        &*app.origin,
        "http://localhost",
        "http://localhost:5173",
        "http://127.0.0.1:3000",
        "http://[::1]:8080",
    ] {
        let answer = app.send(login.call().header("origin", origin)).await;
        assert_eq!(answer.status, 200, "{origin}");
        assert_readable(&answer, origin);
    }
    let before = app.stored().await;
    for origin in [
        "https://localhost:5173",
        "http://localhost.evil.example",
        "http://10.0.0.1",
        "http://127.0.0.2:5173",
        "http://localhost:0",
        "http://localhost:080",
        "http://LOCALHOST:5173",
        "http://localhost:5173/",
        "http://localhost:99999",
        "http://[::2]:80",
        "http://0.0.0.0:5173",
        "http://127.1",
        "null",
        "http://user@localhost:5173",
        "http://evil.example:5173",
    ] {
        let answer = app.send(login.call().header("origin", origin)).await;
        answer.assert_refused(403, "origin_not_allowed");
        assert_unreadable(&answer);
    }
    assert_eq!(app.stored().await, before);
}

/// One answer of every kind.
async fn answers(app: &TestApp) -> Vec<(String, Answer)> {
    let ada = app.in_every_way("ada", "revocations:read").await;
    let mut calls = Vec::new();
    let order = |row: &Operation| (row.path.contains("password"), row.path.contains("logout"));
    let mut operations = OPERATIONS;
    operations.sort_by_key(order);
    for operation in operations {
        calls.push(operation.call());
        calls.push(operation.genuine_call(&ada));
        calls.push(operation.genuine_call(&ada).header("origin", &ada.origin));
    }
    let post = Call::post("/api/auth/login");
    let own = vec![("origin", app.origin.clone().into_bytes())];
    calls.extend([
        Call::get("/nothing"),
        Call::new("PUT", "/api/auth/me"),
        Call::new("HEAD", "/health/live"),
        Call::new("OPTIONS", "/api/auth/me"),
        preflight("/api/auth/me", &own),
        preflight("/api/auth/me", &Vec::new()),
        post.clone().header("origin", "null"),
        post.clone().body("text/plain", "x"),
        post.clone().body("application/json", "{"),
        post.clone().body("application/json", "{}"),
        post.body("application/json", " ".repeat(70_000)),
        Call::get("/api/auth/me").bearer("a").bearer("b"),
        Call::get("/openapi.json"),
        Call::get("/problems/invalid-token"),
        Call::get("/problems/nothing"),
        Call::get("/docs"),
        Call::get("/docs/start.js"),
        Call::get("/docs/swagger-ui.js"),
        Call::get("/docs/swagger-ui.css"),
        Call::get("/docs/nothing"),
    ]);
    let mut answers = Vec::new();
    for call in calls {
        answers.push((format!("{call:?}"), app.send(call).await));
    }
    answers
}

/// The directives of a policy.
fn policy(answer: &Answer) -> Vec<String> {
    let [policy] = answer.all("content-security-policy")[..] else { panic!("{answer:?}") };
    policy.split(';').map(|directive| directive.trim().to_owned()).collect()
}

#[track_caller]
fn assert_dressed(answer: &Answer, call: &str) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
    ] {
        assert_eq!(answer.all(name), [value], "{call}");
    }
    for name in ["cache-control", "x-request-id"] {
        assert_eq!(answer.all(name).len(), 1, "{call}");
    }
    for name in ["server", "x-powered-by", "location", "content-location", "via"] {
        assert_eq!(answer.header(name), None, "{call}");
    }
    let policy = policy(answer);
    for directive in
        ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"]
    {
        assert!(policy.iter().any(|other| other == directive), "{call}: {policy:?}");
    }
    let scripts = policy.iter().find(|directive| directive.starts_with("script-src"));
    let content_type = answer.header("content-type").unwrap_or_default();
    let cached = answer.header("cache-control").unwrap();
    if content_type.starts_with("text/") {
        assert!(content_type.ends_with("; charset=utf-8"), "{call}");
        assert!(matches!(cached, "no-cache" | "public, max-age=3600"), "{call}");
        assert!(scripts.is_none_or(|scripts| scripts == "script-src 'self'"), "{call}");
    } else {
        let public = call.contains("/.well-known/") && cached.starts_with("public, max-age=");
        assert!(
            cached == "no-store" || public || cached == "private, max-age=1",
            "{call}: {cached}"
        );
        assert_eq!((scripts, policy.len()), (None, 4), "{call}");
    }
    if content_type.starts_with("text/html") {
        assert_eq!(answer.all("cross-origin-opener-policy"), ["same-origin"], "{call}");
    }
    assert_eq!(content_type.is_empty(), answer.body.is_empty() && !call.contains("HEAD"), "{call}");
}

#[tokio::test]
async fn every_answer_is_dressed() {
    let config = TestConfig::default().set("server.docs", "true");
    let app = TestApp::with(config.clone()).await;
    let behind_https = config.set("server.public_url", OWN).set("server.allowed_origins", ALLOWED);
    let behind_https = TestApp::with(behind_https).await;
    let mut statuses = std::collections::BTreeSet::new();
    for (app, sharing, transport) in [
        (&app, "same-origin", vec![]),
        (&behind_https, "same-site", vec!["max-age=31536000; includeSubDomains"]),
    ] {
        for (call, answer) in answers(app).await {
            assert_dressed(&answer, &call);
            assert_eq!(answer.all("cross-origin-resource-policy"), [sharing], "{call}");
            assert_eq!(answer.all("strict-transport-security"), transport, "{call}");
            let varies = !(call.contains("/.well-known/") && answer.status == 200);
            assert_eq!(answer.header("vary").is_some(), varies, "{call}");
            statuses.insert(answer.status);
        }
    }
    statuses.remove(&503);
    assert_eq!(statuses, [200, 202, 204, 400, 401, 403, 404, 405, 413, 415, 422].into());
}
