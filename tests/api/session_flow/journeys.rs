//! What an honest page lives through.

use super::*;

/// The idle deadline beside a limit that a test reaches.
fn short_idle() -> TestConfig {
    TestConfig::default().set("tokens.session_idle_ttl", "15m")
}

#[tokio::test]
async fn the_life_of_a_page() {
    let app = TestApp::start().await;
    let mut page = app.browser();
    page.register("ada").await;
    // A protected page, and nobody is logged in.
    assert_no_session(&page.exchange().await);
    let login = page.password_login("ada").await;
    assert_eq!((login.status, login.text().as_str()), (204, ""));
    assert_eq!(login.header("cache-control"), Some("no-store"));
    // The cookie by itself opens nothing.
    page.me().await.assert_refused(401, "unauthenticated");
    assert_eq!(page.exchange().await.status, 200);
    assert_eq!(page.me().await.json()["user"]["email"], email("ada"));

    // A reload.
    page.forget();
    page.me().await.assert_refused(401, "invalid_token");
    assert_eq!(page.exchange().await.status, 200);
    assert_eq!(page.me().await.status, 200);

    // About to expire: replaced.
    app.advance(50);
    let before = page.tokens.clone();
    assert_eq!(page.exchange().await.status, 200);
    assert_ne!(page.tokens.body_access, before.body_access);
    assert_ne!(page.tokens.cookie_access, before.cookie_access);
    app.advance(50);
    assert_eq!(page.me().await.status, 200);
    holding(&page, before).me().await.assert_refused(401, "access_expired");

    // Expired, after a minute and the leeway.
    app.advance(14);
    assert_eq!(page.me().await.status, 200);
    app.advance(2);
    page.me().await.assert_refused(401, "access_expired");
    assert_eq!(page.exchange().await.status, 200);
    assert_eq!(page.me().await.status, 200);

    assert_eq!(page.session_logout().await.status, 204);
    assert_eq!((&page.tokens, &page.session_cookie), (&Tokens::default(), &None));
    assert_no_session(&page.exchange().await);
}

fn members(answer: &Answer) -> Vec<String> {
    answer.json().as_object().unwrap().keys().cloned().collect()
}

fn header(token: &str) -> Value {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let part = token.split('.').next().unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn what_is_issued_is_exactly_this() {
    let https = TestConfig::default().set("server.public_url", "https://api.example.com");
    for (config, [access, refresh, session], secure) in [
        (TestConfig::default(), ["tandem-access", "tandem-refresh", "tandem-session"], ""),
        (
            https,
            ["__Host-tandem-access", "__Secure-tandem-refresh", "__Host-tandem-session"],
            "; Secure",
        ),
    ] {
        let app = TestApp::with(config.set("session_flow.access_ttl", "2s")).await;
        let mut page = app.browser();
        page.register("ada").await;
        let login = page.password_login("ada").await;
        let secret = cookie(&page).to_owned();
        let rest = format!("{secure}; HttpOnly; SameSite=Strict");
        let expected = [
            format!("{access}=; Path=/; Max-Age=0{rest}"),
            format!("{refresh}=; Path=/api/auth/refresh; Max-Age=0{rest}"),
            format!("{session}={secret}; Path=/; Max-Age=604800{rest}"),
        ];
        assert_eq!(login.all("set-cookie"), expected);
        assert!(secret.starts_with("tdm_ses_") && secret.len() == 100, "{secret}");

        let answer = page.exchange().await;
        assert_eq!(members(&answer), ["access_token", "expires_in", "token_type"]);
        assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(
            (&answer.json()["token_type"], &answer.json()["expires_in"]),
            (&json!("Bearer"), &json!(2))
        );
        let half = page.tokens.cookie_access.clone().unwrap();
        let expected = [format!("{access}={half}; Path=/; Max-Age=604800{rest}")];
        assert_eq!(answer.all("set-cookie"), expected);

        let body = page.tokens.body_access.clone().unwrap();
        assert_eq!(header(&body)["typ"], "tandem-body+jwt");
        assert_eq!(header(&half)["typ"], "tandem-cookie+jwt");
        for token in [&body, &half] {
            let claims = claims(token);
            assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 2);
            assert_eq!(claims["gen"], 1);
        }
        // Neither half shows in the other, and the session cookie in neither.
        for (hidden, place) in [(&half, answer.text()), (&secret, answer.text())] {
            assert!(!place.contains(hidden));
        }
        assert!(answer.all("set-cookie").iter().all(|line| !line.contains(&body)));
        let me = page.me().await;
        assert_eq!((me.status, me.all("set-cookie").len()), (200, 0));
    }
}

