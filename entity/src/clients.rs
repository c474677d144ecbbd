//! Machine clients.

use sea_orm::entity::prelude::*;

/// A row of `clients`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "clients")]
pub struct Model {
    /// Opaque identifier, `client_id`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it may ask for, separated by spaces.
    pub scopes: String,
    /// Its public keys, a JWK set; null if it has none.
    #[sea_orm(column_type = "Text", nullable)]
    pub jwks: Option<String>,
    /// When it was made.
    pub created_at: i64,
    /// When it was removed: kept for as long as a token of it could pass.
    pub removed_at: Option<i64>,
}

/// Nothing is looked up by way of a client.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
