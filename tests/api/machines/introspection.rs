//! `/iam/oauth/introspect` (RFC 7662).

use tandem::domain::role::Roles;

use super::*;

fn inactive() -> Value {
    json!({ "active": false })
}

/// A shop without further rights, an API that may ask about everything, and Ada.
struct Cast {
    app: TestApp,
    shop: Shop,
    api: Shop,
    ada: Browser,
}

impl Cast {
    async fn assemble() -> Self {
        let app = TestApp::with(quiet()).await;
        let shop = Shop::open(&app, "orders:read").await;
        let api = Shop::open(&app, "introspect").await;
        let ada = app.logged_in("ada").await;
        Self { app, shop, api, ada }
    }

    async fn pair(&self, who: &Shop, body: &str, cookie: &str) -> Answer {
        who.ask(INTROSPECT, &[("token", body), ("cookie_token", cookie)]).await
    }
}

fn halves(browser: &Browser) -> (&str, &str) {
    let tokens = &browser.tokens;
    (tokens.body_access.as_deref().unwrap(), tokens.cookie_access.as_deref().unwrap())
}

#[tokio::test]
async fn its_own_token_and_what_it_says() {
    let cast = Cast::assemble().await;
    let token = cast.shop.token().await;
    let said = claims(&token);
    let answer = cast.shop.introspect(&token).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.all("cache-control"), ["no-store"]);
    let now = cast.app.clock.now().seconds();
    let expected = json!({
        "active": true, "sub": cast.shop.id, "client_id": cast.shop.id, "scope": "orders:read",
        "token_type": "Bearer", "iss": cast.app.origin, "aud": "tandem", "iat": now,
        "exp": now + 600, "jti": said["jti"],
    });
    assert_eq!(answer.json(), expected);
    for hint in ["access_token", "refresh_token", "x"] {
        let parameters = [("token", token.as_str()), ("token_type_hint", hint)];
        assert_eq!(cast.shop.ask(INTROSPECT, &parameters).await.json(), expected);
    }
    // Others' with the scope for it only.
    assert_eq!(cast.api.introspect(&token).await.json(), expected);
    let api = cast.api.token().await;
    assert_eq!(cast.shop.introspect(&api).await.json(), inactive());
}

