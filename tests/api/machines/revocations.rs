//! `/api/auth/revocations`: what ended, for services that verify tokens themselves.

use tandem::domain::role::Roles;

use super::*;

/// A service that verifies pairs itself, and its token.
struct Cast {
    app: TestApp,
    api: Shop,
    token: String,
}

impl Cast {
    async fn assemble(config: TestConfig) -> Self {
        let app = TestApp::with(config.set("tokens.machine_ttl", "1h")).await;
        let api = Shop::open(&app, "revocations:read").await;
        let token = api.token().await;
        Self { app, api, token }
    }

    async fn ask(&self, query: &str) -> Answer {
        let call = Call::get(&format!("{REVOCATIONS}{query}")).bearer(&self.token);
        self.api.send(call).await
    }

    async fn all(&self) -> Value {
        let answer = self.ask("").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }
}

#[tokio::test]
async fn with_the_scope_for_it_and_not_otherwise() {
    let cast = Cast::assemble(quiet()).await;
    let app = &cast.app;
    app.send(Call::get(REVOCATIONS)).await.assert_refused(401, "unauthenticated");
    let answer = app.send(Call::get(REVOCATIONS)).await;
    assert_eq!(answer.all("www-authenticate"), [r#"Bearer realm="tandem""#]);
    for scopes in ["", "revocations", "revocations:write", "REVOCATIONS:READ", "introspect"] {
        let shop = Shop::open(app, scopes).await;
        let answer = shop.read_revocations(&shop.token().await).await;
        answer.assert_refused(403, "forbidden");
    }
    // The client may, but this token may not.
    let shop = Shop::open(app, "a revocations:read").await;
    let narrow = token_of(&shop.ask(TOKEN, &[GRANT, ("scope", "a")]).await);
    shop.read_revocations(&narrow).await.assert_refused(403, "forbidden");
    let ada = app.logged_in("ada").await;
    let answer = ada.send(ada.with_access(Call::get(REVOCATIONS))).await;
    answer.assert_refused(401, "invalid_token");
    assert_eq!(ada.me().await.status, 200);
}

#[tokio::test]
async fn it_begins_with_nothing_and_says_how_to_go_on() {
    let config = TestConfig::default().set("tokens.revocation_poll", "3s");
    let cast = Cast::assemble(config).await;
    let answer = cast.ask("").await;
    let now = cast.app.clock.now().millis();
    let empty = json!({ "now": now, "bound": 17, "sessions": [], "clients": [], "tokens": [] });
    assert_eq!(answer.json(), empty);
    assert_eq!(answer.all("cache-control"), ["private, max-age=3"]);
    assert_eq!(answer.header("access-control-allow-origin"), None);
    assert_eq!(answer.all("set-cookie"), Vec::<&str>::new());
}

#[tokio::test]
async fn whatever_ends_appears() {
    let cast = Cast::assemble(quiet()).await;
    let app = &cast.app;
    let elsewhere = app.second().await;
    let (mut ada, bob) = (app.logged_in("ada").await, app.logged_in("bob").await);
    let untouched = app.logged_in("eve").await;
    let (shop, gone) = (Shop::open(app, "").await, Shop::open(app, "").await);
    let token = shop.token().await;
    let ended = ada.session();
    assert_eq!(ada.logout().await.status, 204);
    let id = app.auth().find_user("bob@example.com").await.unwrap().id;
    app.auth().set_roles(id, &Roles::parse(["admin"]).unwrap()).await.unwrap();
    assert_eq!(shop.revoke(&token).await.status, 200);
    app.auth().remove_client(gone.client_id()).await.unwrap();

    let seen = cast.all().await;
    let mut sessions = seen["sessions"].as_array().unwrap().clone();
    sessions.sort_by_key(|session| session["ended"] == false);
    // A second that has begun is over only at its end.
    let bar = (app.clock.now().millis() + 999) / 1000;
    let expected = [
        json!({ "id": ended, "ended": true }),
        json!({ "id": bob.session(), "ended": false, "tokens_not_before": bar }),
    ];
    assert_eq!(sessions, expected);
    assert_eq!(seen["clients"], json!([gone.id]));
    assert_eq!(seen["tokens"], json!([claims(&token)["jti"]]));
    assert!(!seen.to_string().contains(&untouched.session()));
    // Another instance says so without having looked: it asks the database.
    let there = cast.api.at(&elsewhere).read_revocations(&cast.token).await;
    assert_eq!(there.json()["clients"], seen["clients"]);
    assert_eq!(there.json()["tokens"], seen["tokens"]);
    // Who believes it refuses what Tandem itself refuses.
    bob.verify().await.assert_refused(401, "access_expired");
}

#[tokio::test]
async fn a_session_is_told_for_as_long_as_its_tokens_could_live() {
    let cast = Cast::assemble(quiet().set("tokens.access_ttl", "10m")).await;
    let mut ada = cast.app.logged_in("ada").await;
    ada.logout().await;
    for (step, told) in [(0, 1), (600, 1), (15, 1), (70, 0)] {
        cast.app.advance(step);
        assert_eq!(cast.all().await["sessions"].as_array().unwrap().len(), told, "{step}");
    }
}

#[tokio::test]
async fn a_client_and_a_token_too() {
    let cast = Cast::assemble(quiet()).await;
    let shop = Shop::open(&cast.app, "").await;
    shop.revoke(&shop.token().await).await;
    cast.app.auth().remove_client(shop.client_id()).await.unwrap();
    for (step, told) in [(0, 1), (1800, 1), (1790, 1), (25, 1), (80, 0)] {
        cast.app.advance(step);
        cast.app.auth().purge_machines().await.unwrap();
        let token = cast.api.token().await;
        let seen = cast.api.read_revocations(&token).await.json();
        for member in ["clients", "tokens"] {
            assert_eq!(seen[member].as_array().unwrap().len(), told, "{member} {step}");
        }
    }
}

#[tokio::test]
async fn since_when_is_for_the_asker_to_say() {
    let cast = Cast::assemble(quiet().set("tokens.access_ttl", "10m")).await;
    let mut first = cast.app.logged_in("ada").await;
    let mut second = cast.app.logged_in("bob").await;
    let (one, two) = (first.session(), second.session());
    let start = cast.all().await["now"].as_i64().unwrap();
    first.logout().await;
    cast.app.advance(200);
    let between = cast.all().await["now"].as_i64().unwrap();
    assert_eq!(between, start + 200_000);
    cast.app.advance(1);
    second.logout().await;
    let told = async |since: i64| {
        let answer = cast.ask(&format!("?since={since}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let sessions = answer.json()["sessions"].as_array().unwrap().clone();
        let mut ids: Vec<_> =
            sessions.iter().map(|session| session["id"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids
    };
    let mut both = vec![one, two.clone()];
    both.sort();
    // Far in the past is as good as never asked.
    for since in [0, 1, start - 86_400_000, start, start + 60_000] {
        assert_eq!(told(since).await, both, "{since}");
    }
    // A little before is told again: writers' clocks and the order of commits differ.
    for since in [start + 61_000, between, between + 1000, between + 61_000] {
        assert_eq!(told(since).await, [two.clone()], "{since}");
    }
    assert_eq!(told(between + 62_000).await, Vec::<String>::new());
    for since in ["9223372036854775807", "18446744073709551615", "99999999999999"] {
        let answer = cast.ask(&format!("?since={since}")).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json()["sessions"], json!([]));
    }
}

#[tokio::test]
async fn what_is_no_time_is_refused_by_name() {
    let cast = Cast::assemble(quiet()).await;
    for bad in
        ["-1", "x", "1.5", "1e3", "0x10", "18446744073709551616", "%20", "2026-01-01T00:00:00Z"]
    {
        let answer = cast.ask(&format!("?since={bad}")).await;
        let fields: Vec<_> = answer.field_errors().into_iter().map(|(field, _)| field).collect();
        assert_eq!(fields, ["since"], "{bad}");
    }
    assert_eq!(cast.ask("?other=1").await.status, 200);
}

/// What a verifier does that asks again and again and misses nothing.
#[tokio::test]
async fn who_asks_from_now_to_now_learns_everything() {
    let cast = Cast::assemble(quiet()).await;
    let mut known = std::collections::BTreeSet::new();
    let mut since = None;
    let mut ended = std::collections::BTreeSet::new();
    for round in 0..5 {
        let mut ada = cast.app.logged_in(&format!("ada{round}")).await;
        ended.insert(ada.session());
        ada.logout().await;
        let query = since.map_or(String::new(), |since| format!("?since={since}"));
        let seen = cast.ask(&query).await.json();
        since = seen["now"].as_i64();
        for session in seen["sessions"].as_array().unwrap() {
            known.insert(session["id"].as_str().unwrap().to_owned());
        }
        assert_eq!(known, ended);
        cast.app.advance(90);
    }
}
