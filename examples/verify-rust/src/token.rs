//! One half: a compact JWS (RFC 7515), read as RFC 8725 demands.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::Signature;
use serde::{
    Deserialize, Serialize,
    de::{self, DeserializeOwned, Deserializer, MapAccess, Visitor},
};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::{
    Refusal,
    client::Client,
    demand,
    keys::{KeySet, Ring},
};

const LONGEST: usize = 4096;

/// The claims of a genuine token; `None` if its key is not published (any more).
pub(crate) async fn read<C: Client, T: DeserializeOwned>(
    keys: &KeySet<C>,
    ring: Ring,
    token: &str,
) -> Result<Option<T>, Refusal> {
    demand(token.len() <= LONGEST)?;
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts[..] else { return Err(Refusal::InvalidToken) };
    demand(!header.is_empty() && !claims.is_empty() && !signature.is_empty())?;

    let Members(members) = json(header)?;
    let is = |member, text: &str| members.get(member).and_then(Value::as_str) == Some(text);
    demand(is("alg", "EdDSA") && is("typ", ring.token_type()) && !members.contains_key("crit"))?;
    let kid = members.get("kid").and_then(Value::as_str).ok_or(Refusal::InvalidToken)?;
    // Keys come from the published set and nowhere else: `jwk`, `jku` and the like are not read.
    let Some(key) = keys.find(kid).await? else { return Ok(None) };
    demand(key.ring == ring)?;
    let signature =
        Signature::from_slice(&decode(signature)?).map_err(|_| Refusal::InvalidToken)?;
    let (message, _) = token.rsplit_once('.').ok_or(Refusal::InvalidToken)?;
    demand(key.key.verify_strict(message.as_bytes(), &signature).is_ok())?;

    let Members(members) = json(claims)?;
    serde_json::from_value(Value::Object(members)).map(Some).map_err(|_| Refusal::InvalidToken)
}

fn json<T: DeserializeOwned>(part: &str) -> Result<T, Refusal> {
    serde_json::from_slice(&decode(part)?).map_err(|_| Refusal::InvalidToken)
}

/// Strict base64url: no padding, no white space, unused bits zero.
fn decode(part: &str) -> Result<Vec<u8>, Refusal> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Refusal::InvalidToken)
}

/// The first 16 bytes of SHA-256 over compact JSON.
pub(crate) fn digest(value: &impl Serialize) -> String {
    let digest = Sha256::digest(serde_json::to_vec(value).unwrap_or_default());
    let (first, _) = digest.split_at(16);
    URL_SAFE_NO_PAD.encode(first)
}

/// A JSON object without repeated members; a plain map would keep the last one.
struct Members(Map<String, Value>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Unique).map(Members)
    }
}

struct Unique;

impl<'de> Visitor<'de> for Unique {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with unique members")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut members = Map::new();
        while let Some((name, value)) = access.next_entry()? {
            if members.insert(name, value).is_some() {
                return Err(de::Error::custom("a repeated member"));
            }
        }
        Ok(members)
    }
}
