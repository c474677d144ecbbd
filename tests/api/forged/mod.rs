//! Forged, altered and misused access tokens: in the header, in the cookie, at the guard and at
//! refresh. Where it makes the case sharper they are signed by the service's own keys.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};
use tandem::domain::{clock::Clock, half::Half, ring::Ring};

use super::{
    guard::{holding, named},
    support::{Answer, Browser, Call, TestApp, browser},
};

mod claims;
mod header;
mod keys;
mod spelling;
mod times;

pub(crate) fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A private key that a test and a service share.
pub(crate) fn known_key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

/// RFC 8410 section 7.
pub(crate) fn pem(key: &SigningKey) -> String {
    let mut der = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20".to_vec();
    der.extend(key.to_bytes());
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n")
}

/// Signs two parts, whatever they are.
pub(crate) fn assemble(key: &SigningKey, header: &str, claims: &str) -> String {
    let message = format!("{header}.{claims}");
    let signature = key.sign(message.as_bytes()).to_bytes();
    format!("{message}.{}", b64(signature))
}

/// Signs two texts, whatever they say.
pub(crate) fn compact(
    key: &SigningKey,
    header: impl AsRef<[u8]>,
    claims: impl AsRef<[u8]>,
) -> String {
    assemble(key, &b64(header), &b64(claims))
}

pub(crate) fn with(object: &Value, member: &str, value: Value) -> Value {
    let mut object = object.clone();
    object[member] = value;
    object
}

pub(crate) fn without(object: &Value, member: &str) -> Value {
    let mut object = object.clone();
    object.as_object_mut().unwrap().remove(member);
    object
}

/// A service whose signing keys the forger knows, and its honest user.
struct Forge {
    app: TestApp,
    ada: Browser,
    body: SigningKey,
    cookie: SigningKey,
}

async fn import(app: &TestApp, ring: Ring, key: &SigningKey) -> String {
    let (kid, _) = app.auth().import_key(ring, &pem(key), true).await.unwrap();
    app.advance(4);
    app.look().await;
    kid
}

impl Forge {
    async fn light() -> Self {
        Self::with(TestApp::start().await).await
    }

    async fn with(app: TestApp) -> Self {
        let (body, cookie) = (known_key(1), known_key(2));
        import(&app, Ring::Body, &body).await;
        import(&app, Ring::Cookie, &cookie).await;
        let ada = app.logged_in("ada").await;
        // From now on the guard knows this pair by heart.
        assert_eq!(ada.me().await.status, 200);
        Self { app, ada, body, cookie }
    }

    fn now(&self) -> i64 {
        self.app.clock.now().seconds()
    }

    /// What a token of this half looks like.
    fn mould(&self, half: Half) -> Mould {
        self.mould_of(&self.ada, half)
    }

    fn mould_of(&self, browser: &Browser, half: Half) -> Mould {
        let tokens = &browser.tokens;
        let (body, cookie) = (tokens.body_access.clone(), tokens.cookie_access.clone());
        let (genuine, other, key, other_key) = match half {
            Half::Body => (body, cookie, &self.body, &self.cookie),
            Half::Cookie => (cookie, body, &self.cookie, &self.body),
        };
        let genuine = genuine.unwrap();
        let part = |token: &str| {
            let header = token.split('.').next().unwrap();
            serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap()
        };
        let other = other.unwrap();
        Mould {
            half,
            header: part(&genuine),
            other_header: part(&other),
            claims: browser::claims(&genuine),
            genuine,
            other,
            key: key.clone(),
            other_key: other_key.clone(),
            now: self.now(),
        }
    }

    /// Ada's browser with one access token replaced.
    fn slipped(&self, half: Half, token: &str) -> Browser {
        let mut tokens = self.ada.tokens.clone();
        match half {
            Half::Body => tokens.body_access = Some(token.to_owned()),
            Half::Cookie => tokens.cookie_access = Some(token.to_owned()),
        }
        holding(&self.ada, tokens)
    }

