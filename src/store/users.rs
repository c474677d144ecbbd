//! Accounts.

use entity::users::{ActiveModel, Column, Entity};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, LockType},
};

use super::{Store, StoreError, Transaction, rows};
use crate::domain::{clock::Timestamp, email::Email, id::UserId, role::Roles, user::User};

/// An account with what its password is checked against.
#[derive(Clone)]
pub struct StoredUser {
    /// The account.
    pub user: User,
    /// Argon2id PHC string.
    pub password_hash: String,
}

impl std::fmt::Debug for StoredUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.user)
    }
}

/// An account to be made.
pub struct NewUser {
    /// Its identifier.
    pub id: UserId,
    /// Its address.
    pub email: Email,
    /// Argon2id PHC string.
    pub password_hash: String,
    /// Its roles.
    pub roles: Roles,
    /// Now.
    pub created_at: Timestamp,
}

impl std::fmt::Debug for NewUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewUser({})", self.id)
    }
}

impl Store {
    /// Makes an account.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if its canonical address is taken.
    pub async fn insert_user(&self, new: NewUser) -> Result<(), StoreError> {
        let row = ActiveModel {
            id: Set(new.id.to_string()),
            email: Set(new.email.as_str().to_owned()),
            email_canonical: Set(new.email.canonical().to_owned()),
            password_hash: Set(new.password_hash),
            roles: Set(new.roles.to_string()),
            credentials_version: Set(1),
            created_at: Set(new.created_at.millis()),
            disabled_at: Set(None),
        };
        Entity::insert(row).exec_without_returning(&self.db).await?;
        Ok(())
    }

    /// The account with this address.
    pub async fn user_by_email(&self, email: &Email) -> Result<Option<StoredUser>, StoreError> {
        let row = Entity::find()
            .filter(Column::EmailCanonical.eq(email.canonical()))
            .one(&self.db)
            .await?;
        row.map(rows::user).transpose()
    }

    /// The account with this identifier.
    pub async fn user(&self, id: UserId) -> Result<Option<StoredUser>, StoreError> {
        Entity::find_by_id(id.to_string()).one(&self.db).await?.map(rows::user).transpose()
    }

    /// All accounts, oldest first, `limit` of them from `offset` on.
    pub async fn users(&self, offset: u64, limit: u64) -> Result<Vec<User>, StoreError> {
        let rows = Entity::find()
            .order_by_asc(Column::CreatedAt)
            .order_by_asc(Column::Id)
            .offset(offset)
            .limit(limit)
            .all(&self.db)
            .await?;
        rows.into_iter().map(|row| Ok(rows::user(row)?.user)).collect()
    }

    /// Replaces a hash by a costlier one of the same password: no change of credentials, and lost
    /// without harm if the password was changed meanwhile.
    pub async fn rehash_password(
        &self,
        id: UserId,
        old: &str,
        new: &str,
    ) -> Result<(), StoreError> {
        Entity::update_many()
            .col_expr(Column::PasswordHash, Expr::value(new))
            .filter(Column::Id.eq(id.to_string()))
            .filter(Column::PasswordHash.eq(old))
            .exec(&self.db)
            .await?;
        Ok(())
    }
}

impl Transaction {
    /// The account as it is now, kept so until the transaction ends; `None` if it is no longer there,
    /// enabled, and at the `credentials_version` of `user`.
    pub async fn hold_user(&self, user: &User) -> Result<Option<User>, StoreError> {
        // Logins of one user take their turn, so that `max_sessions` holds. MySQL knows no weaker lock
        // that does; SQLite needs none: its transaction is the only writer.
        let lock = match self.inner.get_database_backend() {
            DbBackend::MySql => LockType::Update,
            DbBackend::Postgres | DbBackend::Sqlite | _ => LockType::NoKeyUpdate,
        };
        let row = Entity::find_by_id(user.id.to_string())
            .filter(Column::CredentialsVersion.eq(user.credentials_version))
            .filter(Column::DisabledAt.is_null())
            .lock(lock)
            .one(&self.inner)
            .await?;
        Ok(row.map(rows::user).transpose()?.map(|held| held.user))
    }

    /// The account as this transaction sees it.
    pub async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        let row = Entity::find_by_id(id.to_string()).one(&self.inner).await?;
        Ok(row.map(rows::user).transpose()?.map(|found| found.user))
    }

    /// Sets a new password hash; false if the credentials have changed since `user` was read.
    pub async fn set_password(&self, user: &User, password_hash: &str) -> Result<bool, StoreError> {
        let update = Entity::update_many()
            .col_expr(Column::PasswordHash, Expr::value(password_hash))
            .col_expr(Column::CredentialsVersion, Expr::col(Column::CredentialsVersion).add(1))
            .filter(Column::Id.eq(user.id.to_string()))
            .filter(Column::CredentialsVersion.eq(user.credentials_version));
        Ok(update.exec(&self.inner).await?.rows_affected == 1)
    }

    /// Disables (`Some`) or enables (`None`) an account; false if there is none.
    pub async fn set_disabled(
        &self,
        id: UserId,
        disabled_at: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let update = Entity::update_many()
            .col_expr(Column::DisabledAt, Expr::value(disabled_at.map(Timestamp::millis)))
            .col_expr(Column::CredentialsVersion, Expr::col(Column::CredentialsVersion).add(1))
            .filter(Column::Id.eq(id.to_string()));
        Ok(update.exec(&self.inner).await?.rows_affected == 1)
    }

    /// Sets the roles of an account; false if there is none.
    pub async fn set_roles(&self, id: UserId, roles: &Roles) -> Result<bool, StoreError> {
        let update = Entity::update_many()
            .col_expr(Column::Roles, Expr::value(roles.to_string()))
            .filter(Column::Id.eq(id.to_string()));
        Ok(update.exec(&self.inner).await?.rows_affected == 1)
    }
}
