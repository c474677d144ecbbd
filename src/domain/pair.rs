//! Two genuine halves: do they belong together, and do they open the door now?

use super::{
    claims::{BodyClaims, CookieClaims, Registered},
    clock::Timestamp,
    id::{SessionId, TokenId, UserId},
    key::KeyState,
    policy::{MAX_CLOCK_SKEW, RETIRED_KEY_GRACE, TokenPolicy, max_lifetime_of},
    ring::Ring,
    role::Roles,
};

/// Who a verified request speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The user.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
    /// The generation of the body half.
    pub generation: u32,
    /// The user's roles when the body half was issued.
    pub roles: Roles,
    /// When the user proved who they are, seconds.
    pub auth_time: i64,
    /// By which methods.
    pub amr: Vec<String>,
    /// The body access token.
    pub token: TokenId,
}

/// Why a token, or a pair of them, is not accepted. Never told to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Not there.
    Missing,
    /// Longer than 4 KiB.
    TooLong,
    /// Not a compact JWS with a header and claims as documented.
    Malformed,
    /// `alg`, `typ` or `crit` is not what this half demands.
    Header,
    /// `kid` names no key of this ring.
    UnknownKey,
    /// The signature is not good.
    Signature,
    /// `iss` or `aud` is not ours.
    Audience,
    /// Issued in the future, not valid yet, or for too long a life.
    Time,
    /// Issued after its key was retired.
    RetiredKey,
    /// The halves name different sessions or users.
    Mismatch,
    /// The session has ended.
    Ended,
}

impl Fault {
    /// The name in audit events and counters.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::TooLong => "too_long",
            Self::Malformed => "malformed",
            Self::Header => "header",
            Self::UnknownKey => "unknown_key",
            Self::Signature => "signature",
            Self::Audience => "audience",
            Self::Time => "time",
            Self::RetiredKey => "retired_key",
            Self::Mismatch => "mismatch",
            Self::Ended => "ended",
        }
    }
}

/// What makes a genuine pair stale without making it false: a refresh mends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Staleness {
    /// `exp` has passed.
    Expired,
    /// The roles changed between the two halves.
    Context,
    /// Issued before `tokens_not_before`.
    NotBefore,
    /// Signed by a key that was revoked.
    RevokedKey,
}

impl Staleness {
    /// The name in counters.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Context => "context",
            Self::NotBefore => "not_before",
            Self::RevokedKey => "revoked_key",
        }
    }
}

/// Checks what holds for the registered claims of any genuine access token, expired or not.
pub fn check_registered(
    claims: Registered<'_>,
    ring: Ring,
    key: KeyState,
    policy: &TokenPolicy,
    now: Timestamp,
) -> Result<(), Fault> {
    if claims.iss != policy.issuer || !policy.is_audience_of(ring, claims.aud) {
        return Err(Fault::Audience);
    }
    let soon = now.plus(MAX_CLOCK_SKEW).seconds();
    let life = claims.exp.checked_sub(claims.iat).ok_or(Fault::Time)?;
    let longest = max_lifetime_of(ring).as_secs().cast_signed();
    if claims.iat > soon
        || claims.nbf.is_some_and(|nbf| nbf > soon)
        || !(0..=longest).contains(&life)
    {
        return Err(Fault::Time);
    }
    match key {
        KeyState::Retired { at } if claims.iat > at.plus(RETIRED_KEY_GRACE).seconds() => {
            Err(Fault::RetiredKey)
        }
        // A standby that signs before its time: another instance's clock or look is ahead.
        KeyState::Pending { .. }
        | KeyState::Active
        | KeyState::Retired { .. }
        | KeyState::Revoked { .. } => Ok(()),
    }
}

/// A pair whose halves are genuine and belong together. Whether it opens the door depends on time.
#[derive(Clone, Debug)]
pub struct Pair {
    /// Who it speaks for.
    pub principal: Principal,
    /// The earlier `exp`, seconds.
    pub exp: i64,
    /// The earlier `iat`, seconds.
    pub oldest_iat: i64,
    /// The later `iat`, seconds; `None` if a half is signed by a revoked key.
    pub youngest_iat: Option<i64>,
    /// What no passing of time will mend.
    pub stale: Option<Staleness>,
}

/// One half's claims with the state of the key that signed them.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a, C> {
    /// The claims.
    pub claims: &'a C,
    /// The key's state.
    pub key: KeyState,
}

/// Puts two genuine halves together. `context` is the digest of the body half's granting claims.
///
/// Generations may differ: a browser's cookie jar moves on before its script does.
pub fn join(
    body: &Signed<'_, BodyClaims>,
    cookie: &Signed<'_, CookieClaims>,
    context: &str,
) -> Result<Pair, Fault> {
    let (b, c) = (body.claims, cookie.claims);
    if b.sid != c.sid || b.sub != c.sub {
        return Err(Fault::Mismatch);
    }
    let revoked = |key| matches!(key, KeyState::Revoked { .. });
    let leaked = revoked(body.key) || revoked(cookie.key);
    let stale = if leaked {
        Some(Staleness::RevokedKey)
    } else if c.ctx != context {
        Some(Staleness::Context)
    } else {
        None
    };
    Ok(Pair {
        principal: Principal {
            user: b.sub,
            session: b.sid,
            generation: b.generation,
            roles: b.roles.clone(),
            auth_time: b.auth_time,
            amr: b.amr.clone(),
            token: b.jti,
        },
        exp: b.exp.min(c.exp),
        oldest_iat: b.iat.min(c.iat),
        youngest_iat: (!leaked).then_some(b.iat.max(c.iat)),
        stale,
    })
}

impl Pair {
    /// Whether the pair opens the door at `now`, given the session's `tokens_not_before` (seconds).
    pub fn check_time(
        &self,
        now: Timestamp,
        tokens_not_before: Option<i64>,
        policy: &TokenPolicy,
    ) -> Result<(), Staleness> {
        if let Some(stale) = self.stale {
            return Err(stale);
        }
        if now >= Timestamp::from_seconds(self.exp).plus(policy.leeway) {
            return Err(Staleness::Expired);
        }
        if tokens_not_before.is_some_and(|bar| self.oldest_iat <= bar) {
            return Err(Staleness::NotBefore);
        }
        Ok(())
    }
}
