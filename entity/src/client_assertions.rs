//! Assertions that clients have used: none counts twice.

use sea_orm::entity::prelude::*;

/// A row of `client_assertions`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "client_assertions")]
pub struct Model {
    /// SHA-256 of client and `jti`, in base64url.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// It could not be used again from then on.
    pub expires_at: i64,
}

/// Assertions relate to nothing.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
