//! Two of what may be there once, and tokens where none belong.

use serde_json::json;

use super::*;

/// Pairs of tokens that an `Authorization` header may carry.
fn doubled(token: &str) -> [[String; 2]; 5] {
    let (good, bad) = (format!("Bearer {token}"), "Bearer junk".to_owned());
    let basic = "Basic YWRhOmFkYQ==".to_owned();
    [
        [good.clone(), good.clone()],
        [good.clone(), bad.clone()],
        [bad, good.clone()],
        [basic.clone(), good.clone()],
        [good, basic],
    ]
}

#[tokio::test]
async fn two_authorization_lines_are_ambiguous_even_if_they_agree() {
    let app = TestApp::start().await;
    let ada = app.logged_in("ada").await;
    let before = app.stored().await;
    let cookie_only = holding(&ada, Tokens { body_access: None, ..ada.tokens.clone() });
    for operation in credentialed() {
        for [first, second] in doubled(ada.tokens.body_access.as_deref().unwrap()) {
            let call = cookie_only.with_access(operation.call());
            let call = call.header("authorization", &first).header("authorization", &second);
            assert_ambiguous(&app.send(call).await, &operation);
        }
    }
    assert_eq!(app.stored().await, before);
    assert_eq!(ada.me().await.status, 200);
}

#[tokio::test]
async fn two_access_cookies_are_ambiguous_on_one_line_or_two() {
    let app = TestApp::start().await;
    let ada = app.logged_in("ada").await;
    let before = app.stored().await;
    let genuine = ada.tokens.cookie_access.clone().unwrap();
    let body_only = holding(&ada, Tokens { cookie_access: None, ..ada.tokens.clone() });
    for operation in credentialed() {
        for (one, two) in
            [(&*genuine, "x"), ("x", &*genuine), (&*genuine, &*genuine), (&*genuine, "")]
        {
            let call = body_only.with_access(operation.call());
            let line = format!("tandem-access={one}; tandem-access={two}");
            assert_ambiguous(&app.send(call.clone().header("cookie", &line)).await, &operation);
            let line = format!("a=b; tandem-access={one};c=d;tandem-access={two}");
            assert_ambiguous(&app.send(call.clone().header("cookie", &line)).await, &operation);
            let call = call.cookie("tandem-access", one).cookie("a", "b");
            let call = call.cookie("tandem-access", two);
            assert_ambiguous(&app.send(call).await, &operation);
        }
    }
    assert_eq!(app.stored().await, before);
    assert_eq!(ada.me().await.status, 200);
}

#[tokio::test]
async fn planted_cookies_keep_nobody_from_logging_in() {
    let app = TestApp::start().await;
    let ada = app.logged_in("ada").await;
    let before = app.stored().await.len();
    let login = OPERATIONS.iter().find(|row| row.path == "/api/auth/login").unwrap();
    let call = ada.with_access(login.call()).cookie("tandem-access", "x");
    let answer = app.send(call.header("authorization", "Basic eA==")).await;
    assert_eq!(answer.status, 200);
    // What is ambiguous is not presented: the session before goes on.
    assert_eq!(app.stored().await.len(), before + 1);
    assert_eq!(ada.me().await.status, 200);
}

#[tokio::test]
async fn authorization_is_bearer_a_space_and_one_token() {
    let app = TestApp::start().await;
    let ada = app.logged_in("ada").await;
    let cookie_only = holding(&ada, Tokens { body_access: None, ..ada.tokens.clone() });
    let token = ada.tokens.body_access.as_deref().unwrap();
    let me = |value: String| {
        let call = Call::get("/api/auth/me").header("authorization", value);
        cookie_only.send(cookie_only.with_access(call))
    };
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        assert_eq!(me(format!("{scheme} {token}")).await.status, 200);
    }
    for value in [
        token.to_owned(),
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        format!("Bearer  {token}"),
        format!("Bearer\t{token}"),
        format!("Bearer {token} x"),
        format!("Bearer x {token}"),
        format!("Bearer {token}, Bearer {token}"),
        format!("Bearer {token},"),
        format!("Bearer, Bearer {token}"),
        format!("Bearer=\"{token}\""),
        format!("Bearer \"{token}\""),
        format!("Bearer token={token}"),
        format!("Basic {token}"),
        format!("DPoP {token}"),
        format!("Token {token}"),
        format!("Bear {token}"),
        format!("Bearerx {token}"),
        "Bearer \u{e9}".to_owned(),
        "Basic YWRhQGV4YW1wbGUuY29tOmEgc2VudGVuY2UgaXMgYSBnb29kIHBhc3N3b3Jk".to_owned(),
    ] {
        let answer = me(value.clone()).await;
        assert_eq!(answer.code(), "invalid_token", "{value:?}");
        answer.assert_refused(401, "invalid_token");
    }
}

