//! Issuing what a login or a refresh answers.

use std::{fmt, time::Duration};

use zeroize::Zeroizing;

use super::{Auth, ServiceError};
use crate::{
    crypto::{
        jwt,
        refresh_token::{Kind, RefreshSecret, RefreshToken},
    },
    domain::{
        claims::{BodyClaims, CookieClaims},
        clock::Timestamp,
        entropy::Entropy,
        flow::Flow,
        half::Half,
        id::TokenId,
        ring::Ring,
        session::{Session, issue_time},
        user::User,
    },
    store::{NewHashes, SecretHashes},
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

/// What renews a session, by its flow.
#[derive(Clone, Debug)]
pub(super) enum Renewal {
    Refresh(Secrets),
    Cookie(RefreshSecret),
}

impl Renewal {
    pub(super) fn random(flow: Flow, entropy: &dyn Entropy) -> Self {
        let secret = || RefreshSecret::random(entropy);
        match flow {
            Flow::Dual => Self::Refresh(Secrets { body: secret(), cookie: secret() }),
            Flow::Session => Self::Cookie(secret()),
        }
    }

    pub(super) fn hashes(&self) -> NewHashes {
        match self {
            Self::Refresh(secrets) => NewHashes::Refresh(secrets.hashes()),
            Self::Cookie(secret) => NewHashes::Cookie(secret.hash()),
        }
    }
}

/// Both access tokens, in their wire form.
pub struct AccessPair {
    /// The body half.
    pub body: Zeroizing<String>,
    /// The cookie half.
    pub cookie: Zeroizing<String>,
    /// Their life.
    pub expires_in: Duration,
}

/// What renews a session, in its wire form.
pub enum RenewalTokens {
    /// Refresh tokens of the dual flow.
    Refresh {
        /// The body half.
        body: Zeroizing<String>,
        /// The cookie half.
        cookie: Zeroizing<String>,
    },
    /// The cookie of the session flow.
    Session(Zeroizing<String>),
}

macro_rules! say_nothing {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("[tokens]")
            }
        }
    )*};
}
say_nothing!(AccessPair, RenewalTokens);

/// What a login, a refresh or a change of password gives.
#[derive(Debug)]
pub struct Grant {
    /// The session.
    pub session: Session,
    /// Its owner.
    pub user: User,
    /// What opens the guard.
    pub access: AccessPair,
    /// What renews the session.
    pub renewal: RenewalTokens,
    /// How long the session can still be renewed.
    pub renewable_for: Duration,
}

impl Auth {
    /// All tokens of the session's generation.
    pub(super) fn issue(
        &self,
        session: Session,
        user: User,
        renewal: &Renewal,
        now: Timestamp,
    ) -> Result<Grant, ServiceError> {
        Ok(Grant {
            access: self.issue_access(&session, &user, now)?,
            renewal: self.renewal_tokens(&session, renewal),
            renewable_for: session.refreshable_for(now),
            session,
            user,
        })
    }

    /// An access pair of the session's generation.
    pub(super) fn issue_access(
        &self,
        session: &Session,
        user: &User,
        now: Timestamp,
    ) -> Result<AccessPair, ServiceError> {
        let rings = self.rings();
        let body = self.body_claims(session, user, now);
        let cookie = CookieClaims {
            iss: body.iss.clone(),
            sub: body.sub,
            aud: self.policy().audience_of(Ring::Cookie),
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
        Ok(AccessPair {
            body: Zeroizing::new(body_jwt),
            cookie: Zeroizing::new(cookie_jwt),
            expires_in: Timestamp::from_seconds(body.exp).since(Timestamp::from_seconds(body.iat)),
        })
    }

    pub(super) fn renewal_tokens(&self, session: &Session, renewal: &Renewal) -> RenewalTokens {
        let text = |kind: Kind, secret: &RefreshSecret| {
            let (session, generation) = (session.id, session.generation);
            self.codec.encode(kind, &RefreshToken { session, generation, secret: secret.clone() })
        };
        match renewal {
            Renewal::Refresh(secrets) => RenewalTokens::Refresh {
                body: text(Half::Body.into(), &secrets.body),
                cookie: text(Half::Cookie.into(), &secrets.cookie),
            },
            Renewal::Cookie(secret) => RenewalTokens::Session(text(Kind::Session, secret)),
        }
    }

    fn body_claims(&self, session: &Session, user: &User, now: Timestamp) -> BodyClaims {
        // Rounded down: no token outlives its session, not even one that must not be born stale.
        let last = session.expires_at.seconds();
        let iat = issue_time(now, session.tokens_not_before).min(last);
        let end = Timestamp::from_seconds(iat).plus(self.policy().access_ttl_of(session.flow));
        BodyClaims {
            iss: self.policy().issuer.clone(),
            sub: user.id,
            aud: self.policy().audience_of(Ring::Body),
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
}
