//! The guard's judgement: both access tokens, together, without the database.

use std::sync::Arc;

use super::{Auth, Rings, refusals::Place, revocation::Standing};
use crate::{
    crypto::jwt,
    domain::{
        claims::{BodyClaims, Claims, CookieClaims},
        clock::Timestamp,
        half::Half,
        pair::{self, Fault, Pair, Principal, Signed, Staleness},
        policy::MAX_TOKEN_LENGTH,
    },
};

/// Why a pair does not open the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// No credentials at all.
    #[error("no credentials")]
    Unauthenticated,
    /// A half is missing, false, or does not belong to the other.
    #[error("not a valid pair")]
    Invalid,
    /// A genuine pair that only needs a refresh.
    #[error("an expired pair")]
    Expired,
}

/// A fault, and the half it lies in; `None` where it lies in the pair.
pub(super) type PairFault = (Option<Half>, Fault);

pub(super) const fn half_name(half: Option<Half>) -> &'static str {
    match half {
        Some(half) => half.as_str(),
        None => "pair",
    }
}

impl Auth {
    /// Judges the access tokens of a request. The pair, if it opens the door now.
    pub fn authenticate(
        &self,
        body: Option<&str>,
        cookie: Option<&str>,
    ) -> Result<Arc<Pair>, AccessError> {
        let now = self.clock.now();
        let rings = self.rings();
        let (Some(body), Some(cookie)) = (body, cookie) else {
            return Err(self.refuse_lone(body.is_some(), cookie.is_some()));
        };
        // Before any cryptography, the naming of the pair included.
        if body.len().max(cookie.len()) > MAX_TOKEN_LENGTH {
            self.refusals.count(Place::Guard, half_name(None), Fault::TooLong.as_str());
            return Err(AccessError::Invalid);
        }
        let name = self.pairs.name(body, cookie);
        if let Some(pair) = self.pairs.get(&name, rings.epoch) {
            self.check_now(&pair, now)?;
            return Ok(pair);
        }
        let pair = self.genuine_pair(&rings, body, cookie, now).map_err(|(half, fault)| {
            self.refusals.count(Place::Guard, half_name(half), fault.as_str());
            AccessError::Invalid
        })?;
        self.check_now(&pair, now)?;
        let pair = Arc::new(pair);
        // The first sight of this body half: its generation has arrived.
        let Principal { session, generation, .. } = pair.principal;
        self.acknowledgements.note(session, generation, now);
        self.pairs.insert(name, Arc::clone(&pair), rings.epoch);
        Ok(pair)
    }

    /// What is judged on every request, however often the pair was seen.
    fn check_now(&self, pair: &Pair, now: Timestamp) -> Result<(), AccessError> {
        let tokens_not_before = match self.revocations.standing(pair.principal.session) {
            Standing::Ended => {
                self.refusals.count(Place::Guard, "pair", Fault::Ended.as_str());
                return Err(AccessError::Invalid);
            }
            Standing::Alive { tokens_not_before } => tokens_not_before,
        };
        pair.check_time(now, tokens_not_before, self.policy()).map_err(|stale: Staleness| {
            self.refusals.count(Place::Guard, "pair", stale.as_str());
            AccessError::Expired
        })
    }

    /// The answer to a request that does not present both halves.
    pub(super) fn refuse_lone(&self, body: bool, cookie: bool) -> AccessError {
        let missing = match (body, cookie) {
            (false, false) => return AccessError::Unauthenticated,
            (true, _) => Half::Cookie,
            (false, true) => Half::Body,
        };
        self.refusals.count(Place::Guard, missing.as_str(), Fault::Missing.as_str());
        AccessError::Invalid
    }

    /// Two genuine halves that belong together, whatever time has done to them: what refresh and
    /// logout ask for.
    pub(super) fn genuine_pair(
        &self,
        rings: &Rings,
        body: &str,
        cookie: &str,
        now: Timestamp,
    ) -> Result<Pair, PairFault> {
        let (body, body_key) = self.genuine_half::<BodyClaims>(rings, Half::Body, body, now)?;
        let (cookie, cookie_key) =
            self.genuine_half::<CookieClaims>(rings, Half::Cookie, cookie, now)?;
        let context = jwt::context_of(&body);
        pair::join(
            &Signed { claims: &body, key: body_key.state },
            &Signed { claims: &cookie, key: cookie_key.state },
            &context,
        )
        .map_err(|fault| (None, fault))
    }

    fn genuine_half<'k, C: Claims + serde::de::DeserializeOwned>(
        &self,
        rings: &'k Rings,
        half: Half,
        token: &str,
        now: Timestamp,
    ) -> Result<(C, &'k jwt::RingKey), PairFault> {
        let judge = || {
            let (claims, key) =
                jwt::verify::<C>(&rings.keys, half.into(), half.token_type(), token)?;
            pair::check_registered(
                claims.registered(),
                half.into(),
                key.state,
                self.policy(),
                now,
            )?;
            Ok((claims, key))
        };
        judge().map_err(|fault| (Some(half), fault))
    }
}
