//! Opening a session with a password.

use super::{
    Auth, Grant, ServiceError,
    audit::{self, Event},
    issue::Renewal,
    refusals::Place,
};
use crate::{
    crypto::password::Verdict,
    domain::{
        clock::Timestamp,
        email::Email,
        flow::Flow,
        id::{SessionId, UserId},
        password::Password,
        session::{Authentication, Caller, EndReason, Session},
        user::User,
    },
    store::{Change, NewSession, StoreError, StoredUser, Transaction, retry},
};

/// Sessions that ended, and why.
type Ended = Vec<(SessionId, EndReason)>;

/// A login failed.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// Wrong, unknown, disabled: all the same to the outside.
    #[error("the address or the password is wrong")]
    InvalidCredentials,
    /// The service failed.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl Auth {
    /// Checks `password` and opens a new session. `presented`: the access pair that came with the
    /// request, whose session ends; nothing else of what came with it is used.
    pub async fn login(
        &self,
        email: &Email,
        password: &Password,
        presented: Option<(&str, &str)>,
        caller: &Caller,
    ) -> Result<Grant, LoginError> {
        let user = self.check_password(email, password, caller).await?;
        let replaced: Vec<_> = self.presented_pair(presented).into_iter().collect();
        let (session, user, renewal) =
            self.open_session(user, Flow::Dual, &replaced, caller).await?;
        Ok(self.issue(session, user, &renewal, self.clock.now())?)
    }

    /// The session of an access pair that came along, and its owner.
    pub(super) fn presented_pair(
        &self,
        presented: Option<(&str, &str)>,
    ) -> Option<(SessionId, UserId)> {
        let (body, cookie) = presented?;
        let pair = self.genuine_pair(&self.rings(), body, cookie, self.clock.now()).ok()?;
        Some((pair.principal.session, pair.principal.user))
    }

    /// Opens a session for `user`, whose password has been checked. `replaced`: the sessions that the
    /// same browser had, with their owners; they end.
    pub(super) async fn open_session(
        &self,
        user: User,
        flow: Flow,
        replaced: &[(SessionId, UserId)],
        caller: &Caller,
    ) -> Result<(Session, User, Renewal), LoginError> {
        let now = self.clock.now();
        let (session, renewal) = self.draft_session(&user, flow, caller, now);
        let new = NewSession { session: session.clone(), hashes: renewal.hashes() };
        let ids: Vec<SessionId> = replaced.iter().map(|(id, _)| *id).collect();
        let opened =
            retry(|| self.try_open(&user, &new, &ids)).await.map_err(ServiceError::from)?;
        let Some((user, ended)) = opened else { return Err(LoginError::InvalidCredentials) };
        self.forget(&ended, now);
        for (id, reason) in ended {
            // A replaced session may have been somebody else's, in the same browser.
            let replaced = replaced.iter().find(|(replaced, _)| *replaced == id);
            let owner = replaced.map_or(user.id, |(_, owner)| *owner);
            audit::record(Event::SessionEnded(reason), Some(owner), Some(id), caller);
        }
        audit::record(Event::LoginSuccess, Some(user.id), Some(session.id), caller);
        Ok((session, user, renewal))
    }

    /// The enabled account with this address and password. Takes as long where there is none.
    pub(super) async fn check_password(
        &self,
        email: &Email,
        password: &Password,
        caller: &Caller,
    ) -> Result<User, LoginError> {
        let found = self.store.user_by_email(email).await.map_err(ServiceError::from)?;
        let stored = found.as_ref().map(|found| found.password_hash.as_str());
        let verdict = self.hasher.verify(password, stored).await.map_err(ServiceError::from)?;
        match (found, verdict) {
            (None, _) => self.refusals.count(Place::Login, "", "unknown_user"),
            (Some(found), Verdict::Wrong) => {
                self.refusals.count(Place::Login, "", "wrong_password");
                audit::record(Event::LoginFail, Some(found.user.id), None, caller);
            }
            (Some(found), _) if !found.user.is_enabled() => {
                self.refusals.count(Place::Login, "", "disabled");
                audit::record(Event::LoginFail, Some(found.user.id), None, caller);
            }
            (Some(found), Verdict::Right) => return Ok(found.user),
            (Some(found), Verdict::RightButCheap) => {
                self.rehash(&found, password).await;
                return Ok(found.user);
            }
        }
        Err(LoginError::InvalidCredentials)
    }

    /// Hashes a password again at today's cost. If that fails, the next login tries again.
    async fn rehash(&self, found: &StoredUser, password: &Password) {
        let Ok(hash) = self.hasher.hash(password).await else { return };
        let stored = &found.password_hash;
        if let Err(error) = self.store.rehash_password(found.user.id, stored, &hash).await {
            tracing::warn!(%error, "a password could not be rehashed at today's cost");
        }
    }

    /// A session that begins now, and its first secrets.
    pub(super) fn draft_session(
        &self,
        user: &User,
        flow: Flow,
        caller: &Caller,
        now: Timestamp,
    ) -> (Session, Renewal) {
        let expires_at = now.plus(self.policy().session_max_ttl);
        let session = Session {
            id: SessionId::random(&*self.entropy),
            user: user.id,
            flow,
            created_at: now,
            last_seen_at: now,
            idle_expires_at: now.plus(self.policy().session_idle_ttl).min(expires_at),
            expires_at,
            tokens_not_before: None,
            ended_at: None,
            origination: caller.origination.clone(),
            authentication: Authentication { time: now, methods: vec!["pwd".to_owned()] },
            generation: 1,
            acknowledged_at: None,
        };
        (session, Renewal::random(flow, &*self.entropy))
    }

    /// Opens the session, ends those it replaces and those beyond the limit; gives the account as it
    /// is now and what ended, or `None` if its credentials changed since its password was checked.
    async fn try_open(
        &self,
        user: &User,
        new: &NewSession,
        replaced: &[SessionId],
    ) -> Result<Option<(User, Ended)>, StoreError> {
        let transaction = self.store.begin().await?;
        let Some(user) = transaction.hold_user(user).await? else { return Ok(None) };
        let now = self.clock.now();
        let mut ended = Vec::new();
        for id in replaced {
            end(&transaction, &[*id], EndReason::Replaced, now, &mut ended).await?;
        }
        transaction.insert_session(new).await?;
        let surplus =
            transaction.surplus_sessions(user.id, self.policy().max_sessions, now).await?;
        end(&transaction, &surplus, EndReason::TooMany, now, &mut ended).await?;
        transaction.commit().await?;
        Ok(Some((user, ended)))
    }

    /// Makes sessions that ended at `now` known to this instance at once.
    pub(super) fn forget(&self, ended: &[(SessionId, EndReason)], now: Timestamp) {
        let changes: Vec<Change> = ended
            .iter()
            .map(|(session, _)| Change {
                session: *session,
                at: now,
                ended: true,
                tokens_not_before: None,
            })
            .collect();
        self.revocations.apply(&changes, self.policy());
    }
}

async fn end(
    transaction: &Transaction,
    sessions: &[SessionId],
    reason: EndReason,
    now: Timestamp,
    ended: &mut Ended,
) -> Result<(), StoreError> {
    if transaction.end_sessions(sessions, reason, now).await? > 0 {
        ended.extend(sessions.iter().map(|id| (*id, reason)));
    }
    Ok(())
}
