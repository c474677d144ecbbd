//! Sign-ins: one row each, no rows for tokens.

use sea_orm::entity::prelude::*;

/// A row of `sessions`.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    /// Opaque identifier, `sid` in tokens.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Whose it is.
    pub user_id: String,
    /// How it is used: `dual`.
    pub flow: String,
    /// Counts rotations, from 1.
    pub generation: i64,
    /// SHA-256 of the current body refresh secret; null once ended.
    pub body_hash: Option<Vec<u8>>,
    /// SHA-256 of the current cookie refresh secret; null once ended.
    pub cookie_hash: Option<Vec<u8>>,
    /// SHA-256 of the body refresh secret of the generation before.
    pub previous_body_hash: Option<Vec<u8>>,
    /// SHA-256 of the cookie refresh secret of the generation before.
    pub previous_cookie_hash: Option<Vec<u8>>,
    /// What the current secrets were derived with from the previous ones.
    pub salt: Option<Vec<u8>>,
    /// When the body half of this generation was first seen.
    pub acknowledged_at: Option<i64>,
    /// When it began.
    pub created_at: i64,
    /// When it was last refreshed.
    pub last_seen_at: i64,
    /// Over then unless refreshed before.
    pub idle_expires_at: i64,
    /// Over then.
    pub expires_at: i64,
    /// Access tokens issued up to then (a whole second) are stale.
    pub tokens_not_before: Option<i64>,
    /// Set when the session ends or `tokens_not_before` moves: other instances look for it.
    pub changed_at: Option<i64>,
    /// When it ended before its time.
    pub ended_at: Option<i64>,
    /// Why.
    pub end_reason: Option<String>,
    /// Where the login came from.
    pub ip: String,
    /// The browser of the login.
    pub user_agent: String,
    /// When the user proved who they are.
    pub auth_time: i64,
    /// By which methods, separated by commas.
    pub amr: String,
}

/// Holds hashes: says nothing.
impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "sessions({})", self.id)
    }
}

/// How sessions relate to other tables.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Whose a session is.
    #[sea_orm(
        belongs_to = "super::users::Entity",
        from = "Column::UserId",
        to = "super::users::Column::Id"
    )]
    User,
}

impl Related<super::users::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::User.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
