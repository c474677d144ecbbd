//! Seeing one's sessions, ending them, and the two deadlines that end them by themselves.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::support::{
    Answer, Browser, Call, PASSWORD, TestApp, TestConfig, Tokens, browser::email,
};

async fn list(browser: &Browser) -> Vec<Value> {
    let answer = browser.call("GET", "/api/auth/sessions").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer.json()["sessions"].as_array().unwrap().clone()
}

async fn end(browser: &Browser, session: &str) -> Answer {
    browser.call("DELETE", &format!("/api/auth/sessions/{session}")).await
}

async fn another(app: &TestApp, name: &str) -> Browser {
    let mut browser = app.browser();
    assert_eq!(browser.login(name).await.status, 200);
    browser
}

/// Alive for the guard and for refresh alike.
async fn is_alive(browser: &Browser) -> bool {
    let (me, refresh) = (browser.me().await.status, browser.refresh_lost().await.status);
    assert_eq!(me, refresh, "the guard and refresh do not agree");
    me == 200
}

fn expiring(secure: bool) -> [&'static str; 3] {
    if secure {
        [
            "__Host-tandem-access=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict",
            "__Secure-tandem-refresh=; Path=/api/auth/refresh; Max-Age=0; Secure; HttpOnly; SameSite=Strict",
            "__Host-tandem-session=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict",
        ]
    } else {
        [
            "tandem-access=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict",
            "tandem-refresh=; Path=/api/auth/refresh; Max-Age=0; HttpOnly; SameSite=Strict",
            "tandem-session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict",
        ]
    }
}

#[track_caller]
fn assert_done(answer: &Answer) {
    assert_eq!((answer.status, answer.text().as_str()), (204, ""));
    assert_eq!(answer.all("set-cookie"), Vec::<&str>::new());
}

#[track_caller]
fn assert_over(answer: &Answer) {
    assert_eq!((answer.status, answer.text().as_str()), (204, ""));
    assert_eq!(answer.all("set-cookie"), expiring(false));
}

#[tokio::test]
async fn the_list_shows_where_one_is_logged_in_newest_first() {
    let app = TestApp::start().await;
    app.browser().register("ada").await;
    app.logged_in("bob").await;
    let mut browsers = Vec::new();
    for agent in ["Laptop", "Phone", "Tablet"] {
        let body = json!({ "email": email("ada"), "password": PASSWORD });
        let call = Call::post("/api/auth/login").json(&body).header("user-agent", agent);
        let mut browser = app.browser();
        browser.keep(&app.send(call).await);
        browsers.push(browser);
        app.advance(60);
    }
    let seen = list(&browsers[1]).await;
    let column = |name: &str| seen.iter().map(|session| session[name].clone()).collect::<Vec<_>>();
    assert_eq!(column("user_agent"), ["Tablet", "Phone", "Laptop"]);
    assert_eq!(column("current"), [false, true, false]);
    assert_eq!(column("ip"), ["127.0.0.1"; 3]);
    assert_eq!(column("amr"), vec![json!(["pwd"]); 3]);
    let ids: Vec<_> = browsers.iter().rev().map(Browser::session).collect();
    assert_eq!(column("id"), ids);
    assert_eq!(column("created_at"), column("last_seen_at"));

    browsers[0].refresh().await;
    let after = list(&browsers[1]).await;
    assert_ne!(after[2]["last_seen_at"], seen[2]["last_seen_at"]);
    assert_eq!(after[2]["created_at"], seen[2]["created_at"]);
    assert_eq!(after[..2], seen[..2]);
}

#[tokio::test]
async fn the_list_holds_nothing_that_opens_anything() {
    let app = TestApp::start().await;
    let ada = app.logged_in("ada").await;
    another(&app, "ada").await;
    let documented =
        ["amr", "created_at", "current", "expires_at", "id", "ip", "last_seen_at", "user_agent"];
    for session in list(&ada).await {
        let members: BTreeSet<_> =
            session.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, documented.into());
        let text = session.to_string();
        assert!(!text.contains("eyJ") && !text.contains("tdm_"), "{text}");
    }
}

