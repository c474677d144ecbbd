//! Machine clients, and what of theirs must not count any more.

use entity::{
    client_assertions,
    client_secrets::{self, Column as Secret},
    clients::{ActiveModel, Column, Entity, Model},
    revoked_tokens,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};

use super::{Store, StoreError, Transaction};
use crate::{
    crypto::client_secret::ClientSecretHash,
    domain::{
        client::Client,
        clock::Timestamp,
        id::{ClientId, TokenId},
        scope::Scopes,
    },
};

/// A client with what it proves itself by.
#[derive(Clone, Debug)]
pub struct StoredClient {
    /// The client.
    pub client: Client,
    /// Its public keys, a JWK set.
    pub jwks: Option<String>,
    /// Its live secrets.
    pub secrets: Vec<StoredSecret>,
}

/// A secret of a client.
#[derive(Clone, Copy, Debug)]
pub struct StoredSecret {
    /// Its hash.
    pub hash: ClientSecretHash,
    /// When it was made.
    pub created_at: Timestamp,
    /// Of no use from then on; `None` for the current one.
    pub expires_at: Option<Timestamp>,
}

/// What other instances must know of machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MachineChange {
    /// A client was removed.
    Removed(ClientId, Timestamp),
    /// A token was revoked.
    Revoked(TokenId, Timestamp),
}

impl Store {
    /// The client with this identifier, unless it was removed, with the secrets that count at `now`.
    pub async fn client(
        &self,
        id: ClientId,
        now: Timestamp,
    ) -> Result<Option<StoredClient>, StoreError> {
        let row = Entity::find_by_id(id.to_string())
            .filter(Column::RemovedAt.is_null())
            .one(&self.db)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let secrets = client_secrets::Entity::find()
            .filter(Secret::ClientId.eq(id.to_string()))
            .filter(
                Condition::any()
                    .add(Secret::ExpiresAt.is_null())
                    .add(Secret::ExpiresAt.gt(now.millis())),
            )
            .order_by_desc(Secret::CreatedAt)
            .all(&self.db)
            .await?;
        Ok(Some(StoredClient {
            client: client(&row)?,
            jwks: row.jwks,
            secrets: secrets.iter().map(secret).collect::<Result<_, _>>()?,
        }))
    }

    /// All clients that were not removed, oldest first.
    pub async fn clients(&self) -> Result<Vec<Client>, StoreError> {
        let rows = Entity::find()
            .filter(Column::RemovedAt.is_null())
            .order_by_asc(Column::CreatedAt)
            .order_by_asc(Column::Id)
            .all(&self.db)
            .await?;
        rows.iter().map(client).collect()
    }

    /// Notes that an assertion was used. `id` stands for client and `jti`.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if it was used before.
    pub async fn use_assertion(&self, id: &str, expires_at: Timestamp) -> Result<(), StoreError> {
        let row = client_assertions::ActiveModel {
            id: Set(id.to_owned()),
            expires_at: Set(expires_at.millis()),
        };
        client_assertions::Entity::insert(row).exec_without_returning(&self.db).await?;
        Ok(())
    }

    /// Forgets what no longer matters: assertions that were too old before `expired`, tokens that were
    /// revoked and clients that were removed before `since`.
    pub async fn purge_machines(
        &self,
        expired: Timestamp,
        since: Timestamp,
    ) -> Result<(), StoreError> {
        client_assertions::Entity::delete_many()
            .filter(client_assertions::Column::ExpiresAt.lte(expired.millis()))
            .exec(&self.db)
            .await?;
        revoked_tokens::Entity::delete_many()
            .filter(revoked_tokens::Column::RevokedAt.lt(since.millis()))
            .exec(&self.db)
            .await?;
        Entity::delete_many().filter(Column::RemovedAt.lt(since.millis())).exec(&self.db).await?;
        Ok(())
    }

