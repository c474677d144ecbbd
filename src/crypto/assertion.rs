//! `private_key_jwt`: a client proves who it is by signing (RFC 7523 section 2.2, RFC 7521).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    jwt::{Compact, decode, present},
    keys::{KeyError, PublicKey},
    strict_json,
};
use crate::domain::id::ClientId;

/// The most keys one client can have: one in use, others for the change.
const MOST_KEYS: usize = 8;

/// The public keys of a client.
#[derive(Clone, Debug)]
pub struct ClientKeys(Vec<ClientKey>);

#[derive(Clone, Debug)]
struct ClientKey {
    kid: Option<String>,
    public: PublicKey,
}

/// Why a key set is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// No JWK set.
    #[error("not a JWK set (RFC 7517): `{{\"keys\": [ … ]}}` is needed")]
    Malformed,
    /// No key, or too many.
    #[error("a key set has 1 to {MOST_KEYS} keys")]
    Count,
    /// A private member.
    #[error("a private key: remove the member `d`, and do not use that key any more")]
    Private,
    /// Another kind of key.
    #[error("every key is to be an Ed25519 key: `\"kty\": \"OKP\", \"crv\": \"Ed25519\"`")]
    Kind,
    /// Two keys of one name.
    #[error("two keys have the same `kid`")]
    Duplicate,
    /// A bad key.
    #[error(transparent)]
    Key(#[from] KeyError),
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    #[serde(default)]
    crv: String,
    #[serde(default)]
    x: String,
    kid: Option<String>,
    #[serde(default, deserialize_with = "present")]
    d: bool,
}

/// What is kept of a key.
#[derive(Serialize)]
struct StoredJwk<'a> {
    kty: &'static str,
    crv: &'static str,
    x: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
}

impl ClientKeys {
    /// Reads a JWK set of public Ed25519 keys (RFC 8037 section 2).
    pub fn parse(json: &str) -> Result<Self, KeySetError> {
        let set: Jwks =
            strict_json::from_slice(json.trim().as_bytes()).ok_or(KeySetError::Malformed)?;
        if set.keys.is_empty() || set.keys.len() > MOST_KEYS {
            return Err(KeySetError::Count);
        }
        let keys = set.keys.into_iter().map(ClientKey::read).collect::<Result<Vec<_>, _>>()?;
        let mut names: Vec<_> = keys.iter().filter_map(|key| key.kid.as_deref()).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
            return Err(KeySetError::Duplicate);
        }
        Ok(Self(keys))
    }

    /// The set as it is stored: nothing but what is used.
    pub fn to_json(&self) -> String {
        let keys: Vec<_> = self.0.iter().map(ClientKey::stored).collect();
        serde_json::json!({ "keys": keys }).to_string()
    }

    /// The claims of an assertion that one of these keys signed. Whose they are, and whether they are
    /// in time, is not judged here.
    pub fn verify(&self, token: &str) -> Option<AssertionClaims> {
        let parts = Compact::split(token).ok()?;
        let header: Header = strict_json::from_slice(&decode(parts.header)?)?;
        if !header.is_acceptable() {
            return None;
        }
        let signature = decode(parts.signature)?;
        let named = |key: &&ClientKey| header.kid.is_none() || key.kid == header.kid;
        let mut keys = self.0.iter().filter(named);
        keys.any(|key| key.public.verify(parts.message.as_bytes(), &signature))
            .then(|| strict_json::from_slice(&decode(parts.claims)?))?
    }
}

impl ClientKey {
    fn read(jwk: Jwk) -> Result<Self, KeySetError> {
        if jwk.d {
            return Err(KeySetError::Private);
        }
        if jwk.kty != "OKP" || jwk.crv != "Ed25519" {
            return Err(KeySetError::Kind);
        }
        let bytes = URL_SAFE_NO_PAD.decode(jwk.x).map_err(|_| KeyError::Malformed)?;
        Ok(Self { kid: jwk.kid, public: PublicKey::from_bytes(&bytes)? })
    }

    fn stored(&self) -> StoredJwk<'_> {
        let (kty, crv) = ("OKP", "Ed25519");
        StoredJwk { kty, crv, x: self.public.x(), kid: self.kid.as_deref() }
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: Option<String>,
    kid: Option<String>,
    #[serde(default, deserialize_with = "present")]
    crit: bool,
}

impl Header {
    /// Ed25519 by either of its names (RFC 8037 section 3.1, RFC 9864 section 2.2).
    fn is_acceptable(&self) -> bool {
        matches!(self.alg.as_str(), "EdDSA" | "Ed25519")
            && matches!(self.typ.as_deref(), None | Some("JWT" | "client-authentication+jwt"))
            && !self.crit
    }
}

/// What an assertion says (RFC 7523 section 3).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AssertionClaims {
    /// The client.
    pub iss: String,
    /// The client.
    pub sub: String,
    /// Who it is for.
    pub aud: Audience,
    /// Expires at, seconds.
    pub exp: i64,
    /// Issued at, seconds.
    pub iat: Option<i64>,
    /// Not before, seconds.
    pub nbf: Option<i64>,
    /// This assertion, by which a copy is known.
    pub jti: String,
}