#[tokio::test]
async fn a_user_agent_is_kept_short_and_printable() {
    let app = TestApp::start().await;
    app.browser().register("ada").await;
    let agent =
        ["<script>\t".as_bytes(), &[0xff, 0xc2, 0x85], "\u{1f980}".repeat(300).as_bytes()].concat();
    let body = json!({ "email": email("ada"), "password": PASSWORD });
    let call = Call::post("/api/auth/login").json(&body).header("user-agent", agent);
    let mut ada = app.browser();
    ada.keep(&app.send(call).await);
    let kept = list(&ada).await[0]["user_agent"].as_str().unwrap().to_owned();
    assert!(kept.starts_with("<script>"), "{kept}");
    assert!(kept.chars().count() <= 256 && !kept.contains(char::is_control), "{kept}");
}

#[tokio::test]
async fn one_session_can_be_ended_from_another() {
    let app = TestApp::start().await;
    let laptop = app.logged_in("ada").await;
    let (phone, tablet) = (another(&app, "ada").await, another(&app, "ada").await);
    assert_done(&end(&laptop, &phone.session()).await);
    assert!(!is_alive(&phone).await);
    assert!(is_alive(&laptop).await && is_alive(&tablet).await);
    let listed = list(&laptop).await;
    let ids: BTreeSet<_> = listed.iter().map(|session| session["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [tablet.session().as_str(), laptop.session().as_str()].into());
    end(&laptop, &phone.session()).await.assert_refused(404, "not_found");
}

#[tokio::test]
async fn ending_the_session_that_asks_also_expires_its_cookies() {
    let app = TestApp::start().await;
    let (laptop, phone) = (app.logged_in("ada").await, another(&app, "ada").await);
    assert_over(&end(&laptop, &laptop.session()).await);
    assert!(!is_alive(&laptop).await && is_alive(&phone).await);
}

#[tokio::test]
async fn all_other_sessions_can_be_ended() {
    let app = TestApp::start().await;
    let laptop = app.logged_in("ada").await;
    let (phone, tablet) = (another(&app, "ada").await, another(&app, "ada").await);
    let bob = app.logged_in("bob").await;
    assert_done(&laptop.call("DELETE", "/api/auth/sessions").await);
    assert!(!is_alive(&phone).await && !is_alive(&tablet).await);
    assert!(is_alive(&laptop).await && is_alive(&bob).await);
    assert_done(&laptop.call("DELETE", "/api/auth/sessions").await);
    assert_eq!(list(&laptop).await.len(), 1);
}

#[tokio::test]
async fn logging_out_everywhere_ends_all_sessions() {
    let app = TestApp::start().await;
    let (laptop, phone) = (app.logged_in("ada").await, another(&app, "ada").await);
    let bob = app.logged_in("bob").await;
    assert_over(&laptop.call("POST", "/api/auth/logout-all").await);
    assert!(!is_alive(&phone).await && !is_alive(&laptop).await);
    assert!(is_alive(&bob).await);
    assert!(is_alive(&another(&app, "ada").await).await);
}

#[tokio::test]
async fn what_is_not_ones_own_live_session_is_not_there() {
    let app = TestApp::start().await;
    let ada = app.logged_in("ada").await;
    let bob = app.logged_in("bob").await;
    let mut gone = another(&app, "ada").await;
    let of_gone = gone.session();
    gone.logout().await;
    let unknown = end(&ada, &"0".repeat(32)).await;
    for id in [
        bob.session(),
        of_gone,
        "x".to_owned(),
        "0".repeat(31),
        "0".repeat(33),
        ada.session().to_uppercase(),
        format!("{}%20", ada.session()),
        format!("{}%00", ada.session()),
        ada.session().replace(&ada.session()[..2], "%27"),
        ada.claims()["sub"].as_str().unwrap().to_owned(),
        ada.claims()["jti"].as_str().unwrap().to_owned(),
        "%25".to_owned(),
        "x'%20or%20'1'='1".to_owned(),
    ] {
        let answer = end(&ada, &id).await;
        answer.assert_refused(404, "not_found");
        assert_eq!(answer.anonymous(), unknown.anonymous(), "{id}");
    }
    assert!(is_alive(&ada).await && is_alive(&bob).await);
}

#[tokio::test]
async fn an_overdue_session_is_not_there_either() {
    let app = TestApp::with(TestConfig::default().set("tokens.session_idle_ttl", "1h")).await;
    let old = app.logged_in("ada").await;
    app.advance(3600);
    let new = another(&app, "ada").await;
    end(&new, &old.session()).await.assert_refused(404, "not_found");
    assert_eq!(list(&new).await.len(), 1);
}

#[tokio::test]
async fn logging_out_works_with_an_expired_pair_and_names_every_cookie() {
    for (public_url, secure) in [(None, false), (Some("https://auth.example.com"), true)] {
        let config = TestConfig::default();
        let config = match public_url {
            Some(url) => config.set("server.public_url", url),
            None => config,
        };
        let app = TestApp::with(config).await;
        let mut ada = app.logged_in("ada").await;
        let copy = ada.clone();
        app.advance(3600);
        ada.me().await.assert_refused(401, "access_expired");
        // The refresh cookie does not travel here, yet is expired by its name and path.
        let answer = ada.logout().await;
        assert_eq!((answer.status, answer.text().as_str()), (204, ""));
        assert_eq!(answer.all("set-cookie"), expiring(secure));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert!(answer.header("clear-site-data").is_none());
        assert_eq!(ada.tokens, Tokens::default());
        copy.clone().refresh().await.assert_refused(401, "invalid_token");
    }
}

#[tokio::test]
async fn logging_out_ends_one_session_and_again_changes_nothing() {
    let app = TestApp::start().await;
    let (laptop, phone) = (app.logged_in("ada").await, another(&app, "ada").await);
    assert_over(&laptop.call("POST", "/api/auth/logout").await);
    assert!(!is_alive(&laptop).await);
    let ended =
        "select count(*) from sessions where ended_at is not null and end_reason = 'logout'";
    assert_eq!(app.database.number(ended).await, 1);
    let stored = app.stored().await;
    app.advance(10);
    assert_eq!(laptop.call("POST", "/api/auth/logout").await.status, 204);
    assert_eq!(laptop.clone().logout().await.status, 204);
    assert_eq!(app.stored().await, stored);
    assert!(is_alive(&phone).await);
}

#[tokio::test]
async fn without_a_genuine_pair_logging_out_has_no_effect() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.logged_in("ada").await, app.logged_in("bob").await);
    let body = |browser: &Browser| browser.tokens.body_access.clone().unwrap();
    let cookie = |browser: &Browser| browser.tokens.cookie_access.clone().unwrap();
    let refresh = |browser: &Browser| browser.tokens.cookie_refresh.clone().unwrap();
    let logout = || Call::post("/api/auth/logout");
    let stored = app.stored().await;
    for call in [
        logout(),
        logout().bearer(&body(&ada)),
        logout().cookie("tandem-access", &cookie(&ada)),
        logout().cookie("tandem-access", &cookie(&ada)).cookie("tandem-refresh", &refresh(&ada)),
        logout().bearer(&body(&ada)).cookie("tandem-access", &cookie(&bob)),
        logout().bearer(&cookie(&ada)).cookie("tandem-access", &body(&ada)),
        logout().bearer(&body(&ada)).cookie("__Host-tandem-access", &cookie(&ada)),
        logout().bearer(&body(&ada)).cookie("tandem-access", "junk"),
        logout().bearer("junk").cookie("tandem-access", &cookie(&ada)),
        logout().bearer("").cookie("tandem-access", ""),
        logout().bearer(&body(&ada)).cookie("tandem-refresh", &refresh(&ada)),
    ] {
        assert_done(&app.send(call).await);
    }
    assert_eq!(app.stored().await, stored);
    let twice = ada.with_access(logout()).cookie("tandem-access", &cookie(&ada));
    app.send(twice).await.assert_refused(400, "invalid_request");
    let get = ada.call("GET", "/api/auth/logout").await;
    get.assert_refused(405, "method_not_allowed");
    assert_eq!(get.header("allow"), Some("POST"));
    let foreign = ada.with_access(logout()).header("origin", "https://evil.example");
    app.send(foreign).await.assert_refused(403, "origin_not_allowed");
    assert!(is_alive(&ada).await && is_alive(&bob).await);
}

