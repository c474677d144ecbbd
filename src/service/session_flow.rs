//! The session flow: for pages that store nothing. A cookie stands for the session, and is exchanged
//! for access pairs that live shortly.

use std::time::Duration;

use zeroize::Zeroizing;

use super::{
    AccessPair, Auth, LoginError, RenewalTokens, ServiceError,
    audit::{self, Event},
    refusals::Place,
};
use crate::{
    crypto::refresh_token::{Kind, RefreshToken},
    domain::{
        clock::Timestamp,
        email::Email,
        flow::Flow,
        id::{SessionId, UserId},
        password::Password,
        session::{Caller, EndReason},
    },
    store::{Renewal, StoredSession},
};

/// A session that a page without a storage opened.
#[derive(Debug)]
pub struct SignIn {
    /// Its cookie.
    pub renewal: RenewalTokens,
    /// How long the session lives if the cookie is never used.
    pub renewable_for: Duration,
}

/// What a session cookie was exchanged for.
#[derive(Debug)]
pub struct Exchange {
    /// The pair.
    pub access: AccessPair,
    /// The cookie, where its life has become longer.
    pub renewal: Option<RenewalTokens>,
    /// How long the session lives if the cookie is not used again.
    pub renewable_for: Duration,
}

/// A session cookie was not exchanged.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// Missing, unknown, expired, ended: all the same to the outside.
    #[error("the session cookie opens no session")]
    InvalidGrant,
    /// The service failed.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl Auth {
    /// Checks `password` and opens a session of the session flow. The sessions that the browser
    /// presents end: that of an access pair, and that of each cookie.
    pub async fn password_login(
        &self,
        email: &Email,
        password: &Password,
        pair: Option<(&str, &str)>,
        cookies: &[&str],
        caller: &Caller,
    ) -> Result<SignIn, LoginError> {
        let user = self.check_password(email, password, caller).await?;
        let mut replaced: Vec<(SessionId, UserId)> =
            self.presented_pair(pair).into_iter().collect();
        for cookie in cookies {
            let found = self.genuine_cookie(cookie).await?;
            replaced.extend(found.map(|found| (found.session.id, found.user.id)));
        }
        let (session, _, renewal) =
            self.open_session(user, Flow::Session, &replaced, caller).await?;
        Ok(SignIn {
            renewal: self.renewal_tokens(&session, &renewal),
            renewable_for: session.refreshable_for(self.clock.now()),
        })
    }

    /// Exchanges the session cookie for an access pair. Moves the session's idle deadline at most
    /// once a minute, and with it the life of the cookie.
    pub async fn exchange(&self, cookie: &str, caller: &Caller) -> Result<Exchange, ExchangeError> {
        let now = self.clock.now();
        let found = self.genuine_cookie(cookie).await?;
        let StoredSession { mut session, user, .. } = self.exchangeable(found, now)?;
        let moves = session.exchange_moves_deadline(now);
        if moves {
            session.last_seen_at = now;
            session.idle_expires_at = session.next_idle_deadline(now, self.policy());
            let (id, generation, deadline) =
                (session.id, session.generation, session.idle_expires_at);
            let touched = self.store.touch(id, generation, now, deadline).await;
            if !touched.map_err(ServiceError::from)? {
                // It has ended since it was read.
                self.refusals.count(Place::Exchange, "", "ended");
                return Err(ExchangeError::InvalidGrant);
            }
            audit::record(Event::SessionRenewed, Some(user.id), Some(id), caller);
        }
        Ok(Exchange {
            access: self.issue_access(&session, &user, now)?,
            renewal: moves.then(|| RenewalTokens::Session(Zeroizing::new(cookie.to_owned()))),
            renewable_for: session.refreshable_for(now),
        })
    }

    /// The session, if an access pair may be had for it.
    fn exchangeable(
        &self,
        found: Option<StoredSession>,
        now: Timestamp,
    ) -> Result<StoredSession, ExchangeError> {
        let reason = match found {
            None => "unknown_session",
            Some(found) if !found.session.is_alive(now) => "overdue",
            Some(found) if !found.user.is_enabled() => "disabled",
            Some(found) => return Ok(found),
        };
        self.refusals.count(Place::Exchange, "", reason);
        Err(ExchangeError::InvalidGrant)
    }

    /// Ends the sessions of genuine session cookies. True if one of them was a session's, ended or
    /// not: its cookie may be expired.
    pub async fn session_logout(
        &self,
        cookies: &[&str],
        caller: &Caller,
    ) -> Result<bool, ServiceError> {
        let mut genuine = false;
        for cookie in cookies {
            let Some(token) = self.codec.decode(Kind::Session, cookie) else { continue };
            // Of one that has ended, no hash is left: its tag has to do.
            genuine = true;
            if let Some(found) = self.session_of(&token).await? {
                let (user, id) = (found.user.id, found.session.id);
                self.end_sessions(user, &[id], EndReason::Logout, caller).await?;
            }
        }
        Ok(genuine)
    }

    /// The open session that this cookie stands for. Junk is dropped before the database is asked.
    async fn genuine_cookie(&self, text: &str) -> Result<Option<StoredSession>, ServiceError> {
        match self.codec.decode(Kind::Session, text) {
            Some(token) => self.session_of(&token).await,
            None => Ok(None),
        }
    }

    /// The open session whose cookie has this secret.
    async fn session_of(
        &self,
        token: &RefreshToken,
    ) -> Result<Option<StoredSession>, ServiceError> {
        let found = self.store.session(token.session).await?;
        Ok(found.filter(|found| match &found.renewal {
            Some(Renewal::Cookie(hash)) => hash.matches(&token.secret),
            Some(Renewal::Refresh(_)) | None => false,
        }))
    }
}
