//! Refreshing: the one call that presents all four tokens.

use super::{
    AccessError, Auth, Grant, ServiceError,
    audit::{self, Event},
    authenticate::half_name,
    issue::{self, Secrets},
    refusals::Place,
};
use crate::{
    crypto::refresh_token::{RefreshSecret, RefreshToken},
    domain::{
        clock::Timestamp,
        entropy,
        half::Half,
        id::SessionId,
        pair::Pair,
        refresh::{self, Age, Decision, Presented, Progress, Stale},
        session::{Caller, EndReason, Session},
    },
    store::{RefreshState, Renewal, Rotation, SecretHashes, StoredSession},
};

/// How often a rotation that somebody else won is decided anew.
const ATTEMPTS: usize = 8;

/// What a refresh call presents, unread.
#[derive(Clone, Debug, Default)]
pub struct RefreshCall<'a> {
    /// The body access token.
    pub body_access: Option<&'a str>,
    /// The cookie access token.
    pub cookie_access: Option<&'a str>,
    /// The body refresh token.
    pub body_refresh: Option<&'a str>,
    /// Every cookie of the refresh cookie's name: a sibling host can toss in others.
    pub cookie_refresh: Vec<&'a str>,
}

/// A refresh failed.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// The access pair is missing or not genuine.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Refused without a consequence.
    #[error("the refresh tokens do not open the session")]
    Refused,
    /// A copy was at work, the session has ended. `expire_cookies`: everything presented belonged to
    /// it, so its cookies may go.
    #[error("a superseded refresh token came back")]
    Reuse {
        /// Whether to expire the cookies.
        expire_cookies: bool,
    },
    /// The service failed.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

/// The genuine part of a call.
struct Credentials {
    pair: Pair,
    body: Option<RefreshToken>,
    cookie: Option<RefreshToken>,
    /// Cookies that were ignored: another session's or junk.
    foreign: bool,
}

impl Auth {
    /// Judges all four tokens by the refresh table and issues the next, or the current, generation.
    pub async fn refresh(
        &self,
        call: RefreshCall<'_>,
        caller: &Caller,
    ) -> Result<Grant, RefreshError> {
        let now = self.clock.now();
        let credentials = self.read_credentials(&call, now)?;
        if credentials.body.is_none() && credentials.cookie.is_none() {
            // Junk: the database is not asked.
            self.refusals.count(Place::Refresh, "pair", "no_refresh_token");
            return Err(RefreshError::Refused);
        }
        for _ in 0..ATTEMPTS {
            let stored = self.alive(&credentials, now, caller).await?;
            let (stored, state) = stored;
            if let Some(answer) = self.act(&credentials, stored, state, now, caller).await? {
                return Ok(answer);
            }
        }
        // Each lost race means that somebody else's refresh succeeded.
        self.refusals.count(Place::Refresh, "pair", "contended");
        Err(RefreshError::Refused)
    }

    fn read_credentials(
        &self,
        call: &RefreshCall<'_>,
        now: Timestamp,
    ) -> Result<Credentials, RefreshError> {
        let (Some(body), Some(cookie)) = (call.body_access, call.cookie_access) else {
            let nothing_else = call.body_refresh.is_none() && call.cookie_refresh.is_empty();
            let nothing = call.body_access.is_none() && call.cookie_access.is_none();
            return Err(if nothing && nothing_else {
                AccessError::Unauthenticated.into()
            } else {
                self.refusals.count(Place::Refresh, "pair", "missing");
                AccessError::Invalid.into()
            });
        };
        let pair = self.genuine_pair(&self.rings(), body, cookie, now).map_err(|fault| {
            self.refusals.count(Place::Refresh, half_name(fault.0), fault.1.as_str());
            AccessError::Invalid
        })?;
        let session = pair.principal.session;
        let of_session = |token: &RefreshToken| token.session == session;
        let body = call.body_refresh.and_then(|text| self.codec.decode(Half::Body, text));
        let body = body.filter(of_session);
        let cookies =
            || call.cookie_refresh.iter().map(|text| self.codec.decode(Half::Cookie, text));
        let foreign = cookies().any(|token| !token.is_some_and(|token| of_session(&token)));
        let cookie = cookies().flatten().filter(of_session).max_by_key(|token| token.generation);
        Ok(Credentials { pair, body, cookie, foreign })
    }

