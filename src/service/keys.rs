//! The key rings: made on first start, read at every look, imported by operators.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use super::{
    Auth, Rings, ServiceError,
    audit::{self, Event},
};
use crate::{
    crypto::{
        jwt::{KeyRings, RingKey},
        keys::{KeyError, PublicKey, SigningKey},
        seal::OpenError,
    },
    domain::{clock::Timestamp, key::KeyState, ring::Ring, session::Caller},
    store::{StoreError, StoredKey, retry},
};

/// Something is wrong with the keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyServiceError {
    /// A stored key does not open.
    #[error(
        "key {kid} of the {ring} ring: {error}; is keys.master_key the one it was sealed with?"
    )]
    Sealed {
        /// The key.
        kid: String,
        /// Its ring.
        ring: Ring,
        /// Why.
        error: OpenError,
    },
    /// A stored or imported key is no good.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The key is there already, in some ring and state.
    #[error("this key is known already")]
    Known,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A published key (RFC 7517, RFC 8037 section 2).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Jwk {
    /// The ring it belongs to.
    pub ring: Ring,
    /// RFC 7638 thumbprint.
    pub kid: String,
    /// base64url of the public key.
    pub x: String,
}

/// A key as operators see it.
#[derive(Clone, Debug)]
pub struct KeyListing {
    /// RFC 7638 thumbprint.
    pub kid: String,
    /// The ring it belongs to.
    pub ring: Ring,
    /// Where it is in its life.
    pub state: KeyState,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Auth {
    /// The published keys of all rings, in a stable order.
    pub fn published_keys(&self) -> Vec<Jwk> {
        let now = self.clock.now();
        let rings = self.rings();
        let published = rings.keys.iter().filter(|key| key.state.is_published(key.ring, now));
        let mut keys: Vec<Jwk> = published
            .map(|key| Jwk { ring: key.ring, kid: key.kid.clone(), x: key.public.x() })
            .collect();
        keys.sort();
        keys
    }

    /// How long the published keys may be cached.
    pub const fn jwks_max_age(&self) -> Duration {
        self.settings.jwks_max_age
    }

    /// All keys, oldest first.
    pub async fn list_keys(&self) -> Result<Vec<KeyListing>, ServiceError> {
        let keys = self.store.signing_keys().await?;
        Ok(keys
            .into_iter()
            .map(|StoredKey { kid, ring, state, created_at, .. }| KeyListing {
                kid,
                ring,
                state,
                created_at,
            })
            .collect())
    }

    /// Adds a private key (PKCS#8 PEM) to `ring`. It is published at once and signs once every
    /// verifier can know it: after a JWKS cache lifetime, or, if `soon`, after three looks of every
    /// instance. Gives its `kid` and that moment.
    pub async fn import_key(
        &self,
        ring: Ring,
        pem: &str,
        soon: bool,
    ) -> Result<(String, Timestamp), KeyServiceError> {
        let key = SigningKey::from_pem(pem)?;
        let lead =
            if soon { self.settings.revocation_poll * 3 } else { self.settings.jwks_max_age };
        let imported = retry(|| self.try_import(ring, &key, lead)).await.map_err(|error| {
            let known = matches!(error, StoreError::Conflict);
            if known { KeyServiceError::Known } else { error.into() }
        })?;
        let event = Event::KeyImported { kid: &imported.0, ring };
        audit::record(event, None, None, &Caller::default());
        Ok(imported)
    }

    /// Adds a key that becomes active after `lead`; gives its `kid` and that moment.
    async fn try_import(
        &self,
        ring: Ring,
        key: &SigningKey,
        lead: Duration,
    ) -> Result<(String, Timestamp), StoreError> {
        let at = self.clock.now().plus(lead);
        let key = self.seal_key(ring, key, KeyState::Pending { at: Some(at) });
        let transaction = self.store.begin().await?;
        transaction.insert_key(&key).await?;
        transaction.commit().await?;
        Ok((key.kid, at))
    }

    /// Gives every ring an active key and a standby, once. Any number of instances may try at once:
    /// a ring takes one active key, and its standby comes with it.
    pub(super) async fn make_missing_keys(&self) -> Result<(), KeyServiceError> {
        let present = self.store.signing_keys().await?;
        for ring in Ring::ALL {
            if present.iter().any(|key| key.ring == ring) {
                continue;
            }
            let fresh = |state| self.seal_key(ring, &SigningKey::generate(&*self.entropy), state);
            let transaction = self.store.begin().await?;
            match transaction.insert_key(&fresh(KeyState::Active)).await {
                Ok(()) => {}
                Err(StoreError::Conflict) => continue,
                Err(error) => return Err(error.into()),
            }
            transaction.insert_key(&fresh(KeyState::Pending { at: None })).await?;
            transaction.commit().await?;
            tracing::info!(%ring, "made the first signing keys of a ring");
        }
        Ok(())
    }

    /// Reads the rings; pending keys whose moment has come are made active first.
    pub(super) async fn read_keys(&self, now: Timestamp) -> Result<(), KeyServiceError> {
        let mut stored = self.store.signing_keys().await?;
        if self.activate_due_keys(&stored, now).await? {
            stored = self.store.signing_keys().await?;
        }
        let rings = self.rings();
        let same = stored.len() == rings.keys.iter().count()
            && stored.iter().all(|key| {
                rings.keys.get(key.ring, &key.kid).is_some_and(|known| known.state == key.state)
            });
        if !same {
            let keys = stored.iter().map(|key| self.open_key(key, &rings));
            let keys = KeyRings::new(keys.collect::<Result<Vec<_>, _>>()?);
            let changed = Arc::new(Rings { keys, epoch: rings.epoch + 1 });
            *self.rings.write().unwrap_or_else(PoisonError::into_inner) = changed;
        }
        Ok(())
    }

    async fn activate_due_keys(
        &self,
        stored: &[StoredKey],
        now: Timestamp,
    ) -> Result<bool, KeyServiceError> {
        let mut due: Vec<(Timestamp, &StoredKey)> = stored
            .iter()
            .filter_map(|key| match key.state {
                KeyState::Pending { at: Some(at) } if at <= now => Some((at, key)),
                KeyState::Pending { .. }
                | KeyState::Active
                | KeyState::Retired { .. }
                | KeyState::Revoked { .. } => None,
            })
            .collect();
        due.sort_by_key(|(at, _)| *at);
        // Only what this instance can sign with itself.
        due.retain(|(_, key)| self.unseal(key).is_ok());
        for (_, key) in &due {
            let transaction = self.store.begin().await?;
            if transaction.activate_key(key.ring, &key.kid, now).await? {
                transaction.commit().await?;
                tracing::info!(ring = %key.ring, kid = key.kid, "a signing key became active");
            }
        }
        Ok(!due.is_empty())
    }

    fn seal_key(&self, ring: Ring, key: &SigningKey, state: KeyState) -> StoredKey {
        let kid = key.public().thumbprint();
        StoredKey {
            sealed_seed: self.sealer.seal(
                key.seed().as_slice(),
                seal_context(ring, &kid).as_bytes(),
                &*self.entropy,
            ),
            public_key: key.public().as_bytes().to_vec(),
            created_at: self.clock.now(),
            kid,
            ring,
            state,
        }
    }

    /// Only keys that sign, or will, need their private part. A pending one that does not open keeps
    /// verifying what others sign with it, and is told of.
    fn open_key(&self, stored: &StoredKey, known: &Rings) -> Result<RingKey, KeyServiceError> {
        let known = known.keys.get(stored.ring, &stored.kid);
        if let Some(key) = known.filter(|key| key.can_sign() || stored.state != KeyState::Active) {
            return Ok(key.in_state(stored.state));
        }
        let public = PublicKey::from_bytes(&stored.public_key)?;
        let signing = match stored.state {
            KeyState::Retired { .. } | KeyState::Revoked { .. } => None,
            KeyState::Active => Some(self.unseal(stored)?),
            KeyState::Pending { .. } => match self.unseal(stored) {
                Ok(key) => Some(key),
                Err(error) => {
                    tracing::error!(%error, "a pending signing key cannot be used here");
                    None
                }
            },
        };
        if signing.as_ref().is_some_and(|key| key.public() != public)
            || public.thumbprint() != stored.kid
        {
            return Err(StoreError::Inconsistent("signing_keys: kid, key and seed differ").into());
        }
        Ok(RingKey::new(stored.ring, stored.state, public, signing))
    }

    fn unseal(&self, stored: &StoredKey) -> Result<SigningKey, KeyServiceError> {
        let StoredKey { kid, ring, sealed_seed, .. } = stored;
        let opened = self.sealer.open(sealed_seed, seal_context(*ring, kid).as_bytes());
        let seed = opened.map_err(|error| {
            let (kid, ring) = (kid.clone(), *ring);
            KeyServiceError::Sealed { kid, ring, error }
        })?;
        Ok(SigningKey::from_seed(&seed)?)
    }
}

/// A sealed seed opens only as this key of this ring.
fn seal_context(ring: Ring, kid: &str) -> String {
    format!("{ring} {kid}")
}