/// An idle limit of 15 minutes beside tokens of 10.
fn short_idle() -> TestConfig {
    TestConfig::default().set("tokens.access_ttl", "10m").set("tokens.session_idle_ttl", "15m")
}

#[tokio::test]
async fn a_refresh_moves_the_idle_deadline() {
    let app = TestApp::with(short_idle()).await;
    let mut ada = app.logged_in("ada").await;
    for _ in 0..10 {
        app.advance(899);
        let answer = ada.refresh().await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json()["refresh_expires_in"], 900);
    }
    app.advance(900);
    ada.refresh().await.assert_refused(401, "invalid_token");
    // And once it is over, it stays so.
    ada.me().await.assert_refused(401, "access_expired");
    ada.refresh().await.assert_refused(401, "invalid_token");
}

#[tokio::test]
async fn no_other_request_moves_the_idle_deadline() {
    let app = TestApp::with(short_idle()).await;
    let mut ada = app.logged_in("ada").await;
    app.advance(550);
    for (method, path) in [
        ("GET", "/api/auth/verify"),
        ("GET", "/api/auth/me"),
        ("GET", "/api/auth/sessions"),
        ("DELETE", "/api/auth/sessions"),
    ] {
        assert!(ada.call(method, path).await.status < 300, "{path}");
    }
    app.flush().await;
    app.advance(350);
    ada.refresh().await.assert_refused(401, "invalid_token");
}

