//! Making an account.

use super::{
    Auth, ServiceError,
    audit::{self, Event},
};
use crate::{
    domain::{
        email::Email,
        id::UserId,
        password::{Password, PasswordError},
        role::Roles,
        session::Caller,
    },
    store::{NewUser, StoreError},
};

/// A registration failed. That the address is taken is no failure: the answer must not tell.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// Accounts are made by operators only.
    #[error("registration is closed")]
    Closed,
    /// The password will not do.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The service failed.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl Auth {
    /// Makes an account, unless the address has one. Both hash the password.
    pub async fn register(
        &self,
        email: Email,
        password: &str,
        caller: &Caller,
    ) -> Result<(), RegisterError> {
        if !self.settings.registration_open {
            return Err(RegisterError::Closed);
        }
        let password = Password::new(password, self.settings.min_password_length, &email)?;
        // Hashed before anybody looks whether the address is known.
        match self.insert_user(email, &password, Roles::default()).await {
            Ok(id) => audit::record(Event::UserCreated, Some(id), None, caller),
            Err(ServiceError::Store(StoreError::Conflict)) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Holds a new password against the rules that are the same for every account.
    pub fn check_new_password(&self, password: &str) -> Result<(), PasswordError> {
        Password::chosen(password, self.settings.min_password_length).map(drop)
    }

    pub(super) async fn insert_user(
        &self,
        email: Email,
        password: &Password,
        roles: Roles,
    ) -> Result<UserId, ServiceError> {
        let password_hash = self.hasher.hash(password).await?;
        let id = UserId::random(&*self.entropy);
        let created_at = self.clock.now();
        self.store.insert_user(NewUser { id, email, password_hash, roles, created_at }).await?;
        Ok(id)
    }
}