#[tokio::test]
async fn a_token_counts_in_its_own_place_only() {
    let app = TestApp::start().await;
    let ada = app.logged_in("ada").await;
    let before = app.stored().await;
    let bare = holding(&ada, Tokens::default());
    let cookie_only = holding(&ada, Tokens { body_access: None, ..ada.tokens.clone() });
    let token = ada.tokens.body_access.as_deref().unwrap();
    let cookie = ada.tokens.cookie_access.as_deref().unwrap();
    let form = "application/x-www-form-urlencoded";
    let calls = [
        Call::get(&format!("/api/auth/me?access_token={token}")),
        Call::get(&format!("/api/auth/me?access_token={token}&tandem-access={cookie}")),
        Call::get("/api/auth/me").body(form, format!("access_token={token}")),
        Call::get("/api/auth/me").json(&json!({ "access_token": token, "cookie": cookie })),
        Call::get("/api/auth/me").header("x-access-token", token),
        Call::get("/api/auth/me").header("x-authorization", format!("Bearer {token}")),
        Call::get("/api/auth/me").header("proxy-authorization", format!("Bearer {token}")),
        Call::get("/api/auth/me").header("authentication", format!("Bearer {token}")),
        Call::get("/api/auth/me").header("sec-websocket-protocol", format!("bearer, {token}")),
        Call::get("/api/auth/me").header("x-forwarded-access-token", token),
        Call::get("/api/auth/me").header("set-cookie", format!("tandem-access={cookie}")),
        Call::get("/api/auth/me").header("cookie2", format!("tandem-access={cookie}")),
        Call::get("/api/auth/me").header("x-auth-subject", ada.claims()["sub"].as_str().unwrap()),
    ];
    for call in calls {
        app.send(call.clone()).await.assert_refused(401, "unauthenticated");
        let answer = cookie_only.send(cookie_only.with_access(call)).await;
        answer.assert_refused(401, "invalid_token");
    }
    // The refresh tokens likewise.
    let refresh = ada.tokens.body_refresh.as_deref().unwrap();
    let refresh_cookie = ada.tokens.cookie_refresh.as_deref().unwrap();
    let full = ada.with_access(Call::post("/api/auth/refresh"));
    let tossed = full.clone().cookie("tandem-refresh", refresh_cookie);
    let query = Call::post(&format!("/api/auth/refresh?refresh_token={refresh}"));
    let query = ada.with_access(query).cookie("tandem-refresh", refresh_cookie).json(&json!({}));
    for (call, code) in [
        (tossed.clone().json(&json!({})).header("x-refresh-token", refresh), "invalid_token"),
        (tossed.clone().json(&json!({})).cookie("refresh_token", refresh), "invalid_token"),
        (tossed.clone().json(&json!({})).cookie("tandem-refresh", refresh), "invalid_token"),
        (tossed.clone().body(form, format!("refresh_token={refresh}")), "unsupported_media_type"),
        (full.clone().json(&json!({ "refresh_token": refresh })), "invalid_token"),
        (full.clone().json(&json!({ "refresh_token": refresh_cookie })), "invalid_token"),
        (
            full.json(&json!({ "refresh_token": refresh, "cookie_refresh_token": refresh_cookie })),
            "validation_failed",
        ),
        (query, "invalid_token"),
    ] {
        assert_eq!(app.send(call.clone()).await.code(), code, "{call:?}");
    }
    bare.me().await.assert_refused(401, "unauthenticated");
    assert_eq!(app.stored().await, before);
    assert_eq!(ada.refresh_lost().await.status, 200);
}
