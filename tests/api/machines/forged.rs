//! Forged and altered machine tokens, most of them signed by the service's own key.

use base64::engine::general_purpose::STANDARD;
use tandem::domain::ring::Ring;

use super::*;
use crate::forged::{assemble, pem};

/// A shop, and a forger who knows the key of the ring.
struct Forge {
    app: TestApp,
    shop: Shop,
    genuine: String,
    header: Value,
    claims: Value,
    key: SigningKey,
    now: i64,
}

impl Forge {
    async fn light() -> Self {
        let app = TestApp::start().await;
        let key = known_key(21);
        app.auth().import_key(Ring::Machine, &pem(&key), true).await.unwrap();
        app.advance(4);
        app.look().await;
        let shop = Shop::open(&app, "introspect revocations:read").await;
        let genuine = shop.token().await;
        let (header, claims) = (header(&genuine), claims(&genuine));
        let now = app.clock.now().seconds();
        Self { app, shop, genuine, header, claims, key, now }
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        compact(&self.key, header.to_string(), claims.to_string())
    }

    fn saying(&self, member: &str, value: Value) -> String {
        self.sign(&self.header, &with(&self.claims, member, value))
    }

    fn headed(&self, member: &str, value: Value) -> String {
        self.sign(&with(&self.header, member, value), &self.claims)
    }

    async fn takes(&self, name: &str, token: &str) {
        let answer = self.shop.read_revocations(token).await;
        assert_eq!(answer.status, 200, "{name}: {answer:?}");
        let answer = self.shop.introspect(token).await;
        assert_eq!(answer.json()["active"], true, "{name}");
    }

    /// All of them alike, and none counts anywhere.
    async fn refuses(&self, cases: Vec<(String, String)>) {
        let mut uniform = None;
        for (name, token) in cases {
            let probe = Call::get(REVOCATIONS).header("x-request-id", "probe");
            let answer = self.app.send(probe.bearer(&token)).await;
            assert_eq!(answer.code(), "invalid_token", "{name}: {answer:?}");
            answer.assert_refused(401, "invalid_token");
            assert_eq!(answer.body, *uniform.get_or_insert(answer.body.clone()), "{name}");
            // A parameter without a value is none.
            if !token.is_empty() {
                let answer = self.shop.introspect(&token).await;
                assert_eq!(
                    (answer.status, answer.json()),
                    (200, json!({ "active": false })),
                    "{name}"
                );
                assert_eq!(self.shop.revoke(&token).await.status, 200, "{name}");
            }
        }
        self.takes("the genuine one, after all that", &self.genuine).await;
    }
}

fn named(cases: Vec<(&str, String)>) -> Vec<(String, String)> {
    cases.into_iter().map(|(name, token)| (name.to_owned(), token)).collect()
}

/// Without this every refusal below could have another reason.
#[tokio::test]
async fn what_the_forger_signs_alike_is_taken() {
    let forge = Forge::light().await;
    let now = forge.now;
    let times = |iat: i64, exp: i64| {
        let claims = with(&with(&forge.claims, "iat", json!(iat)), "exp", json!(exp));
        forge.sign(&forge.header, &claims)
    };
    for (name, token) in [
        ("as it is", forge.sign(&forge.header, &forge.claims)),
        ("an unknown claim", forge.saying("x", json!({ "sid": 1 }))),
        ("an unknown header member", forge.headed("x", json!("y"))),
        ("nbf as far ahead as clocks differ", forge.saying("nbf", json!(now + 5))),
        ("the longest life", times(now, now + 3600)),
        ("iat as far ahead as clocks differ", times(now + 5, now + 60)),
    ] {
        forge.takes(name, &token).await;
    }
}

