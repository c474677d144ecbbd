//! Accounts.

use sea_orm::entity::prelude::*;

/// A row of `users`.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    /// Opaque identifier.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The address as given.
    pub email: String,
    /// The form in which addresses are compared.
    #[sea_orm(unique)]
    pub email_canonical: String,
    /// Argon2id PHC string.
    pub password_hash: String,
    /// Roles, sorted, separated by commas.
    pub roles: String,
    /// Counts changes of password and state.
    pub credentials_version: i64,
    /// When it was made.
    pub created_at: i64,
    /// When it was disabled.
    pub disabled_at: Option<i64>,
}

/// Holds a password hash and an address: says nothing.
impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "users({})", self.id)
    }
}

/// How users relate to other tables.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
