//! Machine tokens that were revoked before their time.

use sea_orm::entity::prelude::*;

/// A row of `revoked_tokens`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "revoked_tokens")]
pub struct Model {
    /// `jti` of the token.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// When it was revoked: other instances look for it.
    pub revoked_at: i64,
}

/// Tokens relate to nothing.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
