//! Signing keys, sealed.

use sea_orm::entity::prelude::*;

/// A row of `signing_keys`.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "signing_keys")]
pub struct Model {
    /// RFC 7638 thumbprint: exists once over all rings and states.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kid: String,
    /// `body`, `cookie` or `machine`.
    pub ring: String,
    /// `pending`, `active`, `retired` or `revoked`.
    pub state: String,
    /// The ring's name while active, else null: unique, so that a ring has one active key.
    #[sea_orm(unique)]
    pub active_in: Option<String>,
    /// 32 bytes.
    pub public_key: Vec<u8>,
    /// The seed, sealed under a master key.
    pub sealed_seed: Vec<u8>,
    /// When it was made.
    pub created_at: i64,
    /// When it takes over; null for a standby.
    pub activates_at: Option<i64>,
    /// When it was retired or revoked.
    pub ended_at: Option<i64>,
}

/// Holds a sealed key: says nothing.
impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "signing_keys({})", self.kid)
    }
}

/// Keys relate to nothing.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
