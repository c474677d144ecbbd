//! Changing a password.

use super::{
    Auth, Grant, ServiceError,
    audit::{self, Event},
};
use crate::{
    crypto::password::Verdict,
    domain::{
        clock::Timestamp,
        id::{SessionId, UserId},
        pair::Principal,
        password::{Password, PasswordError},
        session::{Caller, EndReason},
        user::User,
    },
    store::{NewSession, StoreError, retry},
};

/// A change of password failed.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// The current password is wrong.
    #[error("the current password is wrong")]
    WrongPassword,
    /// The new password will not do.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The account or its session changed meanwhile.
    #[error("the session is over")]
    Gone,
    /// The service failed.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl From<StoreError> for ChangePasswordError {
    fn from(error: StoreError) -> Self {
        Self::Service(error.into())
    }
}

impl Auth {
    /// Changes the principal's password. *All* its sessions end, the presented one too, because a
    /// thief may hold it as well; the answer opens a new one of the same flow.
    pub async fn change_password(
        &self,
        principal: &Principal,
        current: &Password,
        new: &str,
        caller: &Caller,
    ) -> Result<Grant, ChangePasswordError> {
        let found = self.store.user(principal.user).await?;
        let found = found.filter(|found| found.user.is_enabled());
        let found = found.ok_or(ChangePasswordError::Gone)?;
        let presented = self.store.session(principal.session).await?;
        let flow = presented.ok_or(ChangePasswordError::Gone)?.session.flow;
        let new = Password::new(new, self.settings.min_password_length, &found.user.email)?;
        let verdict = self.hasher.verify(current, Some(&found.password_hash)).await;
        if verdict.map_err(ServiceError::from)? == Verdict::Wrong {
            audit::record(Event::LoginFail, Some(principal.user), Some(principal.session), caller);
            return Err(ChangePasswordError::WrongPassword);
        }
        let hash = self.hasher.hash(&new).await.map_err(ServiceError::from)?;

        let now = self.clock.now();
        let (session, renewal) = self.draft_session(&found.user, flow, caller, now);
        let new = NewSession { session: session.clone(), hashes: renewal.hashes() };
        let replaced = retry(|| self.replace_password(&found.user, &hash, Some(&new))).await?;
        let (user, ended, ended_at) = replaced.ok_or(ChangePasswordError::Gone)?;
        audit::record(Event::PasswordChange, Some(user.id), Some(principal.session), caller);
        self.announce_ended(user.id, &ended, EndReason::PasswordChange, ended_at, caller);
        Ok(self.issue(session, user, &renewal, now)?)
    }

    /// Sets a password hash, ends all sessions, and opens `new`, in one transaction. The user's row
    /// goes first: a login under way waits for it, and finds that its version is gone. Gives the
    /// account as it is now, the sessions that ended and when, or `None` if somebody else changed the
    /// account first.
    pub(super) async fn replace_password(
        &self,
        user: &User,
        hash: &str,
        new: Option<&NewSession>,
    ) -> Result<Option<(User, Vec<SessionId>, Timestamp)>, StoreError> {
        let transaction = self.store.begin().await?;
        if !transaction.set_password(user, hash).await? {
            return Ok(None);
        }
        let Some(user) = transaction.user(user.id).await? else { return Ok(None) };
        let ended = transaction.open_sessions(user.id).await?;
        let now = self.clock.now();
        transaction.end_sessions(&ended, EndReason::PasswordChange, now).await?;
        if let Some(new) = new {
            transaction.insert_session(new).await?;
        }
        transaction.commit().await?;
        Ok(Some((user, ended, now)))
    }

    pub(super) fn announce_ended(
        &self,
        user: UserId,
        ended: &[SessionId],
        reason: EndReason,
        now: Timestamp,
        caller: &Caller,
    ) {
        let with_reason: Vec<_> = ended.iter().map(|id| (*id, reason)).collect();
        self.forget(&with_reason, now);
        for id in ended {
            audit::record(Event::SessionEnded(reason), Some(user), Some(*id), caller);
        }
    }
}
