//! Issuing what a login or a refresh answers.

use std::time::Duration;

use zeroize::Zeroizing;

use super::{Auth, ServiceError};
use crate::{
    crypto::{
        jwt,
        refresh_token::{RefreshSecret, RefreshToken},
    },
    domain::{
        claims::{BodyClaims, CookieClaims},
        clock::Timestamp,
        half::Half,
        id::TokenId,
        key::Ring,
        session::{Session, issue_time},
        user::User,
    },
    store::SecretHashes,
};

/// The two refresh secrets of one generation.
#[derive(Clone, Debug)]
pub(super) struct Secrets {
    pub(super) body: RefreshSecret,
    pub(super) cookie: RefreshSecret,
}

impl Secrets {
    pub(super) fn hashes(&self) -> SecretHashes {
        SecretHashes { body: self.body.hash(), cookie: self.cookie.hash() }
    }
}

/// The tokens of one half, in their wire form.
pub struct IssuedPair {
    /// JWT.
    pub access: Zeroizing<String>,
    /// Refresh token.
    pub refresh: Zeroizing<String>,
}

impl std::fmt::Debug for IssuedPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[tokens]")
    }
}

/// What a login, a refresh or a change of password gives.
#[derive(Debug)]
pub struct Grant {
    /// The session.
    pub session: Session,
    /// Its owner.
    pub user: User,
    /// What goes into the body.
    pub body: IssuedPair,
    /// What goes into cookies.
    pub cookie: IssuedPair,
    /// Life of the access tokens.
    pub expires_in: Duration,
    /// How long the session can still be refreshed.
    pub refresh_expires_in: Duration,
}

impl Auth {
    /// All four tokens of the session's generation.
    pub(super) fn issue(
        &self,
        session: Session,
        user: User,
        secrets: &Secrets,
        now: Timestamp,
    ) -> Result<Grant, ServiceError> {
        let rings = self.rings();
        let body = self.body_claims(&session, &user, now);
        let cookie = CookieClaims {
            iss: body.iss.clone(),
            sub: body.sub,
            aud: self.audience(Half::Cookie),
            iat: body.iat,
            exp: body.exp,
            nbf: None,
            jti: TokenId::random(&*self.entropy),
            sid: body.sid,
            generation: body.generation,
            ctx: jwt::context_of(&body),
        };
        let typ = Half::token_type;
        let body_jwt = jwt::sign(&rings.keys, Ring::Body, typ(Half::Body), &body)?;
        let cookie_jwt = jwt::sign(&rings.keys, Ring::Cookie, typ(Half::Cookie), &cookie)?;
        let refresh = |half, secret: &RefreshSecret| {
            let (session, generation) = (session.id, session.generation);
            self.codec.encode(half, &RefreshToken { session, generation, secret: secret.clone() })
        };
        Ok(Grant {
            body: IssuedPair {
                access: Zeroizing::new(body_jwt),
                refresh: refresh(Half::Body, &secrets.body),
            },
            cookie: IssuedPair {
                access: Zeroizing::new(cookie_jwt),
                refresh: refresh(Half::Cookie, &secrets.cookie),
            },
            expires_in: Timestamp::from_seconds(body.exp).since(Timestamp::from_seconds(body.iat)),
            refresh_expires_in: session.refreshable_for(now),
            session,
            user,
        })
    }

    fn body_claims(&self, session: &Session, user: &User, now: Timestamp) -> BodyClaims {
        // Rounded down: no token outlives its session, not even one that must not be born stale.
        let last = session.expires_at.seconds();
        let iat = issue_time(now, session.tokens_not_before).min(last);
        let end = Timestamp::from_seconds(iat).plus(self.policy().access_ttl);
        BodyClaims {
            iss: self.policy().issuer.clone(),
            sub: user.id,
            aud: self.audience(Half::Body),
            iat,
            exp: end.seconds().min(last),
            nbf: None,
            jti: TokenId::random(&*self.entropy),
            sid: session.id,
            generation: session.generation,
            auth_time: session.authentication.time.seconds(),
            amr: session.authentication.methods.clone(),
            roles: user.roles.clone(),
        }
    }

    fn audience(&self, half: Half) -> String {
        format!("{}/{half}", self.policy().audience)
    }
}
