//! `private_key_jwt`: what an assertion must say (RFC 7523 section 3), and that it says it once.

use super::*;
use crate::forged::assemble;

/// A shop whose assertions are taken, and another one.
struct Cast {
    app: TestApp,
    shop: Shop,
    other: Shop,
}

impl Cast {
    async fn assemble() -> Self {
        let app = TestApp::start().await;
        let shop = Shop::signing(&app, "a", 7).await;
        let other = Shop::signing(&app, "a", 8).await;
        Self { app, shop, other }
    }

    fn now(&self) -> i64 {
        self.app.clock.now().seconds()
    }

    fn claims(&self) -> Value {
        self.shop.claims(&self.app)
    }

    /// A fresh assertion with one claim otherwise.
    fn saying(&self, member: &str, value: Value) -> String {
        self.shop.sign(&with(&self.claims(), member, value))
    }

    async fn takes(&self, name: &str, assertion: &str) {
        let answer = self.shop.assert(assertion).await;
        assert_eq!(answer.status, 200, "{name}: {answer:?}");
    }

    async fn refuses(&self, name: &str, assertion: &str) {
        let answer = self.shop.assert(assertion).await;
        assert_eq!(answer.status, 401, "{name}");
        assert_unknown(&answer);
    }
}

#[tokio::test]
async fn it_is_for_us_and_for_nobody_else() {
    let cast = Cast::assemble().await;
    let issuer = cast.app.origin.as_str();
    let endpoint = format!("{issuer}{TOKEN}");
    for aud in [json!(issuer), json!(endpoint), json!([issuer]), json!([endpoint])] {
        cast.takes(&aud.to_string(), &cast.saying("aud", aud.clone())).await;
    }
    for aud in [
        json!([issuer, endpoint]),
        json!([issuer, issuer]),
        json!([issuer, "https://other.example"]),
        json!(["https://other.example", issuer]),
        json!([]),
        json!(""),
        json!("tandem"),
        json!("https://other.example"),
        json!(format!("{issuer}/")),
        json!(format!("{issuer}{REVOKE}")),
        json!(format!("{endpoint}/")),
        json!(format!("{issuer}.evil.example")),
        json!(format!("{issuer}.evil.example{TOKEN}")),
        json!(issuer.to_uppercase()),
        json!(format!(" {issuer}")),
        json!({ "aud": issuer }),
        json!(null),
        json!(1),
    ] {
        cast.refuses(&aud.to_string(), &cast.saying("aud", aud.clone())).await;
    }
}

#[tokio::test]
async fn it_names_the_client_twice_and_its_own_key_signs_it() {
    let cast = Cast::assemble().await;
    let (shop, other) = (&cast.shop, &cast.other);
    for member in ["iss", "sub"] {
        for value in [json!(other.id), json!("x"), json!(""), json!([shop.id]), json!(null)] {
            let name = format!("{member} {value}");
            cast.refuses(&name, &cast.saying(member, value)).await;
        }
    }
    // Somebody else's key, whoever is named.
    cast.refuses("signed by another", &other.sign(&cast.claims())).await;
    let theirs = with(&with(&cast.claims(), "iss", json!(other.id)), "sub", json!(other.id));
    cast.refuses("for another", &shop.sign(&theirs)).await;
    // Another client's name beside a genuine assertion.
    let genuine = shop.sign(&cast.claims());
    for id in [other.id.as_str(), "x", &shop.id.to_uppercase()] {
        let call = asserting(TOKEN, &genuine, &[GRANT, ("client_id", id)]);
        assert_unknown(&shop.send(call).await);
    }
    cast.takes("not used up by that", &genuine).await;
    // A client with a secret has no key, and a key that the header brings along is nobody's.
    let secretive = Shop::open(&cast.app, "a").await;
    let claims =
        with(&with(&cast.claims(), "iss", json!(secretive.id)), "sub", json!(secretive.id));
    cast.refuses("of a client without keys", &shop.sign(&claims)).await;
    let mallory = known_key(66);
    let header = json!({ "alg": "EdDSA", "jwk": jwk(&mallory), "jku": "http://127.0.0.1:1/" });
    let forged = compact(&mallory, header.to_string(), cast.claims().to_string());
    cast.refuses("with its own key", &forged).await;
    // Once removed it is nobody.
    assert!(cast.app.auth().remove_client(shop.client_id()).await.unwrap());
    cast.refuses("of a removed client", &shop.sign(&cast.claims())).await;
}

