//! What the token endpoint refuses, and in which words.

use super::*;

/// A call of the page at this origin, with a good cookie.
fn asks(page: &Browser, body: &str) -> Call {
    let call = page.with_cookies(Call::post("/iam/oauth/token").body(FORM, body.to_owned()));
    call.header("origin", &page.origin)
}

/// The same value with its last character but one changed.
pub(super) fn spoilt(token: &str) -> String {
    let (head, tail) = token.split_at(token.len() - 2);
    let (other, last) = (if tail.starts_with('A') { "B" } else { "A" }, &tail[1..]);
    format!("{head}{other}{last}")
}

/// The same value with the character at this place changed.
fn spoilt_at(token: &str, place: usize) -> String {
    let other = if token.as_bytes()[place] == b'A' { "B" } else { "A" };
    format!("{}{other}{}", &token[..place], &token[place + 1..])
}

/// A cookie of another service: the same database, another key.
async fn of_another_key(app: &TestApp) -> String {
    let other = "b3RoZXIgdGVzdCBtYXN0ZXIga2V5LCAzMiBieXRlcyE=";
    let own = TestApp::with(TestConfig::default().set("keys.master_key", other)).await;
    assert_ne!(own.origin, app.origin);
    cookie(&own.in_session_flow("eve").await).to_owned()
}

#[tokio::test]
async fn every_cookie_that_opens_no_session_is_answered_alike() {
    let app = TestApp::with(TestConfig::default().set("tokens.session_idle_ttl", "15m")).await;
    let overdue = app.in_session_flow("idle").await;
    app.advance(900);
    let (page, dual) = (app.in_session_flow("ada").await, app.logged_in("bob").await);
    let mut ended = app.in_session_flow("eda").await;
    let of_ended = cookie(&ended).to_owned();
    ended.session_logout().await;
    // Behind the service's back: otherwise the session ends, too.
    let disabled = app.in_session_flow("dis").await;
    app.database.sql("update users set disabled_at = 1 where email = 'dis@example.com'").await;

    let genuine = cookie(&page).to_owned();
    let with_pair = page.clone();
    let tokens = with_pair.clone().exchange().await;
    let short = tokens.json()["access_token"].as_str().unwrap().to_owned();
    let stored = app.stored().await;
    let none = app.browser().exchange().await;
    assert_no_session(&none);

    let mut values: Vec<String> = [
        "",
        "junk",
        "tdm_ses_",
        "eyJhbGciOiJub25lIn0.e30.",
        cookie(&overdue),
        &of_ended,
        cookie(&disabled),
        &of_another_key(&app).await,
        &genuine.to_uppercase(),
        &genuine[8..],
        &genuine[..99],
        &format!("{genuine}A"),
        &format!("{genuine}="),
        &format!("\"{genuine}\""),
        &format!("{genuine}, {genuine}"),
        &genuine.replace("tdm_ses_", "tdm_rtb_"),
        &genuine.replace("tdm_ses_", "tdm_rtc_"),
        &short,
        dual.tokens.body_access.as_deref().unwrap(),
        dual.tokens.cookie_access.as_deref().unwrap(),
        dual.tokens.body_refresh.as_deref().unwrap(),
        dual.tokens.cookie_refresh.as_deref().unwrap(),
        &dual.tokens.cookie_refresh.as_deref().unwrap().replace("tdm_rtc_", "tdm_ses_"),
        &dual.tokens.body_refresh.as_deref().unwrap().replace("tdm_rtb_", "tdm_ses_"),
        &"x".repeat(5000),
    ]
    .map(str::to_owned)
    .into();
    values.extend((0..99).map(|place| spoilt_at(&genuine, place)));
    values.push(spoilt(&genuine));
    for value in &values {
        let answer = exchange_with(&app, value).await;
        assert_no_session(&answer);
        assert_eq!(answer.anonymous(), none.anonymous(), "{value}");
    }
    assert_eq!(app.stored().await, stored);
    assert_eq!(page.clone().exchange().await.status, 200);
}

