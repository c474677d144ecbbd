//! A machine token counts as a machine token and as nothing else, and nothing else counts as one.

use super::*;
use crate::{
    guard::{holding, protected},
    support::Tokens,
};

/// Ada in both flows, and a shop that may do whatever a machine may.
struct Cast {
    app: TestApp,
    ada: Browser,
    page: Browser,
    shop: Shop,
    token: String,
}

impl Cast {
    async fn assemble() -> Self {
        let app = TestApp::start().await;
        let ada = app.logged_in("ada").await;
        let mut page = app.in_session_flow("grace").await;
        assert_eq!(page.exchange().await.status, 200);
        let shop = Shop::open(&app, "introspect revocations:read").await;
        let token = shop.token().await;
        Self { app, ada, page, shop, token }
    }

    /// Every token that a user has, by name.
    fn users_tokens(&self) -> Vec<(&'static str, String)> {
        let (ada, page) = (&self.ada.tokens, &self.page.tokens);
        let tokens = [
            ("body access", &ada.body_access),
            ("cookie access", &ada.cookie_access),
            ("body refresh", &ada.body_refresh),
            ("cookie refresh", &ada.cookie_refresh),
            ("short body access", &page.body_access),
            ("short cookie access", &page.cookie_access),
            ("session cookie", &self.page.session_cookie),
        ];
        tokens.map(|(name, token)| (name, token.clone().unwrap())).into()
    }
}

#[tokio::test]
async fn no_operation_of_a_user_takes_it() {
    let cast = Cast::assemble().await;
    let before = cast.app.stored().await;
    let token = Some(cast.token.clone());
    let ada = &cast.ada.tokens;
    for operation in protected() {
        for (name, body_access, cookie_access) in [
            ("alone", token.clone(), None),
            ("beside a cookie half", token.clone(), ada.cookie_access.clone()),
            ("as the cookie half", ada.body_access.clone(), token.clone()),
            ("as a lone cookie", None, token.clone()),
            ("as both", token.clone(), token.clone()),
        ] {
            let tokens = Tokens { body_access, cookie_access, ..Tokens::default() };
            let thief = holding(&cast.ada, tokens);
            let answer = thief.send(thief.with_access(operation.call())).await;
            assert_eq!(
                answer.code(),
                "invalid_token",
                "{name}: {} {}",
                operation.method,
                operation.path
            );
            answer.assert_refused(401, "invalid_token");
        }
    }
    assert_eq!(cast.app.stored().await, before);
    assert_eq!(cast.ada.me().await.status, 200);
}

#[tokio::test]
async fn neither_does_refresh_or_logout_or_the_session_flow() {
    let cast = Cast::assemble().await;
    cast.app.advance(60);
    let before = cast.app.stored().await;
    let swaps: [fn(&mut Tokens, Option<String>); 4] = [
        |tokens, token| tokens.body_access = token,
        |tokens, token| tokens.cookie_access = token,
        |tokens, token| tokens.body_refresh = token,
        |tokens, token| tokens.cookie_refresh = token,
    ];
    for (n, swap) in swaps.into_iter().enumerate() {
        let mut tokens = cast.ada.tokens.clone();
        swap(&mut tokens, Some(cast.token.clone()));
        let thief = holding(&cast.ada, tokens);
        thief.refresh_lost().await.assert_refused(401, "invalid_token");
        if n < 2 {
            // Without effect.
            let answer = thief.call("POST", "/api/auth/logout").await;
            assert_eq!((answer.status, answer.all("set-cookie").len()), (204, 0));
        }
    }
    let mut page = cast.page.clone();
    page.session_cookie = Some(cast.token.clone());
    let answer = page.send(page.exchange_call()).await;
    answer.assert_oauth_error(400, "invalid_grant");
    let call = page.with_cookies(Call::post("/iam/logout")).header("origin", &page.origin);
    assert_eq!(page.send(call).await.all("set-cookie"), Vec::<&str>::new());
    assert_eq!(cast.app.stored().await, before);
    assert_eq!(cast.ada.clone().refresh().await.status, 200);
    assert_eq!(cast.page.clone().exchange().await.status, 200);
}

