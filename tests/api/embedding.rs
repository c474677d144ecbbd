//! One process that is auth server and resource server: the example, as its users call it.

use std::sync::Arc;

use serde_json::{Value, json};
use tandem::domain::role::Roles;

use super::support::{Browser, Call, TestApp, TestConfig};

#[path = "../../examples/embedded-api/main.rs"]
#[expect(dead_code, reason = "a program of its own")]
mod example;

async fn with_orders(config: TestConfig) -> TestApp {
    TestApp::embedding(config, example::routes().unwrap()).await
}

async fn logged_in_as(app: &TestApp, name: &str, roles: &[&str]) -> Browser {
    let browser = app.browser();
    browser.register(name).await;
    let user = app.auth().find_user(&format!("{name}@example.com")).await.unwrap();
    let roles = Roles::parse(roles.iter().copied()).unwrap();
    app.auth().set_roles(user.id, &roles).await.unwrap();
    let mut browser = app.browser();
    assert_eq!(browser.login(name).await.status, 200);
    browser
}

fn order(browser: &Browser) -> Call {
    browser.with_access(Call::post("/api/orders?item=tea"))
}

#[tokio::test]
async fn an_own_operation_asks_for_both_halves() {
    let app = with_orders(TestConfig::default()).await;
    assert_eq!(app.send(Call::get("/api/menu")).await.json(), json!(["tea", "coffee"]));
    let ada = logged_in_as(&app, "ada", &[]).await;
    for path in ["/api/orders", "/whoami"] {
        assert_eq!(ada.call("GET", path).await.status, 200, "{path}");
        app.send(Call::get(path)).await.assert_refused(401, "unauthenticated");
        let mut half = ada.clone();
        half.tokens.cookie_access = None;
        half.call("GET", path).await.assert_refused(401, "invalid_token");
        let mut half = ada.clone();
        half.tokens.body_access = None;
        half.call("GET", path).await.assert_refused(401, "invalid_token");
        let machine = app.machine("orders:clear").await;
        app.send(Call::get(path).bearer(&machine.token)).await.assert_refused(401, "invalid_token");
    }
    app.advance(300);
    ada.call("GET", "/api/orders").await.assert_refused(401, "access_expired");
}

#[tokio::test]
async fn roles_open_what_asks_for_them() {
    let app = with_orders(TestConfig::default()).await;
    let ada = logged_in_as(&app, "ada", &["cook"]).await;
    let bob = logged_in_as(&app, "bob", &["waiter"]).await;
    let eve = logged_in_as(&app, "eve", &["guest"]).await;
    ada.send(order(&ada)).await.assert_refused(403, "forbidden");
    assert_eq!(bob.send(order(&bob)).await.json(), json!(1));
    for (who, status) in [(&ada, 200), (&bob, 200), (&eve, 403)] {
        assert_eq!(who.call("GET", "/staff").await.status, status);
    }
    let told = bob.call("GET", "/whoami").await.text();
    assert!(told.ends_with("with roles: waiter"), "{told}");
}

#[tokio::test]
async fn a_machine_opens_only_what_says_so() {
    let app = with_orders(TestConfig::default()).await;
    let bob = logged_in_as(&app, "bob", &["waiter"]).await;
    bob.send(order(&bob)).await;
    let clear = || Call::new("DELETE", "/api/orders");
    bob.send(bob.with_access(clear())).await.assert_refused(401, "invalid_token");
    let other = app.machine("orders:read").await;
    app.send(clear().bearer(&other.token)).await.assert_refused(403, "forbidden");
    let kitchen = app.machine("orders:clear").await;
    assert_eq!(app.send(clear().bearer(&kitchen.token)).await.status, 200);
    assert_eq!(bob.call("GET", "/api/orders").await.json(), json!([]));
}

#[tokio::test]
async fn own_routes_are_behind_the_same_rule_of_origins() {
    let page = "https://ui.example.com";
    let config = TestConfig::default()
        .set("server.public_url", "https://api.example.com")
        .set("server.allowed_origins", page);
    let app = with_orders(config).await;
    let bob = logged_in_as(&app, "bob", &["waiter"]).await;
    let from = |origin: &str| order(&bob).header("origin", origin);
    bob.send(from("https://evil.example")).await.assert_refused(403, "origin_not_allowed");
    let answer = bob.send(from(page)).await;
    assert_eq!(answer.json(), json!(1));
    assert_eq!(answer.all("access-control-allow-origin"), [page]);
    let preflight = Call::new("OPTIONS", "/api/orders")
        .header("origin", page)
        .header("access-control-request-method", "PATCH");
    let answer = app.send(preflight).await;
    assert_eq!(answer.status, 204);
    assert!(answer.header("access-control-allow-methods").unwrap().contains("PATCH"));
}

#[tokio::test]
async fn our_paths_stay_ours_and_their_answers_stay_theirs() {
    let own = poem::Route::new()
        .at("/api/auth/me", poem::endpoint::make_sync(|_| "mine"))
        .at("/page", poem::endpoint::make_sync(|_| "<p>"))
        .at(
            "/large",
            poem::post(poem::endpoint::make(|request: poem::Request| async {
                Ok::<_, poem::Error>(request.into_body().into_bytes().await?.len().to_string())
            })),
        )
        .at("/panics", poem::endpoint::make_sync(|_| -> String { panic!("on purpose") }));
    let routes = tandem::http::embed::Routes::new(own);
    let app = TestApp::embedding(TestConfig::default(), routes).await;
    app.send(Call::get("/api/auth/me")).await.assert_refused(401, "unauthenticated");
    let page = app.send(Call::get("/page")).await;
    assert_eq!(page.text(), "<p>");
    // A page brings a policy of its own, or none.
    for name in ["content-security-policy", "x-frame-options"] {
        assert_eq!(page.header(name), None);
    }
    for name in ["x-request-id", "x-content-type-options", "cache-control"] {
        assert!(page.header(name).is_some(), "{name}");
    }
    // Ours has a limit, theirs is their business.
    let large = app.send(Call::post("/large").bytes(" ".repeat(100_000))).await;
    assert_eq!(large.text(), "100000");
    app.send(Call::get("/panics")).await.assert_refused(500, "internal");
    assert_eq!(app.send(Call::get("/nothing")).await.status, 404);
}

#[tokio::test]
async fn the_document_of_an_embedding_api_says_and() {
    let app = with_orders(TestConfig::default()).await;
    let document: Value = app.send(Call::get("/orders.json")).await.json();
    let needs = |path: &str, method: &str| document["paths"][path][method]["security"].clone();
    assert_eq!(needs("/menu", "get"), json!([{}]));
    assert_eq!(needs("/orders", "get"), json!([{ "bodyAccess": [], "cookieAccess": [] }]));
    assert_eq!(needs("/orders", "delete"), json!([{ "machineAccess": [] }]));
    let answers = &document["paths"]["/orders"]["get"]["responses"];
    assert!(answers["401"]["content"]["application/problem+json"].is_object());
}

/// Nobody is to find an open door where the routes were mounted without us.
#[tokio::test]
async fn outside_of_the_shell_the_guard_lets_nobody_through() {
    use poem::{Endpoint, EndpointExt, IntoEndpoint, Request};
    let reached = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let flag = Arc::clone(&reached);
    let endpoint = poem::endpoint::make_sync(move |_| {
        flag.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    let guarded = endpoint.with(tandem::http::embed::Guard::user()).into_endpoint();
    assert!(guarded.call(Request::default()).await.is_err());
    assert!(!reached.load(std::sync::atomic::Ordering::Relaxed));
}
