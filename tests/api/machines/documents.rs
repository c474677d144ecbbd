//! What is published: RFC 8414 metadata and the machine ring in the key set.

use super::*;

const METADATA: &str = "/.well-known/oauth-authorization-server";

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

/// The path of a listed address, which is under the issuer's.
fn path<'m>(metadata: &'m Value, member: &str) -> &'m str {
    let issuer = metadata["issuer"].as_str().unwrap();
    metadata[member].as_str().unwrap().strip_prefix(issuer).unwrap()
}

#[tokio::test]
async fn the_metadata_says_what_is_so() {
    let app = TestApp::start().await;
    let metadata = app.send(Call::get(METADATA)).await.json();
    let members: Vec<_> = metadata.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "grant_types_supported",
        "introspection_endpoint",
        "introspection_endpoint_auth_methods_supported",
        "introspection_endpoint_auth_signing_alg_values_supported",
        "issuer",
        "jwks_uri",
        "revocation_endpoint",
        "revocation_endpoint_auth_methods_supported",
        "revocation_endpoint_auth_signing_alg_values_supported",
        "token_endpoint",
        "token_endpoint_auth_methods_supported",
        "token_endpoint_auth_signing_alg_values_supported",
    ];
    // RFC 8414 section 2 requires `response_types_supported`, but where nothing authorizes there is
    // none, and an empty list is forbidden (section 3.2).
    assert_eq!(members, expected);
    for list in metadata.as_object().unwrap().values().filter_map(Value::as_array) {
        assert!(!list.is_empty());
    }
    let shop = Shop::open(&app, "revocations:read").await;
    assert_eq!(metadata["issuer"], app.origin);
    assert_eq!(metadata["issuer"], claims(&shop.token().await)["iss"]);

    // Every endpoint answers by every method and algorithm that is listed for it.
    let signing = Shop::signing(&app, "revocations:read", 7).await;
    for (endpoint, name) in
        [(TOKEN, "token"), (REVOKE, "revocation"), (INTROSPECT, "introspection")]
    {
        assert_eq!(path(&metadata, &format!("{name}_endpoint")), endpoint);
        let parameters = [GRANT, ("token", "x")];
        for method in texts(&metadata[format!("{name}_endpoint_auth_methods_supported")]) {
            let shown = [("client_id", &*shop.id), ("client_secret", &*shop.secret)];
            let call = match method {
                "client_secret_basic" => shop.call(endpoint, &parameters),
                "client_secret_post" => post(endpoint, &[&parameters[..], &shown].concat()),
                "private_key_jwt" => continue,
                "none" => {
                    let page = app.in_session_flow("ada").await;
                    page.exchange_call()
                }
                other => panic!("{other}"),
            };
            assert_eq!(app.send(call).await.status, 200, "{endpoint} {method}");
        }
        for alg in texts(&metadata[format!("{name}_endpoint_auth_signing_alg_values_supported")]) {
            let assertion = signing.sign_with(&json!({ "alg": alg }), &signing.claims(&app));
            let answer = app.send(asserting(endpoint, &assertion, &parameters)).await;
            assert_eq!(answer.status, 200, "{endpoint} {alg}");
        }
    }
    for grant in texts(&metadata["grant_types_supported"]) {
        let answer = app.send(post(TOKEN, &[("grant_type", grant)])).await;
        assert_ne!(answer.code(), "unsupported_grant_type", "{grant}");
    }
    assert_eq!(path(&metadata, "jwks_uri"), "/.well-known/jwks.json");
    assert_eq!(app.send(Call::get("/.well-known/jwks.json")).await.status, 200);
}

#[tokio::test]
async fn the_metadata_is_for_everybody() {
    let app = TestApp::start().await;
    let plain = app.send(Call::get(METADATA)).await;
    for call in [
        Call::get(METADATA).header("origin", "https://anybody.example"),
        Call::get(METADATA).bearer("x").cookie("tandem-access", "x"),
    ] {
        let answer = app.send(call).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.body, plain.body);
        assert_eq!(answer.all("content-type"), ["application/json; charset=utf-8"]);
        assert_eq!(answer.all("cache-control"), ["public, max-age=3600"]);
        assert_eq!(answer.all("access-control-allow-origin"), ["*"]);
        assert_eq!(answer.header("access-control-allow-credentials"), None);
        assert_eq!(answer.all("set-cookie"), Vec::<&str>::new());
    }
    for method in ["POST", "PUT", "DELETE"] {
        let answer = app.send(Call::new(method, METADATA)).await;
        answer.assert_refused(405, "method_not_allowed");
    }
}

#[tokio::test]
async fn an_issuer_is_named_as_it_is_configured() {
    let config = TestConfig::default().set("server.public_url", "https://auth.example.com");
    let app = TestApp::with(config).await;
    let metadata = app.send(Call::get(METADATA)).await.json();
    assert_eq!(metadata["issuer"], "https://auth.example.com");
    assert_eq!(metadata["token_endpoint"], "https://auth.example.com/iam/oauth/token");
    let shop = Shop::open(&app, "").await;
    assert_eq!(claims(&shop.token().await)["iss"], metadata["issuer"]);
    let signing = Shop::signing(&app, "", 7).await;
    for aud in [&metadata["issuer"], &metadata["token_endpoint"]] {
        let assertion = signing.sign(&with(&signing.claims(&app), "aud", aud.clone()));
        assert_eq!(signing.assert(&assertion).await.status, 200);
    }
    let here = json!(format!("http://{}", app.address));
    let assertion = signing.sign(&with(&signing.claims(&app), "aud", here));
    assert_unknown(&signing.assert(&assertion).await);
}

#[tokio::test]
async fn the_key_set_names_the_ring_and_holds_public_members_only() {
    let app = TestApp::start().await;
    let shop = Shop::open(&app, "").await;
    let token = shop.token().await;
    let answer = app.send(Call::get("/.well-known/jwks.json")).await;
    let set = answer.json();
    let keys = set["keys"].as_array().unwrap();
    let machine: Vec<_> = keys.iter().filter(|key| key["tandem_ring"] == "machine").collect();
    assert_eq!(machine.len(), 2, "the one that signs and its standby");
    assert!(machine.iter().any(|key| key["kid"] == header(&token)["kid"]));
    for key in keys {
        for private in ["d", "k", "p", "q", "dp", "dq", "qi", "oth"] {
            assert_eq!(key.get(private), None);
        }
        let ring = key["tandem_ring"].as_str().unwrap();
        assert!(["body", "cookie", "machine"].contains(&ring));
        assert_eq!(key["x"].as_str().unwrap().len(), 43);
    }
}
