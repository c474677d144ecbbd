//! Tandem's public keys, cached through a key rotation.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::VerifyingKey;
use http::{HeaderMap, Request, header};
use serde::Deserialize;
use tokio::{sync::watch, time::Instant};

use crate::{
    Refusal,
    client::{self, Client, Failed},
};

/// Between two looks for keys that are not known, so that made-up `kid`s are no flood at Tandem. Not
/// longer: an imported key may sign 3 `tokens.revocation_poll` after it is published.
const PAUSE: Duration = Duration::from_secs(1);
const AFTER_FAILURE: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_hours(1);
/// How long a set that is no longer fresh still counts while no other can be had. A key that was withdrawn
/// must not count for ever because Tandem is kept out of reach.
const LONGEST_OUTAGE: Duration = Duration::from_hours(1);

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
    forget_at: Instant,
    failed: bool,
}

/// The keys that are published now.
pub struct KeySet<C> {
    source: Arc<Source<C>>,
    /// When the last look began, and what is closed once it is over.
    last: Mutex<Option<(Instant, watch::Receiver<()>)>>,
}

struct Source<C> {
    url: String,
    client: C,
    held: RwLock<Held>,
}

impl<C: Client> KeySet<C> {
    /// `url`: `<public_url>/.well-known/jwks.json`.
    pub fn new(url: String, client: C) -> Self {
        let now = Instant::now();
        let held = Held { keys: HashMap::new(), stale_at: now, forget_at: now, failed: false };
        let source = Arc::new(Source { url, client, held: RwLock::new(held) });
        Self { source, last: Mutex::new(None) }
    }

    /// The key `kid`; `None` if it is not published.
    pub async fn find(&self, kid: &str) -> Result<Option<Key>, Refusal> {
        if let Some(key) = self.fresh(kid) {
            return Ok(Some(key));
        }
        // Never sent to, only closed.
        let _ = self.look().changed().await;
        let held = self.source.held.read().unwrap_or_else(PoisonError::into_inner);
        let key = held.keys.get(kid).copied();
        if key.is_none() && held.failed { Err(Refusal::Unavailable) } else { Ok(key) }
    }

    fn fresh(&self, kid: &str) -> Option<Key> {
        let held = self.source.held.read().unwrap_or_else(PoisonError::into_inner);
        held.keys.get(kid).copied().filter(|_| Instant::now() < held.stale_at)
    }

    /// One look serves all that wait. In a task of its own: a caller who hangs up drops what runs inside
    /// their request, and would leave the others without the look and without the right to another one.
    fn look(&self) -> watch::Receiver<()> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((began, over)) = &*last
            && (over.has_changed().is_ok() || began.elapsed() < PAUSE)
        {
            return over.clone();
        }
        let (running, over) = watch::channel(());
        let source = Arc::clone(&self.source);
        tokio::spawn(async move {
            source.look().await;
            drop(running);
        });
        *last = Some((Instant::now(), over.clone()));
        over
    }
}

impl<C: Client> Source<C> {
    async fn look(&self) {
        let now = Instant::now();
        let answer = self.fetch().await;
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        match answer {
            Ok((keys, life)) => {
                let stale_at = now + life;
                let forget_at = stale_at + LONGEST_OUTAGE;
                *held = Held { keys, stale_at, forget_at, failed: false };
            }
            Err(error) => {
                // The last good set stays for a while: keys are published before they sign.
                if now >= held.forget_at {
                    held.keys.clear();
                }
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

    use http::Response;
    use serde_json::json;

    use super::*;

    const ANSWERS_AFTER: Duration = Duration::from_millis(100);

    /// Answers in its own time, for 60 seconds, and counts.
    #[derive(Default)]
    struct Slow {
        looks: AtomicUsize,
        away: AtomicBool,
    }

    impl Client for Slow {
        async fn send(&self, _: Request<String>) -> Result<Response<Vec<u8>>, Failed> {
            self.looks.fetch_add(1, Relaxed);
            tokio::time::sleep(ANSWERS_AFTER).await;
            if self.away.load(Relaxed) {
                return Err(Failed("away".to_owned()));
            }
            let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"; // of RFC 8037
            let keys = ["body", "cookie"].map(|ring| {
                json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": ring, "x": x,
                    "tandem_ring": ring})
            });
            Ok(Response::new(json!({"keys": keys}).to_string().into()))
        }
    }

    fn key_set() -> KeySet<Slow> {
        KeySet::new("/keys".to_owned(), Slow::default())
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_who_hangs_up_does_not_take_the_look_along() {
        let keys = key_set();
        let hung_up = tokio::time::timeout(ANSWERS_AFTER / 2, keys.find("made-up")).await;
        assert!(hung_up.is_err());
        assert!(keys.find("body").await.unwrap().is_some());
        assert_eq!(keys.source.client.looks.load(Relaxed), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_set_is_kept_through_an_outage_but_not_for_ever() {
        let keys = key_set();
        assert!(keys.find("body").await.unwrap().is_some());
        keys.source.client.away.store(true, Relaxed);
        tokio::time::advance(LONGEST_OUTAGE).await;
        assert!(keys.find("body").await.unwrap().is_some());
        tokio::time::advance(Duration::from_mins(1)).await;
        assert_eq!(keys.find("body").await.err(), Some(Refusal::Unavailable));
        keys.source.client.away.store(false, Relaxed);
        tokio::time::advance(PAUSE).await;
        assert!(keys.find("body").await.unwrap().is_some());
    }
}