    /// The answers of the guard and of refresh.
    async fn try_both(&self, half: Half, token: &str) -> [Answer; 2] {
        let thief = self.slipped(half, token);
        let opened = thief.send(named(thief.with_access(Call::get("/api/auth/me")))).await;
        [opened, thief.send(named(thief.refresh_call())).await]
    }

    /// Every case, in its slot, beside the genuine other half: refused alike, and nothing happens.
    async fn refuse(&mut self, cases: impl Fn(&Mould) -> Vec<(String, String)>) {
        self.app.advance(60);
        let before = self.app.stored().await;
        let mut uniform = None;
        for half in [Half::Body, Half::Cookie] {
            let cases = cases(&self.mould(half));
            assert!(!cases.is_empty());
            for (name, token) in cases {
                for answer in self.try_both(half, &token).await {
                    assert_eq!(answer.code(), "invalid_token", "{half}: {name}: {answer:?}");
                    answer.assert_refused(401, "invalid_token");
                    assert_eq!(answer.body, *uniform.get_or_insert(answer.body.clone()), "{name}");
                }
            }
        }
        assert_eq!(self.app.stored().await, before);
        assert_eq!(self.ada.me().await.status, 200);
        assert_eq!(self.ada.refresh().await.status, 200);
        assert_eq!(self.ada.claims()["gen"], 2);
    }
}

/// What a forger knows when making a token of one half.
struct Mould {
    half: Half,
    header: Value,
    other_header: Value,
    claims: Value,
    genuine: String,
    /// The genuine token of the other half.
    other: String,
    key: SigningKey,
    other_key: SigningKey,
    now: i64,
}

impl Mould {
    /// Signed by the right key.
    fn sign(&self, header: &Value, claims: &Value) -> String {
        compact(&self.key, header.to_string(), claims.to_string())
    }

    fn with_header(&self, member: &str, value: Value) -> String {
        self.sign(&with(&self.header, member, value), &self.claims)
    }

    fn with_claim(&self, member: &str, value: Value) -> String {
        self.sign(&self.header, &with(&self.claims, member, value))
    }

    fn with_times(&self, iat: i64, exp: i64) -> String {
        let claims = with(&with(&self.claims, "iat", json!(iat)), "exp", json!(exp));
        self.sign(&self.header, &claims)
    }

    /// Signed by the right key over texts.
    fn texts(&self, header: &str, claims: &str) -> String {
        compact(&self.key, header, claims)
    }

    fn parts(&self) -> [&str; 3] {
        self.genuine.split('.').collect::<Vec<_>>().try_into().unwrap()
    }
}

type Cases = Vec<(String, String)>;

fn case(cases: &mut Cases, name: impl Into<String>, token: String) {
    cases.push((name.into(), token));
}

/// Without this every refusal below could have another reason.
#[tokio::test]
async fn what_the_forger_signs_alike_is_taken() {
    let forge = Forge::light().await;
    for half in [Half::Body, Half::Cookie] {
        let mould = forge.mould(half);
        let long = "x".repeat(2000);
        for (name, token) in [
            ("as it is", mould.sign(&mould.header, &mould.claims)),
            ("an unknown claim", mould.with_claim("x", json!({"sid": 1, "y": [long]}))),
            ("an unknown header member", mould.with_header("x", json!("y"))),
            ("a key that is not looked at", mould.with_header("jwk", json!({"kty": "OKP"}))),
            ("nbf in the past", mould.with_claim("nbf", json!(mould.now - 1))),
            ("nbf as far ahead as clocks differ", mould.with_claim("nbf", json!(mould.now + 5))),
            ("the longest life", mould.with_times(mould.now, mould.now + 600)),
            ("iat as far ahead as clocks differ", mould.with_times(mould.now + 5, mould.now + 9)),
        ] {
            let [opened, refreshed] = forge.try_both(half, &token).await;
            assert_eq!(opened.status, 200, "{half}: {name}: {opened:?}");
            assert_eq!(refreshed.status, 200, "{half}: {name}: {refreshed:?}");
        }
    }
}