    /// The session, if it may still be refreshed.
    async fn alive(
        &self,
        credentials: &Credentials,
        now: Timestamp,
        caller: &Caller,
    ) -> Result<(StoredSession, RefreshState), RefreshError> {
        let id = credentials.pair.principal.session;
        let stored = self.store.session(id).await.map_err(ServiceError::from)?;
        let reason = match stored {
            None => "unknown_session",
            Some(stored) if stored.session.ended_at.is_some() => "ended",
            Some(stored) if !stored.session.is_alive(now) => "overdue",
            Some(stored) if !stored.user.is_enabled() => "disabled",
            Some(stored) => match stored.renewal {
                Some(Renewal::Refresh(state)) => return Ok((stored, state)),
                Some(Renewal::Cookie(_)) | None => "no_refresh_tokens",
            },
        };
        self.refuse(credentials, reason, "pair", caller);
        Err(RefreshError::Refused)
    }

    /// Carries out the decision; `None` if the session moved on meanwhile.
    async fn act(
        &self,
        credentials: &Credentials,
        stored: StoredSession,
        state: RefreshState,
        now: Timestamp,
        caller: &Caller,
    ) -> Result<Option<Grant>, RefreshError> {
        let session = &stored.session;
        let judged = judge(credentials, session, &state, caller);
        let progress = Progress { acknowledged_at: self.acknowledged_at(session) };
        let decision =
            refresh::decide(judged.presented(), progress, now, self.policy().reuse_interval);
        match decision {
            Decision::Rotate => Ok(self.rotate(&judged, stored, now, caller).await?),
            Decision::Resend => Ok(Some(self.resend(&judged, stored, &state, now).await?)),
            Decision::Refuse(reason) => {
                self.refuse(credentials, reason.as_str(), judged.bad_half(), caller);
                Err(RefreshError::Refused)
            }
            Decision::Reuse(half) => Err(self.reuse(credentials, session, half, caller).await?),
        }
    }

    /// What is known of the acknowledgement, written or not.
    fn acknowledged_at(&self, session: &Session) -> Option<Timestamp> {
        let unwritten = self.acknowledgements.seen(session.id, session.generation);
        match (session.acknowledged_at, unwritten) {
            (Some(written), Some(unwritten)) => Some(written.min(unwritten)),
            (written, unwritten) => written.or(unwritten),
        }
    }

    async fn rotate(
        &self,
        judged: &Judged<'_>,
        stored: StoredSession,
        now: Timestamp,
        caller: &Caller,
    ) -> Result<Option<Grant>, ServiceError> {
        let (Some((body, _)), Some((cookie, _))) = (judged.body, judged.cookie) else {
            return Ok(None);
        };
        let salt: [u8; 32] = entropy::bytes(&*self.entropy);
        let secrets = Secrets {
            body: body.next(&salt, Half::Body),
            cookie: cookie.next(&salt, Half::Cookie),
        };
        let StoredSession { mut session, user, .. } = stored;
        let step = Rotation {
            from: session.generation,
            tokens_not_before: session.tokens_not_before,
            next: secrets.hashes(),
            replaced: SecretHashes { body: body.hash(), cookie: cookie.hash() },
            salt,
            at: now,
            idle_expires_at: session.next_idle_deadline(now, self.policy()),
        };
        if !self.store.rotate(session.id, &step).await? {
            return Ok(None);
        }
        session.generation += 1;
        session.last_seen_at = now;
        session.idle_expires_at = step.idle_expires_at;
        audit::record(Event::SessionRenewed, Some(user.id), Some(session.id), caller);
        Ok(Some(self.issue(session, user, &issue::Renewal::Refresh(secrets), now)?))
    }

    /// The current generation again: the half that lies behind is derived from the one presented.
    async fn resend(
        &self,
        judged: &Judged<'_>,
        stored: StoredSession,
        state: &RefreshState,
        now: Timestamp,
    ) -> Result<Grant, ServiceError> {
        let StoredSession { mut session, user, .. } = stored;
        let secrets = judged.current_secrets(state).ok_or(inconsistent())?;
        let hashes = secrets.hashes();
        let same = hashes.body.as_bytes() == state.current.body.as_bytes()
            && hashes.cookie.as_bytes() == state.current.cookie.as_bytes();
        if !same {
            return Err(inconsistent());
        }
        if judged.shows(Half::Body, Age::Current) {
            self.acknowledgements.note(session.id, session.generation, now);
            let early = judged.shows(Half::Cookie, Age::Current);
            if early && session.resend_moves_deadline(now, self.policy()) {
                session.last_seen_at = now;
                session.idle_expires_at = session.next_idle_deadline(now, self.policy());
                let deadline = session.idle_expires_at;
                self.store.touch(session.id, session.generation, now, deadline).await?;
            }
        }
        self.issue(session, user, &issue::Renewal::Refresh(secrets), now)
    }

