//! Signing keys, sealed.

use entity::signing_keys::{ActiveModel, Column, Entity, Model};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, sea_query::Expr,
};

use super::{Store, StoreError, Transaction};
use crate::domain::{clock::Timestamp, key::KeyState, ring::Ring};

/// A signing key as the database holds it.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// RFC 7638 thumbprint.
    pub kid: String,
    /// The ring it belongs to.
    pub ring: Ring,
    /// Where it is in its life.
    pub state: KeyState,
    /// The public key, 32 bytes.
    pub public_key: Vec<u8>,
    /// The seed, sealed.
    pub sealed_seed: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl std::fmt::Debug for StoredKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {:?}", self.ring, self.kid, self.state)
    }
}

impl Store {
    /// All keys of all rings, oldest first.
    pub async fn signing_keys(&self) -> Result<Vec<StoredKey>, StoreError> {
        let rows = Entity::find()
            .order_by_asc(Column::CreatedAt)
            .order_by_asc(Column::Kid)
            .all(&self.db)
            .await?;
        rows.into_iter().map(read).collect()
    }
}

impl Transaction {
    /// Adds a key.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the key exists in any ring, or it is active and its ring has an
    /// active key.
    pub async fn insert_key(&self, key: &StoredKey) -> Result<(), StoreError> {
        let (activates_at, ended_at) = match key.state {
            KeyState::Pending { at } => (at, None),
            KeyState::Active => (None, None),
            KeyState::Retired { at } | KeyState::Revoked { at } => (None, Some(at)),
        };
        let row = ActiveModel {
            kid: Set(key.kid.clone()),
            ring: Set(key.ring.as_str().to_owned()),
            state: Set(key.state.as_str().to_owned()),
            active_in: Set((key.state == KeyState::Active).then(|| key.ring.as_str().to_owned())),
            public_key: Set(key.public_key.clone()),
            sealed_seed: Set(key.sealed_seed.clone()),
            created_at: Set(key.created_at.millis()),
            activates_at: Set(activates_at.map(Timestamp::millis)),
            ended_at: Set(ended_at.map(Timestamp::millis)),
        };
        Entity::insert(row).exec_without_returning(&self.inner).await?;
        Ok(())
    }

    /// Retires the active key of `ring` and makes the pending `kid` active; false, with nothing to
    /// commit, if another instance did.
    pub async fn activate_key(
        &self,
        ring: Ring,
        kid: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        Entity::update_many()
            .col_expr(Column::State, Expr::value("retired"))
            .col_expr(Column::ActiveIn, Expr::value(None::<String>))
            .col_expr(Column::EndedAt, Expr::value(now.millis()))
            .filter(Column::ActiveIn.eq(ring.as_str()))
            .exec(&self.inner)
            .await?;
        let promoted = Entity::update_many()
            .col_expr(Column::State, Expr::value("active"))
            .col_expr(Column::ActiveIn, Expr::value(ring.as_str()))
            .col_expr(Column::ActivatesAt, Expr::value(None::<i64>))
            .filter(Column::Kid.eq(kid))
            .filter(Column::State.eq("pending"))
            .exec(&self.inner)
            .await?;
        Ok(promoted.rows_affected == 1)
    }
}

fn read(row: Model) -> Result<StoredKey, StoreError> {
    let ended_at = || {
        let at = row.ended_at.ok_or(StoreError::Inconsistent("signing_keys.ended_at"))?;
        Ok::<_, StoreError>(Timestamp::from_millis(at))
    };
    let state = match row.state.as_str() {
        "pending" => KeyState::Pending { at: row.activates_at.map(Timestamp::from_millis) },
        "active" => KeyState::Active,
        "retired" => KeyState::Retired { at: ended_at()? },
        "revoked" => KeyState::Revoked { at: ended_at()? },
        _ => return Err(StoreError::Inconsistent("signing_keys.state")),
    };
    Ok(StoredKey {
        ring: Ring::parse(&row.ring).ok_or(StoreError::Inconsistent("signing_keys.ring"))?,
        kid: row.kid,
        state,
        public_key: row.public_key,
        sealed_seed: row.sealed_seed,
        created_at: Timestamp::from_millis(row.created_at),
    })
}
