//! Secrets of machine clients, as digests.

use sea_orm::entity::prelude::*;

/// A row of `client_secrets`.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "client_secrets")]
pub struct Model {
    /// SHA-256 of the secret, in base64url.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: String,
    /// Whose it is.
    pub client_id: String,
    /// When it was made.
    pub created_at: i64,
    /// Of no use from then on; null for the current one.
    pub expires_at: Option<i64>,
}

/// Holds a hash: says nothing.
impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "client_secrets({})", self.client_id)
    }
}

/// Secrets are found by their client's identifier.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