    /// Revokes a machine token; one that is revoked already stays so.
    pub async fn revoke_token(&self, token: TokenId, now: Timestamp) -> Result<(), StoreError> {
        let row = revoked_tokens::ActiveModel {
            id: Set(token.to_string()),
            revoked_at: Set(now.millis()),
        };
        let inserted = revoked_tokens::Entity::insert(row).exec_without_returning(&self.db).await;
        match inserted.map_err(StoreError::from) {
            Ok(_) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Everything about machines that changed since `since`.
    pub async fn machine_changes_since(
        &self,
        since: Timestamp,
    ) -> Result<Vec<MachineChange>, StoreError> {
        let removed: Vec<(String, i64)> = Entity::find()
            .select_only()
            .columns([Column::Id, Column::RemovedAt])
            .filter(Column::RemovedAt.gte(since.millis()))
            .into_tuple()
            .all(&self.db)
            .await?;
        let revoked: Vec<(String, i64)> = revoked_tokens::Entity::find()
            .select_only()
            .columns([revoked_tokens::Column::Id, revoked_tokens::Column::RevokedAt])
            .filter(revoked_tokens::Column::RevokedAt.gte(since.millis()))
            .into_tuple()
            .all(&self.db)
            .await?;
        let removed = removed.into_iter().map(|(id, at)| {
            let id = ClientId::parse(&id).ok_or(StoreError::Inconsistent("clients.id"))?;
            Ok(MachineChange::Removed(id, Timestamp::from_millis(at)))
        });
        let revoked = revoked.into_iter().map(|(id, at)| {
            let id = TokenId::parse(&id).ok_or(StoreError::Inconsistent("revoked_tokens.id"))?;
            Ok(MachineChange::Revoked(id, Timestamp::from_millis(at)))
        });
        removed.chain(revoked).collect()
    }
}

impl Transaction {
    /// Adds a client.
    pub async fn insert_client(
        &self,
        client: &Client,
        jwks: Option<&str>,
    ) -> Result<(), StoreError> {
        let row = ActiveModel {
            id: Set(client.id.to_string()),
            name: Set(client.name.clone()),
            scopes: Set(client.scopes.to_string()),
            jwks: Set(jwks.map(str::to_owned)),
            created_at: Set(client.created_at.millis()),
            removed_at: Set(None),
        };
        Entity::insert(row).exec_without_returning(&self.inner).await?;
        Ok(())
    }

    /// Adds a secret to a client: the current one.
    pub async fn insert_client_secret(
        &self,
        client: ClientId,
        hash: ClientSecretHash,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let row = client_secrets::ActiveModel {
            hash: Set(hash.to_text()),
            client_id: Set(client.to_string()),
            created_at: Set(now.millis()),
            expires_at: Set(None),
        };
        client_secrets::Entity::insert(row).exec_without_returning(&self.inner).await?;
        Ok(())
    }

    /// Drops the secrets of a client that are on their way out, and sends the current one after them;
    /// false if there is no such client.
    pub async fn outdate_client_secrets(
        &self,
        client: ClientId,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        // Rotations of one client take their turn: of two at once, each would leave a current secret.
        let found = Entity::find_by_id(client.to_string())
            .filter(Column::RemovedAt.is_null())
            .lock_exclusive()
            .one(&self.inner)
            .await?;
        if found.is_none() {
            return Ok(false);
        }
        let of_client = || Secret::ClientId.eq(client.to_string());
        client_secrets::Entity::delete_many()
            .filter(of_client())
            .filter(Secret::ExpiresAt.is_not_null())
            .exec(&self.inner)
            .await?;
        client_secrets::Entity::update_many()
            .col_expr(Secret::ExpiresAt, Expr::value(expires_at.millis()))
            .filter(of_client())
            .exec(&self.inner)
            .await?;
        Ok(true)
    }

    /// Removes a client and all it proves itself by; false if there is no such client.
    pub async fn remove_client(
        &self,
        client: ClientId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let removed = Entity::update_many()
            .col_expr(Column::RemovedAt, Expr::value(now.millis()))
            .col_expr(Column::Jwks, Expr::value(None::<String>))
            .filter(Column::Id.eq(client.to_string()))
            .filter(Column::RemovedAt.is_null())
            .exec(&self.inner)
            .await?;
        client_secrets::Entity::delete_many()
            .filter(Secret::ClientId.eq(client.to_string()))
            .exec(&self.inner)
            .await?;
        Ok(removed.rows_affected == 1)
    }
}

fn client(row: &Model) -> Result<Client, StoreError> {
    let scopes = Scopes::parse(&row.scopes);
    Ok(Client {
        id: ClientId::parse(&row.id).ok_or(StoreError::Inconsistent("clients.id"))?,
        name: row.name.clone(),
        scopes: scopes.map_err(|_| StoreError::Inconsistent("clients.scopes"))?,
        created_at: Timestamp::from_millis(row.created_at),
    })
}

fn secret(row: &client_secrets::Model) -> Result<StoredSecret, StoreError> {
    let wrong = StoreError::Inconsistent("client_secrets.hash");
    Ok(StoredSecret {
        hash: ClientSecretHash::parse(&row.hash).ok_or(wrong)?,
        created_at: Timestamp::from_millis(row.created_at),
        expires_at: row.expires_at.map(Timestamp::from_millis),
    })
}
