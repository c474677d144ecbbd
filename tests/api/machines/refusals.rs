//! Who gets no token, and how that is said.

use super::*;

#[tokio::test]
async fn unknown_removed_and_wrong_look_alike() {
    let app = TestApp::start().await;
    let (shop, other) = (Shop::open(&app, "a").await, Shop::open(&app, "a").await);
    let gone = Shop::open(&app, "a").await;
    let signing = Shop::signing(&app, "a", 7).await;
    assert!(app.auth().remove_client(gone.client_id()).await.unwrap());
    let nobody = "0".repeat(32);
    let cases = [
        (shop.id.as_str(), other.secret.as_str()),
        (&shop.id, "wrong"),
        (&shop.id, &shop.secret[1..]),
        (&shop.id, &shop.secret.to_uppercase()),
        (&shop.id, &shop.id),
        (&nobody, &shop.secret),
        ("nobody", &shop.secret),
        (&shop.id.to_uppercase(), &shop.secret),
        (&gone.id, &gone.secret),
        (&signing.id, &shop.secret),
    ];
    let mut uniform = None;
    for path in [TOKEN, REVOKE, INTROSPECT] {
        for (id, secret) in &cases {
            let shown = [GRANT, ("token", "x"), ("client_id", id), ("client_secret", secret)];
            let by_basic = app.send(basic(post(path, &shown[..2]), id, secret)).await;
            assert_challenged(&by_basic);
            let by_post = app.send(post(path, &shown)).await;
            assert_unknown(&by_post);
            let both = (by_basic.anonymous(), by_post.anonymous());
            assert_eq!(both, *uniform.get_or_insert(both.clone()), "{path} {id}");
        }
    }
    assert_eq!(shop.ask(TOKEN, &[GRANT]).await.status, 200);
}

#[tokio::test]
async fn who_shows_nothing_is_nobody() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app, "a").await;
    let id = ("client_id", shop.id.as_str());
    for path in [TOKEN, REVOKE, INTROSPECT] {
        for parameters in
            [&[GRANT, ("token", "x")][..], &[GRANT, id], &[GRANT, id, ("client_secret", "")]]
        {
            assert_unknown(&app.send(post(path, parameters)).await);
        }
        let plain = || post(path, &[GRANT, ("token", "x")]);
        for line in [
            "Basic",
            "Basic ",
            "Basic !",
            "Basic Og==",
            "Bearer x",
            "Digest x",
            "",
            &format!("Basic {}", STANDARD.encode(&shop.id)),
            &format!("Basic {}", STANDARD.encode(format!("{}:", shop.id))),
            &format!("Basic {}", STANDARD.encode(format!(":{}", shop.secret))),
            &format!("Basic {}", STANDARD.encode([0xff, b':', 0xff])),
            &format!("Basic {}:{}", shop.id, shop.secret),
            // Its own token is no proof either.
            &format!("Bearer {}", shop.token().await),
        ] {
            assert_challenged(&app.send(plain().header("authorization", line)).await);
        }
    }
}

#[tokio::test]
async fn one_method_is_enough_and_two_are_too_many() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app, "a").await;
    let signing = Shop::signing(&app, "a", 7).await;
    let (id, secret) = (("client_id", shop.id.as_str()), ("client_secret", shop.secret.as_str()));
    for path in [TOKEN, REVOKE, INTROSPECT] {
        let token = ("token", "x");
        let assertion = signing.sign(&signing.claims(&app));
        let shown = [("client_assertion_type", BEARER), ("client_assertion", &assertion)];
        for call in [
            shop.call(path, &[GRANT, token, id, secret]),
            shop.call(path, &[GRANT, token, secret]),
            shop.call(path, &[GRANT, token, ("client_id", &signing.id)]),
            shop.call(path, &[GRANT, token, shown[0], shown[1]]),
            post(path, &[GRANT, token, id, secret, shown[0], shown[1]]),
            basic(shop.call(path, &[GRANT, token]), &shop.id, &shop.secret),
            // Half of a method.
            post(path, &[GRANT, token, secret]),
            post(path, &[GRANT, token, shown[1]]),
            post(path, &[GRANT, token, shown[1], ("client_assertion_type", "other")]),
        ] {
            app.send(call).await.assert_oauth_error(400, "invalid_request");
        }
        // None of that used the assertion up.
        assert_eq!(app.send(asserting(path, &assertion, &[GRANT, token])).await.status, 200);
    }
}

