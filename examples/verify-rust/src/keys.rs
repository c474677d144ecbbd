//! Tandem's public keys, cached through a key rotation.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::VerifyingKey;
use http::{HeaderMap, Request, header};
use serde::Deserialize;
use tokio::{sync::Mutex, time::Instant};

use crate::{
    Refusal,
    client::{self, Client, Failed},
};

/// Between two looks for keys that are not known, so that made-up `kid`s are no flood at Tandem. Not
/// longer: an imported key may sign 3 `tokens.revocation_poll` after it is published.
const PAUSE: Duration = Duration::from_secs(1);
const AFTER_FAILURE: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_hours(1);

/// Which half a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ring {
    Body,
    Cookie,
    /// Machine tokens, or what is yet to come: not for pairs.
    #[serde(other)]
    Other,
}

impl Ring {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::Cookie => "cookie",
            Self::Other => "",
        }
    }

    pub(crate) const fn token_type(self) -> &'static str {
        match self {
            Self::Body => "tandem-body+jwt",
            Self::Cookie => "tandem-cookie+jwt",
            Self::Other => "",
        }
    }
}

/// A published key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    pub ring: Ring,
    pub key: VerifyingKey,
}

/// The last good set.
struct Held {
    keys: HashMap<String, Key>,
    stale_at: Instant,
    failed: bool,
}

/// The keys that are published now.
pub struct KeySet<C> {
    url: String,
    client: C,
    held: RwLock<Held>,
    /// When a look was last tried; locked while one is under way.
    tried_at: Mutex<Option<Instant>>,
}

impl<C: Client> KeySet<C> {
    /// `url`: `<public_url>/.well-known/jwks.json`.
    pub fn new(url: String, client: C) -> Self {
        let held = Held { keys: HashMap::new(), stale_at: Instant::now(), failed: false };
        Self { url, client, held: RwLock::new(held), tried_at: Mutex::new(None) }
    }

    /// The key `kid`; `None` if it is not published.
    pub async fn find(&self, kid: &str) -> Result<Option<Key>, Refusal> {
        if let Some(key) = self.fresh(kid) {
            return Ok(Some(key));
        }
        // One look serves all that wait.
        let mut tried_at = self.tried_at.lock().await;
        if self.fresh(kid).is_none() && tried_at.is_none_or(|at| at.elapsed() >= PAUSE) {
            *tried_at = Some(Instant::now());
            self.look().await;
        }
        drop(tried_at);
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let key = held.keys.get(kid).copied();
        if key.is_none() && held.failed { Err(Refusal::Unavailable) } else { Ok(key) }
    }

    fn fresh(&self, kid: &str) -> Option<Key> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.keys.get(kid).copied().filter(|_| Instant::now() < held.stale_at)
    }

    async fn look(&self) {
        let now = Instant::now();
        let answer = self.fetch().await;
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        match answer {
            Ok((keys, life)) => *held = Held { keys, stale_at: now + life, failed: false },
            Err(error) => {
                // The last good set stays: keys are published before they sign.
                held.stale_at = now + AFTER_FAILURE;
                held.failed = true;
                eprintln!("no key set: {error}");
            }
        }
    }

    async fn fetch(&self) -> Result<(HashMap<String, Key>, Duration), Failed> {
        let request = Request::get(&self.url).body(String::new())?;
        let (head, body) = client::ask(&self.client, request).await?.into_parts();
        Ok((read_keys(serde_json::from_value(body)?)?, lifetime(&head.headers)))
    }
}

#[derive(Deserialize)]
struct JwkSet {
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    crv: Option<String>,
    alg: Option<String>,
    kid: Option<String>,
    x: Option<String>,
    tandem_ring: Option<Ring>,
}

/// Whatever is not an Ed25519 key of one of the two rings is left out.
fn read_keys(set: JwkSet) -> Result<HashMap<String, Key>, Failed> {
    let mut keys = HashMap::new();
    for jwk in set.keys {
        let Jwk { kty, crv, alg, kid: Some(kid), x: Some(x), tandem_ring: Some(ring) } = jwk else {
            continue;
        };
        let family = (kty.as_str(), crv.as_deref(), alg.as_deref());
        if family != ("OKP", Some("Ed25519"), Some("EdDSA")) || ring == Ring::Other {
            continue;
        }
        let key = VerifyingKey::try_from(URL_SAFE_NO_PAD.decode(x)?.as_slice())?;
        keys.insert(kid, Key { ring, key });
    }
    for ring in [Ring::Body, Ring::Cookie] {
        if !keys.values().any(|key| key.ring == ring) {
            return Err(Failed(format!("no key of the {} ring", ring.name())));
        }
    }
    Ok(keys)
}

/// How long an answer is fresh (RFC 9111 section 4.2).
fn lifetime(headers: &HeaderMap) -> Duration {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut directives = text(header::CACHE_CONTROL).split(',');
    let max_age = directives.find_map(|part| part.trim().strip_prefix("max-age="));
    let max_age: u64 = max_age.and_then(|age| age.parse().ok()).unwrap_or(60);
    let age: u64 = text(header::AGE).parse().unwrap_or(0);
    Duration::from_secs(max_age.saturating_sub(age)).min(LONGEST)
}