#[tokio::test]
async fn everything_that_is_not_active_looks_the_same() {
    let cast = Cast::assemble().await;
    let (shop, api) = (&cast.shop, &cast.api);
    let expired = shop.token().await;
    cast.app.advance(700);
    let revoked = shop.token().await;
    shop.revoke(&revoked).await;
    let gone = Shop::open(&cast.app, "").await;
    let of_the_gone = gone.token().await;
    cast.app.auth().remove_client(gone.client_id()).await.unwrap();
    let ada = cast.app.logged_in("grace").await;
    let (body, cookie) = halves(&ada);
    let foreign = api.token().await;
    let uniform = shop.introspect("unknown").await;
    assert_eq!((uniform.status, uniform.text().as_str()), (200, r#"{"active":false}"#));
    for (name, answer) in [
        ("expired", shop.introspect(&expired).await),
        ("revoked", shop.introspect(&revoked).await),
        ("of a removed client", api.introspect(&of_the_gone).await),
        ("somebody else's", shop.introspect(&foreign).await),
        ("a body half", api.introspect(body).await),
        ("a cookie half", api.introspect(cookie).await),
        ("the same without the scope", shop.introspect(body).await),
        ("a pair without the scope", cast.pair(shop, body, cookie).await),
        ("its own token with half a pair", cast.pair(shop, &shop.token().await, cookie).await),
        ("a secret", api.introspect(&api.secret).await),
        ("a refresh token", api.introspect(ada.tokens.body_refresh.as_ref().unwrap()).await),
        ("very long", api.introspect(&"x".repeat(20_000)).await),
    ] {
        assert_eq!(answer.anonymous(), uniform.anonymous(), "{name}");
    }
}

#[tokio::test]
async fn a_whole_pair_with_the_scope_for_it() {
    let cast = Cast::assemble().await;
    let id = cast.app.auth().find_user("ada@example.com").await.unwrap().id;
    let roles = Roles::parse(["admin", "editor"]).unwrap();
    cast.app.auth().set_roles(id, &roles).await.unwrap();
    cast.app.advance(60);
    let mut ada = cast.ada.clone();
    assert_eq!(ada.refresh().await.status, 200);
    let (body, cookie) = halves(&ada);
    let said = ada.claims();
    let answer = cast.pair(&cast.api, body, cookie).await;
    let expected = json!({
        "active": true, "sub": said["sub"], "sid": said["sid"], "roles": ["admin", "editor"],
        "iss": cast.app.origin, "aud": "tandem/body", "iat": said["iat"], "exp": said["exp"],
        "jti": said["jti"],
    });
    assert_eq!(answer.json(), expected);

    // Without any scope for it, of two sessions, turned round, from before the change.
    let other = cast.app.logged_in("grace").await;
    let (other_body, other_cookie) = halves(&other);
    let (old_body, old_cookie) = halves(&cast.ada);
    for (name, one, two) in [
        ("two sessions", body, other_cookie),
        ("two sessions", other_body, cookie),
        ("turned round", cookie, body),
        ("one twice", body, body),
        ("the other twice", cookie, cookie),
        ("half of it old", old_body, cookie),
        ("all of it old", old_body, old_cookie),
        ("beside garbage", body, "x"),
    ] {
        assert_eq!(cast.pair(&cast.api, one, two).await.json(), inactive(), "{name}");
    }
    let machine = cast.api.token().await;
    for (one, two) in [(machine.as_str(), cookie), (body, &machine), (&machine, &machine)] {
        assert_eq!(cast.pair(&cast.api, one, two).await.json(), inactive());
    }
    // An empty parameter is none.
    assert_eq!(cast.pair(&cast.api, &machine, "").await.json()["active"], true);
    assert_eq!(cast.pair(&cast.api, body, "").await.json(), inactive());

    assert_eq!(ada.me().await.status, 200, "asking consumes nothing");
}

#[tokio::test]
async fn an_ended_or_expired_session_is_not_active() {
    let cast = Cast::assemble().await;
    let elsewhere = cast.app.second().await;
    let (body, cookie) = halves(&cast.ada);
    let there = cast.api.at(&elsewhere);
    for who in [&cast.api, &there] {
        assert_eq!(cast.pair(who, body, cookie).await.json()["active"], true);
    }
    assert_eq!(cast.ada.clone().logout().await.status, 204);
    assert_eq!(cast.pair(&cast.api, body, cookie).await.json(), inactive());
    elsewhere.look().await;
    assert_eq!(cast.pair(&there, body, cookie).await.json(), inactive());
    let grace = cast.app.logged_in("grace").await;
    let (body, cookie) = halves(&grace);
    assert_eq!(cast.pair(&cast.api, body, cookie).await.json()["active"], true);
    cast.app.advance(246);
    assert_eq!(cast.pair(&cast.api, body, cookie).await.json(), inactive());
}

#[tokio::test]
async fn it_asks_for_a_token_and_before_that_for_a_client() {
    let cast = Cast::assemble().await;
    let token = cast.shop.token().await;
    for parameters in [&[][..], &[("token", "")], &[("cookie_token", token.as_str())]] {
        let answer = cast.shop.ask(INTROSPECT, parameters).await;
        answer.assert_oauth_error(400, "invalid_request");
        assert_unknown(&cast.app.send(post(INTROSPECT, parameters)).await);
    }
    assert_unknown(&cast.app.send(post(INTROSPECT, &[("token", &token)])).await);
    let bearer = post(INTROSPECT, &[("token", &token)]).bearer(&token);
    assert_challenged(&cast.app.send(bearer).await);
    let by_pair = cast.ada.with_access(post(INTROSPECT, &[("token", &token)]));
    assert_challenged(&cast.app.send(by_pair.header("origin", &cast.app.origin)).await);
}

/// RFC 7662 section 2.2: a scope that was taken away is not asked about; the token says what it said.
#[tokio::test]
async fn what_counts_is_what_the_client_may_do_now() {
    let cast = Cast::assemble().await;
    let token = cast.shop.token().await;
    assert_eq!(cast.api.introspect(&token).await.json()["active"], true);
    let taken = format!("update clients set scopes = '' where id = '{}'", cast.api.id);
    cast.app.database.sql(&taken).await;
    assert_eq!(cast.api.introspect(&token).await.json(), inactive());
}
