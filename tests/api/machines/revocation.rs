//! `/iam/oauth/revoke` (RFC 7009).

use super::*;

/// A shop, its neighbour, and a user.
struct Cast {
    app: TestApp,
    shop: Shop,
    other: Shop,
    ada: Browser,
}

impl Cast {
    async fn assemble() -> Self {
        let app = TestApp::with(quiet()).await;
        let shop = Shop::open(&app, "introspect revocations:read").await;
        let other = Shop::open(&app, "revocations:read").await;
        let ada = app.logged_in("ada").await;
        Self { app, shop, other, ada }
    }
}

#[tokio::test]
async fn whatever_the_token_is_the_answer_is_the_same() {
    let cast = Cast::assemble().await;
    let expired = cast.shop.token().await;
    cast.app.advance(700);
    let (token, kept, theirs) =
        (cast.shop.token().await, cast.shop.token().await, cast.other.token().await);
    let mut ada = cast.ada.clone();
    assert_eq!(ada.refresh().await.status, 200);
    let success = cast.shop.revoke(&token).await;
    assert_eq!((success.status, success.text().as_str()), (200, ""));
    assert_eq!(success.all("cache-control"), ["no-store"]);
    let before = cast.app.database.number("select count(*) from revoked_tokens").await;
    let body = ada.tokens.body_access.clone().unwrap();
    let cookie = ada.tokens.cookie_access.clone().unwrap();
    for (name, text) in [
        ("again", token.as_str()),
        ("expired", &expired),
        ("somebody else's", &theirs),
        ("a body half", &body),
        ("a cookie half", &cookie),
        ("garbage", "garbage"),
        ("more garbage", "\u{0}\u{1f4a9}'\"<>"),
        ("an identifier", &cast.shop.id),
        ("a mutilated one", &kept[..kept.len() - 1]),
    ] {
        let answer = cast.shop.revoke(text).await;
        assert_eq!(answer.anonymous(), success.anonymous(), "{name}");
    }
    assert_eq!(cast.app.database.number("select count(*) from revoked_tokens").await, before);
    assert_eq!(cast.shop.read_revocations(&kept).await.status, 200);
    assert_eq!(cast.other.read_revocations(&theirs).await.status, 200);
    assert_eq!(ada.me().await.status, 200);
    assert_eq!(ada.refresh().await.status, 200);
    cast.shop.read_revocations(&token).await.assert_refused(401, "invalid_token");
}

#[tokio::test]
async fn what_is_no_machine_token_by_its_looks_is_of_an_unsupported_type() {
    let cast = Cast::assemble().await;
    let page = cast.app.in_session_flow("grace").await;
    let tokens = &cast.ada.tokens;
    for text in [
        tokens.body_refresh.as_deref().unwrap(),
        tokens.cookie_refresh.as_deref().unwrap(),
        page.session_cookie.as_deref().unwrap(),
        &cast.shop.secret,
        "tdm_",
        "tdm_rtb_x",
    ] {
        for hint in [None, Some("refresh_token"), Some("access_token"), Some("nonsense")] {
            let mut parameters = vec![("token", text)];
            parameters.extend(hint.map(|hint| ("token_type_hint", hint)));
            let answer = cast.shop.ask(REVOKE, &parameters).await;
            answer.assert_oauth_error(400, "unsupported_token_type");
        }
    }
    cast.app.advance(60);
    assert_eq!(cast.ada.clone().refresh().await.status, 200);
    assert_eq!(page.clone().exchange().await.status, 200);
}

#[tokio::test]
async fn a_hint_changes_nothing() {
    let cast = Cast::assemble().await;
    for hint in ["access_token", "refresh_token", "nonsense", ""] {
        let token = cast.shop.token().await;
        let answer = cast.shop.ask(REVOKE, &[("token", &token), ("token_type_hint", hint)]).await;
        assert_eq!(answer.status, 200);
        cast.shop.read_revocations(&token).await.assert_refused(401, "invalid_token");
    }
}

#[tokio::test]
async fn it_asks_for_a_token_and_before_that_for_a_client() {
    let cast = Cast::assemble().await;
    for parameters in [&[][..], &[("token", "")], &[("token_type_hint", "access_token")]] {
        let answer = cast.shop.ask(REVOKE, parameters).await;
        answer.assert_oauth_error(400, "invalid_request");
        assert_unknown(&cast.app.send(post(REVOKE, parameters)).await);
    }
    let twice = format!("token={0}&token={0}", cast.shop.token().await);
    let call = Call::post(REVOKE).body(FORM, twice);
    let answer = cast.app.send(basic(call, &cast.shop.id, &cast.shop.secret)).await;
    answer.assert_oauth_error(400, "invalid_request");

    // Nobody revokes without having proved who they are, and a token proves nothing.
    let token = cast.shop.token().await;
    assert_unknown(&cast.app.send(post(REVOKE, &[("token", &token)])).await);
    assert_challenged(&cast.app.send(post(REVOKE, &[("token", &token)]).bearer(&token)).await);
    assert_eq!(cast.shop.read_revocations(&token).await.status, 200);
    // By every method.
    let (id, secret) = (("client_id", &*cast.shop.id), ("client_secret", &*cast.shop.secret));
    let answer = cast.app.send(post(REVOKE, &[("token", &token), id, secret])).await;
    assert_eq!(answer.status, 200);
    cast.shop.read_revocations(&token).await.assert_refused(401, "invalid_token");
    let signing = Shop::signing(&cast.app, "revocations:read", 7).await;
    let token = signing.signed_token(&cast.app).await;
    let assertion = signing.sign(&signing.claims(&cast.app));
    let answer = cast.app.send(asserting(REVOKE, &assertion, &[("token", &token)])).await;
    assert_eq!(answer.status, 200);
    signing.read_revocations(&token).await.assert_refused(401, "invalid_token");
}