#[tokio::test]
async fn parameters_are_there_once_or_not() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app, "a").await;
    let send = async |body: &str| {
        let call = Call::post(TOKEN).body(FORM, body.to_owned());
        app.send(basic(call, &shop.id, &shop.secret)).await
    };
    let grant = "grant_type=client_credentials";
    for good in [
        grant.to_owned(),
        format!("{grant}&scope="),
        format!("{grant}&client_id=&client_secret=&client_assertion=&client_assertion_type="),
        format!("{grant}&audience=x&resource=https%3A%2F%2Fapi.example&x=1&y"),
        format!("{grant}&cookie_token=x&token=y&refresh_token=z&username=a&password=b"),
        "grant%5Ftype=client%5Fcredentials&scope=a".to_owned(),
        format!("&&{grant}&"),
    ] {
        let answer = send(&good).await;
        assert_eq!(answer.status, 200, "{good}: {answer:?}");
    }
    for bad in [
        format!("{grant}&{grant}"),
        format!("{grant}&grant_type="),
        format!("{grant}&scope=a&scope=a"),
        format!("{grant}&x=1&x=2"),
        format!("{grant}&scope=%ff"),
        "grant_type=".to_owned(),
        "scope=a".to_owned(),
        String::new(),
        format!("{grant}&{}", (0..40).map(|n| format!("p{n}=1")).collect::<Vec<_>>().join("&")),
    ] {
        send(&bad).await.assert_oauth_error(400, "invalid_request");
    }
}

#[tokio::test]
async fn only_the_grants_there_are() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app, "a").await;
    for grant in [
        "password",
        "implicit",
        "refresh_token",
        "authorization_code",
        "Client_Credentials",
        "client_credentials ",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "x",
    ] {
        for call in [
            shop.call(TOKEN, &[("grant_type", grant)]),
            post(TOKEN, &[("grant_type", grant), ("username", "ada"), ("password", "x")]),
        ] {
            app.send(call).await.assert_oauth_error(400, "unsupported_grant_type");
        }
    }
    // A client is no session, and a session is no client.
    let session = shop.call(TOKEN, &[("grant_type", "session")]).header("origin", &app.origin);
    app.send(session).await.assert_oauth_error(400, "invalid_grant");
    let page = app.in_session_flow("ada").await;
    let call = page.with_cookies(post(TOKEN, &[GRANT]));
    assert_unknown(&page.send(call.header("origin", &app.origin)).await);
}

#[tokio::test]
async fn forms_by_post_and_nothing_else() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app, "a").await;
    for path in [TOKEN, REVOKE, INTROSPECT] {
        for method in ["GET", "PUT", "DELETE"] {
            let answer = app.send(Call::new(method, path)).await;
            answer.assert_oauth_error(405, "invalid_request");
            assert_eq!(answer.header("allow"), Some("POST"));
        }
        let json = Call::post(path).json(&json!({ "grant_type": "client_credentials" }));
        let none = Call::post(path).bytes("grant_type=client_credentials&token=x");
        for call in [json, none] {
            let answer = app.send(basic(call, &shop.id, &shop.secret)).await;
            answer.assert_oauth_error(400, "invalid_request");
        }
        let long = "x".repeat(70_000);
        let answer = shop.ask(path, &[GRANT, ("token", &long)]).await;
        answer.assert_oauth_error(413, "invalid_request");
        let query = format!("{path}?{}", encoded(&[GRANT, ("token", "x")]));
        let call = basic(Call::post(&query).body(FORM, ""), &shop.id, &shop.secret);
        app.send(call).await.assert_oauth_error(400, "invalid_request");
    }
}

/// Machines are no pages: a foreign page is refused before any credential is read.
#[tokio::test]
async fn no_foreign_page_asks() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app, "a").await;
    let token = shop.token().await;
    for path in [TOKEN, REVOKE, INTROSPECT] {
        for line in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
            let call = shop.call(path, &[GRANT, ("token", &token)]).header(line.0, line.1);
            let answer = shop.send(call).await;
            answer.assert_oauth_error(403, "access_denied");
            assert_eq!(answer.header("access-control-allow-origin"), None);
        }
    }
    assert_eq!(shop.introspect(&token).await.json()["active"], true, "it was not revoked");
}