/// The client that an assertion says it is from. Unverified: good for finding its keys, nothing else.
pub fn claimed_client(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Claimed {
        sub: String,
    }
    let parts = Compact::split(token).ok()?;
    let claimed: Claimed = strict_json::from_slice(&decode(parts.claims)?)?;
    Some(claimed.sub)
}

/// What stands for a used assertion: SHA-256 over client and `jti`, in base64url.
pub fn fingerprint(client: ClientId, jti: &str) -> String {
    let digest = Sha256::new().chain_update(client.as_bytes()).chain_update(jti).finalize();
    URL_SAFE_NO_PAD.encode(digest)
}

/// One name or several.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Audience {
    /// The only name in it. An assertion for several could be carried from one to another.
    pub fn only(&self) -> Option<&str> {
        match self {
            Self::One(name) => Some(name),
            Self::Many(names) => match names.as_slice() {
                [name] => Some(name),
                _ => None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{crypto::keys::SigningKey, domain::entropy::OsEntropy};

    fn jwk(key: &SigningKey, kid: &str) -> Value {
        json!({ "kty": "OKP", "crv": "Ed25519", "x": key.public().x(), "kid": kid, "use": "sig" })
    }

    fn signed(key: &SigningKey, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let signature = URL_SAFE_NO_PAD.encode(key.sign(message.as_bytes()));
        format!("{message}.{signature}")
    }

    #[test]
    fn a_key_set_reads_back_without_what_is_not_used() {
        let key = SigningKey::generate(&OsEntropy);
        let set = ClientKeys::parse(&json!({ "keys": [jwk(&key, "a")] }).to_string()).unwrap();
        let stored = set.to_json();
        assert!(!stored.contains("use"));
        assert_eq!(ClientKeys::parse(&stored).unwrap().to_json(), stored);
    }

    #[test]
    fn a_bad_key_set_is_refused_with_its_reason() {
        let key = SigningKey::generate(&OsEntropy);
        let refused = |keys: Value| ClientKeys::parse(&json!({ "keys": keys }).to_string());
        let with = |name: &str, value: Value| {
            let mut jwk = jwk(&key, "a");
            jwk[name] = value;
            refused(json!([jwk])).unwrap_err()
        };
        assert_eq!(ClientKeys::parse("[]").unwrap_err(), KeySetError::Malformed);
        assert_eq!(refused(json!([])).unwrap_err(), KeySetError::Count);
        let two = json!([jwk(&key, "a"), jwk(&key, "a")]);
        assert_eq!(refused(two).unwrap_err(), KeySetError::Duplicate);
        assert_eq!(with("d", json!("x")), KeySetError::Private);
        assert_eq!(with("d", Value::Null), KeySetError::Private);
        assert_eq!(with("kty", json!("RSA")), KeySetError::Kind);
        assert_eq!(with("crv", json!("X25519")), KeySetError::Kind);
        assert_eq!(with("x", json!("AA")), KeySetError::Key(KeyError::Malformed));
        let weak = format!("AQ{}", "A".repeat(41));
        assert_eq!(with("x", json!(weak)), KeySetError::Key(KeyError::Weak));
    }

    #[test]
    fn only_its_own_keys_speak_for_a_client() {
        let (key, other) = (SigningKey::generate(&OsEntropy), SigningKey::generate(&OsEntropy));
        let set = json!({ "keys": [jwk(&key, "a")] }).to_string();
        let keys = ClientKeys::parse(&set).unwrap();
        let claims = json!({ "iss": "c", "sub": "c", "aud": "x", "exp": 1, "jti": "j" });
        for good in [
            json!({ "alg": "EdDSA" }),
            json!({ "alg": "Ed25519", "kid": "a" }),
            json!({ "alg": "EdDSA", "typ": "JWT" }),
            json!({ "alg": "EdDSA", "typ": "client-authentication+jwt" }),
        ] {
            assert!(keys.verify(&signed(&key, &good, &claims)).is_some(), "{good}");
            assert!(keys.verify(&signed(&other, &good, &claims)).is_none(), "{good}");
        }
        for bad in [
            json!({}),
            json!({ "alg": "none" }),
            json!({ "alg": "HS256" }),
            json!({ "alg": "EdDSA", "kid": "b" }),
            json!({ "alg": "EdDSA", "typ": "at+jwt" }),
            json!({ "alg": "EdDSA", "crit": ["exp"] }),
            json!({ "alg": "EdDSA", "crit": null }),
        ] {
            assert!(keys.verify(&signed(&key, &bad, &claims)).is_none(), "{bad}");
        }
        for missing in ["iss", "sub", "aud", "exp", "jti"] {
            let mut claims = claims.clone();
            claims.as_object_mut().unwrap().remove(missing);
            let token = signed(&key, &json!({ "alg": "EdDSA" }), &claims);
            assert!(keys.verify(&token).is_none(), "{missing}");
        }
    }

    #[test]
    fn an_audience_is_one() {
        let audience = |json: Value| serde_json::from_value::<Audience>(json).unwrap();
        assert_eq!(audience(json!("x")).only(), Some("x"));
        assert_eq!(audience(json!(["x"])).only(), Some("x"));
        assert_eq!(audience(json!(["x", "y"])).only(), None);
        assert_eq!(audience(json!([])).only(), None);
    }
}