#[tokio::test]
async fn it_is_short_lived() {
    let cast = Cast::assemble().await;
    let now = cast.now();
    for (name, member, value) in [
        ("the longest life", "exp", json!(now + 600)),
        ("as late as clocks differ", "exp", json!(now - 4)),
        ("iat as far ahead as clocks differ", "iat", json!(now + 5)),
        ("nbf as far ahead as clocks differ", "nbf", json!(now + 5)),
        ("iat long ago", "iat", json!(now - 86_400)),
        ("an unknown claim", "x", json!({ "y": [1] })),
    ] {
        cast.takes(name, &cast.saying(member, value)).await;
    }
    let no_iat = without(&cast.claims(), "iat");
    cast.takes("no iat", &cast.shop.sign(&no_iat)).await;
    for (member, value) in [
        ("exp", json!(now + 601)),
        ("exp", json!(now - 5)),
        ("exp", json!(now - 3600)),
        ("exp", json!(i64::MAX)),
        ("exp", json!(i64::MIN)),
        ("exp", json!(u64::MAX)),
        ("exp", json!((now + 60).to_string())),
        ("exp", json!(1e300)),
        ("exp", json!(null)),
        ("iat", json!(now + 6)),
        ("iat", json!(now + 3600)),
        ("iat", json!("now")),
        ("nbf", json!(now + 6)),
        ("nbf", json!(i64::MAX)),
        ("nbf", json!("now")),
    ] {
        let name = format!("{member} {value}");
        cast.refuses(&name, &cast.saying(member, value)).await;
    }
    for member in ["exp", "jti", "iss", "sub", "aud"] {
        let claims = without(&cast.claims(), member);
        cast.refuses(&format!("no {member}"), &cast.shop.sign(&claims)).await;
    }
    cast.takes("the longest jti", &cast.saying("jti", json!("j".repeat(256)))).await;
    for jti in [json!("j".repeat(257)), json!(""), json!(1), json!(null), json!(["j"])] {
        cast.refuses(&format!("jti {jti}"), &cast.saying("jti", jti.clone())).await;
    }
}

