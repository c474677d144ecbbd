//! How a machine gets its token, and what the token says.

use super::*;

#[tokio::test]
async fn by_each_method_the_same_answer() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app, "orders:read orders:write").await;
    let signing = Shop::signing(&app, "orders:read orders:write", 7).await;
    let (id, secret) = (shop.id.as_str(), shop.secret.as_str());
    let percent = |text: &str| text.bytes().map(|b| format!("%{b:02X}")).collect::<String>();
    let assertion = || signing.sign(&signing.claims(&app));
    for (name, call) in [
        ("basic", basic(post(TOKEN, &[GRANT]), id, secret)),
        ("basic, encoded", basic(post(TOKEN, &[GRANT]), &percent(id), &percent(secret))),
        ("basic, named twice", basic(post(TOKEN, &[GRANT, ("client_id", id)]), id, secret)),
        ("post", post(TOKEN, &[GRANT, ("client_id", id), ("client_secret", secret)])),
        ("assertion", asserting(TOKEN, &assertion(), &[GRANT])),
        (
            "assertion, named twice",
            asserting(TOKEN, &assertion(), &[GRANT, ("client_id", &signing.id)]),
        ),
    ] {
        let answer = app.send(call).await;
        assert_eq!(answer.status, 200, "{name}: {answer:?}");
        assert_eq!(answer.all("content-type"), ["application/json; charset=utf-8"]);
        assert_eq!(answer.all("cache-control"), ["no-store"]);
        assert_eq!(answer.all("set-cookie"), Vec::<&str>::new());
        let body = answer.json();
        let members: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["access_token", "expires_in", "scope", "token_type"], "{name}");
        assert_eq!(body["token_type"], "Bearer");
        assert_eq!(body["expires_in"], 600);
        assert_eq!(body["scope"], "orders:read orders:write");
        let whose = claims(&token_of(&answer))["sub"].clone();
        assert_eq!(whose, if name.contains("assertion") { &*signing.id } else { id });
    }
}

#[tokio::test]
async fn the_token_says_exactly_what_it_should() {
    let config = TestConfig::default().set("tokens.machine_ttl", "7m");
    let app = TestApp::with(config.set("tokens.audience", "api")).await;
    let shop = Shop::open(&app, "orders:read").await;
    let (one, other) = (shop.token().await, shop.token().await);
    let now = app.clock.now().seconds();
    let mut said = claims(&one);
    let jti = said["jti"].take();
    assert!(TokenId::parse(jti.as_str().unwrap()).is_some());
    assert_ne!(claims(&other)["jti"], jti);
    let expected = json!({
        "iss": app.origin, "sub": shop.id, "client_id": shop.id, "aud": "api",
        "iat": now, "exp": now + 420, "jti": null, "scope": "orders:read",
    });
    assert_eq!(said, expected);

    let header = header(&one);
    let keys = app.send(Call::get("/.well-known/jwks.json")).await.json();
    let keys = keys["keys"].as_array().unwrap().clone();
    let key = keys.iter().find(|key| key["kid"] == header["kid"]).unwrap();
    assert_eq!(key["tandem_ring"], "machine");
    assert_eq!(header, json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": key["kid"] }));
    // As somebody else's verifier would see it.
    let x = URL_SAFE_NO_PAD.decode(key["x"].as_str().unwrap()).unwrap();
    let key = ed25519_dalek::VerifyingKey::from_bytes(&x.try_into().unwrap()).unwrap();
    let (message, signature) = one.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let signature = ed25519_dalek::Signature::from_slice(&signature).unwrap();
    key.verify_strict(message.as_bytes(), &signature).unwrap();
}

#[tokio::test]
async fn a_part_of_what_the_client_may_have() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app, "a b c").await;
    for (asked, granted) in
        [("a", "a"), ("b a", "a b"), ("c c", "c"), ("a b c", "a b c"), ("", "a b c")]
    {
        let answer = shop.ask(TOKEN, &[GRANT, ("scope", asked)]).await;
        assert_eq!(claims(&token_of(&answer))["scope"], granted, "{asked:?}");
        assert_eq!(answer.json()["scope"], granted, "{asked:?}");
    }
    for bad in ["d", "a d", "A", "a  b", " a", "a ", " ", "a,b", "a\tb", "\u{e9}", "a\"", "*"] {
        let answer = shop.ask(TOKEN, &[GRANT, ("scope", bad)]).await;
        answer.assert_oauth_error(400, "invalid_scope");
    }
}

/// RFC 6749 section 3.3 knows no empty scope: a token that is good for nothing has none to tell.
#[tokio::test]
async fn a_client_without_scopes_gets_a_token_without() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app, "").await;
    let answer = shop.ask(TOKEN, &[GRANT]).await;
    let token = token_of(&answer);
    assert_eq!(answer.json().get("scope"), None);
    assert_eq!(shop.introspect(&token).await.json()["active"], true);
    shop.read_revocations(&token).await.assert_refused(403, "forbidden");
    let answer = shop.ask(TOKEN, &[GRANT, ("scope", "a")]).await;
    answer.assert_oauth_error(400, "invalid_scope");
}

#[tokio::test]
async fn the_largest_set_of_scopes_still_fits() {
    let app = TestApp::start().await;
    let names: Vec<_> = (0..32).map(|n| format!("{n:02}{}", "s".repeat(62))).collect();
    let scopes = format!("{} revocations:read", names[..31].join(" "));
    let shop = Shop::open(&app, &scopes).await;
    let token = shop.token().await;
    assert!(token.len() <= 4096, "{}", token.len());
    assert_eq!(shop.read_revocations(&token).await.status, 200);
}
