//! What is told to operators, and what happens when the database fails.

use std::sync::Arc;

use tandem::domain::clock::{ManualClock, SystemClock};

use super::*;
use crate::support::{database::TestDatabase, proxy::Proxy};

#[tokio::test]
async fn the_audit_log_says_what_clients_did() {
    log::listen();
    let app = TestApp::start().await;
    let shop = Shop::open(&app, "a").await;
    let day = Duration::from_hours(24);
    let secret = app.auth().rotate_client_secret(shop.client_id(), day).await.unwrap().unwrap();
    let wrong = Shop { secret: format!("tdm_sec_{}", "A".repeat(43)), ..shop.clone() };
    assert_challenged(&wrong.ask(TOKEN, &[GRANT]).await);
    let call = shop.call(TOKEN, &[GRANT]).header("x-request-id", "request-of-the-shop");
    let token = token_of(&shop.send(call).await);
    shop.revoke(&token).await;
    shop.revoke(&token).await;
    shop.revoke("garbage").await;
    let other = Shop::open(&app, "a").await;
    shop.revoke(&other.token().await).await;
    app.auth().remove_client(shop.client_id()).await.unwrap();
    assert_challenged(&shop.ask(TOKEN, &[GRANT]).await);

    let lines = audited(&shop.id);
    let events: Vec<_> = lines.iter().map(|line| line.get("event")).collect();
    let expected = [
        "client_created",
        "client_secret_rotated",
        "authn_client_fail",
        "authn_token_created",
        "authn_token_revoked",
        "client_removed",
    ];
    assert_eq!(events, expected);
    let issued = &lines[3];
    assert_eq!((issued.get("request_id"), issued.get("ip")), ("request-of-the-shop", "127.0.0.1"));
    for line in &lines {
        assert_eq!((line.get("user"), line.get("session"), line.get("kid")), ("", "", ""));
    }
    for line in log::lines() {
        let text = format!("{line:?}");
        assert!(!text.contains(&shop.secret[8..]) && !text.contains(&secret.reveal()[8..]));
        assert!(!text.contains(&token));
    }
}

#[tokio::test]
async fn asking_about_tokens_leaves_no_row() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app, "introspect").await;
    let token = shop.token().await;
    let before = app.stored().await;
    for _ in 0..3 {
        shop.introspect(&token).await;
        shop.introspect("junk").await;
        shop.revoke("junk").await;
    }
    assert_eq!(app.stored().await, before);
    for table in ["revoked_tokens", "client_assertions"] {
        let count = format!("select count(*) from {table}");
        assert_eq!(app.database.number(&count).await, 0, "{table}");
    }
}

#[track_caller]
fn assert_unavailable(answer: &Answer) {
    answer.assert_oauth_error(503, "temporarily_unavailable");
    assert_eq!(answer.header("retry-after"), Some("1"));
}

/// What needs the database says so; a token that is known goes on being judged without it.
async fn everything_that_needs_it_is_unavailable(
    shop: &Shop,
    signing: &Shop,
    app: &TestApp,
    token: &str,
) {
    let assertion = signing.sign(&signing.claims(app));
    let (id, secret) = (("client_id", shop.id.as_str()), ("client_secret", shop.secret.as_str()));
    for (path, parameters) in [
        (TOKEN, [GRANT, ("x", "x")]),
        (REVOKE, [GRANT, ("token", token)]),
        (INTROSPECT, [GRANT, ("token", token)]),
    ] {
        assert_unavailable(&shop.ask(path, &parameters).await);
        let by_post = [&parameters[..], &[id, secret]].concat();
        assert_unavailable(&shop.send(post(path, &by_post)).await);
        assert_unavailable(&shop.send(asserting(path, &assertion, &parameters)).await);
    }
    shop.read_revocations(token).await.assert_refused(503, "unavailable");
    // What cannot be meant is refused without asking anybody.
    let answer = shop.send(post(TOKEN, &[("grant_type", "password")])).await;
    answer.assert_oauth_error(400, "unsupported_grant_type");
    let scope = format!("/api/auth/verify?scope={}", "revocations:read");
    assert_eq!(shop.send(Call::get(&scope).bearer(token)).await.status, 200);
}

#[tokio::test]
async fn a_fault_of_ours_tells_nothing_about_itself() {
    let app = TestApp::with(quiet()).await;
    let shop = Shop::open(&app, "revocations:read").await;
    let token = shop.token().await;
    app.database.sql("drop table client_secrets").await;
    for path in [TOKEN, REVOKE, INTROSPECT] {
        let answer = shop.ask(path, &[GRANT, ("token", &token)]).await;
        answer.assert_oauth_error(500, "server_error");
        assert!(!answer.text().contains("client_secrets"), "{answer:?}");
    }
    // What needs no client goes on.
    assert_eq!(shop.read_revocations(&token).await.status, 200);
}

#[tokio::test]
async fn while_the_database_is_away_nobody_gets_a_token_and_everybody_is_told_to_wait() {
    let database = Arc::new(TestDatabase::create().await);
    if !database.is_server() {
        return;
    }
    let proxy = Proxy::before(&database.url).await;
    let config = quiet()
        .set("database.url", &proxy.url)
        .set("database.timeout", "2s")
        .set("tokens.reuse_interval", "0s")
        .set("server.request_timeout", "5s");
    let clock = Arc::new(ManualClock::new(SystemClock.now()));
    let app = TestApp::instance(config, database, clock).await;
    let shop = Shop::open(&app, "revocations:read").await;
    let signing = Shop::signing(&app, "", 7).await;
    let token = shop.token().await;
    proxy.cut();
    everything_that_needs_it_is_unavailable(&shop, &signing, &app, &token).await;
    proxy.heal();
    for _ in 0..200 {
        if shop.ask(TOKEN, &[GRANT]).await.status == 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    assert_eq!(shop.introspect(&token).await.json()["active"], true, "nothing was revoked");
    assert_eq!(shop.revoke(&token).await.status, 200);
}
