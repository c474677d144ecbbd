//! Logging in: what it gives, what it ends, what it tells.

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::DateTime;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tandem::domain::role::Roles;
use tokio::task::JoinSet;

use super::support::{
    Answer, Browser, Call, PASSWORD, TestApp, TestConfig,
    browser::{claims, email},
    client,
};

const NEW_PASSWORD: &str = "another sentence is one too";
const HTTPS: &str = "https://auth.example.com";

fn members(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

fn header(token: &str) -> Value {
    let part = token.split('.').next().unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn is_opaque(id: &Value) -> bool {
    let id = id.as_str().unwrap();
    id.len() == 32 && id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

#[tokio::test]
async fn the_answer_has_exactly_the_documented_members() {
    let app = TestApp::start().await;
    app.browser().register("ada").await;
    let answer = app.browser().login("ada").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
    let body = answer.json();
    let expected = [
        "access_token",
        "expires_in",
        "refresh_expires_in",
        "refresh_token",
        "session",
        "token_type",
        "user",
    ];
    assert_eq!(members(&body), expected.into());
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 240);
    assert_eq!(body["refresh_expires_in"], 7 * 24 * 3600);
    let expected =
        ["amr", "created_at", "current", "expires_at", "id", "ip", "last_seen_at", "user_agent"];
    assert_eq!(members(&body["session"]), expected.into());
    assert_eq!(body["session"]["current"], true);
    assert_eq!(body["session"]["ip"], "127.0.0.1");
    assert_eq!(body["session"]["amr"], json!(["pwd"]));
    assert_eq!(members(&body["user"]), ["created_at", "email", "id", "roles"].into());
    for time in [
        &body["session"]["created_at"],
        &body["session"]["expires_at"],
        &body["user"]["created_at"],
    ] {
        let time = DateTime::parse_from_rfc3339(time.as_str().unwrap()).unwrap();
        assert_eq!(time.offset().local_minus_utc(), 0);
    }
}

#[tokio::test]
async fn two_cookies_are_set_and_the_other_flows_expires_with_exactly_these_attributes() {
    for (public_url, [access, refresh, session], secure) in [
        (None, ["tandem-access", "tandem-refresh", "tandem-session"], ""),
        (
            Some(HTTPS),
            ["__Host-tandem-access", "__Secure-tandem-refresh", "__Host-tandem-session"],
            "; Secure",
        ),
    ] {
        let mut config = TestConfig::default();
        if let Some(url) = public_url {
            config = config.set("server.public_url", url);
        }
        let app = TestApp::with(config).await;
        let mut browser = app.browser();
        browser.register("ada").await;
        let answer = browser.login("ada").await;
        let cookies = answer.all("set-cookie");
        let value = |line: &str| line.split(['=', ';']).nth(1).unwrap().to_owned();
        let expected = [
            format!(
                "{access}={}; Path=/; Max-Age=604800{secure}; HttpOnly; SameSite=Strict",
                value(cookies[0])
            ),
            format!(
                "{refresh}={}; Path=/api/auth/refresh; Max-Age=604800{secure}; HttpOnly; \
                 SameSite=Strict",
                value(cookies[1])
            ),
            format!("{session}=; Path=/; Max-Age=0{secure}; HttpOnly; SameSite=Strict"),
        ];
        assert_eq!(cookies, expected);
        assert_eq!(header(&value(cookies[0]))["typ"], "tandem-cookie+jwt");
        assert!(value(cookies[1]).starts_with("tdm_rtc_"));
        assert_eq!(browser.me().await.status, 200);
    }
}

#[tokio::test]
async fn neither_half_shows_anywhere_in_the_other() {
    let app = TestApp::start().await;
    let mut ada = app.browser();
    ada.register("ada").await;
    let login = ada.login("ada").await;
    let at_login = ada.tokens.clone();
    app.advance(60);
    let refresh = ada.refresh().await;
    assert_ne!(ada.tokens, at_login);
    for (answer, tokens) in [(login, at_login), (refresh, ada.tokens.clone())] {
        let [body_access, cookie_access, body_refresh, cookie_refresh] =
            [tokens.body_access, tokens.cookie_access, tokens.body_refresh, tokens.cookie_refresh]
                .map(Option::unwrap);
        let all = [&body_access, &cookie_access, &body_refresh, &cookie_refresh];
        for one in all {
            let found = all.iter().filter(|other| other.contains(one.as_str())).count();
            assert_eq!(found, 1, "one token is part of another");
            let signature = one.rsplit('.').next().unwrap();
            let found = all.iter().filter(|other| other.contains(signature)).count();
            assert_eq!(found, 1, "one token's end is part of another");
        }
        let text = answer.text();
        let headers = format!("{:?}", answer.anonymous().1);
        assert!(text.contains(&body_access) && text.contains(&body_refresh));
        assert!(!text.contains(&cookie_access) && !text.contains(&cookie_refresh));
        assert!(headers.contains(&cookie_access) && headers.contains(&cookie_refresh));
        assert!(!headers.contains(&body_access) && !headers.contains(&body_refresh));
    }
}

#[tokio::test]
async fn no_answer_but_login_and_refresh_shows_a_token() {
    let app = TestApp::start().await;
    let ada = app.logged_in("ada").await;
    let tokens = [
        &ada.tokens.body_access,
        &ada.tokens.cookie_access,
        &ada.tokens.body_refresh,
        &ada.tokens.cookie_refresh,
    ];
    for (method, path) in [
        ("GET", "/api/auth/me"),
        ("GET", "/api/auth/verify"),
        ("GET", "/api/auth/sessions"),
        ("DELETE", "/api/auth/sessions/x"),
        ("GET", "/api/auth/login"),
        ("GET", "/api/auth/refresh"),
        ("POST", "/api/auth/login"),
        ("GET", "/.well-known/jwks.json"),
        ("GET", "/openapi.json"),
        ("GET", "/problems/invalid-token"),
        ("GET", "/health/ready"),
        ("GET", "/no/such/page"),
        ("DELETE", "/api/auth/sessions"),
        ("POST", "/api/auth/logout"),
    ] {
        let answer = ada.call(method, path).await;
        let (_, headers, text) = answer.anonymous();
        let all = format!("{headers:?} {text}");
        for token in tokens {
            let token = token.as_ref().unwrap();
            assert!(!all.contains(token.as_str()), "{method} {path}: {all}");
        }
    }
}

#[tokio::test]
async fn the_claims_are_exactly_the_documented_ones() {
    let app = TestApp::start().await;
    let mut ada = app.logged_in("ada").await;
    let id = app.auth().find_user("ada@example.com").await.unwrap().id;
    app.auth().set_roles(id, &Roles::parse(["editor", "admin"]).unwrap()).await.unwrap();
    ada.login("ada").await;

    let (body_token, cookie_token) =
        (ada.tokens.body_access.unwrap(), ada.tokens.cookie_access.unwrap());
    let (body, cookie) = (claims(&body_token), claims(&cookie_token));
    let both = ["iss", "sub", "aud", "iat", "exp", "jti", "sid", "gen"];
    let of_body: BTreeSet<_> = both.into_iter().chain(["auth_time", "amr", "roles"]).collect();
    assert_eq!(members(&body), of_body);
    assert_eq!(members(&cookie), both.into_iter().chain(["ctx"]).collect());

    for claim in ["iss", "sub", "sid", "gen", "iat", "exp"] {
        assert_eq!(body[claim], cookie[claim], "{claim}");
    }
    assert_eq!(body["iss"], app.origin);
    assert_eq!((&body["aud"], &cookie["aud"]), (&json!("tandem/body"), &json!("tandem/cookie")));
    assert_eq!(body["gen"], 1);
    assert_eq!(body["exp"].as_i64().unwrap() - body["iat"].as_i64().unwrap(), 240);
    assert_eq!(body["auth_time"], body["iat"]);
    assert_eq!(body["amr"], json!(["pwd"]));
    assert_eq!(body["roles"], json!(["admin", "editor"]));
    assert_ne!(body["jti"], cookie["jti"]);
    for id in [&body["sub"], &body["sid"], &body["jti"], &cookie["jti"]] {
        assert!(is_opaque(id), "{id}");
    }
    let context = json!([body["auth_time"], body["amr"], body["roles"]]).to_string();
    assert_eq!(cookie["ctx"], URL_SAFE_NO_PAD.encode(&Sha256::digest(context)[..16]));
    for claims in [&body, &cookie] {
        let text = claims.to_string();
        assert!(!text.contains("example.com") && !text.contains("127.0.0.1"), "{text}");
    }
}

#[tokio::test]
async fn the_headers_of_the_two_halves_have_nothing_in_common_but_the_algorithm() {
    let app = TestApp::start().await;
    let ada = app.logged_in("ada").await;
    let [body, cookie] = [&ada.tokens.body_access, &ada.tokens.cookie_access]
        .map(|token| header(token.as_ref().unwrap()));
    for header in [&body, &cookie] {
        assert_eq!(members(header), ["alg", "kid", "typ"].into());
        assert_eq!(header["alg"], "EdDSA");
    }
    assert_eq!(body["typ"], "tandem-body+jwt");
    assert_eq!(cookie["typ"], "tandem-cookie+jwt");
    assert_ne!(body["kid"], cookie["kid"]);
    let keys = app.send(Call::get("/.well-known/jwks.json")).await.json();
    let ring = |kid: &Value| {
        let key = keys["keys"].as_array().unwrap().iter().find(|key| key["kid"] == *kid).unwrap();
        key["tandem_ring"].as_str().unwrap().to_owned()
    };
    assert_eq!((ring(&body["kid"]).as_str(), ring(&cookie["kid"]).as_str()), ("body", "cookie"));
}

#[tokio::test]
async fn tokens_with_all_the_roles_there_can_be_still_fit() {
    let app = TestApp::start().await;
    let mut ada = app.logged_in("ada").await;
    let roles = Roles::parse((0..32).map(|n| format!("{}{n:02}", "r".repeat(30)))).unwrap();
    let id = app.auth().find_user("ada@example.com").await.unwrap().id;
    app.auth().set_roles(id, &roles).await.unwrap();
    let answer = ada.login("ada").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["user"]["roles"].as_array().unwrap().len(), 32);
    assert!(ada.tokens.body_access.as_ref().unwrap().len() <= 4096);
    for cookie in answer.all("set-cookie") {
        assert!(cookie.split(';').next().unwrap().len() <= 3800, "{}", cookie.len());
    }
    assert_eq!(ada.verify().await.header("x-auth-roles").unwrap().split(',').count(), 32);
}

#[tokio::test]
async fn no_refresh_token_is_like_another() {
    let config = TestConfig::default().set("tokens.max_sessions", "1000");
    let app = TestApp::with(config).await;
    app.browser().register("ada").await;
    let mut seen = BTreeSet::new();
    for _ in 0..100 {
        let mut browser = app.browser();
        browser.login("ada").await;
        let [body, cookie] =
            [browser.tokens.body_refresh, browser.tokens.cookie_refresh].map(Option::unwrap);
        for (token, prefix) in [(body, "tdm_rtb_"), (cookie, "tdm_rtc_")] {
            let payload = token.strip_prefix(prefix).unwrap();
            let bytes = URL_SAFE_NO_PAD.decode(payload).unwrap();
            assert_eq!(bytes.len(), 1 + 16 + 4 + 32 + 16);
            // The 32 secret bytes: their first and their last eight.
            assert!(seen.insert(bytes[21..29].to_vec()));
            assert!(seen.insert(bytes[45..53].to_vec()));
        }
    }
}

#[tokio::test]
async fn every_login_opens_a_session_of_its_own() {
    let app = TestApp::start().await;
    let mut laptop = app.logged_in("ada").await;
    let first = laptop.clone();
    let mut phone = app.browser();
    phone.login("ada").await;
    assert_ne!(phone.session(), first.session());
    assert_eq!(phone.claims()["sub"], first.claims()["sub"]);

    // The same browser again: the session it presents ends.
    laptop.login("ada").await;
    assert_ne!(laptop.session(), first.session());
    first.me().await.assert_refused(401, "invalid_token");
    first.clone().refresh().await.assert_refused(401, "invalid_token");
    assert_eq!((laptop.me().await.status, phone.me().await.status), (200, 200));
}

#[tokio::test]
async fn the_session_that_comes_along_ends_even_if_its_pair_has_expired() {
    let app = TestApp::start().await;
    let mut ada = app.logged_in("ada").await;
    let mut old = ada.clone();
    app.advance(3600);
    old.me().await.assert_refused(401, "access_expired");
    assert_eq!(ada.login("ada").await.status, 200);
    old.refresh().await.assert_refused(401, "invalid_token");
    assert_eq!(ada.me().await.status, 200);
}

#[tokio::test]
async fn a_browser_passes_from_one_user_to_the_next() {
    let app = TestApp::start().await;
    let mut shared = app.logged_in("ada").await;
    let ada = shared.clone();
    app.browser().register("bob").await;
    shared.login("bob").await;
    ada.me().await.assert_refused(401, "invalid_token");
    assert_eq!(shared.me().await.json()["user"]["email"], "bob@example.com");
}

#[tokio::test]
async fn a_failed_login_leaves_the_presented_session_alone() {
    let app = TestApp::start().await;
    let mut ada = app.logged_in("ada").await;
    let before = ada.clone();
    let answer = ada.login_with("ada@example.com", "not the right password").await;
    answer.assert_refused(401, "invalid_credentials");
    assert_eq!(before.me().await.status, 200);
}

#[tokio::test]
async fn what_was_planted_before_a_login_does_not_matter() {
    let app = TestApp::start().await;
    let eve = app.logged_in("eve").await;
    let mallory = app.logged_in("mallory").await;
    app.browser().register("ada").await;
    let body = json!({ "email": email("ada"), "password": PASSWORD });
    let login = || Call::post("/api/auth/login").json(&body);
    let [of_eve, of_mallory] = [&eve, &mallory].map(|browser| browser.tokens.clone());
    let (eve_body, eve_cookie) = (of_eve.body_access.unwrap(), of_eve.cookie_access.unwrap());
    let mallory_cookie = of_mallory.cookie_access.unwrap();
    let eve_refresh = of_eve.cookie_refresh.unwrap();
    let access = "tandem-access";
    for planted in [
        login().cookie(access, "junk").cookie("tandem-refresh", "junk"),
        login().cookie(access, &eve_cookie).cookie("tandem-refresh", &eve_refresh),
        login().cookie(access, &mallory_cookie).bearer(&eve_body),
        login().cookie(access, &eve_cookie).bearer("junk"),
        login().cookie(access, "junk").bearer(&eve_body),
        login().cookie(access, &eve_cookie).cookie(access, &mallory_cookie).bearer(&eve_body),
        login().cookie(access, &eve_cookie).bearer(&eve_body).bearer(&eve_body),
        login().cookie(access, &eve_body).bearer(&eve_cookie),
        login().cookie("__Host-tandem-access", &eve_cookie).bearer(&eve_body),
        login().cookie(access, &"x".repeat(5000)).header("authorization", b"Bearer \xff"),
    ] {
        let answer = app.send(planted).await;
        assert_eq!(answer.status, 200);
        let mut ada = app.browser();
        ada.keep(&answer);
        assert_eq!(ada.me().await.json()["user"]["email"], "ada@example.com");
        let tokens = format!("{:?}", ada.tokens);
        for planted in [&eve_body, &eve_cookie, &mallory_cookie, &eve_refresh] {
            assert!(!tokens.contains(planted.as_str()));
        }
        assert!(![eve.session(), mallory.session()].contains(&ada.session()));
    }
    assert_eq!((eve.me().await.status, mallory.me().await.status), (200, 200));
}

#[tokio::test]
async fn unknown_wrong_and_disabled_look_the_same() {
    let app = TestApp::start().await;
    for name in ["ada", "bob"] {
        app.browser().register(name).await;
    }
    let bob = app.auth().find_user("bob@example.com").await.unwrap().id;
    app.auth().disable_user(bob).await.unwrap();
    let log_in =
        async |name: &str, password| app.browser().login_with(&email(name), password).await;
    let unknown = log_in("nobody", PASSWORD).await;
    unknown.assert_refused(401, "invalid_credentials");
    for (name, password) in [
        ("ada", "not the right password"),
        ("ada", ""),
        ("ada", &"x".repeat(1024)),
        ("bob", PASSWORD),
        ("bob", "not the right password"),
        ("nobody", "not the right password"),
    ] {
        assert_eq!(log_in(name, password).await.anonymous(), unknown.anonymous(), "{name}");
    }
    assert_eq!(unknown.header("www-authenticate"), Some("Bearer realm=\"tandem\""));
}

/// One thread that hashes, slowly: 33 logins at a time have a place, one of them on the thread.
fn slow_hashing() -> TestConfig {
    let config = TestConfig::default().set("passwords.max_concurrent", "1");
    config.set("passwords.memory", "65536").set("passwords.iterations", "2")
}

/// Sends two kinds of requests, 45 of each, all at once, and gives the first 40 answers, by kind.
/// Neither kind fits into the places alone: some of both are refused, unless one takes no place.
async fn flood(app: &TestApp, kinds: [Vec<Call>; 2]) -> [Vec<Answer>; 2] {
    let mut calls = JoinSet::new();
    let [one, other] = kinds.map(Vec::into_iter);
    for (kind, call) in one.zip(other).flat_map(|(one, other)| [(0, one), (1, other)]) {
        let address = app.address;
        calls.spawn(async move { (kind, client::send(address, call).await) });
    }
    let mut answers = [Vec::new(), Vec::new()];
    for _ in 0..40 {
        let (kind, answer) = calls.join_next().await.unwrap().unwrap();
        answers[kind].push(answer);
    }
    answers
}

fn refused(answers: &[Answer]) -> Vec<&Answer> {
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status == 503).collect();
    assert!(!refused.is_empty());
    for answer in &refused {
        answer.assert_refused(503, "unavailable");
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
    refused
}

#[tokio::test]
async fn a_login_too_many_is_told_to_come_back_whoever_it_is_for() {
    let app = TestApp::with(slow_hashing()).await;
    let ada = app.logged_in("ada").await;
    let logins = ["ada", "nobody"].map(|name| {
        let body = json!({ "email": email(name), "password": PASSWORD });
        vec![Call::post("/api/auth/login").json(&body); 45]
    });
    let [known, unknown] = flood(&app, logins).await;
    let (known, unknown) = (refused(&known), refused(&unknown));
    assert_eq!(known[0].anonymous(), unknown[0].anonymous());
    // Nobody who is logged in feels any of it.
    assert_eq!(ada.verify().await.status, 200);
    assert_eq!(ada.me().await.status, 200);
}

#[tokio::test]
async fn registering_and_changing_the_password_queue_up_too() {
    let app = TestApp::with(slow_hashing()).await;
    let ada = app.logged_in("ada").await;
    let registrations = (0..45).map(|n| {
        let body = json!({ "email": email(&format!("user{n}")), "password": PASSWORD });
        Call::post("/api/auth/register").json(&body)
    });
    let body = json!({ "current_password": "not the right one", "new_password": NEW_PASSWORD });
    let change = ada.with_access(Call::post("/api/auth/password").json(&body));
    let [registrations, changes] = flood(&app, [registrations.collect(), vec![change; 45]]).await;
    refused(&registrations);
    refused(&changes);
    assert_eq!(ada.me().await.status, 200);
}

#[tokio::test]
async fn one_session_too_many_ends_the_oldest() {
    let app = TestApp::with(TestConfig::default().set("tokens.max_sessions", "3")).await;
    app.browser().register("ada").await;
    app.logged_in("bob").await;
    let mut browsers: Vec<Browser> = Vec::new();
    for _ in 0..5 {
        let mut browser = app.browser();
        assert_eq!(browser.login("ada").await.status, 200);
        browsers.push(browser);
        app.advance(1);
        // A refresh makes no session younger.
        browsers[0].refresh().await;
    }
    for (n, browser) in browsers.iter_mut().enumerate() {
        let alive = n >= 2;
        assert_eq!(browser.me().await.status == 200, alive, "{n}");
        assert_eq!(browser.refresh().await.status == 200, alive, "{n}");
    }
    let list = browsers[4].call("GET", "/api/auth/sessions").await.json();
    assert_eq!(list["sessions"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_session_that_is_over_takes_nobodys_place() {
    let config = TestConfig::default().set("tokens.max_sessions", "2");
    let app = TestApp::with(config.set("tokens.session_idle_ttl", "1h")).await;
    let mut tablet = app.logged_in("ada").await;
    app.advance(3000);
    let mut laptop = app.browser();
    laptop.login("ada").await;
    // By now the tablet's is overdue, and the phone's is the second.
    app.advance(1000);
    let mut phone = app.browser();
    phone.login("ada").await;
    assert_eq!(laptop.refresh().await.status, 200);
    assert_eq!(phone.me().await.status, 200);
    tablet.refresh().await.assert_refused(401, "invalid_token");
}

/// Many logins at once while the password changes: whichever comes first, no session that the old
/// password opened outlives it.
#[tokio::test]
async fn no_login_outruns_a_change_of_the_password() {
    let app = TestApp::with(TestConfig::default().set("tokens.max_sessions", "100")).await;
    let mut owner = app.logged_in("ada").await;
    let mut passwords = [PASSWORD, NEW_PASSWORD];
    for round in 0..4 {
        let [old, new] = passwords;
        let logins = (0..8).map(|_| async {
            let mut thief = app.browser();
            (thief.login_with("ada@example.com", old).await.status, thief)
        });
        let change = owner.change_password(old, new);
        let (thieves, changed) = tokio::join!(futures_util::future::join_all(logins), change);
        assert_eq!(changed.status, 200, "round {round}: {changed:?}");
        for (status, mut thief) in thieves {
            match status {
                200 => {
                    thief.me().await.assert_refused(401, "invalid_token");
                    thief.refresh().await.assert_refused(401, "invalid_token");
                }
                other => assert_eq!(other, 401),
            }
        }
        assert_eq!(owner.me().await.status, 200);
        let list = owner.call("GET", "/api/auth/sessions").await.json();
        assert_eq!(list["sessions"].as_array().unwrap().len(), 1, "round {round}");
        passwords = [new, old];
    }
}