#[tokio::test]
async fn more_than_one_session_cookie_and_other_names_are_no_session() {
    let app = TestApp::start().await;
    let page = app.in_session_flow("ada").await;
    let other = app.in_session_flow("bob").await;
    let (one, two) = (cookie(&page), cookie(&other));
    let stored = app.stored().await;
    let none = app.browser().exchange().await;
    for line in [
        format!("tandem-session={one}; tandem-session={one}"),
        format!("tandem-session={one}; tandem-session={two}"),
        format!("tandem-session=junk; tandem-session={one}"),
        format!("tandem-session={one}; tandem-session="),
        format!("__Host-tandem-session={one}"),
        format!("Tandem-Session={one}"),
        format!("tandem%2dsession={one}"),
        format!("%74andem-session={one}"),
        format!("tandem-session ={one}"),
        format!("tandem-session= {one}"),
        format!("tandem-session:{one}"),
        format!("x=\"; tandem-session={one}x"),
        format!("tandem-refresh={one}"),
        format!("tandem-access={one}"),
    ] {
        let answer = app.send(app.browser().exchange_call().header("cookie", &line)).await;
        assert_no_session(&answer);
        assert_eq!(answer.anonymous(), none.anonymous(), "{line}");
    }
    let twice = page.exchange_call().cookie("tandem-session", one);
    assert_eq!(app.send(twice).await.anonymous(), none.anonymous());
    for call in [
        asks(&app.browser(), &format!("grant_type=session&session={one}&cookie={one}")),
        asks(&app.browser(), "grant_type=session").bearer(one),
        asks(&app.browser(), "grant_type=session")
            .header("set-cookie", format!("tandem-session={one}")),
    ] {
        assert_eq!(app.send(call).await.anonymous(), none.anonymous());
    }
    assert_eq!(app.stored().await, stored);
    assert_eq!(page.clone().exchange().await.status, 200);
}

#[tokio::test]
async fn the_grant_has_a_name_and_an_alias_and_there_is_no_other() {
    let app = TestApp::start().await;
    let page = app.in_session_flow("ada").await;
    let urn = "urn:tandem:params:oauth:grant-type:session";
    let encoded = urn.replace(':', "%3A");
    let mut shapes = Vec::new();
    for grant in
        ["session", urn, &encoded, "%73ession", "session&unknown=1&scope=", "session&scope=a+b"]
    {
        let answer = app.send(asks(&page, &format!("grant_type={grant}"))).await;
        assert_eq!(answer.status, 200, "{grant}: {answer:?}");
        let body = answer.json();
        shapes.push((
            body["token_type"].clone(),
            body["expires_in"].clone(),
            answer.all("set-cookie").len(),
        ));
    }
    assert!(shapes.iter().all(|shape| *shape == shapes[0]), "{shapes:?}");
}

/// Without a grant type, with two, or unreadable.
const MALFORMED: [&str; 16] = [
    "",
    "&",
    "grant_type",
    "grant_type=",
    "grant_type=&grant_type=session",
    "grant_type=session&grant_type=session",
    "grant_type=session&grant_type=password",
    "grant_type=session&%67rant_type=session",
    "grant_type=session&a=1&a=2",
    "grant_type=session&a=&a=",
    "grant_type=%ff",
    "grant_type=session&a=%ff",
    "Grant_Type=session",
    "grant%20type=session",
    "grant_type session",
    "{\"grant_type\":\"session\"}",
];

/// Grants that there are elsewhere, and what looks like ours.
const UNKNOWN: [&str; 11] = [
    "grant_type=password&username=ada%40example.com&password=a+sentence+is+a+good+password",
    "grant_type=implicit",
    "grant_type=refresh_token&refresh_token=x",
    "grant_type=authorization_code&code=x",
    "grant_type=Session",
    "grant_type=+session",
    "grant_type=session+",
    "grant_type=session%00",
    "grant_type=session%0a",
    "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Asession",
    "grant_type=%22%5c%e2%98%83",
];