#[tokio::test]
async fn a_refused_refresh_does_not_move_it_either() {
    let app = TestApp::with(short_idle()).await;
    let mut ada = app.logged_in("ada").await;
    app.advance(550);
    let mut without_body = ada.clone();
    without_body.tokens.body_refresh = None;
    without_body.refresh().await.assert_refused(401, "invalid_token");
    app.advance(350);
    ada.refresh().await.assert_refused(401, "invalid_token");
}

#[tokio::test]
async fn nothing_moves_the_absolute_deadline_and_nothing_outlives_it() {
    let config = TestConfig::default().set("tokens.session_max_ttl", "2h");
    let app = TestApp::with(config.set("tokens.session_idle_ttl", "30m")).await;
    let mut ada = app.logged_in("ada").await;
    let begin = ada.claims()["iat"].as_i64().unwrap();
    let end = list(&ada).await[0]["expires_at"].clone();
    let auth_time = ada.claims()["auth_time"].clone();
    let mut elapsed: i64 = 0;
    for step in [600, 600, 600, 600, 600, 600, 600, 600, 600, 600, 600, 480, 60, 59] {
        app.advance(u64::try_from(step).unwrap());
        elapsed += step;
        let answer = ada.refresh().await;
        assert_eq!(answer.status, 200, "after {elapsed} s");
        let body = answer.json();
        assert_eq!(body["session"]["expires_at"], end);
        assert_eq!(ada.claims()["auth_time"], auth_time);
        assert_eq!(ada.claims()["amr"], json!(["pwd"]));
        let left = 7200 - elapsed;
        let refreshable = body["refresh_expires_in"].as_i64().unwrap();
        assert!((left.min(1800) - refreshable).abs() <= 1, "{refreshable} of {left}");
        for cookie in answer.all("set-cookie") {
            assert!(cookie.contains(&format!("; Max-Age={refreshable};")), "{cookie}");
        }
        let lives = body["expires_in"].as_i64().unwrap();
        assert!((left.min(240) - lives).abs() <= 1, "{lives} of {left}");
        assert!(ada.claims()["exp"].as_i64().unwrap() <= begin + 7200);
    }
    let generation = ada.claims()["gen"].as_i64().unwrap();
    assert!(generation > 10, "{generation}");
    app.advance(1);
    ada.refresh().await.assert_refused(401, "invalid_token");
    assert_eq!(another(&app, "ada").await.me().await.status, 200);
}

/// The clocks of client and server may differ by seconds, so a token passes for as long after its end.
/// What asks the database sees that the session is over.
#[tokio::test]
async fn an_overdue_session_tells_nothing_about_itself() {
    let config = TestConfig::default().set("tokens.session_max_ttl", "5m");
    let app = TestApp::with(config.set("tokens.session_idle_ttl", "5m")).await;
    let mut ada = app.logged_in("ada").await;
    app.advance(240);
    assert_eq!(ada.refresh().await.status, 200);
    app.advance(61);
    ada.me().await.assert_refused(401, "invalid_token");
    assert_eq!(list(&ada).await, Vec::<Value>::new());
    end(&ada, &ada.session()).await.assert_refused(404, "not_found");
    ada.refresh().await.assert_refused(401, "invalid_token");
    app.advance(5);
    ada.me().await.assert_refused(401, "access_expired");
}