#[tokio::test]
async fn its_header_says_what_such_a_header_says() {
    let cast = Cast::assemble().await;
    let shop = &cast.shop;
    for header in [
        json!({ "alg": "EdDSA" }),
        json!({ "alg": "Ed25519" }),
        json!({ "alg": "EdDSA", "typ": "JWT" }),
        json!({ "alg": "EdDSA", "typ": "client-authentication+jwt" }),
        json!({ "alg": "EdDSA", "x": 1 }),
    ] {
        let assertion = shop.sign_with(&header, &cast.claims());
        cast.takes(&header.to_string(), &assertion).await;
    }
    for header in [
        json!({}),
        json!({ "alg": "none" }),
        json!({ "alg": "None" }),
        json!({ "alg": "HS256" }),
        json!({ "alg": "RS256" }),
        json!({ "alg": "ES256" }),
        json!({ "alg": "eddsa" }),
        json!({ "alg": ["EdDSA"] }),
        json!({ "alg": null }),
        json!({ "alg": "EdDSA", "typ": "at+jwt" }),
        json!({ "alg": "EdDSA", "typ": "tandem-body+jwt" }),
        json!({ "alg": "EdDSA", "crit": [] }),
        json!({ "alg": "EdDSA", "crit": ["exp"] }),
        json!({ "alg": "EdDSA", "crit": null }),
        json!({ "alg": "EdDSA", "kid": "unknown" }),
    ] {
        let assertion = shop.sign_with(&header, &cast.claims());
        cast.refuses(&header.to_string(), &assertion).await;
        // And what has no signature, or another one.
        let (message, _) = assertion.rsplit_once('.').unwrap();
        for signature in ["", &b64([0; 64]), &b64([0; 32])] {
            cast.refuses(&header.to_string(), &format!("{message}.{signature}")).await;
        }
    }
    let claims = cast.claims().to_string();
    let doubled = claims.replacen('{', r#"{"sub":"x","#, 1);
    let key = shop.key.as_ref().unwrap();
    for (header, claims) in [
        (r#"{"alg":"EdDSA"}"#, doubled.as_str()),
        (r#"{"alg":"none","alg":"EdDSA"}"#, &claims),
        (r#"{"alg":"EdDSA"}"#, "{}"),
        (r#"{"alg":"EdDSA"}"#, "[]"),
        (r#"{"alg":"EdDSA"}"#, "null"),
        ("", &claims),
    ] {
        cast.refuses(header, &compact(key, header, claims)).await;
    }
    let (header, claims) = (b64(r#"{"alg":"EdDSA"}"#), b64(cast.claims().to_string()));
    let good = assemble(key, &header, &claims);
    for bad in
        ["x", "..", "a.b.c", &format!("{good}.x"), &format!("{good}="), &good[1..], &message(&good)]
    {
        cast.refuses(bad, bad).await;
    }
    cast.takes("as it was", &good).await;
}

fn message(token: &str) -> String {
    token.rsplit_once('.').unwrap().0.to_owned()
}

/// The public key as a shared secret: HMAC of the same message.
#[tokio::test]
async fn a_public_key_is_no_shared_secret() {
    use hmac::{Hmac, KeyInit, Mac};
    let cast = Cast::assemble().await;
    let public = cast.shop.key.as_ref().unwrap().verifying_key().to_bytes();
    for secret in [public.to_vec(), b64(public).into_bytes(), Vec::new(), b"secret".to_vec()] {
        for alg in ["HS256", "EdDSA"] {
            let header = b64(json!({ "alg": alg }).to_string());
            let message = format!("{header}.{}", b64(cast.claims().to_string()));
            let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&secret).unwrap();
            mac.update(message.as_bytes());
            let forged = format!("{message}.{}", b64(mac.finalize().into_bytes()));
            cast.refuses(alg, &forged).await;
        }
    }
}

#[tokio::test]
async fn it_is_good_once_on_all_instances() {
    let cast = Cast::assemble().await;
    let (app, shop) = (&cast.app, &cast.shop);
    let elsewhere = app.second().await;
    let assertion = shop.sign(&cast.claims());
    cast.takes("first", &assertion).await;
    cast.refuses("again", &assertion).await;
    assert_unknown(&shop.at(&elsewhere).assert(&assertion).await);
    // At the other endpoints too, and there it counts as well.
    for path in [REVOKE, INTROSPECT] {
        let parameters = [("token", "x")];
        assert_unknown(&shop.send(asserting(path, &assertion, &parameters)).await);
        let fresh = shop.sign(&cast.claims());
        assert_eq!(shop.send(asserting(path, &fresh, &parameters)).await.status, 200);
        assert_unknown(&shop.at(&elsewhere).assert(&fresh).await);
    }
    // The same name in another assertion is the same; another client's is another.
    let claims = cast.claims();
    cast.takes("a name", &shop.sign(&claims)).await;
    cast.refuses("that name", &shop.sign(&with(&claims, "nonce", json!(1)))).await;
    let theirs = with(&cast.other.claims(app), "jti", claims["jti"].clone());
    assert_eq!(cast.other.assert(&cast.other.sign(&theirs)).await.status, 200);
    // Names differ by case and by every byte.
    for jti in ["jti", "JTI", "jti ", "jti\u{0}", "j\u{f6}ti", "jo\u{308}ti"] {
        cast.takes(jti, &cast.saying("jti", json!(jti))).await;
        cast.refuses(jti, &cast.saying("jti", json!(jti))).await;
    }
}

#[tokio::test]
async fn used_at_once_by_many_it_is_good_for_one() {
    let cast = Cast::assemble().await;
    let elsewhere = cast.app.second().await;
    let assertion = cast.shop.sign(&cast.claims());
    let there = cast.shop.at(&elsewhere);
    let tries = (0..8).map(|n| if n % 2 == 0 { &cast.shop } else { &there });
    let answers = futures_util::future::join_all(tries.map(|shop| shop.assert(&assertion))).await;
    let good = answers.iter().filter(|answer| answer.status == 200).count();
    let bad = answers.iter().filter(|answer| answer.status == 401).count();
    assert_eq!((good, bad), (1, 7));
}

/// What is kept of it goes when it could not be used any more, and not before.
#[tokio::test]
async fn it_is_forgotten_once_its_time_is_over() {
    let cast = Cast::assemble().await;
    let count = async || cast.app.database.number("select count(*) from client_assertions").await;
    let assertion = cast.shop.sign(&cast.claims());
    cast.takes("first", &assertion).await;
    cast.refuses("junk leaves nothing", &cast.saying("aud", json!("x"))).await;
    assert_eq!(count().await, 1);
    // And a minute more: another instance's clock may be behind.
    for (step, kept) in [(60, 1), (4, 1), (60, 1), (1, 0)] {
        cast.app.advance(step);
        cast.app.auth().purge_machines().await.unwrap();
        assert_eq!(count().await, kept);
        cast.refuses("again", &assertion).await;
    }
}

#[tokio::test]
async fn any_of_its_keys_will_do_and_a_name_chooses_one() {
    let app = TestApp::start().await;
    let (old, new) = (known_key(1), known_key(2));
    let named = |key: &SigningKey, kid: &str| with(&jwk(key), "kid", json!(kid));
    let set = json!({ "keys": [named(&old, "old"), named(&new, "new")] }).to_string();
    let keys = ClientKeys::parse(&set).unwrap();
    let (client, _) = app.auth().add_client("x", Scopes::default(), Some(keys)).await.unwrap();
    let mut shop = Shop::new(&app, client.id, "", None);
    for (key, kid, good) in [
        (&old, json!("old"), true),
        (&new, json!("new"), true),
        (&old, json!("new"), false),
        (&old, json!("third"), false),
        (&old, json!(1), false),
    ] {
        shop.key = Some(key.clone());
        let header = json!({ "alg": "EdDSA", "kid": kid });
        let answer = shop.assert(&shop.sign_with(&header, &shop.claims(&app))).await;
        assert_eq!(answer.status == 200, good, "{kid}: {answer:?}");
        assert_eq!(shop.assert(&shop.sign(&shop.claims(&app))).await.status, 200);
    }
}
