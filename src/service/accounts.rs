//! What operators do with accounts and their sessions.

use super::{
    Auth, ServiceError,
    audit::{self, Event},
};
use crate::{
    domain::{
        clock::Timestamp,
        email::Email,
        id::{SessionId, UserId},
        password::{Password, PasswordError},
        role::Roles,
        session::{Caller, EndReason, Session},
        user::User,
    },
    store::{Change, StoreError, retry},
};

/// How many sessions one transaction ends where all end.
const STEP: u64 = 500;

/// An operator's act failed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// No such account.
    #[error("there is no such account")]
    Unknown,
    /// The address is taken.
    #[error("this address has an account already")]
    Taken,
    /// The password will not do.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// Somebody else changed the account at the same time.
    #[error("the account was changed at the same time; try again")]
    Changed,
    /// The service failed.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl From<StoreError> for AccountError {
    fn from(error: StoreError) -> Self {
        Self::Service(error.into())
    }
}

impl Auth {
    /// Makes an account.
    pub async fn add_user(
        &self,
        email: Email,
        password: &str,
        roles: Roles,
    ) -> Result<UserId, AccountError> {
        let password = Password::new(password, self.settings.min_password_length, &email)?;
        match self.insert_user(email, &password, roles).await {
            Ok(id) => {
                audit::record(Event::UserCreated, Some(id), None, &Caller::default());
                Ok(id)
            }
            Err(ServiceError::Store(StoreError::Conflict)) => Err(AccountError::Taken),
            Err(error) => Err(error.into()),
        }
    }

    /// Accounts, oldest first.
    pub async fn users(&self, offset: u64, limit: u64) -> Result<Vec<User>, ServiceError> {
        Ok(self.store.users(offset, limit).await?)
    }

    /// The account with this identifier or address.
    pub async fn find_user(&self, id_or_email: &str) -> Result<User, AccountError> {
        let found = match (UserId::parse(id_or_email), Email::parse(id_or_email)) {
            (Some(id), _) => self.store.user(id).await?,
            (None, Ok(email)) => self.store.user_by_email(&email).await?,
            (None, Err(_)) => None,
        };
        found.map(|found| found.user).ok_or(AccountError::Unknown)
    }

    /// Lets an account sign in again.
    pub async fn enable_user(&self, user: UserId) -> Result<(), AccountError> {
        if !retry(|| self.try_enable(user)).await? {
            return Err(AccountError::Unknown);
        }
        audit::record(Event::UserChanged("enabled"), Some(user), None, &Caller::default());
        Ok(())
    }

    /// False if there is no such account.
    async fn try_enable(&self, user: UserId) -> Result<bool, StoreError> {
        let transaction = self.store.begin().await?;
        let found = transaction.set_disabled(user, None).await?;
        transaction.commit().await?;
        Ok(found)
    }

    /// Ends all sessions of an account and lets it open none.
    pub async fn disable_user(&self, user: UserId) -> Result<(), AccountError> {
        let disabled = retry(|| self.try_disable(user)).await?;
        let (ended, now) = disabled.ok_or(AccountError::Unknown)?;
        let operator = Caller::default();
        audit::record(Event::UserChanged("disabled"), Some(user), None, &operator);
        self.announce_ended(user, &ended, EndReason::UserDisabled, now, &operator);
        Ok(())
    }

    /// Gives the sessions that ended and when, or `None` if there is no such account.
    async fn try_disable(
        &self,
        user: UserId,
    ) -> Result<Option<(Vec<SessionId>, Timestamp)>, StoreError> {
        let transaction = self.store.begin().await?;
        if !transaction.set_disabled(user, Some(self.clock.now())).await? {
            return Ok(None);
        }
        let ended = transaction.open_sessions(user).await?;
        // Others look for what changed lately: the time is taken when nothing is waited for any more.
        let now = self.clock.now();
        transaction.end_sessions(&ended, EndReason::UserDisabled, now).await?;
        transaction.commit().await?;
        Ok(Some((ended, now)))
    }

