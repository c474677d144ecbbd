//! Accounts.

use super::{clock::Timestamp, email::Email, id::UserId, role::Roles};

/// An account.
#[derive(Clone, Debug)]
pub struct User {
    /// Its identifier, `sub` in tokens.
    pub id: UserId,
    /// Its address, as given at registration.
    pub email: Email,
    /// Its roles.
    pub roles: Roles,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was disabled; `None` while it may sign in.
    pub disabled_at: Option<Timestamp>,
    /// Counts changes of what a login relies on (password, disabling): a login checked against an
    /// older version opens no session.
    pub credentials_version: i64,
}

impl User {
    /// True while the account may sign in and refresh.
    pub const fn is_enabled(&self) -> bool {
        self.disabled_at.is_none()
    }
}
