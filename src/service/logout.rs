//! Logging out.

use super::audit::{self, Event};
use super::{Auth, ServiceError, authenticate::half_name, refusals::Place};
use crate::{
    domain::{
        clock::Timestamp,
        id::{SessionId, UserId},
        pair::Principal,
        session::{Caller, EndReason},
    },
    store::{StoreError, retry},
};

impl Auth {
    /// Ends the session of a genuine access pair, expired or not. True if there was one: its cookies
    /// may be expired. Anything else has no effect.
    pub async fn logout(
        &self,
        body: Option<&str>,
        cookie: Option<&str>,
        caller: &Caller,
    ) -> Result<bool, ServiceError> {
        let now = self.clock.now();
        let (Some(body), Some(cookie)) = (body, cookie) else { return Ok(false) };
        let pair = match self.genuine_pair(&self.rings(), body, cookie, now) {
            Ok(pair) => pair,
            Err((half, fault)) => {
                self.refusals.count(Place::Logout, half_name(half), fault.as_str());
                return Ok(false);
            }
        };
        let Principal { user, session, .. } = pair.principal;
        self.end_sessions(user, &[session], EndReason::Logout, caller).await?;
        Ok(true)
    }

    /// Ends all sessions of the principal, this one included.
    pub async fn logout_all(
        &self,
        principal: &Principal,
        caller: &Caller,
    ) -> Result<(), ServiceError> {
        let sessions = self.open_sessions(principal.user).await?;
        self.end_sessions(principal.user, &sessions, EndReason::Logout, caller).await?;
        Ok(())
    }

    pub(super) async fn open_sessions(&self, user: UserId) -> Result<Vec<SessionId>, ServiceError> {
        let read = async || self.store.begin().await?.open_sessions(user).await;
        Ok(retry(read).await?)
    }

    /// Ends sessions of one user, here at once and elsewhere within the published bound. Gives the
    /// number of those that had not ended before.
    pub(super) async fn end_sessions(
        &self,
        user: UserId,
        sessions: &[SessionId],
        reason: EndReason,
        caller: &Caller,
    ) -> Result<u64, ServiceError> {
        let (count, now) = retry(|| self.try_end(sessions, reason)).await?;
        let ended: Vec<_> = sessions.iter().map(|id| (*id, reason)).collect();
        self.forget(&ended, now);
        if count > 0 {
            for id in sessions {
                audit::record(Event::SessionEnded(reason), Some(user), Some(*id), caller);
            }
        }
        Ok(count)
    }

    /// Ends those of `sessions` that have not ended; gives their number, and when.
    pub(super) async fn try_end(
        &self,
        sessions: &[SessionId],
        reason: EndReason,
    ) -> Result<(u64, Timestamp), StoreError> {
        let now = self.clock.now();
        let transaction = self.store.begin().await?;
        let count = transaction.end_sessions(sessions, reason, now).await?;
        transaction.commit().await?;
        Ok((count, now))
    }
}