    /// Sets the roles of an account. Its access tokens are stale within the published bound; its
    /// sessions go on with the new roles.
    pub async fn set_roles(&self, user: UserId, roles: &Roles) -> Result<(), AccountError> {
        let changes = retry(|| self.try_set_roles(user, roles)).await?;
        let changes = changes.ok_or(AccountError::Unknown)?;
        self.revocations.apply(&changes, self.policy());
        audit::record(Event::UserChanged("roles"), Some(user), None, &Caller::default());
        Ok(())
    }

    /// Gives what became of its sessions, or `None` if there is no such account.
    async fn try_set_roles(
        &self,
        user: UserId,
        roles: &Roles,
    ) -> Result<Option<Vec<Change>>, StoreError> {
        let transaction = self.store.begin().await?;
        if !transaction.set_roles(user, roles).await? {
            return Ok(None);
        }
        let sessions = transaction.open_sessions(user).await?;
        let changes = transaction.outdate_tokens(&sessions, || self.clock.now()).await?;
        transaction.commit().await?;
        Ok(Some(changes))
    }

    /// Sets a password and ends all sessions of the account.
    pub async fn set_password(&self, user: &User, new: &str) -> Result<(), AccountError> {
        let new = Password::new(new, self.settings.min_password_length, &user.email)?;
        let hash = self.hasher.hash(&new).await.map_err(ServiceError::from)?;
        let replaced = retry(|| self.replace_password(user, &hash, None)).await?;
        let (user, ended, now) = replaced.ok_or(AccountError::Changed)?;
        let operator = Caller::default();
        audit::record(Event::PasswordChange, Some(user.id), None, &operator);
        self.announce_ended(user.id, &ended, EndReason::PasswordChange, now, &operator);
        Ok(())
    }

    /// The live sessions of an account, newest first.
    pub async fn sessions_of(&self, user: UserId) -> Result<Vec<Session>, ServiceError> {
        Ok(self.store.live_sessions(user, self.clock.now()).await?)
    }

    /// Ends one session, whoever's it is; false if there is no such live session.
    pub async fn operator_ends_session(&self, id: SessionId) -> Result<bool, ServiceError> {
        let now = self.clock.now();
        let Some(found) = self.store.session(id).await? else { return Ok(false) };
        if !found.session.is_alive(now) {
            return Ok(false);
        }
        let (user, operator) = (found.user.id, Caller::default());
        self.end_sessions(user, &[id], EndReason::Operator, &operator).await?;
        Ok(true)
    }

    /// Ends all sessions of an account and gives their number.
    pub async fn operator_ends_sessions_of(&self, user: UserId) -> Result<u64, ServiceError> {
        let sessions = self.open_sessions(user).await?;
        let operator = Caller::default();
        self.end_sessions(user, &sessions, EndReason::Operator, &operator).await?;
        Ok(u64::try_from(sessions.len()).unwrap_or(u64::MAX))
    }

    /// Ends every session there is, and gives their number: after a restore from a backup, or where a
    /// master key has leaked. In small steps, each with its own time, so that running instances learn
    /// of all of them; sessions overdue for so long that no token of theirs can live are left alone.
    pub async fn operator_ends_every_session(&self) -> Result<u64, ServiceError> {
        let since = self.clock.now().minus(self.policy().revocation_memory());
        let (mut count, mut last) = (0, None);
        loop {
            let step = self.store.open_sessions_after(last, since, STEP).await?;
            last = step.last().copied();
            if last.is_none() {
                break;
            }
            count += retry(|| self.try_end(&step, EndReason::Operator)).await?.0;
        }
        let ended = Event::UserChanged("all_sessions_ended");
        audit::record(ended, None, None, &Caller::default());
        Ok(count)
    }
}