#[tokio::test]
async fn one_half_of_a_short_pair_opens_nothing_anywhere() {
    let app = TestApp::start().await;
    let page = with_pair(&app, "ada").await;
    let elsewhere = app.in_session_flow("bob").await;
    let stored = app.stored().await;
    let Tokens { body_access, cookie_access, .. } = page.tokens.clone();
    for operation in protected() {
        for tokens in [
            // A script that carries the short token away has half of nothing.
            Tokens { body_access: body_access.clone(), ..Tokens::default() },
            Tokens { cookie_access: cookie_access.clone(), ..Tokens::default() },
        ] {
            for browser in [&app.browser(), &elsewhere, &page] {
                let thief = holding(browser, tokens.clone());
                let answer = thief.send(thief.with_access(operation.call())).await;
                answer.assert_refused(401, "invalid_token");
            }
        }
    }
    // Nor is it worth a new one.
    let thief = holding(&app.browser(), Tokens { body_access, ..Tokens::default() });
    let call = thief.with_access(thief.exchange_call());
    assert_no_session(&app.send(call).await);
    assert_eq!(app.stored().await, stored);
    assert!(is_alive(&page).await);
}

#[tokio::test]
async fn an_exchange_moves_the_idle_deadline_at_most_once_a_minute() {
    let app = TestApp::with(short_idle()).await;
    let mut page = with_pair(&app, "ada").await;
    let secret = cookie(&page).to_owned();
    let mut left = 900;
    for _ in 0..3 {
        let before = row(&app, &page).await;
        for wait in [0, 1, 57, 1] {
            app.advance(wait);
            left -= wait;
            let answer = page.exchange().await;
            assert!(row(&app, &page).await == before, "{wait}");
            // The access cookie lives as long as the session; the session cookie is left alone.
            let [access] = answer.all("set-cookie")[..] else { panic!("{answer:?}") };
            assert!(access.starts_with("tandem-access="), "{access}");
            assert!(access.contains(&format!("; Max-Age={left};")), "{left}: {access}");
        }
        app.advance(1);
        left = 900;
        let answer = page.exchange().await;
        let after = row(&app, &page).await;
        assert_eq!(after.last_seen_at - before.last_seen_at, 60_000);
        assert_eq!(after.idle_expires_at - before.idle_expires_at, 60_000);
        let untouched = Model {
            last_seen_at: before.last_seen_at,
            idle_expires_at: before.idle_expires_at,
            ..after
        };
        assert!(untouched == before);
        let [access, session] = answer.all("set-cookie")[..] else { panic!("{answer:?}") };
        assert!(access.contains("; Max-Age=900;"), "{access}");
        let same =
            format!("tandem-session={secret}; Path=/; Max-Age=900; HttpOnly; SameSite=Strict");
        assert_eq!(session, same);
    }
}

#[tokio::test]
async fn the_idle_deadline_ends_a_session_and_nothing_but_an_exchange_moves_it() {
    let app = TestApp::with(short_idle().set("session_flow.access_ttl", "120s")).await;
    let mut page = with_pair(&app, "ada").await;
    for _ in 0..5 {
        app.advance(899);
        assert_eq!(page.exchange().await.status, 200);
    }
    app.advance(100);
    for path in ["/api/auth/verify", "/api/auth/me", "/api/auth/sessions"] {
        assert_eq!(page.call("GET", path).await.status, 200, "{path}");
    }
    app.flush().await;
    app.advance(799);
    assert_eq!(page.clone().exchange().await.status, 200);
    let late = app.in_session_flow("bob").await;
    app.advance(900);
    assert_no_session(&page.exchange().await);
    assert_no_session(&late.clone().exchange().await);
    // And once it is over, it stays so.
    assert_no_session(&page.exchange().await);
}