#[tokio::test]
async fn no_token_of_a_user_is_one_of_a_machine() {
    let cast = Cast::assemble().await;
    let before = cast.app.stored().await;
    for (name, token) in cast.users_tokens() {
        let lone = Call::get(REVOCATIONS).bearer(&token);
        // A genuine cookie half beside it changes nothing.
        let beside = cast.ada.with_cookies(lone.clone());
        for call in [lone, beside] {
            cast.app.send(call).await.assert_refused(401, "invalid_token");
        }
        let answer = cast.shop.introspect(&token).await;
        assert_eq!((answer.status, answer.json()), (200, json!({ "active": false })), "{name}");
        let answer = cast.shop.revoke(&token).await;
        if token.starts_with("tdm_") {
            answer.assert_oauth_error(400, "unsupported_token_type");
        } else {
            assert_eq!(answer.status, 200, "{name}");
        }
        // Nor is it any proof of a client.
        let id = &cast.shop.id;
        for call in [
            post(TOKEN, &[GRANT]).bearer(&token),
            basic(post(TOKEN, &[GRANT]), id, &token),
            asserting(TOKEN, &token, &[GRANT, ("client_id", id)]),
            asserting(TOKEN, &token, &[GRANT]),
        ] {
            assert_eq!(cast.app.send(call).await.code(), "invalid_client", "{name}");
        }
    }
    let pair = cast.ada.send(cast.ada.with_access(Call::get(REVOCATIONS))).await;
    pair.assert_refused(401, "invalid_token");
    assert_eq!(cast.app.stored().await, before);
    assert_eq!(cast.ada.me().await.status, 200);
    assert_eq!(cast.page.me().await.status, 200);
    assert_eq!(cast.shop.read_revocations(&cast.token).await.status, 200);
}

/// Nor is its secret a token, or its assertion.
#[tokio::test]
async fn what_a_client_proves_itself_by_is_no_token() {
    let cast = Cast::assemble().await;
    let signing = Shop::signing(&cast.app, "revocations:read", 7).await;
    let assertion = signing.sign(&signing.claims(&cast.app));
    for text in [&cast.shop.secret, &cast.shop.id, &assertion] {
        let answer = cast.shop.read_revocations(text).await;
        answer.assert_refused(401, "invalid_token");
        let answer = cast.shop.introspect(text).await;
        assert_eq!(answer.json(), json!({ "active": false }));
    }
    let answer = cast.shop.revoke(&cast.shop.secret).await;
    answer.assert_oauth_error(400, "unsupported_token_type");
}

/// A reverse proxy may ask for a scope: then a machine is to come, and no user will do.
#[tokio::test]
async fn where_a_proxy_asks_for_a_scope_it_is_taken() {
    let cast = Cast::assemble().await;
    let shop = Shop::open(&cast.app, "orders:read").await;
    let token = shop.token().await;
    let verify = |query: &str| Call::get(&format!("/api/auth/verify{query}"));
    for query in ["?scope=orders:read", "?scope=orders:write,orders:read"] {
        let answer = shop.send(verify(query).bearer(&token)).await;
        assert_eq!((answer.status, answer.header("x-auth-subject")), (200, Some(&*shop.id)));
        assert_eq!(answer.header("x-auth-session"), Some(""));
        assert_eq!(answer.header("x-auth-roles"), Some(""));
        assert_eq!(answer.all("set-cookie"), Vec::<&str>::new());
        // A pair, or half of one, is no machine.
        let pair = cast.ada.with_access(verify(query));
        cast.app.send(pair).await.assert_refused(401, "invalid_token");
        let mixed = cast.ada.with_cookies(verify(query));
        cast.app.send(mixed).await.assert_refused(401, "unauthenticated");
    }
    for query in
        ["?scope=orders:write", "?scope=orders", "?scope=orders:read&role=admin", "?scope="]
    {
        let answer = shop.send(verify(query).bearer(&token)).await;
        answer.assert_refused(403, "forbidden");
    }
    for query in ["", "?role=admin"] {
        let answer = shop.send(verify(query).bearer(&token)).await;
        answer.assert_refused(401, "invalid_token");
    }
    assert_eq!(shop.revoke(&token).await.status, 200);
    let answer = shop.send(verify("?scope=orders:read").bearer(&token)).await;
    answer.assert_refused(401, "invalid_token");
}
