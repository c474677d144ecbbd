//! Seeing and ending one's sessions.

use super::{Auth, ServiceError};
use crate::{
    domain::{
        id::SessionId,
        pair::Principal,
        session::{Caller, EndReason, Session},
        user::User,
    },
    store::StoredSession,
};

impl Auth {
    /// The principal's account and session; `None` if the session is over for the database, though
    /// its access pair still passed the guard.
    pub async fn me(&self, principal: &Principal) -> Result<Option<(User, Session)>, ServiceError> {
        let now = self.clock.now();
        let found = self.store.session(principal.session).await?;
        Ok(found
            .filter(|found| found.session.is_alive(now))
            .map(|StoredSession { user, session, .. }| (user, session)))
    }

    /// The live sessions of the principal, newest first.
    pub async fn sessions(&self, principal: &Principal) -> Result<Vec<Session>, ServiceError> {
        Ok(self.store.live_sessions(principal.user, self.clock.now()).await?)
    }

    /// Ends one of the principal's live sessions; false if it has no such session.
    pub async fn end_session(
        &self,
        principal: &Principal,
        session: SessionId,
        caller: &Caller,
    ) -> Result<bool, ServiceError> {
        let now = self.clock.now();
        let found = self.store.session(session).await?;
        let own = found
            .is_some_and(|found| found.user.id == principal.user && found.session.is_alive(now));
        if own {
            let reason = EndReason::EndedByOwner;
            self.end_sessions(principal.user, &[session], reason, caller).await?;
        }
        Ok(own)
    }

    /// Ends all sessions of the principal but this one.
    pub async fn end_other_sessions(
        &self,
        principal: &Principal,
        caller: &Caller,
    ) -> Result<(), ServiceError> {
        let mut sessions = self.open_sessions(principal.user).await?;
        sessions.retain(|id| *id != principal.session);
        let reason = EndReason::EndedByOwner;
        self.end_sessions(principal.user, &sessions, reason, caller).await?;
        Ok(())
    }
}