#[tokio::test]
async fn nothing_moves_the_absolute_deadline_and_nothing_outlives_it() {
    let config = TestConfig::default().set("tokens.session_max_ttl", "2h");
    let app = TestApp::with(config.set("tokens.session_idle_ttl", "30m")).await;
    let mut page = with_pair(&app, "ada").await;
    let begin = page.claims()["iat"].as_i64().unwrap();
    let end = row(&app, &page).await.expires_at;
    let mut elapsed = 0;
    for step in [600, 1200, 1200, 1200, 1200, 1200, 540, 30, 29] {
        app.advance(u64::try_from(step).unwrap());
        elapsed += step;
        let answer = page.exchange().await;
        assert_eq!(answer.status, 200, "after {elapsed} s");
        assert_eq!(row(&app, &page).await.expires_at, end);
        let left: i64 = 7200 - elapsed;
        let lives = answer.json()["expires_in"].as_i64().unwrap();
        assert!((left.min(60) - lives).abs() <= 1, "{lives} of {left}");
        assert!(page.claims()["exp"].as_i64().unwrap() <= begin + 7200);
        let renewable = (row(&app, &page).await.idle_expires_at / 1000) - begin - elapsed;
        for line in answer.all("set-cookie") {
            let age = line.split("; Max-Age=").nth(1).unwrap().split(';').next().unwrap();
            let age: i64 = age.parse().unwrap();
            assert!((renewable - age).abs() <= 1 && age <= left, "{age} of {renewable} and {left}");
        }
    }
    app.advance(1);
    assert_no_session(&page.exchange().await);
}

#[tokio::test]
async fn two_tabs_share_a_session_and_do_not_disturb_each_other() {
    let app = TestApp::start().await;
    let mut one = with_pair(&app, "ada").await;
    let mut two = one.clone();
    for _ in 0..3 {
        app.advance(20);
        assert_eq!(two.exchange().await.status, 200);
        // The jar is shared: the first tab's half meets the second one's cookie.
        one.tokens.cookie_access = two.tokens.cookie_access.clone();
        assert_eq!((one.me().await.status, two.me().await.status), (200, 200));
    }
    assert_eq!(one.session(), two.session());
}

#[tokio::test]
async fn a_change_of_roles_reaches_the_page_with_the_next_exchange() {
    let app = TestApp::start().await;
    let mut page = with_pair(&app, "ada").await;
    let roles = Roles::parse(["editor"]).unwrap();
    app.auth().set_roles(id_of(&app, "ada").await, &roles).await.unwrap();
    page.me().await.assert_refused(401, "access_expired");
    assert_eq!(page.exchange().await.status, 200);
    assert_eq!(page.claims()["roles"], json!(["editor"]));
    assert_eq!(page.me().await.json()["user"]["roles"], json!(["editor"]));
}

#[tokio::test]
async fn there_is_no_refresh_in_this_flow() {
    let app = TestApp::start().await;
    let mut page = with_pair(&app, "ada").await;
    let dual = app.logged_in("bob").await;
    app.advance(30);
    let stored = app.stored().await;
    let own = [cookie(&page), page.tokens.body_access.as_deref().unwrap(), "junk", ""];
    let foreign = [&dual.tokens.body_refresh, &dual.tokens.cookie_refresh];
    let foreign = foreign.into_iter().map(|token| token.as_deref().unwrap());
    let tokens: Vec<Option<&str>> =
        own.into_iter().chain(foreign).map(Some).chain([None]).collect();
    for body in &tokens {
        for refresh_cookie in &tokens {
            let body = match body {
                Some(token) => json!({ "refresh_token": token }),
                None => json!({}),
            };
            let call = page.with_access(Call::post("/api/auth/refresh").json(&body));
            let call = match refresh_cookie {
                Some(token) => call.cookie("tandem-refresh", token),
                None => call,
            };
            app.send(call).await.assert_refused(401, "invalid_token");
        }
    }
    assert_eq!(app.stored().await, stored);
    assert_eq!((page.me().await.status, page.exchange().await.status), (200, 200));
}
