//! Machine clients: programs that act for themselves, the tokens they get, and what stands beside the
//! token endpoint for them.

use std::{net::SocketAddr, time::Duration};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ed25519_dalek::SigningKey;
use serde_json::{Value, json};
use tandem::{
    crypto::assertion::ClientKeys,
    domain::{
        clock::Clock,
        id::{ClientId, TokenId},
        scope::Scopes,
    },
};

use super::{
    forged::{b64, compact, known_key, with, without},
    support::{Answer, Browser, Call, TestApp, TestConfig, browser::claims, client, log},
};

mod assertions;
mod documents;
mod endings;
mod forged;
mod grant;
mod introspection;
mod places;
mod refusals;
mod revocation;
mod revocations;
mod secrets;
mod trouble;

const TOKEN: &str = "/iam/oauth/token";
const REVOKE: &str = "/iam/oauth/revoke";
const INTROSPECT: &str = "/iam/oauth/introspect";
const REVOCATIONS: &str = "/api/auth/revocations";
const FORM: &str = "application/x-www-form-urlencoded";
const BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

type Parameters<'a> = &'a [(&'a str, &'a str)];

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

/// No look but the ones that a story takes itself.
fn quiet() -> TestConfig {
    TestConfig::default().set("tokens.revocation_poll", "60s")
}

fn encoded(parameters: Parameters<'_>) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish()
}

fn post(path: &str, parameters: Parameters<'_>) -> Call {
    Call::post(path).body(FORM, encoded(parameters))
}

/// `Authorization: Basic` over two texts, as they stand.
fn basic(call: Call, id: &str, secret: &str) -> Call {
    call.header("authorization", format!("Basic {}", STANDARD.encode(format!("{id}:{secret}"))))
}

/// The back end of a shop: a client with a secret or with a key of its own.
#[derive(Clone)]
struct Shop {
    address: SocketAddr,
    issuer: String,
    id: String,
    secret: String,
    key: Option<SigningKey>,
}

impl Shop {
    /// With a secret.
    async fn open(app: &TestApp, scopes: &str) -> Self {
        let scopes = Scopes::parse(scopes).unwrap();
        let (client, secret) = app.auth().add_client("a shop", scopes, None).await.unwrap();
        Self::new(app, client.id, &secret.unwrap().reveal(), None)
    }

    /// With a key, which `seed` tells from others.
    async fn signing(app: &TestApp, scopes: &str, seed: u8) -> Self {
        let key = known_key(seed);
        let keys = ClientKeys::parse(&jwks(&[&key])).unwrap();
        let scopes = Scopes::parse(scopes).unwrap();
        let (client, secret) = app.auth().add_client("a shop", scopes, Some(keys)).await.unwrap();
        assert!(secret.is_none());
        Self::new(app, client.id, "", Some(key))
    }

    fn new(app: &TestApp, id: ClientId, secret: &str, key: Option<SigningKey>) -> Self {
        let (id, secret) = (id.to_string(), secret.to_owned());
        Self { address: app.address, issuer: app.origin.clone(), id, secret, key }
    }

    /// The same shop, its requests led to another instance.
    fn at(&self, app: &TestApp) -> Self {
        Self { address: app.address, ..self.clone() }
    }

    fn client_id(&self) -> ClientId {
        ClientId::parse(&self.id).unwrap()
    }

    async fn send(&self, call: Call) -> Answer {
        client::send(self.address, call).await
    }

    /// A call by `client_secret_basic`.
    fn call(&self, path: &str, parameters: Parameters<'_>) -> Call {
        basic(post(path, parameters), &self.id, &self.secret)
    }

    async fn ask(&self, path: &str, parameters: Parameters<'_>) -> Answer {
        self.send(self.call(path, parameters)).await
    }

    /// A token, with all that the shop may have.
    async fn token(&self) -> String {
        token_of(&self.ask(TOKEN, &[GRANT]).await)
    }

    /// The claims of an assertion that is good now.
    fn claims(&self, app: &TestApp) -> Value {
        let now = app.clock.now().seconds();
        json!({
            "iss": self.id, "sub": self.id, "aud": self.issuer,
            "iat": now, "exp": now + 60, "jti": unique(),
        })
    }

    fn sign(&self, claims: &Value) -> String {
        self.sign_with(&json!({ "alg": "EdDSA" }), claims)
    }

    fn sign_with(&self, header: &Value, claims: &Value) -> String {
        compact(self.key.as_ref().unwrap(), header.to_string(), claims.to_string())
    }

    /// Asks for a token by `private_key_jwt`.
    async fn assert(&self, assertion: &str) -> Answer {
        self.send(asserting(TOKEN, assertion, &[GRANT])).await
    }

    async fn signed_token(&self, app: &TestApp) -> String {
        token_of(&self.assert(&self.sign(&self.claims(app))).await)
    }

    async fn introspect(&self, token: &str) -> Answer {
        self.ask(INTROSPECT, &[("token", token)]).await
    }

    async fn revoke(&self, token: &str) -> Answer {
        self.ask(REVOKE, &[("token", token)]).await
    }

    /// What a token of this shop, with the scope for it, opens.
    async fn read_revocations(&self, token: &str) -> Answer {
        self.send(Call::get(REVOCATIONS).bearer(token)).await
    }
}

/// The call with an assertion.
fn asserting(path: &str, assertion: &str, parameters: Parameters<'_>) -> Call {
    let shown = [("client_assertion_type", BEARER), ("client_assertion", assertion)];
    post(path, &[parameters, &shown].concat())
}

fn jwk(key: &SigningKey) -> Value {
    json!({ "kty": "OKP", "crv": "Ed25519", "x": b64(key.verifying_key().to_bytes()) })
}

fn jwks(keys: &[&SigningKey]) -> String {
    json!({ "keys": keys.iter().map(|key| jwk(key)).collect::<Vec<_>>() }).to_string()
}

#[track_caller]
fn token_of(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

/// The header of a token, unverified.
fn header(token: &str) -> Value {
    let part = token.split('.').next().unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn unique() -> String {
    TokenId::random(&tandem::domain::entropy::OsEntropy).to_string()
}

/// A client that is not authenticated, by something else than `Authorization`.
#[track_caller]
fn assert_unknown(answer: &Answer) {
    answer.assert_oauth_error(401, "invalid_client");
}

/// The same by `Authorization`: the answer names the scheme (RFC 6749 section 5.2).
#[track_caller]
fn assert_challenged(answer: &Answer) {
    assert_eq!((answer.status, answer.code().as_str()), (401, "invalid_client"), "{answer:?}");
    assert_eq!(answer.all("www-authenticate"), [r#"Basic realm="tandem", charset="UTF-8""#]);
    let mut plain = answer.clone();
    plain.headers.remove("www-authenticate");
    plain.assert_oauth_error(401, "invalid_client");
}

/// The audit events of a client so far.
fn audited(client: &str) -> Vec<log::Line> {
    let of_client =
        |line: &log::Line| line.target == "tandem::audit" && line.get("client") == client;
    log::lines().into_iter().filter(of_client).collect()
}
