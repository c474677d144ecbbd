//! Accounts, as commands name and print them.

use clap::Args;
use serde::Serialize;

use super::{Failure, output::time};
use crate::{
    domain::{id::UserId, role::Roles, user::User},
    service::{AccountError, Auth},
};

/// The account that a command is about.
#[derive(Debug, Args)]
pub(super) struct Named {
    /// The account's identifier or address.
    #[arg(value_name = "ID|EMAIL")]
    account: String,
}

impl Named {
    pub(super) async fn find(&self, auth: &Auth) -> Result<User, Failure> {
        find(auth, &self.account).await
    }
}

/// The account that an operator means by an identifier or an address.
pub(super) async fn find(auth: &Auth, id_or_email: &str) -> Result<User, Failure> {
    auth.find_user(id_or_email).await.map_err(|error| {
        if matches!(error, AccountError::Unknown) {
            return Failure::Refused(format!(
                "there is no account {id_or_email:?}: `tandem user list` shows all"
            ));
        }
        error.into()
    })
}

/// An account as it is printed.
#[derive(Serialize)]
pub(super) struct Account {
    id: UserId,
    email: String,
    roles: Roles,
    created_at: String,
    disabled_at: Option<String>,
}

impl Account {
    pub(super) const HEAD: [&str; 5] = ["ID", "EMAIL", "ROLES", "CREATED", "DISABLED"];

    pub(super) fn cells(&self) -> [String; 5] {
        let Self { id, email, roles, created_at, disabled_at } = self;
        let disabled_at = disabled_at.clone().unwrap_or_default();
        [id.to_string(), email.clone(), roles.to_string(), created_at.clone(), disabled_at]
    }
}

impl From<User> for Account {
    fn from(user: User) -> Self {
        let User { id, email, roles, created_at, disabled_at, .. } = user;
        let (email, created_at) = (email.as_str().to_owned(), time(created_at));
        Self { id, email, roles, created_at, disabled_at: disabled_at.map(time) }
    }
}
