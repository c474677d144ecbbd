//! Which machine client is asking (RFC 6749 section 2.3, RFC 7523 section 3).

use std::time::Duration;

use super::{
    Auth, ServiceError,
    audit::{self, Event},
    refusals::Place,
};
use crate::{
    crypto::{
        assertion::{self, AssertionClaims, ClientKeys},
        client_secret::ClientSecret,
    },
    domain::{
        client::Client, clock::Timestamp, id::ClientId, policy::MAX_CLOCK_SKEW, session::Caller,
    },
    store::{StoreError, StoredClient},
};

/// The longest that an assertion may still be good for: for so long its name is kept.
const LONGEST_ASSERTION: Duration = Duration::from_mins(10);
/// The longest `jti`, bytes.
const LONGEST_JTI: usize = 256;

/// What a client shows of itself.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "it holds secrets")]
pub enum ClientProof<'a> {
    /// `client_secret_basic` or `client_secret_post`.
    Secret {
        /// `client_id`.
        id: &'a str,
        /// `client_secret`.
        secret: &'a str,
    },
    /// `private_key_jwt`.
    Assertion {
        /// `client_id`, where it is given too.
        id: Option<&'a str>,
        /// `client_assertion`.
        assertion: &'a str,
    },
}

/// What is left of a proof once it has been read.
enum Shown<'a> {
    Secret(ClientSecret),
    Assertion(&'a str),
}

/// A client could not be authenticated.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Unknown, removed, wrong secret, bad assertion: all the same to the outside.
    #[error("the client could not be authenticated")]
    Invalid,
    /// The service failed.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl From<StoreError> for ClientError {
    fn from(error: StoreError) -> Self {
        Self::Service(error.into())
    }
}

impl Auth {
    /// The client that this proves to be asking.
    pub async fn authenticate_client(
        &self,
        proof: ClientProof<'_>,
        caller: &Caller,
    ) -> Result<Client, ClientError> {
        let now = self.clock.now();
        let id = match proof {
            ClientProof::Secret { id, .. } | ClientProof::Assertion { id: Some(id), .. } => {
                ClientId::parse(id)
            }
            ClientProof::Assertion { id: None, assertion } => {
                assertion::claimed_client(assertion).and_then(|id| ClientId::parse(&id))
            }
        };
        // Junk is dropped before the database is asked.
        let shown = match proof {
            ClientProof::Secret { secret, .. } => ClientSecret::parse(secret).map(Shown::Secret),
            ClientProof::Assertion { assertion, .. } => Some(Shown::Assertion(assertion)),
        };
        let found = match (id, shown) {
            (Some(id), Some(shown)) => self.store.client(id, now).await?.zip(Some(shown)),
            _ => None,
        };
        let Some((found, shown)) = found else {
            return Err(self.unproven("unknown", None, caller));
        };
        let fault = match shown {
            Shown::Secret(secret) => secret_fault(&found, &secret),
            Shown::Assertion(assertion) => self.assertion_fault(&found, assertion, now).await?,
        };
        match fault {
            None => Ok(found.client),
            Some(fault) => Err(self.unproven(fault, Some(found.client.id), caller)),
        }
    }

    fn unproven(
        &self,
        reason: &'static str,
        client: Option<ClientId>,
        caller: &Caller,
    ) -> ClientError {
        self.refusals.count(Place::Client, "", reason);
        if let Some(client) = client {
            audit::record(Event::ClientFail(client), None, None, caller);
        }
        ClientError::Invalid
    }

    /// What is wrong with an assertion. One that is good counts as used from here on.
    async fn assertion_fault(
        &self,
        found: &StoredClient,
        assertion: &str,
        now: Timestamp,
    ) -> Result<Option<&'static str>, StoreError> {
        let Some(jwks) = &found.jwks else { return Ok(Some("no_keys")) };
        let keys = ClientKeys::parse(jwks).map_err(|_| StoreError::Inconsistent("clients.jwks"))?;
        let Some(claims) = keys.verify(assertion) else { return Ok(Some("assertion")) };
        let id = found.client.id;
        if !self.is_addressed(&claims, id) {
            return Ok(Some("assertion_audience"));
        }
        if !is_in_time(&claims, now) {
            return Ok(Some("assertion_time"));
        }
        // It cannot be used after that, so nobody needs to know it any more.
        let end = Timestamp::from_seconds(claims.exp).plus(MAX_CLOCK_SKEW);
        let used = assertion::fingerprint(id, &claims.jti);
        match self.store.use_assertion(&used, end).await {
            Ok(()) => Ok(None),
            Err(StoreError::Conflict) => Ok(Some("assertion_replayed")),
            Err(error) => Err(error),
        }
    }

    /// From this client, for us: by the issuer's name or that of the token endpoint.
    fn is_addressed(&self, claims: &AssertionClaims, client: ClientId) -> bool {
        let id = client.to_string();
        let issuer = &self.policy().issuer;
        let is_us = |aud: &str| {
            aud.strip_prefix(issuer.as_str()).is_some_and(|rest| matches!(rest, "" | TOKEN_PATH))
        };
        claims.iss == id && claims.sub == id && claims.aud.only().is_some_and(is_us)
    }
}

/// Where tokens are issued, under the issuer's name.
const TOKEN_PATH: &str = "/iam/oauth/token";

fn secret_fault(found: &StoredClient, secret: &ClientSecret) -> Option<&'static str> {
    let known = found.secrets.iter().any(|known| known.hash.matches(secret));
    (!known).then_some("secret")
}

fn is_in_time(claims: &AssertionClaims, now: Timestamp) -> bool {
    let (early, late) = (now.minus(MAX_CLOCK_SKEW).seconds(), now.plus(MAX_CLOCK_SKEW).seconds());
    let begun = |at: Option<i64>| at.is_none_or(|at| at <= late);
    claims.exp > early
        && claims.exp <= now.plus(LONGEST_ASSERTION).seconds()
        && begun(claims.iat)
        && begun(claims.nbf)
        && (1..=LONGEST_JTI).contains(&claims.jti.len())
}