#[tokio::test]
async fn other_grants_and_malformed_forms_are_refused() {
    let app = TestApp::start().await;
    let page = app.in_session_flow("ada").await;
    let stored = app.stored().await;
    for (code, bodies) in
        [("invalid_request", &MALFORMED[..]), ("unsupported_grant_type", &UNKNOWN[..])]
    {
        for body in bodies {
            let answer = app.send(asks(&page, body)).await;
            assert_eq!(answer.code(), code, "{body}");
            answer.assert_oauth_error(400, code);
        }
    }
    let many: Vec<String> = (0..100).map(|n| format!("p{n}=1")).collect();
    let body = format!("grant_type=session&{}", many.join("&"));
    app.send(asks(&page, &body)).await.assert_oauth_error(400, "invalid_request");
    let body = format!("grant_type={}", "x".repeat(1000));
    app.send(asks(&page, &body)).await.assert_oauth_error(400, "unsupported_grant_type");
    assert_eq!(app.stored().await, stored);
}

#[tokio::test]
async fn only_a_form_is_read() {
    let app = TestApp::start().await;
    let page = app.in_session_flow("ada").await;
    let stored = app.stored().await;
    let call = || page.with_cookies(Call::post("/iam/oauth/token")).header("origin", &page.origin);
    for good in [FORM, "Application/X-WWW-Form-URLencoded", &format!("{FORM}; charset=UTF-8")] {
        let answer = app.send(call().body(good, "grant_type=session")).await;
        assert_eq!(answer.status, 200, "{good}");
    }
    for bad in [
        "application/json",
        "text/plain",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencodedx",
        "",
        &format!("{FORM}; charset=latin1"),
        &format!("{FORM}; charset=utf-16"),
        &format!("{FORM}, {FORM}"),
    ] {
        let answer = app.send(call().body(bad, "grant_type=session")).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "invalid_request"), "{bad}");
        answer.assert_oauth_error(400, "invalid_request");
    }
    let bare = app.send(call().bytes("grant_type=session")).await;
    bare.assert_oauth_error(400, "invalid_request");
    let nothing = app.send(call()).await;
    nothing.assert_oauth_error(400, "invalid_request");
    let in_query = Call::post("/iam/oauth/token?grant_type=session").body(FORM, "");
    let in_query = page.with_cookies(in_query).header("origin", &page.origin);
    app.send(in_query).await.assert_oauth_error(400, "invalid_request");
    let squeezed = call().body(FORM, "grant_type=session").header("content-encoding", "gzip");
    app.send(squeezed).await.assert_oauth_error(400, "invalid_request");
    let large = format!("grant_type=session&x={}", "x".repeat(70_000));
    app.send(call().body(FORM, large)).await.assert_oauth_error(413, "invalid_request");
    assert_eq!(app.stored().await, stored);
}

#[tokio::test]
async fn what_the_framework_refuses_is_said_in_the_same_words() {
    let app = TestApp::start().await;
    let page = app.in_session_flow("ada").await;
    for method in ["GET", "PUT", "DELETE", "PATCH"] {
        let call = page.with_cookies(Call::new(method, "/iam/oauth/token"));
        let answer = app.send(call.header("origin", &page.origin)).await;
        answer.assert_oauth_error(405, "invalid_request");
        assert_eq!(answer.header("allow"), Some("POST"));
    }
    for path in ["/iam/oauth/nothing", "/iam/oauth/", "/iam/oauth/token/", "/iam/oauth/token/x"] {
        for method in ["GET", "POST"] {
            app.send(Call::new(method, path)).await.assert_oauth_error(404, "invalid_request");
            let foreign = Call::post(path).header("origin", "https://evil.example");
            app.send(foreign).await.assert_oauth_error(403, "access_denied");
        }
    }
    let two_hosts = asks(&page, "grant_type=session").header("host", "a").header("host", "b");
    app.send(two_hosts).await.assert_oauth_error(400, "invalid_request");
    // Beside it, problems.
    for path in ["/iam", "/iam/", "/iam/oauth", "/iam/oauthx", "/iam/logout/x", "/iam/login"] {
        app.send(Call::post(path)).await.assert_refused(404, "not_found");
    }
}

