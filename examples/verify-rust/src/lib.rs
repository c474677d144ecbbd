//! Verifies a Tandem access pair without asking Tandem.
//!
//! [`PairVerifier`] judges a request by its headers, [`KeySet`](keys::KeySet) caches the public keys,
//! [`Revocations`](revocations::Revocations) learns of logouts.

use std::{
    collections::BTreeSet,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use http::HeaderMap;
use serde::{Deserialize, Serialize};

pub mod client;
mod credentials;
pub mod keys;
pub mod revocations;
mod token;

use client::Client;
use keys::{KeySet, Ring};
use revocations::{Revocations, Standing};

/// The longest time between `iat` and `exp`.
const LONGEST_LIFE: i64 = 600;
/// How far `iat` and `nbf` may lie ahead: clocks differ.
const SKEW: i64 = 5;
/// How long an expired token still passes; not more than `tokens.leeway`.
const LEEWAY: Duration = Duration::from_secs(5);

/// Why a request is refused; the first three are the `code` of the answer 401.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    Unauthenticated,
    InvalidToken,
    AccessExpired,
    /// It cannot be judged now: answer 503.
    Unavailable,
}

/// Who a request speaks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Principal {
    pub sub: String,
    pub sid: String,
    pub roles: BTreeSet<String>,
    pub auth_time: i64,
    pub amr: Vec<String>,
}

#[derive(Deserialize)]
struct Registered {
    iss: String,
    aud: String,
    sub: String,
    sid: String,
    jti: String,
    iat: i64,
    exp: i64,
    // Never issued, honoured where present; `null` is no time.
    #[serde(default)]
    nbf: i64,
    #[serde(rename = "gen")]
    _generation: u32,
}

#[derive(Deserialize)]
struct BodyClaims {
    #[serde(flatten)]
    registered: Registered,
    auth_time: i64,
    amr: Vec<String>,
    // Sorted, each once.
    roles: BTreeSet<String>,
}

#[derive(Deserialize)]
struct CookieClaims {
    #[serde(flatten)]
    registered: Registered,
    ctx: String,
}

/// Judges requests.
pub struct PairVerifier<C> {
    /// `server.public_url` of Tandem.
    pub issuer: String,
    /// `tokens.audience` of Tandem.
    pub audience: String,
    pub keys: KeySet<C>,
    /// Without it a logout is noticed only when the tokens expire.
    pub revocations: Option<Revocations>,
}

impl<C: Client> PairVerifier<C> {
    /// Who a request with these headers speaks for.
    pub async fn verify(&self, headers: &HeaderMap, now: SystemTime) -> Result<Principal, Refusal> {
        let now = now.duration_since(UNIX_EPOCH).map_err(|_| Refusal::Unavailable)?;
        // Browsers take the prefix over https only; without it a sibling host can plant the cookie.
        let https = self.issuer.starts_with("https:");
        let name = if https { "__Host-tandem-access" } else { "tandem-access" };
        let body = credentials::bearer(headers)?;
        let cookie = credentials::cookie(headers, name)?;
        let (body, cookie) = match (body, cookie) {
            (Some(body), Some(cookie)) => (body, cookie),
            (None, None) => return Err(Refusal::Unauthenticated),
            _ => return Err(Refusal::InvalidToken),
        };
        let body = token::read::<_, BodyClaims>(&self.keys, Ring::Body, body).await?;
        if let Some(body) = &body {
            self.check(Ring::Body, &body.registered, now)?;
            body.check()?;
        }
        let cookie = token::read::<_, CookieClaims>(&self.keys, Ring::Cookie, cookie).await?;
        if let Some(cookie) = &cookie {
            self.check(Ring::Cookie, &cookie.registered, now)?;
        }
        // Only now: that a key is gone must not hide that the other half is false.
        let (Some(body), Some(cookie)) = (body, cookie) else {
            return Err(Refusal::AccessExpired);
        };
        self.together(body, &cookie, now)
    }

    fn check(&self, ring: Ring, claims: &Registered, now: Duration) -> Result<(), Refusal> {
        let Registered { iss, aud, sub, sid, jti, iat, exp, nbf, _generation } = claims;
        let soon = seconds(now) + SKEW;
        let life = exp.checked_sub(*iat).ok_or(Refusal::InvalidToken)?;
        demand(
            *iss == self.issuer
                && *aud == format!("{}/{}", self.audience, ring.name())
                && [sub, sid, jti].into_iter().all(|id| is_id(id))
                && *iat <= soon
                && *nbf <= soon
                && (0..=LONGEST_LIFE).contains(&life),
        )
    }

    fn together(
        &self,
        body: BodyClaims,
        cookie: &CookieClaims,
        now: Duration,
    ) -> Result<Principal, Refusal> {
        let context = body.context();
        let BodyClaims { registered: b, auth_time, amr, roles } = body;
        let c = &cookie.registered;
        demand(b.sid == c.sid && b.sub == c.sub)?; // `gen` may differ
        let standing = match &self.revocations {
            Some(revocations) => revocations.standing(&b.sid)?,
            None => Standing::default(),
        };
        demand(!standing.ended)?;
        let stale = cookie.ctx != context
            || now.saturating_sub(LEEWAY).as_millis() >= millis(b.exp.min(c.exp))
            || standing.tokens_not_before.is_some_and(|bar| b.iat.min(c.iat) <= bar);
        if stale {
            return Err(Refusal::AccessExpired);
        }
        Ok(Principal { sub: b.sub, sid: b.sid, roles, auth_time, amr })
    }
}

impl BodyClaims {
    fn check(&self) -> Result<(), Refusal> {
        demand(self.roles.len() <= 32 && self.roles.iter().all(|role| is_role(role)))
    }

    /// What the cookie half says of the body half: the first 16 bytes of SHA-256 over the JSON array
    /// `[auth_time,amr,roles]` without white space, in base64url without padding.
    fn context(&self) -> String {
        token::digest(&(self.auth_time, &self.amr, &self.roles))
    }
}

fn demand(good: bool) -> Result<(), Refusal> {
    if good { Ok(()) } else { Err(Refusal::InvalidToken) }
}

fn is_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_role(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.len() <= 32
        && text.bytes().all(|c| matches!(c, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'))
}

fn seconds(time: Duration) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}

fn millis(seconds: i64) -> u128 {
    u128::try_from(seconds).unwrap_or(0) * 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_context_is_what_tandem_writes() {
        let claims = serde_json::json!({
            "iss": "", "aud": "", "sub": "", "sid": "", "jti": "", "iat": 0, "exp": 0, "gen": 1,
            "auth_time": 1_800_000_000, "amr": ["pwd"], "roles": ["user", "admin"],
        });
        let claims: BodyClaims = serde_json::from_value(claims).unwrap();
        // SHA-256 of [1800000000,["pwd"],["admin","user"]].
        assert_eq!(claims.context(), "hm9IvJxiagq2H9GhDMh_Bw");
    }
}
