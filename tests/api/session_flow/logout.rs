//! Logging out by the session cookie alone.

use super::*;

fn logout(app: &TestApp) -> Call {
    Call::post("/iam/logout").header("origin", &app.origin)
}

#[tokio::test]
async fn a_genuine_cookie_ends_its_session_and_again_changes_nothing() {
    let app = TestApp::start().await;
    let (page, other) = (with_pair(&app, "ada").await, another(&app, "ada").await);
    let call = || logout(&app).cookie("tandem-session", cookie(&page));
    for _ in 0..2 {
        let answer = app.send(call()).await;
        assert_eq!((answer.status, answer.text().as_str()), (204, ""));
        assert_eq!(answer.all("set-cookie"), EXPIRED);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert!(!is_alive(&page).await);
    }
    let ended = row(&app, &page).await;
    assert_eq!(ended.end_reason.as_deref(), Some("logout"));
    assert_eq!((ended.cookie_hash, ended.body_hash), (None, None));
    let stored = app.stored().await;
    app.advance(10);
    assert_eq!(app.send(call()).await.status, 204);
    assert_eq!(app.stored().await, stored);
    assert!(is_alive(&other).await);
}

#[tokio::test]
async fn it_works_when_nothing_else_is_left() {
    let app = TestApp::start().await;
    let mut page = with_pair(&app, "ada").await;
    // A page that was reloaded, its pair long expired.
    page.forget();
    page.tokens.cookie_access = None;
    app.advance(3600);
    let copy = cookie(&page).to_owned();
    assert_eq!(page.session_logout().await.all("set-cookie"), EXPIRED);
    assert_no_session(&exchange_with(&app, &copy).await);
}

#[tokio::test]
async fn over_https_the_cookies_expire_by_their_own_names() {
    let config = TestConfig::default().set("server.public_url", "https://api.example.com");
    let app = TestApp::with(config).await;
    let mut page = with_pair(&app, "ada").await;
    let expected = [
        "__Host-tandem-access=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict",
        "__Secure-tandem-refresh=; Path=/api/auth/refresh; Max-Age=0; Secure; HttpOnly; SameSite=Strict",
        "__Host-tandem-session=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict",
    ];
    assert_eq!(page.session_logout().await.all("set-cookie"), expected);
}

#[tokio::test]
async fn without_a_genuine_cookie_nothing_happens() {
    let app = TestApp::start().await;
    let (page, dual) = (with_pair(&app, "ada").await, app.logged_in("bob").await);
    let stored = app.stored().await;
    let genuine = cookie(&page);
    let (body, half) = (&page.tokens.body_access, &page.tokens.cookie_access);
    let with = |value: &str| logout(&app).cookie("tandem-session", value);
    let uniform = app.send(logout(&app)).await;
    for call in [
        logout(&app),
        with(""),
        with("junk"),
        with(&errors::spoilt(genuine)),
        with(&genuine.replace("tdm_ses_", "tdm_rtc_")),
        with(dual.tokens.cookie_refresh.as_deref().unwrap()),
        with(dual.tokens.body_refresh.as_deref().unwrap()),
        with(half.as_deref().unwrap()),
        logout(&app).bearer(genuine),
        logout(&app).cookie("tandem-refresh", genuine),
        logout(&app).cookie("__Host-tandem-session", genuine),
        // The pair is another operation's.
        logout(&app)
            .bearer(body.as_deref().unwrap())
            .cookie("tandem-access", half.as_deref().unwrap()),
        dual.with_access(logout(&app)),
    ] {
        let answer = app.send(call.clone()).await;
        assert_eq!((answer.status, answer.all("set-cookie")), (204, vec![]), "{call:?}");
        assert_eq!(answer.anonymous(), uniform.anonymous(), "{call:?}");
    }
    assert_eq!(app.stored().await, stored);
    assert!(is_alive(&page).await);
    assert_eq!(dual.me().await.status, 200);
}

#[tokio::test]
async fn of_several_cookies_every_genuine_one_ends_its_session() {
    let app = TestApp::start().await;
    let (one, two) = (with_pair(&app, "ada").await, another(&app, "ada").await);
    let call = logout(&app).cookie("tandem-session", "junk");
    let call = call.cookie("tandem-session", cookie(&one)).cookie("tandem-session", cookie(&two));
    assert_eq!(app.send(call).await.all("set-cookie"), EXPIRED);
    assert!(!is_alive(&one).await && !is_alive(&two).await);
}

/// Each may cost a look into the database, and a request has room for hundreds.
#[tokio::test]
async fn a_flood_of_cookies_is_not_read_to_its_end() {
    let app = TestApp::start().await;
    let page = with_pair(&app, "ada").await;
    let stored = app.stored().await;
    let junk = "tandem-session=junk; ".repeat(4);
    let line = format!("{junk}tandem-session={}", cookie(&page));
    let answer = app.send(logout(&app).header("cookie", &line)).await;
    assert_eq!((answer.status, answer.all("set-cookie")), (204, vec![]));
    let asks = app.browser().exchange_call().header("cookie", &line);
    assert_no_session(&app.send(asks).await);
    let body = json!({ "email": email("ada"), "password": "not this one at all" });
    let login = Call::post("/iam/passwordlogin").json(&body).header("cookie", &line);
    app.send(login).await.assert_refused(401, "invalid_credentials");
    assert_eq!(app.stored().await, stored);
    assert!(is_alive(&page).await);
}

#[tokio::test]
async fn it_is_asked_for_with_post_only() {
    let app = TestApp::start().await;
    let page = with_pair(&app, "ada").await;
    for method in ["GET", "PUT", "DELETE"] {
        let call = page.with_cookies(Call::new(method, "/iam/logout"));
        let answer = app.send(call.header("origin", &app.origin)).await;
        answer.assert_refused(405, "method_not_allowed");
        assert_eq!(answer.header("allow"), Some("POST"));
    }
    assert!(is_alive(&page).await);
}