#[tokio::test]
async fn its_header_is_ours() {
    let forge = Forge::light().await;
    let mut cases = Vec::new();
    for alg in ["none", "None", "HS256", "RS256", "ES256", "Ed25519", "eddsa", ""] {
        let header = with(&forge.header, "alg", json!(alg));
        let token = forge.sign(&header, &forge.claims);
        let unsigned = format!("{}.", token.rsplit_once('.').unwrap().0);
        cases.extend([(format!("alg {alg}"), token), (format!("alg {alg}, unsigned"), unsigned)]);
    }
    let types = [
        json!("JWT"),
        json!("jwt"),
        json!("AT+JWT"),
        json!("application/at+jwt"),
        json!("tandem-body+jwt"),
        json!("tandem-cookie+jwt"),
        json!("client-authentication+jwt"),
        json!(""),
        json!(null),
        json!(["at+jwt"]),
    ];
    for typ in types {
        cases.push((format!("typ {typ}"), forge.headed("typ", typ)));
    }
    for crit in [json!([]), json!(["exp"]), json!(null)] {
        cases.push((format!("crit {crit}"), forge.headed("crit", crit)));
    }
    for member in ["alg", "typ", "kid"] {
        let header = without(&forge.header, member);
        cases.push((format!("no {member}"), forge.sign(&header, &forge.claims)));
    }
    let text = forge.header.to_string();
    for (member, value) in [("alg", "none"), ("typ", "JWT"), ("kid", "x"), ("x", "y\",\"x\":\"z")] {
        let doubled = text.replacen('{', &format!(r#"{{"{member}":"{value}","#), 1);
        cases.push((doubled.clone(), compact(&forge.key, doubled, forge.claims.to_string())));
    }
    forge.refuses(cases).await;
}

#[tokio::test]
async fn its_claims_are_ours() {
    let forge = Forge::light().await;
    let (now, id) = (forge.now, forge.shop.id.as_str());
    let other = Shop::open(&forge.app, "").await.id;
    let mut cases = Vec::new();
    for (member, value) in [
        ("iss", json!("https://other.example")),
        ("iss", json!(format!("{}/", forge.app.origin))),
        ("iss", json!([forge.app.origin])),
        ("aud", json!("tandem/body")),
        ("aud", json!("tandem/cookie")),
        ("aud", json!("tandem/machine")),
        ("aud", json!("tandem/")),
        ("aud", json!("Tandem")),
        ("aud", json!("")),
        ("aud", json!(["tandem"])),
        ("aud", json!(["tandem", "other"])),
        ("sub", json!(other)),
        ("client_id", json!(other)),
        ("sub", json!(id.to_uppercase())),
        ("sub", json!("x")),
        ("sub", json!(1)),
        ("jti", json!("x")),
        ("jti", json!("")),
        ("scope", json!(["revocations:read"])),
        ("scope", json!("a  b")),
        ("scope", json!(null)),
        ("exp", json!(now + 3601)),
        ("exp", json!(i64::MAX)),
        ("exp", json!(1e300)),
        ("exp", json!((now + 60).to_string())),
        ("exp", json!(now - 1)),
        ("iat", json!(now + 6)),
        ("iat", json!(i64::MIN)),
        ("iat", json!("now")),
        ("nbf", json!(now + 6)),
        ("nbf", json!(null)),
        ("nbf", json!("0")),
    ] {
        cases.push((format!("{member} {value}"), forge.saying(member, value)));
    }
    for member in ["iss", "sub", "client_id", "aud", "iat", "exp", "jti", "scope"] {
        let claims = without(&forge.claims, member);
        cases.push((format!("no {member}"), forge.sign(&forge.header, &claims)));
    }
    let text = forge.claims.to_string();
    for member in ["iss", "sub", "client_id", "aud", "jti", "scope", "nonsense\":1,\"nonsense"] {
        let doubled = text.replacen('{', &format!(r#"{{"{member}":"x","#), 1);
        let token = compact(&forge.key, forge.header.to_string(), &doubled);
        if member.starts_with("nonsense") {
            cases.push((doubled, token));
        } else {
            cases.push((format!("{member} twice"), token));
        }
    }
    for junk in ["", "{}", "[]", "null", "x"] {
        cases.push((junk.to_owned(), compact(&forge.key, forge.header.to_string(), junk)));
    }
    forge.refuses(cases).await;
}

#[tokio::test]
async fn its_key_is_of_its_ring() {
    let forge = Forge::light().await;
    let mallory = known_key(66);
    let body = known_key(31);
    let body_kid = forge.app.auth().import_key(Ring::Body, &pem(&body), true).await.unwrap().0;
    forge.app.advance(4);
    forge.app.look().await;
    let claims = forge.claims.to_string();
    let own = forge.header["kid"].clone();
    let mut cases = vec![(
        "our kid, another key".to_owned(),
        compact(&mallory, forge.header.to_string(), &claims),
    )];
    for kid in [json!("unknown"), json!(""), json!(body_kid), json!([own]), json!(null), json!(1)] {
        let header = with(&forge.header, "kid", kid.clone()).to_string();
        for key in [&forge.key, &mallory, &body] {
            cases.push((format!("kid {kid}"), compact(key, &header, &claims)));
        }
    }
    for (member, value) in [("jwk", jwk(&mallory)), ("jku", json!("http://127.0.0.1:1/jwks.json"))]
    {
        let header = with(&forge.header, member, value).to_string();
        cases.push((member.to_owned(), compact(&mallory, header, &claims)));
    }
    forge.refuses(cases).await;
}

#[tokio::test]
async fn a_public_key_is_no_shared_secret() {
    use hmac::{Hmac, KeyInit, Mac};
    let forge = Forge::light().await;
    let public = forge.key.verifying_key().to_bytes();
    let mut der = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00".to_vec();
    der.extend(public);
    let text = STANDARD.encode(&der);
    let mut cases = Vec::new();
    for secret in [
        public.to_vec(),
        b64(public).into_bytes(),
        format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n").into_bytes(),
        der,
        jwk(&forge.key).to_string().into_bytes(),
        forge.shop.secret.clone().into_bytes(),
        Vec::new(),
        b"secret".to_vec(),
    ] {
        for alg in ["HS256", "EdDSA"] {
            let header = b64(with(&forge.header, "alg", json!(alg)).to_string());
            let message = format!("{header}.{}", b64(forge.claims.to_string()));
            let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&secret).unwrap();
            mac.update(message.as_bytes());
            let tag = b64(mac.finalize().into_bytes());
            cases.push((alg.to_owned(), format!("{message}.{tag}")));
        }
    }
    forge.refuses(cases).await;
}

#[tokio::test]
async fn it_is_spelt_in_one_way() {
    let forge = Forge::light().await;
    let genuine = forge.genuine.as_str();
    let [head, body, signature] = genuine.split('.').collect::<Vec<_>>()[..] else { panic!() };
    let padded = format!("{head}={}", "");
    let long = forge.saying("x", json!("y".repeat(4096)));
    let mut changed = signature.to_owned();
    changed.replace_range(10..11, if &signature[10..11] == "A" { "B" } else { "A" });
    forge
        .refuses(named(vec![
            ("empty", String::new()),
            ("junk", "junk".to_owned()),
            ("two parts", format!("{head}.{body}")),
            ("four parts", format!("{genuine}.x")),
            ("no signature", format!("{head}.{body}.")),
            ("padding", format!("{padded}.{body}.{signature}")),
            ("another signature", format!("{head}.{body}.{changed}")),
            ("a part too much", format!("{head}.{body}.{signature}A")),
            ("too long", long),
            ("another body", format!("{head}.{}.{signature}", b64(forge.claims.to_string() + " "))),
            ("an unencoded body", assemble(&forge.key, head, &forge.claims.to_string())),
        ]))
        .await;
}

#[tokio::test]
async fn one_authorization_line_of_one_token() {
    let forge = Forge::light().await;
    let token = forge.genuine.as_str();
    let twice = Call::get(REVOCATIONS).bearer(token).bearer(token);
    forge.app.send(twice).await.assert_refused(400, "invalid_request");
    for line in [
        token.to_owned(),
        format!("Basic {token}"),
        format!("DPoP {token}"),
        format!("Bearer {token} {token}"),
        format!("Bearer {token}, Bearer {token}"),
        "Bearer".to_owned(),
    ] {
        let answer = forge.app.send(Call::get(REVOCATIONS).header("authorization", line)).await;
        answer.assert_refused(401, "invalid_token");
    }
    let good = Call::get(REVOCATIONS).header("authorization", format!("bEARER {token}"));
    assert_eq!(forge.app.send(good).await.status, 200);
    // Nowhere else but in the header.
    for path in [format!("{REVOCATIONS}?access_token={token}"), REVOCATIONS.to_owned()] {
        let call = Call::get(&path).cookie("tandem-access", token);
        forge.app.send(call).await.assert_refused(401, "unauthenticated");
    }
}