/// Whose cookie it is makes no difference to a page that may not ask.
#[tokio::test]
async fn a_page_that_may_not_ask_learns_nothing_of_the_cookie() {
    let app = TestApp::start().await;
    let page = app.in_session_flow("ada").await;
    app.advance(61);
    let stored = app.stored().await;
    for origin in [Some("https://evil.example"), Some("null"), Some("https://localhost"), None] {
        for body in ["grant_type=session", "grant_type=urn:tandem:params:oauth:grant-type:session"]
        {
            let ask = |value: Option<&str>| {
                let call = Call::post("/iam/oauth/token").body(FORM, body);
                let call = value.into_iter().fold(call, |call, v| call.cookie("tandem-session", v));
                origin.into_iter().fold(call, |call, origin| call.header("origin", origin))
            };
            let genuine = app.send(ask(page.session_cookie.as_deref())).await;
            genuine.assert_oauth_error(403, "access_denied");
            for other in [None, Some("junk"), Some("")] {
                assert_eq!(app.send(ask(other)).await.anonymous(), genuine.anonymous());
            }
        }
    }
    assert_eq!(app.stored().await, stored);
}

/// Somebody else's transaction is in the way, and does not end.
#[tokio::test]
async fn a_database_in_trouble_is_told_as_such_and_ends_nothing() {
    let config = TestConfig::default().set("database.timeout", "3s");
    let config = config.set("server.request_timeout", "1500ms");
    let app = TestApp::with(config).await;
    let mut page = with_pair(&app, "ada").await;
    app.advance(61);
    let in_the_way = app.database.begin_ending(&page.session(), "logout").await;
    page.clone().exchange().await.assert_oauth_error(503, "temporarily_unavailable");
    in_the_way.rollback().await.unwrap();
    assert_eq!(page.exchange().await.status, 200);

    app.database.sql("alter table users rename to people").await;
    let answer = page.clone().exchange().await;
    answer.assert_oauth_error(500, "server_error");
    for hint in ["users", "select", "sql", "table", "relation"] {
        assert!(!answer.text().to_lowercase().contains(hint), "{answer:?}");
    }
    page.clone().password_login("ada").await.assert_refused(500, "internal");
    app.database.sql("alter table people rename to users").await;
    assert!(is_alive(&page).await);

    let in_the_way = app.database.begin_ending(&page.session(), "logout").await;
    page.session_logout().await.assert_refused(503, "unavailable");
    in_the_way.rollback().await.unwrap();
}

/// A good tag is not enough: the row has to know the secret. (A cookie from before a restore of the
/// database, say.)
#[tokio::test]
async fn a_cookie_whose_secret_is_not_the_stored_one_is_refused() {
    let app = TestApp::start().await;
    let page = with_pair(&app, "ada").await;
    let genuine = row(&app, &page).await;
    let mut other = genuine.clone();
    other.cookie_hash = other.cookie_hash.map(|hash| hash.iter().map(|byte| !byte).collect());
    app.database.restore_session(other).await;
    let stored = app.stored().await;
    assert_no_session(&page.clone().exchange().await);
    // It ends nothing: it stands for no session.
    assert_eq!(page.clone().session_logout().await.status, 204);
    let body = json!({ "email": email("ada"), "password": "not this one at all" });
    app.send(page.with_cookies(Call::post("/iam/passwordlogin").json(&body))).await;
    assert_eq!(app.stored().await, stored);
    app.database.restore_session(genuine).await;
    assert!(is_alive(&page).await);
}