    async fn reuse(
        &self,
        credentials: &Credentials,
        session: &Session,
        stale: Stale,
        caller: &Caller,
    ) -> Result<RefreshError, ServiceError> {
        let (user, id) = (session.user, session.id);
        let ended = self.end_sessions(user, &[id], EndReason::Reuse, caller).await?;
        // Of copies that come at once, one ends the session: one alarm.
        if ended > 0 {
            audit::record(Event::TokenReuse(stale.as_str()), Some(user), Some(id), caller);
        }
        Ok(RefreshError::Reuse { expire_cookies: !credentials.foreign })
    }

    /// The access pair and a tag were genuine: worth an audit event.
    fn refuse(
        &self,
        credentials: &Credentials,
        reason: &'static str,
        half: &'static str,
        caller: &Caller,
    ) {
        self.refusals.count(Place::Refresh, half, reason);
        let principal = &credentials.pair.principal;
        let (user, session): (_, SessionId) = (principal.user, principal.session);
        audit::record(Event::TokenRefused { reason, half }, Some(user), Some(session), caller);
    }
}

/// How old each genuine token is, once its secret has been compared.
fn judge<'c>(
    credentials: &'c Credentials,
    session: &Session,
    state: &RefreshState,
    caller: &Caller,
) -> Judged<'c> {
    let aged = |half: Half, token: Option<&'c RefreshToken>| {
        let token = token?;
        let Some(age) = Age::of(token.generation, session.generation) else {
            audit::record(Event::TokenAhead, Some(session.user), Some(session.id), caller);
            return None;
        };
        let hash = |hashes: &SecretHashes| match half {
            Half::Body => hashes.body,
            Half::Cookie => hashes.cookie,
        };
        let known = match age {
            Age::Current => hash(&state.current).matches(&token.secret),
            Age::Previous => {
                state.previous.as_ref().is_some_and(|old| hash(old).matches(&token.secret))
            }
            // Its tag says that it was issued; nothing else is left of it.
            Age::Older => true,
        };
        known.then_some((&token.secret, age))
    };
    Judged {
        body: aged(Half::Body, credentials.body.as_ref()),
        cookie: aged(Half::Cookie, credentials.cookie.as_ref()),
        minted_at: credentials.pair.youngest_iat.map(Timestamp::from_seconds),
    }
}

fn inconsistent() -> ServiceError {
    crate::store::StoreError::Inconsistent("the derived refresh secret is not the stored one")
        .into()
}

/// Genuine refresh tokens with their ages.
struct Judged<'c> {
    body: Option<(&'c RefreshSecret, Age)>,
    cookie: Option<(&'c RefreshSecret, Age)>,
    minted_at: Option<Timestamp>,
}

impl Judged<'_> {
    fn presented(&self) -> Presented {
        Presented {
            cookie: self.cookie.map(|(_, age)| age),
            body: self.body.map(|(_, age)| age),
            minted_at: self.minted_at,
        }
    }

    fn shows(&self, half: Half, age: Age) -> bool {
        let shown = match half {
            Half::Body => self.body,
            Half::Cookie => self.cookie,
        };
        shown.is_some_and(|(_, shown)| shown == age)
    }

    /// The half to name in an audit event: the one that is missing or lies further behind.
    fn bad_half(&self) -> &'static str {
        match (self.body, self.cookie) {
            (None | Some((_, Age::Older)), Some((_, Age::Current | Age::Previous)))
            | (None, Some((_, Age::Older))) => "body",
            (Some((_, Age::Current | Age::Previous)), None | Some((_, Age::Older)))
            | (Some((_, Age::Older)), None) => "cookie",
            _ => "pair",
        }
    }

    fn current_secrets(&self, state: &RefreshState) -> Option<Secrets> {
        let current = |(secret, age): (&RefreshSecret, Age), half| match age {
            Age::Current => Some(secret.clone()),
            Age::Previous => Some(secret.next(&state.salt?, half)),
            Age::Older => None,
        };
        Some(Secrets {
            body: current(self.body?, Half::Body)?,
            cookie: current(self.cookie?, Half::Cookie)?,
        })
    }
}
